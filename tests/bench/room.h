/*
 * A room full of members for benchmarks: real profiles on memory disks (or SQLite files), a bus
 * that loses and delays between them, on virtual time. The same way each time for one seed.
 *
 *      member: profile ──packets──> bus (loss, 5..60 ms) ──> every other member
 *
 * Whatever the library refuses ends the program: a benchmark of something else is none.
 */
#ifndef TESTS_BENCH_ROOM_H
#define TESTS_BENCH_ROOM_H

#include "majlis/event.h"
#include "majlis/limits.h"

typedef struct bench_room bench_room;

typedef struct room_config {
    uint32_t members_count;
    uint32_t loss_permille;
    uint64_t seed;
    const char *sqlite_folder; /* NULL: memory disks. */
    bool is_toy;               /* The toy cipher suite: for many members. */
    uint32_t ghosts_count;  /* Of the members so many, the last ones, are there to be counted: real
                               profiles that join and ack, hear the first two members alone and are
                               heard by them alone, and are gone once all are in. */
    size_t (*memory)(void); /* Bytes that are allocated now; NULL: glibc's allocator is asked. */
} room_config;

typedef struct room_traffic { /* What left the members since room_traffic_clear. */
    uint64_t packets, bytes;
    uint64_t statements, statement_bytes;
    uint64_t places, place_bytes;   /* First sendings. */
    uint64_t commits, commit_bytes; /* Likewise. */
    uint64_t knocks;
    uint64_t resends, resend_bytes;
} room_traffic;

/* All members are LIVE in one epoch, and everything is settled for all but ghosts. */
bench_room *room_gather(const room_config *config);
void room_free(bench_room *room);

mjl_profile *room_profile(bench_room *room, uint32_t index);
mjl_session *room_session(bench_room *room, uint32_t index);
mjl_time room_now(const bench_room *room);
void room_set_loss(bench_room *room, uint32_t loss_permille);

void room_say(bench_room *room, uint32_t index, mjl_bytes body); /* Without a step. */
/* Persists the member's inputs and puts what comes out on the bus. */
void room_step(bench_room *room, uint32_t index);
/* All that is on the bus arrives now, at each member before its one step. */
void room_deliver_in_one_step(bench_room *room);
/* The next packet on the bus is heard by this member alone, which steps: nothing else happens. */
void room_deliver_next_to(bench_room *room, uint32_t index);
void room_clear_bus(bench_room *room); /* All that is on it is lost. */
/* The first so many; from now on the others neither hear nor do anything. */
void room_keep_awake(bench_room *room, uint32_t members_count);
/* Its process ends, and is started again; memory disks only, of a toy room the first two. Answers
   the bytes that it had from the allocator: the disk is not among them. */
size_t room_reopen(bench_room *room, uint32_t index);
/* Until nobody has anything unacked or waiting; answers the virtual time it took. */
mjl_time room_settle(bench_room *room);
void room_run(bench_room *room, mjl_time duration);

const room_traffic *room_traffic_of(const bench_room *room);
const room_traffic *room_traffic_of_member(const bench_room *room, uint32_t index);
void room_traffic_clear(bench_room *room);

/* Whether the folder, with the profiles in it, is gone. */
bool room_remove_folder(const char *folder);

/* Ends the program with the call's name unless it is MJL_OK. */
void room_must(mjl_result result, const char *call);

#endif
