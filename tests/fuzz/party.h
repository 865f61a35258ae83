/*
 * A few members in one process, for fuzzers: whole profiles on memory disks, a list of packets in
 * flight that the fuzzer moves as it likes, and an oracle that is looked at after each step.
 *
 *      member: [ profile on a disk ] ──step──> packets of the party ──fuzzer──> other members
 *
 * A party is gathered once and copied for each run, so that a run begins in the middle of a
 * conversation and costs milliseconds. Aborts where a promise is broken.
 */
#ifndef TESTS_FUZZ_PARTY_H
#define TESTS_FUZZ_PARTY_H

#include "fuzz.h"

#include "majlis/event.h"

enum { PARTY_MEMBERS = 4, PARTY_PACKETS_MAX = 192, PARTY_HEARD_MAX = 512 };

typedef struct party_packet {
    mjl_buffer bytes;
    uint32_t from;
    mjl_packet_kind kind;
    uint8_t had; /* Bit of each member that was handed it. */
} party_packet;

typedef struct party_heard { /* A message that was delivered, and in which event. */
    mjl_message_id message;
    uint64_t event;
} party_heard;

typedef struct party_member {
    mjl_memory_disk *disk, *copy; /* `copy`: an earlier state to fall back to; NULL. */
    mjl_profile *profile;         /* NULL while it is down. */
    fuzz_chance chance;
    party_heard heard[PARTY_HEARD_MAX];
    size_t heard_count;
    bool is_cloned; /* It fell back: what it says twice is its own doing. */
} party_member;

typedef struct party {
    const mjl_mls_suites *suites;
    mjl_time now;
    party_member members[PARTY_MEMBERS];
    party_packet packets[PARTY_PACKETS_MAX]; /* The oldest go first. */
    size_t packets_count;
} party;

/* The first three are in one room and have spoken, the last one asks to join. Never freed. */
const party *party_gathered(const mjl_mls_suites *suites);
/* The same, to be used up. Without packets in flight. */
party *party_copy(const party *of);
void party_free(party *of);

extern const uint8_t party_store_key[MJL_STORE_SEALING_KEY_SIZE];
/* Opens what is on a disk; answers what opening answers. */
mjl_result party_open_disk(const party *of, mjl_memory_disk *disk, fuzz_chance *chance,
                           mjl_profile **profile);

mjl_session *party_session(const party *of, uint32_t member); /* The first; NULL. */
/* Persists, then collects packets and events. False: it is down, or its store failed. */
bool party_step(party *of, uint32_t member);
/* Steps all. */
void party_step_all(party *of);
/* Hands a packet over; the verdict is one that is defined. False: there was none. */
bool party_receive(party *of, uint32_t member, mjl_bytes packet, mjl_verdict *verdict);
/* Delivers what is in flight to all, for so long. */
void party_run(party *of, mjl_time duration);
void party_close(party *of, uint32_t member);
/* Without persisting what happened since the last step. */
void party_reopen(party *of, uint32_t member);
void party_drop_packet(party *of, size_t i);

#endif
