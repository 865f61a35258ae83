#include "allocation.h"

#include <execinfo.h>
#include <malloc.h>

static struct {
    size_t left; /* SIZE_MAX: all succeed. */
    bool is_once, has_failed, is_held;
    size_t count, bytes;
} now = {.left = SIZE_MAX};

static size_t live, held;

enum { PATH_CALLS = 7 };

static struct {
    uint64_t *paths;
    size_t room;
} noted;

static void begin(size_t successes, bool is_once)
{
    now.left = successes;
    now.is_once = is_once;
    now.has_failed = now.is_held = false;
    now.count = now.bytes = 0;
}

void allocation_fail_after(size_t successes)
{
    begin(successes, false);
}

void allocation_fail_once_after(size_t successes)
{
    begin(successes, true);
}

bool allocation_failed(void)
{
    now.left = SIZE_MAX;
    now.is_held = false;
    return now.has_failed;
}

bool allocation_has_failed(void)
{
    return now.has_failed;
}

size_t allocation_count(void)
{
    return now.count;
}

size_t allocation_bytes(void)
{
    return now.bytes;
}

size_t allocation_live(void)
{
    return live;
}

size_t allocation_held(void)
{
    return held;
}

void allocation_note_paths(uint64_t *paths, size_t room)
{
    noted.paths = paths;
    noted.room = room;
}

static void note_path(void)
{
    void *calls[PATH_CALLS];
    if (now.count >= noted.room) return;
    now.is_held = true; /* It may allocate. */
    const int count = backtrace(calls, PATH_CALLS);
    now.is_held = false;
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (int i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)calls[i]) * 1099511628211u;
    noted.paths[now.count] = hash;
}

bool allocation_hold(bool is_held)
{
    const bool was_held = now.is_held;
    now.is_held = is_held;
    return was_held;
}

bool allocation_grant(size_t size)
{
    if (now.is_held) return true;
    now.bytes += size;
    if (now.left == 0) {
        now.has_failed = true;
        if (now.is_once) now.left = SIZE_MAX;
        return false;
    }
    if (noted.paths != NULL) note_path();
    if (now.left != SIZE_MAX) now.left--;
    now.count++;
    return true;
}

/* The linker's names for the wrapping and the wrapped. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *old);

/* A word before each block, all together in multiples of two words, at least four. Under a
   sanitizer a block has the very size that was asked for. */
static size_t taken_for(void *block)
{
    enum { WORD = 8, GRAIN = 16, LEAST = 32 };
    const size_t size = (malloc_usable_size(block) + WORD + GRAIN - 1) / GRAIN * GRAIN;
    return size < LEAST ? LEAST : size;
}

static void *counted(void *made)
{
    if (made == NULL) return NULL;
    live++;
    held += taken_for(made);
    return made;
}

static void uncounted(void *gone)
{
    if (gone == NULL) return;
    live--;
    held -= taken_for(gone);
}

void *__wrap_malloc(size_t size)
{
    return allocation_grant(size) ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_grant(count * size) ? counted(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    if (!allocation_grant(size)) return NULL;
    const size_t before = old == NULL ? 0 : taken_for(old);
    void *const made = __real_realloc(old, size);
    if (old == NULL || made == NULL) return counted(made);
    held += taken_for(made) - before;
    return made;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return allocation_grant(size) ? counted(__real_aligned_alloc(alignment, size)) : NULL;
}

void __wrap_free(void *old)
{
    uncounted(old);
    __real_free(old);
}
