#include "node.h"

void sim_node_init(sim_node *node, uint32_t index, uint64_t seed, mjl_time now)
{
    memset(node, 0, sizeof *node);
    node->index = node->identity = index;
    snprintf(node->name, sizeof node->name, "node%u", (unsigned)index);
    node->disk = sim_disk_new();
    node->random.chance = sim_chance_split(seed, "node", index);
    node->random.remembered = node->random.chance;
    node->clock.base_world = node->clock.base_own = now;
    node->load_fault = UINT64_MAX;
    node->due = node->up_at = SIM_NEVER;
    node->clock.frozen_until = node->held_until = node->slow_until = INT64_MIN;
}

void sim_node_clear(sim_node *node)
{
    mjl_profile_close(node->profile);
    sim_disk_free(node->disk);
    sim_disk_free(node->snapshot);
    sim_set_clear(&node->invited);
    sim_set_clear(&node->invited_again);
    sim_set_clear(&node->to_let_in);
    sim_set_clear(&node->to_restore);
}

/* ---- The clock ---- */

mjl_time sim_node_now(const sim_node *node, mjl_time world_now)
{
    const sim_node_clock *const clock = &node->clock;
    if (world_now < clock->frozen_until) return clock->base_own;
    const mjl_time passed = world_now - clock->base_world;
    const mjl_time more =
        passed + passed / 1000000 * clock->ppm + passed % 1000000 * clock->ppm / 1000000;
    return clock->base_own > INT64_MAX - more ? INT64_MAX : clock->base_own + more;
}

mjl_time sim_node_world_time(const sim_node *node, mjl_time own, mjl_time world_now)
{
    const sim_node_clock *const clock = &node->clock;
    const mjl_time from = world_now > clock->frozen_until ? world_now : clock->frozen_until;
    const mjl_time shown = sim_node_now(node, from);
    if (own <= shown) return from;
    const mjl_time gap = own - shown;
    if (gap > INT64_MAX / 4) return SIM_NEVER;
    const mjl_time wait = (mjl_time)((double)gap * 1e6 / (double)(1000000 + clock->ppm));
    /* One more when rounding fell short: else the world would stand still before it. */
    mjl_time then = from + wait;
    while (sim_node_now(node, then) < own)
        then++;
    return then;
}

void sim_node_set_clock(sim_node *node, mjl_time world_now, mjl_time own, int64_t ppm)
{
    node->clock.base_world = world_now;
    node->clock.base_own = own;
    node->clock.ppm = ppm;
    node->clock.frozen_until = INT64_MIN;
}

/* ---- Randomness ---- */

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    sim_random *const random = context;
    if (random->fail_in > 0 && --random->fail_in == 0) return MJL_NO_RANDOM;
    sim_chance_fill(&random->chance, out, size);
    return MJL_OK;
}

mjl_random sim_node_random(sim_node *node)
{
    return (mjl_random){&node->random, fill};
}
