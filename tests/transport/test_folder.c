#define _GNU_SOURCE
#include "test_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file_name.h"
#include "frame.h"

void test_folder_make(test_folder *folder)
{
    const char *place = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/majlis-test-XXXXXX",
             place != NULL ? place : "/tmp");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->address, sizeof folder->address, "dir:%s", folder->path);
}

void test_path(const test_folder *folder, const char *name, char out[TEST_PATH_SIZE])
{
    assert_in_range(snprintf(out, TEST_PATH_SIZE, "%.240s/%.250s", folder->path, name), 1,
                    TEST_PATH_SIZE - 1);
}

void test_folder_remove(test_folder *folder)
{
    DIR *list = opendir(folder->path);
    if (list == NULL) return;
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        char path[TEST_PATH_SIZE];
        test_path(folder, entry->d_name, path);
        if (unlink(path) != 0) (void)rmdir(path);
    }
    closedir(list);
    assert_int_equal(rmdir(folder->path), 0);
}

void test_write_file(const test_folder *folder, const char *name, mjl_bytes bytes)
{
    char path[TEST_PATH_SIZE];
    test_path(folder, name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

size_t test_read_file(const test_folder *folder, const char *name, uint8_t *out, size_t room)
{
    char path[TEST_PATH_SIZE];
    test_path(folder, name, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(out, 1, room, file);
    fclose(file);
    return size;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t test_list(const test_folder *folder, char names[][256], size_t room)
{
    size_t count = 0;
    DIR *list = opendir(folder->path);
    assert_non_null(list);
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        const size_t size = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || size < 4) continue;
        if (strcmp(entry->d_name + size - 4, ".mjl") != 0) continue;
        if (count < room) memcpy(names[count++], entry->d_name, size + 1);
    }
    closedir(list);
    qsort(names, count, 256, compare_names);
    return count;
}

size_t test_count(const test_folder *folder)
{
    size_t count = 0;
    DIR *list = opendir(folder->path);
    assert_non_null(list);
    while (readdir(list) != NULL)
        count++;
    closedir(list);
    return count - 2; /* "." and "..". */
}

void test_copy(const test_folder *from, const char *name, const test_folder *to,
               const char *new_name)
{
    static uint8_t bytes[MJL_FRAME_SIZE_MAX];
    char aside[TEST_PATH_SIZE], final[TEST_PATH_SIZE];
    const size_t size = test_read_file(from, name, bytes, sizeof bytes);
    test_write_file(to, ".copying", mjl_bytes_of(bytes, size));
    test_path(to, ".copying", aside);
    test_path(to, new_name, final);
    assert_int_equal(rename(aside, final), 0);
}

void test_make_older(const test_folder *folder, const char *name, long seconds)
{
    char path[TEST_PATH_SIZE];
    struct timespec times[2];
    test_path(folder, name, path);
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

void test_write_packet(const test_folder *folder, uint64_t home, uint64_t counter, mjl_bytes packet)
{
    const mjl_file_name name = {{home, 1}, counter};
    char text[MJL_FILE_NAME_SIZE + 1], aside[TEST_PATH_SIZE], final[TEST_PATH_SIZE];
    mjl_buffer frame = {0};
    uint8_t header[MJL_FRAME_HEADER_SIZE];
    mjl_file_name_write(&name, text);
    assert_int_equal(mjl_frame_write_header(packet, header), MJL_OK);
    assert_int_equal(mjl_buffer_append(&frame, mjl_bytes_of(header, sizeof header)), MJL_OK);
    assert_int_equal(mjl_buffer_append(&frame, packet), MJL_OK);
    test_write_file(folder, ".writing", mjl_buffer_bytes(&frame));
    mjl_buffer_clear(&frame);
    test_path(folder, ".writing", aside);
    test_path(folder, text, final);
    assert_int_equal(rename(aside, final), 0);
}
