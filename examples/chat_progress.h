/*
 * How far a large message is: a bar that grows in its line on a terminal, a line per quarter
 * elsewhere.
 *
 *     .. alice [########====--------]  60 % said, 40 % with everyone
 */
#ifndef MAJLIS_EXAMPLES_CHAT_PROGRESS_H
#define MAJLIS_EXAMPLES_CHAT_PROGRESS_H

#include "chat.h"

enum { CHAT_BAR_COLUMNS = 20, CHAT_BAR_SIZE = CHAT_BAR_COLUMNS + 3 };

/* "[####===---]": so much of `all` is `done`, and more is on its `way`. */
void chat_bar(uint64_t done, uint64_t way, uint64_t all, char out[CHAT_BAR_SIZE]);

void chat_show_progress(const struct chat *chat, const mjl_event *event);

#endif
