/*
 * A recording of the chat (majlis/record.h) in a file of its own, mode 0600. It holds every secret
 * of the profile, which is said when it begins; a file that is there already is not touched.
 */
#ifndef MAJLIS_EXAMPLES_RECORDING_FILE_H
#define MAJLIS_EXAMPLES_RECORDING_FILE_H

#include "majlis/record.h"

struct recording_file {
    mjl_recorder *recorder; /* NULL: nothing is recorded. */
    const char *path;
    int file;
    bool was_told; /* That it stopped. */
};

/* False: said on standard error why. */
bool recording_file_begin(struct recording_file *recording, const char *path);
/* Says once, on standard error, that the recording stopped. */
void recording_file_look(struct recording_file *recording);
/* After the profile was closed. */
void recording_file_end(struct recording_file *recording);

#endif
