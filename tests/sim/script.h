/*
 * A script: everything that happens to a world from outside, as a list that is made before it runs.
 *
 *     seed ──generate──> [ header | step, step, step, ... ] ──run──> the same end each time
 *                          └── a small text file, and back
 *
 * So a failing run is made smaller by leaving out steps, members and intensities. Times count from
 * the last `gather`, and a step keeps its number, from which its own chance is drawn: what is left
 * does the same when others go.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdio.h>

#include "majlis/bytes.h"

/* What can be done, by group. The groups are the words of --faults; `app` is always on. */
typedef enum sim_group {
    SIM_GROUP_APP = 0,
    SIM_GROUP_NET,
    SIM_GROUP_PROCESS,
    SIM_GROUP_DISK,
    SIM_GROUP_STATE,
    SIM_GROUP_CLOCK,
    SIM_GROUP_RNG,
    SIM_GROUP_INSIDER,
    SIM_GROUP_OUTSIDER,
    SIM_GROUP_MISUSE,
    SIM_GROUP_RACES, /* Everybody lets in whoever asks, and changes come at one instant. */
    SIM_GROUP_MEMORY,
    SIM_GROUP_COUNT
} sim_group;

typedef enum sim_action {
    /* What users and applications do. */
    SIM_CREATE = 0, /* node */
    SIM_JOIN,       /* node */
    SIM_GATHER,     /* Runs until all who asked are in, at most args[0] ms. */
    SIM_SAY,        /* node, size of the body, 1: goes to new readers without asking */
    SIM_INVITE,     /* node: all who ask */
    SIM_EXCLUDE,    /* node, whom */
    SIM_REFRESH,    /* node */
    SIM_LEAVE,      /* node */
    SIM_AWAY,       /* node, ms */
    SIM_AGREE,      /* node: all that wait */
    /* The network: from node (or SIM_ALL), to args[0] (or SIM_ALL), permille args[1]. */
    SIM_LOSS,
    SIM_DUPLICATE,
    SIM_REORDER,
    SIM_CORRUPT,
    SIM_TRUNCATE,
    SIM_SPLICE,
    SIM_REPLAY,
    SIM_DELAY,     /* node, to, least ms, most ms */
    SIM_CUT,       /* node, to, 1: cut, 0: open: one direction */
    SIM_PARTITION, /* args[0]: who hears whom is drawn from it; 0 heals */
    SIM_CLOG,      /* ms */
    SIM_DROP,      /* What flies is lost. */
    /* The process. */
    SIM_KILL,     /* node, ms until it is started again */
    SIM_SLEEP,    /* node, ms: closed in an orderly way and opened again */
    SIM_ABANDON,  /* node: never again */
    SIM_CRASH_AT, /* node, sim_boundary, after so many, ms down */
    /* The disk. */
    SIM_DISK_FAULT, /* node, sim_disk_fault, after so many applies, ms down */
    SIM_LOAD_FAULT, /* node, after so many records: when it is opened next */
    SIM_DAMAGE,     /* node, sim_disk_damage: closed, damaged, opened */
    /* The state. */
    SIM_SNAPSHOT, /* node */
    SIM_ROLLBACK, /* node: to its last snapshot */
    SIM_CLONE,    /* node: its last snapshot lives as a node of its own */
    /* The clock. */
    SIM_JUMP,    /* node, ms forward, ms back */
    SIM_FREEZE,  /* node, ms */
    SIM_DRIFT,   /* node, parts per million fast + 1000000 */
    SIM_SUSPEND, /* node, ms */
    SIM_FAR,     /* node: its clock is near the end of time */
    /* Randomness. */
    SIM_RNG_FAIL,   /* node, after so many draws */
    SIM_RNG_REPEAT, /* node: draws again what it drew, so many draws */
    /* Members that mean ill. */
    SIM_EQUIVOCATE, /* node: a copy of its present state speaks too, to the others' half */
    SIM_FORGE,      /* node, how: packets of a real member, altered and sealed again */
    /* Those outside. */
    SIM_OLD_PACKETS, /* to node, so many: packets seen any time before */
    SIM_JUNK,        /* to node, so many, of at most so many bytes */
    SIM_BENT,        /* to node, so many: seen ones, altered in one place */
    SIM_FLOOD,       /* to node, so many: seen ones, of a later epoch and altered at the end */
    /* Applications that err. */
    SIM_BAD_CALLS, /* node */
    SIM_SLOW,      /* node, ms in which nothing is drained */
    SIM_HASTY,     /* node: asks for packets and events before each step */
    /* Memory. */
    SIM_NO_MEMORY, /* node, after so many allocations, 1: none until the call ends; 0: one fails */
    SIM_ACTIONS_COUNT
} sim_action;

enum { SIM_ALL = 65535, SIM_ARGS_MAX = 3, SIM_NODES_MAX = 1000, SIM_CLONES_MAX = 8 };

typedef enum sim_boundary {                      /* Where a process may stop between two calls. */
                            SIM_AFTER_INPUT = 1, /* Not stepped yet. */
                            SIM_AFTER_STEP,      /* Nothing handed out yet. */
                            SIM_AFTER_PACKET,    /* Handed out, not confirmed. */
                            SIM_AFTER_EVENT,     /* Handed out, not settled. */
                            SIM_BOUNDARIES_END
} sim_boundary;

typedef struct sim_step {
    uint32_t number;
    mjl_time at; /* After the last gather. */
    sim_action action;
    uint32_t node;
    uint64_t args[SIM_ARGS_MAX];
} sim_step;

typedef enum sim_provider { SIM_TOY = 0, SIM_REAL } sim_provider;

/* How the world is run, for all of it. */
typedef struct sim_manner {
    sim_provider provider;
    uint32_t bc_lat_ms, m_intv_ms;
    uint64_t secret_lifetime_ms; /* 0: the default. */
    bool steps_each_input;       /* Else once for all that arrive in an instant. */
    uint32_t doorkeepers;        /* So many of the first members invite whoever asks. */
    uint32_t shadow_permille;    /* How often a durable shadow is looked at. */
    uint32_t quiet_days;         /* Virtual days of silence at the end. */
} sim_manner;

typedef struct sim_script {
    uint64_t seed;
    uint32_t members_count;
    sim_manner manner;
    sim_step *steps; /* By (at, number) behind each gather. */
    size_t count, room;
} sim_script;

void sim_script_clear(sim_script *script);
sim_script sim_script_copy(const sim_script *script);
/* Gives the step its number, behind all others. */
void sim_script_add(sim_script *script, const sim_step *step);

/* "say", SIM_GROUP_APP, how many numbers stand behind the name. */
const char *sim_action_name(sim_action action);
sim_group sim_action_group(sim_action action);
uint32_t sim_action_args(sim_action action);
const char *sim_group_name(sim_group group);
/* "net,disk", "all", "none" into a mask of groups; false if a word is unknown. */
bool sim_groups_read(const char *text, uint32_t *groups);

void sim_script_write(const sim_script *script, FILE *out);
void sim_step_write(const sim_step *step, FILE *out);
/* False, and a word on standard error, if the file is none of ours. */
bool sim_script_read(FILE *in, sim_script *script);

#endif
