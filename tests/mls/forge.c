#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "proposal_list.h"
#include "tree_hash.h"
#include "treekem.h"

mjl_mls_writer forge_by_value(mjl_buffer *proposals)
{
    mjl_mls_writer writer = mjl_mls_writer_to(proposals);
    mjl_mls_proposal_by_value_write(&writer);
    return writer;
}

void forge_end(mjl_mls_writer *writer)
{
    assert_int_equal(mjl_mls_writer_end(writer), MJL_OK);
}

void forge_leaf(const person *author, const forge_leaf_parts *parts, mjl_buffer *leaf)
{
    const mjl_mls_group *group = author->group;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    assert_int_equal(mjl_mls_kem_generate(group->suite, dice_random(), private_key, public_key),
                     MJL_OK);
    if (parts->private_key != NULL) memcpy(parts->private_key, private_key, sizeof private_key);
    const mjl_mls_leaf_node own =
        mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(&group->tree, group->own_leaf));
    mjl_mls_leaf_parts made = mjl_mls_leaf_parts_of(&own);
    made.encryption_key = parts->encryption_key.size != 0
                              ? parts->encryption_key
                              : mjl_bytes_of(public_key, group->suite->kem_public_size);
    if (parts->signature_key.size != 0) made.signature_key = parts->signature_key;
    made.source = parts->source;
    made.parent_hash = parts->parent_hash;
    made.place = (mjl_mls_leaf_place){group->context.group_id, group->own_leaf};
    assert_int_equal(
        mjl_mls_leaf_node_sign(group->suite, &made, author->identity.signature_seed, leaf), MJL_OK);
}

/* ---- Proposals ---- */

mjl_bytes forge_package_of(const person *who)
{
    mjl_bytes body;
    assert_int_equal(
        mjl_mls_message_body(mjl_buffer_bytes(&who->key_package), MJL_MLS_KEY_PACKAGE, &body),
        MJL_OK);
    return body;
}

void forge_put_add(mjl_buffer *list, mjl_bytes key_package)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_add_write(&writer, key_package);
    forge_end(&writer);
}

void forge_put_remove(mjl_buffer *list, uint32_t leaf)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_remove_write(&writer, leaf);
    forge_end(&writer);
}

void forge_put_extensions(mjl_buffer *list, const mjl_mls_extension *extension)
{
    mjl_buffer contents = {0};
    mjl_mls_writer inner = mjl_mls_writer_to(&contents);
    mjl_mls_extensions_write(&inner, extension, 1);
    forge_end(&inner);
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_extensions_write(&writer, mjl_buffer_bytes(&contents));
    forge_end(&writer);
    mjl_buffer_clear(&contents);
}

/* ---- Paths ---- */

/* What the author gets from its own commit. */
typedef struct forged {
    mjl_mls_proposal_list list;
    mjl_mls_applied applied;
    uint8_t commit_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_buffer path;
} forged;

static void list_read(const person *author, const forgery *wanted, mjl_mls_proposal_list *list)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(author->group, &view);
    mjl_mls_commit_view commit = {0};
    if (wanted->proposals != NULL) commit.proposals = mjl_buffer_bytes(wanted->proposals);
    mjl_mls_reader reader = mjl_mls_reader_of(commit.proposals);
    while (mjl_mls_reader_more(&reader)) {
        mjl_mls_proposal_or_ref item;
        mjl_mls_proposal_or_ref_read(&reader, &item);
        commit.proposals_count++;
    }
    if (reader.result != MJL_OK) return; /* Nobody can read it. */
    const mjl_result result = mjl_mls_proposal_list_of(
        &commit, &view, (mjl_mls_sender){MJL_MLS_SENDER_MEMBER, author->group->own_leaf},
        &wanted->reference, wanted->reference == NULL ? 0 : 1, list);
    assert_true(result == MJL_OK || result == MJL_UNKNOWN_PROPOSAL);
}

/* Applies the proposals, for a path that fits them; a list that cannot be applied counts as empty.
 */
static void apply(const person *author, forged *made)
{
    const mjl_mls_group *group = author->group;
    const mjl_mls_list_rules rules = {.suite = group->suite,
                                      .tree = &group->tree,
                                      .group_id = group->context.group_id,
                                      .extensions = group->context.extensions,
                                      .committer = group->own_leaf};
    if (mjl_mls_proposal_list_check(&rules, &made->list) == MJL_OK &&
        mjl_mls_proposal_list_apply(&rules, &made->list, &made->applied) == MJL_OK)
        return;
    made->list.count = 0;
    assert_int_equal(mjl_mls_proposal_list_apply(&rules, &made->list, &made->applied), MJL_OK);
}

static void path_make(const person *author, forged *made)
{
    const mjl_mls_group *group = author->group;
    mjl_mls_context context = group->context;
    context.epoch++;
    context.extensions = made->applied.extensions;
    const mjl_mls_path_maker maker = {.suite = group->suite,
                                      .identity = &author->identity,
                                      .leaf = group->own_leaf,
                                      .added = mjl_mls_applied_new_leaves(&made->applied),
                                      .context = &context,
                                      .random = dice_random()};
    mjl_mls_private_path own = group->path;
    mjl_mls_path_secrets secrets;
    assert_int_equal(mjl_mls_treekem_make(&maker, &made->applied.tree, &own, &secrets,
                                          made->commit_secret, &made->path),
                     MJL_OK);
}

/* ---- Content ---- */

static void frame(const person *author, mjl_mls_content_type type, mjl_bytes body,
                  mjl_mls_authenticated_content *made)
{
    const mjl_mls_group *group = author->group;
    static const uint8_t tag[MJL_MLS_HASH_SIZE_MAX] = {0};
    const mjl_mls_framed_content content = {.group_id = group->context.group_id,
                                            .epoch = group->context.epoch,
                                            .sender = {MJL_MLS_SENDER_MEMBER, group->own_leaf},
                                            .content_type = (uint8_t)type,
                                            .body = body};
    assert_int_equal(mjl_mls_content_sign(group->suite, MJL_MLS_PUBLIC_MESSAGE, &content,
                                          mjl_mls_group_context(group),
                                          author->identity.signature_seed, made),
                     MJL_OK);
    if (type == MJL_MLS_COMMIT) mjl_mls_content_set_tag(group->suite, made, tag);
}

static mjl_mls_opened *opened_of(mjl_mls_authenticated_content *made)
{
    mjl_mls_opened *opened;
    assert_int_equal(mjl_mls_opened_of(made, &opened), MJL_OK);
    return opened;
}

static void tag_set(const person *author, const forged *made,
                    mjl_mls_authenticated_content *content)
{
    static const uint8_t no_psk[MJL_MLS_HASH_SIZE_MAX] = {0};
    const mjl_mls_epoch_input input = {.tree = &made->applied.tree,
                                       .extensions = made->applied.extensions,
                                       .commit = content,
                                       .commit_secret = made->commit_secret,
                                       .psk_secret = no_psk};
    mjl_mls_epoch_start start;
    assert_int_equal(mjl_mls_epoch_start_of_commit(author->group, &input, &start), MJL_OK);
    mjl_mls_content_set_tag(author->group->suite, content, start.confirmation_tag);
    mjl_mls_epoch_start_clear(&start);
}

mjl_mls_opened *forge_commit(const person *author, const forgery *wanted)
{
    forged made = {0};
    mjl_buffer commit = {0};
    mjl_mls_authenticated_content content = {0};
    list_read(author, wanted, &made.list);
    apply(author, &made);
    if (wanted->has_path) path_make(author, &made);
    mjl_mls_writer writer = mjl_mls_writer_to(&commit);
    mjl_mls_commit_write(&writer,
                         wanted->proposals == NULL ? mjl_bytes_of(NULL, 0)
                                                   : mjl_buffer_bytes(wanted->proposals),
                         mjl_buffer_bytes(&made.path));
    forge_end(&writer);
    frame(author, MJL_MLS_COMMIT, mjl_buffer_bytes(&commit), &content);
    if (wanted->has_tag) tag_set(author, &made, &content);
    mjl_buffer_clear(&made.path);
    mjl_buffer_clear(&commit);
    mjl_mls_applied_clear(&made.applied);
    mjl_mls_proposal_list_clear(&made.list);
    return opened_of(&content);
}

mjl_mls_opened *forge_commit_bytes(const person *author, mjl_bytes commit)
{
    mjl_mls_authenticated_content content = {0};
    frame(author, MJL_MLS_COMMIT, commit, &content);
    return opened_of(&content);
}

mjl_mls_opened *forge_proposal(const person *author, mjl_bytes proposal)
{
    mjl_mls_authenticated_content content = {0};
    frame(author, MJL_MLS_PROPOSAL, proposal, &content);
    return opened_of(&content);
}

void forge_reference(const mjl_mls_opened *proposal, uint8_t reference[MJL_MLS_HASH_SIZE])
{
    assert_int_equal(mjl_mls_proposal_reference(mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT),
                                                mjl_mls_opened_content(proposal), reference),
                     MJL_OK);
}
