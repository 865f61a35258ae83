/*
 * Messages larger than one place: said in parts, which are places like any other, and then named by
 * one place more, which is the message. It stands behind its parts in the causal order, so whoever
 * acks it has all of them, and it bears their ids, so it vouches for every byte.
 *
 *      say ──> staged ──part──part──part──> named ──> an ordinary message of ours
 *                 │      a few per turn, small messages pass in between
 *      part ──> incoming (bounded per author) ──named──> whole: delivered once
 *                                              └──> incomplete: a warning that blames the author
 *
 * Of one session at most one message is on its way at a time, so that nobody has to hold more than
 * one of an author. Time: through the session's schedule. Saved: what is still to be said
 * (large_saved.c); what came is found again in the holdings.
 */
#ifndef MAJLIS_SESSION_LARGE_H
#define MAJLIS_SESSION_LARGE_H

#include "majlis/event.h"
#include "payload.h"
#include "records.h"

/* A message of ours: until its place stands, and then until everyone has it. */
typedef struct mjl_large_say {
    uint64_t number; /* Ascending; the record's key. */
    mjl_message_id message;
    mjl_buffer content; /* The one that names the parts; encoded. */
    uint32_t if_grown;
    bool asks;             /* Waits for mjl_session_agree: the roster grew. */
    bool is_placed;        /* It has its place, and is here to follow who has its parts. */
    uint32_t roster_epoch; /* Index of the epoch whose roster was agreed to. */
    uint8_t of[MJL_TRANSFER_SIZE];
    uint32_t parts_count;
    mjl_message_id *parts;
    mjl_buffer *staged;   /* Contents of parts that had no place yet; NULL: none was left. */
    uint32_t staged_from; /* Parts before have, or had, a place: their contents lie there. */
    uint32_t erased_to;   /* Records of parts before are erased. */
    bool is_staged;       /* The records of the other ones are in the store. */
    uint32_t done;        /* Parts before stand in sight of everyone in that tip. */
    uint32_t done_in;     /* Index of that tip's epoch. */
    uint32_t everyone;    /* Parts before are known to be held by all. */
    uint32_t shown_done, shown_everyone; /* Steps of progress that were told. */
    bool dirty;
} mjl_large_say;

/* A message of another's whose parts come. */
typedef struct mjl_incoming {
    uint32_t author;
    uint8_t of[MJL_TRANSFER_SIZE];
    uint32_t parts_count, done;
    size_t bytes;
    uint32_t *places; /* By part: where it lies; MJL_NO_INDEX. */
} mjl_incoming;

/* A message that names parts which are not here, or are not its own. */
typedef struct mjl_incomplete {
    uint32_t place;
    uint64_t warning; /* 0: none stands. */
} mjl_incomplete;

/* The last whole body that was asked for. */
typedef struct mjl_large_body_room mjl_large_body_room;

typedef struct mjl_large {
    mjl_large_say *says; /* Ascending; of those without a place the first one moves. */
    size_t says_count, says_room;
    uint64_t next_number, task;
    uint32_t last_place; /* Of ours: it has to leave before the next turn. */
    bool dirty;
    struct mjl_large_gone { /* Records that go with the next persist. */
        uint64_t number;
        uint32_t parts_from, parts_to;
    } * gone;
    size_t gone_count, gone_room;
    mjl_incoming *incoming; /* In order of their first parts. */
    size_t incoming_count, incoming_room;
    mjl_incomplete *incomplete; /* In order of acceptance. */
    size_t incomplete_count, incomplete_room;
    mjl_large_body_room *body;
} mjl_large;

MJL_MUST_USE mjl_result mjl_large_init(mjl_large *large);
void mjl_large_clear(mjl_large *large); /* Wipes. */

/* ---- Our own (large_say.c, large_turn.c) ---- */

/* FULL, and what else left nothing changed, before `is_begun` is set. */
MJL_MUST_USE mjl_result mjl_large_say_it(mjl_session *session, const mjl_say *say,
                                         mjl_message_id *message, bool *is_begun);
/* A turn, if none is planned and something may move. */
MJL_MUST_USE mjl_result mjl_large_flush(mjl_session *session);
MJL_MUST_USE mjl_result mjl_large_turn(mjl_session *session);
/* NOT_FOUND: none that asks. */
MJL_MUST_USE mjl_result mjl_large_agree(mjl_session *session, const mjl_message_id *message);
/* All end FAILED. */
MJL_MUST_USE mjl_result mjl_large_fail(mjl_session *session, mjl_result why);
/* The place of one of ours is on a line that was left: it goes out again, with its parts. */
MJL_MUST_USE mjl_result mjl_large_again(mjl_session *session, uint32_t place);
/* Somebody acked something. */
MJL_MUST_USE mjl_result mjl_large_acked(mjl_session *session);
bool mjl_large_is_said(const mjl_session *session, const mjl_message_id *message);
/* Takes the say's buffers. */
MJL_MUST_USE mjl_result mjl_large_add_say(mjl_large *large, mjl_large_say *taken);
void mjl_large_say_clear(mjl_large_say *say);

/* ---- For large_turn.c, which moves them ---- */

/* The one whose turn it is; NULL. */
mjl_large_say *mjl_large_current(const mjl_large *large);
size_t mjl_large_count(const mjl_large *large, bool is_placed);
/* Its records go with the next persist. */
MJL_MUST_USE mjl_result mjl_large_drop(mjl_session *session, mjl_large_say *say);
MJL_MUST_USE mjl_result mjl_large_tell_state(mjl_session *session, const mjl_message_id *message,
                                             mjl_message_state old_state,
                                             mjl_message_state new_state, mjl_result why);
MJL_MUST_USE mjl_result mjl_large_tell_progress(mjl_session *session, mjl_large_say *say);
/* Moves `everyone` to the first part that somebody is not known to have. */
MJL_MUST_USE mjl_result mjl_large_count_everyone(mjl_session *session, mjl_large_say *say);
/* Everyone has the place that names them, or it is forgotten who follows it. */
bool mjl_large_is_over(const mjl_session *session, const mjl_large_say *say);

/* ---- What comes (large_take.c) ---- */

/* A place of type part, or large, was accepted; `content` is its. */
MJL_MUST_USE mjl_result mjl_large_take_part(mjl_session *session, uint32_t place,
                                            const mjl_content *content);
MJL_MUST_USE mjl_result mjl_large_take(mjl_session *session, uint32_t place,
                                       const mjl_content *content);
MJL_MUST_USE mjl_result mjl_large_end_warnings(mjl_session *session);
MJL_MUST_USE mjl_result mjl_large_resume_warnings(mjl_session *session); /* It takes part again. */

/* ---- Wholes (large_whole.c) ---- */

/* A place of the part that has its content here; MJL_NO_INDEX. */
uint32_t mjl_large_find_part(const mjl_session *session, const mjl_message_id *part);
/* Are all parts here and its own? NOT_FOUND: not all; BAD_PAYLOAD: one is another's or misplaced.
 */
MJL_MUST_USE mjl_result mjl_large_check(const mjl_session *session, uint32_t author,
                                        const mjl_large_body *large);
/* The whole body; until the next call on the profile. */
MJL_MUST_USE mjl_result mjl_large_read(const mjl_session *session, uint32_t place,
                                       mjl_bytes *media_type, mjl_bytes *body);
/* Gives back what the last one took. */
void mjl_large_forget_body(const mjl_session *session);
/* Number of progress steps that so many parts are. */
uint32_t mjl_large_step(uint32_t done, uint32_t parts_count);

/* ---- Saved (large_saved.c) ---- */

MJL_MUST_USE mjl_result mjl_large_save(mjl_large *large, uint32_t session, mjl_records *records);
void mjl_large_persisted(mjl_large *large);
MJL_MUST_USE mjl_result mjl_large_load_head(mjl_large *large, mjl_bytes saved);
MJL_MUST_USE mjl_result mjl_large_load_say(mjl_large *large, uint64_t number, mjl_bytes saved);
MJL_MUST_USE mjl_result mjl_large_load_part(mjl_large *large, uint64_t key, mjl_bytes saved);
/* Everything else of the session is here: finds what came. */
MJL_MUST_USE mjl_result mjl_large_load_done(mjl_session *session);

/* Every promise of this room, for tests. */
bool mjl_large_is_sound(const mjl_session *session);

#endif
