/* Which places are accepted: the rules of DESIGN section 8, one function each. */
#include "transcript_state.h"

#include <assert.h>

/* ---- What can be said before all parents are known ---- */

/* "`seq` counts an author's places within one epoch": two of one number are two stories. */
uint32_t mjl_transcript_find_seq(const mjl_transcript *t, const mjl_place_candidate *candidate)
{
    const uint32_t line = mjl_transcript_find_line(t, candidate->epoch, candidate->author);
    if (line == MJL_NONE) return MJL_NONE;
    uint32_t place = t->lines[line].last;
    if (candidate->seq > t->places[place].seq) return MJL_NONE;
    while (t->places[place].seq != candidate->seq)
        place = t->places[place].previous;
    return place;
}

/* "Parents are places of the same epoch or of its ancestors, never of a sibling, each with its
   epoch number." */
static bool is_of_branch(const mjl_transcript *t, const mjl_place_candidate *candidate,
                         const mjl_place_ref *parent, uint32_t place)
{
    const uint32_t epoch = t->places[place].epoch;
    return t->epochs[epoch].view.number == parent->epoch &&
           mjl_transcript_epoch_is_on_path(t, epoch, candidate->epoch);
}

static void sort_parents(mjl_resolved *resolved)
{
    for (size_t i = 1; i < resolved->parents_count; i++) {
        const uint32_t moved = resolved->parents[i];
        size_t at = i;
        for (; at > 0 && resolved->parents[at - 1] > moved; at--)
            resolved->parents[at] = resolved->parents[at - 1];
        resolved->parents[at] = moved;
    }
}

/* A parent below the root: it may not be of another epoch than is known of it. */
static mjl_result resolve_opaque(const mjl_transcript *t, const mjl_graph_epoch *root,
                                 const mjl_place_ref *parent, mjl_resolved *resolved)
{
    const uint32_t place = mjl_transcript_find_place(t, &parent->id);
    if (place != MJL_NONE && t->epochs[t->places[place].epoch].view.number != parent->epoch) {
        return MJL_PARENT_NOT_OF_BRANCH;
    }
    if (mjl_id_equal(&parent->id, &root->branch)) {
        if (parent->epoch + 1 != root->number) return MJL_PARENT_NOT_OF_BRANCH;
        resolved->follows_root = true;
    }
    resolved->opaque_count++;
    return MJL_OK;
}

/* "Below a joiner's root they are opaque, not missing." */
static mjl_result resolve(const mjl_transcript *t, const mjl_place_candidate *candidate,
                          mjl_resolved *resolved, mjl_findings *findings)
{
    const mjl_graph_epoch *epoch = &t->epochs[candidate->epoch].view;
    const mjl_graph_epoch *root = &t->epochs[epoch->root].view;
    *resolved = (mjl_resolved){.parents_count = 0};
    findings->missing_count = 0;
    for (size_t i = 0; i < candidate->parents_count; i++) {
        const mjl_place_ref *parent = &candidate->parents[i];
        if (parent->epoch < root->number) {
            const mjl_result result = resolve_opaque(t, root, parent, resolved);
            if (result != MJL_OK) return result;
            continue;
        }
        const uint32_t place = mjl_transcript_find_place(t, &parent->id);
        if (place != MJL_NONE) {
            if (!is_of_branch(t, candidate, parent, place)) return MJL_PARENT_NOT_OF_BRANCH;
            resolved->parents[resolved->parents_count++] = place;
        } else {
            if (parent->epoch > epoch->number) return MJL_PARENT_NOT_OF_BRANCH;
            findings->missing[findings->missing_count++] = *parent;
        }
    }
    sort_parents(resolved);
    return findings->missing_count == 0 ? MJL_OK : MJL_PARENT_UNKNOWN;
}

/* ---- What needs all parents ---- */

/* "`seq` is the next in that epoch": whoever follows all parents follows the author's own earlier
   places, so a gap that parents do not explain is the author's own doing. */
static mjl_result check_seq(const mjl_transcript *t, const mjl_place_candidate *candidate)
{
    const uint64_t next = mjl_transcript_next_seq(t, candidate->author, candidate->epoch);
    return candidate->seq == next ? MJL_OK : MJL_SEQ_NOT_NEXT;
}

/* "By distinct authors"; and whoever names its root's commit beside a place above that root names
   an ancestor of it. */
static mjl_result check_authors(const mjl_transcript *t, const mjl_resolved *resolved)
{
    if (resolved->follows_root && resolved->parents_count != 0) return MJL_PARENTS_NOT_ANTICHAIN;
    for (size_t i = 1; i < resolved->parents_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (t->places[resolved->parents[i]].author == t->places[resolved->parents[j]].author) {
                return MJL_PARENTS_NOT_ANTICHAIN;
            }
        }
    }
    return MJL_OK;
}

/* "Parents are an anti-chain": none in the past of another. Leaves the past of the parents marked,
   down to `floor`. */
static mjl_result check_antichain(const mjl_transcript *t, const mjl_resolved *resolved,
                                  uint32_t floor)
{
    if (resolved->parents_count != 0 && resolved->parents[0] < floor) floor = resolved->parents[0];
    mjl_transcript_mark_past(t, resolved->parents, resolved->parents_count, floor);
    for (size_t i = 0; i < resolved->parents_count; i++) {
        if (mjl_transcript_is_marked(t, resolved->parents[i])) return MJL_PARENTS_NOT_ANTICHAIN;
    }
    return MJL_OK;
}

/* "Some parent is the epoch's commit or a place of the epoch (epoch 0: none for the first)." */
static mjl_result check_in_epoch(const mjl_transcript *t, const mjl_place_candidate *candidate,
                                 const mjl_resolved *resolved)
{
    const mjl_graph_epoch *epoch = &t->epochs[candidate->epoch].view;
    const bool is_root = epoch->parent == MJL_NONE;
    if (is_root && resolved->follows_root) return MJL_OK;
    if (is_root && epoch->number == 0 && candidate->seq == 0 && candidate->parents_count == 0) {
        return MJL_OK;
    }
    for (size_t i = 0; i < resolved->parents_count; i++) {
        const uint32_t parent = resolved->parents[i];
        if (parent == epoch->commit || t->places[parent].epoch == candidate->epoch) return MJL_OK;
    }
    return MJL_NO_PARENT_IN_EPOCH;
}

static bool is_followed(const mjl_transcript *t, const mjl_resolved *resolved, uint32_t place)
{
    for (size_t i = 0; i < resolved->parents_count; i++) {
        if (resolved->parents[i] == place) return true;
    }
    return mjl_transcript_is_marked(t, place);
}

/* "The author's previous place is <= some parent, which for `seq` 0 is its last place in the
   nearest ancestor epoch where its present leaf wrote." Two places of one epoch that are not
   ordered are equivocation. An author that went back to the ancestor, because the choice did, wrote
   there what it could not follow from here, so that is no offence. */
static mjl_result check_own_place(const mjl_transcript *t, const mjl_place_candidate *candidate,
                                  const mjl_resolved *resolved, uint32_t own, uint32_t *other)
{
    if (own == MJL_NONE || is_followed(t, resolved, own)) return MJL_OK;
    if (candidate->seq != 0) {
        *other = own;
        return MJL_EQUIVOCATION;
    }
    const uint32_t ancestor = t->places[own].epoch;
    return mjl_transcript_may_have_gone_back(t, ancestor, candidate->epoch)
               ? MJL_OK
               : MJL_OWN_PLACE_NOT_FOLLOWED;
}

mjl_result mjl_transcript_check_resolved(const mjl_transcript *t,
                                         const mjl_place_candidate *candidate,
                                         const mjl_resolved *resolved, uint32_t *other)
{
    mjl_result result = check_seq(t, candidate);
    if (result == MJL_OK) result = check_authors(t, resolved);
    if (result != MJL_OK) return result;
    const uint32_t own = mjl_transcript_last_of_author(t, candidate->author, candidate->epoch);
    result = check_antichain(t, resolved, own == MJL_NONE ? t->places_count : own);
    if (result == MJL_OK) result = check_in_epoch(t, candidate, resolved);
    if (result == MJL_OK) result = check_own_place(t, candidate, resolved, own, other);
    return result;
}

/* ---- All of it ---- */

bool mjl_transcript_is_well_formed(const mjl_transcript *t, const mjl_place_candidate *candidate)
{
    if (candidate->parents_count > MJL_PARENTS_MAX || candidate->seq == UINT64_MAX) return false;
    if (candidate->type != MJL_PLACE_COMMIT) return true;
    /* A commit starts an epoch under the one it is a place of. */
    if (!mjl_id_equal(&candidate->id, &candidate->message)) return false;
    const uint32_t started = mjl_transcript_find_epoch(t, &candidate->id);
    return started == MJL_NONE || t->epochs[started].view.parent == MJL_NONE ||
           t->epochs[started].view.parent == candidate->epoch;
}

mjl_result mjl_transcript_check(const mjl_transcript *t, const mjl_place_candidate *candidate,
                                mjl_findings *findings)
{
    assert(!t->is_loading);
    assert(candidate->epoch < t->epochs_count);
    assert(candidate->author < t->authors_count);
    findings->missing_count = 0;
    if (!mjl_transcript_is_well_formed(t, candidate)) return MJL_BAD_ARGUMENT;

    findings->other = mjl_transcript_find_place(t, &candidate->id);
    if (findings->other != MJL_NONE) return MJL_DUPLICATE;
    if (!t->epochs[candidate->epoch].view.is_open) return MJL_WRONG_EPOCH;
    findings->other = mjl_transcript_find_seq(t, candidate);
    if (findings->other != MJL_NONE) return MJL_EQUIVOCATION;

    mjl_resolved resolved;
    const mjl_result result = resolve(t, candidate, &resolved, findings);
    if (result != MJL_OK) return result;
    return mjl_transcript_check_resolved(t, candidate, &resolved, &findings->other);
}

mjl_result mjl_transcript_accept(mjl_transcript *t, const mjl_place_candidate *candidate,
                                 uint32_t *place)
{
    mjl_resolved resolved;
    mjl_findings findings;
    const mjl_result result = resolve(t, candidate, &resolved, &findings);
    assert(result == MJL_OK);
    if (result != MJL_OK) return MJL_BUG;
    return mjl_transcript_insert(t, candidate, &resolved, place);
}
