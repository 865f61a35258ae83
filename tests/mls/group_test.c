/* Groups in memory: people come, go, refresh and talk, and all see the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "people.h"

static void expect_same_epoch(const person *a, const person *b)
{
    assert_true(mjl_bytes_equal(mjl_mls_group_epoch_authenticator(a->group),
                                mjl_mls_group_epoch_authenticator(b->group)));
    assert_true(mjl_bytes_equal(mjl_mls_group_context(a->group), mjl_mls_group_context(b->group)));
}

static void expect_hears(person *speaker, person *listener, const char *text)
{
    mjl_buffer message = {0}, heard = {0};
    person_say(speaker, text, &message);
    assert_int_equal(person_read(listener, mjl_buffer_bytes(&message), &heard), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&heard), mjl_bytes_text(text)));
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&heard);
}

static void two_people_talk(void **state)
{
    (void)state;
    dice_start(1);
    person alice, bob;
    person_init(&alice, "alice");
    person_init(&bob, "bob");
    person_create(&alice, "room");
    mjl_mls_candidate candidate;
    const person *const newcomers[] = {&bob};
    assert_int_equal(person_commit(&alice, &(change){.add = newcomers, .add_count = 1}, &candidate),
                     MJL_OK);
    person_merge(&alice, &candidate);
    assert_int_equal(person_join(&bob, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    expect_same_epoch(&alice, &bob);
    expect_hears(&alice, &bob, "hello");
    expect_hears(&bob, &alice, "hello to you");
    person_clear(&alice);
    person_clear(&bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_people_talk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
