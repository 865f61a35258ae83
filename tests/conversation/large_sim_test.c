/*
 * Random conversations with large messages in them: members say, refresh, are let in and die in the
 * middle of it, while packets are lost, copied and late. Afterwards every large message was
 * delivered once and whole to each member of its time, and nobody honest is accused.
 *
 * MAJLIS_SIM_SEEDS, MAJLIS_SIM_FIRST, MAJLIS_SIM_LOSS (permille) as in sim_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "large_world.h"

enum { NODES = 4, LATE = 3, SAYS_MAX = 3, TURNS = 10, CALM_MS = 7200000, SETTLE_MS = 200 };

typedef struct large_said {
    uint32_t author;
    mjl_message_id id;
    large_body body;
} large_said;

typedef struct sim {
    test_world *world;
    large_said says[SAYS_MAX];
    size_t says_count, small_count;
    bool grows; /* Else its members refresh, and commits race. */
} sim;

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *const text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void say_large(sim *of, uint32_t node)
{
    if (of->says_count == SAYS_MAX) return;
    large_said *const said = &of->says[of->says_count];
    const size_t size = MJL_BODY_SIZE_MAX + 1 + (size_t)world_chance(of->world, MJL_BODY_SIZE_MAX);
    said->body = large_body_new(size, (uint8_t)of->says_count);
    said->author = node;
    mjl_say say = {.size = sizeof say, .body = large_bytes(&said->body)};
    say.if_grown = MJL_IF_GROWN_SEND;
    const mjl_result result =
        mjl_session_say(world_session(of->world, node), of->world->now, &say, &said->id, NULL);
    if (result != MJL_OK) {
        large_body_free(&said->body);
        return;
    }
    world_step(of->world, node);
    of->says_count++;
}

static void say_small(sim *of, uint32_t node)
{
    char text[32];
    snprintf(text, sizeof text, "small %zu", of->small_count);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text(text)};
    say.if_grown = MJL_IF_GROWN_SEND;
    mjl_session *const session = world_session(of->world, node);
    if (mjl_session_say(session, of->world->now, &say, NULL, NULL) != MJL_OK) return;
    world_step(of->world, node);
    of->small_count++;
}

static void act(sim *of)
{
    test_world *const world = of->world;
    const uint32_t node = (uint32_t)world_chance(world, world->gathered);
    const uint64_t what = world_chance(world, 12);
    mjl_intent intent;
    if (what < 4) {
        say_large(of, node);
    } else if (what < 8) {
        say_small(of, node);
    } else if (what < 11 && !of->grows) {
        if (mjl_session_refresh(world_session(world, node), world->now, &intent) == MJL_OK) {
            world_step(world, node);
        }
    } else {
        /* What was settled is persisted first: else its events come again, as they should. */
        assert_int_equal(mjl_profile_step(world_profile(world, node), world->now), MJL_OK);
        world_reopen(world, node);
    }
}

static bool all_said(sim *of)
{
    for (size_t m = 0; m < of->says_count; m++) {
        const large_said *said = &of->says[m];
        if (large_state(of->world, said->author, &said->id) != MJL_MESSAGE_EVERYONE) return false;
    }
    return world_is_calm(of->world);
}

static void check_small(sim *of, uint64_t seed)
{
    for (size_t m = 0; m < of->small_count; m++) {
        char text[32];
        snprintf(text, sizeof text, "small %zu", m);
        for (uint32_t i = 0; i < LATE; i++) {
            if (world_heard(&of->world->nodes[i], text) == 1) continue;
            fail_msg("seed %llu: %s of node%u", (unsigned long long)seed, text, i);
        }
    }
}

static void run_seed(uint64_t seed, uint32_t loss, bool reopens, mjl_id *hashes)
{
    sim of = {.world = world_new(seed, NODES, loss), .grows = seed % 2 == 0};
    test_world *const world = of.world;
    world->is_verbose = getenv("MAJLIS_VERBOSE") != NULL;
    for (uint32_t i = 0; hashes != NULL && i < NODES; i++) {
        world->nodes[i].steps_twice = true;
        world->nodes[i].reopens_after_each_step = reopens;
    }
    world_create(world);
    while (world->gathered < LATE)
        world_admit_next(world);
    for (int i = 0; i < TURNS; i++) {
        act(&of);
        if (of.grows && i == TURNS / 2) world_admit_next(world);
        world_run(world, (mjl_time)world_chance(world, 300));
    }
    const mjl_time until = world->now + CALM_MS;
    while (!all_said(&of)) {
        if (world->now >= until) {
            fail_msg("seed %llu: it did not calm down", (unsigned long long)seed);
        }
        world_run(world, SETTLE_MS);
    }
    for (size_t m = 0; m < of.says_count; m++) {
        for (uint32_t i = 0; i < LATE; i++)
            large_assert_delivered_once(world, i, &of.says[m].id, &of.says[m].body);
        /* Who came late has what was placed since, and that whole. */
        if (of.grows && large_is_there(world, LATE, &of.says[m].id)) {
            large_assert_delivered_once(world, LATE, &of.says[m].id, &of.says[m].body);
        }
        large_body_free(&of.says[m].body);
    }
    check_small(&of, seed);
    for (uint32_t i = 0; i < world->gathered; i++) {
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_PART_REFUSED), 0);
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_EQUIVOCATION), 0);
        for (size_t e = 0; e < world->nodes[i].events_count; e++)
            assert_int_not_equal(world->nodes[i].events[e].warning_kind, MJL_WARNING_INCOMPLETE);
        if (hashes == NULL) continue;
        assert_int_equal(mjl_profile_step(world_profile(world, i), world->now), MJL_OK);
        assert_int_equal(mjl_profile_state_hash(world_profile(world, i), &hashes[i]), MJL_OK);
    }
    world_free(world);
}

static void run_seeds(uint32_t loss, uint64_t otherwise)
{
    const uint64_t first = number_of("MAJLIS_SIM_FIRST", 1);
    const uint64_t count = number_of("MAJLIS_SIM_SEEDS", otherwise);
    for (uint64_t seed = first; seed < first + count; seed++)
        run_seed(seed, loss, false, NULL);
}

static void without_loss_everyone_has_the_large_ones(void **state)
{
    (void)state;
    run_seeds((uint32_t)number_of("MAJLIS_SIM_LOSS", 0), 1);
}

static void at_30_percent_loss_everyone_has_the_large_ones(void **state)
{
    (void)state;
    run_seeds((uint32_t)number_of("MAJLIS_SIM_LOSS", 300), 2);
}

static void reopening_after_every_step_changes_nothing(void **state)
{
    (void)state;
    const uint64_t seed = number_of("MAJLIS_SIM_FIRST", 1);
    mjl_id straight[NODES] = {{{0}}};
    mjl_id reopened[NODES] = {{{0}}};
    run_seed(seed, 100, false, straight);
    run_seed(seed, 100, true, reopened);
    assert_memory_equal(straight, reopened, sizeof straight);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_loss_everyone_has_the_large_ones),
        cmocka_unit_test(at_30_percent_loss_everyone_has_the_large_ones),
        cmocka_unit_test(reopening_after_every_step_changes_nothing),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
