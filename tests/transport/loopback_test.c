#include "test.h"

#include "majlis/loopback.h"

static mjl_network *new_network(uint64_t seed, uint32_t nodes, const mjl_network_link *link)
{
    mjl_network *network;
    assert_int_equal(mjl_network_new(seed, nodes, &network), MJL_OK);
    if (link != NULL) mjl_network_set_all_links(network, link);
    return network;
}

static void send_text(mjl_network *network, mjl_time now, uint32_t from, const char *text)
{
    assert_int_equal(mjl_network_send(network, now, from, mjl_bytes_text(text)), MJL_OK);
}

static size_t take_all(mjl_network *network, mjl_time now)
{
    mjl_network_arrival arrival;
    size_t count = 0;
    while (mjl_network_take(network, now, &arrival) == MJL_OK)
        count++;
    return count;
}

static void a_perfect_network_delivers_to_all_others_once_and_in_order(void **state)
{
    mjl_network *network = new_network(1, 4, NULL);
    mjl_network_arrival arrival;
    (void)state;
    send_text(network, 5, 2, "a");
    send_text(network, 5, 2, "b");
    static const uint32_t order[] = {0, 1, 3, 0, 1, 3};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(mjl_network_take(network, 5, &arrival), MJL_OK);
        assert_int_equal(arrival.to, order[i]);
        assert_int_equal(arrival.from, 2);
        assert_int_equal(arrival.at, 5);
        assert_false(arrival.is_damaged);
        assert_true(mjl_bytes_equal(arrival.packet, mjl_bytes_text(i < 3 ? "a" : "b")));
    }
    assert_int_equal(mjl_network_take(network, 5, &arrival), MJL_EMPTY);
    mjl_network_free(network);
}

/* Everything that a network does in a run of sends, folded into one number. */
static uint64_t run_of(uint64_t seed)
{
    const mjl_network_link link = {.loss = 200,
                                   .duplicate = 200,
                                   .reorder = 100,
                                   .corrupt = 100,
                                   .truncate = 50,
                                   .splice = 50,
                                   .replay = 50,
                                   .delay_ms_min = 1,
                                   .delay_ms_max = 500};
    mjl_network *network = new_network(seed, 5, &link);
    uint64_t hash = 0, random = 99;
    for (mjl_time now = 0; now < 20000; now += 7) {
        uint8_t packet[100];
        mjl_network_arrival arrival;
        test_fill(&random, packet, sizeof packet);
        assert_int_equal(mjl_network_send(network, now, (uint32_t)(now % 5),
                                          mjl_bytes_of(packet, sizeof packet)),
                         MJL_OK);
        while (mjl_network_take(network, now, &arrival) == MJL_OK) {
            hash = (hash ^ (uint64_t)arrival.at ^ ((uint64_t)arrival.to << 40)) *
                   UINT64_C(0x100000001b3);
            for (size_t i = 0; i < arrival.packet.size; i++)
                hash = (hash ^ arrival.packet.data[i]) * UINT64_C(0x100000001b3);
        }
    }
    mjl_network_free(network);
    return hash;
}

static void the_same_seed_gives_the_same_deliveries_and_another_seed_others(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        assert_true(run_of(seed) == run_of(seed));
        assert_true(run_of(seed) != run_of(seed + 1));
    }
}

static void the_chances_of_a_link_are_kept(void **state)
{
    const mjl_network_link link = {.loss = 200, .duplicate = 100, .corrupt = 300};
    mjl_network *network = new_network(7, 2, &link);
    mjl_network_counters counters;
    (void)state;
    for (int i = 0; i < 10000; i++)
        send_text(network, 0, 0, "packet");
    mjl_network_get_counters(network, &counters);
    assert_int_equal(counters.sent, 10000);
    assert_in_range(counters.lost, 1800, 2200);
    assert_in_range(counters.duplicated, 850, 1150);
    assert_in_range(counters.damaged, 2400, 3000);
    assert_int_equal(counters.copies, 10000 - counters.lost + counters.duplicated);
    assert_int_equal(take_all(network, 0), counters.copies);
    mjl_network_free(network);
}

static void nothing_arrives_before_its_delay_and_next_due_says_when(void **state)
{
    const mjl_network_link link = {.delay_ms_min = 100, .delay_ms_max = 200};
    mjl_network *network = new_network(3, 2, &link);
    mjl_network_arrival arrival;
    mjl_time due, last = 0;
    (void)state;
    assert_int_equal(mjl_network_next_due(network, &due), MJL_EMPTY);
    for (int i = 0; i < 100; i++)
        send_text(network, 1000, 0, "x");
    while (mjl_network_next_due(network, &due) == MJL_OK) {
        assert_in_range(due, 1100, 1200);
        assert_true(due >= last);
        last = due;
        assert_int_equal(mjl_network_take(network, due - 1, &arrival), MJL_EMPTY);
        assert_int_equal(mjl_network_take(network, due, &arrival), MJL_OK);
        assert_int_equal(arrival.at, due);
    }
    mjl_network_free(network);
}

static void nothing_passes_between_partitions_until_they_heal(void **state)
{
    static const uint32_t sides[] = {1, 1, 2, 3}; /* The fourth node is on both sides. */
    mjl_network *network = new_network(1, 4, NULL);
    (void)state;
    mjl_network_partition(network, sides);
    send_text(network, 0, 0, "from one side");
    assert_int_equal(take_all(network, 0), 2);
    send_text(network, 0, 2, "from the other");
    assert_int_equal(take_all(network, 0), 1);
    send_text(network, 0, 3, "from both");
    assert_int_equal(take_all(network, 0), 3);
    mjl_network_partition(network, NULL);
    send_text(network, 0, 0, "healed");
    assert_int_equal(take_all(network, 0), 3);
    mjl_network_free(network);
}

static void one_direction_can_be_cut_and_an_echo_opened(void **state)
{
    mjl_network *network = new_network(1, 2, NULL);
    const mjl_network_link cut = {.is_cut = true}, open = {0};
    mjl_network_arrival arrival;
    (void)state;
    mjl_network_set_link(network, 0, 1, &cut);
    send_text(network, 0, 0, "x");
    assert_int_equal(take_all(network, 0), 0);
    send_text(network, 0, 1, "x");
    assert_int_equal(take_all(network, 0), 1);
    mjl_network_set_link(network, 0, 0, &open);
    send_text(network, 0, 0, "x");
    assert_int_equal(mjl_network_take(network, 0, &arrival), MJL_OK);
    assert_int_equal(arrival.to, 0);
    mjl_network_free(network);
}

static void a_clogged_network_bursts(void **state)
{
    const mjl_network_link link = {.delay_ms_max = 10};
    mjl_network *network = new_network(1, 2, &link);
    (void)state;
    for (int i = 0; i < 50; i++)
        send_text(network, i, 0, "x");
    mjl_network_clog(network, 1000);
    for (int i = 50; i < 100; i++)
        send_text(network, i, 0, "x");
    assert_int_equal(take_all(network, 999), 0);
    assert_int_equal(take_all(network, 1000), 100);
    mjl_network_free(network);
}

static void dropping_what_flies_loses_it(void **state)
{
    mjl_network *network = new_network(1, 3, NULL);
    mjl_network_counters counters;
    (void)state;
    send_text(network, 0, 0, "x");
    mjl_network_drop_flying(network);
    assert_int_equal(take_all(network, 0), 0);
    mjl_network_get_counters(network, &counters);
    assert_int_equal(counters.lost, 2);
    assert_int_equal(counters.flying, 0);
    mjl_network_free(network);
}

static void damage_to_one_copy_spares_the_others(void **state)
{
    mjl_network *network = new_network(1, 3, NULL);
    const mjl_network_link bad = {.corrupt = 1000};
    mjl_network_arrival arrival;
    (void)state;
    mjl_network_set_link(network, 0, 1, &bad);
    send_text(network, 0, 0, "packet");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mjl_network_take(network, 0, &arrival), MJL_OK);
        assert_int_equal(arrival.is_damaged, arrival.to == 1);
        assert_int_equal(mjl_bytes_equal(arrival.packet, mjl_bytes_text("packet")),
                         arrival.to == 2);
    }
    mjl_network_free(network);
}

static void too_many_nodes_are_refused(void **state)
{
    mjl_network *network;
    (void)state;
    assert_int_equal(mjl_network_new(1, 0, &network), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_network_new(1, MJL_NETWORK_NODES_MAX + 1, &network), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_network_new(1, MJL_NETWORK_NODES_MAX, &network), MJL_OK);
    assert_int_equal(mjl_network_send(network, 0, MJL_NETWORK_NODES_MAX, mjl_bytes_text("x")),
                     MJL_BAD_ARGUMENT);
    mjl_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_network_delivers_to_all_others_once_and_in_order),
        cmocka_unit_test(the_same_seed_gives_the_same_deliveries_and_another_seed_others),
        cmocka_unit_test(the_chances_of_a_link_are_kept),
        cmocka_unit_test(nothing_arrives_before_its_delay_and_next_due_says_when),
        cmocka_unit_test(nothing_passes_between_partitions_until_they_heal),
        cmocka_unit_test(one_direction_can_be_cut_and_an_echo_opened),
        cmocka_unit_test(a_clogged_network_bursts),
        cmocka_unit_test(dropping_what_flies_loses_it),
        cmocka_unit_test(damage_to_one_copy_spares_the_others),
        cmocka_unit_test(too_many_nodes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
