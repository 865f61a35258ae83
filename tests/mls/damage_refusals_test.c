/*
 * Commits damaged on the way, byte by byte, also by a sender who signs the damage: what they do to
 * a group's value is nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "forge.h"
#include "trio.h"

static void expect_no_altered_byte_passes(bool public_message)
{
    mjl_mls_candidate made;
    assert_int_equal(person_commit(&trio.alice,
                                   &(change){.refresh = true, .public_message = public_message},
                                   &made),
                     MJL_OK);
    mjl_buffer before = {0}, ratchets = {0}, ratchets_after = {0};
    person_saved(&trio.bob, &before);
    assert_int_equal(mjl_mls_ratchets_save(trio.bob.ratchets, &ratchets), MJL_OK);
    for (size_t i = 0; i < made.commit.size; i++) {
        made.commit.data[i] ^= (uint8_t)(1 + dice_below(255));
        mjl_mls_opened *opened;
        const mjl_result result = mjl_mls_open(trio.bob.group, trio.bob.ratchets,
                                               mjl_buffer_bytes(&made.commit), &opened);
        assert_int_not_equal(result, MJL_OK);
        mjl_buffer_clear(&made.commit);
        mjl_mls_candidate_clear(&made);
        assert_int_equal(person_commit(&trio.alice,
                                       &(change){.refresh = true, .public_message = public_message},
                                       &made),
                         MJL_OK);
    }
    assert_true(trio_same_value(&trio.bob, mjl_buffer_bytes(&before)));
    assert_int_equal(mjl_mls_ratchets_save(trio.bob.ratchets, &ratchets_after), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&ratchets), mjl_buffer_bytes(&ratchets_after)));
    mjl_mls_candidate_clear(&made);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&ratchets);
    mjl_buffer_clear(&ratchets_after);
}

static void altered_byte_in_a_private_commit_is_refused(void **state)
{
    (void)state;
    expect_no_altered_byte_passes(false);
}

static void altered_byte_in_a_public_commit_is_refused(void **state)
{
    (void)state;
    expect_no_altered_byte_passes(true);
}

/* The sender signs the damage: what refuses it is the commit's own rules, or the transcript. */
static void altered_byte_in_a_signed_commit_is_refused(void **state)
{
    (void)state;
    mjl_buffer list = {0}, bytes = {0};
    forge_put_add(&list, forge_package_of(&trio.dave));
    forge_put_remove(&list, 2);
    forge_put_extensions(&list, &(mjl_mls_extension){MJL_MLS_EXTENSION_EXTERNAL_SENDERS, {0}});
    mjl_mls_opened *commit = forge_commit(
        &trio.alice, &(forgery){.proposals = &list, .has_path = true, .has_tag = true});
    assert_int_equal(trio_stage(&trio.bob, commit, NULL), MJL_OK);
    assert_int_equal(mjl_buffer_append(&bytes, mjl_mls_opened_content(commit)->content.body),
                     MJL_OK);
    mjl_mls_opened_free(commit);
    for (size_t i = 0; i < bytes.size; i++) {
        const uint8_t kept = bytes.data[i];
        bytes.data[i] ^= (uint8_t)(1 + dice_below(255));
        commit = forge_commit_bytes(&trio.alice, mjl_buffer_bytes(&bytes));
        assert_int_not_equal(trio_stage(&trio.bob, commit, NULL), MJL_OK);
        mjl_mls_opened_free(commit);
        bytes.data[i] = kept;
        commit = forge_commit_bytes(&trio.alice, mjl_bytes_of(bytes.data, i));
        assert_int_not_equal(trio_stage(&trio.bob, commit, NULL), MJL_OK);
        mjl_mls_opened_free(commit);
    }
    mjl_buffer_clear(&list);
    mjl_buffer_clear(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, trio_meet, trio_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(altered_byte_in_a_private_commit_is_refused),
        TEST(altered_byte_in_a_public_commit_is_refused),
        TEST(altered_byte_in_a_signed_commit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
