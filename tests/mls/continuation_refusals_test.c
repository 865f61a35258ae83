/*
 * What a joiner refuses of a group that says it continues another (RFC 9420 §11.2, §11.3, §12.4.3.1
 * last step), and of one whose id it knows: Welcomes made by hand, whose PSK is that of a group
 * that Zoe is in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "psk.h"
#include "welcome_draft.h"
#include "world.h"

/* Zoe's old group: with all of the new one, or with Zoe alone. */
static person old_zoe;
static mjl_buffer id_bytes, two_ids;

static void old_begin(bool with_all)
{
    old_zoe = us.zoe; /* Her identity; the group is another. */
    old_zoe.group = NULL;
    old_zoe.ratchets = NULL;
    person_create(&old_zoe, "old");
    if (!with_all) return;
    person *const others[] = {&us.alice, &us.bob, &us.carol, &us.dave, &us.erin};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        person_offer(others[i]);
    const person *const newcomers[] = {&us.alice, &us.bob, &us.carol, &us.dave, &us.erin};
    mjl_mls_candidate candidate;
    assert_int_equal(
        person_commit(&old_zoe, &(change){.add = newcomers, .add_count = 5}, &candidate), MJL_OK);
    person_merge(&old_zoe, &candidate);
    mjl_mls_candidate_clear(&candidate);
}

/* Ends the old group: it is to go on under that id. */
static void old_reinit(const char *group_id)
{
    mjl_mls_extension extensions[4];
    size_t count = 0;
    mjl_bytes rest = us.alice.group->context.extensions;
    while (mjl_mls_extensions_next(&rest, &extensions[count]))
        count++;
    const mjl_mls_change reinit = {.type = MJL_MLS_PROPOSAL_REINIT,
                                   .group_id = mjl_bytes_text(group_id),
                                   .suite = MJL_MLS_SUITE_DEFAULT,
                                   .extensions = extensions,
                                   .extensions_count = count};
    const mjl_mls_commit_config config = {
        .identity = &old_zoe.identity, .changes = &reinit, .changes_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(
        mjl_mls_commit(old_zoe.group, old_zoe.ratchets, &config, dice_random(), &candidate),
        MJL_OK);
    person_merge(&old_zoe, &candidate);
    mjl_mls_candidate_clear(&candidate);
}

static void old_end(void)
{
    person_leave(&old_zoe);
    mjl_buffer_clear(&id_bytes);
    mjl_buffer_clear(&two_ids);
}

static void id_write(uint8_t usage)
{
    static const uint8_t nonce[MJL_MLS_HASH_SIZE] = {1};
    const mjl_mls_psk_id id = {.type = MJL_MLS_PSK_RESUMPTION,
                               .usage = usage,
                               .group_id = mjl_bytes_text("old"),
                               .epoch = old_zoe.group->context.epoch,
                               .nonce = mjl_bytes_of(nonce, sizeof nonce)};
    mjl_mls_writer writer = mjl_mls_writer_to(&id_bytes);
    mjl_mls_psk_id_write(&writer, &id);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}

typedef struct continuing {
    uint8_t usage;
    uint64_t epoch;
    bool twice, without_old;
} continuing;

static mjl_result joined(continuing how)
{
    welcome_draft draft;
    const mjl_mls_suite *suite = us.alice.group->suite;
    mjl_buffer_clear(&id_bytes);
    mjl_buffer_clear(&two_ids);
    id_write(how.usage);
    welcome_begin(&draft);
    draft.context.epoch = how.epoch;
    draft.psks = mjl_buffer_bytes(&id_bytes);
    const mjl_mls_psk_input input = {
        mjl_buffer_bytes(&id_bytes),
        mjl_bytes_of(old_zoe.group->secrets.resumption_psk, suite->hash_size)};
    assert_int_equal(mjl_mls_psk_secret(suite, &input, 1, draft.psk_secret), MJL_OK);
    if (how.twice) {
        assert_int_equal(mjl_buffer_append(&two_ids, mjl_buffer_bytes(&id_bytes)), MJL_OK);
        assert_int_equal(mjl_buffer_append(&two_ids, mjl_buffer_bytes(&id_bytes)), MJL_OK);
        draft.psks = mjl_buffer_bytes(&two_ids);
    }
    welcome_finish(&draft);
    const mjl_mls_join_config config = {.identity = &us.zoe.identity,
                                        .key_package_secret =
                                            mjl_buffer_bytes(&us.zoe.key_package_secret),
                                        .resumes = how.without_old ? NULL : old_zoe.group};
    mjl_mls_joined to;
    const mjl_result result = mjl_mls_join(mjl_buffer_bytes(&draft.message), &config, &to);
    mjl_mls_joined_clear(&to);
    welcome_clear(&draft);
    return result;
}

static void branch_is_of_members_and_parameters_of_the_old_group(void **state)
{
    (void)state;
    const continuing right = {.usage = MJL_MLS_PSK_BRANCH, .epoch = 1};
    old_begin(true);
    assert_int_equal(joined(right), MJL_OK);
    assert_int_equal(joined((continuing){.usage = MJL_MLS_PSK_BRANCH, .epoch = 2}),
                     MJL_RESUMED_EPOCH);
    assert_int_equal(joined((continuing){.usage = MJL_MLS_PSK_BRANCH, .epoch = 0}),
                     MJL_RESUMED_EPOCH);
    assert_int_equal(joined((continuing){.usage = MJL_MLS_PSK_BRANCH, .epoch = 1, .twice = true}),
                     MJL_WELCOME_PSK_NOT_ALONE);
    assert_int_equal(
        joined((continuing){.usage = MJL_MLS_PSK_BRANCH, .epoch = 1, .without_old = true}),
        MJL_UNKNOWN_PSK);
    ((mjl_mls_group *)old_zoe.group)->context.suite = 1;
    assert_int_equal(joined(right), MJL_BRANCH_DIFFERS);
    old_end();
    old_begin(false);
    assert_int_equal(joined(right), MJL_BRANCH_MEMBERS);
    old_end();
}

static void reinit_is_as_it_was_proposed(void **state)
{
    (void)state;
    const continuing right = {.usage = MJL_MLS_PSK_REINIT, .epoch = 1};
    old_begin(true);
    assert_int_equal(joined(right), MJL_REINIT_DIFFERS); /* It was not proposed. */
    old_reinit("room");
    assert_int_equal(joined(right), MJL_OK);
    assert_int_equal(joined((continuing){.usage = MJL_MLS_PSK_REINIT, .epoch = 2}),
                     MJL_RESUMED_EPOCH);
    assert_int_equal(joined((continuing){.usage = MJL_MLS_PSK_REINIT, .epoch = 1, .twice = true}),
                     MJL_WELCOME_PSK_NOT_ALONE);
    old_end();
    old_begin(true);
    old_reinit("another");
    assert_int_equal(joined(right), MJL_REINIT_DIFFERS);
    old_end();
    old_begin(false);
    old_reinit("room");
    assert_int_equal(joined(right), MJL_REINIT_MEMBERS);
    old_end();
}

static void group_of_a_known_id_is_not_joined(void **state)
{
    (void)state;
    const mjl_bytes ids[] = {mjl_bytes_text("old"), mjl_bytes_text("room")};
    welcome_draft draft;
    welcome_begin(&draft);
    welcome_finish(&draft);
    for (size_t count = 0; count <= 2; count++) {
        const mjl_mls_join_config config = {.identity = &us.zoe.identity,
                                            .key_package_secret =
                                                mjl_buffer_bytes(&us.zoe.key_package_secret),
                                            .groups = ids,
                                            .groups_count = count};
        mjl_mls_joined to;
        assert_int_equal(mjl_mls_join(mjl_buffer_bytes(&draft.message), &config, &to),
                         count == 2 ? MJL_GROUP_ID_IN_USE : MJL_OK);
        mjl_mls_joined_clear(&to);
    }
    welcome_clear(&draft);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(branch_is_of_members_and_parameters_of_the_old_group),
        TEST(reinit_is_as_it_was_proposed),
        TEST(group_of_a_known_id_is_not_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
