/*
 * The sealed records of one profile: what the session writes to and reads from its store. Every
 * value is encrypted, bound to its place, and counted in one head record, so that what the disk
 * gives back is exactly what the last good `persist` left, or is refused.
 *
 *     put, delete ──> [ batch ] ──persist──> one transaction: changed records + head ──> store
 *     loaded records <──open: every record and the head verified────────────────────────┘
 *
 * Ownership: the store is taken by `open` (also when it fails) and freed with the records; the
 * random source must outlive them. Bytes passed in are copied. Errors: after the store was asked to
 * write and did not answer OK, or gave back something it was not given, the records are failed for
 * good: every later call answers that same STORE_* code, and only reopening helps. OUT_OF_MEMORY
 * and NO_RANDOM change nothing and may be retried. Threads: one at a time. Saved: head and records,
 * in the format README.md draws.
 */
#ifndef MJL_STORE_RECORDS_H
#define MJL_STORE_RECORDS_H

#include "majlis/store.h"

enum {
    MJL_RECORD_KIND_HEAD = 0,            /* Of the records themselves; others use 1..UINT16_MAX. */
    MJL_RECORD_VALUE_SIZE_MAX = 16 << 20 /* The state of a group of 4096 members, with room. */
};

typedef struct mjl_records mjl_records;

/*
 * Reads and verifies everything. An empty store is a new profile (is_new answers true until the
 * first persist). STORE_WRONG_KEY: the head does not open. STORE_DAMAGED: it does, but a record was
 * changed, moved, lost, added, or is of another time. UNKNOWN_VERSION: of a newer format.
 * `key` is copied (32 bytes) and may be wiped by the caller.
 */
MJL_MUST_USE mjl_result mjl_records_open(mjl_store *taken,
                                         const uint8_t key[MJL_STORE_SEALING_KEY_SIZE],
                                         mjl_random random, mjl_records **records);
void mjl_records_free(mjl_records *records); /* Drops the batch, closes the store. NULL is fine. */
bool mjl_records_is_new(const mjl_records *records);

/*
 * The decrypted records as they were on disk at open, in ascending (session, kind, key). Bytes live
 * until `loaded_done`, puts and persists do not show here. As many cursors as wanted:
 *
 *     mjl_record record;
 *     mjl_records_cursor cursor = mjl_records_loaded_of_kind(records, session, kind);
 *     while (mjl_records_next(records, &cursor, &record)) ...
 */
typedef struct mjl_record {
    mjl_store_place place;
    mjl_bytes value;
} mjl_record;

typedef struct mjl_records_cursor {
    size_t next;
    size_t end;
} mjl_records_cursor;

mjl_records_cursor mjl_records_loaded(const mjl_records *records);
mjl_records_cursor mjl_records_loaded_of(const mjl_records *records, uint32_t session);
mjl_records_cursor mjl_records_loaded_of_kind(const mjl_records *records, uint32_t session,
                                              uint16_t kind);
bool mjl_records_next(const mjl_records *records, mjl_records_cursor *cursor, mjl_record *record);
/* Wipes and frees the loaded values; cursors then find nothing. Idempotent. */
void mjl_records_loaded_done(mjl_records *records);

/* One value: from the batch, else from the store, verified. NOT_FOUND; otherwise replaces the
 * contents of `value`. */
MJL_MUST_USE mjl_result mjl_records_get(mjl_records *records, uint32_t session, uint16_t kind,
                                        mjl_bytes key, mjl_buffer *value);

/*
 * Small records that are written together can be sealed together: those of one shelf in one bundle
 * per transaction. Values over a bound are sealed by themselves all the same. What was overwritten
 * or deleted stays in its bundle, sealed, until that is let go: a kind whose old values must be
 * gone from the disk at once has no shelf. Without a call every kind is sealed by itself.
 */
typedef enum mjl_record_shelf {
    MJL_SHELF_NONE = 0,
    MJL_SHELF_LASTING, /* Kept for long, and seldom changed. */
    MJL_SHELF_PASSING, /* Changed or deleted soon. */
    MJL_SHELVES_COUNT
} mjl_record_shelf;

enum { MJL_SHELVED_KINDS_MAX = 64 };

/* From the next put on; `kind` is below MJL_SHELVED_KINDS_MAX (asserted). Always the same one for a
 * kind. */
void mjl_records_set_shelf(mjl_records *records, uint16_t kind, mjl_record_shelf shelf);
/* Small values of that kind lie in the head, which every transaction writes anew, as long as they
 * are among those written last; then where the kind's shelf says. What was overwritten or deleted
 * there is gone with the transaction. From the next put on; asserted as above. */
void mjl_records_hold_in_head(mjl_records *records, uint16_t kind);
/* With the next persist nothing that was overwritten or deleted is left among what passes. */
void mjl_records_sweep(mjl_records *records);

/*
 * Collected in the batch; the last one wins per place, and one that leaves the place as it is
 * stored takes itself out of the batch (a record on a shelf: from its second put on). Deleting what
 * is not there is fine. TOO_LARGE: the value. `kind` is not 0 and the key not over
 * MJL_STORE_KEY_SIZE_MAX (asserted: both are our own).
 */
MJL_MUST_USE mjl_result mjl_records_put(mjl_records *records, uint32_t session, uint16_t kind,
                                        mjl_bytes key, mjl_bytes value);
MJL_MUST_USE mjl_result mjl_records_delete(mjl_records *records, uint32_t session, uint16_t kind,
                                           mjl_bytes key);
void mjl_records_discard(mjl_records *records);               /* Forgets the batch. */
size_t mjl_records_pending_count(const mjl_records *records); /* Places that would be written. */

/* The batch and the new head in ONE durable transaction. An empty batch of a profile that is not
 * new writes nothing. */
MJL_MUST_USE mjl_result mjl_records_persist(mjl_records *records);

/* MJL_OK, or the code with which the records failed for good. */
mjl_result mjl_records_failure(const mjl_records *records);
/* How many transactions this profile has seen: what an anchor outside the disk would keep. */
uint64_t mjl_records_counter(const mjl_records *records);

/* BLAKE2b-256 over (place, plaintext) in ascending order, the batch included: equal logical states
 * have equal hashes, whatever key, salt and nonces sealed them. Reads everything: for tests and
 * replay. */
enum { MJL_RECORDS_STATE_HASH_SIZE = 32 };
MJL_MUST_USE mjl_result mjl_records_state_hash(mjl_records *records,
                                               uint8_t hash[MJL_RECORDS_STATE_HASH_SIZE]);

#endif
