#include "holdings.h"

#include "array.h"

#include <assert.h>

void mjl_holdings_clear(mjl_holdings *holdings)
{
    for (uint32_t i = 0; i < holdings->count; i++) {
        mjl_buffer_clear(&holdings->entries[i].packet);
        mjl_buffer_clear(&holdings->entries[i].content);
    }
    free(holdings->entries);
    free(holdings->due);
    free(holdings->dirty);
    memset(holdings, 0, sizeof *holdings);
}

static mjl_result reserve(mjl_holdings *holdings)
{
    const mjl_result result = mjl_array_reserve(&holdings->entries, holdings->count,
                                                &holdings->room, 1, sizeof *holdings->entries);
    if (result != MJL_OK) return result;
    return mjl_array_reserve(&holdings->due, holdings->count, &holdings->due_room, 1,
                             sizeof *holdings->due);
}

mjl_result mjl_holdings_add(mjl_holdings *holdings, mjl_holding *taken)
{
    const mjl_result result = reserve(holdings);
    if (result != MJL_OK) return result;
    mjl_holding *const added = &holdings->entries[holdings->count++];
    *added = *taken;
    added->resend_at = added->overdue_at = MJL_NEVER;
    added->due_position = 0;
    memset(taken, 0, sizeof *taken);
    return MJL_OK;
}

mjl_result mjl_holdings_touch(mjl_holdings *holdings, uint32_t place)
{
    assert(place < holdings->count);
    if (holdings->entries[place].record_dirty) return MJL_OK; /* It is in the list. */
    const mjl_result result = mjl_array_reserve(&holdings->dirty, holdings->dirty_count,
                                                &holdings->dirty_room, 1, sizeof *holdings->dirty);
    if (result != MJL_OK) return result;
    holdings->entries[place].record_dirty = true;
    holdings->dirty[holdings->dirty_count++] = place;
    return MJL_OK;
}

void mjl_holding_drop_packet(mjl_holding *holding)
{
    if (holding->packet_size == 0) return;
    mjl_buffer_clear(&holding->packet);
    holding->packet_size = 0;
    holding->packet_dirty = true;
}

void mjl_holding_saved(mjl_holding *holding)
{
    mjl_buffer_clear(&holding->packet);
    holding->record_dirty = holding->packet_dirty = holding->content_dirty = false;
}

/* ---- The heap: each place is due no later than the two behind it, at 2i + 1 and 2i + 2 ---- */

static mjl_time deadline_of(const mjl_holding *holding)
{
    return holding->is_overdue ? MJL_NEVER : holding->overdue_at;
}

static mjl_time due_of(const mjl_holding *holding)
{
    const mjl_time deadline = deadline_of(holding);
    return deadline < holding->resend_at ? deadline : holding->resend_at;
}

static bool is_before(const mjl_holdings *holdings, uint32_t a, uint32_t b)
{
    const mjl_time first = due_of(&holdings->entries[a]);
    const mjl_time second = due_of(&holdings->entries[b]);
    return first != second ? first < second : a < b;
}

static void put(mjl_holdings *holdings, uint32_t at, uint32_t place)
{
    holdings->due[at] = place;
    holdings->entries[place].due_position = at + 1;
}

static void move_up(mjl_holdings *holdings, uint32_t at)
{
    const uint32_t place = holdings->due[at];
    while (at > 0 && is_before(holdings, place, holdings->due[(at - 1) / 2])) {
        put(holdings, at, holdings->due[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(holdings, at, place);
}

static void move_down(mjl_holdings *holdings, uint32_t at)
{
    const uint32_t place = holdings->due[at];
    for (uint32_t next; (next = 2 * at + 1) < holdings->due_count; at = next) {
        if (next + 1 < holdings->due_count &&
            is_before(holdings, holdings->due[next + 1], holdings->due[next])) {
            next++;
        }
        if (!is_before(holdings, holdings->due[next], place)) break;
        put(holdings, at, holdings->due[next]);
    }
    put(holdings, at, place);
}

/* The last one takes its position. */
static void take_out(mjl_holdings *holdings, mjl_holding *holding)
{
    const uint32_t at = holding->due_position - 1;
    const uint32_t last = holdings->due[--holdings->due_count];
    holding->due_position = 0;
    if (at == holdings->due_count) return;
    put(holdings, at, last);
    move_up(holdings, at);
    move_down(holdings, holdings->entries[last].due_position - 1);
}

/* Its times changed. */
static void settle(mjl_holdings *holdings, uint32_t place)
{
    mjl_holding *const holding = &holdings->entries[place];
    if (due_of(holding) == MJL_NEVER) {
        if (holding->due_position != 0) take_out(holdings, holding);
        return;
    }
    if (holding->due_position == 0) put(holdings, holdings->due_count++, place);
    move_up(holdings, holding->due_position - 1);
    move_down(holdings, holding->due_position - 1);
}

void mjl_holdings_resend_at(mjl_holdings *holdings, uint32_t place, mjl_time at)
{
    mjl_holding *const holding = &holdings->entries[place];
    holding->was_resend_pending = false;
    if (holding->resend_at == at) return;
    holding->resend_at = at;
    settle(holdings, place);
}

void mjl_holdings_overdue_at(mjl_holdings *holdings, uint32_t place, mjl_time at)
{
    mjl_holding *const holding = &holdings->entries[place];
    holding->was_deadline_pending = holding->is_overdue = false;
    holding->overdue_at = at;
    settle(holdings, place);
}

void mjl_holdings_deadline_passed(mjl_holdings *holdings, uint32_t place)
{
    holdings->entries[place].is_overdue = true;
    holdings->entries[place].was_deadline_pending = false;
    settle(holdings, place);
}

bool mjl_holdings_next_due(const mjl_holdings *holdings, mjl_due *due)
{
    if (holdings->due_count == 0) return false;
    const mjl_holding *first = &holdings->entries[holdings->due[0]];
    due->place = holdings->due[0];
    due->at = due_of(first);
    due->kind = due->at == deadline_of(first) ? MJL_DUE_DEADLINE : MJL_DUE_RESEND;
    return true;
}

size_t mjl_holdings_times(const mjl_holdings *holdings, mjl_due *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < holdings->due_count; i++) {
        const uint32_t place = holdings->due[i];
        const mjl_holding *holding = &holdings->entries[place];
        const mjl_due times[] = {{deadline_of(holding), place, MJL_DUE_DEADLINE},
                                 {holding->resend_at, place, MJL_DUE_RESEND}};
        for (size_t n = 0; n < 2; n++) {
            if (times[n].at != MJL_NEVER) out[count++] = times[n];
        }
    }
    return count;
}

bool mjl_holdings_check(const mjl_holdings *holdings)
{
    uint32_t due = 0;
    for (uint32_t i = 0; i < holdings->count; i++) {
        const mjl_holding *holding = &holdings->entries[i];
        if ((due_of(holding) == MJL_NEVER) != (holding->due_position == 0)) return false;
        if (holding->is_overdue && holding->overdue_at == MJL_NEVER) return false;
        if (holding->due_position == 0) continue;
        const uint32_t at = holding->due_position - 1;
        if (at >= holdings->due_count || holdings->due[at] != i) return false;
        if (at > 0 && is_before(holdings, i, holdings->due[(at - 1) / 2])) return false;
        due++;
    }
    return due == holdings->due_count;
}
