#include "commit_header.h"

#include "lists.h"
#include "padding.h"

#include <assert.h>
#include <sodium.h>

enum {
    HEADER_FIELDS = 5,
    SEAL_TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    CLEAR_SIZE = MJL_BRANCH_TAG_SIZE + MJL_COMMIT_HEADER_NONCE_SIZE,
    NONCE_REST_SIZE = MJL_COMMIT_HEADER_NONCE_SIZE - crypto_core_hchacha20_INPUTBYTES
};

/* ---- The array ---- */

/* An entry of 32 bytes is an id: no encoded content is that short. */
static mjl_result decode_basis(mjl_bytes entry, mjl_bytes group_id, mjl_basis *basis)
{
    memset(basis, 0, sizeof *basis);
    if (entry.size == MJL_ID_SIZE) {
        memcpy(basis->id.bytes, entry.data, MJL_ID_SIZE);
        return MJL_OK;
    }
    mjl_result result = mjl_content_decode(entry, &basis->content);
    if (result != MJL_OK) return result;
    if (basis->content.type != MJL_TYPE_INTENT) return MJL_BAD_PAYLOAD;
    result = mjl_intent_decode(basis->content.body, &basis->intent);
    if (result != MJL_OK) return result;
    basis->whole = entry;
    basis->id = mjl_id_message(group_id, entry);
    return MJL_OK;
}

static mjl_bytes basis_entry(const mjl_basis *basis)
{
    return basis->whole.size != 0 ? basis->whole : mjl_id_bytes(&basis->id);
}

static bool has_twice(const mjl_id *ids, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (mjl_id_equal(&ids[i], &ids[j])) return true;
        }
    }
    return false;
}

/* The entries as their reader would see them, or why it would refuse them. */
static mjl_result check_basis(const mjl_commit_header *header, mjl_bytes group_id)
{
    mjl_message_id ids[MJL_BASIS_MAX];
    for (size_t i = 0; i < header->basis_count; i++) {
        mjl_basis basis;
        const mjl_result result = decode_basis(basis_entry(&header->basis[i]), group_id, &basis);
        if (result != MJL_OK) return MJL_BAD_ARGUMENT;
        ids[i] = basis.id;
    }
    return has_twice(ids, header->basis_count) ? MJL_BAD_ARGUMENT : MJL_OK;
}

mjl_result mjl_commit_header_encode(const mjl_commit_header *header, mjl_bytes group_id,
                                    mjl_buffer *out)
{
    if (header->parents_count > MJL_PARENTS_MAX) return MJL_TOO_LARGE;
    if (header->basis_count > MJL_BASIS_MAX) return MJL_TOO_LARGE;
    const mjl_result result = check_basis(header, group_id);
    if (result != MJL_OK) return result;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, HEADER_FIELDS);
    mjl_pack_uint(&pack, MJL_COMMIT_HEADER_FORMAT);
    mjl_pack_uint(&pack, header->generation);
    mjl_pack_uint(&pack, header->seq);
    mjl_pack_place_refs(&pack, header->parents, header->parents_count);
    mjl_pack_array(&pack, header->basis_count);
    for (size_t i = 0; i < header->basis_count; i++)
        mjl_pack_bin(&pack, basis_entry(&header->basis[i]));
    return mjl_pack_end(&pack, start);
}

static void unpack_basis(mjl_unpack *unpack, mjl_bytes group_id, mjl_commit_header *header)
{
    mjl_message_id ids[MJL_BASIS_MAX];
    header->basis_count = 0;
    const size_t count = mjl_unpack_array(unpack);
    if (count > MJL_BASIS_MAX) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++) {
        const mjl_bytes entry = mjl_unpack_bin(unpack);
        if (unpack->result != MJL_OK) return;
        const mjl_result result = decode_basis(entry, group_id, &header->basis[i]);
        if (result != MJL_OK) mjl_unpack_fail(unpack, result);
        ids[i] = header->basis[i].id;
        header->basis_count = i + 1;
    }
    if (has_twice(ids, header->basis_count)) mjl_unpack_fail(unpack, MJL_BAD_PAYLOAD);
}

/* Reads the array and leaves `unpack` behind it. */
static void unpack_header(mjl_unpack *unpack, mjl_bytes group_id, mjl_commit_header *header)
{
    mjl_unpack_array_of(unpack, HEADER_FIELDS);
    if (mjl_unpack_uint(unpack) != MJL_COMMIT_HEADER_FORMAT) {
        mjl_unpack_fail(unpack, MJL_UNKNOWN_VERSION);
    }
    header->generation = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    header->seq = mjl_unpack_uint(unpack);
    header->parents_count = mjl_unpack_place_refs(unpack, header->parents, MJL_PARENTS_MAX);
    unpack_basis(unpack, group_id, header);
}

mjl_result mjl_commit_header_decode(mjl_bytes bytes, mjl_bytes group_id, mjl_commit_header *header)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    unpack_header(&unpack, group_id, header);
    return mjl_unpack_end(&unpack);
}

/* ---- Padding: zeros up to the ladder, no more and no less ---- */

static mjl_result pad(mjl_buffer *plain)
{
    const size_t size = mjl_padding_size(plain->size);
    const mjl_result result = mjl_buffer_reserve(plain, size);
    if (result != MJL_OK) return result;
    if (size != 0) memset(plain->data + plain->size, 0, size);
    plain->size += size;
    return MJL_OK;
}

/* The array tells its own end, so what follows must be exactly the zeros that `pad` adds. */
static mjl_result decode_padded(mjl_bytes plain, mjl_bytes group_id, mjl_commit_header *header)
{
    mjl_unpack unpack = mjl_unpack_from(plain);
    unpack_header(&unpack, group_id, header);
    if (unpack.result != MJL_OK) return unpack.result;
    if (plain.size - unpack.at != mjl_padding_size(unpack.at)) return MJL_BAD_PAYLOAD;
    for (size_t i = unpack.at; i < plain.size; i++) {
        if (plain.data[i] != 0) return MJL_BAD_PAYLOAD;
    }
    return MJL_OK;
}

/* ---- Sealing ---- */

static mjl_result append_associated(mjl_buffer *out, const uint8_t *tag, mjl_bytes group_id,
                                    uint64_t epoch)
{
    assert(group_id.size <= UINT32_MAX);
    uint8_t numbers[4 + 8];
    for (size_t i = 0; i < 4; i++)
        numbers[i] = (uint8_t)(group_id.size >> (24 - 8 * i));
    for (size_t i = 0; i < 8; i++)
        numbers[4 + i] = (uint8_t)(epoch >> (56 - 8 * i));
    mjl_result result = mjl_buffer_append(out, mjl_bytes_of(tag, MJL_BRANCH_TAG_SIZE));
    if (result == MJL_OK) result = mjl_buffer_append(out, mjl_bytes_of(numbers, 4));
    if (result == MJL_OK) result = mjl_buffer_append(out, group_id);
    if (result == MJL_OK) result = mjl_buffer_append(out, mjl_bytes_of(numbers + 4, 8));
    return result;
}

static void append_sealed(mjl_buffer *out, const mjl_header_seal *seal, const uint8_t *nonce,
                          mjl_bytes plain, mjl_bytes associated)
{
    memcpy(out->data + out->size, seal->tag, MJL_BRANCH_TAG_SIZE);
    memcpy(out->data + out->size + MJL_BRANCH_TAG_SIZE, nonce, MJL_COMMIT_HEADER_NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out->data + out->size + CLEAR_SIZE, NULL, plain.data,
                                               plain.size, associated.data, associated.size, NULL,
                                               nonce, seal->key);
    out->size += CLEAR_SIZE + plain.size + SEAL_TAG_SIZE;
}

mjl_result mjl_commit_header_seal(const mjl_commit_header *header, const mjl_header_seal *seal,
                                  const uint8_t *nonce, mjl_buffer *authenticated_data)
{
    mjl_buffer plain = {0}, associated = {0};
    mjl_result result = mjl_commit_header_encode(header, seal->group_id, &plain);
    if (result == MJL_OK) result = pad(&plain);
    if (result == MJL_OK) {
        result = append_associated(&associated, seal->tag, seal->group_id, seal->epoch);
    }
    if (result == MJL_OK) {
        result = mjl_buffer_reserve(authenticated_data, CLEAR_SIZE + plain.size + SEAL_TAG_SIZE);
    }
    if (result == MJL_OK) {
        append_sealed(authenticated_data, seal, nonce, mjl_buffer_bytes(&plain),
                      mjl_buffer_bytes(&associated));
    }
    mjl_buffer_clear(&plain);
    mjl_buffer_clear(&associated);
    return result;
}

mjl_result mjl_commit_header_own_key(mjl_bytes authenticated_data, const uint8_t *key,
                                     uint8_t own_key[MJL_COMMIT_HEADER_KEY_SIZE])
{
    if (authenticated_data.size < CLEAR_SIZE + SEAL_TAG_SIZE) return MJL_TRUNCATED;
    const uint8_t *const nonce = authenticated_data.data + MJL_BRANCH_TAG_SIZE;
    return crypto_core_hchacha20(own_key, nonce, key, NULL) == 0 ? MJL_OK : MJL_BUG;
}

/* With the header's own key what is left of the nonce stands behind zeros, as in XChaCha20. */
static mjl_result unseal(mjl_bytes bytes, const mjl_header_seal *seal, mjl_bytes associated,
                         mjl_buffer *plain)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};
    memcpy(nonce + sizeof nonce - NONCE_REST_SIZE, bytes.data + CLEAR_SIZE - NONCE_REST_SIZE,
           NONCE_REST_SIZE);
    const size_t sealed_size = bytes.size - CLEAR_SIZE;
    const mjl_result result = mjl_buffer_reserve(plain, sealed_size);
    if (result != MJL_OK) return result;
    unsigned long long size = 0;
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            plain->data + plain->size, &size, NULL, bytes.data + CLEAR_SIZE, sealed_size,
            associated.data, associated.size, nonce, seal->key) != 0) {
        return MJL_CANNOT_OPEN;
    }
    plain->size += (size_t)size;
    return MJL_OK;
}

mjl_result mjl_commit_header_open_alone(mjl_bytes authenticated_data, const mjl_header_seal *seal,
                                        mjl_buffer *plain, mjl_commit_header *header)
{
    if (authenticated_data.size < CLEAR_SIZE + SEAL_TAG_SIZE) return MJL_TRUNCATED;
    mjl_buffer_clear(plain);
    mjl_buffer associated = {0};
    mjl_result result =
        append_associated(&associated, authenticated_data.data, seal->group_id, seal->epoch);
    if (result == MJL_OK) {
        result = unseal(authenticated_data, seal, mjl_buffer_bytes(&associated), plain);
    }
    mjl_buffer_clear(&associated);
    if (result != MJL_OK) return result;
    return decode_padded(mjl_buffer_bytes(plain), seal->group_id, header);
}

mjl_result mjl_commit_header_open(mjl_bytes authenticated_data, const mjl_header_seal *seal,
                                  mjl_buffer *plain, mjl_commit_header *header)
{
    uint8_t own_key[MJL_COMMIT_HEADER_KEY_SIZE];
    mjl_header_seal own = *seal;
    own.key = own_key;
    mjl_result result = mjl_commit_header_own_key(authenticated_data, seal->key, own_key);
    if (result == MJL_OK) {
        result = mjl_commit_header_open_alone(authenticated_data, &own, plain, header);
    }
    sodium_memzero(own_key, sizeof own_key);
    return result;
}

mjl_result mjl_branch_tag_read(mjl_bytes authenticated_data, uint8_t tag[MJL_BRANCH_TAG_SIZE])
{
    if (authenticated_data.size < MJL_BRANCH_TAG_SIZE) return MJL_TRUNCATED;
    memcpy(tag, authenticated_data.data, MJL_BRANCH_TAG_SIZE);
    return MJL_OK;
}

mjl_result mjl_branch_tag_only(mjl_bytes authenticated_data)
{
    return authenticated_data.size == MJL_BRANCH_TAG_SIZE ? MJL_OK : MJL_BAD_PAYLOAD;
}
