/*
 * Transcript and acks against a reference that keeps, for every place, the set of all its
 * ancestors, and for every member the set of all it has: nothing clever, nothing shared.
 */
#include "acks_readers.h"
#include "damage.h"
#include "graph.h"
#include "test.h"

#include <stdio.h>

enum { AUTHORS = 6, EPOCHS_LIMIT = 12, PLACES_LIMIT = 160, RUNS = 40, STEPS = 500 };

typedef struct known_place {
    uint32_t epoch, author, message; /* `message`: the first place of it. */
    uint64_t seq;
    bool is_commit;
    bool parents[PLACES_LIMIT];
    bool past[PLACES_LIMIT]; /* Strict ancestors. */
    bool has[AUTHORS];       /* Of the place itself. */
} known_place;

typedef struct known_epoch {
    uint32_t parent, number, commit;
    uint32_t children, commits;
    bool roster[AUTHORS], joined[AUTHORS];
} known_epoch;

typedef struct world {
    known_place places[PLACES_LIMIT];
    known_epoch epochs[EPOCHS_LIMIT];
    uint32_t places_count, epochs_count;
    uint32_t dropped_epochs[AUTHORS];
    uint32_t root_number; /* 0, or that of a joiner. */
    test_random random;
    mjl_transcript *t;
    mjl_acks *acks;
    size_t accepted, refused[256];
    mjl_buffer stored[PLACES_LIMIT]; /* What a store holds of the acks' places. */
} world;

static uint32_t pick(world *w, uint64_t bound)
{
    return (uint32_t)test_random_below(&w->random, bound);
}

static mjl_id place_id(uint32_t i)
{
    const uint32_t number = i;
    return mjl_id_packet(mjl_bytes_of(&number, sizeof number));
}

static mjl_id opaque_id(uint32_t i)
{
    const uint64_t number = 0x1000000000U + i;
    return mjl_id_packet(mjl_bytes_of(&number, sizeof number));
}

static mjl_id root_branch(void)
{
    return graph_id("root");
}

/* ---- The reference's answers ---- */

static bool sees(const world *w, uint32_t from, uint32_t epoch)
{
    for (; from != MJL_NONE; from = w->epochs[from].parent) {
        if (from == epoch) return true;
    }
    return false;
}

static uint32_t last_in(const world *w, uint32_t author, uint32_t epoch)
{
    uint32_t last = MJL_NONE;
    for (uint32_t i = 0; i < w->places_count; i++) {
        if (w->places[i].author == author && w->places[i].epoch == epoch) last = i;
    }
    return last;
}

static uint32_t last_before(const world *w, uint32_t author, uint32_t epoch)
{
    while (epoch != MJL_NONE) {
        const uint32_t last = last_in(w, author, epoch);
        if (last != MJL_NONE) return last;
        if (w->epochs[epoch].joined[author]) return MJL_NONE;
        epoch = w->epochs[epoch].parent;
    }
    return MJL_NONE;
}

static bool branches_compete(const world *w, uint32_t ancestor, uint32_t epoch)
{
    while (epoch != ancestor) {
        epoch = w->epochs[epoch].parent;
        if (w->epochs[epoch].children > 1 || w->epochs[epoch].commits > 1) return true;
    }
    return false;
}

typedef struct candidate {
    uint32_t epoch, author;
    uint64_t seq;
    uint32_t parents[8]; /* Places; MJL_NONE: opaque; MJL_NONE - 1: the root's commit. */
    uint32_t parents_count;
} candidate;

static const uint32_t OPAQUE = UINT32_MAX, ROOT_COMMIT = UINT32_MAX - 1;

static bool is_place(uint32_t parent)
{
    return parent < PLACES_LIMIT;
}

/* The rules of DESIGN section 8, word by word. */
static mjl_result judge(const world *w, const candidate *c)
{
    const uint32_t own_in = last_in(w, c->author, c->epoch);
    const uint64_t next = own_in == MJL_NONE ? 0 : w->places[own_in].seq + 1;
    if (c->seq < next) return MJL_EQUIVOCATION;
    for (uint32_t i = 0; i < c->parents_count; i++) {
        if (is_place(c->parents[i]) && !sees(w, c->epoch, w->places[c->parents[i]].epoch)) {
            return MJL_PARENT_NOT_OF_BRANCH;
        }
    }
    if (c->seq > next) return MJL_SEQ_NOT_NEXT;
    bool is_in_epoch = c->epoch == 0 && w->root_number == 0 && c->seq == 0 && c->parents_count == 0;
    for (uint32_t i = 0; i < c->parents_count; i++) {
        const uint32_t p = c->parents[i];
        if (p == ROOT_COMMIT && c->epoch == 0) is_in_epoch = true;
        if (!is_place(p)) continue;
        if (w->places[p].epoch == c->epoch || p == w->epochs[c->epoch].commit) is_in_epoch = true;
    }
    for (uint32_t i = 0; i < c->parents_count; i++) {
        for (uint32_t j = 0; j < c->parents_count; j++) {
            const uint32_t p = c->parents[i], q = c->parents[j];
            if (i == j || !is_place(p)) continue;
            if (q == ROOT_COMMIT) return MJL_PARENTS_NOT_ANTICHAIN;
            if (!is_place(q)) continue;
            if (w->places[p].author == w->places[q].author || w->places[p].past[q]) {
                return MJL_PARENTS_NOT_ANTICHAIN;
            }
        }
    }
    if (!is_in_epoch) return MJL_NO_PARENT_IN_EPOCH;
    const uint32_t own = last_before(w, c->author, c->epoch);
    if (own == MJL_NONE) return MJL_OK;
    for (uint32_t i = 0; i < c->parents_count; i++) {
        const uint32_t p = c->parents[i];
        if (is_place(p) && (p == own || w->places[p].past[own])) return MJL_OK;
    }
    if (c->seq > 0) return MJL_EQUIVOCATION;
    return branches_compete(w, w->places[own].epoch, c->epoch) ? MJL_OK
                                                               : MJL_OWN_PLACE_NOT_FOLLOWED;
}

static bool is_reader(const world *w, uint32_t place, uint32_t author)
{
    const known_place *first = &w->places[w->places[place].message];
    return author != first->author && w->epochs[first->epoch].roster[author] &&
           first->epoch >= w->dropped_epochs[author];
}

static bool has_message(const world *w, uint32_t place, uint32_t author)
{
    for (uint32_t i = 0; i < w->places_count; i++) {
        if (w->places[i].message == w->places[place].message && w->places[i].has[author]) {
            return true;
        }
    }
    return false;
}

/* Who was not in an epoch cannot vouch for what lies below its places: it may have come back as a
   joiner. Nor is it asked about epochs from which it was dropped. */
static void note_has(world *w, uint32_t place, uint32_t author)
{
    const known_place *of = &w->places[place];
    if (!w->epochs[of->epoch].roster[author]) return;
    if (of->epoch < w->dropped_epochs[author]) return;
    w->places[place].has[author] = true;
    for (uint32_t i = 0; i < place; i++) {
        if (of->parents[i] && !w->places[i].has[author]) note_has(w, i, author);
    }
}

/* ---- Steps ---- */

/* Mostly what an honest author would choose, from what it may have seen; now and then anything. */
static void choose_parents(world *w, candidate *c)
{
    c->parents_count = 0;
    const uint32_t oldest = w->places_count > 24 ? w->places_count - 24 : 0;
    const uint32_t tries = pick(w, 6) + 1;
    const bool is_wild = pick(w, 8) == 0;
    if (w->root_number != 0 && pick(w, 6) == 0) {
        c->parents[c->parents_count++] = pick(w, 2) == 0 ? OPAQUE : ROOT_COMMIT;
    }
    const uint32_t own = last_before(w, c->author, c->epoch);
    if (own != MJL_NONE && !is_wild && pick(w, 3) == 0) c->parents[c->parents_count++] = own;
    for (uint32_t i = 0; i < tries && w->places_count != 0; i++) {
        const uint32_t p = oldest + pick(w, w->places_count - oldest);
        bool is_good = is_wild || sees(w, c->epoch, w->places[p].epoch);
        uint32_t kept = 0;
        for (uint32_t j = 0; j < c->parents_count; j++) {
            const uint32_t q = c->parents[j];
            is_good = is_good && q != p;
            if (is_wild || !is_place(q)) continue;
            if (w->places[q].past[p]) is_good = false;
        }
        if (!is_good) continue;
        for (uint32_t j = 0; j < c->parents_count; j++) {
            const uint32_t q = c->parents[j];
            const bool is_beaten =
                !is_wild && is_place(q) &&
                (w->places[p].past[q] || w->places[p].author == w->places[q].author);
            if (!is_beaten) c->parents[kept++] = q;
        }
        c->parents_count = kept;
        c->parents[c->parents_count++] = p;
    }
}

static size_t name_parents(const world *w, const candidate *c, mjl_place_ref *refs)
{
    for (uint32_t i = 0; i < c->parents_count; i++) {
        const uint32_t p = c->parents[i];
        if (p == OPAQUE) {
            refs[i] = (mjl_place_ref){1, opaque_id(i)};
        } else if (p == ROOT_COMMIT) {
            refs[i] = (mjl_place_ref){w->root_number - 1, root_branch()};
        } else {
            refs[i] = mjl_transcript_ref(w->t, p);
        }
    }
    mjl_place_refs_sort(refs, c->parents_count);
    return c->parents_count;
}

static void remember(world *w, const candidate *c, uint32_t message, bool is_commit)
{
    known_place *made = &w->places[w->places_count];
    memset(made, 0, sizeof *made);
    made->epoch = c->epoch;
    made->author = c->author;
    made->seq = c->seq;
    made->message = message;
    made->is_commit = is_commit;
    for (uint32_t i = 0; i < c->parents_count; i++) {
        if (!is_place(c->parents[i])) continue;
        made->past[c->parents[i]] = made->parents[c->parents[i]] = true;
        for (uint32_t j = 0; j < w->places_count; j++)
            made->past[j] = made->past[j] || w->places[c->parents[i]].past[j];
    }
    w->epochs[c->epoch].commits += is_commit;
    note_has(w, w->places_count++, c->author);
    w->places[w->places_count - 1].has[0] = true; /* We have what we accept. */
}

static void add_to_acks(world *w, uint32_t place)
{
    mjl_acks_changes changes = {0};
    assert_int_equal(mjl_acks_add(w->acks, w->t, place, &changes), MJL_OK);
    for (size_t i = 0; i < changes.count; i++)
        assert_true(i == 0 || changes.places[i - 1] < changes.places[i]);
    mjl_acks_changes_clear(&changes);
}

static uint32_t pick_member(world *w, uint32_t epoch)
{
    uint32_t author = pick(w, AUTHORS);
    while (!w->epochs[epoch].roster[author])
        author = (author + 1) % AUTHORS;
    return author;
}

/* A message of the author that has a place already, if there is one; else a new one. */
static uint32_t pick_message(world *w, uint32_t author)
{
    if (pick(w, 6) != 0 || w->places_count == 0) return w->places_count;
    const uint32_t at = pick(w, w->places_count);
    const known_place *of = &w->places[at];
    return of->author == author && !of->is_commit ? of->message : w->places_count;
}

static void try_place(world *w)
{
    if (w->places_count == PLACES_LIMIT) return;
    candidate c = {.epoch = pick(w, w->epochs_count)};
    if (pick(w, 2) == 0) c.epoch = w->epochs_count - 1;
    c.author = pick_member(w, c.epoch);
    c.seq = mjl_transcript_next_seq(w->t, c.author, c.epoch);
    if (pick(w, 12) == 0) c.seq += pick(w, 2) == 0 && c.seq > 0 ? (uint64_t)-1 : 1;
    choose_parents(w, &c);
    mjl_place_ref refs[8];
    mjl_place_candidate real = {.id = place_id(w->places_count),
                                .epoch = c.epoch,
                                .author = c.author,
                                .seq = c.seq,
                                .parents = refs,
                                .parents_count = name_parents(w, &c, refs)};
    const bool is_commit = pick(w, 8) == 0;
    const uint32_t message = is_commit ? w->places_count : pick_message(w, c.author);
    const mjl_id message_id = place_id(message);
    real.type = is_commit ? MJL_PLACE_COMMIT : 1;
    real.message = is_commit ? real.id : mjl_id_control(mjl_id_bytes(&message_id));
    mjl_findings findings;
    const mjl_result result = mjl_transcript_check(w->t, &real, &findings);
    assert_int_equal(result, judge(w, &c));
    w->refused[result]++;
    if (result != MJL_OK) return;
    uint32_t place;
    assert_int_equal(mjl_transcript_accept(w->t, &real, &place), MJL_OK);
    assert_int_equal(place, w->places_count);
    remember(w, &c, message, is_commit);
    w->accepted++;
    add_to_acks(w, place);
}

static void add_roster(world *w, uint32_t epoch)
{
    uint32_t authors[AUTHORS];
    for (uint32_t i = 0; i < AUTHORS; i++)
        authors[i] = w->epochs[epoch].roster[i] ? i : MJL_NONE;
    assert_int_equal(mjl_acks_add_roster(w->acks, authors, AUTHORS), MJL_OK);
}

/* An epoch that one of the accepted commits starts, with a member more or less. */
static void try_epoch(world *w)
{
    if (w->epochs_count == EPOCHS_LIMIT || w->places_count == 0) return;
    const uint32_t commit = pick(w, w->places_count);
    if (!w->places[commit].is_commit) return;
    const mjl_id branch = place_id(commit);
    if (mjl_transcript_find_epoch(w->t, &branch) != MJL_NONE) return;
    const uint32_t parent = w->places[commit].epoch, moved = 1 + pick(w, AUTHORS - 1);
    known_epoch *made = &w->epochs[w->epochs_count];
    *made = w->epochs[parent];
    made->parent = parent;
    made->number = w->epochs[parent].number + 1;
    made->commit = commit;
    made->children = made->commits = 0;
    memset(made->joined, 0, sizeof made->joined);
    const mjl_epoch_start start = {.branch = branch,
                                   .number = made->number,
                                   .parent = parent,
                                   .joined = &moved,
                                   .joined_count = made->roster[moved] ? 0 : 1};
    uint32_t epoch;
    assert_int_equal(mjl_transcript_add_epoch(w->t, &start, &epoch), MJL_OK);
    assert_int_equal(epoch, w->epochs_count++);
    w->epochs[parent].children++;
    const bool is_removed = made->roster[moved];
    made->roster[moved] = !is_removed;
    made->joined[moved] = !is_removed;
    add_roster(w, epoch);
    if (!is_removed || pick(w, 2) == 0) return;
    mjl_acks_changes changes = {0};
    assert_int_equal(mjl_acks_drop_reader(w->acks, w->t, moved, w->epochs_count, &changes), MJL_OK);
    mjl_acks_changes_clear(&changes);
    w->dropped_epochs[moved] = w->epochs_count;
}

static void hear(world *w)
{
    if (w->places_count == 0) return;
    const uint32_t place = pick(w, w->places_count);
    const uint32_t reader = pick_member(w, w->places[place].epoch);
    mjl_acks_changes changes = {0};
    assert_int_equal(mjl_acks_heard(w->acks, w->t, place, reader, &changes), MJL_OK);
    for (size_t i = 0; i < changes.count; i++) {
        assert_true(i == 0 || changes.places[i - 1] < changes.places[i]);
        assert_true(is_reader(w, changes.places[i], reader));
        assert_false(has_message(w, changes.places[i], reader));
    }
    mjl_acks_changes_clear(&changes);
    note_has(w, place, reader);
}

/* Only what says that it changed. */
static void persist(world *w)
{
    for (size_t i = 0; i < mjl_acks_dirty_count(w->acks); i++) {
        const uint32_t place = mjl_acks_dirty(w->acks, i);
        mjl_buffer_clear(&w->stored[place]);
        assert_int_equal(mjl_acks_save_place(w->acks, place, &w->stored[place]), MJL_OK);
    }
    mjl_acks_dirty_clear(w->acks);
}

static void reload(world *w)
{
    persist(w);
    graph_records places = graph_save(w->t), bits = graph_acks_save(w->acks);
    for (uint32_t i = 0; i < w->places_count; i++) {
        const mjl_buffer *saved = &bits.records[1 + bits.epochs + i];
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(saved), mjl_buffer_bytes(&w->stored[i])));
    }
    mjl_transcript_free(w->t);
    mjl_acks_free(w->acks);
    assert_int_equal(graph_load(&places, &w->t), MJL_OK);
    assert_int_equal(graph_acks_load(&bits, w->t, &w->acks), MJL_OK);
    graph_records_clear(&places);
    graph_records_clear(&bits);
}

/* ---- Comparing ---- */

static void order_is_same(world *w)
{
    for (unsigned i = 0; i < 20 && w->places_count != 0; i++) {
        const uint32_t a = pick(w, w->places_count), b = pick(w, w->places_count);
        assert_int_equal(mjl_transcript_is_before_or_equal(w->t, a, b),
                         a == b || w->places[b].past[a]);
    }
}

/* Of the place itself, whatever is known of its message. */
static void place_is_same(world *w, uint32_t place)
{
    const known_place *of = &w->places[place];
    bool is_full = true;
    for (uint32_t author = 0; author < AUTHORS; author++) {
        const bool owes = author != of->author && author != 0 &&
                          w->epochs[of->epoch].roster[author] &&
                          of->epoch >= w->dropped_epochs[author] && !of->has[author];
        assert_int_equal(mjl_acks_place_owes(w->acks, place, author), owes);
        is_full = is_full && !owes;
    }
    assert_int_equal(mjl_acks_place_is_full(w->acks, place), is_full);
}

static void acks_are_same(world *w)
{
    size_t unacked = 0;
    for (uint32_t place = 0; place < w->places_count; place++) {
        uint32_t readers = 0, missing = 0;
        for (uint32_t author = 0; author < AUTHORS; author++) {
            if (!is_reader(w, place, author)) {
                assert_false(mjl_acks_is_reader(w->acks, w->t, place, author));
                continue;
            }
            assert_true(mjl_acks_is_reader(w->acks, w->t, place, author));
            const bool has = has_message(w, place, author);
            assert_int_equal(mjl_acks_has(w->acks, w->t, place, author), has);
            assert_int_equal(mjl_acks_owes(w->acks, w->t, place, author), !has);
            readers++;
            missing += !has;
        }
        assert_int_equal(mjl_acks_readers_count(w->acks, w->t, place), readers);
        assert_int_equal(mjl_acks_missing_count(w->acks, w->t, place), missing);
        assert_int_equal(mjl_acks_is_full(w->acks, w->t, place), missing == 0);
        unacked += missing != 0 && w->places[place].message == place;
        place_is_same(w, place);
    }
    assert_int_equal(mjl_acks_unacked_count(w->acks), unacked);
}

static bool is_head(const world *w, uint32_t place, uint32_t epoch)
{
    if (!sees(w, epoch, w->places[place].epoch)) return false;
    for (uint32_t i = 0; i < w->places_count; i++) {
        if (sees(w, epoch, w->places[i].epoch) && w->places[i].past[place]) return false;
    }
    return true;
}

static void frontier_is_same(world *w)
{
    mjl_place_ref out[PLACES_LIMIT];
    const uint32_t epoch = pick(w, w->epochs_count);
    const size_t count = mjl_transcript_frontier(w->t, epoch, 0, out, PLACES_LIMIT);
    size_t heads = 0;
    for (uint32_t i = 0; i < w->places_count; i++) {
        const mjl_place_ref ref = mjl_transcript_ref(w->t, i);
        bool is_there = false;
        for (size_t j = 0; j < count; j++)
            is_there = is_there || mjl_place_ref_compare(&out[j], &ref) == 0;
        assert_int_equal(is_there, is_head(w, i, epoch));
        heads += is_there;
    }
    if (heads != 0) assert_int_equal(count, heads);
}

/* Whatever heads answers must be accepted as parents of the next place. */
static void heads_are_accepted(world *w)
{
    mjl_place_ref parents[MJL_PARENTS_MAX];
    size_t count = 0;
    const uint32_t epoch = pick(w, w->epochs_count), author = pick_member(w, epoch);
    const mjl_result result = mjl_transcript_heads(w->t, epoch, author, parents, &count);
    if (result == MJL_OWN_PLACE_NOT_FOLLOWED) return; /* Somebody built on a commit in its epoch. */
    assert_int_equal(result, MJL_OK);
    mjl_place_candidate next = {.id = graph_id("next"),
                                .message = graph_id("next"),
                                .epoch = epoch,
                                .author = author,
                                .type = 1,
                                .parents = parents,
                                .parents_count = count};
    next.seq = mjl_transcript_next_seq(w->t, author, epoch);
    mjl_findings findings;
    assert_int_equal(mjl_transcript_check(w->t, &next, &findings), MJL_OK);
}

/* ---- Runs ---- */

static void begin_world(world *w, test_random random, uint32_t root_number)
{
    memset(w, 0, sizeof *w);
    w->random = random;
    w->root_number = root_number;
    assert_int_equal(mjl_transcript_new(&w->t), MJL_OK);
    assert_int_equal(mjl_acks_new(0, &w->acks), MJL_OK);
    for (uint32_t i = 0; i < AUTHORS; i++) {
        char name[16];
        snprintf(name, sizeof name, "member %u", (unsigned)i);
        assert_int_equal(graph_author(w->t, name), i);
        w->epochs[0].roster[i] = i < 4;
    }
    const mjl_epoch_start start = {
        .branch = root_branch(), .number = root_number, .parent = MJL_NONE};
    uint32_t epoch;
    assert_int_equal(mjl_transcript_add_epoch(w->t, &start, &epoch), MJL_OK);
    w->epochs[0].parent = w->epochs[0].commit = MJL_NONE;
    w->epochs[0].number = root_number;
    w->epochs_count = 1;
    add_roster(w, 0);
}

static void a_step(world *w)
{
    const uint32_t choice = pick(w, 20);
    if (choice < 14) {
        try_place(w);
    } else if (choice < 16) {
        try_epoch(w);
    } else {
        hear(w);
    }
    order_is_same(w);
    frontier_is_same(w);
    heads_are_accepted(w);
    if (pick(w, 16) == 0) {
        assert_true(mjl_transcript_check_all(w->t));
        acks_are_same(w);
    }
    if (pick(w, 3) == 0) persist(w);
    if (pick(w, 60) == 0) reload(w);
}

static void random_steps_agree_with_the_reference(void **state)
{
    (void)state;
    static world w;
    test_random random = test_random_new(20261121);
    size_t accepted = 0, refused[256] = {0};
    for (unsigned run = 0; run < RUNS; run++) {
        begin_world(&w, random, run % 3 == 0 ? 5 : 0);
        for (unsigned step = 0; step < STEPS; step++)
            a_step(&w);
        assert_true(mjl_acks_check(w.acks, w.t));
        accepted += w.accepted;
        for (size_t i = 0; i < 256; i++)
            refused[i] += w.refused[i];
        random = w.random;
        for (size_t i = 0; i < PLACES_LIMIT; i++)
            mjl_buffer_clear(&w.stored[i]);
        mjl_transcript_free(w.t);
        mjl_acks_free(w.acks);
    }
    printf("%zu accepted\n", accepted);
    static const mjl_result reasons[] = {MJL_EQUIVOCATION,          MJL_PARENT_NOT_OF_BRANCH,
                                         MJL_SEQ_NOT_NEXT,          MJL_NO_PARENT_IN_EPOCH,
                                         MJL_PARENTS_NOT_ANTICHAIN, MJL_OWN_PLACE_NOT_FOLLOWED};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        printf("%zu %s\n", refused[reasons[i]], mjl_result_name(reasons[i]));
        assert_true(refused[reasons[i]] != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_steps_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
