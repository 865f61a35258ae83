/*
 * A profile that does what a test says: the runner's other side, without a session. One at a time.
 * Linked in the place of the engine's own functions.
 */
#ifndef MAJLIS_TESTS_TRANSPORT_FAKE_PROFILE_H
#define MAJLIS_TESTS_TRANSPORT_FAKE_PROFILE_H

#include "majlis/event.h"
#include "majlis/profile.h"
#include "test.h"

enum { FAKE_LOG_MAX = 65536, FAKE_QUEUE_MAX = 4096 };

typedef struct fake_packet {
    uint64_t number;
    mjl_buffer bytes;
    bool is_persisted, is_handed_out, is_sent;
} fake_packet;

typedef struct fake_profile {
    /* What to do. */
    mjl_time next_due;         /* 0: nothing is scheduled. Steps at or after it clear it. */
    bool keeps_due;            /* Steps do not clear it: no room for what it would do. */
    mjl_result step_result;    /* Of all steps to come. */
    size_t budget_spent_count; /* So many steps answer BUDGET_SPENT first. */
    mjl_result receive_result; /* Unless OK: a refusal of the call. */
    size_t receive_refusals;   /* So many times only; 0: always. */

    /* What was done: one letter a call. r receive, s step, p packet out, e event out, t packet
     * sent, n note set. */
    char log[FAKE_LOG_MAX];
    size_t log_size;
    size_t steps, receives;
    mjl_time last_now;
    bool went_back;                     /* A `now` before an earlier one was given. */
    mjl_transport_state told_states[8]; /* By transport. */
    mjl_result state_result;            /* Of being told. */

    fake_packet packets[FAKE_QUEUE_MAX];
    size_t packets_count;
    uint64_t events_count, events_persisted, events_handed_out, events_settled;
    bool is_changed;
} fake_profile;

extern fake_profile fake;

mjl_profile *fake_reset(void);
/* As a call like mjl_session_say: output for after the next step. */
void fake_say(const char *text);
void fake_make_event(void);
mjl_time fake_wall_ms(void);
/* How often the letters occur in the log in that order, next to each other. */
size_t fake_count(const char *letters);
size_t fake_sent_count(void);

#endif
