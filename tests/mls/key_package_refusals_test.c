/*
 * What is refused of a key package (RFC 9420 §10, §10.1), by whoever is offered it, by whoever is
 * asked to add it, and by those who receive the commit that added it all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "message.h"
#include "variants.h"
#include "world.h"

static void message_of(mjl_bytes package, mjl_buffer *message)
{
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_fixed(&writer, package);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}

static mjl_result verified(package_edit *edit)
{
    package_draft draft;
    mjl_buffer package = {0}, leaf = {0}, message = {0};
    package_draft_begin(&draft, &us.yves);
    package_draft_write(&draft, edit, &package, &leaf);
    message_of(mjl_buffer_bytes(&package), &message);
    const mjl_result result = mjl_mls_key_package_verify(mjl_buffer_bytes(&message), NULL);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&message);
    return result;
}

static mjl_result offered(package_edit *edit)
{
    package_draft draft;
    mjl_buffer package = {0}, leaf = {0}, message = {0};
    package_draft_begin(&draft, &us.yves);
    package_draft_write(&draft, edit, &package, &leaf);
    message_of(mjl_buffer_bytes(&package), &message);
    const mjl_bytes packages[] = {mjl_buffer_bytes(&message)};
    const mjl_mls_commit_config config = {
        .identity = &us.alice.identity, .add_key_packages = packages, .add_count = 1};
    const value_hash before = world_value_of(&us.alice);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate);
    mjl_mls_candidate_clear(&candidate);
    const value_hash after = world_value_of(&us.alice);
    if (result != MJL_OK) assert_memory_equal(before.bytes, after.bytes, sizeof before.bytes);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&message);
    return result;
}

/* ---- Edits ---- */

static void version_2(package_draft *draft)
{
    draft->version = 2;
}
static void version_0(package_draft *draft)
{
    draft->version = 0;
}
static void another_suite(package_draft *draft)
{
    draft->suite = 0x1A1A;
}
static void init_key_weak(package_draft *draft)
{
    static const uint8_t weak[32] = {0};
    draft->init_key = mjl_bytes_of(weak, sizeof weak);
}
static void init_key_short(package_draft *draft)
{
    draft->init_key.size--;
}
static void init_key_empty(package_draft *draft)
{
    draft->init_key.size = 0;
}
static void init_key_of_leaf(package_draft *draft)
{
    draft->init_key = mjl_bytes_of(draft->leaf.public_key, 32);
}
static void signed_by_another(package_draft *draft)
{
    memcpy(draft->signature_seed, us.dave.identity.signature_seed, sizeof draft->signature_seed);
    draft->keeps_seed = true;
}
static void flip(mjl_buffer *package)
{
    package->data[package->size - 1] ^= 1;
}
static void signature_altered(package_draft *draft)
{
    draft->after = flip;
}
static void drop(mjl_buffer *package)
{
    signature_replace(package, NULL, 0);
}
static void signature_empty(package_draft *draft)
{
    draft->after = drop;
}
static void cut(mjl_buffer *package)
{
    uint8_t kept[64];
    memcpy(kept, package->data + package->size - 64, sizeof kept);
    signature_replace(package, kept, 63);
}
static void signature_cut(package_draft *draft)
{
    draft->after = cut;
}
static void lengthen(mjl_buffer *package)
{
    uint8_t longer[65] = {0};
    memcpy(longer, package->data + package->size - 64, 64);
    signature_replace(package, longer, sizeof longer);
}
static void signature_longer(package_draft *draft)
{
    draft->after = lengthen;
}
static void extension_twice(package_draft *draft)
{
    draft->extensions = mjl_bytes_text("\x0A\x0A\1x\x0A\x0A\1y");
}
static void extension_unknown(package_draft *draft) /* To be ignored (§10). */
{
    draft->extensions = mjl_bytes_text("\x0A\x0A\1x\x1A\x1A\1y");
}

typedef struct variant {
    const char *name;
    package_edit *edit;
    mjl_result verified, added;
} variant;

static void each_rule_of_a_key_package_is_kept(void **state)
{
    (void)state;
    static const variant variants[] = {
        {"right", NULL, MJL_OK, MJL_OK},
        {"an unknown extension", extension_unknown, MJL_OK, MJL_OK},
        {"version 2", version_2, MJL_KEY_PACKAGE_VERSION, MJL_KEY_PACKAGE_VERSION},
        {"version 0", version_0, MJL_KEY_PACKAGE_VERSION, MJL_KEY_PACKAGE_VERSION},
        /* Whoever has no group yet has no suite to compare with. */
        {"another suite", another_suite, MJL_WRONG_SUITE, MJL_KEY_PACKAGE_SUITE},
        {"a weak init key", init_key_weak, MJL_INIT_KEY, MJL_INIT_KEY},
        {"a short init key", init_key_short, MJL_INIT_KEY, MJL_INIT_KEY},
        {"no init key", init_key_empty, MJL_INIT_KEY, MJL_INIT_KEY},
        {"the leaf's key", init_key_of_leaf, MJL_INIT_KEY_IS_LEAF_KEY, MJL_INIT_KEY_IS_LEAF_KEY},
        {"signed by another", signed_by_another, MJL_KEY_PACKAGE_SIGNATURE,
         MJL_KEY_PACKAGE_SIGNATURE},
        {"signature altered", signature_altered, MJL_KEY_PACKAGE_SIGNATURE,
         MJL_KEY_PACKAGE_SIGNATURE},
        {"no signature", signature_empty, MJL_KEY_PACKAGE_SIGNATURE, MJL_KEY_PACKAGE_SIGNATURE},
        {"signature cut", signature_cut, MJL_KEY_PACKAGE_SIGNATURE, MJL_KEY_PACKAGE_SIGNATURE},
        {"signature longer", signature_longer, MJL_KEY_PACKAGE_SIGNATURE,
         MJL_KEY_PACKAGE_SIGNATURE},
        {"an extension twice", extension_twice, MJL_EXTENSION_TWICE, MJL_EXTENSION_TWICE},
    };
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const mjl_result alone = verified(variants[i].edit), asked = offered(variants[i].edit),
                         inside = commit_told_to_add(variants[i].edit);
        if (alone != variants[i].verified || asked != variants[i].added ||
            inside != variants[i].added)
            fail_msg("%s: %s, %s, %s", variants[i].name, result_name(alone), result_name(asked),
                     result_name(inside));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_rule_of_a_key_package_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
