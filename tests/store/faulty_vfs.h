/*
 * SQLite's file layer with faults: counts everything that changes a file, and lets one of these
 * calls (or all from it on) fail. Syncs only count: the tests run on memory.
 */
#ifndef MJL_TEST_FAULTY_VFS_H
#define MJL_TEST_FAULTY_VFS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum faulty_mode { FAULT_ONCE, FAULT_FROM_THEN_ON } faulty_mode;

void faulty_vfs_install(void); /* As the default one. */
void faulty_vfs_remove(void);  /* Also when it is not installed. */

/* The call after `good` more ones fails with the SQLite result `code`. A failed write has written
 * the first half. SIZE_MAX: none fails. Starts the count anew. */
void faulty_vfs_fail_after(size_t good, int code, faulty_mode mode);
bool faulty_vfs_has_failed(void);

#endif
