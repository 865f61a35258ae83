/*
 * Small transcripts of three members, accepted place by place, with who is then known to have
 * what; and a long one.
 *
 *      alice ── 0 <── 1 <── 5          each place's parents are written in its row
 *      bob             ^── 2 <──┐
 *      carol           ^── 3 <── 4
 */
#include "acks.h"

#include "acks_readers.h"
#include "graph.h"
#include "test.h"

#include <stdio.h>

enum { MEMBERS = 3 };

static mjl_transcript *t;
static mjl_acks *acks;
static mjl_acks_changes changes;
static const char *const names[MEMBERS] = {"alice", "bob", "carol"};
static uint32_t members[MEMBERS];

static void add_to_acks(uint32_t place)
{
    changes.count = 0;
    assert_int_equal(mjl_acks_add(acks, t, place, &changes), MJL_OK);
}

static int begin(void **state)
{
    (void)state;
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    assert_int_equal(mjl_acks_new(0, &acks), MJL_OK);
    for (size_t i = 0; i < MEMBERS; i++)
        members[i] = graph_author(t, names[i]);
    graph_epoch(t, "e0", 0, MJL_NONE, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, members, 1), MJL_OK);
    const graph_place commit = {.name = "c1", .author = "alice", .is_commit = true};
    add_to_acks(graph_add(t, commit));
    graph_epoch(t, "c1", 1, 0, "bob carol");
    assert_int_equal(mjl_acks_add_roster(acks, members, MEMBERS), MJL_OK);
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

static mjl_result try_say(const char *name, const char *author, const char *parents)
{
    const uint64_t seq = mjl_transcript_next_seq(t, graph_author(t, author), 1);
    const graph_place place = {
        .name = name, .author = author, .epoch = 1, .seq = seq, .parents = parents};
    return graph_try(t, place, NULL);
}

static void say(const char *name, const char *author, const char *parents)
{
    assert_int_equal(try_say(name, author, parents), MJL_OK);
    add_to_acks(graph_find(t, name));
    assert_true(mjl_transcript_check_all(t));
    assert_true(mjl_acks_check(acks, t));
}

/* The members that are not known to have a place, by their initials. */
static void is_owed_by(const char *name, const char *expected)
{
    char owing[MEMBERS + 1] = "";
    for (size_t i = 0, count = 0; i < MEMBERS; i++) {
        if (!mjl_acks_owes(acks, t, graph_find(t, name), members[i])) continue;
        owing[count++] = names[i][0];
        owing[count] = 0;
    }
    assert_string_equal(owing, expected);
    assert_int_equal(mjl_acks_is_full(acks, t, graph_find(t, name)), expected[0] == 0);
}

/* One character each, in order of acceptance. */
static void unacked_are(const char *expected)
{
    uint32_t place = mjl_acks_unacked_first(acks);
    for (; *expected != 0; expected++) {
        const char name[2] = {*expected, 0};
        assert_int_equal(place, graph_find(t, name));
        place = mjl_acks_unacked_next(acks, place);
    }
    assert_int_equal(place, MJL_NONE);
}

/* ---- Six places, and a seventh ---- */

static void six_places(void)
{
    say("0", "alice", "0:c1");
    say("1", "alice", "1:0");
    say("2", "bob", "1:1");
    say("3", "carol", "1:1");
    say("4", "carol", "1:2 1:3");
    say("5", "alice", "1:3");
}

static void each_place_is_owed_by_who_has_not_followed_it(void **state)
{
    (void)state;
    six_places();
    is_owed_by("0", "");
    is_owed_by("1", "");
    /* This is alice's own view: what she accepted she has, said or not. */
    is_owed_by("2", "");
    is_owed_by("3", "b");
    is_owed_by("4", "b");
    is_owed_by("5", "bc");
    unacked_are("345");
    say("6", "bob", "1:4");
    is_owed_by("3", "");
    is_owed_by("4", "");
    is_owed_by("6", "c");
    unacked_are("56");
}

static void a_seventh_place_must_go_on_from_its_authors_last_and_name_no_past(void **state)
{
    (void)state;
    six_places();
    say("6", "bob", "1:4");
    assert_int_equal(try_say("7", "carol", "1:0"), MJL_EQUIVOCATION);
    assert_int_equal(try_say("7", "carol", "1:0 1:6"), MJL_PARENTS_NOT_ANTICHAIN);
    assert_int_equal(try_say("7", "carol", "1:4 1:6"), MJL_PARENTS_NOT_ANTICHAIN);
    assert_int_equal(try_say("7", "carol", "1:0 1:2"), MJL_PARENTS_NOT_ANTICHAIN);
    assert_int_equal(graph_find(t, "7"), MJL_NONE);
    assert_int_equal(try_say("7", "carol", "1:5 1:6"), MJL_OK);
}

static void a_place_follows_exactly_its_past(void **state)
{
    (void)state;
    /* Row: place; column: whether it is the other's past or the other itself. */
    static const char *const past[6] = {"100000", "110000", "111000", "110100", "111110", "110101"};
    six_places();
    for (uint32_t a = 0; a < 6; a++) {
        for (uint32_t b = 0; b < 6; b++) {
            const char name_a[2] = {(char)('0' + a), 0};
            const char name_b[2] = {(char)('0' + b), 0};
            assert_int_equal(
                mjl_transcript_is_before_or_equal(t, graph_find(t, name_a), graph_find(t, name_b)),
                past[b][a] == '1');
        }
    }
    /* All of it is met at once, too, each place once. */
    const uint32_t last = graph_find(t, "4");
    mjl_transcript_mark_past(t, &last, 1, graph_find(t, "0"));
    for (uint32_t a = 0; a < 6; a++) {
        const char name[2] = {(char)('0' + a), 0};
        assert_int_equal(mjl_transcript_is_marked(t, graph_find(t, name)), a < 4);
    }
}

static void the_last_place_of_who_said_nothing_is_none(void **state)
{
    (void)state;
    assert_int_equal(mjl_transcript_last_of_author(t, members[1], 1), MJL_NONE);
    six_places();
    assert_int_equal(mjl_transcript_last_of_author(t, members[0], 1), graph_find(t, "5"));
    assert_int_equal(mjl_transcript_last_of_author(t, members[1], 1), graph_find(t, "2"));
    assert_int_equal(mjl_transcript_last_of_author(t, members[2], 1), graph_find(t, "4"));
}

/* ---- Graphs that are no graphs ---- */

static void places_in_a_circle_wait_for_each_other_for_ever(void **state)
{
    (void)state;
    say("0", "alice", "0:c1");
    assert_int_equal(try_say("x", "bob", "1:0 1:x"), MJL_PARENT_UNKNOWN);
    assert_int_equal(try_say("y", "bob", "1:z"), MJL_PARENT_UNKNOWN);
    assert_int_equal(try_say("z", "carol", "1:y"), MJL_PARENT_UNKNOWN);
    assert_int_equal(try_say("y", "bob", "1:z"), MJL_PARENT_UNKNOWN);
    assert_int_equal(mjl_transcript_places_count(t), 2);
}

static void a_transcript_where_nothing_was_said_is_sound(void **state)
{
    (void)state;
    mjl_transcript *empty;
    assert_int_equal(mjl_transcript_new(&empty), MJL_OK);
    assert_true(mjl_transcript_check_all(empty));
    assert_int_equal(mjl_transcript_places_count(empty), 0);
    mjl_transcript_free(empty);
    unacked_are("");
}

/* ---- Two lines that cross at every step ---- */

static uint32_t cross(uint32_t levels)
{
    char name[16], parents[40];
    uint32_t last = MJL_NONE;
    for (uint32_t level = 0; level < levels; level++) {
        for (size_t side = 0; side < 2; side++) {
            snprintf(name, sizeof name, "%c%u", "ab"[side], level);
            snprintf(parents, sizeof parents, "1:a%u 1:b%u", level - 1, level - 1);
            assert_int_equal(try_say(name, names[side], level == 0 ? "0:c1" : parents), MJL_OK);
            last = graph_find(t, name);
            add_to_acks(last);
        }
    }
    return last;
}

static void crossing_lines_stay_sound_at_every_depth(void **state)
{
    (void)state;
    cross(256);
    assert_true(mjl_transcript_check_all(t));
    assert_true(mjl_acks_check(acks, t));
    assert_int_equal(mjl_acks_unacked_count(acks), 512);
}

/* 2^5000 ways lead down: nothing here walks them one by one, nor calls itself. */
static void crossing_lines_5000_levels_deep_are_acked_by_one_place(void **state)
{
    (void)state;
    const uint32_t last = cross(5000);
    assert_int_equal(mjl_acks_unacked_count(acks), 10000);
    assert_true(mjl_transcript_is_before_or_equal(t, graph_find(t, "a0"), last));
    assert_true(mjl_transcript_is_before_or_equal(t, graph_find(t, "b0"), last));
    assert_int_equal(try_say("k", "carol", "1:a4999 1:b4999"), MJL_OK);
    add_to_acks(graph_find(t, "k"));
    assert_true(mjl_acks_is_full(acks, t, graph_find(t, "b4998")));
    assert_int_equal(mjl_acks_unacked_count(acks), 2); /* Alice's last, and carol's own. */
    is_owed_by("a4999", "b");
    is_owed_by("k", "b");
}

int main(int argc, char **argv)
{
#define GRAPH(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        GRAPH(each_place_is_owed_by_who_has_not_followed_it),
        GRAPH(a_seventh_place_must_go_on_from_its_authors_last_and_name_no_past),
        GRAPH(a_place_follows_exactly_its_past),
        GRAPH(the_last_place_of_who_said_nothing_is_none),
        GRAPH(places_in_a_circle_wait_for_each_other_for_ever),
        GRAPH(a_transcript_where_nothing_was_said_is_sound),
        GRAPH(crossing_lines_stay_sound_at_every_depth),
        GRAPH(crossing_lines_5000_levels_deep_are_acked_by_one_place),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
