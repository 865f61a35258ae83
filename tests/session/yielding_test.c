/*
 * Where all others live: who goes there, when, and who stays.
 *
 *     root ──> ours (it is chosen) ──> ...
 *       └────> rival (where the others are heard) ──> ...
 *
 * Epochs and what is known of their commits are written by hand; what the others say is heard as
 * when it comes.
 */
#include "yielding.h"

#include "acks_readers.h"
#include "graph.h"
#include "session_state.h"
#include "test.h"

enum { SELF, BOB, CAROL, DORA, MEMBERS, NOBODY = MEMBERS };
enum { ROOT, OURS, RIVAL, NEXT, LAST }; /* In most tests; the last two follow others of them. */

static const char *const names[MEMBERS] = {"self", "bob", "carol", "dora"};
static const mjl_time began = 1000000;

static mjl_profile profile;
static mjl_session *session;
static uint32_t members; /* Of the first epoch. */
static int keys;         /* Whoever has its address can live in an epoch. */

/* ---- What is here ---- */

static uint32_t add_epoch(const char *name, uint32_t parent, uint32_t committer,
                          mjl_commit_class class, uint32_t gone)
{
    mjl_branches *const branches = &session->branches;
    const bool is_root = parent == MJL_NO_INDEX;
    const mjl_epoch *const before = is_root ? NULL : &branches->epochs[parent];
    mjl_epoch epoch = {.branch = graph_id(name), .parent = parent, .leaf_count = MEMBERS};
    epoch.committer = epoch.committer_leaf = committer;
    epoch.commit_class = class;
    epoch.number = is_root ? 0 : before->number + 1;
    epoch.entered_at = profile.now;
    epoch.roster = malloc(MEMBERS * sizeof *epoch.roster);
    assert_non_null(epoch.roster);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        const bool was_there = is_root || before->roster[i] != MJL_NO_INDEX;
        epoch.roster[i] = was_there && i != gone ? i : MJL_NO_INDEX;
        if (is_root && i >= members) epoch.roster[i] = MJL_NO_INDEX;
    }
    epoch.removes_us = epoch.roster[SELF] == MJL_NO_INDEX;
    if (!epoch.removes_us) epoch.group = (const mjl_mls_group *)(const void *)&keys;
    assert_int_equal(mjl_epoch_index_roster(&epoch, MEMBERS), MJL_OK);
    (void)graph_epoch(session->transcript, name, epoch.number, is_root ? MJL_NONE : parent, NULL);
    assert_int_equal(mjl_acks_add_roster(session->acks, epoch.roster, MEMBERS), MJL_OK);
    assert_int_equal(mjl_branches_reserve(branches), MJL_OK);
    return mjl_branches_add(branches, &epoch);
}

static void add_place(graph_place place)
{
    mjl_acks_changes changes = {0};
    const uint32_t index = graph_add(session->transcript, place);
    assert_int_equal(mjl_acks_add(session->acks, session->transcript, index, &changes), MJL_OK);
    mjl_acks_changes_clear(&changes);
}

/* A commit on the first epoch, or on one that such a commit begins. Of the others only who made it
   is known to have it. */
static void commit(const char *name, uint32_t committer, uint32_t parent, uint32_t gone,
                   uint32_t expected)
{
    graph_place place = {.name = name, .author = names[committer], .epoch = parent};
    place.is_commit = true;
    place.parents = parent == ROOT ? "0:hello" : parent == OURS ? "0:ours" : "0:rival";
    place.seq = parent == ROOT && committer == SELF ? 1 : 0;
    add_place(place);
    const mjl_commit_class class = gone == NOBODY ? MJL_CLASS_REFRESH : MJL_CLASS_REMOVAL;
    assert_int_equal(add_epoch(name, parent, committer, class, gone), expected);
}

/* The first so many of them are in it, and we said something. */
static void begin_room(uint32_t count)
{
    members = count;
    assert_int_equal(add_epoch("root", MJL_NO_INDEX, SELF, MJL_CLASS_REFRESH, NOBODY), ROOT);
    session->branches.root = ROOT;
    add_place((graph_place){.name = "hello", .author = "self"});
}

static int begin(void **state)
{
    (void)state;
    memset(&profile, 0, sizeof profile);
    profile.now = began;
    profile.member = graph_id(names[SELF]);
    assert_int_equal(mjl_session_blank(&profile, 1, &session), MJL_OK);
    assert_int_equal(mjl_acks_new(SELF, &session->acks), MJL_OK);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        assert_int_equal(graph_author(session->transcript, names[i]), i);
        assert_int_equal(mjl_presence_reserve(&session->presence, i), MJL_OK);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < session->branches.count; i++)
        session->branches.epochs[i].group = NULL;
    mjl_session_free(session);
    return 0;
}

/* ---- What happens ---- */

static void has(uint32_t reader, const char *commit_name)
{
    mjl_acks_changes changes = {0};
    const uint32_t place = graph_find(session->transcript, commit_name);
    assert_int_equal(mjl_acks_heard(session->acks, session->transcript, place, reader, &changes),
                     MJL_OK);
    mjl_acks_changes_clear(&changes);
}

static void hear(uint32_t author, uint32_t epoch)
{
    assert_int_equal(mjl_presence_heard(session, author, epoch), MJL_OK);
}

static mjl_time graces(mjl_time count)
{
    return count * MJL_YIELD_GRACE_FA_INTERVALS *
           mjl_policy_fa_intv(&session->policy,
                              mjl_epoch_members_count(&session->branches.epochs[ROOT]));
}

static void chooses(uint32_t expected)
{
    session->branches.tip = mjl_yielding_choose(session);
    assert_int_equal(session->branches.tip, expected);
}

/* Three, of whom two went on by the rival. Ours wins by its rank, as all that BOB makes on the
   first epoch does. */
static void begin_three(void)
{
    begin_room(3);
    commit("ours", BOB, ROOT, NOBODY, OURS);
    commit("rival", CAROL, ROOT, NOBODY, RIVAL);
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    chooses(OURS);
}

/* ---- When ---- */

static void who_lives_alone_goes_where_all_others_lived_for_a_grace(void **state)
{
    (void)state;
    begin_three();
    has(CAROL, "ours");
    profile.now = began + graces(1) - 1;
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    chooses(OURS);
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    chooses(OURS); /* Carol was not heard since. */
    hear(CAROL, RIVAL);
    chooses(RIVAL);
}

static void who_may_lack_the_commit_is_waited_for(void **state)
{
    (void)state;
    begin_three();
    profile.now = began + graces(2);
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    chooses(OURS);
    has(CAROL, "ours");
    chooses(RIVAL);
}

static void one_who_is_heard_here_keeps_the_line(void **state)
{
    (void)state;
    begin_three();
    has(CAROL, "ours");
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    hear(CAROL, OURS);
    chooses(OURS);
    profile.now = began + graces(1) + 1;
    hear(CAROL, RIVAL);
    chooses(OURS);
    profile.now = began + graces(2) + 1; /* Its time there begins anew. */
    hear(CAROL, RIVAL);
    chooses(RIVAL);
    hear(BOB, OURS); /* Nothing was decided by that. */
    chooses(OURS);
}

static void who_is_between_two_heartbeats_is_waited_for_and_who_is_gone_is_not(void **state)
{
    (void)state;
    begin_three();
    hear(CAROL, OURS);
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    assert_true(mjl_presence_is_silent(session, CAROL));
    chooses(OURS);
    const mjl_time longest = mjl_policy_idle_max(&session->policy, 3);
    profile.now = began + longest + longest / 16;
    hear(BOB, RIVAL);
    chooses(OURS);
    profile.now++;
    chooses(RIVAL);
}

static void who_was_never_heard_is_waited_for_as_long_from_its_coming_on(void **state)
{
    (void)state;
    profile.now += 10 * (mjl_time)MJL_BACKOFF_MS_MAX;
    begin_room(3);
    commit("ours", BOB, ROOT, NOBODY, OURS);
    commit("rival", CAROL, ROOT, NOBODY, RIVAL);
    hear(BOB, RIVAL);
    const mjl_time longest = mjl_policy_idle_max(&session->policy, 3);
    profile.now += longest + longest / 16;
    hear(BOB, RIVAL);
    chooses(OURS);
    profile.now++;
    chooses(RIVAL);
}

static void who_said_that_it_will_be_away_is_not_waited_for(void **state)
{
    (void)state;
    begin_three();
    hear(CAROL, OURS);
    profile.now = began + graces(MJL_YIELD_GRACES_OF_THE_BETTER);
    hear(BOB, RIVAL);
    chooses(OURS);
    session->presence.entries[CAROL].away_since = profile.now;
    chooses(RIVAL);
}

/* Who was heard on the way to the fork lives on neither line yet. */
static void what_was_heard_before_the_fork_counts_for_no_line(void **state)
{
    (void)state;
    begin_room(3);
    hear(BOB, ROOT);
    hear(CAROL, ROOT);
    commit("ours", BOB, ROOT, NOBODY, OURS);
    commit("rival", CAROL, ROOT, NOBODY, RIVAL);
    has(CAROL, "ours");
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    chooses(OURS);
    profile.now = began + graces(2);
    hear(BOB, ROOT); /* It comes late. */
    hear(CAROL, ROOT);
    chooses(OURS);
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    chooses(RIVAL);
}

static void who_goes_on_along_a_line_lived_there_all_the_time(void **state)
{
    (void)state;
    begin_three();
    has(CAROL, "ours");
    profile.now = began + graces(1);
    commit("next", CAROL, RIVAL, NOBODY, NEXT);
    hear(BOB, NEXT);
    hear(CAROL, NEXT);
    chooses(NEXT);
}

static void take_statement(uint32_t author, uint32_t epoch, uint64_t counter)
{
    const mjl_frontier frontier = {.counter = counter};
    assert_int_equal(mjl_presence_take_statement(session, author, epoch, &frontier), MJL_OK);
}

static void a_statement_that_was_overtaken_does_not_show_where_its_author_is(void **state)
{
    (void)state;
    begin_three();
    has(CAROL, "ours");
    take_statement(CAROL, RIVAL, 2);
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    take_statement(CAROL, RIVAL, 1);
    chooses(OURS);
    take_statement(CAROL, OURS, 0);
    chooses(OURS);
    take_statement(CAROL, RIVAL, 3);
    chooses(RIVAL);
}

/* ---- Of two ---- */

static void who_is_on_the_better_of_two_waits_for_the_other_to_come(void **state)
{
    (void)state;
    begin_room(2);
    commit("ours", BOB, ROOT, NOBODY, OURS);
    commit("rival", SELF, ROOT, NOBODY, RIVAL);
    hear(BOB, RIVAL);
    profile.now = began + graces(MJL_YIELD_GRACES_OF_THE_BETTER) - 1;
    hear(BOB, RIVAL);
    chooses(OURS);
    profile.now++;
    hear(BOB, RIVAL);
    chooses(RIVAL);
}

/* CAROL's removal of DORA is better than ours of CAROL, which wins since it removes who made it. */
static void who_is_on_the_worse_of_two_goes_at_once(void **state)
{
    (void)state;
    begin_room(4);
    commit("ours", SELF, ROOT, CAROL, OURS);
    commit("rival", CAROL, ROOT, DORA, RIVAL);
    commit("next", SELF, OURS, DORA, NEXT);
    has(BOB, "ours");
    hear(BOB, RIVAL);
    chooses(NEXT);
    profile.now = began + graces(1) - 1;
    hear(BOB, RIVAL);
    chooses(NEXT);
    profile.now++;
    hear(BOB, RIVAL);
    chooses(RIVAL);
}

static void who_was_removed_has_nobody_to_wait_for(void **state)
{
    (void)state;
    begin_room(2);
    commit("ours", BOB, ROOT, SELF, OURS);
    commit("rival", SELF, ROOT, NOBODY, RIVAL);
    hear(BOB, RIVAL);
    chooses(OURS);
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    chooses(RIVAL);
}

/* ---- Where to ---- */

static void nobody_goes_where_it_is_removed(void **state)
{
    (void)state;
    begin_three();
    has(CAROL, "ours");
    commit("next", CAROL, RIVAL, SELF, NEXT);
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    chooses(OURS);
    session->branches.epochs[NEXT].is_void = true;
    chooses(RIVAL);
}

static void where_all_others_live_they_may_live_beside_what_wins_there(void **state)
{
    (void)state;
    begin_three();
    commit("next", BOB, RIVAL, NOBODY, NEXT);
    commit("last", CAROL, RIVAL, NOBODY, LAST);
    has(CAROL, "ours");
    hear(BOB, LAST);
    hear(CAROL, LAST);
    profile.now = began + graces(1);
    hear(BOB, LAST);
    hear(CAROL, LAST);
    chooses(NEXT); /* CAROL may lack what leads there. */
    has(CAROL, "next");
    chooses(LAST);
}

/* A third line, of BOB, lost to ours alone, since that goes on to remove BOB. */
static void what_wins_only_without_our_line_is_not_gone_to(void **state)
{
    (void)state;
    enum { THEIRS = OURS, THIRD, REMOVAL = NEXT, BESIDE };
    begin_room(4);
    commit("ours", CAROL, ROOT, NOBODY, THEIRS);
    commit("third", BOB, ROOT, NOBODY, THIRD);
    chooses(THIRD);
    commit("removal", DORA, THEIRS, BOB, REMOVAL);
    commit("beside", CAROL, THEIRS, NOBODY, BESIDE);
    has(CAROL, "removal");
    hear(CAROL, BESIDE);
    hear(DORA, BESIDE);
    chooses(REMOVAL);
    profile.now = began + graces(1);
    hear(CAROL, BESIDE);
    hear(DORA, BESIDE);
    chooses(REMOVAL);
    session->branches.epochs[THIRD].is_void = true;
    chooses(BESIDE);
}

/* ---- Two roots ---- */

/* As if two Welcomes had led here: who was heard on the other line counts for it as a member of
   both. DORA is one where all others live, beside the line that wins without that; nobody has
   chosen anything yet, as after a restart. */
static void whom_a_line_removed_that_all_others_left_is_heard_on_another_root(void **state)
{
    (void)state;
    begin_room(4);
    commit("ours", BOB, ROOT, DORA, OURS);
    commit("rival", CAROL, ROOT, NOBODY, RIVAL);
    has(CAROL, "ours");
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    profile.now = began + graces(1);
    hear(BOB, RIVAL);
    hear(CAROL, RIVAL);
    const uint32_t other = add_epoch("other", MJL_NO_INDEX, SELF, MJL_CLASS_ADD, NOBODY);
    session->roots.entries[0] = (mjl_root){.epoch = ROOT, .last_heard = profile.now};
    session->roots.entries[1] = (mjl_root){.epoch = other, .last_heard = profile.now};
    session->roots.count = 2;
    session->branches.tip = OURS;
    assert_int_equal(mjl_roots_heard(session, DORA, other), MJL_OK);
    assert_int_equal(session->branches.root, other);
}

int main(void)
{
#define YIELDING(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        YIELDING(who_lives_alone_goes_where_all_others_lived_for_a_grace),
        YIELDING(who_may_lack_the_commit_is_waited_for),
        YIELDING(one_who_is_heard_here_keeps_the_line),
        YIELDING(who_is_between_two_heartbeats_is_waited_for_and_who_is_gone_is_not),
        YIELDING(who_was_never_heard_is_waited_for_as_long_from_its_coming_on),
        YIELDING(who_said_that_it_will_be_away_is_not_waited_for),
        YIELDING(what_was_heard_before_the_fork_counts_for_no_line),
        YIELDING(who_goes_on_along_a_line_lived_there_all_the_time),
        YIELDING(a_statement_that_was_overtaken_does_not_show_where_its_author_is),
        YIELDING(who_is_on_the_better_of_two_waits_for_the_other_to_come),
        YIELDING(who_is_on_the_worse_of_two_goes_at_once),
        YIELDING(who_was_removed_has_nobody_to_wait_for),
        YIELDING(nobody_goes_where_it_is_removed),
        YIELDING(where_all_others_live_they_may_live_beside_what_wins_there),
        YIELDING(what_wins_only_without_our_line_is_not_gone_to),
        YIELDING(whom_a_line_removed_that_all_others_left_is_heard_on_another_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
