/* What waits for the application and for the transports, as records and back. */
#include "events.h"
#include "outbox.h"
#include "record_kinds.h"
#include "test.h"

typedef struct queues {
    mjl_memory_disk *disk;
    mjl_records *records;
    mjl_events events;
    mjl_outbox outbox;
} queues;

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    uint8_t *next = context;
    for (size_t i = 0; i < size; i++)
        out[i] = (*next)++;
    return MJL_OK;
}

static void open_disk(queues *of)
{
    static uint8_t next;
    static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {1};
    mjl_store *store = NULL;
    assert_int_equal(mjl_store_memory_open(of->disk, &store), MJL_OK);
    assert_int_equal(mjl_records_open(store, key, (mjl_random){&next, fill}, &of->records), MJL_OK);
    mjl_events_init(&of->events);
    mjl_outbox_init(&of->outbox);
}

static void step(queues *of)
{
    assert_int_equal(mjl_events_save(&of->events, of->records), MJL_OK);
    assert_int_equal(mjl_outbox_save(&of->outbox, of->records), MJL_OK);
    assert_int_equal(mjl_records_persist(of->records), MJL_OK);
    mjl_events_persisted(&of->events);
    mjl_outbox_persisted(&of->outbox);
}

static size_t loaded(queues *of, uint16_t kind)
{
    mjl_record record;
    size_t count = 0;
    mjl_records_cursor cursor = mjl_records_loaded_of_kind(of->records, 0, kind);
    for (; mjl_records_next(of->records, &cursor, &record); count++) {
        const mjl_result result =
            kind == MJL_RECORD_EVENT ? mjl_events_load(&of->events, record.place.key, record.value)
                                     : mjl_outbox_load(&of->outbox, record.place.key, record.value);
        assert_int_equal(result, MJL_OK);
    }
    return count;
}

typedef struct counts {
    size_t events, packets;
} counts;

/* Numbers are of the profile's record. Answers how many records there were. */
static counts reopen(queues *of)
{
    const uint64_t settled = of->events.settled;
    const uint64_t next_event = of->events.next_number, next_packet = of->outbox.next_number;
    mjl_events_clear(&of->events);
    mjl_outbox_clear(&of->outbox);
    mjl_records_free(of->records);
    open_disk(of);
    of->events.settled = settled;
    of->events.next_number = of->events.persisted_below = next_event;
    of->outbox.next_number = of->outbox.persisted_below = next_packet;
    return (counts){loaded(of, MJL_RECORD_EVENT), loaded(of, MJL_RECORD_OUTBOX)};
}

static int set_up(void **state)
{
    static queues made;
    assert_int_equal(mjl_memory_disk_new(&made.disk), MJL_OK);
    open_disk(&made);
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    queues *of = *state;
    mjl_events_clear(&of->events);
    mjl_outbox_clear(&of->outbox);
    mjl_records_free(of->records);
    mjl_memory_disk_free(of->disk);
    return 0;
}

static void push(queues *of, uint64_t seq)
{
    const mjl_event event = {.kind = MJL_EVENT_MESSAGE, .seq = seq};
    assert_int_equal(mjl_events_push(&of->events, &event), MJL_OK);
}

static void next_is(queues *of, uint64_t number)
{
    mjl_event event;
    assert_int_equal(mjl_events_next(&of->events, &event), MJL_OK);
    assert_int_equal(event.number, number);
    assert_int_equal(event.seq, 100 + number);
}

static void events_of_one_step_are_one_record_until_the_last_is_settled(void **state)
{
    queues *of = *state;
    mjl_event event;
    for (uint64_t i = 1; i <= 3; i++)
        push(of, 100 + i);
    step(of);
    push(of, 104);
    step(of);
    assert_int_equal(reopen(of).events, 2);
    for (uint64_t i = 1; i <= 4; i++)
        next_is(of, i);
    assert_int_equal(mjl_events_settle(&of->events, 2), MJL_OK);
    step(of);
    assert_int_equal(reopen(of).events, 2); /* Of the first one, the third is not settled. */
    next_is(of, 3);
    next_is(of, 4);
    assert_int_equal(mjl_events_settle(&of->events, 3), MJL_OK);
    step(of);
    assert_int_equal(reopen(of).events, 1);
    next_is(of, 4);
    assert_int_equal(mjl_events_next(&of->events, &event), MJL_EMPTY);
    assert_int_equal(mjl_events_settle(&of->events, 4), MJL_OK);
    step(of);
    assert_int_equal(reopen(of).events, 0);
}

static void many_events_of_one_step_are_several_records(void **state)
{
    queues *of = *state;
    for (uint64_t i = 1; i <= 1000; i++)
        push(of, 100 + i);
    step(of);
    const size_t records = reopen(of).events;
    assert_true(records > 1 && records < 60);
    for (uint64_t i = 1; i <= 1000; i++)
        next_is(of, i);
}

static mjl_event full_event(void)
{
    mjl_event full;
    memset(&full, 0, sizeof full); /* Also what lies between the fields. */
    full.kind = MJL_EVENT_RESTORE_REQUEST;
    full.session_number = 2;
    full.at = -3;
    full.old_state = 4;
    full.new_state = 5;
    full.why = MJL_NOT_FOUND;
    full.epoch = 6;
    full.seq = UINT64_MAX;
    full.branch.bytes[0] = 7;
    full.old_branch.bytes[0] = 8;
    full.member.bytes[0] = 9;
    full.by.bytes[0] = 10;
    full.name = mjl_bytes_text("name");
    full.message.bytes[0] = 11;
    full.place.bytes[0] = 12;
    full.other_place.bytes[0] = 13;
    full.media_type = mjl_bytes_text("type");
    full.body = mjl_bytes_text("body");
    full.parents_differ = true;
    full.roster_differs = true;
    full.held_count = 14;
    full.readers_count = 15;
    full.warning = 16;
    full.warning_kind = 3;
    full.subject.bytes[0] = 17;
    full.missing = mjl_bytes_text("missing");
    full.intent = 18;
    full.intent_state = 4;
    full.content_type = 19;
    full.due = 20;
    full.ran = 21;
    full.parts_count = 22;
    full.parts_done = 23;
    full.parts_everyone = UINT32_MAX;
    return full;
}

/* Each byte of an event comes back, whatever is zero in it. */
static void every_field_of_an_event_is_saved(void **state)
{
    queues *of = *state;
    const mjl_event full = full_event();
    const mjl_event little = {.kind = MJL_EVENT_OPAQUE};
    assert_int_equal(mjl_events_push(&of->events, &full), MJL_OK);
    assert_int_equal(mjl_events_push(&of->events, &little), MJL_OK);
    step(of);
    assert_int_equal(reopen(of).events, 1);
    mjl_event found;
    assert_int_equal(mjl_events_next(&of->events, &found), MJL_OK);
    const mjl_bytes *const bytes[] = {&found.name, &found.media_type, &found.body, &found.missing};
    const mjl_bytes *const said[] = {&full.name, &full.media_type, &full.body, &full.missing};
    for (size_t i = 0; i < 4; i++)
        assert_true(mjl_bytes_equal(*bytes[i], *said[i]));
    mjl_event same;
    memcpy(&same, &full, sizeof same); /* But for where the bytes lie, and the number. */
    same.number = 1;
    same.name = found.name;
    same.media_type = found.media_type;
    same.body = found.body;
    same.missing = found.missing;
    assert_memory_equal(&found, &same, sizeof found);
    assert_int_equal(mjl_events_next(&of->events, &found), MJL_OK);
    assert_int_equal(found.kind, MJL_EVENT_OPAQUE);
    assert_int_equal(found.number, 2);
    assert_int_equal(found.body.size + found.name.size, 0);
}

static void packet_is(queues *of, uint64_t number)
{
    mjl_packet packet;
    assert_int_equal(mjl_outbox_next(&of->outbox, &packet), MJL_OK);
    assert_int_equal(packet.number, number);
    assert_int_equal(packet.bytes.size, 5);
    assert_int_equal(packet.session_number, 3);
    assert_int_equal(packet.resend, number);
}

static void packets_of_one_step_are_one_record_until_all_are_sent(void **state)
{
    queues *of = *state;
    for (uint32_t i = 1; i <= 3; i++) {
        const mjl_packet packet = {.kind = MJL_PACKET_PLACE,
                                   .session_number = 3,
                                   .resend = i,
                                   .bytes = mjl_bytes_text("bytes")};
        assert_int_equal(mjl_outbox_push(&of->outbox, &packet), MJL_OK);
    }
    step(of);
    assert_int_equal(reopen(of).packets, 1);
    for (uint64_t i = 1; i <= 3; i++)
        packet_is(of, i);
    assert_int_equal(mjl_outbox_sent(&of->outbox, 1), MJL_OK);
    assert_int_equal(mjl_outbox_sent(&of->outbox, 3), MJL_OK);
    assert_int_equal(mjl_outbox_sent(&of->outbox, 3), MJL_NOT_FOUND);
    step(of);
    assert_int_equal(reopen(of).packets, 1);
    packet_is(of, 2); /* The first one, whose number the record has, went before it. */
    assert_int_equal(mjl_outbox_sent(&of->outbox, 2), MJL_OK);
    step(of);
    assert_int_equal(reopen(of).packets, 0);
    mjl_packet packet;
    assert_int_equal(mjl_outbox_next(&of->outbox, &packet), MJL_EMPTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_of_one_step_are_one_record_until_the_last_is_settled,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_events_of_one_step_are_several_records, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_field_of_an_event_is_saved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(packets_of_one_step_are_one_record_until_all_are_sent,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
