#include "script.h"

#include <sodium.h>
#include <stdio.h>

#include "majlis/event.h"
#include "majlis/evidence.h"
#include "majlis/limits.h"
#include "majlis/loopback.h"

enum {
    ANNA,
    BERT,
    CARL,
    DORA, /* Asks and is refused. */
    LARGE_BODY_SIZE = MJL_BODY_SIZE_MAX + 5000,
    START = 1700000000,
    SEED = 4711
};

typedef struct member {
    mjl_memory_disk *disk;
    mjl_profile *profile;
    mjl_recorder *recorder;
    mjl_buffer *log;
    uint64_t number, draws;
    uint64_t unconfirmed; /* A packet that left; 0: none. */
    bool random_fails;
    uint64_t events_seen;
} member;

typedef struct play {
    member members[SCRIPT_MEMBERS];
    mjl_network *network;
    mjl_time now;
} play;

static void must_be(mjl_result expected, mjl_result result, const char *what)
{
    if (result == expected) return;
    fprintf(stderr, "script: %s: %s, not %s\n", what, mjl_result_name(result),
            mjl_result_name(expected));
    exit(1);
}

#define must(call) must_be(MJL_OK, call, #call)

/* ---- A member ---- */

static mjl_result append_to_log(void *context, mjl_bytes bytes)
{
    return mjl_buffer_append(context, bytes);
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    member *const self = context;
    uint8_t key[crypto_stream_chacha20_KEYBYTES] = {0};
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    if (self->random_fails) return MJL_NO_RANDOM;
    key[0] = (uint8_t)(self->number + 1);
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(self->draws >> (56 - 8 * i));
    self->draws++;
    crypto_stream_chacha20(out, size, nonce, key);
    return MJL_OK;
}

static void open_member(play *the, uint32_t i)
{
    static const char *const names[] = {"Anna", "Bert", "Carl", "Dora"};
    static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {3};
    static const mjl_padding padding = {1, {{0, 256}}};
    member *const self = &the->members[i];
    mjl_profile_config config = {.size = sizeof config, .store_key = key, .now = the->now};
    config.random.context = self;
    config.random.fill = fill;
    config.recorder = self->recorder;
    config.display_name = mjl_bytes_text(names[i]);
    if (i == BERT) config.user_id = mjl_bytes_text("bert@example.org");
    if (i == CARL) config.padding = &padding;
    must(mjl_store_memory_open(self->disk, &config.store));
    must(mjl_profile_open(&config, &self->profile));
}

static void close_member(play *the, uint32_t i)
{
    mjl_profile_close(the->members[i].profile);
    the->members[i].profile = NULL;
    the->members[i].unconfirmed = 0;
}

static mjl_session *room_of(const play *the, uint32_t i)
{
    return mjl_profile_session(the->members[i].profile, 0);
}

static void drain(play *the, uint32_t i)
{
    member *const self = &the->members[i];
    mjl_packet packet;
    while (mjl_profile_next_packet(self->profile, &packet) == MJL_OK) {
        must(mjl_network_send(the->network, the->now, i, packet.bytes));
        /* Some are confirmed when more leave, or not before the next opening. */
        if (self->unconfirmed != 0) must(mjl_profile_packet_sent(self->profile, self->unconfirmed));
        self->unconfirmed = packet.number % 5 == 0 ? packet.number : 0;
        if (self->unconfirmed == 0) must(mjl_profile_packet_sent(self->profile, packet.number));
    }
    mjl_event event;
    uint64_t last = 0;
    while (mjl_profile_next_event(self->profile, &event) == MJL_OK) {
        if (event.number != 0) last = event.number;
        self->events_seen++;
    }
    /* All but the last, which comes again after an opening. */
    if (last > 1) mjl_profile_event_settled(self->profile, last - 1);
}

static void step(play *the, uint32_t i)
{
    must(mjl_profile_step(the->members[i].profile, the->now));
    drain(the, i);
}

/* ---- Time ---- */

static void deliver(play *the)
{
    mjl_network_arrival arrival;
    while (mjl_network_take(the->network, the->now, &arrival) == MJL_OK) {
        mjl_profile *profile = the->members[arrival.to].profile;
        mjl_verdict verdict;
        if (profile == NULL) continue;
        must(mjl_profile_receive(profile, the->now, 1 + arrival.from, arrival.packet, &verdict));
    }
}

static mjl_time next_instant(const play *the, mjl_time until)
{
    mjl_time due;
    mjl_time next = until;
    if (mjl_network_next_due(the->network, &due) == MJL_OK && due < next) next = due;
    for (uint32_t i = 0; i < SCRIPT_MEMBERS; i++) {
        const mjl_profile *profile = the->members[i].profile;
        if (profile == NULL || mjl_profile_next_due(profile, &due) != MJL_OK) continue;
        if (due < next) next = due;
    }
    return next > the->now ? next : the->now;
}

static void run(play *the, mjl_time duration)
{
    const mjl_time until = the->now + duration;
    while (the->now < until) {
        /* At most twenty turns a second: fewer steps, more in each. */
        const mjl_time next = next_instant(the, until);
        the->now = next < the->now + 50 ? the->now + 50 : next;
        deliver(the);
        for (uint32_t i = 0; i < SCRIPT_MEMBERS; i++) {
            if (the->members[i].profile != NULL) step(the, i);
        }
    }
}

/* ---- What they do ---- */

static mjl_message_id say(play *the, uint32_t i, mjl_say say)
{
    mjl_message_id id;
    mjl_said said;
    say.size = sizeof say;
    must(mjl_session_say(room_of(the, i), the->now, &say, &id, &said));
    step(the, i);
    return id;
}

static void enter(play *the)
{
    const mjl_pace pace = {MJL_BC_LAT_MS_QUICK, MJL_M_INTV_MS_QUICK};
    mjl_create create = {.size = sizeof create, .pace = pace};
    mjl_join join = {.size = sizeof join, .pace = pace};
    mjl_session *session;
    create.room_name = join.room_name = mjl_bytes_text("tea");
    create.room_secret = join.room_secret = mjl_bytes_text("open sesame");
    must(mjl_session_create(the->members[ANNA].profile, the->now, &create, &session));
    for (uint32_t i = BERT; i <= DORA; i++)
        must(mjl_session_join(the->members[i].profile, the->now, &join, &session));
    run(the, 1000);
}

static void let_in(play *the)
{
    const mjl_member_id dora = mjl_profile_member(the->members[DORA].profile);
    for (uint32_t i = BERT; i <= CARL; i++) {
        const mjl_member_id asking = mjl_profile_member(the->members[i].profile);
        mjl_intent intent;
        must(mjl_session_invite(room_of(the, ANNA), the->now, &asking, &intent));
    }
    must(mjl_session_refuse(room_of(the, ANNA), the->now, &dora));
    must(mjl_session_leave(room_of(the, DORA), the->now));
    run(the, 20000);
    for (uint32_t i = ANNA; i <= CARL; i++) {
        mjl_session_info info;
        mjl_session_get_info(room_of(the, i), &info);
        must_be(MJL_OK, info.members_count == 3 ? MJL_OK : MJL_BUG, "three members");
    }
}

static void talk(play *the)
{
    static uint8_t large[LARGE_BODY_SIZE];
    mjl_say first = {.body = mjl_bytes_text("peace"), .token = {1, 2, 3}};
    const mjl_message_id said = say(the, ANNA, first);
    say(the, ANNA, first); /* The same token: once. */
    run(the, 1000);
    mjl_say reply = {.body = mjl_bytes_text("and on you"), .has_reply_to = true};
    reply.reply_to = said;
    reply.media_type = mjl_bytes_text("text/markdown");
    reply.if_grown = MJL_IF_GROWN_SEND;
    say(the, BERT, reply);
    memset(large, 'x', sizeof large);
    const mjl_say all = {.body = mjl_bytes_of(large, sizeof large)};
    say(the, CARL, all);
    run(the, 20000);
    must_be(MJL_NOT_FOUND, mjl_session_agree(room_of(the, CARL), the->now, &said), "agree");
    must_be(MJL_NOT_FOUND, mjl_session_evidence_dismiss(room_of(the, CARL), the->now, 1),
            "dismiss");
}

/* Each for itself for a while: warnings come and go. */
static void be_apart(play *the)
{
    const uint32_t sides[SCRIPT_MEMBERS] = {1, 1, 2, 2};
    const mjl_member_id bert = mjl_profile_member(the->members[BERT].profile);
    const mjl_say lonely = {.body = mjl_bytes_text("is there anybody?")};
    mjl_intent intent;
    mjl_profile *const anna = the->members[ANNA].profile;
    must(mjl_profile_note_set(anna, mjl_bytes_text("cursor"), mjl_bytes_text("17")));
    must(mjl_session_set_verified(room_of(the, ANNA), the->now, &bert, MJL_VERIFIED));
    must(mjl_session_away(room_of(the, CARL), the->now, 60000));
    must(mjl_profile_transport_state(anna, the->now, 1, MJL_TRANSPORT_UP));
    must(mjl_profile_transport_state(anna, the->now, 2, MJL_TRANSPORT_DOWN_NOW));
    mjl_network_partition(the->network, sides);
    say(the, ANNA, lonely);
    say(the, CARL, lonely);
    must(mjl_session_refresh(room_of(the, BERT), the->now, &intent));
    must(mjl_session_refresh(room_of(the, CARL), the->now, &intent));
    run(the, 20000);
    mjl_network_partition(the->network, NULL);
    must(mjl_profile_transport_state(anna, the->now, 2, MJL_TRANSPORT_UP));
    run(the, 20000);
}

/* A process that ends, a disk that is full, a random source that fails. */
static void fail(play *the)
{
    member *const carl = &the->members[CARL];
    const mjl_say lost = {.size = sizeof lost, .body = mjl_bytes_text("never said")};
    mjl_message_id id;
    close_member(the, ANNA);
    run(the, 2000);
    open_member(the, ANNA);
    mjl_memory_disk_fail_after(carl->disk, 0, MJL_STORE_FULL);
    must(mjl_session_say(room_of(the, CARL), the->now, &lost, &id, NULL));
    must_be(MJL_STORE_FULL, mjl_profile_step(carl->profile, the->now), "a full disk");
    must_be(MJL_STORE_FAILED, mjl_profile_step(carl->profile, the->now), "a failed profile");
    close_member(the, CARL);
    open_member(the, CARL);
    carl->random_fails = true;
    must_be(MJL_NO_RANDOM, mjl_session_say(room_of(the, CARL), the->now, &lost, &id, NULL),
            "no random");
    close_member(the, CARL);
    carl->random_fails = false;
    open_member(the, CARL);
    must(mjl_profile_note_set(carl->profile, mjl_bytes_text("cursor"), mjl_bytes_text("18")));
    carl->random_fails = true;
    must_be(MJL_NO_RANDOM, mjl_profile_step(carl->profile, the->now), "no random to seal with");
    close_member(the, CARL);
    carl->random_fails = false;
    open_member(the, CARL);
    run(the, 10000);
}

/* Carl gives up what he is here, and comes back under another key. */
static mjl_member_id come_back(play *the)
{
    mjl_join_request_info request;
    mjl_intent intent;
    must(mjl_session_rejoin(room_of(the, CARL), the->now));
    run(the, 3000);
    /* Who was heard lately needs no restoring to the others. */
    close_member(the, CARL);
    run(the, 60000);
    open_member(the, CARL);
    run(the, 3000);
    must(mjl_session_join_request(room_of(the, ANNA), 0, &request));
    must(mjl_session_restore(room_of(the, ANNA), the->now, &request.requester, &intent));
    const mjl_member_id again = request.requester;
    run(the, 10000);
    return again;
}

static void part(play *the)
{
    const mjl_member_id carl = come_back(the);
    mjl_intent intent;
    must(mjl_session_exclude(room_of(the, ANNA), the->now, &carl, &intent));
    run(the, 10000);
    must(mjl_session_leave(room_of(the, BERT), the->now));
    run(the, 20000);
}

void script_play(uint32_t hash_every, script_logs *logs)
{
    play the = {.now = (mjl_time)START * 1000};
    const mjl_network_link link = {
        .loss = 50, .duplicate = 20, .reorder = 20, .delay_ms_min = 5, .delay_ms_max = 60};
    memset(logs, 0, sizeof *logs);
    must_be(MJL_OK, sodium_init() < 0 ? MJL_BUG : MJL_OK, "sodium");
    must(mjl_network_new(SEED, SCRIPT_MEMBERS, &the.network));
    mjl_network_set_all_links(the.network, &link);
    for (uint32_t i = 0; i < SCRIPT_MEMBERS; i++) {
        mjl_recorder_config config = {.size = sizeof config, .write = append_to_log};
        config.context = &logs->logs[i];
        config.hash_every = hash_every;
        the.members[i].number = i;
        must(mjl_recorder_new(&config, &the.members[i].recorder));
        must(mjl_memory_disk_new(&the.members[i].disk));
        open_member(&the, i);
    }
    enter(&the);
    let_in(&the);
    talk(&the);
    be_apart(&the);
    fail(&the);
    part(&the);
    for (uint32_t i = 0; i < SCRIPT_MEMBERS; i++) {
        close_member(&the, i);
        must(mjl_recorder_failure(the.members[i].recorder));
        mjl_recorder_free(the.members[i].recorder);
        mjl_memory_disk_free(the.members[i].disk);
    }
    mjl_network_free(the.network);
}

void script_logs_clear(script_logs *logs)
{
    for (size_t i = 0; i < SCRIPT_MEMBERS; i++)
        mjl_buffer_clear(&logs->logs[i]);
}

mjl_result script_read(void *context, uint8_t *out, size_t room, size_t *size)
{
    script_reader *const reader = context;
    const size_t left = reader->log.size - reader->at;
    *size = left < room ? left : room;
    if (*size > 0) memcpy(out, reader->log.data + reader->at, *size);
    reader->at += *size;
    return MJL_OK;
}
