/* The two halves of the records' tests: what they promise, and what damage they refuse. */
#ifndef MJL_RECORDS_TEST_H
#define MJL_RECORDS_TEST_H

int run_damage_tests(void);

#endif
