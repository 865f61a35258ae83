#include "profile_folder.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "complaint.h"
#include "key_file.h"

enum { PATH_SIZE_MAX = 4096 };

struct places {
    char key[PATH_SIZE_MAX];
    char store[PATH_SIZE_MAX];
};

static bool name_places(const char *path, struct places *out)
{
    return snprintf(out->key, sizeof out->key, "%s/key", path) < PATH_SIZE_MAX &&
           snprintf(out->store, sizeof out->store, "%s/profile.db", path) < PATH_SIZE_MAX;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool profile_folder_has_profile(const char *path)
{
    struct places places;
    return name_places(path, &places) && exists(places.store);
}

/* A key that was being made when the power went is ours as well. */
static bool is_ours(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strncmp(name, "key", 3) == 0 ||
           strncmp(name, "profile.", 8) == 0;
}

static bool holds_nothing_foreign(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        complain("profile %s: %s", path, strerror(errno));
        return false;
    }
    const struct dirent *entry = readdir(folder);
    while (entry != NULL && is_ours(entry->d_name))
        entry = readdir(folder);
    if (entry != NULL) {
        complain("profile %s: the folder is not a profile, '%s' is in it: name a new or empty one",
                 path, entry->d_name);
    }
    closedir(folder);
    return entry == NULL;
}

static bool make_folder(const char *path, const struct places *places)
{
    struct stat status;
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
        complain("profile %s: the folder cannot be made: %s", path, strerror(errno));
        return false;
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        complain("profile %s: it is not a folder", path);
        return false;
    }
    return exists(places->store) || holds_nothing_foreign(path);
}

static bool get_key(const char *path, const struct places *places,
                    uint8_t key[MJL_STORE_SEALING_KEY_SIZE])
{
    if (exists(places->key)) return key_file_read(places->key, key);
    if (!exists(places->store)) return key_file_make(places->key, key);
    complain("profile %s: its key file is missing, and nothing else opens it: put %s back", path,
             places->key);
    return false;
}

static mjl_result fill_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

static mjl_result open_with_key(const struct places *places, const uint8_t *key, const char *name,
                                mjl_time now, mjl_recorder *recorder, mjl_profile **profile)
{
    mjl_store *store = NULL;
    const mjl_result result = mjl_store_sqlite_open(places->store, MJL_STORE_OPEN_OR_MAKE, &store);
    if (result != MJL_OK) return result;
    const mjl_profile_config config = {
        .size = sizeof config,
        .store = store,
        .store_key = key,
        .random = {NULL, fill_random},
        .now = now,
        .display_name = name == NULL ? (mjl_bytes){NULL, 0} : mjl_bytes_text(name),
        .recorder = recorder,
    };
    return mjl_profile_open(&config, profile);
}

bool profile_folder_open(const char *path, const char *name, mjl_time now, mjl_recorder *recorder,
                         mjl_profile **profile)
{
    struct places places;
    if (!name_places(path, &places)) {
        complain("profile %s: the path is too long", path);
        return false;
    }
    uint8_t key[MJL_STORE_SEALING_KEY_SIZE];
    if (!make_folder(path, &places) || !get_key(path, &places, key)) return false;
    const mjl_result result = open_with_key(&places, key, name, now, recorder, profile);
    sodium_memzero(key, sizeof key);
    if (result != MJL_OK) complain("profile %s: %s", path, mjl_result_text(result));
    return result == MJL_OK;
}
