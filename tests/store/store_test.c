/* What every backend promises, and what the wrapper checks of one that lies. */
#include "test_disk.h"

#include <stdio.h>

static mjl_store_place place(uint32_t session, uint16_t kind, const char *key)
{
    const mjl_store_place made = {session, kind, mjl_bytes_text(key)};
    return made;
}

static mjl_store_change put(uint32_t session, uint16_t kind, const char *key, const char *value)
{
    const mjl_store_change made = {place(session, kind, key), false, mjl_bytes_text(value)};
    return made;
}

static mjl_store_change erase(uint32_t session, uint16_t kind, const char *key)
{
    const mjl_store_change made = {place(session, kind, key), true, {NULL, 0}};
    return made;
}

static void assert_stored(mjl_store *store, mjl_store_place where, const char *value)
{
    mjl_buffer found = {0};
    if (value == NULL) {
        assert_result(mjl_store_get(store, where, &found), MJL_NOT_FOUND);
    } else {
        assert_ok(mjl_store_get(store, where, &found));
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&found), mjl_bytes_text(value)));
    }
    mjl_buffer_clear(&found);
}

/* Writes down what is visited, as text. */
typedef struct listing {
    char text[512];
    size_t size;
    size_t stop_after;
} listing;

static mjl_result list(void *visitor, mjl_store_place where, mjl_bytes value)
{
    listing *out = visitor;
    if (out->stop_after-- == 0) return MJL_EMPTY;
    out->size +=
        (size_t)snprintf(out->text + out->size, sizeof out->text - out->size, "%u/%u/%.*s=%.*s ",
                         (unsigned)where.session, where.kind, (int)where.key.size,
                         (const char *)where.key.data, (int)value.size, (const char *)value.data);
    return MJL_OK;
}

static void assert_listing(mjl_store *store, const char *text)
{
    listing found = {.stop_after = SIZE_MAX};
    assert_ok(mjl_store_load(store, list, &found));
    assert_string_equal(found.text, text);
}

static void applied_changes_outlive_the_store(void **state)
{
    test_disk *disk = *state;
    mjl_store *store = test_disk_open(disk);
    const mjl_store_change changes[] = {put(2, 1, "b", "two"), put(1, 1, "a", "one"),
                                        put(1, 1, "", "empty key"), put(1, 2, "x", "")};
    assert_ok(mjl_store_apply(store, changes, 4));
    assert_stored(store, place(1, 1, "a"), "one");
    mjl_store_free(store);

    store = test_disk_open(disk);
    assert_stored(store, place(2, 1, "b"), "two");
    assert_stored(store, place(1, 1, ""), "empty key");
    assert_stored(store, place(1, 2, "x"), "");
    assert_stored(store, place(1, 2, "y"), NULL);
    mjl_store_free(store);
}

static void load_visits_in_ascending_order(void **state)
{
    mjl_store *store = test_disk_open(*state);
    const mjl_store_change changes[] = {
        put(UINT32_MAX, UINT16_MAX, "z", "9"),
        put(0, 300, "", "2"),
        put(256, 0, "", "6"),
        put(1, 0, "ab", "5"),
        put(1, 0, "a", "4"),
        put(1, 0, "", "3"),
        put(256, 0, "\xff", "8"),
        put(0, 2, "", "1"),
        put(256, 0, "a", "7"),
    };
    assert_ok(mjl_store_apply(store, changes, sizeof changes / sizeof changes[0]));
    assert_listing(store, "0/2/=1 0/300/=2 1/0/=3 1/0/a=4 1/0/ab=5 256/0/=6 256/0/a=7 "
                          "256/0/\xff=8 4294967295/65535/z=9 ");
    mjl_store_free(store);
}

static void the_last_change_of_a_place_wins(void **state)
{
    mjl_store *store = test_disk_open(*state);
    const mjl_store_change changes[] = {put(1, 1, "a", "first"),  put(1, 1, "a", "second"),
                                        put(1, 1, "b", "goes"),   erase(1, 1, "b"),
                                        erase(1, 1, "never was"), put(1, 1, "c", "stays")};
    assert_ok(mjl_store_apply(store, changes, 6));
    assert_listing(store, "1/1/a=second 1/1/c=stays ");
    const mjl_store_change more[] = {erase(1, 1, "c"),
                                     put(1, 1, "a", "a longer value than before")};
    assert_ok(mjl_store_apply(store, more, 2));
    assert_listing(store, "1/1/a=a longer value than before ");
    mjl_store_free(store);
}

static void load_stops_where_the_visitor_says(void **state)
{
    mjl_store *store = test_disk_open(*state);
    const mjl_store_change changes[] = {put(1, 1, "a", "x"), put(1, 1, "b", "y")};
    assert_ok(mjl_store_apply(store, changes, 2));
    listing found = {.stop_after = 1};
    assert_result(mjl_store_load(store, list, &found), MJL_EMPTY);
    assert_string_equal(found.text, "1/1/a=x ");
    assert_listing(store, "1/1/a=x 1/1/b=y "); /* And may be loaded again. */
    mjl_store_free(store);
}

static void an_empty_transaction_is_fine(void **state)
{
    mjl_store *store = test_disk_open(*state);
    assert_ok(mjl_store_apply(store, NULL, 0));
    assert_listing(store, "");
    mjl_store_free(store);
}

static void a_second_store_on_one_disk_is_refused(void **state)
{
    test_disk *disk = *state;
    mjl_store *store = test_disk_open(disk);
    mjl_store *second = NULL;
    assert_result(disk->kind == ON_MEMORY
                      ? mjl_store_memory_open(disk->memory, &second)
                      : mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, &second),
                  MJL_STORE_LOCKED);
    const mjl_store_change change = put(1, 1, "a", "still writable");
    assert_ok(mjl_store_apply(store, &change, 1));
    mjl_store_free(store);
    store = test_disk_open(disk);
    assert_stored(store, place(1, 1, "a"), "still writable");
    mjl_store_free(store);
}

static void a_large_value_comes_back(void **state)
{
    test_disk *disk = *state;
    const size_t size = MJL_STORE_VALUE_SIZE_MAX;
    uint8_t *value = malloc(size);
    assert_non_null(value);
    memset(value, 0x5a, size);
    mjl_store *store = test_disk_open(disk);
    const mjl_store_change change = {place(1, 1, "a"), false, mjl_bytes_of(value, size)};
    assert_ok(mjl_store_apply(store, &change, 1));
    mjl_store_free(store);
    store = test_disk_open(disk);
    mjl_buffer found = {0};
    assert_ok(mjl_store_get(store, change.place, &found));
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&found), change.value));
    mjl_buffer_clear(&found);
    mjl_store_free(store);
    free(value);
}

static void a_copied_memory_disk_goes_its_own_way(void **state)
{
    test_disk *disk = *state;
    mjl_store *store = test_disk_open(disk);
    const mjl_store_change first = put(1, 1, "a", "both");
    assert_ok(mjl_store_apply(store, &first, 1));
    test_disk copy = {.kind = ON_MEMORY};
    assert_ok(mjl_memory_disk_copy(disk->memory, &copy.memory)); /* As of this moment. */
    const mjl_store_change second = put(1, 1, "b", "one");
    assert_ok(mjl_store_apply(store, &second, 1));
    mjl_store_free(store);
    store = test_disk_open(&copy);
    assert_listing(store, "1/1/a=both ");
    mjl_store_free(store);
    test_disk_clear(&copy);
}

static void a_failed_apply_changes_nothing_and_closes_the_store(void **state)
{
    test_disk *disk = *state;
    mjl_store *store = test_disk_open(disk);
    mjl_memory_disk_fail_after(disk->memory, 1, MJL_STORE_FULL);
    const mjl_store_change first = put(1, 1, "a", "good");
    const mjl_store_change second = put(1, 1, "a", "bad");
    assert_ok(mjl_store_apply(store, &first, 1));
    assert_result(mjl_store_apply(store, &second, 1), MJL_STORE_FULL);
    assert_result(mjl_store_apply(store, &second, 1), MJL_STORE_FULL); /* For good. */
    mjl_buffer found = {0};
    assert_result(mjl_store_get(store, first.place, &found), MJL_STORE_FULL);
    listing unseen = {.stop_after = SIZE_MAX};
    assert_result(mjl_store_load(store, list, &unseen), MJL_STORE_FULL);
    mjl_store_free(store);

    store = test_disk_open(disk);
    assert_listing(store, "1/1/a=good ");
    assert_ok(mjl_store_apply(store, &second, 1)); /* It fails once. */
    mjl_store_free(store);
}

/* A backend that visits what the test tells it to. */
typedef struct liar {
    mjl_store_change visits[3];
    size_t count;
} liar;

static mjl_result liar_load(void *context, mjl_store_visit *visit, void *visitor)
{
    const liar *told = context;
    for (size_t i = 0; i < told->count; i++) {
        const mjl_result result = visit(visitor, told->visits[i].place, told->visits[i].value);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result liar_get(void *context, mjl_store_place where, mjl_buffer *value)
{
    (void)where;
    const liar *told = context;
    return mjl_buffer_append(value, told->visits[0].value);
}

static mjl_result liar_apply(void *context, const mjl_store_change *changes, size_t count)
{
    (void)context, (void)changes, (void)count;
    return MJL_OK;
}

static mjl_result load_lies(liar *told)
{
    const mjl_store_backend backend = {told, liar_load, liar_get, liar_apply, NULL};
    mjl_store *store = NULL;
    assert_ok(mjl_store_new(&backend, &store));
    listing found = {.stop_after = SIZE_MAX};
    const mjl_result result = mjl_store_load(store, list, &found);
    mjl_store_free(store);
    return result;
}

static void a_backend_that_breaks_its_contract_is_damaged(void **state)
{
    (void)state;
    liar honest = {{put(1, 1, "a", "x"), put(1, 1, "b", "y")}, 2};
    assert_ok(load_lies(&honest));
    liar twice = {{put(1, 1, "a", "x"), put(1, 1, "a", "x")}, 2};
    assert_result(load_lies(&twice), MJL_STORE_DAMAGED);
    liar backwards = {{put(1, 1, "b", "x"), put(1, 1, "a", "x")}, 2};
    assert_result(load_lies(&backwards), MJL_STORE_DAMAGED);
    liar sessions = {{put(2, 1, "a", "x"), put(1, 1, "b", "x")}, 2};
    assert_result(load_lies(&sessions), MJL_STORE_DAMAGED);

    static uint8_t much[MJL_STORE_VALUE_SIZE_MAX + 1];
    liar key = {{put(1, 1, "", "x")}, 1};
    key.visits[0].place.key = mjl_bytes_of(much, MJL_STORE_KEY_SIZE_MAX + 1);
    assert_result(load_lies(&key), MJL_STORE_DAMAGED);
    liar value = {{put(1, 1, "a", "")}, 1};
    value.visits[0].value = mjl_bytes_of(much, sizeof much);
    assert_result(load_lies(&value), MJL_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(applied_changes_outlive_the_store),
        ON_BOTH(load_visits_in_ascending_order),
        ON_BOTH(the_last_change_of_a_place_wins),
        ON_BOTH(load_stops_where_the_visitor_says),
        ON_BOTH(an_empty_transaction_is_fine),
        ON_BOTH(a_second_store_on_one_disk_is_refused),
        ON_BOTH(a_large_value_comes_back),
        ON_MEMORY_ONLY(a_copied_memory_disk_goes_its_own_way),
        ON_MEMORY_ONLY(a_failed_apply_changes_nothing_and_closes_the_store),
        cmocka_unit_test(a_backend_that_breaks_its_contract_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
