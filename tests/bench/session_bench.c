/*
 * What a conversation costs above its cryptography.
 *
 *     session_bench [--json] [--quick]
 *                   [--only throughput|sqlite|traffic|acks|accepting|catch_up|crowd]
 *                   [--inputs 1|10|100] [--members COUNT] [--messages COUNT]
 *
 * CPU times are of this thread, medians over batches; everything in one run. Packets and bytes are
 * exact for a seed, medians over several. A crowd takes minutes: only when asked for by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "room.h"
#include "session_scenarios.h"

enum { PATH_ROOM = 400 };

static bool is_wanted(const bench_options *options, const char *part)
{
    return options->only == NULL || strcmp(options->only, part) == 0;
}

/* Where TMPDIR says, for the profiles in SQLite. */
static bool make_folder(char folder[PATH_ROOM])
{
    const char *const in = getenv("TMPDIR");
    const int size = snprintf(folder, PATH_ROOM, "%s/session_bench_XXXXXX",
                              in == NULL || in[0] == '\0' ? P_tmpdir : in);
    return size > 0 && size < PATH_ROOM && mkdtemp(folder) != NULL;
}

int main(int count, char **words)
{
    bench_options options = {.only = NULL};
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--json") == 0) {
            options.is_json = true;
        } else if (strcmp(words[i], "--quick") == 0) {
            options.is_quick = true;
        } else if (strcmp(words[i], "--only") == 0 && i + 1 < count) {
            options.only = words[++i];
        } else if (strcmp(words[i], "--inputs") == 0 && i + 1 < count) {
            options.inputs = (uint32_t)strtoul(words[++i], NULL, 10);
        } else if (strcmp(words[i], "--members") == 0 && i + 1 < count) {
            options.members = (uint32_t)strtoul(words[++i], NULL, 10);
        } else if (strcmp(words[i], "--messages") == 0 && i + 1 < count) {
            options.messages = (uint32_t)strtoul(words[++i], NULL, 10);
        } else {
            fputs("usage: session_bench [--json] [--quick] [--only PART] [--inputs COUNT] "
                  "[--members COUNT] [--messages COUNT]\n",
                  stderr);
            return 2;
        }
    }
    char folder[PATH_ROOM];
    if (!make_folder(folder)) return 1;
    if (is_wanted(&options, "throughput")) session_throughput(&options, NULL);
    if (is_wanted(&options, "sqlite")) session_throughput(&options, folder);
    if (is_wanted(&options, "traffic")) session_traffic(&options);
    if (is_wanted(&options, "acks")) session_acks(&options);
    if (is_wanted(&options, "catch_up")) session_catch_up(&options);
    if (options.only != NULL && is_wanted(&options, "accepting")) session_accepting(&options);
    if (options.only != NULL && is_wanted(&options, "crowd")) session_crowd(&options);
    return room_remove_folder(folder) ? 0 : 1;
}
