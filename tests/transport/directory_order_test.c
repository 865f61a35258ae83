/* What is synced before what, seen by standing in for the C library's calls. */
#define _GNU_SOURCE
#include "test_sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test_folder.h"

/* One letter a call: f a file is synced, r a file is renamed, d a folder is synced, s sent. */
static char calls[256];
static size_t calls_count;
static bool does_folder_sync_fail, does_file_sync_fail;

static void note(char letter)
{
    if (calls_count < sizeof calls - 1) calls[calls_count++] = letter;
    calls[calls_count] = 0;
}

/* The C library's own names for the parameters are not ours to use. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int fsync(int descriptor)
{
    struct stat status;
    assert_int_equal(fstat(descriptor, &status), 0);
    const bool is_folder = S_ISDIR(status.st_mode);
    note(is_folder ? 'd' : 'f');
    if (is_folder ? does_folder_sync_fail : does_file_sync_fail) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, descriptor);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int renameat(int old_folder, const char *old_name, int new_folder, const char *new_name)
{
    note('r');
    return (int)syscall(SYS_renameat2, old_folder, old_name, new_folder, new_name, 0);
}

static struct ev_loop *loop;
static test_folder folder;
static test_sink *sink;
static mjl_transport *transport;

static int set_up(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    test_folder_make(&folder);
    sink = test_sink_new(1);
    transport = test_open(sink, loop, folder.address);
    calls_count = 0;
    does_folder_sync_fail = does_file_sync_fail = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mjl_transport_close(transport);
    test_folder_remove(&folder);
    test_sink_free(sink);
    ev_loop_destroy(loop);
    return 0;
}

static void a_file_is_synced_then_renamed_and_the_folder_synced_once_for_all(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(mjl_transport_send(transport, mjl_bytes_text("salam"), i), MJL_OK);
    assert_string_equal(calls, "frfrfr");
    mjl_transport_flush(transport);
    assert_string_equal(calls, "frfrfrd");
    assert_int_equal(sink->sent_count, 3);
}

static void a_file_that_cannot_be_synced_is_not_shown(void **state)
{
    (void)state;
    does_file_sync_fail = true;
    assert_int_equal(mjl_transport_send(transport, mjl_bytes_text("salam"), 1), MJL_TRANSPORT_DOWN);
    assert_string_equal(calls, "f");
    assert_int_equal(test_count(&folder), 0);
    assert_int_equal(sink->state, MJL_TRANSPORT_DOWN_NOW);
    assert_non_null(strstr(sink->reason, strerror(EIO)));
}

static void a_folder_that_cannot_be_synced_confirms_nothing_not_even_later(void **state)
{
    (void)state;
    does_folder_sync_fail = true;
    assert_int_equal(mjl_transport_send(transport, mjl_bytes_text("salam"), 1), MJL_OK);
    mjl_transport_flush(transport);
    assert_int_equal(sink->sent_count, 0);
    assert_int_equal(sink->state, MJL_TRANSPORT_DOWN_NOW);
    does_folder_sync_fail = false; /* The kernel forgets that it failed; we do not. */
    test_turn_for_state(loop, sink, MJL_TRANSPORT_UP);
    mjl_transport_flush(transport);
    test_turn(loop, 20);
    assert_int_equal(sink->sent_count, 0);
    assert_int_equal(mjl_transport_send(transport, mjl_bytes_text("salam"), 1), MJL_OK);
    mjl_transport_flush(transport);
    assert_int_equal(sink->sent_count, 1);
}

static void trouble_that_stays_is_tried_less_and_less_often(void **state)
{
    (void)state;
    does_file_sync_fail = true;
    double waits[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mjl_transport_send(transport, mjl_bytes_text("salam"), 1),
                         MJL_TRANSPORT_DOWN);
        ev_now_update(loop);
        const double began = ev_now(loop);
        test_turn_for_state(loop, sink, MJL_TRANSPORT_UP);
        ev_now_update(loop);
        waits[i] = ev_now(loop) - began;
    }
    assert_true(waits[1] > waits[0] * 1.5);
    assert_true(waits[2] > waits[1] * 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_file_is_synced_then_renamed_and_the_folder_synced_once_for_all),
        TEST(a_file_that_cannot_be_synced_is_not_shown),
        TEST(a_folder_that_cannot_be_synced_confirms_nothing_not_even_later),
        TEST(trouble_that_stays_is_tried_less_and_less_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
