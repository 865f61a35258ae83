/* The runner against a profile that does what the test says, and a transport that records. */
#include "fake_profile.h"
#include "loop_turn.h"

#include <ev.h>

#include "majlis/run.h"

enum { TRANSPORTS = 2 };

typedef struct recorder {
    mjl_transport *transport;
    uint64_t numbers[FAKE_QUEUE_MAX];
    size_t count;
    size_t flushes;
    size_t takes;       /* So many packets, then FULL; SIZE_MAX: all. */
    bool is_confirming; /* From within send. */
} recorder;

static struct ev_loop *loop;
static mjl_run *run;
static recorder recorders[TRANSPORTS];
static size_t events_seen, out_seen, in_seen, stops_seen, steps_at_first_packet;
static mjl_result stop_reason;
static bool stop_in_event, flush_in_receive;

static mjl_result record(void *context, mjl_bytes packet, uint64_t number)
{
    recorder *self = context;
    (void)packet;
    if (self->count >= self->takes) return MJL_FULL;
    if (self->count == 0) steps_at_first_packet = fake.steps;
    self->numbers[self->count++] = number;
    if (self->is_confirming) mjl_transport_report_sent(self->transport, number);
    return MJL_OK;
}

static void record_flush(void *context)
{
    recorder *self = context;
    self->flushes++;
}

static void record_close(void *context)
{
    (void)context;
}

static void on_event(void *context, const struct mjl_event *event)
{
    (void)context;
    (void)event;
    events_seen++;
    if (stop_in_event) mjl_run_stop(run);
}

static void on_packet_out(void *context, const mjl_packet *packet)
{
    (void)context;
    assert_true(packet->bytes.size > 0);
    out_seen++;
}

static void on_packet_in(void *context, mjl_transport_id from, mjl_bytes packet, mjl_result result,
                         const mjl_verdict *verdict)
{
    (void)context;
    (void)from;
    (void)packet;
    assert_int_equal(verdict != NULL, result == MJL_OK);
    in_seen++;
    if (!flush_in_receive) return;
    assert_int_equal(mjl_run_flush(run), MJL_OK);
    mjl_run_stop(run);
}

static void on_stop(void *context, mjl_result why)
{
    (void)context;
    stops_seen++;
    stop_reason = why;
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
    return MJL_OK;
}

static void adopt(recorder *self)
{
    const mjl_transport_backend backend = {
        .context = self, .send = record, .flush = record_flush, .close = record_close};
    mjl_transport_id id;
    self->takes = SIZE_MAX;
    self->is_confirming = true;
    assert_int_equal(mjl_run_adopt(run, &backend, "test:", &id, &self->transport), MJL_OK);
    mjl_transport_report_state(self->transport, MJL_TRANSPORT_UP, "");
}

static void new_run(mjl_run_settling settling)
{
    const mjl_run_config config = {.size = sizeof config,
                                   .loop = loop,
                                   .profile = fake_reset(),
                                   .random = {NULL, fill},
                                   .settling = settling,
                                   .on_event = on_event,
                                   .on_packet_out = on_packet_out,
                                   .on_packet_in = on_packet_in,
                                   .on_stop = on_stop};
    assert_int_equal(mjl_run_new(&config, &run), MJL_OK);
}

static int set_up(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    memset(recorders, 0, sizeof recorders);
    events_seen = out_seen = in_seen = stops_seen = steps_at_first_packet = 0;
    stop_reason = MJL_BUG;
    stop_in_event = flush_in_receive = false;
    new_run(MJL_RUN_SETTLES_EVENTS);
    adopt(&recorders[0]);
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

static unsigned turn(int ms)
{
    return loop_turn(loop, ms);
}

/* ---- Order ---- */

static void a_step_is_made_before_anything_leaves(void **state)
{
    (void)state;
    fake_say("salam");
    fake_make_event();
    turn(10);
    assert_int_equal(recorders[0].count, 1);
    assert_int_equal(steps_at_first_packet, 1);
    assert_int_equal(events_seen, 1);
    assert_int_equal(out_seen, 1);
    assert_int_equal(fake.log[0], 's');
}

static void many_packets_that_arrive_together_share_one_step(void **state)
{
    (void)state;
    turn(10);
    const size_t steps = fake.steps;
    for (int i = 0; i < 500; i++)
        assert_int_equal(
            mjl_transport_report_received(recorders[0].transport, mjl_bytes_text("packet")),
            MJL_OK);
    turn(10);
    assert_int_equal(fake.steps, steps + 1);
    assert_int_equal(in_seen, 500);
    assert_int_equal(fake.receives, 500);
}

static void what_the_host_said_leaves_after_a_wake_or_a_flush(void **state)
{
    (void)state;
    turn(10);
    fake_say("one");
    turn(10);
    assert_int_equal(recorders[0].count, 0);
    mjl_run_wake(run);
    turn(10);
    assert_int_equal(recorders[0].count, 1);
    fake_say("two");
    assert_int_equal(mjl_run_flush(run), MJL_OK);
    assert_int_equal(recorders[0].count, 2);
}

static void packets_leave_in_the_order_made(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        fake_say("x");
    turn(10);
    assert_int_equal(recorders[0].count, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(recorders[0].numbers[i], i + 1);
    assert_true(recorders[0].flushes >= 1 && recorders[0].flushes < 5);
}

/* ---- Timers ---- */

static void a_timer_fires_at_its_due_and_not_before(void **state)
{
    (void)state;
    turn(10);
    const mjl_time due = mjl_run_now(run) + 120;
    const size_t steps = fake.steps;
    fake.next_due = due;
    mjl_run_wake(run); /* So that the runner asks again. */
    turn(80);
    assert_int_equal(fake.steps, steps + 1);
    turn(100);
    assert_int_equal(fake.steps, steps + 2);
    assert_in_range(fake.last_now, due, due + 40);
    assert_false(fake.went_back);
}

static void an_idle_runner_sleeps(void **state)
{
    (void)state;
    turn(10);
    const size_t steps = fake.steps;
    assert_in_range(turn(300), 1, 3);
    assert_int_equal(fake.steps, steps);
}

static void a_due_that_stays_in_the_past_does_not_spin(void **state)
{
    (void)state;
    fake.keeps_due = true;
    fake.next_due = 1;
    turn(5 * MJL_RUN_STUCK_MS);
    assert_in_range(fake.steps, 3, 6);
    assert_int_equal(stops_seen, 0);
}

static void a_spent_budget_is_followed_by_another_step_at_once(void **state)
{
    (void)state;
    fake.budget_spent_count = 5;
    turn(50);
    assert_int_equal(fake.steps, 6);
}

static void late_wake(struct ev_loop *turned, ev_prepare *watcher, int events)
{
    (void)turned;
    (void)events;
    bool *is_done = watcher->data;
    if (!*is_done) mjl_run_wake(run);
    *is_done = true;
}

static void a_wake_just_before_the_loop_sleeps_is_not_slept_over(void **state)
{
    bool is_done = false;
    ev_prepare prepare;
    (void)state;
    turn(10);
    const size_t steps = fake.steps;
    ev_prepare_init(&prepare, late_wake);
    ev_set_priority(&prepare, EV_MINPRI); /* After the runner's. */
    prepare.data = &is_done;
    ev_prepare_start(loop, &prepare);
    turn(100);
    ev_prepare_stop(loop, &prepare);
    assert_int_equal(fake.steps, steps + 1);
}

/* ---- Sent and settled ---- */

static void what_was_sent_and_settled_is_persisted_a_little_later_once(void **state)
{
    (void)state;
    fake_say("salam");
    fake_make_event();
    turn(20);
    assert_int_equal(fake_sent_count(), 1);
    assert_int_equal(fake.events_settled, 1);
    assert_int_equal(fake.steps, 1);
    turn(MJL_RUN_TIDY_MS + 100);
    assert_int_equal(fake.steps, 2);
    assert_false(fake.is_changed);
    turn(MJL_RUN_TIDY_MS + 100);
    assert_int_equal(fake.steps, 2);
}

static void the_host_may_settle_events_itself(void **state)
{
    (void)state;
    mjl_run_free(run);
    new_run(MJL_HOST_SETTLES_EVENTS);
    fake_make_event();
    turn(20);
    assert_int_equal(events_seen, 1);
    assert_int_equal(fake.events_settled, 0);
}

static void without_a_transport_packets_wait_in_the_outbox(void **state)
{
    (void)state;
    mjl_run_free(run);
    new_run(MJL_RUN_SETTLES_EVENTS);
    fake_say("salam");
    fake_make_event();
    turn(20);
    assert_int_equal(fake_count("p"), 0);
    assert_int_equal(events_seen, 1);
}

/* ---- Failing and stopping ---- */

static void a_failed_step_stops_the_run_and_nothing_leaves(void **state)
{
    (void)state;
    fake_say("salam");
    fake.step_result = MJL_STORE_FULL;
    assert_int_equal(mjl_run_loop(run), MJL_STORE_FULL);
    assert_int_equal(stops_seen, 1);
    assert_int_equal(stop_reason, MJL_STORE_FULL);
    assert_int_equal(recorders[0].count, 0);
    assert_int_equal(
        mjl_transport_report_received(recorders[0].transport, mjl_bytes_text("packet")),
        MJL_WRONG_STATE);
    mjl_run_stop(run);
    assert_int_equal(stops_seen, 1);
    assert_int_equal(fake.steps, 1);
}

static void a_failed_store_in_receive_stops_the_run(void **state)
{
    (void)state;
    turn(10);
    fake.receive_result = MJL_STORE_FAILED;
    assert_int_equal(
        mjl_transport_report_received(recorders[0].transport, mjl_bytes_text("packet")),
        MJL_STORE_FAILED);
    assert_int_equal(stop_reason, MJL_STORE_FAILED);
}

static void a_refusal_for_want_of_room_is_followed_by_a_step(void **state)
{
    (void)state;
    turn(10);
    const size_t steps = fake.steps;
    fake.receive_result = MJL_FULL;
    assert_int_equal(
        mjl_transport_report_received(recorders[0].transport, mjl_bytes_text("packet")), MJL_FULL);
    turn(10);
    assert_int_equal(fake.steps, steps + 1);
    assert_int_equal(stops_seen, 0);
}

static void a_step_without_memory_is_tried_again_later(void **state)
{
    (void)state;
    fake_say("salam");
    fake.step_result = MJL_OUT_OF_MEMORY;
    turn(100);
    assert_int_equal(fake.steps, 1);
    assert_int_equal(recorders[0].count, 0);
    fake.step_result = MJL_OK;
    turn(MJL_RUN_AGAIN_MS + 50);
    assert_int_equal(recorders[0].count, 1);
}

static void a_flush_or_stop_from_within_a_receive_waits_for_its_end(void **state)
{
    (void)state;
    turn(10);
    const size_t steps = fake.steps;
    flush_in_receive = true;
    assert_int_equal(
        mjl_transport_report_received(recorders[0].transport, mjl_bytes_text("packet")), MJL_OK);
    assert_int_equal(fake.steps, steps);
    assert_int_equal(stops_seen, 0);
    assert_int_equal(mjl_run_loop(run), MJL_OK);
    assert_int_equal(stops_seen, 1);
    assert_true(fake.steps > steps);
}

static void stopping_persists_sends_and_persists_that_it_was_sent(void **state)
{
    (void)state;
    turn(10);
    fake_say("last words");
    mjl_run_stop(run);
    assert_int_equal(recorders[0].count, 1);
    assert_int_equal(fake_sent_count(), 1);
    assert_false(fake.is_changed);
    assert_int_equal(stops_seen, 1);
    assert_int_equal(stop_reason, MJL_OK);
}

static void stopping_from_within_an_event_stops_after_that_turn(void **state)
{
    (void)state;
    fake_make_event();
    fake_make_event();
    stop_in_event = true;
    assert_int_equal(mjl_run_loop(run), MJL_OK);
    assert_int_equal(stops_seen, 1);
    assert_false(fake.is_changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_step_is_made_before_anything_leaves),
        TEST(many_packets_that_arrive_together_share_one_step),
        TEST(what_the_host_said_leaves_after_a_wake_or_a_flush),
        TEST(packets_leave_in_the_order_made),
        TEST(a_timer_fires_at_its_due_and_not_before),
        TEST(an_idle_runner_sleeps),
        TEST(a_due_that_stays_in_the_past_does_not_spin),
        TEST(a_spent_budget_is_followed_by_another_step_at_once),
        TEST(a_wake_just_before_the_loop_sleeps_is_not_slept_over),
        TEST(what_was_sent_and_settled_is_persisted_a_little_later_once),
        TEST(the_host_may_settle_events_itself),
        TEST(without_a_transport_packets_wait_in_the_outbox),
        TEST(a_failed_step_stops_the_run_and_nothing_leaves),
        TEST(a_failed_store_in_receive_stops_the_run),
        TEST(a_refusal_for_want_of_room_is_followed_by_a_step),
        TEST(a_step_without_memory_is_tried_again_later),
        TEST(a_flush_or_stop_from_within_a_receive_waits_for_its_end),
        TEST(stopping_persists_sends_and_persists_that_it_was_sent),
        TEST(stopping_from_within_an_event_stops_after_that_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
