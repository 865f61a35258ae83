/* Small transcripts written by hand: places and epochs by name. */
#ifndef TESTS_SESSION_GRAPH_H
#define TESTS_SESSION_GRAPH_H

#include "acks.h"
#include "transcript.h"

/* The id of a name: of a place, a commit or a member. */
mjl_id graph_id(const char *name);

/* The author of a name, added if need be. */
uint32_t graph_author(mjl_transcript *transcript, const char *name);
/* An epoch that the commit of a name starts; `joined`: names separated by spaces, or NULL. */
uint32_t graph_epoch(mjl_transcript *transcript, const char *commit, uint64_t number,
                     uint32_t parent, const char *joined);

typedef struct graph_place {
    const char *name;
    const char *author;
    uint32_t epoch; /* Index. */
    uint64_t seq;
    const char *parents; /* "1:name 2:name": epoch number and name, in any order. */
    const char *message; /* NULL: one of its own. */
    bool is_commit;
} graph_place;

/* Checks, and accepts if that is OK. `findings` may be NULL. */
mjl_result graph_try(mjl_transcript *transcript, graph_place place, mjl_findings *findings);
/* Must be accepted. Answers its index. */
uint32_t graph_add(mjl_transcript *transcript, graph_place place);
uint32_t graph_find(const mjl_transcript *transcript, const char *name);

/* Everything as records, one after the other, and back. */
typedef struct graph_records {
    mjl_buffer *records;
    size_t count;
    uint32_t authors, epochs, places;
} graph_records;

graph_records graph_save(const mjl_transcript *transcript);
mjl_result graph_load(const graph_records *saved, mjl_transcript **transcript);
void graph_records_clear(graph_records *saved);
/* Both are saved alike. */
void graph_is_same(const mjl_transcript *a, const mjl_transcript *b);

/* The same for acks: head, rosters, and one record (or none) per place. */
graph_records graph_acks_save(const mjl_acks *acks);
mjl_result graph_acks_load(const graph_records *saved, const mjl_transcript *transcript,
                           mjl_acks **acks);

#endif
