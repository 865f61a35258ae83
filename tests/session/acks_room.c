#include "acks_room.h"

#include "test.h"

mjl_transcript *t;
mjl_acks *acks;
mjl_acks_changes changes;
uint32_t alice, bob, carol, dora;

uint32_t room_accept(graph_place place)
{
    const uint32_t index = graph_add(t, place);
    assert_int_equal(mjl_acks_add(acks, t, index, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
    return index;
}

uint32_t room_say(const char *name, const char *author, uint64_t seq, const char *parents)
{
    changes.count = 0;
    return room_accept(
        (graph_place){.name = name, .author = author, .epoch = 1, .seq = seq, .parents = parents});
}

void room_hear(uint32_t place, uint32_t reader)
{
    changes.count = 0;
    assert_int_equal(mjl_acks_heard(acks, t, place, reader, &changes), MJL_OK);
    assert_true(mjl_acks_check(acks, t));
}

void room_let_in(const char *name)
{
    room_accept((graph_place){.name = "c2",
                              .author = "alice",
                              .epoch = 1,
                              .seq = 1,
                              .parents = "1:a2",
                              .is_commit = true});
    graph_epoch(t, "c2", 2, 1, name);
}

uint32_t room_place_again(void)
{
    room_accept((graph_place){
        .name = "d2", .author = "bob", .epoch = 1, .parents = "0:c1", .is_commit = true});
    graph_epoch(t, "d2", 2, 1, "dora");
    const uint32_t roster[] = {alice, bob, carol, dora};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    changes.count = 0;
    return room_accept((graph_place){
        .name = "again", .author = "alice", .epoch = 2, .parents = "1:d2 1:a2", .message = "a2"});
}

void room_say_on_a_line_that_loses(uint32_t *first, uint32_t *again, uint32_t *late)
{
    char name[] = "m0";
    for (; name[1] < '7'; name[1]++)
        graph_author(t, name);
    *late = graph_author(t, name);
    const uint32_t place = room_accept((graph_place){
        .name = "a2", .author = "alice", .epoch = 1, .parents = "0:c1", .message = "hello"});
    room_let_in(name);
    const uint32_t roster[] = {alice, bob, carol, *late};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    *again = room_accept((graph_place){
        .name = "a3", .author = "alice", .epoch = 2, .parents = "1:c2", .message = "hello"});
    *first = room_accept(
        (graph_place){.name = "a4", .author = "alice", .epoch = 2, .seq = 1, .parents = "2:a3"});
    assert_int_equal(mjl_transcript_place(t, *again)->first, place);
}

int room_begin(void **state)
{
    (void)state;
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    assert_int_equal(mjl_acks_new(0, &acks), MJL_OK);
    alice = graph_author(t, "alice");
    bob = graph_author(t, "bob");
    carol = graph_author(t, "carol");
    dora = graph_author(t, "dora");
    graph_epoch(t, "e0", 0, MJL_NONE, NULL);
    assert_int_equal(mjl_acks_add_roster(acks, &alice, 1), MJL_OK);
    room_accept((graph_place){.name = "a0", .author = "alice"});
    room_accept((graph_place){
        .name = "c1", .author = "alice", .seq = 1, .parents = "0:a0", .is_commit = true});
    graph_epoch(t, "c1", 1, 0, "bob carol");
    const uint32_t roster[] = {carol, MJL_NONE, alice, bob};
    assert_int_equal(mjl_acks_add_roster(acks, roster, 4), MJL_OK);
    return 0;
}

int room_end(void **state)
{
    (void)state;
    mjl_acks_free(acks);
    mjl_acks_changes_clear(&changes);
    mjl_transcript_free(t);
    return 0;
}
