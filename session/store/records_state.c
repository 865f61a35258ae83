/* The logical state, the records on disk with the batch laid over them: walked, and hashed. */
#include "records_state.h"

#include "records_inside.h"

/* Everything that is stored and that the batch leaves as it is, then the batch. */
typedef struct state_walk {
    mjl_records *records;
    mjl_record_loaded found;
    uint64_t seen; /* Records on disk, sealed ones. */
} state_walk;

void mjl_state_hash_add(crypto_generichash_state *hash, mjl_store_place place, mjl_bytes value)
{
    uint8_t fixed[4 + 2 + 1 + 8];
    for (size_t i = 0; i < 4; i++)
        fixed[i] = (uint8_t)(place.session >> (24 - 8 * i));
    fixed[4] = (uint8_t)(place.kind >> 8);
    fixed[5] = (uint8_t)place.kind;
    fixed[6] = (uint8_t)place.key.size;
    for (size_t i = 0; i < 8; i++)
        fixed[7 + i] = (uint8_t)((uint64_t)value.size >> (56 - 8 * i));
    crypto_generichash_update(hash, fixed, sizeof fixed);
    crypto_generichash_update(hash, place.key.data, place.key.size);
    crypto_generichash_update(hash, value.data, value.size);
}

/* What is verified of `sealed`, in room of its own. */
static mjl_result open_sealed(state_walk *walk, mjl_store_place place,
                              const uint8_t element[MJL_RECORD_ELEMENT_SIZE], mjl_bytes sealed,
                              mjl_bytes *plain)
{
    mjl_buffer opened = {0};
    mjl_result result = mjl_records_unseal(walk->records, place, element, sealed, &opened);
    uint8_t *room = result == MJL_OK ? mjl_record_loaded_room(&walk->found, opened.size) : NULL;
    if (result == MJL_OK && room == NULL) result = MJL_OUT_OF_MEMORY;
    if (result == MJL_OK) {
        if (opened.size != 0) memcpy(room, opened.data, opened.size);
        *plain = mjl_bytes_of(room, opened.size);
    }
    mjl_buffer_clear(&opened);
    return result;
}

static mjl_result take_single(state_walk *walk, mjl_store_place place, mjl_bytes sealed)
{
    const mjl_record_entry *entry = mjl_record_index_find(&walk->records->index, place);
    if (entry == NULL || !entry->is_stored || entry->bundle != NULL) return MJL_STORE_DAMAGED;
    if (entry->change != 0) return MJL_OK;
    mjl_record record = {.place = mjl_record_entry_place(entry)};
    const mjl_result result = open_sealed(walk, place, entry->element, sealed, &record.value);
    return result == MJL_OK ? mjl_record_loaded_add(&walk->found, &record) : result;
}

static const mjl_record_bundle *bundle_at(const mjl_records *records, mjl_store_place place)
{
    const uint8_t shelf = mjl_record_bundle_shelf_at(place);
    if (shelf >= MJL_SHELVES_COUNT) return NULL;
    const mjl_record_bundle *at = records->shelves[shelf].oldest;
    while (at != NULL && at->number != mjl_record_bundle_number_at(place))
        at = at->younger;
    return at;
}

static mjl_result take_bundle(state_walk *walk, mjl_store_place place, mjl_bytes sealed)
{
    const mjl_record_bundle *bundle = bundle_at(walk->records, place);
    if (bundle == NULL) return MJL_STORE_DAMAGED;
    mjl_bytes plain = {NULL, 0};
    mjl_result result = open_sealed(walk, place, bundle->element, sealed, &plain);
    mjl_bundle_item item;
    for (size_t at = 0; result == MJL_OK;) {
        result = mjl_bundle_next(plain, &at, &item);
        if (result != MJL_OK) break;
        const mjl_record_entry *entry = mjl_record_index_find(&walk->records->index, item.place);
        const bool is_live = !item.is_mark && entry != NULL && entry->bundle == bundle &&
                             entry->item.at == item.at && entry->change == 0;
        const mjl_record record = {item.place, item.value};
        if (is_live) result = mjl_record_loaded_add(&walk->found, &record);
    }
    return result == MJL_EMPTY ? MJL_OK : result;
}

/* It is the one that was read or written last, and so are its items. */
static mjl_result take_head(state_walk *walk, mjl_bytes sealed)
{
    const mjl_record_held *held = &walk->records->held;
    mjl_record_sealing sealing = walk->records->sealing;
    mjl_record_head head;
    mjl_buffer plain = {0};
    mjl_result result = mjl_record_head_unseal(&sealing, sealed, &head, &plain);
    if (result == MJL_OK && (plain.size != held->plain.size ||
                             sodium_memcmp(plain.data, held->plain.data, plain.size) != 0)) {
        result = MJL_STORE_DAMAGED;
    }
    mjl_buffer_clear(&plain);
    mjl_record_sealing_clear(&sealing);
    for (size_t i = 0; result == MJL_OK && i < held->count; i++) {
        const mjl_record_entry *entry = held->entries[i];
        const mjl_record record = {mjl_record_entry_place(entry),
                                   mjl_record_held_value(held, entry)};
        if (entry->change == 0) result = mjl_record_loaded_add(&walk->found, &record);
    }
    return result;
}

static mjl_result take_sealed(void *visitor, mjl_store_place place, mjl_bytes sealed)
{
    state_walk *walk = visitor;
    if (mjl_store_place_compare(place, mjl_record_head_place()) == 0)
        return take_head(walk, sealed);
    walk->seen++;
    return mjl_record_bundle_is_at(place) ? take_bundle(walk, place, sealed)
                                          : take_single(walk, place, sealed);
}

static mjl_result take_batch(state_walk *walk)
{
    const mjl_records *records = walk->records;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < records->batch_count; i++) {
        const mjl_record_change *change = &records->batch[i];
        if (change->is_delete) continue;
        const mjl_record record = {mjl_record_entry_place(change->entry),
                                   mjl_records_staged(records, change)};
        result = mjl_record_loaded_add(&walk->found, &record);
    }
    return result;
}

mjl_result mjl_records_each(mjl_records *records, mjl_records_visit *visit, void *visitor)
{
    if (records->failure != MJL_OK) return records->failure;
    state_walk walk = {.records = records};
    mjl_result result = mjl_store_load(records->store, take_sealed, &walk);
    if (result == MJL_OK && walk.seen != records->head.count) result = MJL_STORE_DAMAGED;
    if (result == MJL_OK) result = take_batch(&walk);
    if (result == MJL_OK) mjl_record_loaded_sort(&walk.found);
    for (size_t i = 0; result == MJL_OK && i < walk.found.count; i++)
        result = visit(visitor, walk.found.items[i].place, walk.found.items[i].value);
    mjl_record_loaded_clear(&walk.found);
    return result;
}

static mjl_result hash_record(void *visitor, mjl_store_place place, mjl_bytes value)
{
    mjl_state_hash_add(visitor, place, value);
    return MJL_OK;
}

mjl_result mjl_records_state_hash(mjl_records *records, uint8_t hash[MJL_RECORDS_STATE_HASH_SIZE])
{
    if (records->failure != MJL_OK) return records->failure;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, MJL_RECORDS_STATE_HASH_SIZE);
    mjl_result result = mjl_records_each(records, hash_record, &state);
    if (result == MJL_OK) {
        crypto_generichash_final(&state, hash, MJL_RECORDS_STATE_HASH_SIZE);
    } else if (result != MJL_OUT_OF_MEMORY) {
        result = mjl_records_fail(records, result);
    }
    sodium_memzero(&state, sizeof state);
    return result;
}
