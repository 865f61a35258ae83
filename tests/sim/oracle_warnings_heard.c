#include "oracle_warnings_knowledge.h"

/* ---- Statements, as far as the wire page says ---- */

typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

static uint64_t take_number(cursor *from, size_t size)
{
    uint64_t value = 0;
    while (size-- > 0 && from->left > 0) {
        value = value << 8 | *from->at++;
        from->left--;
    }
    return value;
}

static uint64_t take_uint(cursor *from)
{
    const uint64_t head = take_number(from, 1);
    return head < 0x80 ? head : take_number(from, (size_t)1 << (head - 0xcc));
}

static uint64_t take_array(cursor *from)
{
    const uint64_t head = take_number(from, 1);
    return head < 0xa0 ? head & 15 : take_number(from, head == 0xdc ? 2 : 4);
}

static mjl_bytes take_bin(cursor *from)
{
    const uint64_t head = take_number(from, 1);
    const size_t size = (size_t)take_number(from, head == 0xc4 ? 1 : head == 0xc5 ? 2 : 4);
    const mjl_bytes bytes = mjl_bytes_of(from->at, size < from->left ? size : from->left);
    from->at += bytes.size;
    from->left -= bytes.size;
    return bytes;
}

typedef struct statement {
    uint64_t counter;
    mjl_bytes nonce;
    bool echoes; /* The nonce that was asked for. */
} statement;

/* frontier = [counter, nonce, accepted, control-ends, waited-for, heard] */
static statement read_statement(mjl_bytes body, const mjl_member_id *echo_of, const uint8_t *nonce)
{
    cursor from = {body.data, body.size};
    statement made = {0};
    take_array(&from);
    made.counter = take_uint(&from);
    made.nonce = take_bin(&from);
    for (uint64_t left = take_array(&from); left > 0; left--) {
        take_array(&from);
        take_uint(&from);
        take_bin(&from);
    }
    take_array(&from); /* Empty until it is built. */
    for (uint64_t left = take_array(&from); left > 0; left--)
        take_bin(&from);
    for (uint64_t left = take_array(&from); left > 0; left--) {
        take_array(&from);
        const mjl_bytes member = take_bin(&from);
        const mjl_bytes heard = take_bin(&from);
        made.echoes |= member.size == sizeof *echo_of && heard.size == 16 &&
                       memcmp(member.data, echo_of, sizeof *echo_of) == 0 &&
                       memcmp(heard.data, nonce, 16) == 0;
    }
    return made;
}

/* Nothing of ours that it is not known to have. */
static bool follows_all(const knowledge *known, const sim_world *world, uint32_t node,
                        uint32_t member)
{
    for (size_t i = 0; i < known->places_count; i++) {
        const sim_place *const place = &world->truth.places[known->places[i].place];
        if (place->author != world->nodes[node].identity || known->places[i].is_done) continue;
        if (!sim_set_has(&known->others[member].has, (uint32_t)i)) return false;
    }
    return true;
}

static void forget_knocks(knowledge *known)
{
    known->knocks_surely = 0;
    known->is_left_behind = false;
}

static void note_heard(knowledge *known, const sim_world *world, uint32_t author, uint64_t epoch,
                       bool is_late)
{
    forget_knocks(known);
    if (is_late)
        known->others[author].is_away_doubtful |= known->others[author].away_since != 0;
    else
        knowledge_note_heard(known, world, author, epoch, known->now);
}

/* `is_late`: it is opened after it came, if its keys still are here, when perhaps not all was here
   that is now: nothing of it is certain. */
static void take_name(knowledge *known, sim_world *world, uint32_t node, uint32_t author,
                      size_t index, bool is_late)
{
    known_member *const other = &known->others[author];
    knowledge_has_all(world, node, is_late ? &other->may_have : &other->has, index, SIM_NONE);
    if (!is_late) knowledge_has_all(world, node, &other->read, index, author);
}

static void note_claim(knowledge *known, uint32_t author, const mjl_id *id)
{
    known->claims =
        sim_grown(known->claims, known->claims_count, &known->claims_room, sizeof *known->claims);
    known->claims[known->claims_count++] = (known_claim){author, *id};
}

/* What is named is looked for from the root on that it lived under, also where this very packet
   leads it to an older one: what that has before waits for somebody else to name it. */
static bool take_names(knowledge *known, sim_world *world, uint32_t node, const sim_look *look,
                       uint32_t author, bool is_newest, bool is_late)
{
    bool is_complete = true;
    size_t index;
    const uint64_t root = knowledge_first_epoch(known, &world->truth);
    for (uint32_t i = 0; i < look->accepted_count; i++) {
        const mjl_id *id = &look->accepted[i].id;
        if (mjl_session_find_place(sim_world_session(world, node), id, &index) == MJL_OK) {
            take_name(known, world, node, author, index, is_late);
            continue;
        }
        note_claim(known, author, id);
        if (look->accepted[i].epoch < root) continue;
        if (!is_late && look->accepted[i].epoch < known->first_then) continue;
        is_complete = false;
        if (is_newest && knowledge_is_member(known, &world->truth, author))
            knowledge_name_before(known, world, node, id, author, is_late);
        if (!is_newest || knowledge_waits_surely(known, &world->truth, id)) continue;
        if (!knowledge_is_member(known, &world->truth, author)) continue;
        known_gap *const gap = knowledge_gap(known, world, node, id);
        sim_set_add(&gap->stated_by, author);
        gap->is_doubtful |= is_late;
    }
    return is_complete;
}

static void take_frontier(knowledge *known, sim_world *world, uint32_t node, const sim_look *look,
                          uint32_t author, bool is_late)
{
    known_member *const other = &known->others[author];
    const statement said = read_statement(look->body, &world->nodes[node].member, known->nonce);
    const bool is_newest = said.counter > other->counter;
    /* One that was opened late may be the newer one; of one number, where its author went back. */
    const bool is_unsure = is_late || said.counter <= other->may_counter;
    if (said.counter > other->may_counter) other->may_counter = said.counter;
    for (size_t i = 0; is_newest && i < known->gaps_count; i++) {
        known_gap *const gap = &known->gaps[i];
        if (!sim_set_has(&gap->stated_by, author)) continue;
        gap->is_doubtful |= is_unsure;
        gap->is_questioned |= !is_unsure;
        if (!is_unsure) sim_set_remove(&gap->stated_by, author);
    }
    if (is_newest && !is_late) other->counter = said.counter;
    const bool is_complete = take_names(known, world, node, look, author, is_newest, is_late);
    for (size_t i = 0; is_newest && is_unsure && i < known->gaps_count; i++)
        known->gaps[i].is_doubtful |= sim_set_has(&known->gaps[i].stated_by, author);
    if (is_newest && !is_unsure) knowledge_sweep_questioned(known, world, node);
    note_heard(known, world, author, is_complete ? look->epoch : 0, is_late);
    if (is_complete && look->epoch > other->may_epoch) other->may_epoch = look->epoch;
    /* A newer nonce may wait for the transport. */
    const bool is_newest_nonce = known->has_nonce && !world->nodes[node].is_backed_up;
    if (said.echoes && !is_late && is_newest_nonce && follows_all(known, world, node, author)) {
        other->good_at = known->now;
    }
    if (is_late) other->may_good_at = known->now; /* It may echo what was said meanwhile. */
}

/* A knock tells what its author has in the clear: [format, group, branch, epoch, author, counter,
   accepted, ...]. Of its ids only places matter. One that proves nothing any more asks for a
   restore instead, and is not believed: none of it is certain. */
static void take_knock(knowledge *known, sim_world *world, uint32_t node, mjl_bytes packet,
                       uint32_t author)
{
    size_t index, ids = 0;
    for (size_t at = 0; at + 2 + MJL_ID_SIZE <= packet.size; at++) {
        if (packet.data[at] != 0xc4 || packet.data[at + 1] != MJL_ID_SIZE) continue;
        mjl_id id;
        memcpy(&id, packet.data + at + 2, sizeof id);
        at += 1 + MJL_ID_SIZE;
        if (ids++ < 3) continue; /* Group, branch, author. */
        if (mjl_session_find_place(sim_world_session(world, node), &id, &index) == MJL_OK) {
            take_name(known, world, node, author, index, true);
        } else if (sim_truth_place(&world->truth, &id) != SIM_NONE &&
                   knowledge_is_member(known, &world->truth, author)) {
            knowledge_name_before(known, world, node, &id, author, true);
            known_gap *const gap = knowledge_gap(known, world, node, &id);
            sim_set_add(&gap->stated_by, author);
            gap->is_doubtful = true;
        }
    }
    note_heard(known, world, author, 0, true);
}

/* Of what a statement gives again what is missed waits as any; each may be so only because one
   behind it is. */
static void take_again(knowledge *known, sim_world *world, uint32_t node, const sim_look *look,
                       bool is_late)
{
    mjl_place_id given[MJL_QUOTES_MAX];
    uint32_t places[MJL_QUOTES_MAX];
    const size_t given_count = sim_look_given_again(look, given);
    size_t count = 0;
    for (size_t i = 0; i < given_count; i++) {
        const uint32_t place = sim_truth_place(&world->truth, &given[i]);
        if (place != SIM_NONE && !knowledge_is_here(world, node, &given[i]))
            places[count++] = place;
    }
    while (count > 0) {
        bool is_sure;
        const uint32_t place = places[--count];
        if (!knowledge_misses(known, world, &world->truth.places[place].id, &is_sure)) continue;
        knowledge_note_waiting(known, world, node, place, is_late || !is_sure);
    }
}

void knowledge_take_statement(knowledge *known, sim_world *world, uint32_t node,
                              const sim_look *look, bool is_late)
{
    const uint32_t author = sim_truth_identity(&world->truth, &look->author);
    if (!look->has_payload || !look->is_statement || author == SIM_NONE) return;
    if (look->type == SIM_TYPE_AGAIN) take_again(known, world, node, look, is_late);
    if (look->type == SIM_TYPE_FRONTIER) take_frontier(known, world, node, look, author, is_late);
    if (look->type != SIM_TYPE_WANT || !knowledge_is_member(known, &world->truth, author)) return;
    take_names(known, world, node, look, author, true, is_late);
    note_heard(known, world, author, 0, is_late);
}

/* A commit can be applied while its place waits. One that loses, of somebody who is no member, may
   be too late to be a place, and then its author was not heard: its key stays, so anybody may send
   it again. */
static void note_commit(knowledge *known, sim_world *world, uint32_t node, uint32_t packet)
{
    const uint32_t number = packet == SIM_NONE ? SIM_NONE : world->truth.packets[packet].place;
    if (number == SIM_NONE || world->truth.places[number].starts == SIM_NONE) return;
    const sim_place *const place = &world->truth.places[number];
    const bool is_here = knowledge_is_here(world, node, &place->id);
    const bool is_doubtful = !is_here && !knowledge_is_member(known, &world->truth, place->author);
    note_heard(known, world, place->author, place->epoch, is_doubtful);
    if (is_doubtful && place->epoch > known->others[place->author].may_epoch)
        known->others[place->author].may_epoch = place->epoch;
    if (!is_here) knowledge_note_waiting(known, world, node, number, is_doubtful);
}

/* The tip may have moved since the last step. */
static void see_tip(knowledge *known, const sim_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(sim_world_session(world, node), &info);
    const uint32_t tip = sim_truth_branch(&world->truth, &info.branch);
    known->first_then = knowledge_first_epoch(known, &world->truth);
    if (info.state == MJL_SESSION_JOINING || tip == SIM_NONE || tip == known->tip ||
        !world->truth.branches[tip].has_roster)
        return;
    known->tip = tip;
    knowledge_moved(known, &world->truth);
}

/* Who is no member any more keeps no packets for later; but on the way there it may have opened
 * some.
 */
static void forget_unopened(knowledge *known, const sim_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(sim_world_session(world, node), &info);
    if (info.state == MJL_SESSION_REMOVED) known->unopened_count = 0;
}

void knowledge_arrival(knowledge *known, sim_world *world, uint32_t node,
                       const sim_arriving *arriving, uint32_t branch, uint32_t crafted)
{
    sim_look look;
    if (sim_world_session(world, node) == NULL) return;
    knowledge_note_time(known, world, node);
    knowledge_note_measured(known, world, node);
    const mjl_verdict *const verdict = arriving->verdict;
    const bool is_taken =
        verdict->kind == MJL_VERDICT_APPLIED || verdict->kind == MJL_VERDICT_LOSING;
    if (is_taken) forget_knocks(known);
    if (is_taken && branch != SIM_NONE && sim_look_at(world->tap, arriving->bytes, &look) &&
        look.wire_format == SIM_WIRE_WELCOME) {
        sim_set_add(&known->roots, branch);
    }
    see_tip(known, world, node);
    if (arriving->number == SIM_NONE && sim_look_at(world->tap, arriving->bytes, &look))
        knowledge_note_named(known, look.epoch);
    if (verdict->kind == MJL_VERDICT_BUFFERED && arriving->number != SIM_NONE) {
        knowledge_note_buffered(known, world, node, arriving->number, verdict->why, branch);
    }
    if (crafted != SIM_NONE) knowledge_crafted_buffered(known, world, node, crafted, verdict->why);
    if (is_taken) {
        note_commit(known, world, node, arriving->number);
    }
    if (verdict->kind == MJL_VERDICT_APPLIED && sim_look_at(world->tap, arriving->bytes, &look)) {
        if (look.wire_format == SIM_WIRE_KNOCK && verdict->has_who) {
            const uint32_t author = sim_truth_identity(&world->truth, &verdict->who);
            if (author != SIM_NONE) take_knock(known, world, node, arriving->bytes, author);
        } else {
            knowledge_take_statement(known, world, node, &look, false);
        }
    }
    knowledge_open_what_is_reached(known, world, node);
    forget_unopened(known, world, node);
}

/* ---- What it sends itself ---- */

/* Packets wait for an epoch beyond all that are known. */
static bool is_behind(const knowledge *known, const sim_truth *truth)
{
    enum { FEW = 16 }; /* Of many, the oldest may have been dropped. */
    if (known->tip == SIM_NONE || known->unopened_count == 0 || known->unopened_count > FEW)
        return false;
    uint64_t highest = truth->branches[known->tip].epoch;
    for (size_t i = 0; i < known->places_count; i++) {
        const sim_place *const place = &truth->places[known->places[i].place];
        const uint64_t epoch = place->epoch + (place->starts != SIM_NONE);
        if (epoch > highest) highest = epoch;
    }
    for (size_t i = 0; i < known->waiting_count; i++) {
        const uint32_t place = known->waiting[i].place;
        if (place != SIM_NONE && truth->places[place].starts != SIM_NONE) return false;
    }
    const uint32_t packet = known->unopened[0].packet;
    return packet != SIM_NONE && truth->packets[packet].wanted_epoch > highest;
}

void knowledge_moved(knowledge *known, const sim_truth *truth)
{
    known->is_left_behind &= is_behind(known, truth);
}

bool knowledge_may_be_behind(const knowledge *known, const sim_truth *truth)
{
    return known->latest_named > truth->branches[known->tip].epoch;
}

/* One that waited for the transport may be from before somebody was heard. */
static void note_knock(knowledge *known, const sim_world *world)
{
    known->knocks_surely += !known->was_backed_up;
    known->knocks_perhaps++;
    if (known->knocks_surely < MJL_KNOCKS_UNANSWERED_MAX) return;
    known->is_left_behind |= is_behind(known, &world->truth);
}

void knowledge_keep_sent(knowledge *known, const knowledge *lost)
{
    memcpy(known->nonce, lost->nonce, sizeof known->nonce);
    known->has_nonce = lost->has_nonce;
    known->has_restarted = true;
    for (uint32_t i = 0; i < known->members_count; i++) {
        known_member *const other = &known->others[i];
        if (other->asked_since == 0) other->asked_since = lost->others[i].asked_since;
    }
    for (size_t i = known->welcomes_count; i < lost->welcomes_count; i++) {
        known->welcomes = sim_grown(known->welcomes, known->welcomes_count, &known->welcomes_room,
                                    sizeof *known->welcomes);
        known->welcomes[known->welcomes_count++] = lost->welcomes[i];
    }
    if (lost->knocks_perhaps > known->knocks_perhaps) known->knocks_perhaps = lost->knocks_perhaps;
    forget_knocks(known); /* One may not have been counted. */
}

void knowledge_sent(knowledge *known, sim_world *world, uint32_t node, const sim_sending *sending)
{
    sim_look look;
    const mjl_packet *const packet = sending->packet;
    const mjl_id nobody = {{0}};
    if (packet->kind == MJL_PACKET_STATEMENT && sim_look_at(world->tap, packet->bytes, &look) &&
        look.has_payload && look.type == SIM_TYPE_FRONTIER) {
        const statement said = read_statement(look.body, &nobody, known->nonce);
        memcpy(known->nonce, said.nonce.data, sizeof known->nonce);
        known->has_nonce = true;
        for (uint32_t i = 0; i < known->members_count; i++) {
            if (known->others[i].asked_since == 0) known->others[i].asked_since = known->now;
        }
    }
    if (packet->kind == MJL_PACKET_KNOCK) note_knock(known, world);
    if (packet->kind != MJL_PACKET_WELCOME || packet->resend != 0) return;
    const uint32_t branch = sim_truth_branch(&world->truth, &packet->subject);
    if (branch == SIM_NONE) return;
    for (size_t i = 0; i < known->welcomes_count; i++) {
        if (known->welcomes[i].branch == branch) return;
    }
    known->welcomes = sim_grown(known->welcomes, known->welcomes_count, &known->welcomes_room,
                                sizeof *known->welcomes);
    known_welcome *const made = &known->welcomes[known->welcomes_count++];
    *made = (known_welcome){.branch = branch, .sent_at = known->now};
    made->with = knowledge_patience(known, world, node, true);
    made->is_unsure = known->was_backed_up || known->has_restarted;
}
