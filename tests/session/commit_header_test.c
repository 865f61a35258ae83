#include "commit_header.h"
#include "padding.h"

#include "damage.h"
#include "test.h"
#include "wire_examples.h"
#include <sodium.h>

static mjl_commit_header header; /* Large; one test at a time. */

static mjl_bytes group_id(void)
{
    return mjl_bytes_of(wire_group_id, sizeof wire_group_id);
}

static mjl_header_seal seal(void)
{
    return (mjl_header_seal){
        .key = wire_header_key, .tag = wire_tag, .group_id = group_id(), .epoch = 2};
}

static mjl_result recode(mjl_bytes in, mjl_buffer *out)
{
    const mjl_result result = mjl_commit_header_decode(in, group_id(), &header);
    return result != MJL_OK ? result : mjl_commit_header_encode(&header, group_id(), out);
}

static mjl_result recode_sealed(mjl_bytes in, mjl_buffer *out)
{
    const mjl_header_seal with = seal();
    mjl_buffer plain = {0};
    mjl_result result = mjl_commit_header_open(in, &with, &plain, &header);
    if (result == MJL_OK) result = mjl_commit_header_seal(&header, &with, wire_nonce, out);
    mjl_buffer_clear(&plain);
    return result;
}

static void what_is_sealed_opens_as_it_was(void **state)
{
    (void)state;
    test_round_trip(wire_example_of("header"), recode);
    test_round_trip(wire_example_of("header.sealed"), recode_sealed);
    assert_int_equal(header.generation, 1);
    assert_int_equal(header.seq, 4);
    assert_int_equal(header.parents_count, 1);
    assert_int_equal(header.basis_count, 2);
}

static void a_damaged_header_is_refused_or_is_another_value(void **state)
{
    (void)state;
    const mjl_bytes bytes = wire_example_of("header");
    assert_true(test_damage(bytes, recode) >= bytes.size);
}

static void no_changed_byte_of_a_sealed_header_opens(void **state)
{
    (void)state;
    const mjl_bytes bytes = wire_example_of("header.sealed");
    assert_int_equal(test_damage(bytes, recode_sealed), bytes.size * 8);
}

static void a_header_opens_only_in_its_own_group_and_epoch(void **state)
{
    (void)state;
    const mjl_bytes sealed = wire_example_of("header.sealed");
    mjl_buffer plain = {0};
    mjl_header_seal with = seal();
    with.epoch = 3;
    assert_int_equal(mjl_commit_header_open(sealed, &with, &plain, &header), MJL_CANNOT_OPEN);
    with = seal();
    with.group_id.size--;
    assert_int_equal(mjl_commit_header_open(sealed, &with, &plain, &header), MJL_CANNOT_OPEN);
    with = seal();
    with.key = wire_group_id;
    assert_int_equal(mjl_commit_header_open(sealed, &with, &plain, &header), MJL_CANNOT_OPEN);
    with = seal();
    assert_int_equal(mjl_commit_header_open(sealed, &with, &plain, &header), MJL_OK);
    mjl_buffer_clear(&plain);
}

/* Seals arbitrary plain bytes, as a member with the key could. */
static mjl_result open_plain(mjl_bytes plain)
{
    const mjl_header_seal with = seal();
    mjl_buffer out = {0}, opened = {0};
    uint8_t associated[8 + 4 + 32 + 8] = {0};
    memcpy(associated, wire_tag, 8);
    associated[11] = 32;
    memcpy(associated + 12, wire_group_id, 32);
    associated[51] = 2;
    assert_int_equal(mjl_buffer_append(&out, mjl_bytes_of(wire_tag, 8)), MJL_OK);
    assert_int_equal(mjl_buffer_append(&out, mjl_bytes_of(wire_nonce, 24)), MJL_OK);
    assert_int_equal(mjl_buffer_reserve(&out, plain.size + 16), MJL_OK);
    unsigned long long size = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data + 32, &size, plain.data, plain.size,
                                               associated, sizeof associated, NULL, wire_nonce,
                                               wire_header_key);
    out.size += (size_t)size;
    const mjl_result result =
        mjl_commit_header_open(mjl_buffer_bytes(&out), &with, &opened, &header);
    mjl_buffer_clear(&out);
    mjl_buffer_clear(&opened);
    return result;
}

/* What evidence shows opens one header. */
static void a_headers_own_key_opens_no_other(void **state)
{
    (void)state;
    enum { NONCE_AT = MJL_BRANCH_TAG_SIZE };
    const mjl_bytes bytes = wire_example_of("header.sealed");
    const mjl_header_seal with = seal();
    mjl_header_seal alone = with;
    uint8_t own_key[MJL_COMMIT_HEADER_KEY_SIZE], nonce[MJL_COMMIT_HEADER_NONCE_SIZE];
    mjl_buffer plain = {0}, other = {0};
    assert_int_equal(mjl_commit_header_own_key(bytes, with.key, own_key), MJL_OK);
    assert_memory_not_equal(own_key, with.key, sizeof own_key);
    alone.key = own_key;
    assert_int_equal(mjl_commit_header_open_alone(bytes, &alone, &plain, &header), MJL_OK);
    assert_int_equal(header.seq, 4);
    memcpy(nonce, bytes.data + NONCE_AT, sizeof nonce);
    nonce[0] ^= 1;
    assert_int_equal(mjl_commit_header_seal(&header, &with, nonce, &other), MJL_OK);
    const mjl_bytes sealed = mjl_buffer_bytes(&other);
    assert_int_equal(mjl_commit_header_open_alone(sealed, &alone, &plain, &header),
                     MJL_CANNOT_OPEN);
    assert_int_equal(mjl_commit_header_open(sealed, &with, &plain, &header), MJL_OK);
    const mjl_bytes short_one = mjl_bytes_of(bytes.data, MJL_BRANCH_TAG_SIZE);
    assert_int_equal(mjl_commit_header_own_key(short_one, with.key, own_key), MJL_TRUNCATED);
    mjl_buffer_clear(&plain);
    mjl_buffer_clear(&other);
}

static void padding_is_zeros_up_to_the_ladder_and_nothing_else(void **state)
{
    (void)state;
    const mjl_bytes array = wire_example_of("header");
    uint8_t plain[1024] = {0};
    memcpy(plain, array.data, array.size);
    const size_t padded = array.size + mjl_padding_size(array.size);
    assert_true(padded > array.size);
    assert_int_equal(open_plain(mjl_bytes_of(plain, padded)), MJL_OK);
    assert_int_equal(open_plain(mjl_bytes_of(plain, padded - 1)), MJL_BAD_PAYLOAD);
    assert_int_equal(open_plain(mjl_bytes_of(plain, padded + 64)), MJL_BAD_PAYLOAD);
    assert_int_equal(open_plain(array), MJL_BAD_PAYLOAD);
    plain[padded - 1] = 1;
    assert_int_equal(open_plain(mjl_bytes_of(plain, padded)), MJL_BAD_PAYLOAD);
}

static void a_whole_intent_is_named_by_its_message_id(void **state)
{
    (void)state;
    const mjl_bytes bytes = wire_example_of("header");
    assert_int_equal(mjl_commit_header_decode(bytes, group_id(), &header), MJL_OK);
    const mjl_bytes content = wire_example_of("content.intent");
    const mjl_message_id id = mjl_id_message(group_id(), content);
    assert_true(mjl_id_equal(&header.basis[1].id, &id));
    assert_true(mjl_bytes_equal(header.basis[1].whole, content));
    assert_int_equal(header.basis[1].intent.kind, MJL_INTENT_BODY_REMOVE);
    assert_int_equal(header.basis[0].id.bytes[0], 0xf1);
    assert_int_equal(header.basis[0].whole.size, 0);
}

static void a_basis_names_nothing_twice(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    memset(&header, 0, sizeof header);
    header.basis_count = 2;
    header.basis[0].id = header.basis[1].id = wire_id(5);
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_BAD_ARGUMENT);
    const mjl_bytes content = wire_example_of("content.intent");
    header.basis[0].id = mjl_id_message(group_id(), content);
    header.basis[1].whole = content;
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_commit_header_encode(&header, mjl_bytes_text("other"), &out), MJL_OK);
    assert_int_equal(mjl_commit_header_decode(mjl_buffer_bytes(&out), group_id(), &header),
                     MJL_BAD_PAYLOAD);
    mjl_buffer_clear(&out);
}

static void only_intents_stand_whole_in_a_basis(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    memset(&header, 0, sizeof header);
    header.basis_count = 1;
    header.basis[0].whole = wire_example_of("content.fin");
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_BAD_ARGUMENT);
    mjl_buffer said = {0};
    const mjl_content content = {.type = MJL_TYPE_CONTENT,
                                 .body = wire_example_of("body.intent.refresh")};
    assert_int_equal(mjl_content_encode(&content, &said), MJL_OK);
    header.basis[0].whole = mjl_buffer_bytes(&said);
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_BAD_ARGUMENT);
    mjl_buffer_clear(&said);
    header.basis[0].whole = mjl_bytes_text("no content");
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_BAD_ARGUMENT);
    mjl_buffer_clear(&out);
}

static void headers_beyond_their_bounds_are_not_made(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    memset(&header, 0, sizeof header);
    header.basis_count = MJL_BASIS_MAX + 1;
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_TOO_LARGE);
    header.basis_count = 0;
    header.parents_count = MJL_PARENTS_MAX + 1;
    assert_int_equal(mjl_commit_header_encode(&header, group_id(), &out), MJL_TOO_LARGE);
    assert_int_equal(out.size, 0);
}

static void the_tag_of_any_authenticated_data_can_be_read(void **state)
{
    (void)state;
    uint8_t tag[MJL_BRANCH_TAG_SIZE];
    const mjl_bytes sealed = wire_example_of("header.sealed");
    assert_int_equal(mjl_branch_tag_read(sealed, tag), MJL_OK);
    assert_memory_equal(tag, wire_tag, sizeof tag);
    assert_int_equal(mjl_branch_tag_read(mjl_bytes_of(wire_tag, 7), tag), MJL_TRUNCATED);
    assert_int_equal(mjl_branch_tag_only(mjl_bytes_of(wire_tag, 8)), MJL_OK);
    assert_int_equal(mjl_branch_tag_only(sealed), MJL_BAD_PAYLOAD);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_as_it_was),
        cmocka_unit_test(a_damaged_header_is_refused_or_is_another_value),
        cmocka_unit_test(no_changed_byte_of_a_sealed_header_opens),
        cmocka_unit_test(a_header_opens_only_in_its_own_group_and_epoch),
        cmocka_unit_test(a_headers_own_key_opens_no_other),
        cmocka_unit_test(padding_is_zeros_up_to_the_ladder_and_nothing_else),
        cmocka_unit_test(a_whole_intent_is_named_by_its_message_id),
        cmocka_unit_test(a_basis_names_nothing_twice),
        cmocka_unit_test(only_intents_stand_whole_in_a_basis),
        cmocka_unit_test(headers_beyond_their_bounds_are_not_made),
        cmocka_unit_test(the_tag_of_any_authenticated_data_can_be_read),
    };
    return cmocka_run_group_tests(tests, wire_examples_set_up, wire_examples_tear_down);
}
