#include "passage.h"

#include "chance.h"

enum { NEXT_ID_SIZE = 16 };

/* ---- From outside ---- */

static void prepare(member *host, made *info, entry *out)
{
    const bool tree_inside = chance_one_in(2);
    host->kind->group_info(host, tree_inside, info);
    out->group_info = mjl_buffer_bytes(&info->welcome);
    out->tree = tree_inside ? mjl_bytes_of(NULL, 0) : mjl_buffer_bytes(&info->tree);
}

void passage_enter(conversation *all, member *who, member *host, const shared_psk *psk)
{
    uint8_t data[DATA_MAX];
    made info = {0};
    entry by = {
        .again = who->inside, .psk = psk, .authenticated_data = any_bytes(data, sizeof data)};
    prepare(host, &info, &by);
    if (who->inside) who->kind->leave(who);
    who->inside = false;
    who->kind->offer(who);
    who->kind->enter(who, &by, &info.commit);
    conversation_deliver(all, who, &info.commit);
    who->inside = true;
    all->epoch++;
    made_clear(&info);
}

void passage_ask(conversation *all, member *who, member *host)
{
    uint8_t data[DATA_MAX];
    made info = {0};
    entry by = {.authenticated_data = any_bytes(data, sizeof data)};
    prepare(host, &info, &by);
    who->kind->offer(who);
    who->kind->ask(who, &by, &info.commit);
    conversation_deliver(all, who, &info.commit);
    made_clear(&info);
}

/* ---- Another group ---- */

/* All who are inside but the creator get its Welcome. */
static void go_on(conversation *all, member *creator, succession *wanted)
{
    mjl_bytes packages[PEOPLE_MAX];
    member *others[PEOPLE_MAX];
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        member *who = &all->people[i];
        if (!who->inside) continue;
        who->kind->offer(who);
        if (who == creator) continue;
        others[wanted->key_packages_count] = who;
        packages[wanted->key_packages_count++] = mjl_buffer_bytes(&who->key_package);
    }
    wanted->key_packages = packages;
    made out = {0};
    creator->kind->succeed(creator, wanted, &out);
    for (size_t i = 0; i < wanted->key_packages_count; i++)
        others[i]->kind->join(others[i], mjl_buffer_bytes(&out.welcome),
                              mjl_buffer_bytes(&out.tree), true);
    made_clear(&out);
    all->epoch = 1;
}

void passage_reinit(conversation *all, member *author, member *creator)
{
    uint8_t id[NEXT_ID_SIZE], data[DATA_MAX];
    chance_fill(id, sizeof id);
    const wish over = {.kind = WISH_REINIT, .bytes = mjl_bytes_of(id, sizeof id)};
    const change whole = {.wishes = &over,
                          .wishes_count = 1,
                          .open = chance_one_in(2),
                          .authenticated_data = any_bytes(data, sizeof data)};
    made out = {0};
    author->kind->commit(author, &whole, &out);
    conversation_deliver(all, author, &out.commit);
    made_clear(&out);
    all->epoch++;
    conversation_compare(all);

    succession next = {.group_id = over.bytes, .tree_inside = chance_one_in(2)};
    go_on(all, creator, &next);
}

void passage_branch(conversation *all, member *creator, member *const *others, size_t count)
{
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        member *who = &all->people[i];
        bool stays = who == creator;
        for (size_t j = 0; j < count; j++)
            stays = stays || who == others[j];
        if (!who->inside || stays) continue;
        who->kind->leave(who);
        who->inside = false;
    }
    uint8_t id[NEXT_ID_SIZE];
    chance_fill(id, sizeof id);
    succession next = {.is_branch = true,
                       .group_id = mjl_bytes_of(id, sizeof id),
                       .tree_inside = chance_one_in(2)};
    go_on(all, creator, &next);
}
