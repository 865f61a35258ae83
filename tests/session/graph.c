#include "graph.h"

#include "test.h"

mjl_id graph_id(const char *name)
{
    return mjl_id_packet(mjl_bytes_text(name));
}

uint32_t graph_author(mjl_transcript *transcript, const char *name)
{
    const mjl_id id = graph_id(name);
    uint32_t author;
    assert_int_equal(mjl_transcript_author(transcript, &id, &author), MJL_OK);
    return author;
}

/* The next word of a list; its size is 0 at the end. */
static size_t take_word(const char **list, char word[32])
{
    while (**list == ' ')
        (*list)++;
    size_t size = 0;
    while (**list != 0 && **list != ' ') {
        assert_true(size < 31);
        word[size++] = *(*list)++;
    }
    word[size] = 0;
    return size;
}

uint32_t graph_epoch(mjl_transcript *transcript, const char *commit, uint64_t number,
                     uint32_t parent, const char *joined)
{
    uint32_t authors[16];
    char word[32];
    mjl_epoch_start start = {
        .branch = graph_id(commit), .number = number, .parent = parent, .joined = authors};
    while (joined != NULL && take_word(&joined, word) != 0)
        authors[start.joined_count++] = graph_author(transcript, word);
    uint32_t epoch;
    assert_int_equal(mjl_transcript_add_epoch(transcript, &start, &epoch), MJL_OK);
    return epoch;
}

static size_t parse_parents(const char *list, mjl_place_ref *parents)
{
    char word[32];
    size_t count = 0;
    while (list != NULL && take_word(&list, word) != 0) {
        char *name = NULL;
        parents[count].epoch = strtoull(word, &name, 10);
        assert_int_equal(*name, ':');
        parents[count++].id = graph_id(name + 1);
    }
    mjl_place_refs_sort(parents, count);
    return count;
}

mjl_result graph_try(mjl_transcript *transcript, graph_place place, mjl_findings *findings)
{
    mjl_findings unused;
    mjl_place_ref parents[MJL_PARENTS_MAX];
    mjl_place_candidate candidate = {.id = graph_id(place.name),
                                     .epoch = place.epoch,
                                     .author = graph_author(transcript, place.author),
                                     .seq = place.seq,
                                     .type = place.is_commit ? MJL_PLACE_COMMIT : 1,
                                     .parents = parents,
                                     .accepted_at = 1000 + mjl_transcript_places_count(transcript)};
    candidate.parents_count = parse_parents(place.parents, parents);
    candidate.message = candidate.id;
    if (!place.is_commit) {
        const mjl_id named = graph_id(place.message != NULL ? place.message : place.name);
        candidate.message = mjl_id_control(mjl_id_bytes(&named));
    }
    mjl_result result =
        mjl_transcript_check(transcript, &candidate, findings == NULL ? &unused : findings);
    uint32_t index;
    if (result == MJL_OK) result = mjl_transcript_accept(transcript, &candidate, &index);
    return result;
}

uint32_t graph_add(mjl_transcript *transcript, graph_place place)
{
    assert_int_equal(graph_try(transcript, place, NULL), MJL_OK);
    assert_true(mjl_transcript_check_all(transcript));
    return graph_find(transcript, place.name);
}

uint32_t graph_find(const mjl_transcript *transcript, const char *name)
{
    const mjl_id id = graph_id(name);
    return mjl_transcript_find_place(transcript, &id);
}

/* ---- Records ---- */

graph_records graph_save(const mjl_transcript *transcript)
{
    graph_records saved = {.authors = mjl_transcript_authors_count(transcript),
                           .epochs = mjl_transcript_epochs_count(transcript),
                           .places = mjl_transcript_places_count(transcript)};
    saved.count = (size_t)saved.authors + saved.epochs + saved.places;
    saved.records = (mjl_buffer *)calloc(saved.count + 1, sizeof *saved.records);
    assert_non_null(saved.records);
    mjl_buffer *out = saved.records;
    for (uint32_t i = 0; i < saved.authors; i++)
        assert_int_equal(mjl_transcript_save_author(transcript, i, out++), MJL_OK);
    for (uint32_t i = 0; i < saved.epochs; i++)
        assert_int_equal(mjl_transcript_save_epoch(transcript, i, out++), MJL_OK);
    for (uint32_t i = 0; i < saved.places; i++)
        assert_int_equal(mjl_transcript_save_place(transcript, i, out++), MJL_OK);
    return saved;
}

static mjl_result load_all(const graph_records *saved, mjl_transcript *transcript)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; i < saved->count && result == MJL_OK; i++) {
        const mjl_bytes record = mjl_buffer_bytes(&saved->records[i]);
        if (i < saved->authors) {
            result = mjl_transcript_load_author(transcript, record);
        } else if (i < (size_t)saved->authors + saved->epochs) {
            result = mjl_transcript_load_epoch(transcript, record);
        } else {
            result = mjl_transcript_load_place(transcript, record);
        }
    }
    return result == MJL_OK ? mjl_transcript_load_done(transcript) : result;
}

mjl_result graph_load(const graph_records *saved, mjl_transcript **transcript)
{
    assert_int_equal(mjl_transcript_new(transcript), MJL_OK);
    const mjl_result result = load_all(saved, *transcript);
    if (result != MJL_OK) {
        mjl_transcript_free(*transcript);
        *transcript = NULL;
    }
    return result;
}

void graph_records_clear(graph_records *saved)
{
    for (size_t i = 0; i < saved->count; i++)
        mjl_buffer_clear(&saved->records[i]);
    free(saved->records);
    *saved = (graph_records){NULL, 0, 0, 0, 0};
}

static void records_are_same(graph_records *a, graph_records *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(
            mjl_bytes_equal(mjl_buffer_bytes(&a->records[i]), mjl_buffer_bytes(&b->records[i])));
    }
}

void graph_is_same(const mjl_transcript *a, const mjl_transcript *b)
{
    graph_records of_a = graph_save(a), of_b = graph_save(b);
    records_are_same(&of_a, &of_b);
    graph_records_clear(&of_a);
    graph_records_clear(&of_b);
}

graph_records graph_acks_save(const mjl_acks *acks)
{
    graph_records saved = {.authors = 1,
                           .epochs = mjl_acks_rosters_count(acks),
                           .places = mjl_acks_places_count(acks)};
    saved.count = (size_t)saved.authors + saved.epochs + saved.places;
    saved.records = (mjl_buffer *)calloc(saved.count, sizeof *saved.records);
    assert_non_null(saved.records);
    mjl_buffer *out = saved.records;
    assert_int_equal(mjl_acks_save_head(acks, out++), MJL_OK);
    for (uint32_t i = 0; i < saved.epochs; i++)
        assert_int_equal(mjl_acks_save_roster(acks, i, out++), MJL_OK);
    for (uint32_t i = 0; i < saved.places; i++)
        assert_int_equal(mjl_acks_save_place(acks, i, out++), MJL_OK);
    return saved;
}

mjl_result graph_acks_load(const graph_records *saved, const mjl_transcript *transcript,
                           mjl_acks **acks)
{
    *acks = NULL;
    mjl_result result = mjl_acks_load_head(mjl_buffer_bytes(&saved->records[0]), transcript, acks);
    for (uint32_t i = 0; i < saved->epochs && result == MJL_OK; i++)
        result = mjl_acks_load_roster(*acks, transcript, mjl_buffer_bytes(&saved->records[1 + i]));
    for (uint32_t i = 0; i < saved->places && result == MJL_OK; i++) {
        const mjl_bytes record = mjl_buffer_bytes(&saved->records[1 + saved->epochs + i]);
        if (record.size != 0) result = mjl_acks_load_place(*acks, transcript, i, record);
    }
    if (result == MJL_OK) result = mjl_acks_load_done(*acks, transcript);
    if (result != MJL_OK) {
        mjl_acks_free(*acks);
        *acks = NULL;
    }
    return result;
}
