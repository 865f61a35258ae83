#include "padding.h"

#include "majlis/limits.h"

enum { COARSE_STEP = 1024 };

mjl_padding mjl_padding_default(void)
{
    const mjl_padding padding = {.rungs_count = 2,
                                 .rungs = {{COARSE_STEP, MJL_PADDING_STEP}, {0, COARSE_STEP}}};
    return padding;
}

bool mjl_padding_is_valid(const mjl_padding *padding)
{
    if (padding->rungs_count == 0 || padding->rungs_count > MJL_PADDING_RUNGS_MAX) return false;
    uint32_t reached = 0;
    for (size_t i = 0; i < padding->rungs_count; i++) {
        const mjl_padding_rung *rung = &padding->rungs[i];
        if (rung->step == 0 || rung->step > MJL_PADDING_STEP_MAX) return false;
        if (i + 1 == padding->rungs_count) break; /* The last one has no end. */
        if (rung->up_to <= reached) return false;
        reached = rung->up_to;
    }
    return true;
}

size_t mjl_padding_on(const mjl_padding *padding, size_t size)
{
    size_t i = 0;
    while (i + 1 < padding->rungs_count && size > padding->rungs[i].up_to)
        i++;
    const size_t step = padding->rungs[i].step;
    if (size == 0) return step;
    return (step - size % step) % step;
}

size_t mjl_padding_size(size_t size)
{
    const mjl_padding padding = mjl_padding_default();
    return mjl_padding_on(&padding, size);
}
