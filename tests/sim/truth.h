/*
 * The omniscient view: what was really said, sent, accepted and delivered, by whom, when, and on
 * top of what. Oracles compare the engine with this.
 *
 *     inputs ───────> said                        (who said what, to which roster)
 *     packets out ──> packets ── tap ──> places   (author, content, parents: read by our own eyes)
 *     durable graph > views                       (which places a node has, in which order)
 *
 * A view is read from a node's graph after a step that persisted, and each place in it must be one
 * that its author really made: what an engine claims of other members' places is checked against
 * what they sent, never believed. What a place stands on (`past`) is what its author had accepted
 * when it made it. Numbers below are indices into the arrays; SIM_NONE is none.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "look.h"
#include "majlis/graph.h"
#include "sets.h"

typedef struct sim_said { /* One accepted say. */
    uint32_t node;        /* Who. */
    uint32_t step;        /* Number of the script's step. */
    mjl_time at;
    mjl_message_id message;
    mjl_id body_hash;
    size_t size;
    uint32_t branch; /* Where its author was. */
    bool is_queued, asks;
    bool is_durable; /* A step after it returned OK. */
    bool is_lost;    /* Its author crashed before that, or went back behind it: never said. */
} sim_said;

typedef struct sim_branch { /* An epoch, named by the commit that starts it. */
    mjl_branch_id id;
    uint64_t epoch;
    uint32_t parent;
    uint32_t commit;  /* A place; SIM_NONE for the first. */
    sim_set roster;   /* Identities. */
    sim_set lived;    /* Those that ever had it for their tip, whatever became of that state. */
    bool has_roster;  /* Somebody was seen in it. */
    uint32_t told_by; /* The node whose word the roster is; all others' must be the same. */
} sim_branch;

typedef struct sim_place {
    mjl_place_id id;
    uint32_t message; /* Index; of a commit SIM_NONE. */
    uint32_t author;  /* Identity. */
    uint32_t maker;   /* Node: a clone makes places under the same identity. */
    mjl_place_kind kind;
    uint8_t type; /* SIM_TYPE_...; 0 until its packet was seen, and of commits. */
    uint64_t epoch, seq;
    uint32_t branch, starts; /* `starts`: of a commit. */
    sim_set past;            /* Places that its maker had. */
    sim_place_name *parents; /* As signed, NULL until its packet was seen; of a commit, whose
                                header is sealed, as its maker's graph has them. */
    uint32_t parents_count;
    bool is_given_again; /* Its author told it in a statement, in which no packet comes. */
    uint32_t packet;
    mjl_time at;
} sim_place;

typedef struct sim_message { /* A content under its stable id, however often it is placed. */
    mjl_message_id id;
    uint32_t author;
    uint32_t said; /* SIM_NONE: a FIN, an intent, a part. */
    uint32_t first_place;
    sim_set places;
} sim_message;

typedef struct sim_packet { /* Bytes that were on the wire. */
    mjl_buffer bytes;
    mjl_packet_kind kind;
    uint32_t maker; /* The node that first sent it. */
    uint32_t place; /* Of a place. */
    mjl_time first_at;
    uint64_t sendings;
    uint64_t wanted_epoch; /* Its clear epoch number. */
    bool is_doubled;       /* Another one was sealed with its key. */
} sim_packet;

typedef struct sim_delivery {
    uint32_t message;
    uint64_t event; /* Its number: after a restart the same one may come again. */
} sim_delivery;

typedef struct sim_view { /* What a node durably has, since its lineage began. */
    uint32_t lineage;     /* Rises when it went back to an older state. */
    uint32_t root;        /* The branch it came in on; SIM_NONE: not in yet. */
    sim_set roots;        /* That one, and where further Welcomes for its request led. */
    uint32_t tip;         /* Where it was last seen. */
    struct sim_visit {    /* Every tip it is known to have been at. */
        uint32_t branch;
        size_t order_before; /* So many places it had before the step, */
        size_t order_least;  /* and at the move: of one that it passed through within */
        size_t order_count;  /* a step, anything between. */
    } * visits;
    size_t visits_count, visits_room;
    size_t visits_told;   /* The index of the last one that events told of, */
    uint64_t visit_event; /* and that event's number. */
    sim_set accepted;
    sim_set bare;              /* Of these, what it took from a statement that gave it again. */
    sim_set arrived, too_late; /* Places whose packets came, and that after the node had let go of
                                  their epochs' keys. */
    uint32_t *order;           /* Places as accepted. */
    size_t order_count, order_room;
    sim_delivery *deliveries;
    size_t deliveries_count, deliveries_room;
    uint32_t said_open;       /* Says that wait for a step. */
    uint64_t settled;         /* Events up to here are settled durably, */
    uint64_t settled_pending; /* and up to here with the next step. */
} sim_view;

typedef struct sim_truth {
    sim_said *said;
    size_t said_count, said_room;
    sim_branch *branches;
    size_t branches_count, branches_room;
    sim_place *places;
    size_t places_count, places_room;
    sim_message *messages;
    size_t messages_count, messages_room;
    sim_packet *packets;
    size_t packets_count, packets_room;
    sim_view *views; /* By node. */
    uint32_t views_count;
    sim_table branch_numbers, place_numbers, message_numbers, packet_numbers, identities,
        sealed_numbers; /* By key (tap.h): the packet. */
} sim_truth;

void sim_truth_init(sim_truth *truth, uint32_t nodes_count);
void sim_truth_clear(sim_truth *truth);

/* SIM_NONE if it is not known. */
uint32_t sim_truth_branch(const sim_truth *truth, const mjl_branch_id *id);
uint32_t sim_truth_place(const sim_truth *truth, const mjl_place_id *id);
uint32_t sim_truth_message(const sim_truth *truth, const mjl_message_id *id);
uint32_t sim_truth_packet(const sim_truth *truth, mjl_bytes bytes);
uint32_t sim_truth_identity(const sim_truth *truth, const mjl_member_id *id);

uint32_t sim_truth_add_branch(sim_truth *truth, const mjl_branch_id *id, uint64_t epoch,
                              uint32_t parent);
uint32_t sim_truth_add_message(sim_truth *truth, const mjl_message_id *id, uint32_t author);
/* Takes a place whose id is new. */
uint32_t sim_truth_add_place(sim_truth *truth, const sim_place *place);
uint32_t sim_truth_add_packet(sim_truth *truth, mjl_bytes bytes, const sim_packet *packet);
void sim_truth_accept(sim_truth *truth, uint32_t node, uint32_t place);

/* Is `ancestor` the branch itself, or one it came from? */
bool sim_truth_is_ancestor(const sim_truth *truth, uint32_t ancestor, uint32_t branch);
/* The epoch behind `from` on the way to `to`; SIM_NONE: that way leads elsewhere. */
uint32_t sim_truth_next_towards(const sim_truth *truth, uint32_t from, uint32_t to);
/* The root of the node's whose line the branch is of; SIM_NONE. */
uint32_t sim_truth_root(const sim_truth *truth, uint32_t node, uint32_t branch);
/* The node lives on that branch: below a root that is known, or a Welcome led it there. */
void sim_truth_note_root(sim_truth *truth, uint32_t node, uint32_t branch);
/* It accepts something there: then it accepted every commit that leads there from a root, and if it
   did not, a Welcome led it there. Of who was removed and let in again the later root may stand on
   the line of the earlier one. */
void sim_truth_note_root_of_place(sim_truth *truth, uint32_t node, uint32_t branch);
/* Does the node durably have some place of the message? */
bool sim_truth_has_message(const sim_truth *truth, uint32_t node, uint32_t message);
/* The place of the message that the node accepted first; SIM_NONE. */
uint32_t sim_truth_first_place(const sim_truth *truth, uint32_t node, uint32_t message);
/* Is `reader` one of whom `node` must know that it has the message, to say that everyone has it? It
   was a reader of the place that the node accepted first, and a member ever since on the way that
   the node's tip went: whose removal it applied, or who was added on a line that lost, is none. */
bool sim_truth_counts(const sim_truth *truth, uint32_t node, uint32_t message, uint32_t reader);
bool sim_truth_was_delivered(const sim_truth *truth, uint32_t node, uint32_t message);
/* May `node`, which accepts `place`, lack `before`, which the place's author had? Only when it is
   of a rival branch or from before the node's time. Asked of the author: need it not follow it? */
bool sim_truth_may_lack(const sim_truth *truth, uint32_t node, uint32_t place, uint32_t before);

#endif
