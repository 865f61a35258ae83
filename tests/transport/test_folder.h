/* A folder that exists for one test. */
#ifndef MAJLIS_TESTS_TRANSPORT_TEST_FOLDER_H
#define MAJLIS_TESTS_TRANSPORT_TEST_FOLDER_H

#include "test.h"

enum { TEST_PATH_SIZE = 512 };

typedef struct test_folder {
    char path[TEST_PATH_SIZE];
    char address[TEST_PATH_SIZE + 8]; /* dir:PATH */
} test_folder;

void test_folder_make(test_folder *folder);
void test_folder_remove(test_folder *folder); /* With what is in it. */

void test_path(const test_folder *folder, const char *name, char out[TEST_PATH_SIZE]);
void test_write_file(const test_folder *folder, const char *name, mjl_bytes bytes);
/* Answers its size. */
size_t test_read_file(const test_folder *folder, const char *name, uint8_t *out, size_t room);
/* Names of the files that end in ".mjl" and do not begin with a dot, sorted; at most `room`. */
size_t test_list(const test_folder *folder, char names[][256], size_t room);
/* All that is in it, whatever its name. */
size_t test_count(const test_folder *folder);
/* As a tool that copies atomically does. */
void test_copy(const test_folder *from, const char *name, const test_folder *to,
               const char *new_name);
/* Sets when the file was changed, in seconds before now. */
void test_make_older(const test_folder *folder, const char *name, long seconds);
/* A whole file of some writer. */
void test_write_packet(const test_folder *folder, uint64_t home, uint64_t counter,
                       mjl_bytes packet);

#endif
