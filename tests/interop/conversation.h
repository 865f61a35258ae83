/*
 * A conversation of members of both kinds: what one of them does reaches all others, and after each
 * step all of them agree on epoch, size, epoch authenticator and a secret exported for the
 * occasion.
 */
#ifndef MJL_TESTS_INTEROP_CONVERSATION_H
#define MJL_TESTS_INTEROP_CONVERSATION_H

#include "member.h"

enum {
    PEOPLE_MAX = 12, /* Who may be in it. */
    INSIDE_MAX = 8,  /* At the same time. */
    BURST_MAX = 4,   /* Messages that arrive in any order. */
    DATA_MAX = 64,   /* Of authenticated data, ids and extensions. */
    PSK_SIZE = 32
};

typedef struct conversation {
    member people[PEOPLE_MAX];
    uint64_t epoch;
    shared_psk psks[PSKS_COUNT];
    uint8_t psk_ids[PSKS_COUNT][DATA_MAX], psk_secrets[PSKS_COUNT][PSK_SIZE];
} conversation;

/* A new group of one, by a member of either kind. */
void conversation_start(conversation *all, uint16_t suite);
void conversation_clear(conversation *all);

uint32_t conversation_inside(const conversation *all);
/* Some bytes, fewer than `bound` and perhaps none. */
mjl_bytes any_bytes(uint8_t *room, uint32_t bound);

/* A handshake message of one, for all others inside. */
void conversation_deliver(conversation *all, const member *author, const mjl_buffer *message);
/* `count` messages of one author, read by each other member in an order of its own. */
void conversation_say(conversation *all, member *author, uint32_t count);
/* Ends the program unless all agree. */
void conversation_compare(conversation *all);

#endif
