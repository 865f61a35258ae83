#include "options.h"

#include <errno.h>
#include <stdio.h>

#include "complaint.h"
#include "majlis/limits.h"

typedef bool reader(const char *option, const char *value, struct options *out);

/* One row per option; whoever takes no value has a NULL placeholder. */
struct row {
    options_command command;
    const char *option, *placeholder;
    reader *read;
    bool may_repeat;
    const char *text;
};

static bool read_profile(const char *option, const char *value, struct options *out)
{
    (void)option;
    out->profile = value;
    return true;
}

/* A name on the wire is 1 to MJL_NAME_SIZE_MAX bytes. */
static bool name_fits(const char *option, const char *what, size_t size)
{
    if (size == 0) complain("%s: the %s is empty", option, what);
    if (size > MJL_NAME_SIZE_MAX) {
        complain("%s: the %s has %zu bytes and %d are the most", option, what, size,
                 MJL_NAME_SIZE_MAX);
    }
    return size != 0 && size <= MJL_NAME_SIZE_MAX;
}

static bool read_name(const char *option, const char *value, struct options *out)
{
    out->name = value;
    return name_fits(option, "name", strlen(value));
}

static bool read_transport(const char *option, const char *value, struct options *out)
{
    if (out->transports_count == OPTIONS_TRANSPORTS_MAX) {
        complain("%s: %d transports are the most", option, OPTIONS_TRANSPORTS_MAX);
        return false;
    }
    out->transports[out->transports_count++] = value;
    return true;
}

static bool read_room(const char *option, const char *value, options_entry entry,
                      struct options *out)
{
    if (out->entry != OPTIONS_CONTINUE) {
        complain("%s: --create and --room cannot be had at once", option);
        return false;
    }
    const char *colon = strchr(value, ':');
    out->entry = entry;
    out->room_name =
        colon == NULL ? mjl_bytes_text(value) : mjl_bytes_of(value, (size_t)(colon - value));
    if (colon != NULL) out->room_secret = mjl_bytes_text(colon + 1);
    if (colon != NULL && out->room_secret.size == 0) {
        complain("%s: the secret after the colon is empty", option);
        return false;
    }
    return name_fits(option, "room name", out->room_name.size);
}

static bool read_create(const char *option, const char *value, struct options *out)
{
    return read_room(option, value, OPTIONS_CREATE, out);
}

static bool read_join(const char *option, const char *value, struct options *out)
{
    return read_room(option, value, OPTIONS_JOIN, out);
}

static bool read_pace(const char *option, const char *value, struct options *out)
{
    if (strcmp(value, "quick") == 0) {
        out->pace = (mjl_pace){MJL_BC_LAT_MS_QUICK, MJL_M_INTV_MS_QUICK};
        return true;
    }
    if (strcmp(value, "normal") == 0) {
        out->pace = (mjl_pace){MJL_BC_LAT_MS_DEFAULT, MJL_M_INTV_MS_DEFAULT};
        return true;
    }
    complain("%s: there is no pace '%s', only quick and normal", option, value);
    return false;
}

static bool read_json(const char *option, const char *value, struct options *out)
{
    (void)option;
    (void)value;
    out->json = true;
    return true;
}

static bool read_seed(const char *option, const char *value, struct options *out)
{
    char *end = NULL;
    errno = 0;
    out->seed = strtoull(value, &end, 0);
    out->has_seed = true;
    if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0) return true;
    complain("%s: '%s' is no number of 64 bits", option, value);
    return false;
}

static bool read_keep(const char *option, const char *value, struct options *out)
{
    (void)option;
    (void)value;
    out->keep = true;
    return true;
}

static bool read_author(const char *option, const char *value, struct options *out)
{
    out->author = value;
    if (*value != '\0' && strspn(value, "0123456789 ") == strlen(value)) return true;
    complain("%s: '%s' is no safety number", option, value);
    return false;
}

static bool read_record(const char *option, const char *value, struct options *out)
{
    out->record = value;
    if (*value == '\0') complain("%s: the name is empty", option);
    return *value != '\0';
}

static bool read_reopen(const char *option, const char *value, struct options *out)
{
    (void)option;
    (void)value;
    out->reopens = true;
    return true;
}

static const struct row rows[] = {
    {OPTIONS_CHAT, "--profile", "DIR", read_profile, false,
     "where this member lives; made if it is not there"},
    {OPTIONS_CHAT, "--name", "NAME", read_name, false, "display name of a new profile"},
    {OPTIONS_CHAT, "--transport", "dir:PATH", read_transport, true,
     "a folder that is shared or synced, or"},
    {OPTIONS_CHAT, "--create", "NAME[:SECRET]", read_create, false, "make a room, or"},
    {OPTIONS_CHAT, "--room", "NAME[:SECRET]", read_join, false, "ask to join one"},
    {OPTIONS_CHAT, "--pace", "quick|normal", read_pace, false,
     "of a new room: warnings after 1 s, or after 26 s"},
    {OPTIONS_CHAT, "--json", NULL, read_json, false,
     "one event per line on standard output, commands on standard input"},
    {OPTIONS_CHAT, "--record", "FILE", read_record, false,
     "record everything, EVERY SECRET included, for majlis replay"},
    {OPTIONS_DEMO, "--seed", "NUMBER", read_seed, false, "of the bad sync tool; else a fresh one"},
    {OPTIONS_DEMO, "--keep", NULL, read_keep, false, "leave the folders, to look around"},
    {OPTIONS_DEMO, "--record", "FOLDER", read_record, false,
     "a new one, with a recording of each process"},
    {OPTIONS_REPLAY, "--reopen", NULL, read_reopen, false,
     "save and open the profile again after each step"},
    {OPTIONS_VERIFY_EVIDENCE, "--author", "NUMBER", read_author, false,
     "the safety number whose key it must be about"},
};

enum { ROWS_COUNT = sizeof rows / sizeof *rows };

static void print_rows(options_command command)
{
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        if (rows[i].command != command) continue;
        const char *placeholder = rows[i].placeholder == NULL ? "" : rows[i].placeholder;
        printf("  %-11s %-25s %s\n", rows[i].option, placeholder, rows[i].text);
        if (rows[i].read == read_transport) {
            printf("  %-11s %-25s %s\n", "", "udp:GROUP:PORT%IFACE",
                   "a multicast group; may be given more than once");
        }
    }
}

void options_print_help(void)
{
    puts("majlis: end-to-end encrypted group conversations over whatever moves bytes\n");
    puts("majlis chat --profile DIR --name NAME --transport T [--create ROOM | --room ROOM]");
    print_rows(OPTIONS_CHAT);
    puts("  An existing profile goes on with its rooms: --name, --create and --room may be left "
         "out.\n  /help inside lists the commands.\n");
    puts("majlis demo");
    print_rows(OPTIONS_DEMO);
    puts("  Real processes talk through a sync tool that loses files; one of them is killed.\n");
    puts("majlis verify-evidence FILE");
    print_rows(OPTIONS_VERIFY_EVIDENCE);
    puts("  Whether one member said two things at one point, checked with nothing but the file.\n");
    puts("majlis replay LOG");
    print_rows(OPTIONS_REPLAY);
    puts(
        "  Runs what --record wrote again. Ends with 0 if all is equal, 1 at the first difference, "
        "2 if\n  the log is damaged.\n");
    puts("majlis --help | --version");
}

static bool read_command(const char *word, struct options *out)
{
    static const struct {
        const char *word;
        options_command command;
    } words[] = {{"chat", OPTIONS_CHAT},
                 {"demo", OPTIONS_DEMO},
                 {"verify-evidence", OPTIONS_VERIFY_EVIDENCE},
                 {"replay", OPTIONS_REPLAY},
                 {"--help", OPTIONS_HELP},
                 {"-h", OPTIONS_HELP},
                 {"help", OPTIONS_HELP},
                 {"--version", OPTIONS_VERSION},
                 {"version", OPTIONS_VERSION}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i].word) != 0) continue;
        out->command = words[i].command;
        return true;
    }
    complain("unknown %s '%s': there are chat, demo, verify-evidence, replay, --help and --version",
             word[0] == '-' ? "option" : "command", word);
    return false;
}

/* The row of "--name" or "--name=value"; ROWS_COUNT if there is none. */
static size_t find_row(options_command command, const char *word, const char **value)
{
    const size_t size = strcspn(word, "=");
    *value = word[size] == '=' ? word + size + 1 : NULL;
    size_t i = 0;
    while (i < ROWS_COUNT && (rows[i].command != command || strlen(rows[i].option) != size ||
                              strncmp(rows[i].option, word, size) != 0))
        i++;
    return i;
}

/* Reads the option at argv[*at] and moves past it. */
static bool read_option(int argc, char **argv, int *at, bool seen[ROWS_COUNT], struct options *out)
{
    const char *word = argv[(*at)++];
    const char *value = NULL;
    const bool takes_file =
        out->command == OPTIONS_VERIFY_EVIDENCE || out->command == OPTIONS_REPLAY;
    if (takes_file && word[0] != '-' && out->file == NULL) {
        out->file = word;
        return true;
    }
    const size_t i = find_row(out->command, word, &value);
    if (i == ROWS_COUNT) {
        complain("unknown %s '%s' of %s: see majlis --help", word[0] == '-' ? "option" : "word",
                 word, argv[1]);
        return false;
    }
    const struct row *row = &rows[i];
    if (seen[i] && !row->may_repeat) {
        complain("%s: given twice", row->option);
        return false;
    }
    seen[i] = true;
    if (row->placeholder == NULL && value != NULL) {
        complain("%s: takes no value", row->option);
        return false;
    }
    if (row->placeholder != NULL && value == NULL) {
        if (*at == argc) {
            complain("%s: %s is missing", row->option, row->placeholder);
            return false;
        }
        value = argv[(*at)++];
    }
    return row->read(row->option, value, out);
}

static bool chat_is_complete(const struct options *out)
{
    if (out->profile == NULL || *out->profile == '\0') {
        complain("chat: --profile DIR is missing: where this member lives");
        return false;
    }
    if (out->transports_count == 0) {
        complain("chat: --transport is missing: dir:PATH or udp:GROUP:PORT%%IFACE");
        return false;
    }
    return true;
}

static bool is_complete(const struct options *out)
{
    if (out->command == OPTIONS_CHAT) return chat_is_complete(out);
    if (out->command == OPTIONS_REPLAY && out->file == NULL) {
        complain("replay: LOG is missing: what --record wrote");
        return false;
    }
    if (out->command != OPTIONS_VERIFY_EVIDENCE || out->file != NULL) return true;
    complain("verify-evidence: FILE is missing: what /evidence FILE wrote");
    return false;
}

bool options_read(int argc, char **argv, struct options *out)
{
    *out = (struct options){0};
    if (argc < 2) {
        complain("what to do is missing: chat, demo, verify-evidence, replay, --help or --version");
        return false;
    }
    if (!read_command(argv[1], out)) return false;
    bool seen[ROWS_COUNT] = {false};
    for (int at = 2; at < argc;) {
        if (strcmp(argv[at], "--help") == 0) {
            out->command = OPTIONS_HELP;
            return true;
        }
        if (!read_option(argc, argv, &at, seen, out)) return false;
    }
    return is_complete(out);
}
