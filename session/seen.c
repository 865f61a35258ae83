#include "seen.h"

#include "majlis/limits.h"

/* Twice the bound, a power of two: half of it stays free. */
enum { SLOTS = MJL_SEEN_PACKETS_MAX * 2 };

void mjl_seen_clear(mjl_seen *seen)
{
    free(seen->table);
    memset(seen, 0, sizeof *seen);
}

static uint32_t home(const mjl_id *packet)
{
    uint32_t start = 0;
    for (int i = 0; i < 4; i++)
        start = start << 8 | packet->bytes[i];
    return start & (SLOTS - 1);
}

const mjl_seen_entry *mjl_seen_find(const mjl_seen *seen, const mjl_id *packet)
{
    if (seen->table == NULL) return NULL;
    for (uint32_t slot = home(packet);; slot = (slot + 1) & (SLOTS - 1)) {
        const mjl_seen_entry *entry = &seen->table[slot];
        if (!entry->is_used) return NULL;
        if (memcmp(&entry->packet, packet, sizeof *packet) == 0) return entry;
    }
}

static uint32_t slot_for(const mjl_seen *seen, const mjl_id *packet)
{
    uint32_t slot = home(packet);
    while (seen->table[slot].is_used)
        slot = (slot + 1) & (SLOTS - 1);
    return slot;
}

/* At the bound everything is forgotten at once: simpler than removing from open addressing, as
   rare, and correctness never needs the table. */
static void forget_all(mjl_seen *seen)
{
    memset(seen->table, 0, SLOTS * sizeof *seen->table);
    seen->count = 0;
}

mjl_result mjl_seen_add(mjl_seen *seen, const mjl_id *packet, uint32_t place, bool is_own)
{
    if (seen->table == NULL) {
        seen->table = calloc(SLOTS, sizeof *seen->table);
        if (seen->table == NULL) return MJL_OUT_OF_MEMORY;
    }
    mjl_seen_entry *const known = (mjl_seen_entry *)mjl_seen_find(seen, packet);
    if (known != NULL) {
        if (known->place == UINT32_MAX) known->place = place; /* It waited; now it has its place. */
        return MJL_OK;
    }
    if (seen->count >= MJL_SEEN_PACKETS_MAX) forget_all(seen);
    mjl_seen_entry *entry = &seen->table[slot_for(seen, packet)];
    entry->packet = *packet;
    entry->place = place;
    entry->is_own = is_own;
    entry->is_used = true;
    seen->count++;
    return MJL_OK;
}
