/*
 * What a group says of commits and proposals (RFC 9420 §12.4) where a rule is not of their form:
 * what they refer to, whose they are, and own ones. A refusal leaves the group's value as it was.
 * Each rule by itself: the other ..._refusals_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "forge.h"
#include "group.h"
#include "trio.h"

/* Bob and Carol say the same of a commit by Alice. */
static void expect_refused(mjl_mls_opened *commit, mjl_result expected)
{
    assert_int_equal(trio_stage(&trio.bob, commit, NULL), expected);
    assert_int_equal(trio_stage(&trio.carol, commit, NULL), expected);
    mjl_mls_opened_free(commit);
}

/* All that is right in a forged commit but its tag. */
static const mjl_result only_the_tag_is_wrong = MJL_BAD_CONFIRMATION;

static void expect_list(mjl_buffer *proposals, bool has_path, mjl_result expected)
{
    expect_refused(
        forge_commit(&trio.alice, &(forgery){.proposals = proposals, .has_path = has_path}),
        expected);
    mjl_buffer_clear(proposals);
}

static void put_psk(mjl_buffer *list, mjl_mls_psk_id id)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_psk_write(&writer, &id);
    forge_end(&writer);
}

static const uint8_t nonce[MJL_MLS_HASH_SIZE] = {1};

static mjl_mls_psk_id some_psk(void)
{
    return (mjl_mls_psk_id){.type = MJL_MLS_PSK_EXTERNAL,
                            .id = mjl_bytes_text("secret"),
                            .nonce = mjl_bytes_of(nonce, sizeof nonce)};
}

static void forged_commit_without_a_fault_fails_by_its_tag_alone(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    expect_list(&list, true, only_the_tag_is_wrong);
    forge_put_add(&list, forge_package_of(&trio.dave));
    expect_list(&list, false, only_the_tag_is_wrong);
    forge_put_add(&list, forge_package_of(&trio.dave));
    forge_put_remove(&list, 2);
    mjl_mls_opened *commit =
        forge_commit(&trio.alice, &(forgery){.proposals = &list, .has_path = true});
    assert_int_equal(trio_stage(&trio.bob, commit, NULL), only_the_tag_is_wrong);
    assert_int_equal(trio_stage(&trio.carol, commit, NULL), MJL_OK); /* Removed: sees no tag. */
    mjl_mls_opened_free(commit);
    mjl_buffer_clear(&list);
}

/* A PSK that is given, and the own one of the present epoch, lead as far as the tag. */
static void known_psks_are_found(void **state)
{
    (void)state;
    mjl_buffer list = {0}, id = {0};
    put_psk(&list, some_psk());
    put_psk(&list, (mjl_mls_psk_id){.type = MJL_MLS_PSK_RESUMPTION,
                                    .usage = MJL_MLS_PSK_APPLICATION,
                                    .group_id = mjl_bytes_text("room"),
                                    .epoch = 1,
                                    .nonce = mjl_bytes_of(nonce, sizeof nonce)});
    mjl_mls_writer writer = mjl_mls_writer_to(&id);
    mjl_mls_write_u8(&writer, MJL_MLS_PSK_EXTERNAL);
    mjl_mls_write_vector(&writer, mjl_bytes_text("secret"));
    forge_end(&writer);
    const mjl_mls_psk psk = {mjl_buffer_bytes(&id), mjl_bytes_text("hush")};
    const mjl_mls_staging staging = {.psks = &psk, .psks_count = 1};
    mjl_mls_opened *commit = forge_commit(&trio.alice, &(forgery){.proposals = &list});
    assert_int_equal(trio_stage(&trio.bob, commit, &staging), only_the_tag_is_wrong);
    mjl_mls_opened_free(commit);
    mjl_buffer_clear(&list);
    mjl_buffer_clear(&id);
}

static void unknown_proposals_are_refused(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&list);
    mjl_mls_proposal_reference_write(&writer, mjl_bytes_of(nonce, sizeof nonce));
    forge_end(&writer);
    mjl_mls_opened *commit = forge_commit(&trio.alice, &(forgery){.proposals = &list});
    assert_int_equal(trio_stage(&trio.bob, commit, NULL), MJL_UNKNOWN_PROPOSAL);
    mjl_mls_opened_free(commit);
    mjl_buffer_clear(&list);

    writer = forge_by_value(&list);
    mjl_mls_proposal_custom_write(&writer, 0xF00F, mjl_bytes_text("")); /* A type of nobody's. */
    forge_end(&writer);
    expect_list(&list, true, MJL_PROPOSAL_UNSUPPORTED);
    writer = forge_by_value(&list);
    mjl_mls_write_u16(&writer, 0); /* Reserved. */
    forge_end(&writer);
    expect_list(&list, false, MJL_UNKNOWN_KIND);
}

static mjl_mls_opened *update_by_bob(const forge_leaf_parts *parts)
{
    mjl_buffer leaf = {0}, proposal = {0};
    forge_leaf(&trio.bob, parts, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(&leaf));
    forge_end(&writer);
    mjl_mls_opened *opened = forge_proposal(&trio.bob, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&proposal);
    return opened;
}

static mjl_mls_opened *commit_of_reference(const mjl_mls_opened *proposal, bool has_path)
{
    uint8_t reference[MJL_MLS_HASH_SIZE];
    forge_reference(proposal, reference);
    mjl_buffer list = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&list);
    mjl_mls_proposal_reference_write(&writer, mjl_bytes_of(reference, sizeof reference));
    forge_end(&writer);
    mjl_mls_opened *commit = forge_commit(&trio.alice, &(forgery){.proposals = &list,
                                                                  .reference = proposal,
                                                                  .has_path = has_path,
                                                                  .has_tag = true});
    mjl_buffer_clear(&list);
    return commit;
}

/* All follow; Bob with the private key that he kept. */
static void committed_update_is_followed_by_all(void **state)
{
    (void)state;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
    mjl_mls_opened *proposal = update_by_bob(
        &(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE, .private_key = private_key});
    mjl_mls_opened *commit = commit_of_reference(proposal, true);
    mjl_mls_proposal parsed;
    assert_int_equal(
        mjl_mls_proposal_parse(mjl_mls_opened_content(proposal)->content.body, &parsed), MJL_OK);
    const mjl_mls_opened *const known[] = {proposal};
    const mjl_bytes public_keys[] = {mjl_bytes_text("another"), parsed.update.encryption_key};
    mjl_bytes private_keys[] = {mjl_bytes_text("another"),
                                {private_key, trio.bob.group->suite->kem_private_size}};
    mjl_mls_staging staging = {.proposals = known, .proposals_count = 1};
    assert_int_equal(trio_stage(&trio.carol, commit, NULL), MJL_UNKNOWN_PROPOSAL);
    assert_int_equal(trio_stage(&trio.carol, commit, &staging), MJL_OK);
    assert_int_equal(trio_stage(&trio.bob, commit, &staging), MJL_NO_PATH_SECRET);
    staging.update_public_keys = public_keys;
    staging.update_private_keys = private_keys;
    staging.updates_count = 2;
    assert_int_equal(trio_stage(&trio.bob, commit, &staging), MJL_OK);
    private_keys[1].size--;
    assert_int_equal(trio_stage(&trio.bob, commit, &staging), MJL_BAD_ARGUMENT);

    mjl_mls_candidate candidate;
    private_keys[1].size++;
    assert_int_equal(
        mjl_mls_stage(trio.bob.group, commit, &trio.bob.identity, &staging, &candidate), MJL_OK);
    person_merge(&trio.bob, &candidate);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer saved = {0}; /* Loading checks the private keys. */
    const mjl_mls_group *loaded;
    person_saved(&trio.bob, &saved);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded), MJL_OK);
    mjl_mls_group_release(loaded);
    mjl_buffer_clear(&saved);
    mjl_mls_opened_free(commit);
    mjl_mls_opened_free(proposal);
}

static void commit_is_staged_in_its_own_epoch(void **state)
{
    (void)state;
    mjl_mls_opened *commit = forge_commit(&trio.alice, &(forgery){.has_path = true});
    mjl_mls_candidate next, candidate;
    assert_int_equal(person_commit(&trio.bob, &(change){.refresh = true}, &next), MJL_OK);
    assert_int_equal(mjl_mls_stage(next.group, commit, &trio.bob.identity, NULL, &candidate),
                     MJL_WRONG_EPOCH);
    mjl_mls_candidate_clear(&next);

    person_create(&trio.dave, "another");
    assert_int_equal(mjl_mls_stage(trio.dave.group, commit, &trio.dave.identity, NULL, &candidate),
                     MJL_WRONG_GROUP);
    assert_int_equal(mjl_mls_stage(trio.bob.group, commit, &trio.dave.identity, NULL, &candidate),
                     MJL_BAD_ARGUMENT); /* Not who is in the group. */
    mjl_mls_opened_free(commit);

    mjl_mls_opened *proposal = update_by_bob(&(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE});
    assert_int_equal(trio_stage(&trio.carol, proposal, NULL), MJL_BAD_ARGUMENT);
    mjl_mls_opened_free(proposal);
}

/* A public message by a sender of any kind, signed by Alice. */
static mjl_result open_from(mjl_mls_sender sender)
{
    const mjl_mls_group *group = trio.alice.group;
    mjl_buffer proposal = {0}, message = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_remove_write(&writer, 1);
    forge_end(&writer);
    const mjl_mls_framed_content content = {.group_id = group->context.group_id,
                                            .epoch = group->context.epoch,
                                            .sender = sender,
                                            .content_type = MJL_MLS_PROPOSAL,
                                            .body = mjl_buffer_bytes(&proposal)};
    mjl_mls_authenticated_content made = {0};
    assert_int_equal(mjl_mls_content_sign(group->suite, MJL_MLS_PUBLIC_MESSAGE, &content,
                                          mjl_mls_group_context(group),
                                          trio.alice.identity.signature_seed, &made),
                     MJL_OK);
    mjl_mls_epoch_view view;
    mjl_mls_group_view(group, &view);
    assert_int_equal(mjl_mls_public_message_protect(&view, &made, &message), MJL_OK);
    mjl_mls_opened *opened = NULL;
    const mjl_result result =
        mjl_mls_open(trio.bob.group, trio.bob.ratchets, mjl_buffer_bytes(&message), &opened);
    mjl_mls_opened_free(opened);
    mjl_mls_authenticated_content_clear(&made);
    mjl_buffer_clear(&proposal);
    mjl_buffer_clear(&message);
    return result;
}

static void only_members_are_listened_to(void **state)
{
    (void)state;
    assert_int_equal(open_from((mjl_mls_sender){MJL_MLS_SENDER_MEMBER, 0}), MJL_OK);
    assert_int_equal(open_from((mjl_mls_sender){MJL_MLS_SENDER_MEMBER, 1}), MJL_BAD_SIGNATURE);
    assert_int_equal(open_from((mjl_mls_sender){MJL_MLS_SENDER_MEMBER, 3}), MJL_UNKNOWN_SENDER);
    assert_int_equal(open_from((mjl_mls_sender){MJL_MLS_SENDER_MEMBER, 9}), MJL_UNKNOWN_SENDER);
    assert_int_equal(open_from((mjl_mls_sender){MJL_MLS_SENDER_EXTERNAL, 0}), MJL_NOT_ALLOWED);
    assert_int_equal(open_from((mjl_mls_sender){MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL, 0}),
                     MJL_NOT_ALLOWED);
}

static void own_commit_keeps_the_same_rules(void **state)
{
    (void)state;
    const uint32_t self[] = {0}, blank[] = {3};
    const mjl_bytes packages[] = {mjl_buffer_bytes(&trio.dave.key_package),
                                  mjl_buffer_bytes(&trio.dave.key_package)};
    const mjl_mls_identity *identity = &trio.alice.identity;
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){
                         .identity = identity, .remove_leaves = self, .remove_count = 1}),
                     MJL_CANNOT_REMOVE_SELF);
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){
                         .identity = identity, .remove_leaves = blank, .remove_count = 1}),
                     MJL_REMOVE_OF_NOBODY);
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){
                         .identity = identity, .add_key_packages = packages, .add_count = 2}),
                     MJL_ENCRYPTION_KEY_TWICE);
    const mjl_bytes rubbish[] = {mjl_bytes_text("rubbish")};
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){
                         .identity = identity, .add_key_packages = rubbish, .add_count = 1}),
                     MJL_UNKNOWN_VERSION);
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){.identity = &trio.bob.identity}),
                     MJL_BAD_ARGUMENT);
    const mjl_mls_extension twice[] = {{5, {0}}, {5, {0}}};
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){.identity = identity,
                                                          .context_extensions = twice,
                                                          .context_extensions_count = 2,
                                                          .replace_context_extensions = true}),
                     MJL_EXTENSION_TWICE);
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){.identity = identity}), MJL_OK);
}

static void last_epoch_has_no_next(void **state)
{
    (void)state;
    mjl_mls_group *group = (mjl_mls_group *)trio.alice.group;
    group->context.epoch = UINT64_MAX;
    assert_int_equal(trio_commit(&(mjl_mls_commit_config){.identity = &trio.alice.identity}),
                     MJL_TOO_LARGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, trio_meet, trio_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forged_commit_without_a_fault_fails_by_its_tag_alone),
        TEST(known_psks_are_found),
        TEST(unknown_proposals_are_refused),
        TEST(committed_update_is_followed_by_all),
        TEST(commit_is_staged_in_its_own_epoch),
        TEST(only_members_are_listened_to),
        TEST(last_epoch_has_no_next),
        TEST(own_commit_keeps_the_same_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
