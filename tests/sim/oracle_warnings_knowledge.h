/*
 * What one member can know of the others, computed from the packets it took and the places it
 * accepted: who has what, what is named and not there, who was heard, what it sent itself.
 *
 *     oracle_warnings_knowledge  who has what, and what a step and a crash do to it
 *     oracle_warnings_gaps       what is named and not there
 *     oracle_warnings_names      what an insider's places name
 *     oracle_warnings_heard      what packets tell, and what the node tells itself
 *     oracle_warnings_unopened   what waits until an epoch is reached
 *
 * For oracle_warnings.c. Places are indices in the order in which the node accepted them; members
 * are identities. What cannot be seen from outside makes things doubtful, which excuses either word
 * of the engine, and nothing else does.
 */
#ifndef SIM_ORACLE_WARNINGS_KNOWLEDGE_H
#define SIM_ORACLE_WARNINGS_KNOWLEDGE_H

#include "look.h"
#include "oracle.h"
#include "world.h"

typedef struct measured { /* BC_LAT; 0: none yet. */
    uint32_t least, most;
} measured;

typedef struct patience { /* How much later by the measured latency: at one of two instants. */
    mjl_time least, most;
} patience;

typedef struct known_place {
    uint32_t index, place;     /* Here, and in the truth. */
    uint32_t first, next_same; /* Indices of places of the same message; SIM_NONE. */
    mjl_time accepted_at;
    patience with;
    bool is_let_go, is_done;
} known_place;

typedef struct known_member {
    /* It said so before the node had these places: who keeps that in mind knows. */
    sim_set may_have;
    sim_set has;           /* Indices. */
    sim_set read;          /* The same, as far as it was there to read what leads to it. */
    uint64_t heard_epoch;  /* The highest in which it was heard and nothing it named is missing. */
    uint64_t may_epoch;    /* The same, if what was opened late was taken. */
    uint64_t counter;      /* Of its newest statement. */
    uint64_t may_counter;  /* The same, if what was opened late was taken. */
    mjl_time good_at;      /* When it last was up to date, or came; 0: it never came. */
    mjl_time may_good_at;  /* The same, if what was opened late was taken. */
    mjl_time asked_since;  /* Our first statement since it was heard; 0: there is none. */
    mjl_time away_since;   /* When its last word that it goes was accepted; 0: it is not away. */
    mjl_time away_until;   /* 0: it did not say. */
    bool is_away_doubtful; /* It may have been heard since. */
} known_member;

typedef struct known_gap {
    mjl_id id;
    sim_set stated_by;
    mjl_time since;
    patience with;
    mjl_time sure_since; /* When it was no more than perhaps a gap before; 0: it always was one. */
    patience since_sure;
    bool is_doubtful;   /* What was opened late named it, or named it no more. */
    bool is_unsure;     /* Only named by what may have been dropped. */
    bool is_questioned; /* A newer statement came: does anybody name it still? */
} known_gap;

typedef struct known_waiting { /* A place that was taken and waits for its parents. */
    uint32_t place;
    uint32_t crafted; /* `place` is SIM_NONE: one that is refused when they are here. */
    bool is_late;     /* It was opened late: it may have been refused as coming too late. */
} known_waiting;

typedef struct known_unopened { /* Of an epoch that is not reached: opened once it is. */
    uint32_t packet, branch;
    uint32_t crafted; /* `packet` is SIM_NONE. */
} known_unopened;

typedef struct known_claim { /* It said that it has what is not here. */
    uint32_t member;
    mjl_id id;
} known_claim;

typedef struct known_welcome {
    uint32_t branch;
    mjl_time sent_at;
    patience with;
    bool is_unsure; /* It was made earlier than it left. */
} known_welcome;

typedef struct known_crafted { /* An insider's place, which no truth has: it names all the same. */
    const uint8_t *payload;    /* In the tap's memory: tells them apart. */
    uint32_t author, branch;   /* Where its author was; SIM_NONE. */
    mjl_id *parents;
    size_t parents_count;
} known_crafted;

typedef struct known_crafts { /* Of the whole world. */
    known_crafted *entries;
    size_t count, room;
} known_crafts;

typedef struct knowledge {
    const known_crafts *crafts;
    uint32_t members_count;
    known_place *places;
    size_t places_count, places_room;
    known_member *others;
    known_gap *gaps;
    size_t gaps_count, gaps_room;
    known_waiting *waiting;
    size_t waiting_count, waiting_room;
    known_claim *claims;
    size_t claims_count, claims_room;
    known_unopened *unopened;
    size_t unopened_count, unopened_room;
    known_welcome *welcomes;
    size_t welcomes_count, welcomes_room;
    uint8_t nonce[16]; /* Of its own latest statement. */
    bool has_nonce, took_part;
    bool was_backed_up; /* What it makes leaves later. */
    bool has_restarted; /* What leaves was perhaps made before. */
    uint32_t tip;
    size_t visits_seen;               /* Of its view. */
    measured measured, measured_then; /* Since the last step, and from the one before to it. */
    mjl_time now;                     /* Its clock, which never goes back. */
    mjl_time awake_since, stepped_at;
    mjl_time world_then; /* As of the last step: its clock may have jumped since. */
    uint32_t knocks_surely, knocks_perhaps; /* Since anybody was heard. */
    sim_set roots;                          /* Branches that Welcomes led it to. */
    uint64_t first_then;                    /* Of its line, before what arrived moved it. */
    uint64_t latest_named;                  /* Epoch, by a packet that was kept for it. */
    bool is_left_behind;                    /* So many, and packets of later epochs waited. */
} knowledge;

void knowledge_init(knowledge *known, uint32_t members_count, const known_crafts *crafts);
void knowledge_clear(knowledge *known);
void knowledge_copy(knowledge *to, const knowledge *from);
/* What left is kept, whatever was saved: it was durable before. */
void knowledge_keep_sent(knowledge *known, const knowledge *lost);

/* A packet that nobody was seen to send: the index of the place that an insider crafted, SIM_NONE
   if it is none. */
uint32_t known_crafts_note(known_crafts *crafts, const sim_world *world, mjl_bytes packet);
void known_crafts_clear(known_crafts *crafts);
/* The latest branch of that node whose epoch the packet bears; else its tip. */
uint32_t known_made_on(const sim_world *world, uint32_t node, mjl_bytes packet);

/* `branch`: where the packet was made, of a Welcome where it leads; SIM_NONE. `crafted`: what an
 * insider made; SIM_NONE. */
void knowledge_arrival(knowledge *known, sim_world *world, uint32_t node,
                       const sim_arriving *arriving, uint32_t branch, uint32_t crafted);
void knowledge_accepted(knowledge *known, sim_world *world, uint32_t node, uint32_t place);
void knowledge_sent(knowledge *known, sim_world *world, uint32_t node, const sim_sending *sending);
void knowledge_stepped(knowledge *known, sim_world *world, uint32_t node);

/* Was that member in the roster there, as far as anybody saw it? */
bool knowledge_reads(const sim_truth *truth, uint32_t branch, uint32_t reader);

typedef enum known_count { COUNTS_NOT, COUNTS_PERHAPS, COUNTS_SURELY } known_count;

/* Does the node count that member among the readers of the message whose first place this is? */
known_count knowledge_counts(const knowledge *known, const sim_world *world, uint32_t node,
                             const known_place *first, uint32_t reader);

/* Is it away, as it said? -1: no, 1: yes, 0: either. */
int knowledge_away(const knowledge *known, uint32_t member);

/* May packets wait for an epoch later than the tip's? */
bool knowledge_may_be_behind(const knowledge *known, const sim_truth *truth);

/* ---- Between the files ---- */

void knowledge_note_time(knowledge *known, const sim_world *world, uint32_t node);
/* Packets change what is measured: many may come before a step. */
void knowledge_note_measured(knowledge *known, const sim_world *world, uint32_t node);
/* By what was measured at some time since the last step, or in it. */
patience knowledge_patience(const knowledge *known, const sim_world *world, uint32_t node,
                            bool is_after_step);
/* Into `has`: that place and all that it follows in this node's graph; not what only places lead to
   that `reader` could not read, if it is not SIM_NONE. */
void knowledge_has_all(sim_world *world, uint32_t node, sim_set *has, size_t index,
                       uint32_t reader);
void knowledge_note_heard(knowledge *known, const sim_world *world, uint32_t member, uint64_t epoch,
                          mjl_time at);
bool knowledge_is_here(const sim_world *world, uint32_t node, const mjl_id *id);
/* What is named of epochs before that one is not missing: before the Welcome of the tip's line. */
uint64_t knowledge_first_epoch(const knowledge *known, const sim_truth *truth);
/* Is the branch of the tip's line, as the node knows? Whoever was removed and let in again starts
   at another root, and does not know what that stands on. */
bool knowledge_is_on_line(const knowledge *known, const sim_truth *truth, uint32_t branch);
bool knowledge_is_member(const knowledge *known, const sim_truth *truth, uint32_t identity);
/* A place waits here, or surely does: what waits in the epoch that is lived in nobody forgets. */
bool knowledge_waits(const knowledge *known, const sim_truth *truth, const mjl_id *id);
bool knowledge_waits_surely(const knowledge *known, const sim_truth *truth, const mjl_id *id);
/* `is_late`: it was opened after it came. */
void knowledge_note_waiting(knowledge *known, sim_world *world, uint32_t node, uint32_t number,
                            bool is_late);
/* A statement of `author` names a place that waits here: so it names what that waits for. */
void knowledge_name_before(knowledge *known, sim_world *world, uint32_t node, const mjl_id *id,
                           uint32_t author, bool is_late);
void knowledge_note_crafted(knowledge *known, sim_world *world, uint32_t node, uint32_t crafted,
                            bool is_late);
/* Why it was kept for later; `branch` as of the arrival. */
void knowledge_note_buffered(knowledge *known, sim_world *world, uint32_t node, uint32_t packet,
                             mjl_result why, uint32_t branch);
void knowledge_crafted_buffered(knowledge *known, sim_world *world, uint32_t node, uint32_t crafted,
                                mjl_result why);
void knowledge_take_statement(knowledge *known, sim_world *world, uint32_t node,
                              const sim_look *look, bool is_late);
/* A packet of that epoch was kept for later. */
void knowledge_note_named(knowledge *known, uint64_t epoch);
/* The gap of that name, which begins now if there is none. */
known_gap *knowledge_gap(knowledge *known, sim_world *world, uint32_t node, const mjl_id *id);
/* Is that very place missing: named, or waited for? `is_sure`: nobody can have forgotten it. */
bool knowledge_misses(const knowledge *known, const sim_world *world, const mjl_id *id,
                      bool *is_sure);
/* If the tip moved: what waits names what it follows, where its author is a member (again). */
void knowledge_name_again(knowledge *known, sim_world *world, uint32_t node);
/* Who was none on the way of the tip, and is one again, is forgotten as one who named something, if
   it did so before. */
void knowledge_pass(knowledge *known, const sim_world *world, uint32_t node);
/* Those that a newer statement does not name any more. */
void knowledge_sweep_questioned(knowledge *known, const sim_world *world, uint32_t node);
void knowledge_sweep_gaps(knowledge *known, sim_world *world, uint32_t node);
/* The tip did. Nothing may wait for a later epoch any more. */
void knowledge_moved(knowledge *known, const sim_truth *truth);
void knowledge_open_what_is_reached(knowledge *known, sim_world *world, uint32_t node);

#endif
