#include "demo_script.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "demo_view.h"
#include "majlis/session.h"

enum {
    ROOM_LINE_MS = 130, /* Between two lines that are said. */
    DEAD_MS_MIN = 1500, /* How long the killed one stays dead at least... */
    DEAD_MS_MAX = 5000, /* ...and at most, if nobody is warned. */
    QUIET_MS = 600,     /* In the end: this long nothing more is brought to eve and carol. */
    SCENE_LINES_MAX = 8
};

static const char room[] = "boathouse";

struct line {
    int who; /* DEMO_NOBODY ends the list. */
    const char *text;
};

struct scene {
    const char *title;
    bool (*begin)(struct demo *demo); /* May be NULL. */
    struct line lines[SCENE_LINES_MAX];
    bool (*is_over)(struct demo *demo);
    const char *awaits; /* "... is not true": said at the deadline. */
};

/* ---- People ---- */

static bool is_in_state(const struct demo *demo, int who, mjl_session_state state)
{
    return strcmp(demo->people.all[who].state, mjl_session_state_name(state)) == 0;
}

/* Of each start its own: a log begins with the profile as it is then. */
static void add_recording(struct demo *demo, int who, char recording[DEMO_PATH_SIZE + 64],
                          char *arguments[])
{
    struct demo_person *person = &demo->people.all[who];
    size_t last = 0;
    while (arguments[last] != NULL)
        last++;
    snprintf(recording, DEMO_PATH_SIZE + 64, "%s/%s.%d.log", demo->options->record, person->name,
             ++person->starts);
    arguments[last] = (char *)"--record";
    arguments[last + 1] = recording;
    arguments[last + 2] = NULL;
}

/* `entry` is "--create" or "--room"; NULL: goes on with the room it is in. */
static bool start(struct demo *demo, int who, const char *entry)
{
    struct demo_person *person = &demo->people.all[who];
    char transport[DEMO_PATH_SIZE + 64];
    char recording[DEMO_PATH_SIZE + 64];
    char profile[DEMO_PATH_SIZE + 64], log[DEMO_PATH_SIZE + 64], errors[DEMO_PATH_SIZE + 64];
    snprintf(transport, sizeof transport, "dir:%s/%s/sync", demo->folder, person->name);
    snprintf(profile, sizeof profile, "%s/%s/profile", demo->folder, person->name);
    snprintf(log, sizeof log, "%s/%s/events.jsonl", demo->folder, person->name);
    snprintf(errors, sizeof errors, "%s/%s/errors", demo->folder, person->name);
    if (person->log == NULL) person->log = fopen(log, "we");
    if (person->log == NULL) return false;
    char *arguments[] = {demo->program,
                         (char *)"chat",
                         (char *)"--json",
                         (char *)"--pace",
                         (char *)"quick",
                         (char *)"--profile",
                         profile,
                         (char *)"--transport",
                         transport,
                         entry == NULL ? NULL : (char *)"--name",
                         (char *)person->name,
                         (char *)entry,
                         (char *)room,
                         NULL,
                         NULL,
                         NULL};
    if (demo->options->record != NULL) add_recording(demo, who, recording, arguments);
    child_end(&person->child);
    person->is_killed = false;
    if (!child_start(&person->child, arguments, errors)) return false;
    demo_view_tell(demo, who, "starts as process %ld", (long)person->child.id);
    return true;
}

static void command(struct demo *demo, int who, const char *what, int whom)
{
    char line[128];
    snprintf(line, sizeof line, "/%s %s", what, demo->people.all[whom].name);
    child_tell(&demo->people.all[who].child, line);
    demo_view_tell(demo, who, "%s", line);
}

/* ---- Scenes ---- */

static bool begin_open(struct demo *demo)
{
    return start(demo, DEMO_ALICE, "--create") && start(demo, DEMO_BOB, "--room") &&
           start(demo, DEMO_CAROL, "--room") && start(demo, DEMO_EVE, "--room");
}

static bool have_asked(struct demo *demo)
{
    const bool *asked = demo->people.all[DEMO_ALICE].has_asked;
    return asked[DEMO_BOB] && asked[DEMO_CAROL] && asked[DEMO_EVE];
}

static bool begin_let_in(struct demo *demo)
{
    command(demo, DEMO_ALICE, "invite", DEMO_BOB);
    command(demo, DEMO_ALICE, "invite", DEMO_CAROL);
    return true;
}

static bool are_three_in(struct demo *demo)
{
    const struct demo_person *all = demo->people.all;
    return is_in_state(demo, DEMO_BOB, MJL_SESSION_LIVE) &&
           is_in_state(demo, DEMO_CAROL, MJL_SESSION_LIVE) &&
           all[DEMO_ALICE].epoch == all[DEMO_BOB].epoch &&
           all[DEMO_ALICE].epoch == all[DEMO_CAROL].epoch;
}

static bool all_lines_are_said(struct demo *demo)
{
    for (size_t i = 0; i < demo->people.messages_count; i++) {
        if (!demo->people.messages[i].is_said) return false;
    }
    return true;
}

static bool kill_when_pending(struct demo *demo)
{
    struct demo_person *bob = &demo->people.all[DEMO_BOB];
    if (!all_lines_are_said(demo) || bob->unacked == 0 || bob->tasks_count == 0) return false;
    const long id = (long)bob->child.id;
    child_signal(&bob->child, SIGKILL);
    bob->is_killed = true;
    demo_people_hear(&demo->people); /* What it still said before it died. */
    memcpy(bob->killed_tasks, bob->tasks, sizeof bob->tasks);
    bob->killed_tasks_count = bob->tasks_count;
    bob->killed_unacked = bob->unacked;
    demo_view_tell(demo, DEMO_BOB,
                   "is killed (SIGKILL to %ld) with %zu timers and %lld unacked "
                   "messages pending",
                   id, bob->tasks_count, (long long)bob->unacked);
    return true;
}

static bool is_missed(const struct demo *demo, int missing)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (i != missing && demo_people_is_warned_of(&demo->people, i, missing)) return true;
    }
    return false;
}

static bool was_dead_long_enough(struct demo *demo)
{
    const int64_t dead_ms = demo->now_ms - demo->scene_began_ms;
    if (!all_lines_are_said(demo) || dead_ms < DEAD_MS_MIN) return false;
    if (is_missed(demo, DEMO_BOB)) {
        demo->people.all[DEMO_BOB].was_missed = true;
        demo_view_tell(demo, DEMO_NOBODY, "the warnings name bob as the one who is missing");
        return true;
    }
    return dead_ms > DEAD_MS_MAX;
}

static bool begin_return(struct demo *demo)
{
    return start(demo, DEMO_BOB, NULL);
}

static bool is_settled(struct demo *demo)
{
    return all_lines_are_said(demo) && demo_people_is_settled(&demo->people);
}

static bool is_back_and_settled(struct demo *demo)
{
    return demo->people.all[DEMO_BOB].hellos == 2 && is_settled(demo);
}

static bool begin_arrival(struct demo *demo)
{
    return start(demo, DEMO_DAVE, "--room");
}

static bool has_dave_asked(struct demo *demo)
{
    return demo->people.all[DEMO_BOB].has_asked[DEMO_DAVE];
}

static bool begin_let_dave_in(struct demo *demo)
{
    command(demo, DEMO_BOB, "invite", DEMO_DAVE);
    return true;
}

static bool are_four_in(struct demo *demo)
{
    const struct demo_person *all = demo->people.all;
    if (!is_in_state(demo, DEMO_DAVE, MJL_SESSION_LIVE)) return false;
    for (int i = DEMO_ALICE; i <= DEMO_DAVE; i++) {
        if (all[i].epoch != all[DEMO_DAVE].epoch) return false;
    }
    return true;
}

static bool begin_removal(struct demo *demo)
{
    command(demo, DEMO_ALICE, "remove", DEMO_CAROL);
    demo_links_feed(demo->links, DEMO_CAROL);
    return true;
}

static bool is_carol_out(struct demo *demo)
{
    const struct demo_person *all = demo->people.all;
    const int64_t out = all[DEMO_CAROL].member_until;
    return out != DEMO_NEVER && all[DEMO_ALICE].epoch >= out && all[DEMO_BOB].epoch >= out &&
           all[DEMO_DAVE].epoch >= out;
}

/* What somebody still misses is a warning after FA_INTV, a second at this pace: who ends before
   does not see whether it goes away by itself. */
enum { CALM_MS = 1500 };

static bool is_settled_without_carol(struct demo *demo)
{
    const bool is_so = is_settled(demo) && is_in_state(demo, DEMO_CAROL, MJL_SESSION_REMOVED);
    if (!is_so) demo->settled_since_ms = -1;
    if (is_so && demo->settled_since_ms < 0) demo->settled_since_ms = demo->now_ms;
    return is_so && demo->now_ms - demo->settled_since_ms >= CALM_MS;
}

static bool ask_for_messages(struct demo *demo)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (demo_people_is_member(&demo->people, i))
            child_tell(&demo->people.all[i].child, "/messages");
    }
    return true;
}

/* Both have judged every file that was brought to them. */
static bool are_fed(struct demo *demo)
{
    return demo_links_is_idle(demo->links) && demo->now_ms - demo->scene_began_ms > QUIET_MS &&
           (uint64_t)demo->people.all[DEMO_EVE].received >=
               demo_links_brought_to(demo->links, DEMO_EVE) &&
           (uint64_t)demo->people.all[DEMO_CAROL].received >=
               demo_links_brought_to(demo->links, DEMO_CAROL);
}

static bool begin_end(struct demo *demo)
{
    demo->is_sync_over = true;
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++)
        child_tell(&demo->people.all[i].child, "/quit");
    return true;
}

static bool are_all_over(struct demo *demo)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (!child_is_over(&demo->people.all[i].child)) return false;
    }
    return true;
}

/* The texts differ: an author and a text are one message. */
static const struct scene scenes[] = {
    {"Alice opens a room. Bob and Carol ask to join, and so does Eve, whom nobody knows.",
     begin_open,
     {{DEMO_NOBODY, NULL}},
     have_asked,
     "alice has seen that bob, carol and eve ask to join"},
    {"Alice lets Bob and Carol in. Eve stays outside and is brought every file.",
     begin_let_in,
     {{DEMO_NOBODY, NULL}},
     are_three_in,
     "alice, bob and carol are in one epoch"},
    {"They talk.",
     NULL,
     {{DEMO_ALICE, "Who has the key to the boathouse?"},
      {DEMO_BOB, "It hangs behind the blue boat, as always."},
      {DEMO_CAROL, "The blue boat leaks, by the way."},
      {DEMO_ALICE, "Since when?"},
      {DEMO_CAROL, "Since somebody rowed it over the weir."},
      {DEMO_BOB, "The water was high. Anybody would have."},
      {DEMO_NOBODY, NULL}},
     all_lines_are_said,
     "every line was said and persisted"},
    {"Bob is killed in the middle of it.",
     NULL,
     {{DEMO_CAROL, "Nobody else would have."},
      {DEMO_BOB, "I will patch it on Saturday, if there is tar."},
      {DEMO_NOBODY, NULL}},
     kill_when_pending,
     "bob has timers and unacked messages pending, to be killed with"},
    {"The others go on, and learn who is missing.",
     NULL,
     {{DEMO_ALICE, "Bob? Are you still there?"},
      {DEMO_CAROL, "He does that."},
      {DEMO_NOBODY, NULL}},
     was_dead_long_enough,
     "what is said while bob is dead is persisted"},
    {"Bob comes back. His timers go on, and everyone gets everything.",
     begin_return,
     {{DEMO_BOB, "Sorry, the battery. Saturday it is."}, {DEMO_NOBODY, NULL}},
     is_back_and_settled,
     "everyone has everything, knows that everyone has, and is warned of nothing"},
    {"Dave asks to join.",
     begin_arrival,
     {{DEMO_NOBODY, NULL}},
     has_dave_asked,
     "bob has seen that dave asks to join"},
    {"Bob lets him in.",
     begin_let_dave_in,
     {{DEMO_NOBODY, NULL}},
     are_four_in,
     "alice, bob, carol and dave are in one epoch"},
    {"They talk, the four of them.",
     NULL,
     {{DEMO_DAVE, "Hello! I heard there is a boat to patch."},
      {DEMO_BOB, "Bring tar."},
      {DEMO_CAROL, "I lend this telephone to Eve: take me out."},
      {DEMO_NOBODY, NULL}},
     is_settled,
     "everyone has everything, knows that everyone has, and is warned of nothing"},
    {"Alice removes Carol, who is brought every file from now on.",
     begin_removal,
     {{DEMO_NOBODY, NULL}},
     is_carol_out,
     "alice, bob and dave are in an epoch without carol"},
    {"They talk without her.",
     NULL,
     {{DEMO_ALICE, "Only the three of us. Where do we meet?"},
      {DEMO_BOB, "At the weir, at nine."},
      {DEMO_DAVE, "I bring the tar."},
      {DEMO_NOBODY, NULL}},
     is_settled_without_carol,
     "the three have everything and know it, and carol has learnt that she was removed"},
    {"Everybody tells what became of the messages.",
     ask_for_messages,
     {{DEMO_NOBODY, NULL}},
     are_fed,
     "eve and carol have judged every file that was brought to them"},
    {"Good night.", begin_end, {{DEMO_NOBODY, NULL}}, are_all_over, "every process has ended"},
};

enum { SCENES_COUNT = sizeof scenes / sizeof *scenes };

static bool enter(struct demo *demo)
{
    demo->scene_began_ms = demo->now_ms;
    demo->lines_said = 0;
    demo_view_scene(demo, scenes[demo->scene].title);
    return scenes[demo->scene].begin == NULL || scenes[demo->scene].begin(demo);
}

static bool say_lines(struct demo *demo)
{
    const struct scene *scene = &scenes[demo->scene];
    while (scene->lines[demo->lines_said].text != NULL) {
        const int64_t due = demo->scene_began_ms + (int64_t)demo->lines_said * ROOM_LINE_MS;
        const struct line *line = &scene->lines[demo->lines_said];
        if (demo->now_ms < due) return false;
        demo_people_say(&demo->people, line->who, line->text);
        demo->lines_said++;
    }
    return true;
}

bool demo_script_run(struct demo *demo)
{
    if (!demo->has_begun) {
        demo->has_begun = true;
        if (!enter(demo)) return false;
    }
    while (demo->scene < SCENES_COUNT && say_lines(demo) && scenes[demo->scene].is_over(demo)) {
        demo->scene++;
        if (demo->scene < SCENES_COUNT && !enter(demo)) return false;
    }
    return true;
}

bool demo_script_is_over(const struct demo *demo)
{
    return demo->scene == SCENES_COUNT;
}

const char *demo_script_awaits(const struct demo *demo)
{
    return demo->scene < SCENES_COUNT ? scenes[demo->scene].awaits : "";
}
