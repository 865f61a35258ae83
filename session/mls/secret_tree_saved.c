/*
 * The saved form of the ratchets, which holds their secrets:
 *
 *     trunk:   uint8 format = 1; uint16 suite; uint32 leaves, own_leaf;
 *              struct { uint32 node; secret } frontier<V>;
 *     leaf:    ratchet handshake, application;
 *     ratchet: uint32 generation; secret; struct { uint32 generation; key; nonce } skipped<V>;
 *     whole:   trunk; struct { uint32 leaf; leaf } derived<V>;
 *
 * In parts, the trunk and each leaf stand alone: what a message changes is one leaf.
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

static void write_trunk(mjl_mls_writer *writer, const mjl_mls_ratchets *ratchets)
{
    const mjl_mls_suite *suite = ratchets->suite;
    mjl_mls_write_u8(writer, RATCHETS_FORMAT);
    mjl_mls_write_u16(writer, suite->id);
    mjl_mls_write_u32(writer, ratchets->leaves);
    mjl_mls_write_u32(writer, ratchets->own_leaf);
    const size_t begin = mjl_mls_write_vector_begin(writer);
    for (size_t i = 0; i < ratchets->frontier_count; i++) {
        mjl_mls_write_u32(writer, ratchets->frontier[i].node);
        mjl_mls_write_fixed(writer, mjl_bytes_of(ratchets->frontier[i].secret, suite->hash_size));
    }
    mjl_mls_write_vector_end(writer, begin);
}

static void write_leaf(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                       const mjl_mls_leaf_ratchets *leaf)
{
    for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
        write_ratchet(writer, suite, &leaf->ratchets[kind]);
}

mjl_result mjl_mls_ratchets_save(const mjl_mls_ratchets *ratchets, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    write_trunk(&writer, ratchets);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    for (size_t i = 0; i < ratchets->derived_count; i++) {
        mjl_mls_write_u32(&writer, ratchets->derived[i].leaf);
        write_leaf(&writer, ratchets->suite, &ratchets->derived[i]);
    }
    mjl_mls_write_vector_end(&writer, begin);
    return mjl_mls_writer_end(&writer);
}

/* ---- Parts: 0 is the trunk, leaf + 1 a leaf ---- */

mjl_result mjl_mls_ratchets_save_part(const mjl_mls_ratchets *ratchets, uint32_t part,
                                      mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    if (part == MJL_MLS_RATCHETS_TRUNK) {
        write_trunk(&writer, ratchets);
    } else {
        const mjl_mls_leaf_ratchets *leaf = mjl_mls_find_derived(ratchets, part - 1);
        if (leaf == NULL) return MJL_NOT_FOUND;
        write_leaf(&writer, ratchets->suite, leaf);
    }
    return mjl_mls_writer_end(&writer);
}

uint32_t mjl_mls_ratchets_part(const mjl_mls_ratchets *ratchets, size_t i)
{
    if (i == 0) return MJL_MLS_RATCHETS_TRUNK;
    return i <= ratchets->derived_count ? ratchets->derived[i - 1].leaf + 1 : UINT32_MAX;
}

uint32_t mjl_mls_ratchets_changed(const mjl_mls_ratchets *ratchets, size_t i)
{
    if (ratchets->is_trunk_changed) {
        if (i == 0) return MJL_MLS_RATCHETS_TRUNK;
        i--;
    }
    return i < ratchets->changed_count ? ratchets->changed[i] + 1 : UINT32_MAX;
}

void mjl_mls_ratchets_changes_clear(mjl_mls_ratchets *ratchets)
{
    for (size_t i = 0; i < ratchets->changed_count; i++)
        mjl_mls_find_derived(ratchets, ratchets->changed[i])->is_changed = false;
    ratchets->changed_count = 0;
    ratchets->is_trunk_changed = false;
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

/* The next leaf, which must be behind the others; NULL if it is not, or for memory. */
static mjl_mls_leaf_ratchets *append_derived(mjl_mls_reader *reader, mjl_mls_ratchets *ratchets,
                                             uint32_t leaf)
{
    const mjl_result result = mjl_mls_reserve_derived(ratchets, ratchets->derived_count + 1);
    if (result != MJL_OK) {
        mjl_mls_reader_fail(reader, result);
        return NULL;
    }
    mjl_mls_leaf_ratchets *item = &ratchets->derived[ratchets->derived_count++];
    memset(item, 0, sizeof *item);
    item->leaf = leaf;
    return item;
}

static void read_leaf(mjl_mls_reader *reader, mjl_mls_ratchets *ratchets,
                      mjl_mls_leaf_ratchets *leaf)
{
    for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++)
        read_ratchet(reader, ratchets, &leaf->ratchets[kind]);
}

static void read_derived(mjl_mls_reader *reader, mjl_mls_ratchets *ratchets)
{
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_VECTOR_SIZE_MAX);
    while (mjl_mls_reader_more(&list)) {
        const uint32_t leaf = mjl_mls_read_u32(&list);
        mjl_mls_leaf_ratchets *item = append_derived(&list, ratchets, leaf);
        if (item == NULL) break;
        read_leaf(&list, ratchets, item);
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

static void read_trunk(mjl_mls_reader *reader, const mjl_mls_suites *suites,
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
    if (reader->result == MJL_OK) read_frontier(reader, ratchets);
}

mjl_result mjl_mls_ratchets_load_done(mjl_mls_ratchets *ratchets)
{
    if (ratchets->skipped_total > MJL_MLS_SKIPPED_TOTAL_MAX) return MJL_TOO_LARGE;
    if (!covers_all(ratchets)) return MJL_MALFORMED;
    mjl_mls_ratchets_changes_clear(ratchets);
    return MJL_OK;
}

static mjl_result load(mjl_bytes saved, const mjl_mls_suites *suites, bool is_whole,
                       mjl_mls_ratchets **ratchets)
{
    mjl_mls_ratchets *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    mjl_mls_reader reader = mjl_mls_reader_of(saved);
    read_trunk(&reader, suites, made);
    if (is_whole && reader.result == MJL_OK) read_derived(&reader, made);
    mjl_result result = mjl_mls_reader_end(&reader);
    if (is_whole && result == MJL_OK) result = mjl_mls_ratchets_load_done(made);
    if (result != MJL_OK) {
        mjl_mls_ratchets_free(made);
        return result;
    }
    *ratchets = made;
    return MJL_OK;
}

mjl_result mjl_mls_ratchets_load(mjl_bytes saved, const mjl_mls_suites *suites,
                                 mjl_mls_ratchets **ratchets)
{
    return load(saved, suites, true, ratchets);
}

mjl_result mjl_mls_ratchets_load_trunk(mjl_bytes saved, const mjl_mls_suites *suites,
                                       mjl_mls_ratchets **ratchets)
{
    return load(saved, suites, false, ratchets);
}

mjl_result mjl_mls_ratchets_load_leaf(mjl_mls_ratchets *ratchets, uint32_t part, mjl_bytes saved)
{
    const size_t count = ratchets->derived_count;
    if (part == MJL_MLS_RATCHETS_TRUNK || part > ratchets->leaves) return MJL_MALFORMED;
    if (count != 0 && ratchets->derived[count - 1].leaf >= part - 1) return MJL_NOT_CANONICAL;
    mjl_mls_reader reader = mjl_mls_reader_of(saved);
    mjl_mls_leaf_ratchets *leaf = append_derived(&reader, ratchets, part - 1);
    if (leaf != NULL) read_leaf(&reader, ratchets, leaf);
    return mjl_mls_reader_end(&reader);
}
