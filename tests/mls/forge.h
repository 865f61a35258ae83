/*
 * Commits and proposals by a member that breaks the rules but holds its keys: signed and framed as
 * they should be, wrong inside. They come out as if they had been opened, so that what refuses them
 * is the rule under test and no outer check.
 */
#ifndef MJL_TESTS_MLS_FORGE_H
#define MJL_TESTS_MLS_FORGE_H

#include "commit.h"
#include "message.h"
#include "people.h"

typedef struct forgery {
    const mjl_buffer *proposals;     /* Contents of the list of ProposalOrRef; NULL for none. */
    const mjl_mls_opened *reference; /* What a reference among them names; NULL for none. */
    bool has_path;
    bool has_tag; /* Else the confirmation tag is all zero. */
} forgery;

/* Free it. */
mjl_mls_opened *forge_commit(const person *author, const forgery *wanted);
/* A commit of any bytes. Free it. */
mjl_mls_opened *forge_commit_bytes(const person *author, mjl_bytes commit);
/* A standalone proposal. Free it. */
mjl_mls_opened *forge_proposal(const person *author, mjl_bytes proposal);
/* Its reference. */
void forge_reference(const mjl_mls_opened *proposal, uint8_t reference[MJL_MLS_HASH_SIZE]);

/* Appends the author's leaf with another key, source and parent hash, signed anew. The new private
   key is written where asked. */
typedef struct forge_leaf_parts {
    uint8_t source;
    mjl_bytes encryption_key; /* Empty: fresh. */
    mjl_bytes signature_key;  /* Empty: the author's. */
    mjl_bytes parent_hash;
    uint8_t *private_key; /* Of a fresh key; NULL: not wanted. */
} forge_leaf_parts;
void forge_leaf(const person *author, const forge_leaf_parts *parts, mjl_buffer *leaf);

/* The KeyPackage of a person. Borrowed. */
mjl_bytes forge_package_of(const person *who);
/* Append to a list of ProposalOrRef, by value. */
void forge_put_add(mjl_buffer *list, mjl_bytes key_package);
void forge_put_remove(mjl_buffer *list, uint32_t leaf);
void forge_put_extensions(mjl_buffer *list, const mjl_mls_extension *extension);
/* Begins another proposal by value; forge_end ends it. */
mjl_mls_writer forge_by_value(mjl_buffer *proposals);
void forge_end(mjl_mls_writer *writer);

#endif
