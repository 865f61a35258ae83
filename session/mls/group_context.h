/*
 * What all members agree on at an epoch (RFC 9420 §8.1).
 */
#ifndef MJL_MLS_GROUP_CONTEXT_H
#define MJL_MLS_GROUP_CONTEXT_H

#include "extension.h"
#include "wire.h"

typedef struct mjl_mls_context { /* Borrowed. */
    uint16_t suite;
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_bytes tree_hash;
    mjl_bytes confirmed_transcript_hash;
    mjl_bytes extensions; /* Contents of the list. */
    mjl_bytes encoded;    /* Set by reading; not used in writing. */
} mjl_mls_context;

/* UNKNOWN_VERSION; the suite is any. */
void mjl_mls_context_read(mjl_mls_reader *reader, mjl_mls_context *context);
MJL_MUST_USE mjl_result mjl_mls_context_parse(mjl_bytes encoded, mjl_mls_context *context);
void mjl_mls_context_write(mjl_mls_writer *writer, const mjl_mls_context *context);

#endif
