/* Vectors of message keys: secret-tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "private_message.h"
#include "secret_tree.h"
#include "vector_cases.h"

static const mjl_mls_suite *suite; /* Of the case. */

static bool sender_data_passes(vectors *file, const cJSON *one)
{
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX], nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
    mjl_mls_sender_data_key(suite, vectors_bytes(file, one, "sender_data_secret").data,
                            vectors_bytes(file, one, "ciphertext"), key, nonce);
    return vectors_same("key", vectors_bytes(file, one, "key"),
                        mjl_bytes_of(key, suite->aead_key_size)) &&
           vectors_same("nonce", vectors_bytes(file, one, "nonce"), mjl_bytes_of(nonce, 12));
}

static bool key_passes(vectors *file, const cJSON *one, mjl_mls_ratchets *ratchets,
                       mjl_mls_key_name name, const char *key_name, const char *nonce_name)
{
    mjl_mls_message_key key;
    return mjl_mls_ratchets_peek(ratchets, name, &key) == MJL_OK &&
           vectors_same(key_name, vectors_bytes(file, one, key_name),
                        mjl_bytes_of(key.key, suite->aead_key_size)) &&
           vectors_same(nonce_name, vectors_bytes(file, one, nonce_name),
                        mjl_bytes_of(key.nonce, 12)) &&
           mjl_mls_ratchets_erase(ratchets, name) == MJL_OK;
}

static bool tree_passes(vectors *file, const cJSON *one)
{
    const cJSON *leaves = vectors_array(one, "leaves"), *leaf, *step;
    const uint32_t width = (uint32_t)cJSON_GetArraySize(leaves);
    mjl_mls_ratchets *ratchets = NULL;
    uint32_t i = 0;
    bool good = true;
    assert_int_equal(mjl_mls_ratchets_new(suite, vectors_bytes(file, one, "encryption_secret").data,
                                          width, width / 2, &ratchets),
                     MJL_OK);
    cJSON_ArrayForEach(leaf, leaves)
    {
        cJSON_ArrayForEach(step, leaf)
        {
            const uint32_t generation = (uint32_t)vectors_number(step, "generation");
            good = good &&
                   key_passes(file, step, ratchets,
                              (mjl_mls_key_name){i, MJL_MLS_RATCHET_HANDSHAKE, generation},
                              "handshake_key", "handshake_nonce") &&
                   key_passes(file, step, ratchets,
                              (mjl_mls_key_name){i, MJL_MLS_RATCHET_APPLICATION, generation},
                              "application_key", "application_nonce");
        }
        i++;
    }
    mjl_mls_ratchets_free(ratchets);
    return good;
}

bool secret_tree_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    return sender_data_passes(file, vectors_object(one, "sender_data")) && tree_passes(file, one);
}
