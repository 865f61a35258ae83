#include "recording_entries.h"

#include "majlis/version.h"

/* Values of each kind behind its number. */
enum {
    HEADER_FIELDS = 2,
    OPEN_FIELDS = 5,
    DISK_FIELDS = 2,
    RECORD_FIELDS = 4,
    DRAW_FIELDS = 2,
    FAULT_FIELDS = 3,
    OUTPUT_FIELDS = 4,
    RESULT_MAX = UINT16_MAX
};

static void begin(mjl_pack *pack, uint64_t kind, size_t fields)
{
    mjl_pack_array(pack, 1 + fields);
    mjl_pack_uint(pack, kind);
}

static void pack_id(mjl_pack *pack, const mjl_id *id)
{
    mjl_pack_bin(pack, mjl_bytes_of(id->bytes, MJL_ID_SIZE));
}

static mjl_result unpack_result(mjl_unpack *unpack)
{
    return (mjl_result)mjl_unpack_uint_to(unpack, RESULT_MAX);
}

/* ---- The log ---- */

void mjl_entry_pack_header(mjl_pack *pack)
{
    begin(pack, MJL_ENTRY_HEADER, HEADER_FIELDS);
    mjl_pack_uint(pack, MJL_RECORDING_FORMAT);
    mjl_pack_text(pack, mjl_bytes_text(MJL_VERSION));
}

static void read_header(mjl_unpack *unpack)
{
    if (mjl_unpack_uint(unpack) != MJL_RECORDING_FORMAT) {
        mjl_unpack_fail(unpack, MJL_UNKNOWN_VERSION);
    }
    mjl_unpack_text(unpack); /* Of the library: for whoever looks into a log. */
}

void mjl_entry_pack_end(mjl_pack *pack)
{
    begin(pack, MJL_ENTRY_END, 0);
}

/* ---- Inputs ---- */

static void pack_padding(mjl_pack *pack, const mjl_opening *opening)
{
    if (!opening->has_padding) {
        mjl_pack_nil(pack);
        return;
    }
    mjl_pack_array(pack, 2 * opening->padding.rungs_count);
    for (size_t i = 0; i < opening->padding.rungs_count; i++) {
        mjl_pack_uint(pack, opening->padding.rungs[i].up_to);
        mjl_pack_uint(pack, opening->padding.rungs[i].step);
    }
}

static void unpack_padding(mjl_unpack *unpack, mjl_opening *opening)
{
    opening->has_padding = !mjl_unpack_is_nil(unpack);
    if (!opening->has_padding) {
        mjl_unpack_nil(unpack);
        return;
    }
    const size_t count = mjl_unpack_array(unpack);
    if (count % 2 != 0 || count / 2 > MJL_PADDING_RUNGS_MAX) {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
        return;
    }
    opening->padding.rungs_count = count / 2;
    for (size_t i = 0; i < count / 2; i++) {
        opening->padding.rungs[i].up_to = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
        opening->padding.rungs[i].step = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    }
}

void mjl_entry_pack_open(mjl_pack *pack, const mjl_opening *opening)
{
    begin(pack, MJL_ENTRY_INPUT + MJL_INPUT_OPEN, OPEN_FIELDS);
    mjl_pack_int(pack, opening->now);
    mjl_pack_bool(pack, opening->has_suites);
    pack_padding(pack, opening);
    mjl_pack_bin(pack, opening->user_id);
    mjl_pack_bin(pack, opening->display_name);
}

static void read_open(mjl_unpack *unpack, mjl_opening *opening)
{
    opening->now = mjl_unpack_int(unpack);
    opening->has_suites = mjl_unpack_bool(unpack);
    unpack_padding(unpack, opening);
    opening->user_id = mjl_unpack_bin(unpack);
    opening->display_name = mjl_unpack_bin(unpack);
}

void mjl_entry_pack_input(mjl_pack *pack, const mjl_input *input)
{
    begin(pack, MJL_ENTRY_INPUT + (uint64_t)input->kind, mjl_input_fields_count(input->kind));
    mjl_input_pack(input, pack);
}

static void read_input(mjl_unpack *unpack, size_t fields, mjl_entry *entry)
{
    if (entry->input.kind == MJL_INPUT_OPEN) {
        if (fields != OPEN_FIELDS) mjl_unpack_fail(unpack, MJL_MALFORMED);
        read_open(unpack, &entry->opening);
        return;
    }
    if (fields != mjl_input_fields_count(entry->input.kind)) {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
    }
    mjl_input_unpack(&entry->input, unpack);
}

/* ---- What the profile begins with ---- */

void mjl_entry_pack_disk(mjl_pack *pack, mjl_disk_kind disk, uint64_t records_count)
{
    begin(pack, MJL_ENTRY_DISK, DISK_FIELDS);
    mjl_pack_uint(pack, disk);
    mjl_pack_uint(pack, records_count);
}

void mjl_entry_pack_record(mjl_pack *pack, mjl_store_place place, mjl_bytes value)
{
    begin(pack, MJL_ENTRY_RECORD, RECORD_FIELDS);
    mjl_pack_uint(pack, place.session);
    mjl_pack_uint(pack, place.kind);
    mjl_pack_bin(pack, place.key);
    mjl_pack_bin(pack, value);
}

static void read_record(mjl_unpack *unpack, mjl_entry *entry)
{
    entry->place.session = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    entry->place.kind = (uint16_t)mjl_unpack_uint_to(unpack, UINT16_MAX);
    entry->place.key = mjl_unpack_bin_to(unpack, MJL_STORE_KEY_SIZE_MAX);
    entry->bytes = mjl_unpack_bin(unpack);
    if (entry->place.kind == 0) mjl_unpack_fail(unpack, MJL_MALFORMED);
}

/* ---- What happened within an input ---- */

void mjl_entry_pack_draw(mjl_pack *pack, mjl_result result, mjl_bytes bytes)
{
    begin(pack, MJL_ENTRY_DRAW, DRAW_FIELDS);
    mjl_pack_uint(pack, (uint64_t)result);
    mjl_pack_bin(pack, bytes);
}

void mjl_entry_pack_fault(mjl_pack *pack, const mjl_fault *fault)
{
    begin(pack, MJL_ENTRY_FAULT, FAULT_FIELDS);
    mjl_pack_uint(pack, fault->of);
    mjl_pack_uint(pack, fault->before);
    mjl_pack_uint(pack, (uint64_t)fault->result);
}

static void read_fault(mjl_unpack *unpack, mjl_fault *fault)
{
    fault->of = (uint32_t)mjl_unpack_uint_to(unpack, MJL_FAULT_COUNT - 1);
    fault->before = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    fault->result = unpack_result(unpack);
    if (fault->result == MJL_OK) mjl_unpack_fail(unpack, MJL_MALFORMED);
}

/* ---- What came of it ---- */

void mjl_entry_pack_begin(mjl_pack *pack, mjl_entry_kind kind)
{
    begin(pack, kind, 1);
}

void mjl_entry_pack_outcome(mjl_pack *pack, const mjl_outcome *outcome)
{
    mjl_entry_pack_begin(pack, MJL_ENTRY_OUTCOME);
    mjl_outcome_pack(outcome, pack);
}

static void read_outcome(mjl_unpack *unpack, mjl_entry *entry)
{
    entry->bytes = mjl_unpack_any(unpack);
    mjl_unpack inside = mjl_unpack_from(entry->bytes);
    mjl_unpack_array(&inside);
    entry->result = unpack_result(&inside);
    if (inside.result != MJL_OK) mjl_unpack_fail(unpack, inside.result);
}

void mjl_entry_pack_output(mjl_pack *pack, const mjl_output *output)
{
    begin(pack, MJL_ENTRY_OUTPUT, OUTPUT_FIELDS);
    mjl_pack_uint(pack, output->packets);
    pack_id(pack, &output->packets_hash);
    mjl_pack_uint(pack, output->events);
    pack_id(pack, &output->events_hash);
}

static void read_output(mjl_unpack *unpack, mjl_output *output)
{
    output->packets = mjl_unpack_uint(unpack);
    mjl_unpack_fixed(unpack, output->packets_hash.bytes, MJL_ID_SIZE);
    output->events = mjl_unpack_uint(unpack);
    mjl_unpack_fixed(unpack, output->events_hash.bytes, MJL_ID_SIZE);
}

/* ---- Reading any ---- */

static size_t fields_of(mjl_entry_kind kind)
{
    static const uint8_t fields[] = {[MJL_ENTRY_HEADER] = HEADER_FIELDS,
                                     [MJL_ENTRY_DISK] = DISK_FIELDS,
                                     [MJL_ENTRY_RECORD] = RECORD_FIELDS,
                                     [MJL_ENTRY_DRAW] = DRAW_FIELDS,
                                     [MJL_ENTRY_FAULT] = FAULT_FIELDS,
                                     [MJL_ENTRY_OUTCOME] = 1,
                                     [MJL_ENTRY_STATE] = 1,
                                     [MJL_ENTRY_OUTPUT] = OUTPUT_FIELDS,
                                     [MJL_ENTRY_END] = 0};
    return fields[kind];
}

static void read_fields(mjl_unpack *unpack, mjl_entry *entry)
{
    switch (entry->kind) {
    case MJL_ENTRY_HEADER:
        read_header(unpack);
        break;
    case MJL_ENTRY_DISK:
        entry->disk = (mjl_disk_kind)mjl_unpack_uint_to(unpack, MJL_DISK_COPIED);
        entry->records_count = mjl_unpack_uint(unpack);
        break;
    case MJL_ENTRY_RECORD:
        read_record(unpack, entry);
        break;
    case MJL_ENTRY_DRAW:
        entry->result = unpack_result(unpack);
        entry->bytes = mjl_unpack_bin(unpack);
        break;
    case MJL_ENTRY_FAULT:
        read_fault(unpack, &entry->fault);
        break;
    case MJL_ENTRY_OUTCOME:
        read_outcome(unpack, entry);
        break;
    case MJL_ENTRY_STATE:
        entry->bytes = mjl_unpack_any(unpack);
        break;
    case MJL_ENTRY_OUTPUT:
        read_output(unpack, &entry->output);
        break;
    case MJL_ENTRY_END:
    case MJL_ENTRY_INPUT:
        break;
    }
}

mjl_result mjl_entry_read(mjl_bytes bytes, mjl_entry *entry)
{
    memset(entry, 0, sizeof *entry);
    mjl_unpack unpack = mjl_unpack_from(bytes);
    const size_t count = mjl_unpack_array(&unpack);
    const uint64_t kind = mjl_unpack_uint(&unpack);
    if (unpack.result != MJL_OK) return unpack.result;
    if (kind > MJL_ENTRY_INPUT && kind < MJL_ENTRY_INPUT + MJL_INPUT_COUNT) {
        entry->kind = MJL_ENTRY_INPUT;
        entry->input.kind = (mjl_input_kind)(kind - MJL_ENTRY_INPUT);
        read_input(&unpack, count - 1, entry);
        return mjl_unpack_end(&unpack);
    }
    if (kind < MJL_ENTRY_HEADER || kind > MJL_ENTRY_END) return MJL_UNKNOWN_KIND;
    entry->kind = (mjl_entry_kind)kind;
    /* A header of a later format may be longer: its version is what is said. */
    if (entry->kind != MJL_ENTRY_HEADER && count - 1 != fields_of(entry->kind)) {
        return MJL_MALFORMED;
    }
    read_fields(&unpack, entry);
    return mjl_unpack_end(&unpack);
}
