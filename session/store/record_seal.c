#include "record_seal.h"

#include <assert.h>
#include <sodium.h>

static_assert(MJL_RECORD_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce size");
static_assert(MJL_RECORD_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag size");
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
    crypto_kdf_derive_from_key(sealing->set_key, sizeof sealing->set_key, 3, context, key);
    crypto_kdf_derive_from_key(sealing->content_key, sizeof sealing->content_key, 4, context, key);
    crypto_kdf_derive_from_key(sealing->index_key, sizeof sealing->index_key, 5, context, key);
    memset(sealing->salt, 0, sizeof sealing->salt);
}

void mjl_record_sealing_clear(mjl_record_sealing *sealing)
{
    sodium_memzero(sealing, sizeof *sealing);
}

/*
 * A random nonce, hashed with all it will be used for: should the random source ever repeat (a
 * restored virtual machine), different plaintexts still never share a nonce.
 */
static mjl_result draw_nonce(const mjl_record_sealing *sealing, mjl_random random,
                             const binding *bound, mjl_bytes value,
                             uint8_t nonce[MJL_RECORD_NONCE_SIZE])
{
    uint8_t drawn[MJL_RECORD_NONCE_SIZE];
    const mjl_result result = random.fill(random.context, drawn, sizeof drawn);
    if (result != MJL_OK) return result;
    uint8_t size[1] = {(uint8_t)bound->size};
    crypto_generichash_state state;
    crypto_generichash_init(&state, sealing->nonce_key, sizeof sealing->nonce_key,
                            MJL_RECORD_NONCE_SIZE);
    crypto_generichash_update(&state, drawn, sizeof drawn);
    crypto_generichash_update(&state, size, sizeof size);
    crypto_generichash_update(&state, bound->bytes, bound->size);
    crypto_generichash_update(&state, value.data, value.size);
    crypto_generichash_final(&state, nonce, MJL_RECORD_NONCE_SIZE);
    sodium_memzero(&state, sizeof state);
    return MJL_OK;
}

static mjl_result seal(const mjl_record_sealing *sealing, mjl_random random, const binding *bound,
                       mjl_bytes value, uint8_t *sealed)
{
    const mjl_result result = draw_nonce(sealing, random, bound, value, sealed);
    if (result != MJL_OK) return result;
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + MJL_RECORD_NONCE_SIZE, NULL, value.data,
                                               value.size, bound->bytes, bound->size, NULL, sealed,
                                               sealing->seal_key);
    return MJL_OK;
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

mjl_result mjl_record_seal(const mjl_record_sealing *sealing, mjl_random random,
                           mjl_store_place place, mjl_bytes value, uint8_t *sealed)
{
    const binding bound = bind_place(sealing->salt, place);
    return seal(sealing, random, &bound, value, sealed);
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

mjl_result mjl_record_head_seal(const mjl_record_sealing *sealing, mjl_random random,
                                const mjl_record_head *head, uint8_t sealed[MJL_RECORD_HEAD_SIZE])
{
    uint8_t plain[MJL_RECORD_HEAD_PLAIN_SIZE];
    write_big_endian(plain, head->counter, 8);
    write_big_endian(plain + 8, head->count, 8);
    memcpy(plain + 16, sealing->salt, MJL_RECORD_SALT_SIZE);
    memcpy(plain + 16 + MJL_RECORD_SALT_SIZE, head->set, MJL_RECORD_ELEMENT_SIZE);
    const binding bound = bind_head();
    sealed[0] = MJL_RECORD_FORMAT;
    const mjl_result result =
        seal(sealing, random, &bound, mjl_bytes_of(plain, sizeof plain), sealed + 1);
    sodium_memzero(plain, sizeof plain);
    return result;
}

mjl_result mjl_record_head_unseal(mjl_record_sealing *sealing, mjl_bytes sealed,
                                  mjl_record_head *head)
{
    if (sealed.size == 0 || sealed.data[0] < MJL_RECORD_FORMAT) return MJL_STORE_DAMAGED;
    if (sealed.data[0] > MJL_RECORD_FORMAT) return MJL_UNKNOWN_VERSION;
    if (sealed.size != MJL_RECORD_HEAD_SIZE) return MJL_STORE_DAMAGED;
    uint8_t plain[MJL_RECORD_HEAD_PLAIN_SIZE];
    const binding bound = bind_head();
    if (!unseal(sealing, &bound, mjl_bytes_of(sealed.data + 1, sealed.size - 1), plain)) {
        return MJL_STORE_WRONG_KEY;
    }
    head->counter = read_big_endian(plain, 8);
    head->count = read_big_endian(plain + 8, 8);
    memcpy(sealing->salt, plain + 16, MJL_RECORD_SALT_SIZE);
    memcpy(head->set, plain + 16 + MJL_RECORD_SALT_SIZE, MJL_RECORD_ELEMENT_SIZE);
    sodium_memzero(plain, sizeof plain);
    return MJL_OK;
}

void mjl_record_element(const mjl_record_sealing *sealing, mjl_store_place place, mjl_bytes sealed,
                        uint8_t element[MJL_RECORD_ELEMENT_SIZE])
{
    assert(sealed.size >= MJL_RECORD_OVERHEAD);
    const binding bound = bind_place(sealing->salt, place);
    crypto_generichash_state state;
    crypto_generichash_init(&state, sealing->set_key, sizeof sealing->set_key,
                            MJL_RECORD_ELEMENT_SIZE);
    /* Nonce and tag have fixed sizes and come first, so the key needs no length. */
    crypto_generichash_update(&state, sealed.data, MJL_RECORD_NONCE_SIZE);
    crypto_generichash_update(&state, sealed.data + sealed.size - MJL_RECORD_TAG_SIZE,
                              MJL_RECORD_TAG_SIZE);
    crypto_generichash_update(&state, bound.bytes, bound.size);
    crypto_generichash_final(&state, element, MJL_RECORD_ELEMENT_SIZE);
    sodium_memzero(&state, sizeof state);
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
    crypto_generichash(content, MJL_RECORD_CONTENT_SIZE, value.data, value.size,
                       sealing->content_key, sizeof sealing->content_key);
}
