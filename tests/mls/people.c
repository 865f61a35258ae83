#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

/* ---- Chance ---- */

static struct {
    uint64_t seed, counter, left;
} dice;

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    if (dice.left == 0) return MJL_NO_RANDOM;
    if (dice.left != UINT64_MAX) dice.left--;
    uint8_t key[crypto_stream_chacha20_KEYBYTES] = {0}, nonce[crypto_stream_chacha20_NONCEBYTES];
    memcpy(key, &dice.seed, sizeof dice.seed);
    memcpy(nonce, &dice.counter, sizeof nonce);
    dice.counter++;
    crypto_stream_chacha20(out, size, nonce, key);
    return MJL_OK;
}

void dice_start(uint64_t seed)
{
    assert_true(sodium_init() >= 0);
    dice.seed = seed;
    dice.counter = 0;
    dice.left = UINT64_MAX;
}

uint64_t dice_seed(void)
{
    return dice.seed;
}

mjl_random dice_random(void)
{
    return (mjl_random){NULL, fill};
}

uint32_t dice_below(uint32_t bound)
{
    uint32_t value = 0;
    assert_int_equal(fill(NULL, (uint8_t *)&value, sizeof value), MJL_OK);
    return value % bound;
}

void dice_refuse_after(uint64_t count)
{
    dice.left = count;
}

/* ---- People ---- */

enum { NOT_BEFORE = 1, NOT_AFTER = 2000000000 };

void person_init(person *who, const char *name)
{
    person_init_in(who, NULL, name);
}

void person_init_in(person *who, const mjl_mls_suite *suite, const char *name)
{
    *who = (struct person){0};
    snprintf(who->name, sizeof who->name, "%s", name);
    assert_int_equal(mjl_mls_identity_generate(suite, dice_random(), &who->identity), MJL_OK);
    who->identity.identity = mjl_bytes_text(who->name);
    person_offer(who);
}

void person_leave(person *who)
{
    mjl_mls_group_release(who->group);
    mjl_mls_ratchets_free(who->ratchets);
    who->group = NULL;
    who->ratchets = NULL;
}

void person_clear(person *who)
{
    person_leave(who);
    mjl_buffer_clear(&who->key_package);
    mjl_buffer_clear(&who->key_package_secret);
}

void person_offer(person *who)
{
    mjl_buffer_clear(&who->key_package);
    mjl_buffer_clear(&who->key_package_secret);
    const mjl_mls_key_package_config config = {.identity = &who->identity,
                                               .capabilities = who->capabilities,
                                               .not_before = NOT_BEFORE,
                                               .not_after = NOT_AFTER};
    assert_int_equal(mjl_mls_key_package_new(&config, dice_random(), &who->key_package,
                                             &who->key_package_secret),
                     MJL_OK);
}

void person_create(person *who, const char *group_id)
{
    const mjl_mls_create_config config = {.identity = &who->identity,
                                          .capabilities = who->capabilities,
                                          .not_before = NOT_BEFORE,
                                          .not_after = NOT_AFTER,
                                          .group_id = mjl_bytes_text(group_id)};
    assert_int_equal(mjl_mls_group_create(&config, dice_random(), &who->group, &who->ratchets),
                     MJL_OK);
}

mjl_result person_commit(person *author, const change *wanted, mjl_mls_candidate *candidate)
{
    mjl_bytes *packages = calloc(wanted->add_count + 1, sizeof *packages);
    assert_non_null(packages);
    for (size_t i = 0; i < wanted->add_count; i++)
        packages[i] = mjl_buffer_bytes(&wanted->add[i]->key_package);
    const mjl_mls_commit_config config = {.identity = &author->identity,
                                          .add_key_packages = packages,
                                          .add_count = wanted->add_count,
                                          .remove_leaves = wanted->remove,
                                          .remove_count = wanted->remove_count,
                                          .force_path = wanted->refresh,
                                          .public_message = wanted->public_message};
    const mjl_result result =
        mjl_mls_commit(author->group, author->ratchets, &config, dice_random(), candidate);
    free(packages);
    return result;
}

mjl_result person_stage(person *receiver, mjl_bytes commit, mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    mjl_mls_opened *opened;
    mjl_result result = mjl_mls_open(receiver->group, receiver->ratchets, commit, &opened);
    if (result != MJL_OK) return result;
    result = mjl_mls_stage(receiver->group, opened, &receiver->identity, NULL, candidate);
    if (result == MJL_OK) result = mjl_mls_consume(receiver->ratchets, opened);
    mjl_mls_opened_free(opened);
    return result;
}

void person_merge(person *who, mjl_mls_candidate *candidate)
{
    person_leave(who);
    who->group = candidate->group;
    who->ratchets = candidate->ratchets;
    candidate->group = NULL;
    candidate->ratchets = NULL;
}

mjl_result person_join_with(person *who, mjl_bytes welcome, const mjl_mls_join_config *config)
{
    mjl_mls_join_config whole = *config;
    whole.identity = &who->identity;
    whole.key_package_secret = mjl_buffer_bytes(&who->key_package_secret);
    mjl_mls_joined joined;
    const mjl_result result = mjl_mls_join(welcome, &whole, &joined);
    if (result != MJL_OK) return result;
    person_leave(who);
    who->group = joined.group;
    who->ratchets = joined.ratchets;
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
    return MJL_OK;
}

mjl_result person_join(person *who, mjl_bytes welcome)
{
    const mjl_mls_join_config no_more = {0};
    return person_join_with(who, welcome, &no_more);
}

mjl_result person_read(person *who, mjl_bytes message, mjl_buffer *out)
{
    mjl_mls_opened *opened;
    mjl_result result = mjl_mls_open(who->group, who->ratchets, message, &opened);
    if (result != MJL_OK) return result;
    result = mjl_mls_consume(who->ratchets, opened);
    if (result == MJL_OK) result = mjl_buffer_append(out, mjl_mls_opened_payload(opened));
    mjl_mls_opened_free(opened);
    return result;
}

void person_say(person *who, const char *text, mjl_buffer *message)
{
    assert_int_equal(mjl_mls_encrypt(who->group, who->ratchets, &who->identity,
                                     mjl_bytes_of(NULL, 0), mjl_bytes_text(text), 0, dice_random(),
                                     message),
                     MJL_OK);
}

void person_saved(const person *who, mjl_buffer *out)
{
    assert_int_equal(mjl_mls_group_save(who->group, out), MJL_OK);
}
