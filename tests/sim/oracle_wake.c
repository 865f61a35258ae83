/*
 * L8: who wakes up after a long time, or whose clock jumped, does what is due in one turn and not
 * what it missed turn by turn: no more timers than it had, and one warning for one thing. Counted
 * rather than timed, so that a busy machine breaks nothing.
 */
#include "majlis/schedule.h"
#include "oracles.h"
#include "turns.h"
#include "world.h"

#include "session_state.h"

static const char name[] = "L8 wake-up";

enum { LONG_MS = 6 * 3600000, SPARE_TURNS = 32, WARNINGS_KEPT = 256 };

typedef struct sleeper {
    mjl_time stepped_at; /* By its own clock. */
    size_t tasks;        /* That it had then. */
    uint64_t turns;      /* Of all, when it was asked last. */
    bool is_waking;
    struct {
        mjl_id about;
        uint64_t number;
    } warned[WARNINGS_KEPT];
    size_t warned_count;
} sleeper;

typedef struct wake {
    sleeper *nodes;
    uint64_t turns; /* Until the last step of anybody. */
} wake;

static void *make(const sim_world *world)
{
    wake *const made = sim_zeroed(1, sizeof *made);
    made->nodes = sim_zeroed(world->nodes_room, sizeof *made->nodes);
    made->turns = sim_turns_count();
    return made;
}

static void end(void *context)
{
    free(((wake *)context)->nodes);
    free(context);
}

/* What ran in calls and packets of others belongs to none that is asked about. */
static void begin_step(wake *state, sim_world *world, uint32_t node, uint64_t *ran)
{
    (void)world;
    (void)node;
    const uint64_t now = sim_turns_count();
    *ran = now - state->turns;
    state->turns = now;
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    wake *const state = context;
    sleeper *const of = &state->nodes[node];
    const mjl_time now = mjl_profile_now(world->nodes[node].profile);
    uint64_t ran;
    begin_step(state, world, node, &ran);
    of->is_waking = of->stepped_at != 0 && now - of->stepped_at > LONG_MS;
    of->warned_count = 0;
    if (of->is_waking && ran > 4 * of->tasks + SPARE_TURNS) {
        sim_broken(world, name, node, "%llu timers ran when it woke, %zu were there",
                   (unsigned long long)ran, of->tasks);
    }
    const mjl_session *const session = sim_world_session(world, node);
    of->tasks = session == NULL ? 0 : mjl_schedule_count(session->schedule);
    of->stepped_at = now;
}

static void on_event(void *context, sim_world *world, uint32_t node, const mjl_event *event)
{
    sleeper *const of = &((wake *)context)->nodes[node];
    if (!of->is_waking || event->kind != MJL_EVENT_WARNING) return;
    const mjl_bytes fields[] = {mjl_bytes_of(&event->warning_kind, sizeof event->warning_kind),
                                mjl_bytes_of(event->subject.bytes, MJL_ID_SIZE)};
    const mjl_id about = sim_look_hash("warning", fields, 2);
    for (size_t i = 0; i < of->warned_count; i++) {
        if (memcmp(&of->warned[i].about, &about, sizeof about) != 0) continue;
        /* Whoever crashed before it was taken is told that event again. */
        if (of->warned[i].number == event->number) return;
        sim_broken(world, name, node, "it warns twice of one thing when it woke: %s",
                   mjl_warning_kind_name(event->warning_kind));
    }
    if (of->warned_count == WARNINGS_KEPT) return;
    of->warned[of->warned_count].about = about;
    of->warned[of->warned_count++].number = event->number;
}

static void after_drain(void *context, sim_world *world, uint32_t node)
{
    (void)world;
    ((wake *)context)->nodes[node].is_waking = false;
}

const sim_oracle sim_oracle_wake = {.name = name,
                                    .make = make,
                                    .after_step = after_step,
                                    .on_event = on_event,
                                    .after_drain = after_drain,
                                    .free = end};
