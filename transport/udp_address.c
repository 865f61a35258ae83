#include "udp_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "room.h"

enum { GROUP_TEXT_SIZE = 64, PORT_MAX = 65535 };

typedef struct parts {
    char group[GROUP_TEXT_SIZE];
    unsigned port;
    char interface[IF_NAMESIZE];
} parts;

static bool read_port(const char *text, size_t size, unsigned *port)
{
    *port = 0;
    if (size == 0 || size > 5) return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *port = *port * 10 + (unsigned)(text[i] - '0');
    }
    return *port > 0 && *port <= PORT_MAX;
}

static bool copy_part(char *out, size_t room, const char *text, size_t size)
{
    if (size == 0 || size >= room) return false;
    memcpy(out, text, size);
    out[size] = 0;
    return true;
}

/* GROUP ends at the last ':' before the '%': IPv6 has colons of its own. */
static bool split(const char *rest, parts *out)
{
    const char *percent = strrchr(rest, '%');
    if (percent == NULL) return false;
    const char *colon = percent;
    while (colon > rest && *colon != ':')
        colon--;
    if (*colon != ':') return false;
    const char *group = rest;
    size_t group_size = (size_t)(colon - rest);
    if (group_size >= 2 && group[0] == '[' && group[group_size - 1] == ']') {
        group++;
        group_size -= 2;
    }
    return copy_part(out->group, sizeof out->group, group, group_size) &&
           read_port(colon + 1, (size_t)(percent - colon - 1), &out->port) &&
           copy_part(out->interface, sizeof out->interface, percent + 1, strlen(percent + 1));
}

static bool read_group(const parts *from, mjl_udp_address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)from->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)from->port)};
    if (inet_pton(AF_INET, from->group, &v4.sin_addr) == 1) {
        memcpy(&address->group, &v4, sizeof v4);
        address->group_size = sizeof v4;
        return IN_MULTICAST(ntohl(v4.sin_addr.s_addr));
    }
    if (inet_pton(AF_INET6, from->group, &v6.sin6_addr) == 1) {
        memcpy(&address->group, &v6, sizeof v6);
        address->group_size = sizeof v6;
        return IN6_IS_ADDR_MULTICAST(&v6.sin6_addr);
    }
    return false;
}

mjl_result mjl_udp_address_read(const char *rest, mjl_udp_address *address, char *text)
{
    parts from;
    memset(address, 0, sizeof *address);
    memset(&from, 0, sizeof from);
    if (!split(rest, &from)) {
        mjl_transport_say(text, "the transport address \"udp:%s\" is not udp:GROUP:PORT%%INTERFACE",
                          rest);
        return MJL_TRANSPORT_ADDRESS;
    }
    if (!read_group(&from, address)) {
        mjl_transport_say(text, "\"%s\" is not a multicast group (224.0.0.0/4 or ff00::/8)",
                          from.group);
        return MJL_TRANSPORT_ADDRESS;
    }
    memcpy(address->interface, from.interface, sizeof from.interface);
    return MJL_OK;
}
