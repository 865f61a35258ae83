/*
 * The transport dir:PATH: a folder that everybody can see, or that some tool copies between them.
 *
 *      send ──> .name (written, synced) ──rename──> name ──flush: folder synced──> sent
 *      inotify names, or a look at the whole folder ──> queue ──> new? whole? ──> received
 *                                                                    └──> cursor of its writer
 *
 * This header is for the three files directory*.c only: directory.c opens, goes up and down and
 * keeps the timers; directory_write.c writes and deletes own files; directory_read.c reads others'.
 */
#ifndef MAJLIS_TRANSPORT_DIRECTORY_H
#define MAJLIS_TRANSPORT_DIRECTORY_H

#include <sys/stat.h>

#include <ev.h>

#include "frame.h"
#include "room.h"
#include "writers.h"

enum {
    MJL_DIRECTORY_LOOK_MS = 1000, /* Where there is no inotify, or the folder is remote. */
    MJL_DIRECTORY_LOOK_QUICK_MS = 250,
    MJL_DIRECTORY_CHECK_MS = 30000, /* With inotify, in case it missed something. */
    MJL_DIRECTORY_RETRY_MS_MIN = 250,
    MJL_DIRECTORY_RETRY_MS_MAX = 10000,
    MJL_DIRECTORY_RETRY_QUICK_MS_MAX = 1000,
    MJL_DIRECTORY_REFUSED_MS = 250, /* Until a packet that was not taken is offered again. */
    MJL_DIRECTORY_BATCH_MAX = 256,  /* Files in one turn of the loop... */
    MJL_DIRECTORY_BATCH_BYTES_MAX = 4 << 20, /* ...and their bytes: one step persists them. */
    MJL_DIRECTORY_QUEUE_MAX = 1 << 16, /* Files noticed and not read; the next look has the rest. */
    MJL_DIRECTORY_DAMAGED_MAX = 256,   /* Files not whole that are not read again unchanged. */
    MJL_DIRECTORY_UNCONFIRMED_MAX = 256, /* Written since the folder was last synced. */
    MJL_DIRECTORY_SWEEP_MS_MAX = 3600000 /* Own old files are looked for at least this often. */
};

typedef struct mjl_directory_file {
    mjl_file_name name;
    int64_t modified_ns; /* 0: not asked for. */
    char *text;
} mjl_directory_file;

/* A file that was not whole; it may still be growing. */
typedef struct mjl_directory_damaged {
    mjl_file_name name;
    uint64_t inode;
    int64_t modified_ns;
    int64_t size;
} mjl_directory_damaged;

typedef struct mjl_directory {
    mjl_transport *transport;
    struct ev_loop *loop;
    char *path;
    mjl_transport_pace pace;
    mjl_transport_watch watch;
    uint64_t retention_ms;

    int folder; /* -1 while the folder is gone. */
    dev_t device;
    ino_t inode;
    int inotify; /* -1: only look at intervals. */
    ev_io io;
    ev_timer look, continue_reading, sweep, retry, confirm;
    uint64_t retry_ms;
    bool is_write_blocked; /* DOWN for sending, but what is there is still read. */

    mjl_writers writers;
    mjl_writer own;
    uint64_t counter;

    uint64_t unconfirmed[MJL_DIRECTORY_UNCONFIRMED_MAX];
    size_t unconfirmed_count;

    mjl_directory_file *queue;
    size_t queue_next, queue_count, queue_room;
    mjl_directory_damaged damaged[MJL_DIRECTORY_DAMAGED_MAX];
    size_t damaged_count, damaged_next;
    uint8_t *frame; /* Room for one file. */
} mjl_directory;

/* directory.c */
void mjl_directory_fail_writing(mjl_directory *directory, const char *what, int error);
/* False: it is gone, and the transport is DOWN now. */
bool mjl_directory_is_there(mjl_directory *directory);
uint64_t mjl_directory_now_ms(const mjl_directory *directory);

/* directory_write.c */
mjl_result mjl_directory_send(void *context, mjl_bytes packet, uint64_t number);
void mjl_directory_flush(void *context);
/* Deletes own files that are too old, and what an interrupted write of ours left. */
void mjl_directory_sweep(mjl_directory *directory);

/* directory_read.c */
void mjl_directory_look(mjl_directory *directory);
void mjl_directory_notice(mjl_directory *directory, const char *text);
/* One batch from the queue; arranges for the next. */
void mjl_directory_read_some(mjl_directory *directory);
void mjl_directory_forget_queue(mjl_directory *directory);

#endif
