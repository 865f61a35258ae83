/* A member that Majlis holds. Now and then it is saved and loaded again in between, as one that is
   closed and opened is. */
#include <stdio.h>

#include "chance.h"
#include "failure.h"
#include "group.h"
#include "member.h"
#include "tree_encoding.h"

enum { NAME_SIZE = 16, PADDING_MAX = 300, RESTART_ONE_IN = 8 };

struct ours {
    char name[NAME_SIZE];
    mjl_mls_identity identity;
    mjl_buffer secret; /* Of the key package. */
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    mjl_mls_opened *proposals[WISHES_MAX]; /* Of this epoch. */
    size_t proposals_count;
};

static const uint16_t known_extensions[] = {SHARED_EXTENSION};
static const mjl_mls_capabilities capabilities = {.extensions = known_extensions,
                                                  .extensions_count = 1};

/* ---- What it holds ---- */

static struct ours *have(member *who)
{
    if (who->ours != NULL) return who->ours;
    struct ours *me = calloc(1, sizeof *me);
    if (me == NULL) fail("no memory");
    who->ours = me;
    snprintf(me->name, sizeof me->name, "member %u", who->number);
    expect_ok(mjl_mls_identity_generate(mjl_mls_suite_find(NULL, who->suite), chance_random(),
                                        &me->identity),
              "a signature key");
    me->identity.identity = mjl_bytes_text(me->name);
    return me;
}

static void become(struct ours *me, const mjl_mls_group *group, mjl_mls_ratchets *ratchets)
{
    mjl_mls_group_release(me->group);
    mjl_mls_ratchets_free(me->ratchets);
    me->group = group;
    me->ratchets = ratchets;
}

/* The same in another epoch: what was proposed is past. */
static void move(struct ours *me, const mjl_mls_group *group, mjl_mls_ratchets *ratchets)
{
    become(me, group, ratchets);
    while (me->proposals_count > 0)
        mjl_mls_opened_free(me->proposals[--me->proposals_count]);
}

static void leave(member *who)
{
    move(have(who), NULL, NULL);
}

static void clear(member *who)
{
    if (who->ours != NULL) {
        leave(who);
        mjl_buffer_clear(&who->ours->secret);
    }
    free(who->ours);
    who->ours = NULL;
    mjl_buffer_clear(&who->key_package);
}

/* Saved and loaded: the copy goes on. */
static void restart(struct ours *me)
{
    mjl_buffer group_bytes = {0}, ratchets_bytes = {0};
    expect_ok(mjl_mls_group_save(me->group, &group_bytes), "saving the group");
    expect_ok(mjl_mls_ratchets_save(me->ratchets, &ratchets_bytes), "saving the ratchets");
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    expect_ok(mjl_mls_group_load(mjl_buffer_bytes(&group_bytes), NULL, &group),
              "loading the group");
    expect_ok(mjl_mls_ratchets_load(mjl_buffer_bytes(&ratchets_bytes), NULL, &ratchets),
              "loading the ratchets");
    become(me, group, ratchets);
    mjl_buffer_clear(&group_bytes);
    mjl_buffer_clear(&ratchets_bytes);
}

/* ---- Coming in ---- */

static void offer(member *who)
{
    struct ours *me = have(who);
    mjl_buffer_clear(&who->key_package);
    mjl_buffer_clear(&me->secret);
    const mjl_mls_key_package_config config = {.identity = &me->identity,
                                               .capabilities = capabilities,
                                               .not_before = lifetime_from(),
                                               .not_after = lifetime_until()};
    expect_ok(mjl_mls_key_package_new(&config, chance_random(), &who->key_package, &me->secret),
              "a key package");
}

static void create(member *who, mjl_bytes group_id)
{
    struct ours *me = have(who);
    const mjl_mls_create_config config = {.identity = &me->identity,
                                          .capabilities = capabilities,
                                          .not_before = lifetime_from(),
                                          .not_after = lifetime_until(),
                                          .group_id = group_id};
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    expect_ok(mjl_mls_group_create(&config, chance_random(), &group, &ratchets), "a group");
    move(me, group, ratchets);
}

/* ---- Pre-shared keys ---- */

typedef struct known_psks {
    mjl_mls_psk list[PSKS_COUNT];
    mjl_buffer ids[PSKS_COUNT];
} known_psks;

/* The psktype external and the id as a vector (§8.4). */
static void know_psks(known_psks *known, const shared_psk *psks)
{
    *known = (known_psks){0};
    for (size_t i = 0; i < PSKS_COUNT; i++) {
        mjl_mls_writer writer = mjl_mls_writer_to(&known->ids[i]);
        mjl_mls_write_u8(&writer, 1);
        mjl_mls_write_vector(&writer, psks[i].id);
        expect_ok(mjl_mls_writer_end(&writer), "naming a PSK");
        known->list[i] = (mjl_mls_psk){mjl_buffer_bytes(&known->ids[i]), psks[i].secret};
    }
}

static void forget_psks(known_psks *known)
{
    for (size_t i = 0; i < PSKS_COUNT; i++)
        mjl_buffer_clear(&known->ids[i]);
}

static void join(member *who, mjl_bytes welcome, mjl_bytes tree)
{
    struct ours *me = have(who);
    known_psks known;
    know_psks(&known, who->psks);
    const mjl_mls_join_config config = {.identity = &me->identity,
                                        .key_package_secret = mjl_buffer_bytes(&me->secret),
                                        .ratchet_tree = tree,
                                        .psks = known.list,
                                        .psks_count = PSKS_COUNT};
    mjl_mls_joined joined;
    expect_ok(mjl_mls_join(welcome, &config, &joined), "joining");
    forget_psks(&known);
    move(me, joined.group, joined.ratchets);
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
}

/* ---- Commits ---- */

/* The candidate's epoch is in use from here on; none if it removes this member. */
static void merge(struct ours *me, mjl_mls_candidate *candidate)
{
    move(me, candidate->group, candidate->ratchets);
    candidate->group = NULL;
    candidate->ratchets = NULL;
    mjl_mls_candidate_clear(candidate);
}

static void write_tree(const mjl_mls_group *group, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_ratchet_tree_write(&writer, &group->tree);
    expect_ok(mjl_mls_writer_end(&writer), "writing the tree");
}

/* A change in the words of mjl_mls_commit. */
typedef struct order {
    mjl_bytes add[WISHES_MAX];
    uint32_t remove[WISHES_MAX];
    mjl_mls_extension extension;
    mjl_mls_commit_config config;
} order;

static void put_in_order(const wish *wanted, order *out)
{
    mjl_mls_commit_config *config = &out->config;
    switch (wanted->kind) {
    case WISH_ADD:
        out->add[config->add_count++] = wanted->bytes;
        return;
    case WISH_REMOVE:
        out->remove[config->remove_count++] = wanted->leaf;
        return;
    case WISH_EXTENSIONS:
        out->extension = (mjl_mls_extension){SHARED_EXTENSION, wanted->bytes};
        config->replace_context_extensions = true;
        config->context_extensions_count = wanted->bytes.size == 0 ? 0 : 1;
        return;
    default:
        fail("majlis cannot commit wish %d", (int)wanted->kind);
    }
}

static void commit(member *who, const change *wanted, made *out)
{
    struct ours *me = have(who);
    order said = {.config = {.identity = &me->identity,
                             .authenticated_data = wanted->authenticated_data,
                             .add_key_packages = said.add,
                             .remove_leaves = said.remove,
                             .context_extensions = &said.extension,
                             .force_path = wanted->path,
                             .public_message = wanted->open,
                             .padding_size = chance_below(PADDING_MAX),
                             .without_ratchet_tree = !wanted->tree_inside}};
    for (size_t i = 0; i < wanted->wishes_count; i++)
        put_in_order(&wanted->wishes[i], &said);
    mjl_mls_candidate candidate;
    expect_ok(mjl_mls_commit(me->group, me->ratchets, &said.config, chance_random(), &candidate),
              "a commit");
    out->commit = candidate.commit;
    out->welcome = candidate.welcome;
    candidate.commit = candidate.welcome = (mjl_buffer){0};
    write_tree(candidate.group, &out->tree);
    merge(me, &candidate);
}

static void apply(member *who, const mjl_mls_opened *opened)
{
    struct ours *me = have(who);
    known_psks known;
    know_psks(&known, who->psks);
    const mjl_mls_staging staging = {.proposals = (const mjl_mls_opened *const *)me->proposals,
                                     .proposals_count = me->proposals_count,
                                     .psks = known.list,
                                     .psks_count = PSKS_COUNT};
    mjl_mls_candidate candidate;
    expect_ok(mjl_mls_stage(me->group, opened, &me->identity, &staging, &candidate),
              "applying a commit");
    expect_ok(mjl_mls_consume(me->ratchets, opened), "erasing a commit's key");
    forget_psks(&known);
    merge(me, &candidate);
}

/* ---- Messages ---- */

static void receive(member *who, mjl_bytes message, mjl_buffer *said)
{
    struct ours *me = have(who);
    if (chance_one_in(RESTART_ONE_IN)) restart(me);
    mjl_mls_opened *opened;
    expect_ok(mjl_mls_open(me->group, me->ratchets, message, &opened), "opening a message");
    if (mjl_mls_opened_type(opened) == MJL_MLS_COMMIT) {
        apply(who, opened);
        mjl_mls_opened_free(opened);
        return;
    }
    expect_ok(mjl_mls_consume(me->ratchets, opened), "erasing a message's key");
    if (mjl_mls_opened_type(opened) == MJL_MLS_PROPOSAL) {
        if (me->proposals_count == WISHES_MAX) fail("too many proposals");
        me->proposals[me->proposals_count++] = opened;
        return;
    }
    if (said != NULL) expect_ok(mjl_buffer_append(said, mjl_mls_opened_payload(opened)), "reading");
    mjl_mls_opened_free(opened);
}

static void say(member *who, mjl_bytes authenticated_data, mjl_bytes payload, mjl_buffer *message)
{
    struct ours *me = have(who);
    expect_ok(mjl_mls_encrypt(me->group, me->ratchets, &me->identity, authenticated_data, payload,
                              chance_below(PADDING_MAX), chance_random(), message),
              "saying something");
}

static void look(member *who, const exporting *wanted, view *out)
{
    const struct ours *me = have(who);
    out->active = me->group != NULL;
    if (!out->active) return;
    out->epoch = mjl_mls_group_epoch(me->group);
    out->leaf = mjl_mls_group_own_leaf(me->group);
    out->members_count = mjl_mls_group_member_count(me->group);
    expect_ok(mjl_buffer_append(&out->authenticator, mjl_mls_group_epoch_authenticator(me->group)),
              "reading the authenticator");
    expect_ok(mjl_buffer_reserve(&out->exported, wanted->size), "room for an export");
    out->exported.size = wanted->size;
    expect_ok(mjl_mls_group_export(me->group, wanted->label, wanted->context, out->exported.data,
                                   wanted->size),
              "exporting");
}

const member_kind member_ours = {.name = "majlis",
                                 .offer = offer,
                                 .create = create,
                                 .commit = commit,
                                 .receive = receive,
                                 .join = join,
                                 .say = say,
                                 .look = look,
                                 .leave = leave,
                                 .clear = clear};
