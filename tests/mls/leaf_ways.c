#include "leaf_ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "commit_draft.h"
#include "group.h"
#include "message.h"
#include "welcome_draft.h"
#include "world.h"

static void offer_write(leaf_edit *edit, mjl_buffer *package, mjl_buffer *leaf)
{
    package_draft draft;
    package_draft_begin(&draft, &us.yves);
    draft.leaf_edit = edit;
    package_draft_write(&draft, NULL, package, leaf);
}

/* Alice is asked to add Yves. */
static mjl_result offered(leaf_edit *edit)
{
    mjl_buffer package = {0}, leaf = {0}, message = {0};
    offer_write(edit, &package, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&message);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&package));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const mjl_bytes packages[] = {mjl_buffer_bytes(&message)};
    const mjl_mls_commit_config config = {.identity = &us.alice.identity,
                                          .add_key_packages = packages,
                                          .add_count = 1,
                                          .policy = world_policy};
    const value_hash before = world_value_of(&us.alice);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate);
    mjl_mls_candidate_clear(&candidate);
    if (result != MJL_OK) {
        const value_hash after = world_value_of(&us.alice);
        assert_memory_equal(before.bytes, after.bytes, sizeof before.bytes);
    }
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&message);
    return result;
}

static mjl_result taken_by_bob_and_erin(mjl_bytes proposal, const commit_draft *draft)
{
    const mjl_bytes commit = mjl_buffer_bytes(&draft->message);
    const mjl_result result = world_member_takes(&us.bob, proposal, commit);
    assert_int_equal(world_member_takes(&us.erin, proposal, commit), result);
    return result;
}

/* Alice has added Yves all the same. */
static mjl_result added(leaf_edit *edit)
{
    mjl_buffer package = {0}, leaf = {0};
    commit_draft draft;
    offer_write(edit, &package, &leaf);
    commit_begin(&draft, &us.alice);
    commit_add(&draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    commit_path(&draft, NULL);
    commit_finish(&draft, NULL);
    const mjl_result result = taken_by_bob_and_erin(mjl_bytes_of(NULL, 0), &draft);
    commit_clear(&draft);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    return result;
}

static void carols_leaf(leaf_edit *edit, mjl_buffer *leaf)
{
    leaf_draft draft;
    leaf_draft_begin(&draft, &us.carol, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){us.carol.group->context.group_id, CAROL_LEAF});
    leaf_draft_write(&draft, edit, leaf);
}

/* Carol has proposed an update, and Alice committed it. */
static mjl_result updated(leaf_edit *edit)
{
    mjl_buffer leaf = {0}, proposal = {0}, message = {0};
    carols_leaf(edit, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(&leaf));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    proposal_message_write(&us.carol, mjl_buffer_bytes(&proposal), &message);
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_update(&draft, mjl_buffer_bytes(&message), CAROL_LEAF, mjl_buffer_bytes(&leaf));
    commit_path(&draft, NULL);
    commit_finish(&draft, NULL);
    const mjl_result result = taken_by_bob_and_erin(mjl_buffer_bytes(&message), &draft);
    commit_clear(&draft);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&proposal);
    mjl_buffer_clear(&message);
    return result;
}

/* Alice has committed with that leaf in its path. */
static mjl_result committed(leaf_edit *edit)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_path(&draft, &(path_faults){.leaf = edit});
    commit_finish(&draft, NULL);
    const mjl_result result = taken_by_bob_and_erin(mjl_bytes_of(NULL, 0), &draft);
    commit_clear(&draft);
    return result;
}

/* A leaf that cannot be read stands in the encoding alone, in place of one that can. */
static mjl_bytes stand_in, unreadable;

static void put_unreadable(mjl_buffer *nodes)
{
    size_t at = 0;
    while (memcmp(nodes->data + at, stand_in.data, stand_in.size) != 0)
        at++;
    mjl_buffer changed = {0};
    const size_t behind = at + stand_in.size;
    assert_int_equal(mjl_buffer_append(&changed, mjl_bytes_of(nodes->data, at)), MJL_OK);
    assert_int_equal(mjl_buffer_append(&changed, unreadable), MJL_OK);
    assert_int_equal(
        mjl_buffer_append(&changed, mjl_bytes_of(nodes->data + behind, nodes->size - behind)),
        MJL_OK);
    mjl_buffer_clear(nodes);
    *nodes = changed;
}

static mjl_result join_finish(welcome_draft *draft)
{
    welcome_finish(draft);
    const mjl_result result = world_joiner_takes(mjl_buffer_bytes(&draft->message));
    welcome_clear(draft);
    return result;
}

/* Zoe is told of a group that Yves was added to. */
static mjl_result told_of_added(leaf_edit *edit)
{
    mjl_buffer package = {0}, leaf = {0}, right_package = {0}, right_leaf = {0};
    welcome_draft draft;
    offer_write(edit, &package, &leaf);
    offer_write(NULL, &right_package, &right_leaf);
    welcome_begin(&draft);
    if (!welcome_add(&draft, mjl_buffer_bytes(&leaf))) {
        assert_true(welcome_update(&draft, YVES_LEAF, mjl_buffer_bytes(&right_leaf)));
        stand_in = mjl_buffer_bytes(&right_leaf);
        unreadable = mjl_buffer_bytes(&leaf);
        draft.tree_bytes = put_unreadable;
    }
    const mjl_result result = join_finish(&draft);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&right_package);
    mjl_buffer_clear(&right_leaf);
    return result;
}

/* Zoe is told of a group in which Carol updated. */
static mjl_result told_of_updated(leaf_edit *edit)
{
    mjl_buffer leaf = {0}, right_leaf = {0};
    welcome_draft draft;
    carols_leaf(edit, &leaf);
    carols_leaf(NULL, &right_leaf);
    welcome_begin(&draft);
    if (!welcome_update(&draft, CAROL_LEAF, mjl_buffer_bytes(&leaf))) {
        assert_true(welcome_update(&draft, CAROL_LEAF, mjl_buffer_bytes(&right_leaf)));
        stand_in = mjl_buffer_bytes(&right_leaf);
        unreadable = mjl_buffer_bytes(&leaf);
        draft.tree_bytes = put_unreadable;
    }
    const mjl_result result = join_finish(&draft);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&right_leaf);
    return result;
}

/* Zoe is told of a group in which Alice committed. */
static mjl_result told_of_committed(leaf_edit *edit)
{
    welcome_draft draft;
    welcome_begin(&draft);
    welcome_path(&draft, ALICE_LEAF, &(drafted_path){.leaf = edit});
    return join_finish(&draft);
}

static const struct {
    unsigned way;
    const char *name;
    mjl_result (*take)(leaf_edit *edit);
} ways[] = {{OFFERED, "offered", offered},
            {ADDED, "added", added},
            {UPDATED, "updated", updated},
            {COMMITTED, "committed", committed},
            {TOLD_ADDED, "told of added", told_of_added},
            {TOLD_UPDATED, "told of updated", told_of_updated},
            {TOLD_COMMITTED, "told of committed", told_of_committed}};

void leaf_variant_expect(const leaf_variant *tried, mjl_result expected)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if ((tried->ways & (unsigned)ways[i].way) == 0) continue;
        const mjl_result result = ways[i].take(tried->edit);
        if (result != expected)
            fail_msg("%s, %s: %s, not %s", tried->name, ways[i].name, result_name(result),
                     result_name(expected));
    }
}
