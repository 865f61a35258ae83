/* Calls without what they need: refused as BAD_ARGUMENT, and nothing changes. */
#include "world.h"

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
    const mjl_id after = state_of(world);
    assert_memory_equal(&before, &after, sizeof before);
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
        cmocka_unit_test(every_name_has_a_text_and_no_other_number_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
