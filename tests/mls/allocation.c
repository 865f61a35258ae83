#include "allocation.h"

#include <stdint.h>

static size_t left = SIZE_MAX, made;
static bool failed;

void allocation_fail_after(size_t successes)
{
    left = successes;
    made = 0;
    failed = false;
}

bool allocation_failed(void)
{
    left = SIZE_MAX;
    return failed;
}

size_t allocation_count(void)
{
    return made;
}

static bool grant(void)
{
    if (left == 0) {
        failed = true;
        return false;
    }
    if (left != SIZE_MAX) left--;
    made++;
    return true;
}

/* The linker's names for the wrapping and the wrapped. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return grant() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return grant() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return grant() ? __real_realloc(old, size) : NULL;
}
