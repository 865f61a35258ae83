/* Messages let go, placed again, owed again. */
#include "acks_room.h"
#include "test.h"

/* ---- Let go ---- */

static void what_was_let_go_is_owed_by_nobody(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    const uint32_t a3 = room_say("a3", "alice", 1, "1:a2");
    assert_int_equal(mjl_acks_let_go(acks, a2), MJL_OK);
    assert_int_equal(mjl_acks_let_go(acks, a2), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_int_equal(mjl_acks_owed_count(acks, bob), 1);
    assert_int_equal(mjl_acks_unacked_first(acks), a3);
    room_hear(a3, bob);
    room_hear(a3, carol);
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
}

static void what_was_let_go_is_had_by_those_alone_who_showed_it(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    room_hear(a2, carol);
    assert_int_equal(mjl_acks_let_go(acks, a2), MJL_OK);
    assert_true(mjl_acks_has(acks, t, a2, carol));
    assert_false(mjl_acks_has(acks, t, a2, bob));
    assert_false(mjl_acks_owes(acks, t, a2, bob));
    assert_int_equal(mjl_acks_missing_count(acks, t, a2), 1);
    room_hear(a2, bob);
    assert_true(mjl_acks_has(acks, t, a2, bob));
    assert_int_equal(mjl_acks_missing_count(acks, t, a2), 0);
    assert_true(mjl_acks_check(acks, t));
}

static void what_was_let_go_is_acked_by_its_later_places(void **state)
{
    (void)state;
    const uint32_t first = room_say("a2", "alice", 0, "0:c1");
    assert_int_equal(mjl_acks_let_go(acks, first), MJL_OK);
    const uint32_t again = room_place_again();
    assert_false(mjl_acks_has(acks, t, first, carol));
    room_hear(again, carol);
    assert_true(mjl_acks_has(acks, t, first, carol));
    assert_false(mjl_acks_has(acks, t, first, bob));
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
    assert_true(mjl_acks_check(acks, t));
}

static void what_was_let_go_and_is_placed_again_is_owed_again(void **state)
{
    (void)state;
    const uint32_t first = room_say("a2", "alice", 0, "0:c1");
    assert_int_equal(mjl_acks_let_go(acks, first), MJL_OK);
    const uint32_t again = room_place_again();
    bool is_news;
    room_hear(again, carol);
    assert_int_equal(mjl_acks_count_again(acks, t, first, &is_news), MJL_OK);
    assert_false(is_news); /* The first place is no other one. */
    assert_int_equal(mjl_acks_count_again(acks, t, again, &is_news), MJL_OK);
    assert_true(is_news);
    assert_int_equal(mjl_acks_unacked_first(acks), first);
    assert_true(mjl_acks_owes(acks, t, again, bob));
    assert_int_equal(mjl_acks_owed_count(acks, carol), 0);
    assert_int_equal(mjl_acks_owed_count(acks, bob), 1);
    assert_int_equal(mjl_acks_count_again(acks, t, again, &is_news), MJL_OK);
    assert_false(is_news);
    assert_true(mjl_acks_check(acks, t));
    room_hear(again, bob);
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
    assert_true(mjl_acks_check(acks, t));
}

/* ---- Placed again ---- */

static void any_place_of_a_message_acks_it_for_the_first_ones_readers(void **state)
{
    (void)state;
    const uint32_t first = room_say("a2", "alice", 0, "0:c1");
    const uint32_t again = room_place_again();
    assert_int_equal(mjl_acks_missing_count(acks, t, again), 2);
    assert_int_equal(mjl_acks_readers_count(acks, t, again), 2);
    room_hear(again, bob);
    assert_true(mjl_acks_has(acks, t, first, bob));
    room_hear(again, dora);
    assert_false(mjl_acks_is_reader(acks, t, first, dora));
    room_hear(again, carol);
    assert_true(mjl_acks_is_full(acks, t, first));
    assert_true(mjl_acks_is_full(acks, t, again));
}

static void the_first_place_still_acks_its_past_when_placed_again(void **state)
{
    (void)state;
    const uint32_t x0 = room_say("x0", "alice", 0, "0:c1");
    const uint32_t first = room_say("a3", "alice", 1, "1:x0");
    room_accept((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    const uint32_t again = room_accept((graph_place){.name = "again",
                                                     .author = "alice",
                                                     .epoch = 1,
                                                     .seq = 2,
                                                     .parents = "1:a3 1:d2",
                                                     .message = "a3"});
    (void)again;
    room_hear(first, bob);
    room_hear(first, carol);
    assert_true(mjl_acks_is_full(acks, t, x0));
    assert_true(mjl_acks_is_full(acks, t, first));
}

/* A walk passes through a place whose message everyone has by another of its places. */
static void a_message_known_to_all_does_not_hide_what_lies_below(void **state)
{
    (void)state;
    /* Epochs 2 and 3 are rivals; below a3 on epoch 2 lies x0, which epoch 3 does not see. */
    room_accept((graph_place){
        .name = "c2", .author = "alice", .epoch = 1, .parents = "0:c1", .is_commit = true});
    room_accept((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    const uint32_t roster[] = {alice, bob, carol};
    graph_epoch(t, "c2", 2, 1, NULL);
    graph_epoch(t, "d2", 2, 1, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, roster, 3), MJL_OK);
    assert_int_equal(mjl_acks_add_roster(acks, roster, 3), MJL_OK);
    const uint32_t x0 =
        room_accept((graph_place){.name = "x0", .author = "carol", .epoch = 2, .parents = "1:c2"});
    const uint32_t first =
        room_accept((graph_place){.name = "a3", .author = "alice", .epoch = 2, .parents = "2:x0"});
    const uint32_t again = room_accept((graph_place){
        .name = "again", .author = "alice", .epoch = 3, .parents = "1:c2 1:d2", .message = "a3"});
    room_hear(again, bob);
    room_hear(again, carol);
    assert_true(mjl_acks_is_full(acks, t, first));
    assert_true(mjl_acks_owes(acks, t, x0, bob));
    room_hear(first, bob);
    assert_true(mjl_acks_is_full(acks, t, x0));
}

int main(void)
{
#define ACKS(name) cmocka_unit_test_setup_teardown(name, room_begin, room_end)
    const struct CMUnitTest tests[] = {
        ACKS(what_was_let_go_is_owed_by_nobody),
        ACKS(what_was_let_go_is_had_by_those_alone_who_showed_it),
        ACKS(what_was_let_go_is_acked_by_its_later_places),
        ACKS(what_was_let_go_and_is_placed_again_is_owed_again),
        ACKS(any_place_of_a_message_acks_it_for_the_first_ones_readers),
        ACKS(the_first_place_still_acks_its_past_when_placed_again),
        ACKS(a_message_known_to_all_does_not_hide_what_lies_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
