/* Acks as records. */
#include "acks_room.h"
#include "test.h"

static void a_busy_state(void)
{
    room_say("a2", "alice", 0, "0:c1");
    const uint32_t again = room_place_again();
    room_hear(again, bob);
    room_say("b9", "bob", 1, "1:d2");
    assert_int_equal(mjl_acks_drop_reader(acks, t, dora, 2, &changes), MJL_OK);
}

static void loaded_acks_go_on_as_the_saved_ones(void **state)
{
    (void)state;
    a_busy_state();
    graph_records saved = graph_acks_save(acks);
    mjl_acks *loaded;
    assert_int_equal(graph_acks_load(&saved, t, &loaded), MJL_OK);
    assert_true(mjl_acks_check(loaded, t));
    assert_int_equal(mjl_acks_unacked_count(loaded), mjl_acks_unacked_count(acks));
    for (uint32_t author = 0; author < 4; author++)
        assert_int_equal(mjl_acks_owed_count(loaded, author), mjl_acks_owed_count(acks, author));
    const uint32_t again = graph_find(t, "again");
    room_hear(again, carol);
    mjl_acks_changes others = {0};
    assert_int_equal(mjl_acks_heard(loaded, t, again, carol, &others), MJL_OK);
    assert_int_equal(others.count, changes.count);
    mjl_acks_changes_clear(&others);
    graph_records a = graph_acks_save(acks), b = graph_acks_save(loaded);
    for (size_t i = 0; i < a.count; i++) {
        assert_true(
            mjl_bytes_equal(mjl_buffer_bytes(&a.records[i]), mjl_buffer_bytes(&b.records[i])));
    }
    graph_records_clear(&a);
    graph_records_clear(&b);
    graph_records_clear(&saved);
    mjl_acks_free(loaded);
}

static void only_what_changed_is_dirty(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    mjl_acks_dirty_clear(acks);
    assert_int_equal(mjl_acks_dirty_count(acks), 0);
    assert_false(mjl_acks_head_is_dirty(acks));
    room_hear(a2, bob);
    assert_int_equal(mjl_acks_dirty_count(acks), 1);
    assert_int_equal(mjl_acks_dirty(acks, 0), a2);
    mjl_buffer out = {0};
    assert_int_equal(mjl_acks_save_place(acks, a2, &out), MJL_OK);
    assert_true(out.size != 0);
    mjl_buffer_clear(&out);
    mjl_acks_dirty_clear(acks);
    room_hear(a2, carol);
    assert_int_equal(mjl_acks_dirty_count(acks), 1);
    assert_int_equal(mjl_acks_save_place(acks, a2, &out), MJL_OK);
    assert_int_equal(out.size, 0);
    mjl_buffer_clear(&out);
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 3, &changes), MJL_OK);
    assert_true(mjl_acks_head_is_dirty(acks));
}

static void a_roster_without_its_last_member_is_saved_as_a_smaller_one(void **state)
{
    (void)state;
    uint32_t first, again, late;
    room_say_on_a_line_that_loses(&first, &again, &late);
    assert_int_equal(mjl_acks_unread(acks, t, 2, late, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    graph_records saved = graph_acks_save(acks);
    mjl_acks *loaded;
    assert_int_equal(graph_acks_load(&saved, t, &loaded), MJL_OK);
    assert_true(mjl_acks_check(loaded, t));
    assert_true(mjl_acks_owes(loaded, t, first, carol));
    assert_int_equal(mjl_acks_unread(loaded, t, 2, bob, &changes), MJL_OK);
    assert_int_equal(mjl_acks_unread(loaded, t, 2, carol, &changes), MJL_OK);
    assert_true(mjl_acks_is_full(loaded, t, first));
    assert_true(mjl_acks_place_is_full(loaded, again));
    assert_true(mjl_acks_check(loaded, t));
    graph_records_clear(&saved);
    mjl_acks_free(loaded);
}

static bool is_refused_or_sound(graph_records *saved, size_t changed, mjl_bytes record)
{
    const mjl_buffer kept = saved->records[changed];
    saved->records[changed] = (mjl_buffer){0};
    assert_int_equal(mjl_buffer_append(&saved->records[changed], record), MJL_OK);
    mjl_acks *loaded;
    const mjl_result result = graph_acks_load(saved, t, &loaded);
    if (result == MJL_OK) {
        for (uint32_t place = 0; place < mjl_transcript_places_count(t); place++) {
            for (uint32_t author = 0; author < 16; author++) {
                assert_true(!mjl_acks_owes(loaded, t, place, author) ||
                            mjl_acks_is_reader(loaded, t, place, author));
            }
        }
        graph_records again = graph_acks_save(loaded);
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&again.records[changed]), record));
        graph_records_clear(&again);
        mjl_acks_free(loaded);
    } else {
        assert_int_equal(result, MJL_STORE_DAMAGED);
    }
    mjl_buffer_clear(&saved->records[changed]);
    saved->records[changed] = kept;
    return result != MJL_OK;
}

static void damaged_records_are_refused_or_are_another_value(void **state)
{
    (void)state;
    a_busy_state();
    graph_records saved = graph_acks_save(acks);
    for (size_t i = 0; i < saved.count; i++) {
        mjl_buffer copy = {0};
        assert_int_equal(mjl_buffer_append(&copy, mjl_buffer_bytes(&saved.records[i])), MJL_OK);
        for (size_t size = 1; size < copy.size; size++)
            assert_true(is_refused_or_sound(&saved, i, mjl_bytes_of(copy.data, size)));
        for (size_t at = 0; at < copy.size; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                copy.data[at] ^= (uint8_t)(1U << bit);
                is_refused_or_sound(&saved, i, mjl_buffer_bytes(&copy));
                copy.data[at] ^= (uint8_t)(1U << bit);
            }
        }
        mjl_buffer_clear(&copy);
    }
    graph_records_clear(&saved);
}

/* A record of a few bytes must not make room for millions. */
static void records_name_only_authors_that_are_there(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x92, 0, 0x91, 0x92, 0xce, 0, 0xff, 0xff, 0xff, 1};
    static const uint8_t roster[] = {0x91, 0xce, 0, 0xff, 0xff, 0xff};
    mjl_acks *loaded = NULL;
    assert_int_equal(mjl_acks_load_head(mjl_bytes_of(head, sizeof head), t, &loaded),
                     MJL_STORE_DAMAGED);
    assert_null(loaded);
    assert_int_equal(mjl_acks_load_roster(acks, t, mjl_bytes_of(roster, sizeof roster)),
                     MJL_STORE_DAMAGED);
}

int main(void)
{
#define ACKS(name) cmocka_unit_test_setup_teardown(name, room_begin, room_end)
    const struct CMUnitTest tests[] = {
        ACKS(loaded_acks_go_on_as_the_saved_ones),
        ACKS(only_what_changed_is_dirty),
        ACKS(a_roster_without_its_last_member_is_saved_as_a_smaller_one),
        ACKS(damaged_records_are_refused_or_are_another_value),
        ACKS(records_name_only_authors_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
