/*
 * The transcript as it is: every accepted place and what it followed, to be drawn or walked.
 *
 *      place 0 <── place 1 <── place 3        places are numbered from 0 in order of acceptance;
 *          ^────── place 2 <────┘             parents have smaller numbers; nothing ever changes
 *
 * but who is known to have it. Ownership, Errors, Threads: as `majlis/session.h`.
 */
#ifndef MAJLIS_GRAPH_H
#define MAJLIS_GRAPH_H

#include "majlis/session.h"

MJL_BEGIN_DECLS

typedef enum mjl_place_kind {
    MJL_PLACE_IS_MESSAGE = 1, /* Something said: mjl_session_message_by_id knows more. */
    MJL_PLACE_IS_CHANGE,      /* A commit: `message` is the branch it starts. */
    MJL_PLACE_IS_OTHER        /* A FIN, a wish about the membership, a type not known here. */
} mjl_place_kind;

typedef struct mjl_place_info {
    mjl_place_kind kind;
    mjl_place_id id;
    mjl_message_id message; /* One message may have several places. */
    mjl_member_id author;
    uint64_t epoch, seq;
    mjl_branch_id branch;
    bool is_lost; /* On a branch that lost for good. */
    bool is_own;
    mjl_time accepted_at;
    size_t parents_count;        /* That were accepted here, for mjl_session_place_parent. */
    size_t opaque_parents_count; /* From before this member's time. */
    uint32_t readers_count;      /* Who should have this place, less the author, */
    uint32_t held_count;         /* and who of these is known to. */
} mjl_place_info;

/* NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_place(const mjl_session *session, size_t i,
                                                  mjl_place_info *info);
/* The number of the k-th parent of place i. NOT_FOUND past either end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_place_parent(const mjl_session *session, size_t i,
                                                         size_t k, size_t *parent);
/* The number of a place. NOT_FOUND. */
MJL_MUST_USE MJL_API mjl_result mjl_session_find_place(const mjl_session *session,
                                                       const mjl_place_id *id, size_t *i);

MJL_END_DECLS

#endif
