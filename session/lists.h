/*
 * The ascending lists that stand in payloads, headers and extensions: places as [[epoch, id], ...],
 * ids as [id, ...].
 *
 * Ascending without duplicates is the only accepted form: one set, one encoding. A place stands
 * under one epoch at most.
 */
#ifndef MAJLIS_SESSION_LISTS_H
#define MAJLIS_SESSION_LISTS_H

#include "ids.h"
#include "pack.h"

/* Answers the writer's result; after an error what it wrote since `start` (the size of its buffer
   before) is taken back, so that a failed encoding leaves its buffer as it was. */
MJL_MUST_USE mjl_result mjl_pack_end(mjl_pack *pack, size_t start);

/* The writers refuse with BAD_ARGUMENT (in `pack->result`) what the readers would refuse. */
void mjl_pack_id(mjl_pack *pack, const mjl_id *id);
void mjl_pack_ids(mjl_pack *pack, const mjl_id *ids, size_t count);
void mjl_pack_place_refs(mjl_pack *pack, const mjl_place_ref *refs, size_t count);

/* Each reads at most `max` entries into `out` (TOO_LARGE beyond, NOT_CANONICAL out of order) and
   answers how many; 0 after an error. */
mjl_id mjl_unpack_id(mjl_unpack *unpack);
size_t mjl_unpack_ids(mjl_unpack *unpack, mjl_id *out, size_t max);
size_t mjl_unpack_place_refs(mjl_unpack *unpack, mjl_place_ref *out, size_t max);

#endif
