/* A socket that is a member of a multicast group on one interface, and who sent what it hears. */
#ifndef MAJLIS_TRANSPORT_UDP_SOCKET_H
#define MAJLIS_TRANSPORT_UDP_SOCKET_H

#include "reassembly.h"
#include "udp_address.h"

/* -1 with errno; ENODEV: there is no such interface. Completes the address with its index. */
int mjl_udp_socket_open(mjl_udp_address *address);

mjl_source mjl_udp_source(const struct sockaddr_storage *from);

#endif
