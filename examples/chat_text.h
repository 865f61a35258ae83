/* The view for people in three files: chat_text.c shows events, chat_text_answers.c answers to
 * commands, chat_text_transport.c tells what comes from below. */
#ifndef MAJLIS_EXAMPLES_CHAT_TEXT_H
#define MAJLIS_EXAMPLES_CHAT_TEXT_H

#include "chat.h"

/* The room's name and a space where the profile has several rooms, else "". Until the next call. */
const char *chat_text_room_of(const struct chat *chat, uint32_t number);
/* In quotes, printable and cut; the caller frees it. NULL: out of memory. */
char *chat_text_quote(mjl_bytes body);
/* The text, or a question mark for NULL. */
const char *chat_text_safe(const char *text);
void chat_text_print_warning(const struct chat *chat, uint32_t number, mjl_warning_kind kind,
                             const mjl_id *subject, mjl_bytes missing);

void chat_text_show_transport(struct chat *chat, const char *address, mjl_transport_state state,
                              const char *reason);
void chat_text_show_packet_in(struct chat *chat, const mjl_verdict *verdict, size_t size);
void chat_text_show_damaged(struct chat *chat, const char *what, mjl_result why);
void chat_text_show_clock(struct chat *chat, const mjl_clock_report *report);

void chat_text_show_said(struct chat *chat, const mjl_message_id *message, mjl_said said);
void chat_text_show_wanted(struct chat *chat, chat_verb verb, const mjl_member_id *who,
                           mjl_intent intent);
void chat_text_show_refused(struct chat *chat, const char *what, const char *why);
void chat_text_show_unclear(struct chat *chat, const char *what, const chat_candidates *candidates);
void chat_text_show_roster(struct chat *chat);
void chat_text_show_warnings(struct chat *chat);
void chat_text_show_messages(struct chat *chat);
void chat_text_show_status(struct chat *chat);
void chat_text_show_help(struct chat *chat);

#endif
