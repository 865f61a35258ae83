#define _GNU_SOURCE
#include "fake_profile.h"

#include <time.h>

fake_profile fake;

static void note(char letter)
{
    if (fake.log_size < FAKE_LOG_MAX - 1) fake.log[fake.log_size++] = letter;
}

static void saw_now(mjl_time now)
{
    if (now < fake.last_now) fake.went_back = true;
    fake.last_now = now;
}

mjl_time fake_wall_ms(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return (mjl_time)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

mjl_profile *fake_reset(void)
{
    for (size_t i = 0; i < fake.packets_count; i++)
        mjl_buffer_clear(&fake.packets[i].bytes);
    memset(&fake, 0, sizeof fake);
    return (mjl_profile *)&fake;
}

void fake_say(const char *text)
{
    fake_packet *packet = &fake.packets[fake.packets_count++];
    packet->number = fake.packets_count;
    assert_int_equal(mjl_buffer_append(&packet->bytes, mjl_bytes_text(text)), MJL_OK);
    fake.is_changed = true;
}

void fake_make_event(void)
{
    fake.events_count++;
    fake.is_changed = true;
}

size_t fake_count(const char *letters)
{
    size_t count = 0;
    fake.log[fake.log_size] = 0;
    for (const char *at = fake.log; (at = strstr(at, letters)) != NULL; at++)
        count++;
    return count;
}

size_t fake_sent_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < fake.packets_count; i++)
        count += fake.packets[i].is_sent;
    return count;
}

/* ---- The profile's functions ---- */

mjl_result mjl_profile_receive(mjl_profile *profile, mjl_time now, mjl_transport_id from,
                               mjl_bytes packet, mjl_verdict *verdict)
{
    (void)profile;
    (void)packet;
    assert_true(from > 0);
    note('r');
    saw_now(now);
    fake.receives++;
    if (fake.receive_result != MJL_OK) {
        const mjl_result result = fake.receive_result;
        if (fake.receive_refusals > 0 && --fake.receive_refusals == 0) fake.receive_result = MJL_OK;
        return result;
    }
    memset(verdict, 0, sizeof *verdict);
    fake.is_changed = true;
    return MJL_OK;
}

mjl_result mjl_profile_step(mjl_profile *profile, mjl_time now)
{
    (void)profile;
    note('s');
    saw_now(now);
    fake.steps++;
    if (fake.step_result != MJL_OK) return fake.step_result;
    if (!fake.keeps_due && now >= fake.next_due) fake.next_due = 0;
    for (size_t i = 0; i < fake.packets_count; i++)
        fake.packets[i].is_persisted = true;
    fake.events_persisted = fake.events_count;
    fake.is_changed = false;
    if (fake.budget_spent_count > 0) {
        fake.budget_spent_count--;
        return MJL_BUDGET_SPENT;
    }
    return MJL_OK;
}

mjl_result mjl_profile_next_due(const mjl_profile *profile, mjl_time *due)
{
    (void)profile;
    if (fake.next_due == 0) return MJL_EMPTY;
    *due = fake.next_due;
    return MJL_OK;
}

mjl_result mjl_profile_next_packet(mjl_profile *profile, mjl_packet *packet)
{
    (void)profile;
    for (size_t i = 0; i < fake.packets_count; i++) {
        fake_packet *next = &fake.packets[i];
        if (next->is_handed_out) continue;
        if (!next->is_persisted) return MJL_UNPERSISTED;
        next->is_handed_out = true;
        note('p');
        memset(packet, 0, sizeof *packet);
        packet->number = next->number;
        packet->bytes = mjl_buffer_bytes(&next->bytes);
        packet->kind = MJL_PACKET_PLACE;
        return MJL_OK;
    }
    return fake.is_changed ? MJL_UNPERSISTED : MJL_EMPTY;
}

mjl_result mjl_profile_transport_state(mjl_profile *profile, mjl_time now, mjl_transport_id id,
                                       mjl_transport_state state)
{
    (void)profile;
    (void)now;
    if (fake.state_result != MJL_OK) return fake.state_result;
    fake.told_states[id] = state;
    return MJL_OK;
}

mjl_result mjl_profile_packet_sent(mjl_profile *profile, uint64_t number)
{
    (void)profile;
    note('t');
    for (size_t i = 0; i < fake.packets_count; i++) {
        if (fake.packets[i].number != number) continue;
        fake.packets[i].is_sent = true;
        fake.is_changed = true;
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}

mjl_result mjl_profile_next_event(mjl_profile *profile, mjl_event *event)
{
    (void)profile;
    if (fake.events_handed_out == fake.events_persisted)
        return fake.is_changed ? MJL_UNPERSISTED : MJL_EMPTY;
    note('e');
    memset(event, 0, sizeof *event);
    event->number = ++fake.events_handed_out;
    event->kind = MJL_EVENT_MESSAGE;
    return MJL_OK;
}

mjl_result mjl_profile_event_settled(mjl_profile *profile, uint64_t number)
{
    (void)profile;
    fake.events_settled = number;
    fake.is_changed = true;
    return MJL_OK;
}

mjl_result mjl_profile_note_set(mjl_profile *profile, mjl_bytes name, mjl_bytes value)
{
    (void)profile;
    (void)name;
    (void)value;
    note('n');
    fake.is_changed = true;
    return MJL_OK;
}

mjl_result mjl_profile_note_get(const mjl_profile *profile, mjl_bytes name, mjl_bytes *value)
{
    (void)profile;
    (void)name;
    (void)value;
    return MJL_NOT_FOUND;
}

mjl_time mjl_profile_now(const mjl_profile *profile)
{
    (void)profile;
    return fake_wall_ms();
}
