/* What a member took and could not open or place yet: packets of epochs that it has not reached,
   which are opened once it has, and places whose parents are not here. */
#include "oracle_warnings_knowledge.h"

/* Its commit was applied, whose place may still wait for what it follows; or a Welcome led there.
 */
static bool is_reached(const knowledge *known, const sim_world *world, uint32_t node,
                       uint32_t branch)
{
    const mjl_id *commit = &world->truth.branches[branch].id;
    return knowledge_is_here(world, node, commit) ||
           knowledge_waits(known, &world->truth, commit) || sim_set_has(&known->roots, branch);
}

/* One of them may open the way to others. */
static bool open_some(knowledge *known, sim_world *world, uint32_t node)
{
    sim_look look;
    const size_t count = known->unopened_count;
    size_t kept = 0;
    for (size_t i = 0; i < known->unopened_count; i++) {
        const known_unopened unopened = known->unopened[i];
        if (!is_reached(known, world, node, unopened.branch)) {
            known->unopened[kept++] = unopened;
            continue;
        }
        if (unopened.packet == SIM_NONE) {
            knowledge_note_crafted(known, world, node, unopened.crafted, true);
            continue;
        }
        const sim_packet *const packet = &world->truth.packets[unopened.packet];
        const mjl_bytes bytes = mjl_buffer_bytes(&packet->bytes);
        if (packet->place != SIM_NONE) {
            const sim_place *const place = &world->truth.places[packet->place];
            const mjl_id *id = &place->id;
            known_member *const other = &known->others[place->author];
            if (place->epoch > other->may_epoch) other->may_epoch = place->epoch;
            /* Its commit leads on while its place still waits: its author is back. */
            if (place->starts != SIM_NONE) other->is_away_doubtful |= other->away_since != 0;
            if (!knowledge_is_here(world, node, id))
                knowledge_note_waiting(known, world, node, packet->place, true);
        } else if (sim_look_at(world->tap, bytes, &look)) {
            knowledge_take_statement(known, world, node, &look, true);
        }
    }
    known->unopened_count = kept;
    return kept < count;
}

void knowledge_open_what_is_reached(knowledge *known, sim_world *world, uint32_t node)
{
    while (open_some(known, world, node))
        continue;
}

void knowledge_note_named(knowledge *known, uint64_t epoch)
{
    if (epoch > known->latest_named) known->latest_named = epoch;
}

static void note_unopened(knowledge *known, known_unopened unopened)
{
    if (unopened.branch == SIM_NONE) return;
    known->unopened = sim_grown(known->unopened, known->unopened_count, &known->unopened_room,
                                sizeof *known->unopened);
    known->unopened[known->unopened_count++] = unopened;
}

void knowledge_note_buffered(knowledge *known, sim_world *world, uint32_t node, uint32_t packet,
                             mjl_result why, uint32_t branch)
{
    const uint32_t place = world->truth.packets[packet].place;
    if (why == MJL_PARENT_UNKNOWN) {
        if (place != SIM_NONE) knowledge_note_waiting(known, world, node, place, false);
        return;
    }
    knowledge_note_named(known, world->truth.packets[packet].wanted_epoch);
    if (place != SIM_NONE) branch = world->truth.places[place].branch;
    note_unopened(known, (known_unopened){packet, branch, SIM_NONE});
}

void knowledge_crafted_buffered(knowledge *known, sim_world *world, uint32_t node, uint32_t crafted,
                                mjl_result why)
{
    if (why == MJL_PARENT_UNKNOWN) {
        knowledge_note_crafted(known, world, node, crafted, false);
        return;
    }
    const uint32_t branch = known->crafts->entries[crafted].branch;
    note_unopened(known, (known_unopened){SIM_NONE, branch, crafted});
}
