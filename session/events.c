#include "events.h"

#include "array.h"
#include "majlis/limits.h"

void mjl_events_init(mjl_events *events)
{
    memset(events, 0, sizeof *events);
    events->next_number = 1;
    events->persisted_below = 1;
}

static void wipe_entry(struct mjl_stored_event *entry)
{
    const size_t size = entry->event.name.size + entry->event.media_type.size +
                        entry->event.body.size + entry->event.missing.size;
    mjl_buffer wiped = {entry->bytes, size, size};
    mjl_buffer_clear(&wiped);
    entry->bytes = NULL;
}

void mjl_events_clear(mjl_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        wipe_entry(&events->entries[events->first + i]);
    free(events->entries);
    mjl_events_init(events);
}

bool mjl_events_have_room(const mjl_events *events, size_t more)
{
    const size_t reserve = events->in_timer ? 0 : MJL_EVENTS_TIMER_RESERVE;
    return events->count + more + reserve <= MJL_EVENTS_MAX;
}

/* Copies the four byte strings behind each other and points `copy` at them. */
static mjl_result own_bytes(mjl_event *copy, uint8_t **bytes)
{
    mjl_bytes *parts[4] = {&copy->name, &copy->media_type, &copy->body, &copy->missing};
    size_t size = 0;
    for (size_t i = 0; i < 4; i++)
        size += parts[i]->size;
    uint8_t *room = malloc(size == 0 ? 1 : size);
    if (room == NULL) return MJL_OUT_OF_MEMORY;
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        if (parts[i]->size != 0) memcpy(room + at, parts[i]->data, parts[i]->size);
        parts[i]->data = room + at;
        at += parts[i]->size;
    }
    *bytes = room;
    return MJL_OK;
}

/* Makes room for one more at the end; settled entries at the front are given back first. */
static mjl_result reserve_entry(mjl_events *events)
{
    if (events->first + events->count < events->room) return MJL_OK;
    if (events->first >= events->count && events->first > 0) {
        memmove(events->entries, events->entries + events->first,
                events->count * sizeof *events->entries);
        events->first = 0;
        return MJL_OK;
    }
    return mjl_array_reserve(&events->entries, events->first + events->count, &events->room, 1,
                             sizeof *events->entries);
}

static mjl_result append(mjl_events *events, const mjl_event *event)
{
    mjl_result result = reserve_entry(events);
    if (result != MJL_OK) return result;
    struct mjl_stored_event *entry = &events->entries[events->first + events->count];
    entry->event = *event;
    entry->record = 0;
    result = own_bytes(&entry->event, &entry->bytes);
    if (result != MJL_OK) return result;
    events->count++;
    return MJL_OK;
}

mjl_result mjl_events_push(mjl_events *events, const mjl_event *event)
{
    const mjl_result result = append(events, event);
    if (result != MJL_OK) return result;
    events->entries[events->first + events->count - 1].event.number = events->next_number++;
    return MJL_OK;
}

mjl_result mjl_events_next(mjl_events *events, mjl_event *event)
{
    if (events->handed == events->count) {
        if (events->late_handed == events->late_count) return MJL_EMPTY;
        *event = events->late[events->late_handed++];
        return MJL_OK;
    }
    const mjl_event *next = &events->entries[events->first + events->handed].event;
    if (next->number >= events->persisted_below) return MJL_UNPERSISTED;
    *event = *next;
    events->handed++;
    return MJL_OK;
}

void mjl_events_put_back(mjl_events *events)
{
    if (events->handed > 0) events->handed--;
}

void mjl_events_tell_late(mjl_events *events, const mjl_event *event)
{
    if (events->late_count < MJL_LATE_TASKS_REPORTED_MAX)
        events->late[events->late_count++] = *event;
}

mjl_result mjl_events_settle(mjl_events *events, uint64_t number)
{
    if (number >= events->persisted_below || number <= events->settled) return MJL_NOT_FOUND;
    events->settled = number;
    return MJL_OK;
}

void mjl_events_persisted(mjl_events *events)
{
    while (events->count > 0 && events->entries[events->first].event.number <= events->settled) {
        wipe_entry(&events->entries[events->first]);
        events->first++;
        events->count--;
        if (events->handed > 0) events->handed--;
    }
    if (events->count == 0) events->first = 0;
    events->persisted_below = events->next_number;
}

mjl_result mjl_events_restore(mjl_events *events, const mjl_event *event, uint64_t record)
{
    const mjl_result result = append(events, event);
    if (result != MJL_OK) return result;
    events->entries[events->first + events->count - 1].record = record;
    return MJL_OK;
}
