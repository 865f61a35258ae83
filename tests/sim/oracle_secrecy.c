/*
 * I1, I8: only members read. Everything on the wire is the adversaries', and what they take from
 * members: of each whose removal somebody accepted, at that instant; of those that mean ill,
 * always; and now and then of an honest one. What follows from all that (secrets.h) must contain no
 * epoch secret, and no key of a message, of an epoch that theft.h does not give them.
 *
 * Passive adversaries: what they could inject is other oracles' business.
 */
#include "chance.h"
#include "oracles.h"
#include "theft.h"

static const char name[] = "I1 secrecy";

enum { PLANS_MAX = 2 };

typedef struct plan { /* An honest member is robbed, once that long after the gathering. */
    uint32_t node;
    mjl_time at;
    bool is_done;
} plan;

typedef struct secrecy {
    sim_spent spent;
    plan plans[PLANS_MAX];
    size_t plans_count;
    sim_theft *thefts;
    size_t thefts_count, thefts_room;
    size_t branches_seen;
    size_t known_seen;
    uint32_t *packets; /* By secret: of which packet's content it is the key. */
    size_t packets_room;
    uint32_t *branches; /* By secret: of which epoch it is the secret. */
    size_t branches_room;
    uint32_t *open; /* Known, but of which epoch is not known yet. */
    size_t open_count, open_room;
    sim_set evil;
} secrecy;

/* ---- What there is to protect ---- */

static void put(uint32_t **list, size_t *room, uint32_t at, uint32_t number)
{
    while (*room <= at) {
        const size_t before = *room;
        *list = sim_grown(*list, before, room, sizeof **list);
        for (size_t i = before; i < *room; i++)
            (*list)[i] = SIM_NONE;
    }
    (*list)[at] = number;
}

static uint32_t get(const uint32_t *list, size_t room, uint32_t at)
{
    return at < room ? list[at] : (uint32_t)SIM_NONE;
}

static void note_open(secrecy *state, uint32_t secret)
{
    state->open = sim_grown(state->open, state->open_count, &state->open_room, sizeof *state->open);
    state->open[state->open_count++] = secret;
}

static void protect(secrecy *state, sim_world *world, uint32_t node, const sim_sending *sending)
{
    const uint32_t key = sim_spent_key(world, sending->packet->bytes);
    if (key == SIM_NONE) return;
    const sim_secret *const secret = &world->secrets->list[key];
    put(&state->packets, &state->packets_room, key, sending->number);
    if (secret->is_known) note_open(state, key);
    const uint32_t place = world->truth.packets[sending->number].place;
    if (place == SIM_NONE || secret->epoch == SIM_NONE) return;
    const uint32_t branch = world->truth.places[place].branch;
    const uint32_t before = get(state->branches, state->branches_room, secret->epoch);
    if (before != SIM_NONE && before != branch) {
        sim_broken(world, name, node, "epochs %u and %u have one secret", before, branch);
    }
    put(&state->branches, &state->branches_room, secret->epoch, branch);
}

/* ---- What is taken ---- */

static sim_theft *rob(secrecy *state, sim_world *world, uint32_t node)
{
    state->thefts =
        sim_grown(state->thefts, state->thefts_count, &state->thefts_room, sizeof *state->thefts);
    sim_theft *const theft = &state->thefts[state->thefts_count++];
    *theft = (sim_theft){.node = node, .identity = world->nodes[node].identity, .at = world->now};
    /* A write that was said to fail may have been kept: then a commit shows after the theft that
       was made before it, and heals nothing. */
    if (world->counters.disk_faults > 0 && !sim_world_is_up(world, node)) theft->at = SIM_NEVER;
    theft->root = sim_theft_root(world, node);
    /* Who went back, was copied or tampered with has used up less than we saw. */
    if (world->nodes[node].spoils == 0 && world->truth.views[node].lineage == 0) {
        theft->spent = sim_set_copy(&state->spent.nodes[node].keys);
    }
    sim_theft_take(world, node);
    return theft;
}

static void rob_removed(secrecy *state, sim_world *world)
{
    const sim_truth *const truth = &world->truth;
    for (; state->branches_seen < truth->branches_count; state->branches_seen++) {
        const sim_branch *const branch = &truth->branches[state->branches_seen];
        if (branch->parent == SIM_NONE) continue;
        const sim_branch *const parent = &truth->branches[branch->parent];
        if (!branch->has_roster || !parent->has_roster) continue;
        for (uint32_t i = sim_set_first_missing(&parent->roster, &branch->roster, 0); i != SIM_NONE;
             i = sim_set_first_missing(&parent->roster, &branch->roster, i + 1))
            rob(state, world, i);
    }
}

static void rob_evil(secrecy *state, sim_world *world, uint32_t node)
{
    if ((world->nodes[node].spoils & SIM_SPOIL_EVIL) == 0) return;
    if (sim_set_has(&state->evil, node)) {
        sim_theft_take(world, node);
        return;
    }
    sim_set_add(&state->evil, node);
    rob(state, world, node)->at = SIM_NEVER;
}

static void rob_as_planned(secrecy *state, sim_world *world)
{
    for (size_t i = 0; i < state->plans_count; i++) {
        plan *const planned = &state->plans[i];
        if (planned->is_done || world->now < world->origin + planned->at) continue;
        if (world->truth.views[planned->node].root == SIM_NONE) continue;
        planned->is_done = true;
        rob(state, world, planned->node);
    }
}

/* ---- What follows ---- */

/* SIM_NONE: it is not known of which. */
static uint32_t branch_of(const secrecy *state, const sim_world *world, uint32_t secret)
{
    const uint32_t epoch = world->secrets->list[secret].epoch;
    return epoch == SIM_NONE ? (uint32_t)SIM_NONE
                             : get(state->branches, state->branches_room, epoch);
}

static bool may_be_known(const secrecy *state, const sim_world *world, uint32_t secret,
                         uint32_t branch)
{
    /* Who draws again what it drew makes nothing new, and so heals nothing. */
    const bool repeats = world->counters.actions[SIM_RNG_REPEAT] > 0;
    for (size_t i = 0; i < state->thefts_count; i++) {
        const sim_theft *const theft = &state->thefts[i];
        if (repeats || sim_theft_opens_message(world, theft, branch, secret)) return true;
    }
    return false;
}

/* False: it cannot be said yet. */
static bool examine(const secrecy *state, sim_world *world, uint32_t secret)
{
    const uint32_t branch = branch_of(state, world, secret);
    if (branch == SIM_NONE) return false;
    if (may_be_known(state, world, secret, branch)) return true;
    const uint32_t packet = get(state->packets, state->packets_room, secret);
    if (packet == SIM_NONE) {
        sim_broken(world, name, SIM_NONE, "the secret of epoch %u (number %llu) is known outside",
                   branch, (unsigned long long)world->truth.branches[branch].epoch);
    } else {
        sim_broken(world, name, world->truth.packets[packet].maker,
                   "the key of packet %u, of epoch %u (number %llu), is known outside", packet,
                   branch, (unsigned long long)world->truth.branches[branch].epoch);
    }
    return true;
}

static void look_at_known(secrecy *state, sim_world *world)
{
    const sim_secrets *const book = world->secrets;
    for (; state->known_seen < book->known_count; state->known_seen++) {
        const uint32_t secret = book->known[state->known_seen];
        if (book->list[secret].epoch == secret ||
            get(state->packets, state->packets_room, secret) != SIM_NONE) {
            note_open(state, secret);
        }
    }
    size_t left = 0;
    for (size_t i = 0; i < state->open_count && !world->is_broken; i++) {
        if (!examine(state, world, state->open[i])) state->open[left++] = state->open[i];
    }
    state->open_count = left;
}

/* ---- The oracle ---- */

static void *make(const sim_world *world)
{
    const sim_script *const script = world->script;
    secrecy *const made = sim_zeroed(1, sizeof *made);
    sim_spent_init(&made->spent, world->nodes_room);
    sim_chance chance = sim_chance_split(script->seed, "thief", 0);
    made->plans_count = (size_t)sim_chance_below(&chance, PLANS_MAX + 1);
    const mjl_time last = script->count == 0 ? 0 : script->steps[script->count - 1].at;
    for (size_t i = 0; i < made->plans_count; i++) {
        made->plans[i].node = (uint32_t)sim_chance_below(&chance, script->members_count);
        made->plans[i].at = (mjl_time)sim_chance_below(&chance, (uint64_t)last + 1);
    }
    return made;
}

static void learn_one(void *context, uint32_t secret)
{
    sim_secrets_learn(context, secret);
}

static void on_packet_out(void *context, sim_world *world, uint32_t node,
                          const sim_sending *sending)
{
    secrecy *const state = context;
    sim_spent_out(&state->spent, world, node, sending);
    if (!sending->is_first) return;
    sim_secrets_in(world->secrets, sending->packet->bytes, learn_one, world->secrets);
    protect(state, world, node, sending);
}

static void on_arrival(void *context, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    secrecy *const state = context;
    sim_spent_arrival(&state->spent, world, node, arriving);
}

static void on_crash(void *context, sim_world *world, uint32_t node)
{
    (void)world;
    sim_spent_stopped(&((secrecy *)context)->spent, node);
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    secrecy *const state = context;
    sim_spent_stepped(&state->spent, world, node);
    rob_removed(state, world);
    rob_evil(state, world, node);
    rob_as_planned(state, world);
    look_at_known(state, world);
}

/* When everything was said and heard, even all that all members hold opens nothing of old epochs,
   and no message that was read. Unless something was taken before: who has an old init secret needs
   but the leaf key that an idle member still has to follow a commit. */
static void rob_all(secrecy *state, sim_world *world)
{
    if (world->secrets->known_count > 0) return;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (world->truth.views[i].root == SIM_NONE) continue;
        sim_theft *const theft = rob(state, world, i);
        theft->is_end = true;
        theft->tip = world->truth.views[i].tip;
    }
}

/* Everybody who is outside at the end, at once. */
static void at_end(void *context, sim_world *world)
{
    secrecy *const state = context;
    if (world->script->manner.quiet_days > 0 && sim_theft_is_settled(world)) rob_all(state, world);
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const uint32_t tip = world->truth.views[i].tip;
        if (tip == SIM_NONE || sim_world_state(world, i) != MJL_SESSION_LIVE) {
            rob(state, world, i);
        }
    }
    look_at_known(state, world);
}

static void free_state(void *context)
{
    secrecy *const state = context;
    for (size_t i = 0; i < state->thefts_count; i++)
        sim_theft_clear(&state->thefts[i]);
    sim_spent_clear(&state->spent);
    sim_set_clear(&state->evil);
    free(state->thefts);
    free(state->packets);
    free(state->branches);
    free(state->open);
    free(state);
}

const sim_oracle sim_oracle_secrecy = {.name = name,
                                       .make = make,
                                       .on_packet_out = on_packet_out,
                                       .on_arrival = on_arrival,
                                       .on_crash = on_crash,
                                       .after_step = after_step,
                                       .at_end = at_end,
                                       .free = free_state};
