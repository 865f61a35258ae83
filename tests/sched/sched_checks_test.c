/* The checkers of this layer say no when they should: each promise broken alone, and put back. */
#include "expect_room.h"
#include "expect_state.h"
#include "noticed.h"
#include "schedule_state.h"

enum { NEAR = 3, FAR_AWAY = 5000000, FAR_SIZE = MJL_TASK_ARGS_INLINE + 1 };

/* ---- Schedules ---- */

/* Tasks at several levels of the wheel, two in one bucket, two early ones, one with far arguments,
   one that was persisted and is gone. */
static mjl_schedule *full_schedule(void)
{
    static const uint8_t far[FAR_SIZE] = {1};
    mjl_schedule *const schedule = schedule_at(1000);
    const uint64_t gone = after(schedule, NEAR, "g");
    mjl_time due;
    after(schedule, 600, "a");
    mjl_schedule_journal_clear(schedule);
    mjl_schedule_cancel(schedule, gone);
    after(schedule, 600, "b");
    after(schedule, FAR_AWAY, "c");
    assert_int_equal(mjl_schedule_after(schedule, 601, KIND_B, mjl_bytes_of(far, sizeof far), NULL),
                     MJL_OK);
    /* The wheel looked ahead: what comes before that is early. */
    assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
    after(schedule, 5, "d");
    after(schedule, 2, "e");
    return schedule;
}

static uint32_t slot_at(const mjl_schedule *schedule, size_t n)
{
    mjl_ids_walk walk = {0};
    uint32_t place = mjl_ids_next(&schedule->ids, &walk);
    while (n-- > 0)
        place = mjl_ids_next(&schedule->ids, &walk);
    return place & ~SLOT_FAR;
}

static void a_schedules_numbers_are_looked_at(void **state)
{
    (void)state;
    mjl_schedule *const of = full_schedule();
    assert_true(mjl_schedule_check(of));
    NOTICED(mjl_schedule_check(of), of->next_id, MJL_TASK_ID_NONE);
    NOTICED(mjl_schedule_check(of), of->next_id, 2);
    NOTICED(mjl_schedule_check(of), of->running.id, of->next_id);
    NOTICED(mjl_schedule_check(of), of->added_count, 0);
    NOTICED(mjl_schedule_check(of), of->journal_from, of->next_id + 1);
    NOTICED(mjl_schedule_check(of), of->removed_room, 1);
    NOTICED(mjl_schedule_check(of), of->tasks.far_size, 0);
    NOTICED(mjl_schedule_check(of), of->tasks.idle_count, of->tasks.idle_count + 1);
    NOTICED(mjl_schedule_check(of), of->tasks.used, 1);
    mjl_schedule_free(of);
}

static void a_task_is_looked_at(void **state)
{
    (void)state;
    mjl_schedule *const of = full_schedule();
    const uint32_t slot = slot_at(of, 0);
    const uint32_t far = slot_at(of, 3);
    mjl_stamp *const stamp = mjl_tasks_stamp(&of->tasks, slot);
    NOTICED(mjl_schedule_check(of), stamp->id, MJL_TASK_ID_NONE);
    NOTICED(mjl_schedule_check(of), stamp->id, of->next_id);
    NOTICED(mjl_schedule_check(of), stamp->id, mjl_tasks_stamp(&of->tasks, far)->id);
    NOTICED(mjl_schedule_check(of), of->running.id, stamp->id);
    NOTICED(mjl_schedule_check(of), of->now, 100000);
    NOTICED(mjl_schedule_check(of), mjl_tasks_cargo(&of->tasks, slot)->kind, 77);
    mjl_schedule_free(of);
}

static void the_table_of_ids_is_looked_at(void **state)
{
    (void)state;
    mjl_schedule *const of = full_schedule();
    NOTICED(mjl_schedule_check(of), of->ids.window_live, of->ids.window_live + 1);
    /* Ids that got old while others came and went. */
    for (int i = 0; i < 5000; i++)
        mjl_schedule_cancel(of, after(of, 1, "x"));
    assert_true(of->ids.elders_live > 1);
    NOTICED(mjl_schedule_check(of), of->ids.elders_live, of->ids.elders_live - 1);
    NOTICED(mjl_schedule_check(of), of->ids.elder_ids[0], of->ids.elder_ids[1]);
    NOTICED(mjl_schedule_check(of), of->ids.elder_ids[of->ids.elders_count - 1], of->ids.base);
    mjl_schedule_free(of);
}

static void the_wheel_is_looked_at(void **state)
{
    (void)state;
    mjl_schedule *const of = full_schedule();
    mjl_wheel *const wheel = &of->wheel;
    const uint32_t first = slot_at(of, 0), second = slot_at(of, 1);
    mjl_task_link *const one = mjl_tasks_link(&of->tasks, first);
    mjl_task_link *const two = mjl_tasks_link(&of->tasks, second);
    mjl_stamp *const stamp = mjl_tasks_stamp(&of->tasks, second);
    NOTICED(mjl_schedule_check(of), wheel->cursor, wheel->cursor + 1);
    NOTICED(mjl_schedule_check(of), wheel->cursor, wheel->cursor + WHEEL_BUCKETS * 64);
    NOTICED(mjl_schedule_check(of), wheel->occupied, 0);
    NOTICED(mjl_schedule_check(of), wheel->count, wheel->count + 1);
    NOTICED(mjl_schedule_check(of), wheel->count, 1);
    NOTICED(mjl_schedule_check(of), two->prev, SLOT_NONE);
    NOTICED(mjl_schedule_check(of), two->next, of->tasks.used);
    NOTICED(mjl_schedule_check(of), two->next, second);
    NOTICED(mjl_schedule_check(of), one->next, SLOT_NONE);
    NOTICED(mjl_schedule_check(of), stamp->key, stamp->key + ((uint64_t)1 << 40));
    mjl_schedule_free(of);
}

static void early_tasks_are_looked_at(void **state)
{
    (void)state;
    mjl_schedule *const of = full_schedule();
    mjl_wheel *const wheel = &of->wheel;
    assert_int_equal(wheel->early_count, 2);
    mjl_task_link *const link = mjl_tasks_link(&of->tasks, wheel->early[1]);
    mjl_stamp *const stamp = mjl_tasks_stamp(&of->tasks, wheel->early[1]);
    NOTICED(mjl_schedule_check(of), wheel->early[1], of->tasks.used);
    NOTICED(mjl_schedule_check(of), link->prev, 0);
    NOTICED(mjl_schedule_check(of), link->next, SLOT_NONE);
    NOTICED(mjl_schedule_check(of), stamp->key, wheel->cursor);
    NOTICED(mjl_schedule_check(of), stamp->key,
            mjl_tasks_stamp(&of->tasks, wheel->early[0])->key - 1);
    mjl_schedule_free(of);
}

/* ---- Monitors ---- */

static void a_monitors_numbers_are_looked_at(void **state)
{
    (void)state;
    mjl_schedule *const schedule = schedule_at(0);
    const mjl_intervals doubling = mjl_intervals_exponential(10, 100);
    mjl_monitor of;
    assert_int_equal(mjl_monitor_start(&of, schedule, &doubling, KIND_A, mjl_bytes_text("m")),
                     MJL_OK);
    assert_true(mjl_monitor_check(&of, schedule));
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.list_count, MJL_INTERVALS_LIST_MAX + 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.list_count, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.first, -1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.cap, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.jitter_permille, 1001);
    NOTICED(mjl_monitor_check(&of, schedule), of.args_size, MJL_MONITOR_ARGS_MAX + 1);
    mjl_schedule_free(schedule);
}

static void a_monitor_that_never_ran_is_zero(void **state)
{
    (void)state;
    mjl_schedule *const schedule = schedule_at(0);
    mjl_monitor of = {.kind = 0};
    assert_true(mjl_monitor_check(&of, schedule));
    NOTICED(mjl_monitor_check(&of, schedule), of.task, 7);
    NOTICED(mjl_monitor_check(&of, schedule), of.taken, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.missed, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.kind, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.args_size, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.shape, MJL_INTERVALS_LIST);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.lateness, MJL_LATE_EACH);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.lateness, (mjl_lateness)7);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.cap, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.count_max, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.jitter_permille, 1);
    NOTICED(mjl_monitor_check(&of, schedule), of.intervals.list_count, 1);
    mjl_schedule_free(schedule);
}

/* ---- Expectations ---- */

static void expect_one(room *here, const char *name, const mjl_intervals *intervals)
{
    const mjl_expect_request request = {.name = mjl_bytes_text(name),
                                        .waiter = 1,
                                        .deadline = intervals == NULL ? MJL_NO_DEADLINE : 100,
                                        .intervals = intervals};
    mjl_expect_state reached;
    uint64_t id;
    assert_int_equal(mjl_expect(here->set, here->schedule, &request, &reached, &id, NULL), MJL_OK);
}

static void expectations_are_looked_at(void **state)
{
    (void)state;
    const mjl_intervals often = mjl_intervals_constant(10);
    const mjl_bytes parts[] = {mjl_bytes_text("a"), mjl_bytes_text("b")};
    room here = open_room();
    expect_one(&here, "a", &often);
    expect_one(&here, "a", NULL);
    assert_int_equal(mjl_expectations_combine(here.set, here.schedule, MJL_EXPECT_ALL_OF,
                                              mjl_bytes_text("all"), parts, 2),
                     MJL_OK);
    mjl_expectations *const set = here.set;
    mjl_name *const name = &set->names[mjl_names_find(set, mjl_bytes_text("a"))];
    mjl_name *const all = &set->names[mjl_names_find(set, mjl_bytes_text("all"))];
    mjl_wait *const first = &set->waits[name->wait_first];
    mjl_wait *const second = &set->waits[first->next];
    mjl_wait *const edge = &set->waits[name->wait_last];
    assert_true(edge->is_edge && first->monitor != NULL);
#define SOUND mjl_expectations_check(set, here.schedule)
    assert_true(SOUND);
    NOTICED(SOUND, name->bytes[0], 'z');
    NOTICED(SOUND, name->wait_last, name->wait_first);
    NOTICED(SOUND, name->edge_first, name->wait_first);
    NOTICED(SOUND, name->state, MJL_EXPECT_SETTLED);
    NOTICED(SOUND, all->rule, 0);
    NOTICED(SOUND, all->state, MJL_EXPECT_SETTLED);
    NOTICED(SOUND, first->id, set->next_id);
    NOTICED(SOUND, first->id, second->id);
    NOTICED(SOUND, second->id, first->id);
    NOTICED(SOUND, second->prev, NONE);
    NOTICED(SOUND, second->name, NONE);
    NOTICED(SOUND, second->next, set->waits_used);
    NOTICED(SOUND, first->deadline, first->deadline + 1);
    NOTICED(SOUND, first->task, 9999);
    NOTICED(SOUND, first->monitor->kind, first->monitor->kind + 1);
    NOTICED(SOUND, first->monitor->args_size, 0);
    NOTICED(SOUND, set->by_id.count, set->by_id.count + 1);
    NOTICED(SOUND, set->by_name.count, set->by_name.count + 1);
#undef SOUND
    close_room(&here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedules_numbers_are_looked_at),
        cmocka_unit_test(a_task_is_looked_at),
        cmocka_unit_test(the_table_of_ids_is_looked_at),
        cmocka_unit_test(the_wheel_is_looked_at),
        cmocka_unit_test(early_tasks_are_looked_at),
        cmocka_unit_test(a_monitors_numbers_are_looked_at),
        cmocka_unit_test(a_monitor_that_never_ran_is_zero),
        cmocka_unit_test(expectations_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
