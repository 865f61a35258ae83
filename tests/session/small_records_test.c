/* What is saved of a member comes back, each thing by itself. */
#include "small_records.h"

#include <stddef.h>

#include "test.h"

static mjl_presence_entry saved_and_loaded(const mjl_presence_entry *entry)
{
    mjl_presence_entry loaded;
    mjl_buffer saved = {0};
    assert_int_equal(mjl_save_presence(entry, &saved), MJL_OK);
    assert_int_equal(mjl_load_presence(mjl_buffer_bytes(&saved), &loaded), MJL_OK);
    mjl_buffer_clear(&saved);
    return loaded;
}

static void each_flag_of_a_member_comes_back_and_no_other(void **state)
{
    (void)state;
    static const size_t flags[] = {
        offsetof(mjl_presence_entry, has_nonce), offsetof(mjl_presence_entry, owes_echo),
        offsetof(mjl_presence_entry, echo_first), offsetof(mjl_presence_entry, is_leaving),
        offsetof(mjl_presence_entry, is_verified)};
    enum { FLAGS = sizeof flags / sizeof flags[0] };
    for (size_t set = 0; set < FLAGS; set++) {
        mjl_presence_entry entry = {0};
        *(bool *)((char *)&entry + flags[set]) = true;
        const mjl_presence_entry loaded = saved_and_loaded(&entry);
        for (size_t i = 0; i < FLAGS; i++)
            assert_int_equal(*(const bool *)((const char *)&loaded + flags[i]), i == set);
    }
}

static void each_number_of_a_member_comes_back(void **state)
{
    (void)state;
    const mjl_presence_entry entry = {.last_heard = 1,
                                      .heard_epoch = 2,
                                      .lives_in = 3,
                                      .lives_since = 4,
                                      .lives_heard = 5,
                                      .counter = 6,
                                      .knock_counter = 7,
                                      .nonce_since = 8,
                                      .fresh_asked_at = 9,
                                      .away_since = 10,
                                      .away_until = 11,
                                      .fresh_warning = 12,
                                      .nonce = {13},
                                      .fin = {{14}}};
    const mjl_presence_entry loaded = saved_and_loaded(&entry);
    assert_int_equal(loaded.last_heard, entry.last_heard);
    assert_int_equal(loaded.heard_epoch, entry.heard_epoch);
    assert_int_equal(loaded.lives_in, entry.lives_in);
    assert_int_equal(loaded.lives_since, entry.lives_since);
    assert_int_equal(loaded.lives_heard, entry.lives_heard);
    assert_int_equal(loaded.counter, entry.counter);
    assert_int_equal(loaded.knock_counter, entry.knock_counter);
    assert_int_equal(loaded.nonce_since, entry.nonce_since);
    assert_int_equal(loaded.fresh_asked_at, entry.fresh_asked_at);
    assert_int_equal(loaded.away_since, entry.away_since);
    assert_int_equal(loaded.away_until, entry.away_until);
    assert_int_equal(loaded.fresh_warning, entry.fresh_warning);
    assert_memory_equal(loaded.nonce, entry.nonce, sizeof entry.nonce);
    assert_true(mjl_id_equal(&loaded.fin, &entry.fin));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flag_of_a_member_comes_back_and_no_other),
        cmocka_unit_test(each_number_of_a_member_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
