/*
 * What a restart must not change where something is about to happen: what is not saved is found
 * anew, and what cannot be is saved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "intents.h"
#include "scenario.h"
#include "session_state.h"

enum {
    ALICE,
    BOB,
    CAROL,
    DORA,
    MEMBERS,
    EMIL = MEMBERS,
    FRITZ,
    FA_INTV_MS = 1000,
    TURN_MS = 4 * FA_INTV_MS
};

static void set_one_way(test_world *world, uint32_t from, uint32_t to, bool is_cut)
{
    mjl_network_link link = mjl_network_get_link(world->network, from, to);
    link.is_cut = is_cut;
    mjl_network_set_link(world->network, from, to, &link);
}

static void restart(test_world *world, uint32_t node)
{
    world_kill(world, node);
    world_reopen(world, node);
}

/* ---- Where all others live ---- */

static bool bob_is_where_alice_is(test_world *world)
{
    const mjl_session_info bob = scenario_info(world_session(world, BOB));
    const mjl_session_info alice = scenario_info(world_session(world, ALICE));
    return memcmp(&bob.branch, &alice.branch, sizeof bob.branch) == 0;
}

/* He learns that the others have the commit that he lives behind, and does not wish it again where
   they are; how does not matter here. */
static void bob_knows_that_all_have_his_commit(test_world *world)
{
    mjl_session *const bob = world_session(world, BOB);
    for (size_t i = 0; i < bob->membership.count; i++)
        assert_int_equal(mjl_intents_set(bob, &bob->membership.intents[i], MJL_INTENT_DONE, MJL_OK),
                         MJL_OK);
    const uint32_t place =
        mjl_transcript_find_place(bob->transcript, &mjl_session_tip(bob)->branch);
    assert_int_not_equal(place, MJL_NO_INDEX);
    for (uint32_t author = 0; author < bob->presence.count; author++) {
        mjl_acks_changes changes = {0};
        if (author == mjl_session_self(bob)) continue;
        assert_int_equal(mjl_acks_heard(bob->acks, bob->transcript, place, author, &changes),
                         MJL_OK);
        mjl_acks_changes_clear(&changes);
    }
}

/* Nobody waits for her; nothing is decided until she is back. */
static void dora_goes(test_world *world)
{
    assert_int_equal(mjl_session_away(world_session(world, DORA), world->now, 0), MJL_OK);
    world_step(world, DORA);
    world_kill(world, DORA);
    world_run(world, TURN_MS);
}

static void bob_hears(test_world *world, uint32_t node)
{
    set_one_way(world, node, BOB, false);
    assert_true(world_say(world, node, "here"));
    world_run(world, TURN_MS);
    set_one_way(world, node, BOB, true);
}

/* Bob's commit wins by its rank, and nobody else lives behind it: after a while he goes where the
   others do. Nothing is decided there yet. */
static test_world *bob_went_where_all_others_live(void)
{
    test_world *const world = world_new(281, MEMBERS, 0);
    world_create(world);
    for (uint32_t i = 1; i < MEMBERS; i++)
        world_admit_next(world); /* Bob is next to alice, who made the last commit. */
    dora_goes(world);
    scenario_cut_off(world, BOB);
    scenario_refresh(world, BOB);
    scenario_refresh(world, CAROL);
    world_run(world, TURN_MS);
    bob_hears(world, ALICE);
    bob_hears(world, CAROL);
    bob_knows_that_all_have_his_commit(world);
    world_run(world, MJL_YIELD_GRACE_FA_INTERVALS * FA_INTV_MS);
    bob_hears(world, CAROL);
    assert_false(bob_is_where_alice_is(world));
    set_one_way(world, ALICE, BOB, false);
    assert_true(world_say(world, ALICE, "here"));
    assert_true(world_run_until(world, TURN_MS, bob_is_where_alice_is));
    assert_int_equal(scenario_info(world_session(world, BOB)).undecided_count, 1);
    return world;
}

static void a_commit_where_all_others_live_is_applied_also_after_a_restart(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        test_world *const world = bob_went_where_all_others_live();
        const uint64_t applied = world->nodes[BOB].verdicts[MJL_VERDICT_APPLIED];
        const uint64_t losing = world->nodes[BOB].verdicts[MJL_VERDICT_LOSING];
        scenario_refresh(world, ALICE);
        if (restarts) restart(world, BOB);
        assert_true(world_run_until(world, TURN_MS, bob_is_where_alice_is));
        assert_int_equal(world->nodes[BOB].verdicts[MJL_VERDICT_LOSING], losing);
        assert_true(world->nodes[BOB].verdicts[MJL_VERDICT_APPLIED] > applied);
        world_free(world);
    }
}

/* ---- A Welcome on a line that is chosen again ---- */

/* The one of an epoch that she lives in or after, with the keys of its joiner. */
static const mjl_epoch *welcome_that_carol_holds(test_world *world)
{
    const mjl_branches *branches = &world_session(world, CAROL)->branches;
    for (uint32_t i = 0; i < branches->count; i++) {
        if (branches->epochs[i].welcome_state == MJL_WELCOME_HELD &&
            mjl_branches_is_on_path(branches, i, branches->tip))
            return &branches->epochs[i];
    }
    return NULL;
}

static bool carols_line_is_chosen(test_world *world)
{
    return welcome_that_carol_holds(world) != NULL;
}

/* Each for itself and at once: bob sends emil away, carol does so and lets fritz in, dora sends bob
   away. Carol hears of bob's commit, which wins, at once, and of dora's, by which it counts for
   nothing, long after: until then she holds the Welcome, and looks at it ever more rarely. */
static test_world *carol_holds_a_welcome_on_a_line_that_is_chosen_again(void)
{
    test_world *const world = world_new(291, FRITZ + 1, 0);
    world_create(world);
    for (uint32_t i = 1; i < FRITZ; i++)
        world_admit_next(world);
    world_run(world, TURN_MS);
    scenario_ask(world, FRITZ);
    world_run(world, TURN_MS);
    scenario_refresh(world, ALICE);
    world_run(world, 200); /* Changes wait from now on. */
    for (uint32_t node = ALICE; node <= FRITZ; node++)
        scenario_cut_off(world, node);
    set_one_way(world, BOB, CAROL, false);
    scenario_exclude(world, BOB, EMIL);
    scenario_exclude(world, CAROL, EMIL);
    scenario_invite(world, CAROL, FRITZ);
    scenario_exclude(world, DORA, BOB);
    world_run(world, 100 * FA_INTV_MS);
    assert_false(carols_line_is_chosen(world));
    set_one_way(world, DORA, CAROL, false);
    assert_true(world_run_until(world, 600 * FA_INTV_MS, carols_line_is_chosen));
    set_one_way(world, DORA, CAROL, true);
    return world;
}

static void a_welcome_whose_line_is_chosen_again_goes_out_soon_also_after_a_restart(void **state)
{
    (void)state;
    test_world *const world = carol_holds_a_welcome_on_a_line_that_is_chosen_again();
    const uint64_t task = welcome_that_carol_holds(world)->welcome_task;
    assert_int_not_equal(task, 0);
    restart(world, CAROL);
    assert_int_equal(welcome_that_carol_holds(world)->welcome_task, task);
    set_one_way(world, CAROL, FRITZ, false);
    set_one_way(world, FRITZ, CAROL, false);
    assert_int_equal(scenario_info(world_session(world, FRITZ)).state, MJL_SESSION_JOINING);
    world_run(world, 2 * FA_INTV_MS);
    assert_int_equal(scenario_info(world_session(world, FRITZ)).state, MJL_SESSION_LIVE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_where_all_others_live_is_applied_also_after_a_restart),
        cmocka_unit_test(a_welcome_whose_line_is_chosen_again_goes_out_soon_also_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
