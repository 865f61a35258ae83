/* /evidence and /dismiss: proof that somebody said two things at one point. */
#include <errno.h>
#include <stdio.h>

#include "chat_actions.h"
#include "majlis/evidence.h"

char *chat_path_of(mjl_bytes text)
{
    char *path = malloc(text.size + 1);
    if (path == NULL) return NULL;
    memcpy(path, text.data, text.size);
    path[text.size] = '\0';
    return path;
}

static size_t count_evidence(const mjl_session *session)
{
    mjl_evidence_info info;
    size_t count = 0;
    while (mjl_session_evidence(session, count, &info) == MJL_OK)
        count++;
    return count;
}

void chat_show_evidence(struct chat *chat, const chat_command *command)
{
    const mjl_session *session = chat_session(chat);
    const size_t count = count_evidence(session);
    mjl_evidence_info info;
    if (command->text.size == 0) {
        chat->view->evidence(chat);
        return;
    }
    if (count == 0 || mjl_session_evidence(session, count - 1, &info) != MJL_OK) {
        chat->view->refused(chat, "evidence", "there is none");
        return;
    }
    char *path = chat_path_of(command->text);
    if (path == NULL)
        chat->view->refused(chat, "evidence", mjl_result_text(MJL_OUT_OF_MEMORY));
    else if (!chat_write_new(path, info.evidence))
        chat->view->refused(chat, path, strerror(errno));
    else
        chat->view->wrote(chat, "evidence", path, "anybody can check it: majlis verify-evidence");
    free(path);
}

void chat_dismiss_evidence(struct chat *chat, const chat_command *command)
{
    mjl_session *session = chat_session(chat);
    mjl_evidence_info info;
    (void)command;
    while (mjl_session_evidence(session, 0, &info) == MJL_OK) {
        const mjl_result result =
            mjl_session_evidence_dismiss(session, mjl_run_now(chat->run), info.number);
        if (result == MJL_OK) continue;
        chat->view->refused(chat, "dismiss", mjl_result_text(result));
        return;
    }
    chat->view->evidence(chat);
}
