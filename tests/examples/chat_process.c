#include "chat_process.h"

#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TURN_MS = 10, TAIL_COUNT = 12 };

/* ---- The world ---- */

void chat_world_make(struct chat_world *world)
{
    memset(world, 0, sizeof *world);
    const char *parent = getenv("TMPDIR");
    snprintf(world->root, sizeof world->root, "%.80s/majlis-chat-XXXXXX",
             parent == NULL ? "/tmp" : parent);
    char folder[CHAT_PATH_SIZE];
    if (mkdtemp(world->root) == NULL) abort();
    snprintf(folder, sizeof folder, "%s/shared", world->root);
    if (mkdir(folder, S_IRWXU) != 0) abort();
    snprintf(world->transport, sizeof world->transport, "dir:%s/shared", world->root);
    signal(SIGPIPE, SIG_IGN);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void chat_world_remove(struct chat_world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct chat_process *process = &world->processes[i];
        child_end(&process->child);
        for (size_t k = 0; k < process->count; k++)
            cJSON_Delete(process->lines[k]);
        free(process->lines);
    }
    nftw(world->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct chat_process *chat_world_add(struct chat_world *world, const char *name)
{
    if (world->count == CHAT_PROCESSES_MAX) abort();
    struct chat_process *process = &world->processes[world->count];
    char root[sizeof world->root]; /* Beside what is written, which compilers cannot see. */
    memcpy(root, world->root, sizeof root);
    process->name = name;
    snprintf(process->profile, sizeof process->profile, "%s/%zu", root, world->count);
    snprintf(process->errors, sizeof process->errors, "%s/%zu.errors", root, world->count);
    world->count++;
    return process;
}

int64_t chat_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void chat_sleep_ms(int64_t ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* ---- Processes ---- */

void chat_process_start(struct chat_world *world, struct chat_process *process, const char *entry,
                        const char *room)
{
    char *arguments[CHAT_ARGUMENTS_MAX] = {
        (char *)MAJLIS_PROGRAM, (char *)"chat",
        (char *)"--json",       (char *)"--pace",
        (char *)"quick",        (char *)"--profile",
        process->profile,       (char *)"--transport",
        world->transport,       (char *)(entry == NULL ? NULL : "--name"),
        (char *)process->name,  (char *)entry,
        (char *)room,           NULL};
    child_end(&process->child);
    process->run_begins = process->count;
    if (!child_start(&process->child, arguments, process->errors)) abort();
}

void chat_process_tell(struct chat_process *process, const char *line)
{
    child_tell(&process->child, line);
}

void chat_process_say(struct chat_process *process, const char *text, const char *token)
{
    cJSON *command = cJSON_CreateObject();
    cJSON_AddStringToObject(command, "cmd", "say");
    cJSON_AddStringToObject(command, "text", text);
    if (token != NULL) cJSON_AddStringToObject(command, "token", token);
    char *line = cJSON_PrintUnformatted(command);
    child_tell(&process->child, line);
    cJSON_free(line);
    cJSON_Delete(command);
}

static void keep(struct chat_process *process, const char *text)
{
    cJSON *line = cJSON_Parse(text);
    if (line == NULL) {
        fprintf(stderr, "%s printed what is no JSON: %s\n", process->name, text);
        abort();
    }
    if (process->count == process->room) {
        process->room = process->room * 2 + 256;
        process->lines = realloc(process->lines, process->room * sizeof *process->lines);
        if (process->lines == NULL) abort();
    }
    process->lines[process->count++] = line;
}

static void hear(struct chat_process *process)
{
    const char *text;
    if (!process->child.was_started) return;
    while ((text = child_hear(&process->child)) != NULL)
        keep(process, text);
}

void chat_process_kill(struct chat_process *process)
{
    child_signal(&process->child, SIGKILL);
    hear(process);
}

void chat_world_hear(struct chat_world *world)
{
    for (size_t i = 0; i < world->count; i++)
        hear(&world->processes[i]);
}

/* ---- Asking ---- */

const char *chat_text(const cJSON *line, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

int64_t chat_number(const cJSON *line, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

static bool fits(const cJSON *line, const char *event, const char *name, const char *text)
{
    return strcmp(chat_text(line, "event"), event) == 0 &&
           (name == NULL || strcmp(chat_text(line, name), text) == 0);
}

const cJSON *chat_process_find(const struct chat_process *process, const char *event,
                               const char *name, const char *text)
{
    for (size_t i = process->count; i-- > process->run_begins;) {
        if (fits(process->lines[i], event, name, text)) return process->lines[i];
    }
    return NULL;
}

size_t chat_process_count(const struct chat_process *process, const char *event, const char *name,
                          const char *text)
{
    size_t count = 0;
    int64_t last = -1;
    for (size_t i = 0; i < process->count; i++) {
        const int64_t number = chat_number(process->lines[i], "number");
        const bool is_repeated = number > 0 && number <= last;
        if (number > last) last = number;
        count += !is_repeated && fits(process->lines[i], event, name, text);
    }
    return count;
}

/* ---- Waiting ---- */

static void print_tails(const struct chat_world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        const struct chat_process *process = &world->processes[i];
        size_t k = process->count > TAIL_COUNT ? process->count - TAIL_COUNT : 0;
        fprintf(stderr, "---- %s, %zu lines\n", process->name, process->count);
        for (; k < process->count; k++) {
            char *text = cJSON_PrintUnformatted(process->lines[k]);
            fprintf(stderr, "%s\n", text);
            cJSON_free(text);
        }
        FILE *errors = fopen(process->errors, "re");
        char line[512];
        while (errors != NULL && fgets(line, sizeof line, errors) != NULL)
            fputs(line, stderr);
        if (errors != NULL) fclose(errors);
    }
}

static void wait_for_lines(const struct chat_world *world)
{
    struct pollfd files[CHAT_PROCESSES_MAX];
    for (size_t i = 0; i < world->count; i++) {
        const struct child *child = &world->processes[i].child;
        files[i] = (struct pollfd){.fd = child->was_started ? child->output : -1, .events = POLLIN};
    }
    poll(files, world->count, TURN_MS);
}

bool chat_world_await(struct chat_world *world, int64_t ms, chat_fact *fact, const void *context)
{
    const int64_t deadline = chat_now_ms() + ms;
    for (;;) {
        chat_world_hear(world);
        if (fact(world, context)) return true;
        if (chat_now_ms() >= deadline) break;
        wait_for_lines(world);
    }
    print_tails(world);
    return false;
}

struct line_fact {
    const struct chat_process *process;
    const char *event, *name, *text;
};

static bool has_line(struct chat_world *world, const void *context)
{
    const struct line_fact *fact = context;
    (void)world;
    return chat_process_find(fact->process, fact->event, fact->name, fact->text) != NULL;
}

const cJSON *chat_world_await_line(struct chat_world *world, int64_t ms,
                                   const struct chat_process *process, const char *event,
                                   const char *name, const char *text)
{
    const struct line_fact fact = {process, event, name, text};
    if (!chat_world_await(world, ms, has_line, &fact)) return NULL;
    return chat_process_find(process, event, name, text);
}
