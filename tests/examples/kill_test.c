/*
 * One of two is killed with SIGKILL, again and again, at moments that chance picks, while both
 * talk. What it had not confirmed it is told again with the same token. In the end both have
 * everything exactly once, and know it.
 *
 * The seed is printed; MAJLIS_SEED sets it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chat_process.h"

enum {
    KILLS_COUNT = 20,
    PATIENCE_MS = 20000,
    MEETING_MS = 15000,
    LINES_MAX = 4 * KILLS_COUNT,
    ALIVE_MS_MAX = 250,
    TOKEN_DIGITS = 32
};

struct said {
    struct chat_process *by;
    char text[32], token[TOKEN_DIGITS + 1];
};

static struct chat_world world;
static struct chat_process *alice, *bob;
static struct said all[LINES_MAX];
static size_t all_count;
static uint64_t chance;

static uint64_t draw(void)
{
    chance += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = chance;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static bool has_asked(struct chat_world *where, const void *context)
{
    (void)where;
    (void)context;
    return chat_process_find(alice, "join request", "name", "bob") != NULL;
}

static bool is_in(struct chat_world *where, const void *context)
{
    (void)where;
    (void)context;
    return chat_process_find(bob, "session state", "new", "live") != NULL;
}

static void say(struct chat_process *by)
{
    struct said *line = &all[all_count];
    line->by = by;
    snprintf(line->text, sizeof line->text, "%s says number %zu", by->name, all_count);
    snprintf(line->token, sizeof line->token, "%016zx%016zx", all_count + 1, all_count + 1);
    all_count++;
    chat_process_say(by, line->text, line->token);
}

static bool is_confirmed(const struct said *line)
{
    return chat_process_count(line->by, "message", "text", line->text) != 0;
}

/* After a restart: what the dead one may never have heard. */
static void say_unconfirmed_again(void)
{
    for (size_t i = 0; i < all_count; i++) {
        if (all[i].by == bob && !is_confirmed(&all[i]))
            chat_process_say(bob, all[i].text, all[i].token);
    }
}

static size_t count_with_everyone(const struct chat_process *process)
{
    size_t count = 0;
    for (size_t i = 0; i < all_count; i++) {
        const cJSON *shown = NULL;
        for (size_t k = 0; k < process->count && shown == NULL; k++) {
            if (strcmp(chat_text(process->lines[k], "event"), "message") == 0 &&
                strcmp(chat_text(process->lines[k], "text"), all[i].text) == 0)
                shown = process->lines[k];
        }
        if (shown == NULL) continue;
        for (size_t k = process->count; k-- > 0;) {
            if (strcmp(chat_text(process->lines[k], "event"), "message state") != 0 ||
                strcmp(chat_text(process->lines[k], "message"), chat_text(shown, "message")) != 0)
                continue;
            count += strcmp(chat_text(process->lines[k], "new"), "everyone") == 0;
            break;
        }
    }
    return count;
}

static bool is_settled(struct chat_world *where, const void *context)
{
    (void)where;
    (void)context;
    for (size_t i = 0; i < all_count; i++) {
        if (chat_process_count(alice, "message", "text", all[i].text) == 0 ||
            chat_process_count(bob, "message", "text", all[i].text) == 0)
            return false;
    }
    return count_with_everyone(alice) == all_count && count_with_everyone(bob) == all_count;
}

static void meet(void)
{
    alice = chat_world_add(&world, "alice");
    bob = chat_world_add(&world, "bob");
    chat_process_start(&world, alice, "--create", "plaza");
    chat_process_start(&world, bob, "--room", "plaza");
    assert_true(chat_world_await(&world, MEETING_MS, has_asked, NULL));
    chat_process_tell(alice, "/invite bob");
    assert_true(chat_world_await(&world, MEETING_MS, is_in, NULL));
}

static void kill_and_restart(void)
{
    const int64_t until = chat_now_ms() + (int64_t)(draw() % ALIVE_MS_MAX);
    say(bob);
    say(alice);
    while (chat_now_ms() < until) {
        chat_world_hear(&world);
        chat_sleep_ms(1);
    }
    chat_process_kill(bob);
    chat_process_start(&world, bob, NULL, NULL);
    say_unconfirmed_again();
}

static void whoever_is_killed_again_and_again_loses_and_repeats_nothing(void **state)
{
    (void)state;
    meet();
    for (size_t i = 0; i < KILLS_COUNT; i++)
        kill_and_restart();
    assert_true(chat_world_await(&world, PATIENCE_MS, is_settled, NULL));
    for (size_t i = 0; i < all_count; i++) {
        assert_int_equal(chat_process_count(alice, "message", "text", all[i].text), 1);
        assert_int_equal(chat_process_count(bob, "message", "text", all[i].text), 1);
    }
}

static int make(void **state)
{
    (void)state;
    chat_world_make(&world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    chat_world_remove(&world);
    return 0;
}

int main(void)
{
    const char *seed = getenv("MAJLIS_SEED");
    chance = seed != NULL ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)chance);
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        whoever_is_killed_again_and_again_loses_and_repeats_nothing, make, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
