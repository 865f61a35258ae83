#include "users.h"

#include "acks_readers.h"
#include "epochs.h"
#include "session_state.h"

typedef struct user_entry { /* One per author. */
    uint32_t epoch, leaf;   /* Where its credential is known; MJL_NO_INDEX. */
    uint32_t user;          /* The first author of the same user. */
    uint32_t devices, held; /* Of the message asked about, at the user's first author. */
} user_entry;

struct mjl_users {
    user_entry *entries;
    uint32_t count, room;
    uint32_t tip; /* For which this is. */
};

typedef struct named {
    mjl_bytes id;
    uint32_t author;
} named;

mjl_result mjl_users_new(mjl_users **users)
{
    *users = calloc(1, sizeof **users);
    return *users == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

void mjl_users_free(mjl_users *users)
{
    if (users == NULL) return;
    free(users->entries);
    free(users);
}

/* ---- Who is whose ---- */

static mjl_result begin(mjl_users *users, uint32_t count)
{
    if (count > users->room) {
        user_entry *entries = realloc(users->entries, count * sizeof *entries);
        if (entries == NULL) return MJL_OUT_OF_MEMORY;
        users->entries = entries;
        users->room = count;
    }
    users->count = 0; /* Until it is whole. */
    for (uint32_t author = 0; author < count; author++) {
        users->entries[author] = (user_entry){MJL_NO_INDEX, MJL_NO_INDEX, author, 0, 0};
    }
    return MJL_OK;
}

/* The latest epoch that still knows a member's credential tells; the tip before all others. */
static void find_credentials(mjl_users *users, const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    for (uint32_t n = 0; n <= branches->count; n++) {
        const uint32_t i = n < branches->count ? n : branches->tip;
        const mjl_epoch *epoch = &branches->epochs[i];
        for (uint32_t leaf = 0; epoch->group != NULL && leaf < epoch->leaf_count; leaf++) {
            if (epoch->roster[leaf] == MJL_NO_INDEX) continue;
            users->entries[epoch->roster[leaf]].epoch = i;
            users->entries[epoch->roster[leaf]].leaf = leaf;
        }
    }
}

static mjl_bytes names_of(const mjl_session *session, const user_entry *entry, mjl_bytes *user_id)
{
    *user_id = mjl_bytes_of(NULL, 0);
    if (entry->epoch == MJL_NO_INDEX) return *user_id;
    return mjl_epochs_name(session->branches.epochs[entry->epoch].group, entry->leaf, user_id);
}

static int compare_named(const void *a, const void *b)
{
    const named *left = a;
    const named *right = b;
    const size_t size = left->id.size < right->id.size ? left->id.size : right->id.size;
    const int order = size == 0 ? 0 : memcmp(left->id.data, right->id.data, size);
    if (order != 0) return order;
    if (left->id.size != right->id.size) return left->id.size < right->id.size ? -1 : 1;
    return left->author < right->author ? -1 : left->author > right->author;
}

static mjl_result group_by_id(mjl_users *users, const mjl_session *session, uint32_t count)
{
    named *list = calloc(count == 0 ? 1 : count, sizeof *list);
    if (list == NULL) return MJL_OUT_OF_MEMORY;
    for (uint32_t author = 0; author < count; author++) {
        list[author].author = author;
        names_of(session, &users->entries[author], &list[author].id);
    }
    qsort(list, count, sizeof *list, compare_named);
    for (uint32_t i = 1; i < count; i++) {
        if (list[i].id.size == 0 || !mjl_bytes_equal(list[i - 1].id, list[i].id)) continue;
        users->entries[list[i].author].user = users->entries[list[i - 1].author].user;
    }
    free(list);
    return MJL_OK;
}

static mjl_result refresh(mjl_users *users, const mjl_session *session)
{
    const uint32_t count = mjl_transcript_authors_count(session->transcript);
    const uint32_t tip = session->branches.tip;
    if (users->count == count && users->tip == tip) return MJL_OK;
    mjl_result result = begin(users, count);
    if (result != MJL_OK || tip == MJL_NO_INDEX) return result;
    find_credentials(users, session);
    result = group_by_id(users, session, count);
    if (result != MJL_OK) return result;
    users->count = count;
    users->tip = tip;
    return MJL_OK;
}

/* ---- Of one message ---- */

static mjl_result count_devices(const mjl_session *session, uint32_t place)
{
    mjl_users *const users = session->users;
    const mjl_result result = refresh(users, session);
    if (result != MJL_OK) return result;
    for (uint32_t author = 0; author < users->count; author++)
        users->entries[author].devices = users->entries[author].held = 0;
    for (uint32_t author = 0; author < users->count; author++) {
        if (!mjl_acks_is_reader(session->acks, session->transcript, place, author)) continue;
        user_entry *user = &users->entries[users->entries[author].user];
        user->devices++;
        user->held += !mjl_acks_owes(session->acks, session->transcript, place, author);
    }
    return MJL_OK;
}

mjl_result mjl_users_count(const mjl_session *session, uint32_t place, mjl_users_counts *counts)
{
    *counts = (mjl_users_counts){0, 0, 0};
    const mjl_result result = count_devices(session, place);
    for (uint32_t author = 0; result == MJL_OK && author < session->users->count; author++) {
        const user_entry *user = &session->users->entries[author];
        counts->users += user->devices > 0;
        counts->held += user->held > 0;
        counts->full += user->devices > 0 && user->held == user->devices;
    }
    return result;
}

mjl_result mjl_users_list(const mjl_session *session, uint32_t place, mjl_message_user *list,
                          size_t room, size_t *count)
{
    *count = 0;
    const mjl_result result = count_devices(session, place);
    if (result != MJL_OK) return result;
    const uint32_t self = mjl_session_self(session);
    const user_entry *entries = session->users->entries;
    for (uint32_t author = 0; author < session->users->count; author++) {
        if (entries[author].devices == 0) continue;
        if ((*count)++ >= room) continue;
        mjl_message_user *user = &list[*count - 1];
        user->display_name = names_of(session, &entries[author], &user->user_id);
        user->devices_count = entries[author].devices;
        user->held_count = entries[author].held;
        user->is_self = entries[self].user == author;
    }
    return MJL_OK;
}
