/*
 * What a group refuses (RFC 9420 §7.3, §12.2, §12.4): commits by members that break a rule, damaged
 * bytes, and calls that run out of memory or chance. A refusal leaves the group's value as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "allocation.h"
#include "forge.h"
#include "group.h"

/* Alice made the group, Bob and Carol are in it, Dave is not. */
static struct {
    person alice, bob, carol, dave;
} us;

static int meet(void **state)
{
    (void)state;
    dice_start(7);
    person_init(&us.alice, "alice");
    person_init(&us.bob, "bob");
    person_init(&us.carol, "carol");
    person_init(&us.dave, "dave");
    person_create(&us.alice, "room");
    const person *const newcomers[] = {&us.bob, &us.carol};
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(&us.alice,
                                   &(change){.add = newcomers, .add_count = 2, .refresh = true},
                                   &candidate),
                     MJL_OK);
    person_merge(&us.alice, &candidate);
    assert_int_equal(person_join(&us.bob, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    assert_int_equal(person_join(&us.carol, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    return 0;
}

static int part(void **state)
{
    (void)state;
    dice_refuse_after(UINT64_MAX);
    person_clear(&us.alice);
    person_clear(&us.bob);
    person_clear(&us.carol);
    person_clear(&us.dave);
    return 0;
}

static bool same_value(const person *who, mjl_bytes before)
{
    mjl_buffer now = {0};
    person_saved(who, &now);
    const bool same = mjl_bytes_equal(before, mjl_buffer_bytes(&now));
    mjl_buffer_clear(&now);
    return same;
}

static mjl_result stage_with(const person *who, const mjl_mls_opened *commit,
                             const mjl_mls_staging *staging)
{
    mjl_buffer before = {0};
    person_saved(who, &before);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_stage(who->group, commit, &who->identity, staging, &candidate);
    assert_true(same_value(who, mjl_buffer_bytes(&before)));
    if (result != MJL_OK) {
        assert_null(candidate.group);
        assert_null(candidate.ratchets);
        assert_null(candidate.added);
        assert_null(candidate.removed);
    }
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&before);
    return result;
}

/* Bob and Carol say the same of a commit by Alice. */
static void expect_refused(mjl_mls_opened *commit, mjl_result expected)
{
    assert_int_equal(stage_with(&us.bob, commit, NULL), expected);
    assert_int_equal(stage_with(&us.carol, commit, NULL), expected);
    mjl_mls_opened_free(commit);
}

/* ---- Rules on proposals (§12.1, §12.2) ---- */

/* All that is right in a forged commit but its tag. */
static const mjl_result only_the_tag_is_wrong = MJL_BAD_CONFIRMATION;

static void expect_list(mjl_buffer *proposals, bool has_path, mjl_result expected)
{
    expect_refused(
        forge_commit(&us.alice, &(forgery){.proposals = proposals, .has_path = has_path}),
        expected);
    mjl_buffer_clear(proposals);
}

static void put_remove(mjl_buffer *list, uint32_t leaf)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_remove_write(&writer, leaf);
    forge_end(&writer);
}

static mjl_bytes package_of(const person *who)
{
    mjl_bytes body;
    assert_int_equal(
        mjl_mls_message_body(mjl_buffer_bytes(&who->key_package), MJL_MLS_KEY_PACKAGE, &body),
        MJL_OK);
    return body;
}

static void put_add(mjl_buffer *list, mjl_bytes key_package)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_add_write(&writer, key_package);
    forge_end(&writer);
}

static void put_update(mjl_buffer *list, mjl_bytes leaf)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_update_write(&writer, leaf);
    forge_end(&writer);
}

static void put_psk(mjl_buffer *list, mjl_mls_psk_id id)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_psk_write(&writer, &id);
    forge_end(&writer);
}

static void put_extensions(mjl_buffer *list, const mjl_mls_extension *extension)
{
    mjl_buffer contents = {0};
    mjl_mls_writer inner = mjl_mls_writer_to(&contents);
    mjl_mls_extensions_write(&inner, extension, 1);
    forge_end(&inner);
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_extensions_write(&writer, mjl_buffer_bytes(&contents));
    forge_end(&writer);
    mjl_buffer_clear(&contents);
}

static void put_reinit(mjl_buffer *list)
{
    mjl_mls_writer writer = forge_by_value(list);
    mjl_mls_proposal_reinit_write(&writer, &(mjl_mls_reinit){.group_id = mjl_bytes_text("again"),
                                                             .version = MJL_MLS_VERSION_10,
                                                             .suite = MJL_MLS_SUITE_DEFAULT});
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
    put_add(&list, package_of(&us.dave));
    expect_list(&list, false, only_the_tag_is_wrong);
    put_add(&list, package_of(&us.dave));
    put_remove(&list, 2);
    mjl_mls_opened *commit =
        forge_commit(&us.alice, &(forgery){.proposals = &list, .has_path = true});
    assert_int_equal(stage_with(&us.bob, commit, NULL), only_the_tag_is_wrong);
    assert_int_equal(stage_with(&us.carol, commit, NULL), MJL_OK); /* Removed: sees no tag. */
    mjl_mls_opened_free(commit);
    mjl_buffer_clear(&list);
}

static void committer_cannot_update_or_remove_itself_by_proposal(void **state)
{
    (void)state;
    mjl_buffer list = {0}, leaf = {0};
    forge_leaf(&us.alice, &(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE}, &leaf);
    put_update(&list, mjl_buffer_bytes(&leaf));
    expect_list(&list, true, MJL_UPDATE_BY_COMMITTER);
    put_remove(&list, 0);
    expect_list(&list, true, MJL_REMOVE_OF_COMMITTER);
    mjl_buffer_clear(&leaf);
}

static void remove_of_nobody_is_refused(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    put_remove(&list, 3); /* Blank. */
    expect_list(&list, true, MJL_REMOVE_OF_NOBODY);
    put_remove(&list, 4); /* Beyond the tree. */
    expect_list(&list, true, MJL_REMOVE_OF_NOBODY);
    put_remove(&list, UINT32_MAX);
    expect_list(&list, true, MJL_REMOVE_OF_NOBODY);
}

static void leaf_is_removed_or_updated_once(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    put_remove(&list, 1);
    put_remove(&list, 1);
    expect_list(&list, true, MJL_LEAF_CHANGED_TWICE);
}

static void client_is_added_once(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    put_add(&list, package_of(&us.dave));
    put_add(&list, package_of(&us.dave));
    expect_list(&list, true, MJL_ENCRYPTION_KEY_TWICE);

    mjl_buffer first = {0};
    put_add(&first, package_of(&us.dave));
    person_offer(&us.dave); /* Another key package of the same client. */
    put_add(&first, package_of(&us.dave));
    expect_list(&first, true, MJL_SIGNATURE_KEY_TWICE);
}

static void member_is_not_added_unless_it_is_removed(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    person_offer(&us.carol);
    put_add(&list, package_of(&us.carol));
    expect_list(&list, true, MJL_SIGNATURE_KEY_TWICE);
    put_add(&list, package_of(&us.carol));
    put_remove(&list, 2);
    mjl_mls_opened *commit =
        forge_commit(&us.alice, &(forgery){.proposals = &list, .has_path = true});
    assert_int_equal(stage_with(&us.bob, commit, NULL), only_the_tag_is_wrong);
    mjl_mls_opened_free(commit);
    mjl_buffer_clear(&list);
}

static void damaged_key_package_is_not_added(void **state)
{
    (void)state;
    const mjl_bytes package = package_of(&us.dave);
    uint8_t *last = (uint8_t *)package.data + package.size - 1;
    mjl_buffer list = {0};
    *last ^= 1;
    put_add(&list, package);
    expect_list(&list, true, MJL_KEY_PACKAGE_SIGNATURE);
    *last ^= 1;
}

static void psk_rules_hold(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    put_psk(&list, some_psk());
    put_psk(&list, some_psk());
    expect_list(&list, true, MJL_PSK_TWICE); /* Twice. */

    mjl_mls_psk_id id = some_psk();
    id.nonce.size--;
    put_psk(&list, id);
    expect_list(&list, true, MJL_PSK_NONCE); /* A short nonce. */

    for (uint8_t usage = MJL_MLS_PSK_REINIT; usage <= MJL_MLS_PSK_BRANCH; usage++) {
        put_psk(&list, (mjl_mls_psk_id){.type = MJL_MLS_PSK_RESUMPTION,
                                        .usage = usage,
                                        .group_id = mjl_bytes_text("room"),
                                        .nonce = mjl_bytes_of(nonce, sizeof nonce)});
        expect_list(&list, true,
                    usage == MJL_MLS_PSK_REINIT ? MJL_PSK_OF_REINIT : MJL_PSK_OF_BRANCH);
    }
    for (uint32_t i = 0; i <= MJL_MLS_PSKS_COUNT_MAX; i++) {
        id = some_psk();
        id.id = mjl_bytes_of(&i, sizeof i);
        put_psk(&list, id);
    }
    expect_list(&list, false, MJL_TOO_LARGE);
    put_psk(&list, some_psk());
    expect_list(&list, false, MJL_UNKNOWN_PSK);
    put_psk(&list, some_psk());
    expect_list(&list, true, MJL_UNKNOWN_PSK);
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
    mjl_mls_opened *commit = forge_commit(&us.alice, &(forgery){.proposals = &list});
    assert_int_equal(stage_with(&us.bob, commit, &staging), only_the_tag_is_wrong);
    mjl_mls_opened_free(commit);
    mjl_buffer_clear(&list);
    mjl_buffer_clear(&id);
}

static void context_extensions_are_replaced_once_and_supported_by_all(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    const mjl_mls_extension external_senders = {MJL_MLS_EXTENSION_EXTERNAL_SENDERS, {0}};
    const mjl_mls_extension unknown = {0xF00F, {0}};
    put_extensions(&list, &external_senders);
    put_extensions(&list, &external_senders);
    expect_list(&list, true, MJL_CONTEXT_EXTENSIONS_TWICE);
    put_extensions(&list, &unknown);
    expect_list(&list, true, MJL_GROUP_EXTENSION);

    mjl_buffer required = {0};
    const uint16_t types[] = {0xF00F};
    mjl_mls_writer writer = mjl_mls_writer_to(&required);
    mjl_mls_required_capabilities_write(&writer, NULL, 0, types, 1, NULL, 0);
    forge_end(&writer);
    const mjl_mls_extension demanding = {MJL_MLS_EXTENSION_REQUIRED_CAPABILITIES,
                                         mjl_buffer_bytes(&required)};
    put_extensions(&list, &demanding);
    expect_list(&list, true, MJL_REQUIRED_PROPOSAL);
    put_extensions(&list, &demanding);
    put_add(&list, package_of(&us.dave));
    expect_list(&list, true, MJL_REQUIRED_PROPOSAL); /* The newcomer is measured by the new list. */
    const mjl_mls_extension broken = {MJL_MLS_EXTENSION_REQUIRED_CAPABILITIES,
                                      mjl_bytes_of(required.data, required.size - 1)};
    put_extensions(&list, &broken);
    expect_list(&list, true, MJL_TRUNCATED);
    mjl_buffer_clear(&required);
}

static void reinit_and_external_init_keep_their_places(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    put_reinit(&list);
    expect_list(&list, false, MJL_BAD_CONFIRMATION); /* The tag is forged; the list is right. */
    put_reinit(&list);
    put_add(&list, package_of(&us.dave));
    expect_list(&list, false, MJL_REINIT_NOT_ALONE);
    mjl_mls_writer writer = forge_by_value(&list);
    mjl_mls_proposal_external_init_write(&writer, mjl_bytes_of(nonce, sizeof nonce));
    forge_end(&writer);
    expect_list(&list, true, MJL_EXTERNAL_INIT_INSIDE);
}

static void unknown_proposals_are_refused(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&list);
    mjl_mls_proposal_reference_write(&writer, mjl_bytes_of(nonce, sizeof nonce));
    forge_end(&writer);
    mjl_mls_opened *commit = forge_commit(&us.alice, &(forgery){.proposals = &list});
    assert_int_equal(stage_with(&us.bob, commit, NULL), MJL_UNKNOWN_PROPOSAL);
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

static void path_is_there_when_it_must_be(void **state)
{
    (void)state;
    mjl_buffer list = {0};
    expect_list(&list, false, MJL_PATH_MISSING); /* Empty. */
    put_remove(&list, 2);
    expect_list(&list, false, MJL_PATH_MISSING);
    put_extensions(&list,
                   &(mjl_mls_extension){MJL_MLS_EXTENSION_EXTERNAL_SENDERS, mjl_bytes_text("")});
    expect_list(&list, false, MJL_PATH_MISSING);
}

/* ---- Updates by reference (§12.1.2) ---- */

static mjl_mls_opened *update_by_bob(const forge_leaf_parts *parts)
{
    mjl_buffer leaf = {0}, proposal = {0};
    forge_leaf(&us.bob, parts, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(&leaf));
    forge_end(&writer);
    mjl_mls_opened *opened = forge_proposal(&us.bob, mjl_buffer_bytes(&proposal));
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
    mjl_mls_opened *commit = forge_commit(&us.alice, &(forgery){.proposals = &list,
                                                                .reference = proposal,
                                                                .has_path = has_path,
                                                                .has_tag = true});
    mjl_buffer_clear(&list);
    return commit;
}

/* Without a path: what is wrong with the Update itself is told before. */
static void expect_update(const forge_leaf_parts *parts, mjl_result expected)
{
    mjl_mls_opened *proposal = update_by_bob(parts);
    mjl_mls_opened *commit = commit_of_reference(proposal, false);
    const mjl_mls_opened *const known[] = {proposal};
    const mjl_mls_staging staging = {.proposals = known, .proposals_count = 1};
    assert_int_equal(stage_with(&us.carol, commit, &staging), expected);
    mjl_mls_opened_free(commit);
    mjl_mls_opened_free(proposal);
}

static void update_rules_hold(void **state)
{
    (void)state;
    expect_update(&(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE}, MJL_PATH_MISSING);
    expect_update(&(forge_leaf_parts){.source = MJL_MLS_LEAF_COMMIT}, MJL_LEAF_SOURCE_NOT_UPDATE);
    const mjl_bytes old =
        mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(&us.bob.group->tree, 1));
    expect_update(&(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE, .encryption_key = old},
                  MJL_UPDATE_KEEPS_KEY);
    expect_update(
        &(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE,
                            .signature_key = mjl_bytes_of(us.dave.identity.signature_key, 32)},
        MJL_LEAF_SIGNATURE);
    static const uint8_t low_order[32] = {0};
    expect_update(&(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE,
                                      .encryption_key = mjl_bytes_of(low_order, 32)},
                  MJL_LEAF_ENCRYPTION_KEY);
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
                                {private_key, us.bob.group->suite->kem_private_size}};
    mjl_mls_staging staging = {.proposals = known, .proposals_count = 1};
    assert_int_equal(stage_with(&us.carol, commit, NULL), MJL_UNKNOWN_PROPOSAL);
    assert_int_equal(stage_with(&us.carol, commit, &staging), MJL_OK);
    assert_int_equal(stage_with(&us.bob, commit, &staging), MJL_NO_PATH_SECRET);
    staging.update_public_keys = public_keys;
    staging.update_private_keys = private_keys;
    staging.updates_count = 2;
    assert_int_equal(stage_with(&us.bob, commit, &staging), MJL_OK);
    private_keys[1].size--;
    assert_int_equal(stage_with(&us.bob, commit, &staging), MJL_BAD_ARGUMENT);

    mjl_mls_candidate candidate;
    private_keys[1].size++;
    assert_int_equal(mjl_mls_stage(us.bob.group, commit, &us.bob.identity, &staging, &candidate),
                     MJL_OK);
    person_merge(&us.bob, &candidate);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer saved = {0}; /* Loading checks the private keys. */
    const mjl_mls_group *loaded;
    person_saved(&us.bob, &saved);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded), MJL_OK);
    mjl_mls_group_release(loaded);
    mjl_buffer_clear(&saved);
    mjl_mls_opened_free(commit);
    mjl_mls_opened_free(proposal);
}

/* ---- Rules on paths (§7.5, §7.6, §12.4.2) ---- */

static void expect_path(forge_spoil *spoil, mjl_result expected)
{
    expect_refused(forge_commit(&us.alice, &(forgery){.has_path = true, .spoil = spoil}), expected);
}

static void spoil_drop_node(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author, (void)room;
    path->count--;
}

static void spoil_drop_ciphertext(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author, (void)room;
    path->nodes[0].secrets.size = 0;
}

static void spoil_add_ciphertext(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author;
    for (int i = 0; i < 2; i++)
        assert_int_equal(mjl_buffer_append(room, path->nodes[0].secrets), MJL_OK);
    path->nodes[0].secrets = mjl_buffer_bytes(room);
}

static void spoil_key_of_tree(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)room;
    path->nodes[0].encryption_key =
        mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(&author->group->tree, 2));
}

static void spoil_key_of_old_path(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)room;
    path->nodes[0].encryption_key =
        mjl_mls_parent_content_key(mjl_mls_ratchet_tree_parent(&author->group->tree, 0, 1));
}

static void spoil_same_key_twice(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author, (void)room;
    path->nodes[1].encryption_key = path->nodes[0].encryption_key;
}

static void spoil_weak_key(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author, (void)room;
    static const uint8_t low_order[32] = {0};
    path->nodes[0].encryption_key = mjl_bytes_of(low_order, sizeof low_order);
}

static void spoil_other_key(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author, (void)room;
    path->nodes[0].encryption_key = mjl_bytes_of(us.dave.identity.signature_key, 32);
}

static void spoil_leaf(const person *author, mjl_mls_update_path *path, mjl_buffer *room,
                       const forge_leaf_parts *parts)
{
    forge_leaf(author, parts, room);
    assert_int_equal(mjl_mls_leaf_node_parse(mjl_buffer_bytes(room), &path->leaf), MJL_OK);
}

static void spoil_leaf_source(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    spoil_leaf(author, path, room, &(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE});
}

static void spoil_parent_hash(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    spoil_leaf(author, path, room,
               &(forge_leaf_parts){.source = MJL_MLS_LEAF_COMMIT,
                                   .parent_hash = mjl_bytes_of(nonce, sizeof nonce)});
}

static void spoil_leaf_key_kept(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    const forge_leaf_parts parts = {.source = MJL_MLS_LEAF_COMMIT,
                                    .parent_hash = path->leaf.parent_hash,
                                    .encryption_key = mjl_mls_leaf_content_encryption_key(
                                        mjl_mls_ratchet_tree_leaf(&author->group->tree, 0))};
    spoil_leaf(author, path, room, &parts);
}

static void spoil_leaf_of_another(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    spoil_leaf(
        author, path, room,
        &(forge_leaf_parts){.source = MJL_MLS_LEAF_COMMIT,
                            .parent_hash = path->leaf.parent_hash,
                            .signature_key = mjl_bytes_of(us.bob.identity.signature_key, 32)});
}

static void spoil_leaf_signature(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author;
    assert_int_equal(mjl_buffer_append(room, path->leaf.encoded), MJL_OK);
    room->data[room->size - 1] ^= 1;
    assert_int_equal(mjl_mls_leaf_node_parse(mjl_buffer_bytes(room), &path->leaf), MJL_OK);
}

static void path_has_a_node_and_a_ciphertext_for_each_that_needs_one(void **state)
{
    (void)state;
    expect_path(spoil_drop_node, MJL_PATH_LENGTH);
    expect_path(spoil_drop_ciphertext, MJL_PATH_CIPHERTEXTS);
    expect_path(spoil_add_ciphertext, MJL_PATH_CIPHERTEXTS);
}

static void path_brings_new_keys(void **state)
{
    (void)state;
    expect_path(spoil_key_of_tree, MJL_PATH_KEY_TWICE);
    expect_path(spoil_key_of_old_path, MJL_PATH_KEY_TWICE);
    expect_path(spoil_same_key_twice, MJL_PATH_KEY_TWICE);
    expect_path(spoil_leaf_key_kept, MJL_PATH_KEEPS_LEAF_KEY);
    expect_path(spoil_weak_key, MJL_PATH_KEY);
    expect_path(spoil_other_key, MJL_PATH_PARENT_HASH); /* The parent hash covers it. */
}

static void path_has_the_leaf_of_its_sender(void **state)
{
    (void)state;
    expect_path(spoil_leaf_source, MJL_LEAF_SOURCE_NOT_COMMIT);
    expect_path(spoil_parent_hash, MJL_PATH_PARENT_HASH);
    expect_path(spoil_leaf_of_another, MJL_SIGNATURE_KEY_TWICE);
    expect_path(spoil_leaf_signature, MJL_LEAF_SIGNATURE);
}

/* The secret at node 0 is for Bob, that at node 1 for Carol: damage concerns one of them. */
static void spoil_secret_of_bob(const person *author, mjl_mls_update_path *path, mjl_buffer *room)
{
    (void)author;
    assert_int_equal(mjl_buffer_append(room, path->nodes[0].secrets), MJL_OK);
    room->data[room->size - 1] ^= 1;
    path->nodes[0].secrets = mjl_buffer_bytes(room);
}

static void secret_that_does_not_open_concerns_its_reader_alone(void **state)
{
    (void)state;
    mjl_mls_opened *commit =
        forge_commit(&us.alice, &(forgery){.has_path = true, .spoil = spoil_secret_of_bob});
    assert_int_equal(stage_with(&us.bob, commit, NULL), MJL_NO_PATH_SECRET);
    assert_int_equal(stage_with(&us.carol, commit, NULL), only_the_tag_is_wrong);
    assert_int_equal(stage_with(&us.alice, commit, NULL), MJL_NO_PATH_SECRET); /* Its own. */
    mjl_mls_opened_free(commit);
}

/* ---- What is staged where ---- */

static void commit_is_staged_in_its_own_epoch(void **state)
{
    (void)state;
    mjl_mls_opened *commit = forge_commit(&us.alice, &(forgery){.has_path = true});
    mjl_mls_candidate next, candidate;
    assert_int_equal(person_commit(&us.bob, &(change){.refresh = true}, &next), MJL_OK);
    assert_int_equal(mjl_mls_stage(next.group, commit, &us.bob.identity, NULL, &candidate),
                     MJL_WRONG_EPOCH);
    mjl_mls_candidate_clear(&next);

    person_create(&us.dave, "another");
    assert_int_equal(mjl_mls_stage(us.dave.group, commit, &us.dave.identity, NULL, &candidate),
                     MJL_WRONG_GROUP);
    assert_int_equal(mjl_mls_stage(us.bob.group, commit, &us.dave.identity, NULL, &candidate),
                     MJL_BAD_ARGUMENT); /* Not who is in the group. */
    mjl_mls_opened_free(commit);

    mjl_mls_opened *proposal = update_by_bob(&(forge_leaf_parts){.source = MJL_MLS_LEAF_UPDATE});
    assert_int_equal(stage_with(&us.carol, proposal, NULL), MJL_BAD_ARGUMENT);
    mjl_mls_opened_free(proposal);
}

/* A public message by a sender of any kind, signed by Alice. */
static mjl_result open_from(mjl_mls_sender sender)
{
    const mjl_mls_group *group = us.alice.group;
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
                                          us.alice.identity.signature_seed, &made),
                     MJL_OK);
    mjl_mls_epoch_view view;
    mjl_mls_group_view(group, &view);
    assert_int_equal(mjl_mls_public_message_protect(&view, &made, &message), MJL_OK);
    mjl_mls_opened *opened = NULL;
    const mjl_result result =
        mjl_mls_open(us.bob.group, us.bob.ratchets, mjl_buffer_bytes(&message), &opened);
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

static mjl_result commit_with(const mjl_mls_commit_config *config)
{
    mjl_buffer before = {0}, ratchets = {0}, ratchets_after = {0};
    person_saved(&us.alice, &before);
    assert_int_equal(mjl_mls_ratchets_save(us.alice.ratchets, &ratchets), MJL_OK);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_commit(us.alice.group, us.alice.ratchets, config, dice_random(), &candidate);
    assert_true(same_value(&us.alice, mjl_buffer_bytes(&before)));
    if (result != MJL_OK) {
        assert_null(candidate.group);
        assert_int_equal(mjl_mls_ratchets_save(us.alice.ratchets, &ratchets_after), MJL_OK);
        assert_true(
            mjl_bytes_equal(mjl_buffer_bytes(&ratchets), mjl_buffer_bytes(&ratchets_after)));
    }
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&ratchets);
    mjl_buffer_clear(&ratchets_after);
    return result;
}

static void own_commit_keeps_the_same_rules(void **state)
{
    (void)state;
    const uint32_t self[] = {0}, blank[] = {3};
    const mjl_bytes packages[] = {mjl_buffer_bytes(&us.dave.key_package),
                                  mjl_buffer_bytes(&us.dave.key_package)};
    const mjl_mls_identity *identity = &us.alice.identity;
    assert_int_equal(commit_with(&(mjl_mls_commit_config){
                         .identity = identity, .remove_leaves = self, .remove_count = 1}),
                     MJL_CANNOT_REMOVE_SELF);
    assert_int_equal(commit_with(&(mjl_mls_commit_config){
                         .identity = identity, .remove_leaves = blank, .remove_count = 1}),
                     MJL_REMOVE_OF_NOBODY);
    assert_int_equal(commit_with(&(mjl_mls_commit_config){
                         .identity = identity, .add_key_packages = packages, .add_count = 2}),
                     MJL_ENCRYPTION_KEY_TWICE);
    const mjl_bytes rubbish[] = {mjl_bytes_text("rubbish")};
    assert_int_equal(commit_with(&(mjl_mls_commit_config){
                         .identity = identity, .add_key_packages = rubbish, .add_count = 1}),
                     MJL_UNKNOWN_VERSION);
    assert_int_equal(commit_with(&(mjl_mls_commit_config){.identity = &us.bob.identity}),
                     MJL_BAD_ARGUMENT);
    const mjl_mls_extension twice[] = {{5, {0}}, {5, {0}}};
    assert_int_equal(commit_with(&(mjl_mls_commit_config){.identity = identity,
                                                          .context_extensions = twice,
                                                          .context_extensions_count = 2,
                                                          .replace_context_extensions = true}),
                     MJL_EXTENSION_TWICE);
    assert_int_equal(commit_with(&(mjl_mls_commit_config){.identity = identity}), MJL_OK);
}

static void last_epoch_has_no_next(void **state)
{
    (void)state;
    mjl_mls_group *group = (mjl_mls_group *)us.alice.group;
    group->context.epoch = UINT64_MAX;
    assert_int_equal(commit_with(&(mjl_mls_commit_config){.identity = &us.alice.identity}),
                     MJL_TOO_LARGE);
}

/* ---- Damage on the way ---- */

static void expect_no_altered_byte_passes(bool public_message)
{
    mjl_mls_candidate made;
    assert_int_equal(person_commit(&us.alice,
                                   &(change){.refresh = true, .public_message = public_message},
                                   &made),
                     MJL_OK);
    mjl_buffer before = {0}, ratchets = {0}, ratchets_after = {0};
    person_saved(&us.bob, &before);
    assert_int_equal(mjl_mls_ratchets_save(us.bob.ratchets, &ratchets), MJL_OK);
    for (size_t i = 0; i < made.commit.size; i++) {
        made.commit.data[i] ^= (uint8_t)(1 + dice_below(255));
        mjl_mls_opened *opened;
        const mjl_result result =
            mjl_mls_open(us.bob.group, us.bob.ratchets, mjl_buffer_bytes(&made.commit), &opened);
        assert_int_not_equal(result, MJL_OK);
        mjl_buffer_clear(&made.commit);
        mjl_mls_candidate_clear(&made);
        assert_int_equal(person_commit(&us.alice,
                                       &(change){.refresh = true, .public_message = public_message},
                                       &made),
                         MJL_OK);
    }
    assert_true(same_value(&us.bob, mjl_buffer_bytes(&before)));
    assert_int_equal(mjl_mls_ratchets_save(us.bob.ratchets, &ratchets_after), MJL_OK);
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
    put_add(&list, package_of(&us.dave));
    put_remove(&list, 2);
    put_extensions(&list, &(mjl_mls_extension){MJL_MLS_EXTENSION_EXTERNAL_SENDERS, {0}});
    mjl_mls_opened *commit =
        forge_commit(&us.alice, &(forgery){.proposals = &list, .has_path = true, .has_tag = true});
    assert_int_equal(stage_with(&us.bob, commit, NULL), MJL_OK);
    assert_int_equal(mjl_buffer_append(&bytes, mjl_mls_opened_content(commit)->content.body),
                     MJL_OK);
    mjl_mls_opened_free(commit);
    for (size_t i = 0; i < bytes.size; i++) {
        const uint8_t kept = bytes.data[i];
        bytes.data[i] ^= (uint8_t)(1 + dice_below(255));
        commit = forge_commit_bytes(&us.alice, mjl_buffer_bytes(&bytes));
        assert_int_not_equal(stage_with(&us.bob, commit, NULL), MJL_OK);
        mjl_mls_opened_free(commit);
        bytes.data[i] = kept;
        commit = forge_commit_bytes(&us.alice, mjl_bytes_of(bytes.data, i));
        assert_int_not_equal(stage_with(&us.bob, commit, NULL), MJL_OK);
        mjl_mls_opened_free(commit);
    }
    mjl_buffer_clear(&list);
    mjl_buffer_clear(&bytes);
}

/* ---- Memory and chance run out ---- */

static void commit_without_memory_changes_nothing(void **state)
{
    (void)state;
    const mjl_bytes packages[] = {mjl_buffer_bytes(&us.dave.key_package)};
    const uint32_t leaves[] = {2};
    const mjl_mls_commit_config config = {.identity = &us.alice.identity,
                                          .add_key_packages = packages,
                                          .add_count = 1,
                                          .remove_leaves = leaves,
                                          .remove_count = 1};
    mjl_buffer before = {0};
    person_saved(&us.alice, &before);
    for (size_t n = 0;; n++) {
        mjl_mls_candidate candidate;
        allocation_fail_after(n);
        const mjl_result result =
            mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate);
        const bool failed = allocation_failed();
        if (failed) assert_int_equal(result, MJL_OUT_OF_MEMORY);
        if (!failed) assert_int_equal(result, MJL_OK);
        mjl_mls_candidate_clear(&candidate);
        assert_true(same_value(&us.alice, mjl_buffer_bytes(&before)));
        if (!failed) break;
    }
    mjl_buffer_clear(&before);
}

static void stage_without_memory_changes_nothing(void **state)
{
    (void)state;
    mjl_mls_candidate made, candidate;
    const person *const newcomers[] = {&us.dave};
    const uint32_t leaves[] = {2};
    assert_int_equal(
        person_commit(
            &us.alice,
            &(change){.add = newcomers, .add_count = 1, .remove = leaves, .remove_count = 1},
            &made),
        MJL_OK);
    mjl_mls_opened *opened;
    assert_int_equal(
        mjl_mls_open(us.bob.group, us.bob.ratchets, mjl_buffer_bytes(&made.commit), &opened),
        MJL_OK);
    mjl_buffer before = {0};
    person_saved(&us.bob, &before);
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result =
            mjl_mls_stage(us.bob.group, opened, &us.bob.identity, NULL, &candidate);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_candidate_clear(&candidate);
        assert_true(same_value(&us.bob, mjl_buffer_bytes(&before)));
        if (!failed) break;
    }
    mjl_mls_opened_free(opened);
    mjl_mls_candidate_clear(&made);
    mjl_buffer_clear(&before);
}

static void create_save_and_load_without_memory_leak_nothing(void **state)
{
    (void)state;
    const mjl_mls_create_config config = {
        .identity = &us.dave.identity, .not_after = 1, .group_id = mjl_bytes_text("elsewhere")};
    for (size_t n = 0;; n++) {
        const mjl_mls_group *group = NULL;
        mjl_mls_ratchets *ratchets = NULL;
        allocation_fail_after(n);
        const mjl_result result = mjl_mls_group_create(&config, dice_random(), &group, &ratchets);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_group_release(group);
        mjl_mls_ratchets_free(ratchets);
        if (!failed) break;
    }
    for (size_t n = 0;; n++) {
        mjl_buffer saved = {0};
        const mjl_mls_group *group = NULL;
        allocation_fail_after(n);
        mjl_result result = mjl_mls_group_save(us.bob.group, &saved);
        if (result == MJL_OK) result = mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &group);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        mjl_mls_group_release(group);
        mjl_buffer_clear(&saved);
        if (!failed) break;
    }
}

static void commit_without_chance_changes_nothing(void **state)
{
    (void)state;
    const mjl_bytes packages[] = {mjl_buffer_bytes(&us.dave.key_package)};
    mjl_result result = MJL_NO_RANDOM;
    for (uint64_t n = 0; result != MJL_OK; n++) {
        dice_refuse_after(n);
        result = commit_with(&(mjl_mls_commit_config){.identity = &us.alice.identity,
                                                      .add_key_packages = packages,
                                                      .add_count = 1,
                                                      .force_path = true});
        if (result != MJL_OK) assert_int_equal(result, MJL_NO_RANDOM);
        assert_true(n < 100);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, meet, part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forged_commit_without_a_fault_fails_by_its_tag_alone),
        TEST(committer_cannot_update_or_remove_itself_by_proposal),
        TEST(remove_of_nobody_is_refused),
        TEST(leaf_is_removed_or_updated_once),
        TEST(client_is_added_once),
        TEST(member_is_not_added_unless_it_is_removed),
        TEST(damaged_key_package_is_not_added),
        TEST(psk_rules_hold),
        TEST(known_psks_are_found),
        TEST(context_extensions_are_replaced_once_and_supported_by_all),
        TEST(reinit_and_external_init_keep_their_places),
        TEST(unknown_proposals_are_refused),
        TEST(path_is_there_when_it_must_be),
        TEST(update_rules_hold),
        TEST(path_has_a_node_and_a_ciphertext_for_each_that_needs_one),
        TEST(path_brings_new_keys),
        TEST(path_has_the_leaf_of_its_sender),
        TEST(secret_that_does_not_open_concerns_its_reader_alone),
        TEST(commit_is_staged_in_its_own_epoch),
        TEST(committed_update_is_followed_by_all),
        TEST(only_members_are_listened_to),
        TEST(last_epoch_has_no_next),
        TEST(own_commit_keeps_the_same_rules),
        TEST(altered_byte_in_a_private_commit_is_refused),
        TEST(altered_byte_in_a_public_commit_is_refused),
        TEST(altered_byte_in_a_signed_commit_is_refused),
        TEST(commit_without_memory_changes_nothing),
        TEST(stage_without_memory_changes_nothing),
        TEST(create_save_and_load_without_memory_leak_nothing),
        TEST(commit_without_chance_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
