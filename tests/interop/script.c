#include "script.h"

#include "chance.h"
#include "conversation.h"
#include "failure.h"

typedef struct script {
    conversation all;
    tally *done;
    bool was_inside[PEOPLE_MAX];
} script;

static const char *words(const step *wanted)
{
    if (wanted->add_count != 0 && wanted->remove_count != 0) return "adds and removes";
    if (wanted->add_count != 0) return wanted->path ? "adds with a path" : "adds";
    return wanted->remove_count != 0 ? "removes" : "refreshes";
}

static void count_step(script *run, const step *wanted)
{
    tally *done = run->done;
    const bool ours = wanted->author->kind == &member_ours;
    *(ours ? &done->commits_by_us : &done->commits_by_them) += 1;
    *(wanted->open ? &done->open_commits : &done->private_commits) += 1;
    if (wanted->add_count != 0)
        *(wanted->tree_inside ? &done->welcomes_with_tree : &done->welcomes_without_tree) += 1;
    for (size_t i = 0; i < wanted->add_count; i++) {
        bool *was_inside = &run->was_inside[wanted->add[i]->number];
        *(*was_inside ? &done->re_adds : &done->adds) += 1;
        *was_inside = true;
    }
    done->removals += (uint32_t)wanted->remove_count;
    if (wanted->add_count + wanted->remove_count == 0) done->refreshes++;
}

/* Fills up: the author, whom it adds, whom it removes. */
static void commit(script *run, uint32_t adds, uint32_t removes)
{
    conversation *all = &run->all;
    step wanted = {.author = conversation_pick(all, true, NULL, 0),
                   .path = chance_one_in(2),
                   .open = chance_one_in(2),
                   .tree_inside = chance_one_in(2)};
    member *taken[TURNS_MAX + 1] = {wanted.author};
    for (; wanted.remove_count < removes; wanted.remove_count++) {
        member *who = conversation_pick(all, true, taken, 1 + wanted.remove_count);
        if (who == NULL) break;
        wanted.remove[wanted.remove_count] = taken[1 + wanted.remove_count] = who;
    }
    const uint32_t stay = conversation_inside(all) - (uint32_t)wanted.remove_count;
    for (; wanted.add_count < adds && stay + wanted.add_count < INSIDE_MAX; wanted.add_count++) {
        member *who = conversation_pick(all, false, wanted.add, wanted.add_count);
        if (who == NULL) break;
        wanted.add[wanted.add_count] = who;
    }
    note_place("%s %u %s (%zu in, %zu out, %s)", wanted.author->kind->name, wanted.author->number,
               words(&wanted), wanted.add_count, wanted.remove_count,
               wanted.open ? "PublicMessage" : "PrivateMessage");
    conversation_commit(all, &wanted);
    count_step(run, &wanted);
}

static void say(script *run)
{
    member *author = conversation_pick(&run->all, true, NULL, 0);
    const uint32_t count = 1 + chance_below(BURST_MAX);
    note_place("%s %u says %u things", author->kind->name, author->number, count);
    conversation_say(&run->all, author, count);
    run->done->messages += count;
}

static void operate(script *run)
{
    const uint32_t inside = conversation_inside(&run->all);
    if (inside == 1) {
        commit(run, 1 + chance_below(TURNS_MAX), 0);
        return;
    }
    switch (chance_below(8)) {
    case 0:
    case 1:
        commit(run, 1 + chance_below(TURNS_MAX), 0);
        return;
    case 2:
        commit(run, 0, 1 + (inside > 4 ? chance_below(TURNS_MAX) : 0));
        return;
    case 3:
        commit(run, 1, 1);
        return;
    case 4:
    case 5:
        commit(run, 0, 0);
        return;
    default:
        say(run);
        return;
    }
}

void script_run(uint16_t suite, uint32_t operations, tally *done)
{
    script run = {.done = done};
    conversation_start(&run.all, suite);
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        if (!run.all.people[i].inside) continue;
        run.was_inside[i] = true;
        *(run.all.people[i].kind == &member_ours ? &done->created_by_us : &done->created_by_them) +=
            1;
    }
    for (uint32_t i = 0; i < operations; i++) {
        note_operation(i + 1);
        operate(&run);
        conversation_compare(&run.all);
    }
    conversation_clear(&run.all);
}
