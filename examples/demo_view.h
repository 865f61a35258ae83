/*
 * What the demo shows while it runs: what happens, line by line, and below it how everybody is.
 *
 *       12.4s  bob     The blue one leaks.              a b c
 *      ✓✓                                               └ who has it, as it becomes so
 *
 * On a terminal the lines of messages change in place; elsewhere each change that matters is a
 * line.
 */
#ifndef MAJLIS_EXAMPLES_DEMO_VIEW_H
#define MAJLIS_EXAMPLES_DEMO_VIEW_H

#include "demo.h"

void demo_view_start(const struct demo *demo);
/* A scene of the script begins. */
void demo_view_scene(const struct demo *demo, const char *title);
/* Something happened to a person; DEMO_NOBODY: to nobody in particular. */
void demo_view_tell(const struct demo *demo, int who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Shows what changed since the last time. */
void demo_view_refresh(const struct demo *demo);
/* The part below goes; the table follows. */
void demo_view_stop(void);

#endif
