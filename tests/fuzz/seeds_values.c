/* Small examples by hand, and those of the wire page. */
#include "seeds.h"

#include "../session/wire_examples.h"

#include "evidence_format.h"
#include "majlis/expect.h"
#include "majlis/monitor.h"
#include "sched_kinds.h"
#include "small_records.h"

/* ---- The wire page's ---- */

static const struct {
    const char *example, *target;
} examples[] = {{"content", "content"},
                {"content.fin", "content"},
                {"content.large", "content"},
                {"content.intent", "content"},
                {"payload", "payload"},
                {"payload.frontier", "payload"},
                {"body.content", "said"},
                {"body.content.reply", "said"},
                {"body.fin", "fin"},
                {"body.part", "part"},
                {"body.large", "large"},
                {"body.intent.add", "intent"},
                {"body.intent.remove", "intent"},
                {"body.intent.refresh", "intent"},
                {"body.intent.restore", "intent"},
                {"body.frontier", "frontier"},
                {"body.frontier.control", "frontier"},
                {"body.want", "want"},
                {"body.again", "again"},
                {"body.away", "away"},
                {"header", "header"},
                {"policy.friends", "policy"},
                {"policy.room", "policy"},
                {"join.open", "join"},
                {"join.secret", "join"},
                {"root.open", "root"},
                {"root.secret", "root"},
                {"identity", "identity"}};

static void seeds_of_examples(void)
{
    wire_examples_make();
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        seed_put(examples[i].target, wire_example_of(examples[i].example));
    const mjl_bytes knock = wire_example_of("knock");
    seed_put("knock", mjl_bytes_of(knock.data + 4, knock.size - 4));
    wire_examples_clear();
}

/* ---- Time ---- */

static mjl_schedule *some_schedule(void)
{
    mjl_schedule *schedule = NULL;
    uint64_t id;
    mjl_result result = mjl_schedule_new(sched_kinds, 1000, 1, &schedule);
    for (uint16_t i = 0; result == MJL_OK && i < 5; i++) {
        const uint8_t args[40] = {(uint8_t)i};
        result = mjl_schedule_after(schedule, i * 700, KIND_OTHER,
                                    mjl_bytes_of(args, (size_t)i * 10), &id);
    }
    assert(result == MJL_OK);
    return schedule;
}

static void put_with_schedule(const char *target, const mjl_schedule *schedule, mjl_bytes value)
{
    mjl_buffer saved = {0}, whole = {0};
    const mjl_result result = mjl_schedule_save(schedule, &saved);
    assert(result == MJL_OK);
    seed_put("schedule", mjl_buffer_bytes(&saved));
    seed_part(&whole, mjl_buffer_bytes(&saved));
    seed_append(&whole, value);
    seed_put(target, mjl_buffer_bytes(&whole));
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&whole);
}

static void seeds_of_monitor(void)
{
    mjl_schedule *const schedule = some_schedule();
    mjl_monitor monitor;
    const mjl_intervals intervals = mjl_intervals_exponential(300, 4000);
    mjl_buffer saved = {0};
    mjl_result result =
        mjl_monitor_start(&monitor, schedule, &intervals, KIND_TRY, mjl_bytes_text("args"));
    if (result == MJL_OK) result = mjl_monitor_save(&monitor, &saved);
    assert(result == MJL_OK);
    put_with_schedule("monitor", schedule, mjl_buffer_bytes(&saved));
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

static void expect(mjl_expectations *set, mjl_schedule *schedule, const char *name,
                   mjl_time deadline, const mjl_intervals *intervals)
{
    const mjl_expect_request request = {.name = mjl_bytes_text(name),
                                        .waiter = 7,
                                        .deadline = deadline,
                                        .intervals = intervals,
                                        .bundle = 5};
    mjl_expect_state state;
    const mjl_result result = mjl_expect(set, schedule, &request, &state, NULL, NULL);
    assert(result == MJL_OK);
}

static void seeds_of_expectations(void)
{
    mjl_schedule *const schedule = some_schedule();
    mjl_expectations *set = NULL;
    mjl_buffer saved = {0};
    const mjl_intervals often = mjl_intervals_exponential(300, 4000);
    const mjl_bytes parts[2] = {mjl_bytes_text("a"), mjl_bytes_text("b")};
    mjl_result result = mjl_expectations_new(sched_expect_kinds, &set);
    if (result == MJL_OK)
        result = mjl_expectations_combine(set, schedule, MJL_EXPECT_ALL_OF, mjl_bytes_text("all"),
                                          parts, 2);
    assert(result == MJL_OK);
    expect(set, schedule, "a", 50, NULL);
    expect(set, schedule, "all", 7000, &often);
    expect(set, schedule, "n", MJL_NO_DEADLINE, NULL);
    result = mjl_expectations_settle(set, schedule, mjl_bytes_text("done"),
                                     mjl_bytes_text("result"), NULL);
    if (result == MJL_OK) result = mjl_expectations_save(set, &saved);
    assert(result == MJL_OK);
    put_with_schedule("expectations", schedule, mjl_buffer_bytes(&saved));
    mjl_buffer_clear(&saved);
    mjl_expectations_free(set);
    mjl_schedule_free(schedule);
}

/* ---- Texts and small bytes ---- */

typedef struct text {
    const char *target, *text;
} text;

static const text texts[] = {
    {"file_name", "3f9a00112233445500000001-0000000000000005.mjl"},
    {"file_name", "3f9a00112233445500000001-0000000000000005 (conflicted copy).mjl"},
    {"file_name", ".3f9a00112233445500000001-0000000000000005.mjl"},
    {"udp_address", "239.77.74.76:4711%eth0"},
    {"udp_address", "[ff02::4d4a:4c]:4711%eth0"},
    {"chat_command", "0hello"},
    {"chat_command", "0/invite bob"},
    {"chat_command", "0//not a command"},
    {"chat_command", "0/seen 3"},
    {"chat_command", "1{\"cmd\":\"say\",\"text\":\"hello\","
                     "\"token\":\"00112233445566778899aabbccddeeff\"}"},
    {"chat_command", "1{\"cmd\":\"invite\",\"who\":\"bob\"}"},
    {"chat_command", "1{\"cmd\":\"seen\",\"what\":\"3\"}"},
    {"lines", "one\ntwo\r\n\nthree"},
    {"escape", "a\\b \xd9\x85 \x1b[2J \xc2\x9b \xe2\x80\xae \xff"},
    {"key_file", "0123456789abcdef0123456789abcdef"},
    {"key_file", "short"},
    {"frame_of_packet", "hello"},
    {"record_sealed", "\x01\x02\x03plain"}};

/* Arguments with NULs between them. */
static const char options[][64] = {"chat\0--profile\0p\0--name\0n\0--transport\0dir:x",
                                   "chat\0--room\0kitchen:secret\0--json",
                                   "demo\0--seed\0007",
                                   "verify-evidence\0file",
                                   "--help",
                                   "--version"};

static void seeds_of_texts(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        seed_put(texts[i].target, mjl_bytes_text(texts[i].text));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        seed_put("options", mjl_bytes_of(options[i], sizeof options[i]));
}

static const uint8_t frame[] = {'M',  'J',  'F',  '1',  0,    0,   0,   5,   0xa4, 0x30, 0xd8,
                                0x46, 0x80, 0xaa, 0xbd, 0x0b, 'h', 'e', 'l', 'l',  'o'};
static const uint8_t fragment[] = {'M', 'J',  'G',  '1',  0,    0,    0,    0,    0,    0, 0,
                                   1,   0xa4, 0x30, 0xd8, 0x46, 0x80, 0xaa, 0xbd, 0x0b, 0, 0,
                                   0,   5,    0,    0,    'h',  'e',  'l',  'l',  'o'};
static const uint8_t cursor[] = {0, 3, 0, 1, 1, 0};
static const uint8_t pieces[] = {0x00, 0x10, 1, 0, 99,   0,    1, 0, 0x00, 0x10, 1, 1,
                                 99,   0,    1, 0, 0x00, 0x10, 1, 2, 99,   0,    1, 0};
static const uint8_t value[] = {0x98, 0x07, 0xcc, 0xff, 0xff, 0xc0, 0xc3, 0xa1,
                                'a',  0xc4, 0x01, 0x00, 0x91, 0xd1, 0xff, 0x00};
static const uint8_t batch[] = {1,   2, 1, 'k', 19, 1, 2, 3, 1, 2,   1,
                                'k', 1, 0, 0,   0,  0, 2, 9, 1, 'z', 2};
static const uint8_t psk[] = {1, 1, 'i', 4, 'n', 'o', 'n', 'c'};

static void seeds_of_bytes(void)
{
    seed_put("frame", mjl_bytes_of(frame, sizeof frame));
    seed_put("fragment", mjl_bytes_of(fragment, sizeof fragment));
    seed_put("cursor", mjl_bytes_of(cursor, sizeof cursor));
    seed_put("reassembly", mjl_bytes_of(pieces, sizeof pieces));
    seed_put("pack", mjl_bytes_of(value, sizeof value));
    seed_put("record", mjl_bytes_of(value, sizeof value));
    seed_put("record_batch", mjl_bytes_of(batch, sizeof batch));
    seed_put("mls_psk_id", mjl_bytes_of(psk, sizeof psk));
}

/* ---- Records that a conversation rarely leaves behind ---- */

static void put_saved(const char *target, mjl_result result, mjl_buffer *saved)
{
    assert(result == MJL_OK);
    seed_put(target, mjl_buffer_bytes(saved));
    mjl_buffer_clear(saved);
}

static void seeds_of_rare_records(void)
{
    mjl_buffer out = {0};
    uint32_t places[] = {1, 5};
    const mjl_missing gap = {.number = 1, .epoch = 2};
    const mjl_answer answer = {.author = 1, .count = 2, .places = places};
    const mjl_intent_entry intent = {.number = 1, .kind = MJL_INTENT_REFRESH, .state = 1};
    const mjl_warning warning = {.number = 1, .kind = MJL_WARNING_GAP};
    const mjl_queued_say say = {.number = 1, .if_grown = 1};
    const mjl_unknown_packet unknown = {.epoch = 9};
    const mjl_join_request request = {.number = 1};
    put_saved("record_gap", mjl_save_gap(&gap, &out), &out);
    put_saved("record_answer", mjl_save_answer(&answer, &out), &out);
    put_saved("record_intent", mjl_save_intent(&intent, &out), &out);
    put_saved("record_warning", mjl_save_warning(&warning, &out), &out);
    put_saved("record_say", mjl_save_say(&say, &out), &out);
    put_saved("record_unknown", mjl_save_unknown(&unknown, &out), &out);
    put_saved("record_request", mjl_save_request(&request, &out), &out);
    const mjl_evidence_parts evidence = {
        mjl_bytes_text("leaf"),
        {{mjl_bytes_text("one"), mjl_bytes_text("signature"), {NULL, 0}},
         {mjl_bytes_text("other"), mjl_bytes_text("signature"), {NULL, 0}}}};
    put_saved("evidence", mjl_evidence_encode(&evidence, &out), &out);
    static const uint8_t proposal[] = {1, 0, 0, 1, 5, 'g', 'r', 'o', 'u', 'p', 0, 0, 0, 0, 0, 0, 0,
                                       0, 1, 0, 0, 0, 0,   0,   2,   0,   3,   0, 0, 0, 0, 1, 0};
    seed_put("saved_proposal", mjl_bytes_of(proposal, sizeof proposal));
    static const uint8_t pending[] = {0, 0};
    seed_put("record_pending", mjl_bytes_of(pending, sizeof pending));
}

/* ---- Scripts for whole members ---- */

static void seeds_of_scripts(void)
{
    /* say, deliver, refresh, time; invite, deliver, fall back; leave. */
    static const uint8_t steps[][32] = {
        {0, 0, 3, 'a', 'b', 'c', 21, 0, 13, 1, 0, 13, 2, 0, 7, 1, 21, 1, 22, 0, 4, 0, 4, 0, 0},
        {18, 0, 23, 0, 4, 0, 8, 0, 0, 4, 0, 3, 21, 0, 13, 3, 0, 19, 0, 23, 0, 4, 0, 16, 0, 0},
        {5, 0, 1, 21, 0, 15, 1, 0, 60, 0, 1, 17, 2, 9, 2, 0, 23, 0, 4, 0, 64, 0, 0, 20, 1},
        {0, 1, 19, 11, 2, 1, 2, 3, 4, 5, 6, 7, 8, 12, 0, 10, 3, 2, 'r', 's', 1, 23, 0, 4, 0, 2}};
    /* change, alter what it says, deliver; say anything; state; knock. */
    static const uint8_t signed_again[][32] = {
        {0, 0, 0, 8, 1, 0, 1, 1, 1, 0, 12, 1, 0, 15, 0, 0, 4},
        {2, 1, 1, 4, 1, 2, 3, 4, 8, 1, 0, 1, 0, 5, 1, 2, 0, 1, 12, 1, 0},
        {4, 2, 0, 1, 0, 0, 0, 7, 2, 1, 0, 2, 1, 6, 2, 0, 1, 2, 30, 0, 9, 12, 2, 0},
        {5, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 'k', 'e', 'y', 's', 14, 0, 15, 0, 0, 9},
        {1, 0, 13, 8, 0, 0, 32, 0, 2, 2, 40, 0, 7, 12, 0, 0, 12, 0, 0}};
    static const uint8_t disk[][16] = {{0, 0, 3, 0, 1, 1, 1, 9, 0, 1},
                                       {0, 1, 4, 0, 0, 3, 1, 2, 8, 0, 5},
                                       {1, 1, 5, 0, 0, 0},
                                       {3, 1, 1, 0, 0, 1, 1},
                                       {2, 0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        seed_put("steps", mjl_bytes_of(steps[i], sizeof steps[i]));
    for (size_t i = 0; i < sizeof signed_again / sizeof signed_again[0]; i++)
        seed_put("signed_again", mjl_bytes_of(signed_again[i], sizeof signed_again[i]));
    /* Two payloads of one seq; the second altered before it is signed. */
    static const uint8_t evidence[][16] = {{2, 'a', 'b', 0, 0, 0, 2, 'a', 'c', 0, 0, 0},
                                           {1, 'a', 0, 0, 0, 1, 'b', 0, 1, 0, 1, 40, 0, 1, 0}};
    for (size_t i = 0; i < sizeof evidence / sizeof evidence[0]; i++)
        seed_put("evidence_signed", mjl_bytes_of(evidence[i], sizeof evidence[i]));
    for (size_t i = 0; i < sizeof disk / sizeof disk[0]; i++)
        seed_put("disk", mjl_bytes_of(disk[i], sizeof disk[i]));
}

void seeds_of_values(void)
{
    seeds_of_examples();
    seeds_of_monitor();
    seeds_of_expectations();
    seeds_of_texts();
    seeds_of_bytes();
    seeds_of_rare_records();
    seeds_of_scripts();
}
