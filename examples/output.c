#include "output.h"

#include <errno.h>
#include <stdio.h>

static int first_error;

void output_flush(void)
{
    errno = 0;
    const int failed = fflush(stdout);
    if (first_error == 0 && (failed != 0 || ferror(stdout))) first_error = errno == 0 ? EIO : errno;
}

int output_error(void)
{
    return first_error;
}
