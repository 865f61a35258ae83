#include "fuzz.h"

#include <sodium.h>
#include <stdio.h>

#include "majlis/result.h"

static const fuzz_family *const families[] = {
    &fuzz_mls,       &fuzz_mls_saved, &fuzz_payload, &fuzz_session, &fuzz_evidence, &fuzz_sched,
    &fuzz_transport, &fuzz_store,     &fuzz_records, &fuzz_program, &fuzz_log,      &fuzz_members};

const fuzz_target *fuzz_target_at(size_t i)
{
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        if (i < families[f]->count) return &families[f]->targets[i];
        i -= families[f]->count;
    }
    return NULL;
}

const fuzz_family *fuzz_family_at(size_t i)
{
    return i < sizeof families / sizeof families[0] ? families[i] : NULL;
}

const fuzz_target *fuzz_target_named(const char *name)
{
    const fuzz_target *target;
    for (size_t i = 0; (target = fuzz_target_at(i)) != NULL; i++) {
        if (strcmp(target->name, name) == 0) return target;
    }
    return NULL;
}

/* ---- Memory: the sanitizer tells of each allocation ---- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_COUNTS_MEMORY
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FUZZ_COUNTS_MEMORY
#endif

static size_t allocated;

#ifdef FUZZ_COUNTS_MEMORY
/* As in sanitizer/allocator_interface.h, which gcc does not bring.
   NOLINTNEXTLINE(bugprone-reserved-identifier) */
int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *, size_t),
                                              void (*freed)(const volatile void *));

static void count_allocation(const volatile void *at, size_t size)
{
    (void)at;
    allocated += size;
}

static void forget_allocation(const volatile void *at)
{
    (void)at;
}

static void watch_memory(void)
{
    static bool watches = false;
    if (!watches) __sanitizer_install_malloc_and_free_hooks(count_allocation, forget_allocation);
    watches = true;
}
#else
static void watch_memory(void)
{
}
#endif

void fuzz_run(const fuzz_target *target, mjl_bytes input)
{
    if (input.size > target->input_max) return;
    const int ready = sodium_init();
    assert(ready >= 0);
    watch_memory();
    allocated = 0;
    target->run(input);
    assert(target->is_unbounded ||
           allocated <= FUZZ_ALLOCATED_BESIDE + FUZZ_ALLOCATED_PER_BYTE * input.size);
}

bool fuzz_subject_named(const char *name, fuzz_subject *out)
{
    *out = (fuzz_subject){.target = fuzz_target_named(name)};
    for (size_t i = 0; out->target == NULL && i < sizeof families / sizeof families[0]; i++) {
        if (strcmp(families[i]->name, name) == 0) out->family = families[i];
    }
    return out->target != NULL || out->family != NULL;
}

void fuzz_subject_run(const fuzz_subject *subject, mjl_bytes input)
{
    if (subject->target != NULL) {
        fuzz_run(subject->target, input);
    } else if (input.size > 0) {
        fuzz_run(&subject->family->targets[input.data[0] % subject->family->count],
                 mjl_bytes_of(input.data + 1, input.size - 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_subject subject = {0};
    if (subject.target == NULL && subject.family == NULL) {
        const char *name = getenv("FUZZ_TARGET");
        if (name == NULL || !fuzz_subject_named(name, &subject)) {
            fprintf(stderr, "FUZZ_TARGET names no target\n");
            exit(2);
        }
    }
    fuzz_subject_run(&subject, mjl_bytes_of(data, size));
    return 0;
}

/* ---- What the targets share ---- */

void fuzz_same(mjl_bytes input, mjl_buffer *written)
{
    const bool same = mjl_bytes_equal(input, mjl_buffer_bytes(written));
    mjl_buffer_clear(written);
    assert(same);
}

void fuzz_defined(mjl_result result)
{
    assert(strcmp(mjl_result_name(result), "unknown") != 0);
}

uint8_t fuzz_take(fuzz_script *script)
{
    return (uint8_t)fuzz_take_number(script, 1);
}

uint64_t fuzz_take_number(fuzz_script *script, size_t size)
{
    const mjl_bytes bytes = fuzz_take_bytes(script, size);
    uint64_t number = 0;
    for (size_t i = bytes.size; i > 0; i--)
        number = number << 8 | bytes.data[i - 1];
    return number;
}

mjl_bytes fuzz_take_bytes(fuzz_script *script, size_t size)
{
    if (size > script->left.size) size = script->left.size;
    const mjl_bytes taken = mjl_bytes_of(script->left.data, size);
    script->left = mjl_bytes_of(size == 0 ? script->left.data : script->left.data + size,
                                script->left.size - size);
    return taken;
}

/* ---- Alterations ---- */

enum { ALTERATIONS_MAX = 6 };

static void insert(mjl_buffer *value, size_t at, uint8_t byte)
{
    const mjl_result result = mjl_buffer_append(value, mjl_bytes_of(&byte, 1));
    assert(result == MJL_OK);
    memmove(value->data + at + 1, value->data + at, value->size - 1 - at);
    value->data[at] = byte;
}

static void alter_once(mjl_buffer *value, fuzz_script *script)
{
    const uint8_t what = fuzz_take(script) % 5;
    const size_t place = fuzz_take_number(script, 2);
    const uint8_t byte = fuzz_take(script);
    if (what == 0 || value->size == 0) {
        insert(value, value->size == 0 ? 0 : place % value->size, byte);
        return;
    }
    const size_t at = place % value->size;
    if (what == 1) {
        value->data[at] ^= byte;
    } else if (what == 2) {
        value->data[at] = byte;
    } else if (what == 3) {
        value->size = at;
    } else {
        memmove(value->data + at, value->data + at + 1, value->size - 1 - at);
        value->size--;
    }
}

void fuzz_alter(mjl_buffer *value, fuzz_script *script)
{
    size_t count = 1 + fuzz_take(script) % ALTERATIONS_MAX;
    for (; count > 0 && script->left.size > 0; count--)
        alter_once(value, script);
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    fuzz_chance *const chance = context;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    chance->calls++;
    memcpy(seed, &chance->seed, sizeof chance->seed);
    memcpy(seed + sizeof chance->seed, &chance->calls, sizeof chance->calls);
    randombytes_buf_deterministic(out, size, seed);
    return MJL_OK;
}

mjl_random fuzz_random(fuzz_chance *chance)
{
    return (mjl_random){chance, fill};
}
