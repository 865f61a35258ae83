/*
 * Targets that run whole members (majlis_session): steps, altered packets, altered disks. Each is
 * in a file of its own.
 */
#include "members.h"

static const fuzz_target targets[] = {
    {.name = "steps", .run = fuzz_steps, .input_max = 512, .is_unbounded = true},
    {.name = "signed_again", .run = fuzz_signed_again, .input_max = 512, .is_unbounded = true},
    {.name = "disk", .run = fuzz_disk, .input_max = 256, .is_unbounded = true}};

const fuzz_family fuzz_members = {"members", targets, sizeof targets / sizeof targets[0]};
