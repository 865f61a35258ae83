/*
 * Calls on groups that run out of memory or chance: they say so, leak nothing, and leave the
 * group's value as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "trio.h"

static void commit_without_memory_changes_nothing(void **state)
{
    (void)state;
    const mjl_bytes packages[] = {mjl_buffer_bytes(&trio.dave.key_package)};
    const uint32_t leaves[] = {2};
    const mjl_mls_commit_config config = {.identity = &trio.alice.identity,
                                          .add_key_packages = packages,
                                          .add_count = 1,
                                          .remove_leaves = leaves,
                                          .remove_count = 1};
    mjl_buffer before = {0};
    person_saved(&trio.alice, &before);
    for (size_t n = 0;; n++) {
        mjl_mls_candidate candidate;
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_commit(trio.alice.group, trio.alice.ratchets, &config,
                                                 dice_random(), &candidate);
        const bool failed = allocation_failed();
        if (failed) assert_int_equal(result, MJL_OUT_OF_MEMORY);
        if (!failed) assert_int_equal(result, MJL_OK);
        mjl_mls_candidate_clear(&candidate);
        assert_true(trio_same_value(&trio.alice, mjl_buffer_bytes(&before)));
        if (!failed) break;
    }
    mjl_buffer_clear(&before);
}

static void stage_without_memory_changes_nothing(void **state)
{
    (void)state;
    mjl_mls_candidate made, candidate;
    const person *const newcomers[] = {&trio.dave};
    const uint32_t leaves[] = {2};
    assert_int_equal(
        person_commit(
            &trio.alice,
            &(change){.add = newcomers, .add_count = 1, .remove = leaves, .remove_count = 1},
            &made),
        MJL_OK);
    mjl_mls_opened *opened;
    assert_int_equal(
        mjl_mls_open(trio.bob.group, trio.bob.ratchets, mjl_buffer_bytes(&made.commit), &opened),
        MJL_OK);
    mjl_buffer before = {0};
    person_saved(&trio.bob, &before);
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result =
            mjl_mls_stage(trio.bob.group, opened, &trio.bob.identity, NULL, &candidate);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_candidate_clear(&candidate);
        assert_true(trio_same_value(&trio.bob, mjl_buffer_bytes(&before)));
        if (!failed) break;
    }
    mjl_mls_opened_free(opened);
    mjl_mls_candidate_clear(&made);
    mjl_buffer_clear(&before);
}

static void create_save_and_load_without_memory_leak_nothing(void **state)
{
    (void)state;
    const mjl_mls_create_config config = {
        .identity = &trio.dave.identity, .not_after = 1, .group_id = mjl_bytes_text("elsewhere")};
    for (size_t n = 0;; n++) {
        const mjl_mls_group *group = NULL;
        mjl_mls_ratchets *ratchets = NULL;
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_group_create(&config, dice_random(), &group, &ratchets);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_group_release(group);
        mjl_mls_ratchets_free(ratchets);
        if (!failed) break;
    }
    for (size_t n = 0;; n++) {
        mjl_buffer saved = {0};
        const mjl_mls_group *group = NULL;
        allocation_fail_after(n);
        mjl_result result = mjl_mls_group_save(trio.bob.group, &saved);
        if (result == MJL_OK) result = mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &group);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_group_release(group);
        mjl_buffer_clear(&saved);
        if (!failed) break;
    }
}

static void commit_without_chance_changes_nothing(void **state)
{
    (void)state;
    const mjl_bytes packages[] = {mjl_buffer_bytes(&trio.dave.key_package)};
    mjl_result result = MJL_NO_RANDOM;
    for (uint64_t n = 0; result != MJL_OK; n++) {
        dice_refuse_after(n);
        result = trio_commit(&(mjl_mls_commit_config){.identity = &trio.alice.identity,
                                                      .add_key_packages = packages,
                                                      .add_count = 1,
                                                      .force_path = true});
        if (result != MJL_OK) assert_int_equal(result, MJL_NO_RANDOM);
        assert_true(n < 100);
    }
}

/* All others would refuse it (§12.4.2), and nothing would heal. */
static void chance_that_repeats_itself_makes_no_commit(void **state)
{
    (void)state;
    const change refresh = {.refresh = true};
    mjl_mls_candidate candidate;
    const uint64_t seed = dice_seed();
    dice_start(seed);
    assert_int_equal(person_commit(&trio.alice, &refresh, &candidate), MJL_OK);
    person_merge(&trio.alice, &candidate);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer before = {0};
    person_saved(&trio.alice, &before);
    dice_start(seed);
    assert_int_equal(person_commit(&trio.alice, &refresh, &candidate), MJL_NO_RANDOM);
    mjl_mls_candidate_clear(&candidate);
    assert_true(trio_same_value(&trio.alice, mjl_buffer_bytes(&before)));
    assert_int_equal(person_commit(&trio.alice, &refresh, &candidate), MJL_OK); /* It goes on. */
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, trio_meet, trio_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commit_without_memory_changes_nothing),
        TEST(stage_without_memory_changes_nothing),
        TEST(create_save_and_load_without_memory_leak_nothing),
        TEST(commit_without_chance_changes_nothing),
        TEST(chance_that_repeats_itself_makes_no_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
