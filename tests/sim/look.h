/*
 * What is inside a packet, read by the simulator's own eyes: the clear part from the bytes, the
 * payload from what the tap heard when it was sealed.
 *
 * Written from session/README.md's wire page and RFC 9420 section 6, not from the library's
 * readers: a mistake in one of them shows as a difference.
 */
#ifndef SIM_LOOK_H
#define SIM_LOOK_H

#include "majlis/limits.h"
#include "tap.h"

#include "majlis/profile.h"

enum {
    SIM_WIRE_PRIVATE = 2,
    SIM_WIRE_WELCOME = 3,
    SIM_WIRE_KEY_PACKAGE = 5,
    SIM_WIRE_KNOCK = 0xf4d1,
    SIM_CONTENT_COMMIT = 3, /* RFC 9420 section 6 */
    SIM_TYPE_CONTENT = 1,
    SIM_TYPE_PART = 2,
    SIM_TYPE_INTENT = 3,
    SIM_TYPE_FIN = 4,
    SIM_TYPE_AWAY = 5,
    SIM_TYPE_LARGE = 9,
    SIM_TYPE_FRONTIER = 32,
    SIM_TYPE_WANT = 33,
    SIM_TYPE_AGAIN = 34
};

typedef struct sim_place_name {
    uint64_t epoch;
    mjl_place_id id;
} sim_place_name;

enum { SIM_HELD_SIZE = 8 };

typedef struct sim_look {
    uint16_t wire_format;
    /* Of a PrivateMessage. */
    mjl_bytes group_id;
    uint64_t epoch;
    uint8_t content_type; /* 1 application, SIM_CONTENT_COMMIT */
    uint8_t tag[8];
    /* Of an application message whose sealing the tap heard. */
    bool has_payload;
    uint32_t generation;
    bool is_statement;
    uint64_t seq;
    sim_place_name parents[MJL_PARENTS_MAX];
    uint32_t parents_count;
    mjl_bytes payload, content, body; /* In the tap's memory. */
    mjl_member_id author;
    uint8_t type;
    mjl_message_id message;
    /* Of a frontier or a want: what its author says it has. */
    sim_place_name accepted[MJL_FRONTIER_PLACES_MAX];
    uint32_t accepted_count;
    /* Of a want: what it asks for. */
    sim_place_name missing[MJL_FRONTIER_PLACES_MAX];
    uint32_t missing_count;
    mjl_bytes held; /* SIM_HELD_SIZE bytes each. */
    /* Of a frontier: whom its author waits for, and how many nonces it answers. */
    mjl_member_id waited_for[MJL_FRONTIER_MEMBERS_MAX];
    uint32_t waited_for_count, heard_count;
} sim_look;

/* False if the bytes are no packet at all. */
bool sim_look_at(const sim_tap *tap, mjl_bytes packet, sim_look *look);
/* The places that a statement gives again, in its order; MJL_QUOTES_MAX at most. */
size_t sim_look_given_again(const sim_look *look, mjl_place_id *places);
/* How long the author of that absence will be away, of a content's body; 0: it does not say. */
mjl_time sim_look_away(mjl_bytes body);
/* H(label, fields...) of session/README.md. */
mjl_id sim_look_hash(const char *label, const mjl_bytes *fields, size_t fields_count);

#endif
