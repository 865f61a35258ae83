#include "drawing.h"

#include "test.h"

/* A source that gives the same bytes again and again. */
static mjl_result repeat(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 0x5a, size);
    return MJL_OK;
}

static mjl_result refuse(void *context, uint8_t *out, size_t size)
{
    (void)context;
    (void)out;
    (void)size;
    return MJL_NO_RANDOM;
}

enum { SIZE = 32 };
static const mjl_random repeating = {.fill = repeat};

static void the_same_bytes_for_two_purposes_come_out_otherwise(void **state)
{
    (void)state;
    uint8_t salt[SIZE], key[SIZE], again[SIZE], raw[SIZE];
    repeat(NULL, raw, sizeof raw);
    assert_int_equal(mjl_draw(repeating, "salt", salt, sizeof salt), MJL_OK);
    assert_int_equal(mjl_draw(repeating, "key", key, sizeof key), MJL_OK);
    assert_int_equal(mjl_draw(repeating, "key", again, sizeof again), MJL_OK);
    assert_memory_not_equal(salt, key, SIZE);
    assert_memory_not_equal(salt, raw, SIZE);
    assert_memory_equal(key, again, SIZE);
}

static void the_draws_of_one_call_are_told_apart(void **state)
{
    (void)state;
    uint8_t first[SIZE], second[SIZE];
    mjl_drawing drawing;
    mjl_random random = mjl_draw_for(&drawing, repeating, "key package");
    assert_int_equal(random.fill(random.context, first, sizeof first), MJL_OK);
    assert_int_equal(random.fill(random.context, second, sizeof second), MJL_OK);
    assert_memory_not_equal(first, second, SIZE);
    /* Those of one kind are not: a profile that was opened again draws as one that was not. */
    random = mjl_draw_alike(&drawing, repeating, "store");
    assert_int_equal(random.fill(random.context, first, sizeof first), MJL_OK);
    assert_int_equal(random.fill(random.context, second, sizeof second), MJL_OK);
    assert_memory_equal(first, second, SIZE);
}

/* Each byte that was drawn counts, in draws of every size. */
static void every_byte_of_the_source_counts(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 8, 16, 24, 33, 66, 200};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t all[201], part[201];
        assert_int_equal(mjl_draw(repeating, "key", all, sizes[i]), MJL_OK);
        assert_int_equal(mjl_draw(repeating, "key", part, sizes[i] + 1), MJL_OK);
        assert_memory_not_equal(all, part, sizes[i]);
    }
}

static void what_the_source_refuses_is_refused(void **state)
{
    (void)state;
    uint8_t out[SIZE];
    const mjl_random random = {.fill = refuse};
    assert_int_equal(mjl_draw(random, "key", out, sizeof out), MJL_NO_RANDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_for_two_purposes_come_out_otherwise),
        cmocka_unit_test(the_draws_of_one_call_are_told_apart),
        cmocka_unit_test(every_byte_of_the_source_counts),
        cmocka_unit_test(what_the_source_refuses_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
