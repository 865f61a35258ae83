/*
 * The roots of a joiner: which of several Welcomes for its one request leads to where the others
 * live.
 *
 *      P ── A      two members let the same newcomer in, or one did so again on the branch that
 * won: └── B      both Welcomes open with the same secret. The members choose between A and B as
 *                  always; who joined does not have their commits, and learns it from where they
 * talk
 *
 * The secret of the key package lives until everybody of the root was heard on its line: who talks
 * there chose it, and whoever made a rival never does. It dies with the keys, at secret_lifetime,
 * at the latest. Until then the tree has more than one root, each with the line that stands on it,
 * and the choice starts from the one that this room prefers: reads the clock only where nothing
 * else tells (the better one has been silent for long).
 *
 * Saved: one record, with the secret; gone once there is one root and nothing to choose.
 */
#ifndef MAJLIS_SESSION_ROOTS_H
#define MAJLIS_SESSION_ROOTS_H

#include "join.h"

struct mjl_records;

enum {
    MJL_ROOTS_MAX = 8,
    MJL_ROOT_SILENCE_FA_INTERVALS = 4,
    MJL_ROOT_MOVES_AT_ONCE = 6 /* From one to another; then each waits, twice as long each time. */
};

typedef struct mjl_root {
    uint32_t epoch;      /* Index. */
    mjl_id welcome;      /* The packet that led there. */
    mjl_time last_heard; /* Somebody on its line. */
} mjl_root;

typedef struct mjl_roots {
    mjl_buffer secret;      /* Of the key package; empty: nothing is open. */
    mjl_id reference;       /* KeyPackageRef */
    mjl_buffer key_package; /* The MLSMessage: asked with again where nobody is heard. */
    mjl_root entries[MJL_ROOTS_MAX];
    size_t count;
    uint32_t moves;    /* From one to another, */
    mjl_time moved_at; /* and when it was the last time. */
    uint32_t *lines; /* By author: on which entry's line it was heard last, plus one; 0: on none. */
    uint32_t lines_count;
    bool dirty;
} mjl_roots;

void mjl_roots_clear(mjl_roots *roots); /* Wipes. */

/* Enters an epoch without a parent. */
MJL_MUST_USE mjl_result mjl_roots_enter(mjl_session *session, mjl_mls_joined *joined,
                                        uint32_t *epoch);
/* The session just entered its first root, with that request; takes its secret. */
MJL_MUST_USE mjl_result mjl_roots_begin(mjl_session *session, mjl_joining *taken,
                                        const mjl_id *welcome);
/* Is the Welcome with that reference for a root of this session? */
bool mjl_roots_is_for(const mjl_session *session, mjl_bytes reference);
/* Takes the root it leads to beside the others. */
MJL_MUST_USE mjl_result mjl_roots_welcomed(mjl_session *session, mjl_bytes packet,
                                           mjl_verdict *verdict);
/* A member spoke in an epoch: authentic, whatever it said. */
MJL_MUST_USE mjl_result mjl_roots_heard(mjl_session *session, uint32_t author, uint32_t epoch);
/* Makes a move that had to wait, when its time came, and looks again if it has to wait still; where
   there is none better, closes them once everybody was heard on the line that we live on. */
MJL_MUST_USE mjl_result mjl_roots_look(mjl_session *session);
/* Nobody may be heard because our line lost, and who let us in was removed: asks again, as before
   it came in. */
MJL_MUST_USE mjl_result mjl_roots_plan_asking(mjl_session *session);
MJL_MUST_USE mjl_result mjl_roots_ask_due(mjl_session *session);
/* When the secret dies at the latest; 0: there is none. */
mjl_time mjl_roots_end(const mjl_session *session);
/* Nothing is chosen any more: the secret is wiped. */
MJL_MUST_USE mjl_result mjl_roots_close(mjl_session *session);

MJL_MUST_USE mjl_result mjl_roots_save(mjl_session *session, struct mjl_records *records);
MJL_MUST_USE mjl_result mjl_roots_load(mjl_session *session, mjl_bytes saved);

#endif
