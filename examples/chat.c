#include "chat.h"

#include <signal.h>
#include <sodium.h>

#include "chat_loop.h"
#include "complaint.h"
#include "majlis/clock.h"
#include "profile_folder.h"

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
    /* An existing profile opens at its own last instant, so that what waits on the disk can be
     * shown before the run brings it to the present and runs what is overdue. */
    const mjl_time now = chat->was_there ? 0 : reading.wall_ms;
    if (options->record != NULL && !recording_file_begin(&chat->recording, options->record))
        return false;
    if (!profile_folder_open(options->profile, options->name, now, chat->recording.recorder,
                             &chat->profile) ||
        !chat_loop_start(chat, loop) || !open_transports(chat) || !enter_room(chat))
        return false;
    const mjl_bytes name = mjl_profile_display_name(chat->profile);
    if (options->name != NULL && !mjl_bytes_equal(name, mjl_bytes_text(options->name))) {
        complain("profile %s: it is %.*s's already, and --name %s changes nothing",
                 options->profile, (int)name.size, name.data, options->name);
    }
    learn_names(chat);
    return true;
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
    const int code = start(&chat, loop) ? chat_loop_talk(&chat, loop) : COMPLAINT_EXIT_FAILED;
    mjl_run_free(chat.run);
    mjl_profile_close(chat.profile);
    recording_file_end(&chat.recording);
    chat_names_clear(&chat.names);
    chat_seen_clear(&chat.seen);
    lines_clear(&chat.input);
    return code;
}
