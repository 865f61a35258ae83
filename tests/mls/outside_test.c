/* Proposals by those who are not in the group (RFC 9420 §12.1.8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scene.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static mjl_mls_identity service; /* The one of the group's external senders. */

static int begin(void **state)
{
    (void)state;
    mjl_buffer data = {0};
    dice_start(1);
    assert_int_equal(mjl_mls_identity_generate(NULL, dice_random(), &service), MJL_OK);
    service.identity = mjl_bytes_text("service");
    const mjl_mls_external_sender senders[] = {
        {.signature_key = mjl_bytes_text("somebody else's key of 32 bytes."),
         .identity = mjl_bytes_text("other")},
        {.signature_key = mjl_bytes_of(service.signature_key, MJL_MLS_SIGNATURE_KEY_SIZE),
         .identity = service.identity}};
    assert_int_equal(mjl_mls_external_senders_encode(senders, 2, &data), MJL_OK);
    const mjl_mls_extension extension = {MJL_MLS_EXTERNAL_SENDERS_TYPE, mjl_buffer_bytes(&data)};
    scene_meet(&(scene_config){.extensions = &extension, .extensions_count = 1});
    mjl_buffer_clear(&data);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_part();
    return 0;
}

static mjl_result propose(const mjl_mls_outside_config *config, mjl_buffer *message)
{
    mjl_mls_outside_config whole = *config;
    whole.group_id = mjl_mls_group_id(they.alice.group);
    whole.epoch = mjl_mls_group_epoch(they.alice.group);
    return mjl_mls_propose_from_outside(&whole, dice_random(), message);
}

static mjl_mls_outside_config removal_by_service(void)
{
    return (mjl_mls_outside_config){.identity = &service,
                                    .sender = MJL_MLS_SENDER_EXTERNAL,
                                    .sender_index = 1,
                                    .change = {.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 2}};
}

static mjl_result try_open(const person *who, const mjl_buffer *message, unsigned allowed)
{
    mjl_mls_opened *opened = NULL;
    const mjl_result result = mjl_mls_open_allowing(who->group, who->ratchets,
                                                    mjl_buffer_bytes(message), allowed, &opened);
    mjl_mls_opened_free(opened);
    return result;
}

static void a_service_proposes_and_a_member_commits(void **state)
{
    (void)state;
    const unsigned allowed = MJL_MLS_ALLOW_EXTERNAL_SENDERS;
    mjl_buffer message = {0};
    const mjl_mls_outside_config removal = removal_by_service();
    assert_int_equal(propose(&removal, &message), MJL_OK);
    assert_int_equal(try_open(&they.alice, &message, 0), MJL_NOT_ALLOWED);
    assert_int_equal(try_open(&they.alice, &message, MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS),
                     MJL_NOT_ALLOWED);
    mjl_mls_opened *alices = scene_open(&they.alice, mjl_buffer_bytes(&message), allowed);
    mjl_mls_opened *bobs = scene_open(&they.bob, mjl_buffer_bytes(&message), allowed);
    assert_int_equal(mjl_mls_opened_sender_type(alices), MJL_MLS_SENDER_EXTERNAL);
    assert_int_equal(mjl_mls_opened_sender(alices), 1);

    const mjl_mls_opened *const of_alice[] = {alices};
    const mjl_mls_opened *const of_bob[] = {bobs};
    mjl_mls_commit_config config = {.proposals = of_alice, .proposals_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_NOT_ALLOWED);
    config.allowed = allowed;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    mjl_mls_staging staging = {.proposals = of_bob, .proposals_count = 1};
    assert_int_equal(scene_try_stage(&they.bob, mjl_buffer_bytes(&candidate.commit), &staging),
                     MJL_NOT_ALLOWED);
    staging.allowed = allowed;
    scene_follow(&they.bob, mjl_buffer_bytes(&candidate.commit), &staging);
    person_merge(&they.alice, &candidate);
    assert_int_equal(candidate.removed_count, 1);
    expect_together(&they.alice, &they.bob);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(alices);
    mjl_mls_opened_free(bobs);
    mjl_buffer_clear(&message);
}

static void only_the_senders_of_the_extension_are_heard(void **state)
{
    (void)state;
    const unsigned allowed = MJL_MLS_ALLOW_EXTERNAL_SENDERS;
    mjl_mls_outside_config removal = removal_by_service();
    const mjl_result expected[] = {MJL_BAD_SIGNATURE, MJL_OK, MJL_UNKNOWN_SENDER};
    for (uint32_t i = 0; i < 3; i++) {
        mjl_buffer message = {0};
        removal.sender_index = i;
        assert_int_equal(propose(&removal, &message), MJL_OK);
        const mjl_result result = try_open(&they.alice, &message, allowed);
        if (i == 0) {
            assert_true(result == MJL_BAD_SIGNATURE || result == MJL_BAD_KEY);
        } else {
            assert_int_equal(result, expected[i]);
        }
        mjl_buffer_clear(&message);
    }
    removal.change = (mjl_mls_change){.type = MJL_MLS_PROPOSAL_UPDATE};
    mjl_buffer message = {0};
    assert_int_equal(propose(&removal, &message), MJL_BAD_ARGUMENT);
    removal.change = (mjl_mls_change){.type = 0xF00D}; /* No custom type says that it may. */
    assert_int_equal(propose(&removal, &message), MJL_BAD_ARGUMENT);
    removal.sender = MJL_MLS_SENDER_MEMBER;
    assert_int_equal(propose(&removal, &message), MJL_BAD_ARGUMENT);
    assert_int_equal(message.size, 0);
}

static void a_newcomer_asks_to_be_added(void **state)
{
    (void)state;
    const unsigned allowed = MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS;
    mjl_mls_outside_config wish = {
        .identity = &they.dave.identity,
        .sender = MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL,
        .change = {.type = MJL_MLS_PROPOSAL_ADD,
                   .key_package = mjl_buffer_bytes(&they.dave.key_package)}};
    mjl_buffer message = {0}, forged = {0};
    assert_int_equal(propose(&wish, &message), MJL_OK);
    wish.identity = &they.carol.identity; /* Not the one who would be added. */
    assert_int_equal(propose(&wish, &forged), MJL_OK);
    assert_int_equal(try_open(&they.alice, &forged, allowed), MJL_BAD_SIGNATURE);
    assert_int_equal(try_open(&they.alice, &message, MJL_MLS_ALLOW_EXTERNAL_SENDERS),
                     MJL_NOT_ALLOWED);
    wish.change = (mjl_mls_change){.type = MJL_MLS_PROPOSAL_REMOVE, .leaf = 1};
    assert_int_equal(propose(&wish, &message), MJL_BAD_ARGUMENT);

    mjl_mls_opened *opened = scene_open(&they.alice, mjl_buffer_bytes(&message), allowed);
    const mjl_mls_opened *const proposals[] = {opened};
    const mjl_mls_commit_config config = {
        .proposals = proposals, .proposals_count = 1, .allowed = allowed};
    mjl_mls_candidate candidate;
    assert_int_equal(scene_try_commit(&they.alice, &config, &candidate), MJL_OK);
    person_merge(&they.alice, &candidate);
    assert_int_equal(person_join(&they.dave, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    expect_together(&they.alice, &they.dave);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&forged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_service_proposes_and_a_member_commits),
        TEST(only_the_senders_of_the_extension_are_heard),
        TEST(a_newcomer_asks_to_be_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
