/* Large messages that are still to be said, as records. */
#include "large.h"

#include "lists.h"
#include "record_kinds.h"
#include "session_state.h"

enum { HEAD_FIELDS = 4, SAY_FIELDS = 14, LARGE_FORMAT = 1, PART_BITS = 16 };

/* ---- Saving ---- */

static mjl_result put(mjl_records *records, uint32_t session, uint16_t kind, uint64_t number,
                      mjl_bytes value)
{
    uint8_t key[8];
    mjl_key_of_number(number, key);
    return mjl_records_put(records, session, kind, mjl_bytes_of(key, sizeof key), value);
}

static mjl_result erase(mjl_records *records, uint32_t session, uint16_t kind, uint64_t number)
{
    uint8_t key[8];
    mjl_key_of_number(number, key);
    return mjl_records_delete(records, session, kind, mjl_bytes_of(key, sizeof key));
}

static mjl_result erase_parts(mjl_records *records, uint32_t session, uint64_t number,
                              uint32_t from, uint32_t to)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = from; result == MJL_OK && i < to; i++) {
        result = erase(records, session, MJL_RECORD_LARGE_PART, number << PART_BITS | i);
    }
    return result;
}

static mjl_result save_head(const mjl_large *large, uint32_t session, mjl_records *records)
{
    mjl_buffer value = {0};
    mjl_pack pack = mjl_pack_to(&value);
    mjl_pack_array(&pack, HEAD_FIELDS);
    mjl_pack_uint(&pack, LARGE_FORMAT);
    mjl_pack_uint(&pack, large->next_number);
    mjl_pack_uint(&pack, large->task);
    mjl_pack_uint(&pack, large->last_place);
    mjl_result result = pack.result;
    if (result == MJL_OK) {
        result = mjl_records_put(records, session, MJL_RECORD_LARGE, mjl_bytes_of(NULL, 0),
                                 mjl_buffer_bytes(&value));
    }
    mjl_buffer_clear(&value);
    return result;
}

static mjl_result save_say(const mjl_large_say *say, uint32_t session, mjl_records *records)
{
    mjl_buffer value = {0};
    mjl_pack pack = mjl_pack_to(&value);
    mjl_pack_array(&pack, SAY_FIELDS);
    mjl_pack_uint(&pack, LARGE_FORMAT);
    mjl_pack_uint(&pack, say->number);
    mjl_pack_id(&pack, &say->message);
    mjl_pack_uint(&pack, say->if_grown);
    mjl_pack_bool(&pack, say->asks);
    mjl_pack_bool(&pack, say->is_placed);
    mjl_pack_uint(&pack, say->roster_epoch);
    mjl_pack_uint(&pack, say->staged_from);
    mjl_pack_uint(&pack, say->done);
    mjl_pack_uint(&pack, say->done_in);
    mjl_pack_uint(&pack, say->everyone);
    mjl_pack_uint(&pack, say->shown_done);
    mjl_pack_uint(&pack, say->shown_everyone);
    mjl_pack_bin(&pack, mjl_buffer_bytes(&say->content));
    mjl_result result = pack.result;
    if (result == MJL_OK) {
        result = put(records, session, MJL_RECORD_LARGE_SAY, say->number, mjl_buffer_bytes(&value));
    }
    mjl_buffer_clear(&value);
    return result;
}

static mjl_result save_staged(const mjl_large_say *say, uint32_t session, mjl_records *records)
{
    if (say->staged == NULL) return MJL_OK;
    if (say->is_staged) {
        return erase_parts(records, session, say->number, say->erased_to, say->staged_from);
    }
    mjl_result result = MJL_OK;
    for (uint32_t i = say->staged_from; result == MJL_OK && i < say->parts_count; i++) {
        result = put(records, session, MJL_RECORD_LARGE_PART, say->number << PART_BITS | i,
                     mjl_buffer_bytes(&say->staged[i]));
    }
    return result;
}

mjl_result mjl_large_save(mjl_large *large, uint32_t session, mjl_records *records)
{
    mjl_result result = large->dirty ? save_head(large, session, records) : MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < large->gone_count; i++) {
        const struct mjl_large_gone *gone = &large->gone[i];
        result = erase(records, session, MJL_RECORD_LARGE_SAY, gone->number);
        if (result == MJL_OK) {
            result = erase_parts(records, session, gone->number, gone->parts_from, gone->parts_to);
        }
    }
    for (size_t i = 0; result == MJL_OK && i < large->says_count; i++) {
        const mjl_large_say *say = &large->says[i];
        if (!say->dirty) continue;
        result = save_say(say, session, records);
        if (result == MJL_OK) result = save_staged(say, session, records);
    }
    return result;
}

void mjl_large_persisted(mjl_large *large)
{
    large->dirty = false;
    large->gone_count = 0;
    for (size_t i = 0; i < large->says_count; i++) {
        mjl_large_say *const say = &large->says[i];
        say->dirty = false;
        say->is_staged = true;
        say->erased_to = say->staged_from;
    }
}

/* ---- Loading ---- */

mjl_result mjl_large_load_head(mjl_large *large, mjl_bytes saved)
{
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, HEAD_FIELDS);
    if (mjl_unpack_uint(&unpack) != LARGE_FORMAT) mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    large->next_number = mjl_unpack_uint(&unpack);
    large->task = mjl_unpack_uint(&unpack);
    large->last_place = (uint32_t)mjl_unpack_uint_to(&unpack, UINT32_MAX);
    return mjl_unpack_end(&unpack);
}

/* What the content says that the record need not say again. */
static mjl_result fill_from_content(mjl_large_say *say)
{
    mjl_large_body *body = calloc(1, sizeof *body);
    if (body == NULL) return MJL_OUT_OF_MEMORY;
    mjl_content content;
    mjl_result result = mjl_content_decode(mjl_buffer_bytes(&say->content), &content);
    if (result == MJL_OK) result = mjl_large_decode(content.body, body);
    const bool fits =
        result != MJL_OK || (say->staged_from <= body->parts_count &&
                             say->done <= body->parts_count && say->everyone <= body->parts_count);
    if (!fits) result = MJL_STORE_DAMAGED;
    if (result == MJL_OK) {
        say->parts_count = (uint32_t)body->parts_count;
        memcpy(say->of, body->of, sizeof say->of);
        say->parts = calloc(say->parts_count, sizeof *say->parts);
        say->staged = calloc(say->parts_count, sizeof *say->staged);
        if (say->parts == NULL || say->staged == NULL) {
            result = MJL_OUT_OF_MEMORY;
        } else {
            memcpy(say->parts, body->parts, say->parts_count * sizeof *say->parts);
        }
    }
    free(body);
    return result;
}

mjl_result mjl_large_load_say(mjl_large *large, uint64_t number, mjl_bytes saved)
{
    mjl_large_say say = {.is_staged = true};
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, SAY_FIELDS);
    if (mjl_unpack_uint(&unpack) != LARGE_FORMAT) mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    say.number = mjl_unpack_uint(&unpack);
    say.message = mjl_unpack_id(&unpack);
    say.if_grown = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_IF_GROWN_SEND);
    say.asks = mjl_unpack_bool(&unpack);
    say.is_placed = mjl_unpack_bool(&unpack);
    say.roster_epoch = (uint32_t)mjl_unpack_uint_to(&unpack, UINT32_MAX);
    say.staged_from = say.erased_to = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    say.done = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    say.done_in = (uint32_t)mjl_unpack_uint_to(&unpack, UINT32_MAX);
    say.everyone = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    say.shown_done = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    say.shown_everyone = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    const mjl_bytes content = mjl_unpack_bin(&unpack);
    mjl_result result = mjl_unpack_end(&unpack);
    if (result == MJL_OK && (say.number != number || number >= large->next_number)) {
        result = MJL_STORE_DAMAGED;
    }
    if (result == MJL_OK) result = mjl_buffer_append(&say.content, content);
    if (result == MJL_OK) result = fill_from_content(&say);
    if (result == MJL_OK) result = mjl_large_add_say(large, &say);
    if (result != MJL_OK) mjl_large_say_clear(&say);
    return result;
}

mjl_result mjl_large_load_part(mjl_large *large, uint64_t key, mjl_bytes saved)
{
    const uint32_t index = (uint32_t)(key & ((1u << PART_BITS) - 1));
    for (size_t i = 0; i < large->says_count; i++) {
        mjl_large_say *const say = &large->says[i];
        if (say->number != key >> PART_BITS) continue;
        if (index < say->staged_from || index >= say->parts_count) return MJL_STORE_DAMAGED;
        return mjl_buffer_append(&say->staged[index], saved);
    }
    return MJL_STORE_DAMAGED;
}

/* ---- Every promise ---- */

static bool say_is_sound(const mjl_session *session, const mjl_large_say *say)
{
    if (say->is_placed && say->staged_from < say->parts_count) return false;
    if (say->staged_from > say->parts_count || say->erased_to > say->staged_from) return false;
    for (uint32_t i = 0; i < say->parts_count; i++) {
        const bool is_staged = say->staged != NULL && say->staged[i].size > 0;
        if (is_staged != (i >= say->staged_from)) return false;
        if (!is_staged && mjl_large_find_part(session, &say->parts[i]) == MJL_NO_INDEX) {
            return false;
        }
    }
    return true;
}

static bool incoming_is_sound(const mjl_session *session, const mjl_incoming *incoming)
{
    uint32_t done = 0;
    size_t bytes = 0;
    for (uint32_t i = 0; i < incoming->parts_count; i++) {
        if (incoming->places[i] == MJL_NO_INDEX) continue;
        const mjl_holding *holding = &session->holdings.entries[incoming->places[i]];
        if (holding->type != MJL_TYPE_PART || holding->content.size == 0) return false;
        bytes += holding->content.size;
        done++;
    }
    return done > 0 && done == incoming->done && bytes == incoming->bytes &&
           bytes <= MJL_INCOMING_BYTES_PER_AUTHOR_MAX;
}

bool mjl_large_is_sound(const mjl_session *session)
{
    const mjl_large *large = &session->large;
    for (size_t i = 0; i < large->says_count; i++) {
        if (large->says[i].number >= large->next_number) return false;
        if (i > 0 && large->says[i - 1].number >= large->says[i].number) return false;
        if (!say_is_sound(session, &large->says[i])) return false;
    }
    for (size_t i = 0; i < large->incoming_count; i++) {
        if (!incoming_is_sound(session, &large->incoming[i])) return false;
    }
    for (size_t i = 0; i < large->incomplete_count; i++) {
        const mjl_holding *holding = &session->holdings.entries[large->incomplete[i].place];
        if (holding->type != MJL_TYPE_LARGE || holding->delivered_number != 0) return false;
    }
    return true;
}
