#include "warnings.h"

#include "away.h"
#include "session_state.h"
#include "timers.h"

void mjl_warnings_clear(mjl_warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        mjl_buffer_clear(&warnings->entries[i].missing);
    free(warnings->entries);
    free(warnings->gone);
    free(warnings->gaps);
    free(warnings->filled);
    memset(warnings, 0, sizeof *warnings);
}

static mjl_warning *find(const mjl_warnings *warnings, uint64_t number)
{
    for (size_t i = 0; i < warnings->count; i++) {
        if (warnings->entries[i].number == number) return &warnings->entries[i];
    }
    return NULL;
}

mjl_severity mjl_warnings_severity(const mjl_session *session, const mjl_warning *warning)
{
    return mjl_away_severity(session, warning->kind == MJL_WARNING_NOT_FRESH
                                          ? mjl_id_bytes(&warning->subject)
                                          : mjl_buffer_bytes(&warning->missing));
}

static mjl_result tell(mjl_session *session, mjl_event_kind kind, const mjl_warning *warning)
{
    mjl_event event = {.kind = kind};
    event.warning = warning->number;
    event.warning_kind = warning->kind;
    event.subject = warning->subject;
    event.missing = mjl_buffer_bytes(&warning->missing);
    event.new_state = mjl_warnings_severity(session, warning);
    return mjl_session_emit(session, &event);
}

mjl_result mjl_warnings_restore(mjl_warnings *warnings, mjl_warning *taken)
{
    if (warnings->count == warnings->room) {
        const size_t room = warnings->room == 0 ? 8 : warnings->room * 2;
        mjl_warning *entries = realloc(warnings->entries, room * sizeof *entries);
        if (entries == NULL) return MJL_OUT_OF_MEMORY;
        warnings->entries = entries;
        warnings->room = room;
    }
    warnings->entries[warnings->count++] = *taken;
    return MJL_OK;
}

static mjl_result change(mjl_session *session, mjl_warning *warning, mjl_bytes missing)
{
    if (mjl_bytes_equal(mjl_buffer_bytes(&warning->missing), missing)) return MJL_OK;
    warning->missing.size = 0;
    const mjl_result result = mjl_buffer_append(&warning->missing, missing);
    if (result != MJL_OK) return result;
    warning->dirty = true;
    return tell(session, MJL_EVENT_WARNING_CHANGED, warning);
}

mjl_result mjl_warnings_raise(mjl_session *session, mjl_warning_kind kind, const mjl_id *subject,
                              mjl_bytes missing, uint64_t *number)
{
    mjl_warning *const old = *number == 0 ? NULL : find(&session->warnings, *number);
    if (old != NULL) return change(session, old, missing);
    mjl_warning warning = {.kind = kind, .subject = *subject, .dirty = true};
    warning.raised_at = session->profile->now;
    mjl_result result = mjl_buffer_append(&warning.missing, missing);
    warning.number = session->warnings.next_number + 1;
    if (result == MJL_OK) result = mjl_warnings_restore(&session->warnings, &warning);
    if (result != MJL_OK) {
        mjl_buffer_clear(&warning.missing);
        return result;
    }
    *number = session->warnings.next_number = warning.number;
    return tell(session, MJL_EVENT_WARNING, &warning);
}

static mjl_result note_gone(mjl_warnings *warnings, uint64_t number)
{
    if (warnings->gone_count == warnings->gone_room) {
        const size_t room = warnings->gone_room == 0 ? 8 : warnings->gone_room * 2;
        uint64_t *gone = realloc(warnings->gone, room * sizeof *gone);
        if (gone == NULL) return MJL_OUT_OF_MEMORY;
        warnings->gone = gone;
        warnings->gone_room = room;
    }
    warnings->gone[warnings->gone_count++] = number;
    return MJL_OK;
}

mjl_result mjl_warnings_retract(mjl_session *session, uint64_t *number)
{
    mjl_warnings *const warnings = &session->warnings;
    mjl_warning *const warning = *number == 0 ? NULL : find(warnings, *number);
    *number = 0;
    if (warning == NULL) return MJL_OK;
    mjl_result result = note_gone(warnings, warning->number);
    if (result == MJL_OK) result = tell(session, MJL_EVENT_WARNING_RETRACTED, warning);
    mjl_buffer_clear(&warning->missing);
    const size_t i = (size_t)(warning - warnings->entries);
    warnings->count--;
    memmove(warning, warning + 1, (warnings->count - i) * sizeof *warning);
    return result;
}

/* ---- Gaps ---- */

mjl_result mjl_warnings_note_gap(mjl_session *session, const mjl_place_ref *place, uint32_t namer,
                                 bool is_stated)
{
    mjl_warnings *const warnings = &session->warnings;
    /* What only somebody who is gone names need not come. */
    const mjl_epoch *tip = mjl_session_tip(session);
    if (!mjl_epoch_has_author(tip, namer) || !mjl_session_may_send(session)) return MJL_OK;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        mjl_missing *gap = &warnings->gaps[i];
        if (!mjl_id_equal(&gap->place, &place->id)) continue;
        gap->namer = namer;
        gap->is_stated |= is_stated;
        gap->dirty = true;
        return MJL_OK;
    }
    if (warnings->gaps_count == MJL_GAPS_MAX) return MJL_OK;
    if (warnings->gaps == NULL) {
        warnings->gaps = calloc(MJL_GAPS_MAX, sizeof *warnings->gaps);
        if (warnings->gaps == NULL) return MJL_OUT_OF_MEMORY;
    }
    mjl_missing *gap = &warnings->gaps[warnings->gaps_count++];
    *gap = (mjl_missing){.place = place->id, .epoch = place->epoch, .namer = namer};
    gap->is_stated = is_stated;
    gap->since = session->profile->now;
    gap->number = warnings->next_gap++;
    gap->dirty = true;
    if (session->gap_task != 0) return MJL_OK;
    return mjl_timers_set(session, mjl_policy_fa_intv(&session->policy, 0), MJL_TIMER_GAP, 0,
                          &session->gap_task);
}

void mjl_warnings_begin_statement(mjl_session *session, uint32_t namer)
{
    mjl_warnings *const warnings = &session->warnings;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        if (warnings->gaps[i].namer != namer || !warnings->gaps[i].is_stated) continue;
        warnings->gaps[i].is_stated = false;
        warnings->gaps[i].dirty = true;
    }
}

static bool is_waited_for(const mjl_pending *pending, const mjl_place_id *place)
{
    const size_t count = mjl_pending_count(pending);
    for (size_t i = 0; i < count; i++) {
        const mjl_pending_entry *entry = mjl_pending_at(pending, i);
        for (size_t j = 0; j < entry->missing_count; j++) {
            if (mjl_id_equal(&entry->missing[j].id, place)) return true;
        }
    }
    return false;
}

mjl_result mjl_warnings_sweep_gaps(mjl_session *session)
{
    mjl_warnings *const warnings = &session->warnings;
    for (size_t i = warnings->gaps_count; i > 0; i--) {
        const mjl_missing *gap = &warnings->gaps[i - 1];
        if (gap->is_stated || is_waited_for(session->pending, &gap->place)) continue;
        const mjl_place_id place = gap->place;
        const mjl_result result = mjl_warnings_fill_gap(session, &place);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_warnings_forget_gaps_of(mjl_session *session, uint32_t namer)
{
    mjl_warnings *const warnings = &session->warnings;
    for (size_t i = warnings->gaps_count; i > 0; i--) {
        if (warnings->gaps[i - 1].namer != namer) continue;
        const mjl_place_id place = warnings->gaps[i - 1].place;
        const mjl_result result = mjl_warnings_fill_gap(session, &place);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_warnings_restore_gap(mjl_warnings *warnings, const mjl_missing *gap)
{
    if (warnings->gaps == NULL) {
        warnings->gaps = calloc(MJL_GAPS_MAX, sizeof *warnings->gaps);
        if (warnings->gaps == NULL) return MJL_OUT_OF_MEMORY;
    }
    if (warnings->gaps_count == MJL_GAPS_MAX) return MJL_STORE_DAMAGED;
    size_t at = warnings->gaps_count++;
    while (at > 0 && warnings->gaps[at - 1].number > gap->number) {
        warnings->gaps[at] = warnings->gaps[at - 1];
        at--;
    }
    warnings->gaps[at] = *gap;
    return MJL_OK;
}

static mjl_result note_filled(mjl_warnings *warnings, const mjl_place_id *place)
{
    if (warnings->filled_count == warnings->filled_room) {
        const size_t room = warnings->filled_room == 0 ? 8 : warnings->filled_room * 2;
        mjl_place_id *filled = realloc(warnings->filled, room * sizeof *filled);
        if (filled == NULL) return MJL_OUT_OF_MEMORY;
        warnings->filled = filled;
        warnings->filled_room = room;
    }
    warnings->filled[warnings->filled_count++] = *place;
    return MJL_OK;
}

mjl_result mjl_warnings_fill_gap(mjl_session *session, const mjl_place_id *place)
{
    mjl_warnings *const warnings = &session->warnings;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        mjl_missing *gap = &warnings->gaps[i];
        if (memcmp(&gap->place, place, sizeof *place) != 0) continue;
        mjl_result result = note_filled(warnings, place);
        if (result == MJL_OK) result = mjl_warnings_retract(session, &gap->warning);
        warnings->gaps_count--;
        memmove(gap, gap + 1, (warnings->gaps_count - i) * sizeof *gap);
        return result;
    }
    return MJL_OK;
}

mjl_result mjl_warnings_forget_all_gaps(mjl_session *session)
{
    while (session->warnings.gaps_count > 0) {
        const mjl_place_id place = session->warnings.gaps[0].place;
        const mjl_result result = mjl_warnings_fill_gap(session, &place);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

bool mjl_warnings_misses(const mjl_session *session, const mjl_place_id *place)
{
    for (size_t i = 0; i < session->warnings.gaps_count; i++) {
        if (mjl_id_equal(&session->warnings.gaps[i].place, place)) return true;
    }
    return is_waited_for(session->pending, place);
}

bool mjl_warnings_has_gap_in(const mjl_session *session, uint64_t epoch_max)
{
    const mjl_warnings *warnings = &session->warnings;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        if (warnings->gaps[i].epoch <= epoch_max) return true;
    }
    return false;
}

mjl_result mjl_warnings_gap_due(mjl_session *session)
{
    mjl_warnings *const warnings = &session->warnings;
    session->gap_task = 0;
    const mjl_time fa_intv = mjl_policy_fa_intv(&session->policy, 0);
    mjl_time next = 0;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        mjl_missing *gap = &warnings->gaps[i];
        if (gap->warning != 0) continue;
        const mjl_time due = gap->since + fa_intv;
        if (due > session->profile->now) {
            if (next == 0 || due < next) next = due;
            continue;
        }
        const mjl_result result = mjl_warnings_raise(session, MJL_WARNING_GAP, &gap->place,
                                                     mjl_bytes_of(NULL, 0), &gap->warning);
        if (result != MJL_OK) return result;
        gap->dirty = true;
    }
    if (next == 0) return MJL_OK;
    return mjl_timers_set(session, next - session->profile->now, MJL_TIMER_GAP, 0,
                          &session->gap_task);
}
