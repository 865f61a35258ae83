/* Seeds for logs: a short play, whole, without its frames, and each of its entries. */
#include "seeds.h"

#include "../replay/short_play.h"
#include "recording_frames.h"

typedef struct source {
    mjl_bytes log;
    size_t at;
} source;

static mjl_result read_log(void *context, uint8_t *out, size_t room, size_t *size)
{
    source *const from = context;
    const size_t left = from->log.size - from->at;
    *size = left < room ? left : room;
    if (*size > 0) memcpy(out, from->log.data + from->at, *size);
    from->at += *size;
    return MJL_OK;
}

void seeds_of_log(void)
{
    short_play play;
    mjl_buffer entries = {0};
    mjl_bytes entry;
    short_play_all(&play);
    seed_put("log", mjl_buffer_bytes(&play.log));
    source from = {.log = mjl_buffer_bytes(&play.log)};
    mjl_log_frame_reader reader = {.context = &from, .read = read_log};
    mjl_result result = mjl_log_frame_reader_begin(&reader);
    while (result == MJL_OK && (result = mjl_log_frame_read(&reader, &entry)) == MJL_OK) {
        seed_put("log_entry", entry);
        seed_part(&entries, entry);
    }
    assert(result == MJL_EMPTY);
    seed_put("log_entries", mjl_buffer_bytes(&entries));
    mjl_log_frame_reader_clear(&reader);
    mjl_buffer_clear(&entries);
    short_play_clear(&play);
}
