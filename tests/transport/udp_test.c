/* Multicast on the loopback interface. What the kernel refuses is skipped, and said. */
#define _GNU_SOURCE
#include "test_sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fragment.h"
#include "udp_address.h"

static struct ev_loop *loop;
static test_sink *alice_sink, *bob_sink;
static char v4_address[64], v6_address[64];
static unsigned port;
static const char *interface_name = "lo";

static int set_up(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    alice_sink = test_sink_new(1);
    bob_sink = test_sink_new(2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_sink_free(alice_sink);
    test_sink_free(bob_sink);
    ev_loop_destroy(loop);
    return 0;
}

/* NULL: this machine cannot, and the text says why. */
static mjl_transport *try_open(test_sink *sink, const char *address, uint64_t bytes_per_second)
{
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport *transport;
    mjl_transport_config config = test_config(sink, loop);
    config.bytes_per_second = bytes_per_second;
    sink->state = MJL_TRANSPORT_CONNECTING;
    const mjl_result result = mjl_transport_open(&config, address, &transport, text);
    if (result != MJL_OK) {
        print_message("*** SKIPPED, this machine refuses: %s\n", text);
        return NULL;
    }
    test_turn_for_state(loop, sink, MJL_TRANSPORT_UP);
    return transport;
}

/* True: sending works too. An interface may take memberships and yet carry nothing. */
static bool can_send(mjl_transport *transport, test_sink *sink)
{
    assert_int_equal(mjl_transport_send(transport, mjl_bytes_text("is this on?"), 999), MJL_OK);
    mjl_transport_flush(transport);
    if (sink->state == MJL_TRANSPORT_UP) return true;
    print_message("*** SKIPPED, this machine does not send: %s\n", sink->reason);
    return false;
}

static bool has_packet(void *context)
{
    const test_sink *sink = context;
    return sink->packets_count > 0;
}

static mjl_transport *alice, *bob;

static bool open_both(const char *address, uint64_t bytes_per_second)
{
    alice = try_open(alice_sink, address, bytes_per_second);
    bob = alice == NULL ? NULL : try_open(bob_sink, address, bytes_per_second);
    if (bob != NULL && can_send(alice, alice_sink)) {
        if (test_turn_until(loop, has_packet, bob_sink, 1000)) return true;
        print_message("*** SKIPPED, this machine carries no multicast on %s\n", interface_name);
    }
    mjl_transport_close(alice);
    mjl_transport_close(bob);
    return false;
}

static void close_both(void)
{
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

static void talk(const char *address)
{
    static uint8_t large[MJL_PACKET_SIZE_MAX];
    uint64_t seed = 3;
    if (!open_both(address, 64 << 20)) skip();
    test_fill(&seed, large, sizeof large);
    assert_int_equal(mjl_transport_send(bob, mjl_bytes_text("salam"), 1), MJL_OK);
    mjl_transport_flush(bob);
    test_turn_for_packets(loop, alice_sink, 1);
    assert_int_equal(test_sink_received(alice_sink, mjl_bytes_text("salam")), 1);
    assert_int_equal(bob_sink->sent_count, 1);

    const mjl_bytes packet = mjl_bytes_of(large, 300000);
    assert_int_equal(mjl_transport_send(alice, packet, 2), MJL_OK);
    test_turn_for_packets(loop, bob_sink, 2);
    assert_int_equal(test_sink_received(bob_sink, packet), 1);
    test_turn(loop, 20);
    assert_int_equal(alice_sink->packets_count, 1); /* Not her own. */
    close_both();
}

static void two_sockets_on_an_ipv4_group_hear_each_other_and_not_themselves(void **state)
{
    (void)state;
    talk(v4_address);
}

static void two_sockets_on_an_ipv6_group_hear_each_other_and_not_themselves(void **state)
{
    (void)state;
    talk(v6_address);
}

static void what_others_send_to_the_group_harms_nothing(void **state)
{
    uint64_t seed = 4;
    const int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in group = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct ip_mreqn interface = {.imr_ifindex = (int)if_nametoindex(interface_name)};
    (void)state;
    if (!open_both(v4_address, 0)) skip();
    assert_int_equal(inet_pton(AF_INET, "239.77.74.76", &group.sin_addr), 1);
    assert_int_equal(
        setsockopt(stranger, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface), 0);
    for (int i = 0; i < 300; i++) {
        uint8_t bytes[2000];
        const size_t size = test_random(&seed) % sizeof bytes;
        test_fill(&seed, bytes, size);
        if (i % 2 == 0 && size > 4) memcpy(bytes, "MJG1", 4);
        (void)sendto(stranger, bytes, size, 0, (struct sockaddr *)&group, sizeof group);
        if (i % 20 == 0) test_turn(loop, 1);
    }
    close(stranger);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("salam"), 1), MJL_OK);
    mjl_transport_flush(alice);
    test_turn_for_packets(loop, bob_sink, 2);
    assert_int_equal(test_sink_received(bob_sink, mjl_bytes_text("salam")), 1);
    close_both();
}

static bool is_ready(void *context)
{
    const test_sink *sink = context;
    return sink->ready_count > 0;
}

static void a_full_queue_is_told_and_so_is_its_end(void **state)
{
    static uint8_t large[MJL_PACKET_SIZE_MAX];
    (void)state;
    if (!open_both(v4_address, 256 << 20)) skip();
    size_t taken = 0;
    while (mjl_transport_send(alice, mjl_bytes_of(large, sizeof large), taken) == MJL_OK)
        taken++;
    assert_in_range(taken, 2, 16);
    assert_int_equal(alice_sink->ready_count, 0);
    assert_true(test_turn_until(loop, is_ready, alice_sink, 5000));
    assert_true(alice_sink->sent_count > 1);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("salam"), 1), MJL_OK);
    close_both();
}

static void the_pace_is_kept(void **state)
{
    static uint8_t packet[150000]; /* A burst of 64 KiB, and 300 ms for the rest. */
    (void)state;
    if (!open_both(v4_address, 300000)) skip();
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_of(packet, sizeof packet), 1), MJL_OK);
    test_turn(loop, 100);
    assert_int_equal(alice_sink->sent_count, 1); /* Only the first word. */
    test_turn_for_packets(loop, bob_sink, 2);
    assert_int_equal(alice_sink->sent_count, 2);
    close_both();
}

static void refuse(const char *address, mjl_result why, const char *what)
{
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport *transport;
    const mjl_transport_config config = test_config(alice_sink, loop);
    assert_int_equal(mjl_transport_open(&config, address, &transport, text), why);
    if (strstr(text, what) == NULL) fail_msg("\"%s\" does not say \"%s\"", text, what);
}

static void what_cannot_be_opened_is_told_in_one_line(void **state)
{
    (void)state;
    refuse("udp:239.1.2.3:4711%nosuchif0", MJL_TRANSPORT_MISSING, "\"nosuchif0\"");
    refuse("udp:10.1.2.3:4711%lo", MJL_TRANSPORT_ADDRESS, "not a multicast group");
    refuse("udp:[fe80::1]:4711%lo", MJL_TRANSPORT_ADDRESS, "not a multicast group");
    refuse("udp:chat.example:4711%lo", MJL_TRANSPORT_ADDRESS, "not a multicast group");
    refuse("udp:239.1.2.3:0%lo", MJL_TRANSPORT_ADDRESS, "GROUP:PORT%INTERFACE");
    refuse("udp:239.1.2.3:65536%lo", MJL_TRANSPORT_ADDRESS, "GROUP:PORT%INTERFACE");
    refuse("udp:239.1.2.3:4711", MJL_TRANSPORT_ADDRESS, "GROUP:PORT%INTERFACE");
    refuse("udp:239.1.2.3%lo", MJL_TRANSPORT_ADDRESS, "GROUP:PORT%INTERFACE");
    refuse("udp:", MJL_TRANSPORT_ADDRESS, "GROUP:PORT%INTERFACE");
    refuse("udp:239.1.2.3:4711%averylonginterfacename", MJL_TRANSPORT_ADDRESS,
           "GROUP:PORT%INTERFACE");
}

static void an_ipv6_group_is_read_with_and_without_brackets(void **state)
{
    mjl_udp_address with, without;
    struct sockaddr_in6 group;
    (void)state;
    assert_int_equal(mjl_udp_address_read("[ff02::4d4a:4c]:4711%eth0", &with, NULL), MJL_OK);
    assert_int_equal(mjl_udp_address_read("ff02::4d4a:4c:4711%eth0", &without, NULL), MJL_OK);
    assert_memory_equal(&with.group, &without.group, sizeof with.group);
    memcpy(&group, &with.group, sizeof group);
    assert_int_equal(ntohs(group.sin6_port), 4711);
    assert_string_equal(with.interface, "eth0");
}

/* udp_test [INTERFACE]: another than lo can be asked for by hand. */
int main(int arguments_count, char **arguments)
{
    if (arguments_count > 1) interface_name = arguments[1];
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(two_sockets_on_an_ipv4_group_hear_each_other_and_not_themselves),
        TEST(two_sockets_on_an_ipv6_group_hear_each_other_and_not_themselves),
        TEST(what_others_send_to_the_group_harms_nothing),
        TEST(a_full_queue_is_told_and_so_is_its_end),
        TEST(the_pace_is_kept),
        TEST(what_cannot_be_opened_is_told_in_one_line),
        TEST(an_ipv6_group_is_read_with_and_without_brackets),
    };
    port = 20000 + (unsigned)getpid() % 20000; /* Several runs at once do not meet. */
    snprintf(v4_address, sizeof v4_address, "udp:239.77.74.76:%u%%%s", port, interface_name);
    snprintf(v6_address, sizeof v6_address, "udp:[ff02::4d4a:4c]:%u%%%s", port, interface_name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
