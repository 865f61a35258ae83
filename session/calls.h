/*
 * What the calls of an application do, behind the public functions (calls.c), which go through the
 * table of inputs (inputs.h) so that each can be recorded. Whoever is inside the engine calls
 * these, never the public ones: an input within an input would be recorded twice. No pointer is
 * missing here, but for the id that an input may lack: calls.c has looked.
 */
#ifndef MAJLIS_SESSION_CALLS_H
#define MAJLIS_SESSION_CALLS_H

#include "majlis/event.h"
#include "majlis/evidence.h"

/* `sealing` is the random source of the store, which no state depends on; NULL: the profile's. */
MJL_MUST_USE mjl_result mjl_do_open(const mjl_profile_config *config, const mjl_random *sealing,
                                    mjl_profile **profile);
void mjl_do_close(mjl_profile *profile);
MJL_MUST_USE mjl_result mjl_do_receive(mjl_profile *profile, mjl_time now, mjl_transport_id from,
                                       mjl_bytes packet, mjl_verdict *verdict);
MJL_MUST_USE mjl_result mjl_do_transport_state(mjl_profile *profile, mjl_time now,
                                               mjl_transport_id id, mjl_transport_state state);
MJL_MUST_USE mjl_result mjl_do_step(mjl_profile *profile, mjl_time now);
MJL_MUST_USE mjl_result mjl_do_next_packet(mjl_profile *profile, mjl_packet *packet);
mjl_result mjl_do_packet_sent(mjl_profile *profile, uint64_t number);
MJL_MUST_USE mjl_result mjl_do_next_event(mjl_profile *profile, mjl_event *event);
mjl_result mjl_do_event_settled(mjl_profile *profile, uint64_t number);
MJL_MUST_USE mjl_result mjl_do_note_set(mjl_profile *profile, mjl_bytes name, mjl_bytes value);

MJL_MUST_USE mjl_result mjl_do_create(mjl_profile *profile, mjl_time now, const mjl_create *create,
                                      mjl_session **session);
MJL_MUST_USE mjl_result mjl_do_join(mjl_profile *profile, mjl_time now, const mjl_join *join,
                                    mjl_session **session);
MJL_MUST_USE mjl_result mjl_do_say(mjl_session *session, mjl_time now, const mjl_say *say,
                                   mjl_message_id *message, mjl_said *said);
MJL_MUST_USE mjl_result mjl_do_agree(mjl_session *session, mjl_time now,
                                     const mjl_message_id *message);
MJL_MUST_USE mjl_result mjl_do_invite(mjl_session *session, mjl_time now,
                                      const mjl_member_id *requester, mjl_intent *intent);
MJL_MUST_USE mjl_result mjl_do_refuse(mjl_session *session, mjl_time now,
                                      const mjl_member_id *requester);
MJL_MUST_USE mjl_result mjl_do_restore(mjl_session *session, mjl_time now,
                                       const mjl_member_id *requester, mjl_intent *intent);
MJL_MUST_USE mjl_result mjl_do_rejoin(mjl_session *session, mjl_time now);
MJL_MUST_USE mjl_result mjl_do_exclude(mjl_session *session, mjl_time now,
                                       const mjl_member_id *member, mjl_intent *intent);
MJL_MUST_USE mjl_result mjl_do_refresh(mjl_session *session, mjl_time now, mjl_intent *intent);
MJL_MUST_USE mjl_result mjl_do_leave(mjl_session *session, mjl_time now);
MJL_MUST_USE mjl_result mjl_do_away(mjl_session *session, mjl_time now, uint64_t for_ms);
MJL_MUST_USE mjl_result mjl_do_set_verified(mjl_session *session, mjl_time now,
                                            const mjl_member_id *member, mjl_verified verified);
MJL_MUST_USE mjl_result mjl_do_evidence_dismiss(mjl_session *session, mjl_time now,
                                                uint64_t number);

#endif
