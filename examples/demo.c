#include "demo.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "complaint.h"
#include "demo_script.h"
#include "demo_table.h"
#include "demo_view.h"
#include "screen.h"

enum {
    TURN_MS = 15, /* How often the sync tool looks, when nobody speaks. */
    EXIT_SIGNAL = 130,
    FOLDERS_OPEN_MAX = 16
};

static volatile sig_atomic_t ending_signal;

static void on_signal(int number)
{
    ending_signal = number;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {0};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int64_t read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Folders ---- */

static bool find_program(struct demo *demo)
{
    const ssize_t size = readlink("/proc/self/exe", demo->program, sizeof demo->program - 1);
    if (size <= 0) return false;
    demo->program[size] = '\0';
    return true;
}

static bool make_folders(struct demo *demo)
{
    const char *parent = getenv("TMPDIR");
    char path[DEMO_PATH_SIZE + 64];
    snprintf(demo->folder, sizeof demo->folder, "%s/majlis-demo-XXXXXX",
             parent == NULL || *parent == '\0' ? "/tmp" : parent);
    if (mkdtemp(demo->folder) == NULL) {
        demo->folder[0] = '\0';
        return false;
    }
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        const int size =
            snprintf(path, sizeof path, "%s/%s", demo->folder, demo->people.all[i].name);
        if (mkdir(path, S_IRWXU) != 0) return false;
        snprintf(path + size, sizeof path - (size_t)size, "/sync");
        if (mkdir(path, S_IRWXU) != 0 || !demo_links_add(demo->links, path)) return false;
    }
    demo_links_feed(demo->links, DEMO_EVE);
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_folders(const struct demo *demo)
{
    if (demo->folder[0] == '\0') return;
    if (demo->options->keep) {
        screen_print(SCREEN_PLAIN, "", "The folders stay in %s", demo->folder);
        return;
    }
    nftw(demo->folder, remove_entry, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
}

/* ---- The loop ---- */

static void wait_for_lines(const struct demo *demo)
{
    struct pollfd files[DEMO_PEOPLE_COUNT];
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        const struct child *child = &demo->people.all[i].child;
        files[i] = (struct pollfd){.fd = child->was_started ? child->output : -1, .events = POLLIN};
    }
    poll(files, DEMO_PEOPLE_COUNT, TURN_MS);
}

/* A process that ended on its own spoils the demo at once, not at the deadline. */
static const struct demo_person *find_dead(struct demo *demo)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        struct demo_person *person = &demo->people.all[i];
        if (person->child.was_started && !person->is_killed && !person->said_bye &&
            child_is_over(&person->child))
            return person;
    }
    return NULL;
}

static bool turn(struct demo *demo)
{
    demo->now_ms = read_clock() - demo->started_ms;
    demo_people_hear(&demo->people);
    demo_view_refresh(demo);
    if (!demo->is_sync_over && !demo_links_run(demo->links, demo->now_ms)) {
        complain("the sync tool: %s", strerror(errno));
        return false;
    }
    if (!demo_script_run(demo)) {
        complain("a process of the demo cannot be started: %s", strerror(errno));
        return false;
    }
    const struct demo_person *dead = find_dead(demo);
    if (dead != NULL) complain("%s ended, which nobody wanted", dead->name);
    return dead == NULL;
}

static void play(struct demo *demo)
{
    while (!demo_script_is_over(demo) && ending_signal == 0 && demo->now_ms < DEMO_DEADLINE_MS) {
        if (!turn(demo)) break;
        wait_for_lines(demo);
    }
}

/* What a process complained of belongs to the end, whichever way it went. */
static void print_errors(const struct demo *demo)
{
    char path[DEMO_PATH_SIZE + 64], line[512];
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s/errors", demo->folder, demo->people.all[i].name);
        FILE *errors = fopen(path, "re");
        if (errors == NULL) continue;
        while (fgets(line, sizeof line, errors) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            screen_print(SCREEN_RED, "!", "%s: %s", demo->people.all[i].name, line);
        }
        fclose(errors);
    }
}

static int finish(struct demo *demo)
{
    demo_view_stop();
    if (ending_signal != 0) {
        complain("ended by a signal: %s", strsignal(ending_signal));
        return EXIT_SIGNAL;
    }
    print_errors(demo);
    const bool is_true = demo_table_print(demo);
    const demo_link_counts counts = demo_links_get_counts(demo->links);
    screen_print(SCREEN_BOLD, "",
                 "%s after %.1f s; the sync tool lost %llu of %llu files' copies (seed %llu)",
                 is_true ? "All of it is true," : "Not all of it is true,",
                 (double)demo->now_ms / 1000.0, (unsigned long long)counts.lost,
                 (unsigned long long)(counts.lost + counts.brought - counts.twice),
                 (unsigned long long)demo->seed);
    return is_true ? 0 : COMPLAINT_EXIT_FAILED;
}

/* New, so that nothing is mixed with an older demo's. */
static bool make_recordings_folder(const char *path)
{
    if (path == NULL || mkdir(path, S_IRWXU) == 0) return true;
    complain("recordings %s: %s", path, strerror(errno));
    return false;
}

static int run(struct demo *demo)
{
    if (!make_recordings_folder(demo->options->record)) return COMPLAINT_EXIT_FAILED;
    if (demo->links == NULL || !find_program(demo) || !make_folders(demo)) {
        complain("the folders of the demo cannot be made in %s: %s",
                 getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR"), strerror(errno));
        return COMPLAINT_EXIT_FAILED;
    }
    catch_signals();
    demo->started_ms = read_clock();
    demo_view_start(demo);
    play(demo);
    return finish(demo);
}

int demo_main(const struct options *options)
{
    if (sodium_init() < 0) {
        complain("the random source cannot start");
        return COMPLAINT_EXIT_FAILED;
    }
    struct demo *demo = calloc(1, sizeof *demo);
    if (demo == NULL) return COMPLAINT_EXIT_FAILED;
    demo->options = options;
    demo->seed = options->seed;
    if (!options->has_seed) demo->seed = randombytes_random();
    demo_people_init(&demo->people);
    demo->links = demo_links_new(demo->seed);
    const int code = run(demo);
    demo_people_end(&demo->people);
    remove_folders(demo);
    demo_links_free(demo->links);
    free(demo);
    return code;
}
