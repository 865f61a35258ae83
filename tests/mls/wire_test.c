#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "mls_limits.h"
#include "vectors.h"

static mjl_mls_reader reader_of(const char *bytes, size_t size)
{
    return mjl_mls_reader_of(mjl_bytes_of(bytes, size));
}

static void integers_are_in_network_order(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&out);
    mjl_mls_write_u8(&writer, 0x01);
    mjl_mls_write_u16(&writer, 0x0203);
    mjl_mls_write_u32(&writer, 0x04050607);
    mjl_mls_write_u64(&writer, 0x08090a0b0c0d0e0f);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    assert_int_equal(out.size, 15);
    for (size_t i = 0; i < out.size; i++)
        assert_int_equal(out.data[i], i + 1);
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&out));
    assert_int_equal(mjl_mls_read_u8(&reader), 0x01);
    assert_int_equal(mjl_mls_read_u16(&reader), 0x0203);
    assert_int_equal(mjl_mls_read_u32(&reader), 0x04050607);
    assert_true(mjl_mls_read_u64(&reader) == 0x08090a0b0c0d0e0f);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
    mjl_buffer_clear(&out);
}

static void a_length_that_is_not_minimal_is_not_canonical(void **state)
{
    (void)state;
    mjl_mls_reader two = reader_of("\x40\x3f", 2), four = reader_of("\x80\x00\x3f\xff", 4);
    mjl_mls_read_length(&two);
    mjl_mls_read_length(&four);
    assert_int_equal(two.result, MJL_NOT_CANONICAL);
    assert_int_equal(four.result, MJL_NOT_CANONICAL);
}

static void the_length_prefix_11_is_malformed(void **state)
{
    (void)state;
    mjl_mls_reader reader = reader_of("\xc0\0\0\0\0\0\0\0", 8);
    mjl_mls_read_length(&reader);
    assert_int_equal(reader.result, MJL_LENGTH_PREFIX);
}

static void reading_past_the_end_is_truncated(void **state)
{
    (void)state;
    mjl_mls_reader integer = reader_of("\0", 1), vector = reader_of("\x02\x01", 2);
    mjl_mls_reader header = reader_of("\x80\0\x40", 3), nothing = reader_of(NULL, 0);
    assert_int_equal(mjl_mls_read_u16(&integer), 0);
    assert_int_equal(mjl_mls_reader_end(&integer), MJL_TRUNCATED);
    assert_int_equal(mjl_mls_read_vector(&vector, 10).size, 0);
    assert_int_equal(mjl_mls_reader_end(&vector), MJL_TRUNCATED);
    mjl_mls_read_length(&header);
    assert_int_equal(mjl_mls_reader_end(&header), MJL_TRUNCATED);
    mjl_mls_read_length(&nothing);
    assert_int_equal(mjl_mls_reader_end(&nothing), MJL_TRUNCATED);
}

static void bytes_that_are_left_are_trailing(void **state)
{
    (void)state;
    mjl_mls_reader reader = reader_of("\x01\x02", 2);
    mjl_mls_read_u8(&reader);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_TRAILING);
}

static void a_vector_over_its_bound_is_too_large(void **state)
{
    (void)state;
    mjl_mls_reader reader = reader_of("\x03"
                                      "abc",
                                      4);
    mjl_mls_read_vector(&reader, 2);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_TOO_LARGE);
}

static void a_presence_octet_is_0_or_1(void **state)
{
    (void)state;
    mjl_mls_reader reader = reader_of("\0\1\2", 3);
    assert_false(mjl_mls_read_optional(&reader));
    assert_true(mjl_mls_read_optional(&reader));
    assert_false(mjl_mls_read_optional(&reader));
    assert_int_equal(reader.result, MJL_PRESENCE_OCTET);
}

static void the_first_refusal_sticks(void **state)
{
    (void)state;
    mjl_mls_reader reader = reader_of("\x02\x01", 2);
    mjl_mls_read_optional(&reader);
    mjl_mls_read_u64(&reader);
    assert_int_equal(mjl_mls_read_u8(&reader), 0);
    assert_false(mjl_mls_reader_more(&reader));
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_PRESENCE_OCTET);
}

static void a_list_carries_its_refusal_to_the_outer_reader(void **state)
{
    (void)state;
    mjl_mls_reader reader = reader_of("\x03\x00\x01\x02\xff", 5);
    mjl_mls_reader list = mjl_mls_read_list(&reader, 10);
    mjl_mls_read_u16(&list);
    mjl_mls_read_u16(&list);
    mjl_mls_read_list_end(&reader, &list);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_TRUNCATED);
}

static void nested_vectors_get_the_header_their_contents_need(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 63, 64, 16383, 16384};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mjl_buffer out = {0};
        mjl_mls_writer writer = mjl_mls_writer_to(&out);
        const size_t outer = mjl_mls_write_vector_begin(&writer);
        const size_t inner = mjl_mls_write_vector_begin(&writer);
        mjl_mls_write_room(&writer, sizes[i]);
        mjl_mls_write_vector_end(&writer, inner);
        mjl_mls_write_u8(&writer, 7);
        mjl_mls_write_vector_end(&writer, outer);
        assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);

        mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&out));
        mjl_mls_reader list = mjl_mls_read_list(&reader, 1 << 20);
        assert_int_equal(mjl_mls_read_vector(&list, 1 << 20).size, sizes[i]);
        assert_int_equal(mjl_mls_read_u8(&list), 7);
        mjl_mls_read_list_end(&reader, &list);
        assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
        mjl_buffer_clear(&out);
    }
}

static void a_writer_out_of_memory_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    assert_int_equal(mjl_buffer_append(&out, mjl_bytes_text("before")), MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&out);
    mjl_mls_write_u64(&writer, 1);
    allocation_fail_after(0);
    mjl_mls_write_room(&writer, 1000);
    assert_true(allocation_failed());
    mjl_mls_write_u8(&writer, 1);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OUT_OF_MEMORY);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&out), mjl_bytes_text("before")));
    mjl_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_in_network_order),
        cmocka_unit_test(a_length_that_is_not_minimal_is_not_canonical),
        cmocka_unit_test(the_length_prefix_11_is_malformed),
        cmocka_unit_test(reading_past_the_end_is_truncated),
        cmocka_unit_test(bytes_that_are_left_are_trailing),
        cmocka_unit_test(a_vector_over_its_bound_is_too_large),
        cmocka_unit_test(a_presence_octet_is_0_or_1),
        cmocka_unit_test(the_first_refusal_sticks),
        cmocka_unit_test(a_list_carries_its_refusal_to_the_outer_reader),
        cmocka_unit_test(nested_vectors_get_the_header_their_contents_need),
        cmocka_unit_test(a_writer_out_of_memory_leaves_the_buffer_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
