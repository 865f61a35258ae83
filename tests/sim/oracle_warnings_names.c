/* What places name that an insider crafted, and that are in no truth. */
#include "oracle_warnings_knowledge.h"
#include "session_state.h"

#include <stdlib.h>

static uint32_t last_visited(const sim_truth *truth, uint32_t node, uint64_t epoch)
{
    const sim_view *const view = &truth->views[node];
    for (size_t i = view->visits_count; i > 0; i--) {
        const uint32_t branch = view->visits[i - 1].branch;
        if (truth->branches[branch].epoch == epoch) return branch;
    }
    return SIM_NONE;
}

/* The one of its epochs whose tag the packet bears: of the rivals in which it was, too. */
static uint32_t tagged(const sim_world *world, uint32_t node, const sim_look *look)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL) return SIM_NONE;
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const mjl_epoch *const epoch = &session->branches.epochs[i];
        if (epoch->number == look->epoch && memcmp(epoch->tag, look->tag, sizeof look->tag) == 0)
            return sim_truth_branch(&world->truth, &epoch->branch);
    }
    return SIM_NONE;
}

/* A packet may have waited for its transport while the tip went on; in a copy also what its
   original made, where that was. */
uint32_t known_made_on(const sim_world *world, uint32_t node, mjl_bytes packet)
{
    sim_look look;
    const uint32_t tip = world->truth.views[node].tip;
    if (!sim_look_at(world->tap, packet, &look)) return tip;
    uint32_t branch = tagged(world, node, &look);
    if (branch == SIM_NONE) branch = last_visited(&world->truth, node, look.epoch);
    if (branch == SIM_NONE)
        branch = last_visited(&world->truth, world->nodes[node].identity, look.epoch);
    return branch == SIM_NONE ? tip : branch;
}

uint32_t known_crafts_note(known_crafts *crafts, const sim_world *world, mjl_bytes packet)
{
    sim_look look;
    if (!sim_look_at(world->tap, packet, &look) || !look.has_payload || look.is_statement)
        return SIM_NONE;
    const uint32_t author = sim_truth_identity(&world->truth, &look.author);
    if (author == SIM_NONE) return SIM_NONE;
    for (uint32_t i = 0; i < crafts->count; i++) {
        if (crafts->entries[i].payload == look.payload.data) return i;
    }
    crafts->entries =
        sim_grown(crafts->entries, crafts->count, &crafts->room, sizeof *crafts->entries);
    known_crafted *const made = &crafts->entries[crafts->count];
    *made = (known_crafted){.payload = look.payload.data, .author = author};
    made->branch = known_made_on(world, author, packet);
    made->parents = sim_zeroed(MJL_PARENTS_MAX, sizeof *made->parents);
    while (made->parents_count < look.parents_count) {
        made->parents[made->parents_count] = look.parents[made->parents_count].id;
        made->parents_count++;
    }
    return (uint32_t)crafts->count++;
}

void known_crafts_clear(known_crafts *crafts)
{
    for (size_t i = 0; i < crafts->count; i++)
        free(crafts->entries[i].parents);
    free(crafts->entries);
    *crafts = (known_crafts){.count = 0};
}
