/* Other processes, killed processes, full and failing disks. */
#define _GNU_SOURCE
#include "faulty_vfs.h"
#include "test_disk.h"

#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int exit_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static mjl_result try_in_child(const test_disk *disk)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mjl_store *store = NULL;
        _exit((int)mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store));
    }
    return (mjl_result)exit_of(child);
}

/* A child that opens the profile, says so, and waits to be killed. */
static pid_t hold_in_child(const test_disk *disk)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mjl_store *store = NULL;
        const mjl_result result = mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store);
        const char answer = result == MJL_OK ? 'y' : 'n';
        if (write(ready[1], &answer, 1) != 1) _exit(1);
        for (;;)
            pause();
    }
    char answer = '?';
    close(ready[1]);
    assert_int_equal(read(ready[0], &answer, 1), 1);
    close(ready[0]);
    assert_int_equal(answer, 'y');
    return child;
}

static void kill_and_wait(pid_t child)
{
    int status = 0;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void second_process_is_refused_until_the_first_is_killed(void **state)
{
    test_disk *disk = *state;
    for (int round = 0; round < 2; round++) { /* A new profile, then an old one. */
        const pid_t first = hold_in_child(disk);
        assert_result(try_in_child(disk), MJL_STORE_LOCKED);
        mjl_store *store = NULL;
        assert_result(mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store),
                      MJL_STORE_LOCKED);
        kill_and_wait(first);
        assert_ok(try_in_child(disk));
    }
}

/* POSIX locks fall when any descriptor of the file is closed: a refused second open must not. */
static void refused_handle_leaves_the_lock_of_the_first(void **state)
{
    test_disk *disk = *state;
    mjl_store *store = test_disk_open(disk);
    mjl_store *second = NULL;
    assert_result(mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &second),
                  MJL_STORE_LOCKED);
    assert_result(try_in_child(disk), MJL_STORE_LOCKED);
    mjl_store_free(store);
    assert_ok(try_in_child(disk));
}

/* ---- A process that is killed ---- */

enum { KILL_KEYS = 20 };

/* Step n writes n to one key and to a common record, so that a torn step shows. */
static void write_step(mjl_records *records, uint32_t step)
{
    const uint32_t key = step % KILL_KEYS;
    uint8_t value[600] = {0};
    memcpy(value, &step, sizeof step);
    assert_ok(mjl_records_put(records, 1, 1, mjl_bytes_of(&key, sizeof key),
                              mjl_bytes_of(value, sizeof value)));
    assert_ok(
        mjl_records_put(records, 1, 2, mjl_bytes_of("", 0), mjl_bytes_of(value, sizeof value)));
}

static uint32_t read_step(mjl_records *records, uint16_t kind, mjl_bytes key)
{
    mjl_buffer found = {0};
    uint32_t step = 0;
    const mjl_result result = mjl_records_get(records, 1, kind, key, &found);
    if (result == MJL_OK) memcpy(&step, found.data, sizeof step);
    assert_true(result == MJL_OK || result == MJL_NOT_FOUND);
    mjl_buffer_clear(&found);
    return step;
}

/* The last step that is on disk; fails if it is there in part. */
static uint32_t check_steps(mjl_records *records)
{
    const uint32_t last = read_step(records, 2, mjl_bytes_of("", 0));
    for (uint32_t step = last < KILL_KEYS ? 1 : last - KILL_KEYS + 1; step <= last; step++) {
        const uint32_t key = step % KILL_KEYS;
        assert_int_equal(read_step(records, 1, mjl_bytes_of(&key, sizeof key)), step);
    }
    assert_int_equal(mjl_records_counter(records), last);
    return last;
}

static void run_until_killed(test_disk *disk, int report)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* A failed check must not run on in the child. */
    test_random random = {(uint64_t)getpid()};
    mjl_records *records = test_records_open(disk, &random);
    for (uint32_t step = (uint32_t)mjl_records_counter(records) + 1;; step++) {
        write_step(records, step);
        if (mjl_records_persist(records) != MJL_OK) _exit(1);
        if (write(report, &step, sizeof step) != sizeof step) _exit(1);
    }
}

static void killed_process_keeps_every_step_it_reported(void **state)
{
    test_disk *disk = *state;
    test_random random = {test_seed()};
    uint32_t reported = 0;
    for (int round = 0; round < 12; round++) {
        int report[2];
        assert_int_equal(pipe(report), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) run_until_killed(disk, report[1]);
        close(report[1]);
        const size_t steps = 1 + test_random_below(&random, 400);
        for (size_t i = 0; i < steps; i++)
            assert_int_equal(read(report[0], &reported, sizeof reported), sizeof reported);
        kill_and_wait(child);
        while (read(report[0], &reported, sizeof reported) == sizeof reported)
            continue;
        close(report[0]);
        mjl_records *records = test_records_open(disk, &random);
        const uint32_t last = check_steps(records);
        assert_true(last == reported || last == reported + 1); /* One may be done but unsaid. */
        mjl_records_free(records);
    }
}

/* ---- A full disk ---- */

/* Grows the profile until the disk is full; answers the last good step. */
static uint32_t fill_disk(test_disk *disk)
{
    test_random random = {3};
    mjl_records *records = test_records_open(disk, &random);
    uint8_t value[3000] = {0};
    mjl_result result = MJL_OK;
    uint32_t step = 0;
    while (result == MJL_OK && step < 2000) {
        step++;
        memcpy(value, &step, sizeof step);
        assert_ok(mjl_records_put(records, 2, 1, mjl_bytes_of(&step, sizeof step),
                                  mjl_bytes_of(value, sizeof value)));
        write_step(records, step);
        result = mjl_records_persist(records);
    }
    assert_result(result, MJL_STORE_FULL);
    assert_result(mjl_records_persist(records), MJL_STORE_FULL);
    mjl_records_free(records);
    return step - 1;
}

static void assert_goes_on_from(test_disk *disk, uint32_t last)
{
    test_random random = {4};
    mjl_records *records = test_records_open(disk, &random);
    assert_int_equal(check_steps(records), last);
    write_step(records, last + 1);
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    records = test_records_open(disk, &random);
    assert_int_equal(check_steps(records), last + 1);
    mjl_records_free(records);
}

static void file_size_limit_is_a_full_disk_and_reopening_goes_on(void **state)
{
    test_disk *disk = *state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {300000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const uint32_t last = fill_disk(disk);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(last > 10);
    assert_goes_on_from(disk, last);
}

static void write_line(const char *path, const char *line)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) return;
    fputs(line, file);
    fclose(file);
}

/* A mount namespace; without being root also a user namespace, in which we stay who we are. */
static bool enter_namespace(void)
{
    if (getuid() == 0) {
        return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    }
    char users[64];
    char groups[64];
    snprintf(users, sizeof users, "%u %u 1", (unsigned)getuid(), (unsigned)getuid());
    snprintf(groups, sizeof groups, "%u %u 1", (unsigned)getgid(), (unsigned)getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    write_line("/proc/self/setgroups", "deny");
    write_line("/proc/self/uid_map", users);
    write_line("/proc/self/gid_map", groups);
    return true;
}

/* In a child of its own: a small file system. 77: not possible here. */
static int fill_small_file_system(test_disk *disk)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    if (!enter_namespace()) return 77;
    if (mount("none", disk->folder, "tmpfs", 0, "size=400k,mode=0700") != 0) return 77;
    const uint32_t last = fill_disk(disk);
    mjl_store *store = NULL;
    const mjl_result full = mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_EXISTING, &store);
    if (full == MJL_OK) mjl_store_free(store);
    if (full != MJL_OK) assert_result(full, MJL_STORE_FULL);
    assert_int_equal(mount("none", disk->folder, "tmpfs", MS_REMOUNT, "size=4m"), 0);
    assert_goes_on_from(disk, last);
    return 0;
}

static void full_file_system_is_told_and_room_lets_it_go_on(void **state)
{
    test_disk *disk = *state;
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(fill_small_file_system(disk));
    const int code = exit_of(child);
    if (code == 77) skip();
    assert_int_equal(code, 0);
}

/* ---- A failing disk ---- */

enum { FAULT_STEPS = 12 };

/* Opens and takes steps until something fails. Answers the last good step; `why` is what failed. */
static uint32_t take_steps(test_disk *disk, mjl_result *why)
{
    test_random random = {5};
    mjl_records *records = NULL;
    mjl_store *store = NULL;
    *why = mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store);
    if (*why != MJL_OK) return 0;
    *why = mjl_records_open(store, test_key, test_random_source(&random), &records);
    if (*why != MJL_OK) return 0;
    uint32_t last = (uint32_t)mjl_records_counter(records);
    while (last < FAULT_STEPS && *why == MJL_OK) {
        write_step(records, last + 1);
        *why = mjl_records_persist(records);
        if (*why == MJL_OK) last++;
    }
    mjl_records_free(records);
    return last;
}

/* The n-th change of a file fails, for every n: what was answered OK is there afterwards, and at
 * most the one step that was in flight besides. */
static void fail_each_call(test_disk *disk, int code, faulty_mode mode, mjl_result expected)
{
    size_t points = 0;
    for (bool has_failed = true; has_failed; points++) {
        faulty_vfs_fail_after(points, code, mode);
        mjl_result why = MJL_OK;
        const uint32_t good = take_steps(disk, &why);
        has_failed = faulty_vfs_has_failed();
        faulty_vfs_fail_after(SIZE_MAX, SQLITE_OK, FAULT_ONCE);
        if (why != MJL_OK && why != expected && why != MJL_STORE_FAILED) {
            fail_msg("call %zu: %s", points, test_result_name(why));
        }

        test_random random = {6};
        mjl_records *records = test_records_open(disk, &random);
        const uint32_t last = check_steps(records);
        assert_true(last == good || (why != MJL_OK && last == good + 1));
        mjl_records_free(records);
        test_disk_clear(disk);
        test_disk_init(disk, ON_SQLITE);
    }
    assert_true(points / 5 > FAULT_STEPS); /* That the faults were where the work is. */
}

static void no_failing_call_loses_a_step_or_half_of_one(void **state)
{
    test_disk *disk = *state;
    faulty_vfs_install();
    fail_each_call(disk, SQLITE_IOERR_WRITE, FAULT_ONCE, MJL_STORE_FAILED);
    fail_each_call(disk, SQLITE_IOERR_WRITE, FAULT_FROM_THEN_ON, MJL_STORE_FAILED);
    fail_each_call(disk, SQLITE_FULL, FAULT_ONCE, MJL_STORE_FULL);
    fail_each_call(disk, SQLITE_FULL, FAULT_FROM_THEN_ON, MJL_STORE_FULL);
}

/* A checkpoint that fails is after the answer: the step is safe, and the next one is refused. */
static void failed_checkpoint_closes_the_store_for_writing(void **state)
{
    test_disk *disk = *state;
    faulty_vfs_install();
    uint8_t *value = calloc(1, 5 << 20); /* More pages than the log may have. */
    assert_non_null(value);
    const mjl_store_change large = {{1, 1, {NULL, 0}}, false, mjl_bytes_of(value, 5 << 20)};
    size_t checkpoints_failed = 0;
    for (size_t good = 0; good < 8000; good += 400) {
        mjl_store *store = test_disk_open(disk);
        faulty_vfs_fail_after(good, SQLITE_IOERR_WRITE, FAULT_ONCE);
        const bool is_safe = mjl_store_apply(store, &large, 1) == MJL_OK;
        const bool has_failed = faulty_vfs_has_failed();
        faulty_vfs_fail_after(SIZE_MAX, SQLITE_OK, FAULT_ONCE);
        assert_result(mjl_store_apply(store, NULL, 0), has_failed ? MJL_STORE_FAILED : MJL_OK);
        mjl_store_free(store);
        if (is_safe && has_failed) checkpoints_failed++;

        store = test_disk_open(disk);
        mjl_buffer found = {0};
        assert_result(mjl_store_get(store, large.place, &found), is_safe ? MJL_OK : MJL_NOT_FOUND);
        assert_int_equal(found.size, is_safe ? 5 << 20 : 0);
        mjl_buffer_clear(&found);
        mjl_store_free(store);
        test_disk_clear(disk);
        test_disk_init(disk, ON_SQLITE);
    }
    assert_true(checkpoints_failed > 0);
    free(value);
}

static int set_up(void **state)
{
    static test_disk disk;
    test_disk_init(&disk, ON_SQLITE);
    *state = &disk;
    return 0;
}

static int tear_down(void **state)
{
    faulty_vfs_remove();
    test_disk_clear(*state);
    return 0;
}

#define WITH_FOLDER(test)                                                                          \
    {                                                                                              \
#test, test, set_up, tear_down, NULL                                                       \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(second_process_is_refused_until_the_first_is_killed),
        WITH_FOLDER(refused_handle_leaves_the_lock_of_the_first),
        WITH_FOLDER(killed_process_keeps_every_step_it_reported),
        WITH_FOLDER(file_size_limit_is_a_full_disk_and_reopening_goes_on),
        WITH_FOLDER(full_file_system_is_told_and_room_lets_it_go_on),
        WITH_FOLDER(no_failing_call_loses_a_step_or_half_of_one),
        WITH_FOLDER(failed_checkpoint_closes_the_store_for_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
