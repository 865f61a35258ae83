/*
 * What goes through the cipher suite and the store's sealing, into the book of secrets.
 *
 *     profile ── hkdf, kem, sign, aead ──> watched suite ──> the real or the toy one
 *        │                                     └──> book
 *        └── records ── seal ──> disk          the wrapped XChaCha20-Poly1305 tells which secrets
 *                                              are in a record, and what seals commits' headers
 *
 * A suite's functions have no context: one book at a time, as with the tap.
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "secrets.h"

/* A copy that tells the book whatever it does, if there is one. Until the next call. */
const mjl_mls_suite *sim_watch_suite(const mjl_mls_suite *suite);
/* From now on this one is told; NULL: none. */
void sim_watch_tell(sim_secrets *told);
/* While a shadow is looked at: what is sealed goes nowhere. */
void sim_watch_deaf(bool is_deaf);

/* The secrets inside of what was sealed just now for the disk: for the caller to free. */
uint32_t *sim_watch_inside(mjl_bytes sealed, uint32_t *count);
/* The transaction is over. */
void sim_watch_forget_sealed(void);

#endif
