/*
 * One member's machine: a disk, a clock, a source of randomness, and the profile while it runs.
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "disk.h"
#include "majlis/event.h"
#include "script.h"
#include "sets.h"

/* Why a node is no part of the core that must converge: what happened to it is for good, as the
 * design says (DESIGN sections 10 and 11). Bits. */
typedef enum sim_spoil {
    SIM_SPOIL_WENT_BACK = 1, /* It lives on an older state: it must be restored by its group. */
    SIM_SPOIL_COPIED = 2,    /* Two of it live. */
    SIM_SPOIL_DAMAGED = 4,   /* Its disk was tampered with. */
    SIM_SPOIL_CLOCK = 8,     /* Its clock went beyond what keys live. */
    SIM_SPOIL_ABANDONED = 16,
    SIM_SPOIL_LAPSED = 32,   /* Away for longer than keys live. */
    SIM_SPOIL_EVIL = 64,     /* Its owner means ill. */
    SIM_SPOIL_STRANDED = 128 /* As stranded.h saw it last: the one mark that is taken back. */
} sim_spoil;

static const mjl_time SIM_NEVER = INT64_MAX;

typedef struct sim_random {
    sim_chance chance, remembered;
    uint64_t fail_in; /* 0: never. */
} sim_random;

typedef struct sim_node_clock { /* own = base_own + (world - base_world) * (1 + ppm / 10^6) */
    mjl_time base_world, base_own;
    int64_t ppm;
    mjl_time frozen_until; /* World time. */
} sim_node_clock;

typedef struct sim_node_memory { /* memory.h */
    uint64_t fails_in;           /* Allocations; 0: never. */
    bool stays_away;             /* Until the call ends. */
} sim_node_memory;

typedef struct sim_node {
    uint32_t index;
    uint32_t identity; /* Its own index, or that of the node it is a copy of. */
    char name[16];
    mjl_member_id member;
    sim_disk *disk;
    sim_disk *snapshot;   /* NULL: none yet. */
    mjl_profile *profile; /* NULL while it is down. */
    sim_random random;
    sim_node_clock clock;
    bool has_leapt; /* That clock went on at once, whatever waited for its time. */
    sim_node_memory memory;
    uint64_t load_fault; /* For its next opening; UINT64_MAX: none. */
    uint32_t spoils;     /* sim_spoil. */
    bool is_there;       /* It was opened once. */
    bool is_touched;     /* It has inputs that wait for a step. */
    bool is_asked;       /* A message of its waits for its user's word. */
    bool is_hasty;       /* Asks for output before it steps. */
    mjl_time due;        /* World time of its next timer. */
    mjl_time up_at;      /* While it is down: when it starts again. */
    mjl_time down_since;
    mjl_time held_until; /* Suspended: it does nothing. */
    mjl_time slow_until; /* Drains nothing, */
    bool is_backed_up;   /* and has something waiting. */
    sim_boundary crash_at;
    uint64_t crash_in; /* Passages of that boundary; 0: none. */
    mjl_time crash_down_ms;
    sim_set invited;               /* Identities, by its doorkeeping. */
    sim_set invited_again;         /* Though they were let in. */
    sim_set to_let_in, to_restore; /* Members whose users were asked about it since the heal. */
    mjl_time shut_at;              /* Its doorkeeping was refused: it tries again later. */
} sim_node;

void sim_node_init(sim_node *node, uint32_t index, uint64_t seed, mjl_time now);
void sim_node_clear(sim_node *node);
mjl_time sim_node_now(const sim_node *node, mjl_time world_now);
/* The world's instant at which the node's clock shows `own`; SIM_NEVER. */
mjl_time sim_node_world_time(const sim_node *node, mjl_time own, mjl_time world_now);
/* From now on the clock shows `own` and runs at that rate. */
void sim_node_set_clock(sim_node *node, mjl_time world_now, mjl_time own, int64_t ppm);
mjl_random sim_node_random(sim_node *node);

#endif
