/* Several processes on one folder, and processes that are killed. */
#define _GNU_SOURCE
#include "test_sink.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "test_folder.h"

enum { PROCESSES = 4, PACKETS_EACH = 40, KILLS = 8 };

static bool is_all_there(void *context)
{
    const test_sink *sink = context;
    return sink->packets_count >= (PROCESSES - 1) * PACKETS_EACH;
}

/* Sends its packets while it hears the others'; 0 if it heard each of them once. */
static int talk(const test_folder *folder, unsigned self)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    test_sink *sink = test_sink_new(100 + self);
    mjl_transport *transport = test_open(sink, loop, folder->address);
    for (unsigned i = 0; i < PACKETS_EACH; i++) {
        const uint8_t packet[] = {(uint8_t)self, (uint8_t)i};
        if (mjl_transport_send(transport, mjl_bytes_of(packet, 2), i) != MJL_OK) return 2;
        if (i % 8 == 7) test_turn(loop, 1);
    }
    int outcome = test_turn_until(loop, is_all_there, sink, 10000) ? 0 : 3;
    test_turn(loop, 20);
    for (unsigned other = 0; other < PROCESSES; other++)
        for (unsigned i = 0; i < PACKETS_EACH; i++) {
            const uint8_t packet[] = {(uint8_t)other, (uint8_t)i};
            const size_t times = test_sink_received(sink, mjl_bytes_of(packet, 2));
            if (times != (other == self ? 0 : 1)) outcome = 4;
        }
    if (sink->sent_count != PACKETS_EACH) outcome = 5;
    mjl_transport_close(transport);
    test_sink_free(sink);
    ev_loop_destroy(loop);
    return outcome;
}

static void several_processes_on_one_folder_hear_each_packet_of_the_others_once(void **state)
{
    test_folder folder;
    pid_t children[PROCESSES];
    (void)state;
    test_folder_make(&folder);
    for (unsigned i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) _exit(talk(&folder, i));
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    test_folder_remove(&folder);
}

/* Writes until it is killed, and tells each confirmed number through the pipe. */
static void write_for_ever(const test_folder *folder, uint64_t seed, int pipe_end)
{
    static uint8_t packet[20000];
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    test_sink *sink = test_sink_new(seed);
    mjl_transport *transport = test_open(sink, loop, folder->address);
    for (uint64_t number = 0;; number++) {
        memset(packet, (int)number, sizeof packet);
        if (mjl_transport_send(transport, mjl_bytes_of(packet, sizeof packet), number) != MJL_OK)
            _exit(1);
        mjl_transport_flush(transport);
        if (write(pipe_end, "x", 1) != 1) _exit(1);
        sink->sent_count = 0;
    }
}

static size_t kill_a_writer(const test_folder *folder, uint64_t seed)
{
    int ends[2];
    char byte;
    size_t confirmed = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_for_ever(folder, seed, ends[1]);
    }
    close(ends[1]);
    for (; confirmed < 3 && read(ends[0], &byte, 1) == 1; confirmed++)
        continue;
    usleep((useconds_t)(seed * 977 % 5000));
    kill(child, SIGKILL);
    while (read(ends[0], &byte, 1) == 1)
        confirmed++;
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return confirmed;
}

static void a_writer_killed_at_any_instant_leaves_whole_files_and_all_that_were_confirmed(
    void **state)
{
    static uint8_t bytes[MJL_FRAME_SIZE_MAX];
    static char names[4096][256];
    test_folder folder;
    (void)state;
    for (uint64_t seed = 1; seed <= KILLS; seed++) {
        test_folder_make(&folder);
        const size_t confirmed = kill_a_writer(&folder, seed);
        const size_t count = test_list(&folder, names, 4096);
        assert_true(count >= confirmed);
        for (size_t i = 0; i < count; i++) {
            mjl_bytes packet;
            const size_t size = test_read_file(&folder, names[i], bytes, sizeof bytes);
            assert_int_equal(mjl_frame_read(mjl_bytes_of(bytes, size), &packet), MJL_OK);
        }
        test_folder_remove(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_processes_on_one_folder_hear_each_packet_of_the_others_once),
        cmocka_unit_test(
            a_writer_killed_at_any_instant_leaves_whole_files_and_all_that_were_confirmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
