/*
 * Messaging Layer Security (RFC 9420) as functions over bytes and values: no clock, no timers, no
 * acks, no storage. Usable on its own; the session above uses nothing else of MLS.
 *
 * Shape: a *group* is one epoch as an immutable, reference-counted value (tree, context, secrets
 * other than message keys). The *ratchets* are the mutable part of that epoch: the secret tree's
 * unused message keys (RFC 9420 §9). A commit, own or received, is *staged* from its parent group
 * into a new group with new ratchets; nothing is pending, merging is using the new value. Sibling
 * epochs share tree nodes.
 *
 * Time: none. Errors: a refusal changes nothing. Ownership: what is handed out through `**` belongs
 * to the caller. Threads: one thread at a time for a value and all values that share nodes with it.
 * Saved: groups, ratchets and key packages have a canonical saved form that holds secrets; the
 * caller seals it.
 */
#ifndef MAJLIS_MLS_H
#define MAJLIS_MLS_H

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

/* ---- Key packages (RFC 9420 §10) ---- */

/* The member's long-term half: signs leaves and messages. `credential` is the encoded Credential
   (BasicCredential for the session). */
typedef struct mjl_mls_identity {
    const mjl_mls_suite *suite; /* Of all that is made and joined with it. NULL: the default. */
    uint8_t signature_key[MJL_MLS_SIGNATURE_KEY_SIZE_MAX];   /* As long as the suite says. */
    uint8_t signature_seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX]; /* Likewise. Secret. */
    mjl_bytes identity; /* BasicCredential.identity. Borrowed. */
} mjl_mls_identity;

/* Fills the suite (NULL: the default) and a fresh pair of keys; `identity` is the caller's to fill
   and the seed the caller's to wipe. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_identity_generate(const mjl_mls_suite *suite,
                                                          mjl_random random,
                                                          mjl_mls_identity *identity);
/* The same with a private key from elsewhere: see signature_key_import in majlis/suite.h. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_identity_import(const mjl_mls_suite *suite,
                                                        mjl_bytes private_key,
                                                        mjl_mls_identity *identity);

/* What a leaf says it can do beyond the RFC's defaults (RFC 9420 §7.2). Borrowed. The
   suite and basic credentials are always listed. */
typedef struct mjl_mls_capabilities {
    const uint16_t *extensions;
    size_t extensions_count;
    const uint16_t *proposals;
    size_t proposals_count;
} mjl_mls_capabilities;

typedef struct mjl_mls_key_package_config {
    const mjl_mls_identity *identity;
    mjl_mls_capabilities capabilities;
    uint64_t not_before,
        not_after; /* Seconds (RFC 9420 §7.2); arguments, since no clock is read here. */
    /* Written after the init key is known, so that an extension may cover it (majlis_join's MAC
       does): called once with the init key; fills `out` with the extension data. NULL: no such
       extension. Its type must be among the capabilities' extensions: else BAD_ARGUMENT. */
    uint16_t extension_type;
    mjl_result (*extension)(void *context, mjl_bytes init_key, mjl_buffer *out);
    void *extension_context;
} mjl_mls_key_package_config;

/* `message`: an MLSMessage holding the KeyPackage. `secret`: what joining needs (init key, leaf
   key, the key package), to be kept sealed until joined or expired. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_key_package_new(const mjl_mls_key_package_config *config,
                                                        mjl_random random, mjl_buffer *message,
                                                        mjl_buffer *secret);

typedef struct mjl_mls_key_package_view {
    uint16_t suite;
    uint8_t reference[MJL_MLS_HASH_SIZE_MAX]; /* KeyPackageRef (§5.2) */
    size_t reference_size;
    mjl_bytes key_package; /* The KeyPackage itself, without MLSMessage's header. */
    mjl_bytes init_key, signature_key, identity;
    uint64_t not_before, not_after;
    mjl_bytes extensions; /* The encoded extension list, for mjl_mls_extensions_find. */
} mjl_mls_key_package_view;

/* Borrows from `message` (an MLSMessage). Parses only: signatures are not checked, so that a cheap
   bound can come first. WRONG_SUITE for one that is not known. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_key_package_read(mjl_bytes message,
                                                         const mjl_mls_suites *suites,
                                                         mjl_mls_key_package_view *view);
/* All rules of §10.1 but the lifetime, signatures included. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_key_package_verify(mjl_bytes message,
                                                           const mjl_mls_suites *suites);

/* Finds one extension in an encoded extension list (without its outer length). NOT_FOUND if it is
 * absent. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_extensions_find(mjl_bytes extensions, uint16_t type,
                                                        mjl_bytes *data);

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

typedef struct mjl_mls_member {
    uint32_t leaf;
    mjl_bytes signature_key, identity; /* Borrowed from the group. */
    mjl_bytes leaf_node;               /* Encoded LeafNode. */
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
/* Second phase: erases the key that opened it and keeps skipped ones, bounded. Cannot fail but for
   memory; a message opened twice is consumed once (KEY_USED the second time). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_consume(mjl_mls_ratchets *ratchets,
                                                const mjl_mls_opened *opened);
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

/* ---- Commits (§12.4) ---- */

typedef struct mjl_mls_commit_config {
    const mjl_mls_identity *identity;
    mjl_bytes authenticated_data;
    const mjl_bytes *add_key_packages; /* MLSMessages holding KeyPackages. */
    size_t add_count;
    const uint32_t *remove_leaves;
    size_t remove_count;
    const mjl_mls_extension
        *context_extensions; /* With `replace_context_extensions`: the new list. */
    size_t context_extensions_count;
    bool replace_context_extensions;
    bool force_path; /* A path is always made when the RFC requires one; true: also when it need not
                        be. */
    bool public_message; /* Frame the commit as a PublicMessage. */
    size_t padding_size;
    const mjl_mls_extension
        *group_info_extensions; /* For the Welcome's GroupInfo, beside the ratchet tree. */
    size_t group_info_extensions_count;
    bool without_ratchet_tree; /* Leave the tree out of the Welcome. */
} mjl_mls_commit_config;

typedef struct mjl_mls_candidate {
    const mjl_mls_group *group; /* The epoch that the commit starts. NULL if it removes us. */
    mjl_mls_ratchets *ratchets;
    mjl_buffer commit;  /* Own commits: the MLSMessage. */
    mjl_buffer welcome; /* Own commits that add: the MLSMessage. */
    uint32_t *removed;  /* Leaf indices, ascending. */
    size_t removed_count;
    uint32_t *added; /* Leaf indices of the new group, in order of proposal. */
    size_t added_count;
    uint32_t committer; /* Leaf index in the parent. */
    bool has_path;
    bool removes_us;
} mjl_mls_candidate;

MJL_API void mjl_mls_candidate_clear(
    mjl_mls_candidate *candidate); /* Wipes; what was moved out must be set NULL. */

/* Makes a commit with proposals by value. Consumes one handshake generation of `ratchets` (the
 * parent's). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_commit(const mjl_mls_group *group,
                                               mjl_mls_ratchets *ratchets,
                                               const mjl_mls_commit_config *config,
                                               mjl_random random, mjl_mls_candidate *candidate);

/* What a receiver may need beside the group to apply a commit (§12.4.2). All borrowed. */
typedef struct mjl_mls_psk {
    mjl_bytes
        id; /* Encoded PreSharedKeyID without its nonce: psktype and what follows it (§8.4). */
    mjl_bytes secret;
} mjl_mls_psk;

typedef struct mjl_mls_staging {
    const mjl_mls_opened *const
        *proposals; /* Opened standalone proposals of this epoch, for references. */
    size_t proposals_count;
    const mjl_mls_psk *psks;
    size_t psks_count;
    /* Own Update proposals: the private leaf key (HPKE) of each, by encoded public key. */
    const mjl_bytes *update_public_keys, *update_private_keys;
    size_t updates_count;
} mjl_mls_staging;

/* Stages a received commit: a new value; `group` stays as it is. `staging` may be NULL. A commit
   that removes us is checked as far as possible and answers OK with removes_us. NO_PATH_SECRET,
   UNKNOWN_PSK and UNKNOWN_PROPOSAL are the refusals that concern this member alone. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_stage(const mjl_mls_group *group,
                                              const mjl_mls_opened *commit,
                                              const mjl_mls_identity *identity,
                                              const mjl_mls_staging *staging,
                                              mjl_mls_candidate *candidate);

/* ---- Joining (§12.4.3.1) ---- */

/* References of the key packages a Welcome is for. NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_welcome_reference(mjl_bytes welcome, size_t i,
                                                          mjl_bytes *reference);

typedef struct mjl_mls_join_config {
    const mjl_mls_identity *identity;
    mjl_bytes key_package_secret; /* From mjl_mls_key_package_new. */
    mjl_bytes ratchet_tree;       /* When the Welcome brings none; else empty. */
    const mjl_mls_psk *psks;
    size_t psks_count;
} mjl_mls_join_config;

typedef struct mjl_mls_joined {
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    mjl_buffer group_info_extensions; /* Encoded list, for mjl_mls_extensions_find. */
    uint32_t signer;                  /* Leaf index of the inviter. */
} mjl_mls_joined;

MJL_API void mjl_mls_joined_clear(mjl_mls_joined *joined);
/* All checks of §12.4.3.1: signature, tree, parent hashes, leaves, confirmation tag. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_join(mjl_bytes welcome, const mjl_mls_join_config *config,
                                             mjl_mls_joined *joined);

/* ---- Saved state (secret; canonical: equal values give equal bytes) ---- */

MJL_MUST_USE MJL_API mjl_result mjl_mls_group_save(const mjl_mls_group *group, mjl_buffer *out);
/* Validates what a disk could have changed: structure, bounds, hashes; signatures are not verified
 * again. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_load(mjl_bytes saved, const mjl_mls_suites *suites,
                                                   const mjl_mls_group **group);

MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_save(const mjl_mls_ratchets *ratchets,
                                                      mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load(mjl_bytes saved, const mjl_mls_suites *suites,
                                                      mjl_mls_ratchets **ratchets);

/*
 * Ratchets in parts, so that saving after a message costs one sender's part and not the epoch's:
 * the trunk, and for each leaf of which a key was used its number plus one. Erasing old keys from a
 * disk means overwriting both the leaf's part and, when it is new, the trunk, in one transaction.
 */
enum { MJL_MLS_RATCHETS_TRUNK = 0 };

/* The i-th part there is, ascending; UINT32_MAX past the end. */
MJL_API uint32_t mjl_mls_ratchets_part(const mjl_mls_ratchets *ratchets, size_t i);
/* The i-th part that changed since the last clear (at first all have), in no order that matters;
   UINT32_MAX past the end. Ratchets that were loaded have no changes. */
MJL_API uint32_t mjl_mls_ratchets_changed(const mjl_mls_ratchets *ratchets, size_t i);
MJL_API void mjl_mls_ratchets_changes_clear(mjl_mls_ratchets *ratchets);
/* NOT_FOUND: there is no such part. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_save_part(const mjl_mls_ratchets *ratchets,
                                                           uint32_t part, mjl_buffer *out);
/* The trunk first, then the leaves' parts ascending, then done, which checks that together they
   cover each leaf once; before it nothing else may be asked of the ratchets. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load_trunk(mjl_bytes saved,
                                                            const mjl_mls_suites *suites,
                                                            mjl_mls_ratchets **ratchets);
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load_leaf(mjl_mls_ratchets *ratchets,
                                                           uint32_t part, mjl_bytes saved);
MJL_MUST_USE MJL_API mjl_result mjl_mls_ratchets_load_done(mjl_mls_ratchets *ratchets);

MJL_END_DECLS

#endif
