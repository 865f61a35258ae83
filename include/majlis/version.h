/* The version of this library; the build takes its own from here. */
#ifndef MAJLIS_VERSION_H
#define MAJLIS_VERSION_H

#define MJL_VERSION "0.1.0"

#endif
