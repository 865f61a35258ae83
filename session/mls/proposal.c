#include "proposal.h"

#include "framing.h"
#include "mls_limits.h"

bool mjl_mls_proposal_is_default(uint16_t type)
{
    return type >= MJL_MLS_PROPOSAL_ADD && type <= MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS;
}

/* ---- Reading ---- */

void mjl_mls_reinit_read(mjl_mls_reader *reader, mjl_mls_reinit *reinit)
{
    reinit->group_id = mjl_mls_read_vector(reader, MJL_MLS_GROUP_ID_SIZE_MAX);
    reinit->version = mjl_mls_read_u16(reader);
    reinit->suite = mjl_mls_read_u16(reader);
    reinit->extensions = mjl_mls_extensions_read(reader);
}

static void body_read(mjl_mls_reader *reader, mjl_mls_proposal *proposal)
{
    switch (proposal->type) {
    case MJL_MLS_PROPOSAL_ADD:
        mjl_mls_key_package_read_body(reader, &proposal->add);
        return;
    case MJL_MLS_PROPOSAL_UPDATE:
        mjl_mls_leaf_node_read(reader, &proposal->update);
        return;
    case MJL_MLS_PROPOSAL_REMOVE:
        proposal->remove = mjl_mls_read_u32(reader);
        return;
    case MJL_MLS_PROPOSAL_PSK:
        mjl_mls_psk_id_read(reader, &proposal->psk);
        return;
    case MJL_MLS_PROPOSAL_REINIT:
        mjl_mls_reinit_read(reader, &proposal->reinit);
        return;
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT:
        proposal->external_init = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
        return;
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        proposal->extensions = mjl_mls_extensions_read(reader);
        return;
    case 0: /* Reserved (§17.4). */
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
        return;
    default:
        proposal->custom = mjl_mls_read_vector(reader, MJL_MLS_BODY_SIZE_MAX);
    }
}

void mjl_mls_proposal_read(mjl_mls_reader *reader, mjl_mls_proposal *proposal)
{
    *proposal = (mjl_mls_proposal){0};
    const uint8_t *mark = reader->at;
    proposal->type = mjl_mls_read_u16(reader);
    body_read(reader, proposal);
    proposal->encoded = mjl_mls_read_since(reader, mark);
}

mjl_result mjl_mls_proposal_parse(mjl_bytes encoded, mjl_mls_proposal *proposal)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_proposal_read(&reader, proposal);
    return mjl_mls_reader_end(&reader);
}

void mjl_mls_proposal_skip(mjl_mls_reader *reader)
{
    mjl_mls_proposal proposal;
    mjl_mls_proposal_read(reader, &proposal);
}

void mjl_mls_proposal_show(const mjl_mls_proposal *proposal, mjl_mls_proposal_view *view)
{
    *view = (mjl_mls_proposal_view){.type = proposal->type};
    switch (proposal->type) {
    case MJL_MLS_PROPOSAL_ADD:
        view->key_package = proposal->add.encoded;
        return;
    case MJL_MLS_PROPOSAL_UPDATE:
        view->leaf_node = proposal->update.encoded;
        return;
    case MJL_MLS_PROPOSAL_REMOVE:
        view->leaf = proposal->remove;
        return;
    case MJL_MLS_PROPOSAL_PSK:
        view->psk_id = proposal->psk.encoded_without_nonce;
        return;
    case MJL_MLS_PROPOSAL_REINIT:
        view->group_id = proposal->reinit.group_id;
        view->version = proposal->reinit.version;
        view->suite = proposal->reinit.suite;
        view->extensions = proposal->reinit.extensions;
        return;
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        view->extensions = proposal->extensions;
        return;
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT:
        view->data = proposal->external_init;
        return;
    default:
        view->data = proposal->custom;
    }
}

/* ---- Writing ---- */

void mjl_mls_proposal_add_write(mjl_mls_writer *writer, mjl_bytes key_package)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_ADD);
    mjl_mls_write_fixed(writer, key_package);
}

void mjl_mls_proposal_update_write(mjl_mls_writer *writer, mjl_bytes leaf_node)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_UPDATE);
    mjl_mls_write_fixed(writer, leaf_node);
}

void mjl_mls_proposal_remove_write(mjl_mls_writer *writer, uint32_t leaf)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_REMOVE);
    mjl_mls_write_u32(writer, leaf);
}

void mjl_mls_proposal_psk_write(mjl_mls_writer *writer, const mjl_mls_psk_id *id)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_PSK);
    mjl_mls_psk_id_write(writer, id);
}

void mjl_mls_proposal_reinit_write(mjl_mls_writer *writer, const mjl_mls_reinit *reinit)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_REINIT);
    mjl_mls_reinit_write(writer, reinit);
}

void mjl_mls_reinit_write(mjl_mls_writer *writer, const mjl_mls_reinit *reinit)
{
    mjl_mls_write_vector(writer, reinit->group_id);
    mjl_mls_write_u16(writer, reinit->version);
    mjl_mls_write_u16(writer, reinit->suite);
    mjl_mls_write_vector(writer, reinit->extensions);
}

void mjl_mls_proposal_external_init_write(mjl_mls_writer *writer, mjl_bytes kem_output)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_EXTERNAL_INIT);
    mjl_mls_write_vector(writer, kem_output);
}

void mjl_mls_proposal_extensions_write(mjl_mls_writer *writer, mjl_bytes extensions)
{
    mjl_mls_write_u16(writer, MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS);
    mjl_mls_write_vector(writer, extensions);
}

void mjl_mls_proposal_custom_write(mjl_mls_writer *writer, uint16_t type, mjl_bytes data)
{
    mjl_mls_write_u16(writer, type);
    mjl_mls_write_vector(writer, data);
}
