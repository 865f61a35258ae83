#include "extension.h"

#include <assert.h>

#include "mls_limits.h"

bool mjl_mls_extension_is_default(uint16_t type)
{
    return type >= MJL_MLS_EXTENSION_APPLICATION_ID && type <= MJL_MLS_EXTENSION_EXTERNAL_SENDERS;
}

static mjl_mls_extension read_one(mjl_mls_reader *reader)
{
    mjl_mls_extension extension;
    extension.type = mjl_mls_read_u16(reader);
    extension.data = mjl_mls_read_vector(reader, MJL_MLS_EXTENSION_SIZE_MAX);
    return extension;
}

mjl_bytes mjl_mls_extensions_read(mjl_mls_reader *reader)
{
    uint16_t types[MJL_MLS_EXTENSIONS_COUNT_MAX];
    size_t count = 0;
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_EXTENSIONS_SIZE_MAX);
    const uint8_t *first = list.at;
    while (mjl_mls_reader_more(&list)) {
        const mjl_mls_extension extension = read_one(&list);
        if (count == MJL_MLS_EXTENSIONS_COUNT_MAX) {
            mjl_mls_reader_fail(&list, MJL_TOO_LARGE);
            break;
        }
        for (size_t i = 0; i < count; i++)
            if (types[i] == extension.type) mjl_mls_reader_fail(&list, MJL_EXTENSION_TWICE);
        types[count++] = extension.type;
    }
    const mjl_bytes contents = mjl_mls_read_since(&list, first);
    mjl_mls_read_list_end(reader, &list);
    return contents;
}

void mjl_mls_extensions_write(mjl_mls_writer *writer, const mjl_mls_extension *extensions,
                              size_t count)
{
    if (count > MJL_MLS_EXTENSIONS_COUNT_MAX) mjl_mls_writer_fail(writer, MJL_TOO_LARGE);
    for (size_t i = 0; i < count; i++) {
        mjl_mls_write_u16(writer, extensions[i].type);
        mjl_mls_write_vector(writer, extensions[i].data);
    }
}

bool mjl_mls_extensions_next(mjl_bytes *rest, mjl_mls_extension *extension)
{
    if (rest->size == 0) return false;
    mjl_mls_reader reader = mjl_mls_reader_of(*rest);
    *extension = read_one(&reader);
    assert(reader.result == MJL_OK);
    *rest = mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader));
    return true;
}

/* The list may come from anywhere here, so it is read with care again. */
mjl_result mjl_mls_extensions_find(mjl_bytes extensions, uint16_t type, mjl_bytes *data)
{
    mjl_mls_reader reader = mjl_mls_reader_of(extensions);
    while (mjl_mls_reader_more(&reader)) {
        const mjl_mls_extension extension = read_one(&reader);
        if (reader.result != MJL_OK || extension.type != type) continue;
        *data = extension.data;
        return MJL_OK;
    }
    return reader.result != MJL_OK ? reader.result : MJL_NOT_FOUND;
}

mjl_bytes mjl_mls_u16_list_read(mjl_mls_reader *reader)
{
    const mjl_bytes list = mjl_mls_read_vector(reader, MJL_MLS_CAPABILITIES_SIZE_MAX);
    if (list.size % 2 != 0) mjl_mls_reader_fail(reader, MJL_TRUNCATED);
    return list;
}

mjl_result mjl_mls_required_capabilities_parse(mjl_bytes data,
                                               mjl_mls_required_capabilities *required)
{
    mjl_mls_reader reader = mjl_mls_reader_of(data);
    required->extensions = mjl_mls_u16_list_read(&reader);
    required->proposals = mjl_mls_u16_list_read(&reader);
    required->credentials = mjl_mls_u16_list_read(&reader);
    return mjl_mls_reader_end(&reader);
}

static void write_u16_list(mjl_mls_writer *writer, const uint16_t *values, size_t count)
{
    const size_t begin = mjl_mls_write_vector_begin(writer);
    for (size_t i = 0; i < count; i++)
        mjl_mls_write_u16(writer, values[i]);
    mjl_mls_write_vector_end(writer, begin);
}

void mjl_mls_required_capabilities_write(mjl_mls_writer *writer, const uint16_t *extensions,
                                         size_t extensions_count, const uint16_t *proposals,
                                         size_t proposals_count, const uint16_t *credentials,
                                         size_t credentials_count)
{
    write_u16_list(writer, extensions, extensions_count);
    write_u16_list(writer, proposals, proposals_count);
    write_u16_list(writer, credentials, credentials_count);
}

bool mjl_mls_u16_list_has(mjl_bytes list, uint16_t value)
{
    for (size_t i = 0; i + 1 < list.size; i += 2)
        if ((list.data[i] << 8 | list.data[i + 1]) == value) return true;
    return false;
}
