/* The transcript's order, what it offers as parents and frontiers, and its records. */
#include "transcript.h"

#include "graph.h"
#include "test.h"

#include <stdio.h>

static mjl_transcript *t;

/* alice's group with bob and carol in epoch 1; nothing said there yet. */
static int begin(void **state)
{
    (void)state;
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    graph_epoch(t, "e0", 0, MJL_NONE, NULL);
    graph_add(t, (graph_place){.name = "a0", .author = "alice"});
    graph_add(t,
              (graph_place){
                  .name = "c1", .author = "alice", .seq = 1, .parents = "0:a0", .is_commit = true});
    graph_epoch(t, "c1", 1, 0, "bob carol");
    return 0;
}

static int end(void **state)
{
    (void)state;
    mjl_transcript_free(t);
    return 0;
}

static uint32_t say(const char *name, const char *author, uint32_t epoch, uint64_t seq,
                    const char *parents)
{
    return graph_add(
        t, (graph_place){
               .name = name, .author = author, .epoch = epoch, .seq = seq, .parents = parents});
}

static uint32_t commit(const char *name, const char *author, uint32_t epoch, uint64_t seq,
                       const char *parents)
{
    return graph_add(t, (graph_place){.name = name,
                                      .author = author,
                                      .epoch = epoch,
                                      .seq = seq,
                                      .parents = parents,
                                      .is_commit = true});
}

/* ---- Order and looking up ---- */

static void order_follows_parents_across_epochs(void **state)
{
    (void)state;
    const uint32_t b0 = say("b0", "bob", 1, 0, "0:c1");
    const uint32_t k0 = say("k0", "carol", 1, 0, "0:c1");
    const uint32_t b1 = say("b1", "bob", 1, 1, "1:b0 1:k0");
    assert_true(mjl_transcript_is_before_or_equal(t, 0, b1));
    assert_true(mjl_transcript_is_before_or_equal(t, b0, b0));
    assert_true(mjl_transcript_is_before_or_equal(t, k0, b1));
    assert_false(mjl_transcript_is_before_or_equal(t, b0, k0));
    assert_false(mjl_transcript_is_before_or_equal(t, k0, b0));
    assert_false(mjl_transcript_is_before_or_equal(t, b1, b0));
}

static void places_and_messages_are_found_by_their_ids(void **state)
{
    (void)state;
    const uint32_t b0 = say("b0", "bob", 1, 0, "0:c1");
    const mjl_place *place = mjl_transcript_place(t, b0);
    assert_int_equal(mjl_transcript_find_place(t, &place->id), b0);
    assert_int_equal(mjl_transcript_find_message(t, &place->message), b0);
    const mjl_id unknown = graph_id("unknown");
    assert_int_equal(mjl_transcript_find_place(t, &unknown), MJL_NONE);
    assert_int_equal(mjl_transcript_find_message(t, &unknown), MJL_NONE);
    assert_int_equal(mjl_transcript_find_author(t, &unknown), MJL_NONE);
    assert_int_equal(mjl_transcript_find_epoch(t, &unknown), MJL_NONE);
    assert_int_equal(mjl_transcript_ref(t, b0).epoch, 1);
}

static void a_message_placed_again_keeps_its_first_place(void **state)
{
    (void)state;
    const uint32_t first = say("b0", "bob", 1, 0, "0:c1");
    const uint32_t again = graph_add(t, (graph_place){.name = "again",
                                                      .author = "bob",
                                                      .epoch = 1,
                                                      .seq = 1,
                                                      .parents = "1:b0",
                                                      .message = "b0"});
    assert_int_equal(mjl_transcript_place(t, again)->first, first);
    assert_int_equal(mjl_transcript_place(t, first)->next_same, again);
    assert_int_equal(mjl_transcript_place(t, again)->next_same, MJL_NONE);
    assert_int_equal(mjl_transcript_find_message(t, &mjl_transcript_place(t, again)->message),
                     first);
    graph_add(t, (graph_place){.name = "thrice",
                               .author = "bob",
                               .epoch = 1,
                               .seq = 2,
                               .parents = "1:again",
                               .message = "b0"});
    size_t count = 0;
    for (uint32_t place = first; place != MJL_NONE; count++)
        place = mjl_transcript_place(t, place)->next_same;
    assert_int_equal(count, 3);
}

static void numbers_count_within_one_epoch(void **state)
{
    (void)state;
    const uint32_t alice = graph_author(t, "alice");
    assert_int_equal(mjl_transcript_next_seq(t, alice, 0), 2);
    assert_int_equal(mjl_transcript_next_seq(t, alice, 1), 0);
    say("a2", "alice", 1, 0, "0:c1");
    assert_int_equal(mjl_transcript_next_seq(t, alice, 1), 1);
}

/* ---- Parents ---- */

/* What the author would write now must be accepted. */
static void heads_are(const char *author, uint32_t epoch, const char *expected)
{
    mjl_place_ref parents[MJL_PARENTS_MAX];
    size_t count = 0;
    const uint32_t index = graph_author(t, author);
    assert_int_equal(mjl_transcript_heads(t, epoch, index, parents, &count), MJL_OK);
    const mjl_place_candidate next = {.id = graph_id("next"),
                                      .message = graph_id("next"),
                                      .epoch = epoch,
                                      .author = index,
                                      .seq = mjl_transcript_next_seq(t, index, epoch),
                                      .type = 1,
                                      .parents = parents,
                                      .parents_count = count};
    mjl_findings findings;
    assert_int_equal(mjl_transcript_check(t, &next, &findings), MJL_OK);
    size_t found = 0;
    for (const char *at = expected; *at != 0; found++) {
        char name[32];
        size_t size = strcspn(at, " ");
        memcpy(name, at, size);
        name[size] = 0;
        at += size + (at[size] == ' ');
        const mjl_id id = graph_id(name);
        bool is_there = false;
        for (size_t i = 0; i < count; i++)
            is_there = is_there || mjl_id_equal(&parents[i].id, &id);
        assert_true(is_there);
    }
    assert_int_equal(found, count);
}

static void the_next_place_follows_all_that_nothing_follows(void **state)
{
    (void)state;
    heads_are("bob", 1, "c1");
    say("b0", "bob", 1, 0, "0:c1");
    say("k0", "carol", 1, 0, "0:c1");
    heads_are("bob", 1, "b0 k0");
    heads_are("alice", 1, "b0 k0");
    say("a2", "alice", 1, 0, "1:b0 1:k0");
    heads_are("bob", 1, "a2");
}

static void the_first_place_of_a_group_has_no_parents(void **state)
{
    (void)state;
    mjl_transcript_free(t);
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    graph_epoch(t, "e0", 0, MJL_NONE, NULL);
    heads_are("alice", 0, "");
}

static void a_joiners_first_place_follows_its_roots_commit(void **state)
{
    (void)state;
    mjl_transcript_free(t);
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    graph_epoch(t, "c5", 5, MJL_NONE, NULL);
    heads_are("bob", 0, "c5");
    say("k0", "carol", 0, 0, "4:c5 3:old");
    heads_are("bob", 0, "k0");
}

static void heads_wait_for_the_epochs_commit(void **state)
{
    (void)state;
    mjl_place_ref parents[MJL_PARENTS_MAX];
    size_t count;
    graph_epoch(t, "c2", 2, 1, NULL);
    assert_int_equal(mjl_transcript_heads(t, 2, graph_author(t, "bob"), parents, &count),
                     MJL_PARENT_UNKNOWN);
    commit("c2", "alice", 1, 0, "0:c1");
    heads_are("bob", 2, "c2");
}

static void each_branch_has_heads_of_its_own(void **state)
{
    (void)state;
    say("b0", "bob", 1, 0, "0:c1");
    commit("c2", "alice", 1, 0, "0:c1");
    commit("d2", "carol", 1, 0, "0:c1");
    graph_epoch(t, "c2", 2, 1, NULL);
    graph_epoch(t, "d2", 2, 1, NULL);
    heads_are("bob", 2, "b0 c2 d2");
    heads_are("bob", 3, "b0 c2 d2");
    say("b1", "bob", 2, 0, "1:b0 1:c2 1:d2");
    heads_are("bob", 2, "b1");
    heads_are("carol", 3, "b0 c2 d2");
    say("k1", "carol", 3, 0, "1:b0 1:c2 1:d2");
    heads_are("alice", 2, "b1");
    heads_are("alice", 3, "k1");
}

/* Else the commit could not be named beside what stands on it, by who wrote both. */
static void others_commits_on_the_epoch_are_not_followed_within_it(void **state)
{
    (void)state;
    say("b0", "bob", 1, 0, "0:c1");
    commit("c2", "alice", 1, 0, "1:b0");
    heads_are("bob", 1, "b0");
    heads_are("alice", 1, "c2");
    say("k0", "carol", 1, 0, "1:b0");
    heads_are("bob", 1, "k0");
}

static void the_first_place_names_the_commit_and_leaves_what_stands_on_it(void **state)
{
    (void)state;
    commit("c2", "alice", 1, 0, "0:c1");
    say("b0", "bob", 1, 0, "1:c2"); /* No honest member does, but a member can. */
    graph_epoch(t, "c2", 2, 1, NULL);
    heads_are("carol", 2, "c2");
    mjl_place_ref parents[MJL_PARENTS_MAX];
    size_t count;
    assert_int_equal(mjl_transcript_heads(t, 2, graph_author(t, "bob"), parents, &count),
                     MJL_OWN_PLACE_NOT_FOLLOWED);
    say("k0", "carol", 2, 0, "1:c2");
    heads_are("bob", 2, "k0 b0");
}

static void more_heads_than_parents_are_joined_little_by_little(void **state)
{
    (void)state;
    enum { CROWD = 150 };
    char name[16];
    say("b0", "bob", 1, 0, "0:c1");
    for (unsigned i = 0; i < CROWD; i++) {
        snprintf(name, sizeof name, "m%u", i);
        say(name, name, 1, 0, "0:c1");
    }
    say("b1", "bob", 1, 1, "1:b0"); /* Bob's own head is the youngest. */
    mjl_place_ref parents[MJL_PARENTS_MAX];
    size_t count;
    const uint32_t bob = graph_author(t, "bob");
    for (uint64_t seq = 2; seq < 5; seq++) {
        assert_int_equal(mjl_transcript_heads(t, 1, bob, parents, &count), MJL_OK);
        snprintf(name, sizeof name, "b%u", (unsigned)seq);
        const mjl_place_candidate next = {.id = graph_id(name),
                                          .message = graph_id(name),
                                          .epoch = 1,
                                          .author = bob,
                                          .seq = seq,
                                          .type = 1,
                                          .parents = parents,
                                          .parents_count = count};
        mjl_findings findings;
        uint32_t place;
        assert_true(count <= MJL_PARENTS_MAX);
        assert_int_equal(mjl_transcript_check(t, &next, &findings), MJL_OK);
        assert_int_equal(mjl_transcript_accept(t, &next, &place), MJL_OK);
    }
    heads_are("bob", 1, "b4");
    assert_true(mjl_transcript_check_all(t));
}

/* ---- Frontiers ---- */

static void a_frontier_names_what_nothing_follows_page_by_page(void **state)
{
    (void)state;
    mjl_place_ref out[4];
    assert_int_equal(mjl_transcript_frontier(t, 1, 0, out, 4), 1);
    say("b0", "bob", 1, 0, "0:c1");
    say("k0", "carol", 1, 0, "0:c1");
    say("a2", "alice", 1, 0, "0:c1");
    assert_int_equal(mjl_transcript_frontier(t, 1, 0, out, 4), 3);
    assert_true(mjl_place_ref_compare(&out[0], &out[1]) < 0);
    assert_true(mjl_place_ref_compare(&out[1], &out[2]) < 0);
    assert_int_equal(mjl_transcript_frontier(t, 1, 0, out, 2), 2);
    assert_int_equal(mjl_transcript_frontier(t, 1, 2, out, 2), 1);
    const mjl_id a2 = graph_id("a2");
    assert_true(mjl_id_equal(&out[0].id, &a2));
    assert_int_equal(mjl_transcript_frontier(t, 1, 3, out, 2), 0);
}

static void a_joiners_first_frontier_is_its_roots_commit(void **state)
{
    (void)state;
    mjl_transcript_free(t);
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    graph_epoch(t, "c5", 5, MJL_NONE, NULL);
    mjl_place_ref out[4];
    assert_int_equal(mjl_transcript_frontier(t, 0, 0, out, 4), 1);
    const mjl_id c5 = graph_id("c5");
    assert_int_equal(out[0].epoch, 4);
    assert_true(mjl_id_equal(&out[0].id, &c5));
}

/* ---- Records ---- */

/* Siblings, a second root, a message placed twice, opaque parents: every field has a value. */
static void grow(void)
{
    say("b0", "bob", 1, 0, "0:c1");
    commit("c2", "alice", 1, 0, "1:b0");
    commit("d2", "carol", 1, 0, "1:b0");
    graph_epoch(t, "c2", 2, 1, "dora emil");
    graph_epoch(t, "d2", 2, 1, NULL);
    graph_add(
        t,
        (graph_place){
            .name = "again", .author = "bob", .epoch = 2, .parents = "1:c2 1:d2", .message = "b0"});
    graph_epoch(t, "c9", 9, MJL_NONE, NULL);
    say("z0", "zoe", 4, 0, "8:c9 3:old");
    say("k0", "carol", 3, 0, "1:c2 1:d2");
}

static void a_loaded_transcript_goes_on_as_the_saved_one(void **state)
{
    (void)state;
    grow();
    graph_records saved = graph_save(t);
    mjl_transcript *loaded;
    assert_int_equal(graph_load(&saved, &loaded), MJL_OK);
    assert_true(mjl_transcript_check_all(loaded));
    graph_is_same(t, loaded);
    mjl_transcript *const kept = t;
    for (size_t i = 0; i < 2; i++) {
        t = i == 0 ? kept : loaded;
        heads_are("alice", 2, "again");
        heads_are("bob", 3, "k0");
        say("a2", "alice", 2, 0, "2:again");
        say("b2", "bob", 3, 0, "2:k0");
    }
    t = kept;
    graph_is_same(t, loaded);
    mjl_transcript_free(loaded);
    graph_records_clear(&saved);
}

static void an_empty_transcript_is_loaded_as_one(void **state)
{
    (void)state;
    mjl_transcript *empty, *loaded;
    assert_int_equal(mjl_transcript_new(&empty), MJL_OK);
    graph_records saved = graph_save(empty);
    assert_int_equal(graph_load(&saved, &loaded), MJL_OK);
    graph_epoch(loaded, "e0", 0, MJL_NONE, NULL);
    mjl_transcript_free(empty);
    mjl_transcript_free(loaded);
    graph_records_clear(&saved);
}

/* Loads with one record changed: refused, or another transcript that is sound and saved as it
   stands. */
static bool is_refused_or_sound(graph_records *saved, size_t changed, mjl_bytes record)
{
    const mjl_buffer kept = saved->records[changed];
    saved->records[changed] = (mjl_buffer){0};
    assert_int_equal(mjl_buffer_append(&saved->records[changed], record), MJL_OK);
    mjl_transcript *loaded;
    const mjl_result result = graph_load(saved, &loaded);
    if (result == MJL_OK) {
        assert_true(mjl_transcript_check_all(loaded));
        graph_records again = graph_save(loaded);
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&again.records[changed]), record));
        graph_records_clear(&again);
        mjl_transcript_free(loaded);
    } else {
        assert_int_equal(result, MJL_STORE_DAMAGED);
    }
    mjl_buffer_clear(&saved->records[changed]);
    saved->records[changed] = kept;
    return result != MJL_OK;
}

static void damaged_records_are_refused_or_make_another_sound_transcript(void **state)
{
    (void)state;
    grow();
    graph_records saved = graph_save(t);
    size_t refused = 0, sizes = 0;
    for (size_t i = 0; i < saved.count; i++) {
        mjl_buffer copy = {0};
        assert_int_equal(mjl_buffer_append(&copy, mjl_buffer_bytes(&saved.records[i])), MJL_OK);
        for (size_t size = 0; size < copy.size; size++)
            assert_true(is_refused_or_sound(&saved, i, mjl_bytes_of(copy.data, size)));
        for (size_t at = 0; at < copy.size; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                copy.data[at] ^= (uint8_t)(1U << bit);
                refused += is_refused_or_sound(&saved, i, mjl_buffer_bytes(&copy));
                copy.data[at] ^= (uint8_t)(1U << bit);
            }
        }
        sizes += copy.size;
        mjl_buffer_clear(&copy);
    }
    /* Most of a record are ids and times, where any value is one. */
    assert_true(refused > sizes / 2);
    graph_records_clear(&saved);
}

static void records_in_another_order_are_refused(void **state)
{
    (void)state;
    grow();
    graph_records saved = graph_save(t);
    for (size_t i = 1; i < saved.count; i++) {
        const mjl_buffer kept = saved.records[i];
        saved.records[i] = saved.records[i - 1];
        saved.records[i - 1] = kept;
        mjl_transcript *loaded;
        const mjl_result result = graph_load(&saved, &loaded);
        assert_true(result == MJL_OK || result == MJL_STORE_DAMAGED);
        if (result == MJL_OK) assert_true(mjl_transcript_check_all(loaded));
        if (result == MJL_OK) mjl_transcript_free(loaded);
        saved.records[i - 1] = saved.records[i];
        saved.records[i] = kept;
    }
    mjl_buffer *const first = &saved.records[saved.authors];
    const mjl_buffer kept = *first;
    first[0] = first[1];
    first[1] = kept;
    mjl_transcript *loaded;
    assert_int_equal(graph_load(&saved, &loaded), MJL_STORE_DAMAGED);
    graph_records_clear(&saved);
}

int main(void)
{
#define GRAPH(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        GRAPH(order_follows_parents_across_epochs),
        GRAPH(places_and_messages_are_found_by_their_ids),
        GRAPH(a_message_placed_again_keeps_its_first_place),
        GRAPH(numbers_count_within_one_epoch),
        GRAPH(the_next_place_follows_all_that_nothing_follows),
        GRAPH(the_first_place_of_a_group_has_no_parents),
        GRAPH(a_joiners_first_place_follows_its_roots_commit),
        GRAPH(heads_wait_for_the_epochs_commit),
        GRAPH(each_branch_has_heads_of_its_own),
        GRAPH(others_commits_on_the_epoch_are_not_followed_within_it),
        GRAPH(the_first_place_names_the_commit_and_leaves_what_stands_on_it),
        GRAPH(more_heads_than_parents_are_joined_little_by_little),
        GRAPH(a_frontier_names_what_nothing_follows_page_by_page),
        GRAPH(a_joiners_first_frontier_is_its_roots_commit),
        GRAPH(a_loaded_transcript_goes_on_as_the_saved_one),
        GRAPH(an_empty_transcript_is_loaded_as_one),
        GRAPH(damaged_records_are_refused_or_make_another_sound_transcript),
        GRAPH(records_in_another_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
