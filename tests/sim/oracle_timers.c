/*
 * I16: each timer runs once or is cancelled, never before it is due, in the order of (due, id); a
 * step leaves nothing due behind; a restart finds what there was, and nothing that was gone.
 *
 *     after each call and step:  pending ──> the model, a list by id      (looked at from outside)
 *     as tasks are taken:        turn    ──> was it pending? due? once? in order?
 *
 * What a step that is not durable yet did is forgotten with a crash.
 */
#include "oracles.h"
#include "turns.h"
#include "world.h"

#include "session_state.h"

static const char name[] = "I16 timers";

typedef struct known {
    uint64_t id;
    mjl_time due;
    bool has_run;
} known;

typedef struct clockwork { /* Of one node. */
    const mjl_session *session;
    known *pending; /* Ascending by id. */
    size_t count, room;
    uint64_t highest_id;
    mjl_time last_due; /* What ran last, */
    uint64_t last_id;
    mjl_time own_now; /* The latest that the node's clock showed. */
    /* As they were when the last step was durable, and how often the disk was written then. */
    mjl_id durable;
    uint64_t applies;
    bool is_durable;
} clockwork;

typedef struct timers {
    sim_turn_listener listener;
    sim_world *world;
    clockwork *nodes;
    uint32_t nodes_count;
} timers;

/* ---- The model ---- */

static known *find(clockwork *of, uint64_t id)
{
    size_t low = 0, high = of->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (of->pending[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < of->count && of->pending[low].id == id ? &of->pending[low] : NULL;
}

static void forget(clockwork *of)
{
    of->session = NULL;
    of->count = 0;
    of->highest_id = of->last_id = 0;
    of->last_due = INT64_MIN;
}

/* A clock that goes back, or beyond the end of time, is not followed (majlis/profile.h). */
static void advance(clockwork *of, mjl_time shown)
{
    const mjl_time now = shown < MJL_TIME_MAX ? shown : MJL_TIME_MAX;
    if (now > of->own_now) of->own_now = now;
}

/* What is pending now. Ids ascend and are never given twice. */
static void look(timers *state, sim_world *world, uint32_t node)
{
    clockwork *const of = &state->nodes[node];
    const mjl_session *const session = sim_world_session(world, node);
    advance(of, sim_node_now(&world->nodes[node], world->now));
    if (session != of->session) forget(of);
    of->session = session;
    if (session == NULL || session->schedule == NULL) return;
    const size_t count = mjl_schedule_count(session->schedule);
    uint64_t *const ids = sim_zeroed(count + 1, sizeof *ids);
    mjl_schedule_ids(session->schedule, ids);
    uint64_t highest = of->highest_id;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] > highest) highest = ids[i];
        if (of->highest_id == 0 || ids[i] > of->highest_id || find(of, ids[i]) != NULL) continue;
        sim_broken(world, name, node, "task %llu is back, after it had run or was cancelled",
                   (unsigned long long)ids[i]);
    }
    of->count = 0;
    for (size_t i = 0; i < count; i++) {
        mjl_task task;
        if (mjl_schedule_status(session->schedule, ids[i], &task) != MJL_TASK_PENDING) continue;
        of->pending = sim_grown(of->pending, of->count, &of->room, sizeof *of->pending);
        of->pending[of->count++] = (known){.id = ids[i], .due = task.due};
    }
    of->highest_id = highest;
    free(ids);
}

/* ---- As they run ---- */

static uint32_t node_of(const timers *state, const mjl_schedule *schedule)
{
    for (uint32_t i = 0; i < state->world->nodes_count; i++) {
        const mjl_session *const session = sim_world_session(state->world, i);
        if (session != NULL && session->schedule == schedule) return i;
    }
    return SIM_NONE;
}

static void check_turn(timers *state, uint32_t node, mjl_time until, const mjl_task *task)
{
    clockwork *const of = &state->nodes[node];
    sim_world *const world = state->world;
    known *const was = find(of, task->id);
    const unsigned long long id = (unsigned long long)task->id;
    advance(of, sim_node_now(&world->nodes[node], world->now));
    if (was == NULL && task->id <= of->highest_id) {
        sim_broken(world, name, node, "task %llu runs, after it had run or was cancelled", id);
    } else if (was != NULL && (was->has_run || was->due != task->due)) {
        sim_broken(world, name, node, "task %llu runs again, or at another time", id);
    }
    if (task->due >= until || task->due >= of->own_now) {
        sim_broken(world, name, node, "task %llu runs at %lld, due at %lld", id,
                   (long long)of->own_now, (long long)task->due);
    }
    if (task->due < of->last_due || (task->due == of->last_due && task->id <= of->last_id)) {
        sim_broken(world, name, node, "task %llu runs behind task %llu, out of order", id,
                   (unsigned long long)of->last_id);
    }
    of->last_due = task->due;
    of->last_id = task->id;
    if (was != NULL) was->has_run = true;
}

static void taken(void *context, const mjl_schedule *schedule, mjl_time until, const mjl_task *task)
{
    timers *const state = context;
    const uint32_t node = node_of(state, schedule);
    if (node == SIM_NONE) return; /* A shadow, or one that is being opened. */
    if (state->nodes[node].session != sim_world_session(state->world, node)) return;
    check_turn(state, node, until, task);
}

/* ---- After a step, and after a restart ---- */

static mjl_id hash_of(const mjl_session *session)
{
    mjl_buffer saved = {0};
    if (session == NULL || mjl_schedule_save(session->schedule, &saved) != MJL_OK) {
        return (mjl_id){{0}};
    }
    const mjl_id hash = sim_hash(mjl_buffer_bytes(&saved));
    mjl_buffer_clear(&saved);
    return hash;
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    timers *const state = context;
    clockwork *const of = &state->nodes[node];
    look(state, world, node);
    for (size_t i = 0; i < of->count && !world->nodes[node].is_touched; i++) {
        if (of->pending[i].due >= of->own_now) continue;
        sim_broken(world, name, node, "task %llu, due at %lld, waits at %lld",
                   (unsigned long long)of->pending[i].id, (long long)of->pending[i].due,
                   (long long)of->own_now);
    }
    of->durable = hash_of(of->session);
    of->applies = sim_disk_applies(world->nodes[node].disk);
    of->is_durable = of->session != NULL;
}

/* A write that failed may be on the disk all the same. */
static void on_crash(void *context, sim_world *world, uint32_t node)
{
    clockwork *const of = &((timers *)context)->nodes[node];
    of->is_durable = of->is_durable && of->applies == sim_disk_applies(world->nodes[node].disk);
}

static void on_reopen(void *context, sim_world *world, uint32_t node)
{
    timers *const state = context;
    clockwork *const of = &state->nodes[node];
    const bool is_asked = of->is_durable;
    forget(of);
    of->own_now = mjl_profile_now(world->nodes[node].profile);
    look(state, world, node);
    if (!is_asked || world->nodes[node].spoils != 0 || of->session == NULL) return;
    const mjl_id now = hash_of(of->session);
    if (memcmp(&now, &of->durable, sizeof now) != 0) {
        sim_broken(world, name, node, "its timers are not those of its last step");
    }
}

static void on_input(void *context, sim_world *world, uint32_t node, const sim_input *input)
{
    (void)input;
    look(context, world, node);
}

static void on_arrival(void *context, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    (void)arriving;
    look(context, world, node);
}

static void *make(const sim_world *world)
{
    timers *const made = sim_zeroed(1, sizeof *made);
    made->world = (sim_world *)world;
    made->nodes_count = world->nodes_room;
    made->nodes = sim_zeroed(world->nodes_room, sizeof *made->nodes);
    for (uint32_t i = 0; i < made->nodes_count; i++) {
        forget(&made->nodes[i]);
        made->nodes[i].own_now = INT64_MIN;
    }
    made->listener = (sim_turn_listener){made, taken};
    sim_turns_listen(&made->listener);
    return made;
}

static void end(void *context)
{
    timers *const state = context;
    sim_turns_listen(NULL);
    for (uint32_t i = 0; i < state->nodes_count; i++)
        free(state->nodes[i].pending);
    free(state->nodes);
    free(state);
}

const sim_oracle sim_oracle_timers = {.name = name,
                                      .make = make,
                                      .on_input = on_input,
                                      .on_arrival = on_arrival,
                                      .after_step = after_step,
                                      .on_crash = on_crash,
                                      .on_reopen = on_reopen,
                                      .free = end};
