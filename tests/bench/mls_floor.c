#include "mls_floor.h"

#include <sodium.h>
#include <stdlib.h>

#include "labels.h"
#include "mls_samples.h"
#include "suite.h"

enum { ROUNDS = 15, SHORT_SIZE = 64, LONG_SIZE = 16384 + 64, KIB = 1024, LONG_AEAD = 16384 };

typedef struct material {
    const mjl_mls_suite *suite;
    uint8_t private_key[32], public_key[32], out_key[32];
    uint8_t signature_key[32], seed[64], signature[64], long_signature[64];
    uint8_t nonce[12];
    uint8_t text[LONG_SIZE], sealed[LONG_SIZE + 16];
    uint32_t size;
} material;

typedef void primitive(material *material);

static void run_dh(material *m)
{
    if (crypto_scalarmult_curve25519(m->out_key, m->private_key, m->public_key) != 0) abort();
}

static void run_keygen(material *m)
{
    if (crypto_scalarmult_curve25519_base(m->out_key, m->private_key) != 0) abort();
}

static void run_sign(material *m)
{
    crypto_sign_ed25519_detached(m->signature, NULL, m->text, m->size, m->seed);
}

static void run_verify(material *m)
{
    const uint8_t *signature = m->size == SHORT_SIZE ? m->signature : m->long_signature;
    if (crypto_sign_ed25519_verify_detached(signature, m->text, m->size, m->signature_key) != 0)
        abort();
}

static void run_seal(material *m)
{
    const mjl_bytes text = mjl_bytes_of(m->text, m->size);
    if (m->suite->aead_seal(m->private_key, m->nonce, mjl_bytes_of(m->text, 32), text, m->sealed))
        abort();
}

static void run_sodium_seal(material *m)
{
    crypto_aead_chacha20poly1305_ietf_encrypt(m->sealed, NULL, m->text, m->size, m->text, 32, NULL,
                                              m->nonce, m->private_key);
}

static void run_hash(material *m)
{
    mjl_mls_hash(m->suite, mjl_bytes_of(m->text, m->size), m->out_key);
}

static void run_hmac(material *m)
{
    mjl_mls_mac(m->suite, m->private_key, mjl_bytes_of(m->text, m->size), m->out_key);
}

static void run_expand(material *m)
{
    mjl_mls_derive_secret(m->suite, m->private_key, "secret", m->out_key);
}

static double median_us(primitive *run, material *m, uint32_t size, uint32_t batch)
{
    mls_samples samples = {.count = 0};
    m->size = size;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        samples_begin(&samples);
        for (uint32_t i = 0; i < batch; i++)
            run(m);
        samples_end(&samples, batch);
    }
    return samples_median(&samples);
}

/* The better of what the suite uses and plain libsodium: a slow suite gets no easier floor. */
static double aead_us(material *m, uint32_t size, uint32_t batch)
{
    const double ours = median_us(run_seal, m, size, batch);
    const double theirs = median_us(run_sodium_seal, m, size, batch);
    return ours < theirs ? ours : theirs;
}

static double slope(double of_short, double of_long)
{
    return of_long > of_short ? (of_long - of_short) / (LONG_SIZE - SHORT_SIZE) : 0;
}

void mls_primitives_measure(mls_primitives *p)
{
    static material m;
    m.suite = mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
    randombytes_buf(m.private_key, sizeof m.private_key);
    randombytes_buf(m.text, sizeof m.text);
    crypto_scalarmult_curve25519_base(m.public_key, m.private_key);
    crypto_sign_ed25519_keypair(m.signature_key, m.seed);
    crypto_sign_ed25519_detached(m.long_signature, NULL, m.text, LONG_SIZE, m.seed);

    p->dh = median_us(run_dh, &m, 0, 20);
    p->keygen = median_us(run_keygen, &m, 0, 20);
    p->sign = median_us(run_sign, &m, SHORT_SIZE, 20);
    p->verify = median_us(run_verify, &m, SHORT_SIZE, 20);
    p->sign_byte = slope(p->sign, median_us(run_sign, &m, LONG_SIZE, 5));
    p->verify_byte = slope(p->verify, median_us(run_verify, &m, LONG_SIZE, 5));
    p->aead_32 = aead_us(&m, 32, 200);
    p->aead_1k = aead_us(&m, KIB, 100);
    p->aead_16k = aead_us(&m, LONG_AEAD, 20);
    p->sha256_64 = median_us(run_hash, &m, SHORT_SIZE, 200);
    p->sha256_1k = median_us(run_hash, &m, KIB, 100);
    p->hmac_64 = median_us(run_hmac, &m, SHORT_SIZE, 200);
    p->hmac_1k = median_us(run_hmac, &m, KIB, 100);
    p->expand = median_us(run_expand, &m, 0, 200);
}

double mls_floor_us(const mls_primitives *p, const mls_counts *c)
{
    const double aead_byte = (p->aead_16k - p->aead_32) / LONG_AEAD;
    return (double)c->dh * p->dh + (double)c->keygen * p->keygen + (double)c->signs * p->sign +
           (double)c->signed_bytes * p->sign_byte + (double)c->verifies * p->verify +
           (double)c->verified_bytes * p->verify_byte + (double)c->short_aeads * p->aead_32 +
           (double)c->aead_bytes * aead_byte + (double)c->expands * p->expand;
}
