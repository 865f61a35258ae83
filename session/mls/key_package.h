/*
 * A key package (RFC 9420 §10): the invitation to be added, with an init key for the Welcome and
 * the leaf that is to stand in the tree. key_package.c also holds the public
 * mjl_mls_key_package_* and mjl_mls_identity_generate.
 */
#ifndef MJL_MLS_KEY_PACKAGE_H
#define MJL_MLS_KEY_PACKAGE_H

#include "leaf_node.h"

typedef struct mjl_mls_key_package { /* Borrowed. */
    mjl_bytes encoded;
    mjl_bytes covered; /* KeyPackageTBS */
    uint16_t version, suite;
    mjl_bytes init_key;
    mjl_mls_leaf_node leaf;
    mjl_bytes extensions; /* Contents of the list. */
    mjl_bytes signature;
} mjl_mls_key_package;

/* Structure only, of any suite. UNKNOWN_VERSION. */
void mjl_mls_key_package_read_body(mjl_mls_reader *reader, mjl_mls_key_package *key_package);
/* One KeyPackage (without MLSMessage's header), of any suite, and nothing else. */
MJL_MUST_USE mjl_result mjl_mls_key_package_parse(mjl_bytes encoded,
                                                  mjl_mls_key_package *key_package);
/* §10.1 but the lifetime: KEY_PACKAGE_SUITE, LEAF_SOURCE_NOT_KEY_PACKAGE, INIT_KEY,
   INIT_KEY_IS_LEAF_KEY, KEY_PACKAGE_SIGNATURE, and what is wrong with the leaf. */
MJL_MUST_USE mjl_result mjl_mls_key_package_check(const mjl_mls_suite *suite,
                                                  const mjl_mls_key_package *key_package);
/* KeyPackageRef (§5.2) of an encoded KeyPackage. */
void mjl_mls_key_package_reference(const mjl_mls_suite *suite, mjl_bytes key_package,
                                   uint8_t *reference);

/* What mjl_mls_key_package_new gives as `secret`: borrowed from it. */
typedef struct mjl_mls_key_package_secret {
    const uint8_t *init_private;     /* suite->kem_private_size */
    const uint8_t *leaf_private;     /* Likewise. */
    mjl_mls_key_package key_package; /* Parsed. */
} mjl_mls_key_package_secret;

/* WRONG_SUITE for another. Also checks that the leaf's private key is that of its public one
   (BAD_KEY). A wrong init key shows by itself: it opens no Welcome. */
MJL_MUST_USE mjl_result mjl_mls_key_package_secret_parse(const mjl_mls_suite *suite,
                                                         mjl_bytes encoded,
                                                         mjl_mls_key_package_secret *secret);
/* Appends the encoding of the three: for tests that have the keys from elsewhere. */
MJL_MUST_USE mjl_result mjl_mls_key_package_secret_encode(mjl_bytes init_private,
                                                          mjl_bytes leaf_private,
                                                          mjl_bytes key_package, mjl_buffer *out);

#endif
