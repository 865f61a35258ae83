/* What the view for people answers to commands. */
#include "chat_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "escape.h"
#include "majlis/limits.h"
#include "screen.h"

void chat_text_show_said(struct chat *chat, const mjl_message_id *message, mjl_said said)
{
    /* Its line is printed by its own events, also when it waits. */
    (void)chat;
    (void)message;
    (void)said;
}

void chat_text_show_wanted(struct chat *chat, chat_verb verb, const mjl_member_id *who,
                           mjl_intent intent)
{
    const char *name = who == NULL ? "" : chat_names_of(&chat->names, who);
    (void)intent;
    if (verb == CHAT_INVITE) screen_print(SCREEN_DIM, "", "inviting %s", name);
    if (verb == CHAT_REFUSE) screen_print(SCREEN_DIM, "", "%s's request is forgotten", name);
    if (verb == CHAT_RESTORE) screen_print(SCREEN_DIM, "", "taking %s back", name);
    if (verb == CHAT_REJOIN) {
        screen_print(SCREEN_DIM, "", "asking to be taken back; somebody inside has to /restore");
    }
    if (verb == CHAT_REMOVE) screen_print(SCREEN_DIM, "", "removing %s", name);
    if (verb == CHAT_REFRESH) screen_print(SCREEN_DIM, "", "making new keys");
}

void chat_text_show_refused(struct chat *chat, const char *what, const char *why)
{
    (void)chat;
    char *safe_why = escape_new(mjl_bytes_text(why));
    screen_print(SCREEN_RED, "x", "%s: %s", what, chat_text_safe(safe_why));
    free(safe_why);
}

void chat_text_show_unclear(struct chat *chat, const char *what, const chat_candidates *candidates)
{
    if (candidates->count == 0) {
        screen_print(SCREEN_RED, "x", "%s: there is nobody of that name or id", what);
        return;
    }
    screen_print(SCREEN_RED, "x", "%s: %zu bear that name; say which by the first digits:", what,
                 candidates->count);
    for (size_t i = 0; i < candidates->count; i++) {
        char digits[CHAT_HEX_SIZE], safety[MJL_SAFETY_NUMBER_SIZE];
        chat_hex(&candidates->ids[i], digits);
        mjl_safety_number(&candidates->ids[i], safety);
        screen_print(SCREEN_PLAIN, "", "%.*s  %s  safety number %s", CHAT_ID_DIGITS, digits,
                     chat_names_of(&chat->names, &candidates->ids[i]), safety);
    }
}

const char *chat_text_age(mjl_time ms)
{
    static char texts[2][32];
    static size_t next;
    const int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
    char *text = texts[next++ % 2];
    const int64_t s = ms < 0 ? 0 : ms / 1000;
    if (s < 2 * minute)
        snprintf(text, sizeof texts[0], "%" PRId64 " s", s);
    else if (s < 2 * hour)
        snprintf(text, sizeof texts[0], "%" PRId64 " min", s / minute);
    else if (s < 2 * day)
        snprintf(text, sizeof texts[0], "%" PRId64 " h", s / hour);
    else
        snprintf(text, sizeof texts[0], "%" PRId64 " days", s / day);
    return text;
}

mjl_time chat_text_last_heard(const mjl_session *session)
{
    mjl_time latest = 0;
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++) {
        if (!member.is_self && member.last_heard > latest) latest = member.last_heard;
    }
    return latest;
}

/* In an idle room all show signs of life more and more seldom, so who is silent much longer than
 * the others is quiet, and who is silent while something is to be acked. */
bool chat_text_is_here(const mjl_session_info *info, const mjl_member_info *member, mjl_time latest,
                       mjl_time now)
{
    enum { MORE_SELDOM = 4 };
    const mjl_time patience = (mjl_time)2 * MJL_HEARTBEAT_FA_INTERVALS * info->fa_intv_ms;
    const mjl_time silence = now - member->last_heard;
    if (member->is_self) return true;
    if (member->last_heard == 0) return false;
    if (silence <= patience) return true;
    return member->owes_acks_count == 0 && silence <= patience + MORE_SELDOM * (now - latest);
}

static void print_who(const struct chat *chat, const mjl_member_id *id, screen_colour colour,
                      const char *mark, const char *note)
{
    char digits[CHAT_HEX_SIZE], safety[MJL_SAFETY_NUMBER_SIZE];
    chat_hex(id, digits);
    mjl_safety_number(id, safety);
    screen_print(colour, mark, "%.*s  %s  safety number %s%s", CHAT_ID_DIGITS, digits,
                 chat_names_of(&chat->names, id), safety, note);
}

static void print_member(const struct chat *chat, const mjl_member_info *member, bool is_here)
{
    const mjl_time now = mjl_run_now(chat->run);
    char heard[64] = "you", acks[48] = "";
    if (!member->is_self && member->last_heard == 0)
        snprintf(heard, sizeof heard, "not heard yet");
    else if (!member->is_self)
        snprintf(heard, sizeof heard, "%sheard %s ago", is_here ? "" : "quiet, ",
                 chat_text_age(now - member->last_heard));
    if (!member->is_self && member->owes_acks_count != 0)
        snprintf(acks, sizeof acks, ", %zu not acked", member->owes_acks_count);
    char note[192];
    snprintf(note, sizeof note, "  %s%s%s%s", heard, acks, member->is_leaving ? ", leaving" : "",
             member->is_verified ? ", verified" : "");
    print_who(chat, &member->id, is_here ? SCREEN_PLAIN : SCREEN_DIM, is_here ? "●" : "○", note);
}

/* A line for each user. */
static void print_members(const struct chat *chat, chat_users *users)
{
    const mjl_session *session = chat_session(chat);
    const mjl_time now = mjl_run_now(chat->run);
    const mjl_time latest = chat_text_last_heard(session);
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    for (size_t i = 0; i < users->count; i++) {
        chat_device *device = &users->devices[i];
        device->counts = true;
        device->is_so = chat_text_is_here(&info, &device->member, latest, now);
    }
    for (size_t i = 0; i < users->count; i++) {
        const chat_device *device = &users->devices[i];
        if (device->user != i) continue;
        if (chat_users_count(users, i).counted > 1)
            chat_text_print_user(chat, users, i);
        else
            print_member(chat, &device->member, device->is_so);
    }
}

void chat_text_show_roster(struct chat *chat)
{
    const mjl_session *session = chat_session(chat);
    chat_users users;
    if (chat_users_read(session, &users))
        print_members(chat, &users);
    else
        chat_text_show_refused(chat, "who", mjl_result_text(MJL_OUT_OF_MEMORY));
    chat_users_clear(&users);
    mjl_join_request_info request;
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++)
        print_who(chat, &request.requester, SCREEN_YELLOW, "?",
                  request.is_restore ? "  asks to be taken back" : "  asks to join");
}

void chat_text_show_messages(struct chat *chat)
{
    const mjl_session *session = chat_session(chat);
    mjl_message_info message;
    for (size_t i = 0; mjl_session_message(session, i, &message) == MJL_OK; i++) {
        char *text = chat_text_quote(message.body);
        screen_print(SCREEN_PLAIN, message.state == MJL_MESSAGE_EVERYONE ? "✓✓" : "",
                     "%u %s: %s  %s, %u of %u have it, sent again %u times", message.number,
                     chat_names_of(&chat->names, &message.author), chat_text_safe(text),
                     mjl_message_state_name(message.state), message.held_count,
                     message.readers_count, message.resends);
        free(text);
    }
}

void chat_text_show_status(struct chat *chat)
{
    mjl_session_info info;
    mjl_task_info task;
    const mjl_session *session = chat_session(chat);
    const mjl_time now = mjl_run_now(chat->run);
    mjl_session_get_info(session, &info);
    screen_print(SCREEN_PLAIN, "", "%s, epoch %" PRIu64 ", %zu members%s",
                 mjl_session_state_name(info.state), info.epoch, info.members_count,
                 info.unverified ? ", roster unverified" : "");
    screen_print(SCREEN_PLAIN, "", "%zu not acked by all, %zu wait, %zu epochs undecided",
                 info.unacked_count, info.pending_count, info.undecided_count);
    for (int i = 0; i < MJL_VERDICT_COUNT; i++) {
        if (chat->verdicts[i] != 0)
            screen_print(SCREEN_DIM, "", "%" PRIu64 " packets %s", chat->verdicts[i],
                         mjl_verdict_name((mjl_verdict_kind)i));
    }
    if (chat->damaged != 0)
        screen_print(SCREEN_DIM, "", "%" PRIu64 " that were no whole packets", chat->damaged);
    for (size_t i = 0; mjl_session_task(session, i, &task) == MJL_OK; i++)
        screen_print(SCREEN_DIM, "", "%s in %" PRId64 " ms", chat_text_safe(task.kind),
                     task.due - now);
}

void chat_text_show_help(struct chat *chat)
{
    (void)chat;
    const char *line;
    for (size_t i = 0; (line = chat_command_help(i)) != NULL; i++)
        screen_print(SCREEN_PLAIN, "", "%s", line);
}
