#include "chat_dag.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "chat_actions.h"

enum { PATH_SIZE = 1024 };
static const char default_path[] = "transcript.svg";

/* One drawing at a time; the process ends with it or without. */
static struct {
    struct chat *chat;
    ev_child watch;
    char svg[PATH_SIZE], dot[PATH_SIZE];
    bool is_drawing;
} drawing;

static bool ends_in(const char *path, const char *end)
{
    const size_t size = strlen(path), end_size = strlen(end);
    return size > end_size && strcmp(path + size - end_size, end) == 0;
}

/* A name without either ending is most likely a slip: nothing is written over by accident. */
static bool set_paths(const char *path)
{
    const size_t size = strlen(path);
    if (size >= sizeof drawing.svg || (!ends_in(path, ".svg") && !ends_in(path, ".dot")))
        return false;
    snprintf(drawing.svg, sizeof drawing.svg, "%.*s.svg", (int)size - 4, path);
    snprintf(drawing.dot, sizeof drawing.dot, "%.*s.dot", (int)size - 4, path);
    return true;
}

static bool write_dot(const struct chat *chat)
{
    FILE *file = fopen(drawing.dot, "w");
    if (file == NULL) return false;
    chat_dag_write(chat, chat_session(chat), file);
    const bool is_written = ferror(file) == 0;
    return fclose(file) == 0 && is_written;
}

static void on_drawn(struct ev_loop *loop, ev_child *watch, int what)
{
    struct chat *chat = drawing.chat;
    const bool is_good = WIFEXITED(watch->rstatus) && WEXITSTATUS(watch->rstatus) == 0;
    (void)what;
    ev_child_stop(loop, watch);
    drawing.is_drawing = false;
    if (is_good) {
        remove(drawing.dot);
        chat->view->wrote(chat, "dag", drawing.svg, NULL);
    } else {
        chat->view->wrote(chat, "dag", drawing.dot, "Graphviz's dot failed to draw it");
    }
}

static void start_dot(struct chat *chat)
{
    char program[] = "dot", kind[] = "-Tsvg", out[] = "-o";
    char *arguments[] = {program, kind, out, drawing.svg, drawing.dot, NULL};
    pid_t process;
    posix_spawn_file_actions_t quiet; /* The terminal is the chat's. */
    if (posix_spawn_file_actions_init(&quiet) != 0) return;
    for (int file = 0; file <= 2; file++)
        posix_spawn_file_actions_addopen(&quiet, file, "/dev/null", O_RDWR, 0);
    const int failure = posix_spawnp(&process, program, &quiet, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&quiet);
    if (failure != 0) {
        chat->view->wrote(chat, "dag", drawing.dot,
                          "there is no dot here to draw it (Debian: graphviz)");
        return;
    }
    drawing.chat = chat;
    drawing.is_drawing = true;
    ev_child_init(&drawing.watch, on_drawn, process, 0);
    ev_child_start(EV_DEFAULT_ & drawing.watch);
}

static void draw(struct chat *chat, const char *path)
{
    if (drawing.is_drawing)
        chat->view->refused(chat, "dag", "the last picture is still being drawn");
    else if (!set_paths(path))
        chat->view->refused(chat, path, "a picture's name ends in .svg, or in .dot");
    else if (!write_dot(chat))
        chat->view->refused(chat, drawing.dot, strerror(errno));
    else if (ends_in(path, ".dot"))
        chat->view->wrote(chat, "dag", drawing.dot, NULL);
    else
        start_dot(chat);
}

void chat_dag_draw(struct chat *chat, const chat_command *command)
{
    char *path = command->text.size == 0 ? NULL : chat_path_of(command->text);
    draw(chat, path == NULL ? default_path : path);
    free(path);
}
