#include "knock.h"

#include "labels.h"
#include "lists.h"

#include <sodium.h>

enum { KNOCK_FIELDS = 10, SIGNED_FIELDS = 8, MACED_FIELDS = 9, ARRAY_OF = 0x90 };

/* version mls10, then the wire format (RFC 9420 §6) */
static const uint8_t packet_head[] = {0, 1, MJL_WIRE_KNOCK >> 8, MJL_WIRE_KNOCK & 255};

/* ---- What the signature and the MAC cover: an array of the fields before them ---- */

static void make_mac(const uint8_t key[MJL_KNOCK_KEY_SIZE], mjl_bytes fields,
                     uint8_t mac[MJL_KNOCK_MAC_SIZE])
{
    static const uint8_t header = ARRAY_OF | MACED_FIELDS;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, MJL_KNOCK_KEY_SIZE);
    crypto_auth_hmacsha256_update(&state, &header, 1);
    crypto_auth_hmacsha256_update(&state, fields.data, fields.size);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

static mjl_result signed_bytes(mjl_bytes fields, mjl_buffer *out)
{
    static const uint8_t header = ARRAY_OF | SIGNED_FIELDS;
    const mjl_result result = mjl_buffer_append(out, mjl_bytes_of(&header, 1));
    return result == MJL_OK ? mjl_buffer_append(out, fields) : result;
}

/* ---- Writing ---- */

static mjl_result sign(const mjl_mls_suite *suite, const uint8_t *seed, mjl_bytes fields,
                       uint8_t signature[MJL_KNOCK_SIGNATURE_SIZE])
{
    if (suite->signature_size_max != MJL_KNOCK_SIGNATURE_SIZE) return MJL_WRONG_SUITE;
    mjl_buffer content = {0};
    size_t size = 0;
    mjl_result result = signed_bytes(fields, &content);
    if (result == MJL_OK) {
        result = mjl_mls_sign_with_label(suite, seed, MJL_SIGN_KNOCK, mjl_buffer_bytes(&content),
                                         signature, &size);
    }
    mjl_buffer_clear(&content);
    return result;
}

static void pack_signed(mjl_pack *pack, const mjl_knock *knock)
{
    mjl_pack_uint(pack, MJL_KNOCK_FORMAT);
    mjl_pack_bin(pack, knock->group);
    mjl_pack_uint(pack, knock->epoch);
    mjl_pack_id(pack, &knock->branch);
    mjl_pack_id(pack, &knock->author);
    mjl_pack_uint(pack, knock->counter);
    mjl_pack_place_refs(pack, knock->accepted, knock->accepted_count);
    mjl_pack_bin(pack, knock->key_package);
}

mjl_result mjl_knock_encode(const mjl_knock *knock, const mjl_mls_suite *suite,
                            const uint8_t *signature_seed,
                            const uint8_t knock_key[MJL_KNOCK_KEY_SIZE], mjl_buffer *packet)
{
    uint8_t signature[MJL_KNOCK_SIGNATURE_SIZE];
    uint8_t mac[MJL_KNOCK_MAC_SIZE];
    mjl_buffer fields = {0};
    mjl_pack pack = mjl_pack_to(&fields);
    pack_signed(&pack, knock);
    mjl_result result = pack.result;
    if (result == MJL_OK)
        result = sign(suite, signature_seed, mjl_buffer_bytes(&fields), signature);
    if (result == MJL_OK) {
        mjl_pack_bin(&pack, mjl_bytes_of(signature, sizeof signature));
        result = pack.result;
    }
    if (result == MJL_OK) {
        make_mac(knock_key, mjl_buffer_bytes(&fields), mac);
        result = mjl_buffer_append(packet, mjl_bytes_of(packet_head, sizeof packet_head));
    }
    if (result == MJL_OK) {
        const size_t start = packet->size;
        mjl_pack whole = mjl_pack_to(packet);
        mjl_pack_array(&whole, KNOCK_FIELDS);
        mjl_pack_raw(&whole, mjl_buffer_bytes(&fields));
        mjl_pack_bin(&whole, mjl_bytes_of(mac, sizeof mac));
        result = mjl_pack_end(&whole, start);
    }
    mjl_buffer_clear(&fields);
    return result;
}

/* ---- Reading ---- */

mjl_result mjl_knock_decode(mjl_bytes body, mjl_knock *knock)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, KNOCK_FIELDS);
    const size_t start = u->at;
    if (mjl_unpack_uint(u) != MJL_KNOCK_FORMAT) mjl_unpack_fail(u, MJL_UNKNOWN_VERSION);
    knock->group = mjl_unpack_bin(u);
    knock->epoch = mjl_unpack_uint(u);
    knock->branch = mjl_unpack_id(u);
    knock->author = mjl_unpack_id(u);
    knock->counter = mjl_unpack_uint(u);
    knock->accepted_count = mjl_unpack_place_refs(u, knock->accepted, MJL_FRONTIER_PLACES_MAX);
    knock->key_package = mjl_unpack_bin_to(u, MJL_JOIN_REQUEST_SIZE_MAX);
    const size_t signed_end = u->at;
    mjl_unpack_fixed(u, knock->signature, sizeof knock->signature);
    const size_t maced_end = u->at;
    mjl_unpack_fixed(u, knock->mac, sizeof knock->mac);
    const mjl_result result = mjl_unpack_end(u);
    if (result != MJL_OK) return result;
    knock->signed_fields = mjl_bytes_of(body.data + start, signed_end - start);
    knock->maced_fields = mjl_bytes_of(body.data + start, maced_end - start);
    return MJL_OK;
}

mjl_result mjl_knock_check_mac(const mjl_knock *knock, const uint8_t knock_key[MJL_KNOCK_KEY_SIZE])
{
    uint8_t mac[MJL_KNOCK_MAC_SIZE];
    make_mac(knock_key, knock->maced_fields, mac);
    return sodium_memcmp(mac, knock->mac, sizeof mac) == 0 ? MJL_OK : MJL_BAD_MAC;
}

mjl_result mjl_knock_check_signature(const mjl_knock *knock, const mjl_mls_suite *suite,
                                     mjl_bytes signature_key)
{
    mjl_buffer content = {0};
    mjl_result result = signed_bytes(knock->signed_fields, &content);
    if (result == MJL_OK) {
        result = mjl_mls_verify_with_label(suite, signature_key, MJL_SIGN_KNOCK,
                                           mjl_buffer_bytes(&content),
                                           mjl_bytes_of(knock->signature, sizeof knock->signature));
    }
    mjl_buffer_clear(&content);
    return result;
}
