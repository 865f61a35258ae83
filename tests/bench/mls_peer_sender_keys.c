/* libsignal-protocol-c's sender keys: XEdDSA, HMAC-SHA-256, AES-256-CBC. It brings no primitives
   but the curve; the others are libcrypto's here. Its store is asked for every message. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/protocol.h>
#include <signal/signal_protocol.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "mls_peers.h"
#include "mls_samples.h"

enum { ROUNDS = 31, BATCH = 10 };

static void must(int result)
{
    if (result < 0) abort();
}

/* ---- Primitives ---- */

static int fill(uint8_t *data, size_t size, void *user)
{
    (void)user;
    randombytes_buf(data, size);
    return 0;
}

static int hmac_init(void **context, const uint8_t *key, size_t size, void *user)
{
    (void)user;
    crypto_auth_hmacsha256_state *state = malloc(sizeof *state);
    if (state == NULL) return SG_ERR_NOMEM;
    crypto_auth_hmacsha256_init(state, key, size);
    *context = state;
    return 0;
}

static int hmac_update(void *context, const uint8_t *data, size_t size, void *user)
{
    (void)user;
    crypto_auth_hmacsha256_update(context, data, size);
    return 0;
}

static int hmac_final(void *context, signal_buffer **output, void *user)
{
    (void)user;
    uint8_t tag[32];
    crypto_auth_hmacsha256_final(context, tag);
    *output = signal_buffer_create(tag, sizeof tag);
    return *output == NULL ? SG_ERR_NOMEM : 0;
}

static int digest_init(void **context, void *user)
{
    (void)user;
    crypto_hash_sha512_state *state = malloc(sizeof *state);
    if (state == NULL) return SG_ERR_NOMEM;
    crypto_hash_sha512_init(state);
    *context = state;
    return 0;
}

static int digest_update(void *context, const uint8_t *data, size_t size, void *user)
{
    (void)user;
    crypto_hash_sha512_update(context, data, size);
    return 0;
}

static int digest_final(void *context, signal_buffer **output, void *user)
{
    (void)user;
    uint8_t hash[64];
    crypto_hash_sha512_final(context, hash);
    crypto_hash_sha512_init(context);
    *output = signal_buffer_create(hash, sizeof hash);
    return *output == NULL ? SG_ERR_NOMEM : 0;
}

static void release(void *context, void *user)
{
    (void)user;
    free(context);
}

static int cipher(signal_buffer **output, int mode, int encrypts, const uint8_t *key,
                  const uint8_t *iv, const uint8_t *in, size_t size)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    signal_buffer *out = signal_buffer_alloc(size + 32);
    int first = 0, last = 0;
    if (context == NULL || out == NULL || mode != SG_CIPHER_AES_CBC_PKCS5) abort();
    if (EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, key, iv, encrypts) != 1 ||
        EVP_CipherUpdate(context, signal_buffer_data(out), &first, in, (int)size) != 1 ||
        EVP_CipherFinal_ex(context, signal_buffer_data(out) + first, &last) != 1)
        abort();
    EVP_CIPHER_CTX_free(context);
    *output = signal_buffer_create(signal_buffer_data(out), (size_t)first + (size_t)last);
    signal_buffer_free(out);
    return 0;
}

static int encrypt(signal_buffer **output, int mode, const uint8_t *key, size_t key_size,
                   const uint8_t *iv, size_t iv_size, const uint8_t *in, size_t size, void *user)
{
    (void)user, (void)key_size, (void)iv_size;
    return cipher(output, mode, 1, key, iv, in, size);
}

static int decrypt(signal_buffer **output, int mode, const uint8_t *key, size_t key_size,
                   const uint8_t *iv, size_t iv_size, const uint8_t *in, size_t size, void *user)
{
    (void)user, (void)key_size, (void)iv_size;
    return cipher(output, mode, 0, key, iv, in, size);
}

/* ---- A store of one record ---- */

typedef struct store {
    signal_buffer *record;
} store;

static int record_store(const signal_protocol_sender_key_name *name, uint8_t *record, size_t size,
                        uint8_t *user_record, size_t user_record_size, void *user)
{
    (void)name, (void)user_record, (void)user_record_size;
    store *mine = user;
    signal_buffer_free(mine->record);
    mine->record = signal_buffer_create(record, size);
    return mine->record == NULL ? SG_ERR_NOMEM : 0;
}

static int record_load(signal_buffer **record, signal_buffer **user_record,
                       const signal_protocol_sender_key_name *name, void *user)
{
    (void)name, (void)user_record;
    const store *mine = user;
    if (mine->record == NULL) return 0;
    *record = signal_buffer_copy(mine->record);
    return 1;
}

/* ---- Two members ---- */

typedef struct someone {
    store store;
    signal_protocol_store_context *context;
    group_session_builder *builder;
    group_cipher *cipher;
} someone;

static const signal_protocol_sender_key_name name = {"group", 5, {"alice", 5, 1}};

static void member_open(signal_context *global, someone *member)
{
    const signal_protocol_sender_key_store keys = {record_store, record_load, NULL, &member->store};
    must(signal_protocol_store_context_create(&member->context, global));
    must(signal_protocol_store_context_set_sender_key_store(member->context, &keys));
    must(group_session_builder_create(&member->builder, member->context, global));
    must(group_cipher_create(&member->cipher, member->context, &name, global));
}

static void member_close(someone *member)
{
    group_cipher_free(member->cipher);
    group_session_builder_free(member->builder);
    signal_protocol_store_context_destroy(member->context);
    signal_buffer_free(member->store.record);
}

static signal_context *global_new(void)
{
    const signal_crypto_provider provider = {fill,    hmac_init,   hmac_update,   hmac_final,
                                             release, digest_init, digest_update, digest_final,
                                             release, encrypt,     decrypt,       NULL};
    signal_context *global;
    must(signal_context_create(&global, NULL));
    must(signal_context_set_crypto_provider(global, &provider));
    return global;
}

static void introduce(signal_context *global, someone *alice, someone *bob)
{
    sender_key_distribution_message *made, *read;
    must(group_session_builder_create_session(alice->builder, &made, &name));
    const signal_buffer *encoded = ciphertext_message_get_serialized((ciphertext_message *)made);
    must(sender_key_distribution_message_deserialize(&read, signal_buffer_const_data(encoded),
                                                     signal_buffer_len(encoded), global));
    must(group_session_builder_process_session(bob->builder, &name, read));
    SIGNAL_UNREF(made);
    SIGNAL_UNREF(read);
}

static void open_one(signal_context *global, someone *bob, const ciphertext_message *message)
{
    sender_key_message *read;
    signal_buffer *opened;
    const signal_buffer *encoded = ciphertext_message_get_serialized(message);
    must(sender_key_message_deserialize(&read, signal_buffer_const_data(encoded),
                                        signal_buffer_len(encoded), global));
    must(group_cipher_decrypt(bob->cipher, read, NULL, &opened));
    signal_buffer_free(opened);
    SIGNAL_UNREF(read);
}

void mls_peer_sender_keys(size_t size, mls_peer_times *times)
{
    mls_samples encrypts = {.count = 0}, decrypts = {.count = 0};
    signal_context *global = global_new();
    someone alice = {.store = {NULL}}, bob = {.store = {NULL}};
    member_open(global, &alice);
    member_open(global, &bob);
    introduce(global, &alice, &bob);
    uint8_t *text = calloc(1, size);
    ciphertext_message *message[BATCH];
    for (int round = 0; round < ROUNDS; round++) {
        samples_begin(&encrypts);
        for (size_t i = 0; i < BATCH; i++)
            must(group_cipher_encrypt(alice.cipher, text, size, &message[i]));
        samples_end(&encrypts, BATCH);
        times->bytes = signal_buffer_len(ciphertext_message_get_serialized(message[0]));
        samples_begin(&decrypts);
        for (size_t i = 0; i < BATCH; i++)
            open_one(global, &bob, message[i]);
        samples_end(&decrypts, BATCH);
        for (size_t i = 0; i < BATCH; i++)
            SIGNAL_UNREF(message[i]);
    }
    times->encrypt_us = samples_median(&encrypts);
    times->decrypt_us = samples_median(&decrypts);
    free(text);
    member_close(&alice);
    member_close(&bob);
    signal_context_destroy(global);
}
