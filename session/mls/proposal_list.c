#include "proposal_list.h"

#include <assert.h>
#include <stdlib.h>

#include "group.h"
#include "message.h"

/* ---- From a commit ---- */

/* Standalone proposals by their references, which are computed once. */
typedef struct referenced {
    const mjl_mls_epoch_view *epoch;
    const mjl_mls_opened *const *opened;
    size_t count;
    uint8_t (*references)[MJL_MLS_HASH_SIZE_MAX];
} referenced;

static bool is_proposal_of(const mjl_mls_framed_content *content, const mjl_mls_epoch_view *epoch)
{
    return content->content_type == MJL_MLS_PROPOSAL && content->epoch == epoch->epoch &&
           mjl_bytes_equal(content->group_id, epoch->group_id);
}

static mjl_result referenced_init(referenced *known)
{
    if (known->count == 0) return MJL_OK;
    known->references = calloc(known->count, sizeof *known->references);
    if (known->references == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < known->count; i++)
        if (mjl_mls_opened_type(known->opened[i]) != MJL_MLS_PROPOSAL) result = MJL_BAD_ARGUMENT;
    for (size_t i = 0; result == MJL_OK && i < known->count; i++)
        result = mjl_mls_proposal_reference(
            known->epoch->suite, mjl_mls_opened_content(known->opened[i]), known->references[i]);
    return result;
}

static mjl_result look_up(const referenced *known, mjl_bytes reference,
                          mjl_mls_listed_proposal *item)
{
    for (size_t i = 0; i < known->count; i++) {
        const mjl_mls_framed_content *content = &mjl_mls_opened_content(known->opened[i])->content;
        const mjl_bytes found = mjl_bytes_of(known->references[i], known->epoch->suite->hash_size);
        if (!mjl_bytes_equal(reference, found)) continue;
        if (!is_proposal_of(content, known->epoch)) continue;
        item->sender = content->sender;
        item->by_reference = true;
        item->opened = known->opened[i];
        return mjl_mls_proposal_parse(content->body, &item->proposal);
    }
    return MJL_UNKNOWN_PROPOSAL;
}

static mjl_result item_of(const mjl_mls_proposal_or_ref *read, const referenced *known,
                          mjl_mls_sender committer, mjl_mls_listed_proposal *item)
{
    if (read->is_reference && committer.type != MJL_MLS_SENDER_MEMBER)
        return MJL_EXTERNAL_REFERENCE; /* §12.4.3.2: whether or not we know what it names. */
    if (read->is_reference) return look_up(known, read->reference, item);
    item->proposal = read->proposal;
    item->sender = committer;
    return MJL_OK;
}

static mjl_result items_of(const mjl_mls_commit_view *commit, const referenced *known,
                           mjl_mls_sender committer, mjl_mls_proposal_list *list)
{
    mjl_mls_reader reader = mjl_mls_reader_of(commit->proposals);
    mjl_result result = MJL_OK;
    while (result == MJL_OK && list->count < commit->proposals_count) {
        mjl_mls_proposal_or_ref read;
        mjl_mls_proposal_or_ref_read(&reader, &read);
        assert(reader.result == MJL_OK); /* The commit was read before. */
        result = item_of(&read, known, committer, &list->items[list->count]);
        list->count++;
    }
    return result;
}

mjl_result mjl_mls_proposal_list_of(const mjl_mls_commit_view *commit,
                                    const mjl_mls_epoch_view *epoch, mjl_mls_sender committer,
                                    const mjl_mls_opened *const *opened, size_t opened_count,
                                    mjl_mls_proposal_list *list)
{
    *list = (mjl_mls_proposal_list){0};
    if (commit->proposals_count == 0) return MJL_OK;
    list->items = calloc(commit->proposals_count, sizeof *list->items);
    if (list->items == NULL) return MJL_OUT_OF_MEMORY;
    referenced known = {.epoch = epoch, .opened = opened, .count = opened_count};
    mjl_result result = referenced_init(&known);
    if (result == MJL_OK) result = items_of(commit, &known, committer, list);
    free(known.references);
    if (result != MJL_OK) mjl_mls_proposal_list_clear(list);
    return result;
}

void mjl_mls_proposal_list_clear(mjl_mls_proposal_list *list)
{
    free(list->items);
    *list = (mjl_mls_proposal_list){0};
}

bool mjl_mls_proposal_list_wants_path(const mjl_mls_proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const uint16_t type = list->items[i].proposal.type;
        if (type != MJL_MLS_PROPOSAL_ADD && type != MJL_MLS_PROPOSAL_PSK &&
            type != MJL_MLS_PROPOSAL_REINIT)
            return true;
    }
    return list->count == 0;
}

mjl_mls_list_rules mjl_mls_list_rules_of(const mjl_mls_group *group)
{
    const mjl_mls_list_rules rules = {.suite = group->suite,
                                      .tree = &group->tree,
                                      .group_id = group->context.group_id,
                                      .extensions = group->context.extensions,
                                      .committer = group->own_leaf};
    return rules;
}

size_t mjl_mls_proposal_list_count(const mjl_mls_proposal_list *list, uint16_t type)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].proposal.type == type) count++;
    return count;
}

mjl_bytes mjl_mls_proposal_list_extensions(const mjl_mls_list_rules *rules,
                                           const mjl_mls_proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].proposal.type == MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS)
            return list->items[i].proposal.extensions;
    return rules->extensions;
}

/* ---- PSKs ---- */

static bool is_of_epoch(const mjl_mls_psk_id *id, const mjl_mls_epoch_view *epoch)
{
    return epoch != NULL && id->type == MJL_MLS_PSK_RESUMPTION && id->epoch == epoch->epoch &&
           mjl_bytes_equal(id->group_id, epoch->group_id);
}

mjl_result mjl_mls_psk_look_up(const mjl_mls_known_psks *known, const mjl_mls_psk_id *id,
                               mjl_bytes *secret)
{
    if (known->resumption != NULL && mjl_mls_resumption_is(known->resumption, id)) {
        *secret = mjl_mls_group_resumption_psk(known->resumption->old);
        return MJL_OK;
    }
    if (is_of_epoch(id, known->epoch)) {
        *secret =
            mjl_bytes_of(known->epoch->secrets->resumption_psk, known->epoch->suite->hash_size);
        return MJL_OK;
    }
    for (size_t i = 0; i < known->count; i++) {
        if (!mjl_bytes_equal(known->psks[i].id, id->encoded_without_nonce)) continue;
        *secret = known->psks[i].secret;
        return MJL_OK;
    }
    return MJL_UNKNOWN_PSK;
}

mjl_result mjl_mls_proposal_list_psk_secret(const mjl_mls_suite *suite,
                                            const mjl_mls_proposal_list *list,
                                            const mjl_mls_known_psks *known, uint8_t *psk_secret)
{
    mjl_mls_psk_input inputs[MJL_MLS_PSKS_COUNT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].proposal.type != MJL_MLS_PROPOSAL_PSK) continue;
        const mjl_mls_psk_id *id = &list->items[i].proposal.psk;
        assert(count < MJL_MLS_PSKS_COUNT_MAX); /* The list was checked. */
        inputs[count].id = id->encoded;
        const mjl_result result = mjl_mls_psk_look_up(known, id, &inputs[count++].secret);
        if (result != MJL_OK) return result;
    }
    return mjl_mls_psk_secret(suite, inputs, count, psk_secret);
}
