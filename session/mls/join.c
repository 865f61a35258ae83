/*
 * Joining by Welcome (RFC 9420 §12.4.3.1): the public mjl_mls_join.
 *
 * A Welcome comes from a stranger: what is cheap is checked before what is dear, and the tree's
 * signatures, one for each member, come last but for the confirmation tag.
 */
#include <sodium.h>
#include <stdlib.h>

#include "group.h"
#include "key_package.h"
#include "offered_state.h"
#include "proposal_list.h"
#include "welcome.h"

typedef struct welcome_joining {
    const mjl_mls_join_config *config;
    const mjl_mls_suite *suite;
    mjl_mls_key_package_secret own;
    mjl_mls_welcome welcome;
    mjl_buffer secrets_bytes; /* GroupSecrets */
    mjl_mls_group_secrets secrets;
    uint8_t psk_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_resumption resumption; /* Its `old` is NULL if the new group continues none. */
    mjl_buffer info_bytes;         /* GroupInfo */
    mjl_mls_offered_state offered;
    uint32_t own_leaf;
    mjl_mls_private_path path;
    mjl_mls_epoch_start start;
} welcome_joining;

static void joining_clear(welcome_joining *joining)
{
    mjl_buffer_clear(&joining->secrets_bytes);
    mjl_buffer_clear(&joining->info_bytes);
    mjl_mls_offered_state_clear(&joining->offered);
    mjl_mls_epoch_start_clear(&joining->start);
    sodium_memzero(joining, sizeof *joining);
}

/* ---- Secrets ---- */

static mjl_result welcome_read(welcome_joining *joining, mjl_bytes message)
{
    const mjl_mls_identity *identity = joining->config->identity;
    joining->suite = mjl_mls_identity_suite(identity);
    mjl_result result = mjl_mls_key_package_secret_parse(
        joining->suite, joining->config->key_package_secret, &joining->own);
    if (result != MJL_OK) return result;
    const mjl_bytes key = mjl_bytes_of(identity->signature_key, joining->suite->signature_key_size);
    if (!mjl_bytes_equal(joining->own.key_package.leaf.signature_key, key)) return MJL_BAD_ARGUMENT;
    result = mjl_mls_welcome_parse(message, &joining->welcome);
    if (result != MJL_OK) return result;
    return joining->welcome.suite == joining->suite->id ? MJL_OK : MJL_WELCOME_SUITE;
}

static mjl_result secrets_open(welcome_joining *joining)
{
    uint8_t reference[MJL_MLS_HASH_SIZE_MAX];
    const mjl_mls_key_pair init = {joining->own.init_private,
                                   joining->own.key_package.init_key.data};
    mjl_mls_key_package_reference(joining->suite, joining->own.key_package.encoded, reference);
    const mjl_result result = mjl_mls_welcome_open_own(
        joining->suite, &joining->welcome, mjl_bytes_of(reference, joining->suite->hash_size), init,
        &joining->secrets_bytes);
    if (result != MJL_OK) return result;
    return mjl_mls_group_secrets_parse(joining->suite, mjl_buffer_bytes(&joining->secrets_bytes),
                                       &joining->secrets);
}

/* §12.4.3.1: at most one that continues another group, and we must have that group. */
static mjl_result psk_check(welcome_joining *joining, const mjl_mls_psk_id *id)
{
    if (id->nonce.size != joining->suite->hash_size) return MJL_PSK_NONCE;
    const bool is_plain = id->type == MJL_MLS_PSK_EXTERNAL || id->usage == MJL_MLS_PSK_APPLICATION;
    if (is_plain) return MJL_OK;
    if (joining->resumption.old != NULL) return MJL_WELCOME_PSK_NOT_ALONE;
    const mjl_mls_resumption resumption = {joining->config->resumes, id->usage,
                                           joining->config->policy};
    if (resumption.old == NULL || !mjl_mls_resumption_is(&resumption, id)) return MJL_UNKNOWN_PSK;
    joining->resumption = resumption;
    return MJL_OK;
}

static mjl_result psks_look_up(welcome_joining *joining)
{
    mjl_mls_psk_input inputs[MJL_MLS_PSKS_COUNT_MAX];
    size_t count = 0;
    mjl_mls_known_psks known = {.psks = joining->config->psks,
                                .count = joining->config->psks_count};
    mjl_mls_reader reader = mjl_mls_reader_of(joining->secrets.psks);
    while (mjl_mls_reader_more(&reader)) { /* Read once before: as many as there is room for. */
        mjl_mls_psk_id id;
        mjl_mls_psk_id_read(&reader, &id);
        mjl_result result = psk_check(joining, &id);
        if (joining->resumption.old != NULL) known.resumption = &joining->resumption;
        if (result == MJL_OK) result = mjl_mls_psk_look_up(&known, &id, &inputs[count].secret);
        if (result != MJL_OK) return result;
        inputs[count++].id = id.encoded;
    }
    return mjl_mls_psk_secret(joining->suite, inputs, count, joining->psk_secret);
}

/* ---- The state that is offered ---- */

static mjl_result info_open(welcome_joining *joining)
{
    uint8_t member_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_key_schedule_member(joining->suite, joining->secrets.joiner_secret.data,
                                joining->psk_secret, member_secret);
    mjl_result result = mjl_mls_welcome_open_group_info(joining->suite, &joining->welcome,
                                                        member_secret, &joining->info_bytes);
    sodium_memzero(member_secret, sizeof member_secret);
    if (result == MJL_OK)
        result = mjl_mls_offered_state_read(joining->suite, mjl_buffer_bytes(&joining->info_bytes),
                                            &joining->offered);
    if (result != MJL_OK) return result;
    /* A commit led here, so there is a transcript; only a new group has none (§11). */
    const bool has_transcript = joining->offered.info.context.confirmed_transcript_hash.size != 0;
    return has_transcript ? MJL_OK : MJL_CONTEXT_HASH_SIZE;
}

/* §12.4.3: two groups of one id could not be told apart. */
static mjl_result group_id_check(const welcome_joining *joining)
{
    for (size_t i = 0; i < joining->config->groups_count; i++)
        if (mjl_bytes_equal(joining->config->groups[i], joining->offered.info.context.group_id))
            return MJL_GROUP_ID_IN_USE;
    return MJL_OK;
}

static mjl_result own_leaf_find(welcome_joining *joining)
{
    const mjl_bytes own = joining->own.key_package.leaf.encoded;
    const uint32_t width = mjl_mls_ratchet_tree_width(&joining->offered.tree);
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(&joining->offered.tree, 0); i < width;
         i = mjl_mls_ratchet_tree_next_leaf(&joining->offered.tree, i + 1)) {
        if (!mjl_bytes_equal(
                mjl_mls_leaf_content_encoded(mjl_mls_ratchet_tree_leaf(&joining->offered.tree, i)),
                own))
            continue;
        joining->own_leaf = i;
        return MJL_OK;
    }
    return MJL_NOT_IN_THE_TREE;
}

/* The keys above us that the committer's path secret gives. */
static mjl_result path_learn(welcome_joining *joining)
{
    mjl_mls_private_path_set(&joining->path, joining->suite, 0, joining->own.leaf_private);
    if (!joining->secrets.has_path_secret) return MJL_OK;
    const uint8_t level =
        mjl_mls_common_ancestor_level(joining->offered.info.signer, joining->own_leaf);
    if (mjl_mls_ratchet_tree_parent(&joining->offered.tree, joining->own_leaf, level) == NULL)
        return MJL_WELCOME_PATH_SECRET; /* Blank; or level 0: the signer would be ourselves. */
    uint8_t path_secret[MJL_MLS_HASH_SIZE_MAX];
    memcpy(path_secret, joining->secrets.path_secret.data, joining->suite->hash_size);
    const mjl_result result =
        mjl_mls_path_secret_climb(joining->suite, &joining->offered.tree, joining->own_leaf, level,
                                  path_secret, &joining->path);
    sodium_memzero(path_secret, sizeof path_secret);
    return result;
}

static mjl_result epoch_begin(welcome_joining *joining)
{
    const mjl_result result = mjl_mls_epoch_start_of_welcome(
        joining->suite, joining->offered.info.context.encoded, joining->secrets.joiner_secret.data,
        joining->psk_secret, &joining->start);
    if (result != MJL_OK) return result;
    const bool confirmed = mjl_mls_mac_equal(joining->suite, joining->start.confirmation_tag,
                                             joining->offered.info.confirmation_tag);
    return confirmed ? MJL_OK : MJL_BAD_CONFIRMATION;
}

/* A group that continues another is what that one allows (§11.2, §11.3). */
static mjl_result resumption_check(const welcome_joining *joining)
{
    if (joining->resumption.old == NULL) return MJL_OK;
    return mjl_mls_resumption_check(&joining->resumption, &joining->offered.info.context,
                                    &joining->offered.tree);
}

/* ---- The outcome ---- */

static mjl_result joined_fill(welcome_joining *joining, mjl_mls_joined *joined)
{
    const mjl_result result =
        mjl_buffer_append(&joined->group_info_extensions, joining->offered.info.extensions);
    if (result != MJL_OK) return result;
    joined->signer = joining->offered.info.signer;
    joined->resumes = joining->resumption.old != NULL;
    const mjl_mls_group_parts parts = {.suite = joining->suite,
                                       .tree = &joining->offered.tree,
                                       .start = &joining->start,
                                       .path = &joining->path,
                                       .own_leaf = joining->own_leaf};
    return mjl_mls_group_make_with_ratchets(&parts, &joined->group, &joined->ratchets);
}

static mjl_result join(welcome_joining *joining, mjl_bytes welcome, mjl_mls_joined *joined)
{
    mjl_result result = welcome_read(joining, welcome);
    if (result == MJL_OK) result = secrets_open(joining);
    if (result == MJL_OK) result = psks_look_up(joining);
    if (result == MJL_OK) result = info_open(joining);
    if (result == MJL_OK) result = group_id_check(joining);
    if (result == MJL_OK)
        result = mjl_mls_offered_state_verify(&joining->offered, joining->config->ratchet_tree);
    if (result == MJL_OK) result = own_leaf_find(joining);
    if (result == MJL_OK) result = path_learn(joining);
    if (result == MJL_OK)
        result = mjl_mls_offered_state_check_tree(&joining->offered, joining->config->policy);
    if (result == MJL_OK) result = epoch_begin(joining);
    if (result == MJL_OK) result = resumption_check(joining);
    if (result == MJL_OK) result = joined_fill(joining, joined);
    return result;
}

mjl_result mjl_mls_join(mjl_bytes welcome, const mjl_mls_join_config *config,
                        mjl_mls_joined *joined)
{
    *joined = (mjl_mls_joined){0};
    welcome_joining *joining =
        calloc(1, sizeof *joining); /* Large, and secret: not on the stack. */
    if (joining == NULL) return MJL_OUT_OF_MEMORY;
    joining->config = config;
    const mjl_result result = join(joining, welcome, joined);
    joining_clear(joining);
    free(joining);
    if (result != MJL_OK) mjl_mls_joined_clear(joined);
    return result;
}

void mjl_mls_joined_clear(mjl_mls_joined *joined)
{
    mjl_mls_group_release(joined->group);
    mjl_mls_ratchets_free(joined->ratchets);
    mjl_buffer_clear(&joined->group_info_extensions);
    *joined = (mjl_mls_joined){0};
}
