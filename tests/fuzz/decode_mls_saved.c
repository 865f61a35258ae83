/*
 * What MLS keeps on a disk: groups, ratchets, secrets of key packages, proposals that wait. With
 * the weak suite, so that a tree that was altered has the hash that its context names.
 */
#include "fuzz.h"
#include "weak_suite.h"

#include "group.h"
#include "key_package.h"
#include "majlis/mls.h"

static void run_group(mjl_bytes input)
{
    const mjl_mls_group *group = NULL;
    if (mjl_mls_group_load(input, weak_suites(), &group) != MJL_OK) return;
    mjl_buffer out = {0};
    const mjl_result result = mjl_mls_group_save(group, &out);
    assert(result == MJL_OK);
    fuzz_same(input, &out);
    mjl_mls_member member;
    for (uint32_t leaf = 0; leaf < mjl_mls_group_leaf_count(group); leaf++)
        mjl_mls_group_member(group, leaf, &member);
    assert(mjl_mls_group_member(group, mjl_mls_group_own_leaf(group), &member));
    mjl_mls_group_release(group);
}

/* What was loaded is used: a damaged one must not break who peeks or consumes. */
static void use_ratchets(mjl_mls_ratchets *ratchets)
{
    const uint32_t last = mjl_mls_ratchets_own_leaf(ratchets) + 2;
    for (uint32_t leaf = 0; leaf < last; leaf++) {
        const mjl_mls_key_name name = {leaf, MJL_MLS_RATCHET_APPLICATION, leaf};
        mjl_mls_message_key key;
        const mjl_result result = mjl_mls_ratchets_peek(ratchets, name, &key);
        fuzz_defined(result);
        if (result == MJL_OK) mjl_mls_message_key_wipe(&key);
        fuzz_defined(mjl_mls_ratchets_erase(ratchets, name));
    }
}

static void run_ratchets(mjl_bytes input)
{
    mjl_mls_ratchets *ratchets = NULL;
    if (mjl_mls_ratchets_load(input, weak_suites(), &ratchets) != MJL_OK) return;
    mjl_buffer out = {0};
    const mjl_result result = mjl_mls_ratchets_save(ratchets, &out);
    assert(result == MJL_OK);
    fuzz_same(input, &out);
    use_ratchets(ratchets);
    mjl_mls_ratchets_free(ratchets);
}

/* The input is parts, each behind its number and its size. */
static mjl_result load_parts(fuzz_script *script, mjl_mls_ratchets **ratchets)
{
    size_t size = fuzz_take_number(script, 2);
    mjl_bytes part = fuzz_take_bytes(script, size);
    if (part.size < size) return MJL_TRUNCATED;
    mjl_result result = mjl_mls_ratchets_load_trunk(part, weak_suites(), ratchets);
    while (result == MJL_OK && script->left.size > 0) {
        const uint32_t number = fuzz_take(script);
        if (script->left.size < 2) return MJL_TRUNCATED;
        size = fuzz_take_number(script, 2);
        part = fuzz_take_bytes(script, size);
        if (part.size < size) return MJL_TRUNCATED;
        result = mjl_mls_ratchets_load_leaf(*ratchets, number, part);
    }
    return result == MJL_OK ? mjl_mls_ratchets_load_done(*ratchets) : result;
}

static void save_parts(const mjl_mls_ratchets *ratchets, mjl_buffer *out)
{
    uint32_t part;
    for (size_t i = 0; (part = mjl_mls_ratchets_part(ratchets, i)) != UINT32_MAX; i++) {
        mjl_buffer saved = {0};
        mjl_result result = mjl_mls_ratchets_save_part(ratchets, part, &saved);
        assert(result == MJL_OK);
        const uint8_t head[3] = {(uint8_t)part, (uint8_t)saved.size, (uint8_t)(saved.size >> 8)};
        const size_t skip = part == MJL_MLS_RATCHETS_TRUNK ? 1 : 0;
        result = mjl_buffer_append(out, mjl_bytes_of(head + skip, sizeof head - skip));
        if (result == MJL_OK) result = mjl_buffer_append(out, mjl_buffer_bytes(&saved));
        assert(result == MJL_OK);
        mjl_buffer_clear(&saved);
    }
}

static void run_ratchet_parts(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_mls_ratchets *ratchets = NULL;
    const mjl_result result = load_parts(&script, &ratchets);
    if (result == MJL_OK) {
        mjl_buffer out = {0};
        save_parts(ratchets, &out);
        fuzz_same(input, &out);
        use_ratchets(ratchets);
    }
    mjl_mls_ratchets_free(ratchets);
}

static void run_key_package_secret(mjl_bytes input)
{
    const mjl_mls_suite *const suite = weak_suite();
    mjl_mls_key_package_secret secret;
    if (mjl_mls_key_package_secret_parse(suite, input, &secret) != MJL_OK) return;
    mjl_buffer out = {0};
    const mjl_result result = mjl_mls_key_package_secret_encode(
        mjl_bytes_of(secret.init_private, suite->kem_private_size),
        mjl_bytes_of(secret.leaf_private, suite->kem_private_size), secret.key_package.encoded,
        &out);
    assert(result == MJL_OK);
    fuzz_same(input, &out);
}

/* A group of one, for what is saved beside a group. */
static const mjl_mls_group *lone_group(void)
{
    static const mjl_mls_group *group = NULL;
    static fuzz_chance chance = {1, 0};
    if (group != NULL) return group;
    mjl_mls_identity identity = {.identity = mjl_bytes_text("lone")};
    mjl_mls_ratchets *ratchets = NULL;
    mjl_result result = mjl_mls_identity_generate(weak_suite(), fuzz_random(&chance), &identity);
    const mjl_mls_create_config config = {
        .identity = &identity, .group_id = mjl_bytes_text("group"), .not_after = UINT64_MAX};
    if (result == MJL_OK)
        result = mjl_mls_group_create(&config, fuzz_random(&chance), &group, &ratchets);
    assert(result == MJL_OK);
    mjl_mls_ratchets_free(ratchets);
    return group;
}

static void run_waiting_proposal(mjl_bytes input)
{
    mjl_mls_opened *proposal = NULL;
    if (mjl_mls_proposal_load(input, lone_group(), &proposal) != MJL_OK) return;
    mjl_buffer out = {0};
    const mjl_result result = mjl_mls_proposal_save(lone_group(), proposal, &out);
    assert(result == MJL_OK);
    fuzz_same(input, &out);
    mjl_mls_opened_free(proposal);
}

enum { INPUT_MAX = 8192 };

static const fuzz_target targets[] = {
    {.name = "saved_group", .run = run_group, .input_max = INPUT_MAX},
    {.name = "saved_ratchets", .run = run_ratchets, .input_max = INPUT_MAX},
    {.name = "saved_ratchet_parts", .run = run_ratchet_parts, .input_max = INPUT_MAX},
    {.name = "saved_key_package", .run = run_key_package_secret, .input_max = INPUT_MAX},
    {.name = "saved_proposal", .run = run_waiting_proposal, .input_max = INPUT_MAX}};

const fuzz_family fuzz_mls_saved = {"mls_saved", targets, sizeof targets / sizeof targets[0]};
