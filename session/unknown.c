#include "unknown.h"

#include "array.h"
#include "majlis/limits.h"

void mjl_unknown_clear(mjl_unknown *unknown)
{
    for (size_t i = 0; i < unknown->count; i++)
        mjl_buffer_clear(&unknown->entries[i].packet);
    free(unknown->entries);
    free(unknown->gone);
    memset(unknown, 0, sizeof *unknown);
}

static mjl_result reserve(mjl_unknown *unknown)
{
    if (unknown->entries == NULL) {
        unknown->entries = calloc(MJL_UNKNOWN_EPOCH_PACKETS_MAX, sizeof *unknown->entries);
        if (unknown->entries == NULL) return MJL_OUT_OF_MEMORY;
    }
    return mjl_array_reserve(&unknown->gone, unknown->gone_count, &unknown->gone_room,
                             unknown->count + 1, sizeof *unknown->gone);
}

/* Room in `gone` was reserved when the packet came. */
static void remove_at(mjl_unknown *unknown, size_t i)
{
    unknown->gone[unknown->gone_count++] = unknown->entries[i].number;
    mjl_buffer_clear(&unknown->entries[i].packet);
    unknown->count--;
    memmove(&unknown->entries[i], &unknown->entries[i + 1],
            (unknown->count - i) * sizeof *unknown->entries);
}

mjl_result mjl_unknown_restore(mjl_unknown *unknown, uint64_t number, uint64_t epoch,
                               const mjl_id *id, mjl_bytes packet)
{
    mjl_result result = reserve(unknown);
    if (result != MJL_OK) return result;
    if (unknown->count >= MJL_UNKNOWN_EPOCH_PACKETS_MAX) return MJL_STORE_DAMAGED;
    mjl_unknown_packet entry = {.number = number, .epoch = epoch, .packet_id = *id};
    result = mjl_buffer_append(&entry.packet, packet);
    if (result != MJL_OK) return result;
    unknown->entries[unknown->count++] = entry;
    if (number >= unknown->next_number) unknown->next_number = number + 1;
    return MJL_OK;
}

mjl_result mjl_unknown_add(mjl_unknown *unknown, uint64_t epoch, const mjl_id *id, mjl_bytes packet)
{
    for (size_t i = 0; i < unknown->count; i++) {
        if (memcmp(&unknown->entries[i].packet_id, id, sizeof *id) == 0) return MJL_DUPLICATE;
    }
    mjl_result result = reserve(unknown);
    if (result != MJL_OK) return result;
    if (unknown->count == MJL_UNKNOWN_EPOCH_PACKETS_MAX) remove_at(unknown, 0);
    result = mjl_unknown_restore(unknown, unknown->next_number, epoch, id, packet);
    if (result == MJL_OK) unknown->entries[unknown->count - 1].dirty = true;
    return result;
}

mjl_result mjl_unknown_take(mjl_unknown *unknown, uint64_t epoch_max, mjl_buffer *packet)
{
    for (size_t i = 0; i < unknown->count; i++) {
        if (unknown->entries[i].epoch > epoch_max) continue;
        *packet = unknown->entries[i].packet;
        memset(&unknown->entries[i].packet, 0, sizeof unknown->entries[i].packet);
        remove_at(unknown, i);
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}

void mjl_unknown_drop(mjl_unknown *unknown, uint64_t epoch)
{
    for (size_t i = unknown->count; i > 0; i--) {
        if (unknown->entries[i - 1].epoch <= epoch) remove_at(unknown, i - 1);
    }
}
