#include "transcript.h"

#include "transcript_state.h"

#include <assert.h>

/* ---- Keys of the tables ---- */

static uint64_t author_hash(const void *owner, uint32_t author)
{
    return mjl_id_hash(&((const mjl_transcript *)owner)->authors[author]);
}

static uint64_t epoch_hash(const void *owner, uint32_t epoch)
{
    return mjl_id_hash(&((const mjl_transcript *)owner)->epochs[epoch].view.branch);
}

static uint64_t place_hash(const void *owner, uint32_t place)
{
    return mjl_id_hash(&((const mjl_transcript *)owner)->places[place].id);
}

static uint64_t message_hash(const void *owner, uint32_t place)
{
    return mjl_id_hash(&((const mjl_transcript *)owner)->places[place].message);
}

/* Small numbers are spread by an odd multiplier, and the well mixed upper half is used. */
static uint64_t pair_hash(uint32_t epoch, uint32_t author)
{
    return (((uint64_t)epoch << 32 | author) * 0x9e3779b97f4a7c15U) >> 32;
}

static uint64_t line_hash(const void *owner, uint32_t line)
{
    const mjl_line *const lines = ((const mjl_transcript *)owner)->lines;
    return pair_hash(lines[line].epoch, lines[line].author);
}

/* ---- The value ---- */

mjl_result mjl_transcript_new(mjl_transcript **transcript)
{
    mjl_transcript *made = (mjl_transcript *)calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->marks = (mjl_marks *)calloc(1, sizeof *made->marks);
    if (made->marks == NULL) {
        free(made);
        return MJL_OUT_OF_MEMORY;
    }
    mjl_index_table_init(&made->author_table, made, author_hash);
    mjl_index_table_init(&made->epoch_table, made, epoch_hash);
    mjl_index_table_init(&made->place_table, made, place_hash);
    mjl_index_table_init(&made->message_table, made, message_hash);
    mjl_index_table_init(&made->line_table, made, line_hash);
    *transcript = made;
    return MJL_OK;
}

void mjl_transcript_free(mjl_transcript *transcript)
{
    if (transcript == NULL) return;
    for (uint32_t i = 0; i < transcript->epochs_count; i++) {
        free(transcript->epochs[i].joined);
        free(transcript->epochs[i].heads);
    }
    mjl_index_table_clear(&transcript->author_table);
    mjl_index_table_clear(&transcript->epoch_table);
    mjl_index_table_clear(&transcript->place_table);
    mjl_index_table_clear(&transcript->message_table);
    mjl_index_table_clear(&transcript->line_table);
    free(transcript->marks->of);
    free(transcript->marks);
    free(transcript->authors);
    free(transcript->epochs);
    free(transcript->places);
    free(transcript->parents);
    free(transcript->lines);
    free(transcript);
}

/* ---- Authors ---- */

uint32_t mjl_transcript_find_author(const mjl_transcript *transcript, const mjl_member_id *id)
{
    size_t at = mjl_index_table_start(&transcript->author_table, mjl_id_hash(id));
    for (;;) {
        const uint32_t author = mjl_index_table_next(&transcript->author_table, &at);
        if (author == MJL_NONE) return MJL_NONE;
        if (mjl_id_equal(&transcript->authors[author], id)) return author;
    }
}

mjl_result mjl_transcript_author(mjl_transcript *transcript, const mjl_member_id *id,
                                 uint32_t *author)
{
    *author = mjl_transcript_find_author(transcript, id);
    if (*author != MJL_NONE) return MJL_OK;
    mjl_result result =
        mjl_array_reserve(&transcript->authors, transcript->authors_count,
                          &transcript->authors_room, 1, sizeof *transcript->authors);
    if (result == MJL_OK) result = mjl_index_table_reserve(&transcript->author_table);
    if (result != MJL_OK) return result;
    *author = transcript->authors_count++;
    transcript->authors[*author] = *id;
    mjl_index_table_insert(&transcript->author_table, *author);
    return MJL_OK;
}

const mjl_member_id *mjl_transcript_author_id(const mjl_transcript *transcript, uint32_t author)
{
    assert(author < transcript->authors_count);
    return &transcript->authors[author];
}

uint32_t mjl_transcript_authors_count(const mjl_transcript *transcript)
{
    return transcript->authors_count;
}

/* ---- Epochs ---- */

uint32_t mjl_transcript_find_epoch(const mjl_transcript *transcript, const mjl_branch_id *branch)
{
    size_t at = mjl_index_table_start(&transcript->epoch_table, mjl_id_hash(branch));
    for (;;) {
        const uint32_t epoch = mjl_index_table_next(&transcript->epoch_table, &at);
        if (epoch == MJL_NONE) return MJL_NONE;
        if (mjl_id_equal(&transcript->epochs[epoch].view.branch, branch)) return epoch;
    }
}

const mjl_graph_epoch *mjl_transcript_epoch(const mjl_transcript *transcript, uint32_t epoch)
{
    assert(epoch < transcript->epochs_count);
    return &transcript->epochs[epoch].view;
}

uint32_t mjl_transcript_epochs_count(const mjl_transcript *transcript)
{
    return transcript->epochs_count;
}

bool mjl_transcript_epoch_is_on_path(const mjl_transcript *transcript, uint32_t a, uint32_t b)
{
    const uint64_t number = mjl_transcript_epoch(transcript, a)->number;
    while (b != MJL_NONE && mjl_transcript_epoch(transcript, b)->number > number)
        b = transcript->epochs[b].view.parent;
    return a == b;
}

static mjl_result check_start(const mjl_transcript *transcript, const mjl_epoch_start *start)
{
    if (mjl_transcript_find_epoch(transcript, &start->branch) != MJL_NONE) return MJL_DUPLICATE;
    if (start->joined_count > MJL_MEMBERS_MAX) return MJL_BAD_ARGUMENT;
    for (size_t i = 0; i < start->joined_count; i++) {
        const uint32_t author = start->joined[i];
        if (author != MJL_NONE && author >= transcript->authors_count) return MJL_BAD_ARGUMENT;
    }
    if (start->parent == MJL_NONE) return MJL_OK;
    if (start->parent >= transcript->epochs_count) return MJL_BAD_ARGUMENT;
    const mjl_graph_epoch *parent = mjl_transcript_epoch(transcript, start->parent);
    if (parent->number == UINT64_MAX || start->number != parent->number + 1) {
        return MJL_BAD_ARGUMENT;
    }
    if (!parent->is_open) return MJL_WRONG_EPOCH;
    /* A commit that was delivered before it was applied must be a commit of that parent. */
    const uint32_t commit = mjl_transcript_find_place(transcript, &start->branch);
    if (commit == MJL_NONE) return MJL_OK;
    const mjl_place *place = &transcript->places[commit];
    return place->type == MJL_PLACE_COMMIT && place->epoch == start->parent ? MJL_OK
                                                                            : MJL_BAD_ARGUMENT;
}

static int compare_indices(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static mjl_result copy_joined(mjl_epoch_entry *entry, const mjl_epoch_start *start)
{
    if (start->joined_count == 0) return MJL_OK;
    entry->joined = (uint32_t *)malloc(start->joined_count * sizeof *entry->joined);
    if (entry->joined == NULL) return MJL_OUT_OF_MEMORY;
    for (size_t i = 0; i < start->joined_count; i++) {
        if (start->joined[i] != MJL_NONE) entry->joined[entry->joined_count++] = start->joined[i];
    }
    qsort(entry->joined, entry->joined_count, sizeof *entry->joined, compare_indices);
    return MJL_OK;
}

/* A child sees what its parent sees. */
static mjl_result copy_heads(mjl_epoch_entry *entry, const mjl_epoch_entry *parent)
{
    if (parent->heads_count == 0) return MJL_OK;
    entry->heads = (uint32_t *)malloc(parent->heads_count * sizeof *entry->heads);
    if (entry->heads == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(entry->heads, parent->heads, parent->heads_count * sizeof *entry->heads);
    entry->heads_room = entry->heads_count = parent->heads_count;
    return MJL_OK;
}

static void close_oldest(mjl_transcript *transcript)
{
    if (transcript->epochs_count <= MJL_EPOCHS_MAX) return;
    mjl_epoch_entry *oldest = &transcript->epochs[transcript->epochs_count - 1 - MJL_EPOCHS_MAX];
    free(oldest->heads);
    oldest->heads = NULL;
    oldest->heads_room = oldest->heads_count = 0;
    oldest->view.is_open = false;
}

static mjl_result prepare_epoch(mjl_transcript *transcript, const mjl_epoch_start *start,
                                mjl_epoch_entry *entry)
{
    entry->view = (mjl_graph_epoch){.branch = start->branch,
                                    .number = start->number,
                                    .parent = start->parent,
                                    .root = transcript->epochs_count,
                                    .commit = MJL_NONE,
                                    .is_open = true};
    mjl_result result = copy_joined(entry, start);
    if (result == MJL_OK && start->parent != MJL_NONE) {
        const mjl_epoch_entry *parent = &transcript->epochs[start->parent];
        entry->view.root = parent->view.root;
        entry->view.commit = mjl_transcript_find_place(transcript, &start->branch);
        result = copy_heads(entry, parent);
    }
    if (result == MJL_OK) {
        result = mjl_array_reserve(&transcript->epochs, transcript->epochs_count,
                                   &transcript->epochs_room, 1, sizeof *transcript->epochs);
    }
    if (result == MJL_OK) result = mjl_index_table_reserve(&transcript->epoch_table);
    return result;
}

mjl_result mjl_transcript_add_epoch(mjl_transcript *transcript, const mjl_epoch_start *start,
                                    uint32_t *epoch)
{
    mjl_result result = check_start(transcript, start);
    if (result != MJL_OK) return result;
    mjl_epoch_entry entry = {0};
    result = prepare_epoch(transcript, start, &entry);
    if (result != MJL_OK) {
        free(entry.joined);
        free(entry.heads);
        return result;
    }
    *epoch = transcript->epochs_count++;
    transcript->epochs[*epoch] = entry;
    if (start->parent != MJL_NONE) transcript->epochs[start->parent].children_count++;
    mjl_index_table_insert(&transcript->epoch_table, *epoch);
    close_oldest(transcript);
    return MJL_OK;
}

/* ---- Places ---- */

const mjl_place *mjl_transcript_place(const mjl_transcript *transcript, uint32_t place)
{
    assert(place < transcript->places_count);
    return &transcript->places[place];
}

const uint32_t *mjl_transcript_parents(const mjl_transcript *transcript, uint32_t place)
{
    const mjl_place *child = mjl_transcript_place(transcript, place);
    /* None is the parent of anything yet: C allows no step from NULL, not even one of nothing. */
    if (transcript->parents == NULL) return NULL;
    return transcript->parents + child->parents_at;
}

uint32_t mjl_transcript_places_count(const mjl_transcript *transcript)
{
    return transcript->places_count;
}

uint32_t mjl_transcript_find_place(const mjl_transcript *transcript, const mjl_place_id *id)
{
    size_t at = mjl_index_table_start(&transcript->place_table, mjl_id_hash(id));
    for (;;) {
        const uint32_t place = mjl_index_table_next(&transcript->place_table, &at);
        if (place == MJL_NONE) return MJL_NONE;
        if (mjl_id_equal(&transcript->places[place].id, id)) return place;
    }
}

uint32_t mjl_transcript_find_message(const mjl_transcript *transcript, const mjl_message_id *id)
{
    size_t at = mjl_index_table_start(&transcript->message_table, mjl_id_hash(id));
    for (;;) {
        const uint32_t place = mjl_index_table_next(&transcript->message_table, &at);
        if (place == MJL_NONE) return MJL_NONE;
        if (mjl_id_equal(&transcript->places[place].message, id)) return place;
    }
}

mjl_place_ref mjl_transcript_ref(const mjl_transcript *transcript, uint32_t place)
{
    const mjl_place *of = mjl_transcript_place(transcript, place);
    return (mjl_place_ref){transcript->epochs[of->epoch].view.number, of->id};
}

uint32_t mjl_transcript_find_line(const mjl_transcript *transcript, uint32_t epoch, uint32_t author)
{
    size_t at = mjl_index_table_start(&transcript->line_table, pair_hash(epoch, author));
    for (;;) {
        const uint32_t line = mjl_index_table_next(&transcript->line_table, &at);
        if (line == MJL_NONE) return MJL_NONE;
        const mjl_line *found = &transcript->lines[line];
        if (found->epoch == epoch && found->author == author) return line;
    }
}

/* ---- Inserting ---- */

static mjl_result reserve_place(mjl_transcript *t, const mjl_resolved *resolved)
{
    const size_t marks_room = t->places_room;
    mjl_result result =
        mjl_array_reserve(&t->places, t->places_count, &t->places_room, 1, sizeof *t->places);
    if (result == MJL_OK && (t->places_room != marks_room || t->marks->of == NULL)) {
        uint32_t *of = (uint32_t *)calloc(t->places_room, sizeof *of);
        if (of == NULL) {
            t->places_room = marks_room; /* So that the next attempt asks for both again. */
            return MJL_OUT_OF_MEMORY;
        }
        free(t->marks->of);
        t->marks->of = of;
        t->marks->walk = 0;
    }
    if (result == MJL_OK) {
        result = mjl_array_reserve(&t->parents, t->parents_count, &t->parents_room,
                                   resolved->parents_count, sizeof *t->parents);
    }
    if (result == MJL_OK) {
        result = mjl_array_reserve(&t->lines, t->lines_count, &t->lines_room, 1, sizeof *t->lines);
    }
    if (result == MJL_OK) result = mjl_index_table_reserve(&t->place_table);
    if (result == MJL_OK) result = mjl_index_table_reserve(&t->message_table);
    if (result == MJL_OK) result = mjl_index_table_reserve(&t->line_table);
    return result;
}

/* Which of the open epochs see a place of `epoch`: itself and what descends from it. Only the last
   MJL_EPOCHS_MAX are open, and a parent stands before its children. */
static void find_seeing(const mjl_transcript *t, uint32_t epoch, bool seeing[MJL_EPOCHS_MAX])
{
    for (uint32_t e = epoch; e < t->epochs_count; e++) {
        const uint32_t parent = t->epochs[e].view.parent;
        seeing[e - epoch] =
            e == epoch || (parent != MJL_NONE && parent >= epoch && seeing[parent - epoch]);
    }
}

static mjl_result reserve_heads(mjl_transcript *t, uint32_t epoch,
                                const bool seeing[MJL_EPOCHS_MAX])
{
    for (uint32_t e = epoch; e < t->epochs_count; e++) {
        if (!seeing[e - epoch]) continue;
        mjl_epoch_entry *entry = &t->epochs[e];
        const mjl_result result = mjl_array_reserve(&entry->heads, entry->heads_count,
                                                    &entry->heads_room, 1, sizeof *entry->heads);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* The parents have been followed. Both lists ascend. */
static void follow_heads(mjl_epoch_entry *entry, const mjl_resolved *resolved, uint32_t place)
{
    size_t kept = 0, parent = 0;
    for (size_t i = 0; i < entry->heads_count; i++) {
        const uint32_t head = entry->heads[i];
        while (parent < resolved->parents_count && resolved->parents[parent] < head)
            parent++;
        if (parent < resolved->parents_count && resolved->parents[parent] == head) continue;
        entry->heads[kept++] = head;
    }
    entry->heads[kept++] = place;
    entry->heads_count = (uint32_t)kept;
}

static void append_to_line(mjl_transcript *t, mjl_place *made, uint32_t place)
{
    uint32_t line = mjl_transcript_find_line(t, made->epoch, made->author);
    made->previous = MJL_NONE;
    if (line == MJL_NONE) {
        line = t->lines_count++;
        t->lines[line] = (mjl_line){made->epoch, made->author, place};
        mjl_index_table_insert(&t->line_table, line);
        return;
    }
    made->previous = t->lines[line].last;
    t->lines[line].last = place;
}

static void append_to_message(mjl_transcript *t, mjl_place *made, uint32_t place)
{
    const uint32_t first = mjl_transcript_find_message(t, &made->message);
    if (first == MJL_NONE) {
        made->first = place;
        made->next_same = MJL_NONE;
        mjl_index_table_insert(&t->message_table, place);
        return;
    }
    /* Right behind the first, since it costs nothing however often a message is placed. */
    made->first = first;
    made->next_same = t->places[first].next_same;
    t->places[first].next_same = place;
}

static void note_commit(mjl_transcript *t, const mjl_place *made, uint32_t place)
{
    if (made->type != MJL_PLACE_COMMIT) return;
    t->epochs[made->epoch].commits_count++;
    const uint32_t started = mjl_transcript_find_epoch(t, &made->id);
    if (started == MJL_NONE || t->epochs[started].view.parent == MJL_NONE) return;
    t->epochs[started].view.commit = place;
}

mjl_result mjl_transcript_insert(mjl_transcript *t, const mjl_place_candidate *candidate,
                                 const mjl_resolved *resolved, uint32_t *place)
{
    bool seeing[MJL_EPOCHS_MAX] = {false};
    mjl_result result = reserve_place(t, resolved);
    if (result == MJL_OK && !t->is_loading) {
        find_seeing(t, candidate->epoch, seeing);
        result = reserve_heads(t, candidate->epoch, seeing);
    }
    if (result != MJL_OK) return result;

    const uint32_t index = t->places_count;
    mjl_place *const made = &t->places[index];
    *made = (mjl_place){.id = candidate->id,
                        .message = candidate->message,
                        .seq = candidate->seq,
                        .accepted_at = candidate->accepted_at,
                        .epoch = candidate->epoch,
                        .author = candidate->author,
                        .type = candidate->type,
                        .parents_at = t->parents_count,
                        .parents_count = (uint16_t)resolved->parents_count,
                        .opaque_count = (uint16_t)resolved->opaque_count,
                        .follows_root = resolved->follows_root};
    if (resolved->parents_count != 0) {
        memcpy(t->parents + t->parents_count, resolved->parents,
               resolved->parents_count * sizeof *t->parents);
    }
    t->parents_count += (uint32_t)resolved->parents_count;
    t->places_count++;
    t->marks->of[index] = 0;
    append_to_line(t, made, index);
    append_to_message(t, made, index);
    mjl_index_table_insert(&t->place_table, index);
    note_commit(t, made, index);
    for (uint32_t e = candidate->epoch; !t->is_loading && e < t->epochs_count; e++) {
        if (seeing[e - candidate->epoch]) follow_heads(&t->epochs[e], resolved, index);
    }
    *place = index;
    return MJL_OK;
}
