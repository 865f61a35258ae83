/*
 * Committing oneself into a group from outside (RFC 9420 §12.4.3.2): the public
 * mjl_mls_external_commit and mjl_mls_group_info_peek.
 *
 *     GroupInfo -> offered state -> a group that we are not in, without secrets -> commit_new.c
 *                      └ external_pub -> external init secret ──────────────────────^
 *
 * Others receive it in commit_stage.c.
 */
#include <sodium.h>
#include <stdlib.h>

#include "commit_making.h"
#include "external_init.h"
#include "group.h"
#include "key_package.h"
#include "message.h"
#include "new_leaf.h"
#include "offered_state.h"
#include "transcript_hash.h"

typedef struct external_joining {
    const mjl_mls_external_commit_config *config;
    const mjl_mls_suite *suite;
    mjl_random random;
    mjl_mls_offered_state offered;
    mjl_bytes external_pub;
    struct mjl_mls_group parent; /* What a newcomer can know of the group: no secrets. */
    uint32_t replaced;           /* MJL_MLS_NO_LEAF: nobody. */
    mjl_buffer leaf;
    uint8_t kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    uint8_t init_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_commit_making making;
} external_joining;

static void joining_clear(external_joining *joining)
{
    mjl_mls_offered_state_clear(&joining->offered);
    mjl_buffer_clear(&joining->parent.context_bytes);
    mjl_buffer_clear(&joining->leaf);
    sodium_memzero(joining, sizeof *joining);
}

/* ---- What the group offers ---- */

static mjl_result external_pub_find(mjl_bytes extensions, mjl_bytes *external_pub)
{
    mjl_bytes data;
    if (mjl_mls_extensions_find(extensions, MJL_MLS_EXTENSION_EXTERNAL_PUB, &data) != MJL_OK)
        return MJL_EXTERNAL_PUB_MISSING;
    mjl_mls_reader reader = mjl_mls_reader_of(data);
    *external_pub = mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    return mjl_mls_reader_end(&reader);
}

static mjl_result offer_read(external_joining *joining, mjl_bytes message)
{
    mjl_bytes body;
    mjl_result result = mjl_mls_message_body(message, MJL_MLS_GROUP_INFO, &body);
    if (result == MJL_OK)
        result = mjl_mls_offered_state_read(joining->suite, body, &joining->offered);
    if (result == MJL_OK)
        result = external_pub_find(joining->offered.info.extensions, &joining->external_pub);
    if (result == MJL_OK)
        result = mjl_mls_offered_state_verify(&joining->offered, joining->config->ratchet_tree);
    if (result == MJL_OK)
        result = mjl_mls_offered_state_check_tree(&joining->offered, joining->config->policy);
    return result;
}

/* The group as its members have it, less what only they know. */
static mjl_result parent_make(external_joining *joining)
{
    struct mjl_mls_group *parent = &joining->parent;
    const mjl_mls_group_info *info = &joining->offered.info;
    mjl_result result = mjl_buffer_append(&parent->context_bytes, info->context.encoded);
    if (result == MJL_OK)
        result = mjl_mls_context_parse(mjl_buffer_bytes(&parent->context_bytes), &parent->context);
    if (result != MJL_OK) return result;
    parent->references = 1;
    parent->own_leaf = MJL_MLS_NO_LEAF;
    parent->suite = joining->suite;
    parent->tree = joining->offered.tree; /* Borrowed: cleared with the offer. */
    mjl_mls_interim_hash(joining->suite, parent->context.confirmed_transcript_hash,
                         info->confirmation_tag, parent->interim_hash);
    return MJL_OK;
}

/* ---- What we bring ---- */

/* An old appearance of ours: the leaf that is named, else the one with our signature key. */
static mjl_result replaced_find(external_joining *joining)
{
    const mjl_mls_external_commit_config *config = joining->config;
    joining->replaced = MJL_MLS_NO_LEAF;
    if (!config->resync) return MJL_OK;
    joining->replaced = config->resync_leaf;
    if (config->resync_leaf != MJL_MLS_NO_LEAF) return MJL_OK;
    const mjl_bytes key =
        mjl_bytes_of(config->identity->signature_key, joining->suite->signature_key_size);
    const mjl_mls_ratchet_tree *tree = &joining->offered.tree;
    const uint32_t width = mjl_mls_ratchet_tree_width(tree);
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(tree, 0); i < width;
         i = mjl_mls_ratchet_tree_next_leaf(tree, i + 1)) {
        if (!mjl_bytes_equal(mjl_mls_leaf_content_signature_key(mjl_mls_ratchet_tree_leaf(tree, i)),
                             key))
            continue;
        joining->replaced = i;
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}

/* The leaf as it will be, but for its key: treekem.c makes that with the path. */
static mjl_result leaf_make(external_joining *joining)
{
    const mjl_mls_external_commit_config *config = joining->config;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result =
        mjl_mls_kem_generate(joining->suite, joining->random, private_key, public_key);
    sodium_memzero(private_key, sizeof private_key);
    if (result != MJL_OK) return result;
    const mjl_mls_new_leaf leaf = {.identity = config->identity,
                                   .capabilities = &config->capabilities,
                                   .encryption_key =
                                       mjl_bytes_of(public_key, joining->suite->kem_public_size),
                                   .source = MJL_MLS_LEAF_COMMIT};
    return mjl_mls_new_leaf_sign(joining->suite, &leaf, &joining->leaf);
}

static mjl_result commit_make(external_joining *joining, mjl_mls_candidate *candidate)
{
    const mjl_mls_external_commit_config *config = joining->config;
    const mjl_mls_commit_config commit = {.identity = config->identity,
                                          .authenticated_data = config->authenticated_data,
                                          .remove_leaves = &joining->replaced,
                                          .remove_count =
                                              joining->replaced != MJL_MLS_NO_LEAF ? 1 : 0,
                                          .public_message = true,
                                          .changes = config->changes,
                                          .changes_count = config->changes_count,
                                          .psks = config->psks,
                                          .psks_count = config->psks_count,
                                          .policy = config->policy};
    const mjl_mls_outsider outsider = {
        .leaf = mjl_buffer_bytes(&joining->leaf),
        .kem_output = mjl_bytes_of(joining->kem_output, joining->suite->kem_public_size),
        .init_secret = joining->init_secret};
    joining->making.group = &joining->parent;
    joining->making.config = &commit;
    joining->making.random = joining->random;
    joining->making.outsider = &outsider;
    return mjl_mls_commit_make(&joining->making, NULL, candidate);
}

static mjl_result join(external_joining *joining, mjl_bytes message, mjl_mls_candidate *candidate)
{
    mjl_result result = offer_read(joining, message);
    if (result == MJL_OK) result = parent_make(joining);
    if (result == MJL_OK) result = replaced_find(joining);
    if (result == MJL_OK) result = leaf_make(joining);
    if (result == MJL_OK)
        result = mjl_mls_external_init_send(joining->suite, joining->external_pub, joining->random,
                                            joining->kem_output, joining->init_secret);
    return result != MJL_OK ? result : commit_make(joining, candidate);
}

mjl_result mjl_mls_external_commit(mjl_bytes group_info,
                                   const mjl_mls_external_commit_config *config, mjl_random random,
                                   mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    external_joining *joining = calloc(1, sizeof *joining); /* Large, and secret. */
    if (joining == NULL) return MJL_OUT_OF_MEMORY;
    joining->config = config;
    joining->suite = mjl_mls_identity_suite(config->identity);
    joining->random = random;
    const mjl_result result = join(joining, group_info, candidate);
    joining_clear(joining);
    free(joining);
    return result;
}

/* ---- Looking at an offer ---- */

mjl_result mjl_mls_group_info_peek(mjl_bytes message, mjl_mls_group_info_view *view)
{
    mjl_bytes body;
    mjl_mls_group_info info;
    mjl_result result = mjl_mls_message_body(message, MJL_MLS_GROUP_INFO, &body);
    if (result == MJL_OK) result = mjl_mls_group_info_parse(body, &info);
    if (result != MJL_OK) return result;
    mjl_bytes data;
    *view = (mjl_mls_group_info_view){
        .suite = info.context.suite,
        .group_id = info.context.group_id,
        .epoch = info.context.epoch,
        .context_extensions = info.context.extensions,
        .extensions = info.extensions,
        .signer = info.signer,
        .has_external_pub = mjl_mls_extensions_find(info.extensions, MJL_MLS_EXTENSION_EXTERNAL_PUB,
                                                    &data) == MJL_OK,
        .has_ratchet_tree = mjl_mls_extensions_find(info.extensions, MJL_MLS_EXTENSION_RATCHET_TREE,
                                                    &data) == MJL_OK};
    return MJL_OK;
}
