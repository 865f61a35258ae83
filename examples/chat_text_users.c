/* What the view for people tells of users with several devices: a line for each user. */
#include <stdio.h>

#include "chat_text.h"
#include "screen.h"

enum { NOTE_SIZE = 192 };

/* ", verified" of all devices, ", 1 of 3 verified" of some, nothing of none. */
static void add_note(char note[NOTE_SIZE], size_t so, size_t counted, const char *words)
{
    const size_t at = strlen(note);
    if (so == counted) snprintf(note + at, NOTE_SIZE - at, ", %s", words);
    if (so > 0 && so < counted)
        snprintf(note + at, NOTE_SIZE - at, ", %zu of %zu %s", so, counted, words);
}

/* ---- /who ---- */

typedef struct user_facts {
    const mjl_member_id *first; /* A device whose name is the user's. */
    mjl_time heard;             /* The last of the others than this one. */
    size_t owing, leaving, verified;
    bool is_self;
} user_facts;

static user_facts facts_of(const chat_users *users, size_t user)
{
    user_facts facts = {.first = &users->devices[user].member.id};
    for (size_t i = user; i < users->count; i++) {
        const mjl_member_info *member = &users->devices[i].member;
        if (users->devices[i].user != user) continue;
        if (!member->is_self && member->last_heard > facts.heard) facts.heard = member->last_heard;
        facts.owing += !member->is_self && member->owes_acks_count > 0;
        facts.leaving += member->is_leaving;
        facts.verified += member->is_verified;
        facts.is_self |= member->is_self;
    }
    return facts;
}

void chat_text_print_user(const struct chat *chat, const chat_users *users, size_t user)
{
    const chat_users_tally tally = chat_users_count(users, user);
    const user_facts facts = facts_of(users, user);
    char note[NOTE_SIZE] = "not heard yet", devices[64];
    if (facts.heard != 0)
        snprintf(note, sizeof note, "heard %s ago",
                 chat_text_age(mjl_run_now(chat->run) - facts.heard));
    if (facts.owing > 0) add_note(note, facts.owing, tally.counted, "did not ack all");
    if (facts.leaving > 0) add_note(note, facts.leaving, tally.counted, "leaving");
    if (facts.verified > 0) add_note(note, facts.verified, tally.counted, "verified");
    const bool all = tally.so == tally.counted;
    if (all)
        snprintf(devices, sizeof devices, "%zu devices", tally.counted);
    else
        snprintf(devices, sizeof devices, "%zu of %zu devices", tally.so, tally.counted);
    char *here = chat_users_ids(users, user, true), *quiet = chat_users_ids(users, user, false);
    screen_print(tally.so > 0 ? SCREEN_PLAIN : SCREEN_DIM, tally.so > 0 ? "●" : "○",
                 "%s%s  %s%s%s%s%s  %s", chat_names_of(&chat->names, facts.first),
                 facts.is_self ? " (you)" : "", devices, tally.so > 0 ? ": " : "",
                 chat_text_safe(here), all ? "" : "; quiet: ", all ? "" : chat_text_safe(quiet),
                 note);
    free(here);
    free(quiet);
}

/* ---- /seen ---- */

/* Who has it: known since when on the last of the devices; 0: before this process began. */
static mjl_time known_since(const struct chat *chat, const chat_users *users, size_t user,
                            const mjl_message_id *message)
{
    mjl_time latest = 0;
    for (size_t i = user; i < users->count; i++) {
        const chat_device *device = &users->devices[i];
        if (device->user != user || !device->counts || !device->is_so) continue;
        const mjl_time since = chat_seen_since(&chat->seen, message, &device->member.id);
        if (since == 0) return 0;
        if (since > latest) latest = since;
    }
    return latest;
}

static mjl_time last_heard(const chat_users *users, size_t user)
{
    mjl_time latest = 0;
    for (size_t i = user; i < users->count; i++) {
        const chat_device *device = &users->devices[i];
        if (device->user == user && device->counts && device->member.last_heard > latest)
            latest = device->member.last_heard;
    }
    return latest;
}

/* All of them have it, some, or none. */
void chat_text_print_user_seen(const struct chat *chat, const mjl_message_info *message,
                               const chat_users *users, const mjl_message_user *user)
{
    const mjl_time now = mjl_run_now(chat->run);
    const size_t first = chat_users_find(users, user->user_id);
    const char *name =
        first < users->count ? chat_names_of(&chat->names, &users->devices[first].member.id) : "?";
    const char *other = user->is_self ? " (you)" : "";
    const mjl_time since = known_since(chat, users, first, &message->id);
    const mjl_time heard = last_heard(users, first);
    char known[64] = "", when[64] = "not heard yet";
    if (since != 0) snprintf(known, sizeof known, ", known for %s", chat_text_age(now - since));
    if (heard != 0) snprintf(when, sizeof when, "heard %s ago", chat_text_age(now - heard));
    char *missing = chat_users_ids(users, first, false);
    if (user->held_count == user->devices_count)
        screen_print(SCREEN_GREEN, "✓", "%s%s has it on %u of %u devices%s", name, other,
                     user->held_count, user->devices_count, known);
    else if (user->held_count > 0)
        screen_print(SCREEN_YELLOW, "✓", "%s%s has it on %u of %u devices%s; not known of %s", name,
                     other, user->held_count, user->devices_count, known, chat_text_safe(missing));
    else
        screen_print(SCREEN_YELLOW, "-",
                     "%s%s: not known to have it on any of %u devices for %s; "
                     "%s",
                     name, other, user->devices_count, chat_text_age(now - message->accepted_at),
                     when);
    free(missing);
}
