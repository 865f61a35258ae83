/* Each cipher suite that is built in keeps the promises of majlis/suite.h: sizes, hashes, AEAD. */
#include "each_suite.h"

#include <stdio.h>

#include <sodium.h>

#include "vectors.h"

/* ---- Which there are ---- */

static void suites_of_the_build_are_found(void **state)
{
    (void)state;
    assert_non_null(mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT));
    assert_null(mjl_mls_suite_find(NULL, 0));
    assert_null(mjl_mls_suite_find(NULL, SUITE_LAST + 1));
    for (uint16_t id = SUITE_FIRST; id <= SUITE_LAST; id++) {
        suite = mjl_mls_suite_find(NULL, id);
        if (suite == NULL) printf("*** suite %u is not built in ***\n", (unsigned)id);
        if (suite != NULL) assert_int_equal(suite->id, id);
    }
}

/* ---- Sizes ---- */

static void sizes_are_in_bounds(void)
{
    assert_in_range(suite->hash_size, 32, MJL_MLS_HASH_SIZE_MAX);
    assert_in_range(suite->aead_key_size, 16, MJL_MLS_AEAD_KEY_SIZE_MAX);
    assert_int_equal(suite->aead_nonce_size, MJL_MLS_AEAD_NONCE_SIZE_MAX);
    assert_int_equal(suite->aead_tag_size, MJL_MLS_AEAD_TAG_SIZE_MAX);
    assert_in_range(suite->kem_public_size, 32, MJL_MLS_KEM_PUBLIC_SIZE_MAX);
    assert_in_range(suite->kem_private_size, 32, MJL_MLS_KEM_PRIVATE_SIZE_MAX);
    assert_in_range(suite->kem_shared_size, 32, MJL_MLS_KEM_SHARED_SIZE_MAX);
    assert_in_range(suite->signature_key_size, 32, MJL_MLS_SIGNATURE_KEY_SIZE_MAX);
    assert_in_range(suite->signature_seed_size, 32, MJL_MLS_SIGNATURE_SEED_SIZE_MAX);
    assert_in_range(suite->signature_size_max, 64, MJL_MLS_SIGNATURE_SIZE_MAX);
}

static void each_suite_is_within_the_largest_sizes(void **state)
{
    (void)state;
    for_each_suite(sizes_are_in_bounds);
}

/* ---- Hashes ---- */

static void assert_hex(const uint8_t *found, size_t size, const char *hex)
{
    uint8_t expected[MJL_MLS_HASH_SIZE_MAX];
    size_t expected_size;
    assert_int_equal(
        sodium_hex2bin(expected, sizeof expected, hex, strlen(hex), NULL, &expected_size, NULL), 0);
    assert_true(
        vectors_same("hash", mjl_bytes_of(expected, expected_size), mjl_bytes_of(found, size)));
}

/* FIPS 180-4's example "abc" and RFC 4231's case 6, whose key is longer than a block. */
static void hashes_answer_as_known(void)
{
    static const char abc_256[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char abc_384[] = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                                  "8086072ba1e7cc2358baeca134c825a7";
    static const char abc_512[] =
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    static const char mac_256[] =
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    static const char mac_384[] = "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
                                  "0c2ef6ab4030fe8296248df163f44952";
    static const char mac_512[] =
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
        "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598";
    static const char *const abc[] = {[32] = abc_256, [48] = abc_384, [64] = abc_512};
    static const char *const mac[] = {[32] = mac_256, [48] = mac_384, [64] = mac_512};
    uint8_t key[131], out[MJL_MLS_HASH_SIZE_MAX];
    const mjl_bytes pieces[] = {mjl_bytes_text("a"), {NULL, 0}, mjl_bytes_text("bc")};
    const mjl_bytes message =
        mjl_bytes_text("Test Using Larger Than Block-Size Key - Hash Key First");
    suite->hash((mjl_mls_parts){pieces, 3}, out);
    assert_hex(out, suite->hash_size, abc[suite->hash_size]);
    memset(key, 0xaa, sizeof key);
    suite->hmac(mjl_bytes_of(key, sizeof key), (mjl_mls_parts){&message, 1}, out);
    assert_hex(out, suite->hash_size, mac[suite->hash_size]);
}

static void hashes_and_hmac_answer_as_known(void **state)
{
    (void)state;
    for_each_suite(hashes_answer_as_known);
}

/* Expand's first block is HMAC(secret, info | 1); all lengths are beginnings of the longest. */
static void expansion_is_prefixes(void)
{
    static uint8_t longest[255 * MJL_MLS_HASH_SIZE_MAX], some[255 * MJL_MLS_HASH_SIZE_MAX];
    const size_t size_max = 255 * suite->hash_size;
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX], extracted[MJL_MLS_HASH_SIZE_MAX];
    const mjl_mls_parts one = {&text, 1};
    static const uint8_t zeroes[MJL_MLS_HASH_SIZE_MAX] = {0}, counter = 1;
    suite->hkdf_extract(mjl_bytes_of(NULL, 0), one, secret);
    suite->hkdf_extract(mjl_bytes_of(zeroes, suite->hash_size), one, extracted);
    assert_memory_equal(secret, extracted, suite->hash_size);
    const mjl_bytes key = mjl_bytes_of(secret, suite->hash_size);
    suite->hkdf_expand(key, one, longest, size_max);
    const mjl_bytes first[] = {text, mjl_bytes_of(&counter, 1)};
    suite->hmac(key, (mjl_mls_parts){first, 2}, extracted);
    assert_memory_equal(longest, extracted, suite->hash_size);
    for (size_t size = 1; size < size_max; size = size * 2 + 1) {
        suite->hkdf_expand(key, one, some, size);
        assert_memory_equal(some, longest, size);
    }
    suite->hkdf_expand(key, one, secret, suite->hash_size); /* In its own place. */
    assert_memory_equal(secret, longest, suite->hash_size);
}

static void hkdf_gives_any_length(void **state)
{
    (void)state;
    for_each_suite(expansion_is_prefixes);
}

/* ---- AEAD ---- */

static void aead_keeps_its_word(void)
{
    uint8_t key[32], nonce[12], room[TEXT_SIZE + 16], sealed[sizeof room];
    const mjl_bytes aad = mjl_bytes_text("aad"), none = {NULL, 0};
    randombytes_buf(key, sizeof key);
    randombytes_buf(nonce, sizeof nonce);
    memcpy(room, text.data, TEXT_SIZE);
    assert_int_equal(suite->aead_seal(key, nonce, aad, mjl_bytes_of(room, TEXT_SIZE), room),
                     MJL_OK);
    assert_int_equal(suite->aead_seal(key, nonce, aad, text, sealed), MJL_OK);
    assert_memory_equal(room, sealed, sizeof room); /* In place or not. */
    for (size_t i = 0; i < sizeof sealed; i++) {
        memcpy(room, sealed, sizeof room);
        room[i] ^= 0x10;
        assert_int_equal(suite->aead_open(key, nonce, aad, mjl_bytes_of(room, sizeof room), room),
                         MJL_CANNOT_OPEN);
        if (i >= TEXT_SIZE) assert_memory_not_equal(room, text.data, TEXT_SIZE);
    }
    for (size_t size = 16; size < sizeof sealed; size++)
        assert_int_equal(suite->aead_open(key, nonce, aad, mjl_bytes_of(sealed, size), room),
                         MJL_CANNOT_OPEN);
    const mjl_bytes whole = mjl_bytes_of(sealed, sizeof sealed);
    assert_int_equal(suite->aead_open(key, nonce, none, whole, room), MJL_CANNOT_OPEN);
    assert_int_equal(suite->aead_open(key, nonce, aad, whole, room), MJL_OK);
    assert_memory_equal(room, text.data, TEXT_SIZE);
    /* Nothing can be sealed as well. */
    assert_int_equal(suite->aead_seal(key, nonce, none, none, sealed), MJL_OK);
    assert_int_equal(suite->aead_open(key, nonce, none, mjl_bytes_of(sealed, 16), room), MJL_OK);
    sealed[3] ^= 1;
    assert_int_equal(suite->aead_open(key, nonce, none, mjl_bytes_of(sealed, 16), room),
                     MJL_CANNOT_OPEN);
}

static void what_was_sealed_opens_and_nothing_else(void **state)
{
    (void)state;
    for_each_suite(aead_keeps_its_word);
}

/* NIST's GCM test case 4 (AES-128) and 16 (AES-256), whose nonce has 12 bytes: the tag says all. */
static void aes_gcm_answers_as_known(void)
{
    static const char key_hex[] =
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    static const char plain_hex[] =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    uint8_t key[32], nonce[12], aad[20], plain[60], out[76];
    size_t size;
    if (!has_aes()) return;
    sodium_hex2bin(key, 32, key_hex, 64, NULL, &size, NULL);
    sodium_hex2bin(nonce, 12, "cafebabefacedbaddecaf888", 24, NULL, &size, NULL);
    sodium_hex2bin(aad, 20, "feedfacedeadbeeffeedfacedeadbeefabaddad2", 40, NULL, &size, NULL);
    sodium_hex2bin(plain, 60, plain_hex, 120, NULL, &size, NULL);
    assert_int_equal(size, 60);
    assert_int_equal(
        suite->aead_seal(key, nonce, mjl_bytes_of(aad, 20), mjl_bytes_of(plain, 60), out), MJL_OK);
    assert_hex(out + 60, 16,
               suite->aead_key_size == 16 ? "5bc94fbc3221a5db94fae95ae7121a47"
                                          : "76fc6ece0f4e1768cddf8853bb2d551b");
}

static void aes_gcm_gives_nists_tags(void **state)
{
    (void)state;
    for_each_suite(aes_gcm_answers_as_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_of_the_build_are_found),
        cmocka_unit_test(each_suite_is_within_the_largest_sizes),
        cmocka_unit_test(hashes_and_hmac_answer_as_known),
        cmocka_unit_test(hkdf_gives_any_length),
        cmocka_unit_test(what_was_sealed_opens_and_nothing_else),
        cmocka_unit_test(aes_gcm_gives_nists_tags),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
