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
    mjl_bytes identity;   /* BasicCredential.identity. Borrowed. */
    mjl_bytes credential; /* An encoded Credential in its place, unless empty. Borrowed. */
} mjl_mls_identity;

typedef enum mjl_mls_credential_type { /* RFC 9420 §5.3 */
                                       MJL_MLS_CREDENTIAL_BASIC = 1,
                                       MJL_MLS_CREDENTIAL_X509 = 2
} mjl_mls_credential_type;

/* Appends an encoded X509Credential: certificates in DER, the end entity's first. They are carried,
   never looked into: what they prove is the application's question (mjl_mls_leaf_policy). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_credential_x509(const mjl_bytes *certificates, size_t count,
                                                        mjl_buffer *out);

/* Who a leaf says it is. Borrowed. */
typedef struct mjl_mls_credential_view {
    uint16_t type;          /* mjl_mls_credential_type */
    mjl_bytes encoded;      /* The whole Credential. */
    mjl_bytes identity;     /* BASIC; else empty. */
    mjl_bytes certificates; /* X509: the contents of the list, each an opaque<V>; else empty. */
    mjl_bytes signature_key;
} mjl_mls_credential_view;

/* What an application asks of leaves beyond RFC 9420's rules: of those that come with an Add, an
   Update or a path, and of a whole tree when joining. A field that is zero asks nothing. The hooks
   are called during the call that the policy is given to, and must not change its groups. */
typedef struct mjl_mls_leaf_policy {
    uint64_t now;          /* Seconds: leaves of key packages must be valid then (§7.3). */
    uint64_t lifetime_max; /* Seconds: the longest lifetime of a key package (§7.2). */
    /* Whether the credential is to be believed (§5.3.1), whatever its type: anything but OK refuses
       and is what the call answers; CREDENTIAL_REFUSED has that meaning. NULL: all are. */
    mjl_result (*credential)(void *context, const mjl_mls_credential_view *credential);
    /* Whether both are the same client: who may take an old seat when coming in from outside, who
       is in a group that continues another (§11.2, §11.3, §12.2). NULL: if their credentials are
       equal. With it nobody is added who is a member already, or twice in a commit; without it only
       equal keys are noticed, for one user may have several devices. */
    bool (*same_client)(void *context, const mjl_mls_credential_view *a,
                        const mjl_mls_credential_view *b);
    void *context;
} mjl_mls_leaf_policy;

/* A lifetime against `now` and `lifetime_max` of a policy, for key packages that are only kept.
   LEAF_LIFETIME_TOO_LONG, LEAF_NOT_VALID_NOW. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_lifetime_check(uint64_t not_before, uint64_t not_after,
                                                       const mjl_mls_leaf_policy *policy);

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
    const uint16_t *credentials; /* Beside basic ones: X509 for a leaf that understands them. */
    size_t credentials_count;
    /* Extensions of the leaf itself; their types must be listed above, unless default. */
    const mjl_mls_extension *leaf_extensions;
    size_t leaf_extensions_count;
    bool without_grease; /* Else a few values that mean nothing are listed as well (§13.5). */
} mjl_mls_capabilities;

/* What of the own leaf is to change beside its encryption key (§7.2). `identity`: another
   credential or signature key; the epoch that the change leads to is signed with it, the present
   one with the old one still. NULL: as it is. Borrowed. */
typedef struct mjl_mls_leaf_change {
    const mjl_mls_identity *identity;
    const mjl_mls_capabilities *capabilities;
} mjl_mls_leaf_change;

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
    bool last_resort; /* It may be used again when no other is left: an extension says so. */
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
    bool last_resort;
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

/* ---- Proposals (§12.1) ---- */

typedef enum mjl_mls_proposal_type { /* RFC 9420 §17.4; any other number is a custom type. */
                                     MJL_MLS_PROPOSAL_ADD = 1,
                                     MJL_MLS_PROPOSAL_UPDATE = 2,
                                     MJL_MLS_PROPOSAL_REMOVE = 3,
                                     MJL_MLS_PROPOSAL_PSK = 4,
                                     MJL_MLS_PROPOSAL_REINIT = 5,
                                     MJL_MLS_PROPOSAL_EXTERNAL_INIT = 6,
                                     MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS = 7
} mjl_mls_proposal_type;

typedef enum mjl_mls_sender_type { /* RFC 9420 §6 */
                                   MJL_MLS_SENDER_MEMBER = 1,
                                   MJL_MLS_SENDER_EXTERNAL = 2,
                                   MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
                                   MJL_MLS_SENDER_NEW_MEMBER_COMMIT = 4
} mjl_mls_sender_type;

/* One change as an application words it. Fields of other types are not read. Borrowed. */
typedef struct mjl_mls_change {
    uint16_t type;                       /* mjl_mls_proposal_type, or a custom one. */
    mjl_bytes key_package;               /* ADD: an MLSMessage holding a KeyPackage. */
    uint32_t leaf;                       /* REMOVE */
    mjl_bytes psk_id;                    /* PSK: as mjl_mls_psk.id. A fresh nonce is drawn. */
    mjl_bytes group_id;                  /* REINIT: of the group to come, */
    uint16_t suite;                      /* and its cipher suite. */
    const mjl_mls_extension *extensions; /* CONTEXT_EXTENSIONS, REINIT: the whole new list. */
    size_t extensions_count;
    mjl_bytes data; /* A custom type: its body, which travels as opaque<V>. */
} mjl_mls_change;

typedef struct mjl_mls_propose_config {
    const mjl_mls_identity *identity;
    mjl_mls_change change;    /* Not EXTERNAL_INIT. UPDATE: a fresh key for the own leaf, */
    mjl_mls_leaf_change leaf; /* and this. */
    mjl_bytes authenticated_data;
    bool public_message; /* Frame it as a PublicMessage. */
    size_t padding_size;
} mjl_mls_propose_config;

/* Makes a standalone proposal. `message` goes to the others; `proposal` is the same as if it had
   been opened, for mjl_mls_commit and mjl_mls_stage: a member cannot open what it sent itself. The
   private key of an own Update lives in `proposal` alone: keep (or save) it until the epoch ends.
   Consumes one handshake generation, unless as a PublicMessage. A change that no list of proposals
   could hold is refused (as mjl_mls_commit would). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_propose(const mjl_mls_group *group,
                                                mjl_mls_ratchets *ratchets,
                                                const mjl_mls_propose_config *config,
                                                mjl_random random, mjl_buffer *message,
                                                mjl_mls_opened **proposal);

/* What a proposal says: by type, as in mjl_mls_change. Borrowed. */
struct mjl_mls_proposal_view {
    uint16_t type;
    mjl_bytes key_package; /* ADD: the KeyPackage, without MLSMessage's header. */
    mjl_bytes leaf_node;   /* UPDATE */
    uint32_t leaf;         /* REMOVE */
    mjl_bytes psk_id;      /* PSK: without its nonce. */
    mjl_bytes group_id;    /* REINIT */
    uint16_t version, suite;
    mjl_bytes extensions; /* CONTEXT_EXTENSIONS, REINIT: for mjl_mls_extensions_find. */
    mjl_bytes data;       /* A custom type. */
};

/* BAD_ARGUMENT unless a proposal was opened. Borrows from `opened`. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_opened_proposal(const mjl_mls_opened *opened,
                                                        mjl_mls_proposal_view *view);
MJL_API mjl_mls_sender_type mjl_mls_opened_sender_type(const mjl_mls_opened *opened);

/* A proposal that waits for its commit, to be kept beside the saved group and ratchets: canonical,
   and secret if it is an own Update. It loads into its own epoch alone: WRONG_EPOCH, WRONG_GROUP.
   What was verified when it was opened is not verified again. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_proposal_save(const mjl_mls_group *group,
                                                      const mjl_mls_opened *proposal,
                                                      mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_mls_proposal_load(mjl_bytes saved, const mjl_mls_group *group,
                                                      mjl_mls_opened **proposal);

/* ---- Pre-shared keys (§8.4) ---- */

/* A PSK that can be looked up. Borrowed. */
typedef struct mjl_mls_psk {
    mjl_bytes
        id; /* Encoded PreSharedKeyID without its nonce: psktype and what follows it (§8.4). */
    mjl_bytes secret;
} mjl_mls_psk;

/* Append such an id: of a key from elsewhere, and of an epoch's resumption PSK for use by the
   application. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_psk_id_external(mjl_bytes id, mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_mls_psk_id_resumption(mjl_bytes group_id, uint64_t epoch,
                                                          mjl_buffer *out);
/* The resumption PSK of the epoch (§8.6): secret, borrowed from the group. The one of the epoch
   that a commit is made in is always known; older ones are the caller's to keep, with a bound. */
MJL_API mjl_bytes mjl_mls_group_resumption_psk(const mjl_mls_group *group);

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
    bool without_grease; /* Else its GroupInfo has an extension that means nothing (§13.5). */
    /* Opened standalone proposals of this epoch, covered by reference; they come first in the list.
       All of them: a list that breaks a rule together is refused (§12.2), never trimmed. */
    const mjl_mls_opened *const *proposals;
    size_t proposals_count;
    const mjl_mls_change *changes; /* Any type but UPDATE and EXTERNAL_INIT; they come last. */
    size_t changes_count;
    const mjl_mls_psk *psks; /* The secrets of PSKs that proposals name. */
    size_t psks_count;
    unsigned allowed; /* From outside: whose of `proposals` may be among them (MJL_MLS_ALLOW_...).
                       */
    const mjl_mls_leaf_policy *policy; /* For leaves that come in. NULL: none. */
    mjl_mls_leaf_change leaf;          /* Wants force_path, if nothing else wants a path. */
} mjl_mls_commit_config;

/* A proposal of a type that MLS does not know, as it was committed: what it means is for the
   application (§12.1). */
typedef struct mjl_mls_custom_proposal {
    uint16_t type;
    mjl_bytes data; /* Owned by the candidate. */
    mjl_mls_sender_type sender_type;
    uint32_t sender; /* MEMBER: leaf index in the parent. */
} mjl_mls_custom_proposal;

typedef struct mjl_mls_candidate {
    const mjl_mls_group *group; /* The epoch that the commit starts. NULL if it removes us. */
    mjl_mls_ratchets *ratchets;
    mjl_buffer commit;  /* Own commits: the MLSMessage. */
    mjl_buffer welcome; /* Own commits that add: the MLSMessage. */
    uint32_t *removed;  /* Leaf indices, ascending. */
    size_t removed_count;
    uint32_t *added; /* Leaf indices of the new group, in order of proposal. */
    size_t added_count;
    uint32_t *updated; /* Leaf indices of Update proposals, ascending. */
    size_t updated_count;
    mjl_mls_custom_proposal *custom; /* In order of proposal. */
    size_t custom_count;
    mjl_buffer custom_data; /* What they borrow. */
    uint32_t committer;     /* Leaf index in the parent; of the new group if it is external. */
    bool is_external;       /* The committer came from outside (§12.4.3.2). */
    bool has_path;
    bool removes_us;
    bool is_reinit; /* The group is over (§12.1.5): it commits, proposes and encrypts no more. */
} mjl_mls_candidate;

MJL_API void mjl_mls_candidate_clear(
    mjl_mls_candidate *candidate); /* Wipes; what was moved out must be set NULL. */

/* Makes a commit. Consumes one handshake generation of `ratchets` (the parent's), unless as a
   PublicMessage. UNKNOWN_PSK when a secret is missing. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_commit(const mjl_mls_group *group,
                                               mjl_mls_ratchets *ratchets,
                                               const mjl_mls_commit_config *config,
                                               mjl_random random, mjl_mls_candidate *candidate);

/* What a receiver may need beside the group to apply a commit (§12.4.2). All borrowed. */
typedef struct mjl_mls_staging {
    const mjl_mls_opened *const
        *proposals; /* Opened standalone proposals of this epoch, for references. */
    size_t proposals_count;
    const mjl_mls_psk *psks;
    size_t psks_count;
    /* Own Update proposals that are not among `proposals` as mjl_mls_propose gave them: the private
       leaf key (HPKE) of each, by encoded public key. */
    const mjl_bytes *update_public_keys, *update_private_keys;
    size_t updates_count;
    unsigned allowed; /* Who may commit and propose from outside: MJL_MLS_ALLOW_... */
    const mjl_mls_leaf_policy *policy; /* For leaves that come in. NULL: none. */
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
    /* The group that the new one continues, at the epoch whose PSK is used: after a ReInit (§11.2)
       or when branching (§11.3). Without it such a Welcome is UNKNOWN_PSK. */
    const mjl_mls_group *resumes;
    const mjl_bytes *groups; /* Ids of groups we are in: GROUP_ID_IN_USE for another of them. */
    size_t groups_count;
    const mjl_mls_leaf_policy *policy; /* For all leaves of the tree. NULL: none. */
} mjl_mls_join_config;

typedef struct mjl_mls_joined {
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    mjl_buffer group_info_extensions; /* Encoded list, for mjl_mls_extensions_find. */
    uint32_t signer;                  /* Leaf index of the inviter. */
    bool resumes;                     /* It continues `resumes` of the config, which was checked. */
} mjl_mls_joined;

MJL_API void mjl_mls_joined_clear(mjl_mls_joined *joined);
/* All checks of §12.4.3.1: signature, tree, parent hashes, leaves, confirmation tag. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_join(mjl_bytes welcome, const mjl_mls_join_config *config,
                                             mjl_mls_joined *joined);

/* ---- Joining from outside (§12.4.3.2) ---- */

typedef struct mjl_mls_group_info_config {
    const mjl_mls_identity *identity;
    bool without_external_pub; /* With it, whoever has the GroupInfo can try to commit itself in. */
    bool without_ratchet_tree; /* The newcomer then needs it from elsewhere. */
    const mjl_mls_extension *extensions; /* Others. */
    size_t extensions_count;
    bool without_grease; /* Else an extension that means nothing is among them (§13.5). */
} mjl_mls_group_info_config;

/* Makes a signed GroupInfo of the epoch, to be published: an MLSMessage. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_info_new(const mjl_mls_group *group,
                                                       const mjl_mls_group_info_config *config,
                                                       mjl_buffer *message);

typedef struct mjl_mls_group_info_view { /* Borrowed. */
    uint16_t suite;
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_bytes context_extensions, extensions; /* For mjl_mls_extensions_find. */
    uint32_t signer;
    bool has_external_pub, has_ratchet_tree;
} mjl_mls_group_info_view;

/* Parses only: nothing is verified. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_info_peek(mjl_bytes message,
                                                        mjl_mls_group_info_view *view);

/* For `resync_leaf`: the leaf with our signature key. */
enum { MJL_MLS_LEAF_OF_OUR_KEY = 0x7fffffff };

typedef struct mjl_mls_external_commit_config {
    const mjl_mls_identity *identity;
    mjl_mls_capabilities capabilities;
    mjl_bytes ratchet_tree; /* When the GroupInfo brings none; else empty. */
    mjl_bytes authenticated_data;
    bool resync; /* Removes an old appearance of ours: without it, its keys are in the way. */
    uint32_t resync_leaf;
    const mjl_mls_change *changes; /* PSKs alone. */
    size_t changes_count;
    const mjl_mls_psk *psks; /* Their secrets. */
    size_t psks_count;
    const mjl_mls_leaf_policy *policy; /* For all leaves of the tree. NULL: none. */
} mjl_mls_external_commit_config;

/* Joins by a commit of one's own, a PublicMessage to be sent to the group, which must still be at
   the epoch of the GroupInfo. The GroupInfo and the tree are checked as when joining by Welcome,
   but for the confirmation tag, which only members can check: a forged one leads nowhere. */
MJL_MUST_USE MJL_API mjl_result
mjl_mls_external_commit(mjl_bytes group_info, const mjl_mls_external_commit_config *config,
                        mjl_random random, mjl_mls_candidate *candidate);

/* One of the external_senders extension (§12.1.8.1). Borrowed. */
typedef struct mjl_mls_external_sender {
    mjl_bytes signature_key;
    mjl_bytes credential; /* Encoded; empty: a BasicCredential of `identity`. */
    mjl_bytes identity;
} mjl_mls_external_sender;

enum { MJL_MLS_EXTERNAL_SENDERS_TYPE = 5 }; /* The extension's number. */

/* Appends the extension's data. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_external_senders_encode(
    const mjl_mls_external_sender *senders, size_t count, mjl_buffer *out);

typedef struct mjl_mls_outside_config {
    const mjl_mls_identity *identity; /* An external sender's, or that of the key package. */
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_mls_sender_type sender; /* EXTERNAL, or NEW_MEMBER_PROPOSAL with an ADD of ourselves. */
    uint32_t sender_index;      /* EXTERNAL: which of the extension's senders. */
    mjl_mls_change change;      /* EXTERNAL: ADD, REMOVE, PSK, REINIT, CONTEXT_EXTENSIONS. */
    mjl_bytes authenticated_data;
} mjl_mls_outside_config;

/* Makes a proposal as one who is not in the group: a PublicMessage. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_propose_from_outside(const mjl_mls_outside_config *config,
                                                             mjl_random random,
                                                             mjl_buffer *message);

/* ---- A group that continues another (§11.2, §11.3) ---- */

typedef struct mjl_mls_resume_config {
    const mjl_mls_identity *identity; /* Of the new group's suite. */
    mjl_mls_capabilities capabilities;
    uint64_t not_before, not_after;
    const mjl_bytes *key_packages; /* MLSMessages: of all others who are to be in it. */
    size_t key_packages_count;
    const mjl_mls_extension *group_info_extensions;
    size_t group_info_extensions_count;
    bool without_ratchet_tree;
    const mjl_mls_leaf_policy *policy; /* Also says who is the same client. NULL: none. */
} mjl_mls_resume_config;

/* Makes the group that the old one's ReInit asks for, at epoch 1, with all its members; anyone of
   them may. The Welcome is for all others; the candidate's commit is of no use to anybody.
   WRONG_STATE unless `old` was ended by a ReInit; REINIT_MEMBERS. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_reinit_group(const mjl_mls_group *old,
                                                     const mjl_mls_resume_config *config,
                                                     mjl_random random,
                                                     mjl_mls_candidate *candidate);
/* The same for a subgroup, with the old group's suite and extensions; the old one goes on.
   BRANCH_MEMBERS for a key package of none of its members. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_branch_group(const mjl_mls_group *old, mjl_bytes group_id,
                                                     const mjl_mls_resume_config *config,
                                                     mjl_random random,
                                                     mjl_mls_candidate *candidate);

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
