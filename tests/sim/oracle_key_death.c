/*
 * I7: what is dead is on no disk. Of each node the records are looked into as they are written
 * (disk.h), beneath the store's own sealing:
 *
 *     never        what is only a step to something else: path secrets, joiner secrets, ...
 *     at once      a message key that was used, and all of the ratchet that it came from
 *     once in      the init key of a key package, when no other Welcome is of use
 *     one lifetime after an epoch was left: all that follows from its secret
 *     at the end   when everybody has everything: all but the epoch they are in
 *
 * By this node's own deeds: one that went back to an older state begins anew.
 */
#include "oracles.h"
#include "theft.h"

static const char name[] = "I7 key death";

static const mjl_time HOUR_MS = (mjl_time)3600 * 1000;
enum { INIT_KEY_AT = 9, SLACK_PARTS = 64, LOOKS_IN_LIFETIME = 16, LOOKS_PER_PLACES = 8 };

typedef struct mortal { /* A node. */
    sim_set dead;
    uint32_t lineage, tip;
    uint32_t *init_keys; /* Of the key packages that it asked with. */
    size_t init_keys_count, init_keys_room;
    size_t visits_seen;
    mjl_time *left_at; /* By branch, by its own clock; 0: it is there, or never was. */
    size_t left_room;
    mjl_time latest; /* What its clock has shown: an engine's clock never goes back. */
    mjl_time looked_at;
    size_t look_again; /* With so many places. */
} mortal;

typedef struct key_death {
    sim_spent spent;
    mortal *nodes;
    uint32_t *branches; /* By secret: of which epoch it is the secret, and 1. */
    size_t branches_room;
    sim_set may_be_kept; /* Those of which it is known: a label that allows it never changes. */
} key_death;

typedef struct look { /* At a disk. */
    const key_death *state;
    sim_world *world;
    uint32_t node;
    mjl_time dies_before; /* What was left earlier. */
    uint32_t wanted;
    uint16_t kind;
} look;

/* ---- What dies ---- */

static void find_kind(void *context, uint32_t secret, uint16_t kind)
{
    look *const looking = context;
    if (secret == looking->wanted) looking->kind = kind;
}

static void report(sim_world *world, uint32_t node, uint32_t secret, const char *why)
{
    look looking = {.wanted = secret};
    sim_disk_secrets(world->nodes[node].disk, find_kind, &looking);
    const sim_secret *const found = &world->secrets->list[secret];
    const uint32_t from = found->from;
    sim_broken(world, name, node, "%s: \"%s\" of \"%s\" is on its disk (record kind %u)", why,
               found->label, from == SIM_NONE ? "nothing" : world->secrets->list[from].label,
               (unsigned)looking.kind);
}

static mortal *mortal_of(key_death *state, const sim_world *world, uint32_t node)
{
    mortal *const found = &state->nodes[node];
    const uint32_t lineage = world->truth.views[node].lineage;
    if (found->lineage != lineage) {
        sim_set_clear(&found->dead);
        for (size_t i = 0; i < found->left_room; i++)
            found->left_at[i] = 0;
        found->lineage = lineage;
        found->visits_seen = 0;
        found->init_keys_count = 0;
    }
    return found;
}

static void die(key_death *state, sim_world *world, uint32_t node, uint32_t secret, const char *why)
{
    sim_set_add(&mortal_of(state, world, node)->dead, secret);
    if (sim_disk_holds(world->nodes[node].disk, secret)) report(world, node, secret, why);
}

static bool is_one_of(const char *label, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(label, *list) == 0) return true;
    }
    return false;
}

static const char *const ratchets[] = {"secret", "application", "handshake", NULL};

/* The key, and all of the ratchets and their tree that it follows from (RFC 9420 section 9.2). */
static void die_with_ancestors(void *context, sim_world *world, uint32_t node, uint32_t key)
{
    static const char *const chain[] = {"key", "secret", "application", "handshake", "tree", NULL};
    key_death *const state = context;
    const sim_secrets *const book = world->secrets;
    for (uint32_t at = key; at != SIM_NONE && is_one_of(book->list[at].label, chain);
         at = book->list[at].from) {
        if (sim_set_has(&mortal_of(state, world, node)->dead, at)) return;
        die(state, world, node, at, "it was used");
    }
}

/* What a member keeps: everything else is a step to it. */
static bool has_label_of_kept(const sim_secrets *book, uint32_t secret)
{
    static const char *const kept[] = {"signature",      "private",  "sender data", "exporter",
                                       "external",       "confirm",  "membership",  "resumption",
                                       "authentication", "init",     "tree",        "handshake",
                                       "application",    "exported", NULL};
    const sim_secret *const found = &book->list[secret];
    if (is_one_of(found->label, kept)) return true;
    const bool is_key = strcmp(found->label, "key") == 0 || strcmp(found->label, "secret") == 0;
    return is_key && found->from != SIM_NONE && is_one_of(book->list[found->from].label, ratchets);
}

/* Asked of each secret of each record that is written, so most of what a long run does. */
static bool may_be_kept(key_death *state, const sim_secrets *book, uint32_t secret)
{
    if (sim_set_has(&state->may_be_kept, secret)) return true;
    if (!has_label_of_kept(book, secret)) return false;
    sim_set_add(&state->may_be_kept, secret);
    return true;
}

static void look_at_fresh(key_death *state, sim_world *world, uint32_t node)
{
    sim_disk *const disk = world->nodes[node].disk;
    const mortal *const its = mortal_of(state, world, node);
    size_t count;
    const uint32_t *const fresh = sim_disk_fresh(disk, &count);
    for (size_t i = 0; i < count && !world->is_broken; i++) {
        if (!sim_disk_holds(disk, fresh[i])) continue;
        if (sim_set_has(&its->dead, fresh[i])) report(world, node, fresh[i], "it was dead");
        if (!may_be_kept(state, world->secrets, fresh[i])) {
            report(world, node, fresh[i], "it is a step to something else");
        }
    }
    sim_disk_forget_fresh(disk);
}

/* ---- Joining ---- */

static void note_init_key(key_death *state, sim_world *world, uint32_t node, mjl_bytes packet)
{
    if (packet.size < INIT_KEY_AT + SIM_SECRET_SIZE) return;
    const uint32_t key = sim_secrets_private_of(world->secrets, packet.data + INIT_KEY_AT);
    mortal *const its = mortal_of(state, world, node);
    if (key == SIM_NONE) return;
    its->init_keys = sim_grown(its->init_keys, its->init_keys_count, &its->init_keys_room,
                               sizeof *its->init_keys);
    its->init_keys[its->init_keys_count++] = key;
}

static void see_in(key_death *state, sim_world *world, uint32_t node)
{
    mortal *const its = mortal_of(state, world, node);
    if (its->init_keys_count == 0 || sim_theft_root(world, node) == SIM_NONE) return;
    for (size_t i = 0; i < its->init_keys_count; i++)
        die(state, world, node, its->init_keys[i], "it came in with it, for good");
    its->init_keys_count = 0;
}

/* Of several roots who was heard on which last tells: also by statements, which no view has, and by
   old words that come late. At the end all live on one. */
static void look_at_roots(key_death *state, sim_world *world, uint32_t node)
{
    mortal *const its = mortal_of(state, world, node);
    const sim_view *const view = &world->truth.views[node];
    if (sim_set_count(&view->roots) > 1 || view->order_count < its->look_again) return;
    its->look_again = view->order_count + 1 + view->order_count / LOOKS_PER_PLACES;
    see_in(state, world, node);
}

/* ---- Epochs ---- */

static void note_epoch(key_death *state, const sim_world *world, const sim_sending *sending)
{
    const uint32_t place = world->truth.packets[sending->number].place;
    const uint32_t key = sim_spent_key(world, sending->packet->bytes);
    if (place == SIM_NONE || key == SIM_NONE) return;
    const uint32_t epoch = world->secrets->list[key].epoch;
    if (epoch == SIM_NONE) return;
    while (state->branches_room <= epoch)
        state->branches = sim_grown(state->branches, state->branches_room, &state->branches_room,
                                    sizeof *state->branches);
    state->branches[epoch] = world->truth.places[place].branch + 1;
}

static uint32_t branch_of(const look *looking, uint32_t secret)
{
    const uint32_t epoch = looking->world->secrets->list[secret].epoch;
    if (epoch == SIM_NONE || epoch >= looking->state->branches_room) return SIM_NONE;
    const uint32_t found = looking->state->branches[epoch];
    return found == 0 ? (uint32_t)SIM_NONE : found - 1;
}

static void note_leaving(mortal *its, uint32_t tip, mjl_time now)
{
    if (tip == its->tip) return;
    const uint32_t most =
        tip == SIM_NONE || (its->tip != SIM_NONE && its->tip > tip) ? its->tip : tip;
    while (its->left_room <= most)
        its->left_at =
            sim_grown(its->left_at, its->left_room, &its->left_room, sizeof *its->left_at);
    if (its->tip != SIM_NONE) its->left_at[its->tip] = now;
    if (tip != SIM_NONE) its->left_at[tip] = 0;
    its->tip = tip;
}

static void check_age(void *context, uint32_t secret, uint16_t kind)
{
    (void)kind;
    const look *const looking = context;
    const mortal *const its = &looking->state->nodes[looking->node];
    const uint32_t branch = branch_of(looking, secret);
    if (branch == SIM_NONE || branch >= its->left_room || its->left_at[branch] == 0) return;
    if (its->left_at[branch] >= looking->dies_before) return;
    report(looking->world, looking->node, secret, "its epoch was left a lifetime ago");
}

/* It may have been back in an epoch within a step, as where it commits there at once. */
static void note_visits(mortal *its, const sim_view *view, mjl_time now)
{
    for (; its->visits_seen < view->visits_count; its->visits_seen++)
        note_leaving(its, view->visits[its->visits_seen].branch, now);
    note_leaving(its, view->tip, now);
}

static void look_at_ages(key_death *state, sim_world *world, uint32_t node)
{
    const uint64_t own = world->script->manner.secret_lifetime_ms;
    const mjl_time lifetime = own == 0 ? (mjl_time)MJL_SECRET_LIFETIME_MS_DEFAULT : (mjl_time)own;
    mortal *const its = mortal_of(state, world, node);
    const mjl_time shown = sim_node_now(&world->nodes[node], world->now);
    if (shown > its->latest) its->latest = shown;
    const mjl_time now = its->latest;
    note_visits(its, &world->truth.views[node], now);
    if (now - its->looked_at < lifetime / LOOKS_IN_LIFETIME) return;
    its->looked_at = now;
    look looking = {.state = state, .world = world, .node = node};
    looking.dies_before = now - lifetime - lifetime / SLACK_PARTS - HOUR_MS;
    sim_disk_secrets(world->nodes[node].disk, check_age, &looking);
}

/* ---- The end ---- */

static void check_old(void *context, uint32_t secret, uint16_t kind)
{
    (void)kind;
    const look *const looking = context;
    const uint32_t branch = branch_of(looking, secret);
    if (branch == SIM_NONE || branch == looking->state->nodes[looking->node].tip) return;
    report(looking->world, looking->node, secret, "everybody is beyond its epoch");
}

static void at_end(void *context, sim_world *world)
{
    key_death *const state = context;
    if (world->script->manner.quiet_days == 0 || !sim_theft_is_settled(world)) return;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const look looking = {.state = state, .world = world, .node = i};
        sim_disk_secrets(world->nodes[i].disk, check_old, (void *)&looking);
        see_in(state, world, i);
    }
}

/* ---- The oracle ---- */

static void *make(const sim_world *world)
{
    key_death *const made = sim_zeroed(1, sizeof *made);
    sim_spent_init(&made->spent, world->nodes_room);
    made->spent.context = made;
    made->spent.found = die_with_ancestors;
    made->nodes = sim_zeroed(world->nodes_room, sizeof *made->nodes);
    for (uint32_t i = 0; i < world->nodes_room; i++)
        made->nodes[i].tip = SIM_NONE;
    return made;
}

static void on_packet_out(void *context, sim_world *world, uint32_t node,
                          const sim_sending *sending)
{
    key_death *const state = context;
    if (!sending->is_first) return;
    note_epoch(state, world, sending);
    sim_spent_out(&state->spent, world, node, sending);
    const mjl_bytes packet = sending->packet->bytes;
    if (packet.size > 3 && packet.data[3] == SIM_WIRE_KEY_PACKAGE && packet.data[2] == 0)
        note_init_key(state, world, node, packet);
}

static void on_arrival(void *context, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    sim_spent_arrival(&((key_death *)context)->spent, world, node, arriving);
}

static void on_crash(void *context, sim_world *world, uint32_t node)
{
    (void)world;
    sim_spent_stopped(&((key_death *)context)->spent, node);
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    key_death *const state = context;
    sim_disk_watch(world->nodes[node].disk);
    sim_spent_stepped(&state->spent, world, node);
    look_at_roots(state, world, node);
    look_at_fresh(state, world, node);
    look_at_ages(state, world, node);
}

static void free_state(void *context)
{
    key_death *const state = context;
    for (uint32_t i = 0; i < state->spent.nodes_count; i++) {
        sim_set_clear(&state->nodes[i].dead);
        free(state->nodes[i].init_keys);
        free(state->nodes[i].left_at);
    }
    sim_spent_clear(&state->spent);
    free(state->nodes);
    free(state->branches);
    sim_set_clear(&state->may_be_kept);
    free(state);
}

const sim_oracle sim_oracle_key_death = {.name = name,
                                         .make = make,
                                         .on_packet_out = on_packet_out,
                                         .on_arrival = on_arrival,
                                         .on_crash = on_crash,
                                         .after_step = after_step,
                                         .at_end = at_end,
                                         .free = free_state};
