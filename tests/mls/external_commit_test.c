/* Newcomers that commit themselves in (RFC 9420 §12.4.3.2), and the GroupInfo they need (§12.4.3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "scene.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)

static const mjl_mls_staging listening = {.allowed = MJL_MLS_ALLOW_EXTERNAL_COMMIT};

static void publish(const person *who, const mjl_mls_group_info_config *config, mjl_buffer *out)
{
    mjl_mls_group_info_config whole = *config;
    whole.identity = &who->identity;
    assert_int_equal(mjl_mls_group_info_new(who->group, &whole, out), MJL_OK);
}

static mjl_result come_in(const person *who, mjl_bytes group_info,
                          const mjl_mls_external_commit_config *config,
                          mjl_mls_candidate *candidate)
{
    mjl_mls_external_commit_config whole = *config;
    whole.identity = &who->identity;
    whole.capabilities = who->capabilities;
    return mjl_mls_external_commit(group_info, &whole, dice_random(), candidate);
}

static void expect_refused(const person *who, mjl_bytes group_info,
                           const mjl_mls_external_commit_config *config, mjl_result expected)
{
    mjl_mls_candidate candidate;
    assert_int_equal(come_in(who, group_info, config, &candidate), expected);
    assert_null(candidate.group);
    assert_int_equal(candidate.commit.size, 0);
}

/* All members and the newcomer go on from the new epoch. */
static void everyone_goes_on(void)
{
    person *all[] = {&they.alice, &they.bob, &they.carol, &they.dave};
    for (size_t i = 0; i < 4; i++) {
        mjl_mls_candidate candidate;
        assert_int_equal(person_commit(all[i], &(change){.refresh = true}, &candidate), MJL_OK);
        for (size_t j = 0; j < 4; j++)
            if (j != i) scene_follow(all[j], mjl_buffer_bytes(&candidate.commit), NULL);
        person_merge(all[i], &candidate);
        mjl_mls_candidate_clear(&candidate);
        expect_together(all[i], all[(i + 1) % 4]);
    }
}

static void a_newcomer_commits_itself_in(void **state)
{
    (void)state;
    mjl_buffer info = {0};
    publish(&they.bob, &(mjl_mls_group_info_config){0}, &info);
    mjl_mls_group_info_view view;
    assert_int_equal(mjl_mls_group_info_peek(mjl_buffer_bytes(&info), &view), MJL_OK);
    assert_true(view.has_external_pub && view.has_ratchet_tree);
    assert_int_equal(view.epoch, 1);
    assert_int_equal(view.signer, 1);

    mjl_mls_candidate candidate;
    assert_int_equal(come_in(&they.dave, mjl_buffer_bytes(&info),
                             &(mjl_mls_external_commit_config){0}, &candidate),
                     MJL_OK);
    assert_true(candidate.is_external);
    assert_int_equal(candidate.committer, 3);
    person_merge(&they.dave, &candidate);
    scene_follow(&they.alice, mjl_buffer_bytes(&candidate.commit), &listening);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), &listening);
    scene_follow(&they.carol, mjl_buffer_bytes(&candidate.commit), &listening);
    assert_int_equal(mjl_mls_group_own_leaf(they.dave.group), 3);
    everyone_goes_on();
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
}

static void members_listen_to_newcomers_only_when_told_to(void **state)
{
    (void)state;
    mjl_buffer info = {0};
    publish(&they.bob, &(mjl_mls_group_info_config){0}, &info);
    mjl_mls_candidate candidate;
    assert_int_equal(come_in(&they.dave, mjl_buffer_bytes(&info),
                             &(mjl_mls_external_commit_config){0}, &candidate),
                     MJL_OK);
    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    assert_int_equal(scene_try_stage(&they.alice, commit, NULL), MJL_NOT_ALLOWED);
    const mjl_mls_staging other = {.allowed = MJL_MLS_ALLOW_EXTERNAL_SENDERS |
                                              MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS};
    assert_int_equal(scene_try_stage(&they.alice, commit, &other), MJL_NOT_ALLOWED);
    /* Opening it is not enough. */
    mjl_mls_opened *opened = scene_open(&they.alice, commit, MJL_MLS_ALLOW_EXTERNAL_COMMIT);
    mjl_mls_candidate staged;
    assert_int_equal(mjl_mls_stage(they.alice.group, opened, &they.alice.identity, NULL, &staged),
                     MJL_NOT_ALLOWED);
    assert_int_equal(scene_try_stage(&they.alice, commit, &listening), MJL_OK);
    mjl_mls_opened_free(opened);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
}

/* The tree comes from elsewhere; the group is full, so it widens. */
static void a_full_tree_is_widened_for_a_newcomer(void **state)
{
    (void)state;
    person eve;
    const person *const added[] = {&they.dave};
    mjl_mls_candidate candidate;
    assert_int_equal(
        person_commit(&they.alice, &(change){.add = added, .add_count = 1}, &candidate), MJL_OK);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), NULL);
    mjl_mls_candidate_clear(&candidate);
    person_init(&eve, "eve");

    mjl_buffer info = {0}, with_tree = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){.without_ratchet_tree = true}, &info);
    publish(&they.bob, &(mjl_mls_group_info_config){0}, &with_tree);
    mjl_mls_group_info_view view;
    mjl_mls_external_commit_config config = {0};
    expect_refused(&eve, mjl_buffer_bytes(&info), &config, MJL_TREE_MISSING);
    assert_int_equal(mjl_mls_group_info_peek(mjl_buffer_bytes(&with_tree), &view), MJL_OK);
    assert_int_equal(mjl_mls_extensions_find(view.extensions, 2, &config.ratchet_tree), MJL_OK);
    assert_int_equal(come_in(&eve, mjl_buffer_bytes(&info), &config, &candidate), MJL_OK);
    assert_int_equal(candidate.committer, 4);
    person_merge(&eve, &candidate);
    scene_follow(&they.alice, mjl_buffer_bytes(&candidate.commit), &listening);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), &listening);
    assert_int_equal(mjl_mls_group_leaf_count(eve.group), 8);
    expect_together(&eve, &they.alice);
    expect_together(&they.bob, &eve);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
    mjl_buffer_clear(&with_tree);
    person_clear(&eve);
}

/* Bob lost his state but has his key: he takes his old seat. */
static void a_member_that_lost_its_state_replaces_itself(void **state)
{
    (void)state;
    mjl_buffer info = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){0}, &info);
    person_leave(&they.bob);
    mjl_mls_external_commit_config config = {0};
    expect_refused(&they.bob, mjl_buffer_bytes(&info), &config, MJL_SIGNATURE_KEY_TWICE);
    config.resync = true;
    config.resync_leaf = MJL_MLS_LEAF_OF_OUR_KEY;
    expect_refused(&they.dave, mjl_buffer_bytes(&info), &config, MJL_NOT_FOUND);
    config.resync_leaf = 3; /* Blank. */
    expect_refused(&they.bob, mjl_buffer_bytes(&info), &config, MJL_REMOVE_OF_NOBODY);
    config.resync_leaf = MJL_MLS_LEAF_OF_OUR_KEY;
    mjl_mls_candidate candidate;
    assert_int_equal(come_in(&they.bob, mjl_buffer_bytes(&info), &config, &candidate), MJL_OK);
    assert_int_equal(candidate.removed_count, 1);
    assert_int_equal(candidate.committer, 1);
    person_merge(&they.bob, &candidate);
    scene_follow(&they.alice, mjl_buffer_bytes(&candidate.commit), &listening);
    scene_follow(&they.carol, mjl_buffer_bytes(&candidate.commit), &listening);
    expect_together(&they.bob, &they.alice);
    expect_together(&they.bob, &they.carol);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
}

static bool everyone_is_the_same(void *context, const mjl_mls_credential_view *a,
                                 const mjl_mls_credential_view *b)
{
    (void)context;
    (void)a;
    (void)b;
    return true;
}

/* §12.2: only the same client may take a seat; who that is, the application may say. */
static void a_stranger_does_not_take_the_seat_of_a_member(void **state)
{
    (void)state;
    mjl_buffer info = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){0}, &info);
    const mjl_mls_external_commit_config config = {.resync = true, .resync_leaf = 1};
    mjl_mls_candidate candidate, staged;
    assert_int_equal(come_in(&they.dave, mjl_buffer_bytes(&info), &config, &candidate), MJL_OK);
    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    assert_int_equal(scene_try_stage(&they.carol, commit, &listening), MJL_CREDENTIAL_REFUSED);
    assert_int_equal(scene_try_stage(&they.bob, commit, &listening), MJL_CREDENTIAL_REFUSED);
    const mjl_mls_leaf_policy trusting = {.same_client = everyone_is_the_same};
    mjl_mls_staging staging = listening;
    staging.policy = &trusting;
    assert_int_equal(scene_try_stage(&they.carol, commit, &staging), MJL_OK);
    mjl_mls_opened *opened = scene_open(&they.bob, commit, MJL_MLS_ALLOW_EXTERNAL_COMMIT);
    assert_int_equal(mjl_mls_stage(they.bob.group, opened, NULL, &staging, &staged), MJL_OK);
    assert_true(staged.removes_us);
    assert_null(staged.group);
    mjl_mls_candidate_clear(&staged);
    mjl_mls_opened_free(opened);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
}

static void a_newcomer_proves_a_psk(void **state)
{
    (void)state;
    mjl_buffer info = {0}, id = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){0}, &info);
    assert_int_equal(mjl_mls_psk_id_external(mjl_bytes_text("door"), &id), MJL_OK);
    const mjl_mls_psk psk = {mjl_buffer_bytes(&id), mjl_bytes_text("key")};
    const mjl_mls_change wanted = {.type = MJL_MLS_PROPOSAL_PSK, .psk_id = psk.id};
    mjl_mls_external_commit_config config = {.changes = &wanted, .changes_count = 1};
    expect_refused(&they.dave, mjl_buffer_bytes(&info), &config, MJL_UNKNOWN_PSK);
    config.psks = &psk;
    config.psks_count = 1;
    mjl_mls_candidate candidate;
    assert_int_equal(come_in(&they.dave, mjl_buffer_bytes(&info), &config, &candidate), MJL_OK);
    assert_int_equal(scene_try_stage(&they.bob, mjl_buffer_bytes(&candidate.commit), &listening),
                     MJL_UNKNOWN_PSK);
    mjl_mls_staging staging = listening;
    staging.psks = &psk;
    staging.psks_count = 1;
    person_merge(&they.dave, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), &staging);
    expect_together(&they.bob, &they.dave);
    const mjl_mls_change removal = {.type = MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS};
    config.changes = &removal;
    expect_refused(&they.dave, mjl_buffer_bytes(&info), &config, MJL_EXTERNAL_PROPOSAL);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
    mjl_buffer_clear(&id);
}

/* A group of one, at epoch 0, has no transcript yet. */
static void a_new_group_can_be_entered(void **state)
{
    (void)state;
    person first;
    person_init(&first, "first");
    person_create(&first, "new");
    mjl_buffer info = {0};
    publish(&first, &(mjl_mls_group_info_config){0}, &info);
    mjl_mls_candidate candidate;
    assert_int_equal(come_in(&they.dave, mjl_buffer_bytes(&info),
                             &(mjl_mls_external_commit_config){0}, &candidate),
                     MJL_OK);
    person_merge(&they.dave, &candidate);
    scene_follow(&first, mjl_buffer_bytes(&candidate.commit), &listening);
    expect_together(&first, &they.dave);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
    person_clear(&first);
}

static void an_offer_that_is_not_right_is_refused(void **state)
{
    (void)state;
    const mjl_mls_external_commit_config config = {0};
    mjl_buffer info = {0}, closed = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){.without_external_pub = true}, &closed);
    expect_refused(&they.dave, mjl_buffer_bytes(&closed), &config, MJL_EXTERNAL_PUB_MISSING);
    expect_refused(&they.dave, mjl_buffer_bytes(&they.dave.key_package), &config, MJL_UNKNOWN_KIND);
    publish(&they.alice, &(mjl_mls_group_info_config){0}, &info);
    for (size_t i = 0; i < info.size; i += 7) { /* Nothing of it may be changed. */
        mjl_mls_candidate candidate;
        info.data[i] ^= 1;
        assert_int_not_equal(come_in(&they.dave, mjl_buffer_bytes(&info), &config, &candidate),
                             MJL_OK);
        info.data[i] ^= 1;
    }
    info.data[info.size - 1] ^= 1;
    expect_refused(&they.dave, mjl_buffer_bytes(&info), &config, MJL_GROUP_INFO_SIGNATURE);
    mjl_buffer_clear(&info);
    mjl_buffer_clear(&closed);
}

/* Whoever was late has to ask for another GroupInfo. */
static void a_commit_from_outside_is_for_one_epoch(void **state)
{
    (void)state;
    mjl_buffer info = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){0}, &info);
    mjl_mls_candidate candidate, moved;
    assert_int_equal(come_in(&they.dave, mjl_buffer_bytes(&info),
                             &(mjl_mls_external_commit_config){0}, &candidate),
                     MJL_OK);
    assert_int_equal(person_commit(&they.alice, &(change){.refresh = true}, &moved), MJL_OK);
    person_merge(&they.alice, &moved);
    assert_int_equal(scene_try_stage(&they.alice, mjl_buffer_bytes(&candidate.commit), &listening),
                     MJL_WRONG_EPOCH);
    mjl_mls_candidate_clear(&moved);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
}

static void coming_in_without_memory_or_chance_leaks_nothing(void **state)
{
    (void)state;
    mjl_buffer info = {0};
    const mjl_mls_external_commit_config config = {0};
    publish(&they.alice, &(mjl_mls_group_info_config){0}, &info);
    mjl_mls_candidate candidate;
    for (size_t n = 0;; n += 3) {
        allocation_fail_after(n);
        const mjl_result result = come_in(&they.dave, mjl_buffer_bytes(&info), &config, &candidate);
        if (!allocation_failed()) {
            assert_int_equal(result, MJL_OK);
            break;
        }
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    mjl_mls_opened *opened = scene_open(&they.bob, commit, MJL_MLS_ALLOW_EXTERNAL_COMMIT);
    for (size_t n = 0;; n += 3) {
        mjl_mls_candidate staged;
        allocation_fail_after(n);
        const mjl_result result =
            mjl_mls_stage(they.bob.group, opened, &they.bob.identity, &listening, &staged);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_candidate_clear(&staged);
        if (!failed) break;
    }
    mjl_mls_opened_free(opened);
    mjl_mls_candidate_clear(&candidate);
    dice_refuse_after(1);
    expect_refused(&they.dave, mjl_buffer_bytes(&info), &config, MJL_NO_RANDOM);
    dice_refuse_after(UINT64_MAX);
    mjl_buffer_clear(&info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_newcomer_commits_itself_in),
        TEST(members_listen_to_newcomers_only_when_told_to),
        TEST(a_full_tree_is_widened_for_a_newcomer),
        TEST(a_member_that_lost_its_state_replaces_itself),
        TEST(a_stranger_does_not_take_the_seat_of_a_member),
        TEST(a_newcomer_proves_a_psk),
        TEST(a_new_group_can_be_entered),
        TEST(an_offer_that_is_not_right_is_refused),
        TEST(a_commit_from_outside_is_for_one_epoch),
        TEST(coming_in_without_memory_or_chance_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
