/*
 * The records of a disk in memory, in order: a treap, a search tree by place that is a heap by
 * chance. It allocates nothing, so what a transaction prepared it can also finish.
 *
 * The chance is the tree's own fixed sequence: the same calls build the same tree, and whoever
 * chooses keys cannot choose its shape (C. R. Aragon and R. Seidel, "Randomized search trees",
 * 1989).
 */
#ifndef MJL_STORE_MEMORY_TREE_H
#define MJL_STORE_MEMORY_TREE_H

#include "store_access.h"

typedef struct mjl_memory_record {
    struct mjl_memory_record *left, *right;
    uint64_t rank;
    uint32_t session;
    uint16_t kind;
    uint8_t key_size;
    size_t value_size;
    uint8_t bytes[]; /* The key, then the value. */
} mjl_memory_record;

typedef struct mjl_memory_tree {
    mjl_memory_record *root;
    uint64_t chance; /* Not 0. */
} mjl_memory_tree;

static inline mjl_store_place mjl_memory_record_place(const mjl_memory_record *record)
{
    const mjl_store_place place = {record->session, record->kind,
                                   mjl_bytes_of(record->bytes, record->key_size)};
    return place;
}

mjl_memory_record *mjl_memory_tree_find(const mjl_memory_tree *tree, mjl_store_place place);
/* Each answers what stood at the place, which is the caller's now; NULL. */
mjl_memory_record *mjl_memory_tree_put(mjl_memory_tree *tree, mjl_memory_record *record);
mjl_memory_record *mjl_memory_tree_take(mjl_memory_tree *tree, mjl_store_place place);

/* In ascending order, until a visit is not OK; answers that. */
mjl_result mjl_memory_tree_walk(const mjl_memory_tree *tree,
                                mjl_result (*visit)(void *visitor, const mjl_memory_record *record),
                                void *visitor);
void mjl_memory_tree_free_records(mjl_memory_tree *tree);

#endif
