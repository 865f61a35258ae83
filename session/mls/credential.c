#include "credential.h"

#include "mls_limits.h"

void mjl_mls_credential_read(mjl_mls_reader *reader, mjl_mls_credential *credential)
{
    const uint8_t *mark = reader->at;
    memset(credential, 0, sizeof *credential);
    credential->type = mjl_mls_read_u16(reader);
    if (credential->type == MJL_MLS_CREDENTIAL_BASIC) {
        credential->identity = mjl_mls_read_vector(reader, MJL_MLS_IDENTITY_SIZE_MAX);
    } else if (credential->type == MJL_MLS_CREDENTIAL_X509) {
        mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_CERTIFICATES_SIZE_MAX);
        const uint8_t *first = list.at;
        while (mjl_mls_reader_more(&list))
            mjl_mls_read_vector(&list, MJL_MLS_CERTIFICATES_SIZE_MAX);
        credential->certificates = mjl_mls_read_since(&list, first);
        mjl_mls_read_list_end(reader, &list);
    } else {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
    credential->encoded = mjl_mls_read_since(reader, mark);
}

void mjl_mls_credential_write_basic(mjl_mls_writer *writer, mjl_bytes identity)
{
    if (identity.size > MJL_MLS_IDENTITY_SIZE_MAX) mjl_mls_writer_fail(writer, MJL_TOO_LARGE);
    mjl_mls_write_u16(writer, MJL_MLS_CREDENTIAL_BASIC);
    mjl_mls_write_vector(writer, identity);
}

mjl_result mjl_mls_credential_x509(const mjl_bytes *certificates, size_t count, mjl_buffer *out)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (certificates[i].size > MJL_MLS_CERTIFICATES_SIZE_MAX - size) return MJL_TOO_LARGE;
        size += certificates[i].size;
    }
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_u16(&writer, MJL_MLS_CREDENTIAL_X509);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    for (size_t i = 0; i < count; i++)
        mjl_mls_write_vector(&writer, certificates[i]);
    mjl_mls_write_vector_end(&writer, begin);
    return mjl_mls_writer_end(&writer);
}
