/*
 * A store in front of another one, for whoever wants to know what was asked of it, or to answer in
 * its place: a recording notes where the disk failed, a replay fails at the same point.
 *
 * Ownership: the store behind is taken, also when this fails.
 */
#ifndef MAJLIS_SESSION_WATCHED_STORE_H
#define MAJLIS_SESSION_WATCHED_STORE_H

#include "majlis/store.h"

typedef enum mjl_store_asked {
    MJL_ASKED_GET = 0,
    MJL_ASKED_APPLY,
    MJL_ASKED_COUNT
} mjl_store_asked;

typedef struct mjl_store_watch {
    void *context;
    /* Anything but OK is the answer, and the store behind is not asked. May be NULL. */
    mjl_result (*before)(void *context, mjl_store_asked asked);
    void (*after)(void *context, mjl_store_asked asked, mjl_result result); /* May be NULL. */
} mjl_store_watch;

MJL_MUST_USE mjl_result mjl_watched_store_new(mjl_store *taken, const mjl_store_watch *watch,
                                              mjl_store **store);

#endif
