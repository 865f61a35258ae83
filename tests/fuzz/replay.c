/*
 * Runs saved inputs through their targets, without a fuzzer: the corpora as a regression test, and
 * one finding again.
 *
 *      fuzz_replay FOLDER            FOLDER/TARGET/input, for all targets
 *      fuzz_replay TARGET FILE...    these alone
 *      fuzz_replay --list            each target, and the size of its longest input
 */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

static bool read_file(const char *path, mjl_buffer *out)
{
    FILE *const file = fopen(path, "rb");
    if (file == NULL) return false;
    uint8_t some[4096];
    size_t size;
    mjl_result result = MJL_OK;
    while (result == MJL_OK && (size = fread(some, 1, sizeof some, file)) > 0)
        result = mjl_buffer_append(out, mjl_bytes_of(some, size));
    const bool whole = result == MJL_OK && ferror(file) == 0;
    fclose(file);
    return whole;
}

/* In room of exactly its size, so that a read beyond it is noticed. */
static bool replay_file(const fuzz_target *target, const char *path)
{
    mjl_buffer read = {0};
    if (!read_file(path, &read)) {
        fprintf(stderr, "fuzz_replay: %s cannot be read\n", path);
        mjl_buffer_clear(&read);
        return false;
    }
    const size_t size = read.size;
    uint8_t *const exact = malloc(size == 0 ? 1 : size);
    assert(exact != NULL);
    if (size != 0) memcpy(exact, read.data, size);
    mjl_buffer_clear(&read);
    fuzz_run(target, mjl_bytes_of(exact, size));
    free(exact);
    return true;
}

/* Answers how many there were; SIZE_MAX if one could not be read. */
static size_t replay_folder(const fuzz_target *target, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, target->name);
    DIR *const entries = opendir(path);
    if (entries == NULL) return 0;
    size_t count = 0;
    const struct dirent *entry;
    while (count != SIZE_MAX && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s/%s", folder, target->name, entry->d_name);
        count = replay_file(target, path) ? count + 1 : SIZE_MAX;
    }
    closedir(entries);
    return count;
}

static int replay_all(const char *folder)
{
    const fuzz_target *target;
    size_t total = 0;
    int status = 0;
    for (size_t i = 0; (target = fuzz_target_at(i)) != NULL; i++) {
        printf("%s", target->name); /* The last one that is named is the one that failed. */
        fflush(stdout);
        const size_t count = replay_folder(target, folder);
        printf(" %zu\n", count == SIZE_MAX ? 0 : count);
        if (count == 0 || count == SIZE_MAX) {
            fprintf(stderr, "fuzz_replay: %s has no inputs in %s\n", target->name, folder);
            status = 1;
        } else {
            total += count;
        }
    }
    printf("%zu inputs\n", total);
    return status;
}

static int list(void)
{
    const fuzz_target *target;
    for (size_t i = 0; (target = fuzz_target_at(i)) != NULL; i++)
        printf("%s %zu\n", target->name, target->input_max);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) return list();
    if (argc == 2) return replay_all(argv[1]);
    const fuzz_target *const target = argc > 2 ? fuzz_target_named(argv[1]) : NULL;
    if (target == NULL) {
        fprintf(stderr, "usage: fuzz_replay FOLDER | TARGET FILE... | --list\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        if (!replay_file(target, argv[i])) return 1;
    }
    return 0;
}
