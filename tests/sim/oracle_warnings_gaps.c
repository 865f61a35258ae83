#include "oracle_warnings_knowledge.h"

bool knowledge_is_here(const sim_world *world, uint32_t node, const mjl_id *id)
{
    size_t index;
    return mjl_session_find_place(sim_world_session(world, node), id, &index) == MJL_OK;
}

bool knowledge_waits(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    for (size_t i = 0; i < known->waiting_count; i++) {
        const uint32_t place = known->waiting[i].place;
        if (place == SIM_NONE) continue; /* Nobody follows what nobody but an insider has. */
        if (memcmp(&truth->places[place].id, id, sizeof *id) == 0) return true;
    }
    return false;
}

bool knowledge_waits_surely(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    const uint32_t place = sim_truth_place(truth, id);
    if (place == SIM_NONE || truth->places[place].branch != known->tip) return false;
    for (size_t i = 0; i < known->waiting_count; i++) {
        if (known->waiting[i].place == place) return !known->waiting[i].is_late;
    }
    return false;
}

uint64_t knowledge_first_epoch(const knowledge *known, const sim_truth *truth)
{
    uint32_t at = known->tip;
    while (at != SIM_NONE && !sim_set_has(&known->roots, at))
        at = truth->branches[at].parent;
    return at == SIM_NONE ? 0 : truth->branches[at].epoch;
}

/* Who only says that it has it, names nothing that is missing. */
static bool is_before_root(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    const uint32_t place = sim_truth_place(truth, id);
    return place != SIM_NONE && truth->places[place].epoch < knowledge_first_epoch(known, truth);
}

/* From before its time: nobody can open it here, and nobody needs to. On the line of another
   Welcome it can, whatever the number of the epoch. */
static bool is_opaque(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    if (!is_before_root(known, truth, id)) return false;
    uint32_t at = truth->places[sim_truth_place(truth, id)].branch;
    while (at != SIM_NONE && !sim_set_has(&known->roots, at))
        at = truth->branches[at].parent;
    return at == SIM_NONE;
}

bool knowledge_is_on_line(const knowledge *known, const sim_truth *truth, uint32_t branch)
{
    uint32_t at = known->tip;
    while (at != branch && at != SIM_NONE && !sim_set_has(&known->roots, at))
        at = truth->branches[at].parent;
    return at == branch && at != SIM_NONE;
}

bool knowledge_is_member(const knowledge *known, const sim_truth *truth, uint32_t identity)
{
    return known->tip != SIM_NONE && sim_set_has(&truth->branches[known->tip].roster, identity);
}

known_gap *knowledge_gap(knowledge *known, sim_world *world, uint32_t node, const mjl_id *id)
{
    for (size_t i = 0; i < known->gaps_count; i++) {
        if (memcmp(&known->gaps[i].id, id, sizeof *id) == 0) return &known->gaps[i];
    }
    known->gaps = sim_grown(known->gaps, known->gaps_count, &known->gaps_room, sizeof *known->gaps);
    known_gap *const made = &known->gaps[known->gaps_count++];
    *made = (known_gap){.id = *id, .since = known->now};
    made->with = knowledge_patience(known, world, node, false);
    return made;
}

/* Who came in by a Welcome has no place of the commit that led there, and its own commits follow it
   all the same. */
static bool follows_its_start(const sim_truth *truth, const sim_place *commit)
{
    const mjl_id *const start = &truth->branches[commit->branch].id;
    if (truth->branches[commit->branch].epoch == 0) return false;
    for (uint32_t i = 0; i < commit->parents_count; i++) {
        const mjl_id *const id = &commit->parents[i].id;
        const uint32_t parent = sim_truth_place(truth, id);
        if (memcmp(id, start, sizeof *id) == 0) return false;
        if (parent != SIM_NONE && truth->places[parent].branch == commit->branch) return false;
    }
    return true;
}

static size_t parents_of(const sim_world *world, uint32_t number, mjl_id *parents)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[number];
    size_t count = 0;
    while (count < place->parents_count && count < MJL_PARENTS_MAX) {
        parents[count] = place->parents[count].id;
        count++;
    }
    if (place->starts != SIM_NONE && count < MJL_PARENTS_MAX && follows_its_start(truth, place))
        parents[count++] = truth->branches[place->branch].id;
    return count;
}

/* ---- What waits ---- */

typedef struct names { /* Of a place that waits. */
    uint32_t author, branch;
    mjl_id parents[MJL_PARENTS_MAX];
    size_t count;
} names;

static void read_names(const knowledge *known, const sim_world *world, known_waiting waiting,
                       names *read)
{
    if (waiting.place == SIM_NONE) {
        const known_crafted *const crafted = &known->crafts->entries[waiting.crafted];
        read->author = crafted->author;
        read->branch = crafted->branch;
        read->count = crafted->parents_count;
        memcpy(read->parents, crafted->parents, read->count * sizeof *read->parents);
        return;
    }
    const sim_place *const place = &world->truth.places[waiting.place];
    read->author = place->author;
    read->branch = place->branch;
    read->count = parents_of(world, waiting.place, read->parents);
}

/* `is_again`: it was taken before, when its author may have been no member: of what it names since
   then it is not known whether the node kept it in mind. */
static void name_parents(knowledge *known, sim_world *world, uint32_t node, known_waiting waiting,
                         bool is_late, bool is_again)
{
    names named;
    read_names(known, world, waiting, &named);
    if (!knowledge_is_member(known, &world->truth, named.author)) return;
    for (size_t i = 0; i < named.count; i++) {
        if (knowledge_is_here(world, node, &named.parents[i]) ||
            knowledge_waits_surely(known, &world->truth, &named.parents[i]) ||
            is_opaque(known, &world->truth, &named.parents[i]))
            continue;
        const size_t before = known->gaps_count;
        known_gap *const gap = knowledge_gap(known, world, node, &named.parents[i]);
        const bool is_new = known->gaps_count > before;
        if (is_late || (is_again && is_new)) {
            gap->is_doubtful = true;
        } else if (!is_again && knowledge_is_on_line(known, &world->truth, named.branch)) {
            gap->is_doubtful = false; /* Whatever it was before: nobody drops what names it now. */
        }
    }
}

static void note_waiting(knowledge *known, sim_world *world, uint32_t node, known_waiting waiting,
                         bool is_late)
{
    known->waiting = sim_grown(known->waiting, known->waiting_count, &known->waiting_room,
                               sizeof *known->waiting);
    known->waiting[known->waiting_count++] = waiting;
    name_parents(known, world, node, waiting, is_late, false);
}

/* Another place of its author stands here in its stead: it is refused, whatever it follows. */
static bool is_contradicted(const knowledge *known, const sim_truth *truth, uint32_t number)
{
    const sim_place *const of = &truth->places[number];
    for (size_t i = 0; i < known->places_count; i++) {
        const sim_place *const other = &truth->places[known->places[i].place];
        if (other != of && other->author == of->author && other->branch == of->branch &&
            other->seq == of->seq)
            return true;
    }
    return false;
}

void knowledge_note_waiting(knowledge *known, sim_world *world, uint32_t node, uint32_t number,
                            bool is_late)
{
    if (is_contradicted(known, &world->truth, number)) return;
    const known_waiting waiting = {number, SIM_NONE, is_late};
    for (size_t i = 0; i < known->waiting_count; i++) {
        if (known->waiting[i].place != number) continue;
        known->waiting[i].is_late &= is_late;
        name_parents(known, world, node, waiting, is_late, true);
        return;
    }
    note_waiting(known, world, node, waiting, is_late);
}

/* Surely on another line. */
static bool has_switched(const knowledge *known, const sim_truth *truth, const sim_view *view)
{
    for (size_t i = known->visits_seen; i < view->visits_count; i++) {
        if (i == 0) continue;
        if (!sim_truth_is_ancestor(truth, view->visits[i - 1].branch, view->visits[i].branch))
            return true;
    }
    return false;
}

/* Somebody is a member of the one, and was none of the other. */
static bool brings_somebody(const sim_truth *truth, uint32_t from, uint32_t to)
{
    const sim_set *const old = &truth->branches[from].roster, *now = &truth->branches[to].roster;
    return sim_set_first_missing(now, old, 0) != SIM_NONE;
}

static bool has_passed_anybody(const sim_truth *truth, const sim_view *view, size_t from)
{
    for (size_t i = from; i + 1 < view->visits_count; i++) {
        if (brings_somebody(truth, view->visits[i].branch, view->visits[i + 1].branch)) return true;
    }
    return false;
}

/* Whoever came and went within a step may have been seen there or not. */
void knowledge_name_again(knowledge *known, sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    if (known->visits_seen == view->visits_count || view->visits_count == 0) return;
    const size_t from = known->visits_seen == 0 ? 0 : known->visits_seen - 1;
    const uint32_t first = view->visits[from].branch;
    const uint32_t last = view->visits[view->visits_count - 1].branch;
    const bool is_sure = has_switched(known, truth, view) || brings_somebody(truth, first, last);
    if (!is_sure && !has_passed_anybody(truth, view, from)) return;
    for (size_t i = 0; i < known->waiting_count; i++) {
        const known_waiting waiting = known->waiting[i];
        name_parents(known, world, node, waiting, waiting.is_late, !is_sure);
    }
}

/* What was before the author came in is opaque to it. */
static uint64_t came_in_with(const knowledge *known, const sim_truth *truth, uint32_t author)
{
    uint32_t at = known->tip;
    for (uint32_t parent; at != SIM_NONE && !sim_set_has(&known->roots, at); at = parent) {
        parent = truth->branches[at].parent;
        if (parent == SIM_NONE || !knowledge_reads(truth, parent, author)) break;
    }
    return at == SIM_NONE ? 0 : truth->branches[at].epoch;
}

static void name_parents_of(knowledge *known, sim_world *world, uint32_t node,
                            known_waiting waiting, uint32_t author, bool is_late, sim_set *reached)
{
    names named;
    read_names(known, world, waiting, &named);
    for (size_t i = 0; i < named.count; i++) {
        const mjl_id *const parent = &named.parents[i];
        const uint32_t place = sim_truth_place(&world->truth, parent);
        if (place != SIM_NONE) sim_set_add(reached, place);
        if (place != SIM_NONE &&
            world->truth.places[place].epoch < came_in_with(known, &world->truth, author))
            continue;
        if (knowledge_is_here(world, node, parent) || is_opaque(known, &world->truth, parent) ||
            knowledge_waits_surely(known, &world->truth, parent))
            continue;
        known_gap *const gap = knowledge_gap(known, world, node, parent);
        sim_set_add(&gap->stated_by, author);
        gap->is_doubtful |= is_late;
    }
}

void knowledge_name_before(knowledge *known, sim_world *world, uint32_t node, const mjl_id *id,
                           uint32_t author, bool is_late)
{
    const uint32_t first = sim_truth_place(&world->truth, id);
    if (first == SIM_NONE) return;
    sim_set reached = {0}, done = {0};
    sim_set_add(&reached, first);
    is_late |= !knowledge_waits_surely(known, &world->truth, id);
    for (bool is_news = true; is_news;) {
        is_news = false;
        for (size_t i = 0; i < known->waiting_count; i++) {
            const known_waiting waiting = known->waiting[i];
            if (waiting.place == SIM_NONE || sim_set_has(&done, waiting.place)) continue;
            if (!sim_set_has(&reached, waiting.place)) continue;
            sim_set_add(&done, waiting.place);
            const bool is_doubtful = is_late || waiting.is_late;
            name_parents_of(known, world, node, waiting, author, is_doubtful, &reached);
            is_news = true;
        }
    }
    sim_set_clear(&reached);
    sim_set_clear(&done);
}

void knowledge_note_crafted(knowledge *known, sim_world *world, uint32_t node, uint32_t crafted,
                            bool is_late)
{
    for (size_t i = 0; i < known->waiting_count; i++) {
        if (known->waiting[i].crafted == crafted) return;
    }
    note_waiting(known, world, node, (known_waiting){SIM_NONE, crafted, is_late}, is_late);
}

/* Does a place that waits here, of somebody who is a member, follow it? `is_sure`: one of the tip's
   own line does, which nobody drops. */
static bool is_waited_for(const knowledge *known, const sim_world *world, const mjl_id *id,
                          bool *is_sure)
{
    names named;
    bool is_any = *is_sure = false;
    for (size_t i = 0; i < known->waiting_count; i++) {
        read_names(known, world, known->waiting[i], &named);
        if (!knowledge_is_member(known, &world->truth, named.author)) continue;
        for (size_t k = 0; k < named.count; k++) {
            if (memcmp(&named.parents[k], id, sizeof *id) != 0) continue;
            is_any = true;
            *is_sure |= !known->waiting[i].is_late &&
                        knowledge_is_on_line(known, &world->truth, named.branch);
        }
    }
    return is_any;
}

bool knowledge_misses(const knowledge *known, const sim_world *world, const mjl_id *id,
                      bool *is_sure)
{
    bool is_any = is_waited_for(known, world, id, is_sure);
    for (size_t i = 0; i < known->gaps_count; i++) {
        const known_gap *const gap = &known->gaps[i];
        if (memcmp(&gap->id, id, sizeof *id) != 0) continue;
        is_any = true;
        *is_sure |= !gap->is_doubtful && !gap->is_unsure;
    }
    return is_any;
}

/* It was accepted, or refused once all that it follows is here: as what was crafted, what another
   place of its author stands for, and what its author made without its own place before it, having
   gone back. */
static bool waits_no_more(const knowledge *known, const sim_world *world, uint32_t node,
                          known_waiting waiting)
{
    names named;
    if (waiting.place != SIM_NONE &&
        knowledge_is_here(world, node, &world->truth.places[waiting.place].id))
        return true;
    read_names(known, world, waiting, &named);
    for (size_t k = 0; k < named.count; k++) {
        if (!knowledge_is_here(world, node, &named.parents[k])) return false;
    }
    return named.count > 0 || waiting.place == SIM_NONE;
}

/* What still waits for a place that was refused lacks it from now on. */
static void drop_waiting_that_are_here(knowledge *known, sim_world *world, uint32_t node)
{
    size_t kept = 0;
    bool is_any_refused = false;
    for (size_t i = 0; i < known->waiting_count; i++) {
        const known_waiting waiting = known->waiting[i];
        if (!waits_no_more(known, world, node, waiting)) {
            known->waiting[kept++] = waiting;
        } else if (waiting.place != SIM_NONE) {
            is_any_refused |=
                !knowledge_is_here(world, node, &world->truth.places[waiting.place].id);
        }
    }
    known->waiting_count = kept;
    for (size_t i = 0; is_any_refused && i < kept; i++) {
        const known_waiting waiting = known->waiting[i];
        name_parents(known, world, node, waiting, waiting.is_late, false);
    }
}

static bool is_gap(knowledge *known, const sim_world *world, uint32_t node, known_gap *gap)
{
    const sim_truth *const truth = &world->truth;
    if (knowledge_is_here(world, node, &gap->id) || knowledge_waits_surely(known, truth, &gap->id))
        return false;
    gap->is_doubtful |= knowledge_waits(known, truth, &gap->id);
    bool is_sure, is_stated = false;
    for (uint32_t i = 0; i < known->members_count && !is_before_root(known, truth, &gap->id); i++)
        is_stated |= sim_set_has(&gap->stated_by, i);
    const bool is_waited = is_waited_for(known, world, &gap->id, &is_sure);
    const bool was_unsure = gap->is_unsure;
    gap->is_unsure = gap->is_doubtful || (!is_stated && !is_sure);
    if (was_unsure && !gap->is_unsure) {
        gap->sure_since = known->now;
        gap->since_sure = knowledge_patience(known, world, node, false);
    }
    return is_stated || is_waited;
}

static void sweep(knowledge *known, const sim_world *world, uint32_t node, bool only_questioned)
{
    size_t kept = 0;
    for (size_t i = 0; i < known->gaps_count; i++) {
        known_gap gap = known->gaps[i];
        const bool stays = only_questioned && !gap.is_questioned;
        gap.is_questioned = false;
        for (uint32_t m = 0; !stays && m < known->members_count; m++) {
            if (!knowledge_is_member(known, &world->truth, m)) sim_set_remove(&gap.stated_by, m);
        }
        if (stays || is_gap(known, world, node, &gap))
            known->gaps[kept++] = gap;
        else
            sim_set_clear(&gap.stated_by);
    }
    known->gaps_count = kept;
}

void knowledge_sweep_questioned(knowledge *known, const sim_world *world, uint32_t node)
{
    sweep(known, world, node, true);
}

void knowledge_pass(knowledge *known, const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    for (size_t v = known->visits_seen; v + 1 < view->visits_count; v++) {
        const sim_branch *const passed = &truth->branches[view->visits[v].branch];
        for (uint32_t m = 0; m < known->members_count; m++) {
            if (passed->has_roster && sim_set_has(&passed->roster, m)) continue;
            for (size_t i = 0; i < known->gaps_count; i++)
                known->gaps[i].is_doubtful |= sim_set_has(&known->gaps[i].stated_by, m);
        }
    }
    known->visits_seen = view->visits_count;
}

/* Of an epoch that nobody was seen in, the roster is not known, nor whose words count. */
static bool is_in_the_dark(const knowledge *known, const sim_truth *truth)
{
    return known->tip != SIM_NONE && !truth->branches[known->tip].has_roster;
}

void knowledge_sweep_gaps(knowledge *known, sim_world *world, uint32_t node)
{
    drop_waiting_that_are_here(known, world, node);
    if (!is_in_the_dark(known, &world->truth)) {
        sweep(known, world, node, false);
        return;
    }
    for (size_t i = 0; i < known->gaps_count; i++)
        known->gaps[i].is_doubtful = true;
}
