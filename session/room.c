#include "room.h"

#include "lists.h"
#include "names.h"

#include <assert.h>
#include <sodium.h>

enum { JOIN_FIELDS = 2, ROOT_FIELDS = 5, IDENTITY_FIELDS = 3, IDENTITY_FORMAT = 1 };

/* ---- The key and the MAC ---- */

static void hmac(const uint8_t *key, size_t key_size, mjl_bytes first, mjl_bytes second,
                 uint8_t out[32])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_size);
    crypto_auth_hmacsha256_update(&state, first.data, first.size);
    crypto_auth_hmacsha256_update(&state, second.data, second.size);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void mjl_room_key_derive(mjl_bytes room_secret, mjl_room_key *key)
{
    memset(key, 0, sizeof *key);
    key->is_open = room_secret.size == 0;
    if (key->is_open) return;

    /* RFC 5869 with an empty salt: extract, then one block of expand. */
    static const uint8_t no_salt[32] = {0};
    static const uint8_t one = 1;
    uint8_t extracted[32];
    hmac(no_salt, sizeof no_salt, room_secret, mjl_bytes_of(NULL, 0), extracted);
    hmac(extracted, sizeof extracted, mjl_bytes_text("majlis 1 room key"), mjl_bytes_of(&one, 1),
         key->bytes);
    sodium_memzero(extracted, sizeof extracted);
}

void mjl_room_key_wipe(mjl_room_key *key)
{
    sodium_memzero(key, sizeof *key);
    key->is_open = true;
}

static void room_mac(const mjl_room_key *key, const mjl_bytes *fields, size_t fields_count,
                     uint8_t mac[MJL_ROOM_MAC_SIZE])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key->bytes, sizeof key->bytes);
    for (size_t i = 0; i < fields_count; i++) {
        const size_t size = fields[i].size;
        assert(size <= UINT32_MAX);
        const uint8_t size_bytes[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16),
                                       (uint8_t)(size >> 8), (uint8_t)size};
        crypto_auth_hmacsha256_update(&state, size_bytes, sizeof size_bytes);
        crypto_auth_hmacsha256_update(&state, fields[i].data, size);
    }
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

static void join_mac(const mjl_room_key *key, mjl_bytes room_name, mjl_bytes signature_key,
                     mjl_bytes init_key, uint8_t mac[MJL_ROOM_MAC_SIZE])
{
    const mjl_bytes fields[] = {mjl_bytes_text("majlis 1 join"), room_name, signature_key,
                                init_key};
    room_mac(key, fields, 4, mac);
}

static void root_mac(const mjl_room_key *key, mjl_bytes room_name, mjl_bytes group_id,
                     uint8_t mac[MJL_ROOM_MAC_SIZE])
{
    const mjl_bytes fields[] = {mjl_bytes_text("majlis 1 root"), room_name, group_id};
    room_mac(key, fields, 3, mac);
}

static mjl_result compare_mac(mjl_bytes given, const uint8_t mac[MJL_ROOM_MAC_SIZE])
{
    if (given.size != MJL_ROOM_MAC_SIZE) return MJL_ROOM_MAC;
    return sodium_memcmp(given.data, mac, MJL_ROOM_MAC_SIZE) == 0 ? MJL_OK : MJL_ROOM_MAC;
}

static mjl_bytes unpack_mac(mjl_unpack *unpack)
{
    const mjl_bytes mac = mjl_unpack_bin_to(unpack, MJL_ROOM_MAC_SIZE);
    if (mac.size != 0 && mac.size != MJL_ROOM_MAC_SIZE) mjl_unpack_fail(unpack, MJL_MALFORMED);
    return mac;
}

/* ---- majlis_join ---- */

mjl_result mjl_room_join_encode(const mjl_room_key *key, mjl_bytes room_name,
                                mjl_bytes signature_key, mjl_bytes init_key, mjl_buffer *out)
{
    if (mjl_name_check(room_name) != MJL_OK) return MJL_BAD_ARGUMENT;
    uint8_t mac[MJL_ROOM_MAC_SIZE];
    join_mac(key, room_name, signature_key, init_key, mac);

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, JOIN_FIELDS);
    mjl_pack_text(&pack, room_name);
    mjl_pack_bin(&pack, mjl_bytes_of(mac, key->is_open ? 0 : sizeof mac));
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_room_join_decode(mjl_bytes bytes, mjl_room_join *join)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, JOIN_FIELDS);
    join->room_name = mjl_unpack_text(&unpack);
    join->mac = unpack_mac(&unpack);
    const mjl_result result = mjl_unpack_end(&unpack);
    return result != MJL_OK ? result : mjl_name_check(join->room_name);
}

mjl_result mjl_room_join_verify(const mjl_room_key *key, const mjl_room_join *join,
                                mjl_bytes signature_key, mjl_bytes init_key)
{
    if (key->is_open) return join->mac.size == 0 ? MJL_OK : MJL_ROOM_MAC;
    uint8_t mac[MJL_ROOM_MAC_SIZE];
    join_mac(key, join->room_name, signature_key, init_key, mac);
    return compare_mac(join->mac, mac);
}

/* ---- majlis_root ---- */

static void pack_fins(mjl_pack *pack, const mjl_room_root *root)
{
    mjl_pack_array(pack, root->fins_count);
    for (size_t i = 0; i < root->fins_count; i++) {
        mjl_pack_array(pack, 2);
        mjl_pack_id(pack, &root->fins[i].member);
        mjl_pack_id(pack, &root->fins[i].fin);
    }
}

static bool fins_are_ascending(const mjl_room_root *root)
{
    for (size_t i = 1; i < root->fins_count; i++) {
        if (mjl_id_compare(&root->fins[i - 1].member, &root->fins[i].member) >= 0) return false;
    }
    return true;
}

mjl_result mjl_room_root_encode(const mjl_room_root *root, const mjl_room_key *key,
                                mjl_bytes room_name, mjl_bytes group_id, mjl_buffer *out)
{
    if (root->frontier_count > MJL_PARENTS_MAX || root->fins_count > MJL_BASIS_MAX) {
        return MJL_TOO_LARGE;
    }
    if (!fins_are_ascending(root)) return MJL_BAD_ARGUMENT;
    uint8_t mac[MJL_ROOM_MAC_SIZE];
    root_mac(key, room_name, group_id, mac);

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, ROOT_FIELDS);
    mjl_pack_uint(&pack, MJL_ROOT_FORMAT);
    if (root->has_branch) {
        mjl_pack_id(&pack, &root->branch);
    } else {
        mjl_pack_nil(&pack);
    }
    mjl_pack_place_refs(&pack, root->frontier, root->frontier_count);
    pack_fins(&pack, root);
    mjl_pack_bin(&pack, mjl_bytes_of(mac, key->is_open ? 0 : sizeof mac));
    return mjl_pack_end(&pack, start);
}

static void unpack_fins(mjl_unpack *unpack, mjl_room_root *root)
{
    size_t count = mjl_unpack_array(unpack);
    if (count > MJL_BASIS_MAX) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    if (unpack->result != MJL_OK) count = 0;
    for (size_t i = 0; i < count; i++) {
        mjl_unpack_array_of(unpack, 2);
        root->fins[i].member = mjl_unpack_id(unpack);
        root->fins[i].fin = mjl_unpack_id(unpack);
    }
    root->fins_count = count;
}

mjl_result mjl_room_root_decode(mjl_bytes bytes, mjl_room_root *root)
{
    memset(root, 0, sizeof *root);
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, ROOT_FIELDS);
    if (mjl_unpack_uint(&unpack) != MJL_ROOT_FORMAT) {
        mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    }
    root->has_branch = !mjl_unpack_is_nil(&unpack);
    if (root->has_branch) {
        root->branch = mjl_unpack_id(&unpack);
    } else {
        mjl_unpack_nil(&unpack);
    }
    root->frontier_count = mjl_unpack_place_refs(&unpack, root->frontier, MJL_PARENTS_MAX);
    unpack_fins(&unpack, root);
    root->mac = unpack_mac(&unpack);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return fins_are_ascending(root) ? MJL_OK : MJL_NOT_CANONICAL;
}

mjl_result mjl_room_root_verify(const mjl_room_key *key, const mjl_room_root *root,
                                mjl_bytes room_name, mjl_bytes group_id)
{
    if (key->is_open) return MJL_OK;
    uint8_t mac[MJL_ROOM_MAC_SIZE];
    root_mac(key, room_name, group_id, mac);
    return compare_mac(root->mac, mac);
}

/* ---- BasicCredential.identity ---- */

mjl_result mjl_identity_encode(mjl_bytes user_id, mjl_bytes display_name, mjl_buffer *out)
{
    if (mjl_name_check(user_id) != MJL_OK) return MJL_BAD_ARGUMENT;
    if (mjl_name_check(display_name) != MJL_OK) return MJL_BAD_ARGUMENT;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, IDENTITY_FIELDS);
    mjl_pack_uint(&pack, IDENTITY_FORMAT);
    mjl_pack_text(&pack, user_id);
    mjl_pack_text(&pack, display_name);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_identity_decode(mjl_bytes bytes, mjl_names *names)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, IDENTITY_FIELDS);
    if (mjl_unpack_uint(&unpack) != IDENTITY_FORMAT) mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    names->user_id = mjl_unpack_text(&unpack);
    names->display_name = mjl_unpack_text(&unpack);
    mjl_result result = mjl_unpack_end(&unpack);
    if (result == MJL_OK) result = mjl_name_check(names->user_id);
    if (result == MJL_OK) result = mjl_name_check(names->display_name);
    return result;
}
