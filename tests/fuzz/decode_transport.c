/* What lies in folders and datagrams, and the addresses of transports. */
#include "fuzz.h"

#include "checksum.h"
#include "cursor.h"
#include "file_name.h"
#include "fragment.h"
#include "frame.h"
#include "majlis/limits.h"
#include "reassembly.h"
#include "udp_address.h"

#include "majlis/transport.h"

static void run_frame(mjl_bytes input)
{
    mjl_bytes packet;
    uint8_t header[MJL_FRAME_HEADER_SIZE];
    if (mjl_frame_read(input, &packet) != MJL_OK) return;
    assert(packet.data == input.data + sizeof header && packet.size == input.size - sizeof header);
    const mjl_result written = mjl_frame_write_header(packet, header);
    assert(written == MJL_OK && memcmp(header, input.data, sizeof header) == 0);
}

/* The packet's bytes are framed here: so the check is right, and what follows is looked at. */
static void run_packet_framed(mjl_bytes input)
{
    mjl_buffer frame = {0};
    mjl_bytes packet;
    uint8_t header[MJL_FRAME_HEADER_SIZE];
    if (mjl_frame_write_header(input, header) != MJL_OK) return;
    mjl_result result = mjl_buffer_append(&frame, mjl_bytes_of(header, sizeof header));
    if (result == MJL_OK) result = mjl_buffer_append(&frame, input);
    if (result == MJL_OK) result = mjl_frame_read(mjl_buffer_bytes(&frame), &packet);
    assert(result == MJL_OK && mjl_bytes_equal(packet, input));
    frame.size--;
    result = mjl_frame_read(mjl_buffer_bytes(&frame), &packet);
    assert(result == MJL_TRUNCATED);
    mjl_buffer_clear(&frame);
}

/* One datagram written again: the packet around the part is zeros. */
static void run_fragment(mjl_bytes input)
{
    static uint8_t packet[MJL_PACKET_SIZE_MAX];
    mjl_fragment fragment;
    uint8_t out[MJL_DATAGRAM_SIZE_MAX];
    const mjl_result result = mjl_fragment_read(input, &fragment);
    fuzz_defined(result);
    if (result != MJL_OK) return;
    assert(fragment.packet_size <= sizeof packet &&
           fragment.index < mjl_fragment_count(fragment.packet_size));
    memcpy(packet + (size_t)fragment.index * MJL_FRAGMENT_PART_SIZE, fragment.part.data,
           fragment.part.size);
    const size_t size =
        mjl_fragment_write(fragment.sender, mjl_bytes_of(packet, fragment.packet_size),
                           fragment.check, fragment.index, out);
    assert(mjl_bytes_equal(input, mjl_bytes_of(out, size)));
}

/* What a whole packet promises, and what the bounds are. */
static void check_reassembly(const mjl_reassembly *reassembly)
{
    assert(reassembly->items_count <= MJL_REASSEMBLY_ITEMS_MAX);
    assert(reassembly->bytes <= MJL_REASSEMBLY_BYTES_MAX);
}

/* A packet of the script's, cut honestly: one of its fragments, now and then altered. */
static mjl_result add_fragment(mjl_reassembly *reassembly, fuzz_script *script, int64_t now)
{
    static uint8_t packet[8 * MJL_FRAGMENT_PART_SIZE];
    uint8_t datagram[MJL_DATAGRAM_SIZE_MAX];
    const size_t size = 1 + fuzz_take_number(script, 2) % sizeof packet;
    memset(packet, fuzz_take(script), size);
    const mjl_bytes whole = mjl_bytes_of(packet, size);
    const uint16_t index = (uint16_t)(fuzz_take(script) % mjl_fragment_count(size));
    const size_t cut = mjl_fragment_write(1, whole, mjl_checksum(whole), index, datagram);
    const uint8_t altered = fuzz_take(script);
    if (altered < MJL_FRAGMENT_HEADER_SIZE) datagram[altered] ^= fuzz_take(script);
    mjl_source source = {{fuzz_take(script) & 3}};
    mjl_fragment fragment;
    mjl_bytes out;
    mjl_result result = mjl_fragment_read(mjl_bytes_of(datagram, cut), &fragment);
    if (result != MJL_OK) return result;
    result = mjl_reassembly_add(reassembly, now, &source, &fragment, &out);
    if (result == MJL_OK) assert(mjl_checksum(out) == fragment.check);
    return result;
}

static void run_reassembly(mjl_bytes input)
{
    static mjl_reassembly reassembly;
    fuzz_script script = {input};
    int64_t now = 0;
    mjl_reassembly_init(&reassembly);
    while (script.left.size > 0) {
        fuzz_defined(add_fragment(&reassembly, &script, now));
        check_reassembly(&reassembly);
        now += (int64_t)fuzz_take_number(&script, 2);
        mjl_reassembly_expire(&reassembly, now);
        check_reassembly(&reassembly);
    }
    mjl_reassembly_clear(&reassembly);
}

static void run_cursor(mjl_bytes input)
{
    mjl_cursor cursor;
    mjl_buffer out = {0};
    mjl_cursor_init(&cursor);
    if (mjl_cursor_read(input, &cursor) == MJL_OK) {
        assert(mjl_cursor_check(&cursor));
        mjl_result result = mjl_cursor_write(&cursor, &out);
        assert(result == MJL_OK);
        fuzz_same(input, &out);
        for (size_t at = 0; at + 8 <= input.size; at += 8) { /* Counters near and far. */
            fuzz_script script = {mjl_bytes_of(input.data + at, 8)};
            const uint64_t counter = fuzz_take_number(&script, 8);
            result = mjl_cursor_add(&cursor, counter);
            assert(result == MJL_OK && mjl_cursor_check(&cursor));
            assert(mjl_cursor_has(&cursor, counter));
        }
    } else {
        assert(cursor.count == 0);
    }
    mjl_cursor_clear(&cursor);
}

/* ---- Texts: the input ends in NUL here ---- */

enum { TEXT_MAX = 512 };

static const char *text_of(mjl_bytes input)
{
    static char text[TEXT_MAX + 1];
    if (input.size != 0) memcpy(text, input.data, input.size);
    text[input.size] = 0;
    return text;
}

/* A copy by a sync tool is longer: it names the same file. */
static void run_file_name(mjl_bytes input)
{
    const char *text = text_of(input);
    mjl_file_name name, again;
    char out[MJL_FILE_NAME_SIZE + 1];
    if (!mjl_file_name_read(text, &name)) return;
    mjl_file_name_write(&name, out);
    const bool read = mjl_file_name_read(out, &again);
    assert(read && memcmp(&name.counter, &again.counter, sizeof name.counter) == 0);
    assert(name.writer.home == again.writer.home && name.writer.start == again.writer.start);
    if (strlen(text) == MJL_FILE_NAME_SIZE) assert(strcmp(text, out) == 0);
    assert(mjl_file_name_is_of_home(text, name.writer.home));
}

static void run_udp_address(mjl_bytes input)
{
    char why[MJL_TRANSPORT_TEXT_SIZE] = "";
    mjl_udp_address address;
    const mjl_result result = mjl_udp_address_read(text_of(input), &address, why);
    assert(result == MJL_OK || result == MJL_TRANSPORT_ADDRESS);
    assert(memchr(why, 0, sizeof why) != NULL && (result == MJL_OK || why[0] != 0));
    if (result == MJL_OK) assert(address.group_size <= sizeof address.group);
}

static const fuzz_target targets[] = {
    {.name = "frame", .run = run_frame, .input_max = 4096},
    {.name = "frame_of_packet", .run = run_packet_framed, .input_max = 256},
    {.name = "fragment", .run = run_fragment, .input_max = MJL_DATAGRAM_SIZE_MAX + 1},
    {.name = "reassembly", .run = run_reassembly, .input_max = 1024, .is_unbounded = true},
    {.name = "cursor", .run = run_cursor, .input_max = 8192},
    {.name = "file_name", .run = run_file_name, .input_max = TEXT_MAX},
    {.name = "udp_address", .run = run_udp_address, .input_max = TEXT_MAX}};

const fuzz_family fuzz_transport = {"transports", targets, sizeof targets / sizeof targets[0]};
