/* Answers of the view for programs; chat_json.c has the rest of it. */
#ifndef MAJLIS_EXAMPLES_CHAT_JSON_ANSWERS_H
#define MAJLIS_EXAMPLES_CHAT_JSON_ANSWERS_H

#include "chat.h"

void chat_json_show_said(struct chat *chat, const mjl_message_id *message, mjl_said said);
void chat_json_show_wanted(struct chat *chat, chat_verb verb, const mjl_member_id *who,
                           mjl_intent intent);
void chat_json_show_refused(struct chat *chat, const char *what, const char *why);
void chat_json_show_unclear(struct chat *chat, const char *what, const chat_candidates *candidates);
void chat_json_show_roster(struct chat *chat);
void chat_json_show_warnings(struct chat *chat);
void chat_json_show_messages(struct chat *chat);
void chat_json_show_seen(struct chat *chat, const mjl_message_info *message);
void chat_json_show_safety(struct chat *chat, const mjl_member_id *who);
void chat_json_show_verified(struct chat *chat, const mjl_member_id *who, mjl_verified verified);
void chat_json_show_evidence(struct chat *chat);
void chat_json_show_wrote(struct chat *chat, const char *what, const char *path, const char *note);
void chat_json_show_help(struct chat *chat);

#endif
