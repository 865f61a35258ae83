/*
 * What the store's tests share: a disk of either kind that outlives the stores on it, a seeded
 * random source, and the raw records below the sealing.
 */
#ifndef MJL_TEST_DISK_H
#define MJL_TEST_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "records.h"
#include "store_access.h"

typedef enum test_disk_kind { ON_MEMORY, ON_SQLITE } test_disk_kind;

typedef struct test_disk {
    test_disk_kind kind;
    mjl_memory_disk *memory;
    char folder[64];
    char path[96];
} test_disk;

void test_disk_init(test_disk *disk, test_disk_kind kind);
void test_disk_clear(test_disk *disk);
mjl_store *test_disk_open(test_disk *disk); /* Fails the test if it does not open. */

/* cmocka's fixtures: an empty disk is the state of the test. */
int test_disk_set_up_memory(void **state);
int test_disk_set_up_sqlite(void **state);
int test_disk_tear_down(void **state);

/* clang-format off */
#define ON_MEMORY_ONLY(test) {#test, test, test_disk_set_up_memory, test_disk_tear_down, NULL}
#define ON_SQLITE_ONLY(test) {#test, test, test_disk_set_up_sqlite, test_disk_tear_down, NULL}
#define ON_BOTH(test)                                                                              \
    {#test " (memory)", test, test_disk_set_up_memory, test_disk_tear_down, NULL},                 \
    {#test " (sqlite)", test, test_disk_set_up_sqlite, test_disk_tear_down, NULL}
/* clang-format on */

/* An empty folder in memory if there is such a file system, else in /tmp. */
void test_folder_make(char folder[64]);
void test_folder_remove(const char *folder);

/* SplitMix64: not fit for keys, but the same everywhere. */
typedef struct test_random {
    uint64_t state;
} test_random;

uint64_t test_random_next(test_random *random);
size_t test_random_below(test_random *random, size_t bound);
mjl_random test_random_source(test_random *random);
uint64_t test_seed(void); /* From MAJLIS_TEST_SEED or the clock; printed. */

extern const uint8_t test_key[MJL_STORE_SEALING_KEY_SIZE];

mjl_records *test_records_open(test_disk *disk, test_random *random);
/* What opening answers; on success the records are freed again. */
mjl_result test_records_try(mjl_store *store, const uint8_t *key);

#define assert_ok(call) assert_string_equal(test_result_name(call), "OK")
#define assert_result(call, expected)                                                              \
    assert_string_equal(test_result_name(call), test_result_name(expected))
const char *test_result_name(mjl_result result);

void test_put(mjl_records *records, uint32_t session, uint16_t kind, const char *key,
              const char *value);
void test_assert_value(mjl_records *records, uint32_t session, uint16_t kind, const char *key,
                       const char *value); /* NULL: is not there. */

#endif
