#include "drawing.h"

#include <sodium.h>

static void write_number(uint32_t number, uint8_t out[4])
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* SHA-256 over purpose, number and bytes. */
static void key_of(const mjl_drawing *drawing, const uint8_t *bytes, size_t size, uint8_t *key)
{
    uint8_t number[4];
    crypto_hash_sha256_state hash;
    write_number(drawing->count, number);
    crypto_hash_sha256_init(&hash);
    crypto_hash_sha256_update(&hash, (const uint8_t *)drawing->purpose,
                              strlen(drawing->purpose) + 1); /* With its end. */
    crypto_hash_sha256_update(&hash, number, sizeof number);
    crypto_hash_sha256_update(&hash, bytes, size);
    crypto_hash_sha256_final(&hash, key);
    sodium_memzero(&hash, sizeof hash);
}

/* In place: the source's bytes are gone then. */
static void bind(const mjl_drawing *drawing, uint8_t *bytes, size_t size)
{
    uint8_t key[crypto_hash_sha256_BYTES + 4], block[crypto_hash_sha256_BYTES];
    key_of(drawing, bytes, size, key);
    for (size_t at = 0; at < size; at += sizeof block) {
        const size_t part = size - at < sizeof block ? size - at : sizeof block;
        write_number((uint32_t)(at / sizeof block), key + crypto_hash_sha256_BYTES);
        crypto_hash_sha256(block, key, sizeof key);
        memcpy(bytes + at, block, part);
    }
    sodium_memzero(key, sizeof key);
    sodium_memzero(block, sizeof block);
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    mjl_drawing *const drawing = context;
    const mjl_result result = drawing->source.fill(drawing->source.context, out, size);
    if (result != MJL_OK || size == 0) return result;
    bind(drawing, out, size);
    drawing->count += drawing->step;
    return MJL_OK;
}

static mjl_random begin(mjl_drawing *drawing, mjl_random source, const char *purpose, uint32_t step)
{
    *drawing = (mjl_drawing){.source = source, .purpose = purpose, .step = step};
    return (mjl_random){.context = drawing, .fill = fill};
}

mjl_random mjl_draw_for(mjl_drawing *drawing, mjl_random source, const char *purpose)
{
    return begin(drawing, source, purpose, 1);
}

mjl_random mjl_draw_alike(mjl_drawing *drawing, mjl_random source, const char *purpose)
{
    return begin(drawing, source, purpose, 0);
}

mjl_result mjl_draw(mjl_random source, const char *purpose, uint8_t *out, size_t size)
{
    mjl_drawing drawing;
    const mjl_random random = mjl_draw_for(&drawing, source, purpose);
    return random.fill(random.context, out, size);
}
