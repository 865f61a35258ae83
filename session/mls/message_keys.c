/*
 * The keys that the ratchets of a leaf give (RFC 9420 §9.1, §9.2): looked at, then erased; the
 * skipped ones kept, bounded. The tree above the leaves is secret_tree.c.
 */
#include "secret_tree.h"

#include <assert.h>
#include <sodium.h>

#include "labels.h"
#include "ratchets.h"

mjl_mls_ratchet_kind mjl_mls_ratchet_kind_of(mjl_mls_content_type type)
{
    return type == MJL_MLS_APPLICATION ? MJL_MLS_RATCHET_APPLICATION : MJL_MLS_RATCHET_HANDSHAKE;
}

void mjl_mls_message_key_wipe(mjl_mls_message_key *key)
{
    sodium_memzero(key, sizeof *key);
}

static mjl_result reserve_skipped(mjl_mls_ratchet *ratchet, size_t need)
{
    if (need <= ratchet->skipped_room) return MJL_OK;
    const size_t room = mjl_mls_room_for(need);
    void *items = ratchet->skipped;
    const mjl_result result =
        mjl_mls_secret_array_grow(&items, sizeof *ratchet->skipped, ratchet->skipped_count, room);
    if (result != MJL_OK) return result;
    ratchet->skipped = items;
    ratchet->skipped_room = (uint32_t)room;
    return MJL_OK;
}

/* Key and nonce of the ratchet's generation (§9.1). */
static void derive_key(const mjl_mls_suite *suite, const mjl_mls_ratchet *ratchet, uint8_t *key,
                       uint8_t *nonce)
{
    mjl_mls_derive_tree_secret(suite, ratchet->secret, "key", ratchet->generation, key,
                               suite->aead_key_size);
    mjl_mls_derive_tree_secret(suite, ratchet->secret, "nonce", ratchet->generation, nonce,
                               suite->aead_nonce_size);
}

static void turn(const mjl_mls_suite *suite, mjl_mls_ratchet *ratchet)
{
    mjl_mls_derive_tree_secret(suite, ratchet->secret, "secret", ratchet->generation,
                               ratchet->secret, suite->hash_size);
    ratchet->generation++;
}

/* NULL if it was never skipped, or is used or erased. */
static mjl_mls_skipped_key *find_skipped(const mjl_mls_ratchet *ratchet, uint32_t generation)
{
    size_t low = 0, high = ratchet->skipped_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ratchet->skipped[middle].generation < generation) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == ratchet->skipped_count) return NULL;
    return ratchet->skipped[low].generation == generation ? &ratchet->skipped[low] : NULL;
}

static mjl_result check_reach(const mjl_mls_ratchet *ratchet, mjl_mls_key_name name)
{
    const uint32_t ahead_max = name.kind == MJL_MLS_RATCHET_APPLICATION
                                   ? MJL_MLS_GENERATIONS_FAR_MAX
                                   : MJL_MLS_GENERATIONS_AHEAD_MAX;
    if (name.generation < ratchet->generation) {
        return find_skipped(ratchet, name.generation) != NULL ? MJL_OK : MJL_KEY_USED;
    }
    if (name.generation > MJL_MLS_GENERATION_MAX) return MJL_TOO_FAR_AHEAD;
    return name.generation - ratchet->generation > ahead_max ? MJL_TOO_FAR_AHEAD : MJL_OK;
}

/* As far as it was turned; its secret only once it was. */
static const mjl_mls_ratchet *turned(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name)
{
    static const mjl_mls_ratchet never;
    const mjl_mls_leaf_ratchets *found = mjl_mls_find_derived(ratchets, name.leaf);
    return found != NULL ? &found->ratchets[name.kind] : &never;
}

/* How far it has to be turned: 0 for a skipped key. */
static uint32_t turns_to(const mjl_mls_ratchet *ratchet, uint32_t generation)
{
    return generation < ratchet->generation ? 0 : generation - ratchet->generation;
}

bool mjl_mls_ratchets_is_far(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name)
{
    return turns_to(turned(ratchets, name), name.generation) > MJL_MLS_GENERATIONS_AHEAD_MAX;
}

bool mjl_mls_ratchets_forgets(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name)
{
    const mjl_mls_ratchet *const ratchet = turned(ratchets, name);
    const size_t turns = turns_to(ratchet, name.generation);
    return turns > 0 && (ratchet->skipped_count + turns > MJL_MLS_SKIPPED_MAX ||
                         ratchets->skipped_total + turns > MJL_MLS_SKIPPED_TOTAL_MAX);
}

mjl_result mjl_mls_ratchets_peek(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name,
                                 mjl_mls_message_key *key)
{
    if (name.leaf >= ratchets->leaves) return MJL_UNKNOWN_SENDER;
    mjl_mls_ratchet ratchet;
    mjl_mls_ratchet_copy(ratchets, name, &ratchet);
    const mjl_result result = check_reach(&ratchet, name);
    if (result == MJL_OK) {
        key->name = name;
        if (name.generation < ratchet.generation) {
            const mjl_mls_skipped_key *skipped = find_skipped(&ratchet, name.generation);
            memcpy(key->key, skipped->key, sizeof key->key);
            memcpy(key->nonce, skipped->nonce, sizeof key->nonce);
        } else {
            while (ratchet.generation < name.generation)
                turn(ratchets->suite, &ratchet);
            derive_key(ratchets->suite, &ratchet, key->key, key->nonce);
        }
    }
    sodium_memzero(&ratchet, sizeof ratchet);
    return result;
}

/* Erases the `count` oldest skipped keys of a ratchet. */
static void erase_oldest(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet, size_t count)
{
    assert(count <= ratchet->skipped_count);
    const size_t left = ratchet->skipped_count - count;
    if (count == 0) return;
    memmove(ratchet->skipped, ratchet->skipped + count, left * sizeof *ratchet->skipped);
    sodium_memzero(ratchet->skipped + left, count * sizeof *ratchet->skipped);
    ratchet->skipped_count = (uint32_t)left;
    ratchets->skipped_total -= count;
}

static void erase_skipped(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet,
                          mjl_mls_skipped_key *key)
{
    mjl_mls_skipped_key *last = ratchet->skipped + ratchet->skipped_count - 1;
    memmove(key, key + 1, (size_t)(last - key) * sizeof *key);
    sodium_memzero(last, sizeof *last);
    ratchet->skipped_count--;
    ratchets->skipped_total--;
}

/* Erases the oldest of the ratchet with the most skipped keys; of equals the first. */
static void erase_of_fullest(mjl_mls_ratchets *ratchets)
{
    mjl_mls_leaf_ratchets *leaf = &ratchets->derived[0];
    mjl_mls_ratchet *found = &leaf->ratchets[0];
    for (size_t i = 0; i < ratchets->derived_count; i++)
        for (int kind = 0; kind < MJL_MLS_RATCHET_KINDS; kind++) {
            mjl_mls_ratchet *ratchet = &ratchets->derived[i].ratchets[kind];
            if (ratchet->skipped_count <= found->skipped_count) continue;
            leaf = &ratchets->derived[i];
            found = ratchet;
        }
    erase_oldest(ratchets, found, 1);
    mjl_mls_note_changed(ratchets, leaf);
}

/* Turns the ratchet past `generation`, keeping the keys before it from `kept_from` on. There is
   room. */
static void turn_past(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet, uint32_t generation,
                      uint32_t kept_from)
{
    while (ratchet->generation < kept_from)
        turn(ratchets->suite, ratchet);
    while (ratchet->generation < generation) {
        mjl_mls_skipped_key *skipped = &ratchet->skipped[ratchet->skipped_count++];
        ratchets->skipped_total++;
        skipped->generation = ratchet->generation;
        derive_key(ratchets->suite, ratchet, skipped->key, skipped->nonce);
        turn(ratchets->suite, ratchet);
    }
    turn(ratchets->suite, ratchet);
}

static mjl_result erase_ahead(mjl_mls_ratchets *ratchets, mjl_mls_ratchet *ratchet,
                              uint32_t generation)
{
    const uint32_t ahead = generation - ratchet->generation;
    const uint32_t skips = ahead < MJL_MLS_SKIPPED_MAX ? ahead : MJL_MLS_SKIPPED_MAX;
    if (skips > 0) {
        const mjl_result result = reserve_skipped(ratchet, ratchet->skipped_count + skips);
        if (result != MJL_OK) return result;
    }
    turn_past(ratchets, ratchet, generation, generation - skips);
    if (ratchet->skipped_count > MJL_MLS_SKIPPED_MAX) {
        erase_oldest(ratchets, ratchet, ratchet->skipped_count - MJL_MLS_SKIPPED_MAX);
    }
    while (ratchets->skipped_total > MJL_MLS_SKIPPED_TOTAL_MAX)
        erase_of_fullest(ratchets);
    return MJL_OK;
}

mjl_result mjl_mls_ratchets_erase(mjl_mls_ratchets *ratchets, mjl_mls_key_name name)
{
    if (name.leaf >= ratchets->leaves) return MJL_UNKNOWN_SENDER;
    mjl_result result = check_reach(turned(ratchets, name), name);
    if (result == MJL_OK) result = mjl_mls_derive_leaf(ratchets, name.leaf);
    if (result != MJL_OK) return result;

    mjl_mls_leaf_ratchets *leaf = mjl_mls_find_derived(ratchets, name.leaf);
    mjl_mls_ratchet *ratchet = &leaf->ratchets[name.kind];
    if (name.generation >= ratchet->generation) {
        result = erase_ahead(ratchets, ratchet, name.generation);
    } else {
        erase_skipped(ratchets, ratchet, find_skipped(ratchet, name.generation));
    }
    if (result == MJL_OK) mjl_mls_note_changed(ratchets, leaf);
    return result;
}

void mjl_mls_ratchets_settle(mjl_mls_ratchets *ratchets, mjl_mls_key_name name)
{
    mjl_mls_leaf_ratchets *const leaf = mjl_mls_find_derived(ratchets, name.leaf);
    if (leaf == NULL) return;
    mjl_mls_ratchet *const ratchet = &leaf->ratchets[name.kind];
    if (ratchet->skipped_count <= MJL_MLS_SKIPPED_SETTLED_MAX) return;
    const size_t most = ratchet->skipped_count - MJL_MLS_SKIPPED_SETTLED_MAX;
    size_t count = 0;
    while (count < most && ratchet->skipped[count].generation < name.generation)
        count++;
    if (count == 0) return;
    erase_oldest(ratchets, ratchet, count);
    mjl_mls_note_changed(ratchets, leaf);
}

/* ---- The own leaf ---- */

static mjl_mls_ratchet *own_ratchet(const mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind)
{
    return &mjl_mls_find_derived(ratchets, ratchets->own_leaf)->ratchets[kind];
}

mjl_result mjl_mls_ratchets_peek_own(const mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind,
                                     mjl_mls_message_key *key)
{
    const mjl_mls_ratchet *ratchet = own_ratchet(ratchets, kind);
    if (ratchet->generation > MJL_MLS_GENERATION_MAX) return MJL_FULL;
    key->name = (mjl_mls_key_name){ratchets->own_leaf, kind, ratchet->generation};
    derive_key(ratchets->suite, ratchet, key->key, key->nonce);
    return MJL_OK;
}

void mjl_mls_ratchets_advance_own(mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind)
{
    mjl_mls_ratchet *ratchet = own_ratchet(ratchets, kind);
    assert(ratchet->generation <= MJL_MLS_GENERATION_MAX);
    turn(ratchets->suite, ratchet);
    mjl_mls_note_changed(ratchets, mjl_mls_find_derived(ratchets, ratchets->own_leaf));
}

uint32_t mjl_mls_ratchets_next_generation(const mjl_mls_ratchets *ratchets,
                                          mjl_mls_content_type type)
{
    return own_ratchet(ratchets, mjl_mls_ratchet_kind_of(type))->generation;
}

uint32_t mjl_mls_ratchets_own_leaf(const mjl_mls_ratchets *ratchets)
{
    return ratchets->own_leaf;
}

size_t mjl_mls_ratchets_skipped_count(const mjl_mls_ratchets *ratchets)
{
    return ratchets->skipped_total;
}
