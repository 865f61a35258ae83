#include "change.h"

#include "message.h"

static void add_write(mjl_mls_writer *writer, const mjl_mls_change *change)
{
    mjl_bytes key_package;
    const mjl_result result =
        mjl_mls_message_body(change->key_package, MJL_MLS_KEY_PACKAGE, &key_package);
    if (result != MJL_OK) {
        mjl_mls_writer_fail(writer, result);
        return;
    }
    mjl_mls_proposal_add_write(writer, key_package);
}

/* §8.4: each use of a PSK has a nonce of its own. */
static void psk_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                      const mjl_mls_change *change, mjl_random random)
{
    uint8_t nonce[MJL_MLS_HASH_SIZE_MAX];
    const mjl_result result = random.fill(random.context, nonce, suite->hash_size);
    if (result != MJL_OK) mjl_mls_writer_fail(writer, result);
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_PSK);
    mjl_mls_write_fixed(writer, change->psk_id);
    mjl_mls_write_vector(writer, mjl_bytes_of(nonce, suite->hash_size));
}

static void extensions_list(mjl_mls_writer *writer, const mjl_mls_change *change)
{
    const size_t begin = mjl_mls_write_vector_begin(writer);
    mjl_mls_extensions_write(writer, change->extensions, change->extensions_count);
    mjl_mls_write_vector_end(writer, begin);
}

static void reinit_write(mjl_mls_writer *writer, const mjl_mls_change *change)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_REINIT);
    mjl_mls_write_vector(writer, change->group_id);
    mjl_mls_write_u16(writer, MJL_MLS_VERSION_10);
    mjl_mls_write_u16(writer, change->suite);
    extensions_list(writer, change);
}

void mjl_mls_change_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                          const mjl_mls_change *change, mjl_random random)
{
    switch (change->type) {
    case MJL_MLS_PROPOSAL_ADD:
        add_write(writer, change);
        return;
    case MJL_MLS_PROPOSAL_REMOVE:
        mjl_mls_proposal_remove_write(writer, change->leaf);
        return;
    case MJL_MLS_PROPOSAL_PSK:
        psk_write(writer, suite, change, random);
        return;
    case MJL_MLS_PROPOSAL_REINIT:
        reinit_write(writer, change);
        return;
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS);
        extensions_list(writer, change);
        return;
    case MJL_MLS_PROPOSAL_UPDATE:
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT:
        mjl_mls_writer_fail(writer, MJL_BAD_ARGUMENT);
        return;
    default:
        mjl_mls_proposal_custom_write(writer, change->type, change->data);
    }
}
