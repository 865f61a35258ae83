/* Typing without a terminal: what keys make of a line. How it looks is for eyes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen.h"

static void assert_typed(const char *keys, const char *lines)
{
    mjl_buffer out = {NULL, 0, 0};
    assert_true(screen_take_keys(mjl_bytes_text(keys), &out));
    assert_int_equal(out.size, strlen(lines));
    assert_memory_equal(out.data, lines, out.size);
    mjl_buffer_clear(&out);
}

static void enter_finishes_a_line(void **state)
{
    (void)state;
    assert_typed("hello\rworld\n", "hello\nworld\n");
    assert_typed("\r", "\n");
}

static void a_line_may_come_key_by_key(void **state)
{
    (void)state;
    mjl_buffer out = {NULL, 0, 0};
    for (const char *key = "hi\xc3\xa9"; *key != '\0'; key++)
        assert_true(screen_take_keys(mjl_bytes_of(key, 1), &out));
    assert_int_equal(out.size, 0);
    assert_typed("\r", "hi\xc3\xa9\n");
}

static void backspace_takes_a_whole_character(void **state)
{
    (void)state;
    assert_typed("gr\xc3\xbc\x7f\x7ft\r", "gt\n");
    assert_typed("\x7f\x08x\r", "x\n");
}

static void a_word_or_everything_can_be_taken_back(void **state)
{
    (void)state;
    assert_typed("one two\x17three\r", "one three\n");
    assert_typed("one two  \x17\x17x\r", "x\n");
    assert_typed("one two\x15x\r", "x\n");
}

static void other_keys_leave_nothing_in_the_line(void **state)
{
    (void)state;
    assert_typed("a\x1b[A\x1b[1;5Cb\x1bOPc\x1b[3~\td\x01\r", "abcd\n");
}

static void control_d_ends_only_an_empty_line(void **state)
{
    (void)state;
    mjl_buffer out = {NULL, 0, 0};
    assert_true(screen_take_keys(mjl_bytes_text("x\x04"), &out));
    assert_true(screen_take_keys(mjl_bytes_text("\r"), &out));
    assert_false(screen_take_keys(mjl_bytes_text("\x04"), &out));
    mjl_buffer_clear(&out);
}

static void a_line_has_a_bound(void **state)
{
    (void)state;
    mjl_buffer out = {NULL, 0, 0};
    for (int i = 0; i < 100000; i++)
        assert_true(screen_take_keys(mjl_bytes_text("x"), &out));
    assert_true(screen_take_keys(mjl_bytes_text("\r"), &out));
    assert_true(out.size > 1000 && out.size < 10000);
    mjl_buffer_clear(&out);
}

static void nothing_is_marked_where_there_is_no_terminal(void **state)
{
    (void)state;
    screen_start(SCREEN_WITHOUT_PROMPT);
    if (screen_is_terminal()) skip();
    assert_string_equal(screen_start_colour(SCREEN_RED), "");
    assert_string_equal(screen_end_colour(), "");
    assert_false(screen_mark(screen_print(SCREEN_RED, "!", "a line"), SCREEN_GREEN, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enter_finishes_a_line),
        cmocka_unit_test(a_line_may_come_key_by_key),
        cmocka_unit_test(backspace_takes_a_whole_character),
        cmocka_unit_test(a_word_or_everything_can_be_taken_back),
        cmocka_unit_test(other_keys_leave_nothing_in_the_line),
        cmocka_unit_test(control_d_ends_only_an_empty_line),
        cmocka_unit_test(a_line_has_a_bound),
        cmocka_unit_test(nothing_is_marked_where_there_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
