/* mjl_profile_check says no when it should: in a session in which something of each kind is under
   way, each promise is broken alone, and put back. */
#include "large_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../sched/noticed.h"
#include "acks_state.h"
#include "pending_state.h"
#include "session_state.h"
#include "transcript_state.h"

enum { SEED = 11, LARGE_SIZE = 600 << 10, SOON_MS = 40, MOST_MS = 60000 };

static test_world *world;
static const mjl_id other = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};

static bool receives_large(test_world *of)
{
    return world_session(of, 0)->large.incoming_count > 0;
}

static bool waits(test_world *of)
{
    return world_session(of, 2)->pending->count > 0;
}

static void cut(uint32_t from, uint32_t to, bool is_cut)
{
    const mjl_network_link link = {.delay_ms_min = 1, .delay_ms_max = 5, .is_cut = is_cut};
    assert_int_equal(mjl_network_set_link(world->network, from, to, &link), MJL_OK);
}

/* A large message on its way from 1 to 0; at 2 a place that waits for another. */
static int make(void **state)
{
    (void)state;
    world = world_new(SEED, 3, 0);
    world_gather(world);
    const large_body body = large_body_new(LARGE_SIZE, 1);
    assert_true(world_say(world, 0, "to all"));
    world_run(world, 2000);
    cut(0, 2, true);
    assert_true(world_say(world, 0, "not to 2"));
    world_run(world, SOON_MS);
    assert_true(world_say(world, 1, "behind that"));
    if (!world_run_until(world, MOST_MS, waits)) return -1;
    large_say(world, 1, &body);
    large_body copy = body;
    large_body_free(&copy);
    return world_run_until(world, MOST_MS, receives_large) ? 0 : -1;
}

static int clear(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

#define SOUND(node) (mjl_profile_check(world_profile(world, node)) == MJL_OK)

static void tasks_are_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 1);
    assert_true(SOUND(1));
    NOTICED(SOUND(1), of->gap_task, 9999);
    NOTICED(SOUND(1), of->presence.heartbeat_task, of->large.task);
    NOTICED(SOUND(1), of->schedule, world_session(world, 0)->schedule);
    NOTICED(SOUND(1), of->state, MJL_SESSION_JOINING);
    NOTICED(SOUND(1), of->state, MJL_SESSION_LEAVING);
    NOTICED(SOUND(1), of->number, world_profile(world, 1)->next_session_number);
}

static void epochs_are_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 0);
    mjl_epoch *const epoch = mjl_session_tip(of);
    assert_true(SOUND(0));
    NOTICED(SOUND(0), of->branches.count, of->branches.count - 1);
    NOTICED(SOUND(0), of->acks->rosters_count, of->acks->rosters_count - 1);
    NOTICED(SOUND(0), epoch->branch.bytes[3], epoch->branch.bytes[3] ^ 1);
    NOTICED(SOUND(0), epoch->number, epoch->number + 1);
    NOTICED(SOUND(0), epoch->parent, MJL_NO_INDEX);
    NOTICED(SOUND(0), epoch->roster[0], 77);
    NOTICED(SOUND(0), epoch->committer, 77);
    NOTICED(SOUND(0), epoch->ratchets, NULL);
    NOTICED(SOUND(0), epoch->removes_us, true);
    NOTICED(SOUND(0), epoch->welcome_state, MJL_WELCOME_HELD);
    NOTICED(SOUND(0), of->branches.tip, MJL_NO_INDEX);
}

static void places_are_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 0);
    mjl_holdings *const held = &of->holdings;
    uint32_t own = 0, delivered = 0;
    for (uint32_t i = 0; i < held->count; i++) {
        if (held->entries[i].is_own && held->entries[i].content.size > 0) own = i;
        if (held->entries[i].delivered_number != 0 && delivered == 0) delivered = i;
    }
    mjl_holding *const holding = &held->entries[own];
    assert_true(SOUND(0) && own > 0 && delivered > 0);
    NOTICED(SOUND(0), holding->type, MJL_TYPE_AWAY);
    NOTICED(SOUND(0), holding->is_own, false);
    NOTICED(SOUND(0), holding->content.size, 0);
    NOTICED(SOUND(0), holding->record_dirty, true);
    NOTICED(SOUND(0), holding->packet_size, 0);
    NOTICED(SOUND(0), holding->packet.size, 1);
    NOTICED(SOUND(0), holding->packet_dirty, true);
    NOTICED(SOUND(0), held->count, held->count - 1);
    NOTICED(SOUND(0), of->acks->places_count, of->acks->places_count - 1);
    NOTICED(SOUND(0), of->presence.count, of->presence.count - 1);
    NOTICED(SOUND(0), held->entries[delivered].delivered_number, 0);
    NOTICED(SOUND(0), held->entries[delivered].delivered_number, 9999);
}

static void due_times_are_looked_at(void **state)
{
    (void)state;
    mjl_holdings *const held = &world_session(world, 0)->holdings;
    assert_true(held->due_count > 1);
    mjl_holding *const last = &held->entries[held->due[held->due_count - 1]];
    NOTICED(SOUND(0), held->due_count, held->due_count - 1);
    NOTICED(SOUND(0), last->due_position, 0);
    NOTICED(SOUND(0), last->due_position, 1);
    NOTICED(SOUND(0), last->due_position, held->due_count + 1);
    NOTICED(SOUND(0), last->resend_at, 1);
    NOTICED(SOUND(0), held->entries[0].is_overdue, true);
}

static void warnings_are_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 0);
    assert_true(SOUND(0));
    NOTICED(SOUND(0), of->holdings.entries[0].warning, 9999);
    NOTICED(SOUND(0), mjl_session_tip(of)->welcome_warning, 9999);
    NOTICED(SOUND(0), of->presence.entries[1].fresh_warning, 9999);
    NOTICED(SOUND(0), of->knocking.warning, 9999);
    NOTICED(SOUND(0), of->transport_warnings[0], 9999);
    /* Who waits for a place warns of the gap, or means to. */
    mjl_session *const behind = world_session(world, 2);
    assert_true(behind->warnings.gaps_count > 0 && SOUND(2));
    NOTICED(SOUND(2), behind->warnings.gaps[0].warning, 9999);
    NOTICED(SOUND(2), behind->gap_task, 0);
}

static void the_graph_is_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 0);
    mjl_transcript *const graph = of->transcript;
    uint32_t i = graph->places_count - 1;
    while (graph->places[i].previous == MJL_NONE)
        i--;
    mjl_place *const place = &graph->places[i];
    uint32_t *const parents = (uint32_t *)(uintptr_t)mjl_transcript_parents(graph, i);
    mjl_epoch_entry *const epoch = &graph->epochs[graph->epochs_count - 1];
    assert_true(SOUND(0) && place->parents_count > 0);
    NOTICED(SOUND(0), graph->authors[0].bytes[5], graph->authors[0].bytes[5] ^ 1);
    NOTICED(SOUND(0), place->id, graph->places[0].id);
    NOTICED(SOUND(0), place->message, graph->places[0].message);
    NOTICED(SOUND(0), place->seq, 0);
    NOTICED(SOUND(0), place->seq, place->seq + 1);
    NOTICED(SOUND(0), place->opaque_count, 1);
    NOTICED(SOUND(0), place->follows_root, true);
    NOTICED(SOUND(0), parents[0], i);
    NOTICED(SOUND(0), epoch->view.branch.bytes[5], epoch->view.branch.bytes[5] ^ 1);
    NOTICED(SOUND(0), epoch->view.is_open, false);
    NOTICED(SOUND(0), epoch->view.parent, graph->epochs_count - 1);
    NOTICED(SOUND(0), epoch->view.number, epoch->view.number + 1);
    NOTICED(SOUND(0), epoch->view.root, epoch->view.root + 1);
    NOTICED(SOUND(0), epoch->view.commit, 0);
    NOTICED(SOUND(0), epoch->heads_count, epoch->heads_count - 1);
    NOTICED(SOUND(0), epoch->heads[0], 0);
    NOTICED(SOUND(0), graph->is_loading, true);
}

static void acks_are_looked_at(void **state)
{
    (void)state;
    mjl_acks *const acks = world_session(world, 0)->acks;
    assert_true(SOUND(0) && acks->first != MJL_NONE);
    mjl_acks_entry *const entry = &acks->entries[acks->last];
    NOTICED(SOUND(0), entry->place, acks->places_count);
    NOTICED(SOUND(0), acks->places[entry->place].slot, MJL_ACKS_FULL);
    NOTICED(SOUND(0), acks->places[0].slot, acks->last);
    NOTICED(SOUND(0), entry->missing, entry->missing + 1);
    NOTICED(SOUND(0), entry->message_missing, entry->message_missing + 1);
    NOTICED(SOUND(0), entry->owed[0], 0xff);
    NOTICED(SOUND(0), acks->unacked_count, acks->unacked_count + 1);
    NOTICED(SOUND(0), acks->authors[0].owed_count, 99);
}

static void what_waits_is_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 2);
    mjl_pending *const pending = of->pending;
    mjl_pending_slot *const entry = &pending->entries[pending->first];
    assert_true(SOUND(2) && entry->view.missing_count > 0 && pending->authors_count > 0);
    NOTICED(SOUND(2), entry->view.serial, 0);
    NOTICED(SOUND(2), entry->view.serial, 9999);
    NOTICED(SOUND(2), entry->missing[0].id, other);
    NOTICED(SOUND(2), entry->view.missing_count, 0);
    NOTICED(SOUND(2), pending->authors[0].count, 0);
    NOTICED(SOUND(2), pending->authors[0].count, MJL_PENDING_PER_AUTHOR_MAX + 1);
    NOTICED(SOUND(2), pending->authors[0].size, MJL_PENDING_BYTES_PER_AUTHOR_MAX + 1);
    NOTICED(SOUND(2), pending->authors[0].size, 1);
    NOTICED(SOUND(2), pending->count, pending->count + 1);
}

static void large_messages_are_looked_at(void **state)
{
    (void)state;
    mjl_large *const sending = &world_session(world, 1)->large;
    mjl_large_say *const say = &sending->says[0];
    assert_true(SOUND(1) && sending->says_count == 1 && say->staged_from < say->parts_count);
    NOTICED(SOUND(1), sending->next_number, say->number);
    NOTICED(SOUND(1), say->is_placed, true);
    NOTICED(SOUND(1), say->staged_from, say->parts_count + 1);
    NOTICED(SOUND(1), say->erased_to, say->staged_from + 1);
    NOTICED(SOUND(1), say->staged_from, say->staged_from + 1);
    NOTICED(SOUND(1), say->parts[0].bytes[0], say->parts[0].bytes[0] ^ 1);
    mjl_session *const receiver = world_session(world, 0);
    mjl_incoming *const incoming = &receiver->large.incoming[0];
    assert_true(SOUND(0) && incoming->done > 0);
    NOTICED(SOUND(0), incoming->done, incoming->done + 1);
    NOTICED(SOUND(0), incoming->bytes, incoming->bytes + 1);
    NOTICED(SOUND(0), incoming->places[0], 0);
    NOTICED(SOUND(0), incoming->places[0], MJL_NO_INDEX);
}

static void wishes_are_looked_at(void **state)
{
    (void)state;
    mjl_session *const of = world_session(world, 0);
    mjl_intent_entry wanted[2] = {{.number = 1}, {.number = 1}};
    mjl_queued_say says[2] = {{.number = 1}, {.number = 1}};
    mjl_membership *const membership = &of->membership;
    assert_true(SOUND(0) && membership->count == 0 && of->says_count == 0);
    mjl_intent_entry *const none = membership->intents;
    mjl_queued_say *const nothing = of->says;
    const uint64_t number = membership->next_number, next = of->says_next;
    membership->intents = wanted;
    membership->next_number = 1;
    NOTICED(SOUND(0), membership->count, 2);
    membership->next_number = 0;
    NOTICED(SOUND(0), membership->count, 1);
    membership->intents = none;
    membership->next_number = number;
    of->says = says;
    of->says_next = 2;
    NOTICED(SOUND(0), of->says_count, 2);
    of->says_next = 1;
    NOTICED(SOUND(0), of->says_count, 1);
    of->says = nothing;
    of->says_next = next;
}

static void a_profile_that_failed_is_not_sound(void **state)
{
    (void)state;
    assert_int_equal(mjl_profile_check(NULL), MJL_BAD_ARGUMENT);
    NOTICED(SOUND(0), world_profile(world, 0)->failure, MJL_STORE_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_are_looked_at),
        cmocka_unit_test(epochs_are_looked_at),
        cmocka_unit_test(places_are_looked_at),
        cmocka_unit_test(due_times_are_looked_at),
        cmocka_unit_test(warnings_are_looked_at),
        cmocka_unit_test(the_graph_is_looked_at),
        cmocka_unit_test(acks_are_looked_at),
        cmocka_unit_test(what_waits_is_looked_at),
        cmocka_unit_test(large_messages_are_looked_at),
        cmocka_unit_test(wishes_are_looked_at),
        cmocka_unit_test(a_profile_that_failed_is_not_sound),
    };
    return cmocka_run_group_tests(tests, make, clear);
}
