#include "disk.h"
#include "sets.h"
#include "watch.h"

typedef struct value {
    uint32_t uses;
    uint32_t *inside; /* The secrets in it. */
    uint32_t inside_count;
    size_t size;
    uint8_t bytes[];
} value;

typedef struct record {
    uint32_t session;
    uint16_t kind;
    uint8_t key_size;
    uint8_t key[MJL_STORE_KEY_SIZE_MAX];
    value *value;
} record;

struct sim_disk {
    record *records; /* Ascending by place. */
    size_t count, room;
    uint64_t applies;
    uint64_t fault_in, load_fault_in; /* 0: none. */
    sim_disk_fault fault, met;
    bool is_watched;
    uint32_t *held; /* While it is watched: in how many records each secret stands. */
    size_t held_room;
    uint32_t *fresh; /* What was written since it was last asked. */
    size_t fresh_count, fresh_room;
};

/* ---- Values ---- */

static value *new_value(mjl_bytes bytes)
{
    value *const made = sim_zeroed(1, sizeof *made + bytes.size);
    made->uses = 1;
    made->size = bytes.size;
    if (bytes.size > 0) memcpy(made->bytes, bytes.data, bytes.size);
    return made;
}

static void release(value *of)
{
    if (--of->uses > 0) return;
    free(of->inside);
    free(of);
}

/* ---- Secrets ---- */

static void count_in(sim_disk *disk, const value *of)
{
    for (uint32_t i = 0; disk->is_watched && i < of->inside_count; i++) {
        const uint32_t secret = of->inside[i];
        while (disk->held_room <= secret)
            disk->held =
                sim_grown(disk->held, disk->held_room, &disk->held_room, sizeof *disk->held);
        disk->held[secret]++;
        disk->fresh =
            sim_grown(disk->fresh, disk->fresh_count, &disk->fresh_room, sizeof *disk->fresh);
        disk->fresh[disk->fresh_count++] = secret;
    }
}

static void count_out(sim_disk *disk, const value *of)
{
    for (uint32_t i = 0; disk->is_watched && i < of->inside_count; i++)
        disk->held[of->inside[i]]--;
}

void sim_disk_watch(sim_disk *disk)
{
    if (disk->is_watched) return;
    disk->is_watched = true;
    for (size_t i = 0; i < disk->count; i++)
        count_in(disk, disk->records[i].value);
}

/* Damage is not followed. */
static void stop_watching(sim_disk *disk)
{
    free(disk->held);
    disk->held = NULL;
    disk->held_room = disk->fresh_count = 0;
    disk->is_watched = false;
}

bool sim_disk_holds(const sim_disk *disk, uint32_t secret)
{
    return secret < disk->held_room && disk->held[secret] > 0;
}

const uint32_t *sim_disk_fresh(const sim_disk *disk, size_t *count)
{
    *count = disk->fresh_count;
    return disk->fresh;
}

void sim_disk_forget_fresh(sim_disk *disk)
{
    disk->fresh_count = 0;
}

void sim_disk_secrets(const sim_disk *disk,
                      void (*visit)(void *context, uint32_t secret, uint16_t kind), void *context)
{
    for (size_t i = 0; i < disk->count; i++) {
        const value *const stored = disk->records[i].value;
        for (uint32_t k = 0; k < stored->inside_count; k++)
            visit(context, stored->inside[k], disk->records[i].kind);
    }
}

/* ---- Places ---- */

static mjl_store_place place_of(const record *of)
{
    return (mjl_store_place){of->session, of->kind, mjl_bytes_of(of->key, of->key_size)};
}

static int compare(const record *a, mjl_store_place b)
{
    if (a->session != b.session) return a->session < b.session ? -1 : 1;
    if (a->kind != b.kind) return a->kind < b.kind ? -1 : 1;
    return mjl_bytes_compare(mjl_bytes_of(a->key, a->key_size), b.key);
}

/* The first record that is not before the place. */
static size_t position(const sim_disk *disk, mjl_store_place place, bool *is_there)
{
    size_t low = 0, high = disk->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare(&disk->records[middle], place) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *is_there = low < disk->count && compare(&disk->records[low], place) == 0;
    return low;
}

static void put(sim_disk *disk, const mjl_store_change *change)
{
    bool is_there;
    const size_t at = position(disk, change->place, &is_there);
    value *const stored = new_value(change->value);
    stored->inside = sim_watch_inside(change->value, &stored->inside_count);
    count_in(disk, stored);
    if (is_there) {
        count_out(disk, disk->records[at].value);
        release(disk->records[at].value);
        disk->records[at].value = stored;
        return;
    }
    disk->records = sim_grown(disk->records, disk->count, &disk->room, sizeof *disk->records);
    record *const made = &disk->records[at];
    memmove(made + 1, made, (disk->count - at) * sizeof *made);
    disk->count++;
    made->session = change->place.session;
    made->kind = change->place.kind;
    made->key_size = (uint8_t)change->place.key.size;
    if (made->key_size > 0) memcpy(made->key, change->place.key.data, made->key_size);
    made->value = stored;
}

static void remove_at(sim_disk *disk, size_t at)
{
    count_out(disk, disk->records[at].value);
    release(disk->records[at].value);
    disk->count--;
    memmove(&disk->records[at], &disk->records[at + 1], (disk->count - at) * sizeof *disk->records);
}

/* ---- The backend ---- */

static mjl_result load(void *context, mjl_result (*visit)(void *, mjl_store_place, mjl_bytes),
                       void *visitor)
{
    sim_disk *const disk = context;
    for (size_t i = 0; i < disk->count; i++) {
        if (disk->load_fault_in > 0 && --disk->load_fault_in == 0) return MJL_STORE_FAILED;
        const value *const stored = disk->records[i].value;
        const mjl_result result =
            visit(visitor, place_of(&disk->records[i]), mjl_bytes_of(stored->bytes, stored->size));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result get(void *context, mjl_store_place place, mjl_buffer *out)
{
    const sim_disk *const disk = context;
    bool is_there;
    const size_t at = position(disk, place, &is_there);
    if (!is_there) return MJL_NOT_FOUND;
    out->size = 0;
    const value *const stored = disk->records[at].value;
    return mjl_buffer_append(out, mjl_bytes_of(stored->bytes, stored->size));
}

static void apply_all(sim_disk *disk, const mjl_store_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!changes[i].is_delete) {
            put(disk, &changes[i]);
            continue;
        }
        bool is_there;
        const size_t at = position(disk, changes[i].place, &is_there);
        if (is_there) remove_at(disk, at);
    }
}

static mjl_result apply(void *context, const mjl_store_change *changes, size_t count)
{
    sim_disk *const disk = context;
    disk->applies++;
    disk->met = SIM_DISK_SOUND;
    if (disk->fault_in > 0 && --disk->fault_in == 0) disk->met = disk->fault;
    if (disk->met == SIM_DISK_SOUND || disk->met == SIM_DISK_CRASH_AFTER) {
        apply_all(disk, changes, count);
    }
    sim_watch_forget_sealed();
    if (disk->met == SIM_DISK_SOUND) return MJL_OK;
    return disk->met == SIM_DISK_FULL ? MJL_STORE_FULL : MJL_STORE_FAILED;
}

static void close_nothing(void *context)
{
    (void)context;
}

mjl_result sim_disk_open(sim_disk *disk, mjl_store **store)
{
    const mjl_store_backend backend = {disk, load, get, apply, close_nothing};
    return mjl_store_new(&backend, store);
}

/* ---- Making and copying ---- */

sim_disk *sim_disk_new(void)
{
    return sim_zeroed(1, sizeof(sim_disk));
}

sim_disk *sim_disk_copy(const sim_disk *disk)
{
    sim_disk *const made = sim_disk_new();
    made->records = sim_zeroed(disk->count + 1, sizeof *made->records);
    memcpy(made->records, disk->records, disk->count * sizeof *made->records);
    made->count = disk->count;
    made->room = disk->count + 1;
    for (size_t i = 0; i < made->count; i++)
        made->records[i].value->uses++;
    return made;
}

void sim_disk_free(sim_disk *disk)
{
    if (disk == NULL) return;
    for (size_t i = 0; i < disk->count; i++)
        release(disk->records[i].value);
    free(disk->records);
    free(disk->held);
    free(disk->fresh);
    free(disk);
}

/* ---- Faults ---- */

void sim_disk_fail(sim_disk *disk, uint64_t count, sim_disk_fault fault)
{
    disk->fault_in = fault == SIM_DISK_SOUND ? 0 : count + 1;
    disk->fault = fault;
}

void sim_disk_fail_load(sim_disk *disk, uint64_t count)
{
    disk->load_fault_in = count == UINT64_MAX ? 0 : count + 1;
}

sim_disk_fault sim_disk_met(const sim_disk *disk)
{
    return disk->met;
}

uint64_t sim_disk_applies(const sim_disk *disk)
{
    return disk->applies;
}

size_t sim_disk_records(const sim_disk *disk)
{
    return disk->count;
}

static void replace(record *of, mjl_bytes bytes)
{
    value *const made = new_value(bytes);
    release(of->value);
    of->value = made;
}

/* As it was then; NULL: it was not there, or is the same. */
static const value *changed_since(const record *of, const sim_disk *old)
{
    bool is_there;
    const size_t at = position(old, place_of(of), &is_there);
    if (!is_there) return NULL;
    const value *const was = old->records[at].value;
    const bool is_same = mjl_bytes_equal(mjl_bytes_of(was->bytes, was->size),
                                         mjl_bytes_of(of->value->bytes, of->value->size));
    return is_same ? NULL : was;
}

/* Where it is the only one that differs, the whole disk would be an older state: that is no damage,
   and nothing on it could tell. */
static bool put_back(const sim_disk *disk, record *victim, const sim_disk *old)
{
    const value *const was = old == NULL ? NULL : changed_since(victim, old);
    bool differs = was != NULL && disk->count != old->count;
    for (size_t i = 0; was != NULL && !differs && i < disk->count; i++) {
        bool is_there;
        position(old, place_of(&disk->records[i]), &is_there);
        differs = &disk->records[i] != victim &&
                  (!is_there || changed_since(&disk->records[i], old) != NULL);
    }
    if (differs) replace(victim, mjl_bytes_of(was->bytes, was->size));
    return differs;
}

bool sim_disk_damage_one(sim_disk *disk, sim_chance *chance, sim_disk_damage how,
                         const sim_disk *old)
{
    if (disk->count < 2) return false;
    stop_watching(disk);
    const size_t at = (size_t)sim_chance_below(chance, disk->count);
    record *const victim = &disk->records[at];
    const size_t size = victim->value->size;
    if (size == 0) return false;
    if (how == SIM_DAMAGE_OLD) return put_back(disk, victim, old);
    if (how == SIM_DAMAGE_DROP) {
        remove_at(disk, at);
        return true;
    }
    if (how == SIM_DAMAGE_SWAP) {
        record *const other = &disk->records[(at + 1) % disk->count];
        value *const its = other->value;
        other->value = victim->value;
        victim->value = its;
        return true;
    }
    replace(victim, mjl_bytes_of(victim->value->bytes, how == SIM_DAMAGE_TRUNCATE
                                                           ? (size_t)sim_chance_below(chance, size)
                                                           : size));
    if (how == SIM_DAMAGE_BIT) {
        const uint64_t bit = sim_chance_below(chance, 8 * (uint64_t)size);
        victim->value->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    return true;
}
