#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key_file.h"

static char folder[128], path[160];
static uint8_t key[MJL_STORE_SEALING_KEY_SIZE], again[MJL_STORE_SEALING_KEY_SIZE];

static int make_folder(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.80s/majlis-key-XXXXXX", parent == NULL ? "/tmp" : parent);
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/key", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* Fails when something was left beside the key. */
}

static void a_key_is_made_once_and_read_ever_after(void **state)
{
    (void)state;
    struct stat status;
    assert_true(key_file_make(path, key));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, MJL_STORE_SEALING_KEY_SIZE);
    assert_true(key_file_read(path, again));
    assert_memory_equal(key, again, sizeof key);
    assert_false(sodium_is_zero(key, sizeof key));
}

static void a_key_is_never_overwritten(void **state)
{
    (void)state;
    assert_true(key_file_make(path, key));
    assert_true(key_file_make(path, again));
    assert_memory_equal(key, again, sizeof key);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0660, 0610, 0777};
    assert_true(key_file_make(path, key));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_false(key_file_read(path, again));
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_true(key_file_read(path, again));
}

static void a_key_of_another_size_is_refused(void **state)
{
    (void)state;
    for (off_t size = 0; size <= 2 * MJL_STORE_SEALING_KEY_SIZE; size += 16) {
        assert_true(key_file_make(path, key));
        assert_int_equal(truncate(path, size), 0);
        assert_int_equal(key_file_read(path, again), size == MJL_STORE_SEALING_KEY_SIZE);
        unlink(path);
    }
}

static void a_key_that_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    assert_false(key_file_read(path, key));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(key_file_read(path, key));
    assert_int_equal(rmdir(path), 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(a_key_is_made_once_and_read_ever_after),
        IN_A_FOLDER(a_key_is_never_overwritten),
        IN_A_FOLDER(a_key_that_others_may_read_is_refused),
        IN_A_FOLDER(a_key_of_another_size_is_refused),
        IN_A_FOLDER(a_key_that_is_no_plain_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
