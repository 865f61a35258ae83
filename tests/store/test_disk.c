#define _POSIX_C_SOURCE 200809L
#include "test_disk.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const uint8_t test_key[MJL_STORE_SEALING_KEY_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

const char *test_result_name(mjl_result result)
{
    switch (result) {
#define CASE(name, number, class_, blame_, text)                                                   \
    case MJL_##name:                                                                               \
        return #name;
        MJL_RESULTS(CASE)
#undef CASE
    }
    return "a result that is not in the list";
}

void test_folder_make(char folder[64])
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, 64, "%s/majlis-store-XXXXXX", base);
    assert_non_null(mkdtemp(folder));
}

void test_folder_remove(const char *folder)
{
    DIR *list = opendir(folder);
    if (list == NULL) return;
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0) (void)!rmdir(path);
    }
    closedir(list);
    rmdir(folder);
}

void test_disk_init(test_disk *disk, test_disk_kind kind)
{
    memset(disk, 0, sizeof *disk);
    disk->kind = kind;
    if (kind == ON_MEMORY) {
        assert_ok(mjl_memory_disk_new(&disk->memory));
        return;
    }
    test_folder_make(disk->folder);
    snprintf(disk->path, sizeof disk->path, "%s/profile", disk->folder);
}

void test_disk_clear(test_disk *disk)
{
    if (disk->kind == ON_MEMORY) {
        mjl_memory_disk_free(disk->memory);
    } else {
        test_folder_remove(disk->folder);
    }
}

int test_disk_set_up_memory(void **state)
{
    static test_disk disk;
    test_disk_init(&disk, ON_MEMORY);
    *state = &disk;
    return 0;
}

int test_disk_set_up_sqlite(void **state)
{
    static test_disk disk;
    test_disk_init(&disk, ON_SQLITE);
    *state = &disk;
    return 0;
}

int test_disk_tear_down(void **state)
{
    test_disk_clear(*state);
    return 0;
}

mjl_store *test_disk_open(test_disk *disk)
{
    mjl_store *store = NULL;
    if (disk->kind == ON_MEMORY) {
        assert_ok(mjl_store_memory_open(disk->memory, &store));
    } else {
        assert_ok(mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &store));
    }
    return store;
}

uint64_t test_random_next(test_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

size_t test_random_below(test_random *random, size_t bound)
{
    return (size_t)(test_random_next(random) % bound);
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)test_random_next(context);
    return MJL_OK;
}

mjl_random test_random_source(test_random *random)
{
    const mjl_random source = {random, fill};
    return source;
}

uint64_t test_seed(void)
{
    const char *given = getenv("MAJLIS_TEST_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                        : (uint64_t)time(NULL) * 1000 + (uint64_t)getpid();
    print_message("seed: MAJLIS_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

mjl_records *test_records_open(test_disk *disk, test_random *random)
{
    mjl_records *records = NULL;
    assert_ok(
        mjl_records_open(test_disk_open(disk), test_key, test_random_source(random), &records));
    return records;
}

mjl_result test_records_try(mjl_store *store, const uint8_t *key)
{
    test_random random = {1};
    mjl_records *records = NULL;
    const mjl_result result = mjl_records_open(store, key, test_random_source(&random), &records);
    if (result == MJL_OK) mjl_records_free(records);
    return result;
}

void test_put(mjl_records *records, uint32_t session, uint16_t kind, const char *key,
              const char *value)
{
    assert_ok(mjl_records_put(records, session, kind, mjl_bytes_text(key), mjl_bytes_text(value)));
}

void test_assert_value(mjl_records *records, uint32_t session, uint16_t kind, const char *key,
                       const char *value)
{
    mjl_buffer found = {0};
    const mjl_result result = mjl_records_get(records, session, kind, mjl_bytes_text(key), &found);
    if (value == NULL) {
        assert_result(result, MJL_NOT_FOUND);
    } else {
        assert_ok(result);
        assert_int_equal(found.size, strlen(value));
        if (found.size != 0) assert_memory_equal(found.data, value, found.size);
    }
    mjl_buffer_clear(&found);
}
