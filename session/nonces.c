#include "nonces.h"

#include <string.h>

void mjl_nonces_add(mjl_nonces *nonces, const uint8_t nonce[MJL_STATEMENT_NONCE_SIZE], mjl_time now)
{
    const size_t at = nonces->count++ % MJL_NONCES_KEPT;
    memcpy(nonces->nonces[at], nonce, MJL_STATEMENT_NONCE_SIZE);
    nonces->made[at] = now;
}

bool mjl_nonces_find(const mjl_nonces *nonces, const uint8_t nonce[MJL_STATEMENT_NONCE_SIZE],
                     mjl_time *next)
{
    *next = 0;
    const uint64_t kept = nonces->count < MJL_NONCES_KEPT ? nonces->count : MJL_NONCES_KEPT;
    for (uint64_t back = 1; back <= kept; back++) {
        const size_t at = (nonces->count - back) % MJL_NONCES_KEPT;
        if (memcmp(nonces->nonces[at], nonce, MJL_STATEMENT_NONCE_SIZE) == 0) return true;
        *next = nonces->made[at];
    }
    return false;
}

void mjl_nonces_pack(mjl_pack *pack, const mjl_nonces *nonces)
{
    mjl_pack_uint(pack, nonces->count);
    mjl_pack_bin(pack, mjl_bytes_of(nonces->nonces, sizeof nonces->nonces));
    for (size_t i = 0; i < MJL_NONCES_KEPT; i++)
        mjl_pack_int(pack, nonces->made[i]);
}

void mjl_nonces_unpack(mjl_unpack *unpack, mjl_nonces *nonces)
{
    nonces->count = mjl_unpack_uint(unpack);
    mjl_unpack_fixed(unpack, nonces->nonces[0], sizeof nonces->nonces);
    for (size_t i = 0; i < MJL_NONCES_KEPT; i++)
        nonces->made[i] = mjl_unpack_int(unpack);
}
