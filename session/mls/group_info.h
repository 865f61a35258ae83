/*
 * What a group tells a newcomer of its state (RFC 9420 §12.4.3), signed by a member.
 */
#ifndef MJL_MLS_GROUP_INFO_H
#define MJL_MLS_GROUP_INFO_H

#include "group_context.h"
#include "ratchet_tree.h"
#include "suite.h"

typedef struct mjl_mls_group_info { /* Borrowed. */
    mjl_mls_context context;
    mjl_bytes extensions; /* Contents of the list. */
    mjl_bytes confirmation_tag;
    uint32_t signer;
    mjl_bytes signature;
    mjl_bytes unsigned_; /* GroupInfoTBS. Set by reading. */
} mjl_mls_group_info;

void mjl_mls_group_info_read(mjl_mls_reader *reader, mjl_mls_group_info *info);
MJL_MUST_USE mjl_result mjl_mls_group_info_parse(mjl_bytes encoded, mjl_mls_group_info *info);
/* GROUP_INFO_SIGNATURE. */
MJL_MUST_USE mjl_result mjl_mls_group_info_verify(const mjl_mls_suite *suite,
                                                  const mjl_mls_group_info *info,
                                                  mjl_bytes signature_key);
/* Appends the encoded, signed GroupInfo. `context`: the encoded GroupContext; of `info` only
   extensions, tag and signer are read. */
MJL_MUST_USE mjl_result mjl_mls_group_info_sign(const mjl_mls_suite *suite, mjl_bytes context,
                                                const mjl_mls_group_info *info,
                                                const uint8_t *signature_seed, mjl_buffer *out);

/* What a GroupInfo is made of. Borrowed. */
typedef struct mjl_mls_group_info_parts {
    const mjl_mls_suite *suite;
    mjl_bytes context; /* Encoded GroupContext. */
    const uint8_t *confirmation_tag;
    uint32_t signer;
    const mjl_mls_ratchet_tree *tree; /* NULL: left out. */
    const uint8_t *external_pub;      /* NULL: left out. */
    const mjl_mls_extension *extensions;
    size_t extensions_count;
    bool without_grease;
} mjl_mls_group_info_parts;

/* Appends the encoded, signed GroupInfo. Implemented in group_info_new.c. */
MJL_MUST_USE mjl_result mjl_mls_group_info_make(const mjl_mls_group_info_parts *parts,
                                                const mjl_mls_identity *identity, mjl_buffer *out);

#endif
