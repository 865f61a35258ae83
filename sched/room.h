/*
 * Room for arrays that may grow large. From 2 MiB on it begins on a huge page where the system has
 * them: a million tasks are looked up in random order, and with small pages most of that time goes
 * into finding the pages.
 */
#ifndef SCHED_ROOM_H
#define SCHED_ROOM_H

#include <stddef.h>

/* NULL if there is no memory. Not zeroed. Released with free(). */
void *mjl_room_new(size_t size);

#endif
