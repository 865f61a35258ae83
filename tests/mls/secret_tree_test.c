#include "secret_tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "../memory/allocation.h"
#include "private_message.h"
#include "ratchets.h"
#include "suite_sodium.h"
#include "vectors.h"

static const mjl_mls_suite *const suite = &mjl_mls_suite_sodium_3;

static mjl_mls_ratchets *tree(uint32_t leaves, uint32_t own_leaf)
{
    static const uint8_t secret[32] = {1, 2, 3};
    mjl_mls_ratchets *ratchets = NULL;
    assert_int_equal(mjl_mls_ratchets_new(suite, secret, leaves, own_leaf, &ratchets), MJL_OK);
    return ratchets;
}

static mjl_mls_key_name name_of(uint32_t leaf, mjl_mls_ratchet_kind kind, uint32_t generation)
{
    const mjl_mls_key_name name = {leaf, kind, generation};
    return name;
}

static mjl_mls_key_name application(uint32_t leaf, uint32_t generation)
{
    return name_of(leaf, MJL_MLS_RATCHET_APPLICATION, generation);
}

static mjl_buffer saved(const mjl_mls_ratchets *ratchets)
{
    mjl_buffer out = {0};
    assert_int_equal(mjl_mls_ratchets_save(ratchets, &out), MJL_OK);
    return out;
}

static void assert_saved_is(const mjl_mls_ratchets *ratchets, const mjl_buffer *expected)
{
    mjl_buffer now = saved(ratchets);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&now), mjl_buffer_bytes(expected)));
    mjl_buffer_clear(&now);
}

static mjl_mls_ratchets *loaded(const mjl_buffer *bytes)
{
    mjl_mls_ratchets *ratchets = NULL;
    assert_int_equal(mjl_mls_ratchets_load(mjl_buffer_bytes(bytes), NULL, &ratchets), MJL_OK);
    return ratchets;
}

/* ---- Peek and erase ---- */

static void peeking_changes_nothing(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(8, 3);
    mjl_buffer before = saved(ratchets);
    mjl_mls_message_key first, again;
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(6, 5), &first), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(6, 5), &again), MJL_OK);
    assert_memory_equal(first.key, again.key, 32);
    assert_memory_equal(first.nonce, again.nonce, 12);
    assert_saved_is(ratchets, &before);
    mjl_buffer_clear(&before);
    mjl_mls_ratchets_free(ratchets);
}

static void an_erased_key_is_used(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(8, 3);
    mjl_mls_message_key key;
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(6, 0)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(6, 0), &key), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(6, 0)), MJL_KEY_USED);
    mjl_mls_ratchets_free(ratchets);
}

static void a_skipped_key_opens_once(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(4, 0), *fresh = tree(4, 0);
    mjl_mls_message_key key, expected;
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(2, 4)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), 4);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(2, 2), &key), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(fresh, application(2, 2), &expected), MJL_OK);
    assert_memory_equal(key.key, expected.key, 32);
    assert_memory_equal(key.nonce, expected.nonce, 12);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(2, 2)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(2, 2)), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), 3);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(2, 3), &key), MJL_OK);
    mjl_mls_ratchets_free(ratchets);
    mjl_mls_ratchets_free(fresh);
}

static void the_two_ratchets_of_a_leaf_are_apart(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(2, 0);
    mjl_mls_message_key one, other;
    assert_int_equal(
        mjl_mls_ratchets_peek(ratchets, name_of(1, MJL_MLS_RATCHET_HANDSHAKE, 0), &one), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, 0)), MJL_OK);
    assert_int_equal(
        mjl_mls_ratchets_peek(ratchets, name_of(1, MJL_MLS_RATCHET_HANDSHAKE, 0), &other), MJL_OK);
    assert_memory_equal(one.key, other.key, 32);
    mjl_mls_ratchets_free(ratchets);
}

static void a_generation_beyond_the_bound_is_too_far_ahead(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(2, 0);
    mjl_buffer before = saved(ratchets);
    mjl_mls_message_key key;
    const uint32_t far = MJL_MLS_GENERATIONS_AHEAD_MAX + 1;
    const mjl_mls_key_name beyond[] = {application(1, MJL_MLS_GENERATIONS_FAR_MAX + 1),
                                       application(1, UINT32_MAX),
                                       name_of(1, MJL_MLS_RATCHET_HANDSHAKE, far)};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        assert_true(mjl_mls_ratchets_is_far(ratchets, beyond[i]));
        assert_int_equal(mjl_mls_ratchets_peek(ratchets, beyond[i], &key), MJL_TOO_FAR_AHEAD);
        assert_int_equal(mjl_mls_ratchets_erase(ratchets, beyond[i]), MJL_TOO_FAR_AHEAD);
    }
    assert_saved_is(ratchets, &before);
    const mjl_mls_key_name last = name_of(1, MJL_MLS_RATCHET_HANDSHAKE, far - 1);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, last), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, beyond[2]), MJL_OK);
    mjl_buffer_clear(&before);
    mjl_mls_ratchets_free(ratchets);
}

static void far_ahead_the_last_skipped_keys_are_kept_and_the_others_go(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(2, 0);
    mjl_buffer before = saved(ratchets);
    mjl_mls_message_key near, key;
    const uint32_t far = MJL_MLS_GENERATIONS_FAR_MAX;
    assert_false(mjl_mls_ratchets_is_far(ratchets, application(1, MJL_MLS_SKIPPED_MAX)));
    assert_true(mjl_mls_ratchets_is_far(ratchets, application(1, MJL_MLS_SKIPPED_MAX + 1)));
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, far), &near), MJL_OK);
    assert_saved_is(ratchets, &before);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, far - 1), &near), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, far)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), MJL_MLS_SKIPPED_MAX);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, far - 1), &key), MJL_OK);
    assert_memory_equal(near.key, key.key, 32);
    const uint32_t oldest = far - MJL_MLS_SKIPPED_MAX;
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, oldest), &key), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, oldest - 1), &key),
                     MJL_KEY_USED);
    assert_false(mjl_mls_ratchets_is_far(ratchets, application(1, 0)));
    assert_false(mjl_mls_ratchets_forgets(ratchets, application(1, far - 1)));
    assert_false(mjl_mls_ratchets_forgets(ratchets, application(1, far + 1)));
    assert_true(mjl_mls_ratchets_forgets(ratchets, application(1, far + 2)));
    mjl_buffer_clear(&before);
    mjl_mls_ratchets_free(ratchets);
}

static void what_settles_keeps_the_latest_skipped_keys_before_it_and_all_after(void **state)
{
    (void)state;
    enum { AT = 300, LAST = 310, LEFT = MJL_MLS_SKIPPED_SETTLED_MAX };
    mjl_mls_ratchets *ratchets = tree(2, 0);
    mjl_mls_message_key key;
    mjl_mls_ratchets_settle(ratchets, application(1, AT)); /* Nothing was skipped. */
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, LAST)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, AT)), MJL_OK);
    mjl_mls_ratchets_settle(ratchets, application(1, 20));
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), LAST - 1 - 20);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 19), &key), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 20), &key), MJL_OK);
    mjl_mls_ratchets_settle(ratchets, application(1, AT));
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), LEFT);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, LAST - 1), &key), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, LAST - LEFT - 2), &key),
                     MJL_KEY_USED);
    mjl_mls_ratchets_free(ratchets);
}

static void a_leaf_beyond_the_tree_is_an_unknown_sender(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(4, 0);
    mjl_mls_message_key key;
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(4, 0), &key), MJL_UNKNOWN_SENDER);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(UINT32_MAX, 0)),
                     MJL_UNKNOWN_SENDER);
    mjl_mls_ratchets_free(ratchets);
}

static void a_full_ratchet_erases_its_oldest_skipped_keys(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(2, 0);
    mjl_mls_message_key key;
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, MJL_MLS_SKIPPED_MAX)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), MJL_MLS_SKIPPED_MAX);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, MJL_MLS_SKIPPED_MAX + 11)),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), MJL_MLS_SKIPPED_MAX);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 9), &key), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 10), &key), MJL_OK);
    mjl_mls_ratchets_free(ratchets);
}

static void a_full_tree_takes_from_the_fullest_ratchet(void **state)
{
    (void)state;
    enum { FULL_RATCHETS = MJL_MLS_SKIPPED_TOTAL_MAX / MJL_MLS_SKIPPED_MAX };
    mjl_mls_ratchets *ratchets = tree(32, 31);
    mjl_mls_message_key key;
    for (uint32_t leaf = 0; leaf < FULL_RATCHETS; leaf++)
        assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(leaf, MJL_MLS_SKIPPED_MAX)),
                         MJL_OK);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), MJL_MLS_SKIPPED_TOTAL_MAX);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(20, 2)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), MJL_MLS_SKIPPED_TOTAL_MAX);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(20, 0), &key), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(0, 0), &key), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 0), &key), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(2, 0), &key), MJL_OK);
    mjl_mls_ratchets_free(ratchets);
}

/* ---- The own leaf ---- */

static void the_own_leaf_sends_with_the_keys_others_open_with(void **state)
{
    (void)state;
    mjl_mls_ratchets *sender = tree(8, 5), *receiver = tree(8, 2);
    for (uint32_t i = 0; i < 3; i++) {
        mjl_mls_message_key sent, received;
        assert_int_equal(mjl_mls_ratchets_next_generation(sender, MJL_MLS_APPLICATION), i);
        assert_int_equal(mjl_mls_ratchets_peek_own(sender, MJL_MLS_RATCHET_APPLICATION, &sent),
                         MJL_OK);
        mjl_mls_ratchets_advance_own(sender, MJL_MLS_RATCHET_APPLICATION);
        assert_int_equal(mjl_mls_ratchets_peek(receiver, application(5, i), &received), MJL_OK);
        assert_memory_equal(sent.key, received.key, 32);
        assert_int_equal(sent.name.generation, i);
        assert_int_equal(sent.name.leaf, 5);
    }
    assert_int_equal(mjl_mls_ratchets_next_generation(sender, MJL_MLS_COMMIT), 0);
    mjl_mls_ratchets_free(sender);
    mjl_mls_ratchets_free(receiver);
}

static void an_echo_opens_only_if_this_copy_did_not_send_it(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(2, 1);
    mjl_mls_message_key key;
    mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_APPLICATION);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 0), &key), MJL_KEY_USED);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(1, 2), &key), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(1, 2)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_next_generation(ratchets, MJL_MLS_APPLICATION), 3);
    mjl_mls_ratchets_free(ratchets);
}

static void the_last_generation_is_followed_by_full(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(1, 0);
    mjl_mls_message_key key;
    ratchets->derived[0].ratchets[MJL_MLS_RATCHET_APPLICATION].generation = MJL_MLS_GENERATION_MAX;
    assert_int_equal(mjl_mls_ratchets_peek_own(ratchets, MJL_MLS_RATCHET_APPLICATION, &key),
                     MJL_OK);
    mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_APPLICATION);
    assert_int_equal(mjl_mls_ratchets_peek_own(ratchets, MJL_MLS_RATCHET_APPLICATION, &key),
                     MJL_FULL);
    assert_int_equal(
        mjl_mls_ratchets_peek(ratchets, application(0, (uint32_t)MJL_MLS_GENERATION_MAX + 1), &key),
        MJL_TOO_FAR_AHEAD);
    mjl_buffer bytes = saved(ratchets);
    mjl_mls_ratchets_free(ratchets);
    ratchets = loaded(&bytes);
    assert_int_equal(mjl_mls_ratchets_peek_own(ratchets, MJL_MLS_RATCHET_APPLICATION, &key),
                     MJL_FULL);
    mjl_buffer_clear(&bytes);
    mjl_mls_ratchets_free(ratchets);
}

/* ---- Wiping ---- */

static bool holds(const void *memory, size_t size, const uint8_t *secret)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; i + 32 <= size; i++)
        if (memcmp(bytes + i, secret, 32) == 0) return true;
    return false;
}

static bool anywhere(const mjl_mls_ratchets *ratchets, const uint8_t *secret)
{
    if (holds(ratchets->frontier, ratchets->frontier_room * sizeof *ratchets->frontier, secret) ||
        holds(ratchets->derived, ratchets->derived_room * sizeof *ratchets->derived, secret)) {
        return true;
    }
    for (size_t i = 0; i < ratchets->derived_count; i++)
        for (size_t kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++) {
            const mjl_mls_ratchet *ratchet = &ratchets->derived[i].ratchets[kind];
            const size_t size = ratchet->skipped_room * sizeof *ratchet->skipped;
            if (ratchet->skipped != NULL && holds(ratchet->skipped, size, secret)) return true;
        }
    return false;
}

static void consumed_secrets_are_nowhere_in_the_ratchets(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(8, 0);
    uint8_t above[32], before[32];
    mjl_mls_message_key key, skipped, later;
    memcpy(above, ratchets->frontier[2].secret, 32); /* Above leaves 4 to 7. */
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(4, 0), &skipped), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(4, 2), &later), MJL_OK);
    assert_true(anywhere(ratchets, above));
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(5, 0)), MJL_OK);
    assert_false(anywhere(ratchets, above));
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(4, 3)), MJL_OK);
    memcpy(before, ratchets->derived[1].ratchets[1].secret, 32);
    assert_true(anywhere(ratchets, before));
    assert_true(anywhere(ratchets, skipped.key));
    assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(4, 4), &key), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(4, 4)), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(4, 0)), MJL_OK);
    assert_true(anywhere(ratchets, later.key));
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(4, 2)), MJL_OK);
    assert_false(anywhere(ratchets, later.key));
    assert_false(anywhere(ratchets, before));
    assert_false(anywhere(ratchets, key.key));
    assert_false(anywhere(ratchets, skipped.key));

    memcpy(above, ratchets->frontier[2].secret, 32); /* Above leaves 6 and 7: it moved up. */
    assert_int_equal(ratchets->frontier[2].node, 13);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(6, 0)), MJL_OK);
    assert_false(anywhere(ratchets, above));
    mjl_mls_ratchets_free(ratchets);
}

/* ---- Saved form ---- */

enum { STEPS = 300 };

static void same_step(mjl_mls_ratchets *one, mjl_mls_ratchets *other, uint32_t chance)
{
    const mjl_mls_key_name name =
        name_of(chance % 16, (mjl_mls_ratchet_kind)(chance >> 8 & 1), chance >> 16 & 15);
    mjl_mls_message_key first, second;
    const mjl_result result = mjl_mls_ratchets_peek(one, name, &first);
    assert_int_equal(mjl_mls_ratchets_peek(other, name, &second), result);
    if (result == MJL_OK) assert_memory_equal(first.key, second.key, 32);
    assert_int_equal(mjl_mls_ratchets_erase(one, name), result);
    assert_int_equal(mjl_mls_ratchets_erase(other, name), result);
}

static void saving_loading_and_going_on_is_going_on(void **state)
{
    (void)state;
    uint32_t seed = randombytes_random();
    print_message("seed %u\n", (unsigned)seed);
    mjl_mls_ratchets *straight = tree(16, 7), *reloaded = tree(16, 7);
    for (int i = 0; i < STEPS; i++) {
        seed = seed * 1664525 + 1013904223;
        same_step(straight, reloaded, seed >> 4);
        mjl_buffer bytes = saved(reloaded);
        assert_saved_is(straight, &bytes);
        mjl_mls_ratchets_free(reloaded);
        reloaded = loaded(&bytes);
        assert_saved_is(reloaded, &bytes);
        mjl_buffer_clear(&bytes);
    }
    mjl_mls_ratchets_free(straight);
    mjl_mls_ratchets_free(reloaded);
}

static mjl_result load_result(const uint8_t *data, size_t size)
{
    mjl_mls_ratchets *ratchets = NULL;
    const mjl_result result = mjl_mls_ratchets_load(mjl_bytes_of(data, size), NULL, &ratchets);
    if (result == MJL_OK) {
        mjl_buffer again = saved(ratchets);
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&again), mjl_bytes_of(data, size)));
        mjl_buffer_clear(&again);
        mjl_mls_ratchets_free(ratchets);
    } else {
        assert_null(ratchets);
    }
    return result;
}

static void damaged_saved_ratchets_are_refused_or_save_as_they_are(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(8, 3);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(6, 3)), MJL_OK);
    mjl_buffer bytes = saved(ratchets);
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_not_equal(load_result(bytes.data, size), MJL_OK);
    for (size_t i = 0; i < bytes.size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes.data[i] ^= (uint8_t)(1u << bit);
            (void)load_result(bytes.data, bytes.size);
            bytes.data[i] ^= (uint8_t)(1u << bit);
        }
    assert_int_equal(mjl_buffer_append(&bytes, mjl_bytes_of("", 1)), MJL_OK);
    assert_int_equal(load_result(bytes.data, bytes.size), MJL_TRAILING);
    mjl_buffer_clear(&bytes);
    mjl_mls_ratchets_free(ratchets);
}

static void saved_ratchets_with_a_wrong_field_are_refused_with_its_reason(void **state)
{
    (void)state;
    enum { FORMAT_AT = 0, SUITE_AT = 2, LEAVES_AT = 6, OWN_AT = 10, FRONTIER_AT = 13 };
    mjl_mls_ratchets *ratchets = tree(4, 1);
    mjl_buffer bytes = saved(ratchets);
    const struct {
        size_t at;
        uint8_t value;
        mjl_result result;
    } cases[] = {{FORMAT_AT, 2, MJL_UNKNOWN_VERSION}, {SUITE_AT, 9, MJL_WRONG_SUITE},
                 {LEAVES_AT, 3, MJL_MALFORMED},       {OWN_AT, 4, MJL_MALFORMED},
                 {OWN_AT, 0, MJL_MALFORMED},          {FRONTIER_AT + 3, 7, MJL_MALFORMED},
                 {FRONTIER_AT + 3, 4, MJL_MALFORMED}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t before = bytes.data[cases[i].at];
        bytes.data[cases[i].at] = cases[i].value;
        assert_int_equal(load_result(bytes.data, bytes.size), cases[i].result);
        bytes.data[cases[i].at] = before;
    }
    assert_int_equal(load_result(bytes.data, bytes.size), MJL_OK);
    mjl_buffer_clear(&bytes);
    mjl_mls_ratchets_free(ratchets);
}

static void saved_skipped_keys_out_of_order_are_not_canonical(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(1, 0);
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(0, 2)), MJL_OK);
    mjl_mls_skipped_key *skipped = ratchets->derived[0].ratchets[1].skipped;
    const mjl_mls_skipped_key first = skipped[0];
    skipped[0] = skipped[1];
    skipped[1] = first;
    mjl_buffer bytes = saved(ratchets);
    assert_int_equal(load_result(bytes.data, bytes.size), MJL_NOT_CANONICAL);
    mjl_buffer_clear(&bytes);
    skipped[0] = first;
    skipped[1].generation = 3; /* Not before the ratchet's own. */
    bytes = saved(ratchets);
    assert_int_equal(load_result(bytes.data, bytes.size), MJL_MALFORMED);
    mjl_buffer_clear(&bytes);
    mjl_mls_ratchets_free(ratchets);
}

/* ---- Memory ---- */

static void without_memory_nothing_is_erased(void **state)
{
    (void)state;
    static const uint8_t secret[32] = {1};
    mjl_mls_ratchets *ratchets = NULL;
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_ratchets_new(suite, secret, 8, 1, &ratchets);
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        assert_null(ratchets);
    }
    mjl_mls_message_key key;
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_ratchets_erase(ratchets, application(4, 30));
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(4, 0), &key), MJL_OK);
        assert_int_equal(mjl_mls_ratchets_peek(ratchets, application(4, 30), &key), MJL_OK);
        assert_int_equal(mjl_mls_ratchets_skipped_count(ratchets), 0);
    }
    assert_int_equal(mjl_mls_ratchets_erase(ratchets, application(4, 30)), MJL_KEY_USED);

    mjl_buffer bytes = saved(ratchets);
    mjl_mls_ratchets *again = NULL;
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_ratchets_load(mjl_buffer_bytes(&bytes), NULL, &again);
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        assert_null(again);
    }
    mjl_mls_ratchets_free(again);
    mjl_buffer_clear(&bytes);
    mjl_mls_ratchets_free(ratchets);
}

static void sending_never_allocates(void **state)
{
    (void)state;
    mjl_mls_ratchets *ratchets = tree(1024, 500);
    mjl_mls_message_key key;
    allocation_fail_after(0);
    assert_int_equal(mjl_mls_ratchets_peek_own(ratchets, MJL_MLS_RATCHET_APPLICATION, &key),
                     MJL_OK);
    mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_APPLICATION);
    assert_false(allocation_failed());
    mjl_mls_ratchets_free(ratchets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peeking_changes_nothing),
        cmocka_unit_test(an_erased_key_is_used),
        cmocka_unit_test(a_skipped_key_opens_once),
        cmocka_unit_test(the_two_ratchets_of_a_leaf_are_apart),
        cmocka_unit_test(a_generation_beyond_the_bound_is_too_far_ahead),
        cmocka_unit_test(what_settles_keeps_the_latest_skipped_keys_before_it_and_all_after),
        cmocka_unit_test(far_ahead_the_last_skipped_keys_are_kept_and_the_others_go),
        cmocka_unit_test(a_leaf_beyond_the_tree_is_an_unknown_sender),
        cmocka_unit_test(a_full_ratchet_erases_its_oldest_skipped_keys),
        cmocka_unit_test(a_full_tree_takes_from_the_fullest_ratchet),
        cmocka_unit_test(the_own_leaf_sends_with_the_keys_others_open_with),
        cmocka_unit_test(an_echo_opens_only_if_this_copy_did_not_send_it),
        cmocka_unit_test(the_last_generation_is_followed_by_full),
        cmocka_unit_test(consumed_secrets_are_nowhere_in_the_ratchets),
        cmocka_unit_test(saving_loading_and_going_on_is_going_on),
        cmocka_unit_test(damaged_saved_ratchets_are_refused_or_save_as_they_are),
        cmocka_unit_test(saved_ratchets_with_a_wrong_field_are_refused_with_its_reason),
        cmocka_unit_test(saved_skipped_keys_out_of_order_are_not_canonical),
        cmocka_unit_test(without_memory_nothing_is_erased),
        cmocka_unit_test(sending_never_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
