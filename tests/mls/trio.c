#include "trio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

trio_people trio;

int trio_meet(void **state)
{
    (void)state;
    dice_start(7);
    person_init(&trio.alice, "alice");
    person_init(&trio.bob, "bob");
    person_init(&trio.carol, "carol");
    person_init(&trio.dave, "dave");
    person_create(&trio.alice, "room");
    const person *const newcomers[] = {&trio.bob, &trio.carol};
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(&trio.alice,
                                   &(change){.add = newcomers, .add_count = 2, .refresh = true},
                                   &candidate),
                     MJL_OK);
    person_merge(&trio.alice, &candidate);
    assert_int_equal(person_join(&trio.bob, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    assert_int_equal(person_join(&trio.carol, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    return 0;
}

int trio_part(void **state)
{
    (void)state;
    dice_refuse_after(UINT64_MAX);
    person_clear(&trio.alice);
    person_clear(&trio.bob);
    person_clear(&trio.carol);
    person_clear(&trio.dave);
    return 0;
}

bool trio_same_value(const person *who, mjl_bytes before)
{
    mjl_buffer now = {0};
    person_saved(who, &now);
    const bool same = mjl_bytes_equal(before, mjl_buffer_bytes(&now));
    mjl_buffer_clear(&now);
    return same;
}

mjl_result trio_stage(const person *who, const mjl_mls_opened *commit,
                      const mjl_mls_staging *staging)
{
    mjl_buffer before = {0};
    person_saved(who, &before);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_stage(who->group, commit, &who->identity, staging, &candidate);
    assert_true(trio_same_value(who, mjl_buffer_bytes(&before)));
    if (result != MJL_OK) {
        assert_null(candidate.group);
        assert_null(candidate.ratchets);
        assert_null(candidate.added);
        assert_null(candidate.removed);
    }
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&before);
    return result;
}

mjl_result trio_commit(const mjl_mls_commit_config *config)
{
    mjl_buffer before = {0}, ratchets = {0}, ratchets_after = {0};
    person_saved(&trio.alice, &before);
    assert_int_equal(mjl_mls_ratchets_save(trio.alice.ratchets, &ratchets), MJL_OK);
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_commit(trio.alice.group, trio.alice.ratchets, config, dice_random(), &candidate);
    assert_true(trio_same_value(&trio.alice, mjl_buffer_bytes(&before)));
    if (result != MJL_OK) {
        assert_null(candidate.group);
        assert_int_equal(mjl_mls_ratchets_save(trio.alice.ratchets, &ratchets_after), MJL_OK);
        assert_true(
            mjl_bytes_equal(mjl_buffer_bytes(&ratchets), mjl_buffer_bytes(&ratchets_after)));
    }
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&ratchets);
    mjl_buffer_clear(&ratchets_after);
    return result;
}
