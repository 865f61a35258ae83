/*
 * Evidence: as it comes, and as somebody would make it whose key the fuzzer has, so that what is
 * altered is signed.
 */
#include "fuzz.h"

#include "evidence_format.h"
#include "framing.h"
#include "labels.h"
#include "majlis/evidence.h"
#include "majlis/mls.h"
#include "payload.h"
#include "suite.h"

static void run_evidence(mjl_bytes input)
{
    mjl_evidence_parts parts;
    mjl_evidence_view view;
    mjl_buffer out = {0};
    fuzz_defined(mjl_evidence_verify(input, &view));
    if (mjl_evidence_decode(input, &parts) != MJL_OK) return;
    const mjl_result written = mjl_evidence_encode(&parts, &out);
    assert(written == MJL_OK);
    fuzz_same(input, &out);
}

/* ---- Who signs: alone in a group ---- */

typedef struct author {
    mjl_mls_identity identity;
    const mjl_mls_group *group; /* Its leaf and context. */
    mjl_member_id id;
} author;

static const author *some_author(void)
{
    static author one;
    static fuzz_chance chance = {5, 0};
    if (one.group != NULL) return &one;
    mjl_mls_ratchets *ratchets = NULL;
    mjl_result result = mjl_mls_identity_generate(NULL, fuzz_random(&chance), &one.identity);
    one.identity.identity = mjl_bytes_text("author");
    const mjl_mls_create_config config = {
        .identity = &one.identity, .group_id = mjl_bytes_text("group"), .not_after = UINT64_MAX};
    if (result == MJL_OK)
        result = mjl_mls_group_create(&config, fuzz_random(&chance), &one.group, &ratchets);
    assert(result == MJL_OK);
    mjl_mls_ratchets_free(ratchets);
    one.id = mjl_id_member(mjl_bytes_of(one.identity.signature_key, MJL_MLS_SIGNATURE_KEY_SIZE));
    return &one;
}

/* ---- What it signs ---- */

static void encode_payload(const author *by, fuzz_script *script, mjl_buffer *out)
{
    mjl_buffer content = {0};
    static mjl_payload payload;
    const mjl_content said = {.author = by->id,
                              .type = MJL_TYPE_CONTENT,
                              .body = fuzz_take_bytes(script, fuzz_take(script) & 15)};
    mjl_result result = mjl_content_encode(&said, &content);
    payload = (mjl_payload){.has_seq = true, .seq = fuzz_take(script) & 1};
    payload.content = mjl_buffer_bytes(&content);
    if (result == MJL_OK) result = mjl_payload_encode(&payload, out);
    assert(result == MJL_OK);
    mjl_buffer_clear(&content);
}

/* FramedContentTBS, altered where the script says so, and its signature. */
static mjl_bytes sign_one(const author *by, fuzz_script *script, mjl_buffer *tbs,
                          uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX])
{
    const mjl_mls_suite *suite = mjl_mls_group_suite(by->group);
    mjl_buffer body = {0};
    mjl_mls_authenticated_content made = {0};
    size_t size = 0;
    encode_payload(by, script, &body);
    const mjl_mls_framed_content content = {.group_id = mjl_mls_group_id(by->group),
                                            .sender = {MJL_MLS_SENDER_MEMBER, 0},
                                            .content_type = MJL_MLS_APPLICATION,
                                            .body = mjl_buffer_bytes(&body)};
    mjl_result result = mjl_mls_content_frame(MJL_MLS_PRIVATE_MESSAGE, &content,
                                              mjl_mls_group_context(by->group), &made);
    if (result == MJL_OK) result = mjl_buffer_append(tbs, made.tbs);
    assert(result == MJL_OK);
    if ((fuzz_take(script) & 1) != 0) fuzz_alter(tbs, script);
    result = mjl_mls_sign_with_label(suite, by->identity.signature_seed, "FramedContentTBS",
                                     mjl_buffer_bytes(tbs), signature, &size);
    assert(result == MJL_OK);
    mjl_mls_authenticated_content_clear(&made);
    mjl_buffer_clear(&body);
    return mjl_bytes_of(signature, size);
}

static void run_signed(mjl_bytes input)
{
    fuzz_script script = {input};
    const author *by = some_author();
    uint8_t signatures[2][MJL_MLS_SIGNATURE_SIZE_MAX];
    mjl_buffer tbs[2] = {{0}, {0}}, evidence = {0};
    mjl_evidence_parts parts = {.leaf_node = {NULL, 0}};
    mjl_evidence_view view;
    mjl_mls_member member;
    const bool is_there = mjl_mls_group_member(by->group, 0, &member);
    assert(is_there);
    parts.leaf_node = member.leaf_node;
    for (size_t i = 0; i < 2; i++) {
        parts.both[i].signature = sign_one(by, &script, &tbs[i], signatures[i]);
        parts.both[i].content = mjl_buffer_bytes(&tbs[i]);
        if ((fuzz_take(&script) & 7) == 1)
            parts.both[i].header_key = fuzz_take_bytes(&script, MJL_MLS_HASH_SIZE);
    }
    mjl_result result = mjl_evidence_encode(&parts, &evidence);
    assert(result == MJL_OK);
    result = mjl_evidence_verify(mjl_buffer_bytes(&evidence), &view);
    fuzz_defined(result);
    assert(result != MJL_BAD_SIGNATURE);
    if (result == MJL_OK) {
        assert(mjl_id_equal(&view.author, &by->id));
        assert(!mjl_bytes_equal(mjl_buffer_bytes(&tbs[0]), mjl_buffer_bytes(&tbs[1])));
    }
    mjl_buffer_clear(&tbs[0]);
    mjl_buffer_clear(&tbs[1]);
    mjl_buffer_clear(&evidence);
}

static const fuzz_target targets[] = {
    {.name = "evidence", .run = run_evidence, .input_max = 8192},
    {.name = "evidence_signed", .run = run_signed, .input_max = 256, .is_unbounded = true}};

const fuzz_family fuzz_evidence = {"evidences", targets, sizeof targets / sizeof targets[0]};
