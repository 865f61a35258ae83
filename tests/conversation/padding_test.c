/* The padding ladder of a profile: what the network sees of two messages of different sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

static const uint8_t store_key[32] = {7};

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    uint8_t *const next = context;
    for (size_t i = 0; i < size; i++)
        out[i] = (*next)++;
    return MJL_OK;
}

typedef struct place {
    mjl_memory_disk *disk;
    mjl_profile *profile;
    uint8_t random;
} place;

static mjl_result open(const mjl_padding *padding, place *in)
{
    assert_int_equal(mjl_memory_disk_new(&in->disk), MJL_OK);
    mjl_profile_config config = {.size = sizeof config, .store_key = store_key, .now = 1000000};
    config.random = (mjl_random){&in->random, fill};
    config.padding = padding;
    config.display_name = mjl_bytes_text("somebody");
    assert_int_equal(mjl_store_memory_open(in->disk, &config.store), MJL_OK);
    return mjl_profile_open(&config, &in->profile);
}

static void leave(place *in)
{
    mjl_profile_close(in->profile);
    mjl_memory_disk_free(in->disk);
}

/* The size of the packet of a message of that size. */
static size_t packet_size(mjl_profile *profile, size_t size)
{
    static const uint8_t zeros[4096];
    mjl_session *const session = mjl_profile_session(profile, 0);
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_of(zeros, size)};
    assert_int_equal(mjl_session_say(session, 1000000, &say, NULL, NULL), MJL_OK);
    assert_int_equal(mjl_profile_step(profile, 1000000), MJL_OK);
    mjl_packet packet;
    size_t found = 0;
    while (mjl_profile_next_packet(profile, &packet) == MJL_OK) {
        if (packet.kind == MJL_PACKET_PLACE) found = packet.bytes.size;
    }
    return found;
}

static void enter(place *in, const mjl_padding *padding)
{
    assert_int_equal(open(padding, in), MJL_OK);
    const mjl_create create = {.size = sizeof create, .room_name = mjl_bytes_text("room")};
    mjl_session *session;
    assert_int_equal(mjl_session_create(in->profile, 1000000, &create, &session), MJL_OK);
}

static void a_coarse_ladder_makes_packets_of_one_size(void **state)
{
    (void)state;
    const mjl_padding coarse = {.rungs_count = 1, .rungs = {{0, 4096}}};
    place in = {0};
    enter(&in, &coarse);
    const size_t first = packet_size(in.profile, 1);
    assert_true(first > 4096);
    assert_int_equal(packet_size(in.profile, 3000), first);
    leave(&in);
}

static void the_default_ladder_has_steps_of_64_bytes_below_1_kib(void **state)
{
    (void)state;
    place in = {0};
    enter(&in, NULL);
    packet_size(in.profile, 1); /* The first one has no parent, and is shorter. */
    const size_t first = packet_size(in.profile, 1);
    assert_int_equal(packet_size(in.profile, 1 + 64), first + 64);
    assert_int_equal(packet_size(in.profile, 1 + 128), first + 128);
    leave(&in);
}

static void a_ladder_that_cannot_be_climbed_opens_no_profile(void **state)
{
    (void)state;
    const mjl_padding none = {.rungs_count = 0};
    place in = {0};
    assert_int_equal(open(&none, &in), MJL_BAD_ARGUMENT);
    assert_null(in.profile);
    leave(&in);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coarse_ladder_makes_packets_of_one_size),
        cmocka_unit_test(the_default_ladder_has_steps_of_64_bytes_below_1_kib),
        cmocka_unit_test(a_ladder_that_cannot_be_climbed_opens_no_profile),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
