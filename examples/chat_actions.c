/* What each command does. */
#include "chat_actions.h"

#include "chat_dag.h"

typedef mjl_result changer(mjl_session *session, mjl_time now, const mjl_member_id *who,
                           mjl_intent *intent);

static mjl_result refuse(mjl_session *session, mjl_time now, const mjl_member_id *who,
                         mjl_intent *intent)
{
    *intent = 0;
    return mjl_session_refuse(session, now, who);
}

/* Changes the membership for the one who is meant. */
static void change(struct chat *chat, const chat_command *command, const char *what,
                   const chat_candidates *candidates, changer *make)
{
    if (candidates->count != 1) {
        chat->view->unclear(chat, what, candidates);
        return;
    }
    mjl_intent intent = 0;
    const mjl_result result =
        make(chat_session(chat), mjl_run_now(chat->run), &candidates->ids[0], &intent);
    if (result != MJL_OK) {
        chat->view->refused(chat, what, mjl_result_text(result));
        return;
    }
    chat->view->wanted(chat, command->verb, &candidates->ids[0], intent);
}

static void carry_out_change(struct chat *chat, const chat_command *command)
{
    chat_candidates candidates;
    if (command->verb == CHAT_REMOVE) {
        chat_find_member(chat_session(chat), command->text, &candidates);
        change(chat, command, "remove", &candidates, mjl_session_exclude);
        return;
    }
    const chat_requests which = command->verb == CHAT_INVITE    ? CHAT_NEWCOMERS
                                : command->verb == CHAT_RESTORE ? CHAT_RESTORES
                                                                : CHAT_ANY_REQUEST;
    chat_find_requester(chat_session(chat), command->text, which, &candidates);
    if (command->verb == CHAT_INVITE)
        change(chat, command, "invite", &candidates, mjl_session_invite);
    else if (command->verb == CHAT_RESTORE)
        change(chat, command, "restore", &candidates, mjl_session_restore);
    else
        change(chat, command, "refuse", &candidates, refuse);
}

static void say(struct chat *chat, const chat_command *command)
{
    mjl_say say = {.size = sizeof say, .body = command->text};
    memcpy(say.token, command->token, sizeof say.token);
    mjl_message_id message;
    mjl_said said = MJL_SAID_ACCEPTED;
    const mjl_result result =
        mjl_session_say(chat_session(chat), mjl_run_now(chat->run), &say, &message, &said);
    if (result != MJL_OK) {
        chat->view->refused(chat, "say", mjl_result_text(result));
        return;
    }
    chat->said[chat->said_count].message = message;
    chat->said[chat->said_count++].said = said;
}

static void refresh(struct chat *chat, const chat_command *command)
{
    (void)command;
    mjl_intent intent = 0;
    const mjl_result result =
        mjl_session_refresh(chat_session(chat), mjl_run_now(chat->run), &intent);
    if (result == MJL_OK)
        chat->view->wanted(chat, CHAT_REFRESH, NULL, intent);
    else
        chat->view->refused(chat, "refresh", mjl_result_text(result));
}

/* Own messages that wait because the room grew may go to the new readers too. */
static void agree(struct chat *chat, const chat_command *command)
{
    (void)command;
    mjl_session *session = chat_session(chat);
    mjl_message_info message;
    size_t agreed = 0;
    mjl_result result = MJL_OK;
    for (size_t i = 0; mjl_session_message(session, i, &message) == MJL_OK && result == MJL_OK;
         i++) {
        if (!message.is_own || message.state != MJL_MESSAGE_QUEUED) continue;
        const mjl_message_id id = message.id;
        result = mjl_session_agree(session, mjl_run_now(chat->run), &id);
        if (result == MJL_OK) agreed++;
    }
    if (result != MJL_OK)
        chat->view->refused(chat, "agree", mjl_result_text(result));
    else if (agreed == 0)
        chat->view->refused(chat, "agree", "nothing waits");
}

static void leave(struct chat *chat, const chat_command *command)
{
    (void)command;
    const mjl_result result = mjl_session_leave(chat_session(chat), mjl_run_now(chat->run));
    if (result == MJL_OK)
        chat->view->wanted(chat, CHAT_LEAVE, NULL, 0);
    else
        chat->view->refused(chat, "leave", mjl_result_text(result));
}

static void rejoin(struct chat *chat, const chat_command *command)
{
    (void)command;
    const mjl_result result = mjl_session_rejoin(chat_session(chat), mjl_run_now(chat->run));
    if (result == MJL_OK)
        chat->view->wanted(chat, CHAT_REJOIN, NULL, 0);
    else
        chat->view->refused(chat, "rejoin", mjl_result_text(result));
}

/* ---- Questions: the view answers ---- */

static void who(struct chat *chat, const chat_command *command)
{
    (void)command;
    chat->view->roster(chat);
}

static void warnings(struct chat *chat, const chat_command *command)
{
    (void)command;
    chat->view->warnings(chat);
}

static void messages(struct chat *chat, const chat_command *command)
{
    (void)command;
    chat->view->messages(chat);
}

static void status(struct chat *chat, const chat_command *command)
{
    (void)command;
    chat->view->status(chat);
}

bool chat_take_message(const struct chat *chat, mjl_bytes *text, mjl_message_info *message)
{
    uint32_t number = 0;
    while (text->size > 0 && *text->data >= '0' && *text->data <= '9') {
        if (number > UINT32_MAX / 10 - 1) return false;
        number = number * 10 + (uint32_t)(*text->data - '0');
        *text = mjl_bytes_of(text->data + 1, text->size - 1);
    }
    if (text->size > 0 && *text->data != ' ') return false;
    while (text->size > 0 && *text->data == ' ')
        *text = mjl_bytes_of(text->data + 1, text->size - 1);
    return number != 0 && mjl_session_message(chat_session(chat), number - 1, message) == MJL_OK;
}

static void seen(struct chat *chat, const chat_command *command)
{
    mjl_message_info message;
    mjl_bytes rest = command->text;
    if (chat_take_message(chat, &rest, &message) && rest.size == 0)
        chat->view->seen(chat, &message);
    else
        chat->view->refused(chat, "seen", "there is no message of that number");
}

/* ---- The table ---- */

typedef void action(struct chat *chat, const chat_command *command);

/* In the order of the enum; what is missing needs no room. */
static action *const actions[CHAT_VERBS_COUNT] = {
    [CHAT_SAY] = say,
    [CHAT_INVITE] = carry_out_change,
    [CHAT_REFUSE] = carry_out_change,
    [CHAT_RESTORE] = carry_out_change,
    [CHAT_REJOIN] = rejoin,
    [CHAT_REMOVE] = carry_out_change,
    [CHAT_REFRESH] = refresh,
    [CHAT_AGREE] = agree,
    [CHAT_WHO] = who,
    [CHAT_WARNINGS] = warnings,
    [CHAT_MESSAGES] = messages,
    [CHAT_SEEN] = seen,
    [CHAT_SEND] = chat_send_file,
    [CHAT_SAVE] = chat_save_file,
    [CHAT_VERIFY] = chat_verify,
    [CHAT_DAG] = chat_dag_draw,
    [CHAT_EVIDENCE] = chat_show_evidence,
    [CHAT_DISMISS] = chat_dismiss_evidence,
    [CHAT_STATUS] = status,
    [CHAT_LEAVE] = leave,
};

void chat_carry_out(struct chat *chat, const chat_command *command)
{
    if (command->verb == CHAT_NOTHING) return;
    if (command->verb == CHAT_HELP) {
        chat->view->help(chat);
    } else if (command->verb == CHAT_QUIT) {
        chat_stop(chat, "/quit");
    } else if (chat_session(chat) == NULL) {
        chat->view->refused(chat, "this needs a room", "the profile is in none");
    } else {
        actions[command->verb](chat, command);
        mjl_run_wake(chat->run);
    }
}
