#include "chat_json.h"

#include <unistd.h>

#include "chat_json_answers.h"
#include "json_line.h"
#include "majlis/version.h"

static char *last_status; /* The line as it was printed last. */

/* ---- Events of the engine ---- */

static void add_message(const struct chat *chat, cJSON *line, const mjl_event *event)
{
    (void)chat;
    json_add_id(line, "message", &event->message);
    json_add_id(line, "place", &event->place);
    json_add_number(line, "epoch", (int64_t)event->epoch);
    json_add_number(line, "seq", (int64_t)event->seq);
    if (event->media_type.size != 0) json_add_text(line, "media_type", event->media_type);
    json_add_body(line, event->body);
    cJSON_AddBoolToObject(line, "parents_differ", event->parents_differ);
    cJSON_AddBoolToObject(line, "roster_differs", event->roster_differs);
}

static void add_message_state(cJSON *line, const mjl_event *event)
{
    json_add_id(line, "message", &event->message);
    cJSON_AddStringToObject(line, "old",
                            mjl_message_state_name((mjl_message_state)event->old_state));
    cJSON_AddStringToObject(line, "new",
                            mjl_message_state_name((mjl_message_state)event->new_state));
    json_add_number(line, "held", event->held_count);
    json_add_number(line, "readers", event->readers_count);
}

static void add_session_state(cJSON *line, const mjl_event *event)
{
    cJSON_AddStringToObject(line, "old",
                            mjl_session_state_name((mjl_session_state)event->old_state));
    cJSON_AddStringToObject(line, "new",
                            mjl_session_state_name((mjl_session_state)event->new_state));
}

static void add_warning(const struct chat *chat, cJSON *line, const mjl_event *event)
{
    json_add_warning(chat, line, event->warning, event->warning_kind, &event->subject);
    if (event->kind == MJL_EVENT_WARNING_RETRACTED) return;
    json_add_ids(line, "missing", event->missing);
    json_add_severity(line, (mjl_severity)event->new_state);
}

static void add_late(cJSON *line, const mjl_event *event)
{
    cJSON_AddStringToObject(line, "task", event->task_kind == NULL ? "" : event->task_kind);
    json_add_number(line, "due", event->due);
    json_add_number(line, "ran", event->ran);
    json_add_number(line, "late_ms", event->ran - event->due);
}

static void add_transfer(cJSON *line, const mjl_event *event)
{
    json_add_id(line, "transfer", &event->subject);
    json_add_id_if_any(line, "message", &event->message);
    json_add_number(line, "parts", event->parts_count);
    json_add_number(line, "done", event->parts_done);
    json_add_number(line, "everyone", event->parts_everyone);
}

static void add_request(const struct chat *chat, cJSON *line, const mjl_event *event)
{
    json_add_safety(line, &event->member);
    if (event->kind == MJL_EVENT_RESTORE_REQUEST)
        json_add_person(chat, line, "replaces", "replaces_name", &event->by);
}

static void add_details(const struct chat *chat, cJSON *line, const mjl_event *event)
{
    switch (event->kind) {
    case MJL_EVENT_SESSION_STATE:
        add_session_state(line, event);
        break;
    case MJL_EVENT_EPOCH:
        json_add_number(line, "epoch", (int64_t)event->epoch);
        json_add_id(line, "branch", &event->branch);
        json_add_id_if_any(line, "old_branch", &event->old_branch);
        break;
    case MJL_EVENT_JOIN_REQUEST:
    case MJL_EVENT_RESTORE_REQUEST:
        add_request(chat, line, event);
        break;
    case MJL_EVENT_MEMBER_ADDED:
    case MJL_EVENT_MEMBER_REMOVED:
        json_add_number(line, "epoch", (int64_t)event->epoch);
        json_add_person(chat, line, "by", "by_name", &event->by);
        break;
    case MJL_EVENT_MESSAGE:
        add_message(chat, line, event);
        break;
    case MJL_EVENT_MESSAGE_STATE:
        add_message_state(line, event);
        break;
    case MJL_EVENT_WARNING:
    case MJL_EVENT_WARNING_CHANGED:
    case MJL_EVENT_WARNING_RETRACTED:
        add_warning(chat, line, event);
        break;
    case MJL_EVENT_INTENT:
        json_add_number(line, "intent", (int64_t)event->intent);
        cJSON_AddStringToObject(line, "state", mjl_intent_state_name(event->intent_state));
        break;
    case MJL_EVENT_EQUIVOCATION:
        json_add_id(line, "place", &event->place);
        json_add_id(line, "other_place", &event->other_place);
        json_add_number(line, "epoch", (int64_t)event->epoch);
        cJSON_AddBoolToObject(line, "has_evidence", event->body.size != 0);
        break;
    case MJL_EVENT_TASK_LATE:
        add_late(line, event);
        break;
    case MJL_EVENT_OPAQUE:
        json_add_id(line, "message", &event->message);
        json_add_number(line, "type", event->content_type);
        break;
    case MJL_EVENT_PROGRESS:
    case MJL_EVENT_PART_REFUSED:
        add_transfer(line, event);
        break;
    case MJL_EVENT_MEMBER_AWAY:
        cJSON_AddBoolToObject(line, "away", event->new_state != 0);
        json_add_number(line, "until", event->due);
        break;
    case MJL_EVENT_JOIN_REQUEST_GONE:
    case MJL_EVENT_MEMBER_LEAVING:
        break;
    }
}

static void show_event(struct chat *chat, const mjl_event *event)
{
    cJSON *line = json_line(mjl_event_kind_name(event->kind));
    json_add_number(line, "number", (int64_t)event->number);
    json_add_number(line, "at", event->at);
    json_add_room(chat, line, event->session_number);
    json_add_person(chat, line, "member", "name", &event->member);
    add_details(chat, line, event);
    json_add_why(line, event->why);
    json_print(line);
}

/* ---- Lines of the program ---- */

static void show_hello(struct chat *chat)
{
    cJSON *line = json_line(CHAT_JSON_HELLO);
    const mjl_member_id self = chat_self(chat, chat->session);
    cJSON_AddStringToObject(line, "version", MJL_VERSION);
    json_add_number(line, "process", getpid());
    json_add_number(line, "at", mjl_run_now(chat->run));
    json_add_person(chat, line, "member", "name", &self);
    json_add_safety(line, &self);
    cJSON_AddBoolToObject(line, "reopened", chat->was_there);
    mjl_session_info info;
    mjl_session_get_info(chat_session(chat), &info);
    json_add_room(chat, line, chat->session);
    cJSON_AddStringToObject(line, "state", mjl_session_state_name(info.state));
    json_add_number(line, "epoch", (int64_t)info.epoch);
    json_add_tasks(line, chat_session(chat));
    json_print(line);
}

static void show_transport(struct chat *chat, const char *address, mjl_transport_state state,
                           const char *reason)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_TRANSPORT);
    json_add_text(line, "address", mjl_bytes_text(address));
    cJSON_AddStringToObject(line, "state", mjl_transport_state_name(state));
    json_add_text(line, "why", mjl_bytes_text(reason));
    json_print(line);
}

static const char *packet_kind_name(mjl_packet_kind kind)
{
    switch (kind) {
    case MJL_PACKET_PLACE:
        return "place";
    case MJL_PACKET_STATEMENT:
        return "statement";
    case MJL_PACKET_COMMIT:
        return "commit";
    case MJL_PACKET_WELCOME:
        return "welcome";
    case MJL_PACKET_JOIN_REQUEST:
        return "join request";
    case MJL_PACKET_KNOCK:
        return "knock";
    }
    return "unknown";
}

static void show_packet_out(struct chat *chat, const mjl_packet *packet)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_PACKET);
    json_add_number(line, "packet", (int64_t)packet->number);
    cJSON_AddStringToObject(line, "kind", packet_kind_name(packet->kind));
    json_add_number(line, "resend", packet->resend);
    json_add_number(line, "size", (int64_t)packet->bytes.size);
    json_add_id_if_any(line, "subject", &packet->subject);
    json_add_id_if_any(line, "place", &packet->place);
    json_print(line);
}

static void show_packet_in(struct chat *chat, const mjl_verdict *verdict, size_t size)
{
    cJSON *line = json_line(CHAT_JSON_RECEIVED);
    cJSON_AddStringToObject(line, "verdict", mjl_verdict_name(verdict->kind));
    json_add_number(line, "size", (int64_t)size);
    if (verdict->has_who) json_add_person(chat, line, "member", "name", &verdict->who);
    json_add_why(line, verdict->why);
    json_print(line);
}

static void show_damaged(struct chat *chat, const char *what, mjl_result why)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_DAMAGED);
    json_add_text(line, "what", mjl_bytes_text(what));
    json_add_why(line, why);
    json_print(line);
}

static void show_clock(struct chat *chat, const mjl_clock_report *report)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_CLOCK);
    cJSON_AddStringToObject(line, "what", chat_clock_text(report));
    json_add_number(line, "by_ms", report->by_ms);
    json_print(line);
}

static char *status_text(const struct chat *chat)
{
    cJSON *line = json_line(CHAT_JSON_STATUS);
    const mjl_session *session = chat_session(chat);
    json_add_room(chat, line, chat->session);
    if (session != NULL) {
        mjl_session_info info;
        mjl_session_get_info(session, &info);
        cJSON_AddStringToObject(line, "state", mjl_session_state_name(info.state));
        json_add_number(line, "epoch", (int64_t)info.epoch);
        json_add_id_if_any(line, "branch", &info.branch);
        json_add_number(line, "members", (int64_t)info.members_count);
        json_add_number(line, "unacked", (int64_t)info.unacked_count);
        json_add_number(line, "pending", (int64_t)info.pending_count);
        json_add_number(line, "undecided", (int64_t)info.undecided_count);
        json_add_tasks(line, session);
    }
    cJSON *verdicts = cJSON_AddObjectToObject(line, "verdicts");
    for (int i = 0; i < MJL_VERDICT_COUNT; i++)
        json_add_number(verdicts, mjl_verdict_name((mjl_verdict_kind)i),
                        (int64_t)chat->verdicts[i]);
    json_add_number(line, "not_taken", (int64_t)chat->refused_calls);
    json_add_number(line, "damaged", (int64_t)chat->damaged);
    json_add_number(line, "packets_out", (int64_t)chat->packets_out);
    json_add_number(line, "resends", (int64_t)chat->resends);
    return json_take_line(line);
}

static void show_status(struct chat *chat)
{
    cJSON_free(last_status);
    last_status = status_text(chat);
    json_put(last_status);
}

/* Only what the store has is told: a status may be acted on. */
static void show_turn_over(struct chat *chat)
{
    char *now = status_text(chat);
    const bool is_same = now != NULL && last_status != NULL && strcmp(now, last_status) == 0;
    if (!is_same) json_put(now);
    cJSON_free(last_status);
    last_status = now;
}

static void show_bye(struct chat *chat, const char *why)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_BYE);
    json_add_text(line, "why", mjl_bytes_text(why));
    json_print(line);
    cJSON_free(last_status);
    last_status = NULL;
}

const chat_view chat_json_view = {
    .hello = show_hello,
    .transport = show_transport,
    .event = show_event,
    .packet_out = show_packet_out,
    .packet_in = show_packet_in,
    .damaged = show_damaged,
    .clock = show_clock,
    .said = chat_json_show_said,
    .wanted = chat_json_show_wanted,
    .refused = chat_json_show_refused,
    .unclear = chat_json_show_unclear,
    .roster = chat_json_show_roster,
    .warnings = chat_json_show_warnings,
    .messages = chat_json_show_messages,
    .seen = chat_json_show_seen,
    .safety = chat_json_show_safety,
    .verified = chat_json_show_verified,
    .evidence = chat_json_show_evidence,
    .wrote = chat_json_show_wrote,
    .status = show_status,
    .help = chat_json_show_help,
    .turn_over = show_turn_over,
    .bye = show_bye,
};
