/*
 * Text of others made safe to print: what could move the cursor, change colours, break the line or
 * turn the reading direction is shown as an escape, and so is what is no UTF-8.
 */
#ifndef MAJLIS_EXAMPLES_ESCAPE_H
#define MAJLIS_EXAMPLES_ESCAPE_H

#include <stdio.h>

#include "majlis/bytes.h"

/* True if the text prints as it stands. */
bool escape_is_plain(mjl_bytes text);

void escape_print(FILE *file, mjl_bytes text);

/* A printable copy that the caller frees; NULL when out of memory. */
char *escape_new(mjl_bytes text);

/* How many columns the printed text takes, taking each code point for one. */
size_t escape_columns(mjl_bytes text);

#endif
