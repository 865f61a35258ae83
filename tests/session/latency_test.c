/* BC_LAT as measured: it follows what is seen, within bounds that the group's value gives. */
#include "latency.h"
#include "test.h"

enum { BC_LAT = 5000 };

static void without_a_sample_it_is_the_groups(void **state)
{
    (void)state;
    const mjl_latency latency = {0};
    assert_int_equal(mjl_latency_bound(&latency, BC_LAT), BC_LAT);
}

static void it_settles_on_what_is_steady(void **state)
{
    (void)state;
    mjl_latency latency = {0};
    for (int i = 0; i < 100; i++)
        mjl_latency_note(&latency, 2000);
    const mjl_time bound = mjl_latency_bound(&latency, BC_LAT);
    assert_in_range(bound, 2000, 2010);
}

static void what_varies_has_a_wider_bound_than_its_mean(void **state)
{
    (void)state;
    mjl_latency latency = {0};
    for (int i = 0; i < 100; i++)
        mjl_latency_note(&latency, i % 2 == 0 ? 500 : 1500);
    const mjl_time bound = mjl_latency_bound(&latency, BC_LAT);
    assert_in_range(bound, 2500, 3500); /* About the mean and four times 500. */
}

static void it_stays_within_a_quarter_and_four_times(void **state)
{
    (void)state;
    mjl_latency fast = {0};
    mjl_latency slow = {0};
    for (int i = 0; i < 100; i++) {
        mjl_latency_note(&fast, 0);
        mjl_latency_note(&slow, INT64_MAX);
    }
    assert_int_equal(mjl_latency_bound(&fast, BC_LAT), BC_LAT / MJL_LATENCY_PARTS_MIN + 1);
    assert_int_equal(mjl_latency_bound(&slow, BC_LAT), BC_LAT * MJL_LATENCY_TIMES_MAX);
}

static void a_clock_that_went_back_is_no_sample(void **state)
{
    (void)state;
    mjl_latency latency = {0};
    mjl_latency_note(&latency, -1);
    assert_false(latency.has_sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_sample_it_is_the_groups),
        cmocka_unit_test(it_settles_on_what_is_steady),
        cmocka_unit_test(what_varies_has_a_wider_bound_than_its_mean),
        cmocka_unit_test(it_stays_within_a_quarter_and_four_times),
        cmocka_unit_test(a_clock_that_went_back_is_no_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
