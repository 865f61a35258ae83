/*
 * First contact: the small structures by which a newcomer and a group find each other and prove
 * that they know the same room secret (DESIGN section 10), and the names in a credential.
 *
 *      majlis_join (KeyPackage) = [room name, MAC]
 *      majlis_root (GroupInfo)  = [format, root branch | nil, frontier, fins, MAC]
 *      BasicCredential.identity = [1, user id, display name]
 *
 *      room key = HKDF-SHA256(ikm: room secret, salt: "", info: "majlis 1 room key", 32)
 *      MAC      = HMAC-SHA256(room key, fields...), each after its big-endian uint32 length
 *                 join: "majlis 1 join", room name, signature key, init key
 *                 root: "majlis 1 root", room name, group id
 *
 * A MAC is empty exactly in an open room (no secret). Errors: ROOM_MAC when it does not match;
 * else as in `policy.h`.
 */
#ifndef MAJLIS_SESSION_ROOM_H
#define MAJLIS_SESSION_ROOM_H

#include "ids.h"
#include "majlis/limits.h"

enum { MJL_ROOM_KEY_SIZE = 32, MJL_ROOM_MAC_SIZE = 32, MJL_ROOT_FORMAT = 1 };

typedef struct mjl_room_key { /* Secret: wiped by its owner. */
    bool is_open;             /* No secret: anybody may ask, nothing is proved. */
    uint8_t bytes[MJL_ROOM_KEY_SIZE];
} mjl_room_key;

/* An empty secret makes an open room. */
void mjl_room_key_derive(mjl_bytes room_secret, mjl_room_key *key);
void mjl_room_key_wipe(mjl_room_key *key);

/* ---- majlis_join ---- */

typedef struct mjl_room_join {
    mjl_bytes room_name; /* Borrowed. */
    mjl_bytes mac;       /* Empty or MJL_ROOM_MAC_SIZE bytes. Borrowed. */
} mjl_room_join;

MJL_MUST_USE mjl_result mjl_room_join_encode(const mjl_room_key *key, mjl_bytes room_name,
                                             mjl_bytes signature_key, mjl_bytes init_key,
                                             mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_room_join_decode(mjl_bytes bytes, mjl_room_join *join);
/* By a member: ROOM_MAC unless the newcomer has the member's secret, or neither has one. */
MJL_MUST_USE mjl_result mjl_room_join_verify(const mjl_room_key *key, const mjl_room_join *join,
                                             mjl_bytes signature_key, mjl_bytes init_key);

/* ---- majlis_root ---- */

typedef struct mjl_room_fin { /* A member said FIN and was not removed yet. */
    mjl_member_id member;
    mjl_message_id fin; /* The basis of its removal. */
} mjl_room_fin;

typedef struct mjl_room_root {
    bool has_branch; /* False where it is not known when the GroupInfo is made: joiners compute it.
                      */
    mjl_branch_id branch;
    size_t frontier_count;
    mjl_place_ref frontier[MJL_PARENTS_MAX]; /* What the new epoch stands on. Ascending. */
    size_t fins_count;
    mjl_room_fin fins[MJL_BASIS_MAX]; /* Ascending by member. */
    mjl_bytes mac;                    /* Set by decoding. Empty or MJL_ROOM_MAC_SIZE bytes. */
} mjl_room_root;

/* Makes the MAC of `group_id` under `key`; `root->mac` is ignored. */
MJL_MUST_USE mjl_result mjl_room_root_encode(const mjl_room_root *root, const mjl_room_key *key,
                                             mjl_bytes room_name, mjl_bytes group_id,
                                             mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_room_root_decode(mjl_bytes bytes, mjl_room_root *root);
/* By a joiner: in an open room nothing is checked, else ROOM_MAC. */
MJL_MUST_USE mjl_result mjl_room_root_verify(const mjl_room_key *key, const mjl_room_root *root,
                                             mjl_bytes room_name, mjl_bytes group_id);

/* ---- BasicCredential.identity: names prove nothing ---- */

typedef struct mjl_names {
    mjl_bytes user_id, display_name; /* Borrowed. */
} mjl_names;

MJL_MUST_USE mjl_result mjl_identity_encode(mjl_bytes user_id, mjl_bytes display_name,
                                            mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_identity_decode(mjl_bytes bytes, mjl_names *names);

#endif
