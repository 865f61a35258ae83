#include "key_package.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "../memory/allocation.h"
#include "labels.h"
#include "message.h"
#include "suite_sodium.h"
#include "vectors.h"

static const mjl_mls_suite *const suite = &mjl_mls_suite_sodium_3;

enum { PRIVATE_EXTENSION = 0xf123, OTHER_EXTENSION = 0xf124, GREASE = 0x0a0a };

static mjl_mls_identity alice;

static int make_alice(void **state)
{
    (void)state;
    alice.identity = mjl_bytes_text("alice");
    return mjl_mls_identity_generate(NULL, vectors_random(), &alice) == MJL_OK ? 0 : 1;
}

/* Extension data that covers the init key, as majlis_join does. */
static mjl_result copy_init_key(void *context, mjl_bytes init_key, mjl_buffer *out)
{
    (void)context;
    return mjl_buffer_append(out, init_key);
}

static const uint16_t supported[] = {PRIVATE_EXTENSION, GREASE};

static mjl_mls_key_package_config config(void)
{
    const mjl_mls_key_package_config made = {
        .identity = &alice,
        .capabilities = {.extensions = supported, .extensions_count = 2},
        .not_before = 1000,
        .not_after = 2000,
        .extension_type = PRIVATE_EXTENSION,
        .extension = copy_init_key,
    };
    return made;
}

typedef struct made {
    mjl_buffer message, secret;
} made;

static made make(void)
{
    made both = {{0}, {0}};
    const mjl_mls_key_package_config how = config();
    assert_int_equal(mjl_mls_key_package_new(&how, vectors_random(), &both.message, &both.secret),
                     MJL_OK);
    return both;
}

static void made_clear(made *both)
{
    mjl_buffer_clear(&both->message);
    mjl_buffer_clear(&both->secret);
}

static void a_new_key_package_reads_and_verifies(void **state)
{
    (void)state;
    made both = make();
    const mjl_bytes message = mjl_buffer_bytes(&both.message);
    mjl_mls_key_package_view view;
    mjl_bytes data;
    assert_int_equal(mjl_mls_key_package_verify(message, NULL), MJL_OK);
    assert_int_equal(mjl_mls_key_package_read(message, NULL, &view), MJL_OK);
    assert_true(mjl_bytes_equal(view.identity, alice.identity));
    assert_memory_equal(view.signature_key.data, alice.signature_key, 32);
    assert_int_equal(view.not_before, 1000);
    assert_int_equal(view.not_after, 2000);
    assert_int_equal(view.key_package.size, message.size - 4);
    assert_int_equal(mjl_mls_extensions_find(view.extensions, PRIVATE_EXTENSION, &data), MJL_OK);
    assert_true(mjl_bytes_equal(data, view.init_key));
    assert_int_equal(mjl_mls_extensions_find(view.extensions, OTHER_EXTENSION, &data),
                     MJL_NOT_FOUND);

    uint8_t reference[32];
    mjl_mls_ref_hash(suite, "MLS 1.0 KeyPackage Reference", view.key_package, reference);
    assert_memory_equal(reference, view.reference, 32);
    made_clear(&both);
}

static void the_secret_half_belongs_to_the_key_package(void **state)
{
    (void)state;
    made both = make(), other = make();
    mjl_mls_key_package_secret secret;
    uint8_t public_key[32];
    assert_int_equal(
        mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&both.secret), &secret), MJL_OK);
    assert_int_equal(suite->kem_public_of(secret.init_private, public_key), MJL_OK);
    assert_memory_equal(public_key, secret.key_package.init_key.data, 32);
    assert_int_equal(suite->kem_public_of(secret.leaf_private, public_key), MJL_OK);
    assert_memory_equal(public_key, secret.key_package.leaf.encryption_key.data, 32);

    mjl_mls_key_package_secret others;
    mjl_buffer mixed = {0};
    assert_int_equal(
        mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&other.secret), &others), MJL_OK);
    assert_int_equal(mjl_mls_key_package_secret_encode(mjl_bytes_of(secret.init_private, 32),
                                                       mjl_bytes_of(others.leaf_private, 32),
                                                       secret.key_package.encoded, &mixed),
                     MJL_OK);
    assert_int_equal(mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&mixed), &others),
                     MJL_BAD_KEY);
    mixed.data[0] = 9;
    assert_int_equal(mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&mixed), &others),
                     MJL_UNKNOWN_VERSION);
    mjl_buffer_clear(&mixed);
    made_clear(&both);
    made_clear(&other);
}

static void a_key_package_changed_anywhere_is_refused(void **state)
{
    (void)state;
    made both = make();
    const mjl_bytes message = mjl_buffer_bytes(&both.message);
    for (size_t i = 0; i < message.size; i++) {
        both.message.data[i] ^= 1;
        assert_int_not_equal(mjl_mls_key_package_verify(message, NULL), MJL_OK);
        both.message.data[i] ^= 1;
    }
    for (size_t size = 0; size < message.size; size++)
        assert_int_not_equal(mjl_mls_key_package_verify(mjl_bytes_of(message.data, size), NULL),
                             MJL_OK);
    assert_int_equal(mjl_buffer_append(&both.message, mjl_bytes_of("", 1)), MJL_OK);
    assert_int_equal(mjl_mls_key_package_verify(mjl_buffer_bytes(&both.message), NULL),
                     MJL_TRAILING);
    made_clear(&both);
}

static void an_unlisted_extension_is_a_bad_argument(void **state)
{
    (void)state;
    made both = {{0}, {0}};
    mjl_mls_key_package_config how = config();
    how.extension_type = OTHER_EXTENSION;
    assert_int_equal(mjl_mls_key_package_new(&how, vectors_random(), &both.message, &both.secret),
                     MJL_BAD_ARGUMENT);
    how = config();
    how.not_after = how.not_before - 1;
    assert_int_equal(mjl_mls_key_package_new(&how, vectors_random(), &both.message, &both.secret),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(both.message.size + both.secret.size, 0);
}

static void without_memory_no_half_is_given(void **state)
{
    (void)state;
    const mjl_mls_key_package_config how = config();
    for (size_t n = 0;; n++) {
        made both = {{0}, {0}};
        allocation_fail_after(n);
        const mjl_result result =
            mjl_mls_key_package_new(&how, vectors_random(), &both.message, &both.secret);
        const bool failed = allocation_failed();
        if (failed) {
            assert_int_equal(result, MJL_OUT_OF_MEMORY);
            assert_int_equal(both.message.size + both.secret.size, 0);
        }
        made_clear(&both);
        if (!failed) break;
    }
}

/* ---- Key packages made wrong on purpose, but signed. ---- */

typedef struct wrong {
    mjl_mls_leaf_parts leaf;
    mjl_bytes init_key;
    uint16_t version, suite;
    bool leaf_signature_of_other, signature_of_other;
} wrong;

static mjl_result verify_wrong(const wrong *how)
{
    uint8_t other_key[32], other_seed[64], signature[64];
    size_t signature_size;
    mjl_buffer message = {0};
    assert_int_equal(suite->signature_key_pair(vectors_random(), other_key, other_seed), MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&message);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_u16(&writer, how->version);
    mjl_mls_write_u16(&writer, how->suite);
    mjl_mls_write_vector(&writer, how->init_key);
    assert_int_equal(
        mjl_mls_leaf_node_sign(suite, &how->leaf,
                               how->leaf_signature_of_other ? other_seed : alice.signature_seed,
                               &message),
        MJL_OK);
    mjl_mls_write_vector(&writer, mjl_bytes_of(NULL, 0));
    assert_int_equal(
        mjl_mls_sign_with_label(suite, how->signature_of_other ? other_seed : alice.signature_seed,
                                "KeyPackageTBS", mjl_bytes_of(message.data + 4, message.size - 4),
                                signature, &signature_size),
        MJL_OK);
    mjl_mls_write_vector(&writer, mjl_bytes_of(signature, 64));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const mjl_result result = mjl_mls_key_package_verify(mjl_buffer_bytes(&message), NULL);
    mjl_buffer_clear(&message);
    return result;
}

static wrong right(const mjl_mls_key_package *of)
{
    const wrong how = {mjl_mls_leaf_parts_of(&of->leaf), of->init_key, 1, 3, false, false};
    return how;
}

static void each_rule_of_a_key_package_is_checked(void **state)
{
    (void)state;
    made both = make();
    mjl_mls_key_package_secret secret;
    assert_int_equal(
        mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&both.secret), &secret), MJL_OK);
    const mjl_mls_key_package *of = &secret.key_package;
    static const uint8_t zero[32] = {0};
    wrong how = right(of);
    assert_int_equal(verify_wrong(&how), MJL_OK);

    how = right(of), how.version = 2;
    assert_int_equal(verify_wrong(&how), MJL_KEY_PACKAGE_VERSION);
    how = right(of), how.suite = GREASE;
    assert_int_equal(verify_wrong(&how), MJL_WRONG_SUITE);
    how = right(of), how.init_key = of->leaf.encryption_key;
    assert_int_equal(verify_wrong(&how), MJL_INIT_KEY_IS_LEAF_KEY);
    how = right(of), how.init_key = mjl_bytes_of(zero, 32);
    assert_int_equal(verify_wrong(&how), MJL_INIT_KEY);
    how = right(of), how.leaf.encryption_key = mjl_bytes_of(zero, 32);
    assert_int_equal(verify_wrong(&how), MJL_LEAF_ENCRYPTION_KEY);
    how = right(of), how.leaf.signature_key = mjl_bytes_of(zero, 32);
    assert_int_equal(verify_wrong(&how), MJL_LEAF_SIGNATURE_KEY);
    how = right(of), how.leaf_signature_of_other = true;
    assert_int_equal(verify_wrong(&how), MJL_LEAF_SIGNATURE);
    how = right(of), how.signature_of_other = true;
    assert_int_equal(verify_wrong(&how), MJL_KEY_PACKAGE_SIGNATURE);
    how = right(of), how.leaf.source = MJL_MLS_LEAF_UPDATE;
    assert_int_equal(verify_wrong(&how), MJL_LEAF_SOURCE_NOT_KEY_PACKAGE);
    how = right(of), how.leaf.source = 4;
    assert_int_equal(verify_wrong(&how), MJL_UNKNOWN_KIND);
    how = right(of), how.leaf.not_before = 3000;
    assert_int_equal(verify_wrong(&how), MJL_LEAF_LIFETIME);
    made_clear(&both);
}

static mjl_result verify_with_capabilities(const mjl_mls_key_package *of, const char *bytes,
                                           size_t size)
{
    wrong how = right(of);
    how.leaf.capabilities = mjl_bytes_of(bytes, size);
    how.leaf.extensions = mjl_bytes_of(NULL, 0); /* Those we made must be listed. */
    return verify_wrong(&how);
}

static void a_leaf_lists_what_it_uses(void **state)
{
    (void)state;
    made both = make();
    mjl_mls_key_package_secret secret;
    assert_int_equal(
        mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&both.secret), &secret), MJL_OK);
    const mjl_mls_key_package *of = &secret.key_package;
    /* versions, suites, extensions, proposals, credentials. */
    assert_int_equal(verify_with_capabilities(
                         of, "\4\x0a\x0a\0\1\4\x1a\x1a\0\3\2\x2a\x2a\2\x3a\x3a\4\x4a\x4a\0\1", 21),
                     MJL_OK);
    assert_int_equal(verify_with_capabilities(of, "\2\0\2\2\0\3\0\0\2\0\1", 11), MJL_LEAF_VERSION);
    /* The suite need not be listed: official vectors have such leaves. */
    assert_int_equal(verify_with_capabilities(of, "\2\0\1\2\0\1\0\0\2\0\1", 11), MJL_OK);
    assert_int_equal(verify_with_capabilities(of, "\2\0\1\2\0\3\0\0\2\0\2", 11),
                     MJL_LEAF_CREDENTIAL);
    assert_int_equal(verify_with_capabilities(of, "\2\0\1\2\0\3\1\0\0\2\0\1", 12), MJL_TRUNCATED);

    wrong how = right(of);
    how.leaf.extensions = mjl_bytes_of("\xf1\x23\1x", 4); /* PRIVATE_EXTENSION: listed. */
    assert_int_equal(verify_wrong(&how), MJL_OK);
    how.leaf.extensions = mjl_bytes_of("\xf1\x24\1x", 4); /* OTHER_EXTENSION. */
    assert_int_equal(verify_wrong(&how), MJL_LEAF_EXTENSION);
    how.leaf.extensions = mjl_bytes_of("\0\1\1x", 4); /* application_id, a default. */
    assert_int_equal(verify_wrong(&how), MJL_OK);
    how.leaf.extensions = mjl_bytes_of("\0\1\1x\0\1\1y", 8); /* Twice. */
    assert_int_equal(verify_wrong(&how), MJL_EXTENSION_TWICE);
    made_clear(&both);
}

static void required_capabilities_are_looked_for_in_a_leaf(void **state)
{
    (void)state;
    made both = make();
    mjl_mls_key_package_secret secret;
    mjl_mls_required_capabilities required;
    assert_int_equal(
        mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&both.secret), &secret), MJL_OK);
    static const uint16_t types[] = {PRIVATE_EXTENSION, 3}, basic[] = {1}, defaults[] = {1, 7},
                          unknown[] = {0xf777};
    const struct {
        const uint16_t *extensions, *proposals, *credentials;
        size_t extensions_count, proposals_count, credentials_count;
        mjl_result result;
    } cases[] = {{types, defaults, basic, 2, 2, 1, MJL_OK},
                 {unknown, NULL, NULL, 1, 0, 0, MJL_REQUIRED_EXTENSION},
                 {NULL, unknown, NULL, 0, 1, 0, MJL_REQUIRED_PROPOSAL},
                 {NULL, NULL, unknown, 0, 0, 1, MJL_REQUIRED_CREDENTIAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mjl_buffer data = {0};
        mjl_mls_writer writer = mjl_mls_writer_to(&data);
        mjl_mls_required_capabilities_write(&writer, cases[i].extensions, cases[i].extensions_count,
                                            cases[i].proposals, cases[i].proposals_count,
                                            cases[i].credentials, cases[i].credentials_count);
        assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
        assert_int_equal(mjl_mls_required_capabilities_parse(mjl_buffer_bytes(&data), &required),
                         MJL_OK);
        assert_int_equal(mjl_mls_leaf_node_supports(&secret.key_package.leaf, &required),
                         cases[i].result);
        mjl_buffer_clear(&data);
    }
    assert_int_equal(mjl_mls_required_capabilities_parse(mjl_bytes_of(NULL, 0), &required),
                     MJL_TRUNCATED);
    made_clear(&both);
}

static void a_leaf_is_bound_to_its_place(void **state)
{
    (void)state;
    made both = make();
    mjl_mls_key_package_secret secret;
    assert_int_equal(
        mjl_mls_key_package_secret_parse(suite, mjl_buffer_bytes(&both.secret), &secret), MJL_OK);
    for (uint8_t source = MJL_MLS_LEAF_UPDATE; source <= MJL_MLS_LEAF_COMMIT; source++) {
        mjl_mls_leaf_parts parts = mjl_mls_leaf_parts_of(&secret.key_package.leaf);
        parts.source = source;
        parts.parent_hash = mjl_bytes_text("parent");
        parts.place = (mjl_mls_leaf_place){mjl_bytes_text("group"), 5};
        mjl_buffer encoded = {0};
        mjl_mls_leaf_node leaf;
        assert_int_equal(mjl_mls_leaf_node_sign(suite, &parts, alice.signature_seed, &encoded),
                         MJL_OK);
        assert_int_equal(mjl_mls_leaf_node_parse(mjl_buffer_bytes(&encoded), &leaf), MJL_OK);
        assert_int_equal(leaf.parent_hash.size, source == MJL_MLS_LEAF_COMMIT ? 6 : 0);
        assert_int_equal(mjl_mls_leaf_node_check(suite, &leaf), MJL_OK);
        mjl_mls_leaf_place place = parts.place;
        assert_int_equal(mjl_mls_leaf_node_verify(suite, &leaf, &place), MJL_OK);
        place.leaf = 6;
        assert_int_equal(mjl_mls_leaf_node_verify(suite, &leaf, &place), MJL_LEAF_SIGNATURE);
        place = (mjl_mls_leaf_place){mjl_bytes_text("other"), 5};
        assert_int_equal(mjl_mls_leaf_node_verify(suite, &leaf, &place), MJL_LEAF_SIGNATURE);
        mjl_buffer_clear(&encoded);
    }
    made_clear(&both);
}

static void a_credential_of_unknown_kind_is_refused(void **state)
{
    (void)state;
    mjl_mls_credential credential;
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_bytes_of("\xf0\0\0", 3));
    mjl_mls_credential_read(&reader, &credential);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_UNKNOWN_KIND);
    reader = mjl_mls_reader_of(mjl_bytes_of("\0\2\5\1a\2bc", 8)); /* Two certificates. */
    mjl_mls_credential_read(&reader, &credential);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
    assert_int_equal(credential.certificates.size, 5);
    assert_int_equal(credential.encoded.size, 8);
}

static void too_many_extensions_are_too_large(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&list);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    for (uint16_t i = 0; i < MJL_MLS_EXTENSIONS_COUNT_MAX + 1; i++) {
        mjl_mls_write_u16(&writer, i);
        mjl_mls_write_vector(&writer, mjl_bytes_of(NULL, 0));
    }
    mjl_mls_write_vector_end(&writer, begin);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&list));
    mjl_mls_extensions_read(&reader);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_TOO_LARGE);
    mjl_bytes data;
    assert_int_equal(mjl_mls_extensions_find(mjl_bytes_of("\0\1\5", 3), 9, &data), MJL_TRUNCATED);
    mjl_buffer_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_key_package_reads_and_verifies),
        cmocka_unit_test(the_secret_half_belongs_to_the_key_package),
        cmocka_unit_test(a_key_package_changed_anywhere_is_refused),
        cmocka_unit_test(an_unlisted_extension_is_a_bad_argument),
        cmocka_unit_test(without_memory_no_half_is_given),
        cmocka_unit_test(each_rule_of_a_key_package_is_checked),
        cmocka_unit_test(a_leaf_lists_what_it_uses),
        cmocka_unit_test(required_capabilities_are_looked_for_in_a_leaf),
        cmocka_unit_test(a_leaf_is_bound_to_its_place),
        cmocka_unit_test(a_credential_of_unknown_kind_is_refused),
        cmocka_unit_test(too_many_extensions_are_too_large),
    };
    return cmocka_run_group_tests(tests, make_alice, NULL);
}
