/*
 * How much memory a message takes that not everyone has: who is missing, and a little more. Counted
 * in a whole profile, after it was reopened, beside the same messages once everyone has them.
 */
#include "allocation.h"
#include "room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { SPEAKER = 0, LISTENER = 1, MEMBERS = 40, BEFORE = 300, MESSAGES = 1500, ALLOWED = 256 };

static void say_to_listener(bench_room *room, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        room_say(room, SPEAKER, mjl_bytes_text("A line of some thirty two bytes."));
        room_step(room, SPEAKER);
        room_deliver_next_to(room, LISTENER);
    }
}

/* Of the listener's memory, for each message. No time passes: what is not acked stays so. */
static size_t bytes_per_message(uint32_t members, bool is_acked)
{
    const room_config config = {.members_count = members,
                                .ghosts_count = members - 2,
                                .seed = 1,
                                .is_toy = true,
                                .memory = allocation_held};
    bench_room *const room = room_gather(&config);
    room_clear_bus(room);
    room_reopen(room, LISTENER); /* Without what gathering took. */
    say_to_listener(room, BEFORE);
    const size_t empty = room_reopen(room, LISTENER);
    say_to_listener(room, MESSAGES);
    mjl_session_info info;
    mjl_session_get_info(room_session(room, LISTENER), &info);
    if (is_acked)
        assert_int_equal(info.unacked_count, 0);
    else
        assert_true(info.unacked_count >= MESSAGES);
    const size_t full = room_reopen(room, LISTENER);
    assert_true(full > empty);
    room_free(room);
    return (full - empty) / MESSAGES;
}

static void an_unacked_message_takes_its_readers_bits_and_256_bytes(void **state)
{
    (void)state;
    const size_t unacked = bytes_per_message(MEMBERS, false);
    const size_t acked = bytes_per_message(2, true);
    print_message("unacked %zu, acked %zu bytes\n", unacked, acked);
    assert_true(unacked > acked); /* Else something else was counted. */
    assert_in_range(unacked - acked, 0, MEMBERS / 8 + ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unacked_message_takes_its_readers_bits_and_256_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
