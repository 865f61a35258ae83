/* When places are looked at again: the heap, beside a search through all of them. */
#include "holdings.h"

#include "damage.h"
#include "pack.h"
#include "session_record.h"
#include "session_state.h"
#include "test.h"

enum { PLACES = 200, ROUNDS = 20000, TICKS = 50 };

static bool search(const mjl_holdings *holdings, mjl_due *found)
{
    found->at = MJL_NEVER;
    for (uint32_t i = 0; i < holdings->count; i++) {
        const mjl_holding *holding = &holdings->entries[i];
        if (!holding->is_overdue && holding->overdue_at < found->at) {
            *found = (mjl_due){holding->overdue_at, i, MJL_DUE_DEADLINE};
        }
        if (holding->resend_at < found->at) {
            *found = (mjl_due){holding->resend_at, i, MJL_DUE_RESEND};
        }
    }
    return found->at != MJL_NEVER;
}

static void change_one(mjl_holdings *holdings, test_random *chance)
{
    const uint32_t place = (uint32_t)test_random_below(chance, holdings->count);
    const mjl_time at = (mjl_time)test_random_below(chance, TICKS);
    switch (test_random_below(chance, 5)) {
    case 0:
        mjl_holdings_resend_at(holdings, place, at);
        break;
    case 1:
        mjl_holdings_overdue_at(holdings, place, at);
        break;
    case 2:
        mjl_holdings_resend_at(holdings, place, MJL_NEVER);
        break;
    case 3:
        mjl_holdings_overdue_at(holdings, place, MJL_NEVER);
        break;
    default:
        if (holdings->entries[place].overdue_at != MJL_NEVER) {
            mjl_holdings_deadline_passed(holdings, place);
        }
    }
}

static void the_next_due_place_is_the_earliest_of_all(void **state)
{
    (void)state;
    mjl_holdings holdings = {0};
    test_random chance = test_random_new(7);
    for (size_t i = 0; i < ROUNDS; i++) {
        if (holdings.count < PLACES && test_random_below(&chance, 20) == 0) {
            mjl_holding holding = {0};
            assert_int_equal(mjl_holdings_add(&holdings, &holding), MJL_OK);
        }
        if (holdings.count > 0) change_one(&holdings, &chance);
        mjl_due found, expected;
        const bool is_due = mjl_holdings_next_due(&holdings, &found);
        assert_true(mjl_holdings_check(&holdings));
        assert_int_equal(is_due, search(&holdings, &expected));
        if (!is_due) continue;
        assert_int_equal(found.at, expected.at);
        assert_int_equal(found.place, expected.place);
        assert_int_equal(found.kind, expected.kind);
    }
    mjl_holdings_clear(&holdings);
}

/* ---- As records: what an older library wrote is told from what is damaged ---- */

static mjl_result decode(uint64_t format, size_t fields)
{
    mjl_profile profile = {.records = NULL};
    mjl_session *session;
    mjl_buffer bytes = {0};
    mjl_pack pack = mjl_pack_to(&bytes);
    mjl_pack_array(&pack, fields);
    mjl_pack_uint(&pack, format);
    for (size_t i = 1; i < fields; i++)
        mjl_pack_uint(&pack, 0);
    assert_int_equal(pack.result, MJL_OK);
    assert_int_equal(mjl_session_blank(&profile, 1, &session), MJL_OK);
    const mjl_result result = mjl_session_record_decode(session, mjl_buffer_bytes(&bytes));
    mjl_session_free(session);
    mjl_buffer_clear(&bytes);
    return result;
}

static void session_of_an_older_format_is_refused_as_such(void **state)
{
    (void)state;
    assert_int_equal(decode(3, 67), MJL_UNKNOWN_VERSION); /* With tasks of places. */
    assert_int_equal(decode(4, 65), MJL_UNKNOWN_VERSION); /* With two nonces. */
    assert_int_equal(decode(5, 80), MJL_UNKNOWN_VERSION); /* Not knowing where members live. */
    assert_int_equal(decode(6, 65), MJL_UNKNOWN_VERSION); /* Without since when who lives where. */
    assert_int_equal(decode(7, 80), MJL_UNKNOWN_VERSION); /* Not knowing what it gave up. */
    assert_int_equal(decode(8, 80), MJL_UNKNOWN_VERSION); /* Not knowing who asked. */
    assert_int_equal(decode(9, 65), MJL_MALFORMED);
    assert_int_not_equal(decode(9, 80), MJL_UNKNOWN_VERSION);
    assert_int_not_equal(decode(9, 80), MJL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_due_place_is_the_earliest_of_all),
        cmocka_unit_test(session_of_an_older_format_is_refused_as_such)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
