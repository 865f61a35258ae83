/* `majlis replay LOG`: a recording run again; the first difference, if there is one. */
#ifndef MAJLIS_EXAMPLES_REPLAY_COMMAND_H
#define MAJLIS_EXAMPLES_REPLAY_COMMAND_H

#include "options.h"

enum {
    REPLAY_EXIT_DIFFERS = 1,
    REPLAY_EXIT_UNREADABLE = 2 /* No log, or a damaged one. */
};

int replay_main(const struct options *options);

#endif
