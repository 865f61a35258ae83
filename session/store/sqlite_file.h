/*
 * What stands at the path of a profile, found out before SQLite touches it: a foreign file is
 * refused untouched, and a new one is made for its owner only.
 */
#ifndef MJL_STORE_SQLITE_FILE_H
#define MJL_STORE_SQLITE_FILE_H

#include "majlis/store.h"

enum {
    MJL_SQLITE_APPLICATION_ID = 0x4D4A4C53, /* "MJLS" */
    MJL_SQLITE_FORMAT = 1                   /* user_version */
};

/*
 * Makes the file if it is missing and `opening` allows, looks at it if not, and answers its full
 * path (free with sqlite3_free). STORE_MISSING, STORE_FOREIGN, STORE_UNREADABLE, STORE_FULL,
 * UNKNOWN_VERSION of a newer format.
 */
MJL_MUST_USE mjl_result mjl_sqlite_file_prepare(const char *path, mjl_store_opening opening,
                                                char **full_path);

/* What an errno of a failed call on the file means. */
mjl_result mjl_sqlite_file_error(int error);

#endif
