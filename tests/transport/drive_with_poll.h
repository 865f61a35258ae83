/* The engine without libev: the whole of what a host's own loop has to do (transport/README.md). */
#ifndef MAJLIS_TESTS_TRANSPORT_DRIVE_WITH_POLL_H
#define MAJLIS_TESTS_TRANSPORT_DRIVE_WITH_POLL_H

#include "majlis/event.h"
#include "majlis/limits.h"
#include "majlis/profile.h"

mjl_result drive_with_poll(mjl_profile *profile, int line, bool (*on_event)(const mjl_event *));

#endif
