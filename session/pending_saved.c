/* Waiting places as records, and every promise of their room. */
#include "pending_state.h"

#include "lists.h"

#include <assert.h>

enum { RECORD_FIELDS = 9 };

size_t mjl_pending_dirty_count(const mjl_pending *pending)
{
    return pending->changes_count;
}

mjl_pending_change mjl_pending_dirty(const mjl_pending *pending, size_t i)
{
    assert(i < pending->changes_count);
    return pending->changes[i];
}

void mjl_pending_dirty_clear(mjl_pending *pending)
{
    for (uint32_t slot = pending->first; slot != MJL_NO_SLOT; slot = pending->entries[slot].next)
        pending->entries[slot].dirty_at = MJL_NO_SLOT;
    pending->changes_count = pending->removals_count = 0;
}

static void pack_entry(mjl_pack *pack, const mjl_pending_entry *of)
{
    mjl_pack_array(pack, RECORD_FIELDS);
    mjl_pack_uint(pack, of->serial);
    mjl_pack_id(pack, &of->packet);
    mjl_pack_id(pack, &of->place);
    mjl_pack_id(pack, &of->branch);
    mjl_pack_id(pack, &of->author);
    mjl_pack_uint(pack, of->seq);
    mjl_pack_int(pack, of->since);
    mjl_pack_place_refs(pack, of->missing, of->missing_count);
    mjl_pack_bin(pack, of->blob);
}

mjl_result mjl_pending_save(const mjl_pending *pending, uint64_t serial, mjl_buffer *out)
{
    const uint32_t slot = mjl_pending_find_serial(pending, serial);
    if (slot == MJL_NO_SLOT) return MJL_NOT_FOUND;
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    pack_entry(&pack, &pending->entries[slot].view);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_pending_load(mjl_pending *pending, mjl_bytes saved)
{
    mjl_place_ref missing[MJL_PARENTS_MAX];
    mjl_pending_entry of = {.missing = missing};
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, RECORD_FIELDS);
    of.serial = mjl_unpack_uint_to(&unpack, UINT64_MAX - 1);
    of.packet = mjl_unpack_id(&unpack);
    of.place = mjl_unpack_id(&unpack);
    of.branch = mjl_unpack_id(&unpack);
    of.author = mjl_unpack_id(&unpack);
    of.seq = mjl_unpack_uint(&unpack);
    of.since = mjl_unpack_int(&unpack);
    of.missing_count = mjl_unpack_place_refs(&unpack, missing, MJL_PARENTS_MAX);
    of.blob = mjl_unpack_bin_to(&unpack, MJL_PENDING_BYTES_PER_AUTHOR_MAX);
    if (mjl_unpack_end(&unpack) != MJL_OK) return MJL_STORE_DAMAGED;
    if (of.serial < mjl_pending_next_serial(pending)) return MJL_STORE_DAMAGED;
    uint32_t slot;
    const mjl_result result = mjl_pending_add_numbered(pending, &of, &slot);
    return result == MJL_OK || result == MJL_OUT_OF_MEMORY ? result : MJL_STORE_DAMAGED;
}

/* ---- Invariants ---- */

static bool waits_in(const mjl_pending_gap_slot *of, uint32_t slot)
{
    size_t count = 0;
    for (uint32_t i = 0; i < of->count; i++)
        count += of->waiters[i] == slot;
    return count == 1;
}

bool mjl_pending_check(const mjl_pending *pending)
{
    size_t count = 0, ready = 0, size = 0;
    uint64_t serial = 0;
    for (uint32_t slot = pending->first; slot != MJL_NO_SLOT; slot = pending->entries[slot].next) {
        const mjl_pending_slot *of = &pending->entries[slot];
        if (of->view.serial <= serial) return false;
        serial = of->view.serial;
        if (mjl_pending_find_entry(pending, &of->view.place) != slot) return false;
        if (mjl_pending_find_serial(pending, serial) != slot) return false;
        for (size_t i = 0; i < of->view.missing_count; i++) {
            const uint32_t gap_slot = mjl_pending_find_gap(pending, &of->missing[i].id);
            if (gap_slot == MJL_NO_SLOT || !waits_in(&pending->gaps[gap_slot], slot)) return false;
        }
        ready += of->view.missing_count == 0;
        size += of->blob.size;
        count++;
    }
    for (size_t i = 0; i < pending->authors_count; i++) {
        const mjl_pending_author *by = &pending->authors[i];
        if (by->count == 0 || by->count > MJL_PENDING_PER_AUTHOR_MAX) return false;
        if (by->size > MJL_PENDING_BYTES_PER_AUTHOR_MAX || by->size > size) return false;
        size -= by->size;
    }
    return count == pending->count && ready == pending->ready_count && size == 0;
}
