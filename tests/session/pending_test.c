#include "pending.h"

#include "damage.h"
#include "test.h"

#include <stdio.h>

static mjl_pending *pending;

static int begin(void **state)
{
    (void)state;
    assert_int_equal(mjl_pending_new(&pending), MJL_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mjl_pending_free(pending);
    return 0;
}

static mjl_id named(const char *name)
{
    return mjl_id_packet(mjl_bytes_text(name));
}

/* `missing`: names of one letter each. */
static mjl_result hold(const char *place, const char *author, const char *missing, mjl_time since)
{
    mjl_place_ref refs[MJL_PARENTS_MAX];
    mjl_pending_entry entry = {.packet = named("packet"),
                               .place = named(place),
                               .branch = named(author),
                               .author = named(author),
                               .since = since,
                               .missing = refs,
                               .blob = mjl_bytes_text(place)};
    for (; missing[entry.missing_count] != 0; entry.missing_count++) {
        const char name[2] = {missing[entry.missing_count], 0};
        refs[entry.missing_count] = (mjl_place_ref){1, named(name)};
    }
    mjl_place_refs_sort(refs, entry.missing_count);
    const mjl_result result = mjl_pending_add(pending, &entry);
    assert_true(mjl_pending_check(pending));
    return result;
}

static void accepted(const char *place)
{
    const mjl_id id = named(place);
    mjl_pending_accepted(pending, &id);
    assert_true(mjl_pending_check(pending));
}

static void next_ready_is(const char *place)
{
    mjl_pending_entry entry;
    mjl_buffer blob = {0};
    assert_int_equal(mjl_pending_take_ready(pending, &entry, &blob), MJL_OK);
    const mjl_id id = named(place);
    assert_true(mjl_id_equal(&entry.place, &id));
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&blob), mjl_bytes_text(place)));
    assert_int_equal(entry.missing_count, 0);
    mjl_buffer_clear(&blob);
    assert_true(mjl_pending_check(pending));
}

static void nothing_is_ready(void)
{
    mjl_pending_entry entry;
    mjl_buffer blob = {0};
    assert_int_equal(mjl_pending_take_ready(pending, &entry, &blob), MJL_EMPTY);
}

static void a_place_is_ready_when_its_last_missing_parent_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(hold("p", "bob", "xy", 5), MJL_OK);
    nothing_is_ready();
    accepted("x");
    nothing_is_ready();
    accepted("z");
    accepted("y");
    next_ready_is("p");
    nothing_is_ready();
    assert_int_equal(mjl_pending_count(pending), 0);
}

static void ready_places_come_in_order_of_arrival(void **state)
{
    (void)state;
    assert_int_equal(hold("p", "bob", "y", 1), MJL_OK);
    assert_int_equal(hold("q", "carol", "x", 2), MJL_OK);
    assert_int_equal(hold("r", "bob", "xy", 3), MJL_OK);
    accepted("x");
    accepted("y");
    next_ready_is("p");
    next_ready_is("q");
    next_ready_is("r");
    nothing_is_ready();
}

static void one_authors_excess_leaves_the_others_room(void **state)
{
    (void)state;
    char name[16];
    for (unsigned i = 0; i < MJL_PENDING_PER_AUTHOR_MAX; i++) {
        snprintf(name, sizeof name, "bob %u", i);
        assert_int_equal(hold(name, "bob", "x", 1), MJL_OK);
    }
    assert_int_equal(hold("one more", "bob", "x", 1), MJL_FULL);
    assert_int_equal(hold("carols", "carol", "x", 1), MJL_OK);
    accepted("x");
    next_ready_is("bob 0");
    assert_int_equal(hold("one more", "bob", "y", 1), MJL_OK);
}

static void the_bytes_one_author_makes_wait_are_bounded(void **state)
{
    (void)state;
    const size_t size = MJL_PENDING_BYTES_PER_AUTHOR_MAX / 2 + 1;
    uint8_t *blob = (uint8_t *)calloc(1, size);
    assert_non_null(blob);
    const mjl_place_ref missing = {1, named("x")};
    mjl_pending_entry entry = {.author = named("bob"),
                               .place = named("p"),
                               .missing = &missing,
                               .missing_count = 1,
                               .blob = mjl_bytes_of(blob, size)};
    assert_int_equal(mjl_pending_add(pending, &entry), MJL_OK);
    entry.place = named("q");
    assert_int_equal(mjl_pending_add(pending, &entry), MJL_FULL);
    entry.blob.size = 10;
    assert_int_equal(mjl_pending_add(pending, &entry), MJL_OK);
    free(blob);
}

static void a_place_waits_once(void **state)
{
    (void)state;
    const mjl_id p = named("p");
    assert_false(mjl_pending_has(pending, &p));
    assert_int_equal(hold("p", "bob", "x", 1), MJL_OK);
    assert_int_equal(hold("p", "bob", "x", 1), MJL_DUPLICATE);
    assert_true(mjl_pending_has(pending, &p));
}

static void what_lacks_nothing_does_not_wait(void **state)
{
    (void)state;
    assert_int_equal(hold("p", "bob", "", 1), MJL_BAD_ARGUMENT);
}

/* Whoever means ill may name one place under many epochs. */
static void what_names_one_place_twice_is_refused(void **state)
{
    (void)state;
    mjl_place_ref refs[MJL_PARENTS_MAX];
    mjl_pending_entry entry = {.packet = named("packet"),
                               .place = named("p"),
                               .branch = named("bob"),
                               .author = named("bob"),
                               .since = 1,
                               .missing = refs,
                               .missing_count = MJL_PARENTS_MAX,
                               .blob = mjl_bytes_text("p")};
    for (size_t i = 0; i < MJL_PARENTS_MAX; i++)
        refs[i] = (mjl_place_ref){i, named("x")};
    assert_int_equal(mjl_pending_add(pending, &entry), MJL_BAD_ARGUMENT);
    assert_true(mjl_pending_check(pending));
    accepted("x");
}

static void gaps_are_named_the_longest_missing_first(void **state)
{
    (void)state;
    mjl_gap gap = {.oldest = NULL};
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_NOT_FOUND);
    assert_int_equal(hold("p", "bob", "x", 5), MJL_OK);
    assert_int_equal(hold("q", "carol", "x", 7), MJL_OK);
    assert_int_equal(hold("r", "carol", "xyz", 8), MJL_OK);
    const mjl_id x = named("x"), y = named("y"), z = named("z");
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_OK);
    assert_true(mjl_id_equal(&gap.place.id, &x));
    assert_int_equal(gap.since, 5);
    assert_int_equal(gap.waiting_count, 3);
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_OK);
    assert_true(mjl_id_equal(&gap.place.id, &y));
    assert_int_equal(gap.since, 8);
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_OK);
    assert_true(mjl_id_equal(&gap.place.id, &z));
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_NOT_FOUND);
    accepted("x");
    gap = (mjl_gap){.oldest = NULL};
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_OK);
    assert_true(mjl_id_equal(&gap.place.id, &y));
}

static void a_dropped_epoch_takes_its_places_with_it(void **state)
{
    (void)state;
    assert_int_equal(hold("p", "bob", "x", 1), MJL_OK);
    assert_int_equal(hold("q", "carol", "x", 2), MJL_OK);
    assert_int_equal(hold("r", "bob", "y", 3), MJL_OK);
    accepted("y"); /* r is ready when it goes. */
    const mjl_id branch = named("bob");
    mjl_pending_drop_branch(pending, &branch);
    assert_true(mjl_pending_check(pending));
    assert_int_equal(mjl_pending_count(pending), 1);
    nothing_is_ready();
    mjl_gap gap = {.oldest = NULL};
    assert_int_equal(mjl_pending_next_gap(pending, &gap), MJL_OK);
    assert_int_equal(gap.since, 2);
    assert_int_equal(gap.waiting_count, 1);
    accepted("x");
    next_ready_is("q");
}

/* ---- Records ---- */

static bool is_marked(const char *place)
{
    const mjl_id id = named(place);
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(pending, entry)) != NULL)
        if (mjl_id_equal(&entry->place, &id)) return entry->is_marked;
    fail();
    return false;
}

static void what_waits_for_a_place_by_way_of_others_is_behind_it(void **state)
{
    (void)state;
    assert_int_equal(hold("d", "bob", "bc", 1), MJL_OK);
    assert_int_equal(hold("b", "eve", "ax", 2), MJL_OK);
    assert_int_equal(hold("c", "bob", "a", 3), MJL_OK);
    assert_int_equal(hold("e", "eve", "x", 4), MJL_OK);
    mjl_id place = named("a");
    mjl_pending_mark_behind(pending, &place);
    assert_true(is_marked("b") && is_marked("c") && is_marked("d"));
    assert_false(is_marked("e"));
    place = named("c");
    mjl_pending_mark_behind(pending, &place);
    assert_true(is_marked("d"));
    assert_false(is_marked("b") || is_marked("c") || is_marked("e"));
    accepted("a");
    accepted("x");
    place = named("x");
    mjl_pending_mark_behind(pending, &place);
    assert_false(is_marked("d"));
}

static void what_a_place_waits_for_by_way_of_others_is_before_it(void **state)
{
    (void)state;
    assert_int_equal(hold("d", "bob", "bc", 1), MJL_OK);
    assert_int_equal(hold("b", "eve", "ax", 2), MJL_OK);
    assert_int_equal(hold("c", "bob", "a", 3), MJL_OK);
    assert_int_equal(hold("e", "eve", "x", 4), MJL_OK);
    const mjl_place_ref places[] = {{1, named("d")}, {1, named("a")}};
    mjl_pending_mark_before(pending, places, 2);
    assert_true(is_marked("d") && is_marked("b") && is_marked("c"));
    assert_false(is_marked("e"));
    const mjl_place_ref other = {1, named("b")};
    mjl_pending_mark_before(pending, &other, 1);
    assert_true(is_marked("b"));
    assert_false(is_marked("d") || is_marked("c") || is_marked("e"));
}

static void all_that_waits_stands_in_one_row(void **state)
{
    (void)state;
    assert_null(mjl_pending_next(pending, NULL));
    assert_int_equal(hold("d", "bob", "bc", 1), MJL_OK);
    assert_int_equal(hold("b", "eve", "ax", 2), MJL_OK);
    const mjl_pending_entry *const first = mjl_pending_next(pending, NULL);
    const mjl_id one = named("d"), other = named("b");
    assert_memory_equal(&first->place, &one, sizeof one);
    const mjl_pending_entry *const second = mjl_pending_next(pending, first);
    assert_memory_equal(&second->place, &other, sizeof other);
    assert_null(mjl_pending_next(pending, second));
}

static void a_number_that_returns_is_one_change(void **state)
{
    (void)state;
    assert_int_equal(hold("p", "bob", "x", 1), MJL_OK);
    mjl_pending_dirty_clear(pending);
    accepted("x");
    next_ready_is("p");
    assert_int_equal(mjl_pending_dirty_count(pending), 1);
    assert_true(mjl_pending_dirty(pending, 0).is_removed);
    assert_int_equal(hold("q", "bob", "y", 2), MJL_OK);
    assert_int_equal(mjl_pending_dirty_count(pending), 1);
    assert_int_equal(mjl_pending_dirty(pending, 0).serial, 1);
    assert_false(mjl_pending_dirty(pending, 0).is_removed);
}

/* What a store would hold: by serial number, without what was removed. */
static void persist(mjl_buffer *records, size_t room)
{
    for (size_t i = 0; i < mjl_pending_dirty_count(pending); i++) {
        const mjl_pending_change change = mjl_pending_dirty(pending, i);
        assert_true(change.serial < room);
        mjl_buffer_clear(&records[change.serial]);
        if (change.is_removed) continue;
        assert_int_equal(mjl_pending_save(pending, change.serial, &records[change.serial]), MJL_OK);
    }
    mjl_pending_dirty_clear(pending);
}

static void reload(const mjl_buffer *records, size_t room)
{
    mjl_pending_free(pending);
    assert_int_equal(mjl_pending_new(&pending), MJL_OK);
    for (size_t i = 0; i < room; i++) {
        if (records[i].size == 0) continue;
        assert_int_equal(mjl_pending_load(pending, mjl_buffer_bytes(&records[i])), MJL_OK);
    }
    assert_true(mjl_pending_check(pending));
}

static void saving_and_loading_changes_nothing(void **state)
{
    (void)state;
    enum { STEPS = 3000, ROOM = STEPS + 1 };
    static mjl_buffer records[2][ROOM];
    test_random random = test_random_new(7);
    /* The same steps with and without reloading give the same records. */
    const uint64_t seed = random.state;
    for (size_t run = 0; run < 2; run++) {
        random.state = seed;
        mjl_pending_free(pending);
        assert_int_equal(mjl_pending_new(&pending), MJL_OK);
        for (unsigned step = 0; step < STEPS; step++) {
            char place[2] = {(char)('a' + test_random_below(&random, 26)), 0};
            char missing[3] = {(char)('a' + test_random_below(&random, 26)), 0, 0};
            missing[1] = (char)('a' + test_random_below(&random, 26));
            if (missing[0] == missing[1]) missing[1] = 0;
            static const char *const authors[] = {"bob", "carol", "dora"};
            const char *author = authors[test_random_below(&random, 3)];
            const uint64_t choice = test_random_below(&random, 10);
            if (choice < 6) {
                const mjl_result result = hold(place, author, missing, step);
                assert_true(result == MJL_OK || result == MJL_DUPLICATE);
            } else if (choice < 9) {
                accepted(place);
                mjl_pending_entry entry;
                mjl_buffer blob = {0};
                while (mjl_pending_take_ready(pending, &entry, &blob) == MJL_OK)
                    mjl_buffer_clear(&blob);
            } else if (test_random_below(&random, 20) == 0) {
                const mjl_id branch = named(author);
                mjl_pending_drop_branch(pending, &branch);
            }
            if (step % 7 == 0) persist(records[run], ROOM);
            if (step % 7 == 0 && run == 1) reload(records[run], ROOM);
        }
        persist(records[run], ROOM);
    }
    for (size_t i = 0; i < ROOM; i++) {
        assert_true(
            mjl_bytes_equal(mjl_buffer_bytes(&records[0][i]), mjl_buffer_bytes(&records[1][i])));
        mjl_buffer_clear(&records[0][i]);
        mjl_buffer_clear(&records[1][i]);
    }
}

static mjl_result recode(mjl_bytes in, mjl_buffer *out)
{
    mjl_pending *loaded;
    assert_int_equal(mjl_pending_new(&loaded), MJL_OK);
    const mjl_result result = mjl_pending_load(loaded, in);
    assert_true(result == MJL_OK || result == MJL_STORE_DAMAGED);
    if (result == MJL_OK) {
        assert_true(mjl_pending_check(loaded));
        const uint64_t serial = mjl_pending_next(loaded, NULL)->serial;
        assert_int_equal(mjl_pending_save(loaded, serial, out), MJL_OK);
    }
    mjl_pending_free(loaded);
    return result;
}

static void a_damaged_record_is_refused_or_is_another_value(void **state)
{
    (void)state;
    assert_int_equal(hold("p", "bob", "xy", 1), MJL_OK);
    mjl_buffer record = {0};
    assert_int_equal(mjl_pending_save(pending, 1, &record), MJL_OK);
    test_round_trip(mjl_buffer_bytes(&record), recode);
    assert_true(test_damage(mjl_buffer_bytes(&record), recode) >= record.size);
    assert_int_equal(mjl_pending_save(pending, 2, &record), MJL_NOT_FOUND);
    mjl_buffer_clear(&record);
}

int main(void)
{
#define HELD(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        HELD(a_place_is_ready_when_its_last_missing_parent_is_accepted),
        HELD(ready_places_come_in_order_of_arrival),
        HELD(one_authors_excess_leaves_the_others_room),
        HELD(the_bytes_one_author_makes_wait_are_bounded),
        HELD(a_place_waits_once),
        HELD(what_lacks_nothing_does_not_wait),
        HELD(what_names_one_place_twice_is_refused),
        HELD(gaps_are_named_the_longest_missing_first),
        HELD(a_dropped_epoch_takes_its_places_with_it),
        HELD(what_waits_for_a_place_by_way_of_others_is_behind_it),
        HELD(what_a_place_waits_for_by_way_of_others_is_before_it),
        HELD(all_that_waits_stands_in_one_row),
        HELD(a_number_that_returns_is_one_change),
        HELD(saving_and_loading_changes_nothing),
        HELD(a_damaged_record_is_refused_or_is_another_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
