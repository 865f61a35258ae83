#include "forge.h"

#include "observe.h"

#include "send.h"
#include "session_state.h"

enum { EVERYBODY = 2, BODY_SIZE = 24 };

typedef struct forging {
    sim_world *world;
    const sim_step *step;
    sim_chance chance;
    mjl_session *session; /* Of the copy. */
    mjl_epoch *tip;
    mjl_payload payload;
    mjl_content said; /* What the payload's content says. */
    uint8_t body_bytes[BODY_SIZE];
    mjl_buffer body, content, encoded, packet;
    uint8_t tag[MJL_TAG_SIZE];
} forging;

static void must(mjl_result result)
{
    if (result != MJL_OK) abort();
}

/* ---- Handing it out ---- */

/* To the members of that parity, or to everybody. */
static void hand_out(forging *in, uint32_t parity)
{
    for (uint32_t to = 0; to < in->world->members_count && !in->world->is_broken; to++) {
        if (to == in->step->node || (parity != EVERYBODY && to % 2 != parity)) continue;
        sim_world_inject(in->world, to, mjl_buffer_bytes(&in->packet));
    }
}

static void seal(forging *in)
{
    mjl_buffer_clear(&in->packet);
    const mjl_bytes tag = mjl_bytes_of(in->tag, sizeof in->tag);
    sim_tap_deaf(in->world->tap, false);
    must(mjl_mls_encrypt(in->tip->group, in->tip->ratchets, mjl_session_identity(in->session), tag,
                         mjl_buffer_bytes(&in->encoded), 0, in->session->profile->random,
                         &in->packet));
    sim_tap_deaf(in->world->tap, true);
}

/* ---- A payload, honest so far ---- */

static void encode_content(forging *in)
{
    mjl_buffer_clear(&in->content);
    must(mjl_content_encode(&in->said, &in->content));
    in->payload.content = mjl_buffer_bytes(&in->content);
}

static void encode_payload(forging *in)
{
    mjl_buffer_clear(&in->encoded);
    must(mjl_payload_encode(&in->payload, &in->encoded));
}

/* Something new to say. */
static void say_something(forging *in)
{
    static const char letters[] = "abcdefghijklmnop";
    for (size_t i = 0; i < sizeof in->body_bytes; i++)
        in->body_bytes[i] = (uint8_t)letters[sim_chance_below(&in->chance, 16)];
    const mjl_said_body said = {.bytes = mjl_bytes_of(in->body_bytes, sizeof in->body_bytes),
                                .media_type = mjl_bytes_text("text/plain")};
    mjl_buffer_clear(&in->body);
    must(mjl_said_encode(&said, &in->body));
    in->said = (mjl_content){.author = *mjl_session_member_id(in->session),
                             .type = MJL_TYPE_CONTENT,
                             .body = mjl_buffer_bytes(&in->body)};
    sim_chance_fill(&in->chance, in->said.salt, sizeof in->said.salt);
    encode_content(in);
}

/* False: it can say nothing now. */
static bool begin(forging *in)
{
    const mjl_session *session = in->session;
    if (session == NULL || session->branches.count == 0 || !mjl_session_may_send(session)) {
        return false;
    }
    in->tip = mjl_session_tip(session);
    if (in->tip->group == NULL || in->tip->ratchets == NULL) return false;
    const uint32_t self = mjl_session_self(session);
    const uint32_t tip = session->branches.tip;
    in->payload = (mjl_payload){.has_seq = true};
    in->payload.seq = mjl_transcript_next_seq(session->transcript, self, tip);
    in->payload.generation =
        mjl_mls_ratchets_next_generation(in->tip->ratchets, MJL_MLS_APPLICATION);
    memcpy(in->tag, in->tip->tag, sizeof in->tag);
    if (mjl_transcript_heads(session->transcript, tip, self, in->payload.parents,
                             &in->payload.parents_count) != MJL_OK) {
        return false;
    }
    say_something(in);
    return true;
}

/* ---- What honest members may accept becomes truth ---- */

static void note_said(forging *in, const mjl_message_id *message)
{
    if (sim_truth_message(&in->world->truth, message) != SIM_NONE) return;
    sim_observe_said(in->world, in->step, message,
                     mjl_bytes_of(in->body_bytes, sizeof in->body_bytes), MJL_SAID_ACCEPTED,
                     MJL_IF_GROWN_SEND);
}

static void note_place(forging *in)
{
    sim_truth *const truth = &in->world->truth;
    const mjl_bytes group = mjl_bytes_of(in->session->group_id, MJL_GROUP_ID_SIZE);
    mjl_packet packet = {.kind = MJL_PACKET_PLACE, .bytes = mjl_buffer_bytes(&in->packet)};
    packet.subject = mjl_id_message(group, in->payload.content);
    packet.place = mjl_id_place(&in->tip->branch, mjl_session_member_id(in->session),
                                mjl_buffer_bytes(&in->encoded));
    note_said(in, &packet.subject);
    sim_place made = {.id = packet.place, .kind = MJL_PLACE_IS_MESSAGE, .at = in->world->now};
    made.author = in->world->nodes[in->step->node].identity;
    made.maker = in->step->node;
    made.message = sim_truth_message(truth, &packet.subject);
    made.epoch = in->tip->number;
    made.seq = in->payload.seq;
    made.branch = sim_truth_branch(truth, &in->tip->branch);
    made.packet = made.starts = SIM_NONE;
    made.past = sim_set_copy(&truth->views[in->step->node].accepted);
    sim_truth_add_place(truth, &made);
    sim_observe_packet(in->world, in->step->node, &packet);
}

static void note_statement(forging *in)
{
    const mjl_packet packet = {.kind = MJL_PACKET_STATEMENT,
                               .bytes = mjl_buffer_bytes(&in->packet)};
    sim_observe_packet(in->world, in->step->node, &packet);
}

static bool place_to(forging *in, uint32_t parity)
{
    encode_payload(in);
    seal(in);
    note_place(in);
    hand_out(in, parity);
    return true;
}

/* ---- What must be refused ---- */

static bool send_wrong(forging *in)
{
    encode_payload(in);
    seal(in);
    hand_out(in, EVERYBODY);
    return true;
}

/* Altered where nothing is free: an end cut off or too many bytes, another head. */
static void bend(forging *in, mjl_buffer *bytes)
{
    static const uint8_t one[1];
    switch (sim_chance_below(&in->chance, 4)) {
    case 0:
        bytes->size -= 1 + (size_t)sim_chance_below(&in->chance, bytes->size);
        return;
    case 1:
        must(mjl_buffer_append(bytes, mjl_bytes_of(one, sizeof one)));
        return;
    default:
        bytes->data[0] ^= (uint8_t)(1u << sim_chance_below(&in->chance, 8));
        return;
    }
}

static bool send_bent(forging *in)
{
    encode_payload(in);
    bend(in, &in->encoded);
    seal(in);
    hand_out(in, EVERYBODY);
    return true;
}

static bool speak_for_another(forging *in)
{
    const uint32_t whom = (in->step->node + 1) % in->world->members_count;
    in->said.author = in->world->nodes[whom].member;
    encode_content(in);
    return send_wrong(in);
}

/* Its own last place in this epoch. */
static uint32_t own_last(const forging *in)
{
    const mjl_session *session = in->session;
    if (in->payload.seq == 0) return MJL_NO_INDEX;
    return mjl_transcript_last_of_author(session->transcript, mjl_session_self(session),
                                         session->branches.tip);
}

static bool take_parents_of(forging *in, uint32_t place)
{
    const mjl_transcript *transcript = in->session->transcript;
    const mjl_place *of = mjl_transcript_place(transcript, place);
    const uint32_t *parents = mjl_transcript_parents(transcript, place);
    if (of->parents_count == 0) return false;
    in->payload.parents_count = of->parents_count;
    for (uint32_t i = 0; i < of->parents_count; i++)
        in->payload.parents[i] = mjl_transcript_ref(transcript, parents[i]);
    mjl_place_refs_sort(in->payload.parents, in->payload.parents_count);
    return true;
}

static bool follow_old_places(forging *in)
{
    const uint32_t last = own_last(in);
    return last != MJL_NO_INDEX && take_parents_of(in, last) && send_wrong(in);
}

/* Is the epoch below somebody's root? Who joined later takes such a name as it is (DESIGN section
   8), so not everybody would refuse it. */
static bool is_opaque_to_some(const forging *in, uint64_t epoch)
{
    const sim_truth *truth = &in->world->truth;
    const uint32_t tip = sim_truth_branch(truth, &in->tip->branch);
    for (uint32_t i = 0; i < in->world->nodes_count; i++) {
        const uint32_t root = sim_truth_root(truth, i, tip);
        if (root != SIM_NONE && epoch < truth->branches[root].epoch) return true;
    }
    return false;
}

static bool nest_parents(forging *in)
{
    const mjl_transcript *transcript = in->session->transcript;
    const size_t count = in->payload.parents_count;
    const uint32_t first = count == 0
                               ? MJL_NO_INDEX
                               : mjl_transcript_find_place(transcript, &in->payload.parents[0].id);
    if (first == MJL_NO_INDEX || count == MJL_PARENTS_MAX) return false;
    if (mjl_transcript_place(transcript, first)->parents_count == 0) return false;
    const uint32_t below = mjl_transcript_parents(transcript, first)[0];
    const mjl_place_ref named = mjl_transcript_ref(transcript, below);
    if (is_opaque_to_some(in, named.epoch)) return false;
    in->payload.parents[in->payload.parents_count++] = named;
    mjl_place_refs_sort(in->payload.parents, in->payload.parents_count);
    return send_wrong(in);
}

static bool misplace_parent(forging *in)
{
    const size_t count = in->payload.parents_count;
    if (count == 0) return false;
    mjl_place_ref *const last = &in->payload.parents[count - 1];
    if (last->epoch == 0 || is_opaque_to_some(in, last->epoch - 1)) return false;
    last->epoch--;
    mjl_place_refs_sort(in->payload.parents, count);
    return send_wrong(in);
}

static bool invent_parent(forging *in)
{
    mjl_place_ref *const parent = &in->payload.parents[0];
    if (in->payload.parents_count == 0) return false;
    in->payload.parents_count = 1;
    sim_chance_fill(&in->chance, parent->id.bytes, sizeof parent->id.bytes);
    return send_wrong(in);
}

/* ---- Statements ---- */

/* Everything that anybody ever placed in this epoch or below it, the last ones first. */
static void claim_everything(forging *in, mjl_frontier *frontier)
{
    const sim_truth *const truth = &in->world->truth;
    const uint32_t branch = sim_truth_branch(truth, &in->tip->branch);
    for (size_t i = truth->places_count; i-- > 0;) {
        const sim_place *const place = &truth->places[i];
        if (place->branch != branch || frontier->places_count == MJL_FRONTIER_PLACES_MAX) continue;
        frontier->places[frontier->places_count++] = (mjl_place_ref){place->epoch, place->id};
    }
    mjl_place_refs_sort(frontier->places, frontier->places_count);
}

static bool state(forging *in, bool is_bent)
{
    mjl_frontier *const frontier = sim_zeroed(1, sizeof *frontier);
    frontier->counter = UINT32_MAX + sim_chance_below(&in->chance, 1000);
    sim_chance_fill(&in->chance, frontier->nonce, sizeof frontier->nonce);
    claim_everything(in, frontier);
    mjl_buffer_clear(&in->body);
    const mjl_result result = mjl_frontier_encode(frontier, &in->body);
    free(frontier);
    if (result != MJL_OK) return false;
    if (is_bent) bend(in, &in->body);
    in->said.type = MJL_TYPE_FRONTIER;
    in->said.body = mjl_buffer_bytes(&in->body);
    encode_content(in);
    in->payload.has_seq = false;
    in->payload.seq = in->payload.parents_count = 0;
    encode_payload(in);
    seal(in);
    if (!is_bent) note_statement(in);
    hand_out(in, EVERYBODY);
    return true;
}

/* ---- Two stories ---- */

static bool tell_two_stories(forging *in)
{
    if (!place_to(in, 0)) return false;
    say_something(in);
    in->payload.generation++;
    return place_to(in, 1);
}

static bool say_again(forging *in)
{
    if (!place_to(in, EVERYBODY)) return false;
    const mjl_place_ref first = {in->tip->number,
                                 mjl_id_place(&in->tip->branch, mjl_session_member_id(in->session),
                                              mjl_buffer_bytes(&in->encoded))};
    in->payload.parents[0] = first;
    in->payload.parents_count = 1;
    in->payload.seq++;
    in->payload.generation++;
    return place_to(in, EVERYBODY);
}

static bool forge(forging *in)
{
    switch ((sim_forgery)in->step->args[0]) {
    case SIM_FORGE_GENERATION:
        in->payload.generation += 1 + (uint32_t)sim_chance_below(&in->chance, 3);
        return send_wrong(in);
    case SIM_FORGE_AUTHOR:
        return speak_for_another(in);
    case SIM_FORGE_SEQ_AHEAD:
        in->payload.seq++;
        return send_wrong(in);
    case SIM_FORGE_NO_PARENTS:
        if (in->payload.seq == 0 && in->tip->number == 0) return false; /* That is allowed. */
        in->payload.parents_count = 0;
        return send_wrong(in);
    case SIM_FORGE_OLD_PARENTS:
        return follow_old_places(in);
    case SIM_FORGE_NESTED_PARENTS:
        return nest_parents(in);
    case SIM_FORGE_PARENT_EPOCH:
        return misplace_parent(in);
    case SIM_FORGE_PARENT_UNKNOWN:
        return invent_parent(in);
    case SIM_FORGE_TAG:
        in->tag[0] ^= 1;
        return send_wrong(in);
    case SIM_FORGE_MALFORMED:
        return send_bent(in);
    case SIM_FORGE_STATEMENT:
        return state(in, true);
    case SIM_FORGE_CLAIM:
        return state(in, false);
    case SIM_FORGE_TWO_STORIES:
        return tell_two_stories(in);
    case SIM_FORGE_REPEATED:
        return say_again(in);
    case SIM_FORGERIES_COUNT:
    default:
        break;
    }
    return false;
}

bool sim_forge(sim_world *world, const sim_step *step)
{
    sim_disk *disk;
    mjl_profile *const copy = sim_world_shadow(world, step->node, &disk);
    if (copy == NULL) return false;
    forging *const in = sim_zeroed(1, sizeof *in);
    in->world = world;
    in->step = step;
    in->chance = sim_chance_split(world->script->seed, "forge", step->number);
    in->session = mjl_profile_session(copy, 0);
    world->nodes[step->node].spoils |= SIM_SPOIL_EVIL;
    const bool is_done = begin(in) && forge(in);
    mjl_buffer_clear(&in->body);
    mjl_buffer_clear(&in->content);
    mjl_buffer_clear(&in->encoded);
    mjl_buffer_clear(&in->packet);
    free(in);
    sim_world_shadow_close(world, copy, disk);
    return is_done;
}
