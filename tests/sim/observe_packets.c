#include "observe.h"

#include "inside.h"
#include "trace.h"

/* ---- Keys ---- */

static const uint32_t FORGED = UINT32_MAX - 1; /* Instead of a packet's number. */

/* Whoever opened one of two packets under one key cannot open the other any more. */
static void see_key(sim_world *world, const sim_look *look, mjl_bytes packet, uint32_t number)
{
    mjl_id key;
    sim_table *const sealed = &world->truth.sealed_numbers;
    if (look->wire_format != SIM_WIRE_PRIVATE || !sim_tap_key(world->tap, packet, &key)) return;
    const uint32_t before = sim_table_find(sealed, &key);
    if (before == SIM_NONE) {
        sim_table_put(sealed, &key, number);
        return;
    }
    if (before == number) return;
    if (before != FORGED) world->truth.packets[before].is_doubled = true;
    if (number != FORGED) world->truth.packets[number].is_doubled = true;
    world->has_doubled_keys = true;
    world->has_doubled_commits |= look->content_type == SIM_CONTENT_COMMIT;
}

/* One that came before its epoch was reached: nobody tells what becomes of it. */
static void keep_early(sim_world *world, uint32_t node, mjl_bytes packet)
{
    world->early =
        sim_grown(world->early, world->early_count, &world->early_room, sizeof *world->early);
    struct sim_early *const made = &world->early[world->early_count++];
    *made = (struct sim_early){.node = node, .id = mjl_id_packet(packet)};
    if (mjl_buffer_append(&made->packet, packet) != MJL_OK) abort();
}

void sim_observe_forgery(sim_world *world, uint32_t node, const mjl_verdict *verdict,
                         mjl_bytes packet)
{
    sim_look look;
    if (!sim_look_at(world->tap, packet, &look)) return;
    if (verdict->why == MJL_PARENT_UNKNOWN || verdict->why == MJL_EQUIVOCATION)
        see_key(world, &look, packet, FORGED);
    if (verdict->why == MJL_WRONG_EPOCH) keep_early(world, node, packet);
}

static bool waits(const mjl_session *session, const mjl_id *packet)
{
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        if (mjl_id_equal(&entry->packet, packet)) return true;
    }
    return false;
}

void sim_observe_waiting(sim_world *world, uint32_t node, const mjl_session *session)
{
    sim_look look;
    for (size_t i = 0; i < world->early_count; i++) {
        struct sim_early *const early = &world->early[i];
        if (early->node != node || session->pending == NULL || !waits(session, &early->id))
            continue;
        if (sim_look_at(world->tap, mjl_buffer_bytes(&early->packet), &look))
            see_key(world, &look, mjl_buffer_bytes(&early->packet), FORGED);
    }
}

/* ---- What leaves ---- */

/* The place that a packet bears is what its maker's graph has, by our own reading of the bytes. */
static void see_inside(sim_world *world, uint32_t node, const sim_look *look, uint32_t number)
{
    sim_truth *const truth = &world->truth;
    sim_place *const place = &truth->places[number];
    const mjl_branch_id *const branch = &truth->branches[place->branch].id;
    const mjl_bytes fields[] = {mjl_bytes_of(branch->bytes, MJL_ID_SIZE),
                                mjl_bytes_of(look->author.bytes, MJL_ID_SIZE), look->payload};
    const mjl_id id = sim_look_hash("place", fields, 3);
    if (!look->has_payload || look->is_statement || look->epoch != place->epoch ||
        look->seq != place->seq || memcmp(&id, &place->id, sizeof id) != 0 ||
        sim_truth_identity(truth, &look->author) != place->author ||
        sim_truth_message(truth, &look->message) != place->message) {
        sim_blinded(world, "I5 convergence", node, "the packet of place %u bears another one",
                    number);
        return;
    }
    place->type = look->type;
    place->parents_count = look->parents_count;
    place->parents = sim_zeroed(look->parents_count + 1, sizeof *place->parents);
    memcpy(place->parents, look->parents, look->parents_count * sizeof *place->parents);
}

/* What its author's statement gives again, whoever it is that lacks it. */
static void see_given_again(sim_world *world, const sim_look *look)
{
    mjl_place_id places[MJL_QUOTES_MAX];
    const size_t count = sim_look_given_again(look, places);
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = sim_truth_place(&world->truth, &places[i]);
        if (place != SIM_NONE) world->truth.places[place].is_given_again = true;
    }
}

uint32_t sim_observe_packet(sim_world *world, uint32_t node, const mjl_packet *packet)
{
    sim_truth *const truth = &world->truth;
    uint32_t number = sim_truth_packet(truth, packet->bytes);
    sim_trace_packet(world, node, packet, number == SIM_NONE);
    if (number != SIM_NONE) {
        truth->packets[number].sendings++;
        return number;
    }
    sim_look look;
    if (!sim_look_at(world->tap, packet->bytes, &look)) {
        sim_blinded(world, "wire", node, "it sends what is no packet");
    }
    const bool is_place = packet->kind == MJL_PACKET_PLACE || packet->kind == MJL_PACKET_COMMIT;
    sim_packet made = {.kind = packet->kind, .maker = node, .first_at = world->now};
    made.sendings = 1;
    made.place = is_place ? sim_truth_place(truth, &packet->place) : SIM_NONE;
    made.wanted_epoch = look.epoch;
    number = sim_truth_add_packet(truth, packet->bytes, &made);
    see_key(world, &look, packet->bytes, number);
    see_given_again(world, &look);
    if (is_place && made.place == SIM_NONE) {
        sim_blinded(world, "I12 persist before send", node, "it sends a place it does not have");
    }
    if (made.place == SIM_NONE) return number;
    world->counters.fresh_bytes += packet->bytes.size;
    if (truth->places[made.place].packet == SIM_NONE) {
        truth->places[made.place].packet = number;
        if (packet->kind == MJL_PACKET_PLACE) see_inside(world, node, &look, made.place);
    }
    return number;
}

/* ---- What comes ---- */

void sim_observe_arrival(sim_world *world, uint32_t node, uint32_t number)
{
    sim_truth *const truth = &world->truth;
    sim_view *const view = &truth->views[node];
    const uint32_t place = number == SIM_NONE ? (uint32_t)SIM_NONE : truth->packets[number].place;
    if (place == SIM_NONE || sim_set_has(&view->arrived, place)) return;
    sim_set_add(&view->arrived, place);
    if (sim_inside_has_let_go(world, node, truth->places[place].branch))
        sim_set_add(&view->too_late, place);
}
