#include "room.h"

#include "damage.h"
#include "names.h"
#include "pack.h"
#include "test.h"
#include "wire_examples.h"

static mjl_room_key secret_key, open_key;

static int make_examples(void **state)
{
    (void)state;
    wire_examples_make();
    mjl_room_key_derive(mjl_bytes_text(wire_room_secret), &secret_key);
    mjl_room_key_derive(mjl_bytes_of(NULL, 0), &open_key);
    return 0;
}

static int clear_examples(void **state)
{
    (void)state;
    wire_examples_clear();
    mjl_room_key_wipe(&secret_key);
    return 0;
}

static mjl_bytes group_id(void)
{
    return mjl_bytes_of(wire_group_id, sizeof wire_group_id);
}

/* ---- Decode, then encode: what is decoded has no key, so the MAC is put back by hand ---- */

static void pack_join(const mjl_room_join *join, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, 2);
    mjl_pack_text(&pack, join->room_name);
    mjl_pack_bin(&pack, join->mac);
    assert_int_equal(pack.result, MJL_OK);
}

static mjl_result recode_join(mjl_bytes in, mjl_buffer *out)
{
    mjl_room_join join;
    const mjl_result result = mjl_room_join_decode(in, &join);
    if (result == MJL_OK) pack_join(&join, out);
    return result;
}

/* Encodes in an open room (the last byte is then the empty MAC) and puts the MAC there. */
static mjl_result recode_root(mjl_bytes in, mjl_buffer *out)
{
    mjl_room_root root;
    mjl_result result = mjl_room_root_decode(in, &root);
    if (result != MJL_OK) return result;
    result = mjl_room_root_encode(&root, &open_key, mjl_bytes_text("tea"), group_id(), out);
    if (result != MJL_OK) return result;
    out->size -= 2;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_bin(&pack, root.mac);
    return pack.result;
}

static mjl_result recode_identity(mjl_bytes in, mjl_buffer *out)
{
    mjl_names names;
    const mjl_result result = mjl_identity_decode(in, &names);
    return result != MJL_OK ? result : mjl_identity_encode(names.user_id, names.display_name, out);
}

static const wire_form forms[] = {{"join.open", recode_join},
                                  {"join.secret", recode_join},
                                  {"root.open", recode_root},
                                  {"root.secret", recode_root},
                                  {"identity", recode_identity}};

static void what_is_written_is_read_as_it_was(void **state)
{
    (void)state;
    wire_forms_round_trip(forms, sizeof forms / sizeof *forms);
}

static void damaged_bytes_are_refused_or_are_another_value(void **state)
{
    (void)state;
    wire_forms_damage(forms, sizeof forms / sizeof *forms);
}

/* ---- Join requests ---- */

/* The answers were computed from the formulas by another program. */
static void the_room_key_and_both_macs_follow_their_formulas(void **state)
{
    (void)state;
    const mjl_id signature_key = wire_id(1), init_key = wire_id(2);
    uint8_t group[32];
    for (size_t i = 0; i < 32; i++)
        group[i] = (uint8_t)(32 + i);
    test_is_hex(mjl_bytes_of(secret_key.bytes, 32),
                "bb9f18f439ce12c8580b00f0a74059f9fad25d4bb1cddaee06f9ddfb5ac85c7d");
    mjl_buffer out = {0};
    assert_int_equal(mjl_room_join_encode(&secret_key, mjl_bytes_text("tea"),
                                          mjl_id_bytes(&signature_key), mjl_id_bytes(&init_key),
                                          &out),
                     MJL_OK);
    mjl_room_join join;
    assert_int_equal(mjl_room_join_decode(mjl_buffer_bytes(&out), &join), MJL_OK);
    test_is_hex(join.mac, "6ca4f975d9dc5e78fafe2b590b6ccd748599cacf520d81cbe8c1ff97f4d52e9d");
    mjl_buffer_clear(&out);
    static mjl_room_root root;
    assert_int_equal(mjl_room_root_encode(&root, &secret_key, mjl_bytes_text("tea"),
                                          mjl_bytes_of(group, sizeof group), &out),
                     MJL_OK);
    assert_int_equal(mjl_room_root_decode(mjl_buffer_bytes(&out), &root), MJL_OK);
    test_is_hex(root.mac, "1c2bf218c0176d79297b860b39975b3696bd2ab7c642195dc1f81e1502f3ba92");
    mjl_buffer_clear(&out);
}

static void a_join_request_is_taken_only_with_the_rooms_secret(void **state)
{
    (void)state;
    const mjl_id signature_key = wire_id(1), init_key = wire_id(2), other = wire_id(3);
    mjl_room_join with, without;
    assert_int_equal(mjl_room_join_decode(wire_example_of("join.secret"), &with), MJL_OK);
    assert_int_equal(mjl_room_join_decode(wire_example_of("join.open"), &without), MJL_OK);
    const mjl_bytes signed_by = mjl_id_bytes(&signature_key), init = mjl_id_bytes(&init_key);
    assert_int_equal(mjl_room_join_verify(&secret_key, &with, signed_by, init), MJL_OK);
    assert_int_equal(mjl_room_join_verify(&open_key, &without, signed_by, init), MJL_OK);
    assert_int_equal(mjl_room_join_verify(&secret_key, &without, signed_by, init), MJL_ROOM_MAC);
    assert_int_equal(mjl_room_join_verify(&open_key, &with, signed_by, init), MJL_ROOM_MAC);
    assert_int_equal(mjl_room_join_verify(&secret_key, &with, mjl_id_bytes(&other), init),
                     MJL_ROOM_MAC);
    assert_int_equal(mjl_room_join_verify(&secret_key, &with, signed_by, mjl_id_bytes(&other)),
                     MJL_ROOM_MAC);
    with.room_name = mjl_bytes_text("tee");
    assert_int_equal(mjl_room_join_verify(&secret_key, &with, signed_by, init), MJL_ROOM_MAC);
}

/* ---- Roots ---- */

static void a_joiner_with_the_secret_wants_it_proved(void **state)
{
    (void)state;
    static mjl_room_root with, without;
    assert_int_equal(mjl_room_root_decode(wire_example_of("root.secret"), &with), MJL_OK);
    assert_int_equal(mjl_room_root_decode(wire_example_of("root.open"), &without), MJL_OK);
    const mjl_bytes tea = mjl_bytes_text("tea");
    assert_int_equal(mjl_room_root_verify(&secret_key, &with, tea, group_id()), MJL_OK);
    assert_int_equal(mjl_room_root_verify(&open_key, &with, tea, group_id()), MJL_OK);
    assert_int_equal(mjl_room_root_verify(&secret_key, &without, tea, group_id()), MJL_ROOM_MAC);
    assert_int_equal(mjl_room_root_verify(&secret_key, &with, tea, mjl_bytes_text("other")),
                     MJL_ROOM_MAC);
    assert_int_equal(mjl_room_root_verify(&secret_key, &with, mjl_bytes_text("coffee"), group_id()),
                     MJL_ROOM_MAC);
}

static void a_root_gives_the_fields_that_were_encoded(void **state)
{
    (void)state;
    static mjl_room_root root;
    assert_int_equal(mjl_room_root_decode(wire_example_of("root.secret"), &root), MJL_OK);
    assert_true(root.has_branch);
    assert_int_equal(root.branch.bytes[0], 0xb0);
    assert_int_equal(root.frontier_count, 1);
    assert_int_equal(root.frontier[0].epoch, 2);
    assert_int_equal(root.fins_count, 1);
    assert_int_equal(root.fins[0].member.bytes[0], 0xa1);
    assert_int_equal(root.fins[0].fin.bytes[0], 0xf1);
    assert_int_equal(root.mac.size, 32);
    assert_int_equal(mjl_room_root_decode(wire_example_of("root.open"), &root), MJL_OK);
    assert_false(root.has_branch);
    assert_int_equal(root.mac.size, 0);
}

static void fins_of_a_root_ascend_within_their_bounds(void **state)
{
    (void)state;
    static mjl_room_root root;
    mjl_buffer out = {0};
    memset(&root, 0, sizeof root);
    root.fins_count = 2;
    assert_int_equal(
        mjl_room_root_encode(&root, &open_key, mjl_bytes_text("tea"), group_id(), &out),
        MJL_BAD_ARGUMENT);
    root.fins_count = MJL_BASIS_MAX + 1;
    assert_int_equal(
        mjl_room_root_encode(&root, &open_key, mjl_bytes_text("tea"), group_id(), &out),
        MJL_TOO_LARGE);
    assert_int_equal(out.size, 0);
}

/* ---- Names ---- */

static void names_are_short_text_without_control_characters(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",           "Alice", "\xd9\x85\xd8\xac\xd9\x84\xd8\xb3", "a b", "\xf0\x9f\x8d\xb5",
        "\xe2\x80\x8f"};
    static const char *const bad[] = {"",
                                      "a\nb",
                                      "\x1b[2J",
                                      "a\x7f",
                                      "\xc2\x85",       /* U+0085 */
                                      "\xe2\x80\xa8",   /* U+2028 */
                                      "a\xe2\x80\xae.", /* U+202E */
                                      "\xe2\x81\xa6",   /* U+2066 */
                                      "\xff",
                                      "\xc3"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(mjl_name_check(mjl_bytes_text(good[i])), MJL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mjl_name_check(mjl_bytes_text(bad[i])), MJL_MALFORMED);
    char longest[MJL_NAME_SIZE_MAX + 1];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(mjl_name_check(mjl_bytes_of(longest, MJL_NAME_SIZE_MAX)), MJL_OK);
    assert_int_equal(mjl_name_check(mjl_bytes_of(longest, MJL_NAME_SIZE_MAX + 1)), MJL_MALFORMED);
}

static void an_identity_with_bad_names_is_neither_written_nor_read(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    const mjl_bytes good = mjl_bytes_text("alice"), bad = mjl_bytes_text("a\nb");
    assert_int_equal(mjl_identity_encode(good, bad, &out), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_identity_encode(bad, good, &out), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_room_join_encode(&open_key, bad, good, good, &out), MJL_BAD_ARGUMENT);
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_array(&pack, 3);
    mjl_pack_uint(&pack, 1);
    mjl_pack_text(&pack, good);
    mjl_pack_text(&pack, bad);
    mjl_names names;
    assert_int_equal(mjl_identity_decode(mjl_buffer_bytes(&out), &names), MJL_MALFORMED);
    mjl_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_as_it_was),
        cmocka_unit_test(damaged_bytes_are_refused_or_are_another_value),
        cmocka_unit_test(the_room_key_and_both_macs_follow_their_formulas),
        cmocka_unit_test(a_join_request_is_taken_only_with_the_rooms_secret),
        cmocka_unit_test(a_joiner_with_the_secret_wants_it_proved),
        cmocka_unit_test(a_root_gives_the_fields_that_were_encoded),
        cmocka_unit_test(fins_of_a_root_ascend_within_their_bounds),
        cmocka_unit_test(names_are_short_text_without_control_characters),
        cmocka_unit_test(an_identity_with_bad_names_is_neither_written_nor_read),
    };
    return cmocka_run_group_tests(tests, make_examples, clear_examples);
}
