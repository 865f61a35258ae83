/*
 * Entering an epoch: an MLS group value becomes a branch with its names (branch id, tag, header
 * key), its roster in author indices, and its place in the transcript and the acks. One way in for
 * create, join, own and received commits.
 */
#ifndef MAJLIS_SESSION_EPOCHS_H
#define MAJLIS_SESSION_EPOCHS_H

#include "session_state.h"

typedef struct mjl_epoch_entry {
    mjl_branch_id branch;
    uint32_t parent;              /* Index; MJL_NO_INDEX for a root. */
    mjl_mls_candidate *candidate; /* Its group and ratchets are taken. */
    uint32_t committer_leaf;
    mjl_commit_class commit_class;
    bool is_own;
} mjl_epoch_entry;

/* `epoch` is set to the index. The tip does not move. */
MJL_MUST_USE mjl_result mjl_epochs_enter(mjl_session *session, const mjl_epoch_entry *entry,
                                         uint32_t *epoch);
/* The class of what a commit did to the roster. */
mjl_commit_class mjl_epochs_class_of(const mjl_mls_candidate *candidate);
/* H("commit", interim transcript hash). */
mjl_branch_id mjl_epochs_branch_of(const mjl_mls_group *group);
/* TOO_LARGE: more members, or a wider tree, than a session holds. No group: we were removed. */
MJL_MUST_USE mjl_result mjl_epochs_check_size(const mjl_mls_group *group);
/* Policy from the group's extension into the session. */
MJL_MUST_USE mjl_result mjl_epochs_read_policy(mjl_session *session, const mjl_mls_group *group);
/* Display name of a member of a group; empty if its credential is not ours to read. */
mjl_bytes mjl_epochs_name(const mjl_mls_group *group, uint32_t leaf, mjl_bytes *user_id);

#endif
