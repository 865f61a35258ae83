#define _POSIX_C_SOURCE 200809L
#include "sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

/* The SQLite file format, section 1.3. */
enum { HEADER_SIZE = 100, MAGIC_SIZE = 16, HEADER_USER_VERSION = 60, HEADER_APPLICATION_ID = 68 };

mjl_result mjl_sqlite_file_error(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return MJL_STORE_MISSING;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* A limit on the size of files is a disk that is full for us. */
        return MJL_STORE_FULL;
    case ENOMEM:
        return MJL_OUT_OF_MEMORY;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENAMETOOLONG:
    case ELOOP:
    case EMFILE:
    case ENFILE:
        return MJL_STORE_UNREADABLE;
    default:
        return MJL_STORE_FAILED;
    }
}

/*
 * SQLite would make the file with the process's umask. It must be new (O_EXCL): closing a
 * descriptor drops every POSIX lock this process has on the same file, so one that exists, and may
 * be open, is never opened here directly.
 */
static mjl_result make(const char *path)
{
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) return errno == EEXIST ? MJL_OK : mjl_sqlite_file_error(errno);
    const mjl_result result =
        fchmod(file, S_IRUSR | S_IWUSR) == 0 ? MJL_OK : mjl_sqlite_file_error(errno);
    close(file);
    return result;
}

static uint32_t read_be32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static mjl_result judge_header(const uint8_t header[HEADER_SIZE])
{
    static const uint8_t zeros[HEADER_SIZE];
    /* Empty, or a crash while it was made left zeros: SQLite knows whether a journal repairs it. */
    if (memcmp(header, zeros, HEADER_SIZE) == 0) return MJL_OK;
    if (memcmp(header, "SQLite format 3", MAGIC_SIZE) != 0) return MJL_STORE_FOREIGN;
    if (read_be32(header + HEADER_APPLICATION_ID) != MJL_SQLITE_APPLICATION_ID) {
        return MJL_STORE_FOREIGN;
    }
    const uint32_t format = read_be32(header + HEADER_USER_VERSION);
    if (format == 0) return MJL_STORE_DAMAGED;
    return format > MJL_SQLITE_FORMAT ? MJL_UNKNOWN_VERSION : MJL_OK;
}

static mjl_result read_header(sqlite3_file *file, uint8_t header[HEADER_SIZE])
{
    memset(header, 0, HEADER_SIZE);
    const int code = file->pMethods->xRead(file, header, HEADER_SIZE, 0);
    if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return judge_header(header);
    return MJL_STORE_FAILED;
}

/* Through SQLite's own file layer, which closes descriptors without dropping its locks. */
static mjl_result look(sqlite3_vfs *vfs, const char *full_path)
{
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    sqlite3_filename name = sqlite3_create_filename(full_path, "", "", 0, NULL);
    mjl_result result = MJL_OUT_OF_MEMORY;
    if (file != NULL && name != NULL) {
        const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
        const int code = vfs->xOpen(vfs, name, file, flags, NULL);
        uint8_t header[HEADER_SIZE];
        result = code == SQLITE_OK      ? read_header(file, header)
                 : code == SQLITE_NOMEM ? MJL_OUT_OF_MEMORY
                                        : MJL_STORE_UNREADABLE;
        if (file->pMethods != NULL) file->pMethods->xClose(file);
    }
    sqlite3_free_filename(name);
    free(file);
    return result;
}

/* Absolute: SQLite gives names like ":memory:" a meaning of their own. */
static mjl_result find_full_path(sqlite3_vfs *vfs, const char *path, char **full_path)
{
    const int size = vfs->mxPathname + 1;
    char *full = sqlite3_malloc(size);
    if (full == NULL) return MJL_OUT_OF_MEMORY;
    const int code = vfs->xFullPathname(vfs, path, size, full) & 0xff;
    if (code != SQLITE_OK) {
        sqlite3_free(full);
        return code == SQLITE_NOMEM ? MJL_OUT_OF_MEMORY : MJL_STORE_UNREADABLE;
    }
    *full_path = full;
    return MJL_OK;
}

mjl_result mjl_sqlite_file_prepare(const char *path, mjl_store_opening opening, char **full_path)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (path[0] == '\0') return MJL_BAD_ARGUMENT;
    if (vfs == NULL) return MJL_STORE_FAILED;

    struct stat info;
    bool is_there = stat(path, &info) == 0;
    if (!is_there && errno != ENOENT) return mjl_sqlite_file_error(errno);
    if (!is_there && opening == MJL_STORE_OPEN_EXISTING) return MJL_STORE_MISSING;
    if (is_there && !S_ISREG(info.st_mode)) return MJL_STORE_FOREIGN;

    mjl_result result = is_there ? MJL_OK : make(path);
    if (result != MJL_OK) return result;
    result = find_full_path(vfs, path, full_path);
    if (result != MJL_OK) return result;
    result = look(vfs, *full_path);
    if (result != MJL_OK) {
        sqlite3_free(*full_path);
        *full_path = NULL;
    }
    return result;
}
