#define _GNU_SOURCE /* statfs, inotify, O_PATH and friends are Linux's. */
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "checksum.h"
#include "numbers.h"

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events);

uint64_t mjl_directory_now_ms(const mjl_directory *directory)
{
    return (uint64_t)(ev_now(directory->loop) * 1000.0);
}

/* ---- inotify ---- */

/* What other machines do to a remote folder never reaches this machine's inotify. FUSE may be
 * either, and is taken as remote. */
static bool is_remote(int folder)
{
    struct statfs information;
    if (fstatfs(folder, &information) != 0) return true;
    switch ((unsigned long)information.f_type & 0xffffffffUL) {
    case 0x6969UL:     /* NFS */
    case 0x517bUL:     /* SMB */
    case 0xff534d42UL: /* CIFS */
    case 0xfe534d42UL: /* SMB2 */
    case 0x65735546UL: /* FUSE */
    case 0x01021997UL: /* 9p */
    case 0x5346414fUL: /* OpenAFS */
    case 0x6b414653UL: /* AFS */
    case 0x73757245UL: /* Coda */
    case 0x00c36400UL: /* Ceph */
    case 0x786f4256UL: /* VirtualBox shared folder */
    case 0x564cUL:     /* NCP */
    case 0x19830326UL: /* FhGFS / BeeGFS */
        return true;
    default:
        return false;
    }
}

static void start_watching(mjl_directory *directory)
{
    directory->inotify = -1;
    if (directory->watch == MJL_TRANSPORT_WATCH_LOOKING || is_remote(directory->folder)) return;
    const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) return;
    const uint32_t what = IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    if (inotify_add_watch(descriptor, directory->path, what) < 0) {
        close(descriptor);
        return;
    }
    directory->inotify = descriptor;
    ev_io_init(&directory->io, on_readable, descriptor, EV_READ);
    directory->io.data = directory;
    ev_io_start(directory->loop, &directory->io);
}

static void stop_watching(mjl_directory *directory)
{
    if (directory->inotify < 0) return;
    ev_io_stop(directory->loop, &directory->io);
    close(directory->inotify);
    directory->inotify = -1;
}

static double look_interval(const mjl_directory *directory)
{
    if (directory->inotify >= 0) return MJL_DIRECTORY_CHECK_MS / 1000.0;
    return directory->pace == MJL_TRANSPORT_PACE_QUICK ? MJL_DIRECTORY_LOOK_QUICK_MS / 1000.0
                                                       : MJL_DIRECTORY_LOOK_MS / 1000.0;
}

/* ---- Up and down ---- */

static double sweep_interval(const mjl_directory *directory)
{
    const uint64_t part = directory->retention_ms / 16;
    if (part > MJL_DIRECTORY_SWEEP_MS_MAX) return MJL_DIRECTORY_SWEEP_MS_MAX / 1000.0;
    return part < MJL_DIRECTORY_LOOK_QUICK_MS ? MJL_DIRECTORY_LOOK_QUICK_MS / 1000.0
                                              : (double)part / 1000.0;
}

static int open_folder(mjl_directory *directory)
{
    struct stat status;
    const int folder = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno;
    if (fstat(folder, &status) != 0) {
        const int error = errno;
        close(folder);
        return error;
    }
    directory->folder = folder;
    directory->device = status.st_dev;
    directory->inode = status.st_ino;
    return 0;
}

/* The folder is open: watch it, then look, so that nothing falls between. */
static void go_up(mjl_directory *directory)
{
    directory->is_write_blocked = false;
    start_watching(directory);
    directory->look.repeat = look_interval(directory);
    ev_timer_again(directory->loop, &directory->look);
    directory->sweep.repeat = sweep_interval(directory);
    ev_timer_again(directory->loop, &directory->sweep);
    directory->retry_ms = MJL_DIRECTORY_RETRY_MS_MIN;
    mjl_transport_report_state(directory->transport, MJL_TRANSPORT_UP, "");
    mjl_directory_sweep(directory);
    mjl_directory_look(directory);
}

static void retry_later(mjl_directory *directory)
{
    const uint64_t retry_ms_max = directory->pace == MJL_TRANSPORT_PACE_QUICK
                                      ? MJL_DIRECTORY_RETRY_QUICK_MS_MAX
                                      : MJL_DIRECTORY_RETRY_MS_MAX;
    directory->retry.repeat = (double)directory->retry_ms / 1000.0;
    ev_timer_again(directory->loop, &directory->retry);
    directory->retry_ms *= 2;
    if (directory->retry_ms > retry_ms_max) directory->retry_ms = retry_ms_max;
}

static void lose_folder(mjl_directory *directory, const char *reason)
{
    stop_watching(directory);
    ev_timer_stop(directory->loop, &directory->look);
    ev_timer_stop(directory->loop, &directory->sweep);
    ev_timer_stop(directory->loop, &directory->confirm);
    ev_timer_stop(directory->loop, &directory->continue_reading);
    mjl_directory_forget_queue(directory);
    if (directory->folder >= 0) close(directory->folder);
    directory->folder = -1;
    directory->unconfirmed_count = 0;
    retry_later(directory);
    mjl_transport_report_state(directory->transport, MJL_TRANSPORT_DOWN_NOW, reason);
}

bool mjl_directory_is_there(mjl_directory *directory)
{
    struct stat status;
    if (directory->folder < 0) return false;
    const bool is_same = stat(directory->path, &status) == 0 &&
                         status.st_dev == directory->device && status.st_ino == directory->inode;
    if (!is_same) lose_folder(directory, "the folder is gone");
    return is_same;
}

void mjl_directory_fail_writing(mjl_directory *directory, const char *what, int error)
{
    char reason[MJL_TRANSPORT_TEXT_SIZE];
    if (!mjl_directory_is_there(directory)) return;
    mjl_transport_say(reason, "%s: %s", what, strerror(error));
    directory->is_write_blocked = true;
    directory->unconfirmed_count = 0;
    ev_timer_stop(directory->loop, &directory->confirm);
    retry_later(directory);
    mjl_transport_report_state(directory->transport, MJL_TRANSPORT_DOWN_NOW, reason);
}

/* ---- The loop's calls ---- */

static void on_retry(struct ev_loop *loop, ev_timer *watcher, int events)
{
    mjl_directory *directory = watcher->data;
    (void)events;
    ev_timer_stop(loop, watcher);
    if (directory->folder >= 0) {
        if (!mjl_directory_is_there(directory)) return;
        directory->is_write_blocked = false;
        mjl_transport_report_state(directory->transport, MJL_TRANSPORT_UP, "");
    } else if (open_folder(directory) == 0) {
        go_up(directory);
    } else {
        retry_later(directory);
    }
}

static void on_look(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop;
    (void)events;
    mjl_directory_look(watcher->data);
}

static void on_continue(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)events;
    ev_timer_stop(loop, watcher);
    mjl_directory_read_some(watcher->data);
}

static void on_sweep(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop;
    (void)events;
    mjl_directory_sweep(watcher->data);
}

static void on_confirm(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)events;
    ev_timer_stop(loop, watcher);
    mjl_directory_flush(watcher->data);
}

static void take_notice(mjl_directory *directory, const struct inotify_event *event,
                        bool *is_look_due, bool *is_moved)
{
    if ((event->mask & IN_Q_OVERFLOW) != 0) *is_look_due = true;
    if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0)
        *is_moved = true;
    if (event->len > 0 && (event->mask & IN_ISDIR) == 0)
        mjl_directory_notice(directory, event->name);
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    mjl_directory *directory = watcher->data;
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    bool is_look_due = false, is_moved = false;
    (void)loop;
    (void)events;
    for (int i = 0; i < 16; i++) { /* The rest comes in the next turn. */
        const ssize_t size = read(directory->inotify, buffer, sizeof buffer);
        if (size <= 0) break;
        for (ssize_t at = 0; at < size;) {
            const struct inotify_event *event = (const void *)(buffer + at);
            take_notice(directory, event, &is_look_due, &is_moved);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    if (is_moved && !mjl_directory_is_there(directory)) return;
    if (is_look_due) mjl_directory_look(directory);
    mjl_directory_read_some(directory);
}

/* ---- Opening and closing ---- */

static void directory_close(void *context)
{
    mjl_directory *directory = context;
    stop_watching(directory);
    ev_timer_stop(directory->loop, &directory->look);
    ev_timer_stop(directory->loop, &directory->continue_reading);
    ev_timer_stop(directory->loop, &directory->sweep);
    ev_timer_stop(directory->loop, &directory->retry);
    ev_timer_stop(directory->loop, &directory->confirm);
    mjl_directory_forget_queue(directory);
    free(directory->queue);
    mjl_writers_clear(&directory->writers);
    if (directory->folder >= 0) close(directory->folder);
    free(directory->frame);
    free(directory->path);
    free(directory);
}

static void directory_describe(void *context, mjl_transport_info *info)
{
    (void)context;
    info->keeps_history = true;
}

static void init_timer(mjl_directory *directory, ev_timer *timer,
                       void (*call)(struct ev_loop *, ev_timer *, int))
{
    ev_init(timer, call);
    timer->data = directory;
}

static mjl_directory *new_directory(const mjl_transport_config *config, const char *path)
{
    mjl_directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL) return NULL;
    directory->folder = -1;
    directory->inotify = -1;
    directory->loop = config->loop != NULL ? config->loop : ev_default_loop(0);
    directory->pace = config->pace;
    directory->watch = config->watch;
    directory->retention_ms =
        config->retention_ms != 0 ? config->retention_ms : (uint64_t)MJL_SECRET_LIFETIME_MS_DEFAULT;
    directory->retry_ms = MJL_DIRECTORY_RETRY_MS_MIN;
    init_timer(directory, &directory->look, on_look);
    init_timer(directory, &directory->continue_reading, on_continue);
    init_timer(directory, &directory->sweep, on_sweep);
    init_timer(directory, &directory->retry, on_retry);
    init_timer(directory, &directory->confirm, on_confirm);
    directory->frame = malloc(MJL_FRAME_SIZE_MAX);
    directory->path = realpath(path, NULL); /* The process may change its own folder later. */
    if (directory->frame == NULL || directory->path == NULL) {
        directory_close(directory);
        return NULL;
    }
    return directory;
}

static mjl_result name_ourselves(mjl_directory *directory, const mjl_random *random)
{
    uint8_t start[4];
    const uint64_t tag = mjl_checksum(mjl_bytes_text(directory->path));
    mjl_result result = mjl_writers_init(&directory->writers, directory->transport, tag, random);
    if (result != MJL_OK) return result;
    result = random->fill(random->context, start, sizeof start);
    if (result != MJL_OK) return result;
    directory->own.home = directory->writers.home;
    directory->own.start = (uint32_t)mjl_read_number(start, sizeof start);
    return MJL_OK;
}

static mjl_result explain(const char *path, int error, char *text)
{
    if (error == ENOENT) {
        mjl_transport_say(text, "the transport folder \"%s\" does not exist", path);
        return MJL_TRANSPORT_MISSING;
    }
    if (error == ENOTDIR) {
        mjl_transport_say(text, "the transport folder \"%s\" is not a folder", path);
        return MJL_TRANSPORT_MISSING;
    }
    mjl_transport_say(text, "the transport folder \"%s\" cannot be used: %s", path,
                      strerror(error));
    return error == ENOMEM ? MJL_OUT_OF_MEMORY : MJL_TRANSPORT_DOWN;
}

/* What can be told at once is told at once: a folder that we may not write to is of no use. */
static int try_folder(const char *path)
{
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno;
    const int error = faccessat(folder, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
    close(folder);
    return error;
}

mjl_result mjl_directory_open(const mjl_transport_config *config, const char *rest,
                              const char *address, mjl_transport **transport, char *text)
{
    if (rest[0] == 0) {
        mjl_transport_say(text, "the transport address \"%s\" names no folder", address);
        return MJL_TRANSPORT_ADDRESS;
    }
    const int error = try_folder(rest);
    if (error != 0) return explain(rest, error, text);
    mjl_directory *directory = new_directory(config, rest);
    if (directory == NULL) return explain(rest, ENOMEM, text);

    const mjl_transport_backend backend = {directory, mjl_directory_send, mjl_directory_flush,
                                           directory_describe, directory_close};
    mjl_transport *made;
    mjl_result result = mjl_transport_new(&backend, &config->sink, address, &made);
    if (result != MJL_OK) return explain(rest, ENOMEM, text);
    directory->transport = made;
    result = name_ourselves(directory, &config->random);
    if (result != MJL_OK) {
        mjl_transport_say(text, "the transport folder \"%s\" cannot be used: %s", rest,
                          result == MJL_NO_RANDOM ? "the random source failed"
                                                  : "its notes cannot be read or kept");
        mjl_transport_close(made);
        return result;
    }
    *transport = made;
    /* The first look is made from within the loop, when everybody is ready to listen. */
    directory->retry.repeat = 1e-9;
    ev_timer_again(directory->loop, &directory->retry);
    return MJL_OK;
}
