/* The knock: form, MAC and signature; not a bit of it may differ. */
#include "knock.h"
#include "test.h"
#include "wire_examples.h"

#include <sodium.h>

enum { HEAD_SIZE = 4 };

static uint8_t knock_key[MJL_KNOCK_KEY_SIZE];

static int make_examples(void **state)
{
    (void)state;
    memset(knock_key, 0x4c, sizeof knock_key);
    wire_examples_make();
    return 0;
}

static int clear_examples(void **state)
{
    (void)state;
    wire_examples_clear();
    return 0;
}

static mjl_bytes body_of(mjl_bytes packet)
{
    return mjl_bytes_of(packet.data + HEAD_SIZE, packet.size - HEAD_SIZE);
}

static mjl_result read_knock(mjl_bytes body, mjl_knock *knock)
{
    const mjl_result result = mjl_knock_decode(body, knock);
    return result == MJL_OK ? mjl_knock_check_mac(knock, knock_key) : result;
}

static void a_knock_gives_the_fields_that_were_encoded(void **state)
{
    (void)state;
    static mjl_knock knock;
    assert_int_equal(read_knock(body_of(wire_example_of("knock")), &knock), MJL_OK);
    assert_int_equal(knock.epoch, 2);
    assert_int_equal(knock.branch.bytes[0], 0xb0);
    assert_int_equal(knock.author.bytes[0], 0xa0);
    assert_int_equal(knock.counter, 5);
    assert_int_equal(knock.accepted_count, 1);
    assert_int_equal(knock.accepted[0].id.bytes[0], 0xe0);
    assert_true(mjl_bytes_equal(knock.key_package, mjl_bytes_text("key package")));
}

static void a_knock_that_differs_in_one_bit_is_refused(void **state)
{
    (void)state;
    static mjl_knock knock;
    const mjl_bytes body = body_of(wire_example_of("knock"));
    mjl_buffer copy = {0};
    assert_int_equal(mjl_buffer_append(&copy, body), MJL_OK);
    for (size_t bit = 0; bit < body.size * 8; bit++) {
        copy.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(read_knock(mjl_buffer_bytes(&copy), &knock), MJL_OK);
        copy.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < body.size; size++) {
        assert_int_not_equal(read_knock(mjl_bytes_of(body.data, size), &knock), MJL_OK);
    }
    mjl_buffer_clear(&copy);
}

static void a_knock_of_another_epoch_has_another_mac(void **state)
{
    (void)state;
    static mjl_knock knock;
    const uint8_t other_key[MJL_KNOCK_KEY_SIZE] = {1};
    const mjl_bytes body = body_of(wire_example_of("knock"));
    assert_int_equal(mjl_knock_decode(body, &knock), MJL_OK);
    assert_int_equal(mjl_knock_check_mac(&knock, other_key), MJL_BAD_MAC);
}

/* Every member of the epoch has the MAC's key: only the signature says who knocks. */
static void a_knock_by_another_member_has_another_signature(void **state)
{
    (void)state;
    static mjl_knock knock;
    const mjl_mls_suite *suite = mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
    uint8_t seed[32], key[32], other_seed[32];
    uint8_t other_key[32];
    memset(seed, 3, sizeof seed);
    memset(other_seed, 4, sizeof other_seed);
    assert_int_equal(crypto_sign_seed_keypair(key, (uint8_t[64]){0}, seed), 0);
    assert_int_equal(crypto_sign_seed_keypair(other_key, (uint8_t[64]){0}, other_seed), 0);
    assert_int_equal(read_knock(body_of(wire_example_of("knock")), &knock), MJL_OK);
    assert_int_equal(mjl_knock_check_signature(&knock, suite, mjl_bytes_of(key, sizeof key)),
                     MJL_OK);
    assert_int_equal(
        mjl_knock_check_signature(&knock, suite, mjl_bytes_of(other_key, sizeof other_key)),
        MJL_BAD_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_knock_gives_the_fields_that_were_encoded),
        cmocka_unit_test(a_knock_that_differs_in_one_bit_is_refused),
        cmocka_unit_test(a_knock_of_another_epoch_has_another_mac),
        cmocka_unit_test(a_knock_by_another_member_has_another_signature),
    };
    return cmocka_run_group_tests(tests, make_examples, clear_examples);
}
