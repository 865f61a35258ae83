/*
 * Joining by Welcome (RFC 9420 §12.4.3.1): what leads in, and what is refused: Welcomes for others,
 * damaged ones, and those of inviters that sign something wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "forge.h"
#include "group.h"
#include "group_info.h"
#include "key_package.h"
#include "tree_encoding.h"
#include "welcome.h"

/* Alice has invited Bob; Dave is somebody else. */
static struct {
    person alice, bob, dave;
    mjl_mls_candidate invited;
} us;

static int invite(void **state)
{
    (void)state;
    dice_start(21);
    person_init(&us.alice, "alice");
    person_init(&us.bob, "bob");
    person_init(&us.dave, "dave");
    person_create(&us.alice, "room");
    const person *const newcomers[] = {&us.bob};
    assert_int_equal(person_commit(&us.alice,
                                   &(change){.add = newcomers, .add_count = 1, .refresh = true},
                                   &us.invited),
                     MJL_OK);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    mjl_mls_candidate_clear(&us.invited);
    person_clear(&us.alice);
    person_clear(&us.bob);
    person_clear(&us.dave);
    return 0;
}

static mjl_mls_join_config config_of(const person *who)
{
    return (mjl_mls_join_config){.identity = &who->identity,
                                 .key_package_secret = mjl_buffer_bytes(&who->key_package_secret)};
}

static mjl_result join_with(mjl_bytes welcome, const mjl_mls_join_config *config)
{
    mjl_mls_joined joined;
    const mjl_result result = mjl_mls_join(welcome, config, &joined);
    if (result != MJL_OK) {
        assert_null(joined.group);
        assert_null(joined.ratchets);
        assert_null(joined.group_info_extensions.data);
    }
    mjl_mls_joined_clear(&joined);
    return result;
}

static mjl_bytes welcome(void)
{
    return mjl_buffer_bytes(&us.invited.welcome);
}

/* ---- Ways in ---- */

static void joiner_learns_inviter_and_extensions(void **state)
{
    (void)state;
    const mjl_mls_extension told = {0xF005, mjl_bytes_text("welcome")};
    const mjl_bytes packages[] = {mjl_buffer_bytes(&us.bob.key_package)};
    const mjl_mls_commit_config config = {.identity = &us.alice.identity,
                                          .add_key_packages = packages,
                                          .add_count = 1,
                                          .group_info_extensions = &told,
                                          .group_info_extensions_count = 1};
    mjl_mls_candidate candidate;
    assert_int_equal(
        mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate),
        MJL_OK);
    assert_false(candidate.has_path);
    const mjl_mls_join_config join = config_of(&us.bob);
    mjl_mls_joined joined;
    assert_int_equal(mjl_mls_join(mjl_buffer_bytes(&candidate.welcome), &join, &joined), MJL_OK);
    assert_int_equal(joined.signer, 0);
    mjl_bytes data;
    assert_int_equal(
        mjl_mls_extensions_find(mjl_buffer_bytes(&joined.group_info_extensions), 0xF005, &data),
        MJL_OK);
    assert_true(mjl_bytes_equal(data, told.data));
    assert_int_equal(mjl_mls_group_own_leaf(joined.group), 1);
    mjl_mls_joined_clear(&joined);
    mjl_mls_candidate_clear(&candidate);
}

static void welcome_names_whom_it_is_for(void **state)
{
    (void)state;
    mjl_mls_key_package_view view;
    assert_int_equal(mjl_mls_key_package_read(mjl_buffer_bytes(&us.bob.key_package), NULL, &view),
                     MJL_OK);
    mjl_bytes reference;
    assert_int_equal(mjl_mls_welcome_reference(welcome(), 0, &reference), MJL_OK);
    assert_true(mjl_bytes_equal(reference, mjl_bytes_of(view.reference, view.reference_size)));
    assert_int_equal(mjl_mls_welcome_reference(welcome(), 1, &reference), MJL_NOT_FOUND);
}

static void tree_may_come_beside_the_welcome(void **state)
{
    (void)state;
    const mjl_bytes packages[] = {mjl_buffer_bytes(&us.bob.key_package)};
    const mjl_mls_commit_config config = {.identity = &us.alice.identity,
                                          .add_key_packages = packages,
                                          .add_count = 1,
                                          .without_ratchet_tree = true};
    mjl_mls_candidate candidate;
    assert_int_equal(
        mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate),
        MJL_OK);
    mjl_mls_join_config join = config_of(&us.bob);
    const mjl_bytes bare = mjl_buffer_bytes(&candidate.welcome);
    assert_int_equal(join_with(bare, &join), MJL_TREE_MISSING); /* Nobody gave the tree. */
    mjl_buffer tree = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&tree);
    mjl_mls_ratchet_tree_write(&writer, &candidate.group->tree);
    forge_end(&writer);
    join.ratchet_tree = mjl_buffer_bytes(&tree);
    assert_int_equal(join_with(bare, &join), MJL_OK);
    mjl_buffer_clear(&tree);
    writer = mjl_mls_writer_to(&tree);
    mjl_mls_ratchet_tree_write(&writer, &us.alice.group->tree); /* Of the epoch before. */
    forge_end(&writer);
    join.ratchet_tree = mjl_buffer_bytes(&tree);
    assert_int_equal(join_with(bare, &join), MJL_TREE_HASH);
    mjl_buffer_clear(&tree);
    mjl_mls_candidate_clear(&candidate);
}

/* ---- Not ours, or not whole ---- */

static void welcome_for_another_is_not_for_us(void **state)
{
    (void)state;
    const mjl_mls_join_config dave = config_of(&us.dave);
    assert_int_equal(join_with(welcome(), &dave), MJL_NOT_FOR_US);
    mjl_mls_join_config mixed = config_of(&us.bob);
    mixed.identity = &us.dave.identity;
    assert_int_equal(join_with(welcome(), &mixed), MJL_BAD_ARGUMENT);
}

static void no_welcome_with_an_altered_byte_leads_in(void **state)
{
    (void)state;
    const mjl_mls_join_config config = config_of(&us.bob);
    mjl_buffer *bytes = &us.invited.welcome;
    for (size_t i = 0; i < bytes->size; i++) {
        const uint8_t kept = bytes->data[i];
        bytes->data[i] ^= (uint8_t)(1 + dice_below(255));
        assert_int_not_equal(join_with(welcome(), &config), MJL_OK);
        bytes->data[i] = kept;
    }
    assert_int_equal(join_with(welcome(), &config), MJL_OK);
}

static void no_truncated_welcome_leads_in(void **state)
{
    (void)state;
    const mjl_mls_join_config config = config_of(&us.bob);
    for (size_t i = 0; i < us.invited.welcome.size; i++)
        assert_int_not_equal(join_with(mjl_bytes_of(us.invited.welcome.data, i), &config), MJL_OK);
}

static void damaged_key_package_secret_is_refused(void **state)
{
    (void)state;
    mjl_buffer *secret = &us.bob.key_package_secret;
    const mjl_mls_join_config config = config_of(&us.bob);
    for (size_t i = 0; i < secret->size; i++) {
        secret->data[i] ^= 0x10;
        assert_int_not_equal(join_with(welcome(), &config), MJL_OK);
        secret->data[i] ^= 0x10;
    }
}

/* ---- Inviters that sign something wrong ---- */

/* What a forged Welcome says; all that is not set is right. */
typedef struct forged_welcome {
    const mjl_mls_ratchet_tree *tree; /* In the extension. */
    mjl_bytes context;                /* Encoded GroupContext. */
    mjl_bytes tag;
    uint32_t signer;
    const mjl_mls_identity *signs;
    const uint8_t *path_secret;
    mjl_bytes psks;
} forged_welcome;

static const uint8_t joiner_secret[MJL_MLS_HASH_SIZE] = {7};
static const uint8_t no_psk[MJL_MLS_HASH_SIZE] = {0};

static forged_welcome right(mjl_mls_epoch_start *start)
{
    const mjl_mls_group *group = us.invited.group;
    assert_int_equal(mjl_mls_epoch_start_of_welcome(group->suite, mjl_mls_group_context(group),
                                                    joiner_secret, no_psk, start),
                     MJL_OK);
    return (forged_welcome){.tree = &group->tree,
                            .context = mjl_mls_group_context(group),
                            .tag = mjl_bytes_of(start->confirmation_tag, MJL_MLS_HASH_SIZE),
                            .signs = &us.alice.identity};
}

static void info_write(const forged_welcome *wanted, mjl_buffer *out)
{
    mjl_buffer tree = {0}, extensions = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&tree);
    mjl_mls_ratchet_tree_write(&writer, wanted->tree);
    forge_end(&writer);
    const mjl_mls_extension extension = {MJL_MLS_EXTENSION_RATCHET_TREE, mjl_buffer_bytes(&tree)};
    writer = mjl_mls_writer_to(&extensions);
    mjl_mls_extensions_write(&writer, &extension, 1);
    forge_end(&writer);
    const mjl_mls_group_info info = {.extensions = mjl_buffer_bytes(&extensions),
                                     .confirmation_tag = wanted->tag,
                                     .signer = wanted->signer};
    assert_int_equal(mjl_mls_group_info_sign(us.alice.group->suite, wanted->context, &info,
                                             wanted->signs->signature_seed, out),
                     MJL_OK);
    mjl_buffer_clear(&tree);
    mjl_buffer_clear(&extensions);
}

static mjl_result join_forged(const forged_welcome *wanted)
{
    const mjl_mls_suite *suite = us.alice.group->suite;
    uint8_t member_secret[MJL_MLS_HASH_SIZE];
    mjl_mls_key_schedule_member(suite, joiner_secret, no_psk, member_secret);
    mjl_buffer info = {0}, message = {0};
    info_write(wanted, &info);
    mjl_bytes package;
    assert_int_equal(
        mjl_mls_message_body(mjl_buffer_bytes(&us.bob.key_package), MJL_MLS_KEY_PACKAGE, &package),
        MJL_OK);
    mjl_mls_key_package parsed;
    assert_int_equal(mjl_mls_key_package_parse(package, &parsed), MJL_OK);
    const mjl_mls_newcomer newcomer = {package, parsed.init_key, wanted->path_secret};
    const mjl_mls_welcome_parts parts = {.suite = suite,
                                         .newcomers = &newcomer,
                                         .newcomers_count = 1,
                                         .joiner_secret = joiner_secret,
                                         .member_secret = member_secret,
                                         .psks = wanted->psks,
                                         .group_info = mjl_buffer_bytes(&info)};
    assert_int_equal(mjl_mls_welcome_make(&parts, dice_random(), &message), MJL_OK);
    const mjl_mls_join_config config = config_of(&us.bob);
    const mjl_result result = join_with(mjl_buffer_bytes(&message), &config);
    mjl_buffer_clear(&info);
    mjl_buffer_clear(&message);
    return result;
}

static void forged_welcome_without_a_fault_leads_in(void **state)
{
    (void)state;
    mjl_mls_epoch_start start;
    const forged_welcome wanted = right(&start);
    assert_int_equal(join_forged(&wanted), MJL_OK);
    mjl_mls_epoch_start_clear(&start);
}

static void wrong_confirmation_tag_is_refused(void **state)
{
    (void)state;
    mjl_mls_epoch_start start;
    forged_welcome wanted = right(&start);
    wanted.tag = mjl_bytes_of(no_psk, sizeof no_psk);
    assert_int_equal(join_forged(&wanted), MJL_BAD_CONFIRMATION);
    wanted.tag.size--;
    assert_int_equal(join_forged(&wanted), MJL_BAD_CONFIRMATION);
    mjl_mls_epoch_start_clear(&start);
}

static void group_info_is_signed_by_a_member(void **state)
{
    (void)state;
    mjl_mls_epoch_start start;
    forged_welcome wanted = right(&start);
    wanted.signs = &us.dave.identity;
    assert_int_equal(join_forged(&wanted), MJL_GROUP_INFO_SIGNATURE);
    wanted.signs = &us.alice.identity;
    wanted.signer = 1;
    assert_int_equal(join_forged(&wanted), MJL_GROUP_INFO_SIGNATURE);
    wanted.signer = 2; /* Beyond the tree. */
    assert_int_equal(join_forged(&wanted), MJL_GROUP_INFO_SIGNER);
    mjl_mls_epoch_start_clear(&start);
}

static void path_secret_fits_the_tree(void **state)
{
    (void)state;
    mjl_mls_epoch_start start;
    forged_welcome wanted = right(&start);
    wanted.path_secret = joiner_secret;
    assert_int_equal(join_forged(&wanted), MJL_NO_PATH_SECRET);
    wanted.signer = 1; /* Bob invites himself. */
    wanted.signs = &us.bob.identity;
    assert_int_equal(join_forged(&wanted), MJL_WELCOME_PATH_SECRET);
    mjl_mls_epoch_start_clear(&start);
}

static void path_secret_needs_a_path(void **state)
{
    (void)state;
    mjl_mls_candidate_clear(&us.invited);
    const person *const newcomers[] = {&us.bob};
    assert_int_equal(
        person_commit(&us.alice, &(change){.add = newcomers, .add_count = 1}, &us.invited), MJL_OK);
    mjl_mls_epoch_start start;
    forged_welcome wanted = right(&start);
    assert_int_equal(join_forged(&wanted), MJL_OK);
    wanted.path_secret = joiner_secret;
    assert_int_equal(join_forged(&wanted), MJL_WELCOME_PATH_SECRET);
    mjl_mls_epoch_start_clear(&start);
}

static void secrets_of_a_welcome_have_hash_size(void **state)
{
    (void)state;
    const mjl_mls_suite *suite = us.alice.group->suite;
    const mjl_bytes whole = {joiner_secret, MJL_MLS_HASH_SIZE};
    const mjl_bytes cut = {joiner_secret, MJL_MLS_HASH_SIZE - 1};
    const mjl_mls_group_secrets offered[] = {
        {.joiner_secret = whole, .has_path_secret = true, .path_secret = whole},
        {.joiner_secret = cut, .has_path_secret = true, .path_secret = whole},
        {.joiner_secret = whole, .has_path_secret = true, .path_secret = cut}};
    const mjl_result expected[] = {MJL_OK, MJL_WELCOME_SECRET_SIZE, MJL_WELCOME_SECRET_SIZE};
    for (size_t i = 0; i < 3; i++) {
        mjl_buffer encoded = {0};
        mjl_mls_group_secrets parsed;
        assert_int_equal(mjl_mls_group_secrets_encode(&offered[i], &encoded), MJL_OK);
        assert_int_equal(mjl_mls_group_secrets_parse(suite, mjl_buffer_bytes(&encoded), &parsed),
                         expected[i]);
        mjl_buffer_clear(&encoded);
    }
    const mjl_mls_welcome brief = {.encrypted_group_info = {joiner_secret, 15}};
    mjl_buffer opened = {0};
    assert_int_equal(mjl_mls_welcome_open_group_info(suite, &brief, joiner_secret, &opened),
                     MJL_CANNOT_OPEN);
    mjl_buffer_clear(&opened);
}

static void psks_of_a_welcome_keep_their_rules(void **state)
{
    (void)state;
    static const uint8_t nonce[MJL_MLS_HASH_SIZE] = {1};
    mjl_mls_psk_id ids[] = {
        {.type = MJL_MLS_PSK_EXTERNAL, .nonce = {nonce, sizeof nonce}},
        {.type = MJL_MLS_PSK_EXTERNAL, .nonce = {nonce, sizeof nonce - 1}},
        {.type = MJL_MLS_PSK_RESUMPTION,
         .usage = MJL_MLS_PSK_REINIT,
         .nonce = {nonce, sizeof nonce}},
    };
    const mjl_result expected[] = {MJL_UNKNOWN_PSK, MJL_PSK_NONCE, MJL_UNKNOWN_PSK};
    for (size_t i = 0; i < 3; i++) {
        mjl_mls_epoch_start start;
        forged_welcome wanted = right(&start);
        mjl_buffer psks = {0};
        mjl_mls_writer writer = mjl_mls_writer_to(&psks);
        mjl_mls_psk_id_write(&writer, &ids[i]);
        forge_end(&writer);
        wanted.psks = mjl_buffer_bytes(&psks);
        assert_int_equal(join_forged(&wanted), expected[i]);
        mjl_buffer_clear(&psks);
        mjl_mls_epoch_start_clear(&start);
    }
}

/* The context of the epoch with one field changed, encoded. */
static void context_with(const mjl_mls_context *changed, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_context_write(&writer, changed);
    forge_end(&writer);
}

static void expect_context(const mjl_mls_context *changed, mjl_result expected)
{
    mjl_mls_epoch_start start;
    forged_welcome wanted = right(&start);
    mjl_buffer context = {0};
    context_with(changed, &context);
    wanted.context = mjl_buffer_bytes(&context);
    assert_int_equal(join_forged(&wanted), expected);
    mjl_buffer_clear(&context);
    mjl_mls_epoch_start_clear(&start);
}

static void context_fits_tree_and_key_package(void **state)
{
    (void)state;
    static const uint8_t unknown[] = {0xF0, 0x0F, 0}; /* An extension that Bob does not know. */
    const mjl_mls_context *context = &us.invited.group->context;
    mjl_mls_context changed = *context;
    changed.suite = 1;
    expect_context(&changed, MJL_GROUP_INFO_SUITE);
    changed = *context;
    changed.tree_hash = mjl_bytes_of(no_psk, sizeof no_psk);
    expect_context(&changed, MJL_TREE_HASH);
    changed.tree_hash.size--;
    expect_context(&changed, MJL_CONTEXT_HASH_SIZE);
    changed = *context;
    changed.confirmed_transcript_hash.size--;
    expect_context(&changed, MJL_CONTEXT_HASH_SIZE);
    changed = *context;
    changed.extensions = mjl_bytes_of(unknown, sizeof unknown);
    expect_context(&changed, MJL_GROUP_EXTENSION);
    changed = *context;
    changed.group_id = mjl_bytes_text("mooR"); /* The inviter's leaf is signed for its group. */
    expect_context(&changed, MJL_LEAF_SIGNATURE);
    changed = *context;
    changed.epoch++;
    expect_context(&changed, MJL_BAD_CONFIRMATION);
}

/* Bob's leaf is not in the tree of the offered epoch. */
static void tree_without_us_is_refused(void **state)
{
    (void)state;
    mjl_mls_epoch_start start;
    forged_welcome wanted = right(&start);
    wanted.tree = &us.alice.group->tree;
    wanted.context = mjl_mls_group_context(us.alice.group); /* Epoch 0 has no transcript. */
    assert_int_equal(join_forged(&wanted), MJL_CONTEXT_HASH_SIZE);
    mjl_mls_context changed = us.alice.group->context;
    changed.confirmed_transcript_hash = us.invited.group->context.confirmed_transcript_hash;
    mjl_buffer context = {0};
    context_with(&changed, &context);
    wanted.context = mjl_buffer_bytes(&context);
    assert_int_equal(join_forged(&wanted), MJL_NOT_IN_THE_TREE);
    mjl_buffer_clear(&context);
    mjl_mls_epoch_start_clear(&start);
}

static void join_without_memory_leaks_nothing(void **state)
{
    (void)state;
    const mjl_mls_join_config config = config_of(&us.bob);
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = join_with(welcome(), &config);
        const bool failed = allocation_failed();
        assert_int_equal(result, failed ? MJL_OUT_OF_MEMORY : MJL_OK);
        if (!failed) break;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, invite, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(joiner_learns_inviter_and_extensions),
        TEST(welcome_names_whom_it_is_for),
        TEST(tree_may_come_beside_the_welcome),
        TEST(welcome_for_another_is_not_for_us),
        TEST(no_welcome_with_an_altered_byte_leads_in),
        TEST(no_truncated_welcome_leads_in),
        TEST(damaged_key_package_secret_is_refused),
        TEST(forged_welcome_without_a_fault_leads_in),
        TEST(wrong_confirmation_tag_is_refused),
        TEST(group_info_is_signed_by_a_member),
        TEST(path_secret_fits_the_tree),
        TEST(path_secret_needs_a_path),
        TEST(secrets_of_a_welcome_have_hash_size),
        TEST(psks_of_a_welcome_keep_their_rules),
        TEST(context_fits_tree_and_key_package),
        TEST(tree_without_us_is_refused),
        TEST(join_without_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
