/*
 * The saved form of a standalone proposal that waits for its commit: the public
 * mjl_mls_proposal_save, mjl_mls_proposal_load.
 *
 *     format | private key of an own Update, if it is one | AuthenticatedContent
 *
 * What was verified when it came is not verified again. It belongs to one epoch of one group.
 */
#include <sodium.h>

#include "group.h"
#include "message.h"
#include "proposal.h"

enum { FORMAT = 1 };

mjl_result mjl_mls_proposal_save(const mjl_mls_group *group, const mjl_mls_opened *proposal,
                                 mjl_buffer *out)
{
    if (mjl_mls_opened_type(proposal) != MJL_MLS_PROPOSAL) return MJL_BAD_ARGUMENT;
    const uint8_t *key = mjl_mls_opened_update_key(proposal);
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_write_u8(&writer, FORMAT);
    mjl_mls_write_optional(&writer, key != NULL);
    if (key != NULL)
        mjl_mls_write_vector(&writer, mjl_bytes_of(key, group->suite->kem_private_size));
    mjl_mls_authenticated_content_write(&writer, mjl_mls_opened_content(proposal));
    return mjl_mls_writer_end(&writer);
}

/* ---- Loading ---- */

/* A private key belongs to the leaf of the Update that it stands with. */
static mjl_result key_check(const mjl_mls_suite *suite, mjl_bytes key, mjl_bytes body)
{
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_mls_proposal proposal;
    mjl_result result = mjl_mls_proposal_parse(body, &proposal);
    if (result != MJL_OK) return result;
    if (proposal.type != MJL_MLS_PROPOSAL_UPDATE) return MJL_MALFORMED;
    if (key.size != suite->kem_private_size) return MJL_BAD_KEY;
    result = suite->kem_public_of(key.data, public_key);
    if (result != MJL_OK) return result;
    const bool fits = mjl_bytes_equal(mjl_bytes_of(public_key, suite->kem_public_size),
                                      proposal.update.encryption_key);
    return fits ? MJL_OK : MJL_BAD_KEY;
}

static mjl_result content_check(const mjl_mls_group *group, const mjl_mls_framed_content *content)
{
    if (content->content_type != MJL_MLS_PROPOSAL) return MJL_MALFORMED;
    if (!mjl_bytes_equal(content->group_id, group->context.group_id)) return MJL_WRONG_GROUP;
    return content->epoch == group->context.epoch ? MJL_OK : MJL_WRONG_EPOCH;
}

static mjl_result make(const mjl_mls_group *group, bool has_key, mjl_bytes key,
                       mjl_mls_authenticated_content *content, mjl_mls_opened **proposal)
{
    mjl_result result = content_check(group, &content->content);
    if (result == MJL_OK && has_key) result = key_check(group->suite, key, content->content.body);
    if (result == MJL_OK) result = mjl_mls_opened_of(content, proposal);
    if (result != MJL_OK || !has_key) return result;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX] = {0};
    memcpy(private_key, key.data, key.size);
    mjl_mls_opened_set_update_key(*proposal, private_key);
    sodium_memzero(private_key, sizeof private_key);
    return MJL_OK;
}

mjl_result mjl_mls_proposal_load(mjl_bytes saved, const mjl_mls_group *group,
                                 mjl_mls_opened **proposal)
{
    mjl_mls_reader reader = mjl_mls_reader_of(saved);
    if (mjl_mls_read_u8(&reader) != FORMAT) mjl_mls_reader_fail(&reader, MJL_UNKNOWN_VERSION);
    const bool has_key = mjl_mls_read_optional(&reader);
    mjl_bytes key = {NULL, 0};
    if (has_key) key = mjl_mls_read_vector(&reader, MJL_MLS_KEM_PRIVATE_SIZE_MAX);
    if (reader.result != MJL_OK) return reader.result;
    mjl_mls_authenticated_content content = {0};
    mjl_result result = mjl_mls_authenticated_content_parse(
        group->suite, mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader)),
        mjl_buffer_bytes(&group->context_bytes), &content);
    if (result == MJL_OK) result = make(group, has_key, key, &content, proposal);
    mjl_mls_authenticated_content_clear(&content);
    return result;
}
