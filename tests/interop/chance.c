#include "chance.h"

#include <assert.h>

#include <sodium.h>

static struct {
    uint64_t seed, counter;
} dice;

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    uint8_t key[crypto_stream_chacha20_KEYBYTES] = {0}, nonce[crypto_stream_chacha20_NONCEBYTES];
    static_assert(sizeof nonce == sizeof dice.counter, "a nonce is the counter");
    memcpy(key, &dice.seed, sizeof dice.seed);
    memcpy(nonce, &dice.counter, sizeof nonce);
    dice.counter++;
    crypto_stream_chacha20(out, size, nonce, key);
    return MJL_OK;
}

void chance_start(uint64_t seed)
{
    dice.seed = seed;
    dice.counter = 0;
}

mjl_random chance_random(void)
{
    return (mjl_random){NULL, fill};
}

void chance_fill(uint8_t *out, size_t size)
{
    fill(NULL, out, size);
}

uint32_t chance_below(uint32_t bound)
{
    assert(bound > 0);
    uint32_t value;
    fill(NULL, (uint8_t *)&value, sizeof value);
    return value % bound;
}

bool chance_one_in(uint32_t bound)
{
    return chance_below(bound) == 0;
}

void chance_order(uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t j = chance_below(i + 1);
        numbers[i] = numbers[j];
        numbers[j] = i;
    }
}
