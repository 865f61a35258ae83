/*
 * What is refused of a leaf (RFC 9420 §7.2, §7.3, §13.4): each edit breaks one rule, and the leaf
 * then comes in every way that a leaf can come: by a key package that a member is asked to add, in
 * the commits and proposals of others, and in the tree that a Welcome tells a joiner of. All refuse
 * it, for the same reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "commit_draft.h"
#include "group.h"
#include "message.h"
#include "welcome_draft.h"
#include "world.h"

/* ---- Ways in ---- */

static void offer_write(leaf_edit *edit, mjl_buffer *package, mjl_buffer *leaf)
{
    package_draft draft;
    package_draft_begin(&draft, &us.yves);
    draft.leaf_edit = edit;
    package_draft_write(&draft, NULL, package, leaf);
}

/* Alice is asked to add Yves. */
static mjl_result offered(leaf_edit *edit)
{
    mjl_buffer package = {0}, leaf = {0}, message = {0};
    offer_write(edit, &package, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&message);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&package));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const mjl_bytes packages[] = {mjl_buffer_bytes(&message)};
    const mjl_mls_commit_config config = {
        .identity = &us.alice.identity, .add_key_packages = packages, .add_count = 1};
    const value_hash before = world_value_of(&us.alice);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate);
    mjl_mls_candidate_clear(&candidate);
    if (result != MJL_OK) {
        const value_hash after = world_value_of(&us.alice);
        assert_memory_equal(before.bytes, after.bytes, sizeof before.bytes);
    }
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&message);
    return result;
}

static mjl_result taken_by_bob_and_erin(mjl_bytes proposal, const commit_draft *draft)
{
    const mjl_bytes commit = mjl_buffer_bytes(&draft->message);
    const mjl_result result = world_member_takes(&us.bob, proposal, commit);
    assert_int_equal(world_member_takes(&us.erin, proposal, commit), result);
    return result;
}

/* Alice has added Yves all the same. */
static mjl_result added(leaf_edit *edit)
{
    mjl_buffer package = {0}, leaf = {0};
    commit_draft draft;
    offer_write(edit, &package, &leaf);
    commit_begin(&draft, &us.alice);
    commit_add(&draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    commit_path(&draft, NULL);
    commit_finish(&draft, NULL);
    const mjl_result result = taken_by_bob_and_erin(mjl_bytes_of(NULL, 0), &draft);
    commit_clear(&draft);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    return result;
}

static void carols_leaf(leaf_edit *edit, mjl_buffer *leaf)
{
    leaf_draft draft;
    leaf_draft_begin(&draft, &us.carol, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){us.carol.group->context.group_id, CAROL_LEAF});
    leaf_draft_write(&draft, edit, leaf);
}

/* Carol has proposed an update, and Alice committed it. */
static mjl_result updated(leaf_edit *edit)
{
    mjl_buffer leaf = {0}, proposal = {0}, message = {0};
    carols_leaf(edit, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(&leaf));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    proposal_message_write(&us.carol, mjl_buffer_bytes(&proposal), &message);
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_update(&draft, mjl_buffer_bytes(&message), CAROL_LEAF, mjl_buffer_bytes(&leaf));
    commit_path(&draft, NULL);
    commit_finish(&draft, NULL);
    const mjl_result result = taken_by_bob_and_erin(mjl_buffer_bytes(&message), &draft);
    commit_clear(&draft);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&proposal);
    mjl_buffer_clear(&message);
    return result;
}

/* Alice has committed with that leaf in its path. */
static mjl_result committed(leaf_edit *edit)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_path(&draft, &(path_faults){.leaf = edit});
    commit_finish(&draft, NULL);
    const mjl_result result = taken_by_bob_and_erin(mjl_bytes_of(NULL, 0), &draft);
    commit_clear(&draft);
    return result;
}

/* A leaf that cannot be read stands in the encoding alone, in place of one that can. */
static mjl_bytes stand_in, unreadable;

static void put_unreadable(mjl_buffer *nodes)
{
    size_t at = 0;
    while (memcmp(nodes->data + at, stand_in.data, stand_in.size) != 0)
        at++;
    mjl_buffer changed = {0};
    const size_t behind = at + stand_in.size;
    assert_int_equal(mjl_buffer_append(&changed, mjl_bytes_of(nodes->data, at)), MJL_OK);
    assert_int_equal(mjl_buffer_append(&changed, unreadable), MJL_OK);
    assert_int_equal(
        mjl_buffer_append(&changed, mjl_bytes_of(nodes->data + behind, nodes->size - behind)),
        MJL_OK);
    mjl_buffer_clear(nodes);
    *nodes = changed;
}

static mjl_result join_finish(welcome_draft *draft)
{
    welcome_finish(draft);
    const mjl_result result = world_joiner_takes(mjl_buffer_bytes(&draft->message));
    welcome_clear(draft);
    return result;
}

/* Zoe is told of a group that Yves was added to. */
static mjl_result told_of_added(leaf_edit *edit)
{
    mjl_buffer package = {0}, leaf = {0}, right_package = {0}, right_leaf = {0};
    welcome_draft draft;
    offer_write(edit, &package, &leaf);
    offer_write(NULL, &right_package, &right_leaf);
    welcome_begin(&draft);
    if (!welcome_add(&draft, mjl_buffer_bytes(&leaf))) {
        assert_true(welcome_update(&draft, YVES_LEAF, mjl_buffer_bytes(&right_leaf)));
        stand_in = mjl_buffer_bytes(&right_leaf);
        unreadable = mjl_buffer_bytes(&leaf);
        draft.tree_bytes = put_unreadable;
    }
    const mjl_result result = join_finish(&draft);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&right_package);
    mjl_buffer_clear(&right_leaf);
    return result;
}

/* Zoe is told of a group in which Carol updated. */
static mjl_result told_of_updated(leaf_edit *edit)
{
    mjl_buffer leaf = {0}, right_leaf = {0};
    welcome_draft draft;
    carols_leaf(edit, &leaf);
    carols_leaf(NULL, &right_leaf);
    welcome_begin(&draft);
    if (!welcome_update(&draft, CAROL_LEAF, mjl_buffer_bytes(&leaf))) {
        assert_true(welcome_update(&draft, CAROL_LEAF, mjl_buffer_bytes(&right_leaf)));
        stand_in = mjl_buffer_bytes(&right_leaf);
        unreadable = mjl_buffer_bytes(&leaf);
        draft.tree_bytes = put_unreadable;
    }
    const mjl_result result = join_finish(&draft);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&right_leaf);
    return result;
}

/* Zoe is told of a group in which Alice committed. */
static mjl_result told_of_committed(leaf_edit *edit)
{
    welcome_draft draft;
    welcome_begin(&draft);
    welcome_path(&draft, ALICE_LEAF, &(drafted_path){.leaf = edit});
    return join_finish(&draft);
}

enum {
    OFFERED = 1,
    ADDED = 2,
    UPDATED = 4,
    COMMITTED = 8,
    TOLD_ADDED = 16,
    TOLD_UPDATED = 32,
    TOLD_COMMITTED = 64,
    NEW = OFFERED | ADDED | TOLD_ADDED, /* Of a key package. */
    PLACED = UPDATED | COMMITTED | TOLD_UPDATED,
    ALL = NEW | PLACED,
    MEMBERS = OFFERED | ADDED | UPDATED | COMMITTED
};

static const struct {
    unsigned way;
    const char *name;
    mjl_result (*take)(leaf_edit *edit);
} ways[] = {{OFFERED, "offered", offered},
            {ADDED, "added", added},
            {UPDATED, "updated", updated},
            {COMMITTED, "committed", committed},
            {TOLD_ADDED, "told of added", told_of_added},
            {TOLD_UPDATED, "told of updated", told_of_updated},
            {TOLD_COMMITTED, "told of committed", told_of_committed}};

/* ---- Edits ---- */

static mjl_bytes list(const char *bytes, size_t size)
{
    return mjl_bytes_of(bytes, size);
}
#define BYTES(text) list(text, sizeof(text) - 1)

/* Capabilities: versions, suites, extensions, proposals, credentials. */
static void no_version(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\2\2\0\3\4\xF0\1\xF0\4\2\xF0\2\6\0\1\0\2\xF0\3");
}
static void no_suite(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\1\4\xF0\1\xF0\4\2\xF0\2\6\0\1\0\2\xF0\3");
}
static void no_required_extension(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\3\2\xF0\4\2\xF0\2\6\0\1\0\2\xF0\3");
}
static void no_group_extension(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\3\2\xF0\1\2\xF0\2\6\0\1\0\2\xF0\3");
}
static void no_required_proposal(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\3\4\xF0\1\xF0\4\0\6\0\1\0\2\xF0\3");
}
static void no_required_credential(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\3\4\xF0\1\xF0\4\2\xF0\2\4\0\1\0\2");
}
static void x509(leaf_draft *draft)
{
    draft->parts.credential = BYTES("\0\2\2\1c");
}
static void no_x509(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\3\4\xF0\1\xF0\4\2\xF0\2\4\0\1\xF0\3");
}
static void no_own_credential(leaf_draft *draft)
{
    x509(draft);
    no_x509(draft);
}
static void odd_capabilities(leaf_draft *draft)
{
    draft->parts.capabilities = BYTES("\2\0\1\2\0\3\5\xF0\1\xF0\4\0\2\xF0\2\6\0\1\0\2\xF0\3");
}
static void extension_not_listed(leaf_draft *draft)
{
    draft->parts.extensions = BYTES("\xF0\7\1x");
}
static void extension_twice(leaf_draft *draft)
{
    draft->parts.extensions = BYTES("\0\1\1x\0\1\1y");
}
static void extension_cut(leaf_draft *draft)
{
    draft->parts.extensions = BYTES("\0\1\2x");
}
static void unknown_credential(leaf_draft *draft)
{
    draft->parts.credential = BYTES("\xF0\3\1x");
}
static void chain_cut(leaf_draft *draft)
{
    draft->parts.credential = BYTES("\0\2\2\2c");
}
static void lifetime_reversed(leaf_draft *draft)
{
    draft->parts.not_before = draft->parts.not_after + 1;
}
static void source_key_package(leaf_draft *draft)
{
    draft->parts.source = MJL_MLS_LEAF_KEY_PACKAGE;
}
static void source_update(leaf_draft *draft)
{
    draft->parts.source = MJL_MLS_LEAF_UPDATE;
}
static void source_commit(leaf_draft *draft)
{
    draft->parts.source = MJL_MLS_LEAF_COMMIT;
}
static void source_unknown(leaf_draft *draft)
{
    draft->parts.source = 4;
}
static void source_reserved(leaf_draft *draft)
{
    draft->parts.source = 0;
}

/* Keys. */
static void weak_key(leaf_draft *draft)
{
    draft->parts.encryption_key =
        BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}
static void short_key(leaf_draft *draft)
{
    draft->parts.encryption_key.size--;
}
static void no_key(leaf_draft *draft)
{
    draft->parts.encryption_key.size = 0;
}
static void weak_signature_key(leaf_draft *draft)
{
    draft->parts.signature_key =
        BYTES("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}
static void short_signature_key(leaf_draft *draft)
{
    draft->parts.signature_key.size--;
}
static void key_of_dave(leaf_draft *draft)
{
    draft->parts.encryption_key = mjl_mls_leaf_content_encryption_key(
        mjl_mls_ratchet_tree_leaf(&us.alice.group->tree, DAVE_LEAF));
}
static void key_of_parent(leaf_draft *draft) /* Of Dave and Erin: no path here replaces it. */
{
    draft->parts.encryption_key = mjl_mls_parent_content_key(
        mjl_mls_ratchet_tree_parent(&us.alice.group->tree, DAVE_LEAF, 1));
}
static void signature_key_of_dave(leaf_draft *draft)
{
    draft->parts.signature_key = mjl_bytes_of(us.dave.identity.signature_key, 32);
    memcpy(draft->signature_seed, us.dave.identity.signature_seed, 64);
}
static void key_kept(leaf_draft *draft)
{
    const uint32_t leaf = draft->parts.place.leaf;
    draft->parts.encryption_key =
        mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(&us.alice.group->tree, leaf));
}

/* Signatures. */
static void signed_by_another(leaf_draft *draft)
{
    memcpy(draft->signature_seed, us.dave.identity.signature_seed, 64);
}
static void signed_for_another_place(leaf_draft *draft)
{
    draft->parts.place.leaf++;
}
static void signed_for_another_group(leaf_draft *draft)
{
    draft->parts.place.group_id = mjl_bytes_text("mooR");
}
static void flip_last(mjl_buffer *leaf)
{
    leaf->data[leaf->size - 40] ^= 1;
}
static void signature_altered(leaf_draft *draft)
{
    draft->after = flip_last;
}
static void drop_signature(mjl_buffer *leaf)
{
    signature_replace(leaf, NULL, 0);
}
static void signature_empty(leaf_draft *draft)
{
    draft->after = drop_signature;
}
static void cut_signature(mjl_buffer *leaf)
{
    uint8_t kept[64];
    memcpy(kept, leaf->data + leaf->size - 64, 64);
    signature_replace(leaf, kept, 63);
}
static void signature_cut(leaf_draft *draft)
{
    draft->after = cut_signature;
}
static void lengthen_signature(mjl_buffer *leaf)
{
    uint8_t longer[65] = {0};
    memcpy(longer, leaf->data + leaf->size - 64, 64);
    signature_replace(leaf, longer, 65);
}
static void signature_longer(leaf_draft *draft)
{
    draft->after = lengthen_signature;
}

/* ---- The table ---- */

typedef struct variant {
    const char *name;
    leaf_edit *edit;
    mjl_result expected;
    unsigned ways;
} variant;

static const variant variants[] = {
    {"no version", no_version, MJL_LEAF_VERSION, ALL},
    {"no suite", no_suite, MJL_LEAF_SUITE, ALL},
    {"no required extension", no_required_extension, MJL_REQUIRED_EXTENSION, ALL},
    {"no group extension", no_group_extension, MJL_GROUP_EXTENSION, ALL},
    {"no required proposal", no_required_proposal, MJL_REQUIRED_PROPOSAL, ALL},
    {"no required credential", no_required_credential, MJL_REQUIRED_CREDENTIAL, ALL},
    {"no own credential", no_own_credential, MJL_LEAF_CREDENTIAL, ALL},
    {"odd capabilities", odd_capabilities, MJL_TRUNCATED, ALL},
    {"extension not listed", extension_not_listed, MJL_LEAF_EXTENSION, ALL},
    {"extension twice", extension_twice, MJL_EXTENSION_TWICE, ALL},
    {"extension cut", extension_cut, MJL_TRUNCATED, ALL},
    {"unknown credential", unknown_credential, MJL_UNKNOWN_KIND, ALL},
    {"chain cut", chain_cut, MJL_TRUNCATED, ALL},
    {"lifetime reversed", lifetime_reversed, MJL_LEAF_LIFETIME, NEW},
    {"source update", source_update, MJL_LEAF_SOURCE_NOT_KEY_PACKAGE, OFFERED | ADDED},
    {"source commit", source_commit, MJL_LEAF_SOURCE_NOT_KEY_PACKAGE, OFFERED | ADDED},
    {"source key package", source_key_package, MJL_LEAF_SOURCE_NOT_UPDATE, UPDATED},
    {"source commit", source_commit, MJL_LEAF_SOURCE_NOT_UPDATE, UPDATED},
    {"source key package", source_key_package, MJL_LEAF_SOURCE_NOT_COMMIT, COMMITTED},
    {"source update", source_update, MJL_LEAF_SOURCE_NOT_COMMIT, COMMITTED},
    {"source unknown", source_unknown, MJL_UNKNOWN_KIND, ALL},
    {"source reserved", source_reserved, MJL_UNKNOWN_KIND, ALL},
    {"weak key", weak_key, MJL_LEAF_ENCRYPTION_KEY, ALL},
    {"short key", short_key, MJL_LEAF_ENCRYPTION_KEY, ALL},
    {"no key", no_key, MJL_LEAF_ENCRYPTION_KEY, ALL},
    {"weak signature key", weak_signature_key, MJL_LEAF_SIGNATURE_KEY, ALL},
    {"short signature key", short_signature_key, MJL_LEAF_SIGNATURE_KEY, ALL},
    {"key of Dave", key_of_dave, MJL_ENCRYPTION_KEY_TWICE, ALL & ~COMMITTED},
    {"key of Dave", key_of_dave, MJL_PATH_KEY_TWICE, COMMITTED},
    {"key of a parent", key_of_parent, MJL_PARENT_KEY_TWICE, ALL & ~COMMITTED},
    {"key of a parent", key_of_parent, MJL_PATH_KEY_TWICE, COMMITTED},
    {"signature key of Dave", signature_key_of_dave, MJL_SIGNATURE_KEY_TWICE, ALL},
    {"key kept", key_kept, MJL_UPDATE_KEEPS_KEY, UPDATED},
    {"key kept", key_kept, MJL_PATH_KEEPS_LEAF_KEY, COMMITTED},
    {"signed by another", signed_by_another, MJL_LEAF_SIGNATURE, ALL},
    {"signed for another place", signed_for_another_place, MJL_LEAF_SIGNATURE, PLACED},
    {"signed for another group", signed_for_another_group, MJL_LEAF_SIGNATURE, PLACED},
    {"signature altered", signature_altered, MJL_LEAF_SIGNATURE, ALL},
    {"signature empty", signature_empty, MJL_LEAF_SIGNATURE, ALL},
    {"signature cut", signature_cut, MJL_LEAF_SIGNATURE, ALL},
    {"signature longer", signature_longer, MJL_LEAF_SIGNATURE, ALL},
};

static void expect(const variant *tried, mjl_result expected)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if ((tried->ways & ways[i].way) == 0) continue;
        const mjl_result result = ways[i].take(tried->edit);
        if (result != expected)
            fail_msg("%s, %s: %s, not %s", tried->name, ways[i].name, result_name(result),
                     result_name(expected));
    }
}

static void right_leaf_is_taken_in_every_way(void **state)
{
    (void)state;
    expect(&(variant){"right", NULL, MJL_OK, MEMBERS & ~OFFERED}, MJL_OK);
    expect(&(variant){"right", NULL, MJL_OK, TOLD_ADDED | TOLD_UPDATED | TOLD_COMMITTED}, MJL_OK);
    expect(&(variant){"X.509", x509, MJL_OK, PLACED | ADDED | TOLD_ADDED}, MJL_OK);
    expect(&(variant){"right", NULL, MJL_OK, OFFERED}, MJL_OK);
}

static void each_rule_of_a_leaf_is_kept_by_members_and_joiners(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        expect(&variants[i], variants[i].expected);
}

static void credential_types_are_known_to_all(void **state)
{
    (void)state;
    world_begin(DAVE_KNOWS_NO_X509);
    expect(&(variant){"right", NULL, MJL_OK, ALL & ~OFFERED}, MJL_OK);
    expect(&(variant){"X.509", x509, MJL_OK, ALL}, MJL_CREDENTIAL_IN_USE);
    world_end();
    world_begin(DAVE_HAS_X509);
    expect(&(variant){"right", NULL, MJL_OK, ALL & ~OFFERED}, MJL_OK);
    expect(&(variant){"no X.509", no_x509, MJL_OK, ALL}, MJL_CREDENTIAL_IN_USE);
    world_end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(right_leaf_is_taken_in_every_way),
        TEST(each_rule_of_a_leaf_is_kept_by_members_and_joiners),
        cmocka_unit_test(credential_types_are_known_to_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
