#include "small_records.h"

#include "lists.h"
#include "pack.h"

/* Flags are written as one number; bit i is the i-th of the list. */
static uint64_t flags(const bool *list, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++)
        number |= (uint64_t)list[i] << i;
    return number;
}

static bool flag(uint64_t number, unsigned i)
{
    return (number >> i & 1) != 0;
}

static uint32_t unpack_u32(mjl_unpack *u)
{
    return (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
}

/* Copies a bin into a buffer of its own; the last thing to be read, so that an error leaves nothing
 * behind. */
static mjl_result own(mjl_result result, mjl_buffer *buffer, mjl_bytes bytes)
{
    return result == MJL_OK ? mjl_buffer_append(buffer, bytes) : result;
}

/* ---- Epoch ---- */

enum { EPOCH_FIELDS = 14 };

mjl_result mjl_save_epoch(const mjl_epoch *epoch, mjl_buffer *out)
{
    const bool list[] = {epoch->is_own,     epoch->removes_us,    epoch->is_void,
                         epoch->is_decided, epoch->has_fork_keys, epoch->is_welcome_overdue,
                         epoch->is_stalled};
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, EPOCH_FIELDS);
    mjl_pack_id(&pack, &epoch->branch);
    mjl_pack_uint(&pack, epoch->number);
    mjl_pack_uint(&pack, epoch->parent);
    mjl_pack_bin(&pack, mjl_bytes_of(epoch->tag, sizeof epoch->tag));
    mjl_pack_bin(&pack, mjl_bytes_of(epoch->header_key, sizeof epoch->header_key));
    mjl_pack_array(&pack, epoch->leaf_count);
    for (uint32_t i = 0; i < epoch->leaf_count; i++)
        mjl_pack_uint(&pack, epoch->roster[i]);
    mjl_pack_uint(&pack, epoch->committer_leaf);
    mjl_pack_uint(&pack, epoch->committer);
    mjl_pack_uint(&pack, epoch->commit_class);
    mjl_pack_int(&pack, epoch->entered_at);
    mjl_pack_uint(&pack, flags(list, sizeof list / sizeof list[0]));
    mjl_pack_uint(&pack, epoch->welcome_state);
    mjl_pack_uint(&pack, epoch->welcome_task);
    mjl_pack_uint(&pack, (uint64_t)epoch->welcome_resends << 32 | epoch->welcome_warning);
    return pack.result;
}

static void load_roster(mjl_unpack *u, mjl_epoch *epoch)
{
    const size_t count = mjl_unpack_array(u);
    if (u->result != MJL_OK) return;
    if (count > MJL_LEAVES_MAX) {
        mjl_unpack_fail(u, MJL_TOO_LARGE);
        return;
    }
    epoch->roster = malloc((count + 1) * sizeof *epoch->roster);
    if (epoch->roster == NULL) {
        mjl_unpack_fail(u, MJL_OUT_OF_MEMORY);
        return;
    }
    epoch->leaf_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        epoch->roster[i] = unpack_u32(u);
}

mjl_result mjl_load_epoch(mjl_bytes saved, mjl_epoch *epoch)
{
    memset(epoch, 0, sizeof *epoch);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, EPOCH_FIELDS);
    epoch->branch = mjl_unpack_id(u);
    epoch->number = mjl_unpack_uint(u);
    epoch->parent = unpack_u32(u);
    mjl_unpack_fixed(u, epoch->tag, sizeof epoch->tag);
    mjl_unpack_fixed(u, epoch->header_key, sizeof epoch->header_key);
    load_roster(u, epoch);
    epoch->committer_leaf = unpack_u32(u);
    epoch->committer = unpack_u32(u);
    epoch->commit_class = (mjl_commit_class)mjl_unpack_uint_to(u, MJL_CLASS_REMOVAL);
    epoch->entered_at = mjl_unpack_int(u);
    const uint64_t number = mjl_unpack_uint_to(u, 127);
    epoch->is_own = flag(number, 0);
    epoch->removes_us = flag(number, 1);
    epoch->is_void = flag(number, 2);
    epoch->is_decided = flag(number, 3);
    epoch->has_fork_keys = flag(number, 4);
    epoch->is_welcome_overdue = flag(number, 5);
    epoch->is_stalled = flag(number, 6);
    epoch->welcome_state = (mjl_welcome_state)mjl_unpack_uint_to(u, MJL_WELCOME_DONE);
    epoch->welcome_task = mjl_unpack_uint(u);
    const uint64_t both = mjl_unpack_uint(u);
    epoch->welcome_resends = (uint32_t)(both >> 32);
    epoch->welcome_warning = (uint32_t)both;
    const mjl_result result = mjl_unpack_end(u);
    if (result != MJL_OK) mjl_epoch_clear(epoch);
    return result;
}

/* ---- Holding ---- */

enum { HOLDING_FIELDS = 20 };

/* Nil: never. */
static void pack_time(mjl_pack *pack, mjl_time at)
{
    if (at == MJL_NEVER)
        mjl_pack_nil(pack);
    else
        mjl_pack_int(pack, at);
}

static mjl_time unpack_time(mjl_unpack *u)
{
    if (!mjl_unpack_is_nil(u)) {
        const mjl_time at = mjl_unpack_int(u);
        if (at > MJL_TIME_MAX) mjl_unpack_fail(u, MJL_TOO_LARGE);
        return at;
    }
    mjl_unpack_nil(u);
    return MJL_NEVER;
}

mjl_result mjl_save_holding(const mjl_holding *holding, mjl_bytes owed, mjl_buffer *out)
{
    const bool list[] = {holding->is_own, holding->is_superseded, holding->tells_removed,
                         holding->is_overdue};
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, HOLDING_FIELDS);
    mjl_pack_uint(&pack, holding->type);
    mjl_pack_uint(&pack, flags(list, sizeof list / sizeof list[0]));
    mjl_pack_id(&pack, &holding->packet_id);
    mjl_pack_int(&pack, holding->accepted_at);
    mjl_pack_int(&pack, holding->last_on_wire);
    mjl_pack_uint(&pack, holding->resends);
    mjl_pack_uint(&pack, holding->outgoing);
    mjl_pack_uint(&pack, holding->wire_count);
    mjl_pack_uint(&pack, holding->step);
    pack_time(&pack, holding->resend_at);
    pack_time(&pack, holding->overdue_at);
    mjl_pack_uint(&pack, holding->warning);
    mjl_pack_uint(&pack, holding->shown_state);
    mjl_pack_uint(&pack, (uint64_t)holding->shown_held << 32 | holding->shown_readers);
    mjl_pack_uint(&pack, holding->if_grown);
    mjl_pack_uint(&pack, holding->delivered_number);
    mjl_pack_uint(&pack, holding->roster_epoch);
    mjl_pack_uint(&pack, holding->generation);
    mjl_pack_int(&pack, holding->held_at);
    mjl_pack_bin(&pack, owed);
    return pack.result;
}

mjl_result mjl_load_holding(mjl_bytes saved, mjl_holding *holding, mjl_bytes *owed)
{
    memset(holding, 0, sizeof *holding);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, HOLDING_FIELDS);
    holding->type = unpack_u32(u);
    const uint64_t number = mjl_unpack_uint_to(u, 15);
    holding->is_own = flag(number, 0);
    holding->is_superseded = flag(number, 1);
    holding->tells_removed = flag(number, 2);
    holding->is_overdue = flag(number, 3);
    holding->packet_id = mjl_unpack_id(u);
    holding->accepted_at = mjl_unpack_int(u);
    holding->last_on_wire = mjl_unpack_int(u);
    holding->resends = unpack_u32(u);
    holding->outgoing = mjl_unpack_uint(u);
    holding->wire_count = unpack_u32(u);
    holding->step = unpack_u32(u);
    holding->resend_at = unpack_time(u);
    holding->overdue_at = unpack_time(u);
    holding->warning = mjl_unpack_uint(u);
    holding->shown_state = unpack_u32(u);
    const uint64_t both = mjl_unpack_uint(u);
    holding->shown_held = (uint32_t)(both >> 32);
    holding->shown_readers = (uint32_t)both;
    holding->if_grown = unpack_u32(u);
    holding->delivered_number = unpack_u32(u);
    holding->roster_epoch = unpack_u32(u);
    holding->generation = unpack_u32(u);
    holding->held_at = mjl_unpack_int(u);
    *owed = mjl_unpack_bin(u);
    return mjl_unpack_end(u);
}

/* ---- Presence ---- */

enum { PRESENCE_FIELDS = 15 };

mjl_result mjl_save_presence(const mjl_presence_entry *entry, mjl_buffer *out)
{
    const bool list[] = {entry->has_nonce, entry->owes_echo, entry->is_leaving, entry->is_verified,
                         entry->echo_first};
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, PRESENCE_FIELDS);
    mjl_pack_int(&pack, entry->last_heard);
    mjl_pack_uint(&pack, entry->heard_epoch);
    mjl_pack_uint(&pack, entry->lives_in);
    mjl_pack_int(&pack, entry->lives_since);
    mjl_pack_int(&pack, entry->lives_heard);
    mjl_pack_uint(&pack, entry->counter);
    mjl_pack_uint(&pack, entry->knock_counter);
    mjl_pack_int(&pack, entry->nonce_since);
    mjl_pack_int(&pack, entry->fresh_asked_at);
    mjl_pack_uint(&pack, entry->fresh_warning);
    mjl_pack_int(&pack, entry->away_since);
    mjl_pack_int(&pack, entry->away_until);
    mjl_pack_bin(&pack, mjl_bytes_of(entry->nonce, sizeof entry->nonce));
    mjl_pack_uint(&pack, flags(list, sizeof list / sizeof list[0]));
    mjl_pack_id(&pack, &entry->fin);
    return pack.result;
}

mjl_result mjl_load_presence(mjl_bytes saved, mjl_presence_entry *entry)
{
    memset(entry, 0, sizeof *entry);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, PRESENCE_FIELDS);
    entry->last_heard = mjl_unpack_int(u);
    entry->heard_epoch = mjl_unpack_uint(u);
    entry->lives_in = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    entry->lives_since = mjl_unpack_int(u);
    entry->lives_heard = mjl_unpack_int(u);
    entry->counter = mjl_unpack_uint(u);
    entry->knock_counter = mjl_unpack_uint(u);
    entry->nonce_since = mjl_unpack_int(u);
    entry->fresh_asked_at = mjl_unpack_int(u);
    entry->fresh_warning = mjl_unpack_uint(u);
    entry->away_since = mjl_unpack_int(u);
    entry->away_until = mjl_unpack_int(u);
    mjl_unpack_fixed(u, entry->nonce, sizeof entry->nonce);
    const uint64_t number = mjl_unpack_uint_to(u, 31);
    entry->has_nonce = flag(number, 0);
    entry->owes_echo = flag(number, 1);
    entry->is_leaving = flag(number, 2);
    entry->is_verified = flag(number, 3);
    entry->echo_first = flag(number, 4);
    entry->fin = mjl_unpack_id(u);
    return mjl_unpack_end(u);
}

/* ---- Intent ---- */

enum { INTENT_FIELDS = 9 };

mjl_result mjl_save_intent(const mjl_intent_entry *intent, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, INTENT_FIELDS);
    mjl_pack_uint(&pack, intent->number);
    mjl_pack_uint(&pack, intent->kind);
    mjl_pack_uint(&pack, intent->state);
    mjl_pack_id(&pack, &intent->subject);
    mjl_pack_bool(&pack, intent->has_basis);
    mjl_pack_id(&pack, &intent->basis);
    mjl_pack_id(&pack, &intent->commit);
    mjl_pack_id(&pack, &intent->replaces);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&intent->key_package));
    return pack.result;
}

mjl_result mjl_load_intent(mjl_bytes saved, mjl_intent_entry *intent)
{
    memset(intent, 0, sizeof *intent);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, INTENT_FIELDS);
    intent->number = mjl_unpack_uint(u);
    intent->kind = (mjl_intent_kind)mjl_unpack_uint_to(u, MJL_INTENT_RESTORE);
    intent->state = (mjl_intent_state)mjl_unpack_uint_to(u, MJL_INTENT_AGAIN);
    intent->subject = mjl_unpack_id(u);
    intent->has_basis = mjl_unpack_bool(u);
    intent->basis = mjl_unpack_id(u);
    intent->commit = mjl_unpack_id(u);
    intent->replaces = mjl_unpack_id(u);
    const mjl_bytes key_package = mjl_unpack_bin(u);
    return own(mjl_unpack_end(u), &intent->key_package, key_package);
}

/* ---- Join request ---- */

enum { REQUEST_FIELDS = 9 };

mjl_result mjl_save_request(const mjl_join_request *request, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, REQUEST_FIELDS);
    mjl_pack_uint(&pack, request->number);
    mjl_pack_id(&pack, &request->reference);
    mjl_pack_id(&pack, &request->requester);
    mjl_pack_int(&pack, request->first_seen);
    mjl_pack_bool(&pack, request->is_restore);
    mjl_pack_id(&pack, &request->replaces);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&request->user_id));
    mjl_pack_bin(&pack, mjl_buffer_bytes(&request->display_name));
    mjl_pack_bin(&pack, mjl_buffer_bytes(&request->key_package));
    return pack.result;
}

mjl_result mjl_load_request(mjl_bytes saved, mjl_join_request *request)
{
    memset(request, 0, sizeof *request);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, REQUEST_FIELDS);
    request->number = mjl_unpack_uint(u);
    request->reference = mjl_unpack_id(u);
    request->requester = mjl_unpack_id(u);
    request->first_seen = mjl_unpack_int(u);
    request->is_restore = mjl_unpack_bool(u);
    request->replaces = mjl_unpack_id(u);
    const mjl_bytes user_id = mjl_unpack_bin(u);
    const mjl_bytes display_name = mjl_unpack_bin(u);
    const mjl_bytes key_package = mjl_unpack_bin(u);
    mjl_result result = own(mjl_unpack_end(u), &request->user_id, user_id);
    result = own(result, &request->display_name, display_name);
    return own(result, &request->key_package, key_package);
}

/* ---- A packet of an unknown epoch ---- */

enum { UNKNOWN_FIELDS = 3 };

mjl_result mjl_save_unknown(const mjl_unknown_packet *packet, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, UNKNOWN_FIELDS);
    mjl_pack_uint(&pack, packet->epoch);
    mjl_pack_id(&pack, &packet->packet_id);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&packet->packet));
    return pack.result;
}

mjl_result mjl_load_unknown(mjl_bytes saved, mjl_unknown_packet *packet, mjl_bytes *bytes)
{
    memset(packet, 0, sizeof *packet);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, UNKNOWN_FIELDS);
    packet->epoch = mjl_unpack_uint(&unpack);
    packet->packet_id = mjl_unpack_id(&unpack);
    *bytes = mjl_unpack_bin(&unpack);
    return mjl_unpack_end(&unpack);
}

/* ---- Warning and gap ---- */

enum { WARNING_FIELDS = 6, GAP_FIELDS = 6 };

mjl_result mjl_save_warning(const mjl_warning *warning, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, WARNING_FIELDS);
    mjl_pack_uint(&pack, warning->number);
    mjl_pack_uint(&pack, warning->kind);
    mjl_pack_id(&pack, &warning->subject);
    mjl_pack_int(&pack, warning->raised_at);
    mjl_pack_uint(&pack, warning->told_severity);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&warning->missing));
    return pack.result;
}

mjl_result mjl_load_warning(mjl_bytes saved, mjl_warning *warning)
{
    memset(warning, 0, sizeof *warning);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, WARNING_FIELDS);
    warning->number = mjl_unpack_uint(u);
    warning->kind = (mjl_warning_kind)mjl_unpack_uint_to(u, MJL_WARNING_LEFT_BEHIND);
    warning->subject = mjl_unpack_id(u);
    warning->raised_at = mjl_unpack_int(u);
    warning->told_severity = (mjl_severity)mjl_unpack_uint_to(u, MJL_SEVERITY_WARNING);
    const mjl_bytes missing = mjl_unpack_bin(u);
    return own(mjl_unpack_end(u), &warning->missing, missing);
}

mjl_result mjl_save_gap(const mjl_missing *gap, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, GAP_FIELDS);
    mjl_pack_uint(&pack, gap->number);
    mjl_pack_id(&pack, &gap->place);
    mjl_pack_uint(&pack, gap->epoch);
    mjl_pack_int(&pack, gap->due);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&gap->stated_by));
    mjl_pack_uint(&pack, gap->warning);
    return pack.result;
}

mjl_result mjl_load_gap(mjl_bytes saved, mjl_missing *gap)
{
    memset(gap, 0, sizeof *gap);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, GAP_FIELDS);
    gap->number = mjl_unpack_uint(u);
    gap->place = mjl_unpack_id(u);
    gap->epoch = mjl_unpack_uint(u);
    gap->due = mjl_unpack_int(u);
    const mjl_bytes stated_by = mjl_unpack_bin(u);
    gap->warning = mjl_unpack_uint(u);
    return own(mjl_unpack_end(u), &gap->stated_by, stated_by);
}

/* ---- A message without a place ---- */

enum { SAY_FIELDS = 5 };

mjl_result mjl_save_say(const mjl_queued_say *say, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, SAY_FIELDS);
    mjl_pack_uint(&pack, say->number);
    mjl_pack_id(&pack, &say->message);
    mjl_pack_uint(&pack, say->if_grown);
    mjl_pack_bool(&pack, say->asks);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&say->content));
    return pack.result;
}

mjl_result mjl_load_say(mjl_bytes saved, mjl_queued_say *say)
{
    memset(say, 0, sizeof *say);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, SAY_FIELDS);
    say->number = mjl_unpack_uint(u);
    say->message = mjl_unpack_id(u);
    say->if_grown = unpack_u32(u);
    say->asks = mjl_unpack_bool(u);
    const mjl_bytes content = mjl_unpack_bin(u);
    return own(mjl_unpack_end(u), &say->content, content);
}

/* ---- Answer ---- */

enum { ANSWER_FIELDS = 6 };

mjl_result mjl_save_answer(const mjl_answer *answer, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, ANSWER_FIELDS);
    mjl_pack_uint(&pack, answer->author);
    mjl_pack_int(&pack, answer->asked_at);
    mjl_pack_int(&pack, answer->last_page_at);
    mjl_pack_bool(&pack, answer->is_knock);
    mjl_pack_uint(&pack, answer->task);
    mjl_pack_array(&pack, answer->count);
    for (uint32_t i = 0; i < answer->count; i++)
        mjl_pack_uint(&pack, answer->places[i]);
    return pack.result;
}

mjl_result mjl_load_answer(mjl_bytes saved, mjl_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, ANSWER_FIELDS);
    answer->author = unpack_u32(u);
    answer->asked_at = mjl_unpack_int(u);
    answer->last_page_at = mjl_unpack_int(u);
    answer->is_knock = mjl_unpack_bool(u);
    answer->task = mjl_unpack_uint(u);
    const size_t count = mjl_unpack_array(u);
    if (count > MJL_ANSWER_PACKETS_MAX) mjl_unpack_fail(u, MJL_TOO_LARGE);
    if (u->result != MJL_OK) return u->result;
    answer->places = malloc((count + 1) * sizeof *answer->places);
    if (answer->places == NULL) return MJL_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++)
        answer->places[answer->count++] = unpack_u32(u);
    const mjl_result result = mjl_unpack_end(u);
    if (result != MJL_OK) free(answer->places);
    return result;
}
