/*
 * I2: a message is delivered at most once in the life of a state's lineage. The same event (by its
 * number) may come again after a restart, until it was settled and a step made that durable.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I2 no double delivery";

static void on_event(void *state, sim_world *world, uint32_t node, const mjl_event *event)
{
    (void)state;
    const sim_view *const view = &world->truth.views[node];
    if (event->number != 0 && event->number <= view->settled) {
        sim_broken(world, name, node, "event %llu comes again, settled durably up to %llu",
                   (unsigned long long)event->number, (unsigned long long)view->settled);
    }
    if (event->kind != MJL_EVENT_MESSAGE) return;
    const uint32_t message = sim_truth_message(&world->truth, &event->message);
    if (message == SIM_NONE) {
        sim_broken(world, name, node, "a message is delivered that nobody said");
        return;
    }
    for (size_t i = 0; i < view->deliveries_count; i++) {
        const sim_delivery *const delivery = &view->deliveries[i];
        if (delivery->message == message && delivery->event != event->number) {
            sim_broken(world, name, node, "message %u is delivered by event %llu and by %llu",
                       message, (unsigned long long)delivery->event,
                       (unsigned long long)event->number);
        }
    }
    const uint32_t said = world->truth.messages[message].said;
    if (said == SIM_NONE) {
        sim_broken(world, name, node, "message %u is delivered, but no user said it", message);
        return;
    }
    const mjl_id body = sim_hash(event->body);
    if (memcmp(&body, &world->truth.said[said].body_hash, sizeof body) != 0) {
        sim_broken(world, name, node, "message %u is delivered with another body", message);
    }
}

const sim_oracle sim_oracle_once = {.name = name, .on_event = on_event};
