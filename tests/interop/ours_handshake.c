/* All that starts an epoch, as a member does it that Majlis holds. */
#include "ours.h"

#include "chance.h"
#include "failure.h"
#include "group.h"
#include "tree_encoding.h"

/* ---- Wishes ---- */

/* A wish in the words of mjl_mls_propose and mjl_mls_commit, with what these borrow. */
typedef struct wording {
    mjl_mls_change change;
    mjl_mls_extension extension;
    mjl_buffer psk_id;
} wording;

/* The extension as the group has it, for the group that continues it. */
static void keep_extension(const struct ours *me, wording *out)
{
    out->extension.type = SHARED_EXTENSION;
    out->change.extensions_count =
        mjl_mls_group_extension(me->group, SHARED_EXTENSION, &out->extension.data) == MJL_OK ? 1
                                                                                             : 0;
}

static void word(const struct ours *me, const wish *wanted, wording *out)
{
    *out = (wording){.change.extensions = &out->extension};
    mjl_mls_change *to = &out->change;
    switch (wanted->kind) {
    case WISH_ADD:
        to->type = MJL_MLS_PROPOSAL_ADD;
        to->key_package = wanted->bytes;
        return;
    case WISH_REMOVE:
        to->type = MJL_MLS_PROPOSAL_REMOVE;
        to->leaf = wanted->leaf;
        return;
    case WISH_UPDATE:
        to->type = MJL_MLS_PROPOSAL_UPDATE;
        return;
    case WISH_PSK:
        to->type = MJL_MLS_PROPOSAL_PSK;
        expect_ok(mjl_mls_psk_id_external(wanted->bytes, &out->psk_id), "naming a PSK");
        break;
    case WISH_RESUMPTION:
        to->type = MJL_MLS_PROPOSAL_PSK;
        expect_ok(mjl_mls_psk_id_resumption(mjl_mls_group_id(me->group),
                                            mjl_mls_group_epoch(me->group), &out->psk_id),
                  "naming a PSK");
        break;
    case WISH_EXTENSIONS:
        to->type = MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS;
        out->extension = (mjl_mls_extension){SHARED_EXTENSION, wanted->bytes};
        to->extensions_count = wanted->bytes.size == 0 ? 0 : 1;
        return;
    case WISH_REINIT:
        to->type = MJL_MLS_PROPOSAL_REINIT;
        to->group_id = wanted->bytes;
        to->suite = me->identity.suite->id;
        keep_extension(me, out);
        return;
    }
    to->psk_id = mjl_buffer_bytes(&out->psk_id);
}

void ours_propose(member *who, const wish *wanted, const change *framing, mjl_buffer *message)
{
    struct ours *me = ours_of(who);
    wording said;
    word(me, wanted, &said);
    const mjl_mls_propose_config config = {.identity = &me->identity,
                                           .change = said.change,
                                           .authenticated_data = framing->authenticated_data,
                                           .public_message = framing->open,
                                           .padding_size = chance_below(OURS_PADDING_MAX)};
    mjl_mls_opened *proposal;
    expect_ok(
        mjl_mls_propose(me->group, me->ratchets, &config, chance_random(), message, &proposal),
        "a proposal");
    ours_keep_proposal(me, proposal);
    mjl_buffer_clear(&said.psk_id);
}

/* ---- Commits ---- */

/* What a commit brought about, and the epoch it starts is in use. */
static void take_over(struct ours *me, mjl_mls_candidate *candidate, made *out)
{
    out->commit = candidate->commit;
    out->welcome = candidate->welcome;
    candidate->commit = candidate->welcome = (mjl_buffer){0};
    mjl_mls_writer writer = mjl_mls_writer_to(&out->tree);
    mjl_mls_ratchet_tree_write(&writer, &candidate->group->tree);
    expect_ok(mjl_mls_writer_end(&writer), "writing the tree");
    ours_merge(me, candidate);
}

void ours_commit(member *who, const change *wanted, made *out)
{
    struct ours *me = ours_of(who);
    wording said[WISHES_MAX];
    mjl_mls_change changes[WISHES_MAX];
    for (size_t i = 0; i < wanted->wishes_count; i++) {
        word(me, &wanted->wishes[i], &said[i]);
        changes[i] = said[i].change;
    }
    known_psks known;
    know_psks(&known, who->psks);
    const mjl_mls_commit_config config = {.identity = &me->identity,
                                          .authenticated_data = wanted->authenticated_data,
                                          .force_path = wanted->path,
                                          .public_message = wanted->open,
                                          .padding_size = chance_below(OURS_PADDING_MAX),
                                          .without_ratchet_tree = !wanted->tree_inside,
                                          .proposals = (const mjl_mls_opened *const *)me->proposals,
                                          .proposals_count = me->proposals_count,
                                          .changes = changes,
                                          .changes_count = wanted->wishes_count,
                                          .psks = known.list,
                                          .psks_count = PSKS_COUNT,
                                          .allowed = OURS_ALLOWS};
    mjl_mls_candidate candidate;
    expect_ok(mjl_mls_commit(me->group, me->ratchets, &config, chance_random(), &candidate),
              "a commit");
    take_over(me, &candidate, out);
    forget_psks(&known);
    for (size_t i = 0; i < wanted->wishes_count; i++)
        mjl_buffer_clear(&said[i].psk_id);
}

void ours_apply(member *who, const mjl_mls_opened *commit)
{
    struct ours *me = ours_of(who);
    known_psks known;
    know_psks(&known, who->psks);
    const mjl_mls_staging staging = {.proposals = (const mjl_mls_opened *const *)me->proposals,
                                     .proposals_count = me->proposals_count,
                                     .psks = known.list,
                                     .psks_count = PSKS_COUNT,
                                     .allowed = OURS_ALLOWS};
    mjl_mls_candidate candidate;
    expect_ok(mjl_mls_stage(me->group, commit, &me->identity, &staging, &candidate),
              "applying a commit");
    expect_ok(mjl_mls_consume(me->ratchets, commit), "erasing a commit's key");
    forget_psks(&known);
    ours_merge(me, &candidate);
}

/* ---- From outside ---- */

void ours_group_info(member *who, bool tree_inside, made *out)
{
    const struct ours *me = ours_of(who);
    const mjl_mls_group_info_config config = {.identity = &me->identity,
                                              .without_ratchet_tree = !tree_inside};
    expect_ok(mjl_mls_group_info_new(me->group, &config, &out->welcome), "a GroupInfo");
    mjl_mls_writer writer = mjl_mls_writer_to(&out->tree);
    mjl_mls_ratchet_tree_write(&writer, &me->group->tree);
    expect_ok(mjl_mls_writer_end(&writer), "writing the tree");
}

void ours_enter(member *who, const entry *by, mjl_buffer *commit)
{
    struct ours *me = ours_of(who);
    wording said = {0};
    if (by->psk != NULL) word(me, &(wish){.kind = WISH_PSK, .bytes = by->psk->id}, &said);
    const mjl_mls_psk psk = {mjl_buffer_bytes(&said.psk_id),
                             by->psk == NULL ? mjl_bytes_of(NULL, 0) : by->psk->secret};
    const size_t psks_count = by->psk == NULL ? 0 : 1;
    const mjl_mls_external_commit_config config = {.identity = &me->identity,
                                                   .capabilities = ours_capabilities,
                                                   .ratchet_tree = by->tree,
                                                   .authenticated_data = by->authenticated_data,
                                                   .resync = by->again,
                                                   .resync_leaf = MJL_MLS_LEAF_OF_OUR_KEY,
                                                   .changes = &said.change,
                                                   .changes_count = psks_count,
                                                   .psks = &psk,
                                                   .psks_count = psks_count};
    mjl_mls_candidate candidate;
    expect_ok(mjl_mls_external_commit(by->group_info, &config, chance_random(), &candidate),
              "committing itself in");
    *commit = candidate.commit;
    candidate.commit = (mjl_buffer){0};
    ours_merge(me, &candidate);
    mjl_buffer_clear(&said.psk_id);
}

void ours_ask(member *who, const entry *by, mjl_buffer *message)
{
    struct ours *me = ours_of(who);
    mjl_mls_group_info_view info;
    expect_ok(mjl_mls_group_info_peek(by->group_info, &info), "reading a GroupInfo");
    const mjl_mls_outside_config config = {
        .identity = &me->identity,
        .group_id = info.group_id,
        .epoch = info.epoch,
        .sender = MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL,
        .change = {.type = MJL_MLS_PROPOSAL_ADD,
                   .key_package = mjl_buffer_bytes(&who->key_package)},
        .authenticated_data = by->authenticated_data};
    expect_ok(mjl_mls_propose_from_outside(&config, chance_random(), message),
              "asking to be added");
}

/* ---- Another group ---- */

void ours_succeed(member *who, const succession *wanted, made *out)
{
    struct ours *me = ours_of(who);
    const mjl_mls_resume_config config = {.identity = &me->identity,
                                          .capabilities = ours_capabilities,
                                          .not_before = lifetime_from(),
                                          .not_after = lifetime_until(),
                                          .key_packages = wanted->key_packages,
                                          .key_packages_count = wanted->key_packages_count,
                                          .without_ratchet_tree = !wanted->tree_inside};
    mjl_mls_candidate candidate;
    expect_ok(wanted->is_branch
                  ? mjl_mls_branch_group(me->group, wanted->group_id, &config, chance_random(),
                                         &candidate)
                  : mjl_mls_reinit_group(me->group, &config, chance_random(), &candidate),
              "continuing the group");
    take_over(me, &candidate, out);
}
