#include "payload.h"

#include "lists.h"
#include "names.h"

enum { PAYLOAD_FIELDS = 5, CONTENT_FIELDS = 4, SAID_FIELDS = 3, INTENT_FIELDS = 4 };

bool mjl_payload_type_is_statement(uint32_t type)
{
    return type >= 32 && type < 64;
}

const char *mjl_payload_type_name(uint32_t type)
{
    switch (type) {
    case MJL_TYPE_CONTENT:
        return "content";
    case MJL_TYPE_PART:
        return "part";
    case MJL_TYPE_INTENT:
        return "intent";
    case MJL_TYPE_FIN:
        return "fin";
    case MJL_TYPE_AWAY:
        return "away";
    case MJL_TYPE_KEY_PACKAGE:
        return "key package";
    case MJL_TYPE_WELCOME:
        return "welcome";
    case MJL_TYPE_FINAL:
        return "final";
    case MJL_TYPE_LARGE:
        return "large";
    case MJL_TYPE_FRONTIER:
        return "frontier";
    case MJL_TYPE_WANT:
        return "want";
    case MJL_TYPE_AGAIN:
        return "again";
    default:
        return "unknown";
    }
}

/* ---- Content ---- */

static bool type_is_in_range(uint64_t type)
{
    return type >= 1 && type <= MJL_PAYLOAD_TYPE_MAX;
}

mjl_result mjl_content_encode(const mjl_content *content, mjl_buffer *out)
{
    if (!type_is_in_range(content->type)) return MJL_BAD_ARGUMENT;
    if (content->body.size > MJL_PACKET_SIZE_MAX) return MJL_TOO_LARGE;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, CONTENT_FIELDS);
    mjl_pack_id(&pack, &content->author);
    mjl_pack_bin(&pack, mjl_bytes_of(content->salt, MJL_SALT_SIZE));
    mjl_pack_uint(&pack, content->type);
    mjl_pack_bin(&pack, content->body);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_content_decode(mjl_bytes bytes, mjl_content *content)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, CONTENT_FIELDS);
    content->author = mjl_unpack_id(&unpack);
    mjl_unpack_fixed(&unpack, content->salt, MJL_SALT_SIZE);
    content->type = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PAYLOAD_TYPE_MAX);
    content->body = mjl_unpack_bin_to(&unpack, MJL_PACKET_SIZE_MAX);
    if (!type_is_in_range(content->type)) mjl_unpack_fail(&unpack, MJL_BAD_PAYLOAD);
    return mjl_unpack_end(&unpack);
}

/* ---- Payload ---- */

/* Places have a seq and may have parents; statements have neither (DESIGN §6). */
static bool fits_type(const mjl_payload *payload, uint32_t type)
{
    if (mjl_payload_type_is_statement(type)) {
        return !payload->has_seq && payload->parents_count == 0;
    }
    return payload->has_seq;
}

mjl_result mjl_payload_encode(const mjl_payload *payload, mjl_buffer *out)
{
    mjl_content said;
    const mjl_result result = mjl_content_decode(payload->content, &said);
    if (result != MJL_OK) return MJL_BAD_ARGUMENT;
    if (payload->parents_count > MJL_PARENTS_MAX) return MJL_TOO_LARGE;
    if (!fits_type(payload, said.type)) return MJL_BAD_ARGUMENT;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, PAYLOAD_FIELDS);
    mjl_pack_uint(&pack, MJL_PAYLOAD_FORMAT);
    mjl_pack_uint(&pack, payload->generation);
    if (payload->has_seq) {
        mjl_pack_uint(&pack, payload->seq);
    } else {
        mjl_pack_nil(&pack);
    }
    mjl_pack_place_refs(&pack, payload->parents, payload->parents_count);
    mjl_pack_bin(&pack, payload->content);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_payload_decode(mjl_bytes bytes, mjl_payload *payload)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, PAYLOAD_FIELDS);
    if (mjl_unpack_uint(&unpack) != MJL_PAYLOAD_FORMAT) {
        mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    }
    payload->generation = (uint32_t)mjl_unpack_uint_to(&unpack, UINT32_MAX);
    payload->has_seq = !mjl_unpack_is_nil(&unpack);
    payload->seq = 0;
    if (payload->has_seq) {
        payload->seq = mjl_unpack_uint(&unpack);
    } else {
        mjl_unpack_nil(&unpack);
    }
    payload->parents_count = mjl_unpack_place_refs(&unpack, payload->parents, MJL_PARENTS_MAX);
    payload->content = mjl_unpack_bin(&unpack);
    mjl_result result = mjl_unpack_end(&unpack);
    if (result == MJL_OK) result = mjl_content_decode(payload->content, &payload->said);
    if (result == MJL_OK && !fits_type(payload, payload->said.type)) result = MJL_BAD_PAYLOAD;
    return result;
}

/* ---- Bodies ---- */

/* An id, or nil where there is none. */
static void pack_maybe_id(mjl_pack *pack, bool has, const mjl_id *id)
{
    if (has) {
        mjl_pack_id(pack, id);
    } else {
        mjl_pack_nil(pack);
    }
}

static mjl_id unpack_maybe_id(mjl_unpack *unpack, bool *has)
{
    static const mjl_id none = {{0}};
    *has = !mjl_unpack_is_nil(unpack);
    if (*has) return mjl_unpack_id(unpack);
    mjl_unpack_nil(unpack);
    return none;
}

mjl_result mjl_said_encode(const mjl_said_body *said, mjl_buffer *out)
{
    if (mjl_media_type_check(said->media_type) != MJL_OK) return MJL_BAD_ARGUMENT;
    if (said->bytes.size > MJL_BODY_SIZE_MAX) return MJL_TOO_LARGE;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, SAID_FIELDS);
    mjl_pack_text(&pack, said->media_type);
    pack_maybe_id(&pack, said->has_reply_to, &said->reply_to);
    mjl_pack_bin(&pack, said->bytes);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_said_decode(mjl_bytes body, mjl_said_body *said)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, SAID_FIELDS);
    said->media_type = mjl_unpack_text(&unpack);
    said->reply_to = unpack_maybe_id(&unpack, &said->has_reply_to);
    said->bytes = mjl_unpack_bin_to(&unpack, MJL_BODY_SIZE_MAX);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return mjl_media_type_check(said->media_type) == MJL_OK ? MJL_OK : MJL_BAD_PAYLOAD;
}

mjl_result mjl_fin_encode(mjl_buffer *out)
{
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, 0);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_fin_decode(mjl_bytes body)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, 0);
    return mjl_unpack_end(&unpack);
}

/* Which fields each kind has: one form for each wish, so that equal wishes have equal bytes. */
static bool intent_is_well_formed(const mjl_intent_body *intent)
{
    const bool has_detail = intent->detail.size != 0;
    switch (intent->kind) {
    case MJL_INTENT_BODY_ADD:
        return intent->has_subject && !intent->has_reason && !has_detail;
    case MJL_INTENT_BODY_REMOVE:
        return intent->has_subject && !has_detail;
    case MJL_INTENT_BODY_REFRESH:
        return !intent->has_subject && !intent->has_reason && !has_detail;
    case MJL_INTENT_BODY_POLICY:
        return !intent->has_subject && !intent->has_reason && has_detail;
    case MJL_INTENT_BODY_RESTORE:
        return intent->has_subject && !intent->has_reason && intent->detail.size == MJL_ID_SIZE;
    default:
        return false;
    }
}

mjl_result mjl_intent_encode(const mjl_intent_body *intent, mjl_buffer *out)
{
    if (!intent_is_well_formed(intent)) return MJL_BAD_ARGUMENT;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, INTENT_FIELDS);
    mjl_pack_uint(&pack, intent->kind);
    pack_maybe_id(&pack, intent->has_subject, &intent->subject);
    pack_maybe_id(&pack, intent->has_reason, &intent->reason);
    mjl_pack_bin(&pack, intent->detail);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_intent_decode(mjl_bytes body, mjl_intent_body *intent)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, INTENT_FIELDS);
    intent->kind = (uint32_t)mjl_unpack_uint_to(&unpack, UINT32_MAX);
    intent->subject = unpack_maybe_id(&unpack, &intent->has_subject);
    intent->reason = unpack_maybe_id(&unpack, &intent->has_reason);
    intent->detail = mjl_unpack_bin_to(&unpack, MJL_PACKET_SIZE_MAX);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return intent_is_well_formed(intent) ? MJL_OK : MJL_BAD_PAYLOAD;
}
