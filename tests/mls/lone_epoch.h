/*
 * An epoch of two members without a group, for tests of framing alone: the sender is leaf 1.
 */
#ifndef MJL_TESTS_MLS_LONE_EPOCH_H
#define MJL_TESTS_MLS_LONE_EPOCH_H

#include "framing.h"
#include "group_context.h"
#include "secret_tree.h"

typedef struct epoch {
    mjl_mls_epoch_view view;
    mjl_mls_epoch_secrets secrets;
    mjl_buffer context;
    mjl_mls_identity identity; /* Of leaf 1. */
    uint8_t encryption_secret[MJL_MLS_HASH_SIZE_MAX];
} epoch;

/* The view, once secrets and identity stand. The caller clears `context`. */
void epoch_set(epoch *of, const mjl_mls_suite *suite, const mjl_mls_context *context);
void epoch_of_chance(const mjl_mls_suite *suite, epoch *of);
mjl_mls_ratchets *ratchets_of(const epoch *of, uint32_t own_leaf);
mjl_mls_framed_content content_of(const epoch *of, uint8_t type, mjl_bytes body);

mjl_result protect(const epoch *of, const mjl_mls_ratchets *ratchets, uint16_t wire_format,
                   const mjl_mls_framed_content *content, size_t padding_size, mjl_buffer *message);
mjl_result unprotect(const epoch *of, const mjl_mls_ratchets *ratchets, mjl_bytes message,
                     mjl_mls_authenticated_content *authenticated);

/* Whether leaf 0 opens the message and finds this body; whether what leaf 1 makes of a body does.
 */
bool opens_to(const epoch *of, mjl_bytes message, uint8_t type, mjl_bytes body);
bool survives(const epoch *of, uint16_t wire_format, uint8_t type, mjl_bytes body);

#endif
