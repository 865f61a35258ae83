/* What a series of runs did, as a table. */
#ifndef SIM_SUMMARY_H
#define SIM_SUMMARY_H

#include "run.h"

typedef struct sim_summary {
    uint64_t runs, broken;
    sim_counters sum;
    mjl_time converged_most;
} sim_summary;

void sim_summary_add(sim_summary *summary, const sim_outcome *outcome);
void sim_summary_write(const sim_summary *summary, double seconds, FILE *out);

#endif
