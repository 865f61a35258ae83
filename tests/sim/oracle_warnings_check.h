/*
 * What the engine warns of at one instant, held against what must be warned of.
 *
 *     mjl_session_warning ──> said ──┐
 *     expect(kind, subject, due) ────┴──> on, off, or either; names who is missing; as grave as it
 * is
 *
 * Due: -1 it must be off, 1 it must be on, 0 it may be either.
 */
#ifndef SIM_ORACLE_WARNINGS_CHECK_H
#define SIM_ORACLE_WARNINGS_CHECK_H

#include "oracle_warnings_knowledge.h"

typedef struct said_warning {
    uint64_t number;
    mjl_warning_kind kind;
    mjl_id subject;
    mjl_bytes missing;
    mjl_severity severity;
    bool is_right;
} said_warning;

typedef struct said_warnings {
    said_warning *entries;
    size_t count, room;
} said_warnings;

typedef struct warnings_check {
    sim_world *world;
    uint32_t node;
    knowledge *known;
    mjl_session *session;
    mjl_time now;
    bool takes_part;
    mjl_time fa_intv, bc_lat;
    said_warnings said;
} warnings_check;

typedef struct missed { /* Who is missing for certain, and who may be. */
    sim_set surely, perhaps;
} missed;

void missed_clear(missed *missing);

/* All conditions, each step. */
void warnings_check_all(warnings_check *of);

void warnings_read(warnings_check *of);
said_warning *warnings_expect(warnings_check *of, mjl_warning_kind kind, const mjl_id *subject,
                              int due, const char *what, uint32_t number);
void warnings_check_missing(const warnings_check *of, const said_warning *said,
                            const missed *missing, const char *what, uint32_t number);
/* A notice exactly while everybody who is named is away, as they said. */
void warnings_check_severity(const warnings_check *of, const said_warning *said, const char *what,
                             uint32_t number);
/* Nothing else is warned of. */
void warnings_check_rest(const warnings_check *of);

#endif
