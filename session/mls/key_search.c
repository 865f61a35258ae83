#include "key_search.h"

enum {
    PROBES = 4,
    PROBE_BITS = 11, /* Bits of a filter: 2^11. */
    PROBE_MASK = (1 << PROBE_BITS) - 1,
    WORD_SIZE = 8
};

/* ---- Filters ---- */

/* Keys are as good as random, but for how they begin. */
static uint64_t word_of(mjl_bytes key)
{
    uint64_t word = 0;
    if (key.size >= WORD_SIZE) memcpy(&word, key.data + key.size - WORD_SIZE, WORD_SIZE);
    return word;
}

static void filter_add(uint8_t *filter, mjl_bytes key)
{
    uint64_t word = word_of(key);
    for (int i = 0; i < PROBES; i++, word >>= PROBE_BITS)
        filter[(word & PROBE_MASK) / 8] |= (uint8_t)(1 << (word % 8));
}

static bool filter_may_have(const uint8_t *filter, uint64_t word)
{
    for (int i = 0; i < PROBES; i++, word >>= PROBE_BITS)
        if ((filter[(word & PROBE_MASK) / 8] >> (word % 8) & 1) == 0) return false;
    return true;
}

/* A cache in a value that is otherwise constant, as the tree hash is. */
static const uint8_t *filter_of(mjl_mls_tree_place place)
{
    mjl_mls_tree_node *node = (mjl_mls_tree_node *)place.node;
    uint8_t *filter = mjl_mls_tree_node_filter(node);
    if (node->filter_known) return filter;
    memset(filter, 0, MJL_MLS_FILTER_SIZE);
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_below(place);
    mjl_mls_tree_place here;
    while (mjl_mls_tree_walk_next(&walk, &here)) {
        filter_add(filter, mjl_mls_tree_node_encryption_key(here.node));
        if (here.node->kind == MJL_MLS_NODE_LEAF)
            filter_add(filter,
                       mjl_mls_leaf_content_signature_key(mjl_mls_tree_node_leaf(here.node)));
    }
    node->filter_known = true;
    return filter;
}

/* ---- Searching ---- */

typedef struct sought_key {
    mjl_mls_key_use use;
    mjl_bytes key;
    uint64_t word;
    uint32_t except;
} sought_key;

static bool has(const sought_key *wanted, mjl_mls_tree_place place)
{
    const bool is_leaf = place.node->kind == MJL_MLS_NODE_LEAF;
    if (is_leaf && place.first == wanted->except) return false;
    if (wanted->use == MJL_MLS_ENCRYPTION_KEY)
        return mjl_bytes_equal(mjl_mls_tree_node_encryption_key(place.node), wanted->key);
    return is_leaf &&
           mjl_bytes_equal(mjl_mls_leaf_content_signature_key(mjl_mls_tree_node_leaf(place.node)),
                           wanted->key);
}

static mjl_mls_node_kind find_below(const sought_key *wanted, mjl_mls_tree_place place)
{
    mjl_mls_node_kind found = MJL_MLS_NODE_BLANK;
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_below(place);
    while (found != MJL_MLS_NODE_PARENT && mjl_mls_tree_walk_next(&walk, &place))
        if (has(wanted, place)) found = (mjl_mls_node_kind)place.node->kind;
    return found;
}

/* Of a node above the filters, or of all that one of them stands for. */
static mjl_mls_node_kind find_at(const sought_key *wanted, mjl_mls_tree_place place)
{
    if (place.node->level > MJL_MLS_FILTER_LEVEL) {
        if (place.node->kind == MJL_MLS_NODE_BLANK) return MJL_MLS_NODE_BLANK;
        return has(wanted, place) ? MJL_MLS_NODE_PARENT : MJL_MLS_NODE_BLANK;
    }
    const bool has_filter = place.node->level == MJL_MLS_FILTER_LEVEL;
    if (has_filter && !filter_may_have(filter_of(place), wanted->word)) return MJL_MLS_NODE_BLANK;
    return find_below(wanted, place);
}

mjl_mls_node_kind mjl_mls_tree_find_key(const mjl_mls_ratchet_tree *tree, mjl_mls_key_use use,
                                        mjl_bytes key, uint32_t except)
{
    const sought_key wanted = {use, key, word_of(key), except};
    mjl_mls_node_kind found = MJL_MLS_NODE_BLANK;
    mjl_mls_tree_place waiting[MJL_MLS_TREE_DEPTH_MAX + 1] = {{tree->root, 0}};
    for (uint8_t count = 1; count != 0 && found != MJL_MLS_NODE_PARENT;) {
        const mjl_mls_tree_place here = waiting[--count];
        if (!here.node->filled) continue;
        const mjl_mls_node_kind kind = find_at(&wanted, here);
        if (kind != MJL_MLS_NODE_BLANK) found = kind;
        if (here.node->level <= MJL_MLS_FILTER_LEVEL) continue;
        const uint32_t half = UINT32_C(1) << (here.node->level - 1);
        waiting[count++] =
            (mjl_mls_tree_place){mjl_mls_tree_node_right(here.node), here.first + half};
        waiting[count++] = (mjl_mls_tree_place){mjl_mls_tree_node_left(here.node), here.first};
    }
    return found;
}
