/*
 * The loop of a chat: lines of standard input become commands, what the run tells becomes lines of
 * the view, and whatever ends the program ends it in order.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_LOOP_H
#define MAJLIS_EXAMPLES_CHAT_LOOP_H

#include <ev.h>

#include "chat.h"

/* Makes the run; transports and rooms follow. Says on standard error why it cannot. */
bool chat_loop_start(struct chat *chat, struct ev_loop *loop);

/* Turns the loop until something ends it; the exit code. */
int chat_loop_talk(struct chat *chat, struct ev_loop *loop);

#endif
