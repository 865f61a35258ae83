/*
 * Content and who said it (RFC 9420 §6, §6.1): FramedContent, its signature, AuthenticatedContent.
 *
 * An authenticated content owns one buffer, the SignContent that is signed, of which everything
 * else is a part; so nothing is encoded twice and evidence is there for the asking:
 *
 *     room | label header | version, wire format | FramedContent | GroupContext |
 *                         |<------------- FramedContentTBS -------------------->|
 *            |<------------------------- SignContent -------------------------->|
 *
 * What framing needs of a group is `mjl_mls_epoch_view`. Bodies of proposals and commits are spans
 * here; proposal.c and commit.c read them.
 */
#ifndef MJL_MLS_FRAMING_H
#define MJL_MLS_FRAMING_H

#include "key_schedule.h"
#include "majlis/mls.h"
#include "wire.h"

typedef struct mjl_mls_sender {
    uint8_t type;
    uint32_t index; /* MEMBER: leaf; EXTERNAL: index of the sender; else 0. */
} mjl_mls_sender;

typedef struct mjl_mls_framed_content { /* Borrowed. */
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_mls_sender sender;
    mjl_bytes authenticated_data;
    uint8_t content_type; /* mjl_mls_content_type */
    mjl_bytes body;       /* Application data without its length; an encoded Proposal or Commit. */
    mjl_bytes encoded;    /* Set by reading; not used in writing. */
} mjl_mls_framed_content;

void mjl_mls_framed_content_read(mjl_mls_reader *reader, mjl_mls_framed_content *content);
void mjl_mls_framed_content_write(mjl_mls_writer *writer, const mjl_mls_framed_content *content);

/* Move a reader past one Proposal, one Commit: implemented in proposal.c and commit.c, which refuse
   what they cannot parse. */
void mjl_mls_proposal_skip(mjl_mls_reader *reader);
void mjl_mls_commit_skip(mjl_mls_reader *reader);

/* What framing sees of an epoch; borrowed from the group for the length of a call. */
typedef struct mjl_mls_epoch_view {
    const mjl_mls_suite *suite;
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_bytes context; /* Encoded GroupContext. */
    const mjl_mls_epoch_secrets *secrets;
    uint32_t own_leaf;
    /* The key that must have signed `content`, by its sender. MEMBER: the leaf's, UNKNOWN_SENDER if
       blank or beyond the tree. Others are asked for only if they are allowed. The body is already
       in `content`. */
    mjl_result (*signature_key)(const void *lookup, const mjl_mls_framed_content *content,
                                mjl_bytes *key);
    const void *lookup;
    unsigned allowed; /* Senders from outside: MJL_MLS_ALLOW_... */
    bool reads_far;   /* Up to MJL_MLS_GENERATIONS_FAR_MAX. */
} mjl_mls_epoch_view;

/* Implemented in group.c. */
void mjl_mls_group_view(const mjl_mls_group *group, mjl_mls_epoch_view *view);
/* Whether a ReInit ended it: then nothing is sent in it any more (§12.4.2). */
bool mjl_mls_group_has_reinit(const mjl_mls_group *group);

/* AuthenticatedContent. Owned: clear it. `content` and the spans point into `buffer`: do not copy
   the structure while both copies live; moving it (and forgetting the old) is fine. */
typedef struct mjl_mls_authenticated_content {
    mjl_buffer buffer;
    mjl_bytes sign_content; /* SignContent with label "FramedContentTBS" */
    mjl_bytes tbs;          /* FramedContentTBS */
    uint16_t wire_format;
    mjl_mls_framed_content content;
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t signature_size;
    uint8_t confirmation_tag[MJL_MLS_HASH_SIZE_MAX];
    size_t confirmation_tag_size; /* 0: none (yet). */
} mjl_mls_authenticated_content;

void mjl_mls_authenticated_content_clear(mjl_mls_authenticated_content *authenticated); /* Wipes. */

/* Whether the signature covers the GroupContext (§6.1). */
bool mjl_mls_sender_covers_context(uint8_t sender_type);

/* In two steps, for private_message.c, which decrypts the body where it is to stand: _begin copies
   all of `content` but the body and answers where `room` bytes are free; the encoded body goes to
   the start of that room, and _finish says its size, wipes the rest and puts the context behind.
   `authenticated` is all zero before _begin. */
MJL_MUST_USE mjl_result mjl_mls_content_begin(uint16_t wire_format,
                                              const mjl_mls_framed_content *content, size_t room,
                                              mjl_bytes context,
                                              mjl_mls_authenticated_content *authenticated,
                                              uint8_t **body);
void mjl_mls_content_finish(size_t encoded_body_size, mjl_bytes context,
                            mjl_mls_authenticated_content *authenticated);
/* The body as FramedContent and PrivateMessageContent encode it. */
mjl_bytes mjl_mls_content_encoded_body(const mjl_mls_authenticated_content *authenticated);
/* Reads a body of that content type: application data's length, or a whole Proposal or Commit.
   Answers `body` as in mjl_mls_framed_content. UNKNOWN_KIND. */
mjl_bytes mjl_mls_body_read(mjl_mls_reader *reader, uint8_t content_type);

/* Builds the buffer from `content` (copied) without a signature. `context`: GroupContext, used for
   senders MEMBER and NEW_MEMBER_COMMIT (§6.1). `authenticated` is all zero before. */
MJL_MUST_USE mjl_result mjl_mls_content_frame(uint16_t wire_format,
                                              const mjl_mls_framed_content *content,
                                              mjl_bytes context,
                                              mjl_mls_authenticated_content *authenticated);
/* Frames and signs. A commit's confirmation tag comes later, with _set_tag: the key schedule needs
   the signature first (§8.2). */
MJL_MUST_USE mjl_result mjl_mls_content_sign(const mjl_mls_suite *suite, uint16_t wire_format,
                                             const mjl_mls_framed_content *content,
                                             mjl_bytes context, const uint8_t *signature_seed,
                                             mjl_mls_authenticated_content *authenticated);
void mjl_mls_content_set_tag(const mjl_mls_suite *suite,
                             mjl_mls_authenticated_content *authenticated, const uint8_t *tag);
/* Whether a group that allows these listens to such a sender; members always. */
bool mjl_mls_sender_is_allowed(unsigned allowed, uint8_t sender_type);
/* BAD_SIGNATURE, NOT_ALLOWED, or what the lookup answers. */
MJL_MUST_USE mjl_result mjl_mls_content_verify(const mjl_mls_epoch_view *view,
                                               const mjl_mls_authenticated_content *authenticated);

/* FramedContentAuthData (§6.1). Reading sets signature and tag: BAD_SIGNATURE
   for one larger than the suite's, BAD_CONFIRMATION for a tag of another size. */
void mjl_mls_auth_data_read(mjl_mls_reader *reader, const mjl_mls_suite *suite,
                            mjl_mls_authenticated_content *authenticated, uint8_t content_type);
void mjl_mls_auth_data_write(mjl_mls_writer *writer,
                             const mjl_mls_authenticated_content *authenticated);

/* The encoding of AuthenticatedContent: input of ProposalRef (§5.2). */
void mjl_mls_authenticated_content_write(mjl_mls_writer *writer,
                                         const mjl_mls_authenticated_content *authenticated);
/* Reads one and nothing else. `context` as for _frame; nothing is verified. */
MJL_MUST_USE mjl_result mjl_mls_authenticated_content_parse(
    const mjl_mls_suite *suite, mjl_bytes encoded, mjl_bytes context,
    mjl_mls_authenticated_content *authenticated);
/* ProposalRef (§5.2). OUT_OF_MEMORY alone. */
MJL_MUST_USE mjl_result
mjl_mls_proposal_reference(const mjl_mls_suite *suite,
                           const mjl_mls_authenticated_content *authenticated, uint8_t *reference);

#endif
