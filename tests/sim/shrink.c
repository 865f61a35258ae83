#include "shrink.h"

#include "sets.h"

#include <string.h>

enum { RUNS_MAX = 1500, SECONDS = 10 };

typedef struct shrinking {
    const sim_options *options;
    sim_outcome *outcome; /* Of the smallest script so far. */
    uint32_t runs;
} shrinking;

static bool fails_alike(shrinking *state, const sim_script *script)
{
    if (state->runs >= RUNS_MAX) return false;
    sim_outcome outcome;
    state->runs++;
    sim_trial(script, state->options, SECONDS, &outcome);
    if (!outcome.is_broken || strcmp(outcome.oracle, state->outcome->oracle) != 0) return false;
    *state->outcome = outcome;
    return true;
}

/* Keeps the smaller script if it fails alike. */
static bool adopt(shrinking *state, sim_script *script, sim_script *smaller)
{
    if (!fails_alike(state, smaller)) {
        sim_script_clear(smaller);
        return false;
    }
    sim_script_clear(script);
    *script = *smaller;
    return true;
}

static bool try_without(shrinking *state, sim_script *script, size_t from, size_t count)
{
    sim_script smaller = sim_script_copy(script);
    memmove(&smaller.steps[from], &smaller.steps[from + count],
            (smaller.count - from - count) * sizeof *smaller.steps);
    smaller.count -= count;
    return adopt(state, script, &smaller);
}

static void leave_out_steps(shrinking *state, sim_script *script)
{
    for (size_t chunk = script->count / 2; chunk > 0; chunk /= 2) {
        /* From the end: what comes late is needed least. */
        for (size_t end = script->count; end > 0;) {
            const size_t from = end > chunk ? end - chunk : 0;
            try_without(state, script, from, end - from);
            end = from;
        }
    }
}

/* The last member, when no step names it any more. */
static void leave_out_members(shrinking *state, sim_script *script)
{
    while (script->members_count > 2) {
        sim_script smaller = sim_script_copy(script);
        smaller.members_count--;
        if (!adopt(state, script, &smaller)) return;
    }
}

static void weaken(shrinking *state, sim_script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        for (uint32_t k = 0; k < sim_action_args(script->steps[i].action); k++) {
            const uint64_t was = script->steps[i].args[k];
            const uint64_t tries[] = {0, was / 8, was / 2};
            for (size_t t = 0; t < 3 && was != SIM_ALL && tries[t] < was; t++) {
                sim_script smaller = sim_script_copy(script);
                smaller.steps[i].args[k] = tries[t];
                if (adopt(state, script, &smaller)) break;
            }
        }
    }
}

uint32_t sim_shrink(sim_script *script, const sim_options *options, sim_outcome *outcome)
{
    sim_options quiet = *options;
    quiet.trace = NULL;
    shrinking state = {.options = &quiet, .outcome = outcome};
    size_t before;
    do {
        before = script->count;
        leave_out_steps(&state, script);
        leave_out_members(&state, script);
    } while (script->count < before && state.runs < RUNS_MAX);
    weaken(&state, script);
    leave_out_steps(&state, script);
    return state.runs;
}
