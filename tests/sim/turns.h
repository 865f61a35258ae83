/*
 * Which tasks a schedule gives, as they are taken: the linker leads mjl_schedule_take past here
 * (--wrap), so that an oracle sees each one without asking whoever ran it.
 */
#ifndef SIM_TURNS_H
#define SIM_TURNS_H

#include "majlis/schedule.h"

typedef struct sim_turn_listener {
    void *context;
    void (*taken)(void *context, const mjl_schedule *schedule, mjl_time until,
                  const mjl_task *task);
} sim_turn_listener;

/* How many there were in this process. */
uint64_t sim_turns_count(void);

/* One at a time; NULL: nobody listens. Borrowed. */
void sim_turns_listen(const sim_turn_listener *listener);

#endif
