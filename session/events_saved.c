/*
 * Events as records. Most events say little: a mask tells which fields are not zero, and these
 * follow in the order of the table.
 *
 *     record   [ format, count ] | event | event | ...      numbers from the key on
 *     event    [ mask, field, ... ]
 */
#include <assert.h>

#include "events.h"
#include "lists.h"
#include "pack.h"
#include "record_kinds.h"

enum { EVENT_FORMAT = 3, RECORD_SIZE_FULL = 2048, SIZE_WITHOUT_BYTES = 100 };

typedef enum field_type { SMALL, LARGE, INSTANT, TRUTH, NAME, BYTES } field_type;

typedef struct field {
    field_type type;
    uint32_t max; /* Of a SMALL. */
    size_t offset;
} field;

#define FIELD(type, max, name)                                                                     \
    {                                                                                              \
        type, max, offsetof(mjl_event, name)                                                       \
    }

/* SMALL is an enumeration or 32 bits. A new field is a new format. */
static const field fields[] = {
    FIELD(SMALL, MJL_EVENT_RESTORE_REQUEST, kind),
    FIELD(SMALL, UINT32_MAX, session_number),
    FIELD(INSTANT, 0, at),
    FIELD(SMALL, UINT32_MAX, old_state),
    FIELD(SMALL, UINT32_MAX, new_state),
    FIELD(SMALL, UINT16_MAX, why),
    FIELD(LARGE, 0, epoch),
    FIELD(LARGE, 0, seq),
    FIELD(NAME, 0, branch),
    FIELD(NAME, 0, old_branch),
    FIELD(NAME, 0, member),
    FIELD(NAME, 0, by),
    FIELD(BYTES, 0, name),
    FIELD(NAME, 0, message),
    FIELD(NAME, 0, place),
    FIELD(NAME, 0, other_place),
    FIELD(BYTES, 0, media_type),
    FIELD(BYTES, 0, body),
    FIELD(TRUTH, 0, parents_differ),
    FIELD(TRUTH, 0, roster_differs),
    FIELD(SMALL, UINT32_MAX, held_count),
    FIELD(SMALL, UINT32_MAX, readers_count),
    FIELD(LARGE, 0, warning),
    FIELD(SMALL, UINT16_MAX, warning_kind),
    FIELD(NAME, 0, subject),
    FIELD(BYTES, 0, missing),
    FIELD(LARGE, 0, intent),
    FIELD(SMALL, UINT32_MAX, intent_state),
    FIELD(SMALL, UINT32_MAX, content_type),
    FIELD(INSTANT, 0, due),
    FIELD(INSTANT, 0, ran),
    FIELD(SMALL, UINT32_MAX, parts_count),
    FIELD(SMALL, UINT32_MAX, parts_done),
    FIELD(SMALL, UINT32_MAX, parts_everyone),
};

enum { FIELDS_COUNT = sizeof fields / sizeof fields[0] };

static_assert(sizeof(mjl_event_kind) == 4 && sizeof(mjl_result) == 4 &&
                  sizeof(mjl_warning_kind) == 4 && sizeof(mjl_intent_state) == 4,
              "enumerations are SMALL");
static_assert(FIELDS_COUNT < 64, "the mask has a bit for each");

static const mjl_id no_id = {{0}};

static const void *field_of(const mjl_event *event, const field *of)
{
    return (const uint8_t *)event + of->offset;
}

/* ---- Writing ---- */

static bool is_zero(const mjl_event *event, const field *of)
{
    const void *at = field_of(event, of);
    switch (of->type) {
    case SMALL:
        return *(const uint32_t *)at == 0;
    case LARGE:
        return *(const uint64_t *)at == 0;
    case INSTANT:
        return *(const mjl_time *)at == 0;
    case TRUTH:
        return !*(const bool *)at;
    case NAME:
        return mjl_id_equal(at, &no_id);
    case BYTES:
        return ((const mjl_bytes *)at)->size == 0;
    }
    return true;
}

static void pack_field(mjl_pack *pack, const mjl_event *event, const field *of)
{
    const void *at = field_of(event, of);
    switch (of->type) {
    case SMALL:
        mjl_pack_uint(pack, *(const uint32_t *)at);
        break;
    case LARGE:
        mjl_pack_uint(pack, *(const uint64_t *)at);
        break;
    case INSTANT:
        mjl_pack_int(pack, *(const mjl_time *)at);
        break;
    case TRUTH: /* Its bit in the mask says it. */
        break;
    case NAME:
        mjl_pack_id(pack, at);
        break;
    case BYTES:
        mjl_pack_bin(pack, *(const mjl_bytes *)at);
        break;
    }
}

static mjl_result encode(const mjl_event *event, mjl_buffer *out)
{
    uint64_t mask = 0;
    size_t count = 1;
    for (size_t i = 0; i < FIELDS_COUNT; i++) {
        if (is_zero(event, &fields[i])) continue;
        mask |= (uint64_t)1 << i;
        count += fields[i].type != TRUTH;
    }
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, count);
    mjl_pack_uint(&pack, mask);
    for (size_t i = 0; i < FIELDS_COUNT; i++)
        if ((mask >> i & 1) != 0) pack_field(&pack, event, &fields[i]);
    return pack.result;
}

/* Settled events are at the front; a record goes with its last one. */
static mjl_result delete_settled(const mjl_events *events, mjl_records *records)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < events->count; i++) {
        const struct mjl_stored_event *entry = &events->entries[events->first + i];
        if (entry->event.number > events->settled) break;
        const bool is_last = i + 1 == events->count || entry[1].record != entry->record;
        if (!is_last) continue;
        uint8_t key[8];
        mjl_key_of_number(entry->record, key);
        result = mjl_records_delete(records, 0, MJL_RECORD_EVENT, mjl_bytes_of(key, sizeof key));
    }
    return result;
}

/* As many as one record takes, give or take what is in ids and numbers. */
static size_t count_for_record(const struct mjl_stored_event *entries, size_t count)
{
    size_t taken = 0;
    for (size_t size = 0; taken < count && size < RECORD_SIZE_FULL; taken++) {
        const mjl_event *event = &entries[taken].event;
        size += SIZE_WITHOUT_BYTES + event->name.size + event->media_type.size + event->body.size +
                event->missing.size;
    }
    return taken;
}

/* The first of `count` events and those that fit beside it; answers how many in `*taken`. */
static mjl_result put_record(struct mjl_stored_event *entries, size_t count, mjl_records *records,
                             size_t *taken)
{
    *taken = count_for_record(entries, count);
    mjl_buffer value = {0};
    mjl_result result = mjl_buffer_reserve(&value, *taken > 1 ? RECORD_SIZE_FULL : 1);
    mjl_pack pack = mjl_pack_to(&value);
    mjl_pack_array(&pack, 2);
    mjl_pack_uint(&pack, EVENT_FORMAT);
    mjl_pack_uint(&pack, *taken);
    if (result == MJL_OK) result = pack.result;
    for (size_t i = 0; result == MJL_OK && i < *taken; i++) {
        entries[i].record = entries[0].event.number;
        result = encode(&entries[i].event, &value);
    }
    uint8_t key[8];
    mjl_key_of_number(entries[0].event.number, key);
    if (result == MJL_OK) {
        result = mjl_records_put(records, 0, MJL_RECORD_EVENT, mjl_bytes_of(key, sizeof key),
                                 mjl_buffer_bytes(&value));
    }
    mjl_buffer_clear(&value);
    return result;
}

mjl_result mjl_events_save(mjl_events *events, mjl_records *records)
{
    mjl_result result = delete_settled(events, records);
    size_t from = events->count; /* New events are at the end. */
    while (from > 0 &&
           events->entries[events->first + from - 1].event.number >= events->persisted_below)
        from--;
    while (result == MJL_OK && from < events->count) {
        size_t taken = 0;
        result = put_record(events->entries + events->first + from, events->count - from, records,
                            &taken);
        from += taken;
    }
    return result;
}

/* ---- Reading ---- */

static void unpack_field(mjl_unpack *unpack, mjl_event *event, const field *of)
{
    void *at = (uint8_t *)event + of->offset;
    switch (of->type) {
    case SMALL:
        *(uint32_t *)at = (uint32_t)mjl_unpack_uint_to(unpack, of->max);
        break;
    case LARGE:
        *(uint64_t *)at = mjl_unpack_uint(unpack);
        break;
    case INSTANT:
        *(mjl_time *)at = mjl_unpack_int(unpack);
        break;
    case TRUTH:
        *(bool *)at = true;
        break;
    case NAME:
        *(mjl_id *)at = mjl_unpack_id(unpack);
        break;
    case BYTES:
        *(mjl_bytes *)at = mjl_unpack_bin(unpack);
        break;
    }
    if (is_zero(event, of)) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
}

static void decode(mjl_unpack *unpack, mjl_event *event)
{
    memset(event, 0, sizeof *event);
    const size_t count = mjl_unpack_array(unpack);
    const uint64_t mask = mjl_unpack_uint(unpack);
    size_t expected = 1;
    if (mask >> FIELDS_COUNT != 0) mjl_unpack_fail(unpack, MJL_MALFORMED);
    for (size_t i = 0; i < FIELDS_COUNT; i++) {
        if ((mask >> i & 1) == 0) continue;
        unpack_field(unpack, event, &fields[i]);
        expected += fields[i].type != TRUTH;
    }
    if (count != expected) mjl_unpack_fail(unpack, MJL_MALFORMED);
}

mjl_result mjl_events_load(mjl_events *events, mjl_bytes key, mjl_bytes value)
{
    if (key.size != 8) return MJL_STORE_DAMAGED;
    const uint64_t record = mjl_number_of_key(key.data);
    mjl_unpack unpack = mjl_unpack_from(value);
    mjl_unpack_array_of(&unpack, 2);
    if (mjl_unpack_uint(&unpack) != EVENT_FORMAT) mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    const uint64_t count = mjl_unpack_uint_to(&unpack, value.size);
    if (unpack.result != MJL_OK) return unpack.result;
    if (count > events->next_number || record > events->next_number - count) {
        return MJL_SAVED_ID_TOO_HIGH;
    }
    for (uint64_t i = 0; i < count; i++) {
        mjl_event event;
        decode(&unpack, &event);
        if (unpack.result != MJL_OK) return unpack.result;
        event.number = record + i;
        if (event.number <= events->settled) continue;
        const mjl_result result = mjl_events_restore(events, &event, record);
        if (result != MJL_OK) return result;
    }
    return mjl_unpack_end(&unpack);
}
