#include "chat_command.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdio.h>

/* What may follow the word. */
typedef enum argument_kind { NOTHING = 0, WHO, WHAT, ANYTHING } argument_kind;

typedef struct verb_row {
    chat_verb verb;
    argument_kind argument;
    const char *word, *help;
} verb_row;

static const verb_row verbs[] = {
    {CHAT_INVITE, WHO, "invite",
     "/invite WHO      let in who asks to join: a name, or the first digits of an id"},
    {CHAT_REFUSE, WHO, "refuse", "/refuse WHO      do not: the request is forgotten"},
    {CHAT_RESTORE, WHO, "restore",
     "/restore WHO     take back who lost its state, under its new key; ask them first"},
    {CHAT_REJOIN, NOTHING, "rejoin",
     "/rejoin          give up what you are here and ask to be taken back"},
    {CHAT_REMOVE, WHO, "remove", "/remove WHO      a member shall read nothing from now on"},
    {CHAT_WHO, NOTHING, "who",
     "/who             the members by user, when they were heard, and who asks to join"},
    {CHAT_VERIFY, ANYTHING, "verify",
     "/verify          the safety numbers; /verify WHO ok notes that you compared"},
    {CHAT_MESSAGES, NOTHING, "messages", "/messages        everything said, and how many have it"},
    {CHAT_SEEN, WHAT, "seen",
     "/seen N          who has message N, on how many devices, who not, and since when"},
    {CHAT_SEND, WHAT, "send", "/send FILE       say what is in a file"},
    {CHAT_SAVE, WHAT, "save", "/save N FILE     write what message N says to a new file"},
    {CHAT_DAG, ANYTHING, "dag",
     "/dag [FILE.svg]  draw what follows what; what not everyone has is marked"},
    {CHAT_WARNINGS, NOTHING, "warnings",
     "/warnings        what not everyone has, who is missing, which way is down, what to do"},
    {CHAT_EVIDENCE, ANYTHING, "evidence",
     "/evidence [FILE] who said two things at one point; the proof goes to a new file"},
    {CHAT_DISMISS, NOTHING, "dismiss", "/dismiss         forget that evidence"},
    {CHAT_STATUS, NOTHING, "status", "/status          epoch, timers, what is pending"},
    {CHAT_REFRESH, NOTHING, "refresh", "/refresh         new keys for this member"},
    {CHAT_AGREE, NOTHING, "agree",
     "/agree           what waits because the room grew may go to the new ones too"},
    {CHAT_LEAVE, NOTHING, "leave", "/leave           say goodbye and part"},
    {CHAT_HELP, NOTHING, "help",
     "/help            this; a line without a slash is said, // says a slash"},
    {CHAT_QUIT, NOTHING, "quit", "/quit            end the program; the room stays"},
};

enum { VERBS_COUNT = sizeof verbs / sizeof *verbs };

const char *chat_command_help(size_t i)
{
    return i < VERBS_COUNT ? verbs[i].help : NULL;
}

const char *chat_command_word(size_t i)
{
    return i < VERBS_COUNT ? verbs[i].word : NULL;
}

static const verb_row *find_verb(mjl_bytes word)
{
    for (size_t i = 0; i < VERBS_COUNT; i++) {
        if (mjl_bytes_equal(word, mjl_bytes_text(verbs[i].word))) return &verbs[i];
    }
    return NULL;
}

static bool refuse(chat_command *command, const char *what, mjl_bytes word)
{
    const int size = word.size > 40 ? 40 : (int)word.size;
    snprintf(command->trouble, sizeof command->trouble, "%s '%.*s'", what, size,
             size == 0 ? "" : (const char *)word.data);
    return false;
}

static mjl_bytes trim(mjl_bytes text)
{
    while (text.size != 0 && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size != 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Fits the argument to the verb. */
static bool set_verb(chat_command *command, const verb_row *verb, mjl_bytes argument)
{
    command->verb = verb->verb;
    command->text = argument;
    if (verb->argument == WHO && argument.size == 0)
        return refuse(command, "who is meant is missing after", mjl_bytes_text(verb->word));
    if (verb->argument == WHAT && argument.size == 0)
        return refuse(command, "what is meant is missing after", mjl_bytes_text(verb->word));
    if (verb->argument == NOTHING && argument.size != 0)
        return refuse(command, "nothing may follow", mjl_bytes_text(verb->word));
    return true;
}

static bool read_slash(mjl_bytes line, chat_command *command)
{
    mjl_bytes word = mjl_bytes_of(line.data + 1, line.size - 1);
    size_t size = 0;
    while (size < word.size && word.data[size] != ' ' && word.data[size] != '\t')
        size++;
    const mjl_bytes argument = trim(mjl_bytes_of(word.data + size, word.size - size));
    word.size = size;
    const verb_row *verb = find_verb(word);
    if (verb == NULL) return refuse(command, "/help lists the commands: there is no", word);
    return set_verb(command, verb, argument);
}

static bool read_typed(mjl_bytes line, chat_command *command)
{
    if (trim(line).size == 0) return true;
    const bool is_slash = line.data[0] == '/';
    if (is_slash && (line.size == 1 || line.data[1] != '/')) return read_slash(line, command);
    command->verb = CHAT_SAY;
    command->text = is_slash ? mjl_bytes_of(line.data + 1, line.size - 1) : line;
    return true;
}

static mjl_bytes take_text(const cJSON *object, const char *name, chat_command *command)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item)) return mjl_bytes_of(NULL, 0);
    command->owned = item->valuestring;
    item->valuestring = NULL;
    return mjl_bytes_text(command->owned);
}

static bool read_token(const cJSON *object, chat_command *command)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "token");
    if (item == NULL) return true;
    size_t size = 0;
    const char *digits = cJSON_IsString(item) ? item->valuestring : "";
    const size_t digits_count = strlen(digits);
    if (digits_count == 2 * sizeof command->token &&
        sodium_hex2bin(command->token, sizeof command->token, digits, digits_count, NULL, &size,
                       NULL) == 0 &&
        size == sizeof command->token)
        return true;
    return refuse(command, "a token is 32 hexadecimal digits, not", mjl_bytes_text(digits));
}

static bool read_object(const cJSON *object, chat_command *command)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "cmd");
    if (!cJSON_IsString(name))
        return refuse(command, "the object has no text named", mjl_bytes_text("cmd"));
    const mjl_bytes word = mjl_bytes_text(name->valuestring);
    if (mjl_bytes_equal(word, mjl_bytes_text("say"))) {
        command->verb = CHAT_SAY;
        command->text = take_text(object, "text", command);
        if (command->text.data == NULL)
            return refuse(command, "the object has no text named", mjl_bytes_text("text"));
        return read_token(object, command);
    }
    const verb_row *verb = find_verb(word);
    if (verb == NULL) return refuse(command, "there is no command", word);
    const char *field = verb->argument == WHO ? "who" : "what";
    return set_verb(command, verb, take_text(object, field, command));
}

static bool read_json(mjl_bytes line, chat_command *command)
{
    cJSON *object = cJSON_ParseWithLength((const char *)line.data, line.size);
    if (!cJSON_IsObject(object)) {
        cJSON_Delete(object);
        return refuse(command, "the line begins like an object and is none:", line);
    }
    const bool ok = read_object(object, command);
    cJSON_Delete(object);
    return ok;
}

bool chat_command_read(mjl_bytes line, bool json, chat_command *command)
{
    *command = (chat_command){0};
    if (json && line.size != 0 && line.data[0] == '{') return read_json(line, command);
    return read_typed(line, command);
}

void chat_command_clear(chat_command *command)
{
    cJSON_free(command->owned);
    *command = (chat_command){0};
}
