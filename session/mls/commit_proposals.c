/*
 * The proposals of a commit in the making, as its list will hold them (RFC 9420 §12.4).
 */
#include "change.h"
#include "commit_making.h"
#include "group.h"
#include "message.h"

static void reference_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                            const mjl_mls_opened *opened)
{
    uint8_t reference[MJL_MLS_HASH_SIZE_MAX];
    mjl_result result = MJL_BAD_ARGUMENT;
    if (mjl_mls_opened_type(opened) == MJL_MLS_PROPOSAL)
        result = mjl_mls_proposal_reference(suite, mjl_mls_opened_content(opened), reference);
    if (result != MJL_OK) {
        mjl_mls_writer_fail(writer, result);
        return;
    }
    mjl_mls_proposal_reference_write(writer, mjl_bytes_of(reference, suite->hash_size));
}

static void change_write(mjl_mls_writer *writer, const mjl_mls_commit_making *making,
                         const mjl_mls_change *change)
{
    if (change->type == MJL_MLS_PROPOSAL_REMOVE && change->leaf == making->group->own_leaf)
        mjl_mls_writer_fail(writer, MJL_CANNOT_REMOVE_SELF);
    mjl_mls_proposal_by_value_write(writer);
    mjl_mls_change_write(writer, making->group->suite, change, making->random);
}

static void external_init_write(mjl_mls_writer *writer, const mjl_mls_commit_making *making)
{
    if (making->outsider == NULL) return;
    mjl_mls_proposal_by_value_write(writer);
    mjl_mls_proposal_external_init_write(writer, making->outsider->kem_output);
}

static void resumption_write(mjl_mls_writer *writer, const mjl_mls_commit_making *making)
{
    if (making->resumption == NULL) return;
    mjl_mls_proposal_by_value_write(writer);
    mjl_mls_resumption_write(writer, making->resumption, making->group->suite, making->random);
}

/* The short forms of the config, worded as changes. */
static void short_forms_write(mjl_mls_writer *writer, const mjl_mls_commit_making *making)
{
    const mjl_mls_commit_config *config = making->config;
    for (size_t i = 0; i < config->remove_count; i++) {
        const mjl_mls_change change = {.type = MJL_MLS_PROPOSAL_REMOVE,
                                       .leaf = config->remove_leaves[i]};
        change_write(writer, making, &change);
    }
    for (size_t i = 0; i < config->add_count; i++) {
        const mjl_mls_change change = {.type = MJL_MLS_PROPOSAL_ADD,
                                       .key_package = config->add_key_packages[i]};
        change_write(writer, making, &change);
    }
    if (!config->replace_context_extensions) return;
    const mjl_mls_change change = {.type = MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS,
                                   .extensions = config->context_extensions,
                                   .extensions_count = config->context_extensions_count};
    change_write(writer, making, &change);
}

mjl_result mjl_mls_commit_write_proposals(mjl_mls_commit_making *making)
{
    const mjl_mls_commit_config *config = making->config;
    mjl_mls_writer writer = mjl_mls_writer_to(&making->proposals);
    external_init_write(&writer, making);
    for (size_t i = 0; i < config->proposals_count; i++)
        reference_write(&writer, making->group->suite, config->proposals[i]);
    short_forms_write(&writer, making);
    resumption_write(&writer, making);
    for (size_t i = 0; i < config->changes_count; i++)
        change_write(&writer, making, &config->changes[i]);
    return mjl_mls_writer_end(&writer);
}
