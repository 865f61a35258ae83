#include "intents.h"

#include "array.h"
#include "session_state.h"

void mjl_membership_clear(mjl_membership *membership)
{
    for (size_t i = 0; i < membership->count; i++) {
        mjl_buffer_clear(&membership->intents[i].key_package);
    }
    free(membership->intents);
    memset(membership, 0, sizeof *membership);
}

mjl_result mjl_intents_set(mjl_session *session, mjl_intent_entry *intent, mjl_intent_state state,
                           mjl_result why)
{
    intent->state = state == MJL_INTENT_AGAIN ? MJL_INTENT_QUEUED : state;
    intent->dirty = true;
    intent->is_over =
        state == MJL_INTENT_DONE || state == MJL_INTENT_VOID || state == MJL_INTENT_REPLACED;
    mjl_event event = {.kind = MJL_EVENT_INTENT, .why = why};
    event.intent = intent->number;
    event.intent_state = state;
    event.member = intent->subject;
    return mjl_session_emit(session, &event);
}

void mjl_intents_sweep(mjl_membership *membership)
{
    size_t kept = 0;
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->intents[i].is_over) {
            mjl_buffer_clear(&membership->intents[i].key_package);
            continue;
        }
        membership->intents[kept++] = membership->intents[i];
    }
    membership->count = kept;
}

mjl_intent_entry *mjl_intents_find(const mjl_membership *membership, mjl_intent_kind kind,
                                   const mjl_member_id *subject)
{
    for (size_t i = 0; i < membership->count; i++) {
        mjl_intent_entry *intent = &membership->intents[i];
        if (!intent->is_over && intent->kind == kind && mjl_id_equal(&intent->subject, subject)) {
            return intent;
        }
    }
    return NULL;
}

size_t mjl_intents_queued_count(const mjl_membership *membership)
{
    size_t count = 0;
    for (size_t i = 0; i < membership->count; i++) {
        const mjl_intent_entry *intent = &membership->intents[i];
        if (!intent->is_over && intent->state == MJL_INTENT_QUEUED) count++;
    }
    return count;
}

static mjl_result reserve(mjl_membership *membership)
{
    return mjl_array_reserve(&membership->intents, membership->count, &membership->room, 1,
                             sizeof *membership->intents);
}

static mjl_result add(mjl_session *session, mjl_intent_entry *intent, mjl_bytes key_package,
                      mjl_intent *number)
{
    mjl_membership *const membership = &session->membership;
    if (membership->count >= MJL_INTENTS_MAX) return MJL_FULL;
    intent->state = MJL_INTENT_QUEUED;
    intent->dirty = true;
    mjl_result result = reserve(membership);
    if (result == MJL_OK) result = mjl_buffer_append(&intent->key_package, key_package);
    if (result != MJL_OK) return result;
    intent->number = ++membership->next_number;
    membership->intents[membership->count++] = *intent;
    if (number != NULL) *number = intent->number;
    return mjl_intents_set(session, &membership->intents[membership->count - 1], MJL_INTENT_QUEUED,
                           MJL_OK);
}

mjl_result mjl_membership_want(mjl_session *session, mjl_intent_kind kind,
                               const mjl_member_id *subject, mjl_bytes key_package,
                               const mjl_message_id *basis, mjl_intent *number)
{
    mjl_intent_entry intent = {.kind = kind};
    if (subject != NULL) intent.subject = *subject;
    if (basis != NULL) {
        intent.has_basis = true;
        intent.basis = *basis;
    }
    return add(session, &intent, key_package, number);
}

mjl_result mjl_membership_want_restore(mjl_session *session, const mjl_join_request *request,
                                       mjl_intent *number)
{
    mjl_intent_entry intent = {.kind = MJL_INTENT_RESTORE};
    intent.subject = request->requester;
    intent.replaces = request->replaces;
    return add(session, &intent, mjl_buffer_bytes(&request->key_package), number);
}
