#include "replay_disk.h"

#include "watched_store.h"

#include <sodium.h>

const uint8_t *mjl_replay_disk_key(void)
{
    static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {1};
    return key;
}

void mjl_replay_disk_clear(mjl_replay_disk *disk)
{
    mjl_records_free(disk->copying);
    mjl_memory_disk_free(disk->disk);
    memset(disk, 0, sizeof *disk);
}

/* ---- Failing as it was recorded ---- */

void mjl_replay_disk_input(mjl_replay_disk *disk, const mjl_replay_group *group)
{
    disk->faults = group;
    memset(disk->asked, 0, sizeof disk->asked);
}

static mjl_result fault_now(mjl_replay_disk *disk, uint32_t of)
{
    const uint32_t before = disk->asked[of]++;
    const mjl_replay_group *group = disk->faults;
    for (size_t i = 0; group != NULL && i < group->faults_count; i++) {
        const mjl_fault *fault = &group->faults[i];
        if (fault->of == of && fault->before == before) return fault->result;
    }
    return MJL_OK;
}

static mjl_result before_asking(void *context, mjl_store_asked asked)
{
    return fault_now(context, asked);
}

static void after_asking(void *context, mjl_store_asked asked, mjl_result result)
{
    mjl_replay_disk *const disk = context;
    (void)asked;
    if (result != MJL_OK && result != MJL_NOT_FOUND) disk->ran_out = true;
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    static const uint8_t key[crypto_stream_chacha20_KEYBYTES] = {2};
    mjl_replay_disk *const disk = context;
    const mjl_result result = fault_now(disk, MJL_FAULT_SEALING);
    if (result != MJL_OK) return result;
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(disk->sealed >> (56 - 8 * i));
    disk->sealed++;
    crypto_stream_chacha20(out, size, nonce, key);
    return MJL_OK;
}

mjl_random mjl_replay_disk_sealing(mjl_replay_disk *disk)
{
    const mjl_random random = {disk, fill};
    return random;
}

mjl_result mjl_replay_disk_open(mjl_replay_disk *disk, mjl_store **store)
{
    const mjl_store_watch watch = {.context = disk, .before = before_asking, .after = after_asking};
    mjl_store *memory;
    const mjl_result result = mjl_store_memory_open(disk->disk, &memory);
    return result == MJL_OK ? mjl_watched_store_new(memory, &watch, store) : result;
}

/* ---- What it begins with ---- */

static mjl_result begin_copying(mjl_replay_disk *disk)
{
    mjl_store *store;
    const mjl_result result = mjl_store_memory_open(disk->disk, &store);
    if (result != MJL_OK) return result;
    return mjl_records_open(store, mjl_replay_disk_key(), mjl_replay_disk_sealing(disk),
                            &disk->copying);
}

mjl_result mjl_replay_disk_begin(void *context, mjl_disk_kind kind)
{
    mjl_replay_disk *const disk = context;
    if (disk->is_open || disk->copying != NULL) return MJL_MALFORMED;
    if (kind == MJL_DISK_AS_LEFT) return disk->disk == NULL ? MJL_MALFORMED : MJL_OK;
    mjl_memory_disk *fresh;
    const mjl_result result = mjl_memory_disk_new(&fresh);
    if (result != MJL_OK) return result;
    mjl_memory_disk_free(disk->disk);
    disk->disk = fresh;
    mjl_replay_disk_input(disk, NULL);
    return kind == MJL_DISK_COPIED ? begin_copying(disk) : MJL_OK;
}

mjl_result mjl_replay_disk_record(void *context, mjl_store_place place, mjl_bytes value)
{
    mjl_replay_disk *const disk = context;
    if (disk->copying == NULL) return MJL_MALFORMED;
    return mjl_records_put(disk->copying, place.session, place.kind, place.key, value);
}

mjl_result mjl_replay_disk_ready(mjl_replay_disk *disk)
{
    if (disk->copying == NULL) return MJL_OK;
    const mjl_result result = mjl_records_persist(disk->copying);
    mjl_records_free(disk->copying);
    disk->copying = NULL;
    return result;
}
