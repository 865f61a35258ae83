#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "commit_draft.h"
#include "group.h"

world us;
const mjl_mls_leaf_policy *world_policy;

/* ---- Members that differ ---- */

static void lists_no_x509(leaf_draft *draft)
{
    static const uint8_t capabilities[] = {2, 0, 1,    2, 0, 3, 4, 0xF0, 0x01, 0xF0,
                                           4, 2, 0xF0, 2, 4, 0, 1, 0xF0, 3};
    draft->parts.capabilities = mjl_bytes_of(capabilities, sizeof capabilities);
}

static void has_x509(leaf_draft *draft)
{
    static const uint8_t credential[] = {0, 2, 2, 1, 'c'}; /* A chain of one. */
    draft->parts.credential = mjl_bytes_of(credential, sizeof credential);
}

/* ---- Coming together ---- */

static person *const everyone[] = {&us.alice, &us.bob, &us.carol, &us.dave, &us.erin};
enum { MEMBERS = 5 };

static void follow(const person *author, mjl_bytes commit)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        if (everyone[i] == author) continue;
        mjl_mls_candidate candidate;
        assert_int_equal(person_stage(everyone[i], commit, &candidate), MJL_OK);
        person_merge(everyone[i], &candidate);
        mjl_mls_candidate_clear(&candidate);
    }
}

static void refresh(person *author)
{
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(author, &(change){.refresh = true}, &candidate), MJL_OK);
    follow(author, mjl_buffer_bytes(&candidate.commit));
    person_merge(author, &candidate);
    mjl_mls_candidate_clear(&candidate);
}

/* The founder's own leaf lists too little: it adds the others and is removed. */
static void found(void)
{
    person founder;
    person_init(&founder, "dora");
    person_create(&founder, "room");
    const person *const newcomers[] = {&us.alice, &us.bob, &us.carol, &us.dave, &us.erin};
    mjl_mls_candidate candidate;
    assert_int_equal(
        person_commit(&founder, &(change){.add = newcomers, .add_count = MEMBERS}, &candidate),
        MJL_OK);
    for (size_t i = 0; i < MEMBERS; i++)
        assert_int_equal(person_join(everyone[i], mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    person_clear(&founder);
}

/* Removes the founder; from now on the group asks for capabilities. */
static void settle(void)
{
    const uint16_t extension[] = {REQUIRED_EXTENSION_TYPE}, proposal[] = {REQUIRED_PROPOSAL_TYPE},
                   credential[] = {REQUIRED_CREDENTIAL_TYPE};
    mjl_buffer required = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&required);
    mjl_mls_required_capabilities_write(&writer, extension, 1, proposal, 1, credential, 1);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    mjl_buffer senders = {0};
    const mjl_mls_external_sender service = {
        .signature_key = mjl_bytes_of(us.service.identity.signature_key, 32),
        .identity = mjl_bytes_text(us.service.name)};
    assert_int_equal(mjl_mls_external_senders_encode(&service, 1, &senders), MJL_OK);
    const mjl_mls_extension extensions[] = {
        {MJL_MLS_EXTENSION_REQUIRED_CAPABILITIES, mjl_buffer_bytes(&required)},
        {GROUP_EXTENSION_TYPE, mjl_bytes_text("in use")},
        {MJL_MLS_EXTENSION_EXTERNAL_SENDERS, mjl_buffer_bytes(&senders)}};
    const uint32_t founder[] = {0};
    const mjl_mls_commit_config config = {.identity = &us.alice.identity,
                                          .remove_leaves = founder,
                                          .remove_count = 1,
                                          .context_extensions = extensions,
                                          .context_extensions_count = 3,
                                          .replace_context_extensions = true};
    mjl_mls_candidate candidate;
    assert_int_equal(
        mjl_mls_commit(us.alice.group, us.alice.ratchets, &config, dice_random(), &candidate),
        MJL_OK);
    follow(&us.alice, mjl_buffer_bytes(&candidate.commit));
    person_merge(&us.alice, &candidate);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&required);
    mjl_buffer_clear(&senders);
}

/* The founder would not have added such a leaf. Dave himself stays behind. */
static void dave_takes_x509(void)
{
    commit_draft draft;
    commit_begin(&draft, &us.dave);
    commit_path(&draft, &(path_faults){.leaf = has_x509});
    commit_finish(&draft, NULL);
    follow(&us.dave, mjl_buffer_bytes(&draft.message));
    commit_clear(&draft);
}

void world_begin(world_kind kind)
{
    dice_start(11);
    world_policy = NULL;
    const char *const names[] = {"alice", "bob", "carol", "dave", "erin"};
    for (size_t i = 0; i < MEMBERS; i++) {
        person_init(everyone[i], names[i]);
        leaf_edit *edit = NULL;
        if (everyone[i] == &us.dave && kind == DAVE_KNOWS_NO_X509) edit = lists_no_x509;
        person_offer_full(everyone[i], edit);
    }
    person_init(&us.yves, "yves");
    person_offer_full(&us.yves, NULL);
    person_init(&us.zoe, "zoe");
    person_offer_full(&us.zoe, NULL);
    person_init(&us.service, "service");
    found();
    settle();
    refresh(&us.bob);
    refresh(&us.carol);
    refresh(&us.dave);
    refresh(&us.erin);
    refresh(&us.alice);
    if (kind == DAVE_HAS_X509) dave_takes_x509();
}

void world_end(void)
{
    for (size_t i = 0; i < MEMBERS; i++)
        person_clear(everyone[i]);
    person_clear(&us.yves);
    person_clear(&us.zoe);
    person_clear(&us.service);
}

int world_meet(void **state)
{
    (void)state;
    world_begin(ALL_KNOW_X509);
    return 0;
}

int world_part(void **state)
{
    (void)state;
    world_end();
    return 0;
}

const person *world_at(uint32_t leaf)
{
    assert_true(leaf >= ALICE_LEAF && leaf <= ERIN_LEAF);
    return everyone[leaf - ALICE_LEAF];
}

/* ---- What they say ---- */

const char *result_name(mjl_result result)
{
    switch (result) {
#define NAME_OF(name, number, class_, blame_, text)                                                \
    case MJL_##name:                                                                               \
        return #name;
        MJL_RESULTS(NAME_OF)
#undef NAME_OF
    }
    return "unknown";
}

value_hash world_value_of(const person *who)
{
    mjl_buffer saved = {0};
    value_hash hash;
    assert_int_equal(mjl_mls_group_save(who->group, &saved), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_save(who->ratchets, &saved), MJL_OK);
    crypto_hash_sha256(hash.bytes, saved.data, saved.size);
    mjl_buffer_clear(&saved);
    return hash;
}

static mjl_result stage(const person *who, unsigned allowed, const mjl_mls_opened *commit,
                        const mjl_mls_opened *proposal)
{
    const mjl_mls_opened *const known[] = {proposal};
    const mjl_mls_staging staging = {.proposals = known,
                                     .proposals_count = proposal != NULL,
                                     .allowed = allowed,
                                     .policy = world_policy};
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_stage(who->group, commit, &who->identity, &staging, &candidate);
    if (result != MJL_OK) {
        assert_null(candidate.group);
        assert_null(candidate.ratchets);
        assert_null(candidate.added);
        assert_null(candidate.removed);
    }
    mjl_mls_candidate_clear(&candidate);
    return result;
}

static mjl_result open_one(const person *who, unsigned allowed, mjl_bytes message,
                           mjl_mls_opened **opened)
{
    if (message.size == 0) return MJL_OK;
    return mjl_mls_open_allowing(who->group, who->ratchets, message, allowed, opened);
}

mjl_result world_member_takes_from(const person *who, unsigned allowed, mjl_bytes proposal,
                                   mjl_bytes commit)
{
    const value_hash before = world_value_of(who);
    mjl_mls_opened *opened = NULL, *referred = NULL;
    mjl_result result = open_one(who, allowed, proposal, &referred);
    if (result == MJL_OK) result = open_one(who, allowed, commit, &opened);
    if (result == MJL_OK && opened != NULL) result = stage(who, allowed, opened, referred);
    mjl_mls_opened_free(opened);
    mjl_mls_opened_free(referred);
    const value_hash after = world_value_of(who);
    assert_memory_equal(before.bytes, after.bytes, sizeof before.bytes);
    return result;
}

mjl_result world_member_takes(const person *who, mjl_bytes proposal, mjl_bytes commit)
{
    return world_member_takes_from(who, 0, proposal, commit);
}

void world_members_say(mjl_bytes proposal, mjl_bytes commit, mjl_result expected)
{
    assert_int_equal(world_member_takes(&us.bob, proposal, commit), expected);
    assert_int_equal(world_member_takes(&us.erin, proposal, commit), expected);
}

mjl_result world_joiner_takes(mjl_bytes welcome)
{
    const mjl_mls_join_config config = {.identity = &us.zoe.identity,
                                        .key_package_secret =
                                            mjl_buffer_bytes(&us.zoe.key_package_secret),
                                        .policy = world_policy};
    mjl_mls_joined joined;
    const mjl_result result = mjl_mls_join(welcome, &config, &joined);
    if (result != MJL_OK) {
        assert_null(joined.group);
        assert_null(joined.ratchets);
        assert_null(joined.group_info_extensions.data);
    }
    mjl_mls_joined_clear(&joined);
    return result;
}
