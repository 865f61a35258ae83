/*
 * The schedule and what stands on it, as they are saved: canonical values, a schedule whole and as
 * records, expectations, monitors. What was accepted is run for a while.
 */
#include "fuzz.h"

#include "majlis/expect.h"
#include "majlis/monitor.h"
#include "pack.h"
#include "sched_kinds.h"
#include "timers.h"

enum { TASKS_RUN_MAX = 64 };

/* ---- Canonical values ---- */

/* The first bytes of msgpack's values ("Formats"): of each kind the least. */
enum {
    ARRAY_OF_FEW = 0x90,
    TEXT_SHORT = 0xa0,
    NIL = 0xc0,
    FALSE_OR_TRUE = 0xc2,
    BIN = 0xc4,
    UINT = 0xcc,
    INT = 0xd0,
    TEXT = 0xd9,
    ARRAY = 0xdc,
    NEGATIVE = 0xe0
};

/* One value, of an array its head alone; answers how many more follow. */
static size_t recode_value(mjl_unpack *in, mjl_pack *out)
{
    const uint8_t first = in->bytes.data[in->at];
    if ((first >= ARRAY_OF_FEW && first < TEXT_SHORT) || (first >= ARRAY && first < NEGATIVE)) {
        const size_t count = mjl_unpack_array(in);
        mjl_pack_array(out, count);
        return count;
    }
    if (first >= NEGATIVE || (first >= INT && first < TEXT)) {
        mjl_pack_int(out, mjl_unpack_int(in));
    } else if (first < ARRAY_OF_FEW || (first >= UINT && first < INT)) {
        mjl_pack_uint(out, mjl_unpack_uint(in));
    } else if (first < NIL || first >= TEXT) {
        mjl_pack_text(out, mjl_unpack_text(in));
    } else if (first >= BIN) {
        mjl_pack_bin(out, mjl_unpack_bin(in));
    } else if (first >= FALSE_OR_TRUE) {
        mjl_pack_bool(out, mjl_unpack_bool(in));
    } else {
        mjl_unpack_nil(in);
        mjl_pack_nil(out);
    }
    return 0;
}

static void run_pack(mjl_bytes input)
{
    mjl_unpack whole = mjl_unpack_from(input);
    mjl_unpack_any(&whole);
    if (mjl_unpack_end(&whole) != MJL_OK) return;
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_unpack in = mjl_unpack_from(input);
    for (size_t values = 1; values > 0; values--)
        values += recode_value(&in, &pack);
    const mjl_result read = mjl_unpack_end(&in);
    assert(read == MJL_OK && pack.result == MJL_OK);
    fuzz_same(input, &out);
}

/* ---- The schedule ---- */

static void run_some(mjl_schedule *schedule)
{
    mjl_time due;
    for (size_t i = 0; i < TASKS_RUN_MAX; i++) {
        if (mjl_schedule_next_due(schedule, &due) != MJL_OK) return;
        mjl_task task;
        if (mjl_schedule_take(schedule, due, &task) == MJL_OK) mjl_schedule_done(schedule);
        assert(mjl_schedule_check(schedule));
    }
}

static void run_schedule(mjl_bytes input)
{
    mjl_schedule *schedule = NULL;
    if (mjl_schedule_load(sched_kinds, input, &schedule) != MJL_OK) {
        assert(schedule == NULL);
        return;
    }
    mjl_buffer out = {0};
    const mjl_result saved = mjl_schedule_save(schedule, &out);
    assert(saved == MJL_OK && mjl_schedule_check(schedule));
    fuzz_same(input, &out);
    run_some(schedule);
    mjl_schedule_free(schedule);
}

/* Records behind their sizes: the head's first, then one for each task. */
static void run_schedule_records(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_schedule *schedule = NULL;
    mjl_bytes record = fuzz_take_bytes(&script, fuzz_take_number(&script, 2));
    mjl_result result = mjl_schedule_restore(mjl_timer_kinds, record, &schedule);
    if (result != MJL_OK) return;
    size_t tasks = 0;
    for (; result == MJL_OK && script.left.size > 0; tasks++) {
        record = fuzz_take_bytes(&script, fuzz_take_number(&script, 2));
        result = mjl_schedule_restore_task(schedule, record);
    }
    if (result == MJL_OK) result = mjl_schedule_restore_finish(schedule, tasks);
    fuzz_defined(result);
    if (result == MJL_OK) {
        assert(mjl_schedule_check(schedule));
        run_some(schedule);
    }
    mjl_schedule_free(schedule);
}

/* ---- What stands on it: the saved schedule behind its size, then the thing ---- */

static mjl_schedule *take_schedule(fuzz_script *script)
{
    mjl_schedule *schedule = NULL;
    const mjl_bytes saved = fuzz_take_bytes(script, fuzz_take_number(script, 2));
    if (mjl_schedule_load(sched_kinds, saved, &schedule) != MJL_OK) return NULL;
    return schedule;
}

static void fire_some(mjl_expectations *set, mjl_schedule *schedule)
{
    mjl_time due;
    mjl_task task;
    mjl_expect_event event;
    mjl_expectation one;
    for (size_t i = 0; i < TASKS_RUN_MAX; i++) {
        if (mjl_schedule_next_due(schedule, &due) != MJL_OK) return;
        if (mjl_schedule_take(schedule, due, &task) != MJL_OK) continue;
        fuzz_defined(mjl_expectations_fired(set, schedule, &task, &event, &one));
        mjl_schedule_done(schedule);
        assert(mjl_expectations_check(set, schedule) && mjl_schedule_check(schedule));
    }
}

static void run_expectations(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_schedule *schedule = take_schedule(&script);
    if (schedule == NULL) return;
    mjl_expectations *set = NULL;
    const mjl_bytes saved = script.left;
    if (mjl_expectations_load(sched_expect_kinds, schedule, saved, &set) == MJL_OK) {
        mjl_buffer out = {0};
        const mjl_result result = mjl_expectations_save(set, &out);
        assert(result == MJL_OK && mjl_expectations_check(set, schedule));
        fuzz_same(saved, &out);
        fire_some(set, schedule);
        mjl_expectations_free(set);
    } else {
        assert(set == NULL);
    }
    mjl_schedule_free(schedule);
}

static void run_monitor(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_schedule *schedule = take_schedule(&script);
    if (schedule == NULL) return;
    mjl_monitor monitor;
    memset(&monitor, 0xa5, sizeof monitor);
    if (mjl_monitor_load(&monitor, schedule, script.left) == MJL_OK) {
        mjl_buffer out = {0};
        const mjl_result result = mjl_monitor_save(&monitor, &out);
        assert(result == MJL_OK && mjl_monitor_check(&monitor, schedule));
        fuzz_same(script.left, &out);
    }
    mjl_schedule_free(schedule);
}

enum { INPUT_MAX = 8192 };

static const fuzz_target targets[] = {
    {.name = "pack", .run = run_pack, .input_max = 1024},
    {.name = "schedule", .run = run_schedule, .input_max = INPUT_MAX},
    {.name = "schedule_records", .run = run_schedule_records, .input_max = INPUT_MAX},
    {.name = "expectations", .run = run_expectations, .input_max = INPUT_MAX},
    {.name = "monitor", .run = run_monitor, .input_max = INPUT_MAX}};

const fuzz_family fuzz_sched = {"schedules", targets, sizeof targets / sizeof targets[0]};
