/*
 * One line of input as a command: what a person types, or with --json an object.
 *
 *     hello                    say          {"cmd":"say","text":"hello","token":"32 hex digits"}
 *     //hello                  say "/hello"
 *     /invite bob              invite       {"cmd":"invite","who":"bob"}
 *     /who                     who          {"cmd":"who"}
 *     /seen 3                  seen         {"cmd":"seen","what":"3"}
 */
#ifndef MAJLIS_EXAMPLES_CHAT_COMMAND_H
#define MAJLIS_EXAMPLES_CHAT_COMMAND_H

#include "majlis/session.h"

typedef enum chat_verb {
    CHAT_NOTHING = 0, /* An empty line. */
    CHAT_SAY,
    CHAT_INVITE,
    CHAT_REFUSE,
    CHAT_RESTORE,
    CHAT_REJOIN,
    CHAT_REMOVE,
    CHAT_REFRESH,
    CHAT_AGREE,
    CHAT_WHO,
    CHAT_WARNINGS,
    CHAT_MESSAGES,
    CHAT_SEEN,
    CHAT_SEND,
    CHAT_SAVE,
    CHAT_VERIFY,
    CHAT_DAG,
    CHAT_EVIDENCE,
    CHAT_DISMISS,
    CHAT_STATUS,
    CHAT_LEAVE,
    CHAT_HELP,
    CHAT_QUIT,
    CHAT_VERBS_COUNT
} chat_verb;

enum { CHAT_TROUBLE_SIZE = 160 };

typedef struct chat_command {
    chat_verb verb;
    mjl_bytes text; /* What is said, who or what is meant. */
    uint8_t token[16];
    char *owned;                     /* Behind `text`, if it was JSON. */
    char trouble[CHAT_TROUBLE_SIZE]; /* Why it is no command. */
} chat_command;

/* False: `trouble` says why. Clear the command either way. */
bool chat_command_read(mjl_bytes line, bool json, chat_command *command);
void chat_command_clear(chat_command *command);

/* The i-th line of /help, and the i-th command's word; NULL past the last. */
const char *chat_command_help(size_t i);
const char *chat_command_word(size_t i);

#endif
