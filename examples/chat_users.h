/*
 * The devices of a room's members by user: all members whose credentials bear one user id. Names
 * and user ids prove nothing; what is compared in /verify is one device's key.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_USERS_H
#define MAJLIS_EXAMPLES_CHAT_USERS_H

#include "majlis/limits.h"
#include "majlis/session.h"

typedef struct chat_device {
    mjl_member_info member; /* Its texts are gone. */
    uint8_t user_id[MJL_NAME_SIZE_MAX];
    size_t user_id_size;
    size_t user; /* The first device of its user, as an index. */
    bool counts; /* The caller's: whether it is asked about at all, */
    bool is_so;  /* and whether what is asked about is so. */
} chat_device;

typedef struct chat_users {
    chat_device *devices; /* In the order of the roster. */
    size_t count;
    bool has_several; /* Some user has more than one device. */
} chat_users;

/* Of the present roster. False: out of memory. */
bool chat_users_read(const mjl_session *session, chat_users *out);
void chat_users_clear(chat_users *users);

/* NULL: none. */
chat_device *chat_users_device(const chat_users *users, const mjl_member_id *id);
/* The first device of the user of that id; `count` if there is none. */
size_t chat_users_find(const chat_users *users, mjl_bytes user_id);
/* How many of the user's devices count, and of these, for how many it is so. */
typedef struct chat_users_tally {
    size_t counted, so;
} chat_users_tally;
chat_users_tally chat_users_count(const chat_users *users, size_t user);
/* "1a2b3c4d, 5e6f7a8b": those that count and for which it is so, or is not. The caller frees it;
 * NULL: out of memory. */
char *chat_users_ids(const chat_users *users, size_t user, bool is_so);

#endif
