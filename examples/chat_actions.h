/* Commands that are files of their own; chat_actions.c has the table and the short ones. */
#ifndef MAJLIS_EXAMPLES_CHAT_ACTIONS_H
#define MAJLIS_EXAMPLES_CHAT_ACTIONS_H

#include "chat.h"

/* "", "WHO", "WHO ok", "WHO no", or "WHO 12345 67890 ..." as the other side shows it. */
void chat_verify(struct chat *chat, const chat_command *command);

/* What is held, or the newest of it into a new file. */
void chat_show_evidence(struct chat *chat, const chat_command *command);
void chat_dismiss_evidence(struct chat *chat, const chat_command *command);

/* "FILE" is said; "N FILE": what was said goes into a new file. */
void chat_send_file(struct chat *chat, const chat_command *command);
void chat_save_file(struct chat *chat, const chat_command *command);

/* The message whose number `text` begins with, which is taken from it. False: there is none. */
bool chat_take_message(const struct chat *chat, mjl_bytes *text, mjl_message_info *message);

/* Nothing that is there is written over. False: errno. */
bool chat_write_new(const char *path, mjl_bytes bytes);

/* A file's name as the user gave it, with an end; the caller frees it. NULL: out of memory. */
char *chat_path_of(mjl_bytes text);

#endif
