#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_SIZE = 16 * 1024,
    LINE_SIZE_MAX = 4 * 1024 * 1024, /* Longer than any line `majlis` writes: then it is no line. */
    EXIT_CANNOT_RUN = 127
};

/* In the child, before the program runs. Only calls that are safe after fork. */
static void become(char *const arguments[], pid_t parent, int input, int output, int errors)
{
    /* The parent may have died before this took hold: then nobody is left to be killed by. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(EXIT_CANNOT_RUN);
    signal(SIGPIPE, SIG_DFL);
    /* Ctrl-C on the terminal is for the parent, which then ends its children in order. */
    setpgid(0, 0);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(errors, STDERR_FILENO) < 0)
        _exit(EXIT_CANNOT_RUN);
    execv(arguments[0], arguments);
    _exit(EXIT_CANNOT_RUN);
}

static void close_all(int count, const int *files)
{
    for (int i = 0; i < count; i++) {
        if (files[i] >= 0) close(files[i]);
    }
}

bool child_start(struct child *child, char *const arguments[], const char *errors)
{
    int input[2] = {-1, -1}, output[2] = {-1, -1};
    *child = (struct child){.input = -1, .output = -1};
    const int error = open(errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const pid_t parent = getpid();
    pid_t id = -1;
    if (error >= 0 && pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0) {
        id = fork();
        if (id == 0) become(arguments, parent, input[0], output[1], error);
    }
    const int why = errno;
    close_all(3, (const int[]){error, input[0], output[1]});
    if (id < 0) {
        close_all(2, (const int[]){input[1], output[0]});
        errno = why;
        return false;
    }
    child->was_started = true;
    child->id = id;
    child->input = input[1];
    child->output = output[0];
    return fcntl(child->output, F_SETFL, O_NONBLOCK) == 0;
}

void child_tell(struct child *child, const char *line)
{
    const size_t size = strlen(line);
    char *copy = malloc(size + 1);
    if (copy == NULL) return;
    memcpy(copy, line, size);
    copy[size] = '\n';
    for (size_t done = 0; child->input >= 0 && done <= size;) {
        const ssize_t written = write(child->input, copy + done, size + 1 - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break; /* It is gone: child_is_over will say so. */
        done += (size_t)written;
    }
    free(copy);
}

static bool make_room(struct child *child)
{
    if (child->text_room - child->text_size >= READ_SIZE) return true;
    if (child->text_room > LINE_SIZE_MAX) return false;
    const size_t room = child->text_room * 2 + READ_SIZE;
    char *text = realloc(child->text, room);
    if (text == NULL) return false;
    child->text = text;
    child->text_room = room;
    return true;
}

/* Reads what is there; at the end of the output closes it. */
static bool read_more(struct child *child)
{
    if (child->output < 0 || !make_room(child)) return false;
    const ssize_t size = read(child->output, child->text + child->text_size, READ_SIZE);
    if (size > 0) {
        child->text_size += (size_t)size;
        return true;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    close(child->output);
    child->output = -1;
    return false;
}

static void forget_line(struct child *child)
{
    child->text_size -= child->line_size;
    memmove(child->text, child->text + child->line_size, child->text_size);
    child->line_size = 0;
}

const char *child_hear(struct child *child)
{
    if (child->line_size != 0) forget_line(child);
    size_t looked = 0;
    do {
        char *end = child->text_size == looked
                        ? NULL
                        : memchr(child->text + looked, '\n', child->text_size - looked);
        if (end != NULL) {
            *end = '\0';
            child->line_size = (size_t)(end - child->text) + 1;
            return child->text;
        }
        looked = child->text_size;
    } while (read_more(child));
    return NULL;
}

static bool reap(struct child *child, int options)
{
    if (child->id == 0) return true;
    pid_t reaped;
    do
        reaped = waitpid(child->id, &child->status, options);
    while (reaped < 0 && errno == EINTR);
    if (reaped == 0) return false;
    child->id = 0;
    return true;
}

bool child_is_over(struct child *child)
{
    return child->output < 0 && reap(child, WNOHANG);
}

void child_signal(struct child *child, int signal)
{
    if (child->id == 0) return;
    kill(child->id, signal);
    if (signal == SIGKILL) reap(child, 0);
}

void child_end(struct child *child)
{
    if (!child->was_started) return;
    child_signal(child, SIGKILL);
    close_all(2, (const int[]){child->input, child->output});
    free(child->text);
    *child = (struct child){.input = -1, .output = -1};
}
