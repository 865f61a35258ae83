#include "story_inside.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { A = 0, B = 1, C = 2 };

static void tell_part(story *told, story_part part)
{
    if (told->teller->part != NULL) told->teller->part(told->teller->context, told, part);
}

/* ---- What is waited for ---- */

static bool is_asked(story *told, uint32_t i)
{
    mjl_join_request_info request;
    mjl_result result;
    TELL(told, i, result, mjl_session_join_request(story_session(told, i), 0, &request));
    return result == MJL_OK;
}

static bool anna_is_asked(story *told)
{
    return is_asked(told, A);
}

static bool berta_is_asked(story *told)
{
    return is_asked(told, B);
}

/* The members that are open and live are in one epoch, have everything, and know that. */
static bool are_calm(story *told, size_t count)
{
    mjl_id branch = {{0}};
    size_t live = 0;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        if (told->members[i].profile == NULL) continue;
        const mjl_session_info info = story_info(told, i);
        if (info.state != MJL_SESSION_LIVE) continue;
        if (info.unacked_count + info.pending_count + info.undecided_count > 0) return false;
        if (info.members_count != count) return false;
        if (live > 0 && memcmp(&branch, &info.branch, sizeof branch) != 0) return false;
        branch = info.branch;
        live++;
    }
    return live == count;
}

static bool two_are_calm(story *told)
{
    return are_calm(told, 2);
}

static bool three_are_calm(story *told)
{
    return are_calm(told, 3);
}

static bool one_is_calm(story *told)
{
    return are_calm(told, 1);
}

static bool carl_is_out(story *told)
{
    return story_info(told, C).state == MJL_SESSION_REMOVED && are_calm(told, 2);
}

static bool carl_has_parted(story *told)
{
    return story_info(told, C).state == MJL_SESSION_PARTED;
}

static bool berta_has_parted(story *told)
{
    return story_info(told, B).state == MJL_SESSION_PARTED;
}

static bool anna_has_parted(story *told)
{
    return story_info(told, A).state == MJL_SESSION_PARTED;
}

/* ---- The story ---- */

static void gather(story *told)
{
    DO(told, A, story_create(told, A));
    DO(told, B, story_join(told, B));
    UNTIL(told, anna_is_asked);
    DO(told, A, story_invite_next(told, A));
    UNTIL(told, two_are_calm);
    DO(told, C, story_join(told, C));
    UNTIL(told, berta_is_asked);
    DO(told, B, story_invite_next(told, B));
    UNTIL(told, three_are_calm);
    DO(told, A, story_verify(told, A, B));
    tell_part(told, STORY_GATHERED);
}

static void talk(story *told)
{
    story_say_text(told, A, "What Anna says to all of them.", 1);
    story_say_text(told, B, "What Berta says at the same time.", 2);
    UNTIL(told, three_are_calm);
    story_say_text(told, C, "What Carl answers.", 3);
    DO(told, B, story_note(told, B, "read up to here"));
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_SAID);
    const size_t size = told->teller->large_size;
    uint8_t *const large = malloc(size);
    assert_non_null(large);
    for (size_t i = 0; i < size; i++)
        large[i] = (uint8_t)(i * 7 + i / 251);
    story_say_bytes(told, C, large, size, 4);
    free(large);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_LARGE);
}

/* Berta says that she goes, and misses a message and a new epoch. */
static void go_and_come_back(story *told)
{
    DO(told, B, story_set_away(told, B));
    story_wait(told, 2000);
    told->members[B].is_cut_off = true;
    story_close(told, B);
    story_say_text(told, A, "What Berta misses.", 5);
    DO(told, A, story_refresh(told, A));
    story_wait(told, 5000);
    story_say_text(told, C, "And this, of an epoch she does not know.", 6);
    story_wait(told, 5000);
    story_open(told, B);
    told->members[B].is_cut_off = false;
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_CAME_BACK);
}

static void exclude_carl(story *told)
{
    DO(told, A, story_exclude(told, A, C));
    UNTIL(told, carl_is_out);
    story_say_text(told, B, "What Carl shall not read.", 7);
    UNTIL(told, two_are_calm);
    tell_part(told, STORY_EXCLUDED);
    DO(told, C, story_join(told, C));
    UNTIL(told, anna_is_asked);
    DO(told, A, story_invite_next(told, A));
    UNTIL(told, three_are_calm);
    story_say_text(told, C, "Here I am again.", 8);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_JOINED_AGAIN);
}

static void refresh_and_reopen(story *told)
{
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        DO(told, i, story_refresh(told, i));
        UNTIL(told, three_are_calm);
    }
    story_wait(told, 2 * STORY_LIFETIME_MS);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_REFRESHED);
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        story_close(told, i);
        story_open(told, i);
        story_ask_session(told, i);
        story_ask_messages(told, i);
        story_ask_profile(told, i);
    }
    story_say_text(told, B, "All are back.", 9);
    UNTIL(told, three_are_calm);
    tell_part(told, STORY_REOPENED);
}

static void go(story *told)
{
    DO(told, C, story_leave_room(told, C));
    UNTIL(told, carl_has_parted);
    UNTIL(told, two_are_calm);
    DO(told, B, story_leave_room(told, B));
    UNTIL(told, berta_has_parted);
    UNTIL(told, one_is_calm);
}

/* ---- Beginning and end ---- */

static void begin(story *told, const story_teller *teller)
{
    *told = (story){.teller = teller, .now = 1000000};
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        story_member *const member = &told->members[i];
        member->random = (story_random){.seed = 77 + i, .context = teller->context};
        if (teller->folder == NULL) {
            assert_int_equal(mjl_memory_disk_new(&member->disk), MJL_OK);
        } else {
            snprintf(member->path, sizeof member->path, "%s/%u.majlis", teller->folder, i);
            unlink(member->path);
        }
        story_open(told, i);
    }
}

static void end(story *told)
{
    mjl_buffer packet;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        story_close(told, i);
        while (story_take(&told->members[i], &packet))
            mjl_buffer_clear(&packet);
    }
    tell_part(told, STORY_CLOSED);
    for (uint32_t i = 0; i < STORY_MEMBERS; i++)
        mjl_memory_disk_free(told->members[i].disk);
}

char *story_tell(const story_teller *teller)
{
    story told;
    mjl_buffer text = {0};
    assert_true(sodium_init() >= 0);
    begin(&told, teller);
    gather(&told);
    talk(&told);
    go_and_come_back(&told);
    exclude_carl(&told);
    refresh_and_reopen(&told);
    go(&told);
    story_tell_end(&told, &text);
    DO(&told, A, story_leave_room(&told, A));
    UNTIL(&told, anna_has_parted);
    story_wait(&told, 2 * STORY_LIFETIME_MS);
    tell_part(&told, STORY_LEFT);
    end(&told);
    story_append(&text, "%c", '\0');
    return (char *)text.data;
}
