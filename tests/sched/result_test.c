#include "sched_test.h"

#include "majlis/result.h"

static void every_code_has_a_name_a_text_a_class_and_a_blame(void **state)
{
    (void)state;
    assert_string_equal(mjl_result_name(MJL_OK), "OK");
    assert_string_equal(mjl_result_text(MJL_OK), "done");
    assert_int_equal(mjl_result_class(MJL_OK), MJL_CLASS_OK);
    assert_int_equal(mjl_result_blame(MJL_OK), MJL_BLAME_NOBODY);
    assert_string_equal(mjl_result_name(MJL_BAD_SIGNATURE), "BAD_SIGNATURE");
    assert_int_equal(mjl_result_class(MJL_STORE_FAILED), MJL_CLASS_REOPEN);
    assert_int_equal(mjl_result_blame(MJL_STORE_FAILED), MJL_BLAME_STORE);
}

static void a_number_that_is_no_code_is_our_bug(void **state)
{
    (void)state;
    const mjl_result strange = (mjl_result)9999;
    assert_string_equal(mjl_result_text(strange), "unknown result");
    assert_int_equal(mjl_result_class(strange), MJL_CLASS_OUR_BUG);
    assert_int_equal(mjl_result_blame(strange), MJL_BLAME_SELF);
}

static void numbers_and_names_are_given_once(void **state)
{
    (void)state;
    static const mjl_result all[] = {
#define CODE(name, number, class_, blame_, text) MJL_##name,
        MJL_RESULTS(CODE)
#undef CODE
    };
    const size_t count = sizeof all / sizeof all[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            assert_int_not_equal(all[i], all[j]);
            assert_string_not_equal(mjl_result_name(all[i]), mjl_result_name(all[j]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_a_text_a_class_and_a_blame),
        cmocka_unit_test(a_number_that_is_no_code_is_our_bug),
        cmocka_unit_test(numbers_and_names_are_given_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
