/* Calls without what they need: refused as BAD_ARGUMENT, and nothing changes. */
#include "world.h"

#include "majlis/evidence.h"
#include "majlis/graph.h"
#include "majlis/limits.h"
#include "majlis/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static mjl_id state_of(test_world *world)
{
    mjl_id hash;
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now), MJL_OK);
    assert_int_equal(mjl_profile_state_hash(world_profile(world, 0), &hash), MJL_OK);
    return hash;
}

#define REFUSED(call) assert_int_equal((call), MJL_BAD_ARGUMENT)

static void calls_on_no_profile_are_refused(void **state)
{
    (void)state;
    mjl_verdict verdict;
    mjl_time due;
    mjl_packet packet;
    mjl_event event;
    mjl_bytes value;
    mjl_id hash;
    mjl_session *session;
    const mjl_create create = {.size = sizeof create};
    const mjl_join join = {.size = sizeof join};
    const mjl_bytes name = mjl_bytes_text("name");
    REFUSED(mjl_profile_open(NULL, NULL));
    REFUSED(mjl_profile_receive(NULL, 0, 1, name, &verdict));
    REFUSED(mjl_profile_step(NULL, 0));
    REFUSED(mjl_profile_next_due(NULL, &due));
    REFUSED(mjl_profile_next_packet(NULL, &packet));
    REFUSED(mjl_profile_packet_sent(NULL, 1));
    REFUSED(mjl_profile_next_event(NULL, &event));
    REFUSED(mjl_profile_event_settled(NULL, 1));
    REFUSED(mjl_profile_note_set(NULL, name, name));
    REFUSED(mjl_profile_note_get(NULL, name, &value));
    REFUSED(mjl_profile_state_hash(NULL, &hash));
    REFUSED(mjl_session_create(NULL, 0, &create, &session));
    REFUSED(mjl_session_join(NULL, 0, &join, &session));
    REFUSED(mjl_profile_transport_state(NULL, 0, 1, MJL_TRANSPORT_UP));
    REFUSED(mjl_profile_check(NULL));
    mjl_profile_close(NULL);
}

static void calls_on_no_session_are_refused(void **state)
{
    (void)state;
    const mjl_id id = {{0}};
    const mjl_say say = {.size = sizeof say};
    mjl_intent intent;
    REFUSED(mjl_session_say(NULL, 0, &say, NULL, NULL));
    REFUSED(mjl_session_agree(NULL, 0, &id));
    REFUSED(mjl_session_invite(NULL, 0, &id, &intent));
    REFUSED(mjl_session_refuse(NULL, 0, &id));
    REFUSED(mjl_session_exclude(NULL, 0, &id, &intent));
    REFUSED(mjl_session_refresh(NULL, 0, &intent));
    REFUSED(mjl_session_leave(NULL, 0));
    REFUSED(mjl_session_away(NULL, 0, 0));
    REFUSED(mjl_session_set_verified(NULL, 0, &id, MJL_VERIFIED));
    REFUSED(mjl_session_restore(NULL, 0, &id, &intent));
    REFUSED(mjl_session_rejoin(NULL, 0));
    REFUSED(mjl_session_evidence_dismiss(NULL, 0, 1));
}

static void calls_without_an_argument_change_nothing(void **state)
{
    (void)state;
    test_world *const world = world_new(1, 1, 0);
    world_create(world);
    mjl_profile *const profile = world_profile(world, 0);
    mjl_session *const session = world_session(world, 0);
    mjl_session *made;
    mjl_intent intent;
    const mjl_create small_create = {.size = sizeof small_create - 1};
    const mjl_join small_join = {.size = sizeof small_join - 1};
    const mjl_say small_say = {.size = sizeof small_say - 1};
    const mjl_create whole_create = {.size = sizeof whole_create};
    const mjl_join whole_join = {.size = sizeof whole_join};
    size_t i;
    const mjl_id before = state_of(world);
    REFUSED(mjl_profile_receive(profile, world->now, 1, mjl_bytes_text("packet"), NULL));
    REFUSED(mjl_profile_next_due(profile, NULL));
    REFUSED(mjl_profile_next_packet(profile, NULL));
    REFUSED(mjl_profile_next_event(profile, NULL));
    REFUSED(mjl_profile_note_get(profile, mjl_bytes_text("name"), NULL));
    REFUSED(mjl_profile_note_set(profile, mjl_bytes_of(NULL, 0), mjl_bytes_text("value")));
    REFUSED(mjl_profile_state_hash(profile, NULL));
    REFUSED(mjl_session_create(profile, world->now, NULL, &made));
    REFUSED(mjl_session_create(profile, world->now, &small_create, &made));
    REFUSED(mjl_session_join(profile, world->now, NULL, &made));
    REFUSED(mjl_session_join(profile, world->now, &small_join, &made));
    REFUSED(mjl_session_say(session, world->now, NULL, NULL, NULL));
    REFUSED(mjl_session_say(session, world->now, &small_say, NULL, NULL));
    REFUSED(mjl_session_agree(session, world->now, NULL));
    REFUSED(mjl_session_invite(session, world->now, NULL, &intent));
    REFUSED(mjl_session_invite(session, world->now, &before, NULL));
    REFUSED(mjl_session_refuse(session, world->now, NULL));
    REFUSED(mjl_session_exclude(session, world->now, NULL, &intent));
    REFUSED(mjl_session_exclude(session, world->now, &before, NULL));
    REFUSED(mjl_session_refresh(session, world->now, NULL));
    REFUSED(mjl_session_away(session, world->now, (uint64_t)MJL_AWAY_MS_MAX + 1));
    REFUSED(mjl_session_set_verified(session, world->now, NULL, MJL_VERIFIED));
    REFUSED(mjl_session_create(profile, world->now, &whole_create, NULL));
    REFUSED(mjl_session_join(profile, world->now, &whole_join, NULL));
    REFUSED(mjl_profile_transport_state(profile, world->now, 0, MJL_TRANSPORT_UP));
    REFUSED(mjl_profile_transport_state(profile, world->now, 1, (mjl_transport_state)77));
    REFUSED(mjl_session_restore(session, world->now, &before, NULL));
    REFUSED(mjl_session_restore(session, world->now, NULL, &intent));
    REFUSED(mjl_session_find_place(session, NULL, &i));
    REFUSED(mjl_session_find_place(session, &before, NULL));
    const mjl_id after = state_of(world);
    assert_memory_equal(&before, &after, sizeof before);
    world_free(world);
}

/* Intervals beyond what a policy may say, and a secret beyond any passphrase. */
static void rooms_with_impossible_numbers_are_refused(void **state)
{
    (void)state;
    static const mjl_pace paces[] = {{MJL_INTERVAL_MS_MIN - 1, 1000},
                                     {MJL_INTERVAL_MS_MAX + 1, 1000},
                                     {1000, MJL_INTERVAL_MS_MIN - 1},
                                     {1000, MJL_INTERVAL_MS_MAX + 1}};
    static const uint8_t secret[MJL_ROOM_SECRET_SIZE_MAX + 1];
    test_world *const world = world_new(1, 1, 0);
    mjl_profile *const profile = world_profile(world, 0);
    mjl_create create = {.size = sizeof create, .room_name = mjl_bytes_text("room")};
    mjl_join join = {.size = sizeof join, .room_name = mjl_bytes_text("room")};
    mjl_session *session;
    for (size_t i = 0; i < sizeof paces / sizeof paces[0]; i++) {
        create.pace = join.pace = paces[i];
        REFUSED(mjl_session_create(profile, world->now, &create, &session));
        REFUSED(mjl_session_join(profile, world->now, &join, &session));
    }
    create.pace = join.pace = (mjl_pace){0, 0};
    join.room_name = mjl_bytes_of(NULL, 0);
    REFUSED(mjl_session_join(profile, world->now, &join, &session));
    join.room_name = create.room_name;
    create.room_secret = join.room_secret = mjl_bytes_of(secret, sizeof secret);
    assert_int_equal(mjl_session_create(profile, world->now, &create, &session), MJL_TOO_LARGE);
    assert_int_equal(mjl_session_join(profile, world->now, &join, &session), MJL_TOO_LARGE);
    assert_null(mjl_profile_session(profile, 0));
    world_free(world);
}

static void wishes_in_a_state_that_has_none_are_refused(void **state)
{
    (void)state;
    test_world *const world = world_new(2, 2, 0);
    world_gather(world);
    const mjl_id nobody = {{7}};
    mjl_session *const left = world_session(world, 1);
    mjl_intent intent;
    mjl_join join = {.size = sizeof join, .room_name = mjl_bytes_text("another")};
    mjl_session *joining;
    const mjl_time now = world->now;
    assert_int_equal(mjl_session_join(world_profile(world, 0), now, &join, &joining), MJL_OK);
    assert_int_equal(mjl_session_restore(left, now, &nobody, &intent), MJL_NOT_FOUND);
    assert_int_equal(mjl_session_rejoin(joining, now), MJL_WRONG_STATE);
    assert_int_equal(mjl_session_refresh(joining, now, &intent), MJL_WRONG_STATE);
    assert_int_equal(mjl_session_leave(joining, now), MJL_OK);
    assert_int_equal(mjl_session_rejoin(joining, now), MJL_NOT_A_MEMBER);
    assert_int_equal(mjl_session_refresh(joining, now, &intent), MJL_NOT_A_MEMBER);
    assert_int_equal(mjl_session_rejoin(left, now), MJL_OK);
    assert_int_equal(mjl_session_rejoin(left, now), MJL_OK); /* It is so already. */
    world_free(world);
}

static mjl_result draw_zeros(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 0, size);
    return MJL_OK;
}

static mjl_result write_nowhere(void *context, mjl_bytes bytes)
{
    (void)context, (void)bytes;
    return MJL_OK;
}

static mjl_result read_nothing(void *context, uint8_t *out, size_t room, size_t *size)
{
    (void)context, (void)out, (void)room;
    *size = 0;
    return MJL_OK;
}

static void recordings_without_what_they_need_are_refused(void **state)
{
    (void)state;
    mjl_recorder *recorder;
    mjl_replay_report report;
    mjl_evidence_view *const no_view = NULL;
    mjl_recorder_config recording = {.size = sizeof recording, .write = write_nowhere};
    mjl_replay_config replay = {.size = sizeof replay, .read = read_nothing};
    REFUSED(mjl_recorder_new(NULL, &recorder));
    REFUSED(mjl_recorder_new(&recording, NULL));
    REFUSED(mjl_replay(NULL, &report));
    REFUSED(mjl_replay(&replay, NULL));
    REFUSED(mjl_evidence_verify(mjl_bytes_text("evidence"), no_view));
    recording.size--;
    replay.size--;
    REFUSED(mjl_recorder_new(&recording, &recorder));
    REFUSED(mjl_replay(&replay, &report));
    recording = (mjl_recorder_config){.size = sizeof recording};
    replay = (mjl_replay_config){.size = sizeof replay};
    REFUSED(mjl_recorder_new(&recording, &recorder));
    REFUSED(mjl_replay(&replay, &report));
}

/* The store is closed all the same: it was given away. */
static void a_profile_without_what_it_needs_is_not_opened(void **state)
{
    (void)state;
    static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {1};
    test_world *const world = world_new(1, 1, 0);
    mjl_memory_disk *disk;
    assert_int_equal(mjl_memory_disk_new(&disk), MJL_OK);
    for (int missing = 0; missing < 4; missing++) {
        mjl_profile_config config = {.size = sizeof config, .store_key = key};
        mjl_profile *profile = NULL;
        config.random.fill = draw_zeros;
        assert_int_equal(mjl_store_memory_open(disk, &config.store), MJL_OK);
        if (missing == 0) config.size--;
        if (missing == 1) config.store_key = NULL;
        if (missing == 2) config.random.fill = NULL;
        if (missing == 3) {
            mjl_store_free(config.store);
            config.store = NULL;
        }
        REFUSED(mjl_profile_open(&config, &profile));
        assert_null(profile);
    }
    mjl_memory_disk_free(disk);
    world_free(world);
}

static void every_name_has_a_text_and_no_other_number_has_one(void **state)
{
    (void)state;
    for (int i = 0; i <= 64; i++) {
        assert_non_null(mjl_session_state_name((mjl_session_state)i));
        assert_non_null(mjl_message_state_name((mjl_message_state)i));
        assert_non_null(mjl_event_kind_name((mjl_event_kind)i));
        assert_non_null(mjl_warning_kind_name((mjl_warning_kind)i));
        assert_non_null(mjl_intent_state_name((mjl_intent_state)i));
        assert_non_null(mjl_verdict_name((mjl_verdict_kind)i));
    }
    assert_string_equal(mjl_session_state_name((mjl_session_state)64), "unknown");
    assert_string_equal(mjl_message_state_name((mjl_message_state)64), "unknown");
    assert_string_equal(mjl_event_kind_name((mjl_event_kind)64), "unknown");
    assert_string_equal(mjl_intent_state_name((mjl_intent_state)64), "unknown");
    assert_string_equal(mjl_session_state_name(MJL_SESSION_NEED_REJOIN), "need rejoin");
    assert_string_equal(mjl_message_state_name(MJL_MESSAGE_ORPHANED), "orphaned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_on_no_profile_are_refused),
        cmocka_unit_test(calls_on_no_session_are_refused),
        cmocka_unit_test(calls_without_an_argument_change_nothing),
        cmocka_unit_test(rooms_with_impossible_numbers_are_refused),
        cmocka_unit_test(wishes_in_a_state_that_has_none_are_refused),
        cmocka_unit_test(recordings_without_what_they_need_are_refused),
        cmocka_unit_test(a_profile_without_what_it_needs_is_not_opened),
        cmocka_unit_test(every_name_has_a_text_and_no_other_number_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
