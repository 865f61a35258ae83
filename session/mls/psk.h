/*
 * Pre-shared keys: their ids as encoded, and the secret that a commit's or Welcome's list of them
 * brings into the key schedule (RFC 9420 §8.4).
 */
#ifndef MJL_MLS_PSK_H
#define MJL_MLS_PSK_H

#include "suite.h"
#include "wire.h"

typedef enum mjl_mls_psk_type {
    MJL_MLS_PSK_EXTERNAL = 1,
    MJL_MLS_PSK_RESUMPTION = 2
} mjl_mls_psk_type;

typedef enum mjl_mls_psk_usage {
    MJL_MLS_PSK_APPLICATION = 1,
    MJL_MLS_PSK_REINIT = 2,
    MJL_MLS_PSK_BRANCH = 3
} mjl_mls_psk_usage;

typedef struct mjl_mls_psk_id { /* PreSharedKeyID; borrowed. */
    uint8_t type;
    mjl_bytes id;  /* EXTERNAL */
    uint8_t usage; /* RESUMPTION, like the next two. */
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_bytes nonce;
    mjl_bytes encoded;               /* Set by reading. */
    mjl_bytes encoded_without_nonce; /* Set by reading: what mjl_mls_psk.id is compared with. */
} mjl_mls_psk_id;

/* UNKNOWN_KIND for a type or usage that is none. The nonce's size is the caller's to check. */
void mjl_mls_psk_id_read(mjl_mls_reader *reader, mjl_mls_psk_id *id);
void mjl_mls_psk_id_write(mjl_mls_writer *writer, const mjl_mls_psk_id *id);
void mjl_mls_psk_id_write_without_nonce(mjl_mls_writer *writer, const mjl_mls_psk_id *id);

/* The public mjl_mls_psk_id_external and mjl_mls_psk_id_resumption are implemented in psk.c. */

typedef struct mjl_mls_psk_input {
    mjl_bytes id; /* Encoded PreSharedKeyID, with its nonce. */
    mjl_bytes secret;
} mjl_mls_psk_input;

/* Zeroes for none. TOO_LARGE over MJL_MLS_PSKS_COUNT_MAX. */
MJL_MUST_USE mjl_result mjl_mls_psk_secret(const mjl_mls_suite *suite,
                                           const mjl_mls_psk_input *inputs, size_t count,
                                           uint8_t *psk_secret);

#endif
