#include "damage.h"
#include "test.h"
#include <stdio.h>

static mjl_result recode_exact(mjl_bytes bytes, test_recode recode, mjl_buffer *out)
{
    uint8_t *exact = (uint8_t *)malloc(bytes.size == 0 ? 1 : bytes.size);
    assert_non_null(exact);
    if (bytes.size != 0) memcpy(exact, bytes.data, bytes.size);
    const mjl_result result = recode(mjl_bytes_of(exact, bytes.size), out);
    free(exact);
    return result;
}

void test_round_trip(mjl_bytes bytes, test_recode recode)
{
    mjl_buffer out = {0};
    assert_int_equal(recode_exact(bytes, recode, &out), MJL_OK);
    assert_int_equal(out.size, bytes.size);
    assert_memory_equal(out.data, bytes.data, bytes.size);
    mjl_buffer_clear(&out);
}

static size_t check_damaged(mjl_bytes bytes, test_recode recode)
{
    mjl_buffer out = {0};
    const mjl_result result = recode_exact(bytes, recode, &out);
    if (result == MJL_OK) {
        assert_int_equal(out.size, bytes.size);
        assert_memory_equal(out.data, bytes.data, bytes.size);
    }
    mjl_buffer_clear(&out);
    return result == MJL_OK ? 0 : 1;
}

size_t test_damage(mjl_bytes bytes, test_recode recode)
{
    static const uint8_t flips[] = {0x01, 0x02, 0x10, 0x80, 0xff, 0x40, 0x20};
    size_t refused = 0;
    for (size_t size = 0; size < bytes.size; size++)
        refused += check_damaged(mjl_bytes_of(bytes.data, size), recode);
    mjl_buffer changed = {0};
    assert_int_equal(mjl_buffer_append(&changed, bytes), MJL_OK);
    for (size_t i = 0; i < bytes.size; i++) {
        for (size_t f = 0; f < sizeof flips; f++) {
            changed.data[i] ^= flips[f];
            refused += check_damaged(mjl_buffer_bytes(&changed), recode);
            changed.data[i] ^= flips[f];
        }
    }
    static const uint8_t zero = 0;
    assert_int_equal(mjl_buffer_append(&changed, mjl_bytes_of(&zero, 1)), MJL_OK);
    assert_int_equal(check_damaged(mjl_buffer_bytes(&changed), recode), 1);
    mjl_buffer_clear(&changed);
    return refused;
}

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next(test_random *random)
{
    random->state += 0x9e3779b97f4a7c15U;
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

test_random test_random_new(uint64_t seed)
{
    const char *given = getenv("MAJLIS_SEED");
    if (given != NULL) seed = strtoull(given, NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    return (test_random){seed};
}

uint64_t test_random_below(test_random *random, uint64_t bound)
{
    return bound == 0 ? 0 : next(random) % bound;
}

void test_random_fill(test_random *random, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)next(random);
}

void test_hex(mjl_bytes bytes, char *out)
{
    for (size_t i = 0; i < bytes.size; i++)
        sprintf(out + 2 * i, "%02x", bytes.data[i]);
    out[2 * bytes.size] = 0;
}

void test_is_hex(mjl_bytes bytes, const char *hex)
{
    char *text = (char *)malloc(2 * bytes.size + 1);
    assert_non_null(text);
    test_hex(bytes, text);
    assert_string_equal(text, hex);
    free(text);
}
