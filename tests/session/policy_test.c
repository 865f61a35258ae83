#include "policy.h"

#include "damage.h"
#include "pack.h"
#include "test.h"
#include "wire_examples.h"

static mjl_result recode(mjl_bytes in, mjl_buffer *out)
{
    mjl_policy policy;
    const mjl_result result = mjl_policy_decode(in, &policy);
    return result != MJL_OK ? result : mjl_policy_encode(&policy, out);
}

static void what_is_written_is_read_as_it_was(void **state)
{
    (void)state;
    test_round_trip(wire_example_of("policy.friends"), recode);
    test_round_trip(wire_example_of("policy.room"), recode);
    mjl_policy policy;
    assert_int_equal(mjl_policy_decode(wire_example_of("policy.room"), &policy), MJL_OK);
    assert_true(mjl_bytes_equal(policy.room_name, mjl_bytes_text("tea")));
    assert_int_equal(policy.bc_lat_ms, 250);
    assert_int_equal(policy.m_intv_ms, 500);
    assert_int_equal(policy.secret_lifetime_ms, MJL_SECRET_LIFETIME_MS_DEFAULT);
    assert_int_equal(policy.preset, MJL_PRESET_ROOM);
    assert_int_equal(policy.deciders_count, 1);
    assert_int_equal(policy.liars_max, 1);
    assert_int_equal(policy.voters_count, 2);
    assert_int_equal(policy.voters[1].bytes[0], 0xa1);
    assert_false(policy.early_welcome);
}

static void damaged_bytes_are_refused_or_are_another_value(void **state)
{
    (void)state;
    const mjl_bytes friends = wire_example_of("policy.friends");
    const mjl_bytes room = wire_example_of("policy.room");
    assert_true(test_damage(friends, recode) >= friends.size);
    assert_true(test_damage(room, recode) >= room.size);
}

/* ---- What a policy may say ---- */

static mjl_policy tea(void)
{
    mjl_policy policy;
    mjl_policy_init(&policy, mjl_bytes_text("tea"));
    return policy;
}

static void is_refused(const mjl_policy *policy, mjl_result why)
{
    mjl_buffer out = {0};
    assert_int_equal(mjl_policy_check(policy), why);
    assert_int_equal(mjl_policy_encode(policy, &out), MJL_BAD_ARGUMENT);
    assert_int_equal(out.size, 0);
}

static void a_policy_outside_its_ranges_is_malformed(void **state)
{
    (void)state;
    mjl_policy policy = tea();
    assert_int_equal(mjl_policy_check(&policy), MJL_OK);
    policy.room_name = mjl_bytes_text("");
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.bc_lat_ms = MJL_INTERVAL_MS_MIN - 1;
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.m_intv_ms = MJL_INTERVAL_MS_MAX + 1;
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.secret_lifetime_ms = MJL_SECRET_LIFETIME_MS_MIN - 1;
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.secret_lifetime_ms = (uint64_t)MJL_SECRET_LIFETIME_DAYS_MAX * 86400000 + 1;
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.preset = (mjl_preset)4;
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.liars_max = MJL_VOTERS_MAX + 1;
    is_refused(&policy, MJL_MALFORMED);
    policy = tea();
    policy.voters_count = MJL_VOTERS_MAX + 1;
    is_refused(&policy, MJL_TOO_LARGE);
}

static void friends_have_no_deciders_and_rooms_have_some(void **state)
{
    (void)state;
    mjl_policy policy = tea();
    policy.deciders_count = 1;
    is_refused(&policy, MJL_MALFORMED);
    policy.deciders_count = 0;
    policy.preset = MJL_PRESET_STRICT;
    is_refused(&policy, MJL_MALFORMED);
}

static void only_deciders_decide_in_a_room(void **state)
{
    (void)state;
    const mjl_id in = wire_id(0xa0), outside = wire_id(0xa7);
    mjl_policy policy = tea();
    assert_true(mjl_policy_may_decide(&policy, &outside));
    assert_int_equal(mjl_policy_decode(wire_example_of("policy.room"), &policy), MJL_OK);
    assert_true(mjl_policy_may_decide(&policy, &in));
    assert_false(mjl_policy_may_decide(&policy, &outside));
}

/* Packed by hand: what encoding would refuse. */
static mjl_result decode_by_hand(uint64_t bc_lat_ms, uint64_t preset, bool has_empty_list)
{
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_array(&pack, 10);
    mjl_pack_uint(&pack, 1);
    mjl_pack_text(&pack, mjl_bytes_text("tea"));
    mjl_pack_uint(&pack, bc_lat_ms);
    mjl_pack_uint(&pack, 16000);
    mjl_pack_uint(&pack, 604800000);
    mjl_pack_uint(&pack, preset);
    mjl_pack_nil(&pack);
    mjl_pack_uint(&pack, 1);
    if (has_empty_list) {
        mjl_pack_array(&pack, 0);
    } else {
        mjl_pack_nil(&pack);
    }
    mjl_pack_bool(&pack, true);
    mjl_policy policy;
    const mjl_result result = mjl_policy_decode(mjl_buffer_bytes(&out), &policy);
    mjl_buffer_clear(&out);
    return result;
}

static void a_policy_that_may_not_be_written_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(decode_by_hand(5000, 1, false), MJL_OK);
    assert_int_equal(decode_by_hand(MJL_INTERVAL_MS_MIN - 1, 1, false), MJL_MALFORMED);
    assert_int_equal(decode_by_hand(5000, 0, false), MJL_MALFORMED);
    assert_int_equal(decode_by_hand(5000, 2, false), MJL_MALFORMED);
    assert_int_equal(decode_by_hand(5000, 4, false), MJL_TOO_LARGE);
}

static void an_empty_list_has_one_encoding_only(void **state)
{
    (void)state;
    assert_int_equal(decode_by_hand(5000, 1, true), MJL_NOT_CANONICAL);
}

/* ---- Intervals ---- */

static void the_full_ack_interval_is_two_latencies_and_a_gap(void **state)
{
    (void)state;
    const mjl_policy policy = tea();
    assert_int_equal(mjl_policy_fa_intv(&policy, 3), 26000);
    assert_int_equal(mjl_policy_fa_intv(&policy, 64), 26000);
    assert_int_equal(mjl_policy_fa_intv(&policy, 65), 26000 + 32500);
    assert_int_equal(mjl_policy_fa_intv(&policy, 1000), 26000 + 500000);
}

static void a_statement_waits_as_the_group_says(void **state)
{
    (void)state;
    mjl_policy policy = tea();
    assert_int_equal(mjl_policy_statement_delay(&policy, 3), 1000);
    assert_int_equal(mjl_policy_statement_delay(&policy, 10), 2000);
    assert_int_equal(mjl_policy_statement_delay(&policy, 1000), 200000);
    policy.bc_lat_ms = MJL_BC_LAT_MS_QUICK;
    policy.m_intv_ms = MJL_M_INTV_MS_QUICK;
    assert_int_equal(mjl_policy_statement_delay(&policy, 3), 750);
    assert_int_equal(mjl_policy_statement_pace(&policy, 64), 0);
    assert_int_equal(mjl_policy_statement_pace(&policy, 100), 50000);
}

static void heartbeats_and_leaving_follow_from_the_same_two_numbers(void **state)
{
    (void)state;
    const mjl_policy policy = tea();
    assert_int_equal(mjl_policy_heartbeat(&policy, 3), 104000);
    assert_int_equal(mjl_policy_idle_max(&policy, 3), 3600000);
    assert_int_equal(mjl_policy_fin_timeout(&policy), 80000);
}

static void resends_slow_down_to_a_bound(void **state)
{
    (void)state;
    mjl_policy policy = tea();
    static const mjl_time waits[] = {26000, 5000, 10000, 20000, 40000, 40000, 40000};
    for (uint32_t attempt = 0; attempt < 7; attempt++)
        assert_int_equal(mjl_policy_resend_wait(&policy, 3, attempt, 5000), waits[attempt]);
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, UINT32_MAX, 5000), 40000);
    policy.bc_lat_ms = 1800000;
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 9, 1800000), 3600000);
}

/* M_INTV is 16 s, BC_LAT 5 s. */
static void resends_follow_the_measured_latency(void **state)
{
    (void)state;
    const mjl_policy policy = tea();
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 0, 1251), 16000 + 2 * 1251);
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 0, 4999), 25998);
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 0, 20000), 26000 + 2 * 15000);
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 1, 1251), 5000);
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 1, 20000), 20000);
    assert_int_equal(mjl_policy_resend_wait(&policy, 3, 4, 20000), 160000);
}

/* A room of forty acks within 8 s: earlier than that nobody could have. */
static void no_resend_is_before_an_ack_can_be_there(void **state)
{
    (void)state;
    mjl_policy policy = tea();
    policy.bc_lat_ms = 5000;
    policy.m_intv_ms = 4000;
    assert_int_equal(mjl_policy_statement_delay(&policy, 40), 8000);
    assert_int_equal(mjl_policy_resend_wait(&policy, 40, 0, 1251), 8000 + 2 * 1251);
    assert_int_equal(mjl_policy_resend_wait(&policy, 40, 0, 4000), mjl_policy_fa_intv(&policy, 40));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_as_it_was),
        cmocka_unit_test(damaged_bytes_are_refused_or_are_another_value),
        cmocka_unit_test(a_policy_outside_its_ranges_is_malformed),
        cmocka_unit_test(friends_have_no_deciders_and_rooms_have_some),
        cmocka_unit_test(only_deciders_decide_in_a_room),
        cmocka_unit_test(a_policy_that_may_not_be_written_is_not_read),
        cmocka_unit_test(an_empty_list_has_one_encoding_only),
        cmocka_unit_test(the_full_ack_interval_is_two_latencies_and_a_gap),
        cmocka_unit_test(a_statement_waits_as_the_group_says),
        cmocka_unit_test(heartbeats_and_leaving_follow_from_the_same_two_numbers),
        cmocka_unit_test(resends_slow_down_to_a_bound),
        cmocka_unit_test(resends_follow_the_measured_latency),
        cmocka_unit_test(no_resend_is_before_an_ack_can_be_there),
    };
    return cmocka_run_group_tests(tests, wire_examples_set_up, wire_examples_tear_down);
}
