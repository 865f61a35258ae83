/*
 * The wire page (session/README.md) says what the code does: its examples are what the code makes
 * of fixed inputs, its numbers are those of the headers.
 *
 * With "print" as its argument it prints the examples, to be put into the page when one is added.
 */
#include "test.h"
#include "wire_examples.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>

enum { HEX_PER_LINE = 96 };

static char *page;

static char *read_page(void)
{
    FILE *file = fopen("session/README.md", "rb");
    if (file == NULL) return NULL;
    mjl_buffer text = {0};
    char chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) != 0)
        assert_int_equal(mjl_buffer_append(&text, mjl_bytes_of(chunk, size)), MJL_OK);
    fclose(file);
    assert_int_equal(mjl_buffer_append(&text, mjl_bytes_of("", 1)), MJL_OK);
    return (char *)text.data;
}

static int begin(void **state)
{
    (void)state;
    wire_examples_make();
    page = read_page();
    return page == NULL; /* Tests run in the project's root folder. */
}

static int end(void **state)
{
    (void)state;
    wire_examples_clear();
    free(page);
    return 0;
}

/* ---- Examples: "name:" on a line of its own, hexadecimal on the indented lines after it ---- */

static void hex_of(mjl_bytes bytes, mjl_buffer *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        const char pair[2] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15]};
        assert_int_equal(mjl_buffer_append(out, mjl_bytes_of(pair, 2)), MJL_OK);
    }
}

/* The hexadecimal digits after the name, up to the next line that is not indented. */
static void collect(const char *at, mjl_buffer *out)
{
    while (*at == '\n' && at[1] == ' ') {
        at++;
        for (; *at != '\n' && *at != 0; at++) {
            if (*at == ' ') continue;
            assert_true(isxdigit((unsigned char)*at));
            assert_int_equal(mjl_buffer_append(out, mjl_bytes_of(at, 1)), MJL_OK);
        }
    }
}

static const char *find_example(const char *name)
{
    char line[64];
    snprintf(line, sizeof line, "\n%s:\n", name);
    const char *found = strstr(page, line);
    return found == NULL ? NULL : found + strlen(line) - 1;
}

static void each_example_on_the_page_is_what_the_code_makes(void **state)
{
    (void)state;
    for (size_t i = 0; i < WIRE_EXAMPLES_COUNT; i++) {
        const char *at = find_example(wire_examples[i].name);
        if (at == NULL) fail_msg("the page has no example %s", wire_examples[i].name);
        mjl_buffer said = {0}, made = {0};
        collect(at, &said);
        hex_of(mjl_buffer_bytes(&wire_examples[i].bytes), &made);
        if (!mjl_bytes_equal(mjl_buffer_bytes(&said), mjl_buffer_bytes(&made))) {
            fail_msg("the page's example %s is another", wire_examples[i].name);
        }
        mjl_buffer_clear(&said);
        mjl_buffer_clear(&made);
    }
}

static void the_page_has_no_example_that_is_not_checked(void **state)
{
    (void)state;
    const char *at = strstr(page, "```examples\n");
    assert_non_null(at);
    const char *const stop = strstr(at + 3, "```\n");
    assert_non_null(stop);
    size_t count = 0;
    for (; at < stop; at++)
        count += at[0] == ':' && at[1] == '\n';
    assert_int_equal(count, WIRE_EXAMPLES_COUNT);
}

/* ---- Numbers ---- */

static void says(const char *text)
{
    if (strstr(page, text) == NULL) fail_msg("the page does not say: %s", text);
}

static void says_number(const char *format, unsigned number)
{
    char text[128];
    snprintf(text, sizeof text, format, number);
    says(text);
}

static void private_numbers_on_the_page_are_those_of_the_code(void **state)
{
    (void)state;
    says_number("| `0x%04X` | extension | `majlis_policy`", MJL_EXTENSION_POLICY);
    says_number("| `0x%04X` | extension | `majlis_join`", MJL_EXTENSION_JOIN);
    says_number("| `0x%04X` | extension | `majlis_root`", MJL_EXTENSION_ROOT);
    says("| `" MJL_EXPORT_BRANCH_TAG "` |");
    says("| `" MJL_EXPORT_COMMIT_HEADER "` |");
    says("| `" MJL_EXPORT_KNOCK "` |");
    says_number("| `0x%04X` | wire format | knock |", MJL_WIRE_KNOCK);
    for (uint32_t type = 1; type <= MJL_PAYLOAD_TYPE_MAX; type++) {
        char text[64];
        const char *name = mjl_payload_type_name(type);
        if (strcmp(name, "unknown") == 0) continue;
        snprintf(text, sizeof text, "| %u | %s |", (unsigned)type, name);
        says(text);
    }
}

static void bounds_on_the_page_are_those_of_the_code(void **state)
{
    (void)state;
    says_number("| parents | %u |", MJL_PARENTS_MAX);
    says_number("| basis entries | %u |", MJL_BASIS_MAX);
    says_number("| places in a frontier | %u |", MJL_FRONTIER_PLACES_MAX);
    says_number("| members, nonces, control ends in a frontier | %u |", MJL_FRONTIER_MEMBERS_MAX);
    says_number("| places missing, or to be placed again, in a want | %u |",
                MJL_FRONTIER_PLACES_MAX);
    says_number("| places held, in a want | %u |", MJL_WANT_HELD_MAX);
    says_number("| places given again, in one statement | %u |", MJL_QUOTES_MAX);
    says_number("again    = [1*%u [branch: id", MJL_QUOTES_MAX);
    says_number("| name | %u bytes |", MJL_NAME_SIZE_MAX);
    says_number("| media type | %u bytes |", MJL_MEDIA_TYPE_SIZE_MAX);
    says_number("| body of a content | %u bytes |", MJL_BODY_SIZE_MAX);
    says_number("| body of a large | %u bytes |", MJL_SAY_SIZE_MAX);
    says_number("| part | %u bytes |", MJL_PART_SIZE);
    says_number("count: 2..%u, bytes: bstr]", MJL_PARTS_MAX);
    says_number("parts: [2*%u id]", MJL_PARTS_MAX);
    says_number("| packet | %u bytes |", MJL_PACKET_SIZE_MAX);
    says_number("| knock | %u bytes |", MJL_KNOCK_SIZE_MAX);
    says_number("counted from when it is accepted; 1..%u |", MJL_AWAY_MS_MAX);
    says_number("| voters | %u |", MJL_VOTERS_MAX);
    says_number("| deciders | %u |", MJL_DECIDERS_MAX);
    says_number("| interval, least | %u ms |", MJL_INTERVAL_MS_MIN);
    says_number("| interval, most | %u ms |", MJL_INTERVAL_MS_MAX);
    says_number("| secret lifetime, least | %u ms |", MJL_SECRET_LIFETIME_MS_MIN);
    says_number("| secret lifetime, most | %u days |", MJL_SECRET_LIFETIME_DAYS_MAX);
}

static int print_examples(void)
{
    wire_examples_make();
    for (size_t i = 0; i < WIRE_EXAMPLES_COUNT; i++) {
        mjl_buffer hex = {0};
        hex_of(mjl_buffer_bytes(&wire_examples[i].bytes), &hex);
        printf("%s:\n", wire_examples[i].name);
        for (size_t at = 0; at < hex.size; at += HEX_PER_LINE) {
            const size_t left = hex.size - at;
            printf("  %.*s\n", (int)(left < HEX_PER_LINE ? left : HEX_PER_LINE), hex.data + at);
        }
        mjl_buffer_clear(&hex);
    }
    wire_examples_clear();
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) return 1;
    if (argc == 2 && strcmp(argv[1], "print") == 0) return print_examples();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_example_on_the_page_is_what_the_code_makes),
        cmocka_unit_test(the_page_has_no_example_that_is_not_checked),
        cmocka_unit_test(private_numbers_on_the_page_are_those_of_the_code),
        cmocka_unit_test(bounds_on_the_page_are_those_of_the_code),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
