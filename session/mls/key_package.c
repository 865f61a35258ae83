#include "key_package.h"

#include <sodium.h>
#include <stdlib.h>

#include "grease.h"
#include "labels.h"
#include "message.h"
#include "mls_limits.h"
#include "new_leaf.h"
#include "refusal.h"

static const char key_package_label[] = "KeyPackageTBS";
enum { SECRET_FORMAT = 1 };

mjl_result mjl_mls_identity_generate(const mjl_mls_suite *suite, mjl_random random,
                                     mjl_mls_identity *identity)
{
    identity->suite = suite;
    return mjl_mls_identity_suite(identity)->signature_key_pair(random, identity->signature_key,
                                                                identity->signature_seed);
}

mjl_result mjl_mls_identity_import(const mjl_mls_suite *suite, mjl_bytes private_key,
                                   mjl_mls_identity *identity)
{
    identity->suite = suite;
    return mjl_mls_identity_suite(identity)->signature_key_import(
        private_key, identity->signature_key, identity->signature_seed);
}

/* ---- Reading ---- */

void mjl_mls_key_package_read_body(mjl_mls_reader *reader, mjl_mls_key_package *key_package)
{
    const uint8_t *mark = reader->at;
    memset(key_package, 0, sizeof *key_package);
    key_package->version = mjl_mls_read_u16(reader);
    key_package->suite = mjl_mls_read_u16(reader);
    if (reader->result != MJL_OK) return;
    if (key_package->version != MJL_MLS_VERSION_10) {
        mjl_mls_reader_fail(reader, MJL_KEY_PACKAGE_VERSION);
    }
    key_package->init_key = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    mjl_mls_leaf_node_read(reader, &key_package->leaf);
    key_package->extensions = mjl_mls_extensions_read(reader);
    key_package->covered = mjl_mls_read_since(reader, mark);
    key_package->signature = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    key_package->encoded = mjl_mls_read_since(reader, mark);
}

mjl_result mjl_mls_key_package_parse(mjl_bytes encoded, mjl_mls_key_package *key_package)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_key_package_read_body(&reader, key_package);
    return mjl_mls_reader_end(&reader);
}

/* From an MLSMessage. */
static mjl_result parse_message(mjl_bytes message, const mjl_mls_suites *suites,
                                mjl_mls_key_package *key_package, const mjl_mls_suite **suite)
{
    mjl_bytes body;
    mjl_result result = mjl_mls_message_body(message, MJL_MLS_KEY_PACKAGE, &body);
    if (result == MJL_OK) result = mjl_mls_key_package_parse(body, key_package);
    if (result != MJL_OK) return result;
    *suite = mjl_mls_suite_find(suites, key_package->suite);
    return *suite == NULL ? MJL_WRONG_SUITE : MJL_OK;
}

mjl_result mjl_mls_key_package_read(mjl_bytes message, const mjl_mls_suites *suites,
                                    mjl_mls_key_package_view *view)
{
    mjl_mls_key_package parsed;
    const mjl_mls_suite *suite;
    const mjl_result result = parse_message(message, suites, &parsed, &suite);
    if (result != MJL_OK) return result;
    mjl_mls_key_package_reference(suite, parsed.encoded, view->reference);
    view->suite = parsed.suite;
    view->reference_size = suite->hash_size;
    view->key_package = parsed.encoded;
    view->init_key = parsed.init_key;
    view->signature_key = parsed.leaf.signature_key;
    view->identity = parsed.leaf.credential.identity;
    view->not_before = parsed.leaf.not_before;
    view->not_after = parsed.leaf.not_after;
    view->extensions = parsed.extensions;
    mjl_bytes data;
    view->last_resort =
        mjl_mls_extensions_find(parsed.extensions, MJL_MLS_EXTENSION_LAST_RESORT, &data) == MJL_OK;
    return MJL_OK;
}

/* ---- Checking ---- */

mjl_result mjl_mls_key_package_check(const mjl_mls_suite *suite,
                                     const mjl_mls_key_package *key_package)
{
    if (key_package->suite != suite->id) return MJL_KEY_PACKAGE_SUITE;
    if (key_package->leaf.source != MJL_MLS_LEAF_KEY_PACKAGE)
        return MJL_LEAF_SOURCE_NOT_KEY_PACKAGE;
    mjl_result result = mjl_mls_leaf_node_check(suite, &key_package->leaf);
    if (result == MJL_OK)
        result = mjl_mls_refusal(suite->kem_check_public(key_package->init_key), MJL_BAD_KEY,
                                 MJL_INIT_KEY);
    if (result != MJL_OK) return result;
    if (mjl_bytes_equal(key_package->init_key, key_package->leaf.encryption_key)) {
        return MJL_INIT_KEY_IS_LEAF_KEY;
    }
    result = mjl_mls_leaf_node_verify(suite, &key_package->leaf, NULL);
    if (result != MJL_OK) return result;
    result = mjl_mls_verify_with_label(suite, key_package->leaf.signature_key, key_package_label,
                                       key_package->covered, key_package->signature);
    return mjl_mls_refusal(result, MJL_BAD_SIGNATURE, MJL_KEY_PACKAGE_SIGNATURE);
}

mjl_result mjl_mls_key_package_verify(mjl_bytes message, const mjl_mls_suites *suites)
{
    mjl_mls_key_package parsed;
    const mjl_mls_suite *suite;
    const mjl_result result = parse_message(message, suites, &parsed, &suite);
    return result != MJL_OK ? result : mjl_mls_key_package_check(suite, &parsed);
}

void mjl_mls_key_package_reference(const mjl_mls_suite *suite, mjl_bytes key_package,
                                   uint8_t *reference)
{
    mjl_mls_ref_hash(suite, "MLS 1.0 KeyPackage Reference", key_package, reference);
}

/* ---- Making ---- */

typedef struct key_pair {
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX]; /* Secret. */
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
} key_pair;

/* The leaf of a key package, signed. */
static mjl_result make_leaf(const mjl_mls_suite *suite, const mjl_mls_key_package_config *config,
                            const mjl_mls_capabilities *capabilities, mjl_bytes encryption_key,
                            mjl_buffer *leaf)
{
    const mjl_mls_new_leaf made = {.identity = config->identity,
                                   .capabilities = capabilities,
                                   .encryption_key = encryption_key,
                                   .source = MJL_MLS_LEAF_KEY_PACKAGE,
                                   .not_before = config->not_before,
                                   .not_after = config->not_after};
    return mjl_mls_new_leaf_sign(suite, &made, leaf);
}

/* Whoever posts an extension must say that it knows it (§13.4). */
static mjl_result make_leaf_listing(const mjl_mls_suite *suite,
                                    const mjl_mls_key_package_config *config,
                                    mjl_bytes encryption_key, mjl_buffer *leaf)
{
    if (!config->last_resort)
        return make_leaf(suite, config, &config->capabilities, encryption_key, leaf);
    const size_t count = config->capabilities.extensions_count;
    mjl_mls_capabilities capabilities = config->capabilities;
    if (count > MJL_MLS_CAPABILITIES_SIZE_MAX / sizeof(uint16_t)) return MJL_BAD_ARGUMENT;
    uint16_t *types = malloc((count + 1) * sizeof *types);
    if (types == NULL) return MJL_OUT_OF_MEMORY;
    if (count != 0) memcpy(types, capabilities.extensions, count * sizeof *types);
    types[count] = MJL_MLS_EXTENSION_LAST_RESORT;
    capabilities.extensions = types;
    capabilities.extensions_count = count + 1;
    const mjl_result result = make_leaf(suite, config, &capabilities, encryption_key, leaf);
    free(types);
    return result;
}

static mjl_result write_extensions(const mjl_mls_key_package_config *config, mjl_bytes init_key,
                                   mjl_mls_writer *writer)
{
    const mjl_mls_extension last_resort = {MJL_MLS_EXTENSION_LAST_RESORT, {NULL, 0}};
    if (config->last_resort) mjl_mls_extensions_write(writer, &last_resort, 1);
    const mjl_mls_grease grease = mjl_mls_grease_of(init_key, !config->capabilities.without_grease);
    const mjl_mls_extension ignored = {grease.extension, mjl_bytes_of(init_key.data, 1)};
    const bool is_taken = config->extension != NULL && config->extension_type == ignored.type;
    if (grease.extension != 0 && !is_taken) mjl_mls_extensions_write(writer, &ignored, 1);
    if (config->extension == NULL) return MJL_OK;
    mjl_buffer data = {0};
    const mjl_result result = config->extension(config->extension_context, init_key, &data);
    if (result == MJL_OK) {
        const mjl_mls_extension extension = {config->extension_type, mjl_buffer_bytes(&data)};
        mjl_mls_extensions_write(writer, &extension, 1);
    }
    mjl_buffer_clear(&data);
    return result;
}

/* KeyPackageTBS, then the signature over it: appends a KeyPackage to `out`. */
static mjl_result make_key_package(const mjl_mls_suite *suite,
                                   const mjl_mls_key_package_config *config, mjl_bytes init_key,
                                   mjl_bytes leaf, mjl_buffer *out)
{
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t signature_size = 0;
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_u16(&writer, MJL_MLS_VERSION_10);
    mjl_mls_write_u16(&writer, suite->id);
    mjl_mls_write_vector(&writer, init_key);
    mjl_mls_write_fixed(&writer, leaf);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    mjl_result result = write_extensions(config, init_key, &writer);
    if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    mjl_mls_write_vector_end(&writer, begin);
    if (writer.result == MJL_OK) {
        result = mjl_mls_sign_with_label(
            suite, config->identity->signature_seed, key_package_label,
            mjl_bytes_of(out->data + writer.start, out->size - writer.start), signature,
            &signature_size);
        if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    }
    mjl_mls_write_vector(&writer, mjl_bytes_of(signature, signature_size));
    return mjl_mls_writer_end(&writer);
}

/* Gives both outputs or neither. */
static mjl_result give(const mjl_mls_suite *suite, const key_pair *init, const key_pair *leaf,
                       mjl_bytes key_package, mjl_buffer *message, mjl_buffer *secret)
{
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_fixed(&writer, key_package);
    if (writer.result == MJL_OK) {
        const mjl_result result = mjl_mls_key_package_secret_encode(
            mjl_bytes_of(init->private_key, suite->kem_private_size),
            mjl_bytes_of(leaf->private_key, suite->kem_private_size), key_package, secret);
        if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    }
    return mjl_mls_writer_end(&writer);
}

/* An extension that capabilities do not list is one that others must refuse (§10). */
static bool lists_own_extension(const mjl_mls_key_package_config *config)
{
    if (config->extension == NULL || mjl_mls_extension_is_default(config->extension_type)) {
        return true;
    }
    for (size_t i = 0; i < config->capabilities.extensions_count; i++)
        if (config->capabilities.extensions[i] == config->extension_type) return true;
    return false;
}

mjl_result mjl_mls_key_package_new(const mjl_mls_key_package_config *config, mjl_random random,
                                   mjl_buffer *message, mjl_buffer *secret)
{
    const mjl_mls_suite *suite = mjl_mls_identity_suite(config->identity);
    key_pair init, leaf;
    mjl_buffer leaf_node = {0}, key_package = {0};
    if (!lists_own_extension(config)) return MJL_BAD_ARGUMENT;
    if (config->not_before > config->not_after) return MJL_BAD_ARGUMENT;

    mjl_result result = mjl_mls_kem_generate(suite, random, init.private_key, init.public_key);
    if (result == MJL_OK) {
        result = mjl_mls_kem_generate(suite, random, leaf.private_key, leaf.public_key);
    }
    if (result == MJL_OK) {
        result = make_leaf_listing(
            suite, config, mjl_bytes_of(leaf.public_key, suite->kem_public_size), &leaf_node);
    }
    if (result == MJL_OK) {
        result =
            make_key_package(suite, config, mjl_bytes_of(init.public_key, suite->kem_public_size),
                             mjl_buffer_bytes(&leaf_node), &key_package);
    }
    if (result == MJL_OK) {
        result = give(suite, &init, &leaf, mjl_buffer_bytes(&key_package), message, secret);
    }
    mjl_buffer_clear(&leaf_node);
    mjl_buffer_clear(&key_package);
    sodium_memzero(&init, sizeof init);
    sodium_memzero(&leaf, sizeof leaf);
    return result;
}

/* ---- The secret half ---- */

mjl_result mjl_mls_key_package_secret_encode(mjl_bytes init_private, mjl_bytes leaf_private,
                                             mjl_bytes key_package, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_u8(&writer, SECRET_FORMAT);
    mjl_mls_write_vector(&writer, init_private);
    mjl_mls_write_vector(&writer, leaf_private);
    mjl_mls_write_vector(&writer, key_package);
    return mjl_mls_writer_end(&writer);
}

static mjl_result check_pair(const mjl_mls_suite *suite, mjl_bytes private_key,
                             mjl_bytes public_key)
{
    uint8_t found[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    if (private_key.size != suite->kem_private_size) return MJL_BAD_KEY;
    const mjl_result result = suite->kem_public_of(private_key.data, found);
    if (result != MJL_OK) return result;
    return mjl_bytes_equal(mjl_bytes_of(found, suite->kem_public_size), public_key) ? MJL_OK
                                                                                    : MJL_BAD_KEY;
}

mjl_result mjl_mls_key_package_secret_parse(const mjl_mls_suite *suite, mjl_bytes encoded,
                                            mjl_mls_key_package_secret *secret)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    const uint8_t format = mjl_mls_read_u8(&reader);
    if (reader.result == MJL_OK && format != SECRET_FORMAT) return MJL_UNKNOWN_VERSION;
    const mjl_bytes init_private = mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    const mjl_bytes leaf_private = mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    const mjl_bytes key_package = mjl_mls_read_vector(&reader, MJL_MLS_MESSAGE_SIZE_MAX);
    mjl_result result = mjl_mls_reader_end(&reader);
    if (result == MJL_OK) result = mjl_mls_key_package_parse(key_package, &secret->key_package);
    if (result != MJL_OK) return result;
    if (secret->key_package.suite != suite->id) return MJL_WRONG_SUITE;

    if (init_private.size != suite->kem_private_size) return MJL_BAD_KEY;
    result = check_pair(suite, leaf_private, secret->key_package.leaf.encryption_key);
    if (result != MJL_OK) return result;
    secret->init_private = init_private.data;
    secret->leaf_private = leaf_private.data;
    return MJL_OK;
}
