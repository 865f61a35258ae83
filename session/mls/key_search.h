/*
 * Whether a public key stands in a ratchet tree already: in a tree that members made together no
 * key stands twice (RFC 9420 §7.3, §12.4.2), and each commit brings new ones.
 *
 *      root            Nodes at one level keep a filter of all keys below them, made when it is
 * first /    \           wanted and shared like the nodes: who is not in any filter is not below.
 *   ...    ...         A filter that may hold the key is followed to the nodes themselves. Keys
 * that F  F  F  F        somebody chose to meet in the filters cost time, never a wrong answer.
 */
#ifndef MJL_MLS_KEY_SEARCH_H
#define MJL_MLS_KEY_SEARCH_H

#include "ratchet_tree.h"

typedef enum mjl_mls_key_use { MJL_MLS_ENCRYPTION_KEY, MJL_MLS_SIGNATURE_KEY } mjl_mls_key_use;

/* The kind of a node that has the key, BLANK for none; the leaf `except` is passed over
   (MJL_MLS_NO_LEAF: none is). Of leaf and parent it says parent. */
mjl_mls_node_kind mjl_mls_tree_find_key(const mjl_mls_ratchet_tree *tree, mjl_mls_key_use use,
                                        mjl_bytes key, uint32_t except);

#endif
