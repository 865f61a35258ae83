/*
 * A Commit as it is encoded (RFC 9420 §12.4): proposals by value or by reference, and maybe a path.
 */
#ifndef MJL_MLS_COMMIT_H
#define MJL_MLS_COMMIT_H

#include "proposal.h"
#include "update_path.h"

typedef struct mjl_mls_commit_view { /* Borrowed. */
    mjl_bytes proposals;             /* Contents of the list of ProposalOrRef. */
    size_t proposals_count;
    bool has_path;
    mjl_mls_update_path path;
} mjl_mls_commit_view;

void mjl_mls_commit_read(mjl_mls_reader *reader, mjl_mls_commit_view *commit);
MJL_MUST_USE mjl_result mjl_mls_commit_parse(mjl_bytes encoded, mjl_mls_commit_view *commit);

typedef struct mjl_mls_proposal_or_ref { /* Borrowed. */
    bool is_reference;
    mjl_bytes reference;
    mjl_mls_proposal proposal; /* Unless it is a reference. */
} mjl_mls_proposal_or_ref;

void mjl_mls_proposal_or_ref_read(mjl_mls_reader *reader, mjl_mls_proposal_or_ref *item);
/* What comes before a proposal by value in the list. */
void mjl_mls_proposal_by_value_write(mjl_mls_writer *writer);
void mjl_mls_proposal_reference_write(mjl_mls_writer *writer, mjl_bytes reference);

/* `proposals`: contents of the list; `update_path`: encoded, empty for none. */
void mjl_mls_commit_write(mjl_mls_writer *writer, mjl_bytes proposals, mjl_bytes update_path);

#endif
