/*
 * The padding ladder: how many zeros hide the size of what is sent.
 *
 *      default:  size  0 ─ 64 ─ 64 ... 64 ─ 1024 ─ 1024 ─ 1024 ...
 *
 * What a profile sends goes by its own ladder, since nobody checks the padding of an application
 * message; headers of commits keep the default, since their readers do check it.
 */
#ifndef MAJLIS_SESSION_PADDING_H
#define MAJLIS_SESSION_PADDING_H

#include "majlis/profile.h"

/* The default ladder: multiples of MJL_PADDING_STEP up to 1 KiB, beyond it of 1 KiB. */
mjl_padding mjl_padding_default(void);
/* 1..MJL_PADDING_RUNGS_MAX rungs that reach ever further, each step in 1..MJL_PADDING_STEP_MAX. */
bool mjl_padding_is_valid(const mjl_padding *padding);
/* How many zero bytes to add to `size` bytes. Nothing at all becomes one whole step. */
size_t mjl_padding_on(const mjl_padding *padding, size_t size);
/* On the default ladder. */
size_t mjl_padding_size(size_t size);

#endif
