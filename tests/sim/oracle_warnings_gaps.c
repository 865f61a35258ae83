#include "oracle_warnings_knowledge.h"

#include <stdlib.h>

bool knowledge_is_here(const sim_world *world, uint32_t node, const mjl_id *id)
{
    size_t index;
    return mjl_session_find_place(sim_world_session(world, node), id, &index) == MJL_OK;
}

bool knowledge_waits(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    for (size_t i = 0; i < known->waiting_count; i++) {
        const sim_place *const place = &truth->places[known->waiting[i].place];
        if (memcmp(&place->id, id, sizeof *id) == 0) return true;
    }
    return false;
}

bool knowledge_waits_surely(const knowledge *known, const sim_truth *truth, const mjl_id *id)
{
    const uint32_t place = sim_truth_place(truth, id);
    return knowledge_waits(known, truth, id) && place != SIM_NONE &&
           truth->places[place].branch == known->tip;
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

/* Parents as signed; of a commit, whose header is sealed, as its maker's graph had them. */
static size_t parents_of(const knowledge *known, const sim_world *world, uint32_t number,
                         mjl_id *parents)
{
    const sim_place *const place = &world->truth.places[number];
    size_t count = 0;
    if (place->parents != NULL) {
        while (count < place->parents_count && count < MJL_PARENTS_MAX) {
            parents[count] = place->parents[count].id;
            count++;
        }
        return count;
    }
    for (size_t i = 0; i < known->commits->count; i++) {
        const known_commit *const commit = &known->commits->entries[i];
        if (commit->place != number) continue;
        memcpy(parents, commit->parents, commit->parents_count * sizeof *parents);
        return commit->parents_count;
    }
    return 0;
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
}

void known_commits_clear(known_commits *commits)
{
    for (size_t i = 0; i < commits->count; i++)
        free(commits->entries[i].parents);
    free(commits->entries);
    *commits = (known_commits){.count = 0};
}

void knowledge_note_waiting(knowledge *known, sim_world *world, uint32_t node, uint32_t number,
                            bool is_late)
{
    const sim_truth *const truth = &world->truth;
    mjl_id parents[MJL_PARENTS_MAX];
    if (knowledge_waits(known, truth, &truth->places[number].id)) return;
    known->waiting = sim_grown(known->waiting, known->waiting_count, &known->waiting_room,
                               sizeof *known->waiting);
    known->waiting[known->waiting_count++] = (known_waiting){number};
    if (!knowledge_is_member(known, truth, truth->places[number].author)) return;
    const size_t count = parents_of(known, world, number, parents);
    for (size_t i = 0; i < count; i++) {
        if (knowledge_is_here(world, node, &parents[i]) ||
            knowledge_waits_surely(known, truth, &parents[i]))
            continue;
        knowledge_gap(known, world, node, &parents[i])->is_doubtful |= is_late;
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
        if (!knowledge_is_member(known, truth, place->author)) continue;
        const size_t count = parents_of(known, world, known->waiting[i].place, parents);
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
        if (!knowledge_is_here(world, node, &place->id)) known->waiting[kept++] = known->waiting[i];
    }
    known->waiting_count = kept;
}

static bool is_gap(knowledge *known, const sim_world *world, uint32_t node, known_gap *gap)
{
    const sim_truth *const truth = &world->truth;
    if (knowledge_is_here(world, node, &gap->id) || knowledge_waits_surely(known, truth, &gap->id))
        return false;
    gap->is_doubtful |= knowledge_waits(known, truth, &gap->id);
    bool is_sure, is_stated = false;
    for (uint32_t i = 0; i < known->members_count; i++)
        is_stated |= sim_set_has(&gap->stated_by, i);
    const bool is_waited = is_waited_for(known, world, &gap->id, &is_sure);
    gap->is_unsure = gap->is_doubtful || (!is_stated && !is_sure);
    return is_stated || is_waited;
}

void knowledge_sweep_gaps(knowledge *known, const sim_world *world, uint32_t node)
{
    size_t kept = 0;
    drop_waiting_that_are_here(known, world, node);
    for (size_t i = 0; i < known->gaps_count; i++) {
        known_gap gap = known->gaps[i];
        for (uint32_t m = 0; m < known->members_count; m++) {
            if (!knowledge_is_member(known, &world->truth, m)) sim_set_remove(&gap.stated_by, m);
        }
        if (is_gap(known, world, node, &gap))
            known->gaps[kept++] = gap;
        else
            sim_set_clear(&gap.stated_by);
    }
    known->gaps_count = kept;
}
