#define _DEFAULT_SOURCE /* madvise is no POSIX. */

#include "room.h"

#include <stdint.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { HUGE_PAGE_SIZE = 2 << 20 };

void *mjl_room_new(size_t size)
{
    if (size < HUGE_PAGE_SIZE) return malloc(size);
    if (size > SIZE_MAX - HUGE_PAGE_SIZE) return NULL;
    const size_t whole = (size + HUGE_PAGE_SIZE - 1) / HUGE_PAGE_SIZE * HUGE_PAGE_SIZE;
    void *room = aligned_alloc(HUGE_PAGE_SIZE, whole);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    /* A hint: refused, everything still works. */
    if (room != NULL) (void)madvise(room, whole, MADV_HUGEPAGE);
#endif
    return room;
}
