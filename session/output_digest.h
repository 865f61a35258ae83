/*
 * Hashes over the packets and events that a host took out, in the order in which it did, with every
 * field of theirs. Events that are told once and never saved (number 0) do not count.
 */
#ifndef MAJLIS_SESSION_OUTPUT_DIGEST_H
#define MAJLIS_SESSION_OUTPUT_DIGEST_H

#include "majlis/event.h"

#include <sodium.h>

typedef struct mjl_output_digest {
    uint64_t packets, events; /* How many. */
    crypto_generichash_state packets_hash, events_hash;
} mjl_output_digest;

void mjl_output_digest_init(mjl_output_digest *digest);
/* OUT_OF_MEMORY: not counted. */
MJL_MUST_USE mjl_result mjl_output_digest_packet(mjl_output_digest *digest,
                                                 const mjl_packet *packet);
MJL_MUST_USE mjl_result mjl_output_digest_event(mjl_output_digest *digest, const mjl_event *event);
/* The digest is then to be made anew. */
void mjl_output_digest_finish(mjl_output_digest *digest, mjl_id *packets, mjl_id *events);

#endif
