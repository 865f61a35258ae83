/*
 * What a joiner refuses of a Welcome and the GroupInfo in it (RFC 9420 §12.4.3, §12.4.3.1): made by
 * hand, right but for one thing. Its ratchet tree is the matter of tree_refusals_test.c and
 * leaf_refusals_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "psk.h"
#include "variants.h"
#include "world.h"

/* ---- GroupInfo ---- */

static void signer_blank(welcome_draft *draft)
{
    draft->signer = 7;
}
static void signer_beyond(welcome_draft *draft)
{
    draft->signer = 8;
}
static void signer_far_beyond(welcome_draft *draft)
{
    draft->signer = UINT32_MAX;
}
static void signed_by_another(welcome_draft *draft)
{
    draft->signs = &us.bob;
}
static void flip(mjl_buffer *info)
{
    info->data[info->size - 50] ^= 1;
}
static void signature_altered(welcome_draft *draft)
{
    draft->info_bytes = flip;
}
static void signature_drop(mjl_buffer *info)
{
    signature_replace(info, NULL, 0);
}
static void signature_empty(welcome_draft *draft)
{
    draft->info_bytes = signature_drop;
}
static void trailing(mjl_buffer *bytes)
{
    buffer_put(bytes, "\0", 1);
}
static void cut(mjl_buffer *bytes)
{
    bytes->size--;
}
static void info_trailing(welcome_draft *draft)
{
    draft->info_bytes = trailing;
}
static void info_cut(welcome_draft *draft)
{
    draft->info_bytes = cut;
}
static void version_2(mjl_buffer *info)
{
    info->data[1] = 2;
}
static void info_of_version_2(welcome_draft *draft)
{
    draft->info_bytes = version_2;
}
static void info_of_another_suite(welcome_draft *draft)
{
    draft->context.suite = 1;
}
static void transcript_short(welcome_draft *draft)
{
    draft->context.confirmed_transcript_hash.size--;
}
static void transcript_empty(welcome_draft *draft)
{
    draft->context.confirmed_transcript_hash.size = 0;
}
static void epoch_0(
    welcome_draft *draft) /* As a new group has it, that nobody was added to (§11). */
{
    draft->context.epoch = 0;
    draft->context.confirmed_transcript_hash.size = 0;
}
static void extension_twice(welcome_draft *draft)
{
    buffer_put(&draft->info_extensions, "\xF0\7\1x\xF0\7\1y", 8);
}
static void extension_unknown(welcome_draft *draft) /* §12.4.3: to be ignored. */
{
    buffer_put(&draft->info_extensions, "\xF0\7\1x\x0A\x0A\0", 7);
}
static void tree_twice(welcome_draft *draft)
{
    buffer_put(&draft->info_extensions, "\0\2\1\0", 4);
}

static void group_info_is_whole_and_signed_by_a_member(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"right", NULL, MJL_OK},
        {"an unknown extension", extension_unknown, MJL_OK},
        {"a blank signer", signer_blank, MJL_GROUP_INFO_SIGNER},
        {"a signer beyond the tree", signer_beyond, MJL_GROUP_INFO_SIGNER},
        {"signer 2^32 - 1", signer_far_beyond, MJL_GROUP_INFO_SIGNER},
        {"signed by another", signed_by_another, MJL_GROUP_INFO_SIGNATURE},
        {"signature altered", signature_altered, MJL_GROUP_INFO_SIGNATURE},
        {"signature empty", signature_empty, MJL_GROUP_INFO_SIGNATURE},
        {"trailing", info_trailing, MJL_TRAILING},
        {"cut", info_cut, MJL_TRUNCATED},
        {"another version", info_of_version_2, MJL_UNKNOWN_VERSION},
        {"another suite", info_of_another_suite, MJL_GROUP_INFO_SUITE},
        {"a short transcript hash", transcript_short, MJL_CONTEXT_HASH_SIZE},
        {"no transcript hash", transcript_empty, MJL_CONTEXT_HASH_SIZE},
        {"epoch 0", epoch_0, MJL_CONTEXT_HASH_SIZE},
        {"an extension twice", extension_twice, MJL_EXTENSION_TWICE},
        {"the tree twice", tree_twice, MJL_EXTENSION_TWICE},
    };
    welcome_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- Welcome and GroupSecrets ---- */

static void welcome_of_another_suite(welcome_draft *draft)
{
    draft->suite = 1;
}
static void welcome_of_no_suite(welcome_draft *draft)
{
    draft->suite = 0xEAEA;
}
static void welcome_trailing(welcome_draft *draft)
{
    draft->message_bytes = trailing;
}
static void reference_flip(mjl_buffer *message)
{
    message->data[2 + 2 + 2 + 2 + 1] ^= 1;
}
static void welcome_for_another(welcome_draft *draft)
{
    draft->message_bytes = reference_flip;
}
static void message_version(mjl_buffer *message)
{
    message->data[1] = 2;
}
static void welcome_of_version_2(welcome_draft *draft)
{
    draft->message_bytes = message_version;
}
static void message_format(mjl_buffer *message)
{
    message->data[3] = MJL_MLS_GROUP_INFO;
}
static void welcome_of_another_format(welcome_draft *draft)
{
    draft->message_bytes = message_format;
}
static void joiner_secret_short(welcome_draft *draft)
{
    draft->joiner_secret.size--;
}
static const uint8_t secret[MJL_MLS_HASH_SIZE + 1] = {7};
static void joiner_secret_long(welcome_draft *draft)
{
    draft->joiner_secret = mjl_bytes_of(secret, sizeof secret);
}
static void joiner_secret_empty(welcome_draft *draft)
{
    draft->joiner_secret.size = 0;
}
static void joiner_secret_other(welcome_draft *draft)
{
    draft->joiner_secret = mjl_bytes_of(secret + 1, MJL_MLS_HASH_SIZE);
}
static void path_secret_short(welcome_draft *draft)
{
    draft->path_secret = mjl_bytes_of(secret, MJL_MLS_HASH_SIZE - 1);
}
static void path_secret_for_a_blank(welcome_draft *draft) /* The parent of Zoe and Alice. */
{
    draft->path_secret = mjl_bytes_of(secret, MJL_MLS_HASH_SIZE);
}
static void path_secret_of_our_own(welcome_draft *draft)
{
    draft->path_secret = mjl_bytes_of(secret, MJL_MLS_HASH_SIZE);
    draft->signer = ZOE_LEAF;
    draft->signs = &us.zoe;
}
static void path_secret_wrong(welcome_draft *draft) /* Of the root. */
{
    draft->path_secret = mjl_bytes_of(secret, MJL_MLS_HASH_SIZE);
    draft->signer = DAVE_LEAF;
    draft->signs = &us.dave;
}
static void presence(mjl_buffer *secrets)
{
    secrets->data[1 + MJL_MLS_HASH_SIZE] = 2;
}
static void path_secret_half_there(welcome_draft *draft)
{
    draft->secrets_bytes = presence;
}
static void secrets_trailing(welcome_draft *draft)
{
    draft->secrets_bytes = trailing;
}
static void secrets_cut(welcome_draft *draft)
{
    draft->secrets_bytes = cut;
}

static void welcome_is_for_us_and_whole(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"another suite", welcome_of_another_suite, MJL_WELCOME_SUITE},
        {"no suite", welcome_of_no_suite, MJL_WELCOME_SUITE},
        {"trailing", welcome_trailing, MJL_TRAILING},
        {"for another", welcome_for_another, MJL_NOT_FOR_US},
        {"another version", welcome_of_version_2, MJL_UNKNOWN_VERSION},
        {"another format", welcome_of_another_format, MJL_UNKNOWN_KIND},
        {"a short joiner secret", joiner_secret_short, MJL_WELCOME_SECRET_SIZE},
        {"a long joiner secret", joiner_secret_long, MJL_WELCOME_SECRET_SIZE},
        {"no joiner secret", joiner_secret_empty, MJL_WELCOME_SECRET_SIZE},
        {"another joiner secret", joiner_secret_other, MJL_CANNOT_OPEN},
        {"a short path secret", path_secret_short, MJL_WELCOME_SECRET_SIZE},
        {"a path secret for a blank", path_secret_for_a_blank, MJL_WELCOME_PATH_SECRET},
        {"a path secret of our own", path_secret_of_our_own, MJL_WELCOME_PATH_SECRET},
        {"another path secret", path_secret_wrong, MJL_NO_PATH_SECRET},
        {"presence 2", path_secret_half_there, MJL_PRESENCE_OCTET},
        {"more behind the secrets", secrets_trailing, MJL_TRAILING},
        {"secrets cut", secrets_cut, MJL_TRUNCATED},
    };
    welcome_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- PSKs (§8.4) ---- */

static mjl_buffer psks;

static void psk_put(welcome_draft *draft, mjl_mls_psk_id id)
{
    mjl_buffer_clear(&psks);
    mjl_mls_writer writer = mjl_mls_writer_to(&psks);
    mjl_mls_psk_id_write(&writer, &id);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    draft->psks = mjl_buffer_bytes(&psks);
}
static mjl_mls_psk_id some_psk(void)
{
    return (mjl_mls_psk_id){.type = MJL_MLS_PSK_EXTERNAL,
                            .id = mjl_bytes_text("secret"),
                            .nonce = mjl_bytes_of(secret, MJL_MLS_HASH_SIZE)};
}
static void psk_unknown(welcome_draft *draft)
{
    psk_put(draft, some_psk());
}
static void psk_nonce_short(welcome_draft *draft)
{
    mjl_mls_psk_id id = some_psk();
    id.nonce.size--;
    psk_put(draft, id);
}
static void psk_nonce_long(welcome_draft *draft)
{
    mjl_mls_psk_id id = some_psk();
    id.nonce.size++;
    psk_put(draft, id);
}
static void psk_of_no_type(welcome_draft *draft)
{
    psk_put(draft, some_psk());
    psks.data[0] = 3;
}
static void psk_of_no_usage(welcome_draft *draft)
{
    psk_put(draft, (mjl_mls_psk_id){.type = MJL_MLS_PSK_RESUMPTION,
                                    .usage = 4,
                                    .nonce = mjl_bytes_of(secret, MJL_MLS_HASH_SIZE)});
}

static void psks_of_a_welcome_keep_their_form(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"unknown", psk_unknown, MJL_UNKNOWN_PSK},
        {"a short nonce", psk_nonce_short, MJL_PSK_NONCE},
        {"a long nonce", psk_nonce_long, MJL_PSK_NONCE},
        {"no such type", psk_of_no_type, MJL_UNKNOWN_KIND},
        {"no such usage", psk_of_no_usage, MJL_UNKNOWN_KIND},
    };
    welcome_variants_expect(variants, sizeof variants / sizeof *variants);
    mjl_buffer_clear(&psks);
}

/* ---- Tags of every size ---- */

static size_t wanted_size;
static const uint8_t zeroes[MJL_MLS_HASH_SIZE_MAX] = {0};

static void tag_of_size(welcome_draft *draft)
{
    draft->has_tag = true;
    draft->tag = mjl_bytes_of(zeroes, wanted_size);
}
static void cut_to_size(mjl_buffer *sealed)
{
    if (sealed->size < wanted_size) buffer_put(sealed, zeroes, wanted_size - sealed->size);
    sealed->size = wanted_size;
}
static void info_of_size(welcome_draft *draft)
{
    draft->info_sealed = cut_to_size;
}
static void secrets_of_size(welcome_draft *draft)
{
    draft->secrets_sealed = cut_to_size;
}
static void lose_from_tag(mjl_buffer *sealed)
{
    sealed->size -= wanted_size;
}
static void info_tag_cut(welcome_draft *draft)
{
    draft->info_sealed = lose_from_tag;
}
static void secrets_tag_cut(welcome_draft *draft)
{
    draft->secrets_sealed = lose_from_tag;
}
static void info_longer(welcome_draft *draft)
{
    draft->info_sealed = trailing;
}
static void secrets_longer(welcome_draft *draft)
{
    draft->secrets_sealed = trailing;
}

static void tag_of_no_size_but_its_own_is_taken(void **state)
{
    (void)state;
    for (wanted_size = 0; wanted_size <= MJL_MLS_HASH_SIZE + 1; wanted_size++)
        assert_int_equal(welcome_told(tag_of_size), MJL_BAD_CONFIRMATION);
    enum { TAG = 16 };
    for (wanted_size = 0; wanted_size <= TAG + 1; wanted_size++) {
        assert_int_equal(welcome_told(info_of_size), MJL_CANNOT_OPEN);
        assert_int_equal(welcome_told(secrets_of_size), MJL_CANNOT_OPEN);
        if (wanted_size == 0) continue;
        assert_int_equal(welcome_told(info_tag_cut), MJL_CANNOT_OPEN);
        assert_int_equal(welcome_told(secrets_tag_cut), MJL_CANNOT_OPEN);
    }
    assert_int_equal(welcome_told(info_longer), MJL_CANNOT_OPEN);
    assert_int_equal(welcome_told(secrets_longer), MJL_CANNOT_OPEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(group_info_is_whole_and_signed_by_a_member),
        TEST(welcome_is_for_us_and_whole),
        TEST(psks_of_a_welcome_keep_their_form),
        TEST(tag_of_no_size_but_its_own_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
