/*
 * What is refused of any encoding (RFC 9420 §2.1): in each structure that comes from a peer, each
 * length is made longer than it need be, given the reserved prefix, or made huge; each list gets a
 * byte behind its last entry and each optional an octet that says neither; one at a time, with all
 * lengths around it right. Bombs of width and depth: with what tree and path may hold at most, in
 * tree_refusals_test.c and path_refusals_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "commit_draft.h"
#include "group.h"
#include "message.h"
#include "mls_limits.h"
#include "mould.h"
#include "welcome_draft.h"
#include "world.h"

static const mjl_bytes nothing = {0};

typedef struct structure {
    const char *name, *form;
    mjl_result right; /* What is said of it as it is. */
    /* Takes the structure as it is, or changed on its way. */
    mjl_result (*take)(void);
} structure;

/* What the hooks of the drafts are to do. */
static struct {
    const char *form;
    mould_fault fault;
    size_t target;
    bool was_there;
} wanted;

static void bytes_mould(mjl_buffer *bytes)
{
    mjl_buffer copy = {0};
    wanted.was_there =
        mould_copy(wanted.form, mjl_buffer_bytes(bytes), wanted.fault, wanted.target, &copy);
    if (wanted.target == SIZE_MAX)
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(bytes), mjl_buffer_bytes(&copy)));
    mjl_buffer_clear(bytes);
    *bytes = copy;
}

static mjl_result key_package_take(void)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0}, message = {0};
    package_draft_begin(&made, &us.yves);
    made.extensions = mjl_bytes_text("\x0A\x0A\1x");
    made.after = bytes_mould;
    package_draft_write(&made, NULL, &package, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&message);
    mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&package));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const mjl_result result = mjl_mls_key_package_verify(mjl_buffer_bytes(&message), NULL);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&message);
    return result;
}

/* A commit with a proposal of each kind that can be read. */
static void commit_fill(commit_draft *draft)
{
    static const uint8_t nonce[MJL_MLS_HASH_SIZE] = {1};
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    package_draft_begin(&made, &us.yves);
    package_draft_write(&made, NULL, &package, &leaf);
    commit_add(draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    commit_remove(draft, CAROL_LEAF);
    commit_put_extensions(draft, mjl_bytes_text("\xF0\4\1x"));
    commit_put_psk(draft, &(mjl_mls_psk_id){.type = MJL_MLS_PSK_EXTERNAL,
                                            .id = mjl_bytes_text("secret"),
                                            .nonce = mjl_bytes_of(nonce, sizeof nonce)});
    commit_put_psk(draft, &(mjl_mls_psk_id){.type = MJL_MLS_PSK_RESUMPTION,
                                            .usage = MJL_MLS_PSK_APPLICATION,
                                            .group_id = mjl_bytes_text("room"),
                                            .nonce = mjl_bytes_of(nonce, sizeof nonce)});
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}

static mjl_result commit_take_with(const frame_faults *faults)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_fill(&draft);
    commit_path(&draft, NULL);
    commit_finish(&draft, faults);
    const mjl_result result =
        world_member_takes(&us.bob, nothing, mjl_buffer_bytes(&draft.message));
    commit_clear(&draft);
    return result;
}
static mjl_result commit_take(void)
{
    return commit_take_with(&(frame_faults){.message = bytes_mould});
}
static mjl_result private_message_take(void)
{
    return commit_take_with(&(frame_faults){.private_message = true, .message = bytes_mould});
}

static mjl_result proposal_take(void)
{
    leaf_draft made;
    mjl_buffer leaf = {0}, proposal = {0}, message = {0};
    leaf_draft_begin(&made, &us.carol, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){us.carol.group->context.group_id, CAROL_LEAF});
    leaf_draft_write(&made, NULL, &leaf);
    mjl_mls_writer writer = mjl_mls_writer_to(&proposal);
    mjl_mls_proposal_update_write(&writer, mjl_buffer_bytes(&leaf));
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    frame_write(&us.carol, MJL_MLS_PROPOSAL, mjl_buffer_bytes(&proposal),
                &(frame_faults){.message = bytes_mould}, &message);
    mjl_mls_opened *opened = NULL;
    const value_hash before = world_value_of(&us.bob);
    const mjl_result result =
        mjl_mls_open(us.bob.group, us.bob.ratchets, mjl_buffer_bytes(&message), &opened);
    const value_hash after = world_value_of(&us.bob);
    assert_memory_equal(before.bytes, after.bytes, sizeof before.bytes);
    mjl_mls_opened_free(opened);
    mjl_buffer_clear(&leaf);
    mjl_buffer_clear(&proposal);
    mjl_buffer_clear(&message);
    return result;
}

static mjl_result welcome_take_with(void (*edit)(welcome_draft *draft))
{
    welcome_draft draft;
    welcome_begin(&draft);
    edit(&draft);
    welcome_finish(&draft);
    const mjl_result result = world_joiner_takes(mjl_buffer_bytes(&draft.message));
    welcome_clear(&draft);
    return result;
}
static void edit_welcome(welcome_draft *draft)
{
    draft->message_bytes = bytes_mould;
}
static void edit_info(welcome_draft *draft)
{
    draft->info_bytes = bytes_mould;
}
static void edit_tree(welcome_draft *draft)
{
    draft->tree_extension = bytes_mould;
}
static const uint8_t secret[MJL_MLS_HASH_SIZE] = {7};
static void edit_secrets(welcome_draft *draft) /* PSKs that Zoe does not have. */
{
    static const uint8_t psks[] = {1, 1, 'x', 1, 'y', 2, 1, 1, 'g', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'y'};
    draft->psks = mjl_bytes_of(psks, sizeof psks);
    draft->path_secret = mjl_bytes_of(secret, sizeof secret);
    draft->secrets_bytes = bytes_mould;
}
static mjl_result welcome_take(void)
{
    return welcome_take_with(edit_welcome);
}
static mjl_result info_take(void)
{
    return welcome_take_with(edit_info);
}
static mjl_result tree_take(void)
{
    return welcome_take_with(edit_tree);
}
static mjl_result secrets_take(void)
{
    return welcome_take_with(edit_secrets);
}

static const structure structures[] = {
    {"key package", "K", MJL_OK, key_package_take},
    {"commit", "22v814v1[R]?(U)vvv", MJL_UNKNOWN_PSK, commit_take},
    {"proposal", "22v814v1Pvv", MJL_OK, proposal_take},
    {"private message", "22v81vvv", MJL_UNKNOWN_PSK, private_message_take},
    {"welcome", "222[vvv]v", MJL_OK, welcome_take},
    {"group secrets", "v?(v)[I]", MJL_PSK_NONCE, secrets_take},
    {"group info", "22v8vvEEv4v", MJL_OK, info_take},
    {"ratchet tree", "[?(N)]", MJL_OK, tree_take},
};

static bool is_expected(mould_fault fault, mjl_result result)
{
    switch (fault) {
    case LENGTH_NOT_MINIMAL:
        return result == MJL_NOT_CANONICAL;
    case LENGTH_PREFIX_11:
        return result == MJL_LENGTH_PREFIX;
    case LENGTH_HUGE:
        return result == MJL_TOO_LARGE || result == MJL_TRUNCATED;
    case PRESENCE_OCTET_2:
        return result == MJL_PRESENCE_OCTET;
    default: /* The byte begins an entry: of no known kind, cut short, or a blank node. */
        return result == MJL_TRUNCATED || result == MJL_MALFORMED || result == MJL_UNKNOWN_KIND ||
               result == MJL_TREE_ENDS_BLANK;
    }
}

static size_t places_try(const structure *tried, mould_fault fault)
{
    size_t target = 0;
    for (;; target++) {
        wanted.form = tried->form;
        wanted.fault = fault;
        wanted.target = target;
        const mjl_result result = tried->take();
        if (!wanted.was_there) break;
        if (!is_expected(fault, result))
            fail_msg("%s, fault %d, place %zu: %s", tried->name, (int)fault, target,
                     result_name(result));
    }
    return target;
}

static void length_has_one_form_at_every_level(void **state)
{
    (void)state;
    size_t places = 0;
    for (size_t i = 0; i < sizeof structures / sizeof *structures; i++) {
        wanted.form = structures[i].form;
        wanted.target = SIZE_MAX;
        const mjl_result result = structures[i].take();
        if (result != structures[i].right)
            fail_msg("%s: %s", structures[i].name, result_name(result));
        for (int fault = 0; fault < MOULD_FAULTS; fault++)
            places += places_try(&structures[i], (mould_fault)fault);
    }
    print_message("%zu places\n", places);
    assert_true(places > 600);
}

/* ---- More than there may be ---- */

static void extensions_bomb(mjl_buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t extension[] = {0x30, (uint8_t)i, 0};
        assert_int_equal(mjl_buffer_append(out, mjl_bytes_of(extension, sizeof extension)), MJL_OK);
    }
}

static void list_is_no_longer_than_its_bound(void **state)
{
    (void)state;
    for (size_t more = 0; more <= 1; more++) {
        package_draft made;
        mjl_buffer package = {0}, leaf = {0}, extensions = {0}, message = {0};
        extensions_bomb(&extensions, MJL_MLS_EXTENSIONS_COUNT_MAX + more);
        package_draft_begin(&made, &us.yves);
        made.extensions = mjl_buffer_bytes(&extensions);
        package_draft_write(&made, NULL, &package, &leaf);
        mjl_mls_writer writer = mjl_mls_writer_to(&message);
        mjl_mls_message_header_write(&writer, MJL_MLS_KEY_PACKAGE);
        mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&package));
        assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
        assert_int_equal(mjl_mls_key_package_verify(mjl_buffer_bytes(&message), NULL),
                         more ? MJL_TOO_LARGE : MJL_OK);
        mjl_buffer_clear(&package);
        mjl_buffer_clear(&leaf);
        mjl_buffer_clear(&extensions);
        mjl_buffer_clear(&message);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(length_has_one_form_at_every_level),
        TEST(list_is_no_longer_than_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
