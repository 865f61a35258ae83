#include "array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Twice as much; of what is large a quarter more, since most arrays stay as they have become. */
size_t mjl_array_grown(size_t room)
{
    enum { LARGE = 1024 };
    const size_t more = room < LARGE ? room : room / 4;
    return room > UINT32_MAX - more ? UINT32_MAX : room + more;
}

mjl_result mjl_array_reserve(void *array, size_t count, size_t *room, size_t more, size_t size)
{
    enum { ROOM_MIN = 8 };
    assert(size > 0);
    if (count >= UINT32_MAX || more > UINT32_MAX - 1 - count) return MJL_OUT_OF_MEMORY;
    if (count + more <= *room) return MJL_OK;
    size_t grown = *room < ROOM_MIN ? ROOM_MIN : *room;
    while (grown < count + more)
        grown = mjl_array_grown(grown);
    if (grown > SIZE_MAX / size) return MJL_OUT_OF_MEMORY;
    void *entries; /* Copied as bytes: what it points to has a type of its own. */
    memcpy(&entries, array, sizeof entries);
    entries = realloc(entries, grown * size);
    if (entries == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(array, &entries, sizeof entries);
    *room = grown;
    return MJL_OK;
}
