#include "secret_tree.h"

#include <assert.h>
#include <sodium.h>

#include "labels.h"
#include "ratchets.h"
#include "tree_math.h"

mjl_mls_ratchet_kind mjl_mls_ratchet_kind_of(mjl_mls_content_type type)
{
    return type == MJL_MLS_APPLICATION ? MJL_MLS_RATCHET_APPLICATION : MJL_MLS_RATCHET_HANDSHAKE;
}

void mjl_mls_message_key_wipe(mjl_mls_message_key *key)
{
    sodium_memzero(key, sizeof *key);
}

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

static size_t room_for(size_t need)
{
    size_t room = 8;
    while (room < need)
        room *= 2;
    return room;
}

static mjl_result reserve_frontier(mjl_mls_ratchets *ratchets, size_t need)
{
    if (need <= ratchets->frontier_room) return MJL_OK;
    const size_t room = room_for(need);
    void *items = ratchets->frontier;
    const mjl_result result = mjl_mls_secret_array_grow(&items, sizeof *ratchets->frontier,
                                                        ratchets->frontier_count, room);
    if (result != MJL_OK) return result;
    ratchets->frontier = items;
    ratchets->frontier_room = room;
    return MJL_OK;
}

static mjl_result reserve_derived(mjl_mls_ratchets *ratchets, size_t need)
{
    if (need <= ratchets->derived_room) return MJL_OK;
    const size_t room = room_for(need);
    void *items = ratchets->derived;
    const mjl_result result =
        mjl_mls_secret_array_grow(&items, sizeof *ratchets->derived, ratchets->derived_count, room);
    if (result != MJL_OK) return result;
    ratchets->derived = items;
    ratchets->derived_room = room;
    return MJL_OK;
}

static mjl_result reserve_skipped(mjl_mls_ratchet *ratchet, size_t need)
{
    if (need <= ratchet->skipped_room) return MJL_OK;
    const size_t room = room_for(need);
    void *items = ratchet->skipped;
    const mjl_result result =
        mjl_mls_secret_array_grow(&items, sizeof *ratchet->skipped, ratchet->skipped_count, room);
    if (result != MJL_OK) return result;
    ratchet->skipped = items;
    ratchet->skipped_room = (uint32_t)room;
    return MJL_OK;
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

static mjl_mls_leaf_ratchets *find_derived(const mjl_mls_ratchets *ratchets, uint32_t leaf)
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

/* Makes the ratchets of a leaf and erases the secrets above it (§9.2). */
static mjl_result derive_leaf(mjl_mls_ratchets *ratchets, uint32_t leaf)
{
    if (find_derived(ratchets, leaf) != NULL) return MJL_OK;
    mjl_result result =
        reserve_frontier(ratchets, ratchets->frontier_count + MJL_MLS_TREE_DEPTH_MAX);
    if (result == MJL_OK) result = reserve_derived(ratchets, ratchets->derived_count + 1);
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
    for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
        start_ratchet(ratchets->suite, secret, (mjl_mls_ratchet_kind)kind, &item->ratchets[kind]);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(&siblings, sizeof siblings);
    return MJL_OK;
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
        result = derive_leaf(made, own_leaf);
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
    free(ratchets->derived);
    free(ratchets->frontier);
    sodium_memzero(ratchets, sizeof *ratchets);
    free(ratchets);
}

/* ---- The ratchets ---- */

/* Key and nonce of the ratchet's generation (§9.1). */
static void derive_key(const mjl_mls_suite *suite, const mjl_mls_ratchet *ratchet, uint8_t *key,
                       uint8_t *nonce)
{
    mjl_mls_derive_tree_secret(suite, ratchet->secret, "key", ratchet->generation, key,
                               suite->aead_key_size);
    mjl_mls_derive_tree_secret(suite, ratchet->secret, "nonce", ratchet->generation, nonce,
                               suite->aead_nonce_size);
}

static void turn(const mjl_mls_suite *suite, mjl_mls_ratchet *ratchet)
{
    mjl_mls_derive_tree_secret(suite, ratchet->secret, "secret", ratchet->generation,
                               ratchet->secret, suite->hash_size);
    ratchet->generation++;
}

/* NULL if it was never skipped, or is used or erased. */
static mjl_mls_skipped_key *find_skipped(const mjl_mls_ratchet *ratchet, uint32_t generation)
{
    size_t low = 0, high = ratchet->skipped_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ratchet->skipped[middle].generation < generation) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == ratchet->skipped_count) return NULL;
    return ratchet->skipped[low].generation == generation ? &ratchet->skipped[low] : NULL;
}

static mjl_result check_reach(const mjl_mls_ratchet *ratchet, uint32_t generation)
{
    if (generation < ratchet->generation) {
        return find_skipped(ratchet, generation) != NULL ? MJL_OK : MJL_KEY_USED;
    }
    if (generation > MJL_MLS_GENERATION_MAX) return MJL_TOO_FAR_AHEAD;
    if (generation - ratchet->generation > MJL_MLS_GENERATIONS_AHEAD_MAX) return MJL_TOO_FAR_AHEAD;
    return MJL_OK;
}

/* A copy of the ratchet as it is, or as it would be once its leaf is derived. Its skipped keys are
   borrowed; the caller wipes the copy. */
static void copy_ratchet(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name,
                         mjl_mls_ratchet *copy)
{
    const mjl_mls_leaf_ratchets *found = find_derived(ratchets, name.leaf);
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

mjl_result mjl_mls_ratchets_peek(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name,
                                 mjl_mls_message_key *key)
{
    if (name.leaf >= ratchets->leaves) return MJL_UNKNOWN_SENDER;
    mjl_mls_ratchet ratchet;
    copy_ratchet(ratchets, name, &ratchet);
    const mjl_result result = check_reach(&ratchet, name.generation);
    if (result == MJL_OK) {
        key->name = name;
        if (name.generation < ratchet.generation) {
            const mjl_mls_skipped_key *skipped = find_skipped(&ratchet, name.generation);
            memcpy(key->key, skipped->key, sizeof key->key);
            memcpy(key->nonce, skipped->nonce, sizeof key->nonce);
        } else {
            while (ratchet.generation < name.generation)
                turn(ratchets->suite, &ratchet);
            derive_key(ratchets->suite, &ratchet, key->key, key->nonce);
        }
    }
    sodium_memzero(&ratchet, sizeof ratchet);
    return result;
}

/* Erases the `count` oldest skipped keys. */
static void erase_oldest(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet, size_t count)
{
    assert(count <= ratchet->skipped_count);
    const size_t left = ratchet->skipped_count - count;
    if (count == 0) return;
    memmove(ratchet->skipped, ratchet->skipped + count, left * sizeof *ratchet->skipped);
    sodium_memzero(ratchet->skipped + left, count * sizeof *ratchet->skipped);
    ratchet->skipped_count = (uint32_t)left;
    ratchets->skipped_total -= count;
}

static void erase_skipped(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet,
                          mjl_mls_skipped_key *key)
{
    mjl_mls_skipped_key *last = ratchet->skipped + ratchet->skipped_count - 1;
    memmove(key, key + 1, (size_t)(last - key) * sizeof *key);
    sodium_memzero(last, sizeof *last);
    ratchet->skipped_count--;
    ratchets->skipped_total--;
}

/* The ratchet with the most skipped keys; of equals the first. */
static mjl_mls_ratchet *fullest(mjl_mls_ratchets *ratchets)
{
    mjl_mls_ratchet *found = &ratchets->derived[0].ratchets[0];
    for (size_t i = 0; i < ratchets->derived_count; i++)
        for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++) {
            mjl_mls_ratchet *ratchet = &ratchets->derived[i].ratchets[kind];
            if (ratchet->skipped_count > found->skipped_count) found = ratchet;
        }
    return found;
}

/* Turns the ratchet past `generation`, keeping the keys before it. There is room. */
static void turn_past(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet, uint32_t generation)
{
    while (ratchet->generation < generation) {
        mjl_mls_skipped_key *skipped = &ratchet->skipped[ratchet->skipped_count++];
        ratchets->skipped_total++;
        skipped->generation = ratchet->generation;
        derive_key(ratchets->suite, ratchet, skipped->key, skipped->nonce);
        turn(ratchets->suite, ratchet);
    }
    turn(ratchets->suite, ratchet);
}

static mjl_result erase_ahead(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet,
                              uint32_t generation)
{
    const size_t skips = generation - ratchet->generation;
    if (skips > 0) {
        const mjl_result result = reserve_skipped(ratchet, ratchet->skipped_count + skips);
        if (result != MJL_OK) return result;
    }
    turn_past(ratchets, ratchet, generation);
    if (ratchet->skipped_count > MJL_MLS_SKIPPED_MAX) {
        erase_oldest(ratchets, ratchet, ratchet->skipped_count - MJL_MLS_SKIPPED_MAX);
    }
    while (ratchets->skipped_total > MJL_MLS_SKIPPED_TOTAL_MAX)
        erase_oldest(ratchets, fullest(ratchets), 1);
    return MJL_OK;
}

mjl_result mjl_mls_ratchets_erase(mjl_mls_ratchets *ratchets, mjl_mls_key_name name)
{
    if (name.leaf >= ratchets->leaves) return MJL_UNKNOWN_SENDER;
    const mjl_mls_ratchet unturned = {0};
    const mjl_mls_leaf_ratchets *found = find_derived(ratchets, name.leaf);
    mjl_result result =
        check_reach(found != NULL ? &found->ratchets[name.kind] : &unturned, name.generation);
    if (result == MJL_OK) result = derive_leaf(ratchets, name.leaf);
    if (result != MJL_OK) return result;

    mjl_mls_ratchet *ratchet = &find_derived(ratchets, name.leaf)->ratchets[name.kind];
    if (name.generation >= ratchet->generation) {
        return erase_ahead(ratchets, ratchet, name.generation);
    }
    erase_skipped(ratchets, ratchet, find_skipped(ratchet, name.generation));
    return MJL_OK;
}

/* ---- The own leaf ---- */

static mjl_mls_ratchet *own_ratchet(const mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind)
{
    return &find_derived(ratchets, ratchets->own_leaf)->ratchets[kind];
}

mjl_result mjl_mls_ratchets_peek_own(const mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind,
                                     mjl_mls_message_key *key)
{
    const mjl_mls_ratchet *ratchet = own_ratchet(ratchets, kind);
    if (ratchet->generation > MJL_MLS_GENERATION_MAX) return MJL_FULL;
    key->name = (mjl_mls_key_name){ratchets->own_leaf, kind, ratchet->generation};
    derive_key(ratchets->suite, ratchet, key->key, key->nonce);
    return MJL_OK;
}

void mjl_mls_ratchets_advance_own(mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind)
{
    mjl_mls_ratchet *ratchet = own_ratchet(ratchets, kind);
    assert(ratchet->generation <= MJL_MLS_GENERATION_MAX);
    turn(ratchets->suite, ratchet);
}

uint32_t mjl_mls_ratchets_next_generation(const mjl_mls_ratchets *ratchets,
                                          mjl_mls_content_type type)
{
    return own_ratchet(ratchets, mjl_mls_ratchet_kind_of(type))->generation;
}

uint32_t mjl_mls_ratchets_own_leaf(const mjl_mls_ratchets *ratchets)
{
    return ratchets->own_leaf;
}

size_t mjl_mls_ratchets_skipped_count(const mjl_mls_ratchets *ratchets)
{
    return ratchets->skipped_total;
}
