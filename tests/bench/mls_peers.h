/*
 * Group encryption without MLS, for comparison: what one message of a sender to many costs there.
 * Both are optional; a build without one says so.
 */
#ifndef TESTS_BENCH_MLS_PEERS_H
#define TESTS_BENCH_MLS_PEERS_H

#include <stddef.h>

typedef struct mls_peer_times {
    double encrypt_us, decrypt_us; /* Medians. */
    size_t bytes;                  /* Of the message. */
} mls_peer_times;

typedef void mls_peer(size_t size, mls_peer_times *times);

mls_peer mls_peer_megolm;      /* libolm */
mls_peer mls_peer_sender_keys; /* libsignal-protocol-c, its crypto provider on libcrypto */

#endif
