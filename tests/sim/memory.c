#include "memory.h"

#include "../memory/allocation.h"

void sim_memory_runs_out(const sim_node *node)
{
    const sim_node_memory *const memory = &node->memory;
    if (memory->fails_in == 0) return;
    if (memory->stays_away)
        allocation_fail_after(memory->fails_in - 1);
    else
        allocation_fail_once_after(memory->fails_in - 1);
}

bool sim_memory_came_back(sim_node *node)
{
    if (node->memory.fails_in == 0) return false;
    const bool has_failed = allocation_failed();
    node->memory.fails_in = has_failed ? 0 : node->memory.fails_in - allocation_count();
    return has_failed;
}

static bool has_closed_itself(mjl_profile *profile)
{
    return mjl_profile_packet_sent(profile, UINT64_MAX) == MJL_STORE_FAILED;
}

/* Whether the call is to be made again. */
static bool is_refused(sim_node *node, mjl_result *result)
{
    if (!sim_memory_came_back(node) || *result != MJL_OUT_OF_MEMORY) return false;
    if (!has_closed_itself(node->profile)) return true;
    *result = MJL_STORE_FAILED;
    return false;
}

mjl_result sim_memory_step(sim_node *node, mjl_time now)
{
    mjl_result result;
    do {
        sim_memory_runs_out(node);
        result = mjl_profile_step(node->profile, now);
    } while (is_refused(node, &result));
    return result;
}

mjl_result sim_memory_receive(sim_node *node, mjl_time now, mjl_bytes packet, mjl_verdict *verdict)
{
    mjl_result result;
    do {
        sim_memory_runs_out(node);
        result = mjl_profile_receive(node->profile, now, 1, packet, verdict);
    } while (is_refused(node, &result));
    return result;
}
