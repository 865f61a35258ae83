#include "virtual_time.h"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

int64_t virtual_ms = 1000000;
bool virtual_waiting = false;

typedef int (*clock_function)(clockid_t, struct timespec *);

static clock_function real_clock(void)
{
    static clock_function found;
    if (found == NULL) {
        /* POSIX lets an object pointer hold a function; ISO C has no cast for it. */
        *(void **)&found = dlsym(RTLD_NEXT, "clock_gettime");
        if (found == NULL) abort();
    }
    return found;
}

/* Called by the loops' libraries instead of libc's, whose parameters have reserved names. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_PROCESS_CPUTIME_ID)
        return real_clock()(clock, time);
    time->tv_sec = virtual_ms / 1000;
    time->tv_nsec = (long)(virtual_ms % 1000) * 1000000;
    return 0;
}

static int wait_for(int timeout_ms)
{
    if (virtual_waiting) virtual_ms += (timeout_ms > 0 ? timeout_ms : 0) + 1;
    return 0;
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms)
{
    (void)epoll;
    (void)events;
    (void)count;
    return wait_for(timeout_ms);
}

int epoll_pwait(int epoll, struct epoll_event *events, int count, int timeout_ms,
                const sigset_t *signals)
{
    (void)signals;
    return epoll_wait(epoll, events, count, timeout_ms);
}

int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
    (void)files;
    (void)count;
    return wait_for(timeout_ms);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

uint64_t cpu_time_ns(void)
{
    struct timespec time;
    if (real_clock()(CLOCK_THREAD_CPUTIME_ID, &time) != 0) abort();
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
