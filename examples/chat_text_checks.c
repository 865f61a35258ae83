/* What the view for people answers to what they check: who has it, whose key, what is proved. */
#include <inttypes.h>
#include <stdio.h>

#include "chat_text.h"
#include "escape.h"
#include "majlis/evidence.h"
#include "screen.h"

/* ---- /seen ---- */

static mjl_time last_heard(const mjl_session *session, const mjl_member_id *who)
{
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++) {
        if (memcmp(&member.id, who, sizeof *who) == 0) return member.last_heard;
    }
    return 0;
}

static void print_reader(const struct chat *chat, const mjl_message_info *message,
                         const mjl_member_id *reader, bool has_it, mjl_time heard)
{
    const mjl_time now = mjl_run_now(chat->run);
    const char *name = chat_names_of(&chat->names, reader);
    const mjl_time since = chat_seen_since(&chat->seen, &message->id, reader);
    if (has_it && since != 0)
        screen_print(SCREEN_GREEN, "✓", "%s has it, known for %s", name,
                     chat_text_age(now - since));
    else if (has_it && message->held_at != 0) /* Learnt before this program began. */
        screen_print(SCREEN_GREEN, "✓", "%s has it, known for %s at least", name,
                     chat_text_age(now - message->held_at));
    else if (has_it)
        screen_print(SCREEN_GREEN, "✓", "%s has it", name);
    else if (heard == 0)
        screen_print(SCREEN_YELLOW, "-", "%s: not known to have it; not heard yet", name);
    else
        screen_print(SCREEN_YELLOW, "-", "%s: not known to have it for %s; heard %s ago", name,
                     chat_text_age(now - message->accepted_at), chat_text_age(now - heard));
}

static void print_readers(const struct chat *chat, const mjl_message_info *message)
{
    const mjl_session *session = chat_session(chat);
    mjl_member_id reader;
    bool has_it;
    for (size_t i = 0;
         mjl_session_message_reader(session, &message->id, i, &reader, &has_it) == MJL_OK; i++)
        print_reader(chat, message, &reader, has_it, last_heard(session, &reader));
}

/* Notes of each device whether it is a reader, and whether it has the message. */
static void note_readers(const mjl_session *session, const mjl_message_id *message,
                         const chat_users *devices)
{
    mjl_member_id reader;
    bool has_it;
    for (size_t i = 0; mjl_session_message_reader(session, message, i, &reader, &has_it) == MJL_OK;
         i++) {
        chat_device *device = chat_users_device(devices, &reader);
        if (device == NULL) continue;
        device->counts = true;
        device->is_so = has_it;
    }
}

/* A user with one device is that device. Nothing is asked of the session: the users' texts live
   until then. */
static void print_users(const struct chat *chat, const mjl_message_info *message,
                        const chat_users *devices, const mjl_message_user *users, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const chat_device *only = NULL;
        const size_t first = chat_users_find(devices, users[i].user_id);
        for (size_t k = first; k < devices->count; k++) {
            if (devices->devices[k].user == first && devices->devices[k].counts)
                only = &devices->devices[k];
        }
        if (only != NULL && users[i].devices_count == 1 && !users[i].is_self)
            print_reader(chat, message, &only->member.id, only->is_so, only->member.last_heard);
        else
            chat_text_print_user_seen(chat, message, devices, &users[i]);
    }
}

/* By users, if one has several devices. False: none has, or there is no memory for it. */
static bool print_by_user(const struct chat *chat, const mjl_message_info *message)
{
    const mjl_session *session = chat_session(chat);
    chat_users devices;
    if (!chat_users_read(session, &devices)) return false;
    const size_t room = message->users_count;
    size_t count = 0;
    mjl_message_user *users = calloc(room + 1, sizeof *users);
    note_readers(session, &message->id, &devices);
    const bool is_by_user =
        devices.has_several && users != NULL &&
        mjl_session_message_users(session, &message->id, users, room, &count) == MJL_OK &&
        count == room;
    if (is_by_user) print_users(chat, message, &devices, users, count);
    free(users);
    chat_users_clear(&devices);
    return is_by_user;
}

void chat_text_show_seen(struct chat *chat, const mjl_message_info *message)
{
    const mjl_message_info copy = *message; /* Its bytes live until the next call. */
    char *quote = chat_text_quote(message->body);
    char by_user[96] = "";
    if (copy.users_count != copy.readers_count)
        snprintf(by_user, sizeof by_user,
                 "; %" PRIu32 " of %" PRIu32 " users, %" PRIu32 " on all their devices",
                 copy.users_held_count, copy.users_count, copy.users_full_count);
    screen_print(SCREEN_BOLD, "",
                 "%" PRIu32 " %s: %s  said %s ago, %" PRIu32 " of %" PRIu32 " have it%s",
                 copy.number, chat_names_of(&chat->names, &copy.author), chat_text_safe(quote),
                 chat_text_age(mjl_run_now(chat->run) - copy.accepted_at), copy.held_count,
                 copy.readers_count, by_user);
    free(quote);
    if (!print_by_user(chat, &copy)) print_readers(chat, &copy);
}

/* ---- /verify ---- */

static void print_safety(const struct chat *chat, const mjl_member_info *member)
{
    char safety[MJL_SAFETY_NUMBER_SIZE];
    mjl_safety_number(&member->id, safety);
    screen_print(SCREEN_PLAIN, member->is_verified ? "✓" : "", "%s  %s%s", safety,
                 chat_names_of(&chat->names, &member->id),
                 member->is_self       ? "  (you)"
                 : member->is_verified ? "  verified"
                                       : "  not verified");
}

void chat_text_show_safety(struct chat *chat, const mjl_member_id *who)
{
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(chat_session(chat), i, &member) == MJL_OK; i++) {
        if (who == NULL || memcmp(who, &member.id, sizeof *who) == 0) print_safety(chat, &member);
    }
    const char *name = who == NULL ? "WHO" : chat_names_of(&chat->names, who);
    screen_print(SCREEN_DIM, "",
                 "compare by voice or in person with what /verify shows there; then /verify %s ok",
                 name);
}

void chat_text_show_verified(struct chat *chat, const mjl_member_id *who, mjl_verified verified)
{
    const char *name = chat_names_of(&chat->names, who);
    if (verified == MJL_VERIFIED)
        screen_print(SCREEN_GREEN, "✓", "%s is marked as verified", name);
    else
        screen_print(SCREEN_YELLOW, "!", "%s is not marked as verified any more", name);
}

/* ---- /evidence, and files that were made ---- */

void chat_text_show_evidence(struct chat *chat)
{
    mjl_evidence_info info;
    size_t i = 0;
    for (; mjl_session_evidence(chat_session(chat), i, &info) == MJL_OK; i++) {
        screen_print(SCREEN_YELLOW, "!",
                     "%s said two things at one point in epoch %" PRIu64 ", found %s ago",
                     chat_names_of(&chat->names, &info.author), info.epoch,
                     chat_text_age(mjl_run_now(chat->run) - info.found_at));
    }
    if (i == 0) screen_print(SCREEN_GREEN, "", "no evidence");
}

void chat_text_show_wrote(struct chat *chat, const char *what, const char *path, const char *note)
{
    (void)chat;
    char *safe = escape_new(mjl_bytes_text(path));
    screen_print(SCREEN_GREEN, "", "%s is in %s%s%s", what, chat_text_safe(safe),
                 note == NULL ? "" : "; ", note == NULL ? "" : note);
    free(safe);
}
