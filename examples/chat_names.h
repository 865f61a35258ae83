/*
 * Who is meant by a word, and how an id is called.
 *
 * A person is meant by a display name or by the first digits of a member id. Names prove nothing
 * and two members may bear one: then nobody is meant, and the candidates are told apart by their
 * ids.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_NAMES_H
#define MAJLIS_EXAMPLES_CHAT_NAMES_H

#include "majlis/session.h"

enum {
    CHAT_ID_DIGITS = 8,     /* Of an id, shown where two bear one name. */
    CHAT_ID_DIGITS_MIN = 4, /* Fewer digits mean nobody. */
    CHAT_HEX_SIZE = 2 * MJL_ID_SIZE + 1,
    CHAT_NAMES_MAX = 8192,   /* Remembered; the names of later ones are shown as ids. */
    CHAT_CANDIDATES_MAX = 16 /* Listed; there may be more. */
};

void chat_hex(const mjl_id *id, char out[CHAT_HEX_SIZE]);

/* ---- Names that were heard, also of those who are gone ---- */

typedef struct chat_name {
    mjl_member_id id;
    char *text; /* Printable. */
} chat_name;

typedef struct chat_names {
    chat_name *names;
    size_t count, room;
} chat_names;

/* Remembers; the last name of an id counts. Without memory the id will do as a name. */
void chat_names_learn(chat_names *names, const mjl_member_id *id, mjl_bytes name);
void chat_names_learn_roster(chat_names *names, const mjl_session *session);
/* Printable; valid until the next call here. */
const char *chat_names_of(const chat_names *names, const mjl_member_id *id);
/* "bob, carol" of ids one after the other; the caller frees it. NULL: out of memory. */
char *chat_names_list(const chat_names *names, mjl_bytes ids);
/* "bob, carol (1 of 2 devices)": each user once, with how many devices are among the ids. Who is no
   member of the session any more is named alone. The caller frees it; NULL: out of memory. */
char *chat_names_users(const chat_names *names, const mjl_session *session, mjl_bytes ids);
void chat_names_clear(chat_names *names);

/* ---- Who is meant ---- */

typedef struct chat_candidates {
    mjl_member_id ids[CHAT_CANDIDATES_MAX];
    size_t count; /* Exactly one: that is who is meant. */
} chat_candidates;

typedef enum chat_requests { CHAT_ANY_REQUEST, CHAT_NEWCOMERS, CHAT_RESTORES } chat_requests;

/* Who asks to be let in, or to be taken back. */
void chat_find_requester(const mjl_session *session, mjl_bytes word, chat_requests which,
                         chat_candidates *out);
void chat_find_member(const mjl_session *session, mjl_bytes word, chat_candidates *out);

#endif
