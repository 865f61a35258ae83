#include "hpke.h"

#include <assert.h>
#include <sodium.h>

#include "mls_limits.h"

enum {
    MODE_BASE = 0,
    SUITE_ID_SIZE = 10,
    INFO_PARTS_MAX = 8,
    LABELED_PARTS = 3 /* Before the caller's: "HPKE-v1", suite id, label. */
};

/* Which of HPKE's two suite ids a labelled call is under (RFC 9180 §4.1, §5.1). */
typedef struct suite_id {
    uint8_t data[SUITE_ID_SIZE];
    size_t size;
} suite_id;

static suite_id kem_id(const mjl_mls_suite *suite)
{
    const suite_id id = {{'K', 'E', 'M', (uint8_t)(suite->hpke_kem >> 8), (uint8_t)suite->hpke_kem},
                         5};
    return id;
}

static suite_id hpke_id(const mjl_mls_suite *suite)
{
    const suite_id id = {{'H', 'P', 'K', 'E', (uint8_t)(suite->hpke_kem >> 8),
                          (uint8_t)suite->hpke_kem, (uint8_t)(suite->hpke_kdf >> 8),
                          (uint8_t)suite->hpke_kdf, (uint8_t)(suite->hpke_aead >> 8),
                          (uint8_t)suite->hpke_aead},
                         10};
    return id;
}

/* RFC 9180 §4: LabeledExtract. `out` has hash size. */
static void labeled_extract(const mjl_mls_suite *suite, const suite_id *id, mjl_bytes salt,
                            const char *label, mjl_mls_parts input, uint8_t *out)
{
    mjl_bytes parts[LABELED_PARTS + INFO_PARTS_MAX];
    assert(input.count <= INFO_PARTS_MAX);
    parts[0] = mjl_bytes_text("HPKE-v1");
    parts[1] = mjl_bytes_of(id->data, id->size);
    parts[2] = mjl_bytes_text(label);
    for (size_t i = 0; i < input.count; i++)
        parts[LABELED_PARTS + i] = input.parts[i];
    suite->hkdf_extract(salt, (mjl_mls_parts){parts, LABELED_PARTS + input.count}, out);
}

/* RFC 9180 §4: LabeledExpand of a secret of hash size. */
static void labeled_expand(const mjl_mls_suite *suite, const suite_id *id, const uint8_t *secret,
                           const char *label, mjl_bytes info, uint8_t *out, size_t size)
{
    const uint8_t size_be[2] = {(uint8_t)(size >> 8), (uint8_t)size};
    const mjl_bytes parts[] = {mjl_bytes_of(size_be, 2), mjl_bytes_text("HPKE-v1"),
                               mjl_bytes_of(id->data, id->size), mjl_bytes_text(label), info};
    suite->hkdf_expand(mjl_bytes_of(secret, suite->hash_size), (mjl_mls_parts){parts, 5}, out,
                       size);
}

/* ExtractAndExpand (§4.1) of a DH outcome; the KEM's hash is the suite's for all DHKEMs of MLS. */
static void extract_and_expand(const mjl_mls_suite *suite, const uint8_t *dh,
                               const uint8_t *kem_output, const uint8_t *public_key,
                               uint8_t *shared_secret)
{
    uint8_t context[2 * MJL_MLS_KEM_PUBLIC_SIZE_MAX], secret[MJL_MLS_HASH_SIZE_MAX];
    const suite_id id = kem_id(suite);
    const mjl_bytes input = mjl_bytes_of(dh, suite->kem_shared_size);
    const size_t size = suite->kem_public_size;
    memcpy(context, kem_output, size);
    memcpy(context + size, public_key, size);
    labeled_extract(suite, &id, mjl_bytes_of(NULL, 0), "eae_prk", (mjl_mls_parts){&input, 1},
                    secret);
    labeled_expand(suite, &id, secret, "shared_secret", mjl_bytes_of(context, 2 * size),
                   shared_secret, suite->hash_size);
    sodium_memzero(secret, sizeof secret);
}

/* Encap (§4.1). */
static mjl_result encapsulate(const mjl_mls_suite *suite, mjl_bytes public_key, mjl_random random,
                              uint8_t *kem_output, uint8_t *shared_secret)
{
    uint8_t ephemeral[MJL_MLS_KEM_PRIVATE_SIZE_MAX], dh[MJL_MLS_KEM_SHARED_SIZE_MAX];
    if (public_key.size != suite->kem_public_size) return MJL_BAD_KEY;
    mjl_result result = mjl_mls_kem_generate(suite, random, ephemeral, kem_output);
    if (result == MJL_OK) result = suite->kem_dh(ephemeral, public_key.data, dh);
    if (result == MJL_OK) {
        extract_and_expand(suite, dh, kem_output, public_key.data, shared_secret);
    }
    sodium_memzero(ephemeral, sizeof ephemeral);
    sodium_memzero(dh, sizeof dh);
    return result;
}

/* Decap (§4.1). */
static mjl_result decapsulate(const mjl_mls_suite *suite, mjl_bytes kem_output,
                              mjl_mls_key_pair own, uint8_t *shared_secret)
{
    uint8_t dh[MJL_MLS_KEM_SHARED_SIZE_MAX];
    if (kem_output.size != suite->kem_public_size) return MJL_BAD_KEY;
    const mjl_result result = suite->kem_dh(own.private_key, kem_output.data, dh);
    if (result == MJL_OK) {
        extract_and_expand(suite, dh, kem_output.data, own.public_key, shared_secret);
    }
    sodium_memzero(dh, sizeof dh);
    return result;
}

/* What one message needs of the context; wiped by whoever holds it. */
typedef struct message_keys {
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX];
    uint8_t nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
} message_keys;

/* KeySchedule (§5.1) in base mode, so without PSK: its id and value are empty. */
void mjl_mls_hpke_prepare(const mjl_mls_suite *suite, mjl_mls_parts info,
                          mjl_mls_hpke_context *context)
{
    const suite_id id = hpke_id(suite);
    const mjl_mls_parts nothing = {NULL, 0};
    uint8_t *hashes = context->bytes + 1;
    context->bytes[0] = MODE_BASE;
    labeled_extract(suite, &id, mjl_bytes_of(NULL, 0), "psk_id_hash", nothing, hashes);
    labeled_extract(suite, &id, mjl_bytes_of(NULL, 0), "info_hash", info,
                    hashes + suite->hash_size);
}

/* What follows from the context and the secret that both sides share. */
static void schedule_secret(const mjl_mls_suite *suite, const uint8_t *shared_secret,
                            uint8_t *secret)
{
    const suite_id id = hpke_id(suite);
    const mjl_mls_parts nothing = {NULL, 0};
    labeled_extract(suite, &id, mjl_bytes_of(shared_secret, suite->hash_size), "secret", nothing,
                    secret);
}

static mjl_bytes context_bytes(const mjl_mls_suite *suite, const mjl_mls_hpke_context *context)
{
    return mjl_bytes_of(context->bytes, 1 + 2 * suite->hash_size);
}

static void message_keys_set(const mjl_mls_suite *suite, const uint8_t *shared_secret,
                             const mjl_mls_hpke_context *context, message_keys *out)
{
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
    const suite_id id = hpke_id(suite);
    const mjl_bytes all = context_bytes(suite, context);
    schedule_secret(suite, shared_secret, secret);
    labeled_expand(suite, &id, secret, "key", all, out->key, suite->aead_key_size);
    labeled_expand(suite, &id, secret, "base_nonce", all, out->nonce, suite->aead_nonce_size);
    sodium_memzero(secret, sizeof secret);
}

/* Context.Export (§5.3). */
static void export_secret(const mjl_mls_suite *suite, const uint8_t *shared_secret,
                          const mjl_mls_hpke_context *context, mjl_bytes exporter_context,
                          uint8_t *out, size_t size)
{
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
    const suite_id id = hpke_id(suite);
    schedule_secret(suite, shared_secret, secret);
    labeled_expand(suite, &id, secret, "exp", context_bytes(suite, context), secret,
                   suite->hash_size);
    labeled_expand(suite, &id, secret, "sec", exporter_context, out, size);
    sodium_memzero(secret, sizeof secret);
}

mjl_result mjl_mls_hpke_seal_in(const mjl_mls_suite *suite, mjl_bytes public_key,
                                const mjl_mls_hpke_context *context, mjl_bytes aad,
                                mjl_bytes plaintext, mjl_random random, uint8_t *kem_output,
                                mjl_buffer *ciphertext)
{
    message_keys keys;
    uint8_t shared_secret[MJL_MLS_HASH_SIZE_MAX], encapsulated[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    const size_t size = plaintext.size + suite->aead_tag_size;
    if (plaintext.size > MJL_MLS_CIPHERTEXT_SIZE_MAX - suite->aead_tag_size) return MJL_TOO_LARGE;
    mjl_result result = mjl_buffer_reserve(ciphertext, size);
    if (result != MJL_OK) return result;
    result = encapsulate(suite, public_key, random, encapsulated, shared_secret);
    if (result == MJL_OK) {
        message_keys_set(suite, shared_secret, context, &keys);
        result = suite->aead_seal(keys.key, keys.nonce, aad, plaintext,
                                  ciphertext->data + ciphertext->size);
    }
    if (result == MJL_OK) {
        ciphertext->size += size;
        memcpy(kem_output, encapsulated, suite->kem_public_size);
    }
    sodium_memzero(shared_secret, sizeof shared_secret);
    sodium_memzero(&keys, sizeof keys);
    return result;
}

mjl_result mjl_mls_hpke_seal(const mjl_mls_suite *suite, mjl_bytes public_key, mjl_mls_parts info,
                             mjl_bytes aad, mjl_bytes plaintext, mjl_random random,
                             uint8_t *kem_output, mjl_buffer *ciphertext)
{
    mjl_mls_hpke_context context;
    mjl_mls_hpke_prepare(suite, info, &context);
    return mjl_mls_hpke_seal_in(suite, public_key, &context, aad, plaintext, random, kem_output,
                                ciphertext);
}

mjl_result mjl_mls_hpke_open_with(const mjl_mls_suite *suite, mjl_bytes kem_output,
                                  mjl_mls_key_pair own, mjl_mls_parts info, mjl_bytes aad,
                                  mjl_bytes ciphertext, mjl_buffer *plaintext)
{
    message_keys keys;
    mjl_mls_hpke_context context;
    uint8_t shared_secret[MJL_MLS_HASH_SIZE_MAX];
    if (ciphertext.size > MJL_MLS_CIPHERTEXT_SIZE_MAX) return MJL_TOO_LARGE;
    if (ciphertext.size < suite->aead_tag_size) return MJL_CANNOT_OPEN;
    mjl_result result = mjl_buffer_reserve(plaintext, ciphertext.size);
    if (result != MJL_OK) return result;
    result = decapsulate(suite, kem_output, own, shared_secret);
    if (result == MJL_OK) {
        mjl_mls_hpke_prepare(suite, info, &context);
        message_keys_set(suite, shared_secret, &context, &keys);
        result = suite->aead_open(keys.key, keys.nonce, aad, ciphertext,
                                  plaintext->data + plaintext->size);
    }
    if (result == MJL_OK) plaintext->size += ciphertext.size - suite->aead_tag_size;
    sodium_memzero(shared_secret, sizeof shared_secret);
    sodium_memzero(&keys, sizeof keys);
    return result;
}

mjl_result mjl_mls_hpke_open(const mjl_mls_suite *suite, mjl_bytes kem_output,
                             const uint8_t *private_key, mjl_mls_parts info, mjl_bytes aad,
                             mjl_bytes ciphertext, mjl_buffer *plaintext)
{
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    const mjl_result result = suite->kem_public_of(private_key, public_key);
    if (result != MJL_OK) return result;
    const mjl_mls_key_pair own = {private_key, public_key};
    return mjl_mls_hpke_open_with(suite, kem_output, own, info, aad, ciphertext, plaintext);
}

mjl_result mjl_mls_hpke_export_send(const mjl_mls_suite *suite, mjl_bytes public_key,
                                    mjl_mls_parts info, mjl_bytes exporter_context,
                                    mjl_random random, uint8_t *kem_output, uint8_t *out,
                                    size_t size)
{
    mjl_mls_hpke_context context;
    uint8_t shared_secret[MJL_MLS_HASH_SIZE_MAX], encapsulated[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    const mjl_result result = encapsulate(suite, public_key, random, encapsulated, shared_secret);
    if (result == MJL_OK) {
        memcpy(kem_output, encapsulated, suite->kem_public_size);
        mjl_mls_hpke_prepare(suite, info, &context);
        export_secret(suite, shared_secret, &context, exporter_context, out, size);
    }
    sodium_memzero(shared_secret, sizeof shared_secret);
    return result;
}

mjl_result mjl_mls_hpke_export_receive(const mjl_mls_suite *suite, mjl_bytes kem_output,
                                       const uint8_t *private_key, mjl_mls_parts info,
                                       mjl_bytes exporter_context, uint8_t *out, size_t size)
{
    mjl_mls_hpke_context context;
    uint8_t shared_secret[MJL_MLS_HASH_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result = suite->kem_public_of(private_key, public_key);
    const mjl_mls_key_pair own = {private_key, public_key};
    if (result == MJL_OK) result = decapsulate(suite, kem_output, own, shared_secret);
    if (result == MJL_OK) {
        mjl_mls_hpke_prepare(suite, info, &context);
        export_secret(suite, shared_secret, &context, exporter_context, out, size);
    }
    sodium_memzero(shared_secret, sizeof shared_secret);
    return result;
}
