#include "chat_progress.h"

#include <stdio.h>

#include "chat_text.h"
#include "screen.h"

enum { TRANSFERS_MAX = 16, PERCENT = 100, QUARTERS = 4, LINE_SIZE = 160 };

/* The latest ones; an older line stays as it is. */
static struct transfer {
    mjl_id id;
    uint64_t place; /* Of its line on the screen. */
    unsigned quarter;
    bool is_used;
} transfers[TRANSFERS_MAX];
static size_t next;

static unsigned share(uint32_t done, uint32_t all, unsigned of)
{
    return all == 0 ? of : (unsigned)((uint64_t)done * of / all);
}

void chat_bar(uint64_t done, uint64_t way, uint64_t all, char out[CHAT_BAR_SIZE])
{
    for (uint64_t i = 0; i < CHAT_BAR_COLUMNS; i++) {
        const uint64_t needed = (i + 1) * all;
        out[1 + i] = all == 0                            ? '-'
                     : done * CHAT_BAR_COLUMNS >= needed ? '#'
                     : way * CHAT_BAR_COLUMNS >= needed  ? '='
                                                         : '-';
    }
    out[0] = '[';
    out[CHAT_BAR_COLUMNS + 1] = ']';
    out[CHAT_BAR_COLUMNS + 2] = '\0';
}

static void describe(const struct chat *chat, const mjl_event *event, char line[LINE_SIZE])
{
    char bar[CHAT_BAR_SIZE];
    const mjl_member_id self = chat_self(chat, event->session_number);
    const bool is_own = memcmp(&self, &event->member, sizeof self) == 0;
    const unsigned done = share(event->parts_done, event->parts_count, PERCENT);
    chat_bar(is_own ? event->parts_everyone : event->parts_done, event->parts_done,
             event->parts_count, bar);
    const int size = snprintf(
        line, LINE_SIZE, "%s%.48s %s %3u %% %s", chat_text_room_of(chat, event->session_number),
        chat_names_of(&chat->names, &event->member), bar, done, is_own ? "said" : "is here");
    if (!is_own || size < 0 || size >= LINE_SIZE) return;
    snprintf(line + size, (size_t)(LINE_SIZE - size), ", %u %% with everyone",
             share(event->parts_everyone, event->parts_count, PERCENT));
}

static struct transfer *find(const mjl_id *id)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        if (transfers[i].is_used && memcmp(&transfers[i].id, id, sizeof *id) == 0)
            return &transfers[i];
    }
    return NULL;
}

void chat_show_progress(const struct chat *chat, const mjl_event *event)
{
    char line[LINE_SIZE];
    describe(chat, event, line);
    struct transfer *transfer = find(&event->subject);
    /* What everyone has comes last: it is what a quarter is of, for our own. */
    const uint32_t least = event->parts_everyone < event->parts_done && event->parts_everyone != 0
                               ? event->parts_everyone
                               : event->parts_done;
    const unsigned quarter = share(least, event->parts_count, QUARTERS);
    if (transfer != NULL && screen_replace(transfer->place, SCREEN_DIM, "..", "%s", line)) return;
    if (transfer != NULL && !screen_is_terminal() && transfer->quarter == quarter) return;
    if (transfer == NULL) transfer = &transfers[next++ % TRANSFERS_MAX];
    transfer->is_used = true;
    transfer->id = event->subject;
    transfer->quarter = quarter;
    transfer->place = screen_print(SCREEN_DIM, "..", "%s", line);
}
