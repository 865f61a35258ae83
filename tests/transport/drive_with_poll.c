#include "drive_with_poll.h"

#include <poll.h>
#include <sys/socket.h>

#include "majlis/clock.h"

/* One profile on one connected datagram socket, until `on_event` answers false. */
mjl_result drive_with_poll(mjl_profile *profile, int line, bool (*on_event)(const mjl_event *))
{
    static uint8_t bytes[MJL_PACKET_SIZE_MAX];
    mjl_clock_reading reading;
    mjl_clock clock;
    if (!mjl_clock_read(&reading)) return MJL_WRONG_STATE;
    mjl_time now = mjl_clock_start(&clock, mjl_profile_now(profile), reading, NULL);
    for (;;) {
        /* Persist what came in; only then does anything go out. */
        const mjl_result stepped = mjl_profile_step(profile, now);
        if (stepped != MJL_OK && stepped != MJL_BUDGET_SPENT) return stepped;
        mjl_packet packet;
        while (mjl_profile_next_packet(profile, &packet) == MJL_OK) {
            /* Lost? The session sends it again. Not taken? It comes out again after reopening. */
            if (send(line, packet.bytes.data, packet.bytes.size, 0) >= 0)
                (void)mjl_profile_packet_sent(profile, packet.number);
        }
        mjl_event event;
        while (mjl_profile_next_event(profile, &event) == MJL_OK) {
            const uint64_t number = event.number;
            const bool goes_on = on_event(&event);
            (void)mjl_profile_event_settled(profile, number);
            if (!goes_on) return mjl_profile_step(profile, now);
        }
        /* Sleep until something arrives or is due; a minute at most, lest a clock was set. */
        int64_t wait_ms = 60000;
        mjl_time due;
        if (mjl_profile_next_due(profile, &due) == MJL_OK && due - now < wait_ms)
            wait_ms = due > now ? due - now : 1;
        struct pollfd input = {.fd = line, .events = POLLIN};
        if (poll(&input, 1, stepped == MJL_BUDGET_SPENT ? 0 : (int)wait_ms) < 0)
            return MJL_TRANSPORT_DOWN;
        if (mjl_clock_read(&reading)) now = mjl_clock_advance(&clock, reading, NULL);
        /* All that is there shares the next step. */
        ssize_t size;
        while ((size = recv(line, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
            mjl_verdict verdict;
            const mjl_result received =
                mjl_profile_receive(profile, now, 1, mjl_bytes_of(bytes, (size_t)size), &verdict);
            if (mjl_result_class(received) == MJL_CLASS_REOPEN) return received;
        }
    }
}
