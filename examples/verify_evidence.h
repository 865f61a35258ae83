/*
 * `majlis verify-evidence FILE`: whether a file proves that one author said two things at one
 * point, checked with nothing but the file and, if given, the author's safety number.
 */
#ifndef MAJLIS_EXAMPLES_VERIFY_EVIDENCE_H
#define MAJLIS_EXAMPLES_VERIFY_EVIDENCE_H

#include "options.h"

/* The exit code: 0 if it proves what is then printed. */
int verify_evidence_main(const struct options *options);

/* The digits alone are compared, so that spaces may be left out. */
bool safety_number_is(const char *said, const mjl_member_id *member);

#endif
