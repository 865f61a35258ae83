#include "demo_people.h"

#include <cjson/cJSON.h>

#include "chat_json.h"
#include "majlis/event.h"

typedef void hearer(struct demo_people *people, int who, const cJSON *line);

void demo_people_init(struct demo_people *people)
{
    static const char *const names[DEMO_PEOPLE_COUNT] = {"alice", "bob", "carol", "dave", "eve"};
    memset(people, 0, sizeof *people);
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        people->all[i].name = names[i];
        people->all[i].last_event = people->all[i].member_from = DEMO_NEVER;
        people->all[i].member_until = DEMO_NEVER;
    }
    people->all[DEMO_ALICE].member_from = 0;
}

void demo_people_end(struct demo_people *people)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        child_end(&people->all[i].child);
        if (people->all[i].log != NULL) fclose(people->all[i].log);
        people->all[i].log = NULL;
    }
}

/* ---- Reading a line ---- */

static const char *text_of(const cJSON *line, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static int64_t number_of(const cJSON *line, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

static int person_of_id(const struct demo_people *people, const char *id)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (id[0] != '\0' && strcmp(people->all[i].id, id) == 0) return i;
    }
    return DEMO_NOBODY;
}

static struct demo_message *message_of_id(struct demo_people *people, const char *id)
{
    for (size_t i = 0; i < people->messages_count; i++) {
        if (strcmp(people->messages[i].id, id) == 0) return &people->messages[i];
    }
    return NULL;
}

/* The texts of the script differ, so author and text find the message. */
static struct demo_message *message_of_text(struct demo_people *people, int from, const char *text)
{
    for (size_t i = 0; i < people->messages_count; i++) {
        if (people->messages[i].from == from && strcmp(people->messages[i].text, text) == 0)
            return &people->messages[i];
    }
    return NULL;
}

static size_t read_tasks(const cJSON *line, struct demo_task tasks[DEMO_TASKS_MAX])
{
    size_t count = 0;
    const cJSON *task;
    cJSON_ArrayForEach(task, cJSON_GetObjectItemCaseSensitive(line, "tasks"))
    {
        if (count == DEMO_TASKS_MAX) break;
        tasks[count].id = number_of(task, "id");
        tasks[count].due = number_of(task, "due");
        snprintf(tasks[count].kind, DEMO_WORD_SIZE, "%s", text_of(task, "kind"));
        count++;
    }
    return count;
}

/* ---- What each line means ---- */

static void hear_hello(struct demo_people *people, int who, const cJSON *line)
{
    struct demo_person *person = &people->all[who];
    snprintf(person->id, sizeof person->id, "%s", text_of(line, "member"));
    snprintf(person->state, sizeof person->state, "%s", text_of(line, "state"));
    person->hellos++;
    person->resends_before += person->resends;
    person->resends = person->received = person->applied = 0;
    person->was_reopened = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(line, "reopened"));
    person->reopened_at = number_of(line, "at");
    if (person->was_reopened) person->found_count = read_tasks(line, person->found);
}

static void hear_status(struct demo_people *people, int who, const cJSON *line)
{
    struct demo_person *person = &people->all[who];
    snprintf(person->state, sizeof person->state, "%s", text_of(line, "state"));
    person->epoch = number_of(line, "epoch");
    person->unacked = number_of(line, "unacked");
    person->pending = number_of(line, "pending");
    person->packets_out = number_of(line, "packets_out");
    person->resends = number_of(line, "resends");
    person->tasks_count = read_tasks(line, person->tasks);
    person->received = 0;
    const cJSON *verdicts = cJSON_GetObjectItemCaseSensitive(line, "verdicts");
    const cJSON *verdict;
    cJSON_ArrayForEach(verdict, verdicts) person->received += (int64_t)verdict->valuedouble;
    person->applied = number_of(verdicts, mjl_verdict_name(MJL_VERDICT_APPLIED));
}

static void hear_request(struct demo_people *people, int who, const cJSON *line)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (strcmp(text_of(line, "name"), people->all[i].name) == 0)
            people->all[who].has_asked[i] = true;
    }
}

/* Alice was there from the first epoch: her roster is the demo's. */
static void hear_added(struct demo_people *people, int who, const cJSON *line)
{
    const int member = person_of_id(people, text_of(line, "member"));
    if (who == DEMO_ALICE && member > DEMO_ALICE)
        people->all[member].member_from = number_of(line, "epoch");
}

static void hear_removed(struct demo_people *people, int who, const cJSON *line)
{
    const int member = person_of_id(people, text_of(line, "member"));
    if (who == DEMO_ALICE && member > DEMO_ALICE)
        people->all[member].member_until = number_of(line, "epoch");
}

static void hear_message(struct demo_people *people, int who, const cJSON *line)
{
    const int from = person_of_id(people, text_of(line, "member"));
    struct demo_message *message = message_of_text(people, from, text_of(line, "text"));
    if (message == NULL) {
        people->all[who].unknown_shown++;
        return;
    }
    if (message->id[0] == '\0' || who == from)
        snprintf(message->id, sizeof message->id, "%s", text_of(line, "message"));
    if (message->epoch == DEMO_NEVER || who == from) message->epoch = number_of(line, "epoch");
    message->by[who].shown++;
    message->by[who].order = people->shown_count[who]++;
    if (who == from) message->is_said = true;
}

static void hear_message_state(struct demo_people *people, int who, const cJSON *line)
{
    struct demo_message *message = message_of_id(people, text_of(line, "message"));
    if (message == NULL) return;
    message->by[who].has_everyone =
        strcmp(text_of(line, "new"), mjl_message_state_name(MJL_MESSAGE_EVERYONE)) == 0;
    if (who != message->from) return;
    message->held = number_of(line, "held");
    message->readers = number_of(line, "readers");
}

/* An answer to /messages: the same, asked for. */
static void hear_messages(struct demo_people *people, int who, const cJSON *line)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(line, "messages"))
    {
        struct demo_message *message = message_of_id(people, text_of(item, "message"));
        if (message == NULL || message->by[who].has_everyone) continue;
        message->by[who].has_everyone =
            strcmp(text_of(item, "state"), mjl_message_state_name(MJL_MESSAGE_EVERYONE)) == 0;
        if (who != message->from) continue;
        message->held = number_of(item, "held");
        message->readers = number_of(item, "readers");
    }
}

static void hear_warning(struct demo_people *people, int who, const cJSON *line)
{
    struct demo_person *person = &people->all[who];
    const int64_t number = number_of(line, "warning");
    size_t i = 0;
    while (i < person->warnings_count && person->warnings[i].number != number)
        i++;
    if (i == DEMO_WARNINGS_MAX) return;
    if (i == person->warnings_count) {
        person->warnings_count++;
        person->warnings_raised++;
    }
    person->warnings[i].number = number;
    memset(&person->warnings[i].is_missing, 0, sizeof person->warnings[i].is_missing);
    const cJSON *id;
    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(line, "missing"))
    {
        const int missing = person_of_id(people, cJSON_IsString(id) ? id->valuestring : "");
        if (missing != DEMO_NOBODY) person->warnings[i].is_missing[missing] = true;
    }
}

static void hear_retraction(struct demo_people *people, int who, const cJSON *line)
{
    struct demo_person *person = &people->all[who];
    const int64_t number = number_of(line, "warning");
    for (size_t i = 0; i < person->warnings_count; i++) {
        if (person->warnings[i].number != number) continue;
        person->warnings[i] = person->warnings[--person->warnings_count];
        person->warnings_retracted++;
        return;
    }
}

static void hear_late(struct demo_people *people, int who, const cJSON *line)
{
    struct demo_person *person = &people->all[who];
    if (person->late_count == DEMO_TASKS_MAX) return;
    struct demo_late *late = &person->late[person->late_count++];
    late->due = number_of(line, "due");
    late->ran = number_of(line, "ran");
    snprintf(late->kind, sizeof late->kind, "%s", text_of(line, "task"));
}

static void hear_packet(struct demo_people *people, int who, const cJSON *line)
{
    (void)who;
    if (number_of(line, "resend") == 0) return;
    struct demo_message *message = message_of_id(people, text_of(line, "subject"));
    if (message != NULL) message->resends++;
}

static void hear_bye(struct demo_people *people, int who, const cJSON *line)
{
    (void)line;
    people->all[who].said_bye = true;
}

static hearer *hearer_of_engine(const char *event)
{
    static const struct {
        mjl_event_kind kind;
        hearer *hear;
    } rows[] = {{MJL_EVENT_JOIN_REQUEST, hear_request},
                {MJL_EVENT_MEMBER_ADDED, hear_added},
                {MJL_EVENT_MEMBER_REMOVED, hear_removed},
                {MJL_EVENT_MESSAGE, hear_message},
                {MJL_EVENT_MESSAGE_STATE, hear_message_state},
                {MJL_EVENT_WARNING, hear_warning},
                {MJL_EVENT_WARNING_CHANGED, hear_warning},
                {MJL_EVENT_WARNING_RETRACTED, hear_retraction},
                {MJL_EVENT_TASK_LATE, hear_late}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(event, mjl_event_kind_name(rows[i].kind)) == 0) return rows[i].hear;
    }
    return NULL;
}

static hearer *hearer_of_program(const char *event)
{
    static const struct {
        const char *event;
        hearer *hear;
    } rows[] = {{CHAT_JSON_HELLO, hear_hello},
                {CHAT_JSON_STATUS, hear_status},
                {CHAT_JSON_PACKET, hear_packet},
                {CHAT_JSON_BYE, hear_bye},
                {CHAT_JSON_MESSAGES, hear_messages}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(event, rows[i].event) == 0) return rows[i].hear;
    }
    return NULL;
}

static void hear_line(struct demo_people *people, int who, const char *text)
{
    struct demo_person *person = &people->all[who];
    if (person->log != NULL) fprintf(person->log, "%s\n", text);
    cJSON *line = cJSON_Parse(text);
    const char *event = text_of(line, "event");
    const bool is_of_engine = cJSON_HasObjectItem(line, "number");
    hearer *hear = is_of_engine ? hearer_of_engine(event) : hearer_of_program(event);
    const int64_t number = number_of(line, "number"); /* 0: told once, beside the state. */
    const bool is_repeated = number != 0 && number <= person->last_event;
    if (number > person->last_event) person->last_event = number;
    if (hear != NULL && !is_repeated) {
        hear(people, who, line);
        people->changes++;
    }
    cJSON_Delete(line);
}

void demo_people_hear(struct demo_people *people)
{
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        const char *text;
        if (!people->all[i].child.was_started) continue;
        while ((text = child_hear(&people->all[i].child)) != NULL)
            hear_line(people, i, text);
    }
}

/* ---- Saying, and what became of it ---- */

void demo_people_say(struct demo_people *people, int who, const char *text)
{
    if (people->messages_count == DEMO_MESSAGES_MAX) return;
    people->messages[people->messages_count++] =
        (struct demo_message){.from = who, .text = text, .epoch = DEMO_NEVER};
    cJSON *command = cJSON_CreateObject();
    cJSON_AddStringToObject(command, "cmd", "say");
    cJSON_AddStringToObject(command, "text", text);
    char *line = cJSON_PrintUnformatted(command);
    if (line != NULL) child_tell(&people->all[who].child, line);
    cJSON_free(line);
    cJSON_Delete(command);
}

bool demo_people_concerns(const struct demo_people *people, int who,
                          const struct demo_message *message)
{
    const struct demo_person *person = &people->all[who];
    return person->member_from != DEMO_NEVER && message->epoch >= person->member_from &&
           (person->member_until == DEMO_NEVER || message->epoch < person->member_until);
}

bool demo_people_is_member(const struct demo_people *people, int who)
{
    return people->all[who].member_from != DEMO_NEVER &&
           people->all[who].member_until == DEMO_NEVER;
}

bool demo_people_is_warned_of(const struct demo_people *people, int who, int missing)
{
    const struct demo_person *person = &people->all[who];
    for (size_t i = 0; i < person->warnings_count; i++) {
        if (person->warnings[i].is_missing[missing]) return true;
    }
    return false;
}

static bool is_settled(const struct demo_people *people, const struct demo_message *message)
{
    if (!message->is_said) return false;
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (!demo_people_concerns(people, i, message)) continue;
        if (message->by[i].shown == 0) return false;
        if (demo_people_is_member(people, i) && !message->by[i].has_everyone) return false;
    }
    return true;
}

bool demo_people_is_settled(const struct demo_people *people)
{
    for (size_t i = 0; i < people->messages_count; i++) {
        if (!is_settled(people, &people->messages[i])) return false;
    }
    for (int i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        if (demo_people_is_member(people, i) && people->all[i].warnings_count != 0) return false;
    }
    return true;
}
