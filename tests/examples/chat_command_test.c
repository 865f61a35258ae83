#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chat_command.h"

enum reading { TYPED, JSON };

static void assert_command(const char *line, enum reading reading, chat_verb verb, const char *text)
{
    chat_command command;
    assert_true(chat_command_read(mjl_bytes_text(line), reading == JSON, &command));
    assert_int_equal(command.verb, verb);
    assert_true(mjl_bytes_equal(command.text, mjl_bytes_text(text)));
    chat_command_clear(&command);
}

static void assert_refused(const char *line, enum reading reading, const char *trouble)
{
    chat_command command;
    assert_false(chat_command_read(mjl_bytes_text(line), reading == JSON, &command));
    assert_non_null(strstr(command.trouble, trouble));
    chat_command_clear(&command);
}

static void a_line_without_a_slash_is_said(void **state)
{
    (void)state;
    assert_command("hello /who", TYPED, CHAT_SAY, "hello /who");
    assert_command(" hello", TYPED, CHAT_SAY, " hello");
    assert_command("//who", TYPED, CHAT_SAY, "/who");
    assert_command("{\"cmd\":\"who\"}", TYPED, CHAT_SAY, "{\"cmd\":\"who\"}");
    assert_command("", TYPED, CHAT_NOTHING, "");
    assert_command("  ", TYPED, CHAT_NOTHING, "");
}

static void a_slash_begins_a_command(void **state)
{
    (void)state;
    assert_command("/invite bob", TYPED, CHAT_INVITE, "bob");
    assert_command("/invite   bob the elder ", TYPED, CHAT_INVITE, "bob the elder");
    assert_command("/remove 0a1b2c", TYPED, CHAT_REMOVE, "0a1b2c");
    assert_command("/who", TYPED, CHAT_WHO, "");
    assert_command("/who", JSON, CHAT_WHO, "");
    assert_command("/quit ", TYPED, CHAT_QUIT, "");
    assert_command("/seen 12", TYPED, CHAT_SEEN, "12");
    assert_command("/verify", TYPED, CHAT_VERIFY, "");
    assert_command("/verify bob ok", TYPED, CHAT_VERIFY, "bob ok");
    assert_command("/dag", TYPED, CHAT_DAG, "");
    assert_command("/evidence a file", TYPED, CHAT_EVIDENCE, "a file");
}

static void a_slash_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_refused("/dance", TYPED, "there is no 'dance'");
    assert_refused("/", TYPED, "there is no ''");
    assert_refused("/invite", TYPED, "who is meant is missing after 'invite'");
    assert_refused("/seen", TYPED, "what is meant is missing after 'seen'");
    assert_refused("/who bob", TYPED, "nothing may follow 'who'");
}

static void an_object_is_a_command(void **state)
{
    (void)state;
    assert_command("{\"cmd\":\"say\",\"text\":\"a\\nb\"}", JSON, CHAT_SAY, "a\nb");
    assert_command("{\"cmd\":\"invite\",\"who\":\"bob\"}", JSON, CHAT_INVITE, "bob");
    assert_command("{\"cmd\":\"seen\",\"what\":\"3\"}", JSON, CHAT_SEEN, "3");
    assert_command("{\"cmd\":\"messages\"}", JSON, CHAT_MESSAGES, "");
    assert_command("plain", JSON, CHAT_SAY, "plain");
}

static void a_token_goes_with_what_is_said(void **state)
{
    (void)state;
    const char *line = "{\"cmd\":\"say\",\"text\":\"x\",\"token\":"
                       "\"000102030405060708090a0b0c0d0e0f\"}";
    chat_command command;
    assert_true(chat_command_read(mjl_bytes_text(line), true, &command));
    for (uint8_t i = 0; i < sizeof command.token; i++)
        assert_int_equal(command.token[i], i);
    chat_command_clear(&command);
}

static void an_object_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_refused("{", JSON, "begins like an object");
    assert_refused("{}", JSON, "no text named 'cmd'");
    assert_refused("{\"cmd\":1}", JSON, "no text named 'cmd'");
    assert_refused("{\"cmd\":\"dance\"}", JSON, "there is no command 'dance'");
    assert_refused("{\"cmd\":\"say\"}", JSON, "no text named 'text'");
    assert_refused("{\"cmd\":\"say\",\"text\":\"x\",\"token\":\"12\"}", JSON, "32 hexadecimal");
    assert_refused("{\"cmd\":\"say\",\"text\":\"x\",\"token\":5}", JSON, "32 hexadecimal");
    assert_refused("{\"cmd\":\"invite\"}", JSON, "who is meant is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_without_a_slash_is_said),
        cmocka_unit_test(a_slash_begins_a_command),
        cmocka_unit_test(a_slash_that_makes_no_sense_is_refused),
        cmocka_unit_test(an_object_is_a_command),
        cmocka_unit_test(a_token_goes_with_what_is_said),
        cmocka_unit_test(an_object_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
