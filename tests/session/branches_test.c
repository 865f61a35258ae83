/* The choice between commits on one epoch, from what they are alone. */
#include "branches.h"
#include "test.h"

enum { LEAVES = 4 };

static mjl_branches tree;

static int begin(void **state)
{
    (void)state;
    mjl_branches_init(&tree);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mjl_branches_clear(&tree);
    return 0;
}

/* Authors are their leaves; `gone`: who is in the roster no more. */
static uint32_t enter(uint8_t name, uint32_t parent, uint32_t committer, mjl_commit_class class,
                      uint32_t gone)
{
    mjl_epoch epoch = {.branch = {{name}}, .parent = parent, .leaf_count = LEAVES};
    epoch.committer = epoch.committer_leaf = committer;
    epoch.commit_class = class;
    epoch.roster = malloc(LEAVES * sizeof *epoch.roster);
    assert_non_null(epoch.roster);
    for (uint32_t leaf = 0; leaf < LEAVES; leaf++)
        epoch.roster[leaf] = leaf == gone ? MJL_NO_INDEX : leaf;
    assert_int_equal(mjl_epoch_index_roster(&epoch, LEAVES), MJL_OK);
    assert_int_equal(mjl_branches_reserve(&tree), MJL_OK);
    return mjl_branches_add(&tree, &epoch);
}

/* Where all of the following compete: leaf 0 made it, so leaf 1 has the best rank. */
static void enter_root(void)
{
    assert_int_equal(enter(1, MJL_NO_INDEX, 0, MJL_CLASS_REFRESH, MJL_NO_INDEX), 0);
}

static uint32_t refresh(uint8_t name, uint32_t committer)
{
    return enter(name, 0, committer, MJL_CLASS_REFRESH, MJL_NO_INDEX);
}

static uint32_t remove_leaf(uint8_t name, uint32_t committer, uint32_t gone)
{
    return enter(name, 0, committer, MJL_CLASS_REMOVAL, gone);
}

static void a_removal_wins_over_an_add_and_that_over_a_refresh(void **state)
{
    (void)state;
    enter_root();
    const uint32_t alone = refresh(2, 1);
    assert_int_equal(mjl_branches_choose(&tree), alone);
    const uint32_t add = enter(3, 0, 2, MJL_CLASS_ADD, MJL_NO_INDEX);
    assert_int_equal(mjl_branches_choose(&tree), add);
    const uint32_t removal = remove_leaf(4, 3, 0);
    assert_int_equal(mjl_branches_choose(&tree), removal);
}

static void of_equals_the_better_rank_wins_and_of_one_author_the_lesser_id(void **state)
{
    (void)state;
    enter_root();
    refresh(2, 2);
    const uint32_t better = refresh(9, 1);
    assert_int_equal(mjl_branches_choose(&tree), better);
    const uint32_t lesser = refresh(8, 1);
    assert_int_equal(mjl_branches_choose(&tree), lesser);
}

static void who_is_removed_beside_it_does_not_win_by_removing(void **state)
{
    (void)state;
    enter_root();
    const uint32_t its = remove_leaf(2, 1, 3);
    assert_int_equal(mjl_branches_choose(&tree), its);
    const uint32_t of_it = remove_leaf(3, 2, 1);
    assert_int_equal(mjl_branches_choose(&tree), of_it);
}

static void a_refresh_wins_over_two_who_remove_each_other(void **state)
{
    (void)state;
    enter_root();
    const uint32_t first = remove_leaf(2, 1, 2);
    remove_leaf(3, 2, 1);
    assert_int_equal(mjl_branches_choose(&tree), first); /* There is no other. */
    const uint32_t other = refresh(4, 3);
    assert_int_equal(mjl_branches_choose(&tree), other);
}

static void a_commit_that_was_refused_removes_nobody(void **state)
{
    (void)state;
    enter_root();
    const uint32_t its = remove_leaf(2, 1, 3);
    const uint32_t of_it = remove_leaf(3, 2, 1);
    tree.epochs[of_it].is_void = true;
    assert_int_equal(mjl_branches_choose(&tree), its);
}

static void who_is_removed_further_on_the_other_line_does_not_win(void **state)
{
    (void)state;
    enter_root();
    const uint32_t worse = refresh(2, 2);
    const uint32_t better = refresh(3, 1);
    assert_int_equal(mjl_branches_choose(&tree), better);
    const uint32_t removal = enter(4, worse, 2, MJL_CLASS_REMOVAL, 1);
    assert_int_equal(mjl_branches_choose(&tree), removal);
    enter(5, better, 1, MJL_CLASS_REMOVAL, 2);
    assert_int_equal(tree.epochs[mjl_branches_choose(&tree)].parent, better); /* Each other. */
}

static void what_somebody_removed_removed_does_not_count(void **state)
{
    (void)state;
    enter_root();
    const uint32_t line = refresh(2, 2);
    const uint32_t better = refresh(3, 1);
    assert_int_equal(mjl_branches_choose(&tree), better);
    remove_leaf(4, 3, 1);
    assert_int_not_equal(mjl_branches_choose(&tree), better);
    enter(5, line, 2, MJL_CLASS_REMOVAL, 3);
    assert_int_equal(mjl_branches_choose(&tree), better); /* As where nobody knows of it. */
}

static void a_commit_that_waits_in_vain_is_passed_over_with_all_that_follows_it(void **state)
{
    (void)state;
    enter_root();
    const uint32_t better = refresh(2, 1);
    const uint32_t above = enter(3, better, 1, MJL_CLASS_REMOVAL, 2);
    assert_int_equal(mjl_branches_choose(&tree), above);
    tree.epochs[better].is_stalled = true;
    assert_int_equal(mjl_branches_choose(&tree), 0);
    const uint32_t worse = refresh(4, 2);
    assert_int_equal(mjl_branches_choose(&tree), worse); /* Nor does it remove anybody. */
    tree.epochs[better].is_stalled = false;
    assert_int_equal(mjl_branches_choose(&tree), above);
}

static void what_is_decided_stays(void **state)
{
    (void)state;
    enter_root();
    const uint32_t decided = refresh(2, 1);
    tree.epochs[decided].is_decided = true;
    remove_leaf(3, 2, 1);
    assert_int_equal(mjl_branches_choose(&tree), decided);
}

int main(void)
{
#define CHOICE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CHOICE(a_removal_wins_over_an_add_and_that_over_a_refresh),
        CHOICE(of_equals_the_better_rank_wins_and_of_one_author_the_lesser_id),
        CHOICE(who_is_removed_beside_it_does_not_win_by_removing),
        CHOICE(a_refresh_wins_over_two_who_remove_each_other),
        CHOICE(a_commit_that_was_refused_removes_nobody),
        CHOICE(who_is_removed_further_on_the_other_line_does_not_win),
        CHOICE(what_somebody_removed_removed_does_not_count),
        CHOICE(a_commit_that_waits_in_vain_is_passed_over_with_all_that_follows_it),
        CHOICE(what_is_decided_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
