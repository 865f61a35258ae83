#include "test.h"

#include "checksum.h"
#include "frame.h"

/* "hello" as it lies in a file. These bytes do not change. */
static const uint8_t known[] = {'M',  'J',  'F',  '1',  0,    0,   0,   5,   0xa4, 0x30, 0xd8,
                                0x46, 0x80, 0xaa, 0xbd, 0x0b, 'h', 'e', 'l', 'l',  'o'};

static void a_known_packet_has_its_known_frame(void **state)
{
    uint8_t header[MJL_FRAME_HEADER_SIZE];
    (void)state;
    assert_int_equal(mjl_frame_write_header(mjl_bytes_text("hello"), header), MJL_OK);
    assert_memory_equal(header, known, sizeof header);
    mjl_bytes packet;
    assert_int_equal(mjl_frame_read(mjl_bytes_of(known, sizeof known), &packet), MJL_OK);
    assert_true(mjl_bytes_equal(packet, mjl_bytes_text("hello")));
}

static void the_checksum_is_fnv_1a_of_64_bits(void **state)
{
    (void)state;
    assert_true(mjl_checksum(mjl_bytes_of(NULL, 0)) == UINT64_C(0xcbf29ce484222325));
    assert_true(mjl_checksum(mjl_bytes_text("foobar")) == UINT64_C(0x85944171f73967e8));
}

static void every_truncation_of_a_frame_is_told_as_truncated(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof known; size++) {
        mjl_bytes packet;
        assert_int_equal(mjl_frame_read(mjl_bytes_of(known, size), &packet), MJL_TRUNCATED);
    }
}

static void every_changed_byte_of_a_frame_is_refused(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof known; at++) {
        for (unsigned change = 1; change < 256; change++) {
            uint8_t changed[sizeof known];
            mjl_bytes packet;
            memcpy(changed, known, sizeof known);
            changed[at] = (uint8_t)(changed[at] ^ change);
            assert_int_not_equal(mjl_frame_read(mjl_bytes_of(changed, sizeof changed), &packet),
                                 MJL_OK);
        }
    }
}

static void bytes_after_a_frame_are_refused(void **state)
{
    uint8_t longer[sizeof known + 1] = {0};
    mjl_bytes packet;
    (void)state;
    memcpy(longer, known, sizeof known);
    assert_int_equal(mjl_frame_read(mjl_bytes_of(longer, sizeof longer), &packet), MJL_TRAILING);
}

static void an_empty_or_too_large_packet_has_no_frame(void **state)
{
    uint8_t header[MJL_FRAME_HEADER_SIZE];
    (void)state;
    assert_int_equal(mjl_frame_write_header(mjl_bytes_of(NULL, 0), header), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_frame_write_header(mjl_bytes_of(known, MJL_PACKET_SIZE_MAX + 1), header),
                     MJL_TOO_LARGE);
    memcpy(header, known, sizeof header);
    memset(header + 4, 0xff, 4);
    mjl_bytes packet;
    assert_int_equal(mjl_frame_read(mjl_bytes_of(header, sizeof header), &packet), MJL_TOO_LARGE);
    memset(header + 4, 0, 4);
    assert_int_equal(mjl_frame_read(mjl_bytes_of(header, sizeof header), &packet), MJL_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_packet_has_its_known_frame),
        cmocka_unit_test(the_checksum_is_fnv_1a_of_64_bits),
        cmocka_unit_test(every_truncation_of_a_frame_is_told_as_truncated),
        cmocka_unit_test(every_changed_byte_of_a_frame_is_refused),
        cmocka_unit_test(bytes_after_a_frame_are_refused),
        cmocka_unit_test(an_empty_or_too_large_packet_has_no_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
