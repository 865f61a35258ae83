#include "warnings.h"

#include "array.h"
#include "away.h"
#include "deciding.h"
#include "session_state.h"
#include "timers.h"
#include "transports.h"

void mjl_warnings_clear(mjl_warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        mjl_buffer_clear(&warnings->entries[i].missing);
    for (size_t i = 0; i < warnings->gaps_count; i++)
        mjl_buffer_clear(&warnings->gaps[i].stated_by);
    free(warnings->entries);
    free(warnings->gone);
    free(warnings->gaps);
    free(warnings->filled);
    memset(warnings, 0, sizeof *warnings);
}

/* Numbers ascend. */
static mjl_warning *find(const mjl_warnings *warnings, uint64_t number)
{
    size_t from = 0;
    size_t to = warnings->count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (warnings->entries[middle].number < number) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from == warnings->count || warnings->entries[from].number != number) return NULL;
    return warnings->entries[from].kind == 0 ? NULL : &warnings->entries[from];
}

mjl_severity mjl_warnings_severity(const mjl_session *session, const mjl_warning *warning)
{
    if (warning->kind == MJL_WARNING_TRANSPORT_DOWN) return mjl_transports_severity(session);
    return mjl_away_severity(session, warning->kind == MJL_WARNING_NOT_FRESH
                                          ? mjl_id_bytes(&warning->subject)
                                          : mjl_buffer_bytes(&warning->missing));
}

/* Measured latency beyond the group's BC_LAT delays what only we are told, and nothing else. */
mjl_time mjl_warnings_patience(const mjl_session *session)
{
    const mjl_time beyond = mjl_wanting_pace(session) - (mjl_time)session->policy.bc_lat_ms;
    return beyond > 0 ? 2 * beyond : 0;
}

static mjl_result tell(mjl_session *session, mjl_event_kind kind, mjl_warning *warning)
{
    mjl_event event = {.kind = kind};
    event.warning = warning->number;
    event.warning_kind = warning->kind;
    event.subject = warning->subject;
    event.missing = mjl_buffer_bytes(&warning->missing);
    warning->told_severity = mjl_warnings_severity(session, warning);
    event.new_state = warning->told_severity;
    return mjl_session_emit(session, &event);
}

/* ---- Raising, changing, retracting ---- */

mjl_result mjl_warnings_restore(mjl_warnings *warnings, mjl_warning *taken)
{
    const mjl_result result = mjl_array_reserve(&warnings->entries, warnings->count,
                                                &warnings->room, 1, sizeof *warnings->entries);
    if (result != MJL_OK) return result;
    warnings->entries[warnings->count++] = *taken;
    return MJL_OK;
}

/* A list that shrinks name by name is told each time once it is short, and while it is long when
   it has halved: a thousand acks do not tell of a thousand names each. */
static bool is_news(size_t before, size_t now)
{
    enum { SHORT = 16 };
    before /= MJL_ID_SIZE;
    now /= MJL_ID_SIZE;
    size_t scale = SHORT;
    while (scale < now)
        scale *= 2;
    return now >= before || now <= SHORT || before > scale;
}

static mjl_result change(mjl_session *session, mjl_warning *warning, mjl_bytes missing)
{
    if (mjl_bytes_equal(mjl_buffer_bytes(&warning->missing), missing)) return MJL_OK;
    const bool tells = is_news(warning->missing.size, missing.size);
    warning->missing.size = 0;
    const mjl_result result = mjl_buffer_append(&warning->missing, missing);
    if (result != MJL_OK || !tells) return result;
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
    mjl_warnings *const warnings = &session->warnings;
    *number = warnings->next_number = warning.number;
    return tell(session, MJL_EVENT_WARNING, &warnings->entries[warnings->count - 1]);
}

mjl_result mjl_warnings_restore_missing(mjl_warnings *warnings, uint64_t number,
                                        mjl_buffer *missing)
{
    mjl_warning *const warning = find(warnings, number);
    if (warning == NULL) return MJL_STORE_DAMAGED;
    const mjl_buffer old = warning->missing;
    warning->missing = *missing;
    *missing = old;
    return MJL_OK;
}

static mjl_result note_gone(mjl_warnings *warnings, uint64_t number)
{
    const mjl_result result = mjl_array_reserve(&warnings->gone, warnings->gone_count,
                                                &warnings->gone_room, 1, sizeof *warnings->gone);
    if (result != MJL_OK) return result;
    warnings->gone[warnings->gone_count++] = number;
    return MJL_OK;
}

/* One statement may retract ten thousand: they leave their places together. */
static void close_holes(mjl_warnings *warnings)
{
    if (2 * warnings->holes_count < warnings->count) return;
    size_t kept = 0;
    for (size_t i = 0; i < warnings->count; i++) {
        if (warnings->entries[i].kind != 0) warnings->entries[kept++] = warnings->entries[i];
    }
    warnings->count = kept;
    warnings->holes_count = 0;
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
    warning->kind = 0;
    warning->dirty = false;
    warnings->holes_count++;
    close_holes(warnings);
    return result;
}

const mjl_warning *mjl_warnings_at(const mjl_warnings *warnings, size_t i)
{
    if (warnings->holes_count == 0) {
        return i < warnings->count ? &warnings->entries[i] : NULL;
    }
    for (size_t at = 0; at < warnings->count; at++) {
        if (warnings->entries[at].kind != 0 && i-- == 0) return &warnings->entries[at];
    }
    return NULL;
}

size_t mjl_warnings_count(const mjl_warnings *warnings)
{
    return warnings->count - warnings->holes_count;
}

/* ---- How grave it is ---- */

static mjl_result tell_severity(mjl_session *session, mjl_warning *warning)
{
    if (warning->told_severity == mjl_warnings_severity(session, warning)) return MJL_OK;
    warning->dirty = true;
    return tell(session, MJL_EVENT_WARNING_CHANGED, warning);
}

mjl_result mjl_warnings_tell_severity(mjl_session *session, uint64_t number)
{
    mjl_warning *const warning = number == 0 ? NULL : find(&session->warnings, number);
    return warning == NULL ? MJL_OK : tell_severity(session, warning);
}

static bool is_about(const mjl_warning *warning, const mjl_member_id *member)
{
    if (warning->kind == MJL_WARNING_NOT_FRESH) return mjl_id_equal(&warning->subject, member);
    for (size_t at = 0; at + MJL_ID_SIZE <= warning->missing.size; at += MJL_ID_SIZE) {
        if (memcmp(warning->missing.data + at, member->bytes, MJL_ID_SIZE) == 0) return true;
    }
    return false;
}

mjl_result mjl_warnings_tell_absence(mjl_session *session, uint32_t author)
{
    const mjl_member_id member = *mjl_transcript_author_id(session->transcript, author);
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < session->warnings.count; i++) {
        mjl_warning *const warning = &session->warnings.entries[i];
        if (warning->kind != 0 && is_about(warning, &member)) {
            result = tell_severity(session, warning);
        }
    }
    return result;
}

/* ---- Gaps ---- */

static bool has_bit(const mjl_buffer *bits, uint32_t i)
{
    return i / 8 < bits->size && (bits->data[i / 8] >> (i % 8) & 1) != 0;
}

static mjl_result set_bit(mjl_buffer *bits, uint32_t i)
{
    static const uint8_t zero;
    while (bits->size <= i / 8) {
        const mjl_result result = mjl_buffer_append(bits, mjl_bytes_of(&zero, 1));
        if (result != MJL_OK) return result;
    }
    bits->data[i / 8] = (uint8_t)(bits->data[i / 8] | 1U << (i % 8));
    return MJL_OK;
}

static bool has_any_bit(const mjl_buffer *bits)
{
    for (size_t i = 0; i < bits->size; i++) {
        if (bits->data[i] != 0) return true;
    }
    return false;
}

/* The earliest of those that are no warnings yet. */
static mjl_result plan_gaps(mjl_session *session)
{
    const mjl_warnings *warnings = &session->warnings;
    const mjl_missing *next = NULL;
    mjl_timers_cancel(session, &session->gap_task);
    if (!mjl_session_may_send(session)) return MJL_OK;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        const mjl_missing *gap = &warnings->gaps[i];
        if (gap->warning == 0 && (next == NULL || gap->due < next->due)) next = gap;
    }
    if (next == NULL) return MJL_OK;
    const mjl_time wait = next->due - session->profile->now;
    return mjl_timers_set(session, wait > 0 ? wait : 0, MJL_TIMER_GAP, 0, &session->gap_task);
}

static mjl_result reserve_gaps(mjl_warnings *warnings)
{
    if (warnings->gaps == NULL) warnings->gaps = calloc(MJL_GAPS_MAX, sizeof *warnings->gaps);
    return warnings->gaps == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

static mjl_missing *find_gap(const mjl_warnings *warnings, const mjl_place_id *place)
{
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        if (mjl_id_equal(&warnings->gaps[i].place, place)) return &warnings->gaps[i];
    }
    return NULL;
}

static bool is_first_due(const mjl_warnings *warnings, const mjl_missing *gap)
{
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        const mjl_missing *other = &warnings->gaps[i];
        if (other != gap && other->warning == 0 && other->due <= gap->due) return false;
    }
    return true;
}

static mjl_result add_gap(mjl_session *session, const mjl_place_ref *place, mjl_missing **added)
{
    mjl_warnings *const warnings = &session->warnings;
    *added = NULL;
    if (warnings->gaps_count == MJL_GAPS_MAX) return MJL_OK;
    const mjl_result result = reserve_gaps(warnings);
    if (result != MJL_OK) return result;
    mjl_missing *gap = &warnings->gaps[warnings->gaps_count++];
    *gap = (mjl_missing){.place = place->id, .epoch = place->epoch};
    gap->due = session->profile->now + mjl_policy_fa_intv(&session->policy, 0) +
               mjl_warnings_patience(session);
    gap->number = warnings->next_gap++;
    gap->dirty = true;
    *added = gap;
    return session->gap_task == 0 || is_first_due(warnings, gap) ? plan_gaps(session) : MJL_OK;
}

/* What only somebody who is gone names need not come. Our own removal may be undone. */
static bool counts_as_namer(const mjl_session *session, uint32_t namer)
{
    const bool may_matter = mjl_session_may_send(session) || session->state == MJL_SESSION_REMOVED;
    return may_matter && mjl_epoch_has_author(mjl_session_tip(session), namer);
}

mjl_result mjl_warnings_note_gap(mjl_session *session, const mjl_place_ref *place, uint32_t namer,
                                 bool is_stated)
{
    if (!counts_as_namer(session, namer)) return MJL_OK;
    mjl_missing *gap = find_gap(&session->warnings, &place->id);
    if (gap == NULL) {
        const mjl_result result = add_gap(session, place, &gap);
        if (result != MJL_OK || gap == NULL) return result;
    }
    if (!is_stated || has_bit(&gap->stated_by, namer)) return MJL_OK;
    gap->dirty = true;
    return set_bit(&gap->stated_by, namer);
}

/* What was before that is opaque to the member, as to us what was before our root. */
static uint64_t came_in_with(const mjl_session *session, uint32_t author)
{
    const mjl_epoch *const epochs = session->branches.epochs;
    uint32_t first = session->branches.tip;
    while (epochs[first].parent != MJL_NO_INDEX &&
           mjl_epoch_has_author(&epochs[epochs[first].parent], author))
        first = epochs[first].parent;
    return epochs[first].number;
}

static mjl_result note_missing_of(mjl_session *session, const mjl_pending_entry *waiting,
                                  uint64_t first_epoch, uint32_t namer)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < waiting->missing_count; i++) {
        const mjl_place_ref *const missing = &waiting->missing[i];
        if (missing->epoch < first_epoch) continue;
        if (mjl_pending_has(session->pending, &missing->id)) continue;
        result = mjl_warnings_note_gap(session, missing, namer, true);
    }
    return result;
}

mjl_result mjl_warnings_note_before(mjl_session *session, const mjl_place_ref *places, size_t count,
                                    uint32_t namer)
{
    if (!counts_as_namer(session, namer)) return MJL_OK;
    const uint64_t first_epoch = came_in_with(session, namer);
    const mjl_pending_entry *entry = NULL;
    mjl_result result = MJL_OK;
    mjl_pending_mark_before(session->pending, places, count);
    while (result == MJL_OK && (entry = mjl_pending_next(session->pending, entry)) != NULL) {
        if (entry->is_marked) result = note_missing_of(session, entry, first_epoch, namer);
    }
    return result;
}

void mjl_warnings_begin_statement(mjl_session *session, uint32_t namer)
{
    mjl_warnings *const warnings = &session->warnings;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        mjl_missing *gap = &warnings->gaps[i];
        if (!has_bit(&gap->stated_by, namer)) continue;
        gap->stated_by.data[namer / 8] =
            (uint8_t)(gap->stated_by.data[namer / 8] & ~(1U << (namer % 8)));
        gap->dirty = gap->is_questioned = true;
    }
}

static bool is_by_a_member(const mjl_session *session, const mjl_pending_entry *entry)
{
    const uint32_t author = mjl_transcript_find_author(session->transcript, &entry->author);
    return author != MJL_NO_INDEX && mjl_epoch_has_author(mjl_session_tip(session), author);
}

/* By a place of a member that waits here. */
static bool is_waited_for(const mjl_session *session, const mjl_place_id *place)
{
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        for (size_t j = 0; j < entry->missing_count; j++) {
            if (!mjl_id_equal(&entry->missing[j].id, place)) continue;
            if (is_by_a_member(session, entry)) return true;
        }
    }
    return false;
}

/* What waits for it may be of somebody who is gone, and a member's place wait for that. Without one
   only what came lately counts: the others keep keys for no longer (membership.c). */
bool mjl_warnings_is_named(const mjl_session *session, const mjl_place_id *place)
{
    if (find_gap(&session->warnings, place) != NULL) return true;
    mjl_pending_mark_behind(session->pending, place);
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        if (!entry->is_marked) continue;
        if (is_by_a_member(session, entry) || mjl_deciding_was_lately(session, entry->since))
            return true;
    }
    return false;
}

static mjl_result sweep(mjl_session *session, bool only_questioned)
{
    mjl_warnings *const warnings = &session->warnings;
    for (size_t i = warnings->gaps_count; i > 0; i--) {
        mjl_missing *gap = &warnings->gaps[i - 1];
        if (only_questioned && !gap->is_questioned) continue;
        gap->is_questioned = false;
        if (has_any_bit(&gap->stated_by) || is_waited_for(session, &gap->place)) continue;
        const mjl_place_id place = gap->place;
        const mjl_result result = mjl_warnings_fill_gap(session, &place);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_warnings_end_statement(mjl_session *session)
{
    return sweep(session, true);
}

mjl_result mjl_warnings_sweep_gaps(mjl_session *session)
{
    return sweep(session, false);
}

mjl_result mjl_warnings_forget_gaps_of(mjl_session *session, uint32_t namer)
{
    mjl_warnings_begin_statement(session, namer);
    return mjl_warnings_sweep_gaps(session);
}

mjl_result mjl_warnings_restore_gap(mjl_warnings *warnings, mjl_missing *taken)
{
    const mjl_result result = reserve_gaps(warnings);
    if (result != MJL_OK) return result;
    if (warnings->gaps_count == MJL_GAPS_MAX) return MJL_STORE_DAMAGED;
    size_t at = warnings->gaps_count++;
    while (at > 0 && warnings->gaps[at - 1].number > taken->number) {
        warnings->gaps[at] = warnings->gaps[at - 1];
        at--;
    }
    warnings->gaps[at] = *taken;
    return MJL_OK;
}

static mjl_result note_filled(mjl_warnings *warnings, const mjl_place_id *place)
{
    const mjl_result result =
        mjl_array_reserve(&warnings->filled, warnings->filled_count, &warnings->filled_room, 1,
                          sizeof *warnings->filled);
    if (result != MJL_OK) return result;
    warnings->filled[warnings->filled_count++] = *place;
    return MJL_OK;
}

mjl_result mjl_warnings_fill_gap(mjl_session *session, const mjl_place_id *place)
{
    mjl_warnings *const warnings = &session->warnings;
    mjl_missing *const gap = find_gap(warnings, place);
    if (gap == NULL) return MJL_OK;
    mjl_result result = note_filled(warnings, place);
    if (result == MJL_OK) result = mjl_warnings_retract(session, &gap->warning);
    mjl_buffer_clear(&gap->stated_by);
    warnings->gaps_count--;
    memmove(gap, gap + 1, (warnings->gaps_count - (size_t)(gap - warnings->gaps)) * sizeof *gap);
    return result;
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

mjl_result mjl_warnings_forget_gaps_before(mjl_session *session, uint64_t epoch)
{
    for (size_t i = 0; i < session->warnings.gaps_count; i++) {
        mjl_missing *const gap = &session->warnings.gaps[i];
        if (gap->epoch >= epoch) continue;
        gap->stated_by.size = 0;
        gap->dirty = true;
    }
    return mjl_warnings_sweep_gaps(session);
}

mjl_result mjl_warnings_suspend_gaps(mjl_session *session)
{
    mjl_timers_cancel(session, &session->gap_task);
    for (size_t i = 0; i < session->warnings.gaps_count; i++) {
        mjl_missing *const gap = &session->warnings.gaps[i];
        if (gap->warning == 0) continue;
        gap->dirty = true;
        const mjl_result result = mjl_warnings_retract(session, &gap->warning);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* What waits here names what it waits for. */
mjl_result mjl_warnings_note_waited_for(mjl_session *session)
{
    const mjl_pending_entry *entry = NULL;
    mjl_result result = MJL_OK;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        const uint32_t author = mjl_transcript_find_author(session->transcript, &entry->author);
        for (size_t j = 0; result == MJL_OK && j < entry->missing_count; j++) {
            if (author == MJL_NO_INDEX) continue;
            if (mjl_pending_has(session->pending, &entry->missing[j].id)) continue;
            result = mjl_warnings_note_gap(session, &entry->missing[j], author, false);
        }
    }
    return result;
}

bool mjl_warnings_misses(const mjl_session *session, const mjl_place_id *place)
{
    return find_gap(&session->warnings, place) != NULL || is_waited_for(session, place);
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
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        mjl_missing *gap = &warnings->gaps[i];
        if (gap->warning != 0 || session->profile->now <= gap->due) continue;
        const mjl_result result = mjl_warnings_raise(session, MJL_WARNING_GAP, &gap->place,
                                                     mjl_bytes_of(NULL, 0), &gap->warning);
        if (result != MJL_OK) return result;
        gap->dirty = true;
    }
    return plan_gaps(session);
}
