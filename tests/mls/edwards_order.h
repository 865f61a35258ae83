/*
 * The order of the main group of an Edwards curve: added to a signature's S, it gives the same
 * scalar in another encoding, which a strict verifier refuses (RFC 8032 §5.1.7, §5.2.7).
 */
#ifndef TESTS_MLS_EDWARDS_ORDER_H
#define TESTS_MLS_EDWARDS_ORDER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

/* `s` is little-endian, of 32 bytes (Ed25519) or 57 (Ed448). */
static inline void edwards_order_add(uint8_t *s, size_t size)
{
    static const char order_25519[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    static const char order_448[] = "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c"
                                    "ffffffffffffffffffffffffffffffffffffffffffffffffffffff3f00";
    static const char *const order_hex[] = {[32] = order_25519, [57] = order_448};
    uint8_t order[57];
    size_t order_size = 0;
    const int is_read =
        sodium_hex2bin(order, sizeof order, order_hex[size], 2 * size, NULL, &order_size, NULL);
    assert(is_read == 0 && order_size == size);
    (void)is_read;
    sodium_add(s, order, size);
}

#endif
