/* What the transports of this folder share: the handle, and how they open. */
#ifndef MAJLIS_TRANSPORT_ROOM_H
#define MAJLIS_TRANSPORT_ROOM_H

#include "majlis/transport.h"

struct mjl_transport {
    mjl_transport_backend backend;
    mjl_transport_sink sink;
    char *address;
    mjl_transport_state state;
    char reason[MJL_TRANSPORT_TEXT_SIZE];
};

/* One line into a text of MJL_TRANSPORT_TEXT_SIZE; cut if it is too long. `text` may be NULL. */
void mjl_transport_say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* NOT_FOUND also if the sink keeps no notes; setting one is then a no-op. */
MJL_MUST_USE mjl_result mjl_transport_note_set(mjl_transport *transport, mjl_bytes name,
                                               mjl_bytes value);
MJL_MUST_USE mjl_result mjl_transport_note_get(mjl_transport *transport, mjl_bytes name,
                                               mjl_bytes *value);

/* `rest` is the address after its scheme. */
MJL_MUST_USE mjl_result mjl_directory_open(const mjl_transport_config *config, const char *rest,
                                           const char *address, mjl_transport **transport,
                                           char *text);
MJL_MUST_USE mjl_result mjl_udp_open(const mjl_transport_config *config, const char *rest,
                                     const char *address, mjl_transport **transport, char *text);

#endif
