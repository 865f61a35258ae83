/*
 * Vectors of encodings: messages. Each is read by the layer, then written again out of the fields
 * that were read, and must come out as it was. The layer itself keeps what it received and writes
 * only what it makes, so much of the writing is here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "commit.h"
#include "group_info.h"
#include "message.h"
#include "mls_limits.h"
#include "tree_encoding.h"
#include "vector_cases.h"
#include "welcome.h"

/* The groups are of suites 1 to 3: trees and hashes have the default's sizes, signatures any. */
static mjl_mls_suite sizes;
static const mjl_mls_suite *const suite = &sizes;

typedef struct again {
    mjl_buffer out;
    mjl_mls_writer writer;
} again;

static void again_begin(again *of)
{
    of->out = (mjl_buffer){0};
    of->writer = mjl_mls_writer_to(&of->out);
}

/* Whether it was read to its end and written as it was. */
static bool again_end(again *of, const char *name, mjl_bytes expected, mjl_result read)
{
    if (read != MJL_OK) print_message("%s answered %d\n", name, (int)read);
    const bool good = read == MJL_OK && mjl_mls_writer_end(&of->writer) == MJL_OK &&
                      vectors_same(name, expected, mjl_buffer_bytes(&of->out));
    mjl_buffer_clear(&of->out);
    return good;
}

/* ---- Pieces ---- */

static void extensions_write(mjl_mls_writer *writer, mjl_bytes extensions)
{
    const size_t begin = mjl_mls_write_vector_begin(writer);
    mjl_mls_extension one;
    while (mjl_mls_extensions_next(&extensions, &one))
        mjl_mls_extensions_write(writer, &one, 1);
    mjl_mls_write_vector_end(writer, begin);
}

static void credential_write(mjl_mls_writer *writer, const mjl_mls_credential *credential)
{
    mjl_mls_write_u16(writer, credential->type);
    mjl_mls_write_vector(writer, credential->type == MJL_MLS_CREDENTIAL_BASIC
                                     ? credential->identity
                                     : credential->certificates);
}

static void leaf_write(mjl_mls_writer *writer, const mjl_mls_leaf_node *leaf)
{
    const mjl_mls_capabilities_view *capabilities = &leaf->capabilities;
    mjl_mls_write_vector(writer, leaf->encryption_key);
    mjl_mls_write_vector(writer, leaf->signature_key);
    credential_write(writer, &leaf->credential);
    mjl_mls_write_vector(writer, capabilities->versions);
    mjl_mls_write_vector(writer, capabilities->suites);
    mjl_mls_write_vector(writer, capabilities->extensions);
    mjl_mls_write_vector(writer, capabilities->proposals);
    mjl_mls_write_vector(writer, capabilities->credentials);
    mjl_mls_write_u8(writer, leaf->source);
    if (leaf->source == MJL_MLS_LEAF_KEY_PACKAGE) {
        mjl_mls_write_u64(writer, leaf->not_before);
        mjl_mls_write_u64(writer, leaf->not_after);
    }
    if (leaf->source == MJL_MLS_LEAF_COMMIT) mjl_mls_write_vector(writer, leaf->parent_hash);
    extensions_write(writer, leaf->extensions);
    mjl_mls_write_vector(writer, leaf->signature);
}

static void key_package_write(mjl_mls_writer *writer, const mjl_mls_key_package *key_package)
{
    mjl_mls_write_u16(writer, key_package->version);
    mjl_mls_write_u16(writer, key_package->suite);
    mjl_mls_write_vector(writer, key_package->init_key);
    leaf_write(writer, &key_package->leaf);
    extensions_write(writer, key_package->extensions);
    mjl_mls_write_vector(writer, key_package->signature);
}

static void add_or_update_write(mjl_mls_writer *writer, const mjl_mls_proposal *proposal)
{
    mjl_buffer body = {0};
    mjl_mls_writer inner = mjl_mls_writer_to(&body);
    if (proposal->type == MJL_MLS_PROPOSAL_ADD) {
        key_package_write(&inner, &proposal->add);
        mjl_mls_proposal_add_write(writer, mjl_buffer_bytes(&body));
    } else {
        leaf_write(&inner, &proposal->update);
        mjl_mls_proposal_update_write(writer, mjl_buffer_bytes(&body));
    }
    mjl_buffer_clear(&body);
}

static void proposal_write(mjl_mls_writer *writer, const mjl_mls_proposal *proposal)
{
    switch (proposal->type) {
    case MJL_MLS_PROPOSAL_ADD:
    case MJL_MLS_PROPOSAL_UPDATE:
        add_or_update_write(writer, proposal);
        break;
    case MJL_MLS_PROPOSAL_REMOVE:
        mjl_mls_proposal_remove_write(writer, proposal->remove);
        break;
    case MJL_MLS_PROPOSAL_PSK:
        mjl_mls_proposal_psk_write(writer, &proposal->psk);
        break;
    case MJL_MLS_PROPOSAL_REINIT:
        mjl_mls_proposal_reinit_write(writer, &proposal->reinit);
        break;
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT:
        mjl_mls_proposal_external_init_write(writer, proposal->external_init);
        break;
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        mjl_mls_proposal_extensions_write(writer, proposal->extensions);
        break;
    default:
        fail_msg("a proposal of type %u", (unsigned)proposal->type);
    }
}

static void ciphertext_write(mjl_mls_writer *writer, mjl_mls_reader *reader)
{
    mjl_mls_hpke_ciphertext ciphertext;
    mjl_mls_hpke_ciphertext_read(reader, &ciphertext);
    mjl_mls_hpke_ciphertext_write(writer, &ciphertext);
}

static void path_write(mjl_mls_writer *writer, const mjl_mls_update_path *path)
{
    leaf_write(writer, &path->leaf);
    const size_t begin = mjl_mls_write_vector_begin(writer);
    for (uint8_t i = 0; i < path->count; i++) {
        mjl_mls_write_vector(writer, path->nodes[i].encryption_key);
        const size_t inner = mjl_mls_write_vector_begin(writer);
        mjl_mls_reader secrets = mjl_mls_reader_of(path->nodes[i].secrets);
        for (uint32_t j = 0; j < path->nodes[i].secrets_count; j++)
            ciphertext_write(writer, &secrets);
        mjl_mls_write_vector_end(writer, inner);
    }
    mjl_mls_write_vector_end(writer, begin);
}

static void commit_write(mjl_mls_writer *writer, const mjl_mls_commit_view *commit)
{
    mjl_buffer proposals = {0}, path = {0};
    mjl_mls_writer list = mjl_mls_writer_to(&proposals), inner = mjl_mls_writer_to(&path);
    mjl_mls_reader reader = mjl_mls_reader_of(commit->proposals);
    for (size_t i = 0; i < commit->proposals_count; i++) {
        mjl_mls_proposal_or_ref item;
        mjl_mls_proposal_or_ref_read(&reader, &item);
        if (item.is_reference) {
            mjl_mls_proposal_reference_write(&list, item.reference);
        } else {
            mjl_mls_proposal_by_value_write(&list);
            proposal_write(&list, &item.proposal);
        }
    }
    if (commit->has_path) path_write(&inner, &commit->path);
    mjl_mls_commit_write(writer, mjl_buffer_bytes(&proposals), mjl_buffer_bytes(&path));
    mjl_buffer_clear(&proposals);
    mjl_buffer_clear(&path);
}

/* ---- Whole things ---- */

static bool welcome_comes_again(const char *name, mjl_bytes message)
{
    again of;
    again_begin(&of);
    mjl_mls_welcome welcome = {0};
    const mjl_result read = mjl_mls_welcome_parse(message, &welcome);
    mjl_mls_message_header_write(&of.writer, MJL_MLS_WELCOME);
    mjl_mls_write_u16(&of.writer, welcome.suite);
    const size_t begin = mjl_mls_write_vector_begin(&of.writer);
    mjl_mls_reader secrets = mjl_mls_reader_of(welcome.secrets);
    while (mjl_mls_reader_more(&secrets)) {
        mjl_mls_encrypted_group_secrets one;
        mjl_mls_encrypted_group_secrets_read(&secrets, &one);
        mjl_mls_write_vector(&of.writer, one.new_member);
        mjl_mls_hpke_ciphertext_write(&of.writer, &one.secrets);
    }
    mjl_mls_write_vector_end(&of.writer, begin);
    mjl_mls_write_vector(&of.writer, welcome.encrypted_group_info);
    return again_end(&of, name, message, read);
}

static bool group_info_comes_again(const char *name, mjl_bytes message)
{
    again of;
    again_begin(&of);
    mjl_bytes body = {0};
    mjl_mls_group_info info = {0};
    mjl_result read = mjl_mls_message_body(message, MJL_MLS_GROUP_INFO, &body);
    if (read == MJL_OK) read = mjl_mls_group_info_parse(body, &info);
    mjl_mls_message_header_write(&of.writer, MJL_MLS_GROUP_INFO);
    mjl_mls_context_write(&of.writer, &info.context);
    extensions_write(&of.writer, info.extensions);
    mjl_mls_write_vector(&of.writer, info.confirmation_tag);
    mjl_mls_write_u32(&of.writer, info.signer);
    mjl_mls_write_vector(&of.writer, info.signature);
    return again_end(&of, name, message, read);
}

static bool key_package_comes_again(const char *name, mjl_bytes message)
{
    again of;
    again_begin(&of);
    mjl_bytes body = {0};
    mjl_mls_key_package key_package = {0};
    mjl_result read = mjl_mls_message_body(message, MJL_MLS_KEY_PACKAGE, &body);
    if (read == MJL_OK) read = mjl_mls_key_package_parse(body, &key_package);
    mjl_mls_message_header_write(&of.writer, MJL_MLS_KEY_PACKAGE);
    key_package_write(&of.writer, &key_package);
    return again_end(&of, name, message, read);
}

static bool tree_comes_again(const char *name, mjl_bytes encoded)
{
    again of;
    again_begin(&of);
    mjl_mls_ratchet_tree tree = {0};
    const mjl_result read = mjl_mls_ratchet_tree_parse(suite, encoded, &tree);
    if (read == MJL_OK) mjl_mls_ratchet_tree_write(&of.writer, &tree);
    mjl_mls_ratchet_tree_clear(&tree);
    return again_end(&of, name, encoded, read);
}

static bool group_secrets_come_again(const char *name, mjl_bytes encoded)
{
    again of;
    again_begin(&of);
    mjl_mls_group_secrets secrets;
    mjl_result read = mjl_mls_group_secrets_parse(suite, encoded, &secrets);
    if (read == MJL_OK) read = mjl_mls_group_secrets_encode(&secrets, &of.out);
    return again_end(&of, name, encoded, read);
}

/* The vectors hold what stands behind a proposal's type. */
static bool proposal_comes_again(const char *name, uint16_t type, mjl_bytes body)
{
    again of;
    again_begin(&of);
    const uint8_t header[2] = {(uint8_t)(type >> 8), (uint8_t)type};
    mjl_buffer whole = {0};
    assert_int_equal(mjl_buffer_append(&whole, mjl_bytes_of(header, 2)), MJL_OK);
    assert_int_equal(mjl_buffer_append(&whole, body), MJL_OK);
    mjl_mls_proposal proposal;
    const mjl_result read = mjl_mls_proposal_parse(mjl_buffer_bytes(&whole), &proposal);
    if (read == MJL_OK) proposal_write(&of.writer, &proposal);
    const bool good = again_end(&of, name, mjl_buffer_bytes(&whole), read);
    mjl_buffer_clear(&whole);
    return good;
}

static bool commit_comes_again(const char *name, mjl_bytes encoded)
{
    again of;
    again_begin(&of);
    mjl_mls_commit_view commit;
    const mjl_result read = mjl_mls_commit_parse(encoded, &commit);
    if (read == MJL_OK) commit_write(&of.writer, &commit);
    return again_end(&of, name, encoded, read);
}

static bool public_message_comes_again(const char *name, uint8_t type, mjl_bytes message)
{
    again of;
    again_begin(&of);
    mjl_mls_peek peek;
    mjl_mls_framed_content content;
    mjl_mls_authenticated_content authenticated = {0};
    mjl_mls_reader reader = mjl_mls_reader_of(message);
    mjl_mls_message_header_write(&of.writer, mjl_mls_message_header_read(&reader));
    mjl_mls_framed_content_read(&reader, &content);
    mjl_mls_auth_data_read(&reader, suite, &authenticated, content.content_type);
    authenticated.content = content;
    mjl_mls_framed_content_write(&of.writer, &content);
    mjl_mls_auth_data_write(&of.writer, &authenticated);
    if (content.sender.type == MJL_MLS_SENDER_MEMBER)
        mjl_mls_write_vector(&of.writer, mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX));
    const bool good = again_end(&of, name, message, mjl_mls_reader_end(&reader));
    return good && content.content_type == type && mjl_mls_message_peek(message, &peek) == MJL_OK &&
           peek.content_type == type && mjl_bytes_equal(peek.group_id, content.group_id);
}

/* Structure only: nobody has its keys. */
static bool private_message_comes_again(const char *name, mjl_bytes message)
{
    again of;
    again_begin(&of);
    mjl_mls_peek peek = {0};
    const mjl_result read = mjl_mls_message_peek(message, &peek);
    const size_t head = peek.authenticated_data.data == NULL
                            ? 0
                            : (size_t)(peek.authenticated_data.data - peek.body.data) +
                                  peek.authenticated_data.size;
    mjl_mls_message_header_write(&of.writer, peek.wire_format);
    mjl_mls_write_vector(&of.writer, peek.group_id);
    mjl_mls_write_u64(&of.writer, peek.epoch);
    mjl_mls_write_u8(&of.writer, peek.content_type);
    mjl_mls_write_vector(&of.writer, peek.authenticated_data);
    mjl_mls_reader rest =
        mjl_mls_reader_of(mjl_bytes_of(peek.body.data + head, peek.body.size - head));
    mjl_mls_write_vector(&of.writer, mjl_mls_read_vector(&rest, MJL_MLS_PUBLIC_KEY_SIZE_MAX));
    mjl_mls_write_vector(&of.writer, mjl_mls_read_vector(&rest, MJL_MLS_CIPHERTEXT_SIZE_MAX));
    return again_end(&of, name, message, read) && mjl_mls_reader_end(&rest) == MJL_OK &&
           peek.wire_format == MJL_MLS_PRIVATE_MESSAGE;
}

static bool proposals_come_again(vectors *file, const cJSON *one)
{
    static const struct {
        const char *name;
        uint16_t type;
    } proposals[] = {
        {"add_proposal", MJL_MLS_PROPOSAL_ADD},
        {"update_proposal", MJL_MLS_PROPOSAL_UPDATE},
        {"remove_proposal", MJL_MLS_PROPOSAL_REMOVE},
        {"pre_shared_key_proposal", MJL_MLS_PROPOSAL_PSK},
        {"re_init_proposal", MJL_MLS_PROPOSAL_REINIT},
        {"external_init_proposal", MJL_MLS_PROPOSAL_EXTERNAL_INIT},
        {"group_context_extensions_proposal", MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS},
    };
    for (size_t i = 0; i < sizeof proposals / sizeof *proposals; i++)
        if (!proposal_comes_again(proposals[i].name, proposals[i].type,
                                  vectors_bytes(file, one, proposals[i].name)))
            return false;
    return true;
}

bool messages_passes(vectors *file, const cJSON *one)
{
    sizes = *vectors_suite(file);
    sizes.signature_size_max = MJL_MLS_SIGNATURE_SIZE_MAX;
    static const struct {
        const char *name;
        bool (*comes_again)(const char *name, mjl_bytes encoded);
    } whole[] = {
        {"mls_welcome", welcome_comes_again},
        {"mls_group_info", group_info_comes_again},
        {"mls_key_package", key_package_comes_again},
        {"ratchet_tree", tree_comes_again},
        {"group_secrets", group_secrets_come_again},
        {"commit", commit_comes_again},
        {"private_message", private_message_comes_again},
    };
    static const struct {
        const char *name;
        uint8_t type;
    } public[] = {
        {"public_message_application", MJL_MLS_APPLICATION},
        {"public_message_proposal", MJL_MLS_PROPOSAL},
        {"public_message_commit", MJL_MLS_COMMIT},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (!whole[i].comes_again(whole[i].name, vectors_bytes(file, one, whole[i].name)))
            return false;
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        if (!public_message_comes_again(public[i].name, public[i].type,
                                        vectors_bytes(file, one, public[i].name)))
            return false;
    return proposals_come_again(file, one);
}
