/* What a member signed, checked by somebody who has no group: the bytes, the signature, the leaf.
 */
#include <string.h>

#include "framing.h"
#include "group_context.h"
#include "labels.h"
#include "leaf_node.h"

/* FramedContentTBS (RFC 9420 §6.1) of a member: version, wire format, content, context. */
static mjl_result read_signed(mjl_bytes bytes, mjl_mls_signed_view *view, mjl_mls_context *context)
{
    mjl_mls_framed_content content;
    mjl_mls_reader reader = mjl_mls_reader_of(bytes);
    if (mjl_mls_read_u16(&reader) != MJL_MLS_VERSION_10) {
        mjl_mls_reader_fail(&reader, MJL_UNKNOWN_VERSION);
    }
    view->wire_format = mjl_mls_read_u16(&reader);
    mjl_mls_framed_content_read(&reader, &content);
    mjl_mls_context_read(&reader, context);
    const mjl_result result = mjl_mls_reader_end(&reader);
    if (result != MJL_OK) return result;
    if (content.sender.type != MJL_MLS_SENDER_MEMBER) return MJL_UNKNOWN_SENDER;
    /* A member signs what belongs to the context it signs with. */
    if (!mjl_bytes_equal(content.group_id, context->group_id) || content.epoch != context->epoch) {
        return MJL_MALFORMED;
    }
    view->group_id = content.group_id;
    view->epoch = content.epoch;
    view->leaf = content.sender.index;
    view->type = (mjl_mls_content_type)content.content_type;
    view->authenticated_data = content.authenticated_data;
    view->payload = content.body;
    view->context = context->encoded;
    return MJL_OK;
}

mjl_result mjl_mls_signed_content_verify(mjl_bytes signed_content, mjl_bytes signature,
                                         mjl_bytes leaf_node, const mjl_mls_suites *suites,
                                         mjl_mls_signed_view *view)
{
    mjl_mls_context context;
    mjl_mls_leaf_node leaf;
    memset(view, 0, sizeof *view);
    mjl_result result = read_signed(signed_content, view, &context);
    if (result == MJL_OK) result = mjl_mls_leaf_node_parse(leaf_node, &leaf);
    if (result != MJL_OK) return result;
    const mjl_mls_suite *suite = mjl_mls_suite_find(suites, context.suite);
    if (suite == NULL) return MJL_WRONG_SUITE;
    view->signature_key = leaf.signature_key;
    view->identity = leaf.credential.identity;
    result = suite->signature_check_public(leaf.signature_key);
    const mjl_mls_leaf_place place = {.group_id = view->group_id, .leaf = view->leaf};
    if (result == MJL_OK) result = mjl_mls_leaf_node_verify(suite, &leaf, &place);
    if (result != MJL_OK) return result;
    return mjl_mls_verify_with_label(suite, leaf.signature_key, "FramedContentTBS", signed_content,
                                     signature);
}
