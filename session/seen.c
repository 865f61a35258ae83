#include "seen.h"

#include "majlis/limits.h"

/* Powers of two, of which at least half stays free: from little to twice the bound. */
enum { SLOTS_MIN = 64, SLOTS_MAX = MJL_SEEN_PACKETS_MAX * 2 };

void mjl_seen_clear(mjl_seen *seen)
{
    free(seen->table);
    memset(seen, 0, sizeof *seen);
}

static uint32_t home(const mjl_seen *seen, const mjl_id *packet)
{
    uint32_t start = 0;
    for (int i = 0; i < 4; i++)
        start = start << 8 | packet->bytes[i];
    return start & (seen->slots - 1);
}

const mjl_seen_entry *mjl_seen_find(const mjl_seen *seen, const mjl_id *packet)
{
    if (seen->table == NULL) return NULL;
    for (uint32_t slot = home(seen, packet);; slot = (slot + 1) & (seen->slots - 1)) {
        const mjl_seen_entry *entry = &seen->table[slot];
        if (!entry->is_used) return NULL;
        if (memcmp(&entry->packet, packet, sizeof *packet) == 0) return entry;
    }
}

static uint32_t slot_for(const mjl_seen *seen, const mjl_id *packet)
{
    uint32_t slot = home(seen, packet);
    while (seen->table[slot].is_used)
        slot = (slot + 1) & (seen->slots - 1);
    return slot;
}

/* At the bound everything is forgotten at once: simpler than removing from open addressing, as
   rare, and correctness never needs the table. */
static void forget_all(mjl_seen *seen)
{
    memset(seen->table, 0, seen->slots * sizeof *seen->table);
    seen->count = 0;
}

/* Room for one more. */
static mjl_result reserve(mjl_seen *seen)
{
    const uint32_t slots = seen->table == NULL ? 0 : seen->slots;
    if (seen->count < slots / 2) return MJL_OK;
    if (slots == SLOTS_MAX) {
        forget_all(seen);
        return MJL_OK;
    }
    mjl_seen wider = {.slots = slots == 0 ? SLOTS_MIN : 2 * slots};
    wider.table = calloc(wider.slots, sizeof *wider.table);
    if (wider.table == NULL) return MJL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < slots; i++) {
        const mjl_seen_entry *entry = &seen->table[i];
        if (entry->is_used) wider.table[slot_for(&wider, &entry->packet)] = *entry;
    }
    wider.count = seen->count;
    free(seen->table);
    *seen = wider;
    return MJL_OK;
}

mjl_result mjl_seen_add(mjl_seen *seen, const mjl_id *packet, uint32_t place, bool is_own)
{
    mjl_seen_entry *const known = (mjl_seen_entry *)mjl_seen_find(seen, packet);
    if (known != NULL) {
        if (known->place == UINT32_MAX) known->place = place; /* It waited; now it has its place. */
        return MJL_OK;
    }
    const mjl_result result = reserve(seen);
    if (result != MJL_OK) return result;
    mjl_seen_entry *entry = &seen->table[slot_for(seen, packet)];
    entry->packet = *packet;
    entry->place = place;
    entry->is_own = is_own;
    entry->is_used = true;
    seen->count++;
    return MJL_OK;
}
