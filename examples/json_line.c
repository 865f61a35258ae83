#include "json_line.h"

#include <sodium.h>
#include <stdio.h>

#include "escape.h"
#include "output.h"

void json_add_number(cJSON *object, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(object, name, (double)value);
}

void json_add_id(cJSON *object, const char *name, const mjl_id *id)
{
    char digits[CHAT_HEX_SIZE];
    chat_hex(id, digits);
    cJSON_AddStringToObject(object, name, digits);
}

void json_add_id_if_any(cJSON *object, const char *name, const mjl_id *id)
{
    const mjl_id none = {{0}};
    if (memcmp(id, &none, sizeof none) != 0) json_add_id(object, name, id);
}

void json_add_text(cJSON *object, const char *name, mjl_bytes text)
{
    char *printable = escape_new(text);
    if (printable != NULL) cJSON_AddStringToObject(object, name, printable);
    free(printable);
}

void json_add_body(cJSON *object, mjl_bytes body)
{
    json_add_text(object, "text", body);
    if (escape_is_plain(body)) return;
    char *digits = malloc(body.size * 2 + 1);
    if (digits == NULL) return;
    sodium_bin2hex(digits, body.size * 2 + 1, body.data, body.size);
    cJSON_AddStringToObject(object, "hex", digits);
    free(digits);
}

void json_add_ids(cJSON *object, const char *name, mjl_bytes ids)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (size_t at = 0; at + MJL_ID_SIZE <= ids.size; at += MJL_ID_SIZE) {
        mjl_id id;
        char digits[CHAT_HEX_SIZE];
        memcpy(&id, ids.data + at, sizeof id);
        chat_hex(&id, digits);
        cJSON_AddItemToArray(array, cJSON_CreateString(digits));
    }
}

void json_add_warning(const struct chat *chat, cJSON *object, uint64_t number,
                      mjl_warning_kind kind, const mjl_id *subject)
{
    json_add_number(object, "warning", (int64_t)number);
    cJSON_AddStringToObject(object, "kind", mjl_warning_kind_name(kind));
    json_add_id(object, "subject", subject);
    mjl_transport_info info;
    if (kind != MJL_WARNING_TRANSPORT_DOWN || chat->run == NULL) return;
    if (mjl_run_transport(chat->run, mjl_warning_transport(subject), &info) == MJL_OK)
        json_add_text(object, "transport", mjl_bytes_text(info.address));
}

void json_add_severity(cJSON *object, mjl_severity severity)
{
    const char *name = severity == MJL_SEVERITY_NOTICE ? "notice" : "warning";
    cJSON_AddStringToObject(object, "severity", name);
}

void json_add_person(const struct chat *chat, cJSON *object, const char *id_name, const char *name,
                     const mjl_member_id *id)
{
    const mjl_member_id nobody = {{0}};
    if (memcmp(id, &nobody, sizeof nobody) == 0) return;
    json_add_id(object, id_name, id);
    cJSON_AddStringToObject(object, name, chat_names_of(&chat->names, id));
}

void json_add_safety(cJSON *object, const mjl_member_id *id)
{
    char safety[MJL_SAFETY_NUMBER_SIZE];
    mjl_safety_number(id, safety);
    cJSON_AddStringToObject(object, "safety", safety);
}

void json_add_why(cJSON *object, mjl_result why)
{
    if (why == MJL_OK) return;
    cJSON_AddStringToObject(object, "why", mjl_result_name(why));
    cJSON_AddStringToObject(object, "why_text", mjl_result_text(why));
}

void json_add_tasks(cJSON *object, const mjl_session *session)
{
    cJSON *tasks = cJSON_AddArrayToObject(object, "tasks");
    mjl_task_info info;
    for (size_t i = 0; mjl_session_task(session, i, &info) == MJL_OK; i++) {
        cJSON *task = cJSON_CreateObject();
        json_add_number(task, "id", (int64_t)info.id);
        cJSON_AddStringToObject(task, "kind", info.kind == NULL ? "" : info.kind);
        json_add_number(task, "due", info.due);
        cJSON_AddItemToArray(tasks, task);
    }
}

cJSON *json_line(const char *event)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "event", event);
    return line;
}

char *json_take_line(cJSON *line)
{
    char *text = cJSON_PrintUnformatted(line);
    cJSON_Delete(line);
    return text;
}

void json_put(const char *text)
{
    fputs(text == NULL ? "{\"event\":\"refused\",\"why\":\"out of memory\"}" : text, stdout);
    fputc('\n', stdout);
    output_flush();
}

void json_print(cJSON *line)
{
    char *text = json_take_line(line);
    json_put(text);
    cJSON_free(text);
}

void json_add_room(const struct chat *chat, cJSON *line, uint32_t number)
{
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, number);
    json_add_number(line, "session", number);
    if (session == NULL) return;
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    json_add_text(line, "room", info.room_name);
}
