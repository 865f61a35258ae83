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
