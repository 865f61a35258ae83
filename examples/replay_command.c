#include "replay_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "chat_names.h"
#include "complaint.h"
#include "majlis/record.h"

static mjl_result read_some(void *context, uint8_t *out, size_t room, size_t *size)
{
    FILE *const file = context;
    *size = fread(out, 1, room, file);
    return ferror(file) ? MJL_STORE_UNREADABLE : MJL_OK;
}

static void print_hash(const char *label, const mjl_id *hash)
{
    char digits[CHAT_HEX_SIZE];
    chat_hex(hash, digits);
    printf("  %-9s %s\n", label, digits);
}

static void print_kinds(const mjl_replay_report *report)
{
    for (size_t i = 0; i < report->kinds_count && i < MJL_REPLAY_KINDS_MAX; i++) {
        const mjl_replay_kind *kind = &report->kinds[i];
        char name[32];
        snprintf(name, sizeof name, "kind %u", kind->kind);
        printf("  session %-2" PRIu32 " %s: expected %" PRIu64 " of them, got %" PRIu64 "\n",
               kind->session, kind->name[0] == '\0' ? name : kind->name, kind->expected_count,
               kind->got_count);
    }
    if (report->kinds_count > MJL_REPLAY_KINDS_MAX) {
        printf("  and %zu kinds more\n", report->kinds_count - MJL_REPLAY_KINDS_MAX);
    }
}

static void print_difference(const char *path, const mjl_replay_report *report)
{
    printf("%s: input %" PRIu64 " (%s) differs: %s\n", path, report->inputs, report->input_name,
           mjl_replay_difference_name(report->difference));
    if (report->difference == MJL_REPLAY_DRAWS) {
        puts("  it asked for other random bytes than were recorded");
        return;
    }
    if (report->difference == MJL_REPLAY_OUTCOME) {
        printf("  expected: %s\n  got: %s\n", mjl_result_text(report->expected_result),
               mjl_result_text(report->got_result));
    }
    print_hash("expected", &report->expected);
    print_hash("got", &report->got);
    print_kinds(report);
}

static void print_equal(const char *path, const mjl_replay_report *report)
{
    printf("%s: equal: %" PRIu64 " inputs, %" PRIu64 " steps, %" PRIu64 " states compared\n", path,
           report->inputs, report->steps, report->states);
    print_hash("chain", &report->chain);
    if (report->end == MJL_REPLAY_LOG_WAS_CUT) {
        printf("  the log was cut: it ends with input %" PRIu64 " (%s)\n", report->inputs,
               report->input_name);
    } else if (report->end == MJL_REPLAY_WAS_OUT_OF_MEMORY) {
        printf("  the recorded program ran out of memory after input %" PRIu64 "\n",
               report->inputs);
    }
}

static int tell(const char *path, mjl_result result, const mjl_replay_report *report)
{
    if (result == MJL_MALFORMED && report->at == 0) {
        complain("%s: it is no recording", path);
    } else if (result == MJL_TRUNCATED) {
        complain("%s: it ends before its first input", path);
    } else if (result == MJL_BAD_ARGUMENT) {
        complain("%s: it was recorded with cipher suites that this program has not", path);
    } else if (result != MJL_OK) {
        complain("%s: damaged at byte %" PRIu64 ", behind input %" PRIu64 ": %s", path, report->at,
                 report->inputs, mjl_result_text(result));
    }
    if (result != MJL_OK) return REPLAY_EXIT_UNREADABLE;
    const bool is_equal = report->difference == MJL_REPLAY_EQUAL;
    if (is_equal)
        print_equal(path, report);
    else
        print_difference(path, report);
    return is_equal ? 0 : REPLAY_EXIT_DIFFERS;
}

int replay_main(const struct options *options)
{
    FILE *file = fopen(options->file, "rbe");
    if (file == NULL) {
        complain("%s: %s", options->file, strerror(errno));
        return REPLAY_EXIT_UNREADABLE;
    }
    mjl_replay_config config = {.size = sizeof config, .context = file, .read = read_some};
    config.reopening = options->reopens ? MJL_REPLAY_REOPENS : MJL_REPLAY_STAYS_OPEN;
    mjl_replay_report report;
    errno = 0;
    const mjl_result result = mjl_replay(&config, &report);
    int code = REPLAY_EXIT_UNREADABLE;
    if (ferror(file))
        complain("%s: %s", options->file, strerror(errno));
    else
        code = tell(options->file, result, &report);
    fclose(file);
    return fflush(stdout) == 0 ? code : COMPLAINT_EXIT_FAILED;
}
