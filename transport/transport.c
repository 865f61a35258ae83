#include "majlis/transport.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "room.h"

void mjl_transport_say(char *text, const char *format, ...)
{
    if (text == NULL) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, MJL_TRANSPORT_TEXT_SIZE, format, arguments);
    va_end(arguments);
    for (char *c = text; *c != 0; c++)
        if ((unsigned char)*c < ' ') *c = '?';
}

const char *mjl_transport_state_name(mjl_transport_state state)
{
    switch (state) {
    case MJL_TRANSPORT_GONE:
        return "gone";
    case MJL_TRANSPORT_CONNECTING:
        return "connecting";
    case MJL_TRANSPORT_UP:
        return "up";
    case MJL_TRANSPORT_DOWN_NOW:
        return "down";
    }
    return "unknown";
}

mjl_result mjl_transport_open(const mjl_transport_config *config, const char *address,
                              mjl_transport **transport, char text[MJL_TRANSPORT_TEXT_SIZE])
{
    mjl_transport_config known = {0}; /* A caller built earlier knows less. */
    memcpy(&known, config, config->size < sizeof known ? config->size : sizeof known);
    assert(known.sink.received != NULL);
    if (text != NULL) text[0] = 0;
    if (strlen(address) > MJL_TRANSPORT_ADDRESS_SIZE_MAX) {
        mjl_transport_say(text, "the transport address is longer than %d bytes",
                          MJL_TRANSPORT_ADDRESS_SIZE_MAX);
        return MJL_TRANSPORT_ADDRESS;
    }
    if (strncmp(address, "dir:", 4) == 0)
        return mjl_directory_open(&known, address + 4, address, transport, text);
    if (strncmp(address, "udp:", 4) == 0)
        return mjl_udp_open(&known, address + 4, address, transport, text);
    mjl_transport_say(text,
                      "the transport address \"%s\" is neither dir:PATH nor "
                      "udp:GROUP:PORT%%INTERFACE",
                      address);
    return MJL_TRANSPORT_ADDRESS;
}

mjl_result mjl_transport_new(const mjl_transport_backend *backend, const mjl_transport_sink *sink,
                             const char *address, mjl_transport **transport)
{
    const size_t size = strlen(address) + 1;
    mjl_transport *made = calloc(1, sizeof *made);
    char *copy = malloc(size);
    if (made == NULL || copy == NULL) {
        free(made);
        free(copy);
        backend->close(backend->context);
        return MJL_OUT_OF_MEMORY;
    }
    memcpy(copy, address, size);
    made->backend = *backend;
    made->sink = *sink;
    made->address = copy;
    made->state = MJL_TRANSPORT_CONNECTING;
    *transport = made;
    return MJL_OK;
}

void mjl_transport_close(mjl_transport *transport)
{
    if (transport == NULL) return;
    transport->backend.close(transport->backend.context);
    free(transport->address);
    free(transport);
}

mjl_result mjl_transport_send(mjl_transport *transport, mjl_bytes packet, uint64_t number)
{
    if (packet.size == 0) return MJL_BAD_ARGUMENT;
    if (packet.size > MJL_PACKET_SIZE_MAX) return MJL_PACKET_TOO_LARGE;
    if (transport->state != MJL_TRANSPORT_UP) return MJL_TRANSPORT_DOWN;
    return transport->backend.send(transport->backend.context, packet, number);
}

void mjl_transport_flush(mjl_transport *transport)
{
    if (transport->backend.flush != NULL) transport->backend.flush(transport->backend.context);
}

void mjl_transport_get_info(const mjl_transport *transport, mjl_transport_info *info)
{
    memset(info, 0, sizeof *info);
    info->mtu = MJL_PACKET_SIZE_MAX;
    if (transport->backend.describe != NULL)
        transport->backend.describe(transport->backend.context, info);
    info->address = transport->address;
    info->state = transport->state;
    info->reason = transport->reason;
}

mjl_result mjl_transport_report_received(mjl_transport *transport, mjl_bytes packet)
{
    return transport->sink.received(transport->sink.context, packet);
}

void mjl_transport_report_sent(mjl_transport *transport, uint64_t number)
{
    if (transport->sink.sent != NULL) transport->sink.sent(transport->sink.context, number);
}

void mjl_transport_report_ready(mjl_transport *transport)
{
    if (transport->sink.ready != NULL) transport->sink.ready(transport->sink.context);
}

void mjl_transport_report_damaged(mjl_transport *transport, const char *what, mjl_result why)
{
    if (transport->sink.damaged != NULL)
        transport->sink.damaged(transport->sink.context, what, why);
}

void mjl_transport_report_state(mjl_transport *transport, mjl_transport_state state,
                                const char *reason)
{
    const bool is_same = transport->state == state && strcmp(transport->reason, reason) == 0;
    if (is_same) return;
    transport->state = state;
    mjl_transport_say(transport->reason, "%s", reason);
    if (transport->sink.state_changed != NULL)
        transport->sink.state_changed(transport->sink.context, state, transport->reason);
}

mjl_result mjl_transport_note_set(mjl_transport *transport, mjl_bytes name, mjl_bytes value)
{
    if (transport->sink.note_set == NULL) return MJL_OK;
    return transport->sink.note_set(transport->sink.context, name, value);
}

mjl_result mjl_transport_note_get(mjl_transport *transport, mjl_bytes name, mjl_bytes *value)
{
    if (transport->sink.note_get == NULL) return MJL_NOT_FOUND;
    return transport->sink.note_get(transport->sink.context, name, value);
}
