/* What the view for people tells of transports, of packets that are nothing to read, and the clock.
 */
#include "chat_text.h"

#include <inttypes.h>

#include "escape.h"
#include "screen.h"

enum { REFUSED_MS = 1000 /* Between two lines about rubbish. */ };

void chat_text_show_transport(struct chat *chat, const char *address, mjl_transport_state state,
                              const char *reason)
{
    (void)chat;
    if (state == MJL_TRANSPORT_UP)
        screen_print(SCREEN_DIM, "", "%s is up", address);
    else if (state == MJL_TRANSPORT_DOWN_NOW)
        screen_print(SCREEN_YELLOW, "!", "%s is down: %s", address, reason);
}

/*
 * One clear line each for what is refused, but not more than one a second: anybody can send
 * rubbish. What many of them are in the course of things (seen before, another group's) is told the
 * first time; /status counts.
 */
static bool is_worth_a_line(const struct chat *chat, mjl_verdict_kind kind)
{
    static mjl_time last_refused;
    if (kind == MJL_VERDICT_BUFFERED || kind == MJL_VERDICT_LOSING) return false;
    if (kind == MJL_VERDICT_DUPLICATE || kind == MJL_VERDICT_NOT_FOR_US)
        return chat->verdicts[kind] == 1;
    const mjl_time now = mjl_profile_now(chat->profile);
    if (last_refused != 0 && now - last_refused < REFUSED_MS) return false;
    last_refused = now;
    return true;
}

void chat_text_show_packet_in(struct chat *chat, const mjl_verdict *verdict, size_t size)
{
    if (!is_worth_a_line(chat, verdict->kind)) return;
    const char *who = verdict->has_who ? chat_names_of(&chat->names, &verdict->who) : "";
    const char *of = verdict->has_who ? " of " : "";
    if (verdict->kind == MJL_VERDICT_DUPLICATE)
        screen_print(SCREEN_DIM, "", "a packet came again and changes nothing (/status counts)");
    else if (verdict->kind == MJL_VERDICT_NOT_FOR_US)
        screen_print(SCREEN_DIM, "", "a packet is for another group or person (/status counts)");
    else if (verdict->kind == MJL_VERDICT_TOO_OLD)
        screen_print(SCREEN_YELLOW, "!", "a packet%s%s (%zu bytes) is too old: its keys are gone",
                     of, who, size);
    else
        screen_print(SCREEN_YELLOW, "!", "a packet%s%s (%zu bytes) is refused: %s", of, who, size,
                     mjl_result_text(verdict->why));
}

void chat_text_show_damaged(struct chat *chat, const char *what, mjl_result why)
{
    if (!is_worth_a_line(chat, MJL_VERDICT_REJECTED)) return;
    char *name = escape_new(mjl_bytes_text(what));
    screen_print(SCREEN_YELLOW, "!", "%s is no whole packet: %s", chat_text_safe(name),
                 mjl_result_text(why));
    free(name);
}

void chat_text_show_clock(struct chat *chat, const mjl_clock_report *report)
{
    (void)chat;
    screen_print(SCREEN_YELLOW, "!", "%s by %" PRId64 " s", chat_clock_text(report),
                 report->by_ms / 1000);
}
