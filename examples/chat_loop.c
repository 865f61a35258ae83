#include "chat_loop.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "complaint.h"
#include "output.h"
#include "screen.h"

enum {
    TIDY_MS = 1000,       /* What was only shown is settled on the disk after this. */
    DRAIN_MS_MAX = 10000, /* At the end of input: how long what was said may take to leave. */
    SIGNALS_COUNT = 3,
    KEYS_SIZE = 4096 /* Read at once from a terminal. */
};

/* The watches of one chat, all on the default loop. */
struct watches {
    struct chat *chat;
    ev_io input;
    ev_signal signals[SIGNALS_COUNT], resumed;
    ev_prepare turn;
    ev_timer tidy, drain;
};

mjl_session *chat_session(const struct chat *chat)
{
    return chat->session == 0 ? NULL : mjl_profile_session_numbered(chat->profile, chat->session);
}

mjl_member_id chat_self(const struct chat *chat, uint32_t session_number)
{
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, session_number);
    if (session == NULL) return mjl_profile_member(chat->profile);
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    return info.member;
}

void chat_stop(struct chat *chat, const char *why)
{
    if (chat->is_stopping) return;
    chat->is_stopping = true;
    chat->ended_why = why;
    mjl_run_stop(chat->run);
}

/* What was said still leaves; then the program ends. */
static void end_input(struct chat *chat, const char *why)
{
    if (chat->input_is_over) return;
    chat->input_is_over = true;
    chat->over_why = why;
}

/* ---- What the run tells ---- */

/* We were restored: the room goes on in another session of the same group. */
static void follow_restored(struct chat *chat, const mjl_event *event)
{
    if (event->kind != MJL_EVENT_SESSION_STATE || event->new_state != MJL_SESSION_LIVE) return;
    const mjl_session *now = chat_session(chat);
    const mjl_session *next = mjl_profile_session_numbered(chat->profile, event->session_number);
    if (now == NULL || next == NULL || event->session_number <= chat->session) return;
    mjl_session_info was, is;
    mjl_session_get_info(now, &was);
    mjl_session_get_info(next, &is);
    if (was.group_id.size > 0 && mjl_bytes_equal(was.group_id, is.group_id))
        chat->session = event->session_number;
}

/* An event is settled once it is on standard output: one that was not shown comes again. */
static void on_event(void *context, const mjl_event *event)
{
    struct chat *chat = context;
    if (event->name.size != 0) chat_names_learn(&chat->names, &event->member, event->name);
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, event->session_number);
    if (session != NULL && (event->kind == MJL_EVENT_EPOCH || event->kind == MJL_EVENT_MESSAGE))
        chat_names_learn_roster(&chat->names, session);
    follow_restored(chat, event);
    const uint64_t number = event->number;
    const bool is_over = event->kind == MJL_EVENT_SESSION_STATE &&
                         event->new_state == MJL_SESSION_PARTED &&
                         event->session_number == chat->session;
    if (session != NULL && event->kind == MJL_EVENT_MESSAGE_STATE)
        chat_seen_note(&chat->seen, session, &event->message, event->at);
    chat->view->event(chat, event);
    if (output_error() != 0) return;
    mjl_profile_event_settled(chat->profile, number);
    chat->settled = number;
    if (is_over) end_input(chat, "the room was left");
}

static void on_packet_out(void *context, const mjl_packet *packet)
{
    struct chat *chat = context;
    chat->packets_out++;
    if (packet->resend != 0) chat->resends++;
    chat->view->packet_out(chat, packet);
}

static void on_packet_in(void *context, mjl_transport_id from, mjl_bytes packet, mjl_result result,
                         const mjl_verdict *verdict)
{
    struct chat *chat = context;
    (void)from;
    (void)result; /* It is offered again. */
    if (verdict == NULL) {
        chat->refused_calls++;
        return;
    }
    chat->verdicts[verdict->kind]++;
    if (verdict->kind != MJL_VERDICT_APPLIED && verdict->kind != MJL_VERDICT_OWN_ECHO)
        chat->view->packet_in(chat, verdict, packet.size);
}

static void on_damaged(void *context, mjl_transport_id from, const char *what, mjl_result why)
{
    struct chat *chat = context;
    (void)from;
    chat->damaged++;
    chat->view->damaged(chat, what, why);
}

const char *chat_clock_text(const mjl_clock_report *report)
{
    switch (report->suspicion) {
    case MJL_CLOCK_STEADY:
        break;
    case MJL_CLOCK_WENT_BACK:
        return "the machine's clock went back";
    case MJL_CLOCK_JUMPED:
        return "the machine's clock jumped ahead";
    case MJL_CLOCK_IMPLAUSIBLE:
        return "the machine's clock is not set";
    }
    return "the machine's clock is steady";
}

static void on_clock(void *context, const mjl_clock_report *report)
{
    struct chat *chat = context;
    chat->view->clock(chat, report);
}

static void on_transport(void *context, mjl_transport_id id, mjl_transport_state state,
                         const char *reason)
{
    struct chat *chat = context;
    mjl_transport_info info;
    if (chat->run == NULL || mjl_run_transport(chat->run, id, &info) != MJL_OK) return;
    chat->view->transport(chat, info.address, state, reason);
}

static void on_step(void *context, mjl_time now)
{
    struct chat *chat = context;
    (void)now;
    recording_file_look(&chat->recording);
    for (size_t i = 0; i < chat->said_count; i++)
        chat->view->said(chat, &chat->said[i].message, chat->said[i].said);
    chat->said_count = 0;
}

static void on_stop(void *context, mjl_result why)
{
    struct chat *chat = context;
    chat->stopped_why = why;
}

/* ---- Standard input ---- */

static void read_command(struct chat *chat, mjl_bytes line)
{
    chat_command command;
    if (chat_command_read(line, chat->options->json, &command))
        chat_carry_out(chat, &command);
    else
        chat->view->refused(chat, "not understood", command.trouble);
    chat_command_clear(&command);
}

/* Carries out whole lines; true if some had to wait for the next turn. */
static bool read_commands(struct chat *chat)
{
    mjl_bytes line;
    while (!chat->is_stopping && chat->said_count < CHAT_SAID_MAX) {
        const lines_answer answer = lines_next(&chat->input, &line);
        if (answer == LINES_NONE) return false;
        if (answer == LINES_LINE)
            read_command(chat, line);
        else
            chat->view->refused(chat, "not understood", "the line is too long");
    }
    return true;
}

/* With a prompt, keys become lines; Ctrl-D ends them. */
static void read_keys(struct chat *chat)
{
    uint8_t keys[KEYS_SIZE];
    const ssize_t size = read(STDIN_FILENO, keys, sizeof keys);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0 || !screen_take_keys(mjl_bytes_of(keys, (size_t)size), &chat->input.text))
        chat->input.is_ended = true;
}

static void read_input(struct chat *chat)
{
    if (screen_has_prompt())
        read_keys(chat);
    else if (!lines_read(&chat->input, STDIN_FILENO))
        chat->input.is_ended = true;
}

static void on_input(struct ev_loop *loop, ev_io *watch, int what)
{
    struct watches *watches = watch->data;
    struct chat *chat = watches->chat;
    (void)what;
    read_input(chat);
    /* A turn that is full is flushed at once, so that no line waits for the next bytes. */
    while (read_commands(chat) && !chat->is_stopping) {
        if (mjl_run_flush(chat->run) != MJL_OK) break;
    }
    if (!chat->input.is_ended) return;
    ev_io_stop(loop, watch);
    end_input(chat, "end of input");
}

/* ---- The loop ---- */

static bool everything_left(struct chat *chat)
{
    mjl_run_counters counters;
    mjl_run_get_counters(chat->run, &counters);
    return counters.steps > chat->steps_at_end && chat->said_count == 0 &&
           counters.waiting_packets == 0;
}

/* One more step takes everything to the transports; then the end waits for them alone. */
static void begin_to_end(struct watches *watches, struct ev_loop *loop)
{
    struct chat *chat = watches->chat;
    mjl_run_counters counters;
    mjl_run_get_counters(chat->run, &counters);
    chat->steps_at_end = counters.steps;
    ev_timer_set(&watches->drain, DRAIN_MS_MAX / 1000.0, 0);
    ev_timer_start(loop, &watches->drain);
    /* Not a wake: the loop is about to sleep. A failure is told by on_stop. */
    const mjl_result result = mjl_run_flush(chat->run);
    (void)result;
}

static void on_turn_over(struct ev_loop *loop, ev_prepare *watch, int what)
{
    struct watches *watches = watch->data;
    struct chat *chat = watches->chat;
    (void)what;
    chat->view->turn_over(chat);
    if (output_error() != 0) {
        chat_stop(chat, "standard output is gone");
        return;
    }
    if (chat->settled != 0 && !ev_is_active(&watches->tidy)) {
        ev_timer_set(&watches->tidy, TIDY_MS / 1000.0, 0);
        ev_timer_start(loop, &watches->tidy);
    }
    if (!chat->input_is_over || chat->is_stopping) return;
    if (!ev_is_active(&watches->drain)) begin_to_end(watches, loop);
    if (everything_left(chat)) chat_stop(chat, chat->over_why);
}

static void on_tidy(struct ev_loop *loop, ev_timer *watch, int what)
{
    struct watches *watches = watch->data;
    (void)loop;
    (void)what;
    watches->chat->settled = 0;
    mjl_run_wake(watches->chat->run);
}

static void on_drain(struct ev_loop *loop, ev_timer *watch, int what)
{
    struct watches *watches = watch->data;
    (void)loop;
    (void)what;
    chat_stop(watches->chat, "end of input; some packets wait for the next start");
}

static void on_signal(struct ev_loop *loop, ev_signal *watch, int what)
{
    struct watches *watches = watch->data;
    (void)loop;
    (void)what;
    chat_stop(watches->chat, strsignal(watch->signum));
}

/* Ctrl-Z and back: the shell had the terminal in between. */
static void on_resumed(struct ev_loop *loop, ev_signal *watch, int what)
{
    (void)loop;
    (void)watch;
    (void)what;
    screen_resume();
}

static void start_watches(struct watches *watches, struct ev_loop *loop)
{
    static const int signals[SIGNALS_COUNT] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < SIGNALS_COUNT; i++) {
        ev_signal_init(&watches->signals[i], on_signal, signals[i]);
        watches->signals[i].data = watches;
        ev_signal_start(loop, &watches->signals[i]);
    }
    ev_signal_init(&watches->resumed, on_resumed, SIGCONT);
    ev_signal_start(loop, &watches->resumed);
    ev_io_init(&watches->input, on_input, STDIN_FILENO, EV_READ);
    ev_prepare_init(&watches->turn, on_turn_over);
    /* After the run: what is told of a turn is what its step persisted. */
    ev_set_priority(&watches->turn, EV_MINPRI);
    ev_timer_init(&watches->tidy, on_tidy, 0, 0);
    ev_timer_init(&watches->drain, on_drain, 0, 0);
    watches->input.data = watches->turn.data = watches;
    watches->tidy.data = watches->drain.data = watches;
    ev_io_start(loop, &watches->input);
    ev_prepare_start(loop, &watches->turn);
}

static void stop_watches(struct watches *watches, struct ev_loop *loop)
{
    for (size_t i = 0; i < SIGNALS_COUNT; i++)
        ev_signal_stop(loop, &watches->signals[i]);
    ev_signal_stop(loop, &watches->resumed);
    ev_io_stop(loop, &watches->input);
    ev_prepare_stop(loop, &watches->turn);
    ev_timer_stop(loop, &watches->tidy);
    ev_timer_stop(loop, &watches->drain);
}

static mjl_result fill_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

bool chat_loop_start(struct chat *chat, struct ev_loop *loop)
{
    const bool is_quick = chat->options->pace.bc_lat_ms == MJL_BC_LAT_MS_QUICK;
    const mjl_run_config config = {
        .size = sizeof config,
        .loop = loop,
        .profile = chat->profile,
        .random = {NULL, fill_random},
        .pace = is_quick ? MJL_TRANSPORT_PACE_QUICK : MJL_TRANSPORT_PACE_USUAL,
        .settling = MJL_HOST_SETTLES_EVENTS,
        .context = chat,
        .on_event = on_event,
        .on_packet_out = on_packet_out,
        .on_packet_in = on_packet_in,
        .on_damaged = on_damaged,
        .on_clock = on_clock,
        .on_transport = on_transport,
        .on_step = on_step,
        .on_stop = on_stop,
    };
    const mjl_result result = mjl_run_new(&config, &chat->run);
    if (result != MJL_OK) complain("the run cannot start: %s", mjl_result_text(result));
    return result == MJL_OK;
}

/* Turns the loop until something ends it; the exit code. */
int chat_loop_talk(struct chat *chat, struct ev_loop *loop)
{
    struct watches watches = {.chat = chat};
    chat->view->hello(chat);
    start_watches(&watches, loop);
    mjl_run_wake(chat->run);
    const mjl_result result = mjl_run_loop(chat->run);
    stop_watches(&watches, loop);
    const mjl_result why = chat->stopped_why != MJL_OK ? chat->stopped_why : result;
    chat->view->bye(chat, chat->ended_why != NULL ? chat->ended_why : mjl_result_text(why));
    if (why != MJL_OK)
        complain("profile %s: %s", chat->options->profile, mjl_result_text(why));
    else if (output_error() != 0)
        complain("standard output: %s", strerror(output_error()));
    return why == MJL_OK && output_error() == 0 ? 0 : COMPLAINT_EXIT_FAILED;
}
