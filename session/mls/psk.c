#include "psk.h"

#include <sodium.h>

#include "labels.h"
#include "majlis/mls.h"
#include "mls_limits.h"

static void read_resumption(mjl_mls_reader *reader, mjl_mls_psk_id *id)
{
    id->usage = mjl_mls_read_u8(reader);
    if (id->usage < MJL_MLS_PSK_APPLICATION || id->usage > MJL_MLS_PSK_BRANCH) {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
    id->group_id = mjl_mls_read_vector(reader, MJL_MLS_GROUP_ID_SIZE_MAX);
    id->epoch = mjl_mls_read_u64(reader);
}

void mjl_mls_psk_id_read(mjl_mls_reader *reader, mjl_mls_psk_id *id)
{
    const uint8_t *mark = reader->at;
    memset(id, 0, sizeof *id);
    id->type = mjl_mls_read_u8(reader);
    if (id->type == MJL_MLS_PSK_EXTERNAL) {
        id->id = mjl_mls_read_vector(reader, MJL_MLS_PSK_ID_SIZE_MAX);
    } else if (id->type == MJL_MLS_PSK_RESUMPTION) {
        read_resumption(reader, id);
    } else {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
    id->encoded_without_nonce = mjl_mls_read_since(reader, mark);
    id->nonce = mjl_mls_read_vector(reader, MJL_MLS_PSK_ID_SIZE_MAX);
    id->encoded = mjl_mls_read_since(reader, mark);
}

void mjl_mls_psk_id_write(mjl_mls_writer *writer, const mjl_mls_psk_id *id)
{
    mjl_mls_psk_id_write_without_nonce(writer, id);
    mjl_mls_write_vector(writer, id->nonce);
}

void mjl_mls_psk_id_write_without_nonce(mjl_mls_writer *writer, const mjl_mls_psk_id *id)
{
    mjl_mls_write_u8(writer, id->type);
    if (id->type == MJL_MLS_PSK_EXTERNAL) {
        mjl_mls_write_vector(writer, id->id);
    } else {
        mjl_mls_write_u8(writer, id->usage);
        mjl_mls_write_vector(writer, id->group_id);
        mjl_mls_write_u64(writer, id->epoch);
    }
}

/* Without the nonce: what a PSK is looked up by. */
static mjl_result id_write(const mjl_mls_psk_id *id, mjl_buffer *out)
{
    if (id->id.size > MJL_MLS_PSK_ID_SIZE_MAX) return MJL_TOO_LARGE;
    if (id->group_id.size > MJL_MLS_GROUP_ID_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_psk_id_write_without_nonce(&writer, id);
    return mjl_mls_writer_end(&writer);
}

mjl_result mjl_mls_psk_id_external(mjl_bytes id, mjl_buffer *out)
{
    const mjl_mls_psk_id written = {.type = MJL_MLS_PSK_EXTERNAL, .id = id};
    return id_write(&written, out);
}

mjl_result mjl_mls_psk_id_resumption(mjl_bytes group_id, uint64_t epoch, mjl_buffer *out)
{
    const mjl_mls_psk_id written = {.type = MJL_MLS_PSK_RESUMPTION,
                                    .usage = MJL_MLS_PSK_APPLICATION,
                                    .group_id = group_id,
                                    .epoch = epoch};
    return id_write(&written, out);
}

/* psk_input (§8.4) of the PSK at `index` of `count`. */
static mjl_result psk_input(const mjl_mls_suite *suite, const mjl_mls_psk_input *psk, size_t index,
                            size_t count, uint8_t *out)
{
    uint8_t extracted[MJL_MLS_HASH_SIZE_MAX];
    mjl_buffer label = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&label);
    mjl_mls_write_fixed(&writer, psk->id);
    mjl_mls_write_u16(&writer, (uint16_t)index);
    mjl_mls_write_u16(&writer, (uint16_t)count);
    const mjl_result result = mjl_mls_writer_end(&writer);
    if (result == MJL_OK) {
        suite->hkdf_extract(mjl_bytes_of(NULL, 0), (mjl_mls_parts){&psk->secret, 1}, extracted);
        mjl_mls_expand_with_label(suite, extracted, "derived psk", mjl_buffer_bytes(&label), out,
                                  suite->hash_size);
    }
    sodium_memzero(extracted, sizeof extracted);
    mjl_buffer_clear(&label);
    return result;
}

mjl_result mjl_mls_psk_secret(const mjl_mls_suite *suite, const mjl_mls_psk_input *inputs,
                              size_t count, uint8_t *psk_secret)
{
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX] = {0}, input[MJL_MLS_HASH_SIZE_MAX];
    mjl_result result = count > MJL_MLS_PSKS_COUNT_MAX ? MJL_TOO_LARGE : MJL_OK;
    for (size_t i = 0; i < count && result == MJL_OK; i++) {
        result = psk_input(suite, &inputs[i], i, count, input);
        if (result != MJL_OK) break;
        const mjl_bytes before = mjl_bytes_of(secret, suite->hash_size);
        suite->hkdf_extract(mjl_bytes_of(input, suite->hash_size), (mjl_mls_parts){&before, 1},
                            secret);
    }
    if (result == MJL_OK) memcpy(psk_secret, secret, suite->hash_size);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(input, sizeof input);
    return result;
}
