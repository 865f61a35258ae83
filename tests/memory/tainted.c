#include "tainted.h"

#include "commit_header.h"
#include "grease.h"
#include "ids.h"
#include "majlis/mls.h"
#include "record_seal.h"
#include "room.h"

#include <sodium.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

tainted_entry tainted_reasons[TAINTED_REASONS_COUNT] = {
    [TAINTED_SEALED] = {"what AEADs seal", "goes over the network or to the disk", 0},
    [TAINTED_SIGNATURE] = {"signatures", "go over the network", 0},
    [TAINTED_PUBLIC_KEY] = {"public keys", "are public", 0},
    [TAINTED_DH_REFUSED] = {"that a key agreement gave zero",
                            "the peer's key is refused for all to see", 0},
    [TAINTED_COMPARED] = {"whether sodium_memcmp found a difference", "the tag is refused or not",
                          0},
    [TAINTED_OPENED] = {"whether a sealed text opened", "it is refused or not", 0},
    [TAINTED_VERIFIED] = {"whether a signature verified", "it is refused or not", 0},
    [TAINTED_NONCE] = {"nonces of AEADs with long nonces", "stand before what they seal", 0},
    [TAINTED_ID] = {"ids: hashes of what is said or done", "name things, in every table", 0},
    [TAINTED_GROUP_ID] = {"group ids", "stand before every message", 0},
    [TAINTED_BRANCH_TAG] = {"branch tags, of 8 bytes", "stand before every message", 0},
    [TAINTED_GREASE] = {"numbers of what means nothing (GREASE), from a confirmation tag",
                        "stand in the GroupInfo beside the tag itself", 0},
    [TAINTED_ROOM_MAC] = {"MACs by a room's secret, of join requests and roots",
                          "go over the network", 0},
    [TAINTED_TOLD] = {"salts, transfers' names, statements' nonces",
                      "are told to all members, and compared there", 0},
    [TAINTED_JITTER] = {"the seed that spreads timers",
                        "decides when something is sent, for all to see", 0},
    [TAINTED_RECORD_CONTENT] = {"whether a record changed",
                                "whether it is written is seen on the disk", 0},
    [TAINTED_RECORD_PLACE] = {"where a record stands in the table of records",
                              "the order of records is that of the disk", 0},
};

void tainted_mark(void *bytes, size_t size)
{
    if (size > 0) (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

static bool is_secret(const uint8_t *bytes, size_t size)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < size && bits == 0; i++)
        if (VALGRIND_GET_VBITS(bytes + i, &bits, 1) != 1) return false;
    return bits != 0;
}

void tainted_allow(tainted_reason reason, const void *bytes, size_t size)
{
    if (!is_secret(bytes, size)) return;
    tainted_reasons[reason].count++;
    (void)VALGRIND_MAKE_MEM_DEFINED((void *)(uintptr_t)bytes, size);
}

/* Sizes tell what they are for: keys, secrets and what hides a sender's generation stay secret. */
void tainted_mark_drawn(uint8_t *bytes, size_t size)
{
    enum { JITTER = 8, TOLD = 16, NONCE = 24 };
    tainted_mark(bytes, size);
    if (size == JITTER) tainted_allow(TAINTED_JITTER, bytes, size);
    if (size == NONCE) tainted_allow(TAINTED_NONCE, bytes, size);
    if (size == TOLD) tainted_allow(TAINTED_TOLD, bytes, size);
}

void tainted_show(void *bytes, size_t size)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

bool tainted_is_watched(void)
{
    return RUNNING_ON_VALGRIND > 0;
}

unsigned long tainted_reports(void)
{
    return VALGRIND_COUNT_ERRORS;
}

/* ---- What was sealed is as secret as before once it is opened ---- */

typedef struct sealed_text {
    struct sealed_text *next;
    uint8_t tag[16];
    size_t size;
    uint8_t bits[]; /* One for each bit of the text: set where it is secret. */
} sealed_text;

enum { CHAINS = 4096 };

static sealed_text *chains[CHAINS];

static sealed_text **chain_of(const uint8_t *tag)
{
    return &chains[(tag[0] | (unsigned)tag[1] << 8) % CHAINS];
}

static sealed_text *remember(const uint8_t *text, size_t size)
{
    sealed_text *const made = malloc(sizeof *made + size);
    if (made == NULL) abort();
    memset(made->bits, 0, size);
    made->size = size;
    if (size > 0) (void)VALGRIND_GET_VBITS(text, made->bits, size);
    return made;
}

static void file(sealed_text *made, const uint8_t *tag)
{
    sealed_text **const chain = chain_of(tag);
    memcpy(made->tag, tag, sizeof made->tag);
    made->next = *chain;
    *chain = made;
}

/* Unknown ones were sealed by nobody here: all of them is secret. */
static void restore(const uint8_t *tag, uint8_t *text, size_t size)
{
    if (size == 0) return;
    for (const sealed_text *known = *chain_of(tag); known != NULL; known = known->next) {
        if (memcmp(known->tag, tag, sizeof known->tag) != 0 || known->size != size) continue;
        (void)VALGRIND_SET_VBITS(text, known->bits, size);
        return;
    }
    tainted_mark(text, size);
}

void tainted_clear(void)
{
    for (size_t i = 0; i < CHAINS; i++) {
        while (chains[i] != NULL) {
            sealed_text *const first = chains[i];
            chains[i] = first->next;
            free(first);
        }
    }
}

/* ---- libsodium ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */
#define WRAP(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

typedef unsigned long long length;
typedef unsigned char byte;

WRAP(int, sodium_memcmp, const void *a, const void *b, size_t size)
{
    int result = __real_sodium_memcmp(a, b, size);
    tainted_allow(TAINTED_COMPARED, &result, sizeof result);
    return result;
}

/* libsodium jumps on whether the tag is right: it gets copies that are no secrets. Its sealing, the
   same ciphers, gets the real ones. */
typedef struct public_copy {
    byte key[32], nonce[24], tag[16];
    byte *data;
} public_copy;

static byte *copy_data(const byte *data, length size)
{
    byte *const copy = malloc(size + 1);
    if (copy == NULL) abort();
    if (size > 0) memcpy(copy, data, size);
    return copy;
}

static void copy_begin(public_copy *copy, const byte *key, const byte *nonce, size_t nonce_size,
                       mjl_bytes data)
{
    memset(copy, 0, sizeof *copy);
    memcpy(copy->key, key, sizeof copy->key);
    memcpy(copy->nonce, nonce, nonce_size);
    copy->data = copy_data(data.data, data.size);
    tainted_allow(TAINTED_OPENED, copy, sizeof *copy);
    tainted_allow(TAINTED_OPENED, copy->data, data.size);
}

#define OPEN_A_COPY(name, nonce_size)                                                              \
    WRAP(int, name, byte *text, length *text_size, byte *none, const byte *sealed, length size,    \
         const byte *data, length data_size, const byte *nonce, const byte *key)                   \
    {                                                                                              \
        public_copy copy;                                                                          \
        copy_begin(&copy, key, nonce, (nonce_size), mjl_bytes_of(data, data_size));                \
        if (size >= sizeof copy.tag) memcpy(copy.tag, sealed + size - 16, sizeof copy.tag);        \
        const int result = __real_##name(text, text_size, none, sealed, size, copy.data,           \
                                         data_size, copy.nonce, copy.key);                         \
        if (result == 0) restore(copy.tag, text, size - sizeof copy.tag);                          \
        free(copy.data);                                                                           \
        return result;                                                                             \
    }

#define SEAL_AND_REMEMBER(name, nonce_size)                                                        \
    WRAP(int, name, byte *sealed, length *sealed_size, const byte *text, length size,              \
         const byte *data, length data_size, const byte *none, const byte *nonce, const byte *key) \
    {                                                                                              \
        sealed_text *const known = remember(text, size);                                           \
        tainted_allow(TAINTED_NONCE, nonce, (nonce_size));                                         \
        const int result =                                                                         \
            __real_##name(sealed, sealed_size, text, size, data, data_size, none, nonce, key);     \
        tainted_allow(TAINTED_SEALED, sealed, size + 16);                                          \
        file(known, sealed + size);                                                                \
        return result;                                                                             \
    }

OPEN_A_COPY(crypto_aead_chacha20poly1305_ietf_decrypt, 12)
OPEN_A_COPY(crypto_aead_xchacha20poly1305_ietf_decrypt, 24)
SEAL_AND_REMEMBER(crypto_aead_chacha20poly1305_ietf_encrypt, 0)
SEAL_AND_REMEMBER(crypto_aead_xchacha20poly1305_ietf_encrypt, 24)

WRAP(int, crypto_sign_ed25519_seed_keypair, byte *key, byte *seed, const byte *fresh)
{
    const int result = __real_crypto_sign_ed25519_seed_keypair(key, seed, fresh);
    tainted_allow(TAINTED_PUBLIC_KEY, key, 32);
    tainted_allow(TAINTED_PUBLIC_KEY, seed + 32, 32); /* libsodium keeps it there. */
    return result;
}

WRAP(int, crypto_sign_ed25519_detached, byte *signature, length *signature_size,
     const byte *message, length size, const byte *seed)
{
    const int result =
        __real_crypto_sign_ed25519_detached(signature, signature_size, message, size, seed);
    tainted_allow(TAINTED_SIGNATURE, signature, 64);
    return result;
}

/* What is signed may be secret (a message), and libsodium jumps on what follows from it. */
WRAP(int, crypto_sign_ed25519_verify_detached, const byte *signature, const byte *message,
     length size, const byte *key)
{
    byte *const copy = copy_data(message, size);
    tainted_allow(TAINTED_VERIFIED, copy, size);
    const int result = __real_crypto_sign_ed25519_verify_detached(signature, copy, size, key);
    free(copy);
    return result;
}

WRAP(int, crypto_scalarmult_curve25519_base, byte *key, const byte *secret)
{
    int result = __real_crypto_scalarmult_curve25519_base(key, secret);
    tainted_allow(TAINTED_PUBLIC_KEY, key, 32);
    return result;
}

WRAP(int, crypto_scalarmult_curve25519, byte *shared, const byte *secret, const byte *key)
{
    int result = __real_crypto_scalarmult_curve25519(shared, secret, key);
    tainted_allow(TAINTED_DH_REFUSED, &result, sizeof result);
    return result;
}

WRAP(int, crypto_shorthash, byte *out, const byte *in, length size, const byte *key)
{
    const int result = __real_crypto_shorthash(out, in, size, key);
    tainted_allow(TAINTED_RECORD_PLACE, out, 8);
    return result;
}

/* ---- Ours ---- */

WRAP(void, mjl_record_content, const mjl_record_sealing *sealing, mjl_bytes value, uint8_t *content)
{
    __real_mjl_record_content(sealing, value, content);
    tainted_allow(TAINTED_RECORD_CONTENT, content, MJL_RECORD_CONTENT_SIZE);
}

WRAP(mjl_result, mjl_mls_group_create, const mjl_mls_create_config *config, mjl_random random,
     mjl_mls_group **group, mjl_mls_ratchets **ratchets)
{
    tainted_allow(TAINTED_GROUP_ID, config->group_id.data, config->group_id.size);
    return __real_mjl_mls_group_create(config, random, group, ratchets);
}

WRAP(mjl_result, mjl_mls_group_export, const mjl_mls_group *group, const char *label,
     mjl_bytes context, uint8_t *out, size_t size)
{
    const mjl_result result = __real_mjl_mls_group_export(group, label, context, out, size);
    if (result == MJL_OK && size == MJL_BRANCH_TAG_SIZE) {
        tainted_allow(TAINTED_BRANCH_TAG, out, size);
    }
    return result;
}

WRAP(mjl_mls_grease, mjl_mls_grease_of, mjl_bytes random, bool is_wanted)
{
    mjl_mls_grease grease = __real_mjl_mls_grease_of(random, is_wanted);
    tainted_allow(TAINTED_GREASE, &grease, sizeof grease);
    return grease;
}

WRAP(mjl_result, mjl_room_join_encode, const mjl_room_key *key, mjl_bytes room_name,
     mjl_bytes signature_key, mjl_bytes init_key, mjl_buffer *out)
{
    const mjl_result result =
        __real_mjl_room_join_encode(key, room_name, signature_key, init_key, out);
    tainted_allow(TAINTED_ROOM_MAC, out->data, out->size);
    return result;
}

WRAP(mjl_result, mjl_room_root_encode, const mjl_room_root *root, const mjl_room_key *key,
     mjl_bytes room_name, mjl_bytes group_id, mjl_buffer *out)
{
    const mjl_result result = __real_mjl_room_root_encode(root, key, room_name, group_id, out);
    tainted_allow(TAINTED_ROOM_MAC, out->data, out->size);
    return result;
}

#define WRAP_ID(name, parameters, arguments)                                                       \
    mjl_id __real_##name parameters;                                                               \
    mjl_id __wrap_##name parameters;                                                               \
    mjl_id __wrap_##name parameters                                                                \
    {                                                                                              \
        mjl_id id = __real_##name arguments;                                                       \
        tainted_allow(TAINTED_ID, &id, sizeof id);                                                 \
        return id;                                                                                 \
    }

WRAP_ID(mjl_id_message, (mjl_bytes group_id, mjl_bytes content), (group_id, content))
WRAP_ID(mjl_id_place, (const mjl_branch_id *branch, const mjl_member_id *author, mjl_bytes payload),
        (branch, author, payload))
WRAP_ID(mjl_id_commit, (mjl_bytes hash), (hash))
/* NOLINTEND(bugprone-reserved-identifier) */
