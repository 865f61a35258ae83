/* What members say: payloads, contents, and the body of each type. */
#include "fuzz.h"

#include "away.h"
#include "payload.h"

/* `value` is large: it is kept between runs, and filled with rubbish before each. */
#define RECODE(name, type, decode, encode)                                                         \
    static void run_##name(mjl_bytes input)                                                        \
    {                                                                                              \
        static type value;                                                                         \
        mjl_buffer out = {0};                                                                      \
        memset(&value, 0xa5, sizeof value);                                                        \
        const mjl_result read = decode(input, &value);                                             \
        fuzz_defined(read);                                                                        \
        if (read != MJL_OK) return;                                                                \
        const mjl_result written = encode(&value, &out);                                           \
        assert(written == MJL_OK);                                                                 \
        fuzz_same(input, &out);                                                                    \
    }

RECODE(content, mjl_content, mjl_content_decode, mjl_content_encode)
RECODE(payload, mjl_payload, mjl_payload_decode, mjl_payload_encode)
RECODE(said, mjl_said_body, mjl_said_decode, mjl_said_encode)
RECODE(part, mjl_part_body, mjl_part_decode, mjl_part_encode)
RECODE(large, mjl_large_body, mjl_large_decode, mjl_large_encode)
RECODE(intent, mjl_intent_body, mjl_intent_decode, mjl_intent_encode)
RECODE(frontier, mjl_frontier, mjl_frontier_decode, mjl_frontier_encode)
RECODE(want, mjl_want, mjl_want_decode, mjl_want_encode)
RECODE(again, mjl_again, mjl_again_decode, mjl_again_encode)

static void run_fin(mjl_bytes input)
{
    mjl_buffer out = {0};
    if (mjl_fin_decode(input) != MJL_OK) return;
    const mjl_result written = mjl_fin_encode(&out);
    assert(written == MJL_OK);
    fuzz_same(input, &out);
}

static void run_away(mjl_bytes input)
{
    uint64_t for_ms;
    mjl_buffer out = {0};
    if (mjl_away_decode(input, &for_ms) != MJL_OK) return;
    const mjl_result written = mjl_away_encode(for_ms, &out);
    assert(written == MJL_OK);
    fuzz_same(input, &out);
}

enum { INPUT_MAX = 8192, STATEMENT_MAX = 32768, SHORT_MAX = 64 };

static const fuzz_target targets[] = {
    {.name = "content", .run = run_content, .input_max = INPUT_MAX},
    {.name = "payload", .run = run_payload, .input_max = INPUT_MAX},
    {.name = "said", .run = run_said, .input_max = INPUT_MAX},
    {.name = "part", .run = run_part, .input_max = 70000},
    {.name = "large", .run = run_large, .input_max = INPUT_MAX + 1024},
    {.name = "intent", .run = run_intent, .input_max = INPUT_MAX},
    {.name = "frontier", .run = run_frontier, .input_max = STATEMENT_MAX},
    {.name = "want", .run = run_want, .input_max = STATEMENT_MAX},
    {.name = "again", .run = run_again, .input_max = STATEMENT_MAX},
    {.name = "fin", .run = run_fin, .input_max = SHORT_MAX},
    {.name = "away", .run = run_away, .input_max = SHORT_MAX}};

const fuzz_family fuzz_payload = {"payloads", targets, sizeof targets / sizeof targets[0]};
