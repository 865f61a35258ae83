#include "step.h"

#include "chance.h"
#include "failure.h"
#include "passage.h"

uint32_t step_count(const step *wanted, wish_kind kind)
{
    uint32_t count = 0;
    for (size_t i = 0; i < wanted->parts_count; i++)
        count += wanted->parts[i].kind == kind;
    return count;
}

/* As the proposer says it: an Add takes a fresh key package. */
static wish wish_of(const part *one)
{
    wish out = {.kind = one->kind, .bytes = one->bytes};
    if (one->kind == WISH_ADD) {
        one->subject->kind->offer(one->subject);
        out.bytes = mjl_buffer_bytes(&one->subject->key_package);
    }
    if (one->kind == WISH_REMOVE) out.leaf = one->subject->leaf;
    return out;
}

static void propose(conversation *all, const part *one)
{
    uint8_t data[DATA_MAX];
    const change framing = {.open = chance_one_in(2),
                            .authenticated_data = any_bytes(data, sizeof data)};
    const wish said = wish_of(one);
    mjl_buffer message = {0};
    one->proposer->kind->propose(one->proposer, &said, &framing, &message);
    conversation_deliver(all, one->proposer, &message);
    mjl_buffer_clear(&message);
}

static void propose_all(conversation *all, const step *wanted)
{
    for (size_t i = 0; i < wanted->parts_count; i++) {
        const part *one = &wanted->parts[i];
        if (one->proposer == NULL) continue;
        if (one->kind == WISH_ADD && one->proposer == one->subject)
            passage_ask(all, one->subject, wanted->author);
        else
            propose(all, one);
    }
}

static void commit(const step *wanted, made *out)
{
    wish wishes[WISHES_MAX];
    uint8_t data[DATA_MAX];
    change whole = {.wishes = wishes,
                    .path = wanted->path,
                    .open = wanted->open,
                    .tree_inside = wanted->tree_inside,
                    .authenticated_data = any_bytes(data, sizeof data)};
    for (size_t i = 0; i < wanted->parts_count; i++)
        if (wanted->parts[i].proposer == NULL)
            wishes[whole.wishes_count++] = wish_of(&wanted->parts[i]);
    wanted->author->kind->commit(wanted->author, &whole, out);
}

/* Who is removed is told, too, and takes no further part. */
static void let_go(member *who)
{
    view seen = {0};
    who->kind->look(who, &(exporting){.label = "gone", .size = 1}, &seen);
    if (seen.active) fail("%s %u does not see its removal", who->kind->name, who->number);
    view_clear(&seen);
    who->kind->leave(who);
    who->inside = false;
}

static void bring_in(const step *wanted, member *who, const made *out)
{
    const mjl_bytes tree =
        wanted->tree_inside ? mjl_bytes_of(NULL, 0) : mjl_buffer_bytes(&out->tree);
    who->kind->join(who, mjl_buffer_bytes(&out->welcome), tree, false);
    who->inside = true;
}

void step_take(conversation *all, const step *wanted)
{
    made out = {0};
    propose_all(all, wanted);
    commit(wanted, &out);
    conversation_deliver(all, wanted->author, &out.commit);
    for (size_t i = 0; i < wanted->parts_count; i++) {
        const part *one = &wanted->parts[i];
        if (one->kind == WISH_REMOVE) let_go(one->subject);
        if (one->kind == WISH_ADD) bring_in(wanted, one->subject, &out);
    }
    made_clear(&out);
    all->epoch++;
}
