/*
 * I12, I13: what leaves a node is in its durable state. Now and then the disk is copied as it is
 * (whatever is not durable is lost), opened, and must be the state the node goes on from: it has
 * the same hash, and hands out the very packets and events that the node is about to hand out. Its
 * message keys and timers are compared as well: what a profile forgot to save shows in no hash of
 * what it saved.
 */
#include "chance.h"
#include "oracles.h"
#include "world.h"

#include "majlis/mls_saved.h"
#include "session_state.h"

enum { KEPT_MAX = 512, OFTEN_MAX = 40, SELDOM = 8 /* One costs as much as a hundred steps. */ };

typedef struct durable {
    sim_chance chance;
    bool is_watching; /* This step's output must be among what the shadow gave. */
    uint32_t node;
    mjl_id packets[KEPT_MAX];
    size_t packets_count;
    uint64_t events[KEPT_MAX];
    size_t events_count;
    bool is_overfull;
    uint32_t looks;
} durable;

static void *make(const sim_world *world)
{
    durable *const made = sim_zeroed(1, sizeof *made);
    made->chance = sim_chance_split(world->script->seed, "shadow", 1);
    return made;
}

static void keep_output(durable *state, mjl_profile *shadow)
{
    mjl_packet packet;
    mjl_event event;
    state->packets_count = state->events_count = 0;
    state->is_overfull = false;
    while (mjl_profile_next_packet(shadow, &packet) == MJL_OK) {
        if (state->packets_count == KEPT_MAX)
            state->is_overfull = true;
        else
            state->packets[state->packets_count++] = sim_hash(packet.bytes);
    }
    while (mjl_profile_next_event(shadow, &event) == MJL_OK) {
        if (state->events_count == KEPT_MAX)
            state->is_overfull = true;
        else
            state->events[state->events_count++] = event.number;
    }
}

static bool are_equal(mjl_buffer *live, mjl_buffer *kept)
{
    const bool is_equal = mjl_bytes_equal(mjl_buffer_bytes(live), mjl_buffer_bytes(kept));
    mjl_buffer_clear(live);
    mjl_buffer_clear(kept);
    return is_equal;
}

static void compare_keys(sim_world *world, uint32_t node, const mjl_session *live,
                         const mjl_session *kept)
{
    for (uint32_t i = 0; i < live->branches.count && i < kept->branches.count; i++) {
        const mjl_epoch *const epoch = &live->branches.epochs[i];
        const mjl_epoch *const saved = &kept->branches.epochs[i];
        mjl_buffer first = {0}, second = {0};
        if ((epoch->ratchets == NULL) != (saved->ratchets == NULL)) {
            sim_broken(world, "I12 persist before send", node, "its disk has other epochs");
        }
        if (epoch->ratchets == NULL || saved->ratchets == NULL) continue;
        if (mjl_mls_ratchets_save(epoch->ratchets, &first) != MJL_OK ||
            mjl_mls_ratchets_save(saved->ratchets, &second) != MJL_OK) {
            abort();
        }
        if (are_equal(&first, &second)) continue;
        sim_broken(world, "I12 persist before send", node,
                   "the keys of epoch %llu on its disk are not those that it has",
                   (unsigned long long)epoch->number);
    }
}

static void compare_insides(sim_world *world, uint32_t node, mjl_profile *shadow)
{
    const mjl_session *const live = sim_world_session(world, node);
    const mjl_session *const kept = mjl_profile_session(shadow, 0);
    mjl_buffer first = {0}, second = {0};
    if (live == NULL || kept == NULL) return;
    compare_keys(world, node, live, kept);
    if (mjl_schedule_save(live->schedule, &first) != MJL_OK ||
        mjl_schedule_save(kept->schedule, &second) != MJL_OK) {
        abort();
    }
    if (!are_equal(&first, &second)) {
        sim_broken(world, "I16 timers", node, "the timers on its disk are not those that it has");
    }
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    durable *const state = context;
    state->is_watching = false;
    if (!sim_chance_happens(&state->chance, world->script->manner.shadow_permille)) return;
    if (state->looks >= OFTEN_MAX && sim_chance_below(&state->chance, SELDOM) != 0) return;
    state->looks++;
    sim_disk *disk;
    mjl_profile *const shadow = sim_world_shadow(world, node, &disk);
    if (shadow == NULL) {
        sim_broken(world, "I13 persist before deliver", node, "its durable state does not open");
        return;
    }
    mjl_id durably, live;
    const mjl_result of_shadow = mjl_profile_state_hash(shadow, &durably);
    const mjl_result of_live = mjl_profile_state_hash(world->nodes[node].profile, &live);
    if (of_shadow != MJL_OK || of_live != MJL_OK) {
        sim_broken(world, "I12 persist before send", node, "no hash of its states: %s, %s",
                   mjl_result_name(of_shadow), mjl_result_name(of_live));
    } else if (memcmp(&durably, &live, sizeof live) != 0) {
        sim_broken(world, "I12 persist before send", node, "its durable state is not its state");
    }
    compare_insides(world, node, shadow);
    keep_output(state, shadow);
    state->node = node;
    state->is_watching = !world->nodes[node].is_hasty;
    sim_world_shadow_close(world, shadow, disk);
}

static void on_packet_out(void *context, sim_world *world, uint32_t node,
                          const sim_sending *sending)
{
    durable *const state = context;
    if (!state->is_watching || state->node != node || state->is_overfull) return;
    const mjl_id hash = sim_hash(sending->packet->bytes);
    for (size_t i = 0; i < state->packets_count; i++) {
        if (memcmp(&state->packets[i], &hash, sizeof hash) == 0) return;
    }
    sim_broken(world, "I12 persist before send", node, "packet %u leaves and is not durable",
               sending->number);
}

static void on_event(void *context, sim_world *world, uint32_t node, const mjl_event *event)
{
    durable *const state = context;
    if (!state->is_watching || state->node != node || state->is_overfull) return;
    if (event->number == 0) return;
    for (size_t i = 0; i < state->events_count; i++) {
        if (state->events[i] == event->number) return;
    }
    sim_broken(world, "I13 persist before deliver", node, "event %llu is told and is not durable",
               (unsigned long long)event->number);
}

static void after_drain(void *context, sim_world *world, uint32_t node)
{
    (void)world;
    (void)node;
    ((durable *)context)->is_watching = false;
}

const sim_oracle sim_oracle_durable = {.name = "I12 I13 durable",
                                       .make = make,
                                       .after_step = after_step,
                                       .on_packet_out = on_packet_out,
                                       .on_event = on_event,
                                       .after_drain = after_drain,
                                       .free = free};
