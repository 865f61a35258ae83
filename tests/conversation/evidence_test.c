/*
 * Evidence of equivocation: made of what a restored backup really says, checked by a stranger.
 *
 *      bob ──"left"──> alice, carol        then bob's disk is an older copy of itself
 *      bob ──"right"─> alice               the same sequence number: evidence {left, right}
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "majlis/evidence.h"
#include "world.h"

enum { ALICE = 0, BOB = 1, CAROL = 2, PEOPLE = 3, MINUTE_MS = 60000 };

static void cut(test_world *world, bool is_cut)
{
    for (uint32_t from = 0; from < PEOPLE; from++) {
        const mjl_network_link link = {
            .loss = is_cut ? 1000 : 0, .delay_ms_min = 5, .delay_ms_max = 60};
        if (from != BOB) mjl_network_set_link(world->network, from, BOB, &link);
    }
}

static bool alice_and_carol_heard_left(test_world *world)
{
    return world_heard(&world->nodes[ALICE], "left") == 1 &&
           world_heard(&world->nodes[CAROL], "left") == 1;
}

static bool alice_was_told(test_world *world)
{
    return world_count(&world->nodes[ALICE], MJL_EVENT_EQUIVOCATION) != 0;
}

static mjl_memory_disk *backup_of(test_world *world, uint32_t node)
{
    mjl_memory_disk *copy;
    assert_int_equal(mjl_memory_disk_copy(world->nodes[node].disk, &copy), MJL_OK);
    return copy;
}

/* Bob is his own backup now, deaf, and spoke once: its next message opens with a fresh key. */
static void restore(test_world *world, mjl_memory_disk *backup)
{
    world_kill(world, BOB);
    mjl_memory_disk_free(world->nodes[BOB].disk);
    world->nodes[BOB].disk = backup;
    cut(world, true);
    world_reopen(world, BOB);
    world->nodes[BOB].random.seed += 1000000; /* A machine's randomness is not restored. */
    const uint64_t before = world->nodes[BOB].packets_out;
    for (int i = 0; i < 100 && world->nodes[BOB].packets_out < before + 2; i++)
        world_run(world, 1000);
    assert_true(world->nodes[BOB].packets_out >= before + 2);
}

static mjl_bytes the_evidence(test_world *world, mjl_evidence_info *info)
{
    assert_int_equal(mjl_session_evidence(world_session(world, ALICE), 0, info), MJL_OK);
    return info->evidence;
}

/* A world in which alice holds evidence against bob: of two messages. */
static test_world *world_with_evidence(uint64_t seed)
{
    test_world *const world = world_new(seed, PEOPLE, 0);
    world_gather(world);
    mjl_memory_disk *const backup = backup_of(world, BOB);
    assert_true(world_say(world, BOB, "left"));
    assert_true(world_run_until(world, MINUTE_MS, alice_and_carol_heard_left));
    restore(world, backup);
    assert_true(world_say(world, BOB, "right"));
    assert_true(world_run_until(world, MINUTE_MS, alice_was_told));
    return world;
}

static void a_restored_backup_gives_evidence_that_a_stranger_can_check(void **state)
{
    (void)state;
    test_world *const world = world_with_evidence(1);
    mjl_evidence_info info;
    mjl_evidence_view view;
    const mjl_bytes evidence = the_evidence(world, &info);
    assert_int_equal(mjl_evidence_verify(evidence, &view), MJL_OK);
    const mjl_member_id bob = mjl_profile_member(world_profile(world, BOB));
    assert_memory_equal(&view.author, &bob, sizeof bob);
    assert_memory_equal(&info.author, &bob, sizeof bob);
    assert_int_equal(view.epoch, info.epoch);
    assert_true(mjl_bytes_equal(view.display_name, mjl_bytes_text("node1")));
    assert_true(mjl_bytes_equal(view.statements[0].body, mjl_bytes_text("left")));
    assert_true(mjl_bytes_equal(view.statements[1].body, mjl_bytes_text("right")));
    assert_false(view.statements[0].is_commit);
    assert_int_equal(world_heard(&world->nodes[ALICE], "right"), 0);
    world_free(world);
}

static void every_changed_byte_of_evidence_is_refused(void **state)
{
    (void)state;
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    test_world *const world = world_with_evidence(2);
    mjl_evidence_info info;
    mjl_evidence_view view;
    const mjl_bytes evidence = the_evidence(world, &info);
    mjl_buffer copy = {0};
    assert_int_equal(mjl_buffer_append(&copy, evidence), MJL_OK);
    for (size_t i = 0; i < copy.size; i++) {
        for (size_t k = 0; k < sizeof changes; k++) {
            copy.data[i] ^= changes[k];
            if (mjl_evidence_verify(mjl_buffer_bytes(&copy), &view) == MJL_OK) {
                fail_msg("byte %zu of %zu may be changed", i, copy.size);
            }
            copy.data[i] ^= changes[k];
        }
        const mjl_bytes shorter = mjl_bytes_of(copy.data, i);
        assert_int_not_equal(mjl_evidence_verify(shorter, &view), MJL_OK);
    }
    assert_int_equal(mjl_evidence_verify(mjl_buffer_bytes(&copy), &view), MJL_OK);
    mjl_buffer_clear(&copy);
    world_free(world);
}

static void without_memory_evidence_is_neither_believed_nor_refused(void **state)
{
    (void)state;
    test_world *const world = world_with_evidence(9);
    mjl_evidence_info info;
    mjl_evidence_view view;
    const mjl_bytes evidence = the_evidence(world, &info);
    mjl_result result = MJL_OUT_OF_MEMORY;
    size_t n = 0;
    for (; result == MJL_OUT_OF_MEMORY && n < 100; n++) {
        allocation_fail_after(n);
        result = mjl_evidence_verify(evidence, &view);
        assert_true(allocation_failed() == (result == MJL_OUT_OF_MEMORY));
    }
    assert_int_equal(result, MJL_OK);
    assert_true(n > 1);
    world_free(world);
}

static void evidence_stays_until_it_is_dismissed(void **state)
{
    (void)state;
    test_world *const world = world_with_evidence(3);
    mjl_evidence_info info;
    mjl_evidence_view view;
    mjl_buffer before = {0};
    assert_int_equal(mjl_buffer_append(&before, the_evidence(world, &info)), MJL_OK);
    world_reopen(world, ALICE);
    assert_true(mjl_bytes_equal(the_evidence(world, &info), mjl_buffer_bytes(&before)));
    assert_int_equal(mjl_evidence_verify(info.evidence, &view), MJL_OK);
    mjl_session *const session = world_session(world, ALICE);
    assert_int_equal(mjl_session_evidence_dismiss(session, world->now, info.number + 1),
                     MJL_NOT_FOUND);
    assert_int_equal(mjl_session_evidence_dismiss(session, world->now, info.number), MJL_OK);
    assert_int_equal(mjl_session_evidence(session, 0, &info), MJL_NOT_FOUND);
    world_step(world, ALICE);
    world_reopen(world, ALICE);
    assert_int_equal(mjl_session_evidence(world_session(world, ALICE), 0, &info), MJL_NOT_FOUND);
    mjl_buffer_clear(&before);
    world_free(world);
}

static void a_further_contradiction_is_told_and_not_kept_twice(void **state)
{
    (void)state;
    test_world *const world = world_new(4, PEOPLE, 0);
    world_gather(world);
    mjl_memory_disk *const backup = backup_of(world, BOB);
    mjl_memory_disk *const again = backup_of(world, BOB);
    assert_true(world_say(world, BOB, "left"));
    assert_true(world_run_until(world, MINUTE_MS, alice_and_carol_heard_left));
    restore(world, backup);
    assert_true(world_say(world, BOB, "right"));
    assert_true(world_run_until(world, MINUTE_MS, alice_was_told));
    restore(world, again);
    world_run(world, 3 * MINUTE_MS); /* More statements: behind the keys that are used up. */
    assert_true(world_say(world, BOB, "centre"));
    world_run(world, MINUTE_MS);
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_EQUIVOCATION), 2);
    mjl_evidence_info info;
    assert_int_equal(mjl_session_evidence(world_session(world, ALICE), 1, &info), MJL_NOT_FOUND);
    world_free(world);
}

static bool alice_is_in_a_later_epoch(test_world *world)
{
    mjl_session_info alice, carol;
    mjl_session_get_info(world_session(world, ALICE), &alice);
    mjl_session_get_info(world_session(world, CAROL), &carol);
    return alice.epoch > (uint64_t)PEOPLE - 1 && carol.epoch == alice.epoch;
}

static void refresh(test_world *world, uint32_t node)
{
    mjl_intent intent;
    assert_int_equal(mjl_session_refresh(world_session(world, node), world->now, &intent), MJL_OK);
    world_step(world, node);
}

static void assert_one_is_a_commit(test_world *world, size_t which)
{
    mjl_evidence_info info;
    mjl_evidence_view view;
    assert_int_equal(mjl_evidence_verify(the_evidence(world, &info), &view), MJL_OK);
    assert_true(view.statements[which].is_commit);
    assert_false(view.statements[1 - which].is_commit);
    /* The header key is part of what convinces. */
    mjl_buffer copy = {0};
    assert_int_equal(mjl_buffer_append(&copy, info.evidence), MJL_OK);
    for (size_t i = 0; i < copy.size; i++) {
        copy.data[i] ^= 0x10;
        assert_int_not_equal(mjl_evidence_verify(mjl_buffer_bytes(&copy), &view), MJL_OK);
        copy.data[i] ^= 0x10;
    }
    mjl_buffer_clear(&copy);
}

static void a_message_and_a_commit_contradict_each_other(void **state)
{
    (void)state;
    test_world *const world = world_new(5, PEOPLE, 0);
    world_gather(world);
    mjl_memory_disk *const backup = backup_of(world, BOB);
    assert_true(world_say(world, BOB, "left"));
    assert_true(world_run_until(world, MINUTE_MS, alice_and_carol_heard_left));
    restore(world, backup);
    refresh(world, BOB);
    assert_true(world_run_until(world, MINUTE_MS, alice_was_told));
    assert_one_is_a_commit(world, 1);
    world_free(world);
}

static void a_commit_and_a_message_contradict_each_other(void **state)
{
    (void)state;
    test_world *const world = world_new(6, PEOPLE, 0);
    world_gather(world);
    mjl_memory_disk *const backup = backup_of(world, BOB);
    refresh(world, BOB);
    assert_true(world_run_until(world, MINUTE_MS, alice_is_in_a_later_epoch));
    restore(world, backup);
    assert_true(world_say(world, BOB, "right"));
    assert_true(world_run_until(world, MINUTE_MS, alice_was_told));
    assert_one_is_a_commit(world, 0);
    world_free(world);
}

/* ---- Genuine pieces that are no contradiction, put together by a forger ---- */

typedef struct pieces { /* [format, leaf | first | second] */
    mjl_bytes head, statements[2];
} pieces;

/* An array of three that begins with a bin of some hundred bytes begins a statement. */
static void take_apart(mjl_bytes evidence, pieces *out)
{
    size_t starts[3] = {0}, found = 0;
    for (size_t i = 3; i < evidence.size && found < 2; i++) {
        const uint8_t *at = evidence.data + i;
        if (at[0] != 0x93 || at[1] != 0xc5 || evidence.size - i < 100) continue;
        starts[found++] = i;
        i += 3 + (size_t)(at[2] << 8 | at[3]);
    }
    assert_int_equal(found, 2);
    starts[2] = evidence.size;
    out->head = mjl_bytes_of(evidence.data, starts[0]);
    for (size_t i = 0; i < 2; i++) {
        out->statements[i] = mjl_bytes_of(evidence.data + starts[i], starts[i + 1] - starts[i]);
    }
}

static mjl_result verify_together(mjl_bytes head, mjl_bytes first, mjl_bytes second)
{
    mjl_evidence_view view;
    mjl_buffer evidence = {0};
    assert_int_equal(mjl_buffer_append(&evidence, head), MJL_OK);
    assert_int_equal(mjl_buffer_append(&evidence, first), MJL_OK);
    assert_int_equal(mjl_buffer_append(&evidence, second), MJL_OK);
    const mjl_result result = mjl_evidence_verify(mjl_buffer_bytes(&evidence), &view);
    mjl_buffer_clear(&evidence);
    return result;
}

static void one_statement_twice_is_no_evidence(void **state)
{
    (void)state;
    test_world *const world = world_with_evidence(7);
    mjl_evidence_info info;
    pieces parts;
    take_apart(the_evidence(world, &info), &parts);
    const mjl_bytes *both = parts.statements;
    assert_int_equal(verify_together(parts.head, both[0], both[1]), MJL_OK);
    assert_int_equal(verify_together(parts.head, both[1], both[0]), MJL_OK);
    assert_int_equal(verify_together(parts.head, both[0], both[0]), MJL_BAD_EVIDENCE);
    world_free(world);
}

/* The key of a generation is wiped with its first use, and every member can write another's
 * generation over bytes of its own: what cannot be opened accuses nobody. */
static void two_packets_of_one_generation_accuse_nobody(void **state)
{
    (void)state;
    test_world *const world = world_new(8, PEOPLE, 0);
    world_gather(world);
    mjl_memory_disk *const backup = backup_of(world, BOB);
    assert_true(world_say(world, BOB, "left"));
    assert_true(world_run_until(world, MINUTE_MS, alice_and_carol_heard_left));
    world_kill(world, BOB);
    mjl_memory_disk_free(world->nodes[BOB].disk);
    world->nodes[BOB].disk = backup;
    cut(world, true);
    world_reopen(world, BOB);
    world->nodes[BOB].random.seed += 1000000;
    const uint64_t before = world->nodes[ALICE].verdicts[MJL_VERDICT_DUPLICATE];
    assert_true(world_say(world, BOB, "right")); /* Its first packet: the generation of "left". */
    world_run(world, 100);
    assert_int_equal(world->nodes[ALICE].verdicts[MJL_VERDICT_DUPLICATE], before + 1);
    assert_int_equal(world_heard(&world->nodes[ALICE], "right"), 0);
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_EQUIVOCATION), 0);
    world_free(world);
}

static void dismiss_all(test_world *world)
{
    mjl_evidence_info info;
    mjl_session *const session = world_session(world, ALICE);
    while (mjl_session_evidence(session, 0, &info) == MJL_OK)
        assert_int_equal(mjl_session_evidence_dismiss(session, world->now, info.number), MJL_OK);
}

static bool alice_holds_evidence(test_world *world)
{
    mjl_evidence_info info;
    return mjl_session_evidence(world_session(world, ALICE), 0, &info) == MJL_OK;
}

static void two_statements_one_after_the_other_are_no_evidence(void **state)
{
    (void)state;
    test_world *const world = world_new(8, PEOPLE, 0);
    world_gather(world);
    mjl_memory_disk *const backup = backup_of(world, BOB);
    assert_true(world_say(world, BOB, "left"));
    assert_true(world_say(world, BOB, "left again"));
    assert_true(world_run_until(world, MINUTE_MS, alice_and_carol_heard_left));
    world_run(world, 1000);
    restore(world, backup);
    world_run(world, 3 * MINUTE_MS); /* More statements: behind the keys that are used up. */
    assert_true(world_say(world, BOB, "right"));
    assert_true(world_run_until(world, MINUTE_MS, alice_holds_evidence));
    mjl_evidence_info info;
    pieces first, second;
    mjl_buffer kept = {0};
    assert_int_equal(mjl_buffer_append(&kept, the_evidence(world, &info)), MJL_OK);
    dismiss_all(world);
    assert_true(world_say(world, BOB, "right again"));
    assert_true(world_run_until(world, MINUTE_MS, alice_holds_evidence));
    take_apart(mjl_buffer_bytes(&kept), &first);
    take_apart(the_evidence(world, &info), &second);
    assert_true(mjl_bytes_equal(first.head, second.head));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            verify_together(first.head, first.statements[i / 2], second.statements[i % 2]),
            MJL_BAD_EVIDENCE);
    }
    mjl_buffer_clear(&kept);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_backup_gives_evidence_that_a_stranger_can_check),
        cmocka_unit_test(every_changed_byte_of_evidence_is_refused),
        cmocka_unit_test(without_memory_evidence_is_neither_believed_nor_refused),
        cmocka_unit_test(evidence_stays_until_it_is_dismissed),
        cmocka_unit_test(a_further_contradiction_is_told_and_not_kept_twice),
        cmocka_unit_test(a_message_and_a_commit_contradict_each_other),
        cmocka_unit_test(a_commit_and_a_message_contradict_each_other),
        cmocka_unit_test(one_statement_twice_is_no_evidence),
        cmocka_unit_test(two_packets_of_one_generation_accuse_nobody),
        cmocka_unit_test(two_statements_one_after_the_other_are_no_evidence),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
