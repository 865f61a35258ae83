/*
 * Ratchets saved in parts: what a message changes is one leaf, and the parts are the whole.
 *
 *      changed parts ──> a shelf of the latest bytes by part ──load──> the same ratchets
 */
#include "people.h"
#include "secret_tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

enum { LEAVES = 16, OWN = 5 };

typedef struct shelf {
    mjl_buffer parts[LEAVES + 1];
    bool is_there[LEAVES + 1];
} shelf;

static mjl_mls_ratchets *ratchets;
static shelf kept;

static int begin(void **state)
{
    (void)state;
    uint8_t secret[32] = {9};
    dice_start(randombytes_random());
    const mjl_mls_suite *suite = mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
    assert_int_equal(mjl_mls_ratchets_new(suite, secret, LEAVES, OWN, &ratchets), MJL_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mjl_mls_ratchets_free(ratchets);
    for (size_t i = 0; i <= LEAVES; i++)
        mjl_buffer_clear(&kept.parts[i]);
    kept = (shelf){0};
    return 0;
}

/* Puts what changed onto the shelf; answers how many parts that were. */
static size_t shelve(void)
{
    size_t count = 0;
    uint32_t part;
    while ((part = mjl_mls_ratchets_changed(ratchets, count)) != UINT32_MAX) {
        assert_true(part <= LEAVES);
        mjl_buffer_clear(&kept.parts[part]);
        assert_int_equal(mjl_mls_ratchets_save_part(ratchets, part, &kept.parts[part]), MJL_OK);
        kept.is_there[part] = true;
        count++;
    }
    mjl_mls_ratchets_changes_clear(ratchets);
    assert_int_equal(mjl_mls_ratchets_changed(ratchets, 0), UINT32_MAX);
    return count;
}

static mjl_result take_down(uint32_t without, mjl_mls_ratchets **loaded)
{
    mjl_result result = mjl_mls_ratchets_load_trunk(mjl_buffer_bytes(&kept.parts[0]), NULL, loaded);
    for (uint32_t part = 1; result == MJL_OK && part <= LEAVES; part++)
        if (kept.is_there[part] && part != without)
            result = mjl_mls_ratchets_load_leaf(*loaded, part, mjl_buffer_bytes(&kept.parts[part]));
    return result == MJL_OK ? mjl_mls_ratchets_load_done(*loaded) : result;
}

static void assert_shelf_is_whole(void)
{
    mjl_mls_ratchets *loaded = NULL;
    mjl_buffer expected = {0}, found = {0};
    assert_int_equal(take_down(UINT32_MAX, &loaded), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_changed(loaded, 0), UINT32_MAX);
    assert_int_equal(mjl_mls_ratchets_save(ratchets, &expected), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_save(loaded, &found), MJL_OK);
    assert_int_equal(found.size, expected.size);
    assert_memory_equal(found.data, expected.data, found.size);
    mjl_mls_ratchets_free(loaded);
    mjl_buffer_clear(&expected);
    mjl_buffer_clear(&found);
}

static mjl_result use(uint32_t leaf, uint32_t generation)
{
    const mjl_mls_key_name name = {leaf, MJL_MLS_RATCHET_APPLICATION, generation};
    return mjl_mls_ratchets_erase(ratchets, name);
}

static void new_ratchets_have_changed_in_all_their_parts(void **state)
{
    (void)state;
    assert_int_equal(shelve(), 2); /* The trunk and the own leaf. */
    assert_shelf_is_whole();
}

static void a_second_message_of_a_sender_changes_its_part_alone(void **state)
{
    (void)state;
    shelve();
    assert_int_equal(use(3, 0), MJL_OK);
    assert_int_equal(shelve(), 2); /* Its first derived it. */
    assert_int_equal(use(3, 1), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_changed(ratchets, 0), 3 + 1);
    assert_int_equal(shelve(), 1);
    mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_APPLICATION);
    assert_int_equal(mjl_mls_ratchets_changed(ratchets, 0), OWN + 1);
    assert_int_equal(shelve(), 1);
    assert_int_equal(use(3, 1), MJL_KEY_USED);
    assert_int_equal(shelve(), 0);
    assert_shelf_is_whole();
}

static void parts_are_the_whole_after_random_messages(void **state)
{
    (void)state;
    for (size_t round = 0; round < 300; round++) {
        for (uint32_t k = dice_below(3); k > 0; k--)
            (void)use(dice_below(LEAVES), dice_below(40));
        if (dice_below(4) == 0) mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_HANDSHAKE);
        shelve();
        if (round % 10 == 0) assert_shelf_is_whole();
    }
    assert_shelf_is_whole();
}

static void a_missing_doubled_or_disordered_part_is_refused(void **state)
{
    (void)state;
    mjl_mls_ratchets *loaded = NULL;
    assert_int_equal(use(3, 2), MJL_OK);
    assert_int_equal(use(9, 0), MJL_OK);
    shelve();
    for (uint32_t part = 1; part <= LEAVES; part++) {
        if (!kept.is_there[part]) continue;
        assert_int_equal(take_down(part, &loaded), MJL_MALFORMED);
        mjl_mls_ratchets_free(loaded);
    }
    const mjl_bytes leaf = mjl_buffer_bytes(&kept.parts[4]);
    assert_int_equal(mjl_mls_ratchets_load_trunk(mjl_buffer_bytes(&kept.parts[0]), NULL, &loaded),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchets_load_leaf(loaded, 0, leaf), MJL_MALFORMED);
    assert_int_equal(mjl_mls_ratchets_load_leaf(loaded, LEAVES + 1, leaf), MJL_MALFORMED);
    assert_int_equal(mjl_mls_ratchets_load_leaf(loaded, 4, leaf), MJL_OK);
    assert_int_equal(mjl_mls_ratchets_load_leaf(loaded, 4, leaf), MJL_NOT_CANONICAL);
    assert_int_equal(mjl_mls_ratchets_load_leaf(loaded, 2, leaf), MJL_NOT_CANONICAL);
    mjl_mls_ratchets_free(loaded);
}

static void every_truncation_of_a_part_is_refused(void **state)
{
    (void)state;
    assert_int_equal(use(3, 2), MJL_OK);
    shelve();
    for (size_t size = 0; size < kept.parts[4].size; size++) {
        mjl_mls_ratchets *loaded = NULL;
        assert_int_equal(
            mjl_mls_ratchets_load_trunk(mjl_buffer_bytes(&kept.parts[0]), NULL, &loaded), MJL_OK);
        assert_int_equal(
            mjl_mls_ratchets_load_leaf(loaded, 4, mjl_bytes_of(kept.parts[4].data, size)),
            MJL_TRUNCATED);
        mjl_mls_ratchets_free(loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_ratchets_have_changed_in_all_their_parts, begin, end),
        cmocka_unit_test_setup_teardown(a_second_message_of_a_sender_changes_its_part_alone, begin,
                                        end),
        cmocka_unit_test_setup_teardown(parts_are_the_whole_after_random_messages, begin, end),
        cmocka_unit_test_setup_teardown(a_missing_doubled_or_disordered_part_is_refused, begin,
                                        end),
        cmocka_unit_test_setup_teardown(every_truncation_of_a_part_is_refused, begin, end),
    };
    return cmocka_run_group_tests_name("ratchets in parts", tests, NULL, NULL);
}
