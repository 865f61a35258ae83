/*
 * What was read of each writer in one folder, kept as notes of the profile.
 *
 *      note "dir:TAG"            1 | home (8) | { home (8) start (4) } ...     who is known
 *      note "dir:TAG:WRITER"     1 | last used, seconds (8) | cursor           one per writer
 *
 * A cursor is saved after the packet it stands for was received, so both become durable in the same
 * step: a crash in between delivers a file again, and never loses one.
 *
 * Bounds: MJL_WRITERS_MAX; then the one used least recently is forgotten, which only means that its
 * files are read again. Ownership: init/clear. Errors: OUT_OF_MEMORY and what the notes answer.
 */
#ifndef MAJLIS_TRANSPORT_WRITERS_H
#define MAJLIS_TRANSPORT_WRITERS_H

#include "cursor.h"
#include "file_name.h"
#include "majlis/transport.h"

enum { MJL_WRITERS_MAX = 1024 };

typedef struct mjl_writer_record {
    mjl_writer writer;
    mjl_cursor cursor;
    uint64_t used;  /* Unix seconds. */
    bool is_listed; /* A file of it was seen in the look that is under way. */
    bool is_changed;
} mjl_writer_record;

typedef struct mjl_writers {
    mjl_transport *transport;   /* Whose notes. */
    uint64_t tag;               /* Which folder. */
    uint64_t home;              /* Our own. */
    mjl_writer_record *records; /* Ascending by writer. */
    size_t count, room;
    bool is_index_changed;
} mjl_writers;

/* Reads the notes; a damaged one counts as none. Makes a home if there was none. */
MJL_MUST_USE mjl_result mjl_writers_init(mjl_writers *writers, mjl_transport *transport,
                                         uint64_t tag, const mjl_random *random);
void mjl_writers_clear(mjl_writers *writers);

bool mjl_writers_have_read(const mjl_writers *writers, const mjl_file_name *name);
MJL_MUST_USE mjl_result mjl_writers_mark_read(mjl_writers *writers, const mjl_file_name *name,
                                              uint64_t now_s);
/* Hands what changed to the notes. What could not be handed over stays changed. */
void mjl_writers_save(mjl_writers *writers);

/* A look at the whole folder: begin, each file, end. Writers without a file that were not used for
 * that long are forgotten at the end. */
void mjl_writers_begin_look(mjl_writers *writers);
void mjl_writers_saw(mjl_writers *writers, const mjl_file_name *name);
void mjl_writers_end_look(mjl_writers *writers, uint64_t now_s, uint64_t forget_after_s);

#endif
