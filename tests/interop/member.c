#include "member.h"

#include <time.h>

enum { DAY_SECONDS = 24 * 60 * 60, LIFETIME_DAYS = 28 };

uint64_t lifetime_from(void)
{
    return (uint64_t)time(NULL) - DAY_SECONDS;
}

uint64_t lifetime_until(void)
{
    return (uint64_t)time(NULL) + (uint64_t)LIFETIME_DAYS * DAY_SECONDS;
}

void made_clear(made *what)
{
    mjl_buffer_clear(&what->commit);
    mjl_buffer_clear(&what->welcome);
    mjl_buffer_clear(&what->tree);
}

void view_clear(view *what)
{
    mjl_buffer_clear(&what->authenticator);
    mjl_buffer_clear(&what->exported);
}
