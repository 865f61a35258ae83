#include "never.h"

#include "front.h"
#include "inside.h"
#include "twice.h"

/* ---- Who is hurt for good ---- */

/* Given again to one, and to no other before its author was hurt: of a place given again nobody
   keeps a packet (session/README.md), and what the one has said since follows it. */
static bool was_given_to_others_only(const sim_world *world, uint32_t place)
{
    const sim_truth *const truth = &world->truth;
    bool is_any = false;
    if (!truth->places[place].is_given_again) return false;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_is_live_core(world, i) || !sim_set_has(&truth->views[i].accepted, place)) continue;
        if (!sim_set_has(&truth->views[i].bare, place)) return false;
        is_any = true;
    }
    return is_any;
}

/* Said in an epoch whose keys the node had let go when it came: its author, which went back since,
   had been heard in a later one. Or its clock had leapt by years, so that it gave up at once a
   commit that waited, and spoke in the epoch before. */
static bool came_where_keys_were_gone(const sim_world *world, uint32_t number, uint32_t node)
{
    const sim_place *const place = &world->truth.places[number];
    const bool goes_back = sim_lives_twice(world, place->author) ||
                           (world->nodes[place->maker].spoils & SIM_SPOIL_CLOCK) != 0;
    return goes_back && sim_set_has(&world->truth.views[node].too_late, number);
}

static bool is_barred(const sim_world *world, uint32_t place, uint32_t node)
{
    if (sim_world_is_core(world, world->truth.places[place].maker)) return false;
    return sim_is_doubled(&world->truth, place) || sim_is_contradicted(world, place, node) ||
           sim_is_beside_what_was_decided(world, place, node) ||
           came_where_keys_were_gone(world, place, node) || was_given_to_others_only(world, place);
}

/* ---- Who is gone ---- */

bool sim_has_speaking_holder(const sim_world *world, uint32_t place, uint32_t front)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (sim_set_has(&world->truth.views[i].accepted, place) && !sim_is_gone(world, i, front))
            return true;
    }
    return false;
}

/* Last words that waited for what they follow when the clock leapt: to the node nothing had come
   lately, and it let the keys go. */
static bool is_leapt_over(const sim_world *world, uint32_t place, uint32_t node, uint32_t front)
{
    const sim_place *const words = &world->truth.places[place];
    return world->nodes[node].has_leapt && sim_is_gone(world, words->maker, front) &&
           sim_inside_has_let_go(world, node, words->branch);
}

static bool went_with_who_is_gone(const sim_world *world, uint32_t place, uint32_t node,
                                  uint32_t front)
{
    return !sim_has_speaking_holder(world, place, front) ||
           is_leapt_over(world, place, node, front);
}

/* ---- And what follows ---- */

static bool follows_one_of(const sim_truth *truth, uint32_t number, const sim_set *never)
{
    const sim_place *const place = &truth->places[number];
    const uint32_t start = truth->branches[place->branch].commit;
    if (start != SIM_NONE && sim_set_has(never, start)) return true;
    for (uint32_t i = 0; i < place->parents_count; i++) {
        const uint32_t parent = sim_truth_place(truth, &place->parents[i].id);
        if (parent != SIM_NONE && sim_set_has(never, parent)) return true;
    }
    return false;
}

sim_set sim_never(const sim_world *world, uint32_t node, uint32_t front, unsigned kinds)
{
    const sim_truth *const truth = &world->truth;
    sim_set never = {0};
    /* What a place follows was made before it, and has a lower number. */
    for (uint32_t i = 0; i < truth->places_count; i++) {
        if (sim_set_has(&truth->views[node].accepted, i) ||
            sim_truth_root(truth, node, truth->places[i].branch) == SIM_NONE)
            continue;
        if (((kinds & SIM_NEVER_BARRED) != 0 && is_barred(world, i, node)) ||
            ((kinds & SIM_NEVER_GONE) != 0 && went_with_who_is_gone(world, i, node, front)) ||
            follows_one_of(truth, i, &never))
            sim_set_add(&never, i);
    }
    return never;
}
