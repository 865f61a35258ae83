#include "room.h"

#include "lean_disk.h"
#include "toy_suite.h"

#include <ftw.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { DELAY_MS_MIN = 5, DELAY_MS_MAX = 60, NAME_ROOM = 24, PATH_ROOM = 512 };
static const mjl_time beginning = 1767225600000;
static const mjl_time patience = (mjl_time)30 * 86400000;

typedef struct member {
    mjl_memory_disk *disk;
    mjl_profile *profile;
    uint64_t random_calls;
    uint64_t seed;
    room_traffic traffic;
} member;

typedef struct bench_flight { /* One packet on its way to everybody else. */
    mjl_time at;
    uint32_t from;
    uint8_t *bytes;
    size_t size;
} bench_flight;

struct bench_room {
    room_config config;
    mjl_time now;
    mjl_pace pace;
    uint32_t awake;       /* The first so many members are running. */
    uint32_t present;     /* The first so many are in the group, or about to be. */
    mjl_time quantum;     /* While gathering: time goes in such steps; all step at their ends. */
    mjl_time last_resend; /* When anybody last repeated anything. */
    member *members;
    bench_flight *flights; /* By instant of arrival, ascending, from flights_at on. */
    size_t flights_at, flights_count, flights_room;
    uint64_t chance;
    room_traffic traffic;
};

void room_must(mjl_result result, const char *call)
{
    if (result == MJL_OK) return;
    fprintf(stderr, "session_bench: %s: %s\n", call, mjl_result_name(result));
    exit(1);
}

static void *room_alloc(void *old, size_t size)
{
    void *const made = realloc(old, size);
    if (made == NULL) room_must(MJL_OUT_OF_MEMORY, "realloc");
    return made;
}

/* ---- Chance ---- */

static uint64_t chance_below(bench_room *room, uint64_t below)
{
    room->chance ^= room->chance >> 12;
    room->chance ^= room->chance << 25;
    room->chance ^= room->chance >> 27;
    return (room->chance * 0x2545f4914f6cdd1d) % below;
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    member *const of = context;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    of->random_calls++;
    memcpy(seed, &of->seed, sizeof of->seed);
    memcpy(seed + sizeof of->seed, &of->random_calls, sizeof of->random_calls);
    randombytes_buf_deterministic(out, size, seed);
    return MJL_OK;
}

/* ---- The bus ---- */

enum { HOSTS = 2 }; /* The members that ghosts and they alone hear each other. */

static bool is_ghost(const bench_room *room, uint32_t index)
{
    return index >= HOSTS && index >= room->config.members_count - room->config.ghosts_count;
}

static bool does_hear(const bench_room *room, uint32_t index, uint32_t from)
{
    return index != from && (index < HOSTS || !is_ghost(room, from)) &&
           (from < HOSTS || !is_ghost(room, index));
}

static void put(bench_room *room, uint32_t from, mjl_bytes packet)
{
    const mjl_time at =
        room->now + DELAY_MS_MIN + (mjl_time)chance_below(room, DELAY_MS_MAX - DELAY_MS_MIN + 1);
    if (room->flights_count == room->flights_room) {
        room->flights_room = room->flights_room == 0 ? 64 : 2 * room->flights_room;
        room->flights = room_alloc(room->flights, room->flights_room * sizeof *room->flights);
    }
    size_t place = room->flights_count++;
    for (; place > room->flights_at && room->flights[place - 1].at > at; place--)
        room->flights[place] = room->flights[place - 1];
    bench_flight *const made = &room->flights[place];
    *made = (bench_flight){at, from, room_alloc(NULL, packet.size), packet.size};
    memcpy(made->bytes, packet.data, packet.size);
}

/* Without a step. */
static void hear(bench_room *room, uint32_t index, const bench_flight *flight)
{
    mjl_verdict verdict;
    const mjl_bytes packet = mjl_bytes_of(flight->bytes, flight->size);
    room_must(mjl_profile_receive(room->members[index].profile, room->now, 1, packet, &verdict),
              "receive");
}

static void arrive(bench_room *room, const bench_flight *flight)
{
    for (uint32_t i = 0; i < room->awake; i++) {
        if (!does_hear(room, i, flight->from)) continue;
        if (chance_below(room, 1000) < room->config.loss_permille) continue;
        hear(room, i, flight);
        room_step(room, i);
    }
}

/* All that arrived until now is heard before anybody steps. */
static void deliver_at_once(bench_room *room)
{
    while (room->flights_at < room->flights_count &&
           room->flights[room->flights_at].at <= room->now) {
        const bench_flight one = room->flights[room->flights_at++];
        for (uint32_t i = 0; i < room->awake; i++)
            if (does_hear(room, i, one.from)) hear(room, i, &one);
        free(one.bytes);
    }
    if (room->flights_at == room->flights_count) room->flights_at = room->flights_count = 0;
    for (uint32_t i = 0; i < room->awake; i++)
        room_step(room, i);
}

static void deliver(bench_room *room)
{
    while (room->flights_at < room->flights_count &&
           room->flights[room->flights_at].at <= room->now) {
        const bench_flight one = room->flights[room->flights_at++];
        arrive(room, &one);
        free(one.bytes);
    }
    if (room->flights_at == room->flights_count) room->flights_at = room->flights_count = 0;
}

/* ---- Stepping ---- */

static void count(room_traffic *traffic, const mjl_packet *packet)
{
    traffic->packets++;
    traffic->bytes += packet->bytes.size;
    if (packet->resend != 0) {
        traffic->resends++;
        traffic->resend_bytes += packet->bytes.size;
    } else if (packet->kind == MJL_PACKET_STATEMENT) {
        traffic->statements++;
        traffic->statement_bytes += packet->bytes.size;
    } else if (packet->kind == MJL_PACKET_PLACE) {
        traffic->places++;
        traffic->place_bytes += packet->bytes.size;
    } else if (packet->kind == MJL_PACKET_COMMIT) {
        traffic->commits++;
        traffic->commit_bytes += packet->bytes.size;
    }
    traffic->knocks += packet->kind == MJL_PACKET_KNOCK;
}

void room_step(bench_room *room, uint32_t index)
{
    mjl_profile *const profile = room->members[index].profile;
    mjl_result stepped = MJL_BUDGET_SPENT;
    while (stepped == MJL_BUDGET_SPENT)
        stepped = mjl_profile_step(profile, room->now);
    room_must(stepped, "step");
    mjl_packet packet;
    while (mjl_profile_next_packet(profile, &packet) == MJL_OK) {
        count(&room->traffic, &packet);
        count(&room->members[index].traffic, &packet);
        if (packet.resend != 0 && !is_ghost(room, index)) room->last_resend = room->now;
        /* A ghost knows of few who has what; who hears it has what it repeats. */
        if (packet.resend == 0 || !is_ghost(room, index)) put(room, index, packet.bytes);
        room_must(mjl_profile_packet_sent(profile, packet.number), "packet sent");
    }
    mjl_event event;
    uint64_t last = 0;
    while (mjl_profile_next_event(profile, &event) == MJL_OK)
        last = event.number > last ? event.number : last;
    if (last != 0) room_must(mjl_profile_event_settled(profile, last), "event settled");
}

static void turn(bench_room *room, mjl_time until)
{
    mjl_time next = until;
    mjl_time due;
    if (room->flights_at < room->flights_count && room->flights[room->flights_at].at < next)
        next = room->flights[room->flights_at].at;
    for (uint32_t i = 0; i < room->awake; i++) {
        if (mjl_profile_next_due(room->members[i].profile, &due) == MJL_OK && due < next)
            next = due;
    }
    if (next > room->now) room->now = next;
    if (room->quantum != 0) {
        room->now += room->quantum;
        deliver_at_once(room);
        return;
    }
    deliver(room);
    for (uint32_t i = 0; i < room->awake; i++) {
        if (mjl_profile_next_due(room->members[i].profile, &due) == MJL_OK && due <= room->now)
            room_step(room, i);
    }
}

void room_deliver_next_to(bench_room *room, uint32_t index)
{
    if (room->flights_at == room->flights_count) room_must(MJL_EMPTY, "deliver");
    const bench_flight one = room->flights[room->flights_at++];
    hear(room, index, &one);
    free(one.bytes);
    room_step(room, index);
}

void room_clear_bus(bench_room *room)
{
    for (; room->flights_at < room->flights_count; room->flights_at++)
        free(room->flights[room->flights_at].bytes);
}

void room_deliver_in_one_step(bench_room *room)
{
    const size_t count = room->flights_count; /* What the steps send stays on the bus. */
    for (; room->flights_at < count; room->flights_at++) {
        const bench_flight one = room->flights[room->flights_at];
        if (one.at > room->now) room->now = one.at;
        for (uint32_t i = 0; i < room->awake; i++)
            if (does_hear(room, i, one.from)) hear(room, i, &one);
        free(one.bytes);
    }
    for (uint32_t i = 0; i < room->awake; i++)
        room_step(room, i);
}

void room_run(bench_room *room, mjl_time duration)
{
    const mjl_time until = room->now + duration;
    while (room->now < until)
        turn(room, until);
}

/* Do all who are awake live in an epoch of everybody? */
static bool is_gathered(const bench_room *room)
{
    for (uint32_t i = 0; i < room->awake; i++) {
        mjl_session_info info;
        const mjl_session *session = mjl_profile_session(room->members[i].profile, 0);
        if (session == NULL) return false;
        mjl_session_get_info(session, &info);
        if (info.state != MJL_SESSION_LIVE || info.members_count != room->present) return false;
    }
    return true;
}

static bool is_settled(const bench_room *room)
{
    if (room->flights_at < room->flights_count || !is_gathered(room)) return false;
    for (uint32_t i = 0; i < room->awake; i++) {
        if (is_ghost(room, i)) continue;
        mjl_session_info info;
        mjl_session_get_info(mjl_profile_session(room->members[i].profile, 0), &info);
        if (info.unacked_count != 0 || info.pending_count != 0) return false;
    }
    return true;
}

/* Invites whoever asks and was not invited yet: a request stays until its member has joined. */
static void invite_all(bench_room *room, uint8_t *invited)
{
    mjl_session *const session = room_session(room, 0);
    mjl_join_request_info request;
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++) {
        for (uint32_t k = room->present - 1; k > 0; k--) { /* Those who ask came last. */
            const mjl_member_id id = mjl_profile_member(room->members[k].profile);
            if (memcmp(&id, &request.requester, sizeof id) != 0) continue;
            mjl_intent intent;
            if (!invited[k] && mjl_session_invite(session, room->now, &id, &intent) == MJL_OK) {
                invited[k] = 1;
            }
            break;
        }
    }
    room_step(room, 0);
}

mjl_time room_settle(bench_room *room)
{
    const mjl_time begin = room->now;
    while (!is_settled(room)) {
        if (room->now - begin > patience) room_must(MJL_NOT_CONFIRMED, "settle");
        turn(room, room->now + 1000);
    }
    return room->now - begin;
}

/* ---- Gathering ---- */

static bool is_remembering(const bench_room *room, uint32_t index)
{
    enum { LISTENERS = 2 };
    return !room->config.is_toy || index < LISTENERS;
}

static void open_profile(bench_room *room, uint32_t index, mjl_store *store)
{
    static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {7};
    member *const of = &room->members[index];
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "member%u", index);
    mjl_profile_config config = {
        .size = sizeof config, .now = room->now, .store_key = key, .store = store};
    config.random = (mjl_random){of, fill};
    config.suites = room->config.is_toy ? &toy_suites : NULL;
    config.display_name = mjl_bytes_text(name);
    room_must(mjl_profile_open(&config, &of->profile), "open");
}

static void open_member(bench_room *room, uint32_t index)
{
    member *const of = &room->members[index];
    mjl_store *store;
    of->seed = room->config.seed * 1000003 + index;
    if (room->config.sqlite_folder == NULL) {
        room_must(mjl_memory_disk_new(&of->disk), "disk");
        room_must(is_remembering(room, index) ? mjl_store_memory_open(of->disk, &store)
                                              : lean_disk_open(of->disk, &store),
                  "store");
    } else {
        char path[PATH_ROOM];
        snprintf(path, sizeof path, "%s/member%u", room->config.sqlite_folder, index);
        room_must(mjl_store_sqlite_open(path, MJL_STORE_OPEN_OR_MAKE, &store), "store");
    }
    open_profile(room, index, store);
}

/* Large arrays are mapped beside the heap. */
static size_t from_allocator(const bench_room *room)
{
    if (room->config.memory != NULL) return room->config.memory();
    const struct mallinfo2 all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

size_t room_reopen(bench_room *room, uint32_t index)
{
    member *const of = &room->members[index];
    mjl_store *store;
    const size_t before = from_allocator(room);
    mjl_profile_close(of->profile);
    const size_t held = before - from_allocator(room);
    room_must(mjl_store_memory_open(of->disk, &store), "store");
    open_profile(room, index, store);
    room_step(room, index);
    return held;
}

static void join(bench_room *room, uint32_t index)
{
    const mjl_join join = {
        .size = sizeof join, .room_name = mjl_bytes_text("room"), .pace = room->pace};
    mjl_session *session;
    room_must(mjl_session_join(room->members[index].profile, room->now, &join, &session), "join");
    room_step(room, index);
}

/* Nobody has anything to say but heartbeats, nor repeats anything to who has not spoken yet. */
static bool is_at_rest(const bench_room *room)
{
    enum { REST_BC_LATS = 12 };
    const mjl_time since = room->now - room->last_resend;
    return is_settled(room) && since >= REST_BC_LATS * (mjl_time)room->pace.bc_lat_ms;
}

static void gather_until(bench_room *room, bool (*is_done)(const bench_room *), uint8_t *invited)
{
    const mjl_time since = room->now;
    while (!is_done(room)) {
        if (room->now - since > patience) room_must(MJL_NOT_CONFIRMED, "gather");
        turn(room, room->now + 1000);
        invite_all(room, invited);
    }
}

static void create(bench_room *room)
{
    const mjl_create create = {
        .size = sizeof create, .room_name = mjl_bytes_text("room"), .pace = room->pace};
    mjl_session *session;
    room->awake = room->present = 1;
    room_must(mjl_session_create(room->members[0].profile, room->now, &create, &session), "create");
    room_step(room, 0);
}

/* Wave by wave, as many as may stand at the door. */
static void come_in(bench_room *room, uint32_t wanted, uint8_t *invited)
{
    while (room->present < wanted) {
        const uint32_t begin = room->present;
        const uint32_t left = wanted - begin;
        room->present += left < MJL_JOIN_REQUESTS_MAX ? left : MJL_JOIN_REQUESTS_MAX;
        room->awake = room->present; /* Later ones do not listen yet. */
        for (uint32_t i = begin; i < room->present; i++)
            join(room, i);
        gather_until(room, is_gathered, invited);
    }
}

static void gather(bench_room *room)
{
    enum { QUANTUM_MS = 500 };
    const uint32_t loss = room->config.loss_permille;
    const uint32_t wanted = room->config.members_count;
    uint8_t *const invited = calloc(wanted, 1);
    if (invited == NULL) room_must(MJL_OUT_OF_MEMORY, "calloc");
    room->config.loss_permille = 0;
    room->quantum = QUANTUM_MS;
    create(room);
    come_in(room, wanted, invited);
    gather_until(room, is_at_rest, invited);
    if (room->config.ghosts_count > 0) room_keep_awake(room, wanted - room->config.ghosts_count);
    room->config.loss_permille = loss;
    room->quantum = 0;
    free(invited);
}

bench_room *room_gather(const room_config *config)
{
    const mjl_pace quick = {MJL_BC_LAT_MS_QUICK, MJL_M_INTV_MS_QUICK};
    const mjl_pace calm = {MJL_BC_LAT_MS_DEFAULT, MJL_M_INTV_MS_DEFAULT};
    bench_room *const made = calloc(1, sizeof *made);
    if (made == NULL || sodium_init() < 0) room_must(MJL_OUT_OF_MEMORY, "calloc");
    made->config = *config;
    made->pace = config->is_toy ? calm : quick;
    made->now = beginning;
    made->chance = config->seed * 2 + 1;
    made->members = calloc(config->members_count, sizeof *made->members);
    if (made->members == NULL) room_must(MJL_OUT_OF_MEMORY, "calloc");
    for (uint32_t i = 0; i < config->members_count; i++)
        open_member(made, i);
    gather(made);
    room_traffic_clear(made);
    return made;
}

void room_free(bench_room *room)
{
    for (uint32_t i = 0; i < room->config.members_count; i++) {
        mjl_profile_close(room->members[i].profile);
        mjl_memory_disk_free(room->members[i].disk);
    }
    for (size_t i = room->flights_at; i < room->flights_count; i++)
        free(room->flights[i].bytes);
    free(room->flights);
    free(room->members);
    free(room);
}

/* ---- Reading ---- */

mjl_profile *room_profile(bench_room *room, uint32_t index)
{
    return room->members[index].profile;
}

mjl_session *room_session(bench_room *room, uint32_t index)
{
    return mjl_profile_session(room->members[index].profile, 0);
}

mjl_time room_now(const bench_room *room)
{
    return room->now;
}

void room_set_loss(bench_room *room, uint32_t loss_permille)
{
    room->config.loss_permille = loss_permille;
}

void room_say(bench_room *room, uint32_t index, mjl_bytes body)
{
    const mjl_say say = {.size = sizeof say, .body = body};
    room_must(mjl_session_say(room_session(room, index), room->now, &say, NULL, NULL), "say");
}

const room_traffic *room_traffic_of(const bench_room *room)
{
    return &room->traffic;
}

const room_traffic *room_traffic_of_member(const bench_room *room, uint32_t index)
{
    return &room->members[index].traffic;
}

void room_keep_awake(bench_room *room, uint32_t members_count)
{
    room->awake = members_count;
}

void room_traffic_clear(bench_room *room)
{
    room->traffic = (room_traffic){0};
    for (uint32_t i = 0; i < room->config.members_count; i++)
        room->members[i].traffic = (room_traffic){0};
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
    (void)stat;
    (void)kind;
    (void)where;
    return remove(path);
}

bool room_remove_folder(const char *folder)
{
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0;
}
