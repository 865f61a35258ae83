#include "private_message.h"

#include <assert.h>
#include <sodium.h>

#include "labels.h"
#include "message.h"
#include "mls_limits.h"

enum { REUSE_GUARD_SIZE = 4, SENDER_DATA_SIZE = 4 + 4 + REUSE_GUARD_SIZE, REUSE_RANDOM_SIZE = 16 };

void mjl_mls_sender_data_key(const mjl_mls_suite *suite, const uint8_t *sender_data_secret,
                             mjl_bytes ciphertext, uint8_t *key, uint8_t *nonce)
{
    mjl_bytes sample = ciphertext;
    if (sample.size > suite->hash_size) sample.size = suite->hash_size;
    mjl_mls_expand_with_label(suite, sender_data_secret, "key", sample, key, suite->aead_key_size);
    mjl_mls_expand_with_label(suite, sender_data_secret, "nonce", sample, nonce,
                              suite->aead_nonce_size);
}

static void apply_guard(mjl_mls_message_key *key, const uint8_t guard[REUSE_GUARD_SIZE])
{
    for (size_t i = 0; i < REUSE_GUARD_SIZE; i++)
        key->nonce[i] ^= guard[i];
}

/* ---- Sending ---- */

/* Random, and of this content: if the random source repeats itself, as that of a restored machine
   may, another plaintext under the same key still has another nonce (but for one chance in 2^32).
   The signature stands for the plaintext that it covers and is part of; the padding's size, which
   it does not cover, goes in beside it. */
static mjl_result make_guard(const mjl_mls_suite *suite, mjl_random random,
                             const mjl_mls_authenticated_content *authenticated,
                             size_t plaintext_size, uint8_t guard[REUSE_GUARD_SIZE])
{
    uint8_t fresh[REUSE_RANDOM_SIZE], hash[MJL_MLS_HASH_SIZE_MAX];
    const mjl_result result = random.fill(random.context, fresh, sizeof fresh);
    if (result != MJL_OK) return result;
    uint8_t size[4]; /* Big-endian; at most MJL_MLS_CIPHERTEXT_SIZE_MAX. */
    for (size_t i = 0; i < sizeof size; i++)
        size[i] = (uint8_t)(plaintext_size >> (24 - 8 * i));
    const mjl_bytes parts[] = {
        mjl_bytes_text("majlis reuse guard"), mjl_bytes_of(fresh, sizeof fresh),
        mjl_bytes_of(size, sizeof size),
        mjl_bytes_of(authenticated->signature, authenticated->signature_size)};
    suite->hash((mjl_mls_parts){parts, 4}, hash);
    memcpy(guard, hash, REUSE_GUARD_SIZE);
    sodium_memzero(fresh, sizeof fresh);
    sodium_memzero(hash, sizeof hash);
    return MJL_OK;
}

/* Where the pieces of a message being made stand in its buffer: offsets, for it grows. */
typedef struct layout {
    size_t aad_at;          /* PrivateContentAAD: group id, epoch, type, authenticated data. */
    size_t aad_size;        /* All of it. */
    size_t sender_aad_size; /* SenderDataAAD, its beginning. */
    size_t sender_at;       /* Encrypted sender data. */
    size_t content_at;      /* PrivateMessageContent, to be sealed in place. */
    size_t content_size;
} layout;

static void write_content(mjl_mls_writer *writer,
                          const mjl_mls_authenticated_content *authenticated, size_t padding_size,
                          size_t tag_size)
{
    mjl_mls_write_fixed(writer, mjl_mls_content_encoded_body(authenticated));
    mjl_mls_auth_data_write(writer, authenticated);
    mjl_mls_write_room(writer, padding_size + tag_size);
}

static size_t auth_data_size(const mjl_mls_authenticated_content *authenticated)
{
    const size_t signature = authenticated->signature_size,
                 tag = authenticated->confirmation_tag_size;
    const size_t size = mjl_mls_length_size(signature) + signature;
    return tag == 0 ? size : size + mjl_mls_length_size(tag) + tag;
}

/* The whole message with the content still in the clear and sender data empty. */
static mjl_result lay_out(const mjl_mls_suite *suite,
                          const mjl_mls_authenticated_content *authenticated, size_t padding_size,
                          mjl_buffer *message, layout *at)
{
    const mjl_mls_framed_content *content = &authenticated->content;
    const size_t tag_size = suite->aead_tag_size, sender_size = SENDER_DATA_SIZE + tag_size;
    if (padding_size > MJL_MLS_CIPHERTEXT_SIZE_MAX) return MJL_TOO_LARGE;
    at->content_size = mjl_mls_content_encoded_body(authenticated).size +
                       auth_data_size(authenticated) + padding_size;
    if (at->content_size + tag_size > MJL_MLS_CIPHERTEXT_SIZE_MAX) return MJL_TOO_LARGE;

    enum { FIXED_SIZE_MAX = 4 + 4 + 8 + 1 + 4 + 4 + 4 };
    const mjl_result reserved = mjl_buffer_reserve(
        message, FIXED_SIZE_MAX + content->group_id.size + content->authenticated_data.size +
                     sender_size + at->content_size + tag_size);
    if (reserved != MJL_OK) return reserved;
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_PRIVATE_MESSAGE);
    at->aad_at = message->size;
    mjl_mls_write_vector(&writer, content->group_id);
    mjl_mls_write_u64(&writer, content->epoch);
    mjl_mls_write_u8(&writer, content->content_type);
    at->sender_aad_size = message->size - at->aad_at;
    mjl_mls_write_vector(&writer, content->authenticated_data);
    at->aad_size = message->size - at->aad_at;
    mjl_mls_write_length(&writer, sender_size);
    at->sender_at = mjl_mls_write_room(&writer, sender_size);
    mjl_mls_write_length(&writer, at->content_size + tag_size);
    at->content_at = message->size;
    write_content(&writer, authenticated, padding_size, tag_size);
    return mjl_mls_writer_end(&writer);
}

/* §6.3.2, in place: the ciphertext is there already. */
static mjl_result seal_sender_data(const mjl_mls_epoch_view *view, const layout *at,
                                   mjl_mls_key_name name, const uint8_t guard[REUSE_GUARD_SIZE],
                                   uint8_t *message)
{
    const mjl_mls_suite *suite = view->suite;
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX], nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
    const mjl_bytes ciphertext =
        mjl_bytes_of(message + at->content_at, at->content_size + suite->aead_tag_size);
    uint8_t *sender_data = message + at->sender_at;
    for (size_t i = 0; i < 4; i++) {
        sender_data[i] = (uint8_t)(name.leaf >> (24 - 8 * i));
        sender_data[4 + i] = (uint8_t)(name.generation >> (24 - 8 * i));
    }
    memcpy(sender_data + 8, guard, REUSE_GUARD_SIZE);
    mjl_mls_sender_data_key(suite, view->secrets->sender_data, ciphertext, key, nonce);
    const mjl_result result =
        suite->aead_seal(key, nonce, mjl_bytes_of(message + at->aad_at, at->sender_aad_size),
                         mjl_bytes_of(sender_data, SENDER_DATA_SIZE), sender_data);
    sodium_memzero(key, sizeof key);
    sodium_memzero(nonce, sizeof nonce);
    return result;
}

static mjl_result seal(const mjl_mls_epoch_view *view, const mjl_mls_ratchets *ratchets,
                       const mjl_mls_authenticated_content *authenticated, const layout *at,
                       mjl_random random, uint8_t *message)
{
    const mjl_mls_content_type type = (mjl_mls_content_type)authenticated->content.content_type;
    uint8_t guard[REUSE_GUARD_SIZE];
    mjl_mls_message_key key;
    const mjl_bytes plaintext = mjl_bytes_of(message + at->content_at, at->content_size);
    mjl_result result = mjl_mls_ratchets_peek_own(ratchets, mjl_mls_ratchet_kind_of(type), &key);
    if (result == MJL_OK)
        result = make_guard(view->suite, random, authenticated, plaintext.size, guard);
    if (result == MJL_OK) {
        apply_guard(&key, guard);
        result = view->suite->aead_seal(key.key, key.nonce,
                                        mjl_bytes_of(message + at->aad_at, at->aad_size), plaintext,
                                        message + at->content_at);
    }
    if (result == MJL_OK) result = seal_sender_data(view, at, key.name, guard, message);
    mjl_mls_message_key_wipe(&key);
    return result;
}

mjl_result mjl_mls_private_message_protect(const mjl_mls_epoch_view *view,
                                           const mjl_mls_ratchets *ratchets,
                                           const mjl_mls_authenticated_content *authenticated,
                                           size_t padding_size, mjl_random random,
                                           mjl_buffer *message)
{
    const mjl_mls_framed_content *content = &authenticated->content;
    assert(authenticated->wire_format == MJL_MLS_PRIVATE_MESSAGE);
    assert(content->sender.type == MJL_MLS_SENDER_MEMBER);
    assert(content->sender.index == mjl_mls_ratchets_own_leaf(ratchets));
    const size_t before = message->size;
    layout at;
    mjl_result result = lay_out(view->suite, authenticated, padding_size, message, &at);
    if (result != MJL_OK) return result;
    result = seal(view, ratchets, authenticated, &at, random, message->data);
    if (result != MJL_OK) {
        sodium_memzero(message->data + before, message->size - before);
        message->size = before;
    }
    return result;
}

/* ---- Receiving ---- */

typedef struct private_message { /* Borrowed. */
    mjl_bytes group_id;
    uint64_t epoch;
    uint8_t content_type;
    mjl_bytes authenticated_data;
    mjl_bytes encrypted_sender_data, ciphertext;
    mjl_bytes aad, sender_aad; /* PrivateContentAAD, SenderDataAAD: beginnings of the message. */
} private_message;

static mjl_result parse(mjl_bytes body, private_message *message)
{
    mjl_mls_reader reader = mjl_mls_reader_of(body);
    const uint8_t *mark = reader.at;
    message->group_id = mjl_mls_read_vector(&reader, MJL_MLS_GROUP_ID_SIZE_MAX);
    message->epoch = mjl_mls_read_u64(&reader);
    message->content_type = mjl_mls_read_u8(&reader);
    message->sender_aad = mjl_mls_read_since(&reader, mark);
    message->authenticated_data = mjl_mls_read_vector(&reader, MJL_MLS_AUTHENTICATED_DATA_SIZE_MAX);
    message->aad = mjl_mls_read_since(&reader, mark);
    message->encrypted_sender_data = mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    message->ciphertext = mjl_mls_read_vector(&reader, MJL_MLS_CIPHERTEXT_SIZE_MAX);
    const mjl_result result = mjl_mls_reader_end(&reader);
    if (result != MJL_OK) return result;
    const bool known =
        message->content_type >= MJL_MLS_APPLICATION && message->content_type <= MJL_MLS_COMMIT;
    return known ? MJL_OK : MJL_UNKNOWN_KIND;
}

static mjl_result open_sender_data(const mjl_mls_epoch_view *view, const private_message *message,
                                   mjl_mls_key_name *name, uint8_t guard[REUSE_GUARD_SIZE])
{
    const mjl_mls_suite *suite = view->suite;
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX], nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
    uint8_t sender_data[SENDER_DATA_SIZE];
    if (message->encrypted_sender_data.size != SENDER_DATA_SIZE + suite->aead_tag_size) {
        return MJL_SENDER_DATA_SIZE;
    }
    mjl_mls_sender_data_key(suite, view->secrets->sender_data, message->ciphertext, key, nonce);
    const mjl_result result = suite->aead_open(key, nonce, message->sender_aad,
                                               message->encrypted_sender_data, sender_data);
    sodium_memzero(key, sizeof key);
    sodium_memzero(nonce, sizeof nonce);
    if (result != MJL_OK) return result;
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_bytes_of(sender_data, sizeof sender_data));
    name->leaf = mjl_mls_read_u32(&reader);
    name->generation = mjl_mls_read_u32(&reader);
    name->kind = mjl_mls_ratchet_kind_of((mjl_mls_content_type)message->content_type);
    memcpy(guard, mjl_mls_read_fixed(&reader, REUSE_GUARD_SIZE).data, REUSE_GUARD_SIZE);
    return MJL_OK;
}

/* §6.3.2: the leaf must be somebody's, which is seen before keys are derived for it. */
static mjl_result check_sender(const mjl_mls_epoch_view *view, uint32_t leaf)
{
    const mjl_mls_framed_content content = {.sender = {MJL_MLS_SENDER_MEMBER, leaf}};
    mjl_bytes key;
    return view->signature_key(view->lookup, &content, &key);
}

/* Reads PrivateMessageContent (§6.3.1) in place; answers the encoded body's size. */
static mjl_result read_content(const mjl_mls_suite *suite, mjl_bytes plaintext,
                               uint8_t content_type, mjl_mls_authenticated_content *authenticated,
                               size_t *encoded_body_size)
{
    mjl_mls_reader reader = mjl_mls_reader_of(plaintext);
    const uint8_t *mark = reader.at;
    mjl_mls_body_read(&reader, content_type);
    *encoded_body_size = mjl_mls_read_since(&reader, mark).size;
    mjl_mls_auth_data_read(&reader, suite, authenticated, content_type);
    if (reader.result != MJL_OK) return reader.result;
    const mjl_bytes padding = mjl_mls_read_fixed(&reader, mjl_mls_reader_left(&reader));
    return sodium_is_zero(padding.data, padding.size) ? MJL_OK : MJL_PADDING_NOT_ZERO;
}

static mjl_result open_content(const mjl_mls_epoch_view *view, const private_message *message,
                               const mjl_mls_message_key *key,
                               mjl_mls_authenticated_content *authenticated)
{
    const mjl_mls_framed_content content = {
        .group_id = message->group_id,
        .epoch = message->epoch,
        .sender = {MJL_MLS_SENDER_MEMBER, key->name.leaf},
        .authenticated_data = message->authenticated_data,
        .content_type = message->content_type,
    };
    uint8_t *body;
    size_t encoded_body_size;
    if (message->ciphertext.size < view->suite->aead_tag_size) return MJL_CANNOT_OPEN;
    const size_t size = message->ciphertext.size - view->suite->aead_tag_size;
    mjl_result result = mjl_mls_content_begin(MJL_MLS_PRIVATE_MESSAGE, &content, size,
                                              view->context, authenticated, &body);
    if (result != MJL_OK) return result;
    result = view->suite->aead_open(key->key, key->nonce, message->aad, message->ciphertext, body);
    if (result != MJL_OK) return result;
    result = read_content(view->suite, mjl_bytes_of(body, size), message->content_type,
                          authenticated, &encoded_body_size);
    if (result != MJL_OK) {
        sodium_memzero(body, size); /* Beyond the buffer's size, where clearing does not reach. */
        return result;
    }
    mjl_mls_content_finish(encoded_body_size, view->context, authenticated);
    return mjl_mls_content_verify(view, authenticated);
}

static mjl_result unprotect(const mjl_mls_epoch_view *view, const mjl_mls_ratchets *ratchets,
                            mjl_bytes body, mjl_mls_authenticated_content *authenticated,
                            mjl_mls_key_name *name)
{
    private_message message;
    mjl_mls_message_key key;
    uint8_t guard[REUSE_GUARD_SIZE];
    mjl_result result = parse(body, &message);
    if (result != MJL_OK) return result;
    if (!mjl_bytes_equal(message.group_id, view->group_id)) return MJL_WRONG_GROUP;
    if (message.epoch != view->epoch) return MJL_WRONG_EPOCH;
    result = open_sender_data(view, &message, name, guard);
    if (result == MJL_OK) result = check_sender(view, name->leaf);
    if (result == MJL_OK && !view->reads_far && mjl_mls_ratchets_is_far(ratchets, *name))
        result = MJL_TOO_FAR_AHEAD;
    if (result == MJL_OK) result = mjl_mls_ratchets_peek(ratchets, *name, &key);
    if (result != MJL_OK) return result;
    apply_guard(&key, guard);
    result = open_content(view, &message, &key, authenticated);
    mjl_mls_message_key_wipe(&key);
    return result;
}

mjl_result mjl_mls_private_message_unprotect(const mjl_mls_epoch_view *view,
                                             const mjl_mls_ratchets *ratchets, mjl_bytes body,
                                             mjl_mls_authenticated_content *authenticated,
                                             mjl_mls_key_name *name)
{
    const mjl_result result = unprotect(view, ratchets, body, authenticated, name);
    if (result != MJL_OK) mjl_mls_authenticated_content_clear(authenticated);
    return result;
}
