/*
 * L3: what is lost is repeated by the group, not by everybody. The packet of a place goes out again
 * at the pace of one member's back-off (DESIGN section 9), in each of its turns at most once per
 * BC_LAT, since whoever hears a repetition waits: in the longest turn eight times, be there a
 * thousand members. Besides, each want and each knock may be answered by two (answers cross), and
 * who starts again sends again what it does not know to be sent.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "L3 amplification";

enum { DOUBLINGS = 3, STAYS = 12, THROTTLE = 8, HOUR_MS = 3600000 };

typedef struct amplify {
    uint64_t asked;           /* Wants, knocks and starts so far: each calls for packets. */
    uint64_t *asked_at_first; /* By number of packet. */
    size_t count, room;
} amplify;

static void *make(const sim_world *world)
{
    (void)world;
    return sim_zeroed(1, sizeof(amplify));
}

static void end(void *context)
{
    free(((amplify *)context)->asked_at_first);
    free(context);
}

/* How often one member repeats in that time by DESIGN section 8: waits double up to 8 BC_LAT, stay
 * for a while, then double up to an hour. */
static uint64_t turns_in(const sim_world *world, mjl_time passed)
{
    uint64_t turns = 0;
    mjl_time spent = 0;
    const mjl_time bc_lat = world->script->manner.bc_lat_ms;
    for (mjl_time wait = bc_lat; spent + wait <= passed; turns++) {
        spent += wait;
        const bool stays = turns >= DOUBLINGS && turns < STAYS;
        if (!stays && wait * 2 <= HOUR_MS) wait *= 2;
    }
    return turns;
}

static bool asks(const sim_world *world, const mjl_packet *packet)
{
    sim_look look;
    if (packet->kind == MJL_PACKET_KNOCK) return true;
    return packet->kind == MJL_PACKET_STATEMENT && sim_look_at(world->tap, packet->bytes, &look) &&
           look.type == SIM_TYPE_WANT;
}

static void note_first(amplify *state, uint32_t number)
{
    while (state->count <= number) {
        state->asked_at_first = sim_grown(state->asked_at_first, state->count, &state->room,
                                          sizeof *state->asked_at_first);
        state->asked_at_first[state->count++] = state->asked;
    }
}

static void on_packet_out(void *context, sim_world *world, uint32_t node,
                          const sim_sending *sending)
{
    amplify *const state = context;
    const sim_packet *const packet = &world->truth.packets[sending->number];
    state->asked += asks(world, sending->packet);
    note_first(state, sending->number);
    if (packet->place == SIM_NONE || sending->is_first) return;
    const uint64_t again = packet->sendings - 1;
    const mjl_time passed = world->now - packet->first_at;
    const uint64_t answers = 2 * (state->asked - state->asked_at_first[sending->number]);
    /* A copy is one machine more that repeats. */
    const uint64_t at_once = world->nodes_count < THROTTLE ? world->nodes_count : THROTTLE;
    const uint64_t most = at_once * (1 + turns_in(world, passed));
    if (again > most + answers) {
        sim_broken(world, name, node, "packet %u goes out again for the %lluth time in %lld ms",
                   sending->number, (unsigned long long)again, (long long)passed);
    }
}

static void on_reopen(void *context, sim_world *world, uint32_t node)
{
    (void)world;
    (void)node;
    ((amplify *)context)->asked++;
}

const sim_oracle sim_oracle_amplify = {.name = name,
                                       .make = make,
                                       .on_packet_out = on_packet_out,
                                       .on_reopen = on_reopen,
                                       .free = end};
