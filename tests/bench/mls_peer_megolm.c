/* libolm's Megolm: Ed25519, HMAC-SHA-256, AES-256-CBC; base64 as its interface has it. */
#include <olm/inbound_group_session.h>
#include <olm/olm.h>
#include <olm/outbound_group_session.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "mls_peers.h"
#include "mls_samples.h"

enum { ROUNDS = 31, BATCH = 10 };

static void must(size_t result)
{
    if (result == olm_error()) abort();
}

static OlmOutboundGroupSession *sender_new(void)
{
    OlmOutboundGroupSession *sender =
        olm_outbound_group_session(malloc(olm_outbound_group_session_size()));
    const size_t size = olm_init_outbound_group_session_random_length(sender);
    uint8_t *random = malloc(size);
    randombytes_buf(random, size);
    must(olm_init_outbound_group_session(sender, random, size));
    free(random);
    return sender;
}

static OlmInboundGroupSession *receiver_new(OlmOutboundGroupSession *sender)
{
    OlmInboundGroupSession *receiver =
        olm_inbound_group_session(malloc(olm_inbound_group_session_size()));
    const size_t size = olm_outbound_group_session_key_length(sender);
    uint8_t *key = malloc(size);
    must(olm_outbound_group_session_key(sender, key, size));
    must(olm_init_inbound_group_session(receiver, key, size));
    free(key);
    return receiver;
}

void mls_peer_megolm(size_t size, mls_peer_times *times)
{
    mls_samples encrypts = {.count = 0}, decrypts = {.count = 0};
    OlmOutboundGroupSession *sender = sender_new();
    OlmInboundGroupSession *receiver = receiver_new(sender);
    uint8_t *text = calloc(1, size), *opened = malloc(2 * size + 1024);
    const size_t room = olm_group_encrypt_message_length(sender, size) + 16;
    uint8_t *message[BATCH];
    size_t message_size[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        message[i] = malloc(room);
    for (int round = 0; round < ROUNDS; round++) {
        samples_begin(&encrypts);
        for (size_t i = 0; i < BATCH; i++) {
            message_size[i] = olm_group_encrypt(sender, text, size, message[i], room);
            must(message_size[i]);
        }
        samples_end(&encrypts, BATCH);
        times->bytes = message_size[0];
        samples_begin(&decrypts);
        for (size_t i = 0; i < BATCH; i++) {
            uint32_t index;
            must(olm_group_decrypt(receiver, message[i], message_size[i], opened, 2 * size + 1024,
                                   &index));
        }
        samples_end(&decrypts, BATCH);
    }
    times->encrypt_us = samples_median(&encrypts);
    times->decrypt_us = samples_median(&decrypts);
    for (size_t i = 0; i < BATCH; i++)
        free(message[i]);
    olm_clear_outbound_group_session(sender);
    olm_clear_inbound_group_session(receiver);
    free(sender);
    free(receiver);
    free(text);
    free(opened);
}
