/* What an application asks of leaves: credentials of any type, and lifetimes (RFC 9420 §5.3, §7.3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scene.h"

enum { LIFETIME_END = 2000000000 }; /* Of the key packages of people. */

static const uint16_t x509[] = {MJL_MLS_CREDENTIAL_X509};
static const mjl_mls_capabilities knows_x509 = {.credentials = x509, .credentials_count = 1};
static mjl_buffer certified; /* Dave's credential. */

static void dave_is_certified(person *who)
{
    if (strcmp(who->name, "dave") == 0) who->identity.credential = mjl_buffer_bytes(&certified);
}

static void dave_is_certified_and_carol_is_simple(person *who)
{
    dave_is_certified(who);
    if (strcmp(who->name, "carol") == 0) who->capabilities = (mjl_mls_capabilities){0};
}

static void credential_make(void)
{
    const mjl_bytes certificates[] = {mjl_bytes_text("leaf certificate"), mjl_bytes_text("root")};
    assert_int_equal(mjl_mls_credential_x509(certificates, 2, &certified), MJL_OK);
}

static int begin(void **state)
{
    (void)state;
    credential_make();
    scene_meet(&(scene_config){.capabilities = &knows_x509, .prepare = dave_is_certified});
    return 0;
}

static int begin_with_a_simple_carol(void **state)
{
    (void)state;
    credential_make();
    scene_meet(&(scene_config){.capabilities = &knows_x509,
                               .prepare = dave_is_certified_and_carol_is_simple});
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_part();
    mjl_buffer_clear(&certified);
    return 0;
}

/* ---- A hook that remembers whom it saw ---- */

typedef struct judge {
    size_t seen;
    uint16_t refused; /* The type that it does not accept. */
} judge;

static mjl_result judge_credential(void *context, const mjl_mls_credential_view *credential)
{
    judge *of = context;
    of->seen++;
    assert_true(credential->signature_key.size != 0 && credential->encoded.size != 0);
    if (credential->type == MJL_MLS_CREDENTIAL_X509)
        assert_int_equal(credential->certificates.size, 1 + 16 + 1 + 4);
    return credential->type == of->refused ? MJL_CREDENTIAL_REFUSED : MJL_OK;
}

static mjl_result add_dave(const mjl_mls_leaf_policy *policy, mjl_mls_candidate *candidate)
{
    const mjl_bytes package = mjl_buffer_bytes(&they.dave.key_package);
    const mjl_mls_commit_config config = {
        .add_key_packages = &package, .add_count = 1, .policy = policy};
    return scene_try_commit(&they.alice, &config, candidate);
}

static void certificates_are_carried_for_the_hook_to_judge(void **state)
{
    (void)state;
    judge of = {.refused = MJL_MLS_CREDENTIAL_X509};
    const mjl_mls_leaf_policy policy = {.credential = judge_credential, .context = &of};
    mjl_mls_candidate candidate;
    assert_int_equal(add_dave(&policy, &candidate), MJL_CREDENTIAL_REFUSED);
    assert_int_equal(of.seen, 1);
    assert_int_equal(add_dave(NULL, &candidate), MJL_OK);
    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    const mjl_mls_staging judging = {.policy = &policy};
    assert_int_equal(scene_try_stage(&they.bob, commit, &judging), MJL_CREDENTIAL_REFUSED);
    const mjl_bytes welcome = mjl_buffer_bytes(&candidate.welcome);
    const mjl_mls_join_config joining = {.policy = &policy};
    of.seen = 0;
    assert_int_equal(person_join_with(&they.dave, welcome, &joining), MJL_CREDENTIAL_REFUSED);
    of.seen = of.refused = 0;
    scene_follow(&they.bob, commit, &judging);
    assert_int_equal(of.seen, 1); /* The leaf that came in. */
    assert_int_equal(person_join_with(&they.dave, welcome, &joining), MJL_OK);
    assert_int_equal(of.seen, 5); /* And all four of the tree. */
    person_merge(&they.alice, &candidate);
    expect_together(&they.alice, &they.dave);
    expect_together(&they.bob, &they.dave);

    mjl_mls_member member;
    assert_true(mjl_mls_group_member(they.bob.group, 3, &member));
    assert_int_equal(member.credential_type, MJL_MLS_CREDENTIAL_X509);
    assert_true(mjl_bytes_equal(member.credential, mjl_buffer_bytes(&certified)));
    assert_int_equal(member.identity.size, 0);
    mjl_mls_candidate_clear(&candidate);
}

/* §7.3: nobody is in a group with a credential that another does not understand. */
static void a_credential_needs_all_members_to_know_its_type(void **state)
{
    (void)state;
    mjl_mls_candidate candidate;
    assert_int_equal(add_dave(NULL, &candidate), MJL_CREDENTIAL_IN_USE);
}

/* Whoever uses a type says that it knows it. */
static void a_leaf_lists_the_type_of_its_credential(void **state)
{
    (void)state;
    mjl_buffer message = {0}, secret = {0};
    mjl_mls_key_package_config config = {.identity = &they.dave.identity, .not_after = 10};
    assert_int_equal(mjl_mls_key_package_new(&config, dice_random(), &message, &secret),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(message.size + secret.size, 0);
    config.capabilities = knows_x509;
    assert_int_equal(mjl_mls_key_package_new(&config, dice_random(), &message, &secret), MJL_OK);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&secret);
}

static void a_path_with_an_unbelieved_credential_is_refused(void **state)
{
    (void)state;
    judge of = {.refused = MJL_MLS_CREDENTIAL_BASIC};
    const mjl_mls_leaf_policy policy = {.credential = judge_credential, .context = &of};
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(&they.alice, &(change){.refresh = true}, &candidate), MJL_OK);
    const mjl_mls_staging staging = {.policy = &policy};
    assert_int_equal(scene_try_stage(&they.bob, mjl_buffer_bytes(&candidate.commit), &staging),
                     MJL_CREDENTIAL_REFUSED);
    mjl_mls_candidate_clear(&candidate);
}

static void lifetimes_are_held_against_the_time_that_is_given(void **state)
{
    (void)state;
    mjl_mls_candidate candidate;
    mjl_mls_leaf_policy policy = {.now = (uint64_t)LIFETIME_END + 1};
    assert_int_equal(add_dave(&policy, &candidate), MJL_LEAF_NOT_VALID_NOW);
    policy.now = LIFETIME_END;
    policy.lifetime_max = LIFETIME_END - 2;
    assert_int_equal(add_dave(&policy, &candidate), MJL_LEAF_LIFETIME_TOO_LONG);
    policy.lifetime_max = LIFETIME_END - 1; /* They begin at 1. */
    assert_int_equal(add_dave(&policy, &candidate), MJL_OK);
    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    mjl_mls_leaf_policy late = {.now = (uint64_t)LIFETIME_END + 1};
    const mjl_mls_staging staging = {.policy = &late};
    assert_int_equal(scene_try_stage(&they.bob, commit, &staging), MJL_LEAF_NOT_VALID_NOW);
    assert_int_equal(scene_try_stage(&they.bob, commit, NULL), MJL_OK);
    assert_int_equal(person_join_with(&they.dave, mjl_buffer_bytes(&candidate.welcome),
                                      &(mjl_mls_join_config){.policy = &late}),
                     MJL_LEAF_NOT_VALID_NOW);
    mjl_mls_candidate_clear(&candidate);

    mjl_mls_key_package_view view;
    assert_int_equal(
        mjl_mls_key_package_read(mjl_buffer_bytes(&they.dave.key_package), NULL, &view), MJL_OK);
    assert_int_equal(mjl_mls_lifetime_check(view.not_before, view.not_after, &policy), MJL_OK);
    assert_int_equal(mjl_mls_lifetime_check(view.not_before, view.not_after, &late),
                     MJL_LEAF_NOT_VALID_NOW);
}

/* ---- A leaf that changes (§7.2) ---- */

static void expect_key_of(const person *seen_by, uint32_t leaf, const mjl_mls_identity *identity)
{
    mjl_mls_member member;
    assert_true(mjl_mls_group_member(seen_by->group, leaf, &member));
    assert_memory_equal(member.signature_key.data, identity->signature_key,
                        MJL_MLS_SIGNATURE_KEY_SIZE);
    assert_true(mjl_bytes_equal(member.identity, identity->identity));
}

/* With a new key and name, from the epoch on that the commit starts. */
static void a_committer_changes_its_identity(void **state)
{
    (void)state;
    mjl_mls_identity next = {0};
    assert_int_equal(mjl_mls_identity_generate(NULL, dice_random(), &next), MJL_OK);
    next.identity = mjl_bytes_text("alicia");
    const mjl_bytes package = mjl_buffer_bytes(&they.dave.key_package);
    const mjl_mls_commit_config config = {.add_key_packages = &package,
                                          .add_count = 1,
                                          .force_path = true,
                                          .leaf = {.identity = &next}};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL);
    assert_int_equal(person_join(&they.dave, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    expect_key_of(&they.bob, 0, &next);
    mjl_buffer message = {0};
    assert_int_equal(mjl_mls_encrypt(they.alice.group, they.alice.ratchets, &they.alice.identity,
                                     mjl_bytes_of(NULL, 0), mjl_bytes_text("old key"), 0,
                                     dice_random(), &message),
                     MJL_BAD_ARGUMENT);
    they.alice.identity = next;
    expect_together(&they.alice, &they.bob);
    expect_together(&they.alice, &they.dave);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&message);
}

static void nobody_takes_the_key_of_another(void **state)
{
    (void)state;
    const mjl_mls_commit_config config = {.force_path = true,
                                          .leaf = {.identity = &they.carol.identity}};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_SIGNATURE_KEY_TWICE);
}

/* Carol learns X.509 by an Update; then Dave may come. */
static void an_update_changes_what_a_leaf_can_do(void **state)
{
    (void)state;
    const mjl_mls_propose_config learning = {.identity = &they.carol.identity,
                                             .change = {.type = MJL_MLS_PROPOSAL_UPDATE},
                                             .leaf = {.capabilities = &knows_x509}};
    mjl_buffer message = {0};
    mjl_mls_opened *own = NULL;
    assert_int_equal(mjl_mls_propose(they.carol.group, they.carol.ratchets, &learning,
                                     dice_random(), &message, &own),
                     MJL_OK);
    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
    const mjl_mls_opened *const alices[] = {opened};
    const mjl_mls_opened *const carols[] = {own};
    const mjl_bytes package = mjl_buffer_bytes(&they.dave.key_package);
    const mjl_mls_commit_config config = {
        .proposals = alices, .proposals_count = 1, .add_key_packages = &package, .add_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.carol, mjl_buffer_bytes(&candidate.commit),
                 &(mjl_mls_staging){.proposals = carols, .proposals_count = 1});
    assert_int_equal(person_join(&they.dave, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    expect_together(&they.carol, &they.dave);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(own);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
}

/* ---- Who is the same client (§12.2) ---- */

/* Names that begin alike are devices of one user. */
static bool begin_alike(void *context, const mjl_mls_credential_view *a,
                        const mjl_mls_credential_view *b)
{
    (void)context;
    return a->identity.size != 0 && b->identity.size != 0 &&
           a->identity.data[0] == b->identity.data[0];
}

static void nobody_is_added_twice_as_the_application_sees_it(void **state)
{
    (void)state;
    const mjl_mls_leaf_policy policy = {.same_client = begin_alike};
    const uint32_t bob = 1;
    person brenda, bertha;
    person_init(&brenda, "brenda");
    person_init(&bertha, "bertha");
    const mjl_bytes packages[] = {mjl_buffer_bytes(&brenda.key_package),
                                  mjl_buffer_bytes(&bertha.key_package)};
    mjl_mls_commit_config config = {
        .add_key_packages = packages, .add_count = 1, .policy = &policy};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_MEMBER_ADDED);
    config.remove_leaves = &bob; /* Who goes may come again. */
    config.remove_count = 1;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    config.add_count = 2;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_ADDED_TWICE);
    config.policy = NULL;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    const mjl_mls_staging staging = {.policy = &policy};
    assert_int_equal(scene_try_stage(&they.carol, mjl_buffer_bytes(&candidate.commit), &staging),
                     MJL_ADDED_TWICE);
    mjl_mls_candidate_clear(&candidate);
    person_clear(&brenda);
    person_clear(&bertha);
}

int main(void)
{
#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(certificates_are_carried_for_the_hook_to_judge, begin),
        TEST(a_credential_needs_all_members_to_know_its_type, begin_with_a_simple_carol),
        TEST(a_leaf_lists_the_type_of_its_credential, begin),
        TEST(a_path_with_an_unbelieved_credential_is_refused, begin),
        TEST(a_committer_changes_its_identity, begin),
        TEST(nobody_takes_the_key_of_another, begin),
        TEST(an_update_changes_what_a_leaf_can_do, begin_with_a_simple_carol),
        TEST(nobody_is_added_twice_as_the_application_sees_it, begin),
        TEST(lifetimes_are_held_against_the_time_that_is_given, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
