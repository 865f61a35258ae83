/*
 * What a log says, entry by entry: canonical msgpack, an array that begins with its kind.
 *
 *     HEADER
 *     OPEN      DISK RECORD ...  DRAW|FAULT ...  OUTCOME  STATE?  OUTPUT?
 *     RECEIVE                    DRAW|FAULT ...  OUTCOME          OUTPUT?
 *     STEP                       DRAW|FAULT ...  OUTCOME  STATE?  OUTPUT?
 *     CLOSE                                               STATE?
 *     END
 *
 * OUTPUT is what was taken out before the next input came. session/README.md has the layout.
 */
#ifndef MAJLIS_SESSION_RECORDING_ENTRIES_H
#define MAJLIS_SESSION_RECORDING_ENTRIES_H

#include "inputs.h"

#include "majlis/store.h"

enum { MJL_RECORDING_FORMAT = 1 };

typedef enum mjl_entry_kind {
    MJL_ENTRY_HEADER = 1,
    MJL_ENTRY_DISK,   /* With which records the profile begins. */
    MJL_ENTRY_RECORD, /* One of them. */
    MJL_ENTRY_DRAW,
    MJL_ENTRY_FAULT, /* The store, or the random source when it sealed, failed. */
    MJL_ENTRY_OUTCOME,
    MJL_ENTRY_STATE,
    MJL_ENTRY_OUTPUT,
    MJL_ENTRY_END,
    MJL_ENTRY_INPUT = 32 /* And up: MJL_ENTRY_INPUT + mjl_input_kind. */
} mjl_entry_kind;

typedef enum mjl_disk_kind {
    MJL_DISK_NEW = 0,
    MJL_DISK_AS_LEFT, /* As the last close in this log left it. */
    MJL_DISK_COPIED   /* Its records follow. */
} mjl_disk_kind;

typedef struct mjl_opening { /* An mjl_profile_config without its pointers. */
    mjl_time now;
    bool has_suites, has_padding;
    mjl_padding padding;
    mjl_bytes user_id, display_name;
} mjl_opening;

enum { MJL_FAULT_SEALING = 2 /* Beside the mjl_store_asked. */, MJL_FAULT_COUNT };

typedef struct mjl_fault {
    uint32_t of;     /* mjl_store_asked, or MJL_FAULT_SEALING. */
    uint32_t before; /* How often the same was asked before within this input. */
    mjl_result result;
} mjl_fault;

typedef struct mjl_output {
    uint64_t packets, events;
    mjl_id packets_hash, events_hash;
} mjl_output;

/* An entry that was read. Byte strings are borrowed from it. */
typedef struct mjl_entry {
    mjl_entry_kind kind; /* INPUT for every input. */
    mjl_input input;
    mjl_opening opening; /* Of the input OPEN. */
    mjl_disk_kind disk;
    uint64_t records_count;
    mjl_store_place place; /* Of a RECORD, with `bytes` its value. */
    mjl_result result;     /* Of a DRAW, with `bytes`; of an OUTCOME. */
    mjl_bytes bytes;       /* Of OUTCOME and STATE: the packed value. */
    mjl_fault fault;
    mjl_output output;
} mjl_entry;

void mjl_entry_pack_header(mjl_pack *pack);
void mjl_entry_pack_open(mjl_pack *pack, const mjl_opening *opening);
void mjl_entry_pack_input(mjl_pack *pack, const mjl_input *input); /* Not OPEN. */
void mjl_entry_pack_disk(mjl_pack *pack, mjl_disk_kind disk, uint64_t records_count);
void mjl_entry_pack_record(mjl_pack *pack, mjl_store_place place, mjl_bytes value);
void mjl_entry_pack_draw(mjl_pack *pack, mjl_result result, mjl_bytes bytes);
void mjl_entry_pack_fault(mjl_pack *pack, const mjl_fault *fault);
void mjl_entry_pack_outcome(mjl_pack *pack, const mjl_outcome *outcome);
/* OUTCOME or STATE: `pack` then takes one value. */
void mjl_entry_pack_begin(mjl_pack *pack, mjl_entry_kind kind);
void mjl_entry_pack_output(mjl_pack *pack, const mjl_output *output);
void mjl_entry_pack_end(mjl_pack *pack);

/* UNKNOWN_VERSION: a header of another format; UNKNOWN_KIND; else what is wrong with the bytes. */
MJL_MUST_USE mjl_result mjl_entry_read(mjl_bytes bytes, mjl_entry *entry);

#endif
