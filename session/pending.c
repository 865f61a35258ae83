#include "pending_state.h"

#include "array.h"

#include <assert.h>

static uint64_t place_hash(const void *owner, uint32_t slot)
{
    return mjl_id_hash(&((const mjl_pending *)owner)->entries[slot].view.place);
}

/* Spread by an odd multiplier, of which the upper half is well mixed. */
static uint64_t number_hash(uint64_t serial)
{
    return (serial * 0x9e3779b97f4a7c15U) >> 32;
}

static uint64_t serial_hash(const void *owner, uint32_t slot)
{
    return number_hash(((const mjl_pending *)owner)->entries[slot].view.serial);
}

static uint64_t gap_hash(const void *owner, uint32_t slot)
{
    return mjl_id_hash(&((const mjl_pending *)owner)->gaps[slot].place.id);
}

/* ---- The value ---- */

mjl_result mjl_pending_new(mjl_pending **pending)
{
    mjl_pending *made = (mjl_pending *)calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->first = made->last = made->free_entry = made->free_gap = MJL_NO_SLOT;
    mjl_index_table_init(&made->place_table, made, place_hash);
    mjl_index_table_init(&made->serial_table, made, serial_hash);
    mjl_index_table_init(&made->gap_table, made, gap_hash);
    *pending = made;
    return MJL_OK;
}

void mjl_pending_free(mjl_pending *pending)
{
    if (pending == NULL) return;
    for (uint32_t slot = pending->first; slot != MJL_NO_SLOT; slot = pending->entries[slot].next) {
        free(pending->entries[slot].missing);
        mjl_buffer_clear(&pending->entries[slot].blob);
    }
    for (size_t i = 0; i < pending->gaps_count; i++)
        free(pending->gaps[i].waiters);
    mjl_index_table_clear(&pending->place_table);
    mjl_index_table_clear(&pending->serial_table);
    mjl_index_table_clear(&pending->gap_table);
    free(pending->entries);
    free(pending->gaps);
    free(pending->authors);
    free(pending->ready);
    free(pending->changes);
    free(pending);
}

/* ---- Looking up ---- */

uint32_t mjl_pending_find_entry(const mjl_pending *pending, const mjl_place_id *place)
{
    size_t at = mjl_index_table_start(&pending->place_table, mjl_id_hash(place));
    for (;;) {
        const uint32_t slot = mjl_index_table_next(&pending->place_table, &at);
        if (slot == MJL_NO_SLOT) return MJL_NO_SLOT;
        if (mjl_id_equal(&pending->entries[slot].view.place, place)) return slot;
    }
}

uint32_t mjl_pending_find_serial(const mjl_pending *pending, uint64_t serial)
{
    size_t at = mjl_index_table_start(&pending->serial_table, number_hash(serial));
    for (;;) {
        const uint32_t slot = mjl_index_table_next(&pending->serial_table, &at);
        if (slot == MJL_NO_SLOT || pending->entries[slot].view.serial == serial) return slot;
    }
}

/* Behind the last that waits, so that it follows from what is saved. */
uint64_t mjl_pending_next_serial(const mjl_pending *pending)
{
    return pending->last == MJL_NO_SLOT ? 1 : pending->entries[pending->last].view.serial + 1;
}

uint32_t mjl_pending_find_gap(const mjl_pending *pending, const mjl_place_id *place)
{
    size_t at = mjl_index_table_start(&pending->gap_table, mjl_id_hash(place));
    for (;;) {
        const uint32_t slot = mjl_index_table_next(&pending->gap_table, &at);
        if (slot == MJL_NO_SLOT) return MJL_NO_SLOT;
        if (mjl_id_equal(&pending->gaps[slot].place.id, place)) return slot;
    }
}

static mjl_pending_author *find_author(const mjl_pending *pending, const mjl_member_id *id)
{
    for (size_t i = 0; i < pending->authors_count; i++) {
        if (mjl_id_equal(&pending->authors[i].id, id)) return &pending->authors[i];
    }
    return NULL;
}

/* ---- Changes ----
 *
 * There is always room for a change of each entry, so that what was accepted and what was taken can
 * be noted without fail.
 */

/* A serial number can return when the entry that had it is gone: its change is then the same
   record's. */
static uint32_t find_change(const mjl_pending *pending, uint64_t serial)
{
    if (pending->removals_count == 0) return MJL_NO_SLOT;
    for (size_t i = pending->changes_count; i-- > 0;) {
        if (pending->changes[i].serial == serial) return (uint32_t)i;
    }
    return MJL_NO_SLOT;
}

static void note_change(mjl_pending *pending, uint32_t slot, bool is_removed)
{
    mjl_pending_slot *of = &pending->entries[slot];
    if (of->dirty_at == MJL_NO_SLOT) of->dirty_at = find_change(pending, of->view.serial);
    if (of->dirty_at == MJL_NO_SLOT) {
        assert(pending->changes_count < pending->changes_room);
        of->dirty_at = (uint32_t)pending->changes_count++;
    }
    pending->removals_count += is_removed;
    pending->changes[of->dirty_at] = (mjl_pending_change){of->view.serial, is_removed};
}

/* ---- Adding ---- */

static mjl_result check_entry(const mjl_pending *pending, const mjl_pending_entry *of)
{
    if (of->missing_count > MJL_PARENTS_MAX) return MJL_BAD_ARGUMENT;
    if (!mjl_place_refs_are_list(of->missing, of->missing_count)) return MJL_BAD_ARGUMENT;
    if (mjl_pending_find_entry(pending, &of->place) != MJL_NO_SLOT) return MJL_DUPLICATE;
    const mjl_pending_author *by = find_author(pending, &of->author);
    const size_t count = by == NULL ? 0 : by->count, size = by == NULL ? 0 : by->size;
    if (count >= MJL_PENDING_PER_AUTHOR_MAX) return MJL_FULL;
    if (of->blob.size > MJL_PENDING_BYTES_PER_AUTHOR_MAX - size) return MJL_FULL;
    return MJL_OK;
}

static mjl_result reserve_all(mjl_pending *p, size_t gaps_more)
{
    mjl_result result =
        mjl_array_reserve(&p->entries, p->entries_count, &p->entries_room, 1, sizeof *p->entries);
    if (result == MJL_OK) {
        result =
            mjl_array_reserve(&p->gaps, p->gaps_count, &p->gaps_room, gaps_more, sizeof *p->gaps);
    }
    if (result == MJL_OK) {
        result = mjl_array_reserve(&p->authors, p->authors_count, &p->authors_room, 1,
                                   sizeof *p->authors);
    }
    if (result == MJL_OK) {
        result = mjl_array_reserve(&p->ready, p->count, &p->ready_room, 1, sizeof *p->ready);
    }
    if (result == MJL_OK) {
        result = mjl_array_reserve(&p->changes, p->changes_count, &p->changes_room, p->count + 1,
                                   sizeof *p->changes);
    }
    if (result == MJL_OK) result = mjl_index_table_reserve(&p->place_table);
    if (result == MJL_OK) result = mjl_index_table_reserve(&p->serial_table);
    return result;
}

static uint32_t take_gap_slot(mjl_pending *pending)
{
    if (pending->free_gap == MJL_NO_SLOT) return (uint32_t)pending->gaps_count++;
    const uint32_t slot = pending->free_gap;
    pending->free_gap = pending->gaps[slot].next_free;
    return slot;
}

static void release_gap(mjl_pending *pending, uint32_t slot)
{
    mjl_index_table_remove(&pending->gap_table, slot);
    free(pending->gaps[slot].waiters);
    pending->gaps[slot] = (mjl_pending_gap_slot){.next_free = pending->free_gap};
    pending->free_gap = slot;
}

/* The gap for a place, made if there is none, with room for one more waiter. */
static mjl_result prepare_gap(mjl_pending *pending, const mjl_place_ref *place)
{
    uint32_t slot = mjl_pending_find_gap(pending, &place->id);
    if (slot == MJL_NO_SLOT) {
        const mjl_result result = mjl_index_table_reserve(&pending->gap_table);
        if (result != MJL_OK) return result;
        slot = take_gap_slot(pending);
        pending->gaps[slot] = (mjl_pending_gap_slot){.place = *place, .next_free = MJL_NO_SLOT};
        mjl_index_table_insert(&pending->gap_table, slot);
    }
    mjl_pending_gap_slot *of = &pending->gaps[slot];
    return mjl_array_reserve(&of->waiters, of->count, &of->room, 1, sizeof *of->waiters);
}

/* Gaps that nobody waits for: left over when memory ran out halfway. */
static void release_unused_gaps(mjl_pending *pending, const mjl_pending_entry *of)
{
    for (size_t i = 0; i < of->missing_count; i++) {
        const uint32_t slot = mjl_pending_find_gap(pending, &of->missing[i].id);
        if (slot != MJL_NO_SLOT && pending->gaps[slot].count == 0) release_gap(pending, slot);
    }
}

static mjl_result prepare_entry(mjl_pending *pending, const mjl_pending_entry *of,
                                mjl_pending_slot *made)
{
    *made = (mjl_pending_slot){.view = *of, .dirty_at = MJL_NO_SLOT};
    if (of->missing_count != 0) {
        made->missing = (mjl_place_ref *)malloc(of->missing_count * sizeof *made->missing);
        if (made->missing == NULL) return MJL_OUT_OF_MEMORY;
        memcpy(made->missing, of->missing, of->missing_count * sizeof *made->missing);
    }
    mjl_result result = mjl_buffer_append(&made->blob, of->blob);
    if (result == MJL_OK) result = reserve_all(pending, of->missing_count);
    for (size_t i = 0; i < of->missing_count && result == MJL_OK; i++)
        result = prepare_gap(pending, &of->missing[i]);
    if (result != MJL_OK) release_unused_gaps(pending, of);
    made->view.missing = made->missing;
    made->view.blob = mjl_buffer_bytes(&made->blob);
    return result;
}

static void count_author(mjl_pending *pending, const mjl_pending_slot *of)
{
    mjl_pending_author *by = find_author(pending, &of->view.author);
    if (by == NULL) {
        assert(pending->authors != NULL); /* reserve_all made room. */
        by = &pending->authors[pending->authors_count++];
        *by = (mjl_pending_author){.id = of->view.author};
    }
    by->count++;
    by->size += of->blob.size;
}

static void link_last(mjl_pending *pending, uint32_t slot)
{
    mjl_pending_slot *of = &pending->entries[slot];
    of->previous = pending->last;
    of->next = MJL_NO_SLOT;
    if (pending->last == MJL_NO_SLOT) {
        pending->first = slot;
    } else {
        pending->entries[pending->last].next = slot;
    }
    pending->last = slot;
}

static void note_ready(mjl_pending *pending, uint32_t slot)
{
    const uint64_t serial = pending->entries[slot].view.serial;
    size_t at = pending->ready_count++;
    for (; at > 0 && pending->entries[pending->ready[at - 1]].view.serial > serial; at--)
        pending->ready[at] = pending->ready[at - 1];
    pending->ready[at] = slot;
}

static uint32_t insert(mjl_pending *pending, const mjl_pending_slot *made)
{
    uint32_t slot = pending->free_entry;
    if (slot == MJL_NO_SLOT) {
        slot = (uint32_t)pending->entries_count++;
    } else {
        pending->free_entry = pending->entries[slot].next;
    }
    pending->entries[slot] = *made;
    pending->count++;
    link_last(pending, slot);
    count_author(pending, made);
    mjl_index_table_insert(&pending->place_table, slot);
    mjl_index_table_insert(&pending->serial_table, slot);
    for (size_t i = 0; i < made->view.missing_count; i++) {
        mjl_pending_gap_slot *of =
            &pending->gaps[mjl_pending_find_gap(pending, &made->missing[i].id)];
        of->waiters[of->count++] = slot;
    }
    if (made->view.missing_count == 0) note_ready(pending, slot);
    return slot;
}

mjl_result mjl_pending_add_numbered(mjl_pending *pending, const mjl_pending_entry *of,
                                    uint32_t *slot)
{
    mjl_result result = check_entry(pending, of);
    if (result != MJL_OK) return result;
    mjl_pending_slot made;
    result = prepare_entry(pending, of, &made);
    if (result != MJL_OK) {
        free(made.missing);
        mjl_buffer_clear(&made.blob);
        return result;
    }
    *slot = insert(pending, &made);
    return MJL_OK;
}

mjl_result mjl_pending_add(mjl_pending *pending, const mjl_pending_entry *of)
{
    if (of->missing_count == 0) return MJL_BAD_ARGUMENT;
    mjl_pending_entry numbered = *of;
    numbered.serial = mjl_pending_next_serial(pending);
    uint32_t slot;
    const mjl_result result = mjl_pending_add_numbered(pending, &numbered, &slot);
    if (result == MJL_OK) note_change(pending, slot, false);
    return result;
}

/* ---- Removing ---- */

static void uncount_author(mjl_pending *pending, const mjl_pending_slot *of)
{
    mjl_pending_author *by = find_author(pending, &of->view.author);
    by->count--;
    by->size -= of->blob.size;
    if (by->count == 0) *by = pending->authors[--pending->authors_count];
}

static void stop_waiting(mjl_pending *pending, uint32_t slot, const mjl_place_id *place)
{
    const uint32_t gap_slot = mjl_pending_find_gap(pending, place);
    mjl_pending_gap_slot *of = &pending->gaps[gap_slot];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < of->count; i++) {
        if (of->waiters[i] != slot) of->waiters[kept++] = of->waiters[i];
    }
    of->count = kept;
    if (kept == 0) release_gap(pending, gap_slot);
}

/* Everything but the blob, which is the caller's now. */
static void remove_entry(mjl_pending *pending, uint32_t slot)
{
    note_change(pending, slot, true);
    mjl_pending_slot *of = &pending->entries[slot];
    for (size_t i = 0; i < of->view.missing_count; i++)
        stop_waiting(pending, slot, &of->missing[i].id);
    uncount_author(pending, of);
    mjl_index_table_remove(&pending->place_table, slot);
    mjl_index_table_remove(&pending->serial_table, slot);
    if (of->previous == MJL_NO_SLOT) {
        pending->first = of->next;
    } else {
        pending->entries[of->previous].next = of->next;
    }
    if (of->next == MJL_NO_SLOT) {
        pending->last = of->previous;
    } else {
        pending->entries[of->next].previous = of->previous;
    }
    free(of->missing);
    *of = (mjl_pending_slot){.next = pending->free_entry, .dirty_at = MJL_NO_SLOT};
    pending->free_entry = slot;
    pending->count--;
}

static void forget_ready(mjl_pending *pending, uint32_t slot)
{
    size_t kept = 0;
    for (size_t i = 0; i < pending->ready_count; i++) {
        if (pending->ready[i] != slot) pending->ready[kept++] = pending->ready[i];
    }
    pending->ready_count = kept;
}

void mjl_pending_drop_branch(mjl_pending *pending, const mjl_branch_id *branch)
{
    uint32_t next;
    for (uint32_t slot = pending->first; slot != MJL_NO_SLOT; slot = next) {
        mjl_pending_slot *of = &pending->entries[slot];
        next = of->next;
        if (!mjl_id_equal(&of->view.branch, branch)) continue;
        mjl_buffer blob = of->blob;
        forget_ready(pending, slot);
        remove_entry(pending, slot);
        mjl_buffer_clear(&blob);
    }
}

/* ---- Getting ready ---- */

static void lacks_no_more(mjl_pending_slot *of, const mjl_place_id *place)
{
    size_t kept = 0;
    for (size_t i = 0; i < of->view.missing_count; i++) {
        if (!mjl_id_equal(&of->missing[i].id, place)) of->missing[kept++] = of->missing[i];
    }
    of->view.missing_count = kept;
}

void mjl_pending_accepted(mjl_pending *pending, const mjl_place_id *place)
{
    const uint32_t gap_slot = mjl_pending_find_gap(pending, place);
    if (gap_slot == MJL_NO_SLOT) return;
    const mjl_pending_gap_slot *of = &pending->gaps[gap_slot];
    for (uint32_t i = 0; i < of->count; i++) {
        const uint32_t slot = of->waiters[i];
        lacks_no_more(&pending->entries[slot], place);
        note_change(pending, slot, false);
        if (pending->entries[slot].view.missing_count == 0) note_ready(pending, slot);
    }
    release_gap(pending, gap_slot);
}

mjl_result mjl_pending_take_ready(mjl_pending *pending, mjl_pending_entry *taken, mjl_buffer *blob)
{
    if (pending->ready_count == 0) return MJL_EMPTY;
    const uint32_t slot = pending->ready[0];
    *taken = pending->entries[slot].view;
    *blob = pending->entries[slot].blob;
    taken->missing = NULL;
    forget_ready(pending, slot);
    /* What the author has waiting is counted by the blob's size: it stays until the entry goes. */
    remove_entry(pending, slot);
    return MJL_OK;
}

/* ---- Questions ---- */

static void mark_waiters(mjl_pending *pending, const mjl_place_id *place, uint32_t *to_go_on)
{
    const uint32_t gap_slot = mjl_pending_find_gap(pending, place);
    if (gap_slot == MJL_NO_SLOT) return;
    const mjl_pending_gap_slot *const of = &pending->gaps[gap_slot];
    for (uint32_t i = 0; i < of->count; i++) {
        mjl_pending_slot *const waiter = &pending->entries[of->waiters[i]];
        if (waiter->view.is_marked) continue;
        waiter->view.is_marked = true;
        waiter->next_marked = *to_go_on;
        *to_go_on = of->waiters[i];
    }
}

static void mark_nothing(mjl_pending *pending)
{
    for (uint32_t slot = pending->first; slot != MJL_NO_SLOT; slot = pending->entries[slot].next)
        pending->entries[slot].view.is_marked = false;
}

void mjl_pending_mark_behind(mjl_pending *pending, const mjl_place_id *place)
{
    mark_nothing(pending);
    uint32_t to_go_on = MJL_NO_SLOT;
    mark_waiters(pending, place, &to_go_on);
    while (to_go_on != MJL_NO_SLOT) {
        const mjl_pending_slot *const from = &pending->entries[to_go_on];
        to_go_on = from->next_marked;
        mark_waiters(pending, &from->view.place, &to_go_on);
    }
}

static void mark_waiting(mjl_pending *pending, const mjl_place_ref *places, size_t count,
                         uint32_t *to_go_on)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t slot = mjl_pending_find_entry(pending, &places[i].id);
        if (slot == MJL_NO_SLOT || pending->entries[slot].view.is_marked) continue;
        pending->entries[slot].view.is_marked = true;
        pending->entries[slot].next_marked = *to_go_on;
        *to_go_on = slot;
    }
}

void mjl_pending_mark_before(mjl_pending *pending, const mjl_place_ref *places, size_t count)
{
    mark_nothing(pending);
    uint32_t to_go_on = MJL_NO_SLOT;
    mark_waiting(pending, places, count, &to_go_on);
    while (to_go_on != MJL_NO_SLOT) {
        const mjl_pending_slot *const from = &pending->entries[to_go_on];
        to_go_on = from->next_marked;
        mark_waiting(pending, from->view.missing, from->view.missing_count, &to_go_on);
    }
}

size_t mjl_pending_count(const mjl_pending *pending)
{
    return pending->count;
}

bool mjl_pending_has(const mjl_pending *pending, const mjl_place_id *place)
{
    return mjl_pending_find_entry(pending, place) != MJL_NO_SLOT;
}

const mjl_pending_entry *mjl_pending_next(const mjl_pending *pending,
                                          const mjl_pending_entry *entry)
{
    uint32_t slot = pending->first;
    if (entry != NULL) {
        slot = mjl_pending_find_serial(pending, entry->serial);
        if (slot != MJL_NO_SLOT) slot = pending->entries[slot].next;
    }
    return slot == MJL_NO_SLOT ? NULL : &pending->entries[slot].view;
}

/* Each gap stands with the oldest entry that waits for it. */
static bool find_gap_of(const mjl_pending *pending, const mjl_pending_entry *entry, size_t from,
                        mjl_gap *found)
{
    for (size_t i = from; i < entry->missing_count; i++) {
        const mjl_pending_gap_slot *missing =
            &pending->gaps[mjl_pending_find_gap(pending, &entry->missing[i].id)];
        if (&pending->entries[missing->waiters[0]].view != entry) continue;
        *found = (mjl_gap){missing->place, entry->since, missing->count, entry, i};
        return true;
    }
    return false;
}

mjl_result mjl_pending_next_gap(const mjl_pending *pending, mjl_gap *gap)
{
    const mjl_pending_entry *entry = gap->oldest;
    if (entry != NULL && find_gap_of(pending, entry, gap->position + 1, gap)) return MJL_OK;
    while ((entry = mjl_pending_next(pending, entry)) != NULL) {
        if (find_gap_of(pending, entry, 0, gap)) return MJL_OK;
    }
    return MJL_NOT_FOUND;
}
