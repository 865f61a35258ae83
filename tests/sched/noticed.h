/*
 * A checker that never says no checks nothing: one value is made wrong, the checker must see it,
 * and the value is put back.
 *
 *     NOTICED(mjl_schedule_check(schedule), schedule->added_count, 7);
 */
#ifndef TESTS_SCHED_NOTICED_H
#define TESTS_SCHED_NOTICED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOTICED(is_sound, value, wrong)                                                            \
    do {                                                                                           \
        uint8_t kept_[sizeof(value)];                                                              \
        memcpy(kept_, &(value), sizeof(value));                                                    \
        (value) = (wrong);                                                                         \
        assert_false(is_sound);                                                                    \
        memcpy(&(value), kept_, sizeof(value));                                                    \
        assert_true(is_sound);                                                                     \
    } while (0)

#endif
