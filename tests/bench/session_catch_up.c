#include <stdio.h>

#include "room.h"
#include "session_scenarios.h"

enum { MEMBERS = 4, AWAY = 3, MESSAGES = 10000, MESSAGES_QUICK = 500, BETWEEN_MS = 20 };
/* Beyond so many no member makes another epoch while somebody's acks are missing. */
enum { EPOCHS = MJL_UNDECIDED_EPOCHS_MAX - 1 };

/* Everyone but AWAY talks, in all epochs as much. */
static void talk(bench_room *room, uint32_t messages)
{
    enum { NEXT_COMMIT_MS = 1500 };
    uint32_t said = 0;
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const uint32_t committer = epoch % AWAY;
        mjl_intent intent;
        room_must(mjl_session_refresh(room_session(room, committer), room_now(room), &intent),
                  "refresh");
        room_step(room, committer);
        for (; said < messages * (epoch + 1) / EPOCHS; said++) {
            room_say(room, said % AWAY, session_body());
            room_step(room, said % AWAY);
            room_run(room, BETWEEN_MS);
        }
        room_run(room, NEXT_COMMIT_MS);
    }
}

static uint64_t epoch_of(bench_room *room, uint32_t member)
{
    mjl_session_info info;
    mjl_session_get_info(room_session(room, member), &info);
    return info.epoch;
}

void session_catch_up(const bench_options *options)
{
    const uint32_t usual = options->is_quick ? MESSAGES_QUICK : MESSAGES;
    const uint32_t messages = options->messages == 0 ? usual : options->messages;
    const room_config config = {.members_count = MEMBERS, .seed = 71};
    bench_room *const room = room_gather(&config);
    const uint64_t epoch_before = epoch_of(room, 0);
    room_keep_awake(room, AWAY);
    talk(room, messages);
    const room_traffic away = *room_traffic_of(room);
    const uint64_t epochs = epoch_of(room, 0) - epoch_before;
    const uint64_t missed = away.place_bytes + away.commit_bytes;
    room_traffic_clear(room);
    const mjl_time back_at = room_now(room);
    room_keep_awake(room, MEMBERS);
    room_reopen(room, AWAY);
    room_settle(room);
    const room_traffic *const all = room_traffic_of(room);
    const room_traffic *const its = room_traffic_of_member(room, AWAY);
    if (epoch_of(room, AWAY) != epoch_of(room, 0)) room_must(MJL_NOT_CONFIRMED, "catch up");
    char fields[512];
    snprintf(fields, sizeof fields,
             "\"messages\":%u,\"epochs\":%u,\"missed_bytes\":%llu,\"packets\":%llu,"
             "\"bytes\":%llu,\"ratio\":%.2f,\"resends\":%llu,\"knocks\":%llu,\"wants\":%llu,"
             "\"round_trips\":%llu,\"virtual_s\":%.1f",
             messages, (unsigned)epochs, (unsigned long long)missed,
             (unsigned long long)all->packets, (unsigned long long)all->bytes,
             (double)all->bytes / (double)missed, (unsigned long long)all->resends,
             (unsigned long long)its->knocks, (unsigned long long)its->statements,
             (unsigned long long)(its->knocks + its->statements),
             (double)(room_now(room) - back_at) / 1000.0);
    session_report(options, "catch_up", MEMBERS, fields);
    room_free(room);
}
