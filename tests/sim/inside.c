#include "inside.h"

const mjl_epoch *sim_inside_epoch(const sim_world *world, uint32_t node, uint32_t branch)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL) return NULL;
    const uint32_t index = mjl_branches_find(&session->branches, &world->truth.branches[branch].id);
    return index == MJL_NO_INDEX ? NULL : &session->branches.epochs[index];
}

bool sim_inside_has_let_go(const sim_world *world, uint32_t node, uint32_t branch)
{
    const mjl_epoch *const epoch = sim_inside_epoch(world, node, branch);
    return epoch != NULL && epoch->group == NULL;
}

bool sim_inside_keeps_packet(const sim_world *world, uint32_t node, uint32_t place)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL || session->transcript == NULL) return false;
    const uint32_t index =
        mjl_transcript_find_place(session->transcript, &world->truth.places[place].id);
    return index != MJL_NO_INDEX && session->holdings.entries[index].packet_size > 0;
}
