/*
 * One story that uses every public call of profiles and sessions, told the same way to each test
 * here: what happens when memory runs out, what depends on secrets, what is left of them.
 *
 *     create, two join, invite ── say ── large ── away, closed, back: knock and want ── exclude
 *     ── join again ── refresh ── all closed and reopened ── leave, leave
 *
 *     test ── story_teller (suite, chance, store, what to do around calls) ──> story_tell
 *
 * Three members in one process; packets arrive at once, time is virtual. A call that is refused for
 * want of memory is made again, after reopening a profile that closed itself: so the end is the
 * same, whatever failed. The end is told as a text.
 */
#ifndef MJL_TESTS_MEMORY_STORY_H
#define MJL_TESTS_MEMORY_STORY_H

#include "majlis/event.h"
#include "majlis/limits.h"

enum { STORY_MEMBERS = 3, STORY_PATH_SIZE = 200 };

typedef struct story story;

typedef enum story_part { /* After which `told` is called. */
                          STORY_GATHERED = 1,
                          STORY_SAID,
                          STORY_LARGE,
                          STORY_CAME_BACK,
                          STORY_EXCLUDED,
                          STORY_JOINED_AGAIN,
                          STORY_REFRESHED, /* Each member, and then the lifetime of secrets passed.
                                            */
                          STORY_REOPENED,
                          STORY_LEFT, /* Two of three; the third goes too, and the lifetime passes
                                         once more. */
                          STORY_CLOSED
} story_part;

typedef struct story_teller {
    void *context;
    const mjl_mls_suites *suites;                                /* NULL: the one built in. */
    mjl_result (*fill)(void *random, uint8_t *out, size_t size); /* `random`: a story_random. */
    const char *folder; /* Profiles are SQLite files in it; NULL: memory. */
    size_t large_size;
    mjl_bytes room_secret;
    const uint8_t (*store_keys)[MJL_STORE_SEALING_KEY_SIZE]; /* One for each member. */
    /* All may be NULL. Around each call of the library: */
    void (*enter)(void *context, uint32_t member);
    void (*leave)(void *context, uint32_t member);
    /* A call answered OUT_OF_MEMORY, or STORE_FAILED: ends what makes it fail. `is_closed`: the
       profile closed itself. Without this such an answer fails the test. */
    void (*refused)(void *context, story *told, uint32_t member, bool is_closed);
    void (*body)(void *context, uint8_t *bytes, size_t size); /* Something is about to be said. */
    void (*shown)(void *context, char *line, size_t size);    /* A line of the end, with a body. */
    void (*packet)(void *context, story *told, uint32_t from, mjl_bytes packet); /* Leaves. */
    void (*event)(void *context, uint32_t member, const mjl_event *event);
    void (*part)(void *context, story *told, story_part part);
} story_teller;

typedef struct story_random {
    uint64_t seed, calls;
    void *context; /* The teller's. */
} story_random;

typedef struct story_packet {
    mjl_buffer bytes;
    struct story_packet *next;
} story_packet;

typedef struct story_member {
    mjl_profile *profile; /* NULL: closed. */
    mjl_memory_disk *disk;
    char path[STORY_PATH_SIZE];
    story_random random;
    story_packet *first, *last; /* On their way to it. */
    bool is_cut_off;            /* Nothing reaches it. */
} story_member;

struct story {
    const story_teller *teller;
    mjl_time now;
    story_member members[STORY_MEMBERS];
    uint32_t closings; /* How often a profile closed itself. */
};

/* Deterministic; what a teller's `fill` may use. */
mjl_result story_chance(void *random, uint8_t *out, size_t size);
/* Answers the end as a text; the caller frees it. */
char *story_tell(const story_teller *teller);
/* Opens the member's profile, if there is memory. */
mjl_result story_open_once(story *told, uint32_t i);
/* On its way to that member. */
void story_give(story *told, uint32_t to, mjl_bytes packet);

#endif
