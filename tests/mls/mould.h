/*
 * Copies of encoded structures with one length or presence octet wrong, and all lengths around it
 * right: what finds out whether an encoding is strict at every level.
 *
 * A structure is told as text: 1 2 4 8 are integers of so many bytes, v an opaque vector, [..] a
 * vector of as many as there are, ?(..) an optional; and, by their first bytes: L leaf node, C
 * credential, S what its source brings, E extensions, K key package, P proposal, R ProposalOrRef,
 * I PreSharedKeyID, N node of a tree, U update path.
 */
#ifndef MJL_TESTS_MLS_MOULD_H
#define MJL_TESTS_MLS_MOULD_H

#include "majlis/bytes.h"

typedef enum mould_fault {
    LENGTH_NOT_MINIMAL, /* Twice the bytes that it needs. */
    LENGTH_PREFIX_11,
    LENGTH_HUGE,      /* 2^30 - 1, with no such bytes behind. */
    ONE_BYTE_BEHIND,  /* At the end of a vector of several. */
    PRESENCE_OCTET_2, /* Of an optional. */
    MOULD_FAULTS
} mould_fault;

/* Appends the copy with the fault at its `target`th place; false when there are fewer places.
   SIZE_MAX: a copy without fault. The structure must be of that form. */
bool mould_copy(const char *form, mjl_bytes structure, mould_fault fault, size_t target,
                mjl_buffer *out);

#endif
