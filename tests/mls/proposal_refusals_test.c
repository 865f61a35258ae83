/*
 * What is refused of a commit's proposals (RFC 9420 §12.1, §12.2): one by one and together,
 * in commits made by hand that are right but for them. Key packages are in
 * key_package_refusals_test.c, the leaves in them in leaf_refusals_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "commit.h"
#include "group.h"
#include "mls_limits.h"
#include "variants.h"
#include "world.h"

static const mjl_bytes nothing = {0};

/* ---- Add, Update, Remove ---- */

static void add_two(commit_draft *draft)
{
    commit_add_person(draft, &us.yves, NULL);
    commit_add_person(draft, &us.zoe, NULL);
}
static void add_one_twice(commit_draft *draft)
{
    commit_add_person(draft, &us.yves, NULL);
    commit_add_person(draft, &us.yves, NULL);
}
static void add_package_twice(commit_draft *draft)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    package_draft_begin(&made, &us.yves);
    package_draft_write(&made, NULL, &package, &leaf);
    commit_add(draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    commit_add(draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}
static void add_a_member(commit_draft *draft)
{
    commit_add_person(draft, &us.carol, NULL);
}
static void add_a_removed_member(commit_draft *draft)
{
    commit_remove(draft, CAROL_LEAF);
    commit_add_person(draft, &us.carol, NULL);
}
static void update_by_alice(commit_draft *draft)
{
    leaf_draft made;
    mjl_buffer leaf = {0}, proposal = {0};
    leaf_draft_begin(&made, &us.alice, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){us.alice.group->context.group_id, ALICE_LEAF});
    leaf_draft_write(&made, NULL, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(&leaf));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&proposal);
}
static void remove_carol(commit_draft *draft)
{
    commit_remove(draft, CAROL_LEAF);
}
static void remove_alice(commit_draft *draft)
{
    commit_remove(draft, ALICE_LEAF);
}
static void remove_blank(commit_draft *draft)
{
    commit_remove(draft, 0);
}
static void remove_beyond(commit_draft *draft)
{
    commit_remove(draft, 8);
}
static void remove_far_beyond(commit_draft *draft)
{
    commit_remove(draft, UINT32_MAX);
}
static void remove_twice(commit_draft *draft)
{
    commit_remove(draft, CAROL_LEAF);
    commit_remove(draft, CAROL_LEAF);
}

static void members_come_and_go_once(void **state)
{
    (void)state;
    static const commit_variant variants[] = {
        {"two newcomers", add_two, MJL_OK},
        {"a Remove", remove_carol, MJL_OK},
        {"removed and added", add_a_removed_member, MJL_OK},
        {"added twice", add_one_twice, MJL_SIGNATURE_KEY_TWICE},
        {"one key package twice", add_package_twice, MJL_ENCRYPTION_KEY_TWICE},
        {"a member added", add_a_member, MJL_SIGNATURE_KEY_TWICE},
        {"own Update", update_by_alice, MJL_UPDATE_BY_COMMITTER},
        {"own Remove", remove_alice, MJL_REMOVE_OF_COMMITTER},
        {"a blank leaf removed", remove_blank, MJL_REMOVE_OF_NOBODY},
        {"a leaf beyond the tree removed", remove_beyond, MJL_REMOVE_OF_NOBODY},
        {"leaf 2^32 - 1 removed", remove_far_beyond, MJL_REMOVE_OF_NOBODY},
        {"removed twice", remove_twice, MJL_LEAF_CHANGED_TWICE},
    };
    commit_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- By reference ---- */

/* A message with an Update by `who`, and the leaf in it. */
static void update_write(const person *who, uint32_t at, mjl_buffer *message, mjl_buffer *leaf)
{
    leaf_draft made;
    mjl_buffer proposal = {0};
    leaf_draft_begin(&made, who, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){who->group->context.group_id, at});
    leaf_draft_write(&made, NULL, leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(leaf));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    proposal_message_write(who, mjl_buffer_bytes(&proposal), message);
    mjl_buffer_clear(&proposal);
}

typedef struct referring {
    const person *updater;
    uint32_t leaf;
    bool twice, removes_too, is_not_given;
    mjl_result expected;
} referring;

static void proposals_by_reference_keep_the_same_rules(void **state)
{
    (void)state;
    const referring tried[] = {
        {.updater = &us.carol, .leaf = CAROL_LEAF, .expected = MJL_OK},
        {.updater = &us.carol,
         .leaf = CAROL_LEAF,
         .twice = true,
         .expected = MJL_LEAF_CHANGED_TWICE},
        {.updater = &us.carol,
         .leaf = CAROL_LEAF,
         .removes_too = true,
         .expected = MJL_LEAF_CHANGED_TWICE},
        {.updater = &us.alice, .leaf = ALICE_LEAF, .expected = MJL_UPDATE_BY_COMMITTER},
        {.updater = &us.carol,
         .leaf = CAROL_LEAF,
         .is_not_given = true,
         .expected = MJL_UNKNOWN_PROPOSAL},
    };
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        mjl_buffer message = {0}, leaf = {0};
        commit_draft draft;
        update_write(tried[i].updater, tried[i].leaf, &message, &leaf);
        commit_begin(&draft, &us.alice);
        commit_update(&draft, mjl_buffer_bytes(&message), tried[i].leaf, mjl_buffer_bytes(&leaf));
        if (tried[i].twice)
            commit_update(&draft, mjl_buffer_bytes(&message), tried[i].leaf,
                          mjl_buffer_bytes(&leaf));
        if (tried[i].removes_too) commit_remove(&draft, tried[i].leaf);
        commit_path(&draft, NULL);
        commit_finish(&draft, NULL);
        const mjl_bytes given = tried[i].is_not_given ? nothing : mjl_buffer_bytes(&message);
        world_members_say(given, mjl_buffer_bytes(&draft.message), tried[i].expected);
        commit_clear(&draft);
        mjl_buffer_clear(&message);
        mjl_buffer_clear(&leaf);
    }
}

/* ---- PSKs (§8.4, §12.1.4) ---- */

static const uint8_t nonce[MJL_MLS_HASH_SIZE + 1] = {1};

static mjl_mls_psk_id psk(void)
{
    return (mjl_mls_psk_id){.type = MJL_MLS_PSK_EXTERNAL,
                            .id = mjl_bytes_text("secret"),
                            .nonce = mjl_bytes_of(nonce, MJL_MLS_HASH_SIZE)};
}
static void psk_of_nonce(commit_draft *draft, size_t size)
{
    mjl_mls_psk_id id = psk();
    id.nonce.size = size;
    commit_put_psk(draft, &id);
}
static void psk_unknown(commit_draft *draft)
{
    psk_of_nonce(draft, MJL_MLS_HASH_SIZE);
}
static void psk_nonce_empty(commit_draft *draft)
{
    psk_of_nonce(draft, 0);
}
static void psk_nonce_short(commit_draft *draft)
{
    psk_of_nonce(draft, MJL_MLS_HASH_SIZE - 1);
}
static void psk_nonce_long(commit_draft *draft)
{
    psk_of_nonce(draft, MJL_MLS_HASH_SIZE + 1);
}
static void psk_twice(commit_draft *draft)
{
    psk_unknown(draft);
    psk_unknown(draft);
}
static void psk_of_usage(commit_draft *draft, uint8_t usage)
{
    commit_put_psk(draft, &(mjl_mls_psk_id){.type = MJL_MLS_PSK_RESUMPTION,
                                            .usage = usage,
                                            .group_id = mjl_bytes_text("room"),
                                            .nonce = mjl_bytes_of(nonce, MJL_MLS_HASH_SIZE)});
}
static void psk_of_reinit(commit_draft *draft)
{
    psk_of_usage(draft, MJL_MLS_PSK_REINIT);
}
static void psk_of_branch(commit_draft *draft)
{
    psk_of_usage(draft, MJL_MLS_PSK_BRANCH);
}
static void psk_of_no_usage(commit_draft *draft)
{
    psk_of_usage(draft, 4);
}
static void psk_of_usage_0(commit_draft *draft)
{
    psk_of_usage(draft, 0);
}
static void psk_of_no_type(commit_draft *draft)
{
    psk_unknown(draft);
    draft->list.data[3] = 3; /* Behind ProposalOrRefType and ProposalType. */
}
static void psks_too_many(commit_draft *draft)
{
    for (uint32_t i = 0; i <= MJL_MLS_PSKS_COUNT_MAX; i++) {
        mjl_mls_psk_id id = psk();
        id.id = mjl_bytes_of(&i, sizeof i);
        commit_put_psk(draft, &id);
    }
}

static void pre_shared_keys_keep_their_rules(void **state)
{
    (void)state;
    static const commit_variant variants[] = {
        {"unknown", psk_unknown, MJL_UNKNOWN_PSK},
        {"no nonce", psk_nonce_empty, MJL_PSK_NONCE},
        {"a short nonce", psk_nonce_short, MJL_PSK_NONCE},
        {"a long nonce", psk_nonce_long, MJL_PSK_NONCE},
        {"twice", psk_twice, MJL_PSK_TWICE},
        {"of a re-initialisation", psk_of_reinit, MJL_PSK_OF_REINIT},
        {"of a branch", psk_of_branch, MJL_PSK_OF_BRANCH},
        {"no such usage", psk_of_no_usage, MJL_UNKNOWN_KIND},
        {"usage 0", psk_of_usage_0, MJL_UNKNOWN_KIND},
        {"no such type", psk_of_no_type, MJL_UNKNOWN_KIND},
        {"too many", psks_too_many, MJL_TOO_LARGE},
    };
    commit_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- What a list may not hold ---- */

static void reinit_to(commit_draft *draft, uint16_t version)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_reinit_write(&writer, &(mjl_mls_reinit){.group_id = mjl_bytes_text("again"),
                                                             .version = version,
                                                             .suite = MJL_MLS_SUITE_DEFAULT});
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
}
static void reinit_put(commit_draft *draft)
{
    reinit_to(draft, MJL_MLS_VERSION_10);
}
static void reinit_to_version_0(commit_draft *draft)
{
    reinit_to(draft, 0);
}
static void reinit_and_add(commit_draft *draft)
{
    reinit_put(draft);
    commit_add_person(draft, &us.yves, NULL);
}
static void reinit_twice(commit_draft *draft)
{
    reinit_put(draft);
    reinit_put(draft);
}
static void external_init(commit_draft *draft)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_external_init_write(&writer, mjl_bytes_of(nonce, 32));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
}
static void custom_put(commit_draft *draft, uint16_t type)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_custom_write(&writer, type, mjl_bytes_text("x"));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
}
static void custom_known(commit_draft *draft)
{
    custom_put(draft, REQUIRED_PROPOSAL_TYPE);
}
static void custom_unknown(commit_draft *draft)
{
    custom_put(draft, 0xF007);
}
static void custom_grease(commit_draft *draft)
{
    custom_put(draft, 0x0A0A);
}
static void type_reserved(commit_draft *draft)
{
    commit_put(draft, mjl_bytes_of("\0", 2));
}
static void unknown_reference(commit_draft *draft)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&draft->list);
    mjl_mls_proposal_reference_write(&writer, mjl_bytes_of(nonce, MJL_MLS_HASH_SIZE));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}
static void empty_reference(commit_draft *draft)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&draft->list);
    mjl_mls_proposal_reference_write(&writer, nothing);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}
static void proposals_too_many(commit_draft *draft)
{
    static const uint8_t remove[] = {1, 0, 3, 0, 0, 0, CAROL_LEAF};
    for (size_t i = 0; i <= MJL_MLS_PROPOSALS_COUNT_MAX; i++)
        assert_int_equal(mjl_buffer_append(&draft->list, mjl_bytes_of(remove, sizeof remove)),
                         MJL_OK);
}

static void list_holds_what_a_member_may_commit(void **state)
{
    (void)state;
    static const commit_variant variants[] = {
        {"a re-initialisation", reinit_put, MJL_OK},
        {"to an older version", reinit_to_version_0, MJL_REINIT_VERSION},
        {"a re-initialisation and an Add", reinit_and_add, MJL_REINIT_NOT_ALONE},
        {"two re-initialisations", reinit_twice, MJL_REINIT_NOT_ALONE},
        {"an external init", external_init, MJL_EXTERNAL_INIT_INSIDE},
        {"a custom type that all list", custom_known, MJL_OK},
        {"a custom type", custom_unknown, MJL_PROPOSAL_UNSUPPORTED},
        {"GREASE", custom_grease, MJL_PROPOSAL_UNSUPPORTED},
        {"the reserved type", type_reserved, MJL_UNKNOWN_KIND},
        {"an unknown reference", unknown_reference, MJL_UNKNOWN_PROPOSAL},
        {"an empty reference", empty_reference, MJL_UNKNOWN_PROPOSAL},
        {"too many", proposals_too_many, MJL_TOO_LARGE},
    };
    commit_variants_expect(variants, sizeof variants / sizeof *variants);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_come_and_go_once),
        TEST(proposals_by_reference_keep_the_same_rules),
        TEST(pre_shared_keys_keep_their_rules),
        TEST(list_holds_what_a_member_may_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
