/* Which names have changed since the last persist: see majlis/expect.h. */
#include "expect_state.h"
#include "majlis/expect.h"

mjl_result mjl_expectations_journal_next(const mjl_expectations *set, mjl_expect_cursor *cursor,
                                         mjl_expect_change *change)
{
    if (mjl_expectations_is_busy(set)) return MJL_BUSY;
    if (!cursor->is_begun) {
        cursor->is_begun = true;
        cursor->next = set->changed_first;
    }
    if (cursor->next == NONE) return MJL_EMPTY;
    const mjl_name *name = &set->names[cursor->next];
    change->name = mjl_name_bytes(name);
    change->is_removed = name->state == MJL_EXPECT_UNKNOWN;
    cursor->next = name->changed_next;
    return MJL_OK;
}

bool mjl_expectations_journal_is_empty(const mjl_expectations *set)
{
    return set->changed_first == NONE;
}

void mjl_expectations_journal_clear(mjl_expectations *set)
{
    while (set->changed_first != NONE) {
        const uint32_t index = set->changed_first;
        mjl_name *name = &set->names[index];
        set->changed_first = name->changed_next;
        name->is_changed = false;
        name->was_persisted = name->state != MJL_EXPECT_UNKNOWN;
        if (name->was_persisted) continue;
        name->next = set->names_idle;
        set->names_idle = index;
    }
    set->changed_last = NONE;
}
