/*
 * Runs saved inputs through their targets, without a fuzzer: the corpora as a regression test, and
 * one finding again.
 *
 *      fuzz_replay FOLDER            FOLDER/TARGET/input, for all targets
 *      fuzz_replay SUBJECT FILE...   these alone; a subject is a target or a family of targets
 *      fuzz_replay --list            each target, and the size of its longest input
 *      fuzz_replay --families        each family, its longest input, its targets in their order;
 *                                    targets that run members are a family each
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
static bool replay_file(const fuzz_subject *subject, const char *path)
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
    fuzz_subject_run(subject, mjl_bytes_of(exact, size));
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
    const fuzz_subject subject = {.target = target};
    size_t count = 0;
    const struct dirent *entry;
    while (count != SIZE_MAX && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s/%s", folder, target->name, entry->d_name);
        count = replay_file(&subject, path) ? count + 1 : SIZE_MAX;
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

static bool runs_members(const fuzz_family *family)
{
    for (size_t i = 0; i < family->count; i++) {
        if (!family->targets[i].is_unbounded) return false;
    }
    return true;
}

static void list_family(const fuzz_family *family)
{
    size_t longest = 0;
    for (size_t i = 0; i < family->count; i++) {
        const fuzz_target *target = &family->targets[i];
        if (runs_members(family)) printf("%s %zu\n", target->name, target->input_max);
        if (target->input_max > longest) longest = target->input_max;
    }
    if (runs_members(family)) return;
    printf("%s %zu", family->name, longest + 1);
    for (size_t i = 0; i < family->count; i++)
        printf(" %s", family->targets[i].name);
    printf("\n");
}

static int list_families(void)
{
    const fuzz_family *family;
    for (size_t i = 0; (family = fuzz_family_at(i)) != NULL; i++)
        list_family(family);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) return list();
    if (argc == 2 && strcmp(argv[1], "--families") == 0) return list_families();
    if (argc == 2) return replay_all(argv[1]);
    fuzz_subject subject;
    if (argc < 3 || !fuzz_subject_named(argv[1], &subject)) {
        fprintf(stderr, "usage: fuzz_replay FOLDER | SUBJECT FILE... | --list | --families\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        if (!replay_file(&subject, argv[i])) return 1;
    }
    return 0;
}
