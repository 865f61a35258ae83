/*
 * The injected storage: places and opaque bytes, one atomic durable transaction at a time. It sees
 * only sealed values; what it returns is treated as attacker input by the layer above.
 *
 * Order: load visits in ascending (session, kind, key). Errors: STORE_*. After a failed `apply`
 * nothing is known about what reached the disk, and the profile is closed. Threads: as the profile.
 */
#ifndef MAJLIS_STORE_H
#define MAJLIS_STORE_H

#include "majlis/bytes.h"

MJL_BEGIN_DECLS

enum {
    MJL_STORE_KEY_SIZE_MAX = 64, /* Of one record's key. */
    MJL_STORE_SEALING_KEY_SIZE = 32
};

/* Where a record stands. Session 0 holds what belongs to the profile as a whole. */
typedef struct mjl_store_place {
    uint32_t session;
    uint16_t kind;
    mjl_bytes key; /* At most MJL_STORE_KEY_SIZE_MAX bytes; may be empty. */
} mjl_store_place;

typedef struct mjl_store_change {
    mjl_store_place place;
    bool is_delete;
    mjl_bytes value; /* Sealed. */
} mjl_store_change;

typedef struct mjl_store mjl_store;

/* A backend of one's own: fill this and wrap it with mjl_store_new. */
typedef struct mjl_store_backend {
    void *context;
    /* Calls `visit` for every record; stops at the first result that is not OK and answers it. */
    mjl_result (*load)(void *context,
                       mjl_result (*visit)(void *visitor, mjl_store_place place, mjl_bytes value),
                       void *visitor);
    /* NOT_FOUND if absent; else replaces the contents of `value`. */
    mjl_result (*get)(void *context, mjl_store_place place, mjl_buffer *value);
    /* All changes or none, durable when it returns OK. */
    mjl_result (*apply)(void *context, const mjl_store_change *changes, size_t count);
    void (*close)(void *context);
} mjl_store_backend;

MJL_MUST_USE MJL_API mjl_result mjl_store_new(const mjl_store_backend *backend, mjl_store **store);
MJL_API void mjl_store_free(mjl_store *store); /* Closes the backend. NULL is fine. */

typedef enum mjl_store_opening {
    MJL_STORE_OPEN_OR_MAKE = 0,
    MJL_STORE_OPEN_EXISTING, /* STORE_MISSING if it is not there. */
} mjl_store_opening;

/* SQLite: WAL, synchronous=FULL, secure_delete; one file, refused (STORE_LOCKED) while another
 * process has it open. */
MJL_MUST_USE MJL_API mjl_result mjl_store_sqlite_open(const char *path, mjl_store_opening opening,
                                                      mjl_store **store);

/* In memory, for tests and for profiles that shall leave no trace. `mjl_store_memory_new` makes an
   empty disk; the disk outlives the stores opened on it, as a disk outlives a process. */
typedef struct mjl_memory_disk mjl_memory_disk;
MJL_MUST_USE MJL_API mjl_result mjl_memory_disk_new(mjl_memory_disk **disk);
MJL_MUST_USE MJL_API mjl_result mjl_memory_disk_copy(const mjl_memory_disk *disk,
                                                     mjl_memory_disk **copy);
MJL_API void mjl_memory_disk_free(mjl_memory_disk *disk);
MJL_MUST_USE MJL_API mjl_result mjl_store_memory_open(mjl_memory_disk *disk, mjl_store **store);
/* The apply after `count` more ones fails with `result`, once, and writes nothing (tests of a full
 * or broken disk); SIZE_MAX: never. */
MJL_API void mjl_memory_disk_fail_after(mjl_memory_disk *disk, size_t count, mjl_result result);

MJL_END_DECLS

#endif
