#include "heal.h"

void sim_heal(sim_world *world)
{
    const mjl_network_link link = {.delay_ms_min = 5, .delay_ms_max = 60};
    mjl_network_partition(world->network, NULL);
    mjl_network_clog(world->network, INT64_MIN);
    mjl_network_drop_flying(world->network);
    for (uint32_t i = 0; i < world->members_count; i++) {
        sim_node *const node = &world->nodes[i];
        if (!sim_world_is_core(world, i)) continue;
        for (uint32_t to = 0; to < world->members_count; to++) {
            if (to != i && sim_world_is_core(world, to)) {
                mjl_network_set_link(world->network, i, to, &link);
            }
        }
        sim_disk_fail(node->disk, 0, SIM_DISK_SOUND);
        node->random.fail_in = node->crash_in = node->memory.fails_in = 0;
        node->load_fault = UINT64_MAX;
        node->held_until = node->slow_until = INT64_MIN;
        if (node->is_there) sim_world_start(world, i);
        /* A host's clock never goes back (majlis/clock.h), and what was saved later is later. */
        mjl_time own = sim_node_now(node, world->now);
        if (node->profile != NULL && mjl_profile_now(node->profile) > own) {
            own = mjl_profile_now(node->profile);
        }
        sim_node_set_clock(node, world->now, own, 0);
        node->is_touched = node->profile != NULL;
    }
}
