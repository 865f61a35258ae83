#include "script.h"
#include "sets.h"

#include <inttypes.h>

static const struct action_row {
    const char *name;
    sim_group group;
    uint32_t args; /* Behind the node. */
} rows[SIM_ACTIONS_COUNT] = {
    [SIM_CREATE] = {"create", SIM_GROUP_APP, 0},
    [SIM_JOIN] = {"join", SIM_GROUP_APP, 0},
    [SIM_GATHER] = {"gather", SIM_GROUP_APP, 1},
    [SIM_SAY] = {"say", SIM_GROUP_APP, 2},
    [SIM_INVITE] = {"invite", SIM_GROUP_APP, 0},
    [SIM_EXCLUDE] = {"exclude", SIM_GROUP_APP, 1},
    [SIM_REFRESH] = {"refresh", SIM_GROUP_APP, 0},
    [SIM_LEAVE] = {"leave", SIM_GROUP_APP, 0},
    [SIM_AWAY] = {"away", SIM_GROUP_APP, 1},
    [SIM_AGREE] = {"agree", SIM_GROUP_APP, 0},
    [SIM_LOSS] = {"loss", SIM_GROUP_NET, 2},
    [SIM_DUPLICATE] = {"duplicate", SIM_GROUP_NET, 2},
    [SIM_REORDER] = {"reorder", SIM_GROUP_NET, 2},
    [SIM_CORRUPT] = {"corrupt", SIM_GROUP_NET, 2},
    [SIM_TRUNCATE] = {"truncate", SIM_GROUP_NET, 2},
    [SIM_SPLICE] = {"splice", SIM_GROUP_NET, 2},
    [SIM_REPLAY] = {"replay", SIM_GROUP_NET, 2},
    [SIM_DELAY] = {"delay", SIM_GROUP_NET, 3},
    [SIM_CUT] = {"cut", SIM_GROUP_NET, 2},
    [SIM_PARTITION] = {"partition", SIM_GROUP_NET, 1},
    [SIM_CLOG] = {"clog", SIM_GROUP_NET, 1},
    [SIM_DROP] = {"drop", SIM_GROUP_NET, 0},
    [SIM_KILL] = {"kill", SIM_GROUP_PROCESS, 1},
    [SIM_SLEEP] = {"sleep", SIM_GROUP_PROCESS, 1},
    [SIM_ABANDON] = {"abandon", SIM_GROUP_PROCESS, 0},
    [SIM_CRASH_AT] = {"crash-at", SIM_GROUP_PROCESS, 3},
    [SIM_DISK_FAULT] = {"disk-fault", SIM_GROUP_DISK, 3},
    [SIM_LOAD_FAULT] = {"load-fault", SIM_GROUP_DISK, 1},
    [SIM_DAMAGE] = {"damage", SIM_GROUP_DISK, 1},
    [SIM_SNAPSHOT] = {"snapshot", SIM_GROUP_STATE, 0},
    [SIM_ROLLBACK] = {"rollback", SIM_GROUP_STATE, 0},
    [SIM_CLONE] = {"clone", SIM_GROUP_STATE, 0},
    [SIM_JUMP] = {"jump", SIM_GROUP_CLOCK, 2},
    [SIM_FREEZE] = {"freeze", SIM_GROUP_CLOCK, 1},
    [SIM_DRIFT] = {"drift", SIM_GROUP_CLOCK, 1},
    [SIM_SUSPEND] = {"suspend", SIM_GROUP_CLOCK, 1},
    [SIM_FAR] = {"far", SIM_GROUP_CLOCK, 0},
    [SIM_RNG_FAIL] = {"rng-fail", SIM_GROUP_RNG, 1},
    [SIM_RNG_REPEAT] = {"rng-repeat", SIM_GROUP_RNG, 1},
    [SIM_EQUIVOCATE] = {"equivocate", SIM_GROUP_INSIDER, 0},
    [SIM_FORGE] = {"forge", SIM_GROUP_INSIDER, 1},
    [SIM_OLD_PACKETS] = {"old-packets", SIM_GROUP_OUTSIDER, 1},
    [SIM_JUNK] = {"junk", SIM_GROUP_OUTSIDER, 2},
    [SIM_BENT] = {"bent", SIM_GROUP_OUTSIDER, 1},
    [SIM_FLOOD] = {"flood", SIM_GROUP_OUTSIDER, 1},
    [SIM_BAD_CALLS] = {"bad-calls", SIM_GROUP_MISUSE, 0},
    [SIM_SLOW] = {"slow", SIM_GROUP_MISUSE, 1},
    [SIM_HASTY] = {"hasty", SIM_GROUP_MISUSE, 0},
    [SIM_NO_MEMORY] = {"no-memory", SIM_GROUP_MEMORY, 2},
};

static const char *const groups[SIM_GROUP_COUNT] = {
    "app", "net",     "process",  "disk",   "state", "clock",
    "rng", "insider", "outsider", "misuse", "races", "memory",
};

const char *sim_action_name(sim_action action)
{
    return rows[action].name;
}

sim_group sim_action_group(sim_action action)
{
    return rows[action].group;
}

uint32_t sim_action_args(sim_action action)
{
    return rows[action].args;
}

const char *sim_group_name(sim_group group)
{
    return groups[group];
}

bool sim_groups_read(const char *text, uint32_t *mask)
{
    *mask = 0;
    if (strcmp(text, "none") == 0) return true;
    while (*text != 0) {
        const size_t size = strcspn(text, ",");
        uint32_t found = 0;
        if (size == 3 && strncmp(text, "all", 3) == 0) found = (1u << SIM_GROUP_COUNT) - 2;
        for (unsigned i = 1; i < SIM_GROUP_COUNT; i++) {
            if (strlen(groups[i]) == size && strncmp(text, groups[i], size) == 0) found = 1u << i;
        }
        if (found == 0) return false;
        *mask |= found;
        text += size + (text[size] == ',');
    }
    return true;
}

/* ---- The list ---- */

void sim_script_clear(sim_script *script)
{
    free(script->steps);
    script->steps = NULL;
    script->count = script->room = 0;
}

sim_script sim_script_copy(const sim_script *script)
{
    sim_script made = *script;
    made.room = script->count + 1;
    made.steps = sim_zeroed(made.room, sizeof *made.steps);
    if (script->count > 0) {
        memcpy(made.steps, script->steps, script->count * sizeof *made.steps);
    }
    return made;
}

void sim_script_add(sim_script *script, const sim_step *step)
{
    script->steps = sim_grown(script->steps, script->count, &script->room, sizeof *script->steps);
    script->steps[script->count] = *step;
    script->steps[script->count].number = (uint32_t)script->count;
    script->count++;
}

/* ---- As text ---- */

void sim_step_write(const sim_step *step, FILE *out)
{
    fprintf(out, "#%" PRIu32 " %" PRId64 " %s", step->number, step->at, rows[step->action].name);
    if (step->node == SIM_ALL)
        fprintf(out, " all");
    else
        fprintf(out, " %" PRIu32, step->node);
    for (uint32_t i = 0; i < rows[step->action].args; i++)
        fprintf(out, " %" PRIu64, step->args[i]);
    fprintf(out, "\n");
}

void sim_script_write(const sim_script *script, FILE *out)
{
    const sim_manner *const manner = &script->manner;
    fprintf(out, "majlis-sim 1\nseed %" PRIu64 " members %" PRIu32 " provider %s\n", script->seed,
            script->members_count, manner->provider == SIM_TOY ? "toy" : "real");
    fprintf(out,
            "bc-lat %" PRIu32 " m-intv %" PRIu32 " lifetime %" PRIu64
            " each %d doorkeepers %" PRIu32 " shadow %" PRIu32 " quiet %" PRIu32 "\n",
            manner->bc_lat_ms, manner->m_intv_ms, manner->secret_lifetime_ms,
            manner->steps_each_input, manner->doorkeepers, manner->shadow_permille,
            manner->quiet_days);
    for (size_t i = 0; i < script->count; i++)
        sim_step_write(&script->steps[i], out);
}

/* NOLINTBEGIN(cert-err34-c): a script is written by us, and its numbers are in range. */
static bool read_head(FILE *in, sim_script *script)
{
    char provider[8];
    int each;
    sim_manner *const manner = &script->manner;
    if (fscanf(in, "majlis-sim 1 seed %" SCNu64 " members %" SCNu32 " provider %7s", &script->seed,
               &script->members_count, provider) != 3 ||
        fscanf(in,
               " bc-lat %" SCNu32 " m-intv %" SCNu32 " lifetime %" SCNu64
               " each %d doorkeepers %" SCNu32 " shadow %" SCNu32 " quiet %" SCNu32,
               &manner->bc_lat_ms, &manner->m_intv_ms, &manner->secret_lifetime_ms, &each,
               &manner->doorkeepers, &manner->shadow_permille, &manner->quiet_days) != 7) {
        return false;
    }
    manner->provider = strcmp(provider, "real") == 0 ? SIM_REAL : SIM_TOY;
    manner->steps_each_input = each != 0;
    return script->members_count >= 1 && script->members_count <= SIM_NODES_MAX;
}

static bool read_step(FILE *in, sim_step *step, bool *is_end)
{
    char name[32], node[16];
    const int fields =
        fscanf(in, " #%" SCNu32 " %" SCNd64 " %31s %15s", &step->number, &step->at, name, node);
    *is_end = fields == EOF;
    if (fields != 4) return false;
    for (unsigned i = 0; i < SIM_ACTIONS_COUNT; i++) {
        if (strcmp(name, rows[i].name) != 0) continue;
        step->action = (sim_action)i;
        step->node = strcmp(node, "all") == 0 ? SIM_ALL : (uint32_t)strtoul(node, NULL, 10);
        for (uint32_t k = 0; k < rows[i].args; k++) {
            if (fscanf(in, "%" SCNu64, &step->args[k]) != 1) return false;
        }
        return true;
    }
    return false;
}

/* NOLINTEND(cert-err34-c) */

bool sim_script_read(FILE *in, sim_script *script)
{
    memset(script, 0, sizeof *script);
    bool is_end = !read_head(in, script);
    bool is_good = !is_end;
    while (is_good && !is_end) {
        sim_step step = {0};
        is_good = read_step(in, &step, &is_end) || is_end;
        if (!is_good || is_end) break;
        const uint32_t number = step.number;
        sim_script_add(script, &step);
        script->steps[script->count - 1].number = number;
    }
    if (!is_good) {
        fprintf(stderr, "majlis-sim: line %zu is no step of a script\n", script->count + 4);
        sim_script_clear(script);
    }
    return is_good;
}
