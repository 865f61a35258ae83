#include "generate.h"

#include "chance.h"
#include "disk.h"
#include "forge.h"
#include "sets.h"

enum {
    MINUTE = 60000,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    MEMBERS_MOST = 8,
    STEPS_LEAST = 10,
    STEPS_MOST = 50,
    GATHER_MS = 20 * MINUTE
};

/* What is being made, and where its chance comes from. */
typedef struct maker {
    sim_script script;
    const sim_wishes *wishes;
    sim_chance shape, app;
    sim_chance faults[SIM_GROUP_COUNT];
    mjl_time length;         /* Of the phase with faults. */
    uint32_t spoilable_from; /* Members from here on may be hurt for good. */
} maker;

/* 0 and extremes as often as what lies between. */
static uint64_t intensity(sim_chance *chance, uint64_t most)
{
    const uint64_t kind = sim_chance_below(chance, 4);
    const uint64_t drawn = sim_chance_between(chance, 0, most);
    return kind == 0 ? 0 : kind == 1 ? most : kind == 2 ? drawn / 8 : drawn;
}

/* At most one argument of a call draws: C leaves open which is worked out first, and the same seed
   shall be the same script everywhere. */
static void add(maker *make, mjl_time at, sim_action action, uint32_t node, uint64_t a, uint64_t b,
                uint64_t c)
{
    const sim_step step = {.at = at, .action = action, .node = node, .args = {a, b, c}};
    sim_script_add(&make->script, &step);
}

static uint32_t anyone(maker *make, sim_chance *chance)
{
    return (uint32_t)sim_chance_below(chance, make->script.members_count);
}

static mjl_time sometime(maker *make, sim_chance *chance)
{
    return (mjl_time)sim_chance_below(chance, (uint64_t)make->length);
}

/* ---- Users ---- */

static uint64_t body_size(sim_chance *chance)
{
    const uint64_t kind = sim_chance_below(chance, 20);
    if (kind == 0) return 0;
    if (kind == 1) return sim_chance_between(chance, 900, 1100);
    if (kind == 2) return sim_chance_between(chance, 1, 20000);
    return sim_chance_between(chance, 4, 120);
}

static void add_users_step(maker *make, mjl_time at, uint32_t changes_permille)
{
    sim_chance *const chance = &make->app;
    const uint32_t node = anyone(make, chance);
    const uint32_t other = anyone(make, chance);
    const bool is_change = sim_chance_happens(chance, changes_permille);
    const uint64_t what = sim_chance_below(chance, 10);
    if (!is_change) {
        const uint64_t size = body_size(chance);
        add(make, at, SIM_SAY, node, size, sim_chance_happens(chance, 800), 0);
    } else if (what < 5) {
        add(make, at, SIM_REFRESH, node, 0, 0, 0);
    } else if (what < 7) {
        add(make, at, SIM_EXCLUDE, node, other, 0, 0);
    } else if (what < 8) {
        add(make, at, SIM_LEAVE, node, 0, 0, 0);
    } else if (what < 9) {
        add(make, at, SIM_AWAY, node, sim_chance_between(chance, 1, 10) * MINUTE, 0, 0);
    } else {
        add(make, at, SIM_AGREE, node, 0, 0, 0);
    }
}

static void add_users(maker *make)
{
    sim_chance *const chance = &make->app;
    const uint32_t steps = make->wishes->steps != 0
                               ? make->wishes->steps
                               : (uint32_t)sim_chance_between(chance, STEPS_LEAST, STEPS_MOST);
    const uint32_t changes = (uint32_t)intensity(chance, 400);
    const uint64_t gap = (uint64_t[]){20, 200, 600, 5000, 60000}[sim_chance_below(chance, 5)];
    mjl_time at = 0;
    for (uint32_t i = 0; i < steps; i++) {
        add_users_step(make, at, changes);
        at += (mjl_time)sim_chance_below(chance, 2 * gap);
    }
    make->length = at + (mjl_time)gap + 1000;
}

static void add_gathering(maker *make)
{
    const uint32_t late = (uint32_t)intensity(&make->shape, make->script.members_count / 2);
    const uint32_t at_once = make->script.members_count - late;
    add(make, 0, SIM_CREATE, 0, 0, 0, 0);
    for (uint32_t i = 1; i < at_once; i++)
        add(make, 0, SIM_JOIN, i, 0, 0, 0);
    add(make, 0, SIM_GATHER, 0, GATHER_MS, 0, 0);
    for (uint32_t i = at_once > 1 ? at_once : 1; i < make->script.members_count; i++)
        add(make, (mjl_time)sim_chance_below(&make->shape, 5000), SIM_JOIN, i, 0, 0, 0);
}

/* ---- Faults ---- */

static void add_network(maker *make, sim_chance *chance)
{
    static const struct {
        sim_action action;
        uint64_t most;
    } kinds[] = {{SIM_LOSS, 600},     {SIM_DUPLICATE, 500}, {SIM_REORDER, 500}, {SIM_CORRUPT, 200},
                 {SIM_TRUNCATE, 100}, {SIM_SPLICE, 100},    {SIM_REPLAY, 300}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const uint64_t permille = intensity(chance, kinds[i].most);
        if (permille > 0) add(make, 0, kinds[i].action, SIM_ALL, SIM_ALL, permille, 0);
    }
    if (sim_chance_happens(chance, 300)) {
        const uint64_t most = (uint64_t[]){500, 5000, HOUR, 2 * DAY}[sim_chance_below(chance, 4)];
        const uint32_t node = anyone(make, chance);
        add(make, sometime(make, chance), SIM_DELAY, node, SIM_ALL, 0, most);
    }
    const uint64_t events = intensity(chance, 6);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint64_t drawn = sim_chance_next(chance) | 1;
        const uint64_t what = sim_chance_below(chance, 8);
        const uint32_t node = anyone(make, chance);
        if (what < 3) {
            add(make, at, SIM_PARTITION, 0, drawn, 0, 0);
            if (drawn % 3 != 0) add(make, sometime(make, chance), SIM_PARTITION, 0, 0, 0, 0);
        } else if (what < 5) {
            add(make, at, SIM_CUT, node, anyone(make, chance), 1000, 0);
        } else if (what < 6) {
            add(make, at, SIM_CUT, node, SIM_ALL, 1000, 0);
        } else if (what < 7) {
            add(make, at, SIM_CLOG, 0, sim_chance_below(chance, (uint64_t)make->length), 0, 0);
        } else {
            add(make, at, SIM_DROP, 0, 0, 0, 0);
        }
    }
}

static uint64_t pause_ms(sim_chance *chance)
{
    return (uint64_t[]){0, 100, 3000, MINUTE, HOUR, 2 * DAY}[sim_chance_below(chance, 6)];
}

static uint32_t spoilable(maker *make, sim_chance *chance)
{
    const uint32_t count = make->script.members_count - make->spoilable_from;
    return count == 0 ? SIM_NONE : make->spoilable_from + (uint32_t)sim_chance_below(chance, count);
}

static void add_process(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 12);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint32_t node = anyone(make, chance);
        const uint64_t what = sim_chance_below(chance, 10);
        const uint64_t down = pause_ms(chance);
        if (what < 3) {
            add(make, at, SIM_KILL, node, down, 0, 0);
        } else if (what < 5) {
            add(make, at, SIM_SLEEP, node, down, 0, 0);
        } else {
            const uint64_t times = sim_chance_below(chance, 8);
            const uint64_t where = sim_chance_between(chance, 1, SIM_BOUNDARIES_END - 1);
            add(make, at, SIM_CRASH_AT, node, where, times, down);
        }
    }
    const uint32_t lost = spoilable(make, chance);
    if (sim_chance_happens(chance, 100) && lost != SIM_NONE) {
        add(make, sometime(make, chance), SIM_ABANDON, lost, 0, 0, 0);
    }
}

static void add_disk(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 10);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint32_t node = anyone(make, chance);
        const uint64_t how = sim_chance_between(chance, SIM_DISK_CRASH_BEFORE, SIM_DISK_IO_ERROR);
        const uint64_t down = pause_ms(chance);
        add(make, at, SIM_DISK_FAULT, node, how, sim_chance_below(chance, 12), down);
        if (sim_chance_happens(chance, 300)) {
            add(make, at, SIM_LOAD_FAULT, node, sim_chance_below(chance, 60), 0, 0);
        }
    }
    const uint32_t victim = spoilable(make, chance);
    if (sim_chance_happens(chance, 200) && victim != SIM_NONE) {
        const uint64_t how = sim_chance_between(chance, 1, SIM_DAMAGE_KINDS - 1);
        add(make, 0, SIM_SNAPSHOT, victim, 0, 0, 0);
        add(make, sometime(make, chance), SIM_DAMAGE, victim, how, 0, 0);
    }
}

static void add_state(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 3);
    for (uint64_t i = 0; i < events; i++) {
        const uint32_t node = spoilable(make, chance);
        if (node == SIM_NONE) return;
        const mjl_time at = sometime(make, chance) / 2;
        const bool clones = sim_chance_happens(chance, 400);
        add(make, at, SIM_SNAPSHOT, node, 0, 0, 0);
        add(make, at + sometime(make, chance) / 2, clones ? SIM_CLONE : SIM_ROLLBACK, node, 0, 0,
            0);
    }
}

static void add_clock(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 6);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        uint32_t node = anyone(make, chance);
        const uint64_t what = sim_chance_below(chance, 10);
        const uint64_t ms =
            (uint64_t[]){1, 1000, MINUTE, HOUR, 10 * HOUR}[sim_chance_below(chance, 5)];
        if (what < 3) {
            add(make, at, SIM_JUMP, node, ms, 0, 0);
        } else if (what < 5) {
            add(make, at, SIM_JUMP, node, 0, ms, 0);
        } else if (what < 7) {
            add(make, at, SIM_FREEZE, node, ms, 0, 0);
        } else if (what < 9) {
            add(make, at, SIM_DRIFT, node, 900000 + sim_chance_below(chance, 200001), 0, 0);
        } else {
            add(make, at, SIM_SUSPEND, node, ms, 0, 0);
        }
    }
    const uint32_t victim = spoilable(make, chance);
    const uint64_t what = sim_chance_below(chance, 10);
    if (victim == SIM_NONE) return;
    if (what == 0) add(make, sometime(make, chance), SIM_FAR, victim, 0, 0, 0);
    if (what == 1) {
        add(make, sometime(make, chance), SIM_SUSPEND, victim, 30 * (uint64_t)DAY, 0, 0);
    }
    if (what == 2) {
        add(make, sometime(make, chance), SIM_JUMP, victim, 3650 * (uint64_t)DAY, 0, 0);
    }
}

static void add_rng(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 6);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint32_t node = anyone(make, chance);
        if (sim_chance_happens(chance, 600)) {
            add(make, at, SIM_RNG_FAIL, node, sim_chance_below(chance, 30), 0, 0);
        } else {
            add(make, at / 2, SIM_RNG_REPEAT, node, 0, 0, 0);
            add(make, at, SIM_RNG_REPEAT, node, 1, 0, 0);
        }
    }
}

static void add_insiders(maker *make, sim_chance *chance)
{
    const uint32_t node = spoilable(make, chance);
    if (node == SIM_NONE) return;
    if (!sim_chance_happens(chance, 250)) {
        add(make, sometime(make, chance) / 2, SIM_EQUIVOCATE, node, 0, 0, 0);
    }
    const uint64_t forgeries = intensity(chance, 16);
    for (uint64_t i = 0; i < forgeries; i++) {
        const uint64_t how = sim_chance_below(chance, SIM_FORGERIES_REFUSED);
        add(make, sometime(make, chance), SIM_FORGE, node, how, 0, 0);
    }
}

static void add_outsiders(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 10);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint32_t node = anyone(make, chance);
        const uint64_t count = sim_chance_happens(chance, 100) ? 200 : 10;
        const uint64_t what = sim_chance_below(chance, 3);
        if (what == 0) add(make, at, SIM_OLD_PACKETS, node, count, 0, 0);
        if (what == 1) add(make, at, SIM_BENT, node, count, 0, 0);
        if (what == 2) add(make, at, SIM_JUNK, node, count, intensity(chance, 4096), 0);
    }
    if (sim_chance_happens(chance, 200)) {
        const uint32_t node = anyone(make, chance);
        add(make, sometime(make, chance), SIM_FLOOD, node, 200, 0, 0);
    }
}

static void add_misuse(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 5);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint32_t node = anyone(make, chance);
        const uint64_t what = sim_chance_below(chance, 3);
        if (what == 0) add(make, at, SIM_BAD_CALLS, node, 0, 0, 0);
        if (what == 1) add(make, at, SIM_SLOW, node, pause_ms(chance) % (2 * HOUR), 0, 0);
        if (what == 2) add(make, at, SIM_HASTY, node, 0, 0, 0);
    }
}

static void add_races(maker *make, sim_chance *chance)
{
    make->script.manner.doorkeepers =
        sim_chance_happens(chance, 500) ? 2 : make->script.members_count;
    const uint64_t events = intensity(chance, 4);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        for (uint32_t node = 0; node < make->script.members_count; node++) {
            const uint32_t whom = anyone(make, chance);
            if (sim_chance_happens(chance, 400)) add(make, at, SIM_REFRESH, node, 0, 0, 0);
            if (sim_chance_happens(chance, 200)) add(make, at, SIM_EXCLUDE, node, whom, 0, 0);
        }
    }
}

static void add_memory(maker *make, sim_chance *chance)
{
    const uint64_t events = intensity(chance, 20);
    for (uint64_t i = 0; i < events; i++) {
        const mjl_time at = sometime(make, chance);
        const uint32_t node = anyone(make, chance);
        const uint64_t after = sim_chance_below(chance, sim_chance_happens(chance, 500) ? 20 : 400);
        add(make, at, SIM_NO_MEMORY, node, after, sim_chance_happens(chance, 300), 0);
    }
}

static void add_faults(maker *make)
{
    static void (*const adders[SIM_GROUP_COUNT])(maker *, sim_chance *) = {
        [SIM_GROUP_NET] = add_network,      [SIM_GROUP_PROCESS] = add_process,
        [SIM_GROUP_DISK] = add_disk,        [SIM_GROUP_STATE] = add_state,
        [SIM_GROUP_CLOCK] = add_clock,      [SIM_GROUP_RNG] = add_rng,
        [SIM_GROUP_INSIDER] = add_insiders, [SIM_GROUP_OUTSIDER] = add_outsiders,
        [SIM_GROUP_MISUSE] = add_misuse,    [SIM_GROUP_RACES] = add_races,
        [SIM_GROUP_MEMORY] = add_memory};
    for (unsigned group = 1; group < SIM_GROUP_COUNT; group++) {
        sim_chance chance = sim_chance_split(make->script.seed, sim_group_name(group), 0);
        const bool is_on = sim_chance_happens(&chance, 600);
        /* A single group that was asked for is always on. */
        const bool is_only = make->wishes->groups == 1u << group;
        if ((make->wishes->groups & 1u << group) != 0 && (is_on || is_only)) {
            adders[group](make, &chance);
        }
    }
}

/* ---- All of it ---- */

static int by_time(const void *a, const void *b)
{
    const sim_step *const first = a;
    const sim_step *const second = b;
    if (first->at != second->at) return first->at < second->at ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

static void choose_manner(maker *make)
{
    sim_chance *const chance = &make->shape;
    sim_manner *const manner = &make->script.manner;
    manner->provider = make->wishes->provider;
    manner->bc_lat_ms = 250;
    manner->m_intv_ms = 500;
    if (sim_chance_happens(chance, 200)) {
        manner->bc_lat_ms = 5000;
        manner->m_intv_ms = 16000;
    }
    manner->steps_each_input = sim_chance_happens(chance, 300);
    manner->doorkeepers = 1;
    manner->shadow_permille = (uint32_t[]){2, 5, 20}[sim_chance_below(chance, 3)];
    manner->quiet_days = sim_chance_happens(chance, 20) ? 30 : sim_chance_happens(chance, 100);
}

sim_script sim_generate(uint64_t seed, const sim_wishes *wishes)
{
    maker make = {.wishes = wishes};
    make.script.seed = seed;
    make.shape = sim_chance_split(seed, "shape", 0);
    make.app = sim_chance_split(seed, "app", 0);
    const uint32_t drawn = (uint32_t)sim_chance_between(&make.shape, 2, MEMBERS_MOST);
    make.script.members_count = wishes->members != 0 ? wishes->members : drawn;
    make.spoilable_from = make.script.members_count < 3 ? make.script.members_count
                                                        : (make.script.members_count + 1) / 2;
    choose_manner(&make);
    add_gathering(&make);
    add_users(&make);
    add_faults(&make);
    /* Behind the gathering everything goes by its time. */
    size_t first = 0;
    while (make.script.steps[first].action != SIM_GATHER)
        first++;
    qsort(&make.script.steps[first + 1], make.script.count - first - 1, sizeof *make.script.steps,
          by_time);
    return make.script;
}
