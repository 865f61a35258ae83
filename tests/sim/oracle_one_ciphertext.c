/* I14: one place has one ciphertext, whoever sends it and however often. */
#include "oracles.h"
#include "world.h"

/* A member and a copy of it may both place the same message, each with its own chance; so may one
   that went back to before it did. */
static bool were_two(const sim_world *world, uint32_t one, uint32_t other)
{
    if (one == other) return (world->nodes[one].spoils & SIM_SPOIL_WENT_BACK) != 0;
    return world->nodes[one].identity == world->nodes[other].identity;
}

static void on_packet_out(void *state, sim_world *world, uint32_t node, const sim_sending *sending)
{
    (void)state;
    const sim_packet *const packet = &world->truth.packets[sending->number];
    if (packet->place == SIM_NONE) return;
    const sim_place *const place = &world->truth.places[packet->place];
    const bool is_other = place->packet != SIM_NONE && place->packet != sending->number;
    if (is_other && !were_two(world, world->truth.packets[place->packet].maker, packet->maker)) {
        sim_broken(world, "I14 single ciphertext", node, "place %u left as packet %u and as %u",
                   packet->place, place->packet, sending->number);
    }
    /* What its maker had sealed and not sent yet, a copy of it may be the first to send. */
    const bool is_copy = world->nodes[node].identity == place->author;
    if (sending->is_first && place->maker != node && !is_copy) {
        sim_broken(world, "I14 single ciphertext", node, "it made place %u of node%u anew",
                   packet->place, place->maker);
    }
}

const sim_oracle sim_oracle_one_ciphertext = {.name = "I14 single ciphertext",
                                              .on_packet_out = on_packet_out};
