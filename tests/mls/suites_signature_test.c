/* Each cipher suite that is built in keeps the promises of majlis/suite.h: its signatures. */
#include "each_suite.h"

#include <sodium.h>

#include "edwards_order.h"
#include "vectors.h"

typedef struct signer {
    uint8_t seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX];
    uint8_t room[MJL_MLS_SIGNATURE_KEY_SIZE_MAX];
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX + 8];
    mjl_bytes key;
    size_t size;
} signer;

/* Makes a key and signs the text. */
static void signer_init(signer *of)
{
    assert_int_equal(suite->signature_key_pair(vectors_random(), of->room, of->seed), MJL_OK);
    of->key = mjl_bytes_of(of->room, suite->signature_key_size);
    assert_int_equal(suite->sign(of->seed, text, of->signature, &of->size), MJL_OK);
    assert_in_range(of->size, 8, suite->signature_size_max);
}

static mjl_result verify_now(const signer *of)
{
    return suite->verify(of->key, text, mjl_bytes_of(of->signature, of->size));
}

static void signature_binds(void)
{
    signer of, other;
    signer_init(&of);
    signer_init(&other);
    assert_int_equal(verify_now(&of), MJL_OK);
    assert_int_equal(suite->signature_check_public(of.key), MJL_OK);
    const mjl_bytes signature = mjl_bytes_of(of.signature, of.size);
    assert_int_equal(suite->verify(other.key, text, signature), MJL_BAD_SIGNATURE);
    assert_int_equal(suite->verify(of.key, mjl_bytes_of(text.data, 1), signature),
                     MJL_BAD_SIGNATURE);
    for (size_t i = 0; i < of.size; i++) {
        of.signature[i] ^= 1;
        assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
        of.signature[i] ^= 1;
    }
    for (size_t size = 0; size < of.size; size += 1 + size / 4)
        assert_int_equal(suite->verify(of.key, text, mjl_bytes_of(of.signature, size)),
                         MJL_BAD_SIGNATURE);
    of.signature[of.size++] = 0;
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
    of.size--;
    of.key.size--;
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
    assert_int_equal(suite->signature_check_public(of.key), MJL_BAD_KEY);
}

static void a_signature_is_of_one_key_and_one_text(void **state)
{
    (void)state;
    for_each_suite(signature_binds);
}

static void eddsa_has_one_form(void)
{
    signer of;
    if (is_nist()) return;
    signer_init(&of);
    edwards_order_add(of.signature + of.size / 2, of.size / 2);
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
}

/* The same numbers in other words: a longer length, a superfluous zero in front of r. */
static void ecdsa_has_one_form(void)
{
    signer of;
    if (!is_nist()) return;
    uint8_t *const at = of.signature;
    signer_init(&of);
    const size_t header = at[1] == 0x81 ? 3 : 2;
    memmove(at + header + 1, at + header, of.size - header);
    of.size++;
    if (header == 2) {
        at[2] = at[1];
        at[1] = 0x81;
    } else {
        at[3] = at[2];
        at[2] = 0;
        at[1] = 0x82;
    }
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
    signer_init(&of);
    if (at[header - 1] == 0x7f) return; /* One more would need another header. */
    memmove(at + header + 3, at + header + 2, of.size - header - 2);
    at[header + 2] = 0;
    at[header + 1]++;
    at[header - 1]++;
    of.size++;
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
}

static void a_signature_has_one_encoding(void **state)
{
    (void)state;
    for_each_suite(eddsa_has_one_form);
    for (int i = 0; i < 8; i++)
        for_each_suite(ecdsa_has_one_form);
}

static void assert_bad_signature_key(const uint8_t *key)
{
    assert_int_equal(suite->signature_check_public(mjl_bytes_of(key, suite->signature_key_size)),
                     MJL_BAD_KEY);
}

/* y = 0, 1, p - 1 are of low order; p and p + 1 are not canonical; 57 bytes have seven idle bits.
 */
static void bad_ed448_keys_are_refused(void)
{
    uint8_t key[57] = {0};
    signer of;
    if (suite->signature_key_size != sizeof key) return;
    assert_bad_signature_key(key);
    key[0] = 1;
    assert_bad_signature_key(key);
    memset(key, 0xff, 56);
    key[28] = 0xfe;
    assert_bad_signature_key(key); /* p */
    key[0] = 0xfe;
    assert_bad_signature_key(key); /* p - 1 */
    memset(key, 0, sizeof key);
    memset(key + 28, 0xff, 28);
    assert_bad_signature_key(key); /* p + 1 */
    signer_init(&of);
    for (int bit = 0; bit < 7; bit++) {
        of.room[56] ^= (uint8_t)(1 << bit);
        assert_bad_signature_key(of.room);
        of.room[56] ^= (uint8_t)(1 << bit);
    }
    of.room[56] ^= 0x80; /* The other point of that y: as good as the first. */
    assert_int_equal(suite->signature_check_public(of.key), MJL_OK);
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
    unsigned on_curve = 0;
    for (int i = 0; i < 64; i++) { /* About every second y is none of a point. */
        randombytes_buf(key, 56);
        key[55] &= 0x7f;
        key[56] = 0;
        on_curve += suite->signature_check_public(mjl_bytes_of(key, 57)) == MJL_OK ? 1 : 0;
    }
    assert_in_range(on_curve, 8, 56);
}

static void keys_of_ed448_are_canonical_points(void **state)
{
    (void)state;
    for_each_suite(bad_ed448_keys_are_refused);
}

static void bad_ecdsa_keys_are_refused(void)
{
    signer of;
    if (!is_nist()) return;
    signer_init(&of);
    of.room[0] = 5;
    assert_bad_signature_key(of.room);
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
    of.room[0] = 4;
    of.room[9] ^= 1;
    assert_bad_signature_key(of.room);
    assert_int_equal(verify_now(&of), MJL_BAD_SIGNATURE);
}

static void keys_of_ecdsa_are_points_of_the_curve(void **state)
{
    (void)state;
    for_each_suite(bad_ecdsa_keys_are_refused);
}

/* In the provider's form a seed begins with the private key as it is known elsewhere. */
static void import_finds_the_key(void)
{
    signer of;
    uint8_t key[MJL_MLS_SIGNATURE_KEY_SIZE_MAX], seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX];
    signer_init(&of);
    const bool is_ed25519 = suite->signature_seed_size == 64;
    mjl_bytes known = mjl_bytes_of(of.seed, is_ed25519 ? 32 : suite->signature_seed_size);
    assert_int_equal(suite->signature_key_import(known, key, seed), MJL_OK);
    assert_memory_equal(key, of.room, suite->signature_key_size);
    assert_memory_equal(seed, of.seed, suite->signature_seed_size);
    uint8_t longer[MJL_MLS_SIGNATURE_SEED_SIZE_MAX + 1] = {0};
    memcpy(longer, known.data, known.size);
    assert_int_equal(suite->signature_key_import(mjl_bytes_of(longer, known.size + 1), key, seed),
                     MJL_BAD_KEY);
    assert_int_equal(suite->signature_key_import(mjl_bytes_of(longer, 0), key, seed), MJL_BAD_KEY);
    if (is_nist()) return;
    known.size--;
    assert_int_equal(suite->signature_key_import(known, key, seed), MJL_BAD_KEY);
}

/* A scalar is a number: how many zeroes are before it says nothing. */
static void leading_zeroes_may_be_missing(void)
{
    uint8_t scalar[MJL_MLS_SIGNATURE_SEED_SIZE_MAX] = {0}, seed[2][sizeof scalar];
    uint8_t key[2][MJL_MLS_SIGNATURE_KEY_SIZE_MAX];
    if (!is_nist()) return;
    const size_t size = suite->signature_seed_size;
    scalar[size - 2] = 7;
    assert_int_equal(suite->signature_key_import(mjl_bytes_of(scalar, size), key[0], seed[0]),
                     MJL_OK);
    assert_int_equal(
        suite->signature_key_import(mjl_bytes_of(scalar + size - 2, 2), key[1], seed[1]), MJL_OK);
    assert_memory_equal(key[0], key[1], suite->signature_key_size);
    assert_memory_equal(seed[0], seed[1], size);
}

static void an_imported_key_is_the_same_signer(void **state)
{
    (void)state;
    for_each_suite(import_finds_the_key);
    for_each_suite(leading_zeroes_may_be_missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_of_one_key_and_one_text),
        cmocka_unit_test(a_signature_has_one_encoding),
        cmocka_unit_test(keys_of_ed448_are_canonical_points),
        cmocka_unit_test(keys_of_ecdsa_are_points_of_the_curve),
        cmocka_unit_test(an_imported_key_is_the_same_signer),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
