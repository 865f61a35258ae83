/*
 * The bounds of the MLS layer: what a peer or a disk can make us read, keep or compute.
 *
 * A size is in bytes. Reaching a bound is answered with TOO_LARGE unless said otherwise.
 */
#ifndef MJL_MLS_LIMITS_H
#define MJL_MLS_LIMITS_H

enum {
    /* RFC 9420 §2.1.2: what a variable-size vector can say at most. */
    MJL_MLS_VECTOR_SIZE_MAX = (1 << 30) - 1,

    MJL_MLS_MESSAGE_SIZE_MAX = 1 << 24,    /* A whole MLSMessage. */
    MJL_MLS_CIPHERTEXT_SIZE_MAX = 1 << 24, /* One AEAD ciphertext, tag included. */
    MJL_MLS_BODY_SIZE_MAX = 1 << 24,       /* Application data, a Proposal or a Commit. */
    MJL_MLS_GROUP_ID_SIZE_MAX = 1 << 10,
    MJL_MLS_AUTHENTICATED_DATA_SIZE_MAX = 1 << 20,
    MJL_MLS_PUBLIC_KEY_SIZE_MAX = 1 << 10,   /* As read; the suite then wants its own exact size. */
    MJL_MLS_IDENTITY_SIZE_MAX = 1 << 16,     /* BasicCredential.identity */
    MJL_MLS_CERTIFICATES_SIZE_MAX = 1 << 18, /* X509Credential.certificates */
    MJL_MLS_CAPABILITIES_SIZE_MAX = 1 << 12, /* One list of a Capabilities. */
    MJL_MLS_EXTENSION_SIZE_MAX = 1 << 24,    /* One; a ratchet tree is the large one. */
    MJL_MLS_EXTENSIONS_SIZE_MAX = 1 << 24,   /* A list of them, all together. */
    MJL_MLS_EXTENSIONS_COUNT_MAX = 64,       /* Found unique by comparing all pairs. */
    MJL_MLS_PSK_ID_SIZE_MAX = 1 << 12,
    MJL_MLS_PSKS_COUNT_MAX = 256,
    MJL_MLS_PROPOSALS_COUNT_MAX = 1 << 14, /* In one commit: many newcomers at once. */
    MJL_MLS_LABEL_SIZE_MAX = 255, /* "MLS 1.0 " included. Our own labels and exporter labels. */

    MJL_MLS_LEAVES_MAX = 1 << 16, /* Width of a ratchet tree, blanks included. */
    MJL_MLS_NODES_MAX = 2 * MJL_MLS_LEAVES_MAX - 1,
    MJL_MLS_NO_LEAF = 0x7fffffff, /* An index that no leaf has. */
    MJL_MLS_TREE_DEPTH_MAX = 16,  /* log2 of MJL_MLS_LEAVES_MAX: length of a direct path. */

    /* How far a ratchet is turned for one message: beyond it TOO_FAR_AHEAD, nothing changes. */
    MJL_MLS_GENERATIONS_AHEAD_MAX = 1024,
    /* And an application ratchet by mjl_mls_open_far: some tens of milliseconds for the last one.
     */
    MJL_MLS_GENERATIONS_FAR_MAX = 1 << 16,
    /* Skipped keys kept, for each ratchet and for an epoch together; beyond it the oldest
       generation of the fullest ratchet is erased. */
    MJL_MLS_SKIPPED_MAX = 1024,
    MJL_MLS_SKIPPED_TOTAL_MAX = 16384,
    /* Of those from before a message that settled them: what is late by more is not read. */
    MJL_MLS_SKIPPED_SETTLED_MAX = 64,
    /* The last generation a ratchet gives (2^31 - 1): beyond it FULL when sending, TOO_FAR_AHEAD
       when receiving. */
    MJL_MLS_GENERATION_MAX = 0x7fffffff
};

#endif
