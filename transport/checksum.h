/*
 * A 64-bit check (FNV-1a) against bytes that were cut, mixed or changed by accident on the way.
 *
 * It proves nothing about who made them: that is the session's work. Every single changed byte is
 * found, since each step of FNV-1a can be undone.
 */
#ifndef MAJLIS_TRANSPORT_CHECKSUM_H
#define MAJLIS_TRANSPORT_CHECKSUM_H

#include "majlis/bytes.h"

uint64_t mjl_checksum(mjl_bytes bytes);

#endif
