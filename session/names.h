/*
 * What may stand as a user id, a display name, a room name or a media type: a wire rule, checked
 * alike by who writes and who reads.
 */
#ifndef MAJLIS_SESSION_NAMES_H
#define MAJLIS_SESSION_NAMES_H

#include "majlis/bytes.h"

/* 1..MJL_NAME_SIZE_MAX bytes of UTF-8 without control characters (C0, DEL, C1, line and paragraph
   separators, and those that turn the direction of the text that follows). MALFORMED. */
MJL_MUST_USE mjl_result mjl_name_check(mjl_bytes name);
/* 1..MJL_MEDIA_TYPE_SIZE_MAX bytes of printable ASCII. MALFORMED. */
MJL_MUST_USE mjl_result mjl_media_type_check(mjl_bytes media_type);

#endif
