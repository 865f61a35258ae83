/* What the scenarios' members do and how the network between them is, in one call each. */
#ifndef MAJLIS_TESTS_SCENARIO_H
#define MAJLIS_TESTS_SCENARIO_H

#include "world.h"

/* Long enough for everything that has an end, at the pace of these tests. */
static const mjl_time SCENARIO_PATIENCE_MS = 600000;

mjl_session_info scenario_info(const mjl_session *session);

/* Between `node` and all others, both ways. */
void scenario_cut_off(test_world *world, uint32_t node);
void scenario_reconnect(test_world *world, uint32_t node);
/* All links: so long on the way, and so much of it lost. */
void scenario_links(test_world *world, uint64_t delay_ms_min, uint64_t delay_ms_max,
                    uint32_t loss_permille);

/* So many members in one room, something was said, and all of them have it. */
test_world *scenario_quiet_room(uint32_t members, uint64_t seed);

/* The node asks to join world_create's room. */
mjl_session *scenario_ask(test_world *world, uint32_t node);
/* The node sees the request of the other one before long, and invites it. */
mjl_intent scenario_invite(test_world *world, uint32_t node, uint32_t whom);
mjl_intent scenario_exclude(test_world *world, uint32_t node, uint32_t whom);
void scenario_refresh(test_world *world, uint32_t node);
void scenario_leave(test_world *world, uint32_t node);
/* Fails the test unless all are calm before long. */
void scenario_settle(test_world *world);

/* Of warnings that stand. */
size_t scenario_warnings(test_world *world, uint32_t node, mjl_warning_kind kind);
/* The latest event of a kind, or NULL. */
const mjl_event *scenario_last(const world_node *node, mjl_event_kind kind);
mjl_message_info scenario_message(test_world *world, uint32_t node, const mjl_message_id *id);

#endif
