/*
 * Who has what.
 *
 *      alice (0, ourselves), bob (1), carol (2) in epoch 1;  c1 is alice's commit in epoch 0
 */
#include "acks.h"

#include "damage.h"
#include "graph.h"
#include "test.h"

static mjl_transcript *t;
static mjl_acks *acks;
static mjl_acks_changes changes;
static uint32_t alice, bob, carol, dora;

static uint32_t accept_place(graph_place place)
{
    const uint32_t index = graph_add(t, place);
    assert_int_equal(mjl_acks_add(acks, t, index, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    return index;
}

static uint32_t say(const char *name, const char *author, uint64_t seq, const char *parents)
{
    changes.count = 0;
    return accept_place(
        (graph_place){.name = name, .author = author, .epoch = 1, .seq = seq, .parents = parents});
}

static void hear(uint32_t place, uint32_t reader)
{
    changes.count = 0;
    assert_int_equal(mjl_acks_heard(acks, t, place, reader, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
}

static int begin(void **state)
{
    (void)state;
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    assert_int_equal(mjl_acks_new(0, &acks), MJL_OK);
    alice = graph_author(t, "alice");
    bob = graph_author(t, "bob");
    carol = graph_author(t, "carol");
    dora = graph_author(t, "dora");
    graph_epoch(t, "e0", 0, MJL_NONE, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, &alice, 1), MJL_OK);
    accept_place((graph_place){.name = "a0", .author = "alice"});
    accept_place((graph_place){
        .name = "c1", .author = "alice", .seq = 1, .parents = "0:a0", .is_commit = true});
    graph_epoch(t, "c1", 1, 0, "bob carol");
    const uint32_t roster[] = {carol, MJL_NONE, alice, bob};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mjl_acks_free(acks);
    mjl_acks_changes_clear(&changes);
    mjl_transcript_free(t);
    return 0;
}

/* ---- Single places ---- */

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
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
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
    const uint32_t b0 = say("b0", "bob", 0, "0:c1");
    assert_int_equal(mjl_acks_readers_count(acks, t, b0), 2);
    assert_int_equal(mjl_acks_missing_count(acks, t, b0), 1);
    assert_true(mjl_acks_is_reader(acks, t, b0, alice));
    assert_true(mjl_acks_has(acks, t, b0, alice));
    assert_true(mjl_acks_owes(acks, t, b0, carol));
}

static void a_later_place_acks_all_that_it_follows(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    const uint32_t a3 = say("a3", "alice", 1, "1:a2");
    const uint32_t b0 = say("b0", "bob", 0, "1:a3");
    assert_int_equal(changes.count, 2);
    assert_int_equal(changes.places[0], a2);
    assert_int_equal(changes.places[1], a3);
    assert_true(mjl_acks_has(acks, t, a2, bob));
    assert_int_equal(mjl_acks_owed_count(acks, bob), 0);
    assert_int_equal(mjl_acks_owed_count(acks, carol), 3);
    say("k0", "carol", 0, "1:b0");
    assert_int_equal(changes.count, 3);
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_true(mjl_acks_is_full(acks, t, a3));
    assert_true(mjl_acks_is_full(acks, t, b0));
    assert_int_equal(mjl_acks_unacked_count(acks), 1);
}

static void a_statement_acks_what_it_names_and_its_past(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    const uint32_t b0 = say("b0", "bob", 0, "0:c1");
    hear(b0, carol);
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.places[0], b0);
    assert_true(mjl_acks_is_full(acks, t, b0));
    assert_false(mjl_acks_has(acks, t, a2, carol));
    hear(a2, carol);
    hear(a2, carol);
    assert_int_equal(changes.count, 0);
    hear(a2, bob);
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
}

static void who_is_no_reader_changes_nothing(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    hear(a2, dora);
    assert_int_equal(changes.count, 0);
    assert_false(mjl_acks_has(acks, t, a2, dora));
    assert_false(mjl_acks_is_reader(acks, t, a2, dora));
    hear(a2, alice);
    assert_int_equal(changes.count, 0);
}

static void unacked_messages_come_in_order_of_acceptance(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    const uint32_t b0 = say("b0", "bob", 0, "0:c1");
    const uint32_t a3 = say("a3", "alice", 1, "1:a2");
    assert_int_equal(mjl_acks_unacked_first(acks), a2);
    assert_int_equal(mjl_acks_unacked_next(acks, a2), b0);
    assert_int_equal(mjl_acks_unacked_next(acks, b0), a3);
    assert_int_equal(mjl_acks_unacked_next(acks, a3), MJL_NONE);
    hear(b0, carol); /* Full while somebody walks: the walk goes on behind it. */
    assert_int_equal(mjl_acks_unacked_next(acks, b0), a3);
    assert_int_equal(mjl_acks_unacked_next(acks, a2), a3);
}

/* Alice's commit after her a2, which adds somebody. */
static void lets_in(const char *name)
{
    accept_place((graph_place){.name = "c2",
                               .author = "alice",
                               .epoch = 1,
                               .seq = 1,
                               .parents = "1:a2",
                               .is_commit = true});
    graph_epoch(t, "c2", 2, 1, name);
}

static void acks_cross_epochs(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    lets_in("dora");
    const uint32_t roster[] = {alice, bob, carol, dora};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    changes.count = 0;
    accept_place((graph_place){.name = "b0", .author = "bob", .epoch = 2, .parents = "1:c2"});
    assert_true(mjl_acks_has(acks, t, a2, bob));
    assert_true(mjl_acks_has(acks, t, graph_find(t, "c2"), bob));
    /* A joiner owes nothing of what came before it. */
    assert_int_equal(mjl_acks_owed_count(acks, dora), 1);
}

/* ---- Removal ---- */

static void who_was_removed_owes_nothing(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    const uint32_t b0 = say("b0", "bob", 0, "1:a2");
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
    const uint32_t a3 = say("a3", "alice", 1, "1:b0");
    assert_false(mjl_acks_owes(acks, t, a3, carol));
    assert_int_equal(mjl_acks_readers_count(acks, t, a3), 1);
}

static void who_was_added_again_owes_again(void **state)
{
    (void)state;
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    accept_place((graph_place){
        .name = "c2", .author = "alice", .epoch = 1, .parents = "0:c1", .is_commit = true});
    graph_epoch(t, "c2", 2, 1, "carol");
    const uint32_t roster[] = {alice, bob, carol};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 3), MJL_OK);
    const uint32_t a4 =
        accept_place((graph_place){.name = "a4", .author = "alice", .epoch = 2, .parents = "1:c2"});
    assert_true(mjl_acks_owes(acks, t, a4, carol));
    assert_int_equal(mjl_acks_owed_count(acks, carol), 1);
}

static void a_rival_of_the_epoch_that_removed_a_reader_has_it_still(void **state)
{
    (void)state;
    accept_place((graph_place){
        .name = "c2", .author = "alice", .epoch = 1, .parents = "0:c1", .is_commit = true});
    accept_place((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    const uint32_t without[] = {alice, bob}, with[] = {alice, bob, carol};
    graph_epoch(t, "c2", 2, 1, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, without, 2), MJL_OK);
    graph_epoch(t, "d2", 2, 1, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, with, 3), MJL_OK);
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 3, &changes), MJL_OK);
    const uint32_t b0 =
        accept_place((graph_place){.name = "b0", .author = "bob", .epoch = 3, .parents = "1:d2"});
    assert_true(mjl_acks_owes(acks, t, b0, carol));
    assert_true(mjl_acks_is_reader(acks, t, b0, carol));
}

static void who_was_removed_in_vain_reads_what_comes_from_then_on(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    assert_true(mjl_acks_is_dropped_from(acks, carol, 1));
    assert_false(mjl_acks_is_dropped_from(acks, carol, 2));
    mjl_acks_take_back(acks, carol);
    mjl_acks_take_back(acks, carol); /* Once is enough. */
    assert_false(mjl_acks_is_dropped_from(acks, carol, 1));
    const uint32_t a3 = say("a3", "alice", 1, "1:a2");
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
    say("a2", "alice", 0, "0:c1");
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 2, &changes), MJL_OK);
    mjl_acks_take_back(acks, carol);
    const uint32_t a3 = say("a3", "alice", 1, "1:a2");
    assert_true(mjl_acks_owes(acks, t, a3, carol));
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 1, &changes), MJL_OK);
    assert_false(mjl_acks_owes(acks, t, a3, carol));
    assert_false(mjl_acks_is_reader(acks, t, a3, carol));
    assert_true(mjl_acks_check(acks, t));
}

/* The second epoch, with a member whose number takes a byte more; a message that is first placed
   there, and one that has its first place before. */
static void say_on_a_line_that_loses(uint32_t *first, uint32_t *again, uint32_t *late)
{
    char name[] = "m0";
    for (; name[1] < '7'; name[1]++)
        graph_author(t, name);
    *late = graph_author(t, name);
    const uint32_t place = accept_place((graph_place){
        .name = "a2", .author = "alice", .epoch = 1, .parents = "0:c1", .message = "hello"});
    lets_in(name);
    const uint32_t roster[] = {alice, bob, carol, *late};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    *again = accept_place((graph_place){
        .name = "a3", .author = "alice", .epoch = 2, .parents = "1:c2", .message = "hello"});
    *first = accept_place(
        (graph_place){.name = "a4", .author = "alice", .epoch = 2, .seq = 1, .parents = "2:a3"});
    assert_int_equal(mjl_transcript_place(t, *again)->first, place);
}

static void who_reads_nothing_of_an_epoch_owes_nothing_of_it_and_of_others_what_it_did(void **state)
{
    (void)state;
    uint32_t first, again, late;
    say_on_a_line_that_loses(&first, &again, &late);
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

static void a_roster_without_its_last_member_is_saved_as_a_smaller_one(void **state)
{
    (void)state;
    uint32_t first, again, late;
    say_on_a_line_that_loses(&first, &again, &late);
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

static void what_was_let_go_is_owed_by_nobody(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    const uint32_t a3 = say("a3", "alice", 1, "1:a2");
    assert_int_equal(mjl_acks_let_go(acks, a2), MJL_OK);
    assert_int_equal(mjl_acks_let_go(acks, a2), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    assert_true(mjl_acks_is_full(acks, t, a2));
    assert_int_equal(mjl_acks_owed_count(acks, bob), 1);
    assert_int_equal(mjl_acks_unacked_first(acks), a3);
    hear(a3, bob);
    hear(a3, carol);
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
}

static void what_was_let_go_is_had_by_those_alone_who_showed_it(void **state)
{
    (void)state;
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    hear(a2, carol);
    assert_int_equal(mjl_acks_let_go(acks, a2), MJL_OK);
    assert_true(mjl_acks_has(acks, t, a2, carol));
    assert_false(mjl_acks_has(acks, t, a2, bob));
    assert_false(mjl_acks_owes(acks, t, a2, bob));
    assert_int_equal(mjl_acks_missing_count(acks, t, a2), 1);
    hear(a2, bob);
    assert_true(mjl_acks_has(acks, t, a2, bob));
    assert_int_equal(mjl_acks_missing_count(acks, t, a2), 0);
    assert_true(mjl_acks_check(acks, t));
}

/* ---- Messages placed again ---- */

static bool let_go_first; /* Before it is placed again. */

/* alice's a2 on a branch that lost, and again on the winner, where dora reads too. */
static void place_again(uint32_t *first, uint32_t *again)
{
    *first = say("a2", "alice", 0, "0:c1");
    if (let_go_first) assert_int_equal(mjl_acks_let_go(acks, *first), MJL_OK);
    accept_place((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    graph_epoch(t, "d2", 2, 1, "dora");
    const uint32_t roster[] = {alice, bob, carol, dora};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    changes.count = 0;
    *again = accept_place((graph_place){
        .name = "again", .author = "alice", .epoch = 2, .parents = "1:d2 1:a2", .message = "a2"});
}

static void what_was_let_go_is_acked_by_its_later_places(void **state)
{
    (void)state;
    let_go_first = true;
    uint32_t first, again;
    place_again(&first, &again);
    let_go_first = false;
    assert_false(mjl_acks_has(acks, t, first, carol));
    hear(again, carol);
    assert_true(mjl_acks_has(acks, t, first, carol));
    assert_false(mjl_acks_has(acks, t, first, bob));
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
    assert_true(mjl_acks_check(acks, t));
}

static void what_was_let_go_and_is_placed_again_is_owed_again(void **state)
{
    (void)state;
    let_go_first = true;
    uint32_t first, again;
    bool is_news;
    place_again(&first, &again);
    let_go_first = false;
    hear(again, carol);
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
    hear(again, bob);
    assert_int_equal(mjl_acks_unacked_count(acks), 0);
    assert_true(mjl_acks_check(acks, t));
}

static void any_place_of_a_message_acks_it_for_the_first_ones_readers(void **state)
{
    (void)state;
    uint32_t first, again;
    place_again(&first, &again);
    assert_int_equal(mjl_acks_missing_count(acks, t, again), 2);
    assert_int_equal(mjl_acks_readers_count(acks, t, again), 2);
    hear(again, bob);
    assert_true(mjl_acks_has(acks, t, first, bob));
    hear(again, dora);
    assert_false(mjl_acks_is_reader(acks, t, first, dora));
    hear(again, carol);
    assert_true(mjl_acks_is_full(acks, t, first));
    assert_true(mjl_acks_is_full(acks, t, again));
}

static void the_first_place_still_acks_its_past_when_placed_again(void **state)
{
    (void)state;
    const uint32_t x0 = say("x0", "alice", 0, "0:c1");
    const uint32_t first = say("a3", "alice", 1, "1:x0");
    accept_place((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    const uint32_t again = accept_place((graph_place){.name = "again",
                                                      .author = "alice",
                                                      .epoch = 1,
                                                      .seq = 2,
                                                      .parents = "1:a3 1:d2",
                                                      .message = "a3"});
    (void)again;
    hear(first, bob);
    hear(first, carol);
    assert_true(mjl_acks_is_full(acks, t, x0));
    assert_true(mjl_acks_is_full(acks, t, first));
}

/* A walk passes through a place whose message everyone has by another of its places. */
static void a_message_known_to_all_does_not_hide_what_lies_below(void **state)
{
    (void)state;
    /* Epochs 2 and 3 are rivals; below a3 on epoch 2 lies x0, which epoch 3 does not see. */
    accept_place((graph_place){
        .name = "c2", .author = "alice", .epoch = 1, .parents = "0:c1", .is_commit = true});
    accept_place((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    const uint32_t roster[] = {alice, bob, carol};
    graph_epoch(t, "c2", 2, 1, NULL);
    graph_epoch(t, "d2", 2, 1, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, roster, 3), MJL_OK);
    assert_int_equal(mjl_acks_add_roster(acks, roster, 3), MJL_OK);
    const uint32_t x0 =
        accept_place((graph_place){.name = "x0", .author = "carol", .epoch = 2, .parents = "1:c2"});
    const uint32_t first =
        accept_place((graph_place){.name = "a3", .author = "alice", .epoch = 2, .parents = "2:x0"});
    const uint32_t again = accept_place((graph_place){
        .name = "again", .author = "alice", .epoch = 3, .parents = "1:c2 1:d2", .message = "a3"});
    hear(again, bob);
    hear(again, carol);
    assert_true(mjl_acks_is_full(acks, t, first));
    assert_true(mjl_acks_owes(acks, t, x0, bob));
    hear(first, bob);
    assert_true(mjl_acks_is_full(acks, t, x0));
}

/* ---- Records ---- */

static void a_busy_state(void)
{
    uint32_t first, again;
    place_again(&first, &again);
    hear(again, bob);
    say("b9", "bob", 1, "1:d2");
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
    hear(again, carol);
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
    const uint32_t a2 = say("a2", "alice", 0, "0:c1");
    mjl_acks_dirty_clear(acks);
    assert_int_equal(mjl_acks_dirty_count(acks), 0);
    assert_false(mjl_acks_head_is_dirty(acks));
    hear(a2, bob);
    assert_int_equal(mjl_acks_dirty_count(acks), 1);
    assert_int_equal(mjl_acks_dirty(acks, 0), a2);
    mjl_buffer out = {0};
    assert_int_equal(mjl_acks_save_place(acks, a2, &out), MJL_OK);
    assert_true(out.size != 0);
    mjl_buffer_clear(&out);
    mjl_acks_dirty_clear(acks);
    hear(a2, carol);
    assert_int_equal(mjl_acks_dirty_count(acks), 1);
    assert_int_equal(mjl_acks_save_place(acks, a2, &out), MJL_OK);
    assert_int_equal(out.size, 0);
    mjl_buffer_clear(&out);
    assert_int_equal(mjl_acks_drop_reader(acks, t, carol, 3, &changes), MJL_OK);
    assert_true(mjl_acks_head_is_dirty(acks));
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

int main(void)
{
#define ACKS(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        ACKS(a_place_without_readers_is_full_at_once),
        ACKS(our_own_place_is_owed_by_every_other_member),
        ACKS(what_we_accept_we_have),
        ACKS(a_later_place_acks_all_that_it_follows),
        ACKS(a_statement_acks_what_it_names_and_its_past),
        ACKS(who_is_no_reader_changes_nothing),
        ACKS(unacked_messages_come_in_order_of_acceptance),
        ACKS(acks_cross_epochs),
        ACKS(who_was_removed_owes_nothing),
        ACKS(who_was_added_again_owes_again),
        ACKS(a_rival_of_the_epoch_that_removed_a_reader_has_it_still),
        ACKS(who_was_removed_in_vain_reads_what_comes_from_then_on),
        ACKS(a_removal_further_back_than_one_undone_lets_go_what_was_said_since),
        ACKS(who_reads_nothing_of_an_epoch_owes_nothing_of_it_and_of_others_what_it_did),
        ACKS(a_roster_without_its_last_member_is_saved_as_a_smaller_one),
        ACKS(what_was_let_go_is_owed_by_nobody),
        ACKS(what_was_let_go_is_had_by_those_alone_who_showed_it),
        ACKS(what_was_let_go_is_acked_by_its_later_places),
        ACKS(what_was_let_go_and_is_placed_again_is_owed_again),
        ACKS(any_place_of_a_message_acks_it_for_the_first_ones_readers),
        ACKS(the_first_place_still_acks_its_past_when_placed_again),
        ACKS(a_message_known_to_all_does_not_hide_what_lies_below),
        ACKS(loaded_acks_go_on_as_the_saved_ones),
        ACKS(only_what_changed_is_dirty),
        ACKS(damaged_records_are_refused_or_are_another_value),
        ACKS(records_name_only_authors_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
