/*
 * An oracle: one promise of the design, watched from outside while a world runs.
 *
 *     world ── what happens ──> every oracle ── sim_broken(...) ──> the run ends, exit 1
 *
 * It may look at the truth (`truth.h`), at the nodes, and ask a node's engine questions; what the
 * engine says is what is examined, never what decides. It keeps its own state, changes nothing in
 * the world and draws no chance. Every function may be NULL. A new oracle: one file, one row in
 * oracles.c (README.md).
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "majlis/event.h"
#include "script.h"

typedef struct sim_world sim_world;

typedef struct sim_input { /* A call of an application, after it returned. */
    const sim_step *step;
    mjl_result result;
    uint32_t said; /* Index in the truth, of a say that was accepted; else SIM_NONE. */
} sim_input;

typedef struct sim_sending { /* A packet that a node hands out, before anybody has it. */
    const mjl_packet *packet;
    uint32_t number; /* In the truth's packets. */
    bool is_first;   /* Never on the wire before. */
} sim_sending;

typedef struct sim_arriving { /* After mjl_profile_receive. */
    mjl_bytes bytes;
    uint32_t number; /* In the truth's packets; SIM_NONE: damaged or made up on the way. */
    uint32_t from;   /* Node; SIM_NONE: injected. */
    mjl_result result;
    const mjl_verdict *verdict; /* NULL unless the result is OK. */
    /* Now and then: the state before, and if the packet was refused the state after a step. */
    bool has_states;
    mjl_id before, after;
} sim_arriving;

typedef struct sim_oracle {
    const char *name; /* "I4 causal order" */
    void *(*make)(const sim_world *world);
    void (*on_input)(void *state, sim_world *world, uint32_t node, const sim_input *input);
    void (*on_packet_out)(void *state, sim_world *world, uint32_t node, const sim_sending *sending);
    void (*on_arrival)(void *state, sim_world *world, uint32_t node, const sim_arriving *arriving);
    /* A place is durably in the node's graph; the view has it already, and all before it. */
    void (*on_accepted)(void *state, sim_world *world, uint32_t node, uint32_t place);
    void (*on_event)(void *state, sim_world *world, uint32_t node, const mjl_event *event);
    /* It stopped without another step, by itself or because a call failed. */
    void (*on_crash)(void *state, sim_world *world, uint32_t node);
    void (*on_reopen)(void *state, sim_world *world, uint32_t node);
    /* A step returned OK, and the view is as durable as the disk; nothing was handed out yet. */
    void (*after_step)(void *state, sim_world *world, uint32_t node);
    /* A step, and everything it gave was handed out. */
    void (*after_drain)(void *state, sim_world *world, uint32_t node);
    void (*at_heal)(void *state, sim_world *world); /* The core is healed; liveness begins. */
    void (*at_calm)(void *state, sim_world *world); /* It converged; silence begins. */
    void (*at_end)(void *state, sim_world *world);
    void (*free)(void *state);
} sim_oracle;

/* Ended by a NULL. */
extern const sim_oracle *const sim_oracles[];

/* The promise does not hold. The first one counts. `node` may be SIM_NONE. */
__attribute__((format(printf, 4, 5))) void sim_broken(sim_world *world, const char *oracle,
                                                      uint32_t node, const char *text, ...);
/* The same, where the truth cannot be followed any further: the run ends, even if only another
   promise is asked about (--oracle). */
__attribute__((format(printf, 4, 5))) void sim_blinded(sim_world *world, const char *oracle,
                                                       uint32_t node, const char *text, ...);

#endif
