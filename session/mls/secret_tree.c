#include "secret_tree.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "labels.h"
#include "ratchets.h"
#include "tree_math.h"

/* ---- Arrays of secrets ---- */

mjl_result mjl_mls_secret_array_grow(void **items, size_t item_size, size_t count, size_t room)
{
    void *grown = calloc(room, item_size);
    if (grown == NULL) return MJL_OUT_OF_MEMORY;
    if (count != 0) {
        memcpy(grown, *items, count * item_size);
        sodium_memzero(*items, count * item_size);
    }
    free(*items);
    *items = grown;
    return MJL_OK;
}

size_t mjl_mls_room_for(size_t need)
{
    size_t room = 8;
    while (room < need)
        room *= 2;
    return room;
}

static mjl_result reserve_frontier(mjl_mls_ratchets *ratchets, size_t need)
{
    if (need <= ratchets->frontier_room) return MJL_OK;
    const size_t room = mjl_mls_room_for(need);
    void *items = ratchets->frontier;
    const mjl_result result = mjl_mls_secret_array_grow(&items, sizeof *ratchets->frontier,
                                                        ratchets->frontier_count, room);
    if (result != MJL_OK) return result;
    ratchets->frontier = items;
    ratchets->frontier_room = room;
    return MJL_OK;
}

mjl_result mjl_mls_reserve_derived(mjl_mls_ratchets *ratchets, size_t need)
{
    if (need <= ratchets->derived_room) return MJL_OK;
    const size_t room = mjl_mls_room_for(need);
    uint32_t *changed = realloc(ratchets->changed, room * sizeof *changed);
    if (changed == NULL) return MJL_OUT_OF_MEMORY;
    ratchets->changed = changed;
    void *items = ratchets->derived;
    const mjl_result result =
        mjl_mls_secret_array_grow(&items, sizeof *ratchets->derived, ratchets->derived_count, room);
    if (result != MJL_OK) return result;
    ratchets->derived = items;
    ratchets->derived_room = room;
    return MJL_OK;
}

void mjl_mls_note_changed(mjl_mls_ratchets *ratchets, mjl_mls_leaf_ratchets *leaf)
{
    if (leaf->is_changed) return;
    leaf->is_changed = true;
    assert(ratchets->changed_count < ratchets->derived_count);
    ratchets->changed[ratchets->changed_count++] = leaf->leaf;
}

/* ---- The tree ---- */

/* The index of the derived leaf, or where it would be inserted. */
static size_t derived_place(const mjl_mls_ratchets *ratchets, uint32_t leaf)
{
    size_t low = 0, high = ratchets->derived_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ratchets->derived[middle].leaf < leaf) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

mjl_mls_leaf_ratchets *mjl_mls_find_derived(const mjl_mls_ratchets *ratchets, uint32_t leaf)
{
    const size_t place = derived_place(ratchets, leaf);
    if (place == ratchets->derived_count || ratchets->derived[place].leaf != leaf) return NULL;
    return &ratchets->derived[place];
}

/* The frontier entry above a leaf that is not derived yet: the last whose subtree begins at or
   before it, for subtrees are disjoint and sorted. */
static size_t frontier_above(const mjl_mls_ratchets *ratchets, uint32_t leaf)
{
    size_t low = 0, high = ratchets->frontier_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (mjl_mls_tree_first_leaf(ratchets->frontier[middle].node) <= leaf) {
            low = middle;
        } else {
            high = middle;
        }
    }
    assert(low < ratchets->frontier_count);
    assert(mjl_mls_tree_is_below(mjl_mls_tree_node_of_leaf(leaf), ratchets->frontier[low].node));
    return low;
}

/* Secrets beside the path from a frontier node down to a leaf, in the order of the frontier. */
typedef struct path_siblings {
    mjl_mls_node_secret items[MJL_MLS_TREE_DEPTH_MAX];
    size_t left_count, right_count; /* The right ones stand at the end, from the back. */
} path_siblings;

static mjl_mls_node_secret *place_sibling(path_siblings *siblings, bool is_left)
{
    if (is_left) return &siblings->items[siblings->left_count++];
    return &siblings->items[MJL_MLS_TREE_DEPTH_MAX - ++siblings->right_count];
}

/*
 * The secret of a leaf from that of a frontier node above it (RFC 9420 §9):
 *
 *        F                 secret goes down the path F, G, leaf;
 *      /   \               what hangs beside it is collected if asked for: X, Y
 *     G     X
 *    / \
 *   Y  leaf
 */
static void walk_down(const mjl_mls_suite *suite, const mjl_mls_node_secret *from, uint32_t leaf,
                      uint8_t *leaf_secret, path_siblings *siblings)
{
    const uint32_t target = mjl_mls_tree_node_of_leaf(leaf);
    const mjl_bytes left_text = mjl_bytes_text("left"), right_text = mjl_bytes_text("right");
    uint32_t node = from->node;
    memcpy(leaf_secret, from->secret, suite->hash_size);
    while (node != target) {
        const bool goes_left = target < node;
        const uint32_t left = (uint32_t)mjl_mls_tree_left(node);
        const uint32_t right = (uint32_t)mjl_mls_tree_right(node);
        if (siblings != NULL) {
            mjl_mls_node_secret *sibling = place_sibling(siblings, !goes_left);
            sibling->node = goes_left ? right : left;
            mjl_mls_expand_with_label(suite, leaf_secret, "tree",
                                      goes_left ? right_text : left_text, sibling->secret,
                                      suite->hash_size);
        }
        mjl_mls_expand_with_label(suite, leaf_secret, "tree", goes_left ? left_text : right_text,
                                  leaf_secret, suite->hash_size);
        node = goes_left ? left : right;
    }
}

static void start_ratchet(const mjl_mls_suite *suite, const uint8_t *leaf_secret,
                          mjl_mls_ratchet_kind kind, mjl_mls_ratchet *ratchet)
{
    memset(ratchet, 0, sizeof *ratchet);
    mjl_mls_derive_secret(suite, leaf_secret,
                          kind == MJL_MLS_RATCHET_HANDSHAKE ? "handshake" : "application",
                          ratchet->secret);
}

/* Replaces one frontier entry by the siblings below it. There is room. */
static void splice_frontier(mjl_mls_ratchets *ratchets, size_t at, const path_siblings *siblings)
{
    const size_t added = siblings->left_count + siblings->right_count;
    mjl_mls_node_secret *frontier = ratchets->frontier;
    const size_t behind = ratchets->frontier_count - at - 1;
    memmove(&frontier[at + added], &frontier[at + 1], behind * sizeof *frontier);
    memcpy(&frontier[at], siblings->items, siblings->left_count * sizeof *frontier);
    memcpy(&frontier[at + siblings->left_count],
           &siblings->items[MJL_MLS_TREE_DEPTH_MAX - siblings->right_count],
           siblings->right_count * sizeof *frontier);
    ratchets->frontier_count += added;
    ratchets->frontier_count--;
    /* The secret that was there is overwritten, by siblings or by what moved up. */
    if (added == 0) sodium_memzero(&frontier[ratchets->frontier_count], sizeof *frontier);
}

mjl_result mjl_mls_derive_leaf(mjl_mls_ratchets *ratchets, uint32_t leaf)
{
    if (mjl_mls_find_derived(ratchets, leaf) != NULL) return MJL_OK;
    mjl_result result =
        reserve_frontier(ratchets, ratchets->frontier_count + MJL_MLS_TREE_DEPTH_MAX);
    if (result == MJL_OK) result = mjl_mls_reserve_derived(ratchets, ratchets->derived_count + 1);
    if (result != MJL_OK) return result;

    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
    path_siblings siblings = {0};
    const size_t above = frontier_above(ratchets, leaf);
    walk_down(ratchets->suite, &ratchets->frontier[above], leaf, secret, &siblings);
    splice_frontier(ratchets, above, &siblings);

    const size_t place = derived_place(ratchets, leaf);
    mjl_mls_leaf_ratchets *item = &ratchets->derived[place];
    memmove(item + 1, item, (ratchets->derived_count - place) * sizeof *item);
    ratchets->derived_count++;
    item->leaf = leaf;
    item->is_changed = false;
    ratchets->is_trunk_changed = true;
    mjl_mls_note_changed(ratchets, item);
    for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
        start_ratchet(ratchets->suite, secret, (mjl_mls_ratchet_kind)kind, &item->ratchets[kind]);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(&siblings, sizeof siblings);
    return MJL_OK;
}

void mjl_mls_ratchet_copy(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name,
                          mjl_mls_ratchet *copy)
{
    const mjl_mls_leaf_ratchets *found = mjl_mls_find_derived(ratchets, name.leaf);
    if (found != NULL) {
        *copy = found->ratchets[name.kind];
        return;
    }
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
    const size_t above = frontier_above(ratchets, name.leaf);
    walk_down(ratchets->suite, &ratchets->frontier[above], name.leaf, secret, NULL);
    start_ratchet(ratchets->suite, secret, name.kind, copy);
    sodium_memzero(secret, sizeof secret);
}

mjl_result mjl_mls_ratchets_new(const mjl_mls_suite *suite, const uint8_t *encryption_secret,
                                uint32_t leaves, uint32_t own_leaf, mjl_mls_ratchets **ratchets)
{
    assert(mjl_mls_tree_width_is_valid(leaves));
    assert(own_leaf < leaves);
    mjl_mls_ratchets *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->suite = suite;
    made->leaves = leaves;
    made->own_leaf = own_leaf;
    mjl_result result = reserve_frontier(made, 1);
    if (result == MJL_OK) {
        made->frontier[0].node = mjl_mls_tree_root(leaves);
        memcpy(made->frontier[0].secret, encryption_secret, suite->hash_size);
        made->frontier_count = 1;
        result = mjl_mls_derive_leaf(made, own_leaf);
    }
    if (result != MJL_OK) {
        mjl_mls_ratchets_free(made);
        return result;
    }
    *ratchets = made;
    return MJL_OK;
}

static void free_skipped(mjl_mls_ratchet *ratchet)
{
    if (ratchet->skipped == NULL) return;
    sodium_memzero(ratchet->skipped, ratchet->skipped_room * sizeof *ratchet->skipped);
    free(ratchet->skipped);
}

void mjl_mls_ratchets_free(mjl_mls_ratchets *ratchets)
{
    if (ratchets == NULL) return;
    for (size_t i = 0; i < ratchets->derived_count; i++)
        for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
            free_skipped(&ratchets->derived[i].ratchets[kind]);
    if (ratchets->derived != NULL) {
        sodium_memzero(ratchets->derived, ratchets->derived_room * sizeof *ratchets->derived);
    }
    if (ratchets->frontier != NULL) {
        sodium_memzero(ratchets->frontier, ratchets->frontier_room * sizeof *ratchets->frontier);
    }
    free(ratchets->changed);
    free(ratchets->derived);
    free(ratchets->frontier);
    sodium_memzero(ratchets, sizeof *ratchets);
    free(ratchets);
}
