/*
 * The numbers of the records in the store, stable for ever: a file written today must be read by
 * every later version. Session 0 holds the profile's own.
 */
#ifndef MAJLIS_SESSION_RECORD_KINDS_H
#define MAJLIS_SESSION_RECORD_KINDS_H

#include "majlis/bytes.h"

enum {
    /* Of the profile. */
    MJL_RECORD_PROFILE = 1, /* Identity, counters, last now. */
    MJL_RECORD_NOTE = 2,
    MJL_RECORD_OUTBOX = 3,
    MJL_RECORD_EVENT = 4,
    MJL_RECORD_TOKEN = 5,
    /* Of a session. */
    MJL_RECORD_SESSION = 16, /* State, room, counters. */
    MJL_RECORD_SCHEDULE = 17,
    MJL_RECORD_TASK = 18,
    MJL_RECORD_EXPECTATION = 19, /* Until format 3 of the session. */
    MJL_RECORD_AUTHOR = 20,
    MJL_RECORD_GRAPH_EPOCH = 21, /* The transcript's view of an epoch. */
    MJL_RECORD_PLACE = 22,
    MJL_RECORD_ACK = 23, /* Until format 3 of the session: in the holding now. */
    MJL_RECORD_PENDING = 24,
    MJL_RECORD_EPOCH = 25, /* The branches' view. */
    MJL_RECORD_GROUP = 26,
    MJL_RECORD_RATCHETS = 27, /* By mjl_ratchets_key. */
    MJL_RECORD_WELCOME = 28,
    MJL_RECORD_HOLDING = 29, /* What is kept of a place beside the graph. */
    MJL_RECORD_PACKET = 30,
    MJL_RECORD_CONTENT = 31,
    MJL_RECORD_PRESENCE = 32,
    MJL_RECORD_INTENT = 33,
    MJL_RECORD_REQUEST = 34,
    MJL_RECORD_USED_REFERENCE = 35,
    MJL_RECORD_UNKNOWN_EPOCH = 36,
    MJL_RECORD_QUEUED_SAY = 37,
    MJL_RECORD_WARNING = 38,
    MJL_RECORD_GAP = 39,
    MJL_RECORD_ROSTER = 40, /* The readers of an epoch's places. */
    MJL_RECORD_PROOF = 46,  /* What evidence is made of, by place. */
    MJL_RECORD_EVIDENCE = 47,
    MJL_RECORD_ACKS = 41,           /* The head of the acks. */
    MJL_RECORD_ANSWER = 42,         /* A page for a member that misses something. */
    MJL_RECORD_JOINING_SECRET = 43, /* What joining needs: gone from the disk once it is used. */
    MJL_RECORD_ROOTS = 44,          /* Which Welcome a joiner follows; with what joining needs. */
    MJL_RECORD_LARGE = 56, /* Large messages of ours: the head, one each, and parts not placed. */
    MJL_RECORD_LARGE_SAY = 57,
    MJL_RECORD_LARGE_PART = 58
};

/* Keys sort as numbers: big-endian. */
static inline void mjl_key_of_number(uint64_t number, uint8_t key[8])
{
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(number >> (56 - 8 * i));
}

/* One part of the ratchets of an epoch (majlis/mls.h): the trunk comes first. */
static inline uint64_t mjl_ratchets_key(uint32_t epoch, uint32_t part)
{
    return (uint64_t)epoch << 32 | part;
}

static inline uint64_t mjl_number_of_key(const uint8_t key[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | key[i];
    return number;
}

#endif
