#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "escape.h"

static void assert_printed(const char *text, size_t size, const char *printed)
{
    char *copy = escape_new(mjl_bytes_of(text, size));
    assert_non_null(copy);
    assert_string_equal(copy, printed);
    free(copy);
}

static void text_that_prints_stays_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "hello", "Grüße", "مجلس", "日本語", "a\\b", "🛶"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_printed(texts[i], strlen(texts[i]), texts[i]);
        assert_true(escape_is_plain(mjl_bytes_text(texts[i])));
    }
}

static void nothing_can_move_the_cursor_or_turn_the_text(void **state)
{
    (void)state;
    assert_printed("a\x1b[2Jb", 6, "a\\x1b[2Jb");
    assert_printed("a\nb\r\t", 5, "a\\x0ab\\x0d\\x09");
    assert_printed("a\0b", 3, "a\\x00b");
    assert_printed("\x7f", 1, "\\x7f");
    assert_printed("\xc2\x9b", 2, "\\u{9b}");       /* C1: one code that starts a sequence. */
    assert_printed("\xe2\x80\xae", 3, "\\u{202e}"); /* Right to left override. */
    assert_printed("\xe2\x81\xa6", 3, "\\u{2066}"); /* Isolate. */
    assert_printed("\xe2\x80\x8b", 3, "\\u{200b}"); /* Invisible. */
    assert_printed("\xef\xbb\xbf", 3, "\\u{feff}");
    assert_false(escape_is_plain(mjl_bytes_text("a\x1b")));
}

static void what_is_no_utf_8_is_shown_byte_by_byte(void **state)
{
    (void)state;
    assert_printed("\xff", 1, "\\xff");
    assert_printed("\xc3", 1, "\\xc3");                            /* Cut. */
    assert_printed("\xc3(", 2, "\\xc3(");                          /* Not continued. */
    assert_printed("\xc0\x80", 2, "\\xc0\\x80");                   /* Longer than need be. */
    assert_printed("\xe0\x80\x80", 3, "\\xe0\\x80\\x80");          /* Likewise. */
    assert_printed("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");          /* Half a surrogate pair. */
    assert_printed("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"); /* Beyond Unicode. */
}

static void columns_are_counted_as_printed(void **state)
{
    (void)state;
    assert_int_equal(escape_columns(mjl_bytes_text("Grüße")), 5);
    assert_int_equal(escape_columns(mjl_bytes_text("\x1b")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_prints_stays_as_it_is),
        cmocka_unit_test(nothing_can_move_the_cursor_or_turn_the_text),
        cmocka_unit_test(what_is_no_utf_8_is_shown_byte_by_byte),
        cmocka_unit_test(columns_are_counted_as_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
