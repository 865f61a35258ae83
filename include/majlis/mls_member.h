/*
 * MLS: who a member is: identity, credential (RFC 9420 §5.3), key package (§10). `majlis/mls.h`
 * says what all of these headers share.
 */
#ifndef MAJLIS_MLS_MEMBER_H
#define MAJLIS_MLS_MEMBER_H

#include "majlis/mls_wire.h"

MJL_BEGIN_DECLS

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

MJL_END_DECLS

#endif
