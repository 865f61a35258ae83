/* Who has what. */
#include "acks_room.h"
#include "test.h"

static void a_place_without_readers_is_full_at_once(void **state)
{
    (void)state;
    assert_true(mjl_acks_is_full(acks, t, graph_find(t, "a0")));
    assert_true(mjl_acks_is_full(acks, t, graph_find(t, "c1")));
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
    assert_int_equal(mjl_acks_unacked_first(acks), MJL_NONE);
}

static void our_own_place_is_owed_by_every_other_member(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    assert_false(mjl_acks_is_full(acks, t, a2));
    assert_int_equal(mjl_acks_readers_count(acks, t, a2), 2);
    assert_int_equal(mjl_acks_missing_count(acks, t, a2), 2);
    assert_true(mjl_acks_owes(acks, t, a2, bob));
    assert_false(mjl_acks_is_reader(acks, t, a2, alice));
    assert_true(mjl_acks_has(acks, t, a2, alice));
    assert_false(mjl_acks_has(acks, t, a2, bob));
    assert_int_equal(mjl_acks_owed_count(acks, bob), 1);
    assert_int_equal(changes.count, 0);
}

static void what_we_accept_we_have(void **state)
{
    (void)state;
    const uint32_t b0 = room_say("b0", "bob", 0, "0:c1");
    assert_int_equal(mjl_acks_readers_count(acks, t, b0), 2);
    assert_int_equal(mjl_acks_missing_count(acks, t, b0), 1);
    assert_true(mjl_acks_is_reader(acks, t, b0, alice));
    assert_true(mjl_acks_has(acks, t, b0, alice));
    assert_true(mjl_acks_owes(acks, t, b0, carol));
}

static void a_later_place_acks_all_that_it_follows(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    const uint32_t a3 = room_say("a3", "alice", 1, "1:a2");
    const uint32_t b0 = room_say("b0", "bob", 0, "1:a3");
    assert_int_equal(changes.count, 2);
    assert_int_equal(changes.places[0], a2);
    assert_int_equal(changes.places[1], a3);
    assert_true(mjl_acks_has(acks, t, a2, bob));
    assert_int_equal(mjl_acks_owed_count(acks, bob), 0);
    assert_int_equal(mjl_acks_owed_count(acks, carol), 3);
    room_say("k0", "carol", 0, "1:b0");
    assert_int_equal(changes.count, 3);
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_true(mjl_acks_is_full(acks, t, a3));
    assert_true(mjl_acks_is_full(acks, t, b0));
    assert_int_equal(mjl_acks_unacked_count(acks), 1);
}

static void a_statement_acks_what_it_names_and_its_past(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    const uint32_t b0 = room_say("b0", "bob", 0, "0:c1");
    room_hear(b0, carol);
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.places[0], b0);
    assert_true(mjl_acks_is_full(acks, t, b0));
    assert_false(mjl_acks_has(acks, t, a2, carol));
    room_hear(a2, carol);
    room_hear(a2, carol);
    assert_int_equal(changes.count, 0);
    room_hear(a2, bob);
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
}

static void who_is_no_reader_changes_nothing(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    room_hear(a2, dora);
    assert_int_equal(changes.count, 0);
    assert_false(mjl_acks_has(acks, t, a2, dora));
    assert_false(mjl_acks_is_reader(acks, t, a2, dora));
    room_hear(a2, alice);
    assert_int_equal(changes.count, 0);
}

static void unacked_messages_come_in_order_of_acceptance(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    const uint32_t b0 = room_say("b0", "bob", 0, "0:c1");
    const uint32_t a3 = room_say("a3", "alice", 1, "1:a2");
    assert_int_equal(mjl_acks_unacked_first(acks), a2);
    assert_int_equal(mjl_acks_unacked_next(acks, a2), b0);
    assert_int_equal(mjl_acks_unacked_next(acks, b0), a3);
    assert_int_equal(mjl_acks_unacked_next(acks, a3), MJL_NONE);
    room_hear(b0, carol); /* Full while somebody walks: the walk goes on behind it. */
    assert_int_equal(mjl_acks_unacked_next(acks, b0), a3);
    assert_int_equal(mjl_acks_unacked_next(acks, a2), a3);
}

static void acks_cross_epochs(void **state)
{
    (void)state;
    const uint32_t a2 = room_say("a2", "alice", 0, "0:c1");
    room_let_in("dora");
    const uint32_t roster[] = {alice, bob, carol, dora};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    changes.count = 0;
    room_accept((graph_place){.name = "b0", .author = "bob", .epoch = 2, .parents = "1:c2"});
    assert_true(mjl_acks_has(acks, t, a2, bob));
    assert_true(mjl_acks_has(acks, t, graph_find(t, "c2"), bob));
    /* A joiner owes nothing of what came before it. */
    assert_int_equal(mjl_acks_owed_count(acks, dora), 1);
}

int main(void)
{
#define ACKS(name) cmocka_unit_test_setup_teardown(name, room_begin, room_end)
    const struct CMUnitTest tests[] = {
        ACKS(a_place_without_readers_is_full_at_once),
        ACKS(our_own_place_is_owed_by_every_other_member),
        ACKS(what_we_accept_we_have),
        ACKS(a_later_place_acks_all_that_it_follows),
        ACKS(a_statement_acks_what_it_names_and_its_past),
        ACKS(who_is_no_reader_changes_nothing),
        ACKS(unacked_messages_come_in_order_of_acceptance),
        ACKS(acks_cross_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
