/*
 * What is drawn from the random source, each purpose for itself: two draws with the same bytes come
 * out alike only where they are for the same.
 *
 *      source ──bytes──> key = H(purpose, which draw, bytes) ──> H(key, 0), H(key, 1), ... is used
 *
 * A source may come again: a machine that is restored, or copied while it runs, draws the same
 * bytes twice. Nothing here could notice that, since what was drawn before is wiped or never was
 * here. But then what is shown (salts, nonces, ids) tells nothing of a key that was drawn from the
 * same bytes, and no key serves two purposes. What stays is that one purpose has the same outcome
 * twice: MLS refuses a commit whose keys stand in the tree already (NO_RANDOM), nonces are mixed
 * with what they seal, and other keys come again, as of a key package: secret from all who did not
 * have them.
 *
 * Time: none. Ownership: the source is lent; a drawing outlives what draws from it. Errors: the
 * source's. Saved: never.
 */
#ifndef MAJLIS_SESSION_DRAWING_H
#define MAJLIS_SESSION_DRAWING_H

#include "majlis/bytes.h"

typedef struct mjl_drawing {
    mjl_random source;
    const char *purpose;
    uint32_t count, step;
} mjl_drawing;

/* For one call, whose draws are told apart by their number. */
mjl_random mjl_draw_for(mjl_drawing *drawing, mjl_random source, const char *purpose);
/* For many draws of one kind: how many there were before does not matter. */
mjl_random mjl_draw_alike(mjl_drawing *drawing, mjl_random source, const char *purpose);
/* One draw. */
MJL_MUST_USE mjl_result mjl_draw(mjl_random source, const char *purpose, uint8_t *out, size_t size);

#endif
