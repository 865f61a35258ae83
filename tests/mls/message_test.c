/* The public calls on messages, between two members of a real group. */
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "labels.h"
#include "mls_limits.h"
#include "people.h"
#include "suite_sodium.h"
#include "transcript_hash.h"

typedef struct pair {
    person alice, bob;
    mjl_buffer commit; /* The one that added bob: of the epoch before. */
} pair;

static void pair_init(pair *two)
{
    memset(two, 0, sizeof *two);
    person_init(&two->alice, "alice");
    person_init(&two->bob, "bob");
    person_create(&two->alice, "a group");
    person_offer(&two->bob);
    const person *const newcomers[] = {&two->bob};
    const change wanted = {.add = newcomers, .add_count = 1};
    mjl_mls_candidate candidate = {0};
    assert_int_equal(person_commit(&two->alice, &wanted, &candidate), MJL_OK);
    assert_int_equal(mjl_buffer_append(&two->commit, mjl_buffer_bytes(&candidate.commit)), MJL_OK);
    person_merge(&two->alice, &candidate);
    assert_int_equal(person_join(&two->bob, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
}

static void pair_clear(pair *two)
{
    mjl_buffer_clear(&two->commit);
    person_clear(&two->alice);
    person_clear(&two->bob);
}

static mjl_result encrypt(person *who, const char *text, mjl_random random, mjl_buffer *message)
{
    return mjl_mls_encrypt(who->group, who->ratchets, &who->identity, mjl_bytes_text("aad"),
                           mjl_bytes_text(text), 7, random, message);
}

static mjl_buffer said(person *who, const char *text)
{
    mjl_buffer message = {0};
    assert_int_equal(encrypt(who, text, dice_random(), &message), MJL_OK);
    return message;
}

static mjl_result opens(const person *who, const mjl_buffer *message, mjl_mls_opened **opened)
{
    *opened = NULL;
    const mjl_result result =
        mjl_mls_open(who->group, who->ratchets, mjl_buffer_bytes(message), opened);
    if (result != MJL_OK) assert_null(*opened);
    return result;
}

static mjl_buffer saved(const person *who)
{
    mjl_buffer out = {0};
    assert_int_equal(mjl_mls_ratchets_save(who->ratchets, &out), MJL_OK);
    return out;
}

static void assert_saved_is(const person *who, const mjl_buffer *expected)
{
    mjl_buffer now = saved(who);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&now), mjl_buffer_bytes(expected)));
    mjl_buffer_clear(&now);
}

static void an_opened_message_tells_what_was_said_and_by_whom(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_buffer first = said(&two.alice, "one"), second = said(&two.alice, "two");
    mjl_mls_opened *opened;
    assert_int_equal(opens(&two.bob, &second, &opened), MJL_OK);
    assert_int_equal(mjl_mls_opened_type(opened), MJL_MLS_APPLICATION);
    assert_int_equal(mjl_mls_opened_sender(opened), mjl_mls_group_own_leaf(two.alice.group));
    assert_int_equal(mjl_mls_opened_generation(opened), 1);
    assert_true(mjl_bytes_equal(mjl_mls_opened_payload(opened), mjl_bytes_text("two")));
    assert_true(mjl_bytes_equal(mjl_mls_opened_authenticated_data(opened), mjl_bytes_text("aad")));
    assert_int_equal(mjl_mls_verify_with_label(
                         &mjl_mls_suite_sodium_3,
                         mjl_bytes_of(two.alice.identity.signature_key, 32), "FramedContentTBS",
                         mjl_mls_opened_signed_content(opened), mjl_mls_opened_signature(opened)),
                     MJL_OK);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&first);
    mjl_buffer_clear(&second);
    pair_clear(&two);
}

static void opening_changes_nothing_until_consumed(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_buffer message = said(&two.alice, "hello"), before = saved(&two.bob);
    mjl_mls_opened *opened, *again;
    assert_int_equal(opens(&two.bob, &message, &opened), MJL_OK);
    assert_int_equal(opens(&two.bob, &message, &again), MJL_OK);
    assert_saved_is(&two.bob, &before);
    assert_int_equal(mjl_mls_consume(two.bob.ratchets, opened), MJL_OK);
    assert_int_equal(mjl_mls_consume(two.bob.ratchets, again), MJL_KEY_USED);
    mjl_mls_opened_free(again);
    assert_int_equal(opens(&two.bob, &message, &again), MJL_KEY_USED);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&message);
    pair_clear(&two);
}

static void messages_open_in_any_order(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "b", "c", "d", "e"};
    enum { COUNT = 5 };
    pair two;
    mjl_buffer messages[COUNT], read = {0};
    pair_init(&two);
    for (size_t i = 0; i < COUNT; i++)
        messages[i] = said(&two.alice, texts[i]);
    for (size_t i = 0; i < COUNT; i++) {
        const size_t j = (i * 3 + 4) % COUNT;
        assert_int_equal(person_read(&two.bob, mjl_buffer_bytes(&messages[j]), &read), MJL_OK);
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&read), mjl_bytes_text(texts[j])));
        mjl_buffer_clear(&read);
    }
    assert_int_equal(mjl_mls_ratchets_skipped_count(two.bob.ratchets), 0);
    for (size_t i = 0; i < COUNT; i++)
        mjl_buffer_clear(&messages[i]);
    pair_clear(&two);
}

static void our_own_message_opens_only_in_a_copy_that_forgot_it(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_buffer before = saved(&two.alice), message = said(&two.alice, "hello");
    mjl_mls_opened *opened;
    assert_int_equal(opens(&two.alice, &message, &opened), MJL_KEY_USED);
    mjl_mls_ratchets_free(two.alice.ratchets);
    assert_int_equal(mjl_mls_ratchets_load(mjl_buffer_bytes(&before), NULL, &two.alice.ratchets),
                     MJL_OK);
    assert_int_equal(opens(&two.alice, &message, &opened), MJL_OK);
    assert_int_equal(mjl_mls_opened_sender(opened), mjl_mls_group_own_leaf(two.alice.group));
    assert_int_equal(mjl_mls_consume(two.alice.ratchets, opened), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_next_generation(two.alice.ratchets, MJL_MLS_APPLICATION), 1);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&message);
    pair_clear(&two);
}

static void a_message_of_another_epoch_or_kind_is_refused(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_mls_opened *opened;
    assert_int_equal(opens(&two.bob, &two.commit, &opened), MJL_WRONG_EPOCH);
    assert_int_equal(opens(&two.bob, &two.bob.key_package, &opened), MJL_UNKNOWN_KIND);
    mjl_buffer message = said(&two.alice, "hello");
    message.data[1] = 2;
    assert_int_equal(opens(&two.bob, &message, &opened), MJL_UNKNOWN_VERSION);
    message.data[1] = 1;
    message.data[message.size - 1] ^= 1;
    assert_int_equal(opens(&two.bob, &message, &opened), MJL_CANNOT_OPEN);
    mjl_buffer_clear(&message);
    pair_clear(&two);
}

static void encrypting_with_another_identity_is_a_bad_argument(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_buffer message = {0}, before = saved(&two.alice);
    assert_int_equal(mjl_mls_encrypt(two.alice.group, two.alice.ratchets, &two.bob.identity,
                                     mjl_bytes_text(""), mjl_bytes_text("x"), 0, dice_random(),
                                     &message),
                     MJL_BAD_ARGUMENT);
    assert_saved_is(&two.alice, &before);
    assert_int_equal(message.size, 0);
    mjl_buffer_clear(&before);
    pair_clear(&two);
}

static void a_refused_encryption_changes_nothing(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_buffer message = {0}, before = saved(&two.alice);
    dice_refuse_after(0);
    assert_int_equal(encrypt(&two.alice, "x", dice_random(), &message), MJL_NO_RANDOM);
    dice_refuse_after(UINT64_MAX);
    assert_saved_is(&two.alice, &before);
    assert_int_equal(message.size, 0);
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = encrypt(&two.alice, "x", dice_random(), &message);
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        assert_int_equal(message.size, 0);
        assert_saved_is(&two.alice, &before);
    }
    assert_int_equal(mjl_mls_ratchets_next_generation(two.alice.ratchets, MJL_MLS_APPLICATION), 1);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&message);
    pair_clear(&two);
}

static void the_interim_hash_of_a_commit_is_known_before_it_is_applied(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    const change wanted = {.refresh = true};
    mjl_mls_candidate candidate = {0};
    mjl_mls_opened *opened;
    uint8_t hash[MJL_MLS_HASH_SIZE_MAX];
    assert_int_equal(person_commit(&two.alice, &wanted, &candidate), MJL_OK);
    assert_int_equal(opens(&two.bob, &candidate.commit, &opened), MJL_OK);
    assert_int_equal(mjl_mls_opened_interim_hash(two.bob.group, opened, hash), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_mls_group_interim_transcript_hash(candidate.group),
                                mjl_bytes_of(hash, MJL_MLS_HASH_SIZE)));
    assert_int_equal(mjl_mls_opened_payload(opened).size, 0);
    mjl_mls_opened_free(opened);

    mjl_buffer message = said(&two.alice, "no commit");
    assert_int_equal(opens(&two.bob, &message, &opened), MJL_OK);
    assert_int_equal(mjl_mls_opened_interim_hash(two.bob.group, opened, hash), MJL_BAD_ARGUMENT);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
    mjl_mls_candidate_clear(&candidate);
    pair_clear(&two);
}

static void a_public_commit_has_no_key_to_consume(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    const change wanted = {.refresh = true, .public_message = true};
    mjl_mls_candidate candidate = {0};
    mjl_mls_opened *opened;
    mjl_buffer before = saved(&two.bob);
    assert_int_equal(person_commit(&two.alice, &wanted, &candidate), MJL_OK);
    assert_int_equal(opens(&two.bob, &candidate.commit, &opened), MJL_OK);
    assert_int_equal(mjl_mls_opened_type(opened), MJL_MLS_COMMIT);
    assert_int_equal(mjl_mls_consume(two.bob.ratchets, opened), MJL_OK);
    assert_saved_is(&two.bob, &before);
    mjl_mls_opened_free(opened);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&before);
    pair_clear(&two);
}

static void every_form_of_message_can_be_peeked(void **state)
{
    (void)state;
    pair two;
    pair_init(&two);
    mjl_mls_peek peek;
    const person *const newcomers[] = {&two.bob};
    const change wanted = {.add = newcomers, .add_count = 1, .public_message = true};
    mjl_mls_candidate candidate = {0};
    person other;
    person_init(&other, "other");
    person_create(&other, "b group");
    person_offer(&two.bob);
    assert_int_equal(person_commit(&other, &wanted, &candidate), MJL_OK);
    const mjl_bytes messages[] = {mjl_buffer_bytes(&two.bob.key_package),
                                  mjl_buffer_bytes(&candidate.welcome),
                                  mjl_buffer_bytes(&candidate.commit)};
    static const uint16_t forms[] = {MJL_MLS_KEY_PACKAGE, MJL_MLS_WELCOME, MJL_MLS_PUBLIC_MESSAGE};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mjl_mls_message_peek(messages[i], &peek), MJL_OK);
        assert_int_equal(peek.wire_format, forms[i]);
        for (size_t size = 0; size < messages[i].size; size++)
            assert_int_not_equal(mjl_mls_message_peek(mjl_bytes_of(messages[i].data, size), &peek),
                                 MJL_OK);
    }
    mjl_mls_candidate_clear(&candidate);
    person_clear(&other);
    pair_clear(&two);
}

static int start_dice(void **state)
{
    (void)state;
    dice_start(20240718);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opened_message_tells_what_was_said_and_by_whom),
        cmocka_unit_test(opening_changes_nothing_until_consumed),
        cmocka_unit_test(messages_open_in_any_order),
        cmocka_unit_test(our_own_message_opens_only_in_a_copy_that_forgot_it),
        cmocka_unit_test(a_message_of_another_epoch_or_kind_is_refused),
        cmocka_unit_test(encrypting_with_another_identity_is_a_bad_argument),
        cmocka_unit_test(a_refused_encryption_changes_nothing),
        cmocka_unit_test(the_interim_hash_of_a_commit_is_known_before_it_is_applied),
        cmocka_unit_test(a_public_commit_has_no_key_to_consume),
        cmocka_unit_test(every_form_of_message_can_be_peeked),
    };
    return cmocka_run_group_tests(tests, start_dice, NULL);
}
