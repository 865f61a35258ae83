#include "party.h"

#include <stdio.h>

#include "majlis/limits.h"
#include "majlis/result.h"

const uint8_t party_store_key[MJL_STORE_SEALING_KEY_SIZE] = {7};

enum { START = 1000000, GATHER_MS = 120000, TICK_MS = 200, TURNS_MAX = 4000 };

mjl_result party_open_disk(const party *of, mjl_memory_disk *disk, fuzz_chance *chance,
                           mjl_profile **profile)
{
    mjl_profile_config config = {.size = sizeof config, .now = of->now, .suites = of->suites};
    config.store_key = party_store_key;
    config.random = fuzz_random(chance);
    config.display_name = mjl_bytes_text("member");
    const mjl_result result = mjl_store_memory_open(disk, &config.store);
    assert(result == MJL_OK);
    return mjl_profile_open(&config, profile);
}

static void open_member(party *of, uint32_t i)
{
    party_member *const member = &of->members[i];
    const mjl_result result = party_open_disk(of, member->disk, &member->chance, &member->profile);
    if (result != MJL_OK) fprintf(stderr, "reopened: %s\n", mjl_result_name(result));
    assert(result == MJL_OK);
}

mjl_session *party_session(const party *of, uint32_t member)
{
    mjl_profile *const profile = of->members[member].profile;
    return profile == NULL ? NULL : mjl_profile_session(profile, 0);
}

/* ---- Packets ---- */

void party_drop_packet(party *of, size_t i)
{
    assert(i < of->packets_count);
    mjl_buffer_clear(&of->packets[i].bytes);
    of->packets_count--;
    memmove(of->packets + i, of->packets + i + 1, (of->packets_count - i) * sizeof *of->packets);
}

static void collect_packets(party *of, uint32_t from)
{
    mjl_profile *const profile = of->members[from].profile;
    mjl_packet packet;
    while (mjl_profile_next_packet(profile, &packet) == MJL_OK) {
        if (of->packets_count == PARTY_PACKETS_MAX) party_drop_packet(of, 0);
        party_packet *const added = &of->packets[of->packets_count++];
        *added = (party_packet){.from = from, .kind = packet.kind, .had = (uint8_t)(1U << from)};
        mjl_result result = mjl_buffer_append(&added->bytes, packet.bytes);
        assert(result == MJL_OK && packet.bytes.size <= MJL_PACKET_SIZE_MAX);
        result = mjl_profile_packet_sent(profile, packet.number);
        assert(result == MJL_OK);
    }
}

/* ---- Events: a message is told in one event, whatever happens; the event may come again ---- */

static void hear(party_member *member, const mjl_event *event)
{
    for (size_t i = 0; i < member->heard_count; i++) {
        const party_heard *had = &member->heard[i];
        if (memcmp(&had->message, &event->message, sizeof had->message) != 0) continue;
        assert(had->event == event->number);
        return;
    }
    if (member->heard_count == PARTY_HEARD_MAX) return;
    member->heard[member->heard_count++] = (party_heard){event->message, event->number};
}

static void collect_events(party_member *member)
{
    mjl_event event;
    while (mjl_profile_next_event(member->profile, &event) == MJL_OK) {
        if (event.kind == MJL_EVENT_MESSAGE) hear(member, &event);
        if (event.number == 0) continue;
        const mjl_result result = mjl_profile_event_settled(member->profile, event.number);
        assert(result == MJL_OK);
    }
}

/* ---- Steps ---- */

bool party_step(party *of, uint32_t i)
{
    party_member *const member = &of->members[i];
    if (member->profile == NULL) return false;
    const mjl_result result = mjl_profile_step(member->profile, of->now);
    fuzz_defined(result);
    if (result != MJL_OK && result != MJL_BUDGET_SPENT) {
        assert(result != MJL_BUG);
        return false;
    }
    const mjl_result sound = mjl_profile_check(member->profile);
    assert(sound == MJL_OK);
    collect_packets(of, i);
    collect_events(member);
    return true;
}

void party_step_all(party *of)
{
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++)
        party_step(of, i);
}

bool party_receive(party *of, uint32_t i, mjl_bytes packet, mjl_verdict *verdict)
{
    mjl_profile *const profile = of->members[i].profile;
    if (profile == NULL) return false;
    const mjl_result result = mjl_profile_receive(profile, of->now, 1, packet, verdict);
    if (result != MJL_OK) fprintf(stderr, "receive: %s\n", mjl_result_name(result));
    assert(result == MJL_OK || result == MJL_FULL || result == MJL_STORE_FAILED);
    if (result != MJL_OK) return false;
    assert(verdict->kind < MJL_VERDICT_COUNT);
    fuzz_defined(verdict->why);
    assert((verdict->kind != MJL_VERDICT_REJECTED) || verdict->why != MJL_OK);
    return true;
}

/* Answers which members were handed something, as bits. */
static uint8_t deliver(party *of)
{
    uint8_t touched = 0;
    for (size_t n = of->packets_count; n > 0; n--) {
        for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
            mjl_verdict verdict;
            const party_packet *packet = &of->packets[0];
            if ((packet->had >> i & 1) != 0) continue;
            party_receive(of, i, mjl_buffer_bytes(&packet->bytes), &verdict);
            touched |= (uint8_t)(1U << i);
        }
        party_drop_packet(of, 0);
    }
    return touched;
}

/* The earliest instant at which a member has something to do; INT64_MAX. */
static mjl_time due_of(const party *of, uint32_t i)
{
    mjl_time due;
    const mjl_profile *profile = of->members[i].profile;
    return profile != NULL && mjl_profile_next_due(profile, &due) == MJL_OK ? due : INT64_MAX;
}

/* In steps as wide as what is due wants them. */
void party_run(party *of, mjl_time duration)
{
    const mjl_time until = of->now + duration;
    party_step_all(of);
    for (size_t turn = 0; of->now < until && turn < TURNS_MAX; turn++) {
        const uint8_t touched = deliver(of);
        for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
            if ((touched >> i & 1) != 0 || due_of(of, i) <= of->now) party_step(of, i);
        }
        mjl_time next = until;
        for (uint32_t i = 0; i < PARTY_MEMBERS && of->packets_count == 0; i++) {
            if (due_of(of, i) < next) next = due_of(of, i);
        }
        if (of->packets_count != 0 && of->now + TICK_MS < until) next = of->now + TICK_MS;
        of->now = next > of->now ? next : of->now + 1;
    }
}

void party_close(party *of, uint32_t member)
{
    mjl_profile_close(of->members[member].profile);
    of->members[member].profile = NULL;
}

void party_reopen(party *of, uint32_t member)
{
    party_close(of, member);
    open_member(of, member);
}

/* ---- Gathering ---- */

static void ask(party *of, uint32_t i)
{
    mjl_join join = {.size = sizeof join, .pace = {MJL_BC_LAT_MS_QUICK, MJL_M_INTV_MS_QUICK}};
    join.room_name = mjl_bytes_text("room");
    mjl_session *session;
    const mjl_result result = mjl_session_join(of->members[i].profile, of->now, &join, &session);
    assert(result == MJL_OK);
    party_run(of, TICK_MS);
}

static void admit(party *of, uint32_t i)
{
    ask(of, i);
    const mjl_member_id id = mjl_profile_member(of->members[i].profile);
    mjl_intent intent;
    const mjl_result result = mjl_session_invite(party_session(of, 0), of->now, &id, &intent);
    assert(result == MJL_OK);
    bool was_let_in = false;
    for (size_t turn = 0; !was_let_in && turn < GATHER_MS / TICK_MS; turn++) {
        mjl_session_info info;
        party_run(of, TICK_MS);
        mjl_session_get_info(party_session(of, i), &info);
        was_let_in = info.state == MJL_SESSION_LIVE;
    }
    assert(was_let_in);
}

static void create(party *of)
{
    mjl_create create = {.size = sizeof create, .pace = {MJL_BC_LAT_MS_QUICK, MJL_M_INTV_MS_QUICK}};
    create.room_name = mjl_bytes_text("room");
    mjl_session *session;
    const mjl_result result =
        mjl_session_create(of->members[0].profile, of->now, &create, &session);
    assert(result == MJL_OK);
}

static void greet(party *of, uint32_t i)
{
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("hello")};
    const mjl_result result = mjl_session_say(party_session(of, i), of->now, &say, NULL, NULL);
    assert(result == MJL_OK);
    party_run(of, TICK_MS);
}

static party *gather(const mjl_mls_suites *suites)
{
    party *const made = calloc(1, sizeof *made);
    assert(made != NULL);
    made->suites = suites;
    made->now = START;
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
        made->members[i].chance.seed = 100 + i;
        const mjl_result result = mjl_memory_disk_new(&made->members[i].disk);
        assert(result == MJL_OK);
        open_member(made, i);
    }
    create(made);
    admit(made, 1);
    admit(made, 2);
    for (uint32_t i = 0; i < 3; i++)
        greet(made, i);
    party_run(made, 4000);
    ask(made, 3);
    party_step_all(made);
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++)
        party_close(made, i); /* Their disks say it all. */
    while (made->packets_count > 0)
        party_drop_packet(made, 0);
    return made;
}

const party *party_gathered(const mjl_mls_suites *suites)
{
    static party *gathered[4];
    static size_t count = 0;
    for (size_t i = 0; i < count; i++) {
        if (gathered[i]->suites == suites) return gathered[i];
    }
    assert(count < sizeof gathered / sizeof gathered[0]);
    gathered[count] = gather(suites);
    return gathered[count++];
}

party *party_copy(const party *of)
{
    party *const made = calloc(1, sizeof *made);
    assert(made != NULL);
    made->suites = of->suites;
    made->now = of->now;
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
        const party_member *from = &of->members[i];
        party_member *const to = &made->members[i];
        to->chance = from->chance;
        memcpy(to->heard, from->heard, sizeof to->heard);
        to->heard_count = from->heard_count;
        const mjl_result result = mjl_memory_disk_copy(from->disk, &to->disk);
        assert(result == MJL_OK);
        open_member(made, i);
    }
    return made;
}

void party_free(party *of)
{
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
        party_close(of, i);
        mjl_memory_disk_free(of->members[i].disk);
        mjl_memory_disk_free(of->members[i].copy);
    }
    while (of->packets_count > 0)
        party_drop_packet(of, 0);
    free(of);
}
