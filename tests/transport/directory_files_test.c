/* What sync tools, other programs and interrupted writers leave in the folder. */
#define _GNU_SOURCE
#include "test_sink.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "test_folder.h"

static struct ev_loop *loop;
static test_folder here, there; /* Two copies of one folder, with a tool between them. */
static test_sink *alice_sink, *bob_sink;
static mjl_transport *alice, *bob;

static int set_up(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    test_folder_make(&here);
    test_folder_make(&there);
    alice_sink = test_sink_new(1);
    bob_sink = test_sink_new(2);
    alice = test_open(alice_sink, loop, here.address);
    bob = test_open(bob_sink, loop, there.address);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mjl_transport_close(alice);
    mjl_transport_close(bob);
    test_folder_remove(&here);
    test_folder_remove(&there);
    test_sink_free(alice_sink);
    test_sink_free(bob_sink);
    ev_loop_destroy(loop);
    return 0;
}

enum { NAMES_MAX = 128 };
static char names[NAMES_MAX][256];

/* Alice writes that many; answers with their names in order of writing. */
static size_t write_some(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t packet[] = {'p', (uint8_t)i};
        assert_int_equal(mjl_transport_send(alice, mjl_bytes_of(packet, 2), i), MJL_OK);
    }
    mjl_transport_flush(alice);
    return test_list(&here, names, NAMES_MAX);
}

static size_t times_received(uint64_t i)
{
    const uint8_t packet[] = {'p', (uint8_t)i};
    return test_sink_received(bob_sink, mjl_bytes_of(packet, 2));
}

static void reopen_bob(void)
{
    test_sink_step(bob_sink);
    mjl_transport_close(bob);
    test_sink_crash(bob_sink);
    bob = test_open(bob_sink, loop, there.address);
}

static void every_send_is_a_file_of_its_own_in_rising_order(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(mjl_transport_send(alice, mjl_bytes_text("the same"), i), MJL_OK);
    assert_int_equal(test_list(&here, names, NAMES_MAX), 3);
    for (size_t i = 0; i < 3; i++) {
        mjl_file_name name;
        assert_true(mjl_file_name_read(names[i], &name));
        assert_int_equal(name.counter, i);
    }
}

static void files_that_arrive_in_any_order_are_each_read_once(void **state)
{
    uint64_t seed = 11;
    const size_t count = write_some(60);
    bool is_copied[60] = {false};
    (void)state;
    for (size_t copied = 0; copied < count;) {
        const size_t i = test_random(&seed) % count;
        if (is_copied[i]) continue;
        is_copied[i] = true;
        copied++;
        test_copy(&here, names[i], &there, names[i]);
        if (copied % 20 == 0) reopen_bob();
    }
    test_turn_for_packets(loop, bob_sink, count);
    reopen_bob();
    test_turn(loop, 50);
    for (uint64_t i = 0; i < count; i++)
        assert_int_equal(times_received(i), 1);
}

static void files_lost_for_ever_hold_nothing_up_and_late_ones_are_read(void **state)
{
    const size_t count = write_some(30);
    (void)state;
    for (size_t i = 0; i < count; i++)
        if (i % 3 != 0) test_copy(&here, names[i], &there, names[i]);
    test_turn_for_packets(loop, bob_sink, 20);
    reopen_bob();
    test_copy(&here, names[3], &there, names[3]);
    test_turn_for_packets(loop, bob_sink, 21);
    assert_int_equal(times_received(3), 1);
    assert_int_equal(times_received(0), 0);
}

static void a_copy_under_another_name_is_read_once_with_or_without_the_first(void **state)
{
    char copy[300];
    const size_t count = write_some(2);
    (void)state;
    assert_int_equal(count, 2);
    test_copy(&here, names[0], &there, names[0]);
    for (size_t i = 0; i < 2; i++) {
        snprintf(copy, sizeof copy, "%.41s (1).mjl", names[i]);
        test_copy(&here, names[i], &there, copy);
        snprintf(copy, sizeof copy, "%.41s.sync-conflict-1.mjl", names[i]);
        test_copy(&here, names[i], &there, copy);
    }
    test_turn_for_packets(loop, bob_sink, 2);
    test_turn(loop, 50);
    reopen_bob();
    test_turn(loop, 50);
    assert_int_equal(times_received(0), 1);
    assert_int_equal(times_received(1), 1);
}

static void a_file_copied_over_itself_is_not_read_again(void **state)
{
    (void)state;
    write_some(1);
    test_copy(&here, names[0], &there, names[0]);
    test_turn_for_packets(loop, bob_sink, 1);
    test_copy(&here, names[0], &there, names[0]);
    test_turn(loop, 50);
    assert_int_equal(bob_sink->packets_count, 1);
}

/* A tool that writes under the final name shows a part of the file first. */
static void copy_in_parts(const char *name)
{
    uint8_t bytes[256];
    char path[TEST_PATH_SIZE];
    const size_t size = test_read_file(&here, name, bytes, sizeof bytes);
    test_path(&there, name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(fwrite(bytes + i, 1, 1, file), 1);
        assert_int_equal(fflush(file), 0);
        if (i == size / 2) test_turn(loop, 300);
        assert_int_equal(bob_sink->packets_count, 0);
    }
    assert_int_equal(fclose(file), 0);
}

static void a_file_that_grows_is_read_when_it_is_whole(void **state)
{
    (void)state;
    write_some(1);
    copy_in_parts(names[0]);
    test_turn_for_packets(loop, bob_sink, 1);
    assert_int_equal(times_received(0), 1);
}

static void a_file_that_grows_is_read_when_it_is_whole_by_looking_too(void **state)
{
    mjl_transport_config config = test_config(bob_sink, loop);
    (void)state;
    mjl_transport_close(bob);
    config.watch = MJL_TRANSPORT_WATCH_LOOKING;
    assert_int_equal(mjl_transport_open(&config, there.address, &bob, NULL), MJL_OK);
    write_some(1);
    copy_in_parts(names[0]);
    test_turn_for_packets(loop, bob_sink, 1);
    assert_int_equal(times_received(0), 1);
}

static void a_damaged_file_is_never_received_and_harms_no_other(void **state)
{
    uint8_t bytes[256];
    const size_t count = write_some(3);
    (void)state;
    assert_int_equal(count, 3);
    const size_t size = test_read_file(&here, names[0], bytes, sizeof bytes);
    bytes[size - 1] ^= 1;
    test_write_file(&there, names[0], mjl_bytes_of(bytes, size));
    test_write_file(&there, names[1], mjl_bytes_of(bytes, 0));
    test_copy(&here, names[2], &there, names[2]);
    test_turn_for_packets(loop, bob_sink, 1);
    reopen_bob();
    test_turn(loop, 50);
    assert_int_equal(bob_sink->packets_count, 1);
    assert_int_equal(times_received(2), 1);
    test_copy(&here, names[0], &there, names[0]); /* The tool tries again. */
    test_turn_for_packets(loop, bob_sink, 2);
}

static void what_is_wrong_with_a_damaged_file_is_told_once(void **state)
{
    uint8_t bytes[256];
    (void)state;
    write_some(2);
    const size_t size = test_read_file(&here, names[0], bytes, sizeof bytes);
    test_write_file(&there, names[0], mjl_bytes_of(bytes, size - 1));
    test_turn(loop, 50);
    assert_int_equal(bob_sink->damaged_count, 1);
    assert_int_equal(bob_sink->damaged_why, MJL_TRUNCATED);
    bytes[size - 1] ^= 1;
    test_write_file(&there, names[1], mjl_bytes_of(bytes, size));
    test_turn(loop, 50);
    assert_int_equal(bob_sink->damaged_count, 2);
    assert_int_equal(bob_sink->damaged_why, MJL_MALFORMED);
    test_copy(&here, names[0], &there, names[0]);
    test_turn_for_packets(loop, bob_sink, 1);
    assert_int_equal(bob_sink->damaged_count, 2);
}

static void foreign_things_are_left_alone(void **state)
{
    static uint8_t huge[MJL_FRAME_SIZE_MAX + 1] = "MJF1";
    char path[TEST_PATH_SIZE];
    (void)state;
    write_some(1);
    mjl_transport_close(bob);
    test_write_file(&there, "readme.txt", mjl_bytes_text("hello"));
    test_write_file(&there, "000000000000000000000001-0000000000000001.mjl",
                    mjl_bytes_text("not a frame"));
    test_write_file(&there, "000000000000000000000001-0000000000000002.mjl",
                    mjl_bytes_of(huge, sizeof huge));
    test_path(&there, "000000000000000000000001-0000000000000003.mjl", path);
    assert_int_equal(mkdir(path, 0700), 0);
    test_path(&there, "000000000000000000000001-0000000000000004.mjl", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    test_path(&there, "000000000000000000000001-0000000000000005.mjl", path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    test_path(&there, "000000000000000000000001-0000000000000006.mjl", path);
    assert_int_equal(symlink("no/where", path), 0);
    bob = test_open(bob_sink, loop, there.address);
    test_copy(&here, names[0], &there, names[0]);
    test_turn_for_packets(loop, bob_sink, 1);
    test_turn(loop, 50);
    assert_int_equal(bob_sink->packets_count, 1);
    assert_int_equal(bob_sink->state, MJL_TRANSPORT_UP);
    assert_int_equal(test_list(&there, names, NAMES_MAX), 7);
}

static void pipes_and_links_moved_into_the_folder_are_left_alone(void **state)
{
    char aside[TEST_PATH_SIZE], path[TEST_PATH_SIZE], real[TEST_PATH_SIZE];
    (void)state;
    write_some(2);
    test_path(&there, "aside", aside);
    test_path(&there, "000000000000000000000001-0000000000000001.mjl", path);
    assert_int_equal(mkfifo(aside, 0600), 0);
    assert_int_equal(rename(aside, path), 0);
    test_path(&there, names[1], path);
    test_path(&here, names[1], real);
    assert_int_equal(symlink(real, aside), 0);
    assert_int_equal(rename(aside, path), 0);
    test_copy(&here, names[0], &there, names[0]);
    test_turn_for_packets(loop, bob_sink, 1);
    test_turn(loop, 50);
    assert_int_equal(bob_sink->packets_count, 1);
    assert_int_equal(times_received(0), 1);
}

static void what_an_interrupted_write_left_is_never_read_and_goes_with_its_writer(void **state)
{
    char own[300], others[] = ".00000000000000aa00000001-0000000000000001.mjl",
                   path[TEST_PATH_SIZE];
    uint8_t bytes[256];
    (void)state;
    write_some(1);
    const size_t size = test_read_file(&here, names[0], bytes, sizeof bytes);
    snprintf(own, sizeof own, ".%.24s-00000000000000ff.mjl", names[0]);
    test_write_file(&here, own, mjl_bytes_of(bytes, size)); /* Whole, but never renamed. */
    test_write_file(&here, others, mjl_bytes_of(bytes, size));
    mjl_transport_close(bob);
    bob = test_open(bob_sink, loop, here.address);
    test_turn(loop, 50);
    assert_int_equal(bob_sink->packets_count, 1);

    test_sink_step(alice_sink);
    mjl_transport_close(alice);
    alice = test_open(alice_sink, loop, here.address);
    test_path(&here, own, path);
    assert_int_not_equal(access(path, F_OK), 0);
    test_path(&here, others, path);
    assert_int_equal(access(path, F_OK), 0);
}

static void only_own_old_files_are_deleted(void **state)
{
    mjl_transport_config config = test_config(alice_sink, loop);
    (void)state;
    test_write_packet(&here, 77, 0, mjl_bytes_text("old, of another"));
    test_list(&here, names, NAMES_MAX);
    test_make_older(&here, names[0], 1000);
    test_write_file(&here, "old.txt", mjl_bytes_text("x"));
    test_make_older(&here, "old.txt", 1000);
    write_some(3);
    for (size_t i = 0; i < 4; i++) {
        mjl_file_name name;
        assert_true(mjl_file_name_read(names[i], &name));
        if (name.writer.home != 77 && name.counter < 2) test_make_older(&here, names[i], 1000);
    }
    mjl_transport_close(alice);
    test_sink_step(alice_sink);
    config.retention_ms = 900 * 1000;
    assert_int_equal(mjl_transport_open(&config, here.address, &alice, NULL), MJL_OK);
    alice_sink->state = MJL_TRANSPORT_CONNECTING;
    test_turn_for_state(loop, alice_sink, MJL_TRANSPORT_UP);
    const size_t left = test_list(&here, names, NAMES_MAX);
    assert_int_equal(left, 2);
    size_t own = 0;
    for (size_t i = 0; i < left; i++) {
        mjl_file_name name;
        assert_true(mjl_file_name_read(names[i], &name));
        own += name.writer.home != 77 && name.counter == 2;
    }
    assert_int_equal(own, 1);
    char path[TEST_PATH_SIZE];
    test_path(&here, "old.txt", path);
    assert_int_equal(access(path, F_OK), 0);
}

static void files_grow_old_while_the_transport_is_open_too(void **state)
{
    mjl_transport_config config = test_config(alice_sink, loop);
    (void)state;
    mjl_transport_close(alice);
    config.retention_ms = 200;
    assert_int_equal(mjl_transport_open(&config, here.address, &alice, NULL), MJL_OK);
    alice_sink->state = MJL_TRANSPORT_CONNECTING;
    test_turn_for_state(loop, alice_sink, MJL_TRANSPORT_UP);
    assert_int_equal(write_some(3), 3);
    test_turn(loop, 800);
    assert_int_equal(test_list(&here, names, NAMES_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(every_send_is_a_file_of_its_own_in_rising_order),
        TEST(files_that_arrive_in_any_order_are_each_read_once),
        TEST(files_lost_for_ever_hold_nothing_up_and_late_ones_are_read),
        TEST(a_copy_under_another_name_is_read_once_with_or_without_the_first),
        TEST(a_file_copied_over_itself_is_not_read_again),
        TEST(a_file_that_grows_is_read_when_it_is_whole),
        TEST(a_file_that_grows_is_read_when_it_is_whole_by_looking_too),
        TEST(a_damaged_file_is_never_received_and_harms_no_other),
        TEST(what_is_wrong_with_a_damaged_file_is_told_once),
        TEST(foreign_things_are_left_alone),
        TEST(pipes_and_links_moved_into_the_folder_are_left_alone),
        TEST(what_an_interrupted_write_left_is_never_read_and_goes_with_its_writer),
        TEST(only_own_old_files_are_deleted),
        TEST(files_grow_old_while_the_transport_is_open_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
