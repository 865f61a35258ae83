/* The ordered index against a sorted array. */
#include "sched_test.h"

#include "index.h"

enum { KEYS_MAX = 300, STEPS = 20000 };

typedef struct key {
    uint8_t bytes[8];
    size_t size;
    uint32_t value;
} key;

static mjl_bytes bytes_of(const key *one)
{
    return mjl_bytes_of(one->bytes, one->size);
}

static int compare(const key *a, const key *b)
{
    if (a->size != b->size) return a->size < b->size ? -1 : 1;
    return mjl_bytes_compare(bytes_of(a), bytes_of(b));
}

/* Few different bytes, so that keys share beginnings. */
static key random_key(uint64_t *seed)
{
    static const uint8_t bytes[] = {0, 1, 0x80, 0xff};
    key made = {.size = chance_below(seed, 5), .value = (uint32_t)chance_below(seed, 1000)};
    for (size_t i = 0; i < made.size; i++)
        made.bytes[i] = bytes[chance_below(seed, 4)];
    return made;
}

static size_t place_of(const key *list, size_t count, const key *wanted)
{
    size_t at = 0;
    while (at < count && compare(&list[at], wanted) < 0)
        at++;
    return at;
}

static void toggle(mjl_index *index, key *list, size_t *count, const key *wanted)
{
    const size_t at = place_of(list, *count, wanted);
    const bool is_there = at < *count && compare(&list[at], wanted) == 0;
    assert_int_equal(mjl_index_find(index, bytes_of(wanted)),
                     is_there ? list[at].value : INDEX_NONE);
    if (is_there) {
        mjl_index_remove(index, bytes_of(wanted));
        memmove(&list[at], &list[at + 1], (--*count - at) * sizeof *list);
    } else if (*count < KEYS_MAX) {
        assert_int_equal(mjl_index_add(index, bytes_of(wanted), wanted->value), MJL_OK);
        memmove(&list[at + 1], &list[at], ((*count)++ - at) * sizeof *list);
        list[at] = *wanted;
    }
    assert_int_equal(index->count, *count);
}

static void index_does_what_a_sorted_array_does(void **state)
{
    (void)state;
    uint64_t seed = seed_of_test();
    mjl_index index = {0};
    key list[KEYS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < STEPS; i++) {
        const key wanted = random_key(&seed);
        toggle(&index, list, &count, &wanted);
        const key probe = random_key(&seed);
        size_t at = place_of(list, count, &probe);
        if (at < count && compare(&list[at], &probe) == 0) at++;
        mjl_bytes above;
        const uint32_t value = mjl_index_after(&index, bytes_of(&probe), &above);
        assert_int_equal(value, at < count ? list[at].value : INDEX_NONE);
        if (at < count) assert_bytes_equal(above, bytes_of(&list[at]));
    }
    mjl_index_clear(&index);
    assert_int_equal(mjl_index_find(&index, mjl_bytes_text("x")), INDEX_NONE);
}

static void walking_meets_every_key_in_order(void **state)
{
    (void)state;
    mjl_index index = {0};
    for (uint32_t i = 1000; i > 0; i--) {
        const uint8_t bytes[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        assert_int_equal(mjl_index_add(&index, mjl_bytes_of(bytes, 2), i), MJL_OK);
    }
    mjl_bytes at = mjl_bytes_of(NULL, 0);
    for (uint32_t i = 1; i <= 1000; i++)
        assert_int_equal(mjl_index_after(&index, at, &at), i);
    assert_int_equal(mjl_index_after(&index, at, &at), INDEX_NONE);
    mjl_index_clear(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_does_what_a_sorted_array_does),
        cmocka_unit_test(walking_meets_every_key_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
