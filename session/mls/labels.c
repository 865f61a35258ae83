#include "labels.h"

#include <assert.h>

#include "hpke.h"
#include "mls_limits.h"
#include "wire.h"

/* All labels but RefHash's carry the protocol's name and version. */
static const char prefix[] = "MLS 1.0 ";
enum { PREFIX_SIZE = sizeof prefix - 1 };

/* opaque x<V> as two parts: header (in `room`), contents. */
static mjl_bytes length_part(size_t length, uint8_t room[4])
{
    return mjl_bytes_of(room, mjl_mls_length_encode(length, room));
}

static size_t label_size(const char *label)
{
    const size_t size = PREFIX_SIZE + strlen(label);
    assert(size <= MJL_MLS_LABEL_SIZE_MAX);
    return size;
}

void mjl_mls_ref_hash(const mjl_mls_suite *suite, const char *label, mjl_bytes value, uint8_t *out)
{
    uint8_t label_length[4], value_length[4];
    const mjl_bytes parts[] = {length_part(strlen(label), label_length), mjl_bytes_text(label),
                               length_part(value.size, value_length), value};
    suite->hash((mjl_mls_parts){parts, 4}, out);
}

void mjl_mls_expand_with_label(const mjl_mls_suite *suite, const uint8_t *secret, const char *label,
                               mjl_bytes context, uint8_t *out, size_t size)
{
    assert(size <= 255 * suite->hash_size);
    const uint8_t size_be[2] = {(uint8_t)(size >> 8), (uint8_t)size};
    uint8_t label_length[4], context_length[4];
    const mjl_bytes info[] = {mjl_bytes_of(size_be, 2),
                              length_part(label_size(label), label_length),
                              mjl_bytes_of(prefix, PREFIX_SIZE),
                              mjl_bytes_text(label),
                              length_part(context.size, context_length),
                              context};
    suite->hkdf_expand(mjl_bytes_of(secret, suite->hash_size), (mjl_mls_parts){info, 6}, out, size);
}

void mjl_mls_derive_secret(const mjl_mls_suite *suite, const uint8_t *secret, const char *label,
                           uint8_t *out)
{
    mjl_mls_expand_with_label(suite, secret, label, mjl_bytes_of(NULL, 0), out, suite->hash_size);
}

void mjl_mls_derive_tree_secret(const mjl_mls_suite *suite, const uint8_t *secret,
                                const char *label, uint32_t generation, uint8_t *out, size_t size)
{
    const uint8_t context[4] = {(uint8_t)(generation >> 24), (uint8_t)(generation >> 16),
                                (uint8_t)(generation >> 8), (uint8_t)generation};
    mjl_mls_expand_with_label(suite, secret, label, mjl_bytes_of(context, 4), out, size);
}

size_t mjl_mls_sign_header(const char *label, size_t content_size,
                           uint8_t out[MJL_MLS_SIGN_HEADER_SIZE_MAX])
{
    const size_t named = strlen(label);
    size_t size = mjl_mls_length_encode(label_size(label), out);
    memcpy(out + size, prefix, PREFIX_SIZE);
    size += PREFIX_SIZE;
    memcpy(out + size, label, named);
    size += named;
    return size + mjl_mls_length_encode(content_size, out + size);
}

/* SignContent in one piece: Ed25519 reads its message twice and libsodium wants it whole. */
static mjl_result sign_content(const char *label, mjl_bytes content, mjl_buffer *whole)
{
    uint8_t header[MJL_MLS_SIGN_HEADER_SIZE_MAX];
    if (content.size > MJL_MLS_VECTOR_SIZE_MAX) return MJL_TOO_LARGE;
    const size_t size = mjl_mls_sign_header(label, content.size, header);
    mjl_result result = mjl_buffer_reserve(whole, size + content.size);
    if (result == MJL_OK) result = mjl_buffer_append(whole, mjl_bytes_of(header, size));
    if (result == MJL_OK) result = mjl_buffer_append(whole, content);
    return result;
}

mjl_result mjl_mls_sign_with_label(const mjl_mls_suite *suite, const uint8_t *seed,
                                   const char *label, mjl_bytes content, uint8_t *signature,
                                   size_t *signature_size)
{
    mjl_buffer whole = {0};
    mjl_result result = sign_content(label, content, &whole);
    if (result == MJL_OK)
        result = suite->sign(seed, mjl_buffer_bytes(&whole), signature, signature_size);
    mjl_buffer_clear(&whole);
    return result;
}

mjl_result mjl_mls_verify_with_label(const mjl_mls_suite *suite, mjl_bytes key, const char *label,
                                     mjl_bytes content, mjl_bytes signature)
{
    mjl_buffer whole = {0};
    mjl_result result = sign_content(label, content, &whole);
    if (result == MJL_OK) result = suite->verify(key, mjl_buffer_bytes(&whole), signature);
    mjl_buffer_clear(&whole);
    return result;
}

/* EncryptContext (§5.1.3) in pieces. */
enum { CONTEXT_PARTS = 5 };

typedef struct encrypt_context {
    uint8_t label_length[4], context_length[4];
    mjl_bytes parts[CONTEXT_PARTS];
} encrypt_context;

static mjl_mls_parts encrypt_context_set(encrypt_context *pieces, const char *label,
                                         mjl_bytes context)
{
    pieces->parts[0] = length_part(label_size(label), pieces->label_length);
    pieces->parts[1] = mjl_bytes_of(prefix, PREFIX_SIZE);
    pieces->parts[2] = mjl_bytes_text(label);
    pieces->parts[3] = length_part(context.size, pieces->context_length);
    pieces->parts[4] = context;
    return (mjl_mls_parts){pieces->parts, CONTEXT_PARTS};
}

mjl_result mjl_mls_encrypt_with_label(const mjl_mls_suite *suite, mjl_bytes public_key,
                                      const char *label, mjl_bytes context, mjl_bytes plaintext,
                                      mjl_random random, uint8_t *kem_output,
                                      mjl_buffer *ciphertext)
{
    encrypt_context pieces;
    const mjl_mls_parts info = encrypt_context_set(&pieces, label, context);
    return mjl_mls_hpke_seal(suite, public_key, info, mjl_bytes_of(NULL, 0), plaintext, random,
                             kem_output, ciphertext);
}

void mjl_mls_encrypt_context(const mjl_mls_suite *suite, const char *label, mjl_bytes context,
                             mjl_mls_hpke_context *prepared)
{
    encrypt_context pieces;
    mjl_mls_hpke_prepare(suite, encrypt_context_set(&pieces, label, context), prepared);
}

mjl_result mjl_mls_decrypt_with_label(const mjl_mls_suite *suite, const uint8_t *private_key,
                                      const char *label, mjl_bytes context, mjl_bytes kem_output,
                                      mjl_bytes ciphertext, mjl_buffer *plaintext)
{
    encrypt_context pieces;
    const mjl_mls_parts info = encrypt_context_set(&pieces, label, context);
    return mjl_mls_hpke_open(suite, kem_output, private_key, info, mjl_bytes_of(NULL, 0),
                             ciphertext, plaintext);
}

mjl_result mjl_mls_decrypt_with_key_pair(const mjl_mls_suite *suite, mjl_mls_key_pair own,
                                         const char *label, mjl_bytes context, mjl_bytes kem_output,
                                         mjl_bytes ciphertext, mjl_buffer *plaintext)
{
    encrypt_context pieces;
    const mjl_mls_parts info = encrypt_context_set(&pieces, label, context);
    return mjl_mls_hpke_open_with(suite, kem_output, own, info, mjl_bytes_of(NULL, 0), ciphertext,
                                  plaintext);
}
