#include "records.h"

#include "records_inside.h"

#include <sodium.h>

static_assert((int)MJL_RECORD_VALUE_SIZE_MAX + (int)MJL_RECORD_OVERHEAD <=
                  (int)MJL_STORE_VALUE_SIZE_MAX,
              "every record fits into a store");

/* ---- Opening ---- */

static mjl_result load_head(mjl_records *records, mjl_store_place place, mjl_bytes sealed)
{
    /* The head's place is the least of all, so it comes first or is missing. */
    if (mjl_store_place_compare(place, mjl_record_head_place()) != 0) return MJL_STORE_DAMAGED;
    const mjl_result result =
        mjl_record_head_unseal(&records->sealing, sealed, &records->head, &records->held.plain);
    records->has_head = result == MJL_OK;
    return result;
}

/* Live until now, stale from here on. */
static void outdate(const mjl_records *records, mjl_record_entry *entry)
{
    entry->stale_on = entry->bundle->shelf;
    entry->bundle->live_size -= entry->item.size;
    records->loaded.items[entry->change].place.kind = MJL_RECORD_KIND_HEAD; /* None. */
    entry->change = 0;
}

/* Only where it stands: an entry that may have been in an older bundle. */
static mjl_result find_or_add(mjl_records *records, mjl_store_place place, mjl_record_entry **entry)
{
    const mjl_result result = mjl_record_index_find_or_add(&records->index, place, entry);
    if (result == MJL_OK && (*entry)->is_stored) outdate(records, *entry);
    return result;
}

static mjl_result add_loaded(mjl_records *records, mjl_record_entry *entry,
                             const mjl_record *record)
{
    entry->is_stored = true;
    mjl_record_content(&records->sealing, record->value, entry->content);
    return mjl_record_loaded_add(&records->loaded, record);
}

/* Sealed by itself: what bundles have of the place is older. */
static mjl_result load_single(mjl_records *records, mjl_store_place place, mjl_bytes sealed)
{
    const size_t value_size = sealed.size - MJL_RECORD_OVERHEAD;
    uint8_t *room = mjl_record_loaded_room(&records->loaded, place.key.size + value_size);
    if (room == NULL) return MJL_OUT_OF_MEMORY;
    uint8_t *value = room + place.key.size;
    mjl_result result = mjl_record_unseal(&records->sealing, place, sealed, value);
    if (result != MJL_OK) return result;
    mjl_record_entry *entry = NULL;
    result = find_or_add(records, place, &entry);
    if (result != MJL_OK) return result;
    uint8_t *element = malloc(MJL_RECORD_ELEMENT_SIZE);
    if (element == NULL) return MJL_OUT_OF_MEMORY;
    mjl_record_element(&records->sealing, place, sealed, element);
    mjl_record_entry_take(entry, element);
    if (place.key.size != 0) memcpy(room, place.key.data, place.key.size);
    const mjl_record record = {{place.session, place.kind, mjl_bytes_of(room, place.key.size)},
                               mjl_bytes_of(value, value_size)};
    return add_loaded(records, entry, &record);
}

static mjl_result load_item(mjl_records *records, mjl_record_bundle *bundle,
                            const mjl_bundle_item *item)
{
    mjl_record_entry *entry = NULL;
    if (item->is_mark) {
        entry = mjl_record_index_find(&records->index, item->place);
        if (entry == NULL) return MJL_OK; /* What it marks was let go. */
        outdate(records, entry);
        mjl_record_index_remove(&records->index, entry);
        return MJL_OK;
    }
    const mjl_result result = find_or_add(records, item->place, &entry);
    if (result != MJL_OK) return result;
    mjl_record_entry_move(entry, bundle, item->at,
                          mjl_bundle_item_size(item->place.key.size, item->value.size));
    entry->change = (uint32_t)records->loaded.count;
    bundle->live_size += entry->item.size;
    const mjl_record record = {item->place, item->value};
    return add_loaded(records, entry, &record);
}

/* Bundles come before all other records and in ascending order, so the later one is the newer. */
static mjl_result load_bundle(mjl_records *records, mjl_store_place place, mjl_bytes sealed)
{
    const uint8_t shelf = mjl_record_bundle_shelf_at(place);
    const uint64_t number = mjl_record_bundle_number_at(place);
    if (shelf == MJL_SHELF_NONE || shelf >= MJL_SHELVES_COUNT) return MJL_STORE_DAMAGED;
    if (number < records->next_bundle || number > MJL_BUNDLE_NUMBER_MAX) return MJL_STORE_DAMAGED;
    const size_t size = sealed.size - MJL_RECORD_OVERHEAD;
    uint8_t *room = mjl_record_loaded_room(&records->loaded, size);
    if (room == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = mjl_record_unseal(&records->sealing, place, sealed, room);
    if (result != MJL_OK) return result;
    mjl_record_bundle *bundle = mjl_record_bundle_new(number, shelf);
    if (bundle == NULL) return MJL_OUT_OF_MEMORY;
    records->next_bundle = number + 1;
    bundle->size = (uint32_t)size;
    mjl_record_element(&records->sealing, place, sealed, bundle->element);
    mjl_record_shelf_add(&records->shelves[shelf], bundle);
    mjl_bundle_item item;
    for (size_t at = 0; result == MJL_OK;) {
        result = mjl_bundle_next(mjl_bytes_of(room, size), &at, &item);
        if (result == MJL_EMPTY) return MJL_OK;
        if (result == MJL_OK) result = load_item(records, bundle, &item);
    }
    return result;
}

/* The head bounds how many records there are, and only what opens stays in memory: a disk cannot
 * make us hold more than we once wrote. */
static mjl_result load_record(void *visitor, mjl_store_place place, mjl_bytes sealed)
{
    mjl_records *records = visitor;
    if (!records->has_head) return load_head(records, place, sealed);
    if (sealed.size < MJL_RECORD_OVERHEAD) return MJL_STORE_DAMAGED;
    if (sealed.size - MJL_RECORD_OVERHEAD > MJL_RECORD_VALUE_SIZE_MAX) return MJL_STORE_DAMAGED;
    if (records->loaded_count++ >= records->head.count) return MJL_STORE_DAMAGED;
    if (mjl_record_bundle_is_at(place)) return load_bundle(records, place, sealed);
    if (place.kind == MJL_RECORD_KIND_HEAD) return MJL_STORE_DAMAGED;
    return load_single(records, place, sealed);
}

static mjl_result load_held_item(mjl_records *records, const mjl_bundle_item *item)
{
    mjl_record_held *held = &records->held;
    mjl_record_entry *entry = mjl_record_index_find(&records->index, item->place);
    const bool stands_elsewhere =
        entry != NULL && (entry->bundle == NULL || mjl_record_is_held(entry, held));
    if (item->is_mark || stands_elsewhere) return MJL_STORE_DAMAGED;
    mjl_result result = find_or_add(records, item->place, &entry);
    if (result == MJL_OK) result = mjl_record_held_reserve(held, held->count + 1);
    if (result != MJL_OK) return result;
    held->entries[held->count++] = entry;
    mjl_record_entry_move(entry, &held->bundle, item->at,
                          mjl_bundle_item_size(item->place.key.size, item->value.size));
    const size_t key_size = item->place.key.size;
    uint8_t *room = mjl_record_loaded_room(&records->loaded, key_size + item->value.size);
    if (room == NULL) return MJL_OUT_OF_MEMORY;
    if (key_size != 0) memcpy(room, item->place.key.data, key_size);
    if (item->value.size != 0) memcpy(room + key_size, item->value.data, item->value.size);
    const mjl_record record = {
        {item->place.session, item->place.kind, mjl_bytes_of(room, key_size)},
        mjl_bytes_of(room + key_size, item->value.size)};
    return add_loaded(records, entry, &record);
}

/* The head came first, and counts before all bundles. */
static mjl_result load_held(mjl_records *records)
{
    mjl_result result = MJL_OK;
    mjl_bundle_item item;
    for (size_t at = MJL_RECORD_HEAD_PLAIN_SIZE; result == MJL_OK;) {
        result = mjl_bundle_next(mjl_buffer_bytes(&records->held.plain), &at, &item);
        if (result == MJL_EMPTY) return MJL_OK;
        if (result == MJL_OK) result = load_held_item(records, &item);
    }
    return result;
}

/* Outdated ones leave the loaded list, and what is live on the shelves is counted. */
static void settle_loaded(mjl_records *records)
{
    for (size_t i = 0; i < records->index.room; i++) {
        if (records->index.entries[i] != NULL) records->index.entries[i]->change = 0;
    }
    size_t kept = 0;
    for (size_t i = 0; i < records->loaded.count; i++) {
        const mjl_record record = records->loaded.items[i];
        if (record.place.kind != MJL_RECORD_KIND_HEAD) records->loaded.items[kept++] = record;
    }
    records->loaded.count = kept;
    mjl_record_loaded_sort(&records->loaded);
    for (size_t i = 0; i < MJL_SHELVES_COUNT; i++) {
        mjl_record_shelf_bundles *shelf = &records->shelves[i];
        shelf->live_size = 0;
        for (const mjl_record_bundle *at = shelf->oldest; at != NULL; at = at->younger)
            shelf->live_size += at->live_size;
    }
}

static mjl_result check_set(const mjl_records *records)
{
    if (records->loaded_count != records->head.count) return MJL_STORE_DAMAGED;
    uint8_t set[MJL_RECORD_ELEMENT_SIZE] = {0};
    for (size_t i = 0; i < records->index.room; i++) {
        const mjl_record_entry *entry = records->index.entries[i];
        if (entry != NULL && entry->bundle == NULL) mjl_record_set_toggle(set, entry->element);
    }
    for (size_t i = 0; i < MJL_SHELVES_COUNT; i++) {
        for (const mjl_record_bundle *at = records->shelves[i].oldest; at != NULL; at = at->younger)
            mjl_record_set_toggle(set, at->element);
    }
    const bool is_equal = sodium_memcmp(set, records->head.set, sizeof set) == 0;
    sodium_memzero(set, sizeof set);
    return is_equal ? MJL_OK : MJL_STORE_DAMAGED;
}

static mjl_result load_all(mjl_records *records)
{
    mjl_result result = mjl_store_load(records->store, load_record, records);
    if (result == MJL_OK && records->has_head) result = load_held(records);
    if (result != MJL_OK) return result;
    settle_loaded(records);
    if (records->has_head) return check_set(records);
    return records->random.fill(records->random.context, records->sealing.salt,
                                sizeof records->sealing.salt);
}

mjl_result mjl_records_open(mjl_store *taken, const uint8_t key[MJL_STORE_SEALING_KEY_SIZE],
                            mjl_random random, mjl_records **records)
{
    mjl_records *made = sodium_init() < 0 ? NULL : calloc(1, sizeof *made);
    if (made == NULL) {
        mjl_store_free(taken);
        return MJL_OUT_OF_MEMORY;
    }
    made->store = taken;
    made->random = random;
    mjl_record_sealing_init(&made->sealing, key);
    mjl_record_index_init(&made->index, made->sealing.index_key);
    const mjl_result result = load_all(made);
    if (result != MJL_OK) {
        mjl_records_free(made);
        return result;
    }
    *records = made;
    return MJL_OK;
}

void mjl_records_free(mjl_records *records)
{
    if (records == NULL) return;
    mjl_store_free(records->store);
    mjl_record_loaded_clear(&records->loaded);
    mjl_record_index_clear(&records->index);
    mjl_record_held_clear(&records->held);
    for (size_t i = 0; i < MJL_SHELVES_COUNT; i++)
        mjl_record_shelf_clear(&records->shelves[i]);
    free(records->batch);
    mjl_buffer_clear(&records->staged);
    mjl_buffer_clear(&records->read);
    mjl_buffer_clear(&records->work);
    mjl_buffer_clear(&records->held_room);
    for (size_t i = 0; i < MJL_SHELVES_COUNT; i++)
        mjl_buffer_clear(&records->filling_rooms[i]);
    mjl_record_sealing_clear(&records->sealing);
    sodium_memzero(records, sizeof *records);
    free(records);
}

bool mjl_records_is_new(const mjl_records *records)
{
    return !records->has_head;
}

mjl_result mjl_records_failure(const mjl_records *records)
{
    return records->failure;
}

uint64_t mjl_records_counter(const mjl_records *records)
{
    return records->head.counter;
}

mjl_result mjl_records_fail(mjl_records *records, mjl_result result)
{
    switch (result) {
    case MJL_STORE_FAILED:
    case MJL_STORE_LOCKED:
    case MJL_STORE_FULL:
    case MJL_STORE_DAMAGED:
    case MJL_STORE_FOREIGN:
    case MJL_STORE_MISSING:
    case MJL_STORE_UNREADABLE:
        records->failure = result;
        break;
    default: /* A backend may answer anything. */
        records->failure = MJL_STORE_FAILED;
    }
    return records->failure;
}

/* ---- What was loaded ---- */

mjl_records_cursor mjl_records_loaded(const mjl_records *records)
{
    const mjl_records_cursor cursor = {0, records->loaded.count};
    return cursor;
}

mjl_records_cursor mjl_records_loaded_of(const mjl_records *records, uint32_t session)
{
    const mjl_record_loaded *loaded = &records->loaded;
    const mjl_records_cursor cursor = {
        mjl_record_loaded_from(loaded, session, 0),
        session == UINT32_MAX ? loaded->count : mjl_record_loaded_from(loaded, session + 1, 0)};
    return cursor;
}

mjl_records_cursor mjl_records_loaded_of_kind(const mjl_records *records, uint32_t session,
                                              uint16_t kind)
{
    mjl_records_cursor cursor = mjl_records_loaded_of(records, session);
    cursor.next = mjl_record_loaded_from(&records->loaded, session, kind);
    if (kind != UINT16_MAX) {
        cursor.end = mjl_record_loaded_from(&records->loaded, session, (uint16_t)(kind + 1));
    }
    return cursor;
}

bool mjl_records_next(const mjl_records *records, mjl_records_cursor *cursor, mjl_record *record)
{
    if (cursor->next >= cursor->end || cursor->next >= records->loaded.count) return false;
    *record = records->loaded.items[cursor->next++];
    return true;
}

void mjl_records_loaded_done(mjl_records *records)
{
    mjl_record_loaded_clear(&records->loaded);
}
