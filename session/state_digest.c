#include "state_digest.h"

#include "array.h"
#include "record_kinds.h"

#include <assert.h>

enum { DIGEST_FIELDS = 2, KIND_FIELDS = 4 };

void mjl_state_digest_init(mjl_state_digest *digest)
{
    memset(digest, 0, sizeof *digest);
    crypto_generichash_init(&digest->all, NULL, 0, MJL_ID_SIZE);
}

void mjl_state_digest_clear(mjl_state_digest *digest)
{
    free(digest->kinds);
    sodium_memzero(digest, sizeof *digest);
}

/* ---- Making ---- */

static void finish_kind(mjl_state_digest *digest)
{
    if (digest->count == 0) return;
    assert(digest->kinds != NULL);
    crypto_generichash_final(&digest->kind, digest->kinds[digest->count - 1].hash,
                             MJL_STATE_KIND_HASH_SIZE);
}

static mjl_result append(mjl_state_digest *digest, const mjl_state_kind *kind)
{
    const mjl_result result =
        mjl_array_reserve(&digest->kinds, digest->count, &digest->room, 1, sizeof *digest->kinds);
    if (result != MJL_OK) return result;
    digest->kinds[digest->count++] = *kind;
    return MJL_OK;
}

mjl_result mjl_state_digest_add(void *context, mjl_store_place place, mjl_bytes value)
{
    mjl_state_digest *const digest = context;
    const mjl_state_kind *last = digest->count == 0 ? NULL : &digest->kinds[digest->count - 1];
    if (last == NULL || last->session != place.session || last->kind != place.kind) {
        finish_kind(digest);
        const mjl_state_kind next = {.session = place.session, .kind = place.kind};
        const mjl_result result = append(digest, &next);
        if (result != MJL_OK) return result;
        crypto_generichash_init(&digest->kind, NULL, 0, MJL_STATE_KIND_HASH_SIZE);
    }
    mjl_state_hash_add(&digest->all, place, value);
    mjl_state_hash_add(&digest->kind, place, value);
    digest->kinds[digest->count - 1].count++;
    return MJL_OK;
}

void mjl_state_digest_finish(mjl_state_digest *digest)
{
    finish_kind(digest);
    crypto_generichash_final(&digest->all, digest->hash.bytes, MJL_ID_SIZE);
}

/* ---- As a value ---- */

void mjl_state_digest_pack(const mjl_state_digest *digest, mjl_pack *pack)
{
    mjl_pack_array(pack, DIGEST_FIELDS);
    mjl_pack_bin(pack, mjl_bytes_of(digest->hash.bytes, MJL_ID_SIZE));
    mjl_pack_array(pack, digest->count);
    for (size_t i = 0; i < digest->count; i++) {
        const mjl_state_kind *kind = &digest->kinds[i];
        mjl_pack_array(pack, KIND_FIELDS);
        mjl_pack_uint(pack, kind->session);
        mjl_pack_uint(pack, kind->kind);
        mjl_pack_uint(pack, kind->count);
        mjl_pack_bin(pack, mjl_bytes_of(kind->hash, sizeof kind->hash));
    }
}

mjl_result mjl_state_digest_read(mjl_state_digest *digest, mjl_bytes packed)
{
    memset(digest, 0, sizeof *digest);
    mjl_unpack unpack = mjl_unpack_from(packed);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, DIGEST_FIELDS);
    mjl_unpack_fixed(u, digest->hash.bytes, MJL_ID_SIZE);
    const size_t count = mjl_unpack_array(u);
    mjl_result result = MJL_OK;
    for (size_t i = 0; i < count && u->result == MJL_OK && result == MJL_OK; i++) {
        mjl_state_kind kind;
        mjl_unpack_array_of(u, KIND_FIELDS);
        kind.session = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
        kind.kind = (uint16_t)mjl_unpack_uint_to(u, UINT16_MAX);
        kind.count = mjl_unpack_uint(u);
        mjl_unpack_fixed(u, kind.hash, sizeof kind.hash);
        result = append(digest, &kind);
    }
    const mjl_result read = mjl_unpack_end(u);
    if (result == MJL_OK) result = read;
    if (result != MJL_OK) mjl_state_digest_clear(digest);
    return result;
}

/* ---- Names ---- */

const char *mjl_state_kind_name(uint16_t kind)
{
    static const char *const names[] = {[MJL_RECORD_PROFILE] = "profile",
                                        [MJL_RECORD_NOTE] = "note",
                                        [MJL_RECORD_OUTBOX] = "outbox",
                                        [MJL_RECORD_EVENT] = "event",
                                        [MJL_RECORD_TOKEN] = "token",
                                        [MJL_RECORD_SESSION] = "session",
                                        [MJL_RECORD_SCHEDULE] = "schedule",
                                        [MJL_RECORD_TASK] = "task",
                                        [MJL_RECORD_EXPECTATION] = "expectation",
                                        [MJL_RECORD_AUTHOR] = "author",
                                        [MJL_RECORD_GRAPH_EPOCH] = "graph epoch",
                                        [MJL_RECORD_PLACE] = "place",
                                        [MJL_RECORD_ACK] = "ack",
                                        [MJL_RECORD_PENDING] = "pending",
                                        [MJL_RECORD_EPOCH] = "epoch",
                                        [MJL_RECORD_GROUP] = "group",
                                        [MJL_RECORD_RATCHETS] = "ratchets",
                                        [MJL_RECORD_WELCOME] = "welcome",
                                        [MJL_RECORD_HOLDING] = "holding",
                                        [MJL_RECORD_PACKET] = "packet",
                                        [MJL_RECORD_CONTENT] = "content",
                                        [MJL_RECORD_PRESENCE] = "presence",
                                        [MJL_RECORD_INTENT] = "intent",
                                        [MJL_RECORD_REQUEST] = "request",
                                        [MJL_RECORD_USED_REFERENCE] = "used reference",
                                        [MJL_RECORD_UNKNOWN_EPOCH] = "unknown epoch",
                                        [MJL_RECORD_QUEUED_SAY] = "queued say",
                                        [MJL_RECORD_WARNING] = "warning",
                                        [MJL_RECORD_GAP] = "gap",
                                        [MJL_RECORD_ROSTER] = "roster",
                                        [MJL_RECORD_PROOF] = "proof",
                                        [MJL_RECORD_EVIDENCE] = "evidence",
                                        [MJL_RECORD_ACKS] = "acks",
                                        [MJL_RECORD_ANSWER] = "answer",
                                        [MJL_RECORD_JOINING_SECRET] = "joining secret",
                                        [MJL_RECORD_ROOTS] = "roots",
                                        [MJL_RECORD_LARGE] = "large",
                                        [MJL_RECORD_LARGE_SAY] = "large say",
                                        [MJL_RECORD_LARGE_PART] = "large part"};
    if (kind >= sizeof names / sizeof names[0] || names[kind] == NULL) return "";
    return names[kind];
}
