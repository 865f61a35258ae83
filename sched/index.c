#include "index.h"

#include <assert.h>

typedef struct leaf {
    uint32_t value;
    uint8_t size;
    uint8_t bytes[];
} leaf;

/* Bits are numbered from the highest of the size byte, then through the bytes of the key. */
typedef struct node {
    void *sides[2];
    unsigned bit;
} node;

/* A pointer to a node is marked in its lowest bit, which malloc leaves 0. */
static bool is_node(const void *link)
{
    return ((uintptr_t)link & 1) != 0;
}

static node *as_node(const void *link)
{
    return (node *)((uintptr_t)link - 1);
}

static void *link_to(node *inner)
{
    return (void *)((uintptr_t)inner + 1);
}

static unsigned bit_of(mjl_bytes key, unsigned bit)
{
    const size_t at = bit / 8;
    uint8_t byte = 0;
    if (at == 0) {
        byte = (uint8_t)key.size;
    } else if (at <= key.size) {
        byte = key.data[at - 1];
    }
    return byte >> (7 - bit % 8) & 1;
}

static mjl_bytes key_of(const leaf *end)
{
    return mjl_bytes_of(end->bytes, end->size);
}

/* The leaf that agrees with the key in all bits that were looked at. */
static const leaf *nearest(const mjl_index *index, mjl_bytes key)
{
    const void *link = index->root;
    while (is_node(link))
        link = as_node(link)->sides[bit_of(key, as_node(link)->bit)];
    return (const leaf *)link;
}

/* The first bit in which two different keys differ. */
static unsigned first_difference(mjl_bytes a, mjl_bytes b)
{
    size_t at = 0;
    uint8_t difference = (uint8_t)(a.size ^ b.size);
    while (difference == 0) {
        difference = a.data[at] ^ b.data[at];
        at++;
    }
    unsigned bit = (unsigned)at * 8;
    while ((difference & 0x80) == 0) {
        difference = (uint8_t)(difference << 1);
        bit++;
    }
    return bit;
}

void mjl_index_clear(mjl_index *index)
{
    /* Turns the tree into a list while walking it: no depth, no memory. */
    void *link = index->root;
    while (link != NULL && is_node(link)) {
        node *inner = as_node(link);
        if (is_node(inner->sides[0])) {
            node *child = as_node(inner->sides[0]);
            inner->sides[0] = child->sides[1];
            child->sides[1] = link;
            link = link_to(child);
        } else {
            free(inner->sides[0]);
            link = inner->sides[1];
            free(inner);
        }
    }
    free(link);
    index->root = NULL;
    index->count = 0;
}

uint32_t mjl_index_find(const mjl_index *index, mjl_bytes key)
{
    if (index->root == NULL) return INDEX_NONE;
    const leaf *found = nearest(index, key);
    return mjl_bytes_equal(key_of(found), key) ? found->value : INDEX_NONE;
}

static leaf *make_leaf(mjl_bytes key, uint32_t value)
{
    leaf *end = (leaf *)malloc(sizeof *end + key.size);
    if (end == NULL) return NULL;
    end->value = value;
    end->size = (uint8_t)key.size;
    if (key.size != 0) memcpy(end->bytes, key.data, key.size);
    return end;
}

/* The link at which a node for that bit belongs. */
static void **place_for(mjl_index *index, mjl_bytes key, unsigned bit)
{
    void **link = &index->root;
    while (is_node(*link) && as_node(*link)->bit < bit)
        link = &as_node(*link)->sides[bit_of(key, as_node(*link)->bit)];
    return link;
}

mjl_result mjl_index_add(mjl_index *index, mjl_bytes key, uint32_t value)
{
    assert(key.size <= MJL_INDEX_KEY_MAX);
    leaf *end = make_leaf(key, value);
    if (end == NULL) return MJL_OUT_OF_MEMORY;
    if (index->root == NULL) {
        index->root = end;
        index->count = 1;
        return MJL_OK;
    }
    node *inner = (node *)malloc(sizeof *inner);
    if (inner == NULL) {
        free(end);
        return MJL_OUT_OF_MEMORY;
    }
    const leaf *near = nearest(index, key);
    assert(!mjl_bytes_equal(key_of(near), key));
    inner->bit = first_difference(key_of(near), key);
    void **link = place_for(index, key, inner->bit);
    const unsigned side = bit_of(key, inner->bit);
    inner->sides[side] = end;
    inner->sides[1 - side] = *link;
    *link = link_to(inner);
    index->count++;
    return MJL_OK;
}

void mjl_index_remove(mjl_index *index, mjl_bytes key)
{
    void **link = &index->root;
    void **above = NULL; /* The link to the leaf's parent. */
    unsigned side = 0;
    while (is_node(*link)) {
        above = link;
        side = bit_of(key, as_node(*link)->bit);
        link = &as_node(*link)->sides[side];
    }
    assert(*link != NULL);
    assert(mjl_bytes_equal(key_of((const leaf *)*link), key));
    free(*link);
    index->count--;
    if (above == NULL) {
        index->root = NULL;
    } else {
        node *parent = as_node(*above);
        *above = parent->sides[1 - side];
        free(parent);
    }
}

static const leaf *leftmost(const void *link)
{
    while (link != NULL && is_node(link))
        link = as_node(link)->sides[0];
    return (const leaf *)link;
}

uint32_t mjl_index_after(const mjl_index *index, mjl_bytes key, mjl_bytes *above)
{
    if (index->root == NULL) return INDEX_NONE;
    const leaf *near = nearest(index, key);
    const bool is_there = mjl_bytes_equal(key_of(near), key);
    const unsigned bit = is_there ? UINT32_MAX : first_difference(key_of(near), key);
    /* Where the key is, or would be; `larger` is the nearest subtree to the right of the way. */
    const void *link = index->root;
    const void *larger = NULL;
    while (is_node(link) && as_node(link)->bit < bit) {
        const unsigned side = bit_of(key, as_node(link)->bit);
        if (side == 0) larger = as_node(link)->sides[1];
        link = as_node(link)->sides[side];
    }
    const bool is_below_all = !is_there && bit_of(key, bit) == 0;
    const leaf *found = leftmost(is_below_all ? link : larger);
    if (found == NULL) return INDEX_NONE;
    if (above != NULL) *above = key_of(found);
    return found->value;
}
