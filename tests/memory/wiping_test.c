#define _GNU_SOURCE
/*
 * What is dead is gone: no secret lies about in memory, in the files or in the records once it is
 * of no use any more. Told in the shipped code, optimised and without sanitizers.
 *
 *     a key that sealed                                    from the next moment of calm on
 *     all of the epochs before everybody refreshed         once the lifetime of secrets passed
 *     all of every epoch                                   once all have left, and that passed
 * again everything, the store's keys and the identity too    once the profiles are closed
 */
#include "graveyard.h"
#include "story.h"
#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE_SIZE = (256 << 10) + 64, ROOM_SECRET_SIZE = 32 };

static uint8_t store_keys[STORY_MEMBERS][MJL_STORE_SEALING_KEY_SIZE];
static uint8_t room_secret[ROOM_SECRET_SIZE];
static uint32_t part_now, member_now;
static const mjl_mls_suite *real;
static size_t found;

static void note(const uint8_t *secret, size_t size, graveyard_kind kind, const char *label)
{
    graveyard_note(secret, size, kind, label, part_now);
}

/* ---- The stack between two uses of the suite ---- */

enum { BELOW_SIZE = 4096, BELOW_FROM = 256 /* The frames of the search itself. */ };

static bool stack_is_watched;

/* What functions left that returned since: at the end of a call others have written over most of
   it. */
static void look_below(void)
{
    if (!stack_is_watched) return;
    const uintptr_t top = (uintptr_t)__builtin_frame_address(0) - BELOW_FROM;
    found += graveyard_search("the stack below", (const uint8_t *)(top - BELOW_SIZE), BELOW_SIZE);
}

/* libsodium leaves words of a cipher's key on the stack, which are not ours to wipe. */
static void clear_below(void)
{
    if (!stack_is_watched) return;
    const uintptr_t top = (uintptr_t)__builtin_frame_address(0) - BELOW_FROM / 4;
    volatile uint8_t *const low = (volatile uint8_t *)(top - BELOW_SIZE);
    for (size_t i = 0; i < BELOW_SIZE; i++)
        low[i] = 0;
}

/* ---- The suite, watched ---- */

/* What stands behind "MLS 1.0 " or "HPKE-v1" in the info. */
static void label_of(mjl_mls_parts info, char label[GRAVEYARD_LABEL_SIZE])
{
    size_t size = 0;
    for (size_t i = 0; i < info.count; i++) {
        for (size_t k = 0; k < info.parts[i].size && size + 1 < GRAVEYARD_LABEL_SIZE; k++) {
            const char c = (char)info.parts[i].data[k];
            if (c >= ' ' && c <= '~') label[size++] = c;
        }
    }
    label[size] = 0;
}

/* What HPKE makes of its info and of a PSK's id, which everybody may know (RFC 9180 section 5.1).
 */
static bool is_public(mjl_mls_parts input)
{
    for (size_t i = 0; i < input.count; i++) {
        if (mjl_bytes_equal(input.parts[i], mjl_bytes_text("info_hash"))) return true;
        if (mjl_bytes_equal(input.parts[i], mjl_bytes_text("psk_id_hash"))) return true;
    }
    return false;
}

static void watched_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out)
{
    look_below();
    real->hkdf_extract(salt, input, out);
    if (!is_public(input)) note(out, real->hash_size, GRAVEYARD_EPOCH, "extracted");
}

static void watched_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    char label[GRAVEYARD_LABEL_SIZE];
    look_below();
    label_of(info, label);
    real->hkdf_expand(secret, info, out, size);
    if (size <= GRAVEYARD_SECRET_SIZE_MAX) note(out, size, GRAVEYARD_EPOCH, label);
}

static mjl_result watched_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes plaintext, uint8_t *out)
{
    look_below();
    graveyard_note_sealed(key, real->aead_key_size);
    const mjl_result result = real->aead_seal(key, nonce, aad, plaintext, out);
    clear_below();
    return result;
}

static mjl_result watched_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes ciphertext, uint8_t *out)
{
    look_below();
    const mjl_result result = real->aead_open(key, nonce, aad, ciphertext, out);
    clear_below();
    if (result == MJL_OK) graveyard_note_opened(key, real->aead_key_size, member_now);
    return result;
}

static mjl_result watched_derive(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key)
{
    look_below();
    const mjl_result result = real->kem_derive_key_pair(ikm, private_key, public_key);
    note(private_key, real->kem_private_size, GRAVEYARD_EPOCH, "private key");
    return result;
}

static mjl_result watched_dh(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    look_below();
    const mjl_result result = real->kem_dh(private_key, public_key, shared);
    if (result == MJL_OK) note(shared, real->kem_shared_size, GRAVEYARD_EPOCH, "key agreement");
    return result;
}

static mjl_result watched_key_pair(mjl_random random, uint8_t *key, uint8_t *seed)
{
    const mjl_result result = real->signature_key_pair(random, key, seed);
    /* Behind the seed libsodium keeps the public key. */
    if (result == MJL_OK) note(seed, 32, GRAVEYARD_IDENTITY, "signature seed");
    return result;
}

static mjl_mls_suite watched_suite(void)
{
    mjl_mls_suite suite = *real;
    suite.hkdf_extract = watched_extract;
    suite.hkdf_expand = watched_expand;
    suite.aead_seal = watched_seal;
    suite.aead_open = watched_open;
    suite.kem_derive_key_pair = watched_derive;
    suite.kem_dh = watched_dh;
    suite.signature_key_pair = watched_key_pair;
    return suite;
}

/* ---- Draws ---- */

/* Sizes tell: secrets have that of a hash or a key. What each member draws first is its store's
   salt, what Anna draws behind the seed of her session's timers is the group's id: those are no
   secrets. */
static mjl_result draw(void *random, uint8_t *out, size_t size)
{
    enum { TIMERS = 8, SECRET = 32 };
    static bool is_group_id;
    const mjl_result result = story_chance(random, out, size);
    const story_random *const own = random;
    if (size == SECRET && !is_group_id && own->calls > 1) {
        note(out, size, GRAVEYARD_EPOCH, "drawn");
    }
    is_group_id = size == TIMERS && part_now == 0 && member_now == 0;
    return result;
}

static void enter(void *context, uint32_t member)
{
    (void)context;
    member_now = member;
}

/* ---- Blocks that are freed ---- */

void __real_free(void *block);
void __wrap_free(void *block);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool frees_are_watched;

static void look_into(void *block)
{
    void *calls[16];
    if (!frees_are_watched || block == NULL) return;
    frees_are_watched = false;
    if (graveyard_search("a freed block", block, malloc_usable_size(block)) > 0) {
        backtrace_symbols_fd(calls, backtrace(calls, 16), 2);
        found++;
    }
    frees_are_watched = true;
}

void __wrap_free(void *block)
{
    look_into(block);
    __real_free(block);
}

void *__wrap_realloc(void *block, size_t size)
{
    look_into(block);
    return __real_realloc(block, size);
}

/* ---- Deaths ---- */

/* Of a message key all others have to make use before it is of none: who misses the message keeps
   it for as long as the epoch's secrets. Other keys serve one sealed text that has one reader. */
static bool has_served(const graveyard_secret *secret, uint32_t part)
{
    (void)part;
    const bool is_for_all = strstr(secret->label, "MLS 1.0 key") != NULL;
    uint32_t readers = 0;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++)
        readers += secret->opened >> i & 1;
    return secret->has_sealed && readers >= (is_for_all ? STORY_MEMBERS - 1 : 1);
}

static bool is_of_old_epochs(const graveyard_secret *secret, uint32_t part)
{
    return has_served(secret, part) ||
           (secret->kind == GRAVEYARD_EPOCH && secret->last < STORY_JOINED_AGAIN);
}

static bool is_of_an_epoch(const graveyard_secret *secret, uint32_t part)
{
    (void)part;
    return secret->kind == GRAVEYARD_EPOCH;
}

static bool is_any(const graveyard_secret *secret, uint32_t part)
{
    (void)secret, (void)part;
    return true;
}

static size_t bury_dead(story_part part)
{
    return graveyard_bury(part == STORY_CLOSED      ? is_any
                          : part == STORY_LEFT      ? is_of_an_epoch
                          : part >= STORY_REFRESHED ? is_of_old_epochs
                                                    : has_served,
                          part);
}

static void next_part(void *context, story *told, story_part part)
{
    (void)context, (void)told;
    part_now = part;
}

static void search_memory(void *context, story *told, story_part part)
{
    if (part == STORY_CLOSED) {
        sodium_memzero(store_keys, sizeof store_keys);
        sodium_memzero(room_secret, sizeof room_secret);
    }
    const size_t dead = bury_dead(part);
    const size_t here = graveyard_search_memory();
    print_message("part %d: %zu secrets, %zu dead, %zu found in memory\n", (int)part,
                  graveyard_count(), dead, here);
    found += here;
    next_part(context, told, part);
}

/* ---- Files ---- */

static size_t search_file(const char *path)
{
    struct stat about;
    size_t count = 0;
    const int file = open(path, O_RDONLY);
    if (file < 0) return 0;
    assert_int_equal(fstat(file, &about), 0);
    if (about.st_size > 0) {
        void *const bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        assert_true(bytes != MAP_FAILED);
        count = graveyard_search(path, bytes, (size_t)about.st_size);
        munmap(bytes, (size_t)about.st_size);
    }
    close(file);
    return count;
}

/* Sealed records whose secrets died are looked for as well: who has the store's key opens them.
   While a profile is open SQLite's log keeps old pages (../../session/store/README.md), so that is
   asked when it was opened again, and when it is closed. */
static void search_files(void *context, story *told, story_part part)
{
    if (part == STORY_REOPENED || part == STORY_CLOSED) {
        graveyard_bury_at_once(false);
        const size_t dead = bury_dead(part == STORY_CLOSED ? STORY_LEFT : part);
        size_t here = 0;
        for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
            char log[STORY_PATH_SIZE + 8];
            snprintf(log, sizeof log, "%s-wal", told->members[i].path);
            here += search_file(told->members[i].path);
            here += search_file(log);
        }
        print_message("part %d: %zu secrets and sealed, %zu dead, %zu found in files\n", (int)part,
                      graveyard_count(), dead, here);
        found += here;
        graveyard_bury_at_once(true);
    }
    next_part(context, told, part);
}

static bool seals_are_watched;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */
typedef unsigned long long length;
int __real_crypto_aead_xchacha20poly1305_ietf_encrypt(uint8_t *sealed, length *sealed_size,
                                                      const uint8_t *text, length size,
                                                      const uint8_t *data, length data_size,
                                                      const uint8_t *none, const uint8_t *nonce,
                                                      const uint8_t *key);
int __wrap_crypto_aead_xchacha20poly1305_ietf_encrypt(uint8_t *sealed, length *sealed_size,
                                                      const uint8_t *text, length size,
                                                      const uint8_t *data, length data_size,
                                                      const uint8_t *none, const uint8_t *nonce,
                                                      const uint8_t *key);

int __wrap_crypto_aead_xchacha20poly1305_ietf_encrypt(uint8_t *sealed, length *sealed_size,
                                                      const uint8_t *text, length size,
                                                      const uint8_t *data, length data_size,
                                                      const uint8_t *none, const uint8_t *nonce,
                                                      const uint8_t *key)
{
    const int result = __real_crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, sealed_size, text, size, data, data_size, none, nonce, key);
    if (seals_are_watched && size >= 16) graveyard_note_coffin(text, size, sealed, part_now);
    return result;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- The stack ---- */

enum { STACK_SIZE = 128 << 10, STACK_OF_SEARCH = 1024 };

/* What a call left below: all secrets there were are looked for, of use or not. Then it is cleared,
   for the next call. */
static void leave(void *context, uint32_t member)
{
    (void)context, (void)member;
    if (!stack_is_watched) return;
    const uintptr_t top = (uintptr_t)__builtin_frame_address(0) - STACK_OF_SEARCH;
    volatile uint8_t *const low = (volatile uint8_t *)(top - STACK_SIZE);
    found += graveyard_search("the stack", (const uint8_t *)(uintptr_t)low, STACK_SIZE);
    for (size_t i = 0; i < STACK_SIZE; i++)
        low[i] = 0;
}

/* ---- The test ---- */

static void begin(void)
{
    real = mjl_mls_suite_find(NULL, 0x0003);
    found = part_now = 0;
    graveyard_open();
    randombytes_buf(store_keys, sizeof store_keys);
    randombytes_buf(room_secret, sizeof room_secret);
    for (size_t i = 0; i < STORY_MEMBERS; i++)
        note(store_keys[i], sizeof store_keys[i], GRAVEYARD_IDENTITY, "store key");
    note(room_secret, sizeof room_secret, GRAVEYARD_ROOM, "room secret");
}

static void tell(const char *folder, void (*part)(void *, story *, story_part))
{
    const mjl_mls_suite suite = watched_suite();
    const mjl_mls_suite *const list[] = {&suite};
    const mjl_mls_suites suites = {list, 1};
    const story_teller teller = {.suites = &suites,
                                 .fill = draw,
                                 .folder = folder,
                                 .large_size = LARGE_SIZE,
                                 .room_secret = mjl_bytes_of(room_secret, sizeof room_secret),
                                 .store_keys =
                                     (const uint8_t(*)[MJL_STORE_SEALING_KEY_SIZE])store_keys,
                                 .enter = enter,
                                 .leave = leave,
                                 .part = part};
    free(story_tell(&teller));
    assert_true(graveyard_count() > 500);
    graveyard_close();
    assert_int_equal(found, 0);
}

static void what_is_dead_is_not_in_memory(void **state)
{
    (void)state;
    begin();
    tell(NULL, search_memory);
}

static void no_block_is_freed_with_a_secret_in_it(void **state)
{
    (void)state;
    begin();
    graveyard_bury_at_once(true);
    frees_are_watched = true;
    tell(NULL, next_part);
    frees_are_watched = false;
}

static void no_call_leaves_a_secret_on_the_stack(void **state)
{
    (void)state;
    begin();
    graveyard_bury_at_once(true);
    stack_is_watched = true;
    tell(NULL, next_part);
    stack_is_watched = false;
}

static void what_is_dead_is_not_in_the_files(void **state)
{
    begin();
    graveyard_bury_at_once(true);
    seals_are_watched = true;
    tell(*state, search_files);
    seals_are_watched = false;
}

static char folder[STORY_PATH_SIZE - 32];

static int make_folder(void **state)
{
    const char *const temporary = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/majlis-wiping-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    *state = folder;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        char path[STORY_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%u.majlis", folder, i);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_dead_is_not_in_memory),
        cmocka_unit_test(no_call_leaves_a_secret_on_the_stack),
        cmocka_unit_test(no_block_is_freed_with_a_secret_in_it),
        cmocka_unit_test_setup_teardown(what_is_dead_is_not_in_the_files, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
