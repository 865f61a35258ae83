#include "message.h"

#include <assert.h>
#include <sodium.h>

#include "group_context.h"
#include "key_package.h"
#include "mls_limits.h"
#include "proposal.h"
#include "transcript_hash.h"

void mjl_mls_message_header_write(mjl_mls_writer *writer, uint16_t wire_format)
{
    mjl_mls_write_u16(writer, MJL_MLS_VERSION_10);
    mjl_mls_write_u16(writer, wire_format);
}

uint16_t mjl_mls_message_header_read(mjl_mls_reader *reader)
{
    const uint16_t version = mjl_mls_read_u16(reader);
    if (reader->result == MJL_OK && version != MJL_MLS_VERSION_10) {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_VERSION);
    }
    return mjl_mls_read_u16(reader);
}

mjl_result mjl_mls_message_body(mjl_bytes message, uint16_t wire_format, mjl_bytes *body)
{
    if (message.size > MJL_MLS_MESSAGE_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_mls_reader reader = mjl_mls_reader_of(message);
    const uint16_t found = mjl_mls_message_header_read(&reader);
    if (reader.result != MJL_OK) return reader.result;
    if (found != wire_format) return MJL_UNKNOWN_KIND;
    *body = mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader));
    return MJL_OK;
}

/* ---- Looking without keys: each form is walked to its end, sizes of no suite assumed. ---- */

static void peek_public(mjl_mls_reader *reader, mjl_mls_peek *peek)
{
    mjl_mls_framed_content content;
    mjl_mls_framed_content_read(reader, &content);
    peek->group_id = content.group_id;
    peek->epoch = content.epoch;
    peek->content_type = content.content_type;
    peek->authenticated_data = content.authenticated_data;
    mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* signature */
    if (content.content_type == MJL_MLS_COMMIT) {
        mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* confirmation_tag */
    }
    if (content.sender.type == MJL_MLS_SENDER_MEMBER) {
        mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* membership_tag */
    }
}

static void peek_private(mjl_mls_reader *reader, mjl_mls_peek *peek)
{
    peek->group_id = mjl_mls_read_vector(reader, MJL_MLS_GROUP_ID_SIZE_MAX);
    peek->epoch = mjl_mls_read_u64(reader);
    peek->content_type = mjl_mls_read_u8(reader);
    peek->authenticated_data = mjl_mls_read_vector(reader, MJL_MLS_AUTHENTICATED_DATA_SIZE_MAX);
    mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* encrypted_sender_data */
    mjl_mls_read_vector(reader, MJL_MLS_CIPHERTEXT_SIZE_MAX);
}

static void peek_welcome(mjl_mls_reader *reader)
{
    mjl_mls_read_u16(reader); /* cipher_suite */
    mjl_mls_reader secrets = mjl_mls_read_list(reader, MJL_MLS_MESSAGE_SIZE_MAX);
    while (mjl_mls_reader_more(&secrets)) {
        mjl_mls_read_vector(&secrets, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* new_member */
        mjl_mls_read_vector(&secrets, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* kem_output */
        mjl_mls_read_vector(&secrets, MJL_MLS_CIPHERTEXT_SIZE_MAX);
    }
    mjl_mls_read_list_end(reader, &secrets);
    mjl_mls_read_vector(reader, MJL_MLS_CIPHERTEXT_SIZE_MAX); /* encrypted_group_info */
}

static void peek_group_info(mjl_mls_reader *reader, mjl_mls_peek *peek)
{
    mjl_mls_context context;
    mjl_mls_context_read(reader, &context);
    peek->group_id = context.group_id;
    peek->epoch = context.epoch;
    mjl_mls_extensions_read(reader);
    mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* confirmation_tag */
    mjl_mls_read_u32(reader);                                 /* signer */
    mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* signature */
}

static void peek_body(mjl_mls_reader *reader, mjl_mls_peek *peek)
{
    mjl_mls_key_package key_package;
    switch (peek->wire_format) {
    case MJL_MLS_PUBLIC_MESSAGE:
        peek_public(reader, peek);
        break;
    case MJL_MLS_PRIVATE_MESSAGE:
        peek_private(reader, peek);
        break;
    case MJL_MLS_WELCOME:
        peek_welcome(reader);
        break;
    case MJL_MLS_GROUP_INFO:
        peek_group_info(reader, peek);
        break;
    case MJL_MLS_KEY_PACKAGE:
        mjl_mls_key_package_read_body(reader, &key_package);
        break;
    default: /* Where it ends is for others to know. */
        mjl_mls_read_fixed(reader, mjl_mls_reader_left(reader));
    }
}

mjl_result mjl_mls_message_peek(mjl_bytes message, mjl_mls_peek *peek)
{
    if (message.size > MJL_MLS_MESSAGE_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_mls_peek found = {0};
    mjl_mls_reader reader = mjl_mls_reader_of(message);
    found.wire_format = mjl_mls_message_header_read(&reader);
    found.body = mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader));
    if (reader.result == MJL_OK) peek_body(&reader, &found);
    const mjl_result result = mjl_mls_reader_end(&reader);
    if (result == MJL_OK) *peek = found;
    return result;
}

/* ---- Sending ---- */

/* A message signed with another key than the leaf's, or in another suite, would be refused by all:
   it is ours to notice. */
static mjl_result check_identity(const mjl_mls_epoch_view *view,
                                 const mjl_mls_framed_content *content,
                                 const mjl_mls_identity *identity)
{
    mjl_bytes key;
    if (mjl_mls_identity_suite(identity)->id != view->suite->id) return MJL_BAD_ARGUMENT;
    const mjl_result result = view->signature_key(view->lookup, content, &key);
    if (result != MJL_OK) return result;
    const mjl_bytes own = mjl_bytes_of(identity->signature_key, view->suite->signature_key_size);
    return mjl_bytes_equal(key, own) ? MJL_OK : MJL_BAD_ARGUMENT;
}

mjl_result mjl_mls_message_protect(const mjl_mls_group *group, const mjl_mls_ratchets *ratchets,
                                   const mjl_mls_authenticated_content *authenticated,
                                   size_t padding_size, mjl_random random, mjl_buffer *message)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(group, &view);
    if (authenticated->wire_format == MJL_MLS_PUBLIC_MESSAGE)
        return mjl_mls_public_message_protect(&view, authenticated, message);
    return mjl_mls_private_message_protect(&view, ratchets, authenticated, padding_size, random,
                                           message);
}

mjl_result mjl_mls_encrypt(const mjl_mls_group *group, mjl_mls_ratchets *ratchets,
                           const mjl_mls_identity *identity, mjl_bytes authenticated_data,
                           mjl_bytes payload, size_t padding_size, mjl_random random,
                           mjl_buffer *message)
{
    if (mjl_mls_group_has_reinit(group)) return MJL_WRONG_STATE;
    mjl_mls_epoch_view view;
    mjl_mls_group_view(group, &view);
    const mjl_mls_framed_content content = {
        .group_id = view.group_id,
        .epoch = view.epoch,
        .sender = {MJL_MLS_SENDER_MEMBER, view.own_leaf},
        .authenticated_data = authenticated_data,
        .content_type = MJL_MLS_APPLICATION,
        .body = payload,
    };
    mjl_mls_authenticated_content authenticated = {0};
    mjl_result result = check_identity(&view, &content, identity);
    if (result == MJL_OK) {
        result = mjl_mls_content_sign(view.suite, MJL_MLS_PRIVATE_MESSAGE, &content, view.context,
                                      identity->signature_seed, &authenticated);
    }
    if (result == MJL_OK) {
        result = mjl_mls_private_message_protect(&view, ratchets, &authenticated, padding_size,
                                                 random, message);
    }
    if (result == MJL_OK) mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_APPLICATION);
    mjl_mls_authenticated_content_clear(&authenticated);
    return result;
}

/* ---- Receiving ---- */

struct mjl_mls_opened {
    mjl_mls_authenticated_content authenticated;
    bool has_key; /* It came in a PrivateMessage. */
    mjl_mls_key_name key;
    bool has_update_key; /* It is an own Update. */
    uint8_t update_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
};

static mjl_result open_body(const mjl_mls_epoch_view *view, const mjl_mls_ratchets *ratchets,
                            uint16_t wire_format, mjl_bytes body, mjl_mls_opened *opened)
{
    switch (wire_format) {
    case MJL_MLS_PRIVATE_MESSAGE:
        opened->has_key = true;
        return mjl_mls_private_message_unprotect(view, ratchets, body, &opened->authenticated,
                                                 &opened->key);
    case MJL_MLS_PUBLIC_MESSAGE:
        return mjl_mls_public_message_unprotect(view, body, &opened->authenticated);
    default:
        return MJL_UNKNOWN_KIND;
    }
}

static mjl_result open_message(const mjl_mls_epoch_view *view, const mjl_mls_ratchets *ratchets,
                               mjl_bytes message, mjl_mls_opened **opened)
{
    if (message.size > MJL_MLS_MESSAGE_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_mls_reader reader = mjl_mls_reader_of(message);
    const uint16_t wire_format = mjl_mls_message_header_read(&reader);
    if (reader.result != MJL_OK) return reader.result;

    mjl_mls_opened *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_bytes body = mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader));
    const mjl_result result = open_body(view, ratchets, wire_format, body, made);
    if (result != MJL_OK) {
        mjl_mls_opened_free(made);
        return result;
    }
    *opened = made;
    return MJL_OK;
}

mjl_result mjl_mls_open(const mjl_mls_group *group, const mjl_mls_ratchets *ratchets,
                        mjl_bytes message, mjl_mls_opened **opened)
{
    return mjl_mls_open_allowing(group, ratchets, message, 0, opened);
}

mjl_result mjl_mls_open_allowing(const mjl_mls_group *group, const mjl_mls_ratchets *ratchets,
                                 mjl_bytes message, unsigned allowed, mjl_mls_opened **opened)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(group, &view);
    view.allowed = allowed;
    return open_message(&view, ratchets, message, opened);
}

mjl_result mjl_mls_open_far(const mjl_mls_group *group, const mjl_mls_ratchets *ratchets,
                            mjl_bytes message, mjl_mls_opened **opened)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(group, &view);
    view.reads_far = true;
    return open_message(&view, ratchets, message, opened);
}

bool mjl_mls_opened_forgets(const mjl_mls_ratchets *ratchets, const mjl_mls_opened *opened)
{
    return opened->has_key && mjl_mls_ratchets_forgets(ratchets, opened->key);
}

mjl_result mjl_mls_consume(mjl_mls_ratchets *ratchets, const mjl_mls_opened *opened)
{
    return opened->has_key ? mjl_mls_ratchets_erase(ratchets, opened->key) : MJL_OK;
}

void mjl_mls_settle(mjl_mls_ratchets *ratchets, const mjl_mls_opened *opened)
{
    if (opened->has_key) mjl_mls_ratchets_settle(ratchets, opened->key);
}

mjl_result mjl_mls_opened_of(mjl_mls_authenticated_content *authenticated, mjl_mls_opened **opened)
{
    mjl_mls_opened *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->authenticated = *authenticated;
    sodium_memzero(authenticated, sizeof *authenticated);
    *opened = made;
    return MJL_OK;
}

void mjl_mls_opened_set_update_key(mjl_mls_opened *opened, const uint8_t *private_key)
{
    opened->has_update_key = true;
    memcpy(opened->update_key, private_key, sizeof opened->update_key);
}

const uint8_t *mjl_mls_opened_update_key(const mjl_mls_opened *opened)
{
    return opened->has_update_key ? opened->update_key : NULL;
}

void mjl_mls_opened_free(mjl_mls_opened *opened)
{
    if (opened == NULL) return;
    mjl_mls_authenticated_content_clear(&opened->authenticated);
    sodium_memzero(opened, sizeof *opened);
    free(opened);
}

const mjl_mls_authenticated_content *mjl_mls_opened_content(const mjl_mls_opened *opened)
{
    return &opened->authenticated;
}

mjl_mls_content_type mjl_mls_opened_type(const mjl_mls_opened *opened)
{
    return (mjl_mls_content_type)opened->authenticated.content.content_type;
}

mjl_mls_sender_type mjl_mls_opened_sender_type(const mjl_mls_opened *opened)
{
    return (mjl_mls_sender_type)opened->authenticated.content.sender.type;
}

uint32_t mjl_mls_opened_sender(const mjl_mls_opened *opened)
{
    return opened->authenticated.content.sender.index;
}

uint32_t mjl_mls_opened_generation(const mjl_mls_opened *opened)
{
    return opened->key.generation;
}

mjl_bytes mjl_mls_opened_authenticated_data(const mjl_mls_opened *opened)
{
    return opened->authenticated.content.authenticated_data;
}

mjl_bytes mjl_mls_opened_payload(const mjl_mls_opened *opened)
{
    if (mjl_mls_opened_type(opened) != MJL_MLS_APPLICATION) return mjl_bytes_of(NULL, 0);
    return opened->authenticated.content.body;
}

mjl_result mjl_mls_opened_proposal(const mjl_mls_opened *opened, mjl_mls_proposal_view *view)
{
    if (mjl_mls_opened_type(opened) != MJL_MLS_PROPOSAL) return MJL_BAD_ARGUMENT;
    mjl_mls_proposal proposal;
    const mjl_result result = mjl_mls_proposal_parse(opened->authenticated.content.body, &proposal);
    if (result == MJL_OK) mjl_mls_proposal_show(&proposal, view);
    return result;
}

mjl_bytes mjl_mls_opened_signed_content(const mjl_mls_opened *opened)
{
    return opened->authenticated.tbs;
}

mjl_bytes mjl_mls_opened_signature(const mjl_mls_opened *opened)
{
    return mjl_bytes_of(opened->authenticated.signature, opened->authenticated.signature_size);
}

mjl_result mjl_mls_opened_interim_hash(const mjl_mls_group *parent, const mjl_mls_opened *commit,
                                       uint8_t hash[MJL_MLS_HASH_SIZE_MAX])
{
    if (mjl_mls_opened_type(commit) != MJL_MLS_COMMIT) return MJL_BAD_ARGUMENT;
    mjl_mls_epoch_view view;
    mjl_mls_group_view(parent, &view);
    const mjl_mls_authenticated_content *content = &commit->authenticated;
    uint8_t confirmed[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_confirmed_hash(view.suite, mjl_mls_group_interim_transcript_hash(parent), content,
                           confirmed);
    mjl_mls_interim_hash(view.suite, mjl_bytes_of(confirmed, view.suite->hash_size),
                         mjl_bytes_of(content->confirmation_tag, content->confirmation_tag_size),
                         hash);
    return MJL_OK;
}
