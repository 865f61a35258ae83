/* The body of the statement that gives places again: their signed payloads, as they were. */
#include "lists.h"
#include "payload.h"

enum { QUOTE_FIELDS = 2 };

mjl_result mjl_again_encode(const mjl_again *again, mjl_buffer *out)
{
    if (again->count == 0) return MJL_BAD_ARGUMENT;
    if (again->count > MJL_QUOTES_MAX) return MJL_TOO_LARGE;
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, again->count);
    for (size_t i = 0; i < again->count; i++) {
        mjl_pack_array(&pack, QUOTE_FIELDS);
        mjl_pack_id(&pack, &again->quotes[i].branch);
        mjl_pack_bin(&pack, again->quotes[i].payload);
    }
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_again_decode(mjl_bytes body, mjl_again *again)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    const size_t count = mjl_unpack_array(&unpack);
    if (count == 0 || count > MJL_QUOTES_MAX) mjl_unpack_fail(&unpack, MJL_BAD_PAYLOAD);
    again->count = 0;
    while (unpack.result == MJL_OK && again->count < count) {
        mjl_quote *const quote = &again->quotes[again->count++];
        mjl_unpack_array_of(&unpack, QUOTE_FIELDS);
        quote->branch = mjl_unpack_id(&unpack);
        quote->payload = mjl_unpack_bin(&unpack);
    }
    return mjl_unpack_end(&unpack);
}
