#include "candidate.h"

#include <stdlib.h>

void mjl_mls_candidate_take_changes(mjl_mls_candidate *candidate, mjl_mls_applied *applied)
{
    candidate->added = applied->added;
    candidate->added_count = applied->added_count;
    candidate->removed = applied->removed;
    candidate->removed_count = applied->removed_count;
    applied->added = applied->removed = NULL;
    applied->added_count = applied->removed_count = 0;
}

void mjl_mls_candidate_clear(mjl_mls_candidate *candidate)
{
    mjl_mls_group_release(candidate->group);
    mjl_mls_ratchets_free(candidate->ratchets);
    mjl_buffer_clear(&candidate->commit);
    mjl_buffer_clear(&candidate->welcome);
    free(candidate->removed);
    free(candidate->added);
    *candidate = (mjl_mls_candidate){0};
}
