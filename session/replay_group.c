#include "replay_group.h"

#include "array.h"

/* Empties a buffer and keeps its room. */
static void empty(mjl_buffer *buffer)
{
    mjl_bytes_wipe(buffer->data, buffer->size);
    buffer->size = 0;
}

static mjl_result copy_bytes(mjl_buffer *to, mjl_bytes bytes)
{
    empty(to);
    return mjl_buffer_append(to, bytes);
}

void mjl_replay_group_clear(mjl_replay_group *group)
{
    mjl_buffer_clear(&group->bytes);
    mjl_buffer_clear(&group->drawn);
    mjl_buffer_clear(&group->outcome);
    mjl_buffer_clear(&group->state);
    free(group->draws);
    memset(group, 0, sizeof *group);
}

static void begin_group(mjl_replay_group *group)
{
    empty(&group->bytes);
    empty(&group->drawn);
    empty(&group->outcome);
    empty(&group->state);
    memset(&group->input, 0, sizeof group->input);
    group->has_disk = group->has_outcome = group->has_state = group->has_output = false;
    group->draws_count = group->faults_count = 0;
    group->records_left = 0;
}

/* ---- What belongs to an input ---- */

static mjl_result add_draw(mjl_replay_group *group, const mjl_entry *entry)
{
    if (group->drawn.size + entry->bytes.size > MJL_GROUP_BYTES_MAX) return MJL_TOO_LARGE;
    const mjl_result result = mjl_array_reserve(&group->draws, group->draws_count,
                                                &group->draws_room, 1, sizeof *group->draws);
    if (result != MJL_OK) return result;
    const mjl_replay_draw draw = {entry->result, group->drawn.size, entry->bytes.size};
    group->draws[group->draws_count++] = draw;
    return mjl_buffer_append(&group->drawn, entry->bytes);
}

static mjl_result add_disk(mjl_group_reader *reader, mjl_replay_group *group,
                           const mjl_entry *entry)
{
    if (group->has_disk || group->input.input.kind != MJL_INPUT_OPEN) return MJL_MALFORMED;
    if (entry->disk != MJL_DISK_COPIED && entry->records_count != 0) return MJL_MALFORMED;
    group->has_disk = true;
    group->disk = entry->disk;
    group->records_left = entry->records_count;
    return reader->disk(reader->context, entry->disk);
}

static mjl_result add_record(mjl_group_reader *reader, mjl_replay_group *group,
                             const mjl_entry *entry)
{
    if (!group->has_disk || group->records_left == 0) return MJL_MALFORMED;
    group->records_left--;
    return reader->record(reader->context, entry->place, entry->bytes);
}

/* Within the input, up to its outcome; behind that, what came of it. */
static bool may_stand_here(const mjl_replay_group *group, mjl_entry_kind kind)
{
    switch (kind) {
    case MJL_ENTRY_STATE:
        return (group->has_outcome || group->input.input.kind == MJL_INPUT_CLOSE) &&
               !group->has_state && !group->has_output;
    case MJL_ENTRY_OUTPUT:
        return group->has_outcome && !group->has_output;
    case MJL_ENTRY_DISK:
    case MJL_ENTRY_RECORD:
    case MJL_ENTRY_DRAW:
    case MJL_ENTRY_FAULT:
    case MJL_ENTRY_OUTCOME:
        return !group->has_outcome;
    default:
        return false;
    }
}

static mjl_result add(mjl_group_reader *reader, mjl_replay_group *group, const mjl_entry *entry)
{
    if (!may_stand_here(group, entry->kind)) return MJL_MALFORMED;
    switch (entry->kind) {
    case MJL_ENTRY_DISK:
        return add_disk(reader, group, entry);
    case MJL_ENTRY_RECORD:
        return add_record(reader, group, entry);
    case MJL_ENTRY_DRAW:
        return add_draw(group, entry);
    case MJL_ENTRY_FAULT:
        if (group->faults_count == MJL_GROUP_FAULTS_MAX) return MJL_TOO_LARGE;
        group->faults[group->faults_count++] = entry->fault;
        return MJL_OK;
    case MJL_ENTRY_OUTCOME:
        group->has_outcome = true;
        group->result = entry->result;
        return copy_bytes(&group->outcome, entry->bytes);
    case MJL_ENTRY_STATE:
        group->has_state = true;
        return copy_bytes(&group->state, entry->bytes);
    default:
        group->has_output = true;
        group->output = entry->output;
        return MJL_OK;
    }
}

/* ---- Entry by entry ---- */

/* EMPTY: the log is over, as it says itself or because it ends here. */
static mjl_result next_entry(mjl_group_reader *reader, mjl_bytes *bytes, mjl_entry *entry)
{
    if (reader->is_over) return MJL_EMPTY;
    mjl_result result = mjl_log_frame_read(&reader->frames, bytes);
    if (result == MJL_EMPTY || result == MJL_TRUNCATED) {
        reader->is_over = reader->is_cut = true;
        return MJL_EMPTY;
    }
    if (result == MJL_OK) result = mjl_entry_read(*bytes, entry);
    if (result == MJL_TRUNCATED) result = MJL_MALFORMED; /* Of the entry; the log goes on. */
    if (result != MJL_OK || entry->kind != MJL_ENTRY_END) return result;
    reader->is_over = true;
    return mjl_log_frame_read(&reader->frames, bytes) == MJL_EMPTY ? MJL_EMPTY : MJL_MALFORMED;
}

mjl_result mjl_group_reader_begin(mjl_group_reader *reader)
{
    mjl_bytes bytes;
    mjl_entry entry;
    mjl_result result = mjl_log_frame_reader_begin(&reader->frames);
    if (result == MJL_OK) result = next_entry(reader, &bytes, &entry);
    if (result == MJL_OK && entry.kind != MJL_ENTRY_HEADER) result = MJL_MALFORMED;
    if (result == MJL_OK) result = next_entry(reader, &bytes, &entry);
    if (result == MJL_EMPTY) return reader->is_cut ? MJL_TRUNCATED : MJL_OK;
    if (result != MJL_OK) return result;
    if (entry.kind != MJL_ENTRY_INPUT) return MJL_MALFORMED;
    reader->has_ahead = true;
    return copy_bytes(&reader->ahead, bytes);
}

mjl_result mjl_group_read(mjl_group_reader *reader, mjl_replay_group *group)
{
    begin_group(group);
    if (!reader->has_ahead) return MJL_OK;
    mjl_result result = copy_bytes(&group->bytes, mjl_buffer_bytes(&reader->ahead));
    if (result == MJL_OK) result = mjl_entry_read(mjl_buffer_bytes(&group->bytes), &group->input);
    reader->has_ahead = false;
    while (result == MJL_OK) {
        mjl_bytes bytes;
        mjl_entry entry;
        result = next_entry(reader, &bytes, &entry);
        if (result == MJL_OK && entry.kind == MJL_ENTRY_INPUT) {
            reader->has_ahead = true;
            return copy_bytes(&reader->ahead, bytes);
        }
        if (result == MJL_OK) result = add(reader, group, &entry);
    }
    return result == MJL_EMPTY ? MJL_OK : result;
}

void mjl_group_reader_clear(mjl_group_reader *reader)
{
    mjl_log_frame_reader_clear(&reader->frames);
    mjl_buffer_clear(&reader->ahead);
}
