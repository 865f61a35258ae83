/* What users and applications do. */
#include "actions.h"
#include "observe.h"

static mjl_bytes room_name(void)
{
    return mjl_bytes_text("room");
}

static mjl_bytes room_secret(void)
{
    return mjl_bytes_text("secret");
}

static bool called(sim_world *world, const sim_step *step, mjl_result result)
{
    const sim_input input = {.step = step, .result = result, .said = SIM_NONE};
    sim_world_called(world, step->node, &input);
    return result == MJL_OK;
}

static bool create(sim_world *world, const sim_step *step, mjl_time now)
{
    const sim_manner *const manner = &world->script->manner;
    mjl_create create = {.size = sizeof create};
    create.pace = (mjl_pace){manner->bc_lat_ms, manner->m_intv_ms};
    create.secret_lifetime_ms = manner->secret_lifetime_ms;
    create.room_name = room_name();
    create.room_secret = room_secret();
    mjl_session *session;
    mjl_profile *const profile = world->nodes[step->node].profile;
    return called(world, step, mjl_session_create(profile, now, &create, &session));
}

static bool join(sim_world *world, const sim_step *step, mjl_time now)
{
    const sim_manner *const manner = &world->script->manner;
    mjl_join join = {.size = sizeof join};
    join.pace = (mjl_pace){manner->bc_lat_ms, manner->m_intv_ms};
    join.room_name = room_name();
    join.room_secret = room_secret();
    mjl_session *session;
    mjl_profile *const profile = world->nodes[step->node].profile;
    return called(world, step, mjl_session_join(profile, now, &join, &session));
}

/* The body says which step said it, and is otherwise drawn from that number alone. */
static void fill_body(const sim_world *world, const sim_step *step, uint8_t *body, size_t size)
{
    sim_chance chance = sim_chance_split(world->script->seed, "body", step->number);
    sim_chance_fill(&chance, body, size);
    char text[24];
    const int used = snprintf(text, sizeof text, "#%u ", (unsigned)step->number);
    memcpy(body, text, (size_t)used < size ? (size_t)used : size);
}

static bool say(sim_world *world, const sim_step *step, mjl_session *session, mjl_time now)
{
    const size_t size = (size_t)step->args[0];
    uint8_t *const body = sim_zeroed(size + 1, 1);
    fill_body(world, step, body, size);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_of(body, size)};
    say.if_grown = step->args[1] == 1 ? MJL_IF_GROWN_SEND : MJL_IF_GROWN_ASK;
    mjl_message_id message;
    mjl_said said;
    sim_input input = {.step = step, .said = SIM_NONE};
    input.result = mjl_session_say(session, now, &say, &message, &said);
    if (input.result == MJL_OK) {
        input.said = sim_observe_said(world, step, &message, say.body, said, say.if_grown);
    }
    sim_world_called(world, step->node, &input);
    free(body);
    return input.result == MJL_OK;
}

static bool was_ever_there(const sim_truth *truth, uint32_t tip, uint32_t identity)
{
    for (uint32_t branch = tip; branch != SIM_NONE; branch = truth->branches[branch].parent) {
        if (sim_set_has(&truth->branches[branch].roster, identity)) return true;
    }
    return false;
}

void sim_action_shown(sim_world *world, uint32_t node, const mjl_member_id *guest)
{
    const uint32_t identity = sim_truth_identity(&world->truth, guest);
    const uint32_t tip = world->truth.views[node].tip;
    if (identity != SIM_NONE && !was_ever_there(&world->truth, tip, identity))
        sim_set_remove(&world->nodes[node].invited, identity);
}

/* Who is shown again though it is let in is let in again, once. */
static bool was_answered(sim_world *world, uint32_t i, uint32_t identity)
{
    sim_node *const node = &world->nodes[i];
    const uint32_t tip = world->truth.views[i].tip;
    if (!sim_set_has(&node->invited, identity)) return false;
    if (tip == SIM_NONE || !sim_set_has(&world->truth.branches[tip].roster, identity)) return true;
    if (sim_set_has(&node->invited_again, identity)) return true;
    sim_set_add(&node->invited_again, identity);
    return false;
}

bool sim_action_invite_all(sim_world *world, uint32_t i, const sim_step *step)
{
    sim_node *const node = &world->nodes[i];
    bool any = false;
    mjl_join_request_info request;
    for (size_t k = 0;; k++) {
        mjl_session *const session = sim_world_session(world, i);
        if (session == NULL || mjl_session_join_request(session, k, &request) != MJL_OK) break;
        const uint32_t identity = sim_truth_identity(&world->truth, &request.requester);
        if (identity == SIM_NONE || (step == NULL && was_answered(world, i, identity))) continue;
        mjl_intent intent;
        sim_input input = {.step = step, .said = SIM_NONE};
        input.result = mjl_session_invite(session, sim_node_now(node, world->now),
                                          &request.requester, &intent);
        if (input.result == MJL_OK)
            sim_set_add(&node->invited, identity);
        else if (step == NULL)
            node->shut_at = world->now;
        any |= input.result == MJL_OK;
        sim_world_called(world, i, &input);
    }
    return any;
}

static bool exclude(sim_world *world, const sim_step *step, mjl_session *session, mjl_time now)
{
    if (step->args[0] >= world->nodes_count || step->args[0] == step->node) return false;
    const sim_node *const other = &world->nodes[step->args[0]];
    if (!other->is_there) return false;
    mjl_intent intent;
    return called(world, step, mjl_session_exclude(session, now, &other->member, &intent));
}

/* Everything that waits because the roster grew. */
static bool agree(sim_world *world, const sim_step *step)
{
    bool any = false;
    for (size_t i = 0; i < world->truth.said_count; i++) {
        const sim_said *const said = &world->truth.said[i];
        mjl_session *const session = sim_world_session(world, step->node);
        if (session == NULL) break;
        if (said->node != step->node || said->is_lost) continue;
        const mjl_time now = sim_node_now(&world->nodes[step->node], world->now);
        any |= called(world, step, mjl_session_agree(session, now, &said->message));
    }
    return any;
}

static bool do_in_session(sim_world *world, const sim_step *step, mjl_session *session,
                          mjl_time now)
{
    mjl_intent intent;
    switch (step->action) {
    case SIM_SAY:
        return say(world, step, session, now);
    case SIM_INVITE:
        return sim_action_invite_all(world, step->node, step);
    case SIM_EXCLUDE:
        return exclude(world, step, session, now);
    case SIM_REFRESH:
        return called(world, step, mjl_session_refresh(session, now, &intent));
    case SIM_LEAVE:
        /* Whoever gives up while it asks may still be let in, and never comes. */
        if (sim_world_state(world, step->node) == MJL_SESSION_JOINING) {
            world->nodes[step->node].spoils |= SIM_SPOIL_ABANDONED;
        }
        return called(world, step, mjl_session_leave(session, now));
    case SIM_AWAY:
        return called(world, step, mjl_session_away(session, now, step->args[0]));
    default:
        return agree(world, step);
    }
}

bool sim_do_app(sim_world *world, const sim_step *step)
{
    if (step->action == SIM_CREATE || step->action == SIM_JOIN) {
        if (!sim_world_start(world, step->node)) return false;
    }
    if (!sim_world_is_up(world, step->node)) return false;
    const mjl_time now = sim_node_now(&world->nodes[step->node], world->now);
    if (step->action == SIM_CREATE) return create(world, step, now);
    if (step->action == SIM_JOIN) return join(world, step, now);
    mjl_session *const session = sim_world_session(world, step->node);
    if (session == NULL) return false;
    const bool is_done = do_in_session(world, step, session, now);
    if (world->script->manner.steps_each_input && sim_world_is_up(world, step->node)) {
        sim_world_settle(world, step->node);
    }
    return is_done;
}
