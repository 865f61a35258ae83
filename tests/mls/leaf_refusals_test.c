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

#include "group.h"
#include "leaf_ways.h"
#include "world.h"

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

static const leaf_variant variants[] = {
    {"no version", no_version, MJL_LEAF_VERSION, ALL},
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

static void right_leaf_is_taken_in_every_way(void **state)
{
    (void)state;
    leaf_variant_expect(&(leaf_variant){"right", NULL, MJL_OK, MEMBERS & ~OFFERED}, MJL_OK);
    leaf_variant_expect(
        &(leaf_variant){"right", NULL, MJL_OK, TOLD_ADDED | TOLD_UPDATED | TOLD_COMMITTED}, MJL_OK);
    leaf_variant_expect(&(leaf_variant){"X.509", x509, MJL_OK, PLACED | ADDED | TOLD_ADDED},
                        MJL_OK);
    leaf_variant_expect(&(leaf_variant){"right", NULL, MJL_OK, OFFERED}, MJL_OK);
}

static void each_rule_of_a_leaf_is_kept_by_members_and_joiners(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        leaf_variant_expect(&variants[i], variants[i].expected);
}

static void credential_types_are_known_to_all(void **state)
{
    (void)state;
    world_begin(DAVE_KNOWS_NO_X509);
    leaf_variant_expect(&(leaf_variant){"right", NULL, MJL_OK, ALL & ~OFFERED}, MJL_OK);
    leaf_variant_expect(&(leaf_variant){"X.509", x509, MJL_OK, ALL}, MJL_CREDENTIAL_IN_USE);
    world_end();
    world_begin(DAVE_HAS_X509);
    leaf_variant_expect(&(leaf_variant){"right", NULL, MJL_OK, ALL & ~OFFERED}, MJL_OK);
    leaf_variant_expect(&(leaf_variant){"no X.509", no_x509, MJL_OK, ALL}, MJL_CREDENTIAL_IN_USE);
    world_end();
}

/* ---- What an application asks (§5.3.1, §7.2, §7.3) ---- */

static void long_life(leaf_draft *draft)
{
    draft->parts.not_after = UINT64_C(9000000000);
}
static void whole_life(leaf_draft *draft) /* As long as can be written. */
{
    draft->parts.not_before = 0;
    draft->parts.not_after = UINT64_MAX;
}
static void expired(leaf_draft *draft)
{
    draft->parts.not_after = 999;
}
static void not_yet(leaf_draft *draft)
{
    draft->parts.not_before = 1001;
}
static void mallory(leaf_draft *draft)
{
    draft->parts.credential = BYTES("\0\1\7mallory");
}
static mjl_result knows_mallory(void *context, const mjl_mls_credential_view *credential)
{
    (void)context;
    return mjl_bytes_equal(credential->identity, mjl_bytes_text("mallory")) ? MJL_CREDENTIAL_REFUSED
                                                                            : MJL_OK;
}

static void application_bounds_lives_and_believes_credentials(void **state)
{
    (void)state;
    static const leaf_variant asked[] = {
        {"a long life", long_life, MJL_LEAF_LIFETIME_TOO_LONG, NEW},
        {"a whole life", whole_life, MJL_LEAF_LIFETIME_TOO_LONG, NEW},
        {"expired", expired, MJL_LEAF_NOT_VALID_NOW, NEW},
        {"not yet", not_yet, MJL_LEAF_NOT_VALID_NOW, NEW},
        {"Mallory", mallory, MJL_CREDENTIAL_REFUSED, ALL},
    };
    const mjl_mls_leaf_policy policy = {
        .now = 1000, .lifetime_max = UINT64_C(3000000000), .credential = knows_mallory};
    world_policy = &policy;
    leaf_variant_expect(&(leaf_variant){"right", NULL, MJL_OK, ALL & ~OFFERED}, MJL_OK);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        leaf_variant_expect(&asked[i], asked[i].expected);
    world_policy = NULL;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        leaf_variant_expect(&(leaf_variant){asked[i].name, asked[i].edit, MJL_OK,
                                            asked[i].ways & ~(unsigned)OFFERED},
                            MJL_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(right_leaf_is_taken_in_every_way),
        TEST(each_rule_of_a_leaf_is_kept_by_members_and_joiners),
        TEST(application_bounds_lives_and_believes_credentials),
        cmocka_unit_test(credential_types_are_known_to_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
