#include <stdio.h>

#include "mls_peers.h"
#include "mls_report.h"
#include "mls_samples.h"
#include "mls_scenarios.h"

enum { ROUNDS = 61, BATCH = 10 };

void mls_measure_primitives(const mls_primitives *p)
{
    const mls_row rows[] = {{.op = "x25519", .n = 1, .us = p->dh},
                            {.op = "x25519_keygen", .n = 1, .us = p->keygen},
                            {.op = "ed25519_sign", .n = 64, .us = p->sign},
                            {.op = "ed25519_verify", .n = 64, .us = p->verify},
                            {.op = "aead_seal", .n = 32, .us = p->aead_32},
                            {.op = "aead_seal", .n = 1024, .us = p->aead_1k},
                            {.op = "aead_seal", .n = 16384, .us = p->aead_16k},
                            {.op = "sha256", .n = 64, .us = p->sha256_64},
                            {.op = "sha256", .n = 1024, .us = p->sha256_1k},
                            {.op = "hmac_sha256", .n = 64, .us = p->hmac_64},
                            {.op = "hmac_sha256", .n = 1024, .us = p->hmac_1k},
                            {.op = "expand_with_label", .n = 32, .us = p->expand}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        mls_report(&rows[i]);
}

typedef struct message_times {
    double encrypt_us, decrypt_us;
    size_t bytes, signed_bytes;
} message_times;

static void encrypt(const mls_side *alice, mjl_bytes body, mjl_buffer *message)
{
    message->size = 0;
    must(mjl_mls_encrypt(alice->group, alice->ratchets, &alice->member->identity,
                         mjl_bytes_of(NULL, 0), body, 0, chance, message),
         "encrypt");
}

static size_t decrypt(const mls_side *bob, const mjl_buffer *message)
{
    mjl_mls_opened *opened;
    must(mjl_mls_open(bob->group, bob->ratchets, mjl_buffer_bytes(message), &opened), "open");
    must(mjl_mls_consume(bob->ratchets, opened), "consume");
    const size_t size = mjl_mls_opened_signed_content(opened).size;
    mjl_mls_opened_free(opened);
    return size;
}

static message_times measure(const mls_side *alice, const mls_side *bob, mjl_bytes body)
{
    mls_samples encrypts = {.count = 0}, decrypts = {.count = 0};
    mjl_buffer messages[BATCH] = {{0}};
    message_times times = {0};
    for (int round = 0; round < ROUNDS; round++) {
        samples_begin(&encrypts);
        for (int i = 0; i < BATCH; i++)
            encrypt(alice, body, &messages[i]);
        samples_end(&encrypts, BATCH);
        samples_begin(&decrypts);
        for (int i = 0; i < BATCH; i++)
            times.signed_bytes = decrypt(bob, &messages[i]);
        samples_end(&decrypts, BATCH);
    }
    times.encrypt_us = samples_median(&encrypts);
    times.decrypt_us = samples_median(&decrypts);
    times.bytes = messages[0].size;
    for (int i = 0; i < BATCH; i++)
        mjl_buffer_clear(&messages[i]);
    return times;
}

static void report(const char *op, size_t size, double us, double floor_us, size_t bytes)
{
    const mls_row row = {.op = op,
                         .n = size,
                         .us = us,
                         .floor_us = floor_us,
                         .bytes = (double)bytes,
                         .target = 1.25};
    mls_report(&row);
}

/* Signature key and header, message key, nonce and next secret, sender data key and nonce. */
static void report_own(const mls_primitives *primitives, size_t size, const message_times *times)
{
    mls_counts counts = {.short_aeads = 1, .aead_bytes = times->bytes, .expands = 5};
    counts.signs = 1;
    counts.signed_bytes = times->signed_bytes;
    report("encrypt", size, times->encrypt_us, mls_floor_us(primitives, &counts), times->bytes);
    counts.signs = counts.signed_bytes = 0;
    counts.verifies = 1;
    counts.verified_bytes = times->signed_bytes;
    report("decrypt", size, times->decrypt_us, mls_floor_us(primitives, &counts), times->bytes);
}

#if defined(BENCH_OLM) || defined(BENCH_SIGNAL)
static void report_peer(const char *name, mls_peer *peer, size_t size, const message_times *ours)
{
    mls_peer_times times;
    peer(size, &times);
    const mls_row rows[] = {{.op = "encrypt",
                             .n = size,
                             .us = ours->encrypt_us,
                             .peer = name,
                             .peer_us = times.encrypt_us,
                             .bytes = (double)times.bytes,
                             .target = 1.0},
                            {.op = "decrypt",
                             .n = size,
                             .us = ours->decrypt_us,
                             .peer = name,
                             .peer_us = times.decrypt_us,
                             .bytes = (double)times.bytes,
                             .target = 1.0}};
    mls_report(&rows[0]);
    mls_report(&rows[1]);
}
#endif

static void report_peers(size_t size, const message_times *ours)
{
    (void)size, (void)ours;
#ifdef BENCH_OLM
    report_peer("megolm", mls_peer_megolm, size, ours);
#else
    fprintf(stderr, "mls_bench: built without libolm: nothing to compare with Megolm\n");
#endif
#ifdef BENCH_SIGNAL
    report_peer("sender_keys", mls_peer_sender_keys, size, ours);
#else
    fprintf(stderr, "mls_bench: built without libsignal-protocol-c: no sender keys to compare\n");
#endif
}

void mls_measure_messages(const mls_primitives *primitives, const mls_member *members)
{
    static const size_t sizes[] = {32, 1024, 16384};
    static const uint8_t text[16384];
    mls_side alice = side_create(&members[0]);
    const mjl_bytes added = mjl_buffer_bytes(&members[1].key_package);
    const mjl_mls_commit_config config = {
        .identity = &members[0].identity, .add_key_packages = &added, .add_count = 1};
    mjl_mls_candidate candidate;
    must(mjl_mls_commit(alice.group, alice.ratchets, &config, chance, &candidate), "commit");
    mls_side bob = side_join(&members[1], mjl_buffer_bytes(&candidate.welcome));
    const mls_side ours = {&members[0], candidate.group, candidate.ratchets};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const message_times times = measure(&ours, &bob, mjl_bytes_of(text, sizes[i]));
        report_own(primitives, sizes[i], &times);
        report_peers(sizes[i], &times);
    }
    mjl_mls_candidate_clear(&candidate);
    side_clear(&alice);
    side_clear(&bob);
}
