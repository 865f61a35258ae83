/*
 * `majlis demo`: real `majlis chat --json` processes, a bad sync tool between their folders, a
 * script, and a table of what is true in the end.
 *
 *     demo_script ──commands──> alice  bob  carol  dave  eve      one process each (child.h)
 *         ^                       │     │     │     │     │
 *         │                     sync  sync  sync  sync  sync      one folder each
 *         │                       └──── demo_link: loses, ────┘
 *         └── demo_people <──events── (standard output)
 *                  └──> demo_view (live) ──> demo_table (in the end)
 *
 * Exit: 0 if every line of the table is true, else 1; 130 after a signal.
 */
#ifndef MAJLIS_EXAMPLES_DEMO_H
#define MAJLIS_EXAMPLES_DEMO_H

#include "demo_link.h"
#include "demo_people.h"
#include "options.h"

enum { DEMO_DEADLINE_MS = 45000, DEMO_PATH_SIZE = 3072 };

struct demo {
    const struct options *options;
    uint64_t seed;
    char folder[DEMO_PATH_SIZE]; /* Of everything. */
    char program[DEMO_PATH_SIZE];
    struct demo_people people;
    struct demo_links *links;
    int64_t started_ms; /* Of a clock that only goes on. */
    int64_t now_ms;     /* Since then. */

    size_t scene; /* Of the script. */
    int64_t scene_began_ms;
    size_t lines_said;        /* Of the scene. */
    int64_t settled_since_ms; /* Everyone has everything; below 0: not so now. */
    bool has_begun;
    bool is_sync_over; /* Nothing is brought any more. */
};

int demo_main(const struct options *options);

#endif
