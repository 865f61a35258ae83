/*
 * The listener in the cipher suite: whatever a member seals passes here, so that the simulator
 * knows what is inside a packet without asking the engine that made it.
 *
 *     profile ── aead_seal ──> tap ──> the real or the toy suite
 *                               └──> tag -> plaintext
 *
 * A suite's functions have no context, so the tap that is listening is one global: one world at a
 * time in a process. Further listeners (keys, nonces) hang on sim_tap_listen.
 */
#ifndef SIM_TAP_H
#define SIM_TAP_H

#include "majlis/profile.h"
#include "majlis/suite.h"

typedef struct sim_tap sim_tap;

/* Everything that was sealed or opened; called before the suite's own answer goes back. */
typedef struct sim_listener {
    void *context;
    void (*sealed)(void *context, const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                   mjl_bytes plaintext, mjl_bytes ciphertext);
} sim_listener;

/* Listens on a copy of `base`; the tap is the one that listens from now on. */
sim_tap *sim_tap_new(const mjl_mls_suite *base);
void sim_tap_free(sim_tap *tap);
const mjl_mls_suites *sim_tap_suites(const sim_tap *tap);
/* One listener; NULL removes it. Borrowed. */
void sim_tap_listen(sim_tap *tap, const sim_listener *listener);
/* What was sealed into a packet that ends in this tag; empty if nothing was. Until the tap goes. */
mjl_bytes sim_tap_plaintext(const sim_tap *tap, mjl_bytes packet);
/* Names the key that the packet was sealed with; false: that was not heard. */
bool sim_tap_key(const sim_tap *tap, mjl_bytes packet, mjl_id *key);
/* While it is deaf (a shadow is looked at) nothing is noted. */
void sim_tap_deaf(sim_tap *tap, bool is_deaf);

#endif
