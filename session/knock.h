/*
 * The knock: the packet with which a member that is behind by epochs asks for what it missed. A
 * value; when it is sent and what it elicits is in `knocking`.
 *
 *      00 01 f4 d1 | [format, group, epoch, branch, author, counter, accepted, key package,
 *                     signature over the eight before it, MAC over the nine before it]
 *
 * The MAC's key is exported from the epoch that the author is in, so that strangers cost one hash;
 * the signature is the leaf's. Both cover bytes as received.
 */
#ifndef MAJLIS_SESSION_KNOCK_H
#define MAJLIS_SESSION_KNOCK_H

#include "ids.h"
#include "majlis/limits.h"
#include "majlis/mls.h"

#define MJL_EXPORT_KNOCK "majlis knock"
#define MJL_SIGN_KNOCK "majlis knock"

enum {
    MJL_WIRE_KNOCK = 0xF4D1,
    MJL_KNOCK_FORMAT = 1,
    MJL_KNOCK_KEY_SIZE = 32,
    MJL_KNOCK_MAC_SIZE = 32,
    MJL_KNOCK_SIGNATURE_SIZE = 64
};

typedef struct mjl_knock { /* Bytes are borrowed. Large (about 5 KiB). */
    mjl_bytes group;
    uint64_t epoch;
    mjl_branch_id branch;
    mjl_member_id author;
    uint64_t counter; /* Rises: a replayed one elicits nothing. */
    size_t accepted_count;
    mjl_place_ref accepted[MJL_FRONTIER_PLACES_MAX]; /* Ascending: what the author has. */
    mjl_bytes key_package;                           /* To be added with, should it be stuck. */
    /* Set by decoding. */
    uint8_t signature[MJL_KNOCK_SIGNATURE_SIZE], mac[MJL_KNOCK_MAC_SIZE];
    mjl_bytes signed_fields, maced_fields; /* As received, without the header of the array. */
} mjl_knock;

/* The whole packet. `knock_key`: exported from the epoch that the knock names. */
MJL_MUST_USE mjl_result mjl_knock_encode(const mjl_knock *knock, const mjl_mls_suite *suite,
                                         const uint8_t *signature_seed,
                                         const uint8_t knock_key[MJL_KNOCK_KEY_SIZE],
                                         mjl_buffer *packet);
/* Of what follows version and wire format. Checks form only. */
MJL_MUST_USE mjl_result mjl_knock_decode(mjl_bytes body, mjl_knock *knock);
/* BAD_MAC. */
MJL_MUST_USE mjl_result mjl_knock_check_mac(const mjl_knock *knock,
                                            const uint8_t knock_key[MJL_KNOCK_KEY_SIZE]);
/* BAD_SIGNATURE. */
MJL_MUST_USE mjl_result mjl_knock_check_signature(const mjl_knock *knock,
                                                  const mjl_mls_suite *suite,
                                                  mjl_bytes signature_key);

#endif
