/*
 * Bytes as a sequence of what members, users and the network do: the conversation as a whole, with
 * a network that does anything, disks that fall back, and calls that nobody sane makes.
 *
 *      each two bytes: [ operation ][ who ], then what the operation wants
 *
 * Oracle: the party's own (sound after each step, no message told twice, defined verdicts).
 */
#include "members.h"
#include "party.h"

#include "../toy/toy_suite.h"

enum { OPERATIONS_MAX = 48, BIG_BODY = 70000 };

typedef struct play {
    party *party;
    fuzz_script script;
    uint32_t who;
} play;

static mjl_profile *profile_of(const play *in)
{
    return in->party->members[in->who].profile;
}

static mjl_session *session_of(const play *in)
{
    mjl_profile *const profile = profile_of(in);
    return profile == NULL ? NULL : party_session(in->party, in->who);
}

/* A call may be refused; a bug may not. */
static void answered(mjl_result result)
{
    fuzz_defined(result);
    assert(result != MJL_BUG);
}

static void refused(mjl_result result)
{
    answered(result);
    assert(result != MJL_OK);
}

/* ---- Users ---- */

static void say(play *in)
{
    static uint8_t big[BIG_BODY];
    mjl_say said = {.size = sizeof said};
    const uint8_t how = fuzz_take(&in->script);
    const mjl_bytes body = fuzz_take_bytes(&in->script, how & 15);
    said.body = (how & 16) != 0 ? mjl_bytes_of(big, sizeof big - (how & 15)) : body;
    said.media_type = (how & 32) != 0 ? body : mjl_bytes_of(NULL, 0);
    said.token[0] = (how & 64) != 0 ? 1 : 0;
    said.has_reply_to = (how & 128) != 0;
    said.if_grown = (mjl_if_grown)(how >> 6 & 1);
    mjl_session *const session = session_of(in);
    if (session != NULL) answered(mjl_session_say(session, in->party->now, &said, NULL, NULL));
}

/* A member's id by its number: one that is not there yet is still an id. */
static mjl_member_id some_member(play *in)
{
    const uint32_t which = fuzz_take(&in->script) % (PARTY_MEMBERS + 1);
    const mjl_profile *profile = which < PARTY_MEMBERS ? in->party->members[which].profile : NULL;
    return profile == NULL ? (mjl_member_id){{9}} : mjl_profile_member(profile);
}

static void change_members(play *in, uint8_t how)
{
    mjl_session *const session = session_of(in);
    const mjl_member_id whom = some_member(in);
    const mjl_time now = in->party->now;
    mjl_intent intent;
    if (session == NULL) return;
    switch (how) {
    case 0:
        answered(mjl_session_invite(session, now, &whom, &intent));
        return;
    case 1:
        answered(mjl_session_exclude(session, now, &whom, &intent));
        return;
    case 2:
        answered(mjl_session_refuse(session, now, &whom));
        return;
    case 3:
        answered(mjl_session_refresh(session, now, &intent));
        return;
    default:
        answered(mjl_session_set_verified(session, now, &whom, (mjl_verified)(whom.bytes[0] & 1)));
    }
}

static void go(play *in, uint8_t how)
{
    mjl_session *const session = session_of(in);
    const mjl_time now = in->party->now;
    if (session == NULL) return;
    if (how == 0) {
        answered(mjl_session_leave(session, now));
    } else {
        answered(mjl_session_away(session, now, fuzz_take_number(&in->script, 4)));
    }
}

static void enter(play *in)
{
    mjl_profile *const profile = profile_of(in);
    const mjl_bytes name = fuzz_take_bytes(&in->script, fuzz_take(&in->script) & 7);
    const mjl_bytes room = name.size == 0 ? mjl_bytes_text("room") : name;
    mjl_session *session;
    if (profile == NULL) return;
    if ((fuzz_take(&in->script) & 1) == 0) {
        mjl_join join = {.size = sizeof join, .room_name = room, .pace = {500, 1000}};
        answered(mjl_session_join(profile, in->party->now, &join, &session));
    } else {
        mjl_create create = {.size = sizeof create, .room_name = room, .room_secret = name};
        answered(mjl_session_create(profile, in->party->now, &create, &session));
    }
}

/* ---- What nobody sane asks ---- */

static void ask_anything(play *in)
{
    mjl_session *const session = session_of(in);
    const uint64_t far = fuzz_take_number(&in->script, 8);
    mjl_id id = {{0}};
    mjl_member_info member;
    mjl_message_info message;
    mjl_transfer_info transfer;
    mjl_task_info task;
    mjl_warning_info warning;
    mjl_join_request_info request;
    bool has_it;
    uint8_t secret[32];
    memcpy(id.bytes, &far, sizeof far);
    if (session == NULL) return;
    answered(mjl_session_member(session, (size_t)far, &member));
    answered(mjl_session_message(session, (size_t)far, &message));
    answered(mjl_session_message(session, (size_t)(far & 7), &message));
    if (mjl_session_message(session, (size_t)(far & 7), &message) == MJL_OK) id = message.id;
    answered(mjl_session_message_by_id(session, &id, &message));
    answered(mjl_session_message_reader(session, &id, (size_t)(far >> 8 & 7), &id, &has_it));
    answered(mjl_session_transfer(session, (size_t)(far & 3), &transfer));
    answered(mjl_session_task(session, (size_t)(far & 63), &task));
    answered(mjl_session_warning(session, (size_t)(far & 7), &warning));
    answered(mjl_session_join_request(session, (size_t)(far & 3), &request));
    answered(mjl_session_agree(session, in->party->now, &id));
    answered(mjl_session_epoch_authenticator(session, secret));
    answered(mjl_profile_event_settled(profile_of(in), far));
    answered(mjl_profile_packet_sent(profile_of(in), far));
}

static void call_wrongly(play *in)
{
    mjl_profile *const profile = profile_of(in);
    mjl_session *const session = session_of(in);
    const mjl_time now = in->party->now;
    mjl_session *other;
    mjl_verdict verdict;
    mjl_intent intent;
    const mjl_say small = {.size = 1};
    const mjl_join join = {.size = 1};
    if (session == NULL) return;
    refused(mjl_session_say(session, now, &small, NULL, NULL));
    refused(mjl_session_say(session, now, NULL, NULL, NULL));
    refused(mjl_session_say(NULL, now, &small, NULL, NULL));
    refused(mjl_session_join(profile, now, &join, &other));
    refused(mjl_session_create(profile, now, NULL, &other));
    refused(mjl_session_invite(session, now, NULL, &intent));
    refused(mjl_session_exclude(session, now, NULL, &intent));
    refused(mjl_session_agree(session, now, NULL));
    refused(mjl_profile_receive(NULL, now, 1, mjl_bytes_of(NULL, 0), &verdict));
    refused(mjl_profile_receive(profile, now, 1, mjl_bytes_of(NULL, 0), NULL));
    answered(mjl_profile_receive(profile, INT64_MIN, 1, mjl_bytes_of(NULL, 0), &verdict));
    answered(
        mjl_profile_note_set(profile, mjl_bytes_text("note"), fuzz_take_bytes(&in->script, 3)));
}

/* ---- The network ---- */

static party_packet *some_packet(play *in)
{
    party *const of = in->party;
    const size_t back = fuzz_take(&in->script);
    return of->packets_count == 0 ? NULL
                                  : &of->packets[of->packets_count - 1 - back % of->packets_count];
}

static void hand_over(play *in)
{
    const party_packet *packet = some_packet(in);
    mjl_verdict verdict;
    if (packet == NULL) return;
    party_receive(in->party, in->who, mjl_buffer_bytes(&packet->bytes), &verdict);
}

static void hand_over_altered(play *in)
{
    const party_packet *packet = some_packet(in);
    mjl_buffer altered = {0};
    mjl_verdict verdict;
    const size_t at = fuzz_take_number(&in->script, 2);
    const uint8_t bits = fuzz_take(&in->script);
    if (packet == NULL || packet->bytes.size == 0) return;
    const mjl_result result = mjl_buffer_append(&altered, mjl_buffer_bytes(&packet->bytes));
    assert(result == MJL_OK);
    altered.data[at % altered.size] ^= bits;
    if (bits == 0) altered.size = at % altered.size;
    party_receive(in->party, in->who, mjl_buffer_bytes(&altered), &verdict);
    mjl_buffer_clear(&altered);
}

static void lose(play *in)
{
    const party_packet *packet = some_packet(in);
    if (packet != NULL) party_drop_packet(in->party, (size_t)(packet - in->party->packets));
}

/* ---- Processes and disks ---- */

static void keep_copy(play *in)
{
    party_member *const member = &in->party->members[in->who];
    mjl_memory_disk_free(member->copy);
    const mjl_result result = mjl_memory_disk_copy(member->disk, &member->copy);
    assert(result == MJL_OK);
}

/* What the copy says it tells again: the list of what was heard begins anew. */
static void fall_back(play *in)
{
    party_member *const member = &in->party->members[in->who];
    if (member->copy == NULL) return;
    party_close(in->party, in->who);
    mjl_memory_disk_free(member->disk);
    member->disk = member->copy;
    member->copy = NULL;
    member->heard_count = 0;
    member->chance.seed += 1000; /* Its randomness does not fall back. */
    party_reopen(in->party, in->who);
}

static void fail_store(play *in)
{
    party_member *const member = &in->party->members[in->who];
    if (member->profile == NULL) return;
    mjl_memory_disk_fail_after(member->disk, 0, MJL_STORE_FULL);
    if (!party_step(in->party, in->who)) {
        mjl_session_info info;
        if (session_of(in) != NULL) mjl_session_get_info(session_of(in), &info);
    }
    mjl_memory_disk_fail_after(member->disk, SIZE_MAX, MJL_STORE_FULL);
    party_reopen(in->party, in->who);
}

static void pass_time(play *in, uint8_t how)
{
    static const mjl_time longest[] = {1000, 20000, 600000, 8 * 86400000LL};
    const mjl_time duration = (mjl_time)(fuzz_take_number(&in->script, 4)) % longest[how & 3];
    if ((how & 4) != 0) {
        party_run(in->party, duration < 60000 ? duration : 60000);
    } else {
        in->party->now += duration;
        party_step_all(in->party);
    }
}

static void play_one(play *in)
{
    const uint8_t operation = fuzz_take(&in->script) % 24;
    in->who = fuzz_take(&in->script) % PARTY_MEMBERS;
    if (operation <= 3)
        say(in);
    else if (operation <= 8)
        change_members(in, operation - 4);
    else if (operation == 9)
        go(in, fuzz_take(&in->script) & 1);
    else if (operation == 10)
        enter(in);
    else if (operation == 11)
        ask_anything(in);
    else if (operation == 12)
        call_wrongly(in);
    else if (operation <= 14)
        hand_over(in);
    else if (operation == 15)
        hand_over_altered(in);
    else if (operation == 16)
        lose(in);
    else if (operation == 17)
        party_reopen(in->party, in->who);
    else if (operation == 18)
        keep_copy(in);
    else if (operation == 19)
        fall_back(in);
    else if (operation == 20)
        fail_store(in);
    else if (operation == 21)
        party_step(in->party, in->who);
    else
        pass_time(in, fuzz_take(&in->script));
}

void fuzz_steps(mjl_bytes input)
{
    play in = {.party = party_copy(party_gathered(&toy_suites)), .script = {input}};
    for (size_t i = 0; i < OPERATIONS_MAX && in.script.left.size > 0; i++)
        play_one(&in);
    party_step_all(in.party);
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++)
        party_reopen(in.party, i);
    party_run(in.party, 2000);
    party_free(in.party);
}
