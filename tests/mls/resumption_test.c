/* Groups that continue others: ReInit and branching (RFC 9420 §11.2, §11.3, §12.1.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "scene.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)

enum { NOT_BEFORE = 1, NOT_AFTER = 2000000000 };

static const mjl_mls_extension kept = {1, {(const uint8_t *)"x", 1}}; /* application_id */

static mjl_mls_change reinit_as(const char *group_id)
{
    return (mjl_mls_change){.type = MJL_MLS_PROPOSAL_REINIT,
                            .group_id = mjl_bytes_text(group_id),
                            .suite = MJL_MLS_SUITE_DEFAULT,
                            .extensions = &kept,
                            .extensions_count = 1};
}

/* All three commit that the group ends. */
static void end_the_group(void)
{
    const mjl_mls_change wanted = reinit_as("after");
    const mjl_mls_commit_config config = {.changes = &wanted, .changes_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    assert_true(candidate.is_reinit);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL);
    scene_follow(&they.carol, mjl_buffer_bytes(&candidate.commit), NULL);
    mjl_mls_candidate_clear(&candidate);
}

static mjl_mls_resume_config resuming(const person *who, const mjl_bytes *packages, size_t count)
{
    return (mjl_mls_resume_config){.identity = &who->identity,
                                   .not_before = NOT_BEFORE,
                                   .not_after = NOT_AFTER,
                                   .key_packages = packages,
                                   .key_packages_count = count};
}

/* Whoever joins keeps the old group until it has the new one. */
static mjl_result join_after(person *who, mjl_bytes welcome)
{
    const mjl_mls_group *old = mjl_mls_group_retain(who->group);
    const mjl_result result =
        person_join_with(who, welcome, &(mjl_mls_join_config){.resumes = old});
    mjl_mls_group_release(old);
    return result;
}

static void an_ended_group_says_and_does_nothing_more(void **state)
{
    (void)state;
    mjl_mls_proposal_view view;
    assert_int_equal(mjl_mls_group_reinit(they.alice.group, &view), MJL_NOT_FOUND);
    mjl_buffer message = {0};
    end_the_group();
    assert_int_equal(mjl_mls_group_reinit(they.bob.group, &view), MJL_OK);
    assert_true(mjl_bytes_equal(view.group_id, mjl_bytes_text("after")));
    assert_int_equal(view.suite, MJL_MLS_SUITE_DEFAULT);
    mjl_bytes data;
    assert_int_equal(mjl_mls_extensions_find(view.extensions, 1, &data), MJL_OK);

    assert_int_equal(mjl_mls_encrypt(they.bob.group, they.bob.ratchets, &they.bob.identity,
                                     mjl_bytes_of(NULL, 0), mjl_bytes_text("late"), 0,
                                     dice_random(), &message),
                     MJL_WRONG_STATE);
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.bob, &(mjl_mls_commit_config){.force_path = true}, &candidate),
        MJL_WRONG_STATE);
    mjl_mls_opened *proposal = NULL;
    const mjl_mls_propose_config config = {.identity = &they.bob.identity,
                                           .change = {.type = MJL_MLS_PROPOSAL_UPDATE}};
    assert_int_equal(mjl_mls_propose(they.bob.group, they.bob.ratchets, &config, dice_random(),
                                     &message, &proposal),
                     MJL_WRONG_STATE);
    const mjl_mls_group_info_config publishing = {.identity = &they.bob.identity};
    assert_int_equal(mjl_mls_group_info_new(they.bob.group, &publishing, &message),
                     MJL_WRONG_STATE);
    mjl_buffer_clear(&message);
}

/* The saved form remembers how the group ended, also without its fork keys. */
static void how_a_group_ended_is_saved(void **state)
{
    (void)state;
    end_the_group();
    const mjl_mls_group *without = NULL;
    assert_int_equal(mjl_mls_group_without_forks(they.bob.group, &without), MJL_OK);
    const mjl_mls_group *both[] = {they.bob.group, without};
    for (size_t i = 0; i < 2; i++) {
        mjl_buffer saved = {0}, again = {0};
        const mjl_mls_group *loaded;
        mjl_mls_proposal_view view;
        assert_int_equal(mjl_mls_group_save(both[i], &saved), MJL_OK);
        assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded), MJL_OK);
        assert_int_equal(mjl_mls_group_reinit(loaded, &view), MJL_OK);
        assert_int_equal(mjl_mls_group_save(loaded, &again), MJL_OK);
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again)));
        mjl_mls_group_release(loaded);
        mjl_buffer_clear(&saved);
        mjl_buffer_clear(&again);
    }
    mjl_mls_group_release(without);
}

/* Not the one who ended it, but Bob, makes the new group. */
static void a_reinitialised_group_has_all_members_again(void **state)
{
    (void)state;
    end_the_group();
    person_offer(&they.alice);
    person_offer(&they.carol);
    const mjl_bytes packages[] = {mjl_buffer_bytes(&they.alice.key_package),
                                  mjl_buffer_bytes(&they.carol.key_package)};
    const mjl_mls_resume_config config = resuming(&they.bob, packages, 2);
    mjl_mls_candidate candidate;
    assert_int_equal(mjl_mls_reinit_group(they.bob.group, &config, dice_random(), &candidate),
                     MJL_OK);
    const mjl_bytes welcome = mjl_buffer_bytes(&candidate.welcome);
    assert_int_equal(person_join_with(&they.alice, welcome, &(mjl_mls_join_config){0}),
                     MJL_UNKNOWN_PSK);
    const mjl_bytes taken = mjl_bytes_text("after");
    assert_int_equal(person_join_with(&they.alice, welcome,
                                      &(mjl_mls_join_config){.resumes = they.alice.group,
                                                             .groups = &taken,
                                                             .groups_count = 1}),
                     MJL_GROUP_ID_IN_USE);
    assert_int_equal(join_after(&they.alice, welcome), MJL_OK);
    assert_int_equal(join_after(&they.carol, welcome), MJL_OK);
    person_merge(&they.bob, &candidate);
    assert_int_equal(mjl_mls_group_epoch(they.bob.group), 1);
    assert_true(mjl_bytes_equal(mjl_mls_group_id(they.bob.group), mjl_bytes_text("after")));
    expect_together(&they.alice, &they.bob);
    expect_together(&they.alice, &they.carol);
    mjl_mls_candidate_clear(&candidate);
}

/* The same people with keys of another suite: what a ReInit is for. */
static void a_group_moves_to_another_suite(void **state)
{
    (void)state;
    const mjl_mls_suite *suite = mjl_mls_suite_find(NULL, 0x0002);
    if (suite == NULL) skip(); /* Built without OpenSSL. */
    mjl_mls_change wanted = reinit_as("on curve P-256");
    wanted.suite = suite->id;
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.changes = &wanted, .changes_count = 1},
                         &candidate),
        MJL_OK);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL);
    scene_follow(&they.carol, mjl_buffer_bytes(&candidate.commit), NULL);
    mjl_mls_candidate_clear(&candidate);

    person *all[] = {&they.alice, &they.bob, &they.carol};
    mjl_bytes packages[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mjl_mls_identity_generate(suite, dice_random(), &all[i]->identity),
                         MJL_OK);
        person_offer(all[i]);
        packages[i] = mjl_buffer_bytes(&all[i]->key_package);
    }
    const mjl_mls_resume_config config = resuming(&they.alice, packages + 1, 2);
    assert_int_equal(mjl_mls_reinit_group(they.alice.group, &config, dice_random(), &candidate),
                     MJL_OK);
    person_merge(&they.alice, &candidate);
    assert_int_equal(join_after(&they.bob, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    assert_int_equal(join_after(&they.carol, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    assert_int_equal(mjl_mls_group_suite(they.bob.group)->id, suite->id);
    expect_together(&they.alice, &they.bob);
    expect_together(&they.bob, &they.carol);
    mjl_mls_candidate_clear(&candidate);
}

static void a_reinitialised_group_is_whole_and_as_proposed(void **state)
{
    (void)state;
    const mjl_bytes packages[] = {mjl_buffer_bytes(&they.bob.key_package),
                                  mjl_buffer_bytes(&they.carol.key_package),
                                  mjl_buffer_bytes(&they.dave.key_package)};
    mjl_mls_candidate candidate;
    mjl_mls_resume_config config = resuming(&they.alice, packages, 2);
    assert_int_equal(mjl_mls_reinit_group(they.alice.group, &config, dice_random(), &candidate),
                     MJL_WRONG_STATE); /* It goes on. */
    end_the_group();
    config.key_packages_count = 1;
    assert_int_equal(mjl_mls_reinit_group(they.alice.group, &config, dice_random(), &candidate),
                     MJL_REINIT_MEMBERS);
    config.key_packages_count = 3;
    assert_int_equal(mjl_mls_reinit_group(they.alice.group, &config, dice_random(), &candidate),
                     MJL_REINIT_MEMBERS);
    assert_null(candidate.group);
}

static void a_reinit_stands_alone(void **state)
{
    (void)state;
    const mjl_mls_change wanted[] = {reinit_as("after"),
                                     {.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 2}};
    const mjl_mls_commit_config config = {.changes = wanted, .changes_count = 2};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_REINIT_NOT_ALONE);
}

static void a_branch_has_some_of_the_members(void **state)
{
    (void)state;
    mjl_bytes packages[] = {mjl_buffer_bytes(&they.carol.key_package),
                            mjl_buffer_bytes(&they.dave.key_package)};
    mjl_mls_resume_config config = resuming(&they.alice, packages, 2);
    mjl_mls_candidate candidate;
    assert_int_equal(mjl_mls_branch_group(they.alice.group, mjl_bytes_text("branch"), &config,
                                          dice_random(), &candidate),
                     MJL_BRANCH_MEMBERS);
    config.key_packages_count = 1;
    assert_int_equal(mjl_mls_branch_group(they.alice.group, mjl_bytes_text("branch"), &config,
                                          dice_random(), &candidate),
                     MJL_OK);
    const mjl_mls_group *old = mjl_mls_group_retain(they.alice.group);
    person_merge(&they.alice, &candidate);
    assert_int_equal(join_after(&they.carol, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    expect_together(&they.alice, &they.carol);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_group_release(old);
}

/* An epoch later the PSK is another: Bob does not take it for the one that is named. */
static void a_branch_names_the_epoch_it_leaves(void **state)
{
    (void)state;
    const mjl_bytes package = mjl_buffer_bytes(&they.bob.key_package);
    const mjl_mls_resume_config config = resuming(&they.alice, &package, 1);
    mjl_mls_candidate branch, moved;
    assert_int_equal(mjl_mls_branch_group(they.alice.group, mjl_bytes_text("branch"), &config,
                                          dice_random(), &branch),
                     MJL_OK);
    assert_int_equal(person_commit(&they.alice, &(change){.refresh = true}, &moved), MJL_OK);
    const mjl_mls_group *before = mjl_mls_group_retain(they.bob.group);
    scene_follow(&they.bob, mjl_buffer_bytes(&moved.commit), NULL);
    const mjl_bytes welcome = mjl_buffer_bytes(&branch.welcome);
    assert_int_equal(join_after(&they.bob, welcome), MJL_UNKNOWN_PSK);
    assert_int_equal(
        person_join_with(&they.bob, welcome, &(mjl_mls_join_config){.resumes = before}), MJL_OK);
    mjl_mls_group_release(before);
    mjl_mls_candidate_clear(&branch);
    mjl_mls_candidate_clear(&moved);
}

static void continuing_without_memory_leaks_nothing(void **state)
{
    (void)state;
    const mjl_bytes package = mjl_buffer_bytes(&they.bob.key_package);
    const mjl_mls_resume_config config = resuming(&they.alice, &package, 1);
    for (size_t n = 0;; n += 5) {
        mjl_mls_candidate candidate;
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_branch_group(they.alice.group, mjl_bytes_text("branch"),
                                                       &config, dice_random(), &candidate);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_candidate_clear(&candidate);
        if (!failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ended_group_says_and_does_nothing_more),
        TEST(how_a_group_ended_is_saved),
        TEST(a_reinitialised_group_has_all_members_again),
        TEST(a_group_moves_to_another_suite),
        TEST(a_reinitialised_group_is_whole_and_as_proposed),
        TEST(a_reinit_stands_alone),
        TEST(a_branch_has_some_of_the_members),
        TEST(a_branch_names_the_epoch_it_leaves),
        TEST(continuing_without_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
