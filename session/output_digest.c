#include "output_digest.h"

#include "pack.h"

void mjl_output_digest_init(mjl_output_digest *digest)
{
    memset(digest, 0, sizeof *digest);
    crypto_generichash_init(&digest->packets_hash, NULL, 0, MJL_ID_SIZE);
    crypto_generichash_init(&digest->events_hash, NULL, 0, MJL_ID_SIZE);
}

void mjl_output_digest_finish(mjl_output_digest *digest, mjl_id *packets, mjl_id *events)
{
    crypto_generichash_final(&digest->packets_hash, packets->bytes, MJL_ID_SIZE);
    crypto_generichash_final(&digest->events_hash, events->bytes, MJL_ID_SIZE);
}

/* Hashes one packed value and wipes it. */
static mjl_result add(crypto_generichash_state *hash, const mjl_pack *pack)
{
    if (pack->result == MJL_OK) {
        crypto_generichash_update(hash, pack->out->data, pack->out->size);
    }
    mjl_buffer_clear(pack->out);
    return pack->result;
}

static void pack_id(mjl_pack *pack, const mjl_id *id)
{
    mjl_pack_bin(pack, mjl_bytes_of(id->bytes, MJL_ID_SIZE));
}

mjl_result mjl_output_digest_packet(mjl_output_digest *digest, const mjl_packet *packet)
{
    enum { PACKET_FIELDS = 7 };
    mjl_buffer packed = {0};
    mjl_pack pack = mjl_pack_to(&packed);
    mjl_pack_array(&pack, PACKET_FIELDS);
    mjl_pack_uint(&pack, packet->number);
    mjl_pack_uint(&pack, (uint64_t)packet->kind);
    mjl_pack_uint(&pack, packet->session_number);
    mjl_pack_uint(&pack, packet->resend);
    pack_id(&pack, &packet->subject);
    pack_id(&pack, &packet->place);
    mjl_pack_bin(&pack, packet->bytes);
    const mjl_result result = add(&digest->packets_hash, &pack);
    if (result == MJL_OK) digest->packets++;
    return result;
}

static void pack_numbers(mjl_pack *pack, const mjl_event *event)
{
    const uint64_t numbers[] = {event->number,         (uint64_t)event->kind,
                                event->session_number, event->old_state,
                                event->new_state,      (uint64_t)event->why,
                                event->epoch,          event->seq,
                                event->parents_differ, event->roster_differs,
                                event->held_count,     event->readers_count,
                                event->warning,        (uint64_t)event->warning_kind,
                                event->intent,         (uint64_t)event->intent_state,
                                event->content_type,   event->parts_count,
                                event->parts_done,     event->parts_everyone};
    const size_t count = sizeof numbers / sizeof numbers[0];
    mjl_pack_array(pack, count);
    for (size_t i = 0; i < count; i++)
        mjl_pack_uint(pack, numbers[i]);
}

mjl_result mjl_output_digest_event(mjl_output_digest *digest, const mjl_event *event)
{
    if (event->number == 0) return MJL_OK;
    mjl_buffer packed = {0};
    mjl_pack pack = mjl_pack_to(&packed);
    pack_numbers(&pack, event);
    mjl_pack_int(&pack, event->at);
    mjl_pack_int(&pack, event->due);
    mjl_pack_int(&pack, event->ran);
    const mjl_id *ids[] = {&event->branch,      &event->old_branch, &event->member,
                           &event->by,          &event->message,    &event->place,
                           &event->other_place, &event->subject};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        pack_id(&pack, ids[i]);
    const mjl_bytes strings[] = {event->name, event->media_type, event->body, event->missing};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        mjl_pack_bin(&pack, strings[i]);
    mjl_pack_bin(&pack, mjl_bytes_text(event->task_kind == NULL ? "" : event->task_kind));
    const mjl_result result = add(&digest->events_hash, &pack);
    if (result == MJL_OK) digest->events++;
    return result;
}
