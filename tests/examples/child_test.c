/* A child is known by its process id and does not outlive who started it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

enum { WAIT_MS_MAX = 5000 };

static void sleep_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void start_shell(struct child *child, const char *script)
{
    char *arguments[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, NULL};
    assert_true(child_start(child, arguments, "/dev/null"));
}

static const char *await_line(struct child *child)
{
    const char *line = NULL;
    for (int i = 0; i < WAIT_MS_MAX && (line = child_hear(child)) == NULL; i++)
        sleep_ms(1);
    return line;
}

static void a_child_is_told_and_heard_line_by_line(void **state)
{
    (void)state;
    struct child child;
    start_shell(&child, "while read -r line; do echo \"heard $line\"; done; printf last");
    child_tell(&child, "one");
    child_tell(&child, "two");
    assert_string_equal(await_line(&child), "heard one");
    assert_string_equal(await_line(&child), "heard two");
    assert_null(child_hear(&child));
    child_end(&child);
}

static void a_killed_child_is_reaped_and_what_it_said_is_still_heard(void **state)
{
    (void)state;
    struct child child;
    start_shell(&child, "echo here; exec sleep 100");
    sleep_ms(200);
    const pid_t id = child.id;
    child_signal(&child, SIGKILL);
    assert_int_equal(child.id, 0);
    assert_true(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGKILL);
    assert_int_equal(kill(id, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_string_equal(await_line(&child), "here");
    child_end(&child);
    child_end(&child);
}

static void the_end_of_a_child_is_seen_with_its_code(void **state)
{
    (void)state;
    struct child child;
    start_shell(&child, "exit 3");
    for (int i = 0; i < WAIT_MS_MAX && !child_is_over(&child); i++) {
        child_hear(&child);
        sleep_ms(1);
    }
    assert_true(child_is_over(&child));
    assert_int_equal(WEXITSTATUS(child.status), 3);
    child_tell(&child, "nobody is there"); /* Not a SIGPIPE for us: main ignores it. */
    child_end(&child);
}

static void a_program_that_is_not_there_ends_at_once(void **state)
{
    (void)state;
    struct child child;
    char *arguments[] = {(char *)"/nowhere/at/all", NULL};
    assert_true(child_start(&child, arguments, "/dev/null"));
    for (int i = 0; i < WAIT_MS_MAX && !child_is_over(&child); i++) {
        child_hear(&child);
        sleep_ms(1);
    }
    assert_int_equal(WEXITSTATUS(child.status), 127);
    child_end(&child);
}

/* The starter is killed with SIGKILL: it has no chance to end anything. */
static void a_child_dies_with_who_started_it(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* The orphan becomes ours, so that we can reap it. */
    const pid_t starter = fork();
    if (starter == 0) {
        struct child child;
        char *arguments[] = {(char *)"/bin/sleep", (char *)"100", NULL};
        const pid_t id = child_start(&child, arguments, "/dev/null") ? child.id : 0;
        sleep_ms(100);
        if (write(ends[1], &id, sizeof id) != sizeof id) _exit(1);
        pause();
    }
    pid_t id = 0;
    assert_int_equal(read(ends[0], &id, sizeof id), sizeof id);
    assert_true(id > 0);
    kill(starter, SIGKILL);
    assert_int_equal(waitpid(starter, NULL, 0), starter);
    int status = 0;
    pid_t reaped = 0;
    for (int i = 0; i < WAIT_MS_MAX && (reaped = waitpid(id, &status, WNOHANG)) == 0; i++)
        sleep_ms(1);
    assert_int_equal(reaped, id);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_told_and_heard_line_by_line),
        cmocka_unit_test(a_killed_child_is_reaped_and_what_it_said_is_still_heard),
        cmocka_unit_test(the_end_of_a_child_is_seen_with_its_code),
        cmocka_unit_test(a_program_that_is_not_there_ends_at_once),
        cmocka_unit_test(a_child_dies_with_who_started_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
