/*
 * MLS: the saved form of groups and of their ratchets. `majlis/mls.h` says what all of these
 * headers share.
 */
#ifndef MAJLIS_MLS_SAVED_H
#define MAJLIS_MLS_SAVED_H

#include "majlis/mls_group.h"

MJL_BEGIN_DECLS

/* ---- Saved state (secret; canonical: equal values give equal bytes) ---- */

MJL_MUST_USE MJL_API mjl_result mjl_mls_group_save(const mjl_mls_group *group, mjl_buffer *out);
/* Validates what a disk could have changed: structure, bounds, hashes; signatures are not verified
 * again. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_load(mjl_bytes saved, const mjl_mls_suites *suites,
                                                   const mjl_mls_group **group);

MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_save(const mjl_mls_ratchets *ratchets,
                                                      mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load(mjl_bytes saved, const mjl_mls_suites *suites,
                                                      mjl_mls_ratchets **ratchets);

/*
 * Ratchets in parts, so that saving after a message costs one sender's part and not the epoch's:
 * the trunk, and for each leaf of which a key was used its number plus one. Erasing old keys from a
 * disk means overwriting both the leaf's part and, when it is new, the trunk, in one transaction.
 */
enum { MJL_MLS_RATCHETS_TRUNK = 0 };

/* The i-th part there is, ascending; UINT32_MAX past the end. */
MJL_API uint32_t mjl_mls_ratchets_part(const mjl_mls_ratchets *ratchets, size_t i);
/* The i-th part that changed since the last clear (at first all have), in no order that matters;
   UINT32_MAX past the end. Ratchets that were loaded have no changes. */
MJL_API uint32_t mjl_mls_ratchets_changed(const mjl_mls_ratchets *ratchets, size_t i);
MJL_API void mjl_mls_ratchets_changes_clear(mjl_mls_ratchets *ratchets);
/* NOT_FOUND: there is no such part. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_save_part(const mjl_mls_ratchets *ratchets,
                                                           uint32_t part, mjl_buffer *out);
/* The trunk first, then the leaves' parts ascending, then done, which checks that together they
   cover each leaf once; before it nothing else may be asked of the ratchets. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load_trunk(mjl_bytes saved,
                                                            const mjl_mls_suites *suites,
                                                            mjl_mls_ratchets **ratchets);
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load_leaf(mjl_mls_ratchets *ratchets,
                                                           uint32_t part, mjl_bytes saved);
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load_done(mjl_mls_ratchets *ratchets);

MJL_END_DECLS

#endif
