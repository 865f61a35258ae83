/*
 * Real `majlis chat --json` processes for tests: started, told, and asked what they printed.
 *
 * Every line is kept, so that a test asks for facts ("has bob shown this text?") and not for the
 * order in which two processes happened to print.
 */
#ifndef MAJLIS_TESTS_CHAT_PROCESS_H
#define MAJLIS_TESTS_CHAT_PROCESS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "child.h"

enum { CHAT_PROCESSES_MAX = 4, CHAT_ARGUMENTS_MAX = 24, CHAT_PATH_SIZE = 256 };

struct chat_process {
    struct child child;
    const char *name; /* Its display name. */
    char profile[CHAT_PATH_SIZE], errors[CHAT_PATH_SIZE];
    cJSON **lines; /* Of all its runs. */
    size_t count, room;
    size_t run_begins; /* The first line of its present run. */
};

/* One folder that all see; everything is below it. Removed at the end. */
struct chat_world {
    char root[CHAT_PATH_SIZE / 2];
    char transport[CHAT_PATH_SIZE];
    struct chat_process processes[CHAT_PROCESSES_MAX];
    size_t count;
};

void chat_world_make(struct chat_world *world);
void chat_world_remove(struct chat_world *world);

/* A member with a profile of its own; not started yet. */
struct chat_process *chat_world_add(struct chat_world *world, const char *name);

/* `entry` and `room`: "--create" or "--room" and its value; NULL: the rooms it is in. */
void chat_process_start(struct chat_world *world, struct chat_process *process, const char *entry,
                        const char *room);
void chat_process_tell(struct chat_process *process, const char *line);
void chat_process_say(struct chat_process *process, const char *text, const char *token);
void chat_process_kill(struct chat_process *process);

/* A fact to wait for. */
typedef bool chat_fact(struct chat_world *world, const void *context);
/* Hears all processes until the fact is true. False: it did not come within `ms`, and what every
 * process printed last is on standard error. */
bool chat_world_await(struct chat_world *world, int64_t ms, chat_fact *fact, const void *context);
void chat_world_hear(struct chat_world *world);
/* Hears until chat_process_find finds such a line, which is the answer; NULL: none within `ms`. */
const cJSON *chat_world_await_line(struct chat_world *world, int64_t ms,
                                   const struct chat_process *process, const char *event,
                                   const char *name, const char *text);

/* The last line of the present run with that event, and if `name` is given that text; or NULL. */
const cJSON *chat_process_find(const struct chat_process *process, const char *event,
                               const char *name, const char *text);
/* Lines of all runs likewise; an event that came twice under one number counts once. */
size_t chat_process_count(const struct chat_process *process, const char *event, const char *name,
                          const char *text);
const char *chat_text(const cJSON *line, const char *name);
int64_t chat_number(const cJSON *line, const char *name);

int64_t chat_now_ms(void);
void chat_sleep_ms(int64_t ms);

#endif
