/* What people check in a running chat: who has it, whose key it is, and the picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chat_process.h"

enum { PATIENCE_MS = 15000 };

static struct {
    struct chat_world world;
    struct chat_process *alice, *bob;
} pair;

static int make_pair(void **state)
{
    (void)state;
    chat_world_make(&pair.world);
    pair.alice = chat_world_add(&pair.world, "alice");
    pair.bob = chat_world_add(&pair.world, "bob");
    return 0;
}

static int end_pair(void **state)
{
    (void)state;
    chat_world_remove(&pair.world);
    return 0;
}

static const cJSON *await_line(const struct chat_process *process, const char *event,
                               const char *name, const char *text)
{
    const cJSON *line = chat_world_await_line(&pair.world, PATIENCE_MS, process, event, name, text);
    assert_non_null(line);
    return line;
}

static void meet(void)
{
    chat_process_start(&pair.world, pair.alice, "--create", "plaza");
    chat_process_start(&pair.world, pair.bob, "--room", "plaza");
    await_line(pair.alice, "join request", "name", "bob");
    chat_process_tell(pair.alice, "/invite bob");
    await_line(pair.bob, "session state", "new", "live");
    chat_process_tell(pair.alice, "hello bob");
    await_line(pair.bob, "message", "text", "hello bob");
    await_line(pair.alice, "message state", "new", "everyone");
}

static const cJSON *first_of(const cJSON *line, const char *array)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(line, array), 0);
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItem(object, name));
}

static void seen_tells_who_has_it_and_since_when(void **state)
{
    (void)state;
    meet();
    chat_process_tell(pair.alice, "{\"cmd\":\"seen\",\"what\":\"1\"}");
    const cJSON *line = await_line(pair.alice, "seen", NULL, NULL);
    assert_int_equal(chat_number(line, "number"), 1);
    const cJSON *reader = first_of(line, "readers");
    assert_string_equal(chat_text(reader, "name"), "bob");
    assert_true(is_true(reader, "has_it"));
    assert_true(chat_number(reader, "since") >= chat_number(line, "said_at"));
    chat_process_tell(pair.alice, "/seen 7");
    await_line(pair.alice, "refused", "what", "seen");
}

/* The last answer about the second message: its first user has it on so many devices. */
static bool is_held_by(struct chat_world *world, const void *context)
{
    const int *held = context;
    (void)world;
    chat_process_tell(pair.alice, "/seen 2");
    const cJSON *user = first_of(chat_process_find(pair.alice, "seen", NULL, NULL), "users");
    return user != NULL && chat_number(user, "held") == *held;
}

/* Two profiles of one name are two devices of one user. */
static void a_user_has_it_on_some_devices_or_on_all(void **state)
{
    (void)state;
    char command[128];
    meet();
    struct chat_process *phone = chat_world_add(&pair.world, "bob");
    chat_process_start(&pair.world, phone, "--room", "plaza");
    const char *id = chat_text(await_line(phone, "hello", NULL, NULL), "member");
    await_line(pair.alice, "join request", "member", id);
    snprintf(command, sizeof command, "/invite %s", id);
    chat_process_tell(pair.alice, command);
    await_line(phone, "session state", "new", "live");
    await_line(pair.bob, "member added", "member", id);
    chat_process_kill(phone);
    chat_process_tell(pair.alice, "on which of them?");
    await_line(pair.bob, "message", "text", "on which of them?");
    assert_true(chat_world_await(&pair.world, PATIENCE_MS, is_held_by, &(int){1}));
    const cJSON *line = chat_process_find(pair.alice, "seen", NULL, NULL);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(line, "readers")), 2);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(line, "users")), 1);
    assert_string_equal(chat_text(first_of(line, "users"), "user"), "bob");
    assert_int_equal(chat_number(first_of(line, "users"), "devices"), 2);
    chat_process_start(&pair.world, phone, NULL, NULL);
    assert_true(chat_world_await(&pair.world, PATIENCE_MS, is_held_by, &(int){2}));
}

static const cJSON *bob_in_safety(void)
{
    chat_process_tell(pair.alice, "/verify bob");
    const cJSON *bob = first_of(await_line(pair.alice, "safety", NULL, NULL), "members");
    assert_string_equal(chat_text(bob, "name"), "bob");
    return bob;
}

static void a_compared_safety_number_is_remembered(void **state)
{
    (void)state;
    char command[128], safety[64];
    meet();
    snprintf(safety, sizeof safety, "%s", chat_text(bob_in_safety(), "safety"));
    assert_false(is_true(bob_in_safety(), "verified"));
    snprintf(command, sizeof command, "/verify bob %s", safety);
    safety[0] = safety[0] == '9' ? '0' : (char)(safety[0] + 1);
    char wrong[128];
    snprintf(wrong, sizeof wrong, "/verify bob %s", safety);
    chat_process_tell(pair.alice, wrong);
    await_line(pair.alice, "refused", "what", "verify");
    chat_process_tell(pair.alice, command);
    assert_true(is_true(await_line(pair.alice, "verified", "name", "bob"), "verified"));
    chat_process_kill(pair.alice);
    chat_process_start(&pair.world, pair.alice, NULL, NULL);
    await_line(pair.alice, "hello", NULL, NULL);
    assert_true(is_true(bob_in_safety(), "verified"));
    chat_process_tell(pair.alice, "/verify bob no");
    assert_false(is_true(await_line(pair.alice, "verified", "name", "bob"), "verified"));
}

static void assert_file_has(const char *path, const char *text)
{
    static char bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    if (strstr(bytes, text) == NULL) fail_msg("%s does not hold %s: %s", path, text, bytes);
}

static void the_picture_shows_who_said_what(void **state)
{
    (void)state;
    char command[CHAT_PATH_SIZE + 8], path[CHAT_PATH_SIZE];
    meet();
    chat_process_tell(pair.bob, "\"quoted\" \\ <and> & more");
    await_line(pair.alice, "message", "name", "bob");
    snprintf(command, sizeof command, "/dag %s/picture.dot", pair.world.root);
    chat_process_tell(pair.alice, command);
    const cJSON *line = await_line(pair.alice, "wrote", "what", "dag");
    snprintf(path, sizeof path, "%s", chat_text(line, "path"));
    assert_file_has(path, "hello bob");
    assert_file_has(path, "\\\"quoted\\\" \\\\");
    snprintf(path, sizeof path, "%s/picture.svg", pair.world.root);
    snprintf(command, sizeof command, "/dag %s", path);
    chat_process_tell(pair.bob, command);
    line = await_line(pair.bob, "wrote", "what", "dag");
    if (cJSON_GetObjectItem(line, "note") != NULL) {
        assert_non_null(strstr(chat_text(line, "note"), "dot")); /* It says why there is none. */
        skip();
    }
    assert_file_has(path, "<svg");
    assert_file_has(path, "hello bob");
    chat_process_tell(pair.alice, "/dag picture.png");
    await_line(pair.alice, "refused", "what", "picture.png");
}

static void a_file_of_a_megabyte_arrives_with_progress(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    char command[CHAT_PATH_SIZE + 32], from[CHAT_PATH_SIZE], to[CHAT_PATH_SIZE];
    meet();
    snprintf(from, sizeof from, "%s/from", pair.world.root);
    snprintf(to, sizeof to, "%s/to", pair.world.root);
    FILE *file = fopen(from, "wb");
    assert_non_null(file);
    for (unsigned i = 0; i < SIZE; i++)
        fputc((int)(i * 2654435761u >> 24), file);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof command, "/send %s", from);
    chat_process_tell(pair.alice, command);
    await_line(pair.bob, "message", "media_type", "application/octet-stream");
    assert_true(chat_process_count(pair.bob, "progress", NULL, NULL) >= 4);
    snprintf(command, sizeof command, "/save 2 %s", to);
    chat_process_tell(pair.bob, command);
    await_line(pair.bob, "wrote", "what", "message");
    FILE *saved = fopen(to, "rb");
    assert_non_null(saved);
    for (unsigned i = 0; i < SIZE; i++)
        assert_int_equal(fgetc(saved), (int)(i * 2654435761u >> 24));
    assert_int_equal(fgetc(saved), EOF);
    fclose(saved);
    chat_process_tell(pair.bob, command);
    await_line(pair.bob, "refused", "what", to); /* Nothing is written over. */
}

#define WITH_A_PAIR(test) cmocka_unit_test_setup_teardown(test, make_pair, end_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_PAIR(seen_tells_who_has_it_and_since_when),
        WITH_A_PAIR(a_user_has_it_on_some_devices_or_on_all),
        WITH_A_PAIR(a_compared_safety_number_is_remembered),
        WITH_A_PAIR(a_file_of_a_megabyte_arrives_with_progress),
        WITH_A_PAIR(the_picture_shows_who_said_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
