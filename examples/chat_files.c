/* /send and /save: files as messages, and messages as files. */
#include <errno.h>
#include <stdio.h>

#include "chat_actions.h"

static const char media_type[] = "application/octet-stream";

bool chat_write_new(const char *path, mjl_bytes bytes)
{
    FILE *file = fopen(path, "wbx");
    if (file == NULL) return false;
    const bool is_written = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    const bool is_closed = fclose(file) == 0;
    if (is_written && is_closed) return true;
    const int why = errno;
    remove(path);
    errno = why;
    return false;
}

/* All of a file that fits into a message. */
static bool read_file(const char *path, mjl_buffer *out)
{
    enum { STEP = 64 * 1024 };
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    size_t size = 1;
    errno = 0;
    while (size != 0 && errno == 0) {
        if (mjl_buffer_reserve(out, STEP) != MJL_OK) {
            errno = ENOMEM;
            break;
        }
        size = fread(out->data + out->size, 1, STEP, file);
        out->size += size;
        if (out->size > MJL_SAY_SIZE_MAX) errno = EFBIG;
    }
    const int why = errno;
    fclose(file);
    errno = why;
    return why == 0;
}

static void say_file(struct chat *chat, const char *path, mjl_bytes body)
{
    const mjl_say say = {
        .size = sizeof say, .media_type = mjl_bytes_text(media_type), .body = body};
    mjl_message_id message;
    mjl_said said = MJL_SAID_ACCEPTED;
    const mjl_result result =
        mjl_session_say(chat_session(chat), mjl_run_now(chat->run), &say, &message, &said);
    if (result != MJL_OK) {
        chat->view->refused(chat, path, mjl_result_text(result));
        return;
    }
    chat->said[chat->said_count].message = message;
    chat->said[chat->said_count++].said = said;
}

void chat_send_file(struct chat *chat, const chat_command *command)
{
    mjl_buffer body = {NULL, 0, 0};
    char *path = chat_path_of(command->text);
    if (path == NULL)
        chat->view->refused(chat, "send", mjl_result_text(MJL_OUT_OF_MEMORY));
    else if (!read_file(path, &body))
        chat->view->refused(chat, path, strerror(errno));
    else
        say_file(chat, path, mjl_buffer_bytes(&body));
    mjl_buffer_clear(&body);
    free(path);
}

void chat_save_file(struct chat *chat, const chat_command *command)
{
    mjl_message_info message;
    mjl_bytes rest = command->text;
    if (!chat_take_message(chat, &rest, &message)) {
        chat->view->refused(chat, "save", "there is no message of that number");
        return;
    }
    char *path = chat_path_of(rest);
    if (path == NULL)
        chat->view->refused(chat, "save", mjl_result_text(MJL_OUT_OF_MEMORY));
    else if (*path == '\0')
        chat->view->refused(chat, "save", "the name of a new file is missing");
    else if (!chat_write_new(path, message.body))
        chat->view->refused(chat, path, strerror(errno));
    else
        chat->view->wrote(chat, "message", path, NULL);
    free(path);
}
