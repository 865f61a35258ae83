/*
 * Who this profile is: the signature key and the credential, made once and kept in the profile's
 * record.
 */
#ifndef MAJLIS_SESSION_IDENTITY_H
#define MAJLIS_SESSION_IDENTITY_H

#include "profile_state.h"

/* For a new profile. BAD_ARGUMENT: the names are empty, too long or no UTF-8. */
MJL_MUST_USE mjl_result mjl_identity_make(mjl_profile *profile, mjl_bytes user_id,
                                          mjl_bytes display_name);
/* The profile's record: identity, counters, last now. */
MJL_MUST_USE mjl_result mjl_identity_save(const mjl_profile *profile, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_identity_load(mjl_profile *profile, mjl_bytes saved);
void mjl_identity_clear(mjl_profile *profile); /* Wipes. */

#endif
