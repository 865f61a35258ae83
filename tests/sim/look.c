#include "look.h"

#include <sodium.h>
#include <stdio.h>

typedef struct reader {
    mjl_bytes left;
    bool is_bad;
} reader;

static mjl_bytes take(reader *from, size_t size)
{
    if (from->is_bad || size > from->left.size) {
        from->is_bad = true;
        return mjl_bytes_of(NULL, 0);
    }
    const mjl_bytes taken = mjl_bytes_of(from->left.data, size);
    from->left = mjl_bytes_of(from->left.data + size, from->left.size - size);
    return taken;
}

static uint64_t number(reader *from, size_t size)
{
    const mjl_bytes bytes = take(from, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | bytes.data[i];
    return value;
}

/* RFC 9420 section 2.1.2: the first two bits say how long the length is. */
static mjl_bytes vector(reader *from)
{
    if (from->left.size == 0) {
        from->is_bad = true;
        return from->left;
    }
    const unsigned prefix = from->left.data[0] >> 6;
    const uint64_t size = number(from, (size_t)1 << prefix);
    const uint64_t mask = (UINT64_C(1) << (8 * (1u << prefix) - 2)) - 1;
    return take(from, (size_t)(size & mask));
}

/* ---- msgpack, as far as the wire page uses it ---- */

static uint64_t packed_size(reader *from, uint8_t fixed, uint8_t fixed_mask, uint8_t first_wide,
                            size_t first_width)
{
    const uint8_t head = (uint8_t)number(from, 1);
    if (fixed != 0 && (head & (uint8_t)~fixed_mask) == fixed) return head & fixed_mask;
    for (uint8_t i = 0; i < 3; i++) {
        if (head == first_wide + i) return number(from, first_width << i);
    }
    from->is_bad = true;
    return 0;
}

static uint64_t packed_array(reader *from)
{
    return packed_size(from, 0x90, 0x0f, 0xdc, 2);
}

static mjl_bytes packed_bin(reader *from)
{
    return take(from, (size_t)packed_size(from, 0, 0, 0xc4, 1));
}

static bool packed_nil(reader *from)
{
    if (from->left.size == 0 || from->left.data[0] != 0xc0) return false;
    take(from, 1);
    return true;
}

static uint64_t packed_uint(reader *from)
{
    const uint8_t head = (uint8_t)number(from, 1);
    if (head < 0x80) return head;
    if (head >= 0xcc && head <= 0xcf) return number(from, (size_t)1 << (head - 0xcc));
    from->is_bad = true;
    return 0;
}

static mjl_id packed_id(reader *from)
{
    mjl_id made = {{0}};
    const mjl_bytes bytes = packed_bin(from);
    if (bytes.size != sizeof made.bytes)
        from->is_bad = true;
    else
        memcpy(made.bytes, bytes.data, bytes.size);
    return made;
}

static uint32_t packed_places(reader *from, sim_place_name *places, uint32_t most)
{
    const uint64_t count = packed_array(from);
    if (count > most) from->is_bad = true;
    for (uint64_t i = 0; i < count && !from->is_bad; i++) {
        if (packed_array(from) != 2) from->is_bad = true;
        places[i].epoch = packed_uint(from);
        places[i].id = packed_id(from);
    }
    return from->is_bad ? 0 : (uint32_t)count;
}

/* ---- The payload ---- */

static void read_statement(sim_look *look)
{
    reader from = {look->body, false};
    const uint64_t fields = packed_array(&from);
    if (look->type == SIM_TYPE_FRONTIER && fields == 6) {
        packed_uint(&from);
        packed_bin(&from);
    } else if (look->type != SIM_TYPE_WANT) {
        return;
    }
    look->accepted_count = packed_places(&from, look->accepted, MJL_FRONTIER_PLACES_MAX);
    if (look->type == SIM_TYPE_WANT) {
        look->missing_count = packed_places(&from, look->missing, MJL_FRONTIER_PLACES_MAX);
        look->held = packed_bin(&from);
    }
    if (look->type != SIM_TYPE_FRONTIER) return;
    if (packed_array(&from) != 0) return; /* Control ends: no control log is built yet. */
    const uint64_t count = packed_array(&from);
    if (count > MJL_FRONTIER_MEMBERS_MAX) return;
    for (uint64_t i = 0; i < count; i++)
        look->waited_for[i] = packed_id(&from);
    look->waited_for_count = (uint32_t)count;
    look->heard_count = (uint32_t)packed_array(&from);
}

static void read_content(sim_look *look)
{
    reader from = {look->content, false};
    if (packed_array(&from) != 4) return;
    look->author = packed_id(&from);
    packed_bin(&from);
    look->type = (uint8_t)packed_uint(&from);
    look->body = packed_bin(&from);
    if (from.is_bad || from.left.size > 0) return;
    const mjl_bytes fields[] = {look->group_id, look->content};
    look->message = sim_look_hash("message", fields, 2);
    look->has_payload = true;
    if (look->is_statement) read_statement(look);
}

static void read_payload(const sim_tap *tap, mjl_bytes packet, sim_look *look)
{
    reader inside = {sim_tap_plaintext(tap, packet), false};
    if (inside.left.size == 0) return;
    look->payload = vector(&inside);
    reader from = {look->payload, inside.is_bad};
    if (packed_array(&from) != 5 || packed_uint(&from) != 1) return;
    look->generation = (uint32_t)packed_uint(&from);
    look->is_statement = packed_nil(&from);
    if (!look->is_statement) look->seq = packed_uint(&from);
    look->parents_count = packed_places(&from, look->parents, MJL_PARENTS_MAX);
    look->content = packed_bin(&from);
    if (!from.is_bad && from.left.size == 0) read_content(look);
}

/* again = [[branch, payload], ...] */
size_t sim_look_given_again(const sim_look *look, mjl_place_id *places)
{
    reader from = {look->body, false};
    size_t count = 0;
    if (!look->has_payload || !look->is_statement || look->type != SIM_TYPE_AGAIN) return 0;
    for (uint64_t left = packed_array(&from); left > 0 && count < MJL_QUOTES_MAX; left--) {
        packed_array(&from);
        const mjl_bytes branch = packed_bin(&from), payload = packed_bin(&from);
        const mjl_bytes fields[] = {branch, mjl_bytes_of(look->author.bytes, MJL_ID_SIZE), payload};
        if (from.is_bad) break;
        places[count++] = sim_look_hash("place", fields, 3);
    }
    return count;
}

mjl_time sim_look_away(mjl_bytes body)
{
    reader from = {body, false};
    if (packed_array(&from) != 1 || packed_nil(&from)) return 0;
    return (mjl_time)packed_uint(&from);
}

bool sim_look_at(const sim_tap *tap, mjl_bytes packet, sim_look *look)
{
    reader from = {packet, false};
    memset(look, 0, sizeof *look);
    if (number(&from, 2) != 1) return false;
    look->wire_format = (uint16_t)number(&from, 2);
    if (look->wire_format != SIM_WIRE_PRIVATE) return !from.is_bad;
    look->group_id = vector(&from);
    look->epoch = number(&from, 8);
    look->content_type = (uint8_t)number(&from, 1);
    const mjl_bytes data = vector(&from);
    vector(&from);
    vector(&from);
    if (from.is_bad || from.left.size > 0) return false;
    if (data.size >= sizeof look->tag) memcpy(look->tag, data.data, sizeof look->tag);
    if (look->content_type == 1) read_payload(tap, packet, look);
    return true;
}

mjl_id sim_look_hash(const char *label, const mjl_bytes *fields, size_t fields_count)
{
    char text[32];
    snprintf(text, sizeof text, "majlis 1 %s", label);
    crypto_hash_sha256_state state;
    mjl_id made;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i <= fields_count; i++) {
        const mjl_bytes field = i == 0 ? mjl_bytes_text(text) : fields[i - 1];
        const uint8_t size[4] = {(uint8_t)(field.size >> 24), (uint8_t)(field.size >> 16),
                                 (uint8_t)(field.size >> 8), (uint8_t)field.size};
        crypto_hash_sha256_update(&state, size, sizeof size);
        crypto_hash_sha256_update(&state, field.data, field.size);
    }
    crypto_hash_sha256_final(&state, made.bytes);
    return made;
}
