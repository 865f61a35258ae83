/*
 * Coming back (DESIGN section 9): who was away gets what it missed, once, in few pages; and nobody
 * else elicits a byte.
 *
 * MAJLIS_CATCH_UP_MESSAGES and MAJLIS_CATCH_UP_EPOCHS make the first test longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "payload.h"
#include "send.h"
#include "session_state.h"
#include "world.h"

enum { MEMBERS = 4, AWAY = 3, PATIENCE_MS = 3600000 };

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *const text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static uint64_t bytes_out(const test_world *world)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++)
        bytes += world->nodes[i].bytes_out;
    return bytes;
}

static uint64_t fresh_bytes(const test_world *world)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++)
        bytes += world->nodes[i].fresh_bytes;
    return bytes;
}

static uint64_t epoch_of(test_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(world_session(world, node), &info);
    return info.epoch;
}

/* Everyone but `AWAY` talks and refreshes. */
static void talk(test_world *world, uint64_t messages, uint64_t epochs)
{
    const uint64_t per_epoch = messages / epochs;
    uint64_t said = 0;
    for (uint64_t epoch = 0; epoch < epochs; epoch++) {
        mjl_intent intent;
        assert_int_equal(mjl_session_refresh(world_session(world, (uint32_t)(epoch % AWAY)),
                                             world->now, &intent),
                         MJL_OK);
        world_step(world, (uint32_t)(epoch % AWAY));
        for (uint64_t i = 0; i < per_epoch; i++, said++) {
            char text[32];
            snprintf(text, sizeof text, "missed %llu", (unsigned long long)said);
            assert_true(world_say(world, (uint32_t)(said % AWAY), text));
            world_run(world, 20);
        }
        world_run(world, 1500); /* The next commit may be made. */
    }
}

static bool has_caught_up(test_world *world)
{
    return epoch_of(world, AWAY) == epoch_of(world, 0) && world_is_calm(world);
}

static void who_was_away_gets_what_it_missed_in_few_pages(void **state)
{
    (void)state;
    const uint64_t messages = number_of("MAJLIS_CATCH_UP_MESSAGES", 500);
    const uint64_t epochs = number_of("MAJLIS_CATCH_UP_EPOCHS", MJL_UNDECIDED_EPOCHS_MAX - 1);
    test_world *const world = world_new(71, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    world->is_unchecked = true; /* Each check looks at everything. */
    world_kill(world, AWAY);
    const uint64_t epoch_before = epoch_of(world, 0);
    const uint64_t fresh_before = fresh_bytes(world);
    const uint64_t bytes_before_away = bytes_out(world);
    talk(world, messages, epochs);
    assert_int_equal(epoch_of(world, 0), epoch_before + epochs);
    const uint64_t missed = fresh_bytes(world) - fresh_before;
    const uint64_t while_away = bytes_out(world) - bytes_before_away;
    const uint64_t bytes_before = bytes_out(world);
    const mjl_time back_at = world->now;
    world_reopen(world, AWAY);
    const world_node *node = &world->nodes[AWAY];
    const uint64_t asked_before =
        node->packets_of[MJL_PACKET_STATEMENT] + node->packets_of[MJL_PACKET_KNOCK];
    if (!world_run_until(world, PATIENCE_MS, has_caught_up)) fail_msg("it did not catch up");
    const uint64_t cost = bytes_out(world) - bytes_before;
    const uint64_t asked =
        node->packets_of[MJL_PACKET_STATEMENT] + node->packets_of[MJL_PACKET_KNOCK] - asked_before;
    print_message(
        "missed %llu bytes in %llu messages and %llu epochs (all sent %llu); caught up for "
        "%llu bytes (%.2f) in %lld ms, %llu knocks and statements\n",
        (unsigned long long)missed, (unsigned long long)messages, (unsigned long long)epochs,
        (unsigned long long)while_away, (unsigned long long)cost, (double)cost / (double)missed,
        (long long)(world->now - back_at), (unsigned long long)asked);
    assert_int_equal(world_heard(node, "missed 0"), 1);
    for (uint64_t i = 0; i < messages / epochs * epochs; i++) {
        char text[32];
        snprintf(text, sizeof text, "missed %llu", (unsigned long long)i);
        assert_int_equal(world_heard(node, text), 1);
    }
    assert_true(cost * 10 <= missed * 13);
    /* A round trip per page and per MJL_ANSWER_EPOCHS_MAX epochs, and some around them. */
    assert_in_range(asked, 1,
                    8 + 2 * (messages / MJL_ANSWER_PACKETS_MAX + epochs / MJL_ANSWER_EPOCHS_MAX));
    world_free(world);
}

static bool has_heard_on(test_world *world)
{
    return world_heard(&world->nodes[AWAY], "and on") == 1;
}

/* A statement of node 0 for each line of node 1, more of them than skipped keys are kept, and no
   place of its own. */
static void who_missed_more_than_keys_are_kept_reads_all_and_on(void **state)
{
    (void)state;
    enum { STATEMENTS = 1100 };
    test_world *const world = world_new(74, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    world->is_unchecked = true;
    world_kill(world, AWAY);
    const uint64_t before = world->nodes[0].packets_of[MJL_PACKET_STATEMENT];
    size_t said = 0;
    for (; world->nodes[0].packets_of[MJL_PACKET_STATEMENT] < before + STATEMENTS; said++) {
        assert_true(world_say(world, 1, "go on"));
        world_run(world, 2000);
    }
    assert_true(said > MJL_PENDING_PER_AUTHOR_MAX);
    world_reopen(world, AWAY);
    assert_true(world_say(world, 1, "go on")); /* Is there before what it follows. */
    said++;
    if (!world_run_until(world, PATIENCE_MS, has_caught_up)) fail_msg("it did not catch up");
    assert_int_equal(world_heard(&world->nodes[AWAY], "go on"), said);
    assert_true(world_say(world, 0, "and on"));
    if (!world_run_until(world, PATIENCE_MS, has_heard_on)) fail_msg("it does not read on");
    world_free(world);
}

static void hand_in(test_world *world, uint32_t node, mjl_bytes packet, mjl_verdict_kind expected)
{
    mjl_verdict verdict;
    assert_int_equal(
        mjl_profile_receive(world_profile(world, node), world->now, 1, packet, &verdict), MJL_OK);
    if (verdict.kind != expected) {
        print_error("%s: %s\n", mjl_verdict_name(verdict.kind), mjl_result_name(verdict.why));
    }
    assert_int_equal(verdict.kind, expected);
}

static void send_statement(test_world *world, uint32_t node, uint32_t type, mjl_bytes body)
{
    mjl_profile *const profile = world_profile(world, node);
    assert_int_equal(mjl_profile_begin(profile, world->now), MJL_OK);
    const mjl_result sent = mjl_send_statement(world_session(world, node), type, body);
    assert_int_equal(mjl_profile_end(profile, sent), MJL_OK);
    world_step(world, node);
}

static void set_cut(test_world *world, uint32_t from, uint32_t to, bool is_cut)
{
    mjl_network_link link = mjl_network_get_link(world->network, from, to);
    link.is_cut = is_cut;
    mjl_network_set_link(world->network, from, to, &link);
}

/* So many places that node 1 has: more do not fit into a statement. */
static mjl_frontier full_list(test_world *world)
{
    const mjl_transcript *const transcript = world_session(world, 1)->transcript;
    const uint32_t end = mjl_transcript_places_count(transcript);
    mjl_frontier list = {.counter = 1000000};
    assert_true(end >= MJL_FRONTIER_PLACES_MAX);
    for (uint32_t i = end - MJL_FRONTIER_PLACES_MAX; i < end; i++) {
        mjl_place_ref *const ref = &list.places[list.places_count++];
        ref->epoch = world_session(world, 1)->branches.epochs[1].number;
        ref->id = mjl_transcript_place(transcript, i)->id;
    }
    mjl_place_refs_sort(list.places, list.places_count);
    return list;
}

/* A line of node 0 is lost, and then more statements than skipped keys are kept: what comes next
   would let its key go. It names nothing that is missing, and has no room for what is. */
static void a_list_of_places_that_is_full_lets_no_key_go(void **state)
{
    (void)state;
    enum { STATEMENTS = 1100, UNKNOWN_STATEMENT = 63 };
    test_world *const world = world_new(77, 2, 0);
    world_gather(world);
    world->is_unchecked = true;
    for (uint32_t i = 0; i < MJL_FRONTIER_PLACES_MAX; i++)
        assert_true(world_say(world, 1, "one of many"));
    assert_true(world_run_until(world, PATIENCE_MS, world_is_calm));
    set_cut(world, 0, 1, true);
    assert_true(world_say(world, 0, "lost"));
    for (uint32_t i = 0; i < STATEMENTS; i++)
        send_statement(world, 0, UNKNOWN_STATEMENT, mjl_bytes_text("nothing"));
    const mjl_frontier list = full_list(world);
    mjl_buffer body = {0};
    assert_int_equal(mjl_frontier_encode(&list, &body), MJL_OK);
    send_statement(world, 0, MJL_TYPE_FRONTIER, mjl_buffer_bytes(&body));
    hand_in(world, 1, mjl_buffer_bytes(&world->nodes[0].last_of[MJL_PACKET_STATEMENT]),
            MJL_VERDICT_REJECTED);
    set_cut(world, 0, 1, false);
    assert_true(world_run_until(world, PATIENCE_MS, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[1], "lost"), 1);
    mjl_buffer_clear(&body);
    world_free(world);
}

static uint64_t packets_out(const test_world *world, uint32_t but)
{
    uint64_t packets = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++)
        packets += i == but ? 0 : world->nodes[i].packets_out;
    return packets;
}

/* A world whose last member was away for a while and knocked; quiet again. */
static test_world *knocked(uint64_t seed)
{
    test_world *const world = world_new(seed, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    world_kill(world, AWAY);
    talk(world, 4, 2);
    world_run(world, 10000);
    world_reopen(world, AWAY);
    assert_true(world_run_until(world, PATIENCE_MS, has_caught_up));
    assert_true(world->nodes[AWAY].packets_of[MJL_PACKET_KNOCK] > 0);
    return world;
}

/* How many packets leave in a while in which nothing happens but this one packet. */
static uint64_t elicited(test_world *world, mjl_bytes packet, mjl_verdict_kind expected)
{
    world_run(world, 6 * 3600000); /* Heartbeats are an hour apart by now. */
    const uint64_t before = packets_out(world, AWAY);
    world_run(world, 700);
    const uint64_t usual = packets_out(world, AWAY) - before;
    assert_int_equal(usual, 0);
    for (uint32_t i = 0; i < AWAY; i++) {
        if (packet.size > 0) hand_in(world, i, packet, expected);
    }
    world_run(world, 700);
    return packets_out(world, AWAY) - before - usual;
}

static void a_replayed_or_forged_knock_elicits_nothing(void **state)
{
    (void)state;
    test_world *const world = knocked(72);
    mjl_buffer *const knock = &world->nodes[AWAY].last_of[MJL_PACKET_KNOCK];
    assert_true(knock->size > 100);
    assert_int_equal(elicited(world, mjl_buffer_bytes(knock), MJL_VERDICT_DUPLICATE), 0);
    world_free(world);
}

static void an_old_knock_with_a_new_counter_is_refused(void **state)
{
    (void)state;
    test_world *const world = world_new(73, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    world_kill(world, AWAY);
    world_run(world, 20000);
    /* The knock is caught on its way: nobody heard it yet. */
    mjl_network_link cut = {.is_cut = true};
    for (uint32_t i = 0; i < AWAY; i++)
        mjl_network_set_link(world->network, AWAY, i, &cut);
    world_reopen(world, AWAY);
    world_run(world, 2000);
    mjl_buffer *const knock = &world->nodes[AWAY].last_of[MJL_PACKET_KNOCK];
    assert_true(knock->size > 100);
    for (size_t i = 4; i < knock->size; i += 7) {
        knock->data[i] ^= 1;
        mjl_verdict verdict;
        const uint64_t before = packets_out(world, AWAY);
        assert_int_equal(mjl_profile_receive(world_profile(world, 0), world->now, 1,
                                             mjl_buffer_bytes(knock), &verdict),
                         MJL_OK);
        assert_int_not_equal(verdict.kind, MJL_VERDICT_APPLIED);
        world_step(world, 0);
        assert_int_equal(packets_out(world, AWAY), before);
        knock->data[i] ^= 1;
    }
    hand_in(world, 0, mjl_buffer_bytes(knock), MJL_VERDICT_APPLIED);
    hand_in(world, 0, mjl_buffer_bytes(knock), MJL_VERDICT_DUPLICATE);
    world_free(world);
}

static bool is_removed(test_world *world)
{
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 0), &info);
    return info.members_count == MEMBERS - 1 && world_is_calm(world);
}

static void a_removed_members_knock_and_want_elicit_nothing(void **state)
{
    (void)state;
    test_world *const world = world_new(74, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    const mjl_member_id away = mjl_profile_member(world_profile(world, AWAY));
    const mjl_network_link open = mjl_network_get_link(world->network, 0, AWAY);
    const mjl_network_link cut = {.is_cut = true};
    mjl_network_set_link(world->network, 0, AWAY, &cut);
    assert_true(world_say(world, 0, "lost on the way to it"));
    mjl_network_set_link(world->network, 0, AWAY, &open);
    assert_true(world_say(world, 0, "what it holds back"));
    world_run(world, 70);
    assert_int_equal(world_heard(&world->nodes[AWAY], "what it holds back"), 0);
    world_kill(world, AWAY); /* Before it wants what it misses. */
    mjl_intent intent;
    assert_int_equal(mjl_session_exclude(world_session(world, 0), world->now, &away, &intent),
                     MJL_OK);
    world_step(world, 0);
    assert_true(world_run_until(world, PATIENCE_MS, is_removed));
    world_run(world, PATIENCE_MS); /* Those who tell it so have done so. */
    for (uint32_t i = 0; i < AWAY; i++)
        mjl_network_set_link(world->network, i, AWAY, &cut);
    world_reopen(world, AWAY);
    const uint64_t before = packets_out(world, AWAY);
    world_run(world, 10);
    const uint64_t statements = world->nodes[AWAY].packets_of[MJL_PACKET_STATEMENT];
    assert_true(world->nodes[AWAY].packets_of[MJL_PACKET_KNOCK] > 0);
    world_run(world, 5000);
    /* Wants, for a statement is due but once in this time. */
    assert_true(world->nodes[AWAY].packets_of[MJL_PACKET_STATEMENT] > statements + 1);
    assert_int_equal(packets_out(world, AWAY), before);
    assert_true(world->nodes[0].verdicts[MJL_VERDICT_REJECTED] +
                    world->nodes[0].verdicts[MJL_VERDICT_TOO_OLD] >
                0);
    world_free(world);
}

/* Hears of the later epoch, again and again; what it lacks for it never comes. */
static void who_is_not_helped_knocks_ever_less_often(void **state)
{
    (void)state;
    enum { HOURS = 3, KNOCKS_MOST = MJL_KNOCKS_STEADY_MAX + 16 + HOURS };
    static const mjl_time minute = 60000;
    test_world *const world = world_new(75, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    world->is_unchecked = true;
    const mjl_network_link cut = {.is_cut = true};
    for (uint32_t i = 0; i < AWAY; i++) {
        mjl_network_set_link(world->network, i, AWAY, &cut);
        mjl_network_set_link(world->network, AWAY, i, &cut);
    }
    mjl_intent intent;
    assert_int_equal(mjl_session_refresh(world_session(world, 0), world->now, &intent), MJL_OK);
    world_step(world, 0);
    const world_node *const node = &world->nodes[AWAY];
    const uint64_t before = node->packets_of[MJL_PACKET_KNOCK];
    uint64_t in_first_hour = 0;
    for (uint32_t i = 0; i < HOURS * 60; i++) {
        char text[32];
        snprintf(text, sizeof text, "hint %u", (unsigned)i);
        assert_true(world_say(world, 0, text));
        mjl_verdict verdict;
        const mjl_bytes hint = mjl_buffer_bytes(&world->nodes[0].last_of[MJL_PACKET_PLACE]);
        assert_int_equal(
            mjl_profile_receive(world_profile(world, AWAY), world->now, 0, hint, &verdict), MJL_OK);
        world_step(world, AWAY);
        world_run(world, minute);
        if (i == 60) in_first_hour = node->packets_of[MJL_PACKET_KNOCK] - before;
    }
    const uint64_t knocks = node->packets_of[MJL_PACKET_KNOCK] - before;
    assert_true(in_first_hour >= MJL_KNOCKS_STEADY_MAX);
    assert_in_range(knocks, in_first_hour + 1, KNOCKS_MOST);
    world_free(world);
}

/* Each packet that seems to be of a later epoch would make all others knock, and be answered. */
static void who_is_misled_again_and_again_knocks_ever_less_often(void **state)
{
    (void)state;
    enum { HOURS = 3, KNOCKS_MOST = MJL_KNOCKS_STEADY_MAX + 16 + HOURS };
    enum { EPOCH_ENDS = 2 + 2 + 1 + 32 + 8 }; /* Version, kind, group, epoch. */
    static const mjl_time minute = 60000;
    test_world *const world = world_new(76, MEMBERS, 0);
    world_gather(world);
    world_run(world, 5000);
    world->is_unchecked = true;
    assert_true(world_say(world, 0, "what a stranger bends"));
    mjl_buffer bent = {0};
    assert_int_equal(
        mjl_buffer_append(&bent, mjl_buffer_bytes(&world->nodes[0].last_of[MJL_PACKET_PLACE])),
        MJL_OK);
    const world_node *const node = &world->nodes[AWAY];
    const uint64_t before = node->packets_of[MJL_PACKET_KNOCK];
    for (uint32_t i = 0; i < HOURS * 60; i++) {
        mjl_verdict verdict;
        bent.data[EPOCH_ENDS - 1] = 200;
        bent.data[bent.size - 1] = (uint8_t)i;
        assert_int_equal(mjl_profile_receive(world_profile(world, AWAY), world->now, 1,
                                             mjl_buffer_bytes(&bent), &verdict),
                         MJL_OK);
        assert_int_equal(verdict.kind, MJL_VERDICT_BUFFERED);
        world_step(world, AWAY);
        world_run(world, minute);
    }
    assert_in_range(node->packets_of[MJL_PACKET_KNOCK] - before, MJL_KNOCKS_STEADY_MAX,
                    KNOCKS_MOST);
    mjl_buffer_clear(&bent);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_away_gets_what_it_missed_in_few_pages),
        cmocka_unit_test(who_missed_more_than_keys_are_kept_reads_all_and_on),
        cmocka_unit_test(a_list_of_places_that_is_full_lets_no_key_go),
        cmocka_unit_test(a_replayed_or_forged_knock_elicits_nothing),
        cmocka_unit_test(an_old_knock_with_a_new_counter_is_refused),
        cmocka_unit_test(a_removed_members_knock_and_want_elicit_nothing),
        cmocka_unit_test(who_is_not_helped_knocks_ever_less_often),
        cmocka_unit_test(who_is_misled_again_and_again_knocks_ever_less_often),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
