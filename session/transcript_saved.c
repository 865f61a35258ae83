/* A transcript as records: one per author, epoch and place, each written once. */
#include "lists.h"
#include "payload.h"
#include "transcript_state.h"

enum { EPOCH_FIELDS = 4, PLACE_FIELDS = 10 };

/* ---- Writing ---- */

mjl_result mjl_transcript_save_author(const mjl_transcript *t, uint32_t author, mjl_buffer *out)
{
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_id(&pack, mjl_transcript_author_id(t, author));
    return mjl_pack_end(&pack, start);
}

/* Indices that are counted from 0, or nil. */
static void pack_index(mjl_pack *pack, uint32_t index)
{
    if (index == MJL_NONE) {
        mjl_pack_nil(pack);
    } else {
        mjl_pack_uint(pack, index);
    }
}

static void pack_indices(mjl_pack *pack, const uint32_t *indices, size_t count)
{
    mjl_pack_array(pack, count);
    for (size_t i = 0; i < count; i++)
        mjl_pack_uint(pack, indices[i]);
}

mjl_result mjl_transcript_save_epoch(const mjl_transcript *t, uint32_t epoch, mjl_buffer *out)
{
    const mjl_graph_epoch *view = mjl_transcript_epoch(t, epoch);
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, EPOCH_FIELDS);
    mjl_pack_id(&pack, &view->branch);
    mjl_pack_uint(&pack, view->number);
    pack_index(&pack, view->parent);
    pack_indices(&pack, t->epochs[epoch].joined, t->epochs[epoch].joined_count);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_transcript_save_place(const mjl_transcript *t, uint32_t place, mjl_buffer *out)
{
    const mjl_place *of = mjl_transcript_place(t, place);
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, PLACE_FIELDS);
    mjl_pack_id(&pack, &of->id);
    if (of->type == MJL_PLACE_COMMIT) {
        mjl_pack_nil(&pack);
    } else {
        mjl_pack_id(&pack, &of->message);
    }
    mjl_pack_uint(&pack, of->epoch);
    mjl_pack_uint(&pack, of->author);
    mjl_pack_uint(&pack, of->seq);
    mjl_pack_uint(&pack, of->type);
    mjl_pack_int(&pack, of->accepted_at);
    pack_indices(&pack, mjl_transcript_parents(t, place), of->parents_count);
    mjl_pack_uint(&pack, of->opaque_count);
    mjl_pack_bool(&pack, of->follows_root);
    return mjl_pack_end(&pack, start);
}

/* ---- Reading ---- */

static mjl_result damaged_unless_memory(mjl_result result)
{
    return result == MJL_OK || result == MJL_OUT_OF_MEMORY ? result : MJL_STORE_DAMAGED;
}

/* From the first record to load_done. */
static void begin_loading(mjl_transcript *t)
{
    t->is_loading = true;
}

mjl_result mjl_transcript_load_author(mjl_transcript *t, mjl_bytes saved)
{
    mjl_unpack unpack = mjl_unpack_from(saved);
    const mjl_member_id id = mjl_unpack_id(&unpack);
    if (mjl_unpack_end(&unpack) != MJL_OK) return MJL_STORE_DAMAGED;
    if (mjl_transcript_find_author(t, &id) != MJL_NONE) return MJL_STORE_DAMAGED;
    begin_loading(t);
    uint32_t author;
    return mjl_transcript_author(t, &id, &author);
}

/* Below `limit` and above the one before: every reference is to what is there, once. */
static uint32_t unpack_index(mjl_unpack *unpack, uint32_t limit)
{
    const uint64_t index = mjl_unpack_uint(unpack);
    if (index >= limit) mjl_unpack_fail(unpack, MJL_MALFORMED);
    return unpack->result == MJL_OK ? (uint32_t)index : 0;
}

static size_t unpack_indices(mjl_unpack *unpack, uint32_t *indices, size_t max, uint32_t limit)
{
    const size_t count = mjl_unpack_array(unpack);
    if (count > max) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++) {
        indices[i] = unpack_index(unpack, limit);
        if (i > 0 && indices[i] <= indices[i - 1]) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
    }
    return unpack->result == MJL_OK ? count : 0;
}

mjl_result mjl_transcript_load_epoch(mjl_transcript *t, mjl_bytes saved)
{
    uint32_t joined[MJL_MEMBERS_MAX];
    mjl_epoch_start start = {.parent = MJL_NONE, .joined = joined};
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, EPOCH_FIELDS);
    start.branch = mjl_unpack_id(&unpack);
    start.number = mjl_unpack_uint(&unpack);
    if (mjl_unpack_is_nil(&unpack)) {
        mjl_unpack_nil(&unpack);
    } else {
        start.parent = unpack_index(&unpack, t->epochs_count);
    }
    start.joined_count = unpack_indices(&unpack, joined, MJL_MEMBERS_MAX, t->authors_count);
    if (mjl_unpack_end(&unpack) != MJL_OK || t->places_count != 0) return MJL_STORE_DAMAGED;
    begin_loading(t);
    uint32_t epoch;
    return damaged_unless_memory(mjl_transcript_add_epoch(t, &start, &epoch));
}

static mjl_result unpack_place(const mjl_transcript *t, mjl_bytes saved,
                               mjl_place_candidate *candidate, mjl_resolved *resolved)
{
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, PLACE_FIELDS);
    candidate->id = mjl_unpack_id(&unpack);
    const bool is_commit = mjl_unpack_is_nil(&unpack);
    if (is_commit) mjl_unpack_nil(&unpack);
    candidate->message = is_commit ? candidate->id : mjl_unpack_id(&unpack);
    candidate->epoch = unpack_index(&unpack, t->epochs_count);
    candidate->author = unpack_index(&unpack, t->authors_count);
    candidate->seq = mjl_unpack_uint(&unpack);
    candidate->type = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PLACE_COMMIT);
    candidate->accepted_at = mjl_unpack_int(&unpack);
    resolved->parents_count =
        unpack_indices(&unpack, resolved->parents, MJL_PARENTS_MAX, t->places_count);
    resolved->opaque_count = (size_t)mjl_unpack_uint_to(&unpack, MJL_PARENTS_MAX);
    resolved->follows_root = mjl_unpack_bool(&unpack);
    if (is_commit != (candidate->type == MJL_PLACE_COMMIT)) {
        mjl_unpack_fail(&unpack, MJL_MALFORMED);
    }
    candidate->parents_count = resolved->parents_count + resolved->opaque_count;
    return mjl_unpack_end(&unpack);
}

/* What looking parents up would have found. */
static bool parents_fit(const mjl_transcript *t, const mjl_place_candidate *candidate,
                        const mjl_resolved *resolved)
{
    const mjl_graph_epoch *root = &t->epochs[t->epochs[candidate->epoch].view.root].view;
    if (resolved->opaque_count != 0 && root->number == 0) return false;
    if (resolved->follows_root && resolved->opaque_count == 0) return false;
    for (size_t i = 0; i < resolved->parents_count; i++) {
        const uint32_t epoch = t->places[resolved->parents[i]].epoch;
        if (!mjl_transcript_epoch_is_on_path(t, epoch, candidate->epoch)) return false;
    }
    return true;
}

mjl_result mjl_transcript_load_place(mjl_transcript *t, mjl_bytes saved)
{
    mjl_place_candidate candidate = {.type = 0};
    mjl_resolved resolved = {.parents_count = 0};
    if (t->epochs_count == 0 || t->authors_count == 0) return MJL_STORE_DAMAGED;
    if (unpack_place(t, saved, &candidate, &resolved) != MJL_OK) return MJL_STORE_DAMAGED;
    if (candidate.type != MJL_PLACE_COMMIT &&
        (candidate.type < 1 || candidate.type > MJL_PAYLOAD_TYPE_MAX)) {
        return MJL_STORE_DAMAGED;
    }
    uint32_t other;
    if (!mjl_transcript_is_well_formed(t, &candidate) ||
        mjl_transcript_find_place(t, &candidate.id) != MJL_NONE ||
        mjl_transcript_find_seq(t, &candidate) != MJL_NONE ||
        !parents_fit(t, &candidate, &resolved) ||
        mjl_transcript_check_resolved(t, &candidate, &resolved, &other) != MJL_OK) {
        return MJL_STORE_DAMAGED;
    }
    begin_loading(t);
    uint32_t place;
    return mjl_transcript_insert(t, &candidate, &resolved, &place);
}

/* ---- Heads, once all is there ---- */

static void find_visible(const mjl_transcript *t, uint32_t epoch, bool *is_visible)
{
    memset(is_visible, 0, t->epochs_count * sizeof *is_visible);
    for (; epoch != MJL_NONE; epoch = t->epochs[epoch].view.parent)
        is_visible[epoch] = true;
}

/* Visible places that no visible one names. */
static mjl_result find_heads(const mjl_transcript *t, mjl_epoch_entry *entry,
                             const bool *is_visible, bool *is_named)
{
    memset(is_named, 0, t->places_count * sizeof *is_named);
    for (uint32_t place = 0; place < t->places_count; place++) {
        if (!is_visible[t->places[place].epoch]) continue;
        const uint32_t *parents = mjl_transcript_parents(t, place);
        for (uint32_t i = 0; i < t->places[place].parents_count; i++)
            is_named[parents[i]] = true;
    }
    entry->heads_count = 0;
    for (uint32_t place = 0; place < t->places_count; place++) {
        if (is_named[place] || !is_visible[t->places[place].epoch]) continue;
        const mjl_result result = mjl_array_reserve(&entry->heads, entry->heads_count,
                                                    &entry->heads_room, 1, sizeof *entry->heads);
        if (result != MJL_OK) return result;
        entry->heads[entry->heads_count++] = place;
    }
    return MJL_OK;
}

mjl_result mjl_transcript_load_done(mjl_transcript *t)
{
    bool *is_visible = (bool *)calloc((size_t)t->epochs_count + 1, sizeof *is_visible);
    bool *is_named = (bool *)calloc((size_t)t->places_count + 1, sizeof *is_named);
    mjl_result result = is_visible == NULL || is_named == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    for (uint32_t epoch = 0; epoch < t->epochs_count && result == MJL_OK; epoch++) {
        if (!t->epochs[epoch].view.is_open) continue;
        find_visible(t, epoch, is_visible);
        result = find_heads(t, &t->epochs[epoch], is_visible, is_named);
    }
    free(is_visible);
    free(is_named);
    if (result == MJL_OK) t->is_loading = false;
    return result;
}

/* ---- Invariants ---- */

static bool place_is_sound(const mjl_transcript *t, uint32_t i)
{
    const mjl_place *place = &t->places[i];
    if (mjl_transcript_find_place(t, &place->id) != i) return false;
    if (mjl_transcript_find_message(t, &place->message) != place->first) return false;
    if (place->first > i || t->places[place->first].first != place->first) return false;
    if ((place->previous == MJL_NONE) != (place->seq == 0)) return false;
    if (place->previous != MJL_NONE && t->places[place->previous].seq + 1 != place->seq) {
        return false;
    }
    const uint32_t root = t->epochs[place->epoch].view.root;
    if (place->opaque_count != 0 && t->epochs[root].view.number == 0) return false;
    if (place->follows_root && place->opaque_count == 0) return false;
    const uint32_t *parents = mjl_transcript_parents(t, i);
    for (uint32_t p = 0; p < place->parents_count; p++) {
        if (parents[p] >= i || (p > 0 && parents[p] <= parents[p - 1])) return false;
        if (!mjl_transcript_epoch_is_on_path(t, t->places[parents[p]].epoch, place->epoch)) {
            return false;
        }
    }
    return true;
}

static bool epoch_is_sound(const mjl_transcript *t, uint32_t i)
{
    const mjl_graph_epoch *view = &t->epochs[i].view;
    if (mjl_transcript_find_epoch(t, &view->branch) != i) return false;
    if (view->is_open != (i + MJL_EPOCHS_MAX >= t->epochs_count)) return false;
    if (view->parent == MJL_NONE) return view->root == i && view->commit == MJL_NONE;
    if (view->parent >= i || t->epochs[view->parent].view.number + 1 != view->number) return false;
    if (view->root != t->epochs[view->parent].view.root) return false;
    return view->commit == mjl_transcript_find_place(t, &view->branch);
}

static bool heads_are_sound(const mjl_transcript *t)
{
    bool is_sound = true;
    bool *is_visible = (bool *)calloc((size_t)t->epochs_count + 1, sizeof *is_visible);
    bool *is_named = (bool *)calloc((size_t)t->places_count + 1, sizeof *is_named);
    for (uint32_t i = 0; i < t->epochs_count && is_visible != NULL && is_named != NULL; i++) {
        const mjl_epoch_entry *entry = &t->epochs[i];
        mjl_epoch_entry found = {.heads_count = 0};
        find_visible(t, i, is_visible);
        if (entry->view.is_open && find_heads(t, &found, is_visible, is_named) == MJL_OK) {
            is_sound =
                is_sound && found.heads_count == entry->heads_count &&
                (found.heads_count == 0 ||
                 memcmp(found.heads, entry->heads, found.heads_count * sizeof *found.heads) == 0);
        }
        free(found.heads);
    }
    free(is_visible);
    free(is_named);
    return is_sound;
}

bool mjl_transcript_check_all(mjl_transcript *t)
{
    for (uint32_t i = 0; i < t->authors_count; i++) {
        if (mjl_transcript_find_author(t, &t->authors[i]) != i) return false;
    }
    for (uint32_t i = 0; i < t->epochs_count; i++) {
        if (!epoch_is_sound(t, i)) return false;
    }
    for (uint32_t i = 0; i < t->places_count; i++) {
        if (!place_is_sound(t, i)) return false;
    }
    return !t->is_loading && heads_are_sound(t);
}
