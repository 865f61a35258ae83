#include "chat_warning.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char *sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *sentence(const char *format, ...)
{
    char *text = NULL;
    va_list values;
    va_start(values, format);
    const int size = vasprintf(&text, format, values);
    va_end(values);
    return size < 0 ? NULL : text;
}

/* As long as another transport is up it carries everything, and only the way is shorter of one. */
static char *transport_sentence(const chat_warning *warning)
{
    const char *still = warning->turn == MJL_EVENT_WARNING_CHANGED ? "still" : "for long now";
    if (warning->turn == MJL_EVENT_WARNING_RETRACTED)
        return sentence("%s is up again, or not in use any more", warning->transport);
    if (warning->severity == MJL_SEVERITY_NOTICE)
        return sentence("%s is down %s; what is said goes another way meanwhile",
                        warning->transport, still);
    return sentence("%s is down %s, and no other way is up: nothing goes out or comes in; what you "
                    "say waits here and goes out once it is up",
                    warning->transport, still);
}

static char *missing_sentence(const chat_warning *warning)
{
    const bool are_away = warning->severity == MJL_SEVERITY_NOTICE;
    return sentence("not everyone has %s: %s missing%s", warning->what, warning->missing,
                    are_away ? ", who said to be away" : "");
}

/* Without a default: the compiler names a kind that was forgotten. */
static char *raised_sentence(const chat_warning *warning)
{
    switch (warning->kind) {
    case MJL_WARNING_NOT_FULLY_ACKED:
        return missing_sentence(warning);
    case MJL_WARNING_GAP:
        return sentence("something said before is missing here");
    case MJL_WARNING_JOIN_NOT_CONFIRMED:
        return sentence("%s was invited and not heard yet", warning->missing);
    case MJL_WARNING_NOT_FRESH:
        return sentence("%s was not heard for long", warning->member);
    case MJL_WARNING_TRANSPORT_DOWN:
        return transport_sentence(warning);
    case MJL_WARNING_LEFT_BEHIND:
        return sentence("the others went on without you, and nobody answers: /rejoin asks to be "
                        "taken back, and somebody inside has to /restore you then");
    case MJL_WARNING_INCOMPLETE:
        return sentence("a large message of %s lacks parts", warning->missing);
    }
    return NULL;
}

static char *retracted_sentence(const chat_warning *warning)
{
    switch (warning->kind) {
    case MJL_WARNING_NOT_FULLY_ACKED:
        return sentence("everyone has %s now", warning->what);
    case MJL_WARNING_GAP:
        return sentence("what was missing is here now");
    case MJL_WARNING_JOIN_NOT_CONFIRMED:
        return sentence("who was invited is here now");
    case MJL_WARNING_NOT_FRESH:
        return sentence("%s is heard again, or is gone", warning->member);
    case MJL_WARNING_TRANSPORT_DOWN:
        return transport_sentence(warning);
    case MJL_WARNING_LEFT_BEHIND:
        return sentence("you are with the others again");
    case MJL_WARNING_INCOMPLETE:
        return sentence("the large message is whole now");
    }
    return NULL;
}

char *chat_warning_sentence(const chat_warning *warning)
{
    return warning->turn == MJL_EVENT_WARNING_RETRACTED ? retracted_sentence(warning)
                                                        : raised_sentence(warning);
}
