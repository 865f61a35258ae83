/*
 * Members that leave: a FIN is their last word, and a commit of somebody else removes them once
 * everyone has it, or its time is up.
 *
 *      FIN ──everyone has it, or fin_timeout──> somebody removes its author ──> PARTED
 *
 * Time: only through the session's schedule. Saved: with the intents and the presence of each
 * author.
 */
#ifndef MAJLIS_SESSION_LEAVING_H
#define MAJLIS_SESSION_LEAVING_H

#include "majlis/session.h"

bool mjl_leaving_has_everyone_fin(const mjl_session *session, const mjl_message_id *fin);
/* A FIN of `author` was accepted. */
MJL_MUST_USE mjl_result mjl_leaving_fin(mjl_session *session, uint32_t author,
                                        const mjl_message_id *fin);
MJL_MUST_USE mjl_result mjl_leaving_carry_fin_due(mjl_session *session, uint32_t author);
MJL_MUST_USE mjl_result mjl_leaving_due(mjl_session *session);

#endif
