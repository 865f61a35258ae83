/* Expectations across restarts, in hostile hands, and without memory. */
#include "../memory/allocation.h"
#include "expect_room.h"

enum { ROWS_MAX = 64, NAMES = 12 };

static mjl_result expect(room *here, mjl_bytes name, int64_t deadline, uint64_t bundle,
                         const mjl_intervals *intervals)
{
    const mjl_expect_request request = {
        .name = name, .waiter = 77, .deadline = deadline, .intervals = intervals, .bundle = bundle};
    mjl_expect_state state;
    return mjl_expect(here->set, here->schedule, &request, &state, NULL, NULL);
}

static void tell_all(room *here)
{
    mjl_expectation one;
    while (mjl_expectations_next_settled(here->set, &one) == MJL_OK) {
    }
}

static void run_to(room *here, mjl_time until)
{
    mjl_task task;
    while (mjl_schedule_take(here->schedule, until, &task) == MJL_OK) {
        mjl_expect_event event;
        mjl_expectation one;
        assert_int_equal(mjl_expectations_fired(here->set, here->schedule, &task, &event, &one),
                         MJL_OK);
        mjl_schedule_done(here->schedule);
    }
}

/* A bit of everything: waiting, overdue, tried, bundled, settled, combined. */
static room modest(void)
{
    room here = open_room();
    const mjl_intervals often = mjl_intervals_exponential(300, 4000);
    const mjl_bytes parts[2] = {mjl_bytes_text("a"), mjl_bytes_text("b")};
    assert_int_equal(mjl_expectations_combine(here.set, here.schedule, MJL_EXPECT_ALL_OF,
                                              mjl_bytes_text("all"), parts, 2),
                     MJL_OK);
    assert_int_equal(expect(&here, mjl_bytes_text("a"), 50, 0, NULL), MJL_OK);
    assert_int_equal(expect(&here, mjl_bytes_text("all"), 7000, 5, &often), MJL_OK);
    assert_int_equal(expect(&here, mjl_bytes_text("n"), MJL_NO_DEADLINE, 5, NULL), MJL_OK);
    assert_int_equal(mjl_expectations_settle(here.set, here.schedule, mjl_bytes_text("done"),
                                             mjl_bytes_text("result"), NULL),
                     MJL_OK);
    run_to(&here, 1200); /* The first is overdue. */
    check_room(&here);
    return here;
}

static mjl_buffer saved_set(const mjl_expectations *set)
{
    mjl_buffer saved = {0};
    assert_int_equal(mjl_expectations_save(set, &saved), MJL_OK);
    return saved;
}

static mjl_result load_result(const mjl_schedule *schedule, mjl_bytes saved)
{
    mjl_expectations *set = NULL;
    const mjl_result result = mjl_expectations_load(expect_kinds, schedule, saved, &set);
    if (result != MJL_OK) {
        assert_null(set);
        return result;
    }
    assert_true(mjl_expectations_check(set, schedule));
    mjl_buffer again = saved_set(set);
    assert_bytes_equal(mjl_buffer_bytes(&again), saved);
    mjl_buffer_clear(&again);
    mjl_expectations_free(set);
    return MJL_OK;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    room here = modest();
    mjl_buffer saved = saved_set(here.set);
    for (size_t size = 0; size < saved.size; size++) {
        assert_int_equal(load_result(here.schedule, mjl_bytes_of(saved.data, size)), MJL_TRUNCATED);
    }
    assert_int_equal(load_result(here.schedule, mjl_buffer_bytes(&saved)), MJL_OK);
    mjl_buffer_clear(&saved);
    close_room(&here);
}

static void every_changed_byte_is_refused_or_loads_to_a_sound_set(void **state)
{
    (void)state;
    room here = modest();
    mjl_buffer saved = saved_set(here.set);
    for (size_t i = 0; i < saved.size; i++) {
        const uint8_t good = saved.data[i];
        for (unsigned change = 1; change < 256; change++) {
            saved.data[i] = (uint8_t)(good ^ change);
            const mjl_result result = load_result(here.schedule, mjl_buffer_bytes(&saved));
            assert_int_not_equal(result, MJL_BUG);
        }
        saved.data[i] = good;
    }
    mjl_buffer_clear(&saved);
    close_room(&here);
}

static void tasks_that_nobody_waits_for_are_noticed(void **state)
{
    (void)state;
    room here = modest();
    mjl_buffer saved = saved_set(here.set);
    const uint8_t args = 99;
    uint64_t id = 0;
    assert_int_equal(mjl_schedule_after(here.schedule, 5, KIND_OTHER, mjl_bytes_of(&args, 1), &id),
                     MJL_OK);
    assert_int_equal(load_result(here.schedule, mjl_buffer_bytes(&saved)), MJL_OK);
    assert_int_equal(
        mjl_schedule_after(here.schedule, 5, KIND_DEADLINE, mjl_bytes_of(&args, 1), &id), MJL_OK);
    assert_int_equal(load_result(here.schedule, mjl_buffer_bytes(&saved)), MJL_SAVED_DANGLING);
    mjl_buffer_clear(&saved);
    close_room(&here);
}

static void a_task_that_is_missing_is_noticed(void **state)
{
    (void)state;
    room here = modest();
    mjl_buffer saved = saved_set(here.set);
    uint64_t ids[8];
    assert_in_range(mjl_schedule_count(here.schedule), 1, 8);
    mjl_schedule_ids(here.schedule, ids);
    mjl_schedule_cancel(here.schedule, ids[0]);
    assert_int_equal(load_result(here.schedule, mjl_buffer_bytes(&saved)), MJL_SAVED_DANGLING);
    mjl_buffer_clear(&saved);
    drop_room(&here);
}

static void a_task_that_is_another_ones_is_noticed(void **state)
{
    (void)state;
    room here = open_room();
    assert_int_equal(expect(&here, mjl_bytes_text("a"), 50, 0, NULL), MJL_OK);
    assert_int_equal(expect(&here, mjl_bytes_text("b"), 50, 0, NULL), MJL_OK);
    mjl_buffer saved = saved_set(here.set);
    /* The same tasks, under each other's ids. */
    room other = open_room();
    static const uint8_t args[2] = {2, 1};
    uint64_t id = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            mjl_schedule_after(other.schedule, 50, KIND_DEADLINE, mjl_bytes_of(&args[i], 1), &id),
            MJL_OK);
    }
    assert_int_equal(load_result(here.schedule, mjl_buffer_bytes(&saved)), MJL_OK);
    assert_int_equal(load_result(other.schedule, mjl_buffer_bytes(&saved)), MJL_SAVED_DANGLING);
    mjl_buffer_clear(&saved);
    close_room(&other);
    close_room(&here);
}

/* ---- Records ---- */

typedef struct store {
    mjl_buffer header;
    struct {
        mjl_buffer name;
        mjl_buffer record;
    } rows[ROWS_MAX];
    size_t count;
} store;

static size_t find_row(const store *kept, mjl_bytes name)
{
    size_t at = 0;
    while (at < kept->count && !mjl_bytes_equal(mjl_buffer_bytes(&kept->rows[at].name), name))
        at++;
    return at;
}

static void forget_row(store *kept, size_t at)
{
    mjl_buffer_clear(&kept->rows[at].name);
    mjl_buffer_clear(&kept->rows[at].record);
    kept->rows[at] = kept->rows[--kept->count]; /* Any order will do. */
    memset(&kept->rows[kept->count], 0, sizeof kept->rows[0]);
}

static void put_row(store *kept, const mjl_expectations *set, mjl_bytes name)
{
    const size_t at = find_row(kept, name);
    assert_true(at < ROWS_MAX);
    if (at == kept->count) {
        assert_int_equal(mjl_buffer_append(&kept->rows[at].name, name), MJL_OK);
        kept->count++;
    }
    mjl_buffer_clear(&kept->rows[at].record);
    assert_int_equal(mjl_expectations_record(set, name, &kept->rows[at].record), MJL_OK);
}

static void persist(mjl_expectations *set, store *kept)
{
    mjl_expect_cursor cursor = {0};
    mjl_expect_change change;
    mjl_buffer_clear(&kept->header);
    assert_int_equal(mjl_expectations_header(set, &kept->header), MJL_OK);
    while (mjl_expectations_journal_next(set, &cursor, &change) == MJL_OK) {
        if (change.is_removed) {
            const size_t at = find_row(kept, change.name);
            assert_true(at < kept->count);
            forget_row(kept, at);
        } else {
            put_row(kept, set, change.name);
        }
    }
    mjl_expectations_journal_clear(set);
    assert_true(mjl_expectations_journal_is_empty(set));
}

static mjl_expectations *restored(const store *kept, const mjl_schedule *schedule)
{
    mjl_expectations *set = NULL;
    assert_int_equal(mjl_expectations_restore(expect_kinds, mjl_buffer_bytes(&kept->header), &set),
                     MJL_OK);
    for (size_t i = 0; i < kept->count; i++) {
        assert_int_equal(
            mjl_expectations_restore_name(set, schedule, mjl_buffer_bytes(&kept->rows[i].record)),
            MJL_OK);
    }
    assert_int_equal(mjl_expectations_restore_finish(set, schedule, kept->count), MJL_OK);
    return set;
}

/* Both die, and come back from what was persisted. */
static void restart(room *here, store *kept)
{
    tell_all(here);
    persist(here->set, kept);
    mjl_buffer schedule = saved_of(here->schedule);
    mjl_buffer set = saved_set(here->set);
    close_room(here);
    assert_int_equal(
        mjl_schedule_load(expect_schedule_kinds, mjl_buffer_bytes(&schedule), &here->schedule),
        MJL_OK);
    here->set = restored(kept, here->schedule);
    check_room(here);
    mjl_buffer again = saved_set(here->set);
    assert_bytes_equal(mjl_buffer_bytes(&set), mjl_buffer_bytes(&again));
    assert_int_equal(load_result(here->schedule, mjl_buffer_bytes(&set)), MJL_OK);
    mjl_buffer_clear(&again);
    mjl_buffer_clear(&schedule);
    mjl_buffer_clear(&set);
}

static mjl_bytes random_name(uint64_t *seed)
{
    static const char names[] = "abcdefghijkl";
    return mjl_bytes_of(names + chance_below(seed, NAMES), 1);
}

static void random_expect(room *here, uint64_t *seed)
{
    const mjl_intervals often = mjl_intervals_constant(1 + (int64_t)chance_below(seed, 200));
    if (mjl_expectations_count(here->set) > 40) return;
    const int64_t deadline =
        chance_below(seed, 4) == 0 ? MJL_NO_DEADLINE : (int64_t)chance_below(seed, 300);
    assert_int_equal(expect(here, random_name(seed), deadline, chance_below(seed, 4),
                            chance_below(seed, 2) == 0 ? &often : NULL),
                     MJL_OK);
}

static void random_combine(room *here, uint64_t *seed)
{
    const mjl_bytes parts[3] = {random_name(seed), random_name(seed), random_name(seed)};
    const mjl_expect_rule rule = chance_below(seed, 2) == 0 ? MJL_EXPECT_ALL_OF : MJL_EXPECT_ANY_OF;
    (void)!mjl_expectations_combine(here->set, here->schedule, rule, random_name(seed), parts,
                                    1 + chance_below(seed, 3));
}

static void random_step(room *here, uint64_t *seed, store *kept)
{
    switch (chance_below(seed, 12)) {
    case 0:
        assert_int_equal(mjl_expectations_settle(here->set, here->schedule, random_name(seed),
                                                 mjl_bytes_text("r"), NULL),
                         MJL_OK);
        break;
    case 1:
    case 2:
        (void)!mjl_expectations_forget(here->set, here->schedule, random_name(seed));
        break;
    case 3:
        mjl_expectations_cancel_bundle(here->set, here->schedule, 1 + chance_below(seed, 3));
        break;
    case 4:
        random_combine(here, seed);
        break;
    case 5:
        run_to(here, mjl_schedule_now(here->schedule) + (int64_t)chance_below(seed, 100));
        break;
    case 6: {
        uint64_t id = chance_below(seed, 2000);
        mjl_expectation one;
        if (mjl_expectations_list(here->set, &id, &one) == MJL_OK) {
            assert_int_equal(mjl_expectations_cancel(here->set, here->schedule, id, NULL), MJL_OK);
        }
        break;
    }
    case 7:
        restart(here, kept);
        break;
    case 8:
        tell_all(here);
        break;
    default:
        random_expect(here, seed);
    }
    check_room(here);
}

static void records_restore_exactly_what_was_persisted(void **state)
{
    (void)state;
    uint64_t seed = seed_of_test();
    for (size_t run = 0; run < 10; run++) {
        room here = open_room();
        store kept = {0};
        for (size_t i = 0; i < 1000; i++)
            random_step(&here, &seed, &kept);
        close_room(&here);
        while (kept.count > 0)
            forget_row(&kept, 0);
        mjl_buffer_clear(&kept.header);
    }
}

static void a_name_that_came_and_went_shows_nothing_in_the_journal(void **state)
{
    (void)state;
    room here = open_room();
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(expect(&here, mjl_bytes_text("n"), 5, 0, NULL), MJL_OK);
        assert_false(mjl_expectations_journal_is_empty(here.set));
        assert_int_equal(mjl_expectations_forget(here.set, here.schedule, mjl_bytes_text("n")),
                         MJL_OK);
        assert_true(mjl_expectations_journal_is_empty(here.set));
    }
    close_room(&here);
}

static void a_missing_or_repeated_record_is_noticed(void **state)
{
    (void)state;
    room here = modest();
    store kept = {0};
    mjl_expectations *set = NULL;
    persist(here.set, &kept);
    assert_int_equal(mjl_expectations_restore(expect_kinds, mjl_buffer_bytes(&kept.header), &set),
                     MJL_OK);
    const mjl_bytes record = mjl_buffer_bytes(&kept.rows[0].record);
    assert_int_equal(mjl_expectations_restore_name(set, here.schedule, record), MJL_OK);
    assert_int_equal(mjl_expectations_restore_name(set, here.schedule, record),
                     MJL_SAVED_DUPLICATE_ID);
    mjl_expectations_free(set);
    assert_int_equal(mjl_expectations_restore(expect_kinds, mjl_buffer_bytes(&kept.header), &set),
                     MJL_OK);
    assert_int_equal(mjl_expectations_restore_name(set, here.schedule, record), MJL_OK);
    assert_int_equal(mjl_expectations_restore_finish(set, here.schedule, kept.count),
                     MJL_TRUNCATED);
    mjl_expectations_free(set);
    while (kept.count > 0)
        forget_row(&kept, 0);
    mjl_buffer_clear(&kept.header);
    close_room(&here);
}

/* ---- Without memory ---- */

static mjl_result do_something(room *here, size_t which)
{
    const mjl_intervals often = mjl_intervals_constant(5);
    const mjl_bytes parts[3] = {mjl_bytes_text("a"), mjl_bytes_text("x"), mjl_bytes_text("y")};
    switch (which) {
    case 0:
        return expect(here, mjl_bytes_text("new"), 60, 3, &often);
    case 1:
        return expect(here, mjl_bytes_text("a"), 60, 0, NULL);
    case 2:
        return mjl_expectations_settle(here->set, here->schedule, mjl_bytes_text("s"),
                                       mjl_bytes_text("r"), NULL);
    default:
        return mjl_expectations_combine(here->set, here->schedule, MJL_EXPECT_ANY_OF,
                                        mjl_bytes_text("any"), parts, 3);
    }
}

static void without_memory_a_call_fails_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t which = 0; which < 4; which++) {
        room here = modest();
        mjl_buffer before = saved_set(here.set);
        const size_t tasks = mjl_schedule_count(here.schedule);
        mjl_result result = MJL_OUT_OF_MEMORY;
        for (long left = 0; result != MJL_OK; left++) {
            allocation_fail_after((size_t)left);
            result = do_something(&here, which);
            allocation_failed();
            check_room(&here);
            if (result == MJL_OK) break;
            assert_int_equal(result, MJL_OUT_OF_MEMORY);
            mjl_buffer later = saved_set(here.set);
            assert_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&later));
            assert_int_equal(mjl_schedule_count(here.schedule), tasks);
            mjl_buffer_clear(&later);
        }
        mjl_buffer_clear(&before);
        close_room(&here);
    }
}

/* Enough tasks that the next one needs room. */
static mjl_schedule *full_schedule(void)
{
    mjl_schedule *schedule = NULL;
    uint64_t id = 0;
    assert_int_equal(mjl_schedule_new(expect_schedule_kinds, 1000, 1, &schedule), MJL_OK);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(mjl_schedule_after(schedule, 10, KIND_OTHER, mjl_bytes_of(NULL, 0), &id),
                         MJL_OK);
    }
    return schedule;
}

static void without_memory_a_monitor_draws_no_jitter(void **state)
{
    (void)state;
    mjl_schedule *schedule = full_schedule();
    mjl_intervals intervals = mjl_intervals_constant(1000);
    intervals.jitter_permille = 900;
    mjl_monitor monitor = {0};
    mjl_buffer before = saved_of(schedule);
    allocation_fail_after(0);
    const mjl_result result =
        mjl_monitor_start(&monitor, schedule, &intervals, KIND_TRY, mjl_bytes_text("m"));
    allocation_failed();
    assert_int_equal(result, MJL_OUT_OF_MEMORY);
    mjl_buffer later = saved_of(schedule);
    assert_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&later));
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&later);
    mjl_schedule_free(schedule);
}

static void without_memory_a_firing_monitor_pauses(void **state)
{
    (void)state;
    mjl_schedule *schedule = NULL;
    mjl_monitor monitor = {0};
    mjl_task task;
    assert_int_equal(mjl_schedule_new(expect_schedule_kinds, 1000, 1, &schedule), MJL_OK);
    const int64_t list[] = {1, (int64_t)1 << 45}; /* The second needs rows of the wheel. */
    const mjl_intervals intervals = mjl_intervals_list(list, 2);
    assert_int_equal(
        mjl_monitor_start(&monitor, schedule, &intervals, KIND_TRY, mjl_bytes_text("m")), MJL_OK);
    assert_int_equal(mjl_schedule_take(schedule, 2000, &task), MJL_OK);
    allocation_fail_after(0);
    const mjl_result result = mjl_monitor_fired(&monitor, schedule, &task);
    allocation_failed();
    mjl_schedule_done(schedule);
    assert_int_equal(result, MJL_OUT_OF_MEMORY);
    assert_int_equal(monitor.state, MJL_MONITOR_PAUSED);
    assert_true(mjl_monitor_check(&monitor, schedule));
    assert_int_equal(mjl_monitor_resume(&monitor, schedule), MJL_OK);
    assert_int_equal(monitor.state, MJL_MONITOR_RUNNING);
    mjl_schedule_free(schedule);
}

static void without_memory_nothing_is_loaded_and_nothing_leaks(void **state)
{
    (void)state;
    room here = modest();
    mjl_buffer saved = saved_set(here.set);
    mjl_result result = MJL_OUT_OF_MEMORY;
    for (long left = 0; result != MJL_OK; left++) {
        mjl_expectations *set = NULL;
        allocation_fail_after((size_t)left);
        result = mjl_expectations_load(expect_kinds, here.schedule, mjl_buffer_bytes(&saved), &set);
        allocation_failed();
        mjl_expectations_free(set);
        if (result != MJL_OK) assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
    mjl_buffer_clear(&saved);
    close_room(&here);
}

static void a_few_bytes_claim_no_megabytes(void **state)
{
    (void)state;
    static const uint8_t claims[][8] = {{0x93, 1, 1, 0xdd, 0x00, 0xff, 0xff, 0xff},
                                        {0x93, 1, 1, 0xdc, 0xff, 0xff, 0x95, 0xc4},
                                        {0xdd, 0, 0xff, 0xff, 0xff, 1, 1, 1}};
    room here = open_room();
    for (size_t i = 0; i < 3; i++) {
        allocation_fail_after(SIZE_MAX);
        assert_int_equal(load_result(here.schedule, mjl_bytes_of(claims[i], 8)), MJL_TRUNCATED);
        assert_in_range(allocation_bytes(), 1, 4096);
    }
    close_room(&here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused_or_loads_to_a_sound_set),
        cmocka_unit_test(tasks_that_nobody_waits_for_are_noticed),
        cmocka_unit_test(a_task_that_is_missing_is_noticed),
        cmocka_unit_test(a_task_that_is_another_ones_is_noticed),
        cmocka_unit_test(records_restore_exactly_what_was_persisted),
        cmocka_unit_test(a_name_that_came_and_went_shows_nothing_in_the_journal),
        cmocka_unit_test(a_missing_or_repeated_record_is_noticed),
        cmocka_unit_test(without_memory_a_call_fails_and_changes_nothing),
        cmocka_unit_test(without_memory_a_monitor_draws_no_jitter),
        cmocka_unit_test(without_memory_a_firing_monitor_pauses),
        cmocka_unit_test(without_memory_nothing_is_loaded_and_nothing_leaks),
        cmocka_unit_test(a_few_bytes_claim_no_megabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
