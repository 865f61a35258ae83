/* Every kind of warning has words of its own, in each of its turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "chat_warning.h"

enum { KINDS_MAX = 256, NO_KIND = KINDS_MAX - 1 };

static bool is_kind(int kind)
{
    const char *none = mjl_warning_kind_name((mjl_warning_kind)NO_KIND);
    return strcmp(mjl_warning_kind_name((mjl_warning_kind)kind), none) != 0;
}

static char *words(int kind, mjl_event_kind turn, mjl_severity severity)
{
    const chat_warning warning = {.kind = (mjl_warning_kind)kind,
                                  .turn = turn,
                                  .severity = severity,
                                  .what = "\"tea?\"",
                                  .missing = "carol",
                                  .member = "dave",
                                  .transport = "dir:room"};
    return chat_warning_sentence(&warning);
}

static void assert_words(int kind, mjl_event_kind turn, mjl_severity severity, const char *part)
{
    char *text = words(kind, turn, severity);
    if (text == NULL) {
        fail_msg("a warning has no words: %s", mjl_warning_kind_name((mjl_warning_kind)kind));
        return;
    }
    if (strstr(text, part) == NULL) fail_msg("\"%s\" does not say: %s", text, part);
    free(text);
}

static const mjl_event_kind turns[] = {MJL_EVENT_WARNING, MJL_EVENT_WARNING_CHANGED,
                                       MJL_EVENT_WARNING_RETRACTED};

static void every_kind_has_words_in_each_turn(void **state)
{
    (void)state;
    int kinds = 0;
    for (int kind = 1; kind < NO_KIND; kind++) {
        if (!is_kind(kind)) continue;
        kinds++;
        for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
            assert_words(kind, turns[i], MJL_SEVERITY_NOTICE, "");
            assert_words(kind, turns[i], MJL_SEVERITY_WARNING, "");
        }
    }
    assert_true(kinds >= 7); /* As many as there were when this was written. */
    assert_null(words(NO_KIND, MJL_EVENT_WARNING, MJL_SEVERITY_WARNING));
    assert_null(words(NO_KIND, MJL_EVENT_WARNING_RETRACTED, MJL_SEVERITY_WARNING));
}

/* Nobody mistakes one kind for another, nor the end of a warning for its beginning. */
static void no_two_kinds_and_no_beginning_and_end_share_words(void **state)
{
    (void)state;
    char *said[2 * KINDS_MAX];
    size_t count = 0;
    for (int kind = 1; kind < NO_KIND; kind++) {
        if (!is_kind(kind)) continue;
        said[count++] = words(kind, MJL_EVENT_WARNING, MJL_SEVERITY_WARNING);
        said[count++] = words(kind, MJL_EVENT_WARNING_RETRACTED, MJL_SEVERITY_WARNING);
    }
    for (size_t i = 0; i < count; i++) {
        assert_non_null(said[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(said[i], said[k]);
    }
    for (size_t i = 0; i < count; i++)
        free(said[i]);
}

static void a_transport_is_named_and_what_its_loss_means(void **state)
{
    (void)state;
    const int kind = MJL_WARNING_TRANSPORT_DOWN;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        assert_words(kind, turns[i], MJL_SEVERITY_WARNING, "dir:room is ");
    assert_words(kind, MJL_EVENT_WARNING, MJL_SEVERITY_WARNING, "no other way is up");
    assert_words(kind, MJL_EVENT_WARNING, MJL_SEVERITY_NOTICE, "goes another way");
    assert_words(kind, MJL_EVENT_WARNING_CHANGED, MJL_SEVERITY_WARNING, "still");
    assert_words(kind, MJL_EVENT_WARNING_RETRACTED, MJL_SEVERITY_WARNING, "up again");
}

static void words_say_whom_and_what_to_do(void **state)
{
    (void)state;
    const mjl_event_kind raised = MJL_EVENT_WARNING, over = MJL_EVENT_WARNING_RETRACTED;
    assert_words(MJL_WARNING_LEFT_BEHIND, raised, MJL_SEVERITY_WARNING, "/rejoin");
    assert_words(MJL_WARNING_NOT_FULLY_ACKED, raised, MJL_SEVERITY_WARNING, "\"tea?\": carol");
    assert_words(MJL_WARNING_NOT_FULLY_ACKED, raised, MJL_SEVERITY_NOTICE, "away");
    assert_words(MJL_WARNING_JOIN_NOT_CONFIRMED, raised, MJL_SEVERITY_WARNING, "carol");
    assert_words(MJL_WARNING_INCOMPLETE, raised, MJL_SEVERITY_WARNING, "carol");
    assert_words(MJL_WARNING_NOT_FRESH, raised, MJL_SEVERITY_WARNING, "dave");
    assert_words(MJL_WARNING_NOT_FRESH, over, MJL_SEVERITY_WARNING, "dave");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_words_in_each_turn),
        cmocka_unit_test(no_two_kinds_and_no_beginning_and_end_share_words),
        cmocka_unit_test(a_transport_is_named_and_what_its_loss_means),
        cmocka_unit_test(words_say_whom_and_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
