/*
 * A member of a conversation, whoever holds it: Majlis (ours.c) or ts-mls (theirs.c). A script sees
 * only this.
 *
 * Ownership: buffers handed out are the caller's. Errors: what is refused ends the program, for a
 * script asks only for what RFC 9420 allows.
 */
#ifndef MJL_TESTS_INTEROP_MEMBER_H
#define MJL_TESTS_INTEROP_MEMBER_H

#include "majlis/mls.h"

typedef struct member member;

enum { SHARED_EXTENSION = 0xF4E1, WISHES_MAX = 6 }; /* The extension is from the private range. */

/* One proposal, before anybody has made it. */
typedef enum wish_kind {
    WISH_ADD,
    WISH_REMOVE,
    WISH_UPDATE,
    WISH_PSK,        /* From elsewhere. */
    WISH_RESUMPTION, /* The PSK of the epoch itself. */
    WISH_EXTENSIONS,
    WISH_REINIT /* Of the same suite; the new group gets the old one's extensions. */
} wish_kind;

typedef struct wish {
    wish_kind kind;
    mjl_bytes bytes; /* A key package; a PSK's id; SHARED_EXTENSION's data (empty: no extension);
                        the new group's id. */
    uint32_t leaf;   /* To remove. */
} wish;

/* What a commit is to do, and how it travels. It also takes up all proposals that have been
   received, if the kind of member `refers`. */
typedef struct change {
    const wish *wishes; /* By value; no WISH_UPDATE. */
    size_t wishes_count;
    bool path;        /* Also where none is needed, as far as the member can choose. */
    bool open;        /* As a PublicMessage. */
    bool tree_inside; /* The Welcome brings the tree. */
    mjl_bytes authenticated_data;
} change;

/* A pre-shared key of the application's; all know all of them. */
typedef struct shared_psk {
    mjl_bytes id, secret;
} shared_psk;

enum { PSKS_COUNT = 3 };

typedef struct made {
    mjl_buffer commit;
    mjl_buffer welcome; /* Empty when nobody is added. */
    mjl_buffer tree;    /* Encoded, of the new epoch. */
} made;

/* A way in from outside. */
typedef struct entry {
    mjl_bytes group_info, tree; /* The tree is empty when the former has it. */
    bool again;                 /* And out with the leaf that has the same signature key. */
    const shared_psk *psk;      /* To prove knowledge of; NULL: none. */
    mjl_bytes authenticated_data;
} entry;

/* A group that continues another: after its ReInit, or else as a branch. */
typedef struct succession {
    bool is_branch;
    mjl_bytes group_id;            /* As in the ReInit. */
    const mjl_bytes *key_packages; /* Of all others. */
    size_t key_packages_count;
    bool tree_inside;
} succession;

/* Where a member stands. */
typedef struct view {
    bool active; /* False once it has processed its own removal. */
    uint64_t epoch;
    uint32_t leaf, members_count;
    mjl_buffer authenticator;
    mjl_buffer exported;
} view;

typedef struct exporting {
    const char *label;
    mjl_bytes context;
    size_t size;
} exporting;

typedef struct member_kind {
    const char *name;
    void (*offer)(member *who); /* A fresh key package into `key_package`. */
    void (*create)(member *who, mjl_bytes group_id);
    /* A proposal of its own, received by itself too. */
    void (*propose)(member *who, const wish *wanted, const change *framing, mjl_buffer *message);
    void (*commit)(member *who, const change *wanted, made *out);      /* And uses the new epoch. */
    void (*receive)(member *who, mjl_bytes message, mjl_buffer *said); /* Of anybody else. */
    /* `resumes`: to a group that continues the present one. */
    void (*join)(member *who, mjl_bytes welcome, mjl_bytes tree, bool resumes);
    /* A GroupInfo, as the `welcome` of `out`, and the tree. */
    void (*group_info)(member *who, bool tree_inside, made *out);
    void (*enter)(member *who, const entry *by, mjl_buffer *commit); /* And uses the epoch. */
    void (*ask)(member *who, const entry *by, mjl_buffer *message);  /* To be added. */
    void (*succeed)(member *who, const succession *wanted, made *out);
    void (*say)(member *who, mjl_bytes authenticated_data, mjl_bytes payload, mjl_buffer *message);
    void (*look)(member *who, const exporting *wanted, view *out);
    void (*leave)(member *who);
    void (*clear)(member *who); /* For good. */
} member_kind;

extern const member_kind member_ours, member_theirs;

struct member {
    const member_kind *kind;
    uint32_t number; /* Its name for the peer and in what is printed. */
    uint16_t suite;
    bool certified; /* By an X509Credential; else a basic one. */
    bool inside;
    uint32_t leaf; /* While inside. */
    const shared_psk *psks;
    mjl_buffer key_package;
    struct ours *ours; /* NULL for theirs. */
};

/* When key packages are valid: around now, by the clock that ts-mls reads too. In seconds. */
uint64_t lifetime_from(void);
uint64_t lifetime_until(void);

void made_clear(made *what);
void view_clear(view *what);

#endif
