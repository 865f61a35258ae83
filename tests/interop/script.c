#include "script.h"

#include <stdio.h>

#include "chance.h"
#include "failure.h"
#include "passage.h"
#include "step.h"

enum { WORDS_SIZE = 200 };

typedef struct script {
    conversation all;
    tally *done;
    bool was_inside[PEOPLE_MAX];
} script;

/* A step as it is drawn: nobody is meant by two parts. */
typedef struct draft {
    step wanted;
    member *taken[1 + WISHES_MAX];
    size_t taken_count;
    bool by_reference; /* Each part may be. */
    uint8_t data[DATA_MAX];
} draft;

/* How many parts of each kind to try for. */
typedef struct recipe {
    uint32_t adds, removals, updates, psks, resumptions, extensions;
    bool by_reference;
} recipe;

static int side(const member *who)
{
    return who->kind == &member_ours ? 0 : 1;
}

/* ---- Drawing ---- */

static bool anyone(const member *who)
{
    return who->inside;
}

static bool outsider(const member *who)
{
    return !who->inside;
}

static bool is_taken(const draft *plan, const member *who)
{
    for (size_t i = 0; i < plan->taken_count; i++)
        if (plan->taken[i] == who) return true;
    return false;
}

/* Any that is `fit` and (if `plan` is given) not taken; NULL if there is none. */
static member *pick(script *run, bool (*fit)(const member *), const draft *plan)
{
    uint32_t order[PEOPLE_MAX];
    chance_order(order, PEOPLE_MAX);
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        member *who = &run->all.people[order[i]];
        if (fit(who) && (plan == NULL || !is_taken(plan, who))) return who;
    }
    return NULL;
}

static void take(draft *plan, member *who)
{
    plan->taken[plan->taken_count++] = who;
}

/* Puts a part in, by value or by a proposal of anybody; who is to be added may ask for it itself.
 */
static void put(script *run, draft *plan, part one)
{
    step *wanted = &plan->wanted;
    if (wanted->parts_count == WISHES_MAX) return;
    if (plan->by_reference && one.proposer == NULL && chance_one_in(2)) {
        one.proposer = pick(run, anyone, NULL);
        if (one.kind == WISH_ADD && chance_one_in(2)) one.proposer = one.subject;
    }
    wanted->parts[wanted->parts_count++] = one;
    if (one.subject != NULL) take(plan, one.subject);
}

static void put_removals(script *run, draft *plan, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        member *who = pick(run, anyone, plan);
        if (who == NULL) return;
        put(run, plan, (part){.kind = WISH_REMOVE, .subject = who});
    }
}

static void put_updates(script *run, draft *plan, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        member *who = pick(run, anyone, plan);
        if (who == NULL) return;
        put(run, plan, (part){.kind = WISH_UPDATE, .subject = who, .proposer = who});
    }
}

static void put_adds(script *run, draft *plan, uint32_t count)
{
    const uint32_t stay = conversation_inside(&run->all) - step_count(&plan->wanted, WISH_REMOVE);
    for (uint32_t i = 0; i < count && stay + i < INSIDE_MAX; i++) {
        member *who = pick(run, outsider, plan);
        if (who == NULL) return;
        put(run, plan, (part){.kind = WISH_ADD, .subject = who});
    }
}

static void put_psks(script *run, draft *plan, uint32_t count)
{
    uint32_t order[PSKS_COUNT];
    chance_order(order, PSKS_COUNT);
    for (uint32_t i = 0; i < count; i++)
        put(run, plan, (part){.kind = WISH_PSK, .bytes = run->all.psks[order[i]].id});
}

/* Often none at all. */
static void put_extensions(script *run, draft *plan)
{
    const uint32_t bound = chance_one_in(3) ? 1 : sizeof plan->data;
    put(run, plan, (part){.kind = WISH_EXTENSIONS, .bytes = any_bytes(plan->data, bound)});
}

static void draw(script *run, const recipe *wanted, draft *out)
{
    *out = (draft){.by_reference = wanted->by_reference,
                   .wanted = {.author = pick(run, anyone, NULL),
                              .path = chance_one_in(2),
                              .open = chance_one_in(2),
                              .tree_inside = chance_one_in(2)}};
    take(out, out->wanted.author);
    put_removals(run, out, wanted->removals);
    put_updates(run, out, wanted->updates);
    put_adds(run, out, wanted->adds);
    put_psks(run, out, wanted->psks);
    /* Who comes in does not know this one. */
    if (wanted->resumptions != 0 && step_count(&out->wanted, WISH_ADD) == 0)
        put(run, out, (part){.kind = WISH_RESUMPTION});
    if (wanted->extensions != 0) put_extensions(run, out);
}

/* ---- Doing ---- */

static void count_parts(script *run, const step *wanted)
{
    tally *done = run->done;
    done->removals += step_count(wanted, WISH_REMOVE);
    done->updates += step_count(wanted, WISH_UPDATE);
    done->psks += step_count(wanted, WISH_PSK);
    done->resumptions += step_count(wanted, WISH_RESUMPTION);
    done->extensions += step_count(wanted, WISH_EXTENSIONS);
    if (wanted->parts_count == 0) done->refreshes++;
    for (size_t i = 0; i < wanted->parts_count; i++) {
        const part *one = &wanted->parts[i];
        if (one->proposer != NULL) done->proposals[side(one->proposer)]++;
        if (one->kind != WISH_ADD) continue;
        if (one->proposer == one->subject) done->asked[side(one->subject)]++;
        bool *was_inside = &run->was_inside[one->subject->number];
        *(*was_inside ? &done->re_adds : &done->adds) += 1;
        *was_inside = true;
    }
}

static void count_step(script *run, const step *wanted)
{
    tally *done = run->done;
    done->commits[side(wanted->author)]++;
    *(wanted->open ? &done->open_commits : &done->private_commits) += 1;
    if (step_count(wanted, WISH_ADD) != 0)
        *(wanted->tree_inside ? &done->welcomes_with_tree : &done->welcomes_without_tree) += 1;
    count_parts(run, wanted);
}

static void note_step(const step *wanted)
{
    static const char *const names[] = {"add", "remove",     "update",
                                        "psk", "resumption", "extensions"};
    char words[WORDS_SIZE] = "";
    size_t at = 0;
    for (size_t i = 0; i < wanted->parts_count; i++) {
        const part *one = &wanted->parts[i];
        at += (size_t)snprintf(words + at, sizeof words - at, ", %s", names[one->kind]);
        if (one->subject != NULL)
            at += (size_t)snprintf(words + at, sizeof words - at, " %u", one->subject->number);
        if (one->proposer != NULL)
            at += (size_t)snprintf(words + at, sizeof words - at, " by %u", one->proposer->number);
    }
    note_place("%s %u commits as %s%s%s", wanted->author->kind->name, wanted->author->number,
               wanted->open ? "PublicMessage" : "PrivateMessage",
               wanted->path ? " with a path" : "", words);
}

static void commit(script *run, const recipe *wanted)
{
    draft plan;
    draw(run, wanted, &plan);
    note_step(&plan.wanted);
    step_take(&run->all, &plan.wanted);
    count_step(run, &plan.wanted);
}

static void say(script *run)
{
    member *author = pick(run, anyone, NULL);
    const uint32_t count = 1 + chance_below(BURST_MAX);
    note_place("%s %u says %u things", author->kind->name, author->number, count);
    conversation_say(&run->all, author, count);
    run->done->messages[side(author)] += count;
}

static void enter(script *run)
{
    const bool again = chance_one_in(2) && conversation_inside(&run->all) > 1;
    if (!again && conversation_inside(&run->all) == INSIDE_MAX) return;
    draft taken = {0};
    member *who = pick(run, again ? anyone : outsider, NULL);
    take(&taken, who);
    member *host = pick(run, anyone, &taken);
    /* ts-mls puts no PSK into such a commit. */
    const shared_psk *psk = side(who) == 0 && chance_one_in(2) ? &run->all.psks[0] : NULL;
    note_place("%s %u enters%s by %s %u", who->kind->name, who->number, again ? " again" : "",
               host->kind->name, host->number);
    passage_enter(&run->all, who, host, psk);
    run->was_inside[who->number] = true;
    (again ? run->done->entered_again : run->done->entered)[side(who)]++;
}

static void reinit(script *run)
{
    member *author = pick(run, anyone, NULL), *creator = pick(run, anyone, NULL);
    note_place("%s %u ends the group, %s %u makes the next", author->kind->name, author->number,
               creator->kind->name, creator->number);
    passage_reinit(&run->all, author, creator);
    run->done->reinits[side(creator)]++;
}

static void branch(script *run)
{
    draft taken = {0};
    member *creator = pick(run, anyone, NULL);
    take(&taken, creator);
    const uint32_t count = 1 + chance_below(3);
    while (taken.taken_count <= count) {
        member *who = pick(run, anyone, &taken);
        if (who == NULL) break;
        take(&taken, who);
    }
    note_place("%s %u branches off with %zu others", creator->kind->name, creator->number,
               taken.taken_count - 1);
    passage_branch(&run->all, creator, &taken.taken[1], taken.taken_count - 1);
    run->done->branches[side(creator)]++;
}

/* A commit that one draws for itself. */
static void commit_something(script *run)
{
    const uint32_t inside = conversation_inside(&run->all);
    const recipe mixed = {.adds = chance_below(2),
                          .removals = chance_below(2),
                          .updates = chance_below(3),
                          .psks = chance_below(2),
                          .resumptions = chance_below(2),
                          .extensions = chance_one_in(4),
                          .by_reference = true};
    const recipe recipes[] = {
        {.adds = 1 + chance_below(2)},
        {.adds = 1 + chance_below(2)},
        {.removals = 1 + (inside > 4 ? chance_below(3) : 0)},
        {.adds = 1, .removals = 1},
        {0},
        {.adds = chance_below(2), .psks = 1 + chance_below(2), .resumptions = 1},
        {.extensions = 1, .removals = chance_below(2)},
        mixed,
        mixed,
        mixed,
    };
    enum { RECIPES_COUNT = sizeof recipes / sizeof *recipes };
    commit(run, inside == 1 ? &recipes[0] : &recipes[chance_below(RECIPES_COUNT)]);
}

static void operate(script *run)
{
    const bool is_alone = conversation_inside(&run->all) == 1;
    const uint32_t drawn = chance_below(20);
    if (drawn < 2)
        enter(run);
    else if (drawn == 2 && !is_alone)
        chance_one_in(2) ? reinit(run) : branch(run);
    else if (drawn < 8 && !is_alone)
        say(run);
    else
        commit_something(run);
}

void script_run(uint16_t suite, uint32_t operations, tally *done)
{
    script run = {.done = done};
    conversation_start(&run.all, suite);
    const member *first = pick(&run, anyone, NULL);
    run.was_inside[first->number] = true;
    done->created[side(first)]++;
    for (uint32_t i = 0; i < operations; i++) {
        note_operation(i + 1);
        operate(&run);
        conversation_compare(&run.all);
    }
    conversation_clear(&run.all);
}
