/* Pre-shared keys in commits and Welcomes (RFC 9420 §8.4, §8.6, §12.1.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scene.h"

static const char the_secret[] = "open sesame";
static mjl_buffer id; /* Of the external PSK of these tests. */

static int begin(void **state)
{
    assert_int_equal(mjl_mls_psk_id_external(mjl_bytes_text("cave"), &id), MJL_OK);
    return scene_begin(state);
}

static int end(void **state)
{
    mjl_buffer_clear(&id);
    return scene_end(state);
}

static mjl_mls_psk known(const char *secret)
{
    return (mjl_mls_psk){mjl_buffer_bytes(&id), mjl_bytes_text(secret)};
}

static mjl_mls_change injection(mjl_bytes psk_id)
{
    return (mjl_mls_change){.type = MJL_MLS_PROPOSAL_PSK, .psk_id = psk_id};
}

static void members_and_newcomers_need_the_secret(void **state)
{
    (void)state;
    const mjl_mls_psk right = known(the_secret), wrong = known("open barley");
    const mjl_mls_change wanted = injection(mjl_buffer_bytes(&id));
    const mjl_bytes package = mjl_buffer_bytes(&they.dave.key_package);
    mjl_mls_commit_config config = {
        .add_key_packages = &package, .add_count = 1, .changes = &wanted, .changes_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_UNKNOWN_PSK);
    config.psks = &right;
    config.psks_count = 1;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    assert_false(candidate.has_path); /* Neither type wants one (§12.4). */

    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    const mjl_mls_staging without = {0}, with_wrong = {.psks = &wrong, .psks_count = 1},
                          with_right = {.psks = &right, .psks_count = 1};
    assert_int_equal(scene_try_stage(&they.bob, commit, &without), MJL_UNKNOWN_PSK);
    assert_int_equal(scene_try_stage(&they.bob, commit, &with_wrong), MJL_BAD_CONFIRMATION);
    scene_follow(&they.bob, commit, &with_right);
    person_merge(&they.alice, &candidate);
    expect_together(&they.alice, &they.bob);

    const mjl_bytes welcome = mjl_buffer_bytes(&candidate.welcome);
    mjl_mls_join_config join = {0};
    assert_int_equal(person_join_with(&they.dave, welcome, &join), MJL_UNKNOWN_PSK);
    join.psks = &wrong;
    join.psks_count = 1;
    assert_int_equal(person_join_with(&they.dave, welcome, &join), MJL_CANNOT_OPEN);
    join.psks = &right;
    assert_int_equal(person_join_with(&they.dave, welcome, &join), MJL_OK);
    expect_together(&they.alice, &they.dave);
    mjl_mls_candidate_clear(&candidate);
}

/* A commit with PSKs of several kinds, one of them proposed by reference. */
static void resumption_psks_of_epochs_passed_are_injected(void **state)
{
    (void)state;
    uint8_t old[MJL_MLS_HASH_SIZE];
    mjl_buffer old_id = {0}, now_id = {0}, message = {0};
    memcpy(old, mjl_mls_group_resumption_psk(they.alice.group).data, sizeof old);
    assert_int_equal(mjl_mls_psk_id_resumption(mjl_mls_group_id(they.alice.group),
                                               mjl_mls_group_epoch(they.alice.group), &old_id),
                     MJL_OK);
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(&they.alice, &(change){.refresh = true}, &candidate), MJL_OK);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL);
    mjl_mls_candidate_clear(&candidate);

    /* The one of the present epoch is known to all without being given. */
    assert_int_equal(mjl_mls_psk_id_resumption(mjl_mls_group_id(they.alice.group),
                                               mjl_mls_group_epoch(they.alice.group), &now_id),
                     MJL_OK);
    const mjl_mls_change now = injection(mjl_buffer_bytes(&now_id));
    mjl_mls_opened *own = scene_propose(&they.bob, &now, &message);
    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
    const mjl_mls_opened *const alices[] = {opened};
    const mjl_mls_opened *const bobs[] = {own};
    const mjl_mls_change wanted[] = {injection(mjl_buffer_bytes(&old_id)),
                                     injection(mjl_buffer_bytes(&id))};
    const mjl_mls_psk psks[] = {known(the_secret),
                                {mjl_buffer_bytes(&old_id), mjl_bytes_of(old, sizeof old)}};
    const mjl_mls_commit_config config = {.proposals = alices,
                                          .proposals_count = 1,
                                          .changes = wanted,
                                          .changes_count = 2,
                                          .psks = psks,
                                          .psks_count = 2};
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    const mjl_mls_staging staging = {
        .proposals = bobs, .proposals_count = 1, .psks = psks, .psks_count = 2};
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), &staging);
    person_merge(&they.alice, &candidate);
    expect_together(&they.alice, &they.bob);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(own);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&old_id);
    mjl_buffer_clear(&now_id);
    mjl_buffer_clear(&message);
}

/* One PSK twice has two nonces, so it is two uses of it. */
static void each_use_of_a_psk_has_a_nonce_of_its_own(void **state)
{
    (void)state;
    const mjl_mls_psk right = known(the_secret);
    const mjl_mls_change wanted[] = {injection(mjl_buffer_bytes(&id)),
                                     injection(mjl_buffer_bytes(&id))};
    const mjl_mls_commit_config config = {
        .changes = wanted, .changes_count = 2, .psks = &right, .psks_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit),
                 &(mjl_mls_staging){.psks = &right, .psks_count = 1});
    mjl_mls_candidate_clear(&candidate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_and_newcomers_need_the_secret, begin, end),
        cmocka_unit_test_setup_teardown(resumption_psks_of_epochs_passed_are_injected, begin, end),
        cmocka_unit_test_setup_teardown(each_use_of_a_psk_has_a_nonce_of_its_own, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
