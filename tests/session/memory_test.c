/* When memory runs out at any point, a call says so, leaves things as they were, and works later.
 */
#include "../memory/allocation.h"
#include "acks_readers.h"
#include "commit_header.h"
#include "graph.h"
#include "pending.h"
#include "test.h"
#include "wire_examples.h"

#include <sodium.h>
#include <stdio.h>

/* One step of a story: `call` is tried with ever more memory until it gets through. */
typedef mjl_result (*attempt)(void *of);
typedef void (*check_unchanged)(void *of);

static size_t get_through(attempt call, check_unchanged check, void *of)
{
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = call(of);
        if (!allocation_failed()) {
            assert_int_equal(result, MJL_OK);
            return n;
        }
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        check(of);
    }
}

/* ---- Transcript and acks ---- */

typedef struct story {
    mjl_transcript *t;
    mjl_acks *acks;
    mjl_acks_changes changes;
    mjl_place_candidate candidate;
    mjl_epoch_start start;
    mjl_place_ref parents[2];
    uint32_t joined[2], place, reader, epoch;
    char name[16];
} story;

static graph_records before_places, before_acks;

static void remember(story *s)
{
    before_places = graph_save(s->t);
    before_acks = graph_acks_save(s->acks);
}

static void forget(void)
{
    graph_records_clear(&before_places);
    graph_records_clear(&before_acks);
}

static void same_records(const graph_records *a, const graph_records *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(
            mjl_bytes_equal(mjl_buffer_bytes(&a->records[i]), mjl_buffer_bytes(&b->records[i])));
    }
}

static void graph_is_unchanged(void *of)
{
    story *s = (story *)of;
    graph_records now = graph_save(s->t);
    same_records(&before_places, &now);
    graph_records_clear(&now);
    assert_true(mjl_transcript_check_all(s->t));
}

static void acks_are_unchanged(void *of)
{
    story *s = (story *)of;
    graph_records now = graph_acks_save(s->acks);
    same_records(&before_acks, &now);
    graph_records_clear(&now);
    assert_true(mjl_acks_check(s->acks, s->t));
    assert_int_equal(s->changes.count, 0);
}

static mjl_result add_author(void *of)
{
    story *s = (story *)of;
    const mjl_id id = graph_id(s->name);
    uint32_t author;
    return mjl_transcript_author(s->t, &id, &author);
}

static mjl_result add_epoch(void *of)
{
    story *s = (story *)of;
    return mjl_transcript_add_epoch(s->t, &s->start, &s->epoch);
}

static mjl_result accept_place(void *of)
{
    story *s = (story *)of;
    return mjl_transcript_accept(s->t, &s->candidate, &s->place);
}

static mjl_result add_roster(void *of)
{
    story *s = (story *)of;
    static const uint32_t roster[] = {0, 1, 2, 900};
    return mjl_acks_add_roster(s->acks, roster, 4);
}

static mjl_result add_acks(void *of)
{
    story *s = (story *)of;
    return mjl_acks_add(s->acks, s->t, s->place, &s->changes);
}

static mjl_result hear(void *of)
{
    story *s = (story *)of;
    return mjl_acks_heard(s->acks, s->t, s->place, s->reader, &s->changes);
}

static mjl_result drop(void *of)
{
    story *s = (story *)of;
    return mjl_acks_drop_reader(s->acks, s->t, s->reader, 2, &s->changes);
}

static mjl_result offer_heads(void *of)
{
    story *s = (story *)of;
    mjl_place_ref parents[MJL_PARENTS_MAX];
    size_t count;
    return mjl_transcript_heads(s->t, 0, 0, parents, &count);
}

static size_t step(story *s, attempt call, check_unchanged check)
{
    s->changes.count = 0;
    remember(s);
    const size_t failures = get_through(call, check, s);
    forget();
    s->changes.count = 0;
    return failures;
}

/* The next place of an author in epoch 0, behind the last one, checked before. */
static void say(story *s, uint32_t author, uint64_t seq, const char *message)
{
    const uint32_t count = mjl_transcript_places_count(s->t);
    snprintf(s->name, sizeof s->name, "p%u", (unsigned)count);
    const mjl_id said = graph_id(message == NULL ? s->name : message);
    if (count != 0) s->parents[0] = mjl_transcript_ref(s->t, count - 1);
    s->candidate = (mjl_place_candidate){.id = graph_id(s->name),
                                         .message = mjl_id_control(mjl_id_bytes(&said)),
                                         .author = author,
                                         .seq = seq,
                                         .type = 1,
                                         .parents = s->parents,
                                         .parents_count = count == 0 ? 0 : 1};
    mjl_findings findings;
    assert_int_equal(mjl_transcript_check(s->t, &s->candidate, &findings), MJL_OK);
    assert_true(step(s, accept_place, graph_is_unchanged) < 30);
    step(s, add_acks, acks_are_unchanged);
}

static void transcript_and_acks_survive_running_out_of_memory(void **state)
{
    (void)state;
    story s = {.start = {.branch = graph_id("e0"), .parent = MJL_NONE}};
    assert_int_equal(mjl_transcript_new(&s.t), MJL_OK);
    assert_int_equal(mjl_acks_new(0, &s.acks), MJL_OK);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(s.name, sizeof s.name, "member %u", i);
        step(&s, add_author, graph_is_unchanged);
    }
    assert_true(step(&s, add_epoch, graph_is_unchanged) > 0);
    assert_true(step(&s, add_roster, acks_are_unchanged) > 0);
    uint64_t seq[3] = {0};
    for (uint32_t i = 0; i < 40; i++) {
        const uint32_t author = i % 5 == 0 ? 1 : 0;
        say(&s, author, seq[author]++, i == 20 || i == 30 ? "p17" : NULL);
    }
    assert_true(step(&s, offer_heads, graph_is_unchanged) > 0);
    s.joined[0] = 2;
    s.start = (mjl_epoch_start){
        .branch = graph_id("c1"), .number = 1, .joined = s.joined, .joined_count = 1};
    assert_true(step(&s, add_epoch, graph_is_unchanged) > 0);
    s.place = 25;
    s.reader = 2;
    step(&s, hear, acks_are_unchanged);
    s.reader = 900;
    step(&s, drop, acks_are_unchanged);
    assert_true(mjl_acks_has(s.acks, s.t, 25, 2));
    mjl_acks_changes_clear(&s.changes);
    mjl_acks_free(s.acks);
    mjl_transcript_free(s.t);
}

/* ---- Loading ---- */

static void loading_survives_running_out_of_memory(void **state)
{
    (void)state;
    mjl_transcript *t, *loaded = NULL;
    assert_int_equal(mjl_transcript_new(&t), MJL_OK);
    graph_author(t, "alice");
    graph_author(t, "bob");
    graph_epoch(t, "e0", 0, MJL_NONE, NULL);
    graph_add(t, (graph_place){.name = "a0", .author = "alice"});
    graph_add(t, (graph_place){.name = "a1", .author = "alice", .seq = 1, .parents = "0:a0"});
    mjl_acks *acks, *loaded_acks = NULL;
    mjl_acks_changes changes = {0};
    const uint32_t roster[] = {0, 1};
    assert_int_equal(mjl_acks_new(1, &acks), MJL_OK);
    assert_int_equal(mjl_acks_add_roster(acks, roster, 2), MJL_OK);
    assert_int_equal(mjl_acks_add(acks, t, 0, &changes), MJL_OK);
    assert_int_equal(mjl_acks_add(acks, t, 1, &changes), MJL_OK);
    mjl_acks_changes_clear(&changes);
    graph_records places = graph_save(t), bits = graph_acks_save(acks);
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        mjl_transcript *fresh;
        mjl_result result = mjl_transcript_new(&fresh);
        for (size_t i = 0; i < places.count && result == MJL_OK; i++) {
            const mjl_bytes record = mjl_buffer_bytes(&places.records[i]);
            result = i < 2   ? mjl_transcript_load_author(fresh, record)
                     : i < 3 ? mjl_transcript_load_epoch(fresh, record)
                             : mjl_transcript_load_place(fresh, record);
            if (result != MJL_OK) mjl_transcript_free(fresh);
        }
        if (result == MJL_OK) {
            result = mjl_transcript_load_done(fresh);
            loaded = fresh;
            if (result != MJL_OK) mjl_transcript_free(fresh);
        }
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
    graph_is_same(t, loaded);
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = graph_acks_load(&bits, loaded, &loaded_acks);
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
    assert_true(mjl_acks_check(loaded_acks, loaded));
    graph_records_clear(&places);
    graph_records_clear(&bits);
    mjl_acks_free(acks);
    mjl_acks_free(loaded_acks);
    mjl_transcript_free(t);
    mjl_transcript_free(loaded);
}

/* ---- Pending ---- */

typedef struct waiting {
    mjl_pending *pending;
    mjl_pending_entry entry;
    size_t count;
} waiting;

static mjl_result hold(void *of)
{
    const waiting *w = (const waiting *)of;
    return mjl_pending_add(w->pending, &w->entry);
}

static void pending_is_unchanged(void *of)
{
    const waiting *w = (const waiting *)of;
    assert_int_equal(mjl_pending_count(w->pending), w->count);
    assert_int_equal(mjl_pending_dirty_count(w->pending), w->count);
    assert_true(mjl_pending_check(w->pending));
    mjl_gap gap = {.oldest = NULL};
    while (mjl_pending_next_gap(w->pending, &gap) == MJL_OK)
        assert_true(gap.waiting_count != 0);
}

static void pending_survives_running_out_of_memory(void **state)
{
    (void)state;
    waiting w = {0};
    assert_int_equal(mjl_pending_new(&w.pending), MJL_OK);
    mjl_place_ref missing[3];
    for (unsigned i = 0; i < 40; i++) {
        char name[16];
        for (unsigned j = 0; j < 3; j++) {
            snprintf(name, sizeof name, "missing %u", i + j);
            missing[j] = (mjl_place_ref){1, graph_id(name)};
        }
        mjl_place_refs_sort(missing, 3);
        snprintf(name, sizeof name, "author %u", i % 7);
        w.entry = (mjl_pending_entry){.author = graph_id(name),
                                      .missing = missing,
                                      .missing_count = 3,
                                      .blob = mjl_bytes_text("blob")};
        snprintf(name, sizeof name, "place %u", i);
        w.entry.place = graph_id(name);
        w.count = i;
        get_through(hold, pending_is_unchanged, &w);
        /* What has its room cannot fail. */
        allocation_fail_after(0);
        if (i % 4 == 3) mjl_pending_accepted(w.pending, &missing[0].id);
        assert_false(allocation_failed());
    }
    mjl_pending_free(w.pending);
}

/* ---- Bytes ---- */

static mjl_commit_header header;

static void nothing_more(void *of)
{
    (void)of;
}

static mjl_result seal_and_open(void *of)
{
    const mjl_header_seal seal = {.key = wire_header_key,
                                  .tag = wire_tag,
                                  .group_id = mjl_bytes_of(wire_group_id, sizeof wire_group_id)};
    mjl_buffer sealed = {0}, plain = {0};
    header = (mjl_commit_header){.basis_count = *(size_t *)of};
    mjl_result result = mjl_commit_header_seal(&header, &seal, wire_nonce, &sealed);
    if (result == MJL_OK) {
        result = mjl_commit_header_open(mjl_buffer_bytes(&sealed), &seal, &plain, &header);
    }
    mjl_buffer_clear(&sealed);
    mjl_buffer_clear(&plain);
    return result;
}

static void sealing_survives_running_out_of_memory(void **state)
{
    (void)state;
    size_t basis_count = 1;
    assert_true(get_through(seal_and_open, nothing_more, &basis_count) >= 5);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transcript_and_acks_survive_running_out_of_memory),
        cmocka_unit_test(loading_survives_running_out_of_memory),
        cmocka_unit_test(pending_survives_running_out_of_memory),
        cmocka_unit_test(sealing_survives_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
