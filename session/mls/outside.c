#include "outside.h"

#include "change.h"
#include "commit.h"
#include "new_leaf.h"
#include "public_message.h"

/* ---- Whose signature counts ---- */

static mjl_result external_sender_key(mjl_bytes context_extensions, uint32_t index, mjl_bytes *key)
{
    mjl_bytes data;
    if (mjl_mls_extensions_find(context_extensions, MJL_MLS_EXTENSION_EXTERNAL_SENDERS, &data) !=
        MJL_OK)
        return MJL_UNKNOWN_SENDER;
    mjl_mls_reader reader = mjl_mls_reader_of(data);
    mjl_mls_reader list = mjl_mls_read_list(&reader, MJL_MLS_EXTENSION_SIZE_MAX);
    bool is_found = false;
    for (uint32_t i = 0; mjl_mls_reader_more(&list); i++) {
        mjl_mls_credential credential;
        const mjl_bytes found = mjl_mls_read_vector(&list, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
        mjl_mls_credential_read(&list, &credential);
        if (i != index) continue;
        *key = found;
        is_found = true;
    }
    mjl_mls_read_list_end(&reader, &list);
    const mjl_result result = mjl_mls_reader_end(&reader);
    if (result != MJL_OK) return result;
    return is_found ? MJL_OK : MJL_UNKNOWN_SENDER;
}

static mjl_result committer_key(mjl_bytes body, mjl_bytes *key)
{
    mjl_mls_commit_view commit;
    const mjl_result result = mjl_mls_commit_parse(body, &commit);
    if (result != MJL_OK) return result;
    if (!commit.has_path) return MJL_EXTERNAL_NO_PATH;
    *key = commit.path.leaf.signature_key;
    return MJL_OK;
}

mjl_result mjl_mls_outside_signature_key(mjl_bytes context_extensions,
                                         const mjl_mls_framed_content *content, mjl_bytes *key)
{
    if (content->sender.type == MJL_MLS_SENDER_NEW_MEMBER_COMMIT)
        return committer_key(content->body, key);
    mjl_mls_proposal proposal;
    mjl_result result = mjl_mls_proposal_parse(content->body, &proposal);
    if (result == MJL_OK) result = mjl_mls_outside_may_propose(content->sender.type, proposal.type);
    if (result != MJL_OK) return result;
    if (content->sender.type == MJL_MLS_SENDER_EXTERNAL)
        return external_sender_key(context_extensions, content->sender.index, key);
    *key = proposal.add.leaf.signature_key;
    return MJL_OK;
}

mjl_result mjl_mls_outside_may_propose(uint8_t sender_type, uint16_t proposal_type)
{
    if (sender_type == MJL_MLS_SENDER_MEMBER) return MJL_OK;
    if (sender_type == MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL)
        return proposal_type == MJL_MLS_PROPOSAL_ADD ? MJL_OK : MJL_NEW_MEMBER_PROPOSAL;
    switch (proposal_type) {
    case MJL_MLS_PROPOSAL_ADD:
    case MJL_MLS_PROPOSAL_REMOVE:
    case MJL_MLS_PROPOSAL_PSK:
    case MJL_MLS_PROPOSAL_REINIT:
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        return MJL_OK;
    default: /* Custom types too: none of them says that it may be. */
        return MJL_EXTERNAL_SENDER_PROPOSAL;
    }
}

/* ---- Making ---- */

mjl_result mjl_mls_external_senders_encode(const mjl_mls_external_sender *senders, size_t count,
                                           mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    for (size_t i = 0; i < count; i++) {
        const mjl_mls_identity identity = {.credential = senders[i].credential,
                                           .identity = senders[i].identity};
        mjl_mls_write_vector(&writer, senders[i].signature_key);
        mjl_mls_identity_credential_write(&writer, &identity);
    }
    mjl_mls_write_vector_end(&writer, begin);
    return mjl_mls_writer_end(&writer);
}

static mjl_result sign(const mjl_mls_outside_config *config, mjl_bytes body, mjl_buffer *message)
{
    const mjl_mls_suite *suite = mjl_mls_identity_suite(config->identity);
    const uint32_t index = config->sender == MJL_MLS_SENDER_EXTERNAL ? config->sender_index : 0;
    const mjl_mls_framed_content content = {.group_id = config->group_id,
                                            .epoch = config->epoch,
                                            .sender = {(uint8_t)config->sender, index},
                                            .authenticated_data = config->authenticated_data,
                                            .content_type = MJL_MLS_PROPOSAL,
                                            .body = body};
    mjl_mls_authenticated_content signed_content = {0};
    mjl_result result =
        mjl_mls_content_sign(suite, MJL_MLS_PUBLIC_MESSAGE, &content, mjl_bytes_of(NULL, 0),
                             config->identity->signature_seed, &signed_content);
    /* No membership tag: of the epoch nothing is needed. */
    const mjl_mls_epoch_view view = {.suite = suite};
    if (result == MJL_OK) result = mjl_mls_public_message_protect(&view, &signed_content, message);
    mjl_mls_authenticated_content_clear(&signed_content);
    return result;
}

mjl_result mjl_mls_propose_from_outside(const mjl_mls_outside_config *config, mjl_random random,
                                        mjl_buffer *message)
{
    if (config->sender != MJL_MLS_SENDER_EXTERNAL &&
        config->sender != MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL)
        return MJL_BAD_ARGUMENT;
    if (mjl_mls_outside_may_propose((uint8_t)config->sender, config->change.type) != MJL_OK)
        return MJL_BAD_ARGUMENT;
    mjl_buffer body = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&body);
    mjl_mls_change_write(&writer, mjl_mls_identity_suite(config->identity), &config->change,
                         random);
    mjl_result result = mjl_mls_writer_end(&writer);
    if (result == MJL_OK) result = sign(config, mjl_buffer_bytes(&body), message);
    mjl_buffer_clear(&body);
    return result;
}
