#include "summary.h"

#include <inttypes.h>

static void add_network(mjl_network_counters *sum, const mjl_network_counters *of)
{
    sum->sent += of->sent;
    sum->copies += of->copies;
    sum->delivered += of->delivered;
    sum->lost += of->lost;
    sum->cut += of->cut;
    sum->duplicated += of->duplicated;
    sum->reordered += of->reordered;
    sum->damaged += of->damaged;
    sum->replayed += of->replayed;
}

void sim_summary_add(sim_summary *summary, const sim_outcome *outcome)
{
    sim_counters *const sum = &summary->sum;
    const sim_counters *const of = &outcome->counters;
    summary->runs++;
    summary->broken += outcome->is_broken;
    for (size_t i = 0; i < SIM_ACTIONS_COUNT; i++)
        sum->actions[i] += of->actions[i];
    for (size_t i = 0; i < MJL_VERDICT_COUNT; i++)
        sum->verdicts[i] += of->verdicts[i];
    sum->disk_faults += of->disk_faults;
    sum->crashes += of->crashes;
    sum->reopens += of->reopens;
    sum->packets += of->packets;
    sum->bytes += of->bytes;
    sum->steps += of->steps;
    sum->events += of->events;
    sum->shadows += of->shadows;
    sum->delivered += of->delivered;
    add_network(&sum->network, &of->network);
    if (of->converged_ms > summary->converged_most) summary->converged_most = of->converged_ms;
}

static void row(FILE *out, const char *name, uint64_t count)
{
    fprintf(out, "  %-18s %12" PRIu64 "\n", name, count);
}

void sim_summary_write(const sim_summary *summary, double seconds, FILE *out)
{
    const sim_counters *const sum = &summary->sum;
    fprintf(out, "runs %" PRIu64 ", broken %" PRIu64 ", %.1f s, %.1f runs/s\n", summary->runs,
            summary->broken, seconds, seconds > 0 ? (double)summary->runs / seconds : 0.0);
    for (unsigned group = 0; group < SIM_GROUP_COUNT; group++) {
        fprintf(out, "%s\n", sim_group_name((sim_group)group));
        for (unsigned i = 0; i < SIM_ACTIONS_COUNT; i++) {
            if (sim_action_group((sim_action)i) == group && sum->actions[i] > 0) {
                row(out, sim_action_name((sim_action)i), sum->actions[i]);
            }
        }
        if (group != SIM_GROUP_NET) continue;
        row(out, "copies lost", sum->network.lost);
        row(out, "copies cut off", sum->network.cut);
        row(out, "duplicated", sum->network.duplicated);
        row(out, "reordered", sum->network.reordered);
        row(out, "damaged", sum->network.damaged);
        row(out, "replayed", sum->network.replayed);
    }
    fprintf(out, "what came of it\n");
    row(out, "processes stopped", sum->crashes);
    row(out, "started again", sum->reopens);
    row(out, "disk faults met", sum->disk_faults);
    row(out, "shadows opened", sum->shadows);
    row(out, "packets sent", sum->packets);
    row(out, "bytes sent", sum->bytes);
    row(out, "steps", sum->steps);
    row(out, "events", sum->events);
    row(out, "deliveries", sum->delivered);
    for (size_t i = 0; i < MJL_VERDICT_COUNT; i++)
        row(out, mjl_verdict_name((mjl_verdict_kind)i), sum->verdicts[i]);
    row(out, "slowest calm, ms", (uint64_t)summary->converged_most);
}
