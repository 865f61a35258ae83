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

/* Changes a path that is right into one that is not; `buffer` lends room for what it points to. */
typedef void forge_spoil(const person *author, mjl_mls_update_path *path, mjl_buffer *room);

typedef struct forgery {
    const mjl_buffer *proposals;     /* Contents of the list of ProposalOrRef; NULL for none. */
    const mjl_mls_opened *reference; /* What a reference among them names; NULL for none. */
    bool has_path;
    forge_spoil *spoil; /* NULL: the path stays right. */
    bool has_tag;       /* Else the confirmation tag is all zero. */
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

/* Appends to a list of ProposalOrRef. */
mjl_mls_writer forge_by_value(mjl_buffer *proposals);
void forge_end(mjl_mls_writer *writer);

#endif
