/*
 * The saved form of the ratchets, which holds their secrets:
 *
 *     uint8 format = 1; uint16 suite; uint32 leaves, own_leaf;
 *     struct { uint32 node; secret } frontier<V>;
 *     struct { uint32 leaf; ratchet handshake, application; } derived<V>;
 *     ratchet: uint32 generation; secret; struct { uint32 generation; key; nonce } skipped<V>;
 *
 * Secrets, keys and nonces have the suite's sizes, all lists are sorted: equal ratchets give equal
 * bytes. Loading trusts nothing: bounds, order, and that each leaf is covered exactly once.
 */
#include <assert.h>
#include <sodium.h>

#include "ratchets.h"
#include "secret_tree.h"
#include "tree_math.h"
#include "wire.h"

enum { RATCHETS_FORMAT = 1 };

/* ---- Saving ---- */

static void write_ratchet(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                          const mjl_mls_ratchet *ratchet)
{
    mjl_mls_write_u32(writer, ratchet->generation);
    mjl_mls_write_fixed(writer, mjl_bytes_of(ratchet->secret, suite->hash_size));
    const size_t begin = mjl_mls_write_vector_begin(writer);
    for (size_t i = 0; i < ratchet->skipped_count; i++) {
        const mjl_mls_skipped_key *skipped = &ratchet->skipped[i];
        mjl_mls_write_u32(writer, skipped->generation);
        mjl_mls_write_fixed(writer, mjl_bytes_of(skipped->key, suite->aead_key_size));
        mjl_mls_write_fixed(writer, mjl_bytes_of(skipped->nonce, suite->aead_nonce_size));
    }
    mjl_mls_write_vector_end(writer, begin);
}

mjl_result mjl_mls_ratchets_save(const mjl_mls_ratchets *ratchets, mjl_buffer *out)
{
    const mjl_mls_suite *suite = ratchets->suite;
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_u8(&writer, RATCHETS_FORMAT);
    mjl_mls_write_u16(&writer, suite->id);
    mjl_mls_write_u32(&writer, ratchets->leaves);
    mjl_mls_write_u32(&writer, ratchets->own_leaf);
    size_t begin = mjl_mls_write_vector_begin(&writer);
    for (size_t i = 0; i < ratchets->frontier_count; i++) {
        mjl_mls_write_u32(&writer, ratchets->frontier[i].node);
        mjl_mls_write_fixed(&writer, mjl_bytes_of(ratchets->frontier[i].secret, suite->hash_size));
    }
    mjl_mls_write_vector_end(&writer, begin);
    begin = mjl_mls_write_vector_begin(&writer);
    for (size_t i = 0; i < ratchets->derived_count; i++) {
        mjl_mls_write_u32(&writer, ratchets->derived[i].leaf);
        for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
            write_ratchet(&writer, suite, &ratchets->derived[i].ratchets[kind]);
    }
    mjl_mls_write_vector_end(&writer, begin);
    return mjl_mls_writer_end(&writer);
}

/* ---- Loading ---- */

/* Room doubles, so what is allocated is bounded by what was really read. */
static bool grow(mjl_mls_reader *reader, void **items, size_t item_size, size_t count, size_t *room)
{
    if (count < *room) return true;
    const size_t larger = *room == 0 ? 8 : 2 * *room;
    const mjl_result result = mjl_mls_secret_array_grow(items, item_size, count, larger);
    if (result != MJL_OK) {
        mjl_mls_reader_fail(reader, result);
        return false;
    }
    *room = larger;
    return true;
}

static void read_secret(mjl_mls_reader *reader, size_t size, uint8_t *out)
{
    const mjl_bytes secret = mjl_mls_read_fixed(reader, size);
    if (secret.size != 0) memcpy(out, secret.data, secret.size);
}

static void read_frontier(mjl_mls_reader *reader, mjl_mls_ratchets *ratchets)
{
    assert(ratchets->suite != NULL);
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_VECTOR_SIZE_MAX);
    while (mjl_mls_reader_more(&list)) {
        void *items = ratchets->frontier;
        const bool room = grow(&list, &items, sizeof *ratchets->frontier, ratchets->frontier_count,
                               &ratchets->frontier_room);
        ratchets->frontier = items;
        if (!room) break;
        mjl_mls_node_secret *item = &ratchets->frontier[ratchets->frontier_count++];
        item->node = mjl_mls_read_u32(&list);
        read_secret(&list, ratchets->suite->hash_size, item->secret);
        if (item->node >= mjl_mls_tree_node_count(ratchets->leaves)) {
            mjl_mls_reader_fail(&list, MJL_MALFORMED);
        }
    }
    mjl_mls_read_list_end(reader, &list);
}

/* Skipped keys ascend and are all of generations before the ratchet's. */
static void check_skipped(mjl_mls_reader *reader, const mjl_mls_ratchet *ratchet)
{
    const mjl_mls_skipped_key *last = &ratchet->skipped[ratchet->skipped_count - 1];
    if (ratchet->skipped_count > 1 && last[-1].generation >= last->generation) {
        mjl_mls_reader_fail(reader, MJL_NOT_CANONICAL);
    }
    if (last->generation >= ratchet->generation) mjl_mls_reader_fail(reader, MJL_MALFORMED);
    if (ratchet->skipped_count > MJL_MLS_SKIPPED_MAX) mjl_mls_reader_fail(reader, MJL_TOO_LARGE);
}

static void read_ratchet(mjl_mls_reader *reader, mjl_mls_ratchets *ratchets,
                         mjl_mls_ratchet *ratchet)
{
    const mjl_mls_suite *suite = ratchets->suite;
    assert(suite != NULL);
    ratchet->generation = mjl_mls_read_u32(reader);
    if (ratchet->generation > (uint32_t)MJL_MLS_GENERATION_MAX + 1) {
        mjl_mls_reader_fail(reader, MJL_TOO_LARGE);
    }
    read_secret(reader, suite->hash_size, ratchet->secret);
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_VECTOR_SIZE_MAX);
    while (mjl_mls_reader_more(&list)) {
        void *items = ratchet->skipped;
        size_t room = ratchet->skipped_room;
        const bool grown =
            grow(&list, &items, sizeof *ratchet->skipped, ratchet->skipped_count, &room);
        ratchet->skipped = items;
        ratchet->skipped_room = (uint32_t)room;
        if (!grown) break;
        mjl_mls_skipped_key *item = &ratchet->skipped[ratchet->skipped_count++];
        item->generation = mjl_mls_read_u32(&list);
        read_secret(&list, suite->aead_key_size, item->key);
        read_secret(&list, suite->aead_nonce_size, item->nonce);
        check_skipped(&list, ratchet);
    }
    ratchets->skipped_total += ratchet->skipped_count;
    mjl_mls_read_list_end(reader, &list);
}

static void read_derived(mjl_mls_reader *reader, mjl_mls_ratchets *ratchets)
{
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_VECTOR_SIZE_MAX);
    while (mjl_mls_reader_more(&list)) {
        void *items = ratchets->derived;
        const bool room = grow(&list, &items, sizeof *ratchets->derived, ratchets->derived_count,
                               &ratchets->derived_room);
        ratchets->derived = items;
        if (!room) break;
        mjl_mls_leaf_ratchets *item = &ratchets->derived[ratchets->derived_count++];
        item->leaf = mjl_mls_read_u32(&list);
        for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
            read_ratchet(&list, ratchets, &item->ratchets[kind]);
    }
    mjl_mls_read_list_end(reader, &list);
}

/* Both lists, merged from left to right, cover each leaf once. That is their order, too. */
static bool covers_all(const mjl_mls_ratchets *ratchets)
{
    uint32_t next = 0;
    size_t i = 0, j = 0;
    bool own_found = false;
    while (next < ratchets->leaves) {
        if (i < ratchets->frontier_count &&
            mjl_mls_tree_first_leaf(ratchets->frontier[i].node) == next) {
            next += mjl_mls_tree_leaves_below(ratchets->frontier[i++].node);
        } else if (j < ratchets->derived_count && ratchets->derived[j].leaf == next) {
            own_found = own_found || next == ratchets->own_leaf;
            j++;
            next++;
        } else {
            return false;
        }
    }
    return own_found && i == ratchets->frontier_count && j == ratchets->derived_count;
}

static void read_all(mjl_mls_reader *reader, const mjl_mls_suites *suites,
                     mjl_mls_ratchets *ratchets)
{
    const uint8_t format = mjl_mls_read_u8(reader);
    const uint16_t suite = mjl_mls_read_u16(reader);
    ratchets->leaves = mjl_mls_read_u32(reader);
    ratchets->own_leaf = mjl_mls_read_u32(reader);
    ratchets->suite = mjl_mls_suite_find(suites, suite);
    if (reader->result != MJL_OK) return;
    if (format != RATCHETS_FORMAT) {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_VERSION);
    } else if (ratchets->suite == NULL) {
        mjl_mls_reader_fail(reader, MJL_WRONG_SUITE);
    } else if (!mjl_mls_tree_width_is_valid(ratchets->leaves) ||
               ratchets->own_leaf >= ratchets->leaves) {
        mjl_mls_reader_fail(reader, MJL_MALFORMED);
    }
    if (reader->result != MJL_OK) return;
    read_frontier(reader, ratchets);
    read_derived(reader, ratchets);
    if (reader->result != MJL_OK) return;
    if (ratchets->skipped_total > MJL_MLS_SKIPPED_TOTAL_MAX) {
        mjl_mls_reader_fail(reader, MJL_TOO_LARGE);
    } else if (!covers_all(ratchets)) {
        mjl_mls_reader_fail(reader, MJL_MALFORMED);
    }
}

mjl_result mjl_mls_ratchets_load(mjl_bytes saved, const mjl_mls_suites *suites,
                                 mjl_mls_ratchets **ratchets)
{
    mjl_mls_ratchets *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    mjl_mls_reader reader = mjl_mls_reader_of(saved);
    read_all(&reader, suites, made);
    const mjl_result result = mjl_mls_reader_end(&reader);
    if (result != MJL_OK) {
        mjl_mls_ratchets_free(made);
        return result;
    }
    *ratchets = made;
    return MJL_OK;
}
