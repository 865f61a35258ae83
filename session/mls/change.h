/*
 * From a change as an application words it (the public mjl_mls_change) to the proposal that says so
 * (RFC 9420 §12.1).
 */
#ifndef MJL_MLS_CHANGE_H
#define MJL_MLS_CHANGE_H

#include "proposal.h"

/* Writes the Proposal; a PSK's nonce is drawn. BAD_ARGUMENT for UPDATE and EXTERNAL_INIT, which
   need more than a change says. */
void mjl_mls_change_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                          const mjl_mls_change *change, mjl_random random);

#endif
