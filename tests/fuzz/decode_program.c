/* What the program `majlis` reads: lines of the chat, command lines, key files, text of others. */
#include "fuzz.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chat_command.h"
#include "escape.h"
#include "key_file.h"
#include "lines.h"
#include "options.h"

/* It complains on standard error: not while thousands of wrong ones are tried. */
static FILE *hush(void)
{
    static FILE *nowhere = NULL;
    if (nowhere == NULL) nowhere = fopen("/dev/null", "w");
    assert(nowhere != NULL);
    FILE *const kept = stderr;
    stderr = nowhere;
    return kept;
}

/* The first byte says whether the line is JSON. */
static void run_chat_command(mjl_bytes input)
{
    fuzz_script script = {input};
    const bool json = (fuzz_take(&script) & 1) != 0;
    chat_command command;
    const bool is_one = chat_command_read(script.left, json, &command);
    assert(command.verb < CHAT_VERBS_COUNT);
    assert(memchr(command.trouble, 0, sizeof command.trouble) != NULL);
    assert(is_one || command.trouble[0] != 0);
    if (is_one) assert(command.text.size <= script.left.size);
    chat_command_clear(&command);
}

/* The input is what a shell would hand over: arguments with a NUL behind each. */
static void run_options(mjl_bytes input)
{
    enum { ARGUMENTS_MAX = 24 };
    static char text[1025];
    char *argv[ARGUMENTS_MAX + 2] = {"majlis"};
    int argc = 1;
    memcpy(text, input.data, input.size);
    text[input.size] = 0;
    for (size_t at = 0; at < input.size && argc <= ARGUMENTS_MAX; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    struct options options;
    FILE *const kept = hush();
    const bool understood = options_read(argc, argv, &options);
    stderr = kept;
    if (!understood) return;
    assert(options.command >= OPTIONS_CHAT && options.command <= OPTIONS_VERSION);
    assert(options.transports_count <= OPTIONS_TRANSPORTS_MAX);
}

/* The input is the file. */
static void run_key_file(mjl_bytes input)
{
    static char path[256] = "";
    uint8_t key[MJL_STORE_SEALING_KEY_SIZE];
    if (path[0] == 0) {
        const char *folder = getenv("TMPDIR");
        snprintf(path, sizeof path, "%.200s/majlis-fuzz-key-%ld", folder == NULL ? "." : folder,
                 (long)getpid());
    }
    FILE *const file = fopen(path, "wb");
    assert(file != NULL);
    if (input.size != 0) {
        const size_t written = fwrite(input.data, 1, input.size, file);
        assert(written == input.size);
    }
    fclose(file);
    chmod(path, S_IRUSR | S_IWUSR);
    FILE *const kept = hush();
    const bool read = key_file_read(path, key);
    stderr = kept;
    unlink(path);
    assert(read == (input.size == sizeof key));
    if (read) assert(memcmp(key, input.data, sizeof key) == 0);
}

/* Bytes as they arrive on standard input, through a pipe in one piece. */
static void run_lines(mjl_bytes input)
{
    int ends[2];
    struct lines lines = {0};
    const int piped = pipe(ends);
    assert(piped == 0);
    const ssize_t written = write(ends[1], input.data, input.size);
    assert(written == (ssize_t)input.size);
    close(ends[1]);
    size_t newlines = 0, told = 0;
    for (size_t i = 0; i < input.size; i++)
        newlines += input.data[i] == '\n';
    while (!lines.is_ended) {
        mjl_bytes line;
        const bool read = lines_read(&lines, ends[0]);
        assert(read);
        while (lines_next(&lines, &line) != LINES_NONE) {
            assert(line.size == 0 || memchr(line.data, '\n', line.size) == NULL);
            told++;
        }
    }
    const bool has_rest = input.size > 0 && input.data[input.size - 1] != '\n';
    assert(told == newlines + has_rest);
    lines_clear(&lines);
    close(ends[0]);
}

/* What is printed of any text prints as it stands the second time. */
static void run_escape(mjl_bytes input)
{
    char *const text = escape_new(input);
    assert(text != NULL);
    const mjl_bytes out = mjl_bytes_text(text);
    if (escape_is_plain(input)) assert(mjl_bytes_equal(out, input));
    assert(escape_is_plain(out) && escape_columns(input) == escape_columns(out));
    free(text);
}

static const fuzz_target targets[] = {
    {.name = "chat_command", .run = run_chat_command, .input_max = 4096},
    {.name = "options", .run = run_options, .input_max = 1024},
    {.name = "key_file", .run = run_key_file, .input_max = 64},
    {.name = "lines", .run = run_lines, .input_max = 4096, .is_unbounded = true},
    {.name = "escape", .run = run_escape, .input_max = 512}};

const fuzz_family fuzz_program = {"program", targets, sizeof targets / sizeof targets[0]};
