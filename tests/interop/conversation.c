#include "conversation.h"

#include <assert.h>
#include <stdio.h>

#include "chance.h"
#include "failure.h"
#include "peer.h"

enum {
    GROUP_ID_SIZE = 16,
    PAYLOAD_MAX = 2000,
    EXPORT_MAX = 255, /* More bytes would tell nothing new. */
    BEGIN_SIZE = 128
};

mjl_bytes any_bytes(uint8_t *room, uint32_t bound)
{
    const uint32_t size = chance_below(bound);
    chance_fill(room, size);
    return mjl_bytes_of(room, size);
}

/* ---- Who ---- */

static void begin_peer(uint16_t suite)
{
    char json[BEGIN_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"begin\",\"suite\":%u,\"seed\":%u,\"extension\":%d}",
             suite, chance_below(INT32_MAX), SHARED_EXTENSION);
    peer_answer answer;
    peer_ask(json, NULL, 0, &answer);
    peer_answer_clear(&answer);
}

/* All of ours and, by a question each, all of theirs know them. */
static void share_psks(conversation *all)
{
    for (uint32_t i = 0; i < PSKS_COUNT; i++) {
        all->psk_ids[i][0] = (uint8_t)i; /* No two are the same. */
        chance_fill(all->psk_secrets[i], PSK_SIZE);
        const mjl_bytes rest = any_bytes(&all->psk_ids[i][1], DATA_MAX - 1);
        all->psks[i] = (shared_psk){mjl_bytes_of(all->psk_ids[i], 1 + rest.size),
                                    mjl_bytes_of(all->psk_secrets[i], PSK_SIZE)};
        const mjl_bytes blobs[] = {all->psks[i].id, all->psks[i].secret};
        peer_answer answer;
        peer_ask("{\"do\":\"psk\"}", blobs, 2, &answer);
        peer_answer_clear(&answer);
    }
}

void conversation_start(conversation *all, uint16_t suite)
{
    *all = (conversation){0};
    begin_peer(suite);
    share_psks(all);
    for (uint32_t i = 0; i < PEOPLE_MAX; i++)
        all->people[i] = (member){.kind = i % 2 == 0 ? &member_ours : &member_theirs,
                                  .number = i,
                                  .suite = suite,
                                  .certified = i % 4 >= 2,
                                  .psks = all->psks};
    member *first = &all->people[chance_below(PEOPLE_MAX)];
    note_place("created by %s", first->kind->name);
    uint8_t id[GROUP_ID_SIZE];
    chance_fill(id, sizeof id);
    first->kind->offer(first);
    first->kind->create(first, mjl_bytes_of(id, sizeof id));
    first->inside = true;
    conversation_compare(all);
}

void conversation_clear(conversation *all)
{
    for (uint32_t i = 0; i < PEOPLE_MAX; i++)
        all->people[i].kind->clear(&all->people[i]);
}

uint32_t conversation_inside(const conversation *all)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PEOPLE_MAX; i++)
        count += all->people[i].inside;
    return count;
}

/* ---- Messages ---- */

void conversation_deliver(conversation *all, const member *author, const mjl_buffer *message)
{
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        member *who = &all->people[i];
        if (who->inside && who != author) who->kind->receive(who, mjl_buffer_bytes(message), NULL);
    }
}

static void read_all(member *who, const mjl_buffer *messages, const mjl_buffer *payloads,
                     uint32_t count)
{
    uint32_t order[BURST_MAX];
    chance_order(order, count);
    for (uint32_t i = 0; i < count; i++) {
        mjl_buffer said = {0};
        who->kind->receive(who, mjl_buffer_bytes(&messages[order[i]]), &said);
        if (!mjl_bytes_equal(mjl_buffer_bytes(&said), mjl_buffer_bytes(&payloads[order[i]])))
            fail("%s %u reads something else", who->kind->name, who->number);
        mjl_buffer_clear(&said);
    }
}

void conversation_say(conversation *all, member *author, uint32_t count)
{
    assert(count <= BURST_MAX);
    mjl_buffer messages[BURST_MAX] = {{0}}, payloads[BURST_MAX] = {{0}};
    for (uint32_t i = 0; i < count; i++) {
        uint8_t data[DATA_MAX], payload[PAYLOAD_MAX];
        expect_ok(mjl_buffer_append(&payloads[i], any_bytes(payload, sizeof payload)), "room");
        author->kind->say(author, any_bytes(data, sizeof data), mjl_buffer_bytes(&payloads[i]),
                          &messages[i]);
    }
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        member *who = &all->people[i];
        if (who->inside && who != author) read_all(who, messages, payloads, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        mjl_buffer_clear(&messages[i]);
        mjl_buffer_clear(&payloads[i]);
    }
}

/* ---- Agreement ---- */

static bool same(const mjl_buffer *a, const mjl_buffer *b)
{
    return mjl_bytes_equal(mjl_buffer_bytes(a), mjl_buffer_bytes(b));
}

static void compare_one(conversation *all, member *who, const exporting *wanted, view *first)
{
    view seen = {0};
    who->kind->look(who, wanted, &seen);
    if (!seen.active) fail("%s %u is not active", who->kind->name, who->number);
    if (seen.epoch != all->epoch)
        fail("%s %u is in epoch %llu", who->kind->name, who->number,
             (unsigned long long)seen.epoch);
    if (seen.members_count != conversation_inside(all))
        fail("%s %u sees %u members", who->kind->name, who->number, seen.members_count);
    who->leaf = seen.leaf;
    if (first->authenticator.size == 0) {
        *first = seen;
        return;
    }
    if (!same(&seen.authenticator, &first->authenticator))
        fail("%s %u has another epoch authenticator", who->kind->name, who->number);
    if (!same(&seen.exported, &first->exported))
        fail("%s %u exports something else", who->kind->name, who->number);
    view_clear(&seen);
}

void conversation_compare(conversation *all)
{
    static const char *const labels[] = {"majlis", "EXPERIMENTAL interop", "a", ""};
    uint8_t context[DATA_MAX];
    const exporting wanted = {.label = labels[chance_below(4)],
                              .context = any_bytes(context, sizeof context),
                              .size = 1 + chance_below(EXPORT_MAX)};
    view first = {0};
    for (uint32_t i = 0; i < PEOPLE_MAX; i++)
        if (all->people[i].inside) compare_one(all, &all->people[i], &wanted, &first);
    view_clear(&first);
}
