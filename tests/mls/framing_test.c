#include "framing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "../memory/allocation.h"
#include "group_context.h"
#include "labels.h"
#include "lone_epoch.h"
#include "message.h"
#include "suite_sodium.h"
#include "vectors.h"

static const mjl_mls_suite *const suite = &mjl_mls_suite_sodium_3;

/* ---- Refusals ---- */

/* Remove leaf 0. */
static mjl_bytes some_proposal(void)
{
    return mjl_bytes_of("\0\3\0\0\0\0", 6);
}

static mjl_buffer made_private(const epoch *of, const mjl_mls_ratchets *ratchets, const char *text,
                               size_t padding_size)
{
    mjl_buffer message = {0};
    const mjl_mls_framed_content content =
        content_of(of, MJL_MLS_APPLICATION, mjl_bytes_text(text));
    assert_int_equal(
        protect(of, ratchets, MJL_MLS_PRIVATE_MESSAGE, &content, padding_size, &message), MJL_OK);
    return message;
}

static mjl_result answer(const epoch *of, mjl_mls_ratchets *ratchets, const mjl_buffer *message)
{
    mjl_mls_authenticated_content opened;
    const mjl_result result = unprotect(of, ratchets, mjl_buffer_bytes(message), &opened);
    if (result != MJL_OK) assert_true(sodium_is_zero((const uint8_t *)&opened, sizeof opened));
    mjl_mls_authenticated_content_clear(&opened);
    return result;
}

static void a_private_message_changed_anywhere_is_refused(void **state)
{
    (void)state;
    epoch of;
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1), *receiver = ratchets_of(&of, 0);
    mjl_buffer message = made_private(&of, sender, "hello", 20);
    assert_int_equal(answer(&of, receiver, &message), MJL_OK);
    for (size_t i = 0; i < message.size; i++) {
        message.data[i] ^= 0x40;
        assert_int_not_equal(answer(&of, receiver, &message), MJL_OK);
        message.data[i] ^= 0x40;
    }
    const size_t whole = message.size;
    for (message.size = 0; message.size < whole; message.size++)
        assert_int_not_equal(answer(&of, receiver, &message), MJL_OK);
    assert_int_equal(mjl_buffer_append(&message, mjl_bytes_of("", 1)), MJL_OK);
    assert_int_equal(answer(&of, receiver, &message), MJL_TRAILING);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
    mjl_mls_ratchets_free(receiver);
}

static void a_public_message_changed_anywhere_is_refused(void **state)
{
    (void)state;
    epoch of;
    mjl_buffer message = {0};
    epoch_of_chance(suite, &of);
    const mjl_mls_framed_content content = content_of(&of, MJL_MLS_PROPOSAL, some_proposal());
    assert_int_equal(protect(&of, NULL, MJL_MLS_PUBLIC_MESSAGE, &content, 0, &message), MJL_OK);
    assert_int_equal(answer(&of, NULL, &message), MJL_OK);
    for (size_t i = 0; i < message.size; i++) {
        message.data[i] ^= 0x40;
        assert_int_not_equal(answer(&of, NULL, &message), MJL_OK);
        message.data[i] ^= 0x40;
    }
    message.data[message.size - 1] ^= 1;
    assert_int_equal(answer(&of, NULL, &message), MJL_BAD_MAC);
    message.data[message.size - 1] ^= 1;
    of.identity.signature_key[3] ^= 1; /* The tag is right, the signature is not the leaf's. */
    assert_int_equal(answer(&of, NULL, &message), MJL_BAD_SIGNATURE);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
}

static void another_group_and_another_epoch_are_told_apart(void **state)
{
    (void)state;
    epoch of;
    mjl_buffer public_message = {0};
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1), *receiver = ratchets_of(&of, 0);
    mjl_buffer message = made_private(&of, sender, "hello", 0);
    const mjl_mls_framed_content content = content_of(&of, MJL_MLS_PROPOSAL, some_proposal());
    assert_int_equal(protect(&of, NULL, MJL_MLS_PUBLIC_MESSAGE, &content, 0, &public_message),
                     MJL_OK);
    of.view.epoch++;
    assert_int_equal(answer(&of, receiver, &message), MJL_WRONG_EPOCH);
    assert_int_equal(answer(&of, receiver, &public_message), MJL_WRONG_EPOCH);
    of.view.group_id = mjl_bytes_text("b group");
    assert_int_equal(answer(&of, receiver, &message), MJL_WRONG_GROUP);
    assert_int_equal(answer(&of, receiver, &public_message), MJL_WRONG_GROUP);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&public_message);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
    mjl_mls_ratchets_free(receiver);
}

static void a_message_by_no_member_is_refused(void **state)
{
    (void)state;
    epoch of;
    mjl_buffer message = {0}, external = {0};
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *other = ratchets_of(&of, 0);
    mjl_mls_framed_content content = content_of(&of, MJL_MLS_APPLICATION, mjl_bytes_text("x"));
    content.sender.index = 0; /* Our lookup knows leaf 1 alone. */
    assert_int_equal(protect(&of, other, MJL_MLS_PRIVATE_MESSAGE, &content, 0, &message), MJL_OK);
    assert_int_equal(answer(&of, other, &message), MJL_UNKNOWN_SENDER);
    content = content_of(&of, MJL_MLS_PROPOSAL, some_proposal());
    content.sender = (mjl_mls_sender){MJL_MLS_SENDER_EXTERNAL, 0};
    assert_int_equal(protect(&of, NULL, MJL_MLS_PUBLIC_MESSAGE, &content, 0, &external), MJL_OK);
    assert_int_equal(answer(&of, other, &external), MJL_NOT_ALLOWED);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&external);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(other);
}

static void application_data_is_never_sent_in_the_clear(void **state)
{
    (void)state;
    epoch of;
    mjl_buffer message = {0};
    mjl_mls_authenticated_content signed_ = {0};
    epoch_of_chance(suite, &of);
    const mjl_mls_framed_content content =
        content_of(&of, MJL_MLS_APPLICATION, mjl_bytes_text("hello"));
    assert_int_equal(protect(&of, NULL, MJL_MLS_PUBLIC_MESSAGE, &content, 0, &message),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(message.size, 0);
    assert_int_equal(mjl_mls_content_sign(suite, MJL_MLS_PUBLIC_MESSAGE, &content, of.view.context,
                                          of.identity.signature_seed, &signed_),
                     MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&message);
    mjl_mls_message_header_write(&writer, MJL_MLS_PUBLIC_MESSAGE);
    mjl_mls_write_fixed(&writer, signed_.content.encoded);
    mjl_mls_auth_data_write(&writer, &signed_);
    mjl_mls_write_vector(&writer, mjl_bytes_of(of.identity.signature_key, 32));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    assert_int_equal(answer(&of, NULL, &message), MJL_APPLICATION_IN_THE_CLEAR);
    mjl_mls_authenticated_content_clear(&signed_);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
}

/* Seals a PrivateMessageContent of our making under the sender's first key. */
static mjl_buffer sealed(const epoch *of, mjl_bytes plaintext, uint8_t content_type)
{
    mjl_mls_message_key key;
    mjl_buffer aad = {0}, message = {0};
    uint8_t ciphertext[512], sender_data[12 + 16] = {0, 0, 0, 1}, data_key[32], nonce[12];
    mjl_mls_ratchets *ratchets = ratchets_of(of, 1);
    assert_int_equal(
        mjl_mls_ratchets_peek_own(
            ratchets, mjl_mls_ratchet_kind_of((mjl_mls_content_type)content_type), &key),
        MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&aad);
    mjl_mls_write_vector(&writer, of->view.group_id);
    mjl_mls_write_u64(&writer, of->view.epoch);
    mjl_mls_write_u8(&writer, content_type);
    const size_t sender_aad = aad.size;
    mjl_mls_write_vector(&writer, mjl_bytes_text("aad"));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    assert_true(plaintext.size <= sizeof ciphertext - 16);
    assert_int_equal(
        suite->aead_seal(key.key, key.nonce, mjl_buffer_bytes(&aad), plaintext, ciphertext),
        MJL_OK);
    const mjl_bytes whole = mjl_bytes_of(ciphertext, plaintext.size + 16);
    mjl_mls_sender_data_key(suite, of->secrets.sender_data, whole, data_key, nonce);
    assert_int_equal(suite->aead_seal(data_key, nonce, mjl_bytes_of(aad.data, sender_aad),
                                      mjl_bytes_of(sender_data, 12), sender_data),
                     MJL_OK);
    writer = mjl_mls_writer_to(&message);
    mjl_mls_message_header_write(&writer, MJL_MLS_PRIVATE_MESSAGE);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&aad));
    mjl_mls_write_vector(&writer, mjl_bytes_of(sender_data, sizeof sender_data));
    mjl_mls_write_vector(&writer, whole);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    mjl_buffer_clear(&aad);
    mjl_mls_ratchets_free(ratchets);
    return message;
}

/* The clear content of a message with `padding_size` zeroes. */
static mjl_buffer clear_content(const epoch *of, size_t padding_size)
{
    mjl_buffer plaintext = {0};
    mjl_mls_authenticated_content signed_ = {0};
    const mjl_mls_framed_content content =
        content_of(of, MJL_MLS_APPLICATION, mjl_bytes_text("hello"));
    assert_int_equal(mjl_mls_content_sign(suite, MJL_MLS_PRIVATE_MESSAGE, &content,
                                          of->view.context, of->identity.signature_seed, &signed_),
                     MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&plaintext);
    mjl_mls_write_fixed(&writer, mjl_mls_content_encoded_body(&signed_));
    mjl_mls_auth_data_write(&writer, &signed_);
    mjl_mls_write_room(&writer, padding_size);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    mjl_mls_authenticated_content_clear(&signed_);
    return plaintext;
}

static mjl_result answer_to_sealed(const epoch *of, mjl_bytes plaintext, uint8_t content_type)
{
    mjl_mls_ratchets *receiver = ratchets_of(of, 0);
    mjl_buffer message = sealed(of, plaintext, content_type);
    const mjl_result result = answer(of, receiver, &message);
    mjl_buffer_clear(&message);
    mjl_mls_ratchets_free(receiver);
    return result;
}

static void padding_is_zeroes(void **state)
{
    (void)state;
    epoch of;
    epoch_of_chance(suite, &of);
    mjl_buffer plaintext = clear_content(&of, 5);
    assert_int_equal(answer_to_sealed(&of, mjl_buffer_bytes(&plaintext), MJL_MLS_APPLICATION),
                     MJL_OK);
    plaintext.data[plaintext.size - 1] = 1;
    assert_int_equal(answer_to_sealed(&of, mjl_buffer_bytes(&plaintext), MJL_MLS_APPLICATION),
                     MJL_PADDING_NOT_ZERO);
    mjl_buffer_clear(&plaintext);
    mjl_buffer_clear(&of.context);
}

static void a_member_cannot_send_what_does_not_parse(void **state)
{
    (void)state;
    epoch of;
    epoch_of_chance(suite, &of);
    mjl_buffer plaintext = clear_content(&of, 0);
    for (size_t size = 0; size < plaintext.size; size++)
        assert_int_equal(
            answer_to_sealed(&of, mjl_bytes_of(plaintext.data, size), MJL_MLS_APPLICATION),
            MJL_TRUNCATED);
    assert_int_equal(answer_to_sealed(&of, mjl_buffer_bytes(&plaintext), 4), MJL_UNKNOWN_KIND);
    plaintext.data[plaintext.size - 1] ^= 1; /* The signature. */
    assert_int_equal(answer_to_sealed(&of, mjl_buffer_bytes(&plaintext), MJL_MLS_APPLICATION),
                     MJL_BAD_SIGNATURE);
    mjl_buffer_clear(&plaintext);
    mjl_buffer_clear(&of.context);
}

/* ---- What is given out ---- */

static void the_signed_content_is_evidence(void **state)
{
    (void)state;
    epoch of;
    mjl_mls_authenticated_content opened, parsed = {0};
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1), *receiver = ratchets_of(&of, 0);
    mjl_buffer message = made_private(&of, sender, "hello", 100), again = {0};
    assert_int_equal(unprotect(&of, receiver, mjl_buffer_bytes(&message), &opened), MJL_OK);
    assert_true(mjl_bytes_equal(opened.content.body, mjl_bytes_text("hello")));
    assert_true(mjl_bytes_equal(opened.content.authenticated_data, mjl_bytes_text("aad")));
    assert_int_equal(mjl_mls_verify_with_label(suite, mjl_bytes_of(of.identity.signature_key, 32),
                                               "FramedContentTBS", opened.tbs,
                                               mjl_bytes_of(opened.signature, 64)),
                     MJL_OK);
    mjl_mls_writer writer = mjl_mls_writer_to(&again);
    mjl_mls_authenticated_content_write(&writer, &opened);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    assert_int_equal(mjl_mls_authenticated_content_parse(suite, mjl_buffer_bytes(&again),
                                                         of.view.context, &parsed),
                     MJL_OK);
    assert_true(mjl_bytes_equal(parsed.sign_content, opened.sign_content));
    assert_int_equal(mjl_mls_content_verify(&of.view, &parsed), MJL_OK);
    mjl_mls_authenticated_content_clear(&parsed);
    mjl_mls_authenticated_content_clear(&opened);
    mjl_buffer_clear(&again);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
    mjl_mls_ratchets_free(receiver);
}

static void bodies_of_every_length_header_survive(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 16383, 16384, 16385};
    static char text[16386];
    epoch of;
    epoch_of_chance(suite, &of);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(text, 'x', sizeof text);
        assert_true(survives(&of, MJL_MLS_PRIVATE_MESSAGE, MJL_MLS_APPLICATION,
                             mjl_bytes_of(text, sizes[i])));
    }
    mjl_buffer_clear(&of.context);
}

/* A random source stuck at one value, as that of a machine restored twice. */
static mjl_result fill_same(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
    return MJL_OK;
}

static void a_stuck_random_source_does_not_repeat_the_nonce(void **state)
{
    (void)state;
    epoch of;
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1);
    mjl_buffer messages[2] = {{0}, {0}};
    for (size_t i = 0; i < 2; i++) { /* The same generation twice: a clone. */
        mjl_mls_authenticated_content signed_ = {0};
        const mjl_mls_framed_content content =
            content_of(&of, MJL_MLS_APPLICATION, mjl_bytes_text(i == 0 ? "aaaa" : "bbbb"));
        assert_int_equal(mjl_mls_content_sign(suite, MJL_MLS_PRIVATE_MESSAGE, &content,
                                              of.view.context, of.identity.signature_seed,
                                              &signed_),
                         MJL_OK);
        assert_int_equal(mjl_mls_private_message_protect(&of.view, sender, &signed_, 0,
                                                         (mjl_random){NULL, fill_same},
                                                         &messages[i]),
                         MJL_OK);
        mjl_mls_authenticated_content_clear(&signed_);
    }
    /* Under one nonce the key streams would be equal: the length byte of both bodies is. */
    const size_t tail = 4 + 1 + 64 + 2 + 16; /* text, its length before it, signature, tag */
    const uint8_t *one = messages[0].data + messages[0].size - tail - 1;
    const uint8_t *other = messages[1].data + messages[1].size - tail - 1;
    const uint8_t difference[] = {'a' ^ 'b', 'a' ^ 'b', 'a' ^ 'b', 'a' ^ 'b'};
    bool same_stream = true;
    for (size_t i = 0; i < 4; i++)
        if ((one[2 + i] ^ other[2 + i]) != difference[i]) same_stream = false;
    assert_false(same_stream);
    mjl_buffer_clear(&messages[0]);
    mjl_buffer_clear(&messages[1]);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
}

static void padding_beyond_the_bound_is_too_large(void **state)
{
    (void)state;
    epoch of;
    mjl_buffer message = {0};
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1);
    const mjl_mls_framed_content content =
        content_of(&of, MJL_MLS_APPLICATION, mjl_bytes_text("hello"));
    assert_int_equal(protect(&of, sender, MJL_MLS_PRIVATE_MESSAGE, &content,
                             MJL_MLS_CIPHERTEXT_SIZE_MAX, &message),
                     MJL_TOO_LARGE);
    assert_int_equal(protect(&of, sender, MJL_MLS_PRIVATE_MESSAGE, &content, SIZE_MAX, &message),
                     MJL_TOO_LARGE);
    assert_int_equal(message.size, 0);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
}

static void without_memory_nothing_is_sent_or_opened(void **state)
{
    (void)state;
    epoch of;
    mjl_buffer message = {0};
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1), *receiver = ratchets_of(&of, 0);
    const mjl_mls_framed_content content =
        content_of(&of, MJL_MLS_APPLICATION, mjl_bytes_text("hello"));
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result =
            protect(&of, sender, MJL_MLS_PRIVATE_MESSAGE, &content, 10, &message);
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
        assert_int_equal(message.size, 0);
    }
    for (size_t n = 0;; n++) {
        allocation_fail_after(n);
        const mjl_result result = answer(&of, receiver, &message);
        if (!allocation_failed()) break;
        assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
    mjl_mls_ratchets_free(receiver);
}

static void opening_allocates_once(void **state)
{
    (void)state;
    epoch of;
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1), *receiver = ratchets_of(&of, 0);
    mjl_buffer message = made_private(&of, sender, "hello", 100);
    allocation_fail_after(1);
    assert_int_equal(answer(&of, receiver, &message), MJL_OK);
    assert_false(allocation_failed());
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
    mjl_mls_ratchets_free(receiver);
}

/* ---- Peeking ---- */

static void a_peek_shows_what_is_in_the_clear(void **state)
{
    (void)state;
    epoch of;
    mjl_mls_peek peek;
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1);
    mjl_buffer message = made_private(&of, sender, "hello", 0), proposal = {0};
    assert_int_equal(mjl_mls_message_peek(mjl_buffer_bytes(&message), &peek), MJL_OK);
    assert_int_equal(peek.wire_format, MJL_MLS_PRIVATE_MESSAGE);
    assert_int_equal(peek.epoch, 7);
    assert_int_equal(peek.content_type, MJL_MLS_APPLICATION);
    assert_true(mjl_bytes_equal(peek.group_id, of.view.group_id));
    assert_true(mjl_bytes_equal(peek.authenticated_data, mjl_bytes_text("aad")));
    assert_int_equal(peek.body.size, message.size - 4);

    const mjl_mls_framed_content content = content_of(&of, MJL_MLS_PROPOSAL, some_proposal());
    assert_int_equal(protect(&of, NULL, MJL_MLS_PUBLIC_MESSAGE, &content, 0, &proposal), MJL_OK);
    assert_int_equal(mjl_mls_message_peek(mjl_buffer_bytes(&proposal), &peek), MJL_OK);
    assert_int_equal(peek.content_type, MJL_MLS_PROPOSAL);
    assert_int_equal(peek.epoch, 7);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&proposal);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
}

static void a_peek_refuses_what_is_cut_or_too_long(void **state)
{
    (void)state;
    epoch of;
    mjl_mls_peek peek;
    epoch_of_chance(suite, &of);
    mjl_mls_ratchets *sender = ratchets_of(&of, 1);
    mjl_buffer message = made_private(&of, sender, "hello", 0);
    for (size_t size = 0; size < message.size; size++)
        assert_int_equal(mjl_mls_message_peek(mjl_bytes_of(message.data, size), &peek),
                         MJL_TRUNCATED);
    assert_int_equal(mjl_buffer_append(&message, mjl_bytes_of("", 1)), MJL_OK);
    assert_int_equal(mjl_mls_message_peek(mjl_buffer_bytes(&message), &peek), MJL_TRAILING);
    message.data[1] = 2;
    assert_int_equal(mjl_mls_message_peek(mjl_buffer_bytes(&message), &peek), MJL_UNKNOWN_VERSION);
    assert_int_equal(mjl_mls_message_peek(mjl_bytes_of("\0\1\xf4\xd2xyz", 7), &peek), MJL_OK);
    assert_int_equal(peek.wire_format, MJL_MLS_CONTROL);
    assert_int_equal(peek.body.size, 3);
    assert_int_equal(peek.group_id.size, 0);
    assert_int_equal(
        mjl_mls_message_peek(mjl_bytes_of(message.data, MJL_MLS_MESSAGE_SIZE_MAX + 1), &peek),
        MJL_TOO_LARGE);
    mjl_buffer_clear(&message);
    mjl_buffer_clear(&of.context);
    mjl_mls_ratchets_free(sender);
}

static void each_kind_of_sender_sends_its_own_content(void **state)
{
    (void)state;
    static const struct {
        uint8_t sender, content;
        mjl_result result;
    } cases[] = {{MJL_MLS_SENDER_MEMBER, MJL_MLS_APPLICATION, MJL_OK},
                 {MJL_MLS_SENDER_EXTERNAL, MJL_MLS_PROPOSAL, MJL_OK},
                 {MJL_MLS_SENDER_EXTERNAL, MJL_MLS_APPLICATION, MJL_SENDER_CONTENT},
                 {MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL, MJL_MLS_APPLICATION, MJL_SENDER_CONTENT},
                 {MJL_MLS_SENDER_NEW_MEMBER_COMMIT, MJL_MLS_APPLICATION, MJL_SENDER_CONTENT},
                 {MJL_MLS_SENDER_NEW_MEMBER_COMMIT, MJL_MLS_PROPOSAL, MJL_SENDER_CONTENT},
                 {5, MJL_MLS_PROPOSAL, MJL_UNKNOWN_KIND},
                 {MJL_MLS_SENDER_MEMBER, 4, MJL_UNKNOWN_KIND}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mjl_buffer encoded = {0};
        mjl_mls_framed_content read;
        const bool data = cases[i].content == MJL_MLS_APPLICATION;
        const mjl_mls_framed_content content = {
            .sender = {cases[i].sender, 3},
            .content_type = cases[i].content,
            .body = data ? mjl_bytes_text("x") : some_proposal(),
        };
        mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
        mjl_mls_framed_content_write(&writer, &content);
        assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
        mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&encoded));
        mjl_mls_framed_content_read(&reader, &read);
        assert_int_equal(mjl_mls_reader_end(&reader), cases[i].result);
        mjl_buffer_clear(&encoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_message_changed_anywhere_is_refused),
        cmocka_unit_test(a_public_message_changed_anywhere_is_refused),
        cmocka_unit_test(another_group_and_another_epoch_are_told_apart),
        cmocka_unit_test(a_message_by_no_member_is_refused),
        cmocka_unit_test(application_data_is_never_sent_in_the_clear),
        cmocka_unit_test(padding_is_zeroes),
        cmocka_unit_test(a_member_cannot_send_what_does_not_parse),
        cmocka_unit_test(the_signed_content_is_evidence),
        cmocka_unit_test(bodies_of_every_length_header_survive),
        cmocka_unit_test(a_stuck_random_source_does_not_repeat_the_nonce),
        cmocka_unit_test(padding_beyond_the_bound_is_too_large),
        cmocka_unit_test(without_memory_nothing_is_sent_or_opened),
        cmocka_unit_test(opening_allocates_once),
        cmocka_unit_test(a_peek_shows_what_is_in_the_clear),
        cmocka_unit_test(a_peek_refuses_what_is_cut_or_too_long),
        cmocka_unit_test(each_kind_of_sender_sends_its_own_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
