/* What the view for programs answers to what people check: who has it, whose key, what is proved.
 */
#include "chat_json.h"
#include "chat_json_answers.h"
#include "json_line.h"
#include "majlis/evidence.h"

/* Without memory they are left out. */
static void add_users(cJSON *line, const mjl_session *session, const mjl_message_id *message,
                      size_t room)
{
    size_t count = 0;
    mjl_message_user *users = calloc(room + 1, sizeof *users);
    if (users == NULL || mjl_session_message_users(session, message, users, room, &count) != MJL_OK)
        count = 0;
    cJSON *array = cJSON_AddArrayToObject(line, "users");
    for (size_t i = 0; i < count && i < room; i++) {
        cJSON *object = cJSON_CreateObject();
        json_add_text(object, "user", users[i].user_id);
        json_add_text(object, "name", users[i].display_name);
        json_add_number(object, "devices", users[i].devices_count);
        json_add_number(object, "held", users[i].held_count);
        cJSON_AddBoolToObject(object, "self", users[i].is_self);
        cJSON_AddItemToArray(array, object);
    }
    free(users);
}

void chat_json_show_seen(struct chat *chat, const mjl_message_info *message)
{
    cJSON *line = json_line(CHAT_JSON_SEEN);
    const mjl_session *session = chat_session(chat);
    const mjl_message_id id = message->id;
    const size_t users_count = message->users_count;
    json_add_id(line, "message", &id);
    json_add_number(line, "number", message->number);
    json_add_number(line, "said_at", message->accepted_at);
    if (message->held_at != 0) json_add_number(line, "held_at", message->held_at);
    cJSON *readers = cJSON_AddArrayToObject(line, "readers");
    mjl_member_id reader;
    bool has_it;
    for (size_t i = 0; mjl_session_message_reader(session, &id, i, &reader, &has_it) == MJL_OK;
         i++) {
        cJSON *object = cJSON_CreateObject();
        json_add_person(chat, object, "member", "name", &reader);
        cJSON_AddBoolToObject(object, "has_it", has_it);
        const mjl_time since = chat_seen_since(&chat->seen, &id, &reader);
        if (has_it && since != 0) json_add_number(object, "since", since);
        cJSON_AddItemToArray(readers, object);
    }
    add_users(line, session, &id, users_count);
    json_print(line);
}

void chat_json_show_safety(struct chat *chat, const mjl_member_id *who)
{
    cJSON *line = json_line(CHAT_JSON_SAFETY);
    cJSON *members = cJSON_AddArrayToObject(line, "members");
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(chat_session(chat), i, &member) == MJL_OK; i++) {
        if (who != NULL && memcmp(who, &member.id, sizeof *who) != 0) continue;
        cJSON *object = cJSON_CreateObject();
        json_add_id(object, "member", &member.id);
        json_add_text(object, "name", member.display_name);
        json_add_safety(object, &member.id);
        cJSON_AddBoolToObject(object, "self", member.is_self);
        cJSON_AddBoolToObject(object, "verified", member.is_verified);
        cJSON_AddItemToArray(members, object);
    }
    json_print(line);
}

void chat_json_show_verified(struct chat *chat, const mjl_member_id *who, mjl_verified verified)
{
    cJSON *line = json_line(CHAT_JSON_VERIFIED);
    json_add_person(chat, line, "member", "name", who);
    cJSON_AddBoolToObject(line, "verified", verified == MJL_VERIFIED);
    json_print(line);
}

void chat_json_show_evidence(struct chat *chat)
{
    cJSON *line = json_line(CHAT_JSON_EVIDENCE);
    cJSON *array = cJSON_AddArrayToObject(line, "evidence");
    mjl_evidence_info info;
    for (size_t i = 0; mjl_session_evidence(chat_session(chat), i, &info) == MJL_OK; i++) {
        cJSON *object = cJSON_CreateObject();
        const mjl_member_id author = info.author;
        json_add_person(chat, object, "member", "name", &author);
        json_add_number(object, "epoch", (int64_t)info.epoch);
        json_add_number(object, "found_at", info.found_at);
        json_add_number(object, "size", (int64_t)info.evidence.size);
        cJSON_AddItemToArray(array, object);
    }
    json_print(line);
}

void chat_json_show_wrote(struct chat *chat, const char *what, const char *path, const char *note)
{
    (void)chat;
    cJSON *line = json_line(CHAT_JSON_WROTE);
    cJSON_AddStringToObject(line, "what", what);
    json_add_text(line, "path", mjl_bytes_text(path));
    if (note != NULL) json_add_text(line, "note", mjl_bytes_text(note));
    json_print(line);
}
