/* Proofs and evidence as records. */
#include "evidence.h"
#include "lists.h"
#include "pack.h"
#include "record_kinds.h"
#include "session_state.h"
#include "store/records.h"

enum { EVIDENCE_RECORD_FIELDS = 5 };

static mjl_result save_proofs(const mjl_session *session, mjl_records *records)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < session->evidences.proofs_count; i++) {
        const mjl_proof *proof = &session->evidences.proofs[i];
        uint8_t key[8];
        mjl_key_of_number(proof->place, key);
        result = mjl_records_put(records, session->number, MJL_RECORD_PROOF,
                                 mjl_bytes_of(key, sizeof key), mjl_buffer_bytes(&proof->bytes));
    }
    return result;
}

/* Of an epoch whose keys went: nothing more can be opened there, so nothing can contradict. */
static mjl_result erase_proofs(const mjl_session *session, uint32_t epoch, mjl_records *records)
{
    const uint32_t count = mjl_transcript_places_count(session->transcript);
    mjl_result result = MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < count; i++) {
        if (mjl_transcript_place(session->transcript, i)->epoch != epoch) continue;
        uint8_t key[8];
        mjl_key_of_number(i, key);
        result = mjl_records_delete(records, session->number, MJL_RECORD_PROOF,
                                    mjl_bytes_of(key, sizeof key));
    }
    return result;
}

static mjl_result save_entry(const mjl_session *session, const mjl_evidence_entry *entry,
                             mjl_records *records)
{
    mjl_buffer value = {0};
    uint8_t key[8];
    mjl_key_of_number(entry->number, key);
    mjl_pack pack = mjl_pack_to(&value);
    mjl_pack_array(&pack, EVIDENCE_RECORD_FIELDS);
    mjl_pack_id(&pack, &entry->author);
    mjl_pack_id(&pack, &entry->branch);
    mjl_pack_uint(&pack, entry->epoch);
    mjl_pack_int(&pack, entry->found_at);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&entry->bytes));
    mjl_result result = pack.result;
    if (result == MJL_OK) {
        result = mjl_records_put(records, session->number, MJL_RECORD_EVIDENCE,
                                 mjl_bytes_of(key, sizeof key), mjl_buffer_bytes(&value));
    }
    mjl_buffer_clear(&value);
    return result;
}

mjl_result mjl_evidence_save(const mjl_session *session, mjl_records *records)
{
    const mjl_evidences *evidences = &session->evidences;
    mjl_result result = save_proofs(session, records);
    for (uint32_t i = 0; result == MJL_OK && i < session->branches.count; i++) {
        const mjl_epoch *epoch = &session->branches.epochs[i];
        if (epoch->ratchets_dirty && epoch->ratchets == NULL) {
            result = erase_proofs(session, i, records);
        }
    }
    for (size_t i = 0; result == MJL_OK && i < evidences->gone_count; i++) {
        uint8_t key[8];
        mjl_key_of_number(evidences->gone[i], key);
        result = mjl_records_delete(records, session->number, MJL_RECORD_EVIDENCE,
                                    mjl_bytes_of(key, sizeof key));
    }
    for (size_t i = 0; result == MJL_OK && i < evidences->count; i++) {
        if (!evidences->entries[i].dirty) continue;
        result = save_entry(session, &evidences->entries[i], records);
    }
    return result;
}

void mjl_evidence_persisted(mjl_session *session)
{
    mjl_evidences *const evidences = &session->evidences;
    for (size_t i = 0; i < evidences->proofs_count; i++)
        mjl_buffer_clear(&evidences->proofs[i].bytes);
    evidences->proofs_count = 0;
    for (size_t i = 0; i < evidences->count; i++)
        evidences->entries[i].dirty = false;
    evidences->gone_count = 0;
}

mjl_result mjl_evidence_load(mjl_session *session, uint64_t number, mjl_bytes value)
{
    mjl_evidences *const evidences = &session->evidences;
    mjl_evidence_entry entry = {.number = number};
    mjl_unpack unpack = mjl_unpack_from(value);
    mjl_unpack_array_of(&unpack, EVIDENCE_RECORD_FIELDS);
    entry.author = mjl_unpack_id(&unpack);
    entry.branch = mjl_unpack_id(&unpack);
    entry.epoch = mjl_unpack_uint(&unpack);
    entry.found_at = mjl_unpack_int(&unpack);
    const mjl_bytes bytes = mjl_unpack_bin(&unpack);
    if (mjl_unpack_end(&unpack) != MJL_OK) return MJL_STORE_DAMAGED;
    if (evidences->count == MJL_EVIDENCE_MAX) return MJL_STORE_DAMAGED;
    const mjl_result result = mjl_buffer_append(&entry.bytes, bytes);
    if (result == MJL_OK) evidences->entries[evidences->count++] = entry;
    return result;
}
