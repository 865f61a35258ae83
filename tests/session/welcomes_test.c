/*
 * When a Welcome that is held goes out, by the clock of a large room.
 *
 *     root ──> admits (it is chosen; its Welcome is held)
 *
 * Epochs are written by hand.
 */
#include "welcomes.h"

#include "graph.h"
#include "membership.h"
#include "session_state.h"
#include "test.h"
#include "timers.h"

#include <stdio.h>

enum { SELF, MEMBERS = 100, JOINER = MEMBERS, AUTHORS };
enum { ROOT, ADMITS };

static const mjl_time began = 1000000;

static mjl_profile profile;
static mjl_session *session;
static int keys; /* Whoever has its address can live in an epoch. */

static void add_epoch(const char *name, uint32_t parent, uint32_t leaf_count)
{
    mjl_epoch epoch = {.branch = graph_id(name), .parent = parent, .leaf_count = leaf_count};
    epoch.number = parent == MJL_NO_INDEX ? 0 : 1;
    epoch.commit_class = MJL_CLASS_ADD;
    epoch.entered_at = profile.now;
    epoch.group = (const mjl_mls_group *)(const void *)&keys;
    epoch.roster = malloc(leaf_count * sizeof *epoch.roster);
    assert_non_null(epoch.roster);
    for (uint32_t i = 0; i < leaf_count; i++)
        epoch.roster[i] = i;
    assert_int_equal(mjl_epoch_index_roster(&epoch, AUTHORS), MJL_OK);
    assert_int_equal(mjl_branches_reserve(&session->branches), MJL_OK);
    session->branches.tip = mjl_branches_add(&session->branches, &epoch);
}

static int begin(void **state)
{
    (void)state;
    memset(&profile, 0, sizeof profile);
    profile.now = began;
    assert_int_equal(mjl_session_blank(&profile, 1, &session), MJL_OK);
    assert_int_equal(mjl_schedule_new(mjl_timer_kinds, began, 1, &session->schedule), MJL_OK);
    for (uint32_t i = 0; i < AUTHORS; i++) {
        char name[16];
        snprintf(name, sizeof name, "author %u", (unsigned)i);
        assert_int_equal(graph_author(session->transcript, name), i);
        assert_int_equal(mjl_presence_reserve(&session->presence, i), MJL_OK);
    }
    add_epoch("root", MJL_NO_INDEX, MEMBERS);
    add_epoch("admits", ROOT, AUTHORS);
    session->state = MJL_SESSION_LIVE;
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < session->branches.count; i++)
        session->branches.epochs[i].group = NULL;
    mjl_session_free(session);
    return 0;
}

/* While its line was not chosen the timer went far ahead. */
static void welcome_that_is_held_waits_for_as_long_as_an_ack_takes_in_a_large_room(void **state)
{
    (void)state;
    mjl_epoch *const admits = &session->branches.epochs[ADMITS];
    const mjl_time wait = mjl_membership_fa_intv(session);
    assert_true(wait > mjl_policy_fa_intv(&session->policy, 0));
    admits->welcome_state = MJL_WELCOME_HELD;
    assert_int_equal(
        mjl_timers_set(session, 10 * wait, MJL_TIMER_WELCOME, ADMITS, &admits->welcome_task),
        MJL_OK);
    assert_int_equal(mjl_welcomes_look(session), MJL_OK);
    mjl_task task;
    assert_int_equal(mjl_schedule_status(session->schedule, admits->welcome_task, &task),
                     MJL_TASK_PENDING);
    assert_int_equal(task.due, began + wait);
    assert_int_equal(mjl_schedule_count(session->schedule), 1);
}

/* It would go out later each time that anything happens. */
static void welcome_that_goes_out_sooner_is_left_alone(void **state)
{
    (void)state;
    mjl_epoch *const admits = &session->branches.epochs[ADMITS];
    admits->welcome_state = MJL_WELCOME_HELD;
    const mjl_time wait = mjl_membership_fa_intv(session);
    assert_int_equal(
        mjl_timers_set(session, wait, MJL_TIMER_WELCOME, ADMITS, &admits->welcome_task), MJL_OK);
    const uint64_t before = admits->welcome_task;
    profile.now++;
    assert_int_equal(mjl_timers_arrive(session, profile.now), MJL_OK);
    assert_int_equal(mjl_welcomes_look(session), MJL_OK);
    assert_int_equal(admits->welcome_task, before);
}

int main(void)
{
#define WELCOMES(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        WELCOMES(welcome_that_is_held_waits_for_as_long_as_an_ack_takes_in_a_large_room),
        WELCOMES(welcome_that_goes_out_sooner_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
