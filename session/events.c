#include "events.h"

#include "ids.h"

#include "majlis/limits.h"
#include "pack.h"
#include "record_kinds.h"

/* An event with the bytes it points at, in one piece. */
struct mjl_stored_event {
    mjl_event event;
    uint8_t *bytes; /* name, media_type, body, missing: one after the other. */
};

enum { EVENT_FIELDS = 34, EVENT_FORMAT = 2 };

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
    const size_t room = events->room == 0 ? 16 : events->room * 2;
    struct mjl_stored_event *entries = realloc(events->entries, room * sizeof *entries);
    if (entries == NULL) return MJL_OUT_OF_MEMORY;
    events->entries = entries;
    events->room = room;
    return MJL_OK;
}

static mjl_result append(mjl_events *events, const mjl_event *event)
{
    mjl_result result = reserve_entry(events);
    if (result != MJL_OK) return result;
    struct mjl_stored_event *entry = &events->entries[events->first + events->count];
    entry->event = *event;
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

/* ---- Saved form: one array with every field, so that a new one is a new format number ---- */

/* Most events name one or two things: an id that is all zero is not there, and written as none. */
static const mjl_id no_id = {{0}};

static void pack_id(mjl_pack *pack, const mjl_id *id)
{
    mjl_pack_bin(pack, mjl_bytes_of(id->bytes, mjl_id_equal(id, &no_id) ? 0 : MJL_ID_SIZE));
}

static void unpack_id(mjl_unpack *unpack, mjl_id *id)
{
    const mjl_bytes bytes = mjl_unpack_bin(unpack);
    *id = no_id;
    if (bytes.size == 0) return;
    if (bytes.size != MJL_ID_SIZE) {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
        return;
    }
    memcpy(id->bytes, bytes.data, MJL_ID_SIZE);
    if (mjl_id_equal(id, &no_id)) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
}

static mjl_result encode(const mjl_event *event, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, EVENT_FIELDS);
    mjl_pack_uint(&pack, EVENT_FORMAT);
    mjl_pack_uint(&pack, event->kind);
    mjl_pack_uint(&pack, event->session_number);
    mjl_pack_int(&pack, event->at);
    mjl_pack_uint(&pack, event->old_state);
    mjl_pack_uint(&pack, event->new_state);
    mjl_pack_uint(&pack, event->why);
    mjl_pack_uint(&pack, event->epoch);
    mjl_pack_uint(&pack, event->seq);
    pack_id(&pack, &event->branch);
    pack_id(&pack, &event->old_branch);
    pack_id(&pack, &event->member);
    pack_id(&pack, &event->by);
    mjl_pack_bin(&pack, event->name);
    pack_id(&pack, &event->message);
    pack_id(&pack, &event->place);
    pack_id(&pack, &event->other_place);
    mjl_pack_bin(&pack, event->media_type);
    mjl_pack_bin(&pack, event->body);
    mjl_pack_bool(&pack, event->parents_differ);
    mjl_pack_bool(&pack, event->roster_differs);
    mjl_pack_uint(&pack, event->held_count);
    mjl_pack_uint(&pack, event->readers_count);
    mjl_pack_uint(&pack, event->warning);
    mjl_pack_uint(&pack, event->warning_kind);
    pack_id(&pack, &event->subject);
    mjl_pack_bin(&pack, event->missing);
    mjl_pack_uint(&pack, event->intent);
    mjl_pack_uint(&pack, (uint64_t)event->intent_state << 32 | event->content_type);
    mjl_pack_int(&pack, event->due);
    mjl_pack_int(&pack, event->ran);
    mjl_pack_uint(&pack, event->parts_count);
    mjl_pack_uint(&pack, event->parts_done);
    mjl_pack_uint(&pack, event->parts_everyone);
    return pack.result;
}

static mjl_result decode(mjl_bytes value, mjl_event *event)
{
    memset(event, 0, sizeof *event);
    mjl_unpack unpack = mjl_unpack_from(value);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, EVENT_FIELDS);
    if (mjl_unpack_uint(u) != EVENT_FORMAT) mjl_unpack_fail(u, MJL_UNKNOWN_VERSION);
    event->kind = (mjl_event_kind)mjl_unpack_uint_to(u, MJL_EVENT_RESTORE_REQUEST);
    event->session_number = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->at = mjl_unpack_int(u);
    event->old_state = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->new_state = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->why = (mjl_result)mjl_unpack_uint_to(u, UINT16_MAX);
    event->epoch = mjl_unpack_uint(u);
    event->seq = mjl_unpack_uint(u);
    unpack_id(u, &event->branch);
    unpack_id(u, &event->old_branch);
    unpack_id(u, &event->member);
    unpack_id(u, &event->by);
    event->name = mjl_unpack_bin(u);
    unpack_id(u, &event->message);
    unpack_id(u, &event->place);
    unpack_id(u, &event->other_place);
    event->media_type = mjl_unpack_bin(u);
    event->body = mjl_unpack_bin(u);
    event->parents_differ = mjl_unpack_bool(u);
    event->roster_differs = mjl_unpack_bool(u);
    event->held_count = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->readers_count = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->warning = mjl_unpack_uint(u);
    event->warning_kind = (mjl_warning_kind)mjl_unpack_uint_to(u, UINT16_MAX);
    unpack_id(u, &event->subject);
    event->missing = mjl_unpack_bin(u);
    event->intent = mjl_unpack_uint(u);
    const uint64_t both = mjl_unpack_uint(u);
    event->intent_state = (mjl_intent_state)(both >> 32);
    event->content_type = (uint32_t)both;
    event->due = mjl_unpack_int(u);
    event->ran = mjl_unpack_int(u);
    event->parts_count = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->parts_done = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    event->parts_everyone = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    return mjl_unpack_end(u);
}

/* Settled events leave the store: they are at the front. */
static mjl_result delete_settled(const mjl_events *events, mjl_records *records)
{
    uint8_t key[8];
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < events->count; i++) {
        const uint64_t number = events->entries[events->first + i].event.number;
        if (number > events->settled) break;
        mjl_key_of_number(number, key);
        result = mjl_records_delete(records, 0, MJL_RECORD_EVENT, mjl_bytes_of(key, sizeof key));
    }
    return result;
}

/* New events enter it: they are at the end. */
mjl_result mjl_events_save(mjl_events *events, mjl_records *records)
{
    uint8_t key[8];
    mjl_buffer value = {0};
    mjl_result result = delete_settled(events, records);
    for (size_t i = events->count; result == MJL_OK && i > 0; i--) {
        const mjl_event *event = &events->entries[events->first + i - 1].event;
        if (event->number < events->persisted_below) break;
        mjl_key_of_number(event->number, key);
        value.size = 0;
        result = encode(event, &value);
        if (result == MJL_OK) {
            result = mjl_records_put(records, 0, MJL_RECORD_EVENT, mjl_bytes_of(key, sizeof key),
                                     mjl_buffer_bytes(&value));
        }
    }
    mjl_buffer_clear(&value);
    return result;
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

mjl_result mjl_events_load_one(mjl_events *events, mjl_bytes key, mjl_bytes value)
{
    if (key.size != 8) return MJL_STORE_DAMAGED;
    mjl_event event;
    const mjl_result result = decode(value, &event);
    if (result != MJL_OK) return result;
    event.number = mjl_number_of_key(key.data);
    if (event.number >= events->next_number) return MJL_SAVED_ID_TOO_HIGH;
    event.task_kind = NULL;
    return append(events, &event);
}
