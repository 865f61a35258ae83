/* A member that ts-mls holds: every call is a question to the peer. */
#include <stdio.h>

#include "failure.h"
#include "member.h"
#include "peer.h"

enum { QUESTION_SIZE = 1024 };

static void keep(mjl_buffer *out, const peer_answer *answer, size_t i)
{
    if (i >= answer->count) fail("the peer leaves out a field");
    mjl_buffer_clear(out);
    expect_ok(mjl_buffer_append(out, answer->fields[i]), "room for an answer");
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void offer(member *who)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json,
             "{\"do\":\"offer\",\"who\":%u,\"certified\":%s,\"from\":%llu,\"until\":%llu}",
             who->number, truth(who->certified), (unsigned long long)lifetime_from(),
             (unsigned long long)lifetime_until());
    peer_answer answer;
    peer_ask(json, NULL, 0, &answer);
    keep(&who->key_package, &answer, 0);
    peer_answer_clear(&answer);
}

/* A question without more than who it is for, whose answer is not needed. */
static void tell(const member *who, const char *what, const mjl_bytes *blobs, size_t count)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"%s\",\"who\":%u}", what, who->number);
    peer_answer answer;
    peer_ask(json, blobs, count, &answer);
    peer_answer_clear(&answer);
}

static void create(member *who, mjl_bytes group_id)
{
    tell(who, "create", &group_id, 1);
}

static void join(member *who, mjl_bytes welcome, mjl_bytes tree, bool resumes)
{
    const mjl_bytes blobs[] = {welcome, tree};
    tell(who, resumes ? "joinAgain" : "join", blobs, 2);
}

static void leave(member *who)
{
    tell(who, "leave", NULL, 0);
}

static const char *kind_name(wish_kind kind)
{
    switch (kind) {
    case WISH_ADD:
        return "add";
    case WISH_REMOVE:
        return "remove";
    case WISH_UPDATE:
        return "update";
    case WISH_PSK:
        return "psk";
    case WISH_RESUMPTION:
        return "resumption";
    case WISH_REINIT:
        return "reinit";
    case WISH_EXTENSIONS:
        return "extensions";
    }
    fail("no such wish");
}

/* [{"kind":"remove","leaf":3},...] with the wishes' bytes as blobs. */
static void list_wishes(char *out, size_t size, const wish *wishes, size_t count, mjl_bytes *blobs)
{
    size_t at = (size_t)snprintf(out, size, "[");
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s{\"kind\":\"%s\",\"leaf\":%u}",
                               i == 0 ? "" : ",", kind_name(wishes[i].kind), wishes[i].leaf);
        blobs[i] = wishes[i].bytes;
    }
    snprintf(out + at, size - at, "]");
}

static void propose(member *who, const wish *wanted, const change *framing, mjl_buffer *message)
{
    char json[QUESTION_SIZE], list[QUESTION_SIZE / 2];
    mjl_bytes blobs[2] = {framing->authenticated_data};
    list_wishes(list, sizeof list, wanted, 1, &blobs[1]);
    snprintf(json, sizeof json, "{\"do\":\"propose\",\"who\":%u,\"open\":%s,\"wishes\":%s}",
             who->number, truth(framing->open), list);
    peer_answer answer;
    peer_ask(json, blobs, 2, &answer);
    keep(message, &answer, 0);
    peer_answer_clear(&answer);
}

static void commit(member *who, const change *wanted, made *out)
{
    char json[QUESTION_SIZE], list[QUESTION_SIZE / 2];
    mjl_bytes blobs[1 + WISHES_MAX] = {wanted->authenticated_data};
    list_wishes(list, sizeof list, wanted->wishes, wanted->wishes_count, &blobs[1]);
    snprintf(json, sizeof json,
             "{\"do\":\"commit\",\"who\":%u,\"open\":%s,\"treeInside\":%s,\"wishes\":%s}",
             who->number, truth(wanted->open), truth(wanted->tree_inside), list);
    peer_answer answer;
    peer_ask(json, blobs, 1 + wanted->wishes_count, &answer);
    keep(&out->commit, &answer, 0);
    keep(&out->welcome, &answer, 1);
    keep(&out->tree, &answer, 2);
    peer_answer_clear(&answer);
}

static void group_info(member *who, bool tree_inside, made *out)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"groupInfo\",\"who\":%u,\"treeInside\":%s}", who->number,
             truth(tree_inside));
    peer_answer answer;
    peer_ask(json, NULL, 0, &answer);
    keep(&out->welcome, &answer, 0);
    keep(&out->tree, &answer, 1);
    peer_answer_clear(&answer);
}

/* ts-mls puts no PSK into such a commit. */
static void enter(member *who, const entry *by, mjl_buffer *out)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"enter\",\"who\":%u,\"again\":%s}", who->number,
             truth(by->again));
    const mjl_bytes blobs[] = {by->group_info, by->tree, by->authenticated_data};
    peer_answer answer;
    peer_ask(json, blobs, 3, &answer);
    keep(out, &answer, 0);
    peer_answer_clear(&answer);
}

static void ask(member *who, const entry *by, mjl_buffer *message)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"ask\",\"who\":%u}", who->number);
    const mjl_bytes blobs[] = {by->group_info, by->authenticated_data};
    peer_answer answer;
    peer_ask(json, blobs, 2, &answer);
    keep(message, &answer, 0);
    peer_answer_clear(&answer);
}

/* ts-mls puts no tree into such a Welcome. */
static void succeed(member *who, const succession *wanted, made *out)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"succeed\",\"who\":%u,\"isBranch\":%s}", who->number,
             truth(wanted->is_branch));
    mjl_bytes blobs[PEER_FIELDS_MAX] = {wanted->group_id};
    for (size_t i = 0; i < wanted->key_packages_count; i++)
        blobs[1 + i] = wanted->key_packages[i];
    peer_answer answer;
    peer_ask(json, blobs, 1 + wanted->key_packages_count, &answer);
    keep(&out->welcome, &answer, 0);
    keep(&out->tree, &answer, 1);
    peer_answer_clear(&answer);
}

static void receive(member *who, mjl_bytes message, mjl_buffer *said)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"receive\",\"who\":%u}", who->number);
    peer_answer answer;
    peer_ask(json, &message, 1, &answer);
    if (answer.count != 0 && said != NULL) keep(said, &answer, 0);
    peer_answer_clear(&answer);
}

static void say(member *who, mjl_bytes authenticated_data, mjl_bytes payload, mjl_buffer *message)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"say\",\"who\":%u}", who->number);
    const mjl_bytes blobs[] = {authenticated_data, payload};
    peer_answer answer;
    peer_ask(json, blobs, 2, &answer);
    keep(message, &answer, 0);
    peer_answer_clear(&answer);
}

static void look(member *who, const exporting *wanted, view *out)
{
    char json[QUESTION_SIZE];
    snprintf(json, sizeof json, "{\"do\":\"look\",\"who\":%u,\"label\":\"%s\",\"size\":%zu}",
             who->number, wanted->label, wanted->size);
    peer_answer answer;
    peer_ask(json, &wanted->context, 1, &answer);
    out->active = peer_answer_number(&answer, 0) != 0;
    out->epoch = peer_answer_number(&answer, 1);
    out->leaf = (uint32_t)peer_answer_number(&answer, 2);
    out->members_count = (uint32_t)peer_answer_number(&answer, 3);
    keep(&out->authenticator, &answer, 4);
    keep(&out->exported, &answer, 5);
    peer_answer_clear(&answer);
}

static void clear(member *who)
{
    mjl_buffer_clear(&who->key_package);
}

const member_kind member_theirs = {.name = "ts-mls",
                                   .propose = propose,
                                   .offer = offer,
                                   .create = create,
                                   .commit = commit,
                                   .group_info = group_info,
                                   .enter = enter,
                                   .ask = ask,
                                   .succeed = succeed,
                                   .receive = receive,
                                   .join = join,
                                   .say = say,
                                   .look = look,
                                   .leave = leave,
                                   .clear = clear};
