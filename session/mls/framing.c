#include "framing.h"

#include <assert.h>
#include <sodium.h>

#include "labels.h"
#include "mls_limits.h"

static const char content_label[] = "FramedContentTBS";

/* SignContent's header stands right before the TBS, however long its length turns out. */
enum { HEADER_ROOM = 1 + 8 + 16 + 4 };

/* ---- FramedContent ---- */

static void read_sender(mjl_mls_reader *reader, mjl_mls_sender *sender)
{
    sender->type = mjl_mls_read_u8(reader);
    sender->index = 0;
    if (sender->type < MJL_MLS_SENDER_MEMBER || sender->type > MJL_MLS_SENDER_NEW_MEMBER_COMMIT) {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
    if (sender->type <= MJL_MLS_SENDER_EXTERNAL) sender->index = mjl_mls_read_u32(reader);
}

static void write_sender(mjl_mls_writer *writer, mjl_mls_sender sender)
{
    mjl_mls_write_u8(writer, sender.type);
    if (sender.type <= MJL_MLS_SENDER_EXTERNAL) mjl_mls_write_u32(writer, sender.index);
}

/* What each kind of sender may send at all (§6.1). */
static bool sender_may(uint8_t sender_type, uint8_t content_type)
{
    switch (sender_type) {
    case MJL_MLS_SENDER_MEMBER:
        return true;
    case MJL_MLS_SENDER_NEW_MEMBER_COMMIT:
        return content_type == MJL_MLS_COMMIT;
    default:
        return content_type == MJL_MLS_PROPOSAL;
    }
}

mjl_bytes mjl_mls_body_read(mjl_mls_reader *reader, uint8_t content_type)
{
    const uint8_t *mark = reader->at;
    switch (content_type) {
    case MJL_MLS_APPLICATION:
        return mjl_mls_read_vector(reader, MJL_MLS_BODY_SIZE_MAX);
    case MJL_MLS_PROPOSAL:
        mjl_mls_proposal_skip(reader);
        break;
    case MJL_MLS_COMMIT:
        mjl_mls_commit_skip(reader);
        break;
    default:
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
    return mjl_mls_read_since(reader, mark);
}

/* All but the body. */
static void read_head(mjl_mls_reader *reader, mjl_mls_framed_content *content)
{
    memset(content, 0, sizeof *content);
    content->group_id = mjl_mls_read_vector(reader, MJL_MLS_GROUP_ID_SIZE_MAX);
    content->epoch = mjl_mls_read_u64(reader);
    read_sender(reader, &content->sender);
    content->authenticated_data = mjl_mls_read_vector(reader, MJL_MLS_AUTHENTICATED_DATA_SIZE_MAX);
    content->content_type = mjl_mls_read_u8(reader);
}

static void write_head(mjl_mls_writer *writer, const mjl_mls_framed_content *content)
{
    mjl_mls_write_vector(writer, content->group_id);
    mjl_mls_write_u64(writer, content->epoch);
    write_sender(writer, content->sender);
    mjl_mls_write_vector(writer, content->authenticated_data);
    mjl_mls_write_u8(writer, content->content_type);
}

void mjl_mls_framed_content_read(mjl_mls_reader *reader, mjl_mls_framed_content *content)
{
    const uint8_t *mark = reader->at;
    read_head(reader, content);
    content->body = mjl_mls_body_read(reader, content->content_type);
    if (reader->result == MJL_OK && !sender_may(content->sender.type, content->content_type)) {
        mjl_mls_reader_fail(reader, MJL_SENDER_CONTENT);
    }
    content->encoded = mjl_mls_read_since(reader, mark);
}

void mjl_mls_framed_content_write(mjl_mls_writer *writer, const mjl_mls_framed_content *content)
{
    write_head(writer, content);
    if (content->content_type == MJL_MLS_APPLICATION) {
        mjl_mls_write_vector(writer, content->body);
    } else {
        mjl_mls_write_fixed(writer, content->body);
    }
}

/* ---- AuthenticatedContent ---- */

bool mjl_mls_sender_covers_context(uint8_t sender_type)
{
    return sender_type == MJL_MLS_SENDER_MEMBER || sender_type == MJL_MLS_SENDER_NEW_MEMBER_COMMIT;
}

void mjl_mls_authenticated_content_clear(mjl_mls_authenticated_content *authenticated)
{
    mjl_buffer_clear(&authenticated->buffer);
    sodium_memzero(authenticated, sizeof *authenticated);
}

mjl_result mjl_mls_content_begin(uint16_t wire_format, const mjl_mls_framed_content *content,
                                 size_t room, mjl_bytes context,
                                 mjl_mls_authenticated_content *authenticated, uint8_t **body)
{
    assert(authenticated->buffer.data == NULL);
    enum { FIXED_SIZE_MAX = HEADER_ROOM + 2 + 2 + 4 + 8 + 1 + 4 + 4 + 1 };
    if (context.size > MJL_MLS_MESSAGE_SIZE_MAX) return MJL_TOO_LARGE;
    if (content->group_id.size > MJL_MLS_GROUP_ID_SIZE_MAX) return MJL_TOO_LARGE;
    if (content->authenticated_data.size > MJL_MLS_AUTHENTICATED_DATA_SIZE_MAX) {
        return MJL_TOO_LARGE;
    }
    /* All the room at once: the buffer then never moves, and views into it stay. */
    const size_t size = FIXED_SIZE_MAX + content->group_id.size + content->authenticated_data.size +
                        room + context.size;
    mjl_result result = mjl_buffer_reserve(&authenticated->buffer, size);
    if (result != MJL_OK) return result;

    mjl_mls_writer writer = mjl_mls_writer_to(&authenticated->buffer);
    mjl_mls_write_room(&writer, HEADER_ROOM);
    mjl_mls_write_u16(&writer, MJL_MLS_VERSION_10);
    mjl_mls_write_u16(&writer, wire_format);
    write_head(&writer, content);
    result = mjl_mls_writer_end(&writer);
    assert(result == MJL_OK);
    assert(authenticated->buffer.room >= authenticated->buffer.size + room + context.size);
    authenticated->wire_format = wire_format;
    *body = authenticated->buffer.data + authenticated->buffer.size;
    return result;
}

/* Sets the views of the content from the buffer. Only what _begin wrote is read here, so it cannot
   fail. */
static void set_views(mjl_mls_authenticated_content *authenticated, size_t encoded_body_size)
{
    const uint8_t *start = authenticated->buffer.data + HEADER_ROOM + 4;
    const size_t size = authenticated->buffer.size - HEADER_ROOM - 4;
    mjl_mls_framed_content *content = &authenticated->content;
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_bytes_of(start, size));
    read_head(&reader, content);
    assert(mjl_mls_reader_left(&reader) == encoded_body_size);
    content->body = content->content_type == MJL_MLS_APPLICATION
                        ? mjl_mls_body_read(&reader, MJL_MLS_APPLICATION)
                        : mjl_mls_read_fixed(&reader, encoded_body_size);
    assert(reader.result == MJL_OK);
    content->encoded = mjl_bytes_of(start, size);
}

void mjl_mls_content_finish(size_t encoded_body_size, mjl_bytes context,
                            mjl_mls_authenticated_content *authenticated)
{
    mjl_buffer *buffer = &authenticated->buffer;
    buffer->size += encoded_body_size;
    set_views(authenticated, encoded_body_size);
    if (mjl_mls_sender_covers_context(authenticated->content.sender.type)) {
        const mjl_result result = mjl_buffer_append(buffer, context);
        assert(result == MJL_OK); /* There is room. */
        (void)result;
    }
    /* Padding and the signature may stand in the rest of the room. */
    sodium_memzero(buffer->data + buffer->size, buffer->room - buffer->size);

    uint8_t header[MJL_MLS_SIGN_HEADER_SIZE_MAX];
    authenticated->tbs = mjl_bytes_of(buffer->data + HEADER_ROOM, buffer->size - HEADER_ROOM);
    const size_t size = mjl_mls_sign_header(content_label, authenticated->tbs.size, header);
    assert(size <= HEADER_ROOM);
    memcpy(buffer->data + HEADER_ROOM - size, header, size);
    authenticated->sign_content =
        mjl_bytes_of(buffer->data + HEADER_ROOM - size, authenticated->tbs.size + size);
}

mjl_bytes mjl_mls_content_encoded_body(const mjl_mls_authenticated_content *authenticated)
{
    const mjl_mls_framed_content *content = &authenticated->content;
    size_t size = content->body.size;
    if (content->content_type == MJL_MLS_APPLICATION) size += mjl_mls_length_size(size);
    return mjl_bytes_of(content->encoded.data + content->encoded.size - size, size);
}

mjl_result mjl_mls_content_frame(uint16_t wire_format, const mjl_mls_framed_content *content,
                                 mjl_bytes context, mjl_mls_authenticated_content *authenticated)
{
    uint8_t header[4], *body;
    size_t header_size = 0;
    if (content->body.size > MJL_MLS_BODY_SIZE_MAX) return MJL_TOO_LARGE;
    if (content->content_type == MJL_MLS_APPLICATION) {
        header_size = mjl_mls_length_encode(content->body.size, header);
    }
    const size_t size = header_size + content->body.size;
    const mjl_result result =
        mjl_mls_content_begin(wire_format, content, size, context, authenticated, &body);
    if (result != MJL_OK) return result;
    memcpy(body, header, header_size);
    if (content->body.size != 0) memcpy(body + header_size, content->body.data, content->body.size);
    mjl_mls_content_finish(size, context, authenticated);
    return MJL_OK;
}

mjl_result mjl_mls_content_sign(const mjl_mls_suite *suite, uint16_t wire_format,
                                const mjl_mls_framed_content *content, mjl_bytes context,
                                const uint8_t *signature_seed,
                                mjl_mls_authenticated_content *authenticated)
{
    mjl_result result = mjl_mls_content_frame(wire_format, content, context, authenticated);
    if (result != MJL_OK) return result;
    result = suite->sign(signature_seed, authenticated->sign_content, authenticated->signature,
                         &authenticated->signature_size);
    if (result != MJL_OK) {
        mjl_mls_authenticated_content_clear(authenticated);
        return result;
    }
    return MJL_OK;
}

void mjl_mls_content_set_tag(const mjl_mls_suite *suite,
                             mjl_mls_authenticated_content *authenticated, const uint8_t *tag)
{
    assert(authenticated->content.content_type == MJL_MLS_COMMIT);
    memcpy(authenticated->confirmation_tag, tag, suite->hash_size);
    authenticated->confirmation_tag_size = suite->hash_size;
}

bool mjl_mls_sender_is_allowed(unsigned allowed, uint8_t sender_type)
{
    switch (sender_type) {
    case MJL_MLS_SENDER_MEMBER:
        return true;
    case MJL_MLS_SENDER_EXTERNAL:
        return (allowed & MJL_MLS_ALLOW_EXTERNAL_SENDERS) != 0;
    case MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL:
        return (allowed & MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS) != 0;
    case MJL_MLS_SENDER_NEW_MEMBER_COMMIT:
        return (allowed & MJL_MLS_ALLOW_EXTERNAL_COMMIT) != 0;
    default:
        return false;
    }
}

mjl_result mjl_mls_content_verify(const mjl_mls_epoch_view *view,
                                  const mjl_mls_authenticated_content *authenticated)
{
    mjl_bytes key;
    if (!mjl_mls_sender_is_allowed(view->allowed, authenticated->content.sender.type))
        return MJL_NOT_ALLOWED;
    const mjl_result result = view->signature_key(view->lookup, &authenticated->content, &key);
    if (result != MJL_OK) return result;
    return view->suite->verify(
        key, authenticated->sign_content,
        mjl_bytes_of(authenticated->signature, authenticated->signature_size));
}

/* ---- FramedContentAuthData ---- */

void mjl_mls_auth_data_read(mjl_mls_reader *reader, const mjl_mls_suite *suite,
                            mjl_mls_authenticated_content *authenticated, uint8_t content_type)
{
    const mjl_bytes signature = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    if (signature.size > suite->signature_size_max) mjl_mls_reader_fail(reader, MJL_BAD_SIGNATURE);
    mjl_bytes tag = {NULL, 0};
    if (content_type == MJL_MLS_COMMIT) {
        tag = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
        if (tag.size != suite->hash_size) mjl_mls_reader_fail(reader, MJL_BAD_CONFIRMATION);
    }
    if (reader->result != MJL_OK) return;
    if (signature.size != 0) memcpy(authenticated->signature, signature.data, signature.size);
    if (tag.size != 0) memcpy(authenticated->confirmation_tag, tag.data, tag.size);
    authenticated->signature_size = signature.size;
    authenticated->confirmation_tag_size = tag.size;
}

void mjl_mls_auth_data_write(mjl_mls_writer *writer,
                             const mjl_mls_authenticated_content *authenticated)
{
    mjl_mls_write_vector(writer,
                         mjl_bytes_of(authenticated->signature, authenticated->signature_size));
    if (authenticated->content.content_type != MJL_MLS_COMMIT) return;
    assert(authenticated->confirmation_tag_size != 0);
    mjl_mls_write_vector(writer, mjl_bytes_of(authenticated->confirmation_tag,
                                              authenticated->confirmation_tag_size));
}

void mjl_mls_authenticated_content_write(mjl_mls_writer *writer,
                                         const mjl_mls_authenticated_content *authenticated)
{
    mjl_mls_write_u16(writer, authenticated->wire_format);
    mjl_mls_write_fixed(writer, authenticated->content.encoded);
    mjl_mls_auth_data_write(writer, authenticated);
}

mjl_result mjl_mls_authenticated_content_parse(const mjl_mls_suite *suite, mjl_bytes encoded,
                                               mjl_bytes context,
                                               mjl_mls_authenticated_content *authenticated)
{
    mjl_mls_framed_content content;
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    const uint16_t wire_format = mjl_mls_read_u16(&reader);
    mjl_mls_framed_content_read(&reader, &content);
    mjl_mls_auth_data_read(&reader, suite, authenticated, content.content_type);
    mjl_result result = mjl_mls_reader_end(&reader);
    if (result == MJL_OK) {
        result = mjl_mls_content_frame(wire_format, &content, context, authenticated);
    }
    if (result != MJL_OK) mjl_mls_authenticated_content_clear(authenticated);
    return result;
}

mjl_result mjl_mls_proposal_reference(const mjl_mls_suite *suite,
                                      const mjl_mls_authenticated_content *authenticated,
                                      uint8_t *reference)
{
    assert(authenticated->content.content_type == MJL_MLS_PROPOSAL);
    mjl_buffer encoded = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    mjl_mls_authenticated_content_write(&writer, authenticated);
    const mjl_result result = mjl_mls_writer_end(&writer);
    if (result == MJL_OK) {
        mjl_mls_ref_hash(suite, "MLS 1.0 Proposal Reference", mjl_buffer_bytes(&encoded),
                         reference);
    }
    mjl_buffer_clear(&encoded);
    return result;
}
