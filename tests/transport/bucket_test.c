#include "test.h"

#include "bucket.h"

static void a_full_bucket_gives_one_burst_and_then_its_pace(void **state)
{
    mjl_bucket bucket;
    (void)state;
    mjl_bucket_init(&bucket, 1000, 500, 0);
    assert_true(mjl_bucket_take(&bucket, 0, 500));
    assert_false(mjl_bucket_take(&bucket, 0, 1));
    assert_int_equal(mjl_bucket_wait_ms(&bucket, 0, 100), 100);
    assert_false(mjl_bucket_take(&bucket, 99, 100));
    assert_true(mjl_bucket_take(&bucket, 100, 100));
}

static void over_a_long_time_exactly_the_pace_passes(void **state)
{
    mjl_bucket bucket;
    size_t taken = 0;
    (void)state;
    mjl_bucket_init(&bucket, 333, 10, 0);
    for (int64_t now = 1; now <= 100000; now++)
        while (mjl_bucket_take(&bucket, now, 1))
            taken++;
    assert_in_range(taken, 33300, 33310);
}

static void a_bucket_holds_no_more_than_its_burst_however_long_it_waits(void **state)
{
    mjl_bucket bucket;
    (void)state;
    mjl_bucket_init(&bucket, UINT64_C(1) << 40, 500, 0);
    assert_true(mjl_bucket_take(&bucket, 0, 500));
    assert_true(mjl_bucket_take(&bucket, INT64_MAX, 500));
    assert_false(mjl_bucket_take(&bucket, INT64_MAX, 1));
}

static void time_that_goes_back_gives_nothing(void **state)
{
    mjl_bucket bucket;
    (void)state;
    mjl_bucket_init(&bucket, 1000, 500, 1000);
    assert_true(mjl_bucket_take(&bucket, 1000, 500));
    assert_false(mjl_bucket_take(&bucket, 0, 1));
    assert_false(mjl_bucket_take(&bucket, 1000, 1));
    assert_true(mjl_bucket_take(&bucket, 1001, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_gives_one_burst_and_then_its_pace),
        cmocka_unit_test(over_a_long_time_exactly_the_pace_passes),
        cmocka_unit_test(a_bucket_holds_no_more_than_its_burst_however_long_it_waits),
        cmocka_unit_test(time_that_goes_back_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
