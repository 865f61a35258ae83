/*
 * Run under valgrind: no jump and no index depends on a secret (tainted.h). Without it the story is
 * told all the same, and nothing is found out: tests/constant_time.sh is what runs it.
 */
#include "story.h"
#include "tainted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LARGE_SIZE = (256 << 10) + 64 };

static uint8_t keys[STORY_MEMBERS][MJL_STORE_SEALING_KEY_SIZE] = {{1}, {2}, {3}};

static mjl_result draw(void *random, uint8_t *out, size_t size)
{
    const mjl_result result = story_chance(random, out, size);
    tainted_mark_drawn(out, size);
    return result;
}

static void mark_body(void *context, uint8_t *bytes, size_t size)
{
    (void)context;
    tainted_mark(bytes, size);
}

static void show(void *context, char *line, size_t size)
{
    (void)context;
    tainted_show(line, size);
}

/* Beside each packet an altered one, at another byte each time: what is refused is watched too. */
static void alter(void *context, story *told, uint32_t from, mjl_bytes packet)
{
    size_t *const count = context;
    mjl_buffer altered = {0};
    assert_int_equal(mjl_buffer_append(&altered, packet), MJL_OK);
    /* Behind what says for whom it is: of another epoch it would be kept, not refused. */
    enum { CLEAR_SIZE = 64, NEAR_END = 48 };
    assert_true(packet.size > CLEAR_SIZE + NEAR_END);
    const size_t k = ++*count;
    const size_t at = k % 3 == 0 ? packet.size - 1 - k % NEAR_END
                                 : CLEAR_SIZE + k * 37 % (packet.size - CLEAR_SIZE);
    altered.data[at] ^= 0x10;
    for (uint32_t to = 0; to < STORY_MEMBERS; to++) {
        if (to != from && told->members[to].profile != NULL) {
            story_give(told, to, mjl_buffer_bytes(&altered));
        }
    }
    mjl_buffer_clear(&altered);
}

/* A key that is none, when all are closed. */
static void open_wrongly(void *context, story *told, story_part part)
{
    (void)context;
    if (part != STORY_CLOSED) return;
    keys[0][5] ^= 1;
    assert_int_equal(story_open_once(told, 0), MJL_STORE_WRONG_KEY);
}

static void no_jump_depends_on_a_secret(void **state)
{
    (void)state;
    size_t altered = 0;
    uint8_t room_secret[] = "the secret of the room";
    const story_teller teller = {.context = &altered,
                                 .fill = draw,
                                 .large_size = LARGE_SIZE,
                                 .room_secret = mjl_bytes_of(room_secret, sizeof room_secret),
                                 .store_keys = (const uint8_t(*)[MJL_STORE_SEALING_KEY_SIZE])keys,
                                 .body = mark_body,
                                 .shown = show,
                                 .packet = alter,
                                 .part = open_wrongly};
    tainted_mark(keys, sizeof keys);
    tainted_mark(room_secret, sizeof room_secret);
    char *const end = story_tell(&teller);
    free(end);
    for (size_t i = 0; i < TAINTED_REASONS_COUNT; i++) {
        print_message("%8lu times: %s: %s\n", tainted_reasons[i].count, tainted_reasons[i].what,
                      tainted_reasons[i].why);
    }
    assert_int_equal(tainted_reports(), 0);
    /* What need not be allowed shall not be. */
    for (size_t i = 0; i < TAINTED_REASONS_COUNT && tainted_is_watched(); i++)
        assert_true(tainted_reasons[i].count > 0);
    tainted_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_jump_depends_on_a_secret)};
    if (!tainted_is_watched()) print_message("not under valgrind: nothing is watched\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
