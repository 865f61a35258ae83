/* Each cipher suite that is built in keeps the promises of majlis/suite.h. */
#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "vectors.h"

enum { SUITE_FIRST = 1, SUITE_LAST = 7, TEXT_SIZE = 40 };

/* The suite that runs now; those that are not built in are said once and passed over. */
static const mjl_mls_suite *suite;

typedef void check(void);

static void for_each_suite(check *one)
{
    for (uint16_t id = SUITE_FIRST; id <= SUITE_LAST; id++) {
        suite = mjl_mls_suite_find(NULL, id);
        if (suite != NULL) one();
    }
}

static bool is_nist(void)
{
    return suite->kem_public_size != suite->kem_private_size;
}

static bool has_aes(void)
{
    return suite->hpke_aead != 3;
}

static const mjl_bytes text = {(const uint8_t *)"what was said by one to the other members",
                               TEXT_SIZE};

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

/* ---- KEM ---- */

typedef struct pair {
    uint8_t secret[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
    uint8_t open[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
} pair;

static void pair_init(pair *keys)
{
    assert_int_equal(mjl_mls_kem_generate(suite, vectors_random(), keys->secret, keys->open),
                     MJL_OK);
}

static void two_find_one_secret(void)
{
    pair alice, bob;
    uint8_t one[MJL_MLS_KEM_SHARED_SIZE_MAX], other[MJL_MLS_KEM_SHARED_SIZE_MAX];
    uint8_t again[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    pair_init(&alice);
    pair_init(&bob);
    assert_int_equal(suite->kem_dh(alice.secret, bob.open, one), MJL_OK);
    assert_int_equal(suite->kem_dh(bob.secret, alice.open, other), MJL_OK);
    assert_memory_equal(one, other, suite->kem_shared_size);
    assert_int_equal(suite->kem_public_of(alice.secret, again), MJL_OK);
    assert_memory_equal(again, alice.open, suite->kem_public_size);
    const mjl_bytes open = mjl_bytes_of(alice.open, suite->kem_public_size);
    assert_int_equal(suite->kem_check_public(open), MJL_OK);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(open.data, open.size - 1)), MJL_BAD_KEY);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(alice.open, 0)), MJL_BAD_KEY);
    memcpy(again, alice.open, open.size);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(again, open.size + 1)), MJL_BAD_KEY);
}

static void both_sides_of_a_kem_find_one_secret(void **state)
{
    (void)state;
    for_each_suite(two_find_one_secret);
}

static void assert_bad_point(const uint8_t *point)
{
    pair own;
    uint8_t shared[MJL_MLS_KEM_SHARED_SIZE_MAX];
    pair_init(&own);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(point, suite->kem_public_size)),
                     MJL_BAD_KEY);
    assert_int_equal(suite->kem_dh(own.secret, point, shared), MJL_BAD_KEY);
}

/* u = 0, 1 and p - 1 of X448; of X25519 those that have no smaller order than four. */
static void low_order_is_refused(void)
{
    uint8_t point[MJL_MLS_KEM_PUBLIC_SIZE_MAX] = {0};
    if (is_nist()) return;
    assert_bad_point(point);
    point[0] = 1;
    assert_bad_point(point);
    memset(point, 0xff, suite->kem_public_size);
    if (suite->kem_public_size == 56) { /* p - 1 = 2^448 - 2^224 - 2 */
        point[0] = 0xfe;
        point[28] = 0xfe;
    } else { /* p - 1 = 2^255 - 20 */
        point[0] = 0xec;
        point[31] = 0x7f;
    }
    assert_bad_point(point);
    point[0]++; /* p, which is 0 in other words. */
    assert_bad_point(point);
}

static void low_order_points_of_montgomery_curves_are_refused(void **state)
{
    (void)state;
    for_each_suite(low_order_is_refused);
}

static void off_curve_is_refused(void)
{
    pair good;
    uint8_t point[MJL_MLS_KEM_PUBLIC_SIZE_MAX] = {0};
    if (!is_nist()) return;
    const size_t size = suite->kem_public_size;
    assert_bad_point(point); /* No form at all. */
    point[0] = 4;
    assert_bad_point(point); /* (0, 0) */
    memset(point + 1, 0xff, size - 1);
    assert_bad_point(point); /* Coordinates beyond the field. */
    pair_init(&good);
    memcpy(point, good.open, size);
    point[size - 1] ^= 1;
    assert_bad_point(point);
    memcpy(point, good.open, size);
    for (int form = 0; form < 8; form++) { /* Compressed and hybrid ones among them. */
        point[0] = (uint8_t)form;
        if (form != 4) assert_bad_point(point);
    }
    const size_t compressed = 1 + size / 2;
    point[0] = 2 | (good.open[size - 1] & 1);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of(point, compressed)), MJL_BAD_KEY);
    assert_int_equal(suite->kem_check_public(mjl_bytes_of("", 1)), MJL_BAD_KEY); /* Infinity. */
}

static void points_beside_a_nist_curve_are_refused(void **state)
{
    (void)state;
    for_each_suite(off_curve_is_refused);
}

/* Zero, and the order or more, are no private keys of a NIST curve. */
static void bad_scalars_are_refused(void)
{
    uint8_t scalar[MJL_MLS_KEM_PRIVATE_SIZE_MAX] = {0}, point[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    uint8_t key[MJL_MLS_SIGNATURE_KEY_SIZE_MAX], seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX];
    if (!is_nist()) return;
    const mjl_bytes bytes = mjl_bytes_of(scalar, suite->kem_private_size);
    assert_int_equal(suite->kem_public_of(scalar, point), MJL_BAD_KEY);
    assert_int_equal(suite->signature_key_import(bytes, key, seed), MJL_BAD_KEY);
    memset(scalar, 0xff, sizeof scalar);
    assert_int_equal(suite->kem_public_of(scalar, point), MJL_BAD_KEY);
    assert_int_equal(suite->signature_key_import(bytes, key, seed), MJL_BAD_KEY);
    memset(scalar, 0, sizeof scalar);
    scalar[suite->kem_private_size - 1] = 1;
    assert_int_equal(suite->signature_key_import(bytes, key, seed), MJL_OK);
}

static void scalars_outside_the_order_are_refused(void **state)
{
    (void)state;
    for_each_suite(bad_scalars_are_refused);
}

static mjl_result fill_zero(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 0, size);
    return MJL_OK;
}

static mjl_result fill_never(void *context, uint8_t *out, size_t size)
{
    (void)context, (void)out, (void)size;
    return MJL_NO_RANDOM;
}

static void bad_chance_is_said(void)
{
    pair keys;
    uint8_t key[MJL_MLS_SIGNATURE_KEY_SIZE_MAX], seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX];
    const mjl_random never = {NULL, fill_never}, zero = {NULL, fill_zero};
    assert_int_equal(mjl_mls_kem_generate(suite, never, keys.secret, keys.open), MJL_NO_RANDOM);
    assert_int_equal(suite->signature_key_pair(never, key, seed), MJL_NO_RANDOM);
    assert_int_equal(suite->signature_key_pair(zero, key, seed),
                     is_nist() ? MJL_NO_RANDOM : MJL_OK);
}

static void a_failing_random_source_makes_no_keys(void **state)
{
    (void)state;
    for_each_suite(bad_chance_is_said);
}

/* ---- Signatures ---- */

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

/* Little-endian S plus the group's order: the same number to a careless verifier. */
static void add_order(uint8_t *s, size_t size)
{
    static const char order_25519[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    static const char order_448[] = "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c"
                                    "ffffffffffffffffffffffffffffffffffffffffffffffffffffff3f00";
    static const char *const order_hex[] = {[32] = order_25519, [57] = order_448};
    uint8_t order[57];
    size_t order_size;
    sodium_hex2bin(order, sizeof order, order_hex[size], 2 * size, NULL, &order_size, NULL);
    assert_int_equal(order_size, size);
    sodium_add(s, order, size);
}

static void eddsa_has_one_form(void)
{
    signer of;
    if (is_nist()) return;
    signer_init(&of);
    add_order(of.signature + of.size / 2, of.size / 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_of_the_build_are_found),
        cmocka_unit_test(each_suite_is_within_the_largest_sizes),
        cmocka_unit_test(hashes_and_hmac_answer_as_known),
        cmocka_unit_test(hkdf_gives_any_length),
        cmocka_unit_test(what_was_sealed_opens_and_nothing_else),
        cmocka_unit_test(aes_gcm_gives_nists_tags),
        cmocka_unit_test(both_sides_of_a_kem_find_one_secret),
        cmocka_unit_test(low_order_points_of_montgomery_curves_are_refused),
        cmocka_unit_test(points_beside_a_nist_curve_are_refused),
        cmocka_unit_test(scalars_outside_the_order_are_refused),
        cmocka_unit_test(a_failing_random_source_makes_no_keys),
        cmocka_unit_test(a_signature_is_of_one_key_and_one_text),
        cmocka_unit_test(a_signature_has_one_encoding),
        cmocka_unit_test(keys_of_ed448_are_canonical_points),
        cmocka_unit_test(keys_of_ecdsa_are_points_of_the_curve),
        cmocka_unit_test(an_imported_key_is_the_same_signer),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
