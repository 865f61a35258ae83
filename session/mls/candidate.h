/*
 * What a staged commit leads to (the public mjl_mls_candidate): filled by commit_new.c and
 * commit_stage.c alike.
 */
#ifndef MJL_MLS_CANDIDATE_H
#define MJL_MLS_CANDIDATE_H

#include "proposal_list.h"

/* Moves the lists of leaves added, removed and updated. */
void mjl_mls_candidate_take_changes(mjl_mls_candidate *candidate, mjl_mls_applied *applied);
/* Copies the custom proposals. */
MJL_MUST_USE mjl_result mjl_mls_candidate_copy_custom(mjl_mls_candidate *candidate,
                                                      const mjl_mls_proposal_list *list);

#endif
