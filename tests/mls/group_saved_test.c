/*
 * The saved form of a group: canonical, as large as its tree and little more, and never trusted: a
 * disk may have changed any byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "group.h"
#include "people.h"
#include "tree_encoding.h"

enum { MEMBERS_COUNT = 1000 };

static person *people_new(size_t count)
{
    person *people = calloc(count, sizeof *people);
    assert_non_null(people);
    for (size_t i = 0; i < count; i++)
        person_init(&people[i], "a person");
    person_create(&people[0], "room");
    return people;
}

static void people_free(person *people, size_t count)
{
    for (size_t i = 0; i < count; i++)
        person_clear(&people[i]);
    free(people);
}

/* The first of them adds all others. */
static void add_all(person *people, size_t count)
{
    const person **others = calloc(count, sizeof(const person *));
    assert_non_null(others);
    for (size_t i = 1; i < count; i++)
        others[i - 1] = &people[i];
    mjl_mls_candidate candidate;
    assert_int_equal(
        person_commit(&people[0], &(change){.add = others, .add_count = count - 1, .refresh = true},
                      &candidate),
        MJL_OK);
    person_merge(&people[0], &candidate);
    mjl_mls_candidate_clear(&candidate);
    free(others);
}

static void saved_group_is_little_larger_than_its_tree(void **state)
{
    (void)state;
    dice_start(31);
    person *people = people_new(MEMBERS_COUNT);
    add_all(people, MEMBERS_COUNT);
    mjl_buffer saved = {0}, tree = {0}, again = {0};
    person_saved(&people[0], &saved);
    mjl_mls_writer writer = mjl_mls_writer_to(&tree);
    mjl_mls_ratchet_tree_write(&writer, &people[0].group->tree);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    printf("%d members: saved %zu bytes, tree %zu bytes\n", MEMBERS_COUNT, saved.size, tree.size);
    assert_true(saved.size * 2 <= tree.size * 3);
    const mjl_mls_group *loaded;
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded), MJL_OK);
    assert_int_equal(mjl_mls_group_save(loaded, &again), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again)));
    mjl_mls_group_release(loaded);
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&tree);
    mjl_buffer_clear(&again);
    people_free(people, MEMBERS_COUNT);
}

static void damaged_saved_group_is_refused_or_saves_as_it_was_read(void **state)
{
    (void)state;
    dice_start(32);
    person *people = people_new(3);
    add_all(people, 3);
    mjl_buffer saved = {0}, tree = {0};
    person_saved(&people[0], &saved);
    mjl_mls_writer writer = mjl_mls_writer_to(&tree);
    mjl_mls_ratchet_tree_write(&writer, &people[0].group->tree);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const mjl_mls_group *loaded;
    for (size_t i = 0; i < saved.size; i++) {
        assert_int_not_equal(mjl_mls_group_load(mjl_bytes_of(saved.data, i), NULL, &loaded),
                             MJL_OK);
        const uint8_t kept = saved.data[i];
        saved.data[i] ^= (uint8_t)(1 + dice_below(255));
        const mjl_result result = mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded);
        if (i >= saved.size - tree.size) assert_int_not_equal(result, MJL_OK);
        if (result == MJL_OK) { /* A secret, a number or an id: nothing here can tell. */
            mjl_buffer again = {0};
            assert_int_equal(mjl_mls_group_save(loaded, &again), MJL_OK);
            assert_true(mjl_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again)));
            mjl_buffer_clear(&again);
            mjl_mls_group_release(loaded);
        }
        saved.data[i] = kept;
    }
    assert_int_equal(mjl_buffer_append(&saved, mjl_bytes_text("x")), MJL_OK);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded), MJL_TRAILING);
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&tree);
    people_free(people, 3);
}

/* Where things stand in the saved form: format, suite, own leaf, then the context. */
enum { AT_FORMAT = 0, AT_SUITE = 1, AT_OWN_LEAF = 3 };

static void expect_load(mjl_buffer *saved, size_t at, uint8_t value, mjl_result expected)
{
    const uint8_t kept = saved->data[at];
    saved->data[at] = value;
    const mjl_mls_group *loaded;
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(saved), NULL, &loaded), expected);
    saved->data[at] = kept;
}

static void each_part_of_a_saved_group_is_checked(void **state)
{
    (void)state;
    dice_start(33);
    person *people = people_new(3);
    add_all(people, 3);
    mjl_buffer saved = {0};
    person_saved(&people[0], &saved);
    const size_t secrets = 7 + mjl_mls_group_context(people[0].group).size + MJL_MLS_HASH_SIZE;
    const size_t path = secrets + 8 * (size_t)MJL_MLS_HASH_SIZE;
    expect_load(&saved, AT_FORMAT, 0xff, MJL_UNKNOWN_VERSION);
    expect_load(&saved, AT_SUITE + 1, 1, MJL_WRONG_SUITE);
    expect_load(&saved, AT_OWN_LEAF + 3, 1, MJL_BAD_KEY); /* Another's leaf. */
    expect_load(&saved, AT_OWN_LEAF + 3, 3, MJL_BAD_KEY); /* Nobody's. */
    expect_load(&saved, AT_OWN_LEAF, 0xff, MJL_BAD_KEY);  /* Beyond the tree. */
    expect_load(&saved, path, 1, MJL_MALFORMED);          /* Levels that no tree has. */
    expect_load(&saved, path + 4, (uint8_t)(saved.data[path + 4] ^ 0x10), MJL_BAD_KEY);
    expect_load(&saved, path + 36, (uint8_t)(saved.data[path + 36] ^ 0x10), MJL_BAD_KEY);
    mjl_buffer_clear(&saved);
    people_free(people, 3);
}

/* Saves a group after a change that no group makes, and loads it. */
static mjl_result save_and_load(const person *who)
{
    mjl_buffer saved = {0};
    const mjl_mls_group *loaded = NULL;
    person_saved(who, &saved);
    const mjl_result result = mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &loaded);
    mjl_mls_group_release(loaded);
    mjl_buffer_clear(&saved);
    return result;
}

static void parts_of_a_saved_group_fit_each_other(void **state)
{
    (void)state;
    dice_start(34);
    person *people = people_new(3);
    add_all(people, 3);
    mjl_mls_group *group = (mjl_mls_group *)people[0].group;
    assert_int_equal(save_and_load(&people[0]), MJL_OK);

    group->path.known |= 1 << 2; /* A parent above the root. */
    assert_int_equal(save_and_load(&people[0]), MJL_BAD_KEY);
    group->path.known &= ~(1U << 2);

    const mjl_buffer kept = group->context_bytes;
    mjl_mls_context changed = group->context;
    changed.confirmed_transcript_hash.size--;
    for (int i = 0; i < 2; i++) {
        group->context_bytes = (mjl_buffer){0};
        mjl_mls_writer writer = mjl_mls_writer_to(&group->context_bytes);
        mjl_mls_context_write(&writer, &changed);
        assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
        assert_int_equal(save_and_load(&people[0]), i == 0 ? MJL_MALFORMED : MJL_WRONG_SUITE);
        mjl_buffer_clear(&group->context_bytes);
        changed = group->context;
        changed.suite = 1;
    }
    group->context_bytes = kept;
    assert_int_equal(save_and_load(&people[0]), MJL_OK);
    people_free(people, 3);
}

/* Bob hears and exports, but follows and makes no commit; what is saved holds no fork keys. */
static void group_without_forks_opens_but_stages_nothing(void **state)
{
    (void)state;
    dice_start(35);
    person *people = people_new(2);
    person *alice = &people[0], *bob = &people[1];
    const person *const newcomers[] = {bob};
    mjl_mls_candidate made, candidate;
    assert_int_equal(
        person_commit(alice, &(change){.add = newcomers, .add_count = 1, .refresh = true}, &made),
        MJL_OK);
    person_merge(alice, &made);
    assert_int_equal(person_join(bob, mjl_buffer_bytes(&made.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&made);

    const mjl_mls_group *readable;
    assert_int_equal(mjl_mls_group_without_forks(bob->group, &readable), MJL_OK);
    mjl_mls_group_release(bob->group);
    bob->group = readable;
    assert_int_equal(save_and_load(bob), MJL_OK);
    mjl_buffer message = {0}, heard = {0};
    person_say(alice, "still here", &message);
    assert_int_equal(person_read(bob, mjl_buffer_bytes(&message), &heard), MJL_OK);
    assert_int_equal(person_commit(alice, &(change){.refresh = true}, &made), MJL_OK);
    assert_int_equal(person_stage(bob, mjl_buffer_bytes(&made.commit), &candidate),
                     MJL_WRONG_STATE);
    assert_int_equal(person_commit(bob, &(change){.refresh = true}, &candidate), MJL_WRONG_STATE);
    assert_true(mjl_bytes_equal(mjl_mls_group_epoch_authenticator(bob->group),
                                mjl_mls_group_epoch_authenticator(alice->group)));

    mjl_mls_group *group = (mjl_mls_group *)bob->group;
    group->secrets.init[0] = 1;
    assert_int_equal(save_and_load(bob), MJL_NOT_CANONICAL);
    group->secrets.init[0] = 0;
    group->path.known = 1;
    assert_int_equal(save_and_load(bob), MJL_NOT_CANONICAL);
    group->path.known = 0;
    group->own_leaf = 7;
    assert_int_equal(save_and_load(bob), MJL_BAD_KEY);
    mjl_mls_candidate_clear(&made);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&heard);
    people_free(people, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_saved_group_is_refused_or_saves_as_it_was_read),
        cmocka_unit_test(each_part_of_a_saved_group_is_checked),
        cmocka_unit_test(parts_of_a_saved_group_fit_each_other),
        cmocka_unit_test(group_without_forks_opens_but_stages_nothing),
        cmocka_unit_test(saved_group_is_little_larger_than_its_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
