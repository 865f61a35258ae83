/*
 * The recorder, as the engine meets it (majlis/record.h): calls.c and inputs.c tell it what goes in
 * and comes out, the rest it hears from the random source and the store that it stands in front of.
 *
 * All of these do nothing once the recording stopped, and none can fail: the profile comes first.
 */
#ifndef MAJLIS_SESSION_RECORDING_H
#define MAJLIS_SESSION_RECORDING_H

#include "inputs.h"
#include "records.h"

#include "majlis/event.h"
#include "majlis/record.h"

/* Opens what config->recorder is to record. WRONG_STATE: it records another profile. */
MJL_MUST_USE mjl_result mjl_recording_open(const mjl_profile_config *config, mjl_profile **profile);
/* From within: the records were read, and nothing was built from them yet. */
void mjl_recording_loaded(mjl_recorder *recorder, const mjl_records *records);

void mjl_recording_input(mjl_recorder *recorder, const mjl_input *input);
void mjl_recording_outcome(mjl_recorder *recorder, mjl_profile *profile, const mjl_input *input,
                           const mjl_outcome *outcome);
void mjl_recording_packet(mjl_recorder *recorder, const mjl_packet *packet);
void mjl_recording_event(mjl_recorder *recorder, const mjl_event *event);

/* Before the profile is closed; the recorder is then free for another. */
void mjl_recording_close(mjl_recorder *recorder, mjl_profile *profile);

#endif
