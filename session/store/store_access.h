/*
 * What the layer above may do with a store it was given: the backend's three calls, with the checks
 * that hold for every backend. A store whose `apply` once failed answers that code from then on.
 *
 * Errors: STORE_DAMAGED when a backend breaks its contract (order, sizes): it speaks for the disk.
 */
#ifndef MJL_STORE_ACCESS_H
#define MJL_STORE_ACCESS_H

#include "majlis/store.h"

enum {
    /* Of one sealed value; what a backend hands back is refused beyond it, before it is copied. */
    MJL_STORE_VALUE_SIZE_MAX = (16 << 20) + 64
};

typedef mjl_result mjl_store_visit(void *visitor, mjl_store_place place, mjl_bytes value);

MJL_MUST_USE mjl_result mjl_store_load(mjl_store *store, mjl_store_visit *visit, void *visitor);
MJL_MUST_USE mjl_result mjl_store_get(mjl_store *store, mjl_store_place place, mjl_buffer *value);
MJL_MUST_USE mjl_result mjl_store_apply(mjl_store *store, const mjl_store_change *changes,
                                        size_t count);

/* The order of records: session, then kind, then key. */
int mjl_store_place_compare(mjl_store_place a, mjl_store_place b);

#endif
