/* Real processes talk over one folder, as their users see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "chat_process.h"
#include "frame.h"

enum { PATIENCE_MS = 15000 };

struct trio {
    struct chat_world world;
    struct chat_process *alice, *bob, *carol;
};

static struct trio trio;

static int make_trio(void **state)
{
    (void)state;
    chat_world_make(&trio.world);
    trio.alice = chat_world_add(&trio.world, "alice");
    trio.bob = chat_world_add(&trio.world, "bob");
    trio.carol = chat_world_add(&trio.world, "carol");
    return 0;
}

static int end_trio(void **state)
{
    (void)state;
    chat_world_remove(&trio.world);
    return 0;
}

/* ---- Facts ---- */

static const cJSON *await_line(const struct chat_process *process, const char *event,
                               const char *name, const char *text)
{
    const cJSON *line = chat_world_await_line(&trio.world, PATIENCE_MS, process, event, name, text);
    assert_non_null(line);
    return line;
}

static bool is_over(struct chat_world *world, const void *context)
{
    (void)world;
    (void)context;
    return child_is_over(&trio.alice->child);
}

struct state_fact {
    const struct chat_process *process;
    const char *state;
};

/* The last status of the process has that state. */
static bool has_state(struct chat_world *world, const void *context)
{
    const struct state_fact *fact = context;
    (void)world;
    const cJSON *status = chat_process_find(fact->process, "status", NULL, NULL);
    return status != NULL && strcmp(chat_text(status, "state"), fact->state) == 0;
}

static void await_state(const struct chat_process *process, const char *state)
{
    const struct state_fact fact = {process, state};
    assert_true(chat_world_await(&trio.world, PATIENCE_MS, has_state, &fact));
}

static void await_everyone(const struct chat_process *author, const char *text)
{
    char id[80];
    snprintf(id, sizeof id, "%s",
             chat_text(await_line(author, "message", "text", text), "message"));
    for (int i = 0; i < PATIENCE_MS / 10; i++) {
        const cJSON *line = chat_process_find(author, "message state", "message", id);
        if (line != NULL && strcmp(chat_text(line, "new"), "everyone") == 0) return;
        chat_sleep_ms(10);
        chat_world_hear(&trio.world);
    }
    fail_msg("not everyone has \"%s\"", text);
}

static void let_in(struct chat_process *host, struct chat_process *guest)
{
    char command[64];
    await_line(host, "join request", "name", guest->name);
    snprintf(command, sizeof command, "/invite %s", guest->name);
    chat_process_tell(host, command);
    await_state(guest, "live");
}

static void meet(void)
{
    chat_process_start(&trio.world, trio.alice, "--create", "plaza:open sesame");
    chat_process_start(&trio.world, trio.bob, "--room", "plaza:open sesame");
    let_in(trio.alice, trio.bob);
}

/* ---- Tests ---- */

static void two_processes_talk_over_a_folder(void **state)
{
    (void)state;
    meet();
    chat_process_tell(trio.alice, "hello bob");
    chat_process_tell(trio.bob, "{\"cmd\":\"say\",\"text\":\"hello\\nalice\"}");
    await_line(trio.bob, "message", "text", "hello bob");
    const cJSON *line = await_line(trio.alice, "message", "text", "hello\\x0aalice");
    assert_string_equal(chat_text(line, "name"), "bob");
    assert_string_equal(chat_text(line, "hex"), "68656c6c6f0a616c696365");
    await_everyone(trio.alice, "hello bob");
    await_everyone(trio.bob, "hello\\x0aalice");
}

static void who_does_not_know_the_secret_is_not_shown(void **state)
{
    (void)state;
    meet();
    chat_process_start(&trio.world, trio.carol, "--room", "plaza:open barley");
    await_line(trio.carol, "packet", "kind", "join request");
    chat_process_tell(trio.alice, "still here?");
    await_everyone(trio.alice, "still here?");
    assert_int_equal(chat_process_count(trio.alice, "join request", "name", "carol"), 0);
    assert_int_equal(chat_process_count(trio.bob, "join request", "name", "carol"), 0);
}

static void a_join_request_shows_name_and_safety_number(void **state)
{
    (void)state;
    meet();
    const cJSON *hello = await_line(trio.bob, "hello", NULL, NULL);
    const cJSON *request = await_line(trio.alice, "join request", "name", "bob");
    assert_string_equal(chat_text(hello, "safety"), chat_text(request, "safety"));
    assert_string_equal(chat_text(hello, "member"), chat_text(request, "member"));
    assert_int_equal(strlen(chat_text(hello, "safety")), 35);
}

static void a_name_that_two_bear_is_refused_and_an_id_is_not(void **state)
{
    (void)state;
    char command[64];
    trio.carol->name = "bob";
    chat_process_start(&trio.world, trio.alice, "--create", "plaza");
    chat_process_start(&trio.world, trio.bob, "--room", "plaza");
    chat_process_start(&trio.world, trio.carol, "--room", "plaza");
    const char *first = chat_text(await_line(trio.bob, "hello", NULL, NULL), "member");
    const char *second = chat_text(await_line(trio.carol, "hello", NULL, NULL), "member");
    await_line(trio.alice, "join request", "member", first);
    await_line(trio.alice, "join request", "member", second);
    chat_process_tell(trio.alice, "/invite bob");
    const cJSON *line = await_line(trio.alice, "unclear", "what", "invite");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(line, "candidates")), 2);
    snprintf(command, sizeof command, "/invite %.10s", second);
    chat_process_tell(trio.alice, command);
    await_state(trio.carol, "live");
    assert_int_equal(chat_process_count(trio.bob, "session state", "new", "live"), 0);
}

static void nobody_of_that_name_is_told(void **state)
{
    (void)state;
    chat_process_start(&trio.world, trio.alice, "--create", "plaza");
    chat_process_tell(trio.alice, "/remove mallory");
    const cJSON *line = await_line(trio.alice, "unclear", "what", "remove");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(line, "candidates")), 0);
}

static void what_cannot_be_done_says_why(void **state)
{
    (void)state;
    chat_process_start(&trio.world, trio.bob, "--room", "plaza");
    await_state(trio.bob, "joining");
    chat_process_tell(trio.bob, "too early");
    const cJSON *line = await_line(trio.bob, "refused", "what", "say");
    assert_true(strlen(chat_text(line, "why")) > 0);
    chat_process_tell(trio.bob, "/dance");
    await_line(trio.bob, "refused", "what", "not understood");
}

static void who_was_removed_learns_it_and_reads_nothing_more(void **state)
{
    (void)state;
    meet();
    chat_process_start(&trio.world, trio.carol, "--room", "plaza:open sesame");
    let_in(trio.bob, trio.carol);
    chat_process_tell(trio.carol, "is this on?");
    await_everyone(trio.carol, "is this on?");
    chat_process_tell(trio.alice, "/remove carol");
    await_state(trio.carol, "removed");
    chat_process_tell(trio.alice, "now that she is gone");
    await_everyone(trio.alice, "now that she is gone");
    assert_int_equal(chat_process_count(trio.carol, "message", "text", "now that she is gone"), 0);
    chat_process_tell(trio.carol, "am I?");
    await_line(trio.carol, "refused", "what", "say");
}

static void who_leaves_is_seen_to_leave_and_ends_well(void **state)
{
    (void)state;
    meet();
    chat_process_tell(trio.alice, "/leave");
    await_line(trio.bob, "member leaving", "name", "alice");
    await_line(trio.alice, "bye", NULL, NULL);
    assert_true(chat_world_await(&trio.world, PATIENCE_MS, is_over, NULL));
    assert_int_equal(trio.alice->child.status, 0);
    await_line(trio.bob, "member removed", "name", "alice");
}

static void who_gives_up_is_restored_and_the_room_goes_on(void **state)
{
    (void)state;
    meet();
    chat_process_tell(trio.alice, "before");
    await_everyone(trio.alice, "before");
    chat_process_tell(trio.bob, "/rejoin");
    await_state(trio.bob, "need rejoin");
    const cJSON *line = await_line(trio.alice, "restore request", "name", "bob");
    assert_string_equal(chat_text(line, "replaces_name"), "bob");
    chat_process_tell(trio.alice, "/invite bob"); /* He is no newcomer. */
    await_line(trio.alice, "unclear", "what", "invite");
    chat_process_tell(trio.alice, "/restore bob");
    await_state(trio.bob, "live");
    chat_process_tell(trio.bob, "it is me");
    await_line(trio.alice, "message", "text", "it is me");
    chat_process_tell(trio.alice, "welcome back");
    await_everyone(trio.alice, "welcome back");
    assert_int_equal(chat_process_count(trio.bob, "message", "text", "welcome back"), 1);
}

static void a_profile_that_is_opened_again_goes_on_with_its_room(void **state)
{
    (void)state;
    meet();
    chat_process_tell(trio.alice, "before");
    await_everyone(trio.alice, "before");
    chat_process_tell(trio.alice, "/quit");
    assert_true(chat_world_await(&trio.world, PATIENCE_MS, is_over, NULL));
    chat_process_tell(trio.bob, "meanwhile");
    await_line(trio.bob, "message", "text", "meanwhile");
    chat_process_start(&trio.world, trio.alice, NULL, NULL);
    const cJSON *hello = await_line(trio.alice, "hello", NULL, NULL);
    assert_string_equal(chat_text(hello, "state"), "live");
    assert_string_equal(chat_text(hello, "room"), "plaza");
    await_line(trio.alice, "message", "text", "meanwhile");
    await_everyone(trio.bob, "meanwhile");
    assert_int_equal(chat_process_count(trio.alice, "message", "text", "before"), 1);
}

static void the_same_command_line_again_is_the_same_room_again(void **state)
{
    (void)state;
    chat_process_start(&trio.world, trio.alice, "--create", "plaza");
    await_state(trio.alice, "live");
    chat_process_tell(trio.alice, "/quit");
    assert_true(chat_world_await(&trio.world, PATIENCE_MS, is_over, NULL));
    chat_process_start(&trio.world, trio.alice, "--create", "plaza");
    const cJSON *hello = await_line(trio.alice, "hello", NULL, NULL);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(hello, "reopened")));
    assert_int_equal(chat_number(hello, "session"), 1);
}

static void a_warning_names_who_is_missing_and_goes_away_by_itself(void **state)
{
    (void)state;
    meet();
    const char *bob = chat_text(await_line(trio.bob, "hello", NULL, NULL), "member");
    chat_process_kill(trio.bob);
    chat_process_tell(trio.alice, "are you there?");
    const cJSON *warning = await_line(trio.alice, "warning", "kind", "not fully acked");
    const cJSON *missing = cJSON_GetObjectItem(warning, "missing");
    assert_int_equal(cJSON_GetArraySize(missing), 1);
    assert_string_equal(cJSON_GetArrayItem(missing, 0)->valuestring, bob);
    chat_process_tell(trio.alice, "/warnings");
    const cJSON *list = await_line(trio.alice, "warnings", NULL, NULL);
    assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(list, "warnings")) >= 1);
    chat_process_start(&trio.world, trio.bob, NULL, NULL);
    await_line(trio.alice, "warning retracted", NULL, NULL);
    await_everyone(trio.alice, "are you there?");
}

/* ---- Rubbish ---- */

enum {
    FRAME_ROOM = 8192,
    SENDER_DATA_AT = 64 /* Inside the encrypted sender data of a PrivateMessage of ours. */
};

/* The frame of the one file in the folder that has a packet of that size. */
static size_t read_file_of(int64_t packet_size, uint8_t frame[FRAME_ROOM])
{
    char path[2 * CHAT_PATH_SIZE];
    const char *folder = trio.world.transport + strlen("dir:");
    size_t got = 0;
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (const struct dirent *entry; got == 0 && (entry = readdir(list)) != NULL;) {
        struct stat status;
        snprintf(path, sizeof path, "%.*s/%.200s", CHAT_PATH_SIZE, folder, entry->d_name);
        if (stat(path, &status) != 0 || status.st_size != packet_size + MJL_FRAME_HEADER_SIZE)
            continue;
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        got = fread(frame, 1, FRAME_ROOM, file);
        fclose(file);
    }
    closedir(list);
    assert_int_equal(got, packet_size + MJL_FRAME_HEADER_SIZE);
    return got;
}

/* As a writer that nobody has heard of. */
static void drop_file(unsigned counter, const uint8_t *bytes, size_t size)
{
    char path[2 * CHAT_PATH_SIZE], aside[2 * CHAT_PATH_SIZE];
    const char *folder = trio.world.transport + strlen("dir:");
    snprintf(path, sizeof path, "%.*s/%024x-%016x.mjl", CHAT_PATH_SIZE, folder, 1U, counter);
    snprintf(aside, sizeof aside, "%.*s/.rubbish", CHAT_PATH_SIZE, folder);
    FILE *file = fopen(aside, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    assert_int_equal(rename(aside, path), 0);
}

static void every_bad_packet_gets_its_line_and_harms_nobody(void **state)
{
    uint8_t frame[FRAME_ROOM];
    char text[1500] = "";
    (void)state;
    meet();
    memset(text, 'x', sizeof text - 1); /* So long that its packet is known by its size. */
    chat_process_tell(trio.alice, text);
    await_everyone(trio.alice, text);
    const size_t size =
        read_file_of(chat_number(await_line(trio.alice, "packet", "kind", "place"), "size"), frame);

    drop_file(0, frame, size / 2);
    await_line(trio.bob, "damaged", "why", "TRUNCATED");
    drop_file(1, frame, size);
    await_line(trio.bob, "received", "verdict", "duplicate");
    frame[MJL_FRAME_HEADER_SIZE + SENDER_DATA_AT] ^= 1;
    drop_file(2, frame, size);
    await_line(trio.bob, "damaged", "why", "MALFORMED");
    const mjl_bytes packet =
        mjl_bytes_of(frame + MJL_FRAME_HEADER_SIZE, size - MJL_FRAME_HEADER_SIZE);
    assert_int_equal(mjl_frame_write_header(packet, frame), MJL_OK);
    drop_file(3, frame, size);
    const cJSON *line = await_line(trio.bob, "received", "verdict", "rejected");
    assert_true(strlen(chat_text(line, "why_text")) > 0);
    chat_process_start(&trio.world, trio.carol, "--create", "another room");
    chat_process_tell(trio.carol, "nobody is here");
    await_line(trio.bob, "received", "verdict", "not for us");

    chat_process_tell(trio.alice, "after the rubbish");
    await_everyone(trio.alice, "after the rubbish");
    assert_int_equal(chat_process_count(trio.bob, "message", NULL, NULL), 2);
}

#define WITH_A_TRIO(test) cmocka_unit_test_setup_teardown(test, make_trio, end_trio)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_TRIO(two_processes_talk_over_a_folder),
        WITH_A_TRIO(who_does_not_know_the_secret_is_not_shown),
        WITH_A_TRIO(a_join_request_shows_name_and_safety_number),
        WITH_A_TRIO(a_name_that_two_bear_is_refused_and_an_id_is_not),
        WITH_A_TRIO(nobody_of_that_name_is_told),
        WITH_A_TRIO(what_cannot_be_done_says_why),
        WITH_A_TRIO(who_was_removed_learns_it_and_reads_nothing_more),
        WITH_A_TRIO(who_leaves_is_seen_to_leave_and_ends_well),
        WITH_A_TRIO(who_gives_up_is_restored_and_the_room_goes_on),
        WITH_A_TRIO(a_profile_that_is_opened_again_goes_on_with_its_room),
        WITH_A_TRIO(the_same_command_line_again_is_the_same_room_again),
        WITH_A_TRIO(every_bad_packet_gets_its_line_and_harms_nobody),
        WITH_A_TRIO(a_warning_names_who_is_missing_and_goes_away_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
