/* Monitors: do it again at these intervals until it is met. */
#include "sched_test.h"

#include "majlis/monitor.h"

enum { FIRINGS_MAX = 64 };

typedef struct watch {
    mjl_schedule *schedule;
    mjl_monitor monitor;
    mjl_time fired[FIRINGS_MAX];
    size_t count;
    size_t stop_at; /* The action says that it is met at this firing. */
} watch;

static mjl_bytes args(void)
{
    return mjl_bytes_text("m");
}

static void start(watch *seen, mjl_intervals intervals)
{
    memset(seen, 0, sizeof *seen);
    seen->schedule = schedule_at(0);
    assert_int_equal(mjl_monitor_start(&seen->monitor, seen->schedule, &intervals, KIND_A, args()),
                     MJL_OK);
}

static void end(watch *seen)
{
    assert_true(mjl_monitor_check(&seen->monitor, seen->schedule));
    assert_true(mjl_schedule_check(seen->schedule));
    mjl_schedule_free(seen->schedule);
}

static void run_to(watch *seen, mjl_time until)
{
    mjl_task task;
    while (mjl_schedule_take(seen->schedule, until, &task) == MJL_OK) {
        assert_int_equal(mjl_monitor_fired(&seen->monitor, seen->schedule, &task), MJL_OK);
        assert_true(seen->count < FIRINGS_MAX);
        seen->fired[seen->count++] = task.due;
        if (seen->count == seen->stop_at) mjl_monitor_stop(&seen->monitor, seen->schedule);
        mjl_schedule_done(seen->schedule);
        assert_true(mjl_monitor_check(&seen->monitor, seen->schedule));
    }
}

/* One tick after the other, so that nothing is late. */
static void tick_to(watch *seen, mjl_time until)
{
    while (mjl_schedule_now(seen->schedule) < until)
        run_to(seen, mjl_schedule_now(seen->schedule) + 1);
}

static void assert_fired(const watch *seen, const mjl_time *expected, size_t count)
{
    assert_int_equal(seen->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(seen->fired[i], expected[i]);
}
#define ASSERT_FIRED(seen, ...)                                                                    \
    assert_fired(seen, (const mjl_time[]){__VA_ARGS__},                                            \
                 sizeof((const mjl_time[]){__VA_ARGS__}) / sizeof(mjl_time))

static void a_constant_monitor_fires_until_it_is_met(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_constant(1));
    seen.stop_at = 3;
    tick_to(&seen, 20);
    ASSERT_FIRED(&seen, 1, 2, 3);
    assert_int_equal(seen.monitor.state, MJL_MONITOR_STOPPED);
    end(&seen);
}

static void an_exponential_monitor_doubles_up_to_its_cap(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_exponential(1, 6));
    tick_to(&seen, 30);
    ASSERT_FIRED(&seen, 1, 3, 7, 13, 19, 25);
    end(&seen);
}

static void exponential_intervals_never_overflow(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_exponential(3, MJL_INTERVAL_MAX));
    for (size_t i = 0; i < 60; i++) {
        mjl_time due = 0;
        assert_int_equal(mjl_schedule_next_due(seen.schedule, &due), MJL_OK);
        run_to(&seen, due);
    }
    assert_int_equal(seen.fired[59] - seen.fired[58], MJL_INTERVAL_MAX);
    end(&seen);
}

static void a_list_fires_once_for_each_interval_and_stops(void **state)
{
    (void)state;
    static const int64_t ones[] = {1, 1, 1, 1};
    watch seen;
    start(&seen, mjl_intervals_list(ones, 4));
    tick_to(&seen, 20);
    ASSERT_FIRED(&seen, 1, 2, 3, 4);
    assert_int_equal(seen.monitor.state, MJL_MONITOR_STOPPED);
    assert_int_equal(mjl_schedule_count(seen.schedule), 0);
    end(&seen);
}

static void an_empty_list_stops_at_once_and_never_fires(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_list(NULL, 0));
    assert_int_equal(seen.monitor.state, MJL_MONITOR_STOPPED);
    assert_int_equal(mjl_schedule_count(seen.schedule), 0);
    end(&seen);
}

static void a_count_limits_constant_and_exponential_monitors(void **state)
{
    (void)state;
    watch seen;
    mjl_intervals intervals = mjl_intervals_exponential(1, 100);
    intervals.count_max = 3;
    start(&seen, intervals);
    tick_to(&seen, 100);
    ASSERT_FIRED(&seen, 1, 3, 7);
    assert_int_equal(seen.monitor.state, MJL_MONITOR_STOPPED);
    end(&seen);
}

static void pausing_and_resuming_work_only_in_their_states(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_constant(5));
    assert_int_equal(mjl_monitor_resume(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    assert_int_equal(mjl_monitor_pause(&seen.monitor, seen.schedule), MJL_OK);
    assert_int_equal(mjl_monitor_pause(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    assert_int_equal(mjl_monitor_poke(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    assert_int_equal(mjl_monitor_resume(&seen.monitor, seen.schedule), MJL_OK);
    assert_int_equal(mjl_monitor_resume(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    assert_true(mjl_monitor_stop(&seen.monitor, seen.schedule));
    assert_false(mjl_monitor_stop(&seen.monitor, seen.schedule));
    assert_int_equal(mjl_monitor_pause(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    assert_int_equal(mjl_monitor_resume(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    assert_int_equal(mjl_monitor_poke(&seen.monitor, seen.schedule), MJL_WRONG_STATE);
    end(&seen);
}

static void a_paused_monitor_does_not_fire_and_resuming_takes_the_next_interval(void **state)
{
    (void)state;
    static const int64_t list[] = {2, 10, 3};
    watch seen;
    start(&seen, mjl_intervals_list(list, 3));
    tick_to(&seen, 5); /* Fired at 2, waiting for 12. */
    assert_int_equal(mjl_monitor_pause(&seen.monitor, seen.schedule), MJL_OK);
    tick_to(&seen, 50);
    ASSERT_FIRED(&seen, 2);
    assert_int_equal(mjl_monitor_resume(&seen.monitor, seen.schedule), MJL_OK);
    tick_to(&seen, 80);
    ASSERT_FIRED(&seen, 2, 53);
    end(&seen);
}

static void resuming_without_a_next_interval_stops(void **state)
{
    (void)state;
    static const int64_t list[] = {2};
    watch seen;
    start(&seen, mjl_intervals_list(list, 1));
    assert_int_equal(mjl_monitor_pause(&seen.monitor, seen.schedule), MJL_OK);
    assert_int_equal(mjl_monitor_resume(&seen.monitor, seen.schedule), MJL_OK);
    assert_int_equal(seen.monitor.state, MJL_MONITOR_STOPPED);
    end(&seen);
}

static void reset_starts_again_from_any_state(void **state)
{
    (void)state;
    static const int64_t ones[] = {1, 1, 1};
    watch seen;
    start(&seen, mjl_intervals_list(ones, 3));
    tick_to(&seen, 10); /* Used up. */
    assert_int_equal(mjl_monitor_reset(&seen.monitor, seen.schedule, NULL), MJL_OK);
    tick_to(&seen, 20);
    ASSERT_FIRED(&seen, 1, 2, 3, 11, 12, 13);
    const mjl_intervals slower = mjl_intervals_constant(7);
    assert_int_equal(mjl_monitor_reset(&seen.monitor, seen.schedule, &slower), MJL_OK);
    assert_int_equal(mjl_monitor_pause(&seen.monitor, seen.schedule), MJL_OK);
    assert_int_equal(mjl_monitor_reset(&seen.monitor, seen.schedule, NULL), MJL_OK);
    tick_to(&seen, 28);
    assert_int_equal(seen.fired[6], 27);
    assert_int_equal(mjl_schedule_count(seen.schedule), 1);
    end(&seen);
}

static void reset_from_inside_the_firing_schedules_once(void **state)
{
    (void)state;
    watch seen;
    mjl_task task;
    start(&seen, mjl_intervals_constant(4));
    assert_int_equal(mjl_schedule_take(seen.schedule, 100, &task), MJL_OK);
    assert_int_equal(mjl_monitor_fired(&seen.monitor, seen.schedule, &task), MJL_OK);
    assert_int_equal(mjl_monitor_reset(&seen.monitor, seen.schedule, NULL), MJL_OK);
    mjl_schedule_done(seen.schedule);
    assert_int_equal(mjl_schedule_count(seen.schedule), 1);
    end(&seen);
}

static void reset_before_the_firing_is_told_makes_it_somebody_elses(void **state)
{
    (void)state;
    watch seen;
    mjl_task task;
    start(&seen, mjl_intervals_constant(4));
    assert_int_equal(mjl_schedule_take(seen.schedule, 100, &task), MJL_OK);
    assert_int_equal(mjl_monitor_reset(&seen.monitor, seen.schedule, NULL), MJL_OK);
    assert_int_equal(mjl_monitor_fired(&seen.monitor, seen.schedule, &task), MJL_NOT_FOUND);
    mjl_schedule_done(seen.schedule);
    assert_int_equal(mjl_schedule_count(seen.schedule), 1);
    end(&seen);
}

static void a_stopped_monitor_ignores_a_firing(void **state)
{
    (void)state;
    watch seen;
    mjl_task task;
    start(&seen, mjl_intervals_constant(4));
    assert_int_equal(mjl_schedule_take(seen.schedule, 100, &task), MJL_OK);
    mjl_monitor_stop(&seen.monitor, seen.schedule);
    assert_int_equal(mjl_monitor_fired(&seen.monitor, seen.schedule, &task), MJL_NOT_FOUND);
    mjl_schedule_done(seen.schedule);
    assert_int_equal(mjl_schedule_count(seen.schedule), 0);
    end(&seen);
}

static void poke_fires_now_and_then_goes_on(void **state)
{
    (void)state;
    static const int64_t list[] = {10, 20, 5};
    watch seen;
    start(&seen, mjl_intervals_list(list, 3));
    tick_to(&seen, 3);
    assert_int_equal(mjl_monitor_poke(&seen.monitor, seen.schedule), MJL_OK);
    assert_int_equal(seen.count, 0); /* Not synchronous. */
    tick_to(&seen, 60);
    ASSERT_FIRED(&seen, 3, 23, 28);
    end(&seen);
}

static void a_monitor_that_was_late_fires_once_for_all_it_missed(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_constant(10));
    run_to(&seen, 1005); /* A long sleep. */
    ASSERT_FIRED(&seen, 10);
    assert_in_range(seen.monitor.missed, 99, 100);
    tick_to(&seen, 1030);
    ASSERT_FIRED(&seen, 10, 1015, 1025);
    end(&seen);
}

static void a_monitor_may_fire_for_each_time_it_missed(void **state)
{
    (void)state;
    watch seen;
    mjl_intervals intervals = mjl_intervals_constant(10);
    intervals.lateness = MJL_LATE_EACH;
    start(&seen, intervals);
    run_to(&seen, 45);
    ASSERT_FIRED(&seen, 10, 20, 30, 40);
    end(&seen);
}

static void a_firing_that_is_only_a_little_late_keeps_its_beat(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_constant(10));
    run_to(&seen, 15);
    run_to(&seen, 25);
    ASSERT_FIRED(&seen, 10, 20);
    end(&seen);
}

static void jitter_lengthens_within_its_part_and_is_the_same_after_loading(void **state)
{
    (void)state;
    watch seen;
    mjl_intervals intervals = mjl_intervals_constant(1000);
    intervals.jitter_permille = 500;
    start(&seen, intervals);
    mjl_buffer saved = saved_of(seen.schedule);
    mjl_buffer saved_monitor = {0};
    assert_int_equal(mjl_monitor_save(&seen.monitor, &saved_monitor), MJL_OK);
    watch again = {0};
    assert_int_equal(mjl_schedule_load(test_kinds, mjl_buffer_bytes(&saved), &again.schedule),
                     MJL_OK);
    assert_int_equal(
        mjl_monitor_load(&again.monitor, again.schedule, mjl_buffer_bytes(&saved_monitor)), MJL_OK);
    bool differs = false;
    for (mjl_time now = 100; now < 40000; now += 100) {
        run_to(&seen, now);
        run_to(&again, now);
    }
    assert_fired(&again, seen.fired, seen.count);
    for (size_t i = 1; i < seen.count; i++) {
        const mjl_time gap = seen.fired[i] - seen.fired[i - 1];
        assert_in_range(gap, 1000, 1500);
        differs = differs || gap != seen.fired[1] - seen.fired[0];
    }
    assert_true(differs);
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&saved_monitor);
    end(&again);
    end(&seen);
}

static void bad_intervals_are_refused(void **state)
{
    (void)state;
    static const int64_t zero[] = {3, 0};
    mjl_schedule *schedule = schedule_at(0);
    mjl_intervals bad[8];
    bad[0] = mjl_intervals_constant(0);
    bad[1] = mjl_intervals_constant(-5);
    bad[2] = mjl_intervals_exponential(5, 4);
    bad[3] = mjl_intervals_exponential(1, MJL_INTERVAL_MAX + 1);
    bad[4] = mjl_intervals_list(zero, 2);
    bad[5] = mjl_intervals_constant(5);
    bad[5].jitter_permille = 1001;
    bad[6] = mjl_intervals_constant(5);
    bad[6].shape = (mjl_intervals_shape)9;
    bad[7] = mjl_intervals_list(zero, 1);
    bad[7].count_max = 1;
    for (size_t i = 0; i < 8; i++) {
        mjl_monitor monitor = {.taken = 77};
        assert_int_equal(mjl_monitor_start(&monitor, schedule, &bad[i], KIND_A, args()),
                         MJL_BAD_ARGUMENT);
        assert_int_equal(monitor.taken, 77); /* Untouched. */
    }
    mjl_monitor monitor;
    const mjl_intervals good = mjl_intervals_constant(5);
    assert_int_equal(mjl_monitor_start(&monitor, schedule, &good, 77, args()), MJL_UNKNOWN_KIND);
    assert_int_equal(mjl_schedule_count(schedule), 0);
    mjl_schedule_free(schedule);
}

static void a_monitor_that_was_never_started_is_stopped_and_saves(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_monitor monitor = {0};
    mjl_buffer saved = {0};
    assert_true(mjl_monitor_check(&monitor, schedule));
    assert_int_equal(mjl_monitor_save(&monitor, &saved), MJL_OK);
    assert_int_equal(mjl_monitor_load(&monitor, schedule, mjl_buffer_bytes(&saved)), MJL_OK);
    assert_false(mjl_monitor_stop(&monitor, schedule));
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

static void a_saved_monitor_must_name_its_own_task(void **state)
{
    (void)state;
    watch seen;
    start(&seen, mjl_intervals_constant(5));
    mjl_monitor copy = seen.monitor;
    mjl_buffer saved = {0};
    copy.task = after(seen.schedule, 5, "another");
    assert_int_equal(mjl_monitor_save(&copy, &saved), MJL_OK);
    assert_int_equal(mjl_monitor_load(&copy, seen.schedule, mjl_buffer_bytes(&saved)),
                     MJL_SAVED_DANGLING);
    mjl_buffer_clear(&saved);
    copy.task = 999;
    assert_int_equal(mjl_monitor_save(&copy, &saved), MJL_OK);
    assert_int_equal(mjl_monitor_load(&copy, seen.schedule, mjl_buffer_bytes(&saved)),
                     MJL_SAVED_DANGLING);
    mjl_buffer_clear(&saved);
    end(&seen);
}

static void every_change_of_a_saved_monitor_is_refused_or_sound(void **state)
{
    (void)state;
    static const int64_t list[] = {100, 20000, 3};
    watch seen;
    start(&seen, mjl_intervals_list(list, 3));
    mjl_buffer saved = {0};
    assert_int_equal(mjl_monitor_save(&seen.monitor, &saved), MJL_OK);
    for (size_t i = 0; i < saved.size; i++) {
        mjl_monitor loaded;
        assert_int_equal(mjl_monitor_load(&loaded, seen.schedule, mjl_bytes_of(saved.data, i)),
                         MJL_TRUNCATED);
        const uint8_t good = saved.data[i];
        for (unsigned change = 1; change < 256; change++) {
            saved.data[i] = (uint8_t)(good ^ change);
            if (mjl_monitor_load(&loaded, seen.schedule, mjl_buffer_bytes(&saved)) != MJL_OK)
                continue;
            assert_true(mjl_monitor_check(&loaded, seen.schedule));
            mjl_buffer again = {0};
            assert_int_equal(mjl_monitor_save(&loaded, &again), MJL_OK);
            assert_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again));
            mjl_buffer_clear(&again);
        }
        saved.data[i] = good;
    }
    mjl_buffer_clear(&saved);
    end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_monitor_fires_until_it_is_met),
        cmocka_unit_test(an_exponential_monitor_doubles_up_to_its_cap),
        cmocka_unit_test(exponential_intervals_never_overflow),
        cmocka_unit_test(a_list_fires_once_for_each_interval_and_stops),
        cmocka_unit_test(an_empty_list_stops_at_once_and_never_fires),
        cmocka_unit_test(a_count_limits_constant_and_exponential_monitors),
        cmocka_unit_test(pausing_and_resuming_work_only_in_their_states),
        cmocka_unit_test(a_paused_monitor_does_not_fire_and_resuming_takes_the_next_interval),
        cmocka_unit_test(resuming_without_a_next_interval_stops),
        cmocka_unit_test(reset_starts_again_from_any_state),
        cmocka_unit_test(reset_from_inside_the_firing_schedules_once),
        cmocka_unit_test(reset_before_the_firing_is_told_makes_it_somebody_elses),
        cmocka_unit_test(a_stopped_monitor_ignores_a_firing),
        cmocka_unit_test(poke_fires_now_and_then_goes_on),
        cmocka_unit_test(a_monitor_that_was_late_fires_once_for_all_it_missed),
        cmocka_unit_test(a_monitor_may_fire_for_each_time_it_missed),
        cmocka_unit_test(a_firing_that_is_only_a_little_late_keeps_its_beat),
        cmocka_unit_test(jitter_lengthens_within_its_part_and_is_the_same_after_loading),
        cmocka_unit_test(bad_intervals_are_refused),
        cmocka_unit_test(a_monitor_that_was_never_started_is_stopped_and_saves),
        cmocka_unit_test(a_saved_monitor_must_name_its_own_task),
        cmocka_unit_test(every_change_of_a_saved_monitor_is_refused_or_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
