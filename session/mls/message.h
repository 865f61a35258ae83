/*
 * MLSMessage (RFC 9420 §6) and the public calls on messages: mjl_mls_message_peek, mjl_mls_encrypt,
 * mjl_mls_open..., mjl_mls_consume, mjl_mls_opened_*.
 */
#ifndef MJL_MLS_MESSAGE_H
#define MJL_MLS_MESSAGE_H

#include "private_message.h"
#include "public_message.h"

/* version mls10 and the wire format. */
void mjl_mls_message_header_write(mjl_mls_writer *writer, uint16_t wire_format);
/* Answers the wire format. UNKNOWN_VERSION. */
uint16_t mjl_mls_message_header_read(mjl_mls_reader *reader);
/* The body of a message that must be of that wire format: UNKNOWN_KIND if of another. */
MJL_MUST_USE mjl_result mjl_mls_message_body(mjl_bytes message, uint16_t wire_format,
                                             mjl_bytes *body);

/* Appends the MLSMessage of a signed content, a PublicMessage or a PrivateMessage by its wire
   format, as their headers say. `ratchets` and `padding_size` are for the latter. */
MJL_MUST_USE mjl_result mjl_mls_message_protect(const mjl_mls_group *group,
                                                const mjl_mls_ratchets *ratchets,
                                                const mjl_mls_authenticated_content *authenticated,
                                                size_t padding_size, mjl_random random,
                                                mjl_buffer *message);

/* What was opened: verified content, borrowed. */
const mjl_mls_authenticated_content *mjl_mls_opened_content(const mjl_mls_opened *opened);
/* Takes over `authenticated` (which becomes all zero) as if it had come in a public message: for
   content of ours that goes through the receiving path. */
MJL_MUST_USE mjl_result mjl_mls_opened_of(mjl_mls_authenticated_content *authenticated,
                                          mjl_mls_opened **opened);

/* An own Update carries the private key of its leaf: `private_key` has kem_private_size, NULL if
   there is none. */
void mjl_mls_opened_set_update_key(mjl_mls_opened *opened, const uint8_t *private_key);
const uint8_t *mjl_mls_opened_update_key(const mjl_mls_opened *opened);

#endif
