/*
 * A key of one session alone. A member that lost its state comes back under a new key (DESIGN
 * section 6): whoever holds the old one, a thief of a backup or a forgotten copy, is not it any
 * more. Its names stay the profile's.
 *
 * Saved: its seed, in the session's record. Wiped when freed.
 */
#ifndef MAJLIS_SESSION_RENEWAL_H
#define MAJLIS_SESSION_RENEWAL_H

#include "ids.h"
#include "majlis/mls.h"
#include "majlis/profile.h"
#include "pack.h"

typedef struct mjl_renewal {
    mjl_mls_identity identity; /* Its identity bytes are the profile's. */
    mjl_member_id member;
} mjl_renewal;

/* A fresh one. */
MJL_MUST_USE mjl_result mjl_renewal_new(const mjl_profile *profile, mjl_renewal **renewal);
void mjl_renewal_free(mjl_renewal *renewal); /* NULL is fine. */
/* NULL is written as empty bytes. */
void mjl_renewal_pack(mjl_pack *pack, const mjl_renewal *renewal);
/* STORE_DAMAGED: neither empty nor a seed. */
MJL_MUST_USE mjl_result mjl_renewal_restore(const mjl_profile *profile, mjl_bytes saved,
                                            mjl_renewal **renewal);

#endif
