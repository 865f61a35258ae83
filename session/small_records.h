/*
 * The records of the session's smaller things, each a canonical array, writing above reading.
 *
 * Errors when reading: the codes of `pack.h`. What numbers mean for other rooms (indices, tasks) is
 * checked by load.c.
 */
#ifndef MAJLIS_SESSION_SMALL_RECORDS_H
#define MAJLIS_SESSION_SMALL_RECORDS_H

#include "session_state.h"

MJL_MUST_USE mjl_result mjl_save_epoch(const mjl_epoch *epoch, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_epoch(mjl_bytes saved, mjl_epoch *epoch);

/* `owed`: the record of the acks of that place; empty for one that is full. */
MJL_MUST_USE mjl_result mjl_save_holding(const mjl_holding *holding, mjl_bytes owed,
                                         mjl_buffer *out);
/* `owed` borrows from `saved`. */
MJL_MUST_USE mjl_result mjl_load_holding(mjl_bytes saved, mjl_holding *holding, mjl_bytes *owed);

MJL_MUST_USE mjl_result mjl_save_presence(const mjl_presence_entry *entry, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_presence(mjl_bytes saved, mjl_presence_entry *entry);

MJL_MUST_USE mjl_result mjl_save_intent(const mjl_intent_entry *intent, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_intent(mjl_bytes saved, mjl_intent_entry *intent);

MJL_MUST_USE mjl_result mjl_save_request(const mjl_join_request *request, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_request(mjl_bytes saved, mjl_join_request *request);

MJL_MUST_USE mjl_result mjl_save_unknown(const mjl_unknown_packet *packet, mjl_buffer *out);
/* `bytes` borrows from `saved`. */
MJL_MUST_USE mjl_result mjl_load_unknown(mjl_bytes saved, mjl_unknown_packet *packet,
                                         mjl_bytes *bytes);

MJL_MUST_USE mjl_result mjl_save_warning(const mjl_warning *warning, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_warning(mjl_bytes saved, mjl_warning *warning);

MJL_MUST_USE mjl_result mjl_save_gap(const mjl_missing *gap, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_gap(mjl_bytes saved, mjl_missing *gap);

MJL_MUST_USE mjl_result mjl_save_answer(const mjl_answer *answer, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_answer(mjl_bytes saved, mjl_answer *answer);

MJL_MUST_USE mjl_result mjl_save_say(const mjl_queued_say *say, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_load_say(mjl_bytes saved, mjl_queued_say *say);

#endif
