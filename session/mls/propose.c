/*
 * Making standalone proposals (RFC 9420 §12.1): the public mjl_mls_propose.
 *
 * A proposal of ours is checked as a list of one by a committer that is nobody: what fails there
 * would fail in any commit. The ratchet moves as the last step, which cannot fail.
 */
#include <sodium.h>

#include "change.h"
#include "group.h"
#include "message.h"
#include "new_leaf.h"
#include "proposal_list.h"

typedef struct proposal_making {
    const mjl_mls_group *group;
    const mjl_mls_propose_config *config;
    mjl_random random;
    mjl_buffer body;                                      /* The Proposal. */
    uint8_t update_private[MJL_MLS_KEM_PRIVATE_SIZE_MAX]; /* UPDATE */
    mjl_mls_authenticated_content content;
} proposal_making;

static void making_clear(proposal_making *making)
{
    mjl_buffer_clear(&making->body);
    mjl_mls_authenticated_content_clear(&making->content);
    sodium_memzero(making, sizeof *making);
}

/* ---- The proposal ---- */

/* §12.1.2: the own leaf with another encryption key. */
static mjl_result update_write(proposal_making *making, mjl_mls_writer *writer)
{
    const mjl_mls_group *group = making->group;
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result =
        mjl_mls_kem_generate(group->suite, making->random, making->update_private, public_key);
    if (result != MJL_OK) return result;
    const mjl_mls_leaf_node own =
        mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(&group->tree, group->own_leaf));
    mjl_mls_leaf_parts parts = mjl_mls_leaf_parts_of(&own);
    parts.encryption_key = mjl_bytes_of(public_key, group->suite->kem_public_size);
    parts.source = MJL_MLS_LEAF_UPDATE;
    parts.parent_hash = mjl_bytes_of(NULL, 0);
    parts.place = (mjl_mls_leaf_place){group->context.group_id, group->own_leaf};
    mjl_buffer leaf = {0};
    result = mjl_mls_changed_leaf_sign(group->suite, &making->config->leaf,
                                       making->config->identity, parts, &leaf);
    if (result == MJL_OK) mjl_mls_proposal_update_write(writer, mjl_buffer_bytes(&leaf));
    mjl_buffer_clear(&leaf);
    return result;
}

static mjl_result body_write(proposal_making *making)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&making->body);
    if (making->config->change.type == MJL_MLS_PROPOSAL_UPDATE) {
        const mjl_result result = update_write(making, &writer);
        if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    } else {
        mjl_mls_change_write(&writer, making->group->suite, &making->config->change,
                             making->random);
    }
    return mjl_mls_writer_end(&writer);
}

static mjl_result body_check(const proposal_making *making)
{
    const mjl_mls_group *group = making->group;
    mjl_mls_listed_proposal item = {.sender = {MJL_MLS_SENDER_MEMBER, group->own_leaf}};
    const mjl_result result =
        mjl_mls_proposal_parse(mjl_buffer_bytes(&making->body), &item.proposal);
    if (result != MJL_OK) return result;
    const mjl_mls_proposal_list list = {&item, 1};
    mjl_mls_list_rules rules = mjl_mls_list_rules_of(group);
    rules.committer = MJL_MLS_NO_LEAF;
    return mjl_mls_proposal_list_check(&rules, &list);
}

/* ---- The message ---- */

static mjl_result content_sign(proposal_making *making)
{
    const mjl_mls_group *group = making->group;
    const mjl_mls_propose_config *config = making->config;
    const mjl_mls_framed_content content = {.group_id = group->context.group_id,
                                            .epoch = group->context.epoch,
                                            .sender = {MJL_MLS_SENDER_MEMBER, group->own_leaf},
                                            .authenticated_data = config->authenticated_data,
                                            .content_type = MJL_MLS_PROPOSAL,
                                            .body = mjl_buffer_bytes(&making->body)};
    return mjl_mls_content_sign(
        group->suite, config->public_message ? MJL_MLS_PUBLIC_MESSAGE : MJL_MLS_PRIVATE_MESSAGE,
        &content, mjl_buffer_bytes(&group->context_bytes), config->identity->signature_seed,
        &making->content);
}

static mjl_result protect(const proposal_making *making, const mjl_mls_ratchets *ratchets,
                          mjl_buffer *message)
{
    return mjl_mls_message_protect(making->group, ratchets, &making->content,
                                   making->config->padding_size, making->random, message);
}

static mjl_result make(proposal_making *making, const mjl_mls_ratchets *ratchets,
                       mjl_buffer *message, mjl_mls_opened **proposal)
{
    mjl_result result = body_write(making);
    if (result == MJL_OK) result = body_check(making);
    if (result == MJL_OK) result = content_sign(making);
    const size_t before = message->size;
    if (result == MJL_OK) result = protect(making, ratchets, message);
    if (result != MJL_OK) return result;
    result = mjl_mls_opened_of(&making->content, proposal);
    if (result != MJL_OK) {
        message->size = before;
    } else if (making->config->change.type == MJL_MLS_PROPOSAL_UPDATE) {
        mjl_mls_opened_set_update_key(*proposal, making->update_private);
    }
    return result;
}

mjl_result mjl_mls_propose(const mjl_mls_group *group, mjl_mls_ratchets *ratchets,
                           const mjl_mls_propose_config *config, mjl_random random,
                           mjl_buffer *message, mjl_mls_opened **proposal)
{
    if (mjl_mls_group_is_over(group)) return MJL_WRONG_STATE;
    mjl_result result = mjl_mls_group_check_identity(group, config->identity);
    if (result != MJL_OK) return result;
    proposal_making making = {.group = group, .config = config, .random = random};
    result = make(&making, ratchets, message, proposal);
    making_clear(&making);
    if (result == MJL_OK && !config->public_message)
        mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_HANDSHAKE);
    return result;
}
