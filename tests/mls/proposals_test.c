/* Standalone proposals and commits that cover them by reference (RFC 9420 §12.1, §12.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "scene.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)

/* The refresh of an own path works: so the private keys are the right ones. */
static void expect_commits(person *author, person *follower)
{
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(author, &(change){.refresh = true}, &candidate), MJL_OK);
    person_merge(author, &candidate);
    scene_follow(follower, mjl_buffer_bytes(&candidate.commit), NULL);
    mjl_mls_candidate_clear(&candidate);
    expect_together(author, follower);
}

static void proposals_of_all_are_committed_by_one(void **state)
{
    (void)state;
    mjl_buffer update = {0}, add = {0};
    mjl_mls_opened *bobs =
        scene_propose(&they.bob, &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_UPDATE}, &update);
    mjl_mls_opened *carols =
        scene_propose(&they.carol,
                      &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_ADD,
                                        .key_package = mjl_buffer_bytes(&they.dave.key_package)},
                      &add);
    mjl_mls_opened *of_alice[] = {scene_open(&they.alice, mjl_buffer_bytes(&update), 0),
                                  scene_open(&they.alice, mjl_buffer_bytes(&add), 0)};
    mjl_mls_opened *of_bob[] = {bobs, scene_open(&they.bob, mjl_buffer_bytes(&add), 0)};
    mjl_mls_opened *of_carol[] = {carols, scene_open(&they.carol, mjl_buffer_bytes(&update), 0)};

    const mjl_mls_commit_config config = {.proposals = (const mjl_mls_opened *const *)of_alice,
                                          .proposals_count = 2};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    assert_true(candidate.has_path);
    assert_int_equal(candidate.updated_count, 1);
    assert_int_equal(candidate.updated[0], 1);
    assert_int_equal(candidate.added_count, 1);
    assert_int_equal(candidate.added[0], 3);
    assert_int_equal(scene_try_stage(&they.carol, mjl_buffer_bytes(&candidate.commit), NULL),
                     MJL_UNKNOWN_PROPOSAL);

    person_merge(&they.alice, &candidate);
    const mjl_mls_staging bob_has = {.proposals = (const mjl_mls_opened *const *)of_bob,
                                     .proposals_count = 2};
    const mjl_mls_staging carol_has = {.proposals = (const mjl_mls_opened *const *)of_carol,
                                       .proposals_count = 2};
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), &bob_has);
    scene_follow(&they.carol, mjl_buffer_bytes(&candidate.commit), &carol_has);
    assert_int_equal(person_join(&they.dave, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    expect_together(&they.alice, &they.bob);
    expect_together(&they.carol, &they.dave);
    expect_together(&they.bob, &they.dave);
    expect_commits(&they.bob, &they.dave);

    mjl_mls_candidate_clear(&candidate);
    for (size_t i = 0; i < 2; i++) {
        mjl_mls_opened_free(of_alice[i]);
        mjl_mls_opened_free(of_bob[i]);
        mjl_mls_opened_free(of_carol[i]);
    }
    mjl_buffer_clear(&update);
    mjl_buffer_clear(&add);
}

/* Without the key that mjl_mls_propose kept, the one who proposed is left behind and knows it. */
static void an_update_that_was_forgotten_leaves_its_author_behind(void **state)
{
    (void)state;
    mjl_buffer message = {0};
    mjl_mls_opened *own =
        scene_propose(&they.bob, &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_UPDATE}, &message);
    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
    const mjl_mls_opened *const foreign[] = {opened};
    const mjl_mls_opened *const kept[] = {own};
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.proposals = foreign, .proposals_count = 1},
                         &candidate),
        MJL_OK);
    const mjl_bytes commit = mjl_buffer_bytes(&candidate.commit);
    assert_int_equal(
        scene_try_stage(&they.bob, commit,
                        &(mjl_mls_staging){.proposals = foreign, .proposals_count = 1}),
        MJL_NO_PATH_SECRET);
    assert_int_equal(scene_try_stage(&they.bob, commit,
                                     &(mjl_mls_staging){.proposals = kept, .proposals_count = 1}),
                     MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(own);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
}

static void a_committer_covers_its_own_proposals_but_no_update(void **state)
{
    (void)state;
    mjl_buffer remove = {0}, update = {0};
    mjl_mls_opened *own = scene_propose(
        &they.alice, &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 2}, &remove);
    mjl_mls_opened *other =
        scene_propose(&they.alice, &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_UPDATE}, &update);
    const mjl_mls_opened *const removing[] = {own};
    const mjl_mls_opened *const updating[] = {other};
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.proposals = updating, .proposals_count = 1},
                         &candidate),
        MJL_UPDATE_BY_COMMITTER);
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.proposals = removing, .proposals_count = 1},
                         &candidate),
        MJL_OK);
    assert_int_equal(candidate.removed_count, 1);
    assert_int_equal(candidate.removed[0], 2);
    mjl_mls_opened *opened = scene_open(&they.bob, mjl_buffer_bytes(&remove), 0);
    const mjl_mls_opened *const bobs[] = {opened};
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit),
                 &(mjl_mls_staging){.proposals = bobs, .proposals_count = 1});
    expect_together(&they.alice, &they.bob);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(own);
    mjl_mls_opened_free(other);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&remove);
    mjl_buffer_clear(&update);
}

static mjl_result try_propose(const mjl_mls_change *wanted)
{
    mjl_buffer message = {0};
    mjl_mls_opened *proposal = NULL;
    const mjl_mls_propose_config config = {.identity = &they.alice.identity, .change = *wanted};
    scene_mark before = scene_mark_of(&they.alice);
    const mjl_result result = mjl_mls_propose(they.alice.group, they.alice.ratchets, &config,
                                              dice_random(), &message, &proposal);
    assert_int_not_equal(result, MJL_OK);
    assert_int_equal(message.size, 0);
    assert_null(proposal);
    expect_unchanged(&they.alice, &before);
    mjl_buffer_clear(&message);
    return result;
}

static void what_no_commit_could_hold_is_not_proposed(void **state)
{
    (void)state;
    mjl_mls_change wanted = {.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 3};
    assert_int_equal(try_propose(&wanted), MJL_REMOVE_OF_NOBODY);
    wanted = (mjl_mls_change){
        .type = MJL_MLS_PROPOSAL_ADD,
        .key_package = mjl_bytes_of(they.dave.key_package.data, they.dave.key_package.size - 1)};
    assert_int_equal(try_propose(&wanted), MJL_TRUNCATED);
    wanted = (mjl_mls_change){.type = MJL_MLS_PROPOSAL_EXTERNAL_INIT};
    assert_int_equal(try_propose(&wanted), MJL_BAD_ARGUMENT);
    wanted = (mjl_mls_change){.type = 0xF0F0}; /* Nobody lists it. */
    assert_int_equal(try_propose(&wanted), MJL_PROPOSAL_UNSUPPORTED);
    wanted = (mjl_mls_change){.type = MJL_MLS_PROPOSAL_PSK, .psk_id = mjl_bytes_text("?")};
    assert_int_equal(try_propose(&wanted), MJL_UNKNOWN_KIND);
}

static void proposing_without_memory_or_chance_changes_nothing(void **state)
{
    (void)state;
    const mjl_mls_change wanted = {.type = MJL_MLS_PROPOSAL_UPDATE};
    const mjl_mls_propose_config config = {.identity = &they.alice.identity, .change = wanted};
    for (size_t n = 0;; n++) {
        mjl_buffer message = {0};
        mjl_mls_opened *proposal = NULL;
        scene_mark before = scene_mark_of(&they.alice);
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_propose(they.alice.group, they.alice.ratchets, &config,
                                                  dice_random(), &message, &proposal);
        const bool failed = allocation_failed();
        if (!failed) {
            assert_int_equal(result, MJL_OK);
            mjl_mls_opened_free(proposal);
            mjl_buffer_clear(&message);
            mjl_buffer_clear(&before.group);
            mjl_buffer_clear(&before.ratchets);
            break;
        }
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        assert_int_equal(message.size, 0);
        expect_unchanged(&they.alice, &before);
        mjl_buffer_clear(&message);
    }
    dice_refuse_after(0);
    assert_int_equal(try_propose(&wanted), MJL_NO_RANDOM);
    dice_refuse_after(UINT64_MAX);
}

static void a_proposal_says_what_it_is(void **state)
{
    (void)state;
    mjl_mls_proposal_view view;
    mjl_mls_opened *remove = scene_propose(
        &they.alice, &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 2}, NULL);
    assert_int_equal(mjl_mls_opened_proposal(remove, &view), MJL_OK);
    assert_int_equal(view.type, MJL_MLS_PROPOSAL_REMOVE);
    assert_int_equal(view.leaf, 2);
    assert_int_equal(mjl_mls_opened_sender_type(remove), MJL_MLS_SENDER_MEMBER);
    mjl_mls_opened_free(remove);

    mjl_mls_opened *reinit = scene_propose(&they.alice,
                                           &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_REINIT,
                                                             .group_id = mjl_bytes_text("next"),
                                                             .suite = MJL_MLS_SUITE_DEFAULT},
                                           NULL);
    assert_int_equal(mjl_mls_opened_proposal(reinit, &view), MJL_OK);
    assert_true(mjl_bytes_equal(view.group_id, mjl_bytes_text("next")));
    assert_int_equal(view.suite, MJL_MLS_SUITE_DEFAULT);
    mjl_mls_opened_free(reinit);

    mjl_buffer message = {0};
    person_say(&they.alice, "no proposal", &message);
    mjl_mls_opened *said = scene_open(&they.bob, mjl_buffer_bytes(&message), 0);
    assert_int_equal(mjl_mls_opened_proposal(said, &view), MJL_BAD_ARGUMENT);
    const mjl_mls_opened *const wrong[] = {said};
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.bob,
                         &(mjl_mls_commit_config){.proposals = wrong, .proposals_count = 1},
                         &candidate),
        MJL_BAD_ARGUMENT);
    mjl_mls_opened_free(said);
    mjl_buffer_clear(&message);
}

static void each_private_proposal_has_a_key_of_its_own(void **state)
{
    (void)state;
    const mjl_mls_propose_config config = {.identity = &they.bob.identity,
                                           .change = {.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 2}};
    for (uint32_t i = 0; i < 3; i++) {
        mjl_buffer message = {0};
        mjl_mls_opened *own = NULL;
        assert_int_equal(mjl_mls_ratchets_next_generation(they.bob.ratchets, MJL_MLS_PROPOSAL), i);
        assert_int_equal(mjl_mls_propose(they.bob.group, they.bob.ratchets, &config, dice_random(),
                                         &message, &own),
                         MJL_OK);
        mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
        assert_int_equal(mjl_mls_opened_generation(opened), i);
        mjl_mls_opened_free(opened);
        mjl_mls_opened_free(own);
        mjl_buffer_clear(&message);
    }
}

/* §12.1.7: the whole list is replaced, and members must support what it asks for. */
static void context_extensions_are_replaced_by_reference(void **state)
{
    (void)state;
    static const uint8_t asks_for_nothing[] = {0, 0, 0}, asks_for_type[] = {0, 2, 0xF0, 0x10, 0};
    mjl_mls_extension wanted = {3, mjl_bytes_of(asks_for_type, sizeof asks_for_type)};
    mjl_mls_change wish = {
        .type = MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS, .extensions = &wanted, .extensions_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.changes = &wish, .changes_count = 1},
                         &candidate),
        MJL_REQUIRED_PROPOSAL);
    wanted.data = mjl_bytes_of(asks_for_nothing, sizeof asks_for_nothing);
    mjl_buffer message = {0};
    mjl_mls_opened *own = scene_propose(&they.bob, &wish, &message);
    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
    const mjl_mls_opened *const alices[] = {opened};
    const mjl_mls_opened *const bobs[] = {own};
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.proposals = alices, .proposals_count = 1},
                         &candidate),
        MJL_OK);
    assert_true(candidate.has_path);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit),
                 &(mjl_mls_staging){.proposals = bobs, .proposals_count = 1});
    mjl_bytes found;
    assert_int_equal(mjl_mls_group_extension(they.bob.group, 3, &found), MJL_OK);
    expect_together(&they.alice, &they.bob);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(own);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
}

/* A restart between the proposal and its commit. */
static void a_saved_update_keeps_its_key(void **state)
{
    (void)state;
    mjl_buffer message = {0}, saved = {0}, again = {0};
    mjl_mls_opened *own =
        scene_propose(&they.bob, &(mjl_mls_change){.type = MJL_MLS_PROPOSAL_UPDATE}, &message);
    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), 0);
    assert_int_equal(mjl_mls_proposal_save(they.bob.group, own, &saved), MJL_OK);
    mjl_mls_opened_free(own);
    mjl_mls_opened *loaded = NULL;
    for (size_t i = 0; i < saved.size; i++) { /* Cut anywhere, it is refused. */
        assert_int_not_equal(
            mjl_mls_proposal_load(mjl_bytes_of(saved.data, i), they.bob.group, &loaded), MJL_OK);
    }
    saved.data[3] ^= 0x80; /* Of the private key. */
    saved.data[8] ^= 0x80;
    assert_int_equal(mjl_mls_proposal_load(mjl_buffer_bytes(&saved), they.bob.group, &loaded),
                     MJL_BAD_KEY);
    saved.data[3] ^= 0x80;
    saved.data[8] ^= 0x80;
    assert_int_equal(mjl_mls_proposal_load(mjl_buffer_bytes(&saved), they.bob.group, &loaded),
                     MJL_OK);
    assert_int_equal(mjl_mls_proposal_save(they.bob.group, loaded, &again), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again)));

    const mjl_mls_opened *const alices[] = {opened};
    const mjl_mls_opened *const bobs[] = {loaded};
    mjl_mls_candidate candidate;
    assert_int_equal(
        scene_try_commit(&they.alice,
                         &(mjl_mls_commit_config){.proposals = alices, .proposals_count = 1},
                         &candidate),
        MJL_OK);
    person_merge(&they.alice, &candidate);
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit),
                 &(mjl_mls_staging){.proposals = bobs, .proposals_count = 1});
    expect_commits(&they.bob, &they.alice);
    mjl_mls_opened *late = NULL;
    assert_int_equal(mjl_mls_proposal_load(mjl_buffer_bytes(&saved), they.bob.group, &late),
                     MJL_WRONG_EPOCH);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(loaded);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(proposals_of_all_are_committed_by_one),
        TEST(an_update_that_was_forgotten_leaves_its_author_behind),
        TEST(a_committer_covers_its_own_proposals_but_no_update),
        TEST(a_saved_update_keeps_its_key),
        TEST(each_private_proposal_has_a_key_of_its_own),
        TEST(what_no_commit_could_hold_is_not_proposed),
        TEST(proposing_without_memory_or_chance_changes_nothing),
        TEST(a_proposal_says_what_it_is),
        TEST(context_extensions_are_replaced_by_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
