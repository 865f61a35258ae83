/*
 * Two members of an MLS group, for what the same messages cost without a session: encrypt, open,
 * consume.
 */
#ifndef TESTS_BENCH_MLS_PAIR_H
#define TESTS_BENCH_MLS_PAIR_H

#include "majlis/mls.h"

typedef struct mls_pair mls_pair;

mls_pair *mls_pair_new(void);
/* The same with others in the group, who take no part. NULL: the suite built in. */
mls_pair *mls_pair_in_crowd(const mjl_mls_suites *suites, uint32_t members_count);
void mls_pair_free(mls_pair *pair);
/* The size of application data whose message is as large as this. */
size_t mls_pair_body_size(mls_pair *pair, size_t message_size);
/* CPU microseconds of one message from one to the other, over `count` of them. */
double mls_pair_us(mls_pair *pair, size_t body_size, uint32_t count);
/* What the receiver has of it: open, consume. */
double mls_pair_open_us(mls_pair *pair, size_t body_size, uint32_t count);

#endif
