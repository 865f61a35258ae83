/* Sending, receiving, cursors, up and down. What lies in the folder: directory_files_test.c. */
#define _GNU_SOURCE
#include "test_sink.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "test_folder.h"

static struct ev_loop *loop;
static test_folder folder;
static test_sink *alice_sink, *bob_sink;

static int set_up(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    test_folder_make(&folder);
    alice_sink = test_sink_new(1);
    bob_sink = test_sink_new(2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_folder_remove(&folder);
    test_sink_free(alice_sink);
    test_sink_free(bob_sink);
    ev_loop_destroy(loop);
    return 0;
}

static void send_text(mjl_transport *transport, const char *text, uint64_t number)
{
    assert_int_equal(mjl_transport_send(transport, mjl_bytes_text(text), number), MJL_OK);
    mjl_transport_flush(transport);
}

static size_t received(const test_sink *sink, const char *text)
{
    return test_sink_received(sink, mjl_bytes_text(text));
}

static void a_packet_reaches_every_reader_and_not_its_sender(void **state)
{
    test_sink *carol_sink = test_sink_new(3);
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    mjl_transport *carol = test_open(carol_sink, loop, folder.address);
    send_text(alice, "salam", 1);
    test_turn_for_packets(loop, bob_sink, 1);
    test_turn_for_packets(loop, carol_sink, 1);
    send_text(bob, "hello", 1);
    test_turn_for_packets(loop, alice_sink, 1);
    test_turn_for_packets(loop, carol_sink, 2);
    test_turn(loop, 50);
    assert_int_equal(alice_sink->packets_count, 1);
    assert_int_equal(received(alice_sink, "hello"), 1);
    assert_int_equal(bob_sink->packets_count, 1);
    assert_int_equal(received(bob_sink, "salam"), 1);
    mjl_transport_close(alice);
    mjl_transport_close(bob);
    mjl_transport_close(carol);
    test_sink_free(carol_sink);
}

static void without_inotify_the_folder_is_looked_at(void **state)
{
    mjl_transport *bob;
    mjl_transport_config config = test_config(bob_sink, loop);
    (void)state;
    config.watch = MJL_TRANSPORT_WATCH_LOOKING;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    assert_int_equal(mjl_transport_open(&config, folder.address, &bob, NULL), MJL_OK);
    test_turn_for_state(loop, bob_sink, MJL_TRANSPORT_UP);
    for (size_t i = 0; i < 3; i++) {
        send_text(alice, "salam", i);
        test_turn_for_packets(loop, bob_sink, i + 1);
    }
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

static void sent_is_told_when_the_folder_is_synced_and_not_before(void **state)
{
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    for (uint64_t number = 7; number < 10; number++)
        assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("x"), number), MJL_OK);
    assert_int_equal(alice_sink->sent_count, 0);
    mjl_transport_flush(alice);
    assert_int_equal(alice_sink->sent_count, 3);
    assert_int_equal(alice_sink->sent[0], 7);
    assert_int_equal(alice_sink->sent[2], 9);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("x"), 10), MJL_OK);
    test_turn(loop, 20); /* Without a flush, the loop sees to it. */
    assert_int_equal(alice_sink->sent_count, 4);
    mjl_transport_close(alice);
}

static void a_crash_after_the_step_reads_nothing_again_and_before_it_reads_again(void **state)
{
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    send_text(alice, "first", 1);
    test_turn_for_packets(loop, bob_sink, 1);
    test_sink_step(bob_sink);
    send_text(alice, "second", 2);
    test_turn_for_packets(loop, bob_sink, 2);

    mjl_transport_close(bob); /* The step with "second" was never made. */
    test_sink_crash(bob_sink);
    bob = test_open(bob_sink, loop, folder.address);
    test_turn_for_packets(loop, bob_sink, 3);
    test_turn(loop, 50);
    assert_int_equal(received(bob_sink, "first"), 1);
    assert_int_equal(received(bob_sink, "second"), 2);

    test_sink_step(bob_sink);
    mjl_transport_close(bob);
    test_sink_crash(bob_sink);
    bob = test_open(bob_sink, loop, folder.address);
    test_turn(loop, 50);
    assert_int_equal(bob_sink->packets_count, 3);
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

static void own_files_are_not_read_after_a_restart(void **state)
{
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    send_text(alice, "salam", 1);
    test_sink_step(alice_sink);
    mjl_transport_close(alice);
    test_sink_crash(alice_sink);
    alice = test_open(alice_sink, loop, folder.address);
    test_turn(loop, 50);
    assert_int_equal(alice_sink->packets_count, 0);
    mjl_transport_close(alice);
}

static void a_writer_that_forgot_everything_uses_no_name_again(void **state)
{
    char names[8][256];
    (void)state;
    for (int i = 0; i < 4; i++) { /* Each time as if restored from the same old copy. */
        mjl_transport *alice = test_open(alice_sink, loop, folder.address);
        if (i == 0) test_sink_step(alice_sink);
        send_text(alice, "salam", 1);
        mjl_transport_close(alice);
        test_sink_crash(alice_sink);
    }
    assert_int_equal(test_list(&folder, names, 8), 4);
}

static void a_packet_that_was_not_taken_is_offered_again(void **state)
{
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    bob_sink->refusals = 2;
    send_text(alice, "salam", 1);
    send_text(alice, "again", 2);
    test_turn_for_packets(loop, bob_sink, 2);
    assert_int_equal(received(bob_sink, "salam"), 1);
    assert_int_equal(received(bob_sink, "again"), 1);
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

static void a_long_history_comes_in_batches_in_the_order_of_writing(void **state)
{
    enum { FILES = 600 };
    (void)state;
    for (uint64_t i = 0; i < FILES; i++) {
        const mjl_file_name name = {{i % 3, 1}, i / 3};
        char text[MJL_FILE_NAME_SIZE + 1];
        uint8_t packet[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        test_write_packet(&folder, i % 3, i / 3, mjl_bytes_of(packet, 2));
        mjl_file_name_write(&name, text);
        test_make_older(&folder, text, 2 * (long)(FILES - i));
    }
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    assert_int_equal(bob_sink->packets_count, MJL_DIRECTORY_BATCH_MAX);
    test_turn_for_packets(loop, bob_sink, FILES);
    for (size_t i = 0; i < FILES; i++) {
        const uint8_t packet[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        assert_memory_equal(bob_sink->packets[i].data, packet, 2);
    }
    mjl_transport_close(bob);
}

static void the_largest_packet_passes_and_a_larger_one_is_refused(void **state)
{
    static uint8_t large[MJL_PACKET_SIZE_MAX + 1];
    uint64_t seed = 5;
    (void)state;
    test_fill(&seed, large, sizeof large);
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_of(large, sizeof large), 1),
                     MJL_PACKET_TOO_LARGE);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_of(large, 0), 1), MJL_BAD_ARGUMENT);
    const mjl_bytes largest = mjl_bytes_of(large, MJL_PACKET_SIZE_MAX);
    assert_int_equal(mjl_transport_send(alice, largest, 1), MJL_OK);
    test_turn_for_packets(loop, bob_sink, 1);
    assert_int_equal(test_sink_received(bob_sink, largest), 1);
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

/* ---- Up and down ---- */

static void refuse(const char *address, mjl_result why, const char *what)
{
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport *transport;
    const mjl_transport_config config = test_config(alice_sink, loop);
    assert_int_equal(mjl_transport_open(&config, address, &transport, text), why);
    if (strstr(text, what) == NULL) fail_msg("\"%s\" does not say \"%s\"", text, what);
    assert_null(strchr(text, '\n'));
}

static void what_cannot_be_opened_is_told_in_one_line(void **state)
{
    char address[TEST_PATH_SIZE + 16];
    (void)state;
    snprintf(address, sizeof address, "%s/none", folder.address);
    refuse(address, MJL_TRANSPORT_MISSING, "does not exist");
    test_write_file(&folder, "file", mjl_bytes_text("x"));
    snprintf(address, sizeof address, "%s/file", folder.address);
    refuse(address, MJL_TRANSPORT_MISSING, "is not a folder");
    refuse("dir:", MJL_TRANSPORT_ADDRESS, "names no folder");
    refuse("pigeon:post", MJL_TRANSPORT_ADDRESS, "neither dir:PATH nor");
    refuse("", MJL_TRANSPORT_ADDRESS, "neither dir:PATH nor");
}

static void a_folder_that_goes_and_comes_back_is_down_and_up_again(void **state)
{
    char away[TEST_PATH_SIZE];
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    snprintf(away, sizeof away, "%.500s-away", folder.path);
    assert_int_equal(rename(folder.path, away), 0);
    test_turn_for_state(loop, bob_sink, MJL_TRANSPORT_DOWN_NOW);
    assert_string_equal(bob_sink->reason, "the folder is gone");
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("salam"), 1), MJL_TRANSPORT_DOWN);
    assert_int_equal(alice_sink->sent_count, 0);
    assert_int_equal(rename(away, folder.path), 0);
    test_turn_for_state(loop, alice_sink, MJL_TRANSPORT_UP);
    test_turn_for_state(loop, bob_sink, MJL_TRANSPORT_UP);
    send_text(alice, "salam", 1);
    test_turn_for_packets(loop, bob_sink, 1);
    assert_int_equal(alice_sink->sent_count, 1);
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

static void what_was_not_synced_when_the_folder_went_is_never_told_as_sent(void **state)
{
    char away[TEST_PATH_SIZE];
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("salam"), 1), MJL_OK);
    snprintf(away, sizeof away, "%.500s-away", folder.path);
    assert_int_equal(rename(folder.path, away), 0);
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("again"), 2), MJL_TRANSPORT_DOWN);
    assert_int_equal(rename(away, folder.path), 0);
    test_turn_for_state(loop, alice_sink, MJL_TRANSPORT_UP);
    mjl_transport_flush(alice);
    test_turn(loop, 20);
    assert_int_equal(alice_sink->sent_count, 0);
    mjl_transport_close(alice);
}

static void another_folder_in_its_place_is_noticed(void **state)
{
    char away[TEST_PATH_SIZE];
    test_folder old = folder;
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    snprintf(away, sizeof away, "%.500s-away", folder.path);
    assert_int_equal(rename(folder.path, away), 0);
    assert_int_equal(mkdir(folder.path, 0700), 0); /* As mounting a stick does. */
    assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("salam"), 1), MJL_TRANSPORT_DOWN);
    test_turn_for_state(loop, alice_sink, MJL_TRANSPORT_UP);
    send_text(alice, "salam", 1);
    char names[4][256];
    assert_int_equal(test_list(&folder, names, 4), 1);
    mjl_transport_close(alice);
    memcpy(old.path, away, sizeof away);
    test_folder_remove(&old);
}

static void a_full_disk_is_down_with_a_reason_while_reading_goes_on(void **state)
{
    struct rlimit limit, none;
    char names[4][256];
    (void)state;
    mjl_transport *alice = test_open(alice_sink, loop, folder.address);
    mjl_transport *bob = test_open(bob_sink, loop, folder.address);
    send_text(bob, "before", 1);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = 4;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const mjl_result result = mjl_transport_send(alice, mjl_bytes_text("salam"), 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(result, MJL_TRANSPORT_DOWN);
    assert_int_equal(alice_sink->state, MJL_TRANSPORT_DOWN_NOW);
    assert_non_null(strstr(alice_sink->reason, "a file cannot be written: "));
    assert_int_equal(test_list(&folder, names, 4), 1);
    assert_int_equal(test_count(&folder), 1); /* Nothing half written beside it. */
    test_turn_for_packets(loop, alice_sink, 1);
    test_turn_for_state(loop, alice_sink, MJL_TRANSPORT_UP);
    send_text(alice, "salam", 1);
    test_turn_for_packets(loop, bob_sink, 1);
    mjl_transport_close(alice);
    mjl_transport_close(bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_packet_reaches_every_reader_and_not_its_sender),
        TEST(without_inotify_the_folder_is_looked_at),
        TEST(sent_is_told_when_the_folder_is_synced_and_not_before),
        TEST(a_crash_after_the_step_reads_nothing_again_and_before_it_reads_again),
        TEST(own_files_are_not_read_after_a_restart),
        TEST(a_writer_that_forgot_everything_uses_no_name_again),
        TEST(a_packet_that_was_not_taken_is_offered_again),
        TEST(a_long_history_comes_in_batches_in_the_order_of_writing),
        TEST(the_largest_packet_passes_and_a_larger_one_is_refused),
        TEST(what_cannot_be_opened_is_told_in_one_line),
        TEST(a_folder_that_goes_and_comes_back_is_down_and_up_again),
        TEST(what_was_not_synced_when_the_folder_went_is_never_told_as_sent),
        TEST(another_folder_in_its_place_is_noticed),
        TEST(a_full_disk_is_down_with_a_reason_while_reading_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
