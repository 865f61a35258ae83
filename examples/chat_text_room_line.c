/*
 * The line above the prompt: how the room is right now.
 *
 *     tea: 4 members, 1 quiet ── ✓ everyone has all
 *     tea: 4 members ── 2 not with everyone yet: bob, carol
 *     tea: 4 members ── catching up [#######-------------], 12 changes of keys to go
 *     tea: 4 members ── catching up [#######-------------], 120 wait
 */
#include <inttypes.h>
#include <stdio.h>

#include "chat_progress.h"
#include "chat_text.h"
#include "escape.h"
#include "screen.h"

enum { NAMES_MAX = 3, NAME_SIZE_MAX = 32, ROOM_SIZE_MAX = 40 };

static struct {
    char text[SCREEN_FOOTER_LINE_SIZE];
    size_t pending_most; /* Since nothing waited. */
    uint64_t farthest,
        at; /* Epochs: the latest that packets named, and ours when they did first. */
} shown;

typedef struct member_counts {
    size_t quiet, behind;
    char names[128]; /* Of the first who are behind. */
} member_counts;

/* Bytes of whole characters, at most so many. */
static int fit(const char *text, size_t most)
{
    size_t size = strlen(text);
    if (size <= most) return (int)size;
    for (size = most; size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80;)
        size--;
    return (int)size;
}

static void count_members(struct chat *chat, const mjl_session_info *info, member_counts *out)
{
    const mjl_time now = mjl_run_now(chat->run);
    const mjl_time latest = chat_text_last_heard(chat_session(chat));
    mjl_member_info member;
    *out = (member_counts){0};
    for (size_t i = 0; mjl_session_member(chat_session(chat), i, &member) == MJL_OK; i++) {
        out->quiet += !chat_text_is_here(info, &member, latest, now);
        if (member.is_self || member.owes_acks_count == 0 || out->behind++ >= NAMES_MAX) continue;
        const char *name = chat_names_of(&chat->names, &member.id);
        const size_t at = strlen(out->names);
        snprintf(out->names + at, sizeof out->names - at, "%s%.*s", at == 0 ? "" : ", ",
                 fit(name, NAME_SIZE_MAX), name);
    }
}

/* How many messages are missing nobody can say; how many epochs, whoever speaks in the last. */
static bool describe_epochs(const mjl_session_info *info, char *out, size_t size)
{
    const uint64_t last = info->epoch + info->epochs_behind;
    if (info->epochs_behind == 0) {
        shown.farthest = 0;
        return false;
    }
    if (shown.farthest == 0) shown.at = info->epoch;
    if (last > shown.farthest) shown.farthest = last;
    char bar[CHAT_BAR_SIZE];
    const uint64_t done = info->epoch - shown.at;
    chat_bar(done, done, shown.farthest - shown.at, bar);
    snprintf(out, size, "catching up %s, %" PRIu64 " changes of keys to go", bar,
             info->epochs_behind);
    return true;
}

static void describe_acks(const mjl_session_info *info, const member_counts *counts, char *out,
                          size_t size)
{
    if (describe_epochs(info, out, size)) return;
    if (info->pending_count > shown.pending_most) shown.pending_most = info->pending_count;
    if (info->pending_count == 0) shown.pending_most = 0;
    if (info->pending_count != 0) {
        char bar[CHAT_BAR_SIZE];
        const size_t done = shown.pending_most - info->pending_count;
        chat_bar(done, done, shown.pending_most, bar);
        snprintf(out, size, "catching up %s, %zu wait", bar, info->pending_count);
    } else if (info->unacked_count == 0) {
        snprintf(out, size, "✓ everyone has all");
    } else {
        snprintf(out, size, "%zu not with everyone yet: %s%s", info->unacked_count, counts->names,
                 counts->behind > NAMES_MAX ? ", ..." : "");
    }
}

static void describe(struct chat *chat, const mjl_session_info *info, char *out, size_t size)
{
    member_counts counts;
    char quiet[32] = "", acks[192];
    count_members(chat, info, &counts);
    if (counts.quiet != 0) snprintf(quiet, sizeof quiet, ", %zu quiet", counts.quiet);
    describe_acks(info, &counts, acks, sizeof acks);
    char *room = escape_new(info->room_name);
    snprintf(out, size, "%s   %.*s: %zu members%s ── %s%s", screen_start_colour(SCREEN_DIM),
             fit(chat_text_safe(room), ROOM_SIZE_MAX), chat_text_safe(room), info->members_count,
             quiet, acks, screen_end_colour());
    free(room);
}

void chat_text_show_room_line(struct chat *chat)
{
    char lines[1][SCREEN_FOOTER_LINE_SIZE] = {""};
    const mjl_session *session = chat_session(chat);
    if (!screen_has_prompt() || session == NULL) return;
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    const bool has_room = info.state == MJL_SESSION_LIVE || info.state == MJL_SESSION_LEAVING;
    if (has_room) describe(chat, &info, lines[0], sizeof lines[0]);
    if (strcmp(lines[0], shown.text) == 0) return;
    memcpy(shown.text, lines[0], sizeof shown.text);
    screen_set_footer(lines, has_room ? 1 : 0);
}
