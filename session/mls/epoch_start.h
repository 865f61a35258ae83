/*
 * How an epoch begins: from what a commit or Welcome brings to the context, secrets and
 * confirmation tag of the new epoch (RFC 9420 §8, §11, §12.4). A group and its ratchets are made of
 * one.
 */
#ifndef MJL_MLS_EPOCH_START_H
#define MJL_MLS_EPOCH_START_H

#include "framing.h"
#include "group_context.h"
#include "ratchet_tree.h"

typedef struct mjl_mls_epoch_start { /* Secret. Owned: clear it. */
    mjl_buffer context;              /* Encoded GroupContext. */
    uint8_t joiner_secret[MJL_MLS_HASH_SIZE_MAX];
    uint8_t member_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_epoch_secrets secrets;
    uint8_t encryption_secret[MJL_MLS_HASH_SIZE_MAX];
    uint8_t confirmation_tag[MJL_MLS_HASH_SIZE_MAX];
    uint8_t interim_hash[MJL_MLS_HASH_SIZE_MAX];
} mjl_mls_epoch_start;

void mjl_mls_epoch_start_clear(mjl_mls_epoch_start *start); /* Wipes. */

/* What a commit brings. Borrowed. */
typedef struct mjl_mls_epoch_input {
    const mjl_mls_ratchet_tree *tree; /* Of the new epoch. */
    mjl_bytes extensions;             /* Of the new GroupContext. */
    const mjl_mls_authenticated_content *commit;
    const uint8_t *init_secret;   /* An external init's (§8.3); NULL: that of the parent. */
    const uint8_t *commit_secret; /* Zeroes without a path. */
    const uint8_t *psk_secret;    /* Zeroes without PSKs. */
} mjl_mls_epoch_input;

/* The epoch after `parent` that a commit starts. TOO_LARGE after the last epoch there can be. */
MJL_MUST_USE mjl_result mjl_mls_epoch_start_of_commit(const mjl_mls_group *parent,
                                                      const mjl_mls_epoch_input *input,
                                                      mjl_mls_epoch_start *start);
/* The epoch that a Welcome leads to; `context` is the encoded GroupContext of its GroupInfo. */
MJL_MUST_USE mjl_result mjl_mls_epoch_start_of_welcome(const mjl_mls_suite *suite,
                                                       mjl_bytes context,
                                                       const uint8_t *joiner_secret,
                                                       const uint8_t *psk_secret,
                                                       mjl_mls_epoch_start *start);
/* A new group's epoch 0 (§11). */
MJL_MUST_USE mjl_result mjl_mls_epoch_start_of_group(const mjl_mls_suite *suite,
                                                     const mjl_mls_context *context,
                                                     mjl_random random, mjl_mls_epoch_start *start);

#endif
