#include "group_context.h"

#include "mls_limits.h"
#include "suite.h"

void mjl_mls_context_read(mjl_mls_reader *reader, mjl_mls_context *context)
{
    const uint8_t *mark = reader->at;
    memset(context, 0, sizeof *context);
    const uint16_t version = mjl_mls_read_u16(reader);
    if (reader->result == MJL_OK && version != MJL_MLS_VERSION_10) {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_VERSION);
    }
    context->suite = mjl_mls_read_u16(reader);
    context->group_id = mjl_mls_read_vector(reader, MJL_MLS_GROUP_ID_SIZE_MAX);
    context->epoch = mjl_mls_read_u64(reader);
    context->tree_hash = mjl_mls_read_vector(reader, MJL_MLS_HASH_SIZE_MAX);
    context->confirmed_transcript_hash = mjl_mls_read_vector(reader, MJL_MLS_HASH_SIZE_MAX);
    context->extensions = mjl_mls_extensions_read(reader);
    context->encoded = mjl_mls_read_since(reader, mark);
}

mjl_result mjl_mls_context_parse(mjl_bytes encoded, mjl_mls_context *context)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_context_read(&reader, context);
    return mjl_mls_reader_end(&reader);
}

void mjl_mls_context_write(mjl_mls_writer *writer, const mjl_mls_context *context)
{
    mjl_mls_write_u16(writer, MJL_MLS_VERSION_10);
    mjl_mls_write_u16(writer, context->suite);
    mjl_mls_write_vector(writer, context->group_id);
    mjl_mls_write_u64(writer, context->epoch);
    mjl_mls_write_vector(writer, context->tree_hash);
    mjl_mls_write_vector(writer, context->confirmed_transcript_hash);
    mjl_mls_write_vector(writer, context->extensions);
}
