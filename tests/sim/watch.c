#include "watch.h"

#include <sodium.h>

enum { TAG_SIZE = 16, NONCE_SIZE = 12, LABEL_PART = 3 };

static const mjl_mls_suite *base;
static sim_secrets *book;

void sim_watch_tell(sim_secrets *told)
{
    book = told;
    sim_watch_forget_sealed();
}

void sim_watch_deaf(bool is_deaf)
{
    if (book != NULL) book->is_deaf = is_deaf;
}

/* ---- Derivations ---- */

/* Both MLS and HPKE put their label behind three other parts. */
static void read_label(mjl_mls_parts parts, char label[SIM_LABEL_SIZE])
{
    memset(label, 0, SIM_LABEL_SIZE);
    if (parts.count <= LABEL_PART) return;
    const mjl_bytes part = parts.parts[LABEL_PART];
    const size_t size = part.size < SIM_LABEL_SIZE - 1 ? part.size : SIM_LABEL_SIZE - 1;
    if (size > 0) memcpy(label, part.data, size);
}

/* A secret among the parts that are extracted from. One part alone is one; of several the last. */
static uint32_t secret_among(mjl_mls_parts parts)
{
    if (parts.count == 0 || parts.parts[parts.count - 1].size != SIM_SECRET_SIZE) return SIM_NONE;
    const uint8_t *const bytes = parts.parts[parts.count - 1].data;
    return parts.count == 1 ? sim_secrets_root(book, bytes, "drawn")
                            : sim_secrets_find(book, bytes);
}

enum { PARTS_MAX = 16 };

static mjl_mls_parts with_first(mjl_bytes room[PARTS_MAX], mjl_bytes first, mjl_mls_parts rest)
{
    if (rest.count >= PARTS_MAX) abort();
    room[0] = first;
    if (rest.count > 0) memcpy(room + 1, rest.parts, rest.count * sizeof *room);
    return (mjl_mls_parts){room, rest.count + 1};
}

/* The outcome may stand where the secret was. */
static void extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out)
{
    if (book == NULL) {
        base->hkdf_extract(salt, input, out);
        return;
    }
    uint8_t made[SIM_SECRET_SIZE];
    mjl_bytes room[PARTS_MAX];
    sim_secret_recipe recipe = {.label = "extracted", .parts = with_first(room, salt, input)};
    recipe.inputs[0] = salt.size == SIM_SECRET_SIZE ? sim_secrets_root(book, salt.data, "drawn")
                                                    : (uint32_t)SIM_NONE;
    recipe.inputs[1] = secret_among(input);
    base->hkdf_extract(salt, input, made);
    sim_secrets_used(book, recipe.inputs[0], SIM_USE_DERIVE);
    sim_secrets_used(book, recipe.inputs[1], SIM_USE_DERIVE);
    if (recipe.inputs[0] != SIM_NONE || recipe.inputs[1] != SIM_NONE) {
        sim_secrets_derived(book, made, &recipe);
    }
    memcpy(out, made, sizeof made);
}

static void expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    if (book == NULL) {
        base->hkdf_expand(secret, info, out, size);
        return;
    }
    const uint32_t from = sim_secrets_root(book, secret.data, "drawn");
    sim_secrets_used(book, from, SIM_USE_DERIVE);
    if (size != SIM_SECRET_SIZE) {
        base->hkdf_expand(secret, info, out, size);
        return;
    }
    uint8_t made[SIM_SECRET_SIZE];
    char label[SIM_LABEL_SIZE];
    mjl_bytes room[PARTS_MAX];
    base->hkdf_expand(secret, info, made, size);
    read_label(info, label);
    const sim_secret_recipe recipe = {
        .label = label, .parts = with_first(room, secret, info), .inputs = {from, SIM_NONE}};
    sim_secrets_derived(book, made, &recipe);
    memcpy(out, made, sizeof made);
}

static void authenticate(mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    if (book != NULL && key.size == SIM_SECRET_SIZE) {
        sim_secrets_used(book, sim_secrets_find(book, key.data), SIM_USE_MAC);
    }
    base->hmac(key, input, out);
}

/* ---- Key pairs ---- */

static mjl_result derive_key_pair(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key)
{
    const mjl_bytes source = ikm;
    const uint32_t from = book == NULL || ikm.size != SIM_SECRET_SIZE
                              ? (uint32_t)SIM_NONE
                              : sim_secrets_root(book, ikm.data, "drawn");
    const mjl_result result = base->kem_derive_key_pair(ikm, private_key, public_key);
    if (book == NULL || result != MJL_OK) return result;
    const mjl_bytes parts[] = {mjl_bytes_text("key pair"), source};
    const sim_secret_recipe recipe = {
        .label = "private", .parts = {parts, 2}, .inputs = {from, SIM_NONE}};
    sim_secrets_used(book, from, SIM_USE_DERIVE);
    sim_secrets_pair(book, sim_secrets_derived(book, private_key, &recipe), public_key);
    return result;
}

static mjl_result public_of(const uint8_t *private_key, uint8_t *public_key)
{
    const mjl_result result = base->kem_public_of(private_key, public_key);
    if (book != NULL && result == MJL_OK) {
        sim_secrets_pair(book, sim_secrets_root(book, private_key, "private"), public_key);
    }
    return result;
}

/* Either private key leads to what both agree on. */
static mjl_result agree(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    const mjl_result result = base->kem_dh(private_key, public_key, shared);
    if (book == NULL || result != MJL_OK) return result;
    const uint32_t own = sim_secrets_root(book, private_key, "private");
    const uint32_t other = sim_secrets_private_of(book, public_key);
    sim_secrets_used(book, own, SIM_USE_AGREE);
    sim_secrets_used(book, other, SIM_USE_AGREE);
    /* The recipe is the pair, whoever of both asks; of a key that nobody made its bytes. */
    uint32_t both[2] = {own < other ? own : other, own < other ? other : own};
    const mjl_bytes parts[] = {mjl_bytes_of((const uint8_t *)both, sizeof both),
                               mjl_bytes_of(public_key, other == SIM_NONE ? SIM_SECRET_SIZE : 0)};
    const sim_secret_recipe recipe = {
        .label = "agreed", .parts = {parts, 2}, .inputs = {own, SIM_NONE}};
    sim_secrets_also_from(book, sim_secrets_derived(book, shared, &recipe), other);
    return result;
}

static mjl_result signature_pair(mjl_random random, uint8_t *key, uint8_t *seed)
{
    const mjl_result result = base->signature_key_pair(random, key, seed);
    if (book != NULL && result == MJL_OK) sim_secrets_root(book, seed, "signature");
    return result;
}

static mjl_result sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature, size_t *size)
{
    if (book != NULL) sim_secrets_used(book, sim_secrets_find(book, seed), SIM_USE_SIGN);
    return base->sign(seed, message, signature, size);
}

/* ---- Sealing ---- */

static mjl_result seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad, mjl_bytes plaintext,
                       uint8_t *out)
{
    /* `out` may be the plaintext's own place. */
    uint8_t *const kept = book == NULL ? NULL : sim_zeroed(plaintext.size + 1, 1);
    if (book != NULL && plaintext.size > 0) memcpy(kept, plaintext.data, plaintext.size);
    const mjl_result result = base->aead_seal(key, nonce, aad, plaintext, out);
    if (book != NULL && result == MJL_OK) {
        const sim_sealing sealing = {.key = key,
                                     .nonce = mjl_bytes_of(nonce, NONCE_SIZE),
                                     .aad = aad,
                                     .text = mjl_bytes_of(kept, plaintext.size),
                                     .tag = mjl_bytes_of(out + plaintext.size, TAG_SIZE)};
        sim_secrets_sealed(book, &sealing);
    }
    free(kept);
    return result;
}

static mjl_result open_sealed(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                              mjl_bytes ciphertext, uint8_t *out)
{
    if (book != NULL) sim_secrets_used(book, sim_secrets_find(book, key), SIM_USE_SEAL);
    return base->aead_open(key, nonce, aad, ciphertext, out);
}

const mjl_mls_suite *sim_watch_suite(const mjl_mls_suite *suite)
{
    static mjl_mls_suite watched;
    base = suite;
    watched = *suite;
    watched.hkdf_extract = extract;
    watched.hkdf_expand = expand;
    watched.hmac = authenticate;
    watched.kem_derive_key_pair = derive_key_pair;
    watched.kem_public_of = public_of;
    watched.kem_dh = agree;
    watched.signature_key_pair = signature_pair;
    watched.sign = sign;
    watched.aead_seal = seal;
    watched.aead_open = open_sealed;
    return &watched;
}

/* ---- What is sealed for the disk, and the headers of commits ---- */

typedef struct sealed_record {
    uint8_t tag[TAG_SIZE];
    uint32_t *inside;
    size_t count, room;
} sealed_record;

static sealed_record *records; /* Of this transaction, those with secrets in them. */
static size_t records_count, records_room;

void sim_watch_forget_sealed(void)
{
    for (size_t i = 0; i < records_count; i++)
        free(records[i].inside);
    free(records);
    records = NULL;
    records_count = records_room = 0;
}

uint32_t *sim_watch_inside(mjl_bytes sealed, uint32_t *count)
{
    *count = 0;
    if (sealed.size < TAG_SIZE) return NULL;
    const uint8_t *const tag = sealed.data + sealed.size - TAG_SIZE;
    for (size_t i = 0; i < records_count; i++) {
        if (records[i].inside == NULL || memcmp(records[i].tag, tag, TAG_SIZE) != 0) continue;
        uint32_t *const taken = records[i].inside;
        *count = (uint32_t)records[i].count;
        records[i].inside = NULL;
        return taken;
    }
    return NULL;
}

static void add_inside(void *context, uint32_t number)
{
    sealed_record *const record = context;
    record->inside =
        sim_grown(record->inside, record->count, &record->room, sizeof *record->inside);
    record->inside[record->count++] = number;
}

static void keep_record(sealed_record *record, const uint8_t *tag)
{
    memcpy(record->tag, tag, TAG_SIZE);
    records = sim_grown(records, records_count, &records_room, sizeof *records);
    records[records_count++] = *record;
}

/* What came in and waits, as it came: also what was damaged on the way, where the toy suite's texts
   lie open (session/store/README.md has the bytes that a record is bound to). */
static bool holds_packets(mjl_bytes bound)
{
    enum { KIND_AT = 37, UNKNOWN_EPOCH = 36 };
    return bound.size > KIND_AT + 1 && bound.data[KIND_AT] == 0 &&
           bound.data[KIND_AT + 1] == UNKNOWN_EPOCH;
}

static void note_header(uint32_t key, const uint8_t *nonce, mjl_bytes aad, mjl_bytes text)
{
    const mjl_bytes used = mjl_bytes_of(nonce, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    sim_secrets_used(book, key, SIM_USE_SEAL);
    sim_secrets_nonce(book, key, used, (mjl_mls_parts){(const mjl_bytes[]){aad, text}, 2});
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */
typedef unsigned long long length;
int __real_crypto_aead_xchacha20poly1305_ietf_encrypt(uint8_t *sealed, length *sealed_size,
                                                      const uint8_t *text, length size,
                                                      const uint8_t *data, length data_size,
                                                      const uint8_t *none, const uint8_t *nonce,
                                                      const uint8_t *key);
int __wrap_crypto_aead_xchacha20poly1305_ietf_encrypt(uint8_t *sealed, length *sealed_size,
                                                      const uint8_t *text, length size,
                                                      const uint8_t *data, length data_size,
                                                      const uint8_t *none, const uint8_t *nonce,
                                                      const uint8_t *key);

int __wrap_crypto_aead_xchacha20poly1305_ietf_encrypt(uint8_t *sealed, length *sealed_size,
                                                      const uint8_t *text, length size,
                                                      const uint8_t *data, length data_size,
                                                      const uint8_t *none, const uint8_t *nonce,
                                                      const uint8_t *key)
{
    const mjl_bytes plain = mjl_bytes_of(text, (size_t)size);
    sealed_record record = {.inside = NULL};
    const uint32_t header_key = book == NULL ? (uint32_t)SIM_NONE : sim_secrets_find(book, key);
    if (header_key != SIM_NONE) {
        note_header(header_key, nonce, mjl_bytes_of(data, (size_t)data_size), plain);
    } else if (book != NULL && !holds_packets(mjl_bytes_of(data, (size_t)data_size))) {
        sim_secrets_in(book, plain, add_inside, &record);
    }
    const int answer = __real_crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, sealed_size, text, size, data, data_size, none, nonce, key);
    if (record.count > 0) keep_record(&record, sealed + size);
    return answer;
}
/* NOLINTEND(bugprone-reserved-identifier) */
