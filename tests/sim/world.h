/*
 * The world: members on simulated machines, the network between them, virtual time, and everybody
 * who watches.
 *
 *      script ──> [ members: disk, clock, chance, profile ] <──> network
 *                     │ inputs, packets, events
 *                     └──> truth ──> oracles
 *
 * Deterministic in its script. One world at a time in a process (tap.h).
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "majlis/loopback.h"
#include "node.h"
#include "oracle.h"
#include "secrets.h"
#include "tap.h"
#include "truth.h"

enum { SIM_WORLD_BEGAN = 1000000000, SIM_VERDICT_WHYS = 256 };

typedef enum sim_phase { SIM_PHASE_FAULTS = 0, SIM_PHASE_LIVENESS, SIM_PHASE_QUIET } sim_phase;

typedef struct sim_counters {
    uint64_t actions[SIM_ACTIONS_COUNT]; /* Done, by kind: a refused one does not count. */
    uint64_t disk_faults, crashes, reopens;
    uint64_t verdicts[MJL_VERDICT_COUNT];
    uint64_t packets, bytes, fresh_bytes, steps, events, shadows;
    uint64_t delivered;
    mjl_network_counters network;
    mjl_time converged_ms; /* From the heal on. */
} sim_counters;

struct sim_world {
    const sim_script *script;
    mjl_time now;
    mjl_time origin; /* What the script's times count from. */
    sim_phase phase;
    uint32_t turns_here; /* At this instant. */
    sim_tap *tap;
    sim_secrets *secrets; /* NULL unless oracles watch. */
    mjl_network *network;
    sim_node *nodes;
    uint32_t members_count; /* Without copies. */
    uint32_t nodes_count;   /* With copies. */
    uint32_t nodes_room;
    sim_truth truth;
    void **oracle_states;
    bool has_doubled_keys;    /* A member that went back or was copied sealed twice with one key. */
    bool has_doubled_commits; /* And these were commits. */
    bool has_forgeries;       /* Bytes that no member made have arrived, or may have. */
    struct sim_early {        /* Forgeries that came before their epochs were reached. */
        uint32_t node;
        mjl_id id;
        mjl_buffer packet;
    } * early;
    size_t early_count, early_room;
    bool is_quick;          /* No oracles: for measuring, and for the second of two equal runs. */
    bool steps_twice;       /* So that what was handed out is persisted at once; */
    bool reopens_each_step; /* and closed and opened again after it. */
    sim_chance refusal_chance; /* When a node's state is taken before a packet. */
    sim_counters counters;
    FILE *trace; /* NULL: none. */

    const char *only; /* The one promise that is asked about; NULL: all. */

    /* The first broken promise. */
    bool is_broken;
    bool is_unseen; /* It is none that was asked about, but ends the run. */
    char broken_oracle[48], broken_text[512];
    uint32_t broken_node, broken_step;
    uint32_t step; /* The script's step last done. */
};

sim_world *sim_world_new(const sim_script *script);
void sim_world_free(sim_world *world);

/* Runs everything until then, or until a promise is broken. */
void sim_world_run(sim_world *world, mjl_time until);
/* Runs until the predicate holds; false if it did not until then. */
bool sim_world_run_until(sim_world *world, mjl_time until, bool (*holds)(sim_world *world));

mjl_session *sim_world_session(const sim_world *world, uint32_t node);    /* NULL. */
mjl_session_state sim_world_state(const sim_world *world, uint32_t node); /* 0: none. */
bool sim_world_is_up(const sim_world *world, uint32_t node);
bool sim_world_is_core(const sim_world *world, uint32_t node); /* Unspoiled, and no copy. */

/* Stops the node without another step. It starts again after so many ms, or SIM_NEVER. */
void sim_world_stop(sim_world *world, uint32_t i, mjl_time down_ms);
/* Opens it, now. False: its disk did not let it; it stays down. */
bool sim_world_start(sim_world *world, uint32_t i);
/* Another machine with a copy of that disk. SIM_NONE: no room. */
uint32_t sim_world_copy(sim_world *world, uint32_t of, const sim_disk *disk);
/* Hands bytes to a node as if they came from the network. */
void sim_world_inject(sim_world *world, uint32_t node, mjl_bytes bytes);
/* A call was made: it is noted, and the node waits for its step. */
void sim_world_called(sim_world *world, uint32_t i, const sim_input *input);
/* Steps the node and takes what it gives. */
void sim_world_settle(sim_world *world, uint32_t i);
/* Opens a copy of what is durably on the node's disk. NULL if it does not open. Close it. */
mjl_profile *sim_world_shadow(sim_world *world, uint32_t i, sim_disk **disk);
void sim_world_shadow_close(sim_world *world, mjl_profile *shadow, sim_disk *disk);

#endif
