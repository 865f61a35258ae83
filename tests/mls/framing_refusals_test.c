/*
 * What is refused of a message's frame (RFC 9420 §6): senders that may not, bytes for another group
 * or epoch, signatures, MACs and AEAD tags of every size but their own, generations beyond reach.
 * The commit inside is right. More on each layer alone: framing_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "commit_draft.h"
#include "group.h"
#include "message.h"
#include "private_message.h"
#include "world.h"

static const mjl_bytes nothing = {0};

static mjl_result framed(const frame_faults *faults)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_path(&draft, NULL);
    commit_finish(&draft, faults);
    const mjl_bytes commit = mjl_buffer_bytes(&draft.message);
    const mjl_result result = world_member_takes(&us.bob, nothing, commit);
    assert_int_equal(world_member_takes(&us.erin, nothing, commit), result);
    commit_clear(&draft);
    return result;
}

typedef struct variant {
    const char *name;
    frame_faults faults;
    mjl_result expected;
} variant;

static void expect_all(const variant *variants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mjl_result result = framed(&variants[i].faults);
        if (result != variants[i].expected)
            fail_msg("%s: %s, not %s", variants[i].name, result_name(result),
                     result_name(variants[i].expected));
    }
}

/* ---- Content (§6, §6.1) ---- */

static void another_group(mjl_mls_framed_content *content)
{
    content->group_id = mjl_bytes_text("mooR");
}
static void epoch_before(mjl_mls_framed_content *content)
{
    content->epoch--;
}
static void epoch_after(mjl_mls_framed_content *content)
{
    content->epoch++;
}
static void sender_blank(mjl_mls_framed_content *content)
{
    content->sender.index = 0;
}
static void sender_beyond(mjl_mls_framed_content *content)
{
    content->sender.index = 8;
}
static void sender_far_beyond(mjl_mls_framed_content *content)
{
    content->sender.index = UINT32_MAX;
}
static void sender_another(mjl_mls_framed_content *content)
{
    content->sender.index = DAVE_LEAF;
}
static void sender_external(mjl_mls_framed_content *content)
{
    content->sender = (mjl_mls_sender){MJL_MLS_SENDER_EXTERNAL, 0};
}
static void sender_new_member_proposal(mjl_mls_framed_content *content)
{
    content->sender = (mjl_mls_sender){MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL, 0};
}
enum { SENDER_AT = 4 + 5 + 8 }; /* Behind header, group id and epoch. */
static void sender_0(mjl_buffer *message)
{
    message->data[SENDER_AT] = 0;
}
static void sender_5(mjl_buffer *message)
{
    message->data[SENDER_AT] = 5;
}
enum { CONTENT_TYPE_AT = SENDER_AT + 5 + 1 };
static void content_0(mjl_buffer *message)
{
    message->data[CONTENT_TYPE_AT] = 0;
}
static void content_4(mjl_buffer *message)
{
    message->data[CONTENT_TYPE_AT] = 4;
}
static void version_2(mjl_buffer *message)
{
    message->data[1] = 2;
}
static void format_of_a_welcome(mjl_buffer *message)
{
    message->data[3] = MJL_MLS_WELCOME;
}
static void format_6(mjl_buffer *message)
{
    message->data[3] = 6;
}
static void trailing(mjl_buffer *message)
{
    assert_int_equal(mjl_buffer_append(message, mjl_bytes_of("", 1)), MJL_OK);
}
static void cut(mjl_buffer *message)
{
    message->size--;
}

static void frame_is_of_a_member_of_this_group_and_epoch(void **state)
{
    (void)state;
    static const variant variants[] = {
        {"right", {0}, MJL_OK},
        {"right and private", {.private_message = true}, MJL_OK},
        {"padded", {.private_message = true, .padding = 1000}, MJL_OK},
        {"another group", {.content = another_group}, MJL_WRONG_GROUP},
        {"the epoch before", {.content = epoch_before}, MJL_WRONG_EPOCH},
        {"the epoch after", {.content = epoch_after}, MJL_WRONG_EPOCH},
        {"another group, private",
         {.content = another_group, .private_message = true},
         MJL_WRONG_GROUP},
        {"the epoch before, private",
         {.content = epoch_before, .private_message = true},
         MJL_WRONG_EPOCH},
        {"a blank sender", {.content = sender_blank}, MJL_UNKNOWN_SENDER},
        {"a sender beyond", {.content = sender_beyond}, MJL_UNKNOWN_SENDER},
        {"sender 2^32 - 1", {.content = sender_far_beyond}, MJL_UNKNOWN_SENDER},
        {"another sender", {.content = sender_another}, MJL_BAD_SIGNATURE},
        {"a commit from an external sender", {.content = sender_external}, MJL_SENDER_CONTENT},
        {"a commit from one who proposes",
         {.content = sender_new_member_proposal},
         MJL_SENDER_CONTENT},
        {"sender type 0", {.message = sender_0}, MJL_UNKNOWN_KIND},
        {"sender type 5", {.message = sender_5}, MJL_UNKNOWN_KIND},
        {"content type 0", {.message = content_0}, MJL_UNKNOWN_KIND},
        {"content type 4", {.message = content_4}, MJL_UNKNOWN_KIND},
        {"version 2", {.message = version_2}, MJL_UNKNOWN_VERSION},
        {"a Welcome", {.message = format_of_a_welcome}, MJL_UNKNOWN_KIND},
        {"wire format 6", {.message = format_6}, MJL_UNKNOWN_KIND},
        {"trailing", {.message = trailing}, MJL_TRAILING},
        {"cut", {.message = cut}, MJL_TRUNCATED},
        {"trailing, private", {.private_message = true, .message = trailing}, MJL_TRAILING},
        {"cut, private", {.private_message = true, .message = cut}, MJL_TRUNCATED},
    };
    expect_all(variants, sizeof variants / sizeof *variants);
}

/* ---- Signatures and tags of every size (§6.1, §6.2) ---- */

static size_t wanted_size;

static void signature_of_size(mjl_mls_authenticated_content *made)
{
    made->signature_size = wanted_size;
}
static void confirmation_of_size(mjl_mls_authenticated_content *made)
{
    made->confirmation_tag_size = wanted_size;
}
static void membership_of_size(mjl_buffer *message)
{
    const size_t own = MJL_MLS_HASH_SIZE;
    uint8_t tag[2 * MJL_MLS_HASH_SIZE] = {0};
    memcpy(tag, message->data + message->size - own, own);
    message->size -= 1 + own;
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_write_vector(&writer, mjl_bytes_of(tag, wanted_size));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}
static void membership_altered(mjl_buffer *message)
{
    message->data[message->size - 1] ^= 1;
}

static void tag_of_no_size_but_its_own_is_taken(void **state)
{
    (void)state;
    enum { OWN = MJL_MLS_HASH_SIZE, SIGNATURE = 64 };
    for (wanted_size = 0; wanted_size <= OWN + 1; wanted_size++) {
        if (wanted_size == OWN) continue;
        assert_int_equal(framed(&(frame_faults){.message = membership_of_size}), MJL_BAD_MAC);
        if (wanted_size == 0) continue;
        assert_int_equal(framed(&(frame_faults){.authenticated = confirmation_of_size}),
                         MJL_BAD_CONFIRMATION);
    }
    for (wanted_size = 0; wanted_size <= SIGNATURE + 1; wanted_size++)
        assert_int_equal(framed(&(frame_faults){.authenticated = signature_of_size}),
                         wanted_size == SIGNATURE ? MJL_OK : MJL_BAD_SIGNATURE);
    assert_int_equal(framed(&(frame_faults){.message = membership_altered}), MJL_BAD_MAC);
}

/* ---- PrivateMessage (§6.3) ---- */

/* Where the two ciphertexts of a PrivateMessage stand. */
typedef struct private_parts {
    size_t sender_aad, aad_size, sender_at, sender_size, content_at, content_size;
} private_parts;

static private_parts parts_of(const mjl_buffer *message)
{
    private_parts parts = {.sender_aad = 4};
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(message));
    mjl_mls_read_u32(&reader);
    mjl_mls_read_vector(&reader, 1000);
    mjl_mls_read_u64(&reader);
    mjl_mls_read_u8(&reader);
    parts.aad_size = (size_t)(reader.at - message->data) - 4;
    mjl_mls_read_vector(&reader, 1000);
    const mjl_bytes sender = mjl_mls_read_vector(&reader, 1000);
    const mjl_bytes content = mjl_mls_read_vector(&reader, 1 << 24);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
    parts.sender_at = (size_t)(sender.data - message->data);
    parts.sender_size = sender.size;
    parts.content_at = (size_t)(content.data - message->data);
    parts.content_size = content.size;
    return parts;
}

/* The message with other ciphertexts. */
static void ciphertexts_replace(mjl_buffer *message, mjl_bytes sender, mjl_bytes content)
{
    const private_parts parts = parts_of(message);
    mjl_buffer changed = {0};
    assert_int_equal(mjl_buffer_append(&changed, mjl_bytes_of(message->data, parts.sender_at - 1)),
                     MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&changed);
    mjl_mls_write_vector(&writer, sender);
    mjl_mls_write_vector(&writer, content);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    mjl_buffer_clear(message);
    *message = changed;
}

/* Sender data as Alice would not write it, sealed as she would. */
static struct {
    uint32_t leaf, generation;
} wanted_sender;

static void sender_data_replace(mjl_buffer *message)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(us.alice.group, &view);
    const private_parts parts = parts_of(message);
    const mjl_bytes content = mjl_bytes_of(message->data + parts.content_at, parts.content_size);
    uint8_t key[32], key_nonce[12], sealed[12 + 16];
    for (size_t i = 0; i < 4; i++) {
        sealed[i] = (uint8_t)(wanted_sender.leaf >> (24 - 8 * i));
        sealed[4 + i] = (uint8_t)(wanted_sender.generation >> (24 - 8 * i));
        sealed[8 + i] = 0;
    }
    mjl_mls_sender_data_key(view.suite, view.secrets->sender_data, content, key, key_nonce);
    assert_int_equal(
        view.suite->aead_seal(key, key_nonce,
                              mjl_bytes_of(message->data + parts.sender_aad, parts.aad_size),
                              mjl_bytes_of(sealed, 12), sealed),
        MJL_OK);
    ciphertexts_replace(message, mjl_bytes_of(sealed, sizeof sealed), content);
}

static mjl_result sent_by(uint32_t leaf, uint32_t generation)
{
    wanted_sender.leaf = leaf;
    wanted_sender.generation = generation;
    return framed(&(frame_faults){.private_message = true, .message = sender_data_replace});
}

static void sender_data_names_a_member_and_a_generation_in_reach(void **state)
{
    (void)state;
    assert_int_equal(sent_by(ALICE_LEAF, 0), MJL_CANNOT_OPEN); /* The reuse guard is another. */
    assert_int_equal(sent_by(ALICE_LEAF, UINT32_MAX), MJL_TOO_FAR_AHEAD);
    assert_int_equal(sent_by(ALICE_LEAF, 0x7fffffff), MJL_TOO_FAR_AHEAD);
    assert_int_equal(sent_by(ALICE_LEAF, 0x80000000), MJL_TOO_FAR_AHEAD);
    assert_int_equal(sent_by(8, 0), MJL_UNKNOWN_SENDER);
    assert_int_equal(sent_by(UINT32_MAX, 0), MJL_UNKNOWN_SENDER);
    assert_int_equal(sent_by(UINT32_MAX, UINT32_MAX), MJL_UNKNOWN_SENDER);
}

static void blank_leaf_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(sent_by(0, 0), MJL_UNKNOWN_SENDER);
    assert_int_equal(sent_by(7, 0), MJL_UNKNOWN_SENDER);
}

static void sender_data_of_size(mjl_buffer *message)
{
    const private_parts parts = parts_of(message);
    uint8_t sender[64] = {0};
    mjl_buffer content = {0};
    memcpy(sender, message->data + parts.sender_at, parts.sender_size);
    assert_int_equal(mjl_buffer_append(&content, mjl_bytes_of(message->data + parts.content_at,
                                                              parts.content_size)),
                     MJL_OK);
    ciphertexts_replace(message, mjl_bytes_of(sender, wanted_size), mjl_buffer_bytes(&content));
    mjl_buffer_clear(&content);
}
/* The content, and sender data sealed for what is left of it. */
static void content_of_size(mjl_buffer *message)
{
    const private_parts parts = parts_of(message);
    mjl_buffer content = {0};
    assert_int_equal(mjl_buffer_append(&content, mjl_bytes_of(message->data + parts.content_at,
                                                              parts.content_size)),
                     MJL_OK);
    content.size = wanted_size < content.size ? wanted_size : content.size;
    ciphertexts_replace(message, mjl_bytes_of(message->data + parts.sender_at, 28),
                        mjl_buffer_bytes(&content));
    mjl_buffer_clear(&content);
    sender_data_replace(message);
}
static void content_tag_cut(mjl_buffer *message)
{
    const size_t lost = wanted_size;
    wanted_size = parts_of(message).content_size - lost;
    content_of_size(message);
    wanted_size = lost;
}

static void ciphertext_of_no_size_but_its_own_is_taken(void **state)
{
    (void)state;
    enum { SENDER_DATA = 12 + 16, TAG = 16 };
    for (wanted_size = 0; wanted_size <= SENDER_DATA + TAG; wanted_size++) {
        if (wanted_size == SENDER_DATA) continue;
        assert_int_equal(
            framed(&(frame_faults){.private_message = true, .message = sender_data_of_size}),
            MJL_SENDER_DATA_SIZE);
    }
    wanted_sender.leaf = ALICE_LEAF;
    wanted_sender.generation = 0;
    for (wanted_size = 0; wanted_size <= TAG + 1; wanted_size++) {
        const frame_faults shortened = {.private_message = true, .message = content_of_size};
        const frame_faults tag_cut = {.private_message = true, .message = content_tag_cut};
        assert_int_equal(framed(&shortened), MJL_CANNOT_OPEN);
        assert_int_equal(framed(&tag_cut), MJL_CANNOT_OPEN);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frame_is_of_a_member_of_this_group_and_epoch),
        TEST(tag_of_no_size_but_its_own_is_taken),
        TEST(sender_data_names_a_member_and_a_generation_in_reach),
        TEST(blank_leaf_says_nothing),
        TEST(ciphertext_of_no_size_but_its_own_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
