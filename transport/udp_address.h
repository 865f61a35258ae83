/*
 * The address of a multicast group on one interface: GROUP:PORT%INTERFACE, where an IPv6 group may
 * stand in brackets.
 */
#ifndef MAJLIS_TRANSPORT_UDP_ADDRESS_H
#define MAJLIS_TRANSPORT_UDP_ADDRESS_H

#include <net/if.h>
#include <sys/socket.h>

#include "majlis/transport.h"

typedef struct mjl_udp_address {
    struct sockaddr_storage group; /* With the port, but not yet the interface's index. */
    socklen_t group_size;
    char interface[IF_NAMESIZE];
} mjl_udp_address;

/* TRANSPORT_ADDRESS with one line of text. Asks no name server. */
MJL_MUST_USE mjl_result mjl_udp_address_read(const char *rest, mjl_udp_address *address,
                                             char *text);

#endif
