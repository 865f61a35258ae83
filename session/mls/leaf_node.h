/*
 * A leaf node (RFC 9420 §7.2, §7.3): a member's keys, credential and capabilities, signed by it.
 *
 * A view borrows from the encoded bytes, which are what is kept in trees, hashed and verified: a
 * leaf is never encoded again. New ones are made from pieces, also from pieces of an old view.
 */
#ifndef MJL_MLS_LEAF_NODE_H
#define MJL_MLS_LEAF_NODE_H

#include "credential.h"
#include "extension.h"
#include "suite.h"

typedef enum mjl_mls_leaf_source {
    MJL_MLS_LEAF_KEY_PACKAGE = 1,
    MJL_MLS_LEAF_UPDATE = 2,
    MJL_MLS_LEAF_COMMIT = 3
} mjl_mls_leaf_source;

typedef struct mjl_mls_capabilities_view { /* Encoded lists of uint16, without their lengths. */
    mjl_bytes versions, suites, extensions, proposals, credentials;
    mjl_bytes encoded; /* The whole Capabilities. */
} mjl_mls_capabilities_view;

typedef struct mjl_mls_leaf_node {
    mjl_bytes encoded; /* All of it. */
    mjl_bytes covered; /* All before the signature: LeafNodeTBS up to the group id. */
    mjl_bytes encryption_key, signature_key;
    mjl_mls_credential credential;
    mjl_mls_capabilities_view capabilities;
    uint8_t source;                 /* mjl_mls_leaf_source */
    uint64_t not_before, not_after; /* KEY_PACKAGE; else 0. */
    mjl_bytes parent_hash;          /* COMMIT; else empty. */
    mjl_bytes extensions;           /* Contents of the list. */
    mjl_bytes signature;
} mjl_mls_leaf_node;

/* Structure only: nothing is verified. */
void mjl_mls_leaf_node_read(mjl_mls_reader *reader, mjl_mls_leaf_node *leaf);
/* The same for bytes that must be one leaf node and nothing else. */
MJL_MUST_USE mjl_result mjl_mls_leaf_node_parse(mjl_bytes encoded, mjl_mls_leaf_node *leaf);

/* Where a leaf stands, which the signatures of UPDATE and COMMIT leaves cover. */
typedef struct mjl_mls_leaf_place {
    mjl_bytes group_id;
    uint32_t leaf;
} mjl_mls_leaf_place;

/* LEAF_SIGNATURE. `place` is not read for a KEY_PACKAGE leaf and may be NULL then. */
MJL_MUST_USE mjl_result mjl_mls_leaf_node_verify(const mjl_mls_suite *suite,
                                                 const mjl_mls_leaf_node *leaf,
                                                 const mjl_mls_leaf_place *place);

/* What §7.3 asks of one leaf alone, but signature and source, each with its own code: both keys are
   valid (LEAF_ENCRYPTION_KEY, LEAF_SIGNATURE_KEY); mls10, its own credential type and extensions
   are among its capabilities (LEAF_VERSION, LEAF_CREDENTIAL, LEAF_EXTENSION); not_before is not
   after not_after (LEAF_LIFETIME). Unknown (GREASE) values are ignored. That it lists the group's
   suite is not asked: the RFC does not, and official vectors have leaves that do not. */
MJL_MUST_USE mjl_result mjl_mls_leaf_node_check(const mjl_mls_suite *suite,
                                                const mjl_mls_leaf_node *leaf);
/* REQUIRED_EXTENSION, REQUIRED_PROPOSAL or REQUIRED_CREDENTIAL unless all required capabilities are
   among the leaf's; defaults are always. */
MJL_MUST_USE mjl_result mjl_mls_leaf_node_supports(const mjl_mls_leaf_node *leaf,
                                                   const mjl_mls_required_capabilities *required);
bool mjl_mls_leaf_node_supports_extension(const mjl_mls_leaf_node *leaf, uint16_t type);
bool mjl_mls_leaf_node_supports_proposal(const mjl_mls_leaf_node *leaf, uint16_t type);
bool mjl_mls_leaf_node_supports_credential(const mjl_mls_leaf_node *leaf, uint16_t type);

/* The pieces of a leaf to be made; all borrowed, encoded where so named. */
typedef struct mjl_mls_leaf_parts {
    mjl_bytes encryption_key, signature_key;
    mjl_bytes credential;   /* Encoded Credential. */
    mjl_bytes capabilities; /* Encoded Capabilities. */
    uint8_t source;
    uint64_t not_before, not_after; /* KEY_PACKAGE */
    mjl_bytes parent_hash;          /* COMMIT */
    mjl_bytes extensions;           /* Contents of the list. */
    mjl_mls_leaf_place place;       /* UPDATE, COMMIT */
} mjl_mls_leaf_parts;

/* The pieces of an existing leaf, for the next one by the same member: change the encryption key,
   source, parent hash and place, then sign. */
mjl_mls_leaf_parts mjl_mls_leaf_parts_of(const mjl_mls_leaf_node *leaf);
/* Appends the encoded, signed leaf node. */
MJL_MUST_USE mjl_result mjl_mls_leaf_node_sign(const mjl_mls_suite *suite,
                                               const mjl_mls_leaf_parts *parts,
                                               const uint8_t *signature_seed, mjl_buffer *out);

#endif
