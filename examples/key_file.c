#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"

enum { ASIDE_SIZE_MAX = 4096 };

static bool is_acceptable(const char *path, int file)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        complain("key file %s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        complain("key file %s: it is not a plain file", path);
        return false;
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        complain("key file %s: others may read or write it (mode %04o): chmod 600 it, or treat the "
                 "profile as known to others",
                 path, (unsigned)status.st_mode & 07777U);
        return false;
    }
    if (status.st_size != MJL_STORE_SEALING_KEY_SIZE) {
        complain("key file %s: it has %lld bytes and a key has %d", path, (long long)status.st_size,
                 MJL_STORE_SEALING_KEY_SIZE);
        return false;
    }
    return true;
}

bool key_file_read(const char *path, uint8_t key[MJL_STORE_SEALING_KEY_SIZE])
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        complain("key file %s: %s", path, strerror(errno));
        return false;
    }
    bool ok = is_acceptable(path, file);
    if (ok && read(file, key, MJL_STORE_SEALING_KEY_SIZE) != MJL_STORE_SEALING_KEY_SIZE) {
        complain("key file %s: it cannot be read: %s", path, strerror(errno));
        sodium_memzero(key, MJL_STORE_SEALING_KEY_SIZE);
        ok = false;
    }
    close(file);
    return ok;
}

static bool write_key(const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) return false;
    uint8_t key[MJL_STORE_SEALING_KEY_SIZE];
    randombytes_buf(key, sizeof key);
    const bool ok = write(file, key, sizeof key) == (ssize_t)sizeof key && fsync(file) == 0;
    sodium_memzero(key, sizeof key);
    return close(file) == 0 && ok;
}

/* A name that only lives in memory is lost with the power, and the key with it. */
static bool sync_folder_of(const char *path)
{
    char folder[ASIDE_SIZE_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
             slash == NULL ? "." : path);
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return false;
    const bool ok = fsync(file) == 0;
    return close(file) == 0 && ok;
}

bool key_file_make(const char *path, uint8_t key[MJL_STORE_SEALING_KEY_SIZE])
{
    char aside[ASIDE_SIZE_MAX];
    if (snprintf(aside, sizeof aside, "%s.new.%ld", path, (long)getpid()) >= (int)sizeof aside) {
        complain("key file %s: the path is too long", path);
        return false;
    }
    /* link, not rename: it never replaces a key that came to be meanwhile. */
    const bool made =
        write_key(aside) && (link(aside, path) == 0 || errno == EEXIST) && sync_folder_of(path);
    if (!made) complain("key file %s: it cannot be made: %s", path, strerror(errno));
    unlink(aside);
    return made && key_file_read(path, key);
}
