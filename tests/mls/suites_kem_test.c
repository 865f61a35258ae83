/* Each cipher suite that is built in keeps the promises of majlis/suite.h: its KEM. */
#include "each_suite.h"

#include <sodium.h>

#include "vectors.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_of_a_kem_find_one_secret),
        cmocka_unit_test(low_order_points_of_montgomery_curves_are_refused),
        cmocka_unit_test(points_beside_a_nist_curve_are_refused),
        cmocka_unit_test(scalars_outside_the_order_are_refused),
        cmocka_unit_test(a_failing_random_source_makes_no_keys),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
