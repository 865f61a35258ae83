/* Vectors of messages: message-protection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lone_epoch.h"
#include "vector_cases.h"

static void secret_copy(uint8_t *to, mjl_bytes secret)
{
    assert_in_range(secret.size, 1, MJL_MLS_HASH_SIZE_MAX);
    memcpy(to, secret.data, secret.size);
}

static void epoch_of_vector(vectors *file, const cJSON *one, epoch *of)
{
    const mjl_mls_suite *suite = vectors_suite(file);
    const mjl_mls_context context = {.suite = suite->id,
                                     .group_id = vectors_bytes(file, one, "group_id"),
                                     .epoch = vectors_number(one, "epoch"),
                                     .tree_hash = vectors_bytes(file, one, "tree_hash"),
                                     .confirmed_transcript_hash =
                                         vectors_bytes(file, one, "confirmed_transcript_hash")};
    *of = (epoch){0};
    assert_int_equal(
        mjl_mls_identity_import(suite, vectors_bytes(file, one, "signature_priv"), &of->identity),
        MJL_OK);
    assert_true(vectors_same("signature key", vectors_bytes(file, one, "signature_pub"),
                             mjl_bytes_of(of->identity.signature_key, suite->signature_key_size)));
    secret_copy(of->encryption_secret, vectors_bytes(file, one, "encryption_secret"));
    secret_copy(of->secrets.sender_data, vectors_bytes(file, one, "sender_data_secret"));
    secret_copy(of->secrets.membership_key, vectors_bytes(file, one, "membership_key"));
    epoch_set(of, suite, &context);
}

bool message_protection_passes(vectors *file, const cJSON *one)
{
    static const struct {
        uint8_t type;
        const char *body, *private_name, *public_name;
    } kinds[] = {{MJL_MLS_PROPOSAL, "proposal", "proposal_priv", "proposal_pub"},
                 {MJL_MLS_COMMIT, "commit", "commit_priv", "commit_pub"},
                 {MJL_MLS_APPLICATION, "application", "application_priv", NULL}};
    epoch of;
    bool good = true;
    epoch_of_vector(file, one, &of);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const uint8_t type = kinds[i].type;
        const mjl_bytes body = vectors_bytes(file, one, kinds[i].body);
        good = good && opens_to(&of, vectors_bytes(file, one, kinds[i].private_name), type, body) &&
               survives(&of, MJL_MLS_PRIVATE_MESSAGE, type, body);
        if (kinds[i].public_name == NULL) {
            good = good && !survives(&of, MJL_MLS_PUBLIC_MESSAGE, type, body);
            continue;
        }
        good = good && opens_to(&of, vectors_bytes(file, one, kinds[i].public_name), type, body) &&
               survives(&of, MJL_MLS_PUBLIC_MESSAGE, type, body);
    }
    mjl_buffer_clear(&of.context);
    return good;
}
