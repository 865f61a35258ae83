#include "branches.h"

#include <assert.h>
#include <sodium.h>

void mjl_branches_init(mjl_branches *branches)
{
    memset(branches, 0, sizeof *branches);
    branches->tip = MJL_NO_INDEX;
}

void mjl_epoch_forget(mjl_epoch *epoch)
{
    mjl_mls_group_release(epoch->group);
    mjl_mls_ratchets_free(epoch->ratchets);
    epoch->group = NULL;
    epoch->ratchets = NULL;
    epoch->has_fork_keys = false;
    sodium_memzero(epoch->header_key, sizeof epoch->header_key);
    epoch->record_dirty = epoch->group_dirty = epoch->ratchets_dirty = true;
}

void mjl_epoch_forget_forks(mjl_epoch *epoch)
{
    if (!epoch->has_fork_keys) return;
    const mjl_mls_group *readable = NULL;
    /* Without memory for the lesser value all of its keys go: the deadline is the promise, late
     * messages are not. */
    if (epoch->group != NULL && mjl_mls_group_without_forks(epoch->group, &readable) != MJL_OK) {
        mjl_epoch_forget(epoch);
        return;
    }
    if (epoch->group != NULL) {
        mjl_mls_group_release(epoch->group);
        epoch->group = readable;
    }
    epoch->has_fork_keys = false;
    epoch->record_dirty = epoch->group_dirty = true;
}

void mjl_epoch_clear(mjl_epoch *epoch)
{
    mjl_epoch_forget(epoch);
    mjl_buffer_clear(&epoch->welcome);
    free(epoch->roster);
    free(epoch->leaf_of);
    memset(epoch, 0, sizeof *epoch);
}

void mjl_branches_clear(mjl_branches *branches)
{
    for (uint32_t i = 0; i < branches->count; i++)
        mjl_epoch_clear(&branches->epochs[i]);
    free(branches->epochs);
    mjl_branches_init(branches);
}

mjl_result mjl_branches_reserve(mjl_branches *branches)
{
    if (branches->count < branches->room) return MJL_OK;
    const uint32_t room = branches->room == 0 ? 8 : branches->room * 2;
    mjl_epoch *epochs = malloc(room * sizeof *epochs);
    if (epochs == NULL) return MJL_OUT_OF_MEMORY;
    if (branches->count > 0) memcpy(epochs, branches->epochs, branches->count * sizeof *epochs);
    if (branches->epochs != NULL) {
        /* Header keys lie in the entries. */
        sodium_memzero(branches->epochs, branches->count * sizeof *epochs);
        free(branches->epochs);
    }
    branches->epochs = epochs;
    branches->room = room;
    return MJL_OK;
}

uint32_t mjl_branches_add(mjl_branches *branches, mjl_epoch *taken)
{
    assert(branches->count < branches->room);
    assert(taken->parent == MJL_NO_INDEX || taken->parent < branches->count);
    branches->epochs[branches->count] = *taken;
    sodium_memzero(taken, sizeof *taken);
    return branches->count++;
}

uint32_t mjl_branches_find(const mjl_branches *branches, const mjl_branch_id *branch)
{
    for (uint32_t i = branches->count; i > 0; i--) {
        if (memcmp(&branches->epochs[i - 1].branch, branch, sizeof *branch) == 0) return i - 1;
    }
    return MJL_NO_INDEX;
}

bool mjl_branches_is_on_path(const mjl_branches *branches, uint32_t epoch, uint32_t tip)
{
    /* Parents stand before children: the walk only descends. */
    while (tip != MJL_NO_INDEX && tip > epoch)
        tip = branches->epochs[tip].parent;
    return tip == epoch;
}

uint32_t mjl_branches_root_of(const mjl_branches *branches, uint32_t epoch)
{
    while (branches->epochs[epoch].parent != MJL_NO_INDEX)
        epoch = branches->epochs[epoch].parent;
    return epoch;
}

uint32_t mjl_branches_last_decided(const mjl_branches *branches, uint32_t epoch)
{
    while (!branches->epochs[epoch].is_decided && branches->epochs[epoch].parent != MJL_NO_INDEX)
        epoch = branches->epochs[epoch].parent;
    return epoch;
}

uint32_t mjl_branches_shared(const mjl_branches *branches, uint32_t epoch)
{
    while (epoch != MJL_NO_INDEX && !mjl_branches_is_on_path(branches, epoch, branches->tip))
        epoch = branches->epochs[epoch].parent;
    return epoch;
}

bool mjl_branches_is_lost(const mjl_branches *branches, uint32_t epoch)
{
    const uint32_t fork = mjl_branches_shared(branches, epoch);
    if (fork == MJL_NO_INDEX) return branches->tip != MJL_NO_INDEX && !branches->is_root_open;
    if (fork == epoch) return false;
    for (uint32_t i = branches->tip; i != MJL_NO_INDEX && i > fork;
         i = branches->epochs[i].parent) {
        if (branches->epochs[i].parent == fork) return branches->epochs[i].is_decided;
    }
    return false;
}

uint32_t mjl_branches_children_count(const mjl_branches *branches, uint32_t parent)
{
    uint32_t count = 0;
    for (uint32_t i = parent + 1; i < branches->count; i++) {
        if (branches->epochs[i].parent == parent) count++;
    }
    return count;
}

uint32_t mjl_branches_rank(const mjl_epoch *epoch, uint32_t leaf)
{
    if (epoch->leaf_count == 0) return 1;
    const uint32_t width = epoch->leaf_count;
    const uint32_t from = epoch->committer_leaf % width;
    const uint32_t rank = (leaf % width + width - from) % width;
    return rank == 0 ? width : rank;
}

/* Is `a` the better child of their parent? */
static bool beats(const mjl_epoch *parent, const mjl_epoch *a, const mjl_epoch *b)
{
    if (a->commit_class != b->commit_class) return a->commit_class > b->commit_class;
    const uint32_t rank_a = mjl_branches_rank(parent, a->committer_leaf);
    const uint32_t rank_b = mjl_branches_rank(parent, b->committer_leaf);
    if (rank_a != rank_b) return rank_a < rank_b;
    return memcmp(&a->branch, &b->branch, sizeof a->branch) < 0;
}

bool mjl_branches_beats(const mjl_branches *branches, uint32_t child, uint32_t other)
{
    const mjl_epoch *parent = &branches->epochs[branches->epochs[child].parent];
    return beats(parent, &branches->epochs[child], &branches->epochs[other]);
}

/* The child of `parent` on whose line the epoch stands; MJL_NO_INDEX: none that may be chosen. */
static uint32_t line_of(const mjl_branches *branches, uint32_t parent, uint32_t epoch)
{
    while (epoch != MJL_NO_INDEX && epoch > parent) {
        const mjl_epoch *at = &branches->epochs[epoch];
        if (at->is_void || at->is_stalled || at->is_left) break;
        if (at->parent == parent) return epoch;
        epoch = at->parent;
    }
    return MJL_NO_INDEX;
}

/* Does one child, or what follows it, remove the committer of another one? Removal is sticky: else
   a commit from before it, that comes late, would undo it for those who have not decided yet. */
static bool removes(const mjl_branches *branches, uint32_t line, uint32_t child)
{
    const mjl_epoch *epoch = &branches->epochs[child];
    if (line == child || epoch->committer == MJL_NO_INDEX) return false;
    for (uint32_t i = line; i < branches->count; i++) {
        if (mjl_epoch_has_author(&branches->epochs[i], epoch->committer)) continue;
        if (line_of(branches, epoch->parent, i) == line) return true;
    }
    return false;
}

static uint32_t next_sibling(const mjl_branches *branches, uint32_t parent, uint32_t before)
{
    for (uint32_t i = before + 1; i < branches->count; i++)
        if (branches->epochs[i].parent == parent) return i;
    return MJL_NO_INDEX;
}

static bool is_removed(const mjl_branches *branches, uint32_t child)
{
    const uint32_t parent = branches->epochs[child].parent;
    for (uint32_t line = next_sibling(branches, parent, parent); line != MJL_NO_INDEX;
         line = next_sibling(branches, parent, line)) {
        if (removes(branches, line, child)) return true;
    }
    return false;
}

/* A removal counts whose own committer no other line removes: of the commit of somebody removed not
   everybody need know. Of two that remove each other both are sent away. */
static bool is_sent_away(const mjl_branches *branches, uint32_t child)
{
    const uint32_t parent = branches->epochs[child].parent;
    for (uint32_t line = next_sibling(branches, parent, parent); line != MJL_NO_INDEX;
         line = next_sibling(branches, parent, line)) {
        if (!removes(branches, line, child)) continue;
        if (removes(branches, child, line) || !is_removed(branches, line)) return true;
    }
    return false;
}

static uint32_t decided_child(const mjl_branches *branches, uint32_t parent)
{
    for (uint32_t i = parent + 1; i < branches->count; i++) {
        const mjl_epoch *child = &branches->epochs[i];
        if (child->parent == parent && child->is_decided && !child->is_void) return i;
    }
    return MJL_NO_INDEX;
}

/* `spares`: also those whose committers another line removes. */
static uint32_t best_child(const mjl_branches *branches, uint32_t parent, bool spares)
{
    uint32_t best = decided_child(branches, parent);
    if (best != MJL_NO_INDEX) return best;
    for (uint32_t i = parent + 1; i < branches->count; i++) {
        const mjl_epoch *child = &branches->epochs[i];
        if (child->parent != parent || child->is_void || child->is_stalled || child->is_left)
            continue;
        if (!spares && is_sent_away(branches, i)) continue;
        if (best == MJL_NO_INDEX ||
            beats(&branches->epochs[parent], child, &branches->epochs[best])) {
            best = i;
        }
    }
    return best;
}

uint32_t mjl_branches_end_of(const mjl_branches *branches, uint32_t from)
{
    for (;;) {
        uint32_t best = best_child(branches, from, false);
        if (best == MJL_NO_INDEX) best = best_child(branches, from, true);
        if (best == MJL_NO_INDEX) return from;
        from = best;
    }
}

uint32_t mjl_branches_choose(const mjl_branches *branches)
{
    if (branches->count == 0) return MJL_NO_INDEX;
    const uint32_t tip = mjl_branches_end_of(branches, branches->root);
    /* Nobody can live where the keys are gone: then we stay. */
    const mjl_epoch *chosen = &branches->epochs[tip];
    const bool is_alive = chosen->group != NULL || chosen->removes_us;
    return is_alive || branches->tip == MJL_NO_INDEX ? tip : branches->tip;
}

size_t mjl_branches_undecided_count(const mjl_branches *branches)
{
    size_t count = 0;
    for (uint32_t i = branches->tip; i != MJL_NO_INDEX; i = branches->epochs[i].parent) {
        if (!branches->epochs[i].is_decided) count++;
    }
    return count;
}

mjl_result mjl_epoch_index_roster(mjl_epoch *epoch, uint32_t authors_count)
{
    assert(epoch->leaf_of == NULL);
    epoch->leaf_of = malloc((authors_count + 1) * sizeof *epoch->leaf_of);
    if (epoch->leaf_of == NULL) return MJL_OUT_OF_MEMORY;
    epoch->authors_count = authors_count;
    epoch->members_count = 0;
    for (uint32_t i = 0; i < authors_count; i++)
        epoch->leaf_of[i] = MJL_NO_INDEX;
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        const uint32_t author = epoch->roster[leaf];
        if (author == MJL_NO_INDEX) continue;
        if (author >= authors_count) return MJL_STORE_DAMAGED;
        if (epoch->leaf_of[author] == MJL_NO_INDEX) epoch->leaf_of[author] = leaf;
        epoch->members_count++;
    }
    return MJL_OK;
}

bool mjl_epoch_has_author(const mjl_epoch *epoch, uint32_t author)
{
    return mjl_epoch_leaf_of(epoch, author) != MJL_NO_INDEX;
}

uint32_t mjl_epoch_leaf_of(const mjl_epoch *epoch, uint32_t author)
{
    return author < epoch->authors_count ? epoch->leaf_of[author] : MJL_NO_INDEX;
}

size_t mjl_epoch_members_count(const mjl_epoch *epoch)
{
    return epoch->members_count;
}
