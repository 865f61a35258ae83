#include "outbox.h"

#include "array.h"
#include "majlis/limits.h"
#include "pack.h"
#include "record_kinds.h"

struct mjl_outgoing {
    mjl_packet packet; /* Its bytes are ours. */
    uint64_t record;   /* Where it is saved; 0: not yet. */
    bool is_sent;      /* Since the last persist. */
};

enum { OUTGOING_FIELDS = 7, OUTBOX_FORMAT = 2, RECORD_SIZE_FULL = 2048, PACKET_OVERHEAD = 112 };

void mjl_outbox_init(mjl_outbox *outbox)
{
    memset(outbox, 0, sizeof *outbox);
    outbox->next_number = 1;
    outbox->persisted_below = 1;
}

void mjl_outbox_clear(mjl_outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++) {
        free((uint8_t *)(uintptr_t)outbox->entries[outbox->first + i].packet.bytes.data);
    }
    free(outbox->entries);
    mjl_outbox_init(outbox);
}

bool mjl_outbox_has_room(const mjl_outbox *outbox, size_t more)
{
    const size_t reserve = outbox->in_timer ? 0 : MJL_OUTBOX_TIMER_RESERVE;
    return outbox->count + more + reserve <= MJL_OUTBOX_MAX;
}

static mjl_result reserve_entry(mjl_outbox *outbox)
{
    if (outbox->first + outbox->count < outbox->room) return MJL_OK;
    if (outbox->first >= outbox->count && outbox->first > 0) {
        memmove(outbox->entries, outbox->entries + outbox->first,
                outbox->count * sizeof *outbox->entries);
        outbox->first = 0;
        return MJL_OK;
    }
    return mjl_array_reserve(&outbox->entries, outbox->first + outbox->count, &outbox->room, 1,
                             sizeof *outbox->entries);
}

static mjl_result append(mjl_outbox *outbox, const mjl_packet *packet)
{
    const mjl_result result = reserve_entry(outbox);
    if (result != MJL_OK) return result;
    uint8_t *bytes = malloc(packet->bytes.size == 0 ? 1 : packet->bytes.size);
    if (bytes == NULL) return MJL_OUT_OF_MEMORY;
    if (packet->bytes.size != 0) memcpy(bytes, packet->bytes.data, packet->bytes.size);
    struct mjl_outgoing *entry = &outbox->entries[outbox->first + outbox->count++];
    entry->packet = *packet;
    entry->packet.bytes.data = bytes;
    entry->is_sent = false;
    entry->record = 0;
    return MJL_OK;
}

mjl_result mjl_outbox_push(mjl_outbox *outbox, const mjl_packet *packet)
{
    const mjl_result result = append(outbox, packet);
    if (result != MJL_OK) return result;
    outbox->entries[outbox->first + outbox->count - 1].packet.number = outbox->next_number++;
    return MJL_OK;
}

mjl_result mjl_outbox_next(mjl_outbox *outbox, mjl_packet *packet)
{
    while (outbox->handed < outbox->count) {
        const struct mjl_outgoing *next = &outbox->entries[outbox->first + outbox->handed];
        if (next->packet.number >= outbox->persisted_below) return MJL_UNPERSISTED;
        outbox->handed++;
        if (next->is_sent) continue;
        *packet = next->packet;
        return MJL_OK;
    }
    return MJL_EMPTY;
}

/* Numbers ascend in the queue: halve until found. */
static struct mjl_outgoing *find(const mjl_outbox *outbox, uint64_t number)
{
    size_t low = 0;
    size_t high = outbox->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        struct mjl_outgoing *entry = &outbox->entries[outbox->first + middle];
        if (entry->packet.number == number) return entry;
        if (entry->packet.number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool mjl_outbox_is_waiting(const mjl_outbox *outbox, uint64_t number)
{
    const struct mjl_outgoing *entry = number == 0 ? NULL : find(outbox, number);
    return entry != NULL && !entry->is_sent;
}

mjl_result mjl_outbox_sent(mjl_outbox *outbox, uint64_t number)
{
    struct mjl_outgoing *entry = find(outbox, number);
    if (entry == NULL || entry->is_sent || number >= outbox->persisted_below) return MJL_NOT_FOUND;
    outbox->has_sent = true;
    entry->is_sent = true;
    return MJL_OK;
}

/* ---- Saved: [ format, count ], then that many packets ---- */

static mjl_result encode(const mjl_packet *packet, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, OUTGOING_FIELDS);
    mjl_pack_uint(&pack, packet->number);
    mjl_pack_uint(&pack, packet->kind);
    mjl_pack_uint(&pack, packet->session_number);
    mjl_pack_uint(&pack, packet->resend);
    mjl_pack_bin(&pack, mjl_bytes_of(packet->subject.bytes, MJL_ID_SIZE));
    mjl_pack_bin(&pack, mjl_bytes_of(packet->place.bytes, MJL_ID_SIZE));
    mjl_pack_bin(&pack, packet->bytes);
    return pack.result;
}

static void decode(mjl_unpack *unpack, mjl_packet *packet)
{
    memset(packet, 0, sizeof *packet);
    mjl_unpack_array_of(unpack, OUTGOING_FIELDS);
    packet->number = mjl_unpack_uint(unpack);
    packet->kind = (mjl_packet_kind)mjl_unpack_uint_to(unpack, MJL_PACKET_KNOCK);
    packet->session_number = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    packet->resend = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    mjl_unpack_fixed(unpack, packet->subject.bytes, MJL_ID_SIZE);
    mjl_unpack_fixed(unpack, packet->place.bytes, MJL_ID_SIZE);
    packet->bytes = mjl_unpack_bin(unpack);
}

/* What is not sent of `count` entries, as the record of the first; without any, it goes. */
static mjl_result put_record(const struct mjl_outgoing *entries, size_t count, mjl_records *records)
{
    size_t left = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].is_sent) continue;
        left++;
        size += entries[i].packet.bytes.size + PACKET_OVERHEAD;
    }
    uint8_t bytes[8];
    mjl_key_of_number(entries[0].record, bytes);
    const mjl_bytes key = mjl_bytes_of(bytes, sizeof bytes);
    if (left == 0) return mjl_records_delete(records, 0, MJL_RECORD_OUTBOX, key);
    mjl_buffer value = {0};
    mjl_result result = mjl_buffer_reserve(&value, size);
    mjl_pack pack = mjl_pack_to(&value);
    mjl_pack_array(&pack, 2);
    mjl_pack_uint(&pack, OUTBOX_FORMAT);
    mjl_pack_uint(&pack, left);
    if (result == MJL_OK) result = pack.result;
    for (size_t i = 0; result == MJL_OK && i < count; i++) {
        if (!entries[i].is_sent) result = encode(&entries[i].packet, &value);
    }
    if (result == MJL_OK) {
        result = mjl_records_put(records, 0, MJL_RECORD_OUTBOX, key, mjl_buffer_bytes(&value));
    }
    mjl_buffer_clear(&value);
    return result;
}

/* New packets share a record until it is full. */
static void assign_records(mjl_outbox *outbox)
{
    size_t size = RECORD_SIZE_FULL;
    uint64_t record = 0;
    for (size_t i = 0; i < outbox->count; i++) {
        struct mjl_outgoing *entry = &outbox->entries[outbox->first + i];
        if (entry->packet.number < outbox->persisted_below) continue;
        if (size >= RECORD_SIZE_FULL) {
            record = entry->packet.number;
            size = 0;
        }
        entry->record = record;
        size += entry->packet.bytes.size;
    }
}

mjl_result mjl_outbox_save(mjl_outbox *outbox, mjl_records *records)
{
    if (!outbox->has_sent && outbox->persisted_below == outbox->next_number) return MJL_OK;
    assign_records(outbox);
    mjl_result result = MJL_OK;
    const struct mjl_outgoing *entries = outbox->entries + outbox->first;
    for (size_t i = 0, end = 0; result == MJL_OK && i < outbox->count; i = end) {
        bool is_changed = entries[i].packet.number >= outbox->persisted_below;
        for (end = i; end < outbox->count && entries[end].record == entries[i].record; end++)
            is_changed = is_changed || entries[end].is_sent;
        if (is_changed) result = put_record(&entries[i], end - i, records);
    }
    return result;
}

/* Drops sent entries anywhere in the queue, keeping the order of the rest and what was handed out.
 */
void mjl_outbox_persisted(mjl_outbox *outbox)
{
    if (outbox->has_sent) {
        struct mjl_outgoing *entries = outbox->entries + outbox->first;
        size_t kept = 0;
        size_t handed = 0;
        for (size_t i = 0; i < outbox->count; i++) {
            if (entries[i].is_sent) {
                free((uint8_t *)(uintptr_t)entries[i].packet.bytes.data);
                continue;
            }
            if (i < outbox->handed) handed++;
            entries[kept++] = entries[i];
        }
        outbox->count = kept;
        outbox->handed = handed;
        outbox->has_sent = false;
    }
    outbox->persisted_below = outbox->next_number;
}

mjl_result mjl_outbox_load(mjl_outbox *outbox, mjl_bytes key, mjl_bytes value)
{
    if (key.size != 8) return MJL_STORE_DAMAGED;
    const uint64_t record = mjl_number_of_key(key.data);
    mjl_unpack unpack = mjl_unpack_from(value);
    mjl_unpack_array_of(&unpack, 2);
    if (mjl_unpack_uint(&unpack) != OUTBOX_FORMAT) mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    const uint64_t count = mjl_unpack_uint_to(&unpack, value.size);
    for (uint64_t i = 0; unpack.result == MJL_OK && i < count; i++) {
        mjl_packet packet;
        decode(&unpack, &packet);
        if (unpack.result != MJL_OK) break;
        const bool follows =
            outbox->count == 0 ||
            packet.number > outbox->entries[outbox->first + outbox->count - 1].packet.number;
        if (packet.number < record || !follows) return MJL_STORE_DAMAGED;
        if (packet.number >= outbox->next_number) return MJL_SAVED_ID_TOO_HIGH;
        const mjl_result result = append(outbox, &packet);
        if (result != MJL_OK) return result;
        outbox->entries[outbox->first + outbox->count - 1].record = record;
    }
    return mjl_unpack_end(&unpack);
}
