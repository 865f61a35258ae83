/* A monitor inside somebody else's state: checked before it is started, and one value of an array
 * in the canonical bytes. */
#ifndef SCHED_MONITOR_PACK_H
#define SCHED_MONITOR_PACK_H

#include "majlis/monitor.h"
#include "pack.h"

bool mjl_intervals_are_good(const mjl_intervals *intervals);

void mjl_monitor_pack(const mjl_monitor *monitor, mjl_pack *pack);
/* Checks it against the schedule; on an error the monitor is zeroed. */
void mjl_monitor_unpack(mjl_monitor *monitor, const mjl_schedule *schedule, mjl_unpack *unpack);

#endif
