/*
 * All oracles, each in its own file; oracles.c has the order in which they are told.
 */
#ifndef SIM_ORACLES_H
#define SIM_ORACLES_H

#include "oracle.h"

extern const sim_oracle sim_oracle_results;        /* No call answers what it must not. */
extern const sim_oracle sim_oracle_check;          /* mjl_profile_check after each step. */
extern const sim_oracle sim_oracle_once;           /* I2 */
extern const sim_oracle sim_oracle_author_order;   /* I3 */
extern const sim_oracle sim_oracle_causal;         /* I4, and the order of delivery of I5 */
extern const sim_oracle sim_oracle_acks;           /* I11 */
extern const sim_oracle sim_oracle_durable;        /* I12, I13, by durable shadows */
extern const sim_oracle sim_oracle_one_ciphertext; /* I14 */
extern const sim_oracle sim_oracle_refusal;        /* I18 */
extern const sim_oracle sim_oracle_ledger;         /* I20 */
extern const sim_oracle sim_oracle_accused;        /* I10: nobody honest is accused */
extern const sim_oracle sim_oracle_quiet;          /* L4, L7 */
extern const sim_oracle sim_oracle_warnings;       /* I15 */
extern const sim_oracle sim_oracle_secrecy;        /* I1, I8: only members read */
extern const sim_oracle sim_oracle_nonces;         /* I6 */
extern const sim_oracle sim_oracle_key_death;      /* I7 */
extern const sim_oracle sim_oracle_timers;         /* I16 */
extern const sim_oracle sim_oracle_copies;         /* I19 */
extern const sim_oracle sim_oracle_amplify;        /* L3 */
extern const sim_oracle sim_oracle_repeats;        /* L3: who repeats, and all of it */
extern const sim_oracle sim_oracle_bounds;         /* L5 */
extern const sim_oracle sim_oracle_flood;          /* L5: honest traffic */
extern const sim_oracle sim_oracle_removal;        /* L6 */
extern const sim_oracle sim_oracle_wake;           /* L8 */

#endif
