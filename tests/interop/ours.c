/* A member that Majlis holds. Now and then it is saved and loaded again in between, as one that is
   closed and opened is. */
#include "ours.h"

#include <stdio.h>

#include "chance.h"
#include "failure.h"

enum { RESTART_ONE_IN = 8 };

static const uint16_t known_extensions[] = {SHARED_EXTENSION};
static const uint16_t known_credentials[] = {MJL_MLS_CREDENTIAL_X509};
const mjl_mls_capabilities ours_capabilities = {.extensions = known_extensions,
                                                .extensions_count = 1,
                                                .credentials = known_credentials,
                                                .credentials_count = 1};

/* ---- What it holds ---- */

/* MLS looks into no certificate: any bytes will do. */
static void certify(struct ours *me)
{
    const mjl_bytes chain[] = {mjl_bytes_text(me->name), mjl_bytes_text("authority")};
    expect_ok(mjl_mls_credential_x509(chain, 2, &me->certificates), "a credential");
    me->identity.credential = mjl_buffer_bytes(&me->certificates);
}

struct ours *ours_of(member *who)
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
    if (who->certified) certify(me);
    return me;
}

static void become(struct ours *me, const mjl_mls_group *group, mjl_mls_ratchets *ratchets)
{
    mjl_mls_group_release(me->group);
    mjl_mls_ratchets_free(me->ratchets);
    me->group = group;
    me->ratchets = ratchets;
}

void ours_move(struct ours *me, const mjl_mls_group *group, mjl_mls_ratchets *ratchets)
{
    become(me, group, ratchets);
    while (me->proposals_count > 0)
        mjl_mls_opened_free(me->proposals[--me->proposals_count]);
}

static void leave(member *who)
{
    ours_move(ours_of(who), NULL, NULL);
}

static void clear(member *who)
{
    if (who->ours != NULL) {
        leave(who);
        mjl_buffer_clear(&who->ours->secret);
        mjl_buffer_clear(&who->ours->certificates);
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
    struct ours *me = ours_of(who);
    mjl_buffer_clear(&who->key_package);
    mjl_buffer_clear(&me->secret);
    const mjl_mls_key_package_config config = {.identity = &me->identity,
                                               .capabilities = ours_capabilities,
                                               .not_before = lifetime_from(),
                                               .not_after = lifetime_until()};
    expect_ok(mjl_mls_key_package_new(&config, chance_random(), &who->key_package, &me->secret),
              "a key package");
}

static void create(member *who, mjl_bytes group_id)
{
    struct ours *me = ours_of(who);
    const mjl_mls_create_config config = {.identity = &me->identity,
                                          .capabilities = ours_capabilities,
                                          .not_before = lifetime_from(),
                                          .not_after = lifetime_until(),
                                          .group_id = group_id};
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    expect_ok(mjl_mls_group_create(&config, chance_random(), &group, &ratchets), "a group");
    ours_move(me, group, ratchets);
}

static void join(member *who, mjl_bytes welcome, mjl_bytes tree, bool resumes)
{
    struct ours *me = ours_of(who);
    known_psks known;
    know_psks(&known, who->psks);
    const mjl_mls_join_config config = {.identity = &me->identity,
                                        .key_package_secret = mjl_buffer_bytes(&me->secret),
                                        .ratchet_tree = tree,
                                        .psks = known.list,
                                        .psks_count = PSKS_COUNT,
                                        .resumes = resumes ? me->group : NULL};
    mjl_mls_joined joined;
    expect_ok(mjl_mls_join(welcome, &config, &joined), "joining");
    forget_psks(&known);
    ours_move(me, joined.group, joined.ratchets);
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
}

/* ---- Epochs ---- */

void ours_merge(struct ours *me, mjl_mls_candidate *candidate)
{
    ours_move(me, candidate->group, candidate->ratchets);
    candidate->group = NULL;
    candidate->ratchets = NULL;
    mjl_mls_candidate_clear(candidate);
}

void ours_keep_proposal(struct ours *me, mjl_mls_opened *proposal)
{
    if (me->proposals_count == WISHES_MAX) fail("too many proposals");
    me->proposals[me->proposals_count++] = proposal;
}

void know_psks(known_psks *known, const shared_psk *psks)
{
    *known = (known_psks){0};
    for (size_t i = 0; i < PSKS_COUNT; i++) {
        expect_ok(mjl_mls_psk_id_external(psks[i].id, &known->ids[i]), "naming a PSK");
        known->list[i] = (mjl_mls_psk){mjl_buffer_bytes(&known->ids[i]), psks[i].secret};
    }
}

void forget_psks(known_psks *known)
{
    for (size_t i = 0; i < PSKS_COUNT; i++)
        mjl_buffer_clear(&known->ids[i]);
}

/* ---- Messages ---- */

static void receive(member *who, mjl_bytes message, mjl_buffer *said)
{
    struct ours *me = ours_of(who);
    if (chance_one_in(RESTART_ONE_IN)) restart(me);
    mjl_mls_opened *opened;
    expect_ok(mjl_mls_open_allowing(me->group, me->ratchets, message, OURS_ALLOWS, &opened),
              "opening a message");
    if (mjl_mls_opened_type(opened) == MJL_MLS_COMMIT) {
        ours_apply(who, opened);
        mjl_mls_opened_free(opened);
        return;
    }
    expect_ok(mjl_mls_consume(me->ratchets, opened), "erasing a message's key");
    if (mjl_mls_opened_type(opened) == MJL_MLS_PROPOSAL) {
        ours_keep_proposal(me, opened);
        return;
    }
    if (said != NULL) expect_ok(mjl_buffer_append(said, mjl_mls_opened_payload(opened)), "reading");
    mjl_mls_opened_free(opened);
}

static void say(member *who, mjl_bytes authenticated_data, mjl_bytes payload, mjl_buffer *message)
{
    struct ours *me = ours_of(who);
    expect_ok(mjl_mls_encrypt(me->group, me->ratchets, &me->identity, authenticated_data, payload,
                              chance_below(OURS_PADDING_MAX), chance_random(), message),
              "saying something");
}

static void look(member *who, const exporting *wanted, view *out)
{
    const struct ours *me = ours_of(who);
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
                                 .propose = ours_propose,
                                 .commit = ours_commit,
                                 .group_info = ours_group_info,
                                 .enter = ours_enter,
                                 .ask = ours_ask,
                                 .succeed = ours_succeed,
                                 .receive = receive,
                                 .join = join,
                                 .say = say,
                                 .look = look,
                                 .leave = leave,
                                 .clear = clear};
