#include "test_disk.h"

#include "records_test.h"

#include <sodium.h>

static void new_profile_is_empty_until_its_first_persist(void **state)
{
    test_disk *disk = *state;
    test_random random = {1};
    mjl_records *records = test_records_open(disk, &random);
    assert_true(mjl_records_is_new(records));
    assert_int_equal(mjl_records_counter(records), 0);
    mjl_records_free(records);
    records = test_records_open(disk, &random);
    assert_true(mjl_records_is_new(records));
    assert_ok(mjl_records_persist(records)); /* Even an empty batch makes the profile. */
    assert_false(mjl_records_is_new(records));
    assert_int_equal(mjl_records_counter(records), 1);
    mjl_records_free(records);
    records = test_records_open(disk, &random);
    assert_false(mjl_records_is_new(records));
    assert_int_equal(mjl_records_counter(records), 1);
    assert_ok(mjl_records_persist(records)); /* Nothing to write: nothing is written. */
    assert_int_equal(mjl_records_counter(records), 1);
    mjl_records_free(records);
}

static void persisted_records_are_there_after_reopening(void **state)
{
    test_disk *disk = *state;
    test_random random = {2};
    mjl_records *records = test_records_open(disk, &random);
    test_put(records, 1, 1, "a", "one");
    test_put(records, 0, 7, "", "no key");
    test_put(records, UINT32_MAX, UINT16_MAX, "z", "");
    assert_int_equal(mjl_records_pending_count(records), 3);
    assert_ok(mjl_records_persist(records));
    assert_int_equal(mjl_records_pending_count(records), 0);
    test_put(records, 1, 1, "a", "one changed");
    test_put(records, 2, 1, "new", "two");
    assert_ok(mjl_records_delete(records, 0, 7, mjl_bytes_text("")));
    assert_ok(mjl_records_persist(records));
    test_assert_value(records, 1, 1, "a", "one changed");
    mjl_records_free(records);

    records = test_records_open(disk, &random);
    test_assert_value(records, 1, 1, "a", "one changed");
    test_assert_value(records, 0, 7, "", NULL);
    test_assert_value(records, 2, 1, "new", "two");
    test_assert_value(records, UINT32_MAX, UINT16_MAX, "z", "");
    assert_int_equal(mjl_records_counter(records), 2);
    mjl_records_free(records);
}

static void an_empty_value_may_be_all_that_is_written(void **state)
{
    test_disk *disk = *state;
    test_random random = {22};
    mjl_records *records = test_records_open(disk, &random);
    test_put(records, 1, 1, "a", "");
    test_assert_value(records, 1, 1, "a", "");
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    records = test_records_open(disk, &random);
    test_assert_value(records, 1, 1, "a", "");
    mjl_records_free(records);
}

static void unpersisted_records_never_were(void **state)
{
    test_disk *disk = *state;
    test_random random = {3};
    mjl_records *records = test_records_open(disk, &random);
    test_put(records, 1, 1, "a", "kept");
    assert_ok(mjl_records_persist(records));
    test_put(records, 1, 1, "a", "lost");
    test_put(records, 1, 1, "b", "lost");
    mjl_records_free(records);
    records = test_records_open(disk, &random);
    test_assert_value(records, 1, 1, "a", "kept");
    test_assert_value(records, 1, 1, "b", NULL);
    mjl_records_free(records);
}

static void get_sees_the_batch_before_the_disk(void **state)
{
    test_random random = {4};
    mjl_records *records = test_records_open(*state, &random);
    test_put(records, 1, 1, "a", "old");
    test_assert_value(records, 1, 1, "a", "old");
    assert_ok(mjl_records_persist(records));
    test_put(records, 1, 1, "a", "new");
    test_assert_value(records, 1, 1, "a", "new");
    assert_ok(mjl_records_delete(records, 1, 1, mjl_bytes_text("a")));
    test_assert_value(records, 1, 1, "a", NULL);
    mjl_records_discard(records);
    test_assert_value(records, 1, 1, "a", "old");
    mjl_records_free(records);
}

static void discarded_batch_leaves_nothing(void **state)
{
    test_random random = {5};
    mjl_records *records = test_records_open(*state, &random);
    for (int round = 0; round < 3; round++) {
        test_put(records, 1, 1, "a", "x");
        test_put(records, 1, 1, "b", "x");
        test_put(records, 1, 1, "c", "x");
        mjl_records_discard(records);
        assert_int_equal(mjl_records_pending_count(records), 0);
        test_assert_value(records, 1, 1, "b", NULL);
    }
    mjl_records_free(records);
}

static void change_that_changes_nothing_leaves_the_batch(void **state)
{
    test_random random = {6};
    mjl_records *records = test_records_open(*state, &random);
    test_put(records, 1, 1, "a", "same");
    test_put(records, 1, 1, "b", "other");
    assert_ok(mjl_records_persist(records));
    test_put(records, 1, 1, "a", "same");
    assert_int_equal(mjl_records_pending_count(records), 0);
    test_put(records, 1, 1, "a", "different");
    test_put(records, 1, 1, "b", "different");
    test_put(records, 1, 1, "a", "same"); /* Back to what is stored. */
    assert_int_equal(mjl_records_pending_count(records), 1);
    test_assert_value(records, 1, 1, "a", "same");
    test_put(records, 1, 1, "fresh", "x");
    assert_ok(mjl_records_delete(records, 1, 1, mjl_bytes_text("fresh")));
    assert_ok(mjl_records_delete(records, 1, 1, mjl_bytes_text("never was")));
    assert_int_equal(mjl_records_pending_count(records), 1);
    mjl_records_free(records);
}

static void too_large_value_is_refused(void **state)
{
    test_random random = {7};
    mjl_records *records = test_records_open(*state, &random);
    uint8_t *much = calloc(1, MJL_RECORD_VALUE_SIZE_MAX + 1);
    assert_non_null(much);
    const mjl_bytes key = mjl_bytes_text("a");
    assert_result(
        mjl_records_put(records, 1, 1, key, mjl_bytes_of(much, MJL_RECORD_VALUE_SIZE_MAX + 1)),
        MJL_TOO_LARGE);
    assert_ok(mjl_records_put(records, 1, 1, key, mjl_bytes_of(much, MJL_RECORD_VALUE_SIZE_MAX)));
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    records = test_records_open(*state, &random);
    mjl_buffer found = {0};
    assert_ok(mjl_records_get(records, 1, 1, key, &found));
    assert_int_equal(found.size, MJL_RECORD_VALUE_SIZE_MAX);
    mjl_buffer_clear(&found);
    mjl_records_free(records);
    free(much);
}

static void assert_walk(const mjl_records *records, mjl_records_cursor cursor, const char *values)
{
    mjl_record record;
    while (mjl_records_next(records, &cursor, &record)) {
        assert_int_equal(record.value.size, 1);
        assert_int_equal(record.value.data[0], *values++);
    }
    assert_int_equal(*values, '\0');
}

static void loaded_records_are_found_by_session_and_kind(void **state)
{
    test_disk *disk = *state;
    test_random random = {8};
    mjl_records *records = test_records_open(disk, &random);
    test_put(records, 3, 2, "", "g");
    test_put(records, 1, 1, "b", "c");
    test_put(records, 1, 1, "a", "b");
    test_put(records, 1, 9, "", "d");
    test_put(records, 0, 1, "", "a");
    test_put(records, UINT32_MAX, UINT16_MAX, "", "i");
    test_put(records, UINT32_MAX, 1, "", "h");
    test_put(records, 3, 1, "x", "e");
    test_put(records, 3, 1, "y", "f");
    assert_walk(records, mjl_records_loaded(records), "");
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);

    records = test_records_open(disk, &random);
    assert_walk(records, mjl_records_loaded(records), "abcdefghi");
    assert_walk(records, mjl_records_loaded_of(records, 0), "a");
    assert_walk(records, mjl_records_loaded_of(records, 1), "bcd");
    assert_walk(records, mjl_records_loaded_of(records, 2), "");
    assert_walk(records, mjl_records_loaded_of(records, UINT32_MAX), "hi");
    assert_walk(records, mjl_records_loaded_of_kind(records, 1, 1), "bc");
    assert_walk(records, mjl_records_loaded_of_kind(records, 1, 2), "");
    assert_walk(records, mjl_records_loaded_of_kind(records, 3, 1), "ef");
    assert_walk(records, mjl_records_loaded_of_kind(records, UINT32_MAX, UINT16_MAX), "i");
    test_put(records, 3, 1, "x", "changed");
    assert_ok(mjl_records_persist(records));
    assert_walk(records, mjl_records_loaded_of_kind(records, 3, 1), "ef"); /* As it was. */
    const mjl_records_cursor cursor = mjl_records_loaded(records);
    mjl_records_loaded_done(records);
    mjl_records_loaded_done(records);
    assert_walk(records, cursor, "");
    assert_walk(records, mjl_records_loaded(records), "");
    test_assert_value(records, 3, 1, "x", "changed");
    mjl_records_free(records);
}

static void write_twice(test_disk *disk, uint64_t seed, const uint8_t *key, uint8_t hash[32])
{
    test_random random = {seed};
    mjl_records *records = NULL;
    assert_ok(mjl_records_open(test_disk_open(disk), key, test_random_source(&random), &records));
    test_put(records, 1, 1, "a", "one");
    test_put(records, 1, 1, "b", "two");
    uint8_t first[32];
    assert_ok(mjl_records_state_hash(records, first)); /* The batch counts. */
    assert_ok(mjl_records_persist(records));
    assert_ok(mjl_records_state_hash(records, hash));
    assert_memory_equal(first, hash, 32);
    test_put(records, 1, 1, "c", "three");
    test_put(records, 0, 9, "", "zero");
    assert_ok(mjl_records_delete(records, 1, 1, mjl_bytes_text("a")));
    assert_ok(mjl_records_state_hash(records, first));
    assert_memory_not_equal(first, hash, 32);
    assert_ok(mjl_records_persist(records));
    assert_ok(mjl_records_state_hash(records, hash));
    assert_memory_equal(first, hash, 32);
    mjl_records_free(records);
}

static void equal_states_have_equal_hashes_under_other_keys_and_nonces(void **state)
{
    test_disk *disk = *state;
    test_disk other;
    test_disk_init(&other, ON_MEMORY);
    const uint8_t other_key[32] = {9};
    uint8_t first[32];
    uint8_t second[32];
    write_twice(disk, 1, test_key, first);
    write_twice(&other, 2, other_key, second);
    assert_memory_equal(first, second, 32);
    test_disk_clear(&other);
}

static void failed_persist_is_for_good_and_reopening_has_the_last_good_state(void **state)
{
    test_disk *disk = *state;
    const mjl_result failures[] = {MJL_STORE_FULL, MJL_STORE_FAILED, MJL_OUT_OF_MEMORY};
    for (size_t i = 0; i < 3; i++) {
        test_random random = {10 + i};
        mjl_records *records = test_records_open(disk, &random);
        test_put(records, 1, 1, "a", "good");
        assert_ok(mjl_records_persist(records));
        mjl_memory_disk_fail_after(disk->memory, 0, failures[i]);
        test_put(records, 1, 1, "a", "bad");
        const mjl_result answer = i == 0 ? MJL_STORE_FULL : MJL_STORE_FAILED;
        assert_result(mjl_records_persist(records), answer);
        mjl_buffer found = {0};
        uint8_t hash[32];
        assert_result(mjl_records_failure(records), answer);
        assert_result(mjl_records_persist(records), answer);
        assert_result(mjl_records_get(records, 1, 1, mjl_bytes_text("a"), &found), answer);
        assert_result(mjl_records_put(records, 1, 1, mjl_bytes_text("a"), mjl_bytes_text("x")),
                      answer);
        assert_result(mjl_records_delete(records, 1, 1, mjl_bytes_text("a")), answer);
        assert_result(mjl_records_state_hash(records, hash), answer);
        mjl_records_discard(records);
        mjl_records_free(records);

        records = test_records_open(disk, &random);
        test_assert_value(records, 1, 1, "a", "good");
        test_put(records, 1, 1, "a", "on we go");
        assert_ok(mjl_records_persist(records));
        mjl_records_free(records);
    }
}

/* A random source that answers a few times, or always the same. */
typedef struct poor_random {
    size_t good_calls;
} poor_random;

static mjl_result fill_poorly(void *context, uint8_t *out, size_t size)
{
    poor_random *random = context;
    if (random->good_calls == 0) return MJL_NO_RANDOM;
    random->good_calls--;
    memset(out, 0x77, size);
    return MJL_OK;
}

static void failing_random_source_changes_nothing(void **state)
{
    test_disk *disk = *state;
    poor_random poor = {0};
    const mjl_random source = {&poor, fill_poorly};
    mjl_records *records = NULL;
    assert_result(mjl_records_open(test_disk_open(disk), test_key, source, &records),
                  MJL_NO_RANDOM);
    poor.good_calls = 1; /* The salt. */
    assert_ok(mjl_records_open(test_disk_open(disk), test_key, source, &records));
    test_put(records, 1, 1, "a", "x");
    poor.good_calls = 0;
    assert_result(mjl_records_persist(records), MJL_NO_RANDOM);
    assert_true(mjl_records_is_new(records));
    assert_int_equal(mjl_records_pending_count(records), 1);
    poor.good_calls = 1; /* The nonces of all records at once. */
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    assert_ok(test_records_try(test_disk_open(disk), test_key));
}

/* Collects the nonces on a disk. */
typedef struct nonces {
    uint8_t seen[64][24];
    size_t count;
} nonces;

static mjl_result note_nonce(void *visitor, mjl_store_place place, mjl_bytes value)
{
    nonces *found = visitor;
    const size_t skip = place.kind == MJL_RECORD_KIND_HEAD ? 1 : 0;
    for (size_t i = 0; i < found->count; i++)
        assert_memory_not_equal(found->seen[i], value.data + skip, 24);
    memcpy(found->seen[found->count++], value.data + skip, 24);
    return MJL_OK;
}

static void repeating_random_source_never_repeats_a_nonce(void **state)
{
    test_disk *disk = *state;
    poor_random poor = {SIZE_MAX};
    const mjl_random source = {&poor, fill_poorly};
    nonces found = {.count = 0};
    static const char *const values[] = {"x", "y", "z"};
    for (size_t round = 0; round < 3; round++) {
        mjl_records *records = NULL;
        assert_ok(mjl_records_open(test_disk_open(disk), test_key, source, &records));
        test_put(records, 1, 1, "a", values[round]);
        test_put(records, 1, 1, "b", values[round]);
        test_put(records, 1, 2, "a", values[round]);
        test_put(records, 2, 1, "a", values[round]);
        assert_ok(mjl_records_persist(records));
        mjl_records_free(records);
        mjl_store *store = test_disk_open(disk);
        assert_ok(mjl_store_load(store, note_nonce, &found));
        mjl_store_free(store);
    }
    assert_int_equal(found.count, 15);
}

static mjl_result hash_raw(void *visitor, mjl_store_place place, mjl_bytes value)
{
    const uint8_t fixed[7] = {
        (uint8_t)(place.session >> 24), (uint8_t)(place.session >> 16),
        (uint8_t)(place.session >> 8),  (uint8_t)place.session,
        (uint8_t)(place.kind >> 8),     (uint8_t)place.kind,
        (uint8_t)place.key.size,
    };
    crypto_generichash_update(visitor, fixed, sizeof fixed);
    crypto_generichash_update(visitor, place.key.data, place.key.size);
    crypto_generichash_update(visitor, value.data, value.size);
    return MJL_OK;
}

/* The bytes on disk are a format: when this changes, old profiles no longer open. */
static void sealed_bytes_are_the_known_answer(void **state)
{
    test_disk *disk = *state;
    test_random random = {42};
    mjl_records *records = test_records_open(disk, &random);
    test_put(records, 1, 1, "key", "value");
    test_put(records, 7, 258, "", "");
    mjl_records_set_shelf(records, 2, MJL_SHELF_LASTING);
    test_put(records, 1, 2, "one", "of two");
    test_put(records, 1, 2, "two", "in a bundle");
    mjl_records_hold_in_head(records, 3);
    test_put(records, 1, 3, "three", "in the head");
    assert_ok(mjl_records_persist(records));
    assert_ok(mjl_records_delete(records, 1, 2, mjl_bytes_text("two")));
    assert_ok(mjl_records_persist(records));
    uint8_t state_hash[32];
    assert_ok(mjl_records_state_hash(records, state_hash));
    mjl_records_free(records);

    crypto_generichash_state hash;
    uint8_t disk_hash[32];
    crypto_generichash_init(&hash, NULL, 0, sizeof disk_hash);
    mjl_store *store = test_disk_open(disk);
    assert_ok(mjl_store_load(store, hash_raw, &hash));
    mjl_store_free(store);
    crypto_generichash_final(&hash, disk_hash, sizeof disk_hash);
    char hex[65];
    sodium_bin2hex(hex, sizeof hex, disk_hash, sizeof disk_hash);
    assert_string_equal(hex, "bf83a274843e0281288065fdc9e977aa766aaffd89d7473c4958635fc29349b9");
    sodium_bin2hex(hex, sizeof hex, state_hash, sizeof state_hash);
    assert_string_equal(hex, "e856b17d3ab8d1ff6785ef1ce51862d6f6000ea5aea25e87398008d92ecc2a99");
}

/* ---- Random operations against a plain array ---- */

enum { NAIVE_PLACES = 40, NAIVE_VALUE_MAX = 6000 };

typedef struct naive {
    bool is_there[NAIVE_PLACES];
    uint8_t value[NAIVE_PLACES][NAIVE_VALUE_MAX];
    size_t size[NAIVE_PLACES];
} naive;

typedef struct both {
    test_disk *disk;
    test_random random;
    mjl_records *records;
    naive now;       /* With the batch. */
    naive persisted; /* What is on disk. */
    char key[2];
} both;

static mjl_store_place naive_place(both *them, size_t i)
{
    them->key[0] = (char)('a' + i % 5);
    const mjl_store_place place = {(uint32_t)(i / 20), (uint16_t)(1 + i / 5 % 4),
                                   mjl_bytes_of(them->key, i % 5 == 0 ? 0 : 1)};
    return place;
}

static void check_against_naive(both *them)
{
    mjl_buffer found = {0};
    for (size_t i = 0; i < NAIVE_PLACES; i++) {
        const mjl_store_place place = naive_place(them, i);
        const mjl_result result =
            mjl_records_get(them->records, place.session, place.kind, place.key, &found);
        assert_result(result, them->now.is_there[i] ? MJL_OK : MJL_NOT_FOUND);
        if (result != MJL_OK) continue;
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&found),
                                    mjl_bytes_of(them->now.value[i], them->now.size[i])));
    }
    mjl_buffer_clear(&found);
}

static void put_random(both *them)
{
    const size_t i = test_random_below(&them->random, NAIVE_PLACES);
    const mjl_store_place place = naive_place(them, i);
    if (test_random_below(&them->random, 3) == 0) {
        assert_ok(mjl_records_delete(them->records, place.session, place.kind, place.key));
        them->now.is_there[i] = false;
        return;
    }
    const bool is_large = test_random_below(&them->random, 16) == 0;
    const size_t size = test_random_below(&them->random, is_large ? NAIVE_VALUE_MAX : 300);
    memset(them->now.value[i], (int)test_random_below(&them->random, 2), size);
    them->now.size[i] = size;
    them->now.is_there[i] = true;
    assert_ok(mjl_records_put(them->records, place.session, place.kind, place.key,
                              mjl_bytes_of(them->now.value[i], size)));
}

/* Kinds 1 and 2 are sealed one by one, but for those of 2 that lie in the head, as some of 4 do. */
static void set_shelves(mjl_records *records)
{
    mjl_records_set_shelf(records, 3, MJL_SHELF_LASTING);
    mjl_records_set_shelf(records, 4, MJL_SHELF_PASSING);
    mjl_records_hold_in_head(records, 2);
    mjl_records_hold_in_head(records, 4);
}

static void reopen(both *them)
{
    mjl_records_free(them->records);
    them->now = them->persisted;
    them->records = test_records_open(them->disk, &them->random);
    set_shelves(them->records);
    if (test_random_below(&them->random, 2) == 0) mjl_records_loaded_done(them->records);
}

static void operate(both *them)
{
    const size_t what = test_random_below(&them->random, 20);
    if (what < 14) {
        put_random(them);
    } else if (what < 17) {
        if (test_random_below(&them->random, 20) == 0) mjl_records_sweep(them->records);
        uint8_t before[32];
        uint8_t after[32];
        assert_ok(mjl_records_state_hash(them->records, before));
        assert_ok(mjl_records_persist(them->records));
        assert_ok(mjl_records_state_hash(them->records, after));
        assert_memory_equal(before, after, 32);
        them->persisted = them->now;
    } else if (what < 18) {
        mjl_records_discard(them->records);
        them->now = them->persisted;
    } else {
        reopen(them);
    }
}

static void random_operations_agree_with_a_plain_array(void **state)
{
    test_disk *disk = *state;
    static both them;
    memset(&them, 0, sizeof them);
    them.disk = disk;
    them.random.state = test_seed();
    them.records = test_records_open(disk, &them.random);
    set_shelves(them.records);
    const int steps = disk->kind == ON_MEMORY ? 4000 : 1200;
    for (int step = 0; step < steps; step++) {
        operate(&them);
        if (step % 10 == 0) check_against_naive(&them);
    }
    reopen(&them);
    check_against_naive(&them);
    mjl_records_free(them.records);
}

static void many_records_keep_their_places(void **state)
{
    test_disk *disk = *state;
    test_random random = {11};
    mjl_records *records = test_records_open(disk, &random);
    for (uint32_t i = 0; i < 3000; i++)
        assert_ok(mjl_records_put(records, i % 7, 1, mjl_bytes_of(&i, 4), mjl_bytes_of(&i, 4)));
    assert_ok(mjl_records_persist(records));
    for (uint32_t i = 0; i < 3000; i += 2)
        assert_ok(mjl_records_delete(records, i % 7, 1, mjl_bytes_of(&i, 4)));
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    records = test_records_open(disk, &random);
    mjl_buffer found = {0};
    for (uint32_t i = 0; i < 3000; i++)
        assert_result(mjl_records_get(records, i % 7, 1, mjl_bytes_of(&i, 4), &found),
                      i % 2 == 0 ? MJL_NOT_FOUND : MJL_OK);
    mjl_buffer_clear(&found);
    mjl_records_free(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(new_profile_is_empty_until_its_first_persist),
        ON_BOTH(persisted_records_are_there_after_reopening),
        ON_BOTH(an_empty_value_may_be_all_that_is_written),
        ON_BOTH(unpersisted_records_never_were),
        ON_BOTH(get_sees_the_batch_before_the_disk),
        ON_MEMORY_ONLY(discarded_batch_leaves_nothing),
        ON_MEMORY_ONLY(change_that_changes_nothing_leaves_the_batch),
        ON_BOTH(too_large_value_is_refused),
        ON_BOTH(loaded_records_are_found_by_session_and_kind),
        ON_BOTH(equal_states_have_equal_hashes_under_other_keys_and_nonces),
        ON_MEMORY_ONLY(failed_persist_is_for_good_and_reopening_has_the_last_good_state),
        ON_MEMORY_ONLY(failing_random_source_changes_nothing),
        ON_MEMORY_ONLY(repeating_random_source_never_repeats_a_nonce),
        ON_MEMORY_ONLY(sealed_bytes_are_the_known_answer),
        ON_BOTH(random_operations_agree_with_a_plain_array),
        ON_BOTH(many_records_keep_their_places),
    };
    const int failed = cmocka_run_group_tests_name("records", tests, NULL, NULL);
    return failed + run_damage_tests();
}
