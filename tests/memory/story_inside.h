/*
 * What the files of the story share.
 *
 *     story.c            what happens, part by part
 *     story_stage.c      calls that are made again, packets, time
 *     story_deeds.c      what members do, each so that it may be repeated
 *     story_questions.c  what an application asks
 *     story_end.c        the end as a text
 */
#ifndef MJL_TESTS_MEMORY_STORY_INSIDE_H
#define MJL_TESTS_MEMORY_STORY_INSIDE_H

#include "story.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    STORY_LIFETIME_MS = 60000,   /* Of secrets. */
    STORY_PATIENCE_MS = 3600000, /* Far more than any of this takes. */
    STORY_REFUSALS_MAX = 16      /* Of one call. */
};

/* ---- Calls (story_stage.c) ---- */

/* What the teller does around each call. */
void story_enter(story *told, uint32_t member);
void story_leave(story *told, uint32_t member);
/* After a result that says that there is no memory, or of a store that it is closed for want of it:
   the same call can be made again. */
void story_recover(story *told, uint32_t i);

/* Makes the call until memory is no reason to refuse it; `result` says how it ended. */
#define TELL(told, i, result, call)                                                                \
    do {                                                                                           \
        for (size_t tries_ = 0;; tries_++) {                                                       \
            assert_true(tries_ < STORY_REFUSALS_MAX);                                              \
            story_enter((told), (i));                                                              \
            (result) = (call);                                                                     \
            story_leave((told), (i));                                                              \
            if ((result) != MJL_OUT_OF_MEMORY && (result) != MJL_STORE_FAILED) break;              \
            story_recover((told), (i));                                                            \
        }                                                                                          \
    } while (0)

#define TELL_OK(told, i, call)                                                                     \
    do {                                                                                           \
        mjl_result told_;                                                                          \
        TELL(told, i, told_, call);                                                                \
        if (told_ != MJL_OK) print_error("%s: %s\n", #call, mjl_result_name(told_));               \
        assert_int_equal(told_, MJL_OK);                                                           \
    } while (0)

/* What is wished and not persisted is lost with a profile that closes itself, and is wished again;
   so each wish is one that may be repeated. */
#define DO(told, i, call)                                                                          \
    do {                                                                                           \
        uint32_t closings_;                                                                        \
        do {                                                                                       \
            TELL_OK(told, i, call);                                                                \
            closings_ = (told)->closings;                                                          \
            story_persist((told), (i));                                                            \
        } while (closings_ != (told)->closings);                                                   \
        story_step((told), (i));                                                                   \
    } while (0)

void story_open(story *told, uint32_t i);
void story_close(story *told, uint32_t i);

/* ---- Packets and time (story_stage.c) ---- */

void story_persist(story *told, uint32_t i);
/* Persists; packets leave, events are heard. */
void story_step(story *told, uint32_t i);
/* The first packet on its way to the member; false: none. */
bool story_take(story_member *member, mjl_buffer *packet);
void story_wait(story *told, mjl_time duration);
void story_until(story *told, const char *what, bool (*holds)(story *told));

#define UNTIL(told, holds) story_until((told), #holds, (holds))

/* ---- What members do (story_deeds.c) ---- */

/* Its latest. */
mjl_session *story_session(const story *told, uint32_t i);
mjl_session_info story_info(const story *told, uint32_t i);
mjl_result story_create(story *told, uint32_t i);
mjl_result story_join(story *told, uint32_t i);
void story_say_bytes(story *told, uint32_t i, uint8_t *bytes, size_t size, uint8_t token);
void story_say_text(story *told, uint32_t i, const char *text, uint8_t token);
mjl_result story_set_away(story *told, uint32_t i);
mjl_result story_leave_room(story *told, uint32_t i);
mjl_result story_exclude(story *told, uint32_t i, uint32_t whom);
mjl_result story_refresh(story *told, uint32_t i);
mjl_result story_invite_next(story *told, uint32_t i);
mjl_result story_verify(story *told, uint32_t i, uint32_t whom);
mjl_result story_note(story *told, uint32_t i, const char *value);

/* ---- What can be asked (story_questions.c) ---- */

void story_ask_session(story *told, uint32_t i);
void story_ask_messages(story *told, uint32_t i);
void story_ask_profile(story *told, uint32_t i);

/* ---- The end, as a text (story_end.c) ---- */

/* A line of it; and all of it. */
void story_append(mjl_buffer *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void story_tell_end(story *told, mjl_buffer *text);

#endif
