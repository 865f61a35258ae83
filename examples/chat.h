/*
 * `majlis chat`: one member, its rooms and a person or a program that uses it.
 *
 *     standard input ──lines──> commands ──> [ profile ]──run──> transports
 *                                                │
 *     standard output <── view (text or JSON) <──┴ events, packets, answers
 *
 * Ends: /quit, end of input, SIGINT, SIGTERM, SIGHUP (after a last step, and once what was said is
 * with the transports), the last room left, or a failed store. Nothing that was answered "said" is
 * lost by any of them, nor by SIGKILL: a profile that is opened again goes on.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_H
#define MAJLIS_EXAMPLES_CHAT_H

#include "chat_command.h"
#include "chat_names.h"
#include "chat_seen.h"
#include "lines.h"
#include "majlis/run.h"
#include "options.h"
#include "recording_file.h"

enum {
    CHAT_SAID_MAX = 64 /* Lines of one turn; more are read in the next. */
};

struct chat;

/* How everything is shown. Called in the order in which it happened. */
typedef struct chat_view {
    void (*hello)(struct chat *chat);
    void (*transport)(struct chat *chat, const char *address, mjl_transport_state state,
                      const char *reason);
    void (*event)(struct chat *chat, const mjl_event *event);
    void (*packet_out)(struct chat *chat, const mjl_packet *packet);
    /* A packet that came in was not applied, or is none: `what` it is and `why`. */
    void (*packet_in)(struct chat *chat, const mjl_verdict *verdict, size_t size);
    void (*damaged)(struct chat *chat, const char *what, mjl_result why);
    void (*clock)(struct chat *chat, const mjl_clock_report *report);
    /* It is persisted. */
    void (*said)(struct chat *chat, const mjl_message_id *message, mjl_said said);
    void (*wanted)(struct chat *chat, chat_verb verb, const mjl_member_id *who, mjl_intent intent);
    void (*refused)(struct chat *chat, const char *what, const char *why);
    /* Who could be meant: none or several. */
    void (*unclear)(struct chat *chat, const char *what, const chat_candidates *candidates);
    void (*roster)(struct chat *chat);
    void (*warnings)(struct chat *chat);
    void (*messages)(struct chat *chat);
    void (*seen)(struct chat *chat, const mjl_message_info *message);
    /* Of one member, or of all. */
    void (*safety)(struct chat *chat, const mjl_member_id *who);
    void (*verified)(struct chat *chat, const mjl_member_id *who, mjl_verified verified);
    void (*evidence)(struct chat *chat);
    /* A file was made; `note` says what else is to know, or is NULL. */
    void (*wrote)(struct chat *chat, const char *what, const char *path, const char *note);
    void (*status)(struct chat *chat);
    void (*help)(struct chat *chat);
    /* The loop is about to sleep. */
    void (*turn_over)(struct chat *chat);
    void (*bye)(struct chat *chat, const char *why);
} chat_view;

extern const chat_view chat_text_view, chat_json_view;

struct chat {
    const struct options *options;
    mjl_profile *profile;
    mjl_run *run;
    const chat_view *view;
    uint32_t session; /* The room that is talked in, by its number; 0: none. */
    bool was_there;   /* The profile was opened again. */
    struct recording_file recording;
    chat_names names;
    chat_seen seen;
    uint64_t settled; /* The last event that was shown. */

    struct lines input;
    bool input_is_over;
    const char *over_why; /* Of the input. */
    bool is_stopping;
    mjl_result stopped_why;
    const char *ended_why;
    uint64_t steps_at_end; /* Steps of the run when the input was over. */

    struct {
        mjl_message_id message;
        mjl_said said;
    } said[CHAT_SAID_MAX]; /* Wait for the step that persists them. */
    size_t said_count;

    uint64_t verdicts[MJL_VERDICT_COUNT];
    uint64_t refused_calls; /* Packets that the profile could not take in yet. */
    uint64_t damaged;       /* What was no whole packet. */
    uint64_t packets_out, resends;
};

/* The exit code of the program. */
int chat_main(const struct options *options);

/* The room that is talked in, or NULL. */
mjl_session *chat_session(const struct chat *chat);

/* Who we are in that room: another key than the profile's, where we were restored. */
mjl_member_id chat_self(const struct chat *chat, uint32_t session_number);

/* Carries the command out and has the view answer. */
void chat_carry_out(struct chat *chat, const chat_command *command);

/* One clause: what the clock did. */
const char *chat_clock_text(const mjl_clock_report *report);

/* Ends the program after a last step. */
void chat_stop(struct chat *chat, const char *why);

#endif
