/* The runner with several transports, some of them down or full, and with a real folder. */
#include "fake_profile.h"
#include "loop_turn.h"

#include <ev.h>
#include <stdio.h>

#include "majlis/run.h"
#include "test_folder.h"

typedef struct recorder {
    mjl_transport *transport;
    mjl_transport_id id;
    uint64_t numbers[FAKE_QUEUE_MAX];
    size_t count;
    size_t takes;
    bool is_confirming;
} recorder;

static struct ev_loop *loop;
static mjl_run *run;
static recorder first, second;
static mjl_transport_id changed_id;
static mjl_transport_state changed_state;

static mjl_result record(void *context, mjl_bytes packet, uint64_t number)
{
    recorder *self = context;
    (void)packet;
    if (self->takes == 0) return MJL_FULL;
    self->takes--;
    self->numbers[self->count++] = number;
    if (self->is_confirming) mjl_transport_report_sent(self->transport, number);
    return MJL_OK;
}

static void record_close(void *context)
{
    (void)context;
}

static void on_transport(void *context, mjl_transport_id id, mjl_transport_state state,
                         const char *reason)
{
    (void)context;
    (void)reason;
    changed_id = id;
    changed_state = state;
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
    return MJL_OK;
}

static void adopt(recorder *self)
{
    const mjl_transport_backend backend = {.context = self, .send = record, .close = record_close};
    memset(self, 0, sizeof *self);
    self->takes = SIZE_MAX;
    self->is_confirming = true;
    assert_int_equal(mjl_run_adopt(run, &backend, "test:", &self->id, &self->transport), MJL_OK);
}

static void go(recorder *self, mjl_transport_state state)
{
    mjl_transport_report_state(self->transport, state, state == MJL_TRANSPORT_UP ? "" : "why");
}

static int set_up(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    const mjl_run_config config = {.size = sizeof config,
                                   .loop = loop,
                                   .profile = fake_reset(),
                                   .random = {NULL, fill},
                                   .pace = MJL_TRANSPORT_PACE_QUICK,
                                   .on_transport = on_transport};
    assert_int_equal(mjl_run_new(&config, &run), MJL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mjl_run_free(run);
    fake_reset();
    ev_loop_destroy(loop);
    return 0;
}

static void turn(int ms)
{
    loop_turn(loop, ms);
}

static void a_packet_is_sent_when_every_transport_has_it(void **state)
{
    (void)state;
    adopt(&first);
    adopt(&second);
    second.is_confirming = false;
    go(&first, MJL_TRANSPORT_UP);
    go(&second, MJL_TRANSPORT_UP);
    fake_say("salam");
    turn(10);
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 1);
    assert_int_equal(fake_sent_count(), 0);
    mjl_transport_report_sent(second.transport, 1);
    turn(10);
    assert_int_equal(fake_sent_count(), 1);
}

static void what_a_transport_had_not_confirmed_when_it_went_down_is_handed_again(void **state)
{
    (void)state;
    adopt(&first);
    first.is_confirming = false;
    go(&first, MJL_TRANSPORT_UP);
    fake_say("one");
    fake_say("two");
    turn(10);
    assert_int_equal(first.count, 2);
    mjl_transport_report_sent(first.transport, 1);
    go(&first, MJL_TRANSPORT_DOWN_NOW);
    assert_int_equal(changed_id, first.id);
    assert_int_equal(changed_state, MJL_TRANSPORT_DOWN_NOW);
    fake_say("three");
    assert_int_equal(mjl_run_flush(run), MJL_OK);
    assert_int_equal(first.count, 2);
    go(&first, MJL_TRANSPORT_UP);
    turn(10);
    assert_int_equal(first.count, 4);
    assert_int_equal(first.numbers[2], 2);
    assert_int_equal(first.numbers[3], 3);
}

static void the_profile_is_told_which_transports_are_up(void **state)
{
    (void)state;
    adopt(&first);
    adopt(&second);
    turn(10);
    assert_int_equal(fake.told_states[first.id], MJL_TRANSPORT_CONNECTING);
    go(&first, MJL_TRANSPORT_UP);
    go(&second, MJL_TRANSPORT_DOWN_NOW);
    turn(10);
    assert_int_equal(fake.told_states[first.id], MJL_TRANSPORT_UP);
    assert_int_equal(fake.told_states[second.id], MJL_TRANSPORT_DOWN_NOW);
    fake.state_result = MJL_FULL; /* It is told again, with the next step. */
    go(&second, MJL_TRANSPORT_UP);
    turn(10);
    assert_int_equal(fake.told_states[second.id], MJL_TRANSPORT_DOWN_NOW);
    fake.state_result = MJL_OK;
    mjl_run_wake(run);
    turn(10);
    assert_int_equal(fake.told_states[second.id], MJL_TRANSPORT_UP);
}

static void a_full_transport_gets_the_rest_when_it_is_ready(void **state)
{
    (void)state;
    adopt(&first);
    first.takes = 2;
    go(&first, MJL_TRANSPORT_UP);
    for (int i = 0; i < 5; i++)
        fake_say("x");
    turn(30);
    assert_int_equal(first.count, 2);
    first.takes = SIZE_MAX;
    turn(30);
    assert_int_equal(first.count, 2);
    mjl_transport_report_ready(first.transport);
    turn(30);
    assert_int_equal(first.count, 5);
    assert_int_equal(fake_sent_count(), 5);
}

static void a_transport_that_stays_down_does_not_stop_the_others(void **state)
{
    enum { MANY = MJL_RUN_PACKETS_MAX + 500 };
    mjl_run_counters counters;
    (void)state;
    adopt(&first);
    adopt(&second);
    go(&first, MJL_TRANSPORT_UP);
    for (int i = 0; i < MANY; i++)
        fake_say("x");
    turn(50);
    mjl_run_get_counters(run, &counters);
    assert_int_equal(first.count, MANY);
    assert_true(counters.waiting_packets <= MJL_RUN_PACKETS_MAX);
    assert_true(fake_sent_count() >= 500);
    go(&second, MJL_TRANSPORT_UP);
    turn(50);
    assert_int_equal(second.count, MANY - fake_count("t") + second.count);
    assert_int_equal(fake_sent_count(), MANY);
    assert_int_equal(second.numbers[second.count - 1], MANY);
}

static void with_all_transports_down_packets_stay_in_the_outbox(void **state)
{
    enum { MANY = MJL_RUN_PACKETS_MAX + 500 };
    (void)state;
    adopt(&first);
    go(&first, MJL_TRANSPORT_DOWN_NOW);
    for (int i = 0; i < MANY; i++)
        fake_say("x");
    turn(30);
    assert_int_equal(fake_count("p"), MJL_RUN_PACKETS_MAX);
    assert_int_equal(fake_sent_count(), 0);
    go(&first, MJL_TRANSPORT_UP);
    turn(50);
    assert_int_equal(first.count, MANY);
    assert_int_equal(fake_sent_count(), MANY);
}

static void a_new_transport_sends_nothing_before_a_good_step(void **state)
{
    (void)state;
    fake_say("salam");
    turn(10);
    fake.step_result = MJL_OUT_OF_MEMORY; /* Its notes cannot be made durable. */
    adopt(&first);
    go(&first, MJL_TRANSPORT_UP);
    turn(30);
    assert_int_equal(first.count, 0);
    fake.step_result = MJL_OK;
    assert_int_equal(mjl_run_flush(run), MJL_OK);
    assert_int_equal(first.count, 1);
}

static void more_transports_than_the_bound_are_refused(void **state)
{
    static recorder many[MJL_RUN_TRANSPORTS_MAX];
    const mjl_transport_backend backend = {
        .context = &first, .send = record, .close = record_close};
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport_info info;
    (void)state;
    for (size_t i = 0; i < MJL_RUN_TRANSPORTS_MAX; i++)
        adopt(&many[i]);
    assert_int_equal(mjl_run_adopt(run, &backend, "test:", NULL, &first.transport), MJL_FULL);
    assert_int_equal(mjl_run_open(run, "dir:.", NULL, text), MJL_FULL);
    assert_int_equal(mjl_run_transport(run, MJL_RUN_TRANSPORTS_MAX, &info), MJL_OK);
    assert_string_equal(info.address, "test:");
    assert_int_equal(mjl_run_transport(run, MJL_RUN_TRANSPORTS_MAX + 1, &info), MJL_NOT_FOUND);
}

static void a_transport_that_does_not_open_is_told_and_costs_nothing(void **state)
{
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport_info info;
    mjl_transport_id id;
    (void)state;
    assert_int_equal(mjl_run_open(run, "dir:/no/such/folder", &id, text), MJL_TRANSPORT_MISSING);
    assert_non_null(strstr(text, "does not exist"));
    assert_int_equal(mjl_run_transport(run, 1, &info), MJL_NOT_FOUND);
}

/* ---- A real folder ---- */

static void a_folders_notes_are_persisted_before_its_first_file_is_written(void **state)
{
    test_folder folder;
    char names[4][256], text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport_id id;
    (void)state;
    test_folder_make(&folder);
    assert_int_equal(mjl_run_open(run, folder.address, &id, text), MJL_OK);
    assert_int_equal(fake_count("n"), 1);
    fake_say("salam");
    assert_int_equal(mjl_run_flush(run), MJL_OK);
    turn(50);
    assert_int_equal(test_list(&folder, names, 4), 1);
    assert_int_equal(fake_sent_count(), 1);
    fake.log[fake.log_size] = 0;
    assert_true(strncmp(fake.log, "nsp", 3) == 0);
    test_folder_remove(&folder);
}

static void files_found_together_share_one_step_and_their_cursor_is_set_before_it(void **state)
{
    test_folder folder;
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport_id id;
    (void)state;
    test_folder_make(&folder);
    for (uint64_t i = 0; i < 50; i++)
        test_write_packet(&folder, 9, i, mjl_bytes_text("packet"));
    assert_int_equal(mjl_run_open(run, folder.address, &id, text), MJL_OK);
    turn(100);
    assert_int_equal(fake.receives, 50);
    assert_int_equal(fake.steps, 2);         /* The first of all, and one for the files. */
    assert_int_equal(fake_count("rnns"), 1); /* Last packet, index and cursor, step. */
    test_folder_remove(&folder);
}

static void a_file_refused_for_want_of_room_is_received_later(void **state)
{
    test_folder folder;
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport_id id;
    (void)state;
    test_folder_make(&folder);
    test_write_packet(&folder, 9, 0, mjl_bytes_text("packet"));
    fake.receive_result = MJL_FULL;
    fake.receive_refusals = 1;
    assert_int_equal(mjl_run_open(run, folder.address, &id, text), MJL_OK);
    turn(100);
    assert_int_equal(fake.receives, 1);
    turn(400);
    assert_int_equal(fake.receives, 2);
    test_folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_packet_is_sent_when_every_transport_has_it),
        TEST(what_a_transport_had_not_confirmed_when_it_went_down_is_handed_again),
        TEST(the_profile_is_told_which_transports_are_up),
        TEST(a_full_transport_gets_the_rest_when_it_is_ready),
        TEST(a_transport_that_stays_down_does_not_stop_the_others),
        TEST(with_all_transports_down_packets_stay_in_the_outbox),
        TEST(a_new_transport_sends_nothing_before_a_good_step),
        TEST(more_transports_than_the_bound_are_refused),
        TEST(a_transport_that_does_not_open_is_told_and_costs_nothing),
        TEST(a_folders_notes_are_persisted_before_its_first_file_is_written),
        TEST(files_found_together_share_one_step_and_their_cursor_is_set_before_it),
        TEST(a_file_refused_for_want_of_room_is_received_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
