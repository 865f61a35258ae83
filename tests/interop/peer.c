#define _POSIX_C_SOURCE 200809L
#include "peer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failure.h"

enum { FIELD_SIZE_MAX = 1 << 24 }; /* No message of eight members comes near it. */

static struct {
    pid_t process;
    FILE *to, *from;
} peer;

static void become_peer(const char *const *command, const int in[2], const int out[2])
{
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    close(out[0]);
    execvp(command[0], (char *const *)command);
    fprintf(stderr, "%s does not start\n", command[0]);
    _exit(127);
}

void peer_start(const char *const *command)
{
    signal(SIGPIPE, SIG_IGN); /* A peer that is gone is told by the write that fails. */
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) fail("no pipe to the peer");
    peer.process = fork();
    if (peer.process < 0) fail("no process for the peer");
    if (peer.process == 0) become_peer(command, in, out);
    close(in[0]);
    close(out[1]);
    peer.to = fdopen(in[1], "wb");
    peer.from = fdopen(out[0], "rb");
    if (peer.to == NULL || peer.from == NULL) fail("no pipe to the peer");
}

void peer_stop(void)
{
    fclose(peer.to);
    fclose(peer.from);
    int status = 0;
    while (waitpid(peer.process, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail("the peer ends with %d", status);
}

/* ---- Frames ---- */

static void put(const void *bytes, size_t size)
{
    if (size != 0 && fwrite(bytes, 1, size, peer.to) != size) fail("the peer is gone");
}

static void put_number(size_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    put(bytes, sizeof bytes);
}

static void put_field(mjl_bytes field)
{
    put_number(field.size);
    put(field.data, field.size);
}

static void get(void *bytes, size_t size)
{
    if (size != 0 && fread(bytes, 1, size, peer.from) != size) fail("the peer is gone");
}

static size_t get_number(size_t max)
{
    uint8_t bytes[4];
    get(bytes, sizeof bytes);
    const size_t value =
        (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | (size_t)bytes[3];
    if (value > max) fail("the peer writes no frames");
    return value;
}

static void get_field(mjl_buffer *room)
{
    const size_t size = get_number(FIELD_SIZE_MAX);
    expect_ok(mjl_buffer_reserve(room, size), "room for an answer");
    get(room->data + room->size, size);
    room->size += size;
}

/* ---- Questions ---- */

void peer_ask(const char *json, const mjl_bytes *blobs, size_t count, peer_answer *answer)
{
    put_number(count + 1);
    put_field(mjl_bytes_text(json));
    for (size_t i = 0; i < count; i++)
        put_field(blobs[i]);
    if (fflush(peer.to) != 0) fail("the peer is gone");

    *answer = (peer_answer){0};
    const size_t fields = get_number(PEER_FIELDS_MAX + 1);
    size_t ends[PEER_FIELDS_MAX + 1];
    for (size_t i = 0; i < fields; i++) {
        get_field(&answer->room);
        ends[i] = answer->room.size;
    }
    /* The room has moved while it grew: the fields are cut out of it at the end. */
    if (fields == 0) fail("the peer says nothing");
    for (size_t i = 1; i < fields; i++)
        answer->fields[i - 1] =
            mjl_bytes_of(answer->room.data + ends[i - 1], ends[i] - ends[i - 1]);
    answer->count = fields - 1;
    if (ends[0] != 2 || memcmp(answer->room.data, "ok", 2) != 0)
        fail("ts-mls: %.*s\n    asked %s", (int)ends[0], (const char *)answer->room.data, json);
}

void peer_answer_clear(peer_answer *answer)
{
    mjl_buffer_clear(&answer->room);
    *answer = (peer_answer){0};
}

uint64_t peer_answer_number(const peer_answer *answer, size_t i)
{
    if (i >= answer->count || answer->fields[i].size == 0) fail("the peer leaves out a number");
    uint64_t value = 0;
    for (size_t j = 0; j < answer->fields[i].size; j++) {
        const uint8_t digit = answer->fields[i].data[j];
        if (digit < '0' || digit > '9') fail("the peer writes no number");
        value = value * 10 + (uint64_t)(digit - '0');
    }
    return value;
}
