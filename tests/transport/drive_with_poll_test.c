#define _GNU_SOURCE
#include "drive_with_poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_profile.h"

static int ends[2];

static int set_up(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    fake_reset();
    return 0;
}

static bool goes_on_until_three(const mjl_event *event)
{
    if (event->number == 1) { /* Meanwhile: two packets arrive, and something falls due. */
        assert_int_equal(send(ends[1], "a", 1, 0), 1);
        assert_int_equal(send(ends[1], "b", 1, 0), 1);
        fake.next_due = fake_wall_ms() + 50;
        fake_make_event();
    }
    if (event->number == 2) fake_make_event();
    return event->number < 3;
}

static void another_loop_drives_the_engine(void **state)
{
    char heard[16] = {0};
    mjl_profile *profile = fake_reset();
    (void)state;
    fake_say("salam");
    fake_make_event();
    assert_int_equal(drive_with_poll(profile, ends[0], goes_on_until_three), MJL_OK);
    assert_int_equal(recv(ends[1], heard, sizeof heard, MSG_DONTWAIT), 5);
    assert_string_equal(heard, "salam");
    assert_int_equal(fake_sent_count(), 1);
    fake.log[fake.log_size] = 0;
    /* Step, packet, its sent, event; two receives, one step, event; the timer's step, event. */
    assert_string_equal(fake.log, "spterrseses");
    assert_int_equal(fake.events_settled, 3);
    assert_false(fake.is_changed);
}

static void a_failed_store_ends_the_loop(void **state)
{
    mjl_profile *profile = fake_reset();
    (void)state;
    fake.step_result = MJL_STORE_FAILED;
    assert_int_equal(drive_with_poll(profile, ends[0], goes_on_until_three), MJL_STORE_FAILED);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail_msg("%s cannot be opened", path);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return text;
}

static void the_readme_shows_this_program(void **state)
{
    (void)state;
    char *program = read_text("tests/transport/drive_with_poll.c");
    char *readme = read_text("transport/README.md");
    const char *shown = strstr(readme, "```c\n");
    assert_non_null(shown);
    assert_int_equal(strncmp(shown + 5, program, strlen(program)), 0);
    free(program);
    free(readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_loop_drives_the_engine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_store_ends_the_loop, set_up, tear_down),
        cmocka_unit_test(the_readme_shows_this_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
