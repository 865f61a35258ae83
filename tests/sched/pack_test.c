/* Canonical bytes: what is written is shortest, what is read is nothing else. */
#include "sched_test.h"

#include "pack.h"

#define BYTES(...)                                                                                 \
    mjl_bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static mjl_buffer packed_uint(uint64_t value)
{
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_uint(&pack, value);
    assert_int_equal(pack.result, MJL_OK);
    return out;
}

static void assert_uint(uint64_t value, mjl_bytes expected)
{
    mjl_buffer out = packed_uint(value);
    assert_bytes_equal(mjl_buffer_bytes(&out), expected);
    mjl_unpack unpack = mjl_unpack_from(mjl_buffer_bytes(&out));
    assert_int_equal(mjl_unpack_uint(&unpack), value);
    assert_int_equal(mjl_unpack_end(&unpack), MJL_OK);
    mjl_buffer_clear(&out);
}

static void whole_numbers_have_their_shortest_form(void **state)
{
    (void)state;
    assert_uint(0, BYTES(0));
    assert_uint(127, BYTES(0x7f));
    assert_uint(128, BYTES(0xcc, 0x80));
    assert_uint(255, BYTES(0xcc, 0xff));
    assert_uint(256, BYTES(0xcd, 0x01, 0x00));
    assert_uint(65535, BYTES(0xcd, 0xff, 0xff));
    assert_uint(65536, BYTES(0xce, 0, 1, 0, 0));
    assert_uint(UINT32_MAX, BYTES(0xce, 0xff, 0xff, 0xff, 0xff));
    assert_uint((uint64_t)UINT32_MAX + 1, BYTES(0xcf, 0, 0, 0, 1, 0, 0, 0, 0));
    assert_uint(UINT64_MAX, BYTES(0xcf, 255, 255, 255, 255, 255, 255, 255, 255));
}

static void assert_int(int64_t value, mjl_bytes expected)
{
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_int(&pack, value);
    assert_bytes_equal(mjl_buffer_bytes(&out), expected);
    mjl_unpack unpack = mjl_unpack_from(mjl_buffer_bytes(&out));
    assert_int_equal(mjl_unpack_int(&unpack), value);
    assert_int_equal(mjl_unpack_end(&unpack), MJL_OK);
    mjl_buffer_clear(&out);
}

static void signed_numbers_have_their_shortest_form(void **state)
{
    (void)state;
    assert_int(0, BYTES(0));
    assert_int(200, BYTES(0xcc, 200));
    assert_int(-1, BYTES(0xff));
    assert_int(-32, BYTES(0xe0));
    assert_int(-33, BYTES(0xd0, 0xdf));
    assert_int(INT8_MIN, BYTES(0xd0, 0x80));
    assert_int(INT8_MIN - 1, BYTES(0xd1, 0xff, 0x7f));
    assert_int(INT16_MIN, BYTES(0xd1, 0x80, 0));
    assert_int(INT16_MIN - 1, BYTES(0xd2, 0xff, 0xff, 0x7f, 0xff));
    assert_int(INT32_MIN, BYTES(0xd2, 0x80, 0, 0, 0));
    assert_int((int64_t)INT32_MIN - 1, BYTES(0xd3, 255, 255, 255, 255, 0x7f, 255, 255, 255));
    assert_int(INT64_MIN, BYTES(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0));
    assert_int(INT64_MAX, BYTES(0xcf, 0x7f, 255, 255, 255, 255, 255, 255, 255));
}

static mjl_result result_of_any(mjl_bytes bytes)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_any(&unpack);
    return mjl_unpack_end(&unpack);
}

static void longer_forms_are_refused(void **state)
{
    (void)state;
    const mjl_bytes longer[] = {
        BYTES(0xcc, 0x7f),
        BYTES(0xcd, 0, 0xff),
        BYTES(0xce, 0, 0, 0xff, 0xff),
        BYTES(0xcf, 0, 0, 0, 0, 255, 255, 255, 255),
        BYTES(0xd0, 0xe0),
        BYTES(0xd0, 5),
        BYTES(0xd1, 0xff, 0x80),
        BYTES(0xd2, 255, 255, 0x80, 0),
        BYTES(0xd3, 255, 255, 255, 255, 0x80, 0, 0, 0),
        BYTES(0xd3, 0x7f, 255, 255, 255, 255, 255, 255, 255),
        BYTES(0xc5, 0, 1, 'a'),
        BYTES(0xc6, 0, 0, 0, 1, 'a'),
        BYTES(0xd9, 1, 'a'),
        BYTES(0xda, 0, 1, 'a'),
        BYTES(0xdb, 0, 0, 0, 1, 'a'),
        BYTES(0xdc, 0, 1, 0),
        BYTES(0xdd, 0, 0, 0, 1, 0),
    };
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++)
        assert_int_equal(result_of_any(longer[i]), MJL_NOT_CANONICAL);
}

static void foreign_kinds_are_refused(void **state)
{
    (void)state;
    const mjl_bytes foreign[] = {
        BYTES(0x80),                   /* map */
        BYTES(0xc1),                   /* never used */
        BYTES(0xc7, 0, 1),             /* ext */
        BYTES(0xca, 0, 0, 0, 0),       /* float */
        BYTES(0xcb, 0, 0, 0, 0, 0, 0), /* double */
        BYTES(0xd4, 1, 1),             /* fixext */
        BYTES(0xde, 0, 0),             /* map16 */
        BYTES(0xdf, 0, 0, 0, 0),       /* map32 */
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        assert_int_equal(result_of_any(foreign[i]), MJL_MALFORMED);
}

static void a_wrong_type_is_refused(void **state)
{
    (void)state;
    const mjl_bytes text = BYTES(0xa1, 'a');
    mjl_unpack unpack = mjl_unpack_from(text);
    assert_int_equal(mjl_unpack_uint(&unpack), 0);
    assert_int_equal(unpack.result, MJL_MALFORMED);
    unpack = mjl_unpack_from(text);
    assert_int_equal(mjl_unpack_bin(&unpack).size, 0);
    assert_int_equal(unpack.result, MJL_MALFORMED);
    unpack = mjl_unpack_from(BYTES(0xff));
    assert_int_equal(mjl_unpack_uint(&unpack), 0);
    assert_int_equal(unpack.result, MJL_MALFORMED);
}

static void a_count_is_never_more_than_the_bytes_left(void **state)
{
    (void)state;
    mjl_unpack unpack = mjl_unpack_from(BYTES(0xdd, 0, 0xff, 0xff, 0xff));
    assert_int_equal(mjl_unpack_array(&unpack), 0);
    assert_int_equal(unpack.result, MJL_TRUNCATED);
    unpack = mjl_unpack_from(BYTES(0xc6, 0xff, 0xff, 0xff, 0xff));
    assert_int_equal(mjl_unpack_bin(&unpack).size, 0);
    assert_int_equal(unpack.result, MJL_TRUNCATED);
}

static void the_first_error_sticks(void **state)
{
    (void)state;
    mjl_unpack unpack = mjl_unpack_from(BYTES(0xcc, 1, 5));
    assert_int_equal(mjl_unpack_uint(&unpack), 0);
    assert_int_equal(mjl_unpack_uint(&unpack), 0);
    assert_false(mjl_unpack_is_nil(&unpack));
    mjl_unpack_fail(&unpack, MJL_TRAILING);
    assert_int_equal(mjl_unpack_end(&unpack), MJL_NOT_CANONICAL);
}

static void what_follows_the_end_is_refused(void **state)
{
    (void)state;
    mjl_unpack unpack = mjl_unpack_from(BYTES(1, 2));
    assert_int_equal(mjl_unpack_uint(&unpack), 1);
    assert_int_equal(mjl_unpack_end(&unpack), MJL_TRAILING);
}

static void text_is_valid_utf8(void **state)
{
    (void)state;
    assert_true(mjl_text_is_valid(mjl_bytes_text("")));
    assert_true(mjl_text_is_valid(mjl_bytes_text("\u0645\u062c\u0644\u0633 \u00e9 \U0001f642")));
    const mjl_bytes bad[] = {
        BYTES(0x80),                   /* a tail alone */
        BYTES(0xc0, 0x80),             /* overlong */
        BYTES(0xe0, 0x80, 0x80),       /* overlong */
        BYTES(0xf0, 0x80, 0x80, 0x80), /* overlong */
        BYTES(0xed, 0xa0, 0x80),       /* surrogate */
        BYTES(0xf4, 0x90, 0x80, 0x80), /* above U+10FFFF */
        BYTES(0xc3),                   /* cut off */
        BYTES(0xff),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(mjl_text_is_valid(bad[i]));
        mjl_buffer out = {0};
        mjl_pack pack = mjl_pack_to(&out);
        mjl_pack_text(&pack, bad[i]);
        assert_int_equal(pack.result, MJL_NOT_CANONICAL);
        mjl_buffer_clear(&out);
    }
    mjl_unpack unpack = mjl_unpack_from(BYTES(0xa1, 0x80));
    assert_int_equal(mjl_unpack_text(&unpack).size, 0);
    assert_int_equal(unpack.result, MJL_NOT_CANONICAL);
}

static void depth_has_a_bound(void **state)
{
    (void)state;
    uint8_t deep[MJL_PACK_DEPTH_MAX + 2];
    memset(deep, 0x91, sizeof deep);
    deep[MJL_PACK_DEPTH_MAX] = 7;
    assert_int_equal(result_of_any(mjl_bytes_of(deep, MJL_PACK_DEPTH_MAX + 1)), MJL_OK);
    deep[MJL_PACK_DEPTH_MAX] = 0x91;
    deep[MJL_PACK_DEPTH_MAX + 1] = 7;
    assert_int_equal(result_of_any(mjl_bytes_of(deep, sizeof deep)), MJL_TOO_LARGE);
}

static void a_mixed_value_comes_back_and_any_spans_it(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_array(&pack, 5);
    mjl_pack_nil(&pack);
    mjl_pack_bool(&pack, true);
    mjl_pack_text(&pack, mjl_bytes_text("majlis"));
    mjl_pack_bin(&pack, BYTES(1, 2, 3));
    mjl_pack_array(&pack, 0);
    mjl_pack_raw(&pack, BYTES(0x05));
    assert_int_equal(pack.result, MJL_OK);

    mjl_unpack unpack = mjl_unpack_from(mjl_buffer_bytes(&out));
    assert_int_equal(mjl_unpack_any(&unpack).size, out.size - 1);
    assert_int_equal(mjl_unpack_uint(&unpack), 5);
    assert_int_equal(mjl_unpack_end(&unpack), MJL_OK);

    unpack = mjl_unpack_from(mjl_buffer_bytes(&out));
    uint8_t three[3];
    mjl_unpack_array_of(&unpack, 5);
    assert_true(mjl_unpack_is_nil(&unpack));
    mjl_unpack_nil(&unpack);
    assert_true(mjl_unpack_bool(&unpack));
    assert_bytes_equal(mjl_unpack_text(&unpack), mjl_bytes_text("majlis"));
    mjl_unpack_fixed(&unpack, three, sizeof three);
    assert_int_equal(three[2], 3);
    assert_int_equal(mjl_unpack_array(&unpack), 0);
    assert_int_equal(mjl_unpack_uint_to(&unpack, 4), 0);
    assert_int_equal(mjl_unpack_end(&unpack), MJL_TOO_LARGE);
    mjl_buffer_clear(&out);
}

static void long_values_come_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 15, 16, 31, 32, 255, 256, 65535, 65536};
    uint8_t *bytes = (uint8_t *)calloc(1, 65536);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        mjl_buffer out = {0};
        mjl_pack pack = mjl_pack_to(&out);
        mjl_pack_bin(&pack, mjl_bytes_of(bytes, sizes[i]));
        mjl_pack_text(&pack, mjl_bytes_of(bytes, sizes[i]));
        mjl_pack_array(&pack, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            mjl_pack_uint(&pack, 0);
        mjl_unpack unpack = mjl_unpack_from(mjl_buffer_bytes(&out));
        assert_int_equal(mjl_unpack_bin(&unpack).size, sizes[i]);
        assert_int_equal(mjl_unpack_text(&unpack).size, sizes[i]);
        mjl_unpack_any(&unpack);
        assert_int_equal(mjl_unpack_end(&unpack), MJL_OK);
        mjl_buffer_clear(&out);
    }
    free(bytes);
}

/* Whatever bytes are taken, writing the same value gives them again. */
static void accepted_numbers_are_what_would_have_been_written(void **state)
{
    (void)state;
    uint64_t seed = seed_of_test();
    for (size_t i = 0; i < 200000; i++) {
        uint8_t bytes[9];
        const uint64_t random = chance(&seed);
        memcpy(bytes + 1, &random, 8);
        bytes[0] = (uint8_t)chance(&seed);
        mjl_unpack unpack = mjl_unpack_from(mjl_bytes_of(bytes, sizeof bytes));
        const int64_t value = mjl_unpack_int(&unpack);
        if (unpack.result != MJL_OK) continue;
        mjl_buffer out = {0};
        mjl_pack pack = mjl_pack_to(&out);
        mjl_pack_int(&pack, value);
        assert_bytes_equal(mjl_buffer_bytes(&out), mjl_bytes_of(bytes, unpack.at));
        mjl_buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_have_their_shortest_form),
        cmocka_unit_test(signed_numbers_have_their_shortest_form),
        cmocka_unit_test(longer_forms_are_refused),
        cmocka_unit_test(foreign_kinds_are_refused),
        cmocka_unit_test(a_wrong_type_is_refused),
        cmocka_unit_test(a_count_is_never_more_than_the_bytes_left),
        cmocka_unit_test(the_first_error_sticks),
        cmocka_unit_test(what_follows_the_end_is_refused),
        cmocka_unit_test(text_is_valid_utf8),
        cmocka_unit_test(depth_has_a_bound),
        cmocka_unit_test(a_mixed_value_comes_back_and_any_spans_it),
        cmocka_unit_test(long_values_come_back),
        cmocka_unit_test(accepted_numbers_are_what_would_have_been_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
