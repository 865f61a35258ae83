#include "story_inside.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

mjl_result story_chance(void *random, uint8_t *out, size_t size)
{
    story_random *const drawn = random;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    drawn->calls++;
    memcpy(seed, &drawn->seed, sizeof drawn->seed);
    memcpy(seed + 8, &drawn->calls, sizeof drawn->calls);
    randombytes_buf_deterministic(out, size, seed);
    return MJL_OK;
}

/* ---- Around calls ---- */

void story_enter(story *told, uint32_t member)
{
    if (told->teller->enter != NULL) told->teller->enter(told->teller->context, member);
}

void story_leave(story *told, uint32_t member)
{
    if (told->teller->leave != NULL) told->teller->leave(told->teller->context, member);
}

void story_close(story *told, uint32_t i)
{
    story_enter(told, i);
    mjl_profile_close(told->members[i].profile);
    story_leave(told, i);
    told->members[i].profile = NULL;
}

/* Whether it closed itself: then every call is refused, this one as well. */
static bool has_closed_itself(mjl_profile *profile)
{
    const mjl_result result = mjl_profile_packet_sent(profile, UINT64_MAX);
    assert_true(result == MJL_NOT_FOUND || result == MJL_STORE_FAILED);
    return result == MJL_STORE_FAILED;
}

void story_recover(story *told, uint32_t i)
{
    story_member *const member = &told->members[i];
    assert_non_null(told->teller->refused);
    const bool is_closed = member->profile != NULL && has_closed_itself(member->profile);
    told->teller->refused(told->teller->context, told, i, is_closed);
    if (!is_closed) return;
    told->closings++;
    story_close(told, i);
    story_open(told, i);
}

mjl_result story_open_once(story *told, uint32_t i)
{
    static const char *const names[] = {"Anna", "Berta", "Carl"};
    story_member *const member = &told->members[i];
    mjl_profile_config config = {.size = sizeof config, .now = told->now};
    config.store_key = told->teller->store_keys[i];
    config.random.context = &member->random;
    config.random.fill = told->teller->fill;
    config.suites = told->teller->suites;
    config.display_name = mjl_bytes_text(names[i]);
    const mjl_result result =
        told->teller->folder == NULL
            ? mjl_store_memory_open(member->disk, &config.store)
            : mjl_store_sqlite_open(member->path, MJL_STORE_OPEN_OR_MAKE, &config.store);
    if (result != MJL_OK) return result;
    return mjl_profile_open(&config, &member->profile);
}

void story_open(story *told, uint32_t i)
{
    TELL_OK(told, i, story_open_once(told, i));
}

/* ---- Packets and time ---- */

void story_give(story *told, uint32_t to, mjl_bytes packet)
{
    story_member *const member = &told->members[to];
    story_packet *const made = calloc(1, sizeof *made);
    assert_non_null(made);
    assert_int_equal(mjl_buffer_append(&made->bytes, packet), MJL_OK);
    if (member->last == NULL)
        member->first = made;
    else
        member->last->next = made;
    member->last = made;
}

bool story_take(story_member *member, mjl_buffer *packet)
{
    story_packet *const first = member->first;
    if (first == NULL) return false;
    *packet = first->bytes;
    member->first = first->next;
    if (member->first == NULL) member->last = NULL;
    free(first);
    return true;
}

static void send_all(story *told, uint32_t i)
{
    mjl_packet packet;
    mjl_result result;
    for (;;) {
        TELL(told, i, result, mjl_profile_next_packet(told->members[i].profile, &packet));
        if (result != MJL_OK) break;
        if (told->teller->packet != NULL) {
            told->teller->packet(told->teller->context, told, i, packet.bytes);
        }
        for (uint32_t to = 0; to < STORY_MEMBERS; to++) {
            const story_member *other = &told->members[to];
            if (to != i && other->profile != NULL && !other->is_cut_off) {
                story_give(told, to, packet.bytes);
            }
        }
        TELL(told, i, result, mjl_profile_packet_sent(told->members[i].profile, packet.number));
    }
    assert_true(result == MJL_EMPTY || result == MJL_UNPERSISTED);
}

static void hear_all(story *told, uint32_t i)
{
    mjl_event event;
    mjl_result result;
    for (;;) {
        TELL(told, i, result, mjl_profile_next_event(told->members[i].profile, &event));
        if (result != MJL_OK) break;
        if (told->teller->event != NULL) told->teller->event(told->teller->context, i, &event);
        if (event.number == 0) continue;
        TELL(told, i, result, mjl_profile_event_settled(told->members[i].profile, event.number));
    }
    assert_true(result == MJL_EMPTY || result == MJL_UNPERSISTED);
}

void story_persist(story *told, uint32_t i)
{
    mjl_result result;
    do {
        TELL(told, i, result, mjl_profile_step(told->members[i].profile, told->now));
    } while (result == MJL_BUDGET_SPENT);
    assert_int_equal(result, MJL_OK);
}

void story_step(story *told, uint32_t i)
{
    story_persist(told, i);
    send_all(told, i);
    hear_all(told, i);
}

static void receive_all(story *told, uint32_t i)
{
    mjl_buffer packet;
    mjl_verdict verdict;
    while (story_take(&told->members[i], &packet)) {
        if (!told->members[i].is_cut_off && told->members[i].profile != NULL) {
            TELL_OK(told, i,
                    mjl_profile_receive(told->members[i].profile, told->now, 1,
                                        mjl_buffer_bytes(&packet), &verdict));
        }
        mjl_buffer_clear(&packet);
    }
}

static bool is_anything_on_its_way(const story *told)
{
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].first != NULL) return true;
    }
    return false;
}

/* To the next instant at which somebody does something, at most so far. */
static void pass_time(story *told, mjl_time until)
{
    mjl_time next = until;
    mjl_time due;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].profile == NULL) continue;
        if (mjl_profile_next_due(told->members[i].profile, &due) == MJL_OK && due + 1 < next) {
            next = due + 1;
        }
    }
    if (next > told->now) told->now = next;
}

static void turn(story *told, mjl_time until)
{
    if (is_anything_on_its_way(told))
        told->now += 7;
    else
        pass_time(told, until);
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].profile == NULL) continue;
        receive_all(told, i);
        story_step(told, i);
    }
}

void story_wait(story *told, mjl_time duration)
{
    const mjl_time until = told->now + duration;
    while (told->now < until)
        turn(told, until);
}

void story_until(story *told, const char *what, bool (*holds)(story *told))
{
    const mjl_time until = told->now + STORY_PATIENCE_MS;
    while (!holds(told)) {
        if (told->now >= until) fail_msg("in vain: %s", what);
        turn(told, until);
    }
}
