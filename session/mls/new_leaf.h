/*
 * A member's first leaf (RFC 9420 §7.2): from an identity and what it can do. For key packages,
 * creators, and those who commit themselves in. Later ones may change either.
 */
#ifndef MJL_MLS_NEW_LEAF_H
#define MJL_MLS_NEW_LEAF_H

#include "leaf_node.h"

typedef struct mjl_mls_new_leaf { /* Borrowed. */
    const mjl_mls_identity *identity;
    const mjl_mls_capabilities *capabilities;
    mjl_bytes encryption_key;
    uint8_t source; /* KEY_PACKAGE; COMMIT is signed as for no place: to be signed anew there. */
    uint64_t not_before, not_after;
} mjl_mls_new_leaf;

/* Appends the encoded, signed leaf. BAD_ARGUMENT for a lifetime that ends before it begins and for
   extensions that its own capabilities do not list. */
MJL_MUST_USE mjl_result mjl_mls_new_leaf_sign(const mjl_mls_suite *suite,
                                              const mjl_mls_new_leaf *leaf, mjl_buffer *out);
/* Signs a leaf made of `parts`, with what is to change of it; NULL: nothing; `signer` is the
   identity before the change. BAD_ARGUMENT as above, and for another suite's identity. */
MJL_MUST_USE mjl_result mjl_mls_changed_leaf_sign(const mjl_mls_suite *suite,
                                                  const mjl_mls_leaf_change *change,
                                                  const mjl_mls_identity *signer,
                                                  mjl_mls_leaf_parts parts, mjl_buffer *out);
/* Writes the Credential of an identity. */
void mjl_mls_identity_credential_write(mjl_mls_writer *writer, const mjl_mls_identity *identity);

#endif
