/*
 * Two members let the same newcomer in, and only one of their commits can win: who came in by the
 * Welcome of the other one follows the second Welcome, whatever came first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"
#include "session_state.h"

enum { NEWCOMER = 2, FA_INTV_MS = 1000, LATER_MS = 4 * FA_INTV_MS };

static void set_link(test_world *world, uint32_t from, uint32_t to, bool is_cut)
{
    const mjl_network_link link = {.delay_ms_min = 5, .delay_ms_max = 60, .is_cut = is_cut};
    mjl_network_set_link(world->network, from, to, &link);
}

static void cut_both(test_world *world, bool is_cut)
{
    set_link(world, 0, 1, is_cut);
    set_link(world, 1, 0, is_cut);
}

/* Members 0 and 1 do not hear each other, both let the newcomer in, and it gets the Welcome of
   `first` alone. */
static test_world *welcomed_by(uint32_t first, uint64_t seed)
{
    const uint32_t second = 1 - first;
    test_world *const world = world_new(seed, 3, 0);
    world_create(world);
    world_admit_next(world);
    cut_both(world, true);
    (void)scenario_ask(world, NEWCOMER);
    set_link(world, second, NEWCOMER, true);
    (void)scenario_invite(world, 0, NEWCOMER);
    (void)scenario_invite(world, 1, NEWCOMER);
    world_run(world, LATER_MS);
    assert_int_equal(scenario_info(world_session(world, NEWCOMER)).state, MJL_SESSION_LIVE);
    assert_int_equal(scenario_info(world_session(world, NEWCOMER)).members_count, 3);
    return world;
}

static void is_one_room_with(test_world *world, const char *text)
{
    scenario_settle(world);
    const mjl_session_info info = scenario_info(world_session(world, NEWCOMER));
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const mjl_session_info other = scenario_info(world_session(world, i));
        assert_int_equal(other.state, MJL_SESSION_LIVE);
        assert_memory_equal(other.branch.bytes, info.branch.bytes, MJL_ID_SIZE);
        assert_int_equal(world_heard(&world->nodes[i], text), 1);
    }
    for (uint32_t i = 0; i < world->nodes_count; i++)
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_EQUIVOCATION), 0);
}

static void the_welcome_that_comes_first_binds_nobody(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 2; first++) {
        test_world *const world = welcomed_by(first, 1701 + first);
        assert_true(world_say(world, NEWCOMER, "good evening"));
        set_link(world, 1 - first, NEWCOMER, false);
        world_run(world, LATER_MS);
        cut_both(world, false);
        is_one_room_with(world, "good evening");
        world_free(world);
    }
}

static void what_opens_the_second_welcome_survives_a_restart(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 2; first++) {
        test_world *const world = welcomed_by(first, 1711 + first);
        assert_true(world_say(world, NEWCOMER, "good evening"));
        world_run(world, 100);
        world_kill(world, NEWCOMER);
        world_reopen(world, NEWCOMER);
        set_link(world, 1 - first, NEWCOMER, false);
        world_run(world, LATER_MS);
        world_kill(world, NEWCOMER);
        cut_both(world, false);
        world_reopen(world, NEWCOMER);
        is_one_room_with(world, "good evening");
        world_free(world);
    }
}

/* The one who let it in on the branch that lost does so again on the other one. */
static void who_was_let_in_on_a_branch_that_lost_is_let_in_again(void **state)
{
    (void)state;
    test_world *const world = world_new(1721, 4, 0);
    world_create(world);
    world_admit_next(world);
    const uint32_t newcomer = 3;
    cut_both(world, true);
    (void)scenario_ask(world, newcomer);
    (void)scenario_ask(world, NEWCOMER);
    set_link(world, newcomer, 1, true);
    set_link(world, NEWCOMER, 0, true);
    (void)scenario_invite(world, 0, newcomer);
    (void)scenario_invite(world, 1, NEWCOMER);
    world_run(world, LATER_MS);
    assert_int_equal(scenario_info(world_session(world, newcomer)).state, MJL_SESSION_LIVE);
    assert_int_equal(scenario_info(world_session(world, NEWCOMER)).state, MJL_SESSION_LIVE);
    const mjl_message_id said = world_say_id(world, newcomer, "good evening");
    cut_both(world, false);
    set_link(world, newcomer, 1, false);
    set_link(world, NEWCOMER, 0, false);
    world_run(world, 4 * LATER_MS);
    /* Its message was for other readers; its user agrees. */
    assert_int_equal(mjl_session_agree(world_session(world, newcomer), world->now, &said), MJL_OK);
    is_one_room_with(world, "good evening");
    assert_int_equal(scenario_info(world_session(world, 0)).members_count, 4);
    world_free(world);
}

/* ---- A move that waits ---- */

/* So often that its next move has to wait for many FA_INTV. */
static void newcomer_has_moved_often(test_world *world)
{
    mjl_session *const session = world_session(world, NEWCOMER);
    session->roots.moves = MJL_ROOT_MOVES_AT_ONCE + 5;
    session->roots.moved_at = world->now;
}

static bool newcomer_is_where_the_second_is(test_world *world)
{
    const mjl_session_info info = scenario_info(world_session(world, NEWCOMER));
    const mjl_session_info second = scenario_info(world_session(world, 1));
    return memcmp(&info.branch, &second.branch, sizeof info.branch) == 0;
}

static void a_move_that_waits_is_made_though_nobody_speaks_any_more(void **state)
{
    (void)state;
    test_world *const world = welcomed_by(0, 1731);
    newcomer_has_moved_often(world);
    scenario_cut_off(world, NEWCOMER);
    set_link(world, 1, NEWCOMER, false);
    world_run(world, 2 * LATER_MS); /* The first one is silent meanwhile. */
    assert_true(world_say(world, 1, "good evening"));
    world_run(world, FA_INTV_MS);
    assert_int_equal(world_heard(&world->nodes[NEWCOMER], "good evening"), 1);
    set_link(world, 1, NEWCOMER, true);
    world_run(world, FA_INTV_MS);
    assert_false(newcomer_is_where_the_second_is(world));
    assert_true(world_run_until(world, 32 * FA_INTV_MS, newcomer_is_where_the_second_is));
    world_free(world);
}

/* It sends both away where it is, and hears meanwhile that both live on the other line. */
static void while_a_move_waits_no_root_is_let_go(void **state)
{
    (void)state;
    test_world *const world = welcomed_by(0, 1741);
    newcomer_has_moved_often(world);
    scenario_cut_off(world, NEWCOMER);
    cut_both(world, false);
    world_run(world, LATER_MS);
    (void)scenario_exclude(world, NEWCOMER, 0);
    (void)scenario_exclude(world, NEWCOMER, 1);
    set_link(world, 0, NEWCOMER, false);
    set_link(world, 1, NEWCOMER, false);
    world_run(world, LATER_MS);
    assert_true(world_say(world, 0, "good evening"));
    world_run(world, FA_INTV_MS);
    assert_int_equal(world_heard(&world->nodes[NEWCOMER], "good evening"), 1);
    scenario_cut_off(world, NEWCOMER);
    assert_false(newcomer_is_where_the_second_is(world));
    assert_true(world_run_until(world, 32 * FA_INTV_MS, newcomer_is_where_the_second_is));
    world_free(world);
}

/* ---- Two roots on one line ---- */

static void hears_it_ask_again(test_world *world, uint32_t node, uint32_t newcomer)
{
    mjl_verdict verdict;
    const mjl_bytes asked = mjl_buffer_bytes(&world_session(world, newcomer)->roots.key_package);
    assert_int_equal(
        mjl_profile_receive(world_profile(world, node), world->now, 1, asked, &verdict), MJL_OK);
    assert_int_equal(verdict.kind, MJL_VERDICT_APPLIED);
    world_step(world, node);
}

/* Removed and let in again by the same request, it hears last what was said before. */
static void old_words_that_come_late_lead_to_no_removal(void **state)
{
    (void)state;
    const uint32_t silent = 2, newcomer = 3;
    test_world *const world = world_new(1751, 4, 0);
    const world_node *const node = &world->nodes[newcomer];
    world_create(world);
    world_admit_next(world);
    world_admit_next(world);
    set_link(world, silent, newcomer, true);
    set_link(world, 1, newcomer, true);
    set_link(world, newcomer, 1, true);
    (void)scenario_ask(world, newcomer);
    (void)scenario_invite(world, 0, newcomer);
    world_run(world, LATER_MS);
    assert_int_equal(scenario_info(world_session(world, newcomer)).state, MJL_SESSION_LIVE);
    set_link(world, 0, newcomer, true);
    assert_true(world_say(world, 0, "before"));
    assert_true(world_say(world, 1, "and before"));
    world_run(world, 100);
    set_link(world, 1, newcomer, false);
    (void)scenario_exclude(world, 1, newcomer);
    world_run(world, 100);
    set_link(world, 1, newcomer, true);
    assert_int_equal(scenario_info(world_session(world, newcomer)).state, MJL_SESSION_REMOVED);
    assert_int_equal(world_heard(node, "and before"), 0);
    hears_it_ask_again(world, 1, newcomer);
    (void)scenario_invite(world, 1, newcomer);
    set_link(world, 0, newcomer, false);
    set_link(world, 1, newcomer, false);
    const size_t states = world_count(node, MJL_EVENT_SESSION_STATE);
    world_run(world, 4 * LATER_MS);
    assert_int_equal(world_heard(node, "and before"), 1);
    assert_int_equal(world_heard(node, "before"), 1);
    /* It lives since then, and was never told anything else. */
    assert_int_equal(scenario_info(world_session(world, newcomer)).state, MJL_SESSION_LIVE);
    assert_int_equal(world_count(node, MJL_EVENT_SESSION_STATE), states + 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_welcome_that_comes_first_binds_nobody),
        cmocka_unit_test(what_opens_the_second_welcome_survives_a_restart),
        cmocka_unit_test(who_was_let_in_on_a_branch_that_lost_is_let_in_again),
        cmocka_unit_test(a_move_that_waits_is_made_though_nobody_speaks_any_more),
        cmocka_unit_test(while_a_move_waits_no_root_is_let_go),
        cmocka_unit_test(old_words_that_come_late_lead_to_no_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
