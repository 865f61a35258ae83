#include "test.h"

#include "checksum.h"
#include "fragment.h"

/* "hello" from the sender 0102030405060708, as it travels. These bytes do not change. */
static const uint8_t known[] = {'M', 'J',  'G',  '1',  1,    2,    3,    4,    5,    6, 7,
                                8,   0xa4, 0x30, 0xd8, 0x46, 0x80, 0xaa, 0xbd, 0x0b, 0, 0,
                                0,   5,    0,    0,    'h',  'e',  'l',  'l',  'o'};

static void a_known_packet_has_its_known_fragment(void **state)
{
    uint8_t datagram[MJL_DATAGRAM_SIZE_MAX];
    const mjl_bytes hello = mjl_bytes_text("hello");
    (void)state;
    const size_t size =
        mjl_fragment_write(UINT64_C(0x0102030405060708), hello, mjl_checksum(hello), 0, datagram);
    assert_int_equal(size, sizeof known);
    assert_memory_equal(datagram, known, sizeof known);

    mjl_fragment fragment;
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(known, sizeof known), &fragment), MJL_OK);
    assert_true(fragment.sender == UINT64_C(0x0102030405060708));
    assert_true(fragment.check == mjl_checksum(hello));
    assert_int_equal(fragment.packet_size, 5);
    assert_int_equal(fragment.index, 0);
    assert_true(mjl_bytes_equal(fragment.part, hello));
}

static void a_packet_has_as_few_parts_as_fit(void **state)
{
    (void)state;
    assert_int_equal(mjl_fragment_count(1), 1);
    assert_int_equal(mjl_fragment_count(MJL_FRAGMENT_PART_SIZE), 1);
    assert_int_equal(mjl_fragment_count(MJL_FRAGMENT_PART_SIZE + 1), 2);
    assert_int_equal(mjl_fragment_count(MJL_PACKET_SIZE_MAX), MJL_FRAGMENTS_MAX);
}

static void the_parts_of_the_largest_packet_are_the_packet(void **state)
{
    static uint8_t packet[MJL_PACKET_SIZE_MAX], again[MJL_PACKET_SIZE_MAX];
    uint64_t seed = 1;
    size_t at = 0;
    (void)state;
    test_fill(&seed, packet, sizeof packet);
    const mjl_bytes bytes = mjl_bytes_of(packet, sizeof packet);
    for (size_t i = 0; i < mjl_fragment_count(bytes.size); i++) {
        uint8_t datagram[MJL_DATAGRAM_SIZE_MAX];
        mjl_fragment fragment;
        const size_t size = mjl_fragment_write(7, bytes, 9, (uint16_t)i, datagram);
        assert_true(size <= MJL_DATAGRAM_SIZE_MAX);
        assert_int_equal(mjl_fragment_read(mjl_bytes_of(datagram, size), &fragment), MJL_OK);
        assert_int_equal(fragment.index, i);
        memcpy(again + at, fragment.part.data, fragment.part.size);
        at += fragment.part.size;
    }
    assert_int_equal(at, sizeof packet);
    assert_memory_equal(packet, again, sizeof packet);
}

static void every_truncation_of_a_fragment_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof known; size++) {
        mjl_fragment fragment;
        assert_int_equal(mjl_fragment_read(mjl_bytes_of(known, size), &fragment), MJL_TRUNCATED);
    }
}

static void a_part_that_does_not_fit_its_place_is_refused(void **state)
{
    uint8_t datagram[sizeof known + 1] = {0};
    mjl_fragment fragment;
    (void)state;
    memcpy(datagram, known, sizeof known);
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(datagram, sizeof datagram), &fragment),
                     MJL_TRAILING);
    datagram[25] = 1; /* A second part of five bytes. */
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(datagram, sizeof known), &fragment),
                     MJL_MALFORMED);
    datagram[25] = 0;
    datagram[23] = 0; /* Of nothing. */
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(datagram, sizeof known), &fragment),
                     MJL_MALFORMED);
    datagram[20] = 0xff; /* Of too much. */
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(datagram, sizeof known), &fragment),
                     MJL_TOO_LARGE);
    datagram[0] = 'X';
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(datagram, sizeof known), &fragment),
                     MJL_UNKNOWN_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_packet_has_its_known_fragment),
        cmocka_unit_test(a_packet_has_as_few_parts_as_fit),
        cmocka_unit_test(the_parts_of_the_largest_packet_are_the_packet),
        cmocka_unit_test(every_truncation_of_a_fragment_is_refused),
        cmocka_unit_test(a_part_that_does_not_fit_its_place_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
