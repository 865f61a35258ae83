#include "demo_view.h"

#include <stdarg.h>

#include "escape.h"
#include "screen.h"

enum {
    TEXT_COLUMNS = 50,
    TELL_SIZE_MAX = 512,
    LINE_SIZE_MAX = 512,
    FOOTER_MS = 100 /* Between two drawings of what is below. */
};

/* What was shown of each message and person, so that only changes are. */
static struct {
    uint64_t place;
    int64_t said_ms;
    bool is_shown, is_done;
    char cells[DEMO_PEOPLE_COUNT * 16];
} shown[DEMO_MESSAGES_MAX];
static char shown_states[DEMO_PEOPLE_COUNT][DEMO_WORD_SIZE];
static size_t shown_warnings[DEMO_PEOPLE_COUNT];
static int64_t footer_at;

static const screen_colour colours[DEMO_PEOPLE_COUNT] = {SCREEN_CYAN, SCREEN_YELLOW, SCREEN_MAGENTA,
                                                         SCREEN_BLUE, SCREEN_RED};

static const char *colour_of(int who)
{
    return screen_start_colour(who == DEMO_NOBODY ? SCREEN_DIM : colours[who]);
}

static const char *name_of(const struct demo *demo, int who)
{
    return who == DEMO_NOBODY ? "" : demo->people.all[who].name;
}

static double seconds(const struct demo *demo)
{
    return (double)demo->now_ms / 1000.0;
}

void demo_view_start(const struct demo *demo)
{
    memset(shown, 0, sizeof shown);
    memset(shown_states, 0, sizeof shown_states);
    memset(shown_warnings, 0, sizeof shown_warnings);
    footer_at = -FOOTER_MS;
    screen_start(SCREEN_WITHOUT_PROMPT);
    screen_print(SCREEN_BOLD, "",
                 "Majlis: %d real processes, a folder each, and between the "
                 "folders a bad sync tool",
                 DEMO_PEOPLE_COUNT);
    screen_print(SCREEN_PLAIN, "",
                 "It loses %d %% of the files, brings %d %% twice, and some late. "
                 "Its seed: %llu",
                 DEMO_LINK_LOSS_PERCENT, DEMO_LINK_TWICE_PERCENT, (unsigned long long)demo->seed);
}

void demo_view_scene(const struct demo *demo, const char *title)
{
    (void)demo;
    screen_print(SCREEN_PLAIN, "", "%s", "");
    screen_print(SCREEN_BOLD, "", "%s", title);
}

void demo_view_tell(const struct demo *demo, int who, const char *format, ...)
{
    char text[TELL_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) return;
    screen_print(SCREEN_PLAIN, "", "%5.1fs  %s%-6s%s %s%s%s", seconds(demo), colour_of(who),
                 name_of(demo, who), screen_end_colour(), screen_start_colour(SCREEN_DIM), text,
                 screen_end_colour());
}

/* ---- Messages ---- */

/* One letter for each person the message is for: bright once he has it, a dot until then. */
static void write_cells(const struct demo *demo, const struct demo_message *message, char *out,
                        size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < DEMO_PEOPLE_COUNT && used < size; i++) {
        const bool has_it = message->by[i].shown != 0;
        const char *cell = has_it ? (const char[2]){demo->people.all[i].name[0], '\0'}
                           : demo_people_concerns(&demo->people, i, message) ? "."
                                                                             : " ";
        const int wrote = snprintf(out + used, size - used, "%s%s%s ",
                                   has_it ? screen_start_colour(SCREEN_GREEN) : "", cell,
                                   has_it ? screen_end_colour() : "");
        if (wrote > 0) used += (size_t)wrote;
    }
}

/* The line of a message as it is now: when it was said, by whom, and who has it. */
static void write_line(const struct demo *demo, size_t number, const char *cells,
                       char out[LINE_SIZE_MAX])
{
    const struct demo_message *message = &demo->people.messages[number];
    const int width = screen_is_terminal() ? TEXT_COLUMNS : 0;
    snprintf(out, LINE_SIZE_MAX, "%5.1fs  %s%-6s%s %-*s%s%s",
             (double)shown[number].said_ms / 1000.0, colour_of(message->from),
             name_of(demo, message->from), screen_end_colour(), width, message->text,
             width == 0 ? "" : " ", width == 0 ? "" : cells);
}

static void show_change(const struct demo *demo, size_t number, bool is_done, const char *line)
{
    const struct demo_message *message = &demo->people.messages[number];
    const char *mark = is_done ? "✓✓" : "✓";
    const screen_colour colour = is_done ? SCREEN_GREEN : SCREEN_PLAIN;
    if (screen_replace(shown[number].place, colour, mark, "%s", line)) return;
    if (!is_done || shown[number].is_done) return;
    screen_print(SCREEN_GREEN, mark, "%5.1fs  %s%-6s%s%s knows that everyone has \"%s\"%s",
                 seconds(demo), colour_of(message->from), name_of(demo, message->from),
                 screen_end_colour(), screen_start_colour(SCREEN_DIM), message->text,
                 screen_end_colour());
}

static void show_message(const struct demo *demo, size_t number)
{
    const struct demo_message *message = &demo->people.messages[number];
    const bool is_done = message->by[message->from].has_everyone;
    char cells[sizeof shown[number].cells], line[LINE_SIZE_MAX];
    write_cells(demo, message, cells, sizeof cells);
    if (!shown[number].is_shown) {
        shown[number].is_shown = true;
        shown[number].said_ms = demo->now_ms;
        write_line(demo, number, cells, line);
        shown[number].place = screen_print(SCREEN_PLAIN, "✓", "%s", line);
    } else if (strcmp(cells, shown[number].cells) != 0 || is_done != shown[number].is_done) {
        write_line(demo, number, cells, line);
        show_change(demo, number, is_done, line);
    }
    memcpy(shown[number].cells, cells, sizeof cells);
    shown[number].is_done = is_done;
}

/* ---- People ---- */

/* Of all its warnings, who is missing: "bob, dave". */
static void tell_warning(const struct demo *demo, int who)
{
    char missing[DEMO_PEOPLE_COUNT * 16] = "";
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (!demo_people_is_warned_of(&demo->people, who, i)) continue;
        snprintf(missing + strlen(missing), sizeof missing - strlen(missing), "%s%s",
                 missing[0] == '\0' ? "" : ", ", demo->people.all[i].name);
    }
    if (missing[0] == '\0')
        demo_view_tell(demo, who, "is warned: something that was said before is not here yet");
    else
        demo_view_tell(demo, who, "is warned: %s may not have everything", missing);
}

static void show_changes_of(const struct demo *demo, int who)
{
    const struct demo_person *person = &demo->people.all[who];
    if (strcmp(person->state, shown_states[who]) != 0) {
        memcpy(shown_states[who], person->state, sizeof person->state);
        demo_view_tell(demo, who, "is now \"%s\"", person->state);
    }
    if (person->warnings_count != 0 && shown_warnings[who] == 0) tell_warning(demo, who);
    if (person->warnings_count == 0 && shown_warnings[who] != 0)
        demo_view_tell(demo, who, "is warned no more: what was missing has arrived");
    shown_warnings[who] = person->warnings_count;
}

static void write_footer_line(const struct demo *demo, int who, char *out)
{
    const struct demo_person *person = &demo->people.all[who];
    const bool is_running = person->child.id != 0;
    snprintf(
        out, SCREEN_FOOTER_LINE_SIZE,
        "   %s%-6s%s %s%-8s%s epoch %-2lld  timers %-3zu unacked %-3lld heard %-5lld sent %-4lld "
        "(again %lld)",
        colour_of(who), person->name, screen_end_colour(),
        screen_start_colour(is_running ? SCREEN_PLAIN : SCREEN_RED),
        is_running            ? person->state
        : person->hellos == 0 ? "-"
                              : "dead",
        screen_end_colour(), (long long)person->epoch, person->tasks_count,
        (long long)person->unacked, (long long)person->received, (long long)person->packets_out,
        (long long)person->resends_before + (long long)person->resends);
}

static void show_footer(const struct demo *demo)
{
    char lines[SCREEN_FOOTER_MAX][SCREEN_FOOTER_LINE_SIZE] = {{0}};
    if (!screen_is_terminal() || demo->now_ms - footer_at < FOOTER_MS) return;
    footer_at = demo->now_ms;
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++)
        write_footer_line(demo, i, lines[i + 1]);
    const demo_link_counts counts = demo_links_get_counts(demo->links);
    snprintf(lines[DEMO_PEOPLE_COUNT + 1], SCREEN_FOOTER_LINE_SIZE,
             "   %5.1fs of %d s   sync tool: %llu brought, %llu lost, %llu twice, %llu late",
             seconds(demo), DEMO_DEADLINE_MS / 1000, (unsigned long long)counts.brought,
             (unsigned long long)counts.lost, (unsigned long long)counts.twice,
             (unsigned long long)counts.late);
    screen_set_footer(lines, DEMO_PEOPLE_COUNT + 2);
}

void demo_view_refresh(const struct demo *demo)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++)
        show_changes_of(demo, i);
    for (size_t i = 0; i < demo->people.messages_count; i++) {
        if (demo->people.messages[i].is_said) show_message(demo, i);
    }
    show_footer(demo);
}

void demo_view_stop(void)
{
    screen_set_footer(NULL, 0);
}
