/*
 * Tokens of what was said: the same token twice, also across a crash, says it once. Bounded: the
 * oldest are forgotten.
 *
 * Saved: one record per token, key = session and token.
 */
#ifndef MAJLIS_SESSION_TOKENS_H
#define MAJLIS_SESSION_TOKENS_H

#include "majlis/session.h"

enum { MJL_TOKEN_SIZE = 16 };

typedef struct mjl_token_entry {
    uint8_t token[MJL_TOKEN_SIZE];
    mjl_message_id message;
} mjl_token_entry;

typedef struct mjl_tokens {
    mjl_token_entry *ring; /* MJL_SAY_TOKENS_MAX of room; entry n lies at n mod that. */
    uint64_t total;        /* Ever noted. */
    uint64_t persisted;    /* Of these, how many are in the store. */
} mjl_tokens;

void mjl_tokens_clear(mjl_tokens *tokens);
/* A token of zeros is none. */
bool mjl_tokens_find(const mjl_session *session, const uint8_t token[MJL_TOKEN_SIZE],
                     mjl_message_id *message);
MJL_MUST_USE mjl_result mjl_tokens_note(mjl_session *session, const uint8_t token[MJL_TOKEN_SIZE],
                                        const mjl_message_id *message);
/* At load: the n-th ever, in ascending order. */
MJL_MUST_USE mjl_result mjl_tokens_restore(mjl_tokens *tokens, uint64_t n,
                                           const mjl_token_entry *entry);

#endif
