/*
 * The transport udp:GROUP:PORT%INTERFACE: multicast to whoever listens on that interface.
 *
 *      send ──> queue (bounded) ──pace──> datagrams of at most 1200 bytes ──> group
 *      group ──> fragment ──own? ──> reassembly (bounded by source, bytes and time) ──> received
 *
 * Nothing is kept for who comes later, and nothing is repeated here: the session repeats what
 * others are not known to have. `sent` means that the kernel took the last datagram.
 */
#include "room.h"

#include <errno.h>
#include <ev.h>
#include <unistd.h>

#include "bucket.h"
#include "checksum.h"
#include "numbers.h"
#include "reassembly.h"
#include "udp_socket.h"

enum {
    UDP_BYTES_PER_SECOND = 1 << 20, /* A host on a wireless network, where multicast is slow,
                                       chooses less. */
    UDP_BURST = 64 * 1024,
    UDP_QUEUE_BYTES_MAX = 4 << 20,
    UDP_BATCH_MAX = 1024, /* Datagrams read in one turn of the loop. */
    UDP_RETRY_MS_MIN = 250,
    UDP_RETRY_MS_MAX = 30000,
};

typedef struct queued {
    struct queued *next;
    uint64_t number;
    uint64_t check;
    size_t next_index;
    size_t size;
    uint8_t bytes[];
} queued;

typedef struct udp {
    mjl_transport *transport;
    struct ev_loop *loop;
    mjl_udp_address address;
    int socket; /* -1 while down. */
    ev_io readable;
    ev_timer pace, retry;
    uint64_t retry_ms;
    uint64_t sender;
    uint64_t bytes_per_second;
    mjl_bucket bucket;
    queued *first, **last;
    size_t queue_bytes;
    bool was_full;
    mjl_reassembly reassembly;
} udp;

static int64_t now_ms(const udp *state)
{
    return (int64_t)(ev_now(state->loop) * 1000.0);
}

/* ---- Up and down ---- */

static void drop_queue(udp *state)
{
    while (state->first != NULL) {
        queued *packet = state->first;
        state->first = packet->next;
        free(packet);
    }
    state->last = &state->first;
    state->queue_bytes = 0;
    state->was_full = false;
}

static void close_socket(udp *state)
{
    if (state->socket < 0) return;
    ev_io_stop(state->loop, &state->readable);
    ev_timer_stop(state->loop, &state->pace);
    close(state->socket);
    state->socket = -1;
}

static void retry_later(udp *state)
{
    state->retry.repeat = (double)state->retry_ms / 1000.0;
    ev_timer_again(state->loop, &state->retry);
    state->retry_ms =
        state->retry_ms * 2 > UDP_RETRY_MS_MAX ? UDP_RETRY_MS_MAX : state->retry_ms * 2;
}

static void go_down(udp *state, int error)
{
    char reason[MJL_TRANSPORT_TEXT_SIZE];
    mjl_transport_say(reason, "%s: %s", state->address.interface, strerror(error));
    close_socket(state);
    drop_queue(state);
    retry_later(state);
    mjl_transport_report_state(state->transport, MJL_TRANSPORT_DOWN_NOW, reason);
}

static void go_up(udp *state, int descriptor)
{
    state->socket = descriptor;
    ev_io_set(&state->readable, descriptor, EV_READ);
    ev_io_start(state->loop, &state->readable);
    mjl_bucket_init(&state->bucket, state->bytes_per_second, UDP_BURST, now_ms(state));
    mjl_transport_report_state(state->transport, MJL_TRANSPORT_UP, "");
}

static void on_retry(struct ev_loop *loop, ev_timer *watcher, int events)
{
    udp *state = watcher->data;
    (void)events;
    ev_timer_stop(loop, watcher);
    if (state->socket >= 0) { /* Opened before the loop ran: only to be told. */
        go_up(state, state->socket);
        return;
    }
    const int descriptor = mjl_udp_socket_open(&state->address);
    if (descriptor < 0) {
        retry_later(state);
        return;
    }
    go_up(state, descriptor);
}

/* ---- Sending ---- */

typedef enum sending { SENT, LATER, FAILED } sending;

static sending send_datagram(udp *state, const uint8_t *bytes, size_t size)
{
    const struct sockaddr *group = (const struct sockaddr *)&state->address.group;
    if (sendto(state->socket, bytes, size, MSG_NOSIGNAL, group, state->address.group_size) >= 0)
        return SENT;
    /* ENOBUFS: the interface's queue is full, and no event tells when it is not. */
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR) return LATER;
    return FAILED;
}

/* One datagram of the first packet. */
static sending send_next(udp *state, queued *packet, int64_t *wait_ms)
{
    uint8_t datagram[MJL_DATAGRAM_SIZE_MAX];
    const size_t size = mjl_fragment_write(state->sender, mjl_bytes_of(packet->bytes, packet->size),
                                           packet->check, (uint16_t)packet->next_index, datagram);
    *wait_ms = mjl_bucket_wait_ms(&state->bucket, now_ms(state), size);
    if (*wait_ms > 0) return LATER;
    const sending outcome = send_datagram(state, datagram, size);
    if (outcome == LATER) *wait_ms = 1;
    if (outcome != SENT) return outcome;
    mjl_bucket_take(&state->bucket, now_ms(state), size);
    packet->next_index++;
    return SENT;
}

static void finish_first(udp *state)
{
    queued *packet = state->first;
    const uint64_t number = packet->number;
    state->first = packet->next;
    if (state->first == NULL) state->last = &state->first;
    state->queue_bytes -= packet->size;
    state->retry_ms = UDP_RETRY_MS_MIN;
    free(packet);
    mjl_transport_report_sent(state->transport, number);
}

static void send_queue(udp *state)
{
    int64_t wait_ms = 0;
    while (state->first != NULL) {
        const sending outcome = send_next(state, state->first, &wait_ms);
        if (outcome == FAILED) {
            go_down(state, errno);
            return;
        }
        if (outcome == LATER) break;
        if (state->first->next_index == mjl_fragment_count(state->first->size)) finish_first(state);
    }
    ev_timer_stop(state->loop, &state->pace);
    if (state->first != NULL) {
        state->pace.repeat = (double)wait_ms / 1000.0;
        ev_timer_again(state->loop, &state->pace);
    }
    if (state->was_full && state->queue_bytes <= UDP_QUEUE_BYTES_MAX / 2) {
        state->was_full = false;
        mjl_transport_report_ready(state->transport);
    }
}

static void on_pace(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop;
    (void)events;
    send_queue(watcher->data);
}

static mjl_result udp_send(void *context, mjl_bytes packet, uint64_t number)
{
    udp *state = context;
    if (state->queue_bytes + packet.size > UDP_QUEUE_BYTES_MAX) {
        state->was_full = true;
        return MJL_FULL;
    }
    queued *made = malloc(sizeof *made + packet.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->next = NULL;
    made->number = number;
    made->check = mjl_checksum(packet);
    made->next_index = 0;
    made->size = packet.size;
    memcpy(made->bytes, packet.data, packet.size);
    *state->last = made;
    state->last = &made->next;
    state->queue_bytes += packet.size;
    /* From the loop, not from within this call: many sends share one wake-up. */
    if (!ev_is_active(&state->pace)) {
        state->pace.repeat = 1e-9;
        ev_timer_again(state->loop, &state->pace);
    }
    return MJL_OK;
}

static void udp_flush(void *context)
{
    udp *state = context;
    if (state->socket >= 0 && state->first != NULL) send_queue(state);
}

/* ---- Receiving ---- */

/* A packet that is not taken is gone: nothing is kept here, and the session asks again. */
static void take_datagram(udp *state, const struct sockaddr_storage *from, mjl_bytes datagram)
{
    mjl_fragment fragment;
    mjl_bytes packet;
    mjl_result result = mjl_fragment_read(datagram, &fragment);
    if (result != MJL_OK) {
        mjl_transport_report_damaged(state->transport, "a datagram", result);
        return;
    }
    if (fragment.sender == state->sender) return;
    const mjl_source source = mjl_udp_source(from);
    result = mjl_reassembly_add(&state->reassembly, now_ms(state), &source, &fragment, &packet);
    if (result == MJL_MALFORMED)
        mjl_transport_report_damaged(state->transport, "a packet in several datagrams", result);
    if (result != MJL_OK) return;
    const mjl_result taken = mjl_transport_report_received(state->transport, packet);
    (void)taken;
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    udp *state = watcher->data;
    uint8_t bytes[MJL_DATAGRAM_SIZE_MAX + 1]; /* One more shows what is too long. */
    (void)loop;
    (void)events;
    for (int i = 0; i < UDP_BATCH_MAX && state->socket >= 0; i++) {
        struct sockaddr_storage from = {0};
        socklen_t from_size = sizeof from;
        const ssize_t size =
            recvfrom(state->socket, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_size);
        if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            go_down(state, errno);
            return;
        }
        if (size < 0) return;
        take_datagram(state, &from, mjl_bytes_of(bytes, (size_t)size));
    }
}

/* ---- Opening and closing ---- */

static void udp_close(void *context)
{
    udp *state = context;
    close_socket(state);
    ev_timer_stop(state->loop, &state->pace);
    ev_timer_stop(state->loop, &state->retry);
    drop_queue(state);
    mjl_reassembly_clear(&state->reassembly);
    free(state);
}

static void udp_describe(void *context, mjl_transport_info *info)
{
    const udp *state = context;
    info->datagram_size_max = MJL_DATAGRAM_SIZE_MAX;
    info->bytes_per_second = state->bytes_per_second;
}

static mjl_result explain(const udp *state, const char *address, int error, char *text)
{
    if (error == ENODEV) {
        mjl_transport_say(text, "the network interface \"%s\" of %s does not exist",
                          state->address.interface, address);
        return MJL_TRANSPORT_MISSING;
    }
    mjl_transport_say(text, "%s cannot be used: %s", address, strerror(error));
    return error == ENOMEM ? MJL_OUT_OF_MEMORY : MJL_TRANSPORT_DOWN;
}

static udp *new_udp(const mjl_transport_config *config, const mjl_udp_address *address)
{
    udp *state = calloc(1, sizeof *state);
    if (state == NULL) return NULL;
    state->loop = config->loop != NULL ? config->loop : ev_default_loop(0);
    state->address = *address;
    state->socket = -1;
    state->retry_ms = UDP_RETRY_MS_MIN;
    state->last = &state->first;
    state->bytes_per_second =
        config->bytes_per_second != 0 ? config->bytes_per_second : UDP_BYTES_PER_SECOND;
    mjl_reassembly_init(&state->reassembly);
    ev_io_init(&state->readable, on_readable, -1, EV_READ);
    ev_init(&state->pace, on_pace);
    ev_init(&state->retry, on_retry);
    state->readable.data = state->pace.data = state->retry.data = state;
    return state;
}

static mjl_result open_with(udp *state, const mjl_transport_config *config, const char *address,
                            char *text)
{
    uint8_t sender[8];
    const mjl_result result = config->random.fill(config->random.context, sender, sizeof sender);
    if (result != MJL_OK) {
        mjl_transport_say(text, "%s cannot be used: the random source failed", address);
        return result;
    }
    state->sender = mjl_read_number(sender, sizeof sender);
    state->socket = mjl_udp_socket_open(&state->address);
    if (state->socket < 0) return explain(state, address, errno, text);
    return MJL_OK;
}

mjl_result mjl_udp_open(const mjl_transport_config *config, const char *rest, const char *address,
                        mjl_transport **transport, char *text)
{
    mjl_udp_address parsed;
    mjl_transport *made;
    mjl_result result = mjl_udp_address_read(rest, &parsed, text);
    if (result != MJL_OK) return result;
    udp *state = new_udp(config, &parsed);
    if (state == NULL) {
        mjl_transport_say(text, "%s cannot be used: %s", address, strerror(ENOMEM));
        return MJL_OUT_OF_MEMORY;
    }
    result = open_with(state, config, address, text);
    if (result != MJL_OK) {
        udp_close(state);
        return result;
    }
    const mjl_transport_backend backend = {state, udp_send, udp_flush, udp_describe, udp_close};
    result = mjl_transport_new(&backend, &config->sink, address, &made);
    if (result != MJL_OK) return result;
    state->transport = made;
    *transport = made;
    state->retry.repeat = 1e-9; /* Told from within the loop, when everybody listens. */
    ev_timer_again(state->loop, &state->retry);
    return MJL_OK;
}
