/* I3: per branch and author, places are accepted by seq from 0 without gaps, and delivered in
 * order. */
#include "oracles.h"
#include "world.h"

static const char name[] = "I3 author order";

static void on_accepted(void *state, sim_world *world, uint32_t node, uint32_t number)
{
    (void)state;
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    const sim_place *const place = &truth->places[number];
    uint64_t before = 0;
    for (size_t i = 0; i + 1 < view->order_count; i++) {
        const sim_place *const other = &truth->places[view->order[i]];
        if (other->branch != place->branch || other->author != place->author) continue;
        if (other->seq != before) return; /* Told when that one came. */
        before++;
    }
    /* Who contradicts itself has two of one number; a copy's maker is no author to be ordered. */
    if ((world->nodes[place->author].spoils &
         ~(uint32_t)(SIM_SPOIL_ABANDONED | SIM_SPOIL_STRANDED)) != 0)
        return;
    if (place->seq != before) {
        sim_broken(world, name, node, "place %u of node%u has seq %llu, %llu were there", number,
                   place->author, (unsigned long long)place->seq, (unsigned long long)before);
    }
}

const sim_oracle sim_oracle_author_order = {.name = name, .on_accepted = on_accepted};
