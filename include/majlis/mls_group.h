/*
 * MLS: a group at one epoch, and the messages within it (RFC 9420 §6, §8, §9). `majlis/mls.h` says
 * what all of these headers share.
 */
#ifndef MAJLIS_MLS_GROUP_H
#define MAJLIS_MLS_GROUP_H

#include "majlis/mls_member.h"

MJL_BEGIN_DECLS

/* ---- Groups ---- */

typedef struct mjl_mls_group mjl_mls_group;       /* One epoch; immutable. */
typedef struct mjl_mls_ratchets mjl_mls_ratchets; /* Its unused message keys; mutable, one owner. */

MJL_API const mjl_mls_group *mjl_mls_group_retain(const mjl_mls_group *group);
MJL_API void mjl_mls_group_release(
    const mjl_mls_group *group); /* NULL is fine. Wipes with the last reference. */
MJL_API void mjl_mls_ratchets_free(mjl_mls_ratchets *ratchets); /* Wipes. */

/* The same epoch without what applies its children (init secret, private path): opens and exports,
   but commit and stage answer WRONG_STATE. For epochs whose successor is decided (DESIGN section
   10, fork keys). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_without_forks(const mjl_mls_group *group,
                                                            const mjl_mls_group **readable);

typedef struct mjl_mls_create_config {
    const mjl_mls_identity *identity;
    mjl_mls_capabilities capabilities;
    uint64_t not_before, not_after;
    mjl_bytes group_id;
    const mjl_mls_extension *context_extensions; /* GroupContext extensions, in this order. */
    size_t context_extensions_count;
} mjl_mls_create_config;

/* A group of one, at epoch 0 (§11), of the identity's suite. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_create(const mjl_mls_create_config *config,
                                                     mjl_random random, const mjl_mls_group **group,
                                                     mjl_mls_ratchets **ratchets);

MJL_API const mjl_mls_suite *mjl_mls_group_suite(const mjl_mls_group *group);
MJL_API mjl_bytes mjl_mls_group_id(const mjl_mls_group *group);
MJL_API uint64_t mjl_mls_group_epoch(const mjl_mls_group *group);
MJL_API uint32_t mjl_mls_group_own_leaf(const mjl_mls_group *group);
MJL_API uint32_t
mjl_mls_group_leaf_count(const mjl_mls_group *group); /* Width of the tree, blanks included. */
MJL_API uint32_t mjl_mls_group_member_count(const mjl_mls_group *group);
MJL_API mjl_bytes mjl_mls_group_context(const mjl_mls_group *group); /* Encoded GroupContext. */
MJL_API mjl_bytes mjl_mls_group_interim_transcript_hash(const mjl_mls_group *group); /* §8.2 */
MJL_API mjl_bytes mjl_mls_group_epoch_authenticator(const mjl_mls_group *group);
/* NOT_FOUND if the GroupContext has no such extension. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_extension(const mjl_mls_group *group, uint16_t type,
                                                        mjl_bytes *data);

/* The ReInit that ended the group (§11.2): NOT_FOUND while it goes on. Borrows from the group. */
typedef struct mjl_mls_proposal_view mjl_mls_proposal_view;
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_reinit(const mjl_mls_group *group,
                                                     mjl_mls_proposal_view *view);

typedef struct mjl_mls_member {
    uint32_t leaf;
    mjl_bytes signature_key, identity; /* Borrowed from the group. */
    mjl_bytes leaf_node;               /* Encoded LeafNode. */
    uint16_t credential_type;          /* Not BASIC: `identity` is empty. */
    mjl_bytes credential;              /* Encoded Credential. */
} mjl_mls_member;

/* False for a blank leaf or one beyond the tree. */
MJL_API bool mjl_mls_group_member(const mjl_mls_group *group, uint32_t leaf,
                                  mjl_mls_member *member);

/* MLS-Exporter (§8.5). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_export(const mjl_mls_group *group, const char *label,
                                                     mjl_bytes context, uint8_t *out, size_t size);

/* ---- Messages ---- */

/* Encrypts an application message. `generation_next` tells which generation the next encryption
   will use: the payload of the session names it (DESIGN §6). Consumes one generation of the own
   leaf, also if the result is not sent. */
MJL_API uint32_t mjl_mls_ratchets_next_generation(const mjl_mls_ratchets *ratchets,
                                                  mjl_mls_content_type type);
MJL_MUST_USE MJL_API mjl_result mjl_mls_encrypt(const mjl_mls_group *group,
                                                mjl_mls_ratchets *ratchets,
                                                const mjl_mls_identity *identity,
                                                mjl_bytes authenticated_data, mjl_bytes payload,
                                                size_t padding_size, mjl_random random,
                                                mjl_buffer *message);

/* An opened, verified message whose key is not consumed yet. Owns its contents. */
typedef struct mjl_mls_opened mjl_mls_opened;

/* First phase: decrypts (PrivateMessage) or checks the membership tag (PublicMessage), verifies the
   signature. Changes nothing: the ratchets stay as they are. Messages of the own leaf open too,
   unless these ratchets sent them (KEY_USED). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_open(const mjl_mls_group *group,
                                             const mjl_mls_ratchets *ratchets, mjl_bytes message,
                                             mjl_mls_opened **opened);
/* Whom a group listens to from outside: nobody, unless the caller says so at each call. */
enum {
    MJL_MLS_ALLOW_EXTERNAL_COMMIT = 1, /* Newcomers that commit themselves in (§12.4.3.2). */
    /* Proposals by those of the external_senders extension, */
    MJL_MLS_ALLOW_EXTERNAL_SENDERS = 2,
    MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS = 4 /* and by newcomers that ask to be added (§12.1.8). */
};

/* The same as mjl_mls_open, which allows none. NOT_ALLOWED for senders that are not in `allowed`.
 */
MJL_MUST_USE MJL_API mjl_result mjl_mls_open_allowing(const mjl_mls_group *group,
                                                      const mjl_mls_ratchets *ratchets,
                                                      mjl_bytes message, unsigned allowed,
                                                      mjl_mls_opened **opened);
/* The same as mjl_mls_open, which refuses what its sender sealed more than 1024 messages after the
   last one that was consumed (TOO_FAR_AHEAD): application messages up to 65536 ahead. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_open_far(const mjl_mls_group *group,
                                                 const mjl_mls_ratchets *ratchets,
                                                 mjl_bytes message, mjl_mls_opened **opened);
/* Would consuming it now let skipped keys go, so that what was sealed with these is never read? At
   most 1024 of a sender are kept, and 16384 of an epoch, the latest. */
MJL_API bool mjl_mls_opened_forgets(const mjl_mls_ratchets *ratchets, const mjl_mls_opened *opened);
/* Second phase: erases the key that opened it and keeps skipped ones, bounded. Cannot fail but for
   memory; a message opened twice is consumed once (KEY_USED the second time). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_consume(mjl_mls_ratchets *ratchets,
                                                const mjl_mls_opened *opened);
/* Nothing that its sender sealed with the same ratchet before it is waited for any more: of skipped
   keys the latest 64 are kept. */
MJL_API void mjl_mls_settle(mjl_mls_ratchets *ratchets, const mjl_mls_opened *opened);
MJL_API void mjl_mls_opened_free(mjl_mls_opened *opened); /* NULL is fine. Wipes. */

MJL_API mjl_mls_content_type mjl_mls_opened_type(const mjl_mls_opened *opened);
MJL_API uint32_t mjl_mls_opened_sender(const mjl_mls_opened *opened); /* Leaf index. */
MJL_API uint32_t mjl_mls_opened_generation(const mjl_mls_opened *opened);
MJL_API mjl_bytes mjl_mls_opened_authenticated_data(const mjl_mls_opened *opened);
MJL_API mjl_bytes
mjl_mls_opened_payload(const mjl_mls_opened *opened); /* Application data; else empty. */
MJL_API mjl_bytes
mjl_mls_opened_signed_content(const mjl_mls_opened *opened); /* FramedContentTBS: evidence. */
MJL_API mjl_bytes mjl_mls_opened_signature(const mjl_mls_opened *opened);
/* Of a commit: the interim transcript hash of the epoch it starts, known before applying (DESIGN
 * §6). It has the hash size of the group's suite. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_opened_interim_hash(const mjl_mls_group *parent,
                                                            const mjl_mls_opened *commit,
                                                            uint8_t hash[MJL_MLS_HASH_SIZE_MAX]);

/* ---- Signed content outside of the group: what a third party can check ---- */

typedef struct mjl_mls_signed_view { /* All borrowed, from both inputs. */
    uint16_t wire_format;
    mjl_bytes group_id;
    uint64_t epoch;
    uint32_t leaf; /* Of the sender. */
    mjl_mls_content_type type;
    mjl_bytes authenticated_data;
    mjl_bytes payload;       /* Application data; else the encoded proposal or commit. */
    mjl_bytes context;       /* The encoded GroupContext that the signature covers. */
    mjl_bytes signature_key; /* Of the leaf node, */
    mjl_bytes identity;      /* and what it says its member is; empty unless basic. */
} mjl_mls_signed_view;

/* `signed_content`: a FramedContentTBS of a member (§6.1), with its `signature`. `leaf_node`: the
   encoded LeafNode of that member, whose own signature is verified too (§7.2). Neither the group
   nor any secret is needed, and nothing says that the leaf stands in the tree: whoever trusts the
   key trusts the rest. `suites` as for joining. BAD_SIGNATURE, LEAF_SIGNATURE, or what does not
   parse. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_signed_content_verify(mjl_bytes signed_content,
                                                              mjl_bytes signature,
                                                              mjl_bytes leaf_node,
                                                              const mjl_mls_suites *suites,
                                                              mjl_mls_signed_view *view);

MJL_END_DECLS

#endif
