#include "record_seal.h"

#include <assert.h>
#include <sodium.h>

static_assert(MJL_RECORD_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce size");
static_assert(MJL_RECORD_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag size");
static_assert(MJL_RECORD_CONTENT_SIZE == crypto_shorthash_siphashx24_BYTES, "content size");
static_assert(MJL_RECORD_ELEMENT_SIZE == 2 * crypto_shorthash_siphashx24_BYTES, "two hashes");
static_assert(MJL_RECORD_CONTENT_SIZE <= MJL_RECORD_NONCE_SIZE, "the hash fits into the nonce");
static_assert(MJL_STORE_SEALING_KEY_SIZE == crypto_kdf_KEYBYTES, "key size");

enum {
    BINDING_FIXED_SIZE = 1 + MJL_RECORD_SALT_SIZE + 4 + 2,
    BINDING_SIZE_MAX = BINDING_FIXED_SIZE + MJL_STORE_KEY_SIZE_MAX
};

/* The associated data. Everything before the key has a fixed size, so no two places share one. */
typedef struct binding {
    uint8_t bytes[BINDING_SIZE_MAX];
    size_t size;
} binding;

static void write_big_endian(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

static uint64_t read_big_endian(const uint8_t *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

static binding bind_place(const uint8_t salt[MJL_RECORD_SALT_SIZE], mjl_store_place place)
{
    assert(place.key.size <= MJL_STORE_KEY_SIZE_MAX);
    binding bound;
    uint8_t *at = bound.bytes;
    *at++ = MJL_RECORD_FORMAT;
    memcpy(at, salt, MJL_RECORD_SALT_SIZE);
    at += MJL_RECORD_SALT_SIZE;
    write_big_endian(at, place.session, 4);
    write_big_endian(at + 4, place.kind, 2);
    if (place.key.size != 0) memcpy(at + 6, place.key.data, place.key.size);
    bound.size = BINDING_FIXED_SIZE + place.key.size;
    return bound;
}

void mjl_record_sealing_init(mjl_record_sealing *sealing,
                             const uint8_t key[MJL_STORE_SEALING_KEY_SIZE])
{
    static const char context[crypto_kdf_CONTEXTBYTES + 1] = "mjlstore";
    crypto_kdf_derive_from_key(sealing->seal_key, sizeof sealing->seal_key, 1, context, key);
    crypto_kdf_derive_from_key(sealing->nonce_key, sizeof sealing->nonce_key, 2, context, key);
    crypto_kdf_derive_from_key(&sealing->set_keys[0][0], sizeof sealing->set_keys, 3, context, key);
    crypto_kdf_derive_from_key(sealing->content_key, sizeof sealing->content_key, 4, context, key);
    crypto_kdf_derive_from_key(sealing->index_key, sizeof sealing->index_key, 5, context, key);
    memset(sealing->salt, 0, sizeof sealing->salt);
}

void mjl_record_sealing_clear(mjl_record_sealing *sealing)
{
    sodium_memzero(sealing, sizeof *sealing);
}

/*
 * A random nonce, mixed with a keyed hash of all it will be used for: should the random source ever
 * repeat (a restored virtual machine), different plaintexts still never share a nonce; while it
 * does not, the nonce is as random as what was drawn. The plaintext is in it by its content hash.
 */
static void make_nonce(const mjl_record_sealing *sealing, const binding *bound,
                       const mjl_record_sealed_value *of, uint8_t nonce[MJL_RECORD_NONCE_SIZE])
{
    uint8_t input[MJL_RECORD_CONTENT_SIZE + BINDING_SIZE_MAX];
    uint8_t used_for[crypto_shorthash_siphashx24_BYTES];
    memcpy(input, of->content, MJL_RECORD_CONTENT_SIZE);
    memcpy(input + MJL_RECORD_CONTENT_SIZE, bound->bytes, bound->size);
    crypto_shorthash_siphashx24(used_for, input, MJL_RECORD_CONTENT_SIZE + bound->size,
                                sealing->nonce_key);
    memcpy(nonce, of->drawn, MJL_RECORD_NONCE_SIZE);
    for (size_t i = 0; i < sizeof used_for; i++)
        nonce[i] ^= used_for[i];
}

static void seal(const mjl_record_sealing *sealing, const binding *bound,
                 const mjl_record_sealed_value *of, uint8_t *sealed)
{
    make_nonce(sealing, bound, of, sealed);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + MJL_RECORD_NONCE_SIZE, NULL, of->value.data,
                                               of->value.size, bound->bytes, bound->size, NULL,
                                               sealed, sealing->seal_key);
}

static bool unseal(const mjl_record_sealing *sealing, const binding *bound, mjl_bytes sealed,
                   uint8_t *value)
{
    if (sealed.size < MJL_RECORD_OVERHEAD) return false;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               value, NULL, NULL, sealed.data + MJL_RECORD_NONCE_SIZE,
               sealed.size - MJL_RECORD_NONCE_SIZE, bound->bytes, bound->size, sealed.data,
               sealing->seal_key) == 0;
}

void mjl_record_seal(const mjl_record_sealing *sealing, mjl_store_place place,
                     const mjl_record_sealed_value *of, uint8_t *sealed)
{
    const binding bound = bind_place(sealing->salt, place);
    seal(sealing, &bound, of, sealed);
}

mjl_result mjl_record_unseal(const mjl_record_sealing *sealing, mjl_store_place place,
                             mjl_bytes sealed, uint8_t *value)
{
    const binding bound = bind_place(sealing->salt, place);
    return unseal(sealing, &bound, sealed, value) ? MJL_OK : MJL_STORE_DAMAGED;
}

mjl_store_place mjl_record_head_place(void)
{
    const mjl_store_place place = {0, 0, {NULL, 0}};
    return place;
}

/* The salt is inside the head, so the head itself is bound to a salt of zeros. */
static binding bind_head(void)
{
    static const uint8_t no_salt[MJL_RECORD_SALT_SIZE];
    return bind_place(no_salt, mjl_record_head_place());
}

void mjl_record_head_seal(const mjl_record_sealing *sealing, const mjl_record_head *head,
                          const uint8_t drawn[MJL_RECORD_NONCE_SIZE], mjl_buffer *plain,
                          uint8_t *sealed)
{
    assert(plain->size >= MJL_RECORD_HEAD_PLAIN_SIZE);
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    uint8_t *const fixed = plain->data;
    write_big_endian(fixed, head->counter, 8);
    write_big_endian(fixed + 8, head->count, 8);
    memcpy(fixed + 16, sealing->salt, MJL_RECORD_SALT_SIZE);
    memcpy(fixed + 16 + MJL_RECORD_SALT_SIZE, head->set, MJL_RECORD_ELEMENT_SIZE);
    const binding bound = bind_head();
    const mjl_record_sealed_value of = {mjl_buffer_bytes(plain), content, drawn};
    mjl_record_content(sealing, of.value, content);
    sealed[0] = MJL_RECORD_FORMAT;
    seal(sealing, &bound, &of, sealed + 1);
}

mjl_result mjl_record_head_unseal(mjl_record_sealing *sealing, mjl_bytes sealed,
                                  mjl_record_head *head, mjl_buffer *plain)
{
    if (sealed.size == 0 || sealed.data[0] < MJL_RECORD_FORMAT) return MJL_STORE_DAMAGED;
    if (sealed.data[0] > MJL_RECORD_FORMAT) return MJL_UNKNOWN_VERSION;
    const size_t least = MJL_RECORD_HEAD_PLAIN_SIZE + MJL_RECORD_HEAD_OVERHEAD;
    if (sealed.size < least || sealed.size > least + MJL_HELD_SIZE_MAX) return MJL_STORE_DAMAGED;
    const size_t size = sealed.size - MJL_RECORD_HEAD_OVERHEAD;
    const mjl_result result = mjl_buffer_reserve(plain, size);
    if (result != MJL_OK) return result;
    const binding bound = bind_head();
    uint8_t *const fixed = plain->data;
    if (!unseal(sealing, &bound, mjl_bytes_of(sealed.data + 1, sealed.size - 1), fixed)) {
        return MJL_STORE_WRONG_KEY;
    }
    plain->size = size;
    head->counter = read_big_endian(fixed, 8);
    head->count = read_big_endian(fixed + 8, 8);
    memcpy(sealing->salt, fixed + 16, MJL_RECORD_SALT_SIZE);
    memcpy(head->set, fixed + 16 + MJL_RECORD_SALT_SIZE, MJL_RECORD_ELEMENT_SIZE);
    return MJL_OK;
}

void mjl_record_element(const mjl_record_sealing *sealing, mjl_store_place place, mjl_bytes sealed,
                        uint8_t element[MJL_RECORD_ELEMENT_SIZE])
{
    assert(sealed.size >= MJL_RECORD_OVERHEAD);
    const binding bound = bind_place(sealing->salt, place);
    /* Nonce and tag have fixed sizes and come first, so the key needs no length. */
    uint8_t input[MJL_RECORD_OVERHEAD + BINDING_SIZE_MAX];
    memcpy(input, sealed.data, MJL_RECORD_NONCE_SIZE);
    memcpy(input + MJL_RECORD_NONCE_SIZE, sealed.data + sealed.size - MJL_RECORD_TAG_SIZE,
           MJL_RECORD_TAG_SIZE);
    memcpy(input + MJL_RECORD_OVERHEAD, bound.bytes, bound.size);
    const size_t size = MJL_RECORD_OVERHEAD + bound.size;
    enum { HALF = MJL_RECORD_ELEMENT_SIZE / 2 };
    crypto_shorthash_siphashx24(element, input, size, sealing->set_keys[0]);
    crypto_shorthash_siphashx24(element + HALF, input, size, sealing->set_keys[1]);
}

void mjl_record_set_toggle(uint8_t set[MJL_RECORD_ELEMENT_SIZE],
                           const uint8_t element[MJL_RECORD_ELEMENT_SIZE])
{
    for (size_t i = 0; i < MJL_RECORD_ELEMENT_SIZE; i++)
        set[i] ^= element[i];
}

void mjl_record_content(const mjl_record_sealing *sealing, mjl_bytes value,
                        uint8_t content[MJL_RECORD_CONTENT_SIZE])
{
    crypto_shorthash_siphashx24(content, value.data, value.size, sealing->content_key);
}
