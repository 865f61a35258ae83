#include "damage.h"
#include "ids.h"
#include "test.h"

static mjl_id filled(uint8_t byte)
{
    mjl_id id;
    memset(id.bytes, byte, sizeof id.bytes);
    return id;
}

/* The answers were computed from the formula by another program. */
static void each_id_hashes_its_label_and_fields_with_lengths(void **state)
{
    (void)state;
    uint8_t key[32], group[32];
    for (size_t i = 0; i < 32; i++) {
        key[i] = (uint8_t)i;
        group[i] = (uint8_t)(32 + i);
    }
    const mjl_id branch = filled(0xb0), author = filled(0xa0), interim = filled(0xcc);
    const mjl_id member = mjl_id_member(mjl_bytes_of(key, sizeof key));
    const mjl_id message =
        mjl_id_message(mjl_bytes_of(group, sizeof group), mjl_bytes_text("content"));
    const mjl_id place = mjl_id_place(&branch, &author, mjl_bytes_text("payload"));
    const mjl_id commit = mjl_id_commit(mjl_id_bytes(&interim));
    const mjl_id packet = mjl_id_packet(mjl_bytes_text("packet"));
    const mjl_id control = mjl_id_control(mjl_bytes_text("signed"));
    const mjl_id empty = mjl_id_packet(mjl_bytes_of(NULL, 0));
    test_is_hex(mjl_id_bytes(&member),
                "dea3317838ce946521bf3a85d5ed310a6c5f93af808b34b3fb56312fbf0b7ad9");
    test_is_hex(mjl_id_bytes(&message),
                "cd885c95d1f40245be297b1d0ec310389c938e95ac4d6679f85241c9a22b32f9");
    test_is_hex(mjl_id_bytes(&place),
                "bcdcbbc174fc63a83db830ecccfee703c1feca310a0ebd5934e6edfdd6723cff");
    test_is_hex(mjl_id_bytes(&commit),
                "ed4897cc771751a78a1dedff57678020b65dc7bc72cc0949d48b43a4657a9660");
    test_is_hex(mjl_id_bytes(&packet),
                "a060c69cc0294b4ec907e7a5f7fb69bbcc697b2c44561bf9c8383b6e70610d91");
    test_is_hex(mjl_id_bytes(&control),
                "c027e2901ad78f2d6e9395da2a2f2540a239f6cc6233d6beb3488a6e4fa9598f");
    test_is_hex(mjl_id_bytes(&empty),
                "27b15256a4116494e7c49cd8da9e4e7b28f19c7b3f812870c9db98bfacd619be");
}

static void moving_a_byte_between_fields_changes_the_id(void **state)
{
    (void)state;
    const mjl_id a = mjl_id_message(mjl_bytes_text("ab"), mjl_bytes_text("c"));
    const mjl_id b = mjl_id_message(mjl_bytes_text("a"), mjl_bytes_text("bc"));
    assert_false(mjl_id_equal(&a, &b));
}

static void place_references_sort_by_epoch_and_then_by_id(void **state)
{
    (void)state;
    mjl_place_ref refs[] = {
        {2, filled(0)}, {1, filled(9)}, {256, filled(1)}, {1, filled(8)}, {2, filled(0xff)}};
    mjl_place_refs_sort(refs, 5);
    assert_int_equal(refs[0].id.bytes[0], 8);
    assert_int_equal(refs[1].id.bytes[0], 9);
    assert_int_equal(refs[2].id.bytes[0], 0);
    assert_int_equal(refs[3].id.bytes[0], 0xff);
    assert_int_equal(refs[4].epoch, 256);
    assert_true(mjl_place_ref_compare(&refs[0], &refs[0]) == 0);
}

static void ids_compare_as_unsigned_bytes(void **state)
{
    (void)state;
    mjl_id ids[] = {filled(0x80), filled(0x7f), filled(0x00)};
    mjl_ids_sort(ids, 3);
    assert_true(mjl_id_is_zero(&ids[0]));
    assert_int_equal(ids[1].bytes[0], 0x7f);
    assert_int_equal(ids[2].bytes[0], 0x80);
    assert_false(mjl_id_is_zero(&ids[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_id_hashes_its_label_and_fields_with_lengths),
        cmocka_unit_test(moving_a_byte_between_fields_changes_the_id),
        cmocka_unit_test(place_references_sort_by_epoch_and_then_by_id),
        cmocka_unit_test(ids_compare_as_unsigned_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
