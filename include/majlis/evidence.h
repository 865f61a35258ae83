/*
 * Evidence that one author said two things at one point: two places of one author, one epoch and
 * one sequence number, each with its signature. Anybody can check it offline: it needs no group, no
 * secret and no clock (session/README.md draws its form).
 *
 * What it proves: whoever holds the author's key signed both. What it does not: why. A profile that
 * was copied, or restored from a backup, does the same as a liar. Whose key it is says the safety
 * number of `author`, compared as for a member.
 *
 * Showing it shows what both places say, the author's leaf and the GroupContext; of a commit also
 * its own header, and no other one.
 *
 * Time, Ownership, Errors, Threads of the session's calls: as `majlis/profile.h`.
 */
#ifndef MAJLIS_EVIDENCE_H
#define MAJLIS_EVIDENCE_H

#include "majlis/session.h"

MJL_BEGIN_DECLS

typedef struct mjl_evidence_statement { /* One of the two. */
    bool is_commit;                     /* A change of the group: the rest is empty. */
    mjl_message_id message;
    uint32_t content_type;      /* 1: something said, with media type and body. */
    mjl_bytes media_type, body; /* Borrowed from the evidence. */
} mjl_evidence_statement;

typedef struct mjl_evidence_view { /* Byte strings are borrowed from the evidence. */
    mjl_member_id author;
    mjl_bytes user_id, display_name; /* Prove nothing. */
    mjl_bytes group_id;
    uint64_t epoch, seq;
    uint32_t leaf;
    mjl_evidence_statement statements[2];
} mjl_evidence_view;

/* Pure. OK: it proves what the view says. Else it proves nothing, and the view is not to be used:
   BAD_SIGNATURE, LEAF_SIGNATURE, BAD_EVIDENCE (both are genuine and no contradiction), or what does
   not parse. */
MJL_MUST_USE MJL_API mjl_result mjl_evidence_verify(mjl_bytes evidence, mjl_evidence_view *view);

/* ---- What a session holds: one for each author and epoch, until it is dismissed ---- */

enum { MJL_EVIDENCE_MAX = 16 /* Per session; some hundred kilobytes each at worst. */ };

typedef struct mjl_evidence_info {
    uint64_t number; /* To dismiss it. */
    mjl_member_id author;
    uint64_t epoch;
    mjl_time found_at;
    mjl_bytes evidence; /* Until the next call on the profile. */
} mjl_evidence_info;

/* In the order in which they were found; NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_evidence(const mjl_session *session, size_t i,
                                                     mjl_evidence_info *info);
/* Gone with the next step; the same author and epoch may bring new evidence. NOT_FOUND. */
MJL_MUST_USE MJL_API mjl_result mjl_session_evidence_dismiss(mjl_session *session, mjl_time now,
                                                             uint64_t number);

MJL_END_DECLS

#endif
