/*
 * A proposal (RFC 9420 §12.1): what a commit is to change. Encoding only; whether a list of them
 * may be committed is proposal_list's question.
 */
#ifndef MJL_MLS_PROPOSAL_H
#define MJL_MLS_PROPOSAL_H

#include "key_package.h"
#include "psk.h"

/* Those that a leaf need not list among its capabilities (§7.2). */
bool mjl_mls_proposal_is_default(uint16_t type);

typedef struct mjl_mls_reinit { /* §12.1.5 */
    mjl_bytes group_id;
    uint16_t version, suite;
    mjl_bytes extensions; /* Contents of the list. */
} mjl_mls_reinit;

typedef struct mjl_mls_proposal { /* Borrowed. */
    uint16_t type;
    mjl_bytes encoded;
    union {
        mjl_mls_key_package add;
        mjl_mls_leaf_node update;
        uint32_t remove; /* Leaf index. */
        mjl_mls_psk_id psk;
        mjl_mls_reinit reinit;
        mjl_bytes external_init; /* kem_output */
        mjl_bytes extensions;    /* CONTEXT_EXTENSIONS: contents of the list. */
        mjl_bytes custom;        /* Any other type. */
    };
} mjl_mls_proposal;

/* A custom proposal's body is opaque<V> here: so its end is known without its meaning. UNKNOWN_KIND
   for the reserved type 0. */
void mjl_mls_proposal_read(mjl_mls_reader *reader, mjl_mls_proposal *proposal);
/* One proposal and nothing else. */
MJL_MUST_USE mjl_result mjl_mls_proposal_parse(mjl_bytes encoded, mjl_mls_proposal *proposal);

/* The public view of it. */
void mjl_mls_proposal_show(const mjl_mls_proposal *proposal, mjl_mls_proposal_view *view);

/* `key_package`: an encoded KeyPackage. */
void mjl_mls_proposal_add_write(mjl_mls_writer *writer, mjl_bytes key_package);
void mjl_mls_proposal_update_write(mjl_mls_writer *writer, mjl_bytes leaf_node);
void mjl_mls_proposal_remove_write(mjl_mls_writer *writer, uint32_t leaf);
void mjl_mls_proposal_psk_write(mjl_mls_writer *writer, const mjl_mls_psk_id *id);
void mjl_mls_proposal_reinit_write(mjl_mls_writer *writer, const mjl_mls_reinit *reinit);
void mjl_mls_proposal_external_init_write(mjl_mls_writer *writer, mjl_bytes kem_output);
/* `extensions`: contents of the list. */
void mjl_mls_proposal_extensions_write(mjl_mls_writer *writer, mjl_bytes extensions);
void mjl_mls_proposal_custom_write(mjl_mls_writer *writer, uint16_t type, mjl_bytes data);

/* ReInit alone, as a group keeps it. */
void mjl_mls_reinit_read(mjl_mls_reader *reader, mjl_mls_reinit *reinit);
void mjl_mls_reinit_write(mjl_mls_writer *writer, const mjl_mls_reinit *reinit);

#endif
