#include "tree_math.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_width_is_a_power_of_two_within_bounds(void **state)
{
    (void)state;
    assert_true(mjl_mls_tree_width_is_valid(1));
    assert_true(mjl_mls_tree_width_is_valid(8));
    assert_true(mjl_mls_tree_width_is_valid(MJL_MLS_LEAVES_MAX));
    assert_false(mjl_mls_tree_width_is_valid(0));
    assert_false(mjl_mls_tree_width_is_valid(6));
    assert_false(mjl_mls_tree_width_is_valid(2 * (uint32_t)MJL_MLS_LEAVES_MAX));
}

/* The definition: is `ancestor` the node or on its direct path? */
static bool is_above(uint32_t ancestor, uint32_t node, uint32_t leaves)
{
    uint32_t path[MJL_MLS_TREE_DEPTH_MAX];
    const size_t count = mjl_mls_tree_direct_path(node, leaves, path);
    for (size_t i = 0; i < count; i++)
        if (path[i] == ancestor) return true;
    return ancestor == node;
}

static void a_subtree_is_what_has_its_root_above(void **state)
{
    (void)state;
    for (uint32_t leaves = 1; leaves <= 16; leaves *= 2)
        for (uint32_t a = 0; a < mjl_mls_tree_node_count(leaves); a++) {
            uint32_t below = 0, first = UINT32_MAX;
            for (uint32_t b = 0; b < mjl_mls_tree_node_count(leaves); b++) {
                assert_int_equal(mjl_mls_tree_is_below(b, a), is_above(a, b, leaves));
                if (!mjl_mls_tree_is_leaf(b) || !is_above(a, b, leaves)) continue;
                below++;
                if (first == UINT32_MAX) first = mjl_mls_tree_leaf_of_node(b);
            }
            assert_int_equal(mjl_mls_tree_leaves_below(a), below);
            assert_int_equal(mjl_mls_tree_first_leaf(a), first);
        }
}

static void the_common_ancestor_is_the_lowest_above_both(void **state)
{
    (void)state;
    for (uint32_t a = 0; a < 31; a++)
        for (uint32_t b = 0; b < 31; b++) {
            uint32_t lowest = mjl_mls_tree_root(16);
            for (uint32_t c = 0; c < 31; c++)
                if (is_above(c, a, 16) && is_above(c, b, 16) &&
                    mjl_mls_tree_level(c) < mjl_mls_tree_level(lowest)) {
                    lowest = c;
                }
            assert_int_equal(mjl_mls_tree_common_ancestor(a, b), lowest);
        }
}

static void the_copath_is_the_siblings_of_the_path(void **state)
{
    (void)state;
    uint32_t path[MJL_MLS_TREE_DEPTH_MAX], copath[MJL_MLS_TREE_DEPTH_MAX];
    assert_int_equal(mjl_mls_tree_direct_path(4, 8, path), 3);
    assert_int_equal(path[0], 5);
    assert_int_equal(path[1], 3);
    assert_int_equal(path[2], 7);
    assert_int_equal(mjl_mls_tree_copath(4, 8, copath), 3);
    assert_int_equal(copath[0], 6);
    assert_int_equal(copath[1], 1);
    assert_int_equal(copath[2], 11);
    assert_int_equal(mjl_mls_tree_copath(0, 1, copath), 0);
    assert_int_equal(mjl_mls_tree_direct_path(0, MJL_MLS_LEAVES_MAX, path), MJL_MLS_TREE_DEPTH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_width_is_a_power_of_two_within_bounds),
        cmocka_unit_test(a_subtree_is_what_has_its_root_above),
        cmocka_unit_test(the_common_ancestor_is_the_lowest_above_both),
        cmocka_unit_test(the_copath_is_the_siblings_of_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
