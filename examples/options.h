/*
 * The command line of `majlis`, read into plain values.
 *
 * Ownership: everything points into argv. Errors: one line on standard error that names the option
 * and says why it is refused; the program then ends with COMPLAINT_EXIT_USAGE.
 */
#ifndef MAJLIS_EXAMPLES_OPTIONS_H
#define MAJLIS_EXAMPLES_OPTIONS_H

#include "majlis/session.h"

typedef enum options_command {
    OPTIONS_CHAT = 1,
    OPTIONS_DEMO,
    OPTIONS_VERIFY_EVIDENCE,
    OPTIONS_REPLAY,
    OPTIONS_HELP,
    OPTIONS_VERSION
} options_command;

typedef enum options_entry {
    OPTIONS_CONTINUE = 0, /* The rooms that the profile already has. */
    OPTIONS_CREATE,
    OPTIONS_JOIN
} options_entry;

enum { OPTIONS_TRANSPORTS_MAX = 4 };

struct options {
    options_command command;

    /* chat */
    const char *profile;
    const char *name; /* NULL: not given. */
    const char *transports[OPTIONS_TRANSPORTS_MAX];
    size_t transports_count;
    options_entry entry;
    mjl_bytes room_name, room_secret;
    mjl_pace pace;
    bool json;

    const char *record; /* A new file; of the demo a new folder. NULL: nothing is recorded. */

    /* demo */
    uint64_t seed;
    bool has_seed;
    bool keep;

    /* replay */
    bool reopens;

    /* verify-evidence, replay */
    const char *file;
    const char *author; /* A safety number; NULL: not given. */
};

bool options_read(int argc, char **argv, struct options *out);

void options_print_help(void);

#endif
