/*
 * A message that is signed and encrypted (RFC 9420 §6.3), with encrypted sender data.
 */
#ifndef MJL_MLS_PRIVATE_MESSAGE_H
#define MJL_MLS_PRIVATE_MESSAGE_H

#include "framing.h"
#include "secret_tree.h"

/* Appends an MLSMessage under the next own key of the content's ratchet. The content was framed
   with wire format PrivateMessage and the own leaf as sender; a commit has its tag. The ratchets do
   not change: call mjl_mls_ratchets_advance_own as the last step, also if the message is not sent.
 */
MJL_MUST_USE mjl_result
mjl_mls_private_message_protect(const mjl_mls_epoch_view *view, const mjl_mls_ratchets *ratchets,
                                const mjl_mls_authenticated_content *authenticated,
                                size_t padding_size, mjl_random random, mjl_buffer *message);

/* `body`: the PrivateMessage behind MLSMessage's header. Decrypts, checks padding, verifies;
   changes nothing. `name` tells the key to erase. WRONG_GROUP, WRONG_EPOCH, CANNOT_OPEN,
   UNKNOWN_SENDER, KEY_USED, TOO_FAR_AHEAD, SENDER_DATA_SIZE, PADDING_NOT_ZERO, BAD_SIGNATURE.
   `authenticated` is all zero before, and after a refusal. */
MJL_MUST_USE mjl_result mjl_mls_private_message_unprotect(
    const mjl_mls_epoch_view *view, const mjl_mls_ratchets *ratchets, mjl_bytes body,
    mjl_mls_authenticated_content *authenticated, mjl_mls_key_name *name);

/* Key and nonce of the sender data (§6.3.2), suite->aead_*_size. */
void mjl_mls_sender_data_key(const mjl_mls_suite *suite, const uint8_t *sender_data_secret,
                             mjl_bytes ciphertext, uint8_t *key, uint8_t *nonce);

#endif
