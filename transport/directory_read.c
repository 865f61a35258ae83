#define _GNU_SOURCE
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- The queue of files noticed and not yet read ---- */

void mjl_directory_forget_queue(mjl_directory *directory)
{
    for (size_t i = directory->queue_next; i < directory->queue_count; i++)
        free(directory->queue[i].text);
    directory->queue_next = 0;
    directory->queue_count = 0;
}

static bool has_queue_room(mjl_directory *directory)
{
    if (directory->queue_next == directory->queue_count) mjl_directory_forget_queue(directory);
    if (directory->queue_count < directory->queue_room) return true;
    if (directory->queue_room == MJL_DIRECTORY_QUEUE_MAX) return false;
    const size_t room = directory->queue_room == 0 ? 64 : directory->queue_room * 2;
    mjl_directory_file *queue = realloc(directory->queue, room * sizeof *queue);
    if (queue == NULL) return false;
    directory->queue = queue;
    directory->queue_room = room;
    return true;
}

/* What finds no room, or no memory, is found again by the next look. */
static void enqueue(mjl_directory *directory, const mjl_file_name *name, const char *text,
                    int64_t modified_ns)
{
    const size_t size = strlen(text) + 1;
    if (!has_queue_room(directory)) return;
    char *copy = malloc(size);
    if (copy == NULL) return;
    memcpy(copy, text, size);
    directory->queue[directory->queue_count++] = (mjl_directory_file){*name, modified_ns, copy};
}

void mjl_directory_notice(mjl_directory *directory, const char *text)
{
    mjl_file_name name;
    if (!mjl_file_name_read(text, &name)) return;
    if (mjl_writers_have_read(&directory->writers, &name)) return;
    enqueue(directory, &name, text, 0);
}

/* ---- Files that are not whole ---- */

static int64_t modified_ns_of(const struct stat *status)
{
    return (int64_t)status->st_mtim.tv_sec * INT64_C(1000000000) + status->st_mtim.tv_nsec;
}

static mjl_directory_damaged describe_file(const mjl_file_name *name, const struct stat *status)
{
    mjl_directory_damaged damaged = {*name, status->st_ino, modified_ns_of(status),
                                     status->st_size};
    return damaged;
}

static bool is_same_file(const mjl_directory_damaged *a, const mjl_directory_damaged *b)
{
    return a->inode == b->inode && a->modified_ns == b->modified_ns && a->size == b->size &&
           a->name.counter == b->name.counter && a->name.writer.home == b->name.writer.home &&
           a->name.writer.start == b->name.writer.start;
}

static bool is_known_damaged(const mjl_directory *directory, const mjl_directory_damaged *file)
{
    for (size_t i = 0; i < directory->damaged_count; i++)
        if (is_same_file(&directory->damaged[i], file)) return true;
    return false;
}

static void remember_damaged(mjl_directory *directory, const mjl_directory_damaged *file)
{
    if (is_known_damaged(directory, file)) return;
    directory->damaged[directory->damaged_next] = *file;
    directory->damaged_next = (directory->damaged_next + 1) % MJL_DIRECTORY_DAMAGED_MAX;
    if (directory->damaged_count < MJL_DIRECTORY_DAMAGED_MAX) directory->damaged_count++;
}

/* ---- Looking at the whole folder ---- */

/* By the instant of writing: others' files are then mostly read in the order in which they were
 * said, which keeps little waiting for its parents. A wrong clock costs only that. */
static int compare_files(const void *left, const void *right)
{
    const mjl_directory_file *a = left, *b = right;
    if (a->modified_ns != b->modified_ns) return a->modified_ns < b->modified_ns ? -1 : 1;
    return strcmp(a->text, b->text);
}

static void look_at(mjl_directory *directory, const char *text)
{
    mjl_file_name name;
    struct stat status;
    if (!mjl_file_name_read(text, &name)) return;
    mjl_writers_saw(&directory->writers, &name);
    if (mjl_writers_have_read(&directory->writers, &name)) return;
    if (fstatat(directory->folder, text, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (!S_ISREG(status.st_mode) || status.st_size > MJL_FRAME_SIZE_MAX) return;
    const mjl_directory_damaged file = describe_file(&name, &status);
    if (is_known_damaged(directory, &file)) return;
    enqueue(directory, &name, text, file.modified_ns);
}

static bool look_at_all(mjl_directory *directory)
{
    const int copy = openat(directory->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return false;
    DIR *list = fdopendir(copy);
    if (list == NULL) {
        close(copy);
        return false;
    }
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(list)) != NULL; errno = 0)
        look_at(directory, entry->d_name);
    const bool is_complete = errno == 0;
    closedir(list);
    return is_complete;
}

void mjl_directory_look(mjl_directory *directory)
{
    if (!mjl_directory_is_there(directory)) return;
    mjl_directory_forget_queue(directory); /* All of it is found again. */
    mjl_writers_begin_look(&directory->writers);
    const bool is_complete = look_at_all(directory);
    if (directory->queue_count > 1)
        qsort(directory->queue, directory->queue_count, sizeof *directory->queue, compare_files);
    if (is_complete)
        mjl_writers_end_look(&directory->writers, mjl_directory_now_ms(directory) / 1000,
                             directory->retention_ms / 1000);
    mjl_directory_read_some(directory);
}

/* ---- Reading ---- */

static mjl_result read_bytes(int file, uint8_t *out, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        const ssize_t some = read(file, out + *got, size - *got);
        if (some < 0 && errno == EINTR) continue;
        if (some < 0) return MJL_TRUNCATED;
        if (some == 0) break;
        *got += (size_t)some;
    }
    return MJL_OK;
}

/* The bytes of a plain file of bearable size, into the transport's one frame. Not blocking: what
 * bears such a name may be a pipe. */
static mjl_result read_file(mjl_directory *directory, const mjl_directory_file *file,
                            mjl_directory_damaged *described, mjl_bytes *frame)
{
    struct stat status;
    size_t size = 0;
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const int descriptor = openat(directory->folder, file->text, flags);
    if (descriptor < 0) return MJL_NOT_FOUND;
    mjl_result result = MJL_NOT_FOUND;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        *described = describe_file(&file->name, &status);
        result = status.st_size > MJL_FRAME_SIZE_MAX
                     ? MJL_TOO_LARGE
                     : read_bytes(descriptor, directory->frame, (size_t)status.st_size, &size);
    }
    close(descriptor);
    *frame = mjl_bytes_of(directory->frame, size);
    return result;
}

/* False: the packet was not taken; the file has to wait. */
static bool take_file(mjl_directory *directory, const mjl_directory_file *file, size_t *bytes)
{
    mjl_directory_damaged described;
    mjl_bytes frame, packet;
    if (mjl_writers_have_read(&directory->writers, &file->name)) return true;
    mjl_result result = read_file(directory, file, &described, &frame);
    if (result == MJL_NOT_FOUND) return true;
    *bytes += frame.size;
    if (result == MJL_OK) result = mjl_frame_read(frame, &packet);
    if (result != MJL_OK) {
        const bool is_news = !is_known_damaged(directory, &described);
        remember_damaged(directory, &described);
        if (is_news) mjl_transport_report_damaged(directory->transport, file->text, result);
        return true;
    }
    if (mjl_transport_report_received(directory->transport, packet) != MJL_OK) return false;
    /* If it cannot be marked, it is read again: a duplicate. */
    result = mjl_writers_mark_read(&directory->writers, &file->name,
                                   mjl_directory_now_ms(directory) / 1000);
    (void)result;
    return true;
}

static void continue_in(mjl_directory *directory, double seconds)
{
    directory->continue_reading.repeat = seconds;
    ev_timer_again(directory->loop, &directory->continue_reading);
}

/* False: the packet was not taken. Whoever takes it may do anything meanwhile, even make this
 * transport lose its folder, and with it the queue. */
static bool take_first(mjl_directory *directory, size_t *bytes)
{
    const mjl_directory_file file = directory->queue[directory->queue_next++];
    const bool is_taken = take_file(directory, &file, bytes);
    if (!is_taken && directory->queue_next > 0) {
        directory->queue[--directory->queue_next] = file;
    } else {
        free(file.text);
    }
    return is_taken;
}

void mjl_directory_read_some(mjl_directory *directory)
{
    size_t bytes = 0;
    bool is_taken = true;
    for (size_t i = 0; i < MJL_DIRECTORY_BATCH_MAX && bytes < MJL_DIRECTORY_BATCH_BYTES_MAX &&
                       directory->queue_next < directory->queue_count && is_taken;
         i++)
        is_taken = take_first(directory, &bytes);
    mjl_writers_save(&directory->writers);
    if (directory->queue_next == directory->queue_count) {
        mjl_directory_forget_queue(directory);
    } else {
        continue_in(directory, is_taken ? 1e-9 : MJL_DIRECTORY_REFUSED_MS / 1000.0);
    }
}
