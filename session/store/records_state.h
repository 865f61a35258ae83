/*
 * The logical state of the records, whatever key and nonces sealed them: every place with its
 * plaintext, the batch included, in ascending order.
 */
#ifndef MJL_STORE_RECORDS_STATE_H
#define MJL_STORE_RECORDS_STATE_H

#include "records.h"

#include <sodium.h>

typedef mjl_result mjl_records_visit(void *visitor, mjl_store_place place, mjl_bytes value);

/* Stops at the first result that is not OK and answers it. Reads everything; whatever goes wrong,
 * the records have not failed. */
MJL_MUST_USE mjl_result mjl_records_each(mjl_records *records, mjl_records_visit *visit,
                                         void *visitor);

/* What mjl_records_state_hash hashes of one record. */
void mjl_state_hash_add(crypto_generichash_state *hash, mjl_store_place place, mjl_bytes value);

#endif
