#include "stranded.h"

#include "front.h"
#include "never.h"

/* Whom a live member's user was asked about since the heal: a request is not kept for ever, and one
   that nobody answers comes ever more rarely. */
static void note_requests(sim_world *world, uint32_t by)
{
    mjl_join_request_info request;
    const mjl_session *const session = sim_world_session(world, by);
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++) {
        const mjl_member_id *const whom =
            request.is_restore ? &request.replaces : &request.requester;
        for (uint32_t node = 0; node < world->members_count; node++) {
            if (memcmp(whom, &world->nodes[node].member, sizeof *whom) != 0) continue;
            sim_set_add(request.is_restore ? &world->nodes[node].to_restore
                                           : &world->nodes[node].to_let_in,
                        by);
        }
    }
}

static bool has_doorkeeper(const sim_world *world, uint32_t tip)
{
    for (uint32_t i = 0; i < world->members_count && i < world->script->manner.doorkeepers; i++) {
        if (sim_is_live_core(world, i) && sim_set_has(&world->truth.branches[tip].roster, i))
            return true;
    }
    return false;
}

/* By whom its invitation was committed, on the way to that tip; SIM_NONE. */
static uint32_t let_in_by(const sim_truth *truth, uint32_t tip, uint32_t identity)
{
    for (uint32_t branch = tip; branch != SIM_NONE; branch = truth->branches[branch].parent) {
        const sim_branch *const at = &truth->branches[branch];
        if (!sim_set_has(&at->roster, identity)) return SIM_NONE;
        if (at->parent == SIM_NONE || at->commit == SIM_NONE) return SIM_NONE;
        if (!sim_set_has(&truth->branches[at->parent].roster, identity))
            return truth->places[at->commit].maker;
    }
    return SIM_NONE;
}

/* It left, or that line removed it. */
static bool is_away_from(const sim_world *world, uint32_t node, uint32_t tip)
{
    const uint32_t identity = world->nodes[node].identity;
    return sim_has_left(world, node) || !sim_set_has(&world->truth.branches[tip].roster, identity);
}

/* Who let it in was removed at the same time, and its line lost; or is gone, and with it a Welcome
   that had not come. It asks again, and those who are left keep no door. */
static bool is_left_at_the_door(const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const bool is_out = sim_world_state(world, node) == MJL_SESSION_JOINING;
    for (uint32_t i = 0; i < world->members_count; i++) {
        const uint32_t tip = truth->views[i].tip;
        if (i == node || !sim_is_live_core(world, i) || tip == SIM_NONE) continue;
        if (is_out != sim_set_has(&truth->branches[tip].roster, node)) continue;
        const uint32_t by = let_in_by(truth, is_out ? tip : truth->views[node].tip, node);
        if (by == SIM_NONE || !is_away_from(world, by, tip)) continue;
        if (!has_doorkeeper(world, tip) && sim_set_has(&world->nodes[node].to_let_in, i))
            return true;
    }
    return false;
}

static bool is_joining_core(const sim_world *world, uint32_t i)
{
    return sim_world_is_core(world, i) && sim_world_state(world, i) == MJL_SESSION_JOINING;
}

/* It was removed, did not hear of it, and is in the roster again by an old request of its that was
   replayed: the keys of its time are dead, since nobody waited for it. */
static bool was_out_meanwhile(const sim_truth *truth, uint32_t node, uint32_t front)
{
    const uint32_t from = truth->views[node].tip;
    for (uint32_t branch = truth->views[front].tip; branch != from;
         branch = truth->branches[branch].parent) {
        if (!sim_set_has(&truth->branches[branch].roster, node)) return true;
    }
    return false;
}

/* The commit that it lacks went with who left, or was from before the time of all who are there, or
   removed it. */
static bool is_cut_off(const sim_world *world, uint32_t node, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t next =
        sim_truth_next_towards(truth, truth->views[node].tip, truth->views[front].tip);
    if (next == SIM_NONE) return false;
    return (!sim_has_speaking_holder(world, truth->branches[next].commit, front) ||
            was_out_meanwhile(truth, node, front)) &&
           sim_set_has(&world->nodes[node].to_restore, front);
}

uint32_t sim_mark_the_stranded(sim_world *world)
{
    for (uint32_t i = 0; i < world->nodes_count; i++)
        world->nodes[i].spoils &= ~(uint32_t)SIM_SPOIL_STRANDED;
    for (uint32_t i = 0; world->phase != SIM_PHASE_FAULTS && i < world->members_count; i++)
        if (sim_is_live_core(world, i)) note_requests(world, i);
    const uint32_t front = sim_front(world);
    for (uint32_t i = 0; front != SIM_NONE && i < world->members_count; i++) {
        const bool is_stranded = (sim_is_live_core(world, i) &&
                                  (is_left_at_the_door(world, i) || is_cut_off(world, i, front))) ||
                                 (is_joining_core(world, i) && is_left_at_the_door(world, i));
        if (is_stranded) world->nodes[i].spoils |= SIM_SPOIL_STRANDED;
    }
    return sim_front(world);
}
