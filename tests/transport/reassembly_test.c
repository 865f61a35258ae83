#include "test.h"

#include "checksum.h"
#include "reassembly.h"

enum { PACKET_SIZE = 10 * MJL_FRAGMENT_PART_SIZE + 7, PARTS = 11 };

static const mjl_source alice = {{1}}, mallory = {{6}};
static uint8_t packet_bytes[PACKET_SIZE];
static mjl_reassembly reassembly;

static int set_up(void **state)
{
    uint64_t seed = 2;
    (void)state;
    test_fill(&seed, packet_bytes, sizeof packet_bytes);
    mjl_reassembly_init(&reassembly);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mjl_reassembly_clear(&reassembly);
    return 0;
}

static mjl_fragment part_of(mjl_bytes packet, uint16_t index, uint8_t out[MJL_DATAGRAM_SIZE_MAX])
{
    mjl_fragment fragment;
    const size_t size = mjl_fragment_write(1, packet, mjl_checksum(packet), index, out);
    assert_int_equal(mjl_fragment_read(mjl_bytes_of(out, size), &fragment), MJL_OK);
    return fragment;
}

static mjl_result add(int64_t now, const mjl_source *source, uint16_t index, mjl_bytes *whole)
{
    uint8_t datagram[MJL_DATAGRAM_SIZE_MAX];
    const mjl_fragment fragment =
        part_of(mjl_bytes_of(packet_bytes, sizeof packet_bytes), index, datagram);
    return mjl_reassembly_add(&reassembly, now, source, &fragment, whole);
}

/* A first part of a packet that never comes; a different packet for each number. */
static mjl_result add_beginning(int64_t now, const mjl_source *source, uint64_t number,
                                uint32_t size)
{
    static const uint8_t part[MJL_FRAGMENT_PART_SIZE];
    const mjl_fragment fragment = {
        .check = number, .packet_size = size, .part = mjl_bytes_of(part, MJL_FRAGMENT_PART_SIZE)};
    mjl_bytes whole;
    return mjl_reassembly_add(&reassembly, now, source, &fragment, &whole);
}

static void a_packet_is_whole_when_all_parts_are_there_in_any_order(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (int round = 0; round < 200; round++) {
        uint16_t order[PARTS];
        mjl_bytes whole;
        for (uint16_t i = 0; i < PARTS; i++)
            order[i] = i;
        for (size_t i = PARTS; i-- > 1;) {
            const size_t j = test_random(&seed) % (i + 1);
            const uint16_t other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        for (size_t i = 0; i + 1 < PARTS; i++)
            assert_int_equal(add(round, &alice, order[i], &whole), MJL_EMPTY);
        assert_int_equal(add(round, &alice, order[PARTS - 1], &whole), MJL_OK);
        assert_int_equal(whole.size, sizeof packet_bytes);
        assert_memory_equal(whole.data, packet_bytes, sizeof packet_bytes);
    }
    assert_int_equal(reassembly.items_count, 0);
    assert_int_equal(reassembly.bytes, 0);
}

static void a_part_that_comes_twice_counts_once(void **state)
{
    mjl_bytes whole;
    (void)state;
    for (uint16_t i = 0; i + 1 < PARTS; i++) {
        assert_int_equal(add(0, &alice, i, &whole), MJL_EMPTY);
        assert_int_equal(add(0, &alice, i, &whole), MJL_DUPLICATE);
    }
    assert_int_equal(add(0, &alice, PARTS - 1, &whole), MJL_OK);
}

static void a_repetition_of_the_packet_fills_the_holes_of_the_first(void **state)
{
    mjl_bytes whole;
    (void)state;
    for (uint16_t i = 0; i < PARTS; i += 2)
        assert_int_equal(add(0, &alice, i, &whole), MJL_EMPTY);
    for (uint16_t i = 1; i + 2 < PARTS; i += 2)
        assert_int_equal(add(40000, &alice, i, &whole), MJL_EMPTY);
    assert_int_equal(add(40000, &alice, PARTS - 2, &whole), MJL_OK);
}

static void parts_from_another_source_do_not_mix(void **state)
{
    mjl_bytes whole;
    (void)state;
    for (uint16_t i = 0; i + 1 < PARTS; i++)
        assert_int_equal(add(0, &alice, i, &whole), MJL_EMPTY);
    assert_int_equal(add(0, &mallory, PARTS - 1, &whole), MJL_EMPTY);
    assert_int_equal(add(0, &alice, PARTS - 1, &whole), MJL_OK);
}

static void a_forged_part_spoils_the_packet_and_not_the_next_try(void **state)
{
    uint8_t datagram[MJL_DATAGRAM_SIZE_MAX];
    mjl_bytes whole;
    (void)state;
    mjl_fragment forged = part_of(mjl_bytes_of(packet_bytes, sizeof packet_bytes), 4, datagram);
    datagram[MJL_FRAGMENT_HEADER_SIZE] ^= 1;
    assert_int_equal(mjl_reassembly_add(&reassembly, 0, &alice, &forged, &whole), MJL_EMPTY);
    for (uint16_t i = 0; i + 1 < PARTS; i++) {
        const mjl_result result = add(0, &alice, i, &whole);
        assert_int_equal(result, i == 4 ? MJL_DUPLICATE : MJL_EMPTY);
    }
    assert_int_equal(add(0, &alice, PARTS - 1, &whole), MJL_MALFORMED);
    assert_int_equal(reassembly.wrong_count, 1);
    for (uint16_t i = 0; i + 1 < PARTS; i++)
        assert_int_equal(add(1, &alice, i, &whole), MJL_EMPTY);
    assert_int_equal(add(1, &alice, PARTS - 1, &whole), MJL_OK);
}

static void a_beginning_is_dropped_when_nothing_new_came_for_long(void **state)
{
    mjl_bytes whole;
    (void)state;
    assert_int_equal(add(10, &alice, 0, &whole), MJL_EMPTY);
    assert_int_equal(add(50000, &alice, 1, &whole), MJL_EMPTY);
    mjl_reassembly_expire(&reassembly, 50000 + MJL_REASSEMBLY_MS_MAX - 1);
    assert_int_equal(reassembly.items_count, 1);
    mjl_reassembly_expire(&reassembly, 50000 + MJL_REASSEMBLY_MS_MAX);
    assert_int_equal(reassembly.items_count, 0);
    assert_int_equal(reassembly.dropped_count, 1);
}

static void a_flood_from_one_source_costs_only_its_own_beginnings(void **state)
{
    mjl_bytes whole;
    (void)state;
    for (uint16_t i = 0; i + 1 < PARTS; i++)
        assert_int_equal(add(0, &alice, i, &whole), MJL_EMPTY);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(add_beginning(1, &mallory, i, MJL_PACKET_SIZE_MAX), MJL_EMPTY);
        assert_true(reassembly.bytes <= MJL_REASSEMBLY_SOURCE_BYTES_MAX + sizeof packet_bytes);
    }
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(add_beginning(1, &mallory, 5000 + i, 2 * MJL_FRAGMENT_PART_SIZE),
                         MJL_EMPTY);
    assert_true(reassembly.items_count <= MJL_REASSEMBLY_ITEMS_MAX);
    assert_int_equal(add(2, &alice, PARTS - 1, &whole), MJL_OK);
}

static void many_sources_together_stay_within_the_bound(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        mjl_source source = {{0}};
        source.bytes[0] = (uint8_t)i;
        source.bytes[1] = (uint8_t)(i >> 8);
        assert_int_equal(add_beginning((int64_t)i, &source, i, MJL_PACKET_SIZE_MAX), MJL_EMPTY);
        assert_true(reassembly.bytes <= MJL_REASSEMBLY_BYTES_MAX);
        assert_true(reassembly.items_count <= MJL_REASSEMBLY_ITEMS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_packet_is_whole_when_all_parts_are_there_in_any_order),
        TEST(a_part_that_comes_twice_counts_once),
        TEST(a_repetition_of_the_packet_fills_the_holes_of_the_first),
        TEST(parts_from_another_source_do_not_mix),
        TEST(a_forged_part_spoils_the_packet_and_not_the_next_try),
        TEST(a_beginning_is_dropped_when_nothing_new_came_for_long),
        TEST(a_flood_from_one_source_costs_only_its_own_beginnings),
        TEST(many_sources_together_stay_within_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
