/*
 * A memory disk that keeps small values only. The large ones, a group with its whole tree above
 * all, are read when a profile is opened again; in a crowd nobody is, and a thousand disks full of
 * trees would be most of the memory.
 */
#ifndef TESTS_BENCH_LEAN_DISK_H
#define TESTS_BENCH_LEAN_DISK_H

#include "majlis/store.h"

/* The disk is borrowed, for as long as the store is. */
mjl_result lean_disk_open(mjl_memory_disk *disk, mjl_store **store);

#endif
