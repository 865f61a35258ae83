/* The view for people: a line per event, ticks before own messages, warnings that go away. */
#include "chat_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "chat_progress.h"
#include "chat_warning.h"
#include "escape.h"
#include "line_editor.h"
#include "screen.h"

/* ---- Words ---- */

/* The room's name and a space where the profile has several rooms, else "". */
const char *chat_text_room_of(const struct chat *chat, uint32_t number)
{
    static char text[MJL_NAME_SIZE_MAX + 4];
    mjl_session *session = mjl_profile_session_numbered(chat->profile, number);
    if (session == NULL || mjl_profile_session(chat->profile, 1) == NULL) return "";
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    char *name = escape_new(info.room_name);
    snprintf(text, sizeof text, "#%s ", name == NULL ? "?" : name);
    free(name);
    return text;
}

char *chat_text_quote(mjl_bytes body)
{
    const bool is_long = body.size > CHAT_TEXT_QUOTE_SIZE_MAX;
    size_t size = is_long ? CHAT_TEXT_QUOTE_SIZE_MAX : body.size;
    while (is_long && size != 0 && (body.data[size] & 0xc0) == 0x80)
        size--;
    char *text = escape_new(mjl_bytes_of(body.data, size));
    char *quoted = malloc(CHAT_TEXT_QUOTE_SIZE_MAX * 12 + 16);
    if (text != NULL && quoted != NULL)
        snprintf(quoted, CHAT_TEXT_QUOTE_SIZE_MAX * 12 + 16, "\"%s%s\"", text,
                 is_long ? "..." : "");
    free(text);
    return quoted;
}

/* What a warning or a state is about: the message in quotes, else what kind of thing it is. */
char *chat_text_subject(const struct chat *chat, uint32_t number, const mjl_id *subject)
{
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, number);
    mjl_message_info message;
    if (session != NULL && mjl_session_message_by_id(session, subject, &message) == MJL_OK)
        return chat_text_quote(message.body);
    return chat_text_quote(mjl_bytes_text("a change of the group"));
}

const char *chat_text_safe(const char *text)
{
    return text == NULL ? "?" : text;
}

/* ---- Warnings ---- */

/* The transport that a warning is about, by its address as it was given. */
static const char *transport_of(const struct chat *chat, const mjl_id *subject)
{
    mjl_transport_info info;
    const mjl_transport_id id = mjl_warning_transport(subject);
    if (chat->run == NULL || mjl_run_transport(chat->run, id, &info) != MJL_OK)
        return "a transport";
    return info.address;
}

static void print_warning(const struct chat *chat, uint32_t number, chat_warning *warning,
                          const mjl_id *subject, mjl_bytes missing)
{
    char *what = chat_text_subject(chat, number, subject);
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, number);
    char *who = chat_names_users(&chat->names, session, missing);
    char *member = chat_names_list(&chat->names, mjl_bytes_of(subject->bytes, MJL_ID_SIZE));
    warning->what = chat_text_safe(what);
    warning->missing = chat_text_safe(who);
    warning->member = chat_text_safe(member);
    const bool is_about_transport = warning->kind == MJL_WARNING_TRANSPORT_DOWN;
    warning->transport = is_about_transport ? transport_of(chat, subject) : "";
    const bool is_over = warning->turn == MJL_EVENT_WARNING_RETRACTED;
    char *sentence = chat_warning_sentence(warning);
    screen_print(is_over ? SCREEN_GREEN : SCREEN_YELLOW, is_over ? "~" : "!", "%s%s",
                 chat_text_room_of(chat, number),
                 sentence == NULL ? mjl_warning_kind_name(warning->kind) : sentence);
    free(sentence);
    free(what);
    free(who);
    free(member);
}

static void show_warning(const struct chat *chat, const mjl_event *event)
{
    chat_warning warning = {.kind = event->warning_kind,
                            .turn = event->kind,
                            .severity = (mjl_severity)event->new_state};
    print_warning(chat, event->session_number, &warning, &event->subject, event->missing);
}

void chat_text_show_warnings(struct chat *chat)
{
    mjl_warning_info info;
    const mjl_session *session = chat_session(chat);
    size_t i = 0;
    for (; mjl_session_warning(session, i, &info) == MJL_OK; i++) {
        chat_warning warning = {
            .kind = info.kind, .turn = MJL_EVENT_WARNING, .severity = info.severity};
        print_warning(chat, chat->session, &warning, &info.subject, info.missing);
    }
    if (i == 0) screen_print(SCREEN_GREEN, "", "no warnings");
}

/* ---- Members and the room ---- */

static void print_request(const struct chat *chat, const mjl_event *event)
{
    char safety[MJL_SAFETY_NUMBER_SIZE];
    mjl_safety_number(&event->member, safety);
    const char *name = chat_names_of(&chat->names, &event->member);
    screen_print(SCREEN_YELLOW, "?", "%s%s asks to join; safety number %s; /invite %s",
                 chat_text_room_of(chat, event->session_number), name, safety, name);
}

static void print_restore_request(const struct chat *chat, const mjl_event *event)
{
    char safety[MJL_SAFETY_NUMBER_SIZE];
    mjl_safety_number(&event->member, safety);
    const char *name = chat_names_of(&chat->names, &event->member);
    screen_print(SCREEN_YELLOW, "?",
                 "%s%s lost its state and asks to be taken back; new safety number %s; ask them in "
                 "another way whether it is they; /restore %s",
                 chat_text_room_of(chat, event->session_number), name, safety, name);
}

static void print_member(const struct chat *chat, const mjl_event *event, const char *mark,
                         const char *words)
{
    char by[CHAT_HEX_SIZE + 8] = "";
    const mjl_member_id nobody = {{0}};
    if (memcmp(&event->by, &nobody, sizeof nobody) != 0)
        snprintf(by, sizeof by, " by %.64s", chat_names_of(&chat->names, &event->by));
    char name[MJL_NAME_SIZE_MAX * 12 + 1];
    snprintf(name, sizeof name, "%s", chat_names_of(&chat->names, &event->member));
    char epoch[32] = "";
    if (event->epoch != 0) snprintf(epoch, sizeof epoch, " (epoch %" PRIu64 ")", event->epoch);
    screen_print(SCREEN_BLUE, mark, "%s%s %s%s%s", chat_text_room_of(chat, event->session_number),
                 name, words, by, epoch);
}

/* The same room goes on in a later session of ours. */
static bool was_restored(const struct chat *chat, uint32_t number)
{
    const mjl_session *old = mjl_profile_session_numbered(chat->profile, number);
    const mjl_session *now = chat_session(chat);
    if (old == NULL || now == NULL || chat->session <= number) return false;
    mjl_session_info was, is;
    mjl_session_get_info(old, &was);
    mjl_session_get_info(now, &is);
    return was.group_id.size > 0 && mjl_bytes_equal(was.group_id, is.group_id);
}

static void print_session_state(const struct chat *chat, const mjl_event *event)
{
    const char *room = chat_text_room_of(chat, event->session_number);
    switch (event->new_state) {
    case MJL_SESSION_JOINING:
        screen_print(SCREEN_DIM, "", "%sasking to join; somebody inside has to /invite", room);
        break;
    case MJL_SESSION_LIVE:
        screen_print(SCREEN_BLUE, "+", "%syou are in the room", room);
        break;
    case MJL_SESSION_LEAVING:
        screen_print(SCREEN_DIM, "", "%sleaving, as soon as everyone knows", room);
        break;
    case MJL_SESSION_PARTED:
        screen_print(SCREEN_BLUE, "-",
                     was_restored(chat, event->session_number) ? "%swhat you were there is over"
                                                               : "%syou left the room",
                     room);
        break;
    case MJL_SESSION_NEED_REJOIN:
        screen_print(SCREEN_RED, "!",
                     "%syou cannot go on here as you are: somebody inside has to /restore you, or "
                     "/leave",
                     room);
        break;
    case MJL_SESSION_REMOVED:
        screen_print(SCREEN_RED, "-", "%syou were removed from the room; /quit ends", room);
        break;
    default:
        screen_print(SCREEN_RED, "!", "%s%s: %s", room,
                     mjl_session_state_name((mjl_session_state)event->new_state),
                     mjl_result_text(event->why));
        break;
    }
}

static void print_intent(const struct chat *chat, const mjl_event *event)
{
    const char *room = chat_text_room_of(chat, event->session_number);
    if (event->intent_state == MJL_INTENT_AGAIN)
        screen_print(SCREEN_DIM, "..", "%sanother change came first; yours is made again", room);
    if (event->intent_state == MJL_INTENT_VOID)
        screen_print(SCREEN_YELLOW, "!", "%sthe change is void: %s", room,
                     mjl_result_text(event->why));
}

static void print_late(const mjl_event *event)
{
    screen_print(SCREEN_DIM, "", "while this was closed: %s was due, ran %" PRId64 " ms late",
                 chat_text_safe(event->task_kind), event->ran - event->due);
}

static void print_change_of_member(const struct chat *chat, const mjl_event *event)
{
    if (event->kind == MJL_EVENT_MEMBER_ADDED)
        print_member(chat, event, "+", "was let in");
    else if (event->kind == MJL_EVENT_MEMBER_REMOVED)
        print_member(chat, event, "-", "was removed");
    else if (event->kind == MJL_EVENT_MEMBER_LEAVING)
        print_member(chat, event, "-", "is leaving");
    else if (event->new_state != 0)
        print_member(chat, event, "-", "is away for a while");
    else
        print_member(chat, event, "+", "is back");
}

static void show_event(struct chat *chat, const mjl_event *event)
{
    switch (event->kind) {
    case MJL_EVENT_SESSION_STATE:
        print_session_state(chat, event);
        break;
    case MJL_EVENT_JOIN_REQUEST:
        print_request(chat, event);
        break;
    case MJL_EVENT_RESTORE_REQUEST:
        print_restore_request(chat, event);
        break;
    case MJL_EVENT_MEMBER_ADDED:
    case MJL_EVENT_MEMBER_REMOVED:
    case MJL_EVENT_MEMBER_LEAVING:
    case MJL_EVENT_MEMBER_AWAY:
        print_change_of_member(chat, event);
        break;
    case MJL_EVENT_MESSAGE:
        chat_text_print_message(chat, event);
        break;
    case MJL_EVENT_MESSAGE_STATE:
        chat_text_print_message_state(chat, event);
        break;
    case MJL_EVENT_WARNING:
    case MJL_EVENT_WARNING_CHANGED:
    case MJL_EVENT_WARNING_RETRACTED:
        show_warning(chat, event);
        break;
    case MJL_EVENT_INTENT:
        print_intent(chat, event);
        break;
    case MJL_EVENT_EQUIVOCATION:
        screen_print(SCREEN_RED, "!",
                     "%s said two things at one point: a copy of its profile, or a backup?%s",
                     chat_names_of(&chat->names, &event->member),
                     event->body.size == 0 ? "" : " /evidence FILE keeps the proof");
        break;
    case MJL_EVENT_TASK_LATE:
        print_late(event);
        break;
    case MJL_EVENT_OPAQUE:
        screen_print(SCREEN_DIM, "", "%s sent something of a kind (%u) that is not known here",
                     chat_names_of(&chat->names, &event->member), event->content_type);
        break;
    case MJL_EVENT_PART_REFUSED:
        screen_print(SCREEN_RED, "!", "%s sent a part that fits no message",
                     chat_names_of(&chat->names, &event->member));
        break;
    case MJL_EVENT_PROGRESS:
        chat_show_progress(chat, event);
        break;
    case MJL_EVENT_EPOCH:
    case MJL_EVENT_JOIN_REQUEST_GONE:
        break;
    }
}

/* ---- Answers ---- */

static void show_hello(struct chat *chat)
{
    line_editor_set_words(chat_command_word);
    screen_start(SCREEN_WITH_PROMPT);
    char safety[MJL_SAFETY_NUMBER_SIZE];
    const mjl_member_id self = chat_self(chat, chat->session);
    mjl_safety_number(&self, safety);
    mjl_session_info info;
    mjl_session_get_info(chat_session(chat), &info);
    char *room = escape_new(info.room_name);
    screen_print(SCREEN_BOLD, "", "%s in room %s (%s)", chat_names_of(&chat->names, &self),
                 chat_text_safe(room), mjl_session_state_name(info.state));
    screen_print(SCREEN_DIM, "", "safety number %s; /help lists the commands", safety);
    free(room);
    if (screen_has_prompt() && strcmp(screen_editor_name(), "plain") == 0)
        screen_print(SCREEN_DIM, "", "typing has no history: this was built without libedit");
}

static void show_packet_out(struct chat *chat, const mjl_packet *packet)
{
    (void)chat;
    (void)packet;
}

/* The message's own event prints the line. */
static void show_turn_over(struct chat *chat)
{
    chat_text_show_room_line(chat);
}

static void show_bye(struct chat *chat, const char *why)
{
    (void)chat;
    screen_print(SCREEN_DIM, "", "ended: %s", why);
    screen_stop();
}

const chat_view chat_text_view = {
    .hello = show_hello,
    .transport = chat_text_show_transport,
    .event = show_event,
    .packet_out = show_packet_out,
    .packet_in = chat_text_show_packet_in,
    .damaged = chat_text_show_damaged,
    .clock = chat_text_show_clock,
    .said = chat_text_show_said,
    .wanted = chat_text_show_wanted,
    .refused = chat_text_show_refused,
    .unclear = chat_text_show_unclear,
    .roster = chat_text_show_roster,
    .warnings = chat_text_show_warnings,
    .messages = chat_text_show_messages,
    .seen = chat_text_show_seen,
    .safety = chat_text_show_safety,
    .verified = chat_text_show_verified,
    .evidence = chat_text_show_evidence,
    .wrote = chat_text_show_wrote,
    .status = chat_text_show_status,
    .help = chat_text_show_help,
    .turn_over = show_turn_over,
    .bye = show_bye,
};
