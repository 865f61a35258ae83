#include "tokens.h"

#include "session_state.h"

void mjl_tokens_clear(mjl_tokens *tokens)
{
    free(tokens->ring);
    memset(tokens, 0, sizeof *tokens);
}

static bool is_none(const uint8_t token[MJL_TOKEN_SIZE])
{
    static const uint8_t none[MJL_TOKEN_SIZE];
    return memcmp(token, none, MJL_TOKEN_SIZE) == 0;
}

bool mjl_tokens_find(const mjl_session *session, const uint8_t token[MJL_TOKEN_SIZE],
                     mjl_message_id *message)
{
    const mjl_tokens *tokens = &session->tokens;
    if (is_none(token)) return false;
    const uint64_t most = MJL_SAY_TOKENS_MAX;
    const uint64_t count = tokens->total < most ? tokens->total : most;
    for (uint64_t i = 0; i < count; i++) {
        if (memcmp(tokens->ring[i].token, token, MJL_TOKEN_SIZE) != 0) continue;
        *message = tokens->ring[i].message;
        return true;
    }
    return false;
}

mjl_result mjl_tokens_restore(mjl_tokens *tokens, uint64_t n, const mjl_token_entry *entry)
{
    if (tokens->ring == NULL) {
        tokens->ring = calloc(MJL_SAY_TOKENS_MAX, sizeof *tokens->ring);
        if (tokens->ring == NULL) return MJL_OUT_OF_MEMORY;
    }
    tokens->ring[n % MJL_SAY_TOKENS_MAX] = *entry;
    tokens->total = n + 1;
    return MJL_OK;
}

mjl_result mjl_tokens_note(mjl_session *session, const uint8_t token[MJL_TOKEN_SIZE],
                           const mjl_message_id *message)
{
    if (is_none(token)) return MJL_OK;
    mjl_token_entry entry = {.message = *message};
    memcpy(entry.token, token, MJL_TOKEN_SIZE);
    return mjl_tokens_restore(&session->tokens, session->tokens.total, &entry);
}
