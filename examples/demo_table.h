/*
 * The end of the demo: a table of every message, and every promise with a yes or a no before it.
 *
 * Nothing is taken on trust from the script: the table is made from what the processes printed, and
 * from what the sync tool did.
 */
#ifndef MAJLIS_EXAMPLES_DEMO_TABLE_H
#define MAJLIS_EXAMPLES_DEMO_TABLE_H

#include "demo.h"

/* True if every line is. */
bool demo_table_print(const struct demo *demo);

#endif
