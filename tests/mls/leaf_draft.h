/*
 * Leaves and key packages that are right but for what an edit does to them: written and signed
 * after the edit, so that nothing else is wrong.
 */
#ifndef MJL_TESTS_MLS_LEAF_DRAFT_H
#define MJL_TESTS_MLS_LEAF_DRAFT_H

#include "key_package.h"
#include "people.h"

/* Private types that the group of world.h is about. */
enum {
    REQUIRED_EXTENSION_TYPE = 0xF001,
    REQUIRED_PROPOSAL_TYPE = 0xF002,
    REQUIRED_CREDENTIAL_TYPE = 0xF003,
    GROUP_EXTENSION_TYPE = 0xF004
};

typedef struct leaf_draft {
    mjl_mls_leaf_parts parts; /* Borrowed: constants, or the keys below. */
    uint8_t public_key[32], private_key[32];
    uint8_t signature_seed[64];
    uint8_t credential[32]; /* Basic, encoded. */
    /* Changes the written leaf; the signature's bytes stand at its end. NULL: as it is. */
    void (*after)(mjl_buffer *leaf);
} leaf_draft;

typedef void leaf_edit(leaf_draft *draft);

/* Capabilities that list everything. */
mjl_bytes leaf_full_capabilities(void);

/* A leaf of `who` with a fresh key and full capabilities. */
void leaf_draft_begin(leaf_draft *draft, const person *who, mjl_mls_leaf_source source,
                      mjl_mls_leaf_place place);
/* Applies the edit (NULL: none), signs, appends. */
void leaf_draft_write(leaf_draft *draft, leaf_edit *edit, mjl_buffer *leaf);

/* A key package with such a leaf. */
typedef struct package_draft {
    uint16_t version, suite;
    mjl_bytes init_key;
    uint8_t init_public[32], init_private[32];
    leaf_draft leaf;
    leaf_edit *leaf_edit;
    mjl_bytes extensions;
    uint8_t signature_seed[64];
    bool keeps_seed; /* Else it follows that of the leaf's signature key. */
    void (*after)(mjl_buffer *package);
} package_draft;

typedef void package_edit(package_draft *draft);

void package_draft_begin(package_draft *draft, const person *who);
/* The KeyPackage and the leaf in it. */
void package_draft_write(package_draft *draft, package_edit *edit, mjl_buffer *package,
                         mjl_buffer *leaf);
/* Gives `who` a right one, with another leaf where an edit is given. */
void person_offer_full(person *who, leaf_edit *edit);

/* Replaces the Ed25519 signature at the end of what was written. */
void signature_replace(mjl_buffer *written, const uint8_t *signature, size_t size);

#endif
