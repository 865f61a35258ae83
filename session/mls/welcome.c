#include "welcome.h"

#include <sodium.h>

#include "key_package.h"
#include "key_schedule.h"
#include "labels.h"
#include "message.h"

static const char label[] = "Welcome";

/* ---- Encoding ---- */

static void ciphertext_write(mjl_mls_writer *writer, mjl_bytes reference,
                             const mjl_mls_hpke_ciphertext *secrets)
{
    mjl_mls_write_vector(writer, reference);
    mjl_mls_hpke_ciphertext_write(writer, secrets);
}

void mjl_mls_encrypted_group_secrets_read(mjl_mls_reader *reader,
                                          mjl_mls_encrypted_group_secrets *secrets)
{
    secrets->new_member = mjl_mls_read_vector(reader, MJL_MLS_HASH_SIZE_MAX);
    mjl_mls_hpke_ciphertext_read(reader, &secrets->secrets);
}

static void welcome_read(mjl_mls_reader *reader, mjl_mls_welcome *welcome)
{
    welcome->suite = mjl_mls_read_u16(reader);
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_MESSAGE_SIZE_MAX);
    const uint8_t *mark = list.at;
    while (mjl_mls_reader_more(&list)) {
        mjl_mls_encrypted_group_secrets secrets;
        mjl_mls_encrypted_group_secrets_read(&list, &secrets);
    }
    welcome->secrets = mjl_mls_read_since(&list, mark);
    mjl_mls_read_list_end(reader, &list);
    welcome->encrypted_group_info = mjl_mls_read_vector(reader, MJL_MLS_CIPHERTEXT_SIZE_MAX);
}

mjl_result mjl_mls_welcome_parse(mjl_bytes message, mjl_mls_welcome *welcome)
{
    mjl_bytes body;
    const mjl_result result = mjl_mls_message_body(message, MJL_MLS_WELCOME, &body);
    if (result != MJL_OK) return result;
    mjl_mls_reader reader = mjl_mls_reader_of(body);
    welcome_read(&reader, welcome);
    return mjl_mls_reader_end(&reader);
}

/* Every PSK id once is checked where they are used. */
static mjl_bytes psks_read(mjl_mls_reader *reader)
{
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_BODY_SIZE_MAX);
    const uint8_t *mark = list.at;
    for (size_t count = 0; mjl_mls_reader_more(&list); count++) {
        mjl_mls_psk_id id;
        mjl_mls_psk_id_read(&list, &id);
        if (count == MJL_MLS_PSKS_COUNT_MAX) mjl_mls_reader_fail(&list, MJL_TOO_LARGE);
    }
    const mjl_bytes psks = mjl_mls_read_since(&list, mark);
    mjl_mls_read_list_end(reader, &list);
    return psks;
}

mjl_result mjl_mls_group_secrets_parse(const mjl_mls_suite *suite, mjl_bytes encoded,
                                       mjl_mls_group_secrets *secrets)
{
    *secrets = (mjl_mls_group_secrets){0};
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    secrets->joiner_secret = mjl_mls_read_vector(&reader, MJL_MLS_HASH_SIZE_MAX);
    secrets->has_path_secret = mjl_mls_read_optional(&reader);
    if (secrets->has_path_secret)
        secrets->path_secret = mjl_mls_read_vector(&reader, MJL_MLS_HASH_SIZE_MAX);
    secrets->psks = psks_read(&reader);
    const mjl_result result = mjl_mls_reader_end(&reader);
    if (result != MJL_OK) return result;
    if (secrets->joiner_secret.size != suite->hash_size) return MJL_WELCOME_SECRET_SIZE;
    if (secrets->has_path_secret && secrets->path_secret.size != suite->hash_size)
        return MJL_WELCOME_SECRET_SIZE;
    return MJL_OK;
}

mjl_result mjl_mls_group_secrets_encode(const mjl_mls_group_secrets *secrets, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_vector(&writer, secrets->joiner_secret);
    mjl_mls_write_optional(&writer, secrets->has_path_secret);
    if (secrets->has_path_secret) mjl_mls_write_vector(&writer, secrets->path_secret);
    mjl_mls_write_vector(&writer, secrets->psks);
    return mjl_mls_writer_end(&writer);
}

/* ---- Making ---- */

static mjl_result group_info_seal(const mjl_mls_welcome_parts *parts, mjl_buffer *out)
{
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX], nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
    const size_t size = parts->group_info.size + parts->suite->aead_tag_size;
    mjl_result result = mjl_buffer_reserve(out, size);
    if (result == MJL_OK) {
        mjl_mls_key_schedule_welcome(parts->suite, parts->member_secret, key, nonce);
        result = parts->suite->aead_seal(key, nonce, mjl_bytes_of(NULL, 0), parts->group_info,
                                         out->data + out->size);
        if (result == MJL_OK) out->size += size;
    }
    sodium_memzero(key, sizeof key);
    sodium_memzero(nonce, sizeof nonce);
    return result;
}

static mjl_result newcomer_write(const mjl_mls_welcome_parts *parts,
                                 const mjl_mls_newcomer *newcomer,
                                 const mjl_mls_hpke_context *context, mjl_random random,
                                 mjl_mls_writer *writer)
{
    const mjl_mls_suite *suite = parts->suite;
    const mjl_mls_group_secrets secrets = {
        .joiner_secret = mjl_bytes_of(parts->joiner_secret, suite->hash_size),
        .has_path_secret = newcomer->path_secret != NULL,
        .path_secret = mjl_bytes_of(newcomer->path_secret, suite->hash_size),
        .psks = parts->psks};
    mjl_buffer plain = {0}, ciphertext = {0};
    uint8_t kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result = mjl_mls_group_secrets_encode(&secrets, &plain);
    if (result == MJL_OK)
        result = mjl_mls_hpke_seal_in(suite, newcomer->init_key, context, mjl_bytes_of(NULL, 0),
                                      mjl_buffer_bytes(&plain), random, kem_output, &ciphertext);
    if (result == MJL_OK) {
        uint8_t reference[MJL_MLS_HASH_SIZE_MAX];
        mjl_mls_key_package_reference(suite, newcomer->key_package, reference);
        const mjl_mls_hpke_ciphertext written = {mjl_bytes_of(kem_output, suite->kem_public_size),
                                                 mjl_buffer_bytes(&ciphertext)};
        ciphertext_write(writer, mjl_bytes_of(reference, suite->hash_size), &written);
    }
    mjl_buffer_clear(&plain);
    mjl_buffer_clear(&ciphertext);
    return result;
}

mjl_result mjl_mls_welcome_make(const mjl_mls_welcome_parts *parts, mjl_random random,
                                mjl_buffer *message)
{
    mjl_buffer sealed = {0};
    mjl_result result = group_info_seal(parts, &sealed);
    if (result != MJL_OK) {
        mjl_buffer_clear(&sealed);
        return result;
    }
    mjl_mls_hpke_context context; /* Covers the whole sealed GroupInfo: hashed once for all. */
    mjl_mls_encrypt_context(parts->suite, label, mjl_buffer_bytes(&sealed), &context);
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_WELCOME);
    mjl_mls_write_u16(&writer, parts->suite->id);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    for (size_t i = 0; i < parts->newcomers_count; i++) {
        result = newcomer_write(parts, &parts->newcomers[i], &context, random, &writer);
        if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    }
    mjl_mls_write_vector_end(&writer, begin);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&sealed));
    mjl_buffer_clear(&sealed);
    return mjl_mls_writer_end(&writer);
}

/* ---- Opening ---- */

mjl_result mjl_mls_welcome_find(const mjl_mls_welcome *welcome, mjl_bytes reference,
                                mjl_mls_hpke_ciphertext *secrets)
{
    mjl_mls_reader reader = mjl_mls_reader_of(welcome->secrets);
    while (mjl_mls_reader_more(&reader)) {
        mjl_mls_encrypted_group_secrets entry;
        mjl_mls_encrypted_group_secrets_read(&reader, &entry);
        if (!mjl_bytes_equal(entry.new_member, reference)) continue;
        *secrets = entry.secrets;
        return MJL_OK;
    }
    return MJL_NOT_FOR_US;
}

mjl_result mjl_mls_welcome_open_own(const mjl_mls_suite *suite, const mjl_mls_welcome *welcome,
                                    mjl_bytes reference, mjl_mls_key_pair init,
                                    mjl_buffer *group_secrets)
{
    mjl_mls_hpke_ciphertext secrets;
    const mjl_result result = mjl_mls_welcome_find(welcome, reference, &secrets);
    if (result != MJL_OK) return result;
    return mjl_mls_decrypt_with_key_pair(suite, init, label, welcome->encrypted_group_info,
                                         secrets.kem_output, secrets.ciphertext, group_secrets);
}

mjl_result mjl_mls_welcome_open_secrets(const mjl_mls_suite *suite, const mjl_mls_welcome *welcome,
                                        mjl_bytes reference, const uint8_t *init_private,
                                        mjl_buffer *group_secrets)
{
    uint8_t init_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    const mjl_result result = suite->kem_public_of(init_private, init_key);
    if (result != MJL_OK) return result;
    const mjl_mls_key_pair init = {init_private, init_key};
    return mjl_mls_welcome_open_own(suite, welcome, reference, init, group_secrets);
}

mjl_result mjl_mls_welcome_open_group_info(const mjl_mls_suite *suite,
                                           const mjl_mls_welcome *welcome,
                                           const uint8_t *member_secret, mjl_buffer *group_info)
{
    const mjl_bytes sealed = welcome->encrypted_group_info;
    if (sealed.size < suite->aead_tag_size) return MJL_CANNOT_OPEN;
    const size_t size = sealed.size - suite->aead_tag_size;
    mjl_result result = mjl_buffer_reserve(group_info, sealed.size);
    if (result != MJL_OK) return result;
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX], nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
    mjl_mls_key_schedule_welcome(suite, member_secret, key, nonce);
    result = suite->aead_open(key, nonce, mjl_bytes_of(NULL, 0), sealed,
                              group_info->data + group_info->size);
    if (result == MJL_OK) group_info->size += size;
    sodium_memzero(key, sizeof key);
    sodium_memzero(nonce, sizeof nonce);
    return result;
}

mjl_result mjl_mls_welcome_reference(mjl_bytes welcome, size_t i, mjl_bytes *reference)
{
    mjl_mls_welcome parsed;
    const mjl_result result = mjl_mls_welcome_parse(welcome, &parsed);
    if (result != MJL_OK) return result;
    mjl_mls_reader reader = mjl_mls_reader_of(parsed.secrets);
    for (size_t at = 0; mjl_mls_reader_more(&reader); at++) {
        mjl_mls_encrypted_group_secrets entry;
        mjl_mls_encrypted_group_secrets_read(&reader, &entry);
        if (at != i) continue;
        *reference = entry.new_member;
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}
