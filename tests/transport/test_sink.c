#include "test_sink.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Notes ---- */

static test_note *find_note(test_notes *notes, mjl_bytes name)
{
    for (size_t i = 0; i < notes->count; i++)
        if (mjl_bytes_equal(mjl_bytes_text(notes->notes[i].name), name)) return &notes->notes[i];
    return NULL;
}

static void set_note(test_notes *notes, mjl_bytes name, mjl_bytes value)
{
    test_note *note = find_note(notes, name);
    if (note == NULL) {
        assert_in_range(name.size, 1, sizeof note->name - 1);
        assert_true(notes->count < TEST_NOTES_MAX);
        note = &notes->notes[notes->count++];
        memset(note, 0, sizeof *note);
        memcpy(note->name, name.data, name.size);
    }
    mjl_buffer_clear(&note->value);
    assert_int_equal(mjl_buffer_append(&note->value, value), MJL_OK);
}

static void clear_notes(test_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        mjl_buffer_clear(&notes->notes[i].value);
    notes->count = 0;
}

static void copy_notes(test_notes *to, const test_notes *from)
{
    clear_notes(to);
    for (size_t i = 0; i < from->count; i++)
        set_note(to, mjl_bytes_text(from->notes[i].name), mjl_buffer_bytes(&from->notes[i].value));
}

static mjl_result note_set(void *context, mjl_bytes name, mjl_bytes value)
{
    test_sink *sink = context;
    set_note(&sink->now, name, value);
    return MJL_OK;
}

static mjl_result note_get(void *context, mjl_bytes name, mjl_bytes *value)
{
    test_sink *sink = context;
    const test_note *note = find_note(&sink->now, name);
    if (note == NULL || note->value.size == 0) return MJL_NOT_FOUND;
    *value = mjl_buffer_bytes(&note->value);
    return MJL_OK;
}

/* ---- What a transport tells ---- */

static mjl_result received(void *context, mjl_bytes packet)
{
    test_sink *sink = context;
    if (sink->refusals > 0) {
        sink->refusals--;
        return MJL_FULL;
    }
    assert_true(sink->packets_count < TEST_PACKETS_MAX);
    return mjl_buffer_append(&sink->packets[sink->packets_count++], packet);
}

static void sent(void *context, uint64_t number)
{
    test_sink *sink = context;
    assert_true(sink->sent_count < TEST_PACKETS_MAX);
    sink->sent[sink->sent_count++] = number;
}

static void ready(void *context)
{
    test_sink *sink = context;
    sink->ready_count++;
}

static void state_changed(void *context, mjl_transport_state state, const char *reason)
{
    test_sink *sink = context;
    sink->state = state;
    snprintf(sink->reason, sizeof sink->reason, "%s", reason);
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    test_sink *sink = context;
    test_fill(&sink->seed, out, size);
    return MJL_OK;
}

/* ---- The sink ---- */

test_sink *test_sink_new(uint64_t seed)
{
    test_sink *sink = calloc(1, sizeof *sink);
    assert_non_null(sink);
    sink->seed = seed;
    return sink;
}

void test_sink_free(test_sink *sink)
{
    for (size_t i = 0; i < sink->packets_count; i++)
        mjl_buffer_clear(&sink->packets[i]);
    clear_notes(&sink->now);
    clear_notes(&sink->persisted);
    free(sink);
}

void test_sink_step(test_sink *sink)
{
    copy_notes(&sink->persisted, &sink->now);
}

void test_sink_crash(test_sink *sink)
{
    copy_notes(&sink->now, &sink->persisted);
}

static void damaged(void *context, const char *what, mjl_result why)
{
    test_sink *sink = context;
    assert_true(strlen(what) > 0);
    sink->damaged_count++;
    sink->damaged_why = why;
}

mjl_transport_config test_config(test_sink *sink, struct ev_loop *loop)
{
    const mjl_transport_config config = {
        .size = sizeof config,
        .loop = loop,
        .random = {sink, fill},
        .sink = {sink, received, sent, ready, state_changed, note_set, note_get, damaged},
        .pace = MJL_TRANSPORT_PACE_QUICK};
    return config;
}

mjl_transport *test_open(test_sink *sink, struct ev_loop *loop, const char *address)
{
    char text[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport *transport;
    const mjl_transport_config config = test_config(sink, loop);
    sink->state = MJL_TRANSPORT_CONNECTING;
    if (mjl_transport_open(&config, address, &transport, text) != MJL_OK) fail_msg("%s", text);
    test_turn_for_state(loop, sink, MJL_TRANSPORT_UP);
    return transport;
}

size_t test_sink_received(const test_sink *sink, mjl_bytes packet)
{
    size_t count = 0;
    for (size_t i = 0; i < sink->packets_count; i++)
        count += mjl_bytes_equal(mjl_buffer_bytes(&sink->packets[i]), packet);
    return count;
}

/* ---- The loop ---- */

static void on_end(struct ev_loop *loop, ev_timer *watcher, int events)
{
    bool *is_over = watcher->data;
    (void)loop;
    (void)events;
    *is_over = true;
}

bool test_turn_until(struct ev_loop *loop, bool (*holds)(void *), void *context, int ms)
{
    bool is_over = false;
    ev_timer end;
    ev_now_update(loop);
    ev_timer_init(&end, on_end, ms / 1000.0, 0.0);
    end.data = &is_over;
    ev_timer_start(loop, &end);
    while (!is_over && !holds(context))
        ev_run(loop, EVRUN_ONCE);
    ev_timer_stop(loop, &end);
    return holds(context);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

void test_turn(struct ev_loop *loop, int ms)
{
    (void)test_turn_until(loop, never, NULL, ms);
}

typedef struct waited {
    test_sink *sink;
    size_t count;
    mjl_transport_state state;
} waited;

static bool has_packets(void *context)
{
    const waited *for_what = context;
    return for_what->sink->packets_count >= for_what->count;
}

static bool has_state(void *context)
{
    const waited *for_what = context;
    return for_what->sink->state == for_what->state;
}

void test_turn_for_packets(struct ev_loop *loop, test_sink *sink, size_t count)
{
    waited for_what = {sink, count, MJL_TRANSPORT_UP};
    if (!test_turn_until(loop, has_packets, &for_what, 5000))
        fail_msg("%zu packets after a while, not %zu", sink->packets_count, count);
}

void test_turn_for_state(struct ev_loop *loop, test_sink *sink, mjl_transport_state state)
{
    waited for_what = {sink, 0, state};
    if (!test_turn_until(loop, has_state, &for_what, 5000))
        fail_msg("still %s: %s", mjl_transport_state_name(sink->state), sink->reason);
}
