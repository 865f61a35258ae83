/*
 * A small world for tests: real profiles on memory disks, the loopback network between them,
 * virtual time.
 *
 *      node: [ profile on a disk ] ──packets──> network (loss, delay, copies) ──> other nodes
 *              └──events──> a log to look into
 *
 * Deterministic in its seed. Fails the running test where the library answers what it must not.
 */
#ifndef MAJLIS_TESTS_WORLD_H
#define MAJLIS_TESTS_WORLD_H

#include "majlis/event.h"
#include "majlis/limits.h"
#include "majlis/loopback.h"

enum { WORLD_NODES_MAX = 80 };

typedef struct world_random { /* Seeded, for tests only. */
    uint64_t seed, calls;
} world_random;

typedef struct world_node {
    char name[16];
    char user_id[16]; /* Empty: the name. */
    mjl_memory_disk *disk;
    mjl_profile *profile; /* NULL while it is down. */
    world_random random;
    mjl_event *events; /* Without their bytes, but for `bodies`. */
    char (*bodies)[32];
    size_t events_count, events_room;
    uint64_t packets_out, bytes_out;
    uint64_t packets_of[MJL_PACKET_KNOCK + 1]; /* By kind. */
    uint64_t fresh_bytes;                      /* Of places and commits when they first left. */
    mjl_buffer last_of[MJL_PACKET_KNOCK + 1];  /* The latest packet of each kind. */
    uint64_t verdicts[MJL_VERDICT_COUNT];
    uint64_t rejected_for[256];
    bool steps_twice, reopens_after_each_step; /* The second goes with the first. */
} world_node;

typedef struct test_world {
    uint64_t seed;
    mjl_time now;
    mjl_network *network;
    world_node nodes[WORLD_NODES_MAX];
    uint32_t nodes_count;
    uint32_t gathered; /* Of these, how many were let in. */
    mjl_pace pace;
    bool is_verbose;
    uint64_t secret_lifetime_ms; /* 0: the default. */
    bool is_unchecked;           /* Long runs: without mjl_profile_check after each step. */
} test_world;

test_world *world_new(uint64_t seed, uint32_t nodes_count, uint32_t loss_permille);
void world_free(test_world *world);

mjl_profile *world_profile(test_world *world, uint32_t node);
mjl_session *world_session(test_world *world, uint32_t node); /* The first. */

/* Closes without persisting: what the last step wrote is what is left. */
void world_kill(test_world *world, uint32_t node);
void world_reopen(test_world *world, uint32_t node);

/* Runs everything until then. */
void world_run(test_world *world, mjl_time duration);
/* Runs until the predicate holds; false if it did not within `most`. */
bool world_run_until(test_world *world, mjl_time most, bool (*holds)(struct test_world *));
/* Steps node `i` and drains it. */
void world_step(test_world *world, uint32_t i);

/* Node 0 creates, the others ask, node 0 invites them; answers when all are LIVE in one epoch. */
void world_gather(test_world *world);
/* The same in steps: the creator alone, then one after the other in the order of nodes. */
void world_create(test_world *world);
void world_admit_next(test_world *world);
bool world_say(test_world *world, uint32_t node, const char *text); /* False if it was refused. */
mjl_message_id world_say_id(test_world *world, uint32_t node, const char *text);

size_t world_count(const world_node *node, mjl_event_kind kind);
size_t world_heard(const world_node *node, const char *body); /* How often it was delivered. */
uint64_t world_chance(test_world *world, uint64_t below);
/* All nodes that are LIVE: one epoch, nothing unacked, nothing waiting. */
bool world_is_calm(test_world *world);

#endif
