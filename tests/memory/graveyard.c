#define _GNU_SOURCE
#include "graveyard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    SECRETS_MAX = 1 << 16,
    TABLE_SIZE = 1 << 18,   /* Of secrets, by their first bytes. */
    WINDOWS_SIZE = 1 << 22, /* Of windows. */
    INSIDE_MAX = 1 << 20,
    COFFIN = 32, /* Bytes by which a sealed text is known. */
    WINDOW = 8,
    TOLD_MAX = 40 /* Findings that are told one by one. */
};

static const uint64_t mask = 0x5bd1e995a7c3f00du;

typedef struct window {
    uint64_t masked; /* 0: free. */
    uint32_t secret, offset;
} window;

static struct {
    graveyard_secret *secrets;
    uint32_t *table; /* Number of the secret and 1. */
    window *windows;
    size_t count, buried;
    bool at_once;
    uint32_t *inside; /* Of all coffins, one behind the other. */
    uint32_t inside_count;
} book;

static void bury(uint32_t number);

static void *room_for(size_t size)
{
    void *const made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) abort();
    return made;
}

void graveyard_open(void)
{
    book.secrets = room_for(SECRETS_MAX * sizeof *book.secrets);
    book.table = room_for(TABLE_SIZE * sizeof *book.table);
    book.windows = room_for(WINDOWS_SIZE * sizeof *book.windows);
    book.inside = room_for(INSIDE_MAX * sizeof *book.inside);
    book.inside_count = 0;
    book.at_once = false;
    book.count = book.buried = 0;
}

void graveyard_close(void)
{
    munmap(book.secrets, SECRETS_MAX * sizeof *book.secrets);
    munmap(book.table, TABLE_SIZE * sizeof *book.table);
    munmap(book.windows, WINDOWS_SIZE * sizeof *book.windows);
    munmap(book.inside, INSIDE_MAX * sizeof *book.inside);
}

size_t graveyard_count(void)
{
    return book.count;
}

/* Eight bytes, never as they are. */
static uint64_t masked_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word ^ mask;
}

static size_t slot_of(uint64_t masked, size_t size)
{
    masked ^= masked >> 31;
    masked *= 0x9e3779b97f4a7c15u;
    return (size_t)(masked >> 32) & (size - 1);
}

static bool is_that(const graveyard_secret *secret, const uint8_t *bytes, size_t size)
{
    if (secret->size != size) return false;
    for (size_t i = 0; i < size; i++) {
        if ((secret->masked[i] ^ 0xa5) != bytes[i]) return false;
    }
    return true;
}

static graveyard_secret *find(const uint8_t *bytes, size_t size, size_t *slot)
{
    *slot = slot_of(masked_word(bytes), TABLE_SIZE);
    for (; book.table[*slot] != 0; *slot = (*slot + 1) % TABLE_SIZE) {
        graveyard_secret *const secret = &book.secrets[book.table[*slot] - 1];
        if (is_that(secret, bytes, size)) return secret;
    }
    return NULL;
}

void graveyard_note(const uint8_t *secret, size_t size, graveyard_kind kind, const char *label,
                    uint32_t part)
{
    size_t slot;
    if (size < GRAVEYARD_SIZE_MIN) return;
    if (size > GRAVEYARD_SECRET_SIZE_MAX || book.count == SECRETS_MAX) abort();
    graveyard_secret *noted = find(secret, size, &slot);
    if (noted == NULL) {
        noted = &book.secrets[book.count++];
        book.table[slot] = (uint32_t)book.count;
        for (size_t i = 0; i < size; i++)
            noted->masked[i] = secret[i] ^ 0xa5;
        noted->size = size;
        snprintf(noted->label, sizeof noted->label, "%.*s", GRAVEYARD_LABEL_SIZE - 1, label);
        if (book.at_once && kind != GRAVEYARD_COFFIN) bury((uint32_t)book.count - 1);
    }
    if (kind > noted->kind) noted->kind = kind;
    noted->last = part;
}

void graveyard_note_sealed(const uint8_t *key, size_t size)
{
    size_t slot;
    graveyard_secret *const noted = find(key, size, &slot);
    if (noted != NULL) noted->has_sealed = true;
}

void graveyard_note_opened(const uint8_t *key, size_t size, uint32_t member)
{
    size_t slot;
    graveyard_secret *const noted = find(key, size, &slot);
    if (noted != NULL) noted->opened |= (uint8_t)(1u << member);
}

/* ---- The dead ---- */

static window *find_window(uint64_t masked)
{
    size_t slot = slot_of(masked, WINDOWS_SIZE);
    while (book.windows[slot].masked != 0 && book.windows[slot].masked != masked)
        slot = (slot + 1) % WINDOWS_SIZE;
    return &book.windows[slot];
}

static void bury(uint32_t number)
{
    const graveyard_secret *const secret = &book.secrets[number];
    for (size_t offset = 0; offset + WINDOW <= secret->size; offset++) {
        uint64_t masked = 0;
        for (size_t i = 0; i < WINDOW; i++)
            masked |= (uint64_t)(secret->masked[offset + i] ^ 0xa5 ^ (mask >> 8 * i & 0xff))
                      << 8 * i;
        window *const at = find_window(masked);
        *at = (window){masked, number, (uint32_t)offset};
        if (++book.buried > WINDOWS_SIZE / 2) abort();
    }
}

void graveyard_bury_at_once(bool at_once)
{
    book.at_once = at_once;
    memset(book.windows, 0, WINDOWS_SIZE * sizeof *book.windows);
    book.buried = 0;
    for (uint32_t i = 0; at_once && i < book.count; i++)
        if (book.secrets[i].kind != GRAVEYARD_COFFIN) bury(i);
}

static bool is_dead_coffin(const graveyard_secret *coffin,
                           bool (*is_dead)(const graveyard_secret *secret, uint32_t part),
                           uint32_t part)
{
    for (uint32_t i = 0; i < coffin->inside_count; i++) {
        if (is_dead(&book.secrets[book.inside[coffin->inside + i]], part)) return true;
    }
    return false;
}

size_t graveyard_bury(bool (*is_dead)(const graveyard_secret *secret, uint32_t part), uint32_t part)
{
    size_t dead = 0;
    memset(book.windows, 0, WINDOWS_SIZE * sizeof *book.windows);
    book.buried = 0;
    for (uint32_t i = 0; i < book.count; i++) {
        const graveyard_secret *const secret = &book.secrets[i];
        const bool is_coffin = secret->kind == GRAVEYARD_COFFIN;
        if (!(is_coffin ? is_dead_coffin(secret, is_dead, part) : is_dead(secret, part))) continue;
        bury(i);
        dead++;
    }
    return dead;
}

/* ---- The search ---- */

static void tell(const char *where, size_t at, const window *found)
{
    const graveyard_secret *const secret = &book.secrets[found->secret];
    fprintf(stderr, "found in %s at %zx: secret %u \"%s\" (kind %d, part %u), its byte %u\n", where,
            at, found->secret, secret->label, (int)secret->kind, secret->last, found->offset);
}

size_t graveyard_search(const char *where, const uint8_t *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i + WINDOW <= size; i++) {
        const uint64_t masked = masked_word(bytes + i);
        const size_t slot = slot_of(masked, WINDOWS_SIZE);
        if (book.windows[slot].masked == 0) continue;
        const window *const found = find_window(masked);
        if (found->masked != masked) continue;
        if (count++ < TOLD_MAX) tell(where, (size_t)(bytes + i), found);
        i += WINDOW - 1;
    }
    return count;
}

static void put_inside(graveyard_secret *coffin, uint32_t number)
{
    for (uint32_t i = 0; i < coffin->inside_count; i++) {
        if (book.inside[coffin->inside + i] == number) return;
    }
    if (book.inside_count == INSIDE_MAX) abort();
    book.inside[book.inside_count++] = number;
    coffin->inside_count++;
}

void graveyard_note_coffin(const uint8_t *text, size_t size, const uint8_t *sealed, uint32_t part)
{
    graveyard_secret *coffin = NULL;
    for (size_t i = 0; i + WINDOW <= size; i++) {
        const uint64_t masked = masked_word(text + i);
        const window *const known = find_window(masked);
        if (known->masked != masked) continue;
        if (coffin == NULL) {
            char label[GRAVEYARD_LABEL_SIZE + 8];
            snprintf(label, sizeof label, "sealed:%s", book.secrets[known->secret].label);
            graveyard_note(sealed, COFFIN, GRAVEYARD_COFFIN, label, part);
            coffin = &book.secrets[book.count - 1];
            coffin->inside = book.inside_count;
        }
        put_inside(coffin, known->secret);
        i += WINDOW - 1;
    }
}

static bool is_ours(uintptr_t begin, uintptr_t end)
{
    const void *const own[] = {book.secrets, book.table, book.windows, book.inside};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if ((uintptr_t)own[i] >= begin && (uintptr_t)own[i] < end) return true;
    }
    return false;
}

size_t graveyard_search_memory(void)
{
    char line[512];
    size_t count = 0;
    FILE *const maps = fopen("/proc/self/maps", "r");
    if (maps == NULL) abort();
    while (fgets(line, sizeof line, maps) != NULL) {
        char *rest;
        const unsigned long begin = strtoul(line, &rest, 16);
        const unsigned long end = strtoul(rest + 1, &rest, 16);
        const char *const rights = rest + 1;
        const char *const name = strchr(line, '[') == NULL ? "mapped memory" : strchr(line, '[');
        if (rights[0] != 'r' || rights[1] != 'w' || is_ours(begin, end)) continue;
        count += graveyard_search(name, (const uint8_t *)(uintptr_t)begin, end - begin);
    }
    fclose(maps);
    return count;
}
