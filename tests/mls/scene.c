#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

scene they;

enum { NOT_BEFORE = 1, NOT_AFTER = 2000000000 };

static void person_prepare(person *who, const char *name, const scene_config *config)
{
    person_init(who, name);
    if (config->capabilities != NULL) who->capabilities = *config->capabilities;
    if (config->prepare != NULL) config->prepare(who);
    person_offer(who);
}

static void group_begin(const scene_config *config)
{
    const mjl_mls_create_config create = {.identity = &they.alice.identity,
                                          .capabilities = they.alice.capabilities,
                                          .not_before = NOT_BEFORE,
                                          .not_after = NOT_AFTER,
                                          .group_id = mjl_bytes_text("scene"),
                                          .context_extensions = config->extensions,
                                          .context_extensions_count = config->extensions_count};
    assert_int_equal(
        mjl_mls_group_create(&create, dice_random(), &they.alice.group, &they.alice.ratchets),
        MJL_OK);
}

void scene_meet(const scene_config *config)
{
    dice_start(0x5CE7E);
    person_prepare(&they.alice, "alice", config);
    person_prepare(&they.bob, "bob", config);
    person_prepare(&they.carol, "carol", config);
    person_prepare(&they.dave, "dave", config);
    group_begin(config);
    const person *const added[] = {&they.bob, &they.carol};
    mjl_mls_candidate candidate;
    assert_int_equal(
        person_commit(&they.alice, &(change){.add = added, .add_count = 2}, &candidate), MJL_OK);
    person_merge(&they.alice, &candidate);
    assert_int_equal(person_join(&they.bob, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    assert_int_equal(person_join(&they.carol, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
}

void scene_part(void)
{
    person_clear(&they.alice);
    person_clear(&they.bob);
    person_clear(&they.carol);
    person_clear(&they.dave);
}

int scene_begin(void **state)
{
    (void)state;
    scene_meet(&(scene_config){0});
    return 0;
}

int scene_end(void **state)
{
    (void)state;
    scene_part();
    return 0;
}

mjl_mls_opened *scene_propose(person *who, const mjl_mls_change *wanted, mjl_buffer *message)
{
    mjl_buffer own = {0};
    mjl_mls_opened *proposal = NULL;
    const mjl_mls_propose_config config = {
        .identity = &who->identity, .change = *wanted, .public_message = dice_below(2) == 0};
    assert_int_equal(mjl_mls_propose(who->group, who->ratchets, &config, dice_random(),
                                     message == NULL ? &own : message, &proposal),
                     MJL_OK);
    mjl_buffer_clear(&own);
    return proposal;
}

mjl_mls_opened *scene_open(person *who, mjl_bytes message, unsigned allowed)
{
    mjl_mls_opened *opened = NULL;
    assert_int_equal(mjl_mls_open_allowing(who->group, who->ratchets, message, allowed, &opened),
                     MJL_OK);
    assert_int_equal(mjl_mls_consume(who->ratchets, opened), MJL_OK);
    return opened;
}

mjl_result scene_try_commit(person *author, const mjl_mls_commit_config *config,
                            mjl_mls_candidate *candidate)
{
    mjl_mls_commit_config whole = *config;
    whole.identity = &author->identity;
    return mjl_mls_commit(author->group, author->ratchets, &whole, dice_random(), candidate);
}

static mjl_result stage(person *who, mjl_bytes commit, const mjl_mls_staging *staging,
                        mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    mjl_mls_opened *opened = NULL;
    const unsigned allowed = staging == NULL ? 0 : staging->allowed;
    mjl_result result = mjl_mls_open_allowing(who->group, who->ratchets, commit, allowed, &opened);
    if (result != MJL_OK) return result;
    result = mjl_mls_stage(who->group, opened, &who->identity, staging, candidate);
    mjl_mls_opened_free(opened);
    return result;
}

mjl_result scene_try_stage(person *who, mjl_bytes commit, const mjl_mls_staging *staging)
{
    mjl_mls_candidate candidate;
    scene_mark before = scene_mark_of(who);
    const mjl_result result = stage(who, commit, staging, &candidate);
    mjl_mls_candidate_clear(&candidate);
    expect_unchanged(who, &before);
    return result;
}

void scene_follow(person *who, mjl_bytes commit, const mjl_mls_staging *staging)
{
    mjl_mls_candidate candidate;
    assert_int_equal(stage(who, commit, staging, &candidate), MJL_OK);
    assert_non_null(candidate.group);
    person_merge(who, &candidate);
    mjl_mls_candidate_clear(&candidate);
}

static void expect_hears(person *speaker, person *listener)
{
    mjl_buffer message = {0}, heard = {0};
    person_say(speaker, "salam", &message);
    assert_int_equal(person_read(listener, mjl_buffer_bytes(&message), &heard), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&heard), mjl_bytes_text("salam")));
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&heard);
}

void expect_together(person *a, person *b)
{
    assert_true(mjl_bytes_equal(mjl_mls_group_epoch_authenticator(a->group),
                                mjl_mls_group_epoch_authenticator(b->group)));
    assert_true(mjl_bytes_equal(mjl_mls_group_context(a->group), mjl_mls_group_context(b->group)));
    if (mjl_mls_group_own_leaf(a->group) == mjl_mls_group_own_leaf(b->group)) return;
    expect_hears(a, b);
    expect_hears(b, a);
}

scene_mark scene_mark_of(const person *who)
{
    scene_mark mark = {0};
    assert_int_equal(mjl_mls_group_save(who->group, &mark.group), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_save(who->ratchets, &mark.ratchets), MJL_OK);
    return mark;
}

static void release(scene_mark *mark)
{
    mjl_buffer_clear(&mark->group);
    mjl_buffer_clear(&mark->ratchets);
}

void expect_unchanged(const person *who, scene_mark *mark)
{
    scene_mark now = scene_mark_of(who);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&now.group), mjl_buffer_bytes(&mark->group)));
    assert_true(
        mjl_bytes_equal(mjl_buffer_bytes(&now.ratchets), mjl_buffer_bytes(&mark->ratchets)));
    release(&now);
    release(mark);
}
