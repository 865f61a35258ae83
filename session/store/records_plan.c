/*
 * A transaction planned: the small records of the batch put into bundles and into the head, what
 * has no room there any more moved out of it, and bundles that are not needed any more let go.
 */
#include "records_transaction.h"

/* ---- Filling bundles ---- */

static mjl_result reserve(void **array, size_t count, size_t *room, size_t size)
{
    if (count < *room) return MJL_OK;
    const size_t more = *room == 0 ? 8 : *room * 2;
    void *made = realloc(*array, more * size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    *array = made;
    *room = more;
    return MJL_OK;
}

/* The bundle of a shelf that has room for one more item. */
static mjl_result filling_of(mjl_transaction *made, mjl_record_shelf shelf, mjl_filling **found)
{
    for (size_t i = made->fillings_count; i > 0; i--) {
        mjl_filling *at = &made->fillings[i - 1];
        if (at->shelf != shelf) continue;
        if (at->plain.size >= MJL_BUNDLE_SIZE_FULL) break;
        *found = at;
        return MJL_OK;
    }
    const mjl_result result = reserve((void **)&made->fillings, made->fillings_count,
                                      &made->fillings_room, sizeof *made->fillings);
    if (result != MJL_OK) return result;
    mjl_record_bundle *bundle =
        mjl_record_bundle_new(made->records->next_bundle + made->fillings_count, (uint8_t)shelf);
    if (bundle == NULL) return MJL_OUT_OF_MEMORY;
    mjl_filling *begun = &made->fillings[made->fillings_count++];
    *begun = (mjl_filling){shelf, bundle, made->records->filling_rooms[shelf]};
    made->records->filling_rooms[shelf] = (mjl_buffer){0}; /* Taken; a second one has its own. */
    *found = begun;
    return MJL_OK;
}

/* Appends a record; answers the bundle and where in it. */
static mjl_result fill(mjl_transaction *made, mjl_record_shelf shelf, mjl_store_place place,
                       mjl_bytes value, mjl_record_bundle **bundle, size_t *at)
{
    mjl_filling *into = NULL;
    mjl_result result = filling_of(made, shelf, &into);
    if (result != MJL_OK) return result;
    *at = into->plain.size;
    *bundle = into->bundle;
    result = mjl_bundle_append(&into->plain, place, value);
    if (result != MJL_OK) return result;
    into->bundle->live_size += (uint32_t)(into->plain.size - *at);
    return MJL_OK;
}

static mjl_result fill_mark(mjl_transaction *made, mjl_record_shelf shelf, mjl_store_place place)
{
    mjl_filling *into = NULL;
    const mjl_result result = filling_of(made, shelf, &into);
    return result == MJL_OK ? mjl_bundle_append_mark(&into->plain, place) : result;
}

/* NONE: sealed by itself. */
static mjl_record_shelf shelf_of(const mjl_records *records, const mjl_record_entry *entry)
{
    return entry->kind < MJL_SHELVED_KINDS_MAX ? records->shelf_of[entry->kind] : MJL_SHELF_NONE;
}

static mjl_result element_new(uint8_t **element)
{
    *element = malloc(MJL_RECORD_ELEMENT_SIZE);
    return *element == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

static bool has_bundle(const mjl_records *records, const mjl_record_entry *entry, size_t size)
{
    return shelf_of(records, entry) != MJL_SHELF_NONE && size <= MJL_BUNDLED_VALUE_SIZE_MAX;
}

/* On the shelf where bundles hold it, or may hold what it was before. */
static mjl_result fill_deleted(mjl_transaction *made, const mjl_record_entry *entry)
{
    const bool is_on_shelf =
        entry->bundle != NULL && !mjl_record_is_held(entry, &made->records->held);
    const uint8_t marked = is_on_shelf ? entry->bundle->shelf : entry->stale_on;
    if (marked == 0) return MJL_OK;
    return fill_mark(made, (mjl_record_shelf)marked, mjl_record_entry_place(entry));
}

static mjl_result fill_change(mjl_transaction *made, mjl_record_change *change)
{
    const mjl_records *records = made->records;
    mjl_record_entry *entry = change->entry;
    if (change->is_delete) return fill_deleted(made, entry);
    const mjl_bytes value = mjl_records_staged(records, change);
    if (change->bundle != NULL) { /* In the head. */
        return mjl_record_held_add(&made->held, entry, value, &change->bundle_at);
    }
    if (!has_bundle(records, entry, change->size)) return element_new(&change->element);
    return fill(made, shelf_of(records, entry), mjl_record_entry_place(entry), value,
                &change->bundle, &change->bundle_at);
}

/* ---- What lies in the head ---- */

static mjl_result new_move(mjl_transaction *made, mjl_record_entry *entry, mjl_move **moved)
{
    const mjl_result result =
        reserve((void **)&made->moves, made->moves_count, &made->moves_room, sizeof *made->moves);
    if (result != MJL_OK) return result;
    *moved = &made->moves[made->moves_count++];
    **moved = (mjl_move){.entry = entry};
    return MJL_OK;
}

/* Of the batch; the sum of their sizes and their number. */
static size_t choose_held(mjl_transaction *made, size_t *count)
{
    mjl_records *records = made->records;
    size_t sum = 0;
    for (size_t i = 0; i < records->batch_count; i++) {
        mjl_record_change *change = &records->batch[i];
        const mjl_record_entry *entry = change->entry;
        const size_t size = mjl_bundle_item_size(entry->key_size, change->size);
        change->bundle = NULL;
        if (change->is_delete || entry->kind >= MJL_SHELVED_KINDS_MAX ||
            !records->is_held[entry->kind] || change->size > MJL_HELD_VALUE_SIZE_MAX ||
            sum + size > MJL_HELD_SIZE_MAX) {
            continue;
        }
        change->bundle = &records->held.bundle;
        sum += size;
        ++*count;
    }
    return sum;
}

/* Where it would be if kinds were not held. */
static mjl_result evict(mjl_transaction *made, mjl_record_entry *entry, mjl_bytes value)
{
    mjl_move *moved = NULL;
    const mjl_result result = new_move(made, entry, &moved);
    if (result != MJL_OK) return result;
    if (has_bundle(made->records, entry, value.size)) {
        return fill(made, shelf_of(made->records, entry), mjl_record_entry_place(entry), value,
                    &moved->to, &moved->at);
    }
    moved->value = value;
    return element_new(&moved->element);
}

static mjl_result keep(mjl_transaction *made, mjl_record_entry *entry, mjl_bytes value)
{
    mjl_move *moved = NULL;
    const mjl_result result = new_move(made, entry, &moved);
    if (result != MJL_OK) return result;
    moved->to = &made->records->held.bundle;
    return mjl_record_held_add(&made->held, entry, value, &moved->at);
}

/* What lies there and is not changed stays in its order; there must be room for what is new. */
static mjl_result plan_held(mjl_transaction *made)
{
    const mjl_record_held *before = &made->records->held;
    size_t count = before->count;
    size_t size = choose_held(made, &count);
    for (size_t i = 0; i < before->count; i++)
        if (before->entries[i]->change == 0) size += before->entries[i]->item.size;
    mjl_result result = mjl_record_held_begin(
        &made->held, size < MJL_HELD_SIZE_MAX ? size : MJL_HELD_SIZE_MAX, count);
    for (size_t i = 0; result == MJL_OK && i < before->count; i++) {
        mjl_record_entry *entry = before->entries[i];
        if (entry->change != 0) continue;
        const mjl_bytes value = mjl_record_held_value(before, entry);
        if (size <= MJL_HELD_SIZE_MAX) {
            result = keep(made, entry, value);
            continue;
        }
        size -= entry->item.size;
        result = evict(made, entry, value);
    }
    return result;
}

/* ---- Letting bundles go ---- */

static mjl_result move_item(mjl_transaction *made, mjl_record_shelf shelf,
                            const mjl_record_bundle *from, const mjl_bundle_item *item)
{
    mjl_record_entry *entry = mjl_record_index_find(&made->records->index, item->place);
    const bool is_live = !item->is_mark && entry != NULL && entry->is_stored &&
                         entry->change == 0 && entry->bundle == from && entry->item.at == item->at;
    if (!is_live) return MJL_OK;
    mjl_move *moved = NULL;
    const mjl_result result = new_move(made, entry, &moved);
    if (result != MJL_OK) return result;
    return fill(made, shelf, item->place, item->value, &moved->to, &moved->at);
}

static mjl_result move_live(mjl_transaction *made, mjl_record_shelf shelf,
                            const mjl_record_bundle *from)
{
    mjl_buffer plain = {0};
    mjl_result result = mjl_records_read_bundle(made->records, from, &plain);
    if (result != MJL_OK && result != MJL_OUT_OF_MEMORY) {
        result = mjl_records_fail(made->records, result);
    }
    mjl_bundle_item item;
    for (size_t at = 0; result == MJL_OK;) {
        result = mjl_bundle_next(mjl_buffer_bytes(&plain), &at, &item);
        if (result == MJL_OK) result = move_item(made, shelf, from, &item);
    }
    mjl_buffer_clear(&plain);
    return result == MJL_EMPTY ? MJL_OK : result;
}

/* Sizes of a shelf as they will be. */
typedef struct outlook {
    size_t size, live_size;
} outlook;

static outlook look_at(const mjl_transaction *made, mjl_record_shelf shelf)
{
    outlook sizes = {made->records->shelves[shelf].size, made->records->shelves[shelf].live_size};
    for (size_t i = 0; i < made->fillings_count; i++) {
        if (made->fillings[i].shelf != shelf) continue;
        sizes.size += made->fillings[i].plain.size;
        sizes.live_size += made->fillings[i].bundle->live_size;
    }
    return sizes;
}

/* More than half of what could be spared is enough to pay for moving the rest: over time a byte
 * that became stale moves at most one that did not. */
static bool is_crowded(outlook sizes)
{
    return sizes.size > 2 * sizes.live_size + MJL_BUNDLE_STALE_SIZE_MIN;
}

/* The oldest go first, so that a mark is needed no longer than what it marks can be there. */
static mjl_result tidy(mjl_transaction *made, mjl_record_shelf shelf)
{
    const mjl_records *records = made->records;
    const mjl_record_shelf_bundles *bundles = &records->shelves[shelf];
    const bool is_sweeping =
        records->is_sweeping && shelf == MJL_SHELF_PASSING && bundles->size > bundles->live_size;
    const mjl_record_bundle *oldest = bundles->oldest;
    size_t gone = 0; /* Of what was there, moved or not. */
    size_t gone_live = 0;
    for (; oldest != NULL; oldest = oldest->younger) {
        outlook sizes = look_at(made, shelf);
        sizes.size -= gone;
        sizes.live_size -= gone_live;
        if (oldest->live_size != 0 && !is_sweeping && !is_crowded(sizes)) break;
        if (oldest->live_size != 0) {
            const mjl_result result = move_live(made, shelf, oldest);
            if (result != MJL_OK) return result;
        }
        gone += oldest->size;
        gone_live += oldest->live_size;
        made->leaving[shelf]++;
    }
    return MJL_OK;
}

mjl_result mjl_transaction_plan(mjl_transaction *made)
{
    mjl_records *records = made->records;
    mjl_result result = plan_held(made);
    for (size_t i = 0; result == MJL_OK && i < records->batch_count; i++)
        result = fill_change(made, &records->batch[i]);
    for (mjl_record_shelf shelf = MJL_SHELF_LASTING; shelf < MJL_SHELVES_COUNT; shelf++)
        if (result == MJL_OK) result = tidy(made, shelf);
    return result;
}
