#include "story.h"

#include "majlis/evidence.h"
#include "majlis/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>
#include <unistd.h>

enum {
    A = 0,
    B = 1,
    C = 2,
    SECRET_LIFETIME_MS = 60000,
    PATIENCE_MS = 3600000, /* Far more than any of this takes. */
    REFUSALS_MAX = 16      /* Of one call. */
};

mjl_result story_chance(void *random, uint8_t *out, size_t size)
{
    story_random *const drawn = random;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    drawn->calls++;
    memcpy(seed, &drawn->seed, sizeof drawn->seed);
    memcpy(seed + 8, &drawn->calls, sizeof drawn->calls);
    randombytes_buf_deterministic(out, size, seed);
    return MJL_OK;
}

/* ---- Around calls ---- */

static void enter(story *told, uint32_t member)
{
    if (told->teller->enter != NULL) told->teller->enter(told->teller->context, member);
}

static void leave(story *told, uint32_t member)
{
    if (told->teller->leave != NULL) told->teller->leave(told->teller->context, member);
}

static void close_member(story *told, uint32_t i)
{
    enter(told, i);
    mjl_profile_close(told->members[i].profile);
    leave(told, i);
    told->members[i].profile = NULL;
}

static void open_member(story *told, uint32_t i);

/* Whether it closed itself: then every call is refused, this one as well. */
static bool has_closed_itself(mjl_profile *profile)
{
    const mjl_result result = mjl_profile_packet_sent(profile, UINT64_MAX);
    assert_true(result == MJL_NOT_FOUND || result == MJL_STORE_FAILED);
    return result == MJL_STORE_FAILED;
}

/* After a result that says that there is no memory, or of a store that it is closed for want of it:
   the same call can be made again. */
static void recover(story *told, uint32_t i)
{
    story_member *const member = &told->members[i];
    assert_non_null(told->teller->refused);
    const bool is_closed = member->profile != NULL && has_closed_itself(member->profile);
    told->teller->refused(told->teller->context, told, i, is_closed);
    if (!is_closed) return;
    told->closings++;
    close_member(told, i);
    open_member(told, i);
}

/* Makes the call until memory is no reason to refuse it; `result` says how it ended. */
#define TELL(told, i, result, call)                                                                \
    do {                                                                                           \
        for (size_t tries_ = 0;; tries_++) {                                                       \
            assert_true(tries_ < REFUSALS_MAX);                                                    \
            enter((told), (i));                                                                    \
            (result) = (call);                                                                     \
            leave((told), (i));                                                                    \
            if ((result) != MJL_OUT_OF_MEMORY && (result) != MJL_STORE_FAILED) break;              \
            recover((told), (i));                                                                  \
        }                                                                                          \
    } while (0)

#define TELL_OK(told, i, call)                                                                     \
    do {                                                                                           \
        mjl_result told_;                                                                          \
        TELL(told, i, told_, call);                                                                \
        if (told_ != MJL_OK) print_error("%s: %s\n", #call, mjl_result_name(told_));               \
        assert_int_equal(told_, MJL_OK);                                                           \
    } while (0)

mjl_result story_open_once(story *told, uint32_t i)
{
    static const char *const names[] = {"Anna", "Berta", "Carl"};
    story_member *const member = &told->members[i];
    mjl_profile_config config = {.size = sizeof config, .now = told->now};
    config.store_key = told->teller->store_keys[i];
    config.random.context = &member->random;
    config.random.fill = told->teller->fill;
    config.suites = told->teller->suites;
    config.display_name = mjl_bytes_text(names[i]);
    const mjl_result result =
        told->teller->folder == NULL
            ? mjl_store_memory_open(member->disk, &config.store)
            : mjl_store_sqlite_open(member->path, MJL_STORE_OPEN_OR_MAKE, &config.store);
    if (result != MJL_OK) return result;
    return mjl_profile_open(&config, &member->profile);
}

static void open_member(story *told, uint32_t i)
{
    TELL_OK(told, i, story_open_once(told, i));
}

/* ---- Packets and time ---- */

void story_give(story *told, uint32_t to, mjl_bytes packet)
{
    story_member *const member = &told->members[to];
    story_packet *const made = calloc(1, sizeof *made);
    assert_non_null(made);
    assert_int_equal(mjl_buffer_append(&made->bytes, packet), MJL_OK);
    if (member->last == NULL)
        member->first = made;
    else
        member->last->next = made;
    member->last = made;
}

static bool take(story_member *member, mjl_buffer *packet)
{
    story_packet *const first = member->first;
    if (first == NULL) return false;
    *packet = first->bytes;
    member->first = first->next;
    if (member->first == NULL) member->last = NULL;
    free(first);
    return true;
}

static void send_all(story *told, uint32_t i)
{
    mjl_packet packet;
    mjl_result result;
    for (;;) {
        TELL(told, i, result, mjl_profile_next_packet(told->members[i].profile, &packet));
        if (result != MJL_OK) break;
        if (told->teller->packet != NULL) {
            told->teller->packet(told->teller->context, told, i, packet.bytes);
        }
        for (uint32_t to = 0; to < STORY_MEMBERS; to++) {
            const story_member *other = &told->members[to];
            if (to != i && other->profile != NULL && !other->is_cut_off) {
                story_give(told, to, packet.bytes);
            }
        }
        TELL(told, i, result, mjl_profile_packet_sent(told->members[i].profile, packet.number));
    }
    assert_true(result == MJL_EMPTY || result == MJL_UNPERSISTED);
}

static void hear_all(story *told, uint32_t i)
{
    mjl_event event;
    mjl_result result;
    for (;;) {
        TELL(told, i, result, mjl_profile_next_event(told->members[i].profile, &event));
        if (result != MJL_OK) break;
        if (told->teller->event != NULL) told->teller->event(told->teller->context, i, &event);
        if (event.number == 0) continue;
        TELL(told, i, result, mjl_profile_event_settled(told->members[i].profile, event.number));
    }
    assert_true(result == MJL_EMPTY || result == MJL_UNPERSISTED);
}

static void persist(story *told, uint32_t i)
{
    mjl_result result;
    do {
        TELL(told, i, result, mjl_profile_step(told->members[i].profile, told->now));
    } while (result == MJL_BUDGET_SPENT);
    assert_int_equal(result, MJL_OK);
}

static void step(story *told, uint32_t i)
{
    persist(told, i);
    send_all(told, i);
    hear_all(told, i);
}

/* What is wished and not persisted is lost with a profile that closes itself, and is wished again;
   so each wish is one that may be repeated. */
#define DO(told, i, call)                                                                          \
    do {                                                                                           \
        uint32_t closings_;                                                                        \
        do {                                                                                       \
            TELL_OK(told, i, call);                                                                \
            closings_ = (told)->closings;                                                          \
            persist((told), (i));                                                                  \
        } while (closings_ != (told)->closings);                                                   \
        step((told), (i));                                                                         \
    } while (0)

static void receive_all(story *told, uint32_t i)
{
    mjl_buffer packet;
    mjl_verdict verdict;
    while (take(&told->members[i], &packet)) {
        if (!told->members[i].is_cut_off && told->members[i].profile != NULL) {
            TELL_OK(told, i,
                    mjl_profile_receive(told->members[i].profile, told->now, 1,
                                        mjl_buffer_bytes(&packet), &verdict));
        }
        mjl_buffer_clear(&packet);
    }
}

static bool is_anything_on_its_way(const story *told)
{
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].first != NULL) return true;
    }
    return false;
}

/* To the next instant at which somebody does something, at most so far. */
static void pass_time(story *told, mjl_time until)
{
    mjl_time next = until;
    mjl_time due;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].profile == NULL) continue;
        if (mjl_profile_next_due(told->members[i].profile, &due) == MJL_OK && due + 1 < next) {
            next = due + 1;
        }
    }
    if (next > told->now) told->now = next;
}

static void turn(story *told, mjl_time until)
{
    if (is_anything_on_its_way(told))
        told->now += 7;
    else
        pass_time(told, until);
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].profile == NULL) continue;
        receive_all(told, i);
        step(told, i);
    }
}

static void wait(story *told, mjl_time duration)
{
    const mjl_time until = told->now + duration;
    while (told->now < until)
        turn(told, until);
}

static void until_true(story *told, const char *what, bool (*holds)(story *told))
{
    const mjl_time until = told->now + PATIENCE_MS;
    while (!holds(told)) {
        if (told->now >= until) fail_msg("in vain: %s", what);
        turn(told, until);
    }
}

#define UNTIL(told, holds) until_true((told), #holds, (holds))

static void tell_part(story *told, story_part part)
{
    if (told->teller->part != NULL) told->teller->part(told->teller->context, told, part);
}

/* ---- What members do ---- */

/* Its latest. */
static mjl_session *session_of(const story *told, uint32_t i)
{
    mjl_session *last = NULL;
    for (size_t k = 0;; k++) {
        mjl_session *const session = mjl_profile_session(told->members[i].profile, k);
        if (session == NULL) return last;
        last = session;
    }
}

static mjl_session_info info_of(const story *told, uint32_t i)
{
    mjl_session_info info = {0};
    const mjl_session *const session = session_of(told, i);
    if (session != NULL) mjl_session_get_info(session, &info);
    return info;
}

static mjl_result create(story *told)
{
    if (session_of(told, A) != NULL) return MJL_OK;
    mjl_create config = {.size = sizeof config};
    config.room_name = mjl_bytes_text("room");
    config.room_secret = told->teller->room_secret;
    config.pace.bc_lat_ms = MJL_BC_LAT_MS_QUICK;
    config.pace.m_intv_ms = MJL_M_INTV_MS_QUICK;
    config.secret_lifetime_ms = SECRET_LIFETIME_MS;
    mjl_session *session;
    return mjl_session_create(told->members[A].profile, told->now, &config, &session);
}

static mjl_result join(story *told, uint32_t i)
{
    mjl_join config = {.size = sizeof config};
    config.room_name = mjl_bytes_text("room");
    config.room_secret = told->teller->room_secret;
    config.pace.bc_lat_ms = MJL_BC_LAT_MS_QUICK;
    config.pace.m_intv_ms = MJL_M_INTV_MS_QUICK;
    mjl_session *session;
    return mjl_session_join(told->members[i].profile, told->now, &config, &session);
}

static mjl_result say(story *told, uint32_t i, mjl_bytes body, uint8_t token)
{
    mjl_say config = {.size = sizeof config, .body = body, .if_grown = MJL_IF_GROWN_SEND};
    config.token[0] = token;
    mjl_message_id message;
    mjl_said said;
    return mjl_session_say(session_of(told, i), told->now, &config, &message, &said);
}

static void say_bytes(story *told, uint32_t i, uint8_t *bytes, size_t size, uint8_t token)
{
    if (told->teller->body != NULL) told->teller->body(told->teller->context, bytes, size);
    DO(told, i, say(told, i, mjl_bytes_of(bytes, size), token));
}

static void say_text(story *told, uint32_t i, const char *text, uint8_t token)
{
    uint8_t copy[64];
    const size_t size = strlen(text);
    assert_true(size <= sizeof copy);
    memcpy(copy, text, size);
    say_bytes(told, i, copy, size, token);
}

static mjl_result set_away(story *told, uint32_t i)
{
    return mjl_session_away(session_of(told, i), told->now, SECRET_LIFETIME_MS / 2);
}

static mjl_result leave_room(story *told, uint32_t i)
{
    const mjl_result result = mjl_session_leave(session_of(told, i), told->now);
    return result == MJL_NOT_A_MEMBER ? MJL_OK : result;
}

static mjl_result exclude(story *told, uint32_t i, uint32_t whom)
{
    mjl_intent intent;
    const mjl_member_id member = mjl_profile_member(told->members[whom].profile);
    const mjl_result result = mjl_session_exclude(session_of(told, i), told->now, &member, &intent);
    return result == MJL_NOT_FOUND ? MJL_OK : result;
}

static mjl_result refresh(story *told, uint32_t i)
{
    mjl_intent intent;
    return mjl_session_refresh(session_of(told, i), told->now, &intent);
}

static mjl_result invite_next(story *told, uint32_t i)
{
    mjl_join_request_info request;
    mjl_intent intent;
    mjl_result result = mjl_session_join_request(session_of(told, i), 0, &request);
    if (result != MJL_OK) return result;
    const mjl_member_id requester = request.requester;
    result = mjl_session_invite(session_of(told, i), told->now, &requester, &intent);
    return result == MJL_NOT_FOUND ? MJL_OK : result;
}

static mjl_result verify(story *told, uint32_t i, uint32_t whom)
{
    const mjl_member_id member = mjl_profile_member(told->members[whom].profile);
    return mjl_session_set_verified(session_of(told, i), told->now, &member, MJL_VERIFIED);
}

static mjl_result note(story *told, uint32_t i, const char *value)
{
    return mjl_profile_note_set(told->members[i].profile, mjl_bytes_text("cursor"),
                                mjl_bytes_text(value));
}

/* ---- What is waited for ---- */

static bool is_asked(story *told, uint32_t i)
{
    mjl_join_request_info request;
    mjl_result result;
    TELL(told, i, result, mjl_session_join_request(session_of(told, i), 0, &request));
    return result == MJL_OK;
}

static bool anna_is_asked(story *told)
{
    return is_asked(told, A);
}

static bool berta_is_asked(story *told)
{
    return is_asked(told, B);
}

/* The members that are open and live are in one epoch, have everything, and know that. */
static bool are_calm(story *told, size_t count)
{
    mjl_id branch = {{0}};
    size_t live = 0;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].profile == NULL) continue;
        const mjl_session_info info = info_of(told, i);
        if (info.state != MJL_SESSION_LIVE) continue;
        if (info.unacked_count + info.pending_count + info.undecided_count > 0) return false;
        if (info.members_count != count) return false;
        if (live > 0 && memcmp(&branch, &info.branch, sizeof branch) != 0) return false;
        branch = info.branch;
        live++;
    }
    return live == count;
}

static bool two_are_calm(story *told)
{
    return are_calm(told, 2);
}

static bool three_are_calm(story *told)
{
    return are_calm(told, 3);
}

static bool one_is_calm(story *told)
{
    return are_calm(told, 1);
}

static bool carl_is_out(story *told)
{
    return info_of(told, C).state == MJL_SESSION_REMOVED && are_calm(told, 2);
}

static bool carl_has_parted(story *told)
{
    return info_of(told, C).state == MJL_SESSION_PARTED;
}

static bool berta_has_parted(story *told)
{
    return info_of(told, B).state == MJL_SESSION_PARTED;
}

static bool anna_has_parted(story *told)
{
    return info_of(told, A).state == MJL_SESSION_PARTED;
}

/* ---- What can be asked ---- */

#define ASK(told, i, call)                                                                         \
    do {                                                                                           \
        mjl_result asked_;                                                                         \
        TELL(told, i, asked_, call);                                                               \
        assert_true(asked_ == MJL_OK || asked_ == MJL_NOT_FOUND || asked_ == MJL_NOT_A_MEMBER);    \
    } while (0)

static void ask_session(story *told, uint32_t i)
{
    mjl_member_info member;
    mjl_transfer_info transfer;
    mjl_task_info task;
    mjl_place_info place;
    mjl_warning_info warning;
    size_t parent;
    uint8_t authenticator[32];
    ASK(told, i, mjl_session_member(session_of(told, i), 0, &member));
    ASK(told, i, mjl_session_transfer(session_of(told, i), 0, &transfer));
    ASK(told, i, mjl_session_task(session_of(told, i), 0, &task));
    ASK(told, i, mjl_session_place(session_of(told, i), 1, &place));
    ASK(told, i, mjl_session_place_parent(session_of(told, i), 1, 0, &parent));
    ASK(told, i, mjl_session_warning(session_of(told, i), 0, &warning));
    ASK(told, i, mjl_session_epoch_authenticator(session_of(told, i), authenticator));
    sodium_memzero(authenticator, sizeof authenticator);
}

static void ask_messages(story *told, uint32_t i)
{
    mjl_message_info message = {.number = 0};
    mjl_result result = MJL_OK;
    for (size_t k = 0; result == MJL_OK; k++) {
        mjl_member_id reader;
        bool has_it;
        TELL(told, i, result, mjl_session_message(session_of(told, i), k, &message));
        if (result != MJL_OK) break;
        const mjl_message_id id = message.id;
        ASK(told, i, mjl_session_message_by_id(session_of(told, i), &id, &message));
        ASK(told, i, mjl_session_message_reader(session_of(told, i), &id, 0, &reader, &has_it));
    }
    assert_int_equal(result, MJL_NOT_FOUND);
}

static void ask_profile(story *told, uint32_t i)
{
    mjl_id hash;
    mjl_bytes value;
    persist(told, i);
    TELL_OK(told, i, mjl_profile_state_hash(told->members[i].profile, &hash));
    ASK(told, i, mjl_profile_note_get(told->members[i].profile, mjl_bytes_text("cursor"), &value));
    TELL_OK(told, i, mjl_profile_check(told->members[i].profile));
}

/* ---- The story ---- */

static void gather(story *told)
{
    DO(told, A, create(told));
    DO(told, B, join(told, B));
    UNTIL(told, anna_is_asked);
    DO(told, A, invite_next(told, A));
    UNTIL(told, two_are_calm);
    DO(told, C, join(told, C));
    UNTIL(told, berta_is_asked);
    DO(told, B, invite_next(told, B));
    UNTIL(told, three_are_calm);
    DO(told, A, verify(told, A, B));
    tell_part(told, STORY_GATHERED);
}

static void talk(story *told)
{
    say_text(told, A, "What Anna says to all of them.", 1);
    say_text(told, B, "What Berta says at the same time.", 2);
    UNTIL(told, three_are_calm);
    say_text(told, C, "What Carl answers.", 3);
    DO(told, B, note(told, B, "read up to here"));
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_SAID);
    const size_t size = told->teller->large_size;
    uint8_t *const large = malloc(size);
    assert_non_null(large);
    for (size_t i = 0; i < size; i++)
        large[i] = (uint8_t)(i * 7 + i / 251);
    say_bytes(told, C, large, size, 4);
    free(large);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_LARGE);
}

/* Berta says that she goes, and misses a message and a new epoch. */
static void go_and_come_back(story *told)
{
    DO(told, B, set_away(told, B));
    wait(told, 2000);
    told->members[B].is_cut_off = true;
    close_member(told, B);
    say_text(told, A, "What Berta misses.", 5);
    DO(told, A, refresh(told, A));
    wait(told, 5000);
    say_text(told, C, "And this, of an epoch she does not know.", 6);
    wait(told, 5000);
    open_member(told, B);
    told->members[B].is_cut_off = false;
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_CAME_BACK);
}

static void exclude_carl(story *told)
{
    DO(told, A, exclude(told, A, C));
    UNTIL(told, carl_is_out);
    say_text(told, B, "What Carl shall not read.", 7);
    UNTIL(told, two_are_calm);
    tell_part(told, STORY_EXCLUDED);
    DO(told, C, join(told, C));
    UNTIL(told, anna_is_asked);
    DO(told, A, invite_next(told, A));
    UNTIL(told, three_are_calm);
    say_text(told, C, "Here I am again.", 8);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_JOINED_AGAIN);
}

static void refresh_and_reopen(story *told)
{
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        DO(told, i, refresh(told, i));
        UNTIL(told, three_are_calm);
    }
    wait(told, 2 * SECRET_LIFETIME_MS);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_REFRESHED);
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        close_member(told, i);
        open_member(told, i);
        ask_session(told, i);
        ask_messages(told, i);
        ask_profile(told, i);
    }
    say_text(told, B, "All are back.", 9);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_REOPENED);
}

static void go(story *told)
{
    DO(told, C, leave_room(told, C));
    UNTIL(told, carl_has_parted);
    UNTIL(told, two_are_calm);
    DO(told, B, leave_room(told, B));
    UNTIL(told, berta_has_parted);
    UNTIL(told, one_is_calm);
}

/* ---- The end, as a text ---- */

static void append(mjl_buffer *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(mjl_buffer *text, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && (size_t)size < sizeof line);
    assert_int_equal(mjl_buffer_append(text, mjl_bytes_of(line, (size_t)size)), MJL_OK);
}

enum { LINES_MAX = 32, LINE_SIZE = 128 };

static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void tell_message(story *told, const mjl_message_info *message, char line[LINE_SIZE])
{
    char body[LINE_SIZE / 2] = "large";
    if (message->body.size < sizeof body) {
        memcpy(body, message->body.data, message->body.size);
        body[message->body.size] = 0;
    }
    if (told->teller->shown != NULL) told->teller->shown(told->teller->context, body, sizeof body);
    snprintf(line, LINE_SIZE, "  %s: %s\n", mjl_message_state_name(message->state), body);
}

/* By content: who said what first at the same moment may differ. */
static void tell_messages(story *told, uint32_t i, const mjl_session *session, mjl_buffer *text)
{
    char lines[LINES_MAX][LINE_SIZE];
    mjl_message_info message;
    size_t count = 0;
    while (mjl_session_message(session, count, &message) == MJL_OK) {
        assert_true(count < LINES_MAX);
        tell_message(told, &message, lines[count]);
        count++;
    }
    qsort(lines, count, LINE_SIZE, compare_lines);
    append(text, "%u: %zu messages\n", i, count);
    for (size_t k = 0; k < count; k++)
        append(text, "%s", lines[k]);
}

static void tell_end(story *told, mjl_buffer *text)
{
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        mjl_session *session;
        for (size_t k = 0; (session = mjl_profile_session(told->members[i].profile, k)) != NULL;
             k++) {
            mjl_session_info info;
            mjl_session_get_info(session, &info);
            append(text, "%u: %s, %zu members\n", i, mjl_session_state_name(info.state),
                   info.state == MJL_SESSION_LIVE ? info.members_count : 0);
            tell_messages(told, i, session, text);
        }
    }
}

/* ---- Beginning and end ---- */

static void begin(story *told, const story_teller *teller)
{
    *told = (story){.teller = teller, .now = 1000000};
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        story_member *const member = &told->members[i];
        member->random = (story_random){.seed = 77 + i, .context = teller->context};
        if (teller->folder == NULL) {
            assert_int_equal(mjl_memory_disk_new(&member->disk), MJL_OK);
        } else {
            snprintf(member->path, sizeof member->path, "%s/%u.majlis", teller->folder, i);
            unlink(member->path);
        }
        open_member(told, i);
    }
}

static void end(story *told)
{
    mjl_buffer packet;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        close_member(told, i);
        while (take(&told->members[i], &packet))
            mjl_buffer_clear(&packet);
    }
    tell_part(told, STORY_CLOSED);
    for (uint32_t i = 0; i < STORY_MEMBERS; i++)
        mjl_memory_disk_free(told->members[i].disk);
}

char *story_tell(const story_teller *teller)
{
    story told;
    mjl_buffer text = {0};
    assert_true(sodium_init() >= 0);
    begin(&told, teller);
    gather(&told);
    talk(&told);
    go_and_come_back(&told);
    exclude_carl(&told);
    refresh_and_reopen(&told);
    go(&told);
    tell_end(&told, &text);
    DO(&told, A, leave_room(&told, A));
    UNTIL(&told, anna_has_parted);
    wait(&told, 2 * SECRET_LIFETIME_MS);
    tell_part(&told, STORY_LEFT);
    end(&told);
    append(&text, "%c", '\0');
    return (char *)text.data;
}
