/* What members that mean ill, strangers, and applications that err do. */
#include "actions.h"
#include "forge.h"
#include "observe.h"

enum { JUNK_SIZE_MAX = 4096 };

static sim_chance chance_of(const sim_world *world, const sim_step *step)
{
    return sim_chance_split(world->script->seed, "hostile", step->number);
}

/* ---- Strangers ---- */

static bool old_packets(sim_world *world, const sim_step *step, bool is_bent)
{
    sim_chance chance = chance_of(world, step);
    if (world->truth.packets_count == 0 || !sim_world_is_up(world, step->node)) return false;
    for (uint64_t i = 0; i < step->args[0] && !world->is_broken; i++) {
        const uint64_t which = sim_chance_below(&chance, world->truth.packets_count);
        const uint64_t where = sim_chance_next(&chance);
        mjl_buffer bytes = {0};
        if (mjl_buffer_append(&bytes, mjl_buffer_bytes(&world->truth.packets[which].bytes)) !=
            MJL_OK) {
            abort();
        }
        if (is_bent) bytes.data[where % bytes.size] ^= (uint8_t)(1u << (where >> 32 & 7));
        sim_world_inject(world, step->node, mjl_buffer_bytes(&bytes));
        mjl_buffer_clear(&bytes);
    }
    return true;
}

/* Anybody can make these: a group's id and a number are in the clear (session/README.md). */
static bool flood(sim_world *world, const sim_step *step)
{
    enum { EPOCH_AT = 4 + 1 + 32, LEAST = 128 };
    sim_chance chance = chance_of(world, step);
    sim_look look;
    if (world->truth.packets_count == 0 || !sim_world_is_up(world, step->node)) return false;
    for (uint64_t i = 0; i < step->args[0] && !world->is_broken; i++) {
        const uint64_t which = sim_chance_below(&chance, world->truth.packets_count);
        const mjl_bytes seen = mjl_buffer_bytes(&world->truth.packets[which].bytes);
        mjl_buffer bytes = {0};
        if (!sim_look_at(world->tap, seen, &look) || look.wire_format != SIM_WIRE_PRIVATE ||
            seen.size < LEAST) {
            continue;
        }
        if (mjl_buffer_append(&bytes, seen) != MJL_OK) abort();
        bytes.data[EPOCH_AT + 6] ^= (uint8_t)(1 + sim_chance_below(&chance, 255));
        sim_chance_fill(&chance, &bytes.data[bytes.size - 16], 16);
        sim_world_inject(world, step->node, mjl_buffer_bytes(&bytes));
        mjl_buffer_clear(&bytes);
    }
    return true;
}

static bool junk(sim_world *world, const sim_step *step)
{
    sim_chance chance = chance_of(world, step);
    uint8_t bytes[JUNK_SIZE_MAX];
    static const uint8_t heads[][4] = {
        {0, 1, 0, 2}, {0, 1, 0, 3}, {0, 1, 0, 5}, {0, 1, 0xf4, 0xd1}, {0, 1, 0xf4, 0xd2}};
    if (!sim_world_is_up(world, step->node)) return false;
    for (uint64_t i = 0; i < step->args[0] && !world->is_broken; i++) {
        const uint64_t most = step->args[1] < JUNK_SIZE_MAX ? step->args[1] : JUNK_SIZE_MAX;
        const size_t size = (size_t)sim_chance_below(&chance, most + 1);
        sim_chance_fill(&chance, bytes, size);
        if (size >= 4 && sim_chance_happens(&chance, 800)) {
            memcpy(bytes, heads[sim_chance_below(&chance, sizeof heads / sizeof heads[0])], 4);
        }
        sim_world_inject(world, step->node, mjl_bytes_of(bytes, size));
    }
    return true;
}

/* ---- Members that mean ill ---- */

/* Two of it live, and no node hears both: whatever they say differs. */
static bool equivocate(sim_world *world, const sim_step *step)
{
    const uint32_t copy = sim_world_copy(world, step->node, world->nodes[step->node].disk);
    if (copy == SIM_NONE) return false;
    world->nodes[copy].spoils |= SIM_SPOIL_EVIL;
    world->nodes[step->node].spoils |= SIM_SPOIL_EVIL;
    for (uint32_t to = 0; to < world->members_count; to++) {
        const uint32_t deaf_to = to % 2 == 0 ? copy : step->node;
        if (to == deaf_to) continue;
        mjl_network_link link = mjl_network_get_link(world->network, deaf_to, to);
        link.is_cut = true;
        mjl_network_set_link(world->network, deaf_to, to, &link);
    }
    return true;
}

/* ---- Applications that err ---- */

static void expect(sim_world *world, uint32_t node, const char *call, bool is_refused)
{
    if (!is_refused) sim_broken(world, "misuse", node, "%s was not refused", call);
}

static bool bad_calls(sim_world *world, const sim_step *step)
{
    const uint32_t i = step->node;
    if (!sim_world_is_up(world, i) || sim_world_session(world, i) == NULL) return false;
    mjl_profile *const profile = world->nodes[i].profile;
    mjl_session *const session = sim_world_session(world, i);
    const mjl_time now = sim_node_now(&world->nodes[i], world->now);
    const mjl_member_id nobody = {{1}};
    static const uint8_t zeros[1] = {0};
    mjl_message_id message;
    mjl_intent intent;
    mjl_say say = {.size = sizeof say};
    mjl_verdict verdict;
    expect(world, i, "say(NULL)", mjl_session_say(session, now, NULL, &message, NULL) != MJL_OK);
    say.size = 1;
    expect(world, i, "say of another version",
           mjl_session_say(session, now, &say, &message, NULL) != MJL_OK);
    say.size = sizeof say;
    say.body = mjl_bytes_of(zeros, (size_t)MJL_SAY_SIZE_MAX + 1);
    expect(world, i, "say of too much",
           mjl_session_say(session, now, &say, &message, NULL) != MJL_OK);
    expect(world, i, "inviting nobody",
           mjl_session_invite(session, now, &nobody, &intent) != MJL_OK);
    expect(world, i, "excluding nobody",
           mjl_session_exclude(session, now, &nobody, &intent) != MJL_OK);
    expect(world, i, "agreeing to nothing", mjl_session_agree(session, now, &nobody) != MJL_OK);
    expect(world, i, "receiving into nothing",
           mjl_profile_receive(profile, now, 1, mjl_bytes_of(zeros, 0), NULL) != MJL_OK);
    expect(world, i, "receiving no bytes",
           mjl_profile_receive(profile, now, 1, mjl_bytes_of(NULL, 0), &verdict) != MJL_OK ||
               verdict.kind == MJL_VERDICT_REJECTED || verdict.kind == MJL_VERDICT_NOT_FOR_US);
    (void)mjl_profile_packet_sent(profile, UINT64_MAX);
    (void)mjl_profile_packet_sent(profile, 0);
    (void)mjl_profile_event_settled(profile, 0);
    const sim_input input = {.step = step, .result = MJL_OK, .said = SIM_NONE};
    sim_world_called(world, i, &input);
    return true;
}

static bool be_slow(sim_world *world, const sim_step *step)
{
    world->nodes[step->node].slow_until = world->now + (mjl_time)step->args[0];
    world->nodes[step->node].is_backed_up = true;
    return true;
}

bool sim_do_hostile(sim_world *world, const sim_step *step)
{
    switch (step->action) {
    case SIM_EQUIVOCATE:
        return sim_world_is_up(world, step->node) && equivocate(world, step);
    case SIM_OLD_PACKETS:
        return old_packets(world, step, false);
    case SIM_BENT:
        return old_packets(world, step, true);
    case SIM_FLOOD:
        return flood(world, step);
    case SIM_JUNK:
        return junk(world, step);
    case SIM_BAD_CALLS:
        return bad_calls(world, step);
    case SIM_SLOW:
        return be_slow(world, step);
    case SIM_HASTY:
        world->nodes[step->node].is_hasty = true;
        return true;
    case SIM_FORGE:
        return sim_world_is_up(world, step->node) && sim_forge(world, step);
    default:
        return false;
    }
}
