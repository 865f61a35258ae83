#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "edwards_order.h"
#include "hpke.h"
#include "labels.h"
#include "suite_sodium.h"
#include "vectors.h"

static const mjl_mls_suite *const suite = &mjl_mls_suite_sodium_3;

/* ---- HPKE ---- */

static mjl_bytes from_hex(const char *hex, uint8_t *out)
{
    size_t size;
    assert_int_equal(sodium_hex2bin(out, 128, hex, strlen(hex), NULL, &size, NULL), 0);
    return mjl_bytes_of(out, size);
}

/* A random source that gives known bytes. */
static mjl_result fill_known(void *context, uint8_t *out, size_t size)
{
    memcpy(out, context, size);
    return MJL_OK;
}

/* RFC 9180 appendix A.2.1: base mode of this suite, first message. */
static const char hpke_ephemeral[] =
    "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
static const char hpke_receiver[] =
    "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
static const char hpke_public[] =
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
static const char hpke_enc[] = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
static const char hpke_ct[] = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
                              "21993c62ce81883d2dd1b51a28";
static const char hpke_exported[] =
    "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53";

static void hpke_gives_the_known_answers_of_rfc_9180(void **state)
{
    (void)state;
    uint8_t ephemeral[128], receiver[128], public_key[128], enc[128], ct[128], exported[128];
    uint8_t kem_output[32], secret[32];
    const mjl_random random = {ephemeral, fill_known};
    const mjl_bytes info = mjl_bytes_text("Ode on a Grecian Urn");
    const mjl_bytes text = mjl_bytes_text("Beauty is truth, truth beauty");
    const mjl_bytes to = from_hex(hpke_public, public_key), aad = mjl_bytes_text("Count-0");
    mjl_buffer ciphertext = {0}, plaintext = {0};
    from_hex(hpke_ephemeral, ephemeral);
    from_hex(hpke_receiver, receiver);

    assert_int_equal(mjl_mls_hpke_seal(suite, to, (mjl_mls_parts){&info, 1}, aad, text, random,
                                       kem_output, &ciphertext),
                     MJL_OK);
    assert_true(vectors_same("enc", from_hex(hpke_enc, enc), mjl_bytes_of(kem_output, 32)));
    assert_true(vectors_same("ct", from_hex(hpke_ct, ct), mjl_buffer_bytes(&ciphertext)));
    assert_int_equal(mjl_mls_hpke_open(suite, mjl_bytes_of(enc, 32), receiver,
                                       (mjl_mls_parts){&info, 1}, aad,
                                       mjl_buffer_bytes(&ciphertext), &plaintext),
                     MJL_OK);
    assert_true(vectors_same("plaintext", text, mjl_buffer_bytes(&plaintext)));

    const mjl_bytes context = mjl_bytes_text("TestContext");
    assert_int_equal(mjl_mls_hpke_export_receive(suite, mjl_bytes_of(enc, 32), receiver,
                                                 (mjl_mls_parts){&info, 1}, context, secret, 32),
                     MJL_OK);
    assert_true(
        vectors_same("export", from_hex(hpke_exported, exported), mjl_bytes_of(secret, 32)));
    sodium_memzero(secret, 32);
    assert_int_equal(mjl_mls_hpke_export_send(suite, to, (mjl_mls_parts){&info, 1}, context, random,
                                              kem_output, secret, 32),
                     MJL_OK);
    assert_memory_equal(secret, exported, 32);
    mjl_buffer_clear(&ciphertext);
    mjl_buffer_clear(&plaintext);
}

static void a_changed_hpke_ciphertext_does_not_open(void **state)
{
    (void)state;
    uint8_t private_key[32], public_key[32], kem_output[32];
    const mjl_bytes text = mjl_bytes_text("text"), context = mjl_bytes_text("context");
    mjl_buffer ciphertext = {0}, plaintext = {0};
    assert_int_equal(mjl_mls_kem_generate(suite, vectors_random(), private_key, public_key),
                     MJL_OK);
    const mjl_bytes enc = mjl_bytes_of(kem_output, 32);
    assert_int_equal(mjl_mls_encrypt_with_label(suite, mjl_bytes_of(public_key, 32), "label",
                                                context, text, vectors_random(), kem_output,
                                                &ciphertext),
                     MJL_OK);
    const mjl_bytes sealed = mjl_buffer_bytes(&ciphertext);
    assert_int_equal(
        mjl_mls_decrypt_with_label(suite, private_key, "label", text, enc, sealed, &plaintext),
        MJL_CANNOT_OPEN);
    assert_int_equal(
        mjl_mls_decrypt_with_label(suite, private_key, "other", context, enc, sealed, &plaintext),
        MJL_CANNOT_OPEN);
    for (size_t i = 0; i < ciphertext.size; i++) {
        ciphertext.data[i] ^= 1;
        assert_int_equal(mjl_mls_decrypt_with_label(suite, private_key, "label", context, enc,
                                                    sealed, &plaintext),
                         MJL_CANNOT_OPEN);
        ciphertext.data[i] ^= 1;
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_int_equal(mjl_mls_decrypt_with_label(suite, private_key, "label", context, enc,
                                                    mjl_bytes_of(sealed.data, size), &plaintext),
                         MJL_CANNOT_OPEN);
    assert_int_equal(plaintext.size, 0);
    mjl_buffer_clear(&plaintext);
    mjl_buffer_clear(&ciphertext);
}

/* ---- Bad points ---- */

/* All encodings of X25519 points of low order, those beyond the field included. */
static const char *const low_order_points[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void an_x25519_point_of_low_order_is_a_bad_key(void **state)
{
    (void)state;
    uint8_t private_key[32], public_key[32], kem_output[32];
    mjl_buffer out = {0};
    assert_int_equal(mjl_mls_kem_generate(suite, vectors_random(), private_key, public_key),
                     MJL_OK);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(public_key, 32)), MJL_OK);
    for (size_t i = 0; i < sizeof low_order_points / sizeof *low_order_points; i++) {
        uint8_t point[128], ciphertext[16] = {0};
        const mjl_bytes bad = from_hex(low_order_points[i], point);
        assert_int_equal(suite->kem_check_public(bad), MJL_BAD_KEY);
        assert_int_equal(mjl_mls_encrypt_with_label(suite, bad, "label", bad, bad, vectors_random(),
                                                    kem_output, &out),
                         MJL_BAD_KEY);
        assert_int_equal(mjl_mls_decrypt_with_label(suite, private_key, "label", bad, bad,
                                                    mjl_bytes_of(ciphertext, 16), &out),
                         MJL_BAD_KEY);
    }
    assert_int_equal(out.size, 0);
    mjl_buffer_clear(&out);
}

static void a_key_of_another_size_is_a_bad_key(void **state)
{
    (void)state;
    uint8_t key[33] = {9}, kem_output[32];
    mjl_buffer out = {0};
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(key, 31)), MJL_BAD_KEY);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(key, 33)), MJL_BAD_KEY);
    assert_int_equal(suite->signature_check_public(mjl_bytes_of(key, 33)), MJL_BAD_KEY);
    assert_int_equal(mjl_mls_encrypt_with_label(suite, mjl_bytes_of(key, 33), "label",
                                                mjl_bytes_text(""), mjl_bytes_text(""),
                                                vectors_random(), kem_output, &out),
                     MJL_BAD_KEY);
    assert_int_equal(mjl_mls_decrypt_with_label(suite, key, "label", mjl_bytes_text(""),
                                                mjl_bytes_of(key, 31), mjl_bytes_of(key, 33), &out),
                     MJL_BAD_KEY);
    mjl_buffer_clear(&out);
}

/* Low order, not canonical; the last is not on the curve, which shows when it is to verify. */
static const char *const bad_signature_keys[] = {
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000",
};

static void an_ed25519_key_of_low_order_or_not_canonical_is_bad(void **state)
{
    (void)state;
    uint8_t key[32], seed[64];
    assert_int_equal(suite->signature_key_pair(vectors_random(), key, seed), MJL_OK);
    assert_int_equal(suite->signature_check_public(mjl_bytes_of(key, 32)), MJL_OK);
    for (size_t i = 0; i < sizeof bad_signature_keys / sizeof *bad_signature_keys - 1; i++) {
        uint8_t point[128];
        const mjl_bytes bad = from_hex(bad_signature_keys[i], point);
        assert_int_equal(suite->signature_check_public(bad), MJL_BAD_KEY);
        point[31] ^= 0x80; /* The other sign of x. */
        assert_int_equal(suite->signature_check_public(bad), MJL_BAD_KEY);
    }
}

static void no_signature_verifies_under_a_key_of_low_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_signature_keys / sizeof *bad_signature_keys; i++) {
        uint8_t point[128], signature[64] = {0};
        const mjl_bytes bad = from_hex(bad_signature_keys[i], point);
        memcpy(signature, point, 32); /* R of low order, S zero: the classical forgery. */
        assert_int_equal(
            suite->verify(bad, mjl_bytes_text("anything"), mjl_bytes_of(signature, 64)),
            MJL_BAD_SIGNATURE);
    }
}

static void an_ed25519_signature_has_one_form(void **state)
{
    (void)state;
    uint8_t key[32], seed[64], signature[65];
    size_t size;
    const mjl_bytes text = mjl_bytes_text("text"), by = mjl_bytes_of(key, 32);
    assert_int_equal(suite->signature_key_pair(vectors_random(), key, seed), MJL_OK);
    assert_int_equal(suite->sign(seed, text, signature, &size), MJL_OK);
    assert_int_equal(suite->verify(by, text, mjl_bytes_of(signature, 64)), MJL_OK);
    assert_int_equal(suite->verify(by, text, mjl_bytes_of(signature, 63)), MJL_BAD_SIGNATURE);
    assert_int_equal(suite->verify(by, text, mjl_bytes_of(signature, 65)), MJL_BAD_SIGNATURE);
    edwards_order_add(signature + 32, 32);
    assert_int_equal(suite->verify(by, text, mjl_bytes_of(signature, 64)), MJL_BAD_SIGNATURE);
}

static void a_signature_is_bound_to_its_label(void **state)
{
    (void)state;
    uint8_t key[32], seed[64], signature[64];
    size_t size;
    const mjl_bytes text = mjl_bytes_text("text"), by = mjl_bytes_of(key, 32);
    assert_int_equal(suite->signature_key_pair(vectors_random(), key, seed), MJL_OK);
    assert_int_equal(mjl_mls_sign_with_label(suite, seed, "one", text, signature, &size), MJL_OK);
    const mjl_bytes signed_ = mjl_bytes_of(signature, 64);
    assert_int_equal(mjl_mls_verify_with_label(suite, by, "one", text, signed_), MJL_OK);
    assert_int_equal(mjl_mls_verify_with_label(suite, by, "two", text, signed_), MJL_BAD_SIGNATURE);
}

static mjl_result fill_nothing(void *context, uint8_t *out, size_t size)
{
    (void)context;
    (void)out;
    (void)size;
    return MJL_NO_RANDOM;
}

static void without_randomness_no_key_is_made(void **state)
{
    (void)state;
    const mjl_random none = {NULL, fill_nothing};
    uint8_t one[64], other[64], kem_output[32];
    mjl_buffer out = {0};
    uint8_t base[32] = {9};
    assert_int_equal(mjl_mls_kem_generate(suite, none, one, other), MJL_NO_RANDOM);
    assert_int_equal(suite->signature_key_pair(none, one, other), MJL_NO_RANDOM);
    assert_int_equal(mjl_mls_encrypt_with_label(suite, mjl_bytes_of(base, 32), "label",
                                                mjl_bytes_text(""), mjl_bytes_text(""), none,
                                                kem_output, &out),
                     MJL_NO_RANDOM);
    assert_int_equal(out.size, 0);
    mjl_buffer_clear(&out);
}

static void only_suite_3_is_found(void **state)
{
    (void)state;
    assert_ptr_equal(mjl_mls_suite_find(NULL, 3), suite);
    assert_null(mjl_mls_suite_find(NULL, 0));
    assert_null(mjl_mls_suite_find(NULL, 0x0a0a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hpke_gives_the_known_answers_of_rfc_9180),
        cmocka_unit_test(a_changed_hpke_ciphertext_does_not_open),
        cmocka_unit_test(an_x25519_point_of_low_order_is_a_bad_key),
        cmocka_unit_test(a_key_of_another_size_is_a_bad_key),
        cmocka_unit_test(an_ed25519_key_of_low_order_or_not_canonical_is_bad),
        cmocka_unit_test(no_signature_verifies_under_a_key_of_low_order),
        cmocka_unit_test(an_ed25519_signature_has_one_form),
        cmocka_unit_test(a_signature_is_bound_to_its_label),
        cmocka_unit_test(without_randomness_no_key_is_made),
        cmocka_unit_test(only_suite_3_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
