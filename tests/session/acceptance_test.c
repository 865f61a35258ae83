/* Which places are accepted: each rule of DESIGN section 8, once kept and once broken.
 *
 *      alice made the group and wrote a0; her commit c1 added bob and carol
 *
 *      epoch 0:   a0 <── c1              epoch 1:   (c1) <── b0 , k0 (carol)
 *                  ^──── d1 (bob's, in a test of rivals)
 */
#include "graph.h"
#include "test.h"

#include <stdio.h>

static mjl_transcript *t;
static mjl_findings findings;

static int begin(void **state)
{
    (void)state;
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    assert_int_equal(graph_epoch(t, "e0", 0, MJL_NONE, NULL), 0);
    graph_add(t, (graph_place){.name = "a0", .author = "alice"});
    graph_add(t,
              (graph_place){
                  .name = "c1", .author = "alice", .seq = 1, .parents = "0:a0", .is_commit = true});
    assert_int_equal(graph_epoch(t, "c1", 1, 0, "bob carol"), 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mjl_transcript_free(t);
    return 0;
}

static mjl_result try_place(const char *name, const char *author, uint32_t epoch, uint64_t seq,
                            const char *parents)
{
    const uint32_t before = mjl_transcript_places_count(t);
    const mjl_result result = graph_try(
        t,
        (graph_place){
            .name = name, .author = author, .epoch = epoch, .seq = seq, .parents = parents},
        &findings);
    assert_int_equal(mjl_transcript_places_count(t), before + (result == MJL_OK));
    assert_true(mjl_transcript_check_all(t));
    return result;
}

static mjl_result try_commit(const char *name, const char *author, uint32_t epoch, uint64_t seq,
                             const char *parents)
{
    return graph_try(t,
                     (graph_place){.name = name,
                                   .author = author,
                                   .epoch = epoch,
                                   .seq = seq,
                                   .parents = parents,
                                   .is_commit = true},
                     &findings);
}

static void the_first_place_of_epoch_zero_needs_no_parents(void **state)
{
    (void)state;
    const mjl_place *first = mjl_transcript_place(t, graph_find(t, "a0"));
    assert_int_equal(first->parents_count, 0);
    assert_int_equal(first->seq, 0);
    assert_int_equal(try_place("a2", "alice", 0, 2, NULL), MJL_NO_PARENT_IN_EPOCH);
}

static void an_accepted_place_is_a_duplicate_and_is_named(void **state)
{
    (void)state;
    assert_int_equal(try_place("a0", "alice", 0, 0, NULL), MJL_DUPLICATE);
    assert_int_equal(findings.other, graph_find(t, "a0"));
}

static void a_place_may_follow_the_commit_or_a_place_of_its_epoch(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0"), MJL_OK);
}

static void a_place_without_a_parent_in_its_epoch_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:a0"), MJL_NO_PARENT_IN_EPOCH);
    assert_int_equal(try_place("b0", "bob", 1, 0, NULL), MJL_NO_PARENT_IN_EPOCH);
}

static void an_unknown_parent_is_missing_until_it_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0 0:a1 0:c1"), MJL_PARENT_UNKNOWN);
    assert_int_equal(findings.missing_count, 2);
    assert_int_equal(findings.missing[0].epoch, 0);
    const mjl_id b0 = graph_id("b0");
    assert_true(mjl_id_equal(&findings.missing[1].id, &b0));
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0"), MJL_PARENT_UNKNOWN);
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0"), MJL_OK);
}

static void a_gap_in_the_authors_numbers_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_place("b1", "bob", 1, 1, "0:c1"), MJL_SEQ_NOT_NEXT);
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("b2", "bob", 1, 2, "1:b0"), MJL_SEQ_NOT_NEXT);
    assert_int_equal(try_place("b1", "bob", 1, 1, "1:b0"), MJL_OK);
}

static void another_place_of_the_same_number_is_equivocation(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("b1", "bob", 1, 1, "1:b0"), MJL_OK);
    assert_int_equal(try_place("x", "bob", 1, 0, "0:c1"), MJL_EQUIVOCATION);
    assert_int_equal(findings.other, graph_find(t, "b0"));
    /* Seen before any parent is. */
    assert_int_equal(try_place("x", "bob", 1, 1, "1:nowhere"), MJL_EQUIVOCATION);
    assert_int_equal(findings.other, graph_find(t, "b1"));
}

static void a_place_not_ordered_with_the_authors_previous_is_equivocation(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("b1", "bob", 1, 1, "1:k0"), MJL_EQUIVOCATION);
    assert_int_equal(findings.other, graph_find(t, "b0"));
    assert_int_equal(try_place("k1", "carol", 1, 1, "1:k0 1:b0"), MJL_OK);
    assert_int_equal(try_place("b1", "bob", 1, 1, "1:k1"), MJL_OK);
}

static void a_parent_of_a_sibling_or_later_epoch_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_commit("d1", "alice", 0, 2, "0:c1"), MJL_OK);
    assert_int_equal(graph_epoch(t, "d1", 1, 0, "dora"), 2);
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("d0", "dora", 2, 0, "0:d1 1:b0"), MJL_PARENT_NOT_OF_BRANCH);
    assert_int_equal(try_place("a3", "alice", 0, 3, "1:b0"), MJL_PARENT_NOT_OF_BRANCH);
    /* What is not known yet but is said to be of a later epoch can never be a parent. */
    assert_int_equal(try_place("a3", "alice", 0, 3, "1:nowhere"), MJL_PARENT_NOT_OF_BRANCH);
}

static void a_parent_named_with_a_wrong_epoch_number_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "1:c1"), MJL_PARENT_NOT_OF_BRANCH);
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 1, 0, "0:b0"), MJL_PARENT_NOT_OF_BRANCH);
}

static void a_parent_that_another_parent_follows_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0 0:c1"), MJL_PARENTS_NOT_ANTICHAIN);
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0 0:a0"), MJL_PARENTS_NOT_ANTICHAIN);
    assert_int_equal(try_place("k0", "carol", 1, 0, "1:b0"), MJL_OK);
}

static void two_parents_of_one_author_are_refused(void **state)
{
    (void)state;
    /* dora's two places are ordered by nothing: she went back to epoch 0. */
    assert_int_equal(graph_epoch(t, "f1", 1, 0, "dora"), 2);
    assert_int_equal(try_commit("f1", "alice", 0, 2, "0:c1"), MJL_OK);
    assert_int_equal(try_place("d0", "dora", 2, 0, "0:f1"), MJL_OK);
    assert_int_equal(try_place("dz", "dora", 0, 0, "0:a0"), MJL_OK);
    assert_int_equal(try_place("a3", "alice", 2, 0, "1:d0 0:dz"), MJL_PARENTS_NOT_ANTICHAIN);
    assert_int_equal(try_place("a3", "alice", 2, 0, "1:d0"), MJL_OK);
}

static void the_first_place_in_an_epoch_follows_the_authors_last_before_it(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_commit("c2", "bob", 1, 1, "1:b0"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c2", 2, 1, NULL), 2);
    assert_int_equal(try_place("k1", "carol", 2, 0, "1:c2"), MJL_OWN_PLACE_NOT_FOLLOWED);
    assert_int_equal(try_place("k1", "carol", 2, 0, "1:c2 1:k0"), MJL_OK);
    /* alice wrote last two epochs before. */
    assert_int_equal(try_place("a2", "alice", 2, 0, "1:c2"), MJL_OK);
}

static void the_last_place_may_be_followed_through_others(void **state)
{
    (void)state;
    assert_int_equal(try_place("k0", "carol", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("b0", "bob", 1, 0, "1:k0"), MJL_OK);
    assert_int_equal(try_commit("c2", "bob", 1, 1, "1:b0"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c2", 2, 1, NULL), 2);
    assert_int_equal(try_place("k1", "carol", 2, 0, "1:c2"), MJL_OK);
}

/* Where branches compete, an author may have gone back and written again: it could not know from
   within the younger epoch. */
static void an_author_that_went_back_is_not_accused(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_commit("c2", "bob", 1, 1, "1:b0"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c2", 2, 1, NULL), 2);
    assert_int_equal(try_place("k0", "carol", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k1", "carol", 2, 0, "1:c2"), MJL_OWN_PLACE_NOT_FOLLOWED);
    assert_int_equal(try_commit("d2", "alice", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_place("k1", "carol", 2, 0, "1:c2"), MJL_OK);
}

static void who_joined_anew_follows_nothing_earlier(void **state)
{
    (void)state;
    assert_int_equal(try_place("k0", "carol", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_commit("c2", "alice", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c2", 2, 1, "carol"), 2);
    assert_int_equal(try_place("k1", "carol", 2, 0, "1:c2"), MJL_OK);
    assert_int_equal(mjl_transcript_last_of_author(t, graph_author(t, "carol"), 2),
                     graph_find(t, "k1"));
    assert_int_equal(mjl_transcript_last_of_author(t, graph_author(t, "carol"), 1),
                     graph_find(t, "k0"));
}

static void a_commit_is_a_place_of_its_parent_also_when_it_loses(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(try_commit("c2", "bob", 1, 1, "1:b0"), MJL_OK);
    assert_int_equal(try_commit("d2", "alice", 1, 0, "1:b0"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c2", 2, 1, NULL), 2);
    assert_int_equal(graph_epoch(t, "d2", 2, 1, NULL), 3);
    assert_int_equal(mjl_transcript_epoch(t, 2)->commit, graph_find(t, "c2"));
    assert_int_equal(mjl_transcript_epoch(t, 3)->commit, graph_find(t, "d2"));
    /* On the winner the losing commit is a parent like any other. */
    assert_int_equal(try_place("k0", "carol", 2, 0, "1:c2 1:d2"), MJL_OK);
    assert_int_equal(try_place("k9", "carol", 2, 1, "2:k0 1:d2"), MJL_PARENTS_NOT_ANTICHAIN);
}

static void an_epoch_may_be_entered_before_its_commit_is_delivered(void **state)
{
    (void)state;
    assert_int_equal(graph_epoch(t, "c2", 2, 1, NULL), 2);
    assert_int_equal(mjl_transcript_epoch(t, 2)->commit, MJL_NONE);
    assert_int_equal(try_place("k0", "carol", 2, 0, "1:c2"), MJL_PARENT_UNKNOWN);
    assert_int_equal(try_commit("c2", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(mjl_transcript_epoch(t, 2)->commit, graph_find(t, "c2"));
    assert_int_equal(try_place("k0", "carol", 2, 0, "1:c2"), MJL_OK);
}

static void a_commit_of_another_epoch_than_it_starts_from_is_refused(void **state)
{
    (void)state;
    assert_int_equal(graph_epoch(t, "c2", 2, 1, NULL), 2);
    assert_int_equal(try_commit("c2", "bob", 2, 0, "0:c1"), MJL_BAD_ARGUMENT);
    assert_int_equal(try_commit("d2", "bob", 1, 0, "0:c1"), MJL_OK);
    const mjl_epoch_start start = {.branch = graph_id("d2"), .number = 3, .parent = 2};
    uint32_t epoch;
    assert_int_equal(mjl_transcript_add_epoch(t, &start, &epoch), MJL_BAD_ARGUMENT);
}

static void an_epoch_that_does_not_fit_is_not_added(void **state)
{
    (void)state;
    uint32_t epoch;
    mjl_epoch_start start = {.branch = graph_id("c1"), .number = 2, .parent = 1};
    assert_int_equal(mjl_transcript_add_epoch(t, &start, &epoch), MJL_DUPLICATE);
    start.branch = graph_id("c9");
    start.number = 3;
    assert_int_equal(mjl_transcript_add_epoch(t, &start, &epoch), MJL_BAD_ARGUMENT);
    start.number = 2;
    start.parent = 7;
    assert_int_equal(mjl_transcript_add_epoch(t, &start, &epoch), MJL_BAD_ARGUMENT);
}

static void old_epochs_close_and_take_no_places(void **state)
{
    (void)state;
    char name[16];
    uint32_t parent = 1;
    for (uint64_t number = 2; number < MJL_EPOCHS_MAX + 1; number++) {
        snprintf(name, sizeof name, "n%u", (unsigned)number);
        parent = graph_epoch(t, name, number, parent, NULL);
    }
    assert_false(mjl_transcript_epoch(t, 0)->is_open);
    assert_true(mjl_transcript_epoch(t, 1)->is_open);
    assert_int_equal(try_place("a9", "alice", 0, 2, "0:c1"), MJL_WRONG_EPOCH);
    const mjl_epoch_start start = {.branch = graph_id("late"), .number = 1, .parent = 0};
    uint32_t epoch;
    assert_int_equal(mjl_transcript_add_epoch(t, &start, &epoch), MJL_WRONG_EPOCH);
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
}

/* ---- A joiner's horizon ---- */

static void join(void)
{
    mjl_transcript_free(t);
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    assert_int_equal(graph_epoch(t, "c5", 5, MJL_NONE, NULL), 0);
}

static void parents_below_a_joiners_root_are_opaque_not_missing(void **state)
{
    (void)state;
    join();
    assert_int_equal(try_place("b0", "bob", 0, 0, "4:c5 3:old 4:older"), MJL_OK);
    const mjl_place *place = mjl_transcript_place(t, 0);
    assert_int_equal(place->opaque_count, 3);
    assert_int_equal(place->parents_count, 0);
    assert_true(place->follows_root);
    assert_int_equal(try_place("k0", "carol", 0, 0, "5:b0 4:older"), MJL_OK);
    assert_int_equal(try_place("k1", "carol", 0, 1, "5:nowhere"), MJL_PARENT_UNKNOWN);
}

static void a_joiner_wants_its_roots_commit_or_a_place_named(void **state)
{
    (void)state;
    join();
    assert_int_equal(try_place("b0", "bob", 0, 0, "4:older"), MJL_NO_PARENT_IN_EPOCH);
    assert_int_equal(try_place("b0", "bob", 0, 0, "3:c5"), MJL_PARENT_NOT_OF_BRANCH);
    assert_int_equal(try_place("b0", "bob", 0, 0, NULL), MJL_NO_PARENT_IN_EPOCH);
    assert_int_equal(try_place("b0", "bob", 0, 0, "4:c5"), MJL_OK);
    /* In a later epoch the root's commit is not enough. */
    assert_int_equal(try_commit("c6", "bob", 0, 1, "5:b0"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c6", 6, 0, NULL), 1);
    assert_int_equal(try_place("k0", "carol", 1, 0, "4:c5"), MJL_NO_PARENT_IN_EPOCH);
}

static void what_a_joiner_knows_is_not_taken_for_something_from_before_its_time(void **state)
{
    (void)state;
    join();
    assert_int_equal(try_place("b0", "bob", 0, 0, "4:c5"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 0, 0, "4:b0 4:c5"), MJL_PARENT_NOT_OF_BRANCH);
    assert_int_equal(try_place("k0", "carol", 0, 0, "4:c5"), MJL_OK);
}

static void the_roots_commit_beside_what_follows_it_is_no_antichain(void **state)
{
    (void)state;
    join();
    assert_int_equal(try_place("b0", "bob", 0, 0, "4:c5"), MJL_OK);
    assert_int_equal(try_place("k0", "carol", 0, 0, "4:c5 5:b0"), MJL_PARENTS_NOT_ANTICHAIN);
}

static void who_joins_again_has_a_second_root(void **state)
{
    (void)state;
    assert_int_equal(try_place("b0", "bob", 1, 0, "0:c1"), MJL_OK);
    assert_int_equal(graph_epoch(t, "c9", 9, MJL_NONE, NULL), 2);
    assert_int_equal(try_place("b1", "bob", 2, 0, "8:c9 1:b0"), MJL_OK);
    assert_int_equal(mjl_transcript_place(t, graph_find(t, "b1"))->opaque_count, 2);
    assert_int_equal(mjl_transcript_last_of_author(t, graph_author(t, "alice"), 2), MJL_NONE);
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        RULE(the_first_place_of_epoch_zero_needs_no_parents),
        RULE(an_accepted_place_is_a_duplicate_and_is_named),
        RULE(a_place_may_follow_the_commit_or_a_place_of_its_epoch),
        RULE(a_place_without_a_parent_in_its_epoch_is_refused),
        RULE(an_unknown_parent_is_missing_until_it_is_accepted),
        RULE(a_gap_in_the_authors_numbers_is_refused),
        RULE(another_place_of_the_same_number_is_equivocation),
        RULE(a_place_not_ordered_with_the_authors_previous_is_equivocation),
        RULE(a_parent_of_a_sibling_or_later_epoch_is_refused),
        RULE(a_parent_named_with_a_wrong_epoch_number_is_refused),
        RULE(a_parent_that_another_parent_follows_is_refused),
        RULE(two_parents_of_one_author_are_refused),
        RULE(the_first_place_in_an_epoch_follows_the_authors_last_before_it),
        RULE(the_last_place_may_be_followed_through_others),
        RULE(an_author_that_went_back_is_not_accused),
        RULE(who_joined_anew_follows_nothing_earlier),
        RULE(a_commit_is_a_place_of_its_parent_also_when_it_loses),
        RULE(an_epoch_may_be_entered_before_its_commit_is_delivered),
        RULE(a_commit_of_another_epoch_than_it_starts_from_is_refused),
        RULE(an_epoch_that_does_not_fit_is_not_added),
        RULE(old_epochs_close_and_take_no_places),
        RULE(parents_below_a_joiners_root_are_opaque_not_missing),
        RULE(a_joiner_wants_its_roots_commit_or_a_place_named),
        RULE(what_a_joiner_knows_is_not_taken_for_something_from_before_its_time),
        RULE(the_roots_commit_beside_what_follows_it_is_no_antichain),
        RULE(who_joins_again_has_a_second_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
