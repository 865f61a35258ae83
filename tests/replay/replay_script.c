/*
 * The script's logs, for comparing builds:
 *
 *     replay_script write FOLDER      FOLDER/0.log ... and a line with the hash of each
 *     replay_script replay LOG...     a line with the chain of each; exit 1 where one differs
 *     replay_script reopen LOG...     the same, saved and opened again after each step
 */
#include <sodium.h>
#include <stdio.h>

#include "script.h"

static void print_hash(const char *name, const uint8_t hash[MJL_ID_SIZE])
{
    char hex[2 * MJL_ID_SIZE + 1];
    sodium_bin2hex(hex, sizeof hex, hash, MJL_ID_SIZE);
    printf("%s %s\n", name, hex);
}

static bool write_logs(const char *folder)
{
    script_logs logs;
    bool is_good = true;
    script_play(1, &logs);
    for (size_t i = 0; i < SCRIPT_MEMBERS; i++) {
        char path[4096];
        char name[32];
        uint8_t hash[MJL_ID_SIZE];
        const mjl_buffer *log = &logs.logs[i];
        snprintf(name, sizeof name, "%zu.log", i);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        FILE *file = fopen(path, "wb");
        is_good &= file != NULL && fwrite(log->data, 1, log->size, file) == log->size;
        if (file == NULL || fclose(file) != 0) is_good = false;
        crypto_generichash(hash, sizeof hash, log->data, log->size, NULL, 0);
        print_hash(name, hash);
    }
    script_logs_clear(&logs);
    if (!is_good) fprintf(stderr, "%s: cannot be written\n", folder);
    return is_good;
}

static mjl_result read_file(void *context, uint8_t *out, size_t room, size_t *size)
{
    *size = fread(out, 1, room, context);
    return ferror(context) ? MJL_TRUNCATED : MJL_OK;
}

static bool replay_log(const char *path, mjl_replay_reopening reopening)
{
    mjl_replay_config config = {.size = sizeof config, .read = read_file, .reopening = reopening};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    config.context = file;
    mjl_replay_report report;
    const mjl_result result = mjl_replay(&config, &report);
    fclose(file);
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    if (result == MJL_OK && report.difference == MJL_REPLAY_EQUAL) {
        print_hash(name, report.chain.bytes);
        return true;
    }
    printf("%s %s: input %llu (%s) differs: %s, expected %s got %s\n", name,
           mjl_result_name(result), (unsigned long long)report.inputs, report.input_name,
           mjl_replay_difference_name(report.difference), mjl_result_name(report.expected_result),
           mjl_result_name(report.got_result));
    for (size_t i = 0; i < report.kinds_count && i < MJL_REPLAY_KINDS_MAX; i++)
        printf("  session %u %s\n", report.kinds[i].session, report.kinds[i].name);
    return false;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) return write_logs(argv[2]) ? 0 : 1;
    bool is_equal = argc >= 3;
    for (int i = 2; i < argc; i++) {
        is_equal &= replay_log(argv[i], strcmp(argv[1], "reopen") == 0 ? MJL_REPLAY_REOPENS
                                                                       : MJL_REPLAY_STAYS_OPEN);
    }
    return is_equal ? 0 : 1;
}
