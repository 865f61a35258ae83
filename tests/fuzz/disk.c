/*
 * A member's disk, altered: by a stranger who cannot seal records, and by somebody who can. Then
 * the member is opened on it and goes on.
 *
 *      [ who, how ][ which record ][ alterations: what, where, value ]...
 *
 * Oracle: without the key every change is noticed. With it, opening answers an error, or the state
 * is sound and stays so.
 */
#include "members.h"
#include "party.h"

#include "../toy/toy_suite.h"
#include "record_kinds.h"
#include "records.h"
#include "store_access.h"

enum { RUN_MS = 2000 };

/* ---- A stranger ---- */

typedef struct found { /* One of the records as they lie on the disk. */
    size_t wanted, seen;
    uint32_t session;
    uint16_t kind;
    uint8_t key[MJL_STORE_KEY_SIZE_MAX];
    size_t key_size;
    mjl_buffer value;
} found;

static mjl_result look(void *context, mjl_store_place place, mjl_bytes value)
{
    found *const one = context;
    if (one->seen++ != one->wanted) return MJL_OK;
    one->session = place.session;
    one->kind = place.kind;
    one->key_size = place.key.size;
    if (place.key.size != 0) memcpy(one->key, place.key.data, place.key.size);
    return mjl_buffer_append(&one->value, value);
}

static mjl_store *open_store(mjl_memory_disk *disk)
{
    mjl_store *store = NULL;
    const mjl_result result = mjl_store_memory_open(disk, &store);
    assert(result == MJL_OK);
    return store;
}

static size_t count_records(mjl_store *store)
{
    found none = {.wanted = SIZE_MAX};
    const mjl_result result = mjl_store_load(store, look, &none);
    assert(result == MJL_OK);
    return none.seen;
}

/* Answers whether anything is different. */
static bool alter_sealed(mjl_memory_disk *disk, fuzz_script *script)
{
    mjl_store *const store = open_store(disk);
    found one = {.wanted = fuzz_take_number(script, 2) % count_records(store)};
    mjl_result result = mjl_store_load(store, look, &one);
    assert(result == MJL_OK);
    mjl_buffer before = {0};
    result = mjl_buffer_append(&before, mjl_buffer_bytes(&one.value));
    assert(result == MJL_OK);
    const bool is_gone = fuzz_take(script) == 0;
    if (!is_gone) fuzz_alter(&one.value, script);
    const bool differs =
        is_gone || !mjl_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&one.value));
    const mjl_store_change change = {{one.session, one.kind, mjl_bytes_of(one.key, one.key_size)},
                                     is_gone,
                                     mjl_buffer_bytes(&one.value)};
    result = mjl_store_apply(store, &change, 1);
    assert(result == MJL_OK);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&one.value);
    mjl_store_free(store);
    return differs;
}

/* ---- Somebody with the key ---- */

static mjl_records *open_records(mjl_memory_disk *disk, fuzz_chance *chance)
{
    mjl_records *records = NULL;
    const mjl_result result =
        mjl_records_open(open_store(disk), party_store_key, fuzz_random(chance), &records);
    assert(result == MJL_OK);
    return records;
}

static mjl_record some_record(const mjl_records *records, size_t wanted)
{
    mjl_records_cursor cursor = mjl_records_loaded(records);
    mjl_record record = {.value = {NULL, 0}};
    wanted %= cursor.end - cursor.next;
    for (size_t i = 0; i <= wanted; i++) {
        const bool is_there = mjl_records_next(records, &cursor, &record);
        assert(is_there);
    }
    return record;
}

static void alter_record(mjl_records *records, fuzz_script *script)
{
    const mjl_record record = some_record(records, fuzz_take_number(script, 2));
    const uint32_t session = record.place.session;
    const uint16_t kind = record.place.kind;
    const uint8_t how = fuzz_take(script) & 7;
    mjl_buffer value = {0}, name = {0};
    mjl_result result = mjl_buffer_append(&value, record.value);
    if (result == MJL_OK) result = mjl_buffer_append(&name, record.place.key);
    assert(result == MJL_OK);
    if (how == 0) {
        result = mjl_records_delete(records, session, kind, record.place.key);
    } else {
        if (how == 1 && name.size > 0)
            name.data[name.size - 1] ^= fuzz_take(script); /* Twice. */
        else
            fuzz_alter(&value, script);
        result = mjl_records_put(records, session, kind, mjl_buffer_bytes(&name),
                                 mjl_buffer_bytes(&value));
    }
    assert(result == MJL_OK);
    mjl_buffer_clear(&value);
    mjl_buffer_clear(&name);
}

static void alter_plain(mjl_memory_disk *disk, fuzz_chance *chance, fuzz_script *script)
{
    mjl_records *const records = open_records(disk, chance);
    size_t count = 1 + (fuzz_take(script) & 1);
    for (; count > 0; count--)
        alter_record(records, script);
    const mjl_result result = mjl_records_persist(records);
    assert(result == MJL_OK);
    mjl_records_free(records);
}

/* ---- Going on ---- */

static void go_on(party *of, uint32_t who)
{
    if (!party_step(of, who)) return;
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("still here")};
    for (uint32_t i = 0; i < 3; i++) {
        mjl_session *const session = party_session(of, i);
        if (session != NULL) fuzz_defined(mjl_session_say(session, of->now, &say, NULL, NULL));
    }
    party_run(of, RUN_MS);
}

void fuzz_disk(mjl_bytes input)
{
    fuzz_script script = {input};
    party *const of = party_copy(party_gathered(&toy_suites));
    const uint32_t who = fuzz_take(&script) % PARTY_MEMBERS;
    const bool has_key = (fuzz_take(&script) & 1) != 0;
    party_member *const member = &of->members[who];
    member->heard_count = PARTY_HEARD_MAX; /* What it says now is another's doing. */
    party_close(of, who);
    bool differs = false;
    if (has_key)
        alter_plain(member->disk, &member->chance, &script);
    else
        differs = alter_sealed(member->disk, &script);
    const mjl_result result = party_open_disk(of, member->disk, &member->chance, &member->profile);
    fuzz_defined(result);
    assert(!differs || result == MJL_STORE_DAMAGED || result == MJL_STORE_WRONG_KEY ||
           result == MJL_UNKNOWN_VERSION);
    if (result == MJL_OK)
        go_on(of, who);
    else
        member->profile = NULL;
    party_free(of);
}
