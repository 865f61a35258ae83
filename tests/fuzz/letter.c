#include "letter.h"

#include "../toy/toy_suite.h"
#include "commit.h"
#include "framing.h"
#include "message.h"

/* Nothing that a script makes of a letter is larger. */
enum { VECTOR_MAX = 1 << 21, GUARD_SIZE = 4 };

static void keep(mjl_buffer *to, mjl_bytes bytes)
{
    const mjl_result result = mjl_buffer_append(to, bytes);
    assert(result == MJL_OK);
}

static void read_content(mjl_mls_reader *reader, letter *out)
{
    keep(&out->body, mjl_mls_body_read(reader, out->content_type));
    keep(&out->signature, mjl_mls_read_vector(reader, VECTOR_MAX));
    if (out->content_type == MJL_MLS_COMMIT)
        keep(&out->tag, mjl_mls_read_vector(reader, VECTOR_MAX));
}

bool letter_read(mjl_bytes packet, letter *out)
{
    memset(out, 0, sizeof *out);
    mjl_bytes body;
    if (mjl_mls_message_body(packet, MJL_MLS_PRIVATE_MESSAGE, &body) != MJL_OK) return false;
    mjl_mls_reader reader = mjl_mls_reader_of(body);
    keep(&out->group_id, mjl_mls_read_vector(&reader, VECTOR_MAX));
    out->epoch = mjl_mls_read_u64(&reader);
    out->content_type = mjl_mls_read_u8(&reader);
    keep(&out->authenticated_data, mjl_mls_read_vector(&reader, VECTOR_MAX));
    const mjl_bytes sender_data = mjl_mls_read_vector(&reader, VECTOR_MAX);
    const mjl_bytes sealed = mjl_mls_read_vector(&reader, VECTOR_MAX);
    const bool is_one =
        mjl_mls_reader_end(&reader) == MJL_OK && sealed.size >= toy_suite.aead_tag_size;
    if (is_one) {
        mjl_mls_reader sender = mjl_mls_reader_of(sender_data);
        out->leaf = mjl_mls_read_u32(&sender);
        out->generation = mjl_mls_read_u32(&sender);
        mjl_mls_reader content =
            mjl_mls_reader_of(mjl_bytes_of(sealed.data, sealed.size - toy_suite.aead_tag_size));
        read_content(&content, out);
        if (content.result == MJL_OK && sender.result == MJL_OK) return true;
    }
    letter_clear(out);
    return false;
}

/* The weak suite never looks at a tag. */
static void write_tag(mjl_mls_writer *writer)
{
    static const uint8_t zeros[MJL_MLS_AEAD_TAG_SIZE_MAX];
    mjl_mls_write_fixed(writer, mjl_bytes_of(zeros, toy_suite.aead_tag_size));
}

void letter_write(const letter *of, mjl_buffer *packet)
{
    mjl_mls_writer writer = mjl_mls_writer_to(packet);
    mjl_mls_message_header_write(&writer, MJL_MLS_PRIVATE_MESSAGE);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->group_id));
    mjl_mls_write_u64(&writer, of->epoch);
    mjl_mls_write_u8(&writer, of->content_type);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->authenticated_data));
    size_t begin = mjl_mls_write_vector_begin(&writer);
    mjl_mls_write_u32(&writer, of->leaf);
    mjl_mls_write_u32(&writer, of->generation);
    mjl_mls_write_room(&writer, GUARD_SIZE);
    write_tag(&writer);
    mjl_mls_write_vector_end(&writer, begin);
    begin = mjl_mls_write_vector_begin(&writer);
    if (of->content_type == MJL_MLS_APPLICATION) {
        mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->body));
    } else {
        mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&of->body));
    }
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->signature));
    if (of->content_type == MJL_MLS_COMMIT)
        mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->tag));
    write_tag(&writer);
    mjl_mls_write_vector_end(&writer, begin);
    const mjl_result result = mjl_mls_writer_end(&writer);
    assert(result == MJL_OK);
}

void letter_clear(letter *of)
{
    mjl_buffer_clear(&of->group_id);
    mjl_buffer_clear(&of->authenticated_data);
    mjl_buffer_clear(&of->body);
    mjl_buffer_clear(&of->signature);
    mjl_buffer_clear(&of->tag);
    memset(of, 0, sizeof *of);
}
