#include "majlis/result.h"

#include <stddef.h>

typedef struct fact {
    mjl_result result;
    mjl_class class_;
    mjl_blame blame;
    const char *name;
    const char *text;
} fact;

static const fact facts[] = {
#define MJL_RESULT_FACT(name, number, class_, blame_, text)                                        \
    {MJL_##name, MJL_CLASS_##class_, MJL_BLAME_##blame_, #name, text},
    MJL_RESULTS(MJL_RESULT_FACT)
#undef MJL_RESULT_FACT
};

static const fact *find(mjl_result result)
{
    static const fact unknown = {MJL_BUG, MJL_CLASS_OUR_BUG, MJL_BLAME_SELF, "UNKNOWN",
                                 "unknown result"};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (facts[i].result == result) return &facts[i];
    }
    return &unknown;
}

const char *mjl_result_text(mjl_result result)
{
    return find(result)->text;
}

const char *mjl_result_name(mjl_result result)
{
    return find(result)->name;
}

mjl_class mjl_result_class(mjl_result result)
{
    return find(result)->class_;
}

mjl_blame mjl_result_blame(mjl_result result)
{
    return find(result)->blame;
}
