/*
 * Warnings: raised when true, changed when who is missing changes, retracted by themselves. And
 * gaps: places that somebody named and that are not here.
 *
 * Bounded: gaps beyond MJL_GAPS_MAX are not tracked (the places that wait for them are, in
 * `pending`). Saved: one record per warning and per gap.
 */
#ifndef MAJLIS_SESSION_WARNINGS_H
#define MAJLIS_SESSION_WARNINGS_H

#include "ids.h"
#include "majlis/event.h"

enum { MJL_GAPS_MAX = 256 };

typedef struct mjl_warning {
    uint64_t number; /* Ascending. */
    mjl_warning_kind kind;
    mjl_id subject;
    mjl_buffer missing; /* Member ids. */
    mjl_time raised_at;
    bool dirty;
} mjl_warning;

typedef struct mjl_missing {
    uint64_t number; /* Order of first sight. */
    mjl_place_id place;
    uint64_t epoch;
    mjl_time since;
    uint32_t namer;   /* Author index of who named it last. */
    bool is_stated;   /* In a statement; else only as a parent. */
    uint64_t warning; /* 0: not raised yet. */
    bool dirty;
} mjl_missing;

typedef struct mjl_warnings {
    mjl_warning *entries;
    size_t count, room;
    uint64_t next_number;
    uint64_t *gone; /* Numbers whose records go with the next persist. */
    size_t gone_count, gone_room;
    mjl_missing *gaps; /* In order of first sight. */
    size_t gaps_count;
    uint64_t next_gap;
    mjl_place_id *filled; /* Gaps whose records go with the next persist. */
    size_t filled_count, filled_room;
} mjl_warnings;

void mjl_warnings_clear(mjl_warnings *warnings);

/* At load: takes the warning's buffer; gaps find their order by number. */
MJL_MUST_USE mjl_result mjl_warnings_restore(mjl_warnings *warnings, mjl_warning *taken);
MJL_MUST_USE mjl_result mjl_warnings_restore_gap(mjl_warnings *warnings, const mjl_missing *gap);

/* `missing`: member ids. Sets `number` (0 before) or changes that warning if `missing` differs. */
MJL_MUST_USE mjl_result mjl_warnings_raise(mjl_session *session, mjl_warning_kind kind,
                                           const mjl_id *subject, mjl_bytes missing,
                                           uint64_t *number);
/* As it is now. */
mjl_severity mjl_warnings_severity(const mjl_session *session, const mjl_warning *warning);
/* Zeroes `number`; 0 is fine. */
MJL_MUST_USE mjl_result mjl_warnings_retract(mjl_session *session, uint64_t *number);

/* `namer`: the author that shows that the place exists. */
MJL_MUST_USE mjl_result mjl_warnings_note_gap(mjl_session *session, const mjl_place_ref *place,
                                              uint32_t namer, bool is_stated);
/* A newer statement of `namer` is about to be taken: what it named before counts no more. */
void mjl_warnings_begin_statement(mjl_session *session, uint32_t namer);
/* Gaps that nothing here waits for and nobody states are none. */
MJL_MUST_USE mjl_result mjl_warnings_sweep_gaps(mjl_session *session);
/* A member is gone: what only it named will not come any more. */
MJL_MUST_USE mjl_result mjl_warnings_forget_gaps_of(mjl_session *session, uint32_t namer);
MJL_MUST_USE mjl_result mjl_warnings_fill_gap(mjl_session *session, const mjl_place_id *place);
MJL_MUST_USE mjl_result mjl_warnings_forget_all_gaps(mjl_session *session);
/* Is that very place missing here: named by somebody, or waited for? */
bool mjl_warnings_misses(const mjl_session *session, const mjl_place_id *place);
bool mjl_warnings_has_gap_in(const mjl_session *session, uint64_t epoch_max);
/* Gaps older than FA_INTV become warnings. */
MJL_MUST_USE mjl_result mjl_warnings_gap_due(mjl_session *session);

#endif
