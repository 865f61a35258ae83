/* Vectors of the labelled functions: crypto-basics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "labels.h"
#include "vector_cases.h"

static const mjl_mls_suite *suite; /* Of the case. */

static bool same(const char *what, mjl_bytes expected, const uint8_t *found)
{
    return vectors_same(what, expected, mjl_bytes_of(found, expected.size));
}

static bool ref_hash_passes(vectors *file, const cJSON *one)
{
    uint8_t out[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_ref_hash(suite, vectors_text(one, "label"), vectors_bytes(file, one, "value"), out);
    return same("ref_hash", vectors_bytes(file, one, "out"), out);
}

static bool derivations_pass(vectors *file, const cJSON *expand, const cJSON *derive,
                             const cJSON *tree)
{
    uint8_t out[255];
    const size_t expand_size = (size_t)vectors_number(expand, "length");
    const size_t tree_size = (size_t)vectors_number(tree, "length");
    mjl_mls_expand_with_label(suite, vectors_bytes(file, expand, "secret").data,
                              vectors_text(expand, "label"), vectors_bytes(file, expand, "context"),
                              out, expand_size);
    if (!same("expand_with_label", vectors_bytes(file, expand, "out"), out)) return false;
    mjl_mls_derive_secret(suite, vectors_bytes(file, derive, "secret").data,
                          vectors_text(derive, "label"), out);
    if (!same("derive_secret", vectors_bytes(file, derive, "out"), out)) return false;
    mjl_mls_derive_tree_secret(suite, vectors_bytes(file, tree, "secret").data,
                               vectors_text(tree, "label"),
                               (uint32_t)vectors_number(tree, "generation"), out, tree_size);
    return same("derive_tree_secret", vectors_bytes(file, tree, "out"), out);
}

static bool signature_passes(vectors *file, const cJSON *one)
{
    const mjl_bytes public_key = vectors_bytes(file, one, "pub");
    const mjl_bytes content = vectors_bytes(file, one, "content");
    const char *label = vectors_text(one, "label");
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t size;
    mjl_mls_identity signer;
    return mjl_mls_identity_import(suite, vectors_bytes(file, one, "priv"), &signer) == MJL_OK &&
           same("public key", public_key, signer.signature_key) &&
           mjl_mls_verify_with_label(suite, public_key, label, content,
                                     vectors_bytes(file, one, "signature")) == MJL_OK &&
           mjl_mls_sign_with_label(suite, signer.signature_seed, label, content, signature,
                                   &size) == MJL_OK &&
           mjl_mls_verify_with_label(suite, public_key, label, content,
                                     mjl_bytes_of(signature, size)) == MJL_OK;
}

static bool opens(const cJSON *one, vectors *file, mjl_bytes kem_output, mjl_bytes ciphertext)
{
    mjl_buffer plaintext = {0};
    const mjl_result result = mjl_mls_decrypt_with_label(
        suite, vectors_bytes(file, one, "priv").data, vectors_text(one, "label"),
        vectors_bytes(file, one, "context"), kem_output, ciphertext, &plaintext);
    const bool good =
        result == MJL_OK && vectors_same("plaintext", vectors_bytes(file, one, "plaintext"),
                                         mjl_buffer_bytes(&plaintext));
    mjl_buffer_clear(&plaintext);
    return good;
}

static bool encryption_passes(vectors *file, const cJSON *one)
{
    uint8_t kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_buffer ciphertext = {0};
    if (!opens(one, file, vectors_bytes(file, one, "kem_output"),
               vectors_bytes(file, one, "ciphertext"))) {
        return false;
    }
    const mjl_result result = mjl_mls_encrypt_with_label(
        suite, vectors_bytes(file, one, "pub"), vectors_text(one, "label"),
        vectors_bytes(file, one, "context"), vectors_bytes(file, one, "plaintext"),
        vectors_random(), kem_output, &ciphertext);
    const bool good =
        result == MJL_OK && opens(one, file, mjl_bytes_of(kem_output, suite->kem_public_size),
                                  mjl_buffer_bytes(&ciphertext));
    mjl_buffer_clear(&ciphertext);
    return good;
}

bool crypto_basics_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    return ref_hash_passes(file, vectors_object(one, "ref_hash")) &&
           derivations_pass(file, vectors_object(one, "expand_with_label"),
                            vectors_object(one, "derive_secret"),
                            vectors_object(one, "derive_tree_secret")) &&
           signature_passes(file, vectors_object(one, "sign_with_label")) &&
           encryption_passes(file, vectors_object(one, "encrypt_with_label"));
}
