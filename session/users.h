/*
 * Which members are devices of one user: those whose credentials bear one user id.
 *
 *      members of the epochs ──user id──> one user: its first author stands for all of them
 *
 * A user id is what its bearers say of themselves; MLS proves that they hold their keys, nobody
 * proves that they are one person. A member whose credential is not known any more (its epoch's
 * group is gone) is a user of its own.
 *
 * Kept until the tip moves or an author comes, and counted anew for each question: cost O(authors).
 * Never saved.
 */
#ifndef MAJLIS_SESSION_USERS_H
#define MAJLIS_SESSION_USERS_H

#include "majlis/session.h"

typedef struct mjl_users mjl_users;

typedef struct mjl_users_counts {
    uint32_t users, held, full; /* As in mjl_message_info. */
} mjl_users_counts;

MJL_MUST_USE mjl_result mjl_users_new(mjl_users **users);
void mjl_users_free(mjl_users *users); /* NULL is fine. */

/* The users among the readers of that place's message. */
MJL_MUST_USE mjl_result mjl_users_count(const mjl_session *session, uint32_t place,
                                        mjl_users_counts *counts);
/* The first `room` of them into `list`; `count`: of all. */
MJL_MUST_USE mjl_result mjl_users_list(const mjl_session *session, uint32_t place,
                                       mjl_message_user *list, size_t room, size_t *count);

#endif
