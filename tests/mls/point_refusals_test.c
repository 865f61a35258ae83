/*
 * Points and signatures that have more than one form (RFC 7748, RFC 8032): keys of low order and
 * keys that are not canonical, in every place where a key of X25519 or Ed25519 is received, and
 * signatures changed into others of the same content.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "edwards_order.h"
#include "group.h"
#include "message.h"
#include "variants.h"
#include "world.h"

static const mjl_bytes nothing = {0};

/* ---- Points of X25519 ---- */

/* Low order: 0, 1, the two of order 8, p - 1. Not canonical: p, p + 1, what is above, and a right
   key with the highest bit set. */
enum { POINTS = 12 };

static void point_write(size_t i, uint8_t point[32])
{
    static const uint8_t order_8[2][32] = {
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57}};
    static const uint8_t above[] = {0xec, 0xed, 0xee, 0xef, 0xf6, 0xff}; /* p - 1 + i */
    memset(point, 0, 32);
    if (i < 2) {
        point[0] = (uint8_t)i;
    } else if (i < 4) {
        memcpy(point, order_8[i - 2], 32);
    } else if (i < 10) {
        memset(point, 0xff, 32);
        point[31] = 0x7f;
        point[0] = above[i - 4];
    } else if (i == 10) { /* The base point, otherwise written. */
        point[0] = 9;
        point[31] = 0x80;
    } else {
        memset(point, 0xff, 32);
    }
}

static uint8_t point[32];

static void leaf_with_point(leaf_draft *draft)
{
    draft->parts.encryption_key = mjl_bytes_of(point, 32);
}
static void package_with_point(package_draft *draft)
{
    draft->init_key = mjl_bytes_of(point, 32);
}
static void package_with_leaf_point(package_draft *draft)
{
    draft->leaf_edit = leaf_with_point;
}

static mjl_result committed(const path_faults *faults, const person *reader)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_path(&draft, faults);
    commit_finish(&draft, NULL);
    const mjl_result result = world_member_takes(reader, nothing, mjl_buffer_bytes(&draft.message));
    commit_clear(&draft);
    return result;
}

typedef void telling(welcome_draft *draft);

static mjl_result told(telling *tell)
{
    welcome_draft draft;
    welcome_begin(&draft);
    tell(&draft);
    welcome_finish(&draft);
    const mjl_result result = world_joiner_takes(mjl_buffer_bytes(&draft.message));
    welcome_clear(&draft);
    return result;
}
static void tell_leaf(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.leaf = leaf_with_point});
}
static void tell_parent(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {nothing, mjl_bytes_of(point, 32)}});
}
static void tell_kem_output(welcome_draft *draft)
{
    draft->kem_output = mjl_bytes_of(point, 32);
}

static void weak_and_ambiguous_points_are_refused_everywhere(void **state)
{
    (void)state;
    const mjl_bytes bytes = mjl_bytes_of(point, 32);
    for (size_t i = 0; i < POINTS; i++) {
        point_write(i, point);
        assert_int_equal(commit_told_to_add(package_with_point), MJL_INIT_KEY);
        assert_int_equal(commit_told_to_add(package_with_leaf_point), MJL_LEAF_ENCRYPTION_KEY);
        assert_int_equal(committed(&(path_faults){.leaf = leaf_with_point}, &us.bob),
                         MJL_LEAF_ENCRYPTION_KEY);
        assert_int_equal(committed(&(path_faults){.keys = {bytes}}, &us.bob), MJL_PATH_KEY);
        assert_int_equal(committed(&(path_faults){.kem_output = bytes}, &us.erin),
                         MJL_NO_PATH_SECRET);
        assert_int_equal(told(tell_leaf), MJL_LEAF_ENCRYPTION_KEY);
        assert_int_equal(told(tell_parent), MJL_PARENT_KEY);
        assert_int_equal(told(tell_kem_output), MJL_BAD_KEY);
    }
}

/* ---- Keys of Ed25519 ---- */

static void leaf_with_signature_point(leaf_draft *draft)
{
    draft->parts.signature_key = mjl_bytes_of(point, 32);
}
static void package_with_signature_point(package_draft *draft)
{
    draft->leaf_edit = leaf_with_signature_point;
}
static void tell_signature_key(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.leaf = leaf_with_signature_point});
}

static void expect_no_signer(void)
{
    assert_int_equal(commit_told_to_add(package_with_signature_point), MJL_LEAF_SIGNATURE_KEY);
    assert_int_equal(committed(&(path_faults){.leaf = leaf_with_signature_point}, &us.bob),
                     MJL_LEAF_SIGNATURE_KEY);
    /* The GroupInfo that Alice signed fails by her key before the tree is looked at. */
    const mjl_result result = told(tell_signature_key);
    assert_true(result == MJL_GROUP_INFO_SIGNATURE || result == MJL_LEAF_SIGNATURE_KEY);
}

static void signers_have_canonical_keys_of_high_order(void **state)
{
    (void)state;
    memset(point, 0, 32); /* Order 4. */
    expect_no_signer();
    point[31] = 0x80;
    expect_no_signer();
    memset(point, 0, 32);
    point[0] = 1; /* The neutral element, */
    expect_no_signer();
    point[31] = 0x80; /* written with a sign that zero has not. */
    expect_no_signer();
    for (unsigned low = 0xec; low <= 0xff;
         low++) { /* p - 1 has order 2; from p on: not canonical. */
        memset(point, 0xff, 32);
        point[0] = (uint8_t)low;
        point[31] = 0x7f;
        expect_no_signer();
        point[31] = 0xff;
        expect_no_signer();
    }
}

/* ---- Signatures of Ed25519 ---- */

/* S + L, where L is the order of the main group: the same scalar, written otherwise. */
static void malleate(uint8_t signature[64])
{
    edwards_order_add(signature + 32, 32);
}
/* Another encoding of R, if it had one: the sign and what is above p. */
static void spoil_r(uint8_t signature[64])
{
    signature[31] ^= 0x80;
}
static void zero_r(uint8_t signature[64])
{
    memset(signature, 0, 32);
}
/* R = p + 1, the neutral element otherwise written; S = 0: right for a key of low order. */
static void neutral(uint8_t signature[64])
{
    memset(signature, 0, 64);
    memset(signature, 0xff, 32);
    signature[0] = 0xee;
    signature[31] = 0x7f;
}

static void (*spoil)(uint8_t signature[64]);

static void spoil_end(mjl_buffer *written)
{
    spoil(written->data + written->size - 64);
}
static void leaf_spoiled(leaf_draft *draft)
{
    draft->after = spoil_end;
}
static void package_spoiled(package_draft *draft)
{
    draft->after = spoil_end;
}
static void tell_leaf_spoiled(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.leaf = leaf_spoiled});
}
static void tell_info_spoiled(welcome_draft *draft)
{
    draft->info_bytes = spoil_end;
}
static void content_spoiled(mjl_mls_authenticated_content *made)
{
    spoil(made->signature);
}

static void signature_has_one_form(void **state)
{
    (void)state;
    void (*const spoils[])(uint8_t signature[64]) = {malleate, spoil_r, zero_r, neutral};
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        spoil = spoils[i];
        assert_int_equal(commit_told_to_add(package_spoiled), MJL_KEY_PACKAGE_SIGNATURE);
        assert_int_equal(committed(&(path_faults){.leaf = leaf_spoiled}, &us.bob),
                         MJL_LEAF_SIGNATURE);
        assert_int_equal(told(tell_leaf_spoiled), MJL_LEAF_SIGNATURE);
        assert_int_equal(told(tell_info_spoiled), MJL_GROUP_INFO_SIGNATURE);
        commit_draft draft;
        commit_begin(&draft, &us.alice);
        commit_path(&draft, NULL);
        commit_finish(&draft, &(frame_faults){.authenticated = content_spoiled});
        world_members_say(nothing, mjl_buffer_bytes(&draft.message), MJL_BAD_SIGNATURE);
        commit_clear(&draft);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(weak_and_ambiguous_points_are_refused_everywhere),
        TEST(signers_have_canonical_keys_of_high_order),
        TEST(signature_has_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
