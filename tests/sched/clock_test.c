#include "sched_test.h"

#include "majlis/clock.h"

enum { DAY_MS = 86400 * 1000 };
static const int64_t WALL = 1800000000000;

static mjl_clock_reading reading(int64_t running_ms, int64_t wall_ms)
{
    const mjl_clock_reading made = {running_ms, wall_ms};
    return made;
}

static void the_first_start_takes_the_wall_clock(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    const mjl_time now =
        mjl_clock_start(&clock, MJL_CLOCK_NO_SAVED_NOW, reading(500, WALL), &report);
    assert_int_equal(now, WALL);
    assert_int_equal(report.suspicion, MJL_CLOCK_STEADY);
    assert_int_equal(report.by_ms, 0);
}

static void a_wall_clock_that_was_never_set_is_reported(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    mjl_clock_start(&clock, MJL_CLOCK_NO_SAVED_NOW, reading(500, 1000), &report);
    assert_int_equal(report.suspicion, MJL_CLOCK_IMPLAUSIBLE);
}

static void across_a_restart_the_wall_difference_has_passed(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    assert_int_equal(mjl_clock_start(&clock, WALL, reading(7, WALL + DAY_MS), &report),
                     WALL + DAY_MS);
    assert_int_equal(report.suspicion, MJL_CLOCK_STEADY);
}

static void time_never_goes_back_across_a_restart(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    assert_int_equal(mjl_clock_start(&clock, WALL, reading(7, WALL - DAY_MS), &report), WALL);
    assert_int_equal(report.suspicion, MJL_CLOCK_WENT_BACK);
    assert_int_equal(report.by_ms, DAY_MS);
    assert_int_equal(mjl_clock_advance(&clock, reading(17, WALL - DAY_MS + 10), &report),
                     WALL + 10);
    assert_int_equal(report.suspicion, MJL_CLOCK_STEADY);
}

static void a_long_absence_is_reported(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    const int64_t away = MJL_CLOCK_AWAY_MS_MAX + 1;
    assert_int_equal(mjl_clock_start(&clock, WALL, reading(7, WALL + away), &report), WALL + away);
    assert_int_equal(report.suspicion, MJL_CLOCK_JUMPED);
    assert_int_equal(report.by_ms, away);
}

static void setting_the_wall_clock_moves_nothing_and_is_reported_once(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    mjl_clock_start(&clock, MJL_CLOCK_NO_SAVED_NOW, reading(100, WALL), NULL);
    assert_int_equal(mjl_clock_advance(&clock, reading(110, WALL + 10), &report), WALL + 10);
    assert_int_equal(report.suspicion, MJL_CLOCK_STEADY);
    assert_int_equal(mjl_clock_advance(&clock, reading(120, WALL - DAY_MS), &report), WALL + 20);
    assert_int_equal(report.suspicion, MJL_CLOCK_WENT_BACK);
    assert_int_equal(mjl_clock_advance(&clock, reading(130, WALL - DAY_MS + 10), &report),
                     WALL + 30);
    assert_int_equal(report.suspicion, MJL_CLOCK_STEADY);
    assert_int_equal(mjl_clock_advance(&clock, reading(140, WALL + DAY_MS), &report), WALL + 40);
    assert_int_equal(report.suspicion, MJL_CLOCK_JUMPED);
}

static void small_corrections_are_not_reported(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_report report;
    mjl_clock_start(&clock, MJL_CLOCK_NO_SAVED_NOW, reading(100, WALL), NULL);
    mjl_clock_advance(&clock, reading(110, WALL + 10 + MJL_CLOCK_SLACK_MS), &report);
    assert_int_equal(report.suspicion, MJL_CLOCK_STEADY);
}

static void time_never_goes_back_while_running(void **state)
{
    (void)state;
    mjl_clock clock;
    mjl_clock_start(&clock, MJL_CLOCK_NO_SAVED_NOW, reading(100, WALL), NULL);
    assert_int_equal(mjl_clock_advance(&clock, reading(200, WALL), NULL), WALL + 100);
    assert_int_equal(mjl_clock_advance(&clock, reading(150, WALL), NULL), WALL + 100);
}

static void absurd_saved_times_overflow_nothing(void **state)
{
    (void)state;
    static const int64_t absurd[] = {INT64_MIN + 1, -1, 0, INT64_MAX};
    mjl_clock clock;
    mjl_clock_report report;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            const mjl_time now =
                mjl_clock_start(&clock, absurd[i], reading(absurd[k], absurd[3 - k]), &report);
            assert_true(now >= absurd[i]);
            assert_true(report.by_ms >= 0);
            assert_true(mjl_clock_advance(&clock, reading(5, -7), &report) >= now);
            assert_true(report.by_ms >= 0);
        }
    }
}

static void the_machines_clock_can_be_read(void **state)
{
    (void)state;
    mjl_clock_reading first;
    mjl_clock_reading second;
    assert_true(mjl_clock_read(&first));
    assert_true(mjl_clock_read(&second));
    assert_true(second.running_ms >= first.running_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_start_takes_the_wall_clock),
        cmocka_unit_test(a_wall_clock_that_was_never_set_is_reported),
        cmocka_unit_test(across_a_restart_the_wall_difference_has_passed),
        cmocka_unit_test(time_never_goes_back_across_a_restart),
        cmocka_unit_test(a_long_absence_is_reported),
        cmocka_unit_test(setting_the_wall_clock_moves_nothing_and_is_reported_once),
        cmocka_unit_test(small_corrections_are_not_reported),
        cmocka_unit_test(time_never_goes_back_while_running),
        cmocka_unit_test(absurd_saved_times_overflow_nothing),
        cmocka_unit_test(the_machines_clock_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
