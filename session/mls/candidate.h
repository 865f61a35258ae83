/*
 * What a staged commit leads to (the public mjl_mls_candidate): filled by commit_new.c and
 * commit_stage.c alike.
 */
#ifndef MJL_MLS_CANDIDATE_H
#define MJL_MLS_CANDIDATE_H

#include "proposal_list.h"

/* Moves the lists of leaves added and removed. */
void mjl_mls_candidate_take_changes(mjl_mls_candidate *candidate, mjl_mls_applied *applied);

#endif
