/* AES-GCM (NIST SP 800-38D) with a nonce of 12 bytes and a tag of 16. */
#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "suite_openssl.h"

enum { TAG_SIZE = 16 };

/* libcrypto counts in int; MLS's own bounds are far below. */
static bool is_countable(mjl_bytes a, mjl_bytes b)
{
    return a.size <= INT_MAX && b.size <= INT_MAX;
}

static bool encrypt(EVP_CIPHER_CTX *context, mjl_bytes aad, mjl_bytes plaintext, uint8_t *out)
{
    int size;
    if (aad.size != 0 && !EVP_EncryptUpdate(context, NULL, &size, aad.data, (int)aad.size))
        return false;
    if (plaintext.size != 0 &&
        !EVP_EncryptUpdate(context, out, &size, plaintext.data, (int)plaintext.size))
        return false;
    out += plaintext.size;
    return EVP_EncryptFinal_ex(context, out, &size) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, out);
}

static mjl_result gcm_seal(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *nonce,
                           mjl_bytes aad, mjl_bytes plaintext, uint8_t *out)
{
    if (!is_countable(aad, plaintext)) return MJL_TOO_LARGE;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const bool done = context != NULL && EVP_EncryptInit_ex2(context, cipher, key, nonce, NULL) &&
                      encrypt(context, aad, plaintext, out);
    EVP_CIPHER_CTX_free(context); /* Wipes the key. */
    return done ? MJL_OK : mjl_mls_openssl_refusal(MJL_OUT_OF_MEMORY);
}

static bool decrypt(EVP_CIPHER_CTX *context, mjl_bytes aad, mjl_bytes ciphertext, uint8_t *tag,
                    uint8_t *out)
{
    int size;
    if (aad.size != 0 && !EVP_DecryptUpdate(context, NULL, &size, aad.data, (int)aad.size))
        return false;
    if (ciphertext.size != 0 &&
        !EVP_DecryptUpdate(context, out, &size, ciphertext.data, (int)ciphertext.size))
        return false;
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) &&
           EVP_DecryptFinal_ex(context, out + ciphertext.size, &size);
}

static mjl_result gcm_open(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *nonce,
                           mjl_bytes aad, mjl_bytes ciphertext, uint8_t *out)
{
    uint8_t tag[TAG_SIZE];
    if (ciphertext.size < TAG_SIZE || !is_countable(aad, ciphertext)) return MJL_CANNOT_OPEN;
    const mjl_bytes text = mjl_bytes_of(ciphertext.data, ciphertext.size - TAG_SIZE);
    memcpy(tag, ciphertext.data + text.size, TAG_SIZE); /* Before `out` may overwrite it. */
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const bool begun =
        context != NULL && EVP_DecryptInit_ex2(context, cipher, key, nonce, NULL) == 1;
    const bool opened = begun && decrypt(context, aad, text, tag, out);
    EVP_CIPHER_CTX_free(context);
    if (opened) return MJL_OK;
    if (text.size != 0) sodium_memzero(out, text.size); /* It was there before the tag was. */
    return mjl_mls_openssl_refusal(begun ? MJL_CANNOT_OPEN : MJL_OUT_OF_MEMORY);
}

mjl_result mjl_mls_aes128gcm_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes plaintext, uint8_t *out)
{
    return gcm_seal(EVP_aes_128_gcm(), key, nonce, aad, plaintext, out);
}

mjl_result mjl_mls_aes128gcm_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes ciphertext, uint8_t *out)
{
    return gcm_open(EVP_aes_128_gcm(), key, nonce, aad, ciphertext, out);
}

mjl_result mjl_mls_aes256gcm_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes plaintext, uint8_t *out)
{
    return gcm_seal(EVP_aes_256_gcm(), key, nonce, aad, plaintext, out);
}

mjl_result mjl_mls_aes256gcm_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes ciphertext, uint8_t *out)
{
    return gcm_open(EVP_aes_256_gcm(), key, nonce, aad, ciphertext, out);
}
