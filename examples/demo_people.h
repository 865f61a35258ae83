/*
 * The people of the demo: a process each, and what it has told of itself by its events.
 *
 * Only what a process printed counts: the demo sees what an application would see. Events come at
 * least once, so a number that was seen is skipped.
 */
#ifndef MAJLIS_EXAMPLES_DEMO_PEOPLE_H
#define MAJLIS_EXAMPLES_DEMO_PEOPLE_H

#include <stdio.h>

#include "chat_names.h"
#include "child.h"

enum {
    DEMO_ALICE = 0,
    DEMO_BOB,   /* Is killed and comes back. */
    DEMO_CAROL, /* Is removed. */
    DEMO_DAVE,  /* Comes later. */
    DEMO_EVE,   /* Was never invited. */
    DEMO_PEOPLE_COUNT,
    DEMO_NOBODY = -1
};

enum {
    DEMO_MESSAGES_MAX = 32,
    DEMO_TASKS_MAX = 256,
    DEMO_WARNINGS_MAX = 256,
    DEMO_WORD_SIZE = 32,
    DEMO_NEVER = -1
};

struct demo_task {
    int64_t id, due;
    char kind[DEMO_WORD_SIZE];
};

struct demo_late {
    int64_t due, ran;
    char kind[DEMO_WORD_SIZE];
};

/* A warning of one person that was raised and not retracted. */
struct demo_warning {
    int64_t number;
    bool is_missing[DEMO_PEOPLE_COUNT]; /* Whom it names. */
};

struct demo_person {
    const char *name;
    struct child child;
    FILE *log;  /* Everything it printed. */
    int starts; /* Of its process. */
    char id[CHAT_HEX_SIZE];
    char state[DEMO_WORD_SIZE];
    int64_t epoch, unacked, pending;
    struct demo_task tasks[DEMO_TASKS_MAX];
    size_t tasks_count;
    int64_t last_event;
    int64_t received; /* Packets that it judged, in this run of the process. */
    int64_t applied;  /* Of these, what it could use. */
    int64_t packets_out, resends, resends_before; /* Of this run, and of those before. */
    size_t warnings_raised, warnings_retracted;
    struct demo_warning warnings[DEMO_WARNINGS_MAX];
    size_t warnings_count;
    bool has_asked[DEMO_PEOPLE_COUNT]; /* Whose join requests it has shown. */
    size_t hellos;
    bool was_reopened;
    int64_t reopened_at;
    struct demo_task found[DEMO_TASKS_MAX]; /* Timers on the disk when it was reopened. */
    size_t found_count;
    struct demo_late late[DEMO_TASKS_MAX];
    size_t late_count;
    struct demo_task killed_tasks[DEMO_TASKS_MAX]; /* Timers when it was killed. */
    size_t killed_tasks_count;
    int64_t killed_unacked;
    bool was_missed; /* A warning named it while it was dead. */
    bool is_killed;  /* And not started again yet. */
    bool said_bye;
    size_t unknown_shown; /* Messages shown that nobody said: there must be none. */

    /* Epochs as alice tells them: a member from the one on, until before the other. */
    int64_t member_from, member_until; /* DEMO_NEVER. */
};

/* One line of the script that was said. */
struct demo_message {
    int from;
    const char *text;
    char id[CHAT_HEX_SIZE]; /* "" until it is known. */
    bool is_said;           /* Persisted. */
    int64_t epoch;          /* DEMO_NEVER until it is known. */
    int64_t resends;        /* By anyone. */
    int64_t held, readers;  /* As its author knows. */
    struct {
        unsigned shown;    /* How often its text was shown. */
        bool has_everyone; /* This person knows that everyone has it. */
        int64_t order;     /* The how-manieth message this person showed. */
    } by[DEMO_PEOPLE_COUNT];
};

struct demo_people {
    struct demo_person all[DEMO_PEOPLE_COUNT];
    struct demo_message messages[DEMO_MESSAGES_MAX];
    size_t messages_count;
    int64_t shown_count[DEMO_PEOPLE_COUNT];
    size_t changes; /* Counts whatever the view may want to show. */
};

void demo_people_init(struct demo_people *people);

/* Takes in everything that was printed so far. */
void demo_people_hear(struct demo_people *people);

/* Has the person say the line; it counts as said once the person says so. */
void demo_people_say(struct demo_people *people, int who, const char *text);

/* True if the person was a member in the epoch of the message. */
bool demo_people_concerns(const struct demo_people *people, int who,
                          const struct demo_message *message);
/* A member now, as alice knows. */
bool demo_people_is_member(const struct demo_people *people, int who);
/* True if a warning of the person names the other one as missing. */
bool demo_people_is_warned_of(const struct demo_people *people, int who, int missing);
/* Every line that was said is persisted, reached all its readers, and all members know that. */
bool demo_people_is_settled(const struct demo_people *people);

void demo_people_end(struct demo_people *people);

#endif
