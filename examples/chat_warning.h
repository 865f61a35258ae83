/*
 * What a warning says to a person: one sentence, when it is raised, when it changed, and when it is
 * over. Nothing here is printed, so that a test can read every sentence.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_WARNING_H
#define MAJLIS_EXAMPLES_CHAT_WARNING_H

#include "majlis/event.h"

/* All texts are printable. */
typedef struct chat_warning {
    mjl_warning_kind kind;
    mjl_event_kind turn; /* WARNING, WARNING_CHANGED or WARNING_RETRACTED. */
    mjl_severity severity;
    const char *what;      /* The message in quotes, or what else not everyone has. */
    const char *missing;   /* Who is missing: "bob, carol". */
    const char *member;    /* Whom it is about. */
    const char *transport; /* Its address. */
} chat_warning;

/* The caller frees it. NULL: out of memory, or a kind without words. */
char *chat_warning_sentence(const chat_warning *warning);

#endif
