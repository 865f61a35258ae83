/*
 * A message that is signed but not encrypted (RFC 9420 §6.2), with the membership tag.
 */
#ifndef MJL_MLS_PUBLIC_MESSAGE_H
#define MJL_MLS_PUBLIC_MESSAGE_H

#include "framing.h"

/* Appends an MLSMessage. The content was framed with wire format PublicMessage; a commit has its
   tag. BAD_ARGUMENT for application data, which is never sent in the clear (§6). */
MJL_MUST_USE mjl_result mjl_mls_public_message_protect(
    const mjl_mls_epoch_view *view, const mjl_mls_authenticated_content *authenticated,
    mjl_buffer *message);
/* `body`: the PublicMessage behind MLSMessage's header. Checks group, epoch, membership tag and
   signature. WRONG_GROUP, WRONG_EPOCH, BAD_MAC, BAD_SIGNATURE, UNKNOWN_SENDER.
   `authenticated` is all zero before, and after a refusal. */
MJL_MUST_USE mjl_result mjl_mls_public_message_unprotect(
    const mjl_mls_epoch_view *view, mjl_bytes body, mjl_mls_authenticated_content *authenticated);

#endif
