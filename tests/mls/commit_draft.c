#include "commit_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "commit.h"
#include "external_init.h"
#include "group.h"
#include "labels.h"
#include "message.h"
#include "private_message.h"
#include "public_message.h"
#include "tree_hash.h"

static void end(mjl_mls_writer *writer)
{
    assert_int_equal(mjl_mls_writer_end(writer), MJL_OK);
}

void commit_begin(commit_draft *draft, const person *author)
{
    commit_begin_external(draft, author, author->group);
    draft->leaf = author->group->own_leaf;
    draft->is_external = false;
}

void commit_begin_external(commit_draft *draft, const person *author, const mjl_mls_group *group)
{
    *draft = (commit_draft){.author = author, .group = group, .is_external = true};
    draft->leaf = MJL_MLS_NO_LEAF;
    draft->tree = mjl_mls_ratchet_tree_share(&group->tree);
    assert_int_equal(mjl_buffer_append(&draft->extensions, group->context.extensions), MJL_OK);
}

void commit_clear(commit_draft *draft)
{
    mjl_mls_ratchet_tree_clear(&draft->tree);
    mjl_buffer_clear(&draft->list);
    mjl_buffer_clear(&draft->extensions);
    mjl_buffer_clear(&draft->path);
    mjl_buffer_clear(&draft->message);
}

/* ---- Proposals ---- */

void commit_put(commit_draft *draft, mjl_bytes proposal)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&draft->list);
    mjl_mls_proposal_by_value_write(&writer);
    mjl_mls_write_fixed(&writer, proposal);
    end(&writer);
}

/* A leaf that cannot be read stays out of the tree: nobody gets as far as looking there. */
static bool leaf_put(commit_draft *draft, uint32_t leaf, mjl_bytes encoded)
{
    mjl_mls_leaf_content *content;
    if (mjl_mls_leaf_content_new(encoded, &content) != MJL_OK) return false;
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&draft->tree, leaf, content), MJL_OK);
    return true;
}

void commit_add(commit_draft *draft, mjl_bytes package, mjl_bytes leaf)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_add_write(&writer, package);
    end(&writer);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
    const uint32_t place = mjl_mls_ratchet_tree_leftmost_blank(&draft->tree);
    assert_int_equal(mjl_mls_ratchet_tree_unmerge(&draft->tree, place), MJL_OK);
    if (!leaf_put(draft, place, leaf)) return;
    assert_true(draft->added_count < DRAFT_ADDS_MAX);
    draft->added[draft->added_count++] = place;
}

void commit_remove(commit_draft *draft, uint32_t leaf)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_remove_write(&writer, leaf);
    end(&writer);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
    if (mjl_mls_ratchet_tree_leaf(&draft->tree, leaf) == NULL) return;
    if (leaf == draft->leaf) return; /* It stays, to make the path. */
    assert_int_equal(mjl_mls_ratchet_tree_blank_path(&draft->tree, leaf, MJL_MLS_TREE_BLANK_LEAF),
                     MJL_OK);
    mjl_mls_ratchet_tree_truncate(&draft->tree);
}

void commit_put_extensions(commit_draft *draft, mjl_bytes extensions)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_extensions_write(&writer, extensions);
    end(&writer);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
    mjl_buffer_clear(&draft->extensions);
    assert_int_equal(mjl_buffer_append(&draft->extensions, extensions), MJL_OK);
}

void commit_put_psk(commit_draft *draft, const mjl_mls_psk_id *id)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_psk_write(&writer, id);
    end(&writer);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
}

void commit_put_external_init(commit_draft *draft)
{
    const mjl_mls_suite *suite = draft->group->suite;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX],
        kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    assert_int_equal(
        mjl_mls_external_key_pair(suite, &draft->group->secrets, private_key, public_key), MJL_OK);
    assert_int_equal(mjl_mls_external_init_send(suite,
                                                mjl_bytes_of(public_key, suite->kem_public_size),
                                                dice_random(), kem_output, draft->init_secret),
                     MJL_OK);
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_external_init_write(&writer, mjl_bytes_of(kem_output, suite->kem_public_size));
    end(&writer);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
}

/* ProposalRef covers AuthenticatedContent (§5.2): the PublicMessage but its header's version and
   the membership tag behind. */
static void reference_of(const mjl_mls_suite *suite, mjl_bytes message, uint8_t *reference)
{
    const size_t tag_size = 1 + suite->hash_size;
    mjl_mls_ref_hash(suite, "MLS 1.0 Proposal Reference",
                     mjl_bytes_of(message.data + 2, message.size - 2 - tag_size), reference);
}

void commit_update(commit_draft *draft, mjl_bytes proposal_message, uint32_t sender, mjl_bytes leaf)
{
    uint8_t reference[MJL_MLS_HASH_SIZE_MAX];
    reference_of(draft->group->suite, proposal_message, reference);
    mjl_mls_writer writer = mjl_mls_writer_to(&draft->list);
    mjl_mls_proposal_reference_write(&writer,
                                     mjl_bytes_of(reference, draft->group->suite->hash_size));
    end(&writer);
    assert_int_equal(mjl_mls_ratchet_tree_blank_path(&draft->tree, sender, MJL_MLS_TREE_KEEP_LEAF),
                     MJL_OK);
    leaf_put(draft, sender, leaf);
}

void proposal_message_write(const person *author, mjl_bytes proposal, mjl_buffer *message)
{
    frame_write(author, MJL_MLS_PROPOSAL, proposal, NULL, message);
}

/* ---- The path ---- */

typedef struct path_making {
    commit_draft *draft;
    const path_faults *faults;
    const mjl_mls_suite *suite;
    uint32_t leaf;
    mjl_mls_filtered_path filtered;
    uint8_t secrets[MJL_MLS_TREE_DEPTH_MAX][MJL_MLS_HASH_SIZE_MAX];
    uint8_t public_keys[MJL_MLS_TREE_DEPTH_MAX][MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_bytes keys[MJL_MLS_TREE_DEPTH_MAX];
    mjl_buffer leaf_bytes, context;
} path_making;

static void secrets_make(path_making *making)
{
    uint8_t *secret = making->draft->commit_secret;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
    const mjl_random random = dice_random();
    assert_int_equal(random.fill(random.context, secret, making->suite->hash_size), MJL_OK);
    for (uint8_t i = 0; i < making->filtered.count; i++) {
        memcpy(making->secrets[i], secret, making->suite->hash_size);
        assert_int_equal(mjl_mls_path_secret_key_pair(making->suite, secret, private_key,
                                                      making->public_keys[i]),
                         MJL_OK);
        making->keys[i] = mjl_bytes_of(making->public_keys[i], making->suite->kem_public_size);
        mjl_mls_path_secret_next(making->suite, secret);
    }
    for (size_t i = 0; i < 2; i++)
        if (making->faults->keys[i].size != 0) making->keys[i] = making->faults->keys[i];
}

static void leaf_make(path_making *making, mjl_bytes parent_hash)
{
    const path_faults *faults = making->faults;
    leaf_draft leaf;
    const mjl_mls_leaf_place place = {making->draft->group->context.group_id, making->leaf};
    leaf_draft_begin(&leaf, making->draft->author,
                     faults->source != 0 ? faults->source : MJL_MLS_LEAF_COMMIT, place);
    leaf.parts.parent_hash = faults->parent_hash.size != 0 ? faults->parent_hash : parent_hash;
    leaf_draft_write(&leaf, faults->leaf, &making->leaf_bytes);
    leaf_put(making->draft, making->leaf, mjl_buffer_bytes(&making->leaf_bytes));
}

static void context_make(path_making *making)
{
    const mjl_mls_group *group = making->draft->group;
    mjl_mls_context context = group->context;
    context.epoch += making->faults->wrong_context ? 2 : 1;
    context.extensions = mjl_buffer_bytes(&making->draft->extensions);
    context.tree_hash = mjl_mls_tree_hash_of_root(making->suite, &making->draft->tree,
                                                  (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0});
    mjl_mls_writer writer = mjl_mls_writer_to(&making->context);
    mjl_mls_context_write(&writer, &context);
    end(&writer);
}

static mjl_bytes key_of(mjl_mls_tree_place place)
{
    return mjl_mls_tree_node_encryption_key(place.node);
}

static void ciphertext_write(const path_making *making, mjl_mls_writer *writer, uint8_t i,
                             mjl_bytes key)
{
    const path_faults *faults = making->faults;
    const bool is_last = i + 1 == making->filtered.count;
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX], kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    memcpy(secret, making->secrets[i], sizeof secret);
    if (is_last && faults->wrong_secret) secret[0] ^= 1;
    const size_t size = making->suite->hash_size - (is_last && faults->short_secret);
    mjl_buffer ciphertext = {0};
    if (making->suite->kem_check_public(key) != MJL_OK) /* Nobody can encrypt to that. */
        key = mjl_bytes_of(making->public_keys[i], making->suite->kem_public_size);
    assert_int_equal(mjl_mls_encrypt_with_label(
                         making->suite, key, "UpdatePathNode", mjl_buffer_bytes(&making->context),
                         mjl_bytes_of(secret, size), dice_random(), kem_output, &ciphertext),
                     MJL_OK);
    mjl_mls_hpke_ciphertext written = {mjl_bytes_of(kem_output, making->suite->kem_public_size),
                                       mjl_buffer_bytes(&ciphertext)};
    if (is_last && faults->kem_output.size != 0) written.kem_output = faults->kem_output;
    if (is_last) written.ciphertext.size -= faults->ciphertext_cut;
    mjl_mls_hpke_ciphertext_write(writer, &written);
    mjl_buffer_clear(&ciphertext);
}

static void node_write(const path_making *making, mjl_mls_writer *writer, uint8_t i)
{
    const commit_draft *draft = making->draft;
    const mjl_mls_leaf_list added = {draft->added, draft->added_count};
    mjl_mls_resolution recipients;
    assert_int_equal(mjl_mls_update_path_recipients(&draft->tree, making->leaf,
                                                    making->filtered.level[i], added, &recipients),
                     MJL_OK);
    mjl_mls_write_vector(writer, making->keys[i]);
    const size_t begin = mjl_mls_write_vector_begin(writer);
    const int count = (int)recipients.count + (i == 0 ? making->faults->ciphertexts : 0);
    for (int j = 0; j < count; j++) {
        const uint32_t at = (uint32_t)j < recipients.count ? (uint32_t)j : 0;
        ciphertext_write(making, writer, i, key_of(recipients.places[at]));
    }
    mjl_mls_write_vector_end(writer, begin);
    mjl_mls_resolution_clear(&recipients);
}

static void path_write(path_making *making)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&making->draft->path);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&making->leaf_bytes));
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    const int count = making->filtered.count + making->faults->nodes;
    for (int i = 0; i < count; i++)
        node_write(making, &writer, (uint8_t)(i < making->filtered.count ? i : 0));
    mjl_mls_write_vector_end(&writer, begin);
    end(&writer);
}

void commit_path(commit_draft *draft, const path_faults *faults)
{
    static const path_faults none = {0};
    path_making making = {
        .draft = draft, .faults = faults == NULL ? &none : faults, .suite = draft->group->suite};
    if (draft->is_external) draft->leaf = mjl_mls_ratchet_tree_leftmost_blank(&draft->tree);
    making.leaf = draft->leaf;
    making.filtered = mjl_mls_filtered_path_of(&draft->tree, making.leaf);
    secrets_make(&making);
    uint8_t hash[MJL_MLS_HASH_SIZE_MAX];
    size_t hash_size;
    assert_int_equal(mjl_mls_update_path_set(making.suite, &draft->tree, making.leaf,
                                             &making.filtered, making.keys, hash, &hash_size),
                     MJL_OK);
    leaf_make(&making, mjl_bytes_of(hash, hash_size));
    context_make(&making);
    path_write(&making);
    mjl_buffer_clear(&making.leaf_bytes);
    mjl_buffer_clear(&making.context);
}

/* ---- Framing ---- */

static const frame_faults no_faults = {0};

/* Who frames what in which group. */
typedef struct framing {
    const person *author;
    const mjl_mls_group *group;
    mjl_mls_sender sender;
} framing;

static void content_sign(const framing *by, mjl_mls_content_type type, mjl_bytes body,
                         const frame_faults *faults, mjl_mls_authenticated_content *made)
{
    const mjl_mls_group *group = by->group;
    mjl_mls_framed_content content = {.group_id = group->context.group_id,
                                      .epoch = group->context.epoch,
                                      .sender = by->sender,
                                      .content_type = (uint8_t)type,
                                      .body = body};
    if (faults->content != NULL) faults->content(&content);
    assert_int_equal(mjl_mls_content_sign(group->suite,
                                          faults->private_message ? MJL_MLS_PRIVATE_MESSAGE
                                                                  : MJL_MLS_PUBLIC_MESSAGE,
                                          &content, mjl_mls_group_context(group),
                                          by->author->identity.signature_seed, made),
                     MJL_OK);
}

static void content_protect(const framing *by, const frame_faults *faults,
                            mjl_mls_authenticated_content *made, mjl_buffer *message)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(by->group, &view);
    if (faults->authenticated != NULL) faults->authenticated(made);
    if (faults->private_message) {
        assert_int_equal(mjl_mls_private_message_protect(&view, by->author->ratchets, made,
                                                         faults->padding, dice_random(), message),
                         MJL_OK);
    } else {
        assert_int_equal(mjl_mls_public_message_protect(&view, made, message), MJL_OK);
    }
    if (faults->message != NULL) faults->message(message);
    mjl_mls_authenticated_content_clear(made);
}

void frame_write(const person *author, mjl_mls_content_type type, mjl_bytes body,
                 const frame_faults *faults, mjl_buffer *message)
{
    if (faults == NULL) faults = &no_faults;
    mjl_mls_authenticated_content made = {0};
    const framing by = {author, author->group, {MJL_MLS_SENDER_MEMBER, author->group->own_leaf}};
    content_sign(&by, type, body, faults, &made);
    if (type == MJL_MLS_COMMIT) mjl_mls_content_set_tag(author->group->suite, &made, faults->tag);
    content_protect(&by, faults, &made, message);
}

static void tag_set(const commit_draft *draft, const frame_faults *faults,
                    mjl_mls_authenticated_content *made)
{
    const mjl_mls_epoch_input input = {.tree = &draft->tree,
                                       .extensions = mjl_buffer_bytes(&draft->extensions),
                                       .commit = made,
                                       .init_secret =
                                           draft->is_external ? draft->init_secret : NULL,
                                       .commit_secret = draft->commit_secret,
                                       .psk_secret = draft->psk_secret};
    mjl_mls_epoch_start start;
    assert_int_equal(mjl_mls_epoch_start_of_commit(draft->group, &input, &start), MJL_OK);
    mjl_mls_content_set_tag(draft->group->suite, made,
                            faults->has_tag ? faults->tag : start.confirmation_tag);
    mjl_mls_epoch_start_clear(&start);
}

void commit_finish(commit_draft *draft, const frame_faults *faults)
{
    if (faults == NULL) faults = &no_faults;
    mjl_buffer commit = {0};
    mjl_mls_authenticated_content made = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&commit);
    mjl_mls_commit_write(&writer, mjl_buffer_bytes(&draft->list), mjl_buffer_bytes(&draft->path));
    end(&writer);
    const framing by = {draft->author, draft->group,
                        draft->is_external ? (mjl_mls_sender){MJL_MLS_SENDER_NEW_MEMBER_COMMIT, 0}
                                           : (mjl_mls_sender){MJL_MLS_SENDER_MEMBER, draft->leaf}};
    content_sign(&by, MJL_MLS_COMMIT, mjl_buffer_bytes(&commit), faults, &made);
    tag_set(draft, faults, &made);
    content_protect(&by, faults, &made, &draft->message);
    mjl_buffer_clear(&commit);
}

void outside_proposal_write(const person *author, const mjl_mls_group *group, mjl_mls_sender sender,
                            mjl_bytes proposal, mjl_buffer *message)
{
    mjl_mls_authenticated_content made = {0};
    const framing by = {author, group, sender};
    content_sign(&by, MJL_MLS_PROPOSAL, proposal, &no_faults, &made);
    content_protect(&by, &no_faults, &made, message);
}
