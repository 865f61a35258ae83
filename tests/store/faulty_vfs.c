#include "faulty_vfs.h"

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

typedef struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* Right behind this in the same room. */
} faulty_file;

static sqlite3_vfs *real_vfs;
static size_t good_calls = SIZE_MAX;
static int fault_code;
static faulty_mode fault_mode;
static bool has_failed;

void faulty_vfs_fail_after(size_t good, int code, faulty_mode mode)
{
    good_calls = good;
    fault_code = code;
    fault_mode = mode;
    has_failed = false;
}

bool faulty_vfs_has_failed(void)
{
    return has_failed;
}

static int fault(void)
{
    if (good_calls == SIZE_MAX) return SQLITE_OK;
    if (good_calls > 0) {
        good_calls--;
        return SQLITE_OK;
    }
    if (fault_mode == FAULT_ONCE) good_calls = SIZE_MAX;
    has_failed = true;
    return fault_code;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((faulty_file *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), out, size, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    const int code = fault();
    if (code != SQLITE_OK) size /= 2;
    const int real_code = real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
    return code != SQLITE_OK ? code : real_code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    const int code = fault();
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    const int code = fault();
    return code == SQLITE_FULL ? SQLITE_IOERR_FSYNC : code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Version 1: no shared memory, which a store that is alone never needs. */
static const sqlite3_io_methods faulty_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                    int *out_flags)
{
    (void)vfs;
    faulty_file *made = (faulty_file *)file;
    made->base.pMethods = NULL;
    made->real = (sqlite3_file *)(made + 1);
    const int code = real_vfs->xOpen(real_vfs, name, made->real, flags, out_flags);
    if (made->real->pMethods != NULL) made->base.pMethods = &faulty_methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs, (void)sync_folder;
    const int code = fault();
    return code != SQLITE_OK ? code : real_vfs->xDelete(real_vfs, name, 0);
}

static sqlite3_vfs faulty;

void faulty_vfs_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    faulty = *real_vfs;
    faulty.pNext = NULL;
    faulty.zName = "faulty";
    faulty.szOsFile = (int)sizeof(faulty_file) + real_vfs->szOsFile;
    faulty.xOpen = vfs_open;
    faulty.xDelete = vfs_delete;
    faulty_vfs_fail_after(SIZE_MAX, SQLITE_OK, FAULT_ONCE);
    sqlite3_vfs_register(&faulty, 1);
}

void faulty_vfs_remove(void)
{
    if (real_vfs == NULL) return;
    sqlite3_vfs_unregister(&faulty);
    sqlite3_vfs_register(real_vfs, 1);
    real_vfs = NULL;
}
