/*
 * The authenticated_data of PrivateMessages: a branch tag in the clear, and for a commit its sealed
 * header, which tells the members of the parent epoch where the commit stands in the transcript.
 *
 *      application:  tag (8)
 *      commit:       tag (8) | nonce (24) | XChaCha20-Poly1305(key, nonce, associated, plain)
 *
 *      key           MLS-Exporter(parent, "majlis header", "", 32)
 *      associated    tag | uint32 size of group id | group id | uint64 epoch number of the parent
 *      plain         [format, generation, seq, parents, basis] | zeros up to the padding ladder
 *
 * basis = [entry, ...], each a bin: of 32 bytes the message id of an intent or FIN; longer, the
 * whole content of an intent of the committer's own, whose message id is its name all the same.
 *
 * XChaCha20-Poly1305 derives a key of each nonce first (HChaCha20): the header's own key, which
 * opens that one header and no other, and tells nothing of the epoch's.
 *
 * Errors: CANNOT_OPEN for a wrong key or changed bytes; BAD_PAYLOAD, UNKNOWN_VERSION and the codes
 * of `pack.h` for a header that breaks a rule.
 */
#ifndef MAJLIS_SESSION_COMMIT_HEADER_H
#define MAJLIS_SESSION_COMMIT_HEADER_H

#include "payload.h"

enum {
    MJL_COMMIT_HEADER_FORMAT = 1,
    MJL_BRANCH_TAG_SIZE = 8,
    MJL_COMMIT_HEADER_KEY_SIZE = 32,
    MJL_COMMIT_HEADER_NONCE_SIZE = 24
};

/* Exporter labels; the context is empty. */
#define MJL_EXPORT_BRANCH_TAG "majlis branch"
#define MJL_EXPORT_COMMIT_HEADER "majlis header"

typedef struct mjl_basis {
    mjl_message_id id; /* Of the intent or FIN. When encoding a whole one: ignored. */
    mjl_bytes whole;   /* Empty, or the encoded content of an intent of the committer's own. */
    /* Set by decoding, of a whole one: */
    mjl_content content;
    mjl_intent_body intent;
} mjl_basis;

typedef struct mjl_commit_header { /* Large (about 14 KiB). */
    uint32_t generation;           /* Of the handshake ratchet; must equal the sender data's. */
    uint64_t seq;                  /* The commit is a place of its parent epoch. */
    size_t parents_count;
    mjl_place_ref parents[MJL_PARENTS_MAX]; /* Ascending. */
    size_t basis_count;
    mjl_basis basis[MJL_BASIS_MAX]; /* In the order in which they are carried out; no id twice. */
} mjl_commit_header;

/* The canonical array alone, not padded. `group_id` gives whole intents their ids. */
MJL_MUST_USE mjl_result mjl_commit_header_encode(const mjl_commit_header *header,
                                                 mjl_bytes group_id, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_commit_header_decode(mjl_bytes bytes, mjl_bytes group_id,
                                                 mjl_commit_header *header);

typedef struct mjl_header_seal { /* What binds a header to its place. All borrowed. */
    const uint8_t *key;          /* MJL_COMMIT_HEADER_KEY_SIZE bytes. Secret. */
    const uint8_t *tag;          /* MJL_BRANCH_TAG_SIZE bytes, of the parent epoch. */
    mjl_bytes group_id;
    uint64_t epoch; /* Number of the parent epoch. */
} mjl_header_seal;

/* Appends a commit's whole authenticated_data. `nonce`: MJL_COMMIT_HEADER_NONCE_SIZE random bytes.
 */
MJL_MUST_USE mjl_result mjl_commit_header_seal(const mjl_commit_header *header,
                                               const mjl_header_seal *seal, const uint8_t *nonce,
                                               mjl_buffer *authenticated_data);
/* `plain` is cleared, and receives what the header borrows from. `seal->tag` is not used: the bytes
   bring their own and are bound to it. */
MJL_MUST_USE mjl_result mjl_commit_header_open(mjl_bytes authenticated_data,
                                               const mjl_header_seal *seal, mjl_buffer *plain,
                                               mjl_commit_header *header);

/* The key of this header alone, of the epoch's. TRUNCATED. */
MJL_MUST_USE mjl_result mjl_commit_header_own_key(mjl_bytes authenticated_data, const uint8_t *key,
                                                  uint8_t own_key[MJL_COMMIT_HEADER_KEY_SIZE]);
/* The same as opening it, for who has only that: `seal->key` is the header's own. */
MJL_MUST_USE mjl_result mjl_commit_header_open_alone(mjl_bytes authenticated_data,
                                                     const mjl_header_seal *seal, mjl_buffer *plain,
                                                     mjl_commit_header *header);

/* The clear tag of any authenticated_data. TRUNCATED when it is shorter. */
MJL_MUST_USE mjl_result mjl_branch_tag_read(mjl_bytes authenticated_data,
                                            uint8_t tag[MJL_BRANCH_TAG_SIZE]);
/* Of an application message: exactly the tag, else BAD_PAYLOAD. */
MJL_MUST_USE mjl_result mjl_branch_tag_only(mjl_bytes authenticated_data);

#endif
