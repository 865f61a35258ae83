/*
 * What RFC 9420 encodes: each structure is read, and written again from what was read by the few
 * lines here, which know the RFC and not the reader.
 */
#include "fuzz.h"
#include "weak_suite.h"

#include "commit.h"
#include "framing.h"
#include "group_info.h"
#include "message.h"
#include "offered_state.h"
#include "tree_encoding.h"
#include "tree_hash.h"
#include "tree_validation.h"
#include "welcome.h"

static mjl_mls_writer writer_to(mjl_buffer *out)
{
    *out = (mjl_buffer){0};
    return mjl_mls_writer_to(out);
}

static void same(mjl_bytes input, mjl_mls_writer *writer)
{
    const mjl_result result = mjl_mls_writer_end(writer);
    assert(result == MJL_OK);
    fuzz_same(input, writer->out);
}

/* ---- Leaves and key packages (§7.2, §10) ---- */

static void write_credential(mjl_mls_writer *writer, const mjl_mls_credential *credential)
{
    mjl_mls_write_u16(writer, credential->type);
    mjl_mls_write_vector(writer, credential->type == MJL_MLS_CREDENTIAL_BASIC
                                     ? credential->identity
                                     : credential->certificates);
}

static void write_leaf(mjl_mls_writer *writer, const mjl_mls_leaf_node *leaf)
{
    mjl_mls_write_vector(writer, leaf->encryption_key);
    mjl_mls_write_vector(writer, leaf->signature_key);
    write_credential(writer, &leaf->credential);
    mjl_mls_write_vector(writer, leaf->capabilities.versions);
    mjl_mls_write_vector(writer, leaf->capabilities.suites);
    mjl_mls_write_vector(writer, leaf->capabilities.extensions);
    mjl_mls_write_vector(writer, leaf->capabilities.proposals);
    mjl_mls_write_vector(writer, leaf->capabilities.credentials);
    mjl_mls_write_u8(writer, leaf->source);
    if (leaf->source == MJL_MLS_LEAF_KEY_PACKAGE) {
        mjl_mls_write_u64(writer, leaf->not_before);
        mjl_mls_write_u64(writer, leaf->not_after);
    }
    if (leaf->source == MJL_MLS_LEAF_COMMIT) mjl_mls_write_vector(writer, leaf->parent_hash);
    mjl_mls_write_vector(writer, leaf->extensions);
    mjl_mls_write_vector(writer, leaf->signature);
}

static void write_key_package(mjl_mls_writer *writer, const mjl_mls_key_package *package)
{
    mjl_mls_write_u16(writer, package->version);
    mjl_mls_write_u16(writer, package->suite);
    mjl_mls_write_vector(writer, package->init_key);
    write_leaf(writer, &package->leaf);
    mjl_mls_write_vector(writer, package->extensions);
    mjl_mls_write_vector(writer, package->signature);
}

static void run_leaf_node(mjl_bytes input)
{
    mjl_mls_leaf_node leaf;
    if (mjl_mls_leaf_node_parse(input, &leaf) != MJL_OK) return;
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    write_leaf(&writer, &leaf);
    same(input, &writer);
    fuzz_defined(mjl_mls_leaf_node_check(weak_suite(), &leaf));
}

static void run_key_package(mjl_bytes input)
{
    mjl_mls_key_package package;
    if (mjl_mls_key_package_parse(input, &package) != MJL_OK) return;
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    write_key_package(&writer, &package);
    same(input, &writer);
    fuzz_defined(mjl_mls_key_package_check(weak_suite(), &package));
}

/* The contents of a list, as it stands in anything that has extensions. */
static void run_extensions(mjl_bytes input)
{
    mjl_mls_reader reader = mjl_mls_reader_of(input);
    const mjl_bytes list = mjl_mls_extensions_read(&reader);
    if (mjl_mls_reader_end(&reader) != MJL_OK) return;
    mjl_buffer contents = {0}, out;
    mjl_mls_writer inner = mjl_mls_writer_to(&contents);
    mjl_bytes rest = list;
    mjl_mls_extension extension;
    while (mjl_mls_extensions_next(&rest, &extension)) {
        mjl_bytes found;
        const mjl_result result = mjl_mls_extensions_find(list, extension.type, &found);
        assert(result == MJL_OK && found.data == extension.data.data);
        mjl_mls_required_capabilities required;
        fuzz_defined(mjl_mls_required_capabilities_parse(extension.data, &required));
        mjl_mls_extensions_write(&inner, &extension, 1);
    }
    const mjl_result ended = mjl_mls_writer_end(&inner);
    assert(ended == MJL_OK);
    mjl_mls_writer writer = writer_to(&out);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&contents));
    mjl_buffer_clear(&contents);
    same(input, &writer);
}

/* ---- Proposals and commits (§12.1, §12.4) ---- */

static void write_proposal(mjl_mls_writer *writer, const mjl_mls_proposal *proposal)
{
    mjl_mls_write_u16(writer, proposal->type);
    switch (proposal->type) {
    case MJL_MLS_PROPOSAL_ADD:
        write_key_package(writer, &proposal->add);
        return;
    case MJL_MLS_PROPOSAL_UPDATE:
        write_leaf(writer, &proposal->update);
        return;
    case MJL_MLS_PROPOSAL_REMOVE:
        mjl_mls_write_u32(writer, proposal->remove);
        return;
    case MJL_MLS_PROPOSAL_PSK:
        mjl_mls_psk_id_write(writer, &proposal->psk);
        return;
    case MJL_MLS_PROPOSAL_REINIT:
        mjl_mls_reinit_write(writer, &proposal->reinit);
        return;
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT:
        mjl_mls_write_vector(writer, proposal->external_init);
        return;
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        mjl_mls_write_vector(writer, proposal->extensions);
        return;
    default:
        mjl_mls_write_vector(writer, proposal->custom);
    }
}

static void run_proposal(mjl_bytes input)
{
    mjl_mls_proposal proposal;
    if (mjl_mls_proposal_parse(input, &proposal) != MJL_OK) return;
    mjl_mls_proposal_view view;
    mjl_mls_proposal_show(&proposal, &view);
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    write_proposal(&writer, &proposal);
    same(input, &writer);
}

static void write_proposals(mjl_mls_writer *writer, const mjl_mls_commit_view *commit)
{
    mjl_mls_reader reader = mjl_mls_reader_of(commit->proposals);
    size_t count = 0;
    for (; mjl_mls_reader_more(&reader); count++) {
        mjl_mls_proposal_or_ref item;
        mjl_mls_proposal_or_ref_read(&reader, &item);
        if (item.is_reference) {
            mjl_mls_proposal_reference_write(writer, item.reference);
        } else {
            mjl_mls_proposal_by_value_write(writer);
            write_proposal(writer, &item.proposal);
        }
    }
    const mjl_result ended = mjl_mls_reader_end(&reader);
    assert(ended == MJL_OK && count == commit->proposals_count);
}

static void write_path_node(mjl_mls_writer *writer, const mjl_mls_update_path_node *node)
{
    mjl_mls_write_vector(writer, node->encryption_key);
    mjl_mls_reader reader = mjl_mls_reader_of(node->secrets);
    const size_t begin = mjl_mls_write_vector_begin(writer);
    size_t count = 0;
    for (; mjl_mls_reader_more(&reader); count++) {
        mjl_mls_hpke_ciphertext ciphertext;
        mjl_mls_hpke_ciphertext_read(&reader, &ciphertext);
        mjl_mls_hpke_ciphertext_write(writer, &ciphertext);
    }
    mjl_mls_write_vector_end(writer, begin);
    const mjl_result ended = mjl_mls_reader_end(&reader);
    assert(ended == MJL_OK && count == node->secrets_count);
}

static void run_commit(mjl_bytes input)
{
    mjl_mls_commit_view commit;
    if (mjl_mls_commit_parse(input, &commit) != MJL_OK) return;
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    size_t begin = mjl_mls_write_vector_begin(&writer);
    write_proposals(&writer, &commit);
    mjl_mls_write_vector_end(&writer, begin);
    mjl_mls_write_optional(&writer, commit.has_path);
    if (commit.has_path) {
        write_leaf(&writer, &commit.path.leaf);
        begin = mjl_mls_write_vector_begin(&writer);
        for (uint8_t i = 0; i < commit.path.count; i++)
            write_path_node(&writer, &commit.path.nodes[i]);
        mjl_mls_write_vector_end(&writer, begin);
    }
    same(input, &writer);
}

/* ---- Messages (§6) ---- */

static bool lies_in(mjl_bytes inner, mjl_bytes outer)
{
    return inner.size == 0 ||
           (inner.data >= outer.data && inner.data + inner.size <= outer.data + outer.size);
}

static void run_message(mjl_bytes input)
{
    mjl_mls_peek peek;
    const mjl_result result = mjl_mls_message_peek(input, &peek);
    fuzz_defined(result);
    if (result != MJL_OK) return;
    assert(lies_in(peek.body, input) && peek.body.size + 4 == input.size);
    assert(lies_in(peek.group_id, peek.body) && lies_in(peek.authenticated_data, peek.body));
    if (peek.wire_format != MJL_MLS_PRIVATE_MESSAGE) return;
    /* What comes before the encrypted sender data is written again. */
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    mjl_mls_message_header_write(&writer, peek.wire_format);
    mjl_mls_write_vector(&writer, peek.group_id);
    mjl_mls_write_u64(&writer, peek.epoch);
    mjl_mls_write_u8(&writer, peek.content_type);
    mjl_mls_write_vector(&writer, peek.authenticated_data);
    assert(out.size <= input.size);
    same(mjl_bytes_of(input.data, out.size), &writer);
}

static void run_authenticated_content(mjl_bytes input)
{
    mjl_mls_authenticated_content content = {0};
    const mjl_result result = mjl_mls_authenticated_content_parse(
        weak_suite(), input, mjl_bytes_text("context"), &content);
    if (result == MJL_OK) {
        mjl_buffer out;
        mjl_mls_writer writer = writer_to(&out);
        mjl_mls_authenticated_content_write(&writer, &content);
        same(input, &writer);
    }
    mjl_mls_authenticated_content_clear(&content);
}

/* ---- What a newcomer is told (§12.4.3) ---- */

static void write_entries(mjl_mls_writer *writer, mjl_bytes secrets)
{
    mjl_mls_reader reader = mjl_mls_reader_of(secrets);
    while (mjl_mls_reader_more(&reader)) {
        mjl_mls_encrypted_group_secrets entry;
        mjl_mls_encrypted_group_secrets_read(&reader, &entry);
        mjl_mls_write_vector(writer, entry.new_member);
        mjl_mls_hpke_ciphertext_write(writer, &entry.secrets);
    }
    const mjl_result ended = mjl_mls_reader_end(&reader);
    assert(ended == MJL_OK);
}

static void run_welcome(mjl_bytes input)
{
    mjl_mls_welcome welcome;
    if (mjl_mls_welcome_parse(input, &welcome) != MJL_OK) return;
    mjl_bytes reference;
    for (size_t i = 0; mjl_mls_welcome_reference(input, i, &reference) == MJL_OK; i++) {
        mjl_mls_hpke_ciphertext found;
        const mjl_result result = mjl_mls_welcome_find(&welcome, reference, &found);
        assert(result == MJL_OK);
    }
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    mjl_mls_message_header_write(&writer, MJL_MLS_WELCOME);
    mjl_mls_write_u16(&writer, welcome.suite);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    write_entries(&writer, welcome.secrets);
    mjl_mls_write_vector_end(&writer, begin);
    mjl_mls_write_vector(&writer, welcome.encrypted_group_info);
    same(input, &writer);
}

static void run_group_secrets(mjl_bytes input)
{
    mjl_mls_group_secrets secrets;
    if (mjl_mls_group_secrets_parse(weak_suite(), input, &secrets) != MJL_OK) return;
    mjl_buffer out = {0};
    const mjl_result result = mjl_mls_group_secrets_encode(&secrets, &out);
    assert(result == MJL_OK);
    fuzz_same(input, &out);
}

static void run_group_info(mjl_bytes input)
{
    mjl_mls_group_info info;
    if (mjl_mls_group_info_parse(input, &info) != MJL_OK) return;
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    mjl_mls_context_write(&writer, &info.context);
    mjl_mls_write_vector(&writer, info.extensions);
    mjl_mls_write_vector(&writer, info.confirmation_tag);
    mjl_mls_write_u32(&writer, info.signer);
    mjl_mls_write_vector(&writer, info.signature);
    same(input, &writer);
    mjl_mls_offered_state offered = {0};
    mjl_result result = mjl_mls_offered_state_read(weak_suite(), input, &offered);
    if (result == MJL_OK) result = mjl_mls_offered_state_verify(&offered, mjl_bytes_of(NULL, 0));
    if (result == MJL_OK) result = mjl_mls_offered_state_check_tree(&offered, NULL);
    fuzz_defined(result);
    mjl_mls_offered_state_clear(&offered);
}

static void run_ratchet_tree(mjl_bytes input)
{
    mjl_mls_ratchet_tree tree = {0};
    if (mjl_mls_ratchet_tree_parse(weak_suite(), input, &tree) != MJL_OK) return;
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    mjl_mls_ratchet_tree_write(&writer, &tree);
    same(input, &writer);
    uint8_t root[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_tree_hash_of_root(weak_suite(), &tree, root);
    const mjl_mls_leaf_rules rules = {.suite = weak_suite()};
    fuzz_defined(mjl_mls_tree_check(&rules, &tree));
    mjl_mls_ratchet_tree_clear(&tree);
}

static void run_psk_id(mjl_bytes input)
{
    mjl_mls_reader reader = mjl_mls_reader_of(input);
    mjl_mls_psk_id id;
    mjl_mls_psk_id_read(&reader, &id);
    if (mjl_mls_reader_end(&reader) != MJL_OK) return;
    mjl_buffer out;
    mjl_mls_writer writer = writer_to(&out);
    mjl_mls_psk_id_write(&writer, &id);
    same(input, &writer);
}

enum { INPUT_MAX = 8192 };

static const fuzz_target targets[] = {{.name = "mls_message", .run = run_message, INPUT_MAX},
                                      {.name = "mls_content", run_authenticated_content, INPUT_MAX},
                                      {.name = "mls_leaf_node", run_leaf_node, INPUT_MAX},
                                      {.name = "mls_key_package", run_key_package, INPUT_MAX},
                                      {.name = "mls_extensions", run_extensions, INPUT_MAX},
                                      {.name = "mls_proposal", run_proposal, INPUT_MAX},
                                      {.name = "mls_commit", run_commit, INPUT_MAX},
                                      {.name = "mls_welcome", run_welcome, INPUT_MAX},
                                      {.name = "mls_group_secrets", run_group_secrets, INPUT_MAX},
                                      {.name = "mls_group_info", run_group_info, INPUT_MAX},
                                      {.name = "mls_ratchet_tree", run_ratchet_tree, INPUT_MAX},
                                      {.name = "mls_psk_id", run_psk_id, INPUT_MAX}};

const fuzz_family fuzz_mls = {"mls_objects", targets, sizeof targets / sizeof targets[0]};
