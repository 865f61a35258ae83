/*
 * What is refused of those outside (RFC 9420 §8.3, §12.1.8, §12.2, §12.4.3.2): commits by which a
 * newcomer joins, made by hand and right but for one thing, and proposals by external senders and
 * newcomers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "commit_draft.h"
#include "group.h"
#include "world.h"

static const mjl_bytes nothing = {0};
enum {
    ALLOW_ALL = MJL_MLS_ALLOW_EXTERNAL_COMMIT | MJL_MLS_ALLOW_EXTERNAL_SENDERS |
                MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS
};

/* ---- Commits from outside ---- */

typedef struct variant {
    const char *name;
    const person *author;
    void (*fill)(commit_draft *draft);
    path_faults path;
    frame_faults frame;
    bool without_path;
    mjl_result expected;
} variant;

static mjl_result taken(const variant *tried, unsigned allowed)
{
    commit_draft draft;
    commit_begin_external(&draft, tried->author, us.alice.group);
    tried->fill(&draft);
    if (!tried->without_path) commit_path(&draft, &tried->path);
    commit_finish(&draft, &tried->frame);
    const mjl_bytes commit = mjl_buffer_bytes(&draft.message);
    const mjl_result result = world_member_takes_from(&us.bob, allowed, nothing, commit);
    assert_int_equal(world_member_takes_from(&us.erin, allowed, nothing, commit), result);
    commit_clear(&draft);
    return result;
}

static void expect_all(const variant *variants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mjl_result result = taken(&variants[i], ALLOW_ALL);
        if (result != variants[i].expected)
            fail_msg("%s: %s, not %s", variants[i].name, result_name(result),
                     result_name(variants[i].expected));
    }
}

static void proposal_put(commit_draft *draft,
                         void (*write)(mjl_mls_writer *writer, mjl_bytes bytes), mjl_bytes bytes)
{
    mjl_buffer proposal = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    write(&writer, bytes);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    commit_put(draft, mjl_buffer_bytes(&proposal));
    mjl_buffer_clear(&proposal);
}

static void init(commit_draft *draft)
{
    commit_put_external_init(draft);
}
static void empty(commit_draft *draft)
{
    (void)draft;
}
static void two_inits(commit_draft *draft)
{
    init(draft);
    init(draft);
}
static void init_and_remove(commit_draft *draft)
{
    init(draft);
    commit_remove(draft, DAVE_LEAF);
}
static void init_and_two_removes(commit_draft *draft)
{
    init_and_remove(draft);
    commit_remove(draft, CAROL_LEAF);
}
static void init_and_remove_of_nobody(commit_draft *draft)
{
    init(draft);
    commit_remove(draft, 7);
}
static void init_and_add(commit_draft *draft)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    init(draft);
    package_draft_begin(&made, &us.yves);
    package_draft_write(&made, NULL, &package, &leaf);
    commit_add(draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}
static void init_and_extensions(commit_draft *draft)
{
    init(draft);
    commit_put_extensions(draft, nothing);
}
static void init_and_update(commit_draft *draft)
{
    leaf_draft made;
    mjl_buffer leaf = {0};
    init(draft);
    leaf_draft_begin(&made, &us.dave, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){us.alice.group->context.group_id, DAVE_LEAF});
    leaf_draft_write(&made, NULL, &leaf);
    proposal_put(draft, mjl_mls_proposal_update_write, mjl_buffer_bytes(&leaf));
    mjl_buffer_clear(&leaf);
}
static void init_and_psk(commit_draft *draft)
{
    static const uint8_t nonce[MJL_MLS_HASH_SIZE] = {1};
    init(draft);
    commit_put_psk(draft, &(mjl_mls_psk_id){.type = MJL_MLS_PSK_EXTERNAL,
                                            .id = mjl_bytes_text("secret"),
                                            .nonce = mjl_bytes_of(nonce, sizeof nonce)});
}
static void init_and_reference(commit_draft *draft)
{
    static const uint8_t remove[] = {0, 3, 0, 0, 0, DAVE_LEAF};
    mjl_buffer message = {0};
    init(draft);
    proposal_message_write(&us.carol, mjl_bytes_of(remove, sizeof remove), &message);
    commit_update(draft, mjl_buffer_bytes(&message), DAVE_LEAF, nothing);
    mjl_buffer_clear(&message);
}
static const uint8_t weak[32] = {0}, other[32] = {9};
static void weak_init(commit_draft *draft)
{
    proposal_put(draft, mjl_mls_proposal_external_init_write, mjl_bytes_of(weak, 32));
}
static void short_init(commit_draft *draft)
{
    proposal_put(draft, mjl_mls_proposal_external_init_write, mjl_bytes_of(other, 31));
}
static void other_init(commit_draft *draft)
{
    proposal_put(draft, mjl_mls_proposal_external_init_write, mjl_bytes_of(other, 32));
}
static void daves_old_key(leaf_draft *draft)
{
    mjl_mls_member dave;
    static mjl_mls_leaf_node view;
    assert_true(mjl_mls_group_member(us.alice.group, DAVE_LEAF, &dave));
    assert_int_equal(mjl_mls_leaf_node_parse(dave.leaf_node, &view), MJL_OK);
    draft->parts.encryption_key = view.encryption_key;
}
static void signature_flip(mjl_mls_authenticated_content *made)
{
    made->signature[0] ^= 1;
}
static void epoch_before(mjl_mls_framed_content *content)
{
    content->epoch--;
}

static void newcomer_commits_itself_in_by_the_rules(void **state)
{
    (void)state;
    const variant variants[] = {
        {"right", &us.zoe, init, .expected = MJL_OK},
        {"instead of an old appearance", &us.dave, init_and_remove, .expected = MJL_OK},
        {"without a path", &us.zoe, init, .without_path = true, .expected = MJL_EXTERNAL_NO_PATH},
        {"no init", &us.zoe, empty, .expected = MJL_EXTERNAL_INIT_COUNT},
        {"two inits", &us.zoe, two_inits, .expected = MJL_EXTERNAL_INIT_COUNT},
        {"two Removes", &us.dave, init_and_two_removes, .expected = MJL_EXTERNAL_REMOVES_TWO},
        {"a Remove of nobody", &us.zoe, init_and_remove_of_nobody,
         .expected = MJL_REMOVE_OF_NOBODY},
        {"an Add", &us.zoe, init_and_add, .expected = MJL_EXTERNAL_PROPOSAL},
        {"extensions", &us.zoe, init_and_extensions, .expected = MJL_EXTERNAL_PROPOSAL},
        {"an Update", &us.zoe, init_and_update, .expected = MJL_EXTERNAL_PROPOSAL},
        {"a reference", &us.zoe, init_and_reference, .expected = MJL_EXTERNAL_REFERENCE},
        {"a PSK", &us.zoe, init_and_psk, .expected = MJL_UNKNOWN_PSK},
        {"a weak init", &us.zoe, weak_init, .expected = MJL_EXTERNAL_INIT_KEM},
        {"a short init", &us.zoe, short_init, .expected = MJL_EXTERNAL_INIT_KEM},
        {"an init for others", &us.zoe, other_init, .expected = MJL_BAD_CONFIRMATION},
        {"instead of another", &us.zoe, init_and_remove, .expected = MJL_CREDENTIAL_REFUSED},
        {"beside an old appearance", &us.dave, init, .expected = MJL_SIGNATURE_KEY_TWICE},
        {"with the old key", &us.dave, init_and_remove, .path = {.leaf = daves_old_key},
         .expected = MJL_PATH_KEEPS_LEAF_KEY},
        {"a leaf of an Update", &us.zoe, init, .path = {.source = MJL_MLS_LEAF_UPDATE},
         .expected = MJL_LEAF_SOURCE_NOT_COMMIT},
        {"a node less", &us.zoe, init, .path = {.nodes = -1}, .expected = MJL_PATH_LENGTH},
        {"a ciphertext less", &us.zoe, init, .path = {.ciphertexts = -1},
         .expected = MJL_PATH_CIPHERTEXTS},
        {"signature altered", &us.zoe, init, .frame = {.authenticated = signature_flip},
         .expected = MJL_BAD_SIGNATURE},
        {"the epoch before", &us.zoe, init, .frame = {.content = epoch_before},
         .expected = MJL_WRONG_EPOCH},
        {"another tag", &us.zoe, init, .frame = {.has_tag = true},
         .expected = MJL_BAD_CONFIRMATION},
    };
    expect_all(variants, sizeof variants / sizeof *variants);
}

static void group_that_allows_none_listens_to_none(void **state)
{
    (void)state;
    const variant right = {"right", &us.zoe, init, .expected = MJL_OK};
    assert_int_equal(taken(&right, MJL_MLS_ALLOW_EXTERNAL_COMMIT), MJL_OK);
    assert_int_equal(taken(&right, 0), MJL_NOT_ALLOWED);
    assert_int_equal(taken(&right, ALLOW_ALL & ~MJL_MLS_ALLOW_EXTERNAL_COMMIT), MJL_NOT_ALLOWED);
}

/* ---- Proposals from outside (§12.1.8) ---- */

static mjl_result heard(const person *author, mjl_mls_sender sender, mjl_bytes proposal,
                        unsigned allowed)
{
    mjl_buffer message = {0};
    outside_proposal_write(author, us.alice.group, sender, proposal, &message);
    const mjl_result result =
        world_member_takes_from(&us.bob, allowed, mjl_buffer_bytes(&message), nothing);
    mjl_buffer_clear(&message);
    return result;
}

static void put(mjl_buffer *to, void (*write)(mjl_mls_writer *writer, mjl_bytes bytes),
                mjl_bytes bytes)
{
    mjl_mls_writer writer = mjl_mls_writer_to(to);
    write(&writer, bytes);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}

static void external_sender_proposes_what_it_may(void **state)
{
    (void)state;
    static const uint8_t remove[] = {0, 3, 0, 0, 0, DAVE_LEAF}, custom[] = {0xF0, 2, 1, 'x'};
    const mjl_mls_sender service = {MJL_MLS_SENDER_EXTERNAL, 0},
                         none = {MJL_MLS_SENDER_EXTERNAL, 1};
    const mjl_bytes removal = mjl_bytes_of(remove, sizeof remove);
    leaf_draft made;
    mjl_buffer leaf = {0}, update = {0}, external_init = {0};
    leaf_draft_begin(&made, &us.dave, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){us.alice.group->context.group_id, DAVE_LEAF});
    leaf_draft_write(&made, NULL, &leaf);
    put(&update, mjl_mls_proposal_update_write, mjl_buffer_bytes(&leaf));
    put(&external_init, mjl_mls_proposal_external_init_write, mjl_bytes_of(other, 32));

    assert_int_equal(heard(&us.service, service, removal, ALLOW_ALL), MJL_OK);
    assert_int_equal(heard(&us.service, service, removal, 0), MJL_NOT_ALLOWED);
    assert_int_equal(heard(&us.service, none, removal, ALLOW_ALL), MJL_UNKNOWN_SENDER);
    assert_int_equal(heard(&us.dave, service, removal, ALLOW_ALL), MJL_BAD_SIGNATURE);
    assert_int_equal(heard(&us.service, service, mjl_buffer_bytes(&update), ALLOW_ALL),
                     MJL_EXTERNAL_SENDER_PROPOSAL);
    assert_int_equal(heard(&us.service, service, mjl_buffer_bytes(&external_init), ALLOW_ALL),
                     MJL_EXTERNAL_SENDER_PROPOSAL);
    assert_int_equal(heard(&us.service, service, mjl_bytes_of(custom, sizeof custom), ALLOW_ALL),
                     MJL_EXTERNAL_SENDER_PROPOSAL);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&update);
    mjl_buffer_clear(&external_init);
}

static void newcomer_proposes_to_be_added(void **state)
{
    (void)state;
    static const uint8_t remove[] = {0, 3, 0, 0, 0, DAVE_LEAF};
    const mjl_mls_sender newcomer = {MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL, 0};
    package_draft made;
    mjl_buffer package = {0}, leaf = {0}, add = {0};
    package_draft_begin(&made, &us.yves);
    package_draft_write(&made, NULL, &package, &leaf);
    put(&add, mjl_mls_proposal_add_write, mjl_buffer_bytes(&package));
    assert_int_equal(heard(&us.yves, newcomer, mjl_buffer_bytes(&add), ALLOW_ALL), MJL_OK);
    assert_int_equal(heard(&us.yves, newcomer, mjl_buffer_bytes(&add), 0), MJL_NOT_ALLOWED);
    assert_int_equal(heard(&us.zoe, newcomer, mjl_buffer_bytes(&add), ALLOW_ALL),
                     MJL_BAD_SIGNATURE);
    assert_int_equal(heard(&us.yves, newcomer, mjl_bytes_of(remove, sizeof remove), ALLOW_ALL),
                     MJL_NEW_MEMBER_PROPOSAL);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&add);
}

/* ---- What the newcomer asks of the group ---- */

static mjl_result joined_by(const mjl_mls_group_info_config *config, bool cut)
{
    mjl_buffer info = {0};
    assert_int_equal(mjl_mls_group_info_new(us.alice.group, config, &info), MJL_OK);
    const mjl_mls_external_commit_config joining = {.identity = &us.yves.identity};
    mjl_mls_candidate candidate;
    const mjl_result result = mjl_mls_external_commit(mjl_bytes_of(info.data, info.size - cut),
                                                      &joining, dice_random(), &candidate);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&info);
    return result;
}

/* His leaf lists too little, which he is told when all else is right. */
static void newcomer_needs_an_external_key_and_the_tree(void **state)
{
    (void)state;
    mjl_mls_group_info_config config = {.identity = &us.alice.identity};
    assert_int_equal(joined_by(&config, false), MJL_REQUIRED_EXTENSION);
    assert_int_equal(joined_by(&config, true), MJL_TRUNCATED);
    config.without_external_pub = true;
    assert_int_equal(joined_by(&config, false), MJL_EXTERNAL_PUB_MISSING);
    config.without_external_pub = false;
    config.without_ratchet_tree = true;
    assert_int_equal(joined_by(&config, false), MJL_TREE_MISSING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(newcomer_commits_itself_in_by_the_rules),
        TEST(group_that_allows_none_listens_to_none),
        TEST(external_sender_proposes_what_it_may),
        TEST(newcomer_proposes_to_be_added),
        TEST(newcomer_needs_an_external_key_and_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
