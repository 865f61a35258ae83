/*
 * I4: whoever accepts a place has all that its author had when it made it, but for rival branches
 * and for what was before its own time, or before the author's: who was removed and let in again
 * starts at the later root, and names nothing before it. And messages are delivered in the order of
 * acceptance.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I4 causal order";

static void check_parents(sim_world *world, uint32_t node, uint32_t number)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[number];
    for (uint32_t i = 0; i < place->parents_count; i++) {
        const uint32_t parent = sim_truth_place(truth, &place->parents[i].id);
        if (parent == SIM_NONE) {
            sim_broken(world, name, node, "place %u follows what nobody made", number);
        } else if (!sim_set_has(&truth->views[node].accepted, parent) &&
                   !sim_truth_may_lack(truth, node, number, parent)) {
            sim_broken(world, name, node, "place %u came before its parent %u", number, parent);
        }
    }
}

/* Of two places of an author that lives twice, neither of which follows the other, parents name one
   alone: they have distinct authors. */
static bool is_beside_its_other_self(const sim_truth *truth, const sim_place *place,
                                     uint32_t missing)
{
    const sim_place *const one = &truth->places[missing];
    for (uint32_t i = 0; i < truth->places_count; i++) {
        const sim_place *const other = &truth->places[i];
        if (i != missing && other->author == one->author && sim_set_has(&place->past, i) &&
            !sim_set_has(&other->past, missing) && !sim_set_has(&one->past, i))
            return true;
    }
    return false;
}

static void on_accepted(void *state, sim_world *world, uint32_t node, uint32_t number)
{
    (void)state;
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[number];
    check_parents(world, node, number);
    if (place->maker == node) return;
    if (world->nodes[place->maker].spoils != 0 || world->nodes[node].spoils != 0) return;
    uint32_t missing = 0;
    for (;;) {
        missing = sim_set_first_missing(&place->past, &truth->views[node].accepted, missing);
        if (missing == SIM_NONE) return;
        if (!sim_truth_may_lack(truth, node, number, missing) &&
            !sim_truth_may_lack(truth, place->maker, number, missing) &&
            !is_beside_its_other_self(truth, place, missing))
            break;
        missing++;
    }
    sim_broken(world, name, node, "place %u came before %u, which its author node%u had", number,
               missing, place->maker);
}

/* Position of a message's first place in the node's order. */
static size_t position_of(const sim_truth *truth, uint32_t node, uint32_t message)
{
    const sim_view *const view = &truth->views[node];
    for (size_t i = 0; i < view->order_count; i++) {
        if (sim_set_has(&truth->messages[message].places, view->order[i])) return i;
    }
    return SIZE_MAX;
}

static void on_event(void *state, sim_world *world, uint32_t node, const mjl_event *event)
{
    (void)state;
    if (event->kind != MJL_EVENT_MESSAGE) return;
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    const uint32_t message = sim_truth_message(truth, &event->message);
    if (message == SIM_NONE) return;
    const size_t at = position_of(truth, node, message);
    if (at == SIZE_MAX) {
        sim_broken(world, name, node, "message %u is delivered without being accepted", message);
        return;
    }
    if (view->deliveries_count == 0) return;
    const sim_delivery *const last = &view->deliveries[view->deliveries_count - 1];
    if (last->event >= event->number) return; /* It comes again. */
    if (position_of(truth, node, last->message) > at) {
        sim_broken(world, name, node, "message %u is delivered after %u, accepted before it",
                   message, last->message);
    }
}

const sim_oracle sim_oracle_causal = {
    .name = name, .on_accepted = on_accepted, .on_event = on_event};
