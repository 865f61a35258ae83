/*
 * Lists of extensions (RFC 9420 §13.4), handled as the encoded contents of the list, without its
 * outer length: bytes are kept as received and looked through when asked.
 */
#ifndef MJL_MLS_EXTENSION_H
#define MJL_MLS_EXTENSION_H

#include "majlis/mls.h"
#include "wire.h"

typedef enum mjl_mls_extension_type { /* RFC 9420 §17.3: the default ones. */
                                      MJL_MLS_EXTENSION_APPLICATION_ID = 1,
                                      MJL_MLS_EXTENSION_RATCHET_TREE = 2,
                                      MJL_MLS_EXTENSION_REQUIRED_CAPABILITIES = 3,
                                      MJL_MLS_EXTENSION_EXTERNAL_PUB = 4,
                                      MJL_MLS_EXTENSION_EXTERNAL_SENDERS = 5,
                                      /* Not of this RFC, but of the same registry. */
                                      MJL_MLS_EXTENSION_LAST_RESORT = 10
} mjl_mls_extension_type;

/* Those a leaf need not list in its capabilities (§7.2). */
bool mjl_mls_extension_is_default(uint16_t type);

/* Reads Extension list<V>; answers its contents. EXTENSION_TWICE when a type stands in it twice. */
mjl_bytes mjl_mls_extensions_read(mjl_mls_reader *reader);
/* Writes them in the given order, without an outer length. */
void mjl_mls_extensions_write(mjl_mls_writer *writer, const mjl_mls_extension *extensions,
                              size_t count);

/* Walks a list that mjl_mls_extensions_read accepted: false at its end.
       mjl_bytes rest = list;
       mjl_mls_extension extension;
       while (mjl_mls_extensions_next(&rest, &extension)) ...  */
bool mjl_mls_extensions_next(mjl_bytes *rest, mjl_mls_extension *extension);

/* The public mjl_mls_extensions_find is implemented in extension.c. */

/* RequiredCapabilities (§11.1): encoded lists of uint16, without their lengths. */
typedef struct mjl_mls_required_capabilities {
    mjl_bytes extensions, proposals, credentials;
} mjl_mls_required_capabilities;

/* Parses extension_data. All empty when `data` itself is empty is not accepted: TRUNCATED. */
MJL_MUST_USE mjl_result
mjl_mls_required_capabilities_parse(mjl_bytes data, mjl_mls_required_capabilities *required);
/* Encodes extension_data. */
void mjl_mls_required_capabilities_write(mjl_mls_writer *writer, const uint16_t *extensions,
                                         size_t extensions_count, const uint16_t *proposals,
                                         size_t proposals_count, const uint16_t *credentials,
                                         size_t credentials_count);

/* Reads a list of uint16 as its encoded contents: capabilities are kept as received. */
mjl_bytes mjl_mls_u16_list_read(mjl_mls_reader *reader);
/* Whether such a list holds the value. */
bool mjl_mls_u16_list_has(mjl_bytes list, uint16_t value);

#endif
