#include "roots.h"

#include "deciding.h"
#include "epochs.h"
#include "lists.h"
#include "membership.h"
#include "pack.h"
#include "record_kinds.h"
#include "send.h"
#include "session_state.h"
#include "store/records.h"
#include "timers.h"
#include "yielding.h"

#include <sodium.h>

enum { RECORD_FIELDS = 8, ENTRY_FIELDS = 3 };

void mjl_roots_clear(mjl_roots *roots)
{
    mjl_buffer_clear(&roots->secret);
    mjl_buffer_clear(&roots->key_package);
    free(roots->lines);
    memset(roots, 0, sizeof *roots);
}

static bool is_open(const mjl_session *session)
{
    return session->roots.count > 0;
}

/* ---- Which one ---- */

/* Who made the Welcome: the author of the commit. */
static uint32_t signer_of(const mjl_session *session, size_t k)
{
    const mjl_epoch *root = &session->branches.epochs[session->roots.entries[k].epoch];
    return root->committer_leaf < root->leaf_count ? root->roster[root->committer_leaf]
                                                   : MJL_NO_INDEX;
}

static bool was_heard_on(const mjl_roots *roots, uint32_t author, size_t k)
{
    return author < roots->lines_count && roots->lines[author] == k + 1;
}

/* Members of both who spoke last on the line of `k`. Others are no witnesses: whoever made a group
   of its own could put any number of them there. Nor is whom the rival's line removed: it has no
   other place to speak, and who knows both lines goes by that removal. */
static size_t count_heard(const mjl_session *session, size_t k, size_t rival)
{
    const mjl_roots *roots = &session->roots;
    const mjl_epoch *epochs = session->branches.epochs;
    const uint32_t other = roots->entries[rival].epoch;
    const uint32_t end = mjl_branches_end_of(&session->branches, other);
    size_t count = 0;
    for (uint32_t author = 0; author < roots->lines_count; author++) {
        count += was_heard_on(roots, author, k) &&
                 mjl_epoch_has_author(&epochs[roots->entries[k].epoch], author) &&
                 mjl_epoch_has_author(&epochs[other], author) &&
                 mjl_epoch_has_author(&epochs[end], author);
    }
    return count;
}

static bool is_silent_beside(const mjl_session *session, size_t k, size_t rival)
{
    const mjl_time silence =
        MJL_ROOT_SILENCE_FA_INTERVALS * mjl_policy_fa_intv(&session->policy, 0);
    const mjl_root *entries = session->roots.entries;
    return entries[rival].last_heard > entries[k].last_heard + silence;
}

/* Is `b` the better one? Who committed a root leaves its line for a better one alone: where it is
   heard tells both apart. If it is silent, the others do, and at last the silence of a whole line.
 */
static bool beats(const mjl_session *session, size_t b, size_t a)
{
    const mjl_roots *roots = &session->roots;
    const mjl_epoch *epochs = session->branches.epochs;
    const uint32_t signer_a = signer_of(session, a);
    const uint32_t signer_b = signer_of(session, b);
    const uint64_t number_a = epochs[roots->entries[a].epoch].number;
    const uint64_t number_b = epochs[roots->entries[b].epoch].number;
    /* It may have left a commit for a rival and let us in anew: then both have one number, or that
       of the rival's line is even less. What it says since tells. */
    const bool is_heard = was_heard_on(roots, signer_a, a) || was_heard_on(roots, signer_a, b);
    if (signer_a == signer_b && number_a != number_b && !is_heard) return number_b > number_a;
    const bool has_left_a = was_heard_on(roots, signer_a, b);
    const bool has_left_b = was_heard_on(roots, signer_b, a);
    if (has_left_a != has_left_b) return has_left_a;
    const size_t heard_a = count_heard(session, a, b);
    const size_t heard_b = count_heard(session, b, a);
    return heard_a != heard_b ? heard_b > heard_a : is_silent_beside(session, a, b);
}

static size_t present_of(const mjl_session *session)
{
    size_t present = 0;
    for (size_t k = 0; k < session->roots.count; k++) {
        if (session->roots.entries[k].epoch == session->branches.root) present = k;
    }
    return present;
}

/* Whom a line removed follows from where it is lived on, which is not saved: it is asked anew. */
static size_t best_of(mjl_session *session)
{
    size_t best = present_of(session);
    if (session->roots.count > 1) (void)mjl_yielding_choose(session);
    for (size_t k = 0; k < session->roots.count; k++) {
        if (k != best && beats(session, k, best)) best = k;
    }
    return best;
}

/* ---- When it is settled ---- */

/* Whoever was removed may have let us in as well, on a rival line, until that is decided. */
static const mjl_epoch *last_decided(const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    return &branches->epochs[mjl_branches_last_decided(branches, branches->tip)];
}

static bool was_everyone_heard(const mjl_session *session, size_t k)
{
    const mjl_epoch *root = &session->branches.epochs[session->roots.entries[k].epoch];
    const mjl_epoch *decided = last_decided(session);
    for (uint32_t leaf = 0; leaf < root->leaf_count; leaf++) {
        const uint32_t author = root->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (!mjl_epoch_has_author(decided, author)) continue;
        if (!was_heard_on(&session->roots, author, k)) return false;
    }
    return true;
}

mjl_result mjl_roots_close(mjl_session *session)
{
    const bool had_others = session->roots.count > 1;
    if (session->state == MJL_SESSION_LIVE) mjl_timers_cancel(session, &session->joining.task);
    mjl_roots_clear(&session->roots);
    session->roots.dirty = true;
    session->branches.is_root_open = false;
    /* No Welcome leads to epochs before it any more: what waits for them waits in vain. */
    const uint64_t first = session->branches.epochs[session->branches.root].number;
    if (first > 0) mjl_unknown_drop(&session->unknown, first - 1);
    /* What stood on the other roots will not come back. */
    return had_others ? mjl_deciding_forget_lost(session) : MJL_OK;
}

mjl_time mjl_roots_end(const mjl_session *session)
{
    if (!is_open(session)) return 0;
    const mjl_epoch *first = &session->branches.epochs[session->roots.entries[0].epoch];
    return first->entered_at + (mjl_time)session->policy.secret_lifetime_ms;
}

/* ---- Heard ---- */

static mjl_result reserve_lines(mjl_session *session)
{
    mjl_roots *const roots = &session->roots;
    const uint32_t count = mjl_transcript_authors_count(session->transcript);
    if (count <= roots->lines_count) return MJL_OK;
    uint32_t *lines = realloc(roots->lines, count * sizeof *lines);
    if (lines == NULL) return MJL_OUT_OF_MEMORY;
    memset(lines + roots->lines_count, 0, (count - roots->lines_count) * sizeof *lines);
    roots->lines = lines;
    roots->lines_count = count;
    return MJL_OK;
}

/* All that we can read on the line of `k` was said before it removed us, and the author was heard
   on that of a later Welcome: who was removed and let in again has roots on one line, and old words
   that come late do not lead back. */
static bool comes_from_before(const mjl_session *session, uint32_t author, size_t k)
{
    const mjl_branches *branches = &session->branches;
    const mjl_root *entries = session->roots.entries;
    const uint32_t line = session->roots.lines[author];
    if (line == 0 || line == k + 1) return false;
    const uint64_t later = branches->epochs[entries[line - 1].epoch].number;
    for (uint32_t i = 0; i < branches->count; i++) {
        if (branches->epochs[i].removes_us && branches->epochs[i].number < later &&
            mjl_branches_root_of(branches, i) == entries[k].epoch)
            return true;
    }
    return false;
}

/* How long ago matters only where there is a choice, and is kept only there. */
static void note_heard(mjl_session *session, uint32_t author, size_t k)
{
    mjl_roots *const roots = &session->roots;
    const bool has_choice = roots->count > 1;
    if (comes_from_before(session, author, k)) return;
    roots->dirty |= has_choice || !was_heard_on(roots, author, k);
    roots->lines[author] = (uint32_t)k + 1;
    if (has_choice) roots->entries[k].last_heard = session->profile->now;
}

/* How long after one move the next may be made. Where a member lives twice, its group may be two
   for good, and both be heard by turns. */
static mjl_time pause_between_moves(const mjl_session *session)
{
    const mjl_roots *roots = &session->roots;
    if (roots->moves < MJL_ROOT_MOVES_AT_ONCE) return 0;
    const uint32_t more = roots->moves - MJL_ROOT_MOVES_AT_ONCE;
    const mjl_time intv = mjl_policy_fa_intv(&session->policy, 0);
    return more > 20 || intv > MJL_BACKOFF_MS_MAX >> more ? MJL_BACKOFF_MS_MAX : intv << more;
}

/* What is before the root cannot be opened, and is missing no more. */
static mjl_result live_under(mjl_session *session, uint32_t root)
{
    const mjl_time pause = pause_between_moves(session);
    if (session->branches.root == root) return MJL_OK;
    if (pause > 0 && session->profile->now - session->roots.moved_at < pause)
        return mjl_membership_look_again_at(session, session->roots.moved_at + pause);
    session->branches.root = root;
    session->roots.moves += session->roots.moves < UINT32_MAX;
    session->roots.moved_at = session->profile->now;
    session->roots.dirty = true;
    return mjl_warnings_forget_gaps_before(session, session->branches.epochs[root].number);
}

mjl_result mjl_roots_heard(mjl_session *session, uint32_t author, uint32_t epoch)
{
    if (!is_open(session)) return MJL_OK;
    const mjl_result result = reserve_lines(session);
    if (result != MJL_OK) return result;
    const uint32_t root = mjl_branches_root_of(&session->branches, epoch);
    for (size_t k = 0; k < session->roots.count; k++) {
        if (session->roots.entries[k].epoch == root) note_heard(session, author, k);
    }
    return live_under(session, session->roots.entries[best_of(session)].epoch);
}

/* What is heard may move the root, and the tip follows later. A move that has to wait is made when
   its time comes, whoever is silent then, and while there is a better root than this one none is
   let go. Each move needs a word behind the last one: they come to an end. */
mjl_result mjl_roots_look(mjl_session *session)
{
    if (!is_open(session)) return MJL_OK;
    const mjl_branches *branches = &session->branches;
    const mjl_root *best = &session->roots.entries[best_of(session)];
    if (best->epoch != branches->root) {
        const bool waits =
            session->state != MJL_SESSION_PARTED && best->last_heard >= session->roots.moved_at;
        return waits ? live_under(session, best->epoch) : MJL_OK;
    }
    if (mjl_branches_root_of(branches, branches->tip) != branches->root) return MJL_OK;
    if (!was_everyone_heard(session, present_of(session))) return MJL_OK;
    session->is_unconfirmed = false;
    return mjl_roots_close(session);
}

/* ---- Entering ---- */

mjl_result mjl_roots_enter(mjl_session *session, mjl_mls_joined *joined, uint32_t *epoch)
{
    mjl_mls_candidate candidate = {.group = joined->group, .ratchets = joined->ratchets};
    joined->group = NULL;
    joined->ratchets = NULL;
    mjl_epoch_entry entry = {.candidate = &candidate, .parent = MJL_NO_INDEX};
    entry.branch = mjl_epochs_branch_of(candidate.group);
    entry.committer_leaf = joined->signer;
    entry.commit_class = MJL_CLASS_ADD;
    const mjl_result result = mjl_epochs_enter(session, &entry, epoch);
    mjl_mls_candidate_clear(&candidate);
    if (result != MJL_OK) return result;
    session->branches.epochs[*epoch].is_decided = true; /* Nothing stands below it here. */
    return MJL_OK;
}

/* What a committer said on the line of a root before it made another one tells nothing of both. */
static void forget_word_of(mjl_roots *roots, uint32_t signer)
{
    if (signer < roots->lines_count) roots->lines[signer] = 0;
}

static void add_entry(mjl_session *session, uint32_t epoch, const mjl_id *welcome)
{
    mjl_roots *const roots = &session->roots;
    const mjl_time now = session->profile->now;
    roots->entries[roots->count++] = (mjl_root){.epoch = epoch, .welcome = *welcome};
    roots->dirty = true;
    const uint32_t signer = signer_of(session, roots->count - 1);
    for (size_t k = 0; roots->count > 1 && k < roots->count; k++) {
        roots->entries[k].last_heard = now; /* From here on silence counts. */
        if (k + 1 < roots->count && signer_of(session, k) == signer) forget_word_of(roots, signer);
    }
}

mjl_result mjl_roots_begin(mjl_session *session, mjl_joining *taken, const mjl_id *welcome)
{
    mjl_roots *const roots = &session->roots;
    roots->secret = taken->secret;
    roots->reference = taken->reference;
    roots->key_package = taken->key_package;
    memset(&taken->secret, 0, sizeof taken->secret);
    memset(&taken->key_package, 0, sizeof taken->key_package);
    session->branches.root = session->branches.tip;
    session->branches.is_root_open = true;
    add_entry(session, session->branches.tip, welcome);
    return mjl_deciding_plan_expiry(session);
}

/* ---- Asking again ---- */

static bool is_anybody_heard(const mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t leaf = 0; leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (!mjl_presence_is_silent(session, author)) return true;
    }
    return false;
}

mjl_result mjl_roots_plan_asking(mjl_session *session)
{
    mjl_joining *const joining = &session->joining;
    const size_t members = mjl_epoch_members_count(mjl_session_tip(session));
    const uint32_t steps = joining->repeats < 20 ? joining->repeats : 20;
    const mjl_time wait = 2 * mjl_policy_heartbeat(&session->policy, members) << steps;
    return mjl_timers_set(session, wait < MJL_BACKOFF_MS_MAX ? wait : MJL_BACKOFF_MS_MAX,
                          MJL_TIMER_JOIN, 0, &joining->task);
}

/* Who is on another line cannot read that we are there, but it knows a key package. It may be on
   one more than those that Welcomes led to: all of these may have lost. */
mjl_result mjl_roots_ask_due(mjl_session *session)
{
    mjl_roots *const roots = &session->roots;
    if (!is_open(session) || roots->count == MJL_ROOTS_MAX ||
        mjl_join_has_expired(session->profile, &roots->key_package)) {
        return MJL_OK;
    }
    if (!is_anybody_heard(session)) {
        mjl_packet packet = {.kind = MJL_PACKET_JOIN_REQUEST, .resend = session->joining.repeats++};
        packet.subject = roots->reference;
        packet.bytes = mjl_buffer_bytes(&roots->key_package);
        const mjl_result result = mjl_send_packet(session, &packet);
        if (result != MJL_OK) return result;
    }
    return mjl_roots_plan_asking(session);
}

/* ---- Another Welcome ---- */

bool mjl_roots_is_for(const mjl_session *session, mjl_bytes reference)
{
    const bool is_there = session->state == MJL_SESSION_LIVE ||
                          session->state == MJL_SESSION_LEAVING ||
                          session->state == MJL_SESSION_REMOVED;
    return is_there && is_open(session) &&
           mjl_bytes_equal(mjl_id_bytes(&session->roots.reference), reference);
}

static bool is_known(const mjl_roots *roots, const mjl_id *welcome)
{
    for (size_t k = 0; k < roots->count; k++) {
        if (mjl_id_equal(&roots->entries[k].welcome, welcome)) return true;
    }
    return false;
}

/* Of the same group, from somebody who is a member of a root that is known: a stranger has no
   member's key. */
static mjl_result check(const mjl_session *session, const mjl_mls_joined *joined)
{
    mjl_mls_member member;
    const mjl_bytes ours = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    if (!mjl_bytes_equal(mjl_mls_group_id(joined->group), ours)) return MJL_WRONG_GROUP;
    const mjl_branch_id branch = mjl_epochs_branch_of(joined->group);
    if (mjl_branches_find(&session->branches, &branch) != MJL_NO_INDEX) return MJL_DUPLICATE;
    if (!mjl_mls_group_member(joined->group, joined->signer, &member)) return MJL_UNKNOWN_SENDER;
    const mjl_member_id id = mjl_id_member(member.signature_key);
    const uint32_t author = mjl_transcript_find_author(session->transcript, &id);
    for (size_t k = 0; author != MJL_NO_INDEX && k < session->roots.count; k++) {
        const uint32_t epoch = session->roots.entries[k].epoch;
        if (mjl_epoch_has_author(&session->branches.epochs[epoch], author)) return MJL_OK;
    }
    return MJL_UNKNOWN_SENDER;
}

static mjl_result enter_another(mjl_session *session, mjl_mls_joined *joined, const mjl_id *welcome,
                                mjl_verdict *verdict)
{
    uint32_t epoch;
    const mjl_result result = mjl_roots_enter(session, joined, &epoch);
    if (result != MJL_OK) return result;
    add_entry(session, epoch, welcome);
    const mjl_result moved = live_under(session, session->roots.entries[best_of(session)].epoch);
    if (moved != MJL_OK) return moved;
    verdict->kind = session->branches.root == epoch ? MJL_VERDICT_APPLIED : MJL_VERDICT_LOSING;
    return MJL_OK;
}

mjl_result mjl_roots_welcomed(mjl_session *session, mjl_bytes packet, mjl_verdict *verdict)
{
    const mjl_id welcome = mjl_id_packet(packet);
    verdict->session = session;
    verdict->kind = MJL_VERDICT_DUPLICATE;
    if (is_known(&session->roots, &welcome)) return MJL_OK;
    mjl_mls_joined joined = {0};
    mjl_result result = session->roots.count < MJL_ROOTS_MAX ? MJL_OK : MJL_FULL;
    if (result == MJL_OK) {
        result = mjl_join_open_welcome(session, &session->roots.secret, packet,
                                       mjl_session_identity(session), &joined);
    }
    if (result == MJL_OK) result = check(session, &joined);
    if (result == MJL_OK) {
        result = enter_another(session, &joined, &welcome, verdict);
    } else if (result != MJL_OUT_OF_MEMORY && result != MJL_BUG) {
        verdict->kind = result == MJL_DUPLICATE ? MJL_VERDICT_DUPLICATE : MJL_VERDICT_REJECTED;
        verdict->why = result == MJL_DUPLICATE ? MJL_OK : result;
        result = MJL_OK;
    }
    mjl_mls_joined_clear(&joined);
    return result;
}

/* ---- Saved ---- */

static void encode(const mjl_session *session, mjl_pack *pack)
{
    const mjl_roots *roots = &session->roots;
    mjl_pack_array(pack, RECORD_FIELDS);
    mjl_pack_uint(pack, session->branches.root);
    mjl_pack_bin(pack, mjl_buffer_bytes(&roots->secret));
    mjl_pack_id(pack, &roots->reference);
    mjl_pack_bin(pack, mjl_buffer_bytes(&roots->key_package));
    mjl_pack_array(pack, roots->count);
    for (size_t k = 0; k < roots->count; k++) {
        mjl_pack_array(pack, ENTRY_FIELDS);
        mjl_pack_uint(pack, roots->entries[k].epoch);
        mjl_pack_id(pack, &roots->entries[k].welcome);
        mjl_pack_int(pack, roots->entries[k].last_heard);
    }
    mjl_pack_uint(pack, roots->moves);
    mjl_pack_int(pack, roots->moved_at);
    mjl_pack_array(pack, roots->lines_count);
    for (uint32_t i = 0; i < roots->lines_count; i++)
        mjl_pack_uint(pack, roots->lines[i]);
}

mjl_result mjl_roots_save(mjl_session *session, mjl_records *records)
{
    const mjl_bytes key = mjl_bytes_of(NULL, 0);
    if (!session->roots.dirty) return MJL_OK;
    if (!is_open(session) && session->branches.root == 0) {
        return mjl_records_delete(records, session->number, MJL_RECORD_ROOTS, key);
    }
    mjl_buffer value = {0};
    mjl_pack pack = mjl_pack_to(&value);
    encode(session, &pack);
    mjl_result result = pack.result;
    if (result == MJL_OK) {
        result = mjl_records_put(records, session->number, MJL_RECORD_ROOTS, key,
                                 mjl_buffer_bytes(&value));
    }
    mjl_buffer_clear(&value);
    return result;
}

static bool is_root(const mjl_branches *branches, uint32_t epoch)
{
    return epoch < branches->count && branches->epochs[epoch].parent == MJL_NO_INDEX;
}

static mjl_result load_lines(mjl_session *session, mjl_unpack *u)
{
    mjl_roots *const roots = &session->roots;
    const size_t count = mjl_unpack_array(u);
    if (count > mjl_transcript_authors_count(session->transcript)) return MJL_STORE_DAMAGED;
    if (count == 0) return MJL_OK;
    roots->lines = calloc(count, sizeof *roots->lines);
    if (roots->lines == NULL) return MJL_OUT_OF_MEMORY;
    roots->lines_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        roots->lines[i] = (uint32_t)mjl_unpack_uint_to(u, roots->count);
    return MJL_OK;
}

mjl_result mjl_roots_load(mjl_session *session, mjl_bytes saved)
{
    mjl_roots *const roots = &session->roots;
    mjl_unpack u = mjl_unpack_from(saved);
    mjl_unpack_array_of(&u, RECORD_FIELDS);
    session->branches.root = (uint32_t)mjl_unpack_uint_to(&u, UINT32_MAX);
    const mjl_bytes secret = mjl_unpack_bin(&u);
    roots->reference = mjl_unpack_id(&u);
    const mjl_bytes key_package = mjl_unpack_bin(&u);
    const size_t count = mjl_unpack_array(&u);
    if (count > MJL_ROOTS_MAX) return MJL_STORE_DAMAGED;
    bool fits = is_root(&session->branches, session->branches.root);
    for (size_t k = 0; k < count; k++) {
        mjl_unpack_array_of(&u, ENTRY_FIELDS);
        mjl_root *const entry = &roots->entries[roots->count++];
        entry->epoch = (uint32_t)mjl_unpack_uint_to(&u, UINT32_MAX);
        entry->welcome = mjl_unpack_id(&u);
        entry->last_heard = mjl_unpack_int(&u);
        fits &= is_root(&session->branches, entry->epoch);
    }
    roots->moves = (uint32_t)mjl_unpack_uint_to(&u, UINT32_MAX);
    roots->moved_at = mjl_unpack_int(&u);
    mjl_result result = load_lines(session, &u);
    if (result != MJL_OK) return result;
    if (mjl_unpack_end(&u) != MJL_OK || !fits || (secret.size > 0) != (count > 0)) {
        return MJL_STORE_DAMAGED;
    }
    session->branches.is_root_open = count > 0;
    result = mjl_buffer_append(&roots->key_package, key_package);
    return result == MJL_OK ? mjl_buffer_append(&roots->secret, secret) : result;
}
