#include "test.h"

#include "file_name.h"

static const mjl_file_name name = {{UINT64_C(0x0123456789abcdef), 0xfeedbeef}, 42};
static const char text[] = "0123456789abcdeffeedbeef-000000000000002a.mjl";

static void a_known_name_has_its_known_text(void **state)
{
    char out[MJL_FILE_NAME_SIZE + 1], aside[MJL_FILE_NAME_TEMPORARY_SIZE + 1];
    mjl_file_name read;
    (void)state;
    mjl_file_name_write(&name, out);
    assert_string_equal(out, text);
    mjl_file_name_write_temporary(&name, aside);
    assert_int_equal(aside[0], '.');
    assert_string_equal(aside + 1, text);
    assert_true(mjl_file_name_read(text, &read));
    assert_true(read.writer.home == name.writer.home && read.writer.start == name.writer.start);
    assert_true(read.counter == name.counter);
}

static void a_copy_beside_the_file_bears_its_name(void **state)
{
    static const char *const copies[] = {
        "0123456789abcdeffeedbeef-000000000000002a (1).mjl",
        "0123456789abcdeffeedbeef-000000000000002a.sync-conflict-20261121-101112-ABCDEFG.mjl",
        "0123456789abcdeffeedbeef-000000000000002a (conflicted copy).mjl"};
    (void)state;
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        mjl_file_name read;
        assert_true(mjl_file_name_read(copies[i], &read));
        assert_true(read.counter == 42);
    }
}

static void foreign_names_are_not_read(void **state)
{
    static const char *const foreign[] = {"",
                                          ".",
                                          "..",
                                          ".mjl",
                                          "notes.txt",
                                          ".0123456789abcdeffeedbeef-000000000000002a.mjl",
                                          "0123456789abcdeffeedbeef-000000000000002a",
                                          "0123456789abcdeffeedbeef-000000000000002a.mjl.part",
                                          "0123456789ABCDEFFEEDBEEF-000000000000002A.mjl",
                                          "0123456789abcdeffeedbeef_000000000000002a.mjl",
                                          "0123456789abcdeffeedbeef-000000000000002a0.mjl",
                                          "0123456789abcdeffeedbee-000000000000002a.mjl",
                                          "0123456789abcdeffeedbeef-00000000000002a.mjl"};
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        mjl_file_name read;
        if (mjl_file_name_read(foreign[i], &read)) fail_msg("\"%s\" was read", foreign[i]);
    }
}

static void only_files_of_ones_own_home_are_ones_own(void **state)
{
    (void)state;
    assert_true(mjl_file_name_is_of_home(text, name.writer.home));
    assert_true(mjl_file_name_is_of_home(".0123456789abcdef00000000-000000000000002a.mjl",
                                         name.writer.home));
    assert_false(mjl_file_name_is_of_home(text, name.writer.home + 1));
    assert_false(mjl_file_name_is_of_home("0123456789abcdef.mjl", name.writer.home));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_name_has_its_known_text),
        cmocka_unit_test(a_copy_beside_the_file_bears_its_name),
        cmocka_unit_test(foreign_names_are_not_read),
        cmocka_unit_test(only_files_of_ones_own_home_are_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
