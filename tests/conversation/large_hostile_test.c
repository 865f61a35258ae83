/*
 * A member that keeps MLS's rules and the graph's, but not those of large messages: what it says is
 * made by the same functions as ever, with contents that no honest member would make.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "large_world.h"
#include "payload.h"
#include "send.h"

enum { BAD = 1, CALM_MS = 20000 };

static const uint8_t zeros[MJL_PART_SIZE];

/* ---- What it says ---- */

static mjl_message_id place(test_world *world, uint32_t type, mjl_bytes body)
{
    mjl_session *const session = world_session(world, BAD);
    mjl_buffer content = {0};
    mjl_message_id id;
    uint32_t placed;
    assert_int_equal(mjl_send_make_content(session, type, body, &content, &id), MJL_OK);
    assert_int_equal(
        mjl_send_place(session, mjl_buffer_bytes(&content), MJL_IF_GROWN_SEND, &placed), MJL_OK);
    mjl_buffer_clear(&content);
    world_step(world, BAD);
    return id;
}

static mjl_message_id say_part(test_world *world, uint8_t of, uint32_t index, uint32_t count,
                               size_t size)
{
    mjl_part_body part = {.index = index, .count = count, .bytes = mjl_bytes_of(zeros, size)};
    memset(part.of, of, sizeof part.of);
    mjl_buffer body = {0};
    assert_int_equal(mjl_part_encode(&part, &body), MJL_OK);
    const mjl_message_id id = place(world, MJL_TYPE_PART, mjl_buffer_bytes(&body));
    mjl_buffer_clear(&body);
    return id;
}

/* Two parts and their name; the name's content is made, and placed by `place_named`. */
typedef struct named {
    mjl_buffer content;
    mjl_message_id id;
} named;

static named name(test_world *world, uint8_t of, uint64_t size, const mjl_message_id parts[2])
{
    mjl_large_body *large = calloc(1, sizeof *large);
    assert_non_null(large);
    large->media_type = mjl_bytes_text("a/b");
    memset(large->of, of, sizeof large->of);
    large->size = size;
    large->parts_count = 2;
    memcpy(large->parts, parts, 2 * sizeof *parts);
    mjl_buffer body = {0};
    named made = {{0}, {{0}}};
    assert_int_equal(mjl_large_encode(large, &body), MJL_OK);
    assert_int_equal(mjl_send_make_content(world_session(world, BAD), MJL_TYPE_LARGE,
                                           mjl_buffer_bytes(&body), &made.content, &made.id),
                     MJL_OK);
    mjl_buffer_clear(&body);
    free(large);
    return made;
}

static void place_content(test_world *world, mjl_buffer *content)
{
    uint32_t placed;
    assert_int_equal(mjl_send_place(world_session(world, BAD), mjl_buffer_bytes(content),
                                    MJL_IF_GROWN_SEND, &placed),
                     MJL_OK);
    mjl_buffer_clear(content);
    world_step(world, BAD);
}

static mjl_message_id say_name(test_world *world, uint8_t of, uint64_t size,
                               const mjl_message_id parts[2])
{
    named made = name(world, of, size, parts);
    place_content(world, &made.content);
    return made.id;
}

/* ---- What the others make of it ---- */

static bool is_by_bad(test_world *world, mjl_bytes member)
{
    const mjl_member_id bad = mjl_profile_member(world_profile(world, BAD));
    return member.size == sizeof bad && memcmp(member.data, &bad, sizeof bad) == 0;
}

static size_t count_refused(test_world *world, uint32_t node, mjl_result why)
{
    size_t count = 0;
    for (size_t i = 0; i < world->nodes[node].events_count; i++) {
        const mjl_event *event = &world->nodes[node].events[i];
        if (event->kind != MJL_EVENT_PART_REFUSED || event->why != why) continue;
        assert_true(is_by_bad(world, mjl_bytes_of(&event->member, sizeof event->member)));
        count++;
    }
    return count;
}

/* The one warning that stands names the author. */
static void assert_warned_of(test_world *world, uint32_t node, const mjl_message_id *id)
{
    mjl_warning_info info;
    assert_int_equal(mjl_session_warning(world_session(world, node), 0, &info), MJL_OK);
    assert_int_equal(info.kind, MJL_WARNING_INCOMPLETE);
    assert_memory_equal(&info.subject, id, sizeof *id);
    assert_true(is_by_bad(world, info.missing));
    assert_int_equal(mjl_session_warning(world_session(world, node), 1, &info), MJL_NOT_FOUND);
}

static void assert_nothing_warned(test_world *world, uint32_t node)
{
    mjl_warning_info info;
    assert_int_equal(mjl_session_warning(world_session(world, node), 0, &info), MJL_NOT_FOUND);
}

static test_world *three(uint64_t seed)
{
    test_world *world = world_new(seed, 3, 0);
    world_gather(world);
    return world;
}

/* Whatever came, the graph goes on and everything is acked. */
static void assert_all_goes_on(test_world *world)
{
    assert_true(world_say(world, BAD, "after all"));
    assert_true(world_run_until(world, CALM_MS, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[0], "after all"), 1);
    assert_int_equal(world_heard(&world->nodes[2], "after all"), 1);
}

static void a_part_that_is_not_the_one_named_blames_its_author(void **state)
{
    (void)state;
    test_world *world = three(1);
    mjl_message_id parts[2] = {say_part(world, 7, 0, 2, MJL_PART_SIZE),
                               say_part(world, 7, 1, 2, 9)};
    parts[1].bytes[5] ^= 1;
    const mjl_message_id id = say_name(world, 7, MJL_PART_SIZE + 9, parts);
    assert_all_goes_on(world);
    for (uint32_t i = 0; i < 3; i += 2) {
        large_assert_not_delivered(world, i, &id);
        assert_warned_of(world, i, &id);
        world_reopen(world, i);
        assert_warned_of(world, i, &id);
    }
    world_free(world);
}

static void parts_that_come_after_their_name_retract_the_warning(void **state)
{
    (void)state;
    test_world *world = three(2);
    mjl_part_body part = {.index = 1, .count = 2, .bytes = mjl_bytes_of(zeros, 9)};
    memset(part.of, 7, sizeof part.of);
    mjl_buffer body = {0};
    named late = {{0}, {{0}}};
    assert_int_equal(mjl_part_encode(&part, &body), MJL_OK);
    assert_int_equal(mjl_send_make_content(world_session(world, BAD), MJL_TYPE_PART,
                                           mjl_buffer_bytes(&body), &late.content, &late.id),
                     MJL_OK);
    mjl_buffer_clear(&body);
    const mjl_message_id parts[2] = {say_part(world, 7, 0, 2, MJL_PART_SIZE), late.id};
    const mjl_message_id id = say_name(world, 7, MJL_PART_SIZE + 9, parts);
    world_run(world, 1000);
    assert_warned_of(world, 0, &id);
    world_reopen(world, 0);
    place_content(world, &late.content);
    assert_all_goes_on(world);
    for (uint32_t i = 0; i < 3; i += 2) {
        assert_nothing_warned(world, i);
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_MESSAGE), 2);
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_WARNING_RETRACTED), 1);
    }
    world_free(world);
}

static void parts_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    test_world *world = three(3);
    say_part(world, 7, 0, 3, MJL_PART_SIZE);
    say_part(world, 7, 1, 4, MJL_PART_SIZE); /* Another count. */
    say_part(world, 7, 0, 3, MJL_PART_SIZE); /* The same index once more. */
    place(world, MJL_TYPE_PART, mjl_bytes_text("no part at all"));
    assert_all_goes_on(world);
    for (uint32_t i = 0; i < 3; i += 2) {
        assert_int_equal(count_refused(world, i, MJL_BAD_PAYLOAD), 2);
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_PART_REFUSED), 3);
        mjl_transfer_info info;
        assert_int_equal(mjl_session_transfer(world_session(world, i), 0, &info), MJL_OK);
        assert_int_equal(info.parts_done, 1);
        world_reopen(world, i);
        assert_int_equal(mjl_session_transfer(world_session(world, i), 0, &info), MJL_OK);
        assert_int_equal(info.parts_done, 1);
    }
    world_free(world);
}

static void a_wrong_count_or_size_in_the_name_delivers_nothing(void **state)
{
    (void)state;
    test_world *world = three(4);
    const mjl_message_id of_three[2] = {say_part(world, 7, 0, 3, MJL_PART_SIZE),
                                        say_part(world, 7, 1, 3, MJL_PART_SIZE)};
    const mjl_message_id first = say_name(world, 7, 2 * MJL_PART_SIZE, of_three);
    const mjl_message_id shorter[2] = {say_part(world, 8, 0, 2, MJL_PART_SIZE),
                                       say_part(world, 8, 1, 2, 9)};
    const mjl_message_id second = say_name(world, 8, MJL_PART_SIZE + 10, shorter);
    const mjl_message_id turned[2] = {shorter[1], shorter[0]};
    const mjl_message_id third = say_name(world, 8, MJL_PART_SIZE + 9, turned);
    assert_all_goes_on(world);
    for (uint32_t i = 0; i < 3; i += 2) {
        large_assert_not_delivered(world, i, &first);
        large_assert_not_delivered(world, i, &second);
        large_assert_not_delivered(world, i, &third);
        assert_int_equal(count_refused(world, i, MJL_BAD_PAYLOAD), 3);
    }
    world_free(world);
}

static void parts_of_another_author_cannot_be_named(void **state)
{
    (void)state;
    test_world *world = three(5);
    large_body body = large_body_new(MJL_BODY_SIZE_MAX + 1, 5);
    const mjl_message_id honest = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &honest);
    /* It names the parts of the honest message, which it can read like everyone. */
    const mjl_session *session = world_session(world, BAD);
    const uint32_t at = mjl_transcript_find_message(session->transcript, &honest);
    mjl_content content;
    mjl_large_body *large = calloc(1, sizeof *large);
    assert_non_null(large);
    assert_int_equal(
        mjl_content_decode(mjl_buffer_bytes(&session->holdings.entries[at].content), &content),
        MJL_OK);
    assert_int_equal(mjl_large_decode(content.body, large), MJL_OK);
    mjl_buffer encoded = {0};
    assert_int_equal(mjl_large_encode(large, &encoded), MJL_OK);
    const mjl_message_id stolen = place(world, MJL_TYPE_LARGE, mjl_buffer_bytes(&encoded));
    mjl_buffer_clear(&encoded);
    free(large);
    assert_all_goes_on(world);
    large_assert_not_delivered(world, 0, &stolen);
    large_assert_not_delivered(world, 2, &stolen);
    assert_warned_of(world, 2, &stolen);
    assert_int_equal(count_refused(world, 2, MJL_BAD_PAYLOAD), 1);
    large_assert_delivered_once(world, 2, &honest, &body);
    large_body_free(&body);
    world_free(world);
}

static size_t count_transfers(test_world *world, uint32_t node)
{
    mjl_transfer_info info;
    size_t count = 0;
    while (mjl_session_transfer(world_session(world, node), count, &info) == MJL_OK)
        count++;
    return count;
}

static void more_begun_than_the_bound_give_up_the_oldest(void **state)
{
    (void)state;
    test_world *world = three(6);
    for (uint8_t of = 1; of <= MJL_INCOMING_PER_AUTHOR_MAX + 2; of++)
        say_part(world, of, 0, 2, MJL_PART_SIZE);
    assert_all_goes_on(world);
    for (uint32_t i = 0; i < 3; i += 2) {
        assert_int_equal(count_refused(world, i, MJL_FULL), 2);
        assert_int_equal(count_transfers(world, i), MJL_INCOMING_PER_AUTHOR_MAX);
        world_reopen(world, i);
        assert_int_equal(count_transfers(world, i), MJL_INCOMING_PER_AUTHOR_MAX);
    }
    /* Somebody else's is not touched by that. */
    large_body body = large_body_new(MJL_BODY_SIZE_MAX + 1, 6);
    const mjl_message_id honest = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &honest);
    large_assert_delivered_once(world, 2, &honest, &body);
    large_body_free(&body);
    world_free(world);
}

static void nobody_holds_more_bytes_of_one_author_than_the_bound(void **state)
{
    (void)state;
    test_world *world = world_new(7, 2, 0);
    world_gather(world);
    enum { PARTS = 150 };
    for (uint8_t of = 1; of <= 2; of++) {
        for (uint32_t i = 0; i < PARTS; i++) {
            say_part(world, of, i, MJL_PARTS_MAX, MJL_PART_SIZE);
            world_run(world, 5);
        }
    }
    assert_true(world_run_until(world, CALM_MS, world_is_calm));
    assert_int_equal(count_refused(world, 0, MJL_FULL), 1);
    assert_int_equal(count_transfers(world, 0), 1);
    world_free(world);
}

static void one_that_is_named_twice_is_two_messages_and_one_placed_twice_is_one(void **state)
{
    (void)state;
    test_world *world = three(8);
    const mjl_message_id parts[2] = {say_part(world, 7, 0, 2, MJL_PART_SIZE),
                                     say_part(world, 7, 1, 2, 9)};
    named twice = name(world, 7, MJL_PART_SIZE + 9, parts);
    mjl_buffer copy = {0};
    assert_int_equal(mjl_buffer_append(&copy, mjl_buffer_bytes(&twice.content)), MJL_OK);
    place_content(world, &twice.content);
    place_content(world, &copy);
    say_name(world, 7, MJL_PART_SIZE + 9, parts);
    assert_all_goes_on(world);
    assert_int_equal(world_count(&world->nodes[0], MJL_EVENT_MESSAGE), 3);
    assert_int_equal(world_count(&world->nodes[2], MJL_EVENT_MESSAGE), 3);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_that_is_not_the_one_named_blames_its_author),
        cmocka_unit_test(parts_that_come_after_their_name_retract_the_warning),
        cmocka_unit_test(parts_that_contradict_each_other_are_refused),
        cmocka_unit_test(a_wrong_count_or_size_in_the_name_delivers_nothing),
        cmocka_unit_test(parts_of_another_author_cannot_be_named),
        cmocka_unit_test(more_begun_than_the_bound_give_up_the_oldest),
        cmocka_unit_test(nobody_holds_more_bytes_of_one_author_than_the_bound),
        cmocka_unit_test(one_that_is_named_twice_is_two_messages_and_one_placed_twice_is_one),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
