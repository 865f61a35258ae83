/*
 * Who was heard, and the statements with which members tell each other what they have.
 *
 * A frontier statement is the only explicit ack and the heartbeat (DESIGN section 9). It is made
 * when something was accepted that no place of ours covers, when somebody names us as waited for,
 * and when nothing was said for a heartbeat. It is never repeated and never elicits another by
 * itself.
 *
 * Time: only through the session's schedule. Saved: one record per author, and the own part in the
 * session's record.
 */
#ifndef MAJLIS_SESSION_PRESENCE_H
#define MAJLIS_SESSION_PRESENCE_H

#include "majlis/session.h"
#include "nonces.h"
#include "payload.h"

typedef struct mjl_presence_entry { /* One per author. */
    mjl_time last_heard;            /* 0: never. */
    uint64_t heard_epoch;           /* Highest epoch number of our line it spoke in. */
    uint32_t lives_in;    /* Where it spoke last, whatever is missing: the epoch's index and one; 0:
                             nowhere. */
    mjl_time lives_since; /* It was heard there, behind the last fork, and on no other line. */
    mjl_time lives_heard; /* When it spoke last in that epoch; `last_heard` is of any packet. */
    uint64_t counter;     /* Of its latest statement. */
    uint8_t nonce[MJL_STATEMENT_NONCE_SIZE];
    bool has_nonce;
    bool owes_echo;          /* Its nonce was heard since our last statement. */
    bool echo_first;         /* It asked us: before others, where not all fit. */
    bool is_leaving;         /* Its FIN was accepted. */
    mjl_message_id fin;      /* The basis of its removal. */
    uint64_t knock_counter;  /* Of its latest knock. */
    mjl_time nonce_since;    /* Of our oldest nonce that it did not echo; 0: none. */
    mjl_time fresh_asked_at; /* When a statement last asked it whether it is there. */
    mjl_time away_since;     /* It said that it goes; 0: it did not, or is back. */
    mjl_time away_until;     /* 0: it did not say. */
    uint64_t fresh_warning;  /* Number of the raised warning; 0: none. */
    bool is_verified;
    bool dirty;
} mjl_presence_entry;

typedef struct mjl_presence {
    mjl_presence_entry *entries; /* Index = author index in the transcript. */
    uint32_t count, room;
    /* The own part. */
    mjl_nonces nonces;
    mjl_time last_spoke; /* Any place or statement of ours. */
    mjl_time last_statement;
    bool has_unspoken; /* Something was accepted that no place or statement of ours covers. */
    bool was_asked;    /* A member waits for our ack. */
    bool asks_all;     /* The next statement waits for all who owe. */
    uint32_t heartbeat_step;
    uint64_t statement_task, heartbeat_task, fresh_task, away_task; /* 0: none. */
} mjl_presence;

void mjl_presence_clear(mjl_presence *presence);
/* Room for authors up to `author`. */
MJL_MUST_USE mjl_result mjl_presence_reserve(mjl_presence *presence, uint32_t author);

/* How far heartbeats are apart now: it doubles while the room is idle. */
mjl_time mjl_presence_period(const mjl_session *session);
/* Not heard for longer than an active room's heartbeat allows. */
bool mjl_presence_is_silent(const mjl_session *session, uint32_t author);
/* Was any other member heard later than that? */
bool mjl_presence_was_anybody_heard(const mjl_session *session, mjl_time since);
/* The tip went from `from` to another line. */
void mjl_presence_switched(mjl_session *session, uint32_t from);
/* A place or statement of `author`, made in that epoch (an index; MJL_NO_INDEX: it does not count
   for one), was opened and verified. */
MJL_MUST_USE mjl_result mjl_presence_heard(mjl_session *session, uint32_t author, uint32_t epoch);
/* Was it last heard in that epoch, or in what follows it? */
bool mjl_presence_lives_on(const mjl_session *session, uint32_t author, uint32_t epoch);
/* Was it last heard on a line that the epoch is not of, and that leaves the epoch's before it? */
bool mjl_presence_lives_beside(const mjl_session *session, uint32_t author, uint32_t epoch);
/* A place of another was accepted: a statement follows unless a place of ours does. */
MJL_MUST_USE mjl_result mjl_presence_owes_statement(mjl_session *session);
/* A place was repeated: whoever lacks it is asked for its ack by a statement. It wakes nobody, or a
   room in which one ack never comes would never be idle. */
MJL_MUST_USE mjl_result mjl_presence_owes_question(mjl_session *session);
/* We came in, and the inviter repeats the Welcome until it hears us: within BC_LAT. */
MJL_MUST_USE mjl_result mjl_presence_speak_soon(mjl_session *session);
/* A lot was caught up with: everyone whose ack is owed is asked for it, in one statement. */
MJL_MUST_USE mjl_result mjl_presence_ask_all(mjl_session *session);
/* A place or statement of ours was made. */
MJL_MUST_USE mjl_result mjl_presence_spoke(mjl_session *session, bool is_statement);
/* What another member's statement says. */
MJL_MUST_USE mjl_result mjl_presence_take_statement(mjl_session *session, uint32_t author,
                                                    uint32_t epoch, const mjl_frontier *frontier);
/* What a want or a knock says of what its author has: acks, and names what is missing here. */
MJL_MUST_USE mjl_result mjl_presence_take_places(mjl_session *session, uint32_t author,
                                                 const mjl_place_ref *places, size_t count);
/* Makes and sends one now, in the tip. */
MJL_MUST_USE mjl_result mjl_presence_say_statement(mjl_session *session);

MJL_MUST_USE mjl_result mjl_presence_statement_due(mjl_session *session);
MJL_MUST_USE mjl_result mjl_presence_heartbeat_due(mjl_session *session);

#endif
