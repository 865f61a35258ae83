/*
 * Welcomes made by hand: the group of world.h with Zoe at its leftmost blank leaf, as Alice would
 * tell her, hashed, signed, tagged and sealed after each change.
 *
 *     welcome_draft draft;
 *     welcome_begin(&draft);
 *     ... change draft.tree, draft.context, ...
 *     welcome_finish(&draft);              draft.message: an MLSMessage
 *     welcome_clear(&draft);
 */
#ifndef MJL_TESTS_MLS_WELCOME_DRAFT_H
#define MJL_TESTS_MLS_WELCOME_DRAFT_H

#include "group_info.h"
#include "leaf_draft.h"
#include "ratchet_tree.h"

typedef struct welcome_draft {
    mjl_mls_ratchet_tree tree;
    mjl_mls_context context; /* The tree hash is set in finishing, if it has no size. */
    uint8_t confirmed_hash[MJL_MLS_HASH_SIZE_MAX];
    uint32_t signer;
    const person *signs;
    mjl_buffer info_extensions; /* Contents of a list, before the ratchet tree. */
    bool without_tree;
    bool has_tag; /* Use `tag` as it is. */
    mjl_bytes tag;
    mjl_bytes joiner_secret, path_secret, psks; /* path_secret: without size, none. */
    uint8_t psk_secret[MJL_MLS_HASH_SIZE_MAX];  /* Of the PSKs, where they are to be found. */
    uint16_t suite;
    /* Change what was written: contents of the tree's list, the extension that holds it, the signed
       GroupInfo, the GroupSecrets, both of them sealed, the message. */
    void (*tree_bytes)(mjl_buffer *nodes);
    void (*tree_extension)(mjl_buffer *tree);
    void (*info_bytes)(mjl_buffer *info);
    void (*secrets_bytes)(mjl_buffer *secrets);
    void (*info_sealed)(mjl_buffer *sealed);
    void (*secrets_sealed)(mjl_buffer *sealed);
    void (*message_bytes)(mjl_buffer *message);
    mjl_bytes kem_output;
    mjl_buffer message;
} welcome_draft;

void welcome_begin(welcome_draft *draft);
void welcome_finish(welcome_draft *draft);
/* The GroupInfo alone, as one that is published to be joined by (§12.4.3.2): an MLSMessage with
   an external_pub in it. */
void welcome_publish(welcome_draft *draft, mjl_buffer *message);
void welcome_clear(welcome_draft *draft);

/* Puts a leaf at the leftmost blank leaf, as an Add does; one that cannot be read stays out. */
bool welcome_add(welcome_draft *draft, mjl_bytes leaf);
/* Puts a leaf in place of another, as an Update does. */
bool welcome_update(welcome_draft *draft, uint32_t at, mjl_bytes leaf);
/* Gives a member a fresh path: keys at its levels in place of fresh ones where given. */
typedef struct drafted_path {
    mjl_bytes keys[3];
    bool root_has_hash; /* The root says that it has a parent. */
    leaf_edit *leaf;
} drafted_path;
void welcome_path(welcome_draft *draft, uint32_t leaf, const drafted_path *wanted);

#endif
