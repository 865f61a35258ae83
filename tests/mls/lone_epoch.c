#include "lone_epoch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "message.h"
#include "private_message.h"
#include "public_message.h"
#include "vectors.h"

static mjl_result lookup(const void *context, const mjl_mls_framed_content *content, mjl_bytes *key)
{
    const epoch *of = context;
    if (content->sender.type != MJL_MLS_SENDER_MEMBER) return MJL_NOT_ALLOWED;
    if (content->sender.index != 1) return MJL_UNKNOWN_SENDER;
    *key = mjl_bytes_of(of->identity.signature_key, of->view.suite->signature_key_size);
    return MJL_OK;
}

void epoch_set(epoch *of, const mjl_mls_suite *suite, const mjl_mls_context *context)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&of->context);
    mjl_mls_context_write(&writer, context);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const mjl_mls_epoch_view view = {.suite = suite,
                                     .group_id = context->group_id,
                                     .epoch = context->epoch,
                                     .context = mjl_buffer_bytes(&of->context),
                                     .secrets = &of->secrets,
                                     .own_leaf = 1,
                                     .signature_key = lookup,
                                     .lookup = of};
    of->view = view;
}

void epoch_of_chance(const mjl_mls_suite *suite, epoch *of)
{
    const mjl_mls_context context = {.suite = suite->id,
                                     .group_id = mjl_bytes_text("a group"),
                                     .epoch = 7,
                                     .tree_hash = mjl_bytes_text("a tree hash"),
                                     .confirmed_transcript_hash = mjl_bytes_text("a transcript")};
    memset(of, 0, sizeof *of);
    randombytes_buf(of->encryption_secret, sizeof of->encryption_secret);
    randombytes_buf(&of->secrets, sizeof of->secrets);
    assert_int_equal(mjl_mls_identity_generate(suite, vectors_random(), &of->identity), MJL_OK);
    epoch_set(of, suite, &context);
}

mjl_mls_ratchets *ratchets_of(const epoch *of, uint32_t own_leaf)
{
    mjl_mls_ratchets *ratchets = NULL;
    assert_int_equal(
        mjl_mls_ratchets_new(of->view.suite, of->encryption_secret, 2, own_leaf, &ratchets),
        MJL_OK);
    return ratchets;
}

mjl_mls_framed_content content_of(const epoch *of, uint8_t type, mjl_bytes body)
{
    const mjl_mls_framed_content content = {.group_id = of->view.group_id,
                                            .epoch = of->view.epoch,
                                            .sender = {MJL_MLS_SENDER_MEMBER, 1},
                                            .authenticated_data = mjl_bytes_text("aad"),
                                            .content_type = type,
                                            .body = body};
    return content;
}

mjl_result protect(const epoch *of, const mjl_mls_ratchets *ratchets, uint16_t wire_format,
                   const mjl_mls_framed_content *content, size_t padding_size, mjl_buffer *message)
{
    static const uint8_t tag[MJL_MLS_HASH_SIZE_MAX] = {5};
    const mjl_mls_suite *suite = of->view.suite;
    mjl_mls_authenticated_content signed_ = {0};
    mjl_result result = mjl_mls_content_sign(suite, wire_format, content, of->view.context,
                                             of->identity.signature_seed, &signed_);
    if (result != MJL_OK) return result;
    if (content->content_type == MJL_MLS_COMMIT) mjl_mls_content_set_tag(suite, &signed_, tag);
    result = wire_format == MJL_MLS_PUBLIC_MESSAGE
                 ? mjl_mls_public_message_protect(&of->view, &signed_, message)
                 : mjl_mls_private_message_protect(&of->view, ratchets, &signed_, padding_size,
                                                   vectors_random(), message);
    mjl_mls_authenticated_content_clear(&signed_);
    return result;
}

mjl_result unprotect(const epoch *of, const mjl_mls_ratchets *ratchets, mjl_bytes message,
                     mjl_mls_authenticated_content *authenticated)
{
    mjl_mls_key_name name;
    mjl_mls_reader reader = mjl_mls_reader_of(message);
    const uint16_t wire_format = mjl_mls_message_header_read(&reader);
    const mjl_bytes body = mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader));
    memset(authenticated, 0, sizeof *authenticated);
    if (reader.result != MJL_OK) return reader.result;
    if (wire_format == MJL_MLS_PUBLIC_MESSAGE) {
        return mjl_mls_public_message_unprotect(&of->view, body, authenticated);
    }
    if (wire_format != MJL_MLS_PRIVATE_MESSAGE) return MJL_UNKNOWN_KIND;
    return mjl_mls_private_message_unprotect(&of->view, ratchets, body, authenticated, &name);
}

bool opens_to(const epoch *of, mjl_bytes message, uint8_t type, mjl_bytes body)
{
    mjl_mls_authenticated_content opened;
    mjl_mls_ratchets *ratchets = ratchets_of(of, 0);
    const mjl_result result = unprotect(of, ratchets, message, &opened);
    const bool good = result == MJL_OK && opened.content.content_type == type &&
                      opened.content.sender.index == 1 &&
                      vectors_same("body", body, opened.content.body);
    if (result != MJL_OK) print_message("answered %d\n", (int)result);
    mjl_mls_authenticated_content_clear(&opened);
    mjl_mls_ratchets_free(ratchets);
    return good;
}

bool survives(const epoch *of, uint16_t wire_format, uint8_t type, mjl_bytes body)
{
    mjl_buffer message = {0};
    mjl_mls_ratchets *ratchets = ratchets_of(of, 1);
    const mjl_mls_framed_content content = content_of(of, type, body);
    const mjl_result result = protect(of, ratchets, wire_format, &content, 13, &message);
    const bool good = result == MJL_OK && opens_to(of, mjl_buffer_bytes(&message), type, body);
    mjl_mls_ratchets_free(ratchets);
    mjl_buffer_clear(&message);
    return good;
}
