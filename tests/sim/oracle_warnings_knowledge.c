#include "oracle_warnings_knowledge.h"

#include <stdlib.h>

/* ---- Life ---- */

void knowledge_init(knowledge *known, uint32_t members_count)
{
    *known = (knowledge){.members_count = members_count, .tip = SIM_NONE};
    known->others = sim_zeroed(members_count, sizeof *known->others);
}

void knowledge_clear(knowledge *known)
{
    for (uint32_t i = 0; i < known->members_count; i++) {
        sim_set_clear(&known->others[i].has);
        sim_set_clear(&known->others[i].may_have);
    }
    for (size_t i = 0; i < known->gaps_count; i++)
        sim_set_clear(&known->gaps[i].stated_by);
    free(known->places);
    free(known->others);
    free(known->gaps);
    free(known->waiting);
    free(known->unopened);
    free(known->claims);
    free(known->welcomes);
    *known = (knowledge){.members_count = 0};
}

static void *copy_of(const void *list, size_t count, size_t size)
{
    void *copy = sim_zeroed(count + 1, size);
    if (count > 0) memcpy(copy, list, count * size);
    return copy;
}

void knowledge_copy(knowledge *to, const knowledge *from)
{
    knowledge_clear(to);
    *to = *from;
    to->places = copy_of(from->places, from->places_count, sizeof *to->places);
    to->others = copy_of(from->others, from->members_count, sizeof *to->others);
    to->gaps = copy_of(from->gaps, from->gaps_count, sizeof *to->gaps);
    to->waiting = copy_of(from->waiting, from->waiting_count, sizeof *to->waiting);
    to->unopened = copy_of(from->unopened, from->unopened_count, sizeof *to->unopened);
    to->claims = copy_of(from->claims, from->claims_count, sizeof *to->claims);
    to->claims_room = from->claims_count + 1;
    to->unopened_room = from->unopened_count + 1;
    to->welcomes = copy_of(from->welcomes, from->welcomes_count, sizeof *to->welcomes);
    to->places_room = from->places_count + 1;
    to->gaps_room = from->gaps_count + 1;
    to->waiting_room = from->waiting_count + 1;
    to->welcomes_room = from->welcomes_count + 1;
    for (uint32_t i = 0; i < from->members_count; i++) {
        to->others[i].has = sim_set_copy(&from->others[i].has);
        to->others[i].may_have = sim_set_copy(&from->others[i].may_have);
    }
    for (size_t i = 0; i < from->gaps_count; i++)
        to->gaps[i].stated_by = sim_set_copy(&from->gaps[i].stated_by);
}

static void note_time(knowledge *known, const sim_world *world, uint32_t node)
{
    const mjl_time now = sim_node_now(&world->nodes[node], world->now);
    if (now > known->now) known->now = now;
}

static uint32_t measured_now(const sim_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(sim_world_session(world, node), &info);
    return info.measured_bc_lat_ms;
}

/* It was measured at some time since the last step. */
static patience patience_now(const knowledge *known, const sim_world *world, uint32_t node)
{
    const mjl_time bc_lat = world->script->manner.bc_lat_ms;
    const mjl_time now = measured_now(world, node);
    const mjl_time before = known->measured == 0 ? now : (mjl_time)known->measured;
    const mjl_time low = now < before ? now : before;
    const mjl_time high = now < before ? before : now;
    patience with = {low > bc_lat ? 2 * (low - bc_lat) : 0,
                     high > bc_lat ? 2 * (high - bc_lat) : 0};
    if (with.most > 6 * bc_lat) {
        sim_broken((sim_world *)world, "I15 warnings", node, "a measured BC_LAT beyond its bound");
    }
    return with;
}

/* ---- Who has what ---- */

/* Into `has`: that place and all that it follows in this node's graph. */
static void has_all(sim_world *world, uint32_t node, sim_set *has, size_t index)
{
    mjl_session *const session = sim_world_session(world, node);
    size_t *left = sim_zeroed(index + 2, sizeof *left);
    size_t count = 0, parent;
    if (!sim_set_has(has, (uint32_t)index)) left[count++] = index;
    sim_set_add(has, (uint32_t)index);
    while (count > 0) {
        const size_t at = left[--count];
        for (size_t k = 0; mjl_session_place_parent(session, at, k, &parent) == MJL_OK; k++) {
            if (sim_set_has(has, (uint32_t)parent)) continue;
            sim_set_add(has, (uint32_t)parent);
            left[count++] = parent; /* Each of the places before it once. */
        }
    }
    free(left);
}

static void link_same(knowledge *known, known_place *made, const sim_truth *truth)
{
    const uint32_t message = truth->places[made->place].message;
    for (size_t i = 0; message != SIM_NONE && i < made->index; i++) {
        if (truth->places[known->places[i].place].message != message) continue;
        made->first = known->places[i].first;
        uint32_t last = made->first;
        while (known->places[last].next_same != SIM_NONE)
            last = known->places[last].next_same;
        known->places[last].next_same = made->index;
        return;
    }
}

static void note_heard(knowledge *known, uint32_t member, uint64_t epoch)
{
    known_member *const other = &known->others[member];
    if (epoch > other->heard_epoch) other->heard_epoch = epoch;
    other->deaf_since = known->now;
}

void knowledge_accepted(knowledge *known, sim_world *world, uint32_t node, uint32_t place)
{
    const sim_place *const of = &world->truth.places[place];
    mjl_place_info info;
    const uint32_t index = (uint32_t)known->places_count;
    if (mjl_session_place(sim_world_session(world, node), index, &info) != MJL_OK) return;
    known->places =
        sim_grown(known->places, known->places_count, &known->places_room, sizeof *known->places);
    known_place *const made = &known->places[known->places_count++];
    *made = (known_place){.index = index, .place = place, .first = index, .next_same = SIM_NONE};
    made->accepted_at = info.accepted_at;
    made->with = patience_now(known, world, node);
    note_time(known, world, node);
    if (info.accepted_at < known->stepped_at || info.accepted_at > known->now) {
        sim_broken(world, "I15 warnings", node, "place %u was not accepted when it says", place);
    }
    link_same(known, made, &world->truth);
    has_all(world, node, &known->others[of->author].has, index);
    for (size_t i = 0; i < known->claims_count; i++) {
        const known_claim *const claim = &known->claims[i];
        if (memcmp(&claim->id, &of->id, sizeof of->id) != 0) continue;
        has_all(world, node, &known->others[claim->member].may_have, index);
    }
    sim_set_add(&known->others[world->nodes[node].identity].has, index);
    if (of->author != world->nodes[node].identity) note_heard(known, of->author, of->epoch);
}

bool knowledge_counts(const sim_world *world, uint32_t node, const known_place *first,
                      uint32_t reader)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[first->place];
    const sim_view *const view = &truth->views[node];
    if (reader == place->author || !sim_set_has(&truth->branches[place->branch].roster, reader)) {
        return false;
    }
    for (size_t i = 0; i < view->visits_count; i++) {
        const sim_branch *const at = &truth->branches[view->visits[i].branch];
        if (view->visits[i].order_count > first->index && at->has_roster &&
            !sim_set_has(&at->roster, reader) &&
            !sim_truth_is_ancestor(truth, view->visits[i].branch, place->branch)) {
            return false;
        }
    }
    uint32_t branch = view->tip;
    while (branch != SIM_NONE && !sim_truth_is_ancestor(truth, branch, place->branch)) {
        const sim_branch *const at = &truth->branches[branch];
        if (at->has_roster && !sim_set_has(&at->roster, reader)) return false;
        branch = at->parent;
    }
    return true;
}

/* ---- What is named and not there ---- */

static bool is_here(const sim_world *world, uint32_t node, const mjl_id *id)
{
    size_t index;
    return mjl_session_find_place(sim_world_session(world, node), id, &index) == MJL_OK;
}

static bool waits(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    for (size_t i = 0; i < known->waiting_count; i++) {
        const sim_place *const place = &truth->places[known->waiting[i].place];
        if (memcmp(&place->id, id, sizeof *id) == 0) return true;
    }
    return false;
}

/* Nobody forgets what waits in the epoch that is lived in; what waits in another goes with its
   keys, and is missing from then on. */
static bool waits_surely(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    const uint32_t place = sim_truth_place(truth, id);
    return waits(known, truth, id) && place != SIM_NONE &&
           truth->places[place].branch == known->tip;
}

static bool is_member(const knowledge *known, const sim_truth *truth, uint32_t identity)
{
    return known->tip != SIM_NONE && sim_set_has(&truth->branches[known->tip].roster, identity);
}

static known_gap *gap_of(knowledge *known, sim_world *world, uint32_t node, const mjl_id *id)
{
    for (size_t i = 0; i < known->gaps_count; i++) {
        if (memcmp(&known->gaps[i].id, id, sizeof *id) == 0) return &known->gaps[i];
    }
    known->gaps = sim_grown(known->gaps, known->gaps_count, &known->gaps_room, sizeof *known->gaps);
    known_gap *const made = &known->gaps[known->gaps_count++];
    *made = (known_gap){.id = *id, .since = known->now};
    made->with = patience_now(known, world, node);
    return made;
}

/* Parents as signed; of a commit, whose header is sealed, as its maker's graph has them. */
static size_t parents_of(const sim_world *world, uint32_t number, mjl_id *parents, size_t room)
{
    const sim_place *const place = &world->truth.places[number];
    size_t count = 0;
    if (place->parents != NULL) {
        for (uint32_t i = 0; i < place->parents_count && count < room; i++)
            parents[count++] = place->parents[i].id;
        return count;
    }
    mjl_session *const maker = sim_world_session(world, place->maker);
    mjl_place_info info;
    size_t index, parent;
    if (maker == NULL || mjl_session_find_place(maker, &place->id, &index) != MJL_OK) return 0;
    for (size_t k = 0; count < room && mjl_session_place_parent(maker, index, k, &parent) == MJL_OK;
         k++) {
        if (mjl_session_place(maker, parent, &info) == MJL_OK) parents[count++] = info.id;
    }
    return count;
}

static void note_waiting(knowledge *known, sim_world *world, uint32_t node, uint32_t number,
                         bool is_late)
{
    const sim_truth *const truth = &world->truth;
    mjl_id parents[MJL_PARENTS_MAX];
    if (waits(known, truth, &truth->places[number].id)) return;
    known->waiting = sim_grown(known->waiting, known->waiting_count, &known->waiting_room,
                               sizeof *known->waiting);
    known->waiting[known->waiting_count++] = (known_waiting){number};
    if (!is_member(known, truth, truth->places[number].author)) return;
    const size_t count = parents_of(world, number, parents, MJL_PARENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (is_here(world, node, &parents[i]) || waits_surely(known, truth, &parents[i])) continue;
        gap_of(known, world, node, &parents[i])->is_doubtful |= is_late;
    }
}

/* Does a place that waits here, of somebody who is a member, follow it? `is_sure`: one of the
   epoch's own line does, which nobody drops. */
static bool is_waited_for(const knowledge *known, const sim_world *world, const mjl_id *id,
                          bool *is_sure)
{
    const sim_truth *const truth = &world->truth;
    mjl_id parents[MJL_PARENTS_MAX];
    bool is_any = *is_sure = false;
    for (size_t i = 0; i < known->waiting_count; i++) {
        const sim_place *const place = &truth->places[known->waiting[i].place];
        if (!is_member(known, truth, place->author)) continue;
        const size_t count = parents_of(world, known->waiting[i].place, parents, MJL_PARENTS_MAX);
        for (size_t k = 0; k < count; k++) {
            if (memcmp(&parents[k], id, sizeof *id) != 0) continue;
            is_any = true;
            *is_sure |= place->branch == known->tip;
        }
    }
    return is_any;
}

static void drop_waiting_that_are_here(knowledge *known, const sim_world *world, uint32_t node)
{
    size_t kept = 0;
    for (size_t i = 0; i < known->waiting_count; i++) {
        const sim_place *const place = &world->truth.places[known->waiting[i].place];
        if (!is_here(world, node, &place->id)) known->waiting[kept++] = known->waiting[i];
    }
    known->waiting_count = kept;
}

static bool is_gap(knowledge *known, const sim_world *world, uint32_t node, known_gap *gap)
{
    const sim_truth *const truth = &world->truth;
    if (is_here(world, node, &gap->id) || waits_surely(known, truth, &gap->id)) return false;
    gap->is_doubtful |= waits(known, truth, &gap->id);
    bool is_sure, is_stated = false;
    for (uint32_t i = 0; i < known->members_count; i++)
        is_stated |= sim_set_has(&gap->stated_by, i);
    const bool is_waited = is_waited_for(known, world, &gap->id, &is_sure);
    gap->is_unsure = gap->is_doubtful || (!is_stated && !is_sure);
    return is_stated || is_waited;
}

static void sweep_gaps(knowledge *known, const sim_world *world, uint32_t node)
{
    size_t kept = 0;
    drop_waiting_that_are_here(known, world, node);
    for (size_t i = 0; i < known->gaps_count; i++) {
        known_gap gap = known->gaps[i];
        for (uint32_t m = 0; m < known->members_count; m++) {
            if (!is_member(known, &world->truth, m)) sim_set_remove(&gap.stated_by, m);
        }
        if (is_gap(known, world, node, &gap))
            known->gaps[kept++] = gap;
        else
            sim_set_clear(&gap.stated_by);
    }
    known->gaps_count = kept;
}

/* ---- Statements ---- */

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
    take_number(from, 1);
    const size_t size = (size_t)take_number(from, 1);
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

/* `is_late`: it is opened after it came, if its keys still are here, when perhaps not all was here
   that is now: nothing of it is certain. */
static void take_name(knowledge *known, sim_world *world, uint32_t node, uint32_t author,
                      size_t index, bool is_late)
{
    known_member *const other = &known->others[author];
    has_all(world, node, is_late ? &other->may_have : &other->has, index);
}

static void note_claim(knowledge *known, uint32_t author, const mjl_id *id)
{
    known->claims =
        sim_grown(known->claims, known->claims_count, &known->claims_room, sizeof *known->claims);
    known->claims[known->claims_count++] = (known_claim){author, *id};
}

static bool take_names(knowledge *known, sim_world *world, uint32_t node, const sim_look *look,
                       uint32_t author, bool is_newest, bool is_late)
{
    bool is_complete = true;
    size_t index;
    mjl_session_info info;
    mjl_session_get_info(sim_world_session(world, node), &info);
    const uint32_t came = world->truth.views[node].root;
    const uint64_t root = came == SIM_NONE ? 0 : world->truth.branches[came].epoch;
    for (uint32_t i = 0; i < look->accepted_count; i++) {
        const mjl_id *id = &look->accepted[i].id;
        if (mjl_session_find_place(sim_world_session(world, node), id, &index) == MJL_OK) {
            take_name(known, world, node, author, index, is_late);
            continue;
        }
        note_claim(known, author, id);
        if (look->accepted[i].epoch < root) continue;
        is_complete = false;
        if (!is_newest || waits_surely(known, &world->truth, id)) continue;
        if (!is_member(known, &world->truth, author)) continue;
        known_gap *const gap = gap_of(known, world, node, id);
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
    for (size_t i = 0; is_newest && i < known->gaps_count; i++) {
        known_gap *const gap = &known->gaps[i];
        if (is_late)
            gap->is_doubtful |= sim_set_has(&gap->stated_by, author);
        else
            sim_set_remove(&gap->stated_by, author);
    }
    if (is_newest && !is_late) other->counter = said.counter;
    const bool is_complete = take_names(known, world, node, look, author, is_newest, is_late);
    note_heard(known, author, is_complete && !is_late ? look->epoch : 0);
    if (is_complete && look->epoch > other->may_epoch) other->may_epoch = look->epoch;
    if (said.echoes && !is_late && known->has_nonce && follows_all(known, world, node, author)) {
        other->good_at = known->now;
    }
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
        }
    }
    note_heard(known, author, 0);
}

static void take_statement(knowledge *known, sim_world *world, uint32_t node, const sim_look *look,
                           bool is_late)
{
    const uint32_t author = sim_truth_identity(&world->truth, &look->author);
    if (!look->has_payload || !look->is_statement || author == SIM_NONE) return;
    if (look->type == SIM_TYPE_FRONTIER) take_frontier(known, world, node, look, author, is_late);
    if (look->type != SIM_TYPE_WANT || !is_member(known, &world->truth, author)) return;
    take_names(known, world, node, look, author, false, is_late);
    note_heard(known, author, 0);
}

/* Its commit was applied; the commit's place may still wait for what it follows. */
static bool is_reached(const knowledge *known, const sim_world *world, uint32_t node,
                       uint32_t branch)
{
    const mjl_id *commit = &world->truth.branches[branch].id;
    return is_here(world, node, commit) || waits(known, &world->truth, commit);
}

/* One of them may open the way to others. */
static bool open_some(knowledge *known, sim_world *world, uint32_t node)
{
    sim_look look;
    const size_t count = known->unopened_count;
    size_t kept = 0;
    for (size_t i = 0; i < known->unopened_count; i++) {
        const sim_packet *const packet = &world->truth.packets[known->unopened[i].packet];
        const mjl_bytes bytes = mjl_buffer_bytes(&packet->bytes);
        if (!is_reached(known, world, node, known->unopened[i].branch)) {
            known->unopened[kept++] = known->unopened[i];
        } else if (packet->place != SIM_NONE) {
            const sim_place *const place = &world->truth.places[packet->place];
            const mjl_id *id = &place->id;
            known_member *const other = &known->others[place->author];
            if (place->epoch > other->may_epoch) other->may_epoch = place->epoch;
            if (!is_here(world, node, id)) note_waiting(known, world, node, packet->place, true);
        } else if (sim_look_at(world->tap, bytes, &look)) {
            take_statement(known, world, node, &look, true);
        }
    }
    known->unopened_count = kept;
    return kept < count;
}

static void open_what_is_reached(knowledge *known, sim_world *world, uint32_t node)
{
    while (open_some(known, world, node))
        continue;
}

static void note_buffered(knowledge *known, sim_world *world, uint32_t node, uint32_t packet,
                          mjl_result why, uint32_t branch)
{
    const uint32_t place = world->truth.packets[packet].place;
    if (why == MJL_PARENT_UNKNOWN) {
        if (place != SIM_NONE) note_waiting(known, world, node, place, false);
        return;
    }
    if (place != SIM_NONE) branch = world->truth.places[place].branch;
    if (branch == SIM_NONE) return;
    known->unopened = sim_grown(known->unopened, known->unopened_count, &known->unopened_room,
                                sizeof *known->unopened);
    known->unopened[known->unopened_count++] = (known_unopened){packet, branch};
}

/* A commit can be applied while its place waits. */
static void note_commit(knowledge *known, sim_world *world, uint32_t node, uint32_t packet)
{
    const uint32_t place = packet == SIM_NONE ? SIM_NONE : world->truth.packets[packet].place;
    if (place == SIM_NONE || world->truth.places[place].starts == SIM_NONE) return;
    note_heard(known, world->truth.places[place].author, world->truth.places[place].epoch);
    if (!is_here(world, node, &world->truth.places[place].id)) {
        note_waiting(known, world, node, place, false);
    }
}

void knowledge_arrival(knowledge *known, sim_world *world, uint32_t node,
                       const sim_arriving *arriving, uint32_t branch)
{
    sim_look look;
    if (sim_world_session(world, node) == NULL) return;
    note_time(known, world, node);
    const mjl_verdict *const verdict = arriving->verdict;
    if (verdict->kind == MJL_VERDICT_BUFFERED && arriving->number != SIM_NONE) {
        note_buffered(known, world, node, arriving->number, verdict->why, branch);
    }
    if (verdict->kind == MJL_VERDICT_APPLIED || verdict->kind == MJL_VERDICT_LOSING) {
        note_commit(known, world, node, arriving->number);
    }
    if (verdict->kind == MJL_VERDICT_APPLIED && sim_look_at(world->tap, arriving->bytes, &look)) {
        if (look.wire_format == SIM_WIRE_KNOCK && verdict->has_who) {
            const uint32_t author = sim_truth_identity(&world->truth, &verdict->who);
            if (author != SIM_NONE) take_knock(known, world, node, arriving->bytes, author);
        } else {
            take_statement(known, world, node, &look, false);
        }
    }
    open_what_is_reached(known, world, node);
}

/* ---- What it sends itself ---- */

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
    }
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
    made->with = patience_now(known, world, node);
}

/* ---- A step ---- */

static void look_at_lost(known_place *place, const knowledge *known, mjl_session *session)
{
    mjl_place_info info;
    if (place->is_done || place->first != place->index) return;
    if (mjl_session_place(session, place->index, &info) != MJL_OK || !info.is_lost) return;
    (void)known;
    if (info.kind == MJL_PLACE_IS_CHANGE) place->is_let_go = true;
    if (!info.is_own && place->next_same == SIM_NONE) place->is_let_go = true;
}

static void see_members(knowledge *known, const sim_world *world, uint32_t node)
{
    const uint32_t tip = world->truth.views[node].tip;
    for (uint32_t i = 0; i < known->members_count && tip != SIM_NONE; i++) {
        known_member *const other = &known->others[i];
        const bool is_in = sim_set_has(&world->truth.branches[tip].roster, i);
        if (!is_in) other->good_at = other->deaf_since = 0;
        if (is_in && other->good_at == 0) other->good_at = known->now;
        if (is_in && other->deaf_since == 0) other->deaf_since = known->now;
    }
    known->tip = tip;
}

void knowledge_stepped(knowledge *known, sim_world *world, uint32_t node)
{
    enum { LONG_MS = 7200000 };
    mjl_session *const session = sim_world_session(world, node);
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    const mjl_time before = known->stepped_at;
    note_time(known, world, node);
    known->stepped_at = known->now;
    const bool takes_part = info.state == MJL_SESSION_LIVE || info.state == MJL_SESSION_LEAVING;
    if (!known->took_part || known->now - before > LONG_MS) known->awake_since = known->now;
    known->took_part = takes_part;
    see_members(known, world, node);
    open_what_is_reached(known, world, node);
    sweep_gaps(known, world, node);
    for (size_t i = 0; i < known->places_count; i++)
        look_at_lost(&known->places[i], known, session);
    known->measured = info.measured_bc_lat_ms;
}
