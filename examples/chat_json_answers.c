/* What the view for programs answers to commands. */
#include "chat_json_answers.h"

#include "chat_json.h"
#include "json_line.h"

void chat_json_show_said(struct chat *chat, const mjl_message_id *message, mjl_said said)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_SAID);
    json_add_id(line, "message", message);
    cJSON_AddStringToObject(line, "said", said == MJL_SAID_ACCEPTED ? "accepted" : "queued");
    json_print(line);
}

void chat_json_show_wanted(struct chat *chat, chat_verb verb, const mjl_member_id *who,
                           mjl_intent intent)
{
    static const char *const words[] = {
        [CHAT_INVITE] = "invite", [CHAT_REFUSE] = "refuse", [CHAT_RESTORE] = "restore",
        [CHAT_REJOIN] = "rejoin", [CHAT_REMOVE] = "remove", [CHAT_REFRESH] = "refresh",
        [CHAT_LEAVE] = "leave"};
    cJSON *line = json_line(CHAT_JSON_WANTED);
    cJSON_AddStringToObject(line, "what", words[verb]);
    if (who != NULL) json_add_person(chat, line, "member", "name", who);
    if (intent != 0) json_add_number(line, "intent", (int64_t)intent);
    json_print(line);
}

void chat_json_show_refused(struct chat *chat, const char *what, const char *why)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_REFUSED);
    json_add_text(line, "what", mjl_bytes_text(what));
    json_add_text(line, "why", mjl_bytes_text(why));
    json_print(line);
}

void chat_json_show_unclear(struct chat *chat, const char *what, const chat_candidates *candidates)
{
    cJSON *line = json_line(CHAT_JSON_UNCLEAR);
    json_add_text(line, "what", mjl_bytes_text(what));
    json_add_text(line, "why",
                  mjl_bytes_text(candidates->count == 0
                                     ? "there is nobody of that name or id"
                                     : "several bear that name: say which by id"));
    cJSON *array = cJSON_AddArrayToObject(line, "candidates");
    for (size_t i = 0; i < candidates->count; i++) {
        cJSON *person = cJSON_CreateObject();
        json_add_person(chat, person, "member", "name", &candidates->ids[i]);
        json_add_safety(person, &candidates->ids[i]);
        cJSON_AddItemToArray(array, person);
    }
    json_print(line);
}

static cJSON *member_object(const mjl_member_info *member)
{
    cJSON *object = cJSON_CreateObject();
    json_add_id(object, "member", &member->id);
    json_add_text(object, "name", member->display_name);
    json_add_text(object, "user", member->user_id);
    json_add_safety(object, &member->id);
    json_add_number(object, "leaf", member->leaf);
    cJSON_AddBoolToObject(object, "self", member->is_self);
    cJSON_AddBoolToObject(object, "verified", member->is_verified);
    cJSON_AddBoolToObject(object, "leaving", member->is_leaving);
    json_add_number(object, "last_heard", member->last_heard);
    json_add_number(object, "owes_acks", (int64_t)member->owes_acks_count);
    return object;
}

void chat_json_show_roster(struct chat *chat)
{
    cJSON *line = json_line(CHAT_JSON_ROSTER);
    const mjl_session *session = chat_session(chat);
    cJSON *members = cJSON_AddArrayToObject(line, "members");
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++)
        cJSON_AddItemToArray(members, member_object(&member));
    cJSON *requests = cJSON_AddArrayToObject(line, "requests");
    mjl_join_request_info request;
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++) {
        cJSON *object = cJSON_CreateObject();
        json_add_id(object, "member", &request.requester);
        json_add_text(object, "name", request.display_name);
        json_add_safety(object, &request.requester);
        if (request.is_restore) json_add_id(object, "replaces", &request.replaces);
        cJSON_AddItemToArray(requests, object);
    }
    json_print(line);
}

void chat_json_show_warnings(struct chat *chat)
{
    cJSON *line = json_line(CHAT_JSON_WARNINGS);
    cJSON *array = cJSON_AddArrayToObject(line, "warnings");
    mjl_warning_info info;
    for (size_t i = 0; mjl_session_warning(chat_session(chat), i, &info) == MJL_OK; i++) {
        cJSON *warning = cJSON_CreateObject();
        json_add_warning(chat, warning, info.number, info.kind, &info.subject);
        json_add_ids(warning, "missing", info.missing);
        json_add_severity(warning, info.severity);
        cJSON_AddItemToArray(array, warning);
    }
    json_print(line);
}

static cJSON *message_object(const struct chat *chat, const mjl_message_info *message)
{
    cJSON *object = cJSON_CreateObject();
    const mjl_message_id id = message->id;
    json_add_id(object, "message", &id);
    json_add_id(object, "member", &message->author);
    cJSON_AddStringToObject(object, "state", mjl_message_state_name(message->state));
    json_add_number(object, "epoch", (int64_t)message->epoch);
    json_add_number(object, "number", message->number);
    json_add_number(object, "held", message->held_count);
    json_add_number(object, "readers", message->readers_count);
    json_add_number(object, "resends", message->resends);
    json_add_body(object, message->body);
    cJSON *missing = cJSON_AddArrayToObject(object, "missing");
    mjl_member_id reader;
    bool has_it;
    for (size_t i = 0;
         mjl_session_message_reader(chat_session(chat), &id, i, &reader, &has_it) == MJL_OK; i++) {
        char digits[CHAT_HEX_SIZE];
        chat_hex(&reader, digits);
        if (!has_it) cJSON_AddItemToArray(missing, cJSON_CreateString(digits));
    }
    return object;
}

void chat_json_show_messages(struct chat *chat)
{
    cJSON *line = json_line(CHAT_JSON_MESSAGES);
    cJSON *array = cJSON_AddArrayToObject(line, "messages");
    mjl_message_info message;
    for (size_t i = 0; mjl_session_message(chat_session(chat), i, &message) == MJL_OK; i++)
        cJSON_AddItemToArray(array, message_object(chat, &message));
    json_print(line);
}

void chat_json_show_help(struct chat *chat)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_HELP);
    cJSON *array = cJSON_AddArrayToObject(line, "commands");
    const char *text;
    for (size_t i = 0; (text = chat_command_help(i)) != NULL; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(text));
    json_print(line);
}
