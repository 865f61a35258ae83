/*
 * A proposal (RFC 9420 §12.1): what a commit is to change. Encoding only; whether a list of them
 * may be committed is proposal_list's question.
 */
#ifndef MJL_MLS_PROPOSAL_H
#define MJL_MLS_PROPOSAL_H

#include "key_package.h"
#include "psk.h"

typedef enum mjl_mls_proposal_type { /* §17.4 */
                                     MJL_MLS_PROPOSAL_ADD = 1,
                                     MJL_MLS_PROPOSAL_UPDATE = 2,
                                     MJL_MLS_PROPOSAL_REMOVE = 3,
                                     MJL_MLS_PROPOSAL_PSK = 4,
                                     MJL_MLS_PROPOSAL_REINIT = 5,
                                     MJL_MLS_PROPOSAL_EXTERNAL_INIT = 6,
                                     MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS = 7
} mjl_mls_proposal_type;

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
    };
} mjl_mls_proposal;

/* UNKNOWN_KIND for any other type: where it ends cannot be known. */
void mjl_mls_proposal_read(mjl_mls_reader *reader, mjl_mls_proposal *proposal);
/* One proposal and nothing else. Of another type than the RFC's the body is all that follows: kept,
   not understood. */
MJL_MUST_USE mjl_result mjl_mls_proposal_parse(mjl_bytes encoded, mjl_mls_proposal *proposal);

/* `key_package`: an encoded KeyPackage. */
void mjl_mls_proposal_add_write(mjl_mls_writer *writer, mjl_bytes key_package);
void mjl_mls_proposal_update_write(mjl_mls_writer *writer, mjl_bytes leaf_node);
void mjl_mls_proposal_remove_write(mjl_mls_writer *writer, uint32_t leaf);
void mjl_mls_proposal_psk_write(mjl_mls_writer *writer, const mjl_mls_psk_id *id);
void mjl_mls_proposal_reinit_write(mjl_mls_writer *writer, const mjl_mls_reinit *reinit);
void mjl_mls_proposal_external_init_write(mjl_mls_writer *writer, mjl_bytes kem_output);
/* `extensions`: contents of the list. */
void mjl_mls_proposal_extensions_write(mjl_mls_writer *writer, mjl_bytes extensions);

#endif
