/* What places name whose parents cannot be read from the wire: of commits, whose headers are
   sealed, and of what an insider crafted, which is in no truth. */
#include "oracle_warnings_knowledge.h"
#include "session_state.h"

#include <stdlib.h>

/* ---- Commits ---- */

static bool follows_its_epoch(const sim_truth *truth, const known_commit *commit)
{
    const uint32_t branch = truth->places[commit->place].branch;
    for (size_t i = 0; i < commit->parents_count; i++) {
        const uint32_t parent = sim_truth_place(truth, &commit->parents[i]);
        if (parent != SIM_NONE && truth->places[parent].branch == branch) return true;
    }
    return false;
}

/* Who came in by a Welcome has no place of the commit that led there, and follows it all the same.
 */
static void add_its_start(const sim_truth *truth, known_commit *commit)
{
    const uint32_t branch = truth->places[commit->place].branch;
    if (branch == SIM_NONE || truth->branches[branch].epoch == 0) return;
    if (follows_its_epoch(truth, commit) || commit->parents_count == MJL_PARENTS_MAX) return;
    const mjl_id *start = &truth->branches[branch].id;
    for (size_t i = 0; i < commit->parents_count; i++) {
        if (memcmp(&commit->parents[i], start, sizeof *start) == 0) return;
    }
    commit->parents[commit->parents_count++] = *start;
}

void known_commits_note(known_commits *commits, sim_world *world, uint32_t node, uint32_t place)
{
    mjl_session *const session = sim_world_session(world, node);
    const sim_place *const of = &world->truth.places[place];
    mjl_place_info info;
    size_t index, parent;
    if (of->starts == SIM_NONE) return;
    for (size_t i = 0; i < commits->count; i++) {
        if (commits->entries[i].place == place) return;
    }
    if (mjl_session_find_place(session, &of->id, &index) != MJL_OK) return;
    commits->entries =
        sim_grown(commits->entries, commits->count, &commits->room, sizeof *commits->entries);
    known_commit *const made = &commits->entries[commits->count++];
    *made = (known_commit){.place = place};
    made->parents = sim_zeroed(MJL_PARENTS_MAX, sizeof *made->parents);
    for (size_t k = 0; made->parents_count < MJL_PARENTS_MAX &&
                       mjl_session_place_parent(session, index, k, &parent) == MJL_OK;
         k++) {
        if (mjl_session_place(session, parent, &info) != MJL_OK) continue;
        made->parents[made->parents_count++] = info.id;
    }
    add_its_start(&world->truth, made);
}

/* ---- What insiders craft ---- */

static uint32_t last_visited(const sim_truth *truth, uint32_t node, uint64_t epoch)
{
    const sim_view *const view = &truth->views[node];
    for (size_t i = view->visits_count; i > 0; i--) {
        const uint32_t branch = view->visits[i - 1].branch;
        if (truth->branches[branch].epoch == epoch) return branch;
    }
    return SIM_NONE;
}

/* The one of its epochs whose tag the packet bears: of the rivals in which it was, too. */
static uint32_t tagged(const sim_world *world, uint32_t node, const sim_look *look)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL) return SIM_NONE;
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const mjl_epoch *const epoch = &session->branches.epochs[i];
        if (epoch->number == look->epoch && memcmp(epoch->tag, look->tag, sizeof look->tag) == 0)
            return sim_truth_branch(&world->truth, &epoch->branch);
    }
    return SIM_NONE;
}

/* A packet may have waited for its transport while the tip went on; in a copy also what its
   original made, where that was. */
uint32_t known_made_on(const sim_world *world, uint32_t node, mjl_bytes packet)
{
    sim_look look;
    const uint32_t tip = world->truth.views[node].tip;
    if (!sim_look_at(world->tap, packet, &look)) return tip;
    uint32_t branch = tagged(world, node, &look);
    if (branch == SIM_NONE) branch = last_visited(&world->truth, node, look.epoch);
    if (branch == SIM_NONE)
        branch = last_visited(&world->truth, world->nodes[node].identity, look.epoch);
    return branch == SIM_NONE ? tip : branch;
}

uint32_t known_commits_note_crafted(known_commits *commits, const sim_world *world,
                                    mjl_bytes packet)
{
    sim_look look;
    if (!sim_look_at(world->tap, packet, &look) || !look.has_payload || look.is_statement)
        return SIM_NONE;
    const uint32_t author = sim_truth_identity(&world->truth, &look.author);
    if (author == SIM_NONE) return SIM_NONE;
    for (uint32_t i = 0; i < commits->crafted_count; i++) {
        if (commits->crafted[i].payload == look.payload.data) return i;
    }
    commits->crafted = sim_grown(commits->crafted, commits->crafted_count, &commits->crafted_room,
                                 sizeof *commits->crafted);
    known_crafted *const made = &commits->crafted[commits->crafted_count];
    *made = (known_crafted){.payload = look.payload.data, .author = author};
    made->branch = known_made_on(world, author, packet);
    made->parents = sim_zeroed(MJL_PARENTS_MAX, sizeof *made->parents);
    while (made->parents_count < look.parents_count) {
        made->parents[made->parents_count] = look.parents[made->parents_count].id;
        made->parents_count++;
    }
    return (uint32_t)commits->crafted_count++;
}

void known_commits_clear(known_commits *commits)
{
    for (size_t i = 0; i < commits->count; i++)
        free(commits->entries[i].parents);
    for (size_t i = 0; i < commits->crafted_count; i++)
        free(commits->crafted[i].parents);
    free(commits->entries);
    free(commits->crafted);
    *commits = (known_commits){.count = 0};
}
