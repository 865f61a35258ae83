/*
 * The Welcome (RFC 9420 §12.4.3.1): a GroupInfo sealed for all newcomers of a commit, and for each
 * of them the secrets that open it.
 *
 *     GroupSecrets  --HPKE to init key-->  EncryptedGroupSecrets, one for each newcomer
 *         │ joiner secret (+ PSKs)
 *         └──> welcome key, nonce  --AEAD-->  encrypted GroupInfo, one for all
 */
#ifndef MJL_MLS_WELCOME_H
#define MJL_MLS_WELCOME_H

#include "hpke.h"
#include "psk.h"
#include "update_path.h"

typedef struct mjl_mls_welcome { /* Borrowed. */
    uint16_t suite;
    mjl_bytes secrets; /* Contents of the list of EncryptedGroupSecrets. */
    mjl_bytes encrypted_group_info;
} mjl_mls_welcome;

/* `message`: an MLSMessage holding a Welcome. */
MJL_MUST_USE mjl_result mjl_mls_welcome_parse(mjl_bytes message, mjl_mls_welcome *welcome);

typedef struct mjl_mls_encrypted_group_secrets { /* Borrowed. */
    mjl_bytes new_member;                        /* KeyPackageRef */
    mjl_mls_hpke_ciphertext secrets;
} mjl_mls_encrypted_group_secrets;

void mjl_mls_encrypted_group_secrets_read(mjl_mls_reader *reader,
                                          mjl_mls_encrypted_group_secrets *secrets);
/* The entry for a key package. NOT_FOR_US. */
MJL_MUST_USE mjl_result mjl_mls_welcome_find(const mjl_mls_welcome *welcome, mjl_bytes reference,
                                             mjl_mls_hpke_ciphertext *secrets);

typedef struct mjl_mls_group_secrets { /* Borrowed. */
    mjl_bytes joiner_secret;
    bool has_path_secret;
    mjl_bytes path_secret;
    mjl_bytes psks; /* Contents of the list of PreSharedKeyID. */
} mjl_mls_group_secrets;

/* WELCOME_SECRET_SIZE unless the secrets have hash size. */
MJL_MUST_USE mjl_result mjl_mls_group_secrets_parse(const mjl_mls_suite *suite, mjl_bytes encoded,
                                                    mjl_mls_group_secrets *secrets);
MJL_MUST_USE mjl_result mjl_mls_group_secrets_encode(const mjl_mls_group_secrets *secrets,
                                                     mjl_buffer *out);

/* One newcomer. Borrowed. */
typedef struct mjl_mls_newcomer {
    mjl_bytes key_package; /* Encoded KeyPackage. */
    mjl_bytes init_key;
    const uint8_t *path_secret; /* NULL without a path. */
} mjl_mls_newcomer;

/* What a Welcome is made of. Borrowed. */
typedef struct mjl_mls_welcome_parts {
    const mjl_mls_suite *suite;
    const mjl_mls_newcomer *newcomers;
    size_t newcomers_count;
    const uint8_t *joiner_secret, *member_secret;
    mjl_bytes psks;       /* As above. */
    mjl_bytes group_info; /* Encoded. */
} mjl_mls_welcome_parts;

/* Appends an MLSMessage. */
MJL_MUST_USE mjl_result mjl_mls_welcome_make(const mjl_mls_welcome_parts *parts, mjl_random random,
                                             mjl_buffer *message);

/* The two openings of a joiner: CANNOT_OPEN. The plaintext is appended. */
MJL_MUST_USE mjl_result mjl_mls_welcome_open_own(const mjl_mls_suite *suite,
                                                 const mjl_mls_welcome *welcome,
                                                 mjl_bytes reference, mjl_mls_key_pair init,
                                                 mjl_buffer *group_secrets);
/* The same for who knows the private key alone. */
MJL_MUST_USE mjl_result mjl_mls_welcome_open_secrets(const mjl_mls_suite *suite,
                                                     const mjl_mls_welcome *welcome,
                                                     mjl_bytes reference,
                                                     const uint8_t *init_private,
                                                     mjl_buffer *group_secrets);
MJL_MUST_USE mjl_result mjl_mls_welcome_open_group_info(const mjl_mls_suite *suite,
                                                        const mjl_mls_welcome *welcome,
                                                        const uint8_t *member_secret,
                                                        mjl_buffer *group_info);

#endif
