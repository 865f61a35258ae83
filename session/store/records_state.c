/* The hash over the logical state: the records on disk with the batch laid over them. */
#include "records_inside.h"

#include <sodium.h>

/* Walks the sorted batch beside the records on disk. */
typedef struct state_walk {
    mjl_records *records;
    crypto_generichash_state hash;
    size_t next;     /* In the batch. */
    size_t seen;     /* Records on disk. */
    mjl_buffer room; /* For one plaintext. */
} state_walk;

static void hash_record(state_walk *walk, mjl_store_place place, mjl_bytes value)
{
    uint8_t fixed[4 + 2 + 1 + 8];
    for (size_t i = 0; i < 4; i++)
        fixed[i] = (uint8_t)(place.session >> (24 - 8 * i));
    fixed[4] = (uint8_t)(place.kind >> 8);
    fixed[5] = (uint8_t)place.kind;
    fixed[6] = (uint8_t)place.key.size;
    for (size_t i = 0; i < 8; i++)
        fixed[7 + i] = (uint8_t)((uint64_t)value.size >> (56 - 8 * i));
    crypto_generichash_update(&walk->hash, fixed, sizeof fixed);
    crypto_generichash_update(&walk->hash, place.key.data, place.key.size);
    crypto_generichash_update(&walk->hash, value.data, value.size);
}

static void hash_change(state_walk *walk)
{
    const mjl_record_entry *entry = walk->records->batch[walk->next++];
    if (entry->change->is_delete) return;
    hash_record(walk, mjl_record_entry_place(entry), mjl_buffer_bytes(&entry->change->value));
}

/* Hashes the batch up to `place`. True if it has a change of `place` itself, which then counts. */
static bool hash_changes_until(state_walk *walk, mjl_store_place place)
{
    const mjl_records *records = walk->records;
    while (walk->next < records->batch_count) {
        const int order =
            mjl_store_place_compare(mjl_record_entry_place(records->batch[walk->next]), place);
        if (order > 0) return false;
        hash_change(walk);
        if (order == 0) return true;
    }
    return false;
}

static mjl_result hash_stored(void *visitor, mjl_store_place place, mjl_bytes sealed)
{
    state_walk *walk = visitor;
    if (place.kind == MJL_RECORD_KIND_HEAD) return MJL_OK;
    const mjl_record_entry *entry = mjl_record_index_find(&walk->records->index, place);
    if (entry == NULL || !entry->is_stored) return MJL_STORE_DAMAGED;
    walk->seen++;
    if (hash_changes_until(walk, place)) return MJL_OK;
    walk->room.size = 0;
    const mjl_result result = mjl_records_unseal(walk->records, entry, sealed, &walk->room);
    if (result == MJL_OK) hash_record(walk, place, mjl_buffer_bytes(&walk->room));
    sodium_memzero(walk->room.data, walk->room.size);
    return result;
}

mjl_result mjl_records_state_hash(mjl_records *records, uint8_t hash[MJL_RECORDS_STATE_HASH_SIZE])
{
    if (records->failure != MJL_OK) return records->failure;
    mjl_records_sort_batch(records);
    state_walk walk = {.records = records};
    crypto_generichash_init(&walk.hash, NULL, 0, MJL_RECORDS_STATE_HASH_SIZE);
    mjl_result result = mjl_store_load(records->store, hash_stored, &walk);
    if (result == MJL_OK && walk.seen != records->head.count) result = MJL_STORE_DAMAGED;
    while (walk.next < records->batch_count && result == MJL_OK)
        hash_change(&walk);
    if (result == MJL_OK) {
        crypto_generichash_final(&walk.hash, hash, MJL_RECORDS_STATE_HASH_SIZE);
    } else if (result != MJL_OUT_OF_MEMORY) {
        result = mjl_records_fail(records, result);
    }
    mjl_buffer_clear(&walk.room);
    sodium_memzero(&walk.hash, sizeof walk.hash);
    return result;
}
