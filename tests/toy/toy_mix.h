/*
 * A hash that is none: four lanes of 64 bits that every 32 bytes are multiplied into, keyed by
 * where the lanes begin. Several bytes a cycle, and no chance collisions among honest inputs;
 * whoever wants one makes one.
 */
#ifndef TESTS_TOY_MIX_H
#define TESTS_TOY_MIX_H

#include <string.h>

#include "majlis/suite.h"

enum {
    TOY_MIX_SIZE = 32,
    TOY_MIX_LANES = 4,
    TOY_MIX_WORD = 8,
    TOY_MIX_SHIFT = 29,
    TOY_MIX_ROUNDS = 2
};
static const uint64_t toy_mix_odd = 0x9e3779b97f4a7c15;

typedef struct toy_mix_state {
    uint64_t lanes[TOY_MIX_LANES];
    uint64_t total;
    uint8_t block[TOY_MIX_SIZE];
    size_t held; /* Bytes of the block that are there. */
} toy_mix_state;

/* By value, not by memory: seeds shall end alike on a big-endian machine. */
static inline uint64_t toy_mix_load(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

static inline void toy_mix_block(toy_mix_state *state, const uint8_t *block)
{
    for (size_t i = 0; i < TOY_MIX_LANES; i++) {
        uint64_t lane = (state->lanes[i] ^ toy_mix_load(block + i * TOY_MIX_WORD)) * toy_mix_odd;
        lane ^= lane >> TOY_MIX_SHIFT;
        state->lanes[i] = lane;
    }
}

static inline void toy_mix_take(toy_mix_state *state, mjl_bytes bytes)
{
    state->total += bytes.size;
    while (bytes.size > 0) {
        if (state->held == 0 && bytes.size >= TOY_MIX_SIZE) {
            toy_mix_block(state, bytes.data);
            bytes = mjl_bytes_of(bytes.data + TOY_MIX_SIZE, bytes.size - TOY_MIX_SIZE);
            continue;
        }
        const size_t free = TOY_MIX_SIZE - state->held;
        const size_t more = bytes.size < free ? bytes.size : free;
        memcpy(state->block + state->held, bytes.data, more);
        state->held += more;
        bytes = mjl_bytes_of(bytes.data + more, bytes.size - more);
        if (state->held < TOY_MIX_SIZE) continue;
        toy_mix_block(state, state->block);
        state->held = 0;
    }
}

/* Every lane into every other one. */
static inline void toy_mix_finish(toy_mix_state *state, uint8_t tail, uint8_t *out)
{
    memset(state->block + state->held, 0, TOY_MIX_SIZE - state->held);
    toy_mix_block(state, state->block);
    state->lanes[0] ^= state->total << TOY_MIX_WORD | tail;
    for (size_t round = 0; round < TOY_MIX_ROUNDS * TOY_MIX_LANES; round++) {
        const size_t i = round % TOY_MIX_LANES;
        uint64_t lane = (state->lanes[i] + state->lanes[(i + 1) % TOY_MIX_LANES]) * toy_mix_odd;
        lane ^= lane >> TOY_MIX_SHIFT;
        state->lanes[i] = lane * toy_mix_odd;
        state->lanes[(i + 1) % TOY_MIX_LANES] ^= lane >> TOY_MIX_SHIFT;
    }
    for (size_t i = 0; i < TOY_MIX_SIZE; i++)
        out[i] = (uint8_t)(state->lanes[i / TOY_MIX_WORD] >> (8 * (i % TOY_MIX_WORD)));
}

/* `key` of at most TOY_MIX_SIZE bytes; longer ones are mixed first. `out`: TOY_MIX_SIZE bytes. */
static inline void toy_mix(mjl_bytes key, mjl_mls_parts input, uint8_t tail, uint8_t *out)
{
    toy_mix_state state = {.lanes = {1, 2, 3, 4}};
    uint8_t folded[TOY_MIX_SIZE] = {0};
    if (key.size > TOY_MIX_SIZE) {
        toy_mix(mjl_bytes_of(NULL, 0), (mjl_mls_parts){&key, 1}, 0, folded);
    } else if (key.size != 0) {
        memcpy(folded, key.data, key.size);
    }
    toy_mix_block(&state, folded);
    for (size_t i = 0; i < input.count; i++)
        toy_mix_take(&state, input.parts[i]);
    toy_mix_finish(&state, tail, out);
}

#endif
