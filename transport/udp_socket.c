#define _GNU_SOURCE /* ip_mreqn */
#include "udp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

enum {
    RECEIVE_ROOM = 1 << 20, /* Asked of the kernel, which may give less. */
    HOPS = 1                /* Multicast stays on the link. */
};

static bool set_option(int descriptor, int level, int name, const void *value, size_t size)
{
    return setsockopt(descriptor, level, name, value, (socklen_t)size) == 0;
}

static bool set_number(int descriptor, int level, int name, int value)
{
    return set_option(descriptor, level, name, &value, sizeof value);
}

/* LOOP: several processes on one machine hear each other. ALL off: only what this socket joined. */
static bool join_v4(int descriptor, mjl_udp_address *address, unsigned index)
{
    struct sockaddr_in group;
    memcpy(&group, &address->group, sizeof group);
    struct ip_mreqn request = {.imr_multiaddr = group.sin_addr, .imr_ifindex = (int)index};
    return set_option(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) &&
           set_number(descriptor, IPPROTO_IP, IP_MULTICAST_LOOP, 1) &&
           set_number(descriptor, IPPROTO_IP, IP_MULTICAST_TTL, HOPS) &&
           set_number(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
           bind(descriptor, (const struct sockaddr *)&group, sizeof group) == 0 &&
           set_option(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
}

static bool join_v6(int descriptor, mjl_udp_address *address, unsigned index)
{
    struct sockaddr_in6 group;
    memcpy(&group, &address->group, sizeof group);
    group.sin6_scope_id = index;
    memcpy(&address->group, &group, sizeof group);
    struct ipv6_mreq request = {.ipv6mr_multiaddr = group.sin6_addr, .ipv6mr_interface = index};
    return set_number(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set_number(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)index) &&
           set_number(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1) &&
           set_number(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS) &&
           set_number(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) &&
           bind(descriptor, (const struct sockaddr *)&group, sizeof group) == 0 &&
           set_option(descriptor, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof request);
}

/* SO_REUSEADDR alone lets every process on the machine bind the group, of whatever user;
 * SO_REUSEPORT would share it within one user only. -1 with errno. */
int mjl_udp_socket_open(mjl_udp_address *address)
{
    const unsigned index = if_nametoindex(address->interface);
    if (index == 0) {
        errno = ENODEV;
        return -1;
    }
    const int family = address->group.ss_family;
    const int descriptor = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (descriptor < 0) return -1;
    (void)set_number(descriptor, SOL_SOCKET, SO_RCVBUF, RECEIVE_ROOM);
    if (set_number(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (family == AF_INET ? join_v4(descriptor, address, index)
                           : join_v6(descriptor, address, index)))
        return descriptor;
    const int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

mjl_source mjl_udp_source(const struct sockaddr_storage *from)
{
    mjl_source source = {{0}};
    if (from->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        source.bytes[10] = source.bytes[11] = 0xff;
        memcpy(source.bytes + 12, &v4.sin_addr, 4);
    } else {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(source.bytes, &v6.sin6_addr, 16);
    }
    return source;
}
