#include "writers.h"

#include <inttypes.h>
#include <stdio.h>

#include "numbers.h"
#include "room.h"

enum {
    NOTE_VERSION = 1,
    INDEX_HEADER_SIZE = 1 + 8,
    INDEX_ENTRY_SIZE = 8 + 4,
    CURSOR_HEADER_SIZE = 1 + 8,
    NOTE_NAME_SIZE = 64
};

static mjl_bytes index_name(const mjl_writers *writers, char out[NOTE_NAME_SIZE])
{
    snprintf(out, NOTE_NAME_SIZE, "dir:%016" PRIx64, writers->tag);
    return mjl_bytes_text(out);
}

static mjl_bytes cursor_name(const mjl_writers *writers, const mjl_writer *writer,
                             char out[NOTE_NAME_SIZE])
{
    snprintf(out, NOTE_NAME_SIZE, "dir:%016" PRIx64 ":%016" PRIx64 "%08" PRIx32, writers->tag,
             writer->home, writer->start);
    return mjl_bytes_text(out);
}

static int compare_writers(const mjl_writer *a, const mjl_writer *b)
{
    if (a->home != b->home) return a->home < b->home ? -1 : 1;
    return (a->start > b->start) - (a->start < b->start);
}

/* True: `position` is it. False: it is where it belongs. */
static bool find_record(const mjl_writers *writers, const mjl_writer *writer, size_t *position)
{
    size_t low = 0, high = writers->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_writers(&writers->records[middle].writer, writer);
        if (order == 0) {
            *position = middle;
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *position = low;
    return false;
}

static mjl_result insert_record(mjl_writers *writers, size_t position, const mjl_writer *writer)
{
    if (writers->count == writers->room) {
        const size_t room = writers->room == 0 ? 8 : writers->room * 2;
        mjl_writer_record *records = realloc(writers->records, room * sizeof *records);
        if (records == NULL) return MJL_OUT_OF_MEMORY;
        writers->records = records;
        writers->room = room;
    }
    memmove(&writers->records[position + 1], &writers->records[position],
            (writers->count - position) * sizeof(mjl_writer_record));
    memset(&writers->records[position], 0, sizeof(mjl_writer_record));
    writers->records[position].writer = *writer;
    writers->count++;
    return MJL_OK;
}

/* ---- Reading the notes ---- */

static void read_cursor_note(mjl_writers *writers, mjl_writer_record *record)
{
    char name[NOTE_NAME_SIZE];
    mjl_bytes value;
    if (mjl_transport_note_get(writers->transport, cursor_name(writers, &record->writer, name),
                               &value) != MJL_OK)
        return;
    if (value.size < CURSOR_HEADER_SIZE || value.data[0] != NOTE_VERSION) return;
    const mjl_bytes ranges =
        mjl_bytes_of(value.data + CURSOR_HEADER_SIZE, value.size - CURSOR_HEADER_SIZE);
    if (mjl_cursor_read(ranges, &record->cursor) != MJL_OK) return; /* Read again: harmless. */
    record->used = mjl_read_number(value.data + 1, 8);
}

static mjl_result read_index_entries(mjl_writers *writers, mjl_bytes entries)
{
    for (; entries.size >= INDEX_ENTRY_SIZE && writers->count < MJL_WRITERS_MAX;
         entries.data += INDEX_ENTRY_SIZE, entries.size -= INDEX_ENTRY_SIZE) {
        mjl_writer writer;
        size_t position;
        writer.home = mjl_read_number(entries.data, 8);
        writer.start = (uint32_t)mjl_read_number(entries.data + 8, 4);
        if (find_record(writers, &writer, &position)) continue;
        const mjl_result result = insert_record(writers, position, &writer);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result make_home(mjl_writers *writers, const mjl_random *random)
{
    uint8_t bytes[8];
    const mjl_result result = random->fill(random->context, bytes, sizeof bytes);
    if (result != MJL_OK) return result;
    writers->home = mjl_read_number(bytes, sizeof bytes);
    writers->is_index_changed = true;
    return MJL_OK;
}

static mjl_result read_index_note(mjl_writers *writers, const mjl_random *random)
{
    char name[NOTE_NAME_SIZE];
    mjl_bytes value;
    const mjl_result result =
        mjl_transport_note_get(writers->transport, index_name(writers, name), &value);
    if (result == MJL_NOT_FOUND) return make_home(writers, random);
    if (result != MJL_OK) return result;
    if (value.size < INDEX_HEADER_SIZE || value.data[0] != NOTE_VERSION)
        return make_home(writers, random);
    writers->home = mjl_read_number(value.data + 1, 8);
    return read_index_entries(
        writers, mjl_bytes_of(value.data + INDEX_HEADER_SIZE, value.size - INDEX_HEADER_SIZE));
}

mjl_result mjl_writers_init(mjl_writers *writers, mjl_transport *transport, uint64_t tag,
                            const mjl_random *random)
{
    memset(writers, 0, sizeof *writers);
    writers->transport = transport;
    writers->tag = tag;
    const mjl_result result = read_index_note(writers, random);
    if (result != MJL_OK) {
        mjl_writers_clear(writers);
        return result;
    }
    for (size_t i = 0; i < writers->count; i++)
        read_cursor_note(writers, &writers->records[i]);
    mjl_writers_save(writers);
    return MJL_OK;
}

void mjl_writers_clear(mjl_writers *writers)
{
    for (size_t i = 0; i < writers->count; i++)
        mjl_cursor_clear(&writers->records[i].cursor);
    free(writers->records);
    memset(writers, 0, sizeof *writers);
}

/* ---- Writing the notes ---- */

static mjl_result write_cursor_note(mjl_writers *writers, const mjl_writer_record *record)
{
    char name[NOTE_NAME_SIZE];
    uint8_t header[CURSOR_HEADER_SIZE] = {NOTE_VERSION};
    mjl_buffer note = {0};
    mjl_write_number(header + 1, 8, record->used);
    mjl_result result = mjl_buffer_append(&note, mjl_bytes_of(header, sizeof header));
    if (result == MJL_OK) result = mjl_cursor_write(&record->cursor, &note);
    if (result == MJL_OK)
        result =
            mjl_transport_note_set(writers->transport, cursor_name(writers, &record->writer, name),
                                   mjl_buffer_bytes(&note));
    mjl_buffer_clear(&note);
    return result;
}

static mjl_result write_index_note(mjl_writers *writers)
{
    char name[NOTE_NAME_SIZE];
    uint8_t header[INDEX_HEADER_SIZE] = {NOTE_VERSION};
    mjl_buffer note = {0};
    mjl_write_number(header + 1, 8, writers->home);
    mjl_result result = mjl_buffer_append(&note, mjl_bytes_of(header, sizeof header));
    for (size_t i = 0; i < writers->count && result == MJL_OK; i++) {
        uint8_t entry[INDEX_ENTRY_SIZE];
        mjl_write_number(entry, 8, writers->records[i].writer.home);
        mjl_write_number(entry + 8, 4, writers->records[i].writer.start);
        result = mjl_buffer_append(&note, mjl_bytes_of(entry, sizeof entry));
    }
    if (result == MJL_OK)
        result = mjl_transport_note_set(writers->transport, index_name(writers, name),
                                        mjl_buffer_bytes(&note));
    mjl_buffer_clear(&note);
    return result;
}

void mjl_writers_save(mjl_writers *writers)
{
    if (writers->is_index_changed && write_index_note(writers) == MJL_OK)
        writers->is_index_changed = false;
    for (size_t i = 0; i < writers->count; i++) {
        mjl_writer_record *record = &writers->records[i];
        if (record->is_changed && write_cursor_note(writers, record) == MJL_OK)
            record->is_changed = false;
    }
}

/* ---- Asking and marking ---- */

bool mjl_writers_have_read(const mjl_writers *writers, const mjl_file_name *name)
{
    size_t position;
    return find_record(writers, &name->writer, &position) &&
           mjl_cursor_has(&writers->records[position].cursor, name->counter);
}

static void forget_record(mjl_writers *writers, size_t position)
{
    char name[NOTE_NAME_SIZE];
    mjl_writer_record *record = &writers->records[position];
    /* If it cannot be removed, a stray note stays: it is found again only with its writer. */
    const mjl_result result = mjl_transport_note_set(
        writers->transport, cursor_name(writers, &record->writer, name), mjl_bytes_of(NULL, 0));
    (void)result;
    mjl_cursor_clear(&record->cursor);
    writers->count--;
    memmove(record, record + 1, (writers->count - position) * sizeof *record);
    writers->is_index_changed = true;
}

static void forget_least_used(mjl_writers *writers)
{
    size_t least = 0;
    for (size_t i = 1; i < writers->count; i++)
        if (writers->records[i].used < writers->records[least].used) least = i;
    forget_record(writers, least);
}

mjl_result mjl_writers_mark_read(mjl_writers *writers, const mjl_file_name *name, uint64_t now_s)
{
    size_t position;
    if (!find_record(writers, &name->writer, &position)) {
        if (writers->count == MJL_WRITERS_MAX) {
            forget_least_used(writers);
            (void)find_record(writers, &name->writer, &position);
        }
        const mjl_result result = insert_record(writers, position, &name->writer);
        if (result != MJL_OK) return result;
        writers->is_index_changed = true;
    }
    mjl_writer_record *record = &writers->records[position];
    const mjl_result result = mjl_cursor_add(&record->cursor, name->counter);
    if (result != MJL_OK) return result;
    record->used = now_s;
    record->is_listed = true;
    record->is_changed = true;
    return MJL_OK;
}

void mjl_writers_begin_look(mjl_writers *writers)
{
    for (size_t i = 0; i < writers->count; i++)
        writers->records[i].is_listed = false;
}

void mjl_writers_saw(mjl_writers *writers, const mjl_file_name *name)
{
    size_t position;
    if (find_record(writers, &name->writer, &position)) writers->records[position].is_listed = true;
}

void mjl_writers_end_look(mjl_writers *writers, uint64_t now_s, uint64_t forget_after_s)
{
    for (size_t i = writers->count; i-- > 0;) {
        const mjl_writer_record *record = &writers->records[i];
        const bool is_old = now_s > record->used && now_s - record->used > forget_after_s;
        if (!record->is_listed && is_old) forget_record(writers, i);
    }
}
