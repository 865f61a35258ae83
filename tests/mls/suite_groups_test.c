/* Groups live in every cipher suite that is built in, and in one that an application brings. */
#include "majlis/mls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "people.h"
#include "vectors.h"

enum { ALICE, BOB, CAROL, PEOPLE, MEMBERS_MAX = 3 };

static person people[PEOPLE];

static void people_start(const mjl_mls_suite *suite)
{
    static const char *const names[PEOPLE] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < PEOPLE; i++)
        person_init_in(&people[i], suite, names[i]);
    person_create(&people[ALICE], "group");
}

static void people_end(void)
{
    for (size_t i = 0; i < PEOPLE; i++)
        person_clear(&people[i]);
}

/* Everybody in the group but the author applies the commit, then the author. */
static void all_follow(person *author, mjl_mls_candidate *candidate)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        mjl_mls_candidate theirs;
        if (people[i].group == NULL || &people[i] == author) continue;
        assert_int_equal(person_stage(&people[i], mjl_buffer_bytes(&candidate->commit), &theirs),
                         MJL_OK);
        person_merge(&people[i], &theirs); /* Whoever is removed has no group any more. */
        mjl_mls_candidate_clear(&theirs);
    }
    person_merge(author, candidate);
    for (size_t i = 0; i < PEOPLE; i++)
        if (people[i].group != NULL)
            assert_true(vectors_same("epoch authenticator",
                                     mjl_mls_group_epoch_authenticator(author->group),
                                     mjl_mls_group_epoch_authenticator(people[i].group)));
}

static void add(person *author, person *newcomer)
{
    const person *const added[] = {newcomer};
    const change wanted = {.add = added, .add_count = 1};
    mjl_mls_candidate candidate = {0};
    assert_int_equal(person_commit(author, &wanted, &candidate), MJL_OK);
    mjl_buffer welcome = candidate.welcome;
    candidate.welcome = (mjl_buffer){0};
    all_follow(author, &candidate);
    assert_int_equal(person_join(newcomer, mjl_buffer_bytes(&welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&welcome);
}

static void change_by(person *author, const change *wanted)
{
    mjl_mls_candidate candidate = {0};
    assert_int_equal(person_commit(author, wanted, &candidate), MJL_OK);
    all_follow(author, &candidate);
    mjl_mls_candidate_clear(&candidate);
}

static void all_hear(person *speaker)
{
    mjl_buffer message = {0};
    person_say(speaker, "is everybody there?", &message);
    for (size_t i = 0; i < PEOPLE; i++) {
        mjl_buffer heard = {0};
        if (people[i].group == NULL || &people[i] == speaker) continue;
        assert_int_equal(person_read(&people[i], mjl_buffer_bytes(&message), &heard), MJL_OK);
        assert_true(
            vectors_same("text", mjl_bytes_text("is everybody there?"), mjl_buffer_bytes(&heard)));
        mjl_buffer_clear(&heard);
    }
    mjl_buffer_clear(&message);
}

/* Both values, through their saved forms. */
static void sleep_and_wake(person *who, const mjl_mls_suites *suites)
{
    mjl_buffer group = {0}, ratchets = {0};
    person_saved(who, &group);
    assert_int_equal(mjl_mls_ratchets_save(who->ratchets, &ratchets), MJL_OK);
    person_leave(who);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&group), suites, &who->group), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_load(mjl_buffer_bytes(&ratchets), suites, &who->ratchets),
                     MJL_OK);
    mjl_buffer_clear(&group);
    mjl_buffer_clear(&ratchets);
}

/* Creates, adds, talks, refreshes, saves, loads, removes. */
static void group_lives(const mjl_mls_suite *suite, const mjl_mls_suites *suites)
{
    const uint32_t bob = BOB;
    people_start(suite);
    add(&people[ALICE], &people[BOB]);
    add(&people[BOB], &people[CAROL]);
    all_hear(&people[CAROL]);
    sleep_and_wake(&people[ALICE], suites);
    change_by(&people[ALICE], &(change){.refresh = true});
    change_by(&people[BOB], &(change){.refresh = true, .public_message = true});
    sleep_and_wake(&people[CAROL], suites);
    all_hear(&people[ALICE]);
    change_by(&people[CAROL], &(change){.remove = &bob, .remove_count = 1});
    assert_null(people[BOB].group);
    all_hear(&people[CAROL]);
    assert_ptr_equal(mjl_mls_group_suite(people[CAROL].group), suite);
    people_end();
}

static void a_group_lives_in_each_suite(void **state)
{
    (void)state;
    for (uint16_t id = 1; id <= 7; id++) {
        const mjl_mls_suite *suite = mjl_mls_suite_find(NULL, id);
        if (suite == NULL) continue;
        dice_start(id);
        group_lives(suite, NULL);
    }
}

/* A newcomer of another suite can be neither added nor join. */
static void suites_do_not_mix(void **state)
{
    (void)state;
    const mjl_mls_suite *other = mjl_mls_suite_find(NULL, 1);
    if (other == NULL) skip();
    dice_start(9);
    people_start(NULL);
    person stranger;
    person_init_in(&stranger, other, "stranger");
    const person *const added[] = {&stranger};
    const change wanted = {.add = added, .add_count = 1};
    mjl_mls_candidate candidate = {0};
    assert_int_not_equal(person_commit(&people[ALICE], &wanted, &candidate), MJL_OK);
    /* Nor does an identity of another suite act for a member, though both sign with Ed25519. */
    mjl_mls_identity identity = people[ALICE].identity;
    identity.suite = other;
    mjl_buffer message = {0};
    assert_int_equal(mjl_mls_encrypt(people[ALICE].group, people[ALICE].ratchets, &identity,
                                     mjl_bytes_of(NULL, 0), mjl_bytes_text("text"), 0,
                                     dice_random(), &message),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(message.size, 0);
    person_clear(&stranger);
    people_end();
}

/* ---- A suite of one's own ---- */

enum { OWN_SUITE = 0xf003 };

static mjl_mls_suite own;
static const mjl_mls_suite *below; /* The one that does the work. */
static struct {
    size_t hashes, seals, opens, agreements, signatures, verifications;
} calls;

static void counted_hash(mjl_mls_parts input, uint8_t *out)
{
    calls.hashes++;
    below->hash(input, out);
}

static mjl_result counted_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes plaintext, uint8_t *out)
{
    calls.seals++;
    return below->aead_seal(key, nonce, aad, plaintext, out);
}

static mjl_result counted_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes ciphertext, uint8_t *out)
{
    calls.opens++;
    return below->aead_open(key, nonce, aad, ciphertext, out);
}

static mjl_result counted_dh(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    calls.agreements++;
    return below->kem_dh(private_key, public_key, shared);
}

static mjl_result counted_sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature,
                               size_t *size)
{
    calls.signatures++;
    return below->sign(seed, message, signature, size);
}

static mjl_result counted_verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature)
{
    calls.verifications++;
    return below->verify(key, message, signature);
}

static void own_start(uint16_t id)
{
    dice_start(11);
    memset(&calls, 0, sizeof calls);
    below = mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
    own = *below;
    own.id = id;
    own.hash = counted_hash;
    own.aead_seal = counted_seal;
    own.aead_open = counted_open;
    own.kem_dh = counted_dh;
    own.sign = counted_sign;
    own.verify = counted_verify;
}

static void a_group_lives_in_a_suite_of_its_own(void **state)
{
    (void)state;
    const mjl_mls_suite *const list[] = {&own};
    const mjl_mls_suites suites = {list, 1};
    own_start(OWN_SUITE);
    group_lives(&own, &suites);
    assert_true(calls.hashes > 10 && calls.seals > 5 && calls.opens > 5);
    assert_true(calls.agreements > 5 && calls.signatures > 10 && calls.verifications > 10);
}

/* Bytes that name a suite which nobody brought are refused, and not taken for another's. */
static void bytes_of_an_unknown_suite_are_refused(void **state)
{
    (void)state;
    const mjl_mls_suite *const list[] = {&own};
    const mjl_mls_suites suites = {list, 1};
    own_start(OWN_SUITE);
    people_start(&own);
    mjl_mls_key_package_view view;
    const mjl_bytes package = mjl_buffer_bytes(&people[BOB].key_package);
    assert_int_equal(mjl_mls_key_package_read(package, NULL, &view), MJL_WRONG_SUITE);
    assert_int_equal(mjl_mls_key_package_verify(package, NULL), MJL_WRONG_SUITE);
    assert_int_equal(mjl_mls_key_package_read(package, &suites, &view), MJL_OK);
    assert_int_equal(view.suite, OWN_SUITE);
    assert_int_equal(mjl_mls_key_package_verify(package, &suites), MJL_OK);

    mjl_buffer group = {0}, ratchets = {0};
    const mjl_mls_group *loaded;
    mjl_mls_ratchets *turned;
    person_saved(&people[ALICE], &group);
    assert_int_equal(mjl_mls_ratchets_save(people[ALICE].ratchets, &ratchets), MJL_OK);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&group), NULL, &loaded), MJL_WRONG_SUITE);
    assert_int_equal(mjl_mls_ratchets_load(mjl_buffer_bytes(&ratchets), NULL, &turned),
                     MJL_WRONG_SUITE);
    mjl_buffer_clear(&group);
    mjl_buffer_clear(&ratchets);
    people_end();
}

/* Another implementation of a known suite takes its place, and its members understand the rest. */
static void an_own_implementation_talks_to_the_one_built_in(void **state)
{
    (void)state;
    const mjl_mls_suite *const list[] = {&own};
    const mjl_mls_suites suites = {list, 1};
    own_start(MJL_MLS_SUITE_DEFAULT);
    assert_ptr_equal(mjl_mls_suite_find(&suites, MJL_MLS_SUITE_DEFAULT), &own);
    people_start(NULL);
    person_clear(&people[BOB]);
    person_init_in(&people[BOB], &own, "bob");
    add(&people[ALICE], &people[BOB]);
    add(&people[BOB], &people[CAROL]);
    all_hear(&people[BOB]);
    change_by(&people[BOB], &(change){.refresh = true});
    all_hear(&people[ALICE]);
    assert_ptr_equal(mjl_mls_group_suite(people[BOB].group), &own);
    assert_ptr_equal(mjl_mls_group_suite(people[CAROL].group), below);
    assert_true(calls.agreements > 0 && calls.signatures > 0);
    people_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_lives_in_each_suite),
        cmocka_unit_test(suites_do_not_mix),
        cmocka_unit_test(a_group_lives_in_a_suite_of_its_own),
        cmocka_unit_test(bytes_of_an_unknown_suite_are_refused),
        cmocka_unit_test(an_own_implementation_talks_to_the_one_built_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
