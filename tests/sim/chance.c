#include "chance.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

sim_chance sim_chance_split(uint64_t seed, const char *purpose, uint64_t number)
{
    uint64_t mixed = seed;
    sim_chance made;
    for (const char *at = purpose; *at != 0; at++)
        mixed = (mixed ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    mixed ^= splitmix(&number);
    for (size_t i = 0; i < 4; i++)
        made.state[i] = splitmix(&mixed);
    return made;
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t sim_chance_next(sim_chance *chance)
{
    uint64_t *const s = chance->state;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t sim_chance_below(sim_chance *chance, uint64_t bound)
{
    const uint64_t drawn = sim_chance_next(chance);
    return bound == 0 ? 0 : drawn % bound;
}

uint64_t sim_chance_between(sim_chance *chance, uint64_t least, uint64_t most)
{
    return least + sim_chance_below(chance, most - least + 1);
}

bool sim_chance_happens(sim_chance *chance, uint32_t permille)
{
    return sim_chance_below(chance, 1000) < permille;
}

void sim_chance_fill(sim_chance *chance, uint8_t *out, size_t size)
{
    while (size > 0) {
        const uint64_t drawn = sim_chance_next(chance);
        const size_t more = size < sizeof drawn ? size : sizeof drawn;
        /* By value, not by memory: the same bytes on a big-endian machine. */
        for (size_t i = 0; i < more; i++)
            out[i] = (uint8_t)(drawn >> (8 * i));
        out += more;
        size -= more;
    }
}
