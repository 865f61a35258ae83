/* The causal order of a transcript: what follows what, what the next place should follow, and what
   to tell others that one has. */
#include "transcript_state.h"

#include <assert.h>

/* ---- Walks ----
 *
 * Parents have smaller indices, so one sweep downwards visits every place after all that follow it:
 * no work list, no recursion, and the cost is the distance between the highest and the floor.
 */

static void mark(const mjl_transcript *t, uint32_t place)
{
    t->marks->of[place] = t->marks->walk;
}

static void mark_parents(const mjl_transcript *t, uint32_t place, uint32_t floor)
{
    const mjl_place *of = &t->places[place];
    const uint32_t *parents = mjl_transcript_parents(t, place);
    for (uint32_t i = 0; i < of->parents_count; i++) {
        if (parents[i] >= floor) mark(t, parents[i]);
    }
}

static void begin_walk(const mjl_transcript *t)
{
    if (t->marks->walk == UINT32_MAX) {
        memset(t->marks->of, 0, t->places_room * sizeof *t->marks->of);
        t->marks->walk = 0;
    }
    t->marks->walk++;
}

void mjl_transcript_mark_past(const mjl_transcript *t, const uint32_t *places, size_t count,
                              uint32_t floor)
{
    begin_walk(t);
    uint32_t highest = 0;
    for (size_t i = 0; i < count; i++) {
        mark_parents(t, places[i], floor);
        if (places[i] > highest) highest = places[i];
    }
    for (uint32_t place = highest; place > floor; place--) {
        if (t->marks->of[place] == t->marks->walk) mark_parents(t, place, floor);
    }
}

bool mjl_transcript_is_marked(const mjl_transcript *t, uint32_t place)
{
    return t->marks->of != NULL && t->marks->of[place] == t->marks->walk;
}

bool mjl_transcript_is_before_or_equal(const mjl_transcript *t, uint32_t a, uint32_t b)
{
    assert(a < t->places_count && b < t->places_count);
    if (a >= b) return a == b;
    mjl_transcript_mark_past(t, &b, 1, a);
    return mjl_transcript_is_marked(t, a);
}

/* ---- An author's own line ---- */

uint64_t mjl_transcript_next_seq(const mjl_transcript *t, uint32_t author, uint32_t epoch)
{
    const uint32_t line = mjl_transcript_find_line(t, epoch, author);
    return line == MJL_NONE ? 0 : t->places[t->lines[line].last].seq + 1;
}

static bool has_joined(const mjl_epoch_entry *entry, uint32_t author)
{
    size_t low = 0, high = entry->joined_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (entry->joined[middle] == author) return true;
        if (entry->joined[middle] < author) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

uint32_t mjl_transcript_last_of_author(const mjl_transcript *t, uint32_t author, uint32_t epoch)
{
    while (epoch != MJL_NONE) {
        const uint32_t line = mjl_transcript_find_line(t, epoch, author);
        if (line != MJL_NONE) return t->lines[line].last;
        if (has_joined(&t->epochs[epoch], author)) return MJL_NONE;
        epoch = t->epochs[epoch].view.parent;
    }
    return MJL_NONE;
}

bool mjl_transcript_may_have_gone_back(const mjl_transcript *t, uint32_t ancestor, uint32_t epoch)
{
    while (epoch != ancestor && epoch != MJL_NONE) {
        epoch = t->epochs[epoch].view.parent;
        if (epoch == MJL_NONE) return false;
        if (t->epochs[epoch].children_count > 1 || t->epochs[epoch].commits_count > 1) return true;
    }
    return false;
}

/* ---- Parents for the next place ---- */

typedef struct heads {
    uint32_t *of; /* Ascending. */
    size_t count, room;
} heads;

static mjl_result heads_add(heads *list, uint32_t place)
{
    if (list->count == list->room) {
        const size_t room = list->room * 2 + MJL_PARENTS_MAX;
        uint32_t *of = (uint32_t *)realloc(list->of, room * sizeof *of);
        if (of == NULL) return MJL_OUT_OF_MEMORY;
        list->of = of;
        list->room = room;
    }
    size_t at = list->count;
    while (at > 0 && list->of[at - 1] > place)
        at--;
    if (at > 0 && list->of[at - 1] == place) return MJL_OK;
    memmove(list->of + at + 1, list->of + at, (list->count - at) * sizeof *list->of);
    list->of[at] = place;
    list->count++;
    return MJL_OK;
}

/* Steps from commits that others made on this epoch to what these stand on. From the highest down,
   so that what is stepped to is looked at as well. */
static mjl_result step_below_commits(const mjl_transcript *t, uint32_t epoch, uint32_t author,
                                     heads *list)
{
    bool stepped = false;
    for (size_t i = list->count; i-- > 0;) {
        const mjl_place *place = &t->places[list->of[i]];
        if (place->type != MJL_PLACE_COMMIT || place->epoch != epoch || place->author == author) {
            continue;
        }
        list->count--;
        memmove(list->of + i, list->of + i + 1, (list->count - i) * sizeof *list->of);
        for (uint32_t p = 0; p < place->parents_count; p++) {
            const size_t before = list->count;
            const mjl_result result = heads_add(list, t->parents[place->parents_at + p]);
            if (result != MJL_OK) return result;
            i += list->count - before; /* A parent lies lower and is reached on the way down. */
        }
        stepped = true;
    }
    if (!stepped || list->count == 0) return MJL_OK;
    mjl_transcript_mark_past(t, list->of, list->count, list->of[0]);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!mjl_transcript_is_marked(t, list->of[i])) list->of[kept++] = list->of[i];
    }
    list->count = kept;
    return MJL_OK;
}

/* The first place in an epoch has to name the epoch's commit itself; what already stands on that
   commit in the parent epoch waits for the next place. */
static mjl_result name_commit(const mjl_transcript *t, uint32_t epoch, heads *list)
{
    const uint32_t commit = t->epochs[epoch].view.commit;
    for (size_t i = 0; i < list->count; i++) {
        if (t->places[list->of[i]].epoch == epoch || list->of[i] == commit) return MJL_OK;
    }
    if (commit == MJL_NONE) return MJL_PARENT_UNKNOWN;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!mjl_transcript_is_before_or_equal(t, commit, list->of[i])) {
            list->of[kept++] = list->of[i];
        }
    }
    list->count = kept;
    return heads_add(list, commit);
}

/* Of two heads of one author (it went back to an older epoch), the one of the younger epoch. */
static void keep_distinct_authors(const mjl_transcript *t, heads *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const mjl_place *place = &t->places[list->of[i]];
        bool is_kept = true;
        for (size_t j = 0; j < list->count && is_kept; j++) {
            const mjl_place *rival = &t->places[list->of[j]];
            if (j == i || rival->author != place->author) continue;
            is_kept = t->epochs[place->epoch].view.number > t->epochs[rival->epoch].view.number;
        }
        if (is_kept) list->of[kept++] = list->of[i];
    }
    list->count = kept;
}

static uint32_t find_covering(const mjl_transcript *t, const heads *list, uint32_t own)
{
    for (size_t i = 0; i < list->count; i++) {
        if (mjl_transcript_is_before_or_equal(t, own, list->of[i])) return list->of[i];
    }
    return MJL_NONE;
}

/* The oldest MJL_PARENTS_MAX, but always one of the epoch and one that covers the own last place:
   the others are joined by later places. */
static void cap(const mjl_transcript *t, uint32_t epoch, uint32_t covering, heads *list)
{
    if (list->count <= MJL_PARENTS_MAX) return;
    uint32_t needed[2] = {covering, MJL_NONE};
    for (size_t i = 0; i < list->count && needed[1] == MJL_NONE; i++) {
        if (t->places[list->of[i]].epoch == epoch || list->of[i] == t->epochs[epoch].view.commit) {
            needed[1] = list->of[i];
        }
    }
    size_t spare = MJL_PARENTS_MAX;
    spare -= needed[0] != MJL_NONE;
    spare -= needed[1] != MJL_NONE && needed[1] != needed[0];
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const bool is_needed = list->of[i] == needed[0] || list->of[i] == needed[1];
        if (!is_needed && spare == 0) continue;
        if (!is_needed) spare--;
        list->of[kept++] = list->of[i];
    }
    list->count = kept;
}

static mjl_result choose_heads(const mjl_transcript *t, uint32_t epoch, uint32_t author,
                               heads *list)
{
    const mjl_epoch_entry *entry = &t->epochs[epoch];
    for (size_t i = 0; i < entry->heads_count; i++) {
        const mjl_result result = heads_add(list, entry->heads[i]);
        if (result != MJL_OK) return result;
    }
    mjl_result result = step_below_commits(t, epoch, author, list);
    if (result == MJL_OK && entry->view.parent != MJL_NONE) result = name_commit(t, epoch, list);
    if (result != MJL_OK) return result;
    keep_distinct_authors(t, list);
    const uint32_t own = mjl_transcript_last_of_author(t, author, epoch);
    const uint32_t covering = own == MJL_NONE ? MJL_NONE : find_covering(t, list, own);
    if (own != MJL_NONE && covering == MJL_NONE) return MJL_OWN_PLACE_NOT_FOLLOWED;
    cap(t, epoch, covering, list);
    return MJL_OK;
}

static mjl_place_ref root_commit(const mjl_transcript *t, uint32_t root)
{
    const mjl_graph_epoch *view = &t->epochs[root].view;
    return (mjl_place_ref){view->number - 1, view->branch};
}

mjl_result mjl_transcript_heads(mjl_transcript *t, uint32_t epoch, uint32_t author,
                                mjl_place_ref *parents, size_t *count)
{
    assert(!t->is_loading);
    assert(epoch < t->epochs_count);
    if (!t->epochs[epoch].view.is_open) return MJL_WRONG_EPOCH;
    heads list = {0};
    const mjl_result result = choose_heads(t, epoch, author, &list);
    if (result == MJL_OK) {
        *count = list.count;
        for (size_t i = 0; i < list.count; i++)
            parents[i] = mjl_transcript_ref(t, list.of[i]);
        if (list.count == 0 && t->epochs[epoch].view.number != 0) {
            parents[0] = root_commit(t, epoch);
            *count = 1;
        }
        mjl_place_refs_sort(parents, *count);
    }
    free(list.of);
    return result;
}

size_t mjl_transcript_frontier(const mjl_transcript *t, uint32_t epoch, size_t skip,
                               mjl_place_ref *out, size_t max)
{
    assert(!t->is_loading);
    assert(epoch < t->epochs_count);
    const mjl_epoch_entry *entry = &t->epochs[epoch];
    size_t count = 0;
    for (size_t i = skip; i < entry->heads_count && count < max; i++)
        out[count++] = mjl_transcript_ref(t, entry->heads[i]);
    const mjl_graph_epoch *root = &t->epochs[entry->view.root].view;
    if (entry->heads_count == 0 && root->number != 0 && skip == 0 && max != 0) {
        out[count++] = root_commit(t, entry->view.root);
    }
    mjl_place_refs_sort(out, count);
    return count;
}
