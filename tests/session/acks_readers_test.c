/* Who reads what. */
#include "acks_room.h"
#include "test.h"

static void who_was_removed_owes_nothing(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    const uint32_t b0 = room_say("b0", "bob", 0, "1:a2");
    changes.count = 0;
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    assert_int_equal(changes.count, 2);
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_true(mjl_acks_is_full(acks, t, b0));
    assert_false(mjl_acks_is_reader(acks, t, a2, carol));
    assert_int_equal(mjl_acks_readers_count(acks, t, a2), 1);
    assert_int_equal(mjl_acks_owed_count(acks, carol), 0);
    /* Nor of what comes late from the epochs it was in. */
    const uint32_t a3 = room_say("a3", "alice", 1, "1:b0");
    assert_false(mjl_acks_owes(acks, t, a3, carol));
    assert_int_equal(mjl_acks_readers_count(acks, t, a3), 1);
}

static void who_was_added_again_owes_again(void **state)
{
    (void)state;
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    room_accept((graph_place){
        .name = "c2", .author = "alice", .epoch = 1, .parents = "0:c1", .is_commit = true});
    graph_epoch(t, "c2", 2, 1, "carol");
    const uint32_t roster[] = {alice, bob, carol};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 3), MJL_OK);
    const uint32_t a4 =
        room_accept((graph_place){.name = "a4", .author = "alice", .epoch = 2, .parents = "1:c2"});
    assert_true(mjl_acks_owes(acks, t, a4, carol));
    assert_int_equal(mjl_acks_owed_count(acks, carol), 1);
}

static void a_rival_of_the_epoch_that_removed_a_reader_has_it_still(void **state)
{
    (void)state;
    room_accept((graph_place){
        .name = "c2", .author = "alice", .epoch = 1, .parents = "0:c1", .is_commit = true});
    room_accept((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    const uint32_t without[] = {alice, bob}, with[] = {alice, bob, carol};
    graph_epoch(t, "c2", 2, 1, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, without, 2), MJL_OK);
    graph_epoch(t, "d2", 2, 1, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, with, 3), MJL_OK);
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 3, &changes), MJL_OK);
    const uint32_t b0 =
        room_accept((graph_place){.name = "b0", .author = "bob", .epoch = 3, .parents = "1:d2"});
    assert_true(mjl_acks_owes(acks, t, b0, carol));
    assert_true(mjl_acks_is_reader(acks, t, b0, carol));
}

static void who_was_removed_in_vain_reads_what_comes_from_then_on(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    assert_true(mjl_acks_is_dropped_from(acks, carol, 1));
    assert_false(mjl_acks_is_dropped_from(acks, carol, 2));
    mjl_acks_take_back(acks, carol);
    mjl_acks_take_back(acks, carol); /* Once is enough. */
    assert_false(mjl_acks_is_dropped_from(acks, carol, 1));
    const uint32_t a3 = room_say("a3", "alice", 1, "1:a2");
    assert_false(mjl_acks_is_reader(acks, t, a2, carol));
    assert_int_equal(mjl_acks_next_dropped(acks, t, a2, 0), carol);
    assert_true(mjl_acks_is_reader(acks, t, a3, carol));
    assert_true(mjl_acks_owes(acks, t, a3, carol));
    assert_int_equal(mjl_acks_next_dropped(acks, t, a3, 0), MJL_NONE);
    assert_int_equal(mjl_acks_readers_count(acks, t, a2) + 1, mjl_acks_readers_count(acks, t, a3));
    /* Removed again. */
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    assert_false(mjl_acks_owes(acks, t, a3, carol));
    assert_true(mjl_acks_check(acks, t));
}

static void a_removal_further_back_than_one_undone_lets_go_what_was_said_since(void **state)
{
    (void)state;
    room_say("a2", "alice", 0, "0:c1");
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    mjl_acks_take_back(acks, carol);
    const uint32_t a3 = room_say("a3", "alice", 1, "1:a2");
    assert_true(mjl_acks_owes(acks, t, a3, carol));
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 1, &changes), MJL_OK);
    assert_false(mjl_acks_owes(acks, t, a3, carol));
    assert_false(mjl_acks_is_reader(acks, t, a3, carol));
    assert_true(mjl_acks_check(acks, t));
}

static void who_reads_nothing_of_an_epoch_owes_nothing_of_it_and_of_others_what_it_did(void **state)
{
    (void)state;
    uint32_t first, again, late;
    room_say_on_a_line_that_loses(&first, &again, &late);
    changes.count = 0;
    assert_int_equal(mjl_acks_unread(acks, t, 2, carol, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.places[0], first);
    assert_false(mjl_acks_is_reader(acks, t, first, carol));
    assert_int_equal(mjl_acks_readers_count(acks, t, first), 2);
    assert_false(mjl_acks_place_owes(acks, again, carol));
    assert_true(mjl_acks_owes(acks, t, again, carol)); /* Its message, by the place before. */
    assert_int_equal(mjl_acks_next_in_roster(acks, 2, carol), late);
    assert_int_equal(mjl_acks_next_in_roster(acks, 2, late + 1), MJL_NONE);
    changes.count = 0;
    assert_int_equal(mjl_acks_unread(acks, t, 2, carol, &changes), MJL_OK);
    assert_int_equal(changes.count, 0);
}

int main(void)
{
#define ACKS(name) cmocka_unit_test_setup_teardown(name, room_begin, room_end)
    const struct CMUnitTest tests[] = {
        ACKS(who_was_removed_owes_nothing),
        ACKS(who_was_added_again_owes_again),
        ACKS(a_rival_of_the_epoch_that_removed_a_reader_has_it_still),
        ACKS(who_was_removed_in_vain_reads_what_comes_from_then_on),
        ACKS(a_removal_further_back_than_one_undone_lets_go_what_was_said_since),
        ACKS(who_reads_nothing_of_an_epoch_owes_nothing_of_it_and_of_others_what_it_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
