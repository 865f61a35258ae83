#include "commit.h"

#include "framing.h"

typedef enum proposal_or_ref_type { BY_VALUE = 1, BY_REFERENCE = 2 } proposal_or_ref_type;

void mjl_mls_proposal_or_ref_read(mjl_mls_reader *reader, mjl_mls_proposal_or_ref *item)
{
    const uint8_t type = mjl_mls_read_u8(reader);
    item->is_reference = type == BY_REFERENCE;
    item->reference = mjl_bytes_of(NULL, 0);
    if (type == BY_REFERENCE) {
        item->reference = mjl_mls_read_vector(reader, MJL_MLS_HASH_SIZE_MAX);
    } else if (type == BY_VALUE) {
        mjl_mls_proposal_read(reader, &item->proposal);
    } else {
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
}

void mjl_mls_proposal_by_value_write(mjl_mls_writer *writer)
{
    mjl_mls_write_u8(writer, BY_VALUE);
}

void mjl_mls_proposal_reference_write(mjl_mls_writer *writer, mjl_bytes reference)
{
    mjl_mls_write_u8(writer, BY_REFERENCE);
    mjl_mls_write_vector(writer, reference);
}

static void proposals_read(mjl_mls_reader *reader, mjl_mls_commit_view *commit)
{
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_BODY_SIZE_MAX);
    const uint8_t *mark = list.at;
    commit->proposals_count = 0;
    while (mjl_mls_reader_more(&list)) {
        mjl_mls_proposal_or_ref item;
        mjl_mls_proposal_or_ref_read(&list, &item);
        if (++commit->proposals_count > MJL_MLS_PROPOSALS_COUNT_MAX)
            mjl_mls_reader_fail(&list, MJL_TOO_LARGE);
    }
    commit->proposals = mjl_mls_read_since(&list, mark);
    mjl_mls_read_list_end(reader, &list);
}

void mjl_mls_commit_read(mjl_mls_reader *reader, mjl_mls_commit_view *commit)
{
    proposals_read(reader, commit);
    commit->has_path = mjl_mls_read_optional(reader);
    if (commit->has_path) mjl_mls_update_path_read(reader, &commit->path);
}

mjl_result mjl_mls_commit_parse(mjl_bytes encoded, mjl_mls_commit_view *commit)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_commit_read(&reader, commit);
    return mjl_mls_reader_end(&reader);
}

void mjl_mls_commit_skip(mjl_mls_reader *reader)
{
    mjl_mls_commit_view commit;
    mjl_mls_commit_read(reader, &commit);
}

void mjl_mls_commit_write(mjl_mls_writer *writer, mjl_bytes proposals, mjl_bytes update_path)
{
    mjl_mls_write_vector(writer, proposals);
    mjl_mls_write_optional(writer, update_path.size != 0);
    mjl_mls_write_fixed(writer, update_path);
}
