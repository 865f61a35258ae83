/*
 * Recording what goes into a profile, and running a recording again.
 *
 * THE LOG HOLDS EVERY SECRET OF THE PROFILE, in the clear: keys (each draw of the random source),
 * room secrets, everything said and heard, and at its beginning all that was stored. Whoever reads
 * it can read and forge what this member could, until the group has changed its keys without it.
 * Keep it as the store's key is kept (mode 0600), and hand it to nobody you would not hand that.
 *
 *     profile ──inputs, draws, hashes──> recorder ──write──> log
 *     log ──read──> replay: the same engine on a disk in memory ──> equal, or the first difference
 *
 * The engine is a function of its inputs, so the same log gives the same states, packets and events
 * on every machine. A log is of one version of the library: it is read by a later one as long as
 * the format stays, but where a change makes different packets, the replay will say so.
 *
 * Time: none is read. Ownership: the recorder is the host's and outlives the profiles that it is
 * lent to, one at a time. Errors: `majlis/result.h`. Threads: as the profile.
 */
#ifndef MAJLIS_RECORD_H
#define MAJLIS_RECORD_H

#include "majlis/profile.h"

MJL_BEGIN_DECLS

/* ---- Recording: mjl_profile_config.recorder ---- */

typedef struct mjl_recorder mjl_recorder;

typedef struct mjl_recorder_config {
    size_t size; /* sizeof(mjl_recorder_config) */
    void *context;
    /* Appends the bytes to the log; called from within calls on the profile, which it must not call
     * itself. Anything but OK ends the recording. What was written before stays readable, wherever
     * the log ends. */
    mjl_result (*write)(void *context, mjl_bytes bytes);
    /* After every how-manieth step the whole state is hashed, which reads all of the store; so it
     * is after each opening and at each close. 0: never; 1: after each step. */
    uint32_t hash_every;
} mjl_recorder_config;

MJL_MUST_USE MJL_API mjl_result mjl_recorder_new(const mjl_recorder_config *config,
                                                 mjl_recorder **recorder);
/* Writes the end of the log. No profile may have it any more. NULL is fine. */
MJL_API void mjl_recorder_free(mjl_recorder *recorder);
/* OK while it records; else why it stopped, for good: the profile goes on undisturbed. What `write`
 * answered; OUT_OF_MEMORY; TOO_LARGE: an input was; or what the store answered when something that
 * is no input read it. */
MJL_API mjl_result mjl_recorder_failure(const mjl_recorder *recorder);

/* ---- Replaying ---- */

typedef enum mjl_replay_reopening {
    MJL_REPLAY_STAYS_OPEN = 0,
    MJL_REPLAY_REOPENS /* Closes and opens the profile after each step: what was in memory and not
                          saved is gone, and must not be missed. */
} mjl_replay_reopening;

typedef struct mjl_replay_config {
    size_t size; /* sizeof(mjl_replay_config) */
    void *context;
    /* The next bytes of the log, at most `room`; none (size 0): it ends here. */
    mjl_result (*read)(void *context, uint8_t *out, size_t room, size_t *size);
    const mjl_mls_suites *suites; /* Those it was recorded with; NULL. */
    mjl_replay_reopening reopening;
} mjl_replay_config;

/* The first thing that was not as recorded. */
typedef enum mjl_replay_difference {
    MJL_REPLAY_EQUAL = 0,
    MJL_REPLAY_DRAWS,   /* The input asked for other random bytes: how many, or how often. */
    MJL_REPLAY_OUTCOME, /* It was answered otherwise. */
    MJL_REPLAY_STATE,   /* What is saved after it. */
    MJL_REPLAY_PACKETS, /* What came out up to the next input. */
    MJL_REPLAY_EVENTS
} mjl_replay_difference;

MJL_API const char *mjl_replay_difference_name(mjl_replay_difference difference); /* "state" */

typedef enum mjl_replay_end {
    MJL_REPLAY_TO_THE_END = 0,
    MJL_REPLAY_LOG_WAS_CUT, /* Whoever wrote it was stopped: the last input may be the cause. */
    MJL_REPLAY_WAS_OUT_OF_MEMORY /* The recorded profile was, which cannot be done again. */
} mjl_replay_end;

/* One kind of saved records that is not the same. */
typedef struct mjl_replay_kind {
    uint32_t session; /* 0: of the profile. */
    uint16_t kind;
    const char *name; /* "place"; "" for one that has no name here. */
    uint64_t expected_count, got_count;
} mjl_replay_kind;

enum { MJL_REPLAY_KINDS_MAX = 16 };

typedef struct mjl_replay_report {
    mjl_replay_difference difference;
    mjl_replay_end end;
    uint64_t inputs;        /* Taken, the one that differs included; that is its number, from 1. */
    uint64_t steps;         /* Of these. */
    uint64_t states;        /* State hashes that were compared. */
    uint64_t at;            /* Byte of the log up to which it was read. */
    const char *input_name; /* Of the last input: "say". "" before the first. */
    mjl_result expected_result, got_result;      /* Of OUTCOME. */
    mjl_id expected, got;                        /* Hashes of what differs. */
    mjl_replay_kind kinds[MJL_REPLAY_KINDS_MAX]; /* Of STATE, the first of them. */
    size_t kinds_count;                          /* Of all. */
    mjl_id
        chain; /* Over every outcome, state and output so far: one hash to compare machines by. */
} mjl_replay_report;

/* OK: it was run, and the report says how that went. MALFORMED, TOO_LARGE, UNKNOWN_KIND: the log is
 * damaged at `report->at`. TRUNCATED: it ends before its first input. UNKNOWN_VERSION: of another
 * format. BAD_ARGUMENT: also when it was recorded with cipher suites and none are given. */
MJL_MUST_USE MJL_API mjl_result mjl_replay(const mjl_replay_config *config,
                                           mjl_replay_report *report);

MJL_END_DECLS

#endif
