#include "damage.h"
#include "pack.h"
#include "padding.h"
#include "payload.h"
#include "test.h"
#include "wire_examples.h"

/* ---- Decode, then encode ---- */

static mjl_result recode_content(mjl_bytes in, mjl_buffer *out)
{
    mjl_content content;
    const mjl_result result = mjl_content_decode(in, &content);
    return result != MJL_OK ? result : mjl_content_encode(&content, out);
}

static mjl_result recode_payload(mjl_bytes in, mjl_buffer *out)
{
    mjl_payload payload;
    const mjl_result result = mjl_payload_decode(in, &payload);
    return result != MJL_OK ? result : mjl_payload_encode(&payload, out);
}

static mjl_result recode_said(mjl_bytes in, mjl_buffer *out)
{
    mjl_said_body said;
    const mjl_result result = mjl_said_decode(in, &said);
    return result != MJL_OK ? result : mjl_said_encode(&said, out);
}

static mjl_result recode_fin(mjl_bytes in, mjl_buffer *out)
{
    const mjl_result result = mjl_fin_decode(in);
    return result != MJL_OK ? result : mjl_fin_encode(out);
}

static mjl_result recode_intent(mjl_bytes in, mjl_buffer *out)
{
    mjl_intent_body intent;
    const mjl_result result = mjl_intent_decode(in, &intent);
    return result != MJL_OK ? result : mjl_intent_encode(&intent, out);
}

static mjl_result recode_away(mjl_bytes in, mjl_buffer *out)
{
    uint64_t for_ms;
    const mjl_result result = mjl_away_decode(in, &for_ms);
    return result != MJL_OK ? result : mjl_away_encode(for_ms, out);
}

static mjl_result recode_want(mjl_bytes in, mjl_buffer *out)
{
    static mjl_want want;
    const mjl_result result = mjl_want_decode(in, &want);
    return result != MJL_OK ? result : mjl_want_encode(&want, out);
}

static mjl_result recode_again(mjl_bytes in, mjl_buffer *out)
{
    static mjl_again again;
    const mjl_result result = mjl_again_decode(in, &again);
    return result != MJL_OK ? result : mjl_again_encode(&again, out);
}

static mjl_result recode_frontier(mjl_bytes in, mjl_buffer *out)
{
    static mjl_frontier frontier;
    const mjl_result result = mjl_frontier_decode(in, &frontier);
    return result != MJL_OK ? result : mjl_frontier_encode(&frontier, out);
}

static const wire_form forms[] = {{"content", recode_content},
                                  {"content.fin", recode_content},
                                  {"content.intent", recode_content},
                                  {"content.frontier", recode_content},
                                  {"payload", recode_payload},
                                  {"payload.frontier", recode_payload},
                                  {"body.content", recode_said},
                                  {"body.content.reply", recode_said},
                                  {"body.fin", recode_fin},
                                  {"body.intent.add", recode_intent},
                                  {"body.intent.remove", recode_intent},
                                  {"body.intent.refresh", recode_intent},
                                  {"body.intent.restore", recode_intent},
                                  {"body.frontier", recode_frontier},
                                  {"body.frontier.control", recode_frontier},
                                  {"body.want", recode_want},
                                  {"body.again", recode_again},
                                  {"body.away", recode_away}};

static void what_is_written_is_read_as_it_was(void **state)
{
    (void)state;
    wire_forms_round_trip(forms, sizeof forms / sizeof *forms);
}

static void damaged_bytes_are_refused_or_are_another_value(void **state)
{
    (void)state;
    wire_forms_damage(forms, sizeof forms / sizeof *forms);
}

/* ---- Values ---- */

static void decoding_gives_the_fields_that_were_encoded(void **state)
{
    (void)state;
    mjl_payload payload;
    assert_int_equal(mjl_payload_decode(wire_example_of("payload"), &payload), MJL_OK);
    assert_int_equal(payload.generation, 7);
    assert_true(payload.has_seq);
    assert_int_equal(payload.seq, 3);
    assert_int_equal(payload.parents_count, 2);
    assert_int_equal(payload.parents[1].epoch, 2);
    assert_int_equal(payload.parents[1].id.bytes[31], 0xe0);
    assert_int_equal(payload.said.type, MJL_TYPE_CONTENT);
    assert_int_equal(payload.said.author.bytes[0], 0xa0);
    assert_true(mjl_bytes_equal(payload.content, wire_example_of("content")));
    mjl_said_body said;
    assert_int_equal(mjl_said_decode(payload.said.body, &said), MJL_OK);
    assert_true(mjl_bytes_equal(said.media_type, mjl_bytes_text("text/plain")));
    assert_true(mjl_bytes_equal(said.bytes, mjl_bytes_text("salam")));
    assert_false(said.has_reply_to);
}

static void a_frontier_gives_the_fields_that_were_encoded(void **state)
{
    (void)state;
    static mjl_frontier frontier;
    const mjl_bytes body = wire_example_of("body.frontier.control");
    assert_int_equal(mjl_frontier_decode(body, &frontier), MJL_OK);
    assert_int_equal(frontier.counter, 9);
    assert_int_equal(frontier.nonce[15], 0x6e);
    assert_int_equal(frontier.places_count, 1);
    assert_int_equal(frontier.places[0].epoch, 2);
    assert_int_equal(frontier.control_ends_count, 1);
    assert_int_equal(frontier.control_ends[0].control.bytes[0], 0xc0);
    assert_int_equal(frontier.waited_count, 1);
    assert_int_equal(frontier.waited[0].bytes[0], 0xa1);
    assert_int_equal(frontier.heard_count, 1);
    assert_int_equal(frontier.heard[0].nonce[0], 0x6f);
}

/* ---- Rules ---- */

/* A content of some type, in `out`. */
static mjl_bytes content_of(uint32_t type, mjl_buffer *out)
{
    const mjl_content content = {.author = wire_id(1), .type = type};
    mjl_buffer_clear(out);
    assert_int_equal(mjl_content_encode(&content, out), MJL_OK);
    return mjl_buffer_bytes(out);
}

/* A payload that encoding would refuse, packed by hand. */
static mjl_result decode_by_hand(uint64_t format, bool has_seq, size_t parents_count,
                                 const mjl_place_ref *parents, mjl_bytes content)
{
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_array(&pack, 5);
    mjl_pack_uint(&pack, format);
    mjl_pack_uint(&pack, 0);
    if (has_seq) {
        mjl_pack_uint(&pack, 0);
    } else {
        mjl_pack_nil(&pack);
    }
    mjl_pack_array(&pack, parents_count);
    for (size_t i = 0; i < parents_count; i++) {
        mjl_pack_array(&pack, 2);
        mjl_pack_uint(&pack, parents[i].epoch);
        mjl_pack_bin(&pack, mjl_id_bytes(&parents[i].id));
    }
    mjl_pack_bin(&pack, content);
    assert_int_equal(pack.result, MJL_OK);
    mjl_payload payload;
    const mjl_result result = mjl_payload_decode(mjl_buffer_bytes(&out), &payload);
    mjl_buffer_clear(&out);
    return result;
}

static void places_have_a_seq_and_statements_have_none(void **state)
{
    (void)state;
    mjl_buffer content = {0};
    for (uint32_t type = 1; type <= MJL_PAYLOAD_TYPE_MAX; type++) {
        const bool is_statement = mjl_payload_type_is_statement(type);
        assert_int_equal(is_statement, type >= 32 && type < 64);
        const mjl_bytes bytes = content_of(type, &content);
        assert_int_equal(decode_by_hand(1, !is_statement, 0, NULL, bytes), MJL_OK);
        assert_int_equal(decode_by_hand(1, is_statement, 0, NULL, bytes), MJL_BAD_PAYLOAD);
        mjl_payload payload = {.has_seq = is_statement, .content = bytes};
        mjl_buffer out = {0};
        assert_int_equal(mjl_payload_encode(&payload, &out), MJL_BAD_ARGUMENT);
        assert_int_equal(out.size, 0);
    }
    mjl_buffer_clear(&content);
}

static void statements_have_no_parents(void **state)
{
    (void)state;
    mjl_buffer content = {0};
    const mjl_place_ref parent = {0, wire_id(1)};
    const mjl_bytes bytes = content_of(MJL_TYPE_FRONTIER, &content);
    assert_int_equal(decode_by_hand(1, false, 1, &parent, bytes), MJL_BAD_PAYLOAD);
    mjl_buffer_clear(&content);
}

static void parents_ascend_without_duplicates(void **state)
{
    (void)state;
    mjl_buffer content = {0};
    const mjl_bytes bytes = content_of(MJL_TYPE_CONTENT, &content);
    const mjl_place_ref falling_epoch[] = {{2, wire_id(1)}, {1, wire_id(2)}};
    const mjl_place_ref falling_id[] = {{2, wire_id(2)}, {2, wire_id(1)}};
    const mjl_place_ref twice[] = {{2, wire_id(2)}, {2, wire_id(2)}};
    const mjl_place_ref of_two_epochs[] = {{1, wire_id(2)}, {2, wire_id(2)}};
    const mjl_place_ref rising[] = {{1, wire_id(9)}, {2, wire_id(2)}};
    assert_int_equal(decode_by_hand(1, true, 2, of_two_epochs, bytes), MJL_NOT_CANONICAL);
    assert_int_equal(decode_by_hand(1, true, 2, falling_epoch, bytes), MJL_NOT_CANONICAL);
    assert_int_equal(decode_by_hand(1, true, 2, falling_id, bytes), MJL_NOT_CANONICAL);
    assert_int_equal(decode_by_hand(1, true, 2, twice, bytes), MJL_NOT_CANONICAL);
    assert_int_equal(decode_by_hand(1, true, 2, rising, bytes), MJL_OK);
    mjl_payload payload = {.has_seq = true, .parents_count = 2, .content = bytes};
    payload.parents[0] = twice[0];
    payload.parents[1] = twice[1];
    mjl_buffer out = {0};
    assert_int_equal(mjl_payload_encode(&payload, &out), MJL_BAD_ARGUMENT);
    assert_int_equal(out.size, 0);
    mjl_buffer_clear(&out);
    mjl_buffer_clear(&content);
}

static void more_parents_than_the_bound_are_refused(void **state)
{
    (void)state;
    mjl_buffer content = {0};
    const mjl_bytes bytes = content_of(MJL_TYPE_CONTENT, &content);
    mjl_place_ref parents[MJL_PARENTS_MAX + 1];
    for (size_t i = 0; i <= MJL_PARENTS_MAX; i++)
        parents[i] = (mjl_place_ref){i, wire_id((uint8_t)(1 + i))};
    assert_int_equal(decode_by_hand(1, true, MJL_PARENTS_MAX, parents, bytes), MJL_OK);
    assert_int_equal(decode_by_hand(1, true, MJL_PARENTS_MAX + 1, parents, bytes), MJL_TOO_LARGE);
    mjl_buffer_clear(&content);
}

static void another_format_is_an_unknown_version(void **state)
{
    (void)state;
    mjl_buffer content = {0};
    const mjl_bytes bytes = content_of(MJL_TYPE_CONTENT, &content);
    assert_int_equal(decode_by_hand(2, true, 0, NULL, bytes), MJL_UNKNOWN_VERSION);
    mjl_buffer_clear(&content);
}

static void types_outside_the_range_are_refused(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    mjl_content content = {.type = 0};
    assert_int_equal(mjl_content_encode(&content, &out), MJL_BAD_ARGUMENT);
    content.type = MJL_PAYLOAD_TYPE_MAX + 1;
    assert_int_equal(mjl_content_encode(&content, &out), MJL_BAD_ARGUMENT);
    content.type = 200;
    assert_int_equal(mjl_content_encode(&content, &out), MJL_OK);
    assert_string_equal(mjl_payload_type_name(200), "unknown");
    assert_string_equal(mjl_payload_type_name(MJL_TYPE_KEY_PACKAGE), "key package");
    mjl_buffer_clear(&out);
}

static void a_body_beyond_its_bound_is_not_said(void **state)
{
    (void)state;
    uint8_t *body = (uint8_t *)calloc(1, MJL_BODY_SIZE_MAX + 1);
    assert_non_null(body);
    mjl_said_body said = {.media_type = mjl_bytes_text("a/b"),
                          .bytes = mjl_bytes_of(body, MJL_BODY_SIZE_MAX + 1)};
    mjl_buffer out = {0};
    assert_int_equal(mjl_said_encode(&said, &out), MJL_TOO_LARGE);
    said.bytes.size--;
    assert_int_equal(mjl_said_encode(&said, &out), MJL_OK);
    mjl_said_body read;
    assert_int_equal(mjl_said_decode(mjl_buffer_bytes(&out), &read), MJL_OK);
    assert_int_equal(read.bytes.size, MJL_BODY_SIZE_MAX);
    mjl_buffer_clear(&out);
    free(body);
}

static void a_media_type_is_short_printable_ascii(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "text/pl\nain", "text/\xc3\xa4"};
    mjl_buffer out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const mjl_said_body said = {.media_type = mjl_bytes_text(bad[i])};
        assert_int_equal(mjl_said_encode(&said, &out), MJL_BAD_ARGUMENT);
        mjl_pack pack = mjl_pack_to(&out);
        mjl_pack_array(&pack, 3);
        mjl_pack_text(&pack, mjl_bytes_text(bad[i]));
        mjl_pack_nil(&pack);
        mjl_pack_bin(&pack, mjl_bytes_of(NULL, 0));
        mjl_said_body read;
        assert_int_equal(mjl_said_decode(mjl_buffer_bytes(&out), &read), MJL_BAD_PAYLOAD);
        mjl_buffer_clear(&out);
    }
}

static void an_intent_has_exactly_the_fields_of_its_kind(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    for (uint32_t kind = 0; kind <= 6; kind++) {
        for (unsigned shape = 0; shape < 12; shape++) {
            static const uint8_t detail[MJL_ID_SIZE] = {1};
            static const size_t sizes[] = {0, 5, MJL_ID_SIZE};
            const mjl_intent_body intent = {.kind = kind,
                                            .has_subject = (shape & 1) != 0,
                                            .has_reason = (shape & 2) != 0,
                                            .detail = mjl_bytes_of(detail, sizes[shape / 4])};
            const bool is_right =
                (kind == 1 && shape == 1) || (kind == 2 && (shape == 1 || shape == 3)) ||
                (kind == 3 && shape == 0) || (kind == 4 && (shape == 4 || shape == 8)) ||
                (kind == 5 && shape == 9);
            assert_int_equal(mjl_intent_encode(&intent, &out),
                             is_right ? MJL_OK : MJL_BAD_ARGUMENT);
        }
    }
    mjl_buffer_clear(&out);
}

static void what_is_given_again_is_something_and_bounded(void **state)
{
    (void)state;
    static mjl_again again;
    mjl_buffer out = {0};
    assert_int_equal(mjl_again_encode(&again, &out), MJL_BAD_ARGUMENT);
    again.count = MJL_QUOTES_MAX + 1;
    assert_int_equal(mjl_again_encode(&again, &out), MJL_TOO_LARGE);
    assert_int_equal(out.size, 0);
    static const uint8_t empty[] = {0x90};
    assert_int_equal(mjl_again_decode(mjl_bytes_of(empty, 1), &again), MJL_BAD_PAYLOAD);
    again.count = MJL_QUOTES_MAX;
    assert_int_equal(mjl_again_encode(&again, &out), MJL_OK);
    assert_int_equal(mjl_again_decode(mjl_buffer_bytes(&out), &again), MJL_OK);
    assert_int_equal(again.count, MJL_QUOTES_MAX);
    mjl_buffer_clear(&out);
}

static void a_want_says_what_is_held_in_ascending_starts(void **state)
{
    (void)state;
    static mjl_want want;
    mjl_buffer out = {0};
    memset(&want, 0, sizeof want);
    want.held_count = 3;
    memset(want.held[0].start, 2, MJL_HELD_SIZE);
    memset(want.held[1].start, 1, MJL_HELD_SIZE);
    memset(want.held[2].start, 2, MJL_HELD_SIZE);
    assert_int_equal(mjl_want_encode(&want, &out), MJL_BAD_ARGUMENT);
    mjl_want_sort(&want);
    assert_int_equal(want.held_count, 2);
    assert_int_equal(mjl_want_encode(&want, &out), MJL_OK);
    const mjl_id one = wire_id(1), two = wire_id(2), three = wire_id(3);
    assert_true(mjl_want_holds(&want, &one));
    assert_true(mjl_want_holds(&want, &two));
    assert_false(mjl_want_holds(&want, &three));
    static mjl_want read;
    assert_int_equal(mjl_want_decode(mjl_buffer_bytes(&out), &read), MJL_OK);
    assert_int_equal(read.held_count, 2);
    out.data[5] = 3; /* The first start is above the second one. */
    assert_int_equal(mjl_want_decode(mjl_buffer_bytes(&out), &read), MJL_NOT_CANONICAL);
    want.missing_count = MJL_FRONTIER_PLACES_MAX + 1;
    assert_int_equal(mjl_want_encode(&want, &out), MJL_TOO_LARGE);
    mjl_buffer_clear(&out);
}

static void lists_of_a_frontier_ascend_within_their_bounds(void **state)
{
    (void)state;
    static mjl_frontier frontier;
    mjl_buffer out = {0};
    memset(&frontier, 0, sizeof frontier);
    frontier.heard_count = 2;
    frontier.heard[0].member = wire_id(2);
    frontier.heard[1].member = wire_id(1);
    assert_int_equal(mjl_frontier_encode(&frontier, &out), MJL_BAD_ARGUMENT);
    mjl_nonces_sort(frontier.heard, 2);
    assert_int_equal(mjl_frontier_encode(&frontier, &out), MJL_OK);
    static mjl_frontier read;
    assert_int_equal(mjl_frontier_decode(mjl_buffer_bytes(&out), &read), MJL_OK);
    memset(out.data + out.size - 18 - 32, 0, 32); /* The last member is now the least. */
    assert_int_equal(mjl_frontier_decode(mjl_buffer_bytes(&out), &read), MJL_NOT_CANONICAL);
    frontier.heard[1].member = wire_id(1);
    assert_int_equal(mjl_frontier_encode(&frontier, &out), MJL_BAD_ARGUMENT);
    frontier.heard_count = MJL_FRONTIER_MEMBERS_MAX + 1;
    assert_int_equal(mjl_frontier_encode(&frontier, &out), MJL_TOO_LARGE);
    frontier.heard_count = 0;
    frontier.waited_count = 2;
    assert_int_equal(mjl_frontier_encode(&frontier, &out), MJL_BAD_ARGUMENT);
    frontier.waited_count = 0;
    frontier.control_ends_count = 2;
    assert_int_equal(mjl_frontier_encode(&frontier, &out), MJL_BAD_ARGUMENT);
    mjl_buffer_clear(&out);
}

static void a_ladder_of_ones_own_is_climbed_rung_by_rung(void **state)
{
    (void)state;
    const mjl_padding ladder = {.rungs_count = 3, .rungs = {{256, 256}, {4096, 512}, {1, 4096}}};
    static const size_t steps[][2] = {{0, 256},    {1, 256},     {256, 256},   {257, 512},
                                      {513, 1024}, {4096, 4096}, {4097, 8192}, {8193, 12288}};
    assert_true(mjl_padding_is_valid(&ladder));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(steps[i][0] + mjl_padding_on(&ladder, steps[i][0]), steps[i][1]);
    }
    const mjl_padding none = {.rungs_count = 1, .rungs = {{0, 1}}};
    assert_true(mjl_padding_is_valid(&none));
    assert_int_equal(mjl_padding_on(&none, 77), 0);
}

static void a_ladder_that_cannot_be_climbed_is_invalid(void **state)
{
    (void)state;
    const mjl_padding ladders[] = {{.rungs_count = 0},
                                   {.rungs_count = MJL_PADDING_RUNGS_MAX + 1},
                                   {.rungs_count = 1, .rungs = {{0, 0}}},
                                   {.rungs_count = 1, .rungs = {{0, MJL_PADDING_STEP_MAX + 1}}},
                                   {.rungs_count = 2, .rungs = {{0, 64}, {0, 64}}},
                                   {.rungs_count = 3, .rungs = {{64, 64}, {64, 64}, {0, 64}}}};
    for (size_t i = 0; i < sizeof ladders / sizeof ladders[0]; i++) {
        assert_false(mjl_padding_is_valid(&ladders[i]));
    }
}

static void padding_climbs_the_ladder(void **state)
{
    (void)state;
    static const struct {
        size_t size, padded;
    } steps[] = {{0, 64},      {1, 64},      {63, 64},     {64, 64},     {65, 128},
                 {1023, 1024}, {1024, 1024}, {1025, 2048}, {5000, 5120}, {262144, 262144}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(steps[i].size + mjl_padding_size(steps[i].size), steps[i].padded);
    }
}

/* What would be refused by whoever reads it is not written. */
static void parts_and_larges_that_do_not_fit_are_not_written(void **state)
{
    (void)state;
    static const uint8_t bytes[MJL_PART_SIZE + 1];
    const mjl_bytes whole = mjl_bytes_of(bytes, MJL_PART_SIZE);
    const mjl_part_body parts[] = {
        {.count = 1, .bytes = whole},
        {.count = MJL_PARTS_MAX + 1, .bytes = whole},
        {.index = 2, .count = 2, .bytes = whole},
        {.count = 2, .bytes = mjl_bytes_of(bytes, 7)},
        {.index = 1, .count = 2, .bytes = mjl_bytes_of(NULL, 0)},
        {.index = 1, .count = 2, .bytes = mjl_bytes_of(bytes, sizeof bytes)}};
    mjl_buffer out = {0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_int_equal(mjl_part_encode(&parts[i], &out), MJL_BAD_ARGUMENT);
    static mjl_large_body large;
    large.media_type = mjl_bytes_text("text/plain");
    large.size = 2 * MJL_PART_SIZE;
    large.parts_count = 3;
    assert_int_equal(mjl_large_encode(&large, &out), MJL_BAD_ARGUMENT);
    large.size = large.parts_count = 1;
    assert_int_equal(mjl_large_encode(&large, &out), MJL_BAD_ARGUMENT);
    large.size = (uint64_t)MJL_SAY_SIZE_MAX + 1;
    assert_int_equal(mjl_large_encode(&large, &out), MJL_TOO_LARGE);
    large.media_type = mjl_bytes_of(NULL, 0);
    assert_int_equal(mjl_large_encode(&large, &out), MJL_BAD_ARGUMENT);
    assert_int_equal(out.size, 0);
    large = (mjl_large_body){.media_type = mjl_bytes_text("text/plain"), .has_reply_to = true};
    large.size = 2 * MJL_PART_SIZE;
    large.parts_count = 2;
    assert_int_equal(mjl_large_encode(&large, &out), MJL_OK);
    static mjl_large_body read;
    assert_int_equal(mjl_large_decode(mjl_buffer_bytes(&out), &read), MJL_OK);
    assert_true(read.has_reply_to);
    mjl_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_and_larges_that_do_not_fit_are_not_written),
        cmocka_unit_test(what_is_written_is_read_as_it_was),
        cmocka_unit_test(damaged_bytes_are_refused_or_are_another_value),
        cmocka_unit_test(decoding_gives_the_fields_that_were_encoded),
        cmocka_unit_test(a_frontier_gives_the_fields_that_were_encoded),
        cmocka_unit_test(places_have_a_seq_and_statements_have_none),
        cmocka_unit_test(statements_have_no_parents),
        cmocka_unit_test(parents_ascend_without_duplicates),
        cmocka_unit_test(more_parents_than_the_bound_are_refused),
        cmocka_unit_test(another_format_is_an_unknown_version),
        cmocka_unit_test(types_outside_the_range_are_refused),
        cmocka_unit_test(a_body_beyond_its_bound_is_not_said),
        cmocka_unit_test(a_media_type_is_short_printable_ascii),
        cmocka_unit_test(an_intent_has_exactly_the_fields_of_its_kind),
        cmocka_unit_test(what_is_given_again_is_something_and_bounded),
        cmocka_unit_test(a_want_says_what_is_held_in_ascending_starts),
        cmocka_unit_test(lists_of_a_frontier_ascend_within_their_bounds),
        cmocka_unit_test(padding_climbs_the_ladder),
        cmocka_unit_test(a_ladder_of_ones_own_is_climbed_rung_by_rung),
        cmocka_unit_test(a_ladder_that_cannot_be_climbed_is_invalid),
    };
    return cmocka_run_group_tests(tests, wire_examples_set_up, wire_examples_tear_down);
}
