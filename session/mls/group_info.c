#include "group_info.h"

#include "labels.h"
#include "mls_limits.h"
#include "refusal.h"

static const char label[] = "GroupInfoTBS";

void mjl_mls_group_info_read(mjl_mls_reader *reader, mjl_mls_group_info *info)
{
    const uint8_t *mark = reader->at;
    mjl_mls_context_read(reader, &info->context);
    info->extensions = mjl_mls_extensions_read(reader);
    info->confirmation_tag = mjl_mls_read_vector(reader, MJL_MLS_HASH_SIZE_MAX);
    info->signer = mjl_mls_read_u32(reader);
    info->unsigned_ = mjl_mls_read_since(reader, mark);
    info->signature = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
}

mjl_result mjl_mls_group_info_parse(mjl_bytes encoded, mjl_mls_group_info *info)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_group_info_read(&reader, info);
    return mjl_mls_reader_end(&reader);
}

mjl_result mjl_mls_group_info_verify(const mjl_mls_suite *suite, const mjl_mls_group_info *info,
                                     mjl_bytes signature_key)
{
    return mjl_mls_refusal(
        mjl_mls_verify_with_label(suite, signature_key, label, info->unsigned_, info->signature),
        MJL_BAD_SIGNATURE, MJL_GROUP_INFO_SIGNATURE);
}

mjl_result mjl_mls_group_info_sign(const mjl_mls_suite *suite, mjl_bytes context,
                                   const mjl_mls_group_info *info, const uint8_t *signature_seed,
                                   mjl_buffer *out)
{
    const size_t start = out->size;
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_fixed(&writer, context);
    mjl_mls_write_vector(&writer, info->extensions);
    mjl_mls_write_vector(&writer, info->confirmation_tag);
    mjl_mls_write_u32(&writer, info->signer);
    if (writer.result == MJL_OK) {
        uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
        size_t signature_size = 0;
        const mjl_result result = mjl_mls_sign_with_label(
            suite, signature_seed, label, mjl_bytes_of(out->data + start, out->size - start),
            signature, &signature_size);
        if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
        mjl_mls_write_vector(&writer, mjl_bytes_of(signature, signature_size));
    }
    return mjl_mls_writer_end(&writer);
}
