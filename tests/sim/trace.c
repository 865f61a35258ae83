#include "trace.h"

#include <inttypes.h>

static bool begin(sim_world *world, const char *what, uint32_t node)
{
    if (world->trace == NULL) return false;
    fprintf(world->trace, "{\"at\":%" PRId64 ",\"what\":\"%s\"", world->now - world->origin, what);
    if (node != SIM_NONE) fprintf(world->trace, ",\"node\":%" PRIu32, node);
    return true;
}

static void text(sim_world *world, const char *key, const char *value)
{
    fprintf(world->trace, ",\"%s\":\"%s\"", key, value);
}

static void number(sim_world *world, const char *key, uint64_t value)
{
    fprintf(world->trace, ",\"%s\":%" PRIu64, key, value);
}

/* Numbers in the truth are easier on the eye than ids; -1: not known there. */
static void index_of(sim_world *world, const char *key, uint32_t value)
{
    if (value == SIM_NONE)
        fprintf(world->trace, ",\"%s\":-1", key);
    else
        number(world, key, value);
}

static void end(sim_world *world)
{
    fprintf(world->trace, "}\n");
}

void sim_trace_step(sim_world *world, const sim_step *step)
{
    if (!begin(world, "step", step->node)) return;
    text(world, "action", sim_action_name(step->action));
    number(world, "number", step->number);
    for (uint32_t i = 0; i < sim_action_args(step->action); i++)
        number(world, (const char *[]){"a", "b", "c"}[i], step->args[i]);
    end(world);
}

void sim_trace_input(sim_world *world, uint32_t node, const sim_input *input)
{
    if (!begin(world, "input", node)) return;
    if (input->step != NULL) text(world, "action", sim_action_name(input->step->action));
    text(world, "result", mjl_result_name(input->result));
    if (input->said != SIM_NONE) number(world, "said", input->said);
    end(world);
}

void sim_trace_opened(sim_world *world, uint32_t node, mjl_result result)
{
    if (!begin(world, "opened", node)) return;
    text(world, "result", mjl_result_name(result));
    end(world);
}

void sim_trace_stopped(sim_world *world, uint32_t node)
{
    if (begin(world, "stopped", node)) end(world);
}

void sim_trace_arrival(sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    if (!begin(world, "arrival", node)) return;
    index_of(world, "packet", arriving->number);
    text(world, "result", mjl_result_name(arriving->result));
    if (arriving->verdict != NULL) {
        text(world, "verdict", mjl_verdict_name(arriving->verdict->kind));
        text(world, "why", mjl_result_name(arriving->verdict->why));
    }
    end(world);
}

void sim_trace_accepted(sim_world *world, uint32_t node, uint32_t place)
{
    if (!begin(world, "accepted", node)) return;
    const sim_place *const accepted = &world->truth.places[place];
    number(world, "place", place);
    number(world, "author", accepted->author);
    number(world, "epoch", accepted->epoch);
    number(world, "seq", accepted->seq);
    number(world, "branch", accepted->branch);
    if (accepted->starts != SIM_NONE) number(world, "starts", accepted->starts);
    if (accepted->message != SIM_NONE) number(world, "message", accepted->message);
    end(world);
}

void sim_trace_packet(sim_world *world, uint32_t node, const mjl_packet *packet, bool is_first)
{
    static const char *const kinds[] = {"",        "place",        "statement", "commit",
                                        "welcome", "join request", "knock"};
    if (!begin(world, "packet", node)) return;
    text(world, "kind", kinds[packet->kind]);
    index_of(world, "packet",
             is_first ? (uint32_t)world->truth.packets_count
                      : sim_truth_packet(&world->truth, packet->bytes));
    index_of(world, "place", sim_truth_place(&world->truth, &packet->place));
    number(world, "size", packet->bytes.size);
    number(world, "resend", packet->resend);
    sim_look look;
    if (packet->kind == MJL_PACKET_STATEMENT && sim_look_at(world->tap, packet->bytes, &look)) {
        text(world, "type", look.type == SIM_TYPE_WANT ? "want" : "frontier");
        number(world, "accepted", look.accepted_count);
        number(world, "answers", look.heard_count);
        fprintf(world->trace, ",\"waits\":[");
        for (uint32_t i = 0; i < look.waited_for_count; i++) {
            fprintf(world->trace, "%s%" PRIu32, i == 0 ? "" : ",",
                    sim_truth_identity(&world->truth, &look.waited_for[i]));
        }
        fprintf(world->trace, "]");
    }
    end(world);
}

/* What a warning is about: its kind of thing alone knows the id. */
static void subject_of(sim_world *world, const mjl_id *subject)
{
    const sim_truth *const truth = &world->truth;
    index_of(world, "about-message", sim_truth_message(truth, subject));
    index_of(world, "about-branch", sim_truth_branch(truth, subject));
    index_of(world, "about-place", sim_truth_place(truth, subject));
    index_of(world, "about-member", sim_truth_identity(truth, subject));
}

static void missing_of(sim_world *world, mjl_bytes missing)
{
    fprintf(world->trace, ",\"missing\":[");
    for (size_t at = 0; at + MJL_ID_SIZE <= missing.size; at += MJL_ID_SIZE) {
        mjl_member_id member;
        memcpy(&member, missing.data + at, sizeof member);
        fprintf(world->trace, "%s%" PRIu32, at == 0 ? "" : ",",
                sim_truth_identity(&world->truth, &member));
    }
    fprintf(world->trace, "]");
}

void sim_trace_event(sim_world *world, uint32_t node, const mjl_event *event)
{
    if (!begin(world, "event", node)) return;
    number(world, "number", event->number);
    text(world, "kind", mjl_event_kind_name(event->kind));
    if (event->kind == MJL_EVENT_MESSAGE || event->kind == MJL_EVENT_MESSAGE_STATE) {
        index_of(world, "message", sim_truth_message(&world->truth, &event->message));
    }
    if (event->kind == MJL_EVENT_MESSAGE_STATE) {
        text(world, "state", mjl_message_state_name((mjl_message_state)event->new_state));
        number(world, "held", event->held_count);
        number(world, "readers", event->readers_count);
    }
    if (event->kind == MJL_EVENT_SESSION_STATE) {
        text(world, "state", mjl_session_state_name((mjl_session_state)event->new_state));
    }
    if (event->warning_kind != 0) {
        text(world, "warning", mjl_warning_kind_name(event->warning_kind));
        subject_of(world, &event->subject);
        if (event->missing.size > 0) missing_of(world, event->missing);
    }
    if (event->intent_state != 0) text(world, "intent", mjl_intent_state_name(event->intent_state));
    if (event->task_kind != NULL) text(world, "task", event->task_kind);
    if (event->why != MJL_OK) text(world, "why", mjl_result_name(event->why));
    const uint32_t member = sim_truth_identity(&world->truth, &event->member);
    if (member != SIM_NONE) number(world, "member", member);
    end(world);
}

void sim_trace_roster(sim_world *world, uint32_t node, uint32_t branch)
{
    if (!begin(world, "tip", node)) return;
    const sim_branch *const tip = &world->truth.branches[branch];
    number(world, "branch", branch);
    number(world, "epoch", tip->epoch);
    index_of(world, "parent", tip->parent);
    fprintf(world->trace, ",\"roster\":[");
    const char *comma = "";
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_set_has(&tip->roster, i)) continue;
        fprintf(world->trace, "%s%" PRIu32, comma, i);
        comma = ",";
    }
    fprintf(world->trace, "]");
    end(world);
}

void sim_trace_note(sim_world *world, const char *note)
{
    if (!begin(world, "note", SIM_NONE)) return;
    text(world, "text", note);
    end(world);
}
