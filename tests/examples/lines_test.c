#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "lines.h"

static int ends[2];

static int open_pipe(void **state)
{
    (void)state;
    return pipe(ends);
}

static int close_pipe(void **state)
{
    (void)state;
    close(ends[0]);
    return close(ends[1]);
}

static void give(struct lines *lines, const char *text)
{
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    assert_true(lines_read(lines, ends[0]));
}

static void assert_line(struct lines *lines, const char *text)
{
    mjl_bytes line;
    assert_int_equal(lines_next(lines, &line), LINES_LINE);
    assert_true(mjl_bytes_equal(line, mjl_bytes_text(text)));
}

static void assert_no_line(struct lines *lines)
{
    mjl_bytes line;
    assert_int_equal(lines_next(lines, &line), LINES_NONE);
}

static void lines_come_whole_whatever_the_pieces(void **state)
{
    (void)state;
    struct lines lines = {0};
    give(&lines, "he");
    assert_no_line(&lines);
    give(&lines, "llo\n\nworld\r\nre");
    assert_line(&lines, "hello");
    assert_line(&lines, "");
    assert_line(&lines, "world");
    assert_no_line(&lines);
    give(&lines, "st\n");
    assert_line(&lines, "rest");
    lines_clear(&lines);
}

static void a_last_line_without_its_end_counts(void **state)
{
    (void)state;
    struct lines lines = {0};
    give(&lines, "bye");
    assert_no_line(&lines);
    close(ends[1]);
    assert_true(lines_read(&lines, ends[0]));
    assert_true(lines.is_ended);
    assert_line(&lines, "bye");
    assert_no_line(&lines);
    ends[1] = dup(ends[0]);
    lines_clear(&lines);
}

static void a_line_that_is_too_long_is_skipped_and_told(void **state)
{
    (void)state;
    struct lines lines = {0};
    char piece[4096];
    memset(piece, 'x', sizeof piece);
    piece[sizeof piece - 1] = '\0';
    mjl_bytes line;
    size_t given = 0;
    while (given <= 2 * (size_t)LINES_SIZE_MAX) {
        give(&lines, piece);
        given += sizeof piece - 1;
        assert_no_line(&lines);
        assert_true(lines.text.size <= LINES_SIZE_MAX + sizeof piece);
    }
    give(&lines, "\nshort\n");
    assert_int_equal(lines_next(&lines, &line), LINES_TOO_LONG);
    assert_line(&lines, "short");
    lines_clear(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_whole_whatever_the_pieces, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(a_last_line_without_its_end_counts, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_skipped_and_told, open_pipe,
                                        close_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
