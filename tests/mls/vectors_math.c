/* Vectors of what needs no cipher suite: tree-math, deserialization. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tree_math.h"
#include "vector_cases.h"
#include "wire.h"

/* Element `i` of an array of optional<uint32>. */
static int64_t optional_at(const cJSON *array, uint32_t i)
{
    const cJSON *item = cJSON_GetArrayItem(array, (int)i);
    assert_non_null(item);
    return cJSON_IsNull(item) ? MJL_MLS_NODE_NONE : (int64_t)item->valuedouble;
}

bool tree_math_passes(vectors *file, const cJSON *one)
{
    (void)file;
    const uint32_t leaves = (uint32_t)vectors_number(one, "n_leaves");
    const uint32_t nodes = (uint32_t)vectors_number(one, "n_nodes");
    if (mjl_mls_tree_node_count(leaves) != nodes) return false;
    if (mjl_mls_tree_root(leaves) != vectors_number(one, "root")) return false;
    const cJSON *left = vectors_array(one, "left"), *right = vectors_array(one, "right");
    const cJSON *parent = vectors_array(one, "parent"), *sibling = vectors_array(one, "sibling");
    for (uint32_t i = 0; i < nodes; i++)
        if (mjl_mls_tree_left(i) != optional_at(left, i) ||
            mjl_mls_tree_right(i) != optional_at(right, i) ||
            mjl_mls_tree_parent(i, leaves) != optional_at(parent, i) ||
            mjl_mls_tree_sibling(i, leaves) != optional_at(sibling, i)) {
            return false;
        }
    return true;
}

bool deserialization_passes(vectors *file, const cJSON *one)
{
    const mjl_bytes header = vectors_bytes(file, one, "vlbytes_header");
    const size_t length = (size_t)vectors_number(one, "length");
    mjl_mls_reader reader = mjl_mls_reader_of(header);
    uint8_t encoded[4];
    const size_t size = mjl_mls_length_encode(length, encoded);
    return mjl_mls_read_length(&reader) == length && mjl_mls_reader_end(&reader) == MJL_OK &&
           vectors_same("header", header, mjl_bytes_of(encoded, size));
}
