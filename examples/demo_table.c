#include "demo_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>

#include "demo_script.h"
#include "screen.h"

enum { TEXT_COLUMNS = 46, FACT_SIZE_MAX = 512, CLOCK_SIZE = 32, LINE_SIZE_MAX = 1 << 16 };

/* Prints a fact with a tick or a cross; answers whether it is true. */
static bool check(bool is_true, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool check(bool is_true, const char *format, ...)
{
    char text[FACT_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    screen_print(is_true ? SCREEN_GREEN : SCREEN_RED, is_true ? "✓" : "✗", "%s%s",
                 is_true ? "" : "NOT TRUE: ", text);
    return is_true;
}

/* ---- Messages ---- */

/* Each reader shows it once; nobody else shows it; the members know that all readers have it. */
static bool is_true_of(const struct demo *demo, const struct demo_message *message, int who)
{
    const bool concerns = demo_people_concerns(&demo->people, who, message);
    return message->by[who].shown == (concerns ? 1U : 0U);
}

static bool is_known_to_all(const struct demo *demo, const struct demo_message *message)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (demo_people_concerns(&demo->people, i, message) &&
            demo_people_is_member(&demo->people, i) && !message->by[i].has_everyone)
            return false;
    }
    return true;
}

static bool is_row_true(const struct demo *demo, const struct demo_message *message)
{
    bool is_true = message->is_said && is_known_to_all(demo, message);
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++)
        is_true = is_true && is_true_of(demo, message, i);
    return is_true && message->held == message->readers;
}

static void print_cell(const struct demo *demo, const struct demo_message *message, int who,
                       char *out, size_t size)
{
    const bool concerns = demo_people_concerns(&demo->people, who, message);
    const bool is_true = is_true_of(demo, message, who);
    char word[16];
    if (!concerns && is_true)
        snprintf(word, sizeof word, "n/a");
    else if (who == message->from && is_true)
        snprintf(word, sizeof word, "said");
    else if (is_true)
        snprintf(word, sizeof word, "yes");
    else
        snprintf(word, sizeof word, message->by[who].shown == 0 ? "NO" : "%ux",
                 message->by[who].shown);
    snprintf(out, size, "%s%-6s%s",
             screen_start_colour(!is_true   ? SCREEN_RED
                                 : concerns ? SCREEN_GREEN
                                            : SCREEN_DIM),
             word, screen_end_colour());
}

static bool print_row(const struct demo *demo, const struct demo_message *message)
{
    char cells[DEMO_PEOPLE_COUNT * 32] = "", acks[24];
    size_t size = 0;
    const bool is_true = is_row_true(demo, message);
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        print_cell(demo, message, i, cells + size, sizeof cells - size);
        size += strlen(cells + size);
    }
    snprintf(acks, sizeof acks, "%" PRId64 "/%" PRId64, message->held, message->readers);
    screen_print(is_true ? SCREEN_GREEN : SCREEN_RED, is_true ? "✓" : "✗",
                 "%-*s %5" PRId64 "  %s%4s %6" PRId64, TEXT_COLUMNS, message->text, message->epoch,
                 cells, acks, message->resends);
    return is_true;
}

static bool print_messages(const struct demo *demo)
{
    bool is_true = true;
    char people[DEMO_PEOPLE_COUNT * 16] = "";
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++)
        snprintf(people + strlen(people), sizeof people - strlen(people), "%-6s",
                 demo->people.all[i].name);
    screen_print(SCREEN_BOLD, "", "%-*s epoch  %sacks  again", TEXT_COLUMNS, "What was said",
                 people);
    for (size_t i = 0; i < demo->people.messages_count; i++)
        is_true = print_row(demo, &demo->people.messages[i]) && is_true;
    return is_true;
}

/* An author's lines are shown by everybody in the order in which they were said. */
static bool is_order_kept(const struct demo *demo)
{
    const struct demo_people *people = &demo->people;
    for (int who = 0; who < DEMO_PEOPLE_COUNT; who++) {
        for (size_t i = 0; i < people->messages_count; i++) {
            for (size_t k = 0; k < i; k++) {
                const struct demo_message *later = &people->messages[i],
                                          *earlier = &people->messages[k];
                if (later->from == earlier->from && later->by[who].shown != 0 &&
                    earlier->by[who].shown != 0 && later->by[who].order < earlier->by[who].order)
                    return false;
            }
        }
    }
    return true;
}

static bool print_knowledge(const struct demo *demo)
{
    size_t raised = 0, retracted = 0, unknown = 0;
    bool is_known = true;
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        unknown += demo->people.all[i].unknown_shown;
        if (!demo_people_is_member(&demo->people, i)) continue;
        raised += demo->people.all[i].warnings_raised;
        retracted += demo->people.all[i].warnings_retracted;
    }
    for (size_t i = 0; i < demo->people.messages_count; i++)
        is_known = is_known && is_known_to_all(demo, &demo->people.messages[i]);
    bool is_true = check(is_known && demo_script_is_over(demo),
                         "every member knows that everyone who should have a message has it");
    is_true = check(is_order_kept(demo) && unknown == 0,
                    "nobody shows a line that was not said, or one author's lines out of order") &&
              is_true;
    return check(raised == retracted, "of %zu warnings %zu were retracted, by themselves", raised,
                 retracted) &&
           is_true;
}

/* ---- The killed one ---- */

static bool has_task(const struct demo_task *tasks, size_t count, const struct demo_task *task)
{
    for (size_t i = 0; i < count; i++) {
        if (tasks[i].id == task->id && tasks[i].due == task->due &&
            strcmp(tasks[i].kind, task->kind) == 0)
            return true;
    }
    return false;
}

/* Its last step may not have been printed any more: it began then, or its time moved, also to an
   earlier one; and a place has timers of two kinds. */
static bool is_newer(const struct demo_person *person, const struct demo_task *task)
{
    int64_t last = 0;
    for (size_t i = 0; i < person->killed_tasks_count; i++) {
        const struct demo_task *shown = &person->killed_tasks[i];
        if (shown->id == task->id) return true;
        if (shown->id > last && (uint64_t)shown->id < MJL_TASK_OF_PLACE) last = shown->id;
    }
    return task->id > last;
}

/*
 * Timers on the disk that the process had shown before it was killed, and such as are newer than
 * what it had shown. Any other would be a wonder.
 */
static size_t count_found(const struct demo_person *person, size_t *newer)
{
    size_t seen = 0;
    *newer = 0;
    for (size_t i = 0; i < person->found_count; i++) {
        const bool was_shown =
            has_task(person->killed_tasks, person->killed_tasks_count, &person->found[i]);
        seen += was_shown;
        *newer += !was_shown && is_newer(person, &person->found[i]);
    }
    return seen;
}

static bool did_run_late(const struct demo_person *person, const struct demo_task *task)
{
    for (size_t i = 0; i < person->late_count; i++) {
        if (person->late[i].due == task->due && strcmp(person->late[i].kind, task->kind) == 0)
            return person->late[i].ran >= task->due;
    }
    return false;
}

/* Timers that were overdue when the process came back, and what became of them. */
struct overdue {
    size_t count, ran, waiting;
    bool did_first_run;
};

/*
 * What runs late may settle what another waited for, and that one is given up: a question says all
 * that the statement owed would. The first has nobody before it and runs; what waits still was
 * forgotten.
 */
static struct overdue judge_overdue(const struct demo_person *person)
{
    struct overdue overdue = {0};
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < person->found_count; i++) {
        const struct demo_task *task = &person->found[i];
        if (task->due >= person->reopened_at) continue;
        const bool ran = did_run_late(person, task);
        overdue.count++;
        overdue.ran += ran;
        overdue.waiting += !ran && has_task(person->tasks, person->tasks_count, task);
        if (task->due < first) overdue.did_first_run = false;
        if (task->due <= first) overdue.did_first_run |= ran;
        if (task->due < first) first = task->due;
    }
    return overdue;
}

static void print_time(int64_t ms, char out[CLOCK_SIZE])
{
    const time_t second = (time_t)(ms / 1000);
    struct tm parts;
    char text[12] = "";
    if (localtime_r(&second, &parts) != NULL) strftime(text, sizeof text, "%H:%M:%S", &parts);
    snprintf(out, CLOCK_SIZE, "%s.%03d", text, (int)(ms % 1000));
}

static void print_late(const struct demo_late *late)
{
    char due[CLOCK_SIZE], ran[CLOCK_SIZE];
    print_time(late->due, due);
    print_time(late->ran, ran);
    screen_print(SCREEN_PLAIN, "", "  %-20s due %s   ran %s   %6" PRId64 " ms late", late->kind,
                 due, ran, late->ran - late->due);
}

static bool print_killed(const struct demo *demo)
{
    const struct demo_person *bob = &demo->people.all[DEMO_BOB];
    size_t newer;
    const size_t seen = count_found(bob, &newer);
    const struct overdue overdue = judge_overdue(bob);
    bool is_true = check(bob->killed_tasks_count != 0 && bob->killed_unacked != 0,
                         "bob was killed with %zu timers and %" PRId64 " unacked messages pending",
                         bob->killed_tasks_count, bob->killed_unacked);
    is_true = check(bob->was_missed, "the others were warned, and told that it is bob who is "
                                     "missing") &&
              is_true;
    is_true = check(bob->was_reopened && seen != 0 && seen + newer == bob->found_count,
                    "%zu timers were on the disk when he came back: %zu as last seen, %zu newer",
                    bob->found_count, seen, newer) &&
              is_true;
    is_true = check(overdue.count != 0 && overdue.did_first_run && overdue.waiting == 0,
                    "%zu of them were overdue by then: %zu ran, %zu needed no more, %zu forgotten:",
                    overdue.count, overdue.ran, overdue.count - overdue.ran - overdue.waiting,
                    overdue.waiting) &&
              is_true;
    for (size_t i = 0; i < bob->late_count; i++)
        print_late(&bob->late[i]);
    return is_true;
}

/* ---- Those outside ---- */

/* Whether anything the person printed holds the text: not only where one looks for it. */
static bool did_print(const struct demo *demo, int who, const char *text)
{
    char path[DEMO_PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s/events.jsonl", demo->folder, demo->people.all[who].name);
    FILE *log = fopen(path, "re");
    char *line = malloc(LINE_SIZE_MAX);
    bool found = log == NULL || line == NULL;
    while (!found && fgets(line, LINE_SIZE_MAX, log) != NULL)
        found = strstr(line, text) != NULL;
    free(line);
    if (log != NULL) fclose(log);
    return found;
}

static size_t count_foreign(const struct demo *demo, int who, size_t *kept_out)
{
    size_t printed = 0;
    *kept_out = 0;
    for (size_t i = 0; i < demo->people.messages_count; i++) {
        const struct demo_message *message = &demo->people.messages[i];
        if (demo_people_concerns(&demo->people, who, message)) continue;
        ++*kept_out;
        printed += did_print(demo, who, message->text);
    }
    return printed;
}

static bool print_outside(const struct demo *demo, int who, const char *what)
{
    const struct demo_person *person = &demo->people.all[who];
    size_t kept_out;
    const size_t foreign = count_foreign(demo, who, &kept_out);
    const uint64_t brought = demo_links_brought_to(demo->links, (size_t)who);
    const bool is_fed = brought != 0 && (uint64_t)person->received >= brought;
    const bool is_true =
        check(is_fed, "%s, %s, was brought %" PRIu64 " files and judged %" PRId64 " packets",
              person->name, what, brought, person->received);
    return check(foreign == 0 && kept_out != 0,
                 "%s shows %zu of the %zu messages of epochs that were not %s's", person->name,
                 foreign, kept_out, person->name) &&
           is_true;
}

/* ---- Processes ---- */

static bool print_processes(const struct demo *demo)
{
    size_t well = 0;
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        const struct demo_person *person = &demo->people.all[i];
        well += person->said_bye && person->child.id == 0 && WIFEXITED(person->child.status) &&
                WEXITSTATUS(person->child.status) == 0;
    }
    return check(well == DEMO_PEOPLE_COUNT, "%zu of %d processes ended well, by themselves", well,
                 DEMO_PEOPLE_COUNT);
}

bool demo_table_print(const struct demo *demo)
{
    screen_print(SCREEN_PLAIN, "", "%s", "");
    bool is_true = print_messages(demo);
    screen_print(SCREEN_PLAIN, "", "%s", "");
    is_true = print_knowledge(demo) && is_true;
    is_true = print_killed(demo) && is_true;
    is_true = print_outside(demo, DEMO_EVE, "who was never invited") && is_true;
    is_true = print_outside(demo, DEMO_CAROL, "who was removed") && is_true;
    is_true = print_processes(demo) && is_true;
    if (!demo_script_is_over(demo)) check(false, "%s", demo_script_awaits(demo));
    return is_true && demo_script_is_over(demo);
}
