/* What an application asks: each question once, of whoever was opened again. */
#include "story_inside.h"

#include "majlis/graph.h"

#include <sodium.h>

#define ASK(told, i, call)                                                                         \
    do {                                                                                           \
        mjl_result asked_;                                                                         \
        TELL(told, i, asked_, call);                                                               \
        assert_true(asked_ == MJL_OK || asked_ == MJL_NOT_FOUND || asked_ == MJL_NOT_A_MEMBER);    \
    } while (0)

void story_ask_session(story *told, uint32_t i)
{
    mjl_member_info member;
    mjl_transfer_info transfer;
    mjl_task_info task;
    mjl_place_info place;
    mjl_warning_info warning;
    size_t parent;
    uint8_t authenticator[32];
    ASK(told, i, mjl_session_member(story_session(told, i), 0, &member));
    ASK(told, i, mjl_session_transfer(story_session(told, i), 0, &transfer));
    ASK(told, i, mjl_session_task(story_session(told, i), 0, &task));
    ASK(told, i, mjl_session_place(story_session(told, i), 1, &place));
    ASK(told, i, mjl_session_place_parent(story_session(told, i), 1, 0, &parent));
    ASK(told, i, mjl_session_warning(story_session(told, i), 0, &warning));
    ASK(told, i, mjl_session_epoch_authenticator(story_session(told, i), authenticator));
    sodium_memzero(authenticator, sizeof authenticator);
}

void story_ask_messages(story *told, uint32_t i)
{
    mjl_message_info message = {.number = 0};
    mjl_result result = MJL_OK;
    for (size_t k = 0; result == MJL_OK; k++) {
        mjl_member_id reader;
        bool has_it;
        TELL(told, i, result, mjl_session_message(story_session(told, i), k, &message));
        if (result != MJL_OK) break;
        const mjl_message_id id = message.id;
        ASK(told, i, mjl_session_message_by_id(story_session(told, i), &id, &message));
        ASK(told, i, mjl_session_message_reader(story_session(told, i), &id, 0, &reader, &has_it));
    }
    assert_int_equal(result, MJL_NOT_FOUND);
}

void story_ask_profile(story *told, uint32_t i)
{
    mjl_id hash;
    mjl_bytes value;
    story_persist(told, i);
    TELL_OK(told, i, mjl_profile_state_hash(told->members[i].profile, &hash));
    ASK(told, i, mjl_profile_note_get(told->members[i].profile, mjl_bytes_text("cursor"), &value));
    TELL_OK(told, i, mjl_profile_check(told->members[i].profile));
}
