/*
 * A ratchet tree as it travels and as it is saved: optional<Node> ratchet_tree<V>, nodes from left
 * to right, no blanks at the end (RFC 9420 §12.4.3.3).
 */
#ifndef MJL_MLS_TREE_ENCODING_H
#define MJL_MLS_TREE_ENCODING_H

#include "ratchet_tree.h"
#include "wire.h"

/* Writes the vector, length included: the data of the ratchet_tree extension. */
void mjl_mls_ratchet_tree_write(mjl_mls_writer *writer, const mjl_mls_ratchet_tree *tree);
/* Structure only: kinds in their places, the last node filled, hash and key sizes of the suite.
   TOO_LARGE beyond MJL_MLS_LEAVES_MAX. Nothing is hashed or verified. `tree` is set only if OK. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_parse(const mjl_mls_suite *suite, mjl_bytes encoded,
                                                   mjl_mls_ratchet_tree *tree);

#endif
