/*
 * MLS: numbers of RFC 9420, extensions, and what can be read of an MLSMessage without any key.
 * `majlis/mls.h` says what all of these headers share.
 */
#ifndef MAJLIS_MLS_WIRE_H
#define MAJLIS_MLS_WIRE_H

#include "majlis/bytes.h"
#include "majlis/suite.h"

MJL_BEGIN_DECLS

/* The suite that is used where none is named, and its sizes. */
enum {
    MJL_MLS_SUITE_DEFAULT = 0x0003,
    MJL_MLS_HASH_SIZE = 32, /* SHA-256 */
    MJL_MLS_SIGNATURE_KEY_SIZE = 32,
    MJL_MLS_SIGNATURE_SEED_SIZE = 64 /* libsodium's Ed25519 secret key: seed, public key. */
};

typedef enum mjl_mls_wire_format { /* RFC 9420 §6; the last two are ours, from the private range. */
                                   MJL_MLS_PUBLIC_MESSAGE = 1,
                                   MJL_MLS_PRIVATE_MESSAGE = 2,
                                   MJL_MLS_WELCOME = 3,
                                   MJL_MLS_GROUP_INFO = 4,
                                   MJL_MLS_KEY_PACKAGE = 5,
                                   MJL_MLS_KNOCK = 0xF4D1,
                                   MJL_MLS_CONTROL = 0xF4D2
} mjl_mls_wire_format;

typedef enum mjl_mls_content_type { /* RFC 9420 §6 */
                                    MJL_MLS_APPLICATION = 1,
                                    MJL_MLS_PROPOSAL = 2,
                                    MJL_MLS_COMMIT = 3
} mjl_mls_content_type;

/* An extension (RFC 9420 §13) or, in a list, several: borrowed. */
typedef struct mjl_mls_extension {
    uint16_t type;
    mjl_bytes data;
} mjl_mls_extension;

/* ---- What can be read of an MLSMessage without any key. ---- */

typedef struct mjl_mls_peek {
    uint16_t wire_format;
    mjl_bytes group_id;           /* PublicMessage, PrivateMessage, GroupInfo; else empty. */
    uint64_t epoch;               /* Likewise. */
    uint8_t content_type;         /* PublicMessage, PrivateMessage. */
    mjl_bytes authenticated_data; /* PublicMessage, PrivateMessage. */
    mjl_bytes body;               /* Everything after version and wire format. */
} mjl_mls_peek;

/* Borrows from `message`. Refuses an unknown version, truncation and trailing bytes. Unknown and
   private wire formats: only wire_format and body are set. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_message_peek(mjl_bytes message, mjl_mls_peek *peek);

/* Finds one extension in an encoded extension list (without its outer length). NOT_FOUND if it is
 * absent. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_extensions_find(mjl_bytes extensions, uint16_t type,
                                                        mjl_bytes *data);

MJL_END_DECLS

#endif
