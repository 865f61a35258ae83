/*
 * Every bound of the session in one place, each with its reason. Changing one changes no format;
 * the ones that peers must agree on are marked "wire".
 */
#ifndef MAJLIS_LIMITS_H
#define MAJLIS_LIMITS_H

enum {
    /* Sizes on the wire. */
    MJL_PACKET_SIZE_MAX =
        1 << 20, /* wire: what every transport must be able to carry, in fragments if need be. */
    MJL_BODY_SIZE_MAX = 256 * 1024, /* wire: one place; larger messages are split into parts. */
    MJL_SAY_SIZE_MAX = 16 << 20,    /* wire: a message that comes in parts. */
    MJL_PART_SIZE = 64 * 1024, /* wire: each part but the last; small messages pass in between. */
    MJL_PARTS_MAX = MJL_SAY_SIZE_MAX / MJL_PART_SIZE, /* wire */
    MJL_PARENTS_MAX =
        64,             /* wire: an anti-chain by distinct authors; more heads are joined first. */
    MJL_BASIS_MAX = 64, /* wire: intents and FINs that one commit names. */
    MJL_NAME_SIZE_MAX = 128, /* wire: user ids, display names, room names; bytes of UTF-8. */
    MJL_ROOM_SECRET_SIZE_MAX = 1024, /* A passphrase, or a key. */
    MJL_MEDIA_TYPE_SIZE_MAX = 128,   /* wire */
    MJL_FRONTIER_PLACES_MAX = 128,   /* wire: latest places in one statement. */
    MJL_FRONTIER_MEMBERS_MAX =
        128,                 /* wire: members waited for, and nonces echoed, in one statement. */
    MJL_WANT_HELD_MAX = 512, /* wire: places that wait for parents, named in one want. */
    MJL_QUOTES_MAX = 64,     /* wire: places that one statement gives again. */
    MJL_VOTERS_MAX = 32,     /* wire: membership.md's voter list. */
    MJL_DECIDERS_MAX = 32,   /* wire: who may change a room that has a list. */
    MJL_PADDING_STEP = 64,   /* Ladder: multiples of this up to 1 KiB, then of 1 KiB. */

    /* What a session holds. */
    MJL_SESSIONS_MAX = 1024,
    MJL_MEMBERS_MAX = 4096,
    MJL_LEAVES_MAX = 2 * MJL_MEMBERS_MAX, /* Of a tree with blanks. */
    MJL_EPOCHS_MAX = 64,                  /* Kept for late messages; the oldest goes first. */
    MJL_UNDECIDED_EPOCHS_MAX = 8, /* membership.md, D: beyond it only removals are committed. */
    MJL_SIBLINGS_MAX = 8, /* Commits kept per parent epoch: one per possible racer, bounded. */
    MJL_PENDING_PER_AUTHOR_MAX =
        512, /* Places waiting for parents; a gap longer than this is fetched, not held. */
    MJL_PENDING_BYTES_PER_AUTHOR_MAX = 4 << 20, /* Of these places; a body is at most 256 KiB. */
    MJL_UNKNOWN_EPOCH_PACKETS_MAX =
        64, /* Per session; packets of epochs not reached yet. Resent if dropped. */
    MJL_SEEN_PACKETS_MAX =
        8192, /* Packet ids remembered for the verdict DUPLICATE; correctness never needs it. */
    MJL_OUTBOX_MAX = 4096,          /* Packets that wait for `packet_sent`. */
    MJL_OUTBOX_TIMER_RESERVE = 256, /* Of these, what only timers may use. */
    MJL_EVENTS_MAX = 16384,         /* Events that wait for `event_settled`. */
    MJL_EVENTS_TIMER_RESERVE = 1024,
    MJL_INTENTS_MAX = 256,
    MJL_QUEUED_SAYS_MAX = 256,
    MJL_SAY_TOKENS_MAX = 4096,     /* Tokens remembered, so that saying one twice says it once. */
    MJL_NOTES_MAX = 256,           /* Of one profile. */
    MJL_NOTE_SIZE_MAX = 1 << 20,   /* A read cursor of a folder with many writers. */
    MJL_TASKS_PER_RUN_MAX = 10000, /* Work one call may do before it answers; the rest stays due. */
    MJL_LATE_TASKS_REPORTED_MAX = 64, /* After a reopen: one event each up to here. */

    /* Messages in parts. */
    MJL_LARGE_SAYS_MAX = 4,     /* Own ones on their way, all but the first waiting. */
    MJL_LARGE_FOLLOWED_MAX = 8, /* Own ones that were said, for what is told of their progress. */
    MJL_PARTS_PER_TURN = 4,     /* What a small message may have to wait behind. */
    MJL_PARTS_AHEAD_MAX = 32,   /* Beyond so many that not everyone has, turns are far between. */
    MJL_INCOMING_PER_AUTHOR_MAX = 4,              /* Begun and not whole; the oldest goes first. */
    MJL_INCOMING_BYTES_PER_AUTHOR_MAX = 17 << 20, /* One message of the largest size, and room. */
    MJL_PROGRESS_STEPS = 16,                      /* Events of progress per message, at most. */

    /* First contact (DESIGN section 10). */
    MJL_JOIN_REQUESTS_MAX = MJL_BASIS_MAX, /* Pending per session: what one commit can let in. */
    MJL_RESTORE_REQUESTS_MAX = 16, /* Of members, one each: strangers cannot crowd them out. */
    MJL_REQUESTS_MAX = MJL_JOIN_REQUESTS_MAX + MJL_RESTORE_REQUESTS_MAX,
    MJL_JOIN_REQUEST_SIZE_MAX = 4096,
    MJL_JOIN_REFERENCES_MAX = 1024, /* Key packages remembered as used. */

    MJL_JOIN_LIVELY_REPEATS =
        40, /* A person waits: so many requests, and Welcomes, come quickly. */

    /* Repetition. */
    MJL_WELCOME_RESENDS_MAX = 200,   /* Hourly at last: while the request is good, a week. */
    MJL_RESENDS_TO_REMOVED_MAX = 8,  /* A removed member is told this often, so that it learns. */
    MJL_RESENDS_OF_REMOVED_MAX = 16, /* Who is removed repeats a commit at so many turns at most. */
    MJL_RESEND_RANKS = 8,            /* So many repeat in turn; the others behind them by chance. */
    MJL_BACKOFF_STEPS_MAX =
        3, /* 2^3: the first dozen resends slow down to 8 times BC_LAT, later ones to an hour. */
    MJL_HEARTBEAT_FA_INTERVALS = 4,
    MJL_FRESH_ASKS = 4, /* Questions without an answer before a member is said not to be fresh; */
    MJL_FRESH_QUESTIONS_MAX = 16, /* at most so many, however long an idle room's period is. */

    /* Coming back (DESIGN section 9). */
    MJL_ANSWER_PACKETS_MAX = 256,     /* One page of an answer to a want or a knock. */
    MJL_ANSWER_BYTES_MAX = 512 << 10, /* Of the same; one packet more may begin below it. */
    MJL_ANSWER_EPOCHS_MAX = 56, /* Commits in one answer: those that follow close older epochs. */
    MJL_ANSWER_TURNS_MAX = 8,   /* Members that wait for each other before they answer. */
    MJL_CATCH_UP_PLACES = 32,   /* After so many the others are asked what they have. */
    MJL_KNOCKS_PER_HINT = 6,    /* Anybody can forge a packet that names a later epoch. */
    MJL_KNOCKS_STEADY_MAX = 12, /* In vain: then ever fewer, at last one an hour. */
    MJL_KNOCKS_UNANSWERED_MAX = 6, /* After so many the member is told that it was left behind. */
    MJL_KNOCK_SIZE_MAX = 16384,    /* wire: a full frontier and the largest key package. */
    MJL_EPOCHS_BEHIND_MAX = MJL_EPOCHS_MAX - MJL_ANSWER_EPOCHS_MAX, /* With gaps: no knock. */
    MJL_REMOVAL_GRACE_FA_INTERVALS = 8, /* In which a rival of somebody removed would have shown. */
    MJL_WELCOME_HANDED_OUT_MAX = 16,    /* Repeats of it, by who was removed meanwhile. */
    MJL_COMMIT_GRACE_FA_INTERVALS = 16, /* In which a commit waits for what it follows. */
    MJL_YIELD_GRACES_OF_THE_BETTER = 4, /* Of the grace below, where two are left. */
    MJL_YIELD_GRACE_FA_INTERVALS = 32,  /* Then who lives alone goes where all others live. */
    MJL_JOIN_AGAIN_FA_INTERVALS = 8, /* Who was let in and asks still then is asked about again. */
    MJL_WELCOME_GRACE_FA_INTERVALS = 4, /* In which a Welcome waits that has a rival. */
    MJL_LINGER_BC_LAT = 16
};

/* Milliseconds. */
enum {
    MJL_BC_LAT_MS_DEFAULT = 5000,
    MJL_M_INTV_MS_DEFAULT = 16000,
    MJL_BC_LAT_MS_QUICK = 250,
    MJL_M_INTV_MS_QUICK = 500,
    MJL_INTERVAL_MS_MIN = 10,                   /* wire: below this a policy is malformed. */
    MJL_INTERVAL_MS_MAX = 86400000,             /* wire */
    MJL_AWAY_MS_MAX = 2000000000,               /* wire: 23 days; then it is an absence. */
    MJL_BACKOFF_MS_MAX = 3600000,               /* Nothing is repeated less often than hourly. */
    MJL_SECRET_LIFETIME_MS_DEFAULT = 604800000, /* 7 days. */
    MJL_SECRET_LIFETIME_MS_MIN = 1000,          /* wire */
    MJL_SECRET_LIFETIME_DAYS_MAX = 3650,        /* wire; days, since milliseconds exceed an int. */
    MJL_KEY_PACKAGE_LIFETIME_S = 604800
};

#endif
