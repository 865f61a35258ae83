#include "world.h"

#include "session_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

static const uint8_t store_key[MJL_STORE_SEALING_KEY_SIZE] = {7};

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    world_random *random = context;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    random->calls++;
    memcpy(seed, &random->seed, sizeof random->seed);
    memcpy(seed + 8, &random->calls, sizeof random->calls);
    randombytes_buf_deterministic(out, size, seed);
    return MJL_OK;
}

uint64_t world_chance(test_world *world, uint64_t below)
{
    static const uint64_t salt = 0x9e3779b97f4a7c15u;
    world_random *const random = &world->nodes[0].random;
    world_random own = {world->seed ^ salt, random->calls + (uint64_t)world->now * 31};
    uint64_t value;
    fill(&own, (uint8_t *)&value, sizeof value);
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return below == 0 ? 0 : value % below;
}

static void open_profile(test_world *world, uint32_t i)
{
    world_node *const node = &world->nodes[i];
    mjl_profile_config config = {.size = sizeof config, .now = world->now};
    config.store_key = store_key;
    config.random.context = &node->random;
    config.random.fill = fill;
    config.display_name = mjl_bytes_text(node->name);
    config.user_id = mjl_bytes_text(node->user_id);
    assert_int_equal(mjl_store_memory_open(node->disk, &config.store), MJL_OK);
    const mjl_result result = mjl_profile_open(&config, &node->profile);
    if (result != MJL_OK) print_error("open %u: %s\n", i, mjl_result_name(result));
    assert_int_equal(result, MJL_OK);
}

test_world *world_new(uint64_t seed, uint32_t nodes_count, uint32_t loss_permille)
{
    assert_true(nodes_count <= WORLD_NODES_MAX);
    assert_true(sodium_init() >= 0);
    test_world *const made = calloc(1, sizeof *made);
    assert_non_null(made);
    made->seed = seed;
    made->now = 1000000;
    made->nodes_count = nodes_count;
    made->pace.bc_lat_ms = MJL_BC_LAT_MS_QUICK;
    made->pace.m_intv_ms = MJL_M_INTV_MS_QUICK;
    /* Small worlds share one size, so that a node more or less changes no other's chances. */
    const uint32_t places = nodes_count < 12 ? 12 : nodes_count;
    assert_int_equal(mjl_network_new(seed, places, &made->network), MJL_OK);
    mjl_network_link link = {.loss = loss_permille, .delay_ms_min = 5, .delay_ms_max = 60};
    link.duplicate = loss_permille / 2;
    link.reorder = loss_permille / 2;
    mjl_network_set_all_links(made->network, &link);
    for (uint32_t i = 0; i < nodes_count; i++) {
        snprintf(made->nodes[i].name, sizeof made->nodes[i].name, "node%u", i);
        made->nodes[i].random.seed = seed * 1000 + i;
        assert_int_equal(mjl_memory_disk_new(&made->nodes[i].disk), MJL_OK);
        open_profile(made, i);
    }
    return made;
}

void world_free(test_world *world)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        mjl_profile_close(world->nodes[i].profile);
        mjl_memory_disk_free(world->nodes[i].disk);
        free(world->nodes[i].events);
        free(world->nodes[i].bodies);
        for (size_t kind = 0; kind <= MJL_PACKET_KNOCK; kind++)
            mjl_buffer_clear(&world->nodes[i].last_of[kind]);
    }
    mjl_network_free(world->network);
    free(world);
}

mjl_profile *world_profile(test_world *world, uint32_t node)
{
    return world->nodes[node].profile;
}

mjl_session *world_session(test_world *world, uint32_t node)
{
    return mjl_profile_session(world->nodes[node].profile, 0);
}

void world_kill(test_world *world, uint32_t node)
{
    mjl_profile_close(world->nodes[node].profile);
    world->nodes[node].profile = NULL;
}

void world_reopen(test_world *world, uint32_t node)
{
    if (world->nodes[node].profile != NULL) world_kill(world, node);
    open_profile(world, node);
}

static void log_event(test_world *world, world_node *node, const mjl_event *event)
{
    if (event->kind == MJL_EVENT_TASK_LATE) return;
    if (node->events_count == node->events_room) {
        node->events_room = node->events_room == 0 ? 64 : node->events_room * 2;
        node->events = realloc(node->events, node->events_room * sizeof *node->events);
        node->bodies = realloc(node->bodies, node->events_room * sizeof *node->bodies);
        assert_true(node->events != NULL && node->bodies != NULL);
    }
    char *const body = node->bodies[node->events_count];
    snprintf(body, sizeof *node->bodies, "%.*s", (int)event->body.size,
             event->body.size > 0 ? (const char *)event->body.data : "");
    node->events[node->events_count++] = *event;
    if (world->is_verbose) {
        print_message("%8lld %s %-18s epoch %llu state %u->%u held %u/%u why %s intent %u %s\n",
                      (long long)(world->now - 1000000), node->name,
                      mjl_event_kind_name(event->kind), (unsigned long long)event->epoch,
                      event->old_state, event->new_state, event->held_count, event->readers_count,
                      mjl_result_name(event->why), (unsigned)event->intent_state, body);
    }
}

static void note_packet(world_node *node, const mjl_packet *packet)
{
    const bool is_place = packet->kind == MJL_PACKET_PLACE || packet->kind == MJL_PACKET_COMMIT;
    node->packets_of[packet->kind]++;
    if (is_place && packet->resend == 0) node->fresh_bytes += packet->bytes.size;
    node->last_of[packet->kind].size = 0;
    assert_int_equal(mjl_buffer_append(&node->last_of[packet->kind], packet->bytes), MJL_OK);
}

void world_step(test_world *world, uint32_t i)
{
    world_node *const node = &world->nodes[i];
    const mjl_result stepped = mjl_profile_step(node->profile, world->now);
    if (stepped != MJL_OK)
        print_error("step: %s seed %llu\n", mjl_result_name(stepped),
                    (unsigned long long)world->seed);
    assert_int_equal(stepped, MJL_OK);
    if (!world->is_unchecked) assert_int_equal(mjl_profile_check(node->profile), MJL_OK);
    mjl_packet packet;
    while (mjl_profile_next_packet(node->profile, &packet) == MJL_OK) {
        assert_int_equal(mjl_network_send(world->network, world->now, i, packet.bytes), MJL_OK);
        note_packet(node, &packet);
        node->packets_out++;
        node->bytes_out += packet.bytes.size;
        assert_int_equal(mjl_profile_packet_sent(node->profile, packet.number), MJL_OK);
    }
    mjl_event event;
    while (mjl_profile_next_event(node->profile, &event) == MJL_OK) {
        log_event(world, node, &event);
        if (event.number != 0) {
            assert_int_equal(mjl_profile_event_settled(node->profile, event.number), MJL_OK);
        }
    }
    if (node->steps_twice) {
        /* What was sent and settled is persisted now; sealing draws from the same random source. */
        assert_int_equal(mjl_profile_step(node->profile, world->now), MJL_OK);
        if (node->reopens_after_each_step) world_reopen(world, i);
    }
}

/* The next instant at which anything happens. */
static mjl_time next_instant(test_world *world, mjl_time until)
{
    mjl_time due;
    mjl_time next = until;
    if (mjl_network_next_due(world->network, &due) == MJL_OK && due < next) next = due;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const mjl_profile *profile = world->nodes[i].profile;
        if (profile != NULL && mjl_profile_next_due(profile, &due) == MJL_OK && due < next) {
            next = due;
        }
    }
    return next > world->now ? next : world->now;
}

static void deliver(test_world *world)
{
    mjl_network_arrival arrival;
    while (mjl_network_take(world->network, world->now, &arrival) == MJL_OK) {
        if (arrival.to >= world->nodes_count) continue;
        world_node *const node = &world->nodes[arrival.to];
        if (node->profile == NULL) continue;
        mjl_verdict verdict;
        const mjl_result result =
            mjl_profile_receive(node->profile, world->now, 1, arrival.packet, &verdict);
        if (result != MJL_OK) print_error("receive: %s\n", mjl_result_name(result));
        assert_int_equal(result, MJL_OK);
        node->verdicts[verdict.kind]++;
        if (verdict.kind == MJL_VERDICT_REJECTED) {
            node->rejected_for[verdict.why & 255]++;
            if (world->is_verbose) {
                print_message("%8lld %s rejects: %s\n", (long long)(world->now - 1000000),
                              node->name, mjl_result_name(verdict.why));
            }
        }
    }
}

static void turn(test_world *world, mjl_time until)
{
    world->now = next_instant(world, until);
    deliver(world);
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (world->nodes[i].profile != NULL) world_step(world, i);
    }
}

void world_run(test_world *world, mjl_time duration)
{
    const mjl_time until = world->now + duration;
    while (world->now < until)
        turn(world, until);
}

bool world_run_until(test_world *world, mjl_time most, bool (*holds)(struct test_world *world))
{
    const mjl_time until = world->now + most;
    while (!holds(world)) {
        if (world->now >= until) return false;
        turn(world, until);
    }
    return true;
}

/* ---- What users do ---- */

static bool all_live(test_world *world)
{
    for (uint32_t i = 0; i < world->gathered; i++) {
        mjl_session_info info;
        mjl_session_get_info(world_session(world, i), &info);
        if (info.state != MJL_SESSION_LIVE || info.members_count != world->gathered) {
            return false;
        }
    }
    return world_is_calm(world);
}

/* Invites whoever asks. */
static bool invite_and_look(test_world *world)
{
    mjl_join_request_info request;
    for (size_t i = 0; mjl_session_join_request(world_session(world, 0), i, &request) == MJL_OK;
         i++) {
        bool is_wanted = false;
        const world_node *node = &world->nodes[0];
        for (size_t e = 0; e < node->events_count; e++) {
            is_wanted |=
                node->events[e].kind == MJL_EVENT_INTENT &&
                memcmp(&node->events[e].member, &request.requester, sizeof request.requester) == 0;
        }
        if (is_wanted) continue;
        mjl_intent intent;
        assert_int_equal(
            mjl_session_invite(world_session(world, 0), world->now, &request.requester, &intent),
            MJL_OK);
        world_step(world, 0);
    }
    return all_live(world);
}

void world_create(test_world *world)
{
    mjl_create create = {.size = sizeof create, .pace = world->pace};
    create.secret_lifetime_ms = world->secret_lifetime_ms;
    create.room_name = mjl_bytes_text("room");
    create.room_secret = mjl_bytes_text("secret");
    mjl_session *session;
    assert_int_equal(mjl_session_create(world_profile(world, 0), world->now, &create, &session),
                     MJL_OK);
    world->gathered = 1;
    world_step(world, 0);
}

static void ask(test_world *world, uint32_t node)
{
    mjl_join join = {.size = sizeof join, .pace = world->pace};
    join.room_name = mjl_bytes_text("room");
    join.room_secret = mjl_bytes_text("secret");
    mjl_session *session;
    assert_int_equal(mjl_session_join(world_profile(world, node), world->now, &join, &session),
                     MJL_OK);
    world->gathered++;
    world_step(world, node);
}

static void wait_for_all(test_world *world)
{
    if (!world_run_until(world, 3600000, invite_and_look)) {
        fail_msg("seed %llu: the group did not gather", (unsigned long long)world->seed);
    }
}

void world_admit_next(test_world *world)
{
    ask(world, world->gathered);
    wait_for_all(world);
}

void world_gather(test_world *world)
{
    world_create(world);
    for (uint32_t i = 1; i < world->nodes_count; i++)
        ask(world, i);
    if (world->nodes_count > 1) wait_for_all(world);
}

bool world_say(test_world *world, uint32_t node, const char *text)
{
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text(text)};
    mjl_message_id id;
    const mjl_result result =
        mjl_session_say(world_session(world, node), world->now, &say, &id, NULL);
    if (result == MJL_OK) world_step(world, node);
    return result == MJL_OK;
}

mjl_message_id world_say_id(test_world *world, uint32_t node, const char *text)
{
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text(text)};
    mjl_message_id id;
    assert_int_equal(mjl_session_say(world_session(world, node), world->now, &say, &id, NULL),
                     MJL_OK);
    world_step(world, node);
    return id;
}

size_t world_count(const world_node *node, mjl_event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++)
        count += node->events[i].kind == kind;
    return count;
}

size_t world_heard(const world_node *node, const char *body)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++) {
        count += node->events[i].kind == MJL_EVENT_MESSAGE && strcmp(node->bodies[i], body) == 0;
    }
    return count;
}

/* What somebody says who is removed before the others have what it follows waits for as long as it
   is kept (session/README.md, what is not promised). */
static bool has_members_waiting(const mjl_session *session)
{
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        const uint32_t author = mjl_transcript_find_author(session->transcript, &entry->author);
        if (mjl_epoch_has_author(mjl_session_tip(session), author)) return true;
    }
    return false;
}

bool world_is_calm(test_world *world)
{
    uint8_t first[32];
    uint8_t own[32];
    bool has_first = false;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (world->nodes[i].profile == NULL || world_session(world, i) == NULL) continue;
        mjl_session_info info;
        mjl_session_get_info(world_session(world, i), &info);
        if (info.state != MJL_SESSION_LIVE) continue;
        if (info.unacked_count > 0 || info.undecided_count > 0) return false;
        if (has_members_waiting(world_session(world, i))) return false;
        assert_int_equal(
            mjl_session_epoch_authenticator(world_session(world, i), has_first ? own : first),
            MJL_OK);
        if (has_first && memcmp(first, own, sizeof first) != 0) return false;
        has_first = true;
    }
    return true;
}
