/*
 * The folder of one member:
 *
 *     DIR/              mode 0700
 *       key             32 random bytes, mode 0600: the store key (key_file.h)
 *       profile.db      the store; SQLite's side files beside it
 *
 * The host's notes (what the clock read, how far each transport was read) are in the store.
 * A folder with other things in it is refused: it is somebody else's, and "." is a likely slip.
 */
#ifndef MAJLIS_EXAMPLES_PROFILE_FOLDER_H
#define MAJLIS_EXAMPLES_PROFILE_FOLDER_H

#include "majlis/record.h"

/* True if the folder holds a profile already; says nothing. */
bool profile_folder_has_profile(const char *path);

/*
 * Makes the folder and the key if they are not there, opens the store and the profile on it.
 * `name` may be NULL for an existing profile, `recorder` where nothing is recorded. Says on
 * standard error why it refuses.
 */
bool profile_folder_open(const char *path, const char *name, mjl_time now, mjl_recorder *recorder,
                         mjl_profile **profile);

#endif
