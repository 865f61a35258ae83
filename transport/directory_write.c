#define _GNU_SOURCE
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- Writing ---- */

static bool write_all(int file, mjl_bytes bytes)
{
    while (bytes.size > 0) {
        const ssize_t size = write(file, bytes.data, bytes.size);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        bytes.data += size;
        bytes.size -= (size_t)size;
    }
    return true;
}

/* The bytes are on the disk under the temporary name, or errno says why not. */
static bool write_aside(int folder, const char *temporary, mjl_bytes header, mjl_bytes packet)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const int file = openat(folder, temporary, flags, 0644);
    if (file < 0) return false;
    const bool is_written = write_all(file, header) && write_all(file, packet) && fsync(file) == 0;
    const int error = errno;
    const bool is_closed = close(file) == 0;
    if (is_written && is_closed) return true;
    if (!is_written) errno = error;
    return false;
}

static bool write_file(mjl_directory *directory, const mjl_file_name *name, mjl_bytes header,
                       mjl_bytes packet)
{
    char temporary[MJL_FILE_NAME_TEMPORARY_SIZE + 1], final[MJL_FILE_NAME_SIZE + 1];
    mjl_file_name_write_temporary(name, temporary);
    mjl_file_name_write(name, final);
    const int folder = directory->folder;
    if (write_aside(folder, temporary, header, packet) &&
        renameat(folder, temporary, folder, final) == 0)
        return true;
    const int error = errno;
    unlinkat(folder, temporary, 0);
    errno = error;
    return false;
}

mjl_result mjl_directory_send(void *context, mjl_bytes packet, uint64_t number)
{
    mjl_directory *directory = context;
    uint8_t header[MJL_FRAME_HEADER_SIZE];
    const mjl_result result = mjl_frame_write_header(packet, header);
    if (result != MJL_OK) return result;
    if (!mjl_directory_is_there(directory)) return MJL_TRANSPORT_DOWN;
    if (directory->unconfirmed_count == MJL_DIRECTORY_UNCONFIRMED_MAX)
        mjl_directory_flush(directory);
    if (directory->is_write_blocked) return MJL_TRANSPORT_DOWN;

    const mjl_file_name name = {directory->own, directory->counter};
    /* A name that failed is not used again: its leftover may come to light. */
    directory->counter++;
    if (!write_file(directory, &name, mjl_bytes_of(header, sizeof header), packet)) {
        mjl_directory_fail_writing(directory, "a file cannot be written", errno);
        return MJL_TRANSPORT_DOWN;
    }
    /* Our own file need not be read. If it cannot be marked it is, with the verdict OWN_ECHO. */
    const uint64_t now_s = mjl_directory_now_ms(directory) / 1000;
    if (mjl_writers_mark_read(&directory->writers, &name, now_s) == MJL_OK)
        mjl_writers_save(&directory->writers);
    directory->unconfirmed[directory->unconfirmed_count++] = number;
    directory->confirm.repeat = 1e-9;
    ev_timer_again(directory->loop, &directory->confirm);
    return MJL_OK;
}

void mjl_directory_flush(void *context)
{
    mjl_directory *directory = context;
    if (directory->unconfirmed_count == 0 || directory->folder < 0) return;
    if (fsync(directory->folder) != 0) {
        mjl_directory_fail_writing(directory, "the folder cannot be synced", errno);
        return;
    }
    ev_timer_stop(directory->loop, &directory->confirm);
    directory->retry_ms = MJL_DIRECTORY_RETRY_MS_MIN;
    const size_t count = directory->unconfirmed_count;
    directory->unconfirmed_count = 0;
    for (size_t i = 0; i < count; i++)
        mjl_transport_report_sent(directory->transport, directory->unconfirmed[i]);
}

/* ---- Deleting ---- */

static bool is_too_old(const mjl_directory *directory, const struct stat *status)
{
    const int64_t modified_ms =
        (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
    const int64_t now = (int64_t)mjl_directory_now_ms(directory);
    return now > modified_ms && (uint64_t)(now - modified_ms) > directory->retention_ms;
}

static void sweep_one(const mjl_directory *directory, const char *text)
{
    struct stat status;
    if (!mjl_file_name_is_of_home(text, directory->own.home)) return;
    if (fstatat(directory->folder, text, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (!S_ISREG(status.st_mode)) return;
    /* Writing aside never lasts beyond one call, so what is aside now was interrupted. */
    if (text[0] == '.' || is_too_old(directory, &status)) unlinkat(directory->folder, text, 0);
}

void mjl_directory_sweep(mjl_directory *directory)
{
    if (directory->folder < 0) return;
    const int copy = openat(directory->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return;
    DIR *list = fdopendir(copy);
    if (list == NULL) {
        close(copy);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;)
        sweep_one(directory, entry->d_name);
    closedir(list);
}
