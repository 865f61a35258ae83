/* Sealed records: as a stranger would alter them, and as who has the key would. */
#include "fuzz.h"

#include "record_seal.h"
#include "records.h"

#include <sodium.h>

static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {7};

static void run_record(mjl_bytes input)
{
    mjl_record_sealing sealing;
    mjl_buffer value = {0};
    mjl_result result = mjl_buffer_reserve(&value, input.size + 1);
    assert(result == MJL_OK);
    mjl_record_sealing_init(&sealing, key);
    const mjl_store_place place = {1, 2, mjl_bytes_text("key")};
    result = mjl_record_unseal(&sealing, place, input, value.data);
    assert(result == MJL_STORE_DAMAGED); /* Nobody guesses a tag. */
    mjl_record_head head;
    mjl_buffer plain = {0};
    result = mjl_record_head_unseal(&sealing, input, &head, &plain);
    mjl_buffer_clear(&plain);
    assert(result == MJL_STORE_WRONG_KEY || result == MJL_STORE_DAMAGED ||
           result == MJL_UNKNOWN_VERSION);
    mjl_record_sealing_clear(&sealing);
    mjl_buffer_clear(&value);
}

/* Sealed here, so that it opens: then one byte of it is altered, and it does not. */
static void run_sealed_record(mjl_bytes input)
{
    mjl_record_sealing sealing;
    uint8_t content[MJL_RECORD_CONTENT_SIZE], drawn[MJL_RECORD_NONCE_SIZE] = {0};
    fuzz_script script = {input};
    const size_t at = fuzz_take_number(&script, 2);
    const uint8_t bits = fuzz_take(&script);
    const mjl_bytes plain = script.left;
    const size_t size = plain.size + MJL_RECORD_OVERHEAD;
    const mjl_store_place place = {1, 2, plain.size <= MJL_STORE_KEY_SIZE_MAX ? plain : input};
    const mjl_store_place used = {1, 2, mjl_bytes_of(place.key.data, place.key.size & 15)};
    uint8_t *sealed = malloc(size), *value = malloc(plain.size + 1);
    assert(sealed != NULL && value != NULL);
    mjl_record_sealing_init(&sealing, key);
    mjl_record_content(&sealing, plain, content);
    const mjl_record_sealed_value of = {plain, content, drawn};
    mjl_record_seal(&sealing, used, &of, sealed);
    mjl_result result = mjl_record_unseal(&sealing, used, mjl_bytes_of(sealed, size), value);
    assert(result == MJL_OK && mjl_bytes_equal(plain, mjl_bytes_of(value, plain.size)));
    sealed[at % size] ^= bits;
    result = mjl_record_unseal(&sealing, used, mjl_bytes_of(sealed, size), value);
    assert(result == (bits == 0 ? MJL_OK : MJL_STORE_DAMAGED));
    mjl_record_sealing_clear(&sealing);
    free(sealed);
    free(value);
}

/* A disk that holds what the script says: places and values that nobody sealed. */
static void run_disk(mjl_bytes input)
{
    static fuzz_chance chance;
    fuzz_script script = {input};
    mjl_memory_disk *disk = NULL;
    mjl_store *store = NULL;
    mjl_records *records = NULL;
    chance = (fuzz_chance){2, 0};
    mjl_result result = mjl_memory_disk_new(&disk);
    if (result == MJL_OK) result = mjl_store_memory_open(disk, &store);
    if (result == MJL_OK) result = mjl_records_open(store, key, fuzz_random(&chance), &records);
    assert(result == MJL_OK);
    while (result == MJL_OK && script.left.size > 0) {
        const uint32_t session = fuzz_take(&script) & 3;
        const uint16_t kind = (uint16_t)(1 + fuzz_take(&script));
        const mjl_bytes name = fuzz_take_bytes(&script, fuzz_take(&script) & 63);
        const uint8_t op = fuzz_take(&script);
        mjl_buffer got = {0};
        if ((op & 7) == 0)
            result = mjl_records_persist(records);
        else if ((op & 7) == 1)
            result = mjl_records_delete(records, session, kind, name);
        else if ((op & 7) == 2)
            fuzz_defined(mjl_records_get(records, session, kind, name, &got));
        else
            result = mjl_records_put(records, session, kind, name, fuzz_take_bytes(&script, op));
        mjl_buffer_clear(&got);
        assert(result == MJL_OK);
    }
    mjl_records_free(records);
    mjl_memory_disk_free(disk);
}

static const fuzz_target targets[] = {
    {.name = "record", .run = run_record, .input_max = 1024},
    {.name = "record_sealed", .run = run_sealed_record, .input_max = 1024},
    {.name = "record_batch", .run = run_disk, .input_max = 1024, .is_unbounded = true}};

const fuzz_family fuzz_store = {"stores", targets, sizeof targets / sizeof targets[0]};
