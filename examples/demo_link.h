/*
 * A bad sync tool between folders, one link for each ordered pair:
 *
 *     alice/sync ──┬── loses 1 in 5, brings 1 in 5 twice, late and out of order ──> bob/sync
 *                  └── ... ──> carol/sync
 *
 * It brings what a folder's owner wrote there, never what it brought itself. Each link loses at
 * most DEMO_LINK_LOSSES_MAX files: the demo has to come to an end. What comes twice comes under a
 * second name, so that the reader cannot tell by the name.
 *
 * The chances of a link's k-th file follow from the seed alone. Time is the caller's.
 */
#ifndef MAJLIS_EXAMPLES_DEMO_LINK_H
#define MAJLIS_EXAMPLES_DEMO_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEMO_FOLDERS_MAX = 8,
    DEMO_LINK_LOSS_PERCENT = 20,
    DEMO_LINK_TWICE_PERCENT = 20,
    DEMO_LINK_LATE_PERCENT = 30, /* So late that others overtake it. */
    DEMO_LINK_LOSSES_MAX = 30,
    DEMO_LINK_DELAY_MS_MAX = 60,
    DEMO_LINK_LATE_MS_MAX = 300
};

struct demo_links;

/* NULL: out of memory. */
struct demo_links *demo_links_new(uint64_t seed);
void demo_links_free(struct demo_links *links);

/* Folders are numbered from 0; a new one gets everything that was written before, too. */
bool demo_links_add(struct demo_links *links, const char *path);

/* From now on nothing to this folder is lost, and what was lost comes after all. */
void demo_links_feed(struct demo_links *links, size_t number);

/* Looks for new files and brings what is due. False: a folder cannot be read or written (errno). */
bool demo_links_run(struct demo_links *links, int64_t now_ms);

typedef struct demo_link_counts {
    uint64_t written; /* By the owners. */
    uint64_t brought, lost, twice, late;
} demo_link_counts;

demo_link_counts demo_links_get_counts(const struct demo_links *links);
/* How many files were brought to a folder. */
uint64_t demo_links_brought_to(const struct demo_links *links, size_t folder);
/* Nothing is on its way. */
bool demo_links_is_idle(const struct demo_links *links);

#endif
