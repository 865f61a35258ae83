/* Vectors of joining and following: welcome, passive-client-*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "group_info.h"
#include "key_package.h"
#include "message.h"
#include "psk.h"
#include "vector_cases.h"
#include "welcome.h"

static const mjl_mls_suite *suite; /* Of the case. */

static mjl_bytes key_package_of(vectors *file, const cJSON *one)
{
    mjl_bytes body;
    assert_int_equal(
        mjl_mls_message_body(vectors_bytes(file, one, "key_package"), MJL_MLS_KEY_PACKAGE, &body),
        MJL_OK);
    return body;
}

/* ---- welcome ---- */

static mjl_result group_info_check(vectors *file, const cJSON *one, const uint8_t *joiner_secret,
                                   const mjl_mls_welcome *welcome)
{
    static const uint8_t no_psk[MJL_MLS_HASH_SIZE_MAX] = {0};
    uint8_t member_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_key_schedule_member(suite, joiner_secret, no_psk, member_secret);
    mjl_buffer bytes = {0};
    mjl_mls_group_info info;
    mjl_mls_epoch_start start = {0};
    mjl_result result = mjl_mls_welcome_open_group_info(suite, welcome, member_secret, &bytes);
    if (result == MJL_OK) result = mjl_mls_group_info_parse(mjl_buffer_bytes(&bytes), &info);
    if (result == MJL_OK)
        result = mjl_mls_group_info_verify(suite, &info, vectors_bytes(file, one, "signer_pub"));
    if (result == MJL_OK)
        result = mjl_mls_epoch_start_of_welcome(suite, info.context.encoded, joiner_secret, no_psk,
                                                &start);
    if (result == MJL_OK &&
        !mjl_mls_mac_equal(suite, start.confirmation_tag, info.confirmation_tag))
        result = MJL_BAD_CONFIRMATION;
    mjl_mls_epoch_start_clear(&start);
    mjl_buffer_clear(&bytes);
    return result;
}

bool welcome_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    mjl_mls_welcome welcome;
    assert_int_equal(mjl_mls_welcome_parse(vectors_bytes(file, one, "welcome"), &welcome), MJL_OK);
    uint8_t reference[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_key_package_reference(suite, key_package_of(file, one), reference);
    mjl_buffer plain = {0};
    mjl_mls_group_secrets secrets;
    mjl_result result =
        mjl_mls_welcome_open_secrets(suite, &welcome, mjl_bytes_of(reference, suite->hash_size),
                                     vectors_private_key(file, one, "init_priv").data, &plain);
    if (result == MJL_OK)
        result = mjl_mls_group_secrets_parse(suite, mjl_buffer_bytes(&plain), &secrets);
    if (result == MJL_OK)
        result = group_info_check(file, one, secrets.joiner_secret.data, &welcome);
    mjl_buffer_clear(&plain);
    return result == MJL_OK;
}

/* ---- Passive clients ---- */

enum { PSKS_MAX = 256, PROPOSALS_MAX = 64 };

/* One that joins and follows. */
typedef struct passive {
    mjl_mls_identity identity;
    mjl_buffer secret;
    mjl_buffer psk_ids[PSKS_MAX];
    uint8_t resumption[PSKS_MAX][MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_psk psks[PSKS_MAX];
    size_t psks_count;
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
} passive;

static void psk_learn(passive *follower, const mjl_mls_psk_id *id, mjl_bytes secret)
{
    assert_true(follower->psks_count < PSKS_MAX);
    mjl_buffer *room = &follower->psk_ids[follower->psks_count];
    mjl_mls_writer writer = mjl_mls_writer_to(room);
    mjl_mls_psk_id_write(&writer, id); /* With an empty nonce: one zero octet, cut off below. */
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    follower->psks[follower->psks_count++] =
        (mjl_mls_psk){mjl_bytes_of(room->data, room->size - 1), secret};
}

/* The resumption PSK of an epoch we were in, for commits to come (§8.6). */
static void resumption_learn(passive *follower)
{
    uint8_t *room = follower->resumption[follower->psks_count];
    memcpy(room, follower->group->secrets.resumption_psk, suite->hash_size);
    const mjl_mls_psk_id id = {.type = MJL_MLS_PSK_RESUMPTION,
                               .usage = MJL_MLS_PSK_APPLICATION,
                               .group_id = mjl_mls_group_id(follower->group),
                               .epoch = mjl_mls_group_epoch(follower->group)};
    psk_learn(follower, &id, mjl_bytes_of(room, suite->hash_size));
}

static void follower_init(vectors *file, const cJSON *one, passive *follower)
{
    const mjl_bytes key_package = key_package_of(file, one);
    assert_int_equal(
        mjl_mls_key_package_secret_encode(vectors_private_key(file, one, "init_priv"),
                                          vectors_private_key(file, one, "encryption_priv"),
                                          key_package, &follower->secret),
        MJL_OK);
    assert_int_equal(mjl_mls_identity_import(suite, vectors_bytes(file, one, "signature_priv"),
                                             &follower->identity),
                     MJL_OK);
    const cJSON *psk;
    cJSON_ArrayForEach(psk, vectors_array(one, "external_psks"))
    {
        const mjl_mls_psk_id id = {.type = MJL_MLS_PSK_EXTERNAL,
                                   .id = vectors_bytes(file, psk, "psk_id")};
        psk_learn(follower, &id, vectors_bytes(file, psk, "psk"));
    }
}

static void follower_clear(passive *follower)
{
    mjl_mls_group_release(follower->group);
    mjl_mls_ratchets_free(follower->ratchets);
    mjl_buffer_clear(&follower->secret);
    for (size_t i = 0; i < follower->psks_count; i++)
        mjl_buffer_clear(&follower->psk_ids[i]);
    free(follower);
}

static bool authenticator_is(const passive *follower, mjl_bytes expected)
{
    return vectors_same("epoch authenticator", expected,
                        mjl_mls_group_epoch_authenticator(follower->group));
}

static bool follower_joins(vectors *file, const cJSON *one, passive *follower)
{
    const mjl_mls_join_config config = {
        .identity = &follower->identity,
        .key_package_secret = mjl_buffer_bytes(&follower->secret),
        .ratchet_tree = vectors_has(one, "ratchet_tree") ? vectors_bytes(file, one, "ratchet_tree")
                                                         : mjl_bytes_of(NULL, 0),
        .psks = follower->psks,
        .psks_count = follower->psks_count};
    mjl_mls_joined joined;
    const mjl_result result = mjl_mls_join(vectors_bytes(file, one, "welcome"), &config, &joined);
    if (result != MJL_OK) {
        printf("join: %d\n", (int)result);
        return false;
    }
    follower->group = joined.group;
    follower->ratchets = joined.ratchets;
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
    return authenticator_is(follower, vectors_bytes(file, one, "initial_epoch_authenticator"));
}

static mjl_mls_opened *opened_of(passive *follower, mjl_bytes message)
{
    mjl_mls_opened *opened = NULL;
    const mjl_result result = mjl_mls_open(follower->group, follower->ratchets, message, &opened);
    if (result != MJL_OK) {
        printf("open: %d\n", (int)result);
        return NULL;
    }
    return opened;
}

/* The state as saved and loaded follows as well: the two are compared after each commit. */
static bool saved_follows(passive *follower, const mjl_mls_opened *commit,
                          const mjl_mls_staging *staging, const mjl_mls_candidate *direct)
{
    mjl_buffer saved = {0}, after = {0}, after_direct = {0};
    assert_int_equal(mjl_mls_group_save(follower->group, &saved), MJL_OK);
    const mjl_mls_group *loaded;
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded), MJL_OK);
    mjl_mls_candidate candidate;
    assert_int_equal(mjl_mls_stage(loaded, commit, NULL, staging, &candidate), MJL_OK);
    assert_int_equal(mjl_mls_group_save(candidate.group, &after), MJL_OK);
    assert_int_equal(mjl_mls_group_save(direct->group, &after_direct), MJL_OK);
    const bool same = mjl_bytes_equal(mjl_buffer_bytes(&after), mjl_buffer_bytes(&after_direct));
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_group_release(loaded);
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&after);
    mjl_buffer_clear(&after_direct);
    return same;
}

static bool follower_stages(vectors *file, const cJSON *epoch, passive *follower)
{
    mjl_mls_opened *proposals[PROPOSALS_MAX] = {0};
    size_t count = 0;
    bool passes = true;
    const cJSON *item;
    cJSON_ArrayForEach(item, vectors_array(epoch, "proposals"))
    {
        assert_true(count < PROPOSALS_MAX);
        proposals[count] = opened_of(follower, vectors_bytes_of(file, item));
        passes = passes && proposals[count] != NULL;
        if (passes) passes = mjl_mls_consume(follower->ratchets, proposals[count]) == MJL_OK;
        count++;
    }
    const mjl_mls_staging staging = {.proposals = (const mjl_mls_opened *const *)proposals,
                                     .proposals_count = count,
                                     .psks = follower->psks,
                                     .psks_count = follower->psks_count};
    mjl_mls_opened *commit = NULL;
    mjl_mls_candidate candidate = {0};
    if (passes) commit = opened_of(follower, vectors_bytes(file, epoch, "commit"));
    passes = passes && commit != NULL;
    if (passes) {
        const mjl_result result =
            mjl_mls_stage(follower->group, commit, &follower->identity, &staging, &candidate);
        if (result != MJL_OK) printf("stage: %d\n", (int)result);
        passes = result == MJL_OK && saved_follows(follower, commit, &staging, &candidate);
    }
    if (passes) {
        resumption_learn(follower);
        mjl_mls_group_release(follower->group);
        mjl_mls_ratchets_free(follower->ratchets);
        follower->group = candidate.group;
        follower->ratchets = candidate.ratchets;
        candidate.group = NULL;
        candidate.ratchets = NULL;
    }
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_opened_free(commit);
    for (size_t i = 0; i < count; i++)
        mjl_mls_opened_free(proposals[i]);
    return passes && authenticator_is(follower, vectors_bytes(file, epoch, "epoch_authenticator"));
}

bool passive_client_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    passive *follower = calloc(1, sizeof *follower);
    assert_non_null(follower);
    follower_init(file, one, follower);
    bool passes = follower_joins(file, one, follower);
    const cJSON *epoch;
    cJSON_ArrayForEach(epoch, vectors_array(one, "epochs")) passes =
        passes && follower_stages(file, epoch, follower);
    follower_clear(follower);
    return passes;
}
