#include "trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64 };

typedef struct report {
    uint64_t seed;
    bool is_begun; /* Nothing else is known yet: if the child dies now, it was this seed. */
    sim_outcome outcome;
} report;

static void tell(int out, const report *of)
{
    const char *at = (const char *)of;
    size_t left = sizeof *of;
    while (left > 0) {
        const ssize_t written = write(out, at, left);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) _exit(3);
        at += written;
        left -= (size_t)written;
    }
}

/* False: there is no more. */
static bool hear(int in, report *of)
{
    char *at = (char *)of;
    size_t left = sizeof *of;
    while (left > 0) {
        const ssize_t got = read(in, at, left);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        left -= (size_t)got;
    }
    return true;
}

/* Of the processor, not of the clock: how busy the machine is does not matter. */
static void limit_time(uint32_t seconds)
{
    const struct itimerval limit = {.it_value = {.tv_sec = (time_t)seconds}};
    setitimer(ITIMER_PROF, &limit, NULL);
}

static void died(int status, sim_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->is_broken = true;
    outcome->node = SIM_NONE;
    const bool is_late = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
    snprintf(outcome->oracle, sizeof outcome->oracle, is_late ? "time" : "crash");
    if (is_late) {
        snprintf(outcome->text, sizeof outcome->text, "it takes too long");
    } else if (WIFSIGNALED(status)) {
        snprintf(outcome->text, sizeof outcome->text, "signal %d", WTERMSIG(status));
    } else {
        snprintf(outcome->text, sizeof outcome->text, "exit %d", WEXITSTATUS(status));
    }
}

void sim_trial(const sim_script *script, const sim_options *options, uint32_t seconds,
               sim_outcome *outcome)
{
    int ends[2];
    report got;
    if (pipe(ends) != 0) abort();
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
        close(ends[0]);
        limit_time(seconds);
        memset(&got, 0, sizeof got);
        sim_run(script, options, &got.outcome);
        tell(ends[1], &got);
        if (options->trace != NULL) fflush(options->trace);
        _exit(0);
    }
    close(ends[1]);
    const bool has_answer = hear(ends[0], &got);
    close(ends[0]);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (has_answer)
        *outcome = got.outcome;
    else
        died(status, outcome);
}

/* ---- Many seeds ---- */

typedef struct worker {
    pid_t pid;
    int in;
    uint64_t next; /* The seed it is at, or will be. */
    bool is_done;
} worker;

static void work(const sim_series *series, uint64_t seed, int out)
{
    report made;
    for (; seed <= series->last; seed += series->jobs) {
        memset(&made, 0, sizeof made);
        made.seed = seed;
        made.is_begun = true;
        tell(out, &made);
        limit_time(series->seconds);
        sim_script script = sim_generate(seed, series->wishes);
        sim_run(&script, series->options, &made.outcome);
        sim_script_clear(&script);
        made.is_begun = false;
        tell(out, &made);
    }
    _exit(0);
}

static void start(const sim_series *series, worker *of)
{
    int ends[2];
    of->is_done = of->next > series->last;
    if (of->is_done) return;
    if (pipe(ends) != 0) abort();
    fflush(NULL);
    of->pid = fork();
    if (of->pid < 0) abort();
    if (of->pid == 0) {
        close(ends[0]);
        work(series, of->next, ends[1]);
    }
    close(ends[1]);
    of->in = ends[0];
}

static void listen_to(const sim_series *series, worker *of)
{
    report got;
    if (hear(of->in, &got)) {
        of->next = got.seed;
        if (got.is_begun) return;
        series->done(series->context, got.seed, &got.outcome);
        of->next += series->jobs;
        return;
    }
    int status;
    close(of->in);
    while (waitpid(of->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (of->next <= series->last) {
        sim_outcome outcome;
        died(status, &outcome);
        series->done(series->context, of->next, &outcome);
        of->next += series->jobs;
    }
    start(series, of);
}

void sim_trial_series(const sim_series *series)
{
    worker workers[JOBS_MAX];
    sim_series of = *series;
    if (of.jobs == 0) of.jobs = 1;
    if (of.jobs > JOBS_MAX) of.jobs = JOBS_MAX;
    for (uint32_t i = 0; i < of.jobs; i++) {
        workers[i] = (worker){.next = of.first + i};
        start(&of, &workers[i]);
    }
    for (;;) {
        struct pollfd polled[JOBS_MAX];
        uint32_t which[JOBS_MAX];
        nfds_t count = 0;
        for (uint32_t i = 0; i < of.jobs; i++) {
            if (workers[i].is_done) continue;
            which[count] = i;
            polled[count++] = (struct pollfd){.fd = workers[i].in, .events = POLLIN};
        }
        if (count == 0) return;
        if (poll(polled, count, -1) < 0 && errno != EINTR) abort();
        for (nfds_t k = 0; k < count; k++) {
            if (polled[k].revents != 0) listen_to(&of, &workers[which[k]]);
        }
    }
}
