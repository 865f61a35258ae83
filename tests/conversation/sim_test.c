/*
 * Random conversations over the simulated network: users say, invite, remove, refresh and leave
 * while packets are lost, copied and late; then everything calms down, and every member that is
 * left is in one epoch, has every message of its time exactly once, and knows that everyone has it.
 *
 * MAJLIS_SIM_SEEDS (default few: the long run is `tests/sim.sh`), MAJLIS_SIM_FIRST, MAJLIS_SIM_LOSS
 * (permille).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "majlis/evidence.h"
#include "world.h"

enum { SAYS_MAX = 64, CALM_MS = 7200000 };

typedef struct sim_message {
    char text[32];
    uint32_t author;
    mjl_message_id id;
} sim_message;

typedef struct sim_script {
    test_world *world;
    sim_message says[SAYS_MAX];
    size_t says_count;
    bool is_gone[WORLD_NODES_MAX]; /* Removed or left: owes nothing. */
} sim_script;

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *const text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static mjl_session_state state_of(test_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(world_session(world, node), &info);
    return info.state;
}

static void say_something(sim_script *script, uint32_t node)
{
    if (script->says_count == SAYS_MAX) return;
    sim_message *const said = &script->says[script->says_count];
    snprintf(said->text, sizeof said->text, "message %zu of node%u", script->says_count, node);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text(said->text)};
    say.if_grown = MJL_IF_GROWN_SEND;
    const mjl_result result = mjl_session_say(world_session(script->world, node),
                                              script->world->now, &say, &said->id, NULL);
    if (result != MJL_OK) return;
    world_step(script->world, node);
    said->author = node;
    script->says_count++;
}

static void remove_someone(sim_script *script, uint32_t node)
{
    test_world *const world = script->world;
    const uint32_t target = (uint32_t)world_chance(world, world->nodes_count);
    size_t live = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++)
        live += !script->is_gone[i];
    if (target == node || live <= 2) return;
    const mjl_member_id id = mjl_profile_member(world_profile(world, target));
    mjl_intent intent;
    if (mjl_session_exclude(world_session(world, node), world->now, &id, &intent) == MJL_OK) {
        world_step(world, node);
        script->is_gone[target] = true;
    }
}

static void act(sim_script *script)
{
    test_world *const world = script->world;
    const uint32_t node = (uint32_t)world_chance(world, world->nodes_count);
    if (state_of(world, node) != MJL_SESSION_LIVE) return;
    const uint64_t what = world_chance(world, 20);
    mjl_intent intent;
    if (what < 15) {
        say_something(script, node);
    } else if (what < 18) {
        if (mjl_session_refresh(world_session(world, node), world->now, &intent) == MJL_OK) {
            world_step(world, node);
        }
    } else if (what == 18) {
        remove_someone(script, node);
    } else if (!script->is_gone[node]) {
        size_t live = 0;
        for (uint32_t i = 0; i < world->nodes_count; i++)
            live += !script->is_gone[i];
        if (live <= 2) return;
        assert_int_equal(mjl_session_leave(world_session(world, node), world->now), MJL_OK);
        world_step(world, node);
        script->is_gone[node] = true;
    }
}

static bool calm_and_settled(test_world *world)
{
    size_t live = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const mjl_session_state state = state_of(world, i);
        if (state == MJL_SESSION_LEAVING) return false;
        live += state == MJL_SESSION_LIVE;
    }
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        mjl_session_info info;
        mjl_session_get_info(world_session(world, i), &info);
        if (info.state == MJL_SESSION_LIVE && info.members_count != live) return false;
    }
    return world_is_calm(world);
}

#ifdef WORLD_DEBUG
void dbg_session(const mjl_session *session);
#endif

static void explain(sim_script *script)
{
    test_world *const world = script->world;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        mjl_session_info info;
        mjl_session_get_info(world_session(world, i), &info);
        print_error("  %s %s epoch %llu branch %02x%02x members %zu unacked %zu pending %zu "
                    "undecided %zu\n",
                    world->nodes[i].name, mjl_session_state_name(info.state),
                    (unsigned long long)info.epoch, info.branch.bytes[0], info.branch.bytes[1],
                    info.members_count, info.unacked_count, info.pending_count,
                    info.undecided_count);
#ifdef WORLD_DEBUG
        dbg_session(world_session(world, i));
#endif
        for (size_t kind = 0; kind < MJL_VERDICT_COUNT; kind++) {
            print_error("    %s %llu\n", mjl_verdict_name((mjl_verdict_kind)kind),
                        (unsigned long long)world->nodes[i].verdicts[kind]);
        }
        for (size_t why = 0; why < 256; why++) {
            if (world->nodes[i].rejected_for[why] > 0) {
                print_error("    rejected %s: %llu\n", mjl_result_name((mjl_result)why),
                            (unsigned long long)world->nodes[i].rejected_for[why]);
            }
        }
    }
}

/* Who was a member when it was said and is one now has it once, and its author knows. */
static void check_messages(sim_script *script, uint64_t seed)
{
    test_world *const world = script->world;
    for (size_t m = 0; m < script->says_count; m++) {
        const sim_message *said = &script->says[m];
        for (uint32_t i = 0; i < world->nodes_count; i++) {
            const size_t heard = world_heard(&world->nodes[i], said->text);
            if (heard > 1) fail_msg("seed %llu: delivered twice", (unsigned long long)seed);
            if (state_of(world, i) != MJL_SESSION_LIVE || script->is_gone[said->author]) continue;
            if (heard != 1) {
                explain(script);
                fail_msg("seed %llu: %s lacks \"%s\"", (unsigned long long)seed,
                         world->nodes[i].name, said->text);
            }
        }
        if (state_of(world, said->author) != MJL_SESSION_LIVE) continue;
        mjl_message_info info;
        assert_int_equal(
            mjl_session_message_by_id(world_session(world, said->author), &said->id, &info),
            MJL_OK);
        assert_int_equal(info.state, MJL_MESSAGE_EVERYONE);
    }
}

static bool has_no_warnings(test_world *world)
{
    mjl_warning_info info;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (state_of(world, i) != MJL_SESSION_LIVE) continue;
        if (mjl_session_warning(world_session(world, i), 0, &info) != MJL_NOT_FOUND) return false;
    }
    return true;
}

/* Every warning retracts itself, at the latest with the next heartbeat of each; nobody honest is
 * accused. */
static void check_no_warnings(sim_script *script, uint64_t seed)
{
    test_world *const world = script->world;
    if (!world_run_until(world, CALM_MS, has_no_warnings)) {
        explain(script);
        fail_msg("seed %llu: a warning was not retracted", (unsigned long long)seed);
    }
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (world_count(&world->nodes[i], MJL_EVENT_EQUIVOCATION) != 0) {
            fail_msg("seed %llu: an honest member is accused", (unsigned long long)seed);
        }
        mjl_evidence_info info;
        if (mjl_session_evidence(world_session(world, i), 0, &info) != MJL_NOT_FOUND) {
            fail_msg("seed %llu: evidence against an honest member", (unsigned long long)seed);
        }
    }
}

/* Equal states have equal hashes, whichever way they came about. */
static void hash_states(test_world *world, mjl_id hashes[WORLD_NODES_MAX])
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        assert_int_equal(mjl_profile_step(world_profile(world, i), world->now), MJL_OK);
        assert_int_equal(mjl_profile_state_hash(world_profile(world, i), &hashes[i]), MJL_OK);
    }
}

static void run_seed(uint64_t seed, uint32_t loss, bool reopens, mjl_id hashes[WORLD_NODES_MAX])
{
    sim_script script = {0};
    script.world = world_new(seed, 2 + (uint32_t)(seed % 4), loss);
    test_world *const world = script.world;
    world->is_verbose = getenv("MAJLIS_VERBOSE") != NULL;
    for (uint32_t i = 0; hashes != NULL && i < world->nodes_count; i++) {
        world->nodes[i].steps_twice = true;
        world->nodes[i].reopens_after_each_step = reopens;
    }
    world_gather(world);
    for (int i = 0; i < 30; i++) {
        act(&script);
        world_run(world, (mjl_time)world_chance(world, 600));
    }
    if (!world_run_until(world, CALM_MS, calm_and_settled)) {
        explain(&script);
        fail_msg("seed %llu: it did not calm down", (unsigned long long)seed);
    }
    check_messages(&script, seed);
    check_no_warnings(&script, seed);
    if (hashes != NULL) hash_states(world, hashes);
    world_free(world);
}

static void run_seeds(uint32_t loss, uint64_t otherwise)
{
    const uint64_t first = number_of("MAJLIS_SIM_FIRST", 1);
    const uint64_t count = number_of("MAJLIS_SIM_SEEDS", otherwise);
    for (uint64_t seed = first; seed < first + count; seed++)
        run_seed(seed, loss, false, NULL);
}

static void without_loss_everyone_has_everything(void **state)
{
    (void)state;
    run_seeds((uint32_t)number_of("MAJLIS_SIM_LOSS", 0), 20);
}

static void at_30_percent_loss_everyone_has_everything(void **state)
{
    (void)state;
    run_seeds((uint32_t)number_of("MAJLIS_SIM_LOSS", 300), 20);
}

/* Its author was content with a message that stands on two lines that lost; who was not sure that
   everybody has it waited for ever. */
static void what_stands_on_lost_lines_alone_is_waited_for_by_nobody(void **state)
{
    enum { SEED = 91, LOSS_PERMILLE = 300 };
    (void)state;
    run_seed(SEED, LOSS_PERMILLE, false, NULL);
}

/* The same seed twice: once as it is, once with every member closed and reopened after each of its
 * steps. */
static void reopening_after_every_step_ends_in_the_same_bytes(void **state)
{
    (void)state;
    const uint32_t loss = (uint32_t)number_of("MAJLIS_SIM_LOSS", 200);
    const uint64_t first = number_of("MAJLIS_SIM_FIRST", 1);
    const uint64_t count = number_of("MAJLIS_SIM_SEEDS", 2);
    for (uint64_t seed = first; seed < first + count; seed++) {
        mjl_id straight[WORLD_NODES_MAX] = {{{0}}};
        mjl_id reopened[WORLD_NODES_MAX] = {{{0}}};
        run_seed(seed, loss, false, straight);
        run_seed(seed, loss, true, reopened);
        if (memcmp(straight, reopened, sizeof straight) != 0) {
            fail_msg("seed %llu: the reopened states differ", (unsigned long long)seed);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_loss_everyone_has_everything),
        cmocka_unit_test(at_30_percent_loss_everyone_has_everything),
        cmocka_unit_test(what_stands_on_lost_lines_alone_is_waited_for_by_nobody),
        cmocka_unit_test(reopening_after_every_step_ends_in_the_same_bytes),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
