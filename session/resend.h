/*
 * What is kept of each place beside the graph, and the repetition of its packet until everyone has
 * it.
 *
 *      accepted ──FA_INTV──> overdue: warning, and resends from now on
 *                             │   each turn: held by all? ──> done, the packet goes
 *                             │              somebody just sent it? ──> wait one turn
 *                             └── else send the same bytes again; the next turn is twice as far, up
 * to a bound
 *
 * While only members that are silent, or that are being answered, lack places, the oldest one alone
 * is repeated: who comes back asks for the rest.
 *
 * A commit that removes members is also repeated for them, MJL_RESENDS_TO_REMOVED_MAX times in all.
 *
 * Time: only through the session's schedule. Saved: one record per holding, its packet and its
 * content beside it.
 */
#ifndef MAJLIS_SESSION_RESEND_H
#define MAJLIS_SESSION_RESEND_H

#include "acks.h"
#include "majlis/session.h"

typedef struct mjl_holding {
    uint32_t type; /* Payload type; MJL_PLACE_COMMIT for commits. */
    bool is_own;
    mjl_buffer packet;  /* As first sent; empty once nobody needs it. */
    mjl_buffer content; /* Encoded content of a message; empty for commits. */
    mjl_id packet_id;
    mjl_time accepted_at;
    mjl_time last_on_wire; /* When this member last sent or saw it. */
    uint32_t resends;      /* By this member. */
    uint64_t outgoing;     /* Number of its latest packet in the outbox; 0: none. */
    uint32_t wire_count;   /* Repetitions by anyone. */
    uint32_t step;         /* Of the back-off. */
    uint64_t task;         /* The next turn; 0: none. */
    uint64_t warning;      /* Number of the raised warning; 0: none. */
    uint32_t shown_state, shown_held, shown_readers; /* What the application was last told. */
    mjl_time held_at; /* When the last of those who have it was learnt; 0: none was. */
    uint32_t if_grown;
    uint32_t generation;       /* Of an own place: its payload can be told again. */
    bool tells_removed;        /* A commit that somebody removed since was not known to have. */
    bool is_superseded;        /* Placed again: the newer place is repeated instead. */
    uint32_t delivered_number; /* Position in the order of delivery, from 1; 0: not a first content
                                  place. */
    uint32_t
        roster_epoch; /* Index of the epoch whose roster were the readers of the first place. */
    bool record_dirty, packet_dirty, content_dirty;
} mjl_holding;

typedef struct mjl_holdings {
    mjl_holding *entries; /* Index = place index in the transcript. */
    uint32_t count, room;
    uint32_t *dirty; /* Indices with anything to save. */
    uint32_t dirty_count, dirty_room;
    uint32_t delivered_count;
} mjl_holdings;

void mjl_holdings_clear(mjl_holdings *holdings); /* Wipes. */
/* The holding of the place with that index, which must be the next. Takes `holding`'s buffers. */
MJL_MUST_USE mjl_result mjl_holdings_add(mjl_holdings *holdings, mjl_holding *taken);
/* Marks it as changed: its record is written with the next persist. */
MJL_MUST_USE mjl_result mjl_holdings_touch(mjl_holdings *holdings, uint32_t place);

/* A place was accepted that others have to ack: expect it, and plan the first resend. */
MJL_MUST_USE mjl_result mjl_resend_watch(mjl_session *session, uint32_t place);
/* Who has it changed: tell the application; when everyone does, settle and let the packet go. */
MJL_MUST_USE mjl_result mjl_resend_ack_changed(mjl_session *session, uint32_t place);
/* The removal of a reader was applied: it owes nothing more. The commits it lacks are repeated for
   it all the same, so that it learns. */
MJL_MUST_USE mjl_result mjl_resend_drop_reader(mjl_session *session, uint32_t reader,
                                               mjl_acks_changes *changes);
/* Places on branches that lost for good are owed no more. Their authors place what not everyone had
 * again. */
MJL_MUST_USE mjl_result mjl_resend_let_lost_go(mjl_session *session);
/* We are no member any more: what we said and not everyone has will not reach them through us. */
MJL_MUST_USE mjl_result mjl_resend_fail_own(mjl_session *session, mjl_result why);
/* We are one after all: it goes on. */
MJL_MUST_USE mjl_result mjl_resend_take_back_failures(mjl_session *session);
/* Its packet was seen again on the wire. */
MJL_MUST_USE mjl_result mjl_resend_seen_again(mjl_session *session, uint32_t place);
/* FA_INTV passed and not everyone is known to have it. */
MJL_MUST_USE mjl_result mjl_resend_overdue(mjl_session *session, uint32_t place);
/* The session takes no part any more: its warnings end. */
MJL_MUST_USE mjl_result mjl_resend_end_warnings(mjl_session *session);
/* It takes part again: what is overdue still is warned of. */
MJL_MUST_USE mjl_result mjl_resend_resume_warnings(mjl_session *session);
/* Once more, the same bytes. The packet is there. */
MJL_MUST_USE mjl_result mjl_resend_send(mjl_session *session, uint32_t place);
/* All is loaded: who is missing is counted anew, since a long list is not saved at each ack. */
MJL_MUST_USE mjl_result mjl_resend_load_done(mjl_session *session);
/* The task of a place runs. */
MJL_MUST_USE mjl_result mjl_resend_turn(mjl_session *session, uint32_t place);
/* The state a message is in, from what is known of its places. */
mjl_message_state mjl_resend_message_state(const mjl_session *session, uint32_t place,
                                           uint32_t *held, uint32_t *readers);

#endif
