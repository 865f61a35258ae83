/* Groups in memory: people come, go, refresh and talk, and all see the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "people.h"

static void expect_same_epoch(const person *a, const person *b)
{
    assert_true(mjl_bytes_equal(mjl_mls_group_epoch_authenticator(a->group),
                                mjl_mls_group_epoch_authenticator(b->group)));
    assert_true(mjl_bytes_equal(mjl_mls_group_context(a->group), mjl_mls_group_context(b->group)));
    assert_true(mjl_bytes_equal(mjl_mls_group_interim_transcript_hash(a->group),
                                mjl_mls_group_interim_transcript_hash(b->group)));
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

/* ---- A party: many people of whom some are in the group ---- */

enum { PARTY_MAX = 20 };

typedef struct party {
    person people[PARTY_MAX];
    size_t count;
} party;

static void party_init(party *room, size_t count)
{
    room->count = count;
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "person %zu", i);
        person_init(&room->people[i], name);
    }
    person_create(&room->people[0], "room");
}

static void party_clear(party *room)
{
    for (size_t i = 0; i < room->count; i++)
        person_clear(&room->people[i]);
}

static bool is_removed(const person *who, const mjl_mls_candidate *candidate)
{
    for (size_t i = 0; i < candidate->removed_count; i++)
        if (candidate->removed[i] == mjl_mls_group_own_leaf(who->group)) return true;
    return false;
}

/* One member takes the commit of another. */
static void party_follow(person *who, const mjl_mls_candidate *given)
{
    mjl_mls_candidate candidate;
    assert_int_equal(person_stage(who, mjl_buffer_bytes(&given->commit), &candidate), MJL_OK);
    assert_int_equal(candidate.removes_us, is_removed(who, given));
    assert_int_equal(candidate.committer, given->committer);
    assert_int_equal(candidate.has_path, given->has_path);
    assert_int_equal(candidate.added_count, given->added_count);
    assert_int_equal(candidate.removed_count, given->removed_count);
    for (size_t i = 0; i < given->added_count; i++)
        assert_int_equal(candidate.added[i], given->added[i]);
    for (size_t i = 0; i < given->removed_count; i++)
        assert_int_equal(candidate.removed[i], given->removed[i]);
    if (candidate.removes_us) {
        assert_null(candidate.group);
        person_leave(who);
        person_offer(who);
    } else {
        person_merge(who, &candidate);
    }
    mjl_mls_candidate_clear(&candidate);
}

/* The author's commit reaches all members, its Welcome all newcomers; all end in one epoch. */
static void party_commit(party *room, person *author, const change *wanted)
{
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(author, wanted, &candidate), MJL_OK);
    for (size_t i = 0; i < room->count; i++) {
        person *who = &room->people[i];
        if (who != author && who->group != NULL) party_follow(who, &candidate);
    }
    person_merge(author, &candidate);
    for (size_t i = 0; i < wanted->add_count; i++) {
        person *who = (person *)wanted->add[i];
        assert_int_equal(person_join(who, mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
        assert_int_equal(mjl_mls_group_own_leaf(who->group), candidate.added[i]);
        person_offer(who);
    }
    for (size_t i = 0; i < room->count; i++)
        if (room->people[i].group != NULL) expect_same_epoch(author, &room->people[i]);
    mjl_mls_candidate_clear(&candidate);
}

static person *party_pick(party *room, bool inside)
{
    const uint32_t start = dice_below((uint32_t)room->count);
    for (size_t i = 0; i < room->count; i++) {
        person *who = &room->people[(start + i) % room->count];
        if ((who->group != NULL) == inside) return who;
    }
    return NULL;
}

static size_t party_size(const party *room)
{
    size_t size = 0;
    for (size_t i = 0; i < room->count; i++)
        if (room->people[i].group != NULL) size++;
    return size;
}

/* Some outsiders and some members, without repetition. */
typedef struct picked {
    const person *add[4];
    size_t add_count;
    uint32_t remove[4];
    size_t remove_count;
} picked;

static void pick_newcomers(party *room, picked *some)
{
    const size_t wanted = dice_below(4);
    for (size_t i = 0; i < wanted; i++) {
        const person *who = party_pick(room, false);
        bool is_new = who != NULL;
        for (size_t j = 0; is_new && j < some->add_count; j++)
            if (some->add[j] == who) is_new = false;
        if (is_new) some->add[some->add_count++] = who;
    }
}

static void pick_leavers(party *room, const person *author, picked *some)
{
    const size_t wanted = party_size(room) > 3 ? dice_below(3) : 0;
    for (size_t i = 0; i < wanted; i++) {
        const person *who = party_pick(room, true);
        const uint32_t leaf = mjl_mls_group_own_leaf(who->group);
        bool is_new = who != author;
        for (size_t j = 0; is_new && j < some->remove_count; j++)
            if (some->remove[j] == leaf) is_new = false;
        if (is_new) some->remove[some->remove_count++] = leaf;
    }
}

static void party_step(party *room)
{
    person *author = party_pick(room, true);
    picked some = {0};
    pick_newcomers(room, &some);
    pick_leavers(room, author, &some);
    party_commit(room, author,
                 &(change){.add = some.add,
                           .add_count = some.add_count,
                           .remove = some.remove,
                           .remove_count = some.remove_count,
                           .refresh = dice_below(2) == 0,
                           .public_message = dice_below(4) == 0});
}

/* From here on that person continues from what it saved. */
static void person_reload(person *who)
{
    mjl_buffer saved = {0}, ratchets = {0}, again = {0};
    person_saved(who, &saved);
    assert_int_equal(mjl_mls_ratchets_save(who->ratchets, &ratchets), MJL_OK);
    person_leave(who);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &who->group), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_load(mjl_buffer_bytes(&ratchets), NULL, &who->ratchets),
                     MJL_OK);
    person_saved(who, &again);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again)));
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&ratchets);
    mjl_buffer_clear(&again);
}

static void party_talk(party *room)
{
    for (int i = 0; i < 3; i++) {
        person *speaker = party_pick(room, true);
        person *listener = party_pick(room, true);
        if (speaker != listener) expect_hears(speaker, listener, "what is there to say");
    }
}

/* ---- Tests ---- */

static void two_people_talk(void **state)
{
    (void)state;
    dice_start(1);
    party room;
    party_init(&room, 2);
    person *alice = &room.people[0], *bob = &room.people[1];
    const person *const newcomers[] = {bob};
    party_commit(&room, alice, &(change){.add = newcomers, .add_count = 1});
    expect_hears(alice, bob, "hello");
    expect_hears(bob, alice, "hello to you");
    party_clear(&room);
}

static void random_parties_stay_in_one_epoch(void **state)
{
    (void)state;
    const char *given = getenv("MAJLIS_TEST_SEED");
    const uint64_t first = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)first);
    for (uint64_t round = 0; round < 10; round++) {
        dice_start(first + round);
        party room;
        party_init(&room, 4 + dice_below(PARTY_MAX - 4));
        for (int i = 0; i < 12; i++) {
            party_step(&room);
            party_talk(&room);
            person_reload(party_pick(&room, true));
        }
        party_clear(&room);
    }
}

/* The same commit staged from a value and from its saved form leads to the same bytes. */
static void loaded_group_follows_as_the_original(void **state)
{
    (void)state;
    dice_start(2);
    party room;
    party_init(&room, 5);
    person *alice = &room.people[0], *bob = &room.people[1];
    const person *const newcomers[] = {bob, &room.people[2], &room.people[3]};
    party_commit(&room, alice, &(change){.add = newcomers, .add_count = 3, .refresh = true});

    mjl_mls_candidate made, direct, loaded;
    const person *const more[] = {&room.people[4]};
    assert_int_equal(
        person_commit(alice, &(change){.add = more, .add_count = 1, .refresh = true}, &made),
        MJL_OK);
    mjl_buffer saved = {0}, ratchets = {0};
    person_saved(bob, &saved);
    assert_int_equal(mjl_mls_ratchets_save(bob->ratchets, &ratchets), MJL_OK);
    assert_int_equal(person_stage(bob, mjl_buffer_bytes(&made.commit), &direct), MJL_OK);
    person_leave(bob);
    assert_int_equal(mjl_mls_group_load(mjl_buffer_bytes(&saved), NULL, &bob->group), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_load(mjl_buffer_bytes(&ratchets), NULL, &bob->ratchets),
                     MJL_OK);
    assert_int_equal(person_stage(bob, mjl_buffer_bytes(&made.commit), &loaded), MJL_OK);

    mjl_buffer a = {0}, b = {0}, ra = {0}, rb = {0};
    assert_int_equal(mjl_mls_group_save(direct.group, &a), MJL_OK);
    assert_int_equal(mjl_mls_group_save(loaded.group, &b), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_save(direct.ratchets, &ra), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_save(loaded.ratchets, &rb), MJL_OK);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&a), mjl_buffer_bytes(&b)));
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&ra), mjl_buffer_bytes(&rb)));

    mjl_buffer *const buffers[] = {&saved, &ratchets, &a, &b, &ra, &rb};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        mjl_buffer_clear(buffers[i]);
    mjl_mls_candidate_clear(&made);
    mjl_mls_candidate_clear(&direct);
    mjl_mls_candidate_clear(&loaded);
    party_clear(&room);
}

/* Two members commit at once; a third follows both, and each sibling epoch works. */
static void sibling_epochs_live_side_by_side(void **state)
{
    (void)state;
    dice_start(3);
    party room;
    party_init(&room, 4);
    person *alice = &room.people[0], *bob = &room.people[1], *carol = &room.people[2];
    const person *const newcomers[] = {bob, carol};
    party_commit(&room, alice, &(change){.add = newcomers, .add_count = 2, .refresh = true});

    const person *const dave[] = {&room.people[3]};
    mjl_mls_candidate by_alice, by_bob, with_alice, with_bob;
    assert_int_equal(
        person_commit(alice, &(change){.add = dave, .add_count = 1, .refresh = true}, &by_alice),
        MJL_OK);
    assert_int_equal(person_commit(bob, &(change){.refresh = true}, &by_bob), MJL_OK);
    mjl_buffer before = {0}, after = {0};
    person_saved(carol, &before);
    assert_int_equal(person_stage(carol, mjl_buffer_bytes(&by_alice.commit), &with_alice), MJL_OK);
    assert_int_equal(person_stage(carol, mjl_buffer_bytes(&by_bob.commit), &with_bob), MJL_OK);
    person_saved(carol, &after);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&after)));
    assert_int_equal(mjl_mls_group_epoch(with_alice.group), 2);
    assert_int_equal(mjl_mls_group_epoch(with_bob.group), 2);
    assert_false(mjl_bytes_equal(mjl_mls_group_epoch_authenticator(with_alice.group),
                                 mjl_mls_group_epoch_authenticator(with_bob.group)));

    person_merge(alice, &by_alice);
    person_merge(bob, &by_bob);
    person_merge(carol, &with_alice);
    expect_hears(alice, carol, "on my branch");
    person_merge(carol, &with_bob);
    expect_hears(bob, carol, "on the other");
    mjl_mls_candidate *const all[] = {&by_alice, &by_bob, &with_alice, &with_bob};
    for (size_t i = 0; i < 4; i++)
        mjl_mls_candidate_clear(all[i]);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&after);
    party_clear(&room);
}

static void accessors_tell_of_the_group(void **state)
{
    (void)state;
    dice_start(4);
    party room;
    party_init(&room, 3);
    person *alice = &room.people[0];
    const person *const newcomers[] = {&room.people[1], &room.people[2]};
    party_commit(&room, alice, &(change){.add = newcomers, .add_count = 2});
    const mjl_mls_group *group = alice->group;
    assert_true(mjl_bytes_equal(mjl_mls_group_id(group), mjl_bytes_text("room")));
    assert_int_equal(mjl_mls_group_epoch(group), 1);
    assert_int_equal(mjl_mls_group_own_leaf(group), 0);
    assert_int_equal(mjl_mls_group_leaf_count(group), 4);
    assert_int_equal(mjl_mls_group_member_count(group), 3);
    mjl_mls_member member;
    assert_true(mjl_mls_group_member(group, 2, &member));
    assert_int_equal(member.leaf, 2);
    assert_true(mjl_bytes_equal(member.identity, mjl_bytes_text("person 2")));
    assert_memory_equal(member.signature_key.data, room.people[2].identity.signature_key, 32);
    assert_false(mjl_mls_group_member(group, 3, &member));
    assert_false(mjl_mls_group_member(group, 4, &member));
    assert_false(mjl_mls_group_member(group, UINT32_MAX, &member));
    mjl_bytes data;
    assert_int_equal(mjl_mls_group_extension(group, 0xF001, &data), MJL_NOT_FOUND);
    uint8_t mine[32], theirs[32];
    assert_int_equal(mjl_mls_group_export(group, "test", mjl_bytes_text("x"), mine, 32), MJL_OK);
    assert_int_equal(
        mjl_mls_group_export(room.people[1].group, "test", mjl_bytes_text("x"), theirs, 32),
        MJL_OK);
    assert_memory_equal(mine, theirs, 32);
    party_clear(&room);
}

/* Extensions of the context are replaced as a whole and seen by all. */
static void context_extensions_are_replaced_by_a_commit(void **state)
{
    (void)state;
    dice_start(5);
    static const uint16_t supported[] = {0xF001, 0xF002};
    person alice;
    person_init(&alice, "alice");
    const mjl_mls_extension first = {0xF001, mjl_bytes_text("one")};
    const mjl_mls_extension second = {0xF002, mjl_bytes_text("two")};
    const mjl_mls_create_config config = {
        .identity = &alice.identity,
        .capabilities = {.extensions = supported, .extensions_count = 2},
        .not_after = 1,
        .group_id = mjl_bytes_text("room"),
        .context_extensions = &first,
        .context_extensions_count = 1};
    assert_int_equal(mjl_mls_group_create(&config, dice_random(), &alice.group, &alice.ratchets),
                     MJL_OK);
    const mjl_mls_commit_config commit = {.identity = &alice.identity,
                                          .context_extensions = &second,
                                          .context_extensions_count = 1,
                                          .replace_context_extensions = true};
    mjl_mls_candidate candidate;
    assert_int_equal(
        mjl_mls_commit(alice.group, alice.ratchets, &commit, dice_random(), &candidate), MJL_OK);
    assert_true(candidate.has_path); /* RFC 9420 §12.4 wants one. */
    mjl_bytes data;
    assert_int_equal(mjl_mls_group_extension(candidate.group, 0xF001, &data), MJL_NOT_FOUND);
    assert_int_equal(mjl_mls_group_extension(candidate.group, 0xF002, &data), MJL_OK);
    assert_true(mjl_bytes_equal(data, second.data));
    assert_int_equal(mjl_mls_group_extension(alice.group, 0xF001, &data), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    person_clear(&alice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_people_talk),
        cmocka_unit_test(accessors_tell_of_the_group),
        cmocka_unit_test(context_extensions_are_replaced_by_a_commit),
        cmocka_unit_test(loaded_group_follows_as_the_original),
        cmocka_unit_test(sibling_epochs_live_side_by_side),
        cmocka_unit_test(random_parties_stay_in_one_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
