#include "transcript_hash.h"

#include <assert.h>

void mjl_mls_confirmed_hash(const mjl_mls_suite *suite, mjl_bytes interim_before,
                            const mjl_mls_authenticated_content *commit, uint8_t *confirmed)
{
    assert(commit->content.content_type == MJL_MLS_COMMIT);
    assert(commit->content.encoded.size != 0);
    uint8_t header[4];
    const uint8_t wire_format[2] = {(uint8_t)(commit->wire_format >> 8),
                                    (uint8_t)commit->wire_format};
    const size_t header_size = mjl_mls_length_encode(commit->signature_size, header);
    const mjl_bytes parts[] = {interim_before, mjl_bytes_of(wire_format, 2),
                               commit->content.encoded, mjl_bytes_of(header, header_size),
                               mjl_bytes_of(commit->signature, commit->signature_size)};
    suite->hash((mjl_mls_parts){parts, 5}, confirmed);
}

void mjl_mls_interim_hash(const mjl_mls_suite *suite, mjl_bytes confirmed,
                          mjl_bytes confirmation_tag, uint8_t *interim)
{
    uint8_t header[4];
    const size_t header_size = mjl_mls_length_encode(confirmation_tag.size, header);
    const mjl_bytes parts[] = {confirmed, mjl_bytes_of(header, header_size), confirmation_tag};
    suite->hash((mjl_mls_parts){parts, 3}, interim);
}
