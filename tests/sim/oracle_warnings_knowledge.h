/*
 * What one member can know of the others, computed from the packets it took and the places it
 * accepted: who has what, what is named and not there, who was heard, what it sent itself.
 *
 * For oracle_warnings.c. Places are indices in the order in which the node accepted them; members
 * are identities.
 */
#ifndef SIM_ORACLE_WARNINGS_KNOWLEDGE_H
#define SIM_ORACLE_WARNINGS_KNOWLEDGE_H

#include "oracle.h"
#include "world.h"

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
    sim_set
        may_have; /* It said so before the node had these places: who keeps that in mind knows. */
    sim_set has;  /* Indices. */
    uint64_t heard_epoch; /* The highest in which it was heard and nothing it named is missing. */
    uint64_t may_epoch;   /* The same, if what was opened late was taken. */
    uint64_t counter;     /* Of its newest statement. */
    mjl_time good_at;     /* When it last was up to date, or came; 0: it never came. */
    mjl_time deaf_since;  /* When it last was heard at all, or came. */
} known_member;

typedef struct known_gap {
    mjl_id id;
    sim_set stated_by;
    mjl_time since;
    patience with;
    bool is_doubtful; /* What was opened late named it, or named it no more. */
    bool is_unsure;   /* Only named by what may have been dropped. */
} known_gap;

typedef struct known_waiting { /* A place that was taken and waits for its parents. */
    uint32_t place;
} known_waiting;

typedef struct known_unopened { /* Of an epoch that is not reached: opened once it is. */
    uint32_t packet, branch;
} known_unopened;

typedef struct known_claim { /* It said that it has what is not here. */
    uint32_t member;
    mjl_id id;
} known_claim;

typedef struct known_welcome {
    uint32_t branch;
    mjl_time sent_at;
    patience with;
    bool is_unsure;
} known_welcome;

typedef struct knowledge {
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
    uint32_t tip;
    uint32_t measured; /* As of the last step. */
    mjl_time now;      /* Its clock, which never goes back. */
    mjl_time awake_since, stepped_at;
} knowledge;

void knowledge_init(knowledge *known, uint32_t members_count);
void knowledge_clear(knowledge *known);
void knowledge_copy(knowledge *to, const knowledge *from);

/* `branch`: where the packet was made; SIM_NONE. */
void knowledge_arrival(knowledge *known, sim_world *world, uint32_t node,
                       const sim_arriving *arriving, uint32_t branch);
void knowledge_accepted(knowledge *known, sim_world *world, uint32_t node, uint32_t place);
void knowledge_sent(knowledge *known, sim_world *world, uint32_t node, const sim_sending *sending);
void knowledge_stepped(knowledge *known, sim_world *world, uint32_t node);

/* Does the node count that member among the readers of the message whose first place this is? */
bool knowledge_counts(const sim_world *world, uint32_t node, const known_place *first,
                      uint32_t reader);

#endif
