#include "demo_link.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NAME_SIZE = 64,
    PATH_SIZE = 4096,
    TWIN_DIGIT = 16, /* Of the name: the writer's start; another digit is another writer. */
    COPY_SIZE = 64 * 1024,
    FILES_MAX = 1 << 14, /* Far more than a demo writes; later ones stay where they are. */
    MARKS_COUNT = 4 * FILES_MAX
};

struct file {
    char name[NAME_SIZE];
    size_t from;
    bool was_lost[DEMO_FOLDERS_MAX];
};

/* A copy on its way. */
struct flight {
    size_t file, to;
    int64_t due;
    bool is_twin;
};

struct folder {
    char path[PATH_SIZE];
    bool is_fed; /* Nothing to it is lost. */
    uint64_t brought;
    struct {
        uint64_t chance; /* State of the generator of the link that ends here. */
        uint64_t losses;
    } from[DEMO_FOLDERS_MAX];
};

struct demo_links {
    uint64_t seed;
    struct folder folders[DEMO_FOLDERS_MAX];
    size_t folders_count;
    struct file *files;
    size_t files_count, files_room;
    uint64_t marks[MARKS_COUNT]; /* Of the files, by hash. */
    struct flight *flights;
    size_t flights_count, flights_room;
    int64_t now;
    demo_link_counts counts;
};

/* splitmix64: small, seeded, fit for no key. */
static uint64_t draw(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = *state;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

struct demo_links *demo_links_new(uint64_t seed)
{
    struct demo_links *links = calloc(1, sizeof *links);
    if (links != NULL) links->seed = seed;
    return links;
}

void demo_links_free(struct demo_links *links)
{
    if (links == NULL) return;
    free(links->files);
    free(links->flights);
    free(links);
}

/* ---- Deciding ---- */

static bool fly(struct demo_links *links, size_t number, size_t to, int64_t delay, bool is_twin)
{
    if (links->flights_count == links->flights_room) {
        const size_t room = links->flights_room * 2 + 64;
        struct flight *grown = realloc(links->flights, room * sizeof *grown);
        if (grown == NULL) return false;
        links->flights = grown;
        links->flights_room = room;
    }
    links->flights[links->flights_count++] =
        (struct flight){number, to, links->now + delay, is_twin};
    return true;
}

/* Draws the same count of numbers for each file, whatever happens to it. */
static bool send_through(struct demo_links *links, size_t number, size_t to)
{
    struct file *file = &links->files[number];
    struct folder *folder = &links->folders[to];
    uint64_t *chance = &folder->from[file->from].chance;
    const bool is_lost = draw(chance) % 100 < DEMO_LINK_LOSS_PERCENT;
    const bool is_twice = draw(chance) % 100 < DEMO_LINK_TWICE_PERCENT;
    const bool is_late = draw(chance) % 100 < DEMO_LINK_LATE_PERCENT;
    int64_t delay = (int64_t)(draw(chance) % DEMO_LINK_DELAY_MS_MAX);
    const int64_t more = (int64_t)(draw(chance) % DEMO_LINK_LATE_MS_MAX);
    if (is_lost && !folder->is_fed && folder->from[file->from].losses < DEMO_LINK_LOSSES_MAX) {
        folder->from[file->from].losses++;
        links->counts.lost++;
        file->was_lost[to] = true;
        return true;
    }
    if (is_late) {
        links->counts.late++;
        delay += more;
    }
    if (!fly(links, number, to, delay, false)) return false;
    if (!is_twice) return true;
    links->counts.twice++;
    return fly(links, number, to, delay + more, true);
}

bool demo_links_add(struct demo_links *links, const char *path)
{
    if (links->folders_count == DEMO_FOLDERS_MAX) return false;
    const size_t number = links->folders_count++;
    struct folder *folder = &links->folders[number];
    snprintf(folder->path, sizeof folder->path, "%s", path);
    for (size_t i = 0; i < DEMO_FOLDERS_MAX; i++) {
        folder->from[i].chance = links->seed ^ (number * DEMO_FOLDERS_MAX + i + 1) << 32;
        links->folders[i].from[number].chance = links->seed ^ (i * DEMO_FOLDERS_MAX + number + 1)
                                                                  << 32;
    }
    for (size_t i = 0; i < links->files_count; i++) {
        if (!send_through(links, i, number)) return false;
    }
    return true;
}

void demo_links_feed(struct demo_links *links, size_t number)
{
    links->folders[number].is_fed = true;
    for (size_t i = 0; i < links->files_count; i++) {
        if (links->files[i].was_lost[number] && fly(links, i, number, 0, false))
            links->files[i].was_lost[number] = false;
    }
}

/* ---- Looking ---- */

/* The second name of a file, and of a second name the first. */
static void name_twin(const char *name, char out[NAME_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    snprintf(out, NAME_SIZE, "%s", name);
    if (strlen(name) <= TWIN_DIGIT) return;
    const char *digit = strchr(digits, name[TWIN_DIGIT]);
    if (digit != NULL) out[TWIN_DIGIT] = digits[(digit - digits) ^ 1];
}

/* Both names of a file have one mark (FNV-1a of the lesser); 0 means none. */
static uint64_t mark_of(const char *name)
{
    char twin[NAME_SIZE];
    name_twin(name, twin);
    const char *lesser = strcmp(name, twin) < 0 ? name : twin;
    uint64_t mark = UINT64_C(0xcbf29ce484222325);
    for (; *lesser != '\0'; lesser++)
        mark = (mark ^ (uint8_t)*lesser) * UINT64_C(0x100000001b3);
    return mark == 0 ? 1 : mark;
}

/* True the first time a name is seen, in whatever folder: what this tool brought is not new. */
static bool is_new(struct demo_links *links, const char *name)
{
    if (name[0] == '.' || strlen(name) >= NAME_SIZE || links->files_count == FILES_MAX)
        return false;
    const uint64_t mark = mark_of(name);
    size_t i = mark % MARKS_COUNT;
    while (links->marks[i] != 0 && links->marks[i] != mark)
        i = (i + 1) % MARKS_COUNT;
    if (links->marks[i] == mark) return false;
    links->marks[i] = mark;
    return true;
}

static bool take_up(struct demo_links *links, const char *name, size_t from)
{
    if (links->files_count == links->files_room) {
        const size_t room = links->files_room * 2 + 64;
        struct file *grown = realloc(links->files, room * sizeof *grown);
        if (grown == NULL) return false;
        links->files = grown;
        links->files_room = room;
    }
    const size_t number = links->files_count++;
    links->files[number] = (struct file){.from = from};
    snprintf(links->files[number].name, NAME_SIZE, "%s", name);
    links->counts.written++;
    for (size_t to = 0; to < links->folders_count; to++) {
        if (to != from && !send_through(links, number, to)) return false;
    }
    return true;
}

static bool look_into(struct demo_links *links, size_t number)
{
    DIR *list = opendir(links->folders[number].path);
    if (list == NULL) return false;
    bool ok = true;
    const struct dirent *entry;
    while (ok && (entry = readdir(list)) != NULL) {
        if (is_new(links, entry->d_name)) ok = take_up(links, entry->d_name, number);
    }
    closedir(list);
    return ok;
}

/* ---- Bringing ---- */

static bool copy_bytes(int from, int to)
{
    char bytes[COPY_SIZE];
    for (;;) {
        const ssize_t size = read(from, bytes, sizeof bytes);
        if (size <= 0) return size == 0;
        if (write(to, bytes, (size_t)size) != size) return false;
    }
}

/* Writes beside and renames, as any sync tool does that is at least that good. */
static bool copy_file(const char *source, const char *aside, const char *target)
{
    const int from = open(source, O_RDONLY | O_CLOEXEC);
    if (from < 0) return false;
    const int to = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = to >= 0 && copy_bytes(from, to);
    const int why = errno;
    close(from);
    if (to >= 0) close(to);
    errno = why;
    return ok && rename(aside, target) == 0;
}

static bool bring(struct demo_links *links, const struct flight *flight)
{
    const struct file *file = &links->files[flight->file];
    struct folder *folder = &links->folders[flight->to];
    char name[NAME_SIZE], source[PATH_SIZE * 2], aside[PATH_SIZE * 2], target[PATH_SIZE * 2];
    if (flight->is_twin)
        name_twin(file->name, name);
    else
        snprintf(name, sizeof name, "%s", file->name);
    snprintf(source, sizeof source, "%s/%s", links->folders[file->from].path, file->name);
    snprintf(aside, sizeof aside, "%s/.bringing", folder->path);
    snprintf(target, sizeof target, "%s/%s", folder->path, name);
    if (!copy_file(source, aside, target)) return false;
    folder->brought++;
    links->counts.brought++;
    return true;
}

bool demo_links_run(struct demo_links *links, int64_t now_ms)
{
    links->now = now_ms;
    for (size_t i = 0; i < links->folders_count; i++) {
        if (!look_into(links, i)) return false;
    }
    for (size_t i = 0; i < links->flights_count;) {
        const struct flight flight = links->flights[i];
        if (flight.due > now_ms) {
            i++;
            continue;
        }
        if (!bring(links, &flight)) return false;
        links->flights[i] = links->flights[--links->flights_count];
    }
    return true;
}

demo_link_counts demo_links_get_counts(const struct demo_links *links)
{
    return links->counts;
}

uint64_t demo_links_brought_to(const struct demo_links *links, size_t folder)
{
    return links->folders[folder].brought;
}

bool demo_links_is_idle(const struct demo_links *links)
{
    return links->flights_count == 0;
}
