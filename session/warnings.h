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
    uint64_t number;       /* Ascending. */
    mjl_warning_kind kind; /* 0: a hole, retracted since. */
    mjl_id subject;
    mjl_buffer missing; /* Member ids. */
    mjl_time raised_at;
    mjl_severity told_severity; /* As the application knows it. */
    bool dirty;
} mjl_warning;

typedef struct mjl_missing {
    uint64_t number; /* Order of first sight. */
    mjl_place_id place;
    uint64_t epoch;
    mjl_time due;         /* When it becomes a warning. */
    mjl_buffer stated_by; /* Bits by author: whose latest statement names it. */
    uint64_t warning;     /* 0: not raised yet. */
    bool is_questioned;   /* Somebody names it no more: does anybody? */
    bool dirty;
} mjl_missing;

typedef struct mjl_warnings {
    mjl_warning *entries; /* Ascending numbers. */
    size_t count, room;   /* Holes included. */
    size_t holes_count;
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

/* At load: each takes the buffer; gaps find their order by number. */
MJL_MUST_USE mjl_result mjl_warnings_restore(mjl_warnings *warnings, mjl_warning *taken);
MJL_MUST_USE mjl_result mjl_warnings_restore_gap(mjl_warnings *warnings, mjl_missing *taken);
MJL_MUST_USE mjl_result mjl_warnings_restore_missing(mjl_warnings *warnings, uint64_t number,
                                                     mjl_buffer *missing);

/* `missing`: member ids. Sets `number` (0 before) or changes that warning if `missing` differs. */
MJL_MUST_USE mjl_result mjl_warnings_raise(mjl_session *session, mjl_warning_kind kind,
                                           const mjl_id *subject, mjl_bytes missing,
                                           uint64_t *number);
/* Those that are not retracted, by number; NULL past the end. */
const mjl_warning *mjl_warnings_at(const mjl_warnings *warnings, size_t i);
size_t mjl_warnings_count(const mjl_warnings *warnings);
/* How much later than by the group's intervals a warning is raised: twice what the measured BC_LAT
   is above the group's, at most 6 BC_LAT. */
mjl_time mjl_warnings_patience(const mjl_session *session);
/* That member went or is back: what changes by that is told. */
MJL_MUST_USE mjl_result mjl_warnings_tell_absence(mjl_session *session, uint32_t author);
/* The same for one warning; 0 is fine. */
MJL_MUST_USE mjl_result mjl_warnings_tell_severity(mjl_session *session, uint64_t number);
/* As it is now. */
mjl_severity mjl_warnings_severity(const mjl_session *session, const mjl_warning *warning);
/* Zeroes `number`; 0 is fine. */
MJL_MUST_USE mjl_result mjl_warnings_retract(mjl_session *session, uint64_t *number);

/* `namer`: the author that shows that the place exists. */
MJL_MUST_USE mjl_result mjl_warnings_note_gap(mjl_session *session, const mjl_place_ref *place,
                                              uint32_t namer, bool is_stated);
/* It names all these: of those that wait here also what they wait for since it came in, whoever
   made them. */
MJL_MUST_USE mjl_result mjl_warnings_note_before(mjl_session *session, const mjl_place_ref *places,
                                                 size_t count, uint32_t namer);
/* A newer statement of `namer` is about to be taken: what it named before counts no more. */
void mjl_warnings_begin_statement(mjl_session *session, uint32_t namer);
/* It was: of that, what nobody else names is no gap. */
MJL_MUST_USE mjl_result mjl_warnings_end_statement(mjl_session *session);
/* Gaps that nothing here waits for and nobody states are none. */
MJL_MUST_USE mjl_result mjl_warnings_sweep_gaps(mjl_session *session);
/* A member is gone: what only it named need not come any more. */
MJL_MUST_USE mjl_result mjl_warnings_forget_gaps_of(mjl_session *session, uint32_t namer);
MJL_MUST_USE mjl_result mjl_warnings_fill_gap(mjl_session *session, const mjl_place_id *place);
MJL_MUST_USE mjl_result mjl_warnings_forget_all_gaps(mjl_session *session);
/* Statements named them before a later Welcome led behind them: they come no more. */
MJL_MUST_USE mjl_result mjl_warnings_forget_gaps_before(mjl_session *session, uint64_t epoch);
/* No warning while the room takes no part; gap_due warns again when it does. */
MJL_MUST_USE mjl_result mjl_warnings_suspend_gaps(mjl_session *session);
/* What waits here names what it waits for: where a place that waited came to nothing. */
MJL_MUST_USE mjl_result mjl_warnings_note_waited_for(mjl_session *session);
/* Is that very place missing here: named by somebody, or waited for? */
bool mjl_warnings_misses(const mjl_session *session, const mjl_place_id *place);
/* Missed by a member, or by what waits here. */
bool mjl_warnings_is_named(const mjl_session *session, const mjl_place_id *place);
bool mjl_warnings_has_gap_in(const mjl_session *session, uint64_t epoch_max);
/* Gaps older than FA_INTV (and our patience) become warnings. */
MJL_MUST_USE mjl_result mjl_warnings_gap_due(mjl_session *session);

#endif
