/* The chat on a terminal: alice types, bob is a program on a pipe that says what really arrived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "chat_process.h"

enum { PATIENCE_MS = 60000, OUTPUT_MAX = 1 << 20, ROWS = 30, COLUMNS = 80 };

static struct {
    struct chat_world world;
    struct chat_process *bob;
    pid_t process;
    int terminal;
    char *output; /* All of it, with its end. */
    size_t size;
    size_t mark; /* Where is looked from. */
} room;

/* ---- The terminal ---- */

static void start_alice(const char *kind)
{
    const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    char profile[CHAT_PATH_SIZE];
    snprintf(profile, sizeof profile, "%s/terminal", room.world.root);
    room.process = forkpty(&room.terminal, NULL, NULL, &size);
    if (room.process < 0) {
        print_message("SKIPPED: this machine gives no terminal (%s)\n", strerror(errno));
        room.terminal = -1;
        skip();
    }
    if (room.process != 0) return;
    setenv("TERM", kind, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    execl(MAJLIS_PROGRAM, MAJLIS_PROGRAM, "chat", "--profile", profile, "--name", "alice",
          "--transport", room.world.transport, "--create", "plaza", "--pace", "quick",
          (char *)NULL);
    _exit(127);
}

static void hear_alice(int64_t ms)
{
    struct pollfd ready = {.fd = room.terminal, .events = POLLIN};
    if (poll(&ready, 1, (int)ms) <= 0 || room.size + 1 >= OUTPUT_MAX) return;
    const ssize_t size = read(room.terminal, room.output + room.size, OUTPUT_MAX - room.size - 1);
    if (size > 0) room.size += (size_t)size;
    room.output[room.size] = '\0';
}

static void await_shown(const char *text)
{
    const int64_t end = chat_now_ms() + PATIENCE_MS;
    while (strstr(room.output + room.mark, text) == NULL && chat_now_ms() < end) {
        hear_alice(20);
        chat_world_hear(&room.world);
    }
    const char *found = strstr(room.output + room.mark, text);
    if (found == NULL) {
        print_error("%s\n", room.output + room.mark);
        fail_msg("the terminal does not show: %s", text);
        return;
    }
    room.mark = (size_t)(found - room.output) + strlen(text);
}

static void type(const char *keys)
{
    assert_int_equal(write(room.terminal, keys, strlen(keys)), strlen(keys));
}

static void await_said(const char *text, size_t times)
{
    const int64_t end = chat_now_ms() + PATIENCE_MS;
    while (chat_process_count(room.bob, "message", "text", text) < times && chat_now_ms() < end) {
        hear_alice(20);
        chat_world_hear(&room.world);
    }
    assert_int_equal(chat_process_count(room.bob, "message", "text", text), times);
}

static int await_end(void)
{
    int status = -1;
    for (int i = 0; i < PATIENCE_MS / 20; i++) {
        hear_alice(20);
        chat_sleep_ms(20); /* A terminal whose other side is gone does not let wait. */
        if (waitpid(room.process, &status, WNOHANG) == room.process) {
            room.process = 0;
            return status;
        }
    }
    return -1;
}

static int make_room(void **state)
{
    (void)state;
    memset(&room, 0, sizeof room);
    chat_world_make(&room.world);
    room.bob = chat_world_add(&room.world, "bob");
    room.output = calloc(1, OUTPUT_MAX);
    assert_non_null(room.output);
    return 0;
}

static int end_room(void **state)
{
    (void)state;
    if (room.process > 0) {
        kill(room.process, SIGKILL);
        waitpid(room.process, NULL, 0);
    }
    if (room.terminal >= 0) close(room.terminal);
    free(room.output);
    chat_world_remove(&room.world);
    return 0;
}

static void meet(void)
{
    start_alice("xterm");
    await_shown("you are in the room");
    chat_process_start(&room.world, room.bob, "--room", "plaza");
    await_shown("asks to join");
    type("/invite bob\r");
    await_shown("was let in");
    type("welcome\r");
    await_said("welcome", 1);
}

/* ---- Tests ---- */

#ifdef MAJLIS_WITH_LIBEDIT

static void a_line_is_edited_anywhere_and_comes_again_from_the_history(void **state)
{
    (void)state;
    meet();
    type(
        "g\xc3\xb6od wrld\x1b[D\x1b[D\x1b[Do\x01\x1b[C\x1b[3~o\r"); /* Left, home, right, delete. */
    await_said("good world", 1);
    type("\x1b[A\x1b[A\x1b[B\r");
    await_said("good world", 2);
    type("/wh\t\r");
    await_shown("\xe2\x97\x8f");
    type("never said\x15"
         "said\r");
    await_said("said", 1);
    type("one\rtwo\rthree\r"); /* Pasted at once. */
    await_said("three", 1);
    await_said("one", 1);
}

static void an_escape_that_comes_in_two_pieces_leaves_nothing_in_the_line(void **state)
{
    (void)state;
    meet();
    type("ab\x1b");
    chat_sleep_ms(50);
    type("[");
    chat_sleep_ms(50);
    type("Dx\r");
    await_said("axb", 1);
    type("\xc3");
    chat_sleep_ms(50);
    type("\xbc\r");
    await_said("\xc3\xbc", 1);
}

#endif

static void what_comes_in_leaves_alone_what_is_typed(void **state)
{
    (void)state;
    meet();
    type("half a");
    await_shown("half a");
    chat_process_tell(room.bob, "an interruption");
    await_shown("an interruption");
    await_shown("half a"); /* Shown again, below. */
    type(" sentence\r");
    await_said("half a sentence", 1);
}

static void ticks_and_the_line_about_the_room_change_by_themselves(void **state)
{
    (void)state;
    meet();
    type("does everybody have this?\r");
    await_shown("does everybody have this?");
    await_shown("\xe2\x9c\x93\xe2\x9c\x93"); /* Put before it, later. */
    await_shown("plaza: 2 members");
    await_shown("everyone has all");
    type("/seen 2\r");
    await_shown("1 of 1 have it");
    await_shown("bob has it, known for ");
}

/* Asks again until that is the answer: acks come when they come. */
static void await_answer(const char *command, const char *text)
{
    const int64_t end = chat_now_ms() + PATIENCE_MS;
    while (strstr(room.output + room.mark, text) == NULL && chat_now_ms() < end) {
        type(command);
        for (int i = 0; i < 10; i++)
            hear_alice(20);
        chat_world_hear(&room.world);
    }
    await_shown(text);
}

/* Bob's second device: the same name, let in by its id. */
static struct chat_process *let_in_second_device(void)
{
    char command[128];
    struct chat_process *phone = chat_world_add(&room.world, "bob");
    chat_process_start(&room.world, phone, "--room", "plaza");
    const cJSON *hello =
        chat_world_await_line(&room.world, PATIENCE_MS, phone, "hello", NULL, NULL);
    assert_non_null(hello);
    await_shown("asks to join");
    snprintf(command, sizeof command, "/invite %.8s\r", chat_text(hello, "member"));
    type(command);
    await_shown("was let in");
    return phone;
}

static void a_user_with_two_devices_is_one_line(void **state)
{
    (void)state;
    meet();
    struct chat_process *phone = let_in_second_device();
    type("on both?\r");
    await_said("on both?", 1);
    await_answer("/seen 2\r", "2 of 2 have it; 1 of 1 users, 1 on all their devices");
    await_shown("bob has it on 2 of 2 devices, known for ");
    type("/who\r");
    await_shown("bob  2 devices: ");
    chat_process_kill(phone);
    type("on one?\r");
    await_said("on one?", 1);
    await_answer("/seen 3\r", "1 of 2 have it; 1 of 1 users, 0 on all their devices");
    await_shown("bob has it on 1 of 2 devices, known for ");
    const cJSON *hello = chat_process_find(phone, "hello", NULL, NULL);
    char digits[CHAT_PATH_SIZE];
    snprintf(digits, sizeof digits, "not known of %.8s", chat_text(hello, "member"));
    await_shown(digits);
}

static void a_folder_that_is_gone_is_told_with_what_it_means_until_it_is_back(void **state)
{
    (void)state;
    char away[2 * CHAT_PATH_SIZE], text[2 * CHAT_PATH_SIZE];
    const char *folder = room.world.transport + strlen("dir:");
    meet();
    snprintf(away, sizeof away, "%s/away", room.world.root);
    assert_int_equal(rename(folder, away), 0);
    await_shown(" is down for long now, and no other way is up");
    type("/warnings\r");
    snprintf(text, sizeof text, "%.16s", room.world.transport);
    await_shown(text);
    await_shown(" is down for long now, and no other way is up");
    assert_int_equal(rename(away, folder), 0);
    await_shown(" is up again");
}

static void control_d_on_an_empty_line_ends_well(void **state)
{
    (void)state;
    start_alice("xterm");
    await_shown("you are in the room");
    type("x\x04\x7f\x04");
    await_shown("ended: end of input");
    assert_int_equal(await_end(), 0);
}

static void a_chat_that_was_stopped_goes_on_with_its_terminal(void **state)
{
    (void)state;
    meet();
    type("half a");
    await_shown("half a");
    kill(room.process, SIGSTOP);
    chat_sleep_ms(100);
    struct termios cooked; /* What a shell does in between. */
    assert_int_equal(tcgetattr(room.terminal, &cooked), 0);
    cooked.c_lflag |= ICANON | ECHO;
    assert_int_equal(tcsetattr(room.terminal, TCSANOW, &cooked), 0);
    kill(room.process, SIGCONT);
    await_shown(" > ");
    struct termios now = cooked;
    for (int i = 0; i < 100 && (now.c_lflag & ICANON) != 0; i++) {
        hear_alice(20);
        assert_int_equal(tcgetattr(room.terminal, &now), 0);
    }
    assert_int_equal(now.c_lflag & ICANON, 0);
    type("\x15"
         "whole\r");
    await_said("whole", 1);
}

static void control_c_ends_well(void **state)
{
    (void)state;
    start_alice("xterm");
    await_shown("you are in the room");
    type("half a line\x03");
    await_shown("ended: Interrupt");
    assert_int_equal(await_end(), 0);
}

static void a_terminal_that_can_nothing_gets_plain_lines(void **state)
{
    (void)state;
    start_alice("dumb");
    await_shown("you are in the room");
    type("hello\n");
    await_shown("alice: hello");
    type("/quit\n");
    await_shown("ended: /quit");
    assert_null(strchr(room.output, '\x1b'));
}

#define IN_A_ROOM(test) cmocka_unit_test_setup_teardown(test, make_room, end_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef MAJLIS_WITH_LIBEDIT
        IN_A_ROOM(a_line_is_edited_anywhere_and_comes_again_from_the_history),
        IN_A_ROOM(an_escape_that_comes_in_two_pieces_leaves_nothing_in_the_line),
#endif
        IN_A_ROOM(what_comes_in_leaves_alone_what_is_typed),
        IN_A_ROOM(ticks_and_the_line_about_the_room_change_by_themselves),
        IN_A_ROOM(a_user_with_two_devices_is_one_line),
        IN_A_ROOM(a_folder_that_is_gone_is_told_with_what_it_means_until_it_is_back),
        IN_A_ROOM(control_d_on_an_empty_line_ends_well),
        IN_A_ROOM(a_chat_that_was_stopped_goes_on_with_its_terminal),
        IN_A_ROOM(control_c_ends_well),
        IN_A_ROOM(a_terminal_that_can_nothing_gets_plain_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
