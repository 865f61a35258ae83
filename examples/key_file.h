/*
 * The store key of a profile as a file beside it: 32 random bytes that only its owner may read.
 *
 * Whoever has the file has the profile. It is never overwritten: a key that was lost cannot be made
 * again, and a new one in its place would only hide that.
 */
#ifndef MAJLIS_EXAMPLES_KEY_FILE_H
#define MAJLIS_EXAMPLES_KEY_FILE_H

#include "majlis/store.h"

/* Both say on standard error why they refuse. Wipe `key` after use. */
bool key_file_read(const char *path, uint8_t key[MJL_STORE_SEALING_KEY_SIZE]);
/* Makes the file, durably, and reads it; one that another process just made is read instead. */
bool key_file_make(const char *path, uint8_t key[MJL_STORE_SEALING_KEY_SIZE]);

#endif
