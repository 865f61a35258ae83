/*
 * The ids by which everything is named, and references to places (epoch number and id) in their one
 * order.
 *
 * H(label, fields...) = SHA-256 over the string "majlis 1 " + label, then each field, every one of
 * these with a big-endian uint32 length before it. Always SHA-256, whatever the group's suite. Ids
 * are public: comparing them needs no constant time.
 */
#ifndef MAJLIS_SESSION_IDS_H
#define MAJLIS_SESSION_IDS_H

#include "majlis/profile.h"

/* A label is one of "member", "message", "place", "commit", "packet", "control": no other may be
 * used. */
mjl_id mjl_hash(const char *label, const mjl_bytes *fields, size_t fields_count);

mjl_member_id mjl_id_member(mjl_bytes signature_key);
/* `content`: the encoded content as it stood in the payload, never a re-encoding. */
mjl_message_id mjl_id_message(mjl_bytes group_id, mjl_bytes content);
mjl_place_id mjl_id_place(const mjl_branch_id *branch, const mjl_member_id *author,
                          mjl_bytes payload);
/* A commit's id: its place id in the parent epoch, and the branch id of the epoch it starts. */
mjl_branch_id mjl_id_commit(mjl_bytes interim_transcript_hash);
mjl_id mjl_id_packet(mjl_bytes packet);
mjl_id mjl_id_control(mjl_bytes signed_bytes); /* Reserved for the control log. */

bool mjl_id_equal(const mjl_id *a, const mjl_id *b);
int mjl_id_compare(const mjl_id *a, const mjl_id *b); /* As memcmp. */
bool mjl_id_is_zero(const mjl_id *id);

static inline mjl_bytes mjl_id_bytes(const mjl_id *id)
{
    return mjl_bytes_of(id->bytes, MJL_ID_SIZE);
}

/* How a place is named on the wire: with the number of its epoch, so that who joined later can tell
 * "before my time" from "missing". */
typedef struct mjl_place_ref {
    uint64_t epoch; /* Number, not index. */
    mjl_place_id id;
} mjl_place_ref;

/* By epoch number, then by id: the order in which lists of them stand on the wire. */
int mjl_place_ref_compare(const mjl_place_ref *a, const mjl_place_ref *b);
/* Ascending so, and no place under two epochs: it is of one. */
bool mjl_place_refs_are_list(const mjl_place_ref *refs, size_t count);
/* Into that order. */
void mjl_place_refs_sort(mjl_place_ref *refs, size_t count);
void mjl_ids_sort(mjl_id *ids, size_t count);

#endif
