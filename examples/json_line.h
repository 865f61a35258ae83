/* One line of JSON: its pieces, and printing it. Memory that runs out leaves pieces away. */
#ifndef MAJLIS_EXAMPLES_JSON_LINE_H
#define MAJLIS_EXAMPLES_JSON_LINE_H

#include <cjson/cJSON.h>

#include "chat.h"

void json_add_number(cJSON *object, const char *name, int64_t value);
void json_add_id(cJSON *object, const char *name, const mjl_id *id);
void json_add_id_if_any(cJSON *object, const char *name, const mjl_id *id);
void json_add_text(cJSON *object, const char *name, mjl_bytes text);
void json_add_body(cJSON *object, mjl_bytes body);
void json_add_ids(cJSON *object, const char *name, mjl_bytes ids);
void json_add_person(const struct chat *chat, cJSON *object, const char *id_name, const char *name,
                     const mjl_member_id *id);
/* Its number, kind and subject; of a transport also the address. */
void json_add_warning(const struct chat *chat, cJSON *object, uint64_t number,
                      mjl_warning_kind kind, const mjl_id *subject);
void json_add_severity(cJSON *object, mjl_severity severity);
void json_add_safety(cJSON *object, const mjl_member_id *id);
void json_add_why(cJSON *object, mjl_result why);
void json_add_tasks(cJSON *object, const mjl_session *session);
cJSON *json_line(const char *event);
char *json_take_line(cJSON *line);
void json_put(const char *text);
void json_print(cJSON *line);
void json_add_room(const struct chat *chat, cJSON *line, uint32_t number);

#endif
