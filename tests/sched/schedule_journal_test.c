/* The journal of a schedule: what a store is told, and that it suffices. */
#include "sched_test.h"
#include "trace.h"

#include "../memory/allocation.h"

/* A store of records, as the session has one. */
typedef struct store {
    mjl_buffer header;
    struct {
        uint64_t id;
        mjl_buffer record;
    } rows[TRACE_MAX];
    size_t count;
} store;

static void forget_row(store *kept, uint64_t id)
{
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->rows[i].id != id) continue;
        mjl_buffer_clear(&kept->rows[i].record);
        kept->count--;
        memmove(&kept->rows[i], &kept->rows[i + 1], (kept->count - i) * sizeof kept->rows[0]);
        memset(&kept->rows[kept->count], 0, sizeof kept->rows[0]);
        return;
    }
    fail_msg("a removal of a task that was never put");
}

static void persist(mjl_schedule *schedule, store *kept)
{
    mjl_journal_cursor cursor = {0};
    mjl_task_change change;
    mjl_buffer_clear(&kept->header);
    assert_int_equal(mjl_schedule_header(schedule, &kept->header), MJL_OK);
    while (mjl_schedule_journal_next(schedule, &cursor, &change) == MJL_OK) {
        if (change.is_removed) {
            forget_row(kept, change.task.id);
            continue;
        }
        assert_true(kept->count < TRACE_MAX);
        kept->rows[kept->count].id = change.task.id;
        assert_int_equal(mjl_schedule_record(&change.task, &kept->rows[kept->count++].record),
                         MJL_OK);
    }
    mjl_schedule_journal_clear(schedule);
    assert_true(mjl_schedule_journal_is_empty(schedule));
    assert_true(mjl_schedule_check(schedule));
}

static mjl_schedule *restored(const store *kept)
{
    mjl_schedule *schedule = NULL;
    assert_int_equal(mjl_schedule_restore(test_kinds, mjl_buffer_bytes(&kept->header), &schedule),
                     MJL_OK);
    for (size_t i = 0; i < kept->count; i++) {
        assert_int_equal(
            mjl_schedule_restore_task(schedule, mjl_buffer_bytes(&kept->rows[i].record)), MJL_OK);
    }
    assert_int_equal(mjl_schedule_restore_finish(schedule, kept->count), MJL_OK);
    assert_true(mjl_schedule_check(schedule));
    return schedule;
}

static void forget_all(store *kept)
{
    while (kept->count > 0)
        mjl_buffer_clear(&kept->rows[--kept->count].record);
    mjl_buffer_clear(&kept->header);
}

static void a_task_that_came_and_went_shows_nothing_in_the_journal(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_journal_cursor cursor = {0};
    mjl_task_change change;
    assert_true(mjl_schedule_journal_is_empty(schedule));
    const uint64_t id = after(schedule, 1, "a");
    assert_false(mjl_schedule_journal_is_empty(schedule));
    mjl_schedule_cancel(schedule, id);
    assert_true(mjl_schedule_journal_is_empty(schedule));
    assert_int_equal(mjl_schedule_journal_next(schedule, &cursor, &change), MJL_EMPTY);
    mjl_schedule_free(schedule);
}

/* Else a record stays in the store whose task is gone, and what was saved can not be loaded. */
static void a_persist_is_whole_without_memory(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_journal_cursor cursor = {0};
    mjl_task_change change;
    uint64_t last = 0;
    for (int64_t i = 1; i <= 20; i++)
        last = after(schedule, i, "a");
    allocation_fail_after(0);
    mjl_schedule_journal_clear(schedule);
    allocation_failed();
    assert_true(mjl_schedule_journal_is_empty(schedule));
    mjl_schedule_cancel(schedule, last);
    assert_int_equal(mjl_schedule_journal_next(schedule, &cursor, &change), MJL_OK);
    assert_true(change.is_removed && change.task.id == last);
    assert_true(mjl_schedule_check(schedule));
    mjl_schedule_free(schedule);
}

static void the_journal_tells_removals_then_new_tasks(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_journal_cursor cursor = {0};
    mjl_task_change change;
    const uint64_t kept = after(schedule, 10, "a");
    const uint64_t gone = after(schedule, 10, "b");
    const uint64_t moved = after(schedule, 10, "c");
    mjl_schedule_journal_clear(schedule);
    uint64_t renewed = 0;
    assert_int_equal(mjl_schedule_renew(schedule, moved, 20, &renewed), MJL_OK);
    assert_true(mjl_schedule_cancel(schedule, gone));
    const uint64_t made = after(schedule, 1, "d");
    assert_true(mjl_schedule_check(schedule));
    const uint64_t expected[] = {moved, gone, renewed, made};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(mjl_schedule_journal_next(schedule, &cursor, &change), MJL_OK);
        assert_int_equal(change.task.id, expected[i]);
        assert_int_equal(change.is_removed, i < 2);
    }
    assert_int_equal(mjl_schedule_journal_next(schedule, &cursor, &change), MJL_EMPTY);
    assert_int_equal(mjl_schedule_status(schedule, kept, NULL), MJL_TASK_PENDING);
    mjl_schedule_free(schedule);
}

static void records_restore_exactly_what_was_persisted(void **state)
{
    (void)state;
    uint64_t seed = seed_of_test();
    mjl_schedule *schedule = schedule_at(1700000000000);
    store kept = {0};
    uint64_t ids[16] = {0};
    for (size_t step = 0; step < 3000; step++) {
        const size_t i = chance_below(&seed, 16);
        const int64_t delta = (int64_t)chance_below(&seed, 3000);
        mjl_task task;
        switch (chance_below(&seed, 6)) {
        case 0:
            persist(schedule, &kept);
            break;
        case 1:
            mjl_schedule_cancel(schedule, ids[i]);
            break;
        case 2:
            (void)!mjl_schedule_renew(schedule, ids[i], delta, &ids[i]);
            break;
        case 3: {
            const mjl_time until = mjl_schedule_now(schedule) + delta / 4;
            while (mjl_schedule_take(schedule, until, &task) == MJL_OK)
                mjl_schedule_done(schedule);
            break;
        }
        default:
            if (mjl_schedule_count(schedule) < 40)
                ids[i] = after(schedule, delta, "0123456789012345678901234567890123456789");
        }
        if (step % 10 != 0) continue;
        persist(schedule, &kept);
        mjl_schedule *again = restored(&kept);
        mjl_buffer a = saved_of(schedule);
        mjl_buffer b = saved_of(again);
        assert_bytes_equal(mjl_buffer_bytes(&a), mjl_buffer_bytes(&b));
        mjl_buffer_clear(&a);
        mjl_buffer_clear(&b);
        mjl_schedule_free(schedule);
        schedule = again; /* A restart. */
    }
    forget_all(&kept);
    mjl_schedule_free(schedule);
}

static void records_must_all_be_there_and_in_order(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    store kept = {0};
    after(schedule, 1, "a");
    after(schedule, 1, "b");
    persist(schedule, &kept);
    mjl_schedule_free(schedule);
    const mjl_bytes first = mjl_buffer_bytes(&kept.rows[0].record);
    const mjl_bytes second = mjl_buffer_bytes(&kept.rows[1].record);
    const mjl_bytes header = mjl_buffer_bytes(&kept.header);

    assert_int_equal(mjl_schedule_restore(test_kinds, header, &schedule), MJL_OK);
    assert_int_equal(mjl_schedule_restore_task(schedule, second), MJL_OK);
    assert_int_equal(mjl_schedule_restore_task(schedule, first), MJL_SAVED_ORDER);
    mjl_schedule_free(schedule);

    assert_int_equal(mjl_schedule_restore(test_kinds, header, &schedule), MJL_OK);
    assert_int_equal(mjl_schedule_restore_task(schedule, first), MJL_OK);
    assert_int_equal(mjl_schedule_restore_task(schedule, first), MJL_SAVED_DUPLICATE_ID);
    mjl_schedule_free(schedule);

    assert_int_equal(mjl_schedule_restore(test_kinds, header, &schedule), MJL_OK);
    assert_int_equal(mjl_schedule_restore_task(schedule, second), MJL_OK);
    assert_int_equal(mjl_schedule_restore_finish(schedule, 2), MJL_TRUNCATED);
    mjl_schedule_free(schedule);
    forget_all(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_that_came_and_went_shows_nothing_in_the_journal),
        cmocka_unit_test(a_persist_is_whole_without_memory),
        cmocka_unit_test(the_journal_tells_removals_then_new_tasks),
        cmocka_unit_test(records_restore_exactly_what_was_persisted),
        cmocka_unit_test(records_must_all_be_there_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
