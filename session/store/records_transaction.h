/*
 * One transaction in the making: what records_plan.c decides and records_persist.c seals and
 * writes.
 *
 * Until it is on the disk it changes nothing of the records but the counts of what is live, which
 * are given back when it does not come to that.
 */
#ifndef MJL_STORE_RECORDS_TRANSACTION_H
#define MJL_STORE_RECORDS_TRANSACTION_H

#include "records_inside.h"

/* A bundle in the making. */
typedef struct mjl_filling {
    mjl_record_shelf shelf;
    mjl_record_bundle *bundle;
    mjl_buffer plain;
} mjl_filling;

/* A record that is moved as it is, out of a bundle that goes or out of the head. */
typedef struct mjl_move {
    mjl_record_entry *entry;
    mjl_record_bundle *to; /* NULL: it will be sealed by itself. */
    size_t at;
    mjl_bytes value;  /* Of the latter; borrowed from the head as it was. */
    uint8_t *element; /* Of the latter; owned. */
} mjl_move;

typedef struct mjl_transaction {
    mjl_records *records;
    mjl_filling *fillings;
    size_t fillings_count, fillings_room;
    mjl_move *moves;
    size_t moves_count, moves_room;
    size_t leaving[MJL_SHELVES_COUNT]; /* So many of the oldest bundles. */
    mjl_record_held held;              /* As it will be. Its `bundle` is not used. */
    mjl_store_change *changes; /* These and what follows lie in one room that the records keep. */
    size_t changes_count;
    uint8_t *sealed_next; /* What the changes point into. */
    uint8_t *drawn_next;  /* Random bytes, for the nonce of each. */
    uint8_t *keys_next;   /* Of bundles. */
    mjl_record_head head;
} mjl_transaction;

/* Where everything will be that the batch changes, and what has to move for it. OUT_OF_MEMORY, and
 * whatever reading a bundle answers. */
MJL_MUST_USE mjl_result mjl_transaction_plan(mjl_transaction *made);

#endif
