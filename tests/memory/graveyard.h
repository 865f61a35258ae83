/*
 * The secrets there were, and where one that is dead lies about.
 *
 *     secret made ──> graveyard_note ──> dead by the test's rule? ──> its windows of 8 bytes
 *                                                                          │
 *     all memory that this process may write to, a file, a record ────searched for any of them
 *
 * The book of secrets is kept masked, so that it holds none itself.
 */
#ifndef MJL_TESTS_MEMORY_GRAVEYARD_H
#define MJL_TESTS_MEMORY_GRAVEYARD_H

#include "majlis/bytes.h"

enum { GRAVEYARD_SECRET_SIZE_MAX = 64, GRAVEYARD_LABEL_SIZE = 32, GRAVEYARD_SIZE_MIN = 16 };

typedef enum graveyard_kind {
    GRAVEYARD_EPOCH = 1, /* Whatever belongs to an epoch or to a message of it. */
    GRAVEYARD_IDENTITY,  /* Lives as long as the profile is open. */
    GRAVEYARD_ROOM,      /* The room's secret: as long as the session. */
    GRAVEYARD_COFFIN     /* Sealed bytes with secrets in them: dead when any of these is. */
} graveyard_kind;

typedef struct graveyard_secret {
    uint8_t masked[GRAVEYARD_SECRET_SIZE_MAX];
    size_t size;
    graveyard_kind kind;
    char label[GRAVEYARD_LABEL_SIZE];
    uint32_t last;                 /* The part of the story in which it was last made. */
    bool has_sealed;               /* An AEAD's key that was used to seal. */
    uint8_t opened;                /* With it: a bit for each member. */
    uint32_t inside, inside_count; /* Of a coffin: which secrets. */
} graveyard_secret;

void graveyard_open(void);
void graveyard_close(void);
/* Less than 16 bytes are not noted. */
void graveyard_note(const uint8_t *secret, size_t size, graveyard_kind kind, const char *label,
                    uint32_t part);
void graveyard_note_sealed(const uint8_t *key, size_t size);
void graveyard_note_opened(const uint8_t *key, size_t size, uint32_t member);
/* The text that was sealed: secrets that were noted before are found in it. */
void graveyard_note_coffin(const uint8_t *text, size_t size, const uint8_t *sealed, uint32_t part);
size_t graveyard_count(void);

/* Of these windows are made; answers how many secrets are dead. */
size_t graveyard_bury(bool (*is_dead)(const graveyard_secret *secret, uint32_t part),
                      uint32_t part);
/* Each secret is in the windows as soon as it is noted, until graveyard_bury makes others. */
void graveyard_bury_at_once(bool at_once);
/* How often something dead was found; tells about each where and what. */
size_t graveyard_search_memory(void);
size_t graveyard_search(const char *where, const uint8_t *bytes, size_t size);

#endif
