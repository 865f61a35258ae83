/* What members keep: their records, opened. */
#include "party.h"
#include "seeds.h"
#include "weak_suite.h"

#include "record_kinds.h"
#include "records.h"
#include "session_state.h"

static const struct {
    uint16_t kind;
    const char *target;
} targets[] = {
    {MJL_RECORD_PROFILE, "record_profile"},   {MJL_RECORD_OUTBOX, "record_outbox"},
    {MJL_RECORD_EVENT, "record_event"},       {MJL_RECORD_SESSION, "record_session"},
    {MJL_RECORD_ACKS, "record_acks"},         {MJL_RECORD_EPOCH, "record_epoch"},
    {MJL_RECORD_GROUP, "saved_group"},        {MJL_RECORD_HOLDING, "record_holding"},
    {MJL_RECORD_PRESENCE, "record_presence"}, {MJL_RECORD_INTENT, "record_intent"},
    {MJL_RECORD_REQUEST, "record_request"},   {MJL_RECORD_WARNING, "record_warning"},
    {MJL_RECORD_GAP, "record_gap"},           {MJL_RECORD_ANSWER, "record_answer"},
    {MJL_RECORD_QUEUED_SAY, "record_say"},    {MJL_RECORD_UNKNOWN_EPOCH, "record_unknown"}};

/* Records that are read one after the other, of one session: those that belong together. */
typedef struct gathered {
    mjl_buffer graph, ratchets, schedule, pending;
    uint64_t epoch; /* Whose ratchets. */
} gathered;

static void gather(gathered *all, const mjl_record *record)
{
    const uint16_t kind = record->place.kind;
    const uint8_t graph_kinds[] = {0, 1, 2};
    const uint64_t number =
        record->place.key.size == 8 ? mjl_number_of_key(record->place.key.data) : 0;
    if (kind == MJL_RECORD_AUTHOR || kind == MJL_RECORD_GRAPH_EPOCH || kind == MJL_RECORD_PLACE) {
        seed_append(&all->graph, mjl_bytes_of(&graph_kinds[kind - MJL_RECORD_AUTHOR], 1));
        seed_part(&all->graph, record->value);
    } else if (kind == MJL_RECORD_SCHEDULE || kind == MJL_RECORD_TASK) {
        seed_part(&all->schedule, record->value);
    } else if (kind == MJL_RECORD_PENDING) {
        seed_part(&all->pending, record->value);
    } else if (kind == MJL_RECORD_RATCHETS) {
        const uint8_t part = (uint8_t)number;
        if (number >> 32 != all->epoch) mjl_buffer_clear(&all->ratchets);
        all->epoch = number >> 32;
        if (part != 0) seed_append(&all->ratchets, mjl_bytes_of(&part, 1));
        seed_part(&all->ratchets, record->value);
    }
}

static void put_gathered(gathered *all)
{
    if (all->graph.size > 0) seed_put("record_graph", mjl_buffer_bytes(&all->graph));
    if (all->ratchets.size > 0) seed_put("saved_ratchet_parts", mjl_buffer_bytes(&all->ratchets));
    if (all->schedule.size > 0) seed_put("schedule_records", mjl_buffer_bytes(&all->schedule));
    if (all->pending.size > 0) seed_put("record_pending", mjl_buffer_bytes(&all->pending));
    mjl_buffer_clear(&all->graph);
    mjl_buffer_clear(&all->ratchets);
    mjl_buffer_clear(&all->schedule);
    mjl_buffer_clear(&all->pending);
}

static void seeds_of_disk(const party *of, uint32_t who)
{
    fuzz_chance chance = {3, 0};
    mjl_store *store = NULL;
    mjl_records *records = NULL;
    mjl_result result = mjl_store_memory_open(of->members[who].disk, &store);
    if (result == MJL_OK)
        result = mjl_records_open(store, party_store_key, fuzz_random(&chance), &records);
    assert(result == MJL_OK);
    mjl_records_cursor cursor = mjl_records_loaded(records);
    mjl_record record;
    gathered all = {.epoch = 0};
    while (mjl_records_next(records, &cursor, &record)) {
        gather(&all, &record);
        for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
            if (targets[i].kind == record.place.kind) seed_put(targets[i].target, record.value);
        }
    }
    put_gathered(&all);
    mjl_records_free(records);
}

/* Whole values that a disk holds in parts. */
static void seeds_of_session(const mjl_session *session)
{
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const mjl_mls_ratchets *ratchets = session->branches.epochs[i].ratchets;
        mjl_buffer saved = {0};
        if (ratchets == NULL) continue;
        const mjl_result result = mjl_mls_ratchets_save(ratchets, &saved);
        assert(result == MJL_OK);
        seed_put("saved_ratchets", mjl_buffer_bytes(&saved));
        mjl_buffer_clear(&saved);
    }
    if (session->joining.secret.size > 0)
        seed_put("saved_key_package", mjl_buffer_bytes(&session->joining.secret));
}

static void say(party *of, uint32_t who, const char *text)
{
    const mjl_say said = {.size = sizeof said, .body = mjl_bytes_text(text)};
    fuzz_defined(mjl_session_say(party_session(of, who), of->now, &said, NULL, NULL));
}

/* A conversation in which much is amiss: so there is a record of each kind. */
void seeds_of_records(void)
{
    party *const of = party_copy(party_gathered(weak_suites()));
    mjl_intent intent;
    party_run(of, 2000);
    for (size_t turn = 0; turn < 4; turn++) {
        for (uint32_t i = 0; i < 3; i++)
            say(of, i, "amiss");
        if (turn == 1) fuzz_defined(mjl_session_refresh(party_session(of, 0), of->now, &intent));
        party_step_all(of);
        for (size_t i = of->packets_count; i > 0; i -= i > 1 ? 2 : 1) { /* Half, the last first. */
            mjl_verdict verdict;
            const uint32_t to = (of->packets[i - 1].from + 1) % 3;
            party_receive(of, to, mjl_buffer_bytes(&of->packets[i - 1].bytes), &verdict);
            if (turn < 3) continue;
            say(of, to, "queued");
        }
        of->now += turn < 2 ? 1500 : 400000;
        for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
            seeds_of_session(party_session(of, i));
            party_step(of, i);
            party_close(of, i);
            seeds_of_disk(of, i);
            party_reopen(of, i);
        }
    }
    party_free(of);
}
