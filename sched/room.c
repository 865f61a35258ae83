#define _DEFAULT_SOURCE /* madvise is no POSIX. */

#include "room.h"

#include <stdint.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { HUGE_PAGE_SIZE = 2 << 20, PAGE_SIZE_MAX = 64 << 10 };

void *mjl_room_new(size_t size)
{
    if (size < HUGE_PAGE_SIZE) return malloc(size);
    if (size > SIZE_MAX - PAGE_SIZE_MAX) return NULL;
    const size_t whole = (size + PAGE_SIZE_MAX - 1) / PAGE_SIZE_MAX * PAGE_SIZE_MAX;
    void *room = aligned_alloc(HUGE_PAGE_SIZE, whole);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    /* A hint: refused, everything still works. Not for the tail, which would become a whole page.
     */
    const size_t huge = size / HUGE_PAGE_SIZE * HUGE_PAGE_SIZE;
    if (room != NULL) (void)madvise(room, huge, MADV_HUGEPAGE);
#endif
    return room;
}
