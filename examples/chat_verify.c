/* /verify: showing safety numbers, and noting that one was compared. */
#include <ctype.h>

#include "chat_actions.h"
#include "verify_evidence.h"

enum { SAFETY_DIGITS = 30 };

static bool ends_in_word(mjl_bytes text, const char *word, mjl_bytes *before)
{
    const size_t size = strlen(word);
    if (text.size <= size + 1) return false;
    const size_t at = text.size - size;
    if (memcmp(text.data + at, word, size) != 0 || text.data[at - 1] != ' ') return false;
    *before = mjl_bytes_of(text.data, at - 1);
    return true;
}

/* The digits and spaces at the end, if they are a whole safety number. */
static bool ends_in_number(mjl_bytes text, mjl_bytes *before, char number[SAFETY_DIGITS + 1])
{
    size_t at = text.size, digits = SAFETY_DIGITS;
    number[SAFETY_DIGITS] = '\0';
    while (at > 0 && digits > 0) {
        const uint8_t c = text.data[at - 1];
        if (isdigit(c))
            number[--digits] = (char)c;
        else if (c != ' ')
            return false;
        at--;
    }
    if (digits != 0 || at < 2 || text.data[at - 1] != ' ') return false;
    *before = mjl_bytes_of(text.data, at - 1);
    return true;
}

static mjl_bytes without_spaces_behind(mjl_bytes text)
{
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

static const mjl_member_id *find(struct chat *chat, mjl_bytes word, chat_candidates *candidates)
{
    chat_find_member(chat_session(chat), without_spaces_behind(word), candidates);
    if (candidates->count == 1) return &candidates->ids[0];
    chat->view->unclear(chat, "verify", candidates);
    return NULL;
}

static void mark(struct chat *chat, const mjl_member_id *who, mjl_verified verified)
{
    mjl_result result =
        mjl_session_set_verified(chat_session(chat), mjl_run_now(chat->run), who, verified);
    /* A check that was confirmed is not lost any more. */
    if (result == MJL_OK) result = mjl_run_flush(chat->run);
    if (result == MJL_OK)
        chat->view->verified(chat, who, verified);
    else
        chat->view->refused(chat, "verify", mjl_result_text(result));
}

void chat_verify(struct chat *chat, const chat_command *command)
{
    mjl_bytes who = command->text;
    char number[SAFETY_DIGITS + 1];
    chat_candidates candidates;
    if (who.size == 0) {
        chat->view->safety(chat, NULL);
        return;
    }
    const bool says_yes = ends_in_word(command->text, "ok", &who);
    const bool says_no = !says_yes && ends_in_word(command->text, "no", &who);
    const bool says_number = !says_yes && !says_no && ends_in_number(command->text, &who, number);
    const mjl_member_id *id = find(chat, who, &candidates);
    if (id == NULL) return;
    if (says_number && !safety_number_is(number, id))
        chat->view->refused(chat, "verify",
                            "that is ANOTHER safety number: somebody is in between");
    else if (says_yes || says_number)
        mark(chat, id, MJL_VERIFIED);
    else if (says_no)
        mark(chat, id, MJL_UNVERIFIED);
    else
        chat->view->safety(chat, id);
}
