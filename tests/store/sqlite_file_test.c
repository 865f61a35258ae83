/* What stands at the path of a profile, and what is said about it. */
#define _GNU_SOURCE
#include "test_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static mjl_result try_path(const char *path, mjl_store_opening opening)
{
    mjl_store *store = NULL;
    const mjl_result result = mjl_store_sqlite_open(path, opening, &store);
    if (result == MJL_OK) mjl_store_free(store);
    return result;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static mjl_buffer read_file(const char *path)
{
    mjl_buffer all = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t room[4096];
    for (size_t size = 1; size != 0;) {
        size = fread(room, 1, sizeof room, file);
        assert_ok(mjl_buffer_append(&all, mjl_bytes_of(room, size)));
    }
    fclose(file);
    return all;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void assert_refused_untouched(const char *path, mjl_result expected)
{
    mjl_buffer before = read_file(path);
    assert_result(try_path(path, MJL_STORE_OPEN_OR_MAKE), expected);
    assert_result(try_path(path, MJL_STORE_OPEN_EXISTING), expected);
    mjl_buffer after = read_file(path);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&after)));
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&after);
}

static void write_profile(test_disk *disk)
{
    test_random random = {1};
    mjl_records *records = test_records_open(disk, &random);
    for (int i = 0; i < 30; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        test_put(records, 1, 1, key, "a value that is some forty bytes long ...");
    }
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
}

static void missing_profile_is_made_or_refused(void **state)
{
    test_disk *disk = *state;
    assert_result(try_path(disk->path, MJL_STORE_OPEN_EXISTING), MJL_STORE_MISSING);
    assert_int_equal(access(disk->path, F_OK), -1);
    assert_ok(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE));
    assert_ok(try_path(disk->path, MJL_STORE_OPEN_EXISTING));
    assert_result(try_path("", MJL_STORE_OPEN_OR_MAKE), MJL_BAD_ARGUMENT);
    char path[160];
    snprintf(path, sizeof path, "%s/no such folder/profile", disk->folder);
    assert_result(try_path(path, MJL_STORE_OPEN_OR_MAKE), MJL_STORE_MISSING);
    snprintf(path, sizeof path, "%s/below", disk->path);
    assert_result(try_path(path, MJL_STORE_OPEN_OR_MAKE), MJL_STORE_MISSING);
}

static void empty_file_becomes_a_profile_only_when_making_is_allowed(void **state)
{
    test_disk *disk = *state;
    write_file(disk->path, "", 0);
    assert_result(try_path(disk->path, MJL_STORE_OPEN_EXISTING), MJL_STORE_MISSING);
    assert_ok(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE));
}

static void profile_is_one_file_for_its_owner_only(void **state)
{
    test_disk *disk = *state;
    const mode_t masks[] = {0, 0022, 0777};
    char log[160];
    snprintf(log, sizeof log, "%s-wal", disk->path);
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        const mode_t before = umask(masks[i]);
        mjl_store *store = test_disk_open(disk);
        const mjl_store_change change = {{1, 1, {NULL, 0}}, false, mjl_bytes_text("x")};
        assert_ok(mjl_store_apply(store, &change, 1));
        struct stat info;
        assert_int_equal(stat(disk->path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        assert_int_equal(stat(log, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        mjl_store_free(store);
        umask(before);
        assert_int_equal(stat(log, &info), -1); /* A clean close leaves nothing beside it. */
        assert_int_equal(unlink(disk->path), 0);
    }
}

static void foreign_files_are_refused_untouched(void **state)
{
    test_disk *disk = *state;
    static const char prose[] = "This is a letter to somebody, not a profile. It is longer than "
                                "the header of a database, which has a hundred bytes.";
    write_file(disk->path, prose, sizeof prose);
    assert_refused_untouched(disk->path, MJL_STORE_FOREIGN);
    write_file(disk->path, "hi", 2);
    assert_refused_untouched(disk->path, MJL_STORE_FOREIGN);
    static const char zeros[5000];
    write_file(disk->path, zeros, sizeof zeros);
    assert_refused_untouched(disk->path, MJL_STORE_FOREIGN);
}

static void foreign_database_is_refused_untouched(void **state)
{
    test_disk *disk = *state;
    run_sql(disk->path, "PRAGMA journal_mode = WAL; CREATE TABLE record (session, kind, key, "
                        "value); INSERT INTO record VALUES (1, 1, 'a', 'b')");
    assert_refused_untouched(disk->path, MJL_STORE_FOREIGN);
    run_sql(disk->path, "PRAGMA application_id = 1; PRAGMA user_version = 1");
    assert_refused_untouched(disk->path, MJL_STORE_FOREIGN);
}

static void things_that_are_no_files_are_foreign(void **state)
{
    test_disk *disk = *state;
    assert_result(try_path(disk->folder, MJL_STORE_OPEN_OR_MAKE), MJL_STORE_FOREIGN);
    assert_int_equal(mkfifo(disk->path, 0600), 0);
    assert_result(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE), MJL_STORE_FOREIGN);
    /* Not /dev/null: programs that run as root replace it by a file now and then. */
    assert_result(try_path("/dev/full", MJL_STORE_OPEN_OR_MAKE), MJL_STORE_FOREIGN);
}

static void newer_format_is_refused(void **state)
{
    test_disk *disk = *state;
    write_profile(disk);
    run_sql(disk->path, "PRAGMA user_version = 2");
    assert_refused_untouched(disk->path, MJL_UNKNOWN_VERSION);
}

static void schema_that_is_not_ours_is_damage(void **state)
{
    test_disk *disk = *state;
    write_profile(disk);
    run_sql(disk->path, "CREATE TRIGGER more AFTER INSERT ON record BEGIN DELETE FROM record; END");
    assert_result(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE), MJL_STORE_DAMAGED);
    run_sql(disk->path, "DROP TRIGGER more");
    assert_ok(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE));
    run_sql(disk->path, "DROP TABLE record; CREATE TABLE record (session, kind, key, value)");
    assert_result(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE), MJL_STORE_DAMAGED);
}

static mjl_result accept_any(void *visitor, mjl_store_place place, mjl_bytes value)
{
    (void)visitor, (void)place, (void)value;
    return MJL_OK;
}

/* Below the seal, which would refuse them too. */
static mjl_result load_after(test_disk *disk, const char *sql)
{
    run_sql(disk->path, sql);
    mjl_store *store = NULL;
    mjl_result result = mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_EXISTING, &store);
    if (result != MJL_OK) return result;
    result = mjl_store_load(store, accept_any, NULL);
    mjl_store_free(store);
    return result;
}

static void rows_outside_their_bounds_are_damage(void **state)
{
    test_disk *disk = *state;
    write_profile(disk);
    static const char *const rows[] = {
        "(4294967296, 1, x'00', x'00')",     "(-1, 1, x'00', x'00')",
        "(9, 65536, x'00', x'00')",          "(9, -1, x'00', x'00')",
        "(9, 1, zeroblob(65), x'00')",       "(9, 1, x'00', zeroblob(16777281))",
        "(9, 1, x'00', zeroblob(60000000))",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[160];
        snprintf(sql, sizeof sql, "INSERT INTO record VALUES %s", rows[i]);
        assert_result(load_after(disk, sql), MJL_STORE_DAMAGED);
        assert_ok(load_after(disk, "DELETE FROM record WHERE session NOT IN (0, 1)"));
    }
}

/* Every answer is a refusal or the whole state: damage is never half of it. */
static void changed_bytes_of_the_file_are_refused_or_harmless(void **state)
{
    test_disk *disk = *state;
    write_profile(disk);
    test_random random = {2};
    uint8_t expected[32];
    mjl_records *records = test_records_open(disk, &random);
    assert_ok(mjl_records_state_hash(records, expected));
    mjl_records_free(records);
    mjl_buffer whole = read_file(disk->path);
    size_t refused = 0;
    for (size_t at = 0; at < whole.size; at += at < 100 ? 1 : 13) {
        whole.data[at] ^= (uint8_t)(1u << at % 8);
        write_file(disk->path, whole.data, whole.size);
        whole.data[at] ^= (uint8_t)(1u << at % 8);
        mjl_store *store = NULL;
        if (mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store) != MJL_OK ||
            mjl_records_open(store, test_key, test_random_source(&random), &records) != MJL_OK) {
            refused++;
            continue;
        }
        uint8_t found[32];
        assert_false(mjl_records_is_new(records));
        assert_ok(mjl_records_state_hash(records, found));
        assert_memory_equal(found, expected, 32);
        mjl_records_free(records);
    }
    assert_true(refused > whole.size / 13 / 4);
    mjl_buffer_clear(&whole);
}

static void truncated_file_is_refused(void **state)
{
    test_disk *disk = *state;
    write_profile(disk);
    mjl_buffer whole = read_file(disk->path);
    for (size_t size = 1; size < whole.size; size = size < 200 ? size + 9 : size + 512) {
        write_file(disk->path, whole.data, size);
        mjl_store *store = NULL;
        mjl_result result = mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store);
        if (result == MJL_OK) result = test_records_try(store, test_key);
        /* Up to the application id nothing says that it was ours; SQLite reads zeros beyond the
           end, and a head that lost its tail looks like one of another key. */
        if (size < 72) assert_result(result, MJL_STORE_FOREIGN);
        if (size >= 72 && result != MJL_STORE_WRONG_KEY) assert_result(result, MJL_STORE_DAMAGED);
    }
    mjl_buffer_clear(&whole);
}

static void path_with_a_meaning_to_sqlite_is_a_plain_file(void **state)
{
    test_disk *disk = *state;
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(disk->folder), 0);
    assert_ok(try_path(":memory:", MJL_STORE_OPEN_OR_MAKE));
    assert_int_equal(access(":memory:", F_OK), 0);
    assert_ok(try_path("file:name?mode=memory", MJL_STORE_OPEN_OR_MAKE));
    assert_int_equal(access("file:name?mode=memory", F_OK), 0);
    assert_int_equal(chdir(here), 0);
}

/* Runs `body` in a child as a user that permissions bind, and answers its exit code. */
static int as_nobody(int (*body)(const test_disk *disk), const test_disk *disk)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (getuid() == 0 && setuid(65534) != 0) _exit(99);
        _exit(body(disk));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int open_in_child(const test_disk *disk)
{
    return (int)try_path(disk->path, MJL_STORE_OPEN_OR_MAKE);
}

static void profile_without_permission_is_unreadable(void **state)
{
    test_disk *disk = *state;
    write_profile(disk);
    assert_int_equal(chmod(disk->folder, 0777), 0);
    assert_int_equal(chmod(disk->path, 0000), 0);
    assert_int_equal(as_nobody(open_in_child, disk), MJL_STORE_UNREADABLE);
    assert_int_equal(chmod(disk->path, 0444), 0); /* Readable, not writable. */
    assert_int_equal(as_nobody(open_in_child, disk), MJL_STORE_UNREADABLE);
    assert_int_equal(chmod(disk->path, 0666), 0);
    assert_int_equal(chmod(disk->folder, 0555), 0); /* No room for the log beside it. */
    assert_int_equal(as_nobody(open_in_child, disk), MJL_STORE_UNREADABLE);
    assert_int_equal(chmod(disk->folder, 0000), 0);
    assert_int_equal(as_nobody(open_in_child, disk), MJL_STORE_UNREADABLE);
    assert_int_equal(chmod(disk->folder, 0700), 0);
    assert_ok(try_path(disk->path, MJL_STORE_OPEN_OR_MAKE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE_ONLY(missing_profile_is_made_or_refused),
        ON_SQLITE_ONLY(empty_file_becomes_a_profile_only_when_making_is_allowed),
        ON_SQLITE_ONLY(profile_is_one_file_for_its_owner_only),
        ON_SQLITE_ONLY(foreign_files_are_refused_untouched),
        ON_SQLITE_ONLY(foreign_database_is_refused_untouched),
        ON_SQLITE_ONLY(things_that_are_no_files_are_foreign),
        ON_SQLITE_ONLY(newer_format_is_refused),
        ON_SQLITE_ONLY(schema_that_is_not_ours_is_damage),
        ON_SQLITE_ONLY(rows_outside_their_bounds_are_damage),
        ON_SQLITE_ONLY(changed_bytes_of_the_file_are_refused_or_harmless),
        ON_SQLITE_ONLY(truncated_file_is_refused),
        ON_SQLITE_ONLY(path_with_a_meaning_to_sqlite_is_a_plain_file),
        ON_SQLITE_ONLY(profile_without_permission_is_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
