/* Whatever is done to the records below the seal is noticed. */
#include "record_seal.h"
#include "records_test.h"
#include "test_disk.h"

#include <sodium.h>

/* A disk taken apart: what an attacker who holds the file can rearrange. */
enum { PARTS_MAX = 16 };

typedef struct part {
    uint32_t session;
    uint16_t kind;
    uint8_t key[MJL_STORE_KEY_SIZE_MAX];
    size_t key_size;
    mjl_buffer value;
} part;

typedef struct parts {
    part all[PARTS_MAX];
    size_t count;
} parts;

static mjl_store_place place_of(const part *one)
{
    const mjl_store_place place = {one->session, one->kind, mjl_bytes_of(one->key, one->key_size)};
    return place;
}

static mjl_result take_part(void *visitor, mjl_store_place place, mjl_bytes value)
{
    parts *taken = visitor;
    assert_true(taken->count < PARTS_MAX);
    part *one = &taken->all[taken->count++];
    memset(one, 0, sizeof *one);
    one->session = place.session;
    one->kind = place.kind;
    one->key_size = place.key.size;
    if (place.key.size != 0) memcpy(one->key, place.key.data, place.key.size);
    return mjl_buffer_append(&one->value, value);
}

static void take_apart(test_disk *disk, parts *taken)
{
    taken->count = 0;
    mjl_store *store = test_disk_open(disk);
    assert_ok(mjl_store_load(store, take_part, taken));
    mjl_store_free(store);
}

static void clear_parts(parts *taken)
{
    for (size_t i = 0; i < taken->count; i++)
        mjl_buffer_clear(&taken->all[i].value);
    taken->count = 0;
}

/* The parts as a store, in the order they stand. */
static mjl_result visit_parts(void *context, mjl_store_visit *visit, void *visitor)
{
    const parts *shown = context;
    for (size_t i = 0; i < shown->count; i++) {
        const mjl_result result =
            visit(visitor, place_of(&shown->all[i]), mjl_buffer_bytes(&shown->all[i].value));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result get_part(void *context, mjl_store_place place, mjl_buffer *value)
{
    const parts *shown = context;
    for (size_t i = 0; i < shown->count; i++) {
        if (mjl_store_place_compare(place_of(&shown->all[i]), place) != 0) continue;
        mjl_buffer_clear(value);
        return mjl_buffer_append(value, mjl_buffer_bytes(&shown->all[i].value));
    }
    return MJL_NOT_FOUND;
}

static mjl_result refuse_to_apply(void *context, const mjl_store_change *changes, size_t count)
{
    (void)context, (void)changes, (void)count;
    return MJL_STORE_FAILED;
}

static mjl_store *show(parts *shown)
{
    const mjl_store_backend backend = {shown, visit_parts, get_part, refuse_to_apply, NULL};
    mjl_store *store = NULL;
    assert_ok(mjl_store_new(&backend, &store));
    return store;
}

static mjl_result open_parts(parts *shown)
{
    return test_records_try(show(shown), test_key);
}

enum { LASTING = 10, PASSING = 11, HELD = 12 };

/* Head, in which two records lie, two bundles, then six records; the second of one session has the
 * same kind, key and size in another. */
static void write_sample(test_disk *disk, uint64_t seed)
{
    test_random random = {seed};
    mjl_records *records = test_records_open(disk, &random);
    mjl_records_set_shelf(records, LASTING, MJL_SHELF_LASTING);
    mjl_records_set_shelf(records, PASSING, MJL_SHELF_PASSING);
    mjl_records_hold_in_head(records, HELD);
    test_put(records, 3, HELD, "a", "in the");
    test_put(records, 4, HELD, "", "head");
    test_put(records, 3, LASTING, "a", "with others");
    test_put(records, 3, LASTING, "b", "in one seal");
    test_put(records, 3, PASSING, "a", "with others");
    test_put(records, 3, PASSING, "b", "in one seal");
    test_put(records, 1, 1, "a", "alpha");
    test_put(records, 1, 1, "b", "bravo");
    test_put(records, 1, 2, "a", "carol");
    test_put(records, 2, 1, "a", "delta");
    test_put(records, 2, 1, "", "no key");
    test_put(records, 2, 3, "long key that has some bytes", "");
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
}

enum { SAMPLE_PARTS = 9 };

typedef struct fixture {
    test_disk disk;
    parts sample;
} fixture;

static int set_up(void **state)
{
    static fixture made;
    test_disk_init(&made.disk, ON_MEMORY);
    write_sample(&made.disk, 1);
    take_apart(&made.disk, &made.sample);
    assert_int_equal(made.sample.count, SAMPLE_PARTS);
    assert_ok(open_parts(&made.sample));
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    clear_parts(&made->sample);
    test_disk_clear(&made->disk);
    return 0;
}

static void every_changed_bit_of_a_value_is_refused(void **state)
{
    parts *sample = &((fixture *)*state)->sample;
    for (size_t i = 0; i < sample->count; i++) {
        for (size_t at = 0; at < sample->all[i].value.size; at++) {
            for (unsigned bit = 1; bit < 256; bit <<= 1) {
                uint8_t *byte = sample->all[i].value.data + at;
                *byte ^= (uint8_t)bit;
                const mjl_result expected = i > 0                       ? MJL_STORE_DAMAGED
                                            : at > 0                    ? MJL_STORE_WRONG_KEY
                                            : *byte < MJL_RECORD_FORMAT ? MJL_STORE_DAMAGED
                                                                        : MJL_UNKNOWN_VERSION;
                assert_result(open_parts(sample), expected);
                *byte ^= (uint8_t)bit;
            }
        }
    }
    assert_ok(open_parts(sample));
}

static void every_truncated_or_longer_value_is_refused(void **state)
{
    parts *sample = &((fixture *)*state)->sample;
    for (size_t i = 0; i < sample->count; i++) {
        mjl_buffer *value = &sample->all[i].value;
        const size_t whole = value->size;
        const size_t least =
            i > 0 ? SIZE_MAX : MJL_RECORD_HEAD_PLAIN_SIZE + MJL_RECORD_HEAD_OVERHEAD;
        assert_ok(mjl_buffer_append(value, mjl_bytes_of("", 1)));
        assert_result(open_parts(sample), i > 0 ? MJL_STORE_DAMAGED : MJL_STORE_WRONG_KEY);
        for (value->size = 0; value->size < whole; value->size++) {
            const bool may_be_whole = value->size >= least; /* Heads have many sizes. */
            assert_result(open_parts(sample),
                          may_be_whole ? MJL_STORE_WRONG_KEY : MJL_STORE_DAMAGED);
        }
    }
    assert_ok(open_parts(sample));
}

static void every_changed_byte_of_a_place_is_refused(void **state)
{
    parts *sample = &((fixture *)*state)->sample;
    for (size_t i = 0; i < sample->count; i++) {
        part *one = &sample->all[i];
        const part before = *one;
        for (unsigned bit = 0; bit < 32; bit++) {
            one->session ^= (uint32_t)1 << bit;
            assert_result(open_parts(sample), MJL_STORE_DAMAGED);
            *one = before;
        }
        for (unsigned bit = 0; bit < 16; bit++) {
            one->kind = (uint16_t)(one->kind ^ 1u << bit);
            assert_result(open_parts(sample), MJL_STORE_DAMAGED);
            *one = before;
        }
        for (size_t at = 0; at < one->key_size * 8; at++) {
            one->key[at / 8] ^= (uint8_t)(1u << at % 8);
            assert_result(open_parts(sample), MJL_STORE_DAMAGED);
            *one = before;
        }
        one->key_size++; /* A zero byte more. */
        assert_result(open_parts(sample), MJL_STORE_DAMAGED);
        *one = before;
    }
    assert_ok(open_parts(sample));
}

static void swapped_values_are_refused(void **state)
{
    parts *sample = &((fixture *)*state)->sample;
    for (size_t i = 0; i < sample->count; i++) {
        for (size_t other = i + 1; other < sample->count; other++) {
            const mjl_buffer value = sample->all[i].value;
            sample->all[i].value = sample->all[other].value;
            sample->all[other].value = value;
            assert_int_not_equal(open_parts(sample), MJL_OK);
            sample->all[other].value = sample->all[i].value;
            sample->all[i].value = value;
        }
    }
    assert_ok(open_parts(sample));
}

static void missing_record_is_refused(void **state)
{
    const parts *sample = &((fixture *)*state)->sample;
    for (size_t missing = 0; missing < sample->count; missing++) {
        parts fewer = {.count = 0};
        for (size_t i = 0; i < sample->count; i++)
            if (i != missing) fewer.all[fewer.count++] = sample->all[i];
        assert_result(open_parts(&fewer), MJL_STORE_DAMAGED);
    }
    parts only_head = {.count = 1};
    only_head.all[0] = sample->all[0];
    assert_result(open_parts(&only_head), MJL_STORE_DAMAGED);
}

static void duplicated_record_is_refused(void **state)
{
    const parts *sample = &((fixture *)*state)->sample;
    for (size_t twice = 0; twice < sample->count; twice++) {
        parts more = {.count = 0};
        for (size_t i = 0; i < sample->count; i++) {
            more.all[more.count++] = sample->all[i];
            if (i == twice) more.all[more.count++] = sample->all[i];
        }
        assert_result(open_parts(&more), MJL_STORE_DAMAGED);
    }
}

/* Replaces one that is missing, so that the count is right and only the set hash can tell. */
static void record_moved_into_the_place_of_another_is_refused(void **state)
{
    const parts *sample = &((fixture *)*state)->sample;
    for (size_t from = 1; from < sample->count; from++) {
        for (size_t to = 1; to < sample->count; to++) {
            if (from == to) continue;
            parts moved = *sample;
            moved.all[to].value = sample->all[from].value;
            assert_result(open_parts(&moved), MJL_STORE_DAMAGED);
        }
    }
}

static void extra_record_of_an_earlier_time_is_refused(void **state)
{
    fixture *made = *state;
    test_random random = {2};
    mjl_records *records = test_records_open(&made->disk, &random);
    assert_ok(mjl_records_delete(records, 2, 1, mjl_bytes_text("a")));
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    parts later;
    take_apart(&made->disk, &later);
    parts mixed = made->sample; /* All old records, the deleted one among them, the new head. */
    mixed.all[0] = later.all[0];
    assert_result(open_parts(&mixed), MJL_STORE_DAMAGED);
    assert_ok(open_parts(&later));
    clear_parts(&later);
}

/* One record changed twice, so that sizes and places are all equal. */
static void old_and_new_records_do_not_mix(void **state)
{
    fixture *made = *state;
    test_random random = {3};
    mjl_records *records = test_records_open(&made->disk, &random);
    test_put(records, 1, 1, "a", "ALPHA");
    test_put(records, 2, 1, "a", "DELTA");
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    parts later;
    take_apart(&made->disk, &later);
    assert_int_equal(later.count, SAMPLE_PARTS);
    size_t refused = 0;
    for (unsigned from_later = 0; from_later < 1u << SAMPLE_PARTS; from_later++) {
        parts mixed = {.count = SAMPLE_PARTS};
        for (size_t i = 0; i < SAMPLE_PARTS; i++)
            mixed.all[i] = (from_later >> i & 1) != 0 ? later.all[i] : made->sample.all[i];
        const mjl_result result = open_parts(&mixed);
        if (result == MJL_STORE_DAMAGED) refused++;
        if (result != MJL_STORE_DAMAGED) assert_ok(result);
    }
    /* Of head and two changed records, all old and all new are whole: 2 of 8. */
    assert_int_equal(refused, (1u << SAMPLE_PARTS) / 8 * 6);
    clear_parts(&later);
}

static void rewritten_equal_value_is_of_its_own_time(void **state)
{
    fixture *made = *state;
    test_random random = {4};
    mjl_records *records = test_records_open(&made->disk, &random);
    test_put(records, 1, 1, "a", "other");
    assert_ok(mjl_records_persist(records));
    test_put(records, 1, 1, "a", "alpha"); /* As at first. */
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    parts later;
    take_apart(&made->disk, &later);
    parts mixed = later;
    assert_ok(open_parts(&mixed));
    for (size_t i = 1; i < mixed.count; i++) {
        if (mjl_bytes_equal(mjl_buffer_bytes(&later.all[i].value),
                            mjl_buffer_bytes(&made->sample.all[i].value)))
            continue;
        mixed.all[i] = made->sample.all[i];
        assert_result(open_parts(&mixed), MJL_STORE_DAMAGED);
    }
    clear_parts(&later);
}

static void record_of_another_profile_with_the_same_key_is_refused(void **state)
{
    fixture *made = *state;
    test_disk other;
    test_disk_init(&other, ON_MEMORY);
    write_sample(&other, 77);
    parts theirs;
    take_apart(&other, &theirs);
    assert_ok(open_parts(&theirs));
    for (size_t i = 0; i < SAMPLE_PARTS; i++) {
        parts mixed = made->sample;
        mixed.all[i] = theirs.all[i];
        assert_result(open_parts(&mixed), MJL_STORE_DAMAGED);
    }
    clear_parts(&theirs);
    test_disk_clear(&other);
}

static void wrong_key_is_told_from_damage(void **state)
{
    parts *sample = &((fixture *)*state)->sample;
    for (size_t at = 0; at < MJL_STORE_SEALING_KEY_SIZE; at++) {
        uint8_t key[MJL_STORE_SEALING_KEY_SIZE];
        memcpy(key, test_key, sizeof key);
        key[at] ^= 1;
        assert_result(test_records_try(show(sample), key), MJL_STORE_WRONG_KEY);
    }
}

static void get_notices_a_record_exchanged_while_open(void **state)
{
    fixture *made = *state;
    test_random random = {5};
    mjl_records *records = test_records_open(&made->disk, &random);
    test_put(records, 1, 1, "a", "later");
    assert_ok(mjl_records_persist(records));
    mjl_records_free(records);
    parts later;
    take_apart(&made->disk, &later);
    parts shown = later;
    assert_ok(mjl_records_open(show(&shown), test_key, test_random_source(&random), &records));
    test_assert_value(records, 1, 1, "a", "later");
    shown.all[3] = made->sample.all[3]; /* Genuine, at its place, but old. */
    mjl_buffer found = {0};
    assert_result(mjl_records_get(records, 1, 1, mjl_bytes_text("a"), &found), MJL_STORE_DAMAGED);
    assert_result(mjl_records_failure(records), MJL_STORE_DAMAGED);
    assert_int_equal(found.size, 0);
    mjl_records_free(records);

    shown = later;
    assert_ok(mjl_records_open(show(&shown), test_key, test_random_source(&random), &records));
    shown.count = 1; /* All gone but the head. */
    assert_result(mjl_records_get(records, 1, 1, mjl_bytes_text("a"), &found), MJL_STORE_DAMAGED);
    mjl_records_free(records);

    uint8_t hash[32];
    shown = later;
    assert_ok(mjl_records_open(show(&shown), test_key, test_random_source(&random), &records));
    shown.count--;
    assert_result(mjl_records_state_hash(records, hash), MJL_STORE_DAMAGED);
    mjl_records_free(records);
    clear_parts(&later);
}

static mjl_result open_anything(test_random *random, parts *shown)
{
    shown->count = 1 + test_random_below(random, 4);
    for (size_t i = 0; i < shown->count; i++) {
        part *one = &shown->all[i];
        const size_t size = test_random_below(random, 200);
        *one = (part){.kind = (uint16_t)i};
        for (size_t at = 0; at < size; at++) {
            const uint8_t byte = at == 0 ? MJL_RECORD_FORMAT : (uint8_t)test_random_next(random);
            assert_ok(mjl_buffer_append(&one->value, mjl_bytes_of(&byte, 1)));
        }
    }
    const mjl_result result = open_parts(shown);
    clear_parts(shown);
    return result;
}

static void noise_is_refused(void **state)
{
    (void)state;
    test_random random = {test_seed()};
    for (int round = 0; round < 2000; round++) {
        parts shown;
        const mjl_result result = open_anything(&random, &shown);
        assert_true(result == MJL_STORE_DAMAGED || result == MJL_STORE_WRONG_KEY);
    }
}

#define WITH_SAMPLE(test)                                                                          \
    {                                                                                              \
#test, test, set_up, tear_down, NULL                                                       \
    }

int run_damage_tests(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(every_changed_bit_of_a_value_is_refused),
        WITH_SAMPLE(every_truncated_or_longer_value_is_refused),
        WITH_SAMPLE(every_changed_byte_of_a_place_is_refused),
        WITH_SAMPLE(swapped_values_are_refused),
        WITH_SAMPLE(missing_record_is_refused),
        WITH_SAMPLE(duplicated_record_is_refused),
        WITH_SAMPLE(record_moved_into_the_place_of_another_is_refused),
        WITH_SAMPLE(extra_record_of_an_earlier_time_is_refused),
        WITH_SAMPLE(old_and_new_records_do_not_mix),
        WITH_SAMPLE(rewritten_equal_value_is_of_its_own_time),
        WITH_SAMPLE(record_of_another_profile_with_the_same_key_is_refused),
        WITH_SAMPLE(wrong_key_is_told_from_damage),
        WITH_SAMPLE(get_notices_a_record_exchanged_while_open),
        cmocka_unit_test(noise_is_refused),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
