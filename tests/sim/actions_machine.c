/* What happens to a member's machine: process, disk, state, clock, randomness, memory. */
#include "actions.h"
#include "observe.h"

static mjl_time lifetime(const sim_world *world)
{
    const uint64_t own = world->script->manner.secret_lifetime_ms;
    return own == 0 ? (mjl_time)MJL_SECRET_LIFETIME_MS_DEFAULT : (mjl_time)own;
}

/* Who is away for half of what keys live may have lost some: it is not asked to converge. */
static void note_absence(sim_world *world, sim_node *node, mjl_time ms)
{
    if (ms > lifetime(world) / 2) node->spoils |= SIM_SPOIL_LAPSED;
}

/* ---- Process ---- */

static bool stop(sim_world *world, sim_node *node, mjl_time down_ms)
{
    if (node->profile == NULL) return false;
    note_absence(world, node, down_ms);
    sim_world_stop(world, node->index, down_ms);
    return true;
}

static bool close_orderly(sim_world *world, sim_node *node, mjl_time down_ms)
{
    if (!sim_world_is_up(world, node->index)) return false;
    sim_world_settle(world, node->index);
    return stop(world, node, down_ms);
}

static bool abandon(sim_world *world, sim_node *node)
{
    node->spoils |= SIM_SPOIL_ABANDONED;
    sim_world_stop(world, node->index, SIM_NEVER);
    return true;
}

static bool arm_crash(sim_node *node, const sim_step *step)
{
    node->crash_at = (sim_boundary)step->args[0];
    node->crash_in = step->args[1] + 1;
    node->crash_down_ms = (mjl_time)step->args[2];
    return node->profile != NULL;
}

/* ---- Disk ---- */

static bool arm_disk(sim_node *node, const sim_step *step)
{
    if (node->profile == NULL) return false;
    sim_disk_fail(node->disk, step->args[1], (sim_disk_fault)step->args[0]);
    node->crash_down_ms = (mjl_time)step->args[2];
    return true;
}

static bool damage(sim_world *world, sim_node *node, const sim_step *step)
{
    if (!node->is_there || (node->spoils & SIM_SPOIL_DAMAGED) != 0) return false;
    sim_chance chance = sim_chance_split(world->script->seed, "damage", step->number);
    sim_world_stop(world, node->index, SIM_NEVER);
    if (!sim_disk_damage_one(node->disk, &chance, (sim_disk_damage)step->args[0], node->snapshot)) {
        sim_world_start(world, node->index);
        return false;
    }
    node->spoils |= SIM_SPOIL_DAMAGED;
    if (sim_world_start(world, node->index)) {
        sim_broken(world, "I19 fail-stop", node->index, "it opens a damaged store");
    }
    return true;
}

/* ---- State ---- */

static bool snapshot(sim_node *node)
{
    if (!node->is_there) return false;
    sim_disk_free(node->snapshot);
    node->snapshot = sim_disk_copy(node->disk);
    return true;
}

static bool roll_back(sim_world *world, sim_node *node)
{
    if (node->snapshot == NULL || (node->spoils & SIM_SPOIL_DAMAGED) != 0) return false;
    sim_world_stop(world, node->index, SIM_NEVER);
    sim_disk_free(node->disk);
    node->disk = sim_disk_copy(node->snapshot);
    node->spoils |= SIM_SPOIL_WENT_BACK;
    sim_observe_new_lineage(world, node->index);
    return sim_world_start(world, node->index);
}

/* ---- Clock ---- */

static bool jump(sim_world *world, sim_node *node, mjl_time forward, mjl_time back)
{
    const mjl_time own = sim_node_now(node, world->now);
    const mjl_time ahead = own > INT64_MAX - forward ? INT64_MAX : own + forward;
    sim_node_set_clock(node, world->now, ahead - back, node->clock.ppm);
    if (forward > lifetime(world) / 4) node->spoils |= SIM_SPOIL_CLOCK;
    node->has_leapt |= forward > 0;
    node->is_touched = true;
    return true;
}

static bool freeze(sim_world *world, sim_node *node, mjl_time ms)
{
    sim_node_set_clock(node, world->now + ms, sim_node_now(node, world->now), node->clock.ppm);
    node->clock.frozen_until = world->now + ms;
    return true;
}

static bool suspend(sim_world *world, sim_node *node, mjl_time ms)
{
    if (!sim_world_is_up(world, node->index)) return false;
    node->held_until = world->now + ms;
    node->is_touched = true; /* It steps when it wakes. */
    if (node->due > node->held_until) node->due = node->held_until;
    note_absence(world, node, ms);
    return true;
}

static bool go_far(sim_world *world, sim_node *node)
{
    node->spoils |= SIM_SPOIL_CLOCK;
    sim_node_set_clock(node, world->now, INT64_MAX - 1000, 0);
    node->is_touched = true;
    return true;
}

/* ---- Randomness ---- */

static bool repeat_random(sim_node *node, uint64_t draws)
{
    if (draws == 0) {
        node->random.remembered = node->random.chance;
    } else {
        node->random.chance = node->random.remembered;
    }
    return true;
}

static bool do_state(sim_world *world, sim_node *node, const sim_step *step)
{
    switch (step->action) {
    case SIM_SNAPSHOT:
        return snapshot(node);
    case SIM_ROLLBACK:
        return roll_back(world, node);
    case SIM_CLONE:
        return node->snapshot != NULL &&
               sim_world_copy(world, node->index, node->snapshot) != SIM_NONE;
    case SIM_RNG_FAIL:
        node->random.fail_in = step->args[0] + 1;
        return true;
    default:
        return repeat_random(node, step->args[0]);
    }
}

static bool do_clock(sim_world *world, sim_node *node, const sim_step *step)
{
    switch (step->action) {
    case SIM_JUMP:
        return jump(world, node, (mjl_time)step->args[0], (mjl_time)step->args[1]);
    case SIM_FREEZE:
        return freeze(world, node, (mjl_time)step->args[0]);
    case SIM_DRIFT:
        sim_node_set_clock(node, world->now, sim_node_now(node, world->now),
                           (int64_t)step->args[0] - 1000000);
        return true;
    case SIM_SUSPEND:
        return suspend(world, node, (mjl_time)step->args[0]);
    default:
        return go_far(world, node);
    }
}

/* ---- Memory ---- */

static bool arm_memory(sim_node *node, const sim_step *step)
{
    node->memory.fails_in = step->args[0] + 1;
    node->memory.stays_away = step->args[1] == 1;
    return true;
}

bool sim_do_machine(sim_world *world, const sim_step *step)
{
    sim_node *const node = &world->nodes[step->node];
    switch (step->action) {
    case SIM_KILL:
        return stop(world, node, (mjl_time)step->args[0]);
    case SIM_SLEEP:
        return close_orderly(world, node, (mjl_time)step->args[0]);
    case SIM_ABANDON:
        return abandon(world, node);
    case SIM_CRASH_AT:
        return arm_crash(node, step);
    case SIM_DISK_FAULT:
        return arm_disk(node, step);
    case SIM_LOAD_FAULT:
        node->load_fault = step->args[0];
        return true;
    case SIM_DAMAGE:
        return damage(world, node, step);
    case SIM_NO_MEMORY:
        return arm_memory(node, step);
    default:
        return sim_action_group(step->action) == SIM_GROUP_CLOCK ? do_clock(world, node, step)
                                                                 : do_state(world, node, step);
    }
}
