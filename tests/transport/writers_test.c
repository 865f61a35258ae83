#include "test_sink.h"

#include <string.h>

#include "room.h"
#include "writers.h"

static struct ev_loop *loop;
static test_sink *sink;
static mjl_transport *transport;
static mjl_transport_config config;

static mjl_result no_send(void *context, mjl_bytes packet, uint64_t number)
{
    (void)context;
    (void)packet;
    (void)number;
    return MJL_TRANSPORT_DOWN;
}

static void no_close(void *context)
{
    (void)context;
}

static int set_up(void **state)
{
    const mjl_transport_backend backend = {.send = no_send, .close = no_close};
    (void)state;
    sink = test_sink_new(1);
    config = test_config(sink, loop);
    return mjl_transport_new(&backend, &config.sink, "test:", &transport) == MJL_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    mjl_transport_close(transport);
    test_sink_free(sink);
    return 0;
}

static void init(mjl_writers *writers, uint64_t tag)
{
    assert_int_equal(mjl_writers_init(writers, transport, tag, &config.random), MJL_OK);
}

static mjl_file_name file_of(uint64_t home, uint64_t counter)
{
    const mjl_file_name name = {{home, 3}, counter};
    return name;
}

static bool has_read(const mjl_writers *writers, uint64_t home, uint64_t counter)
{
    const mjl_file_name name = file_of(home, counter);
    return mjl_writers_have_read(writers, &name);
}

static void mark(mjl_writers *writers, uint64_t home, uint64_t counter, uint64_t now_s)
{
    const mjl_file_name name = file_of(home, counter);
    assert_int_equal(mjl_writers_mark_read(writers, &name, now_s), MJL_OK);
}

static void what_was_saved_is_known_after_reopening_and_the_home_stays(void **state)
{
    mjl_writers writers, again;
    (void)state;
    init(&writers, 5);
    mark(&writers, 10, 0, 100);
    mark(&writers, 11, 7, 100);
    mjl_writers_save(&writers);
    mark(&writers, 11, 8, 100); /* Not saved. */
    init(&again, 5);
    assert_true(again.home == writers.home);
    assert_true(has_read(&again, 10, 0));
    assert_true(has_read(&again, 11, 7));
    assert_false(has_read(&again, 11, 8));
    assert_false(has_read(&again, 12, 7));
    mjl_writers_clear(&writers);
    mjl_writers_clear(&again);
}

static void each_folder_has_notes_of_its_own(void **state)
{
    mjl_writers writers, other;
    (void)state;
    init(&writers, 5);
    mark(&writers, 10, 0, 100);
    mjl_writers_save(&writers);
    init(&other, 6);
    assert_false(has_read(&other, 10, 0));
    assert_true(other.home != writers.home);
    mjl_writers_clear(&writers);
    mjl_writers_clear(&other);
}

static void without_room_the_writer_used_least_recently_is_forgotten(void **state)
{
    mjl_writers writers;
    (void)state;
    transport->sink.note_set = NULL; /* More notes than the sink keeps. */
    init(&writers, 5);
    for (uint64_t i = 0; i < MJL_WRITERS_MAX; i++)
        mark(&writers, i, 0, i == 77 ? 1 : 100 + i);
    assert_true(has_read(&writers, 77, 0));
    mark(&writers, 5000, 0, 9999);
    assert_int_equal(writers.count, MJL_WRITERS_MAX);
    assert_false(has_read(&writers, 77, 0));
    assert_true(has_read(&writers, 5000, 0));
    assert_true(has_read(&writers, 0, 0));
    mjl_writers_clear(&writers);
}

static void a_writer_without_files_is_forgotten_after_long(void **state)
{
    mjl_writers writers, again;
    const mjl_file_name listed = file_of(10, 9);
    (void)state;
    init(&writers, 5);
    mark(&writers, 10, 0, 100);
    mark(&writers, 11, 0, 100);
    mark(&writers, 12, 0, 190);
    mjl_writers_begin_look(&writers);
    mjl_writers_saw(&writers, &listed);
    mjl_writers_end_look(&writers, 201, 100);
    assert_true(has_read(&writers, 10, 0)); /* Has a file. */
    assert_false(has_read(&writers, 11, 0));
    assert_true(has_read(&writers, 12, 0)); /* Not for long. */
    mjl_writers_save(&writers);
    init(&again, 5);
    assert_int_equal(again.count, 2);
    mjl_writers_clear(&writers);
    mjl_writers_clear(&again);
}

static void damaged_notes_count_as_none_and_harm_nothing(void **state)
{
    mjl_writers writers;
    (void)state;
    init(&writers, 5);
    for (uint64_t i = 0; i < 5; i++)
        mark(&writers, 10 + i % 2, i * 3, 100);
    mjl_writers_save(&writers);
    mjl_writers_clear(&writers);
    test_sink_step(sink);
    for (size_t i = 0; i < sink->persisted.count; i++) {
        for (size_t at = 0; at < 2 * sink->persisted.notes[i].value.size; at++) {
            test_sink_crash(sink);
            mjl_buffer *value = &sink->now.notes[i].value;
            if (at < value->size) {
                value->data[at] ^= 0x55;
            } else {
                value->size = at - value->size;
            }
            init(&writers, 5);
            assert_true(writers.count <= 3);
            for (size_t j = 0; j < writers.count; j++)
                assert_true(mjl_cursor_check(&writers.records[j].cursor));
            mjl_writers_clear(&writers);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_was_saved_is_known_after_reopening_and_the_home_stays),
        TEST(each_folder_has_notes_of_its_own),
        TEST(without_room_the_writer_used_least_recently_is_forgotten),
        TEST(a_writer_without_files_is_forgotten_after_long),
        TEST(damaged_notes_count_as_none_and_harm_nothing),
    };
    loop = ev_loop_new(EVFLAG_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ev_loop_destroy(loop);
    return failed;
}
