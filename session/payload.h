/*
 * The signed payload of an application message, in canonical msgpack:
 *
 *      payload = [format, generation, seq | nil, parents, content]
 *      parents = [[epoch, id], ...]                  ascending
 *      content = bin [author, salt, type, body]      body: bin, by type
 *
 * Writing and reading are strict mirrors: what is written is read, what is read would be written
 * byte for byte alike. Reading borrows from its input and checks everything that needs no group:
 * bounds, order, that places have a seq and statements have neither seq nor parents.
 *
 * Errors: BAD_ARGUMENT for what must not be written; UNKNOWN_VERSION for another format number; the
 * codes of `pack.h` and BAD_PAYLOAD for what was read.
 */
#ifndef MAJLIS_SESSION_PAYLOAD_H
#define MAJLIS_SESSION_PAYLOAD_H

#include "ids.h"
#include "majlis/limits.h"

enum {
    MJL_PAYLOAD_FORMAT = 1,
    MJL_SALT_SIZE = 16,
    MJL_STATEMENT_NONCE_SIZE = 16,
    MJL_PAYLOAD_TYPE_MAX = 255 /* wire */
};

/* Private numbers, stable for ever. 1..31 and 64..255 are places: owed, acked, resent. 32..63 are
   statements: outside the graph, never resent. Unknown numbers are kept and shown as opaque. */
typedef enum mjl_payload_type {
    MJL_TYPE_CONTENT = 1, /* What a user said. */
    MJL_TYPE_PART = 2,    /* Part of a large message. */
    MJL_TYPE_INTENT = 3,  /* A wish about the membership that its author does not commit at once. */
    MJL_TYPE_FIN = 4,     /* The author leaves. */
    MJL_TYPE_AWAY = 5,    /* The author declares its absence. */
    MJL_TYPE_KEY_PACKAGE = 6, /* A spare key package, to be added again with. */
    MJL_TYPE_WELCOME = 7,     /* A Welcome held by the group, so that the committer may go. */
    MJL_TYPE_FINAL = 8,       /* Reserved: tells joiners that an epoch is final. */
    MJL_TYPE_LARGE = 9,       /* What a user said, in the parts that it names. */
    MJL_TYPE_FRONTIER = 32,   /* What the author has. */
    MJL_TYPE_WANT = 33,       /* What the author misses. */
    MJL_TYPE_AGAIN = 34       /* Places of the author's that can be opened no more. */
} mjl_payload_type;

bool mjl_payload_type_is_statement(uint32_t type);
const char *mjl_payload_type_name(uint32_t type); /* "content"; "unknown" */

/* ---- Content: what has the message id ---- */

typedef struct mjl_content {
    mjl_member_id author;
    uint8_t salt[MJL_SALT_SIZE]; /* Random, so that saying the same twice gives two messages. */
    uint32_t type;
    mjl_bytes body; /* Borrowed. At most MJL_PACKET_SIZE_MAX. */
} mjl_content;

MJL_MUST_USE mjl_result mjl_content_encode(const mjl_content *content, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_content_decode(mjl_bytes bytes, mjl_content *content);

/* ---- Payload: what has the place id ---- */

typedef struct mjl_payload {
    uint32_t generation; /* Must equal the sender data's. */
    bool has_seq;        /* False exactly for statements. */
    uint64_t seq;
    size_t parents_count;
    mjl_place_ref parents[MJL_PARENTS_MAX]; /* Ascending (mjl_place_refs_sort). */
    mjl_bytes content;                      /* Encoded, as received. Borrowed. */
    mjl_content said;                       /* Set by decoding; ignored by encoding. */
} mjl_payload;

MJL_MUST_USE mjl_result mjl_payload_encode(const mjl_payload *payload, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_payload_decode(mjl_bytes bytes, mjl_payload *payload);

/* ---- Bodies by type ---- */

typedef struct mjl_said_body { /* MJL_TYPE_CONTENT: [media type, reply to | nil, bytes] */
    mjl_bytes media_type;      /* 1..MJL_MEDIA_TYPE_SIZE_MAX bytes of printable ASCII. */
    bool has_reply_to;
    mjl_message_id reply_to;
    mjl_bytes bytes; /* At most MJL_BODY_SIZE_MAX. */
} mjl_said_body;

MJL_MUST_USE mjl_result mjl_said_encode(const mjl_said_body *said, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_said_decode(mjl_bytes body, mjl_said_body *said);

/* ---- Large messages: parts, then the one that names them (large_payload.c) ---- */

enum { MJL_TRANSFER_SIZE = 16 };

typedef struct mjl_part_body {     /* MJL_TYPE_PART: [of, index, count, bytes] */
    uint8_t of[MJL_TRANSFER_SIZE]; /* Random; the same in all parts of a message. */
    uint32_t index, count;         /* 0..count - 1; 2..MJL_PARTS_MAX. */
    mjl_bytes bytes;               /* MJL_PART_SIZE; of the last part 1..MJL_PART_SIZE. */
} mjl_part_body;

MJL_MUST_USE mjl_result mjl_part_encode(const mjl_part_body *part, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_part_decode(mjl_bytes body, mjl_part_body *part);

typedef struct mjl_large_body { /* MJL_TYPE_LARGE: [media type, reply to | nil, of, size, parts] */
    mjl_bytes media_type;
    bool has_reply_to;
    mjl_message_id reply_to;
    uint8_t of[MJL_TRANSFER_SIZE];
    uint64_t size; /* Of the whole: it says how many parts there are. */
    size_t parts_count;
    mjl_message_id parts[MJL_PARTS_MAX]; /* Message ids, which cover every byte of the parts. */
} mjl_large_body;

/* How many parts a message of that size has. */
size_t mjl_parts_count(uint64_t size);
MJL_MUST_USE mjl_result mjl_large_encode(const mjl_large_body *large, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_large_decode(mjl_bytes body, mjl_large_body *large);

/* MJL_TYPE_FIN: [] */
MJL_MUST_USE mjl_result mjl_fin_encode(mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_fin_decode(mjl_bytes body);

/* MJL_TYPE_INTENT: [kind, subject | nil, reason | nil, detail]. The same content stands whole in
   the basis of a commit that its author made at once, with the same message id. */
enum {
    MJL_INTENT_BODY_ADD = 1,     /* subject: who. */
    MJL_INTENT_BODY_REMOVE = 2,  /* subject: who; reason: message id of its FIN, or nil. */
    MJL_INTENT_BODY_REFRESH = 3, /* subject: nil. */
    MJL_INTENT_BODY_POLICY = 4,  /* detail: the encoded policy extension. */
    MJL_INTENT_BODY_RESTORE = 5  /* subject: the new member id; detail: the old one, 32 bytes. */
};

typedef struct mjl_intent_body {
    uint32_t kind;
    bool has_subject, has_reason;
    mjl_member_id subject;
    mjl_message_id reason;
    mjl_bytes detail; /* Borrowed; empty where the kind has none. */
} mjl_intent_body;

MJL_MUST_USE mjl_result mjl_intent_encode(const mjl_intent_body *intent, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_intent_decode(mjl_bytes body, mjl_intent_body *intent);

/* MJL_TYPE_KEY_PACKAGE, MJL_TYPE_WELCOME: the body is the MLSMessage itself. */

/* ---- The frontier statement ---- */

typedef struct mjl_nonce_heard {
    mjl_member_id member;
    uint8_t nonce[MJL_STATEMENT_NONCE_SIZE];
} mjl_nonce_heard;

typedef struct mjl_control_end { /* A control-log message nobody followed yet. Reserved: none. */
    mjl_branch_id branch;
    mjl_id control;
} mjl_control_end;

/* MJL_TYPE_FRONTIER: [counter, nonce, places, control ends, waited, heard]; each list ascending.
   Large (about 24 KiB). */
typedef struct mjl_frontier {
    uint64_t counter; /* The highest one heard says what its author has now. */
    uint8_t nonce[MJL_STATEMENT_NONCE_SIZE];
    size_t places_count, control_ends_count, waited_count, heard_count;
    mjl_place_ref places[MJL_FRONTIER_PLACES_MAX]; /* Latest places accepted. */
    mjl_control_end control_ends[MJL_FRONTIER_MEMBERS_MAX];
    mjl_member_id waited[MJL_FRONTIER_MEMBERS_MAX];  /* Whose ack the author waits for. */
    mjl_nonce_heard heard[MJL_FRONTIER_MEMBERS_MAX]; /* Nonces heard since its last statement. */
} mjl_frontier;

MJL_MUST_USE mjl_result mjl_frontier_encode(const mjl_frontier *frontier, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_frontier_decode(mjl_bytes body, mjl_frontier *frontier);
/* Into the order that encoding wants. */
void mjl_nonces_sort(mjl_nonce_heard *heard, size_t count);

/* ---- The want: want.c ---- */

/* How a place that is held is named to whoever would send it again: the start of its id. Two that
   begin alike cost nothing: what is still missing is named in full. */
enum { MJL_HELD_SIZE = 8 };

typedef struct mjl_held {
    uint8_t start[MJL_HELD_SIZE];
} mjl_held;

/* MJL_TYPE_WANT: [accepted, missing, held, again]; each list ascending. Large (about 20 KiB). */
typedef struct mjl_want {
    size_t accepted_count, missing_count, held_count, again_count;
    mjl_place_ref accepted[MJL_FRONTIER_PLACES_MAX]; /* Latest places accepted: an ack as well. */
    mjl_place_ref missing[MJL_FRONTIER_PLACES_MAX];  /* Send these, and their past. */
    mjl_held held[MJL_WANT_HELD_MAX];                /* But not these: they wait for parents. */
    mjl_place_ref again[MJL_FRONTIER_PLACES_MAX];    /* Cannot be opened any more: place again. */
} mjl_want;

MJL_MUST_USE mjl_result mjl_want_encode(const mjl_want *want, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_want_decode(mjl_bytes body, mjl_want *want);
/* Into the order that encoding wants; each start once. */
void mjl_want_sort(mjl_want *want);
bool mjl_want_holds(const mjl_want *want, const mjl_place_id *place);

/* ---- The answer to what cannot be opened any more: again_payload.c ---- */

typedef struct mjl_quote {
    mjl_branch_id branch; /* Of the epoch in which the place stands. */
    mjl_bytes payload; /* As it was signed: with branch and author it hashes to the place's id. */
} mjl_quote;

/* MJL_TYPE_AGAIN: [* [branch, payload]], 1..MJL_QUOTES_MAX. */
typedef struct mjl_again {
    size_t count;
    mjl_quote quotes[MJL_QUOTES_MAX]; /* Parents before what follows them. Borrowed bytes. */
} mjl_again;

MJL_MUST_USE mjl_result mjl_again_encode(const mjl_again *again, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_again_decode(mjl_bytes body, mjl_again *again);

#endif
