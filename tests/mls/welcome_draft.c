#include "welcome_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "epoch_start.h"
#include "group.h"
#include "labels.h"
#include "message.h"
#include "tree_encoding.h"
#include "tree_hash.h"
#include "update_path.h"
#include "welcome.h"
#include "world.h"

static const uint8_t joiner_secret[MJL_MLS_HASH_SIZE] = {7};

static const mjl_mls_suite *suite(void)
{
    return us.alice.group->suite;
}

static void end(mjl_mls_writer *writer)
{
    assert_int_equal(mjl_mls_writer_end(writer), MJL_OK);
}

static void zoe_package(mjl_bytes *package, mjl_mls_key_package *parsed)
{
    assert_int_equal(
        mjl_mls_message_body(mjl_buffer_bytes(&us.zoe.key_package), MJL_MLS_KEY_PACKAGE, package),
        MJL_OK);
    mjl_mls_reader reader = mjl_mls_reader_of(*package);
    mjl_mls_key_package_read_body(&reader, parsed);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
}

void welcome_begin(welcome_draft *draft)
{
    mjl_bytes package;
    mjl_mls_key_package parsed;
    *draft = (welcome_draft){.signer = ALICE_LEAF, .signs = &us.alice};
    draft->tree = mjl_mls_ratchet_tree_share(&us.alice.group->tree);
    draft->suite = suite()->id;
    draft->joiner_secret = mjl_bytes_of(joiner_secret, sizeof joiner_secret);
    draft->context = us.alice.group->context;
    draft->context.epoch++;
    draft->context.tree_hash.size = 0;
    zoe_package(&package, &parsed);
    assert_true(welcome_add(draft, parsed.leaf.encoded));
}

void welcome_clear(welcome_draft *draft)
{
    mjl_mls_ratchet_tree_clear(&draft->tree);
    mjl_buffer_clear(&draft->info_extensions);
    mjl_buffer_clear(&draft->message);
}

/* ---- The tree ---- */

static bool leaf_put(welcome_draft *draft, uint32_t at, mjl_bytes leaf)
{
    mjl_mls_leaf_content *content;
    if (mjl_mls_leaf_content_new(leaf, &content) != MJL_OK) return false;
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&draft->tree, at, content), MJL_OK);
    return true;
}

bool welcome_add(welcome_draft *draft, mjl_bytes leaf)
{
    const uint32_t at = mjl_mls_ratchet_tree_leftmost_blank(&draft->tree);
    assert_int_equal(mjl_mls_ratchet_tree_unmerge(&draft->tree, at), MJL_OK);
    return leaf_put(draft, at, leaf);
}

bool welcome_update(welcome_draft *draft, uint32_t at, mjl_bytes leaf)
{
    assert_int_equal(mjl_mls_ratchet_tree_blank_path(&draft->tree, at, MJL_MLS_TREE_KEEP_LEAF),
                     MJL_OK);
    return leaf_put(draft, at, leaf);
}

static void parent_rehash(welcome_draft *draft, uint32_t leaf, uint8_t level, mjl_bytes key,
                          mjl_bytes above, uint8_t *hash)
{
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_parent_content_new(key, above, mjl_bytes_of(NULL, 0), &parent),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&draft->tree, leaf, level, parent), MJL_OK);
    const mjl_mls_tree_place place = {mjl_mls_ratchet_tree_above(&draft->tree, leaf, level),
                                      (leaf >> level) << level};
    const bool is_right = (leaf >> (level - 1)) & 1;
    assert_int_equal(
        mjl_mls_parent_hash(suite(), place, is_right ? MJL_MLS_LEFT : MJL_MLS_RIGHT, hash), MJL_OK);
}

void welcome_path(welcome_draft *draft, uint32_t leaf, const drafted_path *wanted)
{
    static const uint8_t nobody[MJL_MLS_HASH_SIZE] = {3};
    uint8_t private_key[32], public_key[32], hash[MJL_MLS_HASH_SIZE_MAX];
    mjl_bytes above = mjl_bytes_of(NULL, 0);
    if (wanted->root_has_hash) above = mjl_bytes_of(nobody, sizeof nobody);
    assert_int_equal(mjl_mls_ratchet_tree_blank_path(&draft->tree, leaf, MJL_MLS_TREE_KEEP_LEAF),
                     MJL_OK);
    const mjl_mls_filtered_path filtered = mjl_mls_filtered_path_of(&draft->tree, leaf);
    for (uint8_t i = filtered.count; i-- != 0;) {
        assert_int_equal(mjl_mls_kem_generate(suite(), dice_random(), private_key, public_key),
                         MJL_OK);
        const mjl_bytes key = i < 3 && wanted->keys[i].size != 0
                                  ? wanted->keys[i]
                                  : mjl_bytes_of(public_key, sizeof public_key);
        parent_rehash(draft, leaf, filtered.level[i], key, above, hash);
        above = mjl_bytes_of(hash, suite()->hash_size);
    }
    leaf_draft made;
    mjl_buffer encoded = {0};
    leaf_draft_begin(&made, world_at(leaf), MJL_MLS_LEAF_COMMIT,
                     (mjl_mls_leaf_place){draft->context.group_id, leaf});
    made.parts.parent_hash = above;
    leaf_draft_write(&made, wanted->leaf, &encoded);
    assert_true(leaf_put(draft, leaf, mjl_buffer_bytes(&encoded)));
    mjl_buffer_clear(&encoded);
}

/* ---- Writing ---- */

static void tree_write(const welcome_draft *draft, mjl_buffer *out)
{
    mjl_buffer whole = {0}, nodes = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&whole);
    mjl_mls_ratchet_tree_write(&writer, &draft->tree);
    end(&writer);
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&whole));
    assert_int_equal(mjl_buffer_append(&nodes, mjl_mls_read_vector(&reader, 1 << 24)), MJL_OK);
    if (draft->tree_bytes != NULL) draft->tree_bytes(&nodes);
    writer = mjl_mls_writer_to(out);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&nodes));
    end(&writer);
    mjl_buffer_clear(&whole);
    mjl_buffer_clear(&nodes);
}

static void info_write(const welcome_draft *draft, mjl_bytes context, mjl_bytes tag,
                       mjl_buffer *out)
{
    mjl_buffer tree = {0}, extensions = {0};
    tree_write(draft, &tree);
    if (draft->tree_extension != NULL) draft->tree_extension(&tree);
    mjl_mls_writer writer = mjl_mls_writer_to(&extensions);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&draft->info_extensions));
    const mjl_mls_extension extension = {MJL_MLS_EXTENSION_RATCHET_TREE, mjl_buffer_bytes(&tree)};
    if (!draft->without_tree) mjl_mls_extensions_write(&writer, &extension, 1);
    end(&writer);
    const mjl_mls_group_info info = {.extensions = mjl_buffer_bytes(&extensions),
                                     .confirmation_tag = tag,
                                     .signer = draft->signer};
    assert_int_equal(mjl_mls_group_info_sign(suite(), context, &info,
                                             draft->signs->identity.signature_seed, out),
                     MJL_OK);
    if (draft->info_bytes != NULL) draft->info_bytes(out);
    mjl_buffer_clear(&tree);
    mjl_buffer_clear(&extensions);
}

static void info_make(const welcome_draft *draft, mjl_buffer *info)
{
    mjl_mls_context context = draft->context;
    uint8_t tree_hash[MJL_MLS_HASH_SIZE_MAX];
    if (context.tree_hash.size == 0)
        context.tree_hash = mjl_mls_tree_hash_of_root(suite(), &draft->tree, tree_hash);
    mjl_buffer encoded = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    mjl_mls_context_write(&writer, &context);
    end(&writer);
    mjl_mls_epoch_start start;
    const mjl_result result = mjl_mls_epoch_start_of_welcome(
        suite(), mjl_buffer_bytes(&encoded), joiner_secret, draft->psk_secret, &start);
    /* What cannot be read is never asked for its tag. */
    if (result != MJL_OK) start = (mjl_mls_epoch_start){0};
    const mjl_bytes right = mjl_bytes_of(start.confirmation_tag, suite()->hash_size);
    info_write(draft, mjl_buffer_bytes(&encoded), draft->has_tag ? draft->tag : right, info);
    mjl_mls_epoch_start_clear(&start);
    mjl_buffer_clear(&encoded);
}

static void info_seal(const welcome_draft *draft, mjl_buffer *sealed)
{
    mjl_buffer info = {0};
    info_make(draft, &info);
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX], key[32], nonce[12];
    mjl_mls_key_schedule_member(suite(), joiner_secret, draft->psk_secret, secret);
    mjl_mls_key_schedule_welcome(suite(), secret, key, nonce);
    const size_t size = info.size + suite()->aead_tag_size;
    assert_int_equal(mjl_buffer_reserve(sealed, size), MJL_OK);
    assert_int_equal(suite()->aead_seal(key, nonce, mjl_bytes_of(NULL, 0), mjl_buffer_bytes(&info),
                                        sealed->data),
                     MJL_OK);
    sealed->size = size;
    if (draft->info_sealed != NULL) draft->info_sealed(sealed);
    mjl_buffer_clear(&info);
}

static void secrets_write(const welcome_draft *draft, mjl_buffer *out)
{
    const mjl_mls_group_secrets secrets = {.joiner_secret = draft->joiner_secret,
                                           .has_path_secret = draft->path_secret.size != 0,
                                           .path_secret = draft->path_secret,
                                           .psks = draft->psks};
    assert_int_equal(mjl_mls_group_secrets_encode(&secrets, out), MJL_OK);
    if (draft->secrets_bytes != NULL) draft->secrets_bytes(out);
}

static void newcomer_write(const welcome_draft *draft, mjl_bytes sealed, mjl_mls_writer *writer)
{
    mjl_bytes package;
    mjl_mls_key_package parsed;
    uint8_t reference[MJL_MLS_HASH_SIZE_MAX], kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_buffer secrets = {0}, ciphertext = {0};
    zoe_package(&package, &parsed);
    mjl_mls_key_package_reference(suite(), package, reference);
    secrets_write(draft, &secrets);
    assert_int_equal(mjl_mls_encrypt_with_label(suite(), parsed.init_key, "Welcome", sealed,
                                                mjl_buffer_bytes(&secrets), dice_random(),
                                                kem_output, &ciphertext),
                     MJL_OK);
    if (draft->secrets_sealed != NULL) draft->secrets_sealed(&ciphertext);
    mjl_mls_hpke_ciphertext written = {mjl_bytes_of(kem_output, suite()->kem_public_size),
                                       mjl_buffer_bytes(&ciphertext)};
    if (draft->kem_output.size != 0) written.kem_output = draft->kem_output;
    mjl_mls_write_vector(writer, mjl_bytes_of(reference, suite()->hash_size));
    mjl_mls_hpke_ciphertext_write(writer, &written);
    mjl_buffer_clear(&secrets);
    mjl_buffer_clear(&ciphertext);
}

void welcome_finish(welcome_draft *draft)
{
    mjl_buffer sealed = {0};
    info_seal(draft, &sealed);
    mjl_mls_writer writer = mjl_mls_writer_to(&draft->message);
    mjl_mls_message_header_write(&writer, MJL_MLS_WELCOME);
    mjl_mls_write_u16(&writer, draft->suite);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    newcomer_write(draft, mjl_buffer_bytes(&sealed), &writer);
    mjl_mls_write_vector_end(&writer, begin);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&sealed));
    end(&writer);
    if (draft->message_bytes != NULL) draft->message_bytes(&draft->message);
    mjl_buffer_clear(&sealed);
}

void welcome_publish(welcome_draft *draft, mjl_buffer *message)
{
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_buffer data = {0}, info = {0};
    assert_int_equal(mjl_mls_kem_generate(suite(), dice_random(), private_key, public_key), MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&data);
    mjl_mls_write_vector(&writer, mjl_bytes_of(public_key, suite()->kem_public_size));
    end(&writer);
    const mjl_mls_extension external_pub = {MJL_MLS_EXTENSION_EXTERNAL_PUB,
                                            mjl_buffer_bytes(&data)};
    writer = mjl_mls_writer_to(&draft->info_extensions);
    mjl_mls_extensions_write(&writer, &external_pub, 1);
    end(&writer);
    info_make(draft, &info);
    writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_GROUP_INFO);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&info));
    end(&writer);
    mjl_buffer_clear(&data);
    mjl_buffer_clear(&info);
}
