#include "world.h"

#include "actions.h"
#include "memory.h"
#include "observe.h"
#include "trace.h"
#include "watch.h"

#include "toy_suite.h"

#include <sodium.h>
#include <stdarg.h>

enum {
    FAILED_DOWN_MS = 200,
    SETTLES_MAX = 64,
    TURNS_AT_ONE_INSTANT_MAX = 10000,
    REFUSALS_PERMILLE = 100
};

static const uint8_t store_key[MJL_STORE_SEALING_KEY_SIZE] = {7};

/* ---- Making ---- */

static uint32_t copies_in(const sim_script *script)
{
    uint32_t count = 0;
    for (size_t i = 0; i < script->count; i++) {
        const sim_action action = script->steps[i].action;
        count += action == SIM_CLONE || action == SIM_EQUIVOCATE;
    }
    return count < SIM_CLONES_MAX ? count : SIM_CLONES_MAX;
}

static void make_network(sim_world *world)
{
    if (mjl_network_new(world->script->seed, world->nodes_room, &world->network) != MJL_OK) {
        abort();
    }
    const mjl_network_link link = {.delay_ms_min = 5, .delay_ms_max = 60};
    mjl_network_set_all_links(world->network, &link);
}

sim_world *sim_world_new(const sim_script *script)
{
    if (sodium_init() < 0) abort();
    sim_world *const made = sim_zeroed(1, sizeof *made);
    made->script = script;
    made->now = made->origin = SIM_WORLD_BEGAN;
    made->members_count = made->nodes_count = script->members_count;
    made->nodes_room = script->members_count + copies_in(script);
    made->tap =
        sim_tap_new(script->manner.provider == SIM_TOY ? &toy_suite : mjl_mls_suite_find(NULL, 3));
    make_network(made);
    made->nodes = sim_zeroed(made->nodes_room, sizeof *made->nodes);
    sim_truth_init(&made->truth, made->nodes_room);
    made->refusal_chance = sim_chance_split(script->seed, "refusal", 0);
    for (uint32_t i = 0; i < made->nodes_count; i++)
        sim_node_init(&made->nodes[i], i, script->seed, made->now);
    size_t oracles_count = 0;
    while (sim_oracles[oracles_count] != NULL)
        oracles_count++;
    made->oracle_states = sim_zeroed(oracles_count + 1, sizeof *made->oracle_states);
    return made;
}

void sim_world_free(sim_world *world)
{
    for (uint32_t i = 0; i < world->nodes_count; i++)
        sim_node_clear(&world->nodes[i]);
    free(world->nodes);
    mjl_network_free(world->network);
    sim_truth_clear(&world->truth);
    for (size_t i = 0; i < world->early_count; i++)
        mjl_buffer_clear(&world->early[i].packet);
    free(world->early);
    free(world->oracle_states);
    sim_watch_tell(NULL);
    sim_secrets_free(world->secrets);
    sim_tap_free(world->tap);
    free(world);
}

/* "L2" is asked about by "L1 L2 one epoch", not by "L20". */
static bool is_asked_about(const sim_world *world, const char *oracle)
{
    if (world->only == NULL) return true;
    const size_t size = strlen(world->only);
    for (const char *at = oracle; (at = strstr(at, world->only)) != NULL; at++) {
        if ((at == oracle || at[-1] == ' ') && (at[size] == 0 || at[size] == ' ')) return true;
    }
    return false;
}

static void note_broken(sim_world *world, const char *oracle, uint32_t node, const char *text,
                        va_list arguments)
{
    world->is_broken = true;
    world->broken_node = node;
    world->broken_step = world->step;
    snprintf(world->broken_oracle, sizeof world->broken_oracle, "%s", oracle);
    vsnprintf(world->broken_text, sizeof world->broken_text, text, arguments);
}

void sim_broken(sim_world *world, const char *oracle, uint32_t node, const char *text, ...)
{
    va_list arguments;
    if (world->is_broken || !is_asked_about(world, oracle)) return;
    va_start(arguments, text);
    note_broken(world, oracle, node, text, arguments);
    va_end(arguments);
}

void sim_blinded(sim_world *world, const char *oracle, uint32_t node, const char *text, ...)
{
    va_list arguments;
    if (world->is_broken) return;
    va_start(arguments, text);
    note_broken(world, oracle, node, text, arguments);
    va_end(arguments);
    world->is_unseen = !is_asked_about(world, oracle);
}

/* ---- Questions ---- */

mjl_session *sim_world_session(const sim_world *world, uint32_t node)
{
    const mjl_profile *const profile = world->nodes[node].profile;
    return profile == NULL ? NULL : mjl_profile_session(profile, 0);
}

mjl_session_state sim_world_state(const sim_world *world, uint32_t node)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL) return (mjl_session_state)0;
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    return info.state;
}

bool sim_world_is_up(const sim_world *world, uint32_t node)
{
    return world->nodes[node].profile != NULL && world->now >= world->nodes[node].held_until;
}

bool sim_world_is_core(const sim_world *world, uint32_t node)
{
    return world->nodes[node].spoils == 0 && world->nodes[node].identity == node;
}

/* ---- Starting and stopping ---- */

static mjl_result open_on(sim_world *world, sim_disk *disk, mjl_random random, const char *name,
                          mjl_time now, mjl_profile **profile)
{
    mjl_profile_config config = {.size = sizeof config, .now = now};
    config.store_key = store_key;
    config.random = random;
    config.suites = sim_tap_suites(world->tap);
    config.display_name = mjl_bytes_text(name);
    const mjl_result result = sim_disk_open(disk, &config.store);
    return result == MJL_OK ? mjl_profile_open(&config, profile) : result;
}

static void look_at_due(sim_world *world, sim_node *node)
{
    mjl_time due;
    node->due = SIM_NEVER;
    if (node->profile == NULL || mjl_profile_next_due(node->profile, &due) != MJL_OK) return;
    /* What is due at an instant runs once that instant has passed. */
    node->due = sim_node_world_time(node, due, world->now);
}

bool sim_world_start(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    node->up_at = SIM_NEVER;
    if (node->profile != NULL) return true;
    sim_disk_fail_load(node->disk, node->load_fault);
    node->load_fault = UINT64_MAX;
    sim_memory_runs_out(node);
    const mjl_result result = open_on(world, node->disk, sim_node_random(node), node->name,
                                      sim_node_now(node, world->now), &node->profile);
    sim_memory_came_back(node);
    sim_disk_fail_load(node->disk, UINT64_MAX);
    sim_trace_opened(world, i, result);
    if (result != MJL_OK) {
        node->profile = NULL;
        /* Damage stays; whatever else kept it from opening passes. */
        if ((node->spoils & SIM_SPOIL_DAMAGED) == 0) node->up_at = world->now + FAILED_DOWN_MS;
        return false;
    }
    world->counters.reopens += node->is_there;
    if (!node->is_there) {
        node->is_there = true;
        node->member = mjl_profile_member(node->profile);
        if (node->identity == i) {
            sim_table_put(&world->truth.identities, &node->member, i);
        }
    }
    sim_observe_reopened(world, i);
    SIM_TELL(world, on_reopen, i);
    node->is_touched = true;
    return true;
}

void sim_world_stop(sim_world *world, uint32_t i, mjl_time down_ms)
{
    sim_node *const node = &world->nodes[i];
    if (node->profile != NULL) {
        world->counters.crashes++;
        mjl_profile_close(node->profile);
        node->profile = NULL;
        node->down_since = world->now;
        sim_trace_stopped(world, i);
        sim_observe_stopped(world, i);
        SIM_TELL(world, on_crash, i);
    }
    node->is_touched = false;
    node->crash_in = 0;
    node->due = SIM_NEVER;
    node->up_at = down_ms == SIM_NEVER ? SIM_NEVER : world->now + down_ms;
}

uint32_t sim_world_copy(sim_world *world, uint32_t of, const sim_disk *disk)
{
    if (world->nodes_count == world->nodes_room) return SIM_NONE;
    const uint32_t i = world->nodes_count++;
    sim_node *const node = &world->nodes[i];
    sim_node_init(node, i, world->script->seed, world->now);
    sim_disk_free(node->disk);
    node->disk = sim_disk_copy(disk);
    node->identity = world->nodes[of].identity;
    node->clock = world->nodes[of].clock;
    /* Of a damaged disk the copy is damaged as well: it may never open. */
    node->spoils |= SIM_SPOIL_COPIED | (world->nodes[of].spoils & (uint32_t)SIM_SPOIL_DAMAGED);
    world->nodes[of].spoils |= SIM_SPOIL_COPIED;
    sim_world_start(world, i);
    return i;
}

/* A call answered that the store or the randomness failed: the host closes and tries again. */
static bool stop_if_failed(sim_world *world, uint32_t i, mjl_result result)
{
    if (result != MJL_STORE_FAILED && result != MJL_STORE_FULL) return false;
    world->counters.disk_faults++;
    const mjl_time down = world->nodes[i].crash_down_ms;
    sim_world_stop(world, i, down > 0 ? down : FAILED_DOWN_MS);
    return true;
}

static bool stops_at(sim_world *world, uint32_t i, sim_boundary boundary)
{
    sim_node *const node = &world->nodes[i];
    if (node->crash_at != boundary || node->crash_in == 0 || --node->crash_in > 0) return false;
    sim_world_stop(world, i, node->crash_down_ms);
    return true;
}

mjl_profile *sim_world_shadow(sim_world *world, uint32_t i, sim_disk **disk)
{
    static sim_random random;
    random.chance = sim_chance_split(world->script->seed, "shadow-open", (uint64_t)world->now);
    random.fail_in = 0;
    sim_node look = {.random = random};
    mjl_profile *shadow = NULL;
    *disk = sim_disk_copy(world->nodes[i].disk);
    sim_tap_deaf(world->tap, true);
    const mjl_random source = {&random, sim_node_random(&look).fill};
    if (open_on(world, *disk, source, "shadow", INT64_MIN, &shadow) != MJL_OK) {
        sim_tap_deaf(world->tap, false);
        sim_disk_free(*disk);
        return NULL;
    }
    world->counters.shadows++;
    return shadow;
}

void sim_world_shadow_close(sim_world *world, mjl_profile *shadow, sim_disk *disk)
{
    mjl_profile_close(shadow);
    sim_disk_free(disk);
    sim_tap_deaf(world->tap, false);
}

/* ---- In ---- */

/* Its state, after a step that makes everything durable. False: there is none now. */
static bool take_state(sim_world *world, uint32_t i, mjl_id *state)
{
    mjl_profile *const profile = world->nodes[i].profile;
    if (mjl_profile_step(profile, sim_node_now(&world->nodes[i], world->now)) != MJL_OK)
        return false;
    sim_observe_state(world, i);
    return mjl_profile_state_hash(profile, state) == MJL_OK;
}

/* Only what nobody sent is likely to be refused, and a step more would meet an armed fault. */
static bool examines(sim_world *world, uint32_t i, const sim_arriving *arriving)
{
    const sim_node *const node = &world->nodes[i];
    return arriving->number == SIM_NONE && !node->is_hasty && node->crash_in == 0 &&
           world->script->manner.steps_each_input &&
           sim_chance_happens(&world->refusal_chance, REFUSALS_PERMILLE);
}

static void receive(sim_world *world, uint32_t i, uint32_t from, mjl_bytes bytes)
{
    sim_node *const node = &world->nodes[i];
    if (!sim_world_is_up(world, i)) return;
    if (node->is_touched && world->script->manner.steps_each_input) sim_world_settle(world, i);
    if (node->profile == NULL) return;
    mjl_verdict verdict;
    sim_arriving arriving = {.bytes = bytes, .from = from};
    arriving.number = sim_truth_packet(&world->truth, bytes);
    sim_observe_arrival(world, i, arriving.number);
    const bool is_examined =
        examines(world, i, &arriving) && take_state(world, i, &arriving.before);
    arriving.result = sim_memory_receive(node, sim_node_now(node, world->now), bytes, &verdict);
    if (arriving.result == MJL_OK) {
        arriving.verdict = &verdict;
        world->counters.verdicts[verdict.kind]++;
        node->is_touched = true;
        arriving.has_states = is_examined && verdict.kind == MJL_VERDICT_REJECTED &&
                              take_state(world, i, &arriving.after);
        if (arriving.number == SIM_NONE) sim_observe_forgery(world, i, &verdict, bytes);
    }
    sim_trace_arrival(world, i, &arriving);
    SIM_TELL(world, on_arrival, i, &arriving);
    if (stop_if_failed(world, i, arriving.result) || stops_at(world, i, SIM_AFTER_INPUT)) return;
}

void sim_world_inject(sim_world *world, uint32_t node, mjl_bytes bytes)
{
    world->has_forgeries |= sim_truth_packet(&world->truth, bytes) == SIM_NONE;
    receive(world, node, SIM_NONE, bytes);
}

void sim_world_called(sim_world *world, uint32_t i, const sim_input *input)
{
    world->nodes[i].is_touched = true;
    sim_trace_input(world, i, input);
    SIM_TELL(world, on_input, i, input);
    if (!stop_if_failed(world, i, input->result)) stops_at(world, i, SIM_AFTER_INPUT);
}

/* ---- Out ---- */

/* False: the node stopped. */
static bool drain_packets(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    mjl_packet packet;
    while (mjl_profile_next_packet(node->profile, &packet) == MJL_OK) {
        const size_t before = world->truth.packets_count;
        sim_sending sending = {.packet = &packet};
        sending.number = sim_observe_packet(world, i, &packet);
        sending.is_first = world->truth.packets_count > before;
        SIM_TELL(world, on_packet_out, i, &sending);
        const mjl_result sent = mjl_network_send(world->network, world->now, i, packet.bytes);
        if (sent != MJL_OK) abort();
        world->counters.packets++;
        world->counters.bytes += packet.bytes.size;
        if (stops_at(world, i, SIM_AFTER_PACKET)) return false;
        (void)mjl_profile_packet_sent(node->profile, packet.number);
    }
    return true;
}

static bool drain_events(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    mjl_event event;
    while (mjl_profile_next_event(node->profile, &event) == MJL_OK) {
        world->counters.events++;
        SIM_TELL(world, on_event, i, &event);
        sim_observe_event(world, i, &event);
        if (event.kind == MJL_EVENT_JOIN_REQUEST) sim_action_shown(world, i, &event.member);
        node->is_asked |= event.kind == MJL_EVENT_MESSAGE_STATE && event.why == MJL_NOT_ALLOWED;
        /* What is told beside the state, of late tasks, comes the more often the more often it is
           opened. Runs that are to end alike stop at what both tell. */
        const bool is_beside = event.number == 0;
        if (!(is_beside && world->steps_twice) && stops_at(world, i, SIM_AFTER_EVENT)) return false;
        if (is_beside) continue;
        if (mjl_profile_event_settled(node->profile, event.number) == MJL_OK) {
            world->truth.views[i].settled_pending = event.number;
        }
    }
    return true;
}

static bool drain(sim_world *world, uint32_t i)
{
    world->nodes[i].is_backed_up = world->now < world->nodes[i].slow_until;
    if (world->nodes[i].is_backed_up) return true;
    return drain_packets(world, i) && drain_events(world, i);
}

/* Users that come to rest answer what their applications ask them. */
static void agree(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    if (!node->is_asked || world->phase == SIM_PHASE_FAULTS || node->profile == NULL) return;
    const sim_step step = {.number = world->step, .action = SIM_AGREE, .node = i};
    node->is_asked = false;
    sim_action_do(world, &step);
}

/* Whoever keeps the door lets everybody in who asks. */
static void keep_door(sim_world *world, uint32_t i)
{
    agree(world, i);
    /* What was refused (a key package that this clock finds expired) is so at this instant. */
    if (i >= world->script->manner.doorkeepers || world->nodes[i].shut_at == world->now) return;
    if (sim_world_state(world, i) == MJL_SESSION_LIVE) sim_action_invite_all(world, i, NULL);
}

static bool step_once(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    const mjl_result result = sim_memory_step(node, sim_node_now(node, world->now));
    world->counters.steps++;
    if (stop_if_failed(world, i, result)) return false;
    if (result == MJL_NO_RANDOM) {
        /* The profile has failed: everything else of it answers STORE_FAILED. */
        sim_world_stop(world, i, FAILED_DOWN_MS);
        return false;
    }
    if (result != MJL_OK && result != MJL_BUDGET_SPENT) {
        sim_broken(world, "results", i, "step answered: %s", mjl_result_name(result));
        return false;
    }
    world->truth.views[i].settled = world->truth.views[i].settled_pending;
    node->is_touched = result == MJL_BUDGET_SPENT;
    sim_observe_state(world, i);
    return true;
}

static void close_and_open(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    const uint64_t load_fault = node->load_fault; /* Waits for the next stop that the script has. */
    mjl_profile_close(node->profile);
    node->profile = NULL;
    node->load_fault = UINT64_MAX;
    if (sim_world_start(world, i)) node->is_touched = false;
    node->load_fault = load_fault;
}

static void settle_once(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    if (node->is_hasty && !drain(world, i)) return;
    if (!step_once(world, i)) return;
    SIM_TELL(world, after_step, i);
    if (stops_at(world, i, SIM_AFTER_STEP) || !drain(world, i)) return;
    SIM_TELL(world, after_drain, i);
    keep_door(world, i);
    if (world->steps_twice && node->profile != NULL) {
        if (!step_once(world, i)) return;
        if (world->reopens_each_step) close_and_open(world, i);
    }
}

void sim_world_settle(sim_world *world, uint32_t i)
{
    sim_node *const node = &world->nodes[i];
    if (!sim_world_is_up(world, i)) return;
    node->is_touched = true;
    for (int round = 0; round < SETTLES_MAX && node->is_touched && !world->is_broken; round++) {
        if (node->profile == NULL) break;
        settle_once(world, i);
    }
    look_at_due(world, node);
}

/* ---- Time ---- */

static mjl_time wakes_at(const sim_node *node)
{
    if (node->profile == NULL) return node->up_at;
    mjl_time at = node->is_touched ? INT64_MIN : node->due;
    if (node->is_backed_up && node->slow_until < at) at = node->slow_until;
    return at > node->held_until ? at : node->held_until;
}

static mjl_time next_instant(const sim_world *world, mjl_time until)
{
    mjl_time due;
    mjl_time next = until;
    if (mjl_network_next_due(world->network, &due) == MJL_OK && due < next) next = due;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const mjl_time at = wakes_at(&world->nodes[i]);
        if (at < next) next = at;
    }
    return next > world->now ? next : world->now;
}

static void deliver(sim_world *world)
{
    mjl_network_arrival arrival;
    while (!world->is_broken && mjl_network_take(world->network, world->now, &arrival) == MJL_OK) {
        if (arrival.to < world->nodes_count) {
            receive(world, arrival.to, arrival.from, arrival.packet);
        }
    }
}

static void turn(sim_world *world, mjl_time until)
{
    const mjl_time before = world->now;
    world->now = next_instant(world, until);
    world->turns_here = world->now == before ? world->turns_here + 1 : 0;
    if (world->turns_here > TURNS_AT_ONE_INSTANT_MAX) {
        sim_broken(world, "L7 no timer livelock", SIM_NONE, "time stands still");
    }
    deliver(world);
    for (uint32_t i = 0; i < world->nodes_count && !world->is_broken; i++) {
        sim_node *const node = &world->nodes[i];
        if (node->profile == NULL && node->up_at <= world->now && node->up_at != SIM_NEVER) {
            sim_world_start(world, i);
        }
        if (node->profile == NULL || world->now < node->held_until) continue;
        if (node->is_touched || node->due <= world->now ||
            (node->is_backed_up && node->slow_until <= world->now)) {
            sim_world_settle(world, i);
        }
    }
}

void sim_world_run(sim_world *world, mjl_time until)
{
    while (world->now < until && !world->is_broken)
        turn(world, until);
}

bool sim_world_run_until(sim_world *world, mjl_time until, bool (*holds)(sim_world *))
{
    while (!world->is_broken) {
        if (holds(world)) return true;
        if (world->now >= until) return false;
        turn(world, until);
    }
    return false;
}
