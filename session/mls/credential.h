/*
 * What a leaf says its member is (RFC 9420 §5.3). Basic credentials are understood; X.509 ones are
 * read and carried. Whether an identity is to be believed is the application's question.
 */
#ifndef MJL_MLS_CREDENTIAL_H
#define MJL_MLS_CREDENTIAL_H

#include "majlis/mls.h"
#include "wire.h"

typedef struct mjl_mls_credential { /* Borrowed. */
    uint16_t type;
    mjl_bytes identity;     /* Basic; else empty. */
    mjl_bytes certificates; /* X.509: the contents of the list; else empty. */
    mjl_bytes encoded;
} mjl_mls_credential;

/* UNKNOWN_KIND for any other type: where it ends cannot be known. */
void mjl_mls_credential_read(mjl_mls_reader *reader, mjl_mls_credential *credential);
void mjl_mls_credential_write_basic(mjl_mls_writer *writer, mjl_bytes identity);

/* The public mjl_mls_credential_x509 is implemented in credential.c. */

#endif
