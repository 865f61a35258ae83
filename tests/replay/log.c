#include "log.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "recording_frames.h"
#include "script.h"

void test_log_read(mjl_bytes log, test_log *out)
{
    script_reader source = {.log = log};
    mjl_log_frame_reader reader = {.context = &source, .read = script_read};
    mjl_bytes entry;
    out->count = 0;
    assert_int_equal(mjl_log_frame_reader_begin(&reader), MJL_OK);
    mjl_result result;
    while ((result = mjl_log_frame_read(&reader, &entry)) == MJL_OK) {
        assert_true(out->count < TEST_ENTRIES_MAX);
        const size_t end = (size_t)reader.at;
        const uint8_t *start = log.data + end - MJL_LOG_FRAME_CHECK_SIZE - entry.size;
        out->entries[out->count++] = (test_entry){mjl_bytes_of(start, entry.size), end};
    }
    assert_int_equal(result, MJL_EMPTY);
    mjl_log_frame_reader_clear(&reader);
}

void test_log_write(const test_log *log, mjl_buffer *out)
{
    static const uint8_t head[MJL_LOG_FRAME_HEAD_SIZE] = {0};
    mjl_log_frame_chain chain = {{0}};
    mjl_buffer frame = {0};
    assert_int_equal(mjl_buffer_append(out, mjl_log_mark()), MJL_OK);
    for (size_t i = 0; i < log->count; i++) {
        frame.size = 0;
        assert_int_equal(mjl_buffer_append(&frame, mjl_bytes_of(head, sizeof head)), MJL_OK);
        assert_int_equal(mjl_buffer_append(&frame, log->entries[i].bytes), MJL_OK);
        assert_int_equal(mjl_log_frame_close(&chain, &frame), MJL_OK);
        assert_int_equal(mjl_buffer_append(out, mjl_buffer_bytes(&frame)), MJL_OK);
    }
    mjl_buffer_clear(&frame);
}

static mjl_result replay_as(mjl_bytes log, mjl_replay_reopening reopening,
                            mjl_replay_report *report)
{
    script_reader source = {.log = log};
    mjl_replay_config config = {.size = sizeof config, .context = &source, .read = script_read};
    config.reopening = reopening;
    return mjl_replay(&config, report);
}

mjl_result test_replay(mjl_bytes log, mjl_replay_report *report)
{
    return replay_as(log, MJL_REPLAY_STAYS_OPEN, report);
}

mjl_result test_replay_reopening(mjl_bytes log, mjl_replay_report *report)
{
    return replay_as(log, MJL_REPLAY_REOPENS, report);
}
