#include "leaf_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "labels.h"
#include "message.h"

enum { NOT_BEFORE = 1, NOT_AFTER = 2000000000 };

static const mjl_mls_suite *suite(void)
{
    return mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
}

mjl_bytes leaf_full_capabilities(void)
{
    static const uint8_t full[] = {
        2, 0,    1,                         /* mls10 */
        2, 0,    3,                         /* The suite. */
        4, 0xF0, 0x01, 0xF0, 0x04,          /* Extensions. */
        2, 0xF0, 0x02,                      /* Proposals. */
        6, 0,    1,    0,    2,    0xF0, 3, /* Credentials: basic, X.509, the required one. */
    };
    return mjl_bytes_of(full, sizeof full);
}

static mjl_bytes basic_credential(const person *who, uint8_t room[32])
{
    const size_t size = strlen(who->name);
    assert_true(size <= 29);
    room[0] = 0;
    room[1] = MJL_MLS_CREDENTIAL_BASIC;
    room[2] = (uint8_t)size;
    memcpy(room + 3, who->name, size);
    return mjl_bytes_of(room, 3 + size);
}

static void kem_fresh(uint8_t private_key[32], uint8_t public_key[32])
{
    assert_int_equal(mjl_mls_kem_generate(suite(), dice_random(), private_key, public_key), MJL_OK);
}

void leaf_draft_begin(leaf_draft *draft, const person *who, mjl_mls_leaf_source source,
                      mjl_mls_leaf_place place)
{
    *draft = (leaf_draft){0};
    kem_fresh(draft->private_key, draft->public_key);
    memcpy(draft->signature_seed, who->identity.signature_seed, sizeof draft->signature_seed);
    draft->parts = (mjl_mls_leaf_parts){
        .encryption_key = mjl_bytes_of(draft->public_key, sizeof draft->public_key),
        .signature_key = mjl_bytes_of(who->identity.signature_key, 32),
        .credential = basic_credential(who, draft->credential),
        .capabilities = leaf_full_capabilities(),
        .source = (uint8_t)source,
        .not_before = NOT_BEFORE,
        .not_after = NOT_AFTER,
        .place = place,
    };
}

void leaf_draft_write(leaf_draft *draft, leaf_edit *edit, mjl_buffer *leaf)
{
    if (edit != NULL) edit(draft);
    assert_int_equal(mjl_mls_leaf_node_sign(suite(), &draft->parts, draft->signature_seed, leaf),
                     MJL_OK);
    if (draft->after != NULL) draft->after(leaf);
}

void package_draft_begin(package_draft *draft, const person *who)
{
    *draft = (package_draft){.version = 1, .suite = MJL_MLS_SUITE_DEFAULT};
    kem_fresh(draft->init_private, draft->init_public);
    draft->init_key = mjl_bytes_of(draft->init_public, sizeof draft->init_public);
    leaf_draft_begin(&draft->leaf, who, MJL_MLS_LEAF_KEY_PACKAGE, (mjl_mls_leaf_place){0});
    memcpy(draft->signature_seed, who->identity.signature_seed, sizeof draft->signature_seed);
}

/* libsodium's seed has the public key behind it. */
static bool key_is_of_seed(mjl_bytes key, const uint8_t seed[64])
{
    return mjl_bytes_equal(key, mjl_bytes_of(seed + 32, 32));
}

void package_draft_write(package_draft *draft, package_edit *edit, mjl_buffer *package,
                         mjl_buffer *leaf)
{
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t size;
    if (edit != NULL) edit(draft);
    leaf_draft_write(&draft->leaf, draft->leaf_edit, leaf);
    if (!draft->keeps_seed &&
        key_is_of_seed(draft->leaf.parts.signature_key, draft->leaf.signature_seed))
        memcpy(draft->signature_seed, draft->leaf.signature_seed, sizeof draft->signature_seed);
    mjl_mls_writer writer = mjl_mls_writer_to(package);
    mjl_mls_write_u16(&writer, draft->version);
    mjl_mls_write_u16(&writer, draft->suite);
    mjl_mls_write_vector(&writer, draft->init_key);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(leaf));
    mjl_mls_write_vector(&writer, draft->extensions);
    assert_int_equal(mjl_mls_sign_with_label(suite(), draft->signature_seed, "KeyPackageTBS",
                                             mjl_buffer_bytes(package), signature, &size),
                     MJL_OK);
    mjl_mls_write_vector(&writer, mjl_bytes_of(signature, size));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    if (draft->after != NULL) draft->after(package);
}

void person_offer_full(person *who, leaf_edit *edit)
{
    package_draft draft;
    mjl_buffer package = {0}, leaf = {0};
    package_draft_begin(&draft, who);
    draft.leaf_edit = edit;
    package_draft_write(&draft, NULL, &package, &leaf);
    mjl_buffer_clear(&who->key_package);
    mjl_buffer_clear(&who->key_package_secret);
    mjl_mls_writer writer = mjl_mls_writer_to(&who->key_package);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&package));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    assert_int_equal(mjl_mls_key_package_secret_encode(mjl_bytes_of(draft.init_private, 32),
                                                       mjl_bytes_of(draft.leaf.private_key, 32),
                                                       mjl_buffer_bytes(&package),
                                                       &who->key_package_secret),
                     MJL_OK);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}

void signature_replace(mjl_buffer *written, const uint8_t *signature, size_t size)
{
    written->size -= 2 + crypto_sign_ed25519_BYTES;
    mjl_mls_writer writer = mjl_mls_writer_to(written);
    mjl_mls_write_vector(&writer, mjl_bytes_of(signature, size));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}
