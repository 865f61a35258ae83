#include "wire_examples.h"
#include "test.h"

#include <sodium.h>

const uint8_t wire_group_id[32] = {0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67,
                                   0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67,
                                   0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67, 0x67};
const uint8_t wire_header_key[32] = {
    0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b,
    0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b, 0x4b};
const uint8_t wire_nonce[24] = {0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e,
                                0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e,
                                0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e, 0x4e};
const uint8_t wire_tag[8] = {0x74, 0x74, 0x74, 0x74, 0x74, 0x74, 0x74, 0x74};
const char wire_room_secret[] = "open sesame";

wire_example wire_examples[WIRE_EXAMPLES_COUNT];

typedef struct maker {
    size_t count;
} maker;

mjl_id wire_id(uint8_t byte)
{
    mjl_id id;
    memset(id.bytes, byte, sizeof id.bytes);
    return id;
}

static mjl_bytes group_id(void)
{
    return mjl_bytes_of(wire_group_id, sizeof wire_group_id);
}

static mjl_buffer *begin(maker *make, const char *name)
{
    assert_true(make->count < WIRE_EXAMPLES_COUNT);
    wire_example *example = &wire_examples[make->count++];
    *example = (wire_example){.name = name};
    return &example->bytes;
}

static void add(maker *make, const char *name, mjl_bytes bytes)
{
    assert_int_equal(mjl_buffer_append(begin(make, name), bytes), MJL_OK);
}

static void add_id(maker *make, const char *name, mjl_id id)
{
    add(make, name, mjl_id_bytes(&id));
}

static void make_ids(maker *make)
{
    const mjl_id branch = wire_id(0xb0), author = wire_id(0xa0), hash = wire_id(0xcc);
    uint8_t key[32];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    add_id(make, "id.member", mjl_id_member(mjl_bytes_of(key, sizeof key)));
    add_id(make, "id.message", mjl_id_message(group_id(), mjl_bytes_text("content")));
    add_id(make, "id.place", mjl_id_place(&branch, &author, mjl_bytes_text("payload")));
    add_id(make, "id.commit", mjl_id_commit(mjl_id_bytes(&hash)));
    add_id(make, "id.packet", mjl_id_packet(mjl_bytes_text("packet")));
    add_id(make, "id.control", mjl_id_control(mjl_bytes_text("signed")));
}

/* ---- Payloads ---- */

static void make_content(maker *make, const char *name, uint32_t type, mjl_bytes body)
{
    mjl_content content = {.author = wire_id(0xa0), .type = type, .body = body};
    memset(content.salt, 0x5a, sizeof content.salt);
    assert_int_equal(mjl_content_encode(&content, begin(make, name)), MJL_OK);
}

static void make_place(maker *make, const char *name, mjl_bytes content)
{
    mjl_payload payload = {.generation = 7, .has_seq = true, .seq = 3, .parents_count = 2};
    payload.parents[0] = (mjl_place_ref){1, wire_id(0xe1)};
    payload.parents[1] = (mjl_place_ref){2, wire_id(0xe0)};
    payload.content = content;
    assert_int_equal(mjl_payload_encode(&payload, begin(make, name)), MJL_OK);
}

static mjl_bytes last(const maker *make)
{
    return mjl_buffer_bytes(&wire_examples[make->count - 1].bytes);
}

static void make_said(maker *make)
{
    mjl_said_body said = {.media_type = mjl_bytes_text("text/plain"),
                          .bytes = mjl_bytes_text("salam")};
    assert_int_equal(mjl_said_encode(&said, begin(make, "body.content")), MJL_OK);
    make_content(make, "content", MJL_TYPE_CONTENT, last(make));
    make_place(make, "payload", last(make));
    said.has_reply_to = true;
    said.reply_to = wire_id(0xd1);
    assert_int_equal(mjl_said_encode(&said, begin(make, "body.content.reply")), MJL_OK);
    assert_int_equal(mjl_fin_encode(begin(make, "body.fin")), MJL_OK);
    make_content(make, "content.fin", MJL_TYPE_FIN, last(make));
}

static void make_large(maker *make)
{
    mjl_part_body part = {.index = 1, .count = 2, .bytes = mjl_bytes_text("salam")};
    memset(part.of, 0x7e, sizeof part.of);
    assert_int_equal(mjl_part_encode(&part, begin(make, "body.part")), MJL_OK);
    static mjl_large_body large;
    large.media_type = mjl_bytes_text("text/plain");
    memset(large.of, 0x7e, sizeof large.of);
    large.size = MJL_PART_SIZE + 5;
    large.parts_count = 2;
    large.parts[0] = wire_id(0xd1);
    large.parts[1] = wire_id(0xd2);
    assert_int_equal(mjl_large_encode(&large, begin(make, "body.large")), MJL_OK);
    make_content(make, "content.large", MJL_TYPE_LARGE, last(make));
}

static void make_intent(maker *make, const char *name, mjl_intent_body intent)
{
    assert_int_equal(mjl_intent_encode(&intent, begin(make, name)), MJL_OK);
}

static void make_intents(maker *make)
{
    const mjl_id old = wire_id(0x0d);
    make_intent(make, "body.intent.add",
                (mjl_intent_body){
                    .kind = MJL_INTENT_BODY_ADD, .has_subject = true, .subject = wire_id(0xa1)});
    make_intent(make, "body.intent.remove",
                (mjl_intent_body){.kind = MJL_INTENT_BODY_REMOVE,
                                  .has_subject = true,
                                  .subject = wire_id(0xa1),
                                  .has_reason = true,
                                  .reason = wire_id(0xf1)});
    make_intent(make, "body.intent.refresh", (mjl_intent_body){.kind = MJL_INTENT_BODY_REFRESH});
    make_intent(make, "body.intent.restore",
                (mjl_intent_body){.kind = MJL_INTENT_BODY_RESTORE,
                                  .has_subject = true,
                                  .subject = wire_id(0xa1),
                                  .detail = mjl_id_bytes(&old)});
    make_content(make, "content.intent", MJL_TYPE_INTENT, wire_example_of("body.intent.remove"));
}

static void make_frontier(maker *make)
{
    mjl_frontier *frontier = (mjl_frontier *)calloc(1, sizeof *frontier);
    assert_non_null(frontier);
    frontier->counter = 9;
    memset(frontier->nonce, 0x6e, sizeof frontier->nonce);
    frontier->places_count = 1;
    frontier->places[0] = (mjl_place_ref){2, wire_id(0xe0)};
    frontier->waited_count = 1;
    frontier->waited[0] = wire_id(0xa1);
    frontier->heard_count = 1;
    frontier->heard[0].member = wire_id(0xa2);
    memset(frontier->heard[0].nonce, 0x6f, sizeof frontier->heard[0].nonce);
    assert_int_equal(mjl_frontier_encode(frontier, begin(make, "body.frontier")), MJL_OK);
    frontier->control_ends_count = 1;
    frontier->control_ends[0] = (mjl_control_end){wire_id(0xb0), wire_id(0xc0)};
    assert_int_equal(mjl_frontier_encode(frontier, begin(make, "body.frontier.control")), MJL_OK);
    free(frontier);
    make_content(make, "content.frontier", MJL_TYPE_FRONTIER, wire_example_of("body.frontier"));
    const mjl_payload payload = {.generation = 8, .content = last(make)};
    assert_int_equal(mjl_payload_encode(&payload, begin(make, "payload.frontier")), MJL_OK);
}

static void make_want(maker *make)
{
    assert_int_equal(mjl_away_encode(60000, begin(make, "body.away")), MJL_OK);
    mjl_want *want = (mjl_want *)calloc(1, sizeof *want);
    assert_non_null(want);
    want->accepted_count = want->missing_count = want->again_count = 1;
    want->accepted[0] = (mjl_place_ref){2, wire_id(0xe0)};
    want->missing[0] = (mjl_place_ref){2, wire_id(0xe1)};
    want->again[0] = (mjl_place_ref){1, wire_id(0xe2)};
    want->held_count = 2;
    memset(want->held[0].start, 0xe3, MJL_HELD_SIZE);
    memset(want->held[1].start, 0xe4, MJL_HELD_SIZE);
    assert_int_equal(mjl_want_encode(want, begin(make, "body.want")), MJL_OK);
    free(want);
}

static void make_again(maker *make)
{
    mjl_again *again = (mjl_again *)calloc(1, sizeof *again);
    assert_non_null(again);
    again->count = 1;
    again->quotes[0] = (mjl_quote){wire_id(0xb0), wire_example_of("payload")};
    assert_int_equal(mjl_again_encode(again, begin(make, "body.again")), MJL_OK);
    free(again);
}

static void make_knock(maker *make)
{
    uint8_t seed[crypto_sign_SEEDBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES], key[MJL_KNOCK_KEY_SIZE];
    mjl_knock *knock = (mjl_knock *)calloc(1, sizeof *knock);
    assert_non_null(knock);
    memset(seed, 3, sizeof seed);
    memset(key, 0x4c, sizeof key);
    assert_int_equal(crypto_sign_seed_keypair(public_key, secret_key, seed), 0);
    knock->group = group_id();
    knock->epoch = 2;
    knock->branch = wire_id(0xb0);
    knock->author = wire_id(0xa0);
    knock->counter = 5;
    knock->accepted_count = 1;
    knock->accepted[0] = (mjl_place_ref){2, wire_id(0xe0)};
    knock->key_package = mjl_bytes_text("key package");
    assert_int_equal(mjl_knock_encode(knock, mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT),
                                      secret_key, key, begin(make, "knock")),
                     MJL_OK);
    free(knock);
}

/* ---- Headers and extensions ---- */

static void make_header(maker *make)
{
    mjl_commit_header *header = (mjl_commit_header *)calloc(1, sizeof *header);
    assert_non_null(header);
    header->generation = 1;
    header->seq = 4;
    header->parents_count = 1;
    header->parents[0] = (mjl_place_ref){2, wire_id(0xe0)};
    header->basis_count = 2;
    header->basis[0].id = wire_id(0xf1);
    header->basis[1].whole = wire_example_of("content.intent");
    assert_int_equal(mjl_commit_header_encode(header, group_id(), begin(make, "header")), MJL_OK);
    const mjl_header_seal seal = {
        .key = wire_header_key, .tag = wire_tag, .group_id = group_id(), .epoch = 2};
    assert_int_equal(
        mjl_commit_header_seal(header, &seal, wire_nonce, begin(make, "header.sealed")), MJL_OK);
    free(header);
}

static void make_policies(maker *make)
{
    mjl_policy policy;
    mjl_policy_init(&policy, mjl_bytes_text("tea"));
    assert_int_equal(mjl_policy_encode(&policy, begin(make, "policy.friends")), MJL_OK);
    policy.preset = MJL_PRESET_ROOM;
    policy.bc_lat_ms = 250;
    policy.m_intv_ms = 500;
    policy.deciders_count = 1;
    policy.deciders[0] = wire_id(0xa0);
    policy.voters_count = 2;
    policy.voters[0] = wire_id(0xa0);
    policy.voters[1] = wire_id(0xa1);
    policy.early_welcome = false;
    assert_int_equal(mjl_policy_encode(&policy, begin(make, "policy.room")), MJL_OK);
}

static void make_room(maker *make)
{
    const mjl_id signature_key = wire_id(0x01), init_key = wire_id(0x02);
    const mjl_bytes name = mjl_bytes_text("tea");
    mjl_room_key key, open;
    mjl_room_key_derive(mjl_bytes_text(wire_room_secret), &key);
    mjl_room_key_derive(mjl_bytes_of(NULL, 0), &open);
    add(make, "room.key", mjl_bytes_of(key.bytes, sizeof key.bytes));
    assert_int_equal(mjl_room_join_encode(&open, name, mjl_id_bytes(&signature_key),
                                          mjl_id_bytes(&init_key), begin(make, "join.open")),
                     MJL_OK);
    assert_int_equal(mjl_room_join_encode(&key, name, mjl_id_bytes(&signature_key),
                                          mjl_id_bytes(&init_key), begin(make, "join.secret")),
                     MJL_OK);
    mjl_room_root root = {.frontier_count = 1, .fins_count = 1};
    root.frontier[0] = (mjl_place_ref){2, wire_id(0xe0)};
    root.fins[0] = (mjl_room_fin){wire_id(0xa1), wire_id(0xf1)};
    assert_int_equal(mjl_room_root_encode(&root, &open, name, group_id(), begin(make, "root.open")),
                     MJL_OK);
    root.has_branch = true;
    root.branch = wire_id(0xb0);
    assert_int_equal(
        mjl_room_root_encode(&root, &key, name, group_id(), begin(make, "root.secret")), MJL_OK);
    assert_int_equal(mjl_identity_encode(mjl_bytes_text("alice@example"), mjl_bytes_text("Alice"),
                                         begin(make, "identity")),
                     MJL_OK);
}

void wire_examples_make(void)
{
    maker make = {0};
    make_ids(&make);
    make_said(&make);
    make_large(&make);
    make_intents(&make);
    make_frontier(&make);
    make_want(&make);
    make_again(&make);
    make_knock(&make);
    make_header(&make);
    make_policies(&make);
    make_room(&make);
    assert_int_equal(make.count, WIRE_EXAMPLES_COUNT);
}

int wire_examples_set_up(void **state)
{
    (void)state;
    wire_examples_make();
    return 0;
}

int wire_examples_tear_down(void **state)
{
    (void)state;
    wire_examples_clear();
    return 0;
}

void wire_examples_clear(void)
{
    for (size_t i = 0; i < WIRE_EXAMPLES_COUNT; i++)
        mjl_buffer_clear(&wire_examples[i].bytes);
}

mjl_bytes wire_example_of(const char *name)
{
    for (size_t i = 0; i < WIRE_EXAMPLES_COUNT; i++) {
        if (wire_examples[i].name != NULL && strcmp(wire_examples[i].name, name) == 0) {
            return mjl_buffer_bytes(&wire_examples[i].bytes);
        }
    }
    fail_msg("no example of the name %s", name);
    return mjl_bytes_of(NULL, 0);
}

void wire_forms_round_trip(const wire_form *forms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        test_round_trip(wire_example_of(forms[i].name), forms[i].recode);
}

void wire_forms_damage(const wire_form *forms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mjl_bytes bytes = wire_example_of(forms[i].name);
        assert_true(test_damage(bytes, forms[i].recode) >= bytes.size);
    }
}
