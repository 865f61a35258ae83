#include "public_message.h"

#include <assert.h>
#include <sodium.h>

#include "message.h"
#include "mls_limits.h"

/* MAC over AuthenticatedContentTBM (§6.2): the TBS, then the auth data, in pieces. */
static void membership_tag(const mjl_mls_epoch_view *view,
                           const mjl_mls_authenticated_content *authenticated, uint8_t *tag)
{
    uint8_t signature_length[4], confirmation_length[4];
    const size_t signature_size = authenticated->signature_size;
    const size_t confirmation_size = authenticated->confirmation_tag_size;
    const mjl_bytes parts[] = {
        authenticated->tbs,
        mjl_bytes_of(signature_length, mjl_mls_length_encode(signature_size, signature_length)),
        mjl_bytes_of(authenticated->signature, signature_size),
        mjl_bytes_of(confirmation_length,
                     mjl_mls_length_encode(confirmation_size, confirmation_length)),
        mjl_bytes_of(authenticated->confirmation_tag, confirmation_size)};
    const size_t count = authenticated->content.content_type == MJL_MLS_COMMIT ? 5 : 3;
    view->suite->hmac(mjl_bytes_of(view->secrets->membership_key, view->suite->hash_size),
                      (mjl_mls_parts){parts, count}, tag);
}

mjl_result mjl_mls_public_message_protect(const mjl_mls_epoch_view *view,
                                          const mjl_mls_authenticated_content *authenticated,
                                          mjl_buffer *message)
{
    assert(authenticated->wire_format == MJL_MLS_PUBLIC_MESSAGE);
    if (authenticated->content.content_type == MJL_MLS_APPLICATION) return MJL_BAD_ARGUMENT;
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_PUBLIC_MESSAGE);
    mjl_mls_write_fixed(&writer, authenticated->content.encoded);
    mjl_mls_auth_data_write(&writer, authenticated);
    if (authenticated->content.sender.type == MJL_MLS_SENDER_MEMBER) {
        uint8_t tag[MJL_MLS_HASH_SIZE_MAX];
        membership_tag(view, authenticated, tag);
        mjl_mls_write_vector(&writer, mjl_bytes_of(tag, view->suite->hash_size));
    }
    return mjl_mls_writer_end(&writer);
}

/* Structure: content, auth data, and a tag from members. */
static mjl_result parse(const mjl_mls_suite *suite, mjl_bytes body, mjl_mls_framed_content *content,
                        mjl_mls_authenticated_content *authenticated, mjl_bytes *tag)
{
    mjl_mls_reader reader = mjl_mls_reader_of(body);
    mjl_mls_framed_content_read(&reader, content);
    mjl_mls_auth_data_read(&reader, suite, authenticated, content->content_type);
    *tag = mjl_bytes_of(NULL, 0);
    if (content->sender.type == MJL_MLS_SENDER_MEMBER) {
        *tag = mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    }
    if (reader.result == MJL_OK && content->content_type == MJL_MLS_APPLICATION) {
        return MJL_APPLICATION_IN_THE_CLEAR;
    }
    return mjl_mls_reader_end(&reader);
}

static mjl_result check_tag(const mjl_mls_epoch_view *view,
                            const mjl_mls_authenticated_content *authenticated, mjl_bytes tag)
{
    if (authenticated->content.sender.type != MJL_MLS_SENDER_MEMBER) return MJL_OK;
    uint8_t expected[MJL_MLS_HASH_SIZE_MAX];
    membership_tag(view, authenticated, expected);
    const bool equal = mjl_mls_mac_equal(view->suite, expected, tag);
    sodium_memzero(expected, sizeof expected);
    return equal ? MJL_OK : MJL_BAD_MAC;
}

static mjl_result unprotect(const mjl_mls_epoch_view *view, mjl_bytes body,
                            mjl_mls_authenticated_content *authenticated)
{
    mjl_mls_framed_content content;
    mjl_bytes tag;
    mjl_result result = parse(view->suite, body, &content, authenticated, &tag);
    if (result != MJL_OK) return result;
    if (!mjl_bytes_equal(content.group_id, view->group_id)) return MJL_WRONG_GROUP;
    if (content.epoch != view->epoch) return MJL_WRONG_EPOCH;
    result = mjl_mls_content_frame(MJL_MLS_PUBLIC_MESSAGE, &content, view->context, authenticated);
    if (result == MJL_OK) result = check_tag(view, authenticated, tag);
    if (result == MJL_OK) result = mjl_mls_content_verify(view, authenticated);
    return result;
}

mjl_result mjl_mls_public_message_unprotect(const mjl_mls_epoch_view *view, mjl_bytes body,
                                            mjl_mls_authenticated_content *authenticated)
{
    const mjl_result result = unprotect(view, body, authenticated);
    if (result != MJL_OK) mjl_mls_authenticated_content_clear(authenticated);
    return result;
}
