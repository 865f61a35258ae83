#include "evidence_format.h"

#include "commit_header.h"
#include "majlis/mls.h"
#include "pack.h"
#include "payload.h"
#include "room.h"

enum {
    EVIDENCE_FIELDS = 4,
    SIGNED_FIELDS = 3,
    SIGNED_SIZE_MAX = 2 * MJL_PACKET_SIZE_MAX /* Of a packet, with the GroupContext. */
};

/* ---- Bytes ---- */

static void pack_signed(mjl_pack *pack, const mjl_evidence_signed *one)
{
    mjl_pack_array(pack, SIGNED_FIELDS);
    mjl_pack_bin(pack, one->content);
    mjl_pack_bin(pack, one->signature);
    if (one->header_key.size == 0)
        mjl_pack_nil(pack);
    else
        mjl_pack_bin(pack, one->header_key);
}

mjl_result mjl_evidence_encode(const mjl_evidence_parts *parts, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, EVIDENCE_FIELDS);
    mjl_pack_uint(&pack, MJL_EVIDENCE_FORMAT);
    mjl_pack_bin(&pack, parts->leaf_node);
    pack_signed(&pack, &parts->both[0]);
    pack_signed(&pack, &parts->both[1]);
    return pack.result;
}

static void unpack_signed(mjl_unpack *u, mjl_evidence_signed *one)
{
    mjl_unpack_array_of(u, SIGNED_FIELDS);
    one->content = mjl_unpack_bin_to(u, SIGNED_SIZE_MAX);
    one->signature = mjl_unpack_bin_to(u, MJL_MLS_SIGNATURE_SIZE_MAX);
    one->header_key = mjl_bytes_of(NULL, 0);
    if (mjl_unpack_is_nil(u)) {
        mjl_unpack_nil(u);
        return;
    }
    one->header_key = mjl_unpack_bin_to(u, MJL_COMMIT_HEADER_KEY_SIZE);
    if (one->header_key.size != MJL_COMMIT_HEADER_KEY_SIZE) mjl_unpack_fail(u, MJL_MALFORMED);
}

mjl_result mjl_evidence_decode(mjl_bytes bytes, mjl_evidence_parts *parts)
{
    memset(parts, 0, sizeof *parts);
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, EVIDENCE_FIELDS);
    const uint64_t format = mjl_unpack_uint(&unpack);
    if (format != MJL_EVIDENCE_FORMAT) mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    parts->leaf_node = mjl_unpack_bin_to(&unpack, MJL_PACKET_SIZE_MAX);
    unpack_signed(&unpack, &parts->both[0]);
    unpack_signed(&unpack, &parts->both[1]);
    return mjl_unpack_end(&unpack);
}

/* ---- What one of the two says ---- */

typedef struct place { /* Where it stands, as its author signed it. */
    mjl_mls_signed_view signed_view;
    uint64_t seq;
} place;

static mjl_result read_commit(const mjl_evidence_signed *one, place *at)
{
    mjl_buffer plain = {0};
    mjl_commit_header *header = calloc(1, sizeof *header);
    if (header == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_header_seal seal = {.key = one->header_key.data,
                                  .group_id = at->signed_view.group_id,
                                  .epoch = at->signed_view.epoch};
    const mjl_result result = one->header_key.size == 0
                                  ? MJL_BAD_EVIDENCE
                                  : mjl_commit_header_open_alone(at->signed_view.authenticated_data,
                                                                 &seal, &plain, header);
    at->seq = header->seq;
    mjl_buffer_clear(&plain);
    free(header);
    return result;
}

static mjl_result read_said(const mjl_payload *payload, mjl_evidence_statement *statement)
{
    statement->content_type = payload->said.type;
    if (payload->said.type != MJL_TYPE_CONTENT) return MJL_OK;
    mjl_said_body said;
    /* A later version may say more: still a place, still signed. */
    if (mjl_said_decode(payload->said.body, &said) != MJL_OK) return MJL_OK;
    statement->media_type = said.media_type;
    statement->body = said.bytes;
    return MJL_OK;
}

static mjl_result read_application(const mjl_evidence_signed *one, const mjl_member_id *author,
                                   place *at, mjl_evidence_statement *statement)
{
    if (one->header_key.size != 0) return MJL_BAD_EVIDENCE;
    mjl_payload *payload = calloc(1, sizeof *payload);
    if (payload == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = mjl_payload_decode(at->signed_view.payload, payload);
    if (result == MJL_OK && !mjl_id_equal(&payload->said.author, author)) {
        result = MJL_WRONG_AUTHOR;
    }
    /* A statement has no place in the graph, and may say what it wants. */
    if (result == MJL_OK && !payload->has_seq) result = MJL_BAD_EVIDENCE;
    if (result == MJL_OK) {
        at->seq = payload->seq;
        statement->message = mjl_id_message(at->signed_view.group_id, payload->content);
        result = read_said(payload, statement);
    }
    free(payload);
    return result;
}

static mjl_result read_place(mjl_bytes leaf_node, const mjl_evidence_signed *one,
                             mjl_member_id *author, place *at, mjl_evidence_statement *statement)
{
    const mjl_result result = mjl_mls_signed_content_verify(one->content, one->signature, leaf_node,
                                                            NULL, &at->signed_view);
    if (result != MJL_OK) return result;
    *author = mjl_id_member(at->signed_view.signature_key);
    if (at->signed_view.wire_format != MJL_MLS_PRIVATE_MESSAGE) return MJL_BAD_EVIDENCE;
    switch (at->signed_view.type) {
    case MJL_MLS_COMMIT:
        statement->is_commit = true;
        return read_commit(one, at);
    case MJL_MLS_APPLICATION:
        return read_application(one, author, at, statement);
    case MJL_MLS_PROPOSAL:
        break;
    }
    return MJL_BAD_EVIDENCE;
}

/* ---- Both ---- */

/* One leaf, one GroupContext (so one group, epoch and branch), one sequence number, and not the
 * same place. The commit or payload alone tells places apart: what else is signed may vary. */
static bool contradict(const place *a, const place *b)
{
    const mjl_mls_signed_view *left = &a->signed_view;
    const mjl_mls_signed_view *right = &b->signed_view;
    return left->leaf == right->leaf && mjl_bytes_equal(left->context, right->context) &&
           a->seq == b->seq &&
           (left->type != right->type || !mjl_bytes_equal(left->payload, right->payload));
}

mjl_result mjl_evidence_verify(mjl_bytes evidence, mjl_evidence_view *view)
{
    if (view == NULL) return MJL_BAD_ARGUMENT;
    place places[2];
    mjl_evidence_parts parts;
    memset(view, 0, sizeof *view);
    mjl_result result = mjl_evidence_decode(evidence, &parts);
    for (size_t i = 0; result == MJL_OK && i < 2; i++) {
        result = read_place(parts.leaf_node, &parts.both[i], &view->author, &places[i],
                            &view->statements[i]);
    }
    if (result != MJL_OK) return result;
    if (!contradict(&places[0], &places[1])) return MJL_BAD_EVIDENCE;
    mjl_names names;
    if (mjl_identity_decode(places[0].signed_view.identity, &names) == MJL_OK) {
        view->user_id = names.user_id;
        view->display_name = names.display_name;
    }
    view->group_id = places[0].signed_view.group_id;
    view->epoch = places[0].signed_view.epoch;
    view->leaf = places[0].signed_view.leaf;
    view->seq = places[0].seq;
    return MJL_OK;
}
