/* Proposals, extensions and capabilities that MLS itself does not know (RFC 9420 §7.2, §13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scene.h"

enum { VOTE = 0xF077, GROUP_COLOUR = 0xF0C0 };

static const uint16_t proposal_types[] = {VOTE}, extension_types[] = {GROUP_COLOUR};
static const mjl_mls_capabilities all = {.proposals = proposal_types,
                                         .proposals_count = 1,
                                         .extensions = extension_types,
                                         .extensions_count = 1};

static void carol_knows_no_votes(person *who)
{
    if (strcmp(who->name, "carol") == 0) who->capabilities = (mjl_mls_capabilities){0};
}

static int all_know_all(void **state)
{
    (void)state;
    scene_meet(&(scene_config){.capabilities = &all});
    return 0;
}

static int carol_does_not(void **state)
{
    (void)state;
    scene_meet(&(scene_config){.capabilities = &all, .prepare = carol_knows_no_votes});
    return 0;
}

static void a_custom_proposal_reaches_the_application(void **state)
{
    (void)state;
    const mjl_mls_change by_value = {.type = VOTE, .data = mjl_bytes_text("aye")};
    const mjl_mls_change alone = {.type = VOTE, .data = mjl_bytes_text("")};
    mjl_buffer message = {0};
    mjl_mls_opened *own = scene_propose(&they.bob, &alone, &message);
    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
    mjl_mls_proposal_view view;
    assert_int_equal(mjl_mls_opened_proposal(opened, &view), MJL_OK);
    assert_int_equal(view.type, VOTE);
    const mjl_mls_opened *const alices[] = {opened};
    const mjl_mls_opened *const bobs[] = {own};
    const mjl_mls_commit_config config = {
        .proposals = alices, .proposals_count = 1, .changes = &by_value, .changes_count = 1};
    mjl_mls_candidate candidate, staged;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    assert_true(candidate.has_path); /* Nothing says that such a type needs none (§12.4). */
    assert_int_equal(candidate.custom_count, 2);

    mjl_mls_opened *commit = scene_open(&they.bob, mjl_buffer_bytes(&candidate.commit), 0);
    const mjl_mls_staging staging = {.proposals = bobs, .proposals_count = 1};
    assert_int_equal(mjl_mls_stage(they.bob.group, commit, NULL, &staging, &staged), MJL_OK);
    assert_int_equal(staged.custom_count, 2);
    assert_int_equal(staged.custom[0].sender, 1);
    assert_int_equal(staged.custom[0].data.size, 0);
    assert_int_equal(staged.custom[1].type, VOTE);
    assert_int_equal(staged.custom[1].sender_type, MJL_MLS_SENDER_MEMBER);
    assert_int_equal(staged.custom[1].sender, 0);
    assert_true(mjl_bytes_equal(staged.custom[1].data, mjl_bytes_text("aye")));
    person_merge(&they.bob, &staged);
    person_merge(&they.alice, &candidate);
    expect_together(&they.alice, &they.bob);
    mjl_mls_candidate_clear(&staged);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(commit);
    mjl_mls_opened_free(own);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
}

/* §12.2: those who leave with the commit need not support its types. */
static void a_custom_proposal_needs_all_who_process_it(void **state)
{
    (void)state;
    const mjl_mls_change vote = {.type = VOTE};
    const uint32_t carol = 2;
    mjl_mls_commit_config config = {.changes = &vote, .changes_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_PROPOSAL_UNSUPPORTED);
    config.remove_leaves = &carol;
    config.remove_count = 1;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    assert_int_equal(scene_try_stage(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
}

static void an_extension_of_the_group_needs_all_members(void **state)
{
    (void)state;
    const mjl_mls_extension colour = {GROUP_COLOUR, mjl_bytes_text("green")};
    const mjl_mls_change wanted = {
        .type = MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS, .extensions = &colour, .extensions_count = 1};
    const uint32_t carol = 2;
    mjl_mls_commit_config config = {.changes = &wanted, .changes_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_GROUP_EXTENSION);
    config.remove_leaves = &carol;
    config.remove_count = 1;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL);
    mjl_bytes data;
    assert_int_equal(mjl_mls_group_extension(they.bob.group, GROUP_COLOUR, &data), MJL_OK);
    assert_true(mjl_bytes_equal(data, mjl_bytes_text("green")));
    mjl_mls_candidate_clear(&candidate);
}

/* ---- GREASE (§13.5) ---- */

static bool is_grease(uint16_t value)
{
    return (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF) && value != 0xFAFA;
}

/* How many values of the list are to be ignored; `list` moves behind it. */
static size_t count_grease(mjl_bytes *list)
{
    const size_t size = list->data[0]; /* Short ones: their length is one octet. */
    size_t count = 0;
    for (size_t i = 1; i < size; i += 2)
        if (is_grease((uint16_t)(list->data[i] << 8 | list->data[i + 1]))) count++;
    *list = mjl_bytes_of(list->data + 1 + size, list->size - 1 - size);
    return count;
}

/* In versions, suites, extensions, proposals, credentials. */
static void expect_grease(const person *who, const size_t expected[5], size_t extensions_count)
{
    mjl_mls_key_package_view view;
    assert_int_equal(mjl_mls_key_package_read(mjl_buffer_bytes(&who->key_package), NULL, &view),
                     MJL_OK);
    assert_int_equal(mjl_mls_key_package_verify(mjl_buffer_bytes(&who->key_package), NULL), MJL_OK);
    /* version, suite; init key; keys of the leaf; credential; then the capabilities. */
    const size_t before = 4 + 33 + 33 + 33 + 2 + 1 + strlen(who->name);
    mjl_bytes lists = mjl_bytes_of(view.key_package.data + before, view.key_package.size - before);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(count_grease(&lists), expected[i]);
    assert_int_equal(view.extensions.size != 0, extensions_count != 0);
}

static void key_packages_hold_values_that_mean_nothing(void **state)
{
    (void)state;
    const size_t some[5] = {0, 1, 1, 1, 1}, none[5] = {0};
    for (size_t i = 0; i < 20; i++) { /* Other keys, other values; all are taken. */
        person_offer(&they.dave);
        expect_grease(&they.dave, some, 1);
    }
    they.dave.capabilities.without_grease = true;
    person_offer(&they.dave);
    expect_grease(&they.dave, none, 0);
}

static size_t extensions_of_no_meaning(const mjl_mls_group_info_config *config)
{
    mjl_buffer info = {0};
    mjl_mls_group_info_view view;
    assert_int_equal(mjl_mls_group_info_new(they.bob.group, config, &info), MJL_OK);
    assert_int_equal(mjl_mls_group_info_peek(mjl_buffer_bytes(&info), &view), MJL_OK);
    size_t count = 0;
    for (uint32_t value = 0x0A0A; value <= 0xEAEA; value += 0x1010) {
        mjl_bytes data;
        if (mjl_mls_extensions_find(view.extensions, (uint16_t)value, &data) == MJL_OK) count++;
    }
    mjl_buffer_clear(&info);
    return count;
}

static void a_group_info_holds_an_extension_that_means_nothing(void **state)
{
    (void)state;
    mjl_mls_group_info_config config = {.identity = &they.bob.identity};
    assert_int_equal(extensions_of_no_meaning(&config), 1);
    config.without_grease = true;
    assert_int_equal(extensions_of_no_meaning(&config), 0);
}

static void the_same_chance_gives_the_same_key_package(void **state)
{
    (void)state;
    mjl_buffer first = {0};
    dice_start(7);
    person_offer(&they.dave);
    assert_int_equal(mjl_buffer_append(&first, mjl_buffer_bytes(&they.dave.key_package)), MJL_OK);
    dice_start(7);
    person_offer(&they.dave);
    assert_true(
        mjl_bytes_equal(mjl_buffer_bytes(&first), mjl_buffer_bytes(&they.dave.key_package)));
    mjl_buffer_clear(&first);
}

static void a_last_resort_key_package_says_so(void **state)
{
    (void)state;
    mjl_buffer message = {0}, secret = {0};
    mjl_mls_key_package_view view;
    mjl_mls_key_package_config config = {.identity = &they.dave.identity, .not_after = 10};
    for (int i = 0; i < 2; i++) {
        config.last_resort = i == 1;
        config.capabilities = i == 1 ? all : (mjl_mls_capabilities){0};
        assert_int_equal(mjl_mls_key_package_new(&config, dice_random(), &message, &secret),
                         MJL_OK);
        assert_int_equal(mjl_mls_key_package_read(mjl_buffer_bytes(&message), NULL, &view), MJL_OK);
        assert_int_equal(view.last_resort, i == 1);
        assert_int_equal(mjl_mls_key_package_verify(mjl_buffer_bytes(&message), NULL), MJL_OK);
        mjl_buffer_clear(&message);
        mjl_buffer_clear(&secret);
    }
}

int main(void)
{
#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, scene_end)
    const struct CMUnitTest tests[] = {
        TEST(a_custom_proposal_reaches_the_application, all_know_all),
        TEST(a_custom_proposal_needs_all_who_process_it, carol_does_not),
        TEST(an_extension_of_the_group_needs_all_members, carol_does_not),
        TEST(key_packages_hold_values_that_mean_nothing, scene_begin),
        TEST(a_group_info_holds_an_extension_that_means_nothing, scene_begin),
        TEST(the_same_chance_gives_the_same_key_package, scene_begin),
        TEST(a_last_resort_key_package_says_so, scene_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
