#include "chat.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "complaint.h"
#include "majlis/clock.h"
#include "profile_folder.h"

enum {
    TIDY_MS = 1000,       /* What was only shown is settled on the disk after this. */
    DRAIN_MS_MAX = 10000, /* At the end of input: how long what was said may take to leave. */
    SIGNALS_COUNT = 3
};

/* The watches of one chat, all on the default loop. */
struct watches {
    struct chat *chat;
    ev_io input;
    ev_signal signals[SIGNALS_COUNT];
    ev_prepare turn;
    ev_timer tidy, drain;
};

mjl_session *chat_session(const struct chat *chat)
{
    return chat->session == 0 ? NULL : mjl_profile_session_numbered(chat->profile, chat->session);
}

void chat_stop(struct chat *chat, const char *why)
{
    if (chat->is_stopping) return;
    chat->is_stopping = true;
    chat->ended_why = why;
    mjl_run_stop(chat->run);
}

/* ---- What the run tells ---- */

/* An event is settled once it is on standard output: one that was not shown comes again. */
static void on_event(void *context, const mjl_event *event)
{
    struct chat *chat = context;
    if (event->name.size != 0) chat_names_learn(&chat->names, &event->member, event->name);
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, event->session_number);
    if (session != NULL && (event->kind == MJL_EVENT_EPOCH || event->kind == MJL_EVENT_MESSAGE))
        chat_names_learn_roster(&chat->names, session);
    const uint64_t number = event->number;
    const bool is_over =
        event->kind == MJL_EVENT_SESSION_STATE && event->new_state == MJL_SESSION_PARTED;
    chat->view->event(chat, event);
    if (ferror(stdout)) return;
    mjl_profile_event_settled(chat->profile, number);
    chat->settled = number;
    if (is_over) chat->input_is_over = true;
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
    (void)packet;
    (void)result;
    if (verdict == NULL)
        chat->refused_calls++;
    else
        chat->verdicts[verdict->kind]++;
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

static void on_input(struct ev_loop *loop, ev_io *watch, int what)
{
    struct watches *watches = watch->data;
    struct chat *chat = watches->chat;
    (void)what;
    if (!lines_read(&chat->input, STDIN_FILENO)) chat->input.is_ended = true;
    /* A turn that is full is flushed at once, so that no line waits for the next bytes. */
    while (read_commands(chat) && !chat->is_stopping) {
        if (mjl_run_flush(chat->run) != MJL_OK) break;
    }
    if (!chat->input.is_ended) return;
    ev_io_stop(loop, watch);
    chat->input_is_over = true;
}

/* ---- The loop ---- */

static bool everything_left(struct chat *chat)
{
    mjl_run_counters counters;
    mjl_run_get_counters(chat->run, &counters);
    return chat->said_count == 0 && counters.waiting_packets == 0;
}

static void on_turn_over(struct ev_loop *loop, ev_prepare *watch, int what)
{
    struct watches *watches = watch->data;
    struct chat *chat = watches->chat;
    (void)what;
    chat->view->turn_over(chat);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output: %s", strerror(errno));
        chat->stopped_why = MJL_STORE_UNREADABLE;
        chat_stop(chat, "standard output is gone");
        return;
    }
    if (chat->settled != 0 && !ev_is_active(&watches->tidy)) {
        ev_timer_set(&watches->tidy, TIDY_MS / 1000.0, 0);
        ev_timer_start(loop, &watches->tidy);
    }
    if (!chat->input_is_over || chat->is_stopping) return;
    if (!ev_is_active(&watches->drain)) {
        ev_timer_set(&watches->drain, DRAIN_MS_MAX / 1000.0, 0);
        ev_timer_start(loop, &watches->drain);
        mjl_run_wake(chat->run);
    } else if (everything_left(chat)) {
        chat_stop(chat, "end of input");
    }
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

static void start_watches(struct watches *watches, struct ev_loop *loop)
{
    static const int signals[SIGNALS_COUNT] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < SIGNALS_COUNT; i++) {
        ev_signal_init(&watches->signals[i], on_signal, signals[i]);
        watches->signals[i].data = watches;
        ev_signal_start(loop, &watches->signals[i]);
    }
    ev_io_init(&watches->input, on_input, STDIN_FILENO, EV_READ);
    ev_prepare_init(&watches->turn, on_turn_over);
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
    ev_io_stop(loop, &watches->input);
    ev_prepare_stop(loop, &watches->turn);
    ev_timer_stop(loop, &watches->tidy);
    ev_timer_stop(loop, &watches->drain);
}

/* ---- Setting up ---- */

static mjl_result fill_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

static bool is_over(mjl_session_state state)
{
    return state == MJL_SESSION_PARTED || state == MJL_SESSION_REMOVED;
}

/* The room of that name that is still alive, or with an empty name any; 0: none. */
static uint32_t find_room(const mjl_profile *profile, mjl_bytes name)
{
    uint32_t found = 0;
    const mjl_session *session;
    for (size_t i = 0; (session = mjl_profile_session(profile, i)) != NULL; i++) {
        mjl_session_info info;
        mjl_session_get_info(session, &info);
        if (is_over(info.state)) continue;
        if (name.size == 0 || mjl_bytes_equal(name, info.room_name)) found = info.number;
    }
    return found;
}

static mjl_result make_or_join(struct chat *chat, mjl_time now, mjl_session **session)
{
    const struct options *options = chat->options;
    if (options->entry == OPTIONS_CREATE) {
        const mjl_create create = {.size = sizeof create,
                                   .room_name = options->room_name,
                                   .room_secret = options->room_secret,
                                   .pace = options->pace};
        return mjl_session_create(chat->profile, now, &create, session);
    }
    const mjl_join join = {.size = sizeof join,
                           .room_name = options->room_name,
                           .room_secret = options->room_secret,
                           .pace = options->pace};
    return mjl_session_join(chat->profile, now, &join, session);
}

/* The same command line again continues the same room: nobody wants a second one by accident. */
static bool enter_room(struct chat *chat)
{
    const struct options *options = chat->options;
    chat->session = find_room(chat->profile, options->room_name);
    if (chat->session != 0) return true;
    if (options->entry == OPTIONS_CONTINUE) {
        complain("profile %s: it is in no room any more: say --create NAME or --room NAME",
                 options->profile);
        return false;
    }
    mjl_session *session = NULL;
    const mjl_result result = make_or_join(chat, mjl_run_now(chat->run), &session);
    if (result != MJL_OK) {
        complain("room %.*s: %s", (int)options->room_name.size, options->room_name.data,
                 mjl_result_text(result));
        return false;
    }
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    chat->session = info.number;
    return true;
}

static bool open_transports(struct chat *chat)
{
    for (size_t i = 0; i < chat->options->transports_count; i++) {
        char text[MJL_TRANSPORT_TEXT_SIZE] = "";
        mjl_transport_id id;
        const char *address = chat->options->transports[i];
        const mjl_result result = mjl_run_open(chat->run, address, &id, text);
        if (result == MJL_OK) continue;
        complain("transport %s: %s", address, text[0] != '\0' ? text : mjl_result_text(result));
        return false;
    }
    return true;
}

static bool start_run(struct chat *chat, struct ev_loop *loop)
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
        .on_transport = on_transport,
        .on_step = on_step,
        .on_stop = on_stop,
    };
    const mjl_result result = mjl_run_new(&config, &chat->run);
    if (result != MJL_OK) complain("the run cannot start: %s", mjl_result_text(result));
    return result == MJL_OK;
}

static void learn_names(struct chat *chat)
{
    const mjl_session *session;
    for (size_t i = 0; (session = mjl_profile_session(chat->profile, i)) != NULL; i++) {
        mjl_join_request_info request;
        chat_names_learn_roster(&chat->names, session);
        for (size_t k = 0; mjl_session_join_request(session, k, &request) == MJL_OK; k++)
            chat_names_learn(&chat->names, &request.requester, request.display_name);
    }
    const mjl_member_id self = mjl_profile_member(chat->profile);
    chat_names_learn(&chat->names, &self, mjl_profile_display_name(chat->profile));
}

static bool start(struct chat *chat, struct ev_loop *loop)
{
    const struct options *options = chat->options;
    chat->was_there = profile_folder_has_profile(options->profile);
    if (!chat->was_there && options->name == NULL) {
        complain("profile %s: a new one needs --name NAME", options->profile);
        return false;
    }
    if (!chat->was_there && options->entry == OPTIONS_CONTINUE) {
        complain("profile %s: a new one is in no room yet: say --create NAME or --room NAME",
                 options->profile);
        return false;
    }
    mjl_clock_reading reading;
    if (!mjl_clock_read(&reading)) {
        complain("the machine has no working clock");
        return false;
    }
    if (!profile_folder_open(options->profile, options->name, reading.wall_ms, &chat->profile) ||
        !start_run(chat, loop) || !open_transports(chat) || !enter_room(chat))
        return false;
    const mjl_bytes name = mjl_profile_display_name(chat->profile);
    if (options->name != NULL && !mjl_bytes_equal(name, mjl_bytes_text(options->name))) {
        complain("profile %s: it is %.*s's already, and --name %s changes nothing",
                 options->profile, (int)name.size, name.data, options->name);
    }
    learn_names(chat);
    return true;
}

/* Turns the loop until something ends it; the exit code. */
static int talk(struct chat *chat, struct ev_loop *loop)
{
    struct watches watches = {.chat = chat};
    chat->view->hello(chat);
    start_watches(&watches, loop);
    mjl_run_wake(chat->run);
    const mjl_result result = mjl_run_loop(chat->run);
    stop_watches(&watches, loop);
    const mjl_result why = chat->stopped_why != MJL_OK ? chat->stopped_why : result;
    chat->view->bye(chat, chat->ended_why != NULL ? chat->ended_why : mjl_result_text(why));
    if (why == MJL_OK) return 0;
    if (!ferror(stdout)) complain("profile %s: %s", chat->options->profile, mjl_result_text(why));
    return COMPLAINT_EXIT_FAILED;
}

int chat_main(const struct options *options)
{
    struct chat chat = {.options = options,
                        .view = options->json ? &chat_json_view : &chat_text_view};
    struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
    if (loop == NULL || sodium_init() < 0) {
        complain("the event loop or the random source cannot start");
        return COMPLAINT_EXIT_FAILED;
    }
    signal(SIGPIPE, SIG_IGN);
    const int code = start(&chat, loop) ? talk(&chat, loop) : COMPLAINT_EXIT_FAILED;
    mjl_run_free(chat.run);
    mjl_profile_close(chat.profile);
    chat_names_clear(&chat.names);
    lines_clear(&chat.input);
    return code;
}
