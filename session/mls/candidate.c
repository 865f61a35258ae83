#include "candidate.h"

#include <stdlib.h>

void mjl_mls_candidate_take_changes(mjl_mls_candidate *candidate, mjl_mls_applied *applied)
{
    candidate->added = applied->added;
    candidate->added_count = applied->added_count;
    candidate->removed = applied->removed;
    candidate->removed_count = applied->removed_count;
    candidate->updated = applied->updated;
    candidate->updated_count = applied->updated_count;
    candidate->is_reinit = applied->reinit.size != 0;
    applied->added = applied->removed = applied->updated = NULL;
    applied->added_count = applied->removed_count = applied->updated_count = 0;
}

/* All room first: what is borrowed from the buffer stays where it is. */
static mjl_result custom_reserve(mjl_mls_candidate *candidate, const mjl_mls_proposal_list *list)
{
    size_t count = 0, size = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (mjl_mls_proposal_is_default(list->items[i].proposal.type)) continue;
        count++;
        size += list->items[i].proposal.custom.size;
    }
    if (count == 0) return MJL_OK;
    candidate->custom = calloc(count, sizeof *candidate->custom);
    if (candidate->custom == NULL) return MJL_OUT_OF_MEMORY;
    return mjl_buffer_reserve(&candidate->custom_data, size);
}

mjl_result mjl_mls_candidate_copy_custom(mjl_mls_candidate *candidate,
                                         const mjl_mls_proposal_list *list)
{
    mjl_result result = custom_reserve(candidate, list);
    mjl_buffer *data = &candidate->custom_data;
    for (size_t i = 0; result == MJL_OK && i < list->count; i++) {
        const mjl_mls_listed_proposal *item = &list->items[i];
        if (mjl_mls_proposal_is_default(item->proposal.type)) continue;
        const size_t start = data->size, size = item->proposal.custom.size;
        result = mjl_buffer_append(data, item->proposal.custom);
        candidate->custom[candidate->custom_count++] = (mjl_mls_custom_proposal){
            .type = item->proposal.type,
            .data = size == 0 ? mjl_bytes_of(NULL, 0) : mjl_bytes_of(data->data + start, size),
            .sender_type = (mjl_mls_sender_type)item->sender.type,
            .sender = item->sender.index};
    }
    return result;
}

void mjl_mls_candidate_clear(mjl_mls_candidate *candidate)
{
    mjl_mls_group_release(candidate->group);
    mjl_mls_ratchets_free(candidate->ratchets);
    mjl_buffer_clear(&candidate->commit);
    mjl_buffer_clear(&candidate->welcome);
    free(candidate->removed);
    free(candidate->added);
    free(candidate->updated);
    free(candidate->custom);
    mjl_buffer_clear(&candidate->custom_data);
    *candidate = (mjl_mls_candidate){0};
}
