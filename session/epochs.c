#include "epochs.h"

#include <assert.h>

#include "acks_readers.h"
#include "commit_header.h"
#include "room.h"

mjl_commit_class mjl_epochs_class_of(const mjl_mls_candidate *candidate)
{
    if (candidate->removed_count > 0) return MJL_CLASS_REMOVAL;
    if (candidate->added_count > 0) return MJL_CLASS_ADD;
    return MJL_CLASS_REFRESH;
}

mjl_branch_id mjl_epochs_branch_of(const mjl_mls_group *group)
{
    return mjl_id_commit(mjl_mls_group_interim_transcript_hash(group));
}

mjl_bytes mjl_epochs_name(const mjl_mls_group *group, uint32_t leaf, mjl_bytes *user_id)
{
    mjl_mls_member member;
    mjl_names names = {{0}, {0}};
    if (group != NULL && mjl_mls_group_member(group, leaf, &member)) {
        if (mjl_identity_decode(member.identity, &names) != MJL_OK) memset(&names, 0, sizeof names);
    }
    if (user_id != NULL) *user_id = names.user_id;
    return names.display_name;
}

mjl_result mjl_epochs_read_policy(mjl_session *session, const mjl_mls_group *group)
{
    mjl_bytes bytes;
    mjl_policy policy;
    mjl_result result = mjl_mls_group_extension(group, MJL_EXTENSION_POLICY, &bytes);
    if (result == MJL_OK) result = mjl_policy_decode(bytes, &policy);
    if (result != MJL_OK) return result;
    mjl_buffer name = {0};
    result = mjl_buffer_append(&name, policy.room_name);
    if (result != MJL_OK) return result;
    mjl_buffer_clear(&session->room_name);
    session->room_name = name;
    session->policy = policy;
    session->policy.room_name = mjl_buffer_bytes(&session->room_name);
    return MJL_OK;
}

mjl_result mjl_epochs_check_size(const mjl_mls_group *group)
{
    if (group == NULL) return MJL_OK;
    const uint32_t leaf_count = mjl_mls_group_leaf_count(group);
    if (leaf_count > MJL_LEAVES_MAX) return MJL_TOO_LARGE;
    if (leaf_count <= MJL_MEMBERS_MAX) return MJL_OK;
    mjl_mls_member member;
    uint32_t count = 0;
    for (uint32_t leaf = 0; leaf < leaf_count; leaf++)
        count += mjl_mls_group_member(group, leaf, &member);
    return count <= MJL_MEMBERS_MAX ? MJL_OK : MJL_TOO_LARGE;
}

/* Most leaves of most epochs are their parent's: the same key is the same author, unhashed. */
static uint32_t author_in_parent(const mjl_epoch *parent, uint32_t leaf,
                                 const mjl_mls_member *member)
{
    mjl_mls_member before;
    if (parent == NULL || parent->group == NULL || leaf >= parent->leaf_count ||
        !mjl_mls_group_member(parent->group, leaf, &before) ||
        !mjl_bytes_equal(before.signature_key, member->signature_key)) {
        return MJL_NO_INDEX;
    }
    return parent->roster[leaf];
}

/* Author index per leaf; a signature key not seen before becomes a new author. */
static mjl_result read_roster(mjl_session *session, const mjl_mls_group *group,
                              const mjl_epoch *parent, mjl_epoch *epoch)
{
    epoch->leaf_count = mjl_mls_group_leaf_count(group);
    epoch->roster = malloc(epoch->leaf_count * sizeof *epoch->roster);
    if (epoch->roster == NULL) return MJL_OUT_OF_MEMORY;
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        mjl_mls_member member;
        epoch->roster[leaf] = MJL_NO_INDEX;
        if (!mjl_mls_group_member(group, leaf, &member)) continue;
        epoch->roster[leaf] = author_in_parent(parent, leaf, &member);
        if (epoch->roster[leaf] != MJL_NO_INDEX) continue;
        const mjl_member_id id = mjl_id_member(member.signature_key);
        mjl_result result = mjl_transcript_author(session->transcript, &id, &epoch->roster[leaf]);
        if (result == MJL_OK) {
            result = mjl_presence_reserve(&session->presence, epoch->roster[leaf]);
        }
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* A commit that removes us shows no new group: its roster is the parent's, less the removed. */
static mjl_result guess_roster(const mjl_epoch *parent, const mjl_mls_candidate *candidate,
                               mjl_epoch *epoch)
{
    assert(parent != NULL);
    epoch->leaf_count = parent->leaf_count;
    epoch->roster = malloc(epoch->leaf_count * sizeof *epoch->roster);
    if (epoch->roster == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(epoch->roster, parent->roster, epoch->leaf_count * sizeof *epoch->roster);
    for (size_t i = 0; i < candidate->removed_count; i++) {
        if (candidate->removed[i] < epoch->leaf_count) {
            epoch->roster[candidate->removed[i]] = MJL_NO_INDEX;
        }
    }
    return MJL_OK;
}

static mjl_result read_group(mjl_session *session, const mjl_mls_group *group,
                             const mjl_epoch *parent, mjl_epoch *epoch)
{
    epoch->number = mjl_mls_group_epoch(group);
    mjl_result result = mjl_mls_group_export(group, MJL_EXPORT_BRANCH_TAG, mjl_bytes_of(NULL, 0),
                                             epoch->tag, sizeof epoch->tag);
    if (result == MJL_OK) {
        result = mjl_mls_group_export(group, MJL_EXPORT_COMMIT_HEADER, mjl_bytes_of(NULL, 0),
                                      epoch->header_key, sizeof epoch->header_key);
    }
    return result == MJL_OK ? read_roster(session, group, parent, epoch) : result;
}

/* Authors of the roster whom the parent's does not hold. */
static size_t joined_authors(const mjl_epoch *parent, const mjl_epoch *epoch, uint32_t *joined)
{
    size_t count = 0;
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        const uint32_t author = epoch->roster[leaf];
        if (author != MJL_NO_INDEX && !mjl_epoch_has_author(parent, author)) {
            joined[count++] = author;
        }
    }
    return count;
}

/* The same index in the transcript, the acks and the branches. */
static mjl_result enter_graph(mjl_session *session, const mjl_epoch *epoch)
{
    mjl_epoch_start start = {.branch = epoch->branch, .number = epoch->number};
    start.parent = epoch->parent;
    uint32_t *joined = malloc((epoch->leaf_count + 1) * sizeof *joined);
    if (joined == NULL) return MJL_OUT_OF_MEMORY;
    if (epoch->parent != MJL_NO_INDEX) {
        start.joined_count =
            joined_authors(&session->branches.epochs[epoch->parent], epoch, joined);
    }
    start.joined = joined;
    uint32_t index;
    mjl_result result = mjl_transcript_add_epoch(session->transcript, &start, &index);
    free(joined);
    if (result == MJL_OK && index != session->branches.count) result = MJL_BUG;
    if (result == MJL_OK) {
        result = mjl_acks_add_roster(session->acks, epoch->roster, epoch->leaf_count);
    }
    return result;
}

mjl_result mjl_epochs_enter(mjl_session *session, const mjl_epoch_entry *entry, uint32_t *index)
{
    mjl_mls_candidate *const candidate = entry->candidate;
    mjl_epoch epoch = {.branch = entry->branch, .parent = entry->parent};
    epoch.committer_leaf = entry->committer_leaf;
    epoch.commit_class = entry->commit_class;
    epoch.is_own = entry->is_own;
    epoch.entered_at = session->profile->now;
    epoch.removes_us = candidate->removes_us;
    epoch.committer = MJL_NO_INDEX;
    mjl_result result = mjl_branches_reserve(&session->branches);
    const mjl_epoch *parent = NULL;
    if (result == MJL_OK && entry->parent != MJL_NO_INDEX) {
        parent = &session->branches.epochs[entry->parent];
        epoch.number = parent->number + 1;
        if (entry->committer_leaf < parent->leaf_count) {
            epoch.committer = parent->roster[entry->committer_leaf];
        }
    }
    if (result == MJL_OK) {
        result = candidate->group != NULL ? read_group(session, candidate->group, parent, &epoch)
                                          : guess_roster(parent, candidate, &epoch);
    }
    if (result == MJL_OK) {
        result = mjl_epoch_index_roster(&epoch, mjl_transcript_authors_count(session->transcript));
    }
    if (result == MJL_OK && session->acks == NULL) {
        const uint32_t own_leaf = mjl_mls_group_own_leaf(candidate->group);
        result = mjl_acks_new(epoch.roster[own_leaf], &session->acks);
    }
    if (result == MJL_OK) result = enter_graph(session, &epoch);
    if (result != MJL_OK) {
        mjl_epoch_clear(&epoch);
        return result;
    }
    epoch.group = candidate->group;
    epoch.ratchets = candidate->ratchets;
    epoch.ratchets_parts =
        candidate->group == NULL ? 0 : mjl_mls_group_leaf_count(candidate->group) + 1;
    epoch.has_fork_keys = candidate->group != NULL;
    candidate->group = NULL;
    candidate->ratchets = NULL;
    epoch.record_dirty = epoch.group_dirty = epoch.ratchets_dirty = true;
    *index = mjl_branches_add(&session->branches, &epoch);
    return MJL_OK;
}
