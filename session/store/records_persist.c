/*
 * The batch as one transaction: bundles filled and sealed, other records sealed one by one, bundles
 * that are not needed any more let go, and the new head. Until the store has it, nothing changes
 * but the counts of what is live, which are given back when it does not come to that.
 */
#include "records_inside.h"

#include <sodium.h>

/* A bundle in the making. */
typedef struct filling {
    mjl_record_shelf shelf;
    mjl_record_bundle *bundle;
    mjl_buffer plain;
    mjl_bytes sealed;
} filling;

/* A record that is moved as it is, out of a bundle that goes. */
typedef struct move {
    mjl_record_entry *entry;
    mjl_record_bundle *to;
    size_t at;
} move;

typedef struct transaction {
    mjl_records *records;
    filling *fillings;
    size_t fillings_count, fillings_room;
    move *moves;
    size_t moves_count, moves_room;
    size_t leaving[MJL_SHELVES_COUNT]; /* So many of the oldest bundles. */
    mjl_store_change *changes;
    size_t changes_count;
    uint8_t *sealed, *sealed_next; /* What the changes point into. */
    uint8_t *drawn, *drawn_next;   /* Random bytes, for the nonce of each. */
    uint8_t *keys, *keys_next;     /* Of bundles. */
    mjl_record_head head;
} transaction;

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
static mjl_result filling_of(transaction *made, mjl_record_shelf shelf, filling **found)
{
    for (size_t i = made->fillings_count; i > 0; i--) {
        filling *at = &made->fillings[i - 1];
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
    made->fillings[made->fillings_count++] = (filling){.shelf = shelf, .bundle = bundle};
    *found = &made->fillings[made->fillings_count - 1];
    return MJL_OK;
}

/* Appends a record; answers the bundle and where in it. */
static mjl_result fill(transaction *made, mjl_record_shelf shelf, mjl_store_place place,
                       mjl_bytes value, mjl_record_bundle **bundle, size_t *at)
{
    filling *into = NULL;
    mjl_result result = filling_of(made, shelf, &into);
    if (result != MJL_OK) return result;
    *at = into->plain.size;
    *bundle = into->bundle;
    result = mjl_bundle_append(&into->plain, place, value);
    if (result != MJL_OK) return result;
    into->bundle->live_size += (uint32_t)(into->plain.size - *at);
    return MJL_OK;
}

static mjl_result fill_mark(transaction *made, mjl_record_shelf shelf, mjl_store_place place)
{
    filling *into = NULL;
    const mjl_result result = filling_of(made, shelf, &into);
    return result == MJL_OK ? mjl_bundle_append_mark(&into->plain, place) : result;
}

/* NONE: sealed by itself. */
static mjl_record_shelf shelf_of(const mjl_records *records, const mjl_record_entry *entry)
{
    return entry->kind < MJL_SHELVED_KINDS_MAX ? records->shelf_of[entry->kind] : MJL_SHELF_NONE;
}

static mjl_result fill_change(transaction *made, mjl_record_change *change)
{
    const mjl_records *records = made->records;
    const mjl_record_entry *entry = change->entry;
    const mjl_store_place place = mjl_record_entry_place(entry);
    const mjl_record_shelf shelf = shelf_of(records, entry);
    change->bundle = NULL;
    if (change->is_delete) {
        const uint8_t marked = entry->bundle != NULL ? entry->bundle->shelf : entry->stale_on;
        return marked == 0 ? MJL_OK : fill_mark(made, (mjl_record_shelf)marked, place);
    }
    if (shelf == MJL_SHELF_NONE || change->size > MJL_BUNDLED_VALUE_SIZE_MAX) {
        change->element = malloc(MJL_RECORD_ELEMENT_SIZE);
        return change->element == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    }
    return fill(made, shelf, place, mjl_records_staged(records, change), &change->bundle,
                &change->bundle_at);
}

/* What the batch changes is not live in its bundle any more. */
static void count_live(mjl_records *records, bool is_given_back)
{
    for (size_t i = 0; i < records->batch_count; i++) {
        const mjl_record_entry *entry = records->batch[i].entry;
        mjl_record_bundle *bundle = entry->bundle;
        if (bundle == NULL) continue;
        mjl_record_shelf_bundles *shelf = &records->shelves[bundle->shelf];
        if (is_given_back) {
            bundle->live_size += entry->item.size;
            shelf->live_size += entry->item.size;
        } else {
            bundle->live_size -= entry->item.size;
            shelf->live_size -= entry->item.size;
        }
    }
}

/* ---- Letting bundles go ---- */

static mjl_result move_item(transaction *made, mjl_record_shelf shelf,
                            const mjl_record_bundle *from, const mjl_bundle_item *item)
{
    mjl_record_entry *entry = mjl_record_index_find(&made->records->index, item->place);
    const bool is_live = !item->is_mark && entry != NULL && entry->is_stored &&
                         entry->change == 0 && entry->bundle == from && entry->item.at == item->at;
    if (!is_live) return MJL_OK;
    mjl_result result =
        reserve((void **)&made->moves, made->moves_count, &made->moves_room, sizeof *made->moves);
    if (result != MJL_OK) return result;
    move *moved = &made->moves[made->moves_count];
    moved->entry = entry;
    result = fill(made, shelf, item->place, item->value, &moved->to, &moved->at);
    if (result == MJL_OK) made->moves_count++;
    return result;
}

static mjl_result move_live(transaction *made, mjl_record_shelf shelf,
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

static outlook look_at(const transaction *made, mjl_record_shelf shelf)
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
static mjl_result tidy(transaction *made, mjl_record_shelf shelf)
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

static mjl_result plan(transaction *made)
{
    mjl_records *records = made->records;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < records->batch_count; i++)
        result = fill_change(made, &records->batch[i]);
    for (mjl_record_shelf shelf = MJL_SHELF_LASTING; shelf < MJL_SHELVES_COUNT; shelf++)
        if (result == MJL_OK) result = tidy(made, shelf);
    return result;
}

/* ---- Sealing ---- */

static mjl_result reserve_sealed(transaction *made)
{
    const mjl_records *records = made->records;
    size_t count = 1 + made->fillings_count + records->batch_count; /* The head. */
    size_t size = MJL_RECORD_HEAD_SIZE;
    for (size_t i = 0; i < made->fillings_count; i++)
        size += made->fillings[i].plain.size + MJL_RECORD_OVERHEAD;
    for (size_t i = 0; i < records->batch_count; i++) {
        const mjl_record_change *change = &records->batch[i];
        if (!change->is_delete && change->bundle == NULL)
            size += change->size + MJL_RECORD_OVERHEAD;
    }
    const size_t drawn_size = count * MJL_RECORD_NONCE_SIZE;
    for (size_t i = 0; i < MJL_SHELVES_COUNT; i++)
        count += made->leaving[i];
    made->changes = calloc(count, sizeof *made->changes);
    made->keys = made->keys_next = malloc(count * MJL_BUNDLE_KEY_SIZE);
    made->sealed = made->sealed_next = malloc(size);
    made->drawn = made->drawn_next = malloc(drawn_size);
    if (made->changes == NULL || made->keys == NULL || made->sealed == NULL || made->drawn == NULL)
        return MJL_OUT_OF_MEMORY;
    return records->random.fill(records->random.context, made->drawn, drawn_size);
}

static mjl_store_change *next_change(transaction *made, mjl_store_place place)
{
    mjl_store_change *change = &made->changes[made->changes_count++];
    change->place = place;
    return change;
}

/* Seals one value and counts it in the new head. */
static void seal(transaction *made, mjl_store_place place, mjl_bytes value, const uint8_t *content,
                 uint8_t element[MJL_RECORD_ELEMENT_SIZE])
{
    const mjl_record_sealing *sealing = &made->records->sealing;
    mjl_store_change *change = next_change(made, place);
    const mjl_record_sealed_value of = {value, content, made->drawn_next};
    mjl_record_seal(sealing, place, &of, made->sealed_next);
    change->value = mjl_bytes_of(made->sealed_next, value.size + MJL_RECORD_OVERHEAD);
    mjl_record_element(sealing, place, change->value, element);
    mjl_record_set_toggle(made->head.set, element);
    made->head.count++;
    made->sealed_next += change->value.size;
    made->drawn_next += MJL_RECORD_NONCE_SIZE;
}

static void seal_single(transaction *made, mjl_record_change *change)
{
    const mjl_record_entry *entry = change->entry;
    const mjl_store_place place = mjl_record_entry_place(entry);
    const bool was_single = entry->is_stored && entry->bundle == NULL;
    if (was_single) {
        mjl_record_set_toggle(made->head.set, entry->element);
        made->head.count--;
    }
    if (change->is_delete || change->bundle != NULL) {
        if (was_single) next_change(made, place)->is_delete = true;
        return;
    }
    const mjl_bytes value = mjl_records_staged(made->records, change);
    if (!change->knows_content) {
        mjl_record_content(&made->records->sealing, value, change->content);
        change->knows_content = true;
    }
    seal(made, place, value, change->content, change->element);
}

static mjl_store_place place_of(transaction *made, const mjl_record_bundle *bundle)
{
    uint8_t *const key = made->keys_next;
    made->keys_next += MJL_BUNDLE_KEY_SIZE;
    return mjl_record_bundle_place(bundle, key);
}

static void let_go(transaction *made, mjl_record_shelf shelf)
{
    const mjl_record_bundle *at = made->records->shelves[shelf].oldest;
    for (size_t i = 0; i < made->leaving[shelf]; i++, at = at->younger) {
        next_change(made, place_of(made, at))->is_delete = true;
        mjl_record_set_toggle(made->head.set, at->element);
        made->head.count--;
    }
}

static void seal_all(transaction *made)
{
    const mjl_records *records = made->records;
    for (mjl_record_shelf shelf = MJL_SHELF_LASTING; shelf < MJL_SHELVES_COUNT; shelf++)
        let_go(made, shelf);
    for (size_t i = 0; i < made->fillings_count; i++) {
        filling *of = &made->fillings[i];
        uint8_t content[MJL_RECORD_CONTENT_SIZE];
        mjl_record_content(&records->sealing, mjl_buffer_bytes(&of->plain), content);
        seal(made, place_of(made, of->bundle), mjl_buffer_bytes(&of->plain), content,
             of->bundle->element);
    }
    for (size_t i = 0; i < records->batch_count; i++)
        seal_single(made, &records->batch[i]);
    mjl_store_change *head = next_change(made, mjl_record_head_place());
    head->value = mjl_bytes_of(made->sealed_next, MJL_RECORD_HEAD_SIZE);
    mjl_record_head_seal(&records->sealing, &made->head, made->drawn_next, made->sealed_next);
}

/* ---- The transaction is on disk: the index follows. Cannot fail. ---- */

static void settle_change(mjl_records *records, mjl_record_change *change)
{
    mjl_record_entry *entry = change->entry;
    entry->change = 0;
    if (change->is_delete) {
        mjl_record_index_remove(&records->index, entry);
        return;
    }
    entry->is_stored = true;
    if (entry->bundle != NULL) {
        entry->stale_on = entry->bundle->shelf;
    }
    if (change->bundle == NULL) {
        mjl_record_entry_take(entry, change->element);
        change->element = NULL;
    } else {
        mjl_record_entry_move(entry, change->bundle, change->bundle_at,
                              mjl_bundle_item_size(entry->key_size, change->size));
    }
    entry->knows_content = change->knows_content;
    memcpy(entry->content, change->content, sizeof entry->content);
}

static void settle(transaction *made)
{
    mjl_records *records = made->records;
    for (size_t i = 0; i < made->moves_count; i++) {
        mjl_record_entry *entry = made->moves[i].entry;
        mjl_record_entry_move(entry, made->moves[i].to, made->moves[i].at, entry->item.size);
    }
    for (size_t i = 0; i < records->batch_count; i++)
        settle_change(records, &records->batch[i]);
    records->batch_count = 0;
    mjl_records_unstage(records);
    for (size_t shelf = 0; shelf < MJL_SHELVES_COUNT; shelf++) {
        for (size_t i = 0; i < made->leaving[shelf]; i++)
            mjl_record_shelf_drop_oldest(&records->shelves[shelf]);
    }
    for (size_t i = 0; i < made->fillings_count; i++) {
        filling *of = &made->fillings[i];
        of->bundle->size = (uint32_t)of->plain.size;
        mjl_record_shelf_add(&records->shelves[of->shelf], of->bundle);
        of->bundle = NULL;
    }
    records->next_bundle += made->fillings_count;
    records->is_sweeping = false;
    records->head = made->head;
    records->has_head = true;
}

static void transaction_clear(transaction *made)
{
    for (size_t i = 0; i < made->fillings_count; i++) {
        mjl_buffer_clear(&made->fillings[i].plain);
        free(made->fillings[i].bundle);
    }
    free(made->fillings);
    free(made->moves);
    free(made->changes);
    free(made->keys);
    free(made->sealed);
    free(made->drawn);
    sodium_memzero(made, sizeof *made);
}

/* It did not come to that. */
static void forget(mjl_records *records)
{
    count_live(records, true);
    for (size_t i = 0; i < records->batch_count; i++) {
        free(records->batch[i].element);
        records->batch[i].element = NULL;
    }
}

mjl_result mjl_records_persist(mjl_records *records)
{
    if (records->failure != MJL_OK) return records->failure;
    if (records->batch_count == 0 && records->has_head && !records->is_sweeping) return MJL_OK;
    mjl_buffer_clear(&records->read); /* Perhaps that bundle goes. */
    transaction made = {.records = records, .head = records->head};
    made.head.counter++;
    count_live(records, false);
    mjl_result result = plan(&made);
    if (result == MJL_OK) result = reserve_sealed(&made);
    if (result == MJL_OK) {
        seal_all(&made);
        result = mjl_store_apply(records->store, made.changes, made.changes_count);
        if (result != MJL_OK) result = mjl_records_fail(records, result);
    }
    if (result == MJL_OK)
        settle(&made);
    else
        forget(records);
    transaction_clear(&made);
    return result;
}
