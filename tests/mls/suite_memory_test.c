/* libcrypto allocates: what it cannot do for want of memory is said so, and is no refusal of what a
   peer sent. Built with OpenSSL alone. */
#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>

#include "vectors.h"

/* ---- Allocations of libcrypto ---- */

typedef enum failing { NONE, ONE, ALL_FROM } failing;

static struct {
    failing mode;
    size_t at; /* Counted from 0. */
    size_t count;
} memory;

static bool fails_now(void)
{
    const size_t i = memory.count++;
    return (memory.mode == ONE && i == memory.at) || (memory.mode == ALL_FROM && i >= memory.at);
}

static void *counted_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails_now() ? NULL : malloc(size);
}

static void *counted_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails_now() ? NULL : realloc(old, size);
}

static void counted_free(void *old, const char *file, int line)
{
    (void)file, (void)line;
    free(old);
}

/* ---- What is called ---- */

static const mjl_mls_suite *suite;

enum { TEXT_SIZE = 24 };
static const mjl_bytes text = {(const uint8_t *)"what is said by a member", TEXT_SIZE};

/* All that the calls below need, made while there is memory. */
static struct {
    uint8_t key[32], nonce[12], sealed[TEXT_SIZE + 16];
    uint8_t secret[MJL_MLS_KEM_PRIVATE_SIZE_MAX], open[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    uint8_t seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX], signer[MJL_MLS_SIGNATURE_KEY_SIZE_MAX];
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t signature_size;
} given;

static mjl_result call_seal(void)
{
    uint8_t out[TEXT_SIZE + 16];
    return suite->aead_seal(given.key, given.nonce, text, text, out);
}

static mjl_result call_open(void)
{
    uint8_t out[TEXT_SIZE];
    return suite->aead_open(given.key, given.nonce, text,
                            mjl_bytes_of(given.sealed, sizeof given.sealed), out);
}

static mjl_result call_derive(void)
{
    uint8_t secret[MJL_MLS_KEM_PRIVATE_SIZE_MAX], open[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    return suite->kem_derive_key_pair(mjl_bytes_of(given.secret, suite->kem_private_size), secret,
                                      open);
}

static mjl_result call_public_of(void)
{
    uint8_t open[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    return suite->kem_public_of(given.secret, open);
}

static mjl_result call_dh(void)
{
    uint8_t shared[MJL_MLS_KEM_SHARED_SIZE_MAX];
    return suite->kem_dh(given.secret, given.open, shared);
}

static mjl_result call_check(void)
{
    return suite->kem_check_public(mjl_bytes_of(given.open, suite->kem_public_size));
}

static mjl_result call_key_pair(void)
{
    uint8_t key[MJL_MLS_SIGNATURE_KEY_SIZE_MAX], seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX];
    return suite->signature_key_pair(vectors_random(), key, seed);
}

static mjl_result call_sign(void)
{
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t size;
    return suite->sign(given.seed, text, signature, &size);
}

static mjl_result call_verify(void)
{
    return suite->verify(mjl_bytes_of(given.signer, suite->signature_key_size), text,
                         mjl_bytes_of(given.signature, given.signature_size));
}

static mjl_result call_signature_check(void)
{
    return suite->signature_check_public(mjl_bytes_of(given.signer, suite->signature_key_size));
}

static const struct {
    const char *name;
    mjl_result (*call)(void);
} calls[] = {
    {"seal", call_seal},
    {"open", call_open},
    {"derive", call_derive},
    {"public of", call_public_of},
    {"dh", call_dh},
    {"check", call_check},
    {"key pair", call_key_pair},
    {"sign", call_sign},
    {"verify", call_verify},
    {"signature check", call_signature_check},
};

static void give(void)
{
    randombytes_buf(given.key, sizeof given.key);
    randombytes_buf(given.nonce, sizeof given.nonce);
    assert_int_equal(mjl_mls_kem_generate(suite, vectors_random(), given.secret, given.open),
                     MJL_OK);
    assert_int_equal(suite->signature_key_pair(vectors_random(), given.signer, given.seed), MJL_OK);
    assert_int_equal(suite->sign(given.seed, text, given.signature, &given.signature_size), MJL_OK);
    assert_int_equal(suite->aead_seal(given.key, given.nonce, text, text, given.sealed), MJL_OK);
}

/* Fails each allocation of a call once: it must say OUT_OF_MEMORY, or do without. */
static bool says_it(size_t i, failing mode)
{
    memory.mode = NONE;
    memory.count = 0;
    assert_int_equal(calls[i].call(), MJL_OK); /* What is made once is made now. */
    memory.count = 0;
    assert_int_equal(calls[i].call(), MJL_OK);
    const size_t needed = memory.count;
    for (size_t at = 0; at < needed; at++) {
        memory.mode = mode;
        memory.at = at;
        memory.count = 0;
        const mjl_result result = calls[i].call();
        memory.mode = NONE;
        if (result == MJL_OK || result == MJL_OUT_OF_MEMORY) continue;
        printf("suite %u, %s: allocation %zu of %zu: %d\n", (unsigned)suite->id, calls[i].name, at,
               needed, (int)result);
        return false;
    }
    ERR_clear_error(); /* Of what was done without. */
    return true;
}

static void want_of_memory_is_not_blamed_on_a_peer(void **state)
{
    (void)state;
    bool good = true;
    for (uint16_t id = 1; id <= 7; id++) {
        suite = mjl_mls_suite_find(NULL, id);
        assert_non_null(suite);
        give();
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
            good = says_it(i, ONE) && says_it(i, ALL_FROM) && good;
    }
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(want_of_memory_is_not_blamed_on_a_peer),
    };
    if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1) return 1;
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
