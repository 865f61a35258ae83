/*
 * Makes the seeds that fuzzing begins with: valid inputs of each target, from members that talk,
 * from the known examples of the wire page, and by hand.
 *
 *      fuzz_seeds FOLDER
 */
#include "seeds.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *folder;

static void make_folder(const char *path)
{
    if (mkdir(path, S_IRWXU | S_IRWXG | S_IRWXO) != 0 && errno != EEXIST) {
        fprintf(stderr, "fuzz_seeds: %s: %s\n", path, strerror(errno));
        exit(1);
    }
}

void seed_put(const char *target, mjl_bytes bytes)
{
    const fuzz_target *const known = fuzz_target_named(target);
    assert(known != NULL);
    if (bytes.size > known->input_max) return;
    uint8_t hash[16];
    char hex[2 * sizeof hash + 1], path[4096];
    crypto_generichash(hash, sizeof hash, bytes.data, bytes.size, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    snprintf(path, sizeof path, "%s/%s", folder, target);
    make_folder(path);
    snprintf(path, sizeof path, "%s/%s/%.8s", folder, target, hex);
    FILE *const file = fopen(path, "wb");
    assert(file != NULL);
    if (bytes.size != 0) {
        const size_t written = fwrite(bytes.data, 1, bytes.size, file);
        assert(written == bytes.size);
    }
    fclose(file);
}

void seed_append(mjl_buffer *to, mjl_bytes bytes)
{
    const mjl_result result = mjl_buffer_append(to, bytes);
    assert(result == MJL_OK);
}

void seed_part(mjl_buffer *to, mjl_bytes part)
{
    const uint8_t size[2] = {(uint8_t)part.size, (uint8_t)(part.size >> 8)};
    seed_append(to, mjl_bytes_of(size, sizeof size));
    seed_append(to, part);
}

int main(int argc, char **argv)
{
    if (argc != 2 || sodium_init() < 0) {
        fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
        return 2;
    }
    folder = argv[1];
    make_folder(folder);
    seeds_of_messages();
    seeds_of_records();
    seeds_of_log();
    seeds_of_values();
    const fuzz_target *target;
    int status = 0;
    for (size_t i = 0; (target = fuzz_target_at(i)) != NULL; i++) {
        char path[4096];
        struct stat there;
        snprintf(path, sizeof path, "%s/%s", folder, target->name);
        if (stat(path, &there) == 0) continue;
        fprintf(stderr, "fuzz_seeds: none for %s\n", target->name);
        status = 1;
    }
    return status;
}
