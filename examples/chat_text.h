/* The view for people: chat_text.c shows events, chat_text_messages.c messages, chat_text_answers.c
 * and chat_text_checks.c answer to commands, chat_text_users.c by user, chat_text_transport.c tells
 * what comes from below, chat_text_room_line.c keeps the line above the prompt. */
#ifndef MAJLIS_EXAMPLES_CHAT_TEXT_H
#define MAJLIS_EXAMPLES_CHAT_TEXT_H

#include "chat.h"
#include "chat_users.h"

enum { CHAT_TEXT_QUOTE_SIZE_MAX = 48 /* Of a message in a line about it. */ };

/* The room's name and a space where the profile has several rooms, else "". Until the next call. */
const char *chat_text_room_of(const struct chat *chat, uint32_t number);
/* In quotes, printable and cut; the caller frees it. NULL: out of memory. */
char *chat_text_quote(mjl_bytes body);
/* What a warning or a state is about: a message in quotes, else what kind of thing it is. As above.
 */
char *chat_text_subject(const struct chat *chat, uint32_t number, const mjl_id *subject);
/* The text, or a question mark for NULL. */
const char *chat_text_safe(const char *text);
void chat_text_print_message(const struct chat *chat, const mjl_event *event);
void chat_text_print_message_state(const struct chat *chat, const mjl_event *event);

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
void chat_text_show_seen(struct chat *chat, const mjl_message_info *message);
/* A line for a user with several devices: in /who, where it `is so` that one is here, */
void chat_text_print_user(const struct chat *chat, const chat_users *users, size_t user);
/* and in /seen, where it `is so` that a reader has the message. */
void chat_text_print_user_seen(const struct chat *chat, const mjl_message_info *message,
                               const chat_users *users, const mjl_message_user *user);
void chat_text_show_safety(struct chat *chat, const mjl_member_id *who);
void chat_text_show_verified(struct chat *chat, const mjl_member_id *who, mjl_verified verified);
void chat_text_show_evidence(struct chat *chat);
void chat_text_show_wrote(struct chat *chat, const char *what, const char *path, const char *note);
void chat_text_show_status(struct chat *chat);
/* On a terminal: one line about the room above the prompt, as it is now. */
void chat_text_show_room_line(struct chat *chat);

/* "40 s", "3 min", "2 h", "5 days". Until the call after next. */
const char *chat_text_age(mjl_time ms);
/* When anybody but us was heard last; 0: nobody yet. */
mjl_time chat_text_last_heard(const mjl_session *session);
/* Was a member heard as lately as one who is there is heard? `latest`: chat_text_last_heard. */
bool chat_text_is_here(const mjl_session_info *info, const mjl_member_info *member, mjl_time latest,
                       mjl_time now);
void chat_text_show_help(struct chat *chat);

#endif
