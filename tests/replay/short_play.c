#include "short_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "majlis/event.h"

enum { NOW = 5000000 };

static mjl_result append(void *context, mjl_bytes bytes)
{
    short_play *const play = context;
    if (play->writes_left == 0) return MJL_STORE_FULL;
    if (play->writes_left != SIZE_MAX) play->writes_left--;
    return mjl_buffer_append(&play->log, bytes);
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    static const uint8_t key[crypto_stream_chacha20_KEYBYTES] = {9};
    short_play *const play = context;
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(play->draws >> (56 - 8 * i));
    play->draws++;
    crypto_stream_chacha20(out, size, nonce, key);
    return MJL_OK;
}

void short_play_init(short_play *play)
{
    memset(play, 0, sizeof *play);
    play->writes_left = SIZE_MAX;
    play->recording = (mjl_recorder_config){
        .size = sizeof play->recording, .context = play, .write = append, .hash_every = 1};
    assert_int_equal(mjl_memory_disk_new(&play->disk), MJL_OK);
}

void short_play_record(short_play *play)
{
    assert_int_equal(mjl_recorder_new(&play->recording, &play->recorder), MJL_OK);
}

mjl_result short_play_open(short_play *play)
{
    static const uint8_t key[MJL_STORE_SEALING_KEY_SIZE] = {5};
    mjl_profile_config config = {.size = sizeof config, .store_key = key, .now = NOW};
    config.random.context = play;
    config.random.fill = fill;
    config.recorder = play->recorder;
    config.suites = play->suites;
    config.display_name = mjl_bytes_text("Solo");
    const mjl_result result = mjl_store_memory_open(play->disk, &config.store);
    return result == MJL_OK ? mjl_profile_open(&config, &play->profile) : result;
}

static void drain(short_play *play)
{
    mjl_packet packet;
    mjl_event event;
    uint64_t last = 0;
    while (mjl_profile_next_packet(play->profile, &packet) == MJL_OK)
        assert_int_equal(mjl_profile_packet_sent(play->profile, packet.number), MJL_OK);
    while (mjl_profile_next_event(play->profile, &event) == MJL_OK)
        last = event.number;
    if (last != 0) assert_int_equal(mjl_profile_event_settled(play->profile, last), MJL_OK);
}

static void step(short_play *play, mjl_time now)
{
    assert_int_equal(mjl_profile_step(play->profile, now), MJL_OK);
    assert_int_equal(mjl_profile_state_hash(play->profile, &play->state), MJL_OK);
    drain(play);
}

void short_play_talk(short_play *play)
{
    mjl_create create = {.size = sizeof create, .room_name = mjl_bytes_text("cell")};
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("nobody hears this")};
    mjl_session *session;
    mjl_verdict verdict;
    assert_int_equal(mjl_profile_note_set(play->profile, mjl_bytes_text("n"), mjl_bytes_text("1")),
                     MJL_OK);
    step(play, NOW);
    assert_int_equal(mjl_session_create(play->profile, NOW + 1, &create, &session), MJL_OK);
    step(play, NOW + 1);
    assert_int_equal(mjl_session_say(session, NOW + 2, &say, NULL, NULL), MJL_OK);
    step(play, NOW + 2);
    assert_int_equal(
        mjl_profile_receive(play->profile, NOW + 3, 1, mjl_bytes_text("noise"), &verdict), MJL_OK);
    step(play, NOW + 3);
}

void short_play_close(short_play *play)
{
    mjl_profile_close(play->profile);
    play->profile = NULL;
}

void short_play_stop(short_play *play)
{
    mjl_recorder_free(play->recorder);
    play->recorder = NULL;
}

void short_play_clear(short_play *play)
{
    short_play_close(play);
    short_play_stop(play);
    mjl_memory_disk_free(play->disk);
    mjl_buffer_clear(&play->log);
}

void short_play_all(short_play *play)
{
    short_play_init(play);
    short_play_record(play);
    assert_int_equal(short_play_open(play), MJL_OK);
    short_play_talk(play);
    short_play_close(play);
    short_play_stop(play);
}
