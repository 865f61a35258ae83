/* Which of our nonces an echo is of, and what it tells. */
#include "nonces.h"

#include "test.h"

/* The nonce of statement n, made at 100 + n. */
static void nonce_of(uint64_t n, uint8_t nonce[MJL_STATEMENT_NONCE_SIZE])
{
    memset(nonce, 0x5a, MJL_STATEMENT_NONCE_SIZE);
    memcpy(nonce, &n, sizeof n);
}

static mjl_nonces made(uint64_t count)
{
    mjl_nonces nonces = {0};
    uint8_t nonce[MJL_STATEMENT_NONCE_SIZE];
    for (uint64_t n = 0; n < count; n++) {
        nonce_of(n, nonce);
        mjl_nonces_add(&nonces, nonce, (mjl_time)(100 + n));
    }
    return nonces;
}

static bool knows(const mjl_nonces *nonces, uint64_t n, mjl_time *next)
{
    uint8_t nonce[MJL_STATEMENT_NONCE_SIZE];
    nonce_of(n, nonce);
    return mjl_nonces_find(nonces, nonce, next);
}

static void an_echo_tells_when_the_next_nonce_was_made(void **state)
{
    (void)state;
    for (uint64_t count = 1; count <= 3 * MJL_NONCES_KEPT; count++) {
        const mjl_nonces nonces = made(count);
        mjl_time next;
        for (uint64_t n = 0; n < count; n++) {
            assert_int_equal(knows(&nonces, n, &next), count - n <= MJL_NONCES_KEPT);
            if (count - n > MJL_NONCES_KEPT) continue;
            assert_int_equal(next, n + 1 == count ? 0 : (mjl_time)(101 + n));
        }
        assert_false(knows(&nonces, count, &next));
    }
}

static void who_made_none_is_echoed_by_nothing(void **state)
{
    (void)state;
    const mjl_nonces none = {0};
    const mjl_nonces one = made(1);
    const uint8_t zeros[MJL_STATEMENT_NONCE_SIZE] = {0};
    mjl_time next;
    assert_false(mjl_nonces_find(&none, zeros, &next));
    assert_false(mjl_nonces_find(&one, zeros, &next)); /* What was never written is no nonce. */
}

static void what_is_kept_is_the_same_after_a_restart(void **state)
{
    (void)state;
    for (uint64_t count = 0; count <= 2 * MJL_NONCES_KEPT + 1; count++) {
        const mjl_nonces nonces = made(count);
        mjl_buffer bytes = {0};
        mjl_pack pack = mjl_pack_to(&bytes);
        mjl_pack_array(&pack, MJL_NONCES_FIELDS);
        mjl_nonces_pack(&pack, &nonces);
        assert_int_equal(pack.result, MJL_OK);
        mjl_unpack unpack = mjl_unpack_from(mjl_buffer_bytes(&bytes));
        mjl_unpack_array_of(&unpack, MJL_NONCES_FIELDS);
        mjl_nonces again = {0};
        mjl_nonces_unpack(&unpack, &again);
        assert_int_equal(mjl_unpack_end(&unpack), MJL_OK);
        assert_memory_equal(&again, &nonces, sizeof again);
        mjl_buffer_clear(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_echo_tells_when_the_next_nonce_was_made),
                                       cmocka_unit_test(who_made_none_is_echoed_by_nothing),
                                       cmocka_unit_test(what_is_kept_is_the_same_after_a_restart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
