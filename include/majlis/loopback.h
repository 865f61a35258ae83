/*
 * The simulator's network: a value on virtual time that loses, delays, repeats, reorders and
 * damages packets between numbered nodes, the same way each time for the same seed and calls.
 *
 * For tests and simulations only: its chance is a small seeded generator, fit for no key.
 *
 * Time: `now` and what it answers are the caller's virtual milliseconds. Ownership: `new`/`free`;
 * packets are copied; bytes handed out live until the next call. Errors: OUT_OF_MEMORY,
 * BAD_ARGUMENT, EMPTY. Threads: a value, no sharing. Reads no clock and touches no descriptor.
 */
#ifndef MAJLIS_LOOPBACK_H
#define MAJLIS_LOOPBACK_H

#include "majlis/bytes.h"

MJL_BEGIN_DECLS

enum {
    MJL_NETWORK_NODES_MAX = 1024, /* Links that were set by themselves take room, others none. */
    MJL_NETWORK_FLYING_MAX = 1 << 20, /* Copies on their way; more are lost and counted. */
    MJL_NETWORK_REPLAY_MAX = 256      /* Latest packets remembered for replays. */
};

typedef struct mjl_network mjl_network;

/* What one link (from -> to) does to a packet. Chances are in thousandths. */
typedef struct mjl_network_link {
    uint32_t loss;
    uint32_t duplicate; /* A second copy with its own delay. */
    uint32_t reorder;   /* Held back for up to eight times delay_ms_max more. */
    uint32_t corrupt;   /* One to eight bits of it flip. */
    uint32_t truncate;  /* A part of its end is missing. */
    uint32_t splice;    /* Its end is that of another packet. */
    uint32_t replay;    /* Some packet that any node sent earlier arrives as well. */
    uint64_t delay_ms_min, delay_ms_max;
    bool is_cut; /* Nothing passes. */
} mjl_network_link;

/* All links begin perfect: no loss, no delay. A node does not hear itself: the link from a node to
 * itself begins cut, and only mjl_network_set_link opens it (an echo). */
MJL_MUST_USE MJL_API mjl_result mjl_network_new(uint64_t seed, uint32_t nodes_count,
                                                mjl_network **network);
MJL_API void mjl_network_free(mjl_network *network); /* NULL is fine. */

/* OUT_OF_MEMORY: the link stays as it was. */
MJL_API mjl_result mjl_network_set_link(mjl_network *network, uint32_t from, uint32_t to,
                                        const mjl_network_link *link);
MJL_API void mjl_network_set_all_links(mjl_network *network, const mjl_network_link *link);
MJL_API mjl_network_link mjl_network_get_link(const mjl_network *network, uint32_t from,
                                              uint32_t to);

/* A packet passes only between nodes whose sides share a bit; `sides` has one mask per node, so
 * partitions may overlap. NULL heals. Applies to what is sent from now on. */
MJL_API void mjl_network_partition(mjl_network *network, const uint32_t *sides);
/* What is on its way or sent until `until` arrives then, in one burst. */
MJL_API void mjl_network_clog(mjl_network *network, mjl_time until);
/* What is on its way is lost. */
MJL_API void mjl_network_drop_flying(mjl_network *network);

/* To every other node, through its link. */
MJL_MUST_USE MJL_API mjl_result mjl_network_send(mjl_network *network, mjl_time now, uint32_t from,
                                                 mjl_bytes packet);

/* The instant of the next arrival; EMPTY if nothing is on its way. */
MJL_MUST_USE MJL_API mjl_result mjl_network_next_due(const mjl_network *network, mjl_time *due);

typedef struct mjl_network_arrival {
    mjl_time at;
    uint32_t from, to;
    bool is_damaged;
    mjl_bytes packet; /* Until the next call on the network. */
} mjl_network_arrival;

/* The next packet that arrived until `now`, by (instant, order of sending); EMPTY. */
MJL_MUST_USE MJL_API mjl_result mjl_network_take(mjl_network *network, mjl_time now,
                                                 mjl_network_arrival *arrival);

typedef struct mjl_network_counters {
    uint64_t sent;      /* Calls of send. */
    uint64_t copies;    /* Put on their way. */
    uint64_t delivered; /* Taken. */
    uint64_t lost, cut, duplicated, reordered, damaged, replayed;
    uint64_t flying; /* Now on their way. */
} mjl_network_counters;

MJL_API void mjl_network_get_counters(const mjl_network *network, mjl_network_counters *counters);

MJL_END_DECLS

#endif
